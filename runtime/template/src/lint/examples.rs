//! Examples of `META` that are not understood as requests for the template, read as in a small project.

use aksara_protocol::facts::{AppFacts, Args, FieldFacts, ModelFacts, Place};
use aksara_protocol::{ProjectFacts, RelPath};
use rhai::Position;
use serde_json::Value;

use super::{Findings, Severity};
use crate::literal::constant;
use crate::nearest::listed;
use crate::params::properties;
use crate::request::{Beside, shown_examples, understand};
use crate::template::Template;
use crate::templates::Templates;

/// The model of the project that examples are read in, where the template names no other.
const MODEL: &str = "blog.Post";

pub(super) fn check(findings: &mut Findings<'_>, templates: &Templates) {
    let template = findings.template;
    let file = template.files().first().map(|f| f.name.clone()).unwrap_or_default();
    let at = constant(template.ast(), "META").ok().flatten().map_or(Position::NONE, |l| l.position);
    let Some(facts) = small_project(template) else { return };
    // An example with a placeholder that is left names what is no parameter: that is said already.
    for example in shown_examples(template).iter().filter(|example| !example.contains('{')) {
        let Some(problem) = problem(example, template, templates, &facts) else { continue };
        findings.add(
            Severity::Warning,
            (&file, at),
            format!("META.examples: \"{example}\" does not give a plan of this template: {problem}"),
            Some(
                "say it as a user would type it: every word of it is one of META.keywords, a parameter, or plain English"
                    .to_owned(),
            ),
        );
    }
}

/// Why a request does not give a plan of the template.
fn problem(
    example: &str,
    template: &Template,
    templates: &Templates,
    facts: &ProjectFacts,
) -> Option<String> {
    let quoted =
        |words: &[String]| listed(&words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>());
    match understand(example, templates, Some(facts), Beside::default()) {
        Ok(understood) if understood.template != template.meta().name => {
            Some(format!("it is a request for the template `{}`", understood.template))
        }
        Ok(understood) if !understood.unexplained.is_empty() => {
            Some(format!("nothing explains {}", quoted(&understood.unexplained)))
        }
        Ok(_) => None,
        Err(error) => Some(error.message),
    }
}

/// A project with the models and apps that the parameters' own examples name, and one more.
fn small_project(template: &Template) -> Option<ProjectFacts> {
    let stack = template.meta().stacks.first().map_or("django", String::as_str).to_owned();
    let mut facts = ProjectFacts { stack, ..ProjectFacts::default() };
    let named = properties(template.params_schema()).filter_map(|(_, property)| {
        let kind = property["x-kind"].as_str()?;
        let sample = property["examples"].get(0).and_then(Value::as_str);
        (kind == "model" || kind == "app").then_some((sample?, property["x-has"].as_str()))
    });
    for (label, needed) in named.chain([(MODEL, None)]) {
        let (app, model) = label.split_once('.').map_or((label, None), |(app, model)| (app, Some(model)));
        let index = facts.apps.iter().position(|known| known.label == app).unwrap_or_else(|| {
            facts.apps.push(AppFacts { label: app.to_owned(), ..AppFacts::default() });
            facts.app_labels.push(app.to_owned());
            facts.apps.len() - 1
        });
        if let Some(name) = model
            && facts.apps[index].models.iter().all(|known| known.name != name)
        {
            facts.model_labels.push(label.to_owned());
            facts.apps[index].models.push(ModelFacts {
                label: label.to_owned(),
                name: name.to_owned(),
                place: Place { file: RelPath::new("models.py").ok()?, line: 1 },
                bases: Vec::new(),
                flat_bases: Vec::new(),
                is_abstract: false,
                is_proxy: false,
                fields: needed.map(field).into_iter().collect(),
                meta: Vec::new(),
                members: Vec::new(),
                cancelled: Vec::new(),
                managers: Vec::new(),
                texts: Vec::new(),
                not_static: Vec::new(),
            });
        }
    }
    Some(facts)
}

/// A field of the type that a parameter's model must have.
fn field(needed: &str) -> FieldFacts {
    FieldFacts {
        name: needed.to_owned(),
        class: needed.to_owned(),
        args: Args::default(),
        relation: None,
        base: None,
        inherited_from: None,
        line: 1,
    }
}
