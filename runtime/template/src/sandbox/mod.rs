//! Running a script that is not trusted: no files, no clock, no network, no randomness, and only so much of
//! everything else.
//!
//! The measured holes of the script engine are closed here: its limits are off by default and differ between
//! debug and release builds, `sleep` is part of its core and is stopped by no limit, and its default resolver
//! reads files. What scripts may call beyond the language is in [`crate::script`].

mod limits;
mod resolver;
mod thread;
mod trouble;

use std::sync::LazyLock;
use std::time::Instant;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LanguageCorePackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, EvalAltResult, OptimizationLevel};

pub use limits::Limits;
pub(crate) use resolver::{Libraries, Library};
pub(crate) use thread::on_large_stack;
pub(crate) use trouble::{
    Refusal, Running, Sources, did_you_mean, explain, known_functions, place_at, syntax,
};

rhai::def_package! {
    /// The language without time, bits and blobs.
    Language(_module) : LanguageCorePackage, ArithmeticPackage, LogicPackage, BasicStringPackage,
        MoreStringPackage, BasicMathPackage, BasicIteratorPackage, BasicFnPackage, BasicArrayPackage, BasicMapPackage {}
}

/// Building the package takes longer than a whole plan: it is built once and shared.
static LANGUAGE: LazyLock<Language> = LazyLock::new(Language::new);

/// Why a run was ended from outside the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It took too long.
    Deadline,
    /// The caller gave it up.
    Cancelled,
}

/// An engine that runs scripts within `limits`. The deadline counts from now.
pub(crate) fn engine(limits: &Limits, libraries: Libraries) -> Engine {
    let mut engine = Engine::new_raw();
    LANGUAGE.register_into_engine(&mut engine);
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_max_operations(limits.operations)
        .set_max_call_levels(limits.calls)
        .set_max_expr_depths(limits.expressions, limits.expressions)
        .set_max_string_size(limits.string)
        .set_max_array_size(limits.array)
        .set_max_map_size(limits.map)
        .set_max_functions(limits.functions)
        .set_max_modules(limits.modules)
        .set_max_variables(limits.variables)
        .disable_symbol("eval")
        .on_print(|_| {})
        .on_debug(|_, _, _| {});
    engine.set_module_resolver(libraries);

    let (deadline, cancelled) = (Instant::now() + limits.deadline, limits.cancelled.clone());
    engine.on_progress(move |_| {
        if cancelled.as_ref().is_some_and(|c| c.load(std::sync::atomic::Ordering::Relaxed)) {
            return Some(Dynamic::from(Stop::Cancelled));
        }
        (Instant::now() > deadline).then(|| Dynamic::from(Stop::Deadline))
    });

    // Functions of the engine itself are found before those of packages, so these shadow the originals.
    let refuse = |name: &'static str| move || -> Result<(), Box<EvalAltResult>> { Err(no_time(name)) };
    engine.register_fn("sleep", |_: i64| -> Result<(), Box<EvalAltResult>> { Err(no_time("sleep")) });
    engine.register_fn("sleep", |_: f64| -> Result<(), Box<EvalAltResult>> { Err(no_time("sleep")) });
    engine.register_fn("timestamp", refuse("timestamp"));
    engine.register_fn("exit", || -> Result<(), Box<EvalAltResult>> { Err(no_exit()) });
    engine.register_fn("exit", |_: Dynamic| -> Result<(), Box<EvalAltResult>> { Err(no_exit()) });
    engine
}

fn no_time(name: &str) -> Box<EvalAltResult> {
    Refusal::new(format!(
        "`{name}` is not there: a template has no clock, so that its plan is the same each time"
    ))
    .into()
}

fn no_exit() -> Box<EvalAltResult> {
    Refusal::new("`exit` is not there: end `plan` with its steps, or `throw` a message".to_owned()).into()
}

#[cfg(test)]
mod tests;
