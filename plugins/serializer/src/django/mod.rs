//! Serializers of REST framework.

mod create;
mod modify;
mod project;
mod tree;
mod unique;

pub use create::CreateSerializer;
pub use modify::ModifySerializer;
