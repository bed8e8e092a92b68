//! The versions of a kind: those that share its schema, those that have another one, and kinds of which none is known.

use super::table::{Kind, Table};
use super::word::kebab;

impl Table {
    /// A kind in all its schemas, that of the version to write first.
    pub fn schemas<'a>(&'a self, kind: &'a Kind) -> impl Iterator<Item = &'a Kind> {
        let all = self.kinds.iter().chain(&self.others);
        all.filter(|other| (&other.group, &other.name) == (&kind.group, &kind.name))
    }

    /// Every `apiVersion` of a kind, whatever its schema, the one to write first.
    #[must_use]
    pub fn api_versions(&self, kind: &Kind) -> Vec<String> {
        self.schemas(kind).flat_map(Kind::api_versions).collect()
    }

    /// Whether a kind has a definition that can't be read.
    pub(crate) fn is_lost(&self, name: &str) -> bool {
        self.lost.iter().any(|lost| **lost == *name)
    }

    /// Whether a spec writes such a kind so.
    pub(crate) fn is_lost_word(&self, word: &str) -> bool {
        self.lost.iter().any(|lost| kebab(lost) == word)
    }

    /// Takes a kind in, whose root is of this table: the first of a name has the version to write.
    pub(super) fn push(&mut self, kind: Kind) {
        match self.kind(&kind.group, "", &kind.name) {
            Some(_) => self.others.push(kind),
            None => self.kinds.push(kind),
        }
    }
}

impl Kind {
    /// `apiVersion` of the version to write: `networking.istio.io/v1`, or `v1` for the core.
    #[must_use]
    pub fn api_version(&self) -> String {
        self.api_versions().next().unwrap_or_default()
    }

    /// `apiVersion` of each version of this schema.
    pub fn api_versions(&self) -> impl Iterator<Item = String> {
        self.versions.iter().map(|version| match &*self.group {
            "" => version.to_string(),
            group => format!("{group}/{version}"),
        })
    }
}
