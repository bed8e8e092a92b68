//! Project × state × clock → what must happen: to certificates, and to files.

mod action;
pub mod authority;
pub mod awaited;
pub mod brought;
pub mod cacerts;
pub mod certs;
mod claims;
pub mod contested;
pub mod decide;
pub mod files;
mod foreign;
pub mod foreign_lists;
pub mod grid;
mod hierarchy;
mod kept;
pub mod key_numbers;
mod lost;
mod presented;
mod removed_clients;
pub mod revocable;
pub mod revocation;
mod roots;
pub mod rotation;
pub mod seed;
mod shape;
pub mod survey;
mod undeclared;
