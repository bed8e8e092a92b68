//! Key pairs in files outside the project, for the commands that take one.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use zeroize::Zeroizing;

use super::bounded;
use super::session::Failure;
use super::settings::{Settings, normalise};
use crate::pki::RevocationList;
use crate::pki::pair::{Pair, PairError, Parts};
use crate::state::git::{nearest, real};

/// Where a certificate is, and those above it.
#[derive(Debug, clap::Args)]
pub(super) struct Certificates {
    /// A file with the certificate, or with one above it: PEM or DER. Repeatable.
    #[arg(long = "cert", required_unless_present = "crl", value_name = "FILE", value_hint = ValueHint::FilePath)]
    certificates: Vec<PathBuf>,
}

impl Certificates {
    /// Reads all of them; a private key has no place here.
    pub(super) fn read(&self, settings: &Settings) -> Result<Parts, Failure> {
        let mut parts = Parts::default();
        for path in &self.certificates {
            let path = normalise(&settings.directory.join(path));
            let bytes = bounded::read(&path).map_err(|error| Failure::File { path: path.clone(), error })?;
            parts.add(&bytes, &mut || None).map_err(|error| refused(&path, &error))?;
        }
        if parts.has_key() {
            return Err(Failure::Call(
                "nothing was written: a private key is in these files, and the one that asked is here already".to_owned(),
            ));
        }
        Ok(parts)
    }
}

/// The revocation lists in a file, PEM or DER.
pub(super) fn lists(path: &Path, settings: &Settings) -> Result<Vec<RevocationList>, Failure> {
    let path = normalise(&settings.directory.join(path));
    let bytes = bounded::read(&path).map_err(|error| Failure::File { path: path.clone(), error })?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.contains("-----BEGIN "));
    let read = match text {
        Some(text) => RevocationList::from_pem(text),
        None => RevocationList::from_der(&bytes).map(|list| vec![list]),
    };
    read.map_err(|error| Failure::Call(format!("nothing was written: {}: {error}", path.display())))
}

/// Where a key pair is.
#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// A file with the certificate and those above it: PEM, DER or PKCS#12. Repeatable.
    #[arg(long = "cert", required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    certificates: Vec<PathBuf>,
    /// The file with the private key, unless it is in that of the certificate: PEM or DER, also behind a passphrase.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: Option<PathBuf>,
    /// The passphrase of the key is the first line of FILE; else it is GATEWRIGHT_PASSWORD, or asked for.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    password_file: Option<PathBuf>,
}

impl Files {
    /// Reads all of them.
    pub(super) fn read(&self, settings: &Settings) -> Result<Parts, Failure> {
        let mut parts = Parts::default();
        for path in self.certificates.iter().chain(&self.key) {
            let path = normalise(&settings.directory.join(path));
            let bytes = bounded::read(&path).map_err(|error| Failure::File { path: path.clone(), error })?;
            let had_key = parts.has_key();
            let mut asked = false;
            let mut problem = None;
            let mut passphrase = || {
                asked = true;
                self.passphrase(&path, settings).unwrap_or_else(|failure| {
                    problem = Some(failure);
                    None
                })
            };
            let read = parts.add(&bytes, &mut passphrase);
            if let Some(failure) = problem {
                return Err(failure);
            }
            read.map_err(|error| refused(&path, &error))?;
            if !had_key && parts.has_key() && !asked {
                in_the_clear(&path, settings)?;
            }
        }
        Ok(parts)
    }

    fn passphrase(&self, path: &Path, settings: &Settings) -> Result<Option<Zeroizing<String>>, Failure> {
        if let Some(file) = &self.password_file {
            let file = settings.directory.join(file);
            let line = bounded::first_line(&file);
            return line.map(Some).map_err(|error| Failure::File { path: file, error });
        }
        if let Some(text) = settings.environment.get("GATEWRIGHT_PASSWORD").and_then(|text| text.to_str()) {
            return Ok(Some(Zeroizing::new(text.to_owned())));
        }
        if !std::io::stdin().is_terminal() {
            return Ok(None);
        }
        let prompt = format!("Passphrase for {}: ", path.display());
        Ok(rpassword::prompt_password(prompt).ok().map(Zeroizing::new))
    }
}

/// Key, certificate and chain, all valid now.
pub(super) fn pair(parts: Parts, settings: &Settings) -> Result<Pair, Failure> {
    let pair = parts.into_pair().map_err(|error| unusable(&error))?;
    pair.check_times(settings.now).map_err(|error| unusable(&error))?;
    Ok(pair)
}

/// What is said of files that are no key pair.
pub(super) fn unusable(error: &PairError) -> Failure {
    let mend = match error {
        PairError::Keys { count: 0 } => "; name the key's file with `--key`",
        PairError::Incomplete { .. } | PairError::Unfit { .. } => {
            "; add the file that its issuer gives out, with another `--cert`"
        }
        PairError::NoRoot { .. } => "; whoever has its key can make another certificate of it",
        _ => "",
    };
    Failure::Call(format!("nothing was written: {error}{mend}"))
}

fn refused(path: &Path, error: &PairError) -> Failure {
    let mend = match error {
        PairError::NeedsPassphrase => {
            "; give it by `--password-file` or GATEWRIGHT_PASSWORD, or run this in a terminal"
        }
        _ => "",
    };
    Failure::Call(format!("nothing was written: {}: {error}{mend}", path.display()))
}

/// A private key in the clear has no place in a repository, be it only on its way.
fn in_the_clear(path: &Path, settings: &Settings) -> Result<(), Failure> {
    let place = real(path);
    let root = real(&settings.layout.root);
    if nearest(&place).is_none() && !place.starts_with(&root) {
        return Ok(());
    }
    Err(Failure::Call(format!(
        "nothing was written: {} holds a private key in the clear, inside a repository: move it out, where no commit can catch it",
        path.display()
    )))
}
