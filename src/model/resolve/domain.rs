//! `domain` nodes: the names that complete short ones.

use std::collections::BTreeSet;

use super::super::name::WrittenHost;
use super::{name_finding, parted, settled};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::Text;
use crate::spec::node::{self, Spec};

/// A domain with its name.
pub(super) struct Domain<'a> {
    pub(super) node: &'a node::Domain,
    /// Normalised; as written where it was refused.
    pub(super) name: String,
    /// Whether its name is one.
    pub(super) named: bool,
    /// Whether another one of this name was there first: what this one does not say, that one may.
    pub(super) spare: bool,
    pub(super) settled: BTreeSet<String>,
}

impl Domain<'_> {
    pub(super) fn text(&self) -> &Text {
        &self.node.name
    }

    /// Whether a normalised full name is this domain's or lies below it.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.named
            && (name == self.name || name.strip_suffix(&self.name).is_some_and(|rest| rest.ends_with('.')))
    }
}

pub(super) fn all<'a>(spec: &'a Spec, report: &mut Report) -> Vec<Domain<'a>> {
    let mut found = Vec::new();
    for node in &spec.domains {
        check_words(node, report);
        let settled = settled(&node.settled);
        match WrittenHost::parse(node.name.as_str()) {
            Ok(WrittenHost::Name { name, .. }) if !name.starts_with('*') => {
                found.push(Domain { node, name, named: true, spare: false, settled });
                continue;
            }
            Ok(_) => report.push(
                Diagnostic::error(Code::INVALID_HOST_NAME, format!("`{}` is no domain", node.name.as_str()))
                    .at_text(&node.name, "a domain has no wildcard")
                    .help("write the domain here and `host \"*\"` in it"),
            ),
            Err(error) => report.push(name_finding(Code::INVALID_HOST_NAME, &node.name, error, "domain")),
        }
        // Its hosts are looked at all the same.
        found.push(Domain { node, name: node.name.as_str().to_owned(), named: false, spare: false, settled });
    }
    let (mut found, again) =
        parted(report, Code::DUPLICATE_NAME, "domain", found, |d| d.name.clone(), |d| d.text().span());
    found.extend(again.into_iter().map(|domain| Domain { spare: true, ..domain }));
    found
}

fn check_words(node: &node::Domain, report: &mut Report) {
    let Some(subject) = &node.serving.certificate.subject else { return };
    if let Some(text) = &subject.common_name {
        report.push(
            Diagnostic::error(Code::UNKNOWN_WORD, "a domain can't say `common-name`: each host has its own")
                .at_text(text, "would name every host's certificate alike")
                .help("say it at the host"),
        );
    }
}
