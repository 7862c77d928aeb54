//! `create_test`: a test module from a body and the project's facts.

use std::collections::BTreeSet;

use aksara_python::Source;
use aksara_python::example::on_blog;
use aksara_python::habits::tests_in_habits;
use aksara_python::pytest::{PytestStyle, pytest_name, pytest_style};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, ProjectFacts, TestFacts, TestLayout, TestRunner, split_label};
use aksara_sdk::protocol::params::CreateTest as Params;
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::json;

use super::placement::Placement;
use super::sample::{self, Purpose, Wish};
use super::scope::{Rendered, Subject};
use super::{api, asking, listing, pages, placement, rows, saving, scope, taken};

/// Renders a body at the step's snapshot and puts the module where the app keeps its tests.
pub struct CreateTest;

impl Executor for CreateTest {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_test".into(),
            summary: "Writes a test module from a template's body and the project's facts.".to_owned(),
            params: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "additionalProperties": false,
                "required": ["name", "body"],
                "anyOf": [{"required": ["model"]}, {"required": ["app"]}],
                "properties": {
                    "model": {
                        "type": "string",
                        "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                        "description": "The model that the tests are about, as `app.Model`; its app is where they go."
                    },
                    "app": {
                        "type": "string",
                        "description": "The label of the app that the tests go to, if they are about no model of it. Give this or `model`."
                    },
                    "name": {
                        "type": "string",
                        "pattern": "^[a-z][a-z0-9_]*$",
                        "description": "What the tests are about, in snake case: the module is `test_<name>`."
                    },
                    "body": {
                        "type": "string",
                        "minLength": 1,
                        "description": "The module as minijinja source. It sees name, context, model, app, project and facts."
                    },
                    "context": {
                        "type": "object",
                        "description": "What the template adds; labels of models in it (`app.Model`) make those models' apps known to the body."
                    }
                }
            }),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "A test of the model's name",
                json!({
                    "model": "blog.Post",
                    "name": "post_name",
                    "body": "from django.test import SimpleTestCase\n\n\nclass PostNameTests(SimpleTestCase):\n    def test_name(self):\n        self.assertEqual(\"{{ context.name }}\", \"Post\")\n",
                    "context": { "name": "Post" },
                }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let test = read(step)?;
        let model = test.model.as_deref();
        let label = match (&test.app, model) {
            (Some(app), _) => app.as_str(),
            (None, model) => split_label(model.unwrap_or_default())?.0,
        };
        let subject = Subject { name: &test.name, app: label, model, context: &test.context };
        let mut facts = scope::facts_for(subject, cx)?;
        pages::learn(&mut facts, cx)?;
        listing::learn(&mut facts, cx)?;
        asking::learn(&mut facts, cx)?;
        saving::learn(&mut facts, cx)?;
        taken::learn(&mut facts, cx)?;
        let Rendered { text: cases, facts } = scope::rendered(facts, subject, &test.body)?;
        let cases = rows::without_unused_rows(&facts, &cases);
        let cases = rows::with_one_user_model(&facts, cases);
        let app = facts.require_app(label)?;
        let place = placement::placement(app, &test.name, cx)?;
        let text = match pytest_of(&facts, &place.file) {
            Some(style) => pytest_style(&cases, &style),
            None => cases,
        };
        let text = tests_in_habits(&text, &facts.style);
        let text = aksara_python::tidy(&text, &facts.style);
        let text = rows::with_imports(&facts, &place.file, &text)?;

        if let Some(there) = cx.read(&place.file)? {
            if there.text == text {
                return Ok(Outcome::noop(format!("`{}` is already there, with this content", place.file)));
            }
            if is_of_the_same_feature(&there.text, &text, model) {
                return Ok(Outcome::noop(format!(
                    "`{}` is already there, and left as it is: its tests were edited, or the project has changed since",
                    place.file
                )));
            }
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("`{}` is already there, with other tests in it", place.file),
            )
            .with_help("give the step another `name`, or rename that file"));
        }
        let unrouted = model.and_then(|model| unrouted(&facts, model, &text));
        let mut edits = vec![Edit::Create { path: place.file.clone(), text, executable: false }];
        let mut notes = Vec::new();
        if let Some(package) = &place.package
            && cx.read(package)?.is_none()
        {
            edits.push(Edit::Create { path: package.clone(), text: String::new(), executable: false });
        }
        if let Some(stub) = &place.stub
            && let Some(file) = cx.read(stub)?
        {
            edits.push(Edit::Delete { path: stub.clone(), base: file.blob });
            notes.push(Note::info(format!(
                "`{stub}` had no test in it and would hide the package of the same name: it is deleted"
            )));
        }
        if app.tests.layout == TestLayout::Outside {
            notes.push(Note::info(format!("the project keeps its tests outside the apps: `{}`", place.file)));
        }
        if let Some(model) = model {
            notes.extend(unrouted);
            notes.extend(unsure(&facts, model, &test.body));
        }
        notes.extend(not_found(&facts, app, &place, cx)?);
        notes.extend(broken(app, cx)?);
        Ok(Outcome { edits, file: Some(place.file), notes, ..Outcome::default() })
    }
}

/// How a module of tests is written for pytest; `None` where the project's are test cases.
fn pytest_of(facts: &ProjectFacts, module: &RelPath) -> Option<PytestStyle> {
    let pytest = facts.pytest.as_ref()?;
    Some(PytestStyle {
        api_client: pytest.client(module).map(str::to_owned),
        marks_modules: pytest.marks_modules,
        hides_logs: pytest.hides_logs,
    })
}

/// Whether a module has the tests that would be written, of the same model, if not word for word: they have changed
/// since, or would be others now, since what is tested has changed. They may be from a day when the project wrote its
/// tests the other way, with classes of other names.
fn is_of_the_same_feature(there: &str, new: &str, model: Option<&str>) -> bool {
    let classes = |text: &str| -> BTreeSet<String> {
        let names = text.lines().filter_map(|line| line.strip_prefix("class "));
        names.filter_map(|rest| Some(pytest_name(rest.split(['(', ':']).next()?.trim()))).collect()
    };
    let (old, new) = (classes(there), classes(new));
    let name = model.and_then(|model| model.rsplit('.').next());
    let mut words = there.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    !new.is_empty() && new.is_subset(&old) && name.is_none_or(|name| words.any(|word| word == name))
}

/// Why the project's runner would not find the module by itself.
fn not_found(
    facts: &ProjectFacts,
    app: &AppFacts,
    place: &Placement,
    cx: &Context<'_>,
) -> Result<Option<Note>, Diagnostic> {
    let file = &place.file;
    let TestFacts { runner, searched, .. } = &app.tests;
    if *runner == TestRunner::Pytest {
        let found = searched.is_empty() || searched.iter().any(|at| placement::looks_at(at, file));
        return Ok((!found).then(|| {
            Note::warning(format!(
                "pytest looks for tests in {} only (`testpaths`), so it does not find `{file}` by itself: add its folder there",
                searched.join(", ")
            ))
        }));
    }
    // Django's runner goes from package to package.
    let mut folder = file.parent();
    while let Some(here) = folder.filter(|here| here.as_str() != facts.root) {
        let init = RelPath::new(format!("{here}/__init__.py"))
            .map_err(|error| Diagnostic::new(codes::BAD_PARAMS, error.to_string()))?;
        if place.package.as_ref() != Some(&init) && cx.read(&init)?.is_none() {
            return Ok(Some(Note::warning(format!(
                "`python manage.py test` does not look into `{here}`, which has no `__init__.py`, so it does not find `{file}` by itself: add one"
            ))));
        }
        folder = here.parent();
    }
    Ok(None)
}

/// That the app's `tests.py` does not parse.
fn broken(app: &AppFacts, cx: &Context<'_>) -> Result<Option<Note>, Diagnostic> {
    let Some(path) = app.tests.path.as_ref().filter(|path| path.as_str().ends_with(".py")) else {
        return Ok(None);
    };
    let Some(file) = cx.read(path)? else { return Ok(None) };
    let problem = match Source::parse(path, &file.text) {
        Ok(source) => source.syntax_error(),
        Err(problem) => Some(problem),
    };
    Ok(problem.map(|problem| {
        Note::warning(format!("{}: the app's tests fail on it until it is mended", problem.message))
    }))
}

/// That a model's views are not tested, because their routes cannot be told. A body may know some by itself.
fn unrouted(facts: &ProjectFacts, label: &str, text: &str) -> Option<Note> {
    let model = facts.model(label)?;
    let views = facts.apps.iter().flat_map(|a| &a.viewsets).filter(|v| v.model.as_deref() == Some(label));
    let is_asked = |name: &str| {
        text.match_indices("reverse(").any(|(at, call)| {
            let argument = text[at + call.len()..].trim_start().trim_start_matches(['"', '\'']);
            let route = argument.split(['"', '\'']).next().unwrap_or_default();
            route.rsplit(':').next() == Some(name)
        })
    };
    let is_tested = |view: &str| {
        let mut patterns = facts.apps.iter().flat_map(|a| &a.patterns).filter(|p| p.view == view);
        patterns.any(|p| p.name.as_deref().is_some_and(is_asked))
    };
    let untested = views.filter(|v| !is_tested(&v.name));
    let names: Vec<String> = untested.map(|v| format!("`{}`", v.name)).collect();
    if names.is_empty() || api::api_of(facts, model).is_some() {
        return None;
    }
    let names = names.join(", ");
    Some(Note::info(format!(
        "the endpoints of `{label}` are not tested: no router and no named URL patterns were found that have {names} and serve rows that tests make"
    )))
}

/// That the project's own checks decide which values a request may have, so that a body may leave some tests out.
fn unsure(facts: &ProjectFacts, label: &str, body: &str) -> Option<Note> {
    if !body.contains(".checks") {
        return None;
    }
    let model = facts.model(label)?;
    let api = api::api_of(facts, model)?;
    let sent = sample::sample(
        facts,
        model,
        &Wish { purpose: Purpose::Request, unique: None, given: &[], allowed: api.input.as_deref() },
    );
    let sent = sent.ok()?;
    let checked: Vec<String> = sent
        .iter()
        .filter(|(name, _)| api.checks.contains(name))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    (!checked.is_empty()).then(|| {
        Note::info(format!(
            "requests that make a `{}` are not tested: the project's own serializer decides what {} may be",
            model.name,
            checked.join(", ")
        ))
    })
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let test: Params = params(&step.params)?;
    if test.model.is_none() && test.app.is_none() {
        return Err(Diagnostic::new(codes::BAD_PARAMS, "a test is about neither a model nor an app")
            .with_help("give the label of a `model`, such as `blog.Post`, or of an `app`, such as `blog`"));
    }
    test.model.as_deref().map(split_label).transpose()?;
    let snake = test.name.starts_with(|c: char| c.is_ascii_lowercase())
        && test.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !snake {
        return Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{}` cannot name a test module", test.name.chars().take(80).collect::<String>()),
        )
        .with_help("use lower case letters, digits and `_`, such as `tagging`"));
    }
    Ok(test)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use aksara_plugin_project::Django;
    use aksara_sdk::protocol::outcome::NoteLevel;
    use aksara_sdk::testing::TestProject;

    use super::*;

    const BODY: &str = include_str!("../../../../templates/tagging/test.django.j2");

    const MODELS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/models.py");

    const SERIALIZERS: &str =
        include_str!("../../../../templates/tagging/tests/default/after/blog/serializers.py");

    const VIEWS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/views.py");

    const FILTERS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/filters.py");

    const URLS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/urls.py");

    const IDEAL: &str =
        include_str!("../../../../templates/tagging/tests/default/after/blog/tests/test_tagging.py");

    /// The blog with tagging, but for its tests. Its lines may have 100 characters, as in the ideal.
    fn blog() -> TestProject<'static> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects/django-blog");
        TestProject::new(Some(&Django))
            .folder(&root)
            .file("pyproject.toml", "[tool.black]\nline-length = 100\n")
            .file("blog/models.py", MODELS)
            .file("blog/serializers.py", SERIALIZERS)
            .file("blog/views.py", VIEWS)
            .file("blog/filters.py", FILTERS)
            .file("blog/urls.py", URLS)
    }

    fn tagging(project: &mut TestProject<'_>) -> Result<Outcome, Diagnostic> {
        project.apply(
            &CreateTest,
            "create_test",
            json!({
                "model": "blog.Post", "name": "tagging", "body": BODY,
                "context": {"tag": "blog.Tag", "relation": "tags", "write_as": "tag_ids"}
            }),
        )
    }

    #[test]
    fn tagging_is_the_ideal_byte_for_byte() {
        let mut project = blog();
        tagging(&mut project).unwrap();
        assert_eq!(project.text("blog/tests/test_tagging.py").unwrap(), IDEAL);
    }

    #[test]
    fn the_same_tests_are_left_and_others_are_not_overwritten() {
        let mut project = blog();
        tagging(&mut project).unwrap();
        assert!(tagging(&mut project).unwrap().is_noop());
        let mut project = blog().file("blog/tests/test_tagging.py", "x = 1\n");
        let error = tagging(&mut project).unwrap_err();
        assert_eq!(error.code, codes::NAME_TAKEN);
        assert_eq!(project.text("blog/tests/test_tagging.py").unwrap(), "x = 1\n");

        let edited = IDEAL.replace("assertEqual", "assertIs");
        let mut project = blog().file("blog/tests/test_tagging.py", &edited);
        let outcome = tagging(&mut project).unwrap();
        assert!(outcome.is_noop() && outcome.notes[0].text.contains("left as it is"), "{outcome:?}");
        let of_another = IDEAL.replace("Post", "Page");
        let mut project = blog().file("blog/tests/test_tagging.py", &of_another);
        assert_eq!(tagging(&mut project).unwrap_err().code, codes::NAME_TAKEN);
    }

    #[test]
    fn rows_have_what_save_demands_and_users_have_names_that_no_fixture_has() {
        let models = "from django.conf import settings\nfrom django.db import models\n\nfrom config.base import Addressed\n\n\nclass Page(Addressed):\n    prefix = models.CharField(max_length=9)\n    path = models.CharField(max_length=9, blank=True)\n    note = models.CharField(max_length=9, blank=True)\n    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n";
        let base = "from django.db import models\n\n\nclass Addressed(models.Model):\n    class Meta:\n        abstract = True\n\n    def save(self, *args, **kwargs):\n        if not self.path:\n            raise RuntimeError('path is missing')\n        super().save(*args, **kwargs)\n";
        let users = r#"[{"model": "auth.user", "pk": 1, "fields": {"username": "author"}}]"#;
        let readers = "from django.db import migrations\n\n\ndef add(apps, editor):\n    apps.get_model('auth', 'User').objects.create(username='reader')\n\n\nclass Migration(migrations.Migration):\n    dependencies = [('blog', '0001_initial')]\n    operations = [migrations.RunPython(add)]\n";
        let body = "X = {{ new_user(model) }}\nY = {{ other_user() }}\nZ = {{ new_row(model) }}\n";
        let mut project = TestProject::new(Some(&Django))
            .folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects/django-blog"))
            .file("blog/models.py", models)
            .file("config/base.py", base)
            .file("testing/fixtures/users.json", users)
            .file("blog/migrations/0002_readers.py", readers);
        let params = json!({ "model": "blog.Page", "name": "pages", "body": body });
        project.apply(&CreateTest, "create_test", params).unwrap();
        let text = project.text("blog/tests/test_pages.py").unwrap();
        assert!(text.contains("create_user(\"test_author\", \"test_author@example.com\", "), "{text}");
        assert!(text.contains("create_user(\"test_reader\", "), "{text}");
        assert!(text.contains("Page.objects.create(prefix=\"P\", path=\"P\", owner=self.user)"), "{text}");
    }

    /// The blog, with pytest and what is given of its own tests.
    fn with_pytest(files: &[(&str, &str)]) -> TestProject<'static> {
        let config = "[tool.black]\nline-length = 100\n\n[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = \"config.settings\"\n";
        let project = blog().file("pyproject.toml", config);
        files.iter().fold(project, |project, (path, text)| project.file(path, *text))
    }

    /// The tests of tagging in a project, which stay as they are when they are asked for again.
    fn tests_of_tagging(mut project: TestProject<'_>) -> String {
        tagging(&mut project).unwrap();
        let text = project.text("blog/tests/test_tagging.py").unwrap().to_owned();
        assert!(tagging(&mut project).unwrap().is_noop());
        text
    }

    const POSTS: &str = "blog/tests/test_posts.py";
    const PLAIN: &str = "import pytest\n\n\n@pytest.mark.django_db\ndef test_posts():\n    assert 1\n";

    #[test]
    fn tests_are_written_as_the_projects_own_are() {
        let text = tests_of_tagging(with_pytest(&[(POSTS, PLAIN)]));
        assert!(text.contains("@pytest.mark.django_db\nclass TestTaggingAPI:\n"), "{text}");
        assert!(text.contains("self.client = APIClient()\n") && !text.contains("self.assert"), "{text}");
        let marked =
            PLAIN.replace("@pytest", "pytestmark = pytest").replace("django_db\n", "django_db\n\n\n");
        let text = tests_of_tagging(with_pytest(&[(POSTS, &marked)]));
        assert!(text.contains("\npytestmark = pytest.mark.django_db\n"), "{text}");
        assert!(!text.contains("@pytest.mark.django_db"), "{text}");
        // The blog's own tests are cases, and a tie changes nothing.
        for project in [with_pytest(&[]), with_pytest(&[("blog/tests/test_more.py", PLAIN)]), blog()] {
            assert_eq!(tests_of_tagging(project), IDEAL);
        }
    }

    #[test]
    fn the_projects_client_is_used_where_nothing_is_set_on_it() {
        let fixture = "import pytest\nfrom rest_framework.test import APIClient\n\n\n@pytest.fixture\ndef drf():\n    return APIClient()\n";
        let text = tests_of_tagging(with_pytest(&[(POSTS, PLAIN), ("conftest.py", fixture)]));
        assert!(text.contains("def setup(self, db, drf):\n        self.client = drf\n"), "{text}");
        assert!(!text.contains("APIClient"), "{text}");
        let other = ("shop/conftest.py", fixture);
        let logged_in = fixture.replace("drf():", "drf(admin_user):");
        for files in
            [vec![other], vec![("conftest.py", fixture), ("blog/tests/conftest.py", logged_in.as_str())]]
        {
            let text = tests_of_tagging(with_pytest(&[vec![(POSTS, PLAIN)], files].concat()));
            assert!(text.contains("self.client = APIClient()\n"), "{text}");
        }
    }

    #[test]
    fn tests_that_were_written_the_other_way_are_left() {
        let mut project = with_pytest(&[
            (POSTS, PLAIN),
            ("blog/tests/test_more.py", PLAIN),
            ("blog/tests/test_tagging.py", IDEAL),
        ]);
        let outcome = tagging(&mut project).unwrap();
        assert!(outcome.is_noop() && outcome.notes[0].text.contains("left as it is"), "{outcome:?}");
        let pytests = tests_of_tagging(with_pytest(&[(POSTS, PLAIN)]));
        let mut project = blog().file("blog/tests/test_tagging.py", &pytests);
        let outcome = tagging(&mut project).unwrap();
        assert!(outcome.is_noop() && outcome.notes[0].text.contains("left as it is"), "{outcome:?}");
    }

    /// An app with nothing in it but a model, its name and its tests as given.
    fn shop(tests: &[(&str, &str)]) -> TestProject<'static> {
        let project = super::super::scope::tests::project().file(
            "shop/models.py",
            "from django.db import models\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n",
        );
        tests.iter().fold(project, |project, (path, text)| project.file(path, *text))
    }

    fn book(project: &mut TestProject<'_>) -> Result<Outcome, Diagnostic> {
        let params = json!({"model": "shop.Book", "name": "books", "body": "# {{ model.label }}\n"});
        project.apply(&CreateTest, "create_test", params)
    }

    #[test]
    fn tests_go_where_the_app_keeps_them() {
        let mut project = shop(&[]);
        book(&mut project).unwrap();
        assert_eq!(project.text("shop/tests/__init__.py"), Some(""));
        assert_eq!(project.text("shop/tests/test_books.py"), Some("# shop.Book\n"));

        let stub = "from django.test import TestCase\n\n# Create your tests here.\n";
        let mut project = shop(&[("shop/tests.py", stub)]);
        let outcome = book(&mut project).unwrap();
        assert_eq!(project.text("shop/tests.py"), None);
        assert_eq!(project.text("shop/tests/__init__.py"), Some(""));
        assert!(outcome.notes[0].text.contains("`shop/tests.py` had no test in it"));

        let test =
            "from django.test import TestCase\n\n\nclass A(TestCase):\n    def test_a(self):\n        pass\n";
        let mut project = shop(&[("shop/tests.py", test)]);
        book(&mut project).unwrap();
        assert_eq!(project.text("shop/tests.py"), Some(test));
        assert!(project.text("shop/test_books.py").is_some());
    }

    #[test]
    fn tests_that_the_runner_does_not_find_are_named() {
        let warnings = |files: &[(&str, &str)]| -> Vec<String> {
            let mut project = shop(files);
            let notes = book(&mut project).unwrap().notes;
            notes.into_iter().filter(|note| note.level == NoteLevel::Warning).map(|note| note.text).collect()
        };
        assert_eq!(warnings(&[]), [""; 0]);
        assert_eq!(warnings(&[("shop/tests/__init__.py", ""), ("shop/tests/test_a.py", "")]), [""; 0]);
        // Other folders are no packages for Django's runner; pytest does not mind.
        let bare = ("shop/tests/test_a.py", "def test_a():\n    pass\n");
        assert_eq!(
            warnings(&[bare]),
            [
                "`python manage.py test` does not look into `shop/tests`, which has no `__init__.py`, so it does not find `shop/tests/test_books.py` by itself: add one"
            ]
        );
        let pytest = "[pytest]\nDJANGO_SETTINGS_MODULE = config.settings\n";
        assert_eq!(warnings(&[bare, ("pytest.ini", pytest)]), [""; 0]);
        let elsewhere = format!("{pytest}testpaths = tests\n");
        assert_eq!(
            warnings(&[bare, ("pytest.ini", &elsewhere)]),
            [
                "pytest looks for tests in tests only (`testpaths`), so it does not find `shop/tests/test_books.py` by itself: add its folder there"
            ]
        );
        // Where there are tests already, the new ones go there.
        let there = ("checks/shop/test_a.py", "def test_a():\n    pass\n");
        let pytest_in_checks = format!("{pytest}testpaths = checks\n");
        let mut project = shop(&[there, ("pytest.ini", &pytest_in_checks)]);
        let notes = book(&mut project).unwrap().notes;
        assert!(project.text("checks/shop/test_books.py").is_some() && notes.is_empty(), "{notes:?}");
        for fits in
            ["testpaths =\n    shop/tests\n", "testpaths = shop\n", "testpaths = sh*\n", "testpaths = .\n"]
        {
            assert_eq!(warnings(&[bare, ("pytest.ini", &format!("{pytest}{fits}"))]), [""; 0], "{fits}");
        }
    }

    #[test]
    fn a_tests_file_that_is_not_understood_is_named_and_stays() {
        let broken = "from django.test import TestCase\n\n\nclass A(TestCase:\n";
        let mut project = shop(&[("shop/tests.py", broken)]);
        let outcome = book(&mut project).unwrap();
        assert_eq!(project.text("shop/tests.py"), Some(broken));
        assert!(project.text("shop/test_books.py").is_some());
        assert_eq!(outcome.notes[0].level, NoteLevel::Warning);
        assert!(outcome.notes[0].text.starts_with("`shop/tests.py` does not parse: "), "{:?}", outcome.notes);
    }

    #[test]
    fn without_endpoints_the_models_are_tested() {
        let models = "from django.db import models\n\n\nclass Tag(models.Model):\n    name = models.CharField(max_length=9, unique=True)\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n    tags = models.ManyToManyField(Tag, blank=True)\n";
        let mut project = shop(&[]).file("shop/models.py", models);
        let params = json!({
            "model": "shop.Book", "name": "tagging", "body": BODY,
            "context": {"tag": "shop.Tag", "relation": "tags", "write_as": "tag_ids"}
        });
        project.apply(&CreateTest, "create_test", params).unwrap();
        assert_eq!(
            project.text("shop/tests/test_tagging.py").unwrap(),
            r#"from django.test import TestCase

from shop.models import Book, Tag


class TaggingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.a = Tag.objects.create(name="a")
        cls.b = Tag.objects.create(name="b")

    def make_book(self, title, *tags):
        book = Book.objects.create(title=title)
        book.tags.set(tags)
        return book

    def test_tags_can_be_set_and_cleared(self):
        book = self.make_book("t", self.a, self.b)
        self.assertCountEqual(book.tags.all(), [self.a, self.b])
        book.tags.clear()
        self.assertFalse(book.tags.exists())

    def test_deleting_a_tag_keeps_the_book(self):
        book = self.make_book("t", self.a)
        self.a.delete()
        book.refresh_from_db()
        self.assertFalse(book.tags.exists())
"#
            .replace('"', "'")
        );
    }

    #[test]
    fn views_on_no_router_are_not_tested_and_named() {
        let mut project = blog().file("blog/urls.py", "urlpatterns = []\n");
        let outcome = tagging(&mut project).unwrap();
        assert_eq!(
            outcome.notes[0].text,
            "the endpoints of `blog.Post` are not tested: no router and no named URL patterns were found that have `PostViewSet` and serve rows that tests make"
        );
        let text = project.text("blog/tests/test_tagging.py").unwrap();
        assert!(text.contains("class TaggingTests(TestCase):\n"), "{text}");
        assert!(!text.contains("reverse") && !text.contains("status"), "{text}");
    }

    #[test]
    fn generic_views_with_named_patterns_are_tested() {
        let views = "from rest_framework import generics\n\nfrom .models import Post\nfrom .serializers import PostSerializer\n\n\nclass PostList(generics.ListCreateAPIView):\n    queryset = Post.objects.select_related(\"author\").prefetch_related(\"tags\")\n    serializer_class = PostSerializer\n\n\nclass PostDetail(generics.RetrieveUpdateDestroyAPIView):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n";
        let urls = "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [\n    path(\"posts/\", views.PostList.as_view(), name=\"posts\"),\n    path(\"posts/<int:pk>/\", views.PostDetail.as_view(), name=\"one-post\"),\n    path(\"posts/<int:pk>/<int:page>/\", views.PostDetail.as_view(), name=\"page\"),\n]\n";
        let mut project = blog().file("blog/views.py", views).file("blog/urls.py", urls);
        let outcome = tagging(&mut project).unwrap();
        assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
        let text = project.text("blog/tests/test_tagging.py").unwrap();
        for part in
            ["reverse(\"posts\")", "reverse(\"one-post\", args=[", "def test_create_post_with_tags(self):"]
        {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        // Without a name there is nothing to ask by.
        let mut project =
            blog().file("blog/views.py", views).file("blog/urls.py", urls.replace(", name=\"posts\"", ""));
        assert!(tagging(&mut project).unwrap().notes[0].text.contains("named URL patterns"));
    }

    #[test]
    fn what_the_projects_own_checks_may_refuse_is_not_sent() {
        let check = |method: &str| {
            let method = format!("\n    def {method}(self, value):\n        return value\n");
            let mut project = blog().file("blog/serializers.py", format!("{SERIALIZERS}{method}"));
            let outcome = tagging(&mut project).unwrap();
            let text = project.text("blog/tests/test_tagging.py").unwrap().to_owned();
            (outcome.notes.first().map(|note| note.text.clone()), text)
        };
        let (note, text) = check("validate_slug");
        assert_eq!(
            note.as_deref(),
            Some(
                "requests that make a `Post` are not tested: the project's own serializer decides what `slug` may be"
            )
        );
        assert!(
            !text.contains("def test_create_post") && text.contains("def test_replace_keep_and_clear_tags"),
            "{text}"
        );
        let (note, text) = check("validate");
        assert!(note.is_some_and(|note| note.contains("`title`, `slug`")));
        assert!(!text.contains("client.post(reverse(\"post") && !text.contains("def test_replace"), "{text}");
        let (note, text) = check("validate_is_published");
        assert_eq!(note, None, "it need not be sent");
        assert!(text.contains("def test_create_post_with_tags"), "{text}");
    }

    #[test]
    fn what_only_reads_is_only_read_by_its_tests() {
        let views = VIEWS.replace("ModelViewSet", "ReadOnlyModelViewSet");
        let mut project = blog().file("blog/views.py", views);
        tagging(&mut project).unwrap();
        let text = project.text("blog/tests/test_tagging.py").unwrap();
        assert!(text.contains("    def test_filter_by_tag_without_n_plus_one(self):\n"), "{text}");
        assert!(!text.contains("self.client.post") && !text.contains("import status"), "{text}");
    }

    #[test]
    fn bad_steps_are_refused() {
        let mut project = blog();
        for (params, code) in [
            (json!({"model": "blog.Post", "name": "Tags", "body": "x"}), codes::BAD_PARAMS),
            (json!({"model": "blog.Post", "name": "../x", "body": "x"}), codes::BAD_PARAMS),
            (json!({"model": "blog.Nothing", "name": "x", "body": "x"}), codes::NOT_FOUND),
            (json!({"model": "blog.Post", "name": "x", "body": "{{ nobody }}"}), codes::BAD_PARAMS),
            (json!({"model": "blog.Post", "name": "x", "body": "{% for %}"}), codes::BAD_PARAMS),
        ] {
            let error = project.apply(&CreateTest, "create_test", params.clone()).unwrap_err();
            assert_eq!(error.code, code, "{params}");
        }
    }
}
