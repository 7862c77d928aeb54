//! On files of every form: what was there stays, in order; the result parses; doing it again does nothing.

use proptest::prelude::*;

use super::super::{ClassPlace, ItemPlace, ListTarget, MemberPlace, StatementPlace};
use super::{Change, Edits, open};

/// A file put together from parts in many styles. Has a class `Post`, a list `X`, and a variable `router`.
fn file() -> impl Strategy<Value = String> {
    let opening = prop::sample::select(vec![
        "",
        "\"\"\"Doc.\"\"\"\n",
        "#!/usr/bin/env python\n# coding: utf-8\n",
        "# Licence\n\n",
        "\"\"\"Doc\nof two lines.\n\"\"\"\n\nfrom __future__ import annotations\n",
    ]);
    let imports = prop::sample::select(vec![
        "",
        "import os\n",
        "import os, sys; import re\n",
        "from django.db import models  # orm\n\nfrom .models import (\n    Post as P,  # p\n)\n",
        "from .models import Other\n",
        "import zlib\nimport abc\n",
        "from .models import *\n",
    ]);
    let list = prop::sample::select(vec![
        "X = []\n",
        "X = [  # c\n]\n",
        "X = ['a', \"b\"]  # c\n",
        "X = [\n    'a',  # why\n    # more\n    'b'\n    # tail\n]\n",
        "X = ('a',)\n",
        "X = [f(\n    1\n), (2)\n]\n",
        "X = [\n    'a', 'b',\n    'c']\n",
    ]);
    let class = prop::sample::select(vec![
        "class Post:\n    pass\n",
        "class Post:\n    \"\"\"Doc.\"\"\"\n",
        "# about\n@dec(\n    1\n)\nclass Post(A, b=1):  # c\n\n    # first\n    x = 1; y = 2\n    z: int = 3  # z\n\n\n    # m\n    @p\n    def f(self):\n        return '''\n# no comment\n'''\n    # end\n",
        "class Post:\n    class Meta:\n        a = 1\n    x = (\n        1\n    )\n",
        "class Post:\n    def f(self): return \"\"\"\n    text\"\"\"\n",
    ]);
    let tail = prop::sample::select(vec!["", "\n\n\n", "# end\n", "if x:\n    y = 1\n", "def g(): pass\n"]);
    let gap = || prop::sample::select(vec!["", "\n", "\n\n", "\n\n\n", "\n# between\n\n", "\n\u{c}\n"]);
    let form = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (opening, gap(), imports, gap(), list, gap(), class, gap(), tail, form).prop_map(
        |(opening, g1, imports, g2, list, g3, class, g4, tail, (crlf, tabs, bom, no_end))| {
            let mut text = format!("{opening}{g1}{imports}{g2}{list}router = 1{g3}\n{class}{g4}{tail}");
            if tabs {
                text = text.replace("    ", "\t");
            }
            if no_end {
                text.truncate(text.trim_end().len());
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            if bom { format!("\u{feff}{text}") } else { text }
        },
    )
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Import(&'static str, &'static str),
    Module(&'static str),
    Class(ClassPlace<'static>),
    Member(&'static str, MemberPlace<'static>),
    Item(&'static str, ItemPlace<'static>),
    Statement(StatementPlace<'static>),
}

fn carry_out(edits: &mut Edits, step: Step) -> Result<Change, aksara_protocol::Diagnostic> {
    edits.code();
    match step {
        Step::Import(module, name) => edits.import_from(module, name),
        Step::Module(module) => edits.import_module(module),
        Step::Class(place) => {
            edits.add_class("class New:\n    \"\"\"A\n  b.\"\"\"\n\n    n = [\n        1,\n    ]\n", place)
        }
        Step::Member(code, place) => edits.add_class_member("Post", code, place),
        Step::Item(item, place) => edits.list_append(ListTarget::Variable("X"), item, place),
        Step::Statement(place) => edits.append_statement("router.register(\"x\", New)", place),
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(vec![
        Step::Import(".models", "Tag"),
        Step::Import(".models", "Alpha"),
        Step::Import("django.db", "models"),
        Step::Import("collections", "abc"),
        Step::Import("blog.other", "Thing"),
        Step::Module("json"),
        Step::Module("django_filters"),
        Step::Class(ClassPlace::End),
        Step::Class(ClassPlace::Before("Post")),
        Step::Class(ClassPlace::After("Post")),
        Step::Member("tags = M(1)", MemberPlace::AfterFields),
        Step::Member("first = M(1)", MemberPlace::Start),
        Step::Member("late = M(1)", MemberPlace::End),
        Step::Member("def g(self):\n    return 1", MemberPlace::BeforeMethods),
        Step::Member("class Inner:\n    x = 1", MemberPlace::End),
        Step::Item("\"tag\"", ItemPlace::End),
        Step::Item("T(1, 2)", ItemPlace::End),
        Step::Item("\"early\"", ItemPlace::Before("'a'")),
        Step::Statement(StatementPlace::End),
        Step::Statement(StatementPlace::AfterVariable("router")),
        Step::Statement(StatementPlace::BeforeVariable("router")),
    ])
}

fn is_subsequence(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|wanted| rest.any(|c| c == wanted))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn edits_keep_their_promises(text in file(), steps in prop::collection::vec(step(), 1..5)) {
        let Ok(mut edits) = open(&text) else {
            // Parts that do not fit together are no file.
            return Ok(());
        };
        let mut done = Vec::new();
        for step in steps {
            let before = edits.source().text().to_owned();
            match carry_out(&mut edits, step) {
                Ok(_) => done.push(step),
                Err(error) => {
                    prop_assert!(error.help.is_some() || error.code == "syntax_error", "{error}");
                    prop_assert_eq!(&before, edits.source().text());
                }
            }
        }
        let splices = edits.splices();
        let result = aksara_protocol::edit::apply_splices(&text, &splices).unwrap();
        prop_assert_eq!(&result, edits.source().text());
        prop_assert!(splices.iter().filter(|s| s.fragment.is_some()).count() <= 1);
        // All that was there is there, in order. Only a lone `pass` makes room, and spaces where a line is broken up.
        let kept: String = text.split_whitespace().filter(|w| *w != "pass").collect();
        prop_assert!(is_subsequence(&kept, &result), "{}\n---\n{}", text, result);
        // Line endings, byte order mark and the end of the file stay what they were.
        prop_assert_eq!(text.starts_with('\u{feff}'), result.starts_with('\u{feff}'));
        if text.contains("\r\n") {
            prop_assert!(!result.replace("\r\n", "").contains('\n'), "{:?}", result);
        } else {
            prop_assert!(!result.contains('\r'));
        }
        if !text.trim().is_empty() {
            prop_assert_eq!(text.ends_with('\n'), result.ends_with('\n'), "{:?}", result);
        }
        let mut again = open(&result).map_err(|e| TestCaseError::fail(e.to_string()))?;
        for step in done {
            match carry_out(&mut again, step) {
                Ok(change) => prop_assert_eq!(change, Change::AlreadyThere, "{:?}", step),
                Err(error) => prop_assert!(false, "{:?} on its own result: {}\n{}", step, error, result),
            }
        }
        prop_assert_eq!(again.splices(), vec![]);
    }
}
