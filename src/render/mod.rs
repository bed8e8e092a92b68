//! Resources → text.
