//! What a file imports and which names it has at its top, for finding imports that lead nowhere.
//!
//! Read without a parse (see [`super::tokens`]), in the careful direction: a name that may be defined is in the
//! outline, and an import that may be meant to fail is not. Not for what a name stands for: see [`super::read`].

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::tokens::{LineCounts, Token, Tokens};

/// What a file imports, and what it has to be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The imports that must find what they name, wherever they stand. Those inside `try` may fail, and those of
    /// the packages in [`Outline::ALWAYS_FOREIGN`] lead out of any project: both are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Reference>,
    /// The names that the module may have once it is imported, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "words")]
    pub names: Vec<String>,
    /// Whether it may have other names too: by `globals()`, by a star import that is not in `imports`, or since
    /// the file has no proper end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_open: bool,
}

impl Outline {
    /// Packages that no project has as its own, and that nearly every file imports.
    pub const ALWAYS_FOREIGN: [&str; 16] = [
        "__future__",
        "collections",
        "contextlib",
        "datetime",
        "decimal",
        "django",
        "functools",
        "itertools",
        "json",
        "logging",
        "os",
        "pathlib",
        "re",
        "rest_framework",
        "sys",
        "typing",
    ];

    /// Reads a file, and counts its lines of code on the way.
    #[must_use]
    pub fn read(text: &str) -> (Self, LineCounts) {
        let mut reader = Reader {
            tokens: Tokens::new(text),
            definition: None,
            guards: Vec::new(),
            imports: Vec::new(),
            names: BTreeSet::new(),
            is_open: makes_names(text),
        };
        while let Some(indent) = reader.tokens.next_line() {
            reader.logical_line(indent);
        }
        let outline = Self {
            imports: reader.imports,
            names: reader.names.into_iter().map(str::to_owned).collect(),
            is_open: reader.is_open || reader.tokens.is_broken(),
        };
        (outline, reader.tokens.counts())
    }

    /// Whether the module may have the name.
    #[must_use]
    pub fn may_have(&self, name: &str) -> bool {
        let has = |name: &str| self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
        self.is_open || has(name) || has("__getattr__")
    }

    /// The modules that are imported with `*`.
    pub fn stars(&self) -> impl Iterator<Item = &Reference> {
        self.imports.iter().filter(|import| import.names.iter().any(|name| name == "*"))
    }
}

/// Whether a module gets names that no statement of it shows. Looked for in the whole text, since a function may
/// do it.
fn makes_names(text: &str) -> bool {
    let has = |word: &str| text.contains(word);
    // One search tells most files from those with any of the three calls.
    let calls = has("s()") && ["globals()", "locals()", "vars()"].into_iter().any(has);
    calls || ["exec(", "sys.modules", "__path__", "global_enum"].into_iter().any(has)
}

/// One import of one module. Written as `12 ..models Post Tag` where facts are stored: there are many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The line it starts on, from 1.
    pub line: u32,
    /// How many dots stand before the module.
    pub level: u32,
    /// The module without the dots; empty for `from . import …`.
    pub module: String,
    /// What is imported from it, `*` among them; nothing for `import module`.
    pub names: Vec<String>,
}

impl Reference {
    /// The module as it is written, such as `..models`.
    #[must_use]
    pub fn written(&self) -> String {
        let dots = usize::try_from(self.level).unwrap_or_default();
        format!("{}{}", ".".repeat(dots), self.module)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.line, self.written())?;
        self.names.iter().try_for_each(|name| write!(out, " {name}"))
    }
}

/// A text that is no stored import.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no import; expected a line number, a module and names, such as `12 ..models Post`")]
pub struct NotAReference(String);

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let wrong = || NotAReference(text.to_owned());
        let mut words = text.split(' ');
        let line = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
        let written = words.next().ok_or_else(wrong)?;
        let module = written.trim_start_matches('.');
        let level = u32::try_from(written.len() - module.len()).map_err(|_| wrong())?;
        Ok(Self { line, level, module: module.to_owned(), names: words.map(str::to_owned).collect() })
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Names as one text with spaces between them.
mod words {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(names: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&names.join(" "))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Ok(text.split_whitespace().map(str::to_owned).collect())
    }
}

/// Whether a statement that matters inside a function may start so: `async`, `case`, `elif`, `for`, `global`,
/// `import`, `match`, `try`, `while` and those of the same letters.
fn may_start_keyword(byte: u8) -> bool {
    b"acefgimtw".contains(&byte)
}

struct Reader<'t> {
    tokens: Tokens<'t>,
    /// The indent of the function or class that the line is inside of.
    definition: Option<usize>,
    /// The indents of the statements that the line is inside of and that may catch a failed import.
    guards: Vec<usize>,
    imports: Vec<Reference>,
    names: BTreeSet<&'t str>,
    is_open: bool,
}

impl<'t> Reader<'t> {
    fn logical_line(&mut self, indent: usize) {
        if self.definition.is_some_and(|outer| indent <= outer) {
            self.definition = None;
        }
        // Most lines of a function's body are passed by their first letter.
        let has_keyword = self.definition.is_none() || self.tokens.peek().is_some_and(may_start_keyword);
        let mut first = if has_keyword { self.tokens.next() } else { Token::Sign(b' ') };
        let goes_on = matches!(first, Token::Word("except" | "else" | "finally"));
        while self.guards.last().is_some_and(|&guard| indent < guard || (indent == guard && !goes_on)) {
            self.guards.pop();
        }
        while self.statement(first, indent) {
            first = self.tokens.next();
        }
    }

    /// Reads a statement from after its first token on. Returns whether another one follows on the line.
    fn statement(&mut self, first: Token<'t>, indent: usize) -> bool {
        let mut first = first;
        if first == Token::Word("async") {
            first = self.tokens.next();
        }
        match first {
            Token::End => false,
            Token::Sign(b';') => true,
            Token::Word("import") => self.import(),
            Token::Word("from") => self.import_from(),
            Token::Word("def" | "class") => {
                if let Token::Word(name) = self.tokens.next()
                    && self.definition.is_none()
                {
                    self.names.insert(name);
                    self.definition = Some(indent);
                }
                while self.tokens.skip_statement() {}
                false
            }
            Token::Word("global") => self.global(),
            Token::Word("__all__") if self.definition.is_none() => {
                self.names.insert("__all__");
                self.listed()
            }
            Token::Word(
                keyword @ ("if" | "elif" | "else" | "try" | "except" | "finally" | "for" | "while" | "with"
                | "match" | "case"),
            ) => self.header(keyword, indent),
            _ if self.definition.is_some() => self.tokens.skip_statement(),
            Token::Sign(b'@') => self.tokens.skip_statement(),
            first => self.assignment(first),
        }
    }

    /// Whether `token` ends a statement.
    fn ends(&self, token: Token<'t>) -> Option<bool> {
        match token {
            Token::End => Some(false),
            Token::Sign(b';') if self.tokens.depth() == 0 => Some(true),
            _ => None,
        }
    }

    /// `global a, b`: a function gives the module these names.
    fn global(&mut self) -> bool {
        loop {
            let token = self.tokens.next();
            if let Some(more) = self.ends(token) {
                return more;
            }
            if let Token::Word(name) = token {
                self.names.insert(name);
            }
        }
    }

    /// `__all__ = ["a", "b"]`: who lists a name has it.
    fn listed(&mut self) -> bool {
        loop {
            let token = self.tokens.next();
            if let Some(more) = self.ends(token) {
                return more;
            }
            if let Token::Text(text) = token
                && !text.contains(char::is_whitespace)
            {
                self.names.insert(text);
            }
        }
    }

    /// A compound statement's first line. Every word of it may be bound: `for x in`, `with y as x`, `case [x]`.
    fn header(&mut self, keyword: &'t str, indent: usize) -> bool {
        let mut guards = keyword == "try";
        if self.definition.is_none() && matches!(keyword, "match" | "case") {
            // These two are names as well: `match = 1`.
            self.names.insert(keyword);
        }
        loop {
            let token = self.tokens.next();
            if let Some(more) = self.ends(token) {
                return more;
            }
            match token {
                Token::Word(word) => {
                    guards |= keyword == "with" && word == "suppress";
                    if self.definition.is_none() {
                        self.names.insert(word);
                    }
                }
                Token::Sign(b':') if self.tokens.depth() == 0 && self.tokens.peek() != Some(b'=') => {
                    if guards {
                        self.guards.push(indent);
                    }
                    // The block may stand on the same line.
                    return true;
                }
                _ => {}
            }
        }
    }

    /// A statement at the module's top: what stands before a `=` is bound, and so is what stands before `:=`.
    fn assignment(&mut self, first: Token<'t>) -> bool {
        let mut before = Vec::new();
        let mut token = first;
        loop {
            if let Some(more) = self.ends(token) {
                return more;
            }
            match token {
                Token::Word(word) => before.push(word),
                Token::Sign(b'=' | b':') => before.drain(..).for_each(|text| self.bind_words(text)),
                Token::Sign(b'(' | b'[' | b'{') => {
                    // Only looked into where it may bind something: tables of data are long.
                    let inside = self.tokens.skip_bracket();
                    if inside.contains(":=") {
                        self.bind_words(inside);
                    }
                    before.push(inside);
                }
                _ => {}
            }
            token = self.tokens.next();
        }
    }

    /// Makes every word of a piece of the module a name.
    fn bind_words(&mut self, text: &'t str) {
        let mut tokens = Tokens::new(text);
        while tokens.next_line().is_some() {
            loop {
                match tokens.next() {
                    Token::End => break,
                    Token::Word(word) => {
                        self.names.insert(word);
                    }
                    Token::Text(_) | Token::Sign(_) => {}
                }
            }
        }
    }

    /// `import a.b as c, d`
    fn import(&mut self) -> bool {
        let line = self.tokens.line();
        loop {
            let first = self.tokens.next();
            let (module, mut token) = self.dotted(first);
            let mut bound = first;
            if token == Token::Word("as") {
                bound = self.tokens.next();
                token = self.tokens.next();
            }
            self.bind(bound);
            self.refer(Reference { line, level: 0, module, names: Vec::new() });
            if token != Token::Sign(b',') {
                return self.rest(token);
            }
        }
    }

    /// `from ..a.b import (c as d, e)`
    fn import_from(&mut self) -> bool {
        let line = self.tokens.line();
        let mut level = 0;
        let mut token = self.tokens.next();
        while token == Token::Sign(b'.') {
            level += 1;
            token = self.tokens.next();
        }
        let mut module = String::new();
        if token != Token::Word("import") {
            (module, token) = self.dotted(token);
        }
        if token != Token::Word("import") {
            return self.rest(token);
        }
        let mut names = Vec::new();
        loop {
            token = self.tokens.next();
            match token {
                Token::Sign(b'(' | b',' | b')') => {}
                Token::Sign(b'*') => names.push("*".to_owned()),
                Token::Word("as") => {
                    let bound = self.tokens.next();
                    self.bind(bound);
                }
                // The name before `as` is taken for bound too: that is the careful direction.
                Token::Word(name) => {
                    names.push(name.to_owned());
                    self.bind(token);
                }
                _ => break,
            }
        }
        self.refer(Reference { line, level, module, names });
        self.rest(token)
    }

    /// A dotted name from its first token on, and the token after it.
    fn dotted(&mut self, first: Token<'t>) -> (String, Token<'t>) {
        let mut name = String::new();
        let mut token = first;
        loop {
            match token {
                Token::Word(word) if name.is_empty() || name.ends_with('.') => name.push_str(word),
                Token::Sign(b'.') => name.push('.'),
                _ => return (name, token),
            }
            token = self.tokens.next();
        }
    }

    /// Goes to the end of a statement whose last token read is `token`.
    fn rest(&mut self, token: Token<'t>) -> bool {
        self.ends(token).unwrap_or_else(|| self.tokens.skip_statement())
    }

    fn bind(&mut self, name: Token<'t>) {
        if let (Token::Word(name), None) = (name, self.definition) {
            self.names.insert(name);
        }
    }

    /// Keeps an import that has to succeed. Of one that need not, only that a star of it may give any name.
    fn refer(&mut self, import: Reference) {
        let top = import.module.split('.').next().unwrap_or_default();
        let is_foreign = import.level == 0 && Outline::ALWAYS_FOREIGN.contains(&top);
        if is_foreign || !self.guards.is_empty() {
            self.is_open |= import.names.iter().any(|name| name == "*");
        } else if import.level > 0 || !top.is_empty() {
            self.imports.push(import);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Outline {
        Outline::read(text).0
    }

    fn imports(text: &str) -> Vec<String> {
        outline(text).imports.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn imports_are_found_wherever_they_stand() {
        let text = "import a.b as c, d; from . import e\nfrom ..f.g import (  # why\n    h as i,\n    j,\n)\nclass K:\n    from ...l import m\n    def n(self):\n        if x: from o import *\n        \"\"\"\n        import p\n        \"\"\"\nfrom .import q\nfrom django.db import models\nfrom r \\\n    import s\n";
        assert_eq!(
            imports(text),
            ["1 a.b", "1 d", "1 . e", "2 ..f.g h j", "7 ...l m", "9 o *", "13 . q", "15 r s"]
        );
    }

    #[test]
    fn an_import_that_may_fail_is_none_of_them() {
        let text = "try:\n    from .a import b\nexcept ImportError:\n    from .c import b\nelse:\n    import d\nfrom .e import f\nwith suppress(ImportError):\n    import g\nimport h\nif x:\n    try: import i\n    except E: pass\nelse:\n    import j\n";
        assert_eq!(imports(text), ["7 .e f", "10 h", "15 j"]);
        for name in ["b", "d", "f", "g", "i", "j"] {
            assert!(outline(text).may_have(name), "{name}");
        }
    }

    #[test]
    fn names_are_those_of_the_modules_top() {
        let text = "import a.b as c, d.e\nfrom f import g as h\ni = j = k(l=1)\n(m, [n, *o]) = p[q]\nr: int = 1\ns += 1\nif (t := 1): u = 2; v = 3\nfor w, x in y(): pass\nwith z() as aa:\n    ab = 1\nclass Ac(Model):\n    ad = 1\n    class Ae: pass\n    def af(self):\n        global ag\n        ag = 1\n@deco\nasync def ah(): ai = 1\nif al:\n    def am(): pass\n    an = 1\ntype ao = int\nap(aq=1)\nar = [as_ for as_ in at if (au := as_)]\n";
        let outline = outline(text);
        for name in
            "c d h i j m n o r s t u v w x aa ab Ac ag ah am an ao ar au".split(' ').collect::<Vec<_>>()
        {
            assert!(outline.may_have(name), "{name}");
        }
        for name in ["b", "e", "l", "ad", "Ae", "af", "ai", "aq", "ap"] {
            assert!(!outline.may_have(name), "{name}");
        }
    }

    #[test]
    fn a_module_that_makes_its_names_is_open() {
        for text in [
            "def __getattr__(name):\n    return 1\n",
            "globals()['x'] = 1\n",
            "x = (1\n",
            "from django.db.models import *\n",
            "try:\n    from .local import *\nexcept ImportError:\n    pass\n",
            "__all__ = ['any']\n",
        ] {
            assert!(outline(text).may_have("any"), "{text}");
        }
        let star = outline("from .base import *\n");
        assert!(!star.may_have("any"));
        assert_eq!(star.stars().map(Reference::written).collect::<Vec<_>>(), [".base"]);
    }

    #[test]
    fn it_is_stored_in_few_words() {
        let outline = outline("from .models import Post, Tag\nimport shop\n\nclass A: pass\n");
        let text = serde_json::to_string(&outline).unwrap();
        assert_eq!(text, r#"{"imports":["1 .models Post Tag","2 shop"],"names":"A Post Tag shop"}"#);
        assert_eq!(serde_json::from_str::<Outline>(&text).unwrap(), outline);
        let stored = serde_json::to_value(&outline).unwrap();
        assert_eq!(Outline::deserialize(&stored).unwrap(), outline);
        assert!("x .models".parse::<Reference>().is_err());
    }
}
