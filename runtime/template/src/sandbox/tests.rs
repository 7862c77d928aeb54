use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::testing::{project, template, template_of};
use crate::{LimitKind, Limits, TemplateError, TemplatePlan};
use aksara_protocol::JsonMap;

fn run(body: &str) -> Result<TemplatePlan, TemplateError> {
    run_within(body, &Limits::default())
}

fn run_within(body: &str, limits: &Limits) -> Result<TemplatePlan, TemplateError> {
    template(&format!("fn plan(p) {{\n{body}\n}}"))?.plan(&JsonMap::new(), &project(&[]), limits)
}

fn limit(result: Result<TemplatePlan, TemplateError>) -> LimitKind {
    match result {
        Err(TemplateError::Limit { limit, .. }) => limit,
        other => panic!("no limit was reached: {other:?}"),
    }
}

#[test]
fn there_is_no_clock() {
    let started = Instant::now();
    for call in ["sleep(60)", "sleep(60.0)", "timestamp()", "fn_sleep()"] {
        let script = format!("fn fn_sleep() {{ sleep(60) }}\nfn plan(p) {{ {call}; [] }}");
        let error = template(&script)
            .and_then(|t| t.plan(&JsonMap::new(), &project(&[]), &Limits::default()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("a template has no clock"), "{call}: {error}");
    }
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn there_is_no_eval() {
    let error = run("eval(\"1\")").unwrap_err();
    assert!(matches!(error, TemplateError::Syntax(_)), "{error}");
    assert!(run("let f = Fn(\"eval\"); f.call(\"1\"); []").is_err());
}

#[test]
fn imports_stay_inside_the_roots() {
    let secret = tempfile::tempdir().unwrap();
    let path = secret.path().join("secret");
    std::fs::write(path.with_extension("rhai"), "fn x() { 1 }").unwrap();
    for import in
        [path.display().to_string(), "../secret".to_owned(), "lib/../lib/none".to_owned(), "x".to_owned()]
    {
        let error = template(&format!("import \"{import}\" as s;\nfn plan(p) {{ [] }}")).unwrap_err();
        assert!(matches!(error, TemplateError::Declaration(_)), "{error}");
    }
    let error = run("import \"lib/\" + p.len() as s; []").unwrap_err();
    assert!(error.to_string().contains("an import names its library as plain text"), "{error}");
}

#[test]
fn endless_work_is_ended() {
    assert_eq!(limit(run("loop {}")), LimitKind::Operations);
    assert_eq!(limit(run("let x = 0; while true { x += 1; } []")), LimitKind::Operations);
    let recursion = template("fn f(x) { f(x + 1) }\nfn plan(p) { f(0) }").unwrap();
    assert_eq!(limit(recursion.plan(&JsonMap::new(), &project(&[]), &Limits::default())), LimitKind::Calls);

    let limits = Limits { operations: u64::MAX, deadline: Duration::from_millis(50), ..Limits::default() };
    let started = Instant::now();
    let error = run_within("loop {}", &limits).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(
        error.to_string(),
        "x.rhai:3:1: the template ran for more than 50 ms; is there an endless loop?\n   |\n 3 | loop {}\n   | ^^^^"
    );
}

#[test]
fn cancelling_ends_the_work() {
    let cancelled = Some(Arc::new(AtomicBool::new(true)));
    let limits = Limits { operations: u64::MAX, cancelled, ..Limits::default() };
    assert_eq!(run_within("loop {}", &limits), Err(TemplateError::Cancelled { template: "x".into() }));
}

#[test]
fn values_cannot_grow_without_end() {
    for body in [
        "let s = \"x\"; loop { s += s; }",
        "let s = \"x\"; s.pad(1000000000, \" \"); []",
        "let a = [1]; loop { a += a; }",
        "let a = []; a.pad(100000000, 0); []",
        "let a = [1]; loop { a = [a, a]; }",
        "let m = #{}; let i = 0; loop { m[i.to_string()] = i; i += 1; }",
        "let a = []; loop { a.push(`0123456789 0123456789 0123456789`); }",
    ] {
        let started = Instant::now();
        match run(body) {
            Err(TemplateError::Limit { limit: LimitKind::Size | LimitKind::Operations, .. }) => {}
            other => panic!("{body}: {other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{body}");
    }
}

#[test]
fn deep_expressions_are_refused_and_nothing_overflows() {
    let deep = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(matches!(run(&deep), Err(TemplateError::Syntax(_))));
    let nested = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(matches!(run(&nested), Err(TemplateError::Syntax(_))));
}

#[test]
fn the_limits_do_not_depend_on_the_build() {
    // Depths that a debug build would refuse by the engine's own defaults, and a release build would not.
    let calls = template("fn f(x) { if x == 0 { [] } else { f(x - 1) } }\nfn plan(p) { f(25) }").unwrap();
    assert!(calls.plan(&JsonMap::new(), &project(&[]), &Limits::default()).is_ok());
    let deep = format!("let x = {}1{}; []", "(1 + ".repeat(25), ")".repeat(25));
    assert!(run(&deep).is_ok(), "{:?}", run(&deep));
}

#[test]
fn mistakes_are_errors() {
    for (body, expected) in [
        ("modle", "undefined variable: modle"),
        ("p.typo", "there is no `typo` in this map"),
        ("step::create_modek(#{})", "did you mean `step::create_model`?"),
        ("names::upper(\"x\")", "`names::` has camel, human, kebab, pascal, plural, singular, snake, title"),
        ("names::plural(1)", "`names::plural` cannot be called with (i64)"),
        ("nmaes::plural(1)", "did you mean `names::`?"),
        ("plam(p)", "did you mean `plan`?"),
        ("project::model(\"blog.Post\")", "the project has no model `blog.Post`"),
        ("throw \"no luck\"", "no luck"),
        ("#{ default: 1 }", "must be quoted"),
        ("exit([])", "`exit` is not there"),
        ("let x = ;", "x.rhai:3:"),
    ] {
        let error = run(body).unwrap_err().for_author();
        assert!(error.to_lowercase().contains(&expected.to_lowercase()), "{body}: {error}");
        assert!(error.contains("x.rhai:3:"), "{body}: {error}");
    }
}

#[test]
fn an_error_in_a_library_shows_the_library_and_the_way_there() {
    let main =
        crate::testing::script("import \"lib/words\" as words;\nfn plan(p) {\n    words::shout(1)\n}\n");
    let library = "fn shout(x) {\n    deeper(x)\n}\nfn deeper(x) {\n    throw \"too loud\"\n}\n";
    let template = template_of(&[("x.rhai", &main), ("lib/words.rhai", library)]).unwrap();
    let error = template.plan(&JsonMap::new(), &project(&[]), &Limits::default()).unwrap_err();
    assert_eq!(
        error.for_author(),
        "lib/words.rhai:5:5: too loud\n   |\n 5 |     throw \"too loud\"\n   |     ^^^^^\n  \
         in `deeper`, called at lib/words.rhai:2\n  \
         in `shout`, called at x.rhai:4"
    );
}

/// Who plans gets a sentence and what to type; the script's lines are for its author.
#[test]
fn what_a_script_throws_is_told_without_its_lines() {
    for (body, expected) in [
        ("throw \"no luck\"", "no luck\nhint: `aksara template show x` lists the parameters"),
        ("throw #{ message: `no ${1 + 1}`, hint: \"say 3\" }", "no 2\nhint: say 3"),
        ("throw #{ message: \"no luck\" }", "no luck\nhint: `aksara template show x` lists the parameters"),
    ] {
        let error = run(body).unwrap_err();
        assert!(matches!(error, TemplateError::Refused { .. }), "{error:?}");
        assert_eq!(error.to_string(), expected);
        assert!(error.for_author().contains("x.rhai:3:"), "{}", error.for_author());
    }
    // What a function of the host refuses is a mistake of the script: its lines are shown. What names nothing was
    // given by who plans.
    let script = crate::testing::script(
        "const PARAMS = #{ type: \"object\", properties: #{ app: #{ type: \"string\", description: \"An app\" } } };\n\
         fn plan(p) { project::app(p.app); [] }\n",
    );
    let template = template_of(&[("x.rhai", &script)]).unwrap();
    let params = serde_json::json!({ "app": "shop" }).as_object().cloned().unwrap();
    let error = template.plan(&params, &project(&["blog.Post"]), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the project has no app `shop`\nhint: there is only blog");
    assert!(error.for_author().contains("x.rhai:"), "{}", error.for_author());
    let error = run("project::model(\"blog.Post\")").unwrap_err();
    assert!(error.to_string().contains("x.rhai:3:"), "{error}");
}

#[test]
fn a_failing_script_does_not_end_the_host() {
    for body in [
        "0 / 0",
        "[1][99]",
        "-9223372036854775807 - 9",
        "\"abc\"[7]",
        "1 << 700",
        "let x = [1]; x.insert(9, x); x.x",
    ] {
        let result = run(body);
        assert!(!matches!(result, Err(TemplateError::Crashed { .. })), "{body}: {result:?}");
    }
}
