//! Rows that depend on who asks: what a row must have for the tests' own user to see it, and whether others do.

use aksara_sdk::protocol::facts::{
    Args, Expr, FieldFacts, ModelFacts, Narrowing, Parts, ProjectFacts, RelationKind, RowsCase,
};
use serde_json::Value;

use super::sample::{Purpose, is_required};

/// How deep rows are looked for that a row belongs to.
const MAX_DEPTH: usize = 6;

/// What makes a row one that `self.user` sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Values that it needs, as source, by field.
    pub given: Vec<(String, String)>,
    /// Its relations to many that the user must be among.
    pub members: Vec<String>,
    /// Whether another user without any permission sees it too; absent if that cannot be told.
    pub by_others: Option<bool>,
}

/// What is known of one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// The row has what it asks for, or is given that: for others, too?
    Holds { given: Option<(String, String)>, member: Option<String>, by_others: Option<bool> },
    /// It cannot be made to hold.
    Fails,
    /// Nobody knows.
    Unknown,
}

/// What makes a row of a model one that `self.user` sees. `None` if there is no such row that tests can make.
pub fn seen(facts: &ProjectFacts, model: &ModelFacts) -> Option<Seen> {
    within(facts, model, MAX_DEPTH)
}

fn within(facts: &ProjectFacts, model: &ModelFacts, depth: usize) -> Option<Seen> {
    let everybody = Seen { by_others: Some(true), ..Seen::default() };
    let unknown = Seen::default();
    let Some((_, narrowing)) = facts.narrowing_view(&model.label) else { return Some(everybody) };
    let Some(depth) = depth.checked_sub(1) else { return Some(unknown) };
    let Some(case) = case_of_a_user(narrowing).map(|case| case.spelled_out()) else { return Some(unknown) };
    if case.rows.calls.iter().any(|call| call.name == "none") {
        return Some(Seen { by_others: Some(false), ..Seen::default() });
    }
    let rule = Rule { facts, model, depth };
    let mut conditions = Vec::new();
    match case.filters(facts, model) {
        Some(filters) => {
            for call in filters {
                match call.name.as_str() {
                    "filter" => conditions.extend(rule.all_of(&call.args)),
                    _ => conditions.push(Condition::Unknown),
                }
            }
        }
        // One that asks for the user among many.
        None => {
            conditions.extend(rule.of_rows(&case));
            for call in &case.rows.calls {
                match call.name.as_str() {
                    "filter" => conditions.extend(rule.all_of(&call.args)),
                    "all" | "distinct" | "order_by" | "select_related" | "prefetch_related" => {}
                    _ => conditions.push(Condition::Unknown),
                }
            }
        }
    }
    let mut seen = everybody;
    for condition in conditions {
        match condition {
            Condition::Fails => return None,
            Condition::Unknown => seen.by_others = seen.by_others.filter(|sees| !sees),
            Condition::Holds { given, member, by_others } => {
                seen.given.extend(given);
                seen.members.extend(member);
                seen.by_others = match (seen.by_others, by_others) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), by_others) => by_others,
                    (None, _) => None,
                };
            }
        }
    }
    if narrowing.same_for_all {
        seen.by_others = Some(true);
    }
    Some(seen)
}

/// The case of a user who is logged in and has no permission.
fn case_of_a_user(narrowing: &Narrowing) -> Option<RowsCase> {
    for case in narrowing.of_requests()? {
        if case.holds_for(true)? {
            return Some(case);
        }
    }
    None
}

/// The rows of a model, while conditions on them are looked at.
struct Rule<'f> {
    facts: &'f ProjectFacts,
    model: &'f ModelFacts,
    depth: usize,
}

impl Rule<'_> {
    /// What the rows say that a chain begins with.
    fn of_rows(&self, case: &RowsCase) -> Option<Condition> {
        let of = case.rows.of.as_str();
        if of.starts_with("self.request.user.") {
            let field = case.of_the_user(self.facts, self.model);
            let user =
                Expr { source: "self.request.user".to_owned(), literal: None, path: None, parts: None };
            let of_field = |field: &FieldFacts| self.of_path(self.model, &field.name, &user);
            return Some(field.map_or(Condition::Unknown, of_field));
        }
        let class = of.rsplit_once('.').and_then(|(class, _)| class.rsplit('.').next());
        (class != Some(self.model.name.as_str())).then_some(Condition::Unknown)
    }

    fn all_of(&self, args: &Args) -> Vec<Condition> {
        let positional = args.positional.iter().flat_map(|condition| self.of_q(condition));
        let keywords = args.keywords.iter().map(|(path, value)| self.of_path(self.model, path, value));
        positional.chain(keywords).collect()
    }

    /// The conditions that a `Q(…) | Q(…)` comes down to.
    fn of_q(&self, condition: &Expr) -> Vec<Condition> {
        match condition.parts.as_deref() {
            Some(Parts::Call { args, .. }) => self.all_of(args),
            Some(Parts::Operation { operator, operands }) if operator == "&" => {
                operands.iter().flat_map(|operand| self.of_q(operand)).collect()
            }
            Some(Parts::Operation { operator, operands }) if operator == "|" => {
                vec![self.one_of(&operands.iter().map(|operand| self.of_q(operand)).collect::<Vec<_>>())]
            }
            _ => vec![Condition::Unknown],
        }
    }

    /// One of several conditions: that the row is the user's, if there is such a one, and none of the others, if that
    /// can be.
    fn one_of(&self, all: &[Vec<Condition>]) -> Condition {
        let own = all.iter().position(|of_one| {
            matches!(of_one.as_slice(), [Condition::Holds { by_others: Some(false), .. }])
        });
        let (Some(own), 2) = (own, all.len()) else { return Condition::Unknown };
        let other = all.get(1 - own).map(Vec::as_slice);
        let Some([Condition::Holds { given, member, .. }]) = all.get(own).map(Vec::as_slice) else {
            return Condition::Unknown;
        };
        let by_others = match other {
            Some([Condition::Fails | Condition::Holds { by_others: Some(false), .. }]) => Some(false),
            // A flag that the row does not have, unless it is given.
            Some([Condition::Holds { given: Some((field, value)), .. }]) if value == "True" => {
                let field = self.model.field(field);
                let default = field.and_then(|f| f.args.keyword("default")).map(|e| &e.literal);
                let is_off = default.is_none_or(|literal| *literal == Some(Value::Bool(false)));
                is_off.then_some(false)
            }
            _ => None,
        };
        Condition::Holds { given: given.clone(), member: member.clone(), by_others }
    }

    fn of_path(&self, model: &ModelFacts, path: &str, value: &Expr) -> Condition {
        let (first, rest) = path.split_once("__").map_or((path, None), |(first, rest)| (first, Some(rest)));
        let named = model.field(first).or_else(|| model.field(first.strip_suffix("_id")?));
        let Some(field) = named else { return Condition::Unknown };
        let is_user = matches!(
            value.source.as_str(),
            "self.request.user" | "self.request.user.pk" | "self.request.user.id"
        );
        let of_user =
            field.relation.as_ref().filter(|relation| relation.to == self.facts.settings.auth_user_model);
        match (of_user, rest) {
            (Some(relation), None | Some("pk" | "id")) if is_user => {
                let is_many = relation.kind == RelationKind::ManyToMany;
                if is_many && field.args.keyword("through").is_some() {
                    return Condition::Fails;
                }
                let user = || (field.name.clone(), "self.user".to_owned());
                Condition::Holds {
                    given: (!is_many).then(user),
                    member: is_many.then(|| field.name.clone()),
                    by_others: Some(false),
                }
            }
            (None, None) if field.relation.is_none() && value.literal.is_some() => Condition::Holds {
                given: Some((field.name.clone(), value.source.clone())),
                member: None,
                by_others: Some(true),
            },
            (_, Some("isnull")) => match (value.literal.as_ref(), is_required(field, Purpose::Row)) {
                (Some(Value::Bool(true)), false) | (Some(Value::Bool(false)), true) => {
                    Condition::Holds { given: None, member: None, by_others: Some(true) }
                }
                _ => Condition::Fails,
            },
            (None, Some(rest)) => self.above(field, rest, value),
            // Something else of the user's.
            _ if value.source.contains("self.request") => Condition::Fails,
            _ => Condition::Unknown,
        }
    }

    /// A condition on the row that a row belongs to, which is made with what its own views ask for.
    fn above(&self, field: &FieldFacts, rest: &str, value: &Expr) -> Condition {
        let Some(relation) = &field.relation else { return Condition::Unknown };
        let Some(target) = self.facts.model(&relation.to) else { return Condition::Unknown };
        if rest == "in" {
            let case =
                self.facts.narrowing_view(&target.label).and_then(|(_, narrowing)| case_of_a_user(narrowing));
            let is_theirs =
                case.and_then(|case| case.rows(self.facts, target)).as_ref() == Some(&value.source);
            return match within(self.facts, target, self.depth) {
                Some(seen) if is_theirs => {
                    Condition::Holds { given: None, member: None, by_others: seen.by_others }
                }
                None if is_theirs => Condition::Fails,
                _ => Condition::Unknown,
            };
        }
        if relation.kind == RelationKind::ManyToMany || !is_required(field, Purpose::Row) {
            return Condition::Fails;
        }
        let rule = Rule { facts: self.facts, model: target, depth: self.depth };
        let Condition::Holds { given, member, by_others } = rule.of_path(target, rest, value) else {
            return rule.of_path(target, rest, value);
        };
        let there = within(self.facts, target, self.depth).unwrap_or_default();
        let is_given = given.is_none_or(|(name, source)| {
            let needs = target.field(&name).is_some_and(|f| is_required(f, Purpose::Row));
            (source == "self.user" && needs) || there.given.contains(&(name, source))
        });
        let is_member = member.is_none_or(|name| there.members.contains(&name));
        match is_given && is_member {
            true => Condition::Holds { given: None, member: None, by_others },
            false => Condition::Fails,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::tests::{facts_of, project};
    const MODELS: &str = "from django.conf import settings
from django.db import models


class Shop(models.Model):
    keeper = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Book(models.Model):
    title = models.CharField(max_length=9)
    state = models.CharField(max_length=9, default='draft')
    is_public = models.BooleanField(default=False)
    is_new = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name='books')
    readers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name='lent')
    fans = models.ManyToManyField(settings.AUTH_USER_MODEL)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
";

    /// What is known of a book whose views have a `get_queryset` with this body.
    fn seen(body: &str) -> Option<(String, String, Option<bool>)> {
        let views = format!(
            "from django.db.models import Q\nfrom rest_framework import viewsets\n\nfrom .models import Book, Shop\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n\n    def get_queryset(self):\n        {body}\n\n\nclass ShopViewSet(viewsets.ModelViewSet):\n    queryset = Shop.objects.all()\n\n    def get_queryset(self):\n        return Shop.objects.filter(keeper=self.request.user).order_by('id')\n"
        );
        let facts = facts_of(project().file("shop/models.py", MODELS).file("shop/views.py", views));
        let seen = super::seen(&facts, facts.model("shop.Book").unwrap())?;
        let given: Vec<String> = seen.given.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some((given.join(", "), seen.members.join(", "), seen.by_others))
    }

    #[test]
    fn a_row_gets_what_its_views_ask_of_it_for_all() {
        let models = MODELS.replace(
            "class Book(",
            "class BookQuerySet(models.QuerySet):\n    def sold(self):\n        return self.filter(state='sold').exclude(title='x')\n\n\nclass Book(",
        );
        for queryset in ["Book.objects.filter(state='sold')", "Book.objects.select_related('shop').sold()"] {
            let views = format!(
                "from rest_framework import viewsets\n\nfrom .models import Book\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    queryset = {queryset}\n"
            );
            let facts = facts_of(project().file("shop/models.py", &models).file("shop/views.py", views));
            let seen = super::seen(&facts, facts.model("shop.Book").unwrap()).unwrap();
            assert_eq!(seen.given, [("state".to_owned(), "'sold'".to_owned())], "{queryset}");
            assert_eq!(seen.by_others, Some(true), "{queryset}");
        }
    }

    #[test]
    fn a_row_gets_what_its_views_ask_for() {
        for (body, given, members, by_others) in [
            ("return Book.objects.all()", "", "", Some(true)),
            ("return Book.objects.filter(owner=self.request.user)", "owner=self.user", "", Some(false)),
            ("return self.request.user.books.all()", "owner=self.user", "", Some(false)),
            (
                "return super().get_queryset().filter(owner_id=self.request.user.pk, state='sold')",
                "owner=self.user, state='sold'",
                "",
                Some(false),
            ),
            ("return Book.objects.filter(readers=self.request.user)", "", "readers", Some(false)),
            ("return self.request.user.lent.all()", "", "readers", Some(false)),
            ("return self.request.user.book_set.all()", "", "fans", Some(false)),
            ("return Book.objects.filter(shop__keeper=self.request.user)", "", "", Some(false)),
            (
                "return Book.objects.filter(shop__in=Shop.objects.filter(keeper=self.request.user))",
                "",
                "",
                Some(false),
            ),
            ("return Book.objects.filter(shop__in=visible(self.request.user))", "", "", None),
            (
                "return Book.objects.filter(Q(is_public=True) | Q(owner=self.request.user))",
                "owner=self.user",
                "",
                Some(false),
            ),
            (
                "return Book.objects.filter(Q(is_new=True) | Q(owner=self.request.user))",
                "owner=self.user",
                "",
                None,
            ),
            (
                "return Book.objects.filter(owner=self.request.user).exclude(state='sold')",
                "owner=self.user",
                "",
                Some(false),
            ),
            ("return Book.objects.for_user(self.request.user)", "", "", None),
            (
                "return Book.objects.all() if self.request.user.is_staff else Book.objects.filter(owner=self.request.user)",
                "owner=self.user",
                "",
                Some(false),
            ),
            (
                "return Book.objects.all() if self.request.user.is_authenticated else Book.objects.none()",
                "",
                "",
                Some(true),
            ),
            (
                "return Book.objects.all() if self.request.user.has_perm('x') else Book.objects.none()",
                "",
                "",
                None,
            ),
        ] {
            assert_eq!(seen(body), Some((given.to_owned(), members.to_owned(), by_others)), "{body}");
        }
        for body in [
            "return Book.objects.filter(shop=self.request.user.shop)",
            "return Book.objects.filter(owner__isnull=False, shop__isnull=True, title=self.request.user.name)",
        ] {
            assert_eq!(seen(body), None, "{body}");
        }
    }
}
