//! `aksara plugin new`: a folder that builds as it stands.

use std::path::{Path, PathBuf};

use aksara_runtime::{MANIFEST, Manifest, Pair};

use super::{library_name, name_problem};
use crate::args::PluginLang;
use crate::commands::Call;
use crate::output::{self, Failure};

/// The C example is the C template: it is built and checked by Aksara's own tests.
const C_FILES: [(&str, &str); 3] = [
    ("plugin.c", include_str!("../../../../../examples/custom-executor-c/plugin.c")),
    ("json.h", include_str!("../../../../../examples/custom-executor-c/json.h")),
    ("Makefile", include_str!("../../../../../examples/custom-executor-c/Makefile")),
];
const C_HEADER: &str = include_str!("../../../../../plugins/sdk/include/aksara_plugin.h");

const RUST_FILES: [(&str, &str); 2] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
];

pub(super) async fn run(call: &Call, name: &str, lang: PluginLang, sdk: Option<&str>) -> Result<u8, Failure> {
    if let Some(problem) = name_problem(name) {
        return Err(Failure::Input(problem));
    }
    let folder = call.surroundings.directory.join(name);
    if folder.exists() {
        return Err(Failure::Refused(format!(
            "{} is there already\nhint: choose another name, or remove it first",
            folder.display()
        )));
    }
    let library = library_name(name);
    let (mut files, library, build) = match lang {
        PluginLang::Rust => {
            let sdk = dependency(call, sdk)?;
            let fill = |text: &str| text.replace("__name__", name).replace("__sdk__", &sdk);
            let files: Vec<(&str, String)> =
                RUST_FILES.iter().map(|(path, text)| (*path, fill(text))).collect();
            (files, format!("target/debug/{library}"), "cargo build")
        }
        PluginLang::C => {
            if sdk.is_some() {
                return Err(Failure::Input(
                    "a plugin in C needs no SDK: its header is written beside it\nhint: leave --sdk out"
                        .to_owned(),
                ));
            }
            let fill = |text: &str| {
                text.replace("custom_c", name)
                    .replace("add_line", name)
                    .replace("../../plugins/sdk/include", ".")
            };
            let mut files: Vec<(&str, String)> =
                C_FILES.iter().map(|(path, text)| (*path, fill(text))).collect();
            files.push(("aksara_plugin.h", C_HEADER.to_owned()));
            (files, library, "make")
        }
    };
    let manifest = Manifest {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        protocol: aksara_protocol::PROTOCOL_VERSION.to_owned(),
        library: library.clone(),
        executors: vec![Pair { stack: "*".to_owned(), step_type: name.into() }],
        stacks: Vec::new(),
    };
    call.runtime_for_plugins(&[])?.admit_plugin(&manifest, &folder).await?;
    files.push((MANIFEST, manifest.to_toml().map_err(|e| Failure::Input(e.to_string()))?));
    let ignored = if lang == PluginLang::Rust { "/target\n".to_owned() } else { format!("/{library}\n") };
    files.push((".gitignore", ignored));
    for (path, text) in &files {
        let path = folder.join(path);
        let io = |source| Failure::Io { what: "cannot write", path: path.display().to_string(), source };
        std::fs::create_dir_all(path.parent().unwrap_or(&folder)).map_err(io)?;
        std::fs::write(&path, text).map_err(io)?;
    }
    output::talk(&format!(
        "wrote {name}: one step type, `{name}`, that adds a line to a file\nnext: cd {name} && {build}\nthen: aksara plugin check .\nthen: aksara plugin link ."
    ));
    Ok(0)
}

/// The SDK as a dependency in Cargo.toml.
fn dependency(call: &Call, sdk: Option<&str>) -> Result<String, Failure> {
    let quoted = |text: &str| toml_string(text);
    let path = |path: &Path| format!("{{ path = {} }}", quoted(&path.display().to_string()));
    let Some(sdk) = sdk else {
        return call.surroundings.sdk().map(|found| path(&found)).ok_or_else(|| {
            Failure::Input(
                "the sources of aksara-sdk were not found beside this command\nhint: pass --sdk with a folder (a checkout's plugins/sdk), a git address, or a version of a registry"
                    .to_owned(),
            )
        });
    };
    if sdk.contains("://") || sdk.starts_with("git@") || sdk.ends_with(".git") {
        return Ok(format!("{{ git = {} }}", quoted(sdk)));
    }
    if sdk.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '=' | '^' | '~')) && !sdk.contains('/') {
        return Ok(quoted(sdk));
    }
    let folder = call.surroundings.directory.join(sdk);
    let candidates: [PathBuf; 2] = [folder.clone(), folder.join("plugins/sdk")];
    candidates
        .iter()
        .find(|c| std::fs::read_to_string(c.join("Cargo.toml")).is_ok_and(|t| t.contains("\"aksara-sdk\"")))
        .and_then(|c| c.canonicalize().ok())
        .map(|found| path(&found))
        .ok_or_else(|| {
            Failure::Input(format!(
                "{} has no aksara-sdk\nhint: --sdk takes the folder plugins/sdk of a checkout of Aksara, a git address, or a version",
                folder.display()
            ))
        })
}

/// A text as TOML writes it.
fn toml_string(text: &str) -> String {
    // JSON's escapes are TOML's too.
    serde_json::Value::String(text.to_owned()).to_string()
}
