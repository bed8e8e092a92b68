//! Files of the user's outside the project: keys, certificates, lists, passphrases. They are read up to a bound, since what
//! never ends would fill the memory.
#![expect(clippy::disallowed_methods, reason = "what a call names lies outside the project")]

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::{Zeroize as _, Zeroizing};

/// Far more than the largest Secret that a cluster takes.
const MOST: usize = 4 << 20;

/// What is in a file.
///
/// # Errors
/// What the system says, and a file that is larger than anything that is asked for.
pub(super) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    let length = if found.is_file() { usize::try_from(found.len()).unwrap_or(MOST) } else { MOST };
    // All the room at once: what grows leaves copies behind that nobody wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.min(MOST) + 1));
    file.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MOST {
        let message = "it is larger than 4 MiB: no key, certificate, list or passphrase is";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The text in a file.
///
/// # Errors
/// As [`read`], and what is not UTF-8.
pub(super) fn read_text(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut bytes = read(path)?;
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
        }
    }
}

/// The first line of a file, which holds a passphrase.
///
/// # Errors
/// As [`read_text`].
pub(super) fn first_line(path: &Path) -> io::Result<Zeroizing<String>> {
    let text = read_text(path)?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}
