//! What must happen to the authority of a cluster's istiod: as to any certificate that an authority issues.

use super::certs::{Action, Shape};
use crate::model::Cacerts;
use crate::state::ExistingCacerts;

/// What must happen to one.
pub struct CacertsPlan<'a> {
    /// Whose.
    pub cacerts: &'a Cacerts,
    /// What it is to look like.
    pub shape: Shape,
    /// What is there.
    pub there: Option<&'a ExistingCacerts>,
    /// What to do.
    pub action: Action,
}
