//! Where a module of an app is.

use aksara_python::edit::{Edits, definitions, moved_deeper};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, Style};
use aksara_sdk::{Context, Diagnostic, RelPath, SourceFile};

/// Where the code of a module goes.
pub struct Place {
    /// The file, and what is in it.
    pub file: RelPath,
    /// Its content, if it is there.
    pub there: Option<SourceFile>,
    /// The package whose module the file is, where the app has a package of the name that was asked for.
    pub package: Option<Package>,
    /// Packages between the app and the file that are not there, by their `__init__.py`.
    pub missing: Vec<RelPath>,
}

/// A package that stands where a module was asked for.
pub struct Package {
    /// Its `__init__.py`.
    pub file: SourceFile,
    /// The module in it that the code goes to.
    pub part: String,
}

/// The file in which an app keeps what is usually in the module `name`, if it has such a file.
pub fn known<'a>(app: &'a AppFacts, name: &str) -> Option<&'a RelPath> {
    match name {
        "models" => app.files.models.as_ref(),
        "serializers" => app.files.serializers.as_ref(),
        "views" => app.files.views.as_ref(),
        "urls" => app.files.urls.as_ref(),
        "admin" => app.files.admin.as_ref(),
        "filters" => app.files.filters.as_ref(),
        "apps" => app.files.apps.as_ref(),
        _ => None,
    }
}

/// The folder that a module of an app goes to, if it is not there yet.
pub fn home(app: &AppFacts, name: &str) -> String {
    match name {
        "serializers" | "views" | "urls" | "filters" | "permissions" | "throttling" => app.api_dir(),
        _ => app.dir.clone(),
    }
}

/// Where the module `name` of `app` is or goes. `code` is what goes there, and `part` the module for it in a package.
///
/// # Errors
/// A name that is none; files that cannot be read; a package, and code without a name for its module in it.
pub fn place(
    cx: &Context<'_>,
    app: &AppFacts,
    style: &Style,
    name: &str,
    part: Option<&str>,
    code: &str,
) -> Result<Place, Diagnostic> {
    let inside =
        |path: String| RelPath::new(path).map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()));
    let plain = format!("{}/{}", home(app, name), name.replace('.', "/"));
    let init = match known(app, name) {
        Some(file) if file.file_name() == "__init__.py" => file.clone(),
        Some(file) => {
            let there = cx.read(file)?;
            return Ok(Place { file: file.clone(), there, package: None, missing: Vec::new() });
        }
        None => inside(format!("{plain}/__init__.py"))?,
    };
    let Some(package) = cx.read(&init)? else {
        let file = inside(format!("{plain}.py"))?;
        let mut missing = Vec::new();
        let mut folder = app.dir.clone();
        let mut names: Vec<&str> = name.split('.').collect();
        names.pop();
        for name in names {
            folder = format!("{folder}/{name}");
            let init = inside(format!("{folder}/__init__.py"))?;
            if cx.read(&init)?.is_none() {
                missing.push(init);
            }
        }
        let there = cx.read(&file)?;
        return Ok(Place { file, there, package: None, missing });
    };
    // A package that defines things itself is a module with modules below it.
    if !definitions(Edits::open(&package, style)?.source().text())?.is_empty() {
        return Ok(Place { file: init, there: Some(package), package: None, missing: Vec::new() });
    }
    let part = match part {
        Some(part) => part.to_owned(),
        None => definitions(code)?.first().map(|name| snake(name)).ok_or_else(|| {
            let folder = init.parent().map_or_else(String::new, String::from);
            Diagnostic::new(
                codes::REFUSED,
                format!("`{folder}` is a package, and the code defines nothing that its module could be named after"),
            )
            .with_help("name the module for it in `part`")
        })?,
    };
    let folder = init.parent().map_or_else(String::new, String::from);
    let file = inside(format!("{folder}/{part}.py"))?;
    let there = cx.read(&file)?;
    Ok(Place { file, there, package: Some(Package { file: package, part }), missing: Vec::new() })
}

/// The code as it is written at this place: below a package its relative imports lead one level further up.
///
/// # Errors
/// Code that does not parse.
pub fn fitted(code: String, place: &Place) -> Result<String, Diagnostic> {
    match place.package {
        Some(_) => moved_deeper(&code, 1),
        None => Ok(code),
    }
}

/// The code with imports of the app's own modules as its files write them: relatively or absolutely.
pub fn with_own_imports(code: &str, place: &Place, app: &AppFacts) -> String {
    let there = place.there.as_ref().map_or("", |file| file.text.as_str());
    let folder = place.file.parent().map_or_else(String::new, String::from);
    let line_of = |line: &str| {
        let (module, names) = line.strip_prefix("from ")?.split_once(" import ")?;
        let inside = module.trim_start_matches('.');
        let (base, inside) = match module.len() - inside.len() {
            0 if module == app.module => (app.dir.clone(), ""),
            0 => (app.dir.clone(), inside.strip_prefix(&app.module)?.strip_prefix('.')?),
            dots => {
                let parts: Vec<&str> = folder.split('/').collect();
                (parts.get(..(parts.len() + 1).checked_sub(dots)?)?.join("/"), inside)
            }
        };
        let file = match inside {
            "" => format!("{base}/__init__.py"),
            inside => format!("{base}/{}.py", inside.replace('.', "/")),
        };
        let module = app.import_path(&place.file, there, &RelPath::new(file).ok()?)?;
        Some(format!("from {module} import {names}"))
    };
    let lines: Vec<String> =
        code.split('\n').map(|line| line_of(line).unwrap_or_else(|| line.to_owned())).collect();
    lines.join("\n")
}

/// `token_service` of `TokenService`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before_is_lower = false;
    for c in name.trim_start_matches('_').chars() {
        if c.is_uppercase() && before_is_lower {
            out.push('_');
        }
        before_is_lower = c.is_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out
}
