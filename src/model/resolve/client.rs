//! `client` nodes.

use std::net::Ipv4Addr;

use sha2::{Digest, Sha256};

use super::super::name::Label;
use super::super::project::{AltName, Authority, AuthorityId, Client};
use super::certificate::{Defaults, check_valid, facts};
use super::host::push_once;
use super::{alt_name, missing_reference, presented, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Source, Spec};
use crate::spec::{Origin, Span, Text, Traced};
use crate::time::Seconds;

const DEFAULTS: Defaults = Defaults { key: "client.key", valid: ("client.valid", Seconds::days(90)) };

pub(super) fn all(
    spec: &Spec,
    authorities: &[Authority],
    namespace: &Traced<Label>,
    report: &mut Report,
) -> Vec<Client> {
    check_groups(spec, authorities, report);
    let grouped =
        spec.groups.iter().flat_map(|group| group.clients.iter().map(move |node| (node, Some(group))));
    let all = spec.clients.iter().map(|node| (node, None)).chain(grouped);
    let mut found: Vec<_> =
        all.filter_map(|(node, group)| one(spec, node, group, (authorities, namespace), report)).collect();
    found.sort_by_key(|client| (client.authority, client.name.value.clone()));
    let found = unique(
        report,
        Code::DUPLICATE_NAME,
        "client",
        found,
        |c| c.name.value.clone(),
        |c| c.name.origin.span().unwrap_or(c.word),
    );
    unique(
        report,
        Code::DUPLICATE_NAME,
        "file of client",
        found,
        |c| format!("{}/{}", c.authority.0, c.file_name),
        |c| c.name.origin.span().unwrap_or(c.word),
    )
}

/// A group is known by its name where a host says whom it lets in, as authorities are.
fn check_groups(spec: &Spec, authorities: &[Authority], report: &mut Report) {
    let named: Vec<_> = spec.groups.iter().collect();
    unique(
        report,
        Code::DUPLICATE_NAME,
        "group of clients",
        named,
        |group| group.name.as_str().to_owned(),
        |group| group.name.span(),
    );
    for group in &spec.groups {
        let name = group.name.as_str();
        if let Some(authority) = authorities.iter().find(|authority| authority.name.value.as_str() == name) {
            report.push(
                Diagnostic::error(
                    Code::DUPLICATE_NAME,
                    format!("`{name}` is an authority and a group of clients: a host that lets in `{name}` could mean either"),
                )
                .at(group.name.span(), "the group")
                .at(authority.name.origin.span().unwrap_or(authority.word), "the authority, all of whose clients are meant")
                .help("give the group another name"),
            );
        }
        if group.clients.is_empty() && !spec.is_damaged(group.word) {
            report.push(
                Diagnostic::error(Code::MISSING_WORD, format!("nobody is in the group `{name}`"))
                    .at(group.word, "has no client")
                    .help("write `client \"…\"` into it, a line each"),
            );
        }
    }
}

fn one(
    spec: &Spec,
    node: &node::Client,
    group: Option<&node::Clients>,
    (authorities, namespace): (&[Authority], &Traced<Label>),
    report: &mut Report,
) -> Option<Client> {
    let authority = authority(spec, (node, group), authorities, report);
    // An IPv4 address as a common name is read as a DNS name, and no authority is for that.
    let is_address = node.name.as_str().parse::<Ipv4Addr>().is_ok();
    let common_name = (node.name.as_str().chars().count() <= 64 && !is_address)
        .then(|| Traced::said(node.name.as_str().to_owned(), &node.name));
    let mut words = vec![&node.certificate];
    words.extend(group.map(|group| &group.certificate));
    // A group has no common name for all.
    let own = node.certificate.subject.as_ref().and_then(|subject| subject.common_name.as_ref());
    let common_name = own.map(|own| Traced::said(own.as_str().to_owned(), own)).or(common_name);
    let mut certificate = facts(&words, common_name.clone(), &DEFAULTS);
    if group.is_some() {
        certificate.subject.common_name = common_name;
    }
    if let Some(signer) = authority.and_then(|id| authorities.get(id.0)) {
        check_valid(&certificate, signer, spec, report);
    }
    let sans = if node.sans.is_empty() {
        san(&node.name, report).into_iter().collect()
    } else {
        alt_name::said(&node.sans, node.word, report)
    };
    for san in sans.iter().filter(|san| san.value.is_for_nobody()) {
        report.push(for_nobody(san, node.word));
    }
    let secret = presented::secret(node, (spec, authorities, namespace), report);
    let mut settled = super::settled(&node.settled);
    settled.extend(group.map(|group| super::settled(&group.settled)).unwrap_or_default());
    Some(Client {
        word: node.word,
        name: Traced::said(node.name.as_str().to_owned(), &node.name),
        file_name: file_name(node.name.as_str()),
        group: group.map(|group| Traced::said(group.name.as_str().to_owned(), &group.name)),
        authority: authority?,
        authority_origin: match source(node, group) {
            Some(Source::Authority(text)) => Origin::spec(text.span()),
            _ => Origin::spec(node.word),
        },
        certificate,
        sans,
        revoked: node.revoked.as_ref().map(|said| Traced::new(said.value, Origin::spec(said.span))),
        secret,
        settled,
    })
}

/// The finding about a name that hosts ask for which let in nobody.
fn for_nobody(san: &Traced<AltName>, word: Span) -> Diagnostic {
    Diagnostic::error(Code::INVALID_NAME, format!("a client can't have the name `{}`", san.value))
        .at(san.origin.span().unwrap_or(word), "stands for nobody")
        .note(
            "a host whose named clients are all revoked asks for `nobody.invalid`, and would let this one in",
        )
        .help("give it a name below a domain of your own")
}

/// What a client or its group says of who signs it.
fn source<'n>(node: &'n node::Client, group: Option<&'n node::Clients>) -> Option<&'n Source> {
    let inherited = || group.and_then(|group| group.certificate.source.as_ref());
    node.certificate.source.as_ref().or_else(inherited)
}

fn authority(
    spec: &Spec,
    (node, group): (&node::Client, Option<&node::Clients>),
    authorities: &[Authority],
    report: &mut Report,
) -> Option<AuthorityId> {
    match source(node, group) {
        Some(Source::Authority(text)) => find_authority(spec, text, authorities, report),
        Some(Source::External(text)) => {
            report.push(
                Diagnostic::error(
                    Code::UNKNOWN_WORD,
                    "a client's certificate can't be `external`: nothing would be made of it",
                )
                .at_text(text, "leave the client out, or name an `authority`"),
            );
            None
        }
        // No `client` takes another source.
        Some(Source::CertManager(_) | Source::Files(_)) => None,
        None if spec.is_damaged(node.word) || group.is_some_and(|group| spec.is_damaged(group.word)) => None,
        None => {
            let mut finding = Diagnostic::error(
                Code::MISSING_SOURCE,
                format!("client `{}` has no authority", node.name.as_str()),
            )
            .at(node.word, "nobody signs its certificate");
            let names: Vec<_> = authorities.iter().map(|a| a.name.value.as_str()).collect();
            finding = match names.first() {
                Some(name) => {
                    finding.help(format!("write `client \"{}\" authority=\"{name}\"`", node.name.as_str()))
                }
                None => finding.help("declare an `authority \"name\"` and name it here"),
            };
            report.push(finding);
            None
        }
    }
}

/// Finds an authority by name or reports that there is none: once, whoever names it in that place.
pub(super) fn find_authority(
    spec: &Spec,
    text: &Text,
    authorities: &[Authority],
    report: &mut Report,
) -> Option<AuthorityId> {
    let found = authorities.iter().position(|authority| authority.name.value.as_str() == text.as_str());
    if found.is_none() {
        let written = spec.authorities.iter().map(|authority| authority.name.as_str());
        push_once(report, missing_reference(spec, text, "authority", written));
    }
    found.map(AuthorityId)
}

/// The client's name as its SAN.
fn san(text: &Text, report: &mut Report) -> Option<Traced<AltName>> {
    let found = alt_name::parse(text.as_str());
    if found.is_none() {
        report.push(
            alt_name::refused(text)
                .note("a certificate without a subject alternative name is refused by many servers")
                .help("keep the name and add one: `san \"client.example.com\"` in the client's block"),
        );
    }
    found.map(|san| Traced::said(san, text))
}

/// A file name that is the name itself where that is one, else a readable form with a hash that keeps it apart.
fn file_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '@');
    if !name.is_empty() && name.len() <= 100 && name.chars().all(safe) && !name.starts_with(['.', '-']) {
        return name.to_owned();
    }
    let digest = Sha256::digest(name.as_bytes());
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let flat: String = name.to_lowercase().chars().map(|c| if safe(c) { c } else { '-' }).take(100).collect();
    match flat.trim_matches(['.', '-']) {
        "" => format!("client-{hash}"),
        readable => format!("{readable}-{hash}"),
    }
}
