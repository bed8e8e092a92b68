//! What policies are attached to by name. One that names what is not there holds nowhere.

use super::attached::{GROUP, Reference};
use super::{Known, near, place};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::items;
use crate::resource::{Finished, Tree};

/// The groups whose policies are attached so, each to what lies in its own namespace.
const POLICIES: [&str; 4] = ["security.istio.io", "telemetry.istio.io", "extensions.istio.io", GROUP];

impl Known<'_> {
    /// Looks up what a policy is attached to. Services are made elsewhere, as workloads are.
    pub(super) fn targets(&self, object: &Finished<'_>, report: &mut Report) {
        if !POLICIES.contains(&&*object.id.group) {
            return;
        }
        let one = object.tree.at(&["spec", "targetRef"]);
        for target in items(object.tree, &["spec", "targetRefs"]).iter().chain(one) {
            let Some(found) = Reference::of(target, ("", ""), object) else { continue };
            let full = found.full();
            match (found.group, found.kind) {
                (GROUP, "Gateway" | "ListenerSet")
                    if !self.parents.contains_key(&(found.kind, full.clone())) =>
                {
                    let finding = self.unknown_parent(&found, "without it the policy holds nowhere", object);
                    report.push(finding);
                }
                ("networking.istio.io", "ServiceEntry") => {
                    let is_it = |entry: &&Finished<'_>| {
                        entry.namespace() == found.namespace && entry.id.name == *found.name
                    };
                    if !self.entries.iter().any(is_it) {
                        report.push(self.unknown_entry(found.named, &full, object));
                    }
                }
                _ => {}
            }
        }
    }

    fn unknown_entry(&self, named: &Tree, full: &str, object: &Finished<'_>) -> Diagnostic {
        let message = format!("nothing here makes a ServiceEntry `{full}`");
        let finding = Diagnostic::warning(Code::MISSING_SERVICE_ENTRY, message);
        let finding = place(finding, named, object, "without it the policy holds nowhere");
        let known = self.entries.iter().map(|entry| format!("{}/{}", entry.namespace(), entry.id.name));
        let finding = match near(full, &known.collect()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        };
        finding.help(object.settle("or, where something else makes it", Code::MISSING_SERVICE_ENTRY))
    }
}
