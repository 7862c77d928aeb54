//! Models, their fields and managers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Args, Expr, Place};

/// A model class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// `app.Name`.
    pub label: String,
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its bases, as full dotted names where the imports explain them, else as written.
    pub bases: Vec<String>,
    /// Its bases as its table has them, in the order of resolution: in the place of an abstract one of the project stand
    /// its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flat_bases: Vec<String>,
    /// Whether `Meta.abstract` is true.
    #[serde(default)]
    pub is_abstract: bool,
    /// Whether `Meta.proxy` is true.
    #[serde(default)]
    pub is_proxy: bool,
    /// Its fields: those of abstract bases in the project first, then its own, in order.
    #[serde(default)]
    pub fields: Vec<FieldFacts>,
    /// Entries of `Meta`.
    #[serde(default)]
    pub meta: Vec<(String, Expr)>,
    /// Names of other members: methods, properties, managers.
    #[serde(default)]
    pub members: Vec<String>,
    /// Fields of its bases that it does not have: `username = None`, in it or in an abstract base in the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancelled: Vec<String>,
    /// Its managers: its own, then those that abstract bases in the project give it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<ManagerFacts>,
    /// Attributes that are literal texts, such as `USERNAME_FIELD`; what a class has of its own stands before what it
    /// has from bases in the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<(String, String)>,
    /// What makes the model more than can be read statically (unknown base, field made by a call), for a
    /// refusal that names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_static: Vec<String>,
}

impl ModelFacts {
    /// The model `app.Name` with nothing in it. To begin with it and set what is known, instead of writing out every field,
    /// keeps a plugin's source valid when later versions know more.
    #[must_use]
    pub fn new(label: impl Into<String>, place: Place) -> Self {
        let label = label.into();
        let name = label.rsplit('.').next().unwrap_or_default().to_owned();
        Self {
            label,
            name,
            place,
            bases: Vec::new(),
            flat_bases: Vec::new(),
            is_abstract: false,
            is_proxy: false,
            fields: Vec::new(),
            meta: Vec::new(),
            members: Vec::new(),
            cancelled: Vec::new(),
            managers: Vec::new(),
            texts: Vec::new(),
            not_static: Vec::new(),
        }
    }

    /// The app's label.
    #[must_use]
    pub fn app(&self) -> &str {
        self.label.split('.').next().unwrap_or_default()
    }

    /// The field `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldFacts> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// What the model calls the field that new models call `name`. When a row was made and last saved, `created_at` and
    /// `updated_at`, a base may keep by names of its own.
    #[must_use]
    pub fn called<'n>(&'n self, name: &'n str) -> &'n str {
        if self.field(name).is_some() {
            return name;
        }
        let mut same = self.fields.iter().filter(|f| f.inherited_from.is_some() && f.is_moment(name));
        match (same.next(), same.next()) {
            (Some(only), None) => &only.name,
            _ => name,
        }
    }

    /// The entry `name` of `Meta`.
    #[must_use]
    pub fn meta(&self, name: &str) -> Option<&Expr> {
        self.meta.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// A manager of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagerFacts {
    /// The attribute.
    pub name: String,
    /// The class that is called for it, or whose `as_manager` is, as a full dotted name; as written if unknown.
    pub class: String,
    /// What is named to make it, as full dotted names: `blog.tenancy.tenant_only` and `blog.managers.PostManager` of
    /// `tenant_only(PostManager)()`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made_of: Vec<String>,
    /// Names that the class and its bases in the project define, and those of the class of its querysets where that is
    /// told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Whether migrations know it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_migrations: bool,
    /// Whether its class, or a base of it, stands neither in the project nor in Django: which rows it leaves out is not
    /// known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub foreign: bool,
    /// The abstract base that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<String>,
}

/// A field of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldFacts {
    /// Its name.
    pub name: String,
    /// Its class as a full dotted name, such as `django.db.models.CharField`; as written if unknown.
    pub class: String,
    /// The call's arguments.
    #[serde(default)]
    pub args: Args,
    /// What it points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// What its class extends outside of the project, as a full dotted name, where the class is one of the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The abstract base that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<String>,
    /// Its line, from 1.
    pub line: u32,
}

impl FieldFacts {
    /// The class without its module, such as `CharField`.
    #[must_use]
    pub fn class_name(&self) -> &str {
        self.class.rsplit('.').next().unwrap_or(&self.class)
    }

    /// Whether it keeps what `created_at` or `updated_at` stands for: when a row was made, or last saved.
    #[must_use]
    pub fn is_moment(&self, name: &str) -> bool {
        let option = match name {
            "created_at" => "auto_now_add",
            "updated_at" => "auto_now",
            _ => return false,
        };
        self.class_name() == "DateTimeField" && self.is_true(option)
    }

    /// Whether an option is written as true, such as `unique=True`.
    #[must_use]
    pub fn is_true(&self, option: &str) -> bool {
        self.args.keyword(option).and_then(|value| value.literal.as_ref()) == Some(&Value::Bool(true))
    }
}

/// A relation between models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// What kind.
    pub kind: RelationKind,
    /// `app.Model`; the user model is resolved. As written if it cannot be.
    pub to: String,
    /// The name of the way back, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_name: Option<String>,
}

/// Kinds of relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// Many to one.
    ForeignKey,
    /// One to one.
    OneToOne,
    /// Many to many.
    ManyToMany,
}
