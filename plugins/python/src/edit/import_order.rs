//! The order of imports: the groups that they stand in, and how they are sorted inside one (isort's rules).

use std::cmp::Reverse;

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::lines::{attached_start, blanks_before};
use crate::Source;

/// The groups that imports stand in, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Future,
    Standard,
    ThirdParty,
    FirstParty,
    Local,
}

/// What isort sorts statements of a group by: `import` first, then the furthest package first, then the module and
/// the first name.
pub(super) type Key = (bool, Reverse<usize>, String, String);

/// A statement of the import block.
pub(super) struct Header<'s> {
    pub(super) statement: &'s Stmt,
    pub(super) group: Group,
    pub(super) key: Key,
}

/// Where a name goes among the names of an import: sorted, if they are sorted in a way that is known.
pub(super) fn position(names: &[&str], name: &str) -> usize {
    /// isort's order: constants, classes, the rest.
    fn by_type(name: &str) -> (u8, String, String) {
        let upper = name.len() > 1 && name.chars().all(|c| !c.is_lowercase());
        let class = name.trim_start_matches('_').chars().next().is_some_and(char::is_uppercase);
        (
            if upper {
                0
            } else if class {
                1
            } else {
                2
            },
            name.to_lowercase(),
            name.to_owned(),
        )
    }
    fn folded(name: &str) -> (u8, String, String) {
        (0, name.to_lowercase(), name.to_owned())
    }
    fn plain(name: &str) -> (u8, String, String) {
        (0, name.to_owned(), String::new())
    }
    for order in [by_type, plain, folded] {
        if names.is_sorted_by_key(|n| order(n)) {
            return names.iter().position(|n| order(n) > order(name)).unwrap_or(names.len());
        }
    }
    names.len()
}

pub(super) fn key(level: usize, module: &str, name: Option<&str>) -> Key {
    let name = name.unwrap_or_default().to_lowercase();
    (!name.is_empty(), Reverse(level), module.to_lowercase(), name)
}

/// Whether the block puts its groups below each other without blank lines.
pub(super) fn unseparated(source: &Source, header: &[Header<'_>]) -> bool {
    let mut several = false;
    for pair in header.windows(2) {
        let [above, below] = pair else { continue };
        if above.group != below.group {
            several = true;
            let start = attached_start(source, below.statement.start().to_usize());
            if blanks_before(source, start) > 0 {
                return false;
            }
        }
    }
    several
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn names_stay_sorted_in_the_way_they_are() {
        assert_eq!(position(&["A_B", "Cat", "dog"], "Bee"), 1);
        assert_eq!(position(&["Bee", "ant"], "cat"), 2);
        assert_eq!(position(&["ant", "Bee"], "Cat"), 2);
        assert_eq!(position(&["b", "a"], "A"), 2);
    }
}
