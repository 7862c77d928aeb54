//! Pages of the admin site that name their fields: a field of later can be filled in.

use aksara_testkit::Project;

use crate::crud::carried_out;

/// Adds a post by its form, and prints what came of it.
const FORM: &str = "
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment
from blog.models import Post
setup_test_environment()
connection.creation.create_test_db(verbosity=0)
user = get_user_model().objects.create_superuser('somebody', 's@example.com', 'x')
client = Client()
client.force_login(user)
data = {'title': 't', 'slug': 's', 'content': 'c', 'author': user.pk, 'isbn': '9', 'subtitle': 'sub'}
print(client.post('/admin/blog/post/add/', data).status_code, *Post.objects.values_list('isbn', 'subtitle'))
";

#[test]
fn a_page_with_fieldsets_asks_for_new_fields() {
    let Some(project) = Project::django_blog("a_page_with_fieldsets_asks_for_new_fields") else { return };
    let fieldsets = "    fieldsets = [\n        (\"Text\", {\"fields\": [\"content\"]}),\n        \
                     (None, {\"fields\": [(\"title\", \"slug\"), \"author\"]}),\n    ]\n    list_filter";
    let admin = project.read("blog/admin.py").replace("    list_filter", fieldsets);
    project.write("blog/admin.py", admin);
    project.commit("Fieldsets");
    carried_out(&project, &["Add a required isbn to posts"]);
    carried_out(&project, &["Add a subtitle field to posts"]);
    let admin = project.read("blog/admin.py");
    assert!(
        admin.contains("(None, {\"fields\": [(\"title\", \"slug\"), \"author\", \"isbn\", \"subtitle\"]})"),
        "{admin}"
    );
    let output = project.python(&["manage.py", "shell", "--no-imports", "-c", FORM]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("302 ('9', 'sub')"), "{text}{errors}");
}
