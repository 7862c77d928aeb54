//! Rows that an API leaves out, by who asks or for all, and what that means for the rows that belong to them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Args, Expr, FieldFacts, ManagerFacts, ModelFacts, Parts, Place, ProjectFacts, RelationKind, ViewsetFacts,
    last,
};

/// A `get_queryset` by which the one who asks decides which rows there are, or rows that a view leaves out whoever asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Narrowing {
    /// Where the method stands, or the class whose `queryset` leaves rows out.
    pub place: Place,
    /// Whether the rows are the same whoever asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_for_all: bool,
    /// The rows by case, in order: those of the first one whose condition holds. Empty if the method does more than
    /// choose, or goes by more than the one who asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<RowsCase>,
    /// Names in the cases that the module of the method imports or defines, and what each stands for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<(String, String)>,
}

/// One of the cases of a [`Narrowing`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowsCase {
    /// The condition, such as `self.request.user.is_staff`; absent of the last case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The rows. What stands in for a base's rows, such as `super().get_queryset()`, is written out.
    pub rows: Chain,
}

/// Calls one after the other: `Post.objects.filter(owner=user).order_by("id")`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    /// What the first one is made on, as written: `Post.objects`.
    pub of: String,
    /// The calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ChainCall>,
}

/// One call of a [`Chain`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChainCall {
    /// What is called, such as `filter`.
    pub name: String,
    /// What with.
    #[serde(default)]
    pub args: Args,
    /// What a method of the project's, which is called without arguments, does instead; empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<ChainCall>,
}

/// The rows of a case, seen from another queryset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All of them.
    All,
    /// None of them.
    Nothing,
    /// Those that such a call leaves: `.filter(post__owner=self.request.user)`.
    Some(String),
}

/// The attribute of a view that a tool looks at to describe an API.
const DESCRIBED: &str = "swagger_fake_view";

/// Calls that say how rows are loaded, not which.
const LOADING: [&str; 6] = ["select_related", "prefetch_related", "order_by", "only", "defer", "reverse"];

impl fmt::Display for ChainCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let positional = self.args.positional.iter().map(|value| value.source.clone());
        let keywords = self.args.keywords.iter().map(|(name, value)| format!("{name}={}", value.source));
        write!(f, "{}({})", self.name, positional.chain(keywords).collect::<Vec<_>>().join(", "))
    }
}

impl ChainCall {
    /// Whether it leaves rows out by values of theirs, and by nothing else.
    #[must_use]
    pub fn is_filter(&self) -> bool {
        matches!(self.name.as_str(), "filter" | "exclude")
    }

    /// Whether there are as many rows after it. One that is not known may leave rows out, unless its name says what it
    /// comes with.
    #[must_use]
    pub fn keeps_rows(&self) -> bool {
        match self.means.as_slice() {
            [] => {
                self.changes_nothing()
                    || matches!(self.name.as_str(), "annotate" | "alias" | "using")
                    || self.name == "distinct" && self.args.positional.is_empty()
                    || self.name.starts_with("with_")
            }
            means => means.iter().all(Self::keeps_rows),
        }
    }

    fn changes_nothing(&self) -> bool {
        LOADING.contains(&self.name.as_str()) || self.name == "all"
    }
}

impl RowsCase {
    /// The filters that choose the rows of `model`, if these are chosen by nothing else, and by values in the rows and in
    /// those that they belong to.
    #[must_use]
    pub fn filters(&self, facts: &ProjectFacts, model: &ModelFacts) -> Option<Vec<ChainCall>> {
        let mut filters = Vec::new();
        let of_the_user = self.of_the_user(facts, model).filter(|field| {
            field.relation.as_ref().is_some_and(|relation| relation.kind == RelationKind::ForeignKey)
        });
        if let Some(field) = of_the_user {
            let source = "self.request.user".to_owned();
            let user = Expr { source, literal: None, path: None, parts: None };
            let args = Args { keywords: vec![(field.name.clone(), user)], ..Args::default() };
            filters.push(ChainCall { name: "filter".to_owned(), args, means: Vec::new() });
        } else if !self.is_of_plain_manager(facts, model) {
            return None;
        }
        for call in &self.rows.calls {
            match call.name.as_str() {
                _ if call.is_filter() && is_known(&call.args, facts, model) => filters.push(call.clone()),
                "annotate" | "alias" => {}
                // Of conditions on values one each there are no rows twice.
                "distinct" if call.args.positional.is_empty() => {}
                _ if call.changes_nothing() => {}
                _ => return None,
            }
        }
        Some(filters)
    }

    /// The rows that belong, by the relation `field`, to those of the case, which are rows of `model`. `None` where a
    /// queryset cannot say it.
    #[must_use]
    pub fn below(&self, facts: &ProjectFacts, model: &ModelFacts, field: &str) -> Option<Rows> {
        if self.rows.calls.iter().any(|call| call.name == "none") {
            return Some(Rows::Nothing);
        }
        if let Some(filters) = self.filters(facts, model) {
            let prefixed = filters.iter().map(|call| prefixed(&call.args, field).map(|args| (call, args)));
            let calls = prefixed.collect::<Option<Vec<_>>>()?;
            return Some(match calls.as_slice() {
                [] => Rows::All,
                calls => {
                    Rows::Some(calls.iter().map(|(call, args)| format!(".{}({args})", call.name)).collect())
                }
            });
        }
        Some(Rows::Some(format!(".filter({field}__in={})", self.rows(facts, model)?)))
    }

    /// The rows themselves, without what is loaded with them. `None` where they are no queryset that others can be
    /// compared with.
    #[must_use]
    pub fn rows(&self, facts: &ProjectFacts, model: &ModelFacts) -> Option<String> {
        const NOT_COMPARED: [&str; 7] =
            ["union", "intersection", "difference", "raw", "values", "values_list", "dates"];
        let calls = &self.rows.calls;
        if calls.iter().any(|call| NOT_COMPARED.contains(&call.name.as_str())) {
            return None;
        }
        let of = self.rows.of.as_str();
        let needs_all = |next: &ChainCall| {
            let manager = model.managers.iter().find(|m| m.name == last(of));
            !next.is_filter() && manager.is_none_or(|m| !m.members.contains(&next.name))
        };
        // What is computed stays where a call that is not known may ask for it.
        let computes = |call: &ChainCall| matches!(call.name.as_str(), "annotate" | "alias");
        let last = calls.iter().rposition(|call| !computes(call) && !call.changes_nothing());
        let asks = self.filters(facts, model).is_none();
        let is_kept = |(at, call): &(usize, &ChainCall)| {
            !LOADING.contains(&call.name.as_str())
                && (!computes(call) || (asks && last.is_some_and(|last| *at < last)))
        };
        let kept: Vec<&ChainCall> = calls.iter().enumerate().filter(is_kept).map(|(_, call)| call).collect();
        let mut rows = of.to_owned();
        for (index, call) in kept.iter().enumerate() {
            let next = kept.get(index + 1);
            if call.name == "all" && next.is_some_and(|next| next.name == "all" || !needs_all(next)) {
                continue;
            }
            // Behind other calls it says nothing.
            if call.name == "all" && index > 0 && kept[..index].iter().any(|call| call.name != "all") {
                continue;
            }
            rows.push_str(&format!(".{call}"));
        }
        Some(if kept.is_empty() && !of.ends_with(')') { format!("{rows}.all()") } else { rows })
    }

    /// The same rows, with what methods of the project's do written out.
    #[must_use]
    pub fn spelled_out(&self) -> Self {
        let calls = self.rows.calls.iter().flat_map(|call| match call.means.as_slice() {
            [] => std::slice::from_ref(call),
            means => means,
        });
        let rows = Chain { of: self.rows.of.clone(), calls: calls.cloned().collect() };
        Self { condition: self.condition.clone(), rows }
    }

    /// Whether the condition holds for somebody without any permission, who is logged in or not. `None` if that cannot
    /// be told.
    #[must_use]
    pub fn holds_for(&self, is_logged_in: bool) -> Option<bool> {
        self.condition.as_deref().map_or(Some(true), |condition| holds_for(condition, is_logged_in))
    }

    /// Whether the calls are made on a manager of the model that leaves no row out, as far as its class and those of
    /// the model's bases are known.
    fn is_of_plain_manager(&self, facts: &ProjectFacts, model: &ModelFacts) -> bool {
        let Some((class, manager)) = self.rows.of.rsplit_once('.') else { return false };
        let is_plain = match model.managers.iter().find(|m| m.name == manager) {
            Some(known) => !leaves_out(known),
            None => manager == "objects" && model.flat_bases.iter().all(|base| gives_no_manager(facts, base)),
        };
        last(class) == model.name && is_plain
    }

    /// The field by which rows that are taken from the user, `self.request.user.posts`, belong to them.
    #[must_use]
    pub fn of_the_user<'m>(&self, facts: &ProjectFacts, model: &'m ModelFacts) -> Option<&'m FieldFacts> {
        let name = self.rows.of.strip_prefix("self.request.user.")?;
        model.fields.iter().find(|field| {
            field.relation.as_ref().is_some_and(|relation| {
                let usual = || format!("{}_set", model.name.to_lowercase());
                relation.to == facts.settings.auth_user_model
                    && relation.kind != RelationKind::OneToOne
                    && relation.related_name.clone().unwrap_or_else(usual) == name
            })
        })
    }

    /// The condition where somebody asks, and no tool that describes the API. `None` if that cannot be told.
    fn of_request(&self) -> Option<When> {
        let rows = self.rows.calls.iter().map(ToString::to_string).chain([self.rows.of.clone()]);
        if rows.into_iter().any(|code| code.contains(DESCRIBED)) {
            return None;
        }
        let Some(condition) = self.condition.as_deref() else { return Some(When::Always) };
        if !condition.contains(DESCRIBED) {
            return Some(When::If(condition.to_owned()));
        }
        let quote = if condition.contains('"') { '"' } else { '\'' };
        let described = format!("getattr(self, {quote}{DESCRIBED}{quote}, False)");
        match condition.strip_prefix(&described) {
            Some("") => Some(When::Never),
            Some(rest) => {
                let rest = rest.strip_prefix(" or ").filter(|rest| !rest.contains(DESCRIBED))?;
                Some(When::If(rest.to_owned()))
            }
            None => (condition.strip_prefix("not ") == Some(&described)).then_some(When::Always),
        }
    }
}

/// When a case applies.
enum When {
    Always,
    Never,
    If(String),
}

impl ProjectFacts {
    /// The relations to one that a row cannot be without, those to users and to the model itself left out, and where they
    /// lead.
    #[must_use]
    pub fn needed_relations<'m>(&self, model: &'m ModelFacts) -> Vec<(&'m str, &'m str)> {
        let user = &self.settings.auth_user_model;
        let needed = model.fields.iter().filter(|field| !field.is_true("null"));
        let relations = needed.filter_map(|field| Some((field.name.as_str(), field.relation.as_ref()?)));
        relations
            .filter(|(_, r)| r.kind != RelationKind::ManyToMany && r.to != *user && r.to != model.label)
            .map(|(name, relation)| (name, relation.to.as_str()))
            .collect()
    }

    /// How the one who asks decides which rows of a model there are, or which ones its views show; absent if there is an
    /// [open view](Self::open_view).
    #[must_use]
    pub fn narrowing_of(&self, label: &str) -> Option<&Narrowing> {
        let (_, narrowing) = self.narrowing_view(label)?;
        (narrowing.same_for_all || self.open_view(label).is_none()).then_some(narrowing)
    }

    /// The first view of a model in which the one who asks decides which rows there are, else the one that leaves rows
    /// out, if there is no view of all of them.
    #[must_use]
    pub fn narrowing_view(&self, label: &str) -> Option<(&ViewsetFacts, &Narrowing)> {
        let narrowing = || self.views_of(label).filter_map(|view| Some((view, view.narrowing.as_ref()?)));
        let by_who_asks = narrowing().find(|(_, narrowing)| !narrowing.same_for_all);
        if by_who_asks.is_some() || self.open_views(label).any(|view| !view.is_for_staff()) {
            return by_who_asks;
        }
        let shows = |action: &'static str| {
            narrowing().find(move |(view, _)| !view.is_for_staff() && view.offered().contains(&action))
        };
        shows("retrieve").or_else(|| shows("list"))
    }

    /// A view of a model that shows the same rows whoever asks, and all of them.
    #[must_use]
    pub fn open_view(&self, label: &str) -> Option<&ViewsetFacts> {
        self.open_views(label).next()
    }

    fn open_views(&self, label: &str) -> impl Iterator<Item = &ViewsetFacts> {
        let shows_rows = |view: &&ViewsetFacts| {
            let offered = view.offered();
            offered.contains(&"list") || offered.contains(&"retrieve") && !self.asks_about_rows(view)
        };
        self.views_of(label).filter(|view| view.narrowing.is_none()).filter(shows_rows)
    }

    /// Whether a permission class of the project's own says row by row who may read it.
    fn asks_about_rows(&self, view: &ViewsetFacts) -> bool {
        let default = self.settings.rest_framework.get("DEFAULT_PERMISSION_CLASSES");
        let default = default.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let own = view.classes("permission_classes");
        let mut classes: Vec<&str> = own.iter().filter_map(|class| class.path.as_deref()).collect();
        if own.is_empty() {
            classes.extend(default);
        }
        let rules =
            classes.into_iter().filter_map(|class| self.permission_class(class)?.object_rule.as_ref());
        rules.into_iter().any(|rule| !rule.contains("SAFE_METHODS"))
    }

    fn views_of(&self, label: &str) -> impl Iterator<Item = &ViewsetFacts> {
        let views = self.apps.iter().flat_map(|app| &app.viewsets);
        views.filter(move |view| view.model.as_deref() == Some(label))
    }
}

impl Narrowing {
    /// The cases that somebody who asks may come to, without those of tools that describe an API. `None` if it cannot be
    /// told which these are.
    #[must_use]
    pub fn of_requests(&self) -> Option<Vec<RowsCase>> {
        let mut cases = Vec::new();
        for case in &self.cases {
            let rows = case.rows.clone();
            match case.of_request()? {
                When::Never => {}
                When::If(condition) => cases.push(RowsCase { condition: Some(condition), rows }),
                When::Always => {
                    cases.push(RowsCase { condition: None, rows });
                    return Some(cases);
                }
            }
        }
        None
    }

    /// Whether somebody who is not logged in may come to a case that looks at who they are.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        for case in self.of_requests().unwrap_or_default() {
            match case.holds_for(false) {
                Some(false) => {}
                Some(true) => {
                    let calls = case.rows.calls.iter().map(ToString::to_string);
                    return calls.chain([case.rows.of]).any(|code| code.contains("self.request"));
                }
                None => return true,
            }
        }
        true
    }

    /// The names that some code uses, and what each stands for.
    pub fn names_in<'n>(&'n self, code: &str) -> impl Iterator<Item = &'n (String, String)> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        self.names.iter().filter(move |(name, _)| {
            code.match_indices(name.as_str()).any(|(at, _)| {
                !code[..at].ends_with(|c: char| is_word(c) || matches!(c, '.' | '"' | '\''))
                    && !code[at + name.len()..].starts_with(is_word)
            })
        })
    }
}

/// Whether a manager may leave rows out.
fn leaves_out(manager: &ManagerFacts) -> bool {
    manager.foreign || manager.members.iter().any(|name| name == "get_queryset")
}

/// Whether a base of a model is known to have no manager that may leave rows out.
fn gives_no_manager(facts: &ProjectFacts, base: &str) -> bool {
    if base.starts_with("django.") || matches!(last(base), "object" | "Generic") {
        return true;
    }
    let is_own = facts
        .apps
        .iter()
        .any(|app| base.strip_prefix(app.module.as_str()).is_some_and(|rest| rest.starts_with('.')));
    let mut models = facts.apps.iter().flat_map(|app| &app.models);
    is_own && !models.any(|model| model.name == last(base) && model.managers.iter().any(leaves_out))
}

/// Whether a condition on `self` holds for somebody without any permission, who is logged in or not.
fn holds_for(condition: &str, is_logged_in: bool) -> Option<bool> {
    if [" if ", "lambda "].iter().any(|word| condition.contains(word)) {
        return None;
    }
    for (word, decides) in [(" or ", true), (" and ", false)] {
        let parts = operands(condition, word);
        if parts.len() > 1 {
            let parts: Vec<_> = parts.into_iter().map(|part| holds_for(part, is_logged_in)).collect();
            return match parts.contains(&Some(decides)) {
                true => Some(decides),
                false => (!parts.contains(&None)).then_some(!decides),
            };
        }
    }
    if let Some(rest) = condition.strip_prefix("not ") {
        return holds_for(rest, is_logged_in).map(|holds| !holds);
    }
    match condition.strip_prefix("self.request.user.")? {
        "is_authenticated" => Some(is_logged_in),
        "is_anonymous" => Some(!is_logged_in),
        "is_staff" | "is_superuser" => Some(false),
        _ => None,
    }
}

/// The parts of a condition between words that stand in no brackets.
fn operands<'c>(condition: &'c str, word: &str) -> Vec<&'c str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in condition.match_indices(word) {
        let part = &condition[start..at];
        if part.matches(['(', '[', '{']).count() == part.matches([')', ']', '}']).count() {
            found.push(part);
            start = at + word.len();
        }
    }
    found.push(&condition[start..]);
    found
}

/// Whether a value is the same for every row: what is computed may go by other values of a row, which it names.
fn is_plain(value: &Expr) -> bool {
    let is_dotted = |code: &str| code.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    value.literal.is_some()
        || is_dotted(&value.source)
        || match value.parts.as_deref() {
            Some(Parts::List(items) | Parts::Tuple(items) | Parts::Set(items)) => items.iter().all(is_plain),
            // `self.request.user.groups.all()`
            Some(Parts::Call { args, .. }) => {
                let called = value.source.split_once('(').map_or("", |(called, _)| called);
                let is_one = value.source.matches('(').count() == 1;
                called.starts_with("self.request.")
                    && is_dotted(called)
                    && is_one
                    && !args.star
                    && args
                        .positional
                        .iter()
                        .chain(args.keywords.iter().map(|(_, value)| value))
                        .all(is_plain)
            }
            _ => false,
        }
}

/// Whether conditions are about values in rows of `model` and in those that they belong to, one each.
fn is_known(args: &Args, facts: &ProjectFacts, model: &ModelFacts) -> bool {
    !args.star
        && args.keywords.iter().all(|(path, value)| is_plain(value) && is_to_one(path, facts, model))
        && args.positional.iter().all(|condition| {
            conditions(condition).is_some_and(|all| all.iter().all(|args| is_known(args, facts, model)))
        })
}

/// The arguments of each `Q(…)` in a condition; `None` if anything else is in it.
#[must_use]
pub fn conditions(condition: &Expr) -> Option<Vec<&Args>> {
    match condition.parts.as_deref()? {
        Parts::Call { function, args } if last(function) == "Q" => Some(vec![args]),
        Parts::Operation { operator, operands } if matches!(operator.as_str(), "|" | "&" | "~") => {
            let all = operands.iter().map(conditions).collect::<Option<Vec<_>>>()?;
            Some(all.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// Whether a path such as `project__owner` leads from a row to one value only.
fn is_to_one(path: &str, facts: &ProjectFacts, model: &ModelFacts) -> bool {
    let mut current = Some(model);
    let mut parts = path.split("__");
    while let Some(part) = parts.next() {
        if matches!(part, "pk" | "id") {
            return true;
        }
        let Some(there) = current else {
            // The fields of a user model that is not the project's.
            return matches!(
                part,
                "is_active" | "is_staff" | "is_superuser" | "username" | "email" | "in" | "isnull"
            );
        };
        let named = there.field(part).or_else(|| there.field(part.strip_suffix("_id")?));
        let Some(field) = named else { return false };
        match &field.relation {
            None => return true,
            Some(relation) if relation.kind == RelationKind::ManyToMany => return false,
            Some(relation) => current = facts.model(&relation.to),
        }
        if parts.clone().next().is_some_and(|next| matches!(next, "in" | "isnull" | "exact")) {
            return true;
        }
    }
    true
}

/// Conditions with `field__` before what each is about.
fn prefixed(args: &Args, field: &str) -> Option<String> {
    let positional = args.positional.iter().map(|condition| prefixed_condition(condition, field));
    let keywords =
        args.keywords.iter().map(|(path, value)| Some(format!("{field}__{path}={}", value.source)));
    Some(positional.chain(keywords).collect::<Option<Vec<_>>>()?.join(", "))
}

fn prefixed_condition(condition: &Expr, field: &str) -> Option<String> {
    match condition.parts.as_deref()? {
        Parts::Call { args, .. } => {
            let (function, _) = condition.source.split_once('(')?;
            Some(format!("{function}({})", prefixed(args, field)?))
        }
        Parts::Operation { operator, operands } => {
            let mut written = Vec::new();
            for operand in operands {
                let code = prefixed_condition(operand, field)?;
                let nested = match operand.parts.as_deref() {
                    Some(Parts::Operation { operator: inner, .. }) => inner != operator && inner != "~",
                    _ => false,
                };
                written.push(if nested { format!("({code})") } else { code });
            }
            match written.as_slice() {
                [only] => Some(format!("{operator}{only}")),
                both => Some(both.join(&format!(" {operator} "))),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RelPath;

    /// Cases of rows that are named by what they are of.
    fn narrowing(cases: &[(Option<&str>, &str)]) -> Narrowing {
        let case = |(condition, of): &(Option<&str>, &str)| RowsCase {
            condition: condition.map(str::to_owned),
            rows: Chain { of: (*of).to_owned(), calls: Vec::new() },
        };
        Narrowing {
            same_for_all: false,
            place: Place { file: RelPath::new("a/views.py").unwrap(), line: 1 },
            cases: cases.iter().map(case).collect(),
            names: Vec::new(),
        }
    }

    #[test]
    fn tools_that_describe_an_api_are_told_from_requests() {
        let told = |condition: &str| {
            let cases = narrowing(&[(Some(condition), "A"), (None, "B")]).of_requests()?;
            let text = |case: RowsCase| format!("{}: {}", case.condition.unwrap_or_default(), case.rows.of);
            Some(cases.into_iter().map(text).collect::<Vec<_>>().join(", "))
        };
        for (condition, expected) in [
            ("getattr(self, 'swagger_fake_view', False)", Some(": B")),
            ("not getattr(self, \"swagger_fake_view\", False)", Some(": A")),
            (
                "getattr(self, 'swagger_fake_view', False) or not self.request.user.is_authenticated",
                Some("not self.request.user.is_authenticated: A, : B"),
            ),
            ("self.request.user.is_staff", Some("self.request.user.is_staff: A, : B")),
            ("a and getattr(self, 'swagger_fake_view', False)", None),
            ("getattr(self, 'swagger_fake_view', False) and a", None),
            ("not getattr(self, 'swagger_fake_view', False) and a", None),
            ("getattr(self, 'swagger_fake_view', True)", None),
        ] {
            assert_eq!(told(condition).as_deref(), expected, "{condition}");
        }
        assert_eq!(narrowing(&[]).of_requests(), None);
    }

    #[test]
    fn a_login_is_needed_where_those_without_one_are_asked_who_they_are() {
        const USER: &str = "visible(self.request.user)";
        for (condition, first, last, needs) in [
            ("self.request.user.is_staff", "A", USER, true),
            ("self.request.user.is_staff", USER, "A", false),
            ("self.request.user.is_authenticated", USER, "A", false),
            ("self.request.user.is_authenticated and self.request.user.is_staff", "A", USER, true),
            ("not self.request.user.is_authenticated", "A", USER, false),
            ("self.request.user.is_anonymous or self.request.user.profile.is_new", "A", USER, false),
            ("self.request.user.profile.is_new", "A", "A", true),
            ("self.request.user.is_authenticated and (a or b)", USER, "A", false),
            ("(self.request.user.is_anonymous or a) and self.request.user.is_active", "A", "A", true),
        ] {
            let rule = narrowing(&[(Some(condition), first), (None, last)]);
            assert_eq!(rule.needs_login(), needs, "{condition}");
        }
    }
}
