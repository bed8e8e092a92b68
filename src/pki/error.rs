//! What can go wrong with keys and certificates. No variant ever holds key bytes.

use crate::pki::armor::ArmorError;
use crate::pki::name::NameError;
use crate::spec::node::KeyKind;
use crate::time::Timestamp;

/// Why a key or certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The cryptographic library refused to make a key.
    #[error("the cryptographic library could not make a key of kind {kind}")]
    MakingKey {
        /// What was asked for.
        kind: KeyKind,
    },
    /// A key that can't follow from a seed.
    #[error("a key of kind {kind} can't follow from the project's seed")]
    NotDerivable {
        /// What was asked for.
        kind: KeyKind,
    },
    /// The cryptographic library refused to derive.
    #[error("the cryptographic library could not derive from the project's seed")]
    Deriving,
    /// The source of randomness failed.
    #[error("no randomness for a serial number: {reason}")]
    Randomness {
        /// What the source said.
        reason: String,
    },
    /// The text is not PEM.
    #[error("not PEM: {0}")]
    Armor(#[from] ArmorError),
    /// A PEM block stands where a private key is needed.
    #[error("expected one private key, found a PEM block named \"{label}\"")]
    NotAKey {
        /// The label between `BEGIN` and the dashes.
        label: String,
    },
    /// The text holds no private key or several.
    #[error("expected one private key, found {count}")]
    KeyCount {
        /// How many there are.
        count: usize,
    },
    /// The private key is protected by a passphrase of its own.
    #[error("the private key is encrypted with a passphrase; decrypt it first (`openssl pkey`)")]
    EncryptedKey,
    /// A private key of a kind that is not in [`KeyKind::ALL`].
    #[error("a private key of this kind is not supported: {what}; use one of {}", kinds())]
    UnsupportedKey {
        /// What it is, as far as it tells.
        what: String,
    },
    /// The bytes are no private key, or its parts contradict each other.
    #[error("the private key is damaged: {reason}")]
    BrokenKey {
        /// What does not hold.
        reason: &'static str,
    },
    /// The bytes are not a certificate.
    #[error("not an X.509 certificate: {reason}")]
    BrokenCertificate {
        /// What does not hold.
        reason: String,
    },
    /// A PEM text without a certificate in it.
    #[error("there is no certificate in this PEM text")]
    NoCertificate,
    /// A subject that X.509 can't hold.
    #[error("the subject can't be written into a certificate: {}", listed(complaints))]
    Subject {
        /// Every complaint, in the order of the name's attributes.
        complaints: Vec<NameError>,
    },
    /// A subject alternative name that X.509 can't hold.
    #[error("the name \"{san}\" can't be written into a certificate: {reason}")]
    San {
        /// The name as asked for.
        san: String,
        /// What does not hold.
        reason: &'static str,
    },
    /// A request that contradicts itself or its issuer.
    #[error("the certificate for \"{subject}\" can't be issued: {reason}")]
    Request {
        /// The subject asked for.
        subject: String,
        /// What does not hold.
        reason: &'static str,
    },
    /// A certificate that would be valid for no moment.
    #[error("the certificate for \"{subject}\" would end at {not_after}, not after its start {not_before}")]
    EndsBeforeStart {
        /// The subject asked for.
        subject: String,
        /// Its first second.
        not_before: Timestamp,
        /// Its last second.
        not_after: Timestamp,
    },
    /// A certificate that would be valid for longer than the one that signs it.
    #[error(
        "the certificate for \"{subject}\" would end at {not_after}, after its authority does at {authority_end}"
    )]
    OutlivesAuthority {
        /// The subject asked for.
        subject: String,
        /// Its last second.
        not_after: Timestamp,
        /// The authority's last second.
        authority_end: Timestamp,
    },
    /// A certificate that may not sign others.
    #[error("the certificate of {subject} is not one of an authority that may sign certificates")]
    NotAnAuthority {
        /// Its subject.
        subject: String,
    },
    /// A private key and a certificate that do not belong together.
    #[error("the private key does not belong to the certificate of {subject}")]
    ForeignKey {
        /// The certificate's subject.
        subject: String,
    },
    /// The signature could not be made.
    #[error("signing the certificate for \"{subject}\" failed: {reason}")]
    Signing {
        /// The subject asked for.
        subject: String,
        /// What the library said.
        reason: String,
    },
    /// The bytes are not a revocation list.
    #[error("not a revocation list: {reason}")]
    BrokenList {
        /// What does not hold.
        reason: String,
    },
    /// A revocation list that can't be made.
    #[error("the revocation list of {subject} can't be made: {reason}")]
    RevocationList {
        /// The subject of the authority.
        subject: String,
        /// What does not hold, or what the library said.
        reason: String,
    },
    /// The PKCS#12 file could not be made.
    #[error("the PKCS#12 file could not be made: {reason}")]
    Pkcs12 {
        /// What the library said.
        reason: String,
    },
}

impl PkiError {
    pub(crate) fn broken_certificate(reason: impl ToString) -> Self {
        Self::BrokenCertificate { reason: reason.to_string() }
    }
}

fn kinds() -> String {
    KeyKind::ALL.map(KeyKind::word).join(", ")
}

fn listed(complaints: &[NameError]) -> String {
    complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
