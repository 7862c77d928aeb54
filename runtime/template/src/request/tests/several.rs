//! Rows of one model that have several of something.

use aksara_protocol::ProjectFacts;
use aksara_protocol::facts::RelationKind;
use serde_json::json;

use super::ask;
use crate::request::{PlanningCode, clauses};
use crate::testing::project;

/// The facts with a relation in the model.
fn related(mut facts: ProjectFacts, label: &str, name: &str, kind: RelationKind, to: &str) -> ProjectFacts {
    let models = facts.apps.iter_mut().flat_map(|app| &mut app.models);
    for model in models.filter(|model| model.label == label) {
        let field = json!({
            "name": name,
            "class": "django.db.models.Field",
            "relation": { "kind": kind, "to": to },
            "line": 1,
        });
        model.fields.push(serde_json::from_value(field).unwrap());
    }
    facts
}

/// The requests that the refusal says, all of which must be understood.
fn ways(request: &str, facts: &ProjectFacts) -> (String, Vec<String>) {
    let error = ask(request, facts, None).expect_err(request);
    assert_eq!(error.code, PlanningCode::NotCovered, "{request}: {error}");
    let ways: Vec<String> = error.nearest.iter().map(|near| near.example.clone()).collect();
    for way in &ways {
        let first = clauses(way).remove(0);
        ask(&first, facts, None).unwrap_or_else(|e| panic!("{request}: {way}: {e}"));
    }
    (error.message, ways)
}

#[test]
fn of_how_many_the_others_are_is_asked() {
    let shop = project(&["shop.Book", "shop.Course", "shop.Student"]);
    for request in [
        "book have many genres",
        "books have many genres",
        "A book can have several genres.",
        "books have genres",
        "each book belongs to many genres",
    ] {
        let (message, ways) = ways(request, &shop);
        assert!(message.contains("whether a genre is of one book or of several"), "{request}: {message}");
        assert!(
            ways[0].contains("Create a Genre model with name and add genres:m2m(Genre) to book"),
            "{ways:?}"
        );
        assert_eq!(ways[1], "Create a Genre model with name and book", "{request}");
    }
    assert_eq!(
        ways("courses have many students", &shop).1,
        ["Add students:m2m(shop.Student) to courses", "Add course:fk(shop.Course) to students"]
    );
    let two = project(&["shop.Book", "members.Member"]);
    assert_eq!(
        ways("books have many images", &two).1,
        [
            "Create an Image model in the shop app with name and add images:m2m(Image) to books",
            "Create an Image model in the shop app with name and book"
        ]
    );
    assert_eq!(ways("books have many users", &two).1, ["Add users:m2m(user) to books"]);
}

#[test]
fn what_is_related_already_is_said() {
    let shop = project(&["shop.Book", "shop.Author", "shop.Credit"]);
    let many = related(shop.clone(), "shop.Book", "writers", RelationKind::ManyToMany, "shop.Author");
    let one = related(shop.clone(), "shop.Book", "author", RelationKind::ForeignKey, "shop.Author");
    let joined = related(shop.clone(), "shop.Credit", "book", RelationKind::ForeignKey, "shop.Book");
    let joined = related(joined, "shop.Credit", "author", RelationKind::ForeignKey, "shop.Author");
    let has_it = "has that already";
    for (request, facts, said) in [
        ("books have many authors", &many, has_it),
        ("authors have many books", &many, has_it),
        ("authors have many books", &one, "`author` of shop.Book says of which author each is"),
        ("books have many authors", &joined, "each shop.Credit joins a book and an author"),
        ("books have many authors", &one, "by its `author` each book has one author now"),
    ] {
        let (message, _) = ways(request, facts);
        assert!(message.contains(said), "{request}: {message}");
    }
}

#[test]
fn what_a_template_is_about_and_what_is_a_field_stays_so() {
    let shop = project(&["shop.Book"]);
    for (request, template) in [
        ("books have many tags", "tagging"),
        ("books have comments", "commenting"),
        ("books have many reviews", "commenting"),
        ("a book has one title", "add_field"),
        ("books have calories", "add_field"),
        ("books have a genre field", "add_field"),
    ] {
        assert_eq!(ask(request, &shop, None).unwrap_or_else(|e| panic!("{request}: {e}")).template, template);
    }
}
