//! Rows that stand below one another, such as replies below comments: a serializer that nests itself.

use aksara_python::edit::{ClassPlace, Edits};
use aksara_python::layout::INDENT;
use aksara_python::{Code, Layout};
use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{FieldFacts, ModelFacts};
use aksara_sdk::protocol::params::{CreateSerializer, TreeSpec};

use super::create::Class;

/// Adds to `class` what nests its own rows, and puts the class that loads them above it. `schema_of` is the module of
/// the class, where drf-spectacular is to be told what the rows are.
///
/// # Errors
/// Relations that the model does not have; a class by the loader's name that is another one.
/// What annotations name, and where that is.
pub(super) const ANNOTATIONS: [(&str, &str); 1] = [("typing", "Any")];

pub(super) fn add(
    edits: &mut Edits,
    tree: &TreeSpec,
    wanted: &CreateSerializer,
    model: &ModelFacts,
    schema_of: Option<&str>,
    class: &mut Class<'_>,
) -> Result<(), Diagnostic> {
    check(tree, model)?;
    let row = model.name.chars().flat_map(words).collect::<String>();
    let row = row.trim_start_matches('_');
    let stem = class.name.strip_suffix("Serializer").unwrap_or(class.name);
    let list = format!("{stem}ListSerializer");
    let TreeSpec { parent, children, .. } = tree;

    let base = edits.name_through("rest_framework", "serializers", "ListSerializer")?;
    let manager = edits.name_from("django.db.models", "Manager")?;
    let load = edits.name_from("django.db.models", "prefetch_related_objects")?;
    let layout = edits.layout().clone();
    let mut loaded: Vec<String> = Vec::new();
    for relation in wanted.show.iter().map(|shown| &shown.relation).chain(&class.loads).chain([children]) {
        let relation = layout.string(relation);
        if !loaded.contains(&relation) {
            loaded.push(relation);
        }
    }
    let loaded = loaded.join(", ");
    let loader = format!(
        "class {list}({base}):\n    \"\"\"Rows with all {children} below them, loaded level by level.\"\"\"\n\n    \
         def to_representation(self, data: Any) -> list[Any]:\n        \
         rows = list(data.all() if isinstance(data, {manager}) else data)\n        \
         level = rows\n        \
         for _ in range({depth}):\n            \
         {load}(level, {loaded})\n            \
         level = [below for row in level for below in row.{children}.all()]\n        \
         return super().to_representation(rows)\n",
        depth = tree.depth,
    );
    let loader = edits.in_habits(&loader, &ANNOTATIONS)?;
    let _ = edits.add_class(&loader, ClassPlace::End)?;

    let field = edits.name_through("rest_framework", "serializers", "SerializerMethodField")?;
    let error = edits.name_through("rest_framework", "serializers", "ValidationError")?;
    class.declared.push(format!("{children} = {field}()"));
    class.more_meta.push(format!("list_serializer_class = {list}"));

    let name = class.name;
    let key = layout.string(parent);
    let nested = Code::Call(
        name.to_owned(),
        vec![
            (None, Code::raw(format!("{row}.{children}.all()"))),
            (Some("many".to_owned()), Code::raw("True")),
            (Some("context".to_owned()), Code::raw("self.context")),
        ],
    );
    let too_deep = layout.string(&format!("At most {} levels are possible.", tree.depth));
    let too_deep = Code::Call(error.clone(), vec![(None, Code::raw(too_deep))]);
    let hint = match schema_of {
        Some(module) => hint(edits, &layout, &format!("{module}.{name}"))?,
        None => String::new(),
    };
    // Without annotations this one would stay: it says something to generators of API documents, which have the hint.
    let returns = if edits.has_annotations() { " -> list[dict[str, Any]]" } else { "" };
    let mut methods = format!(
        "\n    {hint}def get_{children}(self, {row}: {model}){returns}:\n        \
         {nested}\n\n    \
         def validate_{parent}(self, {parent}: {model} | None) -> {model} | None:\n        \
         level, above = 1, {parent}\n        \
         while above is not None and level <= {depth}:\n            \
         level, above = level + 1, above.{parent}\n        \
         if level > {depth}:\n            \
         {too_deep}\n        \
         return {parent}\n",
        model = class.model,
        depth = tree.depth,
        nested = deeper(&layout.around("return ", &nested, ".data", 2), 2),
        too_deep = deeper(&layout.around("raise ", &too_deep, "", 3), 3),
    );
    if let Some(within) = &tree.within {
        let other = layout.string(&format!("This is on another {}.", within.replace('_', " ")));
        let refusal = Code::Call(error, vec![(None, Code::Dict(vec![(key.clone(), Code::raw(other))]))]);
        methods.push_str(&format!(
            "\n    def validate(self, data: dict[str, Any]) -> dict[str, Any]:\n        \
             {parent} = data.get({key})\n        \
             if {parent} and {parent}.{within} != data[{within_key}]:\n            \
             {refusal}\n        \
             return data\n",
            refusal = deeper(&layout.around("raise ", &refusal, "", 3), 3),
            within_key = layout.string(within),
        ));
    }
    class.methods.push_str(&methods);
    Ok(())
}

/// The lines after the first, `level` indents deep.
fn deeper(code: &str, level: usize) -> String {
    code.replace('\n', &format!("\n{}", INDENT.repeat(level)))
}

/// Says what a method field gives to drf-spectacular: rows of the serializer `path` itself, which is named by its path
/// since the class is not there yet.
fn hint(edits: &mut Edits, layout: &Layout, path: &str) -> Result<String, Diagnostic> {
    let field = edits.name_from("drf_spectacular.utils", "extend_schema_field")?;
    let lazy = edits.name_from("drf_spectacular.helpers", "lazy_serializer")?;
    let rows = Code::Call(
        format!("{lazy}({})", layout.string(path)),
        vec![(Some("many".to_owned()), Code::raw("True"))],
    );
    let rows = match rows.flat() {
        flat if flat.chars().count() + 2 * INDENT.len() <= layout.line_length => Code::raw(flat),
        _ => rows,
    };
    let decorator = layout.statement(&Code::Call(format!("@{field}"), vec![(None, rows)]), 1);
    Ok(format!("{}\n{INDENT}", deeper(&decorator, 1)))
}

/// `BlogPost` is `blog_post`.
fn words(c: char) -> Vec<char> {
    if c.is_uppercase() { ['_'].into_iter().chain(c.to_lowercase()).collect() } else { vec![c] }
}

fn check(tree: &TreeSpec, model: &ModelFacts) -> Result<(), Diagnostic> {
    let bad = |message: String, help: &str| Err(Diagnostic::new(codes::BAD_PARAMS, message).with_help(help));
    if tree.depth < 2 {
        return bad(format!("a tree of depth {} nests nothing", tree.depth), "give a depth of 2 or more");
    }
    let relation = |name: &str| model.field(name).and_then(|f: &FieldFacts| f.relation.as_ref());
    match relation(&tree.parent) {
        Some(above)
            if above.to == model.label && above.related_name.as_deref() == Some(tree.children.as_str()) => {}
        _ => {
            return bad(
                format!(
                    "`{}.{}` is no relation to `{}` itself with the way back `{}`",
                    model.label, tree.parent, model.label, tree.children
                ),
                "add that foreign key to the model first",
            );
        }
    }
    match &tree.within {
        Some(within) if relation(within).is_none() => {
            bad(format!("`{}` has no relation `{within}`", model.label), "name one of its relations")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::{Value, json};

    use super::*;
    use crate::django::CreateSerializer as Step;

    fn blog() -> TestProject<'static> {
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'blog']\n")
            .file("blog/__init__.py", "")
            .file(
                "blog/models.py",
                "from django.db import models\n\n\nclass Page(models.Model):\n    above = models.ForeignKey('self', null=True, on_delete=models.CASCADE, related_name='below')\n    title = models.CharField(max_length=9)\n",
            )
    }

    fn create(project: &mut TestProject<'_>, tree: Value) -> Result<String, Diagnostic> {
        let params = json!({"model": "blog.Page", "tree": tree});
        project.apply(&Step, "create_serializer", params)?;
        Ok(project.text("blog/serializers.py").unwrap_or_default().to_owned())
    }

    #[test]
    fn a_model_nests_its_own_rows_to_a_depth() {
        let text = create(&mut blog(), json!({"parent": "above", "children": "below", "depth": 3})).unwrap();
        for part in [
            "class PageListSerializer(serializers.ListSerializer):",
            "for _ in range(3):\n            prefetch_related_objects(level, 'below')",
            "fields = ['id', 'above', 'title', 'below']",
            "list_serializer_class = PageListSerializer",
            "fields['above'].read_only = True",
            "def validate_above(self, above):",
            "if level > 3:",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(!text.contains("def validate(self"), "{text}");
    }

    #[test]
    fn relations_that_make_no_tree_are_refused() {
        for (tree, part) in [
            (json!({"parent": "above", "children": "replies", "depth": 3}), "the way back `replies`"),
            (json!({"parent": "title", "children": "below", "depth": 3}), "`blog.Page.title` is no relation"),
            (json!({"parent": "above", "children": "below", "depth": 1}), "depth 1"),
            (
                json!({"parent": "above", "children": "below", "depth": 2, "within": "title"}),
                "no relation `title`",
            ),
        ] {
            let error = create(&mut blog(), tree).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}
