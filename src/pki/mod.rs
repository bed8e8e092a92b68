//! Keys and X.509 certificates: made, signed, read and judged in memory; nothing here touches disk or clock.
//!
//! Times, serial bits and keys are handed in, and signatures follow from them. The two places where chance comes from
//! elsewhere are said at their functions: [`SystemKeys`] asks the cryptographic library for new keys, and the salts of
//! PKCS#12 are drawn by the library that writes it.

pub mod above;
pub mod armor;
mod called;
pub mod certificate;
pub mod csr;
pub mod distinguished;
pub mod error;
mod extensions;
mod follows;
pub mod issue;
pub mod key;
pub mod maker;
pub mod name;
mod named;
pub mod old;
pub mod pair;
pub mod pkcs12;
pub mod profile;
mod public_key;
pub mod revoke;
pub mod san;
pub mod seed;
mod seed_id;
mod signature;
mod unusable;
mod uses;
pub mod verify;

#[cfg(test)]
#[path = "../../tests/support/keys.rs"]
pub(crate) mod keys;
#[cfg(test)]
#[path = "../../tests/support/workshop.rs"]
pub(crate) mod workshop;

pub use certificate::Certificate;
pub use distinguished::DistinguishedName;
pub use error::PkiError;
pub use issue::{Issuer, self_sign, sign, sign_again};
pub use key::Key;
pub use maker::{KeyMaker, Purpose, SystemKeys};
pub use name::{Name, NameError};
pub use profile::{Profile, Request, Serial};
pub use revoke::{ListRequest, RevocationList, Revoked, sign_list};
pub use san::San;
pub use seed::{Seed, Slot};
pub use seed_id::SeedId;
pub use uses::Use;
pub use verify::{Rejection, verify_client, verify_server};
