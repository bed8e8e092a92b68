//! `san` of a certificate: which form of name each text is.

use std::net::IpAddr;

use super::super::name::HostName;
use super::super::project::AltName;
use super::unique;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::{Span, Text, Traced};

/// The names that `san` of a server says, sorted, each once; `word` is the node's.
pub(super) fn of_server(texts: &[Text], word: Span, report: &mut Report) -> Vec<Traced<AltName>> {
    let is_address = |text: &&Text| matches!(parse(text.as_str()), Some(AltName::Email(_)));
    texts.iter().filter(is_address).for_each(|text| report.push(no_server(text)));
    let others: Vec<_> = texts.iter().filter(|text| !is_address(text)).cloned().collect();
    said(&others, word, report)
}

/// The names that `san` says, sorted, each once; `word` is the node's.
pub(super) fn said(texts: &[Text], word: Span, report: &mut Report) -> Vec<Traced<AltName>> {
    let read = |text: &Text, report: &mut Report| match parse(text.as_str()) {
        Some(name) => Some(Traced::said(name, text)),
        None => {
            report.push(refused(text).help(
                "write such as `client.example.com`, `10.0.0.5`, `anna@example.com` or `spiffe://example.com/anna`",
            ));
            None
        }
    };
    let mut found: Vec<_> = texts.iter().filter_map(|text| read(text, report)).collect();
    found.sort_by(|a, b| a.value.cmp(&b.value));
    let place = |san: &Traced<AltName>| san.origin.span().unwrap_or(word);
    unique(report, Code::SAID_TWICE, "SAN", found, |san| san.value.to_string(), place)
}

/// The finding about a text that is no name of a certificate.
pub(super) fn refused(text: &Text) -> Diagnostic {
    let reason = "neither a DNS name, nor an IP address, nor an e-mail address, nor a URI";
    Diagnostic::error(Code::INVALID_NAME, format!("`{}` can't be a SAN", text.as_str())).at_text(text, reason)
}

/// The finding about an e-mail address in a server's certificate.
pub(super) fn no_server(text: &Text) -> Diagnostic {
    let message = format!("`{}` can't be a name of a server", text.as_str());
    Diagnostic::error(Code::INVALID_NAME, message)
        .at_text(text, "an e-mail address")
        .help("a server has DNS names, IP addresses and URIs; an e-mail address is for a `client`")
}

/// The name that a text is: an IP address, a URI, an e-mail address or a DNS name.
pub(super) fn parse(text: &str) -> Option<AltName> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(AltName::Ip(address));
    }
    let ascii = text.is_ascii() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if let Some((scheme, rest)) = text.split_once("://") {
        return (ascii && is_scheme(scheme) && is_rest(rest)).then(|| AltName::Uri(text.to_owned()));
    }
    if let Some((local, domain)) = text.rsplit_once('@') {
        let domain = HostName::parse(domain).ok().filter(|domain| !domain.is_wildcard())?;
        return (ascii && is_local(local)).then(|| AltName::Email(format!("{local}@{domain}")));
    }
    HostName::parse(text).ok().map(|name| AltName::of_host(&name))
}

/// The part of an e-mail address before the `@`: one word of RFC 5321 without quotes.
fn is_local(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>[],;:\\\"@".contains(&b))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// What stands behind `://`, in the characters of RFC 3986.
fn is_rest(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_one_form_of_name() {
        for (text, form) in [
            ("Shop.Example.com.", Some(AltName::Dns("shop.example.com".into()))),
            ("*.apps.example.com", Some(AltName::Dns("*.apps.example.com".into()))),
            ("10.0.0.5", Some(AltName::Ip([10, 0, 0, 5].into()))),
            ("2001:db8::1", Some(AltName::Ip("2001:db8::1".parse().unwrap()))),
            ("anna@Example.com", Some(AltName::Email("anna@example.com".into()))),
            ("spiffe://example.com/ns/a/sa/b", Some(AltName::Uri("spiffe://example.com/ns/a/sa/b".into()))),
            ("anna", None),
            ("10.0.0", None),
            ("10.0.0.5:443", None),
            ("an na@example.com", None),
            ("a,b@example.com", None),
            ("anna@*.example.com", None),
            ("spiffe://", None),
            ("spiffe://a{b}", None),
            ("1://x", None),
            ("münchen://x", None),
        ] {
            assert_eq!(parse(text), form, "{text}");
        }
    }
}
