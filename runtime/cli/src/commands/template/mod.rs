//! `aksara template`.

mod lint;
mod new;
mod test;

use std::fmt::Write as _;

use aksara_runtime::{AgentRuntime, RootKind};

use super::Call;
use crate::args::{Template, TemplateArgs};
use crate::output::{self, Failure, printable};

// Writing to a String cannot fail; the results of write! are dropped for that reason.

pub(crate) async fn run(call: &Call, args: &TemplateArgs) -> Result<u8, Failure> {
    let root = args.root.as_deref();
    if let Some(root) = root.filter(|root| {
        !matches!(args.command, Template::New { .. }) && !call.surroundings.directory.join(root).is_dir()
    }) {
        return Err(Failure::Input(format!("{} is not a folder", root.display())));
    }
    match &args.command {
        Template::List { json } => list(&call.runtime_with_templates(root)?, *json),
        Template::Show { name, json } => show(&call.runtime_with_templates(root)?, name, *json),
        Template::New { name, user, replace } => new::run(call, name, root, *user, *replace),
        Template::Test { name, update, json, .. } => {
            let runtime = call.runtime_with_templates(root)?;
            test::run(&runtime, name.as_deref(), *update, *json).await
        }
        Template::Lint { what, json, .. } => lint::run(call, what.as_deref(), root, *json).await,
        Template::Docs { name } => {
            let runtime = call.runtime_with_templates(root)?;
            let template = runtime.templates().get(name).map_err(aksara_runtime::Error::from)?;
            output::data(&printable_lines(&aksara_runtime::markdown(template)))?;
            Ok(0)
        }
    }
}

fn list(runtime: &AgentRuntime, json: bool) -> Result<u8, Failure> {
    let templates = runtime.templates();
    for problem in templates.problems() {
        output::warning(&format!(
            "the template `{}` ({}) cannot be used: {}",
            printable(&problem.name),
            printable(&problem.label),
            printable_lines(&problem.error.to_string())
        ));
    }
    if json {
        let all: Vec<_> = templates.list().map(|template| described(runtime, template)).collect();
        output::json(&serde_json::json!({ "templates": all }))?;
    } else {
        let mut text = String::new();
        for template in templates.list() {
            let meta = template.meta();
            let label = printable(template.root().1);
            let whose = match template.root() {
                (RootKind::BuiltIn, _) => String::new(),
                _ if !runtime.trusts(template) => format!(" ({label}, not trusted)"),
                _ => format!(" ({label})"),
            };
            let _ = writeln!(text, "{:<16} {}{whose}", printable(&meta.name), printable(&meta.summary));
        }
        output::data(&text)?;
    }
    Ok(0)
}

fn show(runtime: &AgentRuntime, name: &str, json: bool) -> Result<u8, Failure> {
    let template = runtime.templates().get(name).map_err(aksara_runtime::Error::from)?;
    if json {
        output::json(&described(runtime, template))?;
    } else {
        output::data(&printable_lines(&text(template)))?;
        if !runtime.trusts(template) {
            output::warning(
                "it belongs to this repository, which you have not trusted: see `aksara trust --show`",
            );
        }
    }
    Ok(0)
}

/// Several lines of text that is not ours.
fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// A template as data, and whether its plans are carried out without a question.
fn described(runtime: &AgentRuntime, template: &aksara_runtime::Template) -> serde_json::Value {
    let mut described = template.describe();
    described["trusted"] = runtime.trusts(template).into();
    described
}

/// The names of the templates that are not built in, those that cannot be used among them.
fn own(runtime: &AgentRuntime) -> Result<Vec<String>, Failure> {
    let templates = runtime.templates();
    let mut names: Vec<String> = templates
        .list()
        .filter(|t| *t.root().0 != RootKind::BuiltIn)
        .map(|t| t.meta().name.clone())
        .chain(templates.problems().iter().map(|problem| problem.name.clone()))
        .collect();
    names.sort();
    if names.is_empty() {
        return Err(Failure::Input(
            "there are no templates but the built-in ones\nhint: `aksara template new NAME` begins one; `--root DIR` names a folder of them".to_owned(),
        ));
    }
    Ok(names)
}

fn text(template: &aksara_runtime::Template) -> String {
    let meta = template.meta();
    let mut out = format!("{} {} ({})\n{}\n", meta.name, meta.version, template.root().1, meta.summary);
    let stacks =
        if meta.stacks.is_empty() { "any that has its steps".to_owned() } else { meta.stacks.join(", ") };
    let _ = writeln!(out, "\nStacks: {stacks}");
    out.push_str("\nParameters:\n");
    let schema = template.params_schema();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(|r| r.as_str()).collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let kind = property["x-kind"].as_str().or(property["type"].as_str()).unwrap_or("any");
        let rest = if required.contains(&name.as_str()) {
            "required".to_owned()
        } else {
            match property.get("default") {
                Some(value) => format!("default {value}"),
                None => "optional".to_owned(),
            }
        };
        let _ = writeln!(out, "  {name} ({kind}, {rest})");
        if let Some(description) = property["description"].as_str() {
            let _ = writeln!(out, "      {description}");
        }
    }
    out.push_str("\nExamples:\n");
    for example in template.describe()["examples"].as_array().into_iter().flatten().filter_map(|e| e.as_str())
    {
        let _ = writeln!(out, "  aksara ai plan \"{example}\"");
    }
    out
}
