//! Signing: a request becomes a certificate.

use rcgen::{CertificateParams, KeyIdMethod, KeyUsagePurpose};

use crate::pki::named::{self, Signed, Unsigned};
use crate::pki::public_key::PublicKey;
use crate::pki::{Certificate, Key, PkiError, Profile, Request};
use crate::time::Timestamp;

/// An authority that can sign: its certificate and the key that belongs to it.
pub struct Issuer {
    certificate: Certificate,
    key: Key,
    end: Timestamp,
}

impl Issuer {
    /// Joins the two.
    ///
    /// # Errors
    /// [`PkiError::NotAnAuthority`] if the certificate may not sign others, [`PkiError::ForeignKey`] if the key is not
    /// its own.
    pub fn new(certificate: Certificate, key: Key) -> Result<Self, PkiError> {
        let subject = || certificate.called();
        if !certificate.is_ca() {
            return Err(PkiError::NotAnAuthority { subject: subject() });
        }
        if !key.matches(&certificate) {
            return Err(PkiError::ForeignKey { subject: subject() });
        }
        let end = certificate.not_after();
        Ok(Self { certificate, key, end })
    }

    /// The same where a certificate above it ends at this moment: nothing that it signs counts for longer.
    #[must_use]
    pub fn until(self, end: Timestamp) -> Self {
        Self { end: self.end.min(end), ..self }
    }

    /// The first and the last second in which what it signs counts.
    #[must_use]
    pub fn life(&self) -> (Timestamp, Timestamp) {
        (self.certificate.not_before(), self.end)
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// rcgen's view of the issuer, without its name: its key identifier as its certificate says it, however that was made.
    pub(super) fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.key_identifier_method = self.key_identifier();
        params
    }

    /// How what it signs names its key.
    pub(crate) fn key_identifier(&self) -> KeyIdMethod {
        KeyIdMethod::PreSpecified(self.certificate.key_identifier().to_vec())
    }
}

/// Issues a root that `key` signs for itself.
///
/// # Errors
/// A request that is not one for a [`Profile::Root`], contradicts itself or X.509, or can't be signed.
pub fn self_sign(request: &Request<'_>, key: &Key) -> Result<Certificate, PkiError> {
    if request.profile != Profile::Root {
        return Err(request.refuse("only a root signs itself"));
    }
    request.check()?;
    let signed = request
        .params(&PublicKey::of_key(key))?
        .self_signed(key)
        .map_err(|error| signing(request, &error))?;
    let certificate = Certificate::from_der(signed.der())?;
    proven(request, None, certificate.clone(), &certificate)
}

/// Issues any other certificate for the public half of `public_of`, signed by `issuer`.
///
/// # Errors
/// A request for a [`Profile::Root`], one that contradicts itself or X.509, one that outlives the issuer, or one that
/// can't be signed.
pub fn sign(request: &Request<'_>, public_of: &Key, issuer: &Issuer) -> Result<Certificate, PkiError> {
    signed(request, &PublicKey::of_key(public_of), None, issuer)
}

/// As [`sign`], for the key that an earlier certificate of an authority holds, and with its name, whatever the request says: what
/// it signed goes on following from it.
///
/// # Errors
/// As of [`sign`], and [`PkiError::NotAnAuthority`] for a certificate whose key we could not have made.
pub fn sign_again(
    request: &Request<'_>,
    earlier: &Certificate,
    issuer: &Issuer,
) -> Result<Certificate, PkiError> {
    let key = PublicKey::of_certificate(earlier);
    let key = key.ok_or_else(|| PkiError::NotAnAuthority { subject: earlier.called() })?;
    signed(request, &key, Some(earlier), issuer)
}

fn signed(
    request: &Request<'_>,
    public: &PublicKey,
    earlier: Option<&Certificate>,
    issuer: &Issuer,
) -> Result<Certificate, PkiError> {
    if request.profile == Profile::Root {
        return Err(request.refuse("a root signs itself"));
    }
    request.check()?;
    let authority_end = issuer.certificate.not_after();
    if request.not_after > authority_end {
        let subject = request.title();
        return Err(PkiError::OutlivesAuthority { subject, not_after: request.not_after, authority_end });
    }
    let unsigned = request
        .params(public)?
        .signed_by(public, &rcgen::Issuer::from_params(&issuer.params(), Unsigned::of(&issuer.key)))
        .map_err(|error| signing(request, &error))?;
    let name = earlier.map(Certificate::subject_der);
    let signed = named::signed(unsigned.der(), Signed::Certificate, name, issuer)
        .map_err(|reason| PkiError::Signing { subject: request.title(), reason })?;
    proven(request, earlier, Certificate::from_der(&signed)?, &issuer.certificate)
}

/// Reads the certificate back as a stranger would before anybody relies on it.
fn proven(
    request: &Request<'_>,
    earlier: Option<&Certificate>,
    certificate: Certificate,
    authority: &Certificate,
) -> Result<Certificate, PkiError> {
    let (sans, wanted) = (certificate.sans(), request.sans);
    let is_named = match earlier {
        Some(earlier) => certificate.subject_der() == earlier.subject_der(),
        None => certificate.subject() == &request.subject.distinguished(),
    };
    let faithful = is_named
        && sans.iter().all(|san| wanted.contains(san))
        && wanted.iter().all(|san| sans.contains(san))
        && certificate.is_ca() == request.profile.is_authority()
        && certificate.path_length() == request.path_length.map(u32::from)
        && certificate.permitted() == request.permitted
        && certificate.not_before() == request.not_before
        && certificate.not_after() == request.not_after;
    if !faithful {
        return Err(request.refuse("the certificate does not say what was asked for"));
    }
    if !certificate.signed_by(authority) {
        return Err(request.refuse("the certificate does not follow from its authority's"));
    }
    Ok(certificate)
}

/// Why nothing can be issued under an authority, though it may sign.
#[must_use]
pub fn why_no_issuer(authority: &Certificate) -> Option<&'static str> {
    authority.subject().is_empty().then_some("it has no name that what it signs could say")
}

fn signing(request: &Request<'_>, error: &rcgen::Error) -> PkiError {
    PkiError::Signing { subject: request.title(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::keys::pool;
    use crate::pki::{ListRequest, Name, Revoked, San, sign_list, workshop};
    use crate::spec::node::KeyKind;
    use crate::time::{Seconds, Timestamp};

    const HOST: &str = "bookinfo.example.com";

    fn foreign_root(pem: &str, key: &str) -> Issuer {
        let certificate = Certificate::from_pem_chain(pem).unwrap().remove(0);
        Issuer::new(certificate, Key::from_pem(key).unwrap()).unwrap()
    }

    #[test]
    fn a_root_of_foreign_make_signs_with_its_own_name_and_identifier() {
        let pem = include_str!("../../tests/fixtures/certificates/printable-root.pem");
        let issuer = foreign_root(pem, pool(KeyKind::Rsa2048)[0]);
        let leaf = workshop::server(&issuer, HOST);
        assert!(leaf.signed_by(issuer.certificate()));
        assert_eq!(why_no_issuer(issuer.certificate()), None);
        assert_eq!(leaf.aki(), issuer.certificate().ski());
    }

    #[test]
    fn a_name_with_an_attribute_twice_is_repeated_as_it_is() {
        let pem = include_str!("../../tests/fixtures/certificates/two-units-root.pem");
        let issuer = foreign_root(pem, pool(KeyKind::Rsa2048)[1]);
        let leaf = workshop::server(&issuer, HOST);
        assert!(leaf.signed_by(issuer.certificate()));
        assert_eq!(leaf.issuer(), issuer.certificate().subject());
        assert_eq!(leaf.issuer().attributes().count(), 3);
        let request = ListRequest {
            revoked: &Revoked::new(),
            number: 1,
            this_update: workshop::start(),
            next_update: workshop::start() + Seconds::days(1),
        };
        assert!(sign_list(&request, &issuer).unwrap().signed_by(issuer.certificate()));
    }

    #[test]
    fn an_issuer_is_an_authority_with_its_own_key() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let leaf = workshop::server(&root, HOST);
        let not = Issuer::new(leaf, workshop::leaf_key(KeyKind::EcdsaP256)).err();
        assert!(matches!(not, Some(PkiError::NotAnAuthority { .. })));
        let foreign =
            Issuer::new(root.certificate().clone(), workshop::root_key(KeyKind::EcdsaP256, 2)).err();
        assert!(matches!(foreign, Some(PkiError::ForeignKey { .. })));
    }

    #[test]
    fn an_authority_signed_again_goes_on_standing_for_what_it_signed() {
        let (old, new) = (workshop::root(KeyKind::EcdsaP256, 1), workshop::root(KeyKind::EcdsaP256, 2));
        let below = workshop::under(&old, "below", 0, None);
        let leaf = workshop::server(&below, HOST);
        let subject = workshop::name("example Inc.", "below");
        let request = workshop::request(Profile::Intermediate, &subject, &[]);
        let again = sign_again(&request, below.certificate(), &new).unwrap();
        assert!(again.signed_by(new.certificate()) && !again.signed_by(old.certificate()));
        assert!(leaf.signed_by(&again) && leaf.signed_by(below.certificate()));
        assert_eq!(again.spki_sha256(), below.certificate().spki_sha256());
    }

    #[test]
    fn each_door_takes_its_profile_only() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let subject = workshop::name("x", "y");
        let sans = [San::Dns(HOST.into())];
        for profile in [Profile::Server, Profile::Client] {
            assert!(self_sign(&workshop::request(profile, &subject, &sans), root.key()).is_err());
            assert!(sign(&workshop::request(profile, &subject, &[]), root.key(), &root).is_err());
        }
        assert!(sign(&workshop::request(Profile::Root, &subject, &[]), root.key(), &root).is_err());
        assert!(self_sign(&workshop::request(Profile::Root, &subject, &sans), root.key()).is_err());
        let nobody = Name::default();
        assert!(self_sign(&workshop::request(Profile::Root, &nobody, &[]), root.key()).is_err());
    }

    #[test]
    fn a_leaf_ends_with_its_authority_at_the_latest() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let subject = workshop::name("x", "y");
        let sans = [San::Dns(HOST.into())];
        let key = workshop::leaf_key(KeyKind::EcdsaP256);
        let end = root.certificate().not_after();
        let request = workshop::request(Profile::Server, &subject, &sans);
        assert!(sign(&Request { not_after: end, ..request }, &key, &root).is_ok());
        let late = sign(&Request { not_after: end + Seconds(1), ..request }, &key, &root);
        assert!(matches!(late, Err(PkiError::OutlivesAuthority { .. })));
        let never = sign(&Request { not_after: request.not_before, ..request }, &key, &root);
        assert!(matches!(never, Err(PkiError::EndsBeforeStart { .. })));
    }

    #[test]
    fn dates_change_their_form_in_2050() {
        let subject = workshop::name("example Inc.", "example.com");
        let key = workshop::root_key(KeyKind::EcdsaP256, 1);
        for (end, form) in [
            ("2049-12-31T23:59:59Z", &b"\x17\x0d491231235959Z"[..]),
            ("2050-01-01T00:00:00Z", b"\x18\x0f20500101000000Z"),
            ("9999-12-31T23:59:59Z", b"\x18\x0f99991231235959Z"),
        ] {
            let not_after = Timestamp::parse(end).unwrap();
            let request = Request { not_after, ..workshop::request(Profile::Root, &subject, &[]) };
            let root = self_sign(&request, &key).unwrap();
            assert_eq!(root.not_after(), not_after);
            assert!(root.der().windows(form.len()).any(|bytes| bytes == form), "{end}");
        }
    }

    #[test]
    fn the_same_request_to_an_rsa_root_gives_the_same_bytes() {
        let root = workshop::root(KeyKind::Rsa2048, 1);
        assert_eq!(workshop::server(&root, HOST), workshop::server(&root, HOST));
        assert_eq!(root.certificate(), workshop::root(KeyKind::Rsa2048, 1).certificate());
    }

    #[test]
    fn a_bad_subject_or_name_is_refused_with_every_complaint() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let key = workshop::leaf_key(KeyKind::EcdsaP256);
        let long = "a".repeat(65);
        let subject = workshop::name(&long, &long);
        let sans = [San::Dns(HOST.into())];
        match sign(&workshop::request(Profile::Server, &subject, &sans), &key, &root) {
            Err(PkiError::Subject { complaints }) => assert_eq!(complaints.len(), 2),
            other => panic!("{other:?}"),
        }
        let sans = [San::Dns("münchen.example".into())];
        let subject = workshop::name("x", "y");
        let refused = sign(&workshop::request(Profile::Server, &subject, &sans), &key, &root);
        assert!(matches!(refused, Err(PkiError::San { .. })));
    }
}
