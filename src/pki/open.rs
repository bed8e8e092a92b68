//! Opens sealed keys, and says what it takes where nothing at hand opens one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pki::Key;
use crate::sops::{Identities, Sealed, SopsError};

/// How an identity is given.
pub const NEEDS_HELP: &str = "set SOPS_AGE_KEY_FILE or pass `--identity FILE`, and run it again";

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
    let encoded = plain.at(&["data", "tls.key"]).and_then(|node| node.as_str());
    let encoded = encoded.ok_or("it has no `data.tls.key`")?;
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
