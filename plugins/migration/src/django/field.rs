//! Model fields as `Field.deconstruct` gives them: a class and the arguments that differ from its defaults.

use aksara_sdk::protocol::facts::{Args, FieldFacts, Relation};

use super::read::{NotStatic, Project, canonical, literal_value};
use super::value::{Call, Imports, Value};

/// A field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    call: Call,
    /// What it points to, if it is a relation.
    pub(super) target: Option<Target>,
}

/// What a relation points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// `(app, model in lower case)`.
    pub(super) model: (String, String),
    /// Whether it is the user model, which a project may swap.
    pub(super) swappable: bool,
    /// The model of a many-to-many relation's rows, if it is a model of its own.
    pub(super) through: Option<(String, String)>,
}

/// The field classes that `django.db.models` exports.
const CLASSES: [&str; 35] = [
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BinaryField",
    "BooleanField",
    "CharField",
    "CommaSeparatedIntegerField",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DurationField",
    "EmailField",
    "FileField",
    "FilePathField",
    "FloatField",
    "ForeignKey",
    "GeneratedField",
    "GenericIPAddressField",
    "IPAddressField",
    "ImageField",
    "IntegerField",
    "JSONField",
    "ManyToManyField",
    "NullBooleanField",
    "OneToOneField",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "SlugField",
    "SmallAutoField",
    "SmallIntegerField",
    "TextField",
    "TimeField",
    "URLField",
    "UUIDField",
];

const ARRAY_FIELD: &str = "django.contrib.postgres.fields.ArrayField";

/// Whether `path` is a field class whose `deconstruct` is known here.
pub(super) fn is_model_field(path: &str) -> bool {
    path == ARRAY_FIELD || path.strip_prefix("django.db.models.").is_some_and(|name| CLASSES.contains(&name))
}

impl Field {
    /// The field that `facts` describe, of the model `model` (its class's name).
    ///
    /// # Errors
    /// The argument that is not known without running the project.
    pub(super) fn of(project: &Project<'_>, facts: &FieldFacts, model: &str) -> Result<Self, NotStatic> {
        if facts.args.star {
            return Err(NotStatic::new(&facts.class, "gets arguments by `*` or `**`"));
        }
        let path = canonical(&facts.class);
        if !path.contains('.') {
            return Err(NotStatic::new(&facts.class, "is a field class that no import explains"));
        }
        Self::read(project, &path, &facts.args, facts.relation.as_ref(), model)
    }

    /// The field that a call of the class `path` makes.
    pub(super) fn read(
        project: &Project<'_>,
        path: &str,
        args: &Args,
        relation: Option<&Relation>,
        model: &str,
    ) -> Result<Self, NotStatic> {
        if !is_model_field(path) {
            return Self::foreign(project, path, args);
        }
        let name = path.rsplit('.').next().unwrap_or(path);
        let is_relation = matches!(name, "ForeignKey" | "OneToOneField" | "ManyToManyField");
        let parameters = parameters(name);
        if args.positional.len() > parameters.len() {
            return Err(NotStatic::new(name, "has more positional arguments than expected"));
        }
        let given = parameters
            .iter()
            .copied()
            .zip(&args.positional)
            .chain(args.keywords.iter().map(|(key, value)| (key.as_str(), value)));
        let mut call = Call { path: path.to_owned(), args: Vec::new(), kwargs: Vec::new() };
        let mut target = None;
        for (key, written) in given {
            if matches!((is_relation, key), (true, "to" | "through")) {
                let label = match project.value(written) {
                    Ok(Value::None) => continue,
                    Ok(value) => Label::of(project, &value, model),
                    Err(_) if key == "to" && relation.is_some() => None,
                    Err(error) => return Err(error),
                };
                let label = match (key, relation) {
                    // The facts have followed the name already.
                    ("to", Some(relation)) => Label::parse(project, &relation.to, model),
                    _ => label
                        .ok_or_else(|| NotStatic::new(&written.source, "is a model that was not found"))?,
                };
                let target = target.get_or_insert(Target {
                    model: (String::new(), String::new()),
                    swappable: false,
                    through: None,
                });
                if key == "to" {
                    target.swappable = project.user_model().as_ref() == Some(&label.key());
                    target.model = label.key();
                    let value = if target.swappable {
                        Value::Setting("AUTH_USER_MODEL".to_owned())
                    } else {
                        Value::Str(format!("{}.{}", label.app, label.model.to_lowercase()))
                    };
                    call.set("to", value);
                } else {
                    target.through = Some(label.key());
                    call.set("through", Value::Str(format!("{}.{}", label.app, label.model)));
                }
                continue;
            }
            let value = match (key, &written.literal) {
                // Tuples and lists are the same in choices, so the literal says enough, wherever it is defined.
                ("choices", Some(literal)) => literal_value(literal),
                _ => project.value(written)?,
            };
            call.set(key, value);
        }
        if is_relation && call.kwarg("to").is_none() {
            return Err(NotStatic::new(name, "does not say what it points to"));
        }
        normalise(name, &mut call);
        if call.kwarg("to_field").is_some() && points_to_key(project, &call, target.as_ref()) {
            call.kwargs.retain(|(key, _)| key != "to_field");
        }
        Ok(Field { call, target })
    }

    /// A field of a class that is not Django's: it is taken as it is written.
    fn foreign(project: &Project<'_>, path: &str, args: &Args) -> Result<Self, NotStatic> {
        let positional = args.positional.iter().map(|a| project.value(a)).collect::<Result<_, _>>()?;
        let kwargs = args
            .keywords
            .iter()
            .map(|(key, value)| Ok((key.clone(), project.value(value)?)))
            .collect::<Result<_, NotStatic>>()?;
        Ok(Field { call: Call { path: path.to_owned(), args: positional, kwargs }, target: None })
    }

    /// The key that Django adds to a model without one.
    pub(super) fn auto_key(class: &str) -> Self {
        let kwargs = [
            ("auto_created", Value::Bool(true)),
            ("primary_key", Value::Bool(true)),
            ("serialize", Value::Bool(false)),
            ("verbose_name", Value::str("ID")),
        ];
        let kwargs = kwargs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Field { call: Call { path: canonical(class), args: Vec::new(), kwargs }, target: None }
    }

    pub(super) fn into_call(self) -> Call {
        self.call
    }

    pub(super) fn kwarg(&self, name: &str) -> Option<&Value> {
        self.call.kwarg(name)
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.call.set(name, value);
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.call.kwargs.retain(|(key, _)| key != name);
    }

    /// The class without its module.
    pub(super) fn class(&self) -> &str {
        self.call.path.rsplit('.').next().unwrap_or(&self.call.path)
    }

    /// Whether its `deconstruct` is known, so that a comparison with a written one means something.
    pub(super) fn is_known(&self) -> bool {
        is_model_field(&self.call.path)
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.call.same(&other.call)
    }

    /// Whether both make the same column: they differ in nothing, or in what only Python sees.
    pub(super) fn has_same_column(&self, other: &Self) -> bool {
        // `Field.non_database_attrs`. What `on_delete` says, Django does itself.
        const PYTHON: [&str; 11] = [
            "blank",
            "choices",
            "editable",
            "error_messages",
            "help_text",
            "limit_choices_to",
            "on_delete",
            "related_name",
            "related_query_name",
            "validators",
            "verbose_name",
        ];
        let column = |field: &Self| {
            let mut column = field.clone();
            column.call.kwargs.retain(|(key, _)| !PYTHON.contains(&key.as_str()));
            column
        };
        column(self).same(&column(other))
    }

    /// The field that django-simple-history keeps of this one in the model of old rows. Nothing for a relation to many,
    /// which it does not keep by itself.
    pub(super) fn in_history(&self, files_as: &str) -> Option<Self> {
        let mut field = self.clone();
        let is_key = self.is("primary_key");
        let is_unique = self.is("unique") || is_key;
        for key in ["primary_key", "unique", "serialize", "auto_created"] {
            field.unset(key);
        }
        match self.class() {
            "ManyToManyField" | "GeneratedField" => return None,
            "ForeignKey" | "OneToOneField" => {
                field.call.path = "django.db.models.ForeignKey".to_owned();
                field.unset("db_index");
                for (key, value) in [
                    ("blank", Value::Bool(true)),
                    ("db_constraint", Value::Bool(false)),
                    ("null", Value::Bool(true)),
                    ("on_delete", Value::Name("django.db.models.deletion.DO_NOTHING".to_owned())),
                    ("related_name", Value::str("+")),
                ] {
                    field.set(key, value);
                }
                return Some(field);
            }
            "BigAutoField" => field.call.path = "django.db.models.BigIntegerField".to_owned(),
            "AutoField" | "SmallAutoField" => {
                field.call.path = "django.db.models.IntegerField".to_owned();
            }
            "FileField" | "ImageField" => {
                field.call.path = format!("django.db.models.{files_as}");
                if field.kwarg("max_length").is_none() {
                    field.set("max_length", Value::Int(100));
                }
                for key in ["upload_to", "storage", "width_field", "height_field"] {
                    field.unset(key);
                }
            }
            _ => {}
        }
        if self.is("auto_now") || self.is("auto_now_add") {
            field.unset("auto_now");
            field.unset("auto_now_add");
            field.set("blank", Value::Bool(true));
            field.set("editable", Value::Bool(false));
        }
        field.unset("db_collation");
        if is_unique && self.class() != "SlugField" {
            field.set("db_index", Value::Bool(true));
        }
        Some(field)
    }

    pub(super) fn is(&self, flag: &str) -> bool {
        self.kwarg(flag).is_some_and(Value::is_true)
    }

    pub(super) fn is_many_to_many(&self) -> bool {
        self.class() == "ManyToManyField"
    }

    pub(super) fn has_default(&self) -> bool {
        self.kwarg("default").is_some() || self.kwarg("db_default").is_some()
    }

    pub(super) fn is_set_on_create(&self) -> bool {
        self.is("auto_now_add")
    }

    /// Whether adding it as a column needs no value for rows that are already there.
    pub(super) fn fills_itself(&self) -> bool {
        let empty_text = !matches!(
            self.class(),
            "AutoField"
                | "BigAutoField"
                | "BigIntegerField"
                | "BooleanField"
                | "DateField"
                | "DateTimeField"
                | "DecimalField"
                | "DurationField"
                | "FloatField"
                | "ForeignKey"
                | "GenericIPAddressField"
                | "IntegerField"
                | "JSONField"
                | "OneToOneField"
                | "PositiveBigIntegerField"
                | "PositiveIntegerField"
                | "PositiveSmallIntegerField"
                | "SmallAutoField"
                | "SmallIntegerField"
                | "TimeField"
                | "UUIDField"
        );
        self.is("null")
            || self.has_default()
            || self.is_many_to_many()
            || (self.is("blank") && empty_text)
            || self.is("auto_now")
            || matches!(self.class(), "AutoField" | "BigAutoField" | "SmallAutoField" | "GeneratedField")
    }

    /// The column's name.
    pub(super) fn column(&self, name: &str) -> String {
        match (self.kwarg("db_column").and_then(Value::as_str), self.class()) {
            (Some(column), _) => column.to_owned(),
            (None, "ForeignKey" | "OneToOneField") => format!("{name}_id"),
            (None, _) => name.to_owned(),
        }
    }

    pub(super) fn write(&self, imports: &mut Imports) -> String {
        self.call.write(imports)
    }
}

/// `app.Model`.
struct Label {
    app: String,
    model: String,
}

impl Label {
    /// The model that a value names: a text, the swappable setting, or a class.
    fn of(project: &Project<'_>, value: &Value, model: &str) -> Option<Self> {
        match value {
            Value::Str(text) => Some(Self::parse(project, text, model)),
            Value::Setting(_) => Some(Self::parse(project, &project.facts.settings.auth_user_model, model)),
            Value::Name(path) => {
                project.model_by_path(path).map(|found| Self::parse(project, &found.label, model))
            }
            _ => None,
        }
    }

    fn parse(project: &Project<'_>, text: &str, model: &str) -> Self {
        if text == "self" {
            return Self { app: project.app.to_owned(), model: model.to_owned() };
        }
        let (app, name) = text.split_once('.').unwrap_or((project.app, text));
        // Migrations name models in lower case; the class's own name is what `through` shows.
        let model = project.model(app, name).map_or(name, |found| &found.name);
        Self { app: app.to_owned(), model: model.to_owned() }
    }

    fn key(&self) -> (String, String) {
        (self.app.clone(), self.model.to_lowercase())
    }
}

/// The parameters of a class's `__init__` that can be given by position.
fn parameters(class: &str) -> &'static [&'static str] {
    match class {
        "ForeignKey" => &[
            "to",
            "on_delete",
            "related_name",
            "related_query_name",
            "limit_choices_to",
            "parent_link",
            "to_field",
            "db_constraint",
        ],
        "OneToOneField" => &["to", "on_delete", "to_field"],
        "ManyToManyField" => &[
            "to",
            "related_name",
            "related_query_name",
            "limit_choices_to",
            "symmetrical",
            "through",
            "through_fields",
            "db_constraint",
            "db_table",
            "swappable",
        ],
        "DecimalField" => &["verbose_name", "name", "max_digits", "decimal_places"],
        "DateField" | "DateTimeField" | "TimeField" => &["verbose_name", "name", "auto_now", "auto_now_add"],
        "FileField" => &["verbose_name", "name", "upload_to", "storage"],
        "ImageField" => &["verbose_name", "name", "width_field", "height_field"],
        "FilePathField" => {
            &["verbose_name", "name", "path", "match", "recursive", "allow_files", "allow_folders"]
        }
        "GenericIPAddressField" => &["verbose_name", "name", "protocol", "unpack_ipv4"],
        "JSONField" => &["verbose_name", "name", "encoder", "decoder"],
        "ArrayField" => &["base_field", "size"],
        "UUIDField" => &["verbose_name"],
        _ => &["verbose_name", "name", "primary_key", "max_length", "unique", "blank", "null", "db_index"],
    }
}

/// Leaves out what equals the class's defaults, and brings the rest to the form that `deconstruct` gives.
fn normalise(class: &str, call: &mut Call) {
    let key = call.kwarg("primary_key").is_some_and(Value::is_true);
    let set_by_framework =
        ["auto_now", "auto_now_add"].iter().any(|k| call.kwarg(k).is_some_and(Value::is_true));
    call.kwargs.retain(|(name, value)| {
        let dropped = match (name.as_str(), class) {
            ("name", _) | ("symmetrical" | "swappable", "ManyToManyField") => true,
            ("unique", "OneToOneField") => true,
            ("null" | "blank", _) if *value == Value::Bool(false) => true,
            ("blank", "AutoField" | "BigAutoField" | "SmallAutoField" | "GeneratedField") => true,
            ("blank" | "editable", "DateField" | "DateTimeField" | "TimeField") if set_by_framework => true,
            ("editable", "BinaryField") => *value == Value::Bool(false),
            ("editable", "GeneratedField") => true,
            ("db_index", "SlugField" | "ForeignKey" | "OneToOneField") => value.is_true(),
            ("max_length", "SlugField") => *value == Value::Int(50),
            ("max_length", "URLField") => *value == Value::Int(200),
            ("max_length", "FileField" | "ImageField" | "FilePathField") => *value == Value::Int(100),
            ("max_length", "UUIDField" | "GenericIPAddressField") => true,
            ("protocol", "GenericIPAddressField") => value.as_str() == Some("both"),
            ("path", "FilePathField") => value.as_str() == Some(""),
            ("limit_choices_to", _) => matches!(value, Value::None | Value::Dict(_)) && is_empty(value),
            ("validators", _) => is_empty(value),
            ("help_text", _) => value.as_str() == Some(""),
            ("db_collation", _) => matches!(value, Value::None) || value.as_str() == Some(""),
            ("editable" | "serialize" | "db_constraint" | "allow_files" | "allow_folders", _) => {
                value.is_true()
            }
            ("default" | "db_default" | "upload_to" | "size" | "on_delete" | "to", _) => false,
            ("storage", _) => matches!(value, Value::None),
            (
                "primary_key" | "unique" | "db_index" | "auto_created" | "auto_now" | "auto_now_add"
                | "parent_link" | "allow_unicode" | "unpack_ipv4" | "recursive",
                _,
            ) => *value == Value::Bool(false),
            _ => *value == Value::None,
        };
        !dropped
    });
    if class == "EmailField" && call.kwarg("max_length").is_none() {
        call.set("max_length", Value::Int(254));
    }
    if class == "BinaryField" && call.kwarg("editable").is_some() {
        call.set("editable", Value::Bool(true));
    }
    if class == "ArrayField" && call.kwarg("size").is_none() {
        call.set("size", Value::None);
    }
    if matches!(class, "FileField" | "ImageField") && call.kwarg("upload_to").is_none() {
        call.set("upload_to", Value::str(""));
    }
    if key {
        call.set("serialize", Value::Bool(false));
        if matches!(class, "AutoField" | "BigAutoField" | "SmallAutoField") {
            call.set("primary_key", Value::Bool(true));
        }
    }
    if let Some(choices) = call.kwarg("choices").cloned() {
        call.set("choices", pairs(choices, 0));
    }
    if let Some(Value::Tuple(validators)) = call.kwarg("validators").cloned() {
        call.set("validators", Value::List(validators));
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Dict(entries) => entries.is_empty(),
        value => value.items().is_some_and(<[Value]>::is_empty),
    }
}

/// `choices` as Django keeps them: a list of pairs, two levels deep at most.
fn pairs(choices: Value, depth: usize) -> Value {
    let entries: Vec<(Value, Value)> = match &choices {
        Value::Dict(entries) => entries.clone(),
        value => {
            let pair = |item: &Value| match item.items() {
                Some([key, label]) => Some((key.clone(), label.clone())),
                _ => None,
            };
            match value.items().and_then(|items| items.iter().map(pair).collect()) {
                Some(entries) => entries,
                None => return choices,
            }
        }
    };
    if depth > 1 {
        return choices;
    }
    let pair = |(key, label): (Value, Value)| Value::Tuple(vec![key, pairs(label, depth + 1)]);
    Value::List(entries.into_iter().map(pair).collect())
}

/// Whether `to_field` names the target's primary key, which goes without saying.
fn points_to_key(project: &Project<'_>, call: &Call, target: Option<&Target>) -> bool {
    let (Some(target), Some(to_field)) = (target, call.kwarg("to_field").and_then(Value::as_str)) else {
        return false;
    };
    match project.model(&target.model.0, &target.model.1) {
        Some(model) => {
            let is_key = |f: &&aksara_sdk::protocol::facts::FieldFacts| {
                f.args.keyword("primary_key").is_some_and(|e| e.literal == Some(true.into()))
            };
            model.fields.iter().find(is_key).map_or("id", |f| &f.name) == to_field
        }
        None => to_field == "id",
    }
}
