//! What is known of an API: its routers, which serializers its views use, and who sees and does what.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{Audience, RowsCase, ViewsetFacts};
use aksara_sdk::testing::TestProject;

const VIEWS: &str = "from rest_framework import viewsets\n\nfrom .models import Post\nfrom .serializers import PostSerializer, PostListSerializer, PostWriteSerializer\n";

fn blog() -> TestProject<'static> {
    let serializer = |name: &str| {
        format!(
            "\n\nclass {name}(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = ['id']\n"
        )
    };
    let serializers =
        ["PostSerializer", "PostListSerializer", "PostWriteSerializer"].map(serializer).concat();
    TestProject::new(Some(&Django))
        .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
        .file("config/__init__.py", "")
        .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'blog']\nROOT_URLCONF = 'config.urls'\n")
        .file("config/urls.py", "from django.urls import include, path\n\nurlpatterns = [path('api/', include('config.api_router'))]\n")
        .file("blog/__init__.py", "")
        .file("blog/models.py", "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=9)\n")
        .file("blog/serializers.py", format!("from rest_framework import serializers\n\nfrom .models import Post\n{serializers}"))
}

fn viewset(body: &str) -> ViewsetFacts {
    let views = format!("{VIEWS}\n\nclass PostViewSet(viewsets.ModelViewSet):\n{body}");
    let facts: ProjectFacts = blog().file("blog/views.py", views).facts().unwrap();
    facts.app("blog").unwrap().viewsets[0].clone()
}

#[test]
fn a_router_of_one_class_or_another_is_a_router() {
    let views =
        format!("{VIEWS}\n\nclass PostViewSet(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n");
    let router = "from django.conf import settings\nfrom rest_framework.routers import DefaultRouter, SimpleRouter\nfrom blog.views import PostViewSet\n\nrouter = DefaultRouter() if settings.DEBUG else SimpleRouter()\nrouter.register('posts', PostViewSet)\n\napp_name = 'api'\nurlpatterns = router.urls\n";
    let project = blog().file("blog/views.py", views).file("config/api_router.py", router);
    let facts = project.facts().unwrap();
    let [router] = facts.routers.as_slice() else { panic!("{:?}", facts.routers) };
    assert_eq!((router.name.as_str(), router.mounted_at.as_deref()), ("router", Some("/api/")));
    assert_eq!(router.namespace.as_deref(), Some("api"));
    assert_eq!(router.class, "rest_framework.routers.DefaultRouter");
    assert_eq!(router.routes[0].viewset, "PostViewSet");
    assert_eq!(router.routes[0].file.as_ref().unwrap().as_str(), "blog/views.py");
    let other = "from rest_framework.routers import DefaultRouter\nrouter = DefaultRouter() if x else None\n";
    assert!(blog().file("config/api_router.py", other).facts().unwrap().routers.is_empty());
}

#[test]
fn the_serializers_of_a_viewset_are_all_that_it_may_give() {
    let by_if = "    queryset = Post.objects.all()\n\n    def get_serializer_class(self):\n        if self.action == 'list':\n            return PostListSerializer\n        return PostWriteSerializer if self.action == 'create' else PostSerializer\n";
    let by_dict = "    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n    by_action = {'list': PostListSerializer, 'create': PostWriteSerializer}\n\n    def get_serializer_class(self):\n        return self.by_action.get(self.action, self.serializer_class)\n";
    for (body, names) in [
        (by_if, &["PostListSerializer", "PostWriteSerializer", "PostSerializer"][..]),
        (by_dict, &["PostSerializer", "PostListSerializer", "PostWriteSerializer"]),
        ("    serializer_class = PostSerializer\n", &["PostSerializer"]),
        ("    queryset = Post.objects.all()\n", &[]),
    ] {
        assert_eq!(viewset(body).serializers, names, "{body}");
    }
}

#[test]
fn a_viewset_that_has_other_rows_for_each_user_says_so() {
    let told = |line: &str| {
        let body = format!(
            "    queryset = Post.objects.filter(draft=False)\n\n    def get_queryset(self):\n        \"\"\"Own ones.\"\"\"\n        {line}\n"
        );
        let told = |case: RowsCase| {
            let calls: Vec<String> = case.rows.calls.iter().map(ToString::to_string).collect();
            format!("{:?} {}.{}", case.condition, case.rows.of, calls.join("."))
        };
        let narrowing = viewset(&body).narrowing?;
        assert_eq!(narrowing.place.line, 10);
        Some(narrowing.cases.into_iter().map(told).collect::<Vec<_>>())
    };
    let own = "return Post.objects.filter(author=self.request.user)";
    assert_eq!(told(own).unwrap(), ["None Post.objects.filter(author=self.request.user)"]);
    let staff = "if self.request.user.is_staff:\n            return super().get_queryset()\n        return self.queryset.none()";
    assert_eq!(
        told(staff).unwrap(),
        [
            "Some(\"self.request.user.is_staff\") Post.objects.filter(draft=False)",
            "None Post.objects.filter(draft=False).none()"
        ]
    );
    let topmost = "rows = Post.objects.filter(author=self.request.user)\n        return rows.filter(above=None) if self.action == 'list' else rows";
    assert_eq!(told(topmost).unwrap(), ["None Post.objects.filter(author=self.request.user)"]);
    // A search leaves out more of the same rows.
    let search = "tags = self.request.query_params.get('tags')\n        rows = self.queryset\n        if tags:\n            rows = rows.filter(tags__in=self.numbers(tags))\n        return rows.filter(author=self.request.user).order_by('-id').distinct()";
    assert_eq!(
        told(search).unwrap(),
        ["None Post.objects.filter(draft=False).filter(author=self.request.user).order_by('-id').distinct()"]
    );
    let of_staff = "rows = self.queryset\n        if not self.request.user.is_staff:\n            rows = rows.filter(author=self.request.user)\n        if 'q' in self.request.GET:\n            rows = rows.filter(title=self.request.GET['q'])\n        return rows";
    assert_eq!(
        told(of_staff).unwrap(),
        [
            "Some(\"not self.request.user.is_staff\") Post.objects.filter(draft=False).filter(author=self.request.user)",
            "None Post.objects.filter(draft=False)"
        ]
    );
    for not_told in [
        "if 'all' in self.request.GET:\n            return self.queryset\n        return self.queryset.filter(author=self.request.user)",
        "if self.is_admin():\n            return self.queryset\n        return self.queryset.filter(author=self.request.user)",
        "if self.kwargs.get('x'):\n            return self.queryset.filter(author=self.request.user).union(Post.objects.all())\n        return self.queryset.filter(author=self.request.user)",
        "return Post.objects.filter(author=self.request.user) if self.action == 'list' else Post.objects.all()",
        "return Post.objects.filter(author=self.request.user, pk=self.kwargs['pk'])",
        "return Post.objects.filter(author=self.request.user, title=self.request.query_params['t'])",
        "return Post.objects.filter(author=self.request.user, state=UNKNOWN)",
        "return super().get_rows(self.request.user)",
        "rows = super().get_queryset()\n        if self.action == 'list':\n            rows = rows.filter(author=self.request.user)\n        return rows",
        "rows = super().get_queryset()\n        if self.request.user.is_staff and getattr(self, 'swagger_fake_view', False):\n            return rows\n        return rows.filter(author=self.request.user)",
    ] {
        assert_eq!(told(not_told).unwrap(), [""; 0], "{not_told}");
    }
    assert_eq!(told("return Post.objects.filter(x=self.request.query_params['x'])"), None);
    assert_eq!(viewset("    queryset = Post.objects.all()\n").narrowing, None);

    // What stands outside the project and REST framework may have rows of its own.
    let of = |base: &str, class: &str, body: &str| {
        let views = format!(
            "from rest_framework import mixins, viewsets\nfrom tenants import TenantMixin\n\nfrom .models import Post\n\n\nclass OwnRows(viewsets.ModelViewSet):\n    def get_queryset(self):\n        return {base}.filter(author=self.request.user)\n\n\nclass PostViewSet({class}):\n    queryset = Post.objects.all()\n{body}"
        );
        let facts = blog().file("blog/views.py", views).facts().unwrap();
        let views = &facts.app("blog").unwrap().viewsets;
        views.iter().find(|view| view.name == "PostViewSet").unwrap().narrowing.clone().unwrap().cases.len()
    };
    let own = |rows: &str| {
        format!("\n    def get_queryset(self):\n        return {rows}.filter(author=self.request.user)\n")
    };
    let foreign = "TenantMixin, viewsets.ModelViewSet";
    assert_eq!(of("Post.objects", foreign, &own("super().get_queryset()")), 0);
    assert_eq!(of("Post.objects", foreign, &own("self.queryset")), 1);
    assert_eq!(of("Post.objects", foreign, &own("Post.objects")), 1);
    assert_eq!(of("Post.objects", "TenantMixin, OwnRows", ""), 0);
    assert_eq!(of("Post.objects", "mixins.ListModelMixin, OwnRows", ""), 1);

    let base = "from rest_framework import viewsets\n\n\nclass OwnRows(viewsets.ModelViewSet):\n    def get_queryset(self):\n        return super().get_queryset().filter(owner=self.request.user)\n";
    let views = "from .base import OwnRows\nfrom .models import Post\n\n\nclass PostViewSet(OwnRows):\n    queryset = Post.objects.all()\n";
    let facts = blog().file("blog/base.py", base).file("blog/views.py", views).facts().unwrap();
    let views = &facts.app("blog").unwrap().viewsets;
    let narrowing = views.iter().find(|v| v.name == "PostViewSet").unwrap().narrowing.as_ref().unwrap();
    assert_eq!((narrowing.place.file.as_str(), narrowing.place.line), ("blog/base.py", 5));
    assert_eq!(narrowing.cases[0].rows.of, "Post.objects");
    assert_eq!(narrowing.names, [("Post".to_owned(), "blog.models.Post".to_owned())]);
}

#[test]
fn a_viewset_that_leaves_rows_out_for_all_says_so() {
    let models = "from django.db import models


class PostQuerySet(models.QuerySet):
    def live(self):
        return self.filter(draft=False)

    def fresh(self):
        return self.live().exclude(title='')

    def counted(self):
        return self.annotate(n=models.Count('pk')).order_by('n')


class OpenManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(closed=False)


class Post(models.Model):
    title = models.CharField(max_length=9)
    draft = models.BooleanField()
    closed = models.BooleanField()
    objects = PostQuerySet.as_manager()
    open = OpenManager()
";
    let told = |body: &str| {
        let views = format!(
            "from rest_framework import viewsets\nfrom rest_framework.permissions import IsAdminUser\n\nfrom .models import Post\nfrom .serializers import PostSerializer\n\n\nclass PostViewSet(viewsets.ModelViewSet):\n    serializer_class = PostSerializer\n    {}\n",
            body.replace('\n', "\n    ").replace("    class ", "class ")
        );
        let facts = blog().file("blog/models.py", models).file("blog/views.py", views).facts().unwrap();
        let narrowing = facts.narrowing_of("blog.Post")?.clone();
        assert!(narrowing.same_for_all && !narrowing.needs_login() || narrowing.cases.is_empty());
        let calls = |case: RowsCase| {
            let calls: Vec<String> = case.rows.calls.iter().map(ToString::to_string).collect();
            format!("{}.{}", case.rows.of, calls.join("."))
        };
        Some(narrowing.cases.into_iter().map(|case| calls(case.spelled_out())).collect::<Vec<_>>().join(" "))
    };
    for (body, rows) in [
        ("queryset = Post.objects.filter(draft=False)", Some("Post.objects.filter(draft=False)")),
        ("queryset = Post.objects.live()", Some("Post.objects.filter(draft=False)")),
        (
            "queryset = Post.objects.select_related('x').fresh()",
            Some("Post.objects.select_related('x').filter(draft=False).exclude(title='')"),
        ),
        ("queryset = Post.open.all()", Some("Post.open.filter(closed=False).all()")),
        ("queryset = Post.objects.unknown(1)", Some("Post.objects.unknown(1)")),
        ("queryset = Post.objects.distinct('title')", Some("Post.objects.distinct('title')")),
        (
            "queryset = Post.objects.live()\n\ndef get_queryset(self):\n    return super().get_queryset().order_by('pk')",
            Some("Post.objects.filter(draft=False).order_by('pk')"),
        ),
        // Which ones these are cannot be told.
        ("queryset = Post.objects.order_by('pk')[:9]", Some("")),
        ("queryset = Post.objects.filter(draft=False) | Post.objects.filter(closed=True)", Some("")),
        // All of them.
        ("queryset = Post.objects.counted()", None),
        ("queryset = Post.objects.with_numbers(3)", None),
        (
            "queryset = Post.objects.select_related('x').prefetch_related('y').annotate(n=Count('z')).distinct()",
            None,
        ),
        (
            "queryset = Post.objects.order_by('pk').only('pk').defer('x').using('other').alias(a=Count('z')).all()",
            None,
        ),
        // Not one of them: nothing is shown.
        ("queryset = Post.objects.none()", None),
        (
            "queryset = Post.objects.live()\n\ndef get_queryset(self):\n    return Post.objects.filter(pk=self.kwargs['x'])",
            None,
        ),
        // The other ones are shown as well, but for staff they would be anyway.
        (
            "queryset = Post.objects.live()\n\nclass AllPosts(viewsets.ModelViewSet):\n    queryset = Post.objects.all()",
            None,
        ),
        (
            "queryset = Post.objects.live()\n\nclass AllPosts(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n    permission_classes = [IsAdminUser]",
            Some("Post.objects.filter(draft=False)"),
        ),
    ] {
        assert_eq!(told(body).as_deref(), rows, "{body}");
    }
}

#[test]
fn permission_classes_are_known_wherever_they_are() {
    let text = "from rest_framework import permissions\nfrom rest_framework.permissions import SAFE_METHODS, BasePermission\n\n\nclass IsStaffOrReadOnly(BasePermission):\n    def has_permission(self, request, view):\n        return request.method in SAFE_METHODS or request.user.is_staff\n\n\nclass IsOwner(BasePermission):\n    def has_object_permission(self, request, view, obj):\n        return obj.owner == request.user\n\n\nclass MayEditPosts(permissions.IsAuthenticated):\n    def has_permission(self, request, view):\n        return request.user.has_perm('blog.change_post')\n\n\nclass IsMember(permissions.IsAuthenticated):\n    def has_permission(self, request, view):\n        return super().has_permission(request, view) and request.user.is_member\n\n\nclass Other:\n    pass\n";
    let facts = blog().file("core/permissions.py", text).facts().unwrap();
    let told: Vec<_> = facts
        .permissions
        .iter()
        .map(|p| (p.name.as_str(), p.any_model, p.guards, p.object_rule.is_some()))
        .collect();
    assert_eq!(
        told,
        [
            ("IsStaffOrReadOnly", true, true, false),
            ("IsOwner", false, false, true),
            ("MayEditPosts", false, true, false),
            ("IsMember", true, true, false),
        ]
    );
    let audiences: Vec<_> = facts.permissions.iter().map(|p| (p.readers, p.writers)).collect();
    let (anyone, staff) = (Some(Audience::Anyone), Some(Audience::Staff));
    let members = Some(Audience::Members);
    assert_eq!(audiences, [(anyone, staff), (anyone, anyone), (members, members), (None, None)]);
    assert_eq!(facts.permissions[0].module, "core.permissions");
}

#[test]
fn who_a_permission_class_lets_read_and_write_is_told_by_its_method() {
    let (anyone, users, staff) = (Some(Audience::Anyone), Some(Audience::Users), Some(Audience::Staff));
    let (members, nobody) = (Some(Audience::Members), Some(Audience::Nobody));
    for (base, body, told) in [
        (
            "IsAdminUser",
            "is_admin = super().has_permission(request, view)\nreturn request.method in SAFE_METHODS or is_admin",
            (anyone, staff),
        ),
        (
            "BasePermission",
            "return request.method in SAFE_METHODS or bool(request.user and request.user.is_staff)",
            (anyone, staff),
        ),
        (
            "BasePermission",
            "if request.method in SAFE_METHODS:\n    return request.user.is_authenticated\nreturn request.user.is_superuser",
            (users, staff),
        ),
        ("BasePermission", "return bool(request.user and request.user.is_authenticated)", (users, users)),
        ("BasePermission", "return request.user.groups.filter(name='editors').exists()", (members, members)),
        (
            "BasePermission",
            "return request.method in SAFE_METHODS or request.user.groups.filter(name='a').exists()",
            (anyone, members),
        ),
        (
            "BasePermission",
            "return request.user.is_staff or request.user.has_perm('a.b')",
            (members, members),
        ),
        ("BasePermission", "return request.method in SAFE_METHODS", (anyone, nobody)),
        ("BasePermission", "return request.user.is_active", (users, users)),
        // Of several bases the first is asked.
        (
            "IsAuthenticatedOrReadOnly, IsAdminUser",
            "return super().has_permission(request, view)",
            (anyone, users),
        ),
        ("BasePermission", "return request.user.plan == 'pro' or request.user.is_staff", (None, None)),
        ("BasePermission", "return not request.user.is_staff", (None, None)),
    ] {
        let body = body.replace('\n', "\n        ");
        let text = format!(
            "from rest_framework.permissions import SAFE_METHODS, {base}\n\n\nclass Own({base}):\n    def has_permission(self, request, view):\n        {body}\n"
        );
        let facts = blog().file("core/permissions.py", text).facts().unwrap();
        assert_eq!((facts.permissions[0].readers, facts.permissions[0].writers), told, "{body}");
    }
}

#[test]
fn djangos_permissions_by_a_map_of_its_own_are_not_djangos() {
    let audience = |body: &str| {
        let text = format!(
            "from rest_framework.permissions import DjangoModelPermissions\n\n\nclass Own(DjangoModelPermissions):\n    {body}\n\n\nclass Below(Own):\n    pass\n"
        );
        let facts = blog().file("core/permissions.py", text).facts().unwrap();
        facts.permissions.iter().map(|p| (p.readers, p.writers)).collect::<Vec<_>>()
    };
    let djangos = (Some(Audience::Users), Some(Audience::Staff));
    assert_eq!(audience("message = 'Ask an editor.'"), [djangos; 2]);
    assert_eq!(audience("perms_map = {'GET': ['%(app_label)s.view_%(model_name)s']}"), [(None, None); 2]);
    assert_eq!(audience("authenticated_users_only = False"), [(None, None); 2]);
}

#[test]
fn what_a_view_has_from_bases_of_the_project_is_told() {
    let views = format!(
        "{VIEWS}\n\nclass Base(viewsets.GenericViewSet):\n    permission_classes = [A]\n    throttle_scope = 'base'\n\n\nclass PostViewSet(Base):\n    queryset = Post.objects.all()\n    throttle_scope = 'posts'\n"
    );
    let facts: ProjectFacts = blog().file("blog/views.py", views).facts().unwrap();
    let view = facts.app("blog").unwrap().viewsets.iter().find(|v| v.name == "PostViewSet").unwrap();
    assert_eq!(
        view.inherited.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["permission_classes"]
    );
    assert_eq!(view.classes("permission_classes")[0].source, "A");
    assert_eq!(view.value("throttle_scope").unwrap().source, "'posts'");
}
