//! `aksara plugin`.

mod built;
mod check;
mod install;
mod list;
mod new;

use std::path::{Path, PathBuf};

use aksara_runtime::{MANIFEST, Manifest};

use super::Call;
use crate::args::Plugin;
use crate::output::Failure;

pub(crate) async fn run(call: &Call, command: &Plugin) -> Result<u8, Failure> {
    match command {
        Plugin::New { name, lang, sdk } => new::run(call, name, *lang, sdk.as_deref()).await,
        Plugin::List { why, json } => list::run(call, *why, *json).await,
        Plugin::Check { plugin, json, one_mode } => check::run(call, plugin, *json, *one_mode).await,
        Plugin::Add { plugin } => install::add(call, plugin).await,
        Plugin::Link { folder } => install::link(call, folder).await,
        Plugin::Remove { name } => install::remove(call, name).await,
    }
}

/// The file name of a plugin's library on this system.
fn library_name(name: &str) -> String {
    format!("{}aksara_plugin_{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// Why a text cannot name a plugin.
fn name_problem(name: &str) -> Option<String> {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(fits) && name.len() <= 64 {
        return None;
    }
    let mut better: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(64)
        .collect();
    if !better.starts_with(|c: char| c.is_ascii_lowercase()) {
        better.insert_str(0, "my_");
    }
    Some(format!(
        "`{name}` cannot name a plugin: a name has a-z, 0-9 and `_`, and begins with a letter\nhint: aksara plugin new {}",
        better.trim_end_matches('_')
    ))
}

/// A plugin as it is given on the command line.
struct Given {
    /// The folder of its `plugin.toml`, if it has one.
    folder: Option<PathBuf>,
    /// Its library.
    library: PathBuf,
}

impl Given {
    /// A library, or a folder with a `plugin.toml`.
    fn find(call: &Call, given: &Path) -> Result<Self, Failure> {
        let path = call.surroundings.directory.join(given);
        let path = path.canonicalize().map_err(|source| Failure::Io {
            what: "cannot find",
            path: path.display().to_string(),
            source,
        });
        let path = path.map_err(|error| Failure::Input(error.to_string()))?;
        if path.is_file() {
            let own = |dir: &&Path| Manifest::read(dir).is_ok_and(|m| dir.join(m.library) == path);
            let folder = path.ancestors().skip(1).take(4).find(own).map(Path::to_owned);
            return Ok(Self { folder, library: path });
        }
        if !path.join(MANIFEST).is_file() {
            return Err(Failure::Input(format!(
                "there is no {MANIFEST} in {}\nhint: name the plugin's library instead of its folder",
                path.display()
            )));
        }
        Manifest::read(&path).map_err(aksara_runtime::Error::from)?;
        let library = built::library(&path)?;
        Ok(Self { folder: Some(path), library })
    }
}
