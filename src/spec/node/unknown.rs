//! Words that nobody knows: what was meant, where it would stand, what there is instead.

use super::context::Context;
use super::door::METADATA;
use super::host::HOST;
use super::settle::{self, SETTLE};
use super::word::written as as_written;
use super::word::{Argument, Choice, Form, Item, Type, Word};
use super::{PROJECT_FILE, SPEC_FILE, below, stands};
use crate::diag::suggest::{folded, list, meant, slip};
use crate::diag::{Code, Diagnostic};
use crate::schema::kinds;
use crate::schema::words::{NO_EXPRESSIONS, is_expressions, is_no_label};
use crate::schema::{Kind, suggest};
use crate::spec::source::{Span, Text};
use crate::spec::syntax::{Node, Value};

/// A property that its word does not have.
pub(crate) fn property(cx: &mut Context<'_>, word: &'static Word, key: &Text, value: &Value) {
    if is_same(SETTLE.name, key.as_str()) {
        let code = cx.written(value.span).to_owned();
        cx.error(decision(word, key, Some(&code)));
        return;
    }
    let (finding, _) = unknown(cx, word, key, "property", Item::is_property);
    cx.error(finding);
}

/// A child that its word does not have, and the word that alone can be meant. Of a file's, only what that may have declared is
/// in doubt, and no word is damaged.
pub(crate) fn child(cx: &mut Context<'_>, word: &'static Word, node: &Node) -> Option<String> {
    if is_same(SETTLE.name, node.name.as_str()) {
        let code = node.entries.first().map(|entry| cx.written(entry.value.span).to_owned());
        let finding = decision(word, &node.name, code.as_deref());
        match std::ptr::eq(word, &SPEC_FILE) {
            true => cx.report.push(finding),
            false => cx.error(finding),
        }
        return None;
    }
    if std::ptr::eq(word, &SPEC_FILE)
        && let Some(finding) = super::api::with_group(cx, node).or_else(|| of_kubernetes(cx, node))
    {
        cx.report.push(finding);
        cx.lose(node, None);
        return None;
    }
    let (finding, meant) = unknown(cx, word, &node.name, "word", |_| true);
    let certain = certain(cx, word, node.name.as_str()).filter(|_| finding.code == Code::UNKNOWN_WORD);
    if std::ptr::eq(word, &SPEC_FILE) || std::ptr::eq(word, &PROJECT_FILE) {
        cx.report.push(finding);
        cx.lose(node, meant.as_deref());
        return certain;
    }
    // What else a domain holds, it only says of itself.
    if word.item(HOST.name).is_some() && meant.as_deref().is_none_or(|meant| meant == HOST.name) {
        cx.lose(node, Some(HOST.name));
    }
    cx.error(finding);
    certain
}

/// What is said of a node that is called as a kind of Kubernetes' own which no word of ours nor a known kind is.
fn of_kubernetes(cx: &Context<'_>, node: &Node) -> Option<Diagnostic> {
    let written = node.name.as_str();
    let (api, kind) = kinds::spelt(written)?;
    let name = node.entries.first().map_or("\"name\"", |entry| cx.written(entry.value.span));
    let message = format!("{} has no word `{written}`", SPEC_FILE.called);
    Some(
        Diagnostic::error(Code::UNKNOWN_WORD, message)
            .at(node.name.span(), "a kind of Kubernetes' own")
            .help(format!("write `resource \"{kind}\" {name} api=\"{api}\" {{ … }}`"))
            .note(
                "its object is written there as manifests have it, each field beside `metadata` with `(raw)`",
            ),
    )
}

/// The word that alone can be meant: the same in another spelling, or with few letters wrong.
fn certain(cx: &Context<'_>, word: &'static Word, written: &str) -> Option<String> {
    let mut all: Vec<&str> = word.items().map(|item| item.name).collect();
    if std::ptr::eq(word, &SPEC_FILE) {
        all.extend(cx.table.kinds().iter().map(|kind| &*kind.word));
    }
    all.extend(stands::of(word).map(|stand| stand.words(cx.table, false)).unwrap_or_default());
    let same = all.iter().copied().find(|word| is_same(word, written));
    same.or_else(|| slip(&folded(written), &all)).map(str::to_owned)
}

/// What is said of a decision where none can stand.
fn decision(word: &Word, name: &Text, code: Option<&str>) -> Diagnostic {
    let message = format!("`{}` does not stand in {}", SETTLE.name, word.called);
    Diagnostic::error(Code::WRONG_PLACE, message)
        .at(name.span(), "not here")
        .help(settle::place(word.called, code))
}

/// Whether two words differ in nothing but case, `-`, `_` and a YAML's colon.
fn is_same(word: &str, written: &str) -> bool {
    suggest::folded(word) == suggest::folded(written.trim_end_matches([':', ',']))
}

/// Whether a node that stands where labels do is meant as a field of the schema there: it is nearly one, or a field of one, or
/// holds what no label does.
pub(crate) fn is_field(cx: &Context<'_>, word: &'static Word, node: &Node) -> bool {
    let written = node.name.as_str();
    let is_label = suggest::is_label(written) || is_no_label(written);
    let Some(stand) = stands::of(word).filter(|_| !is_label) else { return false };
    let words = stand.words(cx.table, false);
    let is_label =
        node.children.is_empty() && matches!(node.entries.as_slice(), [only] if only.key.is_none());
    !is_label
        || words.iter().any(|word| is_same(word, written))
        || meant(written, &words).is_some()
        || below::find(cx.table, word, written).is_some()
}

/// Warns of a label that is called as a field of the schema there, or as what stands around labels elsewhere.
pub(crate) fn field_as_label(cx: &mut Context<'_>, word: &'static Word, key: &Text, value: &Value) {
    let (written, value) = (key.as_str(), cx.written(value.span).to_owned());
    let words = stands::of(word).map(|stand| stand.words(cx.table, false)).unwrap_or_default();
    let called = |field: &&&str| !suggest::is_label(written) && is_same(field, written);
    let (what, help) = match words.iter().find(called) {
        _ if is_expressions(written) => ("part of a selector", NO_EXPRESSIONS.to_owned()),
        _ if is_no_label(written) => {
            let name = if stands::of(word).is_some() { "version" } else { "app" };
            let help = format!("if it is no label, write the label's own name: `{name}={value}`");
            ("part of a selector", help)
        }
        Some(field) => (
            "field",
            format!("if the field is meant, `{field} …` stands in the braces of the `{}`", word.name),
        ),
        None => return,
    };
    let message = format!("the label `{written}` of {} is called as a {what} is", word.called);
    let finding = Diagnostic::warning(Code::FIELD_AS_LABEL, message);
    cx.report.push(finding.at(key.span(), "a label, which pods must have").help(help).help(format!(
        "or, if pods have the label `{written}={}`: `settle \"{}\" reason=\"…\"` in `gatewright.kdl`",
        value.trim_matches('"'),
        Code::FIELD_AS_LABEL
    )));
}

/// The finding, and the word that seems to be meant.
fn unknown(
    cx: &Context<'_>,
    word: &'static Word,
    name: &Text,
    what: &str,
    fits: impl Fn(&Item) -> bool,
) -> (Diagnostic, Option<String>) {
    let written = name.as_str();
    let mut all: Vec<&str> = word.items().map(|item| item.name).collect();
    if std::ptr::eq(word, &SPEC_FILE) {
        all.extend(cx.table.kinds().iter().map(|kind| &*kind.word));
    }
    let stand = stands::of(word);
    let property = what == "property";
    let schema = stand.map(|stand| stand.words(cx.table, property)).unwrap_or_default();
    all.extend(&schema);
    // What only braces take is the same word all the same.
    let braces = stand.map(|stand| stand.words(cx.table, false)).unwrap_or_default();
    let same = all.iter().chain(&braces).copied().find(|word| is_same(word, written));
    let meant = same.or_else(|| meant(written, &all));
    let elsewhere = match (places(written), meant) {
        _ if same.is_some() => Vec::new(),
        (found, None) if found.is_empty() => places(&folded(written)),
        (found, _) => found,
    };
    let below = below::find(cx.table, word, written).filter(|below| {
        same.is_none() && (below.is_near || (elsewhere.is_empty() && slip(&folded(written), &all).is_none()))
    });
    let stands = match &below {
        Some(below) => Some(below.help()),
        None if elsewhere.is_empty() => None,
        None => Some(format!("`{}` stands {}", folded(written), list(&elsewhere, "or"))),
    };
    let finding = match stands {
        Some(stands) => {
            Diagnostic::error(Code::WRONG_PLACE, format!("`{written}` does not stand in {}", word.called))
                .at(name.span(), "not here")
                .help(stands)
        }
        None => Diagnostic::error(Code::UNKNOWN_WORD, format!("{} has no {what} `{written}`", word.called))
            .at(name.span(), hint(same, meant)),
    };
    let names: Vec<String> =
        word.items().filter(|item| fits(item)).map(|item| format!("`{}`", item.name)).collect();
    let finding = match stand.filter(|_| !schema.is_empty()) {
        Some(stand) => {
            let fields: Vec<String> = schema.iter().map(|word| format!("`{word}`")).collect();
            finding.note(format!("of {} it takes {}", place(cx, stand), list(&fields, "and")))
        }
        None => finding,
    };
    let finding = of_kinds(cx, finding, word, written, same.is_some());
    let finding = match word.argument {
        Argument::Many(..) if folded(written) == "san" => {
            finding.help(format!("its names stand behind it: `{} \"…\" \"…\"`", word.name))
        }
        _ => finding,
    };
    let finding = match names.as_slice() {
        [] if !schema.is_empty() => finding,
        [] => finding.note(format!("{} takes nothing but what stands behind it on its line", word.called)),
        names => finding.note(format!("{} takes {}", word.called, list(names, "and"))),
    };
    let known_elsewhere = || (!elsewhere.is_empty()).then(|| folded(written));
    (finding, meant.map(str::to_owned).or_else(known_elsewhere))
}

/// The place of a schema in which a word stands; of a word that is in several, that of the whole node around it.
fn place(cx: &Context<'_>, stand: &stands::Stand) -> String {
    let mut holders = Vec::new();
    SPEC_FILE.items().for_each(|item| gather_holders(item, stand.word.name, &mut holders));
    let is_around = |holder: &&&'static Word| cx.owner() == Some(holder.name);
    let becomes = |holder: &&'static Word| {
        holder.item(stand.word.name).map(|item| item.becomes).filter(|becomes| !becomes.is_empty())
    };
    let around = holders.iter().find(is_around).and_then(becomes);
    match (holders.as_slice(), around) {
        ([_, _, ..], Some(place)) if std::ptr::eq(stand.word, &METADATA) => place.to_owned(),
        _ => stand.shown(cx.table),
    }
}

/// What stands at a word that nobody knows: the same in a spec's spelling, or one that is near.
fn hint(same: Option<&str>, near: Option<&str>) -> String {
    match (same, near) {
        (Some(same), _) => format!("written `{same}` in a spec"),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => "not known".to_owned(),
    }
}

/// Adds what kinds have to do with a word that nobody knows.
fn of_kinds(cx: &Context<'_>, finding: Diagnostic, word: &Word, written: &str, is_ours: bool) -> Diagnostic {
    let finding = match namesake(cx, word, written).filter(|_| !is_ours) {
        Some((kind, field)) => finding.help(format!(
            "`{field}` is a field of the {} of {}, which a spec writes as `resource \"{}\" \"name\"{}`",
            kind.name,
            if kind.group.is_empty() { "Kubernetes" } else { &kind.group },
            kind.name,
            match cx.table.kinds().iter().filter(|other| other.name == kind.name).count() {
                1 => String::new(),
                _ => format!(" api=\"{}\"", kind.api_version()),
            }
        )),
        None => finding,
    };
    match std::ptr::eq(word, &SPEC_FILE) {
        true => finding.note(
            "an object of a kind that Gatewright knows is a node of its kind, as `authorization-policy \"name\"`; `gatewright explain` lists them; any other is a `resource \"Kind\" \"name\" api=\"group/version\"`",
        ),
        false => finding,
    }
}

/// The kind that is written as a word of ours and has a field of this name, and that field's word.
fn namesake<'t>(cx: &Context<'t>, word: &Word, written: &str) -> Option<(&'t Kind, &'t str)> {
    let table = cx.table;
    let kinds = table.kinds().iter().filter(|kind| *kind.word == *word.name);
    let field = |kind: &&'t Kind| {
        let spec = table.spec_of(kind)?;
        let field = spec
            .field(written)
            .or_else(|| spec.by_word(written))
            .or_else(|| spec.by_word(&folded(written)))?;
        Some(&*field.word)
    };
    kinds.filter_map(|kind| Some((kind, field(&kind)?))).next()
}

/// A value that is none of the words allowed.
pub(crate) fn value<T: Choice>(cx: &mut Context<'_>, what: &str, at: Span, written: &str) {
    let words = T::WORDS;
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", as_written(word))).collect();
    let finding = Diagnostic::error(Code::UNKNOWN_WORD, format!("{what} can't be `{written}`"));
    if let Some((label, help)) = T::beyond(written) {
        cx.error(finding.at(at, label).help(help).note(format!("it is one of {}", list(&quoted, "and"))));
        return;
    }
    let finding = match meant(written, words) {
        Some(meant) => finding.at(at, format!("did you mean `{}`?", as_written(meant))),
        None => finding.at(at, "not known"),
    };
    cx.error(finding.help(format!("write {}", list(&quoted, "or"))));
}

/// A name that is none of those known, which are too many to list.
pub(crate) fn name(cx: &mut Context<'_>, nothing: &str, written: &Text, names: &[&str], help: &str) {
    let finding =
        Diagnostic::error(Code::UNKNOWN_WORD, format!("{nothing} is called `{}`", written.as_str()));
    cx.error(match meant(written.as_str(), names) {
        Some(meant) => finding.at(written.span(), format!("did you mean `{meant}`?")),
        None => finding.at(written.span(), "not known").help(help),
    });
}

/// Adds the property whose value a surplus argument looks like.
pub(crate) fn suggest_value(finding: Diagnostic, word: &Word, written: &str) -> Diagnostic {
    let holder = word.items().find(|item| match item.form {
        Form::Value(Type::Choice(words)) | Form::Values(Type::Choice(words)) => words.contains(&written),
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

/// Everywhere that a property or child of this name may stand, as phrases.
fn places(name: &str) -> Vec<String> {
    let mut holders: Vec<&'static Word> = Vec::new();
    for item in SPEC_FILE.items() {
        gather_holders(item, name, &mut holders);
    }
    let mut places: Vec<String> = Vec::new();
    for holder in &holders {
        let namesakes = holders.iter().filter(|other| other.name == holder.name).count();
        let place =
            if namesakes > 1 { format!("in a `{}`", holder.name) } else { format!("in {}", holder.called) };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if PROJECT_FILE.item(name).is_some() {
        places.push(format!("in {}", PROJECT_FILE.called));
    }
    if let Some(item) = SPEC_FILE.item(name) {
        places.push(outside(item));
    }
    places
}

/// Adds the words at and below an item that have a property or child of this name, each once.
fn gather_holders(item: &'static Item, name: &str, holders: &mut Vec<&'static Word>) {
    let Some(word) = item.word() else { return };
    if word.item(name).is_some() && !holders.iter().any(|holder| holder.called == word.called) {
        holders.push(word);
    }
    for inner in word.items() {
        gather_holders(inner, name, holders);
    }
}

/// The top of a file, with the properties that are needed there.
fn outside(item: &Item) -> String {
    let place = format!("at the top of {}", SPEC_FILE.called);
    let needed = item.word().into_iter().flat_map(Word::items);
    let needed: Vec<String> = needed
        .filter(|item| item.required && matches!(item.form, Form::Value(_)))
        .map(|item| format!("`{}=`", item.name))
        .collect();
    if needed.is_empty() { place } else { format!("{place} with {}", list(&needed, "and")) }
}
