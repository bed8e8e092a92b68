//! Which certificate follows from which: by the key that signed it, and by the identifiers that the two say.

use crate::pki::Certificate;

impl Certificate {
    /// Its subject key identifier.
    #[must_use]
    pub fn ski(&self) -> Option<&[u8]> {
        self.facts.ski.as_deref()
    }

    /// The key identifier of its authority.
    #[must_use]
    pub fn aki(&self) -> Option<&[u8]> {
        self.facts.aki.as_deref()
    }

    /// The identifier by which what its key signs names that: the one that it says, or one made of the key.
    /// Some tools write none into a root.
    #[must_use]
    pub fn key_identifier(&self) -> &[u8] {
        self.ski().unwrap_or(&self.facts.derived_identifier)
    }

    /// Whether `authority` signed this, as those who check a chain would have it: its key [made it](Self::made_by), and the
    /// key identifiers do not contradict. Nothing is said about time.
    #[must_use]
    pub fn signed_by(&self, authority: &Self) -> bool {
        self.identifies(authority) && self.made_by(authority)
    }

    /// Whether the key of `authority` signed this: it may sign, its subject is our issuer byte by byte, and the signature is
    /// right. RSA (PKCS#1 v1.5) and ECDSA with SHA-2 on the kinds of key that we make are checked; a signature of another kind
    /// counts as wrong, and so does one under a certificate that is not X.509 version 3 in strict DER.
    #[must_use]
    pub fn made_by(&self, authority: &Self) -> bool {
        let (own, theirs) = (&*self.facts, &*authority.facts);
        authority.is_ca()
            && own.issuer_der == theirs.subject_der
            && own.signed.as_ref().is_some_and(|signed| signed.verifies(theirs.key_kind, &theirs.public_key))
    }

    /// Why it can't be a root, though it says that it signed itself; `None` of one that is a root, or that another one signed.
    #[must_use]
    pub(crate) fn no_root(&self) -> Option<&'static str> {
        let says_so = self.facts.issuer_der == self.facts.subject_der && self.identifies(self);
        (says_so && !self.is_self_signed())
            .then(|| self.facts.no_authority.unwrap_or_else(|| self.not_read()))
    }

    /// Why a signature under it that names the right signer does not count.
    pub(super) fn not_read(&self) -> &'static str {
        self.facts.unread.unwrap_or("the signature is wrong, or of a kind that is not read here")
    }

    /// Why it may not sign others; `None` of an authority's.
    #[must_use]
    pub fn no_authority(&self) -> Option<&'static str> {
        self.facts.no_authority
    }

    /// Whether it names that one's key, as far as both say something of it: who checks compares no more (RFC 5280, 4.2.1.1).
    fn identifies(&self, authority: &Self) -> bool {
        agree(self.aki(), authority)
    }
}

/// Whether the identifier of a signer's key is that which its certificate says, where both are there.
pub(super) fn agree(aki: Option<&[u8]>, signer: &Certificate) -> bool {
    aki.zip(signer.ski()).is_none_or(|(named, own)| named == own)
}
