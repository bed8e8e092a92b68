//! Typed spec → validated project: a value that exists is valid.

pub mod name;
pub mod path;
pub mod project;
mod resolve;

pub use name::{HostName, Label, ObjectName};
pub use path::{PathPattern, UriMatch};
pub use project::*;
pub(crate) use resolve::Near;
pub use resolve::{Unfinished, resolve};
