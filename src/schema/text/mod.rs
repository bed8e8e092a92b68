//! The table as text, a field a line. [`read`] and [`write()`] are each other's inverse.
//!
//! ```text
//! releases 1.30 1.31 1.32
//! pattern 5d1e22aa ^[a-z]+$
//! kind networking.istio.io/VirtualService v1,v1beta1 namespaced VirtualService
//! type VirtualService
//!   spec  VirtualServiceSpec required
//! type VirtualServiceSpec
//!   http  list<Http>
//!   weight  int 0..100 nullable since=1.31
//! ```
//!
//! A kind's `apiVersion`, `kind` and `metadata` are not written: every object has them.

mod read;
mod shape;
mod write;

pub use read::read;
pub use write::write;
pub(crate) use write::{shape_text, short_hash};

/// Why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct TableError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}
