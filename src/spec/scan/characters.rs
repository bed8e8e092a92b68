//! Kinds of characters, after the KDL 2 specification.

/// KDL's line ends. `\r\n` counts as two, which makes no difference here.
pub(in crate::spec) fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

/// KDL's blanks.
pub(in crate::spec) fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Characters that may stand nowhere but in comments.
pub(in crate::spec) fn is_forbidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// Characters of a word that needs no quotes.
pub(in crate::spec) fn is_bare(c: char) -> bool {
    !matches!(c, '\\' | '/' | '(' | ')' | '{' | '}' | '[' | ']' | ';' | '"' | '#' | '=')
        && !is_newline(c)
        && !is_blank(c)
        && !is_forbidden(c)
}
