//! Requests for a new model.

use super::{ask, value};
use crate::request::PlanningCode;
use crate::testing::project;

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
        ("I want to store warehouses with a name and an address", "Warehouse", vec!["name", "address"]),
        ("We need to keep suppliers with name and city", "Supplier", vec!["name", "city"]),
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
        ("new model Collection with title, description", "Collection", vec!["title", "description"]),
        (
            "model Invoice with category, amount, paid bool",
            "Invoice",
            vec!["category", "amount", "paid:bool"],
        ),
        ("make Product with name + price, please!", "Product", vec!["name", "price"]),
        ("new table Shelf(name, code)", "Shelf", vec!["name", "code"]),
        (
            "Create model Review with category, user, stars 1-5, text",
            "Review",
            vec!["category", "user", "stars min=1 max=5", "text"],
        ),
        (
            "Create a Score model with a 0-10 grade, level from 1 to 3, ratio between 0 and 1.5",
            "Score",
            vec!["grade:positive_integer min=0 max=10", "level min=1 max=3", "ratio:decimal min=0 max=1.5"],
        ),
        (
            "add coupons with code, percent, valid from and valid until",
            "Coupon",
            vec!["code", "percent", "valid_from", "valid_until"],
        ),
        (
            "Create a Recipe model with title, difficulty easy, medium or hard and notes",
            "Recipe",
            vec!["title", "difficulty:choice(easy,medium,hard)", "notes"],
        ),
        ("Create a Toll model with amount 6,2 and reason", "Toll", vec!["amount:decimal(6,2)", "reason"]),
        (
            "Create a Fine model with amount decimal 6,2, reason",
            "Fine",
            vec!["amount:decimal(6,2)", "reason"],
        ),
        ("Create a \"Gadget\" model with \"name\" and 'price'", "Gadget", vec!["name", "price"]),
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
    for request in ["Add checkout flow", "Add impersonation"] {
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
    // One that is not there is made, unless it is a letter away from one that is.
    for request in [
        "Create a Product model with name and price in the shop app",
        "Create a Product model in a new shop app with name and price",
        "Create a Product model with name, price in the shop app.",
    ] {
        let understood = ask(request, &library, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "app"), Some(("shop".into(), "request")), "{request}");
        assert_eq!(value(&understood, "fields").unwrap().0, r#"["name","price"]"#, "{request}");
    }
    let error = ask("Create a Product model with name in the boks app", &library, None).unwrap_err();
    assert_eq!(error.code, PlanningCode::UnknownApp, "{error}");
    ask("Create a Page model with title and link to the mobile app", &library, None).unwrap_err();
    let understood = ask("Create a Branch model with name and books", &library, None).unwrap();
    assert_eq!(value(&understood, "app"), None, "a field is no place");
}

#[test]
fn a_list_may_stand_right_behind_the_name_of_a_class() {
    let shop = project(&["shop.Product"]);
    for (request, name, fields) in [
        ("create model Branch name, city", "Branch", r#"["name","city"]"#),
        (
            "new model OpeningHour day, opens_at and closes_at",
            "OpeningHour",
            r#"["day","opens_at","closes_at"]"#,
        ),
        (
            "Create a model called Order Item title, quantity:integer",
            "OrderItem",
            r#"["title","quantity:integer"]"#,
        ),
        ("create model Page title, body", "Page", r#"["title","body"]"#),
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "crud_feature", "{request}");
        assert_eq!(value(&understood, "model_name").unwrap().0, name, "{request}");
        assert_eq!(value(&understood, "fields").unwrap().0, fields, "{request}");
    }
    for request in
        ["create model branch name, city", "create model Branch, City", "create model Branch and City"]
    {
        assert_eq!(ask(request, &shop, None).expect_err(request).code, PlanningCode::NoTemplate, "{request}");
    }
}
