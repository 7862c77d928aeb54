//! The module that a model goes to, and what the module must know for it.

use aksara_python::Layout;
use aksara_python::edit::{Change, ClassPlace, Edits, ItemPlace, ListTarget, OpenFile};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, ProjectFacts};
use aksara_sdk::{Context, Diagnostic, Edit, RelPath};

use super::file_in;

/// Opens the file at `path`, or a new one if it is absent.
pub(super) fn open(cx: &Context<'_>, facts: &ProjectFacts, path: &RelPath) -> Result<OpenFile, Diagnostic> {
    OpenFile::in_project(path, cx.read(path)?, facts)
}

/// The name by which the module knows `django.db.models`, imported if it does not.
pub(super) fn models_name(edits: &mut Edits) -> Result<String, Diagnostic> {
    for package in ["django.db", "django.contrib.gis.db"] {
        if let Some(name) = edits.local_name(package, "models") {
            return Ok(name);
        }
    }
    let _: Change = edits.import_from("django.db", "models")?;
    Ok("models".to_owned())
}

/// Where a new model of an app goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// A module that holds models.
    Module(RelPath),
    /// A module of its own in a `models/` package, made known by the package's `__init__.py`.
    Package {
        /// The `__init__.py`.
        init: RelPath,
        /// The new module.
        module: RelPath,
        /// The new module's name.
        name: String,
    },
}

impl Home {
    /// The home of a new model `class` of `app`.
    pub(super) fn of(app: &AppFacts, class: &str) -> Result<Self, Diagnostic> {
        let Some(models) = &app.files.models else {
            return Ok(Self::Module(file_in(&app.dir, "models.py")?));
        };
        let holds_models = app.models.iter().any(|m| m.place.file == *models);
        match models.parent() {
            Some(dir) if models.file_name() == "__init__.py" && !holds_models => {
                let name = snake(class);
                let module = file_in(dir.as_str(), &format!("{name}.py"))?;
                Ok(Self::Package { init: models.clone(), module, name })
            }
            _ => Ok(Self::Module(models.clone())),
        }
    }

    /// The file that the class goes to.
    pub(super) fn file(&self) -> &RelPath {
        match self {
            Self::Module(file) | Self::Package { module: file, .. } => file,
        }
    }
}

/// Makes a class of a package's new module known in its `__init__.py`.
pub(super) fn announce(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    init: &RelPath,
    module: &str,
    class: &str,
) -> Result<Option<Edit>, Diagnostic> {
    let mut package = open(cx, facts, init)?;
    let edits = &mut package.edits;
    let _: Change = edits.import_from(&format!(".{module}"), class)?;
    let all = ListTarget::Variable("__all__");
    match edits.list_items(all) {
        Ok(items) => {
            let item = edits.layout().string(class);
            let plain = |text: &str| text.trim_matches(['"', '\'']).to_owned();
            let below = items.iter().find(|other| plain(other).as_str() > class);
            let sorted = items.is_sorted_by_key(|i| plain(i));
            let place = match below {
                Some(other) if sorted => ItemPlace::Before(other),
                _ => ItemPlace::End,
            };
            let _: Change = edits.list_append(all, &item, place)?;
        }
        Err(error) if error.code == codes::NOT_FOUND => {}
        Err(error) => return Err(error),
    }
    Ok(package.finish())
}

/// Puts a class into a module, above `before` if that class is there.
pub(super) fn place_class(edits: &mut Edits, code: &str, before: Option<&str>) -> Result<Change, Diagnostic> {
    let place = match before {
        Some(class) if edits.has_class(class) => ClassPlace::Before(class),
        _ => ClassPlace::End,
    };
    edits.code().add_class(code, place)
}

/// `BlogPost` as `blog_post`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (index, c) in chars.iter().enumerate() {
        let after_lower = index > 0 && !chars[index - 1].is_uppercase();
        let before_lower = index > 0 && chars.get(index + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (after_lower || before_lower) {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// A docstring with this text, on as many lines as it needs, `level` indents deep.
pub(super) fn docstring(text: &str, layout: &Layout, level: usize) -> String {
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut clean = clean.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    if clean.ends_with('"') {
        clean.pop();
        clean.push_str("\\\"");
    }
    let indent = aksara_python::layout::INDENT.repeat(level);
    let room = layout.line_length.saturating_sub(indent.len());
    if clean.chars().count() + 6 <= room {
        return format!("\"\"\"{clean}\"\"\"");
    }
    let mut lines = vec!["\"\"\"".to_owned()];
    let mut empty = true;
    for word in clean.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let space = usize::from(!empty);
        if !empty && line.chars().count() + space + word.chars().count() > room {
            lines.push(word.to_owned());
            continue;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push("\"\"\"".to_owned());
    lines.join(&format!("\n{indent}"))
}
