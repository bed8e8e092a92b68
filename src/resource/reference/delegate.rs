//! VirtualServices to which rules of others hand over.

use super::{Known, near, place};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::items;
use crate::resource::{Finished, Tree};

impl Known<'_> {
    /// Looks up what the rules of a VirtualService hand over to.
    pub(super) fn delegates_of(&self, object: &Finished<'_>, report: &mut Report) {
        for delegate in items(object.tree, &["spec", "http"]).iter().filter_map(|rule| rule.get("delegate")) {
            let text =
                |field: &str| delegate.get(field).and_then(Tree::as_str).filter(|text| !text.is_empty());
            let (Some(name), Some(named)) = (text("name"), delegate.get("name")) else { continue };
            let full = format!("{}/{name}", text("namespace").unwrap_or(object.namespace()));
            match self.rules.get(&full) {
                Some(false) => {}
                Some(true) => {
                    let message = format!(
                        "VirtualService `{full}` has hosts of its own, so Istio hands nothing over to it"
                    );
                    let finding = Diagnostic::error(Code::INVALID_DESTINATION, message);
                    let finding = place(finding, named, object, "no part of another");
                    report.push(finding.help("leave its `hosts` and `gateways` out: then it is a part"));
                }
                None => report.push(self.unknown_part(named, &full, object)),
            }
        }
    }

    fn unknown_part(&self, named: &Tree, full: &str, object: &Finished<'_>) -> Diagnostic {
        let message = format!("nothing here makes a VirtualService `{full}`");
        let finding = Diagnostic::warning(Code::UNKNOWN_VIRTUAL_SERVICE, message);
        let finding = place(finding, named, object, "without it these requests get 404");
        let parts = self.rules.iter().filter(|(_, has_hosts)| !**has_hosts);
        let finding = match near(full, &parts.map(|(name, _)| name.clone()).collect()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => {
                let (namespace, name) = full.split_once('/').unwrap_or(("", full));
                finding.help(format!(
                    "declare it, without `hosts`: `virtual-service \"{name}\" namespace=\"{namespace}\" {{ http {{ … }}; }}`"
                ))
            }
        };
        finding.help(object.settle("or, where something else makes it", Code::UNKNOWN_VIRTUAL_SERVICE))
    }
}
