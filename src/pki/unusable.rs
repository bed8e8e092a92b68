//! Why files that were brought can't be used.

use crate::pki::PkiError;
use crate::pki::old::Old;

/// Why files are no key pair that can be used. No variant holds key bytes.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file that can't be read as any of the forms.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// It takes a passphrase, and there is none.
    #[error("it is encrypted, and no passphrase was given")]
    NeedsPassphrase,
    /// The passphrase opens nothing.
    #[error("the passphrase is wrong, or the file is damaged")]
    WrongPassphrase,
    /// Encrypted by a cipher that we don't have.
    #[error("it is encrypted {}, an old way that is not read here; `{}` writes it in the one of today", .0.is, .0.mend)]
    OldEncryption(Old),
    /// Certificates as PKCS#7.
    #[error("it is PKCS#7; `openssl pkcs7 -print_certs -in FILE` writes its certificates as PEM")]
    Pkcs7,
    /// Neither PEM, nor PKCS#12, nor a certificate in DER.
    #[error("it is neither PEM, nor PKCS#12, nor a certificate")]
    Unknown,
    /// No key, or several.
    #[error("{count} private keys are there, and one is needed")]
    Keys {
        /// How many.
        count: usize,
    },
    /// None of the certificates is the key's.
    #[error("the private key belongs to none of the {count} certificates that are there")]
    Foreign {
        /// How many there are.
        count: usize,
    },
    /// The certificate of the authority that signed the last one is missing.
    #[error("the chain is not complete: the certificate of {issuer}, which signed {subject}, is missing")]
    Incomplete {
        /// The last one's subject.
        subject: String,
        /// Its issuer.
        issuer: String,
    },
    /// One of that name is there, and it is another one.
    #[error(
        "the chain is not complete: the certificate of {issuer} that is there did not sign {subject}: {why}"
    )]
    Unfit {
        /// The last one's subject.
        subject: String,
        /// Its issuer.
        issuer: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It says that it signed itself, and nobody would take it for a root.
    #[error("the certificate of {subject} says that it signed itself, and is no root: {why}")]
    NoRoot {
        /// Whose.
        subject: String,
        /// Why not.
        why: &'static str,
    },
    /// One of the chain is not valid now.
    #[error("the certificate of {subject} {what}")]
    Time {
        /// Whose.
        subject: String,
        /// Since or until when.
        what: String,
    },
}
