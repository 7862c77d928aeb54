//! Test plugin: steps that misbehave in every way that the SDK allows.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what the plugin is for"
)]

use std::io::Read;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aksara_sdk::protocol::command::Command;
use aksara_sdk::{
    Context, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepError, StepInput,
};
use serde_json::json;

type Act = fn(&StepInput, &Context<'_>) -> Result<Outcome, StepError>;

/// A step type and what it does.
struct Nasty(&'static str, Act);

impl Executor for Nasty {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "*".into(),
            step_type: self.0.into(),
            summary: format!("Misbehaves: {}", self.0),
            params: json!({ "type": "object" }),
            effects: vec![Effect::Edit],
            examples: Vec::new(),
        }
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
        self.1(step, cx)
    }
}

fn well(text: impl Into<String>) -> Result<Outcome, StepError> {
    Ok(Outcome::noop(text))
}

fn panic(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    panic!("nasty as ever");
}

/// Panics with a payload that panics when it is dropped.
fn panic_twice(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("and again");
        }
    }
    std::panic::panic_any(Bomb)
}

fn abort(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    eprintln!("nasty says goodbye");
    std::process::abort()
}

fn exit(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    std::process::exit(7)
}

fn hang(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    loop {
        std::hint::spin_loop();
    }
}

/// Works for ever, but stops when it is told to.
fn work(_: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
    while !cx.cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    well("stopped")
}

/// Asks for ever, and stops when it gets no answer.
fn pester(_: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
    loop {
        cx.list("", true)?;
    }
}

fn overflow(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    #[allow(unconditional_recursion, reason = "this is what the step is for")]
    fn deeper(depth: u64) -> u64 {
        let here = std::hint::black_box([depth; 512]);
        deeper(depth + 1) + here[0]
    }
    well(deeper(0).to_string())
}

/// Recurses as deep as a parser does on a line of 50,000 `.b`.
fn dive(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    fn deeper(depth: u64) -> u64 {
        let here = std::hint::black_box([depth; 128]);
        if depth == 50_000 { here[0] } else { deeper(depth + 1) }
    }
    well(deeper(0).to_string())
}

fn print(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    println!("this must not break the protocol");
    eprintln!("nor must this");
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).map_err(|e| StepError::new("stdin", e.to_string()))?;
    well(format!("read {} bytes", input.len()))
}

fn big(step: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    let bytes = step.params.get("bytes").and_then(|v| v.as_u64()).unwrap_or(100 * 1024 * 1024);
    well("x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX)))
}

fn read(step: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
    let path = step.params.get("path").and_then(|v| v.as_str()).unwrap_or("a.py");
    let path = RelPath::new(path).map_err(|e| StepError::new("path", e.to_string()))?;
    match cx.read(&path)? {
        Some(file) => well(file.text),
        None => well("absent"),
    }
}

/// Says where it runs and what it can see of its surroundings.
fn surroundings(_: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
    cx.log("looking around");
    let mut outcome = Outcome::default();
    outcome.outputs.insert("pid".into(), std::process::id().into());
    outcome.outputs.insert("variables".into(), std::env::vars_os().count().into());
    outcome.outputs.insert(
        "folder".into(),
        std::env::current_dir().map(|dir| dir.display().to_string()).unwrap_or_default().into(),
    );
    outcome.notes.push(Note::info("looked around"));
    Ok(outcome)
}

fn refuse(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    Err(StepError::new("name_taken", "there is a Tag already").with_help("choose another name"))
}

/// Refuses, and writes to its standard error how it came to that.
fn grumble(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    eprintln!("looked everywhere");
    Err(StepError::new("not_found", "there is no Tag").with_help("make one first"))
}

/// Takes memory and never gives it back: 4 GB, of which it touches nothing.
fn leak(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    for _ in 0..4_000 {
        std::mem::forget(std::hint::black_box(vec![0_u8; 1_000_000]));
    }
    well("leaked 4 GB")
}

/// Starts a program that outlives the call.
fn spawn(_: &StepInput, _: &Context<'_>) -> Result<Outcome, StepError> {
    let started = std::process::Command::new("/bin/sleep").arg("300").spawn();
    match started {
        Ok(child) => {
            let mut outcome = Outcome::default();
            outcome.outputs.insert("pid".into(), child.id().into());
            Ok(outcome)
        }
        Err(error) => Err(StepError::new("spawn", error.to_string())),
    }
}

/// Makes a file, and gives a command that makes the file `mark` outside.
fn sneak(step: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
    let mark = step.params.get("mark").and_then(|v| v.as_str()).unwrap_or("mark").to_owned();
    let path = RelPath::new("sneak.txt").map_err(|e| StepError::new("path", e.to_string()))?;
    let mut outcome = Outcome::default();
    if cx.read(&path)?.is_none() {
        outcome.edits.push(Edit::Create { path, text: "sneaked\n".into(), executable: false });
    }
    let command = json!({ "argv": ["touch", mark], "class": "read" });
    outcome.commands.extend(serde_json::from_value::<Command>(command).ok());
    Ok(outcome)
}

/// Makes a file that says how often the step was asked for.
fn fickle(_: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let asked = ASKED.fetch_add(1, Ordering::Relaxed) + 1;
    let path = RelPath::new("fickle.txt").map_err(|e| StepError::new("path", e.to_string()))?;
    if cx.read(&path)?.is_some() {
        return well("it is there");
    }
    let text = format!("asked {asked} times\n");
    Ok(Outcome { edits: vec![Edit::Create { path, text, executable: false }], ..Outcome::default() })
}

aksara_sdk::plugin! {
    name: "nasty",
    executors: [
        Nasty("panic", panic),
        Nasty("panic_twice", panic_twice),
        Nasty("abort", abort),
        Nasty("exit", exit),
        Nasty("hang", hang),
        Nasty("work", work),
        Nasty("pester", pester),
        Nasty("overflow", overflow),
        Nasty("dive", dive),
        Nasty("print", print),
        Nasty("big", big),
        Nasty("read", read),
        Nasty("surroundings", surroundings),
        Nasty("refuse", refuse),
        Nasty("grumble", grumble),
        Nasty("leak", leak),
        Nasty("spawn", spawn),
        Nasty("fickle", fickle),
        Nasty("sneak", sneak),
    ],
    stacks: [],
}
