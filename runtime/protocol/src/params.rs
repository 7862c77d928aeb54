//! The params of the shipped step types, in the words that every stack shares.
//!
//! Templates and language models write these as JSON; the executors of a stack read them. A stack may accept
//! more than is declared here: its executor's JSON Schema says so.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::JsonMap;

/// A field of a model, stack-neutral.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// Its name, snake case.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Characters at most (string, slug, email, url).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Digits in all (decimal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_digits: Option<u32>,
    /// Digits behind the point (decimal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal_places: Option<u32>,
    /// No two rows with the same value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// Has an index.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub index: bool,
    /// May be absent in the database.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub null: bool,
    /// May be left empty by users.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blank: bool,
    /// The value of rows that do not say: a JSON literal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Value>,
    /// The least value (numbers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The greatest value (numbers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// Allowed values: `[value, label]` pairs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<(Value, String)>,
    /// A line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Kept by the program: no form and no API takes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// Set when the row is made (datetime, date).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub set_on_create: bool,
    /// Set whenever the row is saved (datetime, date).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub set_on_save: bool,
    /// `app.Model` that it points to (relations); `user` is the project's user model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The name of the way back (relations).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_name: Option<String>,
    /// What happens when the target goes: `cascade`, `set_null`, `restrict` or `protect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<String>,
}

impl FieldSpec {
    /// Whether the field points to other rows.
    #[must_use]
    pub fn is_relation(&self) -> bool {
        matches!(self.field_type, FieldType::ForeignKey | FieldType::OneToOne | FieldType::ManyToMany)
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A line of text.
    #[default]
    String,
    /// Text of any length.
    Text,
    /// A whole number.
    Integer,
    /// A whole number, not negative.
    PositiveInteger,
    /// A large whole number.
    BigInteger,
    /// A floating-point number.
    Float,
    /// An exact decimal number.
    Decimal,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment.
    Datetime,
    /// A time of day.
    Time,
    /// A span of time.
    Duration,
    /// A UUID.
    Uuid,
    /// A JSON document.
    Json,
    /// An e-mail address.
    Email,
    /// A URL.
    Url,
    /// A short label for URLs.
    Slug,
    /// Many to one.
    ForeignKey,
    /// One to one.
    OneToOne,
    /// Many to many.
    ManyToMany,
}

/// `create_model`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateModel {
    /// `app.Model`.
    pub model: String,
    /// Its fields, in order.
    pub fields: Vec<FieldSpec>,
    /// One sentence on what it is: the class's docstring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The default order of rows: field names, `-` before a descending one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ordering: Vec<String>,
    /// The field that stands for a row as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub str: Option<String>,
    /// Fields that no two rows have the same values of, together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Vec<String>>,
    /// Fields whose `min` and `max` the database keeps as well, whoever writes a row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// `app.Model` above which the class is put, because that one will refer to it; else it goes to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its page in the admin site; absent makes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<AdminSpec>,
}

/// A model's page in the admin site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminSpec {
    /// Columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list_display: Vec<String>,
    /// Filters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list_filter: Vec<String>,
    /// Searched fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search_fields: Vec<String>,
    /// Actions on chosen rows: names of methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Fields filled from others: `(field, sources)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepopulated_fields: Vec<(String, Vec<String>)>,
}

/// `modify_model`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyModel {
    /// `app.Model`.
    pub model: String,
    /// Fields to add, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<FieldSpec>,
    /// Managers and methods to add, in order: assignments below the fields, all else at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberSpec>,
    /// Managers to have, and what becomes of those that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<ManagerSpec>,
    /// The same as `members` for the class of its page in the admin site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admin_members: Vec<MemberSpec>,
    /// A field: what is unique is so from now on only among the rows in which this field is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_while_empty: Option<String>,
    /// Unique fields of the model's own that `unique_while_empty` and `unique_within` are about; else all that is unique.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique_fields: Vec<String>,
    /// An abstract model, with its module, that the class extends in the place of the framework's own, such as
    /// `blog.tenancy.TenantModel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// A relation within which all that is unique is to be unique, such as `tenant`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_within: Option<String>,
    /// The field after which they go; else after the last one that is not set by the framework
    /// (`created_at` and the like stay last).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What the model's page in the admin site shows of them. A model without a page gets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<AdminSpec>,
}

/// A manager that a model is to have.
///
/// Where the model has an `objects` manager of its own, its class is not lost: `over` makes of it one that does both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagerSpec {
    /// The attribute. `objects` takes the place of the one that is there, and so it does for the model's other managers.
    pub name: String,
    /// Its class, where the model has no manager but the framework's.
    pub class: String,
    /// The function that makes of another class of managers one that does the same.
    pub over: String,
    /// The module of both; `.audit` is the module `audit` of the model's app.
    pub module: String,
    /// Names that managers of this class have: another class that defines one of them itself is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defines: Vec<String>,
    /// Whether a base that is given as well has this manager already: it is not written where the model has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
}

/// A member of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSpec {
    /// Its source, at the left edge.
    pub source: String,
    /// What the source uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<ImportSpec>,
    /// Whether its annotations are left out in a project that has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow_habits: bool,
}

/// A name that source uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportSpec {
    /// The module; `.audit` is the module `audit` of the model's app.
    pub module: String,
    /// The name in it.
    pub name: String,
}

/// `create_serializer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSerializer {
    /// `app.Model`.
    pub model: String,
    /// The class; `<Model>Serializer` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its fields; the key and all fields of the model if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Fields that clients cannot set; those that the framework sets if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<String>,
    /// `app.Model` above whose serializer the class is put, because that one will nest it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Values of related rows that are shown under names of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<ShowSpec>,
    /// Shows rows below the row that they answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<TreeSpec>,
    /// The relation to the user who makes a row: shown, never taken from a request, and known when a row is checked
    /// for being the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// It only shows rows: no request sets what it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shows_only: bool,
    /// Fields that are set when a row is made, and stay so, such as the post of a rating.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
}

/// A value of a related row, shown read only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowSpec {
    /// The name that it is shown as, such as `author_name`.
    pub name: String,
    /// The relation to one, such as `author`.
    pub relation: String,
    /// The text field of the related row, such as `username`.
    pub field: String,
}

/// Rows that stand below one another, such as replies below comments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeSpec {
    /// The relation to the row above, such as `parent`.
    pub parent: String,
    /// The name of its way back, which shows the rows below, such as `replies`.
    pub children: String,
    /// A relation that a row shares with the one above, such as `post`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Levels at most, the topmost one included; 2 or more.
    pub depth: u32,
}

/// `modify_serializer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifySerializer {
    /// `app.Model`; all its model serializers that list their fields are changed unless `name` picks one.
    pub model: String,
    /// The class, if the model has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A relation whose targets are shown in full, read only, by their own serializer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nest: Option<String>,
    /// The write-only field by which clients set the nested relation, as keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_as: Option<String>,
    /// Plain fields to list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// Values that the model's viewsets compute, to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub computed: Vec<AggregateSpec>,
    /// Lists of fields of which no two rows that the default manager shows may have the same values: what the
    /// framework does not see by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Vec<String>>,
    /// The manager among whose rows `unique` is meant, if not `objects`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_among: Option<String>,
    /// A relation that clients do not set, such as `tenant`: what the model has unique within it is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_within: Option<String>,
}

/// A value over the rows that refer to a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AggregateSpec {
    /// Its name, such as `rating_average`.
    pub name: String,
    /// What is computed.
    pub function: AggregateFunction,
    /// The way back of the relation, and the field of those rows: `ratings__score`; for a count the way back only.
    pub of: String,
}

/// What is computed over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AggregateFunction {
    /// The mean; nothing where there are no rows.
    Average,
    /// How many rows there are.
    Count,
}

/// `create_viewset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateViewset {
    /// `app.Model`.
    pub model: String,
    /// The URL prefix, such as `tags`.
    pub route: String,
    /// The class; `<Model>ViewSet` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Clients may only read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Permission classes, by the framework's names; the project's default if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// A model (`app.Model`) whose viewset's permission classes it takes, if `permissions` names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_of: Option<String>,
    /// Clients who are not logged in may not even read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub login: bool,
    /// Rows are shown to everybody whom the permissions let, also where those that they belong to are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_to_all: bool,
    /// Relations to load with the rows: to one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select: Vec<String>,
    /// Relations to load with the rows: to many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefetch: Vec<String>,
    /// Fields that `?field=` filters by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filter_fields: Vec<String>,
    /// Fields that `?field=`, and the least and greatest value that is wanted (`?field__gte=`, `?field__lte=`), filter by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filter_ranges: Vec<String>,
    /// Fields that `?search=` looks in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search_fields: Vec<String>,
    /// Fields that `?ordering=` may name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ordering_fields: Vec<String>,
    /// The relation to the user who made a row: set from the request, and only that user may change or delete the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// A relation to the row above: the list has only rows that stand below none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_of: Option<String>,
}

/// `create_route`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRoute {
    /// The label of the app that the viewset is in.
    pub app: String,
    /// The viewset's class, which is there.
    pub viewset: String,
    /// The URL prefix, such as `tags`.
    pub route: String,
}

/// `modify_viewset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyViewset {
    /// `app.Model`.
    pub model: String,
    /// The class, if the model has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Relations to load with the rows: to one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub select: Vec<String>,
    /// Relations to load with the rows: to many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefetch: Vec<String>,
    /// Query parameters to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<FilterSpec>,
    /// Fields that `?search=` is to look in as well, of viewsets that search.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<String>,
    /// Fields that `?ordering=` may name as well, of viewsets that say which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ordering: Vec<String>,
    /// Actions and other methods to add, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberSpec>,
    /// Values to compute with the rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aggregate: Vec<AggregateSpec>,
    /// Fields of related rows, `__` across the relation, such as `ratings__deleted_at`: values that are computed over
    /// them are of the rows in which the field is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aggregate_while_empty: Vec<String>,
    /// A filter backend, as a dotted path, for the viewsets that list backends of their own: the settings' are not theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_backend: Option<String>,
}

/// A query parameter that filters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterSpec {
    /// The parameter, such as `tag`.
    pub name: String,
    /// The field that it compares, `__` across relations, such as `tags__slug`.
    pub field: String,
    /// What the parameter holds.
    #[serde(rename = "type", default)]
    pub field_type: FieldType,
    /// Whether the least and the greatest value can be asked for as well, where the viewset does so for others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub range: bool,
}

/// `create_migration`. Its operations are never given: they are the difference between models and migrations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateMigration {
    /// The app's label.
    pub app: String,
    /// The name behind the number, such as `tag_post_tags`.
    pub name: String,
    /// Fields that were renamed: `(model, old, new)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renames: Vec<(String, String, String)>,
    /// Values for existing rows of new required columns: `(model, field, JSON literal)`, or `{"each": HOW}` for what
    /// every row gets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backfills: Vec<(String, String, Value)>,
    /// New models that get a row for every row that one of their relations leads to: `(model, relation)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<(String, String)>,
}

/// `create_test`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTest {
    /// `app.Model` that the tests are about; its app is where they go unless `app` says another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The label of the app that the tests go to. Either this or `model` is given, or both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// What they are about, snake case: the module is `test_<name>`.
    pub name: String,
    /// The minijinja source of the module. It sees `context`, `facts`, `app`, `model`, `project` at the
    /// step's own snapshot.
    pub body: String,
    /// What the template adds.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub context: JsonMap,
}

/// `modify_test`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyTest {
    /// `app.Model` whose rows tests make.
    pub model: String,
    /// Its fields that rows and requests of tests are to have.
    pub fields: Vec<String>,
}

/// `create_module`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateModule {
    /// The app's label.
    pub app: String,
    /// The module inside the app, such as `services` or `api.tokens`. What it lacks is put in if it is there already.
    pub name: String,
    /// The minijinja source of the module, imports and all. It sees what the body of a test does.
    pub body: String,
    /// What the template adds.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub context: JsonMap,
    /// `app.Model` that the code is about: what the body sees as `model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What the module is for: its docstring, if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The module that the code goes to where the app has a package of this name, such as `tokens` in `services/`; after
    /// its first class or function if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Whether annotations, and docstrings of classes that are one sentence, are left out in a project that has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow_habits: bool,
}

/// `create_app`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateApp {
    /// The app's name, which is its label too, such as `accounts`. Where it goes follows from the project's other apps.
    pub name: String,
    /// What it is for: the docstring of its configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The prefix under which the app's URLs are reached, such as `api/accounts/`. The URL module that includes the other
    /// apps' APIs includes them, if it is above the prefix, else the project's. Absent makes no URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urls: Option<String>,
    /// The class of its configuration; `<Name>Config` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
}

/// `run_command`: the command itself.
pub type RunCommand = crate::command::Command;

/// `manual`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManualStep {
    /// What to do.
    pub instructions: String,
    /// What to show or note as evidence that it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// `modify_file`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyFile {
    /// The file, relative to the project's folder. Either this or `file` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What the file is in the project, wherever that keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRole>,
    /// The app whose file it is, by its label: for `app_config`, and for the URLs of an app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// What to do to it, in order.
    pub operations: Vec<FileOperation>,
}

/// What a file is in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// The settings: the file that lists the installed apps.
    Settings,
    /// The URLs of the project, or of an app.
    Urls,
    /// Where the project lists the packages that it needs.
    Requirements,
    /// The configuration of an app.
    AppConfig,
}

impl FileRole {
    /// The role as people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Settings => "the settings",
            Self::Urls => "the URLs",
            Self::Requirements => "the requirements",
            Self::AppConfig => "the app's configuration",
        }
    }
}

/// One typed change of a file. Every one is a no-op when what it asks for is already there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum FileOperation {
    /// Makes the file; refused if another content is there.
    Create {
        /// The content.
        text: String,
    },
    /// Adds an item to a Python list or tuple that is assigned to `name`: at the end, or beside another item.
    ListAdd {
        /// The variable, such as `MIDDLEWARE`; `Class.attribute` for a class.
        name: String,
        /// The item's source.
        item: String,
        /// The item's source after which it goes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// The item's source before which it goes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    /// Sets an entry of a Python dict that is assigned to `name`, or adds to the list that it is.
    DictAdd {
        /// The variable, such as `REST_FRAMEWORK`.
        name: String,
        /// The keys that lead to the entry, from the outermost dict inwards.
        keys: Vec<String>,
        /// Its value's source, where there is no entry yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// An item's source, for the list that the entry is where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<String>,
    },
    /// Lists an app in the settings' INSTALLED_APPS, beside the others of its kind.
    InstalledAppAdd {
        /// The app as the setting names it, such as `rest_framework.authtoken`.
        app: String,
    },
    /// Includes a module's URLs in a URL file.
    UrlInclude {
        /// The prefix, such as `api/accounts/`.
        prefix: String,
        /// The module, such as `accounts.urls`.
        module: String,
    },
    /// Puts a statement into the `ready` method of an app's configuration, made if it is not there.
    ReadyAdd {
        /// The statement's source.
        source: String,
    },
    /// Adds `from module import name`, or `import module` without `name`.
    ImportAdd {
        /// The module.
        module: String,
        /// The name.
        #[serde(default)]
        name: Option<String>,
    },
    /// Adds a member to a Python class.
    ClassMemberAdd {
        /// The class.
        class: String,
        /// The member's name, by which it is found again.
        name: String,
        /// Its source, not indented.
        source: String,
    },
    /// Inserts whole lines after or before a line that occurs once.
    BlockInsert {
        /// The lines.
        text: String,
        /// The line after which they go, without leading or trailing white space.
        #[serde(default)]
        after: Option<String>,
        /// The line before which they go.
        #[serde(default)]
        before: Option<String>,
    },
    /// Assigns a Python setting that is not assigned yet.
    SettingAdd {
        /// Its name.
        name: String,
        /// Its value's source.
        value: String,
        /// Whether it differs where the project runs: then it is read from the environment, with the value as the
        /// default, as the file reads other settings; where it reads none, the value is written.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        environment: bool,
    },
    /// Adds a line to a requirements file.
    RequirementAdd {
        /// The requirement, such as `django-filter>=25`.
        requirement: String,
    },
    /// Sets a key of a TOML file, formatting kept.
    TomlSet {
        /// The key's path, such as `["tool", "ruff", "line-length"]`.
        key: Vec<String>,
        /// Its value.
        value: Value,
    },
    /// Replaces a text that occurs exactly once.
    ReplaceExact {
        /// The text.
        old: String,
        /// What it becomes.
        new: String,
    },
    /// Applies a unified diff of this file; every hunk must match exactly at one place.
    Patch {
        /// The diff.
        diff: String,
    },
}
