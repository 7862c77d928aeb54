//! Where templates come from: the built-in ones and folders on disk.
//!
//! Only names and texts leave this module. Nothing is parsed here.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::TemplateError;

/// A file of a template, named by its place in the root: `tagging.rhai`, `tagging/test.django.j2`, `lib/x.rhai`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateFile {
    /// The place in the root, `/`-separated.
    pub name: String,
    /// The content.
    pub text: String,
}

/// Whose templates a root holds. Later kinds win over earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootKind {
    /// Part of Aksara.
    BuiltIn,
    /// The user's own.
    User,
    /// The project's, which came with the repository.
    Project,
    /// Registered by the program that Aksara is part of; written in Rust.
    Host,
}

/// A folder of templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRoot {
    /// Whose they are.
    pub kind: RootKind,
    /// For people: the path, or `built in`.
    pub label: String,
    /// The scripts, bodies and libraries.
    pub files: Vec<TemplateFile>,
}

/// Bytes that one file may have: the largest that positions in a script can be told for, with room to spare.
const MAX_FILE: u64 = 256 * 1024;
/// Files that one root may have.
const MAX_FILES: usize = 1_000;

/// The templates that are part of Aksara.
#[must_use]
pub fn builtin() -> TemplateRoot {
    let file = |name: &str, text: &str| TemplateFile { name: name.to_owned(), text: text.to_owned() };
    TemplateRoot {
        kind: RootKind::BuiltIn,
        label: "built in".to_owned(),
        files: vec![
            file("add_field.rhai", include_str!("../../../templates/add_field.rhai")),
            file("add_field/test.django.j2", include_str!("../../../templates/add_field/test.django.j2")),
            file("audit_log.rhai", include_str!("../../../templates/audit_log.rhai")),
            file("audit_log/actor.django.j2", include_str!("../../../templates/audit_log/actor.django.j2")),
            file(
                "audit_log/signals.django.j2",
                include_str!("../../../templates/audit_log/signals.django.j2"),
            ),
            file("audit_log/test.django.j2", include_str!("../../../templates/audit_log/test.django.j2")),
            file("authentication.rhai", include_str!("../../../templates/authentication.rhai")),
            file(
                "authentication/serializers.django.j2",
                include_str!("../../../templates/authentication/serializers.django.j2"),
            ),
            file(
                "authentication/services.django.j2",
                include_str!("../../../templates/authentication/services.django.j2"),
            ),
            file(
                "authentication/test.django.j2",
                include_str!("../../../templates/authentication/test.django.j2"),
            ),
            file(
                "authentication/test_social.django.j2",
                include_str!("../../../templates/authentication/test_social.django.j2"),
            ),
            file(
                "authentication/throttling.django.j2",
                include_str!("../../../templates/authentication/throttling.django.j2"),
            ),
            file(
                "authentication/two_factor.django.j2",
                include_str!("../../../templates/authentication/two_factor.django.j2"),
            ),
            file(
                "authentication/urls.django.j2",
                include_str!("../../../templates/authentication/urls.django.j2"),
            ),
            file(
                "authentication/views.django.j2",
                include_str!("../../../templates/authentication/views.django.j2"),
            ),
            file("checkout.rhai", include_str!("../../../templates/checkout.rhai")),
            file("checkout/admin.django.j2", include_str!("../../../templates/checkout/admin.django.j2")),
            file(
                "checkout/payments.django.j2",
                include_str!("../../../templates/checkout/payments.django.j2"),
            ),
            file(
                "checkout/serializers.django.j2",
                include_str!("../../../templates/checkout/serializers.django.j2"),
            ),
            file(
                "checkout/services.django.j2",
                include_str!("../../../templates/checkout/services.django.j2"),
            ),
            file("checkout/test.django.j2", include_str!("../../../templates/checkout/test.django.j2")),
            file("checkout/views.django.j2", include_str!("../../../templates/checkout/views.django.j2")),
            file("commenting.rhai", include_str!("../../../templates/commenting.rhai")),
            file("commenting/test.django.j2", include_str!("../../../templates/commenting/test.django.j2")),
            file("crud_feature.rhai", include_str!("../../../templates/crud_feature.rhai")),
            file(
                "crud_feature/test.django.j2",
                include_str!("../../../templates/crud_feature/test.django.j2"),
            ),
            file("lib/api.rhai", include_str!("../../../templates/lib/api.rhai")),
            file("lib/fields.rhai", include_str!("../../../templates/lib/fields.rhai")),
            file("lib/models.rhai", include_str!("../../../templates/lib/models.rhai")),
            file("lib/own.rhai", include_str!("../../../templates/lib/own.rhai")),
            file("lib/soft.rhai", include_str!("../../../templates/lib/soft.rhai")),
            file("lib/tenants.rhai", include_str!("../../../templates/lib/tenants.rhai")),
            file("multi_tenant.rhai", include_str!("../../../templates/multi_tenant.rhai")),
            file(
                "multi_tenant/filters.django.j2",
                include_str!("../../../templates/multi_tenant/filters.django.j2"),
            ),
            file(
                "multi_tenant/middleware.django.j2",
                include_str!("../../../templates/multi_tenant/middleware.django.j2"),
            ),
            file(
                "multi_tenant/tenancy.django.j2",
                include_str!("../../../templates/multi_tenant/tenancy.django.j2"),
            ),
            file(
                "multi_tenant/test.django.j2",
                include_str!("../../../templates/multi_tenant/test.django.j2"),
            ),
            file(
                "multi_tenant/test_rows.django.j2",
                include_str!("../../../templates/multi_tenant/test_rows.django.j2"),
            ),
            file("rating.rhai", include_str!("../../../templates/rating.rhai")),
            file("rating/test.django.j2", include_str!("../../../templates/rating/test.django.j2")),
            file("soft_delete.rhai", include_str!("../../../templates/soft_delete.rhai")),
            file(
                "soft_delete/module.django.j2",
                include_str!("../../../templates/soft_delete/module.django.j2"),
            ),
            file("soft_delete/test.django.j2", include_str!("../../../templates/soft_delete/test.django.j2")),
            file("tagging.rhai", include_str!("../../../templates/tagging.rhai")),
            file("tagging/test.django.j2", include_str!("../../../templates/tagging/test.django.j2")),
            file("user_profile.rhai", include_str!("../../../templates/user_profile.rhai")),
            file(
                "user_profile/test.django.j2",
                include_str!("../../../templates/user_profile/test.django.j2"),
            ),
            file(
                "user_profile/urls.django.j2",
                include_str!("../../../templates/user_profile/urls.django.j2"),
            ),
            file(
                "user_profile/views.django.j2",
                include_str!("../../../templates/user_profile/views.django.j2"),
            ),
        ],
    }
}

/// Reads a folder of templates: `*.rhai`, the `*.j2` one folder below, and `lib/*.rhai`. Other files are left
/// alone. A folder that does not exist holds no templates.
///
/// # Errors
/// A file that cannot be read, is not UTF-8, is too large, or is a symbolic link that leads out of the folder;
/// too many files.
pub fn read_root(kind: RootKind, dir: &Path) -> Result<TemplateRoot, TemplateError> {
    let mut root = TemplateRoot { kind, label: dir.display().to_string(), files: Vec::new() };
    if !dir.try_exists().map_err(|e| unreadable(dir, e.to_string()))? {
        return Ok(root);
    }
    let home = fs::canonicalize(dir).map_err(|e| unreadable(dir, e.to_string()))?;
    for (name, path) in entries(dir)? {
        if path.is_dir() {
            for (inner, path) in entries(&path)? {
                if inner.ends_with(".j2") || (name == "lib" && inner.ends_with(".rhai")) {
                    take(&mut root, &home, format!("{name}/{inner}"), &path)?;
                }
            }
        } else if name.ends_with(".rhai") {
            take(&mut root, &home, name, &path)?;
        }
    }
    root.files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(root)
}

/// The names and paths in a folder, sorted by name; hidden ones and names that are not UTF-8 are left out.
fn entries(dir: &Path) -> Result<Vec<(String, std::path::PathBuf)>, TemplateError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| unreadable(dir, e.to_string()))? {
        let entry = entry.map_err(|e| unreadable(dir, e.to_string()))?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
        {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn take(root: &mut TemplateRoot, home: &Path, name: String, path: &Path) -> Result<(), TemplateError> {
    if root.files.len() >= MAX_FILES {
        return Err(unreadable(home, format!("it holds more than {MAX_FILES} files of templates")));
    }
    let real = fs::canonicalize(path).map_err(|e| unreadable(path, e.to_string()))?;
    if !real.starts_with(home) {
        return Err(unreadable(
            path,
            "it is a symbolic link that leads out of the templates' folder".to_owned(),
        ));
    }
    let about = fs::metadata(&real).map_err(|e| unreadable(path, e.to_string()))?;
    if !about.is_file() {
        return Err(unreadable(path, "it is not an ordinary file".to_owned()));
    }
    if about.len() > MAX_FILE {
        let reason = format!("it has {} bytes; a template's file may have {MAX_FILE}", about.len());
        return Err(unreadable(path, reason));
    }
    let bytes = fs::read(&real).map_err(|e| unreadable(path, e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable(path, "it is not UTF-8 text".to_owned()))?;
    root.files.push(TemplateFile { name, text });
    Ok(())
}

fn unreadable(path: &Path, reason: String) -> TemplateError {
    TemplateError::Unreadable { path: path.display().to_string(), reason }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{MAX_FILE, RootKind, builtin, read_root};

    /// A temporary folder with an empty root in it.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("lib")).unwrap();
        fs::create_dir_all(root.join("audit/deep")).unwrap();
        (dir, root)
    }

    #[test]
    fn scripts_bodies_and_libraries_are_taken_and_nothing_else() {
        let (_dir, root) = folder();
        for name in ["audit.rhai", "audit/test.django.j2", "lib/words.rhai", "README.md", "audit/deep/x.j2"] {
            fs::write(root.join(name), name).unwrap();
        }
        fs::write(root.join("audit/notes.txt"), "x").unwrap();
        let read = read_root(RootKind::Project, &root).unwrap();
        let names: Vec<&str> = read.files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["audit.rhai", "audit/test.django.j2", "lib/words.rhai"]);
    }

    #[test]
    fn no_folder_is_no_templates() {
        let (_dir, root) = folder();
        assert!(read_root(RootKind::User, &root.join("absent")).unwrap().files.is_empty());
    }

    #[test]
    fn large_and_binary_files_are_refused() {
        let (_dir, root) = folder();
        fs::write(root.join("big.rhai"), vec![b' '; MAX_FILE as usize + 1]).unwrap();
        assert!(read_root(RootKind::User, &root).unwrap_err().to_string().contains("262145 bytes"));
        fs::remove_file(root.join("big.rhai")).unwrap();
        fs::write(root.join("bytes.rhai"), [0xff, 0xfe]).unwrap();
        assert!(read_root(RootKind::User, &root).unwrap_err().to_string().contains("not UTF-8"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_refused_and_one_inside_is_not() {
        use std::os::unix::fs::symlink;
        let (dir, root) = folder();
        fs::write(root.join("a.rhai"), "x").unwrap();
        symlink(root.join("a.rhai"), root.join("b.rhai")).unwrap();
        assert_eq!(read_root(RootKind::User, &root).unwrap().files.len(), 2);

        fs::write(dir.path().join("secret.rhai"), "x").unwrap();
        symlink(dir.path().join("secret.rhai"), root.join("c.rhai")).unwrap();
        assert!(read_root(RootKind::User, &root).unwrap_err().to_string().contains("leads out"));
        fs::remove_file(root.join("c.rhai")).unwrap();

        fs::create_dir(dir.path().join("outside")).unwrap();
        fs::write(dir.path().join("outside/x.j2"), "x").unwrap();
        symlink(dir.path().join("outside"), root.join("linked")).unwrap();
        assert!(read_root(RootKind::User, &root).unwrap_err().to_string().contains("leads out"));
    }

    #[test]
    fn every_file_of_a_built_in_template_is_built_in() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let on_disk = read_root(RootKind::BuiltIn, &folder).unwrap();
        assert_eq!(builtin().files, on_disk.files);
    }
}
