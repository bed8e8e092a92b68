//! What the API server asks of `metadata` beyond its schema: names, and the keys of labels and annotations.

use super::{Violation, Walk};
use crate::diag::Code;
use crate::model::name::{Label, NameError, ObjectName, check_label_key};
use crate::resource::{PathStep, Tree, Value};

impl Walk<'_> {
    /// The metadata of a whole object.
    pub(super) fn metadata(&mut self, object: &Tree) {
        let Some(metadata) = object.get("metadata") else { return };
        self.path.push(PathStep::Field("metadata".to_owned()));
        self.name(metadata, "name", |text| ObjectName::parse(text).map(drop));
        if metadata.get("name").is_none_or(|name| name.value == Value::Null) {
            let violation =
                self.refuse_as(Code::MISSING_FIELD, metadata, "has no `name`, which must be there");
            violation.of_field("name");
        }
        match metadata.get("namespace") {
            Some(namespace) if !self.kind.namespaced && namespace.value != Value::Null => {
                let message = format!("has a `namespace`, and a {} lies in none", self.kind.name);
                let violation = self.refuse(namespace, message);
                violation.of_field("namespace").help("leave it out");
            }
            None if self.kind.namespaced => {
                let message = format!("has no `namespace`, and a {} lies in one", self.kind.name);
                let violation = self.refuse_as(Code::MISSING_FIELD, metadata, message);
                violation
                    .of_field("namespace")
                    .note("without one it would lie wherever it happens to be applied");
            }
            _ => self.name(metadata, "namespace", |text| Label::parse(text).map(drop)),
        }
        self.path.pop();
        self.keys_of(object);
    }

    /// The keys of an object's labels and annotations.
    pub(super) fn keys_of(&mut self, object: &Tree) {
        let Some(metadata) = object.get("metadata") else { return };
        self.path.push(PathStep::Field("metadata".to_owned()));
        for map in ["labels", "annotations"] {
            let Some(Value::Map(entries)) = metadata.get(map).map(|map| &map.value) else { continue };
            self.path.push(PathStep::Field(map.to_owned()));
            for entry in entries {
                if let Err(error) = check_label_key(&entry.name) {
                    let message = format!("can't have the key `{}`: {}", entry.name, error.reason);
                    let violation = self.refuse(&entry.tree, message);
                    violation.of_field(&entry.name).helps.push(error.help);
                }
            }
            self.path.pop();
        }
        self.path.pop();
    }

    fn name(&mut self, metadata: &Tree, field: &str, check: fn(&str) -> Result<(), NameError>) {
        let Some((tree, text)) = metadata.get(field).and_then(|tree| Some((tree, tree.as_str()?))) else {
            return;
        };
        self.path.push(PathStep::Field(field.to_owned()));
        if let Err(error) = check(text) {
            let message = format!("can't be {}: {}", self.shown(tree), error.reason);
            self.refuse(tree, message).helps.push(error.help);
        }
        self.path.pop();
    }
}

/// What no object can say of its kind, whether a schema knows it or not.
pub(super) fn no_kind(object: &Tree, api: &str, kind: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |field: &str, message: String, help: &str| {
        let origin = object.get(field).map_or(&object.origin, |tree| &tree.origin);
        let mut violation =
            Violation::new(Code::FIELD_VALUE, vec![PathStep::Field(field.to_owned())], origin, message);
        violation.help(help);
        found.push(violation);
    };
    if !is_word(&kind.to_ascii_lowercase()) {
        say(
            "kind",
            format!("can't be `{kind}`, which no kind is called"),
            "write one word, such as `Deployment`",
        );
    }
    let (group, version) = api.split_once('/').map_or((None, api), |(group, version)| (Some(group), version));
    if !is_word(version) || group.is_some_and(|group| ObjectName::parse(group).is_err()) {
        let message = format!("can't be `{api}`, which is no group and version");
        say("apiVersion", message, "write it as `apps/v1`, or `v1` for the core");
    }
    found
}

/// A label that begins with a letter, as kinds in small letters and versions are (RFC 1035).
fn is_word(text: &str) -> bool {
    Label::parse(text).is_ok() && text.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::Conform;
    use crate::resource::Tree;
    use crate::schema::{OLDEST, built_in};
    use crate::spec::Origin;

    /// What is said of the metadata of an object of the core.
    fn said(
        kind: &'static str,
        fields: &[(&'static str, &'static str)],
        labels: &[&'static str],
    ) -> Vec<String> {
        let at = &Origin::default_of("test");
        let labels = labels.iter().fold(Tree::map(at), |map, key| map.with(*key, Tree::string("a", at)));
        let metadata =
            fields.iter().fold(Tree::map(at), |map, (name, value)| map.with(*name, Tree::string(*value, at)));
        let object = Tree::map(at)
            .with("apiVersion", Tree::string("v1", at))
            .with("kind", Tree::string(kind, at))
            .with("metadata", metadata.with("labels", labels.clone()).with("annotations", labels));
        let found = Conform::new(built_in(), OLDEST).check(&object);
        found.into_iter().map(|violation| violation.diagnostic("it").message).collect()
    }

    #[test]
    fn kinds_and_versions_are_words_even_where_no_schema_knows_them() {
        let said = |api: &'static str, kind: &'static str| {
            let at = &Origin::default_of("test");
            let object =
                Tree::map(at).with("apiVersion", Tree::string(api, at)).with("kind", Tree::string(kind, at));
            let found = Conform::new(built_in(), OLDEST).check(&object);
            found.into_iter().map(|violation| violation.diagnostic("it").message).collect::<Vec<_>>()
        };
        assert_eq!(said("example.com/v1alpha1", "MyKind2"), [""; 0]);
        assert_eq!(said("v1", "Pod"), [""; 0]);
        assert_eq!(said("apps/v1", "Foo Bar"), ["`kind` of it can't be `Foo Bar`, which no kind is called"]);
        for api in ["a/b/c", "", "/v1", "A/v1", "a/V1", "a/1"] {
            let message = format!("`apiVersion` of it can't be `{api}`, which is no group and version");
            assert_eq!(said(api, "Foo"), [message], "{api}");
        }
    }

    #[test]
    fn names_and_keys_are_those_that_the_api_server_takes() {
        let whole = [("name", "a.b"), ("namespace", "c")];
        assert_eq!(said("ConfigMap", &whole, &["app", "example.com/app_1"]), [""; 0]);
        assert_eq!(said("Namespace", &[("name", "a")], &[]), [""; 0]);
        let said_of = |fields: &[_]| said("ConfigMap", fields, &[]).concat();
        assert!(
            said_of(&[("name", "A"), ("namespace", "c")]).starts_with("`metadata.name` of it can't be `A`: ")
        );
        assert!(
            said_of(&[("name", "a"), ("namespace", "c.d")])
                .starts_with("`metadata.namespace` of it can't be")
        );
        assert_eq!(
            said_of(&[("name", "a")]),
            "`metadata` of it has no `namespace`, and a ConfigMap lies in one"
        );
        let namespace = said("Namespace", &[("name", "a"), ("namespace", "c")], &[]);
        assert_eq!(namespace, ["`metadata` of it has a `namespace`, and a Namespace lies in none"]);
        assert_eq!(said_of(&[("namespace", "c")]), "`metadata` of it has no `name`, which must be there");
        let keys = said("ConfigMap", &whole, &["a b"]);
        assert_eq!(keys.len(), 2, "{keys:?}");
        assert!(keys[0].starts_with("`metadata.labels` of it can't have the key `a b`: "), "{keys:?}");
    }
}
