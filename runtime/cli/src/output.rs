//! Where text goes: data to standard output, talk to standard error.

use std::fmt;
use std::io::Write as _;

use aksara_runtime::{Error, ErrorKind};

/// What a command fails with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The runtime.
    #[error(transparent)]
    Runtime(Box<Error>),
    /// Code that was written in an editor and cannot be used.
    #[error("{error}\nhint: the plan is as it was; what you wrote is kept in {kept}")]
    Edited { error: Box<Failure>, kept: String },
    /// A file of the command's own.
    #[error("{what} {path}: {source}")]
    Io { what: &'static str, path: String, source: std::io::Error },
    /// Something that was given is wrong.
    #[error("{0}")]
    Input(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The user declined, or could not be asked.
    #[error("{0}")]
    Refused(String),
    /// Standard output was closed.
    #[error("standard output: {0}")]
    Stdout(std::io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Runtime(Box::new(error))
    }
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        self.kind().exit_code()
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Failure::Runtime(error) => error.kind(),
            Failure::Edited { error, .. } => error.kind(),
            Failure::Input(_) => ErrorKind::Input,
            Failure::Refused(_) => ErrorKind::Refused,
            Failure::Interrupted => ErrorKind::Interrupted,
            Failure::Io { .. } | Failure::Stdout(_) => ErrorKind::Failed,
        }
    }

    /// As data, for who asked for JSON and reads standard output only.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "kind": self.kind(), "message": self.to_string() } })
    }
}

/// A line of text that is not ours: characters that steer a terminal, or turn the direction of what is read, become
/// `\u{fffd}`.
pub(crate) fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// Prints data. A reader that went away (`| head`) is not an error.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Stdout(error)),
        _ => Ok(()),
    }
}

/// Prints a diff: coloured for a person, byte for byte for a file or a pipe.
pub(crate) fn diff(text: &str) -> Result<(), Failure> {
    if anstream::stdout().current_choice() != anstream::ColorChoice::Never {
        return data(&crate::render::diff(text));
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Stdout(error)),
        _ => Ok(()),
    }
}

/// Prints a value as JSON data.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Stdout(e.into()))?;
    data(&format!("{text}\n"))
}

/// The columns of the terminal that data goes to; `None` if it goes elsewhere.
pub(crate) fn width() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}

/// Prints talk, with a line break.
pub(crate) fn talk(text: &str) {
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Prints talk without a line break: a question.
pub(crate) fn ask(text: &str) {
    let mut err = anstream::stderr().lock();
    // As above.
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}

/// Prints an error; its hints stand apart.
pub(crate) fn error(error: &dyn fmt::Display) {
    let text = error.to_string();
    let red = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
    let blue = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Cyan.into()));
    let mut hinted = false;
    let mut shown = format!("{red}error:{red:#} ");
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            shown.push('\n');
        }
        let word = ["hint", "try"]
            .into_iter()
            .find_map(|word| Some((word, line.strip_prefix(word)?.strip_prefix(": ")?)));
        match word {
            Some((word, hint)) => {
                if !hinted {
                    shown.push('\n');
                    hinted = true;
                }
                shown.push_str(&format!("{blue}{word}:{blue:#} {hint}"));
            }
            None => shown.push_str(line),
        }
    }
    talk(&shown);
}

/// Prints a warning.
pub(crate) fn warning(text: &str) {
    let yellow = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Yellow.into()));
    talk(&format!("{yellow}warning:{yellow:#} {text}"));
}
