//! Statements that a change in them makes too long, or that were laid out as black does: they are laid out again.

use std::ops::Range;

use super::Edits;
use super::members::has_comment;
use super::pieces::Replacement;
use crate::layout::columns;
use crate::tidy::logical_lines;

impl Edits {
    /// The changes, and where one makes a line of its statement too long, the whole statement in their place, laid out as
    /// black does. A statement on several lines that black would have laid out that way stays so. Elsewhere what brings lines
    /// of its own is laid out already, and an import as imports are.
    pub(super) fn laid_out(&self, changes: &[Replacement]) -> Vec<Replacement> {
        let is_inline = |change: &Replacement| !change.text.contains('\n');
        if self.wrap.is_none() {
            return changes.to_vec();
        }
        let mut out = Vec::new();
        let mut rest = changes;
        for line in logical_lines(self.source().tokens()) {
            let before = rest.iter().take_while(|change| change.range.start < line.start).count();
            let (above, from) = rest.split_at(before);
            out.extend_from_slice(above);
            let inside = from.iter().take_while(|change| change.range.end <= line.end).count();
            let (own, below) = from.split_at(inside);
            rest = below;
            let is_inside = |change: &Replacement| {
                is_inline(change) || line.start < change.range.start && change.range.end < line.end
            };
            let anew = own.iter().all(is_inside).then(|| self.line_anew(&line, own)).flatten();
            match anew {
                Some((anew, kept)) if kept || own.iter().all(is_inline) => out.push(anew),
                _ => out.extend_from_slice(own),
            }
        }
        out.extend_from_slice(rest);
        out
    }

    /// A logical line with changes in it, laid out, if it should be, and whether it had lines that were laid out so before.
    fn line_anew(&self, line: &Range<usize>, changes: &[Replacement]) -> Option<(Replacement, bool)> {
        let wrap = self.wrap.filter(|_| !changes.is_empty())?;
        let source = self.source();
        let before = source.text().get(line.clone())?;
        let indent = source.text().get(source.line_start(line.start)..line.start)?;
        let is_import = before.starts_with("import ") || before.starts_with("from ");
        if !indent.trim().is_empty()
            || is_import
            || has_comment(source, line.start, source.line_end(line.end))
        {
            return None;
        }
        let mut after = before.to_owned();
        for change in changes.iter().rev() {
            after.replace_range(change.range.start - line.start..change.range.end - line.start, &change.text);
        }
        let start = columns(indent);
        let laid_out = |code: &str| {
            let lines = wrap.lines(&code.replace("\r\n", "\n"), start)?;
            let level = &self.layout().indent;
            let lines: Vec<String> =
                lines.iter().map(|(depth, text)| format!("{}{text}", level.repeat(*depth))).collect();
            Some(lines.join(&format!("{}{indent}", self.layout().newline)))
        };
        let fits = |code: &str| {
            let mut lines = code.lines();
            let first = lines.next().map_or(0, |line| start + line.chars().count());
            first <= wrap.limit && lines.all(|line| columns(line) <= wrap.limit)
        };
        let was_laid_out = before.contains('\n') && laid_out(before).is_some_and(|lines| lines == before);
        let is_too_long = fits(before) && !fits(&after);
        let anew = laid_out(&after).filter(|_| was_laid_out || is_too_long)?;
        (anew != after).then(|| (Replacement::code(line.clone(), "", &anew, ""), was_laid_out))
    }
}

#[cfg(test)]
mod tests {
    use crate::edit::tests::edited;
    use crate::edit::{ItemPlace, ListTarget};

    fn appended(value: &str) -> String {
        let text = format!("class A:\n    rows = {value}\n    x = 1\n");
        let call = ".annotate(rating_average=Avg(\"ratings__score\"))";
        edited(&text, &|e| e.append_to_expression("A", "rows", call))
    }

    #[test]
    fn a_chain_that_gets_too_long_has_a_line_for_each_call() {
        assert_eq!(
            appended("Post.objects.filter(live=True).order_by(\"-id\")"),
            "class A:\n    rows = (\n        Post.objects.filter(live=True)\n        .order_by(\"-id\")\n        \
             .annotate(rating_average=Avg(\"ratings__score\"))\n    )\n    x = 1\n"
        );
        assert_eq!(
            appended("Post.objects"),
            "class A:\n    rows = Post.objects.annotate(rating_average=Avg(\"ratings__score\"))\n    x = 1\n"
        );
    }

    #[test]
    fn a_chain_with_a_line_for_each_call_keeps_to_that() {
        assert_eq!(
            appended(
                "(\n        Post.objects.filter(live=True)\n        .annotate(tag_count=Count(\"tags\", distinct=True))\n        \
                 .order_by(\"-id\")\n    )"
            ),
            "class A:\n    rows = (\n        Post.objects.filter(live=True)\n        \
             .annotate(tag_count=Count(\"tags\", distinct=True))\n        .order_by(\"-id\")\n        \
             .annotate(rating_average=Avg(\"ratings__score\"))\n    )\n    x = 1\n"
        );
    }

    #[test]
    fn one_item_on_a_line_of_its_own_gets_a_comma_with_a_second_one() {
        let list = ListTarget::Attribute { class: "A", name: "rows" };
        let item = format!("\"{}\"", "a".repeat(76));
        assert_eq!(
            edited(&format!("class A:\n    rows = [\n        {item}\n    ]\n"), &|e| {
                e.list_append(list, "\"b\"", ItemPlace::End)
            }),
            format!("class A:\n    rows = [\n        {item},\n        \"b\",\n    ]\n")
        );
        let other = "class A:\n    rows = [\n        1\n    ]\n";
        assert_eq!(
            edited(other, &|e| e.list_append(list, "2", ItemPlace::End)),
            other.replace("1\n", "1,\n        2\n")
        );
    }

    #[test]
    fn what_was_written_otherwise_stays_so() {
        let own = "Post.objects.filter(\n        live=True).order_by(\"-id\")";
        let call = ".annotate(rating_average=Avg(\"ratings__score\"))";
        assert_eq!(appended(own), format!("class A:\n    rows = {own}{call}\n    x = 1\n"));
        let long = "Post.objects.filter(live=True).exclude(title=\"a title\").order_by(\"-id\")  # as ever";
        assert!(appended(long).contains("\n    rows = Post.objects.filter(live=True).exclude("));
    }
}
