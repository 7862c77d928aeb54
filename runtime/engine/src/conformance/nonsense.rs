//! Requests that no host sends, files that nobody wrote, hosts that do not answer: a plugin may refuse all of it, and
//! may do nothing worse.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aksara_plugin_host::{Answer, CallError, CallLimits, HostCalls, LoadedPlugin};
use aksara_protocol::plugin::{Description, ExecutorInfo, StackInfo};
use aksara_protocol::wire::{Detected, HostRequest, Request, SourceFile, StepInput};
use aksara_protocol::{BlobId, Diagnostic, JsonMap, Outcome, RelPath};
use serde_json::{Value, json};

use super::{NOW, TIMEOUT};

/// What is wrong with how `plugin` takes nonsense.
pub(super) fn check(plugin: &LoadedPlugin, description: &Description) -> Vec<String> {
    let subject = Subject { plugin };
    let mut problems = Vec::new();
    subject.bytes(&mut problems);
    for info in &description.executors {
        subject.executor(info, &mut problems);
    }
    for stack in &description.stacks {
        subject.stack(stack, &mut problems);
    }
    problems
}

/// How a host behaves that is of no use.
#[derive(Clone, Copy)]
enum Useless {
    /// There are no files and no facts.
    Empty,
    /// Every question is refused.
    Refusing,
    /// Every answer has another form than was asked for.
    Babbling,
}

impl HostCalls for Useless {
    fn call(&self, request: HostRequest) -> Result<Answer, Diagnostic> {
        let answer: Value = match (self, request) {
            (Useless::Empty, HostRequest::Read { paths }) => {
                paths.iter().map(|_| json!({ "is": "absent" })).collect()
            }
            (Useless::Empty, HostRequest::List { .. }) => json!([]),
            (Useless::Babbling, _) => json!({ "is": ["no", "answer"] }),
            (_, HostRequest::Log { .. }) => Value::Null,
            _ => return Err(Diagnostic::new("refused", "this host answers nothing")),
        };
        Answer::of(&answer)
    }
}

struct Subject<'p> {
    plugin: &'p LoadedPlugin,
}

impl Subject<'_> {
    fn invoke(&self, request: Vec<u8>, host: Useless) -> Result<Value, CallError> {
        let limits = CallLimits { timeout: TIMEOUT, cancelled: Arc::new(AtomicBool::new(false)) };
        self.plugin.invoke_bytes(request, Arc::new(host), &limits)
    }

    fn ask(&self, request: &Request, host: Useless) -> Result<Value, CallError> {
        self.invoke(serde_json::to_vec(request).unwrap_or_default(), host)
    }

    /// Bytes that are no request.
    fn bytes(&self, problems: &mut Vec<String>) {
        let long = json!({ "op": "x".repeat(3_000_000) }).to_string();
        let cases: [(&str, Vec<u8>); 9] = [
            ("no bytes at all", Vec::new()),
            ("half a request", b"{\"op\":\"exec".to_vec()),
            ("bytes that are not UTF-8", vec![0xff, 0xfe, b'{', 0]),
            ("`null`", b"null".to_vec()),
            ("a list", b"[1,2]".to_vec()),
            ("an operation that does not exist", b"{\"op\":\"fly\"}".to_vec()),
            ("an operation without its fields", b"{\"op\":\"execute\"}".to_vec()),
            ("100,000 open brackets", b"[".repeat(100_000)),
            ("an operation with a name of 3 MB", long.into_bytes()),
        ];
        for (what, bytes) in cases {
            match self.invoke(bytes, Useless::Empty) {
                Ok(_) => problems.push(format!("it answered {what} as if it were a request")),
                Err(error) => harm(what, error, problems),
            }
        }
    }

    fn executor(&self, info: &ExecutorInfo, problems: &mut Vec<String>) {
        let name = info.step_type.as_str();
        let example = info.examples.first().map(|e| e.params.clone()).unwrap_or_default();
        let before = problems.len();
        let mut try_one = |what: &str, params: JsonMap, host: Useless| {
            // After the first harm of an executor the others would only say the same.
            if problems.len() > before {
                return;
            }
            for request in [
                Request::CheckStep { step: step(info, name, &params) },
                Request::Execute { step: step(info, name, &params) },
            ] {
                let executes = matches!(request, Request::Execute { .. });
                let what = format!("`{name}` with {what}");
                match self.ask(&request, host) {
                    Ok(answer) if executes => {
                        if let Err(error) = serde_json::from_value::<Outcome>(answer) {
                            problems.push(format!("{what}: its answer is no outcome: {error}"));
                        }
                    }
                    Ok(_) => {}
                    Err(error) => harm(&what, error, problems),
                }
            }
        };
        for (what, host) in [
            ("a host without files", Useless::Empty),
            ("a host that refuses every question", Useless::Refusing),
            ("a host that answers nonsense", Useless::Babbling),
        ] {
            try_one(what, example.clone(), host);
        }
        try_one("no params", JsonMap::new(), Useless::Empty);
        let properties = info.params.get("properties").and_then(Value::as_object);
        let names: std::collections::BTreeSet<&String> =
            properties.into_iter().flat_map(|p| p.keys()).chain(example.keys()).collect();
        for key in names {
            for (what, value) in nonsense() {
                let mut params = example.clone();
                params.insert(key.clone(), value);
                try_one(&format!("{what} as `{key}`"), params, Useless::Empty);
            }
        }
        let unknown = Request::Execute { step: step(info, "no_such_step_type", &example) };
        if self.ask(&unknown, Useless::Empty).is_ok() {
            problems.push(format!("`{name}`: it carried out a step type that it does not have"));
        }
        self.newer(info, &example, problems);
    }

    /// A newer host's request has fields that this plugin does not know: they change nothing.
    fn newer(&self, info: &ExecutorInfo, example: &JsonMap, problems: &mut Vec<String>) {
        let request = Request::Execute { step: step(info, info.step_type.as_str(), example) };
        let Ok(mut newer) = serde_json::to_value(&request) else { return };
        newer["from_tomorrow"] = json!({ "op": "execute", "type": ["x", null, 1.5e3] });
        newer["step"]["from_tomorrow"] = json!("\u{1f980} \"quoted\" \\ \u{0}");
        let known = self.ask(&request, Useless::Empty);
        let same = match (&known, &self.invoke(newer.to_string().into_bytes(), Useless::Empty)) {
            (Ok(known), Ok(newer)) => known == newer,
            (Err(known), Err(newer)) => known.code() == newer.code(),
            _ => false,
        };
        if !same {
            problems.push(format!("`{}`: fields that it does not know change its answer", info.step_type));
        }
    }

    fn stack(&self, info: &StackInfo, problems: &mut Vec<String>) {
        let stack = &info.name;
        let marker = info.markers.first().map_or("marker", String::as_str);
        let detect = |path: &str| Request::Detect {
            stack: stack.clone(),
            markers: RelPath::new(path).into_iter().collect(),
        };
        for host in [Useless::Empty, Useless::Refusing, Useless::Babbling] {
            for path in [marker, "deep/down/there.txt"] {
                if let Err(error) = self.ask(&detect(path), host) {
                    harm(&format!("`detect` of `{stack}` on `{path}` with a useless host"), error, problems);
                }
            }
        }
        let extension = info.extensions.first().map_or("txt", String::as_str);
        let Ok(path) = RelPath::new(format!("some/file.{extension}")) else { return };
        for (what, text) in texts() {
            let file = SourceFile { path: path.clone(), blob: BlobId::new("b"), text };
            let scan = Request::Scan { stack: stack.clone(), file: file.clone() };
            let (one, other) = (self.ask(&scan, Useless::Refusing), self.ask(&scan, Useless::Refusing));
            if let (Ok(one), Ok(other)) = (&one, &other)
                && one != other
            {
                problems.push(format!("`scan` of {what} gives once {one} and once {other}"));
            }
            if let Err(error) = one {
                harm(&format!("`scan` of {what}"), error, problems);
            }
            let parse = Request::CheckFiles { stack: stack.clone(), files: vec![file] };
            if let Err(error) = self.ask(&parse, Useless::Refusing) {
                harm(&format!("`check_files` of {what}"), error, problems);
            }
        }
        let link = Request::Link {
            stack: stack.clone(),
            project: Detected { root: String::new(), scan: vec![String::new()], data: JsonMap::new() },
            files: Vec::new(),
            paths: Vec::new(),
            keep: None,
        };
        if let Err(error) = self.ask(&link, Useless::Refusing) {
            harm("`link` without any files", error, problems);
        }
    }
}

/// Writes down what is worse than a refusal.
fn harm(what: &str, error: CallError, problems: &mut Vec<String>) {
    match error {
        CallError::Step(_)
        | CallError::BadRequest { .. }
        | CallError::Unsupported { .. }
        | CallError::HostCallFailed { .. }
        | CallError::Cancelled => {}
        error => problems.push(format!("{what}: {error}")),
    }
}

fn step(info: &ExecutorInfo, step_type: &str, params: &JsonMap) -> StepInput {
    StepInput {
        stack: if info.stack == "*" { "django".to_owned() } else { info.stack.clone() },
        root: String::new(),
        step_type: step_type.into(),
        params: params.clone(),
        description: "A step that makes no sense".to_owned(),
        now: NOW.to_owned(),
        runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn nonsense() -> Vec<(&'static str, Value)> {
    let deep = (0..60).fold(json!(1), |inner, _| json!({ "a": [inner] }));
    vec![
        ("null", Value::Null),
        ("an empty text", json!("")),
        ("a path out of the project", json!("../../etc/passwd")),
        ("control characters", json!("\u{0}\r\n\u{1b}[31m\u{202e}")),
        ("a text of 1 MB", json!("x".repeat(1024 * 1024))),
        ("an enormous number", json!(-1.0e308)),
        ("an empty list", json!([])),
        ("a list of 5,000 lists", json!(vec![json!([]); 5_000])),
        ("120 levels of nesting", deep),
    ]
}

fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("an empty file", String::new()),
        ("a file that is no source", "%PDF-1.7 \u{0} {{{ ]] \\".to_owned()),
        ("a file without a last line break", "class A:\n    pass".to_owned()),
        ("a file with a BOM and CRLF", "\u{feff}a = 1\r\nb = 2\r\n".to_owned()),
        ("a file of 10,000 open brackets", "(".repeat(10_000)),
        ("a line of 50,000 attributes", format!("a{}\n", ".b".repeat(50_000))),
        ("a file with text from right to left", "x = \"\u{202e}\u{5d0}\"\n".to_owned()),
    ]
}
