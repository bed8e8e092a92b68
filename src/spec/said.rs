//! Everything that a spec says in schema words, place by place: good for finding mistakes of it while something else of the
//! spec is refused.

use super::node::door::{METADATA, SECRET, SERVER, VIRTUAL_SERVICE};
use super::node::stands::{self, Layer};
use super::node::{Host, Route, Service, Spec, Tls, Word, door, gateway, host, route, service};
use super::part::Part;
use super::tree::Field;
use crate::schema::words::Content;

/// The kind of a host's Secrets.
const SECRETS: (&str, &str) = ("", "Secret");
/// The kinds that whole doors open.
const VIRTUAL_SERVICES: (&str, &str) = ("networking.istio.io", "VirtualService");
const DESTINATION_RULES: (&str, &str) = ("networking.istio.io", "DestinationRule");

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
        self.0.push(Part::of_object(SECRETS, (metadata, &[]), of));
    }

    fn door(&mut self, kind: (&str, &str), content: Option<&Content>, word: &Word) {
        self.0.extend(
            content.iter().flat_map(|said| Part::of_door(kind, (&said.metadata, &said.fields), word.called)),
        );
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
