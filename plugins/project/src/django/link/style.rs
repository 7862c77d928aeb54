//! The project's habits of style, from what each file counted.

use std::collections::BTreeMap;

use aksara_sdk::protocol::facts::Style;

use super::super::scanned::{ConfigFile, StyleCount};

/// Most strings' quote, most files' indent, and the line length of the nearest configuration file that has one.
pub(super) fn decide<'c>(
    counts: impl Iterator<Item = &'c StyleCount>,
    configs: impl Iterator<Item = &'c ConfigFile>,
) -> Style {
    let mut style = Style::default();
    let (mut single, mut double) = (0, 0);
    let mut indents: BTreeMap<&str, usize> = BTreeMap::new();
    for count in counts {
        single += count.single;
        double += count.double;
        if let Some(indent) = &count.indent {
            *indents.entry(indent).or_default() += 1;
        }
    }
    if single > double {
        style.quote = '\'';
    }
    if let Some((indent, _)) = indents.into_iter().max_by_key(|(_, files)| *files) {
        style.indent = indent.to_owned();
    }
    if let Some(length) = configs.filter_map(|c| c.line_length).next() {
        style.line_length = length;
    }
    style
}
