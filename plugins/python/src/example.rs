//! A small Django project, for the examples of executors.

use aksara_protocol::JsonMap;
use aksara_protocol::plugin::Example;
use serde_json::Value;

/// The project's files: an app `blog` with posts, their tags, and comments that have no viewset yet.
const FILES: [(&str, &str); 9] = [
    ("manage.py", "import os\n\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"config.settings\")\n"),
    ("config/__init__.py", ""),
    (
        "config/settings.py",
        "INSTALLED_APPS = [\n    \"django.contrib.auth\",\n    \"rest_framework\",\n    \"blog\",\n]\n\n\
         MIDDLEWARE = [\n    \"django.middleware.common.CommonMiddleware\",\n]\n\n\
         ROOT_URLCONF = \"config.urls\"\n\nDEFAULT_AUTO_FIELD = \"django.db.models.BigAutoField\"\n",
    ),
    (
        "config/urls.py",
        "from django.urls import include, path\n\nurlpatterns = [\n    path(\"api/\", include(\"blog.urls\")),\n]\n",
    ),
    ("blog/__init__.py", ""),
    (
        "blog/models.py",
        "from django.db import models\n\n\n\
         class Tag(models.Model):\n    name = models.CharField(max_length=50)\n\n\n\
         class Post(models.Model):\n    title = models.CharField(max_length=200)\n    \
         tags = models.ManyToManyField(Tag, related_name=\"posts\", blank=True)\n\n\n\
         class Comment(models.Model):\n    post = models.ForeignKey(Post, related_name=\"comments\", on_delete=models.CASCADE)\n    \
         text = models.TextField()\n",
    ),
    (
        "blog/serializers.py",
        "from rest_framework import serializers\n\nfrom .models import Comment, Post\n\n\n\
         class PostSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        \
         fields = [\"id\", \"title\", \"tags\"]\n\n\n\
         class CommentSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Comment\n        \
         fields = [\"id\", \"post\", \"text\"]\n",
    ),
    (
        "blog/views.py",
        "from rest_framework import viewsets\n\nfrom .models import Post\nfrom .serializers import PostSerializer\n\n\n\
         class PostViewSet(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n    \
         serializer_class = PostSerializer\n",
    ),
    (
        "blog/urls.py",
        "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\n\n\
         from .views import PostViewSet\n\nrouter = DefaultRouter()\nrouter.register(\"posts\", PostViewSet)\n\n\
         urlpatterns = [\n    path(\"\", include(router.urls)),\n]\n",
    ),
];

/// An example on the project; `params` is an object.
#[must_use]
pub fn on_blog(title: &str, params: Value) -> Example {
    let params = match params {
        Value::Object(map) => map,
        _ => JsonMap::new(),
    };
    let files = FILES.iter().map(|(path, text)| ((*path).to_owned(), Value::from(*text))).collect();
    Example { title: title.to_owned(), params, files, ..Example::default() }
}
