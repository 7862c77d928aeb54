//! One more pattern in a list of URL patterns: before the first one that would take its URLs.

use aksara_protocol::Diagnostic;
use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::{Expr, ExprCall, Stmt};

use super::lists::expression;
use super::{Change, Edits, ItemPlace, ListPart, StatementPlace};

/// The variable that a URL module keeps its patterns in.
pub(super) const VARIABLE: &str = "urlpatterns";

/// Where a pattern must stand to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternPlace {
    /// Behind the others.
    End,
    /// Before what would take its URLs.
    Before(PatternOfList),
}

/// An item of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternOfList {
    part: usize,
    item: String,
}

impl Edits {
    /// Where a pattern must stand that leads to `url`, a path such as `api/tags/` as the module sees it.
    ///
    /// # Errors
    /// As [`Edits::list_parts`], but for patterns that all begin with a language: no other URL is taken by them.
    pub fn pattern_place(&self, url: &str) -> Result<PatternPlace, Diagnostic> {
        self.place_in(VARIABLE, url)
    }

    fn place_in(&self, variable: &str, url: &str) -> Result<PatternPlace, Diagnostic> {
        if self.patterns_have_languages(variable) {
            return Ok(PatternPlace::End);
        }
        for (part, list) in self.list_parts(variable)?.iter().enumerate() {
            for item in &list.items {
                if expression(item).is_ok_and(|pattern| takes(&pattern, url)) {
                    return Ok(PatternPlace::Before(PatternOfList { part, item: item.clone() }));
                }
            }
        }
        Ok(PatternPlace::End)
    }

    /// Puts a pattern that leads to `url` where it is reached, unless it is there. Files that are served in development
    /// (`*static(…)`) stay behind it. The URLs of a router have their suffixes already, so that they stay outside of
    /// `format_suffix_patterns(…)`, and an API has no language, so that it stays outside of `i18n_patterns(…)`.
    ///
    /// # Errors
    /// As [`Edits::list_part_append`].
    pub fn add_pattern(&mut self, item: &str, url: &str) -> Result<Change, Diagnostic> {
        self.add_pattern_to(VARIABLE, item, url)
    }

    /// As [`Edits::add_pattern`], for another list of patterns that the module has. Of several lists that it is put
    /// together from, or that are added to it, the one is meant whose patterns begin as the new one does.
    ///
    /// # Errors
    /// As [`Edits::add_pattern`].
    pub fn add_pattern_to(&mut self, variable: &str, item: &str, url: &str) -> Result<Change, Diagnostic> {
        let wanted = expression(item)?;
        let is_include = wanted
            .as_call_expr()
            .and_then(|call| argument(call, 1, "view"))
            .is_some_and(|view| called(view, "include").is_some());
        let outside =
            self.patterns_have_languages(variable) || (is_include && self.patterns_have_suffixes(variable));
        let place = self.place_in(variable, url)?;
        if outside {
            let is_it = |pattern: &Expr| ComparableExpr::from(pattern) == ComparableExpr::from(&wanted);
            if self.any_in_patterns(variable, &is_it) {
                return Ok(self.already());
            }
            let statement = match place {
                PatternPlace::End => format!("{variable} += [\n    {item},\n]"),
                PatternPlace::Before(_) => {
                    format!("{variable} = [\n    {item},\n    *{variable},\n]")
                }
            };
            return self.append_statement(&statement, StatementPlace::AfterVariable(variable));
        }
        if let PatternPlace::Before(PatternOfList { part, item: other }) = place {
            return self.list_part_append(variable, part, item, ItemPlace::Before(&other));
        }
        let parts = self.list_parts(variable)?;
        let added = self.added_parts(variable);
        let has_siblings = |list: &ListPart| list.items.iter().any(|other| begin_alike(other, url));
        // Other variables may be there for other uses, too.
        let own = parts.iter().position(|list| list.name.is_none()).unwrap_or_default();
        let is_own_better = parts.get(own).is_some_and(has_siblings);
        if !is_own_better && let Some(index) = added.iter().position(has_siblings) {
            let items = added.get(index).map(|list| list.items.as_slice()).unwrap_or_default();
            let takes = |other: &&String| expression(other).is_ok_and(|pattern| takes(&pattern, url));
            let before = items.iter().find(takes).map(String::as_str);
            let place = before.map_or_else(|| end_of(items), ItemPlace::Before);
            return self.added_part_append(variable, index, item, place);
        }
        let part = match is_own_better {
            true => own,
            false => parts.iter().position(has_siblings).unwrap_or(own),
        };
        let items = parts.get(part).map(|list| list.items.as_slice()).unwrap_or_default();
        self.list_part_append(variable, part, item, end_of(items))
    }

    /// Whether every pattern has a language before it.
    fn patterns_have_languages(&self, variable: &str) -> bool {
        self.list_parts(variable).is_err()
            && self.any_in_patterns(variable, &|expr| called(expr, "i18n_patterns").is_some())
    }

    /// Whether patterns of the list are given suffixes such as `.json`.
    fn patterns_have_suffixes(&self, variable: &str) -> bool {
        self.any_in_patterns(variable, &|expr| {
            expr.as_call_expr().is_some_and(|call| suffixed(call).is_some())
        })
    }

    /// Whether any expression that the patterns are put together from is such a one.
    fn any_in_patterns(&self, variable: &str, is_it: &dyn Fn(&Expr) -> bool) -> bool {
        let is_list = |target: &Expr| target.as_name_expr().is_some_and(|name| name.id.as_str() == variable);
        self.source().module().body.iter().any(|statement| {
            let value = match statement {
                Stmt::Assign(assign) if assign.targets.iter().any(is_list) => Some(&*assign.value),
                Stmt::AnnAssign(assign) if is_list(&assign.target) => assign.value.as_deref(),
                Stmt::AugAssign(assign) if is_list(&assign.target) => Some(&*assign.value),
                _ => None,
            };
            value.is_some_and(|value| any_over_expr(value, is_it))
        })
    }
}

/// The end of a list of patterns, before the files that are served in development.
fn end_of(items: &[String]) -> ItemPlace<'_> {
    let last = items.last().filter(|last| last.starts_with('*'));
    last.map_or(ItemPlace::End, |last| ItemPlace::Before(last))
}

/// Whether a pattern has the first part of a URL, such as `api/`.
fn begin_alike(pattern: &str, url: &str) -> bool {
    let Some((first, _)) = url.split_once('/') else { return false };
    let route = expression(pattern).ok().and_then(|pattern| {
        let call = ["path", "re_path", "url"].iter().find_map(|name| called(&pattern, name))?;
        Some(argument(call, 0, "route").and_then(text)?.to_owned())
    });
    route.is_some_and(|route| {
        route
            .strip_prefix('^')
            .unwrap_or(&route)
            .strip_prefix(first)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// The list that a call of `format_suffix_patterns` is given.
pub(super) fn suffixed(call: &ExprCall) -> Option<&Expr> {
    is_call_of(call, "format_suffix_patterns").then(|| argument(call, 0, "urlpatterns"))?
}

/// A URL that a pattern with a literal route leads to.
pub(super) fn url_of(pattern: &Expr) -> Option<String> {
    let call = called(pattern, "path")?;
    let mut parts = argument(call, 0, "route").and_then(text)?.split('<');
    let mut url = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        url.push('1');
        url.push_str(part.split_once('>').map_or("", |(_, rest)| rest));
    }
    if argument(call, 1, "view").is_some_and(|view| called(view, "include").is_some()) {
        url.push_str("x/");
    }
    Some(url)
}

/// Whether a pattern may take a URL. One that is computed is taken for one that does not.
fn takes(pattern: &Expr, url: &str) -> bool {
    let Expr::Call(call) = pattern else { return false };
    let (Some(route), Some(view)) = (argument(call, 0, "route").and_then(text), argument(call, 1, "view"))
    else {
        return false;
    };
    // The URLs of another module; those of a router are its prefixes, which nobody else has.
    let included = called(view, "include");
    let is_module =
        included.and_then(|include| argument(include, 0, "arg")).is_some_and(|module| match module {
            Expr::Tuple(pair) => pair.elts.first().is_some_and(Expr::is_string_literal_expr),
            module => module.is_string_literal_expr(),
        });
    let (literal, rest) = if called(pattern, "path").is_some() {
        let end = route.find('<').unwrap_or(route.len());
        route.split_at(end)
    } else if called(pattern, "re_path").or(called(pattern, "url")).is_some() {
        plain_start(route.strip_prefix('^').unwrap_or(route))
    } else {
        return false;
    };
    let Some(below) = url.strip_prefix(literal) else { return false };
    match rest {
        "" if included.is_some() => literal.is_empty() && is_module,
        "" if called(pattern, "path").is_some() => below.is_empty(),
        "" => true,
        "$" | "\\Z" => below.is_empty(),
        // No word is a number.
        rest if rest.starts_with("<int:") || rest.starts_with("(?P<pk>\\d") => {
            below.starts_with(|c: char| c.is_ascii_digit())
        }
        rest if rest.starts_with("<uuid:") => false,
        _ => !below.is_empty(),
    }
}

/// What a regular expression begins with that stands for itself, and the rest.
fn plain_start(pattern: &str) -> (&str, &str) {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_');
    let end = pattern.find(|c| !is_plain(c)).unwrap_or(pattern.len());
    // `a?` may be no `a` at all.
    let repeated = pattern[end..].starts_with(['?', '*', '{']);
    let end = match pattern[..end].char_indices().next_back() {
        Some((last, _)) if repeated => last,
        _ => end,
    };
    pattern.split_at(end)
}

/// The call, if it is one of a function of that name.
fn called<'e>(expr: &'e Expr, name: &str) -> Option<&'e ExprCall> {
    expr.as_call_expr().filter(|call| is_call_of(call, name))
}

fn is_call_of(call: &ExprCall, name: &str) -> bool {
    match call.func.as_ref() {
        Expr::Name(function) => function.id.as_str() == name,
        Expr::Attribute(function) => function.attr.as_str() == name,
        _ => false,
    }
}

fn argument<'e>(call: &'e ExprCall, position: usize, name: &str) -> Option<&'e Expr> {
    call.arguments.find_argument_value(name, position)
}

fn text(expr: &Expr) -> Option<&str> {
    Some(expr.as_string_literal_expr()?.value.to_str())
}

#[cfg(test)]
mod tests {
    use aksara_protocol::facts::Style;
    use aksara_protocol::wire::SourceFile;
    use aksara_protocol::{BlobId, RelPath};

    use super::*;

    #[test]
    fn what_may_take_a_url_is_told_by_its_route() {
        for (pattern, is_taken) in [
            (r"re_path(r'^(?P<url>[-\w/]+)/$', views.page)", true),
            (r"re_path(r'^', include('blog.urls'))", true),
            (r"re_path('', views.all)", true),
            (r"re_path(r'^api/?', views.api)", true),
            (r"re_path(r'^apis?/(?P<x>.*)', views.api)", true),
            (r"re_path(r'^$', views.index)", false),
            (r"re_path(r'^api/$', views.root)", false),
            (r"re_path(r'^admin/', admin.site.urls)", false),
            (r"re_path(r'^post/(?P<pk>\d+)/$', views.post)", false),
            (r"re_path(r'^api/', include('blog.api_urls'))", false),
            ("path('', include('blog.urls'))", true),
            ("path('', include(('blog.urls', 'blog'), namespace='b'))", true),
            ("path('', include(router.urls))", false),
            ("path('', views.index)", false),
            ("path('<path:rest>', views.page)", true),
            ("path('<slug:slug>/', views.page, name='page')", true),
            ("path('<int:pk>/', views.post)", false),
            ("path('api/', include('other.urls'))", false),
            ("path('api/<str:what>/', views.api)", true),
            ("path(settings.ADMIN_URL, admin.site.urls)", false),
            ("*static(settings.MEDIA_URL)", false),
            ("router.urls", false),
        ] {
            let found = expression(pattern).is_ok_and(|parsed| takes(&parsed, "api/tags/"));
            assert_eq!(found, is_taken, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_leads_to_the_url_of_its_route() {
        for (pattern, url) in [
            ("path('auth/login/', login)", Some("auth/login/")),
            ("path('items/<int:pk>/tags/<slug>/', view)", Some("items/1/tags/1/")),
            ("path('api/', include('shop.urls'))", Some("api/x/")),
            ("re_path(r'^a/', view)", None),
            ("path(PREFIX, view)", None),
        ] {
            assert_eq!(url_of(&expression(pattern).unwrap()).as_deref(), url, "{pattern}");
        }
    }

    fn open(text: &str) -> Edits {
        let file = SourceFile {
            path: RelPath::new("config/urls.py").unwrap(),
            blob: BlobId::new("0"),
            text: text.to_owned(),
        };
        Edits::open(&file, &Style::default()).unwrap()
    }

    #[test]
    fn patterns_of_a_module_that_is_put_in_are_reached_too() {
        let mut edits = open("urlpatterns = [\n    path('<slug:name>/', page),\n]\n");
        let _ = edits.merge("urlpatterns = [path(\"me/\", me), path(\"a/b/\", b)]\n").unwrap();
        assert_eq!(
            edits.source().text(),
            "urlpatterns = [\n    path(\"me/\", me),\n    path(\"a/b/\", b),\n    path('<slug:name>/', page),\n]\n"
        );
    }

    fn added(text: &str) -> String {
        let mut edits = open(text);
        let item = "path(\"api/\", include(\"shop.urls\"))";
        let _ = edits.add_pattern(item, "api/tags/").unwrap();
        assert_eq!(edits.add_pattern(item, "api/tags/").unwrap(), Change::AlreadyThere);
        edits.source().text().to_owned()
    }

    #[test]
    fn a_pattern_stands_before_what_would_take_its_urls() {
        assert_eq!(
            added(
                "urlpatterns = [\n    path('a/', a),\n    path('<path:p>', page),\n    path('z/', z),\n]\n"
            ),
            "urlpatterns = [\n    path('a/', a),\n    path(\"api/\", include(\"shop.urls\")),\n    path('<path:p>', page),\n    path('z/', z),\n]\n"
        );
        assert_eq!(
            added("urlpatterns = [\n    path('a/', a),\n    # Media\n    *static(URL),\n]\n"),
            "urlpatterns = [\n    path('a/', a),\n    path(\"api/\", include(\"shop.urls\")),\n    # Media\n    *static(URL),\n]\n"
        );
        assert_eq!(
            added("urlpatterns = [\n    path('a/', a),\n]\n"),
            "urlpatterns = [\n    path('a/', a),\n    path(\"api/\", include(\"shop.urls\")),\n]\n"
        );
        assert_eq!(
            added("urlpatterns = [path('a/', a)] + [path('<path:p>', page)]\n"),
            "urlpatterns = [path('a/', a)] + [\n    path(\"api/\", include(\"shop.urls\")),\n    path('<path:p>', page),\n]\n"
        );
    }

    #[test]
    fn a_pattern_stands_with_those_that_begin_as_it_does() {
        let item = "    path(\"api/\", include(\"shop.urls\")),\n]\n";
        // A section of its own, and a list of its own.
        for (text, anchor) in [
            (
                "urlpatterns = [\n    path('a/', a),\n]\n\n# API\nurlpatterns += [\n    path('api/docs/', docs),\n]\nif DEBUG:\n    urlpatterns += [path('api/x/', x)]\n",
                "docs),\n]\n",
            ),
            (
                "PAGES = [\n    path('a/', a),\n]\nAPI = [\n    re_path(r'^api/docs/', docs),\n]\nurlpatterns = PAGES + API\n",
                "docs),\n]\n",
            ),
            (
                "urlpatterns = [\n    path('api/a/', a),\n]\nurlpatterns += [\n    path('api/docs/', docs),\n]\n",
                "a),\n]\n",
            ),
            ("urlpatterns = [\n    path('a/', a),\n]\nurlpatterns += [\n    path('b/', b),\n]\n", "a),\n]\n"),
        ] {
            let expected = text.replacen(anchor, &anchor.replace("]\n", item), 1);
            assert_eq!(added(text), expected);
        }
        let mut edits = open("api = [\n    path('a/', a),\n]\nurlpatterns = [path('api/', include(api))]\n");
        let _ = edits.add_pattern_to("api", "path('b/', b)", "b/").unwrap();
        assert!(edits.source().text().starts_with("api = [\n    path('a/', a),\n    path('b/', b),\n]\n"));
    }

    #[test]
    fn patterns_that_are_given_suffixes_are_added_to() {
        let mut edits = open("urlpatterns = format_suffix_patterns([\n    path('a/', a),\n])\n");
        let _ = edits.add_pattern("path(\"b/\", B.as_view())", "b/").unwrap();
        assert_eq!(
            edits.source().text(),
            "urlpatterns = format_suffix_patterns([\n    path('a/', a),\n    path(\"b/\", B.as_view()),\n])\n"
        );
        let twice = "urlpatterns = [\n    path('a/', a),\n]\n\nurlpatterns = format_suffix_patterns(urlpatterns, allowed=['json'])\n";
        let mut edits = open(twice);
        let _ = edits.add_pattern("path(\"b/\", B.as_view())", "b/").unwrap();
        assert_eq!(edits.source().text(), twice.replace("a),\n]", "a),\n    path(\"b/\", B.as_view()),\n]"));
        // A router's own suffixes and these would meet.
        assert_eq!(
            added(twice),
            format!("{twice}urlpatterns += [\n    path(\"api/\", include(\"shop.urls\")),\n]\n")
        );
        let taken = "urlpatterns = format_suffix_patterns([path('<path:p>', page)])\n";
        assert_eq!(
            added(taken),
            format!(
                "{taken}urlpatterns = [\n    path(\"api/\", include(\"shop.urls\")),\n    *urlpatterns,\n]\n"
            )
        );
    }

    #[test]
    fn what_has_languages_before_it_is_not_added_to() {
        let own = "urlpatterns = i18n_patterns(\n    path('a/', a),\n    prefix_default_language=False,\n)\n";
        assert_eq!(
            added(own),
            format!("{own}urlpatterns += [\n    path(\"api/\", include(\"shop.urls\")),\n]\n")
        );
        let text = "urlpatterns = [\n    path('a/', a),\n] + i18n_patterns(path('b/', b))\n";
        assert_eq!(
            added(text),
            "urlpatterns = [\n    path('a/', a),\n    path(\"api/\", include(\"shop.urls\")),\n] + i18n_patterns(path('b/', b))\n"
        );
    }

    #[test]
    fn a_pattern_stands_in_the_list_of_the_variable_itself() {
        let others = "needed = [\n    path('o/', o),\n]\n\n";
        let own = "urlpatterns = [\n    path('a/', a),\n";
        let new = "    path(\"api/\", include(\"shop.urls\")),\n";
        for end in ["] + needed\n", "] + needed + static(URL)\n"] {
            assert_eq!(added(&format!("{others}{own}{end}")), format!("{others}{own}{new}{end}"));
        }
        assert_eq!(
            added(&format!("{others}urlpatterns = needed + [\n    path('a/', a),\n]\n")),
            format!("{others}urlpatterns = needed + [\n    path('a/', a),\n{new}]\n")
        );
        assert_eq!(
            added(&format!("{others}urlpatterns = needed + other\n")),
            format!("{}urlpatterns = needed + other\n", others.replace("]\n", &format!("{new}]\n")))
        );
    }

    #[test]
    fn what_is_made_from_the_patterns_or_overwritten_by_them_is_no_second_list() {
        let own = "urlpatterns = [\n    path('a/', a),\n]\n";
        let new = own.replace("]\n", "    path(\"api/\", include(\"shop.urls\")),\n]\n");
        let wrap =
            "if settings.PREFIX:\n    urlpatterns = [\n        path(prefix, include(urlpatterns)),\n    ]\n";
        assert_eq!(added(&format!("{own}{wrap}")), format!("{new}{wrap}"));
        let before =
            "for app in apps:\n    urlpatterns = of(app)\n    more.append(path('', include(urlpatterns)))\n";
        assert_eq!(added(&format!("{before}{own}")), format!("{before}{new}"));
        let refused = open(&format!("{own}{before}")).add_pattern("path('b/', b)", "b/").unwrap_err();
        assert!(refused.message.contains("set more than once"), "{}", refused.message);
    }

    #[test]
    fn what_is_added_to_the_patterns_later_is_left_where_it_is() {
        for rest in [
            "urlpatterns += router.urls\n",
            "urlpatterns = urlpatterns + static(URL)\n",
            "if settings.DEBUG:\n    urlpatterns += static(URL)\n",
            "if settings.DEBUG:\n    urlpatterns = [path('__debug__/', include('debug_toolbar.urls'))] + urlpatterns\n",
            "urlpatterns = [*urlpatterns, *more]\n",
        ] {
            let added = added(&format!("urlpatterns = [\n    path('a/', a),\n]\n{rest}"));
            let expected = format!(
                "urlpatterns = [\n    path('a/', a),\n    path(\"api/\", include(\"shop.urls\")),\n]\n{rest}"
            );
            assert_eq!(added, expected);
        }
        let other = "urlpatterns = [path('a/', a)]\nurlpatterns = others\n";
        let refused = open(other).add_pattern("path('b/', b)", "b/").unwrap_err();
        assert!(refused.message.contains("set more than once"), "{}", refused.message);
    }
}
