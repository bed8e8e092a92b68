//! Go's regular expression syntax, RE2, written out for the `regex` crate.
//!
//! Every literal is written as a number and every class as its ASCII members, so that nothing is left that both engines
//! read differently. What can't be written so is refused.

use std::iter::Peekable;
use std::str::Chars;

type Translated<T> = Result<T, &'static str>;

pub(super) const MOST_REPEATS: u32 = 1000;
const DIGIT: &str = "0-9";
const SPACE: &str = r"\t\n\x0C\r ";
const WORD: &str = "0-9A-Za-z_";
const CUT_SHORT: &str = "ends in the middle of an escape or group";
const UNKNOWN_ESCAPE: &str = "has an escape that Go's RE2 does not know";
const UNSHARED_CLASS: &str = "names a character class that Go and this tool don't share";
const STACKED: &str = "repeats a repetition, which Go refuses";
pub(super) const TOO_OFTEN: &str = "repeats more than a thousand times, which Go refuses";
const LOOK_AROUND: &str = "looks ahead or behind, which Go's RE2 can't";

/// Unicode categories and scripts that are the same in both engines, by Go's exact names.
const CLASSES: [&str; 45] = [
    "L",
    "Ll",
    "Lm",
    "Lo",
    "Lt",
    "Lu",
    "M",
    "Mc",
    "Me",
    "Mn",
    "N",
    "Nd",
    "Nl",
    "No",
    "P",
    "Pc",
    "Pd",
    "Pe",
    "Pf",
    "Pi",
    "Po",
    "Ps",
    "S",
    "Sc",
    "Sk",
    "Sm",
    "So",
    "Z",
    "Zl",
    "Zp",
    "Zs",
    "Cc",
    "Cf",
    "Co",
    "Arabic",
    "Cyrillic",
    "Devanagari",
    "Greek",
    "Han",
    "Hangul",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Latin",
    "Thai",
];

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Reads a pattern by Go's rules and writes it by those of the `regex` crate.
pub(super) struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    /// The last thing written was a repetition.
    repeated: bool,
}

impl<'a> Translator<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.chars().peekable(), out: String::new(), repeated: false }
    }

    /// The translated pattern, or what is wrong with it.
    pub(super) fn run(mut self) -> Translated<String> {
        while let Some(c) = self.rest.next() {
            let repeated = std::mem::take(&mut self.repeated);
            match c {
                '*' | '+' | '?' => self.repetition(&c.to_string(), repeated)?,
                '{' => match self.counted()? {
                    Some(count) => self.repetition(&count, repeated)?,
                    None => self.literal('{'),
                },
                '(' => self.group()?,
                '[' => self.class()?,
                '\\' => self.escape()?,
                ')' | '|' | '.' | '^' | '$' => self.out.push(c),
                _ => self.literal(c),
            }
        }
        Ok(self.out)
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
    }

    fn repetition(&mut self, text: &str, repeated: bool) -> Translated<()> {
        if repeated {
            return Err(STACKED);
        }
        self.out.push_str(text);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        self.repeated = true;
        Ok(())
    }

    /// `{2}`, `{2,}` or `{2,3}`, after its `{`; nothing, and nothing read, if it is another text.
    fn counted(&mut self) -> Translated<Option<String>> {
        let mut ahead = self.rest.clone();
        let Some(inside) = until(&mut ahead, '}') else { return Ok(None) };
        let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
        if least.is_empty() || !is_count(least) || !is_count(most) {
            return Ok(None);
        }
        let fits = |text: &str| text.is_empty() || text.parse().is_ok_and(|n: u32| n <= MOST_REPEATS);
        if !fits(least) || !fits(most) {
            return Err(TOO_OFTEN);
        }
        self.rest = ahead;
        Ok(Some(format!("{{{inside}}}")))
    }

    fn group(&mut self) -> Translated<()> {
        if self.rest.next_if_eq(&'?').is_none() {
            self.out.push('(');
            return Ok(());
        }
        let head: String = self.rest.clone().take_while(|c| !matches!(c, ')' | ':' | '>')).collect();
        let close = self.rest.clone().nth(head.chars().count()).ok_or(CUT_SHORT)?;
        if head.starts_with(['=', '!']) || head.starts_with("<=") || head.starts_with("<!") {
            return Err(LOOK_AROUND);
        }
        let name = head.strip_prefix("P<").or_else(|| head.strip_prefix('<'));
        match (name, close) {
            (Some(name), '>') if is_group_name(name) => self.out.push_str(&format!("(?P<{name}>")),
            (None, ')' | ':') if are_flags(&head) => self.out.push_str(&format!("(?{head}{close}")),
            _ => return Err("has a group that Go and this tool don't share"),
        }
        self.rest.by_ref().take(head.chars().count() + 1).for_each(drop);
        Ok(())
    }

    fn escape(&mut self) -> Translated<()> {
        match self.rest.next().ok_or(CUT_SHORT)? {
            'A' => self.out.push_str(r"\A"),
            'z' => self.out.push_str(r"\z"),
            'b' => self.out.push_str(r"(?-u:\b)"),
            'B' => return Err(r"has a `\B`, which Go and this tool read differently"),
            'Q' => self.quoted(),
            c => match self.escaped_class(c)? {
                Some(class) => self.out.push_str(&class),
                None => {
                    let c = self.escaped_char(c)?;
                    self.literal(c);
                }
            },
        }
        Ok(())
    }

    /// A bracketed class, after its `[`.
    fn class(&mut self) -> Translated<()> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or("has a class without its `]`")?;
            if c == ']' && !first {
                self.out.push(']');
                return Ok(());
            }
            first = false;
            if let Some(class) = self.whole_class(c)? {
                self.out.push_str(&class);
                continue;
            }
            let low = self.class_char(c)?;
            let mut ahead = self.rest.clone();
            let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
            push_literal(&mut self.out, low);
            if is_range {
                self.rest.next();
                let c = self.rest.next().ok_or(CUT_SHORT)?;
                let high = self.class_char(c)?;
                self.out.push('-');
                push_literal(&mut self.out, high);
            }
        }
    }

    /// `[:alpha:]`, `\d` or `\p{Greek}` inside a class; nothing, and nothing more read, for a single character.
    fn whole_class(&mut self, c: char) -> Translated<Option<String>> {
        if c == '\\' {
            let Some(next) = self.rest.peek().copied() else { return Err(CUT_SHORT) };
            let class = matches!(next, 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P');
            return if class {
                self.rest.next().map_or(Ok(None), |next| self.escaped_class(next))
            } else {
                Ok(None)
            };
        }
        let rest: String = if c == '[' { self.rest.clone().collect() } else { return Ok(None) };
        let Some((inside, _)) = rest.strip_prefix(':').and_then(|rest| rest.split_once(":]")) else {
            return Ok(None);
        };
        let name = inside.strip_prefix('^').unwrap_or(inside);
        if !POSIX.contains(&name) {
            return Err(UNSHARED_CLASS);
        }
        self.rest.by_ref().take(inside.len() + 3).for_each(drop);
        Ok(Some(format!("[:{inside}:]")))
    }

    fn class_char(&mut self, c: char) -> Translated<char> {
        if c != '\\' {
            return Ok(c);
        }
        let next = self.rest.next().ok_or(CUT_SHORT)?;
        self.escaped_char(next)
    }

    /// What stands between `\Q` and `\E`, or the end.
    fn quoted(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                break;
            }
            self.literal(c);
        }
    }

    /// `\d` and its like, as a class of its own that may also stand inside a class.
    fn escaped_class(&mut self, c: char) -> Translated<Option<String>> {
        Ok(Some(match c {
            'd' => format!("[{DIGIT}]"),
            'D' => format!("[^{DIGIT}]"),
            's' => format!("[{SPACE}]"),
            'S' => format!("[^{SPACE}]"),
            'w' => format!("[{WORD}]"),
            'W' => format!("[^{WORD}]"),
            'p' | 'P' => self.unicode_class(c)?,
            _ => return Ok(None),
        }))
    }

    fn unicode_class(&mut self, p: char) -> Translated<String> {
        let mut name = match self.rest.next().ok_or(CUT_SHORT)? {
            '{' => until(&mut self.rest, '}').ok_or(CUT_SHORT)?,
            c => c.to_string(),
        };
        let mut negated = p == 'P';
        if let Some(inner) = name.strip_prefix('^') {
            negated = !negated;
            name = inner.to_owned();
        }
        if !CLASSES.contains(&name.as_str()) {
            return Err(UNSHARED_CLASS);
        }
        Ok(format!(r"\{}{{{name}}}", if negated { 'P' } else { 'p' }))
    }

    /// The character of an escape whose first letter is read already.
    fn escaped_char(&mut self, c: char) -> Translated<char> {
        let code = match c {
            'a' => 0x07,
            'f' => 0x0C,
            't' => 0x09,
            'n' => 0x0A,
            'r' => 0x0D,
            'v' => 0x0B,
            'x' => self.hex()?,
            '0'..='7' => self.octal(c)?,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
            _ => return Err(UNKNOWN_ESCAPE),
        };
        char::from_u32(code).ok_or(UNKNOWN_ESCAPE)
    }

    fn hex(&mut self) -> Translated<u32> {
        let digits: String = if self.rest.next_if_eq(&'{').is_some() {
            until(&mut self.rest, '}').ok_or(CUT_SHORT)?
        } else {
            Some(self.rest.by_ref().take(2).collect()).filter(|d: &String| d.len() == 2).ok_or(CUT_SHORT)?
        };
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(UNKNOWN_ESCAPE);
        }
        u32::from_str_radix(&digits, 16).map_err(|_| UNKNOWN_ESCAPE)
    }

    /// A digit alone would be a back reference, which neither engine has.
    fn octal(&mut self, first: char) -> Translated<u32> {
        let is_octal = |c: &char| ('0'..='7').contains(c);
        if first != '0' && !self.rest.peek().is_some_and(is_octal) {
            return Err("refers back to a group, which Go's RE2 can't");
        }
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.rest.next_if(is_octal).and_then(|c| c.to_digit(8)) else { break };
            code = code * 8 + digit;
        }
        Ok(code)
    }
}

/// The text up to a character, which is read as well; nothing if it does not come.
fn until(rest: &mut Peekable<Chars<'_>>, end: char) -> Option<String> {
    let mut text = String::new();
    loop {
        match rest.next()? {
            c if c == end => return Some(text),
            c => text.push(c),
        }
    }
}

/// Digits without a leading zero, or nothing at all.
fn is_count(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && (text.len() < 2 || !text.starts_with('0'))
}

fn is_group_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `i`, `i-s`, or nothing, which is a group that captures nothing.
fn are_flags(text: &str) -> bool {
    let known = |part: &str| part.chars().all(|c| matches!(c, 'i' | 'm' | 's' | 'U'));
    match text.split_once('-') {
        Some((on, off)) => known(on) && known(off) && !off.is_empty(),
        None => known(text),
    }
}

fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
    }
}
