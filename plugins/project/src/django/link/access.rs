//! Who may see and do what: permission classes, and viewsets that have other rows for each user.

use aksara_python::read::{self, Class, Method};
use aksara_sdk::protocol::facts::{
    Args, Audience, Chain, ChainCall, Expr, Narrowing, PermissionFacts, Place, RowsCase,
};

use super::managers::managers;
use super::modules::{Ancestor, LinkedModule, Modules};

/// Bases that look at the request alone, and whether they ask something of it.
const FRAMEWORK: [(&str, bool); 5] = [
    ("BasePermission", false),
    ("AllowAny", false),
    ("IsAuthenticated", true),
    ("IsAdminUser", true),
    ("IsAuthenticatedOrReadOnly", true),
];

/// Parts of a request that say what is asked for, not who asks.
const ASKED_FOR: [&str; 5] = ["query_params", "GET", "method", "data", "version"];

/// The facts of a permission class; `None` for another class.
pub(super) fn permission(modules: &Modules, module: &LinkedModule, class: &Class) -> Option<PermissionFacts> {
    let ancestors = modules.ancestors(class);
    let foreign = || {
        ancestors.iter().filter_map(|ancestor| match *ancestor {
            Ancestor::Foreign(name) => Some(name),
            Ancestor::Own(..) => None,
        })
    };
    if !foreign().any(|name| name.starts_with("rest_framework.permissions.")) {
        return None;
    }
    let bases = || {
        ancestors.iter().filter_map(|ancestor| match *ancestor {
            Ancestor::Own(_, parent) => Some(parent),
            Ancestor::Foreign(_) => None,
        })
    };
    let methods: Vec<&Method> = std::iter::once(class).chain(bases()).flat_map(|c| &c.methods).collect();
    let known = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name);
        FRAMEWORK.iter().find(|(base, _)| *base == last)
    };
    let looks_at_request = |method: &&Method| {
        let body = method.body.replace("has_permission(request, view)", "");
        let words = body.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        method.name == "has_permission"
            && words.into_iter().all(|word| !matches!(word, "view" | "has_perm" | "has_perms" | "data"))
    };
    let rules: Vec<HasPermission<'_>> = std::iter::once(HasPermission::of_class(class))
        .chain(ancestors.iter().map(|ancestor| match *ancestor {
            Ancestor::Own(_, parent) => HasPermission::of_class(parent),
            // Whatever is named before it comes before it.
            Ancestor::Foreign("rest_framework.permissions.BasePermission") => None,
            Ancestor::Foreign(name) => Some(HasPermission::Foreign(name)),
        }))
        .flatten()
        .collect();
    // What Django's permissions are asked of which method is then its own.
    let decides = |class: &Class| {
        let own = ["perms_map", "authenticated_users_only"];
        class.assigns.iter().any(|assign| own.contains(&assign.name.as_str()))
            || class.methods.iter().any(|method| method.name == "get_required_permissions")
    };
    let audience = audience_of(&rules).filter(|_| !decides(class) && !bases().any(decides));
    Some(PermissionFacts {
        name: class.name.clone(),
        module: module.module.name.clone(),
        place: Place { file: module.path.clone(), line: class.line },
        any_model: foreign().all(|name| known(name).is_some()) && methods.iter().all(looks_at_request),
        guards: methods.iter().any(|m| m.name == "has_permission")
            || foreign().any(|name| known(name).is_none_or(|(_, asks)| *asks)),
        object_rule: methods.iter().find(|m| m.name == "has_object_permission").map(|m| m.body.clone()),
        readers: audience.map(|(readers, _)| readers),
        writers: audience.map(|(_, writers)| writers),
    })
}

/// A `has_permission`.
enum HasPermission<'m> {
    Own(&'m Method),
    Foreign(&'m str),
}

impl<'m> HasPermission<'m> {
    fn of_class(class: &'m Class) -> Option<Self> {
        class.methods.iter().find(|method| method.name == "has_permission").map(Self::Own)
    }
}

/// Who may read and who may write by the first of some rules, which may ask the next.
fn audience_of(rules: &[HasPermission<'_>]) -> Option<(Audience, Audience)> {
    match rules.split_first() {
        Some((HasPermission::Own(method), rest)) => audience(&method.body, audience_of(rest)),
        Some((HasPermission::Foreign(name), _)) => {
            Audience::of_framework(name).filter(|_| name.starts_with("rest_framework.permissions."))
        }
        None => Some((Audience::Anyone, Audience::Anyone)),
    }
}

/// Who may read and who may write by the body of a `has_permission`, where `base` are those whom the class that it
/// extends lets.
fn audience(body: &str, base: Option<(Audience, Audience)>) -> Option<(Audience, Audience)> {
    let reading = ["request.method in SAFE_METHODS", "request.method in permissions.SAFE_METHODS"];
    // Of whom one thing is asked; `None` for what is not known.
    let of_term = |term: &str| -> Option<(Audience, Audience)> {
        let term = term.trim().trim_start_matches("bool(").trim_matches(['(', ')', ' ']);
        if reading.contains(&term) {
            return Some((Audience::Anyone, Audience::Nobody));
        }
        let mut found = (Audience::Anyone, Audience::Anyone);
        for condition in term.split(" and ") {
            let condition = condition.trim();
            let asked = match condition.strip_prefix("request.user").map(|rest| rest.trim_start_matches('.'))
            {
                Some("") => (Audience::Anyone, Audience::Anyone),
                // Whoever is not logged in is not active.
                Some("is_authenticated" | "is_active") => (Audience::Users, Audience::Users),
                Some("is_staff" | "is_superuser") => (Audience::Staff, Audience::Staff),
                Some(rest) if rest.starts_with("groups.") || rest.starts_with("has_perm") => {
                    (Audience::Members, Audience::Members)
                }
                _ if condition == "True" => (Audience::Anyone, Audience::Anyone),
                _ if condition.starts_with("super(") => base?,
                _ => return None,
            };
            found = (found.0.max(asked.0), found.1.max(asked.1));
        }
        Some(found)
    };
    let of_value = |value: &str| -> Option<(Audience, Audience)> {
        let inner = value.strip_prefix("bool(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(value);
        let mut terms = inner.split(" or ").map(of_term);
        let first = terms.next()??;
        terms.try_fold(first, |(readers, writers), term| {
            let (reads, writes) = term?;
            Some((readers.min(reads), writers.min(writes)))
        })
    };
    let cases = read::choices(body)?;
    let is_reading = |condition: &String| reading.contains(&condition.as_str());
    match cases.as_slice() {
        [only] => of_value(&only.value),
        [first, second] if first.condition.as_ref().is_some_and(is_reading) => {
            Some((of_value(&first.value)?.0, of_value(&second.value)?.1))
        }
        _ => None,
    }
}

/// How `get_queryset` of a viewset, its own or that of a base in the project, goes by who asks, or which rows the viewset
/// leaves out for all. `queryset` is the attribute of the viewset and the module that it stands in.
pub(super) fn narrowing(
    modules: &Modules,
    (module, class): (&LinkedModule, &Class),
    queryset: Option<(&LinkedModule, &Expr)>,
) -> Option<Narrowing> {
    let own = std::iter::once((module, class));
    let ancestors = modules.ancestors(class);
    let has_foreign = ancestors.iter().any(|a| matches!(a, Ancestor::Foreign(name) if may_have_rows(name)));
    let bases = ancestors.into_iter().filter_map(|ancestor| match ancestor {
        Ancestor::Own(module, parent) => Some((module, parent)),
        Ancestor::Foreign(_) => None,
    });
    let mut methods = own.chain(bases).filter_map(|(module, class)| {
        Some((module, class.methods.iter().find(|m| m.name == "get_queryset")?))
    });
    let Some((of_method, method)) = methods.next() else {
        let place = Place { file: module.path.clone(), line: class.line };
        let rule = Rule { queryset, has_foreign: false, names: Vec::new() };
        return left_out(modules, rule, module, "return self.queryset", &place).or_else(|| {
            let leaves_out = [".filter(", ".exclude(", "["];
            let code = &queryset.filter(|(_, code)| read::chain(&code.source).is_none())?.1.source;
            let is_some = leaves_out.iter().any(|part| code.contains(part));
            is_some.then_some(Narrowing { place, same_for_all: true, cases: Vec::new(), names: Vec::new() })
        });
    };
    let module = of_method;
    let place = Place { file: module.path.clone(), line: method.line };
    if !goes_by_who_asks(&method.body) {
        let queryset = queryset.filter(|_| methods.next().is_none());
        let rule = Rule { queryset, has_foreign, names: Vec::new() };
        return left_out(modules, rule, module, &method.body, &place);
    }
    let not_understood = Narrowing { place, same_for_all: false, cases: Vec::new(), names: Vec::new() };
    // A base that was not read may have a method of its own, before this one or behind it.
    let is_own = class.methods.iter().any(|own| std::ptr::eq(own, method));
    if has_foreign && !is_own {
        return Some(not_understood);
    }
    let queryset = queryset.filter(|_| methods.next().is_none());
    let mut rule = Rule { queryset, has_foreign, names: Vec::new() };
    let Some(mut cases) = rule.cases(module, &method.body) else { return Some(not_understood) };
    for case in &mut cases {
        spell_out(modules, &mut case.rows.calls, MAX_DEPTH);
    }
    let narrowing = Narrowing { cases, names: rule.names, ..not_understood.clone() };
    let is_understood = narrowing.of_requests().is_some();
    Some(if is_understood { narrowing } else { not_understood })
}

/// The rows that a rule leaves out whoever asks. `None` if it leaves none out, goes by the request or is not understood.
fn left_out<'m>(
    modules: &Modules,
    mut rule: Rule<'m>,
    module: &'m LinkedModule,
    body: &str,
    place: &Place,
) -> Option<Narrowing> {
    let mut cases = rule.cases(module, body)?;
    let [RowsCase { condition: None, rows }] = cases.as_mut_slice() else { return None };
    spell_out(modules, &mut rows.calls, MAX_DEPTH);
    let (class, manager) = rows.of.rsplit_once('.')?;
    let path = rule.names.iter().find_map(|(name, path)| {
        let rest = class.strip_prefix(name.as_str())?;
        (rest.is_empty() || rest.starts_with('.')).then(|| format!("{path}{rest}"))
    });
    // One that the model has besides its usual manager.
    let of_manager = path.and_then(|path| modules.class(&path)).and_then(|(module, class)| {
        let known = managers(modules, module, class);
        let found = known.iter().skip(1).find(|known| known.name == manager)?;
        let (_, class) = modules.class(&found.class)?;
        class.methods.iter().find(|method| method.name == "get_queryset")
    });
    let mut chosen = of_manager.is_some();
    if let Some(mut calls) = of_manager.and_then(|method| own_calls(&method.body)) {
        spell_out(modules, &mut calls, MAX_DEPTH);
        chosen = !calls.iter().all(ChainCall::keeps_rows);
        if let Some(first) = rows.calls.first_mut() {
            let own = if first.means.is_empty() { vec![first.clone()] } else { first.means.clone() };
            first.means = calls.into_iter().chain(own).collect();
        }
    }
    let is_none = rows.calls.iter().any(|call| call.name == "none");
    let leaves_out = chosen || !rows.calls.iter().all(ChainCall::keeps_rows);
    (leaves_out && !is_none).then(|| Narrowing {
        place: place.clone(),
        same_for_all: true,
        cases,
        names: rule.names,
    })
}

/// How deep methods of querysets are followed that call others.
const MAX_DEPTH: usize = 4;

/// Notes what methods of the project's managers and querysets do that are called without arguments.
fn spell_out(modules: &Modules, calls: &mut [ChainCall], depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let is_of_rows =
        |class: &&Class| class.bases.iter().any(|base| base.contains("QuerySet") || base.contains("Manager"));
    for call in calls.iter_mut().filter(|call| call.args == Args::default()) {
        let classes = modules.iter().flat_map(|module| &module.module.classes).filter(is_of_rows);
        let mut found = classes
            .flat_map(|class| &class.methods)
            .filter(|method| method.name == call.name)
            .map(|method| own_calls(&method.body));
        // Of several by one name, which one it is is not asked if they do the same.
        let Some(Some(mut means)) = found.next() else { continue };
        if found.all(|other| other.as_ref() == Some(&means)) {
            spell_out(modules, &mut means, depth);
            call.means = means
                .into_iter()
                .flat_map(|call| if call.means.is_empty() { vec![call] } else { call.means })
                .collect();
        }
    }
}

/// The calls that a method of a manager or queryset makes on its rows. `None` if it does more.
fn own_calls(body: &str) -> Option<Vec<ChainCall>> {
    let choices = read::choices(body)?;
    let [read::Choice { condition: None, value }] = choices.as_slice() else { return None };
    let mut chain = read::chain(value)?;
    if chain.calls.first().is_some_and(|call| call.name == "get_queryset") {
        chain.calls.remove(0);
    }
    (chain.of == "self" || chain.of.starts_with("super(")).then_some(chain.calls)
}

/// Whether a base from outside the project may have a `get_queryset` that is not REST framework's.
fn may_have_rows(base: &str) -> bool {
    let known = ["rest_framework.", "django.contrib.auth.mixins."];
    let last = base.rsplit('.').next().unwrap_or(base);
    !known.iter().any(|module| base.starts_with(module)) && !matches!(last, "object" | "Generic")
}

/// The cases of a `get_queryset`, while they are read.
struct Rule<'m> {
    /// What the framework's own `get_queryset` returns, with its module, if nothing stands between the two.
    queryset: Option<(&'m LinkedModule, &'m Expr)>,
    /// Whether a base from outside the project may stand between the two.
    has_foreign: bool,
    names: Vec<(String, String)>,
}

impl<'m> Rule<'m> {
    fn cases(&mut self, module: &'m LinkedModule, body: &str) -> Option<Vec<RowsCase>> {
        let mut cases: Vec<RowsCase> = Vec::new();
        let mut asked_for = Vec::new();
        for read::Choice { condition, value } in read::choices(body)? {
            let (rows, parts) = self.rows(module, &value)?;
            if let Some((who, asked)) = condition.as_deref().and_then(without_what_is_asked_for) {
                asked_for.push((who, asked, rows));
                continue;
            }
            for (module, code) in parts.into_iter().chain(condition.clone().map(|code| (module, code))) {
                self.learn(module, &code)?;
            }
            cases.push(RowsCase { condition, rows });
        }
        // What is asked for, such as an action or a search, gets some of the rows that the same users have else.
        let is_part = |(who, asked, rows): &(Option<String>, String, Chain)| {
            let all = cases.iter().find(|case| case.condition == *who)?;
            let more = calls_besides(rows, &all.rows)?;
            // An action that has other rows for each user, while the others have all, is no search.
            let asks_who = |call: &&ChainCall| goes_by_who_asks(&call.to_string());
            (!asked.contains("self.action") || !more.iter().any(asks_who)).then_some(())
        };
        asked_for.iter().all(|one| is_part(one).is_some()).then_some(cases)
    }

    /// A chain with the rows of the framework's own method written out, and the code in it with the module of each.
    fn rows(
        &self,
        module: &'m LinkedModule,
        value: &str,
    ) -> Option<(Chain, Vec<(&'m LinkedModule, String)>)> {
        let mut chain = read::chain(value)?;
        let is_base = match chain.of.as_str() {
            "self.queryset" => true,
            of if of.starts_with("super(") => {
                if self.has_foreign {
                    return None;
                }
                let asked = chain.calls.first().is_some_and(|call| call.name == "get_queryset");
                asked.then(|| chain.calls.remove(0))?;
                true
            }
            _ => false,
        };
        let values = chain.calls.iter().flat_map(|call| {
            call.args.positional.iter().chain(call.args.keywords.iter().map(|(_, value)| value))
        });
        let mut code: Vec<_> = values.map(|value| (module, value.source.clone())).collect();
        if !is_base {
            code.push((module, chain.of.clone()));
            return Some((chain, code));
        }
        let (module, queryset) = self.queryset?;
        let base = read::chain(&queryset.source)?;
        code.push((module, queryset.source.clone()));
        let calls = base.calls.into_iter().chain(chain.calls).collect();
        Some((Chain { of: base.of, calls }, code))
    }

    /// Notes what the names in some code stand for. `None` for code that another view cannot have: what looks at the
    /// view, or at the request for more than who asks, and names that nothing explains.
    fn learn(&mut self, module: &LinkedModule, code: &str) -> Option<()> {
        const BUILT_IN: [&str; 5] = ["bool", "getattr", "hasattr", "isinstance", "self"];
        if !looks_at_who_asks_only(code) {
            return None;
        }
        for name in read::names(code).into_iter().filter(|name| !BUILT_IN.contains(&name.as_str())) {
            let of_module = &module.module;
            let is_own = of_module.functions.contains(&name)
                || of_module.classes.iter().any(|class| class.name == name)
                || of_module.assigns.iter().any(|assign| assign.name == name);
            let import = of_module.imports.iter().rev().find(|import| import.name == name);
            let path = match import {
                Some(import) => import.path.clone(),
                None if is_own => format!("{}.{name}", of_module.name),
                None => return None,
            };
            if !self.names.iter().any(|(there, _)| *there == name) {
                self.names.push((name, path));
            }
        }
        Some(())
    }
}

/// The parts of a condition that are about who asks, and those about what is asked for. `None` if there are none of
/// these.
fn without_what_is_asked_for(condition: &str) -> Option<(Option<String>, String)> {
    let is_asked = |part: &&str| part.contains("self") && looks_at(part, is_asked_for);
    let parts: Vec<&str> = match [" or ", " if ", "lambda "].iter().any(|word| condition.contains(word)) {
        true => vec![condition],
        false => condition.split(" and ").collect(),
    };
    let (asked, who): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(is_asked);
    let who = (!who.is_empty()).then(|| who.join(" and "));
    (!asked.is_empty()).then(|| (who, asked.join(" and ")))
}

/// The calls that `rows` has besides those of `all`, if they leave rows out and do nothing else.
fn calls_besides<'c>(rows: &'c Chain, all: &Chain) -> Option<Vec<&'c ChainCall>> {
    let mut left = all.calls.iter().peekable();
    let more: Vec<&ChainCall> =
        rows.calls.iter().filter(|call| left.next_if(|next| next == call).is_none()).collect();
    let leaves_out =
        |call: &&ChainCall| call.is_filter() || call.name == "distinct" && call.args.positional.is_empty();
    (rows.of == all.of && left.next().is_none() && more.iter().all(leaves_out)).then_some(more)
}

/// Whether code asks the view for nothing but the request, and that for nothing but who asks. Tools that describe an API
/// may be told apart.
fn looks_at_who_asks_only(code: &str) -> bool {
    let code = ['"', '\''].iter().fold(code.to_owned(), |code, quote| {
        code.replace(&format!("getattr(self, {quote}swagger_fake_view{quote}, False)"), "True")
    });
    looks_at(&code, |attributes| match attributes {
        ["request", rest @ ..] => rest.first().is_none_or(|attribute| !ASKED_FOR.contains(attribute)),
        _ => false,
    })
}

/// Whether attributes of a view say what is asked for.
fn is_asked_for(attributes: &[&str]) -> bool {
    match attributes {
        ["request", attribute, ..] => ASKED_FOR.contains(attribute),
        [attribute, ..] => ["action", "detail", "kwargs"].contains(attribute),
        [] => false,
    }
}

/// Whether all that code asks the view for, such as `["request", "user"]`, `is_it`.
fn looks_at(code: &str, is_it: impl Fn(&[&str]) -> bool) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices("self").all(|(at, word)| {
        let before = &code[..at];
        let rest = &code[at + word.len()..];
        if before.ends_with(|c: char| is_word(c) || c == '.') || rest.starts_with(is_word) {
            return true;
        }
        let path = rest.split(|c: char| !is_word(c) && c != '.').next().unwrap_or_default();
        is_it(&path.trim_start_matches('.').split('.').filter(|part| !part.is_empty()).collect::<Vec<_>>())
    })
}

/// Whether code of a view looks at the request for more than what it asks for.
fn goes_by_who_asks(body: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    body.split("self.request").skip(1).any(|rest| {
        let attribute = rest.strip_prefix('.').unwrap_or_default();
        let attribute = attribute.split(|c| !is_word(c)).next().unwrap_or_default();
        !rest.starts_with(is_word) && !ASKED_FOR.contains(&attribute)
    })
}

#[cfg(test)]
mod tests {
    use super::goes_by_who_asks;

    #[test]
    fn what_is_asked_for_is_not_who_asks() {
        for (body, goes) in [
            ("return Post.objects.filter(author=self.request.user)", true),
            ("return super().get_queryset().for_user(self.request.user)", true),
            ("return visible(Post.objects, self.request)", true),
            ("return Post.objects.filter(x=self.request.query_params.get('x'))", false),
            ("return Post.objects.filter(x=self.kwargs['x'])", false),
            ("return Post.objects.filter(x=self.requested)", false),
        ] {
            assert_eq!(goes_by_who_asks(body), goes, "{body}");
        }
    }
}
