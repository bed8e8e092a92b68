//! What istiod asks of objects beyond their CRDs: its webhook refuses them, or leaves them out where it has none.

use super::Violation;
use crate::diag::Code;
use crate::resource::{PathStep, Tree, Value};

/// What a rule of a VirtualService does with its requests, and what can't stand beside it.
const RULES: [(&str, &[&str]); 3] = [
    ("delegate", &["redirect", "route"]),
    ("redirect", &["route", "directResponse", "rewrite", "fault"]),
    ("directResponse", &["route", "rewrite", "fault"]),
];

/// Everything that istiod would refuse of an object that its CRD takes.
#[must_use]
pub fn webhook(tree: &Tree) -> Vec<Violation> {
    let text = |field| tree.get(field).and_then(Tree::as_str).unwrap_or_default();
    let Some(spec) = tree.get("spec").filter(|_| text("apiVersion").starts_with("networking.istio.io/"))
    else {
        return Vec::new();
    };
    match text("kind") {
        "VirtualService" => virtual_service(spec),
        "DestinationRule" => subsets(spec),
        "Gateway" if items(spec, "servers").is_empty() => {
            let at = spec.get("servers").unwrap_or(spec);
            vec![missing(
                at,
                vec![field("spec")],
                "has no server, and Istio refuses a Gateway without one",
                "servers",
            )]
        }
        _ => Vec::new(),
    }
}

fn field(name: &str) -> PathStep {
    PathStep::Field(name.to_owned())
}

/// Whether a field says something: an empty list is none.
fn says(tree: &Tree, name: &str) -> bool {
    tree.get(name).is_some_and(|tree| match &tree.value {
        Value::Null => false,
        Value::List(items) => !items.is_empty(),
        _ => true,
    })
}

fn items<'a>(tree: &'a Tree, name: &str) -> &'a [Tree] {
    match tree.get(name).map(|tree| &tree.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

fn missing(tree: &Tree, path: Vec<PathStep>, message: &str, name: &str) -> Violation {
    let mut violation = Violation::new(Code::MISSING_FIELD, path, &tree.origin, message);
    violation.of_field(name);
    violation
}

/// Each subset has a name of its own.
fn subsets(spec: &Tree) -> Vec<Violation> {
    let names = || items(spec, "subsets").iter().map(|subset| subset.get("name"));
    let mut found = Vec::new();
    for (index, name) in names().enumerate() {
        let Some((name, text)) = name.and_then(|name| Some((name, name.as_str()?))) else { continue };
        let mut before = names().take(index).flatten();
        let Some(first) = before.find(|other| other.as_str() == Some(text)) else { continue };
        let path = vec![field("spec"), field("subsets"), PathStep::Index(index), field("name")];
        let message = format!("can't be `{text}`: another subset has this name");
        let mut violation = Violation::new(Code::FIELD_VALUE, path, &name.origin, message);
        violation.origins.push(first.origin.clone());
        found.push(violation);
    }
    found
}

fn virtual_service(spec: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    if !["http", "tls", "tcp"].iter().any(|name| says(spec, name)) {
        let message = "has none of `http`, `tls` and `tcp`, and Istio refuses it so";
        found.push(missing(spec, vec![field("spec")], message, "http"));
    }
    for (index, rule) in items(spec, "http").iter().enumerate() {
        let path = vec![field("spec"), field("http"), PathStep::Index(index)];
        found.extend(http_rule(rule, &path));
    }
    found
}

/// A rule does one thing: it leads somewhere, redirects, answers, or hands over.
fn http_rule(rule: &Tree, path: &[PathStep]) -> Option<Violation> {
    if !matches!(rule.value, Value::Map(_)) {
        return None;
    }
    for (does, excludes) in RULES.iter().filter(|(does, _)| says(rule, does)) {
        let Some(other) = excludes.iter().find(|other| says(rule, other)) else { continue };
        let message = format!("has both `{does}` and `{other}`, which exclude each other");
        let mut violation = Violation::new(Code::CONFLICTING_FIELDS, path.to_vec(), &rule.origin, message);
        let origins = [*other, *does].into_iter().filter_map(|name| rule.get(name));
        violation.origins = origins.map(|tree| tree.origin.clone()).collect();
        violation.of_field(other);
        violation.note(
            "a rule leads somewhere, redirects, answers itself, or hands over to another VirtualService",
        );
        return Some(violation);
    }
    if let (true, true, Some(first), Some(second)) =
        (says(rule, "mirror"), says(rule, "mirrors"), rule.get("mirror"), rule.get("mirrors"))
    {
        let message = "has both `mirror` and `mirrors`, which exclude each other";
        let mut violation = Violation::new(Code::CONFLICTING_FIELDS, path.to_vec(), &second.origin, message);
        violation.origins.push(first.origin.clone());
        violation.of_field("mirrors");
        return Some(violation);
    }
    let leads = ["route", "redirect", "directResponse", "delegate"].iter().any(|name| says(rule, name));
    let message = "leads nowhere: it has none of `route`, `redirect`, `directResponse` and `delegate`";
    (!leads).then(|| missing(rule, path.to_vec(), message, "route"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Origin;
    use serde_json::json;

    fn found(kind: &str, spec: &serde_json::Value) -> Vec<String> {
        let object = json!({"apiVersion": "networking.istio.io/v1", "kind": kind, "spec": spec});
        let tree = Tree::of_json(&object, &Origin::default_of("test"));
        webhook(&tree).into_iter().map(|violation| violation.diagnostic("it").message).collect()
    }

    #[test]
    fn a_rule_does_one_thing() {
        let to = json!([{"destination": {"host": "a"}}]);
        for (rule, says) in [
            (json!({"route": to, "redirect": {}}), "`redirect` and `route`"),
            (json!({"route": to, "directResponse": {"status": 404}}), "`directResponse` and `route`"),
            (json!({"redirect": {}, "directResponse": {"status": 404}}), "`redirect` and `directResponse`"),
            (json!({"redirect": {}, "rewrite": {"uri": "/"}}), "`redirect` and `rewrite`"),
            (json!({"delegate": {"name": "a"}, "route": to}), "`delegate` and `route`"),
            (json!({"route": to, "mirror": {"host": "a"}, "mirrors": [{}]}), "`mirror` and `mirrors`"),
            (json!({"route": []}), "leads nowhere"),
            (json!({}), "leads nowhere"),
        ] {
            let found = found("VirtualService", &json!({"http": [rule]}));
            assert!(found.len() == 1 && found[0].contains(says), "{rule} {found:?}");
            assert!(found[0].starts_with("`spec.http[0]` of it"), "{found:?}");
        }
        for rule in [
            json!({"route": to, "rewrite": {"uri": "/"}, "redirect": null, "fault": {}}),
            json!({"delegate": {"name": "a"}, "rewrite": {"uri": "/"}}),
            json!({"redirect": {"uri": "/"}, "route": []}),
            json!({"directResponse": {"status": 404}}),
        ] {
            assert!(found("VirtualService", &json!({"http": [rule]})).is_empty(), "{rule}");
        }
    }

    #[test]
    fn what_says_nothing_is_refused() {
        assert_eq!(found("VirtualService", &json!({"hosts": ["a"], "http": []})).len(), 1);
        assert!(found("VirtualService", &json!({"tcp": [{}]})).is_empty());
        assert_eq!(found("Gateway", &json!({"servers": []})).len(), 1);
        assert!(found("Gateway", &json!({"servers": [{}]})).is_empty());
        assert!(found("Sidecar", &json!({})).is_empty());
    }

    #[test]
    fn subsets_have_names_of_their_own() {
        let subsets = |names: &[&str]| {
            let subsets: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
            found("DestinationRule", &json!({"host": "a", "subsets": subsets}))
        };
        assert!(subsets(&["a", "b"]).is_empty());
        let said = "`spec.subsets[2].name` of it can't be `a`: another subset has this name";
        assert_eq!(subsets(&["a", "b", "a"]), [said]);
    }
}
