//! Which requests only some users can make: those whose views ask for a row that belongs to one user, as
//! `self.request.user.staff_member` does, and that nothing makes along with the user.

use std::collections::BTreeSet;

use aksara_sdk::protocol::facts::{FactsQuery, ModelFacts, ProjectFacts, RelationKind, ViewsetFacts};
use aksara_sdk::{Context, Diagnostic, RelPath};
use serde_json::{Value, json};

use super::saving;

/// The key of [`ProjectFacts::extra`] for what [`learn`] found: an object of views and actions.
const KEY: &str = "requests_of_some_users";

/// Methods of views, and the actions that they are for.
const METHODS: [(&str, &str); 11] = [
    ("perform_create", "create"),
    ("create", "create"),
    ("post", "create"),
    ("list", "list"),
    ("retrieve", "retrieve"),
    ("perform_update", "update"),
    ("update", "update"),
    ("partial_update", "update"),
    ("patch", "update"),
    ("perform_destroy", "delete"),
    ("destroy", "delete"),
];

/// Signs that a method knows of users who have no such row.
const GUARDS: [&str; 4] = ["hasattr(", "getattr(", "except", "is_superuser"];

/// Notes in the facts which actions of views ask for a row of the user's that users of tests do not have.
///
/// # Errors
/// A file that cannot be read.
pub fn learn(facts: &mut ProjectFacts, cx: &Context<'_>) -> Result<(), Diagnostic> {
    // A factory may make the row, too.
    if facts.test_data.factory(&facts.settings.auth_user_model).is_some() {
        return Ok(());
    }
    let ways = ways(facts, cx)?;
    let mut found = serde_json::Map::new();
    for view in facts.apps.iter().flat_map(|app| &app.viewsets).filter(|_| !ways.is_empty()) {
        let text = cx.read(&view.place.file)?.map(|file| saving::in_lines(&file.text)).unwrap_or_default();
        let methods = saving::methods_of(&text, &view.name);
        let asks = |lines: &[&str]| {
            let is_guarded = lines.iter().any(|line| GUARDS.iter().any(|guard| line.contains(guard)));
            !is_guarded && lines.iter().any(|line| ways.iter().any(|way| asks_for(line, way)))
        };
        let actions: BTreeSet<&str> = METHODS
            .into_iter()
            .filter(|(name, _)| methods.iter().any(|(own, method)| own == name && asks(&method.lines)))
            .map(|(_, action)| action)
            .collect();
        if !actions.is_empty() {
            found.insert(view.name.clone(), json!(actions));
        }
    }
    if !found.is_empty() {
        facts.extra.insert(KEY.to_owned(), Value::Object(found));
    }
    Ok(())
}

/// Whether the action of a view is for users who have a row that those of tests have not.
pub fn is_for_some(facts: &ProjectFacts, view: &ViewsetFacts, action: &str) -> bool {
    let actions = facts.extra.get(KEY).and_then(|found| found.get(&view.name)).and_then(Value::as_array);
    actions.is_some_and(|actions| actions.iter().any(|own| own == action))
}

/// The ways from a user to rows that belong to one user, of models whose rows nothing makes along with users.
fn ways(facts: &ProjectFacts, cx: &Context<'_>) -> Result<BTreeSet<String>, Diagnostic> {
    let all = cx.query(FactsQuery { all: true, ..FactsQuery::default() })?;
    let user = &facts.settings.auth_user_model;
    let mut ways = BTreeSet::new();
    for model in all.apps.iter().flat_map(|app| &app.models).filter(|model| model.label != *user) {
        let of_one_user = model.fields.iter().filter(|field| {
            let relation = field.relation.as_ref();
            relation.is_some_and(|relation| relation.kind == RelationKind::OneToOne && relation.to == *user)
        });
        for field in of_one_user {
            let named = field.args.keyword("related_name").and_then(|e| e.literal.as_ref());
            let way = named.and_then(Value::as_str).map_or_else(|| model.name.to_lowercase(), str::to_owned);
            if !is_made_with_users(&all, model, cx)? {
                ways.insert(way);
            }
        }
    }
    Ok(ways)
}

/// Whether a signal or the user model itself may make the row of every user.
fn is_made_with_users(
    facts: &ProjectFacts,
    model: &ModelFacts,
    cx: &Context<'_>,
) -> Result<bool, Diagnostic> {
    let user = facts.model(&facts.settings.auth_user_model);
    let apps = [Some(model), user].into_iter().flatten().filter_map(|model| facts.app(model.app()));
    let named =
        |name: &str| apps.clone().map(move |app| format!("{}/{name}.py", app.dir)).collect::<Vec<_>>();
    let mut files: BTreeSet<RelPath> = ["signals", "receivers", "handlers", "managers"]
        .into_iter()
        .flat_map(named)
        .filter_map(|path| RelPath::new(path).ok())
        .collect();
    files.extend([Some(model), user].into_iter().flatten().map(|model| model.place.file.clone()));
    for file in files {
        let text = cx.read(&file)?.map(|file| file.text).unwrap_or_default();
        if text.contains("post_save") || text.contains(&format!("{}.objects.", model.name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a line asks a user for what `way` leads to.
fn asks_for(line: &str, way: &str) -> bool {
    let asked = format!("user.{way}");
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(&asked).any(|(at, _)| !goes_on(&line[at + asked.len()..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::scope::tests::project;
    use crate::django::CreateTest;

    /// The actions that tests know of a view with this method, in a project with this module of signals.
    fn actions(method: &str, signals: &str) -> String {
        let mut project = project()
            .file("shop/models.py", "from django.conf import settings\nfrom django.db import models\n\n\nclass Clerk(models.Model):\n    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name='clerk_row')\n    desk = models.CharField(max_length=9)\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n")
            .file("shop/serializers.py", "from rest_framework import serializers\n\nfrom .models import Book\n\n\nclass BookSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Book\n        fields = ['id', 'title']\n")
            .file("shop/views.py", format!("from rest_framework import viewsets\n\nfrom .models import Book\nfrom .serializers import BookSerializer\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n\n{method}"))
            .file("shop/urls.py", "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet)\nurlpatterns = router.urls\n")
            .file("shop/signals.py", signals);
        let body = "# {{ model.api.actions | join(',') }}\n";
        let params =
            json!({"app": "shop", "model": "shop.Book", "name": "told", "body": body, "context": {}});
        project.apply(&CreateTest, "create_test", params).unwrap();
        let text = ["shop/tests/test_told.py", "shop/test_told.py", "shop/tests.py"]
            .into_iter()
            .find_map(|path| project.text(path));
        text.unwrap().trim().trim_start_matches("# ").to_owned()
    }

    #[test]
    fn requests_that_only_some_users_can_make_are_not_made() {
        let all = "create,list,retrieve,update,delete";
        let saves = |with: &str| {
            format!("    def perform_create(self, serializer):\n        serializer.save(desk={with})\n")
        };
        let asks = saves("self.request.user.clerk_row.desk");
        assert_eq!(actions(&asks, ""), "list,retrieve,update,delete");
        assert_eq!(actions(&saves("self.request.user.email"), ""), all);
        assert_eq!(actions(&saves("self.request.user.clerk_row_count"), ""), all);
        // Users get one, or the view knows of those who have none.
        assert_eq!(actions(&asks, "from django.db.models.signals import post_save\n"), all);
        assert_eq!(
            actions(&saves("getattr(self.request.user, 'x') or self.request.user.clerk_row"), ""),
            all
        );
        let updates = "    def perform_update(self, serializer):\n        user = self.request.user\n        serializer.save(desk=user.clerk_row.desk)\n";
        assert_eq!(actions(updates, ""), "create,list,retrieve,delete");
    }
}
