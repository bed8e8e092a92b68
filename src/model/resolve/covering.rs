//! `certificate` nodes: one certificate and one TLS server for many hosts of a domain, or a certificate alone.

use std::collections::BTreeMap;

use super::super::name::{HostName, Label, ObjectName};
use super::super::project::{AltName, CredentialId, CredentialKind, GatewayId, Host, Leaf, Order};
use super::certificate::facts;
use super::credential::{self, Credentials, DEFAULTS, Owner};
use super::domain::Domain;
use super::draft::{Draft, full_name};
use super::elsewhere;
use super::host::{Context, Wanted, one};
use super::{alt_name, name_finding, named, settled};
use super::{revoked, route};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Covering, Source, Spec};
use crate::spec::tree::Field;
use crate::spec::{Span, Text, Traced};

/// A host that says what a domain's certificate says, so that it is read in the same way.
pub(super) struct StandIn<'a> {
    said: &'a Covering,
    host: node::Host,
    domain: Span,
}

/// Stand-ins for the certificates of all domains.
pub(super) fn stand_ins(spec: &Spec) -> Vec<StandIn<'_>> {
    let all =
        spec.domains.iter().flat_map(|domain| domain.certificates.iter().map(move |said| (domain, said)));
    all.filter_map(|(domain, said)| {
        let secret = said.secret.clone();
        let tls = secret.map(|secret| node::Tls {
            word: said.word,
            mode: None,
            secret: Some(secret),
            clients: Vec::new(),
            layer: node::Layer::default(),
        });
        let certificate = said.certificate.clone();
        let host = node::Host {
            word: said.word,
            name: said.names.first()?.clone(),
            serving: node::ServingWords { certificate, tls, ..node::ServingWords::default() },
            sans: said.sans.clone(),
            revoked: said.revoked.clone(),
            to: None,
            rewrite: None,
            in_order: None,
            routes: Vec::new(),
            server: said.server.clone(),
            virtual_service: None,
            secret: said.metadata.clone(),
            settled: said.settled.clone(),
        };
        Some(StandIn { said, host, domain: domain.word })
    })
    .collect()
}

/// A domain's certificate with its full names.
pub(super) struct Cover<'a> {
    draft: Draft<'a>,
    names: Vec<Traced<HostName>>,
}

/// Completes the names of the domains' certificates; no two are for the same one.
pub(super) fn drafts<'a>(
    stand_ins: &'a [StandIn<'a>],
    domains: &[Domain<'a>],
    report: &mut Report,
) -> Vec<Cover<'a>> {
    let mut found: Vec<Cover<'a>> = Vec::new();
    let mut seen: BTreeMap<HostName, Span> = BTreeMap::new();
    for stand_in in stand_ins {
        let Some(domain) = domains.iter().find(|domain| domain.node.word == stand_in.domain) else {
            continue;
        };
        let mut names = Vec::new();
        for text in &stand_in.said.names {
            let Some(name) = full_name(text, Some(domain), domains, report) else { continue };
            match seen.get(&name.value) {
                Some(first) => report.push(
                    Diagnostic::error(
                        Code::DUPLICATE_NAME,
                        format!("two certificates of domain `{}` are for `{}`", domain.name, name.value),
                    )
                    .at_text(text, "again here")
                    .at(*first, "first here")
                    .help("keep one of them"),
                ),
                None => {
                    seen.insert(name.value.clone(), text.span());
                    names.push(name);
                }
            }
        }
        let Some(first) = names.first().cloned() else { continue };
        let mut codes = settled(&stand_in.host.settled);
        codes.extend(domain.settled.iter().cloned());
        let draft = Draft {
            called: "certificate",
            node: &stand_in.host,
            domain: Some(domain.node),
            name: first,
            settled: codes,
            spare: domain.spare,
            doubtful: false,
        };
        found.push(Cover { draft, names });
    }
    found
}

/// The TLS server of a domain's certificate.
pub(super) struct Server<'a> {
    domain: Option<&'a node::Domain>,
    names: Vec<Traced<HostName>>,
    /// It as a host that has no routes.
    pub(super) host: Host,
}

/// The servers of the domains' certificates, with their Secrets.
pub(super) fn servers<'a>(
    covers: &[Cover<'a>],
    context: &Context<'_>,
    credentials: &mut Credentials,
    report: &mut Report,
) -> Vec<Server<'a>> {
    let mut found = Vec::new();
    for Cover { draft, names } in covers {
        let mut routes = route::Outside::none();
        let Some((host, wanted, workload)) = one(draft, None, &mut routes, context, &[], report) else {
            continue;
        };
        let Wanted::Own((secret, kind)) = wanted else { continue };
        let all = |leaf: Leaf| Leaf { called: "certificate", names: names.clone(), ..leaf };
        let kind = match kind {
            CredentialKind::Issued(leaf) => CredentialKind::Issued(Box::new(all(*leaf))),
            CredentialKind::Brought(leaf) => CredentialKind::Brought(Box::new(all(*leaf))),
            CredentialKind::Ordered(order) => {
                CredentialKind::Ordered(Box::new(Order { leaf: all(order.leaf.clone()), ..*order }))
            }
            kind @ (CredentialKind::Presented { .. } | CredentialKind::External) => kind,
        };
        let owner = Owner::of(draft);
        let Some(credential) = credentials.add(&owner, (secret, kind), &workload, report) else { continue };
        let host = Host { credential, ..host };
        found.push(Server { domain: draft.domain, names: names.clone(), host });
    }
    found
}

/// The server that a host joins: its domain's certificate is for its name, on its gateway, and it says nothing of its own.
pub(super) fn joins<'s, 'a>(
    draft: &Draft<'_>,
    gateway: GatewayId,
    servers: &'s [Server<'a>],
    report: &mut Report,
) -> Option<&'s Server<'a>> {
    let serving = &draft.node.serving;
    let own = &serving.certificate;
    let says_own = own.source.is_some()
        || own.subject.is_some()
        || own.key.is_some()
        || own.valid.is_some()
        || own.renew_before.is_some()
        || own.renew_key.is_some()
        || serving.tls.is_some()
        || !draft.node.sans.is_empty();
    let domain = draft.domain.map(|domain| domain.word).filter(|_| !says_own)?;
    let of_it = servers.iter().filter(|server| {
        server.domain.is_some_and(|its| its.word == domain) && server.host.gateway == gateway
    });
    let fits = |server: &&Server<'_>| server.names.iter().any(|name| name.value.certifies(&draft.name.value));
    let exact = |server: &&Server<'_>| server.names.iter().any(|name| name.value == draft.name.value);
    let all: Vec<_> = of_it.filter(fits).collect();
    let server = all.iter().copied().find(exact).or_else(|| all.first().copied())?;
    let door = |fields: &[Field]| fields.first().and_then(|field| field.tree.origin.span());
    let said = [
        ("server", door(&draft.node.server)),
        ("secret", door(&draft.node.secret)),
        ("revoked", draft.node.revoked.as_ref().map(|said| said.span)),
    ];
    for (word, span) in said {
        let Some(span) = span else { continue };
        report.push(
            Diagnostic::error(
                Code::WRONG_PLACE,
                format!("`{word}` of `{}` is that of the certificate that it joins", draft.name.value),
            )
            .at(span, "many hosts share it")
            .at(server.host.place, "this certificate")
            .help("say it there, or give the host a certificate of its own, as by `tls simple`"),
        );
    }
    Some(server)
}

/// A server for each name of a certificate that is no host's on the same gateway; a host of that name knows of it.
pub(super) fn listeners(servers: Vec<Server<'_>>, hosts: &mut [Host]) -> Vec<Host> {
    let mut found = Vec::new();
    for server in servers {
        for name in &server.names {
            let same =
                |host: &&mut Host| host.name.value == name.value && host.gateway == server.host.gateway;
            match hosts.iter_mut().find(same) {
                Some(host) if host.credential == server.host.credential => {
                    host.also_listed = Some(name.origin.clone());
                }
                Some(_) => {}
                None => {
                    let place = name.origin.span().unwrap_or(server.host.place);
                    found.push(Host { name: name.clone(), place, ..server.host.clone() });
                }
            }
        }
    }
    found.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    found
}

/// Certificates that stand alone, each with its Secret.
pub(super) fn alone(context: &Context<'_>, credentials: &mut Credentials, report: &mut Report) {
    for node in &context.spec.certificates {
        one_alone(node, context, credentials, report);
    }
}

fn one_alone(
    node: &Covering,
    context: &Context<'_>,
    credentials: &mut Credentials,
    report: &mut Report,
) -> Option<CredentialId> {
    let source = match &node.certificate.source {
        Some(said) => credential::found(said, context, report),
        None if context.spec.is_damaged(node.word) => None,
        None => {
            report.push(missing_authority(node, context));
            None
        }
    };
    let (names, mut sans) = alone_names(node, report);
    sans.sort_by(|a, b| a.value.cmp(&b.value));
    let namespace = match &node.namespace {
        Some(text) => named(report, text, Label::parse, "name of a namespace"),
        None => Some(context.namespace.clone()),
    };
    let secret = alone_secret(node, &names, report);
    if let Some(said) = &node.certificate.source {
        if let Source::Files(span) = said {
            let own = elsewhere::Said { words: &node.certificate, sans: &[], secrets: [None, None] };
            elsewhere::refuse_brought(own, *span, report);
        }
        revoked::check(node.revoked.as_ref(), said, report);
    }
    let (source, source_origin) = source?;
    let certificate = facts(&[&node.certificate], source.common_name(names.first()), &DEFAULTS);
    let leaf = Leaf {
        word: node.word,
        called: "certificate",
        place: node.names.first().map_or(node.word, Text::span),
        settled: settled(&node.settled),
        authority: source.authority(),
        source_origin,
        certificate,
        name: None,
        names,
        sans,
        revoked: revoked::before(node.revoked.as_ref()),
        metadata: node.metadata.clone(),
    };
    let owner = Owner {
        called: leaf.called,
        name: leaf.title(),
        word: node.word,
        said_secret: node.secret.is_some(),
    };
    let kind = credential::kind(source, leaf, context, report);
    credentials.add(&owner, (secret?, kind?), &namespace?, report)
}

/// Its DNS names, and its others.
fn alone_names(node: &Covering, report: &mut Report) -> (Vec<Traced<HostName>>, Vec<Traced<AltName>>) {
    let (mut names, mut sans) = (Vec::new(), Vec::new());
    for text in &node.names {
        match alt_name::parse(text.as_str()) {
            Some(AltName::Dns(name)) => {
                names.extend(HostName::parse(&name).ok().map(|name| Traced::said(name, text)));
            }
            Some(AltName::Email(_)) => report.push(alt_name::no_server(text)),
            Some(other) => sans.push(Traced::said(other, text)),
            None => report.push(
                alt_name::refused(text)
                    .help("write such as `db.example.com`, `10.0.0.5` or `spiffe://example.com/db`"),
            ),
        }
    }
    (names, sans)
}

fn alone_secret(
    node: &Covering,
    names: &[Traced<HostName>],
    report: &mut Report,
) -> Option<Traced<ObjectName>> {
    if let Some(text) = &node.secret {
        return match ObjectName::parse_credential(text.as_str()) {
            Ok(name) => Some(Traced::said(name, text)),
            Err(error) => {
                report.push(name_finding(
                    Code::INVALID_SECRET_NAME,
                    text,
                    error,
                    "name of a server's Secret",
                ));
                None
            }
        };
    }
    let default = match &node.certificate.source {
        Some(Source::CertManager(_)) => ObjectName::default_ordered,
        _ => ObjectName::default_credential,
    };
    let made = names.first().map(|name| name.map(default));
    let fits = made.filter(|made| made.value.as_str().len() <= 253 - "-cacert".len());
    if fits.is_none() && !node.names.is_empty() {
        report.push(
            Diagnostic::error(Code::MISSING_WORD, "this certificate needs a name for its Secret")
                .at(node.word, "no DNS name stands here that could give one, or it is too long")
                .help("write `secret=\"…\"`"),
        );
    }
    fits
}

fn missing_authority(node: &Covering, context: &Context<'_>) -> Diagnostic {
    let finding = Diagnostic::error(Code::MISSING_SOURCE, "this certificate has no authority")
        .at(node.word, "nobody signs it");
    match context.authorities.first() {
        Some(authority) => finding
            .help(format!("write `authority=\"{}\"`", authority.name.value))
            .help("or, if hosts of a domain are to join it, put it into the `domain`"),
        None => finding.help("declare an `authority \"name\"` and name it here"),
    }
}
