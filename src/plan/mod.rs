//! Project × state × clock → what must happen: to certificates, and to files.

pub mod authority;
mod brought;
pub mod cacerts;
pub mod certs;
mod claims;
pub mod contested;
pub mod decide;
pub mod files;
pub mod foreign_lists;
mod hierarchy;
pub mod revocable;
pub mod revocation;
pub mod rotation;
pub mod survey;
