//! The tests of a template: its cases, each carried out for real in a repository made for the moment.
//!
//! A case is a folder `NAME/tests/CASE` beside the script: `params.json`, the project `before`, and what the
//! template makes of it, `plan.json` and `after`. Beside comparing those, each case checks what every template
//! owes its users: the same plan each time, nothing to do the second time, a rollback to the last byte, and all
//! that in projects whose files have other line endings, tabs, a byte order mark, no newline at the end, or code
//! of the user's. Commands of steps are not run: a template may be tested before it is trusted.

mod case;
mod checks;
pub(crate) mod scratch;
mod variation;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aksara_template::{LintFinding, RootKind, Template};
use serde::Serialize;

use crate::cancel::Cancel;
use crate::error::Error;
use crate::runtime::AgentRuntime;
use crate::session::Core;

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseReport {
    /// The template.
    pub template: String,
    /// The case's folder name.
    pub case: String,
    /// What was checked, in order.
    pub checks: Vec<String>,
    /// What did not hold; empty if the case passed.
    pub failures: Vec<CaseFailure>,
    /// Files of the case that were written, if it was asked for.
    pub written: Vec<PathBuf>,
    /// How long it took.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub duration: Duration,
}

/// A check that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseFailure {
    /// Which.
    pub check: String,
    /// What was seen instead.
    pub message: String,
}

/// The cases of one template.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TemplateReport {
    /// The template.
    pub template: String,
    /// Where its cases are; `None` for a built-in template, which has them in Aksara's own repository.
    pub folder: Option<PathBuf>,
    /// What came of each.
    pub cases: Vec<CaseReport>,
}

impl TemplateReport {
    /// Whether every case passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.failures.is_empty())
    }
}

impl AgentRuntime {
    /// Runs the cases of templates; `update` writes what each gives now as what is expected.
    ///
    /// # Errors
    /// A template that does not exist or does not load, a case that cannot be read, plugins that cannot be loaded.
    /// What a case shows is in the report.
    pub async fn test_templates(&self, names: &[String], update: bool) -> Result<Vec<TemplateReport>, Error> {
        let core = Arc::clone(self.core());
        let names = names.to_vec();
        let cancel = Cancel::default();
        crate::approver::work(None, None, cancel.clone(), move |_| {
            let scratch = core.for_scratch();
            names.iter().map(|name| test(&scratch, &cancel, name, update)).collect()
        })
        .await
    }

    /// Everything that is wrong with a template: what [`aksara_template::lint`] finds in its text, and whether its
    /// cases can be planned, bodies and all.
    ///
    /// # Errors
    /// As [`AgentRuntime::test_templates`]; a template that does not load is a finding.
    pub async fn lint_template(&self, name: &str) -> Result<Vec<LintFinding>, Error> {
        let core = Arc::clone(self.core());
        let name = name.to_owned();
        let cancel = Cancel::default();
        crate::approver::work(None, None, cancel.clone(), move |_| lint(&core, &cancel, &name)).await
    }
}

/// The folder of a template's cases, if it lies on the disk. A project's lies in its repository: a link may not lead
/// out of it.
fn folder_of(core: &Core, template: &Template) -> Result<Option<PathBuf>, Error> {
    let (kind, label) = template.root();
    if matches!(kind, RootKind::BuiltIn | RootKind::Host) {
        return Ok(None);
    }
    let above = Path::new(label).join(&template.meta().name);
    if *kind == RootKind::Project
        && let (Ok(real), Ok(repo)) = (above.canonicalize(), aksara_git::Repo::discover(&core.folder))
        && !real.starts_with(repo.workdir())
    {
        return Err(Error::Refused(format!(
            "{} leads out of the repository: the cases of a project's template must be in it, and not behind a symbolic link",
            above.display()
        )));
    }
    Ok(Some(above.join("tests")))
}

fn test(core: &Core, cancel: &Cancel, name: &str, update: bool) -> Result<TemplateReport, Error> {
    let template = core.templates.get(name)?;
    let folder = folder_of(core, template)?;
    let mut cases = Vec::new();
    for case in folder.iter().map(|f| case::all(f)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        let started = Instant::now();
        let mut report = CaseReport {
            template: name.to_owned(),
            case: case.name.clone(),
            checks: Vec::new(),
            failures: Vec::new(),
            written: Vec::new(),
            duration: Duration::ZERO,
        };
        match case.read() {
            Ok(inputs) => {
                checks::Checks { core, cancel, template, report: &mut report }.run(&case, &inputs, update)?
            }
            Err(failure) => report.failures.push(failure),
        }
        report.duration = started.elapsed();
        cases.push(report);
    }
    Ok(TemplateReport { template: name.to_owned(), folder, cases })
}

fn lint(core: &Core, cancel: &Cancel, name: &str) -> Result<Vec<LintFinding>, Error> {
    let step_types = core.plugins()?.step_types_of_all();
    let mut found = aksara_template::lint(&core.templates, name, &step_types)?;
    let Ok(template) = core.templates.get(name) else { return Ok(found) };
    let Some(folder) = folder_of(core, template)? else { return Ok(found) };
    let scratch = core.for_scratch();
    for case in case::all(&folder)? {
        let file = format!("{name}/tests/{}", case.name);
        let planned = match case.read() {
            Ok(inputs) => checks::plan(&scratch, cancel, name, &inputs),
            Err(failure) => Err(Error::Refused(failure.message)),
        };
        if let Err(error) = planned {
            let finding = match &error {
                Error::Template(error) => LintFinding::of_error(error, &file),
                other => LintFinding::error(&other.to_string(), &file),
            };
            if !aksara_template::is_told(&finding, &found) {
                found.push(finding);
            }
        }
    }
    Ok(found)
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
