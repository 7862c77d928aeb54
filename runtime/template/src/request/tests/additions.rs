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

/// The fields of a request for fields of a model, and the model.
fn added(request: &str, facts: &aksara_protocol::ProjectFacts) -> (String, String) {
    let understood = ask(request, facts, None).unwrap_or_else(|e| panic!("{request}: {e}"));
    assert_eq!(understood.template, "add_field", "{request}");
    assert!(understood.missing.is_empty() && understood.unexplained.is_empty(), "{request}: {understood:?}");
    (value(&understood, "model").unwrap().0, value(&understood, "fields").unwrap().0)
}

#[test]
fn what_is_said_behind_the_model_is_of_the_field() {
    let shop = project(&["shop.Product", "shop.Order"]);
    for (request, field) in [
        ("add a required sku to products, unique", "sku required unique"),
        ("add stock to products with default 0", "stock default=0"),
        ("add active to products, default true", "active default=true"),
        ("add a subtitle to products, optional, max 300 chars", "subtitle?:string(300)"),
        ("add fine amount to products, decimal 6,2", "fine_amount:decimal(6,2)"),
        ("add fine to products decimal(6,2) default 0", "fine:decimal(6,2) default=0"),
        ("add a batch to the product table unique", "batch unique"),
        ("add number of copies to products default 1", "number_of_copies default=1"),
        ("add a cuisine to products (italian, french, asian)", "cuisine:choice(italian,french,asian)"),
        ("add status to products: active, returned, lost", "status:choice(active,returned,lost)"),
        ("add status to product (active/lost) default active", "status:choice(active,lost) default=active"),
        ("add sku:string(20) to products, unique", "sku:string(20) unique"),
        ("add an assignee to products (user)", "assignee:fk(user)"),
        ("add difficulty easy, medium or hard to products", "difficulty:choice(easy,medium,hard)"),
        ("add a level 1-3 to products", "level min=1 max=3"),
        ("add grade to products from 1 to 6", "grade:positive_integer min=1 max=6"),
    ] {
        assert_eq!(
            added(request, &shop),
            ("shop.Product".to_owned(), serde_json::json!([field]).to_string()),
            "{request}"
        );
    }
    let understood = ask("add a sku to products, unique, without tests", &shop, None).unwrap();
    assert_eq!(value(&understood, "fields").unwrap().0, r#"["sku unique"]"#);
    assert_eq!(value(&understood, "include_tests").unwrap().0, "false");
    // What is said of one of several fields, or of something else, is not.
    for request in [
        "add a sku and a barcode to products, unique",
        "add a sku to products with analytics",
        "add sku:string to products, integer",
    ] {
        assert_eq!(ask(request, &shop, None).expect_err(request).code, PlanningCode::NotCovered, "{request}");
    }
}

#[test]
fn quotes_around_a_name_say_that_it_is_one() {
    let blog = project(&["blog.Post"]);
    for (request, field) in [
        ("add a \"comment\" field to posts", "comment"),
        ("add a 'calories' field to posts", "calories"),
        ("add a \"public\" field to posts", "public"),
        ("add field \u{201c}subtitle\u{201d} to posts", "subtitle"),
        ("add `prep time` to posts", "prep_time"),
        ("Add \"notes\" to posts", "notes"),
    ] {
        assert_eq!(added(request, &blog).1, serde_json::json!([field]).to_string(), "{request}");
    }
    assert_eq!(
        added("Add motto:string help=\"Shown to all\" to posts", &blog).1,
        r#"["motto:string help=\"Shown to all\""]"#
    );
    assert_eq!(ask("add \"tags\" to the blog's posts", &blog, None).unwrap().template, "tagging");
}

#[test]
fn a_field_is_known_beside_another_one_and_by_its_form() {
    let shop = project(&["shop.Product"]);
    for (request, fields) in [
        ("add weight_kg to product", &["weight_kg"][..]),
        ("Product should have barcode", &["barcode"]),
        ("product needs weight in kg", &["weight_kg"]),
        ("add to products a due date and priority", &["due_date", "priority"]),
        ("products should have start and end date", &["start_date", "end_date"]),
        ("let product have status todo, doing or done", &["status:choice(todo,doing,done)"]),
        ("add condition to product new, good or bad", &["condition:choice(new,good,bad)"]),
        ("add closed_at timestamp to product nullable", &["closed_at?:datetime"]),
        ("add a stock to products please", &["stock"]),
        ("make product have a due_at datetime", &["due_at:datetime"]),
        ("Product should have weight and shelf", &["weight", "shelf"]),
        ("add shipping address and a tracking number to products", &["shipping_address", "tracking_number"]),
    ] {
        assert_eq!(added(request, &shop).1, serde_json::json!(fields).to_string(), "{request}");
    }
    for (request, example) in [
        ("add shelf and row to products", "Add shelf and row fields to products"),
        ("product should have a shelf", "Add a shelf field to product"),
    ] {
        let error = ask(request, &shop, None).expect_err(request);
        assert_eq!(error.nearest[0].example, example, "{request}: {error}");
        assert_eq!(ask(example, &shop, None).unwrap().template, "add_field", "{example}");
    }
    // What is made of a project is no column.
    for request in
        ["add a rest api to products", "add price and export to products", "Product should have pagination"]
    {
        let error = ask(request, &shop, None).expect_err(request);
        assert!(
            error
                .nearest
                .iter()
                .all(|near| !near.example.contains("field")
                    || near.example == "Add a subtitle field to products"),
            "{request}: {error}"
        );
    }
}

#[test]
fn what_belongs_to_something_points_to_it() {
    let desk = project(&["work.Task", "work.Project", "work.WorkOrder"]);
    for (request, field) in [
        ("task belongs to project", r#"["project:fk(work.Project)"]"#),
        ("tasks belong to a project", r#"["project:fk(work.Project)"]"#),
        ("each task may belong to a project", r#"["project:fk(work.Project)"]"#),
        ("Each task should belong to one project", r#"["project:fk(work.Project) required"]"#),
        ("every task must belong to a project", r#"["project:fk(work.Project) required"]"#),
    ] {
        assert_eq!(added(request, &desk), ("work.Task".to_owned(), field.to_owned()), "{request}");
    }
    assert_eq!(added("tasks belong to a work order", &desk).1, r#"["work_order:fk(work.WorkOrder)"]"#);
    let error = ask("each task belongs to a sprint", &desk, None).unwrap_err();
    assert_eq!(error.code, PlanningCode::UnknownModel);
    assert!(error.to_string().contains("Create a Sprint model with name and description"), "{error}");
}

#[test]
fn how_many_of_others_a_row_has_is_a_question() {
    let desk = project(&["work.Task", "work.Project"]);
    for request in ["link tasks to projects", "connect tasks with projects", "tasks belong to projects"] {
        let error = ask(request, &desk, None).expect_err(request);
        let examples: Vec<&str> = error.nearest.iter().map(|near| near.example.as_str()).collect();
        assert_eq!(
            examples[..2],
            ["Add project:fk(work.Project) to tasks", "Add projects:m2m(work.Project) to tasks"],
            "{request}"
        );
        for example in &examples[..2] {
            assert_eq!(added(example, &desk).0, "work.Task", "{example}");
        }
    }
}

#[test]
fn a_field_of_all_models_is_asked_for_one_by_one() {
    let blog = project(&["blog.Post", "blog.Author"]);
    for request in ["add created_at to all models", "add created_at to every model"] {
        let error = ask(request, &blog, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::NotCovered, "{request}: {error}");
        let examples: Vec<&str> = error.nearest.iter().map(|near| near.example.as_str()).collect();
        assert_eq!(examples[..2], ["Add created_at to posts", "Add created_at to authors"], "{request}");
    }
}

#[test]
fn a_file_is_refused_with_its_address() {
    let error = ask("add a photo to posts", &project(&["blog.Post"]), None).unwrap_err();
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("needs Pillow")), "{error}");
    assert_eq!(error.nearest[0].example, "Add a photo_url field to posts");
}

#[test]
fn a_default_that_is_none_leaves_the_field_empty() {
    let desk = project(&["work.Task"]);
    for (request, field) in [
        ("Add an estimate to tasks, default none", "estimate?"),
        ("Add an estimate to tasks default null", "estimate?"),
        ("Add an estimate with default empty to tasks", "estimate?"),
        ("Add an estimate to tasks, default is nothing", "estimate?"),
        ("Add a subtitle:string to tasks, default none", "subtitle?:string"),
        // As a line it is a value, and so it is where it is one of several.
        ("Add a subtitle:string default=none to tasks", "subtitle:string default=none"),
        (
            "Add an effort (none, low, high) to tasks, default none",
            "effort:choice(none,low,high) default=none",
        ),
        ("Add a grade default none (none, low) to tasks", "grade:choice(none,low) default=none"),
    ] {
        assert_eq!(added(request, &desk).1, serde_json::json!([field]).to_string(), "{request}");
    }
}

#[test]
fn what_is_no_field_beside_one_is_not_swallowed() {
    let desk = project(&["work.Task"]);
    for (request, word) in [
        ("Add search and a due date to tasks", "search"),
        ("Add a due date and search to tasks", "search"),
        ("Add filters and a due date to tasks", "filters"),
        ("Add an admin and a due date to tasks", "admin"),
    ] {
        let error = ask(request, &desk, None).expect_err(request);
        assert_eq!(
            (error.code, &error.missing[..]),
            (PlanningCode::NotCovered, &[word.to_owned()][..]),
            "{request}"
        );
        let way = format!("leave it out; for the new fields say \"with {word}\" or \"without {word}\"");
        assert_eq!(error.hint.as_deref(), Some(way.as_str()), "{request}");
    }
    for request in ["Add a due date with search to tasks", "Add a due date to tasks with search"] {
        let understood = ask(request, &desk, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "fields").unwrap().0, r#"["due_date"]"#, "{request}");
        assert_eq!(value(&understood, "include_filters"), Some(("true".to_owned(), "request")), "{request}");
    }
}

#[test]
fn values_of_a_field_are_told_in_many_ways() {
    let desk = project(&["work.Task", "work.OrderItem"]);
    let states = "status:choice(todo,doing,done)";
    for (request, model, field) in [
        ("task status: todo/doing/done", "work.Task", states),
        ("Task status: todo, doing, done.", "work.Task", states),
        ("task status (todo/doing/done)", "work.Task", states),
        ("tasks status todo/doing/done", "work.Task", states),
        ("add status todo/doing/done to task", "work.Task", states),
        ("Add a status: todo, doing or done to tasks", "work.Task", states),
        ("tasks have a status: todo, doing or done", "work.Task", states),
        (
            "order items have a level of low, normal or high",
            "work.OrderItem",
            "level:choice(low,normal,high)",
        ),
        ("add billed yes/no to tasks", "work.Task", "billed:boolean"),
        ("Tasks need a closed_at date", "work.Task", "closed_at:date"),
        ("Tasks need a closing date", "work.Task", "closing_date"),
        ("Tasks need a code that is unique", "work.Task", "code unique"),
        ("a task has a code, unique, max 10 characters", "work.Task", "code:string(10) unique"),
    ] {
        let understood = ask(request, &desk, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "add_field", "{request}");
        assert_eq!(value(&understood, "model").unwrap().0, model, "{request}");
        assert_eq!(value(&understood, "fields").unwrap().0, format!("[\"{field}\"]"), "{request}");
        assert!(understood.unexplained.is_empty(), "{request}");
    }
    for (request, way) in [
        ("task due date", "Add a due_date field to task"),
        ("slug for tasks", "Add a slug field to tasks"),
        ("reading time for tasks", "Add a reading_time field to tasks"),
    ] {
        let error = ask(request, &desk, None).expect_err(request);
        assert_eq!(error.nearest[0].example, way, "{request}: {error}");
    }
    for request in ["task status", "task status, level", "task: status todo", "task list/board view"] {
        assert_eq!(ask(request, &desk, None).expect_err(request).code, PlanningCode::NoTemplate, "{request}");
    }
}

#[test]
fn rows_may_belong_to_users_who_are_no_model_of_the_project() {
    let todo = project(&["todo.Todo"]);
    for (request, field) in [
        ("todo belongs to a user", "user:fk(user)"),
        ("every todo must belong to one user", "user:fk(user) required"),
    ] {
        let understood = ask(request, &todo, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "model").unwrap().0, "todo.Todo", "{request}");
        assert_eq!(value(&understood, "fields").unwrap().0, format!("[\"{field}\"]"), "{request}");
    }
    let error = ask("todos belong to users", &todo, None).unwrap_err();
    let ways: Vec<&str> = error.nearest.iter().take(2).map(|near| near.example.as_str()).collect();
    assert_eq!(ways, ["Add user:fk(user) to todos", "Add users:m2m(user) to todos"]);
    for way in ways {
        assert_eq!(ask(way, &todo, None).unwrap().template, "add_field", "{way}");
    }
}
