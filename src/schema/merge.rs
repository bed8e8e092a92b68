//! Several releases of a product in one table: each field says since when it is there.

use super::table::{Choice, Form, Shape, Table, Type, TypeId, Unique};
use super::version::Version;

/// Something that a newer release takes away or changes, which the table has no word for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct MergeError {
    /// The place, by exact names.
    pub path: String,
    /// What changed.
    pub what: String,
}

impl Table {
    /// The releases of a product, oldest first, as one table; types are not shared yet.
    ///
    /// # Errors
    /// Everything that a newer release takes away or changes.
    pub fn merged(releases: Vec<(Version, Self)>) -> Result<Self, Vec<MergeError>> {
        let versions: Vec<Version> = releases.iter().map(|(version, _)| *version).collect();
        let mut releases = releases.into_iter();
        let Some((_, mut merged)) = releases.next() else { return Ok(Self::default()) };
        let mut errors = Vec::new();
        for (version, newer) in releases {
            let mut merging =
                Merging { older: &merged, newer, version, path: Vec::new(), errors: &mut errors };
            merging.run();
            merged = merging.newer;
        }
        for kind in &mut merged.kinds {
            kind.releases.clone_from(&versions);
        }
        if errors.is_empty() { Ok(merged) } else { Err(errors) }
    }
}

struct Merging<'a> {
    older: &'a Table,
    /// Gets the facts about age.
    newer: Table,
    version: Version,
    path: Vec<String>,
    errors: &'a mut Vec<MergeError>,
}

impl Merging<'_> {
    fn run(&mut self) {
        for old in &self.older.kinds {
            self.path = vec![old.name.to_string()];
            let new = self.newer.kinds.iter().find(|new| (&new.group, &new.name) == (&old.group, &old.name));
            match new {
                None => self.error("the kind is gone"),
                Some(new) if old.versions.iter().any(|version| !new.versions.contains(version)) => {
                    self.error("a version is no longer served");
                }
                Some(new) => {
                    let root = new.root;
                    self.types(old.root, root);
                }
            }
        }
    }

    fn error(&mut self, what: &str) {
        self.errors.push(MergeError { path: self.path.join("."), what: what.to_owned() });
    }

    fn below(&mut self, name: &str, old: &Shape, new: &mut Shape) {
        self.path.push(name.to_owned());
        self.shapes(old, new);
        self.path.pop();
    }

    fn types(&mut self, old: TypeId, new: TypeId) {
        let old: &Type = self.older.ty(old);
        // Taken out and put back, so that its fields and the types below can change at once.
        let mut ty = std::mem::take(&mut self.newer.types[new.0 as usize]);
        for field in &mut ty.fields {
            match old.field(&field.name) {
                None => field.since = Some(self.version),
                Some(before) => {
                    field.since = before.since;
                    self.below(&field.name, &before.shape, &mut field.shape);
                    if field.required != before.required {
                        self.error(&format!("`{}` is required in one of two releases", field.name));
                    }
                }
            }
        }
        for before in &old.fields {
            if ty.field(&before.name).is_none() {
                self.error(&format!("`{}` is gone", before.name));
            }
        }
        // A spec that wrote the value alone must go on meaning the same.
        ty.wrap.clone_from(&old.wrap);
        let grown =
            |group: &Vec<Box<str>>| ty.groups.iter().any(|new| group.iter().all(|field| new.contains(field)));
        if !old.groups.iter().all(grown) {
            self.error("a group of which at most one may be there has changed");
        }
        self.newer.types[new.0 as usize] = ty;
    }

    fn shapes(&mut self, old: &Shape, new: &mut Shape) {
        if old.nullable && !new.nullable {
            self.error("null is no longer taken");
        }
        if old.rules.iter().any(|rule| !new.rules.contains(rule)) || new.rules.len() > old.rules.len() {
            self.error("a rule has changed");
        }
        if old.only != new.only {
            self.error("the values that there are have changed");
        }
        let same_limits = match (&old.form, &mut new.form) {
            (Form::Object(old), Form::Object(new)) => {
                self.types(*old, *new);
                true
            }
            (Form::List(old), Form::List(new)) => {
                self.below("[]", &old.item, &mut new.item);
                if old.unique != new.unique && new.unique != Unique::No {
                    self.error("items must be unique in another way");
                }
                old.length == new.length
            }
            (Form::Map(old), Form::Map(new)) => {
                self.below("{}", &old.value, &mut new.value);
                old.length == new.length
            }
            (Form::Enum(old), Form::Enum(new)) => {
                self.choices(old, new);
                true
            }
            (old, new) => old == new,
        };
        if !same_limits {
            self.error("the form or its limits have changed");
        }
    }

    fn choices(&mut self, old: &[Choice], new: &mut [Choice]) {
        for choice in new.iter_mut() {
            let before = old.iter().find(|before| before.value == choice.value);
            choice.since = before.map_or(Some(self.version), |before| before.since);
        }
        for before in old {
            if !new.iter().any(|choice| choice.value == before.value) {
                self.error(&format!("the value `{}` is gone", before.value));
            }
        }
    }
}
