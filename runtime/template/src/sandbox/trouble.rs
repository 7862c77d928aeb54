//! From the script engine's errors to ours: the innermost place, the calls that led there, and a suggestion.

use std::collections::BTreeMap;

use aksara_protocol::JsonMap;
use rhai::{
    AST, ASTNode, Dynamic, Engine, EvalAltResult, NativeCallContext, ParseError, ParseErrorType, Position,
    Stmt,
};
use serde_json::Value;

use crate::error::{Frame, LimitKind, Place, Report, TemplateError};
use crate::nearest::nearest;
use crate::sandbox::{Limits, Stop};

/// The sources of a template by file name, for the lines that errors show.
pub(crate) type Sources<'a> = BTreeMap<&'a str, &'a str>;

/// What a function of the host throws: a message, and what to do next.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    message: String,
    help: Option<String>,
    missing_body: bool,
    absent: Option<String>,
    of_project: bool,
    position: Position,
}

impl Refusal {
    pub(crate) fn new(message: String) -> Self {
        Self {
            message,
            help: None,
            missing_body: false,
            absent: None,
            of_project: false,
            position: Position::NONE,
        }
    }

    pub(crate) fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The engine does not tell the place of a failing `module::function` by itself.
    pub(crate) fn at(mut self, cx: &NativeCallContext<'_>) -> Self {
        self.position = cx.call_position();
        self
    }

    /// The refusal is about an app or a model that the project does not have.
    pub(crate) fn of_absent(mut self, label: &str) -> Self {
        self.absent = Some(label.to_owned());
        self
    }

    /// What is wrong is the project, and not the script.
    pub(crate) fn of_project(mut self) -> Self {
        self.of_project = true;
        self
    }

    /// The refusal is that of a body file that is not there.
    pub(crate) fn of_body(mut self) -> Self {
        self.missing_body = true;
        self
    }
}

impl From<Refusal> for Box<EvalAltResult> {
    fn from(refusal: Refusal) -> Self {
        let position = refusal.position;
        EvalAltResult::ErrorRuntime(Dynamic::from(refusal), position).into()
    }
}

/// A script that does not parse.
pub(crate) fn syntax(error: &ParseError, file: &str, text: &str) -> TemplateError {
    let place = place_at(file, text, error.position());
    let help = match &*error.0 {
        ParseErrorType::Reserved(word) => {
            Some(format!("as the key of a map it must be quoted: #{{ \"{word}\": … }}"))
        }
        ParseErrorType::VariableUndefined(name) if text.contains(&format!("const {name} ")) => {
            Some(format!("inside a function a constant of the script is `global::{name}`"))
        }
        ParseErrorType::ModuleUndefined(name) => {
            let known = crate::script::MODULES.iter().copied();
            nearest(name, known).map(|known| format!("did you mean `{known}::`?"))
        }
        _ => None,
    };
    let mut report = Report::new(lower_first(&error.0.to_string()), place);
    report.help = help;
    TemplateError::Syntax(report)
}

/// The script that runs.
pub(crate) struct Running<'a> {
    /// The template's name.
    pub(crate) template: &'a str,
    /// The file of its script.
    pub(crate) main: &'a str,
    /// Its syntax tree.
    pub(crate) ast: &'a AST,
    /// Its files.
    pub(crate) sources: &'a Sources<'a>,
    /// What it was given.
    pub(crate) params: &'a JsonMap,
}

impl Running<'_> {
    /// Whether who plans named the app or the model, and not the script.
    fn was_given(&self, label: &str) -> bool {
        fn names(value: &Value, label: &str) -> bool {
            match value {
                Value::String(text) => text == label || text.split('.').next() == Some(label),
                Value::Array(items) => items.iter().any(|item| names(item, label)),
                _ => false,
            }
        }
        self.params.values().any(|value| names(value, label))
    }
}

/// An error of a running script.
pub(crate) fn explain(
    error: &EvalAltResult,
    engine: &Engine,
    limits: &Limits,
    running: &Running<'_>,
) -> TemplateError {
    let Running { template, sources, .. } = *running;
    let mut file = running.main.to_owned();
    let mut position = Position::NONE;
    let mut trace = Vec::new();
    let mut inner = error;
    loop {
        match inner {
            EvalAltResult::ErrorInFunctionCall(name, source, cause, at) => {
                trace.push(Frame {
                    function: name.clone(),
                    file: file.clone(),
                    line: at.line().unwrap_or(0),
                });
                position = *at;
                if !source.is_empty() {
                    file.clone_from(source);
                }
                inner = cause;
            }
            EvalAltResult::ErrorInModule(path, cause, at) => {
                trace.push(Frame {
                    function: "import".to_owned(),
                    file: file.clone(),
                    line: at.line().unwrap_or(0),
                });
                position = *at;
                if sources.contains_key(path.as_str()) {
                    file.clone_from(path);
                }
                inner = cause;
            }
            _ => break,
        }
    }
    if !inner.position().is_none() {
        position = inner.position();
    }
    // The engine does not know where it was when an empty loop ends it.
    if position.is_none() && file == running.main {
        position = only_loop(running.ast);
    }
    trace.reverse();
    let text = sources.get(file.as_str()).copied().unwrap_or_default();
    let report = |message: String| {
        let mut report = Report::new(message, place_at(&file, text, position));
        report.trace.clone_from(&trace);
        report
    };
    let limit = |limit, message: String| TemplateError::Limit { limit, report: report(message) };

    match inner {
        EvalAltResult::ErrorTooManyOperations(_) => limit(
            LimitKind::Operations,
            format!(
                "the template ran for more than {} operations; is there an endless loop?",
                limits.operations
            ),
        ),
        EvalAltResult::ErrorStackOverflow(_) => {
            limit(LimitKind::Calls, format!("the template called functions more than {} deep", limits.calls))
        }
        EvalAltResult::ErrorDataTooLarge(what, _) => limit(
            LimitKind::Size,
            format!(
                "{} became too large; a value may hold {} bytes of text, {} items and {} map entries",
                lower_first(what),
                limits.string,
                limits.array,
                limits.map
            ),
        ),
        EvalAltResult::ErrorTooManyVariables(_) => {
            limit(LimitKind::Variables, format!("the template has more than {} variables", limits.variables))
        }
        EvalAltResult::ErrorTooManyModules(_) => {
            limit(LimitKind::Modules, format!("the template imports more than {} libraries", limits.modules))
        }
        EvalAltResult::ErrorTerminated(token, _) => match token.clone().try_cast::<Stop>() {
            Some(Stop::Cancelled) => TemplateError::Cancelled { template: template.to_owned() },
            _ => limit(
                LimitKind::Deadline,
                format!(
                    "the template ran for more than {} ms; is there an endless loop?",
                    limits.deadline.as_millis()
                ),
            ),
        },
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let mut report = report(String::new());
            (report.message, report.help) = unknown_function(signature, engine, running);
            TemplateError::UnknownFunction(report)
        }
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<Refusal>() {
            Some(refusal) => {
                let mut report = report(refusal.message);
                report.help = refusal.help;
                if refusal.missing_body {
                    TemplateError::MissingBody(report)
                } else if refusal.of_project || refusal.absent.is_some_and(|label| running.was_given(&label))
                {
                    TemplateError::Refused { template: template.to_owned(), report }
                } else {
                    TemplateError::Script(report)
                }
            }
            None => {
                let (message, help) = thrown(value);
                let mut report = report(message);
                report.help = help;
                TemplateError::Refused { template: template.to_owned(), report }
            }
        },
        EvalAltResult::ErrorPropertyNotFound(name, _) => {
            TemplateError::Script(report(format!("there is no `{name}` in this map")))
        }
        EvalAltResult::ErrorModuleNotFound(path, _) => {
            TemplateError::Script(report(format!("there is no library `{path}` in the template folders")))
        }
        other => TemplateError::Script(report(lower_first(&without_position(other)))),
    }
}

/// What a script threw: a text, or a map of `message` and `hint`.
fn thrown(value: &Dynamic) -> (String, Option<String>) {
    let text =
        |key: &str| value.read_lock::<rhai::Map>().and_then(|map| map.get(key).map(ToString::to_string));
    (text("message").unwrap_or_else(|| value.to_string()), text("hint"))
}

/// The message of an error without the position that the engine puts behind it.
fn without_position(error: &EvalAltResult) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (line ") {
        Some((front, _)) => front.to_owned(),
        None => text,
    }
}

/// `signature` is `step::create_model (map, i64)`. Tells a wrong name from wrong arguments.
fn unknown_function(signature: &str, engine: &Engine, running: &Running<'_>) -> (String, Option<String>) {
    let (name, arguments) =
        signature.split_once(" (").map_or((signature, ""), |(n, a)| (n, a.trim_end_matches(')')));
    let known = known_functions(engine, running.ast);
    let mut counts: Vec<String> =
        known.iter().filter(|(other, _)| other == name).map(|(_, count)| count.to_string()).collect();
    counts.sort();
    counts.dedup();
    if !counts.is_empty() {
        let given = if arguments.is_empty() { "no arguments".to_owned() } else { format!("({arguments})") };
        let help = format!(
            "it takes {} argument(s); check how many there are and of what type",
            counts.join(" or ")
        );
        return (format!("`{name}` cannot be called with {given}"), Some(help));
    }
    (format!("there is no function `{name}` "), did_you_mean(name, &known))
}

/// The functions that a script may call, with how many arguments each takes.
pub(crate) fn known_functions(engine: &Engine, ast: &AST) -> Vec<(String, usize)> {
    let mut known: Vec<(String, usize)> = engine.collect_fn_metadata(
        None,
        |info| {
            let name = if info.namespace.is_empty() {
                info.metadata.name.to_string()
            } else {
                format!("{}::{}", info.namespace, info.metadata.name)
            };
            Some((name, info.metadata.num_params))
        },
        true,
    );
    known.extend(ast.iter_functions().map(|f| (f.name.to_owned(), f.params.len())));
    known
}

/// A hint for the name of a function that does not exist.
pub(crate) fn did_you_mean(name: &str, known: &[(String, usize)]) -> Option<String> {
    let words: Vec<&str> = known
        .iter()
        .map(|(other, _)| other.as_str())
        .filter(|other| {
            other.contains("::") == name.contains("::") && other.starts_with(|c: char| c.is_alphabetic())
        })
        .collect();
    match nearest(name, words) {
        Some(known) => Some(format!("did you mean `{known}`?")),
        None => name.split_once("::").and_then(|(module, _)| {
            let functions: Vec<&str> = known
                .iter()
                .filter_map(|(other, _)| other.split_once("::"))
                .filter(|(other, _)| *other == module)
                .map(|(_, function)| function)
                .collect();
            let functions: std::collections::BTreeSet<&str> = functions.into_iter().collect();
            let functions: Vec<&str> = functions.into_iter().collect();
            (!functions.is_empty()).then(|| format!("`{module}::` has {}", functions.join(", ")))
        }),
    }
}

/// The script's loop without a bound, if there is just one.
fn only_loop(ast: &AST) -> Position {
    let mut loops = Vec::new();
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::While(_, position) | Stmt::Do(_, _, position))) = nodes.last() {
            loops.push(*position);
        }
        true
    });
    if let [only] = loops.as_slice() { *only } else { Position::NONE }
}

/// The place of a position in a file.
pub(crate) fn place_at(file: &str, text: &str, position: Position) -> Place {
    match position.line() {
        Some(line) => Place::new(file, text, line, position.position().unwrap_or(0)),
        None => Place::file(file),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // `PARAMS` and the like stay as they are.
        Some(first) if !text.chars().nth(1).is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
