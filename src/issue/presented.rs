//! The key pairs of clients that workloads find in Secrets: the new one where the client gets one, else the one that is there,
//! which takes an identity that opens it.

use std::sync::Arc;

use super::moving::wait;
use super::{Fulfilled, Issued, Keyring, Opened, Outcome};
use crate::diag::Report;
use crate::model::Project;
use crate::plan::certs::{Action, CertPlan};
use crate::state::broken;

/// Hands them on, and says what waits.
pub(super) fn hand_on(
    project: &Project,
    plan: &CertPlan<'_>,
    fulfilled: &mut Fulfilled,
    keyring: &Keyring<'_>,
    report: &mut Report,
) {
    for (i, leaf) in plan.leaves.iter().enumerate() {
        let credential = project.credential(leaf.credential);
        let Some(client) = credential.kind.client() else { continue };
        let outcome = match fulfilled.clients.get(client) {
            Some(Outcome::New(issued)) => Outcome::Moved(Arc::clone(issued)),
            _ if leaf.action != Action::Take => continue,
            _ => {
                let Some(file) = plan.clients.get(client).and_then(|client| client.there) else {
                    // The client itself waits.
                    fulfilled.leaves[i] = Outcome::Waits;
                    continue;
                };
                match keyring.open(&file.shown, &file.sealed) {
                    Opened::Key(key) if key.matches(&file.certificate) => {
                        let certificate = file.certificate.clone();
                        Outcome::Moved(Arc::new(Issued { certificate, key: *key }))
                    }
                    Opened::Key(_) => {
                        let reason = "its private key and its certificate do not belong together";
                        report.push(broken(&file.shown, reason));
                        continue;
                    }
                    Opened::Broken(finding) => {
                        report.push(*finding);
                        continue;
                    }
                    Opened::Locked(needs) => {
                        let (namespace, secret) = (&credential.namespace.value, &credential.secret.value);
                        let why = format!("the Secret {namespace}/{secret} is to hold its key pair");
                        wait(project, leaf, why, needs, fulfilled);
                        Outcome::Waits
                    }
                }
            }
        };
        fulfilled.leaves[i] = outcome;
    }
}
