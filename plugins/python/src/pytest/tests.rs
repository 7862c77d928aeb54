use super::*;

fn written(code: &str) -> String {
    pytest_style(code, &PytestStyle::default())
}

/// A module with a class whose body is given, and the class that is made of it.
fn of_class(bases: &str, body: &str) -> String {
    let imports = "from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings, skipUnlessDBFeature\nfrom rest_framework.test import APITestCase\n";
    let body: String = body
        .lines()
        .map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("    {line}\n"),
        })
        .collect();
    let text = written(&format!("{imports}\n\nclass PostTests({bases}):\n{body}"));
    text[text.find("\n\n\n").map_or(0, |at| at + 3)..].to_owned()
}

/// The body of a test that is made of another one, below its `def`.
fn of_test(body: &str) -> String {
    let body: String = body.lines().map(|line| format!("    {line}\n").replace("    \n", "\n")).collect();
    let text = of_class("TestCase", &format!("def test_it(self):\n{body}"));
    let text = text.strip_prefix("@pytest.mark.django_db\nclass TestPost:\n").unwrap_or(&text);
    text.lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect()
}

#[test]
fn statements_and_managers_have_rules() {
    for (body, expected) in [
        (
            "with self.assertRaises(A):\n    f()",
            "def test_it(self):\n    with pytest.raises(A):\n        f()\n",
        ),
        (
            "with self.assertRaises(A) as e, atomic():\n    f()\nself.assertEqual(e.exception.code, 1)",
            "def test_it(self):\n    with pytest.raises(A) as e, atomic():\n        f()\n    assert e.value.code == 1\n",
        ),
        (
            "self.assertRaises(A, f, 1, x=2)",
            "def test_it(self):\n    with pytest.raises(A):\n        f(1, x=2)\n",
        ),
        (
            "with self.assertRaisesMessage(A, \"no.\"):\n    f()",
            "def test_it(self):\n    with pytest.raises(A, match=re.escape(\"no.\")):\n        f()\n",
        ),
        (
            "with self.assertRaisesRegex(A, \"no\"):\n    f()",
            "def test_it(self):\n    with pytest.raises(A, match=\"no\"):\n        f()\n",
        ),
        (
            "with self.assertWarns(A):\n    f()",
            "def test_it(self):\n    with pytest.warns(A):\n        f()\n",
        ),
        (
            "with self.assertNumQueries(2):  # rows\n    f()",
            "def test_it(self, django_assert_num_queries):\n    with django_assert_num_queries(2):  # rows\n        f()\n",
        ),
        (
            "with self.captureOnCommitCallbacks(execute=True):\n    f()",
            "def test_it(self, django_capture_on_commit_callbacks):\n    with django_capture_on_commit_callbacks(execute=True):\n        f()\n",
        ),
        (
            "with self.settings(A=1):\n    f()",
            "def test_it(self):\n    with override_settings(A=1):\n        f()\n",
        ),
        (
            "with self.assertLogs(services.logger):\n    f()\ng()",
            "def test_it(self, caplog):\n    with caplog.at_level(\"INFO\", services.logger.name):\n        f()\n    assert services.logger.name in [record.name for record in caplog.records if record.levelno >= logging.INFO]\n    g()\n",
        ),
        (
            "with down, self.assertLogs(\"blog\", level=\"ERROR\"):\n    f()",
            "def test_it(self, caplog):\n    with down, caplog.at_level(\"ERROR\", \"blog\"):\n        f()\n    assert \"blog\" in [record.name for record in caplog.records if record.levelno >= logging.ERROR]\n",
        ),
        (
            "g()\nwith self.assertLogs(\"blog\", level=logging.ERROR):\n    f()",
            "def test_it(self, caplog):\n    g()\n    caplog.clear()\n    with caplog.at_level(logging.ERROR, \"blog\"):\n        f()\n    assert \"blog\" in [record.name for record in caplog.records if record.levelno >= logging.ERROR]\n",
        ),
        (
            "def add():\n    self.assertTrue(1)\n\nadd()",
            "def test_it(self):\n    def add():\n        assert 1\n\n    add()\n",
        ),
    ] {
        assert_eq!(of_test(body), expected, "{body}");
    }
}

#[test]
fn subtests_are_parameters_or_said_by_assertions() {
    for (body, expected) in [
        (
            "for score in [0, 6]:\n    with self.subTest(score):\n        self.assertEqual(rate(score), 400)\nself.assertFalse(Rating.objects.exists())",
            "@pytest.mark.parametrize(\"score\", [0, 6])\ndef test_it(self, score):\n    assert rate(score) == 400\n    assert not Rating.objects.exists()\n",
        ),
        (
            "for path, expected in [(A, 1), (B, 2)]:\n    with self.subTest(path), override_settings(X=path):\n        # Twice.\n        self.assertEqual(f(), expected)",
            "@pytest.mark.parametrize((\"path\", \"expected\"), [(A, 1), (B, 2)])\ndef test_it(self, path, expected):\n    with override_settings(X=path):\n        # Twice.\n        assert f() == expected\n",
        ),
        (
            "for score in [0, 6]:\n    with self.subTest(score), self.assertRaises(A):\n        f(score)",
            "@pytest.mark.parametrize(\"score\", [0, 6])\ndef test_it(self, score):\n    with pytest.raises(A):\n        f(score)\n",
        ),
        // Something is made before, or asked afterwards, or the rounds depend on the test.
        (
            "row = make()\nfor score in [0, 6]:\n    with self.subTest(score=score):\n        self.assertEqual(rate(row, score), 400)",
            "def test_it(self):\n    row = make()\n    for score in [0, 6]:\n        assert rate(row, score) == 400, score\n",
        ),
        (
            "for a, b in [(1, 2)]:\n    with self.subTest(a, b=b):\n        self.assertEqual(a, b)\n        if a:\n            self.assertTrue(b, \"no\")\nself.assertEqual(f(), 2)",
            "def test_it(self):\n    for a, b in [(1, 2)]:\n        assert a == b, (a, b)\n        if a:\n            assert b, \"no\"\n    assert f() == 2\n",
        ),
        (
            "for request in [1, 2]:\n    with self.subTest(request):\n        text = \"\"\"\n            x\n\"\"\"\n        self.assertTrue(text)",
            "def test_it(self):\n    for request in [1, 2]:\n        text = \"\"\"\n                x\n    \"\"\"\n        assert text, request\n",
        ),
        ("with atomic(), self.subTest():\n    f()", "def test_it(self):\n    with atomic():\n        f()\n"),
    ] {
        assert_eq!(of_test(body), expected, "{body}");
    }
}

#[test]
fn what_is_set_up_is_a_fixture() {
    assert_eq!(
        of_class(
            "APITestCase",
            "\"\"\"Posts.\"\"\"\n\n@classmethod\ndef setUpTestData(cls):\n    cls.user = make()\n\ndef setUp(self):\n    # As the author.\n    self.client.force_authenticate(self.user)\n\n@classmethod\ndef make_post(cls, **values):\n    return Post(author=cls.user, **values)\n\ndef test_it(self):\n    self.client = self.client_class()\n    self.assertEqual(self.client.get(\"/\").status_code, 200)"
        ),
        "@pytest.mark.django_db\nclass TestPost:\n    \"\"\"Posts.\"\"\"\n\n    @pytest.fixture(autouse=True)\n    def setup(self, db):\n        self.client = APIClient()\n        self.user = make()\n        # As the author.\n        self.client.force_authenticate(self.user)\n\n    def make_post(self, **values):\n        return Post(author=self.user, **values)\n\n    def test_it(self):\n        self.client = APIClient()\n        assert self.client.get(\"/\").status_code == 200\n"
    );
    assert_eq!(
        of_class("APITestCase", "def test_it(self):\n    self.assertTrue(self.client.get(\"/\"))"),
        "@pytest.mark.django_db\nclass TestPost:\n    @pytest.fixture(autouse=True)\n    def setup(self):\n        self.client = APIClient()\n\n    def test_it(self):\n        assert self.client.get(\"/\")\n"
    );
    assert_eq!(
        of_class(
            "TestCase",
            "def setUp(self):\n    f()\n    patch = mock.patch.object(a, \"b\")\n    patch.start()\n    self.addCleanup(patch.stop)\n    self.x = 1\n    self.addCleanup(g, self.x)\n\ndef tearDown(self):\n    h()\n\ndef test_it(self):\n    self.assertEqual(self.client.get(self.x), 1)"
        ),
        "@pytest.mark.django_db\nclass TestPost:\n    @pytest.fixture(autouse=True)\n    def setup(self, db, client):\n        self.client = client\n        f()\n        with mock.patch.object(a, \"b\"):\n            self.x = 1\n            yield\n            h()\n            g(self.x)\n\n    def test_it(self):\n        assert self.client.get(self.x) == 1\n"
    );
    assert_eq!(
        of_class("SimpleTestCase", "def test_it(self):\n    self.assertTrue(1)"),
        "class TestPost:\n    def test_it(self):\n        assert 1\n"
    );
}

#[test]
fn settings_are_changed_by_their_fixture() {
    let code = "from django.test import TestCase, override_settings\n\n\n@override_settings(A=1)\nclass ATests(TestCase):\n    @override_settings(B=None, C=[])\n    def test_a(self):\n        f()\n\n\n@override_settings(**MANY)\nclass BTests(TestCase):\n    def setUp(self):\n        f()\n\n    def test_b(self):\n        f()\n";
    assert_eq!(
        written(code),
        "import pytest\nfrom django.test import override_settings\n\n\n@pytest.mark.django_db\nclass TestA:\n    @pytest.fixture(autouse=True)\n    def setup(self, settings):\n        settings.A = 1\n\n    def test_a(self, settings):\n        settings.B = None\n        settings.C = []\n        f()\n\n\n@pytest.mark.django_db\nclass TestB:\n    @pytest.fixture(autouse=True)\n    def setup(self, db):\n        with override_settings(**MANY):\n            f()\n            yield\n\n    def test_b(self):\n        f()\n"
    );
    let own = code.replace("f()", "f(settings.A)");
    assert!(
        written(&own).contains("        with override_settings(A=1):\n            yield\n"),
        "{}",
        written(&own)
    );
}

#[test]
fn classes_share_what_they_extend() {
    let code = "from django.db import connection\nfrom django.test import TestCase, TransactionTestCase, skipUnlessDBFeature\n\n\nclass PostData:\n    @classmethod\n    def setUpTestData(cls):\n        cls.post = cls.make()\n\n    @classmethod\n    def make(cls):\n        return Post()\n\n\nclass PostTests(PostData, TestCase):\n    def test_it(self):\n        self.assertTrue(self.post)\n\n\n@skipUnlessDBFeature(\"has_select_for_update\")\nclass RaceTests(PostData, TransactionTestCase):\n    def setUp(self):\n        self.setUpTestData()\n\n    def test_it(self):\n        self.assertTrue(self.post)\n";
    assert_eq!(
        written(code),
        "import pytest\nfrom django.db import connection\n\n\nclass PostData:\n    @pytest.fixture(autouse=True)\n    def setup_data(self, db):\n        self.post = self.make()\n\n    def make(self):\n        return Post()\n\n\n@pytest.mark.django_db\nclass TestPost(PostData):\n    def test_it(self):\n        assert self.post\n\n\n@pytest.mark.django_db(transaction=True)\nclass TestRace(PostData):\n    @pytest.fixture(autouse=True)\n    def setup(self, setup_data):\n        if not connection.features.has_select_for_update:\n            pytest.skip(\"the database lacks has_select_for_update\")\n\n    def test_it(self):\n        assert self.post\n"
    );
    // What one of them cannot say otherwise, all that share something with it keep.
    let special = code.replace("self.setUpTestData()\n", "self.setUpTestData()\n        self.databases\n");
    assert_eq!(written(&special), special);
}

#[test]
fn a_project_may_have_a_client_and_mark_its_modules() {
    let code = "from django.test import SimpleTestCase\nfrom rest_framework.test import APITestCase\n\n\nclass ATests(APITestCase):\n    def test_a(self):\n        self.assertTrue(self.client.get(\"/\"))\n\n\nclass BTests(SimpleTestCase):\n    def test_b(self):\n        self.assertTrue(1)\n";
    let style = PytestStyle {
        api_client: Some("api_client".to_owned()),
        marks_modules: true,
        ..PytestStyle::default()
    };
    assert_eq!(
        pytest_style(code, &style),
        "import pytest\n\npytestmark = pytest.mark.django_db\n\n\nclass TestA:\n    @pytest.fixture(autouse=True)\n    def setup(self, api_client):\n        self.client = api_client\n\n    def test_a(self):\n        assert self.client.get(\"/\")\n\n\nclass TestB:\n    def test_b(self):\n        assert 1\n"
    );
}

#[test]
fn what_has_no_rule_stays_a_test_case() {
    for (bases, body) in [
        ("TestCase", "def test_it(self):\n    self.assertSomething(1)"),
        ("TestCase", "def test_it(self):\n    help(self)"),
        ("TestCase", "def test_it(self):\n    f(self.assertEqual)"),
        ("TestCase", "def test_it(self):\n    self.assertEqual(*pair)"),
        (
            "TestCase",
            "def setUp(self):\n    super().setUp()\n    super().other()\n\ndef test_it(self):\n    f()",
        ),
        ("TestCase", "fixtures = [\"posts\"]\n\ndef test_it(self):\n    f()"),
        ("TestCase", "async def test_it(self):\n    f()"),
        (
            "TestCase",
            "def helper(self):\n    with self.assertNumQueries(1):\n        f()\n\ndef test_it(self):\n    self.helper()",
        ),
        ("Mixin, TestCase", "def test_it(self):\n    f()"),
        ("TestCase", "def test_it(self):\n    self.addCleanup(f)"),
        ("TestCase", "def test_it(self):\n    with self.assertLogs() as logs:\n        f()"),
    ] {
        let text = of_class(bases, body);
        assert!(text.starts_with(&format!("class PostTests({bases}):\n")), "{body}:\n{text}");
    }
    let both = "from django.test import TestCase\n\n\nclass ATests(TestCase):\n    def test_a(self):\n        self.assertEqual(*a)\n\n\nclass BTests(TestCase):\n    def test_b(self):\n        self.assertTrue(1)\n";
    let text = written(both);
    assert!(
        text.contains("class ATests(TestCase):\n    def test_a(self):\n        self.assertEqual(*a)\n"),
        "{text}"
    );
    assert!(text.contains("import TestCase\n") && text.contains("class TestB:\n"), "{text}");
    // A class of the module is asked for something, or part of a class that is no test case.
    let shared = "from django.test import TestCase\n\n\nclass Data:\n    @classmethod\n    def make(cls):\n        return 1\n\n\nclass ATests(Data, TestCase):\n    def test_a(self):\n        self.assertTrue(self.make())\n";
    assert!(written(shared).contains("class TestA(Data):\n"));
    for more in ["\n\nONE = Data.make()\n", "\n\nclass Other(Data):\n    pass\n"] {
        let text = format!("{shared}{more}");
        assert_eq!(written(&text), text);
    }
    let logs = "from django.test import TestCase\n\n\nclass ATests(TestCase):\n    def test_a(self):\n        with self.assertLogs(\"a\"):\n            f()\n";
    assert!(written(logs).contains("caplog"));
    assert_eq!(pytest_style(logs, &PytestStyle { hides_logs: true, ..PytestStyle::default() }), logs);
    for same in ["x = (", "def test_a():\n    assert 1\n", "class A:\n    pass\n"] {
        assert_eq!(written(same), same);
    }
}

#[test]
fn what_is_written_stays_as_it_is() {
    for text in [
        of_class(
            "APITestCase",
            "def setUp(self):\n    f()\n\ndef test_it(self):\n    self.assertTrue(self.client)",
        ),
        of_class("TestCase", "def test_it(self):\n    self.assertEqual(1, 2)"),
    ] {
        let text = format!("import pytest\n\n\n{text}");
        assert_eq!(written(&text), text);
    }
}
