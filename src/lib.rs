//! Gatewright: HTTPS through Istio gateways, declared in KDL and kept in Git.

pub mod diag;
pub mod resource;
pub mod sops;
pub mod spec;
pub mod time;
