//! What can go wrong with a template, and how it is told to the person who wrote it.
//!
//! Not for requests that no template fits: that is [`crate::request::PlanningError`].

use std::fmt;

use crate::nearest::listed;
use crate::params::ParamsError;

/// Why a template cannot be read, or gave no plan.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TemplateError {
    /// No template has this name.
    Unknown {
        /// The name that was asked for.
        name: String,
        /// A template whose name is nearly the same.
        nearest: Option<String>,
        /// Every template there is.
        known: Vec<String>,
    },
    /// The script does not parse.
    Syntax(Box<Report>),
    /// `META`, `PARAMS`, `STEPS` or an import is missing, not a plain literal, or wrong.
    Declaration(Box<Report>),
    /// The script failed while it ran.
    Script(Box<Report>),
    /// The script refused what it was given, with `throw`, or what it was given names nothing of the project: a matter
    /// between it and the user, told without the script's lines. [`TemplateError::report`] has them.
    Refused {
        /// The template.
        template: String,
        /// What it said, and where.
        report: Box<Report>,
    },
    /// The script called a function that does not exist, or not for such arguments.
    UnknownFunction(Box<Report>),
    /// The script asked for a body file that the template does not have.
    MissingBody(Box<Report>),
    /// The script used more than it is given.
    Limit {
        /// Of what.
        limit: LimitKind,
        /// Where it stood then.
        report: Box<Report>,
    },
    /// What the script answered is not a list of steps.
    BadResult {
        /// The place in the answer, such as `steps[3].params.fields`.
        path: String,
        /// What is wrong there, and the line that made the step if it is known.
        report: Box<Report>,
    },
    /// The parameters do not fit the template's schema.
    Params {
        /// The template.
        template: String,
        /// Every problem with them.
        error: ParamsError,
    },
    /// The template does not know the project's stack.
    WrongStack {
        /// The template.
        template: String,
        /// The project's stack.
        stack: String,
        /// The stacks that the template knows.
        stacks: Vec<String>,
    },
    /// The template makes steps that no plugin carries out on the project's stack.
    NoExecutors {
        /// The template.
        template: String,
        /// The project's stack.
        stack: String,
        /// Their types.
        missing: Vec<String>,
    },
    /// A file or folder of templates could not be read, or is not taken.
    Unreadable {
        /// The file or folder.
        path: String,
        /// Why.
        reason: String,
    },
    /// The caller gave the work up.
    Cancelled {
        /// The template.
        template: String,
    },
    /// A template that is written in Rust gave no steps.
    Host {
        /// The template.
        template: String,
        /// What it said.
        reason: String,
    },
    /// The script engine itself failed. The host lives on.
    Crashed {
        /// The template.
        template: String,
        /// What is known of it.
        reason: String,
    },
}

/// What a template may use only so much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitKind {
    /// Operations of the script engine.
    Operations,
    /// Calls inside calls.
    Calls,
    /// Time.
    Deadline,
    /// The size of a string, array or map.
    Size,
    /// Variables at one moment.
    Variables,
    /// Imported libraries.
    Modules,
}

/// A problem at a place of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What happened, to what.
    pub message: String,
    /// Where.
    pub place: Place,
    /// The calls that led there, innermost first.
    pub trace: Vec<Frame>,
    /// What to do next.
    pub help: Option<String>,
}

/// A place in a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, named as in its root: `tagging.rhai`.
    pub file: String,
    /// Line, from 1; 0 if only the file is known.
    pub line: usize,
    /// Column in characters, from 1; 0 if only the line is known.
    pub column: usize,
    /// How many characters are meant.
    pub len: usize,
    /// The line's text.
    pub source: String,
}

/// A call that led to a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function that was called.
    pub function: String,
    /// The file of the call.
    pub file: String,
    /// The line of the call, from 1; 0 if it is not known.
    pub line: usize,
}

/// Longer source lines are cut, so that a message stays a message.
const SOURCE_WIDTH: usize = 160;

impl Place {
    /// The place at `line` and `column` of `text`, which is the content of `file`. The token that starts there
    /// is what is underlined.
    pub(crate) fn new(file: &str, text: &str, line: usize, column: usize) -> Self {
        let source = line.checked_sub(1).and_then(|index| text.lines().nth(index)).unwrap_or_default();
        let len = if column == 0 { 0 } else { token_len(source, column) };
        let (source, column, len) = window(source, column, len);
        Self { file: file.to_owned(), line, column, len, source }
    }

    /// The whole file.
    pub(crate) fn file(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }
}

fn token_len(source: &str, column: usize) -> usize {
    let rest = || source.chars().skip(column - 1);
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    match rest().next() {
        Some('"') => 2 + rest().skip(1).take_while(|c| *c != '"').count(),
        Some(c) if is_word(&c) => {
            let mut len = 0;
            let chars: Vec<char> = rest().collect();
            // `step::create_model` is one token for a reader.
            while len < chars.len() && (is_word(&chars[len]) || chars[len..].starts_with(&[':', ':'])) {
                len += if chars[len] == ':' { 2 } else { 1 };
            }
            len
        }
        _ => 1,
    }
}

/// A long line is shown as the part around the token.
fn window(source: &str, column: usize, len: usize) -> (String, usize, usize) {
    let count = source.chars().count();
    if count <= SOURCE_WIDTH {
        return (
            source.replace('\t', " "),
            column,
            len.min((count + 1).saturating_sub(column.max(1)).max(1)),
        );
    }
    let start = column.saturating_sub(SOURCE_WIDTH / 2);
    let part: String = source.chars().skip(start).take(SOURCE_WIDTH).collect();
    (part.replace('\t', " "), column - start, len.min(SOURCE_WIDTH / 2))
}

impl Report {
    /// A problem at a place.
    pub(crate) fn new(message: impl Into<String>, place: Place) -> Box<Self> {
        Box::new(Self { message: message.into(), place, trace: Vec::new(), help: None })
    }
}

impl TemplateError {
    /// The place and the trace, where the problem has one.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Syntax(report)
            | Self::Declaration(report)
            | Self::Script(report)
            | Self::UnknownFunction(report)
            | Self::MissingBody(report)
            | Self::Refused { report, .. }
            | Self::Limit { report, .. }
            | Self::BadResult { report, .. } => Some(report),
            _ => None,
        }
    }

    /// All that is known, for the template's author: of a refusal also where the script threw it.
    #[must_use]
    pub fn for_author(&self) -> String {
        match self {
            Self::Refused { report, .. } => report.to_string(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column, len, source } = &self.place;
        match (line, column) {
            (0, _) => write!(f, "{file}: {}", self.message)?,
            (_, 0) => write!(f, "{file}:{line}: {}", self.message)?,
            _ => write!(f, "{file}:{line}:{column}: {}", self.message)?,
        }
        if *line > 0 {
            let margin = " ".repeat(line.to_string().len());
            write!(f, "\n {margin} |\n {line} | {}", source.trim_end())?;
            if *column > 0 {
                write!(f, "\n {margin} | {}{}", " ".repeat(column - 1), "^".repeat((*len).max(1)))?;
            }
        }
        for Frame { function, file, line } in &self.trace {
            match line {
                0 => write!(f, "\n  in `{function}`, called by the host")?,
                _ => write!(f, "\n  in `{function}`, called at {file}:{line}")?,
            }
        }
        if let Some(help) = &self.help {
            write!(f, "\nhint: {help}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest, known } => {
                write!(f, "there is no template `{name}`")?;
                match nearest {
                    Some(nearest) => write!(f, "\nhint: did you mean `{nearest}`?"),
                    None if known.is_empty() => f.write_str("; no templates were found"),
                    None => write!(f, "\nhint: there are {}", listed(known)),
                }
            }
            Self::Syntax(report)
            | Self::Declaration(report)
            | Self::Script(report)
            | Self::UnknownFunction(report)
            | Self::MissingBody(report)
            | Self::Limit { report, .. } => report.fmt(f),
            Self::Refused { template, report } => match &report.help {
                Some(help) => write!(f, "{}\nhint: {help}", report.message),
                None => write!(
                    f,
                    "{}\nhint: `aksara template show {template}` lists the parameters",
                    report.message
                ),
            },
            Self::BadResult { path, report } => {
                let mut shown = report.clone();
                shown.message = format!("{path}: {}", report.message);
                shown.fmt(f)
            }
            Self::Params { template, error } => {
                write!(f, "{error}\nhint: `aksara template show {template}` lists the parameters")
            }
            Self::WrongStack { template, stack, stacks } => write!(
                f,
                "the template `{template}` does not know the stack `{stack}`; it knows {}",
                listed(stacks)
            ),
            Self::NoExecutors { template, stack, missing } => write!(
                f,
                "the template `{template}` makes steps that no plugin carries out on the stack `{stack}`: {}\nhint: `aksara schema step` lists what the plugins at hand carry out",
                listed(missing)
            ),
            Self::Unreadable { path, reason } => write!(f, "cannot read the templates in {path}: {reason}"),
            Self::Cancelled { template } => write!(f, "the template `{template}` was cancelled"),
            Self::Host { template, reason } => {
                write!(f, "the template `{template}` gave no steps: {reason}")
            }
            Self::Crashed { template, reason } => {
                write!(f, "the script engine failed while it ran the template `{template}`: {reason}")
            }
        }
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::{Frame, Place, Report, TemplateError};

    #[test]
    fn the_caret_stands_under_the_token() {
        let text = "fn plan(p) {\n    step::create_modek(#{})\n}\n";
        let mut report = Report::new("no such function", Place::new("x.rhai", text, 2, 5));
        report.trace.push(Frame { function: "plan".into(), file: "x.rhai".into(), line: 0 });
        report.help = Some("did you mean another?".into());
        let shown = TemplateError::Script(report).to_string();
        assert_eq!(
            shown,
            "x.rhai:2:5: no such function\n   |\n 2 |     step::create_modek(#{})\n   |     ^^^^^^^^^^^^^^^^^^\n  \
             in `plan`, called by the host\nhint: did you mean another?"
        );
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_token() {
        let text = format!("{}bad{}", " ".repeat(500), "x".repeat(500));
        let place = Place::new("x.rhai", &text, 1, 501);
        assert!(place.source.chars().count() <= 160);
        assert_eq!(place.source.chars().nth(place.column - 1), Some('b'));
    }

    #[test]
    fn a_place_past_the_end_is_no_panic() {
        for (line, column) in [(0, 0), (1, 0), (1, 99), (9, 9)] {
            let report = Report::new("m", Place::new("x.rhai", "ab", line, column));
            assert!(!report.to_string().is_empty());
        }
    }
}
