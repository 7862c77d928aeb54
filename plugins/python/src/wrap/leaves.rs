//! A logical line as leaves: its tokens, the parentheses that may be put around parts of it, and where it could be split.

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use crate::guard::check_complexity;

/// How much a place to split counts, as black has it: the highest of a line is taken first.
pub(super) mod priority {
    pub(crate) const COMPREHENSION: u8 = 20;
    pub(crate) const COMMA: u8 = 18;
    pub(crate) const TERNARY: u8 = 16;
    pub(crate) const LOGIC: u8 = 14;
    pub(crate) const STRING: u8 = 12;
    pub(crate) const COMPARATOR: u8 = 10;
    pub(crate) const DOT: u8 = 1;
}

/// What a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Comma,
    Equal,
    Dot,
    Name,
    Text,
    Other,
}

/// A token of a line.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// What it is written as; empty for parentheses that are not there yet.
    pub(super) text: String,
    pub(super) kind: Kind,
    /// Whether a space stands before it.
    pub(super) space: bool,
    /// How many brackets are open around it; brackets stand outside of themselves.
    pub(super) level: usize,
    /// The number that an opening bracket and its closing one share.
    pub(super) pair: usize,
    /// Whether a bracket is that of a call, an index or a definition, and no expression of its own.
    pub(super) is_trailer: bool,
    /// Whether it is a parenthesis that only stands there if the line is split at it.
    pub(super) optional: bool,
    /// The priority of a split behind it, and the level where that counts; 0 for no place to split.
    pub(super) split: (u8, usize),
}

/// A token before it is known what stands around it.
struct Token<'c> {
    kind: TokenKind,
    start: usize,
    text: &'c str,
    space: bool,
}

/// The leaves of a logical line; `None` for one that is left alone: with comments, backslashes, several statements, or
/// strings of several lines in it.
pub(super) fn leaves(code: &str, parenthesized_with: bool) -> Option<Vec<Leaf>> {
    let tokens = tokens(code)?;
    let mut leaves = Vec::new();
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut pairs = 0;
    for (index, token) in tokens.iter().enumerate() {
        let mut leaf = Leaf {
            text: token.text.to_owned(),
            kind: Kind::Other,
            space: token.space,
            level: open.len(),
            pair: 0,
            is_trailer: false,
            optional: false,
            split: (0, 0),
        };
        match token.kind {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                leaf.kind = Kind::Open;
                leaf.pair = pairs;
                let before = index.checked_sub(1).and_then(|i| tokens.get(i));
                leaf.is_trailer = before.is_some_and(is_operand) && token.kind != TokenKind::Lbrace;
                open.push((pairs, leaf.is_trailer));
                pairs += 1;
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                let (pair, is_trailer) = open.pop()?;
                leaf.kind = Kind::Close;
                (leaf.level, leaf.pair, leaf.is_trailer) = (open.len(), pair, is_trailer);
            }
            TokenKind::Comma => leaf.kind = Kind::Comma,
            TokenKind::Equal => leaf.kind = Kind::Equal,
            TokenKind::Dot => leaf.kind = Kind::Dot,
            TokenKind::String => leaf.kind = Kind::Text,
            kind if kind == TokenKind::Name || kind.is_soft_keyword() => leaf.kind = Kind::Name,
            _ => {}
        }
        leaves.push(leaf);
    }
    if !open.is_empty() {
        return None;
    }
    mark_splits(&tokens, &mut leaves);
    optional_parentheses(&mut leaves, pairs, parenthesized_with);
    Some(leaves)
}

fn tokens(code: &str) -> Option<Vec<Token<'_>>> {
    check_complexity(code).ok()?;
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut end = 0;
    // A formatted string is one token here, with all that it holds.
    let mut formatted = 0_usize;
    for token in parse_unchecked_source(code, PySourceType::Python).tokens().iter() {
        let (kind, range) = (token.kind(), token.range().to_std_range());
        match kind {
            TokenKind::Comment | TokenKind::Semi | TokenKind::Unknown | TokenKind::Indent => return None,
            TokenKind::NonLogicalNewline => continue,
            TokenKind::EndOfFile => break,
            TokenKind::Newline | TokenKind::Dedent if range.end >= code.trim_end().len() => continue,
            TokenKind::Newline => return None,
            _ => {}
        }
        let gap = code.get(end..range.start)?;
        if gap.contains('\\') {
            return None;
        }
        end = range.end;
        let start = range.start;
        let text = code.get(range)?;
        let begins = matches!(kind, TokenKind::FStringStart | TokenKind::TStringStart);
        let ends = kind.is_interpolated_string_end();
        if formatted > 0 {
            formatted = if begins { formatted + 1 } else { formatted - usize::from(ends) };
            let last = found.last_mut()?;
            last.text = code.get(last.start..end)?;
            if last.text.contains('\n') {
                return None;
            }
            continue;
        }
        formatted = usize::from(begins);
        if text.contains('\n') {
            return None;
        }
        let after_open = found
            .last()
            .is_some_and(|last| matches!(last.kind, TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace));
        let is_tight = matches!(
            kind,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::Comma | TokenKind::Dot
        );
        let space = match gap.contains('\n') {
            true => !after_open && !is_tight,
            false => !gap.is_empty(),
        };
        let kind = if begins { TokenKind::String } else { kind };
        found.push(Token { kind, start, text, space: space && !found.is_empty() });
    }
    (!found.is_empty()).then_some(found)
}

/// Whether a bracket behind the token is one of a call or an index, and `-` no sign.
fn is_operand(token: &Token<'_>) -> bool {
    use TokenKind as T;
    matches!(
        token.kind,
        T::Name | T::Int | T::Float | T::Complex | T::String | T::Rpar | T::Rsqb | T::Rbrace | T::Ellipsis
    ) || token.kind.is_singleton()
        || token.kind.is_soft_keyword()
}

/// Where the line could be split.
fn mark_splits(tokens: &[Token<'_>], leaves: &mut [Leaf]) {
    // The targets of a comprehension and the parameters of a lambda are one level deeper.
    let mut inner: Vec<(TokenKind, usize)> = Vec::new();
    let mut comprehensions: Vec<usize> = Vec::new();
    for index in 0..tokens.len() {
        let Some(level) = leaves.get(index).map(|leaf| leaf.level) else { return };
        let kind = tokens[index].kind;
        let previous = index.checked_sub(1).map(|i| &tokens[i]);
        let was = previous.map(|token| token.kind);
        comprehensions.retain(|at| *at <= level);
        let ends = |opened: TokenKind| match opened {
            TokenKind::For => kind == TokenKind::In,
            _ => kind == TokenKind::Colon,
        };
        if inner.last().is_some_and(|(opened, at)| *at == level && ends(*opened)) {
            inner.pop();
            if kind == TokenKind::In {
                continue;
            }
        }
        let hidden = inner.iter().any(|(_, at)| *at == level);
        let in_comprehension = comprehensions.contains(&level);
        let before = match kind {
            TokenKind::Dot if matches!(was, Some(TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace)) => {
                priority::DOT
            }
            TokenKind::String if was == Some(TokenKind::String) => priority::STRING,
            TokenKind::For if level > 0 && was != Some(TokenKind::Async) => priority::COMPREHENSION,
            TokenKind::Async if level > 0 => priority::COMPREHENSION,
            TokenKind::If if in_comprehension => priority::COMPREHENSION,
            TokenKind::If | TokenKind::Else if index > 0 => priority::TERNARY,
            TokenKind::And | TokenKind::Or => priority::LOGIC,
            TokenKind::Is | TokenKind::Less | TokenKind::Greater | TokenKind::EqEqual => priority::COMPARATOR,
            TokenKind::NotEqual | TokenKind::LessEqual | TokenKind::GreaterEqual => priority::COMPARATOR,
            TokenKind::In if was != Some(TokenKind::Not) && !is_statement_for(tokens, level) => {
                priority::COMPARATOR
            }
            TokenKind::Not if tokens.get(index + 1).is_some_and(|t| t.kind == TokenKind::In) => {
                priority::COMPARATOR
            }
            operator if previous.is_some_and(is_operand) => arithmetic(operator),
            _ => 0,
        };
        if !hidden
            && before > 0
            && let Some(leaf) = index.checked_sub(1).and_then(|i| leaves.get_mut(i))
        {
            leaf.split = leaf.split.max((before, level));
        }
        if kind == TokenKind::Comma
            && !hidden
            && let Some(leaf) = leaves.get_mut(index)
        {
            leaf.split = (priority::COMMA, level);
        }
        match kind {
            TokenKind::For if level > 0 => {
                inner.push((kind, level));
                comprehensions.push(level);
            }
            TokenKind::Lambda => inner.push((kind, level)),
            // What is between other brackets is no part of a comprehension before them.
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                comprehensions.retain(|at| *at <= level);
            }
            _ => {}
        }
    }
}

/// Whether `in` at this level is that of a `for` statement.
fn is_statement_for(tokens: &[Token<'_>], level: usize) -> bool {
    let is_for = |token: &Token<'_>| token.kind == TokenKind::For;
    level == 0 && tokens.iter().take(2).any(is_for)
}

fn arithmetic(operator: TokenKind) -> u8 {
    match operator {
        TokenKind::Vbar => 9,
        TokenKind::CircumFlex => 8,
        TokenKind::Amper => 7,
        TokenKind::LeftShift | TokenKind::RightShift => 6,
        TokenKind::Plus | TokenKind::Minus => 5,
        TokenKind::Star | TokenKind::Slash | TokenKind::DoubleSlash | TokenKind::Percent | TokenKind::At => 4,
        TokenKind::DoubleStar => 2,
        _ => 0,
    }
}

/// Puts optional parentheses around what a statement works with, and around `a if b else c`.
fn optional_parentheses(leaves: &mut Vec<Leaf>, mut pairs: usize, parenthesized_with: bool) {
    let mut around = conditionals(leaves);
    around.extend(parts(leaves, parenthesized_with));
    // From the right, so that what is still to do stays where it is.
    around.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
    let mut done: Vec<(usize, usize)> = Vec::new();
    for (start, end) in around {
        // Those inside, which were put in before, moved the end.
        let moved = 2 * done.iter().filter(|(s, e)| *s >= start && *e <= end).count();
        if enclose(leaves, start, end + moved, pairs) {
            done.push((start, end));
            pairs += 1;
        }
    }
}

/// Makes the leaves from `start` up to `end` stand in optional parentheses: those that are there, if they are all that
/// stands there and no more than parentheses, else new ones. Says whether there are new ones.
fn enclose(leaves: &mut Vec<Leaf>, start: usize, end: usize, pair: usize) -> bool {
    let Some(part) = leaves.get_mut(start..end) else { return false };
    let [first, .., last] = &*part else {
        return part.first().cloned().is_some_and(|only| put_around(leaves, start, end, pair, &only, &only));
    };
    let (first, last) = (first.clone(), last.clone());
    let is_enclosed = first.kind == Kind::Open && first.pair == last.pair && last.kind == Kind::Close;
    if !is_enclosed || first.text != "(" {
        return put_around(leaves, start, end, pair, &first, &last);
    }
    if let [open, inside @ .., close] = part
        && !inside.is_empty()
        && !inside.iter().any(|leaf| needs_parentheses(leaf, first.level + 1))
    {
        for bracket in [&mut *open, close] {
            bracket.text.clear();
            bracket.optional = true;
        }
        // `return(a)`: without the parenthesis there must be a space.
        open.space |= start > 0;
        if let Some(leaf) = inside.first_mut() {
            leaf.space = false;
        }
    }
    false
}

/// Whether what is around the leaf makes it what it is: a tuple, a generator.
fn needs_parentheses(leaf: &Leaf, level: usize) -> bool {
    let (priority, at) = leaf.split;
    (priority >= priority::COMMA && at == level) || leaf.text == ":=" || leaf.text == "yield"
}

fn put_around(
    leaves: &mut Vec<Leaf>,
    start: usize,
    end: usize,
    pair: usize,
    first: &Leaf,
    last: &Leaf,
) -> bool {
    let bracket = |kind, space, split| Leaf {
        text: String::new(),
        kind,
        space,
        level: first.level,
        pair,
        is_trailer: false,
        optional: true,
        split,
    };
    for leaf in leaves.iter_mut().take(end).skip(start) {
        leaf.level += 1;
        leaf.split.1 += 1;
    }
    if let Some(leaf) = leaves.get_mut(start) {
        leaf.space = false;
    }
    // A split behind the last leaf is one behind the parenthesis.
    if let Some(leaf) = leaves.get_mut(end - 1) {
        leaf.split = (0, 0);
    }
    leaves.insert(end, bracket(Kind::Close, false, last.split));
    leaves.insert(start, bracket(Kind::Open, first.space, (0, 0)));
    true
}

/// The expressions of a statement: what is assigned, returned, asked for, gone through, asserted.
fn parts(leaves: &[Leaf], parenthesized_with: bool) -> Vec<(usize, usize)> {
    let Some(first) = leaves.first() else { return Vec::new() };
    let outer = |index: usize, text: &str| leaves[index].level == 0 && leaves[index].text == text;
    let places = |text: &str| (0..leaves.len()).filter(|i| outer(*i, text)).collect::<Vec<_>>();
    let end = leaves.len();
    let colon = places(":").last().copied().unwrap_or(end);
    let found = match first.text.as_str() {
        "return" | "del" => vec![(1, end)],
        "if" | "elif" | "while" => vec![(1, colon)],
        "assert" => match places(",").as_slice() {
            [comma, ..] => vec![(1, *comma), (comma + 1, end)],
            [] => vec![(1, end)],
        },
        "with" if parenthesized_with => vec![(1, colon)],
        "for" | "async" => places("in").first().map(|at| (at + 1, colon)).into_iter().collect(),
        "def" | "class" | "with" | "@" | "import" | "from" | "raise" | "lambda" => Vec::new(),
        _ => {
            let is_assignment = |i: &usize| {
                leaves[*i].level == 0 && leaves[*i].text.ends_with('=') && !is_comparison(&leaves[*i].text)
            };
            let signs: Vec<usize> = (0..end).filter(is_assignment).collect();
            let ends = signs.iter().skip(1).copied().chain([end]);
            signs.iter().map(|at| at + 1).zip(ends).collect()
        }
    };
    found.into_iter().filter(|(start, end)| start < end).collect()
}

fn is_comparison(text: &str) -> bool {
    matches!(text, "==" | "!=" | "<=" | ">=" | ":=")
}

/// Where `a if b else c` stands, without parentheses of its own.
fn conditionals(leaves: &[Leaf]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (index, leaf) in leaves.iter().enumerate() {
        let is_place = index > 0 && leaf.text == "if" && leaves[index - 1].split.0 == priority::TERNARY;
        if !is_place || leaf.level == 0 || found.iter().any(|(start, end)| *start <= index && index < *end) {
            continue;
        }
        let level = leaf.level;
        // A star is a bound where it unpacks, which nothing stands before.
        let unpacks = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| leaves.get(before));
            before.is_none_or(|leaf| matches!(leaf.kind, Kind::Open | Kind::Comma))
        };
        let ends = |at: usize| {
            let leaf = &leaves[at];
            leaf.level < level
                || (leaf.level == level
                    && match leaf.text.as_str() {
                        "*" | "**" => unpacks(at),
                        ":" | ":=" | "for" => true,
                        _ => matches!(leaf.kind, Kind::Comma | Kind::Equal),
                    })
        };
        let start = (0..index).rev().find(|at| ends(*at)).map_or(0, |at| at + 1);
        let after = (index..leaves.len()).find(|at| ends(*at)).unwrap_or(leaves.len());
        let is_enclosed = start > 0 && leaves[start - 1].text == "(" && leaves[start - 1].kind == Kind::Open;
        if !is_enclosed && start < index {
            found.push((start, after));
        }
    }
    found
}
