//! Serializers of REST framework.

mod create;
mod modify;
mod project;
mod tree;

pub use create::CreateSerializer;
pub use modify::ModifySerializer;
