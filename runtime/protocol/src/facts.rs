//! What is known of a project at a snapshot.
//!
//! A stack's plugin reads single files (`scan`) and puts what it found together (`link`); executors ask for
//! parts of the result. Paths are relative to the repository, model labels are `app.Model`.

mod access;
mod app;
mod expression;
mod habits;
mod migration;
mod model;
mod narrowing;
mod project;
mod route;
mod settings;
mod style;
mod testing;
mod urls;
mod view;

pub use access::{Audience, PermissionFacts};
pub use app::{AppFacts, AppFiles, Place, ViewStyle};
pub use expression::{Args, Expr, Parts};
pub use habits::ViewAttribute;
pub use migration::{MigrationFacts, MigrationFile, ModelState};
pub use model::{FieldFacts, ManagerFacts, ModelFacts, Relation, RelationKind};
pub use narrowing::{Chain, ChainCall, Narrowing, Rows, RowsCase, conditions};
pub use project::{
    ApiUrls, FactsQuery, ProjectFacts, SkippedFile, UnresolvedImport, UnusedApp, last, split_label,
};
pub use route::{PatternFacts, RouteFacts, RouterFacts, UrlFacts};
pub use settings::SettingsFacts;
pub use style::{ImportCounts, ImportHabits, NameStyle, Style};
pub use testing::{
    ClientFixtureFacts, FactoryFacts, PytestFacts, TestData, TestFacts, TestLayout, TestRunner,
};
pub use view::{AdminFacts, FilterSetFacts, SerializerFacts, ViewsetFacts};
