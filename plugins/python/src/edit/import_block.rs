//! The import block of a new module, sorted as the project sorts its own.

use aksara_protocol::facts::Style;
use aksara_protocol::wire::SourceFile;
use aksara_protocol::{BlobId, RelPath};
use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextRange};

use super::imports::{docstring, is_import};
use super::lines::starts_line;
use super::members::has_comment;
use super::{Edits, parse_code};

/// The code with the imports at its top as `style` has them. What does not parse, and a block with comments in it,
/// stays as it is.
pub(crate) fn sorted_imports(code: &str, style: &Style) -> String {
    written(code, style).unwrap_or_else(|| code.to_owned())
}

fn written(code: &str, style: &Style) -> Option<String> {
    let source = parse_code(code).ok()?;
    let body = &source.module().body;
    let below = body.get(usize::from(docstring(&source).is_some())..)?;
    let count = below.iter().take_while(|statement| is_import(statement)).count();
    let imports = below.get(..count)?;
    let range = TextRange::new(imports.first()?.start(), imports.last()?.end());
    let is_apart = |statement: &Stmt| starts_line(&source, statement.start().to_usize());
    let ends_line = source.text().get(range.end().to_usize()..)?.trim_start_matches(' ').starts_with('\n');
    if !ends_line
        || !imports.iter().all(is_apart)
        || has_comment(&source, range.start().to_usize(), range.end().to_usize())
    {
        return None;
    }
    // No code can name such a module, nor the packages around it: none of the imports is of the file itself, and a
    // relative one is never the same as an absolute one.
    let path = RelPath::new(format!("{}generated-imports.py", "generated-code/".repeat(8))).ok()?;
    let file = SourceFile { path, blob: BlobId::new(""), text: String::new() };
    let mut sorted = Edits::open(&file, style).ok()?;
    let _ = sorted.merge(source.slice(range)).ok()?;
    let mut range = range.to_std_range();
    let mut block = sorted.source().text().trim_end().to_owned();
    // What a comment stands above may belong to the imports.
    let rest = source.text().get(range.end..)?;
    let next = rest.trim_start();
    if style.lines_after_imports.is_some() && !next.is_empty() && !next.starts_with('#') {
        range.end += rest.len() - next.len();
        block.push_str(&"\n".repeat(sorted.blank_lines_above(below.get(count)) + 1));
    }
    let mut out = code.to_owned();
    out.replace_range(range, &block);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_imports_of_a_new_module_are_sorted_into_their_sections() {
        let style = Style { first_party: vec!["core".to_owned()], ..Style::default() };
        let before = "\"\"\"Doc.\"\"\"\n\nfrom core.models import Post\nfrom django.conf import settings\n\nfrom .a import b, A\n\
                      import os\nfrom django.conf import LazySettings\n\n\nclass A:\n    pass\n";
        let after = "\"\"\"Doc.\"\"\"\n\nimport os\n\nfrom django.conf import LazySettings, settings\n\n\
                     from core.models import Post\n\nfrom .a import A, b\n\n\nclass A:\n    pass\n";
        assert_eq!(sorted_imports(before, &style), after);
        assert_eq!(sorted_imports(after, &style), after);
        let single = Style { single_imports: true, ..style };
        assert_eq!(
            sorted_imports(
                "from .a import b, A, MAX\nfrom django.db import models, IntegrityError\n",
                &single
            ),
            "from django.db import IntegrityError\nfrom django.db import models\n\n\
             from .a import MAX\nfrom .a import A\nfrom .a import b\n"
        );
    }

    #[test]
    fn a_block_is_as_isort_is_told() {
        let code = "import os\nfrom a import b as c\nfrom a import d\nimport z\n\nX = 1\n";
        let with = |style: Style| sorted_imports(code, &style);
        let plain = "import os\n\nimport z\nfrom a import b as c\nfrom a import d\n\nX = 1\n";
        assert_eq!(with(Style::default()), plain);
        let mixed = Style { mixed_imports: true, ..Style::default() };
        assert_eq!(with(mixed), "import os\n\nfrom a import b as c\nfrom a import d\nimport z\n\nX = 1\n");
        let combined = Style { combined_aliases: true, ..Style::default() };
        assert_eq!(with(combined), "import os\n\nimport z\nfrom a import b as c, d\n\nX = 1\n");
        let apart = Style { lines_after_imports: Some(2), ..Style::default() };
        assert_eq!(with(apart), plain.replace("d\n\nX", "d\n\n\nX"));
    }

    #[test]
    fn no_import_is_lost_by_its_name() {
        let code = "from generated import B\n\nfrom .generated import A\n";
        let sorted = sorted_imports(code, &Style::default());
        assert!(sorted.contains("from generated import B\n"), "{sorted}");
        assert!(sorted.contains("from .generated import A\n"), "{sorted}");
    }

    #[test]
    fn what_is_no_plain_block_stays() {
        for code in [
            "",
            "x = 1\n",
            "import sys; import os\n",
            "from b import c  # noqa\nimport a\n",
            "from b import (\n",
            "x = 1\nfrom b import c\nimport a\n",
        ] {
            assert_eq!(sorted_imports(code, &Style::default()), code);
        }
    }
}
