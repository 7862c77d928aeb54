//! What sentences mean that say a feature without its name, and what is refused with what to type.

use super::{ask, value, with_price};
use crate::request::PlanningCode;
use crate::testing::project;

#[test]
fn sentences_that_say_who_did_what_and_when_are_about_an_audit_log() {
    let shop = project(&["shop.Order", "shop.Product"]);
    for request in [
        "I need a changelog of orders: who did what, when",
        "Keep a log of orders: who did what and when",
        "I want to know who changed an order and when",
        "Show who edited orders, and when",
    ] {
        let understood = ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "audit_log", "{request}");
        assert_eq!(value(&understood, "model").unwrap().0, "shop.Order", "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
}

#[test]
fn what_asks_is_no_value_of_a_field() {
    let shop = project(&["shop.Order"]);
    for request in [
        "I need a journal of orders: who, what, when",
        "Add details to orders: weight, height",
        "Add a status to orders: what it is, where it is",
    ] {
        let read = ask(request, &shop, None);
        let fields = read.ok().and_then(|understood| value(&understood, "fields")).map(|(fields, _)| fields);
        assert!(!fields.is_some_and(|fields| fields.contains("choice")), "{request}");
    }
}

#[test]
fn deletion_that_is_none_is_soft() {
    let school = project(&["school.Assignment"]);
    for request in [
        "deleted assignments should go to a trash bin",
        "deleting an assignment should move it to the trash",
        "assignments should not be deleted for real",
        "assignments must never be permanently deleted",
    ] {
        let understood = ask(request, &school, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "soft_delete", "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
}

#[test]
fn who_is_able_to_do_something_does_it() {
    let mut blog = project(&["blog.Post", "shop.Product"]);
    let django = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.admin"];
    blog.settings.installed_apps.extend(django.map(str::to_owned));
    for (request, template) in [
        ("Readers should be able to comment on posts", "commenting"),
        ("readers will be able to rate posts", "rating"),
        ("customers should be able to register, log in and log out through the API", "authentication"),
        ("let customers log in over the API", "authentication"),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, template, "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
    // What something is for gets nothing.
    let shop = project(&["shop.Product", "shop.Customer"]);
    let found = ask("Products need tags so that customers can find them", &shop, None).unwrap();
    assert_eq!(value(&found, "model").unwrap().0, "shop.Product");
    assert_eq!(found.unexplained, ["find"]);
    // Who likes what is something else than that somebody would like it.
    assert!(ask("comments should be able to be liked", &project(&["blog.Post"]), None).is_err());
    let error = ask("customers should be tagged", &blog, None).unwrap_err();
    assert_eq!(error.missing, ["customers"], "{error}");
}

#[test]
fn a_cart_that_is_checked_out_is_a_checkout() {
    let shop = with_price(project(&["shop.Product", "library.Book"]), "shop.Product");
    let understood = ask("put products in a cart and check out", &shop, None).unwrap();
    assert_eq!(understood.template, "checkout");
    let lent = ask("let members check out books", &shop, None);
    assert!(lent.is_err(), "{lent:?}");
}

#[test]
fn values_stand_behind_a_noun_for_them() {
    let work = project(&["work.Issue"]);
    for request in [
        "Add a priority field to Issue, choices low, normal, high",
        "Add a priority with choices low, normal and high to issues",
        "issues should have a priority, one of low, normal, high",
        "Add a priority (choices: low, normal, high) to issues",
    ] {
        let understood = ask(request, &work, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        let fields = value(&understood, "fields").unwrap().0;
        assert_eq!(fields, r#"["priority:choice(low,normal,high)"]"#, "{request}");
    }
    for (request, field) in [
        ("add a currency (EUR, USD) to issues, default EUR", "currency:choice(eur,usd) default=eur"),
        ("Add a colour to issues: one of red or green, default red", "colour:choice(red,green) default=red"),
        (
            "issues should have a state: open, in progress, closed, default open",
            "state:choice(open,in_progress,closed) default=open",
        ),
    ] {
        let understood = ask(request, &work, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "fields").unwrap().0, format!("[\"{field}\"]"), "{request}");
    }
    let error =
        ask("Create a Ticket model with title, priority with choices low, high", &work, None).unwrap_err();
    assert_eq!(error.missing, ["choices low"], "{error}");
}

#[test]
fn several_models_have_a_field() {
    let school = project(&["school.Teacher", "school.Student"]);
    let understood = ask("teachers and students have a phone", &school, None).unwrap();
    assert_eq!(understood.missing[0].choices, ["school.Teacher", "school.Student"]);
    assert_eq!(value(&understood, "fields").unwrap().0, r#"["phone"]"#);
}

#[test]
fn a_model_and_its_fields_need_no_verb() {
    let school = project(&["school.Course"]);
    let understood = ask("exam model: course, held_on", &school, None).unwrap();
    assert_eq!(understood.template, "crud_feature");
    assert_eq!(value(&understood, "model_name").unwrap().0, "Exam");
    assert!(ask("the exam model is slow", &school, None).is_err());
}

#[test]
fn what_can_be_typed_instead_is_said() {
    let work = project(&["work.Project", "work.Task", "people.Doctor"]);
    for (request, said) in [
        ("Create a Note model with text and a link to the project", "write project:fk(work.Project)"),
        ("give tasks a link to the project", "write project:fk(work.Project)"),
        ("tasks can be liked by users", "Create a Like model with task and user"),
        ("users should be able to bookmark tasks", "Create a Bookmark model with task and user"),
        ("doctors write notes on tasks", "Create a Note model with task, author and body"),
        ("only staff can create tasks", "permission_classes"),
    ] {
        let error = ask(request, &work, None).expect_err(request);
        assert!(error.to_string().contains(said), "{request}: {error}");
    }
}

#[test]
fn nothing_is_suggested_that_the_request_says_nothing_of() {
    let blog = project(&["blog.Post"]);
    for request in [
        "Let users favourite posts",
        "I want shopping lists",
        "Show posts on a map",
        "Translate posts",
        "let users share posts",
        "Track time spent on posts",
        "Add brands to posts as a separate model",
    ] {
        let error = ask(request, &blog, None).expect_err(request);
        let other =
            error.nearest.iter().find(|near| near.template != "crud_feature" && near.template != "checkout");
        assert_eq!(other, None, "{request}: {error}");
    }
    // A part of what a feature is about is near to it.
    let error = ask("Restore posts", &blog, None).unwrap_err();
    assert_eq!(error.nearest[0].template, "soft_delete", "{error}");
    assert_eq!(error.code, PlanningCode::NoTemplate);
}

#[test]
fn that_users_do_what_rows_of_a_model_are_to_do_is_noted() {
    let school = project(&["people.Student", "school.Course"]);
    for request in ["students can rate courses", "Let students comment on courses"] {
        let understood = ask(request, &school, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "model").unwrap().0, "school.Course", "{request}");
        assert!(
            understood.notes.iter().any(|note| note.contains("people.Student")),
            "{request}: {understood:?}"
        );
    }
    let users = ask("users can rate courses", &school, None).unwrap();
    assert!(users.notes.is_empty(), "{users:?}");
    assert!(ask("courses can be rated", &school, None).unwrap().notes.is_empty());
}
