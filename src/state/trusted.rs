//! What an authority's clients trust, and what that tells of the authority.

use super::Existing;
use crate::pki::Certificate;

impl Existing {
    /// Takes what clients of an authority trust, if that is what the file holds.
    pub(super) fn take_trusted(&mut self, parts: &[&str], bytes: &[u8]) -> bool {
        let [authority, "ca.crt"] = parts else { return false };
        let Ok(trusted) = Certificate::from_pem_chain(&String::from_utf8_lossy(bytes)) else { return false };
        self.trusted.insert((*authority).to_owned(), trusted);
        true
    }

    /// A bundle tells of an authority, unless all in it are others' roots.
    pub(super) fn trace_trusted(&mut self) {
        let others = |of: &str, one: &Certificate| {
            let mut known = self.generations.iter().filter(|((name, _), _)| name != of);
            known.any(|(_, file)| file.root() == one)
        };
        let told = self.trusted.iter().filter(|(name, all)| all.iter().any(|one| !others(name, one)));
        let told: Vec<_> = told.map(|(name, _)| name.clone()).collect();
        self.traces.extend(told);
    }
}
