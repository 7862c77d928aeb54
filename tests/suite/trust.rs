//! Trust: what a cloned repository brings along is not used until its user says so, and the difference between
//! what the user writes and what git brings.

use aksara_testkit::Project;
use serde_json::Value;

use crate::AKSARA;

const TEMPLATE: &str = ".aksara/templates/motto.rhai";

fn script(text: &str) -> String {
    format!(
        "const META = #{{ name: \"motto\", title: \"Add a motto\", summary: \"A motto.\", version: \"1\", keywords: [\"motto\"], examples: [\"Add a motto\"] }};\n\
         const STEPS = [#{{ type: \"modify_file\", description: \"Write it\", params: #{{ path: \"MOTTO\", operations: [#{{ op: \"create\", text: \"{text}\\n\" }}] }} }}];\n"
    )
}

/// Somebody's repository, which brings settings and a template along, and a clone of it.
struct Cloned {
    upstream: Project,
    clone: Project,
    /// What is there after the settings' program was run.
    mark: std::path::PathBuf,
}

impl Cloned {
    fn new() -> Self {
        let upstream = Project::of("django-blog");
        let clone = Project::empty();
        let mark = clone.home().join("was-run");
        let program = upstream.home().join("python");
        std::fs::write(&program, format!("#!/bin/sh\ntouch {}\nexit 1\n", mark.display())).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        upstream.write("aksara.toml", format!("[python]\ncommand = [\"{}\"]\n", program.display()));
        upstream.write(TEMPLATE, script("Onward"));
        upstream.commit("what it brings along");
        clone.git(&["clone", "--quiet", &upstream.path().display().to_string(), "."]);
        Self { upstream, clone, mark }
    }

    fn trusted() -> Self {
        let cloned = Self::new();
        let _ = cloned.clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
        assert!(cloned.is_trusted());
        cloned
    }

    fn standing(&self) -> Value {
        self.clone.aksara(AKSARA, &["trust", "--show", "--json"]).expect(0).json()
    }

    fn is_trusted(&self) -> bool {
        self.standing()["trusted"] == true
    }

    /// The state of the template's file.
    fn state(&self) -> String {
        let standing = self.standing();
        let files = standing["standing"]["files"].as_array().unwrap();
        files.iter().find(|f| f["path"] == TEMPLATE).unwrap()["state"].as_str().unwrap().to_owned()
    }

    /// The upstream changes its template, on this branch.
    fn change_upstream(&self, branch: &str, text: &str) {
        let known = self.upstream.git(&["branch", "--list", branch]);
        let create: &[&str] = if known.is_empty() { &["--create"] } else { &[] };
        self.upstream.git(&[&["switch", "--quiet"], create, &[branch]].concat());
        self.upstream.write(TEMPLATE, script(text));
        self.upstream.commit(text);
        self.upstream.git(&["switch", "--quiet", "main"]);
    }
}

fn plan(extra: &[&'static str]) -> Vec<&'static str> {
    [&["ai", "plan", "Add a motto"], extra].concat()
}

#[test]
fn what_a_clone_brings_along_is_looked_at_and_not_used() {
    let cloned = Cloned::new();
    let clone = &cloned.clone;
    let before = clone.everything();

    let list = clone.aksara(AKSARA, &["template", "list"]).expect(0);
    assert!(list.stdout.contains("motto") && list.stdout.contains("not trusted"), "{}", list.stdout);
    let _ = clone.aksara(AKSARA, &["template", "lint", "motto"]).expect(0);
    let shown = clone.aksara(AKSARA, &plan(&["--dry-run"])).expect(0);
    assert!(shown.stdout.contains("+Onward"), "{}", shown.stdout);
    let ignored = |stderr: &str| stderr.lines().filter(|line| line.contains("ignored")).count();
    assert_eq!(ignored(&shown.stderr), 1, "{}", shown.stderr);
    assert!(
        shown.stderr.contains(
            "warning: this repository is not trusted, so of its aksara.toml is ignored: `python.command` (`aksara trust --show`)\n"
        ),
        "{}",
        shown.stderr
    );
    // Who reads nothing of it is told nothing.
    for args in [
        &["template", "list"][..],
        &["ai", "runs"],
        &["plugin", "list"],
        &["schema", "step"],
        &["config", "get", "planner.max_steps"],
    ] {
        let run = clone.aksara(AKSARA, args).expect(0);
        assert_eq!(ignored(&run.stderr), 0, "{args:?}: {}", run.stderr);
    }
    assert_eq!(ignored(&clone.aksara(AKSARA, &["config", "get", "python.command"]).expect(0).stderr), 1);
    assert!(shown.stderr.contains("which you have not trusted"), "{}", shown.stderr);

    for yes in [&["--execute"][..], &["--execute", "--yes"], &["--execute", "--yes", "--allow-destructive"]] {
        let refused = clone.aksara(AKSARA, &plan(yes)).expect(3);
        assert!(refused.stderr.contains("aksara trust --show"), "{}", refused.stderr);
    }
    // A built-in template is not the repository's.
    let _ = clone
        .aksara(AKSARA, &["ai", "plan", "Add tags to posts", "--execute", "--yes", "--land", "none"])
        .expect(0);
    let doctor = clone.aksara(AKSARA, &["doctor"]);
    assert!(doctor.stdout.contains("trust: this repository is not trusted"), "{}", doctor.stdout);

    // Nobody is there: never silently.
    let refused = clone.aksara(AKSARA, &["trust"]).expect(3);
    assert!(
        refused.stderr.contains("python.command = "),
        "what would be trusted comes first: {}",
        refused.stderr
    );
    assert!(!clone.home().join(".local/share/aksara/trust.json").exists());
    assert!(!cloned.mark.exists(), "its program was run");
    assert_eq!(before, clone.everything());
}

#[test]
fn trust_is_kept_outside_of_the_repository_and_can_be_taken_away() {
    let cloned = Cloned::new();
    let clone = &cloned.clone;
    let before = clone.everything();
    let show = clone.aksara(AKSARA, &["trust", "--show"]).expect(0).stdout;
    assert!(show.contains("settings  aksara.toml (not trusted)") && show.contains(TEMPLATE), "{show}");
    let _ = clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
    assert_eq!(before, clone.everything());
    let doctor = clone.aksara(AKSARA, &["doctor"]);
    assert!(
        doctor.stdout.contains("trust: what this repository brings along is trusted"),
        "{}",
        doctor.stdout
    );
    let program = cloned.upstream.home().join("python").display().to_string();
    assert!(doctor.stdout.contains(&program), "now its program is used: {}", doctor.stdout);
    assert!(!clone.aksara(AKSARA, &["config", "list"]).stderr.contains("is ignored"));

    let _ = clone.aksara(AKSARA, &["untrust"]).expect(0);
    assert!(!cloned.is_trusted());
    let _ = clone.aksara(AKSARA, &plan(&["--execute", "--yes"])).expect(3);
    // Another clone of the same repository is another decision.
    let other = Project::empty();
    other.git(&["clone", "--quiet", &cloned.upstream.path().display().to_string(), "."]);
    let _ = clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
    let _ = other.aksara(AKSARA, &plan(&["--execute", "--yes"])).expect(3);
}

#[test]
fn a_trusted_template_is_carried_out() {
    let cloned = Cloned::trusted();
    let clone = &cloned.clone;
    let args = [&plan(&["--execute", "--yes"])[..], &["--config", "python.command=[]"]].concat();
    let _ = clone.aksara(AKSARA, &args).expect(0);
    assert_eq!(clone.read("MOTTO"), "Onward\n");
}

type Change<'c> = (&'c str, &'c dyn Fn(&Cloned));

#[test]
fn what_the_user_writes_stays_trusted() {
    let changes: [Change<'_>; 7] = [
        ("an edit", &|c| c.clone.write(TEMPLATE, script("mine"))),
        ("an edit that is staged", &|c| {
            c.clone.write(TEMPLATE, script("mine"));
            c.clone.git(&["add", "--all"]);
        }),
        ("an edit that is committed", &|c| {
            c.clone.write(TEMPLATE, script("mine"));
            c.clone.commit("mine");
        }),
        ("a commit that is amended", &|c| {
            c.clone.write(TEMPLATE, script("mine"));
            c.clone.commit("mine");
            c.clone.write(TEMPLATE, script("mine, again"));
            c.clone.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
        }),
        ("a new template", &|c| {
            c.clone.write(".aksara/templates/other.rhai", script("x").replace("\"motto\"", "\"other\""));
            c.clone.commit("another");
        }),
        ("a setting", &|c| c.clone.write("aksara.toml", "[commands]\nenv = [\"TOKEN\"]\n")),
        ("a branch of one's own", &|c| {
            c.clone.git(&["switch", "--quiet", "--create", "mine"]);
            c.clone.write(TEMPLATE, script("mine"));
            c.clone.commit("mine");
            c.clone.git(&["switch", "--quiet", "main"]);
            c.clone.git(&["merge", "--quiet", "--no-ff", "mine", "-m", "merged"]);
        }),
    ];
    for (what, change) in changes {
        let cloned = Cloned::trusted();
        change(&cloned);
        assert!(cloned.is_trusted(), "{what}: {}", cloned.standing());
    }
}

#[test]
fn what_git_brings_is_asked_about_again() {
    let changes: [Change<'_>; 9] = [
        // What is on the disk is then in no commit, byte for byte.
        ("a pull with line endings of its own", &|c| {
            c.upstream.write(".gitattributes", "*.rhai text eol=crlf\n");
            c.upstream.git(&["add", ".gitattributes"]);
            c.upstream.git(&["commit", "--quiet", "-m", "attributes"]);
            c.upstream.write("mixed", script("theirs").replacen('\n', "\r\n", 1));
            let blob = c.upstream.git(&["hash-object", "-w", "--no-filters", "mixed"]).trim().to_owned();
            c.upstream.git(&["update-index", "--cacheinfo", &format!("100644,{blob},{TEMPLATE}")]);
            c.upstream.git(&["commit", "--quiet", "-m", "theirs"]);
            c.clone.git(&["pull", "--quiet"]);
        }),
        ("a pull with a keyword", &|c| {
            c.upstream.write(".gitattributes", "*.rhai ident\n");
            c.upstream.write(TEMPLATE, format!("// $Id$\n{}", script("theirs")));
            c.upstream.commit("theirs");
            c.clone.git(&["pull", "--quiet"]);
        }),
        ("a submodule", &|c| {
            let other = Project::empty();
            other.git(&["init", "--quiet"]);
            other.write("motto.rhai", script("theirs"));
            other.commit("theirs");
            let from = other.path().display().to_string();
            c.clone.git(&[
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "--quiet",
                "add",
                &from,
                "vendor",
            ]);
            std::fs::remove_dir_all(c.clone.path().join(".aksara/templates")).unwrap();
            std::os::unix::fs::symlink("../vendor", c.clone.path().join(".aksara/templates")).unwrap();
        }),
        ("a pull", &|c| {
            c.change_upstream("main", "theirs");
            c.clone.git(&["pull", "--quiet"]);
        }),
        ("a pull that merges", &|c| {
            c.change_upstream("main", "theirs");
            c.clone.write("mine.txt", "x");
            c.clone.commit("mine");
            c.clone.git(&["pull", "--quiet", "--no-rebase", "--no-edit"]);
        }),
        ("a checkout of a branch", &|c| {
            c.change_upstream("feature", "theirs");
            c.clone.git(&["fetch", "--quiet"]);
            c.clone.git(&["switch", "--quiet", "feature"]);
        }),
        ("a checkout of one file", &|c| {
            c.change_upstream("feature", "theirs");
            c.clone.git(&["fetch", "--quiet"]);
            c.clone.git(&["checkout", "--quiet", "origin/feature", "--", TEMPLATE]);
        }),
        ("a cherry-pick", &|c| {
            c.change_upstream("feature", "theirs");
            c.clone.git(&["fetch", "--quiet"]);
            c.clone.git(&["cherry-pick", "origin/feature"]);
        }),
        ("a fetch without a ref", &|c| {
            c.change_upstream("feature", "theirs");
            let from = c.upstream.path().display().to_string();
            c.clone.git(&["fetch", "--quiet", &from, "feature"]);
            c.clone.git(&["checkout", "--quiet", "FETCH_HEAD", "--", TEMPLATE]);
        }),
    ];
    for (what, change) in changes {
        let cloned = Cloned::trusted();
        change(&cloned);
        assert!(cloned.clone.read(TEMPLATE).contains("theirs"), "{what}");
        assert!(!cloned.is_trusted(), "{what}");
        assert_eq!(cloned.state(), "changed", "{what}");
        let refused = cloned.clone.aksara(AKSARA, &plan(&["--execute", "--yes"])).expect(3);
        assert!(refused.stderr.contains("you have not trusted the repository"), "{what}: {}", refused.stderr);
        let doctor = cloned.clone.aksara(AKSARA, &["doctor"]);
        assert!(doctor.stdout.contains("git brought these since"), "{what}: {}", doctor.stdout);
        // The settings came along with the same trust: neither is used.
        let list = cloned.clone.aksara(AKSARA, &["config", "list"]);
        assert!(list.stderr.contains("is ignored: `python.command`"), "{what}: {}", list.stderr);
        let _ = cloned.clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
        assert!(cloned.is_trusted(), "{what}");
    }
}

/// Content that was trusted once is trusted wherever it comes back.
#[test]
fn going_back_to_what_was_trusted_asks_nothing() {
    let cloned = Cloned::trusted();
    cloned.change_upstream("main", "theirs");
    cloned.clone.git(&["pull", "--quiet"]);
    assert!(!cloned.is_trusted());
    cloned.clone.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert!(cloned.is_trusted());
}

#[test]
fn a_damaged_store_trusts_nothing_and_says_so() {
    let cloned = Cloned::trusted();
    let store = cloned.clone.home().join(".local/share/aksara/trust.json");
    std::fs::write(&store, "{").unwrap();
    let refused = cloned.clone.aksara(AKSARA, &plan(&["--execute", "--yes"])).expect(3);
    assert!(refused.stderr.contains("you have not trusted the repository"), "{}", refused.stderr);
    let shown = cloned.clone.aksara(AKSARA, &["trust", "--show"]).expect(1);
    assert!(shown.stderr.contains("trust.json cannot be understood"), "{}", shown.stderr);
}

#[test]
fn a_person_is_shown_what_it_is_and_asked() {
    let cloned = Cloned::new();
    let ask = "Trust these files? [y/N]";
    let run = cloned.clone.aksara_on_terminal(AKSARA, &["trust"], &[(ask, "n\n")]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(!cloned.is_trusted());
    let once = "Carry its plan out all the same, this once? [y/N]";
    let args =
        [&plan(&["--execute", "--yes", "--land", "branch"])[..], &["--config", "python.command=[]"]].concat();
    let run = cloned.clone.aksara_on_terminal(AKSARA, &args, &[(once, "n\n")]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    let run = cloned.clone.aksara_on_terminal(AKSARA, &args, &[(once, "y\n")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!cloned.is_trusted(), "this once");
    let run = cloned.clone.aksara_on_terminal(AKSARA, &["trust"], &[(ask, "y\n")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("python.command = "), "{}", run.stderr);
    assert!(cloned.is_trusted());
}

/// A case of a template of the clone, with the project of the clone before it.
fn case_of(clone: &Project) -> std::path::PathBuf {
    let case = clone.path().join(".aksara/templates/motto/tests/first");
    std::fs::create_dir_all(&case).unwrap();
    std::fs::write(case.join("params.json"), "{}").unwrap();
    let before = case.join("before").display().to_string();
    let from = aksara_testkit::fixture("django-blog").display().to_string();
    assert!(clone.command("cp").args(["-r", &from, &before]).status().unwrap().success());
    case
}

#[test]
fn a_case_of_a_template_is_not_followed_through_links() {
    use std::os::unix::fs::symlink;
    type Make<'m> = (&'m str, &'m dyn Fn(&std::path::Path, &std::path::Path));
    let moved = |path: &std::path::Path, outside: &std::path::Path| {
        let to = outside.join("moved");
        std::fs::rename(path, &to).unwrap();
        symlink(&to, path).unwrap();
    };
    let links: [Make<'_>; 7] = [
        ("after", &|case, outside| symlink(outside, case.join("after")).unwrap()),
        ("plan.json", &|case, outside| symlink(outside.join("kept"), case.join("plan.json")).unwrap()),
        ("before", &|case, outside| {
            std::fs::remove_dir_all(case.join("before")).unwrap();
            symlink(outside, case.join("before")).unwrap();
        }),
        ("params.json", &|case, outside| moved(&case.join("params.json"), outside)),
        ("first", &|case, outside| moved(case, outside)),
        ("tests", &|case, outside| moved(case.parent().unwrap(), outside)),
        ("motto", &|case, outside| moved(case.parent().unwrap().parent().unwrap(), outside)),
    ];
    for (what, link) in links {
        let cloned = Cloned::new();
        let case = case_of(&cloned.clone);
        let outside = cloned.clone.home().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("kept"), "mine").unwrap();
        link(&case, &outside);
        let listed = || {
            let run = cloned.clone.command("find").arg(&outside).output().unwrap();
            String::from_utf8(run.stdout).unwrap()
        };
        let before = listed();
        let run = cloned.clone.aksara(AKSARA, &["template", "test", "motto", "--update"]);
        assert_ne!(run.code, 0, "{what}: {}{}", run.stdout, run.stderr);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("symbolic link"), "{what}: {said}");
        assert_eq!(listed(), before, "{what}");
        assert_eq!(std::fs::read_to_string(outside.join("kept")).unwrap(), "mine", "{what}");
    }
    // Without a link it is written, and then passes.
    let cloned = Cloned::new();
    let case = case_of(&cloned.clone);
    let _ = cloned.clone.aksara(AKSARA, &["template", "test", "motto", "--update"]).expect(0);
    assert_eq!(std::fs::read_to_string(case.join("after/MOTTO")).unwrap(), "Onward\n");
    let _ = cloned.clone.aksara(AKSARA, &["template", "test", "motto"]).expect(0);
}

#[test]
fn every_template_of_a_composed_plan_is_judged() {
    let cloned = Cloned::new();
    let clone = &cloned.clone;
    let plan = |extra: &[&'static str]| {
        let request: &[&str] = &["ai", "plan", "Add tags to posts and add a motto"];
        clone.aksara(AKSARA, &[request, extra].concat())
    };
    let shown = plan(&["--json"]).expect(0);
    let templates = shown.json()["source"]["templates"].clone();
    let root_of = |i: usize| templates[i]["root"].as_str().unwrap_or_default().to_owned();
    assert_eq!((root_of(0), root_of(1)), ("built_in".into(), "project".into()), "{}", shown.stdout);
    let refused = plan(&["--execute", "--yes"]).expect(3);
    assert!(refused.stderr.contains("the template `motto`"), "{}", refused.stderr);
    assert!(!clone.path().join("MOTTO").exists());
    let _ = clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
    let _ = clone
        .aksara(
            AKSARA,
            &[
                "ai",
                "plan",
                "Add tags to posts and add a motto",
                "--execute",
                "--yes",
                "--config",
                "python.command=[]",
                "--land",
                "branch",
            ],
        )
        .expect(0);
}

#[test]
fn a_saved_plan_is_of_its_repository_although_the_template_is_gone_or_another() {
    let changes: [Change<'_>; 3] = [
        ("gone", &|c| std::fs::remove_file(c.clone.path().join(TEMPLATE)).unwrap()),
        ("gone, and nothing else to trust", &|c| {
            std::fs::remove_file(c.clone.path().join(TEMPLATE)).unwrap();
            std::fs::remove_file(c.clone.path().join("aksara.toml")).unwrap();
        }),
        ("another", &|c| c.clone.write(TEMPLATE, script("mine"))),
    ];
    for (what, change) in changes {
        let cloned = Cloned::new();
        let saved = cloned.clone.home().join("plan.json").display().to_string();
        let _ = cloned.clone.aksara(AKSARA, &["ai", "plan", "Add a motto", "--save", &saved]).expect(0);
        change(&cloned);
        let refused = cloned.clone.aksara(AKSARA, &["ai", "plan", "--load", &saved, "--execute", "--yes"]);
        assert_eq!(refused.code, 3, "{what}: {}{}", refused.stdout, refused.stderr);
        assert!(refused.stderr.contains("the template `motto`"), "{what}: {}", refused.stderr);
        assert!(!cloned.clone.path().join("MOTTO").exists(), "{what}");
    }
}

/// A program that a setting names; it is never there to be run.
fn setup(program: &str) -> String {
    format!("[worktree]\nsetup = [\n  \"{program}\",\n]\n")
}

const SPACE: &str = "\n\n# far\n# from\n# each\n# other\n\n";

#[test]
fn what_git_mixes_into_a_file_is_not_the_users_own() {
    let both: [Change<'_>; 4] = [
        ("a pull under a change that is not committed", &|c| {
            let top = c.clone.read("aksara.toml");
            c.upstream.write("aksara.toml", format!("{top}{SPACE}{}", setup("theirs")));
            c.upstream.commit("theirs");
            c.clone.write("aksara.toml", format!("# mine\n{top}"));
            c.clone.git(&["pull", "--quiet", "--rebase", "--autostash"]);
        }),
        ("a merge that stopped at another file", &|c| {
            let top = c.clone.read("aksara.toml");
            c.upstream.write("aksara.toml", format!("{top}{SPACE}{}", setup("theirs")));
            c.upstream.write("README", "theirs");
            c.upstream.commit("theirs");
            c.clone.write("aksara.toml", format!("# mine\n{top}"));
            c.clone.write("README", "mine");
            c.clone.commit("mine");
            let pull = c.clone.command("git").args(["pull", "--quiet", "--no-rebase"]).output().unwrap();
            assert!(!pull.status.success(), "both wrote README");
        }),
        ("such a merge, committed", &|c| {
            let top = c.clone.read("aksara.toml");
            c.upstream.write("aksara.toml", format!("{top}{SPACE}{}", setup("theirs")));
            c.upstream.write("README", "theirs");
            c.upstream.commit("theirs");
            c.clone.write("aksara.toml", format!("# mine\n{top}"));
            c.clone.write("README", "mine");
            c.clone.commit("mine");
            let _ = c.clone.command("git").args(["pull", "--quiet", "--no-rebase"]).output().unwrap();
            c.clone.write("README", "both");
            c.clone.git(&["add", "--all"]);
            c.clone.git(&["commit", "--quiet", "--no-edit"]);
        }),
        ("a template under a change that is not committed", &|c| {
            let text = c.clone.read(TEMPLATE);
            c.upstream.write(TEMPLATE, format!("{text}{}// theirs\n", SPACE.replace('#', "//")));
            c.upstream.commit("theirs");
            c.clone.write(TEMPLATE, format!("// mine\n{text}"));
            c.clone.git(&["pull", "--quiet", "--rebase", "--autostash"]);
        }),
    ];
    for (what, change) in both {
        let cloned = Cloned::trusted();
        change(&cloned);
        let all = format!("{}{}", cloned.clone.read("aksara.toml"), cloned.clone.read(TEMPLATE));
        assert!(all.contains("theirs") && all.contains(" mine\n"), "{what}: {all}");
        assert!(!cloned.is_trusted(), "{what}: {}", cloned.standing());
        assert!(!cloned.is_trusted(), "{what}: it was learned by being looked at");
    }
    // Lines that ask for nothing may come from anybody.
    let cloned = Cloned::trusted();
    let top = cloned.clone.read("aksara.toml");
    cloned.upstream.write("aksara.toml", format!("{top}{SPACE}[planner]\nmax_steps = 9\n"));
    cloned.upstream.commit("theirs");
    cloned.clone.write("aksara.toml", format!("# mine\n{top}"));
    cloned.clone.git(&["pull", "--quiet", "--rebase", "--autostash"]);
    assert!(cloned.is_trusted(), "{}", cloned.standing());
}

#[test]
fn templates_that_a_projects_settings_name_are_the_projects() {
    let upstream = Project::of("django-blog");
    upstream.write("aksara.toml", "[templates]\npath = [\"tools/steps\"]\n");
    upstream.write("tools/steps/motto.rhai", script("Onward"));
    upstream.commit("what it brings along");
    let clone = Project::empty();
    clone.git(&["clone", "--quiet", &upstream.path().display().to_string(), "."]);
    let list = clone.aksara(AKSARA, &["template", "list"]).expect(0);
    assert!(list.stderr.contains("is ignored: `templates.path`"), "{}", list.stderr);
    assert!(!list.stdout.contains("motto"), "{}", list.stdout);

    let show = clone.aksara(AKSARA, &["trust", "--show"]).expect(0).stdout;
    assert!(show.contains("tools/steps/motto.rhai (not trusted)"), "{show}");
    let _ = clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
    let _ = clone.aksara(AKSARA, &plan(&["--execute", "--yes", "--land", "branch"])).expect(0);

    upstream.write("tools/steps/motto.rhai", script("theirs"));
    upstream.commit("theirs");
    clone.git(&["pull", "--quiet"]);
    let standing = clone.aksara(AKSARA, &["trust", "--show", "--json"]).expect(0).json();
    assert_eq!(standing["trusted"], false, "{standing}");
    let list = clone.aksara(AKSARA, &["template", "list"]).expect(0);
    assert!(!list.stdout.contains("motto"), "{}", list.stdout);
}

#[test]
fn another_clone_at_the_same_place_is_another_decision() {
    let cloned = Cloned::trusted();
    let clone = &cloned.clone;
    std::fs::remove_dir_all(clone.path()).unwrap();
    std::fs::create_dir(clone.path()).unwrap();
    clone.git(&["clone", "--quiet", &cloned.upstream.path().display().to_string(), "."]);
    let standing = cloned.standing();
    assert_eq!((&standing["trusted"], &standing["standing"]["recorded"]), (&false.into(), &false.into()));
    let _ = clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
    assert!(cloned.is_trusted());
}

#[test]
fn text_that_is_not_ours_does_not_steer_the_terminal() {
    let cloned = Cloned::new();
    let evil = script("x").replace("A motto.", "A\\u001b[2Jmotto\\u202e.").replace("\"motto\"", "\"evil\"");
    cloned.clone.write(".aksara/templates/evil.rhai", evil);
    cloned.clone.write(".aksara/templates/a\u{1b}[2Jb.txt", "x");
    for args in [
        &["template", "list"][..],
        &["template", "show", "evil"],
        &["template", "docs", "evil"],
        &["trust", "--show"],
    ] {
        let run = cloned.clone.aksara(AKSARA, args);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{args:?}: {said:?}");
        assert!(said.contains('\u{fffd}'), "{args:?}: {said:?}");
    }
}

/// git follows a rename that is not committed, and brings there what others did under the old name.
#[test]
fn what_git_brings_to_a_renamed_file_is_not_the_users_own() {
    const RENAMED: &str = ".aksara/templates/saying.rhai";
    for (what, mine) in [("as it was", ""), ("edited", "// mine\n")] {
        for theirs in [false, true] {
            let cloned = Cloned::trusted();
            let text = cloned.clone.read(TEMPLATE);
            if theirs {
                cloned.upstream.write(TEMPLATE, format!("{text}{}// theirs\n", SPACE.replace('#', "//")));
            } else {
                cloned.upstream.write("README", "theirs");
            }
            cloned.upstream.commit("theirs");
            cloned.clone.git(&["mv", TEMPLATE, RENAMED]);
            cloned.clone.write(RENAMED, format!("{mine}{text}"));
            assert!(cloned.is_trusted(), "{what}");
            cloned.clone.git(&["pull", "--quiet", "--rebase", "--autostash"]);
            let now = cloned.clone.read(RENAMED);
            assert_eq!(now.contains("theirs"), theirs, "{what}: {now}");
            assert_eq!(cloned.is_trusted(), !theirs, "{what}: {}", cloned.standing());
            let _ = cloned.clone.aksara(AKSARA, &["trust", "--yes"]).expect(0);
            assert!(cloned.is_trusted(), "{what}");
        }
    }
}

/// What nobody can have looked at is not trusted, and not read to its end.
#[test]
fn there_is_an_end_to_what_can_be_trusted() {
    let changes: [(&str, Change<'_>); 3] = [
        (
            "2000 files",
            ("many files", &|c| {
                for number in 0..2_001 {
                    c.clone.write(&format!(".aksara/templates/{number}.txt"), "x");
                }
            }),
        ),
        (
            "1048576 bytes",
            ("large settings", &|c| {
                let settings = c.clone.read("aksara.toml");
                c.clone.write("aksara.toml", format!("{settings}# {}\n", "x".repeat(1024 * 1024)));
            }),
        ),
        (
            "8 folders deep",
            ("a deep folder", &|c| {
                c.clone.write(&format!(".aksara/templates/{}x.txt", "d/".repeat(9)), "x");
            }),
        ),
    ];
    for (most, (what, change)) in changes {
        let cloned = Cloned::trusted();
        change(&cloned);
        for args in [&["trust", "--yes"][..], &["trust", "--show"]] {
            let refused = cloned.clone.aksara(AKSARA, args);
            assert_ne!(refused.code, 0, "{what}");
            assert!(refused.stderr.contains(most), "{what}: {}", refused.stderr);
        }
        let refused = cloned.clone.aksara(AKSARA, &plan(&["--execute", "--yes"])).expect(3);
        assert!(refused.stderr.contains("you have not trusted the repository"), "{what}: {}", refused.stderr);
        assert!(!cloned.mark.exists(), "{what}: its program was run");
    }
}

/// Many at once, in processes and threads of their own: nobody's decision is lost.
#[test]
fn decisions_that_are_made_at_once_are_all_kept() {
    use aksara_runtime::trust::TrustStore;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("data/trust.json");
    let projects: Vec<Project> = (0..8)
        .map(|_| {
            let project = Project::empty();
            project.git(&["init", "--quiet"]);
            project.write(TEMPLATE, script("mine"));
            project.commit("start");
            project
        })
        .collect();
    let store = TrustStore::new(&file);
    let start = std::sync::Barrier::new(projects.len());
    std::thread::scope(|scope| {
        for project in &projects {
            scope.spawn(|| {
                let shown = store.examine(&project.path()).unwrap();
                start.wait();
                store.trust(&shown).unwrap();
                // What is written since is learned when it is looked at, at the same time as others decide.
                project.write(TEMPLATE, script("mine, again"));
                start.wait();
                assert!(store.examine(&project.path()).unwrap().is_trusted());
            });
        }
    });
    let text = std::fs::read_to_string(&file).unwrap();
    for project in &projects {
        let stored: Value = serde_json::from_str(&text).unwrap();
        let root = project.path().canonicalize().unwrap();
        let contents = &stored["roots"][root.to_str().unwrap()]["files"][TEMPLATE];
        assert_eq!(contents.as_array().map(Vec::len), Some(2), "{text}");
    }
    let (first, others) = projects.split_first().unwrap();
    assert!(store.untrust(&first.path()).unwrap() && !store.untrust(&first.path()).unwrap());
    assert!(!store.is_trusted(&first.path()) && others.iter().all(|p| store.is_trusted(&p.path())));
}
