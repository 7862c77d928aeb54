//! Migrations of Django projects.
//!
//! [`CreateMigration`] compares two states of an app (`model`): what its classes say, and what its migrations
//! lead to. The difference (`detect`) is put in order and merged (`order`), split where rows need values
//! (`rows`), and printed (`file`) as `makemigrations` prints it. Nothing is run, so what needs running
//! is refused.

mod create;
mod depend;
mod detect;
mod field;
mod file;
mod index;
mod info;
mod md5;
mod model;
mod operation;
mod order;
mod read;
mod rows;
mod value;

pub use create::CreateMigration;
