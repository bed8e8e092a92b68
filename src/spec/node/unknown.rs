//! Words that nobody knows: what was meant, where it would stand, what there is instead.

use super::read::Context;
use super::word::{Argument, Form, Item, Type, Word};
use super::{PROJECT_FILE, SPEC_FILE};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Span, Text};

/// A property that its word does not have.
pub(crate) fn property(cx: &mut Context<'_>, word: &'static Word, key: &Text) {
    unknown(cx, word, key, "property", Item::is_property);
}

/// A child that its word does not have.
pub(crate) fn child(cx: &mut Context<'_>, word: &'static Word, name: &Text) {
    unknown(cx, word, name, "word", |_| true);
}

fn unknown(cx: &mut Context<'_>, word: &'static Word, name: &Text, what: &str, fits: impl Fn(&Item) -> bool) {
    let written = name.as_str();
    let within = within(word);
    let elsewhere = places(written);
    let names: Vec<&str> = word.items().filter(|item| fits(item)).map(|item| item.name).collect();
    if !elsewhere.is_empty() {
        let places = list(&elsewhere, "or");
        let finding = Diagnostic::error(Code::WRONG_PLACE, format!("`{written}` does not stand in {within}"))
            .at(name.span(), "not here")
            .help(format!("`{written}` stands {places}"));
        cx.error(allowed(finding, word, &names));
        return;
    }
    let message = format!("{within} has no {what} `{written}`");
    let message = message.strip_prefix("a ").map_or(message.clone(), |rest| format!("a {rest}"));
    let finding = Diagnostic::error(Code::UNKNOWN_WORD, message);
    let finding = match meant(written, &names) {
        Some(meant) if folded(written) == *meant => {
            finding.at(name.span(), format!("written `{meant}` in a spec"))
        }
        Some(meant) => finding.at(name.span(), format!("did you mean `{meant}`?")),
        None => finding.at(name.span(), "not known"),
    };
    cx.error(allowed(finding, word, &names));
}

fn allowed(finding: Diagnostic, word: &Word, names: &[&str]) -> Diagnostic {
    let within = within(word);
    if names.is_empty() {
        return finding.note(format!("{within} takes nothing but what stands behind it on its line"));
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    finding.note(format!("{within} takes {}", list(&names, "and")))
}

/// The word with its article; files have no name.
fn within(word: &Word) -> String {
    match word.name {
        "" => word.doc.to_owned(),
        name => format!("a `{name}`"),
    }
}

/// A value that is none of the words allowed.
pub(crate) fn value(cx: &mut Context<'_>, what: &str, at: Span, written: &str, words: &[&str]) {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let finding = Diagnostic::error(Code::UNKNOWN_WORD, format!("{what} can't be `{written}`"));
    let finding = match meant(written, words) {
        Some(meant) => finding.at(at, format!("did you mean `{meant}`?")),
        None => finding.at(at, "not known"),
    };
    cx.error(finding.note(format!("it is one of {}", list(&quoted, "and"))));
}

/// Adds the property whose value a surplus argument looks like.
pub(crate) fn suggest_value(finding: Diagnostic, word: &Word, written: &str) -> Diagnostic {
    let holder = word.items().find(|item| match item.form {
        Form::Value(Type::Choice(words)) => words.contains(&written),
        Form::Node(node) => {
            matches!(node.argument, Argument::One(Type::Choice(words), _) | Argument::Optional(Type::Choice(words), _)
                if words.contains(&written))
        }
        _ => false,
    });
    match holder {
        Some(Item { name, form: Form::Node(_), .. }) => {
            finding.help(format!("if it is meant for `{name}`, write `{name} {written}` in the braces"))
        }
        Some(Item { name, .. }) => {
            finding.help(format!("if it is meant for `{name}`, write `{name}={written}`"))
        }
        None => finding,
    }
}

/// Camel case, snake case and YAML's colon, brought to our spelling.
fn folded(written: &str) -> String {
    let mut folded = String::new();
    let mut previous = ' ';
    for c in written.trim_end_matches([':', ',']).chars() {
        if c.is_uppercase() && previous.is_lowercase() {
            folded.push('-');
        }
        match c {
            '_' => folded.push('-'),
            _ => folded.extend(c.to_lowercase()),
        }
        previous = c;
    }
    folded
}

/// What was likely meant: the same word in another spelling, or one with few letters wrong.
fn meant<'w>(written: &str, words: &[&'w str]) -> Option<&'w str> {
    let folded = folded(written);
    if folded.chars().count() > 64 {
        return None;
    }
    words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&folded, word), *word))
        .filter(|(distance, word)| {
            *distance <= word.len().max(folded.len()).div_ceil(4).min(3)
                || (word.len() > 3 && folded == format!("{word}s"))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Everywhere that a property or child of this name may stand, as phrases.
fn places(name: &str) -> Vec<String> {
    let mut places = Vec::new();
    if let Some(item) = PROJECT_FILE.item(name) {
        places.push(phrase(item, "in the file `gatewright.kdl`"));
    }
    if let Some(item) = SPEC_FILE.item(name) {
        places.push(phrase(item, "at the top of a file below `specs/`"));
    }
    for item in SPEC_FILE.items() {
        inner_places(item, name, &mut places);
    }
    places
}

fn inner_places(item: &'static Item, name: &str, places: &mut Vec<String>) {
    let Some(word) = item.word() else { return };
    if word.item(name).is_some() {
        let place = format!("in a `{}`", word.name);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    for inner in word.items() {
        inner_places(inner, name, places);
    }
}

/// A place at the top, with the properties that are needed only there.
fn phrase(item: &Item, place: &str) -> String {
    let needed = item.word().into_iter().flat_map(Word::items);
    let needed: Vec<String> = needed
        .filter(|item| item.required && matches!(item.form, Form::Value(_)))
        .map(|item| format!("`{}=`", item.name))
        .collect();
    if needed.is_empty() { place.to_owned() } else { format!("{place} with {}", list(&needed, "and")) }
}

/// `a, b and c`
fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}
