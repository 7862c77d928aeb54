//! The step types that plugins carry out, with the schemas of their params as the executors give them.

mod page;

use std::collections::BTreeMap;

use aksara_protocol::StepType;
use aksara_protocol::plugin::ExecutorInfo;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::plugins::Plugins;

pub use page::step_types_page;

/// A step type on one stack, and the plugin that carries it out.
#[derive(Clone, Debug, Serialize)]
pub struct StepTypeInfo {
    /// The plugin's name.
    pub plugin: String,
    /// What its executor says of itself.
    #[serde(flatten)]
    pub executor: ExecutorInfo,
}

impl StepTypeInfo {
    /// The JSON Schema of the params, with the executor's summary and the params of its examples.
    #[must_use]
    pub fn schema(&self) -> Value {
        let executor = &self.executor;
        let mut schema = match &executor.params {
            Value::Object(schema) => schema.clone(),
            // `true` and `false` are schemas too.
            other => serde_json::Map::from_iter([("allOf".to_owned(), json!([other]))]),
        };
        schema.insert("title".to_owned(), json!(executor.step_type));
        schema.insert("description".to_owned(), json!(executor.summary));
        schema.insert("x-stack".to_owned(), json!(executor.stack));
        schema.insert("x-plugin".to_owned(), json!(self.plugin));
        let examples: Vec<&_> = executor.examples.iter().map(|example| &example.params).collect();
        schema.insert("examples".to_owned(), json!(examples));
        Value::Object(schema)
    }
}

/// The JSON Schema of the params of one step type; of several stacks each one is allowed.
#[must_use]
pub fn step_type_schema(of: &[StepTypeInfo]) -> Value {
    let schemas: Vec<Value> = of.iter().map(StepTypeInfo::schema).collect();
    match <[Value; 1]>::try_from(schemas) {
        Ok([only]) => only,
        Err(schemas) => json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": of.first().map(|first| &first.executor.step_type),
            "anyOf": schemas,
        }),
    }
}

/// The step types of the plugins, or one of them on all stacks, in their order. Every plugin that has what is asked
/// for is loaded.
pub(crate) fn list(plugins: &Plugins, only: Option<&StepType>) -> Result<Vec<StepTypeInfo>, Error> {
    let mut found = BTreeMap::new();
    for (stack, step_type) in plugins.pairs().filter(|(_, of)| only.is_none_or(|only| only == *of)) {
        let executor = plugins.executor(Some(stack), step_type)?;
        found.insert(
            (step_type.clone(), stack.to_owned()),
            StepTypeInfo {
                plugin: executor.plugin.description().name.clone(),
                executor: executor.info.clone(),
            },
        );
    }
    match only {
        Some(step_type) if found.is_empty() => {
            let known = plugins.step_types_of_all();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let nearest = similar::get_close_matches(step_type.as_str(), &known, 1, 0.7);
            Err(Error::NoStepType {
                step_type: step_type.clone(),
                nearest: nearest.first().map(|near| (*near).to_owned()),
            })
        }
        _ => Ok(found.into_values().collect()),
    }
}

#[cfg(test)]
mod tests;
