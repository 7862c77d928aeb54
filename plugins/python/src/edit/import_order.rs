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
pub(super) type Key = (bool, Reverse<usize>, Natural, ByType);

/// isort's order of names: all of them, constants, classes, the rest.
pub(super) type ByType = (u8, Natural, String);

/// A statement of the import block.
pub(super) struct Header<'s> {
    pub(super) statement: &'s Stmt,
    pub(super) group: Group,
    pub(super) key: Key,
}

/// A text in lower case whose numbers count as such: `field2` before `field10`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Natural(Vec<(String, u64)>);

impl Natural {
    fn of(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (word, number) = rest.split_at(digits);
            let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
            let (number, next) = number.split_at(end);
            parts.push((word.to_lowercase(), number.parse().unwrap_or_default()));
            rest = next;
        }
        Self(parts)
    }

    /// The first part of a dotted name.
    fn package(&self) -> &str {
        self.0.first().map_or("", |(word, _)| word.split('.').next().unwrap_or(word))
    }
}

fn by_type(name: &str) -> ByType {
    let is_constant =
        name.len() > 1 && name.chars().any(char::is_uppercase) && name.chars().all(|c| !c.is_lowercase());
    let is_class = name.starts_with(char::is_uppercase);
    let kind = match (name, is_constant, is_class) {
        ("*", ..) => 0,
        (_, true, _) => 1,
        (_, _, true) => 2,
        _ => 3,
    };
    (kind, Natural::of(name), name.to_owned())
}

/// Where a name goes among the names of an import: sorted, if they are sorted in a way that is known.
pub(super) fn position(names: &[&str], name: &str) -> usize {
    fn folded(name: &str) -> ByType {
        (0, Natural::of(name), name.to_owned())
    }
    fn plain(name: &str) -> ByType {
        (0, Natural(Vec::new()), name.to_owned())
    }
    for order in [by_type, plain, folded] {
        if names.is_sorted_by_key(|n| order(n)) {
            return names.iter().position(|n| order(n) > order(name)).unwrap_or(names.len());
        }
    }
    names.len()
}

pub(super) fn key(level: usize, module: &str, name: Option<&str>) -> Key {
    (name.is_some(), Reverse(level), Natural::of(module), by_type(name.unwrap_or_default()))
}

/// Whether two imports are from the same top-level package.
pub(super) fn same_package(a: &Key, b: &Key) -> bool {
    a.1 == b.1 && a.2.package() == b.2.package()
}

/// The stretch of a group's imports that a new one belongs to: the one with imports of the same package, else the last.
/// Projects may have sections of their own, such as one for Django.
pub(super) fn nearest<'g, 's>(
    source: &Source,
    group: &'g [&'g Header<'s>],
    wanted: &Key,
) -> &'g [&'g Header<'s>] {
    let is_apart = |header: &Header<'_>| {
        blanks_before(source, attached_start(source, header.statement.start().to_usize())) > 0
    };
    let mut stretches = group.chunk_by(|_, below| !is_apart(below));
    let has_package = |stretch: &&[&Header<'_>]| stretch.iter().any(|h| same_package(&h.key, wanted));
    stretches.clone().find(has_package).or_else(|| stretches.next_back()).unwrap_or_default()
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
        assert_eq!(position(&["MAX", "Tag", "_Private", "tag2"], "tag10"), 4);
    }
}
