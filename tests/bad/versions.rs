//! Kinds of the user's own that are served in versions of different schemas.

use super::case::refused;
use crate::cli::sandbox::Sandbox;

/// Backups: `v2` is preferred, `v1` has no `retention` and no `bucket`, and `v1beta1` has the schema of `v1`.
const BACKUPS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: backups.acme.io}
spec:
  group: acme.io
  scope: Namespaced
  names: {kind: Backup, plural: backups}
  versions:
  - name: v1beta1
    served: true
    storage: false
    schema: &old {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
  - name: v1
    served: true
    storage: true
    schema: *old
  - name: v2
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, required: [bucket], properties: {size: {type: string}, retention: {type: string}, bucket: {type: string}}}}}}
";

fn backups(spec: &str) -> Sandbox {
    let project = "crds \"crds/backups.yaml\"\n";
    Sandbox::new([("gatewright.kdl", project), ("crds/backups.yaml", BACKUPS), ("specs/a.kdl", spec)])
}

#[test]
fn every_served_version_can_be_said() {
    let sandbox = backups(
        r#"backup "a" { size "1"; retention "1d"; bucket "b"; }
backup "b" api="acme.io/v1" { size 1; }
resource "Backup" "c" { bucket "b"; }
resource "Backup" "d" api="acme.io/v1beta1" { size 2; }
"#,
    );
    sandbox.run(&["render"]).ends_with(0);
    for (name, says) in [
        ("a", ["apiVersion: acme.io/v2", "retention: \"1d\""]),
        ("b", ["apiVersion: acme.io/v1\n", "size: 1"]),
        ("c", ["apiVersion: acme.io/v2", "bucket: b"]),
        ("d", ["apiVersion: acme.io/v1beta1", "size: 2"]),
    ] {
        let text = sandbox.read(&format!("out/default/backup-{name}.yaml"));
        assert!(says.iter().all(|says| text.contains(says)), "{text}");
    }
}

/// Each version is held against its own schema, also where something else of the object is wrong.
#[test]
fn a_version_has_its_own_fields() {
    refused(&backups("backup \"a\" api=\"acme.io/v1\" { retention \"1d\"; }"), "render", 2).one(
        "unknown-word",
        "specs/a.kdl:1:31",
        &["retention"],
    );
    refused(&backups("backup \"a\" api=\"acme.io/v1\" { size \"1\"; }"), "render", 2).one(
        "field-value",
        "specs/a.kdl:1:36",
        &["whole number"],
    );
    let both = refused(&backups("backup \"a\" api=\"acme.io/v1\" { size \"1\"; colour 2; }"), "render", 2);
    assert_eq!(both.errors().len(), 2);
    refused(&backups("backup \"a\" { size \"1\"; }"), "render", 2).one(
        "missing-field",
        "specs/a.kdl:1:1",
        &["bucket"],
    );
}

#[test]
fn the_versions_that_are_served_are_told() {
    for (spec, place) in [
        ("backup \"a\" api=\"acme.io/v3\" { bucket \"b\"; }", "1:17"),
        ("resource \"Backup\" \"a\" api=\"acme.io/v3\" { bucket \"b\"; }", "1:28"),
    ] {
        refused(&backups(spec), "render", 2).one(
            "unknown-word",
            &format!("specs/a.kdl:{place}"),
            &["a Backup has no `api` `acme.io/v3`", "`acme.io/v2`, `acme.io/v1` or `acme.io/v1beta1`"],
        );
    }
    let sandbox = backups("");
    let told = sandbox.run(&["explain", "backup"]).ends_with(0).stdout;
    for says in [
        "acme.io/v2, unless `api=\"…\"` says `acme.io/v1` or `acme.io/v1beta1`",
        "The fields are those of `acme.io/v2`; `acme.io/v1` and `acme.io/v1beta1` may have others.",
        "retention",
    ] {
        assert!(told.contains(says), "{told}");
    }
    assert!(!told.contains("two groups") && !told.contains("resource \""), "{told}");
    let all = sandbox.run(&["explain"]).ends_with(0).stdout;
    assert_eq!(all.matches("backup").count(), 1, "{all}");
}
