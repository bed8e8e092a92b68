//! Fields that are not there, must be there, exclude each other, are too new or too old.

use super::*;

#[test]
fn a_field_that_is_not_there_is_suggested() {
    let fields = "it has `exportTo`, `host`, `subsets`, `trafficPolicy`, `workloadSelector`";
    let say = |name: &str, label: &str| {
        format!("unknown-field: `spec` of it has no field `{name}` | {label} | {fields}")
    };
    for (name, label) in [
        ("traffic-policy", "it is called `trafficPolicy`"),
        ("traffic_policy", "it is called `trafficPolicy`"),
        ("subset", "did you mean `subsets`?"),
        ("tls", "`tls` stands in `trafficPolicy`"),
        ("banana", "not known"),
    ] {
        check(DR, &format!("host: a\n{name}: {{}}"), &[&say(name, label)]);
    }
    let root =
        tree("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: b}, date: {}, status: {}}");
    let found = found_in(&root, Version::new(1, 32));
    assert!(
        found[0].starts_with("unknown-field: it has no field `date` | did you mean `data`?"),
        "{found:?}"
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn what_must_be_there_is() {
    check(
        DR,
        "subsets: [{labels: {}}]",
        &[
            "missing-field: `spec.subsets[0]` of it has no `name`, which must be there",
            "missing-field: `spec` of it has no `host`, which must be there",
        ],
    );
    let bare = tree(
        "{apiVersion: extensions.istio.io/v1alpha1, kind: WasmPlugin, metadata: {name: a, namespace: b}}",
    );
    let found = found_in(&bare, Version::new(1, 32));
    assert_eq!(found.len(), 1, "{found:?}");
    let said = "missing-field: it has no `spec`, which must be there | it has `failStrategy`, ";
    assert!(found[0].starts_with(said) && found[0].contains("`url`"), "{found:?}");
    // The API server fills in what has a default.
    let route = "rules: [{matches: [{path: {value: /a}}]}]";
    check("gateway.networking.k8s.io/v1/HTTPRoute", route, &[]);
}

#[test]
fn fields_that_exclude_each_other_do_not_meet() {
    check(
        VS,
        "http: [{match: [{uri: {exact: /a, prefix: /b}}]}]",
        &[
            "conflicting-fields: `spec.http[0].match[0].uri` of it has both `exact` and `prefix`, which exclude each other | at most one of `exact`, `prefix`, `regex` may be there",
        ],
    );
    check(
        DR,
        "host: a\ntrafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, httpHeaderName: a, maglev: {}, ringHash: {}}}}",
        &[
            "conflicting-fields: `spec.trafficPolicy.loadBalancer.consistentHash` of it has both `httpHeaderName` and `useSourceIp`, which exclude each other | at most one of `httpHeaderName`, `httpCookie`, `useSourceIp`, `httpQueryParameterName` may be there",
            "conflicting-fields: `spec.trafficPolicy.loadBalancer.consistentHash` of it has both `ringHash` and `maglev`, which exclude each other | at most one of `ringHash`, `maglev` may be there",
        ],
    );
}

#[test]
fn what_is_newer_than_the_project_is_refused() {
    let rule = object(
        DR,
        "host: a\ntrafficPolicy: {loadBalancer: {backendUtilization: {}}, outlierDetection: {outlierDetectionHttpErrorCodes: [500]}}",
    );
    let newer = |path: &str, since: &str, held: &str| {
        format!(
            "newer-field: `spec.trafficPolicy.{path}` of it came with Istio {since}, and the project holds to {held} | leave it out, or say `istio \"{since}\"` in gatewright.kdl once every cluster runs it"
        )
    };
    let utilization = "loadBalancer.backendUtilization";
    let codes = "outlierDetection.outlierDetectionHttpErrorCodes";
    assert_eq!(found_in(&rule, Version::new(1, 32)), [""; 0]);
    assert_eq!(found_in(&rule, Version::new(1, 31)), [newer(utilization, "1.32", "1.31")]);
    assert_eq!(
        found_in(&rule, Version::new(1, 30)),
        [newer(utilization, "1.32", "1.30"), newer(codes, "1.31", "1.30")]
    );
    let filter = object(
        "networking.istio.io/v1alpha3/EnvoyFilter",
        "configPatches: [{patch: {operation: MERGE_AND_REPLACE_LIST}}]",
    );
    assert_eq!(found_in(&filter, Version::new(1, 31)), [""; 0]);
    assert!(found_in(&filter, Version::new(1, 30))[0].contains("leave `MERGE_AND_REPLACE_LIST` out"));
}

#[test]
fn what_is_deprecated_names_its_successor() {
    let old = object(VS, "http: [{mirror_percent: 5, corsPolicy: {allowOrigin: [a]}}]");
    let found = Conform::new(built_in(), Version::new(1, 32)).walk(&old, |_, _| {});
    assert!(found.iter().all(|violation| violation.severity == Severity::Warning));
    assert_eq!(
        found_in(&old, Version::new(1, 32)),
        [
            "deprecated-field: `spec.http[0].corsPolicy.allowOrigin` of it is deprecated | write `allowOrigins` instead; each item says `exact`, `prefix` or `regex`",
            "deprecated-field: `spec.http[0].mirror_percent` of it is deprecated | write `mirrorPercentage` instead",
        ]
    );
    check(
        DR,
        "host: a\ntrafficPolicy: {loadBalancer: {simple: LEAST_CONN}}",
        &[
            "deprecated-field: `spec.trafficPolicy.loadBalancer.simple` of it is `LEAST_CONN`, which is deprecated | write `LEAST_REQUEST` instead",
        ],
    );
    check(
        GW,
        "servers: [{hosts: [a], port: {number: 1, name: a, protocol: HTTP, targetPort: 1}}]",
        &[
            "deprecated-field: `spec.servers[0].port.targetPort` of it is deprecated | Istio refuses it or does nothing with it",
        ],
    );
}

#[test]
fn metadata_is_checked_too() {
    let secret = tree(
        "{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {a: 'not a label'}, annotation: {}}, data: {a: 'no base64'}}",
    );
    let found = found_in(&secret, Version::new(1, 32));
    let all = found.join("\n");
    assert!(found[0].starts_with("field-value: `data.a` of it must be base64"), "{all}");
    assert!(
        all.contains("`metadata` of it has no field `annotation` | did you mean `annotations`?"),
        "{all}"
    );
    assert!(all.contains("`metadata.labels.a` of it has a value that it can't have"), "{all}");
    assert!(
        !all.contains("no base64") && !all.contains("not a label"),
        "no value of a Secret is shown: {all}"
    );
}

#[test]
fn an_issuer_is_of_one_sort() {
    let said = |spec: &str| {
        let yaml = format!(
            "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {{name: a}}\nspec: {spec}"
        );
        found_in(&tree(&yaml), Version::new(1, 32))
    };
    assert_eq!(said("{selfSigned: {}}"), [""; 0]);
    let note = "there must be one of `acme`, `ca`, `vault`, `selfSigned`, `venafi`";
    assert_eq!(
        said("{selfSigned: {}, ca: {secretName: a}}"),
        [format!(
            "conflicting-fields: `spec` of it has both `ca` and `selfSigned`, which exclude each other | {note}"
        )]
    );
    assert_eq!(said("{}"), [format!("missing-field: `spec` of it says nothing of what issues | {note}")]);
}
