//! What is left of a policy once the API server has dropped a field that it does not know.

use crate::resource::{PathStep, Tree, Value, lookup};

/// What dropping a field does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruned {
    /// Nothing but that the field is not there.
    Nothing,
    /// A rule asks less than is written.
    Wider(&'static str),
    /// A rule asks nothing any more.
    Open(&'static str),
}

impl Pruned {
    /// What there is to say of it.
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Wider(note) | Self::Open(note) => Some(note),
        }
    }
}

/// What a rule asks by.
const CONDITIONS: [&str; 3] = ["from", "to", "when"];

/// What dropping a field of the object at a path does.
#[must_use]
pub fn of(tree: &Tree, path: &[PathStep]) -> Pruned {
    let [PathStep::Field(spec), PathStep::Field(rules), PathStep::Index(_), below @ ..] = path else {
        return Pruned::Nothing;
    };
    let text = |way: &[&str]| tree.at(way).and_then(Tree::as_str);
    if text(&["kind"]) != Some("AuthorizationPolicy") || spec != "spec" || rules != "rules" {
        return Pruned::Nothing;
    }
    let asks = |rule: &Tree, field: &str| matches!(rule.get(field).map(|tree| &tree.value), Some(Value::List(items)) if !items.is_empty());
    let is_open = below.is_empty()
        && lookup(tree, path).is_some_and(|rule| !CONDITIONS.iter().any(|field| asks(rule, field)));
    match (is_open, text(&["spec", "action"]) == Some("DENY")) {
        (true, true) => Pruned::Open("a cluster drops it, and a rule that asks nothing denies every request"),
        (true, false) => Pruned::Open("a cluster drops it, and a rule that asks nothing lets everybody in"),
        (false, true) => Pruned::Wider("without it the rule asks less, and denies more requests"),
        (false, false) => Pruned::Wider("without it the rule asks less, and holds for more requests"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Origin;

    fn pruned(kind: &str, spec: &str, path: &[&str]) -> Pruned {
        let spec: serde_json::Value = serde_saphyr::from_str(spec).unwrap();
        let object = serde_json::json!({ "kind": kind, "spec": spec });
        let step =
            |step: &&str| step.parse().map_or_else(|_| PathStep::Field((*step).to_owned()), PathStep::Index);
        let path: Vec<PathStep> = path.iter().map(step).collect();
        of(&Tree::of_json(&object, &Origin::default_of("test")), &path)
    }

    #[test]
    fn a_rule_of_unknown_fields_alone_is_open_without_them() {
        let rule = ["spec", "rules", "0"];
        let policy = |spec: &str, path: &[&str]| pruned("AuthorizationPolicy", spec, path);
        assert!(
            matches!(policy("rules: [{condition: 1}]", &rule), Pruned::Open(note) if note.contains("everybody"))
        );
        assert!(matches!(policy("rules: [{condition: 1, from: []}]", &rule), Pruned::Open(_)));
        let denied = policy("action: DENY\nrules: [{condition: 1}]", &rule);
        assert!(matches!(denied, Pruned::Open(note) if note.contains("denies every")));
        assert!(matches!(policy("rules: [{condition: 1, to: [{}]}]", &rule), Pruned::Wider(_)));
        let source = ["spec", "rules", "0", "from", "0", "source"];
        assert!(matches!(policy("rules: [{from: [{source: {subnets: 1}}]}]", &source), Pruned::Wider(_)));
        assert_eq!(policy("subnets: 1", &["spec"]), Pruned::Nothing);
        assert_eq!(pruned("VirtualService", "rules: [{condition: 1}]", &rule), Pruned::Nothing);
    }
}
