//! From source expressions to [`Value`]s, as importing the module and asking for `deconstruct` would give them.
//!
//! Only what the facts explain is read. A constant of another module, a comprehension, a call of a function:
//! all that is refused with a reason, because its value is not known without running the project.

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{Args, Expr, ModelFacts, Parts};
use serde_json::Value as Json;

use super::field::{Field, is_model_field};
use super::value::{Call, Value};

/// Why an expression's value is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{source_text}` {reason}")]
pub(super) struct NotStatic {
    source_text: String,
    reason: &'static str,
}

impl NotStatic {
    pub(super) fn new(written: &str, reason: &'static str) -> Self {
        let mut source_text: String = written.chars().take(60).collect();
        if source_text.len() < written.len() {
            source_text.push('…');
        }
        Self { source_text, reason }
    }
}

/// What is known of the project around the app whose expressions are read.
#[derive(Clone, Copy)]
pub(super) struct Project<'f> {
    pub(super) facts: &'f ProjectFacts,
    /// The app's label.
    pub(super) app: &'f str,
}

impl<'f> Project<'f> {
    /// The user model as `(app, model in lower case)`.
    pub(super) fn user_model(&self) -> Option<(String, String)> {
        self.facts
            .settings
            .auth_user_model
            .split_once('.')
            .map(|(app, name)| (app.to_owned(), name.to_lowercase()))
    }

    /// The project's model with this class, by its full dotted name.
    pub(super) fn model_by_path(&self, path: &str) -> Option<&'f ModelFacts> {
        let (module, name) = path.rsplit_once('.')?;
        self.facts.apps.iter().find_map(|app| {
            let inside = module == app.module || module.starts_with(&format!("{}.", app.module));
            app.models.iter().find(|model| inside && model.name == name)
        })
    }

    /// The project's model `app.name`, in any case.
    pub(super) fn model(&self, app: &str, name: &str) -> Option<&'f ModelFacts> {
        let app = self.facts.app(app)?;
        app.models.iter().find(|model| model.name.eq_ignore_ascii_case(name))
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// Why it is not known.
    pub(super) fn value(&self, written: &Expr) -> Result<Value, NotStatic> {
        if let Some(parts) = &written.parts {
            if let Some(scalar) = written.literal.as_ref().and_then(scalar) {
                return Ok(scalar);
            }
            return self.composed(parts, written);
        }
        if let Some(literal) = &written.literal {
            return scalar(literal).ok_or_else(|| NotStatic::new(&written.source, "is defined elsewhere"));
        }
        match &written.path {
            Some(path) => self.name(path, written),
            None => Err(NotStatic::new(&written.source, "is computed, or not explained by an import")),
        }
    }

    fn values(&self, written: &[Expr]) -> Result<Vec<Value>, NotStatic> {
        written.iter().map(|item| self.value(item)).collect()
    }

    fn composed(&self, parts: &Parts, written: &Expr) -> Result<Value, NotStatic> {
        match parts {
            Parts::List(items) => Ok(Value::List(self.values(items)?)),
            Parts::Tuple(items) => Ok(Value::Tuple(self.values(items)?)),
            Parts::Set(items) => Ok(Value::Set(self.values(items)?)),
            Parts::Dict(entries) => entries
                .iter()
                .map(|(key, value)| Ok((self.value(key)?, self.value(value)?)))
                .collect::<Result<_, _>>()
                .map(Value::Dict),
            Parts::Call { function, args } => self.call(function, args, written),
            Parts::Operation { operator, operands } => self.operation(operator, operands, written),
        }
    }

    fn call(&self, function: &str, args: &Args, written: &Expr) -> Result<Value, NotStatic> {
        if args.star {
            return Err(NotStatic::new(&written.source, "passes arguments with `*` or `**`"));
        }
        let path = canonical(function);
        if is_model_field(&path) {
            return Ok(Value::Call(Field::read(self, &path, args, None, "")?.into_call()));
        }
        let args_read = self.values(&args.positional)?;
        let kwargs: Vec<(String, Value)> = args
            .keywords
            .iter()
            .map(|(key, value)| Ok((key.clone(), self.value(value)?)))
            .collect::<Result<_, NotStatic>>()?;
        let name = path.rsplit('.').next().unwrap_or(&path);
        match path.as_str() {
            "django.utils.translation.gettext_lazy" | "django.utils.translation.gettext" => {
                return match args_read.into_iter().next() {
                    Some(text @ Value::Str(_)) => Ok(text),
                    _ => Err(NotStatic::new(&written.source, "translates a text that is not written out")),
                };
            }
            "django.db.models.Q" => return Ok(Query::of(args_read, kwargs).into_value()),
            "builtins.set" if args_read.is_empty() => return Ok(Value::Set(Vec::new())),
            "datetime.timedelta" => {
                return timedelta(&args_read, &kwargs)
                    .ok_or_else(|| NotStatic::new(&written.source, "is not a span in whole units"));
            }
            "django.db.models.SET"
            | "re.compile"
            | "datetime.date"
            | "datetime.datetime"
            | "datetime.time" => {}
            _ if name.starts_with(char::is_uppercase) && path.contains('.') && !path.contains("()") => {}
            _ => return Err(NotStatic::new(&written.source, "is the result of a function")),
        }
        Ok(Value::Call(Call { path, args: args_read, kwargs }))
    }

    fn operation(&self, operator: &str, operands: &[Expr], written: &Expr) -> Result<Value, NotStatic> {
        let query = |operand: &Expr| match self.value(operand)? {
            Value::Call(call) if call.path == "django.db.models.Q" => Ok(Query::from_call(call)),
            _ => Err(NotStatic::new(&written.source, "is computed")),
        };
        match (operator, operands) {
            ("&", [left, right]) => Ok(query(left)?.combined(query(right)?, "AND").into_value()),
            ("|", [left, right]) => Ok(query(left)?.combined(query(right)?, "OR").into_value()),
            ("^", [left, right]) => Ok(query(left)?.combined(query(right)?, "XOR").into_value()),
            ("~", [operand]) => {
                let mut query = query(operand)?;
                query.negated = !query.negated;
                Ok(query.into_value())
            }
            _ => Err(NotStatic::new(&written.source, "is computed")),
        }
    }

    /// What a dotted name stands for: a class, a function, a setting. A constant is none of these.
    fn name(&self, path: &str, written: &Expr) -> Result<Value, NotStatic> {
        if let Some(setting) = path.strip_prefix("django.conf.settings.") {
            if setting == "AUTH_USER_MODEL" {
                return Ok(Value::Setting(setting.to_owned()));
            }
            return self
                .facts
                .settings
                .literals
                .get(setting)
                .and_then(scalar)
                .ok_or_else(|| NotStatic::new(&written.source, "is a setting whose value is not a literal"));
        }
        let path = canonical(path);
        if path.starts_with("django.db.models.deletion.") {
            return Ok(Value::Name(path));
        }
        let (owner, name) = path.rsplit_once('.').unwrap_or(("", &path));
        let owner = owner.rsplit('.').next().unwrap_or(owner);
        let is_constant = |name: &str| {
            name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase) && name.len() > 1
        };
        let of_choices = owner.starts_with(char::is_uppercase)
            && (matches!(name, "choices" | "labels" | "names" | "values")
                || name.starts_with(char::is_uppercase));
        if is_constant(name) || is_constant(owner) || of_choices {
            return Err(NotStatic::new(&written.source, "is a constant whose value is defined elsewhere"));
        }
        Ok(Value::Name(path))
    }
}

fn scalar(literal: &Json) -> Option<Value> {
    match literal {
        Json::Null => Some(Value::None),
        Json::Bool(bool) => Some(Value::Bool(*bool)),
        Json::Number(number) => number.as_i64().map(Value::Int).or_else(|| number.as_f64().map(Value::Float)),
        Json::String(text) => Some(Value::str(text)),
        Json::Array(_) | Json::Object(_) => None,
    }
}

/// A JSON literal, with lists for all sequences.
pub(super) fn literal_value(literal: &Json) -> Value {
    match literal {
        Json::Array(items) => Value::List(items.iter().map(literal_value).collect()),
        Json::Object(entries) => {
            Value::Dict(entries.iter().map(|(key, value)| (Value::str(key), literal_value(value))).collect())
        }
        other => scalar(other).unwrap_or(Value::None),
    }
}

/// Where Django's own classes really live, or the shorter name that `deconstruct` gives for them.
pub(super) fn canonical(path: &str) -> String {
    const SHORTENED: [&str; 12] = [
        "django.db.models.fields.related.",
        "django.db.models.fields.files.",
        "django.db.models.fields.generated.",
        "django.db.models.fields.json.",
        "django.db.models.fields.",
        "django.db.models.constraints.",
        "django.db.models.indexes.",
        "django.db.models.query_utils.",
        "django.db.models.expressions.",
        "django.db.models.base.",
        "django.contrib.postgres.fields.array.",
        "django.db.models.aggregates.",
    ];
    const TEXT: [&str; 14] = [
        "Chr", "Concat", "Left", "Length", "Lower", "LPad", "LTrim", "MD5", "Repeat", "Replace", "Right",
        "Substr", "Trim", "Upper",
    ];
    const COMPARISON: [&str; 7] =
        ["Cast", "Coalesce", "Collate", "Greatest", "JSONObject", "Least", "NullIf"];
    for prefix in SHORTENED {
        if let Some(name) = path.strip_prefix(prefix).filter(|name| !name.contains('.')) {
            let package = if prefix.contains("postgres") {
                "django.contrib.postgres.fields"
            } else {
                "django.db.models"
            };
            return format!("{package}.{name}");
        }
    }
    if let Some(name) = path.strip_prefix("django.db.models.") {
        match name {
            "CASCADE" | "DO_NOTHING" | "PROTECT" | "RESTRICT" | "SET_DEFAULT" | "SET_NULL" => {
                return format!("django.db.models.deletion.{name}");
            }
            "deletion.SET" => return "django.db.models.SET".to_owned(),
            _ => {}
        }
    }
    if let Some(name) = path.strip_prefix("django.db.models.functions.") {
        if TEXT.contains(&name) {
            return format!("django.db.models.functions.text.{name}");
        }
        if COMPARISON.contains(&name) {
            return format!("django.db.models.functions.comparison.{name}");
        }
        if name == "Now" || name.starts_with("Extract") || name.starts_with("Trunc") {
            return format!("django.db.models.functions.datetime.{name}");
        }
    }
    path.to_owned()
}

/// A `Q` object, combined as Django's tree nodes combine.
struct Query {
    connector: String,
    negated: bool,
    children: Vec<Value>,
}

impl Query {
    fn of(args: Vec<Value>, mut kwargs: Vec<(String, Value)>) -> Self {
        let mut query = Query { connector: "AND".to_owned(), negated: false, children: args };
        kwargs.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, value) in kwargs {
            match (key.as_str(), &value) {
                ("_connector", Value::Str(connector)) => query.connector.clone_from(connector),
                ("_negated", _) => query.negated = value.is_true(),
                _ => query.children.push(Value::Tuple(vec![Value::Str(key), value])),
            }
        }
        query
    }

    fn from_call(call: Call) -> Self {
        Self::of(call.args, call.kwargs)
    }

    fn combined(self, other: Self, connector: &str) -> Self {
        if self.children.is_empty() {
            return other;
        }
        if other.children.is_empty() {
            return self;
        }
        let mut result = Query { connector: connector.to_owned(), negated: false, children: Vec::new() };
        result.add(self);
        result.add(other);
        result
    }

    fn add(&mut self, other: Self) {
        if !other.negated && (other.connector == self.connector || other.children.len() == 1) {
            self.children.extend(other.children);
        } else {
            self.children.push(other.into_value());
        }
    }

    fn into_value(self) -> Value {
        let mut kwargs = Vec::new();
        if self.connector != "AND" {
            kwargs.push(("_connector".to_owned(), Value::Str(self.connector)));
        }
        if self.negated {
            kwargs.push(("_negated".to_owned(), Value::Bool(true)));
        }
        Value::Call(Call { path: "django.db.models.Q".to_owned(), args: self.children, kwargs })
    }
}

/// `timedelta(...)` as its `repr` gives it: days, seconds and microseconds.
fn timedelta(args: &[Value], kwargs: &[(String, Value)]) -> Option<Value> {
    const POSITIONS: [&str; 7] =
        ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
    let mut total: i64 = 0;
    let given = POSITIONS.iter().copied().zip(args).chain(kwargs.iter().map(|(k, v)| (k.as_str(), v)));
    for (unit, value) in given {
        let Value::Int(count) = value else { return None };
        let microseconds: i64 = match unit {
            "weeks" => 7 * 86_400_000_000,
            "days" => 86_400_000_000,
            "hours" => 3_600_000_000,
            "minutes" => 60_000_000,
            "seconds" => 1_000_000,
            "milliseconds" => 1_000,
            "microseconds" => 1,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(microseconds)?)?;
    }
    let parts = [
        ("days", total.div_euclid(86_400_000_000)),
        ("seconds", total.rem_euclid(86_400_000_000) / 1_000_000),
        ("microseconds", total.rem_euclid(1_000_000)),
    ];
    let path = "datetime.timedelta".to_owned();
    let kwargs: Vec<(String, Value)> = parts
        .iter()
        .filter(|(_, count)| *count != 0)
        .map(|(unit, count)| ((*unit).to_owned(), Value::Int(*count)))
        .collect();
    let args = if kwargs.is_empty() { vec![Value::Int(0)] } else { Vec::new() };
    Some(Value::Call(Call { path, args, kwargs }))
}
