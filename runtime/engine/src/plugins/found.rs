//! Which plugins lie where, and which of them may be used. Nothing is loaded here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aksara_plugin_host::{LibraryFile, name_of};

use super::lock::PluginLock;
use super::manifest::{MANIFEST, Manifest};

/// Where plugins are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginFolder {
    /// The folder. It holds libraries, folders with a `plugin.toml`, or is such a folder itself.
    pub path: PathBuf,
    /// Why it is looked at, for people: `beside the executable`, `AKSARA_PLUGIN_PATH`, …
    pub why: String,
    /// Who vouches for what lies in it.
    pub trust: FolderTrust,
}

/// Who vouches for the plugins of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderTrust {
    /// Whoever named the folder: everything in it is used as it is.
    Whole,
    /// The lock file, plugin by plugin.
    Pinned,
    /// Nobody: what lies there is listed and never loaded.
    None,
}

/// A plugin that lies somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The plugin's name, by its file.
    pub name: String,
    /// The folder of its `plugin.toml`; for a bare library the folder that it lies in.
    pub folder: PathBuf,
    /// Its library.
    pub library: LibraryFile,
    /// Its `plugin.toml`. Without one the library has to be loaded to know what it has.
    pub manifest: Option<Manifest>,
    /// Why its folder was looked at.
    pub why: String,
    /// Whether the user accepted or linked it, so that `aksara plugin remove` takes it out.
    pub of_the_user: bool,
    /// Why it is not used.
    pub refused: Option<String>,
}

impl Found {
    /// What stands in the way of its use, as far as that shows without loading it.
    pub(crate) fn problem(&self) -> Option<String> {
        self.refused.clone().or_else(|| self.library.examine().err().map(|error| error.to_string()))
    }
}

/// Looks into every folder, and at what is linked. Of the same library found twice the first counts.
pub(crate) fn discover(folders: &[PluginFolder], lock: &PluginLock) -> Vec<Found> {
    let mut found = Vec::new();
    for folder in folders {
        look(folder, lock, &mut found);
        if folder.trust == FolderTrust::Pinned {
            found.extend(gone(folder, lock));
        }
    }
    for (folder, library) in lock.linked() {
        let why = format!("linked to {}", folder.display());
        let mut linked = with_manifest(folder, &why, FolderTrust::Whole, lock);
        linked.of_the_user = true;
        if let (Some(library), Some(_)) = (library, &linked.manifest) {
            linked.library.path = library.to_owned();
        }
        found.push(linked);
    }
    let mut seen = BTreeSet::new();
    found.retain(|f| {
        let path = f.library.path.canonicalize().unwrap_or_else(|_| f.library.path.clone());
        seen.insert(path)
    });
    found
}

/// What was accepted in a folder and does not lie there any more.
fn gone(folder: &PluginFolder, lock: &PluginLock) -> Vec<Found> {
    let missing = |accepted: &&Path| {
        accepted.parent() == Some(folder.path.as_path()) && !accepted.join(MANIFEST).is_file()
    };
    let found = |accepted: &Path| {
        let name = accepted.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let refused = format!(
            "you accepted it, and its {MANIFEST} is not there any more\nhint: aksara plugin remove {name}, or add it again"
        );
        Found {
            name,
            folder: accepted.to_owned(),
            library: accepted.join(MANIFEST).into(),
            manifest: None,
            why: folder.why.clone(),
            of_the_user: true,
            refused: Some(refused),
        }
    };
    lock.accepted().filter(missing).map(found).collect()
}

fn look(folder: &PluginFolder, lock: &PluginLock, found: &mut Vec<Found>) {
    if folder.path.join(MANIFEST).is_file() {
        found.push(with_manifest(&folder.path, &folder.why, folder.trust, lock));
        return;
    }
    let Ok(entries) = std::fs::read_dir(&folder.path) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.join(MANIFEST).is_file() {
            found.push(with_manifest(&path, &folder.why, folder.trust, lock));
        } else if let Ok(name) = name_of(&path)
            && path.is_file()
        {
            let refused = match folder.trust {
                FolderTrust::Whole => None,
                FolderTrust::Pinned => {
                    Some(format!("it was not accepted\nhint: aksara plugin add {}", path.display()))
                }
                FolderTrust::None => Some(UNTRUSTED.to_owned()),
            };
            found.push(Found {
                name: name.to_owned(),
                folder: folder.path.clone(),
                library: path.clone().into(),
                manifest: None,
                why: folder.why.clone(),
                of_the_user: false,
                refused,
            });
        }
    }
}

const UNTRUSTED: &str = "the project that it lies in is not trusted";

fn with_manifest(folder: &Path, why: &str, trust: FolderTrust, lock: &PluginLock) -> Found {
    let mut found = Found {
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        folder: folder.to_owned(),
        library: folder.join(MANIFEST).into(),
        manifest: None,
        why: why.to_owned(),
        of_the_user: lock.pin(folder).is_some(),
        refused: None,
    };
    match Manifest::read(folder) {
        Ok(manifest) => {
            found.name.clone_from(&manifest.name);
            found.library.path = folder.join(&manifest.library);
            found.manifest = Some(manifest);
        }
        Err(error) => {
            found.refused = Some(error.to_string());
            return found;
        }
    }
    found.refused = match trust {
        FolderTrust::None => Some(UNTRUSTED.to_owned()),
        FolderTrust::Whole => None,
        FolderTrust::Pinned => match lock.pin(folder) {
            Some(pin) => {
                found.library.sha256 = Some(pin.to_owned());
                None
            }
            None => Some(format!("it was not accepted\nhint: aksara plugin add {}", folder.display())),
        },
    };
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> String {
        format!("{}aksara_plugin_{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
    }

    fn plugin(folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        let library = file(name);
        std::fs::write(folder.join(&library), "").unwrap();
        let text = format!(
            "name = \"{name}\"\nversion = \"1.0.0\"\nprotocol = \"1.0.0\"\nlibrary = \"{library}\"\n"
        );
        std::fs::write(folder.join(MANIFEST), text).unwrap();
    }

    fn names(found: &[Found]) -> Vec<(String, Option<String>)> {
        found
            .iter()
            .map(|f| (f.name.clone(), f.refused.as_ref().map(|r| r.lines().next().unwrap().to_owned())))
            .collect()
    }

    #[test]
    fn a_folder_is_used_as_far_as_somebody_vouches_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::write(root.join(file("bare")), "").unwrap();
        std::fs::write(root.join("README"), "").unwrap();
        plugin(&root.join("one"), "one");
        plugin(&root.join("two"), "two");
        plugin(&root.join("elsewhere/three"), "three");
        std::fs::create_dir(root.join("broken")).unwrap();
        std::fs::write(root.join("broken").join(MANIFEST), "name").unwrap();
        let folder = |trust| PluginFolder { path: root.to_owned(), why: "a test".into(), trust };
        let mut lock = PluginLock::default();
        lock.accept(&root.join("one"), "11");
        lock.link(&root.join("elsewhere/three"), None);

        let found = discover(&[folder(FolderTrust::Whole), folder(FolderTrust::Whole)], &lock);
        let mut usable = names(&found);
        usable.retain(|(_, refused)| refused.is_none());
        usable.sort();
        let own = |name: &str| (name.to_owned(), None);
        assert_eq!(usable, [own("bare"), own("one"), own("three"), own("two")]);
        assert!(found.iter().any(|f| f.name == "broken" && f.refused.is_some()));

        let found = discover(&[folder(FolderTrust::Pinned)], &lock);
        let of = |name: &str| found.iter().find(|f| f.name == name).unwrap();
        assert_eq!(of("one").library.sha256.as_deref(), Some("11"));
        assert!(of("two").refused.as_ref().unwrap().contains("aksara plugin add"));
        assert!(of("bare").refused.as_ref().unwrap().contains("aksara plugin add"));
        assert_eq!(of("three").refused, None);

        lock.accept(&root.join("away"), "22");
        lock.accept(&root.join("elsewhere/away"), "33");
        let found = discover(&[folder(FolderTrust::Pinned)], &lock);
        let away: Vec<_> = found.iter().filter(|f| f.name == "away").collect();
        assert_eq!(away.len(), 1, "those of other folders are not missed here");
        assert!(
            away[0].of_the_user && away[0].refused.as_ref().unwrap().contains("aksara plugin remove away")
        );

        let found = discover(&[folder(FolderTrust::None)], &PluginLock::default());
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|f| f.refused.is_some()));
    }

    #[test]
    fn a_folder_may_be_a_plugin_itself() {
        let dir = tempfile::tempdir().unwrap();
        plugin(dir.path(), "one");
        let folder =
            PluginFolder { path: dir.path().to_owned(), why: "a test".into(), trust: FolderTrust::Whole };
        let found = discover(&[folder], &PluginLock::default());
        assert_eq!(names(&found), [("one".to_owned(), None)]);
        assert_eq!(found[0].library.path, dir.path().join(file("one")));
    }
}
