//! Which lines changed between two texts, and where among equal lines the change is shown.
//!
//! A group of inserted or removed lines can often be shown at several places: of two equal blank lines either may
//! be the new one. git slides a group to the place where its ends read best, by the indent of the lines
//! around them (`xdl_change_compact` and `diff.indentHeuristic`). The same rule is followed here, with git's weights,
//! so that the output can equal git's.

use std::collections::HashMap;
use std::ops::Range;

use similar::DiffOp;
use similar::algorithms::{Algorithm, Capture, diff};

/// Larger texts are shown as replaced between their common start and end. Source files are far smaller, and a
/// time limit would make the result depend on the machine.
const LARGEST: usize = 8 * 1024 * 1024;

/// Lines that changed, as ranges of both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// Two texts as lines (with their line ends; only LF ends a line), and what changed between them.
pub(super) struct Script<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    changes: Vec<Change>,
}

impl<'a> Script<'a> {
    pub(super) fn new(old: &'a str, new: &'a str) -> Self {
        let (old_lines, new_lines) = (lines(old), lines(new));
        let mut names = HashMap::new();
        let old_side = FileSide::new(&old_lines, &mut names);
        let new_side = FileSide::new(&new_lines, &mut names);
        let (mut old_side, mut new_side) = (old_side, new_side);
        if old.len().max(new.len()) > LARGEST {
            mark_middle(&mut old_side, &mut new_side);
        } else {
            mark(&mut old_side, &mut new_side);
        }
        old_side.compact(&new_side);
        new_side.compact(&old_side);
        let changes = changes(&old_side.changed, &new_side.changed);
        Self { old: old_lines, new: new_lines, changes }
    }

    pub(super) fn old(&self) -> &[&'a str] {
        &self.old
    }

    pub(super) fn new_lines(&self) -> &[&'a str] {
        &self.new
    }

    /// In order.
    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Marks the changed lines of both sides.
fn mark(old: &mut FileSide<'_>, new: &mut FileSide<'_>) {
    let mut capture = Capture::new();
    let Ok(()) =
        diff(Algorithm::Myers, &mut capture, &old.ids[..], 0..old.ids.len(), &new.ids[..], 0..new.ids.len());
    old.changed.fill(true);
    new.changed.fill(true);
    for op in capture.into_ops() {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            old.changed[old_index..old_index + len].fill(false);
            new.changed[new_index..new_index + len].fill(false);
        }
    }
}

/// Marks everything between the common start and the common end.
fn mark_middle<'a>(old: &mut FileSide<'a>, new: &mut FileSide<'a>) {
    let start = old.ids.iter().zip(&new.ids).take_while(|(a, b)| a == b).count();
    let end =
        old.ids[start..].iter().rev().zip(new.ids[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    for side in [old, new] {
        let last = side.changed.len() - end;
        side.changed[start..last].fill(true);
    }
}

fn changes(old: &[bool], new: &[bool]) -> Vec<Change> {
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let (start_i, start_j) = (i, j);
        i += old[i..].iter().take_while(|c| **c).count();
        j += new[j..].iter().take_while(|c| **c).count();
        if (i, j) == (start_i, start_j) {
            (i, j) = (i + 1, j + 1);
        } else {
            found.push(Change { old: start_i..i, new: start_j..j });
        }
    }
    found
}

/// One side's lines, by number, and which of them changed.
struct FileSide<'a> {
    lines: &'a [&'a str],
    ids: Vec<u32>,
    changed: Vec<bool>,
}

/// A run of changed lines; empty between two unchanged ones.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
}

impl<'a> FileSide<'a> {
    fn new(lines: &'a [&'a str], names: &mut HashMap<&'a str, u32>) -> Self {
        let ids = lines
            .iter()
            .map(|line| {
                let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
                *names.entry(line).or_insert(next)
            })
            .collect();
        Self { lines, ids, changed: vec![false; lines.len()] }
    }

    fn is_changed(&self, line: usize) -> bool {
        self.changed.get(line).copied().unwrap_or(false)
    }

    fn run_end(&self, mut at: usize) -> usize {
        while self.is_changed(at) {
            at += 1;
        }
        at
    }

    fn run_start(&self, mut at: usize) -> usize {
        while at > 0 && self.is_changed(at - 1) {
            at -= 1;
        }
        at
    }

    fn first(&self) -> Group {
        Group { start: 0, end: self.run_end(0) }
    }

    fn next(&self, group: Group) -> Option<Group> {
        let start = group.end + 1;
        (group.end < self.lines.len()).then(|| Group { start, end: self.run_end(start) })
    }

    fn previous(&self, group: Group) -> Option<Group> {
        let end = group.start.checked_sub(1)?;
        Some(Group { start: self.run_start(end), end })
    }

    /// Moves a group one line down, if the lines are equal; it swallows a group that it meets.
    fn slide_down(&mut self, group: &mut Group) -> bool {
        if group.end >= self.lines.len() || self.ids[group.start] != self.ids[group.end] {
            return false;
        }
        self.changed[group.start] = false;
        self.changed[group.end] = true;
        *group = Group { start: group.start + 1, end: self.run_end(group.end + 1) };
        true
    }

    fn slide_up(&mut self, group: &mut Group) -> bool {
        if group.start == 0 || self.ids[group.start - 1] != self.ids[group.end - 1] {
            return false;
        }
        self.changed[group.start - 1] = true;
        self.changed[group.end - 1] = false;
        *group = Group { start: self.run_start(group.start - 1), end: group.end - 1 };
        true
    }

    /// Slides every group to where it reads best. The groups of the other side stay; between two unchanged lines
    /// each side has exactly one group, so the two lists are walked in step.
    fn compact(&mut self, other: &FileSide<'_>) {
        let mut group = self.first();
        let mut beside = other.first();
        loop {
            if group.end > group.start {
                self.place(&mut group, other, &mut beside);
            }
            match (self.next(group), other.next(beside)) {
                (Some(a), Some(b)) => (group, beside) = (a, b),
                _ => return,
            }
        }
    }

    fn place(&mut self, group: &mut Group, other: &FileSide<'_>, beside: &mut Group) {
        let (mut size, mut earliest, mut meets_other);
        loop {
            size = group.end - group.start;
            while self.slide_up(group) {
                *beside = other.previous(*beside).unwrap_or(*beside);
            }
            earliest = group.end;
            meets_other = beside.end > beside.start;
            while self.slide_down(group) {
                *beside = other.next(*beside).unwrap_or(*beside);
                meets_other |= beside.end > beside.start;
            }
            // A group that grew by one that it met may slide further.
            if size == group.end - group.start {
                break;
            }
        }
        if group.end == earliest {
            return;
        }
        if meets_other {
            // Removed and added lines side by side read as a replacement.
            while beside.end == beside.start && self.slide_up(group) {
                *beside = other.previous(*beside).unwrap_or(*beside);
            }
            return;
        }
        let best = self.best_end(*group, size, earliest);
        while group.end > best && self.slide_up(group) {
            *beside = other.previous(*beside).unwrap_or(*beside);
        }
    }

    /// The best of the places where a group of `size` lines, which is as low as it can be, may end.
    fn best_end(&self, group: Group, size: usize, earliest: usize) -> usize {
        let first =
            earliest.max(group.end.saturating_sub(size + 1)).max(group.end.saturating_sub(MAX_SLIDING));
        let mut best: Option<(usize, Score)> = None;
        for end in first..=group.end {
            let mut score = Score::default();
            score.add(&self.measure(end));
            score.add(&self.measure(end - size));
            if best.as_ref().is_none_or(|(_, lowest)| !score.is_worse_than(lowest)) {
                best = Some((end, score));
            }
        }
        best.map_or(group.end, |(end, _)| end)
    }

    /// What is around the gap above line `split`.
    fn measure(&self, split: usize) -> Measure {
        let (pre_indent, pre_blank) = nearest_indent(self.lines[..split].iter().rev());
        let after = self.lines.get(split + 1..).unwrap_or_default();
        let (post_indent, post_blank) = nearest_indent(after.iter());
        Measure {
            end_of_file: split >= self.lines.len(),
            indent: self.lines.get(split).and_then(|line| indent(line)),
            pre_blank,
            pre_indent,
            post_blank,
            post_indent,
        }
    }
}

// The weights are git's, from experiments on many histories (git's xdiffi.c).
const MAX_SLIDING: usize = 100;
const MAX_INDENT: i64 = 200;
const MAX_BLANKS: i64 = 20;
const START_OF_FILE: i64 = 1;
const END_OF_FILE: i64 = 21;
const TOTAL_BLANK: i64 = -30;
const POST_BLANK: i64 = 6;
const INDENTED: i64 = -4;
const INDENTED_AFTER_BLANK: i64 = 10;
const OUTDENTED: i64 = 24;
const OUTDENTED_AFTER_BLANK: i64 = 17;
const DEDENTED: i64 = 23;
const DEDENTED_AFTER_BLANK: i64 = 17;
const INDENT_WEIGHT: i64 = 60;

/// What is around a gap between two lines.
struct Measure {
    end_of_file: bool,
    indent: Option<i64>,
    pre_blank: i64,
    pre_indent: Option<i64>,
    post_blank: i64,
    post_indent: Option<i64>,
}

/// How bad it would be to start or end a group at a gap.
#[derive(Default)]
struct Score {
    indent: i64,
    penalty: i64,
}

impl Score {
    fn add(&mut self, at: &Measure) {
        if at.pre_indent.is_none() && at.pre_blank == 0 {
            self.penalty += START_OF_FILE;
        }
        if at.end_of_file {
            self.penalty += END_OF_FILE;
        }
        let post_blank = if at.indent.is_none() { 1 + at.post_blank } else { 0 };
        let blank = at.pre_blank + post_blank;
        self.penalty += TOTAL_BLANK * blank + POST_BLANK * post_blank;
        let indent = at.indent.or(at.post_indent);
        // git counts the end of the file as indent -1.
        self.indent += indent.unwrap_or(-1);
        let (Some(indent), Some(before)) = (indent, at.pre_indent) else { return };
        let either = |with_blank, without| if blank == 0 { without } else { with_blank };
        if indent > before {
            self.penalty += either(INDENTED_AFTER_BLANK, INDENTED);
        } else if indent < before {
            self.penalty += if at.post_indent.is_some_and(|post| post > indent) {
                either(OUTDENTED_AFTER_BLANK, OUTDENTED)
            } else {
                either(DEDENTED_AFTER_BLANK, DEDENTED)
            };
        }
    }

    fn is_worse_than(&self, other: &Score) -> bool {
        let by_indent = (self.indent - other.indent).signum();
        INDENT_WEIGHT * by_indent + (self.penalty - other.penalty) > 0
    }
}

/// The indent of the first line that is not blank, and how many blank ones come before it.
fn nearest_indent<'l>(lines: impl Iterator<Item = &'l &'l str>) -> (Option<i64>, i64) {
    let mut blank = 0;
    for line in lines {
        if let Some(indent) = indent(line) {
            return (Some(indent), blank);
        }
        blank += 1;
        if blank == MAX_BLANKS {
            return (Some(0), blank);
        }
    }
    (None, blank)
}

/// A line's indent in columns, tabs to the next 8; `None` if it is blank.
fn indent(line: &str) -> Option<i64> {
    let mut columns = 0;
    for byte in line.bytes() {
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 8 - columns % 8,
            b'\n' | b'\r' | b'\x0b' | b'\x0c' => {}
            _ => return Some(columns),
        }
        if columns >= MAX_INDENT {
            return Some(MAX_INDENT);
        }
    }
    None
}
