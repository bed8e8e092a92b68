//! The Secret of each host's key pair.

use std::collections::BTreeMap;

use super::super::name::{HostName, Label, ObjectName};
use super::super::project::{AuthorityId, CertificateFacts, Credential, CredentialId, CredentialKind, Leaf};
use super::certificate::{Defaults, check_renewal, check_valid, facts};
use super::client::find_authority;
use super::draft::Draft;
use super::elsewhere;
use super::host::{Context, push_once};
use super::issuer::{self, Issuer};
use super::revoked;
use super::{alt_name, name_finding};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, CertificateWords};
use crate::spec::{Origin, Span, Text, Traced};
use crate::time::Seconds;

pub(super) const DEFAULTS: Defaults = Defaults { key: "host.key", valid: ("host.valid", Seconds::days(90)) };

/// Where a host's certificate comes from, found.
#[derive(Clone)]
pub(super) enum Source {
    /// Signed by this authority of ours.
    Authority(AuthorityId),
    /// Got by cert-manager.
    Ordered(Box<Issuer>),
    /// Brought in files.
    Files,
    /// In a Secret that something else makes.
    External(ObjectName),
}

/// Finds the source of a host's certificate.
pub(super) fn source(
    draft: &Draft<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Source, Origin)> {
    if let Some(said) = draft.source() {
        match said {
            node::Source::Files(span) => elsewhere::refuse_brought(said_of(draft), *span, report),
            node::Source::External(text) => {
                elsewhere::refuse_external(said_of(draft), text.span(), report);
            }
            node::Source::Authority(_) | node::Source::CertManager(_) => {}
        }
        revoked::check(draft.node.revoked.as_ref(), said, report);
        return found(said, context, report);
    }
    if draft.in_doubt(context.spec) {
        return None;
    }
    let finding = Diagnostic::error(
        Code::MISSING_SOURCE,
        match draft.called {
            "host" => format!("host `{}` has no certificate", draft.name.value),
            called => format!("nobody issues {called} `{}`", draft.name.value),
        },
    )
    .at(draft.node.name.span(), "neither it nor its domain says where the certificate comes from");
    report.push(match context.authorities.first() {
        Some(authority) => finding.help(format!(
            "write `authority=\"{}\"` at the host or its domain, or `external=\"secret-name\"` for a Secret that something else makes",
            authority.name.value
        )),
        None => finding.help("declare an `authority \"name\"` and name it at the host or its domain"),
    });
    None
}

/// What a host itself says of its certificate.
fn said_of<'n>(draft: &Draft<'n>) -> elsewhere::Said<'n> {
    let door = draft.node.secret.first().and_then(|field| field.tree.origin.span());
    elsewhere::Said {
        words: &draft.node.serving.certificate,
        sans: &draft.node.sans,
        secrets: [draft.said_secret().map(Text::span), door],
    }
}

/// What is said of where a certificate comes from, found.
pub(super) fn found(
    said: &node::Source,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Source, Origin)> {
    match said {
        node::Source::Authority(text) => {
            let found = find_authority(context.spec, text, context.authorities, report);
            found.map(|id| (Source::Authority(id), Origin::spec(text.span())))
        }
        node::Source::CertManager(said) => {
            let issuer = issuer::read(said, report)?;
            let origin = issuer.name.origin.clone();
            Some((Source::Ordered(Box::new(issuer)), origin))
        }
        node::Source::Files(span) => Some((Source::Files, Origin::spec(*span))),
        node::Source::External(text) => {
            external(text, report).map(|name| (Source::External(name), Origin::spec(text.span())))
        }
    }
}

/// The name of a Secret that something else makes, or a finding: once, whoever reads it in that place.
pub(super) fn external(text: &Text, report: &mut Report) -> Option<ObjectName> {
    match ObjectName::parse_credential(text.as_str()) {
        Ok(name) => Some(name),
        Err(error) => {
            let what = "name of a server's Secret";
            push_once(report, name_finding(Code::INVALID_SECRET_NAME, text, error, what));
            None
        }
    }
}

/// The Secret of a host: its name, its reason, what it holds.
pub(super) type Secret = (Traced<ObjectName>, CredentialKind);

/// The Secret that a host wants. Its words are looked at also where its source can't be told.
pub(super) fn secret(
    draft: &Draft<'_>,
    source: Option<(Source, Origin)>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Secret> {
    if let Some((Source::External(name), origin)) = source {
        return Some((Traced::new(name, origin), CredentialKind::External));
    }
    let name = match draft.source() {
        Some(node::Source::External(_)) => None,
        Some(node::Source::CertManager(_)) => secret_name(draft, ObjectName::default_ordered, report),
        _ => secret_name(draft, ObjectName::default_credential, report),
    };
    let (source, origin) = source?;
    let leaf = leaf(draft, &source, origin, report);
    let kind = kind(source, leaf, context, report);
    Some((name?, kind?))
}

/// What a Secret holds, by where its certificate comes from.
pub(super) fn kind(
    source: Source,
    leaf: Leaf,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<CredentialKind> {
    match source {
        Source::Authority(id) => {
            check_valid(&leaf.certificate, &context.authorities[id.0], context.spec, report);
            Some(CredentialKind::Issued(Box::new(leaf)))
        }
        // What a domain says of keys is for those that are made.
        Source::Files => {
            let certificate = CertificateFacts { second_key: None, ..leaf.certificate };
            Some(CredentialKind::Brought(Box::new(Leaf { certificate, ..leaf })))
        }
        Source::Ordered(issuer) => {
            check_renewal(&leaf.certificate, report);
            issuer::check_times(&leaf.certificate, report);
            Some(CredentialKind::Ordered(Box::new(issuer.order(leaf))))
        }
        Source::External(_) => None,
    }
}

/// The node that a credential is of.
pub(super) struct Owner {
    pub(super) called: &'static str,
    pub(super) name: String,
    pub(super) word: Span,
    pub(super) said_secret: bool,
}

impl Owner {
    pub(super) fn of(draft: &Draft<'_>) -> Self {
        Self {
            called: draft.called,
            name: draft.name.value.to_string(),
            word: draft.node.word,
            said_secret: draft.said_secret().is_some(),
        }
    }
}

/// The credentials found so far, by namespace and name.
#[derive(Default)]
pub(super) struct Credentials {
    found: Vec<(Credential, String)>,
    by_name: BTreeMap<(Label, ObjectName), usize>,
    places: Vec<Span>,
}

impl Credentials {
    /// Adds a credential of that owner; hosts share one only if it is external.
    pub(super) fn add(
        &mut self,
        owner: &Owner,
        (secret, kind): Secret,
        namespace: &Traced<Label>,
        report: &mut Report,
    ) -> Option<CredentialId> {
        let key = (namespace.value.clone(), secret.value.clone());
        let place = secret.origin.span().unwrap_or(owner.word);
        if let Some(&i) = self.by_name.get(&key) {
            if matches!((&self.found[i].0.kind, &kind), (CredentialKind::External, CredentialKind::External))
            {
                return Some(CredentialId(i));
            }
            report.push(
                Diagnostic::error(
                    Code::SHARED_SECRET,
                    format!("Secret `{}/{}` would hold two certificates", key.0, key.1),
                )
                .at(place, format!("for {} `{}`", owner.called, owner.name))
                .at(self.places[i], format!("for {}", self.found[i].1))
                .help(match owner.said_secret {
                    _ if owner.called == "client" => "give one of them a Secret of another name: `secret=\"…\"`",
                    true => "give each host a Secret of its own, or leave `secret` out: the default name is the host's",
                    false => "give each host a Secret of its own: `tls simple secret=\"…\"`",
                }),
            );
            return None;
        }
        let i = self.found.len();
        self.by_name.insert(key, i);
        self.places.push(place);
        let title = format!("{} `{}`", owner.called, owner.name);
        let second = kind.second().map(|(sort, kind)| (second_name(&secret, sort, place, report), kind));
        self.found.push((Credential { secret, namespace: namespace.clone(), kind, second: None }, title));
        if let Some((name, kind)) = second {
            let second = self.add(owner, (name?, kind), namespace, report);
            if let Some((first, _)) = self.found.get_mut(i) {
                first.second = second;
            }
        }
        Some(CredentialId(i))
    }

    /// The credentials sorted by namespace and name, and where each went.
    pub(super) fn sorted(self) -> (Vec<Credential>, BTreeMap<CredentialId, CredentialId>) {
        let order: BTreeMap<CredentialId, CredentialId> = self
            .by_name
            .values()
            .enumerate()
            .map(|(new, &old)| (CredentialId(old), CredentialId(new)))
            .collect();
        let mut slots: Vec<_> = self.found.into_iter().map(|(credential, _)| Some(credential)).collect();
        let mut sorted: Vec<_> = self.by_name.values().filter_map(|&old| slots[old].take()).collect();
        for credential in &mut sorted {
            credential.second = credential.second.and_then(|id| order.get(&id).copied());
        }
        (sorted, order)
    }
}

/// The name of a Secret beside another one, with a key of the other sort.
fn second_name(
    first: &Traced<ObjectName>,
    sort: &str,
    place: Span,
    report: &mut Report,
) -> Option<Traced<ObjectName>> {
    match ObjectName::parse_credential(&format!("{}-{sort}", first.value)) {
        Ok(name) => Some(Traced::new(name, first.origin.clone())),
        Err(error) => {
            let message =
                format!("the Secret of the second key pair can't be called `{}-{sort}`", first.value);
            report.push(
                Diagnostic::error(Code::INVALID_SECRET_NAME, message)
                    .at(place, error.reason)
                    .help("give the first a shorter name"),
            );
            None
        }
    }
}

fn secret_name(
    draft: &Draft<'_>,
    default: fn(&HostName) -> ObjectName,
    report: &mut Report,
) -> Option<Traced<ObjectName>> {
    let Some(text) = draft.said_secret() else {
        let made = draft.name.map(default);
        let refused = HostName::parse(draft.name.value.as_str()).is_err();
        if made.value.as_str().len() > 253 - "-cacert".len() && !refused {
            report.push(
                Diagnostic::error(
                    Code::INVALID_SECRET_NAME,
                    "the default name of this host's Secret is too long",
                )
                .at(
                    draft.node.name.span(),
                    format!("`{}` has {} characters", made.value, made.value.as_str().len()),
                )
                .help("name the Secret: `tls simple secret=\"…\"`"),
            );
            return None;
        }
        return Some(made);
    };
    match ObjectName::parse_credential(text.as_str()) {
        Ok(name) => Some(Traced::said(name, text)),
        Err(error) => {
            report.push(name_finding(Code::INVALID_SECRET_NAME, text, error, "name of a server's Secret"));
            None
        }
    }
}

fn leaf(draft: &Draft<'_>, source: &Source, source_origin: Origin, report: &mut Report) -> Leaf {
    Leaf {
        word: draft.node.word,
        called: draft.called,
        place: draft.node.name.span(),
        settled: draft.settled.clone(),
        authority: source.authority(),
        source_origin,
        certificate: certificate(draft, source),
        name: None,
        names: vec![draft.name.clone()],
        sans: alt_name::of_server(&draft.node.sans, draft.node.word, report),
        revoked: revoked::before(draft.node.revoked.as_ref()),
        metadata: draft.node.secret.clone(),
    }
}

fn certificate(draft: &Draft<'_>, source: &Source) -> CertificateFacts {
    let mut nodes: Vec<&CertificateWords> = vec![&draft.node.serving.certificate];
    nodes.extend(draft.domain.map(|domain| &domain.serving.certificate));
    facts(&nodes, source.common_name(Some(&draft.name)), &DEFAULTS)
}

impl Source {
    /// The authority of ours that signs.
    pub(super) fn authority(&self) -> Option<AuthorityId> {
        match self {
            Self::Authority(id) => Some(*id),
            Self::Ordered(_) | Self::Files | Self::External(_) => None,
        }
    }

    /// The common name of a certificate for which none is said. Public issuers want none.
    pub(super) fn common_name(&self, name: Option<&Traced<HostName>>) -> Option<Traced<String>> {
        let name = name.filter(|name| name.value.as_str().len() <= 64)?;
        matches!(self, Self::Authority(_)).then(|| name.map(ToString::to_string))
    }
}
