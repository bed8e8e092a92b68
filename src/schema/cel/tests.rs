//! Each rule with values that keep it and values that break it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::samples::samples;
use super::*;
use crate::schema::built_in;
use crate::schema::table::{Form, Shape, Table, TypeId};
use crate::spec::Origin;

/// A value without places.
fn tree(json: &Json) -> Tree {
    Tree::of_json(json, &Origin::default_of("test"))
}

/// The ids of all rules that are checked.
fn ids() -> impl Iterator<Item = u32> {
    EXCLUSIVE
        .iter()
        .map(|(id, ..)| *id)
        .chain([PORTED, gateway_api::PORTED].concat().into_iter().map(|(id, _)| id))
}

#[test]
fn each_rule_holds_and_breaks_where_it_should() {
    let mut seen = BTreeSet::new();
    for (id, kept, broken_by) in [samples(), gateway_api::samples::all()].concat() {
        assert!(seen.insert(id), "{id:08x} is there twice");
        for json in kept.as_array().unwrap() {
            assert_eq!(broken(RuleId(id), &tree(json)), None, "{id:08x} {json}");
        }
        for json in broken_by.as_array().unwrap() {
            let fault = broken(RuleId(id), &tree(json)).unwrap_or_else(|| panic!("{id:08x} takes {json}"));
            assert!(!fault.message.is_empty());
        }
    }
    let ported: BTreeSet<u32> = ids().collect();
    assert_eq!(ported, seen, "each rule has samples");
    assert_eq!(ported.len(), ids().count(), "each rule once");
}

#[test]
fn a_value_of_another_type_breaks_no_rule() {
    for id in ids() {
        for json in [json!(null), json!(true), json!(1.5)] {
            let fault = broken(RuleId(id), &tree(&json));
            let asks_for_fields = [0xe296_90d9, 0xeb7b_2901, 0x3ff6_915a].contains(&id);
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
const REASONS: &[(&str, &str)] =
    &[("gateway.networking.k8s.io", "it compares an object with what is in the cluster")];

/// What no table has a rule for and is left too.
const BESIDE: &str = "
# istiod has rules of its own, which are checked by hand (`istiod/`) but for these two:
# telemetry.istio.io Telemetry.spec.accessLogging[].filter.expression: whether it is an expression in CEL
# networking.istio.io WorkloadGroup.spec.probe.grpc: the schema has it from 1.30 on, and istiod 1.30 refuses it
";

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
    list.push_str(BESIDE);
    if std::env::var_os("UPDATE").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema/unchecked.txt");
        std::fs::write(path, &list).unwrap();
        return;
    }
    assert_eq!(list, include_str!("../unchecked.txt"), "a rule is new, or gone, or has moved");
    for id in ids() {
        assert!(places.contains_key(&RuleId(id)), "no table has the rule {id:08x} any more");
    }
}
