//! What sentences call certificates and those who signed them. Some have no subject.

use super::Certificate;

impl Certificate {
    /// What a sentence calls it: its subject in backquotes, or a name that it is for, or its serial number.
    #[must_use]
    pub fn called(&self) -> String {
        let san = || self.sans().first().map(|san| format!("`{san}`"));
        let named = (!self.subject().is_empty()).then(|| format!("`{}`", self.subject()));
        named.or_else(san).unwrap_or_else(|| format!("serial number {}", self.serial()))
    }

    /// What a sentence calls the one that it says signed it.
    #[must_use]
    pub fn issuer_called(&self) -> String {
        match self.issuer().is_empty() {
            true => "an issuer without a name".to_owned(),
            false => format!("`{}`", self.issuer()),
        }
    }
}
