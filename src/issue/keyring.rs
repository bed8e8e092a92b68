//! Opens sealed keys, and says what it takes where nothing at hand opens one.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diag::Diagnostic;
use crate::pki::Key;
use crate::sops::{Identities, Plain, Sealed, SopsError};
use crate::state::broken;

/// How an identity is given.
pub const NEEDS_HELP: &str = "set SOPS_AGE_KEY_FILE or pass `--identity FILE`, and run it again";

/// Finds age identities, when a sealed key must be opened and not before.
pub trait Unlock: Sync {
    /// All identities that there are; none is no error.
    ///
    /// # Errors
    /// A finding, where an identity that was named can't be used.
    fn identities(&self) -> Result<Identities, Box<Diagnostic>>;
}

/// Opens sealed keys with identities that are looked for once, at the first file.
pub struct Keyring<'a> {
    unlock: &'a dyn Unlock,
    identities: OnceLock<Result<Identities, Box<Diagnostic>>>,
}

/// What came of opening a sealed key.
pub enum Opened {
    /// It.
    Key(Box<Key>),
    /// Nothing at hand opens it: what it takes.
    Locked(Vec<String>),
    /// The file is damaged, or an identity that was named can't be used.
    Broken(Box<Diagnostic>),
}

impl<'a> Keyring<'a> {
    /// One that nobody has asked for anything.
    #[must_use]
    pub fn new(unlock: &'a dyn Unlock) -> Self {
        Self { unlock, identities: OnceLock::new() }
    }

    /// Opens the sealed key of a file, whose path is as a user reads it.
    pub fn open(&self, path: &str, sealed: &Sealed) -> Opened {
        let identities = match self.identities.get_or_init(|| self.unlock.identities()) {
            Ok(identities) => identities,
            Err(finding) => return Opened::Broken(finding.clone()),
        };
        match open_key(sealed, identities) {
            Ok(Some(key)) => Opened::Key(Box::new(key)),
            Ok(None) => Opened::Locked(needs(path, sealed, identities)),
            Err(reason) => Opened::Broken(Box::new(broken(path, &reason))),
        }
    }

    /// All that a sealed file holds, if an identity at hand opens it.
    #[must_use]
    pub fn plain(&self, sealed: &Sealed) -> Option<Plain> {
        let identities = self.identities.get_or_init(|| self.unlock.identities()).as_ref().ok()?;
        sealed.decrypt(identities).ok()
    }
}

/// What it takes to open a sealed file that nothing at hand opens, and which sources of identities were left out.
#[must_use]
pub fn needs(path: &str, sealed: &Sealed, identities: &Identities) -> Vec<String> {
    let recipients = sealed.recipients().join(", ");
    let found =
        if identities.is_empty() { "no identity was found" } else { "no identity that was found opens it" };
    let mut needs = vec![format!("{path} must be opened, and {found}: it is sealed for {recipients}")];
    needs.extend(identities.notes().iter().map(ToString::to_string));
    needs
}

/// Opens a sealed file and reads `data.tls.key`. `None` means that no identity opens it.
///
/// # Errors
/// What is wrong with the file, in words without any of its content.
pub fn open_key(sealed: &Sealed, identities: &Identities) -> Result<Option<Key>, String> {
    let plain = match sealed.decrypt(identities) {
        Ok(plain) => plain,
        Err(SopsError::NoIdentity { .. }) => return stranger(sealed, identities).map(|()| None),
        Err(SopsError::TooFewGroups { .. }) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let of = |name: &str| plain.at(&["data", name]).and_then(|node| node.as_str());
    let encoded = of("tls.key").or_else(|| of("ca-key.pem")).ok_or("it has no `data.tls.key`")?;
    let pem =
        zeroize::Zeroizing::new(STANDARD.decode(encoded).map_err(|_| "its `data.tls.key` is not base64")?);
    let pem = std::str::from_utf8(&pem).map_err(|_| "its `data.tls.key` is not PEM")?;
    Key::from_pem(pem).map(Some).map_err(|error| error.to_string())
}

/// No identity opens it: that is nobody's fault unless one of them belongs to a recipient that the file names.
fn stranger(sealed: &Sealed, identities: &Identities) -> Result<(), String> {
    let named = sealed.recipients();
    let own = identities.recipients().into_iter().map(|own| own.to_string());
    match own.into_iter().find(|own| named.contains(&own.as_str())) {
        Some(own) => Err(format!(
            "it says that it is sealed for {own}, and the identity of that recipient does not open it: its `sops.age` block was changed"
        )),
        None => Ok(()),
    }
}
