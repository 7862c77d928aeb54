//! Two shipped templates in one project, in either order: what each makes survives the other.
//!
//! The table is the templates that the command lists, each with its first example, so a new one is in it at once. Ten
//! pairs run with the other tests; all of them by `./prove pairs`, on the oldest and the newest Django by `./prove versions`, and in the
//! other projects by `./prove projects`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aksara_testkit::{Project, Run};

use crate::AKSARA;
use crate::gates::gates;

/// The first and the second template of a pair that is refused, and words of the reason. Any other refusal is a failure.
pub(crate) type Refused = (&'static str, &'static str, &'static str);

/// Pairs of the start project.
const REFUSED: &[Refused] = &[
    // Both make a product, and not the same one.
    ("checkout", "crud_feature", "`blog.Product` is already there as another model"),
];

/// A shipped template and what a user would type for it in a project.
#[derive(Clone, Debug)]
pub(crate) struct Feature {
    pub(crate) template: String,
    pub(crate) request: Vec<String>,
}

/// What is proved: that these features go together in this project.
pub(crate) struct Proof<'p> {
    pub(crate) project: &'p Project,
    pub(crate) features: &'p [Feature],
    /// What a project must pass, and what it said if it does not.
    pub(crate) gates: &'p (dyn Fn(&Project) -> Result<(), String> + Sync),
    pub(crate) refused: &'p [Refused],
}

/// What came of a pair.
enum Outcome {
    Passed,
    Refused(String),
    Failed(String),
}

/// The shipped templates for Django, by name.
///
/// # Panics
/// If one has no example that is a whole request.
pub(crate) fn features(project: &Project) -> Vec<Feature> {
    let list = project.aksara(AKSARA, &["template", "list", "--json"]).expect(0).json();
    let shipped = list["templates"].as_array().unwrap().iter().filter(|t| {
        let stacks = t["stacks"].as_array().unwrap();
        // One that names no stack is for all of them.
        t["root"]["kind"] == "built_in" && (stacks.is_empty() || stacks.iter().any(|stack| stack == "django"))
    });
    let feature = |t: &serde_json::Value| {
        let example = t["examples"][0].as_str().unwrap_or_default();
        assert!(
            !example.is_empty() && !example.contains('{'),
            "the first example of {}, `{example}`, is no whole request: its parameters need `examples`",
            t["name"]
        );
        Feature { template: t["name"].as_str().unwrap().to_owned(), request: vec![example.to_owned()] }
    };
    let features: Vec<Feature> = shipped.map(feature).collect();
    assert!(features.len() >= 4, "{list}");
    features
}

/// All ordered pairs of `count` things, those of neighbours first, so that the first `count / 2` of them (rounded up)
/// have all things in them.
fn ordered_pairs(count: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for distance in 1..count {
        for start in [0, 1] {
            pairs.extend((start..count).step_by(2).map(|one| (one, (one + distance) % count)));
        }
    }
    pairs
}

/// A plan carried out; the run's name, or why it was refused. Beside an app that another feature made, nobody said where
/// a new model goes: then what the refusal's hint says is typed.
fn carry_out(project: &Project, feature: &Feature) -> Result<String, Outcome> {
    let request = feature.request.join(" ");
    let mut typed = vec!["ai", "plan"];
    typed.extend(feature.request.iter().map(String::as_str));
    typed.extend(["--execute", "--yes"]);
    let mut run = project.aksara(AKSARA, &typed);
    let asks_for_app = run.code == 2 && run.stderr.contains("error: `app` may be ");
    let hint = run.stderr.lines().find_map(|line| line.strip_prefix("hint: say which: "));
    let app = hint.and_then(|command| command.split(' ').next_back()).map(str::to_owned);
    if let Some(app) = app.filter(|_| asks_for_app) {
        typed.extend(["--set", &app]);
        run = project.aksara(AKSARA, &typed);
    }
    match run.code {
        0 => run
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("to take it back: aksara ai rollback "))
            .map(|name| name.trim().to_owned())
            .ok_or_else(|| Outcome::Failed(format!("`{request}` changed nothing:\n{}", run.stderr))),
        _ => Err(not_done(&request, &run)),
    }
}

fn not_done(request: &str, run: &Run) -> Outcome {
    let reason = run.stderr.lines().find_map(|line| line.strip_prefix("error: "));
    match (run.code, reason) {
        (2 | 3, Some(reason)) => Outcome::Refused(reason.to_owned()),
        (code, _) => Outcome::Failed(format!("`{request}` ended with {code}:\n{}", run.stderr)),
    }
}

/// What is wrong with the project's tree, if it is not `tree` with nothing beside it.
fn differs(project: &Project, tree: &str, when: &str) -> Option<Outcome> {
    let there = tree_of(project);
    let status = project.git(&["status", "--porcelain"]);
    (there != tree || !status.is_empty()).then(|| {
        let diff = project.git(&["diff", "--stat", tree, &there]);
        Outcome::Failed(format!("{when} the project is not what it was:\n{diff}{status}"))
    })
}

fn tree_of(project: &Project) -> String {
    project.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned()
}

/// A project with one feature in it, from which the pairs that begin with it go on.
struct Start {
    project: Project,
    run: String,
    before: String,
}

impl Start {
    fn new(project: &Project, feature: &Feature) -> Result<Self, Outcome> {
        let project = project.copied();
        let before = tree_of(&project);
        carry_out(&project, feature).map(|run| Self { project, run, before })
    }
}

impl Proof<'_> {
    fn pair(&self, start: &Start, first: &Feature, second: &Feature) -> Outcome {
        let project = start.project.copied();
        let between = tree_of(&project);
        let run = match carry_out(&project, second) {
            Ok(run) => run,
            Err(refused @ Outcome::Refused(_)) => {
                return differs(&project, &between, "after a refusal").unwrap_or(refused);
            }
            Err(failed) => return failed,
        };
        if let Err(text) = (self.gates)(&project) {
            return Outcome::Failed(text);
        }
        let after = tree_of(&project);
        for feature in [first, second] {
            let request = feature.request.join(" ");
            match carry_out(&project, feature) {
                Ok(_) => {
                    let diff = project.git(&["diff", &after, "HEAD"]);
                    return Outcome::Failed(format!("`{request}` once more changes something:\n{diff}"));
                }
                Err(Outcome::Failed(text))
                    if text.contains("everything was there already, nothing to land") => {}
                Err(Outcome::Failed(text) | Outcome::Refused(text)) => {
                    return Outcome::Failed(format!("`{request}` once more: {text}"));
                }
                Err(Outcome::Passed) => unreachable!("an error is no success"),
            }
            if let Some(failed) = differs(&project, &after, "after a second application") {
                return failed;
            }
        }
        for (run, tree) in [(&run, &between), (&start.run, &start.before)] {
            let back = project.aksara(AKSARA, &["ai", "rollback", run, "--reverse-database", "--yes"]);
            if back.code != 0 {
                return Outcome::Failed(format!(
                    "rollback of {run} ended with {}:\n{}",
                    back.code, back.stderr
                ));
            }
            if let Some(failed) = differs(&project, tree, "after a rollback") {
                return failed;
            }
        }
        Outcome::Passed
    }

    /// Runs the pairs that `chosen` picks, on all cores, and prints a table of what came of them.
    pub(crate) fn run(&self, chosen: &[(usize, usize)]) {
        let starts: BTreeSet<usize> = chosen.iter().map(|(first, _)| *first).collect();
        let groups: Vec<(usize, Vec<usize>)> = starts
            .into_iter()
            .map(|one| (one, chosen.iter().filter(|(first, _)| *first == one).map(|(_, s)| *s).collect()))
            .collect();
        let next = AtomicUsize::new(0);
        let rows: Mutex<Vec<(usize, usize, Outcome)>> = Mutex::new(Vec::new());
        let work = || {
            while let Some((one, seconds)) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                let start = Start::new(self.project, &self.features[*one]);
                for second in seconds {
                    let began = Instant::now();
                    let outcome = match &start {
                        Ok(start) => self.pair(start, &self.features[*one], &self.features[*second]),
                        Err(Outcome::Refused(text) | Outcome::Failed(text)) => {
                            Outcome::Failed(format!("the first alone: {text}"))
                        }
                        Err(Outcome::Passed) => unreachable!("an error is no success"),
                    };
                    let (a, b) = (&self.features[*one].template, &self.features[*second].template);
                    // A long proof shows how far it is, and what it cost.
                    eprintln!("{a}, then {b}: {} ({} s)", result(&outcome), began.elapsed().as_secs());
                    rows.lock().unwrap().push((*one, *second, outcome));
                }
            }
        };
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(work);
            }
        });
        let mut rows = rows.into_inner().unwrap();
        rows.sort_by_key(|(first, second, _)| (*first, *second));
        assert_eq!(rows.len(), chosen.len());
        self.report(&rows);
    }

    fn report(&self, rows: &[(usize, usize, Outcome)]) {
        let mut table = String::from("| first | then | result |\n| --- | --- | --- |\n");
        let mut failures = String::new();
        for (a, b, outcome) in rows {
            let (first, second) = (&self.features[*a].template, &self.features[*b].template);
            match outcome {
                Outcome::Refused(reason) if !self.is_refused(first, second, reason) => {
                    let _ = writeln!(failures, "\n{first}, then {second}: refused: {reason}");
                }
                Outcome::Failed(text) => {
                    let _ = writeln!(failures, "\n{first}, then {second}: {text}");
                }
                Outcome::Passed | Outcome::Refused(_) => {}
            }
            let _ = writeln!(table, "| {first} | {second} | {} |", result(outcome));
        }
        eprintln!("{table}");
        assert!(failures.is_empty(), "{failures}");
    }

    fn is_refused(&self, first: &str, second: &str, reason: &str) -> bool {
        self.refused.iter().any(|(a, b, why)| *a == first && *b == second && reason.contains(why))
    }

    /// Every one of the features in a project of its own.
    fn alone(&self, features: &[Feature]) {
        for feature in features {
            let project = self.project.copied();
            if let Err(Outcome::Refused(text) | Outcome::Failed(text)) = carry_out(&project, feature) {
                panic!("{}: {text}", feature.template);
            }
            (self.gates)(&project).unwrap_or_else(|text| panic!("{}: {text}", feature.template));
        }
    }

    /// The long proof: of all features, or of those of the templates `names` where there are any, each alone and in all
    /// pairs that it is in.
    pub(crate) fn long(&self, names: &[String]) {
        let is_asked = |f: &Feature| names.is_empty() || names.contains(&f.template);
        let asked: Vec<Feature> = self.features.iter().filter(|f| is_asked(f)).cloned().collect();
        let mut pairs = ordered_pairs(self.features.len());
        pairs.retain(|(a, b)| is_asked(&self.features[*a]) || is_asked(&self.features[*b]));
        self.alone(&asked);
        self.run(&pairs);
    }
}

/// The names that `./prove` was given.
pub(crate) fn asked_for() -> Vec<String> {
    let names = std::env::var("AKSARA_PROVE_NAMES").unwrap_or_default();
    names.split_whitespace().map(str::to_owned).collect()
}

fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Refused(reason) => format!("refused: {reason}"),
        Outcome::Failed(_) => "FAILED".to_owned(),
    }
}

/// The first `count` pairs, which have every template in them.
fn some(features: &[Feature], count: usize) -> Vec<(usize, usize)> {
    let mut pairs = ordered_pairs(features.len());
    pairs.truncate(count);
    let touched: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    assert_eq!(touched.len(), features.len(), "{count} pairs do not touch every template");
    pairs
}

/// Has the shipped templates proved in a form of the start project.
fn in_the_start_project(project: Option<Project>, prove: impl FnOnce(&Proof<'_>)) {
    let Some(project) = project else { return };
    let features = features(&project);
    let gates = |project: &Project| {
        gates(project).map_err(|(gate, text)| format!("the gate `{gate}` does not pass:\n{text}"))
    };
    prove(&Proof { project: &project, features: &features, gates: &gates, refused: REFUSED });
}

/// The long proof in a form of the start project.
fn long(proof: &Proof<'_>) {
    let names = asked_for();
    for name in &names {
        assert!(proof.features.iter().any(|f| f.template == *name), "there is no shipped template `{name}`");
    }
    proof.long(&names);
}

/// The start project on another Django, of which the requirements name the version too.
fn on_version(version: &str, environment: &str, requirements: &str, test: &str) -> Option<Project> {
    let project = Project::with_python("django-blog", environment, test)?;
    project.write("requirements.txt", requirements);
    project.commit("another Django");
    let there = project.python(&["-m", "django", "--version"]);
    assert!(String::from_utf8_lossy(&there.stdout).starts_with(version));
    Some(project)
}

/// The start project on the oldest Django that is supported.
fn on_the_oldest(test: &str) -> Option<Project> {
    let requirements = "django==4.2.*\ndjangorestframework>=3.16\ndjango-filter>=25\n";
    on_version("4.2.", "django-4.2", requirements, test)
}

/// The start project on the newest Django.
fn on_the_newest(test: &str) -> Option<Project> {
    on_version("6.", "django-newest", "django>=6.0\ndjangorestframework>=3.17\ndjango-filter>=25\n", test)
}

#[test]
fn ten_pairs_of_templates_pass_every_gate() {
    let project = Project::django_blog("ten_pairs_of_templates_pass_every_gate");
    in_the_start_project(project, |proof| proof.run(&some(proof.features, 10)));
}

#[test]
#[ignore = "long: ./prove pairs"]
fn all_pairs_of_templates_pass_every_gate() {
    in_the_start_project(Project::django_blog("all_pairs_of_templates_pass_every_gate"), long);
}

#[test]
fn every_template_passes_every_gate_on_the_oldest_version() {
    let project = on_the_oldest("every_template_passes_every_gate_on_the_oldest_version");
    in_the_start_project(project, |proof| {
        proof.run(&some(proof.features, proof.features.len().div_ceil(2)));
    });
}

#[test]
fn every_template_passes_every_gate_on_the_newest_version() {
    let project = on_the_newest("every_template_passes_every_gate_on_the_newest_version");
    in_the_start_project(project, |proof| {
        proof.run(&some(proof.features, proof.features.len().div_ceil(2)));
    });
}

#[test]
#[ignore = "long: ./prove versions"]
fn all_pairs_pass_every_gate_on_the_newest_version() {
    in_the_start_project(on_the_newest("all_pairs_pass_every_gate_on_the_newest_version"), long);
}

#[test]
#[ignore = "long: ./prove versions"]
fn all_pairs_pass_every_gate_on_the_oldest_version() {
    in_the_start_project(on_the_oldest("all_pairs_pass_every_gate_on_the_oldest_version"), long);
}

#[test]
fn all_ordered_pairs_are_there_once() {
    for count in 2..15 {
        let pairs = ordered_pairs(count);
        let unlike: BTreeSet<_> = pairs.iter().filter(|(a, b)| a != b).collect();
        assert_eq!((pairs.len(), unlike.len()), (count * (count - 1), count * (count - 1)));
        let touched: BTreeSet<usize> =
            pairs[..count.div_ceil(2)].iter().flat_map(|(a, b)| [*a, *b]).collect();
        assert_eq!(touched.len(), count);
    }
}
