//! Viewsets of REST framework.

mod create;
mod filters;
mod generics;
mod modify;
mod owner;
mod project;
mod route;
mod subject;

pub use create::CreateViewset;
pub use modify::ModifyViewset;
