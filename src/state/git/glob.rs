//! Globs as Git's ignore files have them, over bytes, in time that grows with pattern times text and no faster.

/// A glob. `*` and `?` never match a `/`; `**` between slashes does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    any_case: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// This byte.
    Byte(u8),
    /// `?`: a byte that is no slash.
    One,
    /// `[…]`: a byte that is no slash and in these ranges, or in none of them.
    Set { ranges: Vec<(u8, u8)>, negated: bool },
    /// `*`: any bytes that are no slashes.
    Part,
    /// `**`: any bytes.
    All,
    /// `**/`, first half: leads on to [`Token::Folders`], or past it.
    Maybe,
    /// `**/`, second half: any bytes, the last of them a slash.
    Folders,
}

impl Glob {
    /// Reads one; `None` for one that never matches, such as a `[` without its end.
    pub(super) fn new(pattern: &[u8], any_case: bool) -> Option<Self> {
        Self::read(pattern, 0, any_case)
    }

    /// As [`Glob::new`], for the path of an ignore rule. There Git compares what stands before the first special character
    /// by itself and takes the rest for a whole glob, so that stars which follow it stand at a start.
    pub(super) fn of_rule(pattern: &[u8], any_case: bool) -> Option<Self> {
        let plain = pattern.iter().position(|byte| b"*?[\\".contains(byte)).unwrap_or_default();
        Self::read(pattern, plain, any_case)
    }

    fn read(pattern: &[u8], start: usize, any_case: bool) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(byte) = pattern.get(at) {
            match byte {
                b'\\' => {
                    tokens.push(Token::Byte(*pattern.get(at + 1)?));
                    at += 2;
                }
                b'?' => {
                    tokens.push(Token::One);
                    at += 1;
                }
                b'[' => {
                    let (set, length) = set(pattern.get(at..)?)?;
                    tokens.push(set);
                    at += length;
                }
                b'*' => at += stars(pattern, at, at == start, &mut tokens),
                byte => {
                    tokens.push(Token::Byte(*byte));
                    at += 1;
                }
            }
        }
        Some(Self { tokens, any_case })
    }

    /// Whether it matches all of a text.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        // Which tokens may be next; the one past the last means that all is matched.
        let mut now = vec![false; self.tokens.len() + 1];
        self.enter(0, &mut now);
        for byte in text {
            let mut next = vec![false; self.tokens.len() + 1];
            let mut alive = false;
            for (i, token) in self.tokens.iter().enumerate().filter(|(i, _)| now[*i]) {
                let (stays, passes) = self.take(token, *byte);
                if stays {
                    self.enter(i, &mut next);
                }
                if passes {
                    self.enter(i + 1, &mut next);
                }
                alive |= stays || passes;
            }
            if !alive {
                return false;
            }
            now = next;
        }
        now.last().is_some_and(|done| *done)
    }

    /// Marks a token, and those behind it that may be reached without a byte.
    fn enter(&self, mut at: usize, open: &mut [bool]) {
        while let Some(slot) = open.get_mut(at) {
            *slot = true;
            match self.tokens.get(at) {
                Some(Token::Part | Token::All) => at += 1,
                Some(Token::Maybe) => {
                    self.enter(at + 1, open);
                    at += 2;
                }
                _ => return,
            }
        }
    }

    /// Whether a byte may be taken by a token that then goes on, and by one that is then done.
    fn take(&self, token: &Token, byte: u8) -> (bool, bool) {
        match token {
            Token::Byte(wanted) => {
                (false, *wanted == byte || self.any_case && wanted.eq_ignore_ascii_case(&byte))
            }
            Token::One => (false, byte != b'/'),
            Token::Set { ranges, negated } => {
                let holds = |byte: u8| ranges.iter().any(|(from, to)| (*from..=*to).contains(&byte));
                let found = holds(byte)
                    || self.any_case
                        && (holds(byte.to_ascii_lowercase()) || holds(byte.to_ascii_uppercase()));
                (false, byte != b'/' && found != *negated)
            }
            Token::Part => (byte != b'/', false),
            Token::All => (true, false),
            Token::Maybe => (false, false),
            Token::Folders => (true, byte == b'/'),
        }
    }
}

/// Reads stars; how many bytes they take, with the slash that belongs to `**/`.
fn stars(pattern: &[u8], at: usize, is_start: bool, tokens: &mut Vec<Token>) -> usize {
    let rest = pattern.get(at..).unwrap_or_default();
    let count = rest.iter().take_while(|byte| **byte == b'*').count();
    let after = rest.get(count..).unwrap_or_default();
    let starts = is_start || at == 0 || pattern.get(at - 1) == Some(&b'/');
    if count == 1 || !starts {
        tokens.push(Token::Part);
    } else if after.first() == Some(&b'/') {
        tokens.extend([Token::Maybe, Token::Folders]);
        return count + 1;
    } else if after.is_empty() || after.starts_with(b"\\/") {
        tokens.push(Token::All);
    } else {
        tokens.push(Token::Part);
    }
    count
}

/// Reads `[…]` at the start of a text, and says how long it is.
fn set(text: &[u8]) -> Option<(Token, usize)> {
    let mut at = 1;
    let negated = matches!(text.get(at)?, b'!' | b'^');
    at += usize::from(negated);
    let mut ranges = Vec::new();
    let mut before = None;
    let first = at;
    loop {
        let byte = *text.get(at)?;
        if byte == b']' && at > first {
            return Some((Token::Set { ranges, negated }, at + 1));
        }
        if byte == b'-'
            && let Some(from) = before
            && text.get(at + 1).is_some_and(|next| *next != b']')
        {
            let (to, length) = plain(text.get(at + 1..)?)?;
            ranges.push((from, to));
            at += 1 + length;
            before = None;
        } else if let Some((class, length)) = class(text.get(at..)?)? {
            ranges.extend_from_slice(class);
            at += length;
            before = None;
        } else {
            let (byte, length) = plain(text.get(at..)?)?;
            ranges.push((byte, byte));
            at += length;
            before = Some(byte);
        }
    }
}

/// A byte of a set, perhaps behind a backslash.
fn plain(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', byte, ..] => Some((*byte, 2)),
        [b'\\'] | [] => None,
        [byte, ..] => Some((*byte, 1)),
    }
}

/// Bytes from one to another, the last one too.
type Ranges = &'static [(u8, u8)];

/// `[:alpha:]` and the like with its length, if one stands here; nothing at all for a class that nobody knows.
fn class(text: &[u8]) -> Option<Option<(Ranges, usize)>> {
    let Some(inner) = text.strip_prefix(b"[:") else { return Some(None) };
    let end = inner.iter().position(|byte| *byte == b']')?;
    let Some(name) = inner.get(..end).and_then(|inner| inner.strip_suffix(b":")) else { return Some(None) };
    let ranges: Ranges = match name {
        b"alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        b"alpha" => &[(b'A', b'Z'), (b'a', b'z')],
        b"blank" => &[(b' ', b' '), (b'\t', b'\t')],
        b"cntrl" => &[(0, 31), (127, 127)],
        b"digit" => &[(b'0', b'9')],
        b"graph" => &[(33, 126)],
        b"lower" => &[(b'a', b'z')],
        b"print" => &[(32, 126)],
        b"punct" => &[(33, 47), (58, 64), (91, 96), (123, 126)],
        b"space" => &[(9, 13), (b' ', b' ')],
        b"upper" => &[(b'A', b'Z')],
        b"xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return None,
    };
    Some(Some((ranges, end + 3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern.as_bytes(), false).is_some_and(|glob| glob.matches(text.as_bytes()))
    }

    #[test]
    fn globs_match_as_git_says() {
        for (pattern, yes, no) in [
            ("a", &["a"][..], &["", "b", "aa", "A"][..]),
            ("*.crt", &[".crt", "a.crt"], &["a/b.crt", "a.crt.x"]),
            ("a?c", &["abc"], &["ac", "a/c"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/xb", "ab", "a/b/c"]),
            ("**/b", &["b", "a/b", "a/x/b"], &["ab", "b/c"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "ab"]),
            ("**", &["a", "a/b"], &[]),
            ("a**b", &["ab", "axb"], &["a/b"]),
            ("a/*/b", &["a/x/b"], &["a/b", "a/x/y/b"]),
            ("a/b*/**/c", &["a/b/c", "a/bx/y/c"], &["a/c"]),
            ("[a-c]x", &["ax", "cx"], &["dx", "-x"]),
            ("[!a-c]x", &["dx"], &["ax", "/x"]),
            ("[]x]", &["]", "x"], &["[]x]"]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[[:digit:]a]", &["7", "a"], &["b", ":"]),
            ("[\\]]", &["]"], &["\\"]),
            ("\\*", &["*"], &["a", "\\*"]),
            ("{a,b}", &["{a,b}"], &["a", "b"]),
        ] {
            for text in yes {
                assert!(matches(pattern, text), "{pattern} and {text}");
            }
            for text in no {
                assert!(!matches(pattern, text), "{pattern} and {text}");
            }
        }
        for never in ["[a", "a\\", "[[:nonsense:]]", "[", "[!"] {
            assert_eq!(Glob::new(never.as_bytes(), false), None, "{never}");
        }
        let rule = Glob::of_rule(b"a/b**/c", false).unwrap();
        assert!(rule.matches(b"a/bx/y/c") && rule.matches(b"a/bc") && !matches("a/b**/c", "a/bc"));
        let folded = Glob::new(b"A[b-c]?", true).unwrap();
        assert!(folded.matches(b"aBx") && folded.matches(b"acX") && !folded.matches(b"adx"));
    }

    #[test]
    fn a_nasty_pattern_takes_no_longer_than_another() {
        let pattern = "*a".repeat(100);
        let text = "a".repeat(2000);
        assert!(matches(&format!("{pattern}*"), &text) && !matches(&format!("{pattern}b"), &text));
    }
}
