//! What must be true of the tables that are built in.

use super::table::{Field, Form, Kind, Type};
use super::{ISTIO, TABLES, Table, built_in, parse, text};

fn kind(name: &str) -> &'static Kind {
    let mut found = built_in()
        .kinds()
        .iter()
        .filter(|kind| *kind.name == *name && &*kind.group != "gateway.networking.k8s.io");
    found.next().unwrap_or_else(|| panic!("no {name}"))
}

fn spec(name: &str) -> &'static Type {
    built_in().spec_of(kind(name)).unwrap()
}

#[test]
fn every_table_can_be_read_and_is_written_as_it_stands() {
    parse().unwrap();
    for (name, written) in TABLES {
        let mut table = Table::default();
        text::read(&mut table, written).unwrap();
        let facts = written.lines().filter(|line| !line.starts_with('#'));
        assert!(text::write(&table).lines().eq(facts), "{name}");
    }
}

#[test]
fn kinds_are_found_by_group_version_and_name_and_by_word() {
    let table = built_in();
    let service = table.kind("networking.istio.io", "", "VirtualService").unwrap();
    assert_eq!(service.api_version(), "networking.istio.io/v1");
    assert!(service.namespaced);
    assert_eq!(service.releases, ISTIO);
    assert_eq!(table.kind_of("networking.istio.io/v1alpha3", "VirtualService"), Some(service));
    assert_eq!(table.kind_of("networking.istio.io/v2", "VirtualService"), None);
    assert_eq!(table.kind_of("v1", "Secret").unwrap().api_version(), "v1");
    assert!(!table.kind_of("v1", "Namespace").unwrap().namespaced);
    let by_word = |word| table.kinds_by_word(word).map(|kind| &*kind.group).collect::<Vec<_>>();
    assert_eq!(by_word("authorization-policy"), ["security.istio.io"]);
    assert_eq!(by_word("gateway"), ["networking.istio.io", "gateway.networking.k8s.io"]);
    assert_eq!(by_word("service"), [""]);
}

#[test]
fn no_two_siblings_share_a_word() {
    for ty in built_in().types() {
        for field in &ty.fields {
            assert_eq!(ty.by_word(&field.word), Some(field), "{}.{}", ty.name, field.name);
        }
    }
}

#[test]
fn every_object_has_a_name_and_labels() {
    let table = built_in();
    for kind in table.kinds() {
        let root = table.ty(kind.root);
        for path in [&["apiVersion"][..], &["kind"], &["metadata", "name"], &["metadata", "labels"]] {
            assert!(table.at(root, path).is_some(), "{}: {path:?}", kind.name);
        }
    }
}

#[test]
fn fields_know_since_when_they_are_there() {
    let since = |kind: &str, path: &[&str]| {
        let table = built_in();
        let (last, before) = path.split_last().unwrap();
        let ty = if before.is_empty() {
            spec(kind)
        } else {
            table.object(table.at(spec(kind), before).unwrap().innermost()).unwrap()
        };
        let field: &Field = ty.field(last).unwrap_or_else(|| panic!("{kind} {path:?}"));
        field.since.map(|version| version.to_string()).unwrap_or_default()
    };
    let policy = |path: &[&str]| since("DestinationRule", &[&["trafficPolicy"], path].concat());
    assert_eq!(policy(&["connectionPool", "http", "http2KeepAlive"]), "1.31");
    assert_eq!(policy(&["connectionPool", "http", "http2KeepAlive", "interval"]), "");
    assert_eq!(policy(&["loadBalancer", "backendUtilization"]), "1.32");
    assert_eq!(policy(&["loadBalancer", "simple"]), "");
    assert_eq!(since("Gateway", &["servers", "tls", "insecureSkipVerify"]), "1.31");
    assert_eq!(since("Gateway", &["servers", "tls", "ecdhCurves"]), "1.32");
    assert_eq!(since("RequestAuthentication", &["jwtRules", "presence"]), "1.32");
    let patch = built_in().at(spec("EnvoyFilter"), &["configPatches", "patch", "operation"]).unwrap();
    let Form::Enum(choices) = &patch.form else { panic!("{patch:?}") };
    let newest: Vec<_> = choices.iter().filter(|choice| choice.since.is_some()).collect();
    assert_eq!(newest.len(), 1);
    assert_eq!(&*newest[0].value, "MERGE_AND_REPLACE_LIST");
}
