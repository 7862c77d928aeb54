//! New models: what is generated passes every gate, alone and beside other features, and its tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::gates::{gates, tagged};

/// Every kind of field that the requests of these tests do not name.
const FIELDS: &str = "name unique,slug,price:decimal(10,2) min=0,description,is_active,\
                      status:choice(draft,in_review,live) default=draft,author,editor?:fk(user),post?,\
                      related?:m2m(Post),parent?:fk(self),starts_at,due_date,opening_time,duration,contact_email,url?,\
                      rating,stock_count,weight:float,metadata,uuid,ratio:decimal(3,3),level:integer min=-3 max=3";

/// Carries out a plan by its arguments, which must succeed and land.
pub(crate) fn carried_out(project: &Project, args: &[&str]) {
    let args = [&["ai", "plan"], args, &["--execute", "--yes"]].concat();
    let run = project.aksara(AKSARA, &args).expect(0);
    assert!(run.stderr.contains("to take it back"), "{args:?}: {}", run.stderr);
}

fn made(project: &Project, model: &str, fields: &str, more: &[&str]) {
    let (model, fields) = (format!("model_name={model}"), format!("fields={fields}"));
    carried_out(
        project,
        &[&["--template", "crud_feature", "--set", &model, "--set", &fields], more].concat(),
    );
}

pub(crate) fn passes(project: &Project) {
    gates(project).unwrap_or_else(|(gate, text)| panic!("the gate `{gate}` does not pass:\n{text}"));
}

/// The project's checks and tests: what a new model may break, without a server.
pub(crate) fn works(project: &Project) -> Result<(), String> {
    for args in [
        &["manage.py", "check", "--fail-level", "WARNING"][..],
        &["manage.py", "makemigrations", "--check", "--dry-run"],
        &["manage.py", "test", "--no-input"],
    ] {
        let output = project.python(args);
        if !output.status.success() {
            let text = [output.stdout, output.stderr].concat();
            return Err(format!("{args:?}: {}", String::from_utf8_lossy(&text)));
        }
    }
    Ok(())
}

#[test]
fn a_model_with_every_kind_of_field_passes_every_gate() {
    let Some(project) = Project::django_blog("a_model_with_every_kind_of_field_passes_every_gate") else {
        return;
    };
    made(&project, "Product", FIELDS, &[]);
    passes(&project);
    for part in
        ["filterset_fields = {", "\"price\": [\"exact\", \"gte\", \"lte\"]", "search_fields = [\"name\""]
    {
        assert!(project.read("blog/views.py").contains(part), "{part}");
    }
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn before_and_after_tagging_every_gate_is_passed() {
    let Some(project) = tagged("before_and_after_tagging_every_gate_is_passed") else { return };
    carried_out(&project, &["Add products with name, price, tags, post and author"]);
    passes(&project);

    let Some(project) = Project::django_blog("before_and_after_tagging_every_gate_is_passed") else { return };
    carried_out(&project, &["Create a Product model with name, price and description"]);
    carried_out(&project, &["Add tagging to posts"]);
    passes(&project);
    let before = project.head();
    let again =
        ["ai", "plan", "Create a Product model with name, price and description", "--execute", "--yes"];
    let run = project.aksara(AKSARA, &again).expect(0);
    assert!(run.stderr.contains("everything was there already, nothing to land"), "{}", run.stderr);
    assert_eq!(project.head(), before);
}

#[test]
fn models_of_every_shape_work_side_by_side() {
    let Some(project) = Project::django_blog("models_of_every_shape_work_side_by_side") else { return };
    for (model, fields, more) in [
        ("Rating", "post,author,rating", &[][..]),
        ("Flag", "is_set:boolean", &[]),
        ("Class", "title,lines:integer", &[]),
        ("Status", "code:string(3) unique,amount:decimal(2,2)", &[]),
        ("OrderItem", "number:integer unique,order:fk(Class)", &[]),
        ("Profile", "user:o2o(user),bio", &["--set", "permissions=IsAuthenticated"]),
        ("Notice", "title,author", &["--set", "permissions=IsAuthenticatedOrReadOnly"]),
        ("Secret", "title,kind:choice(a,b)", &["--set", "permissions=IsAdminUser"]),
        ("Page", "title,price", &["--set", "permissions=DjangoModelPermissionsOrAnonReadOnly"]),
        ("Log", "message,level:int", &["--set", "read_only=true"]),
        ("Plain", "name,price,post", &["--set", "include_api=false"]),
        ("Bare", "when:date", &["--set", "include_filters=false", "--set", "include_timestamps=false"]),
    ] {
        made(&project, model, fields, more);
    }
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let tests = project.read("blog/tests/test_pages.py");
    for name in ["clients_who_are_not_logged_in_may_only_read", "users_without_permission_may_only_read"] {
        assert!(tests.contains(name), "{name}:\n{tests}");
    }
    assert!(
        project.read("blog/tests/test_profiles.py").contains("clients_who_are_not_logged_in_are_refused")
    );
}

#[test]
fn the_generated_tests_bite() {
    let Some(project) = Project::django_blog("the_generated_tests_bite") else { return };
    made(
        &project,
        "Product",
        "name,price,is_active,posts",
        &["--set", "permissions=IsAuthenticatedOrReadOnly"],
    );
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        ("a filter is gone", "blog/views.py", "\"is_active\": [\"exact\"],", ""),
        (
            "a range is gone",
            "blog/views.py",
            "\"price\": [\"exact\", \"gte\", \"lte\"]",
            "\"price\": [\"exact\"]",
        ),
        ("search is gone", "blog/views.py", "search_fields = [\"name\"]", ""),
        ("ordering is gone", "blog/views.py", "ordering_fields = [\"name\", ", "ordering_fields = ["),
        (
            "prefetch is gone",
            "blog/views.py",
            "Product.objects.prefetch_related(\"posts\")",
            "Product.objects.all()",
        ),
        ("anybody may write", "blog/views.py", "permission_classes = [IsAuthenticatedOrReadOnly]", ""),
        ("nobody may look", "blog/views.py", "[IsAuthenticatedOrReadOnly]", "[permissions.IsAuthenticated]"),
        (
            "a field is optional",
            "blog/serializers.py",
            "        model = Product\n",
            "        model = Product\n        extra_kwargs = {\"price\": {\"required\": False}}\n",
        ),
        ("a field is not served", "blog/serializers.py", "\"name\", \"price\", ", "\"name\", "),
    ] {
        let good = project.read(path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        let mut bad = good.replacen(old, new, 1);
        if new.contains("permissions.") {
            bad = format!("from rest_framework import permissions\n{bad}");
        }
        project.write(path, bad);
        let text = works(&project).expect_err(name);
        assert!(text.contains("test"), "{name}: {text}");
        project.write(path, good);
    }
}

#[test]
fn a_project_without_rest_framework_or_filters_gets_what_it_can_use() {
    let test = "a_project_without_rest_framework_or_filters_gets_what_it_can_use";
    let Some(project) = Project::django_blog(test) else { return };
    let settings = project.read("config/settings.py");
    let settings = settings.replace("    'django_filters',\n", "");
    let start = settings.find("    'DEFAULT_FILTER_BACKENDS'").unwrap();
    let end = start + settings[start..].find("],\n").unwrap() + 3;
    project.write("config/settings.py", format!("{}{}", &settings[..start], &settings[end..]));
    // The start project's own test of filters has no filters now.
    project.git(&["rm", "--quiet", "blog/tests/test_posts.py"]);
    project.commit("no filters");
    carried_out(&project, &["Create a Product model with name, price and is_active"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let views = project.read("blog/views.py");
    assert!(views.contains("filter_backends = [SearchFilter, OrderingFilter]\n"), "{views}");
    assert!(project.read("blog/tests/test_products.py").contains("\"search\": \"second\""));
}

#[test]
fn what_is_asked_for_once_is_no_loop() {
    let Some(project) = Project::django_blog("what_is_asked_for_once_is_no_loop") else { return };
    // One filter, and no text to search or order by.
    made(&project, "Ticket", "status:choice(open,closed)", &["--set", "include_timestamps=false"]);
    // One value that can be wrong, in a model without an API.
    let alone = ["--set", "include_timestamps=false", "--set", "include_api=false"];
    made(&project, "Note", "status:choice(open,closed),post", &alone);
    for (file, once, loops) in [
        ("blog/tests/test_tickets.py", "{\"status\": \"closed\"})", "for params"),
        ("blog/tests/test_notes.py", "with self.assertRaises(ValidationError):", "for name"),
    ] {
        let text = project.read(file);
        assert!(text.contains(once) && !text.contains(loops), "{text}");
    }
    works(&project).unwrap();
}

#[test]
fn a_field_says_the_same_as_text_and_as_an_object() {
    let project = Project::of("django-blog");
    let plan = |fields: &str| {
        let fields = format!("fields={fields}");
        let args = [
            "ai",
            "plan",
            "--template",
            "crud_feature",
            "--set",
            "model_name=Product",
            "--set",
            &fields,
            "--json",
        ];
        let run = project.aksara(AKSARA, &args).expect(0);
        let plan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        plan["steps"][0]["params"].clone()
    };
    let text = plan("name,price:decimal(8,3),status:choice(a,b)");
    let list = plan(r#"["name", "price:decimal(8,3)", "status:choice(a,b)"]"#);
    let objects = plan(
        r#"[{"name": "name"}, {"name": "price", "type": "decimal", "max_digits": 8, "decimal_places": 3}, {"name": "status", "choices": ["a", "b"]}]"#,
    );
    assert_eq!(text, list);
    assert_eq!(text, objects);
}

#[test]
fn two_features_in_one_sentence_are_one_plan_and_pass_every_gate() {
    let test = "two_features_in_one_sentence_are_one_plan_and_pass_every_gate";
    let Some(project) = Project::django_blog(test) else { return };
    let request = "Create a Product model with name and price, and add tagging to products";
    let run = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0);
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let sources: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|step| step["source"].as_str().unwrap()).collect();
    assert_eq!(sources, [["crud_feature"; 5].as_slice(), &["tagging"; 8]].concat());
    assert_eq!(plan["source"]["name"], "crud_feature + tagging");
    assert_eq!(plan["params"]["tagging"]["model"], "blog.Product");
    carried_out(&project, &[request]);
    assert_eq!(project.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    passes(&project);
}

#[test]
fn features_that_share_a_verb_are_one_plan_and_pass_every_gate() {
    let test = "features_that_share_a_verb_are_one_plan_and_pass_every_gate";
    let Some(project) = Project::django_blog(test) else { return };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    let request = "Add tagging, commenting and ratings to posts";
    let run = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
    assert_eq!(run["source"]["name"], "tagging + commenting + rating");
    carried_out(&project, &[request]);
    passes(&project);
    let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}

/// The serializer of tags stands above that of pages, and so below that of posts, which is to nest it too.
#[test]
fn an_upper_model_is_tagged_after_a_lower_one() {
    let Some(project) = Project::django_blog("an_upper_model_is_tagged_after_a_lower_one") else { return };
    carried_out(&project, &["Create a Page model with title"]);
    carried_out(&project, &["Add tagging to pages"]);
    let class = |name: &str| project.read("blog/serializers.py").find(&format!("class {name}Serializer("));
    assert!(class("Post") < class("Tag") && class("Tag") < class("Page"));
    let plan = project.aksara(AKSARA, &["ai", "plan", "Add tagging to posts"]).expect(0);
    assert!(
        plan.stdout.contains("`TagSerializer` was moved above `PostSerializer`, which nests it"),
        "{}",
        plan.stdout
    );
    carried_out(&project, &["Add tagging to posts"]);
    assert!(class("Tag") < class("Post") && class("Post") < class("Page"));
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert_eq!(project.read("blog/serializers.py").matches("tags = TagSerializer(").count(), 2);

    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(class("Post") < class("Tag"));
}

#[test]
fn a_model_that_is_named_and_not_there_is_made_first() {
    let Some(project) = Project::django_blog("a_model_that_is_named_and_not_there_is_made_first") else {
        return;
    };
    let request = "Add tagging to products";
    let run = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0);
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps[0]["params"]["model"], "blog.Product");
    assert_eq!(steps[0]["source"], "crud_feature");
    let warnings = plan["warnings"].to_string();
    assert!(
        warnings.contains("The project has no model Product: the plan starts with making it"),
        "{warnings}"
    );
    assert!(warnings.contains("is assumed to have a name and a description"), "{warnings}");
    let refused = project.aksara(AKSARA, &["ai", "plan", request, "--no-create"]).expect(2);
    assert!(refused.stderr.contains("no model called \"products\""), "{}", refused.stderr);

    carried_out(&project, &[request, "--set", "fields=title,price"]);
    assert!(project.read("blog/models.py").contains("price = models.DecimalField("));
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let unused =
        project.aksara(AKSARA, &["ai", "plan", "Add tagging to pages", "--set", "colour=red"]).expect(2);
    assert!(unused.stderr.contains("there is no parameter `colour`"), "{}", unused.stderr);
}

/// A row whose only text is an address is known by that.
#[test]
fn what_is_known_by_its_address_says_it() {
    let Some(project) = Project::django_blog("what_is_known_by_its_address_says_it") else { return };
    let request = "Create a Subscriber model with email and confirmed";
    let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
    let model = &plan["steps"][0]["params"];
    assert_eq!(model["str"], "email", "{model}");
    assert_eq!(model["admin"]["list_display"][0], "email", "{model}");
    assert_eq!(model["fields"][1]["type"], "boolean", "{model}");
    carried_out(&project, &[request]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
}
