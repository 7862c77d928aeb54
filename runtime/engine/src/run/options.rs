//! How a run is carried out.

use aksara_protocol::StepOrder;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::settings::Settings;

/// How a run is taken back.
#[derive(Clone, Debug, Default)]
pub struct RollbackOptions {
    /// The last step that is kept; all of them are taken back without it.
    pub to: Option<StepOrder>,
    /// Reverse the migrations of a landed run that are applied in a database of the project; without it they are a
    /// refusal.
    pub reverse_database: bool,
    /// Undo commands run without being asked about, but for those that destroy something.
    pub assume_yes: bool,
    /// Undo commands that destroy something may run without being asked about.
    pub allow_destructive: bool,
}

/// How a run is carried out. Kept in its record, so that a resumed run goes on in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOptions {
    /// Ask before each step.
    #[serde(default)]
    pub interactive: bool,
    /// Questions about what can be taken back are answered with yes.
    #[serde(default)]
    pub assume_yes: bool,
    /// Steps that lose something for good may run without being asked about.
    #[serde(default)]
    pub allow_destructive: bool,
    /// Where the result goes.
    #[serde(default)]
    pub land: LandMode,
    /// One commit for all, or one a step.
    #[serde(default)]
    pub commits: Commits,
    /// A result that the framework could not look at is refused.
    #[serde(default)]
    pub require_checks: bool,
    /// Run the project's tests on the result.
    #[serde(default)]
    pub run_tests: bool,
    /// Carry out a plan that was carried out before.
    #[serde(default)]
    pub again: bool,
    /// A step that fails takes those before it back. Not said: yes, unless `continue_on_failure` is set.
    #[serde(default)]
    pub rollback_on_failure: Option<bool>,
    /// A step that fails does not keep the others from being carried out. Nothing lands by itself then.
    #[serde(default)]
    pub continue_on_failure: bool,
    /// With `continue_on_failure`: steps that depend on a failed one are left out; else they are tried.
    #[serde(default = "yes")]
    pub skip_dependent: bool,
}

fn yes() -> bool {
    true
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            interactive: false,
            assume_yes: false,
            allow_destructive: false,
            land: LandMode::Current,
            commits: Commits::One,
            require_checks: false,
            run_tests: false,
            again: false,
            rollback_on_failure: None,
            continue_on_failure: false,
            skip_dependent: true,
        }
    }
}

/// Where a run's result goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandMode {
    /// A commit on the branch that is checked out, and into the working tree.
    #[default]
    Current,
    /// A new branch to review; nothing else moves.
    Branch,
    /// A patch; nothing in the repository moves.
    Patch,
    /// Nowhere: the result stays on the run's private ref.
    None,
}

impl LandMode {
    /// The word in settings and results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LandMode::Current => "current",
            LandMode::Branch => "branch",
            LandMode::Patch => "patch",
            LandMode::None => "none",
        }
    }
}

/// How many commits land.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Commits {
    /// One for the whole plan.
    #[default]
    One,
    /// One for each step that changed something.
    PerStep,
}

impl RunOptions {
    /// The options that the settings give.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            interactive: settings.planner.default_interactive,
            land: settings.landing.mode,
            commits: settings.landing.commits,
            require_checks: settings.validation.require_checks,
            run_tests: settings.planner.run_tests_after,
            rollback_on_failure: settings
                .is_set("planner.rollback_on_failure")
                .then_some(settings.planner.rollback_on_failure),
            continue_on_failure: settings.planner.continue_on_failure,
            skip_dependent: settings.planner.skip_dependent,
            ..Self::default()
        }
    }

    /// Whether a failure takes back what was done before it.
    #[must_use]
    pub fn rolls_back(&self) -> bool {
        self.rollback_on_failure.unwrap_or(!self.continue_on_failure)
    }

    /// Refuses options that cannot both be meant.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.continue_on_failure && self.rollback_on_failure == Some(true) {
            return Err(Error::RollbackAndContinue);
        }
        Ok(())
    }
}
