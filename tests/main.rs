//! Whole-project tests: one binary, one link.

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
mod laws {
    mod one_token;
    mod replacement;
    mod tokens;
    mod values;
}
#[cfg(test)]
mod crash;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod spec_files;
