//! VirtualServices for gateways whose pods do not see them.

use super::{Known, place};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::Tree;
use crate::resource::finished::{Finished, full_gateway, items};
use crate::resource::visible::Seen;

impl Known<'_> {
    /// Holds `exportTo` against the namespaces in which the pods of its gateways run.
    pub(super) fn exported(&self, object: &Finished<'_>, report: &mut Report) {
        let Some(first) = items(object.tree, &["spec", "exportTo"]).first() else { return };
        let seen = Seen::of(object);
        let own = object.namespace();
        for named in items(object.tree, &["spec", "gateways"]).iter().filter_map(Tree::as_str) {
            let full = full_gateway(named, own);
            let Some(pods) = self.pods.get(&full).filter(|pods| !seen.by(pods)) else { continue };
            let message =
                format!("the pods of gateway `{full}` do not see VirtualService `{own}/{}`", object.id.name);
            let finding = Diagnostic::warning(Code::HIDDEN_FROM_GATEWAY, message);
            let label = format!("leaves out namespace `{pods}`, in which they run");
            report.push(
                place(finding, first, object, &label)
                    .note("they answer its hosts with 404")
                    .help(format!("write `export-to \"{pods}\"` too, or leave it out"))
                    .help(object.settle("or, if it is meant so", Code::HIDDEN_FROM_GATEWAY)),
            );
        }
    }
}
