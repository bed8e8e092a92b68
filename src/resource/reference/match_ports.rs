//! Ports for which rules of a VirtualService ask. At a gateway that is the port of the Gateway's server; who writes that of the
//! pods, or of the service behind, has a rule that nothing meets.

use std::collections::BTreeSet;

use super::listed::{Listed, full};
use super::{Known, place};
use crate::diag::suggest::list;
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::{full_gateway, items};
use crate::resource::{Finished, Tree, Value};

impl Known<'_> {
    /// Holds the port of every matcher against those of the servers for the VirtualService's hosts.
    pub(super) fn match_ports(&self, object: &Finished<'_>, report: &mut Report) {
        let hosts = items(object.tree, &["spec", "hosts"]).iter().filter_map(Tree::as_str);
        let hosts: Vec<String> = hosts.map(|host| full(host, object)).collect();
        let all = items(object.tree, &["spec", "gateways"]);
        let rules = ["http", "tls", "tcp"].into_iter().flat_map(|kind| items(object.tree, &["spec", kind]));
        for matcher in rules.flat_map(|rule| items(rule, &["match"])) {
            let Some((port, number)) = matcher.get("port").and_then(|port| Some((port, whole(port)?))) else {
                continue;
            };
            let own = items(matcher, &["gateways"]);
            let asked = if own.is_empty() { all } else { own };
            let Some(known) = self.ports_at(asked, &hosts, object) else { continue };
            // Without a server for its hosts the whole VirtualService is told of.
            if number != 0 && !known.is_empty() && !known.contains(&number) {
                report.push(finding(object, (port, number), &known));
            }
        }
    }

    /// The ports of the servers that some gateways have for some hosts, if all of them are made here.
    fn ports_at(&self, gateways: &[Tree], hosts: &[String], object: &Finished<'_>) -> Option<BTreeSet<i64>> {
        let own = object.namespace();
        let lists = gateways.iter().map(|gateway| self.lists.get(&full_gateway(gateway.as_str()?, own)));
        let lists: Vec<&Listed<'_>> = lists.collect::<Option<_>>()?;
        let servers = lists.iter().flat_map(|lists| hosts.iter().flat_map(|host| lists.servers(host, own)));
        servers.map(|server| server.at(&["port", "number"]).and_then(whole)).collect()
    }
}

fn whole(tree: &Tree) -> Option<i64> {
    match tree.value {
        Value::Int(number) => Some(number),
        _ => None,
    }
}

fn finding(object: &Finished<'_>, (port, number): (&Tree, i64), known: &BTreeSet<i64>) -> Diagnostic {
    let name = object.id.called();
    let message = format!(
        "a rule of VirtualService `{name}` asks for port {number}, which no server has for its hosts"
    );
    let finding = Diagnostic::warning(Code::UNUSED_RULES, message);
    let known: Vec<String> = known.iter().map(|port| format!("`{port}`")).collect();
    place(finding, port, object, "nothing meets this")
        .note("at a gateway a rule's port is that of the Gateway's server, and not that of its pods or of the service behind")
        .help(format!("servers for its hosts have {}; write one of them, or leave the port out", list(&known, "and")))
        .help(object.settle("or, if it is meant so", Code::UNUSED_RULES))
}
