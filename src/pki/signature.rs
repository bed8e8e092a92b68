//! The signature under a certificate or a revocation list, and whether a key made it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::x509::AlgorithmIdentifier;

use crate::spec::node::KeyKind;

const SHA256_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.11);
const SHA384_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.12);
const SHA512_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.13);
const ECDSA_WITH_SHA256: Oid<'static> = oid!(1.2.840.10045.4.3.2);
const ECDSA_WITH_SHA384: Oid<'static> = oid!(1.2.840.10045.4.3.3);

/// Kinds of signature that are known and do not count, and what is said of them.
const UNREAD: [(Oid<'static>, &str); 6] = [
    (oid!(1.2.840.113549.1.1.4), "it is signed with MD5, which proves nothing any more"),
    (oid!(1.2.840.113549.1.1.5), "it is signed with SHA-1, which proves nothing any more"),
    (oid!(1.2.840.10045.4.1), "it is signed with SHA-1, which proves nothing any more"),
    (oid!(1.2.840.113549.1.1.10), "it is signed by RSASSA-PSS, which is not read here"),
    (oid!(1.2.840.10045.4.3.4), "it is signed by ECDSA with SHA-512, which is not read here"),
    (oid!(1.3.101.112), "it is signed by Ed25519, which is not read here"),
];

/// What is said of a kind of signature that is known and does not count.
pub(crate) fn unread(named: &AlgorithmIdentifier<'_>) -> Option<&'static str> {
    UNREAD.iter().find(|(oid, _)| *oid == named.algorithm).map(|(_, said)| *said)
}

/// A signature of an algorithm that we check, and what it is over.
pub(crate) struct Signed {
    algorithm: Algorithm,
    body: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Algorithm {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
}

impl Signed {
    /// Takes it out of a certificate; `None` if the algorithm is none of ours, or if a TLS peer would not read it.
    pub(crate) fn read(der: &[u8], x509: &X509Certificate<'_>) -> Option<Self> {
        // The bytes around the signed body are under no signature. This reader wants them to the letter of DER, and
        // the algorithm outside to be the one inside (RFC 5280 §4.1.1.2), where the other one is lenient.
        EndEntityCert::try_from(&CertificateDer::from(der)).ok()?;
        let algorithm = Algorithm::named(&x509.signature_algorithm)?;
        let body = x509.tbs_certificate.as_ref().to_vec();
        Some(Self { algorithm, body, signature: x509.signature_value.data.to_vec() })
    }

    /// Takes it out of a revocation list; `None` as of [`Self::read`].
    pub(crate) fn of_list(list: &CertificateRevocationList<'_>) -> Option<Self> {
        let (inside, outside) = (&list.tbs_cert_list.signature, &list.signature_algorithm);
        let algorithm = Algorithm::named(outside).filter(|_| inside == outside)?;
        let body = list.tbs_cert_list.as_ref().to_vec();
        Some(Self { algorithm, body, signature: list.signature_value.data.to_vec() })
    }

    /// Whether the private half of this public key made it.
    pub(crate) fn verifies(&self, kind: Option<KeyKind>, public_key: &[u8]) -> bool {
        let Some(algorithm) = kind.and_then(|kind| self.algorithm.with(kind)) else { return false };
        UnparsedPublicKey::new(algorithm, public_key).verify(&self.body, &self.signature).is_ok()
    }
}

impl Algorithm {
    fn named(named: &AlgorithmIdentifier<'_>) -> Option<Self> {
        [
            (SHA256_WITH_RSA, Algorithm::RsaSha256),
            (SHA384_WITH_RSA, Algorithm::RsaSha384),
            (SHA512_WITH_RSA, Algorithm::RsaSha512),
            (ECDSA_WITH_SHA256, Algorithm::EcdsaSha256),
            (ECDSA_WITH_SHA384, Algorithm::EcdsaSha384),
        ]
        .into_iter()
        .find_map(|(oid, algorithm)| (oid == named.algorithm).then_some(algorithm))
    }

    fn with(self, kind: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
        use KeyKind::{EcdsaP256, EcdsaP384, Rsa2048, Rsa3072, Rsa4096};
        Some(match (self, kind) {
            (Self::RsaSha256, Rsa2048 | Rsa3072 | Rsa4096) => &RSA_PKCS1_2048_8192_SHA256,
            (Self::RsaSha384, Rsa2048 | Rsa3072 | Rsa4096) => &RSA_PKCS1_2048_8192_SHA384,
            (Self::RsaSha512, Rsa2048 | Rsa3072 | Rsa4096) => &RSA_PKCS1_2048_8192_SHA512,
            (Self::EcdsaSha256, EcdsaP256) => &ECDSA_P256_SHA256_ASN1,
            (Self::EcdsaSha384, EcdsaP256) => &ECDSA_P256_SHA384_ASN1,
            (Self::EcdsaSha256, EcdsaP384) => &ECDSA_P384_SHA256_ASN1,
            (Self::EcdsaSha384, EcdsaP384) => &ECDSA_P384_SHA384_ASN1,
            _ => return None,
        })
    }
}
