//! Where a test module goes.

use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, TestLayout, TestRunner};
use aksara_sdk::{Context, Diagnostic, RelPath};

/// Where a test module goes, and what must change so that it is found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The module.
    pub file: RelPath,
    /// A package that must be there, by its `__init__.py`.
    pub package: Option<RelPath>,
    /// A module without tests that would hide the package.
    pub stub: Option<RelPath>,
}

/// Where `test_<name>` goes: where the app has its tests, or where the project keeps all of them.
///
/// # Errors
/// A folder that is no path inside the repository.
pub fn placement(app: &AppFacts, name: &str, cx: &Context<'_>) -> Result<Placement, Diagnostic> {
    match searched(app, cx)? {
        Some(folder) => {
            Ok(Placement { file: path(&folder, &format!("test_{name}.py"))?, package: None, stub: None })
        }
        None => beside_the_app(app, name),
    }
}

/// The folder in which pytest looks for tests, for an app that has none where it looks.
fn searched(app: &AppFacts, cx: &Context<'_>) -> Result<Option<String>, Diagnostic> {
    let tests = &app.tests;
    let has_none = matches!(tests.layout, TestLayout::None | TestLayout::EmptyModule);
    let own = path(&app.dir, "tests")?;
    if tests.runner != TestRunner::Pytest || !has_none || tests.searched.iter().any(|at| looks_at(at, &own)) {
        return Ok(None);
    }
    for folder in tests.searched.iter().filter(|folder| RelPath::new(folder.as_str()).is_ok()) {
        let there = cx.list(folder, true)?;
        let of_app = format!("{folder}/{}", app.label);
        if there.iter().any(|path| path.is_below(&of_app)) {
            return Ok(Some(of_app));
        }
        if !there.is_empty() {
            return Ok(Some(folder.clone()));
        }
    }
    Ok(None)
}

/// Whether pytest looks for tests in `path`, if it is told to look at `searched`.
pub fn looks_at(searched: &str, path: &RelPath) -> bool {
    // A pattern may fit anything.
    let is_open = searched.is_empty() || searched == "." || searched.contains(['*', '?']);
    is_open || path.is_below(searched) || path.as_str() == searched
}

fn beside_the_app(app: &AppFacts, name: &str) -> Result<Placement, Diagnostic> {
    let module = format!("test_{name}.py");
    let own = format!("{}/tests", app.dir);
    let folder = app.tests.path.as_ref().map(|path| match path.as_str().strip_suffix(".py") {
        Some(_) => path.parent().map_or_else(String::new, String::from),
        None => path.as_str().to_owned(),
    });
    let in_folder = |folder: &str| path(folder, &module);
    Ok(match app.tests.layout {
        TestLayout::None => {
            Placement { file: in_folder(&own)?, package: Some(path(&own, "__init__.py")?), stub: None }
        }
        TestLayout::EmptyModule => Placement {
            file: in_folder(&own)?,
            package: Some(path(&own, "__init__.py")?),
            stub: Some(path(&app.dir, "tests.py")?),
        },
        TestLayout::Module => Placement { file: in_folder(&app.dir)?, package: None, stub: None },
        TestLayout::Package | TestLayout::Outside => {
            Placement { file: in_folder(&folder.unwrap_or(own))?, package: None, stub: None }
        }
    })
}

fn path(folder: &str, name: &str) -> Result<RelPath, Diagnostic> {
    let text = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    RelPath::new(text).map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))
}

#[cfg(test)]
mod tests {
    use aksara_sdk::protocol::facts::TestFacts;

    use super::*;

    fn place(layout: TestLayout, at: Option<&str>) -> (String, Option<String>, Option<String>) {
        let app = AppFacts {
            dir: "apps/blog".to_owned(),
            tests: TestFacts { layout, path: at.map(|p| RelPath::new(p).unwrap()), ..TestFacts::default() },
            ..AppFacts::default()
        };
        let Placement { file, package, stub } = beside_the_app(&app, "x").unwrap();
        (file.into(), package.map(String::from), stub.map(String::from))
    }

    #[test]
    fn every_layout_has_its_place() {
        let in_package = "apps/blog/tests/test_x.py".to_owned();
        let package = Some("apps/blog/tests/__init__.py".to_owned());
        assert_eq!(place(TestLayout::None, None), (in_package.clone(), package.clone(), None));
        assert_eq!(
            place(TestLayout::EmptyModule, Some("apps/blog/tests.py")),
            (in_package.clone(), package, Some("apps/blog/tests.py".to_owned()))
        );
        assert_eq!(place(TestLayout::Package, Some("apps/blog/tests")), (in_package.clone(), None, None));
        assert_eq!(place(TestLayout::Package, Some("apps/blog/tests/__init__.py")), (in_package, None, None));
        assert_eq!(
            place(TestLayout::Module, Some("apps/blog/tests.py")),
            ("apps/blog/test_x.py".to_owned(), None, None)
        );
        assert_eq!(place(TestLayout::Outside, Some("tests")), ("tests/test_x.py".to_owned(), None, None));
    }
}
