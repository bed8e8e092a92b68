//! Spec → [`Project`]: completes names, applies inheritance, resolves references; every complaint at once.

mod alt_name;
mod authority;
mod cacerts;
mod certificate;
mod client;
mod covering;
mod credential;
mod destination;
mod domain;
mod draft;
mod elsewhere;
mod gateway;
mod generation;
mod hierarchy;
mod host;
mod issuer;
#[cfg(test)]
mod mends;
mod near;
mod object;
mod overlap;
mod presented;
mod reference;
mod revoked;
mod route;
mod seed;
mod service;
mod tls;
mod trust;

pub(crate) use near::Near;

use std::collections::{BTreeMap, BTreeSet};

use super::name::{HostName, Label, NameError};
use super::project::{Credential, CredentialKind, Host, Project, SecretsPolicy};
use crate::diag::{Code, Diagnostic, Report};
use crate::schema::OLDEST;
use crate::sops::{NotARecipient, Recipient};
use crate::spec::lost::Lost;
use crate::spec::node::{CaIn, Filter, FluxSubstitute, Settle, Spec};
use crate::spec::{Span, Spanned, Text, Traced};

/// What a spec with mistakes says all the same: good for finding more of them, never for a tree.
pub struct Unfinished {
    /// Without the nodes that were refused.
    pub project: Project,
    /// Whether a recipient may stand in what could not be read or was refused.
    pub recipients_in_doubt: bool,
}

/// Makes a project of a spec, or says everything that is wrong with it. Findings of a valid project are returned beside it.
pub fn resolve(spec: &Spec) -> (Result<Project, Box<Unfinished>>, Report) {
    let mut report = Report::default();
    let namespace = match &spec.project.namespace {
        Some(text) => {
            named(&mut report, text, Label::parse, "namespace").unwrap_or_else(|| default_namespace(text))
        }
        None => Traced::default_of(Label::known("default"), "project.namespace"),
    };
    let mut authorities = authority::all(spec, &mut report);
    let gateways = gateway::all(spec, &namespace, &mut report);
    let domains = domain::all(spec, &mut report);
    let services = service::all(spec, &namespace, &mut report);
    let objects = object::all(spec, &namespace, &mut report);
    let clients = client::all(spec, &authorities, &namespace, &mut report);
    let drafts = draft::drafts(spec, &domains, &mut report);
    let stand_ins = covering::stand_ins(spec);
    let covers = covering::drafts(&stand_ins, &domains, &mut report);
    let host::Made { hosts, listeners, credentials } = host::all(
        &host::Context::new(spec, &namespace, &authorities, &gateways, &services, &clients),
        &drafts,
        &covers,
        &mut report,
    );
    let cacerts = cacerts::all(spec, &mut authorities, &mut report);
    hierarchy::constrain(&mut authorities, &domains, &credentials, &clients, &mut report);
    cacerts::check_constraints(&cacerts, &authorities, &mut report);
    let secrets = secrets_policy(spec, &mut report);
    readable(&secrets, &credentials, &mut report);
    let said = &spec.project;
    let flux_substitute =
        or_default(said.flux_substitute.as_ref(), FluxSubstitute::Off, "project.flux-substitute");
    let istio = or_default(said.istio.as_ref(), OLDEST, "project.istio");
    let hosts_by_credential = by_credential(&hosts, credentials.len());
    let project = Project {
        decisions: decisions(spec, &hosts),
        authorities,
        gateways,
        credentials,
        hosts,
        listeners,
        hosts_by_credential,
        cacerts,
        clients,
        services,
        objects,
        secrets,
        namespace: namespace.value.clone(),
        flux_substitute,
        istio,
        settled: settled(&spec.project.settled),
    };
    seed::check(&project, &mut report);
    if !report.has_errors() {
        return (Ok(project), report);
    }
    let refused = report.findings().iter().any(|finding| finding.code == Code::INVALID_RECIPIENT);
    let recipients_in_doubt = refused || spec.may_say_recipients();
    (Err(Box::new(Unfinished { project, recipients_in_doubt })), report)
}

/// What the project says of itself, or what holds where it says nothing.
fn or_default<T: Copy>(said: Option<&Spanned<T>>, usual: T, word: &'static str) -> Traced<T> {
    match said {
        Some(said) => Traced::new(said.value, crate::spec::Origin::spec(said.span)),
        None => Traced::default_of(usual, word),
    }
}

/// The hosts of each credential.
fn by_credential(hosts: &[Host], credentials: usize) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); credentials];
    for (i, host) in hosts.iter().enumerate() {
        if let Some(of) = found.get_mut(host.credential.0) {
            of.push(i);
        }
    }
    found
}

/// A chain that is brought is kept in its Secret alone, so it must stay readable there.
fn readable(secrets: &SecretsPolicy, credentials: &[Credential], report: &mut Report) {
    let brought = credentials.iter().find_map(|credential| match &credential.kind {
        CredentialKind::Brought(leaf) => Some(leaf),
        _ => None,
    });
    let Some(leaf) = brought.filter(|_| secrets.filter.value == Filter::Rule) else { return };
    let finding = Diagnostic::error(Code::CONFLICT, "with `filter=rule` no key pair can be brought in files")
        .at(leaf.source_origin.span().unwrap_or(leaf.place), "brought in files");
    let finding = match secrets.filter.origin.span() {
        Some(span) => finding.at(span, "may seal its chain, which nobody can make again"),
        None => finding,
    };
    report.push(finding.help("drop `filter=rule`: then private keys alone are sealed"));
}

fn default_namespace(text: &Text) -> Traced<Label> {
    Traced::said(Label::known("default"), text)
}

fn secrets_policy(spec: &Spec, report: &mut Report) -> SecretsPolicy {
    let said = spec.secrets.as_ref();
    SecretsPolicy {
        recipients: said.map(|secrets| recipients(&secrets.recipients, report)).unwrap_or_default(),
        filter: match said.and_then(|secrets| secrets.filter.as_ref()) {
            Some(filter) => Traced::new(filter.value, crate::spec::Origin::spec(filter.span)),
            None => Traced::default_of(Filter::Key, "secrets.filter"),
        },
        ca_in: match said.and_then(|secrets| secrets.ca_in.as_ref()) {
            Some(place) => Traced::new(place.value, crate::spec::Origin::spec(place.span)),
            None => Traced::default_of(CaIn::OwnSecret, "secrets.ca-in"),
        },
        seed: said
            .and_then(|secrets| secrets.seed.as_ref())
            .map(|seed| Traced::new(seed.epoch.value, crate::spec::Origin::spec(seed.epoch.span))),
        one_audience: said.is_some_and(|secrets| secrets.one_audience.is_some()),
    }
}

/// The recipients that are some; what else stands there is reported and never quoted, since it may be a private key.
fn recipients(said: &[Text], report: &mut Report) -> Vec<Traced<Recipient>> {
    let mut found = Vec::new();
    for text in said {
        match text.as_str().parse::<Recipient>() {
            Ok(recipient) => found.push(Traced::said(recipient, text)),
            Err(error) => report.push(invalid_recipient(text, error)),
        }
    }
    found
}

fn invalid_recipient(text: &Text, error: NotARecipient) -> Diagnostic {
    let (label, help) = match error {
        NotARecipient::PrivateKey => (
            "a private key",
            "write the public key that belongs to it, `age1…`: `age-keygen -y FILE` prints it; and make a new pair, since this key was in a spec",
        ),
        _ => (
            "can't be used",
            "a recipient is what `age-keygen` prints as `public key`: `age1` and 58 more letters and digits",
        ),
    };
    Diagnostic::error(Code::INVALID_RECIPIENT, format!("this recipient can't be used: {error}"))
        .at_text(text, label)
        .help(help)
}

/// The codes that `settle` nodes name.
fn settled(nodes: &[Settle]) -> BTreeSet<String> {
    nodes.iter().map(|node| node.code.as_str().to_owned()).collect()
}

/// What is settled at nodes. A host decides on its routes outside, too.
fn decisions(spec: &Spec, hosts: &[Host]) -> Vec<(Span, Code)> {
    let settling = hosts.iter().filter(|host| !host.settled.is_empty());
    let settling: BTreeMap<&str, &Host> = settling.map(|host| (host.name.value.as_str(), host)).collect();
    let mut found = spec.decisions.clone();
    for route in &spec.routes {
        let name = route.host.as_ref().and_then(|name| HostName::parse(name.as_str()).ok());
        let Some(host) = name.and_then(|name| settling.get(name.as_str())) else { continue };
        let codes = Code::ALL.iter().filter(|code| host.settled.contains(code.name()));
        found.extend(codes.map(|code| (route.whole, *code)));
    }
    found
}

/// Reads a name; a mistake is reported at its column.
fn named<T>(
    report: &mut Report,
    text: &Text,
    parse: impl FnOnce(&str) -> Result<T, NameError>,
    what: &str,
) -> Option<Traced<T>> {
    match parse(text.as_str()) {
        Ok(value) => Some(Traced::said(value, text)),
        Err(error) => {
            report.push(name_finding(Code::INVALID_NAME, text, error, what));
            None
        }
    }
}

fn name_finding(code: Code, text: &Text, error: NameError, what: &str) -> Diagnostic {
    Diagnostic::error(code, format!("`{}` is no {what}", text.as_str()))
        .at(text.span_of(error.at), error.reason)
        .help(error.help)
}

/// The candidate that is most like what was written, if any is like it.
fn closest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= 1.max(name.len() / 3))
        .min()
        .map(|(_, name)| name)
}

/// Complains about a name that nothing declares, unless a node that was refused or could not be read may declare it.
fn missing_reference<'a>(
    spec: &Spec,
    text: &Text,
    what: &str,
    written: impl IntoIterator<Item = &'a str>,
) -> Option<Diagnostic> {
    let written: Vec<&str> = written.into_iter().collect();
    let name = text.as_str();
    let may_declare = |lost: &Lost| match what {
        "host" => lost.may_serve(name),
        _ => lost.may_declare(what, name),
    };
    let in_doubt = written.contains(&name) || spec.lost.iter().any(may_declare);
    (!in_doubt).then(|| unknown_reference(text, what, written))
}

/// A reference to something that is not declared.
fn unknown_reference<'a>(text: &Text, what: &str, declared: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let mut names: Vec<_> = declared.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let finding =
        Diagnostic::error(Code::UNKNOWN_REFERENCE, format!("there is no {what} `{}`", text.as_str()))
            .at_text(text, format!("no {what} of this name"));
    if let Some(name) = closest(text.as_str(), names.iter().copied()) {
        return finding.help(format!("did you mean `{name}`?"));
    }
    if names.is_empty() {
        return finding.help(format!("declare it: `{what} \"{}\"`", text.as_str()));
    }
    let more = if names.len() > 8 { ", …" } else { "" };
    names.truncate(8);
    finding.help(format!("declared: {}{more}", names.join(", ")))
}

/// Reports every name that stands twice, with both places, and keeps the first.
fn unique<T, K: Ord + std::fmt::Display>(
    report: &mut Report,
    code: Code,
    what: &str,
    items: Vec<T>,
    key: impl Fn(&T) -> K,
    place: impl Fn(&T) -> Span,
) -> Vec<T> {
    parted(report, code, what, items, key, place).0
}

/// As [`unique`], with those that are left over, for the rest of them to be looked at too.
fn parted<T, K: Ord + std::fmt::Display>(
    report: &mut Report,
    code: Code,
    what: &str,
    items: Vec<T>,
    key: impl Fn(&T) -> K,
    place: impl Fn(&T) -> Span,
) -> (Vec<T>, Vec<T>) {
    let mut seen: BTreeMap<K, Span> = BTreeMap::new();
    let mut kept = Vec::with_capacity(items.len());
    let mut again = Vec::new();
    for item in items {
        let name = key(&item);
        if let Some(first) = seen.get(&name) {
            report.push(
                Diagnostic::error(code, format!("{what} `{name}` is defined twice"))
                    .at(place(&item), "defined again here")
                    .at(*first, "first defined here")
                    .help("keep one of them, or give one another name"),
            );
            again.push(item);
        } else {
            seen.insert(name, place(&item));
            kept.push(item);
        }
    }
    (kept, again)
}
