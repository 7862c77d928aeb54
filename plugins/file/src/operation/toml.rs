//! Sets a key of a TOML file and keeps everything else as it is written.

use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::{Diagnostic, Label};
use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::{Subject, shown};

/// Sets `key` to `wanted`, making the tables above it.
///
/// # Errors
/// A file that is not TOML, an empty key, a value that TOML has not, a key that runs through something that is
/// no table.
pub fn set(subject: &Subject<'_>, key: &[String], wanted: &Json) -> Result<String, Diagnostic> {
    let Some((last, tables)) = key.split_last() else {
        return Err(Diagnostic::new(codes::BAD_PARAMS, "the key to set is empty")
            .with_help("give its path, such as [\"tool\", \"ruff\", \"line-length\"]"));
    };
    let wanted = to_toml(wanted).ok_or_else(|| {
        Diagnostic::new(codes::BAD_PARAMS, format!("TOML has no value like `{wanted}`"))
            .with_help("use texts, numbers, true, false, and lists and tables of these")
    })?;
    let mut document = parse(subject)?;
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for (depth, name) in tables.iter().enumerate() {
        let made = if table.contains_key(name) { None } else { Some(new_table()) };
        let item = match made {
            Some(item) => table.entry(name).or_insert(item),
            None => table.entry(name).or_insert(Item::None),
        };
        let kind = item.type_name();
        table = item.as_table_like_mut().ok_or_else(|| {
            Diagnostic::new(
                codes::REFUSED,
                format!("`{}` in `{}` is of type {kind}, not a table", key[..=depth].join("."), subject.path),
            )
            .with_help("choose another key, or change the file by hand")
        })?;
    }
    match table.get_mut(last) {
        Some(Item::Value(have)) if same(have, &wanted) => return Ok(subject.text.to_owned()),
        Some(Item::Value(have)) => {
            let decor = have.decor().clone();
            *have = wanted;
            *have.decor_mut() = decor;
        }
        Some(other) if !other.is_none() => {
            return Err(Diagnostic::new(
                codes::REFUSED,
                format!("`{}` in `{}` is a whole table, and would be lost", key.join("."), subject.path),
            )
            .with_help("set the keys inside it"));
        }
        _ => {
            table.insert(last, value(wanted));
        }
    }
    Ok(print(subject, &document))
}

/// A table that is not printed unless it has values of its own, so that `[tool]` is not written above
/// `[tool.ruff]`.
fn new_table() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

/// The file as a document.
///
/// # Errors
/// A file that is not TOML, with the place.
pub fn parse(subject: &Subject<'_>) -> Result<DocumentMut, Diagnostic> {
    subject.text.parse::<DocumentMut>().map_err(|error| {
        let diagnostic = Diagnostic::new(codes::SYNTAX, format!("`{}` does not parse", subject.path))
            .with_help("correct the syntax, then run the command again");
        match error.span() {
            None => diagnostic.with_cause(error.message().to_owned()),
            Some(span) => {
                let before = subject.text.get(..span.start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                diagnostic.with_label(Label {
                    path: subject.path.clone(),
                    line: u32::try_from(line).unwrap_or(u32::MAX),
                    column: u32::try_from(column).unwrap_or(u32::MAX),
                    len: 0,
                    text: shown(error.message()),
                })
            }
        }
    })
}

/// The document as text, with the file's own line endings: the library writes `\n` only.
pub fn print(subject: &Subject<'_>, document: &DocumentMut) -> String {
    subject.with_newlines(&document.to_string())
}

fn to_toml(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(b) => Value::from(*b),
        Json::Number(n) => match n.as_i64() {
            Some(i) => Value::from(i),
            None if n.is_u64() => return None,
            None => Value::from(n.as_f64()?),
        },
        Json::String(s) => Value::from(s.as_str()),
        Json::Array(items) => {
            let mut array = Array::new();
            for item in items {
                array.push(to_toml(item)?);
            }
            Value::from(array)
        }
        Json::Object(map) => {
            let mut table = InlineTable::new();
            for (key, item) in map {
                table.insert(key, to_toml(item)?);
            }
            Value::from(table)
        }
    })
}

/// Whether two values mean the same, however they are written.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.value() == b.value(),
        (Value::Integer(a), Value::Integer(b)) => a.value() == b.value(),
        (Value::Float(a), Value::Float(b)) => a.value() == b.value(),
        (Value::Boolean(a), Value::Boolean(b)) => a.value() == b.value(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Value::InlineTable(a), Value::InlineTable(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use aksara_sdk::RelPath;
    use serde_json::json;

    use super::*;

    fn set_key(text: &str, key: &[&str], wanted: Json) -> Result<String, Diagnostic> {
        let path = RelPath::new("pyproject.toml").unwrap();
        let key: Vec<String> = key.iter().map(|k| (*k).to_owned()).collect();
        let once = set(&Subject { path: &path, text }, &key, &wanted)?;
        let twice = set(&Subject { path: &path, text: &once }, &key, &wanted)?;
        assert_eq!(once, twice);
        Ok(once)
    }

    #[test]
    fn everything_else_stays_as_it_is_written() {
        let text = "# top\n[tool.ruff] # here\nline-length   = 88  # wide\nselect = ['E',\n  'F']\n";
        assert_eq!(
            set_key(text, &["tool", "ruff", "line-length"], json!(100)).unwrap(),
            text.replace("88", "100")
        );
        assert_eq!(set_key(text, &["tool", "ruff", "select"], json!(["E", "F"])).unwrap(), text);
    }

    #[test]
    fn tables_above_are_made() {
        assert_eq!(
            set_key("a = 1\n", &["tool", "ruff", "line-length"], json!(100)).unwrap(),
            "a = 1\n\n[tool.ruff]\nline-length = 100\n"
        );
        assert_eq!(
            set_key("", &["x"], json!({"a": [1, 2.5, true, "b"]})).unwrap(),
            "x = { a = [1, 2.5, true, \"b\"] }\n"
        );
        assert_eq!(set_key("a = 1\r\nb = 2\r\n", &["a"], json!(3)).unwrap(), "a = 3\r\nb = 2\r\n");
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        assert_eq!(set_key("[a.b]\nc = 1\n", &["a", "b"], json!(1)).unwrap_err().code, codes::REFUSED);
        assert_eq!(set_key("a = 1\n", &["a", "b"], json!(1)).unwrap_err().code, codes::REFUSED);
        assert_eq!(set_key("[[a]]\nb = 1\n", &["a", "b"], json!(1)).unwrap_err().code, codes::REFUSED);
        assert_eq!(set_key("", &["a"], Json::Null).unwrap_err().code, codes::BAD_PARAMS);
        assert_eq!(set_key("", &[], json!(1)).unwrap_err().code, codes::BAD_PARAMS);
    }

    #[test]
    fn a_file_that_does_not_parse_is_named_with_the_place() {
        let error = set_key("a = 1\nb = \n", &["a"], json!(2)).unwrap_err();
        assert_eq!(error.code, codes::SYNTAX);
        assert_eq!(error.labels[0].line, 2);
    }
}
