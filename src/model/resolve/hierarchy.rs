//! Authorities under authorities: who issues whose certificate, how deep that goes, and for which names.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::super::name::HostName;
use super::super::project::{
    AltName, Authority, AuthorityId, CertificateFacts, Client, Credential, CredentialKind, IpRange, Permitted,
};
use super::certificate::check_valid;
use super::domain::Domain;
use super::{missing_reference, name_finding};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Source, Spec};
use crate::spec::{Origin, Text, Traced};

/// The authority that a node stands under, as written.
pub(super) fn above(node: &node::Authority) -> Option<&Text> {
    match &node.certificate.source {
        Some(Source::Authority(text)) => Some(text),
        _ => None,
    }
}

/// Finds the authorities above each, and how many follow below it. `said` are the names as written, in the same order.
pub(super) fn link(authorities: &mut [Authority], said: &[Option<&Text>], spec: &Spec, report: &mut Report) {
    let names: Vec<String> = authorities.iter().map(|authority| authority.name.value.to_string()).collect();
    for (authority, text) in authorities.iter_mut().zip(said) {
        let Some(text) = text else { continue };
        match names.iter().position(|name| name == text.as_str()) {
            Some(i) => authority.parent = Some(Traced::said(AuthorityId(i), text)),
            None => {
                let written = spec.authorities.iter().map(|authority| authority.name.as_str());
                missing_reference(spec, text, "authority", written)
                    .into_iter()
                    .for_each(|finding| report.push(finding));
            }
        }
    }
    break_circles(authorities, report);
    let heights: Vec<_> = (0..authorities.len()).map(|i| ways_up(authorities, i)).collect();
    for way in &heights {
        for (height, id) in way.iter().enumerate() {
            let links = way[..height].iter().filter_map(|id| authorities[id.0].parent.as_ref());
            let origin = links.map(|parent| parent.origin.clone()).reduce(|all, one| all.and(&one));
            let height = u8::try_from(height).unwrap_or(u8::MAX);
            let authority = &mut authorities[id.0];
            if height > authority.below {
                (authority.below, authority.below_origin) = (height, origin);
            }
        }
    }
    for (i, way) in heights.iter().enumerate() {
        let Some(parent) = way.get(1).map(|id| &authorities[id.0]) else { continue };
        check_valid(&authorities[i].certificate, parent, spec, report);
        for above in way.iter().skip(1).map(|id| &authorities[id.0]) {
            check_subject(&authorities[i], above, report);
        }
    }
}

/// An authority and all above it, from itself to its root.
fn ways_up(authorities: &[Authority], from: usize) -> Vec<AuthorityId> {
    let mut way = vec![AuthorityId(from)];
    while let Some(parent) =
        way.last().and_then(|id| authorities.get(id.0)).and_then(|authority| authority.parent.as_ref())
    {
        way.push(parent.value);
    }
    way
}

fn break_circles(authorities: &mut [Authority], report: &mut Report) {
    for i in 0..authorities.len() {
        let mut seen = BTreeSet::from([i]);
        let mut at = i;
        while let Some(parent) = authorities[at].parent.clone() {
            if parent.value.0 == i {
                let name = authorities[i].name.value.clone();
                let mut finding = Diagnostic::error(
                    Code::CONFLICT,
                    format!("authority `{name}` would issue its own certificate through others"),
                );
                if let Some(span) = authorities[i].parent.as_ref().and_then(|parent| parent.origin.span()) {
                    finding = finding.at(span, "leads back to itself");
                }
                report.push(finding.help("leave `authority` out at the one that is the root"));
                authorities[i].parent = None;
                break;
            }
            if !seen.insert(parent.value.0) {
                break;
            }
            at = parent.value.0;
        }
    }
}

/// Chains are put together by names: one that is its own issuer's would end too early.
fn check_subject(authority: &Authority, above: &Authority, report: &mut Report) {
    let subject = |of: &Authority| {
        let subject = &of.certificate.subject;
        [
            &subject.common_name,
            &subject.organization,
            &subject.organizational_unit,
            &subject.country,
            &subject.state,
            &subject.locality,
        ]
        .map(|part| part.as_ref().map(|part| part.value.clone()))
    };
    if subject(authority) == subject(above) {
        report.push(
            Diagnostic::error(
                Code::CONFLICT,
                format!(
                    "authority `{}` has the same subject as `{}` above it",
                    authority.name.value, above.name.value
                ),
            )
            .at(authority.word, "would look like its own issuer")
            .at(above.word, "the one above")
            .help("give one of them another `subject`"),
        );
    }
}

/// Names that are permitted, each with its reason.
type Parts = Vec<(Permitted, Origin)>;

/// All of them together. What lies in another's domain or range decides nothing.
fn whole(parts: &Parts) -> (Permitted, Option<Origin>) {
    let mut all = Permitted::default();
    parts.iter().for_each(|(part, _)| all.extend(part));
    let decisive = parts.iter().filter(|(part, _)| part.is_part_of(&all));
    let origin = decisive.map(|(_, origin)| origin.clone()).reduce(|all, one| all.and(&one));
    (all, origin)
}

/// What `permitted` says, or what says that nothing is constrained, with the reason.
pub(super) fn said(node: &node::Authority, report: &mut Report) -> (Option<Permitted>, Option<Origin>) {
    if node.permitted.is_empty() {
        return (None, node.unconstrained.map(Origin::spec));
    }
    let mut parts = Parts::new();
    for text in &node.permitted {
        let mut own = Permitted::default();
        if let Some(range) = IpRange::parse(text.as_str()) {
            own.add_range(range);
        } else if text.as_str().contains('/') {
            report.push(
                Diagnostic::error(
                    Code::WRONG_VALUE,
                    format!("`{}` is no range of IP addresses", text.as_str()),
                )
                .at_text(text, "neither a range nor a domain")
                .help("write such as `10.0.0.0/8` or `2001:db8::/32`"),
            );
        } else {
            match domain(text) {
                Ok(domain) => own.add_domain(&domain),
                Err(finding) => report.push(*finding),
            }
        }
        parts.push((own, Origin::spec(text.span())));
    }
    let (all, origin) = whole(&parts);
    (Some(all), origin)
}

fn domain(text: &Text) -> Result<String, Box<Diagnostic>> {
    let written = text.as_str();
    // A top-level domain of one's own, such as `internal`, is fine here.
    let name = if written.contains('.') { written.to_owned() } else { format!("x.{written}") };
    match HostName::parse(&name) {
        Ok(name) if name.is_wildcard() => Err(Box::new(
            Diagnostic::error(Code::INVALID_NAME, format!("`{written}` is no domain"))
                .at_text(text, "a domain has no wildcard: all that lies below it is meant")
                .help(format!("write `{}`", written.trim_start_matches("*."))),
        )),
        Ok(name) if !written.contains('.') => Ok(name.as_str().trim_start_matches("x.").to_owned()),
        Ok(name) => Ok(name.to_string()),
        Err(error) if written.contains('.') => {
            Err(Box::new(name_finding(Code::INVALID_NAME, text, error, "domain")))
        }
        Err(_) => Err(Box::new(
            Diagnostic::error(Code::INVALID_NAME, format!("`{written}` is no domain"))
                .at_text(text, "neither a domain nor a range of IP addresses"),
        )),
    }
}

/// A name of a certificate, with the authority that issues it and what chose that.
struct Issued<'a> {
    authority: AuthorityId,
    chosen: &'a Origin,
    name: Traced<AltName>,
}

/// Derives for which names each authority under another may issue, and holds what was said against what is issued.
pub(super) fn constrain(
    authorities: &mut [Authority],
    domains: &[Domain<'_>],
    credentials: &[Credential],
    clients: &[Client],
    report: &mut Report,
) {
    let names = names(credentials, clients);
    let mut parts: Vec<Parts> = vec![Vec::new(); authorities.len()];
    for domain in domains.iter().filter(|domain| domain.named) {
        if let Some(Source::Authority(text)) = &domain.node.serving.certificate.source
            && let Some(i) = authorities.iter().position(|a| a.name.value.as_str() == text.as_str())
        {
            let mut own = Permitted::default();
            own.add_domain(&domain.name);
            parts[i].push((own, Origin::spec(domain.text().span()).and(&Origin::spec(text.span()))));
        }
    }
    for Issued { authority, chosen, name } in &names {
        let mut own = Permitted::default();
        own.add(&name.value);
        parts[authority.0].push((own, name.origin.and(chosen)));
    }
    // From below upward: each permits what those below it do.
    let mut order: Vec<usize> = (0..authorities.len()).collect();
    order.sort_by_key(|i| authorities[*i].below);
    for i in order {
        let authority = &mut authorities[i];
        authority.is_named = !parts[i].is_empty();
        if authority.permitted.is_none() && authority.parent.is_some() && authority.unconstrained.is_none() {
            let (permitted, origin) = whole(&parts[i]);
            authority.permitted = Some(permitted);
            authority.permitted_origin = origin;
        }
        let Some(parent) = authority.parent.as_ref().map(|parent| parent.value.0) else { continue };
        let own = match (&authority.permitted, &authority.permitted_origin) {
            (Some(permitted), Some(origin)) => vec![(permitted.clone(), origin.clone())],
            _ => parts[i].clone(),
        };
        parts[parent].extend(own);
    }
    for Issued { authority, name, .. } in &names {
        for above in ways_up(authorities, authority.0) {
            let authority = &authorities[above.0];
            let permitted = authority.permitted.as_ref().filter(|_| authority.permitted_said.is_some());
            if permitted.is_some_and(|permitted| !permitted.allows(&name.value)) {
                report.push(outside(authority, name));
            }
        }
    }
}

fn outside(authority: &Authority, name: &Traced<AltName>) -> Diagnostic {
    let title = &authority.name.value;
    let mut finding = Diagnostic::error(
        Code::NAME_CONSTRAINTS,
        format!("`{}` is none of the names that authority `{title}` may issue for", name.value),
    );
    if let Some(span) = name.origin.span() {
        finding = finding.at(span, "not permitted");
    }
    if let Some(span) = authority.permitted_said {
        finding = finding.at(span, "permitted are these");
    }
    finding
        .note("whoever checks the chain would refuse the certificate")
        .help("permit it there too, or name another authority")
}

fn names<'a>(credentials: &'a [Credential], clients: &'a [Client]) -> Vec<Issued<'a>> {
    let mut found = Vec::new();
    for credential in credentials {
        let CredentialKind::Issued(leaf) = &credential.kind else { continue };
        let hosts = leaf.names.iter().map(|name| name.map(AltName::of_host));
        let Some(authority) = leaf.authority else { continue };
        let all: Vec<_> = hosts.chain(leaf.sans.iter().cloned()).collect();
        let subject = name_by_subject(&all, &leaf.certificate);
        let all = all.into_iter().chain(subject);
        let chosen = &leaf.source_origin;
        found.extend(all.map(|name| Issued { authority, chosen, name }));
    }
    for client in clients {
        let all = client.sans.iter().cloned().chain(name_by_subject(&client.sans, &client.certificate));
        let (authority, chosen) = (client.authority, &client.authority_origin);
        found.extend(all.map(|name| Issued { authority, chosen, name }));
    }
    found
}

/// OpenSSL takes a common name for a DNS name where no other one is there, also one that is an IPv4 address, and holds it
/// against the constraints.
fn name_by_subject(sans: &[Traced<AltName>], facts: &CertificateFacts) -> Option<Traced<AltName>> {
    let has_dns = sans.iter().any(|san| matches!(san.value, AltName::Dns(_)));
    let name = facts.subject.common_name.as_ref().filter(|_| !has_dns)?;
    let is_address = name.value.parse::<Ipv4Addr>().is_ok();
    let dns = match HostName::parse(&name.value) {
        Ok(host) => AltName::of_host(&host),
        Err(_) if is_address => AltName::Dns(name.value.clone()),
        Err(_) => return None,
    };
    Some(Traced::new(dns, name.origin.clone()))
}
