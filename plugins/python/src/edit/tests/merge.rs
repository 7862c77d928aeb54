use crate::Code;

use super::super::{Change, DictEntry, Edits, definitions, moved_deeper};
use super::{edited, open, refused};

fn merged(text: &str, code: &str) -> String {
    edited(text, &|e| e.merge(code))
}

#[test]
fn a_module_gets_what_it_lacks() {
    let text = "\"\"\"Ours.\"\"\"\n\nimport os\n\nfrom django.db import models\n\nLIMIT = 3\n\n\ndef here():\n    return os.name\n";
    let code = "\"\"\"Theirs.\"\"\"\n\nimport json as j\nfrom django.db import models, transaction as t\nfrom .base import *\n\nLIMIT = 3\n# How often.\nTIMES = 2  # at most\n\n\ndef here():\n    return os.name\n\n\n# Says it.\nclass There:\n    pass\n\n\n@wraps\ndef after():\n    return There\n";
    assert_eq!(
        merged(text, code),
        "\"\"\"Ours.\"\"\"\n\nimport json as j\nimport os\n\nfrom django.db import models\nfrom django.db import transaction as t\n\nfrom .base import *\n\nLIMIT = 3\n\n\ndef here():\n    return os.name\n\n\n# How often.\nTIMES = 2  # at most\n\n\n# Says it.\nclass There:\n    pass\n\n\n@wraps\ndef after():\n    return There\n"
    );
}

#[test]
fn an_empty_module_gets_all_of_it() {
    let code = "from a import b\n\n\ndef f():\n    return b\n";
    assert_eq!(merged("", code), code);
}

#[test]
fn what_is_there_is_known_by_its_meaning() {
    let code = "class A:\n    \"\"\"One.\n\n    Two.\n    \"\"\"\n\n    x = \"\"\"a\n b\"\"\"\n";
    for text in [
        code.replace('\n', "\r\n"),
        "class A:\n\t\"\"\"One.\n\n\tTwo.\n\t\"\"\"\n\n\tx = '''a\n b'''\n".to_owned(),
    ] {
        assert_eq!(super::open(&text).unwrap().merge(code).unwrap(), Change::AlreadyThere, "{text}");
    }
    let without = "class A:\n    x = \"\"\"a\n b\"\"\"\n";
    assert_eq!(super::open(without).unwrap().merge(code).unwrap(), Change::AlreadyThere);
    assert_eq!(super::open(code).unwrap().merge(without).unwrap(), Change::AlreadyThere);
    for other in [code.replace("Two", "Three"), code.replace("\n b", "\nb")] {
        assert_eq!(refused(&other, &|e| e.merge(code)).0, "name_taken", "{other}");
    }
    assert_eq!(refused("x = \"\\r\\n\"\n", &|e| e.merge("x = \"\\n\"\n")).0, "name_taken");
}

#[test]
fn a_name_that_means_something_else_is_refused() {
    let (code, message) = refused("def f():\n    return 1\n", &|e| e.merge("def f():\n    return 2\n"));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("name_taken", "`f` already means the function `f` in `blog/views.py`")
    );
    assert_eq!(refused("f = 1\n", &|e| e.merge("from a import f\n")).0, "name_taken");
    assert_eq!(refused("f = 1\n", &|e| e.merge("import a as f\n")).0, "name_taken");
    assert_eq!(refused("", &|e| e.merge("def f(:\n")).0, "refused");
}

#[test]
fn url_patterns_grow_and_what_they_need_stands_above_them() {
    let code = "from rest_framework.routers import DefaultRouter\nfrom . import views\n\nrouter = DefaultRouter()\nrouter.register(\"tags\", views.Tags)\n\nurlpatterns = [\n    path(\"in/\", views.login),\n    path(\n        \"out/\",\n        views.logout,\n    ),\n]\n";
    assert_eq!(
        merged("from django.urls import path\n\nurlpatterns = []\n", code),
        "from django.urls import path\nfrom rest_framework.routers import DefaultRouter\n\nfrom . import views\n\nrouter = DefaultRouter()\nrouter.register(\"tags\", views.Tags)\n\nurlpatterns = [\n    path(\"in/\", views.login),\n    path(\n        \"out/\",\n        views.logout,\n    ),\n]\n"
    );
    assert_eq!(
        merged(
            "from . import views\n\nurlpatterns = [\n    path(\"a/\", views.a),\n] + static()\n",
            "urlpatterns = [path(\"a/\", views.a), path(\"b/\", views.b)]\n"
        ),
        "from . import views\n\nurlpatterns = [\n    path(\"a/\", views.a),\n    path(\"b/\", views.b),\n] + static()\n"
    );
}

#[test]
fn relative_imports_follow_a_module_that_moves() {
    let code =
        "from . import a\nfrom .models import B\nfrom x import c\n\n\ndef f():\n    from ..base import d\n";
    assert_eq!(moved_deeper(code, 1).unwrap(), code.replace("from .", "from .."));
    assert_eq!(
        definitions("class A:\n    def b(self):\n        pass\n\n\nasync def c():\n    pass\n").unwrap(),
        ["A", "c"]
    );
}

#[test]
fn entries_of_dicts_are_added() {
    let add = |text: &str, keys: &[&str], value, item| {
        let keys = keys.to_vec();
        edited(text, &move |e| e.dict_add("X", DictEntry { keys: &keys, value, item }))
    };
    assert_eq!(add("", &["a", "b"], Some("1"), None), "X = {\"a\": {\"b\": 1}}\n");
    assert_eq!(add("X = {'a': 1}\n", &["b"], Some("2"), None), "X = {'a': 1, 'b': 2}\n");
    assert_eq!(
        add("X = {\n    \"a\": {\n        \"c\": 1,  # one\n    },\n}\n", &["a", "b"], Some("[2]"), None),
        "X = {\n    \"a\": {\n        \"c\": 1,  # one\n        \"b\": [2],\n    },\n}\n"
    );
    assert_eq!(add("X = {\"a\": [1]}\n", &["a"], Some("[1, 2]"), Some("2")), "X = {\"a\": [1, 2]}\n");
    assert_eq!(add("X = {}\n", &["a"], None, Some("2")), "X = {\"a\": [2]}\n");
    let long = "a".repeat(40);
    assert_eq!(
        add("X = {\n    \"a\": 1,\n}\n", &["b"], Some(&format!("[\"{long}\", \"{long}\"]")), None),
        format!(
            "X = {{\n    \"a\": 1,\n    \"b\": [\n        \"{long}\",\n        \"{long}\",\n    ],\n}}\n"
        )
    );
}

#[test]
fn an_entry_with_another_value_is_refused() {
    let add = |text: &str, value, item| {
        let keys = ["a"];
        refused(text, &move |e| e.dict_add("X", DictEntry { keys: &keys, value, item }))
    };
    let (code, message) = add("X = {\"a\": 1}\n", Some("2"), None);
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("name_taken", "`a` of `X` in `blog/views.py` has another value than `2`")
    );
    assert_eq!(add("X = f()\n", Some("2"), None).1, "`X` in `blog/views.py` is not a plain dict");
    assert_eq!(
        add("X = {\"a\": f()}\n", None, Some("2")).1,
        "`a` of `X` in `blog/views.py` is not a plain list or tuple"
    );
    assert_eq!(add("X = {}\n", None, None).0, "bad_params");
    assert_eq!(add("X = {\"a\": 1}\n", None, None).0, "bad_params");
}

#[test]
fn a_method_grows_at_its_end() {
    let add =
        |text: &str| edited(text, &|e| e.add_to_method("A", "ready", "from . import signals  # noqa: F401"));
    assert_eq!(
        add("class A:\n    name = \"a\"\n"),
        "class A:\n    name = \"a\"\n\n    def ready(self):\n        from . import signals  # noqa: F401\n"
    );
    assert_eq!(
        add("class A:\n    def ready(self):\n        pass\n"),
        "class A:\n    def ready(self):\n        from . import signals  # noqa: F401\n"
    );
    assert_eq!(
        add("class A:\n\tdef ready(self):\n\t\tf()  # why\n\n\tx = 1\n"),
        "class A:\n\tdef ready(self):\n\t\tf()  # why\n\t\tfrom . import signals  # noqa: F401\n\n\tx = 1\n"
    );
    for text in ["class A:\n    def ready(self): f()\n", "class A:\n    def ready(self):\n        return 1\n"]
    {
        assert_eq!(refused(text, &|e| e.add_to_method("A", "ready", "g()")).0, "refused");
    }
}

#[test]
fn lists_are_found_in_what_they_are_put_together_from() {
    let parts = |text: &str| {
        let parts = super::open(text).unwrap().list_parts("X")?;
        Ok::<_, aksara_protocol::Diagnostic>(
            parts
                .into_iter()
                .map(|p| format!("{}:{}", p.name.unwrap_or_default(), p.items.join(" ")))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(parts("X = [1]\n").unwrap(), [":1"]);
    assert_eq!(parts("A = [1]\nB = (2, 3)\nX = A + B + [4] + f()\n").unwrap(), ["A:1", "B:2 3", ":4"]);
    assert_eq!(parts("A = [1]\nB = [2]\nX = [*A, *B]\n").unwrap(), ["A:1", "B:2"]);
    assert_eq!(parts("A = [1]\nX = [*A, 5]\n").unwrap(), ["A:1", ":*A 5"]);
    assert_eq!(parts("X = f()\n").unwrap_err().code, "refused");
    assert_eq!(parts("X = X + [1]\n").unwrap(), [":1"]);
    assert_eq!(
        edited("A = [\n    1,\n]\nB = [2]\nX = A + B\n", &|e| e.list_part_append(
            "X",
            0,
            "3",
            super::super::ItemPlace::End
        )),
        "A = [\n    1,\n    3,\n]\nB = [2]\nX = A + B\n"
    );
}

#[test]
fn what_a_module_would_import_from_itself_is_its_own() {
    let text = "from .models import A\n\n\nclass S:\n    of = A\n";
    for module in [".views", "blog.views"] {
        let code = format!("from .models import A\nfrom {module} import S\n\n\nclass V:\n    with_ = S, A\n");
        assert_eq!(
            merged(text, &code),
            "from .models import A\n\n\nclass S:\n    of = A\n\n\nclass V:\n    with_ = S, A\n"
        );
    }
    let (code, _) = refused(text, &|e| e.merge("from ..views import S\n"));
    assert_eq!(code, "name_taken");
}

#[test]
fn a_package_of_another_name_that_ends_the_path_is_imported() {
    let merged_at = |path: &str, module: Option<&str>, code: &str| {
        let file = aksara_protocol::wire::SourceFile {
            path: aksara_protocol::RelPath::new(path).unwrap(),
            blob: aksara_protocol::BlobId::new("0"),
            text: String::new(),
        };
        let edits = Edits::open(&file, &aksara_protocol::facts::Style::default()).unwrap();
        let mut edits = edits.imported_as(module.map(str::to_owned));
        let _ = edits.merge(code).unwrap();
        edits.source().text().to_owned()
    };
    for (path, code) in [
        ("config/celery.py", "from celery import shared_task\n"),
        ("core/logging.py", "from logging import getLogger\n"),
        ("views.py", "from ...views import A\n"),
    ] {
        assert_eq!(merged_at(path, None, code), code);
    }
    let code = "from blog.views import A\n";
    assert_eq!(merged_at("apps/blog/views.py", None, code), code);
    assert_eq!(merged_at("apps/blog/views.py", Some("blog.views"), code), "");
}

#[test]
fn the_dict_of_a_class_grows_by_an_entry() {
    let added = |value: &str| {
        let text = format!("class A:\n    class Meta:\n        extra = {value}\n");
        let rows = Code::List(vec![Code::raw("UniqueValidator(queryset=Post.objects.all())")]);
        edited(&text, &|e| {
            let value = Code::Dict(vec![("\"validators\"".to_owned(), rows.clone())]);
            e.dict_attribute_add("A.Meta", "extra", "slug", value)
        })
    };
    let slug = "            \"slug\": {\"validators\": [UniqueValidator(queryset=Post.objects.all())]},\n        }\n";
    assert!(
        added("{\n            \"url\": {\"a\": 1},\n        }")
            .ends_with(&format!("\"url\": {{\"a\": 1}},\n{slug}"))
    );
    assert!(
        added("{\"url\": {\"a\": 1}}")
            .ends_with(&format!("= {{\n            \"url\": {{\"a\": 1}},\n{slug}"))
    );
}

#[test]
fn where_the_lines_of_a_text_end_is_no_difference() {
    let there = "def f():\n    \"\"\"One two three.\"\"\"\n    return \"one two\"\n";
    let code = "def f():\n    \"\"\"\n    One two\n    three.\n    \"\"\"\n    return (\n        \"one \"\n        \"two\"\n    )\n";
    assert_eq!(open(there).unwrap().merge(code).unwrap(), Change::AlreadyThere);
}
