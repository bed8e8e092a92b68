//! Project × certificates → Kubernetes resources: here the short words become Istio.
pub mod tree;
pub use tree::{Field, Tree, Value};
