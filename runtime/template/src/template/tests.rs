use aksara_protocol::{JsonMap, ProjectFacts};
use serde_json::json;

use crate::testing::{file, project, root, script, template, template_of};
use crate::{Limits, RootKind, TemplateError, TemplatePlan, Templates, builtin};

fn params(value: serde_json::Value) -> JsonMap {
    value.as_object().cloned().unwrap()
}

fn tagging(given: serde_json::Value, facts: &ProjectFacts) -> Result<TemplatePlan, TemplateError> {
    let templates = Templates::load(vec![builtin()]);
    assert_eq!(templates.problems(), []);
    templates.get("tagging").unwrap().plan(&params(given), facts, &Limits::default())
}

#[test]
fn tagging_gives_the_intents_of_the_design() {
    let plan = tagging(json!({ "model": "blog.Post" }), &project(&["blog.Post"])).unwrap();
    let shown: Vec<String> =
        plan.intents.iter().map(|i| format!("{}: {}", i.step_type, i.description)).collect();
    assert_eq!(
        shown,
        [
            "create_model: Create Tag model with name, slug fields",
            "modify_model: Add tags field to Post model",
            "create_migration: Create migration tag_post_tags in blog",
            "create_serializer: Create TagSerializer",
            "modify_serializer: Add tags (written as tag_ids) to PostSerializer",
            "create_viewset: Create TagViewSet with route tags",
            "modify_viewset: Filter PostViewSet by tag and load tags",
            "create_test: Add tests for tagging",
        ]
    );
    let of = |index: usize| serde_json::to_value(&plan.intents[index].params).unwrap();
    assert_eq!(
        serde_json::to_string(&plan.intents[0].params).unwrap(),
        r#"{"model":"blog.Tag","fields":[{"name":"name","type":"string","max_length":50,"unique":true},{"name":"slug","type":"slug","max_length":60,"unique":true}],"doc":"A label that groups posts.","ordering":["name"],"str":"name","before":"blog.Post","admin":{"list_display":["name","slug"],"search_fields":["name"],"prepopulated_fields":[["slug",["name"]]]}}"#
    );
    assert_eq!(
        of(1),
        json!({ "model": "blog.Post", "add": [{ "name": "tags", "type": "many_to_many", "blank": true,
            "to": "blog.Tag", "related_name": "posts" }] })
    );
    assert_eq!(of(2), json!({ "app": "blog", "name": "tag_post_tags" }));
    assert_eq!(of(3), json!({ "model": "blog.Tag", "before": "blog.Post" }));
    assert_eq!(of(4), json!({ "model": "blog.Post", "nest": "tags", "write_as": "tag_ids" }));
    assert_eq!(
        of(5),
        json!({ "model": "blog.Tag", "route": "tags", "permissions_of": "blog.Post", "filter_fields": ["slug"],
            "search_fields": ["name"] })
    );
    assert_eq!(
        of(6),
        json!({ "model": "blog.Post", "prefetch": ["tags"],
            "filter": [{ "name": "tag", "field": "tags__slug", "type": "string" }] })
    );
    let test = of(7);
    assert_eq!(test["context"], json!({ "tag": "blog.Tag", "relation": "tags", "write_as": "tag_ids" }));
    assert!(test["body"].as_str().unwrap().contains("context.tag"));
    assert!(plan.warnings.is_empty());
    assert!(
        plan.intents[0].position.as_ref().is_some_and(|(file, line)| file == "tagging.rhai" && *line > 1)
    );
    assert!(plan.asked.contains(&"model blog.Post".to_owned()));
}

#[test]
fn tagging_follows_the_names_it_is_given() {
    let given = json!({ "model": "shop.OrderItem", "tag_model": "Category", "include_tests": false });
    let plan = tagging(given, &project(&["shop.OrderItem"])).unwrap();
    let back = json!({ "model": "shop.OrderItem", "related_name": "labelled" });
    let other = tagging(back, &project(&["shop.OrderItem"])).unwrap();
    assert_eq!(other.intents[1].params["add"][0]["related_name"], "labelled");
    let all = serde_json::to_string(&plan).unwrap();
    for expected in [
        r#""model":"shop.Category""#,
        r#""name":"category_order_item_categories""#,
        r#""related_name":"order_items""#,
        r#""write_as":"category_ids""#,
        r#""route":"categories""#,
        r#"{"name":"category","field":"categories__slug","type":"string"}"#,
        "A label that groups order items.",
    ] {
        assert!(all.contains(expected), "{expected} in {all}");
    }
    assert!(plan.intents.iter().all(|i| i.step_type != "create_test"));
}

#[test]
fn tagging_makes_no_api_where_there_is_none() {
    let mut facts = project(&["blog.Post"]);
    facts.settings.installed_apps.clear();
    let plan = tagging(json!({ "model": "blog.Post" }), &facts).unwrap();
    let types: Vec<&str> = plan.intents.iter().map(|i| i.step_type.as_str()).collect();
    assert_eq!(types, ["create_model", "modify_model", "create_migration", "create_test"]);
    assert!(plan.warnings[0].contains("does not use Django REST framework"));
    facts.extra.insert("api".to_owned(), "ninja".into());
    let plan = tagging(json!({ "model": "blog.Post" }), &facts).unwrap();
    assert!(plan.warnings[0].contains("written with Django Ninja, and Aksara does not write such APIs yet"));

    let mut facts = project(&["blog.Post"]);
    facts.apps[0].viewsets.clear();
    let plan = tagging(json!({ "model": "blog.Post" }), &facts).unwrap();
    let types: Vec<&str> = plan.intents.iter().map(|i| i.step_type.as_str()).collect();
    assert_eq!(types, ["create_model", "modify_model", "create_migration", "create_test"]);
    assert!(plan.warnings[0].contains("has no viewset: the API is left as it is"));

    let mut facts = project(&["blog.Post"]);
    facts.apps[0].serializers.clear();
    let plan = tagging(json!({ "model": "blog.Post" }), &facts).unwrap();
    assert!(plan.intents.iter().all(|i| i.step_type != "modify_serializer"));
    assert!(plan.warnings[0].contains("has no serializer"));

    let given = json!({ "model": "blog.Post", "include_api": false, "include_admin": false, "include_migration": false });
    let plan = tagging(given, &project(&["blog.Post"])).unwrap();
    assert_eq!(plan.intents.len(), 3);
    assert!(!plan.intents[0].params.contains_key("admin"));
}

#[test]
fn tagging_opens_no_more_than_the_model_does() {
    let mut facts = project(&["blog.Post"]);
    facts.apps[0].viewsets[0].bases = vec!["rest_framework.viewsets.ReadOnlyModelViewSet".to_owned()];
    let plan = tagging(json!({ "model": "blog.Post" }), &facts).unwrap();
    let of = |index: usize| serde_json::to_value(&plan.intents[index].params).unwrap();
    assert_eq!(of(4), json!({ "model": "blog.Post", "nest": "tags" }));
    assert_eq!(of(5)["read_only"], json!(true));
    assert!(plan.asked.contains(&"actions on blog.Post".to_owned()));
}

#[test]
fn tagging_promises_no_filter_without_django_filter() {
    let mut facts = project(&["blog.Post"]);
    facts.settings.installed_apps = vec!["rest_framework".to_owned()];
    let plan = tagging(json!({ "model": "blog.Post" }), &facts).unwrap();
    let all = serde_json::to_string(&plan.intents).unwrap();
    assert!(!all.contains("filter_fields") && !all.contains("tags__slug"), "{all}");
    assert!(all.contains(r#""prefetch":["tags"]"#), "{all}");
    assert!(plan.warnings[0].contains("does not use django-filter"));
    assert!(!plan.success_criteria.iter().any(|c| c.contains("filtered")));
}

#[test]
fn a_model_that_is_not_there_is_refused_with_a_suggestion() {
    for (given, near) in [("post", "blog.Post"), ("blog.Psot", "blog.Post"), ("shop.Post", "blog.Post")] {
        let error = tagging(json!({ "model": given }), &project(&["blog.Post"])).unwrap_err().to_string();
        assert!(error.contains(&format!("the project has no model `{given}`")), "{error}");
        assert!(error.contains(&format!("hint: did you mean `{near}`?")), "{error}");
        assert!(!error.contains(".rhai"), "the one who plans did not write the script: {error}");
    }
    let error = tagging(json!({ "model": "blog.Tag" }), &project(&["blog.Tag"])).unwrap_err().to_string();
    assert!(error.contains("cannot be its own tag model"), "{error}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let facts = project(&["blog.Post", "blog.Author", "shop.Product"]);
    let bytes =
        || serde_json::to_string(&tagging(json!({ "model": "shop.Product" }), &facts).unwrap()).unwrap();
    let first = bytes();
    for _ in 0..20 {
        assert_eq!(bytes(), first);
    }
    let hash = || Templates::load(vec![builtin()]).get("tagging").unwrap().hash().to_owned();
    assert_eq!(hash(), hash());
    assert_eq!(hash().len(), 64);
}

#[test]
fn parameters_are_checked_before_the_script_runs() {
    let error = tagging(json!({ "modle": "x", "tag_model": "lower" }), &project(&["blog.Post"])).unwrap_err();
    let text = error.to_string();
    for expected in [
        "did you mean `model`?",
        "`model` is missing",
        "`tag_model` is wrong",
        "aksara template show tagging",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn another_stack_is_refused() {
    let mut facts = project(&["blog.Post"]);
    facts.stack = "rails".to_owned();
    let error = tagging(json!({ "model": "blog.Post" }), &facts).unwrap_err();
    assert!(matches!(error, TemplateError::WrongStack { .. }), "{error}");
}

#[test]
fn a_template_without_stacks_is_for_those_that_have_its_steps() {
    let made = |meta: &str| {
        let text = format!(
            "const META = #{{ name: \"x\", title: \"t\", summary: \"s\", version: \"1\", {meta} }};\n\
             fn plan(p) {{ [step::manual(#{{ instructions: `${{project::can(\"create_test\")}}` }})] }}"
        );
        template_of(&[("x.rhai", &text)]).unwrap()
    };
    let template = made("step_types: [\"create_model\"], optional_step_types: [\"create_test\"]");
    let mut facts = project(&["blog.Post"]);
    facts.stack = "toy".to_owned();
    let instructions = |facts: &ProjectFacts| {
        let plan = template.plan(&JsonMap::new(), facts, &Limits::default());
        plan.map(|plan| plan.intents[0].params["instructions"].clone())
    };
    // As long as nobody said what there is, everything may be.
    assert_eq!(instructions(&facts).unwrap(), "true");
    facts.step_types = vec!["create_model".to_owned()];
    assert_eq!(instructions(&facts).unwrap(), "false");
    facts.step_types = vec!["write_index".to_owned()];
    let error = instructions(&facts).unwrap_err();
    assert!(!template.knows(&facts) && matches!(error, TemplateError::NoExecutors { .. }), "{error}");
    // What a template says goes before.
    let for_toys = made("stacks: [\"toy\"], step_types: [\"create_model\"]");
    assert!(for_toys.knows(&facts));
}

#[test]
fn a_list_of_steps_is_a_template() {
    let template = template(
        r#"const STEPS = [
            #{ type: "create_model", description: "Create AuditLog model", name: "log" },
            #{ type: "create_middleware", description: "Create audit middleware", after: ["log"] },
            #{ type: "create_migration", description: "Generate migration" },
        ];"#,
    )
    .unwrap();
    let plan = template.plan(&JsonMap::new(), &project(&[]), &Limits::default()).unwrap();
    assert_eq!(plan.intents.len(), 3);
    assert_eq!(plan.intents[1].after, [0]);
    assert_eq!(plan.intents[0].description, "Create AuditLog model");
}

#[test]
fn a_wrong_declaration_is_told_when_the_template_is_loaded() {
    for (text, expected) in [
        ("fn plan(p) { [] }", "has no `const META"),
        ("const META = #{ name: \"x\" };", "x.rhai:1:14: META: missing field `title`"),
        (
            "const META = #{ name: \"x\", title: \"t\", summary: \"s\", version: 1 };",
            "META.version: invalid type: integer `1`, expected a string",
        ),
        (
            "const META = #{ name: \"y\", title: \"t\", summary: \"s\", version: \"1\" };",
            "META.name is `y`, but the file is called x.rhai",
        ),
        (&script(""), "neither `fn plan(p)` nor `const STEPS`"),
        (&script("fn plan() { [] }"), "`plan` takes one argument"),
        (&script("const STEPS = [];\nfn plan(p) { [] }"), "has both"),
        (&script("const STEPS = [#{ kind: \"x\" }];"), "steps[0].kind: unknown field `kind`"),
        (&script("const PARAMS = 1;\nfn plan(p) { [] }"), "x.rhai:2:16: PARAMS: it is not a map"),
        (
            &script("const A = 1;\nconst PARAMS = #{ type: A };\nfn plan(p) { [] }"),
            "a variable is not a literal",
        ),
        (&script("fn plan(p) {"), "x.rhai:2:"),
        ("", "has no `const META"),
    ] {
        let error = template_of(&[("x.rhai", text)]).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

#[test]
fn a_syntax_error_shows_its_line() {
    let error = template("fn plan(p) {\n    let x = [1, 2;\n    x\n}").unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r"
    x.rhai:3:18: expecting ',' to separate the items of this array literal
       |
     3 |     let x = [1, 2;
       |                  ^
    ");
}

#[test]
fn a_missing_body_says_what_to_add() {
    let text = script("fn plan(p) {\n    [step::any(\"t\", #{ body: body(\"tset\") })]\n}");
    let run = |files: &[(&str, &str)]| {
        template_of(files).unwrap().plan(&JsonMap::new(), &project(&[]), &Limits::default())
    };
    let error = run(&[("x.rhai", &text)]).unwrap_err();
    assert!(matches!(error, TemplateError::MissingBody(_)));
    assert!(error.to_string().contains("hint: add the file x/tset.django.j2 beside the script"), "{error}");
    let error = run(&[("x.rhai", &text), ("x/test.django.j2", "b")]).unwrap_err().to_string();
    assert!(error.contains("did you mean the body of `x/test.django.j2`?"), "{error}");
    let plan = run(&[("x.rhai", &text), ("x/tset.django.j2", "b")]).unwrap();
    assert_eq!(plan.intents[0].params["body"], "b");
}

#[test]
fn a_wrong_step_points_to_the_line_that_made_it() {
    let error = template("fn plan(p) {\n    let steps = [];\n    steps.push(step::create_model(#{ model: \"a.B\", fields: 1 }));\n    steps\n}")
        .unwrap()
        .plan(&JsonMap::new(), &project(&[]), &Limits::default())
        .unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r#"
    x.rhai:4: steps[0].params.fields: invalid type: integer `1`, expected a sequence
       |
     4 |     steps.push(step::create_model(#{ model: "a.B", fields: 1 }));
    "#);
}

#[test]
fn later_roots_win_and_a_broken_one_hides_what_it_replaces() {
    let good = script("fn plan(p) { [] }");
    let user = root(RootKind::User, &[("x.rhai", &good), ("y.rhai", "const")]);
    let templates = Templates::load(vec![user.clone(), root(RootKind::Project, &[("x.rhai", "broken(")])]);
    assert!(matches!(templates.get("x"), Err(TemplateError::Syntax(_))));
    assert_eq!(templates.problems().len(), 2);
    let templates = Templates::load(vec![
        root(RootKind::User, &[("x.rhai", "broken(")]),
        root(RootKind::Project, &[("x.rhai", &good)]),
    ]);
    assert_eq!(templates.get("x").unwrap().root(), (&RootKind::Project, "here"));
    assert!(templates.problems().is_empty());
    let error = Templates::load(vec![builtin()]).get("taging").unwrap_err().to_string();
    assert_eq!(error, "there is no template `taging`\nhint: did you mean `tagging`?");
}

#[test]
fn libraries_of_later_roots_do_not_reach_earlier_templates() {
    let text = script("import \"lib/words\" as words;\nfn plan(p) { [step::any(words::say(), #{})] }");
    let user = root(RootKind::User, &[("x.rhai", &text), ("lib/words.rhai", "fn say() { \"user\" }")]);
    let project_root = root(RootKind::Project, &[("lib/words.rhai", "fn say() { \"project\" }")]);
    let templates = Templates::load(vec![user, project_root]);
    let template = templates.get("x").unwrap();
    let plan = template.plan(&JsonMap::new(), &project(&[]), &Limits::default()).unwrap();
    assert_eq!(plan.intents[0].step_type, "user");
    assert_eq!(template.files()[1], file("lib/words.rhai", "fn say() { \"user\" }"));

    let circle = [
        ("x.rhai", text.as_str()),
        ("lib/words.rhai", "import \"lib/more\" as more;\nfn say() { 1 }"),
        ("lib/more.rhai", "import \"lib/words\" as words;\nfn more() { 1 }"),
    ];
    assert!(template_of(&circle).unwrap_err().to_string().contains("in a circle"));
}

#[test]
fn the_hash_follows_every_file() {
    let text = script("import \"lib/words\" as words;\nfn plan(p) { [] }");
    let hash = |body: &str, library: &str| {
        let files = [("x.rhai", text.as_str()), ("x/t.django.j2", body), ("lib/words.rhai", library)];
        template_of(&files).unwrap().hash().to_owned()
    };
    let first = hash("a", "fn a() { 1 }");
    assert_eq!(first, hash("a", "fn a() { 1 }"));
    assert_ne!(first, hash("b", "fn a() { 1 }"));
    assert_ne!(first, hash("a", "fn a() { 2 }"));
}

#[test]
fn a_template_describes_itself() {
    let templates = Templates::load(vec![builtin()]);
    let shown = templates.get("tagging").unwrap().describe();
    assert_eq!(shown["name"], "tagging");
    assert_eq!(shown["examples"][0], "Add tags to posts");
    assert_eq!(shown["params"]["properties"]["model"]["x-kind"], "model");
    assert_eq!(shown["root"], json!({ "kind": "built_in", "path": "built in" }));
    assert!(shown["doc"].as_str().unwrap().starts_with("Tags for a model"));
    let order: Vec<&String> = shown["params"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(order[..3], ["model", "tag_model", "relation"]);
}

#[test]
fn the_example_of_the_guide_is_a_template() {
    let guide = include_str!("../../../../templates/README.md");
    let script = guide.split("```rhai\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let templates = Templates::load(vec![root(RootKind::User, &[("audit.rhai", script)])]);
    assert_eq!(templates.problems(), []);
    let template = templates.get("audit").unwrap();
    let given = params(json!({ "model": "shop.Order" }));
    let plan = template.plan(&given, &project(&["shop.Order"]), &Limits::default()).unwrap();
    assert_eq!(plan.intents[0].description, "Create AuditLog model with user FK, change fields");
    for module in crate::script::MODULES {
        assert!(guide.contains(&format!("`{module}::`")), "{module}");
    }
}

#[test]
fn what_is_taken_as_proven_of_built_in_templates_is_so() {
    for template in Templates::load(vec![builtin()]).list() {
        let problem = crate::meta::schema_problem(template.params_schema());
        assert_eq!(problem, None, "{}", template.meta().name);
    }
}

#[test]
fn a_project_whose_apps_are_not_known_is_not_said_to_have_none() {
    let mut facts = project(&["blog.Post"]);
    facts.settings.installed_apps.clear();
    facts.settings.apps_unknown = Some("INSTALLED_APPS is nowhere".to_owned());
    let error = tagging(json!({ "model": "blog.Post" }), &facts).unwrap_err();
    assert!(matches!(error, TemplateError::Refused { .. }));
    let error = error.to_string();
    assert!(error.contains("which apps the project installs: INSTALLED_APPS is nowhere"), "{error}");
}

#[test]
fn urls_that_the_project_serves_already_are_left_to_it() {
    let planned = |given: serde_json::Value, path: &str, app: &str| {
        let mut facts = project(&["blog.Post"]);
        let url = json!({ "path": path, "view": format!("{app}.views.MeView") });
        facts.urls.push(serde_json::from_value(url).unwrap());
        let templates = Templates::load(vec![builtin()]);
        let template = templates.get("user_profile").unwrap();
        let plan = template.plan(&params(given), &facts, &Limits::default());
        plan.map(|plan| (plan.intents[0].params["urls"].clone(), plan.warnings.join("\n")))
    };
    let (place, warnings) = planned(json!({}), "/api/profiles/<slug:name>/", "people").unwrap();
    assert_eq!(place, "api/user-profiles/");
    assert!(warnings.contains("serves api/profiles/me/ already"), "{warnings}");
    // Other URLs, and those that were made here before, are in nobody's way.
    for (path, app) in [("/api/profiles/<int:pk>/", "people"), ("/api/profiles/me/", "profiles")] {
        let (place, warnings) = planned(json!({}), path, app).unwrap();
        assert_eq!((place, warnings.contains("already")), (json!("api/profiles/"), false));
    }
    let error =
        planned(json!({ "route": "api/people" }), "/api/people/me/", "people").unwrap_err().to_string();
    assert!(error.contains("/api/people/me/ leads to people.views.MeView already"), "{error}");
    assert!(error.contains("--set route=api/profiles/"), "{error}");
}
