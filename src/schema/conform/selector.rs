//! Labels by which pods, namespaces and nodes are chosen: one that nothing can have chooses nothing, and a policy on nothing lets
//! everybody in. The API server and istiod take most of them.

use super::{Violation, Walk};
use crate::model::name::{NameError, check_label_key, check_label_value};
use crate::resource::{Field as Entry, Tree, Value};

/// What a text that Flux replaces begins with; what stands there then is not known.
const VARIABLE: &str = "${";

impl Walk<'_> {
    /// An entry of a map at hand, if that chooses by labels. `*` in Istio's selectors is refused by rules of their own.
    pub(super) fn chosen(&mut self, entry: &Entry) {
        let (key, value) = (&*entry.name, entry.tree.as_str().unwrap_or_default());
        let has_rule = self.kind.group.ends_with(".istio.io") && !self.is_gateway();
        if !self.is_of_selector() || has_rule && (key.is_empty() || key.contains('*') || value.contains('*'))
        {
            return;
        }
        if !key.contains(VARIABLE)
            && let Err(error) = check_label_key(key)
        {
            let message = format!("can't have the key `{key}`, which no label has: {}", error.reason);
            let help = mend(key, check_label_key).unwrap_or(error.help);
            self.refuse(&entry.tree, message).help(help);
        } else if let Some(error) = no_value(value) {
            let message = format!("can't be `{value}`, which no label holds: {}", error.reason);
            self.refuse(&entry.tree, message).help(error.help);
        }
    }

    /// Whether the map at hand, of which the last name is an entry, chooses by labels.
    fn is_of_selector(&self) -> bool {
        let mut names = self.names().rev().skip(1);
        match names.next() {
            Some("matchLabels" | "nodeSelector") => true,
            Some("labels") => names.next() == Some("workloadSelector"),
            Some("selector") => self.is_gateway(),
            _ => false,
        }
    }

    fn is_gateway(&self) -> bool {
        &*self.kind.group == "networking.istio.io" && &*self.kind.name == "Gateway"
    }

    /// An item of the list at hand, if that is one of expressions.
    pub(super) fn expression(&mut self, item: &Tree) {
        if self.names().next_back() != Some("matchExpressions") {
            return;
        }
        if let Some(tree) = item.get("key")
            && let Some(key) = tree.as_str().filter(|key| !key.contains(VARIABLE))
            && let Err(error) = check_label_key(key)
        {
            let message = format!("has the key `{key}`, which no label has: {}", error.reason);
            let help = mend(key, check_label_key).unwrap_or(error.help);
            self.of_item(item, tree, "key", message).help(help);
        }
        let Some(Value::List(values)) = item.get("values").map(|values| &values.value) else { return };
        for tree in values {
            let value = tree.as_str().unwrap_or_default();
            if let Some(error) = no_value(value) {
                let message = format!("asks for `{value}`, which no label holds: {}", error.reason);
                self.of_item(item, tree, "values", message).help(error.help);
            }
        }
    }

    fn of_item(&mut self, item: &Tree, tree: &Tree, field: &str, message: String) -> &mut Violation {
        let violation = self.refuse(item, message);
        violation.origins = vec![tree.origin.clone()];
        violation.of_field(field)
    }
}

/// Why a text can't be a label's value.
fn no_value(text: &str) -> Option<NameError> {
    check_label_value(text).err().filter(|_| !text.contains(VARIABLE))
}

/// The text without YAML's colon, if it is right then.
fn mend(text: &str, check: fn(&str) -> Result<(), NameError>) -> Option<String> {
    let plain = text.strip_suffix(':').filter(|plain| check(plain).is_ok())?;
    Some(format!("write `{plain}`"))
}

#[cfg(test)]
mod tests {
    use super::super::Conform;
    use crate::resource::Tree;
    use crate::schema::{OLDEST, built_in};
    use crate::spec::Origin;

    /// What is said of an object's labels to choose by, without what else it lacks.
    fn said(api: &str, kind: &str, spec: &str) -> Vec<String> {
        let spec: serde_json::Value = serde_saphyr::from_str(spec).unwrap();
        let metadata = serde_json::json!({"name": "a", "namespace": "b"});
        let object = serde_json::json!({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec});
        let found =
            Conform::new(built_in(), OLDEST).check(&Tree::of_json(&object, &Origin::default_of("test")));
        let said = found.into_iter().map(|violation| violation.diagnostic("it"));
        said.map(|finding| format!("{} | {}", finding.message, finding.helps.join(" | ")))
            .filter(|text| text.contains("which no label"))
            .collect()
    }

    #[test]
    fn labels_that_nothing_can_have_choose_nothing_in_any_kind() {
        for (api, kind, way) in [
            ("security.istio.io/v1", "AuthorizationPolicy", "selector: {matchLabels: %}"),
            ("security.istio.io/v1", "PeerAuthentication", "selector: {matchLabels: %}"),
            ("security.istio.io/v1", "RequestAuthentication", "selector: {matchLabels: %}"),
            ("telemetry.istio.io/v1", "Telemetry", "selector: {matchLabels: %}"),
            ("extensions.istio.io/v1alpha1", "WasmPlugin", "selector: {matchLabels: %}"),
            ("networking.istio.io/v1beta1", "ProxyConfig", "selector: {matchLabels: %}"),
            ("networking.istio.io/v1", "DestinationRule", "workloadSelector: {matchLabels: %}"),
            ("networking.istio.io/v1", "Sidecar", "workloadSelector: {labels: %}"),
            ("networking.istio.io/v1alpha3", "EnvoyFilter", "workloadSelector: {labels: %}"),
            ("networking.istio.io/v1", "ServiceEntry", "workloadSelector: {labels: %}"),
            ("networking.istio.io/v1", "Gateway", "selector: %"),
            (
                "gateway.networking.k8s.io/v1",
                "Gateway",
                "listeners: [{allowedRoutes: {namespaces: {selector: {matchLabels: %}}}}]",
            ),
        ] {
            let of = |labels: &str| said(api, kind, &way.replace('%', labels));
            assert_eq!(of("{app: x, example.com/app: x_1, b: '', c: '${C}', '${D}': e}"), [""; 0], "{kind}");
            let colon = of("{'app:': x}");
            assert!(
                colon.len() == 1
                    && colon[0].contains("the key `app:`")
                    && colon[0].ends_with("| write `app`"),
                "{kind} {colon:?}"
            );
            let blank = of("{my app: x}");
            assert!(blank.len() == 1 && blank[0].contains("the key `my app`"), "{kind} {blank:?}");
            let value = of("{app: x y/z}");
            assert!(value.len() == 1 && value[0].contains("can't be `x y/z`"), "{kind} {value:?}");
        }
    }

    #[test]
    fn expressions_ask_for_labels_that_can_be() {
        let of = |expression: &str| {
            let spec = format!(
                "listeners: [{{allowedRoutes: {{namespaces: {{selector: {{matchExpressions: [{expression}]}}}}}}}}]"
            );
            said("gateway.networking.k8s.io/v1", "Gateway", &spec)
        };
        assert_eq!(of("{key: app, operator: In, values: [a, b.c]}"), [""; 0]);
        assert_eq!(of("{key: 'app:', operator: Exists}").len(), 1);
        assert_eq!(of("{key: app, operator: In, values: [a b, c/d]}").len(), 2);
    }
}
