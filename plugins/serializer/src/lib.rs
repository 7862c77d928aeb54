//! The shipped plugin for serializers: `create_serializer` and `modify_serializer`, on Django with REST framework.
//!
//! A serializer goes where the app keeps its serializers, in the form that the file has. One whose fields are
//! computed is never changed: what the list means then is not in the file.

mod django;

pub use django::{CreateSerializer, ModifySerializer};

aksara_sdk::plugin! {
    name: "serializer",
    executors: [CreateSerializer, ModifySerializer],
    stacks: [],
}
