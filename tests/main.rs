//! Whole-project tests: one binary, one link.
#![expect(clippy::disallowed_methods, reason = "tests read and write projects in scratch folders")]

#[cfg(test)]
mod support {
    pub(crate) mod keys;
    pub(crate) mod workshop;
}
#[cfg(test)]
mod judges {
    mod openssl;
}
#[cfg(test)]
mod crash;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod spec_files;
