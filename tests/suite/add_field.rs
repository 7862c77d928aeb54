//! New fields of a model that is there: what is generated passes every gate, rows that exist get values, and the tests
//! of the fields bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const SUBTITLE: &str = "Add a subtitle field to posts";

/// Every kind of field.
const FIELDS: &str = "subtitle,summary,handle:slug,price:decimal(10,2) min=0,is_featured,\
                      state:choice(draft,live) default=draft,editor:fk(user),related:m2m(Post),parent:fk(self),\
                      starts_at,due_date,opening_time,duration,contact_email,website,stars,stock_count,weight:float,\
                      metadata,token_id:uuid unique default=random,level:integer min=-3 max=3,sku:string(9) unique";

fn added(project: &Project, model: &str, fields: &str, more: &[&str]) {
    let (model, fields) = (format!("model={model}"), format!("fields={fields}"));
    carried_out(project, &[&["--template", "add_field", "--set", &model, "--set", &fields], more].concat());
}

#[test]
fn a_field_passes_every_gate_and_is_taken_back() {
    let Some(project) = Project::django_blog("a_field_passes_every_gate_and_is_taken_back") else { return };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &[SUBTITLE]);
    passes(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let landed = project.head();
    for again in
        [SUBTITLE, "Give posts a subtitle field", "add a new column called subtitle to the Post model"]
    {
        let run = project.aksara(AKSARA, &["ai", "plan", again, "--execute", "--yes"]).expect(0);
        assert!(run.stderr.contains("everything was there already, nothing to land"), "{}", run.stderr);
    }
    assert_eq!(project.head(), landed);
    // What somebody else added is there as well.
    let author = ["ai", "plan", "Add an author:fk(user) required to posts", "--execute", "--yes"];
    let run = project.aksara(AKSARA, &author).expect(0);
    assert!(run.stderr.contains("everything was there already, nothing to land"), "{}", run.stderr);
    assert_eq!(project.head(), landed);
    // Another field of that name is no second application.
    let other =
        project.aksara(AKSARA, &["ai", "plan", "Add a required subtitle to posts", "--execute", "--yes"]);
    assert!(other.stderr.contains("`blog.Post` already has another `subtitle`"), "{}", other.stderr);
    assert_eq!(project.head(), landed);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}

#[test]
fn every_kind_of_field_passes_every_gate() {
    let Some(project) = Project::django_blog("every_kind_of_field_passes_every_gate") else { return };
    added(&project, "blog.Post", FIELDS, &[]);
    passes(&project);
    let tests = std::fs::read_dir(project.path().join("blog/tests")).unwrap();
    assert_eq!(
        tests.filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().contains("post_")).count(),
        1
    );
}

#[test]
fn fields_before_and_after_other_features_pass_every_gate() {
    let test = "fields_before_and_after_other_features_pass_every_gate";
    let Some(project) = Project::django_blog(test) else { return };
    for request in [
        "Create a Product model with name and price",
        "Add tagging to posts",
        "Add weight:decimal(10,2) and stock to products",
        "Add commenting to posts",
        "Add an is_pinned field to comments",
        "Add ratings to products",
        "Add a note field to ratings",
        "Add a colour field to tags",
        "Add a product field to posts",
        SUBTITLE,
    ] {
        carried_out(&project, &[request]);
    }
    passes(&project);
    let views = project.read("blog/views.py");
    assert!(views.contains("\"stock\": [\"exact\", \"gte\", \"lte\"]"), "{views}");

    let Some(project) = Project::django_blog(test) else { return };
    for request in [
        SUBTITLE,
        "Add tagging to posts",
        "Add ratings to posts",
        "Add comments to posts",
        "Create a Product model with name",
    ] {
        carried_out(&project, &[request]);
    }
    passes(&project);
}

#[test]
fn rows_that_are_there_get_values_of_required_fields() {
    let Some(project) = Project::django_blog("rows_that_are_there_get_values_of_required_fields") else {
        return;
    };
    let plan =
        project.aksara(AKSARA, &["ai", "plan", "Add a required unique isbn to posts", "--json"]).expect(0);
    assert!(plan.stdout.contains("Posts that are there get unknown-{key} as isbn."), "{}", plan.stdout);
    assert!(plan.stdout.contains("must give isbn from now on"), "{}", plan.stdout);
    added(
        &project,
        "blog.Post",
        "isbn required,rank:integer required min=1,published_on:date required,code:uuid unique default=random",
        &["--set", "backfill=isbn=old-{key},rank=7"],
    );
    // As the plan's warning says: the start project's own tests make posts through the API.
    let tests = project.read("blog/tests/test_posts.py");
    let values = "\"isbn\": \"1\", \"rank\": 1, \"published_on\": \"2026-01-01\"";
    let tests = tests
        .replace("\"slug\": \"hello\",", &format!("\"slug\": \"hello\", {values},"))
        .replace("self.make_post(title=\"Second\"", "self.make_post(isbn=\"2\", title=\"Second\"");
    project.write("blog/tests/test_posts.py", tests);
    works(&project).unwrap_or_else(|text| panic!("{text}"));

    let python = |args: &[&str]| {
        let output = project.python(args);
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&text));
        String::from_utf8(text).unwrap()
    };
    let _ = python(&["manage.py", "migrate", "--no-input", "blog", "0001"]);
    let _ = python(&["manage.py", "migrate", "--no-input", "auth"]);
    let rows = "import sqlite3\ndb = sqlite3.connect('db.sqlite3')\ndb.execute(\"insert into auth_user (id, password, \
                is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name) values (1, 'x', \
                0, 'a', '', '', 0, 1, '2026-01-01', '')\")\nfor slug in 'abc':\n    db.execute(\"insert into blog_post \
                (title, slug, content, is_published, author_id, created_at, updated_at) values ('t', ?, '', 0, 1, \
                '2026-01-01', '2026-01-01')\", (slug,))\ndb.commit()";
    let _ = python(&["-c", rows]);
    let _ = python(&["manage.py", "migrate", "--no-input"]);
    let found = python(&[
        "manage.py",
        "shell",
        "--no-imports",
        "-c",
        "from blog.models import Post\nposts = Post.objects.order_by('pk')\n\
         print([p.isbn for p in posts], {p.rank for p in posts}, len({p.code for p in posts}), posts[0].published_on is not None)",
    ]);
    assert!(found.contains("['old-1', 'old-2', 'old-3'] {7} 3 True"), "{found}");
    works(&project).unwrap_or_else(|text| panic!("{text}"));
}

#[test]
fn what_rows_cannot_be_given_is_refused() {
    let project = Project::of("django-blog");
    for (fields, more, said, hint) in [
        ("category:fk(Post) required", "", "nothing says which category", "backfill=category=1"),
        ("isbn required unique", "isbn=x", "no two rows may have the same isbn", "backfill=isbn=x-{key}"),
        ("rank:integer required", "rank=many", "many is no value for rank", "backfill=rank=VALUE"),
        ("subtitle", "subtitle=x", "rows that are there need no subtitle", "a required subtitle"),
        ("pk_copy:o2o(Post) required", "", "nothing says which pk copy", "pk_copy?"),
    ] {
        let (fields, more) = (format!("fields={fields}"), format!("backfill={more}"));
        let mut args =
            vec!["ai", "plan", "--template", "add_field", "--set", "model=blog.Post", "--set", &fields];
        if !more.ends_with('=') {
            args.extend(["--set", &more]);
        }
        let run = project.aksara(AKSARA, &args).expect(2);
        assert!(run.stderr.contains(said) && run.stderr.contains(hint), "{fields}: {}", run.stderr);
    }
    for request in ["Add a phone field to users", "Add a phone field to User", "Add phone to auth.User"] {
        let run = project.aksara(AKSARA, &["ai", "plan", request]).expect(2);
        for part in ["auth.User is not defined in this repository", "Add user profiles with phone"] {
            assert!(run.stderr.contains(part), "{request}: {}", run.stderr);
        }
    }
}

#[test]
fn a_unique_field_is_so_within_the_tenant() {
    let Some(project) = Project::django_blog("a_unique_field_is_so_within_the_tenant") else { return };
    carried_out(&project, &["Add multi-tenancy to posts"]);
    carried_out(&project, &["Add soft delete to posts"]);
    added(&project, "blog.Post", "isbn required unique", &["--set", "backfill=isbn=old-{key}"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let models = project.read("blog/models.py");
    assert!(models.contains("name=\"blog_post_tenant_isbn_live\""), "{models}");
    // A row of a child is in two tables, and its tenant in the other one.
    project.write(
        "blog/models.py",
        format!("{models}\n\nclass Photo(Post):\n    camera = models.CharField(max_length=9)\n"),
    );
    let _ = project.manage(&["makemigrations"]);
    let _ = project.commit("Photos");
    let plan = ["ai", "plan", "Add a unique serial to photos"];
    let run = project.aksara(AKSARA, &plan).expect(2);
    for part in ["serial of photos cannot be unique within a tenant", "Add a unique serial to posts"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}

#[test]
fn the_tests_of_fields_bite() {
    let Some(project) = Project::django_blog("the_tests_of_fields_bite") else { return };
    added(
        &project,
        "blog.Post",
        "subtitle,price:decimal(10,2) min=0,is_featured,editor:fk(user),related:m2m(Post),sku:string(20) unique",
        &[],
    );
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        ("not served", "blog/serializers.py", "            \"subtitle\",\n", ""),
        (
            "read only",
            "blog/serializers.py",
            "read_only_fields = [\"created_at\"",
            "read_only_fields = [\"price\", \"created_at\"",
        ),
        (
            "required",
            "blog/serializers.py",
            "        model = Post\n",
            "        model = Post\n        extra_kwargs = {\"price\": {\"required\": True}}\n",
        ),
        (
            "no bound",
            "blog/models.py",
            "MinValueValidator(Decimal(\"0\"))",
            "MinValueValidator(Decimal(\"-9\"))",
        ),
        (
            "on by itself",
            "blog/models.py",
            "is_featured = models.BooleanField(default=False)",
            "is_featured = models.BooleanField(default=True)",
        ),
        ("the filter is gone", "blog/views.py", "        \"is_featured\",\n", ""),
        ("the filter of a relation is gone", "blog/views.py", "        \"editor\",\n", ""),
        ("the search is gone", "blog/views.py", "\"content\", \"subtitle\"", "\"content\""),
        ("the order is gone", "blog/views.py", "\"title\", \"sku\", \"price\"", "\"title\", \"sku\""),
        ("one query a row", "blog/views.py", ".prefetch_related(\"related\")", ""),
    ] {
        let good = project.read(path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(path, good.replacen(old, new, 1));
        let output = project.python(&["manage.py", "test", "--no-input"]);
        assert!(!output.status.success(), "{name} was not caught");
        project.write(path, good);
    }
}

#[test]
fn a_model_without_an_api_and_a_project_without_filters_get_what_they_can_use() {
    let test = "a_model_without_an_api_and_a_project_without_filters_get_what_they_can_use";
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Create a Note model with name and body without api"]);
    // Rows may lack it, although a form must not: what Django says of whole rows is no matter of the new fields.
    let models = project.read("blog/models.py");
    let (before, note) = models.split_once("class Note(models.Model):\n").unwrap();
    let field = "    color = models.CharField(max_length=9, null=True)\n";
    project.write("blog/models.py", format!("{before}class Note(models.Model):\n{field}{note}"));
    std::fs::remove_file(project.path().join("blog/tests/test_notes.py")).unwrap();
    project.manage(&["makemigrations"]);
    project.commit("a color");
    added(
        &project,
        "blog.Note",
        "sku:string(20) unique,price min=0,is_pinned,hint?:string(20),post:fk(Post),day:date",
        &[],
    );
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(project.read("blog/tests/test_note_sku_price_is_pinned_and_more.py").contains("IntegrityError"));
    assert!(!project.read("blog/serializers.py").contains("Note"));
}

/// Tests of the project and those that other features brought make rows without the field.
#[test]
fn rows_of_other_tests_get_required_fields() {
    let test = "rows_of_other_tests_get_required_fields";
    let Some(project) = Project::django_blog(test) else { return };
    let others =
        ["Add comments to posts", "Add tagging to posts", "Let users rate posts", "Add soft delete to posts"];
    for request in others {
        carried_out(&project, &[request]);
    }
    let before = project.git(&["rev-parse", "HEAD^{tree}"]);
    let request = "Add a required isbn:string(20) unique and due_on:date required to posts";
    carried_out(&project, &[request]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), before);

    // What cannot be made up is said, with its place.
    project.write(
        "blog/tests/test_many.py",
        "from django.test import TestCase\n\nfrom blog.models import Post\n\n\nclass ManyTests(TestCase):\n    def \
         make(self, data):\n        return Post.objects.create(**data)\n",
    );
    project.commit("more tests");
    let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
    let text = plan.to_string();
    assert!(text.contains("`blog/tests/test_many.py:8` makes a `Post` without `due_on`, `isbn`"), "{text}");
}

/// A factory says what its rows have, and so does a dict that is sent.
#[test]
fn factories_get_required_fields() {
    let Some(project) = Project::django("shop", "factories_get_required_fields") else { return };
    let request =
        "Add a required barcode:string(20) unique, weight:decimal(6,2) required and size:integer to products";
    carried_out(&project, &["Add comments to products"]);
    carried_out(&project, &[request]);
    let output = project.python(&["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let factories = project.read("apps/catalog/tests/factories.py");
    let lines = "    stock = 3\n    barcode = factory.Sequence(lambda n: f\"barcode-{n}\")\n    weight = 1\n";
    assert!(factories.contains(lines), "{factories}");
}

/// Rows that are looked for and rows of a row get them, requests of other models and expected values do not.
#[test]
fn only_rows_and_requests_of_the_model_get_required_fields() {
    let test = "only_rows_and_requests_of_the_model_get_required_fields";
    let Some(project) = Project::django("tracker", test) else { return };
    let module = |rows: &[&str]| {
        format!(
            "from django.contrib.auth import get_user_model\nfrom django.test import TestCase\nfrom django.urls import reverse\n\nfrom \
             work.models import Project\n\n\nclass MoreTests(TestCase):\n    def test_rows(self):\n        bob = \
             get_user_model().objects.create_user(\"bob\")\n        self.client.force_login(bob)\n{}        \
             self.assertEqual(Project.objects.filter(owner=bob).count(), 3)\n        row = {{\"name\": \"One\"}}\n        \
             self.assertLessEqual(row.items(), self.client.get(reverse(\"api:project-list\")).json()[0].items())\n",
            rows.iter().map(|row| format!("        {row}\n")).collect::<String>()
        )
    };
    let before = [
        "Project.objects.get_or_create(name=\"One\", owner=bob)",
        "bob.projects.create(name=\"Two\")",
        "url = reverse(\"api:project-list\")",
        "self.client.post(url, {\"name\": \"Z\"})",
        "self.client.post(reverse(\"api:milestone-list\"), {\"name\": \"1.0\"})",
    ];
    let after = [
        "Project.objects.get_or_create(name=\"One\", owner=bob, defaults={\"code\": \"C\"})",
        "bob.projects.create(name=\"Two\", code=\"C\")",
        before[2],
        "self.client.post(url, {\"name\": \"Z\", \"code\": \"C\"})",
        before[4],
    ];
    project.write("work/test_more.py", module(&before));
    let unclear = "from work.models import Project\n\n\ndef send(client, url):\n    client.post(url, {\"name\": \"1\"})\n";
    project.write("work/tests_of_more.py", unclear);
    project.commit("more tests");
    let request = "Add a required code:string(10) to projects";
    let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json().to_string();
    let warning = "`work/tests_of_more.py:5` may make a `Project`, which must have `code` from now on";
    assert!(plan.contains(warning), "{plan}");
    carried_out(&project, &[request]);
    assert_eq!(project.read("work/test_more.py"), module(&after));
    assert_eq!(project.read("work/tests_of_more.py"), unclear);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
}
