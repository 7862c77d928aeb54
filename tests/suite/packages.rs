//! A package of apps with an example project beside it, and what an old project carries along: migrations that cannot be
//! followed, a module that cannot be imported.

use aksara_testkit::Project;

use crate::{AKSARA, TAGGING};

const MAGIC: &str = "from django.db.migrations.operations.base import Operation


class Forget(Operation):
    def state_forwards(self, app_label, state):
        state.clear_delayed_apps_cache()

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        pass

    def describe(self):
        return 'Forgets what was computed'
";

#[test]
fn a_package_beside_its_example_project_is_worked_on() {
    let Some(project) = Project::django_blog("a_package_beside_its_example_project_is_worked_on") else {
        return;
    };
    for path in ["manage.py", "config"] {
        std::fs::create_dir_all(project.path().join("example")).expect("a folder");
        project.git(&["mv", path, "example/"]);
    }
    project.write("blog/operations.py", MAGIC);
    project.write(
        "blog/migrations/0002_forget.py",
        "from django.db import migrations

from blog.operations import Forget


class Migration(migrations.Migration):
    dependencies = [('blog', '0001_initial')]
    operations = [Forget()] + [migrations.RunSQL(sql) for sql in ()]
",
    );
    project.write("blog/management/commands/broken.py", "from blog.models import Gone\n");
    project.write("blog/management/__init__.py", "");
    project.write("blog/management/commands/__init__.py", "");
    project.commit("A package");
    let run = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes", "--run-tests"]).expect(0);
    for part in [
        "`blog.operations.Forget`",
        "blog/migrations/0003_",
        "note: imports fails as before this plan: blog/management/commands/broken.py:1: ImportError",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(project.read("blog/models.py").contains("class Tag("));

    // Django runs the tests of the package, and compares its models and migrations, from the project's folder.
    let path = project.path();
    for args in [&["makemigrations", "--check", "--dry-run"][..], &["test", "--no-input", "blog"]] {
        let args = [&["-c", "import os, runpy, sys; os.chdir('example'); sys.path[:0] = [os.getcwd(), os.path.dirname(os.getcwd())]; sys.argv[0] = 'manage.py'; runpy.run_path('manage.py', run_name='__main__')"], args].concat();
        let output = project.python(&args);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?} in {}: {text}", path.display());
    }
}
