//! What serves models: serializers, viewsets, filter sets, admin pages.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Expr, Narrowing, Parts, Place};

/// A serializer class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SerializerFacts {
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its bases, as full dotted names where the imports explain them.
    pub bases: Vec<String>,
    /// `app.Model` of its `Meta.model`.
    pub model: Option<String>,
    /// `Meta.fields`: the names, or `None` for `"__all__"` and for what is not a literal list.
    pub fields: Option<Vec<String>>,
    /// `Meta.fields` as it is written.
    pub fields_source: Option<Expr>,
    /// Names of declared fields.
    #[serde(default)]
    pub declared: Vec<String>,
    /// Declared fields as they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declarations: Vec<(String, Expr)>,
    /// Other entries of `Meta`.
    #[serde(default)]
    pub meta: Vec<(String, Expr)>,
    /// Its methods, those of bases in the project included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// Where the class of the project stands that it has its `Meta.fields` from, by inheritance or by
    /// `fields = Base.Meta.fields + [...]`; absent if it says them itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields_from: Option<Place>,
}

/// A viewset or generic view class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewsetFacts {
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its bases, as full dotted names where the imports explain them.
    pub bases: Vec<String>,
    /// `app.Model` of its queryset, else of its serializer.
    pub model: Option<String>,
    /// The class named by `serializer_class`.
    pub serializer: Option<String>,
    /// All serializer classes that it may use: that one, and those that `get_serializer_class` gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serializers: Vec<String>,
    /// How the one who asks decides which rows there are, if that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowing: Option<Narrowing>,
    /// Class attributes.
    #[serde(default)]
    pub attributes: Vec<(String, Expr)>,
    /// Class attributes that it has from bases in the project, of the nearest that has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherited: Vec<(String, Expr)>,
    /// The bases of its bases in the project, as full dotted names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherited_bases: Vec<String>,
    /// Methods, extra actions among them.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Methods of its bases in the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherited_methods: Vec<String>,
    /// Names of extra actions.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Its decorators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decorators: Vec<Expr>,
}

impl ViewsetFacts {
    /// The class attribute `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Expr> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The class attribute `name`, its own or that of a base in the project.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Expr> {
        let inherited = || self.inherited.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        self.attribute(name).or_else(inherited)
    }

    /// The classes that the attribute `name` lists, its own or that of a base in the project.
    #[must_use]
    pub fn classes(&self, name: &str) -> &[Expr] {
        let Some(value) = self.value(name) else { return &[] };
        match value.parts.as_deref() {
            Some(Parts::List(items) | Parts::Tuple(items)) => items,
            _ => std::slice::from_ref(value),
        }
    }

    /// Whether a method of its own says who may use it.
    #[must_use]
    pub fn decides_permissions(&self) -> bool {
        self.methods.iter().any(|method| method == "get_permissions")
    }

    /// Whether only staff may use it, as far as its classes tell.
    #[must_use]
    pub fn is_for_staff(&self) -> bool {
        self.classes("permission_classes").iter().any(|class| class.source.ends_with("IsAdminUser"))
    }

    /// Whether it is a viewset and not a view.
    #[must_use]
    pub fn is_viewset(&self) -> bool {
        self.bases.iter().any(|base| base.ends_with("ViewSet"))
    }

    /// Whether it is one of the generic views, or of such a class.
    #[must_use]
    pub fn is_generic(&self) -> bool {
        let mut names = self.bases.iter().filter_map(|base| base.rsplit('.').next());
        names.any(|name| name.ends_with("APIView") && name != "APIView")
    }

    /// What clients can do with it: of `create`, `list`, `retrieve`, `update` and `delete`, as far as its bases,
    /// methods and `http_method_names` tell, its own or those of bases in the project. A base that is not known is taken
    /// for what such bases are for: everything.
    #[must_use]
    pub fn offered(&self) -> Vec<&'static str> {
        // Action, mixin, request method, word in the name of a generic view.
        const ALL: [(&str, &str, &str, &str); 5] = [
            ("create", "CreateModelMixin", "post", "Create"),
            ("list", "ListModelMixin", "get", "List"),
            ("retrieve", "RetrieveModelMixin", "get", "Retrieve"),
            ("update", "UpdateModelMixin", "patch", "Update"),
            ("delete", "DestroyModelMixin", "delete", "Destroy"),
        ];
        let bases = self.bases.iter().chain(&self.inherited_bases);
        let bases: Vec<&str> = bases.filter_map(|b| b.rsplit('.').next()).collect();
        let says_what = |base: &&str| {
            matches!(*base, "GenericViewSet" | "ViewSet" | "ReadOnlyModelViewSet")
                || base.ends_with("APIView")
        };
        let named = bases.iter().any(says_what);
        let methods: Option<Vec<&str>> = self
            .value("http_method_names")
            .and_then(|e| e.literal.as_ref())
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect());
        ALL.iter()
            .filter(|(action, mixin, method, word)| {
                let by_base = bases.iter().any(|base| match *base {
                    "ReadOnlyModelViewSet" => *method == "get",
                    base if base.ends_with("APIView") => base.contains(word),
                    base => base == *mixin,
                });
                let by_method = self
                    .methods
                    .iter()
                    .chain(&self.inherited_methods)
                    .any(|m| m == action || (*action == "delete" && m == "destroy"));
                (!named || by_base || by_method)
                    && methods
                        .as_ref()
                        .is_none_or(|names| names.iter().any(|n| n.eq_ignore_ascii_case(method)))
            })
            .map(|(action, ..)| *action)
            .collect()
    }
}

/// A django-filter filter set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterSetFacts {
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// `app.Model` of its `Meta.model`.
    pub model: Option<String>,
    /// `Meta.fields`.
    pub fields: Option<Expr>,
    /// Names of declared filters.
    #[serde(default)]
    pub declared: Vec<String>,
}

/// An admin registration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminFacts {
    /// Whether it is a call, such as `admin.site.register(Post, PostAdmin)`, and no decorator.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_call: bool,
    /// The admin class, if there is one.
    pub name: Option<String>,
    /// `app.Model`.
    pub model: Option<String>,
    /// Where it stands.
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RelPath;

    #[test]
    fn what_a_viewset_offers_follows_from_its_bases() {
        let viewset = |bases: &[&str]| ViewsetFacts {
            name: "V".into(),
            place: Place { file: RelPath::new("a/views.py").unwrap(), line: 1 },
            bases: bases.iter().map(|b| (*b).to_owned()).collect(),
            model: None,
            serializer: None,
            serializers: Vec::new(),
            narrowing: None,
            attributes: Vec::new(),
            inherited: Vec::new(),
            inherited_bases: Vec::new(),
            methods: Vec::new(),
            inherited_methods: Vec::new(),
            actions: Vec::new(),
            decorators: Vec::new(),
        };
        for (bases, offered) in [
            (&["rest_framework.viewsets.ModelViewSet"][..], "create list retrieve update delete"),
            (&["shop.base.BaseViewSet"], "create list retrieve update delete"),
            (&["rest_framework.viewsets.ReadOnlyModelViewSet"], "list retrieve"),
            (
                &["rest_framework.mixins.CreateModelMixin", "rest_framework.viewsets.ReadOnlyModelViewSet"],
                "create list retrieve",
            ),
            (&["rest_framework.mixins.ListModelMixin", "rest_framework.viewsets.GenericViewSet"], "list"),
            (&["rest_framework.generics.ListCreateAPIView"], "create list"),
            (&["rest_framework.generics.RetrieveUpdateDestroyAPIView"], "retrieve update delete"),
            (&["rest_framework.generics.GenericAPIView"], ""),
            (&["rest_framework.viewsets.ViewSet"], ""),
        ] {
            assert_eq!(viewset(bases).offered().join(" "), offered, "{bases:?}");
        }
        // What a base in the project is for is told by its own bases.
        let mut based = viewset(&["shop.base.TagViewSet"]);
        based.inherited_bases =
            viewset(&["rest_framework.mixins.ListModelMixin", "rest_framework.viewsets.GenericViewSet"])
                .bases;
        based.inherited_methods = vec!["destroy".to_owned()];
        assert_eq!(based.offered().join(" "), "list delete");
        let mut by_hand = viewset(&["rest_framework.viewsets.ViewSet"]);
        by_hand.methods = vec!["list".into(), "destroy".into()];
        assert_eq!(by_hand.offered(), ["list", "delete"]);
        let mut reading = viewset(&["rest_framework.viewsets.ModelViewSet"]);
        let names = Expr {
            source: "[\"get\"]".into(),
            literal: Some(serde_json::json!(["get"])),
            path: None,
            parts: None,
        };
        reading.attributes = vec![("http_method_names".into(), names)];
        assert_eq!(reading.offered(), ["list", "retrieve"]);
    }
}
