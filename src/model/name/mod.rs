//! Names that are valid because they exist: each has one door, which says what is wrong and where.

use std::ops::Range;

/// Why a text is no name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    /// The bytes of the text that are wrong.
    pub at: Range<usize>,
    /// What is wrong, to stand at that place.
    pub reason: String,
    /// What to write instead.
    pub help: String,
}

impl NameError {
    pub(super) fn new(at: Range<usize>, reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at, reason: reason.into(), help: help.into() }
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

mod host;
mod kubernetes;
mod label;
mod object;
mod service;

pub use host::{HostName, WrittenHost};
pub use kubernetes::{check_label_key, check_label_value};
pub use label::Label;
pub use object::ObjectName;
pub use service::ServiceName;
