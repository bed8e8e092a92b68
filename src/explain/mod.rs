//! What `explain` says: our words from their tables, kinds and fields from the schema's table. Data and text; no disk.

mod apart;
mod door;
mod entry;
mod find;
mod kinds;
mod overview;
mod prose;
mod sample;
mod shape;
mod unknown;
mod words;

pub use entry::{Entry, Fact, Group, Line, json, text};
pub use find::{explain, names};
pub use overview::overview;
pub use unknown::Unknown;
