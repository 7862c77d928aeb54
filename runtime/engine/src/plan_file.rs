//! Plans on disk: read with suspicion, written whole or not at all.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use aksara_protocol::plan::FORMAT_VERSION;
use aksara_protocol::{Plan, RelPath};
use serde_json::Value;

/// A plan file over this size is refused unread.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// What is wrong with a plan file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFileError {
    /// It cannot be read or written.
    #[error("cannot {what} the plan {}: {source}", .path.display())]
    Io {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is larger than any plan.
    #[error("{} has more than {MAX_BYTES} bytes: that is no plan", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is not JSON.
    #[error("{} is not a whole JSON file: {source}\nhint: it may have been cut short; save the plan again", .path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where it broke.
        source: serde_json::Error,
    },
    /// A newer Aksara wrote it.
    #[error("{} was written by a newer Aksara: its format is {found}, and this version knows up to {FORMAT_VERSION}\nhint: update Aksara", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: u64,
    },
    /// It is JSON, but no plan.
    #[error("{} is not a plan: {reason}", .path.display())]
    NotAPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

/// Reads a plan.
///
/// # Errors
/// [`PlanFileError`]. A newer format is named before anything else is judged.
pub(crate) fn load(path: &Path) -> Result<Plan, PlanFileError> {
    let io = |source| PlanFileError::Io { what: "read", path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // Asking for the size first would believe a pipe or a device.
    std::fs::File::open(path).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(io)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(PlanFileError::TooLarge { path: path.to_owned() });
    }
    parse(path, &bytes)
}

/// Reads a plan from bytes; `path` is for messages.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Plan, PlanFileError> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|source| PlanFileError::NotJson { path: path.to_owned(), source })?;
    let not_a_plan = |reason: String| PlanFileError::NotAPlan { path: path.to_owned(), reason };
    let version = value
        .get("format_version")
        .and_then(Value::as_u64)
        .ok_or_else(|| not_a_plan("it has no `format_version`".to_owned()))?;
    if version > u64::from(FORMAT_VERSION) {
        return Err(PlanFileError::Newer { path: path.to_owned(), found: version });
    }
    let plan: Plan = serde_json::from_value(value).map_err(|e| not_a_plan(e.to_string()))?;
    validate(&plan).map_err(not_a_plan)?;
    Ok(plan)
}

/// Writes a plan: to a temporary file beside it, then moved into place.
///
/// # Errors
/// [`PlanFileError::Io`]; the old file, if there was one, is as it was.
pub(crate) fn save(plan: &Plan, path: &Path) -> Result<(), PlanFileError> {
    let io = |source| PlanFileError::Io { what: "write", path: path.to_owned(), source };
    let mut bytes = serde_json::to_vec_pretty(plan).map_err(|e| io(std::io::Error::other(e)))?;
    bytes.push(b'\n');
    write_whole(path, &bytes).map_err(io)
}

/// Writes a file so that it is either the old one or the new one, never half.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    // What is told of a failure names the file that was wanted, not one of ours: asking for the folder says the most
    // common reason in the system's words.
    std::fs::metadata(dir)?;
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(|error| error.kind())?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}

/// What the types alone do not say of a plan.
pub(crate) fn validate(plan: &Plan) -> Result<(), String> {
    if !plan.root.is_empty() {
        RelPath::new(plan.root.clone()).map_err(|e| format!("root: {e}"))?;
    }
    let mut ids = BTreeSet::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let place = index + 1;
        if step.order.0 as usize != place {
            return Err(format!("steps[{index}].order is {}, and must be {place}", step.order));
        }
        if !ids.insert(&step.id) {
            return Err(format!("steps[{index}].id `{}` is used twice", step.id));
        }
        if step.step_type.as_str().is_empty() {
            return Err(format!("steps[{index}].type is empty"));
        }
        for dependency in &step.dependencies {
            if dependency.0 == 0 || *dependency >= step.order {
                return Err(format!(
                    "steps[{index}].dependencies names {dependency}, which is not a step before step {place}"
                ));
            }
        }
    }
    Ok(())
}
