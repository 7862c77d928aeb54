//! Tenants: what is generated passes every gate, alone and beside other features, and its tests bite, also on what is
//! added later.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const TENANCY: &str = "Add multi-tenancy";

#[test]
fn multi_tenancy_passes_every_gate_and_is_taken_back() {
    let Some(project) = Project::django_blog("multi_tenancy_passes_every_gate_and_is_taken_back") else {
        return;
    };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &["Make posts multi-tenant"]);
    passes(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let landed = project.head();
    for request in ["Make posts multi-tenant", TENANCY] {
        let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
        assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
        assert_eq!(project.head(), landed);
    }
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}

#[test]
fn tenants_come_before_and_after_the_other_features() {
    let test = "tenants_come_before_and_after_the_other_features";
    let others = [
        "Add tagging to posts",
        "Add comments to posts",
        "Add ratings to posts",
        "Create a Product model with name unique, slug, price and post",
    ];
    let Some(project) = Project::django_blog(test) else { return };
    for request in others {
        carried_out(&project, &[request]);
    }
    carried_out(&project, &[TENANCY]);
    passes(&project);
    let models = project.read("blog/models.py");
    for model in ["Post", "Tag", "Comment", "Rating", "Product"] {
        assert!(models.contains(&format!("class {model}(TenantModel):")), "{model}:\n{models}");
    }
    assert!(models.contains("class Tenant(models.Model):"), "{models}");

    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Add multi-tenant support with organizations"]);
    for request in others {
        carried_out(&project, &[request]);
    }
    passes(&project);
    // What comes later belongs to tenants at once, and is unique within them.
    let models = project.read("blog/models.py");
    for model in ["Post", "Tag", "Comment", "Rating", "Product"] {
        assert!(models.contains(&format!("class {model}(OrganizationModel):")), "{model}:\n{models}");
    }
    assert!(
        models.contains("fields=[\"organization\", \"name\"], name=\"blog_tag_organization_name_unique\""),
        "{models}"
    );
    let serializers = project.read("blog/serializers.py");
    assert!(serializers.contains("UniqueValidator(queryset=Tag.objects.all())"), "{serializers}");
    assert!(!serializers.contains("\"organization\""), "{serializers}");
}

/// A customer of two tenants has orders with each, and the staff of one does not read what the other's changed.
#[test]
fn orders_and_audit_entries_are_of_a_tenant_in_either_order() {
    let test = "orders_and_audit_entries_are_of_a_tenant_in_either_order";
    let product = "Create a Product model with name unique, price and stock";
    let (checkout, audit) = ("Add a checkout for products", "Add an audit log to products");
    let tenancy = "Make products multi-tenant";
    for requests in [[product, checkout, audit, tenancy], [product, tenancy, checkout, audit]] {
        let Some(project) = Project::django_blog(test) else { return };
        for request in requests {
            carried_out(&project, &[request]);
        }
        passes(&project);
        let models = [project.read("blog/models.py"), project.read("audit/models.py")].concat();
        for model in ["Product", "CartItem", "Order", "OrderItem", "AuditEntry"] {
            assert!(models.contains(&format!("class {model}(TenantModel):")), "{model}:\n{models}");
        }
        project.write("blog/tests/test_two_tenants.py", TWO_TENANTS);
        works(&project).unwrap_or_else(|text| panic!("{requests:?}: {text}"));
    }
}

const TWO_TENANTS: &str = r#"
from django.contrib.auth import get_user_model
from django.test import TestCase

from audit.models import AuditEntry
from blog import services
from blog.models import Order, Product, Tenant
from blog.tenancy import tenant_context


class TwoTenantsTests(TestCase):
    def test_a_key_and_an_order_are_of_one_tenant(self):
        user = get_user_model().objects.create_user("buyer")
        orders = []
        for slug in ("a", "b"):
            with tenant_context(Tenant.objects.create(name=slug, slug=slug)):
                product = Product.objects.create(name="Lamp", price=1, stock=3)
                services.add_to_cart(user, product, 1)
                order, created = services.submit(user, "the same key")
                self.assertTrue(created)
                self.assertEqual(Order.objects.get(), order)
                self.assertEqual(order.items.get().product, product)
                orders.append(order)
                self.assertEqual({entry.object_id for entry in AuditEntry.objects.all()}, {str(product.pk)})
        self.assertNotEqual(orders[0], orders[1])
"#;

#[test]
fn rows_that_are_there_get_the_default_tenant() {
    let Some(project) = Project::django_blog("rows_that_are_there_get_the_default_tenant") else { return };
    let shell = |code: &str| {
        let output = project.python(&["manage.py", "shell", "-c", code]);
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
        String::from_utf8_lossy(&text).into_owned()
    };
    let migrate = || assert!(project.python(&["manage.py", "migrate", "--no-input"]).status.success());
    migrate();
    shell(
        "from django.contrib.auth.models import User\nfrom blog.models import Post\n\
         Post.objects.create(title='Old', slug='old', content='c', author=User.objects.create_user('a'))",
    );
    carried_out(&project, &[TENANCY]);
    migrate();
    let text =
        shell("from blog.models import Post\nprint(Post.objects.get().tenant.slug, Post.unscoped.count())");
    assert!(text.contains("default 1"), "{text}");
}

#[test]
fn the_tests_of_tenants_bite() {
    let Some(project) = Project::django_blog("the_tests_of_tenants_bite") else { return };
    carried_out(&project, &["Add comments to posts"]);
    carried_out(&project, &["Add tagging to posts"]);
    carried_out(&project, &[TENANCY]);
    // What names no model is found by what a view that uses it asks the database.
    project.write(
        "blog/queries.py",
        "from django.apps import apps\n\n\ndef any_post(pk):\n    return getattr(apps.get_model(\"blog\", \"Post\"), \"un\" \"scoped\").get(pk=pk)\n",
    );
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let later = "\n\nclass Note(models.Model):\n    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)\n\n    class Meta:\n        app_label = \"blog\"\n        managed = False\n";
    for (name, path, old, new) in [
        ("the manager has all rows", "blog/tenancy.py", ".filter(tenant=CurrentTenant())", ""),
        (
            "the tenant of the first query is that of all",
            "blog/tenancy.py",
            ".filter(tenant=CurrentTenant())",
            ".filter(tenant=current_tenant())",
        ),
        (
            "the header is not read",
            "blog/middleware.py",
            "self.respond(request, self.slug(request))",
            "self.respond(request, None)",
        ),
        ("inactive tenants are served", "blog/middleware.py", ", is_active=True", ""),
        ("the next request has the tenant of the last", "blog/tenancy.py", "_at_work.reset(token)", "pass"),
        ("caches mix tenants", "blog/middleware.py", "patch_vary_headers(response, [\"X-Tenant\"])", "pass"),
        ("streams are of the default tenant", "blog/middleware.py", "if response.streaming:", "if False:"),
        (
            "asynchronous streams are of the default tenant",
            "blog/middleware.py",
            "self.stream_async if response.is_async else self.stream",
            "(lambda chunks, tenant: chunks) if response.is_async else self.stream",
        ),
        ("clients choose the tenant", "blog/tenancy.py", "if self.tenant_id is None:", "if False:"),
        ("rows made at once have no tenant", "blog/tenancy.py", "row.enter_tenant()", "pass"),
        ("rows point to other tenants", "blog/tenancy.py", "row.tenant_id != self.tenant_id", "False"),
        ("tags of other tenants are joined", "blog/tenancy.py", "action != \"pre_add\"", "True"),
        (
            "a slug that is taken ends in a server error",
            "blog/serializers.py",
            "UniqueValidator(queryset=Post.objects.all())",
            "",
        ),
        ("a view has all rows", "blog/views.py", "Post.objects", "Post.unscoped"),
        (
            "a serializer takes all rows",
            "blog/serializers.py",
            "queryset=Tag.objects.all()",
            "queryset=Tag.unscoped.all()",
        ),
        (
            "an action finds all rows",
            "blog/views.py",
            "post = self.get_object()",
            "post = Post.unscoped.get(pk=pk)",
        ),
        (
            "an action finds all rows by the base manager",
            "blog/views.py",
            "post = self.get_object()",
            "post = Post._meta.base_manager.get(pk=pk)",
        ),
        (
            "an action finds all rows by a module of its own",
            "blog/views.py",
            "post = self.get_object()",
            "post = __import__(\"importlib\").import_module(\"blog.queries\").any_post(pk)",
        ),
        (
            "an action shows all rows by SQL",
            "blog/views.py",
            "    @action(detail=True",
            "    @action(detail=False)\n    def titles(self, request):\n        return Response([post.title for post in Post.objects.raw(\"SELECT * FROM blog_post\")])\n\n    @action(detail=True",
        ),
        (
            "a view that is a function has all rows",
            "blog/urls.py",
            "urlpatterns = [",
            "from django.apps import apps\nfrom django.http import HttpResponse\n\n\ndef everything(request):\n    return HttpResponse(getattr(apps.get_model(\"blog\", \"Post\"), \"un\" \"scoped\").all())\n\n\nurlpatterns = [\n    path(\"everything/\", everything),",
        ),
        (
            "a module of later reads all rows",
            "blog/apps.py",
            "from django.apps import AppConfig\n",
            "from django.apps import AppConfig\n\n\ndef count():\n    from .models import Post\n\n    return Post.unscoped.count()\n",
        ),
        (
            "the admin has all rows",
            "blog/admin.py",
            "    list_filter = [\"is_published\"]\n",
            "    list_filter = [\"is_published\"]\n\n    def get_queryset(self, request):\n        return Post.unscoped.all()\n",
        ),
        (
            "a model of later is not fenced",
            "blog/models.py",
            "\n\nclass Post(",
            &format!("{later}\n\nclass Post("),
        ),
        (
            "a view of later is not fenced",
            "blog/urls.py",
            "urlpatterns = [",
            "from rest_framework import generics\nfrom .models import Post\nfrom .serializers import PostSerializer\n\n\nclass Everything(generics.ListAPIView):\n    queryset = Post.unscoped.all()\n    serializer_class = PostSerializer\n\n\nurlpatterns = [\n    path(\"everything/\", Everything.as_view()),",
        ),
        (
            "without a default everything is read",
            "blog/tenancy.py",
            "if settings.DEFAULT_TENANT is None:",
            "if False:",
        ),
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
fn what_hangs_on_a_tenants_rows_is_fenced_without_a_tenant() {
    let test = "what_hangs_on_a_tenants_rows_is_fenced_without_a_tenant";
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Make posts multi-tenant"]);
    let add = |path: &str, text: &str| project.write(path, [project.read(path).as_str(), text].concat());
    add(
        "blog/models.py",
        "\n\nclass Note(models.Model):\n    post = models.ForeignKey(Post, on_delete=models.CASCADE)\n    text = models.TextField()\n",
    );
    add(
        "blog/views.py",
        "\n\nclass NoteViewSet(viewsets.ModelViewSet):\n    queryset = Note.objects.all()\n    serializer_class = NoteSerializer\n",
    );
    project.write(
        "blog/views.py",
        project.read("blog/views.py").replacen(
            "from .models import Post\n",
            "from .models import Note, Post\nfrom rest_framework import serializers\n\n\nclass NoteSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Note\n        fields = [\"id\", \"post\", \"text\"]\n\n\n",
            1,
        ),
    );
    add(
        "blog/urls.py",
        "\nfrom .views import NoteViewSet  # noqa: E402\n\nrouter.register(\"notes\", NoteViewSet)\nurlpatterns = router.urls\n",
    );
    assert!(project.python(&["manage.py", "makemigrations", "blog"]).status.success());
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let settings = project.read("config/settings.py");
    let backend = "'blog.tenant_filters.TenantFilterBackend',";
    assert!(settings.contains(backend), "{settings}");
    project.write("config/settings.py", settings.replace(backend, ""));
    let error = works(&project).unwrap_err();
    assert!(error.contains("NoteViewSet reads the rows of all tenants"), "{error}");
}

#[test]
fn a_tenant_can_be_a_subdomain_and_projects_without_an_api_get_models_only() {
    let test = "a_tenant_can_be_a_subdomain_and_projects_without_an_api_get_models_only";
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Add multi-tenancy with subdomains", "--set", "domain=example.com"]);
    passes(&project);
    assert!(
        project.read("config/settings.py").contains("\".example.com\"")
            || project.read("config/settings.py").contains("'.example.com'")
    );
}

/// Django would write over the row that has the key, whose ever it is.
#[test]
fn a_key_that_people_give_is_one_for_all_tenants() {
    let Some(project) = Project::django_blog("a_key_that_people_give_is_one_for_all_tenants") else { return };
    let book = "\n\nclass Book(models.Model):\n    isbn = models.CharField(max_length=13, primary_key=True)\n    title = models.CharField(max_length=100)\n\n    def __str__(self):\n        return self.title\n";
    project.write("blog/models.py", [project.read("blog/models.py").as_str(), book].concat());
    assert!(project.python(&["manage.py", "makemigrations", "blog"]).status.success());
    project.commit("Books");
    let plan = project.aksara(AKSARA, &["ai", "plan", "Make books multi-tenant", "--dry-run"]).expect(0);
    assert!(plan.stderr.contains("blog.Book.isbn stays the primary key"), "{}", plan.stderr);
    carried_out(&project, &["Make books multi-tenant"]);
    passes(&project);
    let good = project.read("blog/tenancy.py");
    let kept = "self._state.adding and self.pk is not None";
    assert!(good.contains(kept), "{good}");
    project.write("blog/tenancy.py", good.replacen(kept, "False", 1));
    let error = works(&project).unwrap_err();
    assert!(error.contains("test_rows_of_others_are_not_written_over"), "{error}");
}

/// The request's own word for tenants is a model of the project by then.
#[test]
fn tenants_by_another_name_are_asked_for_once() {
    let Some(project) = Project::django_blog("tenants_by_another_name_are_asked_for_once") else { return };
    let request = "Add multi-tenant support with organizations";
    let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
    assert!(plan["steps"].to_string().contains("Give each post an organization, and keep"), "{plan}");
    carried_out(&project, &[request]);
    let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
}

/// A base that is named like that of tenants has no module of tenancy.
#[test]
fn a_base_that_points_to_a_company_is_none_of_tenants() {
    let test = "a_base_that_points_to_a_company_is_none_of_tenants";
    let Some(project) = Project::django_blog(test) else { return };
    let models = project.read("blog/models.py");
    let company = "class Company(models.Model):\n    name = models.CharField(max_length=80)\n";
    let base = "class CompanyModel(models.Model):\n    company = models.ForeignKey(Company, on_delete=models.CASCADE)\n\n    class Meta:\n        abstract = True\n";
    project.write("blog/models.py", format!("{models}\n\n{company}\n\n{base}"));
    let _ = project.commit("Companies");
    for request in ["Add comments to posts", "Create a Note model with name"] {
        let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
        let steps = plan["steps"].to_string();
        assert!(!steps.contains("tenancy"), "{steps}");
    }
}

#[test]
fn what_cannot_have_a_tenant_is_refused() {
    let Some(project) = Project::django_blog("what_cannot_have_a_tenant_is_refused") else { return };
    let models = project.read("blog/models.py");
    project.write(
        "blog/models.py",
        models.replace("    title = ", "    objects = (models.Manager if True else None)()\n    title = "),
    );
    project.commit("a manager");
    let run = project.aksara(AKSARA, &["ai", "plan", TENANCY, "--dry-run"]);
    assert_ne!(run.code, 0);
    assert!(
        run.stderr.contains("what `blog.Post.objects` is made from was not understood"),
        "{}",
        run.stderr
    );
}
