use aksara_protocol::facts::Style;
use aksara_protocol::wire::SourceFile;
use aksara_protocol::{BlobId, RelPath};

use super::super::{Change, Edits};
use super::{edited, open, refused};

fn import(text: &str, module: &str, name: &str) -> String {
    edited(text, &|e| e.import_from(module, name))
}

#[test]
fn an_import_from_the_same_module_is_extended_in_order() {
    let cases = [
        ("from .models import Post\n", "Tag", "from .models import Post, Tag\n"),
        ("from .models import Post, User  # noqa\n", "Tag", "from .models import Post, Tag, User  # noqa\n"),
        ("from .models import Tag\n", "Post", "from .models import Post, Tag\n"),
        ("from .models import b, a\n", "Tag", "from .models import b, a, Tag\n"),
        ("from .models import A_B, Cat, dog\n", "Bee", "from .models import A_B, Bee, Cat, dog\n"),
        ("from .models import (Post)\n", "Tag", "from .models import (Post, Tag)\n"),
        (
            "from .models import (\n    Post,\n    User,\n)\n",
            "Tag",
            "from .models import (\n    Post,\n    Tag,\n    User,\n)\n",
        ),
        (
            "from .models import (\n    Post,  # p\n    # about s\n    Sub\n)\n",
            "Tag",
            "from .models import (\n    Post,  # p\n    # about s\n    Sub,\n    Tag\n)\n",
        ),
        (
            "from .models import (\r\n\tPost,\r\n)\r\n",
            "Tag",
            "from .models import (\r\n\tPost,\r\n\tTag,\r\n)\r\n",
        ),
        ("from .models import Post, \\\n    User\n", "Tag", "from .models import Post, Tag, \\\n    User\n"),
        (
            "from .models import Post as P\n",
            "Tag",
            "from .models import Post as P\nfrom .models import Tag\n",
        ),
        (
            "from .models import Post as P\n",
            "Alpha",
            "from .models import Alpha\nfrom .models import Post as P\n",
        ),
        ("from .models import Post as P, B\n", "Tag", "from .models import Post as P, B, Tag\n"),
        ("from blog.models import Post", "Tag", "from blog.models import Post, Tag"),
    ];
    for (before, name, after) in cases {
        assert_eq!(import(before, ".models", name), after);
    }
}

#[test]
fn a_line_that_gets_too_long_is_wrapped() {
    let names = "from .models import Alpha, Beta, Charlie, Delta, Echo, Foxtrot, Golf, Hotel, India\n";
    assert_eq!(
        import(names, ".models", "Juliet"),
        "from .models import (\n    Alpha,\n    Beta,\n    Charlie,\n    Delta,\n    Echo,\n    Foxtrot,\n    Golf,\n    \
         Hotel,\n    India,\n    Juliet,\n)\n"
    );
}

#[test]
fn a_new_import_goes_to_its_group_in_order() {
    let header = "import os\n\nfrom django.db import models\nfrom rest_framework import viewsets\n\nfrom .models import A\n";
    let cases = [
        ("django.urls", "from django.db import models\nfrom django.urls import X\nfrom rest"),
        ("collections", "import os\nfrom collections import X\n\nfrom django"),
        ("aaa", "import os\n\nfrom aaa import X\nfrom django"),
        ("zzz", "import viewsets\nfrom zzz import X\n\nfrom .models"),
        (".filters", "\n\nfrom .filters import X\nfrom .models import A\n"),
        ("..other", "\n\nfrom ..other import X\nfrom .models import A\n"),
        (".views", "from .models import A\nfrom .views import X\n"),
        ("blog.tags", "import viewsets\n\nfrom blog.tags import X\n\nfrom .models"),
    ];
    for (module, expected) in cases {
        let result = import(header, module, "X");
        assert!(result.contains(expected), "{module}:\n{result}");
    }
    let result = edited(header, &|e| e.import_module("django_filters"));
    assert!(result.contains("import os\n\nimport django_filters\nfrom django.db"), "{result}");
}

#[test]
fn the_first_import_goes_below_what_opens_the_file() {
    let cases = [
        ("", "from .m import X\n"),
        ("\u{feff}", "\u{feff}from .m import X\n"),
        ("\n", "from .m import X\n"),
        ("x = 1\n", "from .m import X\n\nx = 1\n"),
        ("class A:\n    pass\n", "from .m import X\n\n\nclass A:\n    pass\n"),
        ("\"\"\"Doc.\"\"\"\nx = 1", "\"\"\"Doc.\"\"\"\n\nfrom .m import X\n\nx = 1"),
        ("\"\"\"Doc.\"\"\"\n\n\nx = 1\n", "\"\"\"Doc.\"\"\"\n\nfrom .m import X\n\n\nx = 1\n"),
        ("\"\"\"Doc.\"\"\"\n", "\"\"\"Doc.\"\"\"\n\nfrom .m import X\n"),
        (
            "from __future__ import annotations\n\nx = 1\n",
            "from __future__ import annotations\n\nfrom .m import X\n\nx = 1\n",
        ),
        (
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nx = 1\n",
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nfrom .m import X\n\nx = 1\n",
        ),
        ("# Licence\n\n# about x\nx = 1\n", "# Licence\n\nfrom .m import X\n\n# about x\nx = 1\n"),
        ("# Create your views here.\n", "# Create your views here.\n\nfrom .m import X\n"),
        ("import os\nx = 1\n", "import os\n\nfrom .m import X\n\nx = 1\n"),
        (
            "# -*- coding: utf-8 -*-\nimport zlib\n",
            "# -*- coding: utf-8 -*-\nimport zlib\n\nfrom .m import X\n",
        ),
        ("import os\nimport django\nx = 1\n", "import os\nimport django\nfrom .m import X\n\nx = 1\n"),
        (
            "import os\r\n\r\n\r\nclass A:\r\n\tpass\r\n",
            "import os\r\n\r\nfrom .m import X\r\n\r\n\r\nclass A:\r\n\tpass\r\n",
        ),
    ];
    for (before, after) in cases {
        assert_eq!(import(before, ".m", "X"), after, "from {before:?}");
    }
    assert_eq!(
        import("# -*- coding: utf-8 -*-\nimport zlib\n", "os", "path"),
        "# -*- coding: utf-8 -*-\nimport zlib\nfrom os import path\n"
    );
    assert_eq!(
        edited("# -*- coding: utf-8 -*-\nimport zlib\n", &|e| e.import_module("os")),
        "# -*- coding: utf-8 -*-\nimport os\nimport zlib\n"
    );
}

#[test]
fn what_only_a_type_checker_sees_is_no_import() {
    let text = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from .models import Tag\n";
    let result = import(text, ".models", "Tag");
    assert!(
        result.starts_with("from typing import TYPE_CHECKING\n\nfrom .models import Tag\n\nif TYPE"),
        "{result}"
    );
}

#[test]
fn a_star_import_is_left_alone() {
    let text = "from .models import *\n";
    assert_eq!(import(text, ".models", "Tag"), "from .models import *\nfrom .models import Tag\n");
}

#[test]
fn a_name_that_means_something_else_is_taken() {
    for text in [
        "from other import Tag\n",
        "class Tag:\n    pass\n",
        "Tag = 1\n",
        "from .models import Post as Tag\n",
        "import x as Tag\n",
        "a, (b, Tag) = f()\n",
    ] {
        assert_eq!(refused(text, &|e| e.import_from(".models", "Tag")).0, "name_taken", "{text}");
    }
    let (code, message) =
        refused("try:\n    from .models import Tag\nexcept ImportError:\n    Tag = None\n", &|e| {
            e.import_from(".models", "Tag")
        });
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("refused", "`Tag` is imported or set inside a `try` in `blog/views.py`")
    );
    assert_eq!(refused("import os as django\n", &|e| e.import_module("django.db")).0, "name_taken");
    assert_eq!(refused("", &|e| e.import_from(".models", "a b")).0, "refused");
    assert_eq!(refused("", &|e| e.import_from("a;b", "c")).0, "refused");
}

#[test]
fn names_are_written_as_the_imports_have_them() {
    let local = |text: &str| open(text).unwrap().local_name("django.db.models", "CharField");
    assert_eq!(local("from django.db import models\n").as_deref(), Some("models.CharField"));
    assert_eq!(local("from django.db import models as m\n").as_deref(), Some("m.CharField"));
    assert_eq!(local("import django.db.models\n").as_deref(), Some("django.db.models.CharField"));
    assert_eq!(local("from django.db.models import CharField as C\n").as_deref(), Some("C"));
    assert_eq!(local("from django import db\n"), None);
    let local = |text: &str| open(text).unwrap().local_name(".models", "Post");
    assert_eq!(local("from blog.models import Post\n").as_deref(), Some("Post"));
    assert_eq!(local("from . import models\n").as_deref(), Some("models.Post"));
}

fn in_style(text: &str, style: &Style, imports: &[(&str, &str)]) -> String {
    let path = RelPath::new("blog/views.py").unwrap();
    let file = SourceFile { path, blob: BlobId::new("0"), text: text.to_owned() };
    let mut edits = Edits::open(&file, style).unwrap();
    for (module, name) in imports {
        let _ = edits.import_from(module, name).unwrap();
    }
    edits.source().text().to_owned()
}

#[test]
fn the_projects_own_modules_have_a_section() {
    let style = Style { first_party: vec!["core".to_owned(), "blog".to_owned()], ..Style::default() };
    let header = "from django.db import models\n\nfrom core.permissions import IsOwner\n";
    let imports = [
        ("rest_framework.generics", "get_object_or_404"),
        ("django.db", "IntegrityError"),
        ("blog.models", "Post"),
        ("uuid", "uuid4"),
    ];
    assert_eq!(
        in_style(header, &style, &imports),
        "from uuid import uuid4\n\nfrom django.db import IntegrityError, models\n\
         from rest_framework.generics import get_object_or_404\n\n\
         from blog.models import Post\nfrom core.permissions import IsOwner\n"
    );
    assert_eq!(
        in_style("from core.permissions import IsOwner\n", &style, &imports[..2]),
        "from django.db import IntegrityError\nfrom rest_framework.generics import get_object_or_404\n\n\
         from core.permissions import IsOwner\n"
    );
}

#[test]
fn a_section_of_another_kind_is_found_by_its_packages() {
    let header =
        "from django.db import models\nfrom django.urls import path\n\nfrom rest_framework import viewsets\n";
    let imports = [("django.http", "Http404"), ("django_filters", "FilterSet")];
    assert_eq!(
        in_style(header, &Style::default(), &imports),
        "from django.db import models\nfrom django.http import Http404\nfrom django.urls import path\n\n\
         from django_filters import FilterSet\nfrom rest_framework import viewsets\n"
    );
}

#[test]
fn an_unsorted_section_gets_an_import_beside_its_package() {
    let header =
        "from rest_framework import viewsets\nfrom django.db import models\nfrom celery import task\n";
    assert_eq!(
        in_style(header, &Style::default(), &[("django.urls", "path"), ("zoo", "lion")]),
        "from rest_framework import viewsets\nfrom django.db import models\nfrom django.urls import path\n\
         from celery import task\nfrom zoo import lion\n"
    );
}

#[test]
fn one_name_a_line_where_the_project_or_the_file_has_that() {
    let single = Style { single_imports: true, ..Style::default() };
    let imports = [("django.db", "IntegrityError"), (".models", "Tag"), (".models", "MAX")];
    assert_eq!(
        in_style("from django.db import models\n\nfrom .models import Post\n", &single, &imports),
        "from django.db import IntegrityError\nfrom django.db import models\n\n\
         from .models import MAX\nfrom .models import Post\nfrom .models import Tag\n"
    );
    assert_eq!(
        in_style(
            "from .models import Post\nfrom .models import Tag\n",
            &Style::default(),
            &[(".models", "Rate")]
        ),
        "from .models import Post\nfrom .models import Rate\nfrom .models import Tag\n"
    );
}

#[test]
fn a_name_from_a_module_that_gives_the_same_is_there_already() {
    for (there, module, name) in [
        ("django.conf.urls", "django.urls", "include"),
        ("django.urls.conf", "django.urls", "path"),
        ("django.db.models.query", "django.db.models", "QuerySet"),
        ("rest_framework.serializers", "rest_framework.exceptions", "ValidationError"),
        ("django.forms", "django.core.exceptions", "ValidationError"),
    ] {
        let mut edits = open(&format!("from {there} import {name}\n")).unwrap();
        assert_eq!(edits.import_from(module, name).unwrap(), Change::AlreadyThere, "{there}");
        let mut edits = open(&format!("from {there} import {name} as other\n")).unwrap();
        assert_eq!(edits.name_from(module, name).unwrap(), "other");
    }
    // It is no module to import other names from.
    let text = "from django.conf.urls import include\n";
    assert_eq!(import(text, "django.urls", "path"), format!("{text}from django.urls import path\n"));
    // `ValidationError` of REST framework is another one than Django's.
    let text = "from rest_framework.exceptions import ValidationError\n";
    let (code, _) = refused(text, &|e| e.import_from("django.core.exceptions", "ValidationError"));
    assert_eq!(code, "name_taken");
}

#[test]
fn a_name_that_is_taken_is_reached_through_its_module() {
    let text = "from own.filters import SearchFilter\n";
    let mut edits = open(text).unwrap();
    for _ in 0..2 {
        assert_eq!(
            edits.name_from("rest_framework.filters", "SearchFilter").unwrap(),
            "filters.SearchFilter"
        );
    }
    assert_eq!(edits.source().text(), format!("{text}from rest_framework import filters\n"));
}
