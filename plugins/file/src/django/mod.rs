//! Files of a Django project.

mod middleware;

pub use middleware::CreateMiddleware;
