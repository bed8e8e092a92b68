//! The certificates and sealed keys that are there, read from `out/` and `pki/` without any identity.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;

use super::bundle::{self, Bundle, Copies};
use super::cacerts::{self, ExistingCacerts};
use super::damage::{damaged, link, name_unmerged};
use super::leaf::{self, ExistingLeaf};
use super::ordered;
use super::request::RequestFile;
use super::seed::{self, SeedFile};
use super::{Entry, Snapshot, request, revoked};
use crate::diag::Report;
use crate::model::Credential;
use crate::paths::mark::unmarked;
use crate::paths::{Names, Place, ProjectPath};
use crate::pki::csr::Csr;
use crate::pki::{Certificate, RevocationList};
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
    /// Of an authority whose certificate came in files, all above it, up to its root.
    pub above: Vec<Certificate>,
}

impl KeyFile {
    /// What those must trust who trust its certificate: its root, if that is known.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.above.last().filter(|top| top.is_self_signed()).unwrap_or(&self.certificate)
    }
}

/// A sealed file that is there, whatever it holds.
#[derive(Clone, Copy)]
pub struct SealedFile<'a> {
    /// The folder it lies in.
    pub place: Place,
    /// Its path below that.
    pub path: &'a ProjectPath,
    /// The whole path, as a user reads it.
    pub shown: &'a str,
    /// Whose folder of `pki/` it lies in.
    pub authority: Option<&'a str>,
    /// The file.
    pub sealed: &'a Sealed,
    /// The certificate that belongs to its key; the project's seed has none.
    pub certificate: Option<&'a Certificate>,
    /// The request for a certificate of its key, where that waits.
    pub request: Option<&'a Csr>,
}

/// How the name of a cross-signed certificate ends, behind the generation's number.
pub const CROSS: &str = ".cross.crt";

/// How the name of a file ends with certificates of a generation that another authority signed before.
pub const FORMER: &str = ".former.crt";

/// Everything that is there.
#[derive(Default)]
pub struct Existing {
    /// Server Secrets, by namespace and name.
    pub leaves: BTreeMap<(String, String), ExistingLeaf>,
    /// Authorities' keys, by name and generation.
    pub generations: BTreeMap<(String, u32), KeyFile>,
    /// Clients' keys, by authority and file name.
    pub clients: BTreeMap<(String, String), KeyFile>,
    /// Secrets of istiods, by the cluster's name.
    pub cacerts: BTreeMap<String, ExistingCacerts>,
    /// Copies of Secrets that changed their places in a run that was cut off.
    pub parked: Vec<ExistingLeaf>,
    /// Trust in clients that `out/` holds.
    pub bundles: Vec<Bundle>,
    /// The `.crt` of generations, by name and number; `None` for one that holds no certificate.
    pub certificates: BTreeMap<(String, u32), Option<Certificate>>,
    /// Revocation lists below `pki/`, by the authority's name.
    pub lists: BTreeMap<String, Vec<RevocationList>>,
    /// Those that `out/` holds beside trust in clients, whoever signed them.
    pub shown_lists: Vec<RevocationList>,
    /// Whether `out/` holds lists that are sealed, of which nobody here knows whose they are.
    pub sealed_lists: bool,
    /// The certificates that clients were given, newest first, by authority and file name.
    pub handed_out: BTreeMap<(String, String), Vec<Certificate>>,
    /// The certificates that lie beside Secrets below `pki/`, newest first, by the namespace and name of the Secret.
    pub beside: BTreeMap<(String, String), Vec<Certificate>>,
    /// Certificates for generations of roots that the one before them signed, by name and number.
    pub crosses: BTreeMap<(String, u32), Certificate>,
    /// Certificates of generations that other authorities signed before the one above them now, by name and number.
    pub former: BTreeMap<(String, u32), Vec<Certificate>>,
    /// What each authority's `ca.crt` says that its clients trust.
    pub trusted: BTreeMap<String, Vec<Certificate>>,
    /// Generations that nothing else relies on: a run that made them was cut off before it wrote anything else.
    pub unused: BTreeSet<(String, u32)>,
    /// The paths of the Certificates of cert-manager's that `out/` holds, by the namespace and name of the Secret that each
    /// makes.
    pub ordered: BTreeMap<(String, String), ProjectPath>,
    /// The project's seed.
    pub seed: Option<SeedFile>,
    /// Keys that wait for a certificate which somebody else signs.
    pub requests: Vec<RequestFile>,
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

    /// All sealed files: the seed, keys of authorities and clients, those that wait, then servers' Secrets.
    pub fn sealed_files(&self) -> impl Iterator<Item = SealedFile<'_>> {
        let generations = self.generations.iter().map(|((of, _), file)| (of, file));
        let keys = generations.chain(self.clients.iter().map(|((of, _), file)| (of, file)));
        let keys = keys.map(|(authority, file)| SealedFile {
            place: Place::Pki,
            path: &file.path,
            shown: &file.shown,
            authority: Some(authority),
            sealed: &file.sealed,
            certificate: Some(&file.certificate),
            request: None,
        });
        let leaves = self.leaves.values().map(|leaf| SealedFile {
            place: Place::Out,
            path: &leaf.path,
            shown: &leaf.shown,
            authority: None,
            sealed: &leaf.sealed,
            certificate: Some(&leaf.certificate),
            request: None,
        });
        let cacerts = self.cacerts.values().map(|cacerts| SealedFile {
            place: Place::Out,
            path: &cacerts.path,
            shown: &cacerts.shown,
            authority: None,
            sealed: &cacerts.sealed,
            certificate: Some(&cacerts.certificate),
            request: None,
        });
        let seed = self.seed.iter().map(|seed| SealedFile {
            place: Place::Pki,
            path: &seed.path,
            shown: &seed.shown,
            authority: None,
            sealed: &seed.sealed,
            certificate: None,
            request: None,
        });
        let requests = self.requests.iter().map(|file| SealedFile {
            place: Place::Pki,
            path: &file.path,
            shown: &file.shown,
            authority: file.authority.as_deref(),
            sealed: &file.sealed,
            certificate: None,
            request: Some(&file.csr),
        });
        seed.chain(keys).chain(requests).chain(leaves).chain(cacerts)
    }

    /// Reads what is there; what can't be read is reported with its path.
    #[must_use]
    pub fn read(snapshot: &Snapshot) -> (Self, Report) {
        let names = snapshot.names();
        let mut found = Self { names: names.clone(), ..Self::default() };
        let mut report = Report::default();
        found.take_leaves(snapshot, &mut report);
        for (path, entry) in snapshot.folder(Place::Pki) {
            match entry {
                Entry::Link => report.push(link(&names.path(Place::Pki, path))),
                Entry::File(bytes) => {
                    found.take_key(path, bytes, &mut report);
                    if let Some(seed) = seed::read(snapshot, path, bytes, &mut report) {
                        found.seed = Some(seed);
                    }
                    found.requests.extend(request::read(snapshot, path, bytes, &mut report));
                    revoked::take(&mut found, path, bytes, &mut report);
                }
            }
        }
        found.trace_trusted();
        found.find_crosses();
        found.check_derived(snapshot, &mut report);
        let unused = found.generations.iter().filter(|(name, file)| {
            !found.certificates.contains_key(*name) && !found.relies_on(&file.certificate, snapshot)
        });
        found.unused = unused.map(|(name, _)| name.clone()).collect();
        found.keep_parents();
        name_unmerged(snapshot, &mut report);
        (found, report)
    }

    fn take_leaves(&mut self, snapshot: &Snapshot, report: &mut Report) {
        let mut copies = Copies::default();
        for place in [Place::Out, Place::Pki] {
            let read: Vec<_> = snapshot
                .folder(place)
                .par_iter()
                .filter_map(|(path, entry)| leaf::read(snapshot, place, path, entry))
                .collect();
            for leaf in read {
                leaf.iter().for_each(|leaf| copies.take_within(leaf));
                match leaf {
                    Ok(leaf) if leaf.parked.is_some() => self.parked.push(leaf),
                    Ok(leaf) => {
                        self.bundles.extend(bundle::within(&leaf));
                        self.leaves.insert((leaf.namespace.clone(), leaf.secret.clone()), leaf);
                    }
                    Err(finding) => report.push(*finding),
                }
            }
        }
        for (path, entry) in snapshot.folder(Place::Out) {
            match cacerts::read(snapshot, path, entry) {
                Some(Ok((cluster, found))) => {
                    self.cacerts.insert(cluster, found);
                }
                Some(Err(finding)) => report.push(*finding),
                None => {}
            }
        }
        let files = snapshot.folder(Place::Out).iter();
        for (path, entry) in files {
            let Entry::File(bytes) = entry else { continue };
            self.bundles.extend(bundle::alone(path, bytes));
            copies.take_alone(path, bytes);
            if let Some(secret) = ordered::secret(path, bytes) {
                self.ordered.insert(secret, path.clone());
            }
        }
        self.shown_lists = copies.lists;
        self.sealed_lists = copies.sealed;
    }

    /// Every certificate that a client of this file name has or had, under whatever authority.
    pub fn certificates_of(&self, client: &str) -> impl Iterator<Item = &Certificate> {
        let present = self.clients.iter().filter(move |((_, name), _)| name == client);
        let earlier = self.handed_out.iter().filter(move |((_, name), _)| name == client);
        present.map(|(_, file)| &file.certificate).chain(earlier.flat_map(|(_, all)| all))
    }

    /// The certificates that lie beside the Secret of a credential, wherever that is.
    pub fn beside(&self, credential: &Credential, there: Option<&ExistingLeaf>) -> &[Certificate] {
        let place = match there {
            Some(there) => (there.namespace.clone(), there.secret.clone()),
            None => (credential.namespace.value.to_string(), credential.secret.value.to_string()),
        };
        self.beside.get(&place).map_or(&[], Vec::as_slice)
    }

    /// What signed the certificate of an authority that is in use is in use too.
    fn keep_parents(&mut self) {
        let used = |unused: &BTreeSet<(String, u32)>| {
            let of = self.generations.iter().filter(|(name, _)| !unused.contains(*name));
            of.map(|(_, file)| file.certificate.clone()).collect::<Vec<_>>()
        };
        let mut unused = self.unused.clone();
        loop {
            let before = unused.len();
            let used = used(&unused);
            unused.retain(|name| {
                let own = self.generations.get(name).map(|file| &file.certificate);
                !own.is_some_and(|own| used.iter().any(|below| below.made_by(own)))
            });
            if unused.len() == before {
                break;
            }
        }
        self.unused = unused;
    }

    /// Whether any certificate or bundle that was written was signed by this one or holds it.
    fn relies_on(&self, root: &Certificate, snapshot: &Snapshot) -> bool {
        let own_key = |one: &Certificate| one.spki_sha256() == root.spki_sha256();
        let relies = |certificate: &Certificate| own_key(certificate) || certificate.made_by(root);
        let leaves = self.leaves.values().chain(&self.parked).map(|leaf| &leaf.certificate);
        let clients = self.clients.values().map(|file| &file.certificate);
        let meshes =
            self.cacerts.values().flat_map(|there| [&there.certificate].into_iter().chain(&there.roots));
        if leaves.chain(clients).chain(meshes).any(relies) {
            return true;
        }
        // What can't be read may rely on it.
        let mut bundles = self.bundles.iter();
        if bundles.any(|bundle| bundle.certificates.as_ref().is_none_or(|all| all.iter().any(relies))) {
            return true;
        }
        let mut files =
            snapshot.folder(Place::Pki).iter().filter(|(path, _)| path.file_name().ends_with(".crt"));
        files.any(|(_, entry)| match entry {
            Entry::File(bytes) => Certificate::from_pem_chain(&String::from_utf8_lossy(bytes))
                .map_or(true, |chain| chain.iter().any(relies)),
            Entry::Link => true,
        })
    }

    /// Whether the key of a generation of any authority, of which at least the certificate is there, signed this one.
    #[must_use]
    pub fn knows_signer_of(&self, certificate: &Certificate) -> bool {
        self.authorities().any(|authority| certificate.made_by(authority))
    }

    /// The certificates of all generations that left one.
    pub fn authorities(&self) -> impl Iterator<Item = &Certificate> {
        let keys = self.generations.values().map(|file| &file.certificate);
        let alone = self.certificates.iter().filter(|(name, _)| !self.generations.contains_key(*name));
        keys.chain(alone.filter_map(|(_, certificate)| certificate.as_ref()))
    }

    fn take_key(&mut self, path: &ProjectPath, bytes: &[u8], report: &mut Report) {
        let parts: Vec<_> = path.parts().collect();
        if parts.first() == Some(&"leaves") {
            return; // no authority's folder
        }
        // A request is answered or not: nothing was issued yet.
        if path.file_name().ends_with(request::ENDING) {
            return;
        }
        if let [authority, _, ..] = parts.as_slice()
            && !self.take_trusted(&parts, bytes)
        {
            self.traces.insert((*authority).to_owned());
        }
        self.take_certificates(&parts, bytes);
        let Some(stem) = path.file_name().strip_suffix(".key.sops.yaml") else { return };
        let shown = self.names.path(Place::Pki, path);
        let read = || {
            let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
            let sealed = Sealed::parse(&unmarked(text)).map_err(|error| error.to_string())?;
            let chain = certificates_in(&sealed, &["data", "tls.crt"])?;
            let chain = chain.ok_or_else(|| "it has no readable `data.tls.crt`".to_owned())?;
            let mut chain = chain.into_iter();
            let certificate = chain.next().ok_or_else(|| "it holds no certificate".to_owned())?;
            let above = chain.collect();
            Ok::<_, String>(KeyFile { path: path.clone(), shown: shown.clone(), sealed, certificate, above })
        };
        let file = match read() {
            Ok(file) => file,
            Err(reason) => {
                return report.push(damaged(&shown, &String::from_utf8_lossy(bytes), &reason));
            }
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

/// The certificates in a readable value of a sealed file.
pub(super) fn certificates_in(sealed: &Sealed, path: &[&str]) -> Result<Option<Vec<Certificate>>, String> {
    let Some(encoded) = sealed.clear(path) else { return Ok(None) };
    let bytes = STANDARD.decode(encoded).map_err(|_| format!("its `{}` is not base64", path.join(".")))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("its `{}` is not PEM", path.join(".")))?;
    Certificate::from_pem_chain(&text).map(Some).map_err(|error| error.to_string())
}

pub(super) fn first_certificate(text: &str) -> Option<Certificate> {
    Certificate::from_pem_chain(text).ok()?.into_iter().next()
}
