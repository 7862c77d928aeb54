//! Its habits of style.

use serde::{Deserialize, Serialize};

/// The project's habits of style, from its own files (migrations and vendored code left out).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// The quote character of most strings.
    pub quote: char,
    /// One level of indent.
    pub indent: String,
    /// The longest line that new code should have: from the linter's settings, else what the project's own lines
    /// keep.
    pub line_length: u32,
    /// Whether lists of names in classes, such as `fields` and `ordering`, are tuples.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tuples: bool,
    /// The project's own top-level modules, whose imports stand in a section of their own; empty if nobody knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_party: Vec<String>,
    /// Whether an import brings one name in, as `force_single_line` of isort and ruff has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single_imports: bool,
    /// Whether a name with an alias stands in one import with others, as `combine_as_imports` has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub combined_aliases: bool,
    /// Whether imports with and without `from` are sorted together, as `force_sort_within_sections` has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed_imports: bool,
    /// How many blank lines stand below the imports, if `lines_after_imports` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines_after_imports: Option<u32>,
    /// Whether several context managers of a `with` may stand in parentheses: its formatter writes for Python 3.9 or newer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parenthesized_with: bool,
    /// Whether ruff lays the code out, and not black: they differ in some lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ruff: bool,
    /// Whether the project's migrations are laid out as its other code, and not as Django writes them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub formatted_migrations: bool,
    /// Whether most functions of the project have annotations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub annotations: bool,
    /// Whether most functions of its tests have annotations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test_annotations: bool,
    /// Whether none of its classes has a docstring, where there are enough of them to tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_docstrings: bool,
    /// How its models are named for people, if most of them are, by names that are translated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<NameStyle>,
}

/// How a project gives its models and their fields names for people to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameStyle {
    /// The function that translates them, by its full name, such as `django.utils.translation.gettext_lazy`.
    pub function: String,
    /// What modules call it, such as `_`.
    pub alias: String,
    /// Whether most fields have such a name.
    #[serde(default)]
    pub fields: bool,
    /// Whether fields have it as the keyword `verbose_name`, where it could stand first as well.
    #[serde(default)]
    pub by_keyword: bool,
    /// Whether most models have such a name in their `Meta`.
    #[serde(default)]
    pub models: bool,
    /// Whether names begin with a capital letter.
    #[serde(default)]
    pub capitalized: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            quote: '"',
            indent: "    ".to_owned(),
            line_length: 88,
            tuples: false,
            first_party: Vec::new(),
            single_imports: false,
            combined_aliases: false,
            mixed_imports: false,
            lines_after_imports: None,
            parenthesized_with: false,
            ruff: false,
            formatted_migrations: false,
            annotations: false,
            test_annotations: false,
            no_docstrings: false,
            names: None,
        }
    }
}

/// How modules of an app import each other, as far as they do: whether by absolute names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportHabits {
    /// For modules in the importer's folder and below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<bool>,
    /// For modules of the app that are elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<bool>,
}

impl ImportHabits {
    /// What most of these imports, each a number of dots and a module, do in a module of the app `app` that stands in
    /// its folder `own`.
    #[must_use]
    pub fn of_imports<'i>(imports: impl Iterator<Item = (usize, &'i str)>, app: &str, own: &[&str]) -> Self {
        let mut counts = ImportCounts::default();
        imports.for_each(|(level, module)| counts.add(level, module, app, own));
        counts.habits()
    }

    /// What most of these are.
    #[must_use]
    pub fn most(habits: impl Iterator<Item = Self> + Clone) -> Self {
        let most = |habit: fn(Self) -> Option<bool>| {
            let known = habits.clone().filter_map(habit);
            let absolute = known.clone().filter(|is_absolute| *is_absolute).count();
            known.clone().next().map(|_| absolute * 2 > known.count())
        };
        Self { below: most(|habits| habits.below), above: most(|habits| habits.above) }
    }

    /// These habits, and of those that are not known the others'.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { below: self.below.or(other.below), above: self.above.or(other.above) }
    }

    /// Whether a module is named absolutely, `below` the importer's folder or not. Where that one is not known, as the
    /// other one is.
    pub(super) fn is_absolute(self, below: bool) -> bool {
        let (first, second) = if below { (self.below, self.above) } else { (self.above, self.below) };
        first.or(second).unwrap_or(false)
    }
}

/// How often modules of an app are imported in which way.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportCounts {
    /// Relatively and absolutely, of modules below the importer's folder.
    below: [usize; 2],
    /// The same, of other modules.
    above: [usize; 2],
}

impl ImportCounts {
    /// Counts one import, if it is of the app `app`: `level` dots and `module`, in a module that stands in the app's
    /// folder `own`.
    pub fn add(&mut self, level: usize, module: &str, app: &str, own: &[&str]) {
        match level {
            0 => {
                let Some(inside) = module.strip_prefix(app).and_then(|rest| rest.strip_prefix('.')) else {
                    return;
                };
                let parts: Vec<&str> = inside.split('.').collect();
                let counts = if parts.starts_with(own) { &mut self.below } else { &mut self.above };
                counts[1] += 1;
            }
            1 => self.below[0] += 1,
            // Of two dots from an app's top another app may be meant.
            level if level <= own.len() + 1 => self.above[0] += 1,
            _ => {}
        }
    }

    /// What most of them are.
    #[must_use]
    pub fn habits(self) -> ImportHabits {
        let habit =
            |[relative, absolute]: [usize; 2]| (relative + absolute > 0).then_some(absolute > relative);
        ImportHabits { below: habit(self.below), above: habit(self.above) }
    }
}

/// The level (dots) and the module of a line that is `from module import …`.
pub(super) fn import_of_line(line: &str) -> Option<(usize, &str)> {
    let module = line.strip_prefix("from ")?.split_whitespace().next()?;
    let name = module.trim_start_matches('.');
    Some((module.len() - name.len(), name))
}
