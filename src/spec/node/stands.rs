//! Where nodes of ours stand in a schema: a word that is none of ours is that schema's there.

use super::cert_manager;
use super::context::Context;
use super::host::{DOMAIN_TLS, TLS};
use super::word::Word;
use super::{door, gateway, route, service};
use crate::diag::{Code, Diagnostic};
use crate::schema::words::{Body, Words};
use crate::schema::{self, Kind, Table, Type};
use crate::spec::Origin;
use crate::spec::annotation::Field as By;
use crate::spec::part::Part;
use crate::spec::source::Text;
use crate::spec::syntax::Node;
use crate::spec::tree::{Field, Tree, Value};

/// The place of a word of ours in a schema.
#[derive(Debug)]
pub struct Stand {
    /// The word.
    pub word: &'static Word,
    /// The API group of the kind.
    pub group: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The fields down to the place; lists stand for their items.
    pub path: &'static [&'static str],
    /// A field of the place whose own fields may be said there too.
    pub through: Option<&'static str>,
    /// Fields that only words of ours decide, with what to write instead.
    pub ours: &'static [(&'static str, &'static str)],
}

const ISTIO: &str = "networking.istio.io";
const MODE: (&str, &str) = (
    "mode",
    "write `tls simple`, `tls mutual` or `tls optional-mutual`; a server of another mode is said whole in its `gateway`: `servers { … }`",
);
const CREDENTIAL: (&str, &str) = (
    "credentialName",
    "name the Secret with `tls secret=\"…\"`, or with `external=\"…\"` where something else makes it",
);

const CREDENTIALS: (&str, &str) = (
    "credentialNames",
    "two keys make two Secrets, and both are named: `key ecdsa-p256 rsa-2048` at the host",
);

/// All of them.
pub static STANDS: [Stand; 11] = [
    Stand {
        word: &gateway::GATEWAY,
        group: ISTIO,
        kind: "Gateway",
        path: &["spec"],
        through: None,
        ours: &[],
    },
    tls(&TLS),
    tls(&DOMAIN_TLS),
    http(&route::ROUTE),
    http(&route::ROUTE_OUTSIDE),
    Stand {
        word: &route::TO,
        group: ISTIO,
        kind: "VirtualService",
        path: &["spec", "http", "route"],
        through: None,
        ours: &[],
    },
    Stand {
        word: &service::SERVICE,
        group: ISTIO,
        kind: "DestinationRule",
        path: &["spec"],
        through: Some("trafficPolicy"),
        ours: &[],
    },
    Stand {
        word: &service::SUBSET,
        group: ISTIO,
        kind: "DestinationRule",
        path: &["spec", "subsets"],
        through: Some("trafficPolicy"),
        ours: &[],
    },
    Stand {
        word: &door::SERVER,
        group: ISTIO,
        kind: "Gateway",
        path: &["spec", "servers"],
        through: None,
        ours: &[
            ("port", "the `gateway` says its ports"),
            ("hosts", "a server's hosts are those of its certificate"),
            ("tls", "say it in the host's `tls`"),
        ],
    },
    Stand {
        word: &door::METADATA,
        group: ISTIO,
        kind: "Gateway",
        path: &["metadata"],
        through: None,
        ours: &[
            ("name", "the node's name is that of its resource"),
            ("namespace", "write `namespace=\"…\"` on the line of the node"),
        ],
    },
    Stand {
        word: &cert_manager::CERT_MANAGER,
        group: "cert-manager.io",
        kind: "Certificate",
        path: &["spec"],
        through: None,
        ours: &ORDERED,
    },
];

/// What the node around a `cert-manager` decides.
static ORDERED: [(&str, &str); 14] = [
    (
        "secretName",
        "the node around it says it: `secret=\"…\"` in the `tls` of a host, or at a `certificate`",
    ),
    ("issuerRef", "`cert-manager \"NAME\" kind=\"…\" group=\"…\"` says it"),
    ("dnsNames", NAMES),
    ("ipAddresses", NAMES),
    ("uris", NAMES),
    ("emailAddresses", "a server has no e-mail address"),
    ("otherNames", "a server's names are DNS names, IP addresses and URIs"),
    ("commonName", "`subject common-name=\"…\"` of the node around it says it"),
    ("subject", "the `subject` of the node around it says it"),
    ("literalSubject", "the `subject` of the node around it says it"),
    ("duration", "the `valid` of the node around it says it"),
    ("isCA", "this certificate is a server's"),
    ("nameConstraints", "this certificate is a server's, and an authority alone has them"),
    (
        "secretTemplate",
        "`secret { metadata { … } }` of a host, or the `metadata` of a `certificate`, says it",
    ),
];
const NAMES: &str = "the names are those of the node around it, and its `san`";

const fn tls(word: &'static Word) -> Stand {
    Stand {
        word,
        group: ISTIO,
        kind: "Gateway",
        path: &["spec", "servers", "tls"],
        through: None,
        ours: &[MODE, CREDENTIAL, CREDENTIALS],
    }
}

const fn http(word: &'static Word) -> Stand {
    Stand { word, group: ISTIO, kind: "VirtualService", path: &["spec", "http"], through: None, ours: &[] }
}

/// Where a word stands, if it stands anywhere.
#[must_use]
pub fn of(word: &Word) -> Option<&'static Stand> {
    STANDS.iter().find(|stand| std::ptr::eq(stand.word, word))
}

impl Stand {
    /// Its kind.
    #[must_use]
    pub fn kind<'t>(&self, table: &'t Table) -> Option<&'t Kind> {
        table.kind(self.group, "", self.kind)
    }

    /// The type at the place, and the one to look through to.
    #[must_use]
    pub fn types<'t>(&self, table: &'t Table) -> Option<(&'t Type, Option<&'t Type>)> {
        let root = table.ty(self.kind(table)?.root);
        let ty = table.object(table.at(root, self.path)?.innermost())?;
        let through = self.through.and_then(|field| table.object(&ty.field(field)?.shape));
        Some((ty, through))
    }

    /// Whether a word is a field there.
    pub(super) fn has(&self, table: &Table, word: &str) -> bool {
        self.types(table)
            .is_some_and(|(ty, through)| ty.by_word(word).or_else(|| through?.by_word(word)).is_some())
    }

    /// Whether a field there has that exact name.
    pub(super) fn has_exactly(&self, table: &Table, name: &str) -> bool {
        self.types(table).is_some_and(|(ty, _)| ty.field(name).is_some())
    }

    /// The words of the fields there that no word of ours decides; `line` those alone that may stand on the node's line.
    pub(super) fn words<'t>(&self, table: &'t Table, line: bool) -> Vec<&'t str> {
        let Some((ty, through)) = self.types(table) else { return Vec::new() };
        let fields = ty.fields.iter().chain(through.into_iter().flat_map(|ty| &ty.fields));
        let free = fields.filter(|field| !self.ours.iter().any(|(ours, _)| *ours == &*field.name));
        let value = |field: &&schema::Field| {
            let inner = table.object(&field.shape).and_then(Type::wrapped);
            inner.map_or(&field.shape.form, |inner| &inner.shape.form).is_scalar()
        };
        free.filter(|field| !line || value(field)).map(|field| &*field.word).collect()
    }

    /// What is said there, as parts of an object of its kind.
    pub(crate) fn parts(&self, layer: &Layer) -> impl Iterator<Item = Part> {
        let part = |more: Option<&str>, fields: &[Field]| Part {
            kind: (ISTIO.to_owned(), self.kind.to_owned()),
            version: String::new(),
            path: self.path.iter().copied().chain(more).map(str::to_owned).collect(),
            fields: fields.to_vec(),
            broken: Vec::new(),
            of: self.word.called.to_owned(),
        };
        let both = [part(None, &layer.fields), part(self.through, &layer.through)];
        both.into_iter().filter(|part| !part.fields.is_empty())
    }

    /// The place as a person reads it: `VirtualService.spec.http[]`.
    #[must_use]
    pub fn shown(&self, table: &Table) -> String {
        let mut shown = self.kind.to_owned();
        let Some(kind) = self.kind(table) else { return shown };
        for (i, name) in self.path.iter().enumerate() {
            let at = self.path.get(..=i).and_then(|path| table.at(table.ty(kind.root), path));
            let list = at.is_some_and(|shape| matches!(shape.form, schema::Form::List(_)));
            shown.push_str(&format!(".{name}{}", if list { "[]" } else { "" }));
        }
        shown
    }
}

/// What a node says in the words of the schema in which it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    /// Fields of the place.
    pub fields: Vec<Field>,
    /// Fields of the one that the place looks through to.
    pub through: Vec<Field>,
    /// Whether a part of it could not be read; then all of it is left out.
    pub lost: bool,
}

impl Layer {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.through.is_empty()
    }

    /// The field of that exact name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Reads what a node says in its schema's words.
pub(super) fn read(cx: &mut Context<'_>, word: &Word, node: &Text, body: &Body<'_>) -> Layer {
    let table = cx.table;
    let Some((stand, (ty, through))) = of(word).and_then(|stand| Some((stand, stand.types(table)?))) else {
        return Layer::default();
    };
    if body.properties.is_empty() && body.children.is_empty() {
        return Layer::default();
    }
    let deeper = |name: &Text| {
        ty.by_word(name.as_str()).is_none() && through.is_some_and(|ty| ty.by_word(name.as_str()).is_some())
    };
    let is_deeper = |child: &&Node| {
        child.annotation.as_ref().is_none_or(|said| said.value.field == By::Word) && deeper(&child.name)
    };
    let (through_children, children) = body.children.iter().copied().partition(is_deeper);
    let (through_properties, properties) = body.properties.iter().copied().partition(|(key, _)| deeper(key));
    let origin = Origin::spec(node.span());
    let mut layer = Layer::default();
    let body = Body { properties, children };
    let mut words = Words::new(table, cx, word.called).of(&door::OURS);
    let mut body = body;
    if let Some(through) = through {
        body.children.retain(|child| !is_raw_through(&mut words, (ty, through), child));
    }
    layer.fields = taken(words.object(ty, &origin, &body));
    if let Some(through) = through {
        let body = Body { properties: through_properties, children: through_children };
        layer.through = taken(words.object(through, &origin, &body));
    }
    let broken = words.broken;
    for field in &layer.fields {
        if let Some((_, instead)) = stand.ours.iter().find(|(ours, _)| *ours == field.name) {
            let finding = Diagnostic::error(
                Code::WRONG_PLACE,
                format!(
                    "`{}` of {} is decided by a word of its own",
                    schema::word::kebab(&field.name),
                    word.called
                ),
            );
            let finding = match field.tree.origin.span() {
                Some(span) => finding.at(span, "can't be said here"),
                None => finding,
            };
            cx.error(finding.help(*instead));
        }
    }
    layer.fields.retain(|field| !stand.ours.iter().any(|(ours, _)| *ours == field.name));
    if broken.is_empty() {
        return layer;
    }
    cx.partial.extend(stand.parts(&layer).map(|part| Part { broken: broken.clone(), ..part }));
    Layer { lost: true, ..Layer::default() }
}

/// Reads a part of what a node says for its mistakes alone.
pub(super) fn only(cx: &mut Context<'_>, word: &Word, node: &Text, body: &Body<'_>) {
    let layer = read(cx, word, node, body);
    if let Some(stand) = of(word).filter(|_| !layer.lost) {
        cx.partial.extend(stand.parts(&layer));
    }
}

/// Complains about `(raw)` before a field that is looked through to, and would be written beside it: whether it did.
fn is_raw_through(words: &mut Words<'_, '_, '_>, (ty, through): (&Type, &Type), child: &Node) -> bool {
    let name = child.name.as_str();
    let is_raw = child.annotation.as_ref().is_some_and(|said| said.value.field == By::Raw);
    let known = through.by_word(name).or_else(|| through.field(name));
    let Some(known) = known.filter(|_| is_raw && ty.field(name).is_none() && ty.by_word(name).is_none())
    else {
        return false;
    };
    words.only_word(child, &known.word);
    words.broken.extend(child.annotation.as_ref().map(|annotation| annotation.span));
    true
}

fn taken(tree: Tree) -> Vec<Field> {
    match tree.value {
        Value::Map(fields) => fields,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;

    /// Words of ours that mean the very field that they hide, or give way to it where it is said with fields of its own.
    const SAME: [(&str, &str); 4] =
        [("gateway", "selector"), ("route", "rewrite"), ("route", "timeout"), ("to", "weight")];

    #[test]
    fn every_place_is_in_the_schema() {
        for stand in &STANDS {
            let (ty, through) = stand.types(built_in()).unwrap_or_else(|| panic!("{}", stand.word.name));
            assert_eq!(through.is_some(), stand.through.is_some(), "{}", stand.word.name);
            assert!(stand.ours.iter().all(|(name, _)| ty.field(name).is_some()), "{}", stand.word.name);
        }
        assert_eq!(of(&route::ROUTE).unwrap().shown(built_in()), "VirtualService.spec.http[]");
    }

    #[test]
    fn no_word_of_ours_hides_a_field() {
        for stand in &STANDS {
            for item in stand.word.items().filter(|item| stand.has(built_in(), item.name)) {
                assert!(SAME.contains(&(stand.word.name, item.name)), "{} {}", stand.word.name, item.name);
            }
        }
    }

    /// In the node of a kind `settle` is ours.
    #[test]
    fn settle_hides_no_field_of_a_kind() {
        let table = built_in();
        let hidden = |kind: &&Kind| {
            let ty = table.spec_of(kind).unwrap_or_else(|| table.ty(kind.root));
            ty.by_word(crate::spec::node::settle::SETTLE.name).is_some()
        };
        assert_eq!(table.kinds().iter().find(hidden).map(|kind| &kind.name), None);
    }

    #[test]
    fn looking_through_hides_no_field() {
        for stand in &STANDS {
            let Some((ty, Some(through))) = stand.types(built_in()) else { continue };
            let both: Vec<_> =
                through.fields.iter().filter(|field| ty.by_word(&field.word).is_some()).collect();
            assert!(both.is_empty(), "{} {both:?}", stand.word.name);
        }
    }
}
