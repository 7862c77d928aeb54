//! JSON Schemas (2020-12) of what users and hosts meet: plans, results, events and settings.
//!
//! The first three are written by hand in `schemas/`, since the types are for programs and a schema is for people; tests
//! hold them against the types and against what real runs write. That of the settings is made from `aksara.toml`.

use crate::settings::Settings;

/// What there is a schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// A plan, as it is saved.
    Plan,
    /// What happened, as [`crate::AgentRuntime::events`] gives it.
    Event,
    /// What a run did.
    Result,
    /// The settings, as they stand in an `aksara.toml`.
    Config,
}

impl Schema {
    /// The schema, as JSON with a line break at its end.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Schema::Plan => include_str!("../schemas/plan.json").to_owned(),
            Schema::Event => include_str!("../schemas/event.json").to_owned(),
            Schema::Result => include_str!("../schemas/result.json").to_owned(),
            Schema::Config => format!("{:#}\n", Settings::schema()),
        }
    }
}

#[cfg(test)]
mod tests;
