use super::super::{Change, ClassPlace, MemberPlace, StatementPlace};
use super::{edited, open, refused};

const TAG: &str = "class Tag:\n    \"\"\"A\n  label.\"\"\"\n\n    name = 'x'";

#[test]
fn a_class_has_two_blank_lines_around_it() {
    let cases = [
        ("", ClassPlace::End, "class T:\n    x = 1\n"),
        (
            "class A:\n    pass\n\n\n# Routes.\nrouter = routers.DefaultRouter()\nrouter.register('a', A)\n\nurlpatterns = []\n",
            ClassPlace::End,
            "class A:\n    pass\n\n\nclass T:\n    x = 1\n\n\n# Routes.\nrouter = routers.DefaultRouter()\nrouter.register('a', A)\n\nurlpatterns = []\n",
        ),
        (
            "router = SimpleRouter()\n\n\nclass A:\n    pass\n",
            ClassPlace::End,
            "router = SimpleRouter()\n\n\nclass A:\n    pass\n\n\nclass T:\n    x = 1\n",
        ),
        ("import os\n", ClassPlace::End, "import os\n\n\nclass T:\n    x = 1\n"),
        ("import os", ClassPlace::End, "import os\n\n\nclass T:\n    x = 1"),
        ("import os\n\n\n\n", ClassPlace::End, "import os\n\n\nclass T:\n    x = 1\n\n\n\n"),
        (
            "# Create your models here.\n",
            ClassPlace::End,
            "# Create your models here.\n\n\nclass T:\n    x = 1\n",
        ),
        (
            "import os\n\n# about P\n@dec\nclass P:\n    pass\n",
            ClassPlace::Before("P"),
            "import os\n\n\nclass T:\n    x = 1\n\n\n# about P\n@dec\nclass P:\n    pass\n",
        ),
        (
            "class P:\n    pass\n    # end of P\n\nx = 1\n",
            ClassPlace::After("P"),
            "class P:\n    pass\n    # end of P\n\n\nclass T:\n    x = 1\n\n\nx = 1\n",
        ),
        ("class P:\n    pass\n", ClassPlace::Before("P"), "class T:\n    x = 1\n\n\nclass P:\n    pass\n"),
        (
            "class P:\r\n\tpass\r\n",
            ClassPlace::After("P"),
            "class P:\r\n\tpass\r\n\r\n\r\nclass T:\r\n\tx = 1\r\n",
        ),
    ];
    for (before, place, after) in cases {
        assert_eq!(
            edited(before, &|e| e.add_class("class T:\n    x = 1\n", place)),
            after,
            "from {before:?}"
        );
    }
}

#[test]
fn the_inside_of_a_string_keeps_its_spaces() {
    let result = edited("class P:\n\tpass\n", &|e| e.add_class(TAG, ClassPlace::Before("P")));
    assert_eq!(result, "class Tag:\n\t\"\"\"A\n  label.\"\"\"\n\n\tname = 'x'\n\n\nclass P:\n\tpass\n");
}

#[test]
fn a_class_in_the_way_is_named() {
    let add = |text: &str| refused(text, &|e| e.add_class(TAG, ClassPlace::End));
    assert_eq!(add("class Tag:\n    pass\n").1, "`Tag` already means the class `Tag` in `blog/views.py`");
    assert_eq!(add("from x import Tag\n").1, "`Tag` already means `from x import Tag` in `blog/views.py`");
    let before = |text: &str| refused(text, &|e| e.add_class("class T: pass", ClassPlace::Before("P"))).1;
    assert_eq!(before("class P: pass\nclass P: pass\n"), "`P` is defined more than once");
    assert_eq!(
        before("if x:\n    class P: pass\n"),
        "`P` is defined inside an `if`, so that it may not be the only one"
    );
    assert_eq!(before("x = 1\n"), "there is no class `P` in `blog/views.py`");
}

#[test]
fn the_same_class_written_differently_is_already_there() {
    let mut edits = open("class Tag:\n  '''A\n  label.'''\n  name = ('x')  # why\n").unwrap();
    assert_eq!(edits.add_class(TAG, ClassPlace::End).unwrap(), super::Change::AlreadyThere);
}

const POST: &str = "class Post(Base):
    \"\"\"A post.\"\"\"

    title = Char()  # shown
    # who wrote it
    author = Key(
        User
    )

    class Meta:
        ordering = [\"title\"]

    # as text
    def __str__(self):
        return self.title

    # tail
";

fn member(text: &str, code: &str, place: MemberPlace<'_>) -> String {
    edited(text, &|e| e.add_class_member("Post", code, place))
}

#[test]
fn members_go_where_they_belong_with_their_blank_lines() {
    let cases = [
        ("tags = M()", MemberPlace::AfterFields, "        User\n    )\n    tags = M()\n\n    class Meta"),
        (
            "tags = M()",
            MemberPlace::After("title"),
            "# shown\n    tags = M()\n    # who wrote it\n    author",
        ),
        (
            "tags = M()",
            MemberPlace::Before("author"),
            "# shown\n    tags = M()\n    # who wrote it\n    author",
        ),
        ("tags = M()", MemberPlace::Start, "post.\"\"\"\n\n    tags = M()\n\n    title = "),
        ("tags = M()", MemberPlace::End, "return self.title\n\n    tags = M()\n\n    # tail\n"),
        (
            "def f(self):\n    pass",
            MemberPlace::BeforeMethods,
            "[\"title\"]\n\n    def f(self):\n        pass\n\n    # as text\n    def __str__",
        ),
        (
            "def f(self):\n    pass",
            MemberPlace::After("__str__"),
            "self.title\n\n    def f(self):\n        pass\n\n    # tail",
        ),
        (
            "class B:\n    x = 1",
            MemberPlace::AfterFields,
            "    )\n\n    class B:\n        x = 1\n\n    class Meta",
        ),
        (
            "def f(self):\n    pass",
            MemberPlace::Before("title"),
            "post.\"\"\"\n\n    def f(self):\n        pass\n\n    title",
        ),
    ];
    for (code, place, expected) in cases {
        let result = member(POST, code, place);
        // After a docstring one blank line is enough, however the member came there.
        let expected = expected.replace("tags = M()\n\n    title", "tags = M()\n    title");
        let result = result.replace("tags = M()\n\n    title", "tags = M()\n    title");
        assert!(result.contains(&expected), "{code} {place:?}:\n{result}");
    }
}

#[test]
fn a_lone_pass_makes_room() {
    let cases = [
        ("class Post:\n    pass\n", "class Post:\n    x = 1\n"),
        ("class Post:\n    ...  # empty\n", "class Post:\n    x = 1  # empty\n"),
        ("class Post:\n    \"\"\"Doc.\"\"\"\n    pass\n", "class Post:\n    \"\"\"Doc.\"\"\"\n\n    x = 1\n"),
        ("class Post:\n    \"\"\"Doc.\"\"\"\n", "class Post:\n    \"\"\"Doc.\"\"\"\n\n    x = 1\n"),
        ("class Post:\n\tpass", "class Post:\n\tx = 1"),
        (
            "class Post:\n    # none yet\n    pass\n\n\ny = 1\n",
            "class Post:\n    # none yet\n    x = 1\n\n\ny = 1\n",
        ),
        (
            "class Post:\n    class Meta:\n        pass\n",
            "class Post:\n    x = 1\n\n    class Meta:\n        pass\n",
        ),
        ("class Post:\n    def f(self): pass\n", "class Post:\n    x = 1\n\n    def f(self): pass\n"),
    ];
    for (before, after) in cases {
        assert_eq!(member(before, "x = 1", MemberPlace::AfterFields), after);
    }
}

#[test]
fn assignments_go_below_the_fields_that_stand_below_a_class_of_choices() {
    let choices = "class Post:\n    class Kind(C):\n        A = 1\n";
    for (fields, place, after) in [
        ("\n    kind = F()\n", MemberPlace::AfterFields, "\n    kind = F()\n    x = 1\n"),
        ("\n    kind = F()\n", MemberPlace::ApartFromFields, "\n    kind = F()\n\n    x = 1\n"),
        ("", MemberPlace::AfterFields, "\n    x = 1\n"),
    ] {
        let rest = "\n    class Meta:\n        y = 2\n\n    z = 3\n";
        let found = member(&format!("{choices}{fields}{rest}"), "x = 1", place);
        assert_eq!(found, format!("{choices}{after}{rest}"));
    }
}

#[test]
fn members_that_cannot_go_in_are_refused() {
    let add = |text: &str, code: &str| {
        refused(text, &|e| e.add_class_member("Post", code, MemberPlace::AfterFields))
    };
    assert_eq!(add("class Post: x = 1\n", "y = 1").1, "the body of `Post` is on one line");
    assert_eq!(add("class Post: pass\n", "y = 1").1, "the body of `Post` is on one line");
    assert_eq!(add("class Post:\n    x = 1\n", "x = 2").0, "name_taken");
    assert_eq!(add("class Post:\n    if A:\n        x = 1\n", "x = 1").0, "name_taken");
    assert_eq!(add("class Post:\n    x = 1\n", "f()").0, "refused");
    let (code, message) = refused(POST, &|e| e.add_class_member("Post", "x = 1", MemberPlace::After("gone")));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("not_found", "`Post` in `blog/views.py` has no member `gone`")
    );
}

#[test]
fn attributes_are_set_replaced_and_removed() {
    let text =
        "class V:\n    # which\n    a = 1\n    b = [\n        1,\n    ]  # why\n\n    def f(self): pass\n";
    assert_eq!(
        edited(text, &|e| e.set_class_attribute("V", "c", "F")),
        text.replace("# why\n", "# why\n    c = F\n")
    );
    assert_eq!(edited(text, &|e| e.replace_class_attribute("V", "a", "2")), text.replace("a = 1", "a = 2"));
    assert_eq!(
        edited(text, &|e| e.replace_class_attribute("V", "b", "g(\n    1,\n)")),
        text.replace("[\n        1,\n    ]", "g(\n        1,\n    )")
    );
    assert_eq!(edited(text, &|e| e.remove_class_attribute("V", "a")), text.replace("    a = 1\n", ""));
    assert_eq!(refused(text, &|e| e.remove_class_attribute("V", "b")).0, "refused");
    assert_eq!(refused(text, &|e| e.set_class_attribute("V", "a", "2")).0, "name_taken");
    assert_eq!(refused(text, &|e| e.replace_class_attribute("V", "z", "2")).0, "not_found");
    assert_eq!(
        edited("class V:\n    a = 1\n", &|e| e.remove_class_attribute("V", "a")),
        "class V:\n    pass\n"
    );
    assert_eq!(
        edited("class V:\n    a = 1\n    b = 1", &|e| e.remove_class_attribute("V", "b")),
        "class V:\n    a = 1"
    );
    let comment = "class V:\n    a = [\n        # why\n    ]\n";
    assert_eq!(refused(comment, &|e| e.replace_class_attribute("V", "a", "2")).0, "refused");
}

#[test]
fn calls_are_appended_to_chains() {
    let append =
        |text: &str| edited(text, &|e| e.append_to_expression("V", "q", ".prefetch_related(\"tags\")"));
    assert_eq!(
        append("class V:\n    q = P.objects.select_related(\"author\")  # all\n"),
        "class V:\n    q = P.objects.select_related(\"author\").prefetch_related(\"tags\")  # all\n"
    );
    assert_eq!(
        append("class V:\n    q = P.objects\n"),
        "class V:\n    q = P.objects.prefetch_related(\"tags\")\n"
    );
    assert_eq!(
        append(
            "class V:\n    q = P.objects.select_related(\"author\", \"author__profile\").filter(is_published=True)\n"
        ),
        "class V:\n    q = (\n        P.objects.select_related(\"author\", \"author__profile\")\n        \
         .filter(is_published=True)\n        .prefetch_related(\"tags\")\n    )\n"
    );
    assert_eq!(
        append("class V:\n    q = (\n        P.objects.all()\n        .order_by(\"x\")  # sorted\n    )\n"),
        "class V:\n    q = (\n        P.objects.all()\n        .order_by(\"x\")\n        .prefetch_related(\"tags\")  # sorted\n    )\n"
    );
    assert_eq!(
        append("class V:\n    q = P.objects.filter(\n        a=1,\n    )\n"),
        "class V:\n    q = P.objects.filter(\n        a=1,\n    ).prefetch_related(\"tags\")\n"
    );
    let refuse = |text: &str| refused(text, &|e| e.append_to_expression("V", "q", ".all()")).0;
    assert_eq!(refuse("class V:\n    q = a or b\n"), "refused");
    assert_eq!(refuse("class V:\n    q = 1\n    q = 2\n"), "refused");
    assert_eq!(refuse("class V:\n    if a:\n        q = b\n"), "refused");
    assert_eq!(refuse("class V:\n    pass\n"), "not_found");
}

#[test]
fn a_last_call_is_dropped() {
    let drop = |text: &str| edited(text, &|e| e.drop_last_call("V", "q", "all"));
    assert_eq!(drop("class V:\n    q = P.objects.all()  # all\n"), "class V:\n    q = P.objects  # all\n");
    for kept in [
        "class V:\n    q = P.objects.all().b()\n",
        "class V:\n    q = P.objects.all(1)\n",
        "class V:\n    q = all()\n",
        "class V:\n    q = (\n        P.objects\n        .all()\n    )\n",
    ] {
        let mut edits = open(kept).unwrap();
        assert_eq!(edits.drop_last_call("V", "q", "all").unwrap(), Change::AlreadyThere, "{kept}");
    }
}

#[test]
fn statements_go_below_their_likes() {
    let urls = "router = R()\nrouter.register(\"posts\", P)  # p\n\nurlpatterns = [\n]\n";
    let add =
        |text: &str, place| edited(text, &|e| e.append_statement("router.register(\"tags\", T)", place));
    assert_eq!(
        add(urls, StatementPlace::AfterCalls("router.register")),
        urls.replace("# p\n", "# p\nrouter.register(\"tags\", T)\n")
    );
    assert_eq!(
        add(urls, StatementPlace::AfterVariable("router")),
        urls.replace("R()\n", "R()\nrouter.register(\"tags\", T)\n")
    );
    assert_eq!(
        add(urls, StatementPlace::BeforeVariable("urlpatterns")),
        urls.replace("\nurl", "\nrouter.register(\"tags\", T)\n\nurl")
    );
    assert_eq!(add(urls, StatementPlace::End), format!("{urls}\nrouter.register(\"tags\", T)\n"));
    assert_eq!(add("", StatementPlace::End), "router.register(\"tags\", T)\n");
    assert_eq!(
        refused("x = 1\n", &|e| e.append_statement("f()", StatementPlace::AfterCalls("router.register"))).0,
        "not_found"
    );
}

#[test]
fn statements_go_below_their_likes_under_a_condition() {
    let calls = |text: &str| {
        edited(text, &|e| {
            e.append_statement("router.register(\"tags\", T)", StatementPlace::AfterCalls("router.register"))
        })
    };
    let guarded =
        "if API:\n    router = R()\n    router.register(\"posts\", P)\n    urlpatterns += router.urls\n";
    assert_eq!(calls(guarded), guarded.replace("P)\n", "P)\n    router.register(\"tags\", T)\n"));
    let again = StatementPlace::AfterCalls("router.register");
    let again = open(&calls(guarded)).unwrap().append_statement("router.register(\"tags\", T)", again);
    assert_eq!(again.unwrap(), Change::AlreadyThere);
    assert_eq!(open(guarded).unwrap().count_calls("router.register"), 1);
    let variable = |text: &str| {
        edited(text, &|e| {
            e.append_statement("router.register(\"tags\", T)", StatementPlace::AfterVariable("router"))
        })
    };
    let one = "try:\n    import x\nexcept ImportError:\n    pass\nelse:\n    router = R()\n    y = 1\n";
    assert_eq!(variable(one), one.replace("R()\n", "R()\n    router.register(\"tags\", T)\n"));
    // Either of two is the router.
    let two = "if DEBUG:\n    router = R()\nelse:\n    router = S()\n\nurls = router.urls\n";
    assert_eq!(variable(two), two.replace("S()\n", "S()\nrouter.register(\"tags\", T)\n"));
}

#[test]
fn a_class_is_moved_with_what_belongs_to_it() {
    let tag = "# about T\n@dec\nclass T:\n    x = 1  # one\n    # end of T";
    let above = |text: &str| edited(text, &|e| e.move_class_above("T", "P"));
    let p = "# about P\nclass P:\n    pass\n";
    for (before, after) in [
        (format!("import os\n\n\n{p}\n\n{tag}\n"), format!("import os\n\n\n{tag}\n\n\n{p}")),
        (format!("{p}\n\n{tag}"), format!("{tag}\n\n\n{}", p.trim_end())),
        (format!("{p}\n\n{tag}\n\n\nx = 1\n"), format!("{tag}\n\n\n{p}\n\nx = 1\n")),
        (
            format!("{p}\n\nclass Q:\n    pass\n\n\n{tag}\n\n"),
            format!("{tag}\n\n\n{p}\n\nclass Q:\n    pass\n\n"),
        ),
    ] {
        assert_eq!(above(&before), after, "from {before:?}");
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(above(&crlf(&before)), crlf(&after));
    }
}

#[test]
fn a_class_that_may_need_what_is_between_is_not_moved() {
    let refusal = |between: &str| {
        let text = format!("class P:\n    pass\n\n\n{between}\n\n\nclass T(B):\n    x = [SIZE]\n");
        refused(&text, &|e| e.move_class_above("T", "P")).1
    };
    assert_eq!(refusal("SIZE = 9"), "`T` stands below `P`, and uses `SIZE` from between them");
    assert_eq!(refusal("class B:\n    pass"), "`T` stands below `P`, and uses `B` from between them");
    for between in ["from x import B", "if x:\n    SIZE = 1", "x.y = 1", "setup()"] {
        let said = refusal(between);
        assert_eq!(said, "`T` stands below `P`, and what is between them may matter to it", "{between}");
    }
    let uses = refused("class P:\n    pass\n\n\nclass T(P):\n    pass\n", &|e| e.move_class_above("T", "P"));
    assert_eq!(uses.1, "`T` stands below `P`, and uses `P` from between them");
}

#[test]
fn a_call_takes_more_texts() {
    let extended = |text: &str| {
        let mut edits = super::open(text).unwrap();
        let is_there = edits
            .extend_call("V", "q", "prefetch_related", &["\"tags\"".to_owned(), "\"b\"".to_owned()])
            .unwrap();
        is_there.then(|| edits.source().text().to_owned())
    };
    assert_eq!(
        extended("class V:\n    q = A.objects.prefetch_related(\"a\").all()\n").as_deref(),
        Some("class V:\n    q = A.objects.prefetch_related(\"a\", \"tags\", \"b\").all()\n")
    );
    let long = "x".repeat(60);
    for left in [
        "A.objects.all()",
        "A.objects.prefetch_related()",
        "A.objects.prefetch_related(Prefetch(\"a\"))",
        "A.objects.prefetch_related(\n        \"a\",\n    )",
        &format!("A.objects.prefetch_related(\"{long}\")"),
    ] {
        assert_eq!(extended(&format!("class V:\n    q = {left}\n")), None, "{left}");
    }
    assert_eq!(extended("class V:\n    pass\n"), None);
}

#[test]
fn a_setting_goes_above_what_overrides_it() {
    let add = |text: &str| edited(text, &|e| e.append_statement("SITE_ID = 1", StatementPlace::EndApart));
    for end in [
        "exec(open(\"extra.py\").read())\n",
        "# Of this machine.\nfrom .local import *  # noqa\n",
        "try:\n    from .local import *\nexcept ImportError:\n    pass\n\nexec(x)\n",
        "if os.path.exists(x):\n    with open(x) as f:\n        exec(f.read())\n",
    ] {
        let head = "import os\nfrom .base import *\n\nDEBUG = True\n";
        assert_eq!(add(&format!("{head}\n{end}")), format!("{head}\nSITE_ID = 1\n\n{end}"));
        assert_eq!(add(&format!("{head}{end}")), format!("{head}\nSITE_ID = 1\n\n{end}"));
    }
    // The base of the module, and what is set below.
    for text in ["from .base import *\n", "A = 1\nfrom .local import *\nB = A\n"] {
        assert_eq!(add(text), format!("{text}\nSITE_ID = 1\n"));
    }
}
