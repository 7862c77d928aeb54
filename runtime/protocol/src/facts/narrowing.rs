//! Rows that depend on who asks, and what that means for the rows that belong to them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Args, Expr, ModelFacts, Parts, Place, ProjectFacts, RelationKind};

/// A `get_queryset` by which the one who asks decides which rows there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Narrowing {
    /// Where the method stands.
    pub place: Place,
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
        if let Some(field) = self.of_the_user(facts, model) {
            let source = "self.request.user".to_owned();
            let user = Expr { source, literal: None, path: None, parts: None };
            let args = Args { keywords: vec![(field, user)], ..Args::default() };
            filters.push(ChainCall { name: "filter".to_owned(), args });
        } else if !self.is_of_plain_manager(model) {
            return None;
        }
        for call in &self.rows.calls {
            match call.name.as_str() {
                _ if call.is_filter() && is_known(&call.args, facts, model) => filters.push(call.clone()),
                "annotate" | "alias" => {}
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

    /// Whether the calls are made on a manager of the model that leaves no row out.
    fn is_of_plain_manager(&self, model: &ModelFacts) -> bool {
        let Some((class, manager)) = self.rows.of.rsplit_once('.') else { return false };
        let leaves_out = |name: &str| {
            let known = model.managers.iter().find(|m| m.name == name);
            known.map_or(name != "objects", |m| m.members.iter().any(|m| m == "get_queryset"))
        };
        last(class) == model.name && !leaves_out(manager)
    }

    /// The field by which rows that are taken from the user, `self.request.user.posts`, belong to them.
    fn of_the_user(&self, facts: &ProjectFacts, model: &ModelFacts) -> Option<String> {
        let name = self.rows.of.strip_prefix("self.request.user.")?;
        let field = model.fields.iter().find(|field| {
            field.relation.as_ref().is_some_and(|relation| {
                let usual = || format!("{}_set", model.name.to_lowercase());
                relation.to == facts.settings.auth_user_model
                    && relation.kind == RelationKind::ForeignKey
                    && relation.related_name.clone().unwrap_or_else(usual) == name
            })
        });
        field.map(|field| field.name.clone())
    }
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

    /// How the one who asks decides which rows of a model there are; absent if some of its views show all.
    #[must_use]
    pub fn narrowing_of(&self, label: &str) -> Option<&Narrowing> {
        let views = self.apps.iter().flat_map(|app| &app.viewsets);
        let mut views =
            views.filter(|view| view.model.as_deref() == Some(label) && !view.offered().is_empty());
        let first = views.next()?.narrowing.as_ref()?;
        views.all(|view| view.narrowing.is_some()).then_some(first)
    }
}

impl Narrowing {
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

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether conditions are about values in rows of `model` and in those that they belong to, one each.
fn is_known(args: &Args, facts: &ProjectFacts, model: &ModelFacts) -> bool {
    let is_plain = |value: &Expr| {
        // What is computed from other values of a row names these.
        let computes = ["F(", "OuterRef(", "Subquery(", "Exists("];
        !computes.iter().any(|call| value.source.contains(call))
    };
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
