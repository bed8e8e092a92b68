//! What Envoy puts in for `%NAME%`, `%NAME(…)%` and `%NAME(…):10%` in the values of headers. One that it does not know, or
//! that is not written as it must be, is no text to it: it refuses all routes of the port.
//!
//! `operators.table` has a line for each: its name, `(X)` if something must stand in the brackets and `(X)?` if it may, `:Z`
//! if a length may follow. `(H)` are names of headers, and words are those of which one comes first.

use std::sync::LazyLock;

use crate::diag::suggest;
use crate::schema::look::shown;

const TABLE: &str = include_str!("operators.table");

/// What Envoy knows by a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operator {
    name: &'static str,
    takes: Takes,
    /// Whether it must say something in its brackets.
    must: bool,
    may_be_cut: bool,
}

/// What stands in the brackets.
#[derive(Debug, Clone, PartialEq)]
enum Takes {
    Nothing,
    Anything,
    /// The name of a header, and of another behind a `?`.
    Headers,
    /// One of these, then maybe more behind a `:`.
    OneOf(Vec<&'static str>),
}

/// An operator as a value has it.
struct Use<'t> {
    name: &'t str,
    says: &'t str,
    is_cut: bool,
}

/// Why Envoy can't read a value, and what to write.
#[derive(Debug, PartialEq)]
pub(super) struct Unread {
    pub(super) why: String,
    pub(super) help: String,
}

impl Unread {
    fn new(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { why: why.into(), help: help.into() }
    }
}

impl Operator {
    #[cfg(test)]
    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

/// All operators, in the order of their names.
pub(super) fn operators() -> &'static [Operator] {
    static OPERATORS: LazyLock<Vec<Operator>> =
        LazyLock::new(|| TABLE.lines().filter_map(operator).collect());
    &OPERATORS
}

fn operator(line: &'static str) -> Option<Operator> {
    let mut words = line.split(' ');
    let mut operator =
        Operator { name: words.next()?, takes: Takes::Nothing, must: false, may_be_cut: false };
    for word in words {
        let Some(inner) = word.strip_prefix('(') else {
            operator.may_be_cut = word == ":Z";
            continue;
        };
        operator.must = !inner.ends_with('?');
        operator.takes = match inner.trim_end_matches(['?', ')']) {
            "X" => Takes::Anything,
            "H" => Takes::Headers,
            known => Takes::OneOf(known.split('|').collect()),
        };
    }
    Some(operator)
}

/// What Envoy can't read in a value, the first of it.
pub(super) fn unread(text: &str) -> Option<Unread> {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('%') {
        if let Some(after) = behind.strip_prefix('%') {
            rest = after;
            continue;
        }
        let Some((used, after)) = read(behind) else {
            return Some(Unread::new(
                "a `%` in it begins no variable",
                "a plain `%` is written `%%`, a variable `%NAME%`, `%NAME(…)%` or `%NAME(…):10%`",
            ));
        };
        if let Some(unread) = judge(&used) {
            return Some(unread);
        }
        rest = after;
    }
    None
}

/// The operator at the beginning of a text, behind its `%`, and what follows it.
fn read(text: &str) -> Option<(Use<'_>, &str)> {
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let (name, rest) = text.split_at_checked(text.find(|c| !is_of_name(c))?)?;
    if name.is_empty() {
        return None;
    }
    let Some(inner) = rest.strip_prefix('(') else {
        let (is_cut, after) = end(rest)?;
        return Some((Use { name, says: "", is_cut }, after));
    };
    // The brackets end where the operator can end, be there others within.
    inner.match_indices(')').find_map(|(at, bracket)| {
        let (says, behind) = inner.split_at_checked(at)?;
        let (is_cut, after) = end(behind.strip_prefix(bracket)?)?;
        Some((Use { name, says, is_cut }, after))
    })
}

/// The end of an operator: `%`, with or without a length before it. Whether there is one, and what follows.
fn end(text: &str) -> Option<(bool, &str)> {
    if let Some(after) = text.strip_prefix('%') {
        return Some((false, after));
    }
    let (length, after) = text.strip_prefix(':')?.split_once('%')?;
    let is_length = length.bytes().all(|b| b.is_ascii_digit()) && length.parse::<u64>().is_ok();
    is_length.then_some((true, after))
}

fn judge(used: &Use<'_>) -> Option<Unread> {
    let Use { name, says, is_cut } = used;
    let Ok(at) = operators().binary_search_by(|known| known.name.cmp(name)) else {
        return Some(unknown(name));
    };
    let operator = operators().get(at)?;
    if operator.takes == Takes::Nothing && (*is_cut || !says.is_empty()) {
        let help = format!("write `%{name}%`");
        return Some(Unread::new(format!("`{name}` takes nothing in brackets and no length"), help));
    }
    if operator.must && says.is_empty() {
        let why = format!("`{name}` says nothing in brackets");
        let example = match &operator.takes {
            Takes::Headers => format!("name a header, as `%{name}(x-user)%`"),
            Takes::OneOf(known) => format!("write `%{name}(…)%` with {} in front", one_of(known)),
            _ => format!("write `%{name}(…)%`"),
        };
        return Some(Unread::new(why, example));
    }
    if *is_cut && !operator.may_be_cut {
        return Some(Unread::new(format!("`{name}` takes no length"), "leave the `:` and the number out"));
    }
    match &operator.takes {
        Takes::Headers => headers(name, says),
        Takes::OneOf(known) => {
            let first = says.split(':').next().unwrap_or_default();
            let is_right = known.contains(&first) || (!operator.must && first.is_empty());
            (!is_right).then(|| {
                let why = format!("what `{name}` says in brackets can't be {}", shown(first));
                Unread::new(why, format!("write {}", one_of(known)))
            })
        }
        Takes::Nothing | Takes::Anything => None,
    }
}

fn unknown(name: &str) -> Unread {
    let kebab = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let words: Vec<String> = operators().iter().map(|known| kebab(known.name)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let plain = "a plain `%` is written `%%`";
    let meant = suggest::meant(&kebab(name), &words).map(|word| word.to_ascii_uppercase().replace('-', "_"));
    let help = meant.map_or_else(|| plain.to_owned(), |meant| format!("did you mean `%{meant}%`? {plain}"));
    Unread::new(format!("it knows no variable {}", shown(name)), help)
}

/// At most two names of headers.
fn headers(name: &str, says: &str) -> Option<Unread> {
    let mut names = says.split('?');
    let (first, second) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    if names.next().is_some() {
        let why = format!("`{name}` names more than two headers");
        return Some(Unread::new(why, format!("write the one to take and another, as `%{name}(x-a?x-b)%`")));
    }
    let wrong = [first, second].into_iter().find(|header| !header.is_empty() && !is_header(header))?;
    let why = format!("{} is no name of a header", shown(wrong));
    Some(Unread::new(why, format!("name a header, as `%{name}(x-user)%`")))
}

fn is_header(name: &str) -> bool {
    let is_of_name = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let bare = name.strip_prefix(':').unwrap_or(name);
    !bare.is_empty() && bare.bytes().all(is_of_name)
}

fn one_of(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    suggest::list(&words, "or")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        unread(text).map(|unread| format!("{}; {}", unread.why, unread.help)).unwrap_or_default()
    }

    #[test]
    fn the_table_is_sorted_and_every_line_is_read() {
        let names: Vec<&str> = operators().iter().map(|operator| operator.name).collect();
        assert!(names.is_sorted());
        assert_eq!(names.len(), TABLE.lines().count());
        assert!(names.len() > 150);
    }

    #[test]
    fn an_operator_that_is_misspelt_is_named_with_what_was_meant() {
        assert_eq!(
            why("x %DOWNSTREAM_REMOTE_ADRESS%"),
            "it knows no variable `DOWNSTREAM_REMOTE_ADRESS`; did you mean `%DOWNSTREAM_REMOTE_ADDRESS%`? a plain `%` is written `%%`"
        );
        assert_eq!(why("%WEATHER%"), "it knows no variable `WEATHER`; a plain `%` is written `%%`");
        assert_eq!(why("%REQ%"), "`REQ` says nothing in brackets; name a header, as `%REQ(x-user)%`");
        assert_eq!(why("%PATH(nq)%"), "what `PATH` says in brackets can't be `nq`; write `WQ` or `NQ`");
        assert_eq!(why("%REQ(a b)%"), "`a b` is no name of a header; name a header, as `%REQ(x-user)%`");
        assert_eq!(
            why("%HOSTNAME:3%"),
            "`HOSTNAME` takes nothing in brackets and no length; write `%HOSTNAME%`"
        );
        assert_eq!(
            why("%START_TIME(%s):3%"),
            "`START_TIME` takes no length; leave the `:` and the number out"
        );
    }
}
