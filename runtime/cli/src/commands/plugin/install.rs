//! `aksara plugin add`, `link` and `remove`: the user's own plugins.

use std::path::Path;

use aksara_plugin_host::sha256_of;
use aksara_runtime::{Error, MANIFEST, Manifest, PluginInfo, PluginLock};

use super::{Given, built, library_name};
use crate::commands::Call;
use crate::output::{self, Failure};
use crate::setup::UserPlugins;

/// Accepts a plugin as it is now: one that lies in a folder of the user's or the project's where it lies, any other as
/// a copy in the user's folder.
pub(super) async fn add(call: &Call, plugin: &Path) -> Result<u8, Failure> {
    let own = call.surroundings.user_plugins()?;
    let given = Given::find(call, plugin)?;
    let runtime = call.runtime_for_plugins(&[])?;
    let in_place = given.folder.as_ref().filter(|folder| {
        let lies_in = |place: &Path| place.canonicalize().is_ok_and(|p| folder.parent() == Some(&*p));
        given.library.starts_with(folder)
            && (lies_in(&own.folder) || call.surroundings.project_plugins().iter().any(|(p, _)| lies_in(p)))
    });
    if let Some(folder) = in_place {
        // Hashed before it is loaded: what is accepted is what was looked at.
        let sha256 = hash(&given.library)?;
        let description = runtime.describe_plugin(&given.library).await?;
        let manifest = Manifest::read(folder).map_err(Error::from)?;
        manifest.agrees(folder, &description).map_err(Error::from)?;
        runtime.admit_plugin(&manifest, folder).await?;
        change(&own, |lock| lock.accept(folder, &sha256))?;
        output::talk(&format!("accepted {} {} (sha256 {sha256})", description.name, description.version));
        return Ok(0);
    }
    let io = |what, path: &Path| {
        let path = path.display().to_string();
        move |source| Failure::Io { what, path, source }
    };
    std::fs::create_dir_all(&own.folder).map_err(io("cannot make", &own.folder))?;
    // On the way a library has a folder of its own, so that it keeps the name that it is known by.
    let way = tempfile::Builder::new()
        .prefix(".adding-")
        .tempdir_in(&own.folder)
        .map_err(io("cannot write in", &own.folder))?;
    let file = given.library.file_name().unwrap_or_default();
    let copy = way.path().join(file);
    std::fs::copy(&given.library, &copy).map_err(io("cannot copy", &given.library))?;
    let sha256 = hash(&copy)?;
    let description =
        runtime.describe_plugin(&copy).await.map_err(|error| at(error, &copy, &given.library))?;
    let folder = own.folder.join(&description.name);
    let manifest = Manifest::of(&description, library_name(&description.name));
    runtime.admit_plugin(&manifest, &folder).await?;
    std::fs::create_dir_all(&folder).map_err(io("cannot make", &folder))?;
    write_manifest(&folder, &manifest)?;
    // Renamed into place: a process that has the old library loaded keeps it.
    std::fs::rename(&copy, folder.join(&manifest.library)).map_err(io("cannot write in", &folder))?;
    let folder = folder.canonicalize().map_err(io("cannot find", &folder))?;
    change(&own, |lock| lock.accept(&folder, &sha256))?;
    output::talk(&format!(
        "added {} {} to {} (sha256 {sha256})",
        description.name,
        description.version,
        folder.display()
    ));
    Ok(0)
}

/// Uses a plugin from the folder in which it is built, whatever is built there.
pub(super) async fn link(call: &Call, folder: &Path) -> Result<u8, Failure> {
    let own = call.surroundings.user_plugins()?;
    let given = call.surroundings.directory.join(folder);
    let missing = |error: std::io::Error| Failure::Input(format!("cannot find {}: {error}", given.display()));
    let folder = given.canonicalize().map_err(missing)?;
    let library = built::library(&folder)?;
    let runtime = call.runtime_for_plugins(&[])?;
    let description = runtime.describe_plugin(&library).await?;
    // A plugin.toml goes to others with the folder: what it names is in there. What lies elsewhere is only linked to.
    let (inside, elsewhere) = match library.strip_prefix(&folder) {
        Ok(inside) => (inside.display().to_string(), None),
        Err(_) => {
            let named = Manifest::read(&folder).map(|manifest| manifest.library);
            let usual = || format!("target/debug/{}", library_name(&description.name));
            (named.unwrap_or_else(|_| usual()), Some(library.as_path()))
        }
    };
    let manifest = Manifest::of(&description, inside);
    runtime.admit_plugin(&manifest, &folder).await?;
    if Manifest::read(&folder).ok().as_ref() != Some(&manifest) {
        write_manifest(&folder, &manifest)?;
        output::talk(&format!("wrote {} from what the library says", folder.join(MANIFEST).display()));
    }
    change(&own, |lock| lock.link(&folder, elsewhere))?;
    output::talk(&format!(
        "linked {} {}: from now on it is used as it is built in {}",
        description.name,
        description.version,
        elsewhere.and_then(Path::parent).unwrap_or(&folder).display()
    ));
    Ok(0)
}

/// Takes a plugin of the user's out again. Shipped ones and those in a project's files stay.
pub(super) async fn remove(call: &Call, name: &str) -> Result<u8, Failure> {
    let own = call.surroundings.user_plugins()?;
    let runtime = call.runtime_for_plugins(&[])?;
    let plugins = runtime.plugins().await?;
    let named: Vec<_> = plugins.iter().filter(|p| p.name == name).collect();
    let own_folder = own.folder.canonicalize().unwrap_or_else(|_| own.folder.clone());
    let mine = |p: &PluginInfo| p.of_the_user || p.folder.starts_with(&own_folder);
    let Some(plugin) = named.iter().find(|p| mine(p)) else {
        return Err(match named.first() {
            Some(other) => Failure::Refused(format!(
                "`{name}` is not one that you added: it was found in {} ({})\nhint: remove its file, or do not name that folder",
                other.folder.display(),
                other.why
            )),
            None => Failure::Input(format!(
                "there is no plugin `{name}`\nhint: `aksara plugin list` shows those that there are"
            )),
        });
    };
    change(&own, |lock| {
        lock.forget(&plugin.folder);
    })?;
    if plugin.folder.parent() == Some(&*own_folder) {
        // What `add` put there, and nothing else that may lie there.
        for file in [plugin.library.clone(), plugin.folder.join(MANIFEST)] {
            match std::fs::remove_file(&file) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::Io {
                        what: "cannot remove",
                        path: file.display().to_string(),
                        source,
                    });
                }
                _ => {}
            }
        }
        // One that is not empty stays.
        let _ = std::fs::remove_dir(&plugin.folder);
        output::talk(&format!("removed {name}"));
    } else {
        output::talk(&format!(
            "`{name}` is not used any more; its files stay in {}",
            plugin.folder.display()
        ));
    }
    for other in named.iter().filter(|other| other.library != plugin.library) {
        let version = other.version.as_deref().unwrap_or("of an unknown version");
        let next = if mine(other) {
            format!("; `aksara plugin remove {name}` again takes it out")
        } else {
            String::new()
        };
        output::talk(&format!(
            "another `{name}`, {version}, is left in {} ({}){next}",
            other.folder.display(),
            other.why
        ));
    }
    Ok(0)
}

fn change(own: &UserPlugins, change: impl FnOnce(&mut PluginLock)) -> Result<(), Failure> {
    Ok(PluginLock::change(&own.lock, change).map_err(Error::from)?)
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let path = folder.join(MANIFEST);
    let text = manifest.to_toml().map_err(|e| Failure::Input(e.to_string()))?;
    std::fs::write(&path, text).map_err(|source| Failure::Io {
        what: "cannot write",
        path: path.display().to_string(),
        source,
    })
}

fn hash(library: &Path) -> Result<String, Failure> {
    sha256_of(library).map_err(|source| Failure::Io {
        what: "cannot read",
        path: library.display().to_string(),
        source,
    })
}

/// The error of a copy, said of the file that was given.
fn at(error: Error, copy: &Path, given: &Path) -> Failure {
    let text = error.to_string().replace(&copy.display().to_string(), &given.display().to_string());
    match error.kind() {
        aksara_runtime::ErrorKind::Refused => Failure::Refused(text),
        _ => Failure::Input(text),
    }
}
