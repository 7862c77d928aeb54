//! Decides, without recursion, whether a text is safe to hand to the recursive parser.
//!
//! A line of 50,000 `.b` is a small file and a tree 50,000 levels deep: dropping that tree overflows any stack.
//! The lexer is a loop, so it can count what would nest before anything does. This is an upper estimate of the
//! tree's depth, not a grammar.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

/// Larger files are not read.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
/// Brackets inside brackets.
const MAX_BRACKETS: usize = 150;
/// Links of a chain (`a.b`, `a + b`, `f()()`, `not not a`), over all the brackets that are open.
const MAX_CHAIN: usize = 1000;
/// Blocks inside blocks; CPython itself stops at 100.
const MAX_BLOCKS: usize = 100;

/// What a text has too much of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooComplex {
    /// The thing, in words, with the bound.
    pub(crate) what: String,
    /// Line, from 1, where the bound is passed.
    pub(crate) line: u32,
}

/// One open bracket's count of links since the last comma, and of the lambdas that a comma does not end.
#[derive(Default)]
struct Level {
    links: usize,
    lambdas: usize,
}

/// Refuses a text whose tree would be too deep.
pub(crate) fn check_complexity(text: &str) -> Result<(), TooComplex> {
    // A tree that deep needs more bytes than that.
    if text.len() < MAX_BLOCKS {
        return Ok(());
    }
    let mut lexer = lex(text, Mode::Module);
    let mut levels = vec![Level::default()];
    let mut total = 0usize;
    let mut blocks = 0usize;
    let mut line = 1u32;
    let too = |what: &str, bound: usize, line: u32| {
        Err(TooComplex { what: format!("more than {bound} {what}"), line })
    };
    loop {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile => return Ok(()),
            TokenKind::Newline | TokenKind::Semi => {
                if kind == TokenKind::Newline {
                    line += 1;
                }
                levels.truncate(1);
                levels[0] = Level::default();
                total = 0;
            }
            TokenKind::NonLogicalNewline => line += 1,
            TokenKind::Indent => {
                blocks += 1;
                if blocks > MAX_BLOCKS {
                    return too("blocks inside each other", MAX_BLOCKS, line);
                }
            }
            TokenKind::Dedent => blocks = blocks.saturating_sub(1),
            TokenKind::Comma => {
                if let Some(level) = levels.last_mut() {
                    total -= level.links - level.lambdas;
                    level.links = level.lambdas;
                }
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                if let Some(level) = levels.last_mut() {
                    level.links += 1;
                    total += 1;
                }
                levels.push(Level::default());
                if levels.len() > MAX_BRACKETS {
                    return too("brackets inside each other", MAX_BRACKETS, line);
                }
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if levels.len() > 1
                    && let Some(level) = levels.pop()
                {
                    total -= level.links;
                }
            }
            _ if starts_statement(kind) => {
                // Such a word ends any expression: an unclosed bracket is a syntax error, not a deep tree.
                levels.truncate(1);
                levels[0] = Level::default();
                total = 0;
            }
            _ if links(kind) => {
                if let Some(level) = levels.last_mut() {
                    level.links += 1;
                    level.lambdas += usize::from(kind == TokenKind::Lambda);
                    total += 1;
                }
            }
            _ => {}
        }
        if total > MAX_CHAIN {
            return too("links in one chain of operators, attributes or calls", MAX_CHAIN, line);
        }
    }
}

/// Tokens that make a tree one level deeper without a bracket.
fn links(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Dot
            | TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::Slash
            | TokenKind::DoubleSlash
            | TokenKind::DoubleStar
            | TokenKind::Percent
            | TokenKind::At
            | TokenKind::Vbar
            | TokenKind::Amper
            | TokenKind::CircumFlex
            | TokenKind::Tilde
            | TokenKind::LeftShift
            | TokenKind::RightShift
            | TokenKind::Not
            | TokenKind::Await
            | TokenKind::Lambda
            | TokenKind::If
            | TokenKind::Else
            | TokenKind::Yield
            | TokenKind::ColonEqual
    )
}

/// Keywords that no expression contains.
fn starts_statement(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Class
            | TokenKind::Def
            | TokenKind::Import
            | TokenKind::Return
            | TokenKind::Raise
            | TokenKind::While
            | TokenKind::With
            | TokenKind::Try
            | TokenKind::Del
            | TokenKind::Pass
            | TokenKind::Global
            | TokenKind::Assert
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        check_complexity(text).is_err()
    }

    #[test]
    fn deep_texts_are_refused() {
        let n = 50_000;
        for text in [
            format!("x = a{}", ".b".repeat(n)),
            format!("x = {}", "(".repeat(n)),
            format!("x = {}1{}", "[".repeat(n), "]".repeat(n)),
            format!("x = 1{}", " + 1".repeat(n)),
            format!("x = {}1", "not ".repeat(n)),
            format!("x = {}1", "-".repeat(n)),
            format!("x = {}1", "lambda a, b: ".repeat(n)),
            format!("x = {}0", "a if b else ".repeat(n)),
            format!("x = f{}", "()".repeat(n)),
            format!("x = f{}", "[0]".repeat(n)),
            format!("x = f\"{{{}}}\"", "(".repeat(n)),
            format!("x = (\n{}\n)", "a.\n".repeat(n)),
            (0..2000).map(|i| format!("{}if a:\n", " ".repeat(i))).collect(),
        ] {
            assert!(refused(&text), "{}", &text[..40.min(text.len())]);
        }
    }

    #[test]
    fn large_flat_texts_are_not() {
        for text in [
            format!("x = [{}]", "a.b.c(1), ".repeat(20_000)),
            format!("x = {{{}}}", "'a': b.c + 1, ".repeat(20_000)),
            "x = a.b.c\n".repeat(20_000),
            format!("\"\"\"{}\"\"\"", "(".repeat(20_000)),
            format!("# {}\nx = 1\n", "(".repeat(20_000)),
            format!("x = (\n{}", "class A:\n    x = a.b\n".repeat(5_000)),
            format!("if a:\n    pass\n{}", "elif a:\n    pass\n".repeat(5_000)),
        ] {
            assert_eq!(check_complexity(&text), Ok(()), "{}", &text[..40]);
        }
    }

    #[test]
    fn the_line_is_named() {
        let text = format!("a = 1\nb = 2\nx = a{}\n", ".b".repeat(2000));
        assert_eq!(check_complexity(&text).unwrap_err().line, 3);
    }
}
