//! The authorities between a certificate and its root, by who signed whom.

use super::Existing;
use super::existing::{CROSS, FORMER, first_certificate};
use crate::pki::Certificate;
use crate::time::Timestamp;

impl Existing {
    /// The authorities between a certificate and its root, from below, as far as they are there.
    #[must_use]
    pub fn chain_of(&self, certificate: &Certificate) -> Vec<&Certificate> {
        let above = self.generations.values().flat_map(|file| &file.above);
        chain_of(certificate, self.authorities().chain(above).collect())
    }

    /// When a certificate stops to count: at its own end, or at that of one above it, as far as these are there.
    #[must_use]
    pub fn end_of(&self, certificate: &Certificate) -> Timestamp {
        let chain = self.chain_of(certificate);
        let top = chain.last().copied().unwrap_or(certificate);
        let above = self.generations.values().flat_map(|file| &file.above);
        let mut roots = self.authorities().chain(above).filter(|one| one.is_self_signed());
        let root = roots.find(|root| *root != top && top.signed_by(root));
        let all = chain.into_iter().chain(root).map(Certificate::not_after);
        all.fold(certificate.not_after(), Timestamp::min)
    }

    /// The certificates beside keys: a generation's own, and those by which another one vouches for it or did so.
    pub(super) fn take_certificates(&mut self, parts: &[&str], bytes: &[u8]) {
        let [authority, name] = parts else { return };
        let text = String::from_utf8_lossy(bytes);
        let key = |ending| {
            let number = name.strip_suffix(ending)?.parse::<u32>().ok()?;
            Some(((*authority).to_owned(), number))
        };
        if let Some(key) = key(".crt") {
            self.certificates.insert(key, first_certificate(&text));
        } else if let Some(key) = key(CROSS) {
            self.crosses.extend(first_certificate(&text).map(|cross| (key, cross)));
        } else if let Some(key) = key(FORMER) {
            self.former.insert(key, Certificate::from_pem_chain(&text).unwrap_or_default());
        }
    }

    /// The authority and the number of the generation that signed a certificate.
    #[must_use]
    pub fn signer_of(&self, certificate: &Certificate) -> Option<(&str, u32)> {
        let keys = self.generations.iter().map(|(key, file)| (key, &file.certificate));
        let alone = self.certificates.iter().filter_map(|(key, own)| Some((key, own.as_ref()?)));
        let signer = keys.chain(alone).find(|(_, signer)| certificate.made_by(signer));
        signer.map(|((name, number), _)| (name.as_str(), *number))
    }

    /// A cross-signed certificate whose file is gone is found again in the chains that servers and istiods show.
    pub(super) fn find_crosses(&mut self) {
        let mut found = Vec::new();
        for (key @ (authority, _), file) in &self.generations {
            let root = &file.certificate;
            let earlier = self.generations.range((authority.clone(), 0)..key.clone());
            let earlier: Vec<_> = earlier.map(|(_, file)| &file.certificate).collect();
            if !root.is_self_signed() || earlier.is_empty() {
                continue;
            }
            let is_cross = |one: &&Certificate| {
                !one.is_self_signed()
                    && one.spki_sha256() == root.spki_sha256()
                    && one.subject() == root.subject()
                    && earlier.iter().any(|earlier| one.signed_by(earlier))
            };
            if self.crosses.get(key).filter(is_cross).is_none() {
                found.extend(self.shown_chains().find(is_cross).map(|cross| (key.clone(), cross.clone())));
            }
        }
        self.crosses.extend(found);
    }

    /// The authorities' certificates behind those of servers and istiods, as far as they are readable.
    fn shown_chains(&self) -> impl Iterator<Item = &Certificate> {
        let leaves = self.leaves.values().chain(&self.parked).flat_map(|leaf| &leaf.chain);
        leaves.chain(self.cacerts.values().flat_map(|cacerts| &cacerts.chain))
    }

    /// As [`Self::chain_of`], and the cross-signed certificates that lead from its root to earlier ones.
    #[must_use]
    pub fn crossed_chain_of(&self, certificate: &Certificate) -> Vec<&Certificate> {
        let mut chain = self.chain_of(certificate);
        let top = chain.last().copied().unwrap_or(certificate);
        let mut root = self.authorities().find(|one| one.is_self_signed() && top.signed_by(one));
        while let Some(own) = root {
            let of_it = |one: &&Certificate| one.spki_sha256() == own.spki_sha256();
            let Some(cross) = self.crosses.values().find(of_it).filter(|one| !chain.contains(one)) else {
                break;
            };
            chain.push(cross);
            root = self.authorities().find(|one| one.is_self_signed() && cross.signed_by(one));
        }
        chain
    }
}

/// The authorities between a certificate and its root, from below, among those that are given.
#[must_use]
pub fn chain_of<'c>(certificate: &Certificate, mut among: Vec<&'c Certificate>) -> Vec<&'c Certificate> {
    among.retain(|authority| !authority.is_self_signed());
    let mut chain: Vec<&Certificate> = Vec::new();
    while let Some(i) =
        among.iter().position(|authority| chain.last().copied().unwrap_or(certificate).signed_by(authority))
    {
        chain.push(among.swap_remove(i));
    }
    chain
}
