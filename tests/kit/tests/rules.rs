//! Who may depend on whom, where `unsafe` may be, and that the documents' links lead somewhere. The reasons are in
//! docs/architecture.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use aksara_testkit::workspace;

/// What a shipped plugin may use.
const PLUGIN: &[&str] = &["aksara-sdk", "aksara-python", "aksara-protocol"];

/// Each crate, and the crates of this workspace that it may use. What only its tests use is free.
const MAY_USE: &[(&str, &[&str])] = &[
    ("aksara-protocol", &[]),
    ("aksara-sdk", &["aksara-protocol"]),
    ("aksara-python", &["aksara-protocol"]),
    ("aksara-plugin-project", PLUGIN),
    ("aksara-plugin-model", PLUGIN),
    ("aksara-plugin-serializer", PLUGIN),
    ("aksara-plugin-viewset", PLUGIN),
    ("aksara-plugin-migration", PLUGIN),
    ("aksara-plugin-test", PLUGIN),
    ("aksara-plugin-file", PLUGIN),
    ("aksara-plugin-command", PLUGIN),
    ("aksara-plugin-host", &["aksara-protocol"]),
    ("aksara-git", &["aksara-protocol"]),
    ("aksara-template", &["aksara-protocol"]),
    ("aksara-runtime", &["aksara-plugin-host", "aksara-git", "aksara-template", "aksara-protocol"]),
    ("aksara", &["aksara-runtime", "aksara-plugin-host", "aksara-protocol"]),
    ("aksara-example-custom-template", &["aksara-runtime"]),
    ("aksara-example-embed", &["aksara-runtime"]),
    ("aksara-testkit", &[]),
    ("aksara-test-bare", &["aksara-protocol"]),
    ("aksara-test-nasty", &["aksara-sdk"]),
];

/// What a crate may have in itself by a feature that is off unless somebody asks for it: the shipped plugins, so that the
/// command is one file.
const MAY_BUNDLE: &[(&str, &[&str])] = &[(
    "aksara",
    &[
        "aksara-plugin-command",
        "aksara-plugin-file",
        "aksara-plugin-migration",
        "aksara-plugin-model",
        "aksara-plugin-project",
        "aksara-plugin-serializer",
        "aksara-plugin-test",
        "aksara-plugin-viewset",
    ],
)];

/// The files with `unsafe` in them: the two sides of the plugin boundary, and what a child process needs of the
/// system.
const UNSAFE: &[&str] = &[
    "plugins/sdk/src/ffi.rs",
    "plugins/sdk/src/macros.rs",
    "runtime/plugin-host/src/child/system.rs",
    "runtime/plugin-host/src/loader.rs",
    // Written to misbehave.
    "tests/plugins/bare/src/lib.rs",
];

/// Files that are about processes and libraries of Unix and nothing else. The plugin host says on other systems that it
/// does not run there.
const UNIX: &[&str] = &[
    "runtime/engine/src/left_over.rs",
    "runtime/engine/src/process.rs",
    "runtime/plugin-host/src/child/",
    "runtime/plugin-host/src/held.rs",
    "runtime/plugin-host/src/loader.rs",
];

#[test]
fn crates_use_only_what_they_may() {
    let crates = crates();
    let names: BTreeSet<&str> = crates.keys().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for (name, uses) in &crates {
        let Some((_, may)) = MAY_USE.iter().find(|(n, _)| n == name) else {
            wrong.push(format!("{name} is new: say here what it may use"));
            continue;
        };
        let bundles = MAY_BUNDLE.iter().find(|(n, _)| n == name).map_or(&[][..], |(_, bundles)| bundles);
        for Use { name: used, optional } in uses.iter().filter(|u| names.contains(u.name.as_str())) {
            if may.contains(&used.as_str()) || (*optional && bundles.contains(&used.as_str())) {
                continue;
            }
            wrong.push(format!("{name} uses {used}"));
        }
    }
    for (name, _) in MAY_USE.iter().filter(|(n, _)| !names.contains(n)) {
        wrong.push(format!("{name} is gone: remove it here"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_is_only_where_it_is_named() {
    let found: BTreeSet<String> =
        sources().into_iter().filter(|p| has_unsafe(&read(p))).map(|p| name(&p)).collect();
    let named: BTreeSet<String> = UNSAFE.iter().map(|p| (*p).to_owned()).collect();
    assert_eq!(found.difference(&named).collect::<Vec<_>>(), [""; 0], "`unsafe` where it is not named");
    assert_eq!(
        named.difference(&found).collect::<Vec<_>>(),
        [""; 0],
        "named for `unsafe`, and there is none"
    );
}

/// The lint that denies `unsafe` works only in crates that take the workspace's lints.
#[test]
fn every_crate_denies_unsafe() {
    let without: Vec<String> = manifests()
        .into_iter()
        .filter(|p| {
            let text = read(p);
            !text.contains("[lints]\nworkspace = true") && !text.contains("unsafe_code = \"deny\"")
        })
        .map(|p| name(&p))
        .collect();
    assert_eq!(without, [""; 0], "these have no `[lints] workspace = true`");
}

#[test]
fn unsafe_is_told_from_the_word() {
    for code in [
        "let x = unsafe { f() };",
        "unsafe extern \"C\" fn f() {}",
        "unsafe impl Send for X {}",
        "pub unsafe fn f() {}",
        "#[unsafe(no_mangle)]",
        "#![allow(unsafe_code)]",
    ] {
        assert!(has_unsafe(code), "{code}");
    }
    for text in [
        "// unsafe { }",
        "//! `unsafe` lives elsewhere",
        "without: &[\"--unsafe-fixes\"],",
        "call: unsafe extern \"C\" fn(u64) -> i32,",
        "pub type Entry = unsafe extern \"C\" fn(u32) -> i32;",
    ] {
        assert!(!has_unsafe(text), "{text}");
    }
}

#[test]
fn what_only_unix_has_is_behind_cfg() {
    let crates = sources().into_iter().map(|p| (name(&p), p)).filter(|(name, _)| {
        let ours = name.starts_with("runtime/") || name.starts_with("plugins/");
        ours && !name.contains("/tests") && !UNIX.iter().any(|file| name.starts_with(file))
    });
    let found: Vec<String> = crates
        .flat_map(|(name, path)| unix_only(&read(&path)).into_iter().map(move |n| format!("{name}:{n}")))
        .collect();
    assert_eq!(
        found, [""; 0],
        "only Unix has it: put it behind #[cfg(unix)], with what other systems do instead"
    );
    let gone: Vec<&&str> = UNIX.iter().filter(|file| !workspace().join(file).exists()).collect();
    assert!(gone.is_empty(), "named for Unix, and not there: {gone:?}");
}

#[test]
fn what_is_behind_cfg_is_told_from_what_is_not() {
    assert_eq!(unix_only("fn f() {\n    libc::getpid();\n}\n"), [2]);
    assert_eq!(unix_only("use std::os::unix::fs::symlink;\n"), [1]);
    assert_eq!(
        unix_only("#[cfg(unix)]\nfn f() {\n    libc::getpid();\n}\n\nfn g() {\n    rustix::f();\n}\n"),
        [7]
    );
    assert_eq!(unix_only("fn f() {\n    #[cfg(unix)]\n    {\n        rustix::f();\n    }\n}\n"), [0; 0]);
    assert_eq!(unix_only("#[cfg(test)]\nmod tests {\n    use std::os::unix::fs::symlink;\n}\n"), [0; 0]);
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut documents = below("md");
    documents.extend(["README.md", "CHANGELOG.md"].map(|name| workspace().join(name)));
    let mut dead = Vec::new();
    let mut seen = 0;
    for document in documents {
        let folder = document.parent().expect("a folder").to_owned();
        let text = read(&document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|t| !t.contains("://") && !t.starts_with('#')) {
            seen += 1;
            if !folder.join(target.split('#').next().unwrap_or(target)).exists() {
                dead.push(format!("{}: {target}", name(&document)));
            }
        }
    }
    assert_eq!(dead, [""; 0]);
    assert!(seen > 5, "links are found at all");
}

/// A crate that another one uses.
struct Use {
    name: String,
    /// Only by a feature.
    optional: bool,
}

/// Each crate of the workspace with what it uses outside of its tests.
fn crates() -> BTreeMap<String, Vec<Use>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(workspace())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let array = |value: &serde_json::Value| value.as_array().expect("an array").clone();
    array(&metadata["packages"])
        .iter()
        .map(|package| {
            let uses = array(&package["dependencies"])
                .iter()
                .filter(|d| d["kind"].as_str() != Some("dev"))
                .map(|d| Use { name: text(&d["name"]), optional: d["optional"] == true })
                .collect();
            (text(&package["name"]), uses)
        })
        .collect()
}

/// Whether the code denies itself the compiler's guarantees: a function pointer's type does not.
fn has_unsafe(code: &str) -> bool {
    code.lines().map(|line| line.split("//").next().unwrap_or_default().trim()).any(|line| {
        let defines =
            line.split_once("unsafe extern \"C\" fn").is_some_and(|(_, rest)| !rest.starts_with('('));
        defines
            || ["unsafe {", "unsafe impl ", "unsafe fn ", "unsafe(", "unsafe_code"]
                .iter()
                .any(|t| line.contains(t))
    })
}

/// The lines of code, from 1, that use what only Unix has, outside of items, blocks and tests that say so.
fn unix_only(code: &str) -> Vec<usize> {
    let (mut guarded, mut found) = (false, Vec::new());
    for (index, line) in code.lines().enumerate() {
        // An item ends at a line that closes it in the first column; what comes next is another one.
        if line.trim_start().starts_with("#[cfg(") {
            guarded |= ["unix", "target_os", "target_vendor", "test"].iter().any(|what| line.contains(what))
                && !line.contains("not(");
        }
        let used =
            ["std::os::unix", "std::os::fd", "rustix::", "libc::"].iter().any(|api| line.contains(api));
        if used && !guarded && !line.trim_start().starts_with("//") {
            found.push(index + 1);
        }
        let ends = line.starts_with('}') || (line.ends_with(';') && !line.starts_with(' '));
        guarded &= !ends;
    }
    found
}

fn sources() -> Vec<PathBuf> {
    below("rs")
}

fn manifests() -> Vec<PathBuf> {
    below("toml").into_iter().filter(|p| p.ends_with("Cargo.toml")).collect()
}

fn below(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for dir in ["docs", "examples", "plugins", "runtime", "templates", "tests"] {
        walk(&workspace().join(dir), extension, &mut found);
    }
    // This file names everything that it looks for.
    found.retain(|p| !p.ends_with(file!()));
    found
}

fn walk(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn name(path: &Path) -> String {
    path.strip_prefix(workspace()).expect("a path of the workspace").display().to_string()
}
