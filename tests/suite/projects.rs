//! Projects as they are: features in projects that are unlike the start project of the other tests, each judged by
//! Django, by the project's own tests and by the linters that it uses.
//!
//! A project is a folder of `tests/projects` with its packages in `tests/requirements-NAME.txt`. A row of the table
//! below is a request; a new template is one more row for every project. Pairs of rows are a long proof: `./prove
//! projects`.

use aksara_testkit::{Project, workspace};

use crate::AKSARA;
use crate::crud::carried_out;
use crate::pairs::{Feature, Proof, Refused, asked_for};

/// A start project.
struct Start {
    name: &'static str,
    /// Makes rows with the models of the start project.
    rows: &'static str,
    /// What its author runs before a commit: modules of the project's Python, and their arguments.
    own: &'static [&'static [&'static str]],
    /// Pairs of templates that cannot stand side by side in it.
    refused: &'static [Refused],
}

/// A marketplace: user model of its own with UUID keys and a login by email, abstract bases, apps in a folder with
/// packages for models and API, settings package, versioned URLs, permissions and pages of its own, pytest with
/// factories, ruff.
const SHOP: Start = Start {
    name: "shop",
    rows: "
from apps.catalog.tests.factories import ProductFactory
ProductFactory.create_batch(2)
",
    own: &[
        &["pytest", "-q", "-p", "no:cacheprovider"],
        &["ruff", "check", "--no-cache", "."],
        &["ruff", "format", "--no-cache", "--check", "--diff", "."],
    ],
    refused: &[],
};

/// A library: single quotes, 79 columns, tuples, tests in `tests.py`, namespaced `SimpleRouter`s, filter sets, schema by
/// drf-spectacular, requirements in a folder, flake8 and isort.
const LIBRARY: Start = Start {
    name: "library",
    rows: "
from books.models import Book
Book.objects.create(title='Emma', isbn='1', pages=474)
Book.objects.create(title='Persuasion', isbn='2', pages=236)
",
    own: &[
        &["manage.py", "test", "--no-input"],
        &["manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null"],
        &["flake8"],
        &["isort", "--check", "--diff", "."],
    ],
    refused: &[],
};

/// A help desk: generic views and function views, no router, no filters, settings in tuples, keys that are `AutoField`s,
/// tokens.
const DESK: Start = Start {
    name: "desk",
    rows: "
from django.contrib.auth.models import User
from kb.models import Article
from tickets.models import Queue, Ticket
Article.objects.create(title='Reset', slug='reset', text='Press it.')
user = User.objects.create_user('ann')
queue = Queue.objects.create(name='Billing')
Ticket.objects.create(queue=queue, reporter=user, subject='Invoice', body='Where?')
",
    own: &[&["manage.py", "test", "--no-input"]],
    refused: &[],
};

/// A tracker: one router for all apps whose class the settings choose, viewsets with other rows for each user and a
/// serializer for each action, permissions outside the apps, a module with serializers and viewsets, a pattern that takes
/// every URL.
const TRACKER: Start = Start {
    name: "tracker",
    rows: "
from django.contrib.auth.models import User
from store.models import Product
from work.models import Milestone, Project, Task
Project.objects.create(name='Moon', owner=User.objects.create_user('ann'))
Task.objects.create(title='Land', milestone=Milestone.objects.create(name='First'))
Product.objects.create(name='Rock', price='9.50')
",
    own: &[&["manage.py", "test", "--no-input"]],
    refused: &[],
};

/// A village's calendar: pages and forms, no API, a login for every page, a file in every row, tests in `tests.py`.
const PLAIN: Start = Start {
    name: "plain",
    rows: "
from django.utils import timezone
from events.models import Event, Venue
venue = Venue.objects.create(name='Hall')
Event.objects.create(title='Dance', venue=venue, starts_at=timezone.now(), flyer='dance.pdf')
",
    own: &[&["manage.py", "test", "--no-input"]],
    refused: &[],
};

/// Things to do: UUID keys, positional `on_delete`, an API of Django Ninja, tests beside the apps by pytest and
/// model_bakery.
const NINJA: Start = Start {
    name: "ninja",
    rows: "
from django.contrib.auth.models import User
from todo.models import Board, Task
board = Board.objects.create(name='Home', owner=User.objects.create_user('ann'))
Task.objects.create(title='Call', board=board, status='open')
",
    own: &[&["pytest", "-q", "-p", "no:cacheprovider"]],
    refused: &[],
};

/// A restaurant: two models of one name, tables with names of their own, a through table, a proxy, a generic foreign key,
/// tabs in one app and lines that end with CRLF in the other, a lock file.
const LOCKED: Start = Start {
    name: "locked",
    rows: "
from menu.models import Item
from stock.models import Item as Part
Item.objects.create(name='Soup', price='4.50')
Part.objects.create(code='LEEK')
",
    own: &[&["manage.py", "test", "--no-input"]],
    refused: &[],
};

/// All of them.
const PROJECTS: [&Start; 7] = [&SHOP, &LIBRARY, &DESK, &TRACKER, &PLAIN, &NINJA, &LOCKED];

/// Runs a module or script of the project's Python; gives what it printed.
fn python(project: &Project, args: &[&str]) -> Result<String, String> {
    let all = match args {
        [script, ..] if script.ends_with(".py") => args.to_vec(),
        _ => [&["-m"], args].concat(),
    };
    let output = project.python(&all);
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(text) } else { Err(format!("{args:?}:\n{text}")) }
}

/// Everything that Django says of the project, then `rows`; the schema of its database.
fn schema(project: &Project, rows: &str) -> Result<String, String> {
    let script = workspace().join("tests/gates/project_as_it_is.py");
    python(project, &[&script.display().to_string(), rows])
}

/// The project's own tests and linters.
fn own_gates(project: &Project, start: &Start) -> Result<(), String> {
    start.own.iter().try_for_each(|args| python(project, args).map(drop))
}

fn passes(project: &Project, start: &Start) {
    let judged = schema(project, "").and_then(|_| own_gates(project, start));
    judged.unwrap_or_else(|text| panic!("{}: {text}", start.name));
}

/// Lands the requests one after the other in a fresh copy whose database has rows, with all gates after the last;
/// says that there is nothing more to do when the last one comes again; takes all of it back.
fn lands(start: &Start, requests: &[&[&str]], test: &str) -> Option<Project> {
    let project = Project::django(start.name, test)?;
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    let before = schema(&project, start.rows).unwrap_or_else(|text| panic!("{text}"));
    for request in requests {
        carried_out(&project, request);
    }
    passes(&project, start);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let landed = project.head();
    if let Some(last) = requests.last() {
        let again = [&["ai", "plan"], *last, &["--execute", "--yes"]].concat();
        let run = project.aksara(AKSARA, &again).expect(0);
        assert!(run.stderr.contains("everything was there already, nothing to land"), "{}", run.stderr);
    }
    assert_eq!(project.head(), landed);
    for _ in requests {
        let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    }
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
    assert_eq!(schema(&project, "").unwrap_or_else(|text| panic!("{text}")), before);
    project.git(&["checkout", "--quiet", "--detach", &landed]);
    Some(project)
}

/// The rows of a project: a template, and the request for it.
type Rows = &'static [(&'static str, &'static [&'static str])];

/// What a project cannot have: a template, the request for it, words of the reason, and of what to do next.
type Refusals = &'static [(&'static str, &'static [&'static str], &'static str, &'static str)];

/// A test for each row of a project: a template, and the request for it. After `!` what is refused: a template, the request,
/// words of the reason, and of what to do next.
macro_rules! features {
    ($($project:ident of $start:ident {
        $($template:ident: $request:expr;)*
        $(! $refused:ident: $refusal:expr, $reason:expr, $next:expr;)*
    })*) => {
        $(mod $project {
            use super::{Refusals, Rows};

            pub(super) const ROWS: Rows = &[$((stringify!($template), &$request)),*];
            pub(super) const REFUSED: Refusals = &[$((stringify!($refused), &$refusal, $reason, $next)),*];

            $(
                #[test]
                fn $template() {
                    let test = concat!(stringify!($project), " ", stringify!($template));
                    let _ = super::lands(&super::$start, &[$request.as_slice()], test);
                }
            )*
        })*
        /// The tables above.
        const TABLES: &[(&Start, Rows, Refusals)] = &[$((&$start, $project::ROWS, $project::REFUSED)),*];
    };
}

features! {
    shop of SHOP {
        tagging: ["Add tagging to products"];
        commenting: ["Add comments to products with nested replies"];
        rating: ["Let users rate products 1-5 stars"];
        crud_feature: ["Create a Brand model in catalog with name, country, website, founded year and store"];
        checkout: ["Add a checkout for products"];
        add_field: ["Add color and weight:decimal(6,2) to products"];
        soft_delete: ["Add soft delete to products"];
        audit_log: ["Add an audit log to products"];
        multi_tenant: ["Make products multi-tenant"];
        authentication: ["Add authentication with email verification"];
        user_profile: ["Add user profiles with bio and avatar url"];
    }
    library of LIBRARY {
        tagging: ["Add tagging to books"];
        commenting: ["Add comments to books with nested replies"];
        rating: ["Let users rate books 1-5 stars"];
        crud_feature: ["Create a Branch model in books with name, city, opening date and books"];
        checkout: ["Add a checkout for products", "--set", "app=books"];
        add_field: ["Add price:decimal(10,2) and publisher to books"];
        soft_delete: ["Add soft delete to books"];
        audit_log: ["Add an audit log to books"];
        multi_tenant: ["Make books multi-tenant"];
        authentication: ["Add authentication with email verification"];
        user_profile: ["Add user profiles with bio and avatar url"];
    }
    desk of DESK {
        tagging: ["Add tagging to tickets"];
        commenting: ["Add comments to tickets with nested replies"];
        rating: ["Let users rate tickets 1-5 stars"];
        crud_feature: ["Create a Team model in tickets with name, description and queue"];
        checkout: ["Add a checkout for products", "--set", "app=tickets"];
        add_field: ["Add a priority (low, high) and due_at to tickets"];
        soft_delete: ["Add soft delete to tickets"];
        audit_log: ["Add an audit log to tickets"];
        multi_tenant: ["Make tickets multi-tenant"];
        authentication: ["Add authentication with email verification"];
        user_profile: ["Add user profiles with bio and avatar url"];
    }
    desk_functions of DESK {
        tagging: ["Add tagging to articles"];
        commenting: ["Add comments to articles"];
        rating: ["Let users rate articles 1-5 stars"];
        crud_feature: ["Create a Topic model in kb with name and description"];
        soft_delete: ["Add soft delete to articles"];
    }
    tracker of TRACKER {
        tagging: ["Add tagging to tasks"];
        commenting: ["Add comments to projects"];
        rating: ["Let users rate tasks 1-5 stars"];
        crud_feature: ["Create a Banner model in store with name and link"];
        checkout: ["Add a checkout for products"];
        add_field: ["Add a deadline and a required code to tasks"];
        soft_delete: ["Add soft delete to tasks"];
        audit_log: ["Add an audit log to tasks"];
        multi_tenant: ["Make projects multi-tenant"];
        authentication: ["Add authentication with email verification"];
        user_profile: ["Add user profiles with bio"];
    }
    plain of PLAIN {
        tagging: ["Add tagging to events"];
        commenting: ["Add comments to events with nested replies"];
        rating: ["Let users rate events 1-5 stars"];
        crud_feature: ["Create a Speaker model with name, bio and events"];
        checkout: ["Add a checkout for products"];
        add_field: ["Add capacity:integer to events"];
        soft_delete: ["Add soft delete to events"];
        audit_log: ["Add an audit log to events"];
        multi_tenant: ["Make events multi-tenant"];
        user_profile: ["Add user profiles with bio"];
        !authentication: ["Add authentication"], "does not use Django REST framework", "install djangorestframework";
    }
    ninja of NINJA {
        tagging: ["Add tagging to tasks"];
        commenting: ["Add comments to tasks with nested replies"];
        rating: ["Let users rate tasks 1-5 stars"];
        crud_feature: ["Create a Reminder model with task and time"];
        checkout: ["Add a checkout for products", "--set", "app=todo"];
        add_field: ["Add a required color to boards"];
        soft_delete: ["Add soft delete to tasks"];
        user_profile: ["Add user profiles with bio"];
        !audit_log: ["Add an audit log to tasks"], "`MIDDLEWARE` in `config/settings.py` is not set", "set it to a list";
        !multi_tenant: ["Make tasks multi-tenant"], "`MIDDLEWARE` in `config/settings.py` is not set", "set it to a list";
        !authentication: ["Add authentication"], "does not use Django REST framework", "install djangorestframework";
    }
    locked of LOCKED {
        tagging: ["Add tagging to menu.Item"];
        commenting: ["Add comments to stock.Item with nested replies"];
        rating: ["Let users rate menu.Item"];
        crud_feature: ["Create a Supplier model in stock with name and email"];
        checkout: ["Add a checkout for menu.Item"];
        add_field: ["Add a required code to menu.Item"];
        soft_delete: ["Add soft delete to stock.Item"];
        audit_log: ["Add an audit log to menu.Item"];
        multi_tenant: ["Make menu.Item multi-tenant"];
        authentication: ["Add authentication with email verification"];
        user_profile: ["Add user profiles with bio"];
    }
}

#[test]
fn every_template_lands_in_every_project_or_is_refused() {
    let list = Project::of("plain").aksara(AKSARA, &["template", "list", "--json"]).expect(0).json();
    let templates = list["templates"].as_array().unwrap();
    let shipped = templates.iter().filter(|template| template["root"]["kind"] == "built_in");
    let shipped: Vec<&str> = shipped.filter_map(|template| template["name"].as_str()).collect();
    for start in PROJECTS {
        for template in &shipped {
            let tables = || TABLES.iter().filter(|(of, ..)| of.name == start.name);
            let lands = tables().any(|(_, rows, _)| rows.iter().any(|(name, _)| name == template));
            let refused = tables().any(|(.., rows)| rows.iter().any(|(name, ..)| name == template));
            assert!(lands != refused, "{} in {}: needs one row", template, start.name);
        }
    }
}

/// The long proof: in each project all ordered pairs of the templates that it can have. `./prove` is given names of
/// projects and templates.
#[test]
#[ignore = "long: ./prove projects"]
fn all_pairs_pass_the_gates_of_every_project() {
    let test = "all_pairs_pass_the_gates_of_every_project";
    let is_project = |name: &String| PROJECTS.iter().any(|start| start.name == name.as_str());
    let (projects, templates): (Vec<String>, Vec<String>) = asked_for().into_iter().partition(is_project);
    let mut failed = Vec::new();
    for (start, rows, _) in TABLES {
        if !projects.is_empty() && !projects.iter().any(|name| name == start.name) {
            continue;
        }
        let Some(project) = Project::django(start.name, test) else { return };
        schema(&project, start.rows).unwrap_or_else(|text| panic!("{text}"));
        let features: Vec<Feature> = rows
            .iter()
            .map(|(template, request)| Feature {
                template: (*template).to_owned(),
                request: request.iter().map(|&word| word.to_owned()).collect(),
            })
            .collect();
        let gates = |project: &Project| schema(project, "").and_then(|_| own_gates(project, start));
        let proof = Proof { project: &project, features: &features, gates: &gates, refused: start.refused };
        eprintln!("\n{}", start.name);
        let proved = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| proof.long(&templates)));
        failed.extend(proved.err().map(|_| start.name));
    }
    assert!(failed.is_empty(), "{failed:?}: see above");
}

#[test]
fn what_is_generated_reads_as_the_projects_own() {
    let test = "what_is_generated_reads_as_the_projects_own";
    let reads = |start: &Start, request: &str, parts: &[(&str, &str)]| {
        let Some(project) = lands(start, &[&[request]], test) else { return };
        for (path, part) in parts {
            let text = project.read(path);
            assert!(text.contains(part), "{part}\nis not in {path}:\n{text}");
        }
    };
    reads(
        &SHOP,
        "Add comments to products",
        &[
            ("apps/catalog/models/comment.py", "from apps.core.models import TimeStampedModel, UUIDModel\n"),
            ("apps/catalog/models/comment.py", "class Comment(UUIDModel, TimeStampedModel):\n"),
            ("apps/catalog/api/views.py", "from apps.catalog.models import Category, Comment, Product\n"),
            ("apps/catalog/api/views.py", "from .permissions import IsAuthorOrReadOnly\n"),
            ("apps/catalog/api/views.py", "permission_classes = [IsActiveUser, IsAuthorOrReadOnly]\n"),
            ("apps/catalog/tests/test_comments.py", "reverse(\"v1:catalog:comment-list\")"),
        ],
    );
    reads(
        &LIBRARY,
        "Add tagging to books",
        &[
            ("books/admin.py", "admin.site.register(Book, BookAdmin)\nadmin.site.register(Tag, TagAdmin)\n"),
            ("books/admin.py", "    search_fields = ('name',)\n"),
            ("books/models.py", "        ordering = ('name',)\n"),
            ("books/filters.py", "'published_after', 'tag')\n"),
            ("books/views.py", "Book.objects.prefetch_related('authors', 'tags')\n"),
            ("books/views.py", "@extend_schema(tags=['tags'])\nclass TagViewSet(viewsets.ModelViewSet):\n"),
            ("books/urls.py", "router.register('tags', views.TagViewSet)\n"),
        ],
    );
    reads(
        &DESK,
        "Add comments to tickets",
        &[
            ("tickets/views.py", "class CommentList(generics.ListCreateAPIView):\n"),
            ("tickets/views.py", "class CommentDetail(generics.RetrieveUpdateDestroyAPIView):\n"),
            (
                "tickets/urls.py",
                "    path(\"comments/<int:pk>/\", views.CommentDetail.as_view(), name=\"comment-detail\"),\n]\n",
            ),
        ],
    );
}

/// One router for all apps, permissions that they share, and rows that depend on who asks.
#[test]
fn an_api_of_all_apps_together_is_gone_on_with() {
    let test = "an_api_of_all_apps_together_is_gone_on_with";
    let reads = |request: &str, parts: &[(&str, &str)]| {
        let Some(project) = lands(&TRACKER, &[&[request]], test) else { return };
        for (path, part) in parts {
            let text = project.read(path);
            assert!(text.contains(part), "{part}\nis not in {path}:\n{text}");
        }
    };
    reads(
        "Add tagging to tasks",
        &[
            ("config/api_router.py", "router.register(\"tags\", TagViewSet, basename=\"tag\")\n"),
            ("work/api/serializers.py", "fields = [\"id\", \"title\", \"is_done\", \"tags\", \"tag_ids\"]\n"),
            ("work/api/views.py", "            return Task.objects.all().prefetch_related(\"tags\")\n"),
            ("work/api/views.py", "        return tasks.prefetch_related(\"tags\")\n"),
        ],
    );
    reads(
        "Add comments to projects",
        &[
            ("work/api/views.py", "from core.permissions import IsAuthorOrReadOnly, IsStaffOrReadOnly\n"),
            ("work/api/views.py", ".filter(project__in=Project.objects.for_user(self.request.user))"),
            (
                "work/api/serializers.py",
                "        return Project.objects.for_user(self.context[\"request\"].user)\n",
            ),
            ("work/api/serializers.py", "    project = VisibleProjectField()\n"),
        ],
    );
    reads(
        "Create a Banner model in store with name",
        &[(
            "store/api.py",
            "    serializer_class = BannerSerializer\n    permission_classes = [IsStaffOrReadOnly]\n",
        )],
    );
    reads(
        "Add authentication",
        &[("config/urls.py", "include(\"authentication.urls\")),\n    re_path(r\"^(?P<url>")],
    );
}

#[test]
fn what_would_break_a_project_is_refused_with_the_reason() {
    let rows = TABLES.iter().flat_map(|(start, _, refused)| refused.iter().map(|row| (start.name, *row)));
    let users =
        ("soft_delete", &["Add soft delete to users"][..], "users.User is the user model", "is_active");
    for (name, (_, request, reason, next)) in rows.chain([("shop", users)]) {
        let project = Project::of(name);
        let run = project.aksara(AKSARA, &[&["ai", "plan"], request].concat());
        assert_ne!(run.code, 0, "{request:?}: {}", run.stdout);
        assert!(run.stderr.contains(reason) && run.stderr.contains(next), "{request:?}: {}", run.stderr);
        assert_eq!(project.git(&["status", "--porcelain"]), "");
    }
}

/// Generic views take no actions, so the way back is left to the author of the API.
#[test]
fn what_generic_views_delete_softly_is_restored_by_code() {
    let test = "what_generic_views_delete_softly_is_restored_by_code";
    let request = "Add soft delete to queues";
    let plan = Project::of("desk").aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
    let warnings = plan["warnings"].to_string();
    assert!(
        warnings.contains("QueueList and QueueDetail delete softly, but take no further action"),
        "{warnings}"
    );
    let _ = lands(&DESK, &[&[request]], test);
}

#[test]
fn views_that_are_written_out_are_left_to_their_author() {
    let project = Project::of("desk");
    for request in
        ["Add comments to articles", "Let users rate articles", "Create a Topic model in kb with name"]
    {
        let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
        let warnings = plan["warnings"].to_string();
        assert!(warnings.contains("The views of kb are written out one by one (article_list"), "{warnings}");
        let steps = plan["steps"].as_array().unwrap();
        assert!(steps.iter().any(|step| step["type"] == "create_serializer"), "{request}");
        assert!(!steps.iter().any(|step| step["type"] == "create_viewset"), "{request}");
        let files: Vec<&str> = steps.iter().filter_map(|step| step["file"].as_str()).collect();
        assert!(!files.contains(&"kb/views.py") && !files.contains(&"kb/urls.py"), "{files:?}");
    }
}

#[test]
fn the_start_projects_pass_their_own_gates() {
    for start in PROJECTS {
        let Some(project) = Project::django(start.name, "the_start_projects_pass_their_own_gates") else {
            return;
        };
        passes(&project, start);
        schema(&project, start.rows).unwrap_or_else(|text| panic!("{text}"));
        assert_eq!(project.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn features_of_one_project_stand_side_by_side() {
    for (start, requests) in [
        (
            SHOP,
            [
                "Let users rate products 1-5 stars",
                "Create a Brand model in catalog with name and country",
                "Add comments to products",
                "Add tagging to products",
            ],
        ),
        (
            LIBRARY,
            [
                "Add comments to books",
                "Add tagging to books",
                "Create a Branch model in books with name, city and opening date",
                "Let users rate books 1-5 stars",
            ],
        ),
        (
            DESK,
            [
                "Create a Team model in tickets with name and queue",
                "Let users rate tickets 1-5 stars",
                "Add tagging to tickets",
                "Add comments to tickets",
            ],
        ),
    ] {
        let requests = requests.map(|request| [request]);
        let requests: Vec<&[&str]> = requests.iter().map(<[_; 1]>::as_slice).collect();
        let _ = lands(&start, &requests, "features_of_one_project_stand_side_by_side");
    }
}

#[test]
fn what_no_template_writes_is_said() {
    let test = "what_no_template_writes_is_said";
    let ninja = "is written with Django Ninja, and Aksara does not write such APIs yet: no serializer";
    for (start, request, why) in [
        (PLAIN, "Add tagging to events", "The project does not use Django REST framework: no serializers"),
        (NINJA, "Add comments to tasks", ninja),
        (NINJA, "Add tagging to tasks", ninja),
        (NINJA, "Let users rate tasks 1-5 stars", ninja),
        (NINJA, "Create a Reminder model with task and time", ninja),
    ] {
        let Some(project) = Project::django(start.name, test) else { return };
        let plan = project.aksara(AKSARA, &["ai", "plan", request]).expect(0).stderr;
        assert!(plan.contains(why), "{plan}");
    }
}

#[test]
fn features_of_projects_without_an_api_and_of_mixed_files_stand_side_by_side() {
    for (start, requests) in [
        (
            PLAIN,
            ["Add tagging, commenting and ratings to events", "Create a Speaker model with name and events"],
        ),
        (
            NINJA,
            ["Add tagging, commenting and ratings to tasks", "Create a Reminder model with task and time"],
        ),
        (LOCKED, ["Add tagging and commenting to menu.Item", "Add tagging and ratings to stock.Item"]),
    ] {
        let requests = requests.map(|request| [request]);
        let requests: Vec<&[&str]> = requests.iter().map(<[_; 1]>::as_slice).collect();
        let test = "features_of_projects_without_an_api_and_of_mixed_files_stand_side_by_side";
        let _ = lands(&start, &requests, test);
    }
}

/// Which packages a project has is the business of the tool that wrote the lock file.
#[test]
fn a_new_dependency_beside_a_lock_file_is_refused_with_the_command_to_run() {
    let project = Project::of("locked");
    project.write(
        ".aksara/templates/codes.rhai",
        "const META = #{ name: \"codes\", title: \"Add codes\", summary: \"Codes.\", version: \"1\", keywords: [\"codes\"] };\n\
         fn plan(p) { [step::modify_file(#{ file: \"requirements\", operations: [#{ op: \"requirement_add\", requirement: \"pyotp>=2.9\" }] })] }\n",
    );
    project.commit("a template");
    let run = project.aksara(AKSARA, &["ai", "plan", "--template", "codes"]);
    assert_ne!(run.code, 0, "{}", run.stdout);
    assert!(
        run.stderr.contains("poetry.lock") && run.stderr.contains("poetry add \"pyotp>=2.9\""),
        "{}",
        run.stderr
    );
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

/// A model that is extended has its fields in a table of its own, and rows of both are one.
#[test]
fn a_model_that_extends_another_is_tested_with_all_of_its_fields() {
    let test = "a_model_that_extends_another_is_tested_with_all_of_its_fields";
    let Some(project) = Project::django("plain", test) else { return };
    let models = project.read("events/models.py");
    project.write(
        "events/models.py",
        format!(
            "{models}\n\nclass Concert(Event):\n    band = models.CharField(max_length=80, unique=True)\n"
        ),
    );
    project.manage(&["makemigrations", "--verbosity", "0"]);
    project.commit("concerts");
    carried_out(&project, &["Add comments to concerts"]);
    passes(&project, &PLAIN);
    let tests = project.read("events/test_comments.py");
    for part in ["title=\"T\"", "venue=cls.venue", "flyer=\"sample.txt\"", "band=\"B\""] {
        assert!(tests.contains(part), "{part}: {tests}");
    }
}
