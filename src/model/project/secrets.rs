//! How Secrets are sealed.

use crate::sops::Recipient;
use crate::spec::Traced;
use crate::spec::node::{CaIn, Filter};
use crate::time::Timestamp;

/// How Secrets are sealed.
#[derive(Debug, Clone)]
pub struct SecretsPolicy {
    /// age recipients, where the spec names them.
    pub recipients: Vec<Traced<Recipient>>,
    /// What is encrypted.
    pub filter: Traced<Filter>,
    /// Where clients' trust anchors go.
    pub ca_in: Traced<CaIn>,
    /// The day from which times are counted, of a project whose keys follow from a seed.
    pub seed: Option<Traced<Timestamp>>,
    /// That one audience opens everything is meant so.
    pub one_audience: bool,
}
