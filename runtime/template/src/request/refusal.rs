//! A request that gives no plan: what of it was understood, what was not, and what to type instead.

use std::fmt;

use aksara_protocol::command::shell_quoted;

use crate::nearest::listed;

/// Why a request gives no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanningError {
    /// What kind of reason.
    pub code: PlanningCode,
    /// One sentence: what happened.
    pub message: String,
    /// What of the request was understood.
    pub understood: Vec<String>,
    /// Words of the request, or facts of the project, without which there is no plan.
    pub missing: Vec<String>,
    /// The model that is missing, where no word of the request is its name: as a class or a label.
    pub model: Option<Box<str>>,
    /// The fields that a model gets which is missing and made for the request, as they are typed.
    pub fields: Box<[String]>,
    /// What was probably meant, or has to be done first: one sentence.
    pub hint: Option<Box<str>>,
    /// Whether no request that gives a plan is near to what is asked for.
    pub is_beside: bool,
    /// Requests that give a plan in this project, best first.
    pub nearest: Vec<Nearest>,
}

/// Kinds of reasons why a request gives no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanningCode {
    /// The request says nothing.
    Empty,
    /// The request is too long to be one.
    TooLong,
    /// There is no template for this stack.
    NoTemplates,
    /// No template is about any word of the request.
    NoTemplate,
    /// A template is about it, but not about all that is asked for.
    NotCovered,
    /// Several templates are about it equally.
    Ambiguous,
    /// The request names a model that the project does not have.
    UnknownModel,
    /// The model or app is there, and the project does not use it: it is not installed.
    NotInstalled,
    /// The model that is named is the one that the template itself makes.
    Itself,
    /// The app that was named does not exist.
    UnknownApp,
    /// The project, or the app that was named, has no model.
    NoModel,
}

/// A request that gives a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The template that answers it.
    pub template: String,
    /// The request, as it can be typed.
    pub example: String,
}

impl PlanningError {
    pub(super) fn new(code: PlanningCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            understood: Vec::new(),
            missing: Vec::new(),
            model: None,
            fields: Box::default(),
            hint: None,
            is_beside: false,
            nearest: Vec::new(),
        }
    }
}

impl fmt::Display for PlanningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.understood.is_empty() {
            write!(f, "\n  understood: {}", self.understood.join("; "))?;
        }
        if !self.missing.is_empty() {
            let quoted: Vec<String> = self.missing.iter().map(|word| format!("\"{word}\"")).collect();
            write!(f, "\n  not understood: {}", listed(&quoted))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        for Nearest { example, .. } in &self.nearest {
            write!(f, "\ntry: aksara ai plan {}", shell_quoted(example))?;
        }
        if matches!(self.code, PlanningCode::NoTemplate | PlanningCode::NotCovered | PlanningCode::Empty) {
            f.write_str("\nhint: `aksara template list` says what there is a template for")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanningError {}
