//! What a command may do, judged from its arguments.
//!
//! The judgement decides whether somebody is asked first; it is no sandbox. What no rule knows counts as
//! destructive, and of several rules, and of what the command's author declared, the strictest wins.

mod rules;

use aksara_protocol::command::{Command, RiskClass};

use rules::{RULES, Rule};

/// A class and the reason for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Classified {
    pub(crate) class: RiskClass,
    pub(crate) why: &'static str,
}

/// Variables that make other programs run something else than what they are: none is set without a question.
const LOADERS: &[&str] = &[
    "PATH",
    "BASH_ENV",
    "ENV",
    "IFS",
    "PYTHONSTARTUP",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONBREAKPOINT",
    "NODE_OPTIONS",
    "PERL5OPT",
    "RUBYOPT",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "BROWSER",
];
const LOADER_PREFIXES: &[&str] = &["LD_", "DYLD_", "GIT_", "SSH_"];

/// What the command may do: the strictest of what its author says and what the rules say of it, of its probe,
/// and of the variables that it sets.
pub(crate) fn risk(command: &Command) -> RiskClass {
    judge(command).class
}

/// As [`risk`], with the reason.
pub(crate) fn judge(command: &Command) -> Classified {
    let declared = Classified { class: command.class, why: "its step gives it no lesser class" };
    let loads = command.env.keys().any(|name| {
        LOADERS.contains(&name.as_str()) || LOADER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    });
    let loader = loads.then_some(Classified {
        class: RiskClass::Destructive,
        why: "it sets variables that make programs run something else",
    });
    let probe = command.unless.as_deref().map(classify);
    let all = [probe, loader, Some(declared), Some(classify(&command.argv))];
    // Of equals the last: what the rules know of the command itself says most.
    all.into_iter().flatten().max_by_key(|classified| classified.class).unwrap_or(declared)
}

/// Whether the command may change more than files of the worktree, so that no checkpoint takes it back.
pub(crate) fn leaves_worktree(command: &Command) -> bool {
    risk(command) > RiskClass::WorkspaceWrite
}

/// What the rules say of a command.
pub(crate) fn classify(argv: &[String]) -> Classified {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let unknown = Classified { class: RiskClass::Destructive, why: "nothing is known about this program" };
    let Some(call) = Call::of(&words) else { return unknown };
    let found = RULES
        .iter()
        .filter(|rule| rule.covers(&call))
        .map(|rule| Classified { class: rule.class, why: rule.why })
        .max_by_key(|classified| classified.class)
        .unwrap_or(unknown);
    match call.around {
        Some(around) if around.class > found.class => around,
        _ => found,
    }
}

/// A command without what is wrapped around the program that matters.
struct Call<'a> {
    program: &'a str,
    args: &'a [&'a str],
    around: Option<Classified>,
}

impl<'a> Call<'a> {
    fn of(words: &'a [&'a str]) -> Option<Self> {
        let (first, args) = words.split_first()?;
        let program = program_name(first)?;
        match program {
            "uv" if args.first() == Some(&"run") => {
                let options = args[1..].iter().take_while(|word| word.starts_with('-')).count();
                let (options, inner) = args[1..].split_at(options);
                let offline = match options {
                    [] => false,
                    ["--no-sync" | "--offline"] => true,
                    _ => return None,
                };
                let around = (!offline).then_some(Classified {
                    class: RiskClass::Network,
                    why: "uv run may install packages first",
                });
                Call::of(inner).map(|call| Call { around: call.around.or(around), ..call })
            }
            "poetry" if args.first() == Some(&"run") => Call::of(&args[1..]),
            _ if is_python(program) => Self::of_python(args),
            _ => Some(Call { program, args, around: None }),
        }
    }

    fn of_python(args: &'a [&'a str]) -> Option<Self> {
        const HARMLESS: &[&str] = &["-B", "-u", "-E", "-s", "-I", "-P"];
        let rest = &args[args.iter().take_while(|word| HARMLESS.contains(word)).count()..];
        match rest {
            ["-m", "django", args @ ..] => Some(Call { program: "manage.py", args, around: None }),
            ["-m", module, args @ ..] => Some(Call { program: module, args, around: None }),
            ["--version" | "-V"] => Some(Call { program: "python", args: rest, around: None }),
            [script, args @ ..] if script.rsplit('/').next() == Some("manage.py") => {
                Some(Call { program: "manage.py", args, around: None })
            }
            _ => None,
        }
    }
}

/// The name that rules use. A program that is named by a path inside the repository can be anything, but for
/// the framework's own script.
fn program_name(word: &str) -> Option<&str> {
    let name = word.rsplit('/').next().unwrap_or(word);
    match name {
        "manage.py" | "django-admin" => Some("manage.py"),
        _ if word.contains('/') && !word.starts_with('/') => None,
        "pip3" => Some("pip"),
        _ => Some(name),
    }
}

fn is_python(program: &str) -> bool {
    program
        .strip_prefix("python")
        .is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

impl Rule {
    fn covers(&self, call: &Call<'_>) -> bool {
        let has = |flag: &&str| call.args.iter().any(|word| is_flag(word, flag));
        self.programs.contains(&call.program)
            && (self.first.is_empty() || call.args.first().is_some_and(|word| self.first.contains(word)))
            && (self.with.is_empty() || self.with.iter().any(has))
            && !self.without.iter().any(has)
            && call.args.iter().filter(|word| !word.starts_with('-')).count() >= self.words
            && (!self.inside || call.args.iter().all(|word| stays_inside(word)))
    }
}

/// Whether `word` is the option `flag`: itself, with `=value`, an abbreviation as argparse takes them, or, of a
/// short one, in a bundle.
fn is_flag(word: &str, flag: &str) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    match (flag.strip_prefix("--"), flag.strip_prefix('-')) {
        (Some(_), _) => name == flag || (name.len() > 3 && flag.starts_with(name)),
        (None, Some(letters)) if letters.len() == 1 => {
            name.starts_with('-') && !name.starts_with("--") && name.contains(letters)
        }
        _ => name == flag,
    }
}

/// Whether an argument cannot name a path outside of the folder that the command runs in.
fn stays_inside(word: &str) -> bool {
    let path = word.split_once('=').map_or(word, |(_, value)| value);
    !path.starts_with(['/', '~']) && !path.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn every_rule_covers_its_examples_and_not_the_others() {
        for rule in RULES {
            assert!(!rule.examples.is_empty(), "a rule without an example: {}", rule.why);
            for (lines, wanted) in [(rule.examples, true), (rule.others, false)] {
                for line in lines {
                    let argv = words(line);
                    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
                    let covers = Call::of(&words).is_some_and(|call| rule.covers(&call));
                    assert_eq!(covers, wanted, "`{line}` and the rule \"{}\"", rule.why);
                    if wanted {
                        assert!(classify(&argv).class >= rule.class, "{line}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_class_has_its_reason() {
        let command = |line: &str, class: RiskClass| -> Command {
            serde_json::from_value(serde_json::json!({ "argv": words(line), "class": class })).unwrap()
        };
        let why = |line: &str, class| judge(&command(line, class)).why;
        assert_eq!(why("frobnicate x", RiskClass::Read), "nothing is known about this program");
        assert_eq!(why("sh -c ls", RiskClass::Destructive), "it can run anything");
        assert_eq!(why("ls", RiskClass::Destructive), "its step gives it no lesser class");
        let mut probed = command("ls", RiskClass::Read);
        probed.unless = Some(words("rm x"));
        assert_eq!(judge(&probed).why, "it can remove or overwrite files");
        let mut loads = command("ls", RiskClass::Read);
        loads.env.insert("LD_PRELOAD".into(), "x".into());
        assert_eq!(judge(&loads).class, RiskClass::Destructive);
        assert!(judge(&loads).why.contains("variables"));
    }

    #[test]
    fn commands_have_the_classes_that_people_expect() {
        use RiskClass::{DatabaseWrite, Destructive, EnvironmentWrite, Network, Read, WorkspaceWrite};
        for (line, class) in [
            ("python manage.py check", Read),
            ("python3.12 -B backend/manage.py showmigrations blog", Read),
            ("./manage.py test --no-input", WorkspaceWrite),
            ("python manage.py makemigrations --check --dry-run", Read),
            ("python manage.py makemigrations blog", WorkspaceWrite),
            ("python manage.py migrate", DatabaseWrite),
            ("python manage.py migrate --plan", Read),
            ("python manage.py migrate blog", DatabaseWrite),
            ("python manage.py migrate blog zero", Destructive),
            ("python manage.py migrate blog 0001", Destructive),
            ("python manage.py migrate --noinput blog zero", Destructive),
            ("python manage.py flush --no-input", Destructive),
            ("python manage.py shell -c 1", Destructive),
            ("python manage.py my_own_command", Destructive),
            ("python -m django check", Read),
            ("python -m pip install django", Network),
            ("/usr/bin/pip uninstall -y django", EnvironmentWrite),
            ("pip list", Read),
            ("uv run pytest", Network),
            ("uv run --no-sync pytest -x", WorkspaceWrite),
            ("uv run --with evil pytest", Destructive),
            ("poetry run python manage.py check", Read),
            ("uv add django", Network),
            ("python evil.py", Destructive),
            ("python -c pass", Destructive),
            ("python", Destructive),
            ("./pytest", Destructive),
            ("bin/ls", Destructive),
            ("git status --short", Read),
            ("git diff --output=x", Destructive),
            ("git -c core.pager=x log", Destructive),
            ("git reset --hard", Destructive),
            ("git clean -fd", Destructive),
            ("git checkout -- x", Destructive),
            ("git stash drop", Destructive),
            ("git push", Destructive),
            ("git fetch", Network),
            ("rm x", Destructive),
            ("sudo ls", Destructive),
            ("sh -c ls", Destructive),
            ("env ls", Destructive),
            ("xargs ls", Destructive),
            ("find . -name x", Read),
            ("find . -delete", Destructive),
            ("find . -exec rm {} +", Destructive),
            ("mkdir -p a/b", WorkspaceWrite),
            ("mkdir /etc/x", Destructive),
            ("touch ../x", Destructive),
            ("curl https://example.com", Network),
            ("no-such-program", Destructive),
            ("", Destructive),
        ] {
            assert_eq!(classify(&words(line)).class, class, "{line}");
        }
        assert_eq!(classify(&[]).class, Destructive);
    }

    #[test]
    fn the_strictest_of_author_rules_probe_and_variables_wins() {
        let command = |json: &str| serde_json::from_str::<Command>(json).unwrap();
        let read = command(r#"{"argv": ["git", "status"], "class": "read"}"#);
        assert_eq!(risk(&read), RiskClass::Read);
        assert!(!leaves_worktree(&read));
        for (json, class) in [
            (r#"{"argv": ["git", "status"]}"#, RiskClass::Destructive),
            (r#"{"argv": ["git", "status"], "class": "network"}"#, RiskClass::Network),
            (r#"{"argv": ["rm", "x"], "class": "read"}"#, RiskClass::Destructive),
            (r#"{"argv": ["pip", "list"], "class": "read", "unless": ["rm", "x"]}"#, RiskClass::Destructive),
            (
                r#"{"argv": ["pip", "list"], "class": "read", "env": {"LD_PRELOAD": "x"}}"#,
                RiskClass::Destructive,
            ),
            (r#"{"argv": ["pip", "list"], "class": "read", "env": {"DJANGO_DEBUG": "1"}}"#, RiskClass::Read),
        ] {
            assert_eq!(risk(&command(json)), class, "{json}");
        }
    }
}
