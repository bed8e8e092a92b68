//! Gatewright: HTTPS through Istio gateways, declared in KDL and kept in Git.
//!
//! The way through the code is the way of the data, and [`build()`] is all of it:
//!
//! ```text
//! spec      text → nodes with spans → typed spec
//! model     typed spec → validated project
//! paths     where files lie and how they are named: words that every step below shares
//! pki       keys and certificates: made, signed, read, verified; a tool of the steps below
//! state     what out/ and pki/ hold now
//! plan      project × state × clock → what happens to certificates; later to files
//! issue     the plan carried out: new keys and certificates, in memory, as far as identities allow
//! resource  project × certificates → Kubernetes objects in which every value carries its origin
//! secret    Secrets and key files, sealed by sops, a library of its own
//! render    the other objects → text through templates
//! manifest  the tree as a person reads it, and what lists its files
//! tree      plan → disk
//! check     lints
//! schema    the table of kinds and fields, and what is asked of objects, beside all of it
//! explain   words, kinds and fields, told from the tables
//! cli       one file a command
//! ```

// The helpers below `tests/support` serve unit tests too; they call this crate by its name.
#[cfg(test)]
extern crate self as gatewright;

pub mod build;
pub mod check;
pub mod cli;
pub mod diag;
pub mod explain;
pub mod issue;
pub mod manifest;
pub mod model;
pub mod paths;
pub mod pki;
pub mod plan;
pub mod render;
pub mod resource;
pub mod schema;
pub mod secret;
pub mod sops;
pub mod spec;
pub mod state;
pub mod time;
pub mod tree;

pub use build::build;
