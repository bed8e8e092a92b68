//! Each rule with values that keep it and values that break it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::*;
use crate::resource::Field;
use crate::schema::built_in;
use crate::schema::table::{Form, Shape, Table, TypeId};
use crate::spec::Origin;

/// A value without places.
fn tree(json: &Json) -> Tree {
    let origin = Origin::default_of("test");
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int)
        }
        Json::String(text) => Value::String(text.clone().into()),
        Json::Array(items) => Value::List(items.iter().map(tree).collect()),
        Json::Object(fields) => Value::Map(
            fields
                .iter()
                .map(|(name, value)| Field { name: name.clone().into(), tree: tree(value) })
                .collect(),
        ),
    };
    Tree { value, origin }
}

/// The id of a rule, what keeps it, what breaks it.
fn samples() -> Vec<(u32, Json, Json)> {
    vec![
        (
            0xb285_c881,
            json!(["1ms", "1h30m", "0.001s", "1500us"]),
            json!(["0s", "0", "1us", "-1s", "5", "", "1d"]),
        ),
        (0x6d84_550d, json!(["", "a"]), json!(["*", "a*"])),
        (0xd6ca_ec74, json!([""]), json!(["a"])),
        (0x3bf4_e859, json!([1, 65535]), json!([0, -1, 65536])),
        (0x7451_de17, json!(["*.a", ""]), json!(["*"])),
        (0x40a7_e406, json!(["", "HTTP", "HTTPS"]), json!(["http", "TCP"])),
        (0x9e30_44fa, json!(["unix:///a", "unix://@a", "1.2.3.4"]), json!(["unix://a", "unix://"])),
        (0x0006_38c1, json!(["unix:///a", "a/"]), json!(["unix:///a/", "unix://"])),
        (0xcc42_6255, json!(["https://a/b", "http://a"]), json!(["ftp://a", "a.example", "/a", ""])),
        (0xfb71_5cf0, json!(["oci://a/b:1", "a/b:1", "file:///x", "/x"]), json!(["ftp://a", "a b", "tag:a"])),
        (0x895e_58fc, json!(["oci://a/b:1", "a/b:1", "file:///x", "/x"]), json!(["ftp://a", "a b", "tag:a"])),
        (0x2675_8da2, json!([{}, {"a": "*"}]), json!([{"*": "a"}, {"b": "", "a*": ""}])),
        (0x8a1f_9f4d, json!([{}, {"a": ""}]), json!([{"": "a"}])),
        (
            0xc2aa_73ba,
            json!([{}, {"http-1": 1}, {"A": 1}]),
            json!([{"-a": 1}, {"a_b": 1}, {"": 1}, {"a".repeat(63): 1}]),
        ),
        (0xae78_1996, json!([{}, {"1": {}, "65535": {}}]), json!([{"0": {}}, {"65536": {}}, {"a": {}}])),
        (
            0xe33b_2a39,
            json!([[], [{"number": 1}, {"number": 2}]]),
            json!([[{"number": 1}, {"number": 2}, {"number": 1}]]),
        ),
        (
            0x8964_6882,
            json!([{}, {"selector": {}}, {"targetRef": {}, "selector": null}]),
            json!([{"selector": {}, "targetRefs": []}, {"targetRef": {}, "targetRefs": []}]),
        ),
        (0x9c8b_2fa1, json!([{}, {"targetRefs": []}]), json!([{"selector": {}, "targetRefs": []}])),
        (0xe193_8d85, json!([{}, {"targetRefs": []}]), json!([{"workloadSelector": {}, "targetRefs": []}])),
        (0x95db_d45e, json!([{}, {"endpoints": []}]), json!([{"workloadSelector": {}, "endpoints": []}])),
        (
            0xe533_e1c0,
            json!([{}, {"credentialNames": ["a"]}]),
            json!([{"credentialNames": ["a"], "tlsCertificates": []}]),
        ),
        (
            0xe873_d174,
            json!([{}, {"credentialNames": ["a"]}]),
            json!([{"credentialNames": ["a"], "tlsCertificates": []}]),
        ),
        (
            0xed1c_6e37,
            json!([{}, {"credentialNames": ["a"]}]),
            json!([{"credentialNames": ["a"], "credentialName": "a"}]),
        ),
        (
            0x4cb7_bfad,
            json!([{}, {"jwks": ""}]),
            json!([{"jwks": "", "jwksUri": ""}, {"jwks_uri": "", "jwksUri": ""}]),
        ),
        (0xe296_90d9, json!([{"lua": {}}, {"wasm": {}}]), json!([{}, {"lua": {}, "wasm": {}}])),
        (
            0x3ff6_915a,
            json!([{"address": "a"}, {"network": "a"}, {"address": "a", "network": "a"}]),
            json!([{}]),
        ),
        (
            0x7b6f_a208,
            json!([{}, {"address": "a", "ports": {}}, {"address": "unix:///a"}]),
            json!([{"address": "unix:///a", "ports": {}}]),
        ),
        (
            0x1b00_40b1,
            json!([{}, {"value": "a"}, {"valueFrom": "HOST"}, {"valueFrom": "INLINE", "value": "a"}]),
            json!([{"valueFrom": "HOST", "value": ""}]),
        ),
        (
            0xbf8e_dd11,
            json!([{}, {"context": "GATEWAY"}, {"context": "WAYPOINT", "waypoint": {}}]),
            json!([{"waypoint": {}}, {"context": "WAYPOINT"}, {"context": "ANY", "waypoint": {}}]),
        ),
        (
            0xae7c_d287,
            json!([{}, {"addresses": ["1.2.3.0/24"]}, {"addresses": ["1.2.3.4"], "resolution": "DNS"}]),
            json!([{"addresses": ["1.2.3.0/24"], "resolution": "DNS"}]),
        ),
        (
            0x979d_36ca,
            json!([{}, {"endpoints": [], "resolution": "STATIC"}]),
            json!([{"endpoints": []}, {"endpoints": [], "resolution": "NONE"}]),
        ),
        (
            0xf8aa_cd3a,
            json!([{}, {"resolution": "DNS_ROUND_ROBIN", "endpoints": [{}]}, {"endpoints": [{}, {}]}]),
            json!([{"resolution": "DNS_ROUND_ROBIN", "endpoints": [{}, {}]}]),
        ),
        (
            0x4723_bc5e,
            json!([{}, {"serviceAccounts": ["a"]}, {"principals": ["a"], "namespaces": ["a"]}]),
            json!([{"serviceAccounts": ["a"], "principals": ["a"]}, {"notServiceAccounts": ["a"], "notNamespaces": ["a"]}]),
        ),
        (
            0x95e3_836a,
            json!([{}, {"portLevelMtls": {"1": {}}, "selector": {"matchLabels": {"a": "b"}}}]),
            json!([{"portLevelMtls": {}}, {"portLevelMtls": {}, "selector": {}}, {"portLevelMtls": {}, "selector": {"matchLabels": {}}}]),
        ),
        (
            0xd6ce_7f01,
            json!([{}, {"operation": "UPSERT", "value": "a"}, {"operation": "REMOVE"}]),
            json!([{"operation": "UPSERT"}, {"operation": "UPSERT", "value": ""}]),
        ),
        (
            0x5b3c_eead,
            json!([{}, {"operation": "REMOVE"}, {"operation": "UPSERT", "value": "a"}]),
            json!([{"operation": "REMOVE", "value": ""}]),
        ),
    ]
}

#[test]
fn each_rule_holds_and_breaks_where_it_should() {
    let mut seen = BTreeSet::new();
    for (id, kept, broken_by) in samples() {
        assert!(seen.insert(id), "{id:08x} is there twice");
        for json in kept.as_array().unwrap() {
            assert_eq!(broken(RuleId(id), &tree(json)), None, "{id:08x} {json}");
        }
        for json in broken_by.as_array().unwrap() {
            let fault = broken(RuleId(id), &tree(json)).unwrap_or_else(|| panic!("{id:08x} takes {json}"));
            assert!(!fault.message.is_empty());
        }
    }
    let ported: BTreeSet<u32> = PORTED.iter().map(|(id, _)| *id).collect();
    assert_eq!(ported, seen, "each rule has samples");
    assert_eq!(ported.len(), PORTED.len(), "each rule once");
}

#[test]
fn a_value_of_another_type_breaks_no_rule() {
    for (id, _) in PORTED {
        for json in [json!(null), json!(true), json!(1.5)] {
            let fault = broken(RuleId(*id), &tree(&json));
            let asks_for_fields = [0xe296_90d9, 0x3ff6_915a].contains(id);
            assert!(fault.is_none() || asks_for_fields, "{id:08x} {json}");
        }
    }
}

/// Every rule of the table with the ways that lead to it.
fn places() -> BTreeMap<RuleId, BTreeSet<String>> {
    fn below(table: &Table, shape: &Shape, way: &str, found: &mut BTreeMap<RuleId, BTreeSet<String>>) {
        for rule in &shape.rules {
            found.entry(*rule).or_default().insert(way.to_owned());
        }
        match &shape.form {
            Form::List(list) => below(table, &list.item, &format!("{way}[]"), found),
            Form::Map(map) => below(table, &map.value, &format!("{way}{{}}"), found),
            Form::Object(id) => fields(table, *id, way, found),
            _ => {}
        }
    }
    fn fields(table: &Table, id: TypeId, way: &str, found: &mut BTreeMap<RuleId, BTreeSet<String>>) {
        for field in &table.ty(id).fields {
            below(table, &field.shape, &format!("{way}.{}", field.name), found);
        }
    }
    let mut found = BTreeMap::new();
    for kind in built_in().kinds() {
        fields(built_in(), kind.root, &format!("{} {}", kind.group, kind.name), &mut found);
    }
    found
}

/// Why rules of a group are left to the API server. A rule of another group has to be written by hand.
const REASONS: &[(&str, &str)] = &[
    (
        "acme.cert-manager.io",
        "the form of Kubernetes' quantities, in the pods that answer challenges; no word of ours leads there",
    ),
    ("cert-manager.io", "which of three fields an issuer of Venafi's has; no word of ours leads there"),
    (
        "gateway.networking.k8s.io",
        "no word of ours makes these kinds, and their rules change with each release of Gateway API",
    ),
];

/// The rules that nobody checks, each with the first place that has it, below the reason.
#[test]
#[expect(clippy::disallowed_methods, reason = "UPDATE=1 writes the list anew")]
fn the_list_of_rules_that_are_not_here_is_true() {
    let places = places();
    let mut list = String::from(
        "# Rules of the built-in tables that Gatewright does not check: the id of the rule's text, and the first place that\n\
         # has it. The API server checks them. Kept by a test, which has the reasons; UPDATE=1 writes it anew.\n",
    );
    let mut left: BTreeMap<RuleId, &str> = BTreeMap::new();
    for (rule, ways) in places.iter().filter(|(rule, _)| !is_ported(**rule)) {
        for way in ways {
            let (group, _) = way.split_once(' ').unwrap();
            let known = REASONS.iter().any(|(known, _)| *known == group);
            assert!(known, "{:08x} of {way} is a new rule: write it by hand in cel/", rule.0);
            left.entry(*rule).or_insert(way);
        }
    }
    for (group, reason) in REASONS {
        list.push_str(&format!("\n# {group}: {reason}\n"));
        let rules = left.iter().filter(|(_, way)| way.split_once(' ').is_some_and(|(of, _)| of == *group));
        let lines: Vec<String> = rules.map(|(rule, way)| format!("{:08x} {way}\n", rule.0)).collect();
        assert!(!lines.is_empty(), "no rule of {group} is left out any more");
        list.extend(lines);
    }
    if std::env::var_os("UPDATE").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema/unchecked.txt");
        std::fs::write(path, &list).unwrap();
        return;
    }
    assert_eq!(list, include_str!("../unchecked.txt"), "a rule is new, or gone, or has moved");
    for (id, _) in PORTED {
        assert!(places.contains_key(&RuleId(*id)), "no table has the rule {id:08x} any more");
    }
}
