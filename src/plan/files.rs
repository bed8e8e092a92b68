//! What a render writes and removes, file by file, in an order that may break off anywhere.

use std::fmt;

use crate::paths::aside;
pub use crate::paths::{PathError, Place, ProjectPath};

/// When a file is written. A run that is cut off between two steps leaves nothing that relies on what is not there yet:
/// no certificate without its key, no trust in a root without a certificate, no list that names a missing file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Settings at the root.
    Settings,
    /// An edited spec.
    Spec,
    /// A sealed key of an authority. All of them come before what they signed, also of one above another.
    AuthorityKey,
    /// A sealed key of a client.
    Key,
    /// A certificate below `pki/`.
    Certificate,
    /// What others trust: `ca.crt` and `ca.crl`.
    Trust,
    /// A copy of a Secret whose place another one takes.
    Aside,
    /// A resource.
    Resource,
    /// The `kustomization.yaml` of a folder below `out/`.
    List,
    /// The `kustomization.yaml` of `out/` itself.
    TopList,
}

impl Step {
    /// The step of a file, which its place and name decide.
    #[must_use]
    pub fn of(place: Place, path: &ProjectPath) -> Self {
        let name = path.file_name();
        match place {
            Place::Root => Self::Settings,
            Place::Spec => Self::Spec,
            Place::Pki if name == "ca.crt" || name == "ca.crl" => Self::Trust,
            Place::Pki if name.ends_with(".crt") || name.ends_with(".crl") => Self::Certificate,
            Place::Pki if aside::original(path).is_some() => Self::Aside,
            Place::Pki if path.parts().count() == 2 => Self::AuthorityKey,
            Place::Pki => Self::Key,
            Place::Out if path.as_str() == "kustomization.yaml" => Self::TopList,
            Place::Out if name == "kustomization.yaml" => Self::List,
            Place::Out => Self::Resource,
        }
    }
}

/// One file to write, whole.
#[derive(Clone, PartialEq, Eq)]
pub struct FileWrite {
    /// The folder.
    pub place: Place,
    /// The path below it.
    pub path: ProjectPath,
    /// The bytes: public, or ciphertext. A private key never gets here in the clear.
    pub contents: Vec<u8>,
}

impl FileWrite {
    /// When it is written.
    #[must_use]
    pub fn step(&self) -> Step {
        Step::of(self.place, &self.path)
    }
}

impl fmt::Debug for FileWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{} ({} bytes)", self.place, self.path, self.contents.len())
    }
}

/// One file to remove.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePrune {
    /// The folder.
    pub place: Place,
    /// The path below it.
    pub path: ProjectPath,
}

impl FilePrune {
    /// When it was written; removals go the other way.
    fn step(&self) -> Step {
        Step::of(self.place, &self.path)
    }
}

/// All that a run does to the disk. Files that are right already are not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilePlan {
    /// Files to write, in any order.
    pub writes: Vec<FileWrite>,
    /// Files to remove once all is written, in any order.
    pub prunes: Vec<FilePrune>,
    /// Copies of Secrets that change places, for as long as that takes: a run that is cut off loses none of their keys.
    pub aside: Vec<FileWrite>,
}

impl FilePlan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.prunes.is_empty()
    }

    /// Adds a file to write.
    pub fn write(&mut self, place: Place, path: ProjectPath, contents: impl Into<Vec<u8>>) {
        self.writes.push(FileWrite { place, path, contents: contents.into() });
    }

    /// Adds a file to remove.
    pub fn prune(&mut self, place: Place, path: ProjectPath) {
        self.prunes.push(FilePrune { place, path });
    }

    /// The writes as they must happen: by step, then by path.
    #[must_use]
    pub fn writes_in_order(&self) -> Vec<&FileWrite> {
        let mut writes: Vec<_> = self.writes.iter().collect();
        writes.sort_by(|a, b| a.step().cmp(&b.step()).then_with(|| a.path.cmp(&b.path)));
        writes
    }

    /// As [`Self::writes_in_order`], with the copies that are there only in between.
    #[must_use]
    pub fn all_writes_in_order(&self) -> Vec<&FileWrite> {
        let mut writes = self.writes_in_order();
        writes.extend(&self.aside);
        writes.sort_by(|a, b| a.step().cmp(&b.step()).then_with(|| a.path.cmp(&b.path)));
        writes
    }

    /// The removals as they must happen: what relies on others before what it relies on, so `out/` before `pki/`, there
    /// trust before certificates before keys.
    #[must_use]
    pub fn prunes_in_order(&self) -> Vec<&FilePrune> {
        let mut prunes: Vec<_> = self.prunes.iter().collect();
        prunes.sort_by(|a, b| b.step().cmp(&a.step()).then_with(|| a.path.cmp(&b.path)));
        prunes
    }

    /// As [`Self::prunes_in_order`], with the copies that are there only in between.
    #[must_use]
    pub fn all_prunes_in_order(&self) -> Vec<FilePrune> {
        let mut all = Self { prunes: self.prunes.clone(), ..Self::default() };
        self.aside.iter().for_each(|copy| all.prune(copy.place, copy.path.clone()));
        all.prunes_in_order().into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ProjectPath {
        ProjectPath::new(text).unwrap()
    }

    #[test]
    fn keys_come_before_what_relies_on_them_and_leave_after_it() {
        let mut plan = FilePlan::default();
        let files = [
            (Place::Out, "kustomization.yaml"),
            (Place::Out, "default/kustomization.yaml"),
            (Place::Out, "istio-system/secret-a.sops.yaml"),
            (Place::Out, "default/gateway-a.yaml"),
            (Place::Pki, "corp/ca.crt"),
            (Place::Pki, "corp/2.crt"),
            (Place::Pki, "corp/clients/bob.crt"),
            (Place::Pki, "corp/clients/bob.key.sops.yaml"),
            (Place::Pki, "corp/2.key.sops.yaml"),
            (Place::Pki, "root/1.key.sops.yaml"),
            (Place::Pki, "leaves/istio-system/a.crt"),
            (Place::Pki, "leaves/aside/0123456789abcdef/istio-system/secret-a.sops.yaml"),
            (Place::Spec, "a.kdl"),
            (Place::Root, ".sops.yaml"),
        ];
        for (place, name) in files {
            plan.write(place, path(name), "");
            plan.prune(place, path(name));
        }
        let order: Vec<_> = plan.writes_in_order().iter().map(|write| write.path.as_str()).collect();
        assert_eq!(
            order,
            [
                ".sops.yaml",
                "a.kdl",
                "corp/2.key.sops.yaml",
                "root/1.key.sops.yaml",
                "corp/clients/bob.key.sops.yaml",
                "corp/2.crt",
                "corp/clients/bob.crt",
                "leaves/istio-system/a.crt",
                "corp/ca.crt",
                "leaves/aside/0123456789abcdef/istio-system/secret-a.sops.yaml",
                "default/gateway-a.yaml",
                "istio-system/secret-a.sops.yaml",
                "default/kustomization.yaml",
                "kustomization.yaml",
            ]
        );
        let order: Vec<_> = plan.prunes_in_order().iter().map(|prune| prune.path.as_str()).collect();
        assert_eq!(order.first(), Some(&"kustomization.yaml"));
        assert_eq!(order.iter().position(|name| *name == "corp/ca.crt"), Some(5));
        assert_eq!(
            order[9..12],
            ["corp/clients/bob.key.sops.yaml", "corp/2.key.sops.yaml", "root/1.key.sops.yaml"]
        );
    }

    #[test]
    fn copies_that_are_there_only_in_between_are_told_apart() {
        let copy = path("leaves/aside/0123456789abcdef/istio-system/secret-a.sops.yaml");
        let mut plan = FilePlan::default();
        plan.aside.push(FileWrite { place: Place::Pki, path: copy, contents: Vec::new() });
        assert!(plan.writes_in_order().is_empty() && plan.prunes_in_order().is_empty());
        assert_eq!((plan.all_writes_in_order().len(), plan.all_prunes_in_order().len()), (1, 1));
    }

    #[test]
    fn a_plan_in_a_log_shows_no_contents() {
        let mut plan = FilePlan::default();
        plan.write(Place::Out, path("a"), "ENC[AES256_GCM]");
        assert!(!format!("{plan:?}").contains("ENC"));
    }
}
