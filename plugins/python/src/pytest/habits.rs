//! How a project's own tests are written, and which clients its fixtures give.

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;
use serde::{Deserialize, Serialize};

use crate::Source;

/// What a test module shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestHabits {
    /// Whether its tests are functions and plain classes.
    pub plain: bool,
    /// Whether it has test cases.
    pub cases: bool,
    /// Whether the module is marked, for the database as a rule.
    pub marks_module: bool,
    /// Whether single tests or classes are marked for the database.
    pub marks_items: bool,
}

impl TestHabits {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads the habits of a test module, line by line: what does not parse has habits as well.
#[must_use]
pub fn test_habits(text: &str) -> TestHabits {
    let mut habits = TestHabits::default();
    let (mut is_plain, mut has_class, mut asserts) = (false, false, false);
    for line in text.lines() {
        let word = |start: &str| line.strip_prefix(start).map(str::trim_start);
        let of_case = word("class ").is_some_and(|class| class.contains("TestCase"));
        has_class |= of_case;
        is_plain |=
            ["def test_", "async def test_", "class Test"].into_iter().any(|start| word(start).is_some())
                && !of_case;
        asserts |= line.split("self.assert").skip(1).any(|rest| rest.starts_with(|c: char| c.is_uppercase()));
        habits.marks_module |= word("pytestmark").is_some();
        habits.marks_items |= line.trim_start().starts_with("@pytest.mark.django_db");
    }
    habits.cases = has_class || asserts;
    // A class whose base is elsewhere is a case if it asserts as one.
    habits.plain = is_plain && (has_class || !asserts);
    habits
}

/// A fixture that gives a client of REST framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFixture {
    /// What tests ask for it by.
    pub name: String,
    /// Whether nothing is set on the client: nobody is logged in, and no other test has it.
    pub is_plain: bool,
}

const CLIENT: &str = "APIClient";

/// The fixtures of a `conftest.py` that give a client.
#[must_use]
pub fn client_fixtures(source: &Source) -> Vec<ClientFixture> {
    let functions = source.module().body.iter().filter_map(Stmt::as_function_def_stmt);
    functions.filter_map(|function| fixture(source, function)).collect()
}

fn fixture(source: &Source, function: &StmtFunctionDef) -> Option<ClientFixture> {
    let decorator = function.decorator_list.iter().find_map(|decorator| {
        let (name, call) = match &decorator.expression {
            Expr::Call(call) => (&*call.func, Some(call)),
            other => (other, None),
        };
        matches!(source.slice(name.range()), "pytest.fixture" | "fixture").then_some(call)
    })?;
    if !source.slice(function.range()).contains(CLIENT) {
        return None;
    }
    let is_client = |expr: &Expr| {
        let call = expr.as_call_expr().filter(|call| call.arguments.is_empty());
        call.is_some_and(|call| source.slice(call.func.range()).rsplit('.').next() == Some(CLIENT))
    };
    let mut bound = None;
    let mut given = false;
    let mut others =
        !function.parameters.is_empty() || decorator.is_some_and(|call| !call.arguments.is_empty());
    for statement in &function.body {
        let value = match statement {
            Stmt::Return(result) => result.value.as_deref(),
            Stmt::Expr(expr) => match &*expr.value {
                Expr::Yield(result) => result.value.as_deref(),
                Expr::StringLiteral(_) => continue,
                _ => None,
            },
            Stmt::Import(_) | Stmt::ImportFrom(_) => continue,
            Stmt::Assign(assign) if is_client(&assign.value) => {
                bound = assign.targets.first().and_then(Expr::as_name_expr).map(|name| name.id.as_str());
                continue;
            }
            _ => None,
        };
        let gives_it = value.is_some_and(|value| {
            is_client(value) || value.as_name_expr().is_some_and(|name| Some(name.id.as_str()) == bound)
        });
        given |= gives_it;
        others |= !gives_it;
    }
    let name = function.name.to_string();
    Some(ClientFixture { name, is_plain: given && !others })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::parse_code;

    #[test]
    fn a_module_shows_how_its_tests_are_written() {
        for (text, plain, cases) in [
            ("def test_a():\n    pass\n", true, false),
            ("class TestA:\n    def test_a(self):\n        assert True\n", true, false),
            ("class TestA(Base):\n    def test_a(self):\n        assert self.assert_it()\n", true, false),
            ("class ATests(APITestCase):\n    def test_a(self):\n        pass\n", false, true),
            ("class TestA(Base):\n    def test_a(self):\n        self.assertTrue(1)\n", false, true),
            ("class TestA:\n    def test_a(self): ...\n\n\nclass BTests(TestCase):\n    pass\n", true, true),
            ("def make():\n    pass\n", false, false),
        ] {
            let habits = test_habits(text);
            assert_eq!((habits.plain, habits.cases), (plain, cases), "{text}");
        }
        let marked = test_habits("pytestmark = pytest.mark.django_db\n");
        assert!(marked.marks_module && !marked.marks_items);
        assert!(
            test_habits("class TestA:\n    @pytest.mark.django_db\n    def test_a(self): ...\n").marks_items
        );
    }

    #[test]
    fn a_client_is_plain_if_the_fixture_does_nothing_with_it() {
        let is_plain = |fixture: &str| {
            let found = client_fixtures(&parse_code(fixture).unwrap());
            found.first().map(|fixture| fixture.is_plain)
        };
        for (body, expected) in [
            ("@pytest.fixture\ndef api():\n    return APIClient()\n", Some(true)),
            (
                "@pytest.fixture()\ndef api():\n    \"\"\"One.\"\"\"\n    from rest_framework.test import APIClient\n\n    return APIClient()\n",
                Some(true),
            ),
            ("@fixture\ndef api():\n    client = test.APIClient()\n    yield client\n", Some(true)),
            ("@pytest.fixture\ndef api() -> APIClient:\n    return APIClient()\n", Some(true)),
            ("@pytest.fixture(scope=\"session\")\ndef api():\n    return APIClient()\n", Some(false)),
            (
                "@pytest.fixture\ndef api(user):\n    client = APIClient()\n    client.force_authenticate(user)\n    return client\n",
                Some(false),
            ),
            ("@pytest.fixture\ndef api(db):\n    return APIClient()\n", Some(false)),
            ("@pytest.fixture\ndef api():\n    return APIClient(enforce_csrf_checks=True)\n", Some(false)),
            ("@pytest.fixture\ndef user():\n    return 1\n", None),
            ("def api():\n    return APIClient()\n", None),
        ] {
            assert_eq!(is_plain(body), expected, "{body}");
        }
    }
}
