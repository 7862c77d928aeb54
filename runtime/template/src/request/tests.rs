use aksara_protocol::ProjectFacts;
use aksara_protocol::facts::{Args, FieldFacts};
use serde_json::Value;

use super::{Beside, PlanningCode, PlanningError, Understood, model_to_make, understand};
use crate::testing::{model, project};
use crate::{Templates, builtin};

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
        assert_eq!(error.fields, ["name", "price", "stock"], "{request}");
    }
    let error = ask("Add checkout flow", &blog, None).unwrap_err();
    assert!(error.message.contains("has no model with a decimal field, which checkout needs"), "{error}");
    assert!(!error.nearest.iter().any(|near| near.template == "checkout"), "{error}");
}

#[test]
fn requests_for_fields_of_a_model() {
    let shop = project(&["blog.Post", "shop.Product", "shop.OrderItem"]);
    for (request, model, fields) in [
        ("Add a subtitle field to posts", "blog.Post", &["subtitle"][..]),
        ("Add price:decimal(10,2) and stock to products", "shop.Product", &["price:decimal(10,2)", "stock"]),
        ("Add a required isbn to products", "shop.Product", &["isbn required"]),
        (
            "Add a required capacity:integer min=1 to products",
            "shop.Product",
            &["capacity:integer min=1 required"],
        ),
        ("Add an optional unique sku:string(20) to products", "shop.Product", &["sku?:string(20) unique"]),
        ("Add an optional unique sku to shop.Product", "shop.Product", &["sku? unique"]),
        (
            "Please add the columns weight and height to the Product table",
            "shop.Product",
            &["weight", "height"],
        ),
        ("Add a status (draft, live) to posts", "blog.Post", &["status:choice(draft,live)"]),
        ("Add a field called colour to order items", "shop.OrderItem", &["colour"]),
        ("Add fields to posts: subtitle, isbn required", "blog.Post", &["subtitle", "isbn required"]),
        ("Add an editor foreign key to user to posts", "blog.Post", &["editor:fk(user)"]),
        ("Add date of birth to posts", "blog.Post", &["date_of_birth"]),
        ("Give posts a subtitle field", "blog.Post", &["subtitle"]),
        ("Posts should have a price", "blog.Post", &["price"]),
        ("I want to add a new slug to posts", "blog.Post", &["slug"]),
        ("Add a rating field to posts", "blog.Post", &["rating"]),
        ("Add a product to order items", "shop.OrderItem", &["product"]),
        ("Add phone to users", "auth.User", &["phone"]),
        ("Add a phone field to the User model", "auth.User", &["phone"]),
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "add_field", "{request}");
        assert_eq!(value(&understood, "model"), Some((model.to_owned(), "request")), "{request}");
        let given = understood.params.iter().find(|(name, ..)| name == "fields").unwrap();
        assert_eq!(given.1, serde_json::json!(fields), "{request}");
        assert!(understood.missing.is_empty() && understood.unexplained.is_empty(), "{request}");
    }
    let without = ask("Add a subtitle field to posts without admin and tests", &shop, None).unwrap();
    assert_eq!(value(&without, "include_admin"), Some(("false".to_owned(), "request")));
    assert_eq!(value(&without, "include_tests"), Some(("false".to_owned(), "request")));
    for (request, template) in [
        ("Add a tags field to posts", "tagging"),
        ("Add rating to posts", "rating"),
        ("Add comments to posts", "commenting"),
        ("Add products with name and price", "crud_feature"),
    ] {
        assert_eq!(ask(request, &shop, None).unwrap().template, template, "{request}");
    }
    for (request, code) in [
        ("Add a subtitle field to posts with analytics", PlanningCode::NotCovered),
        ("Add a subtitle field to pages", PlanningCode::UnknownModel),
        ("Add sparkles to posts", PlanningCode::NoTemplate),
        ("Add a link to the shop to posts", PlanningCode::NoTemplate),
        ("Remove the subtitle field from posts", PlanningCode::NoTemplate),
    ] {
        assert_eq!(ask(request, &shop, None).expect_err(request).code, code, "{request}");
    }
    let missing = ask("Add price and stock to gadgets", &shop, None).unwrap_err();
    assert_eq!(
        missing.hint.as_deref(),
        Some("make the model with its fields: aksara ai plan \"Create a Gadget model with price, stock\"")
    );
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
                && !error.nearest.is_empty()),
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
        for request in ["Deploy the thing", "Add tagging to articles", "Remove tags", ""] {
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
fn a_new_model_is_known_by_the_form_of_the_request() {
    let shop = project(&["shop.Category", "shop.Tag"]);
    for (request, name, fields) in [
        // What is left out ends where the next part begins.
        (
            "Create a Product model with name, no admin page, price and stock",
            "Product",
            vec!["name", "price", "stock"],
        ),
        (
            "Create a Product model with name without tests, price and sku",
            "Product",
            vec!["name", "price", "sku"],
        ),
        (
            "Create a Product model with name, price and description",
            "Product",
            vec!["name", "price", "description"],
        ),
        ("Add products with name, price and stock count", "Product", vec!["name", "price", "stock_count"]),
        ("Add a Product API with name and price", "Product", vec!["name", "price"]),
        (
            "Please create a new model called Product with a name, an optional description, and a unique sku.",
            "Product",
            vec!["name", "description?", "sku unique"],
        ),
        ("Create Product model", "Product", vec![]),
        (
            "I want to add an OrderItem model with fields: quantity, price:decimal(10,2) min=0, category",
            "OrderItem",
            vec!["quantity", "price:decimal(10,2) min=0", "category"],
        ),
        ("add order items with quantity and price", "OrderItem", vec!["quantity", "price"]),
        ("Add an address model with street, city & zip code", "Address", vec!["street", "city", "zip_code"]),
        ("Add CRUD for products with name and price", "Product", vec!["name", "price"]),
        (
            "Build a REST API for invoices that has number, due date and amount",
            "Invoice",
            vec!["number", "due_date", "amount"],
        ),
        ("Create a Tag2 model with name, colour in the shop app", "Tag2", vec!["name", "colour"]),
        (
            "Create a Product model with name and price (decimal(8,3)) without tests",
            "Product",
            vec!["name", "price:decimal(8,3)"],
        ),
        ("Create a Product model with name, price and tests", "Product", vec!["name", "price"]),
        ("Create a tag model with name", "Tag", vec!["name"]),
        (
            "Create a Gadget model with price as decimal and name as string",
            "Gadget",
            vec!["price:decimal", "name:string"],
        ),
        (
            "Create a Gadget model with title string, price decimal and text body",
            "Gadget",
            vec!["title:string", "price:decimal", "body:text"],
        ),
        ("Create a Gadget model with name, price with default 0", "Gadget", vec!["name", "price default=0"]),
        (
            "Create a Film model with title, rating between 1 and 5",
            "Film",
            vec!["title", "rating min=1 max=5"],
        ),
        ("Create a Gadget model with name as well as price", "Gadget", vec!["name", "price"]),
        ("Create model Product(name, price decimal(10,2))", "Product", vec!["name", "price:decimal(10,2)"]),
        ("Create a Product model: name, price", "Product", vec!["name", "price"]),
        (
            "Create a Product model with 3 fields: name, price, stock",
            "Product",
            vec!["name", "price", "stock"],
        ),
        ("Create a Task model with title, is done", "Task", vec!["title", "is_done"]),
        (
            "Create a Task model with title and priority (low, medium, high)",
            "Task",
            vec!["title", "priority:choice(low,medium,high)"],
        ),
        ("Create a Person model with name and date of birth", "Person", vec!["name", "date_of_birth"]),
        ("Create an Event model with only starts_at", "Event", vec!["starts_at"]),
        ("Can you create a Gadget model with name and price?", "Gadget", vec!["name", "price"]),
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "crud_feature", "{request}");
        assert_eq!(value(&understood, "model_name"), Some((name.to_owned(), "request")), "{request}");
        let given = understood.params.iter().find(|(name, _, _)| name == "fields").map(|(_, v, _)| v.clone());
        let expected = (!fields.is_empty()).then(|| serde_json::json!(fields));
        assert_eq!(given, expected, "{request}");
        assert_eq!(
            value(&understood, "app"),
            Some(("shop".to_owned(), "facts"))
                .filter(|_| !request.contains("shop"))
                .or(Some(("shop".to_owned(), "request"))),
            "{request}"
        );
        assert!(understood.missing.is_empty() && understood.unexplained.is_empty(), "{request}");
    }
    let understood = ask("Create a Product model with name without tests and admin", &shop, None).unwrap();
    assert_eq!(value(&understood, "include_tests").unwrap().0, "false");
    assert_eq!(value(&understood, "include_admin").unwrap().0, "false");
}

#[test]
fn asked_once_more_the_app_is_the_one_that_has_the_model() {
    let both = project(&["blog.Post", "shop.Product", "shop.Tenant"]);
    for (request, app) in [
        ("Create a Product model with name", Some("shop")),
        ("Add multi-tenancy", Some("shop")),
        ("Create an Order model with number", None),
    ] {
        let understood = ask(request, &both, None).unwrap();
        assert_eq!(value(&understood, "app"), app.map(|app| (app.to_owned(), "facts")), "{request}");
        assert_eq!(understood.missing.is_empty(), app.is_some(), "{request}");
    }
}

#[test]
fn a_part_without_timestamps_is_understood_behind_but() {
    let shop = project(&["shop.Category"]);
    let understood = ask("Create a Page model with title but no timestamps", &shop, None).unwrap();
    assert_eq!(value(&understood, "fields").unwrap().0, r#"["title"]"#);
    assert_eq!(value(&understood, "include_timestamps").unwrap().0, "false");
}

#[test]
fn what_is_nearly_a_new_model_is_refused_with_a_way_forward() {
    let blog = project(&["blog.Post"]);
    for (request, hint, example) in [
        (
            "create a product",
            "those of Product are missing",
            "Create a Product model with name and description",
        ),
        ("Add a Product", "those of Product are missing", "Create a Product model with name and description"),
        ("Create model", "name and its fields are missing", "Create a Product model with name and price"),
        (
            "Create Customer and Order models",
            "one model at a time",
            "Create a Customer model with name and description",
        ),
        ("Add likes to posts", "a model of their own", "Create a Like model with post and user"),
    ] {
        let error = ask(request, &blog, None).expect_err(request);
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{request}: {error}");
        assert_eq!(error.nearest.first().map(|n| n.example.as_str()), Some(example), "{request}");
        ask(example, &blog, None).unwrap_or_else(|e| panic!("{example}: {e}"));
    }
    for request in ["Add checkout flow", "Deploy the thing", "Add impersonation"] {
        let error = ask(request, &blog, None).expect_err(request);
        assert_eq!(error.hint, None, "{request}");
    }
    for request in
        ["Create a Gadget with name, price decimal(10,2", "Create a Gadget with price decimal(10,2 and name"]
    {
        assert!(ask(request, &blog, None).unwrap_err().missing[0].starts_with("decimal(10,2"), "{request}");
    }
    let open = ask("Create a Gadget model with name, price decimal(10,2", &blog, None).unwrap_err();
    assert_eq!(open.missing, ["decimal(10,2"]);
    assert!(open.to_string().contains("price:decimal(10,2) min=0"), "{open}");
}

#[test]
fn what_is_to_be_done_is_no_field() {
    let blog = project(&["blog.Post"]);
    for request in [
        "Create a Product model with name and price and make coffee",
        "Create a Product model with name and price, then tests",
    ] {
        ask(request, &blog, None).expect_err(request);
    }
}

#[test]
fn what_only_looks_like_a_new_model_is_none() {
    let shop = project(&["shop.Category"]);
    for request in [
        "Add payments with stripe and paypal",
        "Add user invoices with email delivery",
        "Add user badges",
        "Add search with ranking",
        "Add an API for categories",
        "Delete the product model",
        "Products with name and price",
    ] {
        let result = ask(request, &shop, None);
        assert!(result.as_ref().is_err_and(|e| e.code == PlanningCode::NoTemplate), "{request}: {result:?}");
    }
    let error =
        ask("Create a Product model with name and a link to the categories", &shop, None).unwrap_err();
    assert_eq!(
        (error.code, error.missing),
        (PlanningCode::NotCovered, vec!["a link to the categories".to_owned()])
    );
    let tagged = ask("Add tags to categories", &shop, None).unwrap();
    assert_eq!(tagged.template, "tagging");
    let two = project(&["shop.Category", "blog.Post"]);
    let understood = ask("Create a Product model with name", &two, None).unwrap();
    assert_eq!(understood.missing[0].choices, ["shop", "blog"]);
}

#[test]
fn an_app_that_is_called_as_its_model_is_named_by_where_things_go() {
    let library = project(&["books.Book", "members.Member"]);
    for request in [
        "Create a Branch model in books with name and city",
        "Create a Branch model in the books app with name and city",
        "Add a Branch model with name and city in the books",
    ] {
        let understood = ask(request, &library, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "app"), Some(("books".into(), "request")), "{request}");
    }
    let understood = ask("Create a Branch model with name and books", &library, None).unwrap();
    assert_eq!(value(&understood, "app"), None, "a field is no place");
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
