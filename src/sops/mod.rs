//! The SOPS file format in YAML with age, read and written without the sops program.
//!
//! A library of its own: it imports no sibling module and takes plain types. Nothing here touches the disk, the
//! clock or the environment; randomness for data keys and nonces comes in through [`Entropy`].
//!
//! ```text
//! write   Plain ── encrypt(Options) ──► file text
//! read    file text ── Sealed::parse ──► Sealed: clear values, recipients, no identity needed
//!         Sealed ── decrypt(Identities) ──► Plain
//! change  Sealed ── with_clear(new document) ──► file text: same ciphertext, other labels
//! rules   .sops.yaml ── Rules::parse ──► Rules ── for_path ──► Rule: recipients and filter for a new file
//! ```
//!
//! What is read and written is what sops 3.11 and 3.13 read and write: AES-256-GCM values, one data key a file that
//! age wraps for each recipient, and a MAC over the values.

mod age;
mod cipher;
mod comments;
mod config;
mod creation;
mod emit;
mod error;
mod filter;
mod format;
mod generate;
mod keep;
mod mac;
mod metadata;
mod moment;
mod node;
mod open;
mod pattern;
mod quote;
mod re2;
mod rewrap;
mod scalar;
mod seal;
mod sealed;
mod shamir;
mod walk;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod trees;

pub use age::{Identities, IdentityNote, IdentityProblem, NotARecipient, Recipient, is_encrypted};
pub use cipher::{Entropy, EntropyError};
pub use config::{ConfigError, ForeignKey, Rule, RuleKey, Rules};
pub use error::{Place, SopsError, YamlError};
pub use filter::{Filter, FilterError};
pub use generate::generate;
pub use moment::{Moment, NotAMoment};
pub use node::{Comment, Field, Item, Node, Plain, Text};
pub use pattern::{Pattern, PatternError};
pub use rewrap::{Difference, Rewrapped};
pub use seal::{Options, encrypt};
pub use sealed::{Note, Sealed};
