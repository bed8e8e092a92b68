//! `docs/language.md` against the tables of the language: the same words, the same defaults, the same fields.

use std::collections::BTreeSet;

use gatewright::spec::node::word::{Form, Item, Word};
use gatewright::spec::node::{PROJECT_FILE, SPEC_FILE};

use super::markdown::{cells, page};

/// Every word that a project may hold, each once.
fn words() -> Vec<&'static Word> {
    fn walk(word: &'static Word, found: &mut Vec<&'static Word>) {
        for inner in word.items().filter_map(Item::word) {
            if !found.iter().any(|other| std::ptr::eq(*other, inner)) {
                found.push(inner);
                walk(inner, found);
            }
        }
    }
    let mut found = vec![&PROJECT_FILE];
    walk(&PROJECT_FILE, &mut found);
    walk(&SPEC_FILE, &mut found);
    found
}

/// A word's heading: what messages call it, without the article.
fn heading(word: &Word) -> &'static str {
    let called = word.called;
    ["the ", "a ", "an "].into_iter().find_map(|article| called.strip_prefix(article)).unwrap_or(called)
}

/// The first three cells of an item's row.
fn row(item: &Item) -> [String; 3] {
    let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
    let usage = match item.form {
        // A list of words is shown by what they may be.
        Form::ValueOrNodes(..) => format!("{}, or nodes", code(&item.usage())),
        _ => code(&item.usage()),
    };
    let default = match (item.required, item.default) {
        (true, _) => "must be said".to_owned(),
        (false, default) if default.starts_with("the ") => default.to_owned(),
        (false, default) => code(default),
    };
    [usage, default, code(item.becomes)]
}

#[test]
fn every_word_is_in_the_reference_and_nothing_else() {
    let page = page("docs/language.md");
    let mut missing = Vec::new();
    for word in words() {
        let heading = heading(word);
        let Some(section) = page.section(heading) else {
            missing.push(format!("## {heading}\n{}", word.doc));
            continue;
        };
        let argument = word.argument.what();
        let behind = section.iter().find_map(|line| line.strip_prefix("Behind the word: "));
        match (argument, behind) {
            (Some(what), Some(line)) if line.replace('`', "").contains(&what.replace('`', "")) => {}
            (None, None) => {}
            (wanted, found) => {
                missing.push(format!("## {heading}\nBehind the word: {wanted:?}, not {found:?}"))
            }
        }
        let rows: Vec<_> =
            section.iter().filter(|line| line.starts_with('|')).skip(2).map(|row| cells(row)).collect();
        let wanted: Vec<_> = word.items().map(row).collect();
        let found: Vec<_> = rows.iter().map(|row| [row[0].clone(), row[1].clone(), row[2].clone()]).collect();
        if wanted != found {
            let table: String = word
                .items()
                .map(|item| format!("| {} | {} |\n", row(item).join(" | ").replace("|…", "\\|…"), item.doc))
                .collect();
            missing.push(format!("## {heading}\n{table}"));
        }
        assert!(rows.iter().all(|row| row.len() == 4 && !row[3].is_empty()), "{heading}");
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let known: BTreeSet<_> = words().into_iter().map(heading).collect();
    let described: BTreeSet<_> = page.headings().filter(|heading| heading.contains('`')).collect();
    assert_eq!(described, known);
}

/// Every choice that a word leaves is named in its row.
#[test]
fn every_choice_is_named() {
    use gatewright::spec::node::Type;
    let page = page("docs/language.md");
    for word in words() {
        let section = page.section(heading(word)).unwrap_or_default().join("\n");
        let types = word.items().filter_map(|item| match item.form {
            Form::Value(ty) | Form::Values(ty) | Form::Repeated(ty) | Form::ValueOrNodes(ty, _) => Some(ty),
            Form::Flag | Form::Node(_) | Form::Nodes(_) => None,
        });
        for ty in types.chain(word.argument.ty()) {
            let Type::Choice(choices) = ty else { continue };
            for choice in choices {
                assert!(section.contains(&format!("`{choice}`")), "{}: {choice}", heading(word));
            }
        }
    }
}
