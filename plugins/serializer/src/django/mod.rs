//! Serializers of REST framework.

mod create;
mod modify;
mod project;

pub use create::CreateSerializer;
pub use modify::ModifySerializer;
