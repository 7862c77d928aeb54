//! Who may see and do what: permission classes, and viewsets that have other rows for each user.

use aksara_python::read::{self, Class, Method};
use aksara_sdk::protocol::facts::{Chain, ChainCall, Expr, Narrowing, PermissionFacts, Place, RowsCase};

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
    let bases = ancestors.iter().filter_map(|ancestor| match *ancestor {
        Ancestor::Own(_, parent) => Some(parent),
        Ancestor::Foreign(_) => None,
    });
    let methods: Vec<&Method> = std::iter::once(class).chain(bases).flat_map(|c| &c.methods).collect();
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
    Some(PermissionFacts {
        name: class.name.clone(),
        module: module.module.name.clone(),
        place: Place { file: module.path.clone(), line: class.line },
        any_model: foreign().all(|name| known(name).is_some()) && methods.iter().all(looks_at_request),
        guards: methods.iter().any(|m| m.name == "has_permission")
            || foreign().any(|name| known(name).is_none_or(|(_, asks)| *asks)),
        object_rule: methods.iter().find(|m| m.name == "has_object_permission").map(|m| m.body.clone()),
    })
}

/// How `get_queryset` of a viewset, its own or that of a base in the project, goes by who asks. `queryset` is the
/// attribute of the viewset and the module that it stands in.
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
    let (module, method) = methods.next()?;
    if !goes_by_who_asks(&method.body) {
        return None;
    }
    let place = Place { file: module.path.clone(), line: method.line };
    let not_understood = Narrowing { place, cases: Vec::new(), names: Vec::new() };
    // A base that was not read may have a method of its own, before this one or behind it.
    let is_own = class.methods.iter().any(|own| std::ptr::eq(own, method));
    if has_foreign && !is_own {
        return Some(not_understood);
    }
    let queryset = queryset.filter(|_| methods.next().is_none());
    let mut rule = Rule { queryset, has_foreign, names: Vec::new() };
    let Some(cases) = rule.cases(module, &method.body) else { return Some(not_understood) };
    let narrowing = Narrowing { cases, names: rule.names, ..not_understood.clone() };
    let is_understood = narrowing.of_requests().is_some();
    Some(if is_understood { narrowing } else { not_understood })
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
    fn cases(&mut self, module: &LinkedModule, body: &str) -> Option<Vec<RowsCase>> {
        let mut cases = Vec::new();
        let mut of_actions = Vec::new();
        for read::Choice { condition, value } in read::choices(body)? {
            let rows = self.rows(module, &value)?;
            match condition {
                Some(condition) if condition.starts_with("self.action ") && is_one(&condition) => {
                    of_actions.push(rows);
                }
                condition => {
                    condition.as_deref().map_or(Some(()), |condition| self.learn(module, condition))?;
                    cases.push(RowsCase { condition, rows });
                }
            }
        }
        // An action that has some of the rows that the others have, such as a list of the topmost ones, whoever asks.
        let last = &cases.last()?.rows;
        let asks_who = |call: &ChainCall| call.to_string().contains("self.request");
        let is_part = |rows: &Chain| {
            let more = rows.calls.strip_prefix(last.calls.as_slice());
            rows.of == last.of && more.is_some_and(|more| !more.iter().any(asks_who))
        };
        of_actions.iter().all(is_part).then_some(cases)
    }

    /// A chain with the rows of the framework's own method written out.
    fn rows(&mut self, module: &LinkedModule, value: &str) -> Option<Chain> {
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
        for call in &chain.calls {
            let values = call.args.positional.iter().chain(call.args.keywords.iter().map(|(_, value)| value));
            for value in values {
                self.learn(module, &value.source)?;
            }
        }
        if !is_base {
            self.learn(module, &chain.of)?;
            return Some(chain);
        }
        let (module, queryset) = self.queryset?;
        let base = read::chain(&queryset.source)?;
        self.learn(module, &queryset.source)?;
        Some(Chain { of: base.of, calls: base.calls.into_iter().chain(chain.calls).collect() })
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

/// Whether a condition is not put together from several.
fn is_one(condition: &str) -> bool {
    ![" and ", " or ", " if "].iter().any(|word| condition.contains(word))
}

/// Whether code asks the view for nothing but the request, and that for nothing but who asks. Tools that describe an API
/// may be told apart.
fn looks_at_who_asks_only(code: &str) -> bool {
    let code = ['"', '\''].iter().fold(code.to_owned(), |code, quote| {
        code.replace(&format!("getattr(self, {quote}swagger_fake_view{quote}, False)"), "True")
    });
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices("self").all(|(at, word)| {
        let before = &code[..at];
        let rest = &code[at + word.len()..];
        if before.ends_with(|c: char| is_word(c) || c == '.') || rest.starts_with(is_word) {
            return true;
        }
        let Some(rest) = rest.strip_prefix(".request").filter(|rest| !rest.starts_with(is_word)) else {
            return false;
        };
        let attribute = rest.strip_prefix('.').unwrap_or_default();
        !ASKED_FOR.contains(&attribute.split(|c| !is_word(c)).next().unwrap_or_default())
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
