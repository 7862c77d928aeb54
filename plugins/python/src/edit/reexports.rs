//! Names that packages give from several modules: an import from another one is the same import.

/// Modules whose names another module gives too, which is the one to import from.
const MODULES: [(&str, &str); 19] = [
    ("django.db.models.aggregates", "django.db.models"),
    ("django.db.models.base", "django.db.models"),
    ("django.db.models.constraints", "django.db.models"),
    ("django.db.models.deletion", "django.db.models"),
    ("django.db.models.enums", "django.db.models"),
    ("django.db.models.expressions", "django.db.models"),
    ("django.db.models.fields", "django.db.models"),
    ("django.db.models.fields.json", "django.db.models"),
    ("django.db.models.fields.related", "django.db.models"),
    ("django.db.models.indexes", "django.db.models"),
    ("django.db.models.manager", "django.db.models"),
    ("django.db.models.query", "django.db.models"),
    ("django.db.models.query_utils", "django.db.models"),
    ("django.http.response", "django.http"),
    ("django.test.testcases", "django.test"),
    ("django.urls.base", "django.urls"),
    ("django.urls.conf", "django.urls"),
    ("rest_framework.fields", "rest_framework.serializers"),
    ("rest_framework.relations", "rest_framework.serializers"),
];

/// Single names that other modules give too.
const NAMES: [(&str, &str, &str); 7] = [
    ("django.conf.urls", "include", "django.urls"),
    ("django.db.models", "ObjectDoesNotExist", "django.core.exceptions"),
    ("django.forms", "ValidationError", "django.core.exceptions"),
    ("django.forms.utils", "ValidationError", "django.core.exceptions"),
    ("django_filters.rest_framework.backends", "DjangoFilterBackend", "django_filters.rest_framework"),
    ("rest_framework.fields", "ValidationError", "rest_framework.exceptions"),
    ("rest_framework.serializers", "ValidationError", "rest_framework.exceptions"),
];

/// The module to import `name` of `module` from.
pub(super) fn home<'m>(module: &'m str, name: &str) -> &'m str {
    let of_name = NAMES.iter().find(|(from, what, _)| *from == module && *what == name);
    let of_module = || MODULES.iter().find(|(from, _)| *from == module).map(|(_, home)| *home);
    of_name.map(|(_, _, home)| *home).or_else(of_module).unwrap_or(module)
}
