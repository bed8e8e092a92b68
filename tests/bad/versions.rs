//! Definitions of kinds: versions of different schemas, versions that Gatewright's own table lacks, fields of any name.

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
    schema: &old {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer, minimum: 3}}}}}}
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
backup "b" api="acme.io/v1" { size 4; }
resource "Backup" "c" { bucket "b"; }
resource "Backup" "d" api="acme.io/v1beta1" { size 5; }
"#,
    );
    sandbox.run(&["render"]).ends_with(0);
    for (name, says) in [
        ("a", ["apiVersion: acme.io/v2", "retention: \"1d\""]),
        ("b", ["apiVersion: acme.io/v1\n", "size: 4"]),
        ("c", ["apiVersion: acme.io/v2", "bucket: b"]),
        ("d", ["apiVersion: acme.io/v1beta1", "size: 5"]),
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
        "wrong-value",
        "specs/a.kdl:1:36",
        &["whole number"],
    );
    let both = refused(&backups("backup \"a\" api=\"acme.io/v1\" { size 2; colour 2; }"), "render", 2);
    assert_eq!(both.errors().len(), 2, "{}", both.human);
    both.says("field-value", "specs/a.kdl:1:31", &["at least 3"]);
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

/// Of a kind that Gatewright knows, a definition adds the versions that its own table lacks, and changes nothing else.
#[test]
fn a_cluster_may_serve_other_versions_of_a_known_kind() {
    const API: &str = "gateway.networking.k8s.io/v1alpha2";
    let routes = BACKUPS
        .replace("group: acme.io", "group: gateway.networking.k8s.io")
        .replace("kind: Backup", "kind: TCPRoute")
        .replace("name: v1beta1", "name: v1alpha2")
        .replace("name: v2", "name: v1alpha3");
    let spec = format!(
        "resource \"TCPRoute\" \"a\" api=\"{API}\" {{ size 3; }}\ntcp-route \"b\" api=\"{API}\" {{ size 3; }}\ntcp-route \"c\" {{ rules {{ backend-refs name=\"a\" port=80; }}; }}\n"
    );
    let sandbox = Sandbox::new([
        ("gatewright.kdl", "crds \"crds/routes.yaml\"\n"),
        ("crds/routes.yaml", routes.as_str()),
        ("specs/a.kdl", spec.as_str()),
    ]);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("known-kind"), "{said}");
    for (name, api) in [("a", "v1alpha2"), ("b", "v1alpha2"), ("c", "v1")] {
        let text = sandbox.read(&format!("out/default/tcproute-{name}.yaml"));
        assert!(text.contains(&format!("apiVersion: gateway.networking.k8s.io/{api}\n")), "{text}");
    }
    sandbox.write("gatewright.kdl", "");
    let found = refused(&sandbox, "render", 2);
    assert_eq!(found.errors().len(), 2, "{}", found.human);
    found.says("unknown-word", "specs/a.kdl:1:30", &["not served", "commit its CRD"]);
    found.says("unknown-word", "specs/a.kdl:2:20", &["not served", "commit its CRD"]);
    // What it has all versions of is told once.
    let known = routes.replace("name: v1alpha2", "name: v1").replace("served: true", "served: false");
    let known = known.replacen("served: false", "served: true", 1);
    let sandbox = Sandbox::new([
        ("gatewright.kdl", "crds \"crds/routes.yaml\"\n"),
        ("crds/routes.yaml", known.as_str()),
        ("specs/a.kdl", ""),
    ]);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert_eq!(said.matches("known-kind").count(), 1, "{said}");
}

/// What the API server keeps can be said; a slip of a known field stays one.
#[test]
fn an_object_that_keeps_other_fields_takes_them() {
    let open = BACKUPS
        .replace("{type: integer, minimum: 3}", "{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {k: {type: integer}, longName: {type: string}}}");
    let sandbox = backups(
        "backup \"a\" api=\"acme.io/v1\" { size k=1 zone=\"b\" { z \"kept\"; some-list 1 2; inner { aB 1; }; (array)one \"x\"; }; }",
    );
    sandbox.write("crds/backups.yaml", &open);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("warning"), "{said}");
    let text = sandbox.read("out/default/backup-a.yaml");
    for line in ["k: 1", "zone: b", "z: kept", "some-list:", "aB: 1", "one:\n      - x"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    sandbox.write("specs/a.kdl", "backup \"a\" api=\"acme.io/v1\" { size k=\"1\" longname=\"a\"; }");
    let found = refused(&sandbox, "render", 2);
    found.says("wrong-value", "specs/a.kdl:1:38", &["whole number"]);
    found.says("unknown-word", "specs/a.kdl:1:42", &["`long-name`", "`(raw)longname …`"]);
    assert_eq!(found.errors().len(), 2, "{}", found.human);
    sandbox.write("specs/a.kdl", "");
    sandbox.edit("crds/backups.yaml", "name: v2\n    served: true", "name: v2\n    served: false");
    let told = sandbox.run(&["explain", "backup.size"]).ends_with(0).stdout;
    assert!(told.contains("It keeps fields of any other name"), "{told}");
}

/// Nothing is told of objects whose definition can't be read, but what is wrong with the definition.
#[test]
fn a_broken_definition_is_all_that_is_told() {
    let broken = BACKUPS.replace("scope: Namespaced", "scope: Global");
    for spec in ["resource \"Backup\" \"a\" api=\"acme.io/v1\" { size 1; }", "backup \"a\" { size 1; }"] {
        let sandbox = backups(spec);
        sandbox.write("crds/backups.yaml", &broken);
        let found = refused(&sandbox, "render", 2);
        assert!(matches!(found.errors()[..], [only] if only.code == "crd-file"), "{}", found.human);
    }
}
