//! Whole-project tests: one binary, one link.
#![expect(clippy::disallowed_methods, reason = "tests read and write projects in scratch folders")]

#[cfg(test)]
mod support {
    pub(crate) mod binary;
    pub(crate) mod keys;
    pub(crate) mod mask;
    pub(crate) mod project;
    pub(crate) mod workshop;
}
#[cfg(test)]
mod judges {
    mod openssl;
}
#[cfg(test)]
mod crash;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod spec_files;
