//! Viewsets of REST framework.

mod access;
mod counted;
mod create;
mod create_route;
mod filters;
mod generics;
mod load;
mod modify;
mod owner;
mod project;
mod route;
mod subject;
mod visible;

pub use create::CreateViewset;
pub use create_route::CreateRoute;
pub use modify::ModifyViewset;
