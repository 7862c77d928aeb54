//! `step::create_model(#{…})` and the like: intents, as maps.
//!
//! A step's parameters are checked when the script has answered, so that a message can name the place in the
//! answer as well as the line that made the step.

use rhai::{Dynamic, FuncRegistration, Map, Module, NativeCallContext};

/// The step types that the shipped plugins know. `step::any` makes all others.
pub(crate) const TYPES: &[&str] = &[
    "create_app",
    "create_model",
    "modify_model",
    "create_serializer",
    "modify_serializer",
    "create_viewset",
    "modify_viewset",
    "create_route",
    "create_migration",
    "create_module",
    "create_test",
    "modify_test",
    "create_middleware",
    "modify_file",
    "run_command",
    "manual",
];

/// The key by which a step says that only its executor knows its parameters.
pub(crate) const OPEN: &str = "open";

pub(crate) fn module() -> Module {
    let mut module = Module::new();
    for step_type in TYPES {
        FuncRegistration::new(*step_type)
            .set_into_module(&mut module, |cx: NativeCallContext, params: Map| {
                step(&cx, step_type, params, Map::new())
            });
        FuncRegistration::new(*step_type)
            .set_into_module(&mut module, |cx: NativeCallContext, params: Map, about: Map| {
                step(&cx, step_type, params, about)
            });
    }
    FuncRegistration::new("any")
        .set_into_module(&mut module, |cx: NativeCallContext, step_type: &str, params: Map| {
            open(step(&cx, step_type, params, Map::new()))
        });
    FuncRegistration::new("any").set_into_module(
        &mut module,
        |cx: NativeCallContext, step_type: &str, params: Map, about: Map| {
            open(step(&cx, step_type, params, about))
        },
    );
    module
}

fn step(cx: &NativeCallContext, step_type: &str, params: Map, mut about: Map) -> Map {
    about.insert("type".into(), Dynamic::from(step_type.to_owned()));
    about.insert("params".into(), Dynamic::from_map(params));
    let mut position = Map::new();
    position.insert("file".into(), Dynamic::from(cx.call_source().unwrap_or_default().to_owned()));
    position.insert("line".into(), Dynamic::from_int(cx.call_position().line().unwrap_or(0) as i64));
    about.insert("position".into(), Dynamic::from_map(position));
    about
}

fn open(mut step: Map) -> Map {
    step.insert(OPEN.into(), Dynamic::TRUE);
    step
}
