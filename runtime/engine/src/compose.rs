//! From what is wanted to the parts of a plan: which templates, with which parameters, one on top of the other.
//!
//! A request is one part, several ("… and add …"), or begins with a model that it names and the project does not
//! have. Each part is planned on the snapshot that the parts before it leave.

use aksara_protocol::{JsonMap, Plan, ProjectFacts};
use aksara_template::request::{self, Beside, PlanningCode, PlanningError, Understood};
use aksara_template::{Limits, Template, TemplatePlan, params};
use serde_json::Value;

use crate::error::Error;
use crate::facts::Project;
use crate::models;
use crate::planner::{PlanOptions, fill_from_template, with_parameter};
use crate::preview::preview;
use crate::session::Session;
use crate::snapshot::Snapshot;

/// What is to be planned.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'r> {
    /// What somebody typed.
    Request(&'r str),
    /// A template by its name.
    Template(&'r str),
}

/// What one template gives.
pub(crate) struct Part<'t> {
    pub(crate) template: &'t Template,
    pub(crate) params: JsonMap,
    /// Where each parameter came from.
    pub(crate) from: JsonMap,
    pub(crate) made: TemplatePlan,
    /// Words of the request that nothing explains.
    pub(crate) unexplained: Vec<String>,
}

/// Where parts are planned.
pub(crate) struct Composer<'s, 'c> {
    pub(crate) session: &'s Session<'c>,
    pub(crate) project: &'s Project,
    pub(crate) tree: &'s str,
    pub(crate) options: &'s PlanOptions,
    /// A plan without steps, in which parts are tried out.
    pub(crate) scratch: Plan,
    /// The files as the next part sees them.
    pub(crate) snapshot: Snapshot,
}

/// Words of the parts that an assumed model does without, unless they are set.
const MORE_THAN_A_MODEL: [&str; 2] = ["api", "test"];

impl<'s, 'c> Composer<'s, 'c> {
    /// The parts of what is wanted, in order.
    ///
    /// # Errors
    /// A request that is not understood, a parameter that is missing or wrong, a template that fails.
    pub(crate) fn parts(mut self, wanted: Wanted<'_>) -> Result<Vec<Part<'s>>, Error> {
        let facts = self.project.facts(&self.snapshot)?;
        let request = match wanted {
            Wanted::Template(name) => return Ok(vec![self.part(name, None, &facts, false)?]),
            Wanted::Request(request) => request,
        };
        if let Some(name) = &self.options.template {
            self.session.core.templates.get(name)?;
        }
        // Words that one template leaves over may be another's: "add tags and comments to posts".
        let joined = || request::joined(request, &self.session.core.templates, &facts);
        let error = match self.understand(request, &facts) {
            Ok(understood) => {
                if !understood.unexplained.is_empty()
                    && self.options.template.is_none()
                    && let Some(requests) = joined()
                {
                    return self.all(&requests);
                }
                // "add tags to products and categories": where it cannot be had for both, which one is a question.
                let is_open = |name: &String| self.options.set.iter().all(|(set, _)| set != name);
                if self.options.app.is_none()
                    && understood.missing.iter().all(|missing| is_open(&missing.name))
                    && let Some(requests) =
                        request::each_model(request, &understood, &self.session.core.templates, &facts)
                    && let Ok(parts) = self.all(&requests)
                {
                    return Ok(parts);
                }
                let name = understood.template.clone();
                return Ok(vec![self.part(&name, Some(understood), &facts, false)?]);
            }
            Err(error) => error,
        };
        let mut clauses = request::clauses(request);
        if clauses.len() < 2
            && self.options.template.is_none()
            && let Some(requests) = joined()
        {
            clauses = requests;
        }
        if clauses.len() < 2 {
            if self.options.no_create || request::model_to_make(&error, &facts).is_none() {
                return Err(not_read(error, &facts));
            }
            return self.all(&[request.to_owned()]);
        }
        self.all(&clauses)
    }

    /// The parts of several requests, the later ones on what the earlier ones make.
    fn all(&mut self, requests: &[String]) -> Result<Vec<Part<'s>>, Error> {
        let mut parts: Vec<Part<'s>> = Vec::new();
        for request in requests {
            let made = parts.last().and_then(|part| new_model(&part.made));
            let request = made.map_or_else(|| request.clone(), |model| request::about(request, &model));
            let mut facts = self.project.facts(&self.snapshot)?;
            let understood = match self.understand(&request, &facts) {
                Ok(understood) => understood,
                Err(error) => {
                    let Some(assumed) = self.assumed(&error, &facts)? else {
                        return Err(not_read(error, &facts));
                    };
                    self.carry_out(&assumed)?;
                    parts.push(assumed);
                    facts = self.project.facts(&self.snapshot)?;
                    self.understand(&request, &facts).map_err(|error| not_read(error, &facts))?
                }
            };
            let name = understood.template.clone();
            let part = self.part(&name, Some(understood), &facts, true)?;
            self.carry_out(&part)?;
            parts.push(part);
        }
        self.all_set_values_are_used(&parts)?;
        Ok(parts)
    }

    fn understand(&self, request: &str, facts: &ProjectFacts) -> Result<Understood, PlanningError> {
        let options = self.options;
        let beside =
            Beside { app: options.app.as_deref(), template: options.template.as_deref(), set: &options.set };
        request::understand(request, &self.session.core.templates, Some(facts), beside)
    }

    /// The model that a request names and the project does not have, as far as a model goes: its table and its admin
    /// page. `None` if it may mean something else, or is not wanted.
    fn assumed(&self, error: &PlanningError, facts: &ProjectFacts) -> Result<Option<Part<'s>>, Error> {
        if self.options.no_create {
            return Ok(None);
        }
        let templates = &self.session.core.templates;
        let (Some(model), Some(maker)) =
            (request::model_to_make(error, facts), request::maker(templates, facts))
        else {
            return Ok(None);
        };
        let mut given = vec![(maker.name.to_owned(), Value::from(model.as_str()), "request")];
        let off = maker.switches(&MORE_THAN_A_MODEL);
        if !error.fields.is_empty() {
            given.push((maker.fields.to_owned(), Value::from(error.fields.to_vec()), "default"));
        }
        given.extend(off.into_iter().map(|name| (name, Value::Bool(false), "default")));
        let set = self.options.set.iter().filter(|(name, _)| has_param(maker.template, name));
        given.extend(set.map(|(name, value)| (name.clone(), value.clone(), "set")));
        let mut missing = Vec::new();
        let schema = maker.template.params_schema();
        models::own_app(schema, facts, self.options.app.as_deref(), &mut given, &mut missing);
        if !missing.is_empty() {
            return Err(Error::Missing { params: missing });
        }
        let (params, from) = params::resolve(schema, given)?;
        let mut made = self.planned(maker.template, maker.name, &params, facts)?;
        made.warnings.insert(
            0,
            format!(
                "The project has no model {model}: the plan starts with making it. To be refused instead, pass --no-create."
            ),
        );
        Ok(Some(Part { template: maker.template, params, from, made, unexplained: Vec::new() }))
    }

    /// The steps that a template gives, be it a script or the host's own.
    fn planned(
        &self,
        template: &Template,
        name: &str,
        params: &JsonMap,
        facts: &ProjectFacts,
    ) -> Result<TemplatePlan, Error> {
        if let Some(registered) = self.session.core.registered.get(name) {
            return registered.plan(template, params, facts);
        }
        let limits = Limits { cancelled: Some(self.session.cancel.flag()), ..Limits::default() };
        Ok(template.plan(params, facts, &limits)?)
    }

    /// What a template gives. A part of several takes only those values that were set for it.
    fn part(
        &self,
        name: &str,
        understood: Option<Understood>,
        facts: &ProjectFacts,
        one_of_several: bool,
    ) -> Result<Part<'s>, Error> {
        let template = self.session.core.templates.get(name)?;
        let unexplained = understood.as_ref().map(|u| u.unexplained.clone()).unwrap_or_default();
        let own = |name: &String| !one_of_several || has_param(template, name);
        let notes = understood.as_ref().map(|u| u.notes.clone()).unwrap_or_default();
        let (params, from) = resolve(template.params_schema(), understood, self.options, own, facts)?;
        let mut made = self.planned(template, name, &params, facts)?;
        made.warnings.extend(notes);
        Ok(Part { template, params, from, made, unexplained })
    }

    /// Lets the next part see what this one makes.
    fn carry_out(&mut self, part: &Part<'_>) -> Result<(), Error> {
        let mut plan = self.scratch.clone();
        fill_from_template(&mut plan, part.made.clone(), None);
        let now = plan.created_at.clone();
        let mut stage = self.session.stage(Some(self.project), self.tree, &now)?;
        stage.base = self.snapshot.clone();
        let made_from = [(part.template, &part.params)];
        let previewed = preview(&stage, &mut plan);
        self.snapshot = previewed.map_err(|error| with_parameter(error, &plan.steps, &made_from))?.after;
        Ok(())
    }

    /// A value that was set and that no part has a parameter for is a mistake.
    fn all_set_values_are_used(&self, parts: &[Part<'_>]) -> Result<(), Error> {
        let set = self.options.set.iter().map(|(name, _)| name).chain(self.options.constraints.keys());
        let problems: Vec<params::ParamProblem> = set
            .filter(|name| !parts.iter().any(|part| has_param(part.template, name)))
            .map(|name| params::ParamProblem::Unknown {
                name: name.clone(),
                nearest: None,
                known: parts.iter().flat_map(|part| param_names(part.template)).collect(),
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(params::ParamsError { problems }.into()) }
    }
}

fn param_names(template: &Template) -> impl Iterator<Item = String> + '_ {
    let properties = template.params_schema().get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|map| map.keys().cloned())
}

fn has_param(template: &Template, name: &str) -> bool {
    param_names(template).any(|param| param == name)
}

/// The label of the model that a part makes.
fn new_model(made: &TemplatePlan) -> Option<String> {
    let step = made.intents.iter().find(|intent| intent.step_type == "create_model")?;
    step.params.get("model").and_then(Value::as_str).map(str::to_owned)
}

fn resolve(
    schema: &Value,
    understood: Option<Understood>,
    options: &PlanOptions,
    own: impl Fn(&String) -> bool,
    facts: &ProjectFacts,
) -> Result<(JsonMap, JsonMap), Error> {
    let mut given = Vec::new();
    let mut missing = Vec::new();
    if let Some(understood) = understood {
        given.extend(understood.params);
        missing = understood.missing;
    } else {
        if let Some(app) = &options.app {
            request::app_must_exist(app, facts)?;
        }
        models::meant_model(schema, facts, options.app.as_deref(), &mut given, &mut missing);
    }
    let set = options.constraints.iter().chain(options.set.iter().map(|(name, value)| (name, value)));
    given.extend(set.filter(|(name, _)| own(name)).map(|(k, v)| (k.clone(), v.clone(), "set")));
    models::own_app(schema, facts, options.app.as_deref(), &mut given, &mut missing);
    models::resolve_labels(schema, facts, &mut given, &mut missing)?;
    missing.retain(|m| !given.iter().any(|(name, value, _)| *name == m.name && !value.is_null()));
    if !missing.is_empty() {
        return Err(Error::Missing { params: missing });
    }
    Ok(params::resolve(schema, given)?)
}

/// A request that was not understood may mean what stands in a file that could not be read.
fn not_read(error: PlanningError, facts: &ProjectFacts) -> Error {
    let about_names =
        matches!(error.code, PlanningCode::UnknownModel | PlanningCode::UnknownApp | PlanningCode::NoModel);
    if !about_names || facts.skipped.is_empty() {
        return error.into();
    }
    Error::NotRead { files: facts.skipped.clone(), error: Box::new(error) }
}
