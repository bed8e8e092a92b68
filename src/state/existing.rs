//! The certificates and sealed keys that are there, read from `out/` and `pki/` without any identity.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;

use super::{Entry, Snapshot};
use crate::diag::{Code, Diagnostic, Report};
use crate::paths::mark::Mark;
use crate::paths::{Names, Place, ProjectPath};
use crate::pki::Certificate;
use crate::sops::Sealed;

/// A sealed key with the certificate that belongs to it.
pub struct KeyFile {
    /// Its path below `pki/`.
    pub path: ProjectPath,
    /// The whole path, as a user reads it.
    pub shown: String,
    /// The file.
    pub sealed: Sealed,
    /// The certificate.
    pub certificate: Certificate,
}

/// A sealed Secret below `out/`.
pub struct ExistingLeaf {
    /// Its path below `out/`.
    pub path: ProjectPath,
    /// The whole path, as a user reads it.
    pub shown: String,
    /// The namespace it says.
    pub namespace: String,
    /// The name it says.
    pub secret: String,
    /// The file.
    pub sealed: Sealed,
    /// The server's certificate.
    pub certificate: Certificate,
}

/// Everything that is there.
#[derive(Default)]
pub struct Existing {
    /// Server Secrets, by namespace and name.
    pub leaves: BTreeMap<(String, String), ExistingLeaf>,
    /// Authorities' keys, by name and generation.
    pub generations: BTreeMap<(String, u32), KeyFile>,
    /// Clients' keys, by authority and file name.
    pub clients: BTreeMap<(String, String), KeyFile>,
    /// Generations whose `.crt` is there, by name and number.
    pub certificates: BTreeSet<(String, u32)>,
    /// Names of authorities that left anything below `pki/`.
    pub traces: BTreeSet<String>,
    /// How a user reads the paths of all these files.
    pub names: Names,
}

impl Existing {
    /// The Secret of that namespace and name.
    #[must_use]
    pub fn leaf(&self, namespace: &str, secret: &str) -> Option<&ExistingLeaf> {
        self.leaves.get(&(namespace.to_owned(), secret.to_owned()))
    }

    /// Reads what is there; what can't be read is reported with its path.
    #[must_use]
    pub fn read(snapshot: &Snapshot) -> (Self, Report) {
        let names = snapshot.names();
        let mut found = Self { names: names.clone(), ..Self::default() };
        let mut report = Report::default();
        let leaves: Vec<_> = snapshot
            .folder(Place::Out)
            .par_iter()
            .filter_map(|(path, entry)| read_leaf(snapshot, path, entry))
            .collect();
        for leaf in leaves {
            match leaf {
                Ok(leaf) => {
                    found.leaves.insert((leaf.namespace.clone(), leaf.secret.clone()), leaf);
                }
                Err(finding) => report.push(*finding),
            }
        }
        for (path, entry) in snapshot.folder(Place::Pki) {
            match entry {
                Entry::Link => report.push(link(&names.path(Place::Pki, path))),
                Entry::File(bytes) => found.take_key(path, bytes, &mut report),
            }
        }
        found.check_derived(snapshot, &mut report);
        (found, report)
    }

    /// A generation's `.crt` is a copy of what its key file says, and neither ever changes.
    fn check_derived(&self, snapshot: &Snapshot, report: &mut Report) {
        for ((authority, number), file) in &self.generations {
            let Ok(path) = ProjectPath::new(format!("{authority}/{number}.crt")) else { continue };
            let there = snapshot.file(Place::Pki, &path).map(String::from_utf8_lossy);
            let there = there.and_then(|text| first_certificate(&text).ok());
            if there.is_some_and(|there| there != file.certificate) {
                let reason = format!(
                    "its certificate is not that of {}: one of the two was changed by hand",
                    file.shown
                );
                report.push(broken(&self.names.path(Place::Pki, &path), &reason));
            }
        }
    }

    fn take_key(&mut self, path: &ProjectPath, bytes: &[u8], report: &mut Report) {
        let parts: Vec<_> = path.parts().collect();
        if let [authority, _, ..] = parts.as_slice() {
            self.traces.insert((*authority).to_owned());
        }
        if let [authority, name] = parts.as_slice()
            && let Some(number) = name.strip_suffix(".crt").and_then(|stem| stem.parse().ok())
        {
            self.certificates.insert(((*authority).to_owned(), number));
        }
        let Some(stem) = path.file_name().strip_suffix(".key.sops.yaml") else { return };
        let shown = self.names.path(Place::Pki, path);
        let read = || {
            let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
            let sealed = Sealed::parse(text).map_err(|error| error.to_string())?;
            let certificate = certificate_in(&sealed, &["data", "tls.crt"])?
                .ok_or_else(|| "it has no readable `data.tls.crt`".to_owned())?;
            Ok::<_, String>(KeyFile { path: path.clone(), shown: shown.clone(), sealed, certificate })
        };
        let file = match read() {
            Ok(file) => file,
            Err(reason) => return report.push(broken(&shown, &reason)),
        };
        match parts.as_slice() {
            [authority, "clients", _] => {
                self.clients.insert(((*authority).to_owned(), stem.to_owned()), file);
            }
            [authority, _] => {
                if let Ok(number) = stem.parse::<u32>() {
                    self.generations.insert(((*authority).to_owned(), number), file);
                }
            }
            _ => {}
        }
    }
}

/// A server's Secret, if this file of the tree is one of ours.
fn read_leaf(
    snapshot: &Snapshot,
    path: &ProjectPath,
    entry: &Entry,
) -> Option<Result<ExistingLeaf, Box<Diagnostic>>> {
    let shown = || snapshot.names().path(Place::Out, path);
    let Entry::File(bytes) = entry else { return Some(Err(Box::new(link(&shown())))) };
    if !path.file_name().ends_with(".sops.yaml") {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    Mark::of(&text).filter(|mark| mark.path == path.as_str())?;
    match leaf(snapshot, path, &text) {
        Ok(leaf) => Some(Ok(leaf)),
        Err(reason) => Some(Err(Box::new(broken(&shown(), &reason)))),
    }
}

fn leaf(snapshot: &Snapshot, path: &ProjectPath, text: &str) -> Result<ExistingLeaf, String> {
    let sealed = Sealed::parse(text).map_err(|error| error.to_string())?;
    if sealed.clear(&["type"]) != Some("kubernetes.io/tls") {
        return Err(
            "its `type` is not readable as kubernetes.io/tls, which every sealed file here has".to_owned()
        );
    }
    let said = |field: &str| {
        let value = sealed.clear(&["metadata", field]).map(str::to_owned);
        value.ok_or_else(|| format!("it has no readable `metadata.{field}`"))
    };
    let (namespace, secret) = (said("namespace")?, said("name")?);
    if path.as_str() != format!("{namespace}/secret-{secret}.sops.yaml") {
        return Err(format!(
            "it says that it is the Secret {namespace}/{secret}, which lies in another file"
        ));
    }
    let certificate = match certificate_in(&sealed, &["data", "tls.crt"])? {
        Some(certificate) => certificate,
        None => {
            let beside =
                ProjectPath::new(format!("leaves/{namespace}/{secret}.crt")).map_err(|e| e.to_string())?;
            let bytes = snapshot.file(Place::Pki, &beside).ok_or_else(|| {
                let beside = snapshot.names().path(Place::Pki, &beside);
                format!("its certificate is sealed, and {beside} is missing")
            })?;
            first_certificate(&String::from_utf8_lossy(bytes))?
        }
    };
    let noted = sealed.clear(&["metadata", "annotations", "gatewright.dev/sha256"]);
    if noted.is_some_and(|noted| noted != certificate.sha256()) {
        return Err("its `tls.crt` is not the one that its `gatewright.dev/sha256` names: one of them was changed by hand".to_owned());
    }
    let shown = snapshot.names().path(Place::Out, path);
    Ok(ExistingLeaf { path: path.clone(), shown, namespace, secret, sealed, certificate })
}

fn certificate_in(sealed: &Sealed, path: &[&str]) -> Result<Option<Certificate>, String> {
    let Some(encoded) = sealed.clear(path) else { return Ok(None) };
    let bytes = STANDARD.decode(encoded).map_err(|_| format!("its `{}` is not base64", path.join(".")))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("its `{}` is not PEM", path.join(".")))?;
    first_certificate(&text).map(Some)
}

fn first_certificate(text: &str) -> Result<Certificate, String> {
    let chain = Certificate::from_pem_chain(text).map_err(|error| error.to_string())?;
    chain.into_iter().next().ok_or_else(|| "it holds no certificate".to_owned())
}

/// The finding about a file of ours that can't be used.
pub(crate) fn broken(path: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::BROKEN_FILE, format!("{path} can't be used: {reason}"))
        .in_file(path)
        .help(restore(path))
}

/// The mend for a file that was changed.
pub(crate) fn restore(path: &str) -> String {
    format!("restore it from Git: `git checkout HEAD -- {path}`, or an older commit of it")
}

fn link(path: &str) -> Diagnostic {
    Diagnostic::error(Code::SYMLINK, format!("{path} is a symbolic link"))
        .in_file(path)
        .note("nothing is written or removed through a link, and Git hosts, Flux and Argo CD refuse one that leads outside")
        .help("replace it by the file, or remove it")
}
