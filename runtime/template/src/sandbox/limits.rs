//! How much a template may use.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How much a template may use. Every limit is set, so that a debug and a release build behave alike.
///
/// Sizes count nested values together: they are for a whole plan, not for one string in it. They also bound
/// time, because each operation of the engine measures the value it works on.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Operations of the script engine.
    pub operations: u64,
    /// Calls inside calls.
    pub calls: usize,
    /// Expressions inside expressions.
    pub expressions: usize,
    /// Bytes of strings in one value.
    pub string: usize,
    /// Items of arrays in one value.
    pub array: usize,
    /// Entries of maps in one value.
    pub map: usize,
    /// Functions of one script.
    pub functions: usize,
    /// Imported libraries.
    pub modules: usize,
    /// Variables at one moment.
    pub variables: usize,
    /// Time.
    pub deadline: Duration,
    /// Set by the caller to stop.
    pub cancelled: Option<Arc<AtomicBool>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            operations: 1_000_000,
            calls: 32,
            expressions: 64,
            string: 512 * 1024,
            array: 10_000,
            map: 10_000,
            functions: 200,
            modules: 32,
            variables: 1_000,
            deadline: Duration::from_secs(2),
            cancelled: None,
        }
    }
}
