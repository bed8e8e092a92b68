//! Words that have no meaning where somebody else makes the certificate.

use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::CertificateWords;
use crate::spec::{Span, Text};

/// Words that have no meaning where somebody else made the certificate already.
const MADE: [&str; 2] = ["valid", "renew-key"];
/// Words that have no meaning where not even the Secret is ours.
const ELSEWHERE: [&str; 8] =
    ["subject", "key", "valid", "renew-before", "renew-key", "generation", "san", "secret"];

/// What a node itself says of its certificate.
pub(super) struct Said<'n> {
    /// Its subject, key and times.
    pub(super) words: &'n CertificateWords,
    /// What else it is for.
    pub(super) sans: &'n [Text],
    /// Where it names its Secret, and where it says something of it.
    pub(super) secrets: [Option<Span>; 2],
}

/// Refuses what would be without effect on a certificate that is brought in files.
pub(super) fn refuse_brought(said: Said<'_>, source: Span, report: &mut Report) {
    if let Some(second) = &said.words.second_key {
        report.push(
            Diagnostic::error(Code::CONFLICT, "a certificate that is brought in files has one key pair")
                .at(second.span, "the kind of a second one")
                .at(source, "brought in files")
                .help("keep one of the two: it is the kind that `gatewright csr` makes")
                .help("or name an `authority`, which can issue two"),
        );
    }
    refuse(&said, ("a certificate that is brought in files", "it is made elsewhere"), source, &MADE, report);
}

/// Refuses what would be without effect on a Secret that something else makes.
pub(super) fn refuse_external(said: Said<'_>, source: Span, report: &mut Report) {
    let of = ("an external certificate", "its Secret is made elsewhere");
    refuse(&said, of, source, &ELSEWHERE, report);
}

fn refuse(said: &Said<'_>, (of, why): (&str, &str), source: Span, refused: &[&str], report: &mut Report) {
    let Said { words, sans, secrets: [secret, door] } = said;
    let said = [
        ("subject", words.subject.as_ref().map(|subject| subject.word)),
        ("key", words.key.as_ref().map(|key| key.span)),
        ("valid", words.valid.as_ref().map(|valid| valid.span)),
        ("renew-before", words.renew_before.as_ref().map(|before| before.span)),
        ("renew-key", words.renew_key.as_ref().map(|renew| renew.span)),
        ("generation", words.generation.as_ref().map(|generation| generation.span)),
        ("san", sans.first().map(Text::span)),
        ("secret", *secret),
        ("secret", *door),
    ];
    let said = said.into_iter().filter(|(word, _)| refused.contains(word));
    for (word, span) in said.filter_map(|(word, span)| span.map(|span| (word, span))) {
        report.push(
            Diagnostic::error(Code::UNKNOWN_WORD, format!("`{word}` has no meaning for {of}"))
                .at(span, "Gatewright does not make this certificate")
                .at(source, why)
                .help(format!("leave `{word}` out, or name an `authority`")),
        );
    }
}
