//! `./install`: what it puts below a prefix works from there, and goes away again.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use aksara_testkit::{Project, Run, plugin_folder, workspace};

use crate::AKSARA;

/// A folder as a build leaves it: the command and its plugins side by side.
fn built(project: &Project) -> PathBuf {
    let folder = project.home().join("built");
    std::fs::create_dir_all(&folder).unwrap();
    symlink(AKSARA, folder.join("aksara")).unwrap();
    for library in std::fs::read_dir(plugin_folder(Path::new(AKSARA))).unwrap() {
        let library = library.unwrap().path();
        symlink(&library, folder.join(library.file_name().unwrap())).unwrap();
    }
    folder
}

fn run(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn install(project: &Project, prefix: &Path, args: &[&str]) -> Run {
    let mut command = project.command(workspace().join("install"));
    command.arg("--prefix").arg(prefix).args(args);
    run(command)
}

/// Every file and folder below a folder.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(folder).unwrap().display().to_string());
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_is_installed_works_and_goes_away_again() {
    let project = Project::of("django-blog");
    let from = built(&project);
    let from = from.to_str().unwrap();
    let prefix = project.home().join("a prefix");
    let said = install(&project, &prefix, &["--from", from]).expect(0).stdout;
    for path in ["bin/aksara", "bin/aks", "share/man/man1/aksara.1", "share/zsh/site-functions/_aks"] {
        assert!(prefix.join(path).is_file(), "{path}");
        assert!(said.contains(&format!("installed {}\n", prefix.join(path).display())), "{said}");
    }
    assert!(said.contains(&format!("export PATH=\"{}/bin:$PATH\"", prefix.display())), "{said}");
    let completions = std::fs::read_to_string(prefix.join("share/bash-completion/completions/aks")).unwrap();
    assert!(completions.contains("complete -F _aks -o bashdefault -o default aks"), "{completions}");

    // A link to the command is as good as the command.
    let link = project.home().join("aks-elsewhere");
    symlink(prefix.join("bin/aks"), &link).unwrap();
    for command in [prefix.join("bin/aksara"), link] {
        let mut doctor = project.command(&command);
        doctor.args(["doctor", "--json"]);
        let findings = run(doctor).expect(0).json();
        let plugins = findings["findings"][0]["text"].as_str().unwrap();
        assert_eq!(
            plugins,
            "command, file, migration, model, project, serializer, test, viewset (installed with the executable)"
        );
        let mut dry = project.command(&command);
        dry.args(["ai", "plan", crate::TAGGING, "--dry-run"]);
        assert!(run(dry).expect(0).stdout.contains("+class Tag(models.Model):"));
    }

    // Again, over itself; then away, but for what somebody else put there.
    let before = tree(&prefix);
    let _ = install(&project, &prefix, &["--from", from]).expect(0);
    assert_eq!(tree(&prefix), before);
    std::fs::write(prefix.join("lib/aksara/plugins/mine"), "mine").unwrap();
    let _ = install(&project, &prefix, &["--uninstall"]).expect(0);
    assert_eq!(tree(&prefix), ["lib", "lib/aksara", "lib/aksara/plugins", "lib/aksara/plugins/mine"]);
    let again = install(&project, &prefix, &["--uninstall"]).expect(1);
    assert!(again.stderr.contains("nothing below"), "{}", again.stderr);
}

#[test]
fn an_aksara_of_somebody_else_is_left_alone() {
    let project = Project::empty();
    let from = built(&project);
    let from = from.to_str().unwrap();
    let prefix = project.home().join("prefix");
    std::fs::create_dir_all(prefix.join("bin")).unwrap();
    std::fs::write(prefix.join("bin/aksara"), "#!/usr/bin/python3\n").unwrap();
    let before = tree(&prefix);
    let refused = install(&project, &prefix, &["--from", from]).expect(1);
    assert!(refused.stderr.contains("--aks-only"), "{}", refused.stderr);
    assert!(refused.stderr.contains(&prefix.join("bin/aksara").display().to_string()), "{}", refused.stderr);
    assert_eq!(tree(&prefix), before);

    let _ = install(&project, &prefix, &["--from", from, "--aks-only"]).expect(0);
    let mut version = project.command(prefix.join("bin/aks"));
    version.arg("--version");
    assert!(run(version).expect(0).stdout.starts_with("aksara "));
    let _ = install(&project, &prefix, &["--uninstall"]).expect(0);
    assert_eq!(tree(&prefix), before);
    assert_eq!(std::fs::read_to_string(prefix.join("bin/aksara")).unwrap(), "#!/usr/bin/python3\n");
}

#[test]
fn a_newer_version_takes_away_what_the_older_one_had() {
    let project = Project::empty();
    let from = built(&project);
    let from = from.to_str().unwrap();
    let prefix = project.home().join("prefix");
    let _ = install(&project, &prefix, &["--from", from]).expect(0);
    // As if the command had its plugins in it.
    let said = install(&project, &prefix, &["--from", from, "--bundled"]).expect(0).stdout;
    assert_eq!(said.matches("removed   ").count(), 8, "{said}");
    assert!(!prefix.join("lib/aksara/plugins").exists());
    let _ = install(&project, &prefix, &["--uninstall"]).expect(0);
    assert_eq!(tree(&prefix), [""; 0]);
}

#[test]
fn what_is_missing_or_wrong_is_said_before_anything_is_written() {
    let project = Project::empty();
    let from = built(&project);
    std::fs::remove_file(from.join(format!("libaksara_plugin_viewset{}", std::env::consts::DLL_SUFFIX)))
        .unwrap();
    let prefix = project.home().join("prefix");
    let refused = install(&project, &prefix, &["--from", from.to_str().unwrap()]).expect(1);
    assert!(refused.stderr.contains("libaksara_plugin_viewset"), "{}", refused.stderr);
    assert!(!prefix.exists());
    let refused = install(&project, &project.home().join(".gitconfig/prefix"), &["--from", "."]).expect(1);
    assert!(refused.stderr.contains("is not a folder"), "{}", refused.stderr);
    for wrong in [&["--colour"][..], &["--from"], &["--from", ".", "--profile", "dev"]] {
        let _ = install(&project, &prefix, wrong).expect(2);
    }
    // A record that somebody changed leads nowhere else.
    let _ = install(&project, &prefix, &["--from", built_again(&project).to_str().unwrap()]).expect(0);
    let record = prefix.join("lib/aksara/installed");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, format!("{text}file ../.gitconfig\nfile /dev/null\n")).unwrap();
    let _ = install(&project, &prefix, &["--uninstall"]).expect(0);
    assert!(project.home().join(".gitconfig").is_file());
}

fn built_again(project: &Project) -> PathBuf {
    std::fs::remove_dir_all(project.home().join("built")).unwrap();
    built(project)
}
