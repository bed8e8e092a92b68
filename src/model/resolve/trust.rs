//! Whose clients a host lets in: all of an authority, or those of a group, or single ones.

use super::super::project::{AltName, AuthorityId, Client, ClientTrust};
use super::host::{Context, push_once};
use super::missing_reference;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::{Origin, Text, Traced};

/// Who is meant by a name in `clients`.
enum Whom<'a> {
    /// All clients of an authority.
    All(AuthorityId),
    /// These.
    These(Vec<&'a Client>),
}

fn whom<'a>(text: &Text, context: &Context<'a>) -> Option<Whom<'a>> {
    let name = text.as_str();
    if let Some(i) = context.authorities.iter().position(|authority| authority.name.value.as_str() == name) {
        return Some(Whom::All(AuthorityId(i)));
    }
    let in_group = |client: &&Client| client.group.as_ref().is_some_and(|group| group.value == name);
    let group: Vec<_> = context.clients.iter().filter(in_group).collect();
    if !group.is_empty() {
        return Some(Whom::These(group));
    }
    let one = context.clients.iter().find(|client| client.name.value == name)?;
    Some(Whom::These(vec![one]))
}

/// Reports a name in `clients` that is nobody's: once, whoever says it in that place.
pub(super) fn check(text: &Text, context: &Context<'_>, report: &mut Report) {
    if whom(text, context).is_some() {
        return;
    }
    let spec = context.spec;
    let authorities = spec.authorities.iter().map(|authority| authority.name.as_str());
    let groups = spec.groups.iter().map(|group| group.name.as_str());
    let grouped = spec.groups.iter().flat_map(|group| &group.clients);
    let clients = spec.clients.iter().chain(grouped).map(|client| client.name.as_str());
    let may_be = |word: &str| spec.lost.iter().any(|lost| lost.may_declare(word, text.as_str()));
    if may_be("clients") || may_be("client") {
        return;
    }
    push_once(report, missing_reference(spec, text, "authority", authorities.chain(groups).chain(clients)));
}

/// Whom the names in `clients` let in, and the names that their certificates must have where not all of an authority are
/// meant.
pub(super) fn named(
    texts: &[Text],
    context: &Context<'_>,
    report: &mut Report,
) -> (ClientTrust, Vec<Traced<AltName>>) {
    let mut authorities = Vec::new();
    let mut all: Option<&Text> = None;
    let mut these: Vec<(&Client, &Text)> = Vec::new();
    for text in texts {
        check(text, context, report);
        match whom(text, context) {
            Some(Whom::All(id)) => {
                authorities.push(id);
                all.get_or_insert(text);
            }
            Some(Whom::These(clients)) => these.extend(clients.into_iter().map(|client| (client, text))),
            None => {}
        }
    }
    if let (Some(all), Some((_, some))) = (all, these.first()) {
        push_once(report, mixed(all, some));
    }
    authorities.extend(these.iter().map(|(client, _)| client.authority));
    authorities.sort_unstable();
    authorities.dedup();
    if all.is_some() || these.is_empty() {
        return (ClientTrust::Authorities(authorities), Vec::new());
    }
    // Without the revoked ones, also before their list is signed.
    let present: Vec<_> = these.iter().copied().filter(|(client, _)| client.revoked.is_none()).collect();
    let mut names: Vec<Traced<AltName>> = Vec::new();
    if present.is_empty() {
        names.extend(nobody(&these));
    }
    for (client, text) in present {
        let Some(name) = client.sans.first() else { continue };
        let is_meant = |other: &Client| these.iter().any(|(client, _)| client.name.value == other.name.value);
        let other = context.clients.iter().find(|other| {
            authorities.contains(&other.authority)
                && !is_meant(other)
                && other.sans.iter().any(|san| san.value == name.value)
        });
        if let Some(other) = other {
            push_once(report, shared(client, other, &name.value));
        }
        let origin = name.origin.and(&Origin::spec(text.span()));
        if !names.iter().any(|known| known.value == name.value) {
            names.push(Traced::new(name.value.clone(), origin));
        }
    }
    names.sort_by(|a, b| a.value.cmp(&b.value));
    let values = names.iter().map(|name| name.value.clone()).collect();
    (ClientTrust::Clients { authorities, names: values }, names)
}

/// Why a name in `clients` stands for the authorities that it does: it, and what chose the authority of each client.
pub(super) fn origin(text: &Text, context: &Context<'_>) -> Origin {
    let own = Origin::spec(text.span());
    match whom(text, context) {
        Some(Whom::These(clients)) => {
            clients.into_iter().fold(own, |all, client| all.and(&client.authority_origin))
        }
        _ => own,
    }
}

/// A name that no certificate has, where all who are named are revoked: a host that names nobody would let in
/// everybody.
fn nobody(these: &[(&Client, &Text)]) -> Option<Traced<AltName>> {
    let mut origins = these.iter().flat_map(|(client, text)| {
        [Origin::spec(text.span())].into_iter().chain(client.revoked.iter().map(|since| since.origin.clone()))
    });
    let first = origins.next()?;
    Some(Traced::new(AltName::nobody(), origins.fold(first, |all, one| all.and(&one))))
}

fn mixed(all: &Text, some: &Text) -> Diagnostic {
    Diagnostic::error(Code::CONFLICT, "a host lets in all clients of its authorities, or those that it names")
        .at_text(all, "an authority: all of its clients")
        .at_text(some, "only these")
        .note("Envoy holds every client against one list of names")
        .help("name groups or clients only, or authorities only")
}

fn shared(client: &Client, other: &Client, name: &AltName) -> Diagnostic {
    Diagnostic::error(
        Code::CONFLICT,
        format!(
            "client `{}` would be taken for `{}`: both have the name `{name}`",
            other.name.value, client.name.value
        ),
    )
    .at(client.word, "is let in by that name")
    .at(other.word, "has it too, and is not to be let in")
    .help("give each a `san` of its own, the one that tells it apart first")
}
