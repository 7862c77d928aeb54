//! One field as Django code.

use aksara_python::edit::{Change, Edits};
use aksara_python::{Code, Layout};
use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::params::{FieldSpec, FieldType};
use serde_json::Value;

use super::names::Names;

/// `CharField` needs a length; this is what the framework's own tutorial and most projects use.
const DEFAULT_MAX_LENGTH: u32 = 200;
/// The largest number that a `PositiveSmallIntegerField` holds on every database.
const SMALL: u64 = 32767;

/// A field, ready to be written. Names are as the module's imports have them.
#[derive(Clone, Debug)]
pub(super) struct DjangoField {
    /// The name.
    pub(super) name: String,
    /// The class, such as `CharField`.
    pub(super) class: &'static str,
    /// What it points to, as it is written; relations only.
    pub(super) target: Option<String>,
    /// Its name for people, where that stands first.
    label: Option<Code>,
    /// Keyword arguments, in the order in which they are written.
    pub(super) keywords: Vec<(&'static str, Code)>,
    /// The name by which the module knows `django.db.models`.
    models: String,
    /// Imports that the arguments need: module and name; without a name, the module itself.
    imports: Vec<(&'static str, Option<&'static str>)>,
}

/// How a relation's target is written in the module at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Source, such as `Tag` or `"Tag"`.
    Source(String),
    /// The project's user model.
    User,
}

impl DjangoField {
    /// `spec` as a field of a class in a module that knows `django.db.models` as `models`.
    pub(super) fn new(
        spec: &FieldSpec,
        models: &str,
        target: Option<Target>,
        layout: &Layout,
        names: Option<&Names<'_>>,
    ) -> Result<Self, Diagnostic> {
        let mut field = Self {
            name: spec.name.clone(),
            class: class(spec),
            target: None,
            label: None,
            keywords: Vec::new(),
            models: models.to_owned(),
            imports: Vec::new(),
        };
        match target {
            Some(Target::Source(source)) => field.target = Some(source),
            Some(Target::User) => {
                field.target = Some("settings.AUTH_USER_MODEL".to_owned());
                field.imports.push(("django.conf", Some("settings")));
            }
            None => {}
        }
        field.relation_rules(spec);
        field.name_it(spec, layout, names);
        field.limits(spec);
        field.flags(spec);
        field.value(spec, layout)?;
        field.allowed(spec, layout, names)?;
        if let Some(name) = &spec.related_name {
            field.keyword("related_name", Code::raw(layout.string(name)));
        }
        if let Some(help) = &spec.help {
            field.keyword("help_text", text(help, layout, names));
        }
        Ok(field)
    }

    fn keyword(&mut self, name: &'static str, value: Code) {
        self.keywords.push((name, value));
    }

    fn relation_rules(&mut self, spec: &FieldSpec) {
        if matches!(spec.field_type, FieldType::ForeignKey | FieldType::OneToOne) {
            let rule = match spec.on_delete.as_deref() {
                Some("set_null") => "SET_NULL",
                Some("restrict") => "RESTRICT",
                Some("protect") => "PROTECT",
                _ => "CASCADE",
            };
            self.keyword("on_delete", Code::raw(format!("{}.{rule}", self.models)));
        }
    }

    fn name_it(&mut self, spec: &FieldSpec, layout: &Layout, names: Option<&Names<'_>>) {
        match names.and_then(|names| names.of_field(&spec.name, layout)) {
            Some((name, by_keyword)) if by_keyword || spec.is_relation() => {
                self.keyword("verbose_name", name)
            }
            Some((name, _)) => self.label = Some(name),
            None => {}
        }
    }

    fn limits(&mut self, spec: &FieldSpec) {
        let default = (spec.field_type == FieldType::String).then_some(DEFAULT_MAX_LENGTH);
        if let Some(length) = spec.max_length.or(default) {
            self.keyword("max_length", Code::raw(length.to_string()));
        }
        if spec.field_type == FieldType::Decimal {
            self.keyword("max_digits", Code::raw(spec.max_digits.unwrap_or(10).to_string()));
            self.keyword("decimal_places", Code::raw(spec.decimal_places.unwrap_or(2).to_string()));
        }
    }

    fn flags(&mut self, spec: &FieldSpec) {
        // Slugs and relations to one have an index, and so has whatever is unique.
        let has_index = spec.unique
            || matches!(spec.field_type, FieldType::Slug | FieldType::ForeignKey | FieldType::OneToOne);
        let flags = [
            ("unique", spec.unique && spec.field_type != FieldType::OneToOne),
            ("db_index", spec.index && !has_index),
            ("blank", spec.blank),
            ("null", spec.null),
            ("auto_now_add", spec.set_on_create),
            ("auto_now", spec.set_on_save),
        ];
        for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
            self.keyword(name, Code::raw("True"));
        }
        if spec.internal {
            self.keyword("editable", Code::raw("False"));
        }
    }

    fn value(&mut self, spec: &FieldSpec, layout: &Layout) -> Result<(), Diagnostic> {
        let Some(value) = &spec.initial else { return Ok(()) };
        let wrong = |what: &str| {
            Diagnostic::new(
                codes::BAD_PARAMS,
                format!("`{value}` cannot be the initial value of `{}`: {what}", spec.name),
            )
            .with_help("give a value that fits the field's type, or leave it out")
        };
        let code = match (spec.field_type, value) {
            (_, Value::Null) if spec.null => Code::raw("None"),
            (FieldType::Boolean, Value::Bool(_))
            | (FieldType::Float, Value::Number(_))
            | (
                FieldType::String | FieldType::Text | FieldType::Slug | FieldType::Email | FieldType::Url,
                Value::String(_),
            ) => layout.literal(value),
            (FieldType::Integer | FieldType::BigInteger, Value::Number(n)) if n.is_i64() => {
                layout.literal(value)
            }
            (FieldType::PositiveInteger, Value::Number(n)) if n.is_u64() => layout.literal(value),
            (FieldType::Decimal, Value::Number(_) | Value::String(_)) => self.decimal(value, layout),
            (FieldType::Json, Value::Object(entries)) if entries.is_empty() => Code::raw("dict"),
            (FieldType::Json, Value::Array(items)) if items.is_empty() => Code::raw("list"),
            (FieldType::Json, Value::Object(_) | Value::Array(_)) => {
                return Err(wrong("one list or dict would be shared by all rows"));
            }
            (FieldType::Json, _) => layout.literal(value),
            (FieldType::Datetime, Value::String(text)) if text == "now" => {
                self.imports.push(("django.utils", Some("timezone")));
                Code::raw("timezone.now")
            }
            (FieldType::Uuid, Value::String(text)) if text == "random" => {
                self.imports.push(("uuid", None));
                Code::raw("uuid.uuid4")
            }
            (FieldType::Datetime, _) => return Err(wrong("only \"now\" is known for moments")),
            (FieldType::Uuid, _) => return Err(wrong("only \"random\" is known for UUIDs")),
            (FieldType::Date | FieldType::Time | FieldType::Duration, _) => {
                return Err(wrong("such a value has no literal"));
            }
            _ => return Err(wrong("it is of another type")),
        };
        self.keyword("default", code);
        Ok(())
    }

    /// Choices and validators.
    fn allowed(
        &mut self,
        spec: &FieldSpec,
        layout: &Layout,
        names: Option<&Names<'_>>,
    ) -> Result<(), Diagnostic> {
        if !spec.choices.is_empty() {
            let pairs = spec
                .choices
                .iter()
                .map(|(value, label)| Code::Tuple(vec![layout.literal(value), text(label, layout, names)]));
            self.keyword("choices", Code::List(pairs.collect()));
        }
        let mut validators = Vec::new();
        for (bound, class) in [(&spec.min, "MinValueValidator"), (&spec.max, "MaxValueValidator")] {
            let Some(value) = bound else { continue };
            let as_text = spec.field_type == FieldType::Decimal && value.is_string();
            if !value.is_number() && !as_text {
                return Err(Diagnostic::new(
                    codes::BAD_PARAMS,
                    format!("`{value}` cannot bound `{}`: it is not a number", spec.name),
                )
                .with_help("give min and max as numbers"));
            }
            let value = match spec.field_type {
                FieldType::Decimal => self.decimal(value, layout),
                _ => layout.literal(value),
            };
            self.imports.push(("django.core.validators", Some(class)));
            validators.push(Code::Call(class.to_owned(), vec![(None, value)]));
        }
        if !validators.is_empty() {
            self.keyword("validators", Code::List(validators));
        }
        Ok(())
    }

    fn decimal(&mut self, value: &Value, layout: &Layout) -> Code {
        self.imports.push(("decimal", Some("Decimal")));
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Code::Call("Decimal".to_owned(), vec![(None, Code::raw(layout.string(&text)))])
    }

    /// The class with its module, as facts have it.
    pub(super) fn class_path(&self) -> String {
        format!("django.db.models.{}", self.class)
    }

    /// `name = models.Field(…)`, as a member of a class.
    pub(super) fn source(&self, layout: &Layout) -> String {
        let target = self.target.iter().map(|target| (None, Code::raw(target.clone())));
        let label = self.label.iter().map(|label| (None, label.clone()));
        let keywords = self.keywords.iter().map(|(name, value)| (Some((*name).to_owned()), value.clone()));
        let call = Code::Call(
            format!("{}.{}", self.models, self.class),
            target.chain(label).chain(keywords).collect(),
        );
        layout.assignment(&self.name, &call, 1)
    }

    /// Refuses a field whose code names something that another field of the class, or the class itself, would hide:
    /// one of `others`.
    pub(super) fn check_hidden<'n>(&self, others: impl Iterator<Item = &'n str>) -> Result<(), Diagnostic> {
        let used = |other: &str| {
            self.models == other || self.imports.iter().any(|(module, name)| name.unwrap_or(module) == other)
        };
        match others.into_iter().find(|other| used(other)) {
            None => Ok(()),
            Some(other) => Err(Diagnostic::new(
                codes::REFUSED,
                format!("`{other}` hides the import of that name, which the field `{}` needs", self.name),
            )
            .with_help("choose another name for one of them")),
        }
    }

    /// Makes the imports that the field needs.
    pub(super) fn import(&self, edits: &mut Edits) -> Result<(), Diagnostic> {
        for (module, name) in &self.imports {
            let _: Change = match name {
                Some(name) => edits.import_from(module, name)?,
                None => edits.import_module(module)?,
            };
        }
        Ok(())
    }
}

/// A text for people.
fn text(text: &str, layout: &Layout, names: Option<&Names<'_>>) -> Code {
    names.map_or_else(|| Code::raw(layout.string(text)), |names| names.text(text, layout))
}

fn class(spec: &FieldSpec) -> &'static str {
    match spec.field_type {
        FieldType::String => "CharField",
        FieldType::Text => "TextField",
        FieldType::Integer => "IntegerField",
        FieldType::PositiveInteger => match spec.max.as_ref().and_then(Value::as_u64) {
            Some(max) if max <= SMALL => "PositiveSmallIntegerField",
            _ => "PositiveIntegerField",
        },
        FieldType::BigInteger => "BigIntegerField",
        FieldType::Float => "FloatField",
        FieldType::Decimal => "DecimalField",
        FieldType::Boolean => "BooleanField",
        FieldType::Date => "DateField",
        FieldType::Datetime => "DateTimeField",
        FieldType::Time => "TimeField",
        FieldType::Duration => "DurationField",
        FieldType::Uuid => "UUIDField",
        FieldType::Json => "JSONField",
        FieldType::Email => "EmailField",
        FieldType::Url => "URLField",
        FieldType::Slug => "SlugField",
        FieldType::ForeignKey => "ForeignKey",
        FieldType::OneToOne => "OneToOneField",
        FieldType::ManyToMany => "ManyToManyField",
    }
}
