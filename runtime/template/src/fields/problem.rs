//! What can be wrong with a field that somebody wrote.

use std::fmt;

use crate::nearest::either;

/// Why a text or an object is no field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldProblem {
    /// It is neither a text nor an object, or says nothing.
    NotAField {
        /// As it was given.
        text: String,
    },
    /// The name is not one for a field.
    Name {
        /// As it was given.
        text: String,
        /// The same words as a name.
        nearest: Option<String>,
    },
    /// There is no such type.
    Type {
        /// As it was given.
        text: String,
        /// The type that was probably meant.
        nearest: Option<String>,
    },
    /// The type does not take what stands in its brackets, or needs something there.
    Arguments {
        /// The type.
        kind: String,
        /// How it is written.
        expected: &'static str,
    },
    /// There is no such option.
    Option {
        /// As it was given.
        text: String,
        /// The option that was probably meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<&'static str>,
    },
    /// The value of an option does not fit.
    Value {
        /// The option.
        option: String,
        /// The value.
        value: String,
        /// Why.
        reason: String,
    },
    /// The project has no such model.
    NoModel {
        /// As it was given.
        name: String,
        /// The model that was probably meant.
        nearest: Option<String>,
    },
    /// The project has several such models.
    SeveralModels {
        /// As it was given.
        name: String,
        /// All of them.
        labels: Vec<String>,
    },
    /// A bracket or a quote is not closed, or stands where none can.
    Syntax {
        /// As it was given.
        text: String,
    },
    /// The name has a word for a type or an option in it.
    WordInName {
        /// The name.
        name: String,
        /// The word.
        word: String,
        /// How the field is written if the word is meant as what it says.
        instead: Option<String>,
    },
    /// It would hold a file or an image.
    File {
        /// The name, or the type.
        name: String,
    },
    /// It would hold a secret.
    Secret {
        /// The name.
        name: String,
    },
    /// Two fields have this name.
    Twice {
        /// The name.
        name: String,
    },
}

/// How a field is written, for a message.
const FORM: &str = "write NAME, NAME? or NAME:TYPE, such as price:decimal(10,2)";

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = |f: &mut fmt::Formatter<'_>, near: &Option<String>, otherwise: &str| match near {
            Some(near) => write!(f, "; did you mean `{near}`?"),
            None => write!(f, "; {otherwise}"),
        };
        match self {
            Self::NotAField { text } if text.is_empty() => write!(f, "a field is empty; {FORM}"),
            Self::NotAField { text } => write!(f, "`{text}` is no field; {FORM}"),
            Self::Name { text, nearest } => {
                write!(f, "`{text}` is not a name for a field")?;
                hint(f, nearest, "use lower-case words joined by one `_`")
            }
            Self::Type { text, nearest } => {
                write!(f, "there is no type `{text}`")?;
                hint(f, nearest, &format!("the types are {}", super::types::listed()))
            }
            Self::Arguments { kind, expected } => write!(f, "`{kind}` is written {expected}"),
            Self::Option { text, nearest, known } => {
                write!(f, "there is no option `{text}`")?;
                hint(f, nearest, &format!("the options are {}", known.join(", ")))
            }
            Self::Value { option, value, reason } => write!(f, "`{option}` cannot be `{value}`: {reason}"),
            Self::NoModel { name, nearest } => {
                write!(f, "the project has no model `{name}`")?;
                hint(f, nearest, "name one as app.Model, or `user`")
            }
            Self::SeveralModels { name, labels } => {
                write!(f, "`{name}` may be {}; say which, such as {name}:fk({})", either(labels), labels[0])
            }
            Self::Syntax { text } => write!(f, "`{text}` cannot be read; {FORM}"),
            Self::WordInName { name, word, .. } if name == word => {
                write!(f, "`{name}` is a word for a type or an option, and no name; {FORM}")
            }
            Self::WordInName { name, word, instead } => {
                write!(f, "`{word}` in the name `{name}` is a word for a type or an option; write ")?;
                match instead {
                    Some(instead) => write!(f, "`{instead}`, or `{name}:TYPE` if that is its name"),
                    None => write!(
                        f,
                        "`{name}:TYPE` if that is its name, or the option as in price:decimal(10,2) min=0"
                    ),
                }
            }
            Self::File { name } => write!(
                f,
                "`{name}` would hold a file, for which there is no type yet; keep its address, such as photo_url:url, \
                 or its path, such as photo:string(255)"
            ),
            Self::Secret { name } => write!(
                f,
                "`{name}` sounds like a secret, which would stand in the table, the admin and the API as it is; a password \
                 belongs to the user model, which keeps a hash; if it is no secret, write `{name}:string`"
            ),
            Self::Twice { name } => write!(f, "the field `{name}` is given twice"),
        }
    }
}

impl std::error::Error for FieldProblem {}
