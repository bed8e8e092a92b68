//! Lints: what is accepted by everybody and still likely wrong. Each has a code, an origin, a reason and a mend.

mod acme_challenge;
mod conformity;
mod external_clients;
pub mod filters;
mod host_without_route;

mod ignored_by_git;
mod no_client;
mod no_redirect;
mod one_audience;
mod plaintext_key;
pub mod recipients;
pub mod sealed;
mod shared_certificate;
mod unfinished;

pub use conformity::conformity;
pub use unfinished::unfinished;

use crate::diag::{Code, Report};
use crate::model::Project;
use crate::plan::decide::Desired;
use crate::secret::Audiences;
use crate::state::Input;

/// What lints look at.
pub struct Facts<'a> {
    /// The project.
    pub project: &'a Project,
    /// What is on the disk.
    pub input: &'a Input,
    /// The files that this run wants.
    pub desired: &'a [Desired],
    /// Who may open which file.
    pub audiences: &'a Audiences<'a>,
}

/// A lint.
pub struct Lint {
    /// Its findings' code.
    pub code: Code,
    run: fn(&Facts<'_>, &mut Report),
}

/// All lints.
pub const LINTS: &[Lint] = &[
    Lint { code: Code::ACME_CHALLENGE, run: acme_challenge::run },
    Lint { code: Code::EXTERNAL_CLIENTS, run: external_clients::run },
    Lint { code: Code::HOST_WITHOUT_ROUTE, run: host_without_route::run },
    Lint { code: Code::IGNORED_BY_GIT, run: ignored_by_git::run },
    Lint { code: Code::NO_CLIENT, run: no_client::run },
    Lint { code: Code::NO_REDIRECT, run: no_redirect::run },
    Lint { code: Code::ONE_AUDIENCE, run: one_audience::run },
    Lint { code: Code::PLAINTEXT_KEY, run: plaintext_key::run },
    Lint { code: Code::SHARED_CERTIFICATE, run: shared_certificate::run },
];

/// Runs all lints.
#[must_use]
pub fn all(facts: &Facts<'_>) -> Report {
    let mut report = Report::default();
    for lint in LINTS {
        (lint.run)(facts, &mut report);
    }
    report
}
