//! `aksara template test`.

use aksara_runtime::{AgentRuntime, TemplateReport};

use crate::output::{self, Failure};

pub(super) async fn run(
    runtime: &AgentRuntime,
    name: Option<&str>,
    update: bool,
    json: bool,
) -> Result<u8, Failure> {
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => super::own(runtime)?,
    };
    let reports = runtime.test_templates(&names, update).await?;
    let passed = reports.iter().all(TemplateReport::passed);
    if json {
        output::json(&serde_json::json!({ "passed": passed, "templates": reports }))?;
        return Ok(u8::from(!passed));
    }
    let mut cases = 0;
    for report in &reports {
        if report.cases.is_empty() {
            let message = no_cases(report);
            if name.is_some() {
                return Err(Failure::Input(message));
            }
            output::warning(&message);
        }
        for case in &report.cases {
            cases += 1;
            let mark = if case.failures.is_empty() { "ok    " } else { "FAILED" };
            output::data(&format!(
                "{mark}  {}/{}  {} checks, {:.1} s\n",
                case.template,
                case.case,
                case.checks.len(),
                case.duration.as_secs_f64()
            ))?;
            for failure in &case.failures {
                let text = failure.message.replace('\n', "\n        ");
                output::data(&format!("    {}\n        {text}\n", failure.check))?;
            }
            for file in &case.written {
                output::talk(&format!("    wrote {}", file.display()));
            }
        }
    }
    let failed = reports.iter().flat_map(|r| &r.cases).filter(|c| !c.failures.is_empty()).count();
    output::talk(&format!("{} passed, {failed} failed", cases - failed));
    Ok(u8::from(!passed))
}

fn no_cases(report: &TemplateReport) -> String {
    let name = &report.template;
    match &report.folder {
        Some(folder) => format!(
            "the template `{name}` has no cases\nhint: put one into {}, with params.json and a project in before",
            folder.join("first").display()
        ),
        None => format!(
            "the template `{name}` is built in: its cases are in Aksara's own repository\nhint: `aksara template test --all` there runs them"
        ),
    }
}
