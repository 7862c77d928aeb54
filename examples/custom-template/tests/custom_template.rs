//! Both forms of the template give the same plan, and its steps work in a real project.

use aksara_testkit::{Project, plugin_folder};

const EXAMPLE: &str = env!("CARGO_BIN_EXE_aksara-example-custom-template");

/// Asks the site, as a browser would, and counts what was noted.
const USE: &str = "
from django.test import Client
from blog.models import AuditLog, Post
client = Client(SERVER_NAME='localhost')
client.get('/api/posts/')
assert AuditLog.objects.count() == 0, 'reading is not noted'
client.post('/api/posts/', {'title': 'x'})
entry = AuditLog.objects.get()
assert (entry.method, entry.path, entry.user) == ('POST', '/api/posts/', None), entry
print('noted', entry.status)
";

#[test]
fn its_steps_are_carried_out_on_a_real_project() {
    let Some(project) = Project::django_blog("its_steps_are_carried_out_on_a_real_project") else { return };
    let output =
        project.command(EXAMPLE).args([".", "blog"]).arg(plugin_folder(EXAMPLE.as_ref())).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("2. Create audit middleware (create_middleware)"), "{text}");
    assert!(text.contains("3 of 3 steps done"), "{text}");
    assert!(project.read("config/settings.py").contains("blog.middleware.AuditLogMiddleware"));
    assert!(project.manage(&["test"]).contains("OK"));
    project.manage(&["migrate", "--verbosity", "0"]);
    assert!(project.manage(&["shell", "-c", USE]).contains("noted"));
}

#[test]
fn an_app_that_is_not_there_is_said() {
    let project = Project::of("django-blog");
    let output =
        project.command(EXAMPLE).args([".", "shop"]).arg(plugin_folder(EXAMPLE.as_ref())).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("there is no app `shop`"), "{text}");
}
