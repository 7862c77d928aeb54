//! Tests as pytest has them: plain classes with fixtures and `assert`, of test cases of Django and REST framework.
//!
//! Who writes a test writes it once, as a test case. In a project whose tests are pytest's, [`pytest_style`] makes of it
//! what somebody would have written there. Each thing that a test case offers has a rule; a class that uses one without a
//! rule stays a test case, which pytest runs as well. So does everything whose result would not parse, or still ask
//! for something that only a test case has.

mod assertions;
mod cases;
mod contexts;
mod fixtures;
mod habits;
mod imports;
mod names;
mod subtests;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

pub use cases::pytest_name;
pub use habits::{ClientFixture, TestHabits, client_fixtures, test_habits};

use crate::Source;
use crate::edit::parse_code;
use cases::Cases;

/// What of a project decides how its tests are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PytestStyle {
    /// The fixture that gives a client of REST framework on which nothing is set yet.
    pub api_client: Option<String>,
    /// Whether a module is marked for the database, and not each class.
    pub marks_modules: bool,
    /// Whether loggers of the project keep what they are told from pytest.
    pub hides_logs: bool,
}

/// Why classes stay test cases: they use what has no rule.
#[derive(Debug)]
struct NoRule(BTreeSet<String>);

impl NoRule {
    /// Nothing of the module can be written otherwise.
    fn at_all() -> Self {
        Self(BTreeSet::new())
    }

    fn of(class: &str) -> Self {
        Self(BTreeSet::from([class.to_owned()]))
    }
}

/// The test cases of a module as plain classes, those that can be. The result is not laid out.
#[must_use]
pub fn pytest_style(code: &str, style: &PytestStyle) -> String {
    let mut kept = BTreeSet::new();
    loop {
        match written(code, style, &kept) {
            Ok(text) => return text,
            Err(NoRule(classes)) => {
                let before = kept.len();
                kept.extend(classes);
                if kept.len() == before {
                    return code.to_owned();
                }
            }
        }
    }
}

/// The same, with the classes of `kept`, and those that share something with them, as they are.
fn written(code: &str, style: &PytestStyle, kept: &BTreeSet<String>) -> Result<String, NoRule> {
    let source = parsed(code)?;
    let cases = Cases::of(&source, kept);
    if cases.is_empty() {
        return Ok(code.to_owned());
    }
    cases.check(&source)?;
    let mut text = names::of_instances(&source, &cases)?;
    text = names::replaced(&parsed(&text)?, &cases)?;
    text = contexts::replaced(&parsed(&text)?, &cases, style)?;
    text = subtests::unrolled(text, &cases)?;
    text = fixtures::written(&parsed(&text)?, &cases, style)?;
    cases.verify(&parsed(&text)?)?;
    imports::adapted(&parsed(&text)?, &cases, style)
}

fn parsed(code: &str) -> Result<Source, NoRule> {
    parse_code(code).map_err(|_| NoRule::at_all())
}
