use super::super::{Inner, ItemPlace, ListTarget};
use super::{edited, open, refused};

fn append(text: &str, item: &str, place: ItemPlace<'_>) -> String {
    edited(text, &|e| e.list_append(ListTarget::Variable("X"), item, place))
}

#[test]
fn an_item_goes_in_as_the_others_are_written() {
    let end = ItemPlace::End;
    let cases = [
        ("X = []\n", end, "X = [\"t\"]\n"),
        ("X = ()\n", end, "X = (\"t\",)\n"),
        ("X = [\n]\n", end, "X = [\"t\"]\n"),
        ("X = [\"a\"]  # c\n", end, "X = [\"a\", \"t\"]  # c\n"),
        ("X = [\"a\",]\n", end, "X = [\"a\", \"t\",]\n"),
        ("X = (\"a\",)\n", end, "X = (\"a\", \"t\")\n"),
        (
            "X: list[str] = [\"a\", \"b\"]\n",
            ItemPlace::Before("'b'"),
            "X: list[str] = [\"a\", \"t\", \"b\"]\n",
        ),
        ("X = [\"a\", \"b\"]\n", ItemPlace::Before("'a'"), "X = [\"t\", \"a\", \"b\"]\n"),
        ("X = [\n    \"a\",\n]\n", end, "X = [\n    \"a\",\n    \"t\",\n]\n"),
        ("X = [\n    \"a\"\n]\n", end, "X = [\n    \"a\",\n    \"t\"\n]\n"),
        ("X = [\n    \"a\"  # why\n]\n", end, "X = [\n    \"a\",  # why\n    \"t\"\n]\n"),
        (
            "X = [\n    \"a\",  # why\n    # tail\n]\n",
            end,
            "X = [\n    \"a\",  # why\n    \"t\",\n    # tail\n]\n",
        ),
        (
            "X = [\n    \"a\",\n    # about b\n    \"b\",\n]\n",
            ItemPlace::Before("\"b\""),
            "X = [\n    \"a\",\n    \"t\",\n    # about b\n    \"b\",\n]\n",
        ),
        (
            "X = [\n    \"a\",\n    \"b\",\n]\n",
            ItemPlace::After("\"a\""),
            "X = [\n    \"a\",\n    \"t\",\n    \"b\",\n]\n",
        ),
        ("X = [\n    # nothing yet\n]\n", end, "X = [\n    # nothing yet\n    \"t\",\n]\n"),
        ("X = [  # nothing yet\n]\n", end, "X = [  # nothing yet\n    \"t\",\n]\n"),
        ("X = [\r\n\t'a',\r\n]", end, "X = [\r\n\t'a',\r\n\t\"t\",\r\n]"),
        ("X = [f(\n    1,\n)]\n", end, "X = [f(\n    1,\n), \"t\"]\n"),
        ("X = [\n    f(\n        1,\n    )]\n", end, "X = [\n    f(\n        1,\n    ), \"t\"]\n"),
        (
            "X = [\n    (\"a\"),\n    (  # p\n        \"b\"\n    )\n]\n",
            end,
            "X = [\n    (\"a\"),\n    (  # p\n        \"b\"\n    ),\n    \"t\"\n]\n",
        ),
        ("X = [lambda a, b: 1]\n", end, "X = [lambda a, b: 1, \"t\"]\n"),
        ("X = [\"a\", \"b\",\n     \"c\"]\n", end, "X = [\"a\", \"b\",\n     \"c\", \"t\"]\n"),
    ];
    for (before, place, after) in cases {
        assert_eq!(append(before, "\"t\"", place), after, "from {before:?}");
    }
}

#[test]
fn a_line_that_gets_too_long_is_exploded() {
    let long = "a".repeat(70);
    assert_eq!(
        append(&format!("X = [\"{long}\", \"b\"]  # c\n"), "\"tag\"", ItemPlace::Before("\"b\"")),
        format!("X = [\n    \"{long}\",\n    \"tag\",\n    \"b\",\n]  # c\n")
    );
    let longer = "a".repeat(100);
    assert_eq!(
        append(&format!("X = [\"{longer}\"]\n"), "\"t\"", ItemPlace::End),
        format!("X = [\"{longer}\", \"t\"]\n")
    );
    let grid = format!("X = [\n    \"{long}\", \"b\",\n    \"{long}\", \"c\"\n]\n");
    assert_eq!(
        append(&grid, "\"label\"", ItemPlace::End),
        format!("X = [\n    \"{long}\", \"b\",\n    \"{long}\", \"c\",\n    \"label\"\n]\n")
    );
}

#[test]
fn lists_inside_classes_are_found() {
    let text = "class S:\n    class Meta:\n        fields = [\"id\", \"created\"]\n";
    let target = ListTarget::Attribute { class: "S.Meta", name: "fields" };
    assert_eq!(
        edited(text, &|e| e.list_append(target, "\"tags\"", ItemPlace::Before("'created'"))),
        text.replace("\"id\", ", "\"id\", \"tags\", ")
    );
    assert_eq!(open(text).unwrap().list_items(target).unwrap(), ["\"id\"", "\"created\""]);
}

#[test]
fn lists_inside_of_values_are_found() {
    let text = "class A:\n    x = [\n        (None, {'fields': ['a', 'b']}),\n        ('More', {'fields': f()}),\n    ]\n";
    let fields = |index| [Inner::Item(index), Inner::Item(1), Inner::Key("fields")];
    let way = fields(0);
    let target = ListTarget::Inside { class: "A", name: "x", way: &way };
    let after = edited(text, &|e| e.list_append(target, "'c'", ItemPlace::After("'a'")));
    assert_eq!(after, text.replace("'a', 'b'", "'a', 'c', 'b'"));
    for way in [fields(1), fields(2), [Inner::Item(0), Inner::Item(1), Inner::Key("classes")]] {
        let mut edits = open(text).unwrap();
        let target = ListTarget::Inside { class: "A", name: "x", way: &way };
        let refused = edits.list_append(target, "'c'", ItemPlace::End).unwrap_err();
        assert!(refused.message.contains("is not a plain list"), "{refused}");
    }
}

#[test]
fn what_is_there_in_another_quote_or_added_later_is_there() {
    for text in ["X = ['t']\n", "X = []\nX += [\"t\"]\n", "X = [\n    \"a\", ('t'),\n]\n"] {
        let mut edits = open(text).unwrap();
        let change = edits.list_append(ListTarget::Variable("X"), "\"t\"", ItemPlace::End).unwrap();
        assert_eq!(change, super::Change::AlreadyThere, "{text}");
    }
}

#[test]
fn what_is_put_together_is_added_to_where_it_is_written_out() {
    let add = |text: &str, place: ItemPlace<'_>| {
        edited(text, &|e| e.list_append(ListTarget::Variable("X"), "\"t\"", place))
    };
    assert_eq!(add("X = a + [\"b\"]\n", ItemPlace::End), "X = a + [\"b\", \"t\"]\n");
    assert_eq!(add("X = [1] + A + [2]\n", ItemPlace::End), "X = [1] + A + [2, \"t\"]\n");
    assert_eq!(add("X = [1] + A + [2]\n", ItemPlace::After("1")), "X = [1, \"t\"] + A + [2]\n");
    assert_eq!(add("A = [1]\nX = A + [2]\n", ItemPlace::Before("1")), "A = [\"t\", 1]\nX = A + [2]\n");
    assert_eq!(add("if a:\n    X = f()\nX = [1]\n", ItemPlace::End), "if a:\n    X = f()\nX = [1, \"t\"]\n");
    let two = "A = [1]\nB = [2]\nX = A + B\n";
    let refusal = refused(two, &|e| e.list_append(ListTarget::Variable("X"), "\"t\"", ItemPlace::End)).1;
    assert_eq!(refusal, "`X` in `blog/views.py` is not a plain list or tuple");
}

#[test]
fn lists_that_are_computed_are_refused() {
    let add =
        |text: &str| refused(text, &|e| e.list_append(ListTarget::Variable("X"), "\"t\"", ItemPlace::End)).1;
    assert_eq!(add("X = f([])\n"), "`X` in `blog/views.py` is not a plain list or tuple");
    assert_eq!(add("X = [a for a in b]\n"), "`X` in `blog/views.py` is not a plain list or tuple");
    assert_eq!(add("X = 1, 2\n"), "`X` in `blog/views.py` is not a plain list or tuple");
    assert_eq!(add("X = []\nX = []\n"), "`X` in `blog/views.py` is set more than once");
    assert_eq!(add("if a:\n    X = []\n"), "`X` in `blog/views.py` is set inside an `if`");
    assert_eq!(add("X = Y = []\n"), "`X` in `blog/views.py` is set together with other names");
    assert_eq!(add("Y = []\n"), "`X` in `blog/views.py` is not set");
    let place = ItemPlace::Before("\"z\"");
    let (code, message) = refused("X = []\n", &|e| e.list_append(ListTarget::Variable("X"), "\"t\"", place));
    assert_eq!((code.as_str(), message.as_str()), ("not_found", "`X` in `blog/views.py` has no item \"z\""));
}
