//! `aksara schema`.

use aksara_runtime::Schema;

use crate::args::SchemaOf;
use crate::output::{self, Failure};

/// Prints a schema. Needs no project.
pub(crate) fn print(of: SchemaOf) -> Result<u8, Failure> {
    output::data(&Schema::from(of).text())?;
    Ok(0)
}
