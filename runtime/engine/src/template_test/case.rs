//! A case on the disk: what goes in, and what is expected to come out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aksara_protocol::{JsonMap, RelPath};
use serde_json::Value;

use super::CaseFailure;
use crate::error::Error;

/// The files of a project, by path.
pub(super) type Files = BTreeMap<RelPath, Vec<u8>>;

/// The parameters of a case.
const PARAMS: &str = "params.json";
/// The plan that is expected.
const PLAN: &str = "plan.json";
/// The files that the plan is expected to make or change, whole.
const AFTER: &str = "after";
/// The project that the case begins with. One beside the cases is under all of them.
const BEFORE: &str = "before";
/// More files than this are no case.
const MAX_FILES: usize = 2_000;

/// A case's folder.
pub(super) struct Case {
    pub(super) name: String,
    dir: PathBuf,
}

/// What a case gives its template.
pub(super) struct Inputs {
    pub(super) params: JsonMap,
    pub(super) before: Files,
}

/// The cases in a folder, by name. A folder that is not there has none.
pub(super) fn all(folder: &Path) -> Result<Vec<Case>, Error> {
    let io = |source| Error::Io { what: "cannot read the folder", path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io)?,
    };
    no_link(folder).map_err(Error::Refused)?;
    let mut cases = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && name != BEFORE && !name.starts_with('.') {
            no_link(&entry.path()).map_err(Error::Refused)?;
            cases.push(Case { name, dir: entry.path() });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

impl Case {
    /// Reads what goes in.
    pub(super) fn read(&self) -> Result<Inputs, CaseFailure> {
        let failure = |message: String| CaseFailure { check: "case".to_owned(), message };
        let file = self.dir.join(PARAMS);
        no_link(&file).map_err(&failure)?;
        let text = std::fs::read_to_string(&file).map_err(|error| {
            failure(format!(
                "cannot read {}: {error}\nhint: it holds the template's parameters, such as {{ \"model\": \"blog.Post\" }}",
                file.display()
            ))
        })?;
        let params = serde_json::from_str(&text)
            .map_err(|error| failure(format!("{} is not a JSON object: {error}", file.display())))?;
        let mut before = Files::new();
        for folder in
            self.dir.parent().map(|shared| shared.join(BEFORE)).into_iter().chain([self.dir.join(BEFORE)])
        {
            before.extend(project_at(&folder).and_then(|folder| read_tree(&folder)).map_err(&failure)?);
        }
        if before.is_empty() {
            let message = format!(
                "there is no project to begin with\nhint: put its files into {} (or {}, for all cases)",
                self.dir.join(BEFORE).display(),
                self.dir.with_file_name(BEFORE).display()
            );
            return Err(failure(message));
        }
        Ok(Inputs { params, before })
    }

    /// The plan that is expected, if one was written.
    pub(super) fn plan(&self) -> Result<Option<Value>, String> {
        let file = self.dir.join(PLAN);
        no_link(&file)?;
        match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read {}: {error}", file.display())),
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| format!("{} is not JSON: {error}", file.display())),
        }
    }

    /// The files that are expected to be made or changed.
    pub(super) fn after(&self) -> Result<Files, String> {
        read_tree(&self.dir.join(AFTER))
    }

    /// Writes what is expected from now on; gives the files that changed.
    pub(super) fn write(&self, plan: &Value, after: &Files) -> Result<Vec<PathBuf>, Error> {
        // Read before anything is written: a link in it is refused.
        let there = self.after().map_err(Error::Refused)?;
        let mut written = Vec::new();
        let text = serde_json::to_string_pretty(plan).unwrap_or_default() + "\n";
        let name = RelPath::new(PLAN).map_err(|error| Error::Refused(error.to_string()))?;
        put(&self.dir, &name, text.as_bytes(), &mut written)?;
        let folder = self.dir.join(AFTER);
        for (path, content) in after {
            put(&folder, path, content, &mut written)?;
        }
        for path in there.keys().filter(|path| !after.contains_key(*path)) {
            let file = folder.join(path.as_str());
            std::fs::remove_file(&file).map_err(|source| Error::Io {
                what: "cannot remove",
                path: file.clone(),
                source,
            })?;
            written.push(file);
        }
        Ok(written)
    }
}

/// Writes a file below a folder, beside it and moved into place: never through a link.
fn put(folder: &Path, path: &RelPath, content: &[u8], written: &mut Vec<PathBuf>) -> Result<(), Error> {
    let file = folder.join(path.as_str());
    let mut level = folder.to_owned();
    no_link(&level).map_err(Error::Refused)?;
    for part in path.as_str().split('/') {
        level.push(part);
        no_link(&level).map_err(Error::Refused)?;
    }
    if std::fs::read(&file).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let io = |source| Error::Io { what: "cannot write", path: file.clone(), source };
    let beside = file.parent().unwrap_or(folder);
    std::fs::create_dir_all(beside).map_err(io)?;
    let mut new = tempfile::NamedTempFile::new_in(beside).map_err(io)?;
    std::io::Write::write_all(&mut new, content).map_err(io)?;
    // A temporary file is its owner's alone; a case is read by everybody who may read its neighbours.
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        new.as_file().set_permissions(mode).map_err(io)?;
    }
    new.persist(&file).map_err(|error| io(error.error))?;
    written.push(file);
    Ok(())
}

/// Refuses a symbolic link: a case is somebody else's content, and what it leads to may be anything of the user's.
fn no_link(path: &Path) -> Result<(), String> {
    match std::fs::symlink_metadata(path) {
        Ok(about) if about.is_symlink() => Err(format!(
            "{} is a symbolic link, and a case of a template may have none\nhint: put a copy of what it leads to in its place",
            path.display()
        )),
        _ => Ok(()),
    }
}

/// The project that a case begins with, which is only read: several templates of a repository may share one by a link
/// that stays in the repository.
fn project_at(folder: &Path) -> Result<PathBuf, String> {
    let is_link = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink());
    if is_link(folder)
        && let Ok(real) = folder.canonicalize()
        && let Some(home) = folder.parent().and_then(|home| home.canonicalize().ok())
        && let Some(top) = home.ancestors().find(|level| level.join(".git").exists())
        && real
            .strip_prefix(top)
            .is_ok_and(|inside| inside.components().all(|part| part.as_os_str() != ".git"))
    {
        return Ok(real);
    }
    Ok(folder.to_owned())
}

/// The files below a folder; none if it is not there. What Python leaves behind is no part of a project.
pub(super) fn read_tree(folder: &Path) -> Result<Files, String> {
    let mut files = Files::new();
    no_link(folder)?;
    if folder.is_dir() {
        walk(folder, "", &mut files)?;
    }
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Files) -> Result<(), String> {
    let failed = |path: &Path, error: std::io::Error| format!("cannot read {}: {error}", path.display());
    for entry in std::fs::read_dir(folder).map_err(|e| failed(folder, e))? {
        let path = entry.map_err(|e| failed(folder, e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if matches!(name.as_str(), ".git" | "__pycache__" | ".venv") {
            continue;
        }
        let below = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        no_link(&path)?;
        let kind = std::fs::symlink_metadata(&path).map_err(|e| failed(&path, e))?;
        if kind.is_dir() {
            walk(&path, &below, files)?;
        } else if kind.is_file() {
            if files.len() >= MAX_FILES {
                return Err(format!("{} holds more than {MAX_FILES} files", folder.display()));
            }
            let rel = RelPath::new(&below).map_err(|error| format!("{}: {error}", path.display()))?;
            files.insert(rel, std::fs::read(&path).map_err(|e| failed(&path, e))?);
        }
    }
    Ok(())
}
