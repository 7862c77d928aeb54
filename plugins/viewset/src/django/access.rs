//! Who may use the views of a model, and which rows they show to whom.

use aksara_python::edit::Edits;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{self, AppFacts, Audience, Expr, ViewsetFacts};
use aksara_sdk::{Diagnostic, Note};
use serde_json::Value;

use super::owner::{self, Permission};
use super::project;
use super::subject::Subject;

const FRAMEWORK: &str = "rest_framework.permissions.";
const ATTRIBUTE: &str = "permission_classes";
const SETTING: &str = "DEFAULT_PERMISSION_CLASSES";
/// REST framework's classes that ask for more than a login.
const ASKING_FOR_MORE: [&str; 3] = ["IsAdminUser", "DjangoModelPermissions", "DjangoObjectPermissions"];
/// REST framework's classes that let clients read who are not logged in.
const OPEN: [&str; 2] = ["AllowAny", "IsAuthenticatedOrReadOnly"];

/// The views of a subject, the first of which is the class `name`.
pub(super) struct Access<'a> {
    pub subject: &'a Subject<'a>,
    pub name: &'a str,
    /// The class of the project that they extend, if they do.
    pub base: Option<&'a ViewsetFacts>,
}

impl Access<'_> {
    /// The permission classes, as the file writes them: those that are asked for, else those of another model's
    /// viewset and those that all viewsets of the app have, as far as they fit any model. None stands for the default.
    /// Where a login is asked for, or the rows are those of whoever is logged in, somebody must be: `above` are the
    /// models that say whose they are.
    ///
    /// # Errors
    /// Imports that cannot be made; permission classes that are not known.
    pub(super) fn permissions(
        &self,
        edits: &mut Edits,
        owner: Option<&Permission>,
        above: &[&str],
        notes: &mut Vec<Note>,
    ) -> Result<Vec<String>, Diagnostic> {
        let Subject { facts, app, wanted, .. } = *self.subject;
        let mut classes = wanted.permissions.clone();
        let is_asked_for = !classes.is_empty();
        if !is_asked_for {
            if let Some(other) = wanted.permissions_of.as_deref().or(above.first().copied()) {
                classes = self.taken_over(other, owner.is_none(), notes);
            }
            // Rows that belong to their authors are written by all of them, whatever the app's other views ask.
            if owner.is_none() {
                let habit = facts.shared_permissions(&self.others());
                classes
                    .extend(habit.into_iter().filter(|class| !classes.contains(class)).collect::<Vec<_>>());
            }
            if classes.is_empty() && owner.is_none() {
                notes.extend(self.who_may_write());
            }
        }
        if (wanted.login || !above.is_empty()) && !self.asks_for_login(&classes) {
            if classes.is_empty() {
                classes = self.defaults(notes);
            }
            classes.retain(|class| !is_one_of(class, &OPEN));
            classes.insert(0, format!("{FRAMEWORK}IsAuthenticated"));
        }
        if let Some(owner) = owner {
            // The list replaces the project's default one, so what that asks for is kept.
            if classes.is_empty() {
                classes = self.defaults(notes);
            }
            if !is_asked_for {
                classes = self.of_users(classes);
            }
            classes.retain(|class| !is_one_of(class, &OPEN));
            if !owner.guards && classes.is_empty() {
                classes.push(format!("{FRAMEWORK}IsAuthenticatedOrReadOnly"));
            }
        }
        if wanted.permissions.is_empty() {
            classes = without_implied(&classes);
        }
        self.rows_have_what_is_asked(&classes)?;
        let of_base = self.base.map(|base| base.classes(ATTRIBUTE)).unwrap_or_default();
        if owner.is_none() && of_base.iter().map(|class| class.path.as_ref()).eq(classes.iter().map(Some)) {
            return Ok(Vec::new());
        }
        let mut written: Vec<String> =
            classes.iter().map(|class| as_written(edits, facts, app, class)).collect::<Result<_, _>>()?;
        if let Some(permission) = owner {
            written.push(permission.as_written(edits, app)?);
        }
        Ok(written)
    }

    /// Refuses views whose permission classes, the default ones if there are none, ask each row for something that the
    /// model does not have: every request for a row would end in a server error.
    fn rows_have_what_is_asked(&self, classes: &[String]) -> Result<(), Diagnostic> {
        let Subject { facts, model, .. } = *self.subject;
        let default = self.defaults(&mut Vec::new());
        let classes = if classes.is_empty() { &default } else { classes };
        let abstracts = facts.apps.iter().flat_map(|app| &app.models);
        let bases: Vec<_> = abstracts
            .filter(|base| model.flat_bases.iter().any(|path| facts::last(path) == base.name))
            .chain([model])
            .collect();
        let has = |name: &str| {
            matches!(name, "pk" | "id" | "_meta" | "__class__")
                || bases.iter().any(|base| {
                    base.field(name).is_some() || base.members.iter().any(|member| member == name)
                })
        };
        // What a package's base gives is not known.
        let known = |path: &String| {
            path.starts_with("django.db.models.") || bases.iter().any(|base| facts::last(path) == base.name)
        };
        if !model.flat_bases.iter().all(known) {
            return Ok(());
        }
        for class in classes.iter().filter_map(|class| facts.permission_class(class)) {
            let Some(rule) = &class.object_rule else { continue };
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let asked = rule.match_indices("obj.").filter(|(at, _)| !rule[..*at].ends_with(is_word));
            let mut asked = asked.map(|(at, part)| rule[at + part.len()..].split(|c| !is_word(c)).next());
            let lacks = |name: &&str| !name.is_empty() && !has(name) && !has(name.trim_end_matches("_id"));
            if let Some(name) = asked.find_map(|name| name.filter(lacks)) {
                let message = format!(
                    "`{}` ({}:{}) asks each row for `{name}`, which `{}` does not have: requests for a row would end in a \
                     server error",
                    class.name, class.place.file, class.place.line, model.label
                );
                return Err(Diagnostic::new(codes::REFUSED, message).with_help(
                    "plan without the API (`--set include_api=false`), give the model what is asked for, and plan its views then",
                ));
            }
        }
        Ok(())
    }

    /// The permission classes of views that name none: those of the base that they extend, else the project's.
    fn defaults(&self, notes: &mut Vec<Note>) -> Vec<String> {
        let Some(base) = self.base.filter(|base| base.value(ATTRIBUTE).is_some()) else {
            return owner::default_permissions(self.subject.facts, notes);
        };
        let classes = base.classes(ATTRIBUTE);
        for class in classes.iter().filter(|class| class.path.is_none()) {
            notes.push(Note::warning(format!(
                "`{}` does not have `{}` of `{}`: look whether it should",
                self.name, class.source, base.name
            )));
        }
        classes.iter().filter_map(|class| class.path.clone()).collect()
    }

    /// Permission classes for rows that users write: those that only staff may write by leave what they ask of readers,
    /// since the owner's class says who writes.
    fn of_users(&self, classes: Vec<String>) -> Vec<String> {
        let mut kept = Vec::new();
        for class in classes {
            let class = match self.subject.facts.audience(&class) {
                Some((Audience::Anyone, Audience::Staff)) => continue,
                Some((Audience::Users, Audience::Staff)) => format!("{FRAMEWORK}IsAuthenticated"),
                _ => class,
            };
            if !kept.contains(&class) {
                kept.push(class);
            }
        }
        kept
    }

    /// Whether permission classes, the default ones of the views if there are none, let nobody in who is not logged in.
    fn asks_for_login(&self, classes: &[String]) -> bool {
        let facts = self.subject.facts;
        let default = self.defaults(&mut Vec::new());
        let classes = if classes.is_empty() { &default } else { classes };
        classes
            .iter()
            .any(|class| facts.audience(class).is_some_and(|(readers, _)| readers > Audience::Anyone))
    }

    /// The permission classes of the viewset of `model`, as far as they can be another model's too: REST framework's,
    /// those that the project asks of every view and, if `own` is said or they do not let everybody read, those of its
    /// own that look at the request alone. Another one may ask for fields that the other model does not have, so it is
    /// only named.
    fn taken_over(&self, model: &str, own: bool, notes: &mut Vec<Note>) -> Vec<String> {
        let facts = self.subject.facts;
        let name = self.name;
        let viewsets = project::viewsets_of(facts, model);
        let Some(viewset) = viewsets.first() else { return Vec::new() };
        let other = &viewset.name;
        let by_base = viewset.inherited_methods.iter().any(|method| method == "get_permissions");
        if viewset.decides_permissions() || by_base && self.base.is_none() {
            notes.push(Note::warning(format!(
                "`{other}` decides in `get_permissions` who may do what: look whether `{name}` should too"
            )));
        }
        let everywhere = facts.settings.rest_framework.get(SETTING).and_then(Value::as_array);
        let readers = |path: &str| {
            let class = facts.permission_class(path).filter(|class| class.any_model)?;
            class.readers
        };
        let is_shared = |class: &&Expr| {
            class.path.as_ref().is_some_and(|path| {
                path.starts_with(FRAMEWORK)
                    || everywhere.is_some_and(|all| all.iter().any(|class| class.as_str() == Some(path)))
                    || ((own || readers(path) > Some(Audience::Anyone)) && facts.fits_any_model(path))
            })
        };
        let (shared, mut left): (Vec<&Expr>, Vec<&Expr>) =
            viewset.classes(ATTRIBUTE).iter().partition(is_shared);
        // What everybody may read users may write, if it is theirs.
        left.retain(|class| own || class.path.as_deref().and_then(readers) != Some(Audience::Anyone));
        if !left.is_empty() {
            let left: Vec<String> = left.iter().map(|class| format!("`{}`", class.source)).collect();
            notes.push(Note::warning(format!(
                "`{name}` does not have {} of `{other}`: look whether it should",
                left.join(", ")
            )));
        }
        shared.iter().filter_map(|class| class.path.clone()).collect()
    }

    /// The views of other models that new ones are like.
    fn others(&self) -> Vec<&ViewsetFacts> {
        let Subject { facts, app, model, .. } = *self.subject;
        facts.sibling_views(app, &model.label)
    }

    /// Who may write rows of views with the project's default permissions, where other views of the app have some of
    /// their own.
    fn who_may_write(&self) -> Option<Note> {
        let Subject { facts, wanted, .. } = *self.subject;
        let has_some = |v: &&&ViewsetFacts| v.decides_permissions() || !v.classes(ATTRIBUTE).is_empty();
        let others = self.others();
        let other = others.iter().find(has_some)?;
        let base = self.base.filter(|base| base.value(ATTRIBUTE).is_some());
        let whose = base.map_or_else(
            || "project's default permissions".to_owned(),
            |b| format!("permissions of `{}`", b.name),
        );
        let default = self.defaults(&mut Vec::new());
        let classes: Vec<&str> =
            default.iter().map(|class| class.strip_prefix(FRAMEWORK).unwrap_or(class)).collect();
        let who = match classes.as_slice() {
            [] if base.is_none() && facts.settings.computes_rest_framework(SETTING) => {
                "whoever those let".to_owned()
            }
            [] | ["AllowAny"] => "everybody, logged in or not,".to_owned(),
            ["IsAuthenticated" | "IsAuthenticatedOrReadOnly"] => "every user who is logged in".to_owned(),
            classes if classes.contains(&"IsAdminUser") => return None,
            classes => format!("whoever `{}` lets", classes.join("` and `")),
        };
        let theirs: Vec<String> = match other.decides_permissions() {
            true => vec!["`get_permissions`".to_owned()],
            false => other.classes(ATTRIBUTE).iter().map(|class| format!("`{}`", class.source)).collect(),
        };
        (!wanted.read_only).then(|| {
            Note::warning(format!(
                "`{}` has the {whose}, so {who} may write through it, while `{}` ({}:{}) has {}: \
                 look whether it should have some of its own",
                self.name,
                other.name,
                other.place.file,
                other.place.line,
                theirs.join(", ")
            ))
        })
    }
}

/// The classes without those of REST framework that let in whom another one lets in: all must agree.
fn without_implied(classes: &[String]) -> Vec<String> {
    let has = |any: &[&str]| classes.iter().any(|class| is_one_of(class, any));
    let is_open = |class: &String| is_one_of(class, &["AllowAny"]);
    let asks_more = has(&ASKING_FOR_MORE);
    let asks_login = has(&["IsAuthenticated"]) || asks_more;
    let asks_something = !classes.iter().all(is_open);
    let is_implied = |class: &String| {
        is_open(class) && asks_something
            || is_one_of(class, &["IsAuthenticatedOrReadOnly"]) && asks_login
            || is_one_of(class, &["IsAuthenticated"]) && asks_more
    };
    classes.iter().filter(|class| !is_implied(class)).cloned().collect()
}

/// Whether a class, by its dotted name or REST framework's bare one, is one of these of REST framework's. A project's own
/// of the same name may let in others.
fn is_one_of(class: &str, names: &[&str]) -> bool {
    names.contains(&class.strip_prefix(FRAMEWORK).unwrap_or(class))
}

/// A class as the file writes it: REST framework's may be given by its bare name, others by their dotted one.
fn as_written(
    edits: &mut Edits,
    facts: &ProjectFacts,
    app: &AppFacts,
    path: &str,
) -> Result<String, Diagnostic> {
    const BARE: [&str; 8] = [
        "AllowAny",
        "IsAuthenticated",
        "IsAdminUser",
        "IsAuthenticatedOrReadOnly",
        "DjangoModelPermissions",
        "DjangoModelPermissionsOrAnonReadOnly",
        "DjangoObjectPermissions",
        "BasePermission",
    ];
    let own = facts.permission_class(path).filter(|class| class.place.file.is_below(&app.dir));
    match (own, path.rsplit_once('.')) {
        (Some(class), Some((module, _))) if class.module == module => {
            edits.name_of_app(app, &class.place.file, &class.name)
        }
        (_, Some((module, class))) => edits.name_from(module, class),
        (_, None) if BARE.contains(&path) => edits.name_from("rest_framework.permissions", path),
        (_, None) => Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{path}` is not one of REST framework's permission classes"),
        )
        .with_help("name it with its module, such as `blog.permissions.IsOwner`")),
    }
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::Outcome;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use super::{FRAMEWORK, without_implied};
    use crate::django::CreateViewset;

    const PERMISSIONS: &str = "from rest_framework.permissions import SAFE_METHODS, BasePermission\n\n\nclass IsStaffOrReadOnly(BasePermission):\n    def has_permission(self, request, view):\n        return request.method in SAFE_METHODS or request.user.is_staff\n\n\nclass IsOwner(BasePermission):\n    def has_object_permission(self, request, view, obj):\n        return obj.owner == request.user\n";

    /// A shop with products and orders, and brands and notes that have no views yet.
    fn shop(product: &str, order: &str) -> TestProject<'static> {
        let model = |name: &str, more: &str| {
            format!("\n\nclass {name}(models.Model):\n    name = models.CharField(max_length=9)\n{more}")
        };
        let serializer = |name: &str| {
            format!(
                "\n\nclass {name}Serializer(serializers.ModelSerializer):\n    class Meta:\n        model = {name}\n        fields = ['id', 'name']\n"
            )
        };
        let view = |name: &str, body: &str| {
            format!(
                "\n\nclass {name}ViewSet(viewsets.ModelViewSet):\n    queryset = {name}.objects.all()\n    serializer_class = {name}Serializer\n{body}"
            )
        };
        let to_order = "    order = models.ForeignKey(Order, on_delete=models.CASCADE)\n    product = models.ForeignKey(Product, null=True, on_delete=models.CASCADE)\n";
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'shop']\nROOT_URLCONF = 'config.urls'\nREST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n")
            .file("config/urls.py", "urlpatterns = []\n")
            .file("core/__init__.py", "")
            .file("core/permissions.py", PERMISSIONS)
            .file("shop/__init__.py", "")
            .file("shop/models.py", format!("from django.db import models\n{}{}{}{}", model("Product", ""), model("Order", ""), model("Brand", ""), model("Note", to_order)))
            .file("shop/serializers.py", format!("from rest_framework import serializers\n\nfrom .models import Brand, Note, Order, Product\n{}{}{}{}", serializer("Product"), serializer("Order"), serializer("Brand"), serializer("Note")))
            .file("shop/views.py", format!("from core.permissions import IsOwner, IsStaffOrReadOnly\nfrom rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n\nfrom .models import Order, Product\nfrom .serializers import OrderSerializer, ProductSerializer\n{}{}", view("Product", product), view("Order", order)))
            .file("shop/urls.py", "from rest_framework.routers import SimpleRouter\n\nrouter = SimpleRouter()\n\nurlpatterns = router.urls\n")
    }

    fn create(project: &mut TestProject<'_>, model: &str, more: serde_json::Value) -> Outcome {
        let mut params = json!({"model": format!("shop.{model}"), "route": "new"});
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        let outcome = project.apply(&CreateViewset, "create_viewset", params.clone()).unwrap();
        assert!(project.apply(&CreateViewset, "create_viewset", params).unwrap().is_noop());
        outcome
    }

    const STAFF: &str = "    permission_classes = [IsStaffOrReadOnly]\n";
    const OWN: &str = "    permission_classes = [IsAuthenticated, IsOwner]\n";

    #[test]
    fn what_all_views_of_an_app_ask_for_new_ones_ask_for_too() {
        let mut project = shop(STAFF, "    permission_classes = [IsAuthenticated, IsStaffOrReadOnly]\n");
        let outcome = create(&mut project, "Brand", json!({}));
        assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
        let views = project.text("shop/views.py").unwrap();
        assert!(
            views.ends_with(
                "    serializer_class = BrandSerializer\n    permission_classes = [IsStaffOrReadOnly]\n"
            ),
            "{views}"
        );
    }

    #[test]
    fn what_another_viewset_asks_of_any_model_is_taken_over() {
        let mut project = shop(STAFF, OWN);
        create(&mut project, "Brand", json!({"permissions_of": "shop.Product"}));
        let views = project.text("shop/views.py").unwrap();
        assert!(views.ends_with("    permission_classes = [IsStaffOrReadOnly]\n"), "{views}");
    }

    #[test]
    fn a_login_is_asked_for_beside_what_is_taken_over() {
        let classes = |settings: &str, own: &str, more| {
            let mut project = shop(settings, own);
            create(&mut project, "Brand", more);
            let views = project.text("shop/views.py").unwrap().to_owned();
            views.rsplit_once("permission_classes = ").map(|(_, list)| list.trim().to_owned())
        };
        let login = json!({"login": true, "permissions_of": "shop.Product"});
        assert_eq!(
            classes(STAFF, OWN, login.clone()).as_deref(),
            Some("[IsAuthenticated, IsStaffOrReadOnly]")
        );
        // The project's default asks for it.
        assert_eq!(classes("", "", login), None);
    }

    #[test]
    fn what_is_asked_of_rows_they_have() {
        let make = |rule: &str| {
            let permissions = format!(
                "from rest_framework.permissions import BasePermission\n\n\nclass AsksRow(BasePermission):\n    def has_object_permission(self, request, view, obj):\n        return {rule}\n"
            );
            let mut project = shop("", "").file("shop/permissions.py", permissions);
            let params = json!({"model": "shop.Brand", "route": "brands", "permissions": ["shop.permissions.AsksRow"]});
            project.apply(&CreateViewset, "create_viewset", params).map(drop)
        };
        make("obj.name == request.user.username and obj.pk").unwrap();
        let refused = make("obj.name and obj.has_permission(request.user)").unwrap_err();
        assert!(
            refused.message.contains("asks each row for `has_permission`, which `shop.Brand` does not have"),
            "{}",
            refused.message
        );
    }

    #[test]
    fn where_a_base_has_permissions_they_are_the_default_ones() {
        let class = |permissions: &str, method: &str, more| {
            let mut project = shop("", "");
            let base = format!(
                "class BaseViewSet(viewsets.ModelViewSet):\n    permission_classes = [{permissions}]\n{method}\n\nclass ProductViewSet"
            );
            let views = project.text("shop/views.py").unwrap();
            let views = views
                .replace("(viewsets.ModelViewSet)", "(BaseViewSet)")
                .replace("class ProductViewSet", &base)
                .replace("import IsAuthenticated", "import AllowAny, IsAuthenticated");
            project = project.file("shop/views.py", views);
            create(&mut project, "Brand", more);
            let views = project.text("shop/views.py").unwrap();
            let lines = views.split_once("class BrandViewSet").unwrap().1.trim().lines();
            lines
                .map(str::trim)
                .filter(|l| !l.contains(".objects") && !l.contains("serializer"))
                .collect::<String>()
        };
        let login = json!({"login": true});
        assert_eq!(
            class("AllowAny", "", login.clone()),
            "(BaseViewSet):permission_classes = [IsAuthenticated]"
        );
        assert_eq!(class("IsAuthenticated", "", login), "(BaseViewSet):");
        assert_eq!(class("AllowAny", "", json!({})), "(BaseViewSet):");
        // A method decides by more than the classes.
        for method in [
            "get_authenticators(self)",
            "get_permissions(self)",
            "check_permissions(self, request)",
            "initial(self, request)",
        ] {
            let method = format!("\n    def {method}:\n        return []\n");
            let class = class("IsStaffOrReadOnly", &method, json!({}));
            assert_eq!(class, "(viewsets.ModelViewSet):permission_classes = [IsStaffOrReadOnly]");
        }
    }

    #[test]
    fn what_only_staff_may_write_users_write_where_it_is_theirs() {
        let classes = |default: &str, product: &str| {
            let members = format!(
                "{PERMISSIONS}\n\nclass IsMemberOrReadOnly(BasePermission):\n    def has_permission(self, request, view):\n        return request.method in SAFE_METHODS or request.user.groups.filter(name='members').exists()\n\n\nclass IsReadOnly(BasePermission):\n    def has_permission(self, request, view):\n        return request.method in SAFE_METHODS\n"
            );
            let settings = format!(
                "INSTALLED_APPS = ['rest_framework', 'shop']\nROOT_URLCONF = 'config.urls'\nREST_FRAMEWORK = {{'DEFAULT_PERMISSION_CLASSES': ['{default}']}}\n"
            );
            let models = "from django.conf import settings\nfrom django.db import models\n\n\nclass Product(models.Model):\n    name = models.CharField(max_length=9)\n\n\nclass Order(models.Model):\n    name = models.CharField(max_length=9)\n\n\nclass Note(models.Model):\n    name = models.CharField(max_length=9)\n    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n    product = models.ForeignKey(Product, on_delete=models.CASCADE)\n";
            let mut project =
                shop(product, "").file("config/settings.py", settings).file("shop/models.py", models);
            project = project.file("core/permissions.py", members);
            let outcome =
                create(&mut project, "Note", json!({"owner": "author", "permissions_of": "shop.Product"}));
            assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
            let views = project.text("shop/views.py").unwrap().to_owned();
            let note = views.split("class NoteViewSet").nth(1).unwrap();
            note.split("permission_classes = ").nth(1).map(|rest| rest.lines().next().unwrap().to_owned())
        };
        let framework = |class: &str| format!("{FRAMEWORK}{class}");
        for (default, product, expected) in [
            ("core.permissions.IsStaffOrReadOnly".to_owned(), "", "[IsAuthorOrReadOnly]"),
            (framework("AllowAny"), STAFF, "[IsAuthorOrReadOnly]"),
            (framework("DjangoModelPermissions"), "", "[IsAuthenticated, IsAuthorOrReadOnly]"),
            (framework("DjangoModelPermissionsOrAnonReadOnly"), "", "[IsAuthorOrReadOnly]"),
            // What asks for something else than staff is kept.
            (
                "core.permissions.IsMemberOrReadOnly".to_owned(),
                "",
                "[IsMemberOrReadOnly, IsAuthorOrReadOnly]",
            ),
            ("core.permissions.IsReadOnly".to_owned(), "", "[IsReadOnly, IsAuthorOrReadOnly]"),
            // Who may not read what it is about does not read it.
            (framework("IsAdminUser"), "", "[IsAdminUser, IsAuthorOrReadOnly]"),
        ] {
            assert_eq!(classes(&default, product).as_deref(), Some(expected), "{default} {product}");
        }
    }

    #[test]
    fn what_all_views_of_a_project_have_new_ones_have_too() {
        let own = "    authentication_classes = [TokenAuthentication]\n    permission_classes = [IsAuthenticated]\n    renderer_classes = [JSONRenderer]\n";
        let with_imports = |project: TestProject<'static>| {
            let views = project.text("shop/views.py").unwrap().to_owned();
            let imports = "from rest_framework.authentication import TokenAuthentication\nfrom rest_framework.renderers import JSONRenderer\n";
            project.file("shop/views.py", format!("{imports}{views}"))
        };
        let attributes = |product: &str, order: &str, model: &str, more| {
            let mut project = with_imports(shop(product, order));
            create(&mut project, model, more);
            let views = project.text("shop/views.py").unwrap().to_owned();
            let class = views.split(&format!("class {model}ViewSet")).nth(1).unwrap().to_owned();
            class.lines().skip(3).map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            attributes(own, own, "Brand", json!({})),
            "authentication_classes = [TokenAuthentication]; renderer_classes = [JSONRenderer]; permission_classes = [IsAuthenticated]"
        );
        // What one has for itself is none of the others' business, but clients who reach the row above reach it.
        let tokens =
            "    authentication_classes = [TokenAuthentication]\n    renderer_classes = [JSONRenderer]\n";
        assert_eq!(attributes(tokens, "", "Brand", json!({})), "");
        assert_eq!(
            attributes(tokens, "", "Brand", json!({"permissions_of": "shop.Product"})),
            "authentication_classes = [TokenAuthentication]"
        );
        assert_eq!(
            attributes("", tokens, "Note", json!({})),
            "authentication_classes = [TokenAuthentication]"
        );
    }

    #[test]
    fn what_another_class_asks_for_too_is_left_out() {
        let list = |names: &[&str]| names.iter().map(|name| format!("{FRAMEWORK}{name}")).collect::<Vec<_>>();
        for (classes, left) in [
            (&["IsAuthenticated", "IsAdminUser"][..], &["IsAdminUser"][..]),
            (&["IsAuthenticatedOrReadOnly", "IsAuthenticated"], &["IsAuthenticated"]),
            (&["AllowAny", "IsAuthenticatedOrReadOnly"], &["IsAuthenticatedOrReadOnly"]),
            (&["DjangoModelPermissions", "IsAuthenticated"], &["DjangoModelPermissions"]),
            (&["AllowAny"], &["AllowAny"]),
            // Reading asks for a login by the one, and writing for more by the other.
            (&["IsAuthenticated", "IsStaffOrReadOnly"], &["IsAuthenticated", "IsStaffOrReadOnly"]),
        ] {
            assert_eq!(without_implied(&list(classes)), list(left), "{classes:?}");
        }
        // The project's own may let in whom the framework's does not.
        let own = ["core.permissions.IsAdminUser".to_owned(), format!("{FRAMEWORK}IsAuthenticated")];
        assert_eq!(without_implied(&own), own);
        let both = "    permission_classes = [IsAuthenticated, permissions.IsAdminUser]\n";
        let mut project = shop(both, both);
        let views = project.text("shop/views.py").unwrap().replace(
            "from rest_framework import viewsets",
            "from rest_framework import permissions, viewsets",
        );
        project = project.file("shop/views.py", views);
        create(&mut project, "Brand", json!({}));
        let views = project.text("shop/views.py").unwrap();
        assert!(views.ends_with("    permission_classes = [permissions.IsAdminUser]\n"), "{views}");
    }

    #[test]
    fn without_a_habit_it_is_said_who_may_write() {
        let notes = |project: &mut TestProject<'_>, more| -> Vec<String> {
            create(project, "Brand", more).notes.into_iter().map(|note| note.text).collect()
        };
        assert_eq!(
            notes(&mut shop(STAFF, OWN), json!({})),
            [
                "`BrandViewSet` has the project's default permissions, so every user who is logged in may write through it, while \
                 `ProductViewSet` (shop/views.py:9) has `IsStaffOrReadOnly`: look whether it should have some of its own"
            ]
        );
        assert!(notes(&mut shop(STAFF, OWN), json!({"read_only": true})).is_empty());
        assert!(notes(&mut shop(STAFF, OWN), json!({"permissions": ["IsAdminUser"]})).is_empty());
        assert!(notes(&mut shop("", ""), json!({})).is_empty());
        let method = "\n    def get_permissions(self):\n        return []\n";
        assert!(notes(&mut shop("", method), json!({}))[0].contains("has `get_permissions`"));
    }
}
