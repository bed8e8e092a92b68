//! Objects as a cluster gets them: what words of a spec make, and what templates make of it or by themselves.

use super::path::way_to;
use super::{Changed, ResourceId, Tree, Value};
use crate::diag::{Code, Diagnostic, FilePlace};

/// One object as it is written.
#[derive(Debug, Clone)]
pub struct Finished<'a> {
    /// What identifies it.
    pub id: ResourceId,
    /// The word of the spec that it is made for.
    pub word: &'a str,
    /// That node's full name.
    pub name: &'a str,
    /// The object.
    pub tree: &'a Tree,
    /// The user's template that decided some or all of it, and what it decided.
    pub template: Option<(&'a str, &'a [Changed])>,
}

impl<'a> Finished<'a> {
    /// An object that is made for a node.
    #[must_use]
    pub fn new(
        tree: &'a Tree,
        word: &'a str,
        name: &'a str,
        template: Option<(&'a str, &'a [Changed])>,
    ) -> Self {
        let text = |path: &[&str]| tree.at(path).and_then(Tree::as_str).unwrap_or_default().to_owned();
        let api = text(&["apiVersion"]);
        let id = ResourceId {
            namespace: Some(text(&["metadata", "namespace"])).filter(|namespace| !namespace.is_empty()),
            group: api.split_once('/').map_or("", |(group, _)| group).to_owned().into(),
            kind: text(&["kind"]).into(),
            name: text(&["metadata", "name"]),
        };
        Self { id, word, name, tree, template }
    }

    /// Whether it is of a kind of Istio's group `networking.istio.io`.
    pub(super) fn is_a(&self, kind: &str) -> bool {
        self.id.group == "networking.istio.io" && self.id.kind == kind
    }

    /// Whether a word of ours made all of it.
    pub(super) fn is_made_by(&self, word: &str) -> bool {
        self.word == word && self.template.is_none()
    }

    /// Its namespace, empty where it has none.
    pub(super) fn namespace(&self) -> &str {
        self.id.namespace.as_deref().unwrap_or_default()
    }

    /// The mend that settles a finding about it.
    pub(super) fn settle(&self, when: &str, code: Code) -> String {
        let at = match self.word {
            "project" => String::new(),
            "host" | "gateway" | "service" => format!(" or at the {}", self.word),
            word => format!(" or in the node of the `{word}`"),
        };
        format!("{when}: `settle \"{code}\" reason=\"…\"` in gatewright.kdl{at}")
    }

    /// A finding about it, with the template that may have to change.
    pub(super) fn traced(&self, finding: Diagnostic) -> Diagnostic {
        match self.tree.at(&["metadata", "name"]) {
            Some(name) => self.traced_at(finding, name),
            None => self.traced_at(finding, self.tree),
        }
    }

    /// A finding about a value of it, with the template that may have to change, and its line if it decided the value.
    pub(super) fn traced_at(&self, finding: Diagnostic, value: &Tree) -> Diagnostic {
        let Some((template, changed)) = self.template.filter(|_| finding.file.is_none()) else {
            return finding;
        };
        let decided = way_to(self.tree, value).and_then(|way| Changed::nearest(changed, &way));
        let (path, line) =
            decided.map_or((template, None), |changed| (changed.template.as_str(), Some(changed.line)));
        Diagnostic { file: Some(FilePlace { path: path.to_owned(), line, excerpt: None }), ..finding }
    }
}

/// Whether a server of a Gateway leads what comes to HTTPS.
pub(super) fn redirects(server: &Tree) -> bool {
    server.at(&["tls", "httpsRedirect"]).is_some_and(|redirect| redirect.value == Value::Bool(true))
}

/// The items of a list at a path; nothing where there is none.
pub(super) fn items<'a>(tree: &'a Tree, path: &[&str]) -> &'a [Tree] {
    match tree.at(path).map(|tree| &tree.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// Every destination of a VirtualService's rules, whatever they do with it.
pub(super) fn destinations(spec: &Tree) -> Vec<&Tree> {
    leads(spec).into_iter().map(|(_, destination)| destination).collect()
}

/// The same, each beside its rule.
pub(super) fn leads(spec: &Tree) -> Vec<(&Tree, &Tree)> {
    let mut found = Vec::new();
    for (rules, lists, one) in [
        ("http", &["route", "mirrors"][..], Some("mirror")),
        ("tls", &["route"], None),
        ("tcp", &["route"], None),
    ] {
        for rule in items(spec, &[rules]) {
            let all = lists.iter().flat_map(|list| items(rule, &[list]));
            let all = all.filter_map(|item| item.get("destination"));
            found.extend(all.chain(one.and_then(|one| rule.get(one))).map(|destination| (rule, destination)));
        }
    }
    found
}

/// A service's full name: Istio takes one without a dot for one in the namespace of the object, and `*` for all of them.
pub(super) fn full_service(name: &str, object: &Finished<'_>) -> String {
    match &object.id.namespace {
        Some(namespace) if !name.contains('.') && name != "*" => {
            format!("{name}.{namespace}.svc.cluster.local")
        }
        _ => name.to_owned(),
    }
}

/// `namespace/name` of a Gateway that a VirtualService of a namespace names; `mesh`, which is none, as it is.
pub(super) fn full_gateway(name: &str, namespace: &str) -> String {
    match name.split_once('/') {
        None if name == "mesh" => name.to_owned(),
        Some((".", name)) => format!("{namespace}/{name}"),
        Some(_) => name.to_owned(),
        None => match name.split('.').collect::<Vec<_>>().as_slice() {
            [name, theirs, ..] => format!("{theirs}/{name}"),
            _ => format!("{namespace}/{name}"),
        },
    }
}

/// Whether an item of a rule's `match`, or a rule without one, is for a gateway that the VirtualService of a namespace names,
/// or for `mesh`.
pub(super) fn is_for_gateway(matcher: Option<&Tree>, gateway: &str, namespace: &str) -> bool {
    let named = matcher.map(|matcher| items(matcher, &["gateways"])).unwrap_or_default();
    let is_it = |name: &str| full_gateway(name, namespace) == *gateway;
    named.is_empty() || named.iter().filter_map(Tree::as_str).any(is_it)
}

/// Whether a rule has something for a gateway, or for `mesh`.
pub(super) fn is_rule_for(rule: &Tree, gateway: &str, namespace: &str) -> bool {
    let matchers = items(rule, &["match"]);
    matchers.is_empty() || matchers.iter().any(|one| is_for_gateway(Some(one), gateway, namespace))
}

/// Whether sidecars know a VirtualService: without `gateways` they alone do. One without hosts is a part of another.
pub(super) fn is_in_mesh(object: &Finished<'_>) -> bool {
    let gateways = items(object.tree, &["spec", "gateways"]);
    gateways.is_empty() || gateways.iter().any(|gateway| gateway.as_str() == Some("mesh"))
}
