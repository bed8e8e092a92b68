//! Published schemas → the text of the tables.

use gatewright::schema::crd::{self, CrdError};
use gatewright::schema::{MergeError, Table, Version, VersionError, text};

use crate::modules::{MODULES, ModuleError};

/// Why no table can be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Module(#[from] ModuleError),
    #[error("{0}: {1}")]
    Crd(String, CrdError),
    #[error("{0}")]
    Release(#[from] VersionError),
    #[error("a newer release changes what the table has no word for:\n{}", lines(.0))]
    Merge(Vec<MergeError>),
    #[error("{0} can't be written: {1}")]
    Write(String, std::io::Error),
}

fn lines(errors: &[MergeError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The files' names and texts.
pub(crate) fn tables() -> Result<Vec<(String, String)>, Error> {
    let mut names: Vec<&str> = MODULES.iter().map(|module| module.table).collect();
    names.dedup();
    names.into_iter().map(|name| Ok((format!("{name}.table"), table(name)?))).collect()
}

fn table(name: &str) -> Result<String, Error> {
    let mut text = String::from("# Written by `cargo xtask schema` from:\n");
    let mut releases = Vec::new();
    let mut single = Table::default();
    for module in MODULES.iter().filter(|module| module.table == name) {
        text.push_str(&format!("#   {}\n", module.name()));
        let mut table = Table::default();
        for (path, yaml) in module.crds()? {
            match crd::read(&yaml) {
                Ok(crds) => table.append(crds.table),
                Err(CrdError::Nothing) => {}
                Err(error) => return Err(Error::Crd(path, error)),
            }
        }
        if module.release.is_empty() {
            single = table;
        } else {
            releases.push((module.release.parse::<Version>()?, table));
        }
    }
    if !releases.is_empty() {
        single = Table::merged(releases).map_err(Error::Merge)?;
    }
    Ok(text + &text::write(&single.shared()))
}
