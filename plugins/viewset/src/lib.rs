//! The shipped plugin for viewsets: `create_viewset`, `modify_viewset` and `create_route`, on Django with REST framework.
//!
//! A viewset without a route serves nobody, so the route is part of the step. What the project's settings would
//! ignore (a search field without a search backend) is not written, and said.

mod django;

pub use django::{CreateRoute, CreateViewset, ModifyViewset};

aksara_sdk::plugin! {
    name: "viewset",
    executors: [CreateViewset, ModifyViewset, CreateRoute],
    stacks: [],
}
