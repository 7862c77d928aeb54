//! `aksara schema`.

use std::fmt::Write as _;

use aksara_runtime::{Schema, StepTypeInfo, step_type_schema, step_types_page};
use clap::ValueEnum as _;

use super::Call;
use crate::args::SchemaOf;
use crate::output::{self, Failure, printable};

/// The schema that needs nothing but this command, unless it is of a step type.
pub(crate) fn of(of: SchemaOf) -> Option<Schema> {
    match of {
        SchemaOf::Plan => Some(Schema::Plan),
        SchemaOf::Event => Some(Schema::Event),
        SchemaOf::Result => Some(Schema::Result),
        SchemaOf::Config => Some(Schema::Config),
        SchemaOf::Step => None,
    }
}

/// Prints a schema.
pub(crate) fn print(schema: Schema) -> Result<u8, Failure> {
    output::data(&schema.text())?;
    Ok(0)
}

/// Lists the step types of the plugins at hand, or prints the schema of one. Needs no project.
pub(crate) async fn step(
    call: &Call,
    of: SchemaOf,
    step_type: Option<&str>,
    markdown: bool,
    json: bool,
) -> Result<u8, Failure> {
    if of != SchemaOf::Step {
        let of = of.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        return Err(Failure::Input(format!(
            "a step type, --markdown and --json are for `aksara schema step`\nhint: aksara schema {of}"
        )));
    }
    let found = call.runtime_for_plugins(&[])?.step_types(step_type).await?;
    if markdown {
        output::data(&step_types_page(&found))?;
    } else if step_type.is_some() {
        output::json(&step_type_schema(&found))?;
    } else if json {
        output::json(&serde_json::json!({ "step_types": found }))?;
    } else {
        output::data(&list(&found))?;
    }
    Ok(0)
}

/// One line a step type and stack.
fn list(found: &[StepTypeInfo]) -> String {
    let rows: Vec<[&str; 3]> = found
        .iter()
        .map(|of| [of.executor.step_type.as_str(), of.executor.stack.as_str(), of.plugin.as_str()])
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (first, second, third) = (width(0), width(1), width(2));
    let mut text = String::new();
    for ([step_type, stack, plugin], of) in rows.iter().zip(found) {
        let summary = printable(&of.executor.summary);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{step_type:<first$}  {stack:<second$}  {plugin:<third$}  {summary}");
    }
    text
}
