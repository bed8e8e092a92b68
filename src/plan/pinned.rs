//! Hosts that know a client of this project by its key or by its certificate: a renewal gives it another one, and then it is
//! not let in any more.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Client, Project};
use crate::pki::Certificate;
use crate::spec::Span;
use crate::spec::tree::{Field, Value};
use crate::state::Existing;

/// What a server says of the clients that it takes.
struct Pin<'a> {
    value: &'a str,
    /// Whether it is of the whole certificate, and not of its key.
    whole: bool,
    place: Option<Span>,
}

impl Pin<'_> {
    fn is_of(&self, certificate: &Certificate) -> bool {
        if self.whole {
            self.value.replace(':', "").eq_ignore_ascii_case(certificate.sha256())
        } else {
            self.value == key_pin(certificate)
        }
    }
}

/// Who says so.
struct Server<'a> {
    called: String,
    settled: &'a BTreeSet<String>,
    pins: Vec<Pin<'a>>,
}

/// Reports pins of certificates that are known, each once.
#[must_use]
pub fn check(project: &Project, existing: &Existing) -> Report {
    let mut report = Report::default();
    let mut told = BTreeSet::new();
    for server in servers(project) {
        for client in project.clients.iter().filter(|client| client.revoked.is_none()) {
            let code = Code::PINNED_CLIENT.name();
            let settled = [server.settled, &client.settled];
            if settled.iter().any(|codes| project.is_settled(code, codes)) {
                continue;
            }
            let found = server
                .pins
                .iter()
                .find_map(|pin| Some((pin, said(project, existing, &server, client, pin)?)));
            if let Some((pin, finding)) = found
                && told.insert((pin.place, client.word))
            {
                report.push(match pin.place {
                    Some(place) => finding.at(place, "known by this"),
                    None => finding,
                });
            }
        }
    }
    report
}

/// What is to be said of a pin and a client.
fn said(
    project: &Project,
    existing: &Existing,
    server: &Server<'_>,
    client: &Client,
    pin: &Pin<'_>,
) -> Option<Diagnostic> {
    let authority = project.authority(client.authority).name.value.to_string();
    let there = existing.clients.get(&(authority, client.file_name.clone()));
    let current = there.map(|file| &file.certificate);
    let stays = client.certificate.keeps_key() || project.secrets.seed.is_some();
    let (called, name) = (&server.called, &client.name.value);
    let what = if pin.whole { "certificate" } else { "key" };
    let keep = if stays { String::new() } else { ", and `renew-key=#false` at the client".to_owned() };
    let by_key = |certificate: &Certificate| {
        format!("pin its key: `verify-certificate-spki \"{}\"`{keep}", key_pin(certificate))
    };
    let finding = if let Some(current) = current.filter(|current| pin.is_of(current)) {
        if stays && !pin.whole {
            return None;
        }
        let end = current.not_after().date();
        let finding = warning(format!(
            "{called} knows client `{name}` by its {what}, and the next renewal gives it another one"
        ))
        .note(format!("from then on the client is not let in; the one that it has ends on {end}"));
        if pin.whole {
            finding.help(by_key(current))
        } else {
            finding.help("write `renew-key=#false` at the client: then its key stays")
        }
    } else {
        let mut earlier = existing.certificates_of(&client.file_name);
        let knows_current = current.is_some_and(|current| server.pins.iter().any(|pin| pin.is_of(current)));
        if knows_current || !earlier.any(|certificate| pin.is_of(certificate)) {
            return None;
        }
        let finding = warning(format!("{called} knows client `{name}` by a {what} that it had before"))
            .note("with the one that it has now it is not let in");
        match current {
            Some(current) => finding.help(by_key(current)),
            None => finding,
        }
    };
    Some(finding.help(format!("or let it in by its name: `clients \"{name}\"` in the braces of `tls`")))
}

fn warning(message: String) -> Diagnostic {
    Diagnostic::warning(Code::PINNED_CLIENT, message)
}

/// All that pin anything: hosts, and servers that a gateway or a Gateway says itself.
fn servers(project: &Project) -> Vec<Server<'_>> {
    let none: &BTreeSet<String> = &project.settled;
    let hosts = project
        .hosts
        .iter()
        .map(|host| (format!("host `{}`", host.name.value), &host.settled, &host.tls_layer));
    let gateways = project.gateways().iter();
    let gateways = gateways.map(|gateway| {
        (format!("gateway `{}`", gateway.name.value), &gateway.settled, &gateway.layer.fields)
    });
    let objects = project.objects.iter().filter(|object| object.kind.value == "Gateway");
    let objects =
        objects.map(|object| (format!("Gateway `{}`", object.name.value), none, &object.content.fields));
    let all = hosts.chain(gateways).chain(objects).map(|(called, settled, fields)| {
        let mut pins = Vec::new();
        gather(fields, &mut pins);
        Server { called, settled, pins }
    });
    all.filter(|server| !server.pins.is_empty()).collect()
}

fn gather<'a>(fields: &'a [Field], found: &mut Vec<Pin<'a>>) {
    for field in fields {
        let items = match &field.tree.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&field.tree),
        };
        for item in items {
            match (&*field.name, &item.value) {
                (_, Value::Map(fields)) => gather(fields, found),
                (name @ ("verifyCertificateSpki" | "verifyCertificateHash"), Value::String(value)) => {
                    let whole = name == "verifyCertificateHash";
                    found.push(Pin { value, whole, place: item.origin.span() });
                }
                _ => {}
            }
        }
    }
}

/// The SHA-256 of a certificate's public key, as Envoy takes it.
pub(super) fn key_pin(certificate: &Certificate) -> String {
    let hex = certificate.spki_sha256().as_bytes().chunks(2);
    let bytes = hex.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    STANDARD.encode(bytes.collect::<Vec<_>>())
}
