//! Resources → text.
pub mod locate;
mod read;
pub mod yaml;
