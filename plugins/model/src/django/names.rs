//! Names for people, as the project gives them to its models and fields.

use aksara_python::edit::{Change, Edits};
use aksara_python::{Code, Layout};
use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::facts::{NameStyle, Style};

use super::module::snake;

/// How a module writes such names.
#[derive(Clone, Debug)]
pub(super) struct Names<'s> {
    style: &'s NameStyle,
    /// What the module calls the function that translates.
    translate: String,
    is_known: bool,
}

impl<'s> Names<'s> {
    /// Those of a module; `None` in a project that gives none, and where the function's name means something else.
    pub(super) fn of(edits: &Edits, style: &'s Style) -> Option<Self> {
        let style = style.names.as_ref()?;
        let (module, function) = style.function.rsplit_once('.')?;
        let known = edits.local_name(module, function);
        if known.is_none() && edits.meaning_of(&style.alias).is_some() {
            return None;
        }
        let is_known = known.is_some();
        Some(Self { style, translate: known.unwrap_or_else(|| style.alias.clone()), is_known })
    }

    /// A text for people.
    pub(super) fn text(&self, text: &str, layout: &Layout) -> Code {
        Code::Call(self.translate.clone(), vec![(None, Code::raw(layout.string(text)))])
    }

    /// How code that uses it begins.
    pub(super) fn call(&self) -> String {
        format!("{}(", self.translate)
    }

    /// The name of a field, and whether it is a keyword where it could stand first.
    pub(super) fn of_field(&self, field: &str, layout: &Layout) -> Option<(Code, bool)> {
        let words = field.trim_matches('_').replace('_', " ");
        self.style.fields.then(|| (self.text(&self.cased(&words), layout), self.style.by_keyword))
    }

    /// The name of a model, and that of several.
    pub(super) fn of_model(&self, class: &str, layout: &Layout) -> Option<[Code; 2]> {
        let one = self.cased(&snake(class).replace('_', " "));
        let several = plural(&one);
        self.style.models.then(|| [one, several].map(|name| self.text(&name, layout)))
    }

    fn cased(&self, words: &str) -> String {
        let mut chars = words.chars();
        match chars.next() {
            Some(first) if self.style.capitalized => first.to_uppercase().chain(chars).collect(),
            _ => words.to_owned(),
        }
    }

    /// Makes the function known.
    pub(super) fn import(&self, edits: &mut Edits) -> Result<(), Diagnostic> {
        let Some((module, function)) = self.style.function.rsplit_once('.').filter(|_| !self.is_known) else {
            return Ok(());
        };
        let _: Change = match self.translate == function {
            true => edits.import_from(module, function)?,
            false => edits.import_as(module, Some(function), &self.translate)?,
        };
        Ok(())
    }
}

fn plural(words: &str) -> String {
    let ends = |ends: &[&str]| ends.iter().any(|end| words.ends_with(end));
    match words.strip_suffix('y').filter(|_| !ends(&["ay", "ey", "oy", "uy"])) {
        Some(stem) => format!("{stem}ies"),
        None if ends(&["s", "x", "z", "ch", "sh"]) => format!("{words}es"),
        None => format!("{words}s"),
    }
}
