//! Requests for fields of a model that is there.

use super::{ask, value};
use crate::request::PlanningCode;
use crate::testing::project;

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
        ("Add a pinned flag to posts", "blog.Post", &["is_pinned"]),
        ("Add prep_minutes and cook_minutes to posts", "blog.Post", &["prep_minutes", "cook_minutes"]),
        ("Add a prep time in minutes to posts", "blog.Post", &["prep_minutes"]),
        ("Add calories to posts", "blog.Post", &["calories"]),
        ("Give posts a created date", "blog.Post", &["created_date"]),
        ("Give posts a twitter handle", "blog.Post", &["twitter_handle"]),
        ("Posts should have a nickname", "blog.Post", &["nickname"]),
        (
            "Add a meta description of at most 160 characters to posts",
            "blog.Post",
            &["meta_description:string(160)"],
        ),
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
fn a_field_without_a_model_is_for_the_only_one() {
    for (request, field) in [
        ("Add a featured flag", "is_featured"),
        ("Add a subtitle field", "subtitle"),
        ("Add field subtitle", "subtitle"),
    ] {
        let understood =
            ask(request, &project(&["blog.Post"]), None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "model"), Some(("blog.Post".to_owned(), "facts")), "{request}");
        assert_eq!(value(&understood, "fields").unwrap().0, format!("[\"{field}\"]"), "{request}");
        let understood = ask(request, &project(&["blog.Post", "blog.Page"]), None).unwrap();
        assert_eq!(understood.missing[0].choices, ["blog.Post", "blog.Page"], "{request}");
    }
    assert_eq!(
        ask("Add a field", &project(&["blog.Post"]), None).unwrap_err().code,
        PlanningCode::NoTemplate
    );
}

#[test]
fn fields_of_a_model_that_is_not_there_say_how_it_is_made_with_them() {
    let empty = project(&["notes."]);
    for (request, way) in [
        ("Add a pinned flag to notes", "Create a Note model in the notes app with is_pinned"),
        ("Give notes a created date", "Create a Note model in the notes app with created_date"),
        ("Give pages a subtitle", "Create a Page model with subtitle"),
    ] {
        let error = ask(request, &empty, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::UnknownModel, "{request}: {error}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(way), "{request}: {error}");
        assert_eq!(ask(way, &empty, None).unwrap().template, "crud_feature", "{way}");
    }
}

#[test]
fn what_may_be_a_field_is_refused_with_how_that_is_said() {
    let blog = project(&["blog.Post", "blog.Author"]);
    for (request, example) in [
        ("Add views to posts", "Add a views field to posts"),
        ("Give authors a byline", "Add a byline field to authors"),
    ] {
        let error = ask(request, &blog, None).expect_err(request);
        assert!(error.nearest.iter().any(|near| near.example == example), "{request}: {error}");
        assert_eq!(ask(example, &blog, None).unwrap().template, "add_field", "{example}");
    }
    let error = ask("Add search to posts", &blog, None).unwrap_err();
    assert!(error.nearest.iter().all(|near| !near.example.contains("search")), "{error}");
}
