//! The operator's and the cluster's identity, outside of any repository.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::bounded;
use super::super::identities::{Finder, keys_file};
use super::super::outside::outside;
use super::super::print::Printer;
use super::super::session::Failure;
use super::super::settings::Settings;
use crate::issue::Unlock as _;
use crate::sops::{Identities, Recipient, generate};
use crate::state::git::real;

/// An identity in a file.
pub(super) struct Made {
    pub(super) recipient: Recipient,
    pub(super) path: PathBuf,
}

/// The operator's recipients: of the identities that sops finds, or of a new one where it looks.
pub(super) fn operator(settings: &Settings, printer: &Printer) -> Result<Recipient, Failure> {
    let found =
        Finder::new(settings).identities().map_err(|finding| Failure::Call(finding.message.clone()))?;
    if let Some(recipient) = found.recipients().into_iter().next() {
        printer.note(&format!("the operator is {recipient}, whose identity is there already"));
        return Ok(recipient);
    }
    let Some(path) = keys_file(&settings.environment) else {
        return Err(Failure::Call(
            "neither HOME nor XDG_CONFIG_HOME is set, so there is no place for the operator's identity; set SOPS_AGE_KEY_FILE to one that is there".to_owned(),
        ));
    };
    let made = make(&path, None, settings)?;
    printer.note(&format!("the operator is {}, whose identity is now in {}", made.recipient, path.display()));
    Ok(made.recipient)
}

/// The cluster's identity: one a project, in a file that says whose it is. Two projects whose folders have one name get one
/// each, since a cluster that opens the one must not open the other.
pub(super) fn cluster(settings: &Settings, printer: &Printer) -> Result<Made, Failure> {
    let Some(keys) = keys_file(&settings.environment) else {
        return Err(Failure::Call(
            "neither HOME nor XDG_CONFIG_HOME is set, so there is no place for the cluster's identity"
                .to_owned(),
        ));
    };
    let folder = keys.ancestors().nth(3).unwrap_or(Path::new("/")).join("gatewright");
    let name = settings.layout.root.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "cluster".to_owned());
    let owner = owner(settings);
    for number in 1_u32.. {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}{suffix}.agekey"));
        let Some(text) = read(&path)? else {
            let made = make(&path, Some(&owner), settings)?;
            printer.note(&format!(
                "the cluster is {}, whose identity is now in {}",
                made.recipient,
                path.display()
            ));
            return Ok(made);
        };
        if text.lines().any(|line| line == owner) {
            let recipient = recipient(&path, &text)?;
            printer.note(&format!(
                "the cluster is {recipient}, whose identity is in {} already",
                path.display()
            ));
            return Ok(Made { recipient, path });
        }
    }
    Err(Failure::Call(format!("{} is full of identities", folder.display())))
}

/// The line of an identity file that says which project it is for.
fn owner(settings: &Settings) -> String {
    let root = real(&settings.layout.root).display().to_string();
    format!("# project: {}", root.escape_debug())
}

fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Failure> {
    match bounded::read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::File { path: path.to_owned(), error }),
    }
}

fn recipient(path: &Path, text: &str) -> Result<Recipient, Failure> {
    let mut found = Identities::new();
    found.add(&path.display().to_string(), text);
    match found.recipients().into_iter().next() {
        Some(recipient) => Ok(recipient),
        None => Err(Failure::Call(format!("{} is there and holds no age identity", path.display()))),
    }
}

/// Makes a new identity file, mode 0600; one that is there is never touched.
fn make(path: &Path, owner: Option<&str>, settings: &Settings) -> Result<Made, Failure> {
    let failed = |error| Failure::File { path: path.to_owned(), error };
    let folder = path.parent().unwrap_or(Path::new("/"));
    outside(folder, settings)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let (identity, recipient) = generate();
    let owner = owner.map(|line| format!("{line}\n")).unwrap_or_default();
    let text = Zeroizing::new(format!(
        "# created by gatewright init\n{owner}# public key: {recipient}\n{}\n",
        identity.as_str()
    ));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(Made { recipient, path: path.to_owned() })
}
