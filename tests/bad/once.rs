//! A mistake is told once, at what it is about, and takes nothing else with it.

use super::case::refused;
use super::meant::BASE;
use crate::cli::sandbox::Sandbox;
use crate::support::widgets::WIDGETS;

fn sandbox(node: &str) -> Sandbox {
    Sandbox::new([("specs/a.kdl", BASE), ("specs/b.kdl", node)])
}

/// All and none at once is neither.
#[test]
fn an_empty_list_has_no_items() {
    let found = refused(&sandbox("authorization-policy \"a\" { rules; (array)rules; }"), "render", 2);
    let said =
        found.one("conflict", "specs/b.kdl:1:42", &["`rules` of an AuthorizationPolicy is an empty list"]);
    assert_eq!(said.places, ["specs/b.kdl:1:42", "specs/b.kdl:1:28"]);
}

#[test]
fn a_null_that_may_not_stand_is_one_mistake() {
    for (node, column) in [
        ("service \"a\" { load-balancer #null; }", 15),
        ("service \"a\" { connection-pool { tcp #null; }; }", 33),
    ] {
        let found = refused(&sandbox(node), "render", 2);
        found.one("field-value", &format!("specs/b.kdl:1:{column}"), &["can't be null"]);
    }
}

#[test]
fn an_object_is_told_by_its_own_name() {
    let node = "domain \"d.example\" authority=\"corp\" gateway=\"public\" { host \"shop\" to=\"a:80\"; }\nvirtual-service \"shop.d.example\" { hosts \"b.example.org\"; http { route { destination host=\"a\"; }; }; }";
    let found = refused(&sandbox(node), "render", 2);
    let said = found.one("duplicate-name", "specs/b.kdl:2:18", &["by host `shop.d.example`"]);
    assert_eq!(said.places, ["specs/b.kdl:2:18", "specs/b.kdl:1:62"]);
}

#[test]
fn a_definition_that_is_none_leaves_the_others() {
    let broken =
        WIDGETS.replacen("kind: Widget", "kind: Gadget", 1).replacen("scope: Namespaced", "scope: Global", 1);
    let sandbox = Sandbox::new([
        ("gatewright.kdl", "crds \"crds.yaml\"\n"),
        ("crds.yaml", &format!("{broken}\n---\n{WIDGETS}")),
        ("specs/a.kdl", "widget \"a\" { size 5; }\n"),
    ]);
    let found = refused(&sandbox, "render", 2);
    let only = found.errors();
    assert!(
        matches!(only[..], [one] if one.code == "crd-file" && one.text.contains("Gadget")),
        "{}",
        found.human
    );
}

/// A path is written one way: what stands in a list says where, as far as that is known.
#[test]
fn a_path_says_that_it_leads_through_a_list() {
    let wrong = "subset \"v1\" { labels version=\"v1\"; outlier-detection interval=\"0s\"; }";
    for (more, path) in
        [("", "spec.subsets[0].trafficPolicy"), ("; hots \"a\"", "spec.subsets[].trafficPolicy")]
    {
        let spec = format!("service \"a\" {{ {wrong}{more} }}");
        let found = refused(&sandbox(&spec), "render", 2);
        assert!(found.human.contains(&format!("`{path}.outlierDetection.interval`")), "{}", found.human);
    }
}

/// A word that nobody knows hides no mistake of the same object that stays one whatever was meant; and what follows from the
/// word alone is not told.
#[test]
fn a_wrong_word_hides_no_other_mistake() {
    for (node, all) in [
        (
            "virtual-service \"x\" { hosts \"a.com\"; http { retries attempts=-1 foo=1; route { destination host=\"a\" port=99999; }; }; }",
            &["unknown-word foo", "field-value attempts", "field-value port"][..],
        ),
        (
            "host \"b.example.com\" to=\"a:80\" { route \"/x\" { retries attempts=-1 foo=1; timeout \"0s\"; }; }",
            &["unknown-word foo", "field-value attempts", "wrong-value 0s"],
        ),
        (
            "service \"a\" { outlier-detection consecutive5xx-errors=3 intervall=\"5s\" base-ejection-time=\"0s\"; }",
            &["unknown-word intervall", "field-value base-ejection"],
        ),
        // A Gateway may be what is misspelt, and it takes any host.
        (
            "virtual-service \"x\" { hosts \"*\"; gatewys \"istio-system/public\"; http { route { destination host=\"a\"; }; }; }",
            &["unknown-word gatewys"],
        ),
        (
            "virtual-service \"x\" { hosts \"a.com\"; htp { route { destination host=\"a\"; }; }; }",
            &["unknown-word htp"],
        ),
    ] {
        let found = refused(&sandbox(node), "render", 2);
        let mut said: Vec<String> = found
            .errors()
            .iter()
            .map(|one| format!("{} {}", one.code, one.places[0].trim_start_matches("specs/b.kdl:")))
            .collect();
        let at = |one: &&str| {
            let (code, word) = one.split_once(' ').unwrap();
            format!("{code} 1:{}", node.find(word).unwrap() + 1)
        };
        let mut all: Vec<String> = all.iter().map(at).collect();
        said.sort();
        all.sort();
        assert_eq!(said, all, "{node}\n{}", found.human);
    }
}
