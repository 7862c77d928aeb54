//! Shipped plugin: model steps (`create_model`, `modify_model`), one module a stack.

pub mod django;

aksara_sdk::plugin! {
    name: "model",
    executors: [django::CreateModelStep, django::ModifyModelStep],
    stacks: [],
}
