//! Tests of a Django project with REST framework.

mod api;
mod create;
mod detail;
mod placement;
mod sample;
mod scope;

pub use create::CreateTest;
