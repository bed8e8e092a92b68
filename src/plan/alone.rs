//! A certificate that cert-manager gets for a host, as a `certificate` of its own in the spec: word for word what gives the
//! same Certificate.

use super::rotation::length;
use crate::model::{AltName, Credential, Order};
use crate::schema::Table;
use crate::schema::words::{Printed, Writer, literal};
use crate::spec::Traced;
use crate::spec::node::KeyKind;
use crate::spec::node::cert_manager::CERT_MANAGER;
use crate::spec::node::certificate::SUBJECT;
use crate::spec::node::covering::CERTIFICATE_OUTSIDE;
use crate::spec::node::door::METADATA;
use crate::spec::node::stands;
use crate::spec::tree::{Field, Value};
use crate::time::Seconds;

/// What holds where nothing is said.
const VALID: Seconds = Seconds::days(90);
const KIND: &str = "ClusterIssuer";
const GROUP: &str = "cert-manager.io";

/// Its text. `two` says that it orders the second key too.
pub(super) fn written(table: &Table, credential: &Credential, order: &Order, two: bool) -> String {
    let leaf = &order.leaf;
    let facts = &leaf.certificate;
    let mut node = Printed {
        arguments: leaf.alt_names().iter().map(AltName::to_string).map(text).collect(),
        ..Printed::new(CERTIFICATE_OUTSIDE.name)
    };
    let mut say = |name: &str, value: String| node.properties.push((name.to_owned(), value));
    say("namespace", text(credential.namespace.value.to_string()));
    say("secret", text(credential.secret.value.to_string()));
    let issuer = issuer(table, order);
    if issuer.properties.is_empty() && issuer.children.is_empty() {
        say(CERT_MANAGER.name, text(order.issuer.value.to_string()));
    }
    let second = facts.second_key.as_ref().filter(|_| two).map(|key| key.value.word().to_owned());
    if facts.key.value != KeyKind::EcdsaP256 && second.is_none() {
        say("key", facts.key.value.word().to_owned());
    }
    if facts.valid.value != VALID {
        say("valid", text(length(facts.valid.value)));
    }
    if let Some(before) = &facts.renew_before {
        say("renew-before", text(length(before.value)));
    }
    if facts.keeps_key() {
        say("renew-key", "#false".to_owned());
    }
    if !issuer.properties.is_empty() || !issuer.children.is_empty() {
        node.children.push(issuer);
    }
    if let Some(second) = second {
        let keys = vec![facts.key.value.word().to_owned(), second];
        node.children.push(Printed { arguments: keys, ..Printed::new("key") });
    }
    let subject = subject(order);
    let metadata = layer(table, METADATA.name, &leaf.metadata);
    let said = [subject, metadata].into_iter();
    node.children.extend(said.filter(|node| !node.properties.is_empty() || !node.children.is_empty()));
    node.print().trim_end().to_owned()
}

fn text(value: String) -> String {
    literal(&Value::String(value.into())).unwrap_or_default()
}

/// The issuer, with all that the Certificate says beside what nodes of ours decide.
fn issuer(table: &Table, order: &Order) -> Printed {
    let mut node = layer(table, CERT_MANAGER.name, &order.layer);
    node.arguments.push(text(order.issuer.value.to_string()));
    let mut said: Vec<(String, String)> = Vec::new();
    let other = |said: &Traced<String>, usual: &str| (said.value != usual).then(|| text(said.value.clone()));
    said.extend(other(&order.kind, KIND).map(|kind| ("kind".to_owned(), kind)));
    said.extend(other(&order.group, GROUP).map(|group| ("group".to_owned(), group)));
    if let Some(challenge) = &order.challenge {
        said.push(("challenge".to_owned(), challenge.value.word().to_owned()));
    }
    node.properties.splice(0..0, said);
    node
}

/// Fields of a schema in a node of ours.
fn layer(table: &Table, word: &str, fields: &[Field]) -> Printed {
    let mut node = Printed::new(word);
    let stand = stands::STANDS.iter().find(|stand| stand.word.name == word);
    if let Some((ty, _)) = stand.and_then(|stand| stand.types(table)) {
        Writer { table }.fields(ty, fields, &mut node);
    }
    let children = std::mem::take(&mut node).into_children();
    Printed { children, ..Printed::new(word) }
}

fn subject(order: &Order) -> Printed {
    let said = &order.leaf.certificate.subject;
    let attributes = [
        ("common-name", &said.common_name),
        ("organization", &said.organization),
        ("organizational-unit", &said.organizational_unit),
        ("country", &said.country),
        ("state", &said.state),
        ("locality", &said.locality),
    ];
    let said = attributes.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    Printed {
        properties: said.map(|(name, value)| (name.to_owned(), text(value.value.clone()))).collect(),
        ..Printed::new(SUBJECT.name)
    }
}
