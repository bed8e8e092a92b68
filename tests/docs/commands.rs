//! Every call of `gatewright` on the pages is one that the binary takes; and what it takes is on the pages.

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use gatewright::cli::Cli;

use super::markdown::{page, pages};

/// Signs that end a command in a shell.
const ENDS: [&str; 8] = ["|", "||", "&&", ";", ">", "2>&1", "&", ")"];

/// The words of each call of `gatewright` in a text, without the program's name.
fn calls(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        for (at, name) in line.match_indices("gatewright") {
            let before = line[..at].chars().next_back();
            let after = line[at + name.len()..].chars().next();
            let alone = before.is_none_or(|c| matches!(c, ' ' | '(' | '`')) && after == Some(' ');
            if alone {
                found.push(words(&line[at + name.len()..]));
            }
        }
    }
    found
}

/// Words as a shell has them, up to the command's end.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let ends = word.ends_with([')', ';']);
        if ENDS.contains(&word) || word.starts_with('#') {
            break;
        }
        words.push(word.trim_end_matches([')', ';']).trim_matches(['"', '\'']).to_owned());
        if ends {
            break;
        }
    }
    words
}

/// Why the binary would not take a call; one that is cut short for a reader's sake is fine.
fn refusal(words: &[String]) -> Option<String> {
    let arguments = std::iter::once("gatewright").chain(words.iter().map(String::as_str));
    let error = Cli::command().try_get_matches_from(arguments).err()?;
    let short = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
    );
    (!short).then(|| error.to_string())
}

#[test]
fn every_call_is_one_that_the_binary_takes() {
    let mut seen = 0;
    for page in pages() {
        let shown = page.blocks.iter().filter(|block| !matches!(block.language.as_str(), "kdl" | "text"));
        let blocks = shown.flat_map(|block| match block.language.as_str() {
            // What a transcript prints is the binary's own.
            "console" => {
                block.text.lines().filter_map(|line| line.strip_prefix("$ ")).flat_map(calls).collect()
            }
            _ => calls(&block.text),
        });
        let spans = page.spans().filter(|span| span.starts_with("gatewright ")).flat_map(calls);
        for words in blocks.chain(spans) {
            assert_eq!(refusal(&words), None, "{}: gatewright {}", page.path, words.join(" "));
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn calls_are_found_and_judged() {
    let found = calls(
        "x=$(gatewright status -o json) && gatewright render --exit-code; echo\n# gatewright-x is none\n",
    );
    assert_eq!(found, [vec!["status", "-o", "json"], vec!["render", "--exit-code"]]);
    let refused = |text: &str| refusal(&words(text)).is_some();
    assert!(
        !refused("rotate host a.example.com") && !refused("rotate") && !refused("client export --to /tmp")
    );
    assert!(
        refused("rendre") && refused("render --nosuch") && refused("status -o yaml") && refused("init x")
    );
}

/// The README's tables name every command and every flag that all of them take; other flags are on some page.
#[test]
fn everything_that_the_binary_takes_is_on_a_page() {
    let readme = page("README.md");
    let text: String = pages().iter().map(|page| page.text.as_str()).collect();
    let command = Cli::command();
    for argument in command.get_arguments().filter_map(|argument| argument.get_long()) {
        if !matches!(argument, "help" | "version") {
            assert!(readme.spans().any(|span| span.contains(&format!("--{argument}"))), "--{argument}");
        }
    }
    let mut open: Vec<(String, &clap::Command)> =
        command.get_subcommands().map(|command| (command.get_name().to_owned(), command)).collect();
    while let Some((name, command)) = open.pop() {
        if command.has_subcommands() {
            open.extend(
                command.get_subcommands().map(|inner| (format!("{name} {}", inner.get_name()), inner)),
            );
        } else {
            assert!(readme.spans().any(|span| span.starts_with(&name)), "{name}");
        }
        for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(flag == "help" || text.contains(&format!("--{flag}")), "{name} --{flag}");
        }
    }
}
