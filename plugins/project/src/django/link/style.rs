//! The project's habits of style, from what each file counted.

use std::collections::BTreeMap;

use aksara_python::read::LineCounts;
use aksara_sdk::protocol::facts::{AppFacts, Expr, Style};

use super::super::scanned::{ConfigFile, StyleCount};

/// Most strings' quote, most files' indent, and the line length of the nearest configuration file that has one,
/// else that of the project's own lines.
pub(super) fn decide<'c>(
    counts: impl Iterator<Item = &'c StyleCount>,
    configs: impl Iterator<Item = &'c ConfigFile>,
) -> Style {
    let mut style = Style::default();
    let (mut single, mut double) = (0, 0);
    let mut lines = LineCounts::default();
    let mut indents: BTreeMap<&str, usize> = BTreeMap::new();
    for count in counts {
        single += count.single;
        double += count.double;
        lines.code += count.lines.code;
        lines.near_79 += count.lines.near_79;
        lines.over_79 += count.lines.over_79;
        lines.over_88 += count.lines.over_88;
        lines.over_100 += count.lines.over_100;
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
    style.line_length = configs.filter_map(|c| c.line_length).next().unwrap_or_else(|| habit(&lines));
    style
}

/// Whether most lists of names in the apps' classes are tuples.
pub(super) fn writes_tuples(apps: &[AppFacts]) -> bool {
    let is_tuple = |expr: &Expr| match expr.source.as_bytes().first() {
        Some(b'(') => Some(true),
        Some(b'[') => Some(false),
        _ => None,
    };
    let of_app = |app: &AppFacts| {
        let models = app.models.iter().filter_map(|m| m.meta("ordering"));
        let serializers = app.serializers.iter().filter_map(|s| s.fields_source.as_ref());
        let filtersets = app.filtersets.iter().filter_map(|f| f.fields.as_ref());
        let views = app.viewsets.iter().flat_map(|v| v.attributes.iter().map(|(_, value)| value));
        let all = models.chain(serializers).chain(filtersets).chain(views).filter_map(is_tuple);
        all.fold((0, 0), |(tuples, all), is_tuple| (tuples + usize::from(is_tuple), all + 1))
    };
    let (tuples, all) =
        apps.iter().map(of_app).fold((0, 0), |(tuples, all), (more, of)| (tuples + more, all + of));
    tuples * 2 > all
}

/// How many lines of code must be there before short ones are a habit and not a lack of long ones.
const ENOUGH_LINES: u32 = 200;
/// How many lines must come near a limit of 79 columns before it is taken for one.
const SEVERAL: u32 = 5;

/// The usual limit that the project's lines keep. One line in a thousand may be longer: linters are silenced for
/// single lines.
fn habit(lines: &LineCounts) -> u32 {
    let keeps = |longer: u32| longer <= lines.code / 1000;
    if keeps(lines.over_79) && lines.code >= ENOUGH_LINES && lines.near_79 >= SEVERAL {
        79
    } else if keeps(lines.over_88) {
        88
    } else if keeps(lines.over_100) {
        100
    } else {
        120
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_the_one_that_the_lines_keep() {
        let lines = |code, near_79, over_79, over_88, over_100| LineCounts {
            code,
            near_79,
            over_79,
            over_88,
            over_100,
        };
        assert_eq!(habit(&lines(0, 0, 0, 0, 0)), 88);
        assert_eq!(habit(&lines(199, 50, 0, 0, 0)), 88, "too few lines to tell");
        assert_eq!(habit(&lines(200, 4, 0, 0, 0)), 88, "none of them near the limit");
        assert_eq!(habit(&lines(200, 5, 0, 0, 0)), 79);
        assert_eq!(habit(&lines(200, 5, 1, 0, 0)), 88);
        assert_eq!(habit(&lines(200, 5, 1, 1, 0)), 100);
        assert_eq!(habit(&lines(200, 5, 1, 1, 1)), 120);
        assert_eq!(habit(&lines(2000, 50, 2, 2, 2)), 79, "two lines that a linter was told to leave");
        assert_eq!(habit(&lines(2000, 50, 3, 3, 3)), 120);
    }

    #[test]
    fn a_configured_length_wins() {
        let count = StyleCount {
            lines: LineCounts { code: 9, over_88: 1, ..LineCounts::default() },
            ..StyleCount::default()
        };
        let config = ConfigFile { line_length: Some(95), ..ConfigFile::default() };
        assert_eq!(decide([&count].into_iter(), [&config].into_iter()).line_length, 95);
        assert_eq!(decide([&count].into_iter(), [].into_iter()).line_length, 100);
    }
}
