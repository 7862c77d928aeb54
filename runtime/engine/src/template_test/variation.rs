//! The project of a case as other people would have it.

use aksara_protocol::RelPath;

use super::case::Files;

/// A way in which people's files differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variation {
    /// Lines end with CR LF.
    Crlf,
    /// Tabs instead of four spaces.
    Tabs,
    /// The last line does not end.
    NoFinalNewline,
    /// A byte order mark comes first.
    Bom,
    /// Code of the user's own at the end of each file.
    OwnCode,
}

pub(super) const ALL: [Variation; 5] =
    [Variation::Crlf, Variation::Tabs, Variation::NoFinalNewline, Variation::Bom, Variation::OwnCode];

const BOM: &str = "\u{feff}";
const OWN_CODE: &str =
    "\n\ndef written_by_hand(value):\n    # Not to be touched.\n    return {'kept':   value}\n";

impl Variation {
    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Variation::Crlf => "files with CRLF",
            Variation::Tabs => "files with tabs",
            Variation::NoFinalNewline => "files without a newline at the end",
            Variation::Bom => "files with a byte order mark",
            Variation::OwnCode => "files with the user's own code",
        }
    }

    /// The file in this variation; `None` if it would be no other file.
    pub(super) fn of(self, path: &RelPath, content: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(content).ok().filter(|text| !text.is_empty())?;
        let is_python = path.as_str().ends_with(".py");
        let varied = match self {
            Variation::Crlf => text.replace('\n', "\r\n"),
            Variation::Tabs if is_python => text.split_inclusive('\n').map(tabbed).collect(),
            Variation::NoFinalNewline => text.trim_end_matches('\n').to_owned(),
            Variation::Bom if is_python => format!("{BOM}{text}"),
            Variation::OwnCode if is_python => format!("{text}{OWN_CODE}"),
            _ => return None,
        };
        (varied != text && !varied.is_empty()).then(|| varied.into_bytes())
    }

    /// What is wrong with `now`, which the plan made of the varied `before`; `plain` is what it made of the file
    /// as it was.
    pub(super) fn problem(self, before: &[u8], plain: &[u8], now: &[u8]) -> Option<String> {
        let (Ok(before), Ok(plain), Ok(now)) =
            (std::str::from_utf8(before), std::str::from_utf8(plain), std::str::from_utf8(now))
        else {
            return Some("it is no text any more".to_owned());
        };
        let same = |now: &str, plain: &str| {
            (now != plain).then(|| "what was made differs from what is made without".to_owned())
        };
        match self {
            Variation::Crlf if now.matches('\n').count() != now.matches("\r\n").count() => {
                Some("its line endings are mixed".to_owned())
            }
            Variation::Crlf => same(&now.replace("\r\n", "\n"), plain),
            Variation::Tabs => same(&spaced(now), &spaced(plain)),
            Variation::NoFinalNewline => same(now.trim_end_matches('\n'), plain.trim_end_matches('\n')),
            Variation::Bom => match now.strip_prefix(BOM) {
                None => Some("its byte order mark is gone".to_owned()),
                Some(rest) => same(rest, plain),
            },
            Variation::OwnCode if !before.contains(OWN_CODE.trim()) => None,
            Variation::OwnCode => {
                (!now.contains(OWN_CODE.trim())).then(|| "the user's own code was changed".to_owned())
            }
        }
    }

    /// The project of a case in this variation, but for files that no step looks at.
    pub(super) fn project(self, before: &Files, looked_at: impl Fn(&RelPath) -> bool) -> Option<Files> {
        let mut files = before.clone();
        let mut changed = false;
        for (path, content) in &mut files {
            if looked_at(path)
                && let Some(varied) = self.of(path, content)
            {
                *content = varied;
                changed = true;
            }
        }
        changed.then_some(files)
    }
}

/// A line whose indent is made of tabs, as far as it is a multiple of four columns.
fn tabbed(line: &str) -> String {
    let columns = line.len() - line.trim_start_matches(' ').len();
    format!("{}{}", "\t".repeat(columns / 4), &line[columns / 4 * 4..])
}

fn spaced(text: &str) -> String {
    text.replace('\t', "    ")
}

#[cfg(test)]
mod tests {
    use aksara_protocol::RelPath;

    use super::Variation;

    #[test]
    fn variations_are_told_from_damage() {
        let path = RelPath::new("a.py").unwrap();
        let plain = "class A:\n    x = 1\n";
        let of = |v: Variation| String::from_utf8(v.of(&path, plain.as_bytes()).unwrap()).unwrap();
        assert_eq!(of(Variation::Crlf), "class A:\r\n    x = 1\r\n");
        assert_eq!(of(Variation::Tabs), "class A:\n\tx = 1\n");
        assert_eq!(of(Variation::NoFinalNewline), "class A:\n    x = 1");
        for variation in super::ALL {
            let varied = of(variation);
            let problem = |now: &str| variation.problem(varied.as_bytes(), plain.as_bytes(), now.as_bytes());
            assert_eq!(problem(&varied), None, "{}", variation.name());
            assert!(problem("class A:\n    x = 2\n").is_some(), "{}", variation.name());
        }
        let mixed = Variation::Crlf.problem(b"", plain.as_bytes(), b"class A:\r\n    x = 1\n");
        assert_eq!(mixed.as_deref(), Some("its line endings are mixed"));
        assert_eq!(Variation::Tabs.of(&RelPath::new("a.toml").unwrap(), b"    a"), None);
        assert_eq!(Variation::Bom.of(&path, b""), None);
    }
}
