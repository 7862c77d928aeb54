//! Pages of the admin site and forms that are there when a model gets a field.

use super::*;

fn with(page: &str) -> TestProject<'static> {
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=9)\n    \
                  made_at = models.DateTimeField(auto_now_add=True)\n";
    let admin = format!(
        "from django.contrib import admin\n\nfrom .models import Post\n\n\n@admin.register(Post)\nclass PostAdmin(admin.ModelAdmin):\n{page}"
    );
    let forms = "from django import forms\n\nfrom .models import Post\n\n\nclass PostForm(forms.ModelForm):\n    class Meta:\n        \
                 model = Post\n        fields = ['title']\n\n\nclass AllForm(forms.ModelForm):\n    class Meta:\n        \
                 model = Post\n        fields = '__all__'\n";
    project(&[("blog/models.py", models), ("blog/admin.py", &admin), ("blog/forms.py", forms)])
}

/// The page afterwards, and what was said.
fn isbn(page: &str, field: Value) -> (String, String) {
    let mut project = with(page);
    let outcome = modify(&mut project, json!({ "model": "blog.Post", "add": [field] }));
    let text = project.text("blog/admin.py").unwrap_or_default().to_owned();
    let page = text.split_once("ModelAdmin):\n").map(|(_, page)| page.to_owned()).unwrap_or_default();
    (page, outcome.notes.iter().map(|note| format!("{}\n", note.text)).collect())
}

#[test]
fn a_page_that_names_its_fields_asks_for_the_new_one() {
    let optional = json!({ "name": "isbn", "type": "string", "blank": true });
    for (page, after) in [
        ("    pass\n", "    pass\n"),
        ("    fields = ('title',)\n", "    fields = ('title', 'isbn')\n"),
        ("    fields = ['isbn']\n", "    fields = ['isbn']\n"),
        (
            "    readonly_fields = ['made_at']\n    fields = ['title', 'made_at']\n",
            "    readonly_fields = ['made_at']\n    fields = ['title', 'isbn', 'made_at']\n",
        ),
        (
            "    fieldsets = [\n        ('Times', {'fields': ['made_at']}),\n        (None, {'fields': ['title']}),\n    ]\n",
            "    fieldsets = [\n        ('Times', {'fields': ['made_at']}),\n        (None, {'fields': ['title', 'isbn']}),\n    ]\n",
        ),
        (
            "    fieldsets = [('isbn', {'fields': ['title']})]\n",
            "    fieldsets = [('isbn', {'fields': ['title', 'isbn']})]\n",
        ),
        (
            "    fieldsets = [(None, {'fields': [('title', 'isbn')]})]\n",
            "    fieldsets = [(None, {'fields': [('title', 'isbn')]})]\n",
        ),
        (
            "    fieldsets = (\n        ('A', {'fields': ('made_at',)}),\n        ('B', {'fields': ('title', ('x', 'y'))}),\n    )\n",
            "    fieldsets = (\n        ('A', {'fields': ('made_at',)}),\n        ('B', {'fields': ('title', ('x', 'y'), 'isbn')}),\n    )\n",
        ),
    ] {
        let (found, said) = isbn(page, optional.clone());
        assert_eq!(found, after);
        assert_eq!(said, "");
    }
}

#[test]
fn a_page_whose_fields_are_computed_is_said() {
    let optional = json!({ "name": "isbn", "type": "string", "blank": true });
    for (page, what) in [
        ("    fields = list(F)\n", "`PostAdmin.fields` is computed"),
        ("    fieldsets = [(None, {'fields': F})]\n", "`PostAdmin.fieldsets` is computed"),
        (
            "    def get_fields(self, request, obj=None):\n        return F\n",
            "`PostAdmin.get_fields` is computed",
        ),
        (
            "    search_fields = ['isbn']\n\n    def get_fieldsets(self, request, obj=None):\n        return F\n",
            "`PostAdmin.get_fieldsets` is computed",
        ),
        ("    fields = ['title'] + COMMON\n", "`PostAdmin.fields` is computed"),
    ] {
        let (found, said) = isbn(page, optional.clone());
        assert_eq!(found, page);
        assert!(said.contains(what) && said.contains("`isbn`"), "{said}");
    }
    let internal = json!({ "name": "isbn", "type": "string", "internal": true });
    assert_eq!(
        isbn("    fields = ['title']\n", internal),
        ("    fields = ['title']\n".to_owned(), String::new())
    );
}

#[test]
fn a_list_that_begins_a_sum_is_computed() {
    let mut project = with("    list_display = ['title'] + COMMON\n");
    let outcome = modify(
        &mut project,
        json!({
            "model": "blog.Post",
            "add": [{ "name": "isbn", "type": "string", "blank": true }],
            "admin": { "list_display": ["isbn"] },
        }),
    );
    assert!(project.text("blog/admin.py").unwrap().ends_with("    list_display = ['title'] + COMMON\n"));
    let said = "`PostAdmin.list_display` is computed: `isbn` was not added";
    assert!(outcome.notes.iter().any(|note| note.text == said), "{:?}", outcome.notes);
}

#[test]
fn forms_without_a_required_field_are_said() {
    let (_, said) = isbn("    pass\n", json!({ "name": "isbn", "type": "string" }));
    assert!(said.contains("`PostForm` in `blog/forms.py` does not ask for `isbn`"), "{said}");
    assert!(!said.contains("AllForm"), "{said}");
}

#[test]
fn a_page_is_registered_by_a_call_where_the_others_are_without_a_class() {
    let models =
        "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.TextField()\n";
    let admin = "from django.contrib import admin\n\nfrom .models import Post\n\nadmin.site.register(Post)\n";
    let mut here = project(&[("blog/models.py", models), ("blog/admin.py", admin)]);
    create(&mut here, tag());
    let text = here.text("blog/admin.py").unwrap_or_default();
    assert!(text.ends_with("\n\n\nadmin.site.register(Tag, TagAdmin)\n"), "{text}");
    assert!(!text.contains('@'), "{text}");

    let shop = models.replace("Post", "Book");
    let mut elsewhere =
        project(&[("blog/models.py", models), ("blog/admin.py", admin), ("shop/models.py", &shop)]);
    create(
        &mut elsewhere,
        json!({ "model": "shop.Tag", "fields": [{ "name": "name", "type": "string" }], "admin": {} }),
    );
    let text = elsewhere.text("shop/admin.py").unwrap_or_default();
    assert!(text.ends_with("    pass\n\n\nadmin.site.register(Tag, TagAdmin)\n"), "{text}");
}

#[test]
fn a_page_that_serves_models_without_the_field_stays() {
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=9)\n\n\n\
                  class Photo(Post):\n    width = models.IntegerField()\n\n\nclass Note(models.Model):\n    title = models.CharField(max_length=9)\n";
    let admin = "from django.contrib import admin\n\nfrom .models import Note, Photo, Post\n\n\n@admin.register(Post)\n\
                 class PostAdmin(admin.ModelAdmin):\n    list_display = [\"title\"]\n\n\nadmin.site.register(Photo, PostAdmin)\n";
    let step = |model: &str, name: &str| {
        let field = json!({ "name": name, "type": "integer" });
        json!({ "model": model, "add": [field], "admin": { "list_display": [name] } })
    };
    let after = |admin: &str, model: &str, name: &str| {
        let mut project = project(&[("blog/models.py", models), ("blog/admin.py", admin)]);
        let outcome = modify(&mut project, step(model, name));
        let said: String = outcome.notes.iter().map(|note| note.text.as_str()).collect();
        (project.text("blog/admin.py").unwrap_or_default().to_owned(), said)
    };
    let (text, said) = after(admin, "blog.Photo", "height");
    assert_eq!(text, admin);
    assert!(said.contains("`PostAdmin` stays as it is: it serves `blog.Post` too"), "{said}");
    // A child has what its parent gets.
    let (text, said) = after(admin, "blog.Post", "pages");
    assert!(text.contains("list_display = [\"title\", \"pages\"]"), "{text}");
    assert_eq!(said, "");
    let sub = admin.replace(
        "admin.site.register(Photo, PostAdmin)\n",
        "@admin.register(Note)\nclass NoteAdmin(PostAdmin):\n    pass\n",
    );
    let (text, said) = after(&sub, "blog.Post", "pages");
    assert_eq!(text, sub);
    assert!(said.contains("it serves `blog.Note` too"), "{said}");
}
