use super::{edited, open, refused};

fn without(text: &str) -> String {
    edited(text, &|e| e.remove_keyword("A", "x", "unique"))
}

#[test]
fn a_keyword_goes_with_its_comma() {
    for (text, expected) in [
        ("class A:\n    x = F(1, unique=True)\n", "class A:\n    x = F(1)\n"),
        ("class A:\n    x = F(unique=True, null=True)  # c\n", "class A:\n    x = F(null=True)  # c\n"),
        ("class A:\n    x = F(unique=True)\n", "class A:\n    x = F()\n"),
        ("class A:\n    x = F(unique=True,)\n", "class A:\n    x = F()\n"),
        (
            "class A:\n    x = F(\n        1,\n        unique=True,\n    )\n",
            "class A:\n    x = F(\n        1,\n    )\n",
        ),
        (
            "class A:\n    x = F(\n        unique=True,\n        a=1\n    )\n",
            "class A:\n    x = F(\n        a=1\n    )\n",
        ),
        ("class A:\n    x = F(1,\n          unique=True)\n", "class A:\n    x = F(1)\n"),
    ] {
        assert_eq!(without(text), expected);
    }
}

#[test]
fn what_cannot_be_taken_out_is_refused() {
    let take = |text: &str| refused(text, &|e| e.remove_keyword("A", "x", "unique"));
    assert_eq!(take("class A:\n    x = 1\n").1, "`A.x` in `blog/views.py` is not a plain call");
    assert_eq!(take("class A:\n    y = 1\n").0, "not_found");
    let (_, message) = take("class A:\n    x = F(\n        unique=True,  # for URLs\n    )\n");
    assert!(message.contains("a comment beside it"), "{message}");
    assert_eq!(
        open("class A:\n    x = F(1)\n").unwrap().remove_keyword("A", "x", "unique").unwrap(),
        super::super::Change::AlreadyThere
    );
}

#[test]
fn a_base_takes_another_ones_place_or_stands_first() {
    for (text, expected) in [
        ("class A(models.Model):\n    pass\n", "class A(TenantModel):\n    pass\n"),
        ("class A(Mixin, models.Model):\n    pass\n", "class A(Mixin, TenantModel):\n    pass\n"),
        ("class A(Timed, metaclass=M):\n    pass\n", "class A(TenantModel, Timed, metaclass=M):\n    pass\n"),
        ("class A(\n    Timed,\n):\n    pass\n", "class A(\n    TenantModel,\n    Timed,\n):\n    pass\n"),
        ("class A:\n    pass\n", "class A(TenantModel):\n    pass\n"),
        ("class A():\n    pass\n", "class A(TenantModel):\n    pass\n"),
    ] {
        assert_eq!(edited(text, &|e| e.add_class_base("A", "TenantModel", Some("models.Model"))), expected);
    }
}

#[test]
fn an_item_goes_into_a_call_of_a_list() {
    let text =
        "class A:\n    x = [\n        U(fields=[\"a\", \"b\"], name=\"n\"),\n        C(check=1),\n    ]\n";
    let expected = text.replace("[\"a\", \"b\"]", "[\"t\", \"a\", \"b\"]");
    assert_eq!(edited(text, &|e| e.prepend_in_call("A", "x", 0, "fields", "\"t\"")), expected);
    assert_eq!(refused(text, &|e| e.prepend_in_call("A", "x", 1, "fields", "\"t\"")).0, "refused");
}

#[test]
fn a_call_that_gets_too_long_has_a_line_for_each_argument() {
    let (doctor, condition) = ("d".repeat(30), "c".repeat(30));
    let expected = format!(
        "class A:\n    x = [\n        U(\n            fields=[\"t\", \"{doctor}\"],\n            condition={condition},\n            name=\"n\",\n        ),\n    ]\n"
    );
    let arguments = format!("fields=[\"{doctor}\"], condition={condition}, name=\"n\"");
    for text in [
        format!("class A:\n    x = [\n        U(\n            {arguments}\n        ),\n    ]\n"),
        format!("class A:\n    x = [\n        U({arguments}),\n    ]\n"),
    ] {
        assert_eq!(edited(&text, &|e| e.prepend_in_call("A", "x", 0, "fields", "\"t\"")), expected);
    }
}
