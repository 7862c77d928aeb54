//! Imports at the top of a module: extended where one from the same module is there, else put into the right
//! group, sorted as the others are (isort's rules, as ruff and black users know them).

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Alias, Stmt, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange};

use super::import_order::{Group, Header, Key, key, nearest, position, same_package, unseparated};
use super::lines::{attached_start, blanks_after, blanks_before, starts_line};
use super::pieces::Replacement;
use super::reexports::home;
use super::sequence::{Sequence, exploded};
use super::stdlib::is_stdlib;
use super::{Change, Edits, FirstParty, find};
use crate::Source;
use crate::layout::columns;

/// An import to make: `from <dots><module> import <name>`, or `import <module>` without a name.
#[derive(Clone, Copy, Debug)]
struct Wanted<'a> {
    level: usize,
    module: &'a str,
    name: Option<&'a str>,
    /// What it is called here, if that is another name.
    alias: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn from(module: &'a str, name: &'a str) -> Self {
        let rest = module.trim_start_matches('.');
        Self { level: module.len() - rest.len(), module: rest, name: Some(name), alias: None }
    }

    fn dotted(&self) -> String {
        format!("{}{}", ".".repeat(self.level), self.module)
    }
}

impl Edits {
    /// Makes `name` of `module` (`django.db`, `.models`) known by its own name.
    ///
    /// An import under `TYPE_CHECKING` does not count as one, and an import with another alias is not the name.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`] if the name means something else in this module; [`codes::REFUSED`] if it is imported
    /// conditionally; a name that is none.
    pub fn import_from(&mut self, module: &str, name: &str) -> Result<Change, Diagnostic> {
        let wanted = Wanted::from(module, name);
        check_words(wanted.level > 0, wanted.module, Some(name))?;
        let source = self.source();
        let body = &source.module().body;
        if let Some(taken) = find::binding(source, name) {
            let same_import = |s: &Stmt| {
                s.as_import_from_stmt().is_some_and(|i| {
                    self.gives(i, wanted, name)
                        && i.names.iter().any(|a| a.name.as_str() == name && a.asname.is_none())
                })
            };
            if body.iter().any(same_import) {
                return Ok(self.already());
            }
            if let Some(inside) = taken.inside {
                return Err(Diagnostic::new(
                    codes::REFUSED,
                    format!("`{name}` is imported or set inside {inside} in `{}`", source.path()),
                )
                .with_label(source.label(taken.range, "here"))
                .with_help(format!(
                    "import it unconditionally (`from {module} import {name}`) and run this again"
                )));
            }
            return Err(self.name_taken(name, &taken));
        }
        let extendable = self.extendable(wanted);
        let changes = match extendable {
            Some(import) => self.extend(import, name),
            None => self.new_import(wanted),
        };
        self.commit(&changes)
    }

    /// The import that can bring in one more name of a module.
    fn extendable(&self, wanted: Wanted<'_>) -> Option<&StmtImportFrom> {
        let body = &self.source().module().body;
        let mut imports = body.iter().filter_map(Stmt::as_import_from_stmt).filter(|import| {
            self.is_same_module(import, wanted)
                && !import.is_lazy
                && !import.names.is_empty()
                // isort and ruff keep a name with an alias on a line of its own.
                && (self.style.combined_aliases
                    || !matches!(import.names.as_slice(), [only] if only.asname.is_some()))
                && import.names.iter().all(|alias| alias.name.as_str() != "*")
        });
        let first = imports.next().filter(|_| !self.style.single_imports)?;
        // One name a line is the file's habit if it brings in two that way.
        let is_single = |import: &StmtImportFrom| import.names.len() == 1;
        (!is_single(first) || !imports.any(is_single)).then_some(first)
    }

    /// Makes `module` known by its dotted name, as in `import django_filters`.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`] if its first part means something else in this module; a name that is none.
    pub fn import_module(&mut self, module: &str) -> Result<Change, Diagnostic> {
        check_words(false, module, None)?;
        let source = self.source();
        let is_there = source.module().body.iter().filter_map(Stmt::as_import_stmt).any(|import| {
            import.names.iter().any(|alias| alias.name.as_str() == module && alias.asname.is_none())
        });
        if is_there {
            return Ok(self.already());
        }
        let root = module.split('.').next().unwrap_or(module);
        let is_package_import = |s: &Stmt| {
            s.as_import_stmt().is_some_and(|i| {
                i.names.iter().any(|a| a.asname.is_none() && a.name.split('.').next() == Some(root))
            })
        };
        if let Some(taken) = find::binding(source, root) {
            let by_package = taken.inside.is_none()
                && source
                    .module()
                    .body
                    .iter()
                    .any(|s| s.range().contains_range(taken.range) && is_package_import(s));
            if !by_package {
                return Err(self.name_taken(root, &taken));
            }
        }
        let changes = self.new_import(Wanted { level: 0, module, name: None, alias: None });
        self.commit(&changes)
    }

    /// Makes `name` of `module`, or without a name `module` itself, known as `alias`.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`] if the alias means something else in this module; a name that is none.
    pub fn import_as(&mut self, module: &str, name: Option<&str>, alias: &str) -> Result<Change, Diagnostic> {
        let wanted = Wanted { name, alias: Some(alias), ..Wanted::from(module, alias) };
        check_words(wanted.level > 0, wanted.module, Some(alias))?;
        check_words(wanted.level > 0, wanted.module, name)?;
        let source = self.source();
        let called = |a: &Alias| a.asname.as_ref().map(|n| n.as_str()) == Some(alias);
        let is_there = source.module().body.iter().any(|statement| match (statement, name) {
            (Stmt::ImportFrom(import), Some(name)) => {
                self.gives(import, wanted, name)
                    && import.names.iter().any(|a| a.name.as_str() == name && called(a))
            }
            (Stmt::Import(import), None) => {
                import.names.iter().any(|a| a.name.as_str() == module && called(a))
            }
            _ => false,
        });
        if is_there {
            return Ok(self.already());
        }
        if let Some(taken) = find::binding(source, alias) {
            return Err(self.name_taken(alias, &taken));
        }
        let together = name.filter(|_| self.style.combined_aliases);
        let changes = match together.and_then(|name| Some((self.extendable(wanted)?, name))) {
            Some((import, name)) => self.extend(import, &format!("{name} as {alias}")),
            None => self.new_import(wanted),
        };
        self.commit(&changes)
    }

    /// Takes over all names of `module`, as in `from .base import *`.
    ///
    /// # Errors
    /// A module that is none.
    pub fn import_all(&mut self, module: &str) -> Result<Change, Diagnostic> {
        let wanted = Wanted::from(module, "*");
        check_words(wanted.level > 0, wanted.module, None)?;
        let mut imports = self.source().module().body.iter().filter_map(Stmt::as_import_from_stmt);
        if imports.any(|i| self.is_same_module(i, wanted) && i.names.iter().any(|a| a.name.as_str() == "*")) {
            return Ok(self.already());
        }
        let changes = self.new_import(wanted);
        self.commit(&changes)
    }

    /// How this module can write `name` of `module` as its imports are, such as `models.CharField` for `CharField`
    /// of `django.db.models`; `None` if no import at the top of the module reaches it.
    #[must_use]
    pub fn local_name(&self, module: &str, name: &str) -> Option<String> {
        let source = self.source();
        let wanted = Wanted::from(module, name);
        for statement in &source.module().body {
            match statement {
                Stmt::ImportFrom(import) => {
                    for alias in &import.names {
                        let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                        if alias.name.as_str() == name && self.gives(import, wanted, name) {
                            return Some(bound.to_owned());
                        }
                        let Some((package, last)) = module.rsplit_once('.') else { continue };
                        let package = if package.is_empty() { "." } else { package };
                        if alias.name.as_str() == last
                            && self.is_same_module(import, Wanted::from(package, last))
                        {
                            return Some(format!("{bound}.{name}"));
                        }
                    }
                }
                Stmt::Import(import) => {
                    if let Some(alias) = import.names.iter().find(|a| a.name.as_str() == module) {
                        let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                        return Some(format!("{bound}.{name}"));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Whether `name`, imported so, is that of the wanted module: from there, or from a module that gives the same.
    fn gives(&self, import: &StmtImportFrom, wanted: Wanted<'_>, name: &str) -> bool {
        let module = import.module.as_ref().map_or("", |m| m.as_str());
        let is_absolute = import.level == 0 && wanted.level == 0;
        self.is_same_module(import, wanted)
            || (is_absolute && home(module, name) == home(wanted.module, name))
    }

    /// Whether an import is from the wanted module, written relatively or absolutely.
    fn is_same_module(&self, import: &StmtImportFrom, wanted: Wanted<'_>) -> bool {
        let module = import.module.as_ref().map_or("", |m| m.as_str());
        let level = import.level as usize;
        if (level > 0) == (wanted.level > 0) {
            return level == wanted.level && module == wanted.module;
        }
        let (relative, absolute) = if level > 0 {
            (self.resolved(level, module), wanted.module)
        } else {
            (self.resolved(wanted.level, wanted.module), module)
        };
        let absolute: Vec<&str> = absolute.split('.').collect();
        // The repository may hold the project in a folder that is no package: `src/blog` is `blog`.
        relative.is_some_and(|r| r == absolute || (absolute.len() > 1 && r.ends_with(&absolute)))
    }

    /// The parts of a relative import's module, as the file's path has them.
    fn resolved<'a>(&'a self, level: usize, module: &'a str) -> Option<Vec<&'a str>> {
        let mut parts: Vec<&str> = self.source().path().as_str().split('/').collect();
        parts.pop();
        for _ in 1..level {
            parts.pop()?;
        }
        parts.extend(module.split('.').filter(|part| !part.is_empty()));
        Some(parts)
    }

    fn group(&self, level: usize, module: &str) -> Group {
        let root = module.split('.').next().unwrap_or(module);
        if level > 0 {
            Group::Local
        } else if root == "__future__" {
            Group::Future
        } else if is_stdlib(root) {
            Group::Standard
        } else if self.is_first_party(root) {
            Group::FirstParty
        } else {
            Group::ThirdParty
        }
    }

    fn is_first_party(&self, root: &str) -> bool {
        let is_one_of = |own: &[String]| own.iter().any(|own| own.split('.').next() == Some(root));
        match &self.first_party {
            FirstParty::Known(all) => is_one_of(all),
            FirstParty::Some(known) => {
                let folders = self.source().path().as_str().split('/').rev().skip(1);
                is_one_of(known) || folders.into_iter().any(|folder| folder == root)
            }
        }
    }

    /// The import block: what stands at the top of the module, the docstring aside, up to the first other statement.
    fn header(&self) -> Vec<Header<'_>> {
        let source = self.source();
        let body = &source.module().body;
        let start = usize::from(docstring(source).is_some());
        let mut header = Vec::new();
        for statement in body.iter().skip(start) {
            let (group, key) = match statement {
                Stmt::ImportFrom(import) => {
                    let module = import.module.as_ref().map_or("", |m| m.as_str());
                    let first = import.names.first().map(|alias| alias.name.as_str());
                    (self.group(import.level as usize, module), key(import.level as usize, module, first))
                }
                Stmt::Import(import) => {
                    let module = import.names.first().map_or("", |alias| alias.name.as_str());
                    (self.group(0, module), key(0, module, None))
                }
                _ => break,
            };
            // What shares its line with the statement before is no place to go.
            if starts_line(source, statement.start().to_usize()) {
                header.push(Header { statement, group, key });
            }
        }
        header
    }

    fn new_import(&self, wanted: Wanted<'_>) -> Vec<Replacement> {
        let source = self.source();
        let nl = self.layout().newline;
        let line = self.import_line(wanted);
        let header = self.header();
        let group = self.group(wanted.level, wanted.module);
        let key = key(wanted.level, wanted.module, wanted.name);
        let after = |header: &Header<'_>, before: usize| {
            let end = source.line_end(header.statement.end().to_usize());
            let tail = self.space_below(header.statement, end);
            vec![Replacement::insert(end, format!("{}{line}{tail}", nl.repeat(before + 1)))]
        };
        let own: Vec<&Header<'_>> = header.iter().filter(|h| h.group == group).collect();
        let own = nearest(source, &own, &key);
        if let Some(last) = own.last() {
            let by_kind = |h: &Header<'_>| h.key.clone();
            let module_first = |k: &Key| (k.1, k.2.clone(), k.0, k.3.clone());
            let by_module = |h: &Header<'_>| module_first(&h.key);
            let below = if own.is_sorted_by_key(|h| by_kind(h)) && !self.mixes(own) {
                own.iter().find(|h| by_kind(h) > key)
            } else if own.is_sorted_by_key(|h| by_module(h)) {
                own.iter().find(|h| by_module(h) > module_first(&key))
            } else {
                return after(own.iter().rfind(|h| same_package(&h.key, &key)).unwrap_or(last), 0);
            };
            return match below {
                Some(below) => {
                    let start = self.above_import(below.statement);
                    vec![Replacement::insert(start, format!("{line}{nl}"))]
                }
                None => after(last, 0),
            };
        }
        let space = usize::from(!unseparated(source, &header));
        if let Some(above) = header.iter().rfind(|h| h.group < group) {
            let mut changes = after(above, space);
            let end = source.line_end(above.statement.end().to_usize());
            let next_is_import = header.iter().any(|h| h.group > group);
            if space == 1 && next_is_import && blanks_after(source, end).0 == 0 {
                changes = vec![Replacement::insert(end, format!("{nl}{nl}{line}{nl}"))];
            }
            return changes;
        }
        if let Some(below) = header.first() {
            let start = self.above_import(below.statement);
            return vec![Replacement::insert(start, format!("{line}{}", nl.repeat(space + 1)))];
        }
        vec![self.first_import(&line)]
    }

    /// Whether imports with and without `from` are to be sorted together, where the ones that are there allow it.
    fn mixes(&self, own: &[&Header<'_>]) -> bool {
        self.style.mixed_imports
            && own.is_sorted_by_key(|h| (h.key.1, h.key.2.clone(), h.key.0, h.key.3.clone()))
    }

    /// The first import of a module: below its docstring or the comments that it opens with.
    fn first_import(&self, line: &str) -> Replacement {
        let source = self.source();
        let nl = self.layout().newline;
        let body = &source.module().body;
        if let Some(docstring) = docstring(source) {
            let end = source.line_end(docstring.end().to_usize());
            let (blanks, more) = blanks_after(source, end);
            let below = if more {
                nl.repeat(self.blank_lines_above(body.get(1)).saturating_sub(blanks))
            } else {
                String::new()
            };
            return Replacement::insert(end, format!("{nl}{nl}{line}{below}"));
        }
        let Some(first) = body.first() else {
            return match super::lines::content_end(source) {
                None => {
                    let at = source.content_start();
                    Replacement::insert(
                        at,
                        format!("{line}{}", if source.text().len() == at { nl } else { "" }),
                    )
                }
                Some(end) => Replacement::insert(end, format!("{nl}{nl}{line}")),
            };
        };
        let start = below_prologue(source, attached_start(source, first.start().to_usize()));
        let gap = self.blank_lines_above(Some(first));
        let above = source.text().get(source.content_start()..start).is_some_and(|t| !t.trim().is_empty());
        let before = usize::from(above && blanks_before(source, start) == 0);
        Replacement::insert(start, format!("{}{line}{}", nl.repeat(before), nl.repeat(gap + 1)))
    }

    /// Blank lines to add below an import that becomes the last before code which follows at once.
    fn space_below(&self, statement: &Stmt, end: usize) -> String {
        let source = self.source();
        let (blanks, more) = blanks_after(source, end);
        let next = source.module().body.iter().find(|s| s.start() >= statement.end());
        match next {
            Some(next)
                if more
                    && blanks == 0
                    && !is_import(next)
                    && starts_line(source, next.start().to_usize()) =>
            {
                self.layout().newline.repeat(self.blank_lines_above(Some(next)))
            }
            _ => String::new(),
        }
    }

    /// Where a line above this import goes: above its own comments, but never above those that open the file.
    fn above_import(&self, statement: &Stmt) -> usize {
        let source = self.source();
        let offset = statement.start().to_usize();
        let attached = attached_start(source, offset);
        if attached <= source.content_start() { source.line_start(offset) } else { attached }
    }

    /// Blank lines between imports and the code below.
    pub(super) fn blank_lines_above(&self, next: Option<&Stmt>) -> usize {
        let is_block = matches!(next, Some(Stmt::ClassDef(_) | Stmt::FunctionDef(_)));
        let said = self.style.lines_after_imports.and_then(|lines| usize::try_from(lines).ok());
        said.unwrap_or(if is_block { 2 } else { 1 })
    }

    fn import_line(&self, wanted: Wanted<'_>) -> String {
        let alias = wanted.alias.map(|alias| format!(" as {alias}")).unwrap_or_default();
        let Some(name) = wanted.name else { return format!("import {}{alias}", wanted.module) };
        let name = format!("{name}{alias}");
        let line = format!("from {} import {name}", wanted.dotted());
        if columns(&line) <= self.layout().line_length {
            return line;
        }
        format!("from {} import ({})", wanted.dotted(), exploded(&[name.as_str()], "", self.layout()))
    }

    /// One more name in an import that is there.
    fn extend(&self, import: &StmtImportFrom, name: &str) -> Vec<Replacement> {
        let source = self.source();
        let names: Vec<&str> = import.names.iter().map(|a| a.name.as_str()).collect();
        let index = position(&names, name);
        let ranges: Vec<TextRange> = import.names.iter().map(|a| a.range).collect();
        let closing = source.tokens().in_range(import.range).iter().rev().find(|t| !t.kind().is_trivia());
        if closing.is_some_and(|t| t.kind() == TokenKind::Rpar) {
            let open = source
                .tokens()
                .in_range(import.range)
                .iter()
                .find(|t| t.kind() == TokenKind::Lpar)
                .map_or(import.start(), Ranged::start);
            let sequence = Sequence::of(source, TextRange::new(open, import.end()), &ranges, false);
            return sequence.insert(source, self.layout(), index, name);
        }
        let inline = match index.checked_sub(1).and_then(|i| ranges.get(i)) {
            Some(above) => Replacement::insert(above.end().to_usize(), format!(", {name}")),
            None => Replacement::insert(
                ranges.first().map_or(import.end(), Ranged::start).to_usize(),
                format!("{name}, "),
            ),
        };
        let line = columns(source.line(inline.range.start));
        let one_line =
            source.line_start(import.start().to_usize()) == source.line_start(import.end().to_usize());
        let limit = self.layout().line_length;
        if line + inline.text.chars().count() <= limit || line > limit || !one_line {
            return vec![inline];
        }
        let mut items: Vec<&str> = ranges.iter().map(|range| source.slice(*range)).collect();
        items.insert(index, name);
        let start = ranges.first().map_or(import.end(), Ranged::start).to_usize();
        let body = exploded(&items, super::lines::indent_of(source, start), self.layout());
        vec![Replacement::replace(start..import.end().to_usize(), format!("({body})"))]
    }
}

pub(super) fn is_import(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_))
}

pub(super) fn docstring(source: &Source) -> Option<&Stmt> {
    let first = source.module().body.first()?;
    first.as_expr_stmt().filter(|e| e.value.is_string_literal_expr()).map(|_| first)
}

/// `start`, or the line below the interpreter and encoding comments if it is above them.
fn below_prologue(source: &Source, start: usize) -> usize {
    let mut at = start;
    if at > source.content_start() {
        return at;
    }
    for _ in 0..2 {
        let line = source.line(at);
        let is_prologue = line.starts_with("#!") || (line.starts_with('#') && line.contains("coding"));
        match source.next_line(at) {
            Some(next) if is_prologue => at = next,
            _ => break,
        }
    }
    at.max(source.content_start())
}

/// A module and a name that Python would take.
fn check_words(relative: bool, module: &str, name: Option<&str>) -> Result<(), Diagnostic> {
    let is_word = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    let module_fits = (relative && module.is_empty()) || module.split('.').all(is_word);
    if module_fits && name.is_none_or(is_word) {
        return Ok(());
    }
    let shown = name.map(|n| format!(" and `{n}`")).unwrap_or_default();
    Err(Diagnostic::new(codes::REFUSED, format!("`{module}`{shown} cannot be imported: these are no names"))
        .with_help("name a module such as `django.db` and a name in it such as `models`"))
}
