//! A bundle that lists bring up to the root lets in nobody whom it should not.

use super::revocation::{CACERT, DEEP, FILE, assert_whole, client, project};
use crate::support::project::Holder;

/// The root comes into the bundle with its list, and whom it signs itself would come in.
#[test]
fn nobody_else_comes_in_by_the_root() {
    let project = project(&format!("{DEEP}client \"dora.example\" authority=\"root\"\n"));
    project.edit(
        FILE,
        "\"bob.example\" authority=\"staff\"",
        "\"bob.example\" authority=\"staff\" revoked=\"2026-11-20\"",
    );
    assert_eq!(project.refusal(Holder::Operator), ["other-clients"]);
    // Taking its node away takes no certificate from it.
    project.edit(
        FILE,
        "client \"dora.example\" authority",
        "client \"eva.example\" revoked=\"2026-11-20\" authority",
    );
    assert_eq!(project.refusal(Holder::Operator), ["other-clients"]);
    project.edit(
        FILE,
        "clients \"staff\";",
        "clients \"staff\"; subject-alt-names \"anna.example\" \"bob.example\";",
    );
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example")]);
}
