//! Revocation lists (CRL), RFC 5280 §5: signed, written and read. A list says which serial numbers of one key's certificates
//! do not count any more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rcgen::{CertificateRevocationListParams, RevokedCertParams, SerialNumber};
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::ParsedExtension;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::pki::armor::serial_hex;
use crate::pki::armor::{self, hex};
use crate::pki::follows::agree;
use crate::pki::named::{self, Unsigned};
use crate::pki::signature::Signed;
use crate::pki::{Certificate, Issuer, PkiError};
use crate::time::{Seconds, Timestamp};

/// Serial numbers as [`Certificate::serial`] writes them, each with the moment since when it does not count.
pub type Revoked = BTreeMap<String, Timestamp>;

/// A signed revocation list. Cheap to clone. Two are equal if their bytes are.
#[derive(Clone)]
pub struct RevocationList {
    der: Arc<[u8]>,
    facts: Arc<Facts>,
}

struct Facts {
    aki: Option<Vec<u8>>,
    issuer_der: Vec<u8>,
    number: u128,
    this_update: Timestamp,
    next_update: Timestamp,
    revoked: Revoked,
    signed: Option<Signed>,
}

/// Everything that a list is to say.
#[derive(Debug, Clone, Copy)]
pub struct ListRequest<'a> {
    /// What is revoked; may be empty.
    pub revoked: &'a Revoked,
    /// `cRLNumber`: greater than that of the list before it.
    pub number: u128,
    /// When it is made.
    pub this_update: Timestamp,
    /// From when on nobody believes it any more.
    pub next_update: Timestamp,
}

/// Signs a list for the certificates of `issuer`.
///
/// # Errors
/// [`PkiError::RevocationList`] for one that ends before it starts, names a serial that is none, or can't be signed.
pub fn sign_list(request: &ListRequest<'_>, issuer: &Issuer) -> Result<RevocationList, PkiError> {
    let refuse = |reason: String| PkiError::RevocationList { subject: issuer.certificate().called(), reason };
    if request.next_update <= request.this_update {
        return Err(refuse(format!("it would end at {}", request.next_update)));
    }
    let mut revoked_certs = Vec::new();
    for (serial, since) in request.revoked {
        let bytes = serial_bytes(serial).ok_or_else(|| refuse(format!("`{serial}` is no serial number")))?;
        revoked_certs.push(RevokedCertParams {
            serial_number: SerialNumber::from_slice(&bytes),
            revocation_time: since.to_offset_date_time(),
            reason_code: None,
            invalidity_date: None,
        });
    }
    let number = request.number.to_be_bytes();
    let number = number.get(number.iter().take_while(|byte| **byte == 0).count()..).unwrap_or_default();
    let params = CertificateRevocationListParams {
        this_update: request.this_update.to_offset_date_time(),
        next_update: request.next_update.to_offset_date_time(),
        crl_number: SerialNumber::from_slice(number),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: issuer.key_identifier(),
    };
    let unsigned = params
        .signed_by(&rcgen::Issuer::from_params(&issuer.params(), Unsigned::of(issuer.key())))
        .map_err(|error| refuse(error.to_string()))?;
    let signed = named::signed(unsigned.der(), named::Signed::List, None, issuer).map_err(refuse)?;
    let list = RevocationList::from_der(&signed)?;
    let faithful = list.signed_by(issuer.certificate())
        && list.revoked() == request.revoked
        && list.number() == request.number
        && list.next_update() == request.next_update;
    if faithful { Ok(list) } else { Err(refuse("it does not say what was asked for".to_owned())) }
}

/// The octets of a serial number in hex, 1 to 20 of them (RFC 5280 §4.1.2.2).
fn serial_bytes(serial: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = serial.as_bytes().iter().map(digit).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect::<Option<_>>()?;
    (1..=20).contains(&bytes.len()).then_some(bytes)
}

impl RevocationList {
    /// Reads one list.
    ///
    /// # Errors
    /// [`PkiError::BrokenList`] if it is not exactly one, or lacks what RFC 5280 §5 asks of every list: a number and a next
    /// update.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let broken = |reason: String| PkiError::BrokenList { reason };
        let (rest, list) = CertificateRevocationList::from_der(der)
            .map_err(|_| broken("it is no revocation list, neither in PEM nor in DER".to_owned()))?;
        if !rest.is_empty() {
            return Err(broken("bytes after its end".to_owned()));
        }
        let number = list.crl_number().ok_or_else(|| broken("it has no number".to_owned()))?;
        let number =
            u128::try_from(number).map_err(|_| broken("its number has more than 16 octets".to_owned()))?;
        let next_update = list.next_update().ok_or_else(|| broken("it has no next update".to_owned()))?;
        let mut aki = None;
        for extension in list.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    aki = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                }
                // It would be one for some of the certificates, or for changes since another list.
                _ if extension.critical => {
                    return Err(broken("it has a critical extension that we do not know".to_owned()));
                }
                _ => {}
            }
        }
        let entry = |entry: &x509_parser::revocation_list::RevokedCertificate<'_>| {
            (serial_hex(entry.raw_serial()), Timestamp::from_unix(entry.revocation_date.timestamp()))
        };
        let facts = Facts {
            aki,
            issuer_der: list.issuer().as_raw().to_vec(),
            number,
            this_update: Timestamp::from_unix(list.last_update().timestamp()),
            next_update: Timestamp::from_unix(next_update.timestamp()),
            revoked: list.iter_revoked_certificates().map(entry).collect(),
            signed: Signed::of_list(&list),
        };
        Ok(Self { der: der.into(), facts: Arc::new(facts) })
    }

    /// Reads a PEM text with any number of lists, in its order.
    ///
    /// # Errors
    /// What is not PEM, or holds something else.
    pub fn from_pem(text: &str) -> Result<Vec<Self>, PkiError> {
        let blocks = armor::decode(text)?;
        let read = blocks.iter().map(|block| match block.label.as_str() {
            armor::REVOCATION_LIST => Self::from_der(&block.der),
            label => Err(PkiError::BrokenList {
                reason: format!("a PEM block named \"{label}\" stands among the lists"),
            }),
        });
        read.collect()
    }

    /// As PEM, ending in a line feed.
    #[must_use]
    pub fn to_pem(&self) -> String {
        armor::encode(armor::REVOCATION_LIST, &self.der).to_string()
    }

    /// Whether the key of an authority's certificate made it, for that name.
    #[must_use]
    pub fn made_by(&self, authority: &Certificate) -> bool {
        let facts = &self.facts;
        let signed = |signed: &Signed| signed.verifies(authority.key_kind(), authority.public_key());
        facts.issuer_der == authority.subject_der() && facts.signed.as_ref().is_some_and(signed)
    }

    /// As [`Self::made_by`], and the key identifiers do not contradict: otherwise who checks finds no list.
    #[must_use]
    pub fn signed_by(&self, authority: &Certificate) -> bool {
        agree(self.aki(), authority) && self.made_by(authority)
    }

    /// The key identifier of its authority.
    #[must_use]
    pub fn aki(&self) -> Option<&[u8]> {
        self.facts.aki.as_deref()
    }

    /// Its number, which grows from list to list.
    #[must_use]
    pub fn number(&self) -> u128 {
        self.facts.number
    }

    /// When it becomes due: a third of its life before its end.
    #[must_use]
    pub fn renewal(&self) -> Timestamp {
        let life = self.next_update() - self.this_update();
        self.next_update() - Seconds(life.0 / 3)
    }

    /// When it was made.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.facts.this_update
    }

    /// From when on nobody believes it any more.
    #[must_use]
    pub fn next_update(&self) -> Timestamp {
        self.facts.next_update
    }

    /// What it revokes.
    #[must_use]
    pub fn revoked(&self) -> &Revoked {
        &self.facts.revoked
    }
}

impl PartialEq for RevocationList {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for RevocationList {}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let aki = self.aki().map(hex).unwrap_or_default();
        write!(f, "RevocationList({aki}, number {}, {} revoked)", self.number(), self.revoked().len())
    }
}

impl Certificate {
    /// Whether it may sign revocation lists: its key usage, if it has one, allows it (RFC 5280, 4.2.1.3).
    #[must_use]
    pub fn signs_lists(&self) -> bool {
        self.facts.signs_lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::keys::pool;
    use crate::pki::{Key, workshop};
    use crate::spec::node::KeyKind;
    use crate::time::Seconds;

    const SERIAL: &str = "4707070707070707070707070707070707070707";

    fn request(revoked: &Revoked) -> ListRequest<'_> {
        let this_update = workshop::start();
        ListRequest { revoked, number: 0x1_8000, this_update, next_update: this_update + Seconds::days(30) }
    }

    #[test]
    fn a_list_of_every_kind_of_key_says_what_was_asked_for() {
        for kind in KeyKind::ALL {
            let root = workshop::root(kind, 1);
            let revoked =
                Revoked::from([(SERIAL.to_owned(), workshop::start()), ("80".into(), workshop::start())]);
            let list = sign_list(&request(&revoked), &root).unwrap();
            assert_eq!(list.revoked(), &revoked);
            assert_eq!((list.number(), list.aki()), (0x1_8000, root.certificate().ski()));
            assert_eq!(list.next_update() - list.this_update(), Seconds::days(30));
            assert!(list.signed_by(root.certificate()));
            assert!(!list.signed_by(workshop::root(kind, 2).certificate()));
            assert_eq!(RevocationList::from_pem(&list.to_pem()).unwrap(), [list]);
        }
    }

    #[test]
    fn an_empty_list_is_one_too() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let none = Revoked::new();
        let list = sign_list(&request(&none), &root).unwrap();
        assert!(list.revoked().is_empty() && list.signed_by(root.certificate()));
        assert_eq!(RevocationList::from_pem("").unwrap(), []);
        let both = format!("{}{}", list.to_pem(), list.to_pem());
        assert_eq!(RevocationList::from_pem(&both).unwrap().len(), 2);
    }

    /// Some tools write no identifier into a root, and who checks compares them only where both are there.
    #[test]
    fn a_root_without_an_identifier_signs_lists_and_is_signed_again() {
        let pem = include_str!("../../tests/fixtures/certificates/no-identifier-root.pem");
        let certificate = Certificate::from_pem_chain(pem).unwrap().remove(0);
        let key = Key::from_pem(pool(KeyKind::EcdsaP256)[0]).unwrap();
        let root = Issuer::new(certificate, key).unwrap();
        let list = sign_list(&request(&Revoked::new()), &root).unwrap();
        let leaf = workshop::server(&root, "shop.example.com");
        assert!(root.certificate().ski().is_none() && list.signed_by(root.certificate()));
        assert!(list.aki().is_some() && list.aki() == leaf.aki());
        let subject = crate::pki::Name { common_name: Some("Legacy".into()), ..Default::default() };
        let again = workshop::request(crate::pki::Profile::Intermediate, &subject, &[]);
        let top = workshop::root(KeyKind::EcdsaP384, 1);
        let again = crate::pki::sign_again(&again, root.certificate(), &top).unwrap();
        assert!(leaf.signed_by(&again) && list.signed_by(&again));
    }

    #[test]
    fn a_list_that_can_not_be_is_refused() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let none = Revoked::new();
        let over = ListRequest { next_update: workshop::start(), ..request(&none) };
        assert!(matches!(sign_list(&over, &root), Err(PkiError::RevocationList { .. })));
        let odd = Revoked::from([("xyz".to_owned(), workshop::start())]);
        assert!(matches!(sign_list(&request(&odd), &root), Err(PkiError::RevocationList { .. })));
        assert!(RevocationList::from_pem(&root.certificate().to_pem()).is_err());
        let list = sign_list(&request(&none), &root).unwrap();
        for length in 0..list.der.len() {
            assert!(RevocationList::from_der(&list.der[..length]).is_err());
        }
        let mut changed = list.der.to_vec();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        assert!(RevocationList::from_der(&changed).is_ok_and(|list| !list.signed_by(root.certificate())));
    }
}
