//! Opens sealed keys, and says what it takes where nothing at hand opens one.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::diag::Diagnostic;
use crate::pki::{Key, Seed, seed};
use crate::sops::{Identities, Plain, Sealed, SopsError};
use crate::state::{SeedFile, broken};

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

/// What came of opening a project's seed.
pub enum OpenedSeed {
    /// It.
    Seed(Box<Seed>),
    /// Nothing at hand opens it: what it takes.
    Locked(Vec<String>),
    /// The file is damaged, or an identity that was named can't be used.
    Broken(Box<Diagnostic>),
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
        let identities = match self.identities() {
            Ok(identities) => identities,
            Err(finding) => return Opened::Broken(finding),
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
        sealed.decrypt(self.identities().ok()?).ok()
    }

    /// Opens a project's seed.
    pub fn open_seed(&self, file: &SeedFile) -> OpenedSeed {
        let identities = match self.identities() {
            Ok(identities) => identities,
            Err(finding) => return OpenedSeed::Broken(finding),
        };
        match open_seed(file, identities) {
            Ok(Some(seed)) => OpenedSeed::Seed(Box::new(seed)),
            Ok(None) => OpenedSeed::Locked(needs(&file.shown, &file.sealed, identities)),
            Err(reason) => OpenedSeed::Broken(Box::new(broken(&file.shown, &reason))),
        }
    }

    /// Looked for at the first call.
    fn identities(&self) -> Result<&Identities, Box<Diagnostic>> {
        self.identities.get_or_init(|| self.unlock.identities()).as_ref().map_err(Clone::clone)
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
    let Some(plain) = decrypt(sealed, identities)? else { return Ok(None) };
    let of = |name: &str| plain.at(&["data", name]).and_then(|node| node.as_str());
    let encoded = of("tls.key").or_else(|| of("ca-key.pem")).ok_or("it has no `data.tls.key`")?;
    let pem = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| "its `data.tls.key` is not base64")?);
    let pem = std::str::from_utf8(&pem).map_err(|_| "its `data.tls.key` is not PEM")?;
    Key::from_pem(pem).map(Some).map_err(|error| error.to_string())
}

/// Opens the file of a project's seed. `None` means that no identity opens it.
///
/// # Errors
/// What is wrong with the file, in words without any of its content.
pub fn open_seed(file: &SeedFile, identities: &Identities) -> Result<Option<Seed>, String> {
    let Some(plain) = decrypt(&file.sealed, identities)? else { return Ok(None) };
    let encoded = plain.at(&["data", "seed"]).and_then(|node| node.as_str());
    let encoded = encoded.ok_or("it has no `data.seed`")?;
    let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| "its `data.seed` is not base64")?);
    let bytes: &[u8; seed::LENGTH] =
        bytes.as_slice().try_into().map_err(|_| format!("its `data.seed` is not {} bytes", seed::LENGTH))?;
    let seed = Seed::new(bytes).map_err(|error| error.to_string())?;
    if *seed.id() != file.id {
        return Err("its `data.id` is that of another seed: one of the two was changed by hand".to_owned());
    }
    Ok(Some(seed))
}

/// The values of a sealed file. `None` means that no identity opens it.
fn decrypt(sealed: &Sealed, identities: &Identities) -> Result<Option<Plain>, String> {
    match sealed.decrypt(identities) {
        Ok(plain) => Ok(Some(plain)),
        Err(SopsError::NoIdentity { .. }) => stranger(sealed, identities).map(|()| None),
        Err(SopsError::TooFewGroups { .. }) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
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
