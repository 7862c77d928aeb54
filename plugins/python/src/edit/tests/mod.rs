//! What every operation must keep, and how its results look.

mod classes;
mod imports;
mod keywords;
mod lists;
mod merge;
mod properties;

use aksara_protocol::edit::apply_splices;
use aksara_protocol::facts::Style;
use aksara_protocol::wire::SourceFile;
use aksara_protocol::{BlobId, Diagnostic, RelPath};

use super::{Change, Edits};

pub(super) type Operation<'a> = &'a dyn Fn(&mut Edits) -> Result<Change, Diagnostic>;

pub(super) fn open(text: &str) -> Result<Edits, Diagnostic> {
    let path = RelPath::new("blog/views.py").unwrap();
    Edits::open(
        &SourceFile { path, blob: BlobId::new("0".repeat(40)), text: text.to_owned() },
        &Style::default(),
    )
}

/// The text after the operation; checks the splices and that doing it again does nothing.
pub(super) fn edited(text: &str, operation: Operation<'_>) -> String {
    let mut edits = open(text).unwrap();
    assert_eq!(operation(&mut edits).unwrap_or_else(|e| panic!("{e}")), Change::Made);
    let result = apply_splices(text, &edits.splices()).unwrap();
    assert_eq!(result, edits.source().text());
    assert_eq!(operation(&mut edits).unwrap(), Change::AlreadyThere, "again on its own result, not reopened");
    let mut again = open(&result).unwrap();
    assert_eq!(operation(&mut again).unwrap(), Change::AlreadyThere, "again on\n{result}");
    assert_eq!(again.splices(), []);
    result
}

/// The refusal's code and message; checks that nothing was changed.
pub(super) fn refused(text: &str, operation: Operation<'_>) -> (String, String) {
    let mut edits = open(text).unwrap();
    let error = operation(&mut edits).unwrap_err();
    assert!(error.help.is_some(), "{error} says nothing of what to do");
    assert_eq!(edits.splices(), []);
    (error.code, error.message)
}

#[test]
fn a_file_that_does_not_parse_is_not_edited() {
    assert_eq!(open("class A:\n    x = (\n").unwrap_err().code, "syntax_error");
}

#[test]
fn operations_that_meet_are_one_splice_and_one_fragment() {
    let mut edits = open("from django.db import models\n\n\nclass A(models.Model):\n    x = 1\n").unwrap();
    use super::{ClassPlace, MemberPlace};
    let _ = edits.import_from(".base", "B").unwrap();
    let _ = edits.import_from(".base", "A1").unwrap();
    let _ = edits.code().add_class_member("A", "y = 2", MemberPlace::AfterFields).unwrap();
    let _ = edits.code().add_class_member("A", "z = 3", MemberPlace::AfterFields).unwrap();
    let _ = edits.add_class("class C:\n    pass", ClassPlace::End).unwrap();
    let splices = edits.splices();
    assert_eq!(
        edits.source().text(),
        "from django.db import models\n\nfrom .base import A1, B\n\n\nclass A(models.Model):\n    x = 1\n    y = 2\n    \
         z = 3\n\n\nclass C:\n    pass\n"
    );
    assert_eq!(splices.len(), 2);
    assert_eq!(splices[1].code(), Some("    y = 2\n    z = 3"));
}

#[test]
fn code_that_breaks_the_file_is_refused_and_leaves_nothing_behind() {
    let text = "class A:\n    x = 1\n";
    let (code, _) = refused(text, &|e| e.add_class_member("A", "y = (", super::MemberPlace::End));
    assert_eq!(code, "refused");
    let (code, _) = refused(text, &|e| e.add_class_member("A", "y = 1\nz = 2", super::MemberPlace::End));
    assert_eq!(code, "refused");
}
