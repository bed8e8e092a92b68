//! Whole-project tests: one binary, one link.
#![expect(clippy::disallowed_methods, reason = "tests read and write projects in scratch folders")]

#[cfg(test)]
mod support {
    pub(crate) mod binary;
    pub(crate) mod keys;
    pub(crate) mod mask;
    pub(crate) mod needle;
    pub(crate) mod project;
    pub(crate) mod snapshot;
    pub(crate) mod widgets;
    pub(crate) mod workshop;
}
#[cfg(test)]
mod judges {
    mod elsewhere;
    mod git;
    mod lists;
    mod old_keys;
    mod openssl;
    mod requests;
    pub(crate) mod sops;
    mod x509;
}
#[cfg(test)]
mod bad {
    mod authority;
    mod between;
    mod case;
    mod certificates;
    mod clear;
    mod decided;
    mod disk;
    mod first_run;
    mod git;
    mod hierarchy;
    mod hosts;
    mod identities;
    mod issuers;
    mod kept;
    mod kinds;
    mod labels;
    mod meant;
    mod merge;
    mod messages;
    mod named;
    mod names;
    mod objects;
    mod once;
    mod paths;
    mod policies;
    mod reached;
    mod report;
    mod rotation;
    mod rounds;
    mod sealed;
    mod sealing;
    pub(crate) mod seed;
    mod seed_keys;
    mod services;
    mod shared;
    mod silent;
    mod sources;
    mod steps;
    mod templates;
    mod text;
    mod unused;
    mod versions;
    mod words;
}
#[cfg(test)]
mod cli {
    mod bring;
    mod check;
    mod client;
    mod completions;
    mod connect;
    mod explain;
    mod explained;
    mod folders;
    mod help;
    mod init;
    mod large;
    mod leaked;
    mod render;
    mod revoke;
    mod rotate;
    pub(crate) mod sandbox;
    mod secrets;
    mod seed;
    mod stages;
    mod status;
    mod transcript;
    mod why;
}
#[cfg(test)]
mod laws {
    mod any_files;
    mod any_history;
    mod any_revocation;
    mod cacerts;
    mod chain_ends;
    mod clients;
    mod elsewhere;
    mod files_history;
    mod files_stages;
    mod foreign_lists;
    mod hierarchy;
    mod history;
    mod kept_keys;
    mod kill;
    mod lists;
    mod lost_files;
    mod moving;
    mod one_certificate;
    mod one_token;
    mod order;
    mod other_clients;
    mod outlived_lists;
    mod outside;
    mod ownership;
    mod pinned;
    mod presented;
    mod presented_known;
    mod proposed;
    mod quiet;
    mod remembered;
    mod renewal;
    mod replacement;
    mod revocation;
    mod revoked_hosts;
    mod roots;
    mod scenarios;
    mod schema_words;
    mod sealed_trust;
    mod secrecy;
    mod seed;
    mod signed_again;
    mod standing;
    mod tokens;
    mod trust;
    mod two_keys;
    mod undeclared;
    mod values;
    mod vouched;
    mod waiting;
}
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod spec_files;
#[cfg(test)]
mod tidy;
