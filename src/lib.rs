//! Gatewright: HTTPS through Istio gateways, declared in KDL and kept in Git.

// The helpers below `tests/support` serve unit tests too; they call this crate by its name.
#[cfg(test)]
extern crate self as gatewright;

pub mod diag;
pub mod model;
pub mod pki;
pub mod plan;
pub mod render;
pub mod resource;
pub mod spec;
pub mod time;
pub mod tree;
