//! Gatewright: HTTPS through Istio gateways, declared in KDL and kept in Git.

pub mod diag;
pub mod model;
pub mod resource;
pub mod spec;
pub mod time;
