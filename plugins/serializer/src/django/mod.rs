//! Serializers of REST framework.

mod create;
mod expected;
mod links;
mod lookup;
mod modify;
mod project;
mod tree;
mod unique;
mod visible;

pub use create::CreateSerializer;
pub use modify::ModifySerializer;
