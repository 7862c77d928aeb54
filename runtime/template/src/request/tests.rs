use aksara_protocol::ProjectFacts;
use aksara_protocol::facts::{Args, FieldFacts};
use serde_json::Value;

use super::{Beside, PlanningCode, PlanningError, Understood, model_to_make, understand};
use crate::testing::{model, project};
use crate::{Templates, builtin};

mod additions;
mod creations;
mod limits;
mod meanings;
mod several;

fn ask(request: &str, facts: &ProjectFacts, app: Option<&str>) -> Result<Understood, PlanningError> {
    let beside = Beside { app, ..Beside::default() };
    understand(request, &Templates::load(vec![builtin()]), Some(facts), beside)
}

fn value(understood: &Understood, name: &str) -> Option<(String, &'static str)> {
    let (_, value, from) = understood.params.iter().find(|(n, _, _)| n == name)?;
    Some((value.as_str().map_or_else(|| value.to_string(), str::to_owned), from))
}

#[test]
fn requests_that_are_understood() {
    let blog = project(&["blog.Post"]);
    for (request, from) in [
        ("Add tagging", "facts"),
        ("add tags", "facts"),
        ("Add a tagging system to the blog", "facts"),
        ("Add a tagging system to my project", "facts"),
        ("Please add a simple tagging feature", "facts"),
        ("I want to be able to add tags", "facts"),
        ("Add tags to posts", "request"),
        ("Add tags to the blog's posts.", "request"),
        ("Add tags to the Post model", "request"),
        ("Add tagging support for blog.Post", "request"),
        ("let posts have labels", "request"),
        ("Let's give every post tags", "request"),
        ("posts should have tags", "request"),
        ("tag blog posts", "request"),
        ("TAG POSTS!", "request"),
        ("make posts taggable", "request"),
        ("Let users tag posts", "request"),
        ("Implement a post tagging system", "request"),
        ("We need labels on our blog posts", "request"),
        ("I'd like tags on posts", "request"),
        ("Add many-to-many tags to posts", "request"),
        ("Add a tags field to posts", "request"),
        ("Add tags to the post table", "request"),
        ("Add tags to posts via the API", "request"),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "tagging", "{request}");
        assert_eq!(value(&understood, "model"), Some(("blog.Post".into(), from)), "{request}");
        assert!(
            understood.missing.is_empty() && understood.unexplained.is_empty(),
            "{request}: {understood:?}"
        );
    }
}

#[test]
fn requests_for_comments_and_reviews() {
    let blog = project(&["blog.Post", "blog.Product"]);
    for (request, model, name, replies) in [
        ("Add commenting to posts", "blog.Post", None, None),
        ("Add comments to posts with nested replies", "blog.Post", Some("Comment"), Some("true")),
        ("Add a comment system to posts, without replies", "blog.Post", Some("Comment"), Some("false")),
        ("Let users comment on posts", "blog.Post", Some("Comment"), None),
        ("Add reviews to products", "blog.Product", Some("Review"), None),
        ("Posts should have comments", "blog.Post", Some("Comment"), None),
        ("Add nested comments to posts", "blog.Post", Some("Comment"), None),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "commenting", "{request}");
        let given =
            |name: &str| value(&understood, name).filter(|(_, from)| *from == "request").map(|(v, _)| v);
        assert_eq!(given("model").as_deref(), Some(model), "{request}");
        if let Some(name) = name {
            let made = value(&understood, "comment_model").map_or_else(|| "Comment".to_owned(), |(v, _)| v);
            assert_eq!(made, name, "{request}");
        }
        assert_eq!(given("include_replies").as_deref(), replies, "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
}

#[test]
fn requests_for_ratings() {
    let shop = project(&["blog.Post", "shop.Product"]);
    for (request, model, range) in [
        ("Add ratings to posts", "blog.Post", None),
        ("Let users rate products", "shop.Product", None),
        ("Add a rating system where users can rate products 1-5 stars", "shop.Product", Some(("1", "5"))),
        ("Rate posts from 1 to 10", "blog.Post", Some(("1", "10"))),
        ("Add ratings between 0 and 3 to posts", "blog.Post", Some(("0", "3"))),
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "rating", "{request}");
        assert_eq!(value(&understood, "model"), Some((model.to_owned(), "request")), "{request}");
        let given =
            |name: &str| value(&understood, name).filter(|(_, from)| *from == "request").map(|(v, _)| v);
        let both = given("min_score").zip(given("max_score"));
        assert_eq!(both, range.map(|(low, high)| (low.to_owned(), high.to_owned())), "{request}");
    }
    for request in ["Rate posts 5-1", "Rate posts 1-5 and 1-10", "Add tags to posts 1-5"] {
        assert_eq!(ask(request, &shop, None).expect_err(request).code, PlanningCode::NotCovered, "{request}");
    }
}

/// The facts with a price in the model.
fn with_price(mut facts: ProjectFacts, label: &str) -> ProjectFacts {
    let models = facts.apps.iter_mut().flat_map(|app| &mut app.models);
    for model in models.filter(|model| model.label == label) {
        model.fields.push(FieldFacts {
            name: "price".to_owned(),
            class: "django.db.models.DecimalField".to_owned(),
            args: Args::default(),
            relation: None,
            base: None,
            inherited_from: None,
            line: 1,
        });
    }
    facts
}

#[test]
fn requests_for_a_checkout() {
    let shop = with_price(project(&["blog.Post", "shop.Product"]), "shop.Product");
    for (request, from) in [
        ("Add checkout flow", "facts"),
        ("Add a complete e-commerce checkout flow", "facts"),
        ("Add a shopping cart and checkout", "facts"),
        ("Add a checkout for products", "request"),
        ("Add a shopping cart for products", "request"),
        ("Let users purchase products", "request"),
        ("Add a checkout with stock for products", "request"),
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "checkout", "{request}");
        assert_eq!(value(&understood, "model"), Some(("shop.Product".to_owned(), from)), "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
        let stock = request.contains("stock").then(|| ("true".to_owned(), "request"));
        assert_eq!(value(&understood, "include_stock"), stock, "{request}");
    }
    // What the template itself makes has prices too, and is not sold.
    let twice = with_price(project(&["shop.Product", "shop.Order", "shop.OrderItem"]), "shop.Product");
    let twice = with_price(with_price(twice, "shop.Order"), "shop.OrderItem");
    let understood = ask("Add checkout flow", &twice, None).unwrap();
    assert_eq!(value(&understood, "model"), Some(("shop.Product".to_owned(), "facts")));
    let several = with_price(with_price(project(&["a.Book", "a.Game"]), "a.Book"), "a.Game");
    assert_eq!(ask("Add checkout flow", &several, None).unwrap().missing[0].choices, ["a.Book", "a.Game"]);
}

#[test]
fn a_model_that_is_missing_is_known_with_its_fields() {
    let blog = project(&["blog.Post"]);
    for (request, model) in [("Add checkout flow", "Product"), ("Add a checkout for books", "Book")] {
        let error = ask(request, &blog, None).expect_err(request);
        assert_eq!(model_to_make(&error, &blog).as_deref(), Some(model), "{request}: {error}");
        assert_eq!(error.fields.to_vec(), ["name", "price", "stock"], "{request}");
    }
    let error = ask("Add checkout flow", &blog, None).unwrap_err();
    assert!(error.message.contains("has no model with a decimal field, which checkout needs"), "{error}");
    assert!(!error.nearest.iter().any(|near| near.template == "checkout"), "{error}");
}

#[test]
fn a_word_before_a_feature_turns_a_part_on() {
    let blog = project(&["blog.Post"]);
    for (request, template, param) in [
        ("Add social login", "authentication", Some("include_social")),
        ("Add two factor authentication", "authentication", Some("include_2fa")),
        ("Add two-factor auth", "authentication", Some("include_2fa")),
        ("Add 2FA login", "authentication", Some("include_2fa")),
        ("Add a login API", "authentication", None),
        ("Add login endpoints", "authentication", None),
        ("Add a tagging API to posts", "tagging", Some("include_api")),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, template, "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
        let on = ["include_social", "include_2fa", "include_api"]
            .into_iter()
            .find(|name| value(&understood, name).is_some_and(|(on, _)| on == "true"));
        assert_eq!(on, param, "{request}");
    }
    let without = ask("Add authentication without 2fa", &blog, None).unwrap();
    assert_eq!(value(&without, "include_2fa"), Some(("false".to_owned(), "request")));
}

#[test]
fn who_does_something_is_not_what_gets_it() {
    let blog = project(&["blog.Post"]);
    for (request, template) in [
        ("Let readers comment on blog posts", "commenting"),
        ("Let visitors rate posts", "rating"),
        ("Keep an audit trail of posts", "audit_log"),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, template, "{request}");
        assert_eq!(value(&understood, "model"), Some(("blog.Post".to_owned(), "request")), "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
    let error = ask("Let readers have tags", &blog, None).unwrap_err();
    assert_eq!((error.code, error.missing), (PlanningCode::UnknownModel, vec!["readers".to_owned()]));
}

#[test]
fn a_plural_behind_with_is_what_the_tenants_are_called() {
    let blog = project(&["blog.Post"]);
    for (request, name) in [
        ("Make posts multi-tenant with households", Some("Household")),
        ("Add multi-tenancy with teams and subdomains", Some("Team")),
        ("Add multi-tenant support with organizations", Some("Organization")),
        ("Add multi-tenancy with subdomains", None),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "multi_tenant", "{request}");
        assert_eq!(value(&understood, "tenant_model").map(|(name, _)| name).as_deref(), name, "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
        assert_eq!(value(&understood, "by_subdomain").is_some(), request.contains("subdomain"), "{request}");
    }
    for request in [
        "Add multi-tenancy with subdomains and sports clubs",
        "Add multi-tenancy with permissions",
        "Add multi-tenancy with household",
        "Add multi-tenancy including comments",
        "Add tags to posts with households",
    ] {
        assert_eq!(ask(request, &blog, None).expect_err(request).code, PlanningCode::NotCovered, "{request}");
    }
}

#[test]
fn what_another_template_is_about_is_not_left_over() {
    let error = ask("Add reviews with ratings to posts", &project(&["blog.Post"]), None).unwrap_err();
    assert_eq!((error.code, error.missing), (PlanningCode::NotCovered, vec!["reviews".to_owned()]));
}

#[test]
fn a_suggestion_is_about_the_model_that_is_named() {
    let mut kitchen = project(&["kitchen.Ingredient", "kitchen.Recipe"]);
    let django = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.admin"];
    kitchen.settings.installed_apps.extend(django.map(str::to_owned));
    for request in [
        "Record versions of audits of recipes",
        "Add tags with analytics to recipes",
        "Make recipes multi-tenant with analytics",
        "Archive recipes",
    ] {
        let error = ask(request, &kitchen, None).expect_err(request);
        assert!(!error.nearest.is_empty(), "{request}: {error}");
        let other = error.nearest.iter().find(|near| near.example.contains("ingredients"));
        assert_eq!(other, None, "{request}");
        assert!(error.nearest[0].example.contains("recipes"), "{request}: {error}");
    }
    // Nor is anything suggested that the project cannot have.
    let suggests = |facts: &ProjectFacts| {
        let error = ask("Add logn", facts, None).unwrap_err();
        error.nearest.iter().any(|near| near.template == "authentication")
    };
    assert!(suggests(&kitchen));
    kitchen.settings.installed_apps.retain(|app| app != "rest_framework");
    assert!(!suggests(&kitchen));
}

#[test]
fn an_app_that_is_said_as_its_model_would_be_gets_that_model() {
    let empty = project(&["notes.", "shop.Product"]);
    for request in ["Add tags to notes", "Add comments to the notes"] {
        let error = ask(request, &empty, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::UnknownModel, "{request}: {error}");
        assert_eq!(model_to_make(&error, &empty).as_deref(), Some("notes.Note"), "{request}");
        assert!(error.to_string().contains("Create a Note model with name and description in the notes app"));
    }
    let alone = project(&["notes."]);
    for request in ["Add checkout flow", "Add a shopping cart and checkout"] {
        let error = ask(request, &alone, None).expect_err(request);
        assert_eq!(model_to_make(&error, &alone).as_deref(), Some("Product"), "{request}");
    }
    let named = ask("Add tags", &alone, Some("notes")).unwrap_err();
    assert_eq!(named.code, PlanningCode::NoModel);
    let hint = named.hint.as_deref().unwrap();
    assert!(hint.contains("Create a Product model with name and price in the notes app"), "{hint}");
}

#[test]
fn requests_that_are_refused() {
    let blog = project(&["blog.Post"]);
    for (request, code, missing) in [
        ("", PlanningCode::Empty, vec![]),
        (" ?! ", PlanningCode::Empty, vec![]),
        ("Deploy the thing", PlanningCode::NoTemplate, vec![]),
        ("Fix the bug", PlanningCode::NoTemplate, vec![]),
        ("Add user badges", PlanningCode::NoTemplate, vec![]),
        ("Add order history to users", PlanningCode::NoTemplate, vec![]),
        (
            "Add complete tagging with search, filters, and analytics",
            PlanningCode::NotCovered,
            vec!["search", "filters", "analytics"],
        ),
        ("Add tagging with analytics to posts", PlanningCode::NotCovered, vec!["analytics"]),
        ("Add tagging and voting to posts", PlanningCode::NotCovered, vec!["voting"]),
        ("Add tags to posts and articles", PlanningCode::NotCovered, vec!["articles"]),
        ("Add price tags to posts", PlanningCode::NotCovered, vec!["price"]),
        ("Remove tags from posts", PlanningCode::NotCovered, vec!["Remove"]),
        ("Don't add tags to posts", PlanningCode::NotCovered, vec!["Don't"]),
        ("Fix the tag bug", PlanningCode::NotCovered, vec!["Fix", "bug"]),
        ("Add tag cloud to blog", PlanningCode::NotCovered, vec!["cloud"]),
        ("Filter posts by tags", PlanningCode::NotCovered, vec!["Filter"]),
        ("Add tags to posts; remove links", PlanningCode::NotCovered, vec!["remove", "links"]),
        ("Add tagging to posts only", PlanningCode::NotCovered, vec!["only"]),
        ("Rename tags", PlanningCode::NotCovered, vec!["Rename"]),
        ("Add a field to tags", PlanningCode::NotCovered, vec!["field"]),
        ("Stop tagging posts", PlanningCode::NotCovered, vec!["Stop"]),
        ("Add tags to posts, not to pages", PlanningCode::NotCovered, vec!["not", "pages"]),
        ("Add tagging to articles", PlanningCode::UnknownModel, vec!["articles"]),
        ("Add tagging to the blog articles", PlanningCode::UnknownModel, vec!["articles"]),
        ("Add tags to articles of the blog", PlanningCode::UnknownModel, vec!["articles"]),
        ("Articles should have tags", PlanningCode::UnknownModel, vec!["Articles"]),
        ("Let articles have labels", PlanningCode::UnknownModel, vec!["articles"]),
        ("tag articles", PlanningCode::UnknownModel, vec!["articles"]),
        ("Add tags to users", PlanningCode::UnknownModel, vec!["users"]),
        ("Add tagging to blog.Comment", PlanningCode::UnknownModel, vec!["blog.Comment"]),
        ("Add tagging to the shop", PlanningCode::UnknownModel, vec!["shop"]),
        ("Tag the release", PlanningCode::UnknownModel, vec!["release"]),
        ("Add tags to psots", PlanningCode::UnknownModel, vec!["psots"]),
    ] {
        let error = ask(request, &blog, None).expect_err(request);
        assert_eq!(error.code, code, "{request}: {error}");
        assert_eq!(error.missing, missing, "{request}: {error}");
        // What is about no template is near to any.
        let tags = error.nearest.iter().any(|near| near.example == "Add tags to posts");
        assert!(
            tags || (matches!(code, PlanningCode::NoTemplate | PlanningCode::Empty)
                && (error.nearest.is_empty() || !error.is_beside)),
            "{request}: {error}"
        );
    }
    assert_eq!(ask(&"tag ".repeat(1000), &blog, None).unwrap_err().code, PlanningCode::TooLong);
}

#[test]
fn what_is_suggested_gives_a_plan() {
    for facts in [
        project(&["blog.Post"]),
        project(&["blog.Post", "shop.Post"]),
        project(&["blog.Tag", "blog.Label"]),
        project(&["shop.OrderItem", "shop.System", "crm.User"]),
    ] {
        for request in ["Add tag clouds to articles", "Add tagging to articles", "Remove tags", ""] {
            let error = ask(request, &facts, None).expect_err(request);
            assert!(!error.nearest.is_empty(), "{request}: {error}");
            for nearest in &error.nearest {
                let understood =
                    ask(&nearest.example, &facts, None).unwrap_or_else(|e| panic!("{nearest:?}: {e}"));
                assert_eq!(understood.template, nearest.template);
                assert!(understood.missing.is_empty(), "{nearest:?}");
            }
        }
    }
}

#[test]
fn a_model_whose_name_ends_with_the_word_is_suggested_and_no_other_made() {
    let facts = project(&["main.BlogPost", "main.Category"]);
    for (word, hint) in [
        ("posts", "did you mean blog posts (main.BlogPost)?"),
        ("post", "did you mean blog post (main.BlogPost)?"),
    ] {
        let error = ask(&format!("Add tags to {word}"), &facts, None).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some(hint));
        assert_eq!(model_to_make(&error, &facts), None, "{word}");
    }
    let error = ask("Add tags to ghosts", &facts, None).unwrap_err();
    assert_eq!(model_to_make(&error, &facts).as_deref(), Some("Ghost"));
}

#[test]
fn one_letter_away_is_suggested_and_never_taken() {
    let error = ask("Add tags to psots", &project(&["blog.Post"]), None).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r#"
    the project has no model called "psots"; its models: blog.Post
      understood: "tags" is about tagging
      not understood: "psots"
    hint: did you mean posts (blog.Post)?
    try: aksara ai plan "Add tags to posts"
    "#);
}

#[test]
fn a_request_for_more_says_what_is_not_covered() {
    let error = ask("Add tagging with search and analytics", &project(&["blog.Post"]), None).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r#"
    the template tagging does only part of what is asked for
      understood: "tagging" is about tagging
      not understood: "search" and "analytics"
    try: aksara ai plan "Add tags to posts"
    hint: `aksara template list` says what there is a template for
    "#);
}

#[test]
fn several_models_are_a_question() {
    let shop = project(&["shop.Product", "shop.Order", "blog.Post"]);
    for (request, app, choices) in [
        ("Add tagging", None, vec!["shop.Product", "shop.Order", "blog.Post"]),
        ("Add tagging to the shop", None, vec!["shop.Product", "shop.Order"]),
        ("Add tagging", Some("shop"), vec!["shop.Product", "shop.Order"]),
        ("Add tags to products and orders", None, vec!["shop.Product", "shop.Order"]),
    ] {
        let understood = ask(request, &shop, app).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.missing.len(), 1, "{request}: {understood:?}");
        assert_eq!(understood.missing[0].name, "model");
        assert_eq!(understood.missing[0].choices, choices, "{request}");
        assert_eq!(value(&understood, "model"), None);
    }
    for (request, app, label) in [
        ("Add tagging to the blog", None, "blog.Post"),
        ("Add tagging", Some("blog"), "blog.Post"),
        ("Add tags to orders", None, "shop.Order"),
        ("Add tags to orders", Some("shop"), "shop.Order"),
    ] {
        let understood = ask(request, &shop, app).unwrap();
        assert_eq!(value(&understood, "model").unwrap().0, label, "{request}");
    }
}

#[test]
fn the_same_name_in_two_apps_is_a_question_that_an_app_answers() {
    let both = project(&["blog.Post", "forum.Post"]);
    let understood = ask("Add tags to posts", &both, None).unwrap();
    assert_eq!(understood.missing[0].choices, ["blog.Post", "forum.Post"]);
    for (request, app) in [
        ("Add tags to posts", Some("forum")),
        ("Add tags to forum posts", None),
        ("Add tags to posts in the forum", None),
        ("Add tags to forum.Post", None),
    ] {
        let understood = ask(request, &both, app).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "model").unwrap().0, "forum.Post", "{request}");
    }
}

#[test]
fn an_app_that_is_wrong_is_refused() {
    let shop = project(&["shop.Product", "blog.Post"]);
    let error = ask("Add tags to posts", &shop, Some("shop")).unwrap_err();
    assert_eq!(error.code, PlanningCode::UnknownModel);
    assert!(error.message.contains("blog.Post is not in the app shop"), "{error}");
    let error = ask("Add tags", &shop, Some("blgo")).unwrap_err();
    assert_eq!(error.code, PlanningCode::UnknownApp);
    assert_eq!(error.hint.as_deref(), Some("did you mean --app blog?"));
    let error = ask("Add tags", &project(&["empty."]), None).unwrap_err();
    assert_eq!(error.code, PlanningCode::NoModel);
}

#[test]
fn models_of_several_words_are_found() {
    let shop = project(&["shop.OrderItem", "shop.Order", "shop.BlogPost"]);
    for (request, label) in [
        ("Add tags to order items", "shop.OrderItem"),
        ("Add tags to OrderItem", "shop.OrderItem"),
        ("Add tags to orderitems", "shop.OrderItem"),
        ("Add tags to orders", "shop.Order"),
        ("tag blog posts", "shop.BlogPost"),
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "model").unwrap().0, label, "{request}");
    }
}

#[test]
fn words_that_are_also_models_are_told_apart() {
    let odd = project(&["core.Label", "core.System", "core.User", "core.Post"]);
    for (request, label) in [
        ("Add tags to labels", "core.Label"),
        ("Add labels to posts", "core.Post"),
        ("Let users tag posts", "core.Post"),
        ("Let users have tags", "core.User"),
        ("Add tags to users", "core.User"),
        ("Add tags to systems", "core.System"),
    ] {
        let understood = ask(request, &odd, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(
            value(&understood, "model").map(|v| v.0).as_deref(),
            Some(label),
            "{request}: {understood:?}"
        );
    }
}

#[test]
fn abstract_and_proxy_models_are_never_assumed() {
    let mut facts = project(&["blog.Post"]);
    for (label, is_abstract) in [("blog.Base", true), ("blog.Draft", false)] {
        let mut extra = model(label);
        extra.is_abstract = is_abstract;
        extra.is_proxy = !is_abstract;
        facts.apps[0].models.push(extra);
    }
    let understood = ask("Add tagging", &facts, None).unwrap();
    assert_eq!(value(&understood, "model").unwrap().0, "blog.Post");
}

#[test]
fn parts_can_be_left_out() {
    let blog = project(&["blog.Post"]);
    for (request, name, on) in [
        ("Add tagging without tests", "include_tests", "false"),
        ("Add tags to posts without the admin and tests", "include_admin", "false"),
        ("Add tags to posts without the admin and tests", "include_tests", "false"),
        ("Add tags to posts, no API", "include_api", "false"),
        ("Add tags to posts with tests", "include_tests", "true"),
        ("Add tagging with an API endpoint and tests", "include_tests", "true"),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, name), Some((on.to_owned(), "request")), "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
    let error = ask("Add tags to posts without pagination", &blog, None).unwrap_err();
    assert_eq!(error.missing, ["without", "pagination"]);
}

#[test]
fn a_stray_word_is_listed() {
    let understood = ask("Add tags to posts quickly", &project(&["blog.Post"]), None).unwrap();
    assert_eq!(understood.unexplained, ["quickly"]);
    assert!(understood.score < 1.0);
    assert!(understood.why.contains(&"nothing explains \"quickly\"".to_owned()));
    assert!(understood.why.contains(&"\"posts\" is the model blog.Post".to_owned()));
}

#[test]
fn without_a_project_the_model_is_asked_for() {
    let templates = Templates::load(vec![builtin()]);
    let understood = understand("Add tagging", &templates, None, Beside::default()).unwrap();
    assert_eq!(understood.missing[0].name, "model");
    assert!(understood.missing[0].choices.is_empty());
}

#[test]
fn a_stack_without_templates_is_said() {
    let mut facts = project(&["blog.Post"]);
    facts.stack = "rails".to_owned();
    facts.step_types = vec!["manual".to_owned()];
    assert_eq!(ask("Add tags", &facts, None).unwrap_err().code, PlanningCode::NoTemplates);
}

#[test]
fn an_actor_beside_a_model_is_meant_as_a_model() {
    let blog = project(&["blog.Post"]);
    let error = ask("Add tags to posts and users", &blog, None).unwrap_err();
    assert_eq!((error.code, error.missing), (PlanningCode::NotCovered, vec!["users".to_owned()]));
    assert!(ask("Let users tag posts", &blog, None).unwrap().unexplained.is_empty());
}

#[test]
fn a_number_that_the_plan_would_not_keep_to_is_refused() {
    let error = ask("Add one tag to each post", &project(&["blog.Post"]), None).unwrap_err();
    assert_eq!((error.code, error.missing), (PlanningCode::NotCovered, vec!["one".to_owned()]));
}

#[test]
fn the_word_of_the_request_names_the_new_model() {
    let blog = project(&["blog.Post"]);
    for (request, name) in [
        ("Add labels to posts", Some("Label")),
        ("Add a Label model to posts", Some("Label")),
        ("let posts have labels", Some("Label")),
        ("Label posts", Some("Label")),
        ("Add a labelling system to posts", Some("Label")),
        ("Tag posts with labels", Some("Label")),
        ("Add topics to the blog", Some("Topic")),
        ("Add hashtags to posts", Some("Hashtag")),
        ("Add tags to posts", None),
        ("Tag posts", None),
        ("Add a tagging system to the blog", None),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "tag_model"), name.map(|n| (n.to_owned(), "request")), "{request}");
        assert_eq!(value(&understood, "model").unwrap().0, "blog.Post", "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
    let error = ask("Add tags and labels to posts", &blog, None).unwrap_err();
    assert_eq!((error.code, error.missing), (PlanningCode::NotCovered, vec!["labels".to_owned()]));
    // What was made before is not what the same words ask for a second time.
    let made = project(&["blog.Label", "blog.Post"]);
    assert_eq!(value(&ask("Add labels", &made, None).unwrap(), "model").unwrap().0, "blog.Post");
}

#[test]
fn a_model_is_not_its_own_tag() {
    let tagged = project(&["blog.Tag", "blog.Post"]);
    let error = ask("add tags to tags", &tagged, None).unwrap_err();
    assert_eq!(error.code, PlanningCode::Itself);
    insta::assert_snapshot!(error.to_string(), @r#"
    blog.Tag is the model that tagging makes, so tagging cannot be added to it
    hint: name another model, or give the new one another name with --set tag_model=NAME
    try: aksara ai plan "Add tags to posts"
    "#);
    let set = [("tag_model".to_owned(), serde_json::json!("Keyword"))];
    let beside = Beside { set: &set, ..Beside::default() };
    let templates = Templates::load(vec![builtin()]);
    assert!(understand("add tags to tags", &templates, Some(&tagged), beside).is_ok());
    // Nor is it suggested, whatever is asked for.
    for request in ["tag cloud", "deploy", "add tags to tags"] {
        let error = ask(request, &tagged, None).unwrap_err();
        let suggests = |example: &str| error.nearest.iter().any(|near| near.example == example);
        assert!(request == "deploy" || suggests("Add tags to posts"), "{request}: {error}");
        assert!(error.nearest.iter().all(|near| near.example != "Add tags to tags"), "{request}: {error}");
    }
}

#[test]
fn a_slip_is_corrected_in_the_suggestion() {
    let blog = project(&["blog.Post"]);
    for (request, suggested) in [
        ("add tasg to posts", "add tags to posts"),
        ("Give every psot lables, please!", "Give every post labels, please!"),
        ("Add tgas to the bolg", "Add tags to the blog"),
        ("Add tagginng", "Add tagging"),
    ] {
        let error = ask(request, &blog, None).expect_err(request);
        assert_eq!(error.nearest[0].example, suggested, "{request}: {error}");
        assert_eq!(
            error.to_string().matches("did you mean").count(),
            usize::from(error.code != PlanningCode::NoTemplate && error.code != PlanningCode::NotCovered),
            "{error}"
        );
        assert!(ask(suggested, &blog, None).is_ok(), "{suggested}");
    }
}

#[test]
fn what_fields_are_called_is_no_slip() {
    let error = ask("Show dates of posts", &project(&["blog.Post"]), None).unwrap_err();
    assert!(error.hint.is_none() && error.nearest.iter().all(|n| !n.example.contains("rates of")), "{error}");
    let error = ask("Set a date", &project(&["blog.Post"]), None).unwrap_err();
    assert!(!error.to_string().contains("rate\""), "{error}");
}

#[test]
fn what_is_not_installed_is_said() {
    let mut facts = project(&["blog.Post"]);
    facts.settings.file = aksara_protocol::RelPath::new("config/settings.py").ok();
    facts.not_installed.push(aksara_protocol::facts::UnusedApp {
        label: "news".into(),
        module: "apps.news".into(),
        dir: "apps/news".into(),
        models: vec!["Article".into()],
    });
    for request in ["Add tags to articles", "Add tags to news.Article", "Add tags to the news"] {
        assert_eq!(ask(request, &facts, None).unwrap_err().code, PlanningCode::NotInstalled, "{request}");
    }
    let error = ask("Add tags to articles", &facts, None).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r#"
    the model news.Article is in `apps/news`, but its app is not in INSTALLED_APPS: Django does not use it
      understood: "tags" is about tagging
    hint: add "apps.news", to INSTALLED_APPS in config/settings.py, commit that, and try again
    try: aksara ai plan "Add tags to posts"
    "#);
    assert_eq!(ask("Add tags", &facts, Some("news")).unwrap_err().code, PlanningCode::NotInstalled);
    assert_eq!(value(&ask("Add tags", &facts, None).unwrap(), "model").unwrap().0, "blog.Post");
    facts.apps.clear();
    assert_eq!(ask("Add tags", &facts, None).unwrap_err().code, PlanningCode::NotInstalled);
}

#[test]
fn a_feature_with_fields() {
    let blog = project(&["blog.Post"]);
    for (request, fields) in [
        ("Add user profiles with bio and avatar url", vec!["bio", "avatar_url"]),
        (
            "Add a user profile with phone, birthday:date and bio, without admin",
            vec!["phone", "birthday:date", "bio"],
        ),
        ("Please add profiles for users: bio, phone", vec!["bio", "phone"]),
    ] {
        let understood = ask(request, &blog, None).unwrap();
        assert_eq!(understood.template, "user_profile", "{request}");
        let given =
            understood.params.iter().find(|(name, ..)| name == "fields").map(|(_, value, _)| value.clone());
        assert_eq!(given, Some(Value::from(fields)), "{request}");
        let admin = understood.params.iter().find(|(name, ..)| name == "include_admin");
        assert_eq!(admin.is_some(), request.contains("admin"), "{request}");
    }
    let plain = ask("Add user profiles without tests", &blog, None).unwrap();
    assert!(plain.params.iter().all(|(name, ..)| name != "fields"));
    assert_eq!(
        ask("Add user profiles with tagging", &blog, None).unwrap_err().code,
        PlanningCode::NotCovered
    );
}

#[test]
fn authentication_is_asked_for_in_many_words() {
    let blog = project(&["blog.Post"]);
    for request in [
        "Add authentication with email verification",
        "Add user authentication with email verification",
        "Add user authentication",
        "Add login and logout",
        "Let users sign up and log in",
        "Add user registration with email verification",
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "authentication", "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {:?}", understood.unexplained);
    }
    for request in ["Add authentication with 2fa", "Add authentication with two-factor login"] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        let given = understood
            .params
            .iter()
            .any(|(name, value, _)| name == "include_2fa" && *value == Value::Bool(true));
        assert!(given, "{request}");
    }
}

#[test]
fn what_nothing_is_near_to_says_what_there_is() {
    let blog = project(&["blog.Post", "blog.Comment"]);
    for (request, reason) in [
        ("rename the post title to name", "does not rename what is there"),
        ("delete the post model", "does not delete what is there"),
        ("please fix the bug", "does not fix what is there"),
        ("make tests faster", "has no template for \"tests\""),
        ("write a README", "has no template for \"README\""),
        ("write documentation", "has no template for \"documentation\""),
        ("add pagination", "has no template for \"pagination\""),
        ("add search for posts", "has no template for \"search\""),
        ("add a rest api to posts", "has no template for \"rest\""),
    ] {
        let error = ask(request, &blog, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::NoTemplate, "{request}: {error}");
        let hint = error.hint.as_deref().unwrap_or_default();
        assert!(
            hint.contains(reason) && hint.contains("what it adds: fields, an audit log"),
            "{request}: {error}"
        );
        assert!(error.nearest.is_empty(), "{request}: {error}");
    }
    let error = ask("waiting list", &blog, None).unwrap_err();
    assert_eq!(error.hint, None, "{error}");
}

#[test]
fn what_limits_who_may_do_something_is_refused() {
    let shop = project(&["shop.Order", "shop.Product"]);
    for (request, template, limit) in [
        ("users can rate orders they made", "rating", "they made"),
        ("let users rate products that they have bought", "rating", "they have bought"),
        ("users can comment on orders they own", "commenting", "they own"),
        ("users can comment on their own orders", "commenting", "their own"),
        ("users who bought a product can rate it", "rating", "who bought"),
        ("only users can rate products", "rating", "only"),
        ("tags on orders for logged in users", "tagging", "logged in users"),
        ("add tags to orders, only for logged in users", "tagging", "logged in users"),
        ("add comments to orders for verified users", "commenting", "verified users"),
        ("users only see their own orders", "multi_tenant", "users"),
    ] {
        let error = ask(request, &shop, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::NotCovered, "{request}: {error}");
        let message = format!("the template {template} has no parameter for what \"{limit}\" limits");
        assert_eq!(error.message, message, "{request}");
    }
    for request in [
        "let users rate products",
        "let a customer rate products",
        "customers can comment on orders",
        "customers review products",
        "products can be rated by customers 1 to 5",
        "Let our users tag orders",
        "products want rating from users 1 to 5",
        "product reviews by users",
        "users must login with 2 factor",
        "multi tenancy by subdomain for orders",
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
}

#[test]
fn sentences_that_mean_a_feature() {
    let kitchen = project(&["kitchen.Recipe", "kitchen.Restaurant"]);
    for (request, template) in [
        ("Every workspace sees only its own recipes", "multi_tenant"),
        ("each company should only see its own recipes", "multi_tenant"),
        ("teams only see their own recipes", "multi_tenant"),
        ("separate data for every company", "multi_tenant"),
        ("hide deleted recipes instead of removing them", "soft_delete"),
        ("deleted recipes should be restorable", "soft_delete"),
        ("dont really delete recipes, just hide", "soft_delete"),
        ("when a recipe is deleted we must restore it", "soft_delete"),
        ("I want to see who edited a recipe", "audit_log"),
        ("keep history who changed the recipe", "audit_log"),
        ("log every change on recipes", "audit_log"),
    ] {
        let understood = ask(request, &kitchen, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, template, "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
        if template != "multi_tenant" {
            assert_eq!(value(&understood, "model").unwrap().0, "kitchen.Recipe", "{request}");
        }
    }
    for (request, name, models) in [
        ("each company only sees its own data", "Company", None),
        ("Every workspace sees only its own recipes", "Workspace", Some(r#"["kitchen.Recipe"]"#)),
        ("teams only see their own data", "Team", None),
    ] {
        let understood = ask(request, &kitchen, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "tenant_model").unwrap().0, name, "{request}");
        assert_eq!(value(&understood, "models").map(|(v, _)| v).as_deref(), models, "{request}");
    }
    // A model that is there is none that the template makes.
    let error =
        ask("recipes belong to a restaurant and restaurants only see their own", &kitchen, None).unwrap_err();
    assert!(error.message.contains("makes a new model for what is \"restaurants\""), "{error}");
    assert_eq!(error.nearest[0].example, "Make recipes multi-tenant", "{error}");
}

#[test]
fn all_models_that_are_named_together_are_meant() {
    let desk = project(&["work.Project", "work.Task", "work.Note"]);
    let tasks = ask("Add tags to project tasks", &desk, None).unwrap();
    assert_eq!(value(&tasks, "model").unwrap().0, "work.Task");
    let several = ask("audit tasks projects notes", &desk, None).unwrap();
    assert_eq!(several.missing[0].choices, ["work.Task", "work.Project", "work.Note"]);
    let understood = ask("each tenant own projects and tasks", &desk, None).unwrap();
    assert_eq!(value(&understood, "models").unwrap().0, r#"["work.Project","work.Task"]"#);
}
