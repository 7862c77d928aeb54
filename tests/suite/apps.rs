//! New apps and modules: what a template writes into them works in Django, and the steps after them see it.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::works;

const SCRIPT: &str = r#"
const META = #{
    name: "newsletter", title: "Add a newsletter", summary: "Who gets mail.", version: "1.0.0",
    stacks: ["django"], keywords: ["newsletter"],
};

fn plan(p) {
    [
        step::modify_file(#{ file: "requirements", operations: [#{ op: "requirement_add", requirement: "pyotp>=2.9" }] }),
        step::create_app(#{ name: "newsletter", doc: "Who gets mail.", urls: "api/newsletter/" }),
        step::create_model(#{
            model: "newsletter.Subscriber",
            fields: [field::email("email", #{ unique: true }), field::foreign_key("user", "user", #{ "null": true, on_delete: "set_null" })],
        }),
        step::create_migration(#{ app: "newsletter", name: "initial" }),
        step::create_serializer(#{ model: "newsletter.Subscriber" }),
        step::create_viewset(#{ model: "newsletter.Subscriber", route: "subscribers" }),
        step::create_module(#{ app: "newsletter", name: "services", model: "newsletter.Subscriber", doc: "What is done with subscribers.", body: body("services") }),
        step::create_module(#{ app: "newsletter", name: "views", body: body("views") }),
        step::create_module(#{ app: "newsletter", name: "urls", body: body("urls") }),
        step::create_module(#{ app: "newsletter", name: "signals", model: "newsletter.Subscriber", body: body("signals") }),
        step::modify_file(#{ file: "app_config", app: "newsletter", operations: [#{ op: "ready_add", source: "from . import signals  # noqa: F401" }] }),
        step::modify_file(#{ file: "settings", operations: [
            #{ op: "setting_add", name: "NEWSLETTER_LIMIT", value: "3" },
            #{ op: "dict_add", name: "REST_FRAMEWORK", keys: ["DEFAULT_THROTTLE_RATES", "newsletter"], value: "\"5/hour\"" },
            #{ op: "list_add", name: "MIDDLEWARE", item: "\"django.middleware.gzip.GZipMiddleware\"", after: "\"django.middleware.security.SecurityMiddleware\"" },
            #{ op: "installed_app_add", app: "rest_framework.authtoken" },
        ] }),
        step::create_test(#{ app: "newsletter", name: "subscribe", body: body("test") }),
    ]
}
"#;

const BODIES: [(&str, &str); 5] = [
    (
        "services",
        "{{ imports(model) }}\n\n\ndef subscribe(email, user=None):\n    subscriber, _ = {{ model.name }}.objects.get_or_create(email=email.lower(), defaults={\"user\": user})\n    return subscriber\n",
    ),
    (
        "views",
        "from rest_framework import serializers\nfrom rest_framework.response import Response\nfrom rest_framework.views import APIView\n\nfrom .services import subscribe\n\n\nclass SubscribeSerializer(serializers.Serializer):\n    email = serializers.EmailField()\n\n\nclass SubscribeView(APIView):\n    permission_classes = []\n\n    def post(self, request):\n        serializer = SubscribeSerializer(data=request.data)\n        serializer.is_valid(raise_exception=True)\n        subscriber = subscribe(serializer.validated_data[\"email\"])\n        return Response({\"email\": subscriber.email}, status=201)\n",
    ),
    (
        "urls",
        "from django.urls import path\n\nfrom .views import SubscribeView\n\nurlpatterns = [\n    path(\"subscribe/\", SubscribeView.as_view(), name=\"newsletter-subscribe\"),\n]\n",
    ),
    (
        "signals",
        "from django.db.models.signals import pre_save\nfrom django.dispatch import receiver\n\nfrom .models import {{ model.name }}\n\n\n@receiver(pre_save, sender={{ model.name }})\ndef lower_email(sender, instance, **kwargs):\n    instance.email = instance.email.lower()\n",
    ),
    (
        "test",
        "from django.conf import settings\nfrom django.test import TestCase\nfrom django.urls import reverse\n\nfrom {{ module(\"models\") }} import Subscriber\n\n\nclass SubscribeTests(TestCase):\n    def test_everybody_may_subscribe_once(self):\n        for email in [\"A@example.com\", \"a@example.com\"]:\n            response = self.client.post(reverse(\"newsletter-subscribe\"), {\"email\": email})\n            self.assertEqual(response.status_code, 201)\n        self.assertEqual(Subscriber.objects.get().email, \"a@example.com\")\n\n    def test_signals_are_connected(self):\n        self.assertEqual(Subscriber.objects.create(email=\"B@example.com\").email, \"b@example.com\")\n\n    def test_the_api_is_routed(self):\n        self.assertEqual(self.client.get(reverse(\"subscriber-list\")).status_code, 200)\n\n    def test_the_settings_are_made(self):\n        self.assertEqual(settings.NEWSLETTER_LIMIT, 3)\n        self.assertEqual(settings.REST_FRAMEWORK[\"DEFAULT_THROTTLE_RATES\"][\"newsletter\"], \"5/hour\")\n        self.assertIn(\"rest_framework.authtoken\", settings.INSTALLED_APPS)\n",
    ),
];

/// The template in the project, trusted.
fn with_template(project: &Project) {
    project.write(".aksara/templates/newsletter.rhai", SCRIPT);
    for (name, body) in BODIES {
        project.write(&format!(".aksara/templates/newsletter/{name}.django.j2"), body);
    }
    project.commit("A template");
    let _ = project.aksara(AKSARA, &["trust", "--yes"]).expect(0);
    let _ = project.aksara(AKSARA, &["template", "lint", "newsletter"]).expect(0);
}

fn carried_out(project: &Project) {
    let run =
        project.aksara(AKSARA, &["ai", "plan", "--template", "newsletter", "--execute", "--yes"]).expect(0);
    assert!(run.stderr.contains("to take it back"), "{}", run.stderr);
}

#[test]
fn an_app_with_modules_works_in_django() {
    let Some(project) = Project::django_blog("an_app_with_modules_works_in_django") else { return };
    with_template(&project);
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(project.read("requirements.txt").contains("pyotp>=2.9\n"));
    let urls = project.read("newsletter/urls.py");
    assert!(urls.contains("path(\"subscribe/\", SubscribeView.as_view()"), "{urls}");
    let landed = project.head();
    let again =
        project.aksara(AKSARA, &["ai", "plan", "--template", "newsletter", "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    assert_eq!(project.head(), landed);
    // A user's own code in the module is kept; the same name with another meaning is not overwritten.
    let services = project.read("newsletter/services.py").replace("email.lower()", "email");
    project.write("newsletter/services.py", &services);
    project.commit("Other services");
    let refused =
        project.aksara(AKSARA, &["ai", "plan", "--template", "newsletter", "--execute", "--yes"]).expect(3);
    assert!(refused.stderr.contains("`subscribe` already means the function"), "{}", refused.stderr);
    assert_eq!(project.read("newsletter/services.py"), services);
    let _ = project.git(&["revert", "--no-edit", "HEAD"]);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}
