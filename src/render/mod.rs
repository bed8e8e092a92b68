//! Resources → text.
pub mod locate;
mod read;
pub mod kustomization;
pub mod yaml;
