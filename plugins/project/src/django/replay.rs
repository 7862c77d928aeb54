//! The state that an app's migrations leave its models in, worked out from the files alone.
//!
//! It follows what Django's operations do to a project state, one app at a time. What cannot be followed (an unknown
//! operation, a name built by code) is left out, and the place of the first is told: a state that is only nearly right
//! would make wrong migrations. It does not compare states and does not read files.

use std::collections::HashSet;

use aksara_python::read::Class;
use aksara_sdk::protocol::facts::{Args, Expr, FieldFacts, ModelState, Parts};
use serde_json::Value;

use super::scanned::{ScannedMigration, ScannedOperation};

/// The options that `AlterModelOptions` sets or, by leaving them out, unsets.
const ALTERED_OPTIONS: [&str; 11] = [
    "base_manager_name",
    "default_manager_name",
    "default_related_name",
    "get_latest_by",
    "managed",
    "ordering",
    "permissions",
    "default_permissions",
    "select_on_save",
    "verbose_name",
    "verbose_name_plural",
];

/// Finds a class of the project by its full name.
pub type FindClass<'c> = dyn Fn(&str) -> Option<&'c Class> + 'c;

/// The models of one app after its `migrations`, which stand in the order of their dependencies; and, if that is not
/// all that they do, the file, the line and the first operation that cannot be followed, and why.
///
/// A squashed migration counts, and those that it replaces do not.
pub fn replay(migrations: &[&ScannedMigration], class: &FindClass<'_>) -> (Vec<ModelState>, Option<String>) {
    let replaced: HashSet<&str> =
        migrations.iter().flat_map(|m| m.replaces.iter().map(|(_, name)| name.as_str())).collect();
    let mut state = State { app: app_label(migrations), models: Vec::new(), lacks: false };
    let mut inexact = None;
    for migration in migrations.iter().filter(|m| !replaced.contains(m.name.as_str())) {
        for operation in &migration.operations {
            if let Err(reason) = state.follow(operation, migration, class) {
                let ScannedOperation { class, line, .. } = operation;
                let name = class.rsplit('.').next().unwrap_or(class);
                let told = || format!("`{}`, line {line}, `{name}`: {reason}", migration.file);
                inexact = inexact.or_else(|| Some(told()));
            }
        }
        let problem = migration.problem.as_ref();
        inexact = inexact.or_else(|| Some(format!("`{}`: {}", migration.file, problem?)));
        state.lacks = inexact.is_some();
    }
    (state.models, inexact)
}

/// What a class of the migration's file or the project is.
enum Kind {
    /// The operation of Django of this name, or as good as one. One that does nothing to the models, by its base or in so
    /// many words, is `RunPython`.
    Operation(String),
    /// No operation, as a mixin is none.
    Other,
}

/// What a class stands for by its bases; `None` if one of them is neither Django's nor found.
fn stands_for(name: &str, migration: &ScannedMigration, find: &FindClass<'_>, depth: usize) -> Option<Kind> {
    let depth = depth.checked_sub(1)?;
    let known = known_operation(name);
    if known != name {
        return Some(Kind::Operation(known.to_owned()));
    }
    if name == "object" {
        return Some(Kind::Other);
    }
    let own = name.rsplit('.').next().unwrap_or(name);
    let is_here = name.split('.').rev().nth(1) == Some(migration.name.as_str());
    let here = migration.classes.iter().find(|class| is_here && class.name == own);
    let class: &Class = match here {
        Some(class) => class,
        None => find(name)?,
    };
    let method = |name: &str| class.methods.iter().find(|method| method.name == name);
    if let Some(method) = method("state_forwards") {
        let says_nothing = matches!(method.body.trim(), "pass" | "return" | "..." | "return None" | "");
        return says_nothing.then(|| Kind::Operation(NOTHING.to_owned()));
    }
    for base in &class.bases {
        let Kind::Operation(base) = stands_for(base, migration, find, depth)? else { continue };
        // Its own arguments say nothing of those of its base.
        return match (method("__init__"), base.as_str()) {
            (None, _) | (Some(_), NOTHING) => Some(Kind::Operation(base)),
            (Some(init), "RunSQL") if !init.body.contains("state_operations") => {
                Some(Kind::Operation(NOTHING.to_owned()))
            }
            (Some(_), _) => None,
        };
    }
    Some(Kind::Other)
}

/// An operation that does nothing to the models.
const NOTHING: &str = "RunPython";
/// How many bases an operation is followed through.
const MAX_BASES: usize = 8;

/// The label that the migrations use for their own app: what they depend on by it, else their folder's name.
fn app_label(migrations: &[&ScannedMigration]) -> String {
    let names: HashSet<&str> = migrations.iter().map(|m| m.name.as_str()).collect();
    let folder = migrations
        .first()
        .and_then(|m| m.file.parent()?.parent())
        .map(|dir| dir.file_name().to_owned())
        .unwrap_or_default();
    let own = |(app, name): &&(String, String)| names.contains(name.as_str()) && app != "__setting__";
    let mut labels = migrations.iter().flat_map(|m| &m.dependencies).filter(own).map(|(app, _)| app);
    match labels.clone().find(|app| **app == folder) {
        Some(label) => label.clone(),
        None => labels.next().cloned().unwrap_or(folder),
    }
}

struct State {
    app: String,
    models: Vec<ModelState>,
    /// Whether there may be models that are not among them: what is done to one makes it known.
    lacks: bool,
}

impl State {
    fn follow(
        &mut self,
        operation: &ScannedOperation,
        migration: &ScannedMigration,
        find: &FindClass<'_>,
    ) -> Result<(), String> {
        let class = match stands_for(&operation.class, migration, find, MAX_BASES) {
            // What is passed on to `RunSQL` changes the models.
            Some(Kind::Operation(name))
                if name == NOTHING && operation.args.keyword("state_operations").is_some() =>
            {
                operation.class.clone()
            }
            // As Django names it.
            Some(Kind::Operation(name)) => format!("django.db.migrations.{name}"),
            Some(Kind::Other) | None => operation.class.clone(),
        };
        if !operation.varies {
            return self.apply(&class, &operation.args, operation.line);
        }
        let does_nothing = match known_operation(&class) {
            "RunSQL" => {
                !operation.args.star && argument(&operation.args, 2, "state_operations").is_none_or(is_none)
            }
            name => name == NOTHING,
        };
        match does_nothing {
            true => Ok(()),
            false => Err("how often it is applied is not known".to_owned()),
        }
    }

    fn apply(&mut self, class: &str, args: &Args, line: u32) -> Result<(), String> {
        if args.star && known_operation(class) != NOTHING {
            return Err("its arguments are passed with `*` or `**`, which cannot be read".to_owned());
        }
        match known_operation(class) {
            "CreateModel" => self.create_model(args, line),
            "DeleteModel" => {
                let index = self.index(&string(args, 0, "name")?)?;
                self.models.remove(index);
                Ok(())
            }
            "RenameModel" => self.rename_model(&string(args, 0, "old_name")?, &string(args, 1, "new_name")?),
            "AddField" | "AlterField" => self.set_field(args, line),
            "RemoveField" => {
                let name = string(args, 1, "name")?;
                let model = self.model(args, "model_name")?;
                let before = model.fields.len();
                model.fields.retain(|f| f.name != name);
                found(model.fields.len() < before, "field", &name, &model.name)
            }
            "RenameField" => self.rename_field(args),
            "AlterModelOptions" => {
                let options = options(required(args, 1, "options")?)?;
                let model = self.model(args, "name")?;
                model.options.retain(|(key, _)| !ALTERED_OPTIONS.contains(&key.as_str()));
                model.options.extend(options);
                Ok(())
            }
            "AlterModelTable" => self.set_option(args, "db_table", "table"),
            "AlterModelTableComment" => self.set_option(args, "db_table_comment", "table_comment"),
            "AlterOrderWithRespectTo" => {
                self.set_option(args, "order_with_respect_to", "order_with_respect_to")
            }
            "AlterUniqueTogether" => self.set_option(args, "unique_together", "unique_together"),
            "AlterIndexTogether" => self.set_option(args, "index_together", "index_together"),
            "AlterModelManagers" => {
                let managers = required(args, 1, "managers")?.clone();
                self.model(args, "name")?.managers = Some(managers);
                Ok(())
            }
            "AddIndex" | "AddIndexConcurrently" => self.add_item(args, "indexes", "index"),
            "AddConstraint" | "AddConstraintNotValid" => self.add_item(args, "constraints", "constraint"),
            "RemoveIndex" | "RemoveIndexConcurrently" => self.remove_item(args, "indexes", "index"),
            "RemoveConstraint" => self.remove_item(args, "constraints", "constraint"),
            "RenameIndex" => self.rename_index(args),
            "AlterConstraint" => {
                let (name, new) = (string(args, 1, "name")?, required(args, 2, "constraint")?.clone());
                let model = self.model(args, "model_name")?;
                let constraints = items(&mut model.options, "constraints")?;
                match constraints.iter_mut().find(|c| item_name(c) == Some(&name)) {
                    Some(constraint) => *constraint = new,
                    None => return found(false, "constraint", &name, &model.name),
                }
                Ok(())
            }
            "SeparateDatabaseAndState" => self.nested(argument(args, 1, "state_operations"), line),
            "RunSQL" => self.nested(argument(args, 2, "state_operations"), line),
            "RunPython" | "ValidateConstraint" | "CreateExtension" | "CreateCollation"
            | "RemoveCollation" => Ok(()),
            _ => Err(format!("what `{class}` does to the models is not known")),
        }
    }

    fn nested(&mut self, operations: Option<&Expr>, line: u32) -> Result<(), String> {
        let Some(operations) = operations.filter(|o| !is_none(o)) else { return Ok(()) };
        for operation in sequence(operations).ok_or_else(|| not_literal("state_operations", operations))? {
            match operation.parts.as_deref() {
                Some(Parts::Call { function, args }) => self.apply(function, args, line)?,
                _ => return Err(not_literal("state_operations", operation)),
            }
        }
        Ok(())
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.models.iter().position(|m| m.name.eq_ignore_ascii_case(name))
    }

    fn index(&mut self, name: &str) -> Result<usize, String> {
        let found = self.position(name);
        if found.is_none() && self.lacks {
            self.models.push(ModelState { name: name.to_owned(), ..ModelState::default() });
            return Ok(self.models.len() - 1);
        }
        found.ok_or_else(|| format!("there is no model `{name}` at that point"))
    }

    /// The model that the first argument, or the keyword argument `key`, names.
    fn model(&mut self, args: &Args, key: &str) -> Result<&mut ModelState, String> {
        let index = self.index(&string(args, 0, key)?)?;
        Ok(&mut self.models[index])
    }

    fn create_model(&mut self, args: &Args, line: u32) -> Result<(), String> {
        let name = string(args, 0, "name")?;
        if self.position(&name).is_some() {
            return Err(format!("a model `{name}` is already there at that point"));
        }
        let written = required(args, 1, "fields")?;
        let mut fields = Vec::new();
        for entry in sequence(written).ok_or_else(|| not_literal("fields", written))? {
            match sequence(entry) {
                Some([name, value]) => {
                    let name = text(name).ok_or_else(|| not_literal("a field's name", name))?;
                    fields.push(field(name.to_owned(), value, line)?);
                }
                _ => return Err(not_literal("an entry of `fields`", entry)),
            }
        }
        let options = match argument(args, 2, "options") {
            Some(written) if !is_none(written) => options(written)?,
            _ => Vec::new(),
        };
        let bases = match argument(args, 3, "bases") {
            Some(written) if !is_none(written) => sequence(written)
                .ok_or_else(|| not_literal("bases", written))?
                .iter()
                .map(|base| {
                    text(base)
                        .map(str::to_owned)
                        .or_else(|| base.path.clone())
                        .unwrap_or_else(|| base.source.clone())
                })
                .collect(),
            _ => Vec::new(),
        };
        let managers = argument(args, 4, "managers").cloned();
        self.models.push(ModelState { name, fields, options, bases, managers });
        Ok(())
    }

    fn rename_model(&mut self, old: &str, new: &str) -> Result<(), String> {
        let index = self.index(old)?;
        new.clone_into(&mut self.models[index].name);
        let renamed = format!("{}.{new}", self.app);
        for model in &mut self.models {
            for field in &mut model.fields {
                let names_it = |label: &str| match label.split_once('.') {
                    Some((app, name)) => app == self.app && name.eq_ignore_ascii_case(old),
                    None => label.eq_ignore_ascii_case(old),
                };
                let targets = field
                    .args
                    .keywords
                    .iter_mut()
                    .filter(|(key, _)| key == "to" || key == "through")
                    .map(|(_, value)| value);
                let positional =
                    field.args.positional.first_mut().filter(|_| is_relation(&field.class)).into_iter();
                for target in targets.chain(positional) {
                    if text(target).is_some_and(names_it) {
                        *target = string_expr(&renamed);
                    }
                }
            }
        }
        Ok(())
    }

    /// `AddField` and `AlterField`.
    fn set_field(&mut self, args: &Args, line: u32) -> Result<(), String> {
        let name = string(args, 1, "name")?;
        let mut new = field(name.clone(), required(args, 2, "field")?, line)?;
        let preserve_default = match argument(args, 3, "preserve_default") {
            None => true,
            Some(written) => literal(written)
                .and_then(Value::as_bool)
                .ok_or_else(|| not_literal("preserve_default", written))?,
        };
        if !preserve_default {
            new.args.keywords.retain(|(key, _)| key != "default");
        }
        let model = self.model(args, "model_name")?;
        match model.fields.iter_mut().find(|f| f.name == name) {
            Some(field) => *field = new,
            None => model.fields.push(new),
        }
        Ok(())
    }

    fn rename_field(&mut self, args: &Args) -> Result<(), String> {
        let (old, new) = (string(args, 1, "old_name")?, string(args, 2, "new_name")?);
        let app = self.app.clone();
        let model = self.model(args, "model_name")?;
        let owner = model.name.clone();
        match model.fields.iter_mut().find(|f| f.name == old) {
            Some(field) => new.clone_into(&mut field.name),
            None => return found(false, "field", &old, &owner),
        }
        for key in ["unique_together", "index_together"] {
            if let Some((_, value)) = model.options.iter_mut().find(|(k, _)| k == key) {
                let renamed = together(value)?
                    .into_iter()
                    .map(|names| names.into_iter().map(|n| if n == old { new.clone() } else { n }).collect())
                    .collect();
                *value = together_expr(renamed);
            }
        }
        for field in self.models.iter_mut().flat_map(|m| &mut m.fields) {
            let target = field.args.keyword("to").or(field.args.positional.first()).and_then(text);
            let points_here = target.is_some_and(|label| match label.split_once('.') {
                Some((of, name)) => of == app && name.eq_ignore_ascii_case(&owner),
                None => label.eq_ignore_ascii_case(&owner),
            });
            for (key, value) in &mut field.args.keywords {
                if points_here && key == "to_field" && text(value) == Some(&old) {
                    *value = string_expr(&new);
                }
            }
        }
        Ok(())
    }

    fn set_option(&mut self, args: &Args, option: &str, argument_name: &str) -> Result<(), String> {
        let value = required(args, 1, argument_name)?.clone();
        let model = self.model(args, "name")?;
        model.options.retain(|(key, _)| key != option);
        if !is_none(&value) {
            model.options.push((option.to_owned(), value));
        }
        Ok(())
    }

    fn add_item(&mut self, args: &Args, option: &str, argument_name: &str) -> Result<(), String> {
        let item = required(args, 1, argument_name)?.clone();
        let model = self.model(args, "model_name")?;
        items(&mut model.options, option)?.push(item);
        Ok(())
    }

    fn remove_item(&mut self, args: &Args, option: &str, what: &str) -> Result<(), String> {
        let name = string(args, 1, "name")?;
        let model = self.model(args, "model_name")?;
        let all = items(&mut model.options, option)?;
        let before = all.len();
        all.retain(|item| item_name(item) != Some(&name));
        let removed = all.len() < before;
        found(removed, what, &name, &model.name)
    }

    fn rename_index(&mut self, args: &Args) -> Result<(), String> {
        let new = string(args, 1, "new_name")?;
        if argument(args, 2, "old_name").is_some_and(|e| !is_none(e)) {
            let old = string(args, 2, "old_name")?;
            let model = self.model(args, "model_name")?;
            let indexes = items(&mut model.options, "indexes")?;
            for index in indexes.iter_mut().filter(|index| item_name(index) == Some(&old)) {
                if let Some(Parts::Call { args, .. }) = index.parts.as_deref_mut() {
                    args.keywords.retain(|(key, _)| key != "name");
                    args.keywords.push(("name".to_owned(), string_expr(&new)));
                    return Ok(());
                }
            }
            return found(false, "index", &old, &model.name);
        }
        let fields = required(args, 3, "old_fields")?.clone();
        let names = names(&fields)?;
        let model = self.model(args, "model_name")?;
        if let Some((_, value)) = model.options.iter_mut().find(|(key, _)| key == "index_together") {
            let left = together(value)?.into_iter().filter(|entry| *entry != names).collect();
            *value = together_expr(left);
        }
        let source = format!("models.Index(fields={}, name={new:?})", fields.source);
        let keywords = vec![("fields".to_owned(), fields), ("name".to_owned(), string_expr(&new))];
        let call = Parts::Call {
            function: "django.db.models.Index".to_owned(),
            args: Args { keywords, ..Args::default() },
        };
        let index = Expr { source, literal: None, path: None, parts: Some(Box::new(call)) };
        items(&mut model.options, "indexes")?.push(index);
        Ok(())
    }
}

/// The operation's name, if it is one of Django's; its full name otherwise.
fn known_operation(class: &str) -> &str {
    let (module, name) = class.rsplit_once('.').unwrap_or(("", class));
    if module == "django.contrib.postgres.operations" {
        return match name {
            "BloomExtension" | "BtreeGinExtension" | "BtreeGistExtension" | "CITextExtension"
            | "CryptoExtension" | "HStoreExtension" | "TrigramExtension" | "UnaccentExtension" => {
                "CreateExtension"
            }
            name => name,
        };
    }
    if module == "django.db.migrations" || module.starts_with("django.db.migrations.operations") {
        return name;
    }
    class
}

fn argument<'a>(args: &'a Args, position: usize, name: &str) -> Option<&'a Expr> {
    args.keyword(name).or_else(|| args.positional.get(position))
}

fn required<'a>(args: &'a Args, position: usize, name: &str) -> Result<&'a Expr, String> {
    argument(args, position, name).ok_or_else(|| format!("its argument `{name}` is missing"))
}

fn string(args: &Args, position: usize, name: &str) -> Result<String, String> {
    let written = required(args, position, name)?;
    text(written).map(str::to_owned).ok_or_else(|| not_literal(name, written))
}

fn not_literal(what: &str, written: &Expr) -> String {
    let source: String = written.source.chars().take(60).collect();
    format!("{what} is not written out: `{source}`")
}

fn found(found: bool, what: &str, name: &str, model: &str) -> Result<(), String> {
    if found { Ok(()) } else { Err(format!("`{model}` has no {what} `{name}` at that point")) }
}

fn literal(written: &Expr) -> Option<&Value> {
    written.literal.as_ref()
}

fn text(written: &Expr) -> Option<&str> {
    literal(written).and_then(Value::as_str)
}

fn is_none(written: &Expr) -> bool {
    literal(written) == Some(&Value::Null)
}

/// The items of a list or tuple.
fn sequence(written: &Expr) -> Option<&[Expr]> {
    match written.parts.as_deref() {
        Some(Parts::List(items) | Parts::Tuple(items)) => Some(items),
        _ => None,
    }
}

fn field(name: String, value: &Expr, line: u32) -> Result<FieldFacts, String> {
    match value.parts.as_deref() {
        Some(Parts::Call { function, args }) if !args.star => Ok(FieldFacts {
            name,
            class: function.clone(),
            args: args.clone(),
            relation: None,
            base: None,
            inherited_from: None,
            line,
        }),
        _ => Err(not_literal(&format!("the field `{name}`"), value)),
    }
}

fn is_relation(class: &str) -> bool {
    matches!(class.rsplit('.').next(), Some("ForeignKey" | "OneToOneField" | "ManyToManyField"))
}

fn options(written: &Expr) -> Result<Vec<(String, Expr)>, String> {
    match written.parts.as_deref() {
        Some(Parts::Dict(entries)) => entries
            .iter()
            .map(|(key, value)| match text(key) {
                Some(key) => Ok((key.to_owned(), value.clone())),
                None => Err(not_literal("an option's name", key)),
            })
            .collect(),
        _ => Err(not_literal("options", written)),
    }
}

/// The list of indexes or constraints among a model's options; made if it is not there.
fn items<'o>(options: &'o mut Vec<(String, Expr)>, option: &str) -> Result<&'o mut Vec<Expr>, String> {
    let index = match options.iter().position(|(key, _)| key == option) {
        Some(index) => index,
        None => {
            let parts = Some(Box::new(Parts::List(Vec::new())));
            let empty = Expr { source: "[]".to_owned(), literal: None, path: None, parts };
            options.push((option.to_owned(), empty));
            options.len() - 1
        }
    };
    let list = &mut options[index].1;
    // The text and the value of the whole no longer fit once an item is added or removed.
    "[…]".clone_into(&mut list.source);
    list.literal = None;
    match list.parts.as_deref_mut() {
        Some(Parts::List(items) | Parts::Tuple(items)) => Ok(items),
        _ => Err(format!("the option `{option}` is not a list that is written out")),
    }
}

/// The name of an index or constraint.
fn item_name(item: &Expr) -> Option<&str> {
    match item.parts.as_deref() {
        Some(Parts::Call { args, .. }) => args.keyword("name").and_then(text),
        _ => None,
    }
}

fn names(written: &Expr) -> Result<Vec<String>, String> {
    sequence(written)
        .and_then(|items| items.iter().map(|item| text(item).map(str::to_owned)).collect())
        .ok_or_else(|| not_literal("a list of field names", written))
}

/// The value of `unique_together` or `index_together`: one list of names, or several.
fn together(written: &Expr) -> Result<Vec<Vec<String>>, String> {
    let entries = match written.parts.as_deref() {
        Some(Parts::List(items) | Parts::Tuple(items) | Parts::Set(items)) => items,
        // `set()`
        Some(Parts::Call { args, .. }) if args == &Args::default() => return Ok(Vec::new()),
        _ => return Err(not_literal("a list of field names", written)),
    };
    if entries.first().is_some_and(|first| text(first).is_some()) {
        return Ok(vec![names(written)?]);
    }
    entries.iter().map(names).collect()
}

fn together_expr(entries: Vec<Vec<String>>) -> Expr {
    let tuple = |names: Vec<String>| {
        let items: Vec<Expr> = names.iter().map(|name| string_expr(name)).collect();
        let source = format!("({},)", items.iter().map(|i| i.source.as_str()).collect::<Vec<_>>().join(", "));
        Expr { source, literal: None, path: None, parts: Some(Box::new(Parts::Tuple(items))) }
    };
    let items: Vec<Expr> = entries.into_iter().map(tuple).collect();
    let source = format!("{{{}}}", items.iter().map(|i| i.source.as_str()).collect::<Vec<_>>().join(", "));
    Expr { source, literal: None, path: None, parts: Some(Box::new(Parts::Set(items))) }
}

fn string_expr(value: &str) -> Expr {
    Expr {
        source: format!("'{value}'"),
        literal: Some(Value::String(value.to_owned())),
        path: None,
        parts: None,
    }
}

#[cfg(test)]
mod tests {
    use aksara_python::Source;
    use aksara_python::read::{self, ModuleName};
    use aksara_sdk::RelPath;

    use super::super::migrations;
    use super::*;

    /// A migration with these operations.
    fn migration(name: &str, operations: &str) -> ScannedMigration {
        let path = RelPath::new(format!("blog/migrations/{name}.py")).unwrap();
        let text = format!(
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    \
             operations = [\n{operations}\n    ]\n"
        );
        let source = Source::parse(&path, &text).unwrap();
        let module = read::read(&source, &ModuleName::of_path(path.as_str(), "").unwrap());
        migrations::read(&path, &module).unwrap()
    }

    const INITIAL: &str = "migrations.CreateModel('Tag', [('id', models.AutoField(primary_key=True))]),
        migrations.CreateModel('Post', fields=[
            ('id', models.AutoField(primary_key=True)),
            ('tag', models.ForeignKey('blog.tag', models.CASCADE)),
        ], options={'ordering': ['id'], 'db_table': 'p'}),";

    fn after(operations: &str) -> Result<Vec<ModelState>, String> {
        let migrations = [&migration("0001_initial", INITIAL), &migration("0002_next", operations)];
        match replay(&migrations, &|_| None) {
            (state, None) => Ok(state),
            (_, Some(inexact)) => Err(inexact),
        }
    }

    fn field_names(model: &ModelState) -> Vec<&str> {
        model.fields.iter().map(|f| f.name.as_str()).collect()
    }

    #[test]
    fn fields_come_go_and_are_renamed() {
        let state = after(
            "migrations.AddField('post', 'a', models.TextField(default='x'), preserve_default=False),
            migrations.RenameField('Post', 'a', 'b'),
            migrations.RemoveField(model_name='post', name='tag'),",
        )
        .unwrap();
        assert_eq!(field_names(&state[1]), ["id", "b"]);
        assert!(state[1].fields[1].args.keyword("default").is_none());
    }

    #[test]
    fn a_renamed_model_is_renamed_where_it_is_pointed_to() {
        let state = after("migrations.RenameModel('Tag', 'Label'),").unwrap();
        assert_eq!(state[0].name, "Label");
        let target = &state[1].fields[1].args.positional[0];
        assert_eq!(target.literal, Some("blog.Label".into()));
    }

    #[test]
    fn options_that_are_not_named_again_are_unset() {
        let state = after("migrations.AlterModelOptions('post', {'verbose_name': 'x'}),").unwrap();
        let keys: Vec<&str> = state[1].options.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["db_table", "verbose_name"]);
    }

    #[test]
    fn a_squash_counts_and_what_it_replaces_does_not() {
        let squash = ScannedMigration {
            replaces: vec![("blog".to_owned(), "0001_initial".to_owned())],
            ..migration("0001_squashed", INITIAL)
        };
        let (state, inexact) = replay(&[&migration("0001_initial", INITIAL), &squash], &|_| None);
        assert_eq!(inexact, None);
        assert_eq!(state.len(), 2);
    }

    #[test]
    fn operations_that_do_nothing_to_the_models_may_be_put_together_in_any_way() {
        let read = |operations: &str, classes: &str| {
            let path = RelPath::new("blog/migrations/0002_next.py").unwrap();
            let text = format!(
                "from django.db import migrations, models\nfrom own import ops\n\n\n{classes}\n\n\n\
                 class Migration(migrations.Migration):\n{operations}\n"
            );
            let source = Source::parse(&path, &text).unwrap();
            let module = read::read(&source, &ModuleName::of_path(path.as_str(), "").unwrap());
            let second = migrations::read(&path, &module).unwrap();
            let text = "from django.db import migrations\n\n\nclass Load(migrations.RunPython):\n    pass\n";
            let path = RelPath::new("own/ops.py").unwrap();
            let source = Source::parse(&path, text).unwrap();
            let own = read::read(&source, &ModuleName::of_path("own/ops.py", "").unwrap());
            let find =
                |name: &str| own.classes.iter().find(|class| name == format!("own.ops.{}", class.name));
            let (state, inexact) = replay(&[&migration("0001_initial", INITIAL), &second], &find);
            assert_eq!(state.len(), 2);
            inexact
        };
        for operations in [
            "    operations = [migrations.RunSQL(step, f(step)) for step in STEPS]",
            "    if POSTGRES:\n        operations = [migrations.RunSQL('')]\n    else:\n        operations = []",
            "    operations = [migrations.RunSQL('')] if POSTGRES else [migrations.RunPython(f)]",
            "    operations = [migrations.RunSQL('') if POSTGRES else migrations.RunPython(f)]",
            "    operations = [*[migrations.RunSQL(s) for s in STEPS]] + [migrations.RunPython(f)]",
            "    operations = []\n    operations += [migrations.RunPython(*f)]",
            "    operations = [ops.Load(f)]",
        ] {
            assert_eq!(read(operations, ""), None, "{operations}");
        }
        let class = |base: &str, body: &str| format!("class Own({base}):\n    {body}\n");
        let own = "    operations = [Own()]";
        let quiet = class("models.Anything", "def state_forwards(self, app_label, state):\n        pass");
        assert_eq!(read(own, &quiet), None);
        assert_eq!(read(own, &class("migrations.RunSQL", "def __init__(self): pass")), None);
        let mixin = format!("class Mixin:\n    pass\n\n\n{}", class("Mixin, migrations.RunPython", "pass"));
        assert_eq!(read(own, &mixin), None);
        let passing = "def __init__(self, sql, **kwargs):\n        super().__init__(sql, **kwargs)";
        for (operations, classes) in [
            ("    operations = [migrations.AddField('post', n, f) for n in NAMES]", String::new()),
            ("    if POSTGRES:\n        operations = [migrations.RemoveField('post', 'tag')]", String::new()),
            ("    operations = make()", String::new()),
            ("    operations = [migrations.RunSQL(s, state_operations=x) for s in STEPS]", String::new()),
            (own, class("migrations.AlterField", "def __init__(self): pass")),
            (own, class("elsewhere.Anything, migrations.RunPython", "pass")),
            (
                own,
                class(
                    "migrations.RunSQL",
                    "def __init__(self, field):\n        super().__init__('', state_operations=[field])",
                ),
            ),
            ("    operations = [Own('', state_operations=[x])]", class("migrations.RunSQL", passing)),
            (own, class("migrations.RunPython", "def state_forwards(self, a, state):\n        state.x()")),
        ] {
            assert!(read(operations, &classes).is_some(), "{operations}{classes}");
        }
    }

    #[test]
    fn what_cannot_be_followed_names_file_line_and_operation() {
        let cases = [
            ("Magic('post'),", "what `Magic` does to the models is not known"),
            ("migrations.RemoveField('post', 'x'),", "`Post` has no field `x` at that point"),
            ("migrations.DeleteModel(NAME),", "name is not written out: `NAME`"),
            ("migrations.AddField('post', 'a', FIELD),", "the field `a` is not written out: `FIELD`"),
            ("migrations.AddField(*ARGS),", "its arguments are passed with `*`"),
            ("migrations.CreateModel('Tag', []),", "a model `Tag` is already there at that point"),
        ];
        for (operation, reason) in cases {
            let error = after(operation).unwrap_err();
            assert!(error.starts_with("`blog/migrations/0002_next.py`, line 6, "), "{error}");
            assert!(error.contains(reason), "{error}");
        }
    }
}
