//! Sealed files for the recipients that they are to have by now: what a render leaves alone, since it takes an identity.

use rayon::prelude::*;

use super::keyfile::history;
use super::{Audiences, Sealing, node};
use crate::diag::{Code, Diagnostic, Report};
use crate::issue::{Ambient, needs};
use crate::model::{Credential, Project};
use crate::paths::mark::{Mark, PASSED_OVER};
use crate::paths::{Place, ProjectPath};
use crate::plan::files::FilePlan;
use crate::resource::secret as secrets;
use crate::sops::{self, Difference, Filter, ForeignKey, Identities, RuleKey, SopsError};
use crate::spec::node::Filter as Follows;
use crate::state::{Existing, SealedFile, Snapshot, beside, broken, is_cacerts};

/// What is asked for beside the recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKeys {
    /// Those that there are, wrapped anew.
    Keep,
    /// New ones for every file.
    Replace,
}

/// What comes of it.
#[derive(Default)]
pub struct Update {
    /// What to write and remove.
    pub files: FilePlan,
    /// Files that change, as a user reads their paths, in their order.
    pub changed: Vec<Changed>,
    /// Files that no identity at hand opens, and what it takes.
    pub locked: Vec<(String, Vec<String>)>,
    /// Whether a file lacks a recipient that can't be added here.
    pub lacking: bool,
    /// What can't go on and what is worth knowing.
    pub report: Report,
}

/// A file that changes.
pub struct Changed {
    /// Its path.
    pub shown: String,
    /// Who comes and who goes.
    pub difference: Difference,
    /// Whether its values are sealed anew under another data key.
    pub resealed: bool,
}

/// All that it takes to say what becomes of sealed files.
pub struct Updater<'a> {
    /// The project.
    pub project: &'a Project,
    /// Who may open which file.
    pub audiences: &'a Audiences<'a>,
    /// The files.
    pub snapshot: &'a Snapshot,
    /// What opens them.
    pub identities: &'a Identities,
    /// Time and chance.
    pub ambient: &'a Ambient<'a>,
    /// Whether data keys stay.
    pub data_keys: DataKeys,
}

/// What becomes of one file.
enum Fate {
    Same,
    /// It lacks what can't be added here, and nothing else.
    Lacking(Report),
    Changed(Changed, Report, Vec<(ProjectPath, Place, Option<Vec<u8>>)>),
    Locked(Vec<String>),
    Refused(Box<Diagnostic>),
}

impl Updater<'_> {
    /// Works out what must become of every sealed file. Each is opened and checked before it is written anew.
    ///
    /// # Errors
    /// A file that can't be sealed for a reason that is nobody's spelling.
    pub fn update(&self, existing: &Existing) -> Result<Update, SopsError> {
        let files: Vec<_> = existing.sealed_files().collect();
        let fates: Vec<_> = files.par_iter().map(|file| self.fate(file)).collect::<Result<_, _>>()?;
        let mut update = Update::default();
        for (file, fate) in files.iter().zip(fates) {
            match fate {
                Fate::Same => {}
                Fate::Lacking(findings) => {
                    update.lacking = true;
                    update.report.extend(findings);
                }
                Fate::Changed(changed, findings, files) => {
                    update.changed.push(changed);
                    update.report.extend(findings);
                    for (path, place, contents) in files {
                        match contents {
                            Some(contents) => update.files.write(place, path, contents),
                            None => update.files.prune(place, path),
                        }
                    }
                }
                Fate::Locked(needs) => update.locked.push((file.shown.to_owned(), needs)),
                Fate::Refused(finding) if update.report.findings().contains(&finding) => {}
                Fate::Refused(finding) => update.report.push(*finding),
            }
        }
        Ok(update)
    }

    fn fate(&self, file: &SealedFile<'_>) -> Result<Fate, SopsError> {
        let authority = file.authority.and_then(|name| self.project.authority_named(name));
        let wanted = self.audiences.wanted(file.place, file.path, authority.map(|(_, authority)| authority));
        let (keys, sealing) = match wanted {
            Ok(wanted) => wanted,
            Err(finding) => return Ok(Fate::Refused(finding)),
        };
        let lacking = file.sealed.lacking(&keys);
        let difference = file.sealed.difference(&keys).without(&lacking);
        let other_filter = sealing.as_ref().is_some_and(|sealing| {
            sealing.filter != *file.sealed.filter()
                || sealing.mac_only_encrypted != file.sealed.mac_only_encrypted()
        });
        let reseal = other_filter || self.data_keys == DataKeys::Replace;
        if difference == Difference::default() && !reseal {
            return Ok(if lacking.is_empty() { Fate::Same } else { Fate::Lacking(told(file, &lacking)) });
        }
        let changed = Changed { shown: file.shown.to_owned(), difference, resealed: reseal };
        let done = match (reseal, sealing) {
            (false, _) => self.rewrap(file, (&keys, &lacking), changed),
            (true, Some(sealing)) => self.reseal(file, &sealing, changed),
            (true, None) => return Ok(Fate::Refused(Box::new(not_ours(file, &keys)))),
        };
        match done {
            Ok(fate) => Ok(fate),
            Err(SopsError::NoIdentity { .. } | SopsError::TooFewGroups { .. }) => {
                Ok(Fate::Locked(needs(file.shown, file.sealed, self.identities)))
            }
            Err(error @ (SopsError::Entropy(_) | SopsError::Wrap(_))) => Err(error),
            Err(error @ (SopsError::KeyGroups | SopsError::NoRecipients)) => Ok(Fate::Refused(Box::new(
                Diagnostic::error(Code::CREATION_RULES, format!("{} is left as it is: {error}", file.shown))
                    .in_file(file.shown)
                    .help("`sops updatekeys` can do it"),
            ))),
            Err(error) => Ok(Fate::Refused(Box::new(broken(file.shown, &error.to_string())))),
        }
    }

    fn rewrap(
        &self,
        file: &SealedFile<'_>,
        (keys, lacking): (&[RuleKey], &[ForeignKey]),
        changed: Changed,
    ) -> Result<Fate, SopsError> {
        let wrapped = file.sealed.rewrap(keys, self.identities)?;
        let text = self.marked(file, &wrapped.text);
        Ok(Fate::Changed(changed, told(file, lacking), vec![(file.path.clone(), file.place, Some(text))]))
    }

    fn reseal(&self, file: &SealedFile<'_>, sealing: &Sealing, changed: Changed) -> Result<Fate, SopsError> {
        let mut plain = file.sealed.decrypt(self.identities)?;
        if file.place == Place::Out && self.project.secrets.filter.value == Follows::Rule {
            plain.documents.iter_mut().for_each(node::sort);
        }
        let last_modified = self.ambient.now.to_string();
        let options = sops::Options {
            recipients: &sealing.recipients,
            filter: &sealing.filter,
            mac_only_encrypted: sealing.mac_only_encrypted,
            last_modified: &last_modified,
        };
        let text = sops::encrypt(&plain, &options, self.ambient.entropy)?;
        let mut files = vec![(file.path.clone(), file.place, Some(self.marked(file, &text)))];
        files.extend(self.beside(file, &sealing.filter));
        Ok(Fate::Changed(changed, sealing.notices.clone(), files))
    }

    /// The readable certificate of a Secret that hides its own.
    fn beside(
        &self,
        file: &SealedFile<'_>,
        filter: &Filter,
    ) -> Option<(ProjectPath, Place, Option<Vec<u8>>)> {
        let said = |field: &str| file.sealed.clear(&["metadata", field]);
        let path = ProjectPath::new(beside(said("namespace")?, said("name")?)).ok()?;
        let is_this = |credential: &&Credential| {
            secrets::path(credential).is_ok_and(|path| path == *file.path && file.place == Place::Out)
        };
        let credential = self.project.credentials().iter().find(is_this);
        let revokes = credential
            .is_some_and(|credential| credential.kind.sealed().is_some_and(|leaf| leaf.revoked.is_some()));
        if revokes || filter.covers(&["data", "tls.crt"]).unwrap_or(true) {
            // Which earlier ones have served is for a render to know.
            let text = history(self.snapshot, &path, file.certificate?, &|_| true);
            return Some((path, Place::Pki, Some(text.into_bytes())));
        }
        self.snapshot.file(Place::Pki, &path)?;
        Some((path, Place::Pki, None))
    }

    /// The text below the mark that the file has.
    fn marked(&self, file: &SealedFile<'_>, text: &str) -> Vec<u8> {
        let there = self.snapshot.file(file.place, file.path).map(String::from_utf8_lossy);
        match there.and_then(|there| Mark::of(&there)) {
            Some(mark) if is_cacerts(file.path) => format!("{mark}\n{PASSED_OVER}\n{text}").into_bytes(),
            Some(mark) => format!("{mark}\n{text}").into_bytes(),
            None => text.as_bytes().to_vec(),
        }
    }
}

/// Says which recipients can't be added to a file.
fn told(file: &SealedFile<'_>, lacking: &[ForeignKey]) -> Report {
    let mut report = Report::default();
    for key in lacking {
        let message = format!("{} can't be sealed for {key}: no such recipient can be made here", file.shown);
        report.push(
            Diagnostic::warning(Code::OTHER_RECIPIENTS, message)
                .in_file(file.shown)
                .help("`sops updatekeys` adds it, where its key service can be reached"),
        );
    }
    report
}

fn not_ours(file: &SealedFile<'_>, keys: &[RuleKey]) -> Diagnostic {
    let names: Vec<_> = keys
        .iter()
        .filter_map(|key| match key {
            RuleKey::Age(_) => None,
            RuleKey::Foreign(key) => Some(key.to_string()),
        })
        .collect();
    Diagnostic::error(Code::CREATION_RULES, format!("{} can't have a new data key", file.shown))
        .in_file(file.shown)
        .note(format!("it is also for {}, which can't be encrypted for here", names.join(", ")))
        .help("`sops rotate` can do it")
}
