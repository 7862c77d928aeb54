//! Viewsets of REST framework.

mod create;
mod filters;
mod modify;
mod owner;
mod project;
mod route;

pub use create::CreateViewset;
pub use modify::ModifyViewset;
