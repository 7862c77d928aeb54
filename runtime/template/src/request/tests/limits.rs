//! Words that say who may do something, or that something stays as it is: no plan goes past them silently.

use super::{ask, value};
use crate::request::PlanningCode;
use crate::testing::project;

#[test]
fn what_is_to_stay_as_it_is_gets_no_plan() {
    let desk = project(&["work.Project", "work.Task"]);
    for (request, kept) in [
        ("leave the comments on projects as they are", "as they are"),
        ("leave comments on projects alone", "alone"),
        ("keep comments on projects as they are", "as they are"),
        ("add comments to projects but leave tasks untouched", "untouched"),
        ("leave comments on projects", "leave"),
    ] {
        let error = ask(request, &desk, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::NotCovered, "{request}: {error}");
        let message = format!("the template commenting only adds, and \"{kept}\" asks for something else");
        assert_eq!(error.message, message, "{request}");
    }
}

#[test]
fn to_leave_is_what_somebody_does() {
    let desk = project(&["work.Project", "work.Task"]);
    for request in [
        "users can leave comments on projects",
        "let users leave comments on projects",
        "leave a comment on projects",
        "customers can leave a comment on projects",
        "users should be able to leave comments on projects",
        "Add comments that users leave on projects",
    ] {
        let understood = ask(request, &desk, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, "commenting", "{request}");
        assert_eq!(value(&understood, "model").unwrap().0, "work.Project", "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
    let field = ask("Add a leave field to tasks", &desk, None).unwrap();
    assert_eq!(value(&field, "fields").unwrap().0, r#"["leave"]"#);
}

#[test]
fn who_something_is_by_is_a_limit_unless_it_is_anybody() {
    let plain = project(&["work.Project"]);
    let named = project(&["work.Project", "work.Customer", "work.Author", "work.SalesRep"]);
    for (request, limit) in [
        ("Add comments by members to projects", "by members"),
        ("Add comments by our members to projects", "by our members"),
        ("Add comments by customers to projects", "by customers"),
        ("Add comments from customers to projects", "from customers"),
        ("Add reviews by authors on projects", "by authors"),
    ] {
        for facts in [&plain, &named] {
            let error = ask(request, facts, None).expect_err(request);
            let message = format!("the template commenting has no parameter for what \"{limit}\" limits");
            assert_eq!(error.message, message, "{request}");
        }
    }
    let error = ask("Add reviews by sales reps on projects", &named, None).unwrap_err();
    assert!(error.message.contains("what \"by sales reps\" limits"), "{error}");
    for request in [
        "Add comments by users to projects",
        "Add comments by people to projects",
        "Add comments by everyone to projects",
        "Add comments from anybody to projects",
        "projects can be rated by customers 1 to 5",
    ] {
        for facts in [&plain, &named] {
            let understood = ask(request, facts, None).unwrap_or_else(|e| panic!("{request}: {e}"));
            assert_eq!(value(&understood, "model").unwrap().0, "work.Project", "{request}");
            assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
        }
    }
}

#[test]
fn people_are_tenants_only_where_that_is_said() {
    let desk = project(&["work.Project", "work.Task", "work.Store"]);
    for (request, person) in [
        ("each customer sees only its own projects", "customer"),
        ("each user sees only his own tasks", "user"),
        ("each member sees only her own data", "member"),
        ("separate data for every customer", "customer"),
        ("each user is a tenant", "user"),
    ] {
        let error = ask(request, &desk, None).expect_err(request);
        let message = format!("the template multi_tenant has no parameter for what \"{person}\" limits");
        assert_eq!(error.message, message, "{request}");
    }
    for (request, name) in [
        ("each customer is a tenant", "Customer"),
        ("Each shop is a tenant", "Shop"),
        ("make every shop a tenant", "Shop"),
        ("each company sees only its own projects", "Company"),
    ] {
        let understood = ask(request, &desk, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(value(&understood, "tenant_model").unwrap().0, name, "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
    // A model that is there is none that the template makes.
    for request in [
        "Each store is a tenant of its own projects",
        "stores are tenants",
        "make each store a tenant",
        "make stores the tenants",
        "use stores as tenants",
        "Add multi-tenancy per store",
        "Add multi-tenancy by store",
    ] {
        let error = ask(request, &desk, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::NotCovered, "{request}: {error}");
        assert!(error.message.contains("makes a new model for what is \"store"), "{request}: {error}");
    }
}

#[test]
fn tenancy_by_how_they_are_told_apart_names_none() {
    let desk = project(&["work.Project"]);
    let understood = ask("Add multi-tenancy by subdomain", &desk, None).unwrap();
    assert_eq!(value(&understood, "by_subdomain").unwrap().0, "true");
    assert_eq!(value(&understood, "tenant_model"), None);
    let understood = ask("Add multi-tenancy per shop", &desk, None).unwrap();
    assert_eq!(value(&understood, "tenant_model").unwrap().0, "Shop");
}

#[test]
fn who_is_logged_in_writes_by_itself_and_may_be_the_only_one_who_reads() {
    let blog = project(&["blog.Post"]);
    for (request, template, reads) in [
        ("only logged in users can comment on posts", "commenting", None),
        ("let registered users review posts", "commenting", None),
        ("add comments to posts but only authenticated users can post", "commenting", None),
        ("only logged in users can rate posts", "rating", None),
        ("comments on posts only for logged in users", "commenting", Some("true")),
        ("add comments to posts for logged in users only", "commenting", Some("true")),
        ("only authenticated users may read comments on posts", "commenting", Some("true")),
        ("add comments to posts that only registered users can see", "commenting", Some("true")),
        ("add comments to posts for registered users", "commenting", Some("true")),
        ("add ratings to posts for logged in users", "rating", Some("true")),
        ("only logged in users comment on posts", "commenting", None),
        ("comments for registered users to write on posts", "commenting", None),
        ("logged in users can see comments on posts", "commenting", None),
    ] {
        let understood = ask(request, &blog, None).unwrap_or_else(|e| panic!("{request}: {e}"));
        assert_eq!(understood.template, template, "{request}");
        assert_eq!(value(&understood, "model").unwrap().0, "blog.Post", "{request}");
        assert_eq!(value(&understood, "login_to_read").map(|(v, _)| v).as_deref(), reads, "{request}");
        assert!(understood.unexplained.is_empty(), "{request}: {understood:?}");
    }
    for request in ["only logged in users can tag posts", "comments on posts only for verified users"] {
        let error = ask(request, &blog, None).expect_err(request);
        assert_eq!(error.code, PlanningCode::NotCovered, "{request}: {error}");
    }
}
