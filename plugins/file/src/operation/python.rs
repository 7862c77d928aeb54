//! Operations on Python files.

use aksara_python::edit::{DictEntry, Edits, ItemPlace, ListTarget, MemberPlace, StatementPlace};
use aksara_python::tidy;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::Style;
use aksara_sdk::{BlobId, Diagnostic, SourceFile};

use super::environment::from_environment;
use super::{Subject, shown};

/// Adds `item` to the list or tuple `name` (`Class.attribute` for one in a class): at the end, or beside another item.
///
/// # Errors
/// As [`Edits::list_append`].
pub fn add_to_list(
    subject: &Subject<'_>,
    style: &Style,
    name: &str,
    item: &str,
    place: ItemPlace<'_>,
) -> Result<String, Diagnostic> {
    let target = match name.rsplit_once('.') {
        Some((class, name)) => ListTarget::Attribute { class, name },
        None => ListTarget::Variable(name),
    };
    edited(subject, style, |edits| {
        let item = written(edits, item);
        edits.list_append(target, &item, place).map(drop)
    })
}

/// Sets an entry of the dict `name`, or adds to the list that the entry is.
///
/// # Errors
/// As [`Edits::dict_add`].
pub fn add_to_dict(
    subject: &Subject<'_>,
    style: &Style,
    name: &str,
    keys: &[String],
    value: Option<&str>,
    item: Option<&str>,
) -> Result<String, Diagnostic> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    edited(subject, style, |edits| {
        let value = value.map(|value| written(edits, value));
        let item = item.map(|item| written(edits, item));
        let entry = DictEntry { keys: &keys, value: value.as_deref(), item: item.as_deref() };
        edits.dict_add(name, entry).map(drop)
    })
}

/// Source with the quotes of the file; where its lines break is decided by what puts it in.
pub fn written(edits: &Edits, source: &str) -> String {
    let style = Style { quote: edits.layout().quote, line_length: u32::MAX, ..Style::default() };
    tidy(source.trim(), &style).trim_end().to_owned()
}

/// Adds `from module import name`, or `import module`.
///
/// # Errors
/// As [`Edits::import_from`].
pub fn add_import(
    subject: &Subject<'_>,
    style: &Style,
    module: &str,
    name: Option<&str>,
) -> Result<String, Diagnostic> {
    edited(subject, style, |edits| match name {
        Some(name) => edits.import_from(module, name).map(drop),
        None => edits.import_module(module).map(drop),
    })
}

/// Adds a member to a class: an attribute below the others, anything else at the end.
///
/// # Errors
/// As [`Edits::add_class_member`]; source that makes a member of another name.
pub fn add_member(
    subject: &Subject<'_>,
    style: &Style,
    class: &str,
    name: &str,
    source: &str,
) -> Result<String, Diagnostic> {
    let block = ["def ", "async ", "class ", "@"].iter().any(|start| source.trim_start().starts_with(start));
    let place = if block { MemberPlace::End } else { MemberPlace::AfterFields };
    edited(subject, style, |edits| {
        let _ = edits.add_class_member(class, source, place)?;
        if edits.class_members(class)?.iter().any(|member| member == name) {
            return Ok(());
        }
        Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("the source `{}` does not define `{name}`", shown(source)),
        )
        .with_help("give the member's own name in `name`"))
    })
}

/// Assigns a setting at the end of the file, apart from the others, unless it has this value already. One that is read
/// from the `environment` is left as it is where it is there.
///
/// # Errors
/// A setting that has another value.
pub fn add_setting(
    subject: &Subject<'_>,
    style: &Style,
    name: &str,
    value: &str,
    environment: bool,
) -> Result<String, Diagnostic> {
    edited(subject, style, |edits| {
        if environment && edits.sets(name) {
            return Ok(());
        }
        let read = if environment { from_environment(edits, name, value.trim()) } else { None };
        let value = read.as_deref().unwrap_or(value);
        let width = u32::try_from(edits.layout().line_length).unwrap_or(u32::MAX);
        let own = Style { quote: edits.layout().quote, line_length: width, ..Style::default() };
        let statement = tidy(&format!("{name} = {}", value.trim()), &own);
        let there = edits.meaning_of(name);
        let before = edits.source().text().len();
        let _ = edits.append_statement(&statement, StatementPlace::EndApart)?;
        let added = edits.source().text().len() != before;
        match there {
            Some(what) if added => Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("`{}` already has {what}, with another value than `{}`", subject.path, shown(value)),
            )
            .with_help("change its value by hand, or with a `replace_exact` operation")),
            _ => Ok(()),
        }
    })
}

/// Changes a Python file.
///
/// # Errors
/// As [`Edits::open`], and what the change says.
pub fn edited(
    subject: &Subject<'_>,
    style: &Style,
    change: impl FnOnce(&mut Edits) -> Result<(), Diagnostic>,
) -> Result<String, Diagnostic> {
    // The text between two operations has no identity of its own: the splices of the whole are computed later.
    let file =
        SourceFile { path: subject.path.clone(), blob: BlobId::new(""), text: subject.text.to_owned() };
    let mut edits = Edits::open(&file, style)?;
    change(&mut edits)?;
    Ok(edits.source().text().to_owned())
}

#[cfg(test)]
mod tests {
    use aksara_sdk::RelPath;

    use super::*;

    fn on(
        text: &str,
        change: impl Fn(&Subject<'_>) -> Result<String, Diagnostic>,
    ) -> Result<String, Diagnostic> {
        let path = RelPath::new("config/settings.py").unwrap();
        let once = change(&Subject { path: &path, text })?;
        assert_eq!(change(&Subject { path: &path, text: &once })?, once);
        Ok(once)
    }

    #[test]
    fn a_list_of_a_module_or_class_grows() {
        let style = Style::default();
        assert_eq!(
            on("APPS = [\n    'a',\n]\n", |s| add_to_list(s, &style, "APPS", "\"b\"", ItemPlace::End))
                .unwrap(),
            "APPS = [\n    'a',\n    'b',\n]\n"
        );
        assert_eq!(
            on("class A:\n    x = [1]\n", |s| add_to_list(s, &style, "A.x", "2", ItemPlace::End)).unwrap(),
            "class A:\n    x = [1, 2]\n"
        );
    }

    #[test]
    fn an_item_goes_beside_another() {
        let style = Style::default();
        let add = |text: &str, place| on(text, |s| add_to_list(s, &style, "M", "\"x\"", place));
        assert_eq!(add("M = ['a', 'b']\n", ItemPlace::After("\"a\"")).unwrap(), "M = ['a', 'x', 'b']\n");
        let two = "A = ['a']\nB = ['b']\nM = A + B\n";
        assert_eq!(add(two, ItemPlace::Before("\"b\"")).unwrap(), "A = ['a']\nB = ['x', 'b']\nM = A + B\n");
        assert_eq!(add(two, ItemPlace::End).unwrap_err().code, codes::REFUSED);
        assert_eq!(add("M = ['a'] + f()\n", ItemPlace::End).unwrap(), "M = ['a', 'x'] + f()\n");
    }

    #[test]
    fn an_entry_has_the_quotes_of_the_file() {
        let style = Style::default();
        let keys = ["A".to_owned(), "b".to_owned()];
        assert_eq!(
            on("D = {\n    'A': {},\n}\n", |s| add_to_dict(s, &style, "D", &keys, Some("[\"x\"]"), None))
                .unwrap(),
            "D = {\n    'A': {'b': ['x']},\n}\n"
        );
    }

    #[test]
    fn a_setting_is_assigned_once() {
        let style = Style::default();
        assert_eq!(on("A = 1\n", |s| add_setting(s, &style, "B", "2", false)).unwrap(), "A = 1\n\nB = 2\n");
        assert_eq!(on("A = 1\n", |s| add_setting(s, &style, "A", "1", false)).unwrap(), "A = 1\n");
        let read = "import os\n\nB = os.environ.get(\"B\", \"b\")\n";
        let on_environment = |text: &str| on(text, |s| add_setting(s, &style, "A", "\"a\"", true)).unwrap();
        let added = format!("{read}\nA = os.environ.get(\"A\", \"a\")\n");
        assert_eq!(on_environment(read), added);
        assert_eq!(on_environment(&added.replace("\"a\"", "\"b\"")), added.replace("\"a\"", "\"b\""));
        assert_eq!(on_environment("B = 1\n"), "B = 1\n\nA = \"a\"\n");
        let error = on("A = 1\n", |s| add_setting(s, &style, "A", "2", false)).unwrap_err();
        assert_eq!(error.code, codes::NAME_TAKEN);
    }

    #[test]
    fn a_member_has_the_name_that_was_said() {
        let style = Style::default();
        let text = "class A:\n    x = 1\n\n    def f(self):\n        pass\n";
        assert_eq!(
            on(text, |s| add_member(s, &style, "A", "y", "y = 2")).unwrap(),
            "class A:\n    x = 1\n    y = 2\n\n    def f(self):\n        pass\n"
        );
        assert_eq!(
            on(text, |s| add_member(s, &style, "A", "g", "def g(self):\n    return 1")).unwrap(),
            format!("{text}\n    def g(self):\n        return 1\n")
        );
        let error = on(text, |s| add_member(s, &style, "A", "z", "y = 2")).unwrap_err();
        assert_eq!(error.code, codes::BAD_PARAMS);
    }

    #[test]
    fn imports_are_added() {
        let style = Style::default();
        let text = "from a import b\n\nx = 1\n";
        assert_eq!(
            on(text, |s| add_import(s, &style, "a", Some("c"))).unwrap(),
            "from a import b, c\n\nx = 1\n"
        );
        assert!(on(text, |s| add_import(s, &style, "os", None)).unwrap().contains("import os\n"));
    }
}
