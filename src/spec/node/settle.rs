//! `settle "shared-certificate" reason="…"`: a finding that the team has decided on.

use crate::spec::source::Text;

/// A decision on a warning or notice, at the project or the node it concerns.
#[derive(Debug, Clone)]
pub struct Settle {
    /// The finding's code.
    pub code: Text,
    /// Why it is fine.
    pub reason: Text,
}
