//! One object for each kind of violation: here whole objects, below what is within them.

mod fields;
mod judge;
mod values;

use super::*;
use crate::diag::Severity;
use crate::schema::{built_in, text};
use crate::spec::{Sources, Span};

/// Reads YAML into a tree whose values stand where a text says so: each value's origin is the token itself.
fn tree(yaml: &str) -> Tree {
    let json: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
    Tree::of_json(&json, &Origin::default_of("test"))
}

fn object(kind: &str, spec: &str) -> Tree {
    let (api, kind) = kind.rsplit_once('/').unwrap();
    let head = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a, namespace: b}}\n");
    tree(&format!("{head}spec:\n{}", spec.lines().map(|line| format!("  {line}\n")).collect::<String>()))
}

/// What the schema says of an object, as `code: message | label | notes | helps`: nothing was said in a spec, so the label is the first note.
fn found_in(tree: &Tree, istio: Version) -> Vec<String> {
    let conform = Conform::new(built_in(), istio);
    let say = |violation: Violation| {
        let finding = violation.diagnostic("it");
        let mut text = format!("{}: {}", finding.code, finding.message);
        let notes = finding.notes.iter().filter(|note| !note.starts_with("nobody said it")).cloned();
        for part in notes.chain(finding.helps) {
            text.push_str(" | ");
            text.push_str(&part);
        }
        text
    };
    conform.walk(tree, |_, _| {}).into_iter().map(say).collect()
}

#[track_caller]
fn check(kind: &str, spec: &str, expected: &[&str]) {
    assert_eq!(found_in(&object(kind, spec), Version::new(1, 32)), expected);
}

const VS: &str = "networking.istio.io/v1/VirtualService";
const DR: &str = "networking.istio.io/v1/DestinationRule";
const GW: &str = "networking.istio.io/v1/Gateway";
const SE: &str = "networking.istio.io/v1/ServiceEntry";

#[test]
fn what_is_right_is_taken() {
    check(
        VS,
        "hosts: [a.example]\nhttp:\n- match: [{uri: {prefix: /a}}]\n  route: [{destination: {host: x, port: {number: 80}}, weight: 100}]\n  timeout: 5s",
        &[],
    );
    check(
        GW,
        "selector: {istio: x}\nservers:\n- port: {number: 443, name: https, protocol: HTTPS}\n  hosts: ['*']\n  tls: {mode: SIMPLE, credentialName: x}",
        &[],
    );
    check(
        "networking.istio.io/v1alpha3/EnvoyFilter",
        "configPatches:\n- patch: {operation: MERGE, value: {a: [1, {b: null}]}}",
        &[],
    );
    check("security.istio.io/v1/AuthorizationPolicy", "{}", &[]);
    check(
        "cert-manager.io/v1/Certificate",
        "secretName: x\nissuerRef: {name: a}\nisCA: true\nusages: [digital signature]",
        &[],
    );
    check(
        "gateway.networking.k8s.io/v1/HTTPRoute",
        "rules: [{matches: [{path: {value: /a}}], backendRefs: [{name: a, port: 80}]}]",
        &[],
    );
    check("example.com/v1/Unknown", "{a: 1}", &[]);
    check("v1/Pod", "{a: 1}", &[]);
}

#[test]
fn kinds_and_versions_that_istio_has_not_are_refused() {
    check(
        "networking.istio.io/v2/Gateway",
        "{}",
        &[
            "unknown-kind: `apiVersion` of it can't be `networking.istio.io/v2`: `Gateway` has no version `v2` | write `networking.istio.io/v1`",
        ],
    );
    let secret = tree("{apiVersion: v2, kind: Secret, metadata: {name: a}}");
    let said = "unknown-kind: `apiVersion` of it can't be `v2`: `Secret` has no version `v2` | write `v1`";
    assert_eq!(found_in(&secret, Version::new(1, 32)), [said]);
    check("gateway.networking.k8s.io/v1alpha2/HTTPRoute", "{}", &[]);
    check("gateway.networking.k8s.io/v1alpha2/TCPRoute", "{}", &[]);
    check(
        "security.istio.io/v1/Policy",
        "{}",
        &[
            "unknown-kind: `kind` of it can't be `Policy`: `security.istio.io` has no such kind | not known | its kinds are `AuthorizationPolicy`, `PeerAuthentication`, `RequestAuthentication`",
        ],
    );
}

#[test]
fn findings_stand_where_the_values_were_written() {
    let sources = Sources::new([("specs/a.kdl".to_owned(), "exact prefix".to_owned())]);
    let (id, _) = sources.iter().next().unwrap();
    let at = |start, end| Origin::spec(Span { source: id, start, end });
    let rest = Origin::default_of("gateway.selector");
    let uri = Tree::map(&rest)
        .with("exact", Tree::string("/a", &at(0, 5)))
        .with("prefix", Tree::string("/b", &at(6, 12)));
    let http = Tree::map(&rest).with("match", Tree::list(vec![Tree::map(&rest).with("uri", uri)], &rest));
    let spec =
        Tree::map(&rest).with("http", Tree::list(vec![http], &rest)).with("hosts", Tree::int(1, &rest));
    let object = Tree::map(&rest)
        .with("apiVersion", Tree::string("networking.istio.io/v1", &rest))
        .with("kind", Tree::string("VirtualService", &rest))
        .with("metadata", Tree::map(&rest))
        .with("spec", spec);
    let conform = Conform::new(built_in(), Version::new(1, 32));
    let findings: Vec<_> =
        conform.check(&object).into_iter().map(|v| v.diagnostic("VirtualService `b/a`")).collect();
    let spans: Vec<_> = findings[0].labels.iter().map(|label| sources.slice(label.span)).collect();
    assert_eq!(spans, ["prefix", "exact"]);
    assert!(findings[1].labels.is_empty());
    assert_eq!(findings[1].notes, ["nobody said it: it is the default of `gateway.selector`"]);
    assert_eq!(findings[1].message, "`spec.hosts` of VirtualService `b/a` must be a list, and is `1`");
}

#[test]
fn a_table_of_ones_own_is_held_too() {
    let mut table = Table::default();
    let own = "kind example.com/Thing v1 namespaced Thing\ntype Thing\n  apiVersion  string\n  kind  string\n  spec  ThingSpec\n  any  any\ntype ThingSpec open\n  ratio  number 0..1\n  size  int-or-string\n  addresses  list<string format=ipv4> unique\n";
    text::read(&mut table, own).unwrap();
    let conform = Conform::new(&table, Version::new(1, 30));
    let check = |spec: &str| {
        let found = conform.check(&tree(&format!("{{apiVersion: example.com/v1, kind: Thing, {spec}}}")));
        found.into_iter().map(|violation| violation.diagnostic("it").message).collect::<Vec<_>>()
    };
    assert_eq!(check("any: [1], spec: {ratio: 1, size: 5, more: 1, addresses: [1.2.3.4]}"), [""; 0]);
    assert_eq!(
        check("any: null, spec: {ratio: 1.5, size: 1.5, addresses: [1.2.3.4, 1.2.3.4, 1.2.3]}"),
        [
            "`spec.addresses[1]` of it is there twice",
            "`spec.addresses[2]` of it must be an IPv4 address",
            "`spec.ratio` of it must be 0 to 1, and is `1.5`",
            "`spec.size` of it must be a whole number or a string, and is `1.5`",
        ]
    );
}

/// An object with every field of its type, each leaf of them `leaf`.
fn whole(table: &Table, shape: &Shape, leaf: &Value) -> Tree {
    let at = &Origin::default_of("test");
    match &shape.form {
        Form::Object(id) => {
            let fields = table.ty(*id).fields.iter();
            fields.fold(Tree::map(at), |map, field| {
                map.with(field.name.to_string(), whole(table, &field.shape, leaf))
            })
        }
        Form::List(list) => {
            Tree::list(vec![whole(table, &list.item, leaf), whole(table, &list.item, leaf)], at)
        }
        Form::Map(map) => Tree::map(at).with("key", whole(table, &map.value, leaf)),
        _ => Tree { value: leaf.clone(), origin: at.clone() },
    }
}

/// Whatever stands in a field, there is an answer; and no field of a type is unknown to it.
#[test]
fn every_field_of_every_kind_can_hold_anything() {
    let table = built_in();
    let conform = Conform::new(table, Version::new(1, 32));
    let at = &Origin::default_of("test");
    let texts = ["", "a", "0s", "-1", "é*/${x}", "unix://", "http://[::1", "9999999999999999999999s"];
    let texts = texts.into_iter().map(|text| Value::String(text.into()));
    let others = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        Value::Float(f64::MAX),
        Value::Float(-0.5),
        Value::List(vec![Tree::int(1, at), Tree::map(at)]),
        Value::Map(Vec::new()),
    ];
    let leaves: Vec<Value> = texts.chain(others).collect();
    for kind in table.kinds() {
        for leaf in &leaves {
            let tree = whole(table, &Shape::of(Form::Object(kind.root)), leaf)
                .with("apiVersion", Tree::string(kind.api_version(), at))
                .with("kind", Tree::string(kind.name.to_string(), at));
            for violation in conform.check(&tree) {
                assert!(violation.code != Code::UNKNOWN_FIELD, "{violation:?}");
                assert!(!violation.diagnostic("it").message.is_empty());
            }
        }
    }
}
