use super::lint;
use crate::root::RootKind;
use crate::testing::{root, script};
use crate::{Templates, builtin};

/// What lint says of a template `x`: a line a finding, without the source line and the hint.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let templates = Templates::load(vec![root(RootKind::Project, files)]);
    lint(&templates, "x", &[])
        .unwrap()
        .iter()
        .map(|f| {
            let text = f.to_string();
            let hint = text.lines().find(|l| l.starts_with("hint: ")).unwrap_or_default();
            format!("{} / {hint}", text.lines().next().unwrap_or_default())
        })
        .filter(|line| !line.contains("META has no"))
        .collect()
}

fn of(rest: &str) -> Vec<String> {
    findings(&[("x.rhai", &script(rest))])
}

#[test]
fn calls_of_functions_that_do_not_exist() {
    assert_eq!(
        of(
            "fn plan(p) {\n    if false { step::create_modek(#{}) }\n    names::plurl(\"a\");\n    frob(1);\n    []\n}"
        ),
        [
            "x.rhai:3:16: error: there is no function `step::create_modek` / hint: did you mean `step::create_model`?",
            "x.rhai:4:5: error: there is no function `names::plurl` / hint: did you mean `names::plural`?",
            "x.rhai:5:5: error: there is no function `frob` / ",
        ]
    );
}

#[test]
fn a_wrong_number_of_arguments() {
    let found = of("fn plan(p) {\n    if false { step::create_model() }\n    []\n}");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("`step::create_model` is called with 0 argument(s) / hint: it takes 1 or 2"),
        "{found:?}"
    );
}

#[test]
fn what_the_language_and_the_script_have_is_known() {
    let fine = "fn mine(a) { a + 1 }\nfn plan(p) {\n    let a = [1, 2];\n    a.push(mine(1));\n    let m = #{ f: |x| x * 2 };\n    \
                if a.some(|x| x > 1) && type_of(a) == \"array\" { m.f(2); }\n    a.len();\n    let t = `${a.len()}`.to_upper();\n    \
                t.replace(\"A\", \"B\");\n    []\n}";
    assert_eq!(of(fine), [""; 0]);
}

#[test]
fn libraries_are_looked_into() {
    let x = script(
        "import \"lib/words\" as words;\nfn plan(p) {\n    words::shout(\"a\");\n    words::shuot(\"a\");\n    []\n}",
    );
    let found = findings(&[("lib/words.rhai", "fn shout(a) {\n    a.to_uper()\n}"), ("x.rhai", &x)]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("lib/words.rhai:2:7: error: there is no function `to_uper`"), "{found:?}");
    assert!(found[1].starts_with("x.rhai:5:5: error: there is no function `words::shuot`"), "{found:?}");
}

#[test]
fn step_types_that_nothing_carries_out() {
    let found = of(
        "fn plan(p) {\n    [\n        #{ type: \"create_modek\", description: \"x\" },\n        step::any(\"publish_feed\", #{}),\n    ]\n}",
    );
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("x.rhai:4:18: error: no plugin here carries out steps of type `create_modek` / hint: did you mean `create_model`?"), "{found:?}");
    assert!(
        found[1].contains("warning: no plugin here carries out steps of type `publish_feed`"),
        "{found:?}"
    );
}

#[test]
fn params_that_are_not_declared() {
    let params = "const PARAMS = #{ type: \"object\", properties: #{ model: #{ type: \"string\", description: \"d\" }, unused: #{ type: \"string\", description: \"d\" } } };\n";
    let found = of(&format!(
        "{params}fn plan(p) {{\n    p.extra = 1;\n    let a = p.modle.len();\n    let b = p.model;\n    let c = p.extra;\n    []\n}}"
    ));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().any(|f| f.contains(
            "x.rhai:5:15: error: `PARAMS` declares no parameter `modle` / hint: did you mean `p.model`?"
        )),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|f| f.contains("warning: the parameter `unused` is declared, and `plan` never reads it")),
        "{found:?}"
    );
    // Handed on as a whole, anything of it may be read.
    assert_eq!(
        of(&format!(
            "{params}fn other(q) {{ q.unused }}\nfn plan(p) {{\n    other(p);\n    [p.model];\n    []\n}}"
        )),
        [""; 0]
    );
}

#[test]
fn bodies_that_are_not_there_do_not_parse_or_read_what_nobody_gives() {
    let meta = "const META = #{ name: \"x\", title: \"t\", summary: \"s\", version: \"1\", stacks: [\"django\"] };\n";
    let x = format!(
        "{meta}fn plan(p) {{\n    [\n        step::create_test(#{{ name: \"a\", body: body(\"a\"), context: #{{ tag: 1, relation: 2 }} }}),\n        \
         step::create_test(#{{ name: \"b\", body: body(\"b\") }}),\n        step::create_test(#{{ name: \"c\", body: body(\"missing\") }}),\n    ]\n}}"
    );
    let found = findings(&[
        ("x.rhai", &x),
        ("x/a.django.j2", "{{ context.tag }}\n{{ context.relatoin }} {{ relation }}\n"),
        ("x/b.django.j2", "one\n{% if %}\n"),
        ("x/other.django.j2", "{{ name }}"),
    ]);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(
        found[0].contains(
            "x.rhai:6:47: error: there is no body `x/missing.django.j2` / hint: write x/missing.django.j2"
        ),
        "{found:#?}"
    );
    assert!(found.iter().any(|f| f.contains("x/a.django.j2:2:4: error: no step gives this body a `context.relatoin` / hint: did you mean `context.relation`?")), "{found:#?}");
    assert!(
        found.iter().any(|f| f.contains("error: a body sees `relation` as `context.relation`")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|f| f.contains("x/b.django.j2:2: error: the body does not parse")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|f| f.contains("x/other.django.j2: warning: the script asks for no such body")),
        "{found:#?}"
    );
}

#[test]
fn what_meta_leaves_out() {
    let x = "const META = #{ name: \"x\", title: \"t\", summary: \"s\", version: \"1\", examples: [\"Tag {modle}\"] };\nfn plan(p) { [] }";
    let templates = Templates::load(vec![root(RootKind::Project, &[("x.rhai", x)])]);
    let found: Vec<String> = lint(&templates, "x", &[]).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("META has no `keywords`"), "{found:?}");
    assert!(found[1].contains("`{modle}` in \"Tag {modle}\" is no parameter"), "{found:?}");
}

#[test]
fn a_template_that_cannot_be_loaded_is_a_finding() {
    let found = findings(&[("x.rhai", "const META = #{ name: \"x\", title: \"t\" };\nfn plan(p) { [] }")]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("x.rhai:1:14: error: META: missing field `summary`"), "{found:?}");
    let templates = Templates::load(vec![builtin()]);
    assert!(lint(&templates, "taging", &[]).unwrap_err().to_string().contains("did you mean `tagging`?"));
}

#[test]
fn the_shipped_templates_are_clean() {
    let templates = Templates::load(vec![builtin()]);
    for template in templates.list() {
        let found = lint(&templates, &template.meta().name, &[]).unwrap();
        assert_eq!(found, [], "{}", template.meta().name);
    }
}

#[test]
fn an_example_must_be_understood_as_the_template() {
    let meta = |examples: &str| {
        format!(
            "const META = #{{ name: \"x\", title: \"t\", summary: \"s\", version: \"1\", keywords: [\"archive\"], examples: [{examples}] }};\n\
             const PARAMS = #{{ type: \"object\", required: [\"model\"], properties: #{{ model: #{{ type: \"string\", description: \"d\", \"x-kind\": \"model\", examples: [\"shop.Order\"] }} }} }};\n\
             fn plan(p) {{ [step::manual(#{{ instructions: p.model }})] }}"
        )
    };
    let with_builtin = |examples: &str| {
        let templates =
            Templates::load(vec![builtin(), root(RootKind::Project, &[("x.rhai", &meta(examples))])]);
        let found = lint(&templates, "x", &[]).unwrap();
        found.iter().map(|f| f.report.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(with_builtin("\"Add archiving to {model}\", \"Let {model} be archived\""), [""; 0]);
    let found = with_builtin("\"Note the archive\", \"Add tags to {model}\", \"Frobnicate {model}\"");
    assert_eq!(
        found,
        [
            "META.examples: \"Note the archive\" does not give a plan of this template: the template x only adds, and \"Note\" asks for something else",
            "META.examples: \"Add tags to orders\" does not give a plan of this template: it is a request for the template `tagging`",
            "META.examples: \"Frobnicate orders\" does not give a plan of this template: no template does what \"Frobnicate orders\" asks for",
        ]
    );
}
