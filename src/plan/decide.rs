//! What the tree should be × what it is → what is written and removed.

use std::collections::BTreeSet;

use super::files::{FilePlan, FileWrite, Place, ProjectPath};
use crate::diag::{Code, Diagnostic, Report};
use crate::paths::{aside, mark};
use crate::pki::Certificate;
use crate::spec::conflict;
use crate::state::{Entry, ExistingLeaf, Snapshot, broken, unmerged};

/// A file as it should be.
#[derive(Debug, Clone)]
pub struct Desired {
    /// Its folder.
    pub place: Place,
    /// Its path below it.
    pub path: ProjectPath,
    /// What it should hold; `None` where what is there is right already.
    pub contents: Option<Vec<u8>>,
}

impl Desired {
    /// The same file with whatever is in it.
    #[must_use]
    pub fn as_it_is(self) -> Self {
        Self { contents: None, ..self }
    }
}

/// Compares. Files that are ours and not wanted any more are pruned; files of others are never touched. `moving` are the
/// Secrets whose keys go to other places.
#[must_use]
pub fn decide(
    desired: Vec<Desired>,
    moving: &[&ExistingLeaf],
    snapshot: &Snapshot,
    allow_empty: bool,
) -> (FilePlan, Report) {
    let mut plan = FilePlan::default();
    let mut report = Report::default();
    let mut wanted: BTreeSet<(Place, ProjectPath)> = BTreeSet::new();
    for file in desired {
        wanted.insert((file.place, file.path.clone()));
        let Some(contents) = file.contents else { continue };
        match snapshot.folder(file.place).get(&file.path) {
            Some(Entry::File(there)) if *there == contents => {}
            Some(Entry::File(there)) if !is_ours(file.place, &file.path, there) => {
                report.push(stranger(file.place, &file.path, there, snapshot));
            }
            _ => plan.write(file.place, file.path, contents),
        }
    }
    let mut kept = 0_usize;
    for (path, entry) in snapshot.folder(Place::Out) {
        let Entry::File(there) = entry else { continue };
        if wanted.contains(&(Place::Out, path.clone())) {
            kept += usize::from(is_resource(path));
        } else if is_marked(path, there) {
            plan.prune(Place::Out, path.clone());
        }
    }
    let removes = plan.prunes.iter().filter(|file| is_resource(&file.path)).count();
    for (path, entry) in snapshot.folder(Place::Pki) {
        let Entry::File(there) = entry else { continue };
        if is_of_a_leaf(path, there) && !wanted.contains(&(Place::Pki, path.clone())) {
            plan.prune(Place::Pki, path.clone());
        }
    }
    set_aside(&mut plan, moving, snapshot);
    let writes = plan.writes.iter().any(|file| file.place == Place::Out && is_resource(&file.path));
    if removes > 0 && kept == 0 && !writes && !allow_empty {
        report.push(empty(removes));
    }
    (plan, report)
}

/// What lies below `pki/` only for the sake of a Secret that is there: nothing else is ever removed from it.
fn is_of_a_leaf(path: &ProjectPath, bytes: &[u8]) -> bool {
    if let Some(secret) = aside::original(path) {
        return is_marked(&secret, bytes);
    }
    path.parts().next() == Some("leaves")
        && path.file_name().ends_with(".crt")
        && is_ours(Place::Pki, path, bytes)
}

/// Copies of the Secrets that others are written over before their keys are where they go.
fn set_aside(plan: &mut FilePlan, moving: &[&ExistingLeaf], snapshot: &Snapshot) {
    let written: BTreeSet<_> =
        plan.writes.iter().filter(|write| write.place == Place::Out).map(|write| &write.path).collect();
    let copies = moving.iter().filter(|there| there.parked.is_none() && written.contains(&there.path));
    let copies = copies.filter_map(|there| {
        let contents = snapshot.file(Place::Out, &there.path)?.to_vec();
        let path = aside::copy(&there.path, there.certificate.sha256())?;
        Some(FileWrite { place: Place::Pki, path, contents })
    });
    plan.aside = copies.collect();
    // One that a run left behind that was cut off lies there already.
    plan.prunes.retain(|prune| !plan.aside.iter().any(|copy| copy.path == prune.path));
}

fn is_resource(path: &ProjectPath) -> bool {
    path.file_name() != "kustomization.yaml"
}

fn is_marked(path: &ProjectPath, bytes: &[u8]) -> bool {
    bytes.starts_with(b"#") && mark::is_ours(&String::from_utf8_lossy(bytes), path.as_str())
}

/// Below `out/` the mark says so. A sealed key was read before it is replaced; a certificate may be replaced by its
/// successor, anything else in its place may not.
fn is_ours(place: Place, path: &ProjectPath, bytes: &[u8]) -> bool {
    match place {
        Place::Out => is_marked(path, bytes),
        Place::Pki if path.file_name().ends_with(".crt") => {
            std::str::from_utf8(bytes).is_ok_and(|text| Certificate::from_pem_chain(text).is_ok())
        }
        _ => true,
    }
}

/// A finding, if a stranger's file stands where one of ours goes that can't be written yet. It may be what is left of one
/// of ours; taking it off the lists would take what it made out of the cluster.
#[must_use]
pub fn in_the_way(place: Place, path: &ProjectPath, snapshot: &Snapshot) -> Option<Diagnostic> {
    match snapshot.folder(place).get(path)? {
        Entry::File(there) if !is_ours(place, path, there) => Some(stranger(place, path, there, snapshot)),
        _ => None,
    }
}

/// What is said of a file that is not ours, or not any more, where one of ours goes.
fn stranger(place: Place, path: &ProjectPath, bytes: &[u8], snapshot: &Snapshot) -> Diagnostic {
    let shown = snapshot.names().path(place, path);
    let text = String::from_utf8_lossy(bytes);
    if conflict::unresolved(&text).is_some() {
        return unmerged(&shown, snapshot.names());
    }
    let damage = match place {
        Place::Out => mark::damage(&text, path.as_str()),
        _ => "-----BEGIN CERTIFICATE-----"
            .starts_with(text.trim_end())
            .then_some("it is cut off")
            .or_else(|| text.starts_with("-----BEGIN CERTIFICATE-----").then_some("it is damaged")),
    };
    match damage {
        Some(reason) => broken(&shown, reason),
        None => foreign(place, &shown),
    }
}

fn foreign(place: Place, path: &str) -> Diagnostic {
    let finding =
        Diagnostic::error(Code::FOREIGN_FILE, format!("{path} is in the way: Gatewright did not write it"))
            .in_file(path);
    if place == Place::Out {
        finding
            .note("a file of ours starts with a line `# gatewright: …` that names its own path")
            .help("move it somewhere else, or remove it")
    } else {
        finding.note("it holds something else than certificates").help("move it somewhere else, or remove it")
    }
}

fn empty(removes: usize) -> Diagnostic {
    Diagnostic::error(Code::EMPTY_TREE, format!("this would remove all {removes} resources from the tree"))
        .note("where pruning is on, Flux or Argo CD would then remove them from the cluster")
        .help("if that is what you want: `gatewright render --allow-empty`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Snapshot;

    fn path(text: &str) -> ProjectPath {
        ProjectPath::new(text).unwrap()
    }

    fn marked(at: &str) -> Vec<u8> {
        format!("# gatewright: host \"a\" -> {at}\nkind: X\n").into_bytes()
    }

    fn wanted(at: &str, bytes: Vec<u8>) -> Desired {
        Desired { place: Place::Out, path: path(at), contents: Some(bytes) }
    }

    #[test]
    fn equal_files_are_left_alone_and_marked_ones_pruned() {
        let there = [("a/x.yaml", marked("a/x.yaml")), ("a/old.yaml", marked("a/old.yaml"))];
        let snapshot = Snapshot::with_out(there.map(|(at, bytes)| (path(at), bytes)));
        let (plan, report) = decide(vec![wanted("a/x.yaml", marked("a/x.yaml"))], &[], &snapshot, false);
        assert!(plan.writes.is_empty() && report.is_empty());
        assert_eq!(plan.prunes.len(), 1);
    }

    #[test]
    fn a_copy_of_a_marked_file_is_not_ours() {
        let snapshot = Snapshot::with_out([(path("mine/x.yaml"), marked("a/x.yaml"))]);
        let (plan, report) =
            decide(vec![wanted("mine/x.yaml", marked("mine/x.yaml"))], &[], &snapshot, false);
        assert!(plan.is_empty());
        assert_eq!(report.findings()[0].code, Code::FOREIGN_FILE);
        let (plan, report) = decide(vec![wanted("b/y.yaml", marked("b/y.yaml"))], &[], &snapshot, false);
        assert!(plan.prunes.is_empty() && report.is_empty());
    }

    #[test]
    fn a_tree_is_not_emptied_unasked() {
        let snapshot = Snapshot::with_out([(path("a/x.yaml"), marked("a/x.yaml"))]);
        let list = || vec![wanted("kustomization.yaml", marked("kustomization.yaml"))];
        assert_eq!(decide(list(), &[], &snapshot, false).1.findings()[0].code, Code::EMPTY_TREE);
        let (plan, report) = decide(list(), &[], &snapshot, true);
        assert!(report.is_empty() && plan.prunes.len() == 1);
    }
}
