//! Rhai templates: from a request, parameters and facts to the steps of a plan. Pure.
//!
//! A template is a script with a declaration (`META`), a JSON Schema of its parameters (`PARAMS`), and either a
//! function that answers steps or a plain list of them. It runs in a sandbox without files, clock, network or
//! randomness: the same parameters and facts give the same steps.
//!
//! ```
//! use aksara_template::{Limits, Templates, builtin, params, request};
//! # use aksara_protocol::facts::{AppFacts, ModelFacts, Place, ProjectFacts};
//! # use aksara_protocol::RelPath;
//! # let mut facts = ProjectFacts { stack: "django".into(), ..ProjectFacts::default() };
//! # facts.apps.push(AppFacts { label: "blog".into(), models: vec![ModelFacts {
//! #     label: "blog.Post".into(), name: "Post".into(),
//! #     place: Place { file: RelPath::new("blog/models.py")?, line: 1 },
//! #     bases: vec![], flat_bases: vec![], is_abstract: false, is_proxy: false, fields: vec![], meta: vec![],
//! #     members: vec![], cancelled: vec![], managers: vec![], texts: vec![], not_static: vec![] }], ..AppFacts::default() });
//! let templates = Templates::load(vec![builtin()]);
//! let understood = request::understand("Add a tagging system to the blog", &templates, Some(&facts), request::Beside::default())?;
//! let template = templates.get(&understood.template)?;
//! let (params, _from) = params::resolve(template.params_schema(), understood.params)?;
//! let plan = template.plan(&params, &facts, &Limits::default())?;
//! assert_eq!(plan.intents[0].description, "Create Tag model with name, slug fields");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod describe;
mod docs;
mod error;
pub mod fields;
mod intent;
mod lint;
mod literal;
mod meta;
mod nearest;
pub mod params;
pub mod request;
mod root;
mod sandbox;
mod script;
mod starter;
mod template;
mod templates;
#[cfg(test)]
mod testing;

pub use docs::markdown;
pub use error::{Frame, LimitKind, Place, Report, TemplateError};
pub use intent::{Intent, TemplatePlan};
pub use lint::{LintFinding, Severity, is_told, lint};
pub use meta::Meta;
pub use root::{RootKind, TemplateFile, TemplateRoot, builtin, read_root};
pub use sandbox::Limits;
pub use starter::starter;
pub use template::Template;
pub use templates::{TemplateProblem, Templates};

/// Makes ready what the first request of a process would wait for: the rules of English plurals take some
/// milliseconds. For a thread that has nothing else to do; without it they are made when they are needed.
pub fn warm_up() {
    let _ = (script::plural("word"), script::singular("words"));
}
