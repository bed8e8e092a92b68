//! Ports of destinations, held against those of the Service or ServiceEntry that is made here.

use std::collections::BTreeMap;

use super::{Known, place};
use crate::diag::suggest::list;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::name::ServiceName;
use crate::resource::finished::{destinations, full_service, items};
use crate::resource::{Finished, Tree, Value, own_name};

impl Known<'_> {
    /// Looks up the port of every destination of a VirtualService whose service is made here.
    pub(super) fn ports(&self, object: &Finished<'_>, report: &mut Report) {
        let Some(spec) = object.tree.get("spec") else { return };
        for destination in destinations(spec) {
            let (Some(host), Some(port)) = (destination.get("host"), destination.at(&["port", "number"]))
            else {
                continue;
            };
            if let Some(name) = host.as_str() {
                self.port(&full_service(name, object), port, object, report);
            }
        }
    }

    /// Looks up a port of a service, by its full name.
    pub(super) fn port(&self, service: &str, port: &Tree, object: &Finished<'_>, report: &mut Report) {
        let Value::Int(number) = port.value else { return };
        let makers = self.makers(service);
        let known: Vec<Vec<i64>> = makers.iter().map(|maker| ports(maker)).collect();
        // One without ports may be anything.
        if known.iter().any(|ports| ports.is_empty() || ports.contains(&number)) {
            return;
        }
        if let Some(maker) = makers.first() {
            let known: Vec<String> = known.iter().flatten().map(|port| format!("`{port}`")).collect();
            report.push(finding((port, number), (maker, &known), object));
        }
    }

    /// The objects that make a service, by its full name.
    fn makers(&self, service: &str) -> Vec<&Finished<'_>> {
        if let Some(services) = self.services.get(service) {
            return services.clone();
        }
        // A service of the cluster may well be there beside its entry.
        match ServiceName::parse(service) {
            Ok(ServiceName::Foreign) => self.entries_for(service).collect(),
            _ => Vec::new(),
        }
    }
}

/// The Services that are made here, by their full names.
pub(super) fn services<'a>(objects: &'a [Finished<'a>]) -> BTreeMap<String, Vec<&'a Finished<'a>>> {
    let mut found: BTreeMap<String, Vec<&Finished<'_>>> = BTreeMap::new();
    for object in objects.iter().filter(|object| object.id.group.is_empty() && object.id.kind == "Service") {
        found.entry(full_service(&object.id.name, object)).or_default().push(object);
    }
    found
}

fn ports(maker: &Finished<'_>) -> Vec<i64> {
    let number = |port: &Tree| match port.get("number").or(port.get("port"))?.value {
        Value::Int(number) => Some(number),
        _ => None,
    };
    items(maker.tree, &["spec", "ports"]).iter().filter_map(number).collect()
}

fn finding(
    (port, number): (&Tree, i64),
    (maker, known): (&Finished<'_>, &[String]),
    object: &Finished<'_>,
) -> Diagnostic {
    let message = format!("{} `{}` has no port {number}", maker.id.kind, maker.id.called());
    let finding = Diagnostic::warning(Code::INVALID_DESTINATION, message);
    let finding = place(finding, port, object, "requests fail with 503");
    let finding = match own_name(maker.tree) {
        Some(span) => finding.at(span, "the service"),
        None => finding,
    };
    finding
        .help(format!("it has {}", list(known, "and")))
        .help(object.settle("or, if it is meant so", Code::INVALID_DESTINATION))
}
