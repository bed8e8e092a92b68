//! Those who keep an authority's root elsewhere: they sign what is brought to them, hand out their lists, and sign others too.

use gatewright::pki::{
    Certificate, Issuer, Key, KeyMaker as _, ListRequest, Profile, Purpose, Request, Revoked, San, Serial,
    SystemKeys, self_sign, sign, sign_again, sign_list,
};
use gatewright::spec::node::KeyKind;
use gatewright::time::{Seconds, Timestamp};

use crate::support::workshop::name;

/// A key that nobody had before.
pub(super) fn key() -> Key {
    SystemKeys.make(KeyKind::EcdsaP256, &Purpose::Authority { name: "elsewhere", generation: 1 }).unwrap()
}

/// A root elsewhere, and what it signed.
pub(super) struct Elsewhere {
    /// The root first; the last one signs what is brought.
    above: Vec<Issuer>,
    /// A client of somebody else under the same root, and the authority that signed it.
    pub(super) stranger: [Certificate; 2],
    count: u8,
}

fn asked<'a>(
    profile: Profile,
    subject: &'a gatewright::pki::Name,
    (start, days): (Timestamp, i64),
    serial: u8,
) -> Request<'a> {
    Request {
        profile,
        subject,
        sans: &[],
        path_length: None,
        permitted: None,
        not_before: start,
        not_after: start + Seconds::days(days),
        serial: Serial::from_random([serial; 20]),
    }
}

/// A root that signs itself, of this name.
pub(super) fn root(called: &str, life: (Timestamp, i64)) -> Issuer {
    let (subject, key) = (name("elsewhere", called), key());
    Issuer::new(self_sign(&asked(Profile::Root, &subject, life, 1), &key).unwrap(), key).unwrap()
}

/// The same root with another certificate.
pub(super) fn again(root: &Issuer, called: &str, life: (Timestamp, i64), serial: u8) -> Certificate {
    self_sign(&asked(Profile::Root, &name("elsewhere", called), life, serial), root.key()).unwrap()
}

impl Elsewhere {
    /// One with this many authorities; it lives for longer than any test.
    pub(super) fn new(called: &str, levels: usize, start: Timestamp) -> Self {
        let mut above = vec![root(called, (start, 14_000))];
        for level in 1..levels {
            let (subject, key) = (name("elsewhere", &format!("{called} {level}")), key());
            let request = asked(Profile::Intermediate, &subject, (start, 13_000), 2);
            let certificate = sign(&request, &key, &above[level - 1]).unwrap();
            above.push(Issuer::new(certificate, key).unwrap());
        }
        let (subject, sibling) = (name("elsewhere", "sibling"), key());
        let request = asked(Profile::Intermediate, &subject, (start, 13_000), 3);
        let sibling = Issuer::new(sign(&request, &sibling, above.last().unwrap()).unwrap(), sibling).unwrap();
        let sans = [San::Dns("a.staff.example".to_owned())];
        let subject = name("elsewhere", "a.staff.example");
        let request = Request { sans: &sans, ..asked(Profile::Client, &subject, (start, 12_000), 4) };
        let client = sign(&request, &key(), &sibling).unwrap();
        Self { above, stranger: [client, sibling.certificate().clone()], count: 10 }
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.above.iter().map(Issuer::certificate)
    }

    fn signer(&mut self) -> (&Issuer, u8) {
        self.count += 1;
        (self.above.last().unwrap(), self.count)
    }

    /// What it signs, and all above that.
    fn answer(&self, own: &Certificate) -> String {
        let above = self.above.iter().rev().map(|one| one.certificate().to_pem());
        std::iter::once(own.to_pem()).chain(above).collect()
    }

    /// A certificate for this key, with all above it.
    pub(super) fn signed(&mut self, key: &Key, life: (Timestamp, i64)) -> String {
        let subject = name("example", "staff");
        let (signer, serial) = self.signer();
        let request =
            Request { path_length: Some(1), ..asked(Profile::Intermediate, &subject, life, serial) };
        let own = sign(&request, key, signer).unwrap();
        self.answer(&own)
    }

    /// Another certificate for the key of this one.
    pub(super) fn signed_again(&mut self, earlier: &Certificate, life: (Timestamp, i64)) -> String {
        let subject = name("example", "staff");
        let (signer, serial) = self.signer();
        let request =
            Request { path_length: Some(1), ..asked(Profile::Intermediate, &subject, life, serial) };
        let own = sign_again(&request, earlier, signer).unwrap();
        self.answer(&own)
    }

    /// The list of each of its authorities, which revoke nobody of ours.
    pub(super) fn lists(&mut self, (start, days): (Timestamp, i64)) -> String {
        self.count += 1;
        let revoked = Revoked::from([("4a5b".to_owned(), start)]);
        let request = ListRequest {
            revoked: &revoked,
            number: u128::from(self.count),
            this_update: start,
            next_update: start + Seconds::days(days),
        };
        self.above.iter().map(|issuer| sign_list(&request, issuer).unwrap().to_pem()).collect()
    }
}
