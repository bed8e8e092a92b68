//! The table of what Kubernetes accepts: kinds, types and fields of Istio, Gateway API, cert-manager and the core, made from
//! their published schemas. It stands beside the data's way: it reads words into trees, checks trees, and answers `explain`.

pub mod cel;
pub mod cert_manager;
pub mod conform;
pub mod crd;
pub(crate) mod duration;
mod envoy;
mod format;
pub mod istiod;
pub(crate) mod kinds;
pub mod kubernetes;
mod look;
mod merge;
pub mod overlay;
mod own;
pub mod served;
mod share;
pub mod suggest;
pub mod table;
pub mod text;
pub mod version;
mod versions;
mod walk;
pub mod word;
pub mod words;

use std::sync::LazyLock;

pub use look::Wrong;
pub use merge::MergeError;
/// What a label's value may be.
pub(crate) const LABEL_VALUE: &str =
    "a label's value holds up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";

pub use own::{Broken, Own, OwnProblem, is_within, own_findings, with_own};
pub use table::{Field, Form, Kind, Shape, Table, Type, TypeId};
pub use text::TableError;
pub use version::{Version, VersionError};

/// The texts of the tables. The core comes first, because every kind has its `metadata`.
pub const TABLES: [(&str, &str); 4] = [
    ("core.table", include_str!("core.table")),
    ("istio.table", include_str!("istio.table")),
    ("gateway-api.table", include_str!("gateway-api.table")),
    ("cert-manager.table", include_str!("cert-manager.table")),
];

/// The releases of Istio that the table knows, oldest first.
pub const ISTIO: [Version; 3] = [Version::new(1, 30), Version::new(1, 31), Version::new(1, 32)];

/// The oldest of them, which a project holds to unless it says another: what it has, every cluster takes.
pub const OLDEST: Version = ISTIO[0];

/// Every kind that is built in.
#[must_use]
pub fn built_in() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the texts are part of the program; a test reads them all")]
        parse().expect("the built-in tables can be read")
    });
    &TABLE
}

/// Reads the built-in tables anew.
///
/// # Errors
/// A table that is damaged; never in a released binary.
pub fn parse() -> Result<Table, TableError> {
    let mut table = Table::default();
    for (_, text) in TABLES {
        text::read(&mut table, text)?;
    }
    table.complete();
    Ok(table)
}

#[cfg(test)]
mod tests;
