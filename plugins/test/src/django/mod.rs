//! Modules of a Django project with REST framework, tests above all.

mod api;
mod asking;
mod create;
mod detail;
mod kinds;
mod listing;
mod modify;
mod module;
mod names;
mod pages;
mod place;
mod placement;
mod rows;
mod rules;
mod sample;
mod saving;
mod scope;
mod taken;
mod visible;

pub use create::CreateTest;
pub use modify::ModifyTest;
pub use module::CreateModule;
