//! Project × state × clock → what must happen: to certificates, and to files.

pub mod files;
