//! Changes of one Python file, as splices.
//!
//! [`Edits`] takes operations one after the other. Each sees the file as the ones before it left it, each is
//! idempotent ([`Change::AlreadyThere`]), and each refuses with a reason what it cannot do safely. Bytes that an
//! operation has no business with stay as they are: comments, blank lines, line endings, a byte order mark, a
//! missing newline at the end. The result is checked after every operation: it parses, or nothing happened.
//!
//! Code that is handed in is written with four spaces an indent, `\n`, and no indent of its own; it is put in
//! as the file is written.
//!
//! Not for knowing what to write: that is the executors' part.

mod attributes;
mod bases;
mod borrow;
mod calls;
mod classes;
mod compare;
mod dicts;
mod find;
mod import_block;
mod import_order;
mod imports;
mod keywords;
mod lines;
mod lists;
mod members;
mod merge;
mod methods;
mod open_file;
mod patterns;
mod pieces;
mod reexports;
mod relayout;
mod requests;
mod returns;
mod sequence;
mod statements;
mod stdlib;

use std::cell::RefCell;
use std::collections::BTreeSet;

use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::Style;
use aksara_protocol::wire::SourceFile;
use aksara_protocol::{Diagnostic, Edit, Splice};
use ruff_python_ast::comparable::ComparableStmt;
use ruff_python_ast::visitor::transformer::{Transformer, walk_stmt};
use ruff_python_ast::{Stmt, StringFlags as _, StringLiteral};

pub use calls::{Callee, Filled, Given};
pub use classes::ClassPlace;
pub use compare::same_expression;
pub use dicts::DictEntry;
pub(crate) use import_block::sorted_imports;
pub use lists::{Inner, ItemPlace, ListPart, ListTarget};
pub use members::MemberPlace;
pub use merge::{definitions, moved_deeper};
pub use open_file::OpenFile;
pub use patterns::PatternPlace;
pub use requests::{Address, Request, Requests};
pub use statements::StatementPlace;
pub use stdlib::is_stdlib;

use crate::wrap::Wrap;
use crate::{Layout, Source};
use pieces::{Pieces, Replacement};

/// What an operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Change {
    /// The file is another one now.
    Made,
    /// What was asked for is there already, with the same meaning.
    AlreadyThere,
}

/// Operations on one file.
#[derive(Debug)]
pub struct Edits {
    file: SourceFile,
    current: Source,
    pieces: Pieces,
    layout: Layout,
    first_party: FirstParty,
    /// The dotted name that the file is imported by, where it is known.
    module: Option<String>,
    /// The project's habits.
    style: Style,
    wrap: Option<Wrap>,
    mark: bool,
}

/// Which top-level packages are the project's own.
#[derive(Debug)]
enum FirstParty {
    /// All of them are known.
    Known(Vec<String>),
    /// Some are known; the folders that the file is in are others.
    Some(Vec<String>),
}

impl Edits {
    /// Opens a file. What it does not say of its style is as in `project`.
    ///
    /// # Errors
    /// A file that cannot be parsed safely, or that does not parse: it could only be guessed where things are.
    pub fn open(file: &SourceFile, project: &Style) -> Result<Self, Diagnostic> {
        let current = Source::parse(&file.path, &file.text)?;
        if let Some(error) = current.syntax_error() {
            return Err(error);
        }
        let layout = current.layout(project);
        Ok(Self {
            file: file.clone(),
            pieces: Pieces::of(file.text.len()),
            current,
            wrap: Wrap::of(&Style { indent: layout.indent.clone(), ..project.clone() }),
            layout,
            first_party: match project.first_party.is_empty() {
                true => FirstParty::Some(Vec::new()),
                false => FirstParty::Known(project.first_party.clone()),
            },
            module: None,
            style: project.clone(),
            mark: false,
        })
    }

    /// Names top-level packages of the project, so that their imports go to a group of their own. The folders that the
    /// file is in count without being named. Where the project's style knows them all, it stays at those.
    #[must_use]
    pub fn with_first_party<S: Into<String>>(mut self, packages: impl IntoIterator<Item = S>) -> Self {
        if let FirstParty::Some(known) = &mut self.first_party {
            known.extend(packages.into_iter().map(Into::into));
        }
        self
    }

    /// Says by which dotted name the project imports the file. Without one it is that of its path from the top of the
    /// repository.
    #[must_use]
    pub fn imported_as(mut self, module: Option<String>) -> Self {
        self.module = module.or(self.module);
        self
    }

    /// The file as it is now.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.current
    }

    /// How new text in this file is written.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Declares what the next operation puts in as the step's code ([`Splice::fragment`]). The code of several
    /// operations that ends up in one place is one fragment; of several places, the first is it.
    pub fn code(&mut self) -> &mut Self {
        self.mark = true;
        self
    }

    /// The splices against the file as it was opened: ascending, and apart from each other.
    #[must_use]
    pub fn splices(&self) -> Vec<Splice> {
        self.pieces.splices(&self.file.text)
    }

    /// The whole as an edit, or `None` if nothing changed.
    #[must_use]
    pub fn finish(&self) -> Option<Edit> {
        let splices = self.splices();
        (!splices.is_empty()).then(|| Edit::Update {
            path: self.file.path.clone(),
            base: self.file.blob.clone(),
            splices,
        })
    }

    /// Makes the replacements, which must be ascending and apart in the current text, or none of them.
    fn commit(&mut self, changes: &[Replacement]) -> Result<Change, Diagnostic> {
        let mark = std::mem::take(&mut self.mark);
        let changes = self.laid_out(changes);
        let mut text = self.current.text().to_owned();
        let mut pieces = self.pieces.clone();
        for change in changes.iter().rev() {
            text.replace_range(change.range.clone(), &change.text);
            pieces.apply(change, mark);
        }
        let next = Source::parse(&self.file.path, &text)?;
        if let Some(error) = next.syntax_error() {
            return Err(Diagnostic::new(
                codes::REFUSED,
                format!("the code to put into `{}` does not parse there", self.file.path),
            )
            .with_cause(error.labels.first().map_or_else(|| error.message.clone(), |l| l.text.clone()))
            .with_help("correct the code of the step, then run the command again"));
        }
        self.current = next;
        self.pieces = pieces;
        Ok(Change::Made)
    }

    /// Nothing to do.
    fn already(&mut self) -> Change {
        self.mark = false;
        Change::AlreadyThere
    }

    /// Refuses, pointing to what is in the way.
    fn refuse(
        &self,
        at: impl ruff_text_size::Ranged,
        message: String,
        label: &str,
        help: &str,
    ) -> Diagnostic {
        Diagnostic::new(codes::REFUSED, message)
            .with_label(self.current.label(at, label))
            .with_help(help.to_owned())
    }
}

/// The statements of code that was handed in.
pub(crate) fn parse_code(code: &str) -> Result<Source, Diagnostic> {
    let path = aksara_protocol::RelPath::new("generated.py")
        .map_err(|e| Diagnostic::new(codes::REFUSED, e.to_string()))?;
    let source = Source::parse(&path, code)?;
    match source.syntax_error() {
        None => Ok(source),
        Some(error) => Err(Diagnostic::new(codes::REFUSED, "the code to put in does not parse".to_owned())
            .with_cause(error.labels.first().map_or_else(|| error.message.clone(), |l| l.text.clone()))
            .with_help("correct the code of the step")),
    }
}

/// The only statement of code that was handed in.
fn parse_one(code: &str) -> Result<(Source, Stmt), Diagnostic> {
    let source = parse_code(code)?;
    match source.module().body.as_slice() {
        [one] => {
            let statement = one.clone();
            Ok((source, statement))
        }
        body => Err(Diagnostic::new(
            codes::REFUSED,
            format!("the code to put in is {} statements; exactly one was expected", body.len()),
        )
        .with_help("put them in one by one")),
    }
}

/// Whether two statements mean the same, however they are written: line endings in a text do not matter, nor do the lines
/// that a docstring has, nor whether it is left out in one of them.
fn same(a: &Stmt, b: &Stmt) -> bool {
    if ComparableStmt::from(a) == ComparableStmt::from(b) {
        return true;
    }
    // What differs by its kind or name differs whatever its texts are, and is not copied.
    if std::mem::discriminant(a) != std::mem::discriminant(b)
        || members::member_name(a) != members::member_name(b)
    {
        return false;
    }
    let plain = |statement: &Stmt| {
        let (mut statement, texts) = (statement.clone(), PlainTexts::default());
        texts.visit_stmt(&mut statement);
        (statement, texts.docstrings.into_inner())
    };
    let ((a, said), (b, also_said)) = (plain(a), plain(b));
    let (fewer, more) = if said.len() < also_said.len() { (said, also_said) } else { (also_said, said) };
    ComparableStmt::from(&a) == ComparableStmt::from(&b) && fewer.is_subset(&more)
}

/// Gives texts the line ending that Python sees, and takes docstrings away.
#[derive(Default)]
struct PlainTexts {
    /// Their words.
    docstrings: RefCell<BTreeSet<String>>,
}

impl Transformer for PlainTexts {
    fn visit_stmt(&self, statement: &mut Stmt) {
        walk_stmt(self, statement);
        let body = match statement {
            Stmt::ClassDef(class) => &mut class.body,
            Stmt::FunctionDef(function) => &mut function.body,
            _ => return,
        };
        body.retain(|statement| {
            let text = statement.as_expr_stmt().and_then(|text| text.value.as_string_literal_expr());
            let words = text.map(|text| text.value.to_str().split_whitespace().collect::<Vec<_>>().join(" "));
            let is_docstring = words.is_some();
            self.docstrings.borrow_mut().extend(words);
            !is_docstring && !statement.is_pass_stmt()
        });
    }

    fn visit_string_literal(&self, text: &mut StringLiteral) {
        // In others a line ending is written as such, and meant.
        if text.flags.is_triple_quoted() {
            text.value = text.value.replace("\r\n", "\n").into();
        }
    }
}

#[cfg(test)]
mod tests;
