//! Facts by what differs from kept files are the facts of all files, whatever differs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::protocol::abi::Status;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::wire::Request;
use aksara_sdk::{
    BlobId, Detected, Diagnostic, FileFacts, Host, HostError, Plugin, RelPath, SourceFile, Stack as _,
};
use proptest::prelude::*;
use proptest::sample::subsequence;

/// Files of a project, each with contents that it may have. What one says bears on what others mean.
const FILES: &[(&str, &[&str])] = &[
    ("manage.py", &["import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"]),
    (
        "config/settings.py",
        &[
            "INSTALLED_APPS = ['blog', 'shop']\nROOT_URLCONF = 'config.urls'\n",
            "INSTALLED_APPS = ['blog']\nAUTH_USER_MODEL = 'blog.Author'\nROOT_URLCONF = 'config.urls'\n",
            "INSTALLED_APPS = ['apps.blog', 'shop']\nMIGRATION_MODULES = {'shop': None}\n",
        ],
    ),
    ("config/urls.py", &["from blog.views import router\nurlpatterns = router.urls\n", "urlpatterns = []\n"]),
    ("blog/__init__.py", &["", "from .models import Post\n"]),
    (
        "blog/models.py",
        &[
            "from django.db import models\n\n\nclass Author(models.Model):\n    name = models.CharField(max_length=9)\n",
            "from django.db import models\nfrom .base import Named\n\n\nclass Post(Named):\n    author = models.ForeignKey('Author', models.CASCADE)\n",
            "from django.db import models\n\n\nclass Post(models.Model:\n",
        ],
    ),
    (
        "blog/base.py",
        &[
            "from django.db import models\n\n\nclass Named(models.Model):\n    name = models.TextField()\n\n    class Meta:\n        abstract = True\n",
        ],
    ),
    (
        "blog/views.py",
        &[
            "from rest_framework import routers, viewsets\nfrom .models import Post\n\n\nclass Posts(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n\n\nrouter = routers.DefaultRouter()\nrouter.register('posts', Posts)\n",
            "from .models import Author, Gone\n",
        ],
    ),
    (
        "blog/migrations/0001_initial.py",
        &[
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    initial = True\n    operations = [migrations.CreateModel(name='Post', fields=[('id', models.AutoField(primary_key=True))])]\n",
            "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = made()\n",
        ],
    ),
    ("blog/tests.py", &["", "from django.test import TestCase\n\n\nclass PostTests(TestCase):\n    pass\n"]),
    ("apps/blog/__init__.py", &[""]),
    ("apps/blog/models.py", &["from django.db import models\n\n\nclass Page(models.Model):\n    pass\n"]),
    ("shop/models.py", &["from blog.models import Post\n\n\nclass Item(Post):\n\tpass\n", "x = 'y'\n"]),
    ("pyproject.toml", &["[tool.ruff]\nline-length = 100\n", "[tool.pytest.ini_options]\n"]),
];

/// Of each file which content it has; `None` if there is no such file.
type State = Vec<Option<usize>>;

fn state() -> impl Strategy<Value = State> {
    let one = |(_, contents): &(&str, &[&str])| prop::option::weighted(0.8, 0..contents.len());
    FILES.iter().map(one).collect::<Vec<_>>()
}

/// A state that differs from another in some files.
fn changed(from: &State, to: &State, which: &[usize]) -> State {
    let pick = |(index, (from, to)): (usize, (&Option<usize>, &Option<usize>))| {
        if which.contains(&index) { *to } else { *from }
    };
    from.iter().zip(to).enumerate().map(pick).collect()
}

fn states() -> impl Strategy<Value = Vec<State>> {
    let difference = || (state(), subsequence((0..FILES.len()).collect::<Vec<_>>(), 0..5));
    (state(), prop::collection::vec(difference(), 1..4)).prop_map(|(base, differences)| {
        let mut states = vec![base];
        for (to, which) in differences {
            states.push(changed(&states[0], &to, &which));
        }
        states
    })
}

fn path(index: usize) -> RelPath {
    RelPath::new(FILES[index].0).unwrap()
}

fn scanned(index: usize, content: usize) -> Option<FileFacts> {
    let (path, text) = (path(index), FILES[index].1[content].to_owned());
    match Django.scan(&SourceFile { path: path.clone(), blob: BlobId::new("0"), text }) {
        Ok(reply) => reply.facts.map(|facts| FileFacts { path, facts, problem: None }),
        Err(problem) => Some(FileFacts { path, facts: serde_json::Value::Null, problem: Some(problem) }),
    }
}

fn project() -> Detected {
    let data = serde_json::json!({"settings_module": "config.settings"});
    Detected { root: String::new(), scan: vec![String::new()], data: data.as_object().unwrap().clone() }
}

fn link(state: &State, keep: Option<&str>) -> Request {
    let there = || state.iter().enumerate().filter_map(|(index, content)| Some((index, (*content)?)));
    Request::Link {
        stack: "django".into(),
        project: project(),
        files: there().filter_map(|(index, content)| scanned(index, content)).collect(),
        paths: there().map(|(index, _)| path(index)).collect(),
        keep: keep.map(str::to_owned),
    }
}

fn link_from((name, base): (&str, &State), state: &State, keep: Option<&str>) -> Request {
    let differs = || (0..FILES.len()).filter(|index| base[*index] != state[*index]);
    Request::LinkFrom {
        stack: "django".into(),
        project: project(),
        base: name.to_owned(),
        files: differs().filter_map(|index| scanned(index, state[index]?)).collect(),
        paths: differs().filter(|index| state[*index].is_some()).map(path).collect(),
        removed: differs().filter(|index| state[*index].is_none()).map(path).collect(),
        keep: keep.map(str::to_owned),
    }
}

struct Silent;

impl Host for Silent {
    fn call(&self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::Broken("linking asks nothing".into()))
    }

    fn cancelled(&self) -> bool {
        false
    }
}

fn plugin() -> Plugin {
    Plugin::new("project", "0.0.0").stack(Django)
}

fn ask(plugin: &Plugin, request: &Request) -> (Status, String) {
    let (status, reply) = plugin.invoke(&serde_json::to_vec(request).unwrap(), &Silent);
    (status, String::from_utf8(reply).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn by_difference_or_from_nothing_is_the_same(states in states()) {
        let one = plugin();
        let from_nothing = ask(&one, &link(&states[0], Some("base")));
        prop_assert_eq!(from_nothing.0, Status::Ok);
        prop_assert_eq!(from_nothing, ask(&plugin(), &link(&states[0], None)));
        // From the base and from each other: what one difference says changes nothing that is kept.
        let mut latest = ("base".to_owned(), &states[0]);
        for (number, state) in states[1..].iter().enumerate() {
            let from_nothing = ask(&plugin(), &link(state, None));
            let name = format!("state {number}");
            let from_latest = link_from((&latest.0, latest.1), state, Some(&name));
            prop_assert_eq!(&ask(&one, &from_latest), &from_nothing);
            prop_assert_eq!(ask(&one, &link_from(("base", &states[0]), state, None)), from_nothing);
            latest = (name, state);
        }
    }
}

#[test]
fn what_is_not_kept_is_asked_for() {
    let state: State = FILES.iter().map(|_| Some(0)).collect();
    let unknown = |plugin: &Plugin| {
        let (status, reply) = ask(plugin, &link_from(("base", &state), &state, None));
        let code = serde_json::from_str::<Diagnostic>(&reply).map(|d| d.code);
        (status, code.ok()) == (Status::StepError, Some(codes::UNKNOWN_BASE.to_owned()))
    };
    let plugin = plugin();
    assert!(unknown(&plugin));
    ask(&plugin, &link(&state, None));
    assert!(unknown(&plugin), "what has no name is not kept");
    ask(&plugin, &link(&state, Some("base")));
    assert!(!unknown(&plugin));
    ask(&plugin, &link_from(("base", &state), &state, Some("another")));
    assert!(!unknown(&plugin));
    for number in 0..10 {
        ask(&plugin, &link(&state, Some(&number.to_string())));
    }
    assert!(unknown(&plugin), "memory has an end");
}
