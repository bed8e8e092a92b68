//! Project × state × clock → what must happen: to certificates, and to files.

pub mod authority;
pub mod certs;
mod claims;
pub mod decide;
pub mod files;
mod hierarchy;
pub mod rotation;
pub mod survey;
