//! The documentation is run: every example reads and renders, every command parses, every transcript prints what it
//! says, every link leads somewhere, and the reference pages name all there is and no more.
#![expect(clippy::disallowed_methods, reason = "pages are read, and transcripts run in scratch folders")]

mod commands;
mod examples;
mod language;
mod markdown;
mod session;

use std::collections::BTreeSet;

use gatewright::diag::Code;
use markdown::{anchor, page, pages, root};

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in pages() {
        let folder = root().join(&page.path);
        let folder = folder.parent().unwrap();
        for link in page.links().filter(|link| !link.contains("://")) {
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(&page.path) } else { folder.join(file) };
            assert!(target.exists(), "{}: {link}", page.path);
            if !part.is_empty() {
                let target = target.canonicalize().unwrap();
                let target = markdown::page(target.strip_prefix(root().canonicalize().unwrap()).unwrap());
                assert!(target.headings().any(|heading| anchor(heading) == part), "{}: {link}", page.path);
            }
            seen += 1;
        }
    }
    assert!(seen > 20);
}

#[test]
fn every_transcript_prints_what_it_says() {
    let mut played = 0;
    let mut differences = Vec::new();
    for page in pages().iter().filter(|page| page.blocks.iter().any(|block| block.language == "console")) {
        differences.extend(session::play(page));
        played += 1;
    }
    assert!(differences.is_empty(), "what was printed instead:\n{}", differences.join("\n"));
    assert!(played > 0);
}

/// `docs/errors.md` has a section a code: its summary, what it means, what to do.
#[test]
fn every_code_is_explained() {
    let page = page("docs/errors.md");
    let named: Vec<_> =
        page.headings().filter_map(|heading| heading.strip_prefix('`')?.strip_suffix('`')).collect();
    let known: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(named.len(), known.len(), "a code is explained twice");
    for code in Code::ALL {
        let section = page.section(&format!("`{}`", code.name())).unwrap();
        let text: Vec<_> = section.into_iter().filter(|line| !line.is_empty()).collect();
        assert!(
            text.first().is_some_and(|line| line.starts_with(code.summary())),
            "{code}: {}",
            code.summary()
        );
        assert!(text.join(" ").len() > code.summary().len() + 40, "{code} is not explained");
    }
}

/// What KDL examples of errors must show is said by the page itself: one that names its section's code.
#[test]
fn errors_are_shown_by_what_makes_them() {
    let page = page("docs/errors.md");
    for code in Code::ALL {
        for block in page.blocks_of(&format!("`{}`", code.name())) {
            if let Some(shown) = block.mark("error") {
                assert_eq!(shown, code.name(), "line {}", block.line);
            }
        }
    }
    let shown = page.blocks.iter().filter(|block| block.mark("error").is_some()).count();
    assert!(shown > 30, "{shown}");
}
