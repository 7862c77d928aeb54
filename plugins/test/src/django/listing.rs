//! Which serializer shows the rows of a list, where a viewset has several.

use aksara_sdk::protocol::facts::{ProjectFacts, ViewsetFacts};
use aksara_sdk::{Context, Diagnostic};
use serde_json::Value;

/// The key of [`ProjectFacts::extra`] for what [`learn`] found: an object of viewsets and serializers.
const KEY: &str = "list_serializers";

/// Notes in the facts which serializers viewsets have for their lists alone.
///
/// # Errors
/// A module of views that cannot be read.
pub fn learn(facts: &mut ProjectFacts, cx: &Context<'_>) -> Result<(), Diagnostic> {
    let mut found = serde_json::Map::new();
    let viewsets = facts.apps.iter().flat_map(|app| &app.viewsets);
    for viewset in viewsets.filter(|viewset| viewset.serializers.len() > 1) {
        let text = cx.read(&viewset.place.file)?.map(|file| file.text).unwrap_or_default();
        let named = of_list(&text, viewset).map(|name| Value::String(name.to_owned()));
        found.extend(named.map(|name| (viewset.name.clone(), name)));
    }
    if !found.is_empty() {
        facts.extra.insert(KEY.to_owned(), Value::Object(found));
    }
    Ok(())
}

/// The class that shows a viewset's lists, where it has one for them alone.
pub fn serializer<'f>(facts: &'f ProjectFacts, viewset: &ViewsetFacts) -> Option<&'f str> {
    facts.extra.get(KEY)?.get(&viewset.name)?.as_str()
}

/// The first of the viewset's serializers behind a comparison with `"list"`, or in a table by it.
fn of_list<'v>(text: &str, viewset: &'v ViewsetFacts) -> Option<&'v str> {
    let body = text.split_once(&format!("class {}(", viewset.name))?.1;
    let body = body.split("\nclass ").next()?;
    let at = ["\"list\"", "'list'"].into_iter().filter_map(|word| body.find(word)).min()?;
    let line = body[..at].rsplit('\n').next()?;
    if line.contains("!=") || line.contains("not ") {
        return None;
    }
    let after = &body[at..];
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let names = viewset.serializers.iter().map(|path| path.rsplit('.').next().unwrap_or(path));
    let places = names.filter_map(|name| {
        let mut all = after.match_indices(name);
        let whole = all.find(|(at, _)| {
            !after[..*at].ends_with(is_word) && !after[at + name.len()..].starts_with(is_word)
        });
        Some((whole?.0, name))
    });
    places.min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::scope::tests::project;
    use crate::django::CreateTest;

    const MODELS: &str = "from django.db import models\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n    isbn = models.CharField(max_length=9)\n";

    /// The fields of a list's rows, and the notes, of tests with `body` and views with these members.
    fn told(views: &str, urls: &str, body: &str) -> (String, String) {
        let serializer = |name: &str, fields: &str| {
            format!(
                "\n\nclass {name}(serializers.ModelSerializer):\n    class Meta:\n        model = Book\n        fields = [{fields}]\n"
            )
        };
        let serializers = format!(
            "from rest_framework import serializers\n\nfrom .models import Book\n{}{}",
            serializer("BookListSerializer", "'id', 'title'"),
            serializer("BookSerializer", "'id', 'title', 'isbn'")
        );
        let mut project = project()
            .file("shop/models.py", MODELS)
            .file("shop/serializers.py", serializers)
            .file("shop/views.py", format!("from rest_framework import generics, viewsets\n\nfrom .models import Book\nfrom .serializers import BookListSerializer, BookSerializer\n\n\n{views}"))
            .file("shop/urls.py", urls)
            .file("site1/urls.py", "from django.urls import include, path\n\nurlpatterns = [path('api/', include('shop.urls'))]\n");
        let params = json!({ "model": "shop.Book", "name": "books", "body": body });
        let outcome = project.apply(&CreateTest, "create_test", params).unwrap();
        let path = outcome.file.unwrap();
        let notes: Vec<String> = outcome.notes.into_iter().map(|note| note.text).collect();
        (project.text(path.as_str()).unwrap().to_owned(), notes.join("\n"))
    }

    #[test]
    fn a_list_shows_what_its_own_serializer_does() {
        let urls = "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet)\nurlpatterns = router.urls\n";
        let listed = |condition: &str| {
            let views = format!(
                "class BookViewSet(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n\n    def get_serializer_class(self):\n        if self.action {condition}:\n            return BookListSerializer\n        return BookSerializer\n"
            );
            told(
                &views,
                urls,
                "X = \"{{ model.api.listed | join(' ') }} of {{ model.api.output | length }}\"\n",
            )
            .0
        };
        assert_eq!(listed("== 'list'"), "X = 'id title of 3'\n");
        assert_eq!(listed("in ('list', 'retrieve')"), "X = 'id title of 3'\n");
        assert_eq!(listed("== 'export'"), "X = 'id title isbn of 3'\n");
        assert_eq!(listed("!= 'list'"), "X = 'id title isbn of 3'\n", "it is not told");
    }

    #[test]
    fn endpoints_that_a_body_calls_by_name_are_tested() {
        let views = "class MyBookView(generics.RetrieveUpdateAPIView):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n";
        let urls = "from django.urls import path\n\nfrom .views import MyBookView\n\nurlpatterns = [path('mine/', MyBookView.as_view(), name='my-book')]\n";
        let notes = |body: &str| told(views, urls, body).1;
        assert!(notes("X = 1\n").contains("the endpoints of `shop.Book` are not tested"));
        assert!(!notes("X = reverse(\"my-book\")\n").contains("not tested"));
        assert!(notes("X = reverse(\"my-books\")\n").contains("not tested"));
    }
}
