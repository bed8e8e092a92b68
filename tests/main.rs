//! Whole-project tests: one binary, one link.

#[cfg(test)]
mod support {
    pub(crate) mod keys;
    pub(crate) mod workshop;
}
#[cfg(test)]
mod judges {
    mod openssl;
    mod sops;
}
#[cfg(test)]
mod crash;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod spec_files;
