//! What a spec says in schema words, place by place: good for finding mistakes of it while something else of the spec is refused.

use super::node::door::{METADATA, SECRET, SERVER, VIRTUAL_SERVICE};
use super::node::stands::{self, Layer};
use super::node::{Host, Route, Service, Spec, Tls, Word, door, gateway, host, route, service};
use super::source::Span;
use super::tree::{Field, Tree, Value};
use crate::schema::words::Content;

/// The kind of a host's Secrets.
const SECRETS: (&str, &str) = ("", "Secret");
/// The kinds that whole doors open.
const VIRTUAL_SERVICES: (&str, &str) = ("networking.istio.io", "VirtualService");
const DESTINATION_RULES: (&str, &str) = ("networking.istio.io", "DestinationRule");

/// Fields of a place in a kind's schema.
#[derive(Debug, Clone)]
pub struct Part {
    /// The API group and the kind.
    pub kind: (String, String),
    /// The exact names of the fields down to the place, without places in lists; none for the whole object.
    pub path: Vec<String>,
    /// What is said there.
    pub fields: Vec<Field>,
    /// Objects and lists of which a part could not be read, by the places of their words.
    pub broken: Vec<Span>,
    /// What messages call the node: ``a `route` of a `host` ``.
    pub of: String,
}

impl Part {
    /// What the door or the node of a whole object says.
    pub(crate) fn of_content((group, kind): (&str, &str), content: &Content, of: &str) -> Self {
        let mut fields = content.fields.clone();
        // An object of its own, so that its fields are held against those of `metadata`.
        if let Some(first) = content.metadata.first() {
            let value = Value::Map(content.metadata.clone());
            let tree = Tree { value, origin: first.tree.origin.clone() };
            fields.push(Field { name: "metadata".into(), tree });
        }
        Self {
            kind: (group.to_owned(), kind.to_owned()),
            path: Vec::new(),
            fields,
            broken: Vec::new(),
            of: of.to_owned(),
        }
    }

    /// What a door says: its `spec` for itself, since the rest of it is made elsewhere.
    pub(crate) fn of_door(kind: (&str, &str), content: &Content, of: &str) -> Vec<Self> {
        let (spec, fields) = content.fields.iter().cloned().partition(|field| field.name == "spec");
        let beside = Self::of_content(kind, &Content { metadata: content.metadata.clone(), fields }, of);
        let mut found = vec![beside.clone()];
        let spec: Vec<Field> = spec;
        for field in spec {
            match field.tree.value {
                Value::Map(fields) => {
                    found.push(Self { path: vec!["spec".to_owned()], fields, ..beside.clone() })
                }
                _ => found.push(Self { fields: vec![field], ..beside.clone() }),
            }
        }
        found
    }

    fn of_metadata((group, kind): (&str, &str), fields: &[Field], of: &str) -> Self {
        let content = Content { metadata: fields.to_vec(), fields: Vec::new() };
        Self::of_content((group, kind), &content, of)
    }
}

impl Spec {
    /// Everything that nodes of ours say in schema words, whole or in part.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let mut found = Found(self.partial.clone());
        for gateway in &self.gateways {
            found.layer(&gateway::GATEWAY, &gateway.layer);
            found.fields(&METADATA, &gateway.metadata);
        }
        for domain in &self.domains {
            found.tls(&host::DOMAIN_TLS, domain.serving.tls.as_ref());
            domain.certificates.iter().for_each(|one| found.secret("a `certificate`", &one.metadata));
            domain.hosts.iter().for_each(|host| found.host(host));
        }
        self.hosts.iter().for_each(|host| found.host(host));
        self.routes.iter().for_each(|one| found.route(&route::ROUTE_OUTSIDE, one));
        self.certificates.iter().for_each(|one| found.secret("a `certificate`", &one.metadata));
        self.services.iter().for_each(|service| found.service(service));
        found.0
    }
}

/// Parts so far.
struct Found(Vec<Part>);

impl Found {
    fn layer(&mut self, word: &Word, layer: &Layer) {
        if let Some(stand) = stands::of(word) {
            self.0.extend(stand.parts(layer));
        }
    }

    fn fields(&mut self, word: &Word, fields: &[Field]) {
        self.layer(word, &Layer { fields: fields.to_vec(), ..Layer::default() });
    }

    fn secret(&mut self, of: &str, metadata: &[Field]) {
        self.0.push(Part::of_metadata(SECRETS, metadata, of));
    }

    fn door(&mut self, kind: (&str, &str), content: Option<&Content>, word: &Word) {
        self.0.extend(content.iter().flat_map(|content| Part::of_door(kind, content, word.called)));
    }

    fn tls(&mut self, word: &Word, tls: Option<&Tls>) {
        if let Some(tls) = tls {
            self.layer(word, &tls.layer);
        }
    }

    fn host(&mut self, host: &Host) {
        self.tls(&host::TLS, host.serving.tls.as_ref());
        host.routes.iter().for_each(|one| self.route(&route::ROUTE, one));
        self.fields(&SERVER, &host.server);
        self.door(VIRTUAL_SERVICES, host.virtual_service.as_ref(), &VIRTUAL_SERVICE);
        self.secret(SECRET.called, &host.secret);
    }

    fn route(&mut self, word: &Word, one: &Route) {
        self.layer(word, &one.layer);
        one.to.iter().for_each(|to| self.layer(&route::TO, &to.layer));
    }

    fn service(&mut self, one: &Service) {
        self.layer(&service::SERVICE, &one.layer);
        one.subsets.iter().for_each(|subset| self.layer(&service::SUBSET, &subset.layer));
        self.fields(&METADATA, &one.metadata);
        self.door(DESTINATION_RULES, one.destination_rule.as_ref(), &door::DESTINATION_RULE);
    }
}
