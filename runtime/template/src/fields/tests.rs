use aksara_protocol::params::FieldType;
use serde_json::{Value, json};

use super::{Targets, read, read_params, split_list};
use crate::testing::project;

fn targets() -> Targets {
    Targets::of(&project(&["shop.Category", "shop.Tag", "blog.Post", "forum.Post"]))
}

fn spec(field: &str) -> Value {
    let field = read(&json!(field), &targets()).unwrap_or_else(|e| panic!("{field}: {e}"));
    serde_json::to_value(field).unwrap()
}

fn refused(field: Value) -> String {
    read(&field, &targets()).expect_err(&field.to_string()).to_string()
}

#[test]
fn a_bare_name_says_what_it_holds() {
    for (name, expected) in [
        ("name", json!({"type": "string"})),
        ("price", json!({"type": "decimal", "max_digits": 10, "decimal_places": 2, "min": 0})),
        ("unit_price", json!({"type": "decimal", "max_digits": 10, "decimal_places": 2, "min": 0})),
        ("description", json!({"type": "text", "blank": true})),
        ("content", json!({"type": "text"})),
        ("email", json!({"type": "email"})),
        ("starts_at", json!({"type": "datetime"})),
        ("published_at", json!({"type": "datetime", "null": true, "blank": true})),
        ("created_at", json!({"type": "datetime", "set_on_create": true})),
        ("updated_at", json!({"type": "datetime", "set_on_save": true})),
        ("due_date", json!({"type": "date"})),
        ("is_active", json!({"type": "boolean", "initial": true})),
        ("is_public", json!({"type": "boolean", "initial": false})),
        ("url", json!({"type": "url"})),
        ("count", json!({"type": "positive_integer", "initial": 0})),
        ("stock_count", json!({"type": "positive_integer", "initial": 0})),
        ("slug", json!({"type": "slug", "unique": true})),
        ("rating", json!({"type": "positive_integer", "min": 1, "max": 5})),
        ("metadata", json!({"type": "json", "initial": {}, "blank": true})),
        ("phone", json!({"type": "string", "max_length": 30})),
        ("author", json!({"type": "foreign_key", "to": "user"})),
        ("approved_by", json!({"type": "foreign_key", "to": "user"})),
        ("category", json!({"type": "foreign_key", "to": "shop.Category"})),
        ("tags", json!({"type": "many_to_many", "to": "shop.Tag", "blank": true})),
        ("created_date", json!({"type": "date", "set_on_create": true})),
        ("modified", json!({"type": "datetime", "set_on_save": true})),
        ("prep_minutes", json!({"type": "positive_integer"})),
        ("calories", json!({"type": "positive_integer"})),
        ("atlas", json!({"type": "string"})),
    ] {
        let mut expected = expected;
        expected["name"] = json!(name);
        assert_eq!(spec(name), expected, "{name}");
    }
}

#[test]
fn a_time_is_of_the_day_or_how_long_something_takes() {
    for (kind, names) in [
        (
            "duration",
            &[
                "reading_time",
                "prep_time",
                "cooking_time",
                "cook_time",
                "response_time",
                "lead_time",
                "delivery_time",
                "waiting_time",
                "preparation_time",
                "total_time",
                "processing_time",
                "travel_time",
                "average_response_time",
                "duration",
            ][..],
        ),
        (
            "time",
            &[
                "time",
                "start_time",
                "end_time",
                "opening_time",
                "closing_time",
                "departure_time",
                "arrival_time",
                "check_in_time",
                "check_out_time",
                "store_opening_time",
            ],
        ),
    ] {
        for name in names {
            assert_eq!(spec(name)["type"], kind, "{name}");
        }
    }
    assert_eq!(spec("tea_time")["type"], "time");
}

#[test]
fn a_type_is_taken_as_it_is_written() {
    for (field, expected) in [
        ("price:decimal(10,2)", json!({"type": "decimal", "max_digits": 10, "decimal_places": 2})),
        (
            "price: decimal(10, 2) min=0.01",
            json!({"type": "decimal", "max_digits": 10, "decimal_places": 2, "min": "0.01"}),
        ),
        (
            "price?",
            json!({"type": "decimal", "max_digits": 10, "decimal_places": 2, "min": 0, "null": true, "blank": true}),
        ),
        ("title?:string(50)", json!({"type": "string", "max_length": 50, "blank": true})),
        (
            "code? unique",
            json!({"type": "string", "max_length": 50, "unique": true, "blank": true, "null": true}),
        ),
        ("title unique", json!({"type": "string", "unique": true})),
        ("level:int default=3 min=1 max=9", json!({"type": "integer", "initial": 3, "min": 1, "max": 9})),
        ("open:bool", json!({"type": "boolean", "initial": false})),
        ("open:bool default=yes", json!({"type": "boolean", "initial": true})),
        (
            "status:choice(draft,in_review) default=draft",
            json!({"type": "string", "max_length": 20, "initial": "draft",
            "choices": [["draft", "Draft"], ["in_review", "In review"]]}),
        ),
        ("writer:fk(auth.User)", json!({"type": "foreign_key", "to": "user"})),
        (
            "writer?:fk(user)",
            json!({"type": "foreign_key", "to": "user", "null": true, "blank": true, "on_delete": "set_null"}),
        ),
        (
            "kind:fk(Category) related_name=things on_delete=protect",
            json!({"type": "foreign_key", "to": "shop.Category",
            "related_name": "things", "on_delete": "protect"}),
        ),
        ("post:fk(forum.post)", json!({"type": "foreign_key", "to": "forum.Post"})),
        (
            "parent?:fk(self)",
            json!({"type": "foreign_key", "to": "self", "null": true, "blank": true, "on_delete": "set_null"}),
        ),
        ("kind:fk(sites.Site)", json!({"type": "foreign_key", "to": "sites.Site"})),
        ("note:string help=\"Shown to all\"", json!({"type": "string", "help": "Shown to all"})),
    ] {
        let mut expected = expected;
        expected["name"] = json!(field.split([':', '?', ' ']).next());
        assert_eq!(spec(field), expected, "{field}");
    }
}

#[test]
fn plain_words_say_a_type_and_options() {
    for (words, line) in [
        ("price as decimal", "price:decimal"),
        ("price as a decimal", "price:decimal"),
        ("price of type decimal", "price:decimal"),
        ("price decimal", "price:decimal"),
        ("decimal price", "price:decimal"),
        ("price decimal(10,2)", "price:decimal(10,2)"),
        ("price (decimal 10,2)", "price:decimal(10,2)"),
        ("price (decimal(8, 3))", "price:decimal(8, 3)"),
        ("price as decimal(10,2) min=0", "price:decimal(10,2) min=0"),
        ("stock as integer", "stock:integer"),
        ("integer stock", "stock:integer"),
        ("stock (integer, default 0)", "stock:integer default=0"),
        ("price default 0", "price default=0"),
        ("price with default 0", "price default=0"),
        ("price minimum 0", "price min=0"),
        ("price at least 0", "price min=0"),
        ("rating from 1 to 5", "rating min=1 max=5"),
        ("rating between 1 and 5", "rating min=1 max=5"),
        ("title string", "title:string"),
        ("title string(50)", "title:string(50)"),
        ("title max length 50", "title:string(50)"),
        ("text body", "body:text"),
        ("body text", "body:text"),
        ("name CharField", "name:char"),
        ("an optional price as decimal", "price?:decimal"),
        ("subtitle (optional)", "subtitle?"),
        ("unique sku", "sku unique"),
        ("author foreign key", "author:fk(user)"),
        ("a created_by user", "created_by"),
        ("an owner user", "owner"),
        ("a super user", "super_user"),
        ("parent foreign key to Category", "parent:fk(Category)"),
        ("order item as a foreign key", "order_item:fk(OrderItem)"),
        ("priority (low, medium, high)", "priority:choice(low,medium,high)"),
        ("status (draft/in review)", "status:choice(draft,in_review)"),
        ("date of birth", "date_of_birth"),
        ("only starts_at", "starts_at"),
        ("is done", "is_done"),
        ("due date", "due_date"),
        ("contact email", "contact_email"),
        ("image url", "image_url"),
        ("stock count", "stock_count"),
        ("number of pages", "number_of_pages"),
        ("photo as image", "photo:image"),
        ("a pinned flag", "is_pinned"),
        ("is_active flag", "is_active"),
        ("featured checkbox default true", "is_featured default=true"),
        ("a prep time in minutes", "prep_minutes"),
        ("prep time (minutes)", "prep_minutes"),
        ("duration in hours, at least 1", "duration_hours min=1"),
        ("meta description of at most 160 characters", "meta_description:string(160)"),
        ("summary (max 300 characters)", "summary:string(300)"),
        ("an optional title up to 80 chars", "title?:string(80)"),
        ("stars 1-5", "stars min=1 max=5"),
        ("stars (1-5)", "stars min=1 max=5"),
        ("a 1-5 rating", "rating min=1 max=5"),
        ("grade 1 to 6", "grade:positive_integer min=1 max=6"),
        ("heat -5..5", "heat:integer min=-5 max=5"),
        ("ratio between 0.5 and 2", "ratio:decimal min=0.5 max=2"),
        ("price decimal 6 2", "price:decimal(6,2)"),
        ("valid from", "valid_from"),
        ("bought on", "bought_on"),
    ] {
        let glue = |word: &str| ["is", "to", "for", "in", "of", "and", "with", "as"].contains(&word);
        assert_eq!(super::from_words(words, glue).as_deref(), Some(line), "{words}");
    }
    for words in ["price decimal(10,2", "a link to the categories", "price (in euros)", "", "as decimal"] {
        let glue = |word: &str| ["is", "to", "for", "in", "of", "and", "with", "as"].contains(&word);
        assert_eq!(super::from_words(words, glue), None, "{words}");
    }
}

#[test]
fn a_word_for_a_type_or_an_option_is_no_part_of_a_name() {
    for (name, part) in [
        ("decimal", "`decimal` is a word for a type or an option, and no name"),
        ("price_decimal", "write `price:decimal`, or `price_decimal:TYPE`"),
        ("title_string", "write `title:string`"),
        ("string_title", "write `title:string`"),
        ("is_done_boolean", "write `is_done:boolean`"),
        ("price_default_0", "write `price_default_0:TYPE`"),
        ("price_minimum_0", "write `price_minimum_0:TYPE`"),
        ("only_starts_at", "write `starts_at`"),
        ("optional_title", "write `title?`"),
        ("image", "keep its address, such as photo_url:url"),
        ("cover_photo:image", "keep its address"),
        ("password", "belongs to the user model"),
        ("stripe_api_key", "write `stripe_api_key:string`"),
        ("price:decimal(4,2) min=200", "decimal(4,2) holds values below 100"),
        ("price:decimal(10,2) min=5 max=4", "the greatest value is 4"),
        ("stock:integer min=1 default=0", "not within the field's own bounds"),
        ("price decimal", "did you mean `price:decimal`?"),
        ("price decimal(8,2)", "did you mean `price:decimal(8,2)`?"),
    ] {
        let message = refused(json!(name));
        assert!(message.contains(part), "{name}: {message}");
    }
    for (name, kind) in [
        ("date_of_birth", "date"),
        ("min_price", "decimal"),
        ("is_default", "boolean"),
        ("image_url", "url"),
        ("email_address", "email"),
        ("body_text", "text"),
        ("votes", "positive_integer"),
        ("number_of_pages", "positive_integer"),
        ("weight_kg", "decimal"),
        ("valid_until", "date"),
        ("member_since", "date"),
        ("valid_from", "date"),
        ("expiry", "date"),
        ("card_expiry", "date"),
        ("expires_at", "datetime"),
        ("sent_from", "string"),
    ] {
        assert_eq!(spec(name)["type"], kind, "{name}");
    }
    assert_eq!(spec("votes")["initial"], 0);
    assert_eq!(spec("story_points min=1 max=13").get("initial"), None);
    assert_eq!(spec("story_points min=0 max=13")["initial"], 0);
}

#[test]
fn what_is_required_has_no_value_that_only_its_name_suggests() {
    for written in ["votes required", "metadata required"] {
        assert_eq!(spec(written).get("initial"), None, "{written}");
        assert_eq!(spec(written).get("blank"), None, "{written}");
    }
    assert_eq!(spec("votes required default=3")["initial"], 3);
    assert_eq!(spec("open:bool required")["initial"], false, "a switch is on or off");
    let schema = json!({"type": "object", "properties": {"fields": {"x-kind": "new_fields"}}});
    let mut params = json!({"fields": ["votes required", {"name": "likes", "optional": false}, "stock"]});
    read_params(&schema, params.as_object_mut().unwrap(), &project(&[])).unwrap();
    let added = params["fields"].as_array().unwrap();
    assert_eq!(added[0].get("initial"), None);
    assert_eq!(added[1].get("initial"), None);
    assert_eq!(added[2]["initial"], 0);
}

#[test]
fn fields_whose_type_is_assumed_are_told() {
    let schema = json!({"type": "object", "properties": {"fields": {"x-kind": "fields"}}});
    let mut params =
        json!({"fields": "name, mood, mode:string, price, venue?, tea_time, cook_time, end_time, sent, attended"})
            .as_object()
            .cloned()
            .unwrap();
    assert_eq!(
        read_params(&schema, &mut params, &project(&[])).unwrap(),
        [
            ("mood", FieldType::String),
            ("venue", FieldType::String),
            ("tea_time", FieldType::Time),
            ("attended", FieldType::Boolean)
        ]
        .map(|(name, kind)| (name.to_owned(), kind))
    );
}

#[test]
fn an_object_says_only_what_differs() {
    for (field, expected) in [
        (json!({"name": "price"}), spec("price")),
        (
            json!({"name": "price", "type": "decimal", "max_digits": 8, "decimal_places": 3}),
            spec("price:decimal(8,3)"),
        ),
        (json!({"name": "open", "type": "bool", "default": true}), spec("open:bool default=true")),
        (
            json!({"name": "status", "choices": ["draft", "in_review"]}),
            spec("status:choice(draft,in_review)"),
        ),
        (
            json!({"name": "subject", "type": "fk", "to": "Category", "optional": true}),
            spec("subject?:fk(Category)"),
        ),
    ] {
        let read = read(&field, &targets()).unwrap_or_else(|e| panic!("{field}: {e}"));
        let value = serde_json::to_value(&read).unwrap();
        assert_eq!(value, expected, "{field}");
        // What was read reads the same again.
        assert_eq!(super::read(&value, &targets()), Ok(read));
    }
}

#[test]
fn what_is_wrong_is_said_with_what_was_meant() {
    for (field, message) in [
        (json!("price:decimla(10,2)"), "there is no type `decimla`; did you mean `decimal`?"),
        (json!("name:CharField"), "there is no type `CharField`; did you mean `char`?"),
        (json!("name:strnig"), "there is no type `strnig`; did you mean `string`?"),
        (
            json!("price:decimal(2,10)"),
            "`decimal` is written with its digits, and how many of them are behind the point: decimal(10,2)",
        ),
        (json!("name:string(0)"), "`string` is written with its length: string(50)"),
        (json!("when:date(1)"), "`date` is written without brackets"),
        (json!("status:choice"), "`choice` is written with its values: choice(draft,published)"),
        (json!("writer:fk"), "`fk` is written with the model that it points to: fk(blog.Post) or fk(user)"),
        (json!("kind:fk(Catgory)"), "the project has no model `Catgory`; did you mean `shop.Category`?"),
        (
            json!("kind:fk(shop.Nothing)"),
            "the project has no model `shop.Nothing`; name one as app.Model, or `user`",
        ),
        (json!("post"), "`post` may be blog.Post or forum.Post; say which, such as post:fk(blog.Post)"),
        (json!("name uniqe"), "there is no option `uniqe`; did you mean `unique`?"),
        (json!("stock count"), "there is no option `count`; did you mean `stock_count`?"),
        (json!("unitPrice"), "`unitPrice` is not a name for a field; did you mean `unit_price`?"),
        (json!("a__b"), "`a__b` is not a name for a field; did you mean `a_b`?"),
        (json!("name:string?"), "`name:string?` is not a name for a field; did you mean `name?:string`?"),
        (json!("level:int default=many"), "`default` cannot be `many`: it is not of the field's type"),
        (json!("status:choice(a,b) default=c"), "`default` cannot be `c`: it is not of the field's type"),
        (json!("name unique=yes"), "`unique` cannot be `yes`: it takes no value"),
        (
            json!("writer:fk(user) on_delete=keep"),
            "`on_delete` cannot be `keep`: use cascade, set_null, restrict or protect",
        ),
        (
            json!("price:decimal(10"),
            "`price:decimal(10` cannot be read; write NAME, NAME? or NAME:TYPE, such as price:decimal(10,2)",
        ),
        (
            json!("price:"),
            "`price:` cannot be read; write NAME, NAME? or NAME:TYPE, such as price:decimal(10,2)",
        ),
        (json!(""), "a field is empty; write NAME, NAME? or NAME:TYPE, such as price:decimal(10,2)"),
        (json!(7), "`7` is no field; write NAME, NAME? or NAME:TYPE, such as price:decimal(10,2)"),
        (
            json!({"name": "price", "digits": 3}),
            "there is no option `digits`; the options are name, type, max_length, max_digits, decimal_places, unique, index, null, blank, initial, default, optional, min, max, choices, help, set_on_create, set_on_save, to, related_name, on_delete",
        ),
        (
            json!({"name": "price", "max_digit": 3}),
            "there is no option `max_digit`; did you mean `max_digits`?",
        ),
        (
            json!({"type": "string"}),
            "`{\"type\":\"string\"}` is no field; write NAME, NAME? or NAME:TYPE, such as price:decimal(10,2)",
        ),
    ] {
        assert_eq!(refused(field), message);
    }
    assert!(refused(json!("a:blob")).starts_with("there is no type `blob`; "));
}

#[test]
fn a_comma_in_brackets_or_quotes_divides_nothing() {
    assert_eq!(
        split_list("name, price:decimal(10,2) ,s:choice(a,b), n help=\"x, y\",,"),
        ["name", "price:decimal(10,2)", "s:choice(a,b)", "n help=\"x, y\""]
    );
    assert_eq!(split_list("a:b(, c"), ["a:b(, c"]);
}

#[test]
fn all_wrong_fields_of_a_list_are_told_at_once() {
    let schema = json!({"type": "object", "properties": {"fields": {"x-kind": "fields"}}});
    let facts = project(&["blog.Post"]);
    let mut params = json!({"fields": "name, price:decimla, name"}).as_object().cloned().unwrap();
    let error = read_params(&schema, &mut params, &facts).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the parameter `fields[1]` is wrong: there is no type `decimla`; did you mean `decimal`?\n\
         the parameter `fields[2]` is wrong: the field `name` is given twice"
    );
    let mut params = json!({"fields": ["name", {"name": "price"}]}).as_object().cloned().unwrap();
    read_params(&schema, &mut params, &facts).unwrap();
    assert_eq!(params["fields"][1]["type"], "decimal");
}

#[test]
fn what_has_been_done_is_true_or_not() {
    for name in ["sent", "paid", "read", "confirmed", "attended", "is_sent"] {
        assert_eq!(spec(name)["type"], "boolean", "{name}");
    }
    for (name, kind) in
        [("speed", "string"), ("bed", "string"), ("created", "datetime"), ("attended_at", "datetime")]
    {
        assert_eq!(spec(name)["type"], kind, "{name}");
    }
}

#[test]
fn an_option_or_a_model_in_the_place_of_a_type_is_shown_as_it_is_written() {
    for (written, instead) in [
        ("sku:unique", "`sku:string unique`"),
        ("stock:required", "`stock:positive_integer required`"),
        ("subtitle:optional", "`subtitle?`"),
        ("borrower:user", "`borrower:fk(user)`"),
        ("article:blog.Post", "`article:fk(blog.Post)`"),
    ] {
        let problem = refused(json!(written));
        assert!(problem.contains(instead), "{written}: {problem}");
    }
}
