//! Splits a line as black does: behind the delimiters of the highest priority where it stands in brackets, else at the
//! last brackets that make its first line short enough. The names are those of black's `linegen.py`, where the reasons
//! are.

use std::collections::HashSet;

use super::leaves::{Kind, Leaf, priority};

/// A line of the result, or one that is still too long.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) leaves: Vec<Leaf>,
    /// How many indents deep it is.
    pub(super) depth: usize,
    /// Whether it stands in brackets of its own.
    inside: bool,
    /// Whether it is split whatever its length is.
    is_split: bool,
}

/// A line, split at a pair of brackets.
struct Parts {
    head: Line,
    body: Line,
    tail: Line,
    opening: Leaf,
    closing: Leaf,
}

/// How wide lines may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Width {
    /// The longest line.
    pub(super) limit: usize,
    /// The columns of the first line's indent.
    pub(super) indent: usize,
    /// The columns of one more indent.
    pub(super) unit: usize,
}

type Omit = HashSet<usize>;

impl Line {
    pub(super) fn of(leaves: Vec<Leaf>) -> Self {
        Self { leaves, depth: 0, inside: false, is_split: false }
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for leaf in &self.leaves {
            if leaf.space && !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&leaf.text);
        }
        out
    }

    fn with(&self, leaves: Vec<Leaf>) -> Self {
        Self { leaves, depth: self.depth, inside: false, is_split: false }
    }

    /// Whether it stands in brackets of its own.
    pub(super) fn is_inside(&self) -> bool {
        self.inside
    }

    fn is_def(&self) -> bool {
        let mut words = self.leaves.iter().map(|leaf| leaf.text.as_str()).skip_while(|word| *word == "async");
        words.next() == Some("def")
    }

    fn is_with(&self) -> bool {
        let mut words = self.leaves.iter().map(|leaf| leaf.text.as_str()).skip_while(|word| *word == "async");
        words.next() == Some("with")
    }

    fn equals(&self) -> usize {
        self.leaves.iter().filter(|leaf| leaf.kind == Kind::Equal && leaf.level == 0).count()
    }

    /// The level of the line itself: that of its delimiters.
    fn level(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.level).min().unwrap_or_default()
    }

    /// The highest priority of the line's delimiters, and how many have it. A comma at the end is none.
    fn delimiters(&self) -> Option<(u8, usize)> {
        let level = self.level();
        let last = self.leaves.len().saturating_sub(1);
        let own = |(index, leaf): (usize, &Leaf)| {
            let (priority, at) = leaf.split;
            (priority > 0 && at == level && index < last).then_some(priority)
        };
        let found: Vec<u8> = self.leaves.iter().enumerate().filter_map(own).collect();
        let highest = found.iter().copied().max()?;
        Some((highest, found.iter().filter(|p| **p == highest).count()))
    }

    /// Whether a comma before a closing bracket says that its items have lines of their own.
    fn has_magic_comma(&self) -> bool {
        self.leaves.windows(2).any(|pair| {
            let [comma, close] = pair else { return false };
            comma.kind == Kind::Comma && close.kind == Kind::Close && !self.is_one_tuple(close)
        })
    }

    /// Whether a closing bracket ends a tuple of one item, or an index.
    fn is_one_tuple(&self, close: &Leaf) -> bool {
        let Some(open) = self.leaves.iter().position(|l| l.kind == Kind::Open && l.pair == close.pair) else {
            return true;
        };
        let is_comma = |leaf: &&Leaf| leaf.kind == Kind::Comma && leaf.level == close.level + 1;
        let inside =
            self.leaves.iter().skip(open).take_while(|l| l.kind != Kind::Close || l.pair != close.pair);
        match close.text.as_str() {
            "]" => close.is_trailer,
            ")" => !close.is_trailer && inside.filter(is_comma).count() < 2,
            _ => false,
        }
    }
}

impl Width {
    pub(super) fn fits(self, line: &Line) -> bool {
        self.columns(line) <= self.limit
    }

    fn columns(self, line: &Line) -> usize {
        self.start(line) + line.text().chars().count()
    }

    fn start(self, line: &Line) -> usize {
        self.indent + line.depth * self.unit
    }

    /// `transform_line`.
    pub(super) fn lines(self, line: Line, force: bool) -> Vec<Line> {
        if !line.is_split && !line.has_magic_comma() && self.fits(&line) {
            return vec![line];
        }
        let split = if line.is_def() {
            self.left_hand_split(&line).and_then(|lines| self.each(&line, lines, force))
        } else {
            let by_delimiters = || self.each(&line, delimiter_split(&line)?, force);
            let found = if line.inside { by_delimiters() } else { None };
            found.or_else(|| self.at_brackets(&line, force))
        };
        split.unwrap_or_else(|| vec![line])
    }

    /// `run_transformer`: each line in turn, unless nothing was split.
    fn each(self, line: &Line, split: Vec<Line>, force: bool) -> Option<Vec<Line>> {
        let text = line.text();
        if split.iter().any(|part| part.text() == text) {
            return None;
        }
        Some(split.into_iter().flat_map(|part| self.lines(part, force)).collect())
    }

    /// `rhs`, with a second opinion: that all optional parentheses are there.
    fn at_brackets(self, line: &Line, force: bool) -> Option<Vec<Line>> {
        let found = self.each(line, self.right_hand_split_with_omits(line, force)?, force)?;
        let level = line.level();
        let is_optional = |leaf: &Leaf| leaf.optional && leaf.level == level;
        let was_used = |leaf: &Leaf| is_optional(leaf) && !leaf.text.is_empty();
        let can_be_forced = !force
            && line.leaves.iter().any(|leaf| leaf.optional)
            && !found.iter().flat_map(|part| &part.leaves).any(was_used)
            && found.first().is_some_and(|first| !self.fits(first));
        if can_be_forced
            && let Some(second) =
                self.right_hand_split_with_omits(line, true).and_then(|split| self.each(line, split, true))
            && second.iter().all(|part| self.fits(part))
        {
            return Some(second);
        }
        Some(found)
    }

    fn left_hand_split(self, line: &Line) -> Option<Vec<Line>> {
        let open = line.leaves.iter().position(|leaf| leaf.text == "(")?;
        let pair = line.leaves.get(open)?.pair;
        let close = line.leaves.iter().rposition(|leaf| leaf.kind == Kind::Close && leaf.pair == pair)?;
        let parts = parts_at(line, open, close)?;
        Some(
            [parts.head, parts.body, parts.tail].into_iter().filter(|part| !part.leaves.is_empty()).collect(),
        )
    }

    fn right_hand_split_with_omits(self, line: &Line, force: bool) -> Option<Vec<Line>> {
        let mut first = None;
        for omit in self.trailers_to_omit(line) {
            let target = line.leaves.iter().rfind(|l| l.kind == Kind::Close && !omit.contains(&l.pair));
            if !omit.is_empty()
                && let Some(target) = target.filter(|close| !close.text.is_empty())
                && let Some(open) =
                    line.leaves.iter().position(|l| l.kind == Kind::Open && l.pair == target.pair)
            {
                let before = line.with(line.leaves.get(..open)?.to_vec());
                if self.columns(&before) > self.limit {
                    continue;
                }
            }
            let lines = self.right_hand_split(line, &omit, force)?;
            if lines.first().is_some_and(|head| self.fits(head)) {
                return Some(lines);
            }
            if omit.is_empty() {
                first = Some(lines);
            }
        }
        first.or_else(|| self.right_hand_split(line, &Omit::new(), force))
    }

    /// `generate_trailers_to_omit`.
    fn trailers_to_omit(self, line: &Line) -> Vec<Omit> {
        let mut all = Vec::new();
        let mut omit = Omit::new();
        if !line.has_magic_comma() {
            all.push(omit.clone());
        }
        let mut length = self.start(line);
        let mut inside: Option<usize> = None;
        let mut closed: Option<usize> = None;
        let mut inner = Vec::new();
        for (index, leaf) in line.leaves.iter().enumerate().rev() {
            length += leaf.text.chars().count() + usize::from(leaf.space);
            if length > self.limit {
                break;
            }
            let before = index.checked_sub(1).and_then(|i| line.leaves.get(i));
            let has_comma = before.is_some_and(|b| b.kind == Kind::Comma) && !line.is_one_tuple(leaf);
            if let Some(pair) = inside {
                if leaf.kind == Kind::Open && leaf.pair == pair {
                    inside = None;
                } else if leaf.kind == Kind::Close {
                    if has_comma {
                        break;
                    }
                    inner.push(leaf.pair);
                }
            } else if leaf.kind == Kind::Close {
                if before.is_some_and(|b| b.kind == Kind::Open) {
                    inner.push(leaf.pair);
                    continue;
                }
                if let Some(pair) = closed {
                    omit.insert(pair);
                    omit.extend(inner.drain(..));
                    all.push(omit.clone());
                }
                if has_comma {
                    break;
                }
                if !leaf.text.is_empty() {
                    inside = Some(leaf.pair);
                    closed = Some(leaf.pair);
                }
            }
        }
        all
    }

    fn right_hand_split(self, line: &Line, omit: &Omit, force: bool) -> Option<Vec<Line>> {
        self.split_omitting_optional_parens(first_right_hand_split(line, omit)?, line, omit, force)
    }

    /// `_maybe_split_omitting_optional_parens`.
    fn split_omitting_optional_parens(
        self,
        mut parts: Parts,
        line: &Line,
        omit: &Omit,
        force: bool,
    ) -> Option<Vec<Line>> {
        let is_optional = parts.opening.text.is_empty() && parts.closing.text.is_empty();
        if !force && is_optional && self.can_omit_invisible_parens(&parts) {
            let mut more = omit.clone();
            more.insert(parts.closing.pair);
            let other = first_right_hand_split(line, &more);
            let is_preferred = other.as_ref().is_none_or(|other| self.prefers(other, &parts));
            if is_preferred {
                let split = other.and_then(|o| self.split_omitting_optional_parens(o, line, &more, force));
                if split.is_some() {
                    return split;
                }
                if line.equals() < 2 && !can_be_split(&parts.body) && !self.fits(&parts.body) {
                    return None;
                }
            }
        }
        if is_optional {
            if let Some(open) = parts.head.leaves.last_mut() {
                open.text = "(".to_owned();
            }
            if let Some(close) = parts.tail.leaves.first_mut() {
                close.text = ")".to_owned();
            }
        }
        Some(
            [parts.head, parts.body, parts.tail].into_iter().filter(|part| !part.leaves.is_empty()).collect(),
        )
    }

    /// `_prefer_split_rhs_oop_over_rhs`.
    fn prefers(self, without: &Parts, parts: &Parts) -> bool {
        let head = &parts.head.leaves;
        let [before @ .., equal, _] = head.as_slice() else { return true };
        let is_bracket = |leaf: &Leaf| matches!(leaf.kind, Kind::Open | Kind::Close);
        if equal.kind != Kind::Equal
            || !before.iter().any(is_bracket)
            || self.columns(&parts.head) + 1 > self.limit
            || parts.head.has_magic_comma()
        {
            return true;
        }
        if parts.head.equals() > 1 && parts.head.equals() > without.head.equals() {
            return false;
        }
        let other = &without.head.leaves;
        let assigned = other.iter().rposition(|leaf| leaf.kind == Kind::Equal);
        let behind = other.iter().skip(assigned.map_or(0, |at| at + 1));
        behind.into_iter().any(|leaf| leaf.kind == Kind::Close)
            || (assigned.is_some() && self.fits(&without.head))
    }

    /// `can_omit_invisible_parens`.
    fn can_omit_invisible_parens(self, parts: &Parts) -> bool {
        let body = &parts.body;
        let Some((highest, count)) = body.delimiters() else { return true };
        if count > 1 || (highest == priority::COMMA && parts.head.is_with()) {
            return false;
        }
        if highest == priority::DOT {
            return true;
        }
        let [first, second, ..] = body.leaves.as_slice() else { return true };
        let starts = first.kind == Kind::Open && second.kind != Kind::Close;
        if starts && self.can_omit_opening_paren(body, first.pair) {
            return true;
        }
        let [.., penultimate, last] = body.leaves.as_slice() else { return false };
        let is_index = last.text == "]" && last.is_trailer;
        last.kind == Kind::Close
            && !is_index
            && penultimate.kind != Kind::Open
            && self.can_omit_closing_paren(body, last.pair)
    }

    fn can_omit_opening_paren(self, line: &Line, pair: usize) -> bool {
        let mut length = self.start(line);
        let mut is_behind = false;
        for leaf in &line.leaves {
            is_behind |= leaf.kind == Kind::Close && leaf.pair == pair;
            if is_behind {
                length += leaf.text.chars().count() + usize::from(leaf.space);
                if length > self.limit {
                    return false;
                }
                // There are brackets to split on.
                is_behind = leaf.kind != Kind::Open;
            }
        }
        true
    }

    fn can_omit_closing_paren(self, line: &Line, pair: usize) -> bool {
        let mut length = self.start(line);
        let mut has_others = false;
        for leaf in &line.leaves {
            length += leaf.text.chars().count() + usize::from(leaf.space);
            if leaf.kind == Kind::Open {
                if leaf.pair == pair {
                    return has_others || length <= self.limit;
                }
                has_others = true;
            }
        }
        false
    }
}

fn can_be_split(line: &Line) -> bool {
    let [first, second, .., last] = line.leaves.as_slice() else { return line.leaves.len() > 1 };
    if first.kind != Kind::Text || second.kind != Kind::Dot {
        return true;
    }
    let (mut calls, mut dots) = (0, 0);
    for leaf in line.leaves.iter().rev().skip(1) {
        match leaf.kind {
            Kind::Open if last.kind != Kind::Close => return false,
            Kind::Open => calls += 1,
            Kind::Dot => dots += 1,
            Kind::Name if last.kind != Kind::Dot && last.kind != Kind::Open => return false,
            Kind::Name | Kind::Close => {}
            _ => return false,
        }
        if dots > 1 && calls > 1 {
            return false;
        }
    }
    true
}

/// `_first_right_hand_split`: at the last pair of brackets that is not to be left out and holds something.
fn first_right_hand_split(line: &Line, omit: &Omit) -> Option<Parts> {
    let mut end = line.leaves.len();
    loop {
        let close =
            line.leaves.get(..end)?.iter().rposition(|l| l.kind == Kind::Close && !omit.contains(&l.pair))?;
        let pair = line.leaves.get(close)?.pair;
        let open = line.leaves.iter().position(|l| l.kind == Kind::Open && l.pair == pair)?;
        if open + 1 < close {
            return parts_at(line, open, close);
        }
        end = open;
    }
}

/// Head, body and tail of a line that is split at a pair of brackets.
fn parts_at(line: &Line, open: usize, close: usize) -> Option<Parts> {
    let (opening, closing) = (line.leaves.get(open)?.clone(), line.leaves.get(close)?.clone());
    let mut body = Line {
        leaves: line.leaves.get(open + 1..close)?.to_vec(),
        depth: line.depth + 1,
        inside: true,
        is_split: false,
    };
    let has_comma = body.leaves.iter().any(|leaf| leaf.kind == Kind::Comma && leaf.level == body.level());
    if line.is_def() && opening.text == "(" && !has_comma {
        add_comma(&mut body);
    }
    // Should the body be split behind its commas at once?
    let ends_in_comma = body.leaves.last().is_some_and(|leaf| leaf.kind == Kind::Comma);
    body.is_split = body.delimiters().is_some_and(|(highest, _)| highest == priority::COMMA)
        && (ends_in_comma || !opening.is_trailer);
    if let Some(first) = body.leaves.first_mut() {
        first.space = false;
    }
    let head = line.with(line.leaves.get(..=open)?.to_vec());
    let tail = line.with(line.leaves.get(close..)?.to_vec());
    Some(Parts { head, body, tail, opening, closing })
}

/// `delimiter_split`: behind each delimiter of the highest priority.
fn delimiter_split(line: &Line) -> Option<Vec<Line>> {
    let (highest, count) = line.delimiters()?;
    if highest == priority::DOT && count == 1 {
        return None;
    }
    let level = line.level();
    let mut lines = Vec::new();
    for leaves in line.leaves.split_inclusive(|leaf| leaf.split == (highest, level)) {
        lines.push(Line { inside: true, ..line.with(leaves.to_vec()) });
    }
    if highest == priority::COMMA
        && let Some(last) = lines.last_mut()
        && last.leaves.last().is_some_and(|leaf| leaf.kind != Kind::Comma)
    {
        add_comma(last);
    }
    Some(lines)
}

fn add_comma(line: &mut Line) {
    if let Some(last) = line.leaves.last().cloned() {
        let level = line.level();
        line.leaves.push(Leaf {
            text: ",".to_owned(),
            kind: Kind::Comma,
            space: false,
            level,
            optional: false,
            split: (priority::COMMA, level),
            ..last
        });
    }
}
