//! Templates that a host application writes in Rust.

use std::sync::Arc;

use aksara_protocol::{JsonMap, ProjectFacts};
use aksara_template::{Meta, Template, TemplateError, TemplatePlan};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::error::Error;

/// A template in Rust: steps by name, and how parameters change them. Registered with
/// [`crate::RuntimeBuilder::register_template`], it is found by requests, listed and described as any other.
///
/// Steps are written as a script's `STEPS` are: a list of `{type, description, params, …}`. They are checked in the
/// same way, so a mistake is told by its place, such as `steps[0].params.fields[1].type`.
///
/// Unlike a script it may do what it likes; that its plan is the same each time is up to its author.
///
/// ```
/// use aksara_runtime::{PlanTemplate, TemplateFailure, TemplateParams};
/// use serde_json::{Value, json};
///
/// struct Notes;
///
/// #[async_trait::async_trait]
/// impl PlanTemplate for Notes {
///     fn name(&self) -> &str {
///         "notes"
///     }
///
///     fn steps(&self) -> Value {
///         json!([{ "type": "modify_model", "description": "Add a note" }])
///     }
///
///     async fn customize(&self, params: &TemplateParams<'_>) -> Result<Value, TemplateFailure> {
///         let model = params.text("model").ok_or("which model?")?;
///         let mut steps = self.steps();
///         steps[0]["params"] = json!({ "model": model, "add": [{ "name": "note", "type": "text", "blank": true }] });
///         Ok(steps)
///     }
/// }
/// ```
#[async_trait]
pub trait PlanTemplate: Send + Sync {
    /// What it is asked for by: lower case, with `_` between words.
    fn name(&self) -> &str;

    /// The steps as they are without parameters.
    fn steps(&self) -> Value;

    /// The steps for these parameters, which fit [`PlanTemplate::params`]. It is called for every plan.
    ///
    /// # Errors
    /// Why there are none; the text is shown to the user.
    async fn customize(&self, params: &TemplateParams<'_>) -> Result<Value, TemplateFailure> {
        let _ = params;
        Ok(self.steps())
    }

    /// The JSON Schema of its parameters, in the form of a script's `PARAMS`. Without one it takes none.
    fn params(&self) -> Value {
        json!({ "type": "object", "properties": {} })
    }

    /// What people and requests find it by. Without it: its name, in words.
    fn meta(&self) -> Meta {
        let words = self.name().replace('_', " ");
        Meta {
            name: self.name().to_owned(),
            title: format!("Add {words}"),
            summary: format!("Adds {words}."),
            version: "1.0.0".to_owned(),
            keywords: vec![words.clone()],
            examples: vec![format!("Add {words}")],
            ..Meta::default()
        }
    }
}

/// Why a template gives no steps.
pub type TemplateFailure = Box<dyn std::error::Error + Send + Sync>;

/// What a template is customized with.
#[derive(Clone, Copy, Debug)]
pub struct TemplateParams<'a> {
    values: &'a JsonMap,
    project: &'a ProjectFacts,
}

impl TemplateParams<'_> {
    /// A parameter's value; `None` if it was not given and has no default.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// A parameter's value, if it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// What is known of the project.
    #[must_use]
    pub fn project(&self) -> &ProjectFacts {
        self.project
    }
}

/// A template of the host with what it declares.
#[derive(Clone)]
pub(crate) struct Registered(Arc<dyn PlanTemplate>);

impl Registered {
    pub(crate) fn new(template: Arc<dyn PlanTemplate>) -> Result<(Template, Self), Error> {
        let meta = Meta { name: template.name().to_owned(), ..template.meta() };
        let declared = Template::of_host(meta, template.params(), template.steps())?;
        Ok((declared, Self(template)))
    }

    /// The plan for these parameters. Called on a thread that may block.
    pub(crate) fn plan(
        &self,
        declared: &Template,
        values: &JsonMap,
        project: &ProjectFacts,
    ) -> Result<TemplatePlan, Error> {
        declared.must_know(project)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::Internal(format!("no runtime could be started: {e}")))?;
        let params = TemplateParams { values, project };
        let steps = runtime.block_on(self.0.customize(&params)).map_err(|failure| TemplateError::Host {
            template: declared.meta().name.clone(),
            reason: failure.to_string(),
        })?;
        Ok(declared.read_steps(steps)?)
    }
}
