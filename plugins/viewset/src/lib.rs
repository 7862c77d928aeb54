//! The shipped plugin for viewsets: `create_viewset` and `modify_viewset`, on Django with REST framework.
//!
//! A viewset without a route serves nobody, so the route is part of the step. What the project's settings would
//! ignore (a search field without a search backend) is not written, and said.

mod django;

pub use django::{CreateViewset, ModifyViewset};

aksara_sdk::plugin! {
    name: "viewset",
    executors: [CreateViewset, ModifyViewset],
    stacks: [],
}
