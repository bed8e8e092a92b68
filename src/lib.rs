//! Gatewright: HTTPS through Istio gateways, declared in KDL and kept in Git.

pub mod diag;
pub mod plan;
pub mod render;
pub mod resource;
pub mod spec;
pub mod time;
pub mod tree;
