//! Signing: a request becomes a certificate.

use rcgen::{CertificateParams, DnType, DnValue, KeyIdMethod, KeyUsagePurpose};
use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use crate::pki::{Certificate, Key, PkiError, Profile, Request};

/// An authority that can sign: its certificate and the key that belongs to it.
pub struct Issuer {
    certificate: Certificate,
    key: Key,
}

impl Issuer {
    /// Joins the two.
    ///
    /// # Errors
    /// [`PkiError::NotAnAuthority`] if the certificate may not sign others, [`PkiError::ForeignKey`] if the key is not
    /// its own.
    pub fn new(certificate: Certificate, key: Key) -> Result<Self, PkiError> {
        let subject = || certificate.subject().to_string();
        if !certificate.is_authority() {
            return Err(PkiError::NotAnAuthority { subject: subject() });
        }
        if !key.matches(&certificate) {
            return Err(PkiError::ForeignKey { subject: subject() });
        }
        Ok(Self { certificate, key })
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

    /// rcgen's view of the issuer: its name with the string types of its certificate, so that the names are
    /// equal byte by byte, and its key identifier as its certificate says it, however that was made.
    fn params(&self) -> Result<CertificateParams, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = same_name(&self.certificate)?;
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.key_identifier_method = match self.certificate.ski() {
            Some(ski) => KeyIdMethod::PreSpecified(ski.to_vec()),
            None => KeyIdMethod::Sha256,
        };
        Ok(params)
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
    let signed = request.params(key)?.self_signed(key).map_err(|error| signing(request, &error))?;
    let certificate = Certificate::from_der(signed.der())?;
    proven(request, certificate.clone(), &certificate)
}

/// Issues a server's or a client's certificate for the public half of `public_of`, signed by `issuer`.
///
/// # Errors
/// A request for a [`Profile::Root`], one that contradicts itself or X.509, one that outlives the issuer, or one that
/// can't be signed.
pub fn sign(request: &Request<'_>, public_of: &Key, issuer: &Issuer) -> Result<Certificate, PkiError> {
    if request.profile == Profile::Root {
        return Err(request.refuse("a root signs itself"));
    }
    request.check()?;
    let authority_end = issuer.certificate.not_after();
    if request.not_after > authority_end {
        let subject = request.title();
        return Err(PkiError::OutlivesAuthority { subject, not_after: request.not_after, authority_end });
    }
    let issuer_params = issuer.params()?;
    let signed = request
        .params(public_of)?
        .signed_by(public_of, &rcgen::Issuer::from_params(&issuer_params, &issuer.key))
        .map_err(|error| signing(request, &error))?;
    proven(request, Certificate::from_der(signed.der())?, &issuer.certificate)
}

/// Reads the certificate back as a stranger would before anybody relies on it.
fn proven(
    request: &Request<'_>,
    certificate: Certificate,
    authority: &Certificate,
) -> Result<Certificate, PkiError> {
    let faithful = certificate.subject() == &request.subject.distinguished()
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

fn same_name(certificate: &Certificate) -> Result<rcgen::DistinguishedName, PkiError> {
    let subject = || certificate.subject().to_string();
    let unusable = || PkiError::NotAnAuthority { subject: subject() };
    let (_, name) = X509Name::from_der(certificate.subject_der()).map_err(|_| unusable())?;
    let mut same = rcgen::DistinguishedName::new();
    for attribute in name.iter_attributes() {
        let arcs: Vec<u64> = attribute.attr_type().iter().ok_or_else(unusable)?.collect();
        let value = attribute.attr_value();
        let text = std::str::from_utf8(value.data).map_err(|_| unusable())?;
        let value = match value.tag() {
            Tag::Utf8String => DnValue::Utf8String(text.to_owned()),
            Tag::PrintableString => DnValue::PrintableString(text.try_into().map_err(|_| unusable())?),
            Tag::Ia5String => DnValue::Ia5String(text.try_into().map_err(|_| unusable())?),
            _ => return Err(unusable()),
        };
        same.push(DnType::from_oid(&arcs), value);
    }
    Ok(same)
}

fn signing(request: &Request<'_>, error: &rcgen::Error) -> PkiError {
    PkiError::Signing { subject: request.title(), reason: error.to_string() }
}
