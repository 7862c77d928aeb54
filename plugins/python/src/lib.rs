//! Reads and edits Python source without touching a byte that need not change.
//!
//! [`Source`] is a parsed file, [`read`] says what is in one, [`edit`] changes one, [`layout`] writes new code as
//! the project does, [`tidy`](tidy()) gives code that was written without knowing the project its form.
//!
//! ```
//! use aksara_protocol::edit::apply_splices;
//! use aksara_protocol::facts::Style;
//! use aksara_protocol::wire::SourceFile;
//! use aksara_protocol::{BlobId, RelPath};
//! use aksara_python::Edits;
//! use aksara_python::edit::MemberPlace;
//!
//! let text = "from django.db import models\n\n\nclass Post(models.Model):  # what people read\n    pass\n";
//! let path = RelPath::new("blog/models.py")?;
//! let file = SourceFile { path, blob: BlobId::new("1f7a7a47"), text: text.to_owned() };
//!
//! let mut edits = Edits::open(&file, &Style::default())?;
//! edits.import_from("django.conf", "settings")?;
//! edits.code().add_class_member("Post", "title = models.TextField()", MemberPlace::AfterFields)?;
//!
//! assert_eq!(
//!     apply_splices(text, &edits.splices())?,
//!     "from django.conf import settings\nfrom django.db import models\n\n\n\
//!      class Post(models.Model):  # what people read\n    title = models.TextField()\n"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod edit;
pub mod example;
mod guard;
pub mod habits;
pub mod layout;
mod messages;
mod migration;
mod prose;
pub mod pytest;
pub mod read;
mod source;
mod tidy;
mod wrap;

pub use edit::{Change, Edits};
pub use layout::{Code, Layout};
pub use migration::migration;
pub use source::Source;
pub use tidy::tidy;
