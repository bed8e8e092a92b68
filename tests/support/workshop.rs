//! Roots and what they sign, for tests: everything at fixed times with the keys of `keys.rs`.

use gatewright::model::Permitted;
use gatewright::pki::{
    Certificate, Issuer, Key, KeyMaker as _, Name, Profile, Purpose, Request, San, Serial, self_sign, sign,
};
use gatewright::spec::node::KeyKind;
use gatewright::time::{Seconds, Timestamp};

use super::keys::FixtureKeys;

/// The start of every certificate here.
pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-11-25T12:00:00Z").unwrap()
}

/// A serial whose bytes all follow from one number.
pub(crate) fn serial(number: u8) -> Serial {
    Serial::from_random([number; 20])
}

/// O and CN.
pub(crate) fn name(organization: &str, common_name: &str) -> Name {
    Name {
        organization: Some(organization.to_owned()),
        common_name: Some(common_name.to_owned()),
        ..Name::default()
    }
}

/// A request for 90 days from [`start`], serial 7.
pub(crate) fn request<'a>(profile: Profile, subject: &'a Name, sans: &'a [San]) -> Request<'a> {
    let not_before = start();
    Request {
        profile,
        subject,
        sans,
        path_length: None,
        permitted: None,
        not_before,
        not_after: not_before + Seconds::days(90),
        serial: serial(7),
    }
}

/// An authority's key.
pub(crate) fn root_key(kind: KeyKind, generation: u32) -> Key {
    FixtureKeys.make(kind, &Purpose::Authority { name: "example-root", generation }).unwrap()
}

/// A server's or client's key.
pub(crate) fn leaf_key(kind: KeyKind) -> Key {
    FixtureKeys
        .make(kind, &Purpose::Leaf { namespace: "istio-system", secret: "bookinfo-credential" })
        .unwrap()
}

/// The root `O=example Inc.,CN=example.com` in one of its generations, valid for 365 days.
pub(crate) fn root(kind: KeyKind, generation: u32) -> Issuer {
    let subject = name("example Inc.", "example.com");
    let not_after = start() + Seconds::days(365);
    let key = root_key(kind, generation);
    let request = Request { not_after, ..request(Profile::Root, &subject, &[]) };
    let certificate = self_sign(&request, &key).unwrap();
    Issuer::new(certificate, key).unwrap()
}

/// An authority under another, valid for 300 days, with at most `below` others under it.
pub(crate) fn under(above: &Issuer, name: &str, below: u8, permitted: Option<&Permitted>) -> Issuer {
    let subject = self::name("example Inc.", name);
    let key = FixtureKeys.make(KeyKind::EcdsaP256, &Purpose::Authority { name, generation: 1 }).unwrap();
    let request = Request {
        not_after: start() + Seconds::days(300),
        path_length: Some(below),
        permitted,
        ..request(Profile::Intermediate, &subject, &[])
    };
    Issuer::new(sign(&request, &key, above).unwrap(), key).unwrap()
}

/// A server's certificate for one host, with an ECDSA P-256 key.
pub(crate) fn server(issuer: &Issuer, host: &str) -> Certificate {
    let subject = name("bookinfo organization", host);
    let sans = [San::Dns(host.to_owned())];
    sign(&request(Profile::Server, &subject, &sans), &leaf_key(KeyKind::EcdsaP256), issuer).unwrap()
}

/// A client's certificate, with an ECDSA P-256 key.
pub(crate) fn client(issuer: &Issuer, san: San) -> Certificate {
    let subject = name("client organization", "client");
    sign(&request(Profile::Client, &subject, &[san]), &leaf_key(KeyKind::EcdsaP256), issuer).unwrap()
}
