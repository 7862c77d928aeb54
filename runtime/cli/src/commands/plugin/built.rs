//! Where the library of a plugin's folder was built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use aksara_runtime::{MANIFEST, Manifest};
use serde::Deserialize;

use crate::output::Failure;

/// The library of the plugin in `folder`: what cargo builds there, wherever it puts it; else the one that `plugin.toml`
/// names, else the newest in the folder.
///
/// # Errors
/// Nothing was built.
pub(super) fn library(folder: &Path) -> Result<PathBuf, Failure> {
    let named = Manifest::read(folder).ok().map(|manifest| folder.join(manifest.library));
    let elsewhere = Package::at(folder).filter(|package| package.target != folder.join("target"));
    if let Some(package) = &elsewhere
        && let Some(library) = package.library(named.as_deref())
    {
        return Ok(library);
    }
    let inside = ["", "target/debug", "target/release"].map(|place| folder.join(place));
    let is_plugin = |path: &Path| aksara_plugin_host::name_of(path).is_ok();
    if let Some(library) =
        named.clone().filter(|named| named.is_file()).or_else(|| newest(&inside, &is_plugin))
    {
        return Ok(library);
    }
    let mut text = match &named {
        Some(named) => format!(
            "{} says that the library is {}, and it is not there",
            folder.join(MANIFEST).display(),
            named.display()
        ),
        None => format!("there is no plugin library in {}", folder.display()),
    };
    if let Some(package) = elsewhere {
        text.push_str(&format!(", nor in {}, where cargo builds it", package.target.display()));
    }
    Err(Failure::Input(format!("{text}\nhint: build it first: cargo build, or make")))
}

/// The last built file of these folders that `fits`.
fn newest(folders: &[PathBuf], fits: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    files
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let built: SystemTime = path.metadata().and_then(|meta| meta.modified()).ok()?;
            fits(&path).then_some((built, path))
        })
        .max()
        .map(|(_, path)| path)
}

/// A package that cargo builds.
struct Package {
    /// Where it puts what it builds: not always in the package, for `CARGO_TARGET_DIR`, `build.target-dir` and workspaces.
    target: PathBuf,
    /// The file names of its dynamic libraries.
    libraries: Vec<String>,
}

/// What is of interest in what `cargo metadata` prints.
#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    packages: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

impl Package {
    /// The package in `folder`; `None` if there is none, or cargo cannot tell.
    fn at(folder: &Path) -> Option<Self> {
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            return None;
        }
        let printed = Command::new("cargo")
            .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .ok()
            .filter(|ended| ended.status.success())?;
        let metadata: Metadata = serde_json::from_slice(&printed.stdout).ok()?;
        let own = metadata.packages.into_iter().find(|package| package.manifest_path == manifest)?;
        let dynamic = |target: &Target| target.crate_types.iter().any(|kind| kind == "cdylib");
        let file = |target: Target| {
            use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
            format!("{DLL_PREFIX}{}{DLL_SUFFIX}", target.name.replace('-', "_"))
        };
        Some(Self {
            target: metadata.target_directory.canonicalize().unwrap_or(metadata.target_directory),
            libraries: own.targets.into_iter().filter(dynamic).map(file).collect(),
        })
    }

    /// Its library, of the profile that `named` is of, if it was built; else the last built.
    fn library(&self, named: Option<&Path>) -> Option<PathBuf> {
        let own = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| self.libraries.iter().any(|library| library == name))
        };
        let profile = named.and_then(Path::parent).and_then(Path::file_name);
        let of_profile = profile.and_then(|profile| newest(&[self.target.join(profile)], &own));
        of_profile.or_else(|| newest(&["debug", "release"].map(|p| self.target.join(p)), &own))
    }
}
