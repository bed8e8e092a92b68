//! All mistakes of a project in one run, and none that only follows from another.

use super::case::refused;
use crate::cli::sandbox::Sandbox;

/// The errors as `place code`, sorted.
fn places(sandbox: &Sandbox) -> Vec<String> {
    let found = refused(sandbox, "render", 2);
    let mut places: Vec<_> =
        found.errors().iter().map(|finding| format!("{} {}", finding.place, finding.code)).collect();
    places.sort();
    places
}

/// What is wrong with the creation rules is said beside what is wrong with the spec, and only what a right spec would show.
#[test]
fn mistakes_of_creation_rules_are_shown_beside_those_of_the_spec() {
    let spec = "authority \"corp\"\ngateway \"public\"\nhost \"a_b.example.com\" authority=\"corp\" gateway=\"public\"\nhost \"c.example.com\" authority=\"corp\" gateway=\"public\" to=\"c:80\"\n";
    let good = crate::cli::sandbox::rules();
    let own = |text: &str| good.replace(crate::cli::sandbox::A, text);
    for (rules, code) in [
        (good.clone(), ""),
        ("creation_rules: 5\n".to_owned(), "creation-rules"),
        (own("age1nobody"), "invalid-recipient"),
        ("creation_rules:\n  - path_regex: '(?<'\n".to_owned(), "creation-rules"),
        ("creation_rules:\n  - path_regex: ^nowhere/\n".to_owned(), "no-recipients"),
        ("creation_rules:\n  - pgp: F1\n".to_owned(), "creation-rules"),
    ] {
        let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
        sandbox.write(".sops.yaml", &rules);
        let found = refused(&sandbox, "render", 2);
        found.says("invalid-host-name", "specs/a.kdl:3:8", &[]);
        let others: std::collections::BTreeSet<_> = found
            .errors()
            .into_iter()
            .map(|f| f.code.as_str())
            .filter(|c| *c != "invalid-host-name")
            .collect();
        assert_eq!(others.into_iter().collect::<Vec<_>>().join(" "), code, "{rules}\n{}", found.human);
    }
    // Files that are sealed already need a rule for the next time, and a recipient may stand in what could not be read.
    let sandbox = Sandbox::new([("specs/a.kdl", spec.replace("a_b", "ab").as_str())]);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("specs/a.kdl", &spec.replace("a_b", "ab").replace("c:80", "c:"));
    sandbox.remove(".sops.yaml");
    let found = refused(&sandbox, "render", 2);
    found.says("invalid-destination", "specs/a.kdl:4:61", &[]);
    found.says("no-recipients", "", &[]);
    let sandbox = Sandbox::new([("specs/a.kdl", "authority \"corp\"\nsecrets { recipent \"age1x\"; }\n")]);
    sandbox.remove(".sops.yaml");
    refused(&sandbox, "render", 2).one("unknown-word", "specs/a.kdl:2:11", &[]);
}

#[test]
fn many_mistakes_in_many_files_are_as_many_findings() {
    let sandbox = Sandbox::new([
        (
            "specs/a.kdl",
            r#"authority "corp" valid="10d"
authority "my_ca"
gateway "public" prot=443
gateway "second"
domain "example.com" authority="corp" gateway="public" {
    host "shop" to="shop:8080"
    host "w_iki" to="wiki:80" { route "x" to="wiki:80"; }
}
"#,
        ),
        (
            "specs/b.kdl",
            r#"host "Shop.example.com." to="other:80"
host "a.example.com" authority="my_ca" to="a:80" { tls simple secret="a-cacert"; }
"#,
        ),
        (
            "specs/c.kdl",
            r#"host "b.example.com" to="b:99999" gateway="thrid"
client "anna@example.com"
route "/x" host="c.example.com" to="c:80"
"#,
        ),
        ("specs/d.kdl", "host \"d.example.com\" to=\"d:80\" valid=\"11d\"\n"),
        ("gatewright.kdl", "namespace \"Default\"\n"),
    ]);
    assert_eq!(
        places(&sandbox),
        [
            "gatewright.kdl:1:12 invalid-name",
            "specs/a.kdl:2:14 invalid-name",
            "specs/a.kdl:3:18 unknown-word",
            "specs/a.kdl:7:12 invalid-host-name",
            "specs/a.kdl:7:40 invalid-path",
            "specs/b.kdl:1:7 duplicate-host",
            "specs/b.kdl:2:72 invalid-secret-name",
            "specs/c.kdl:1:28 invalid-destination",
            "specs/c.kdl:1:44 unknown-reference",
            "specs/c.kdl:2:1 missing-source",
            "specs/c.kdl:3:18 unknown-reference",
            "specs/d.kdl:1:39 valid-too-long",
        ]
    );
}

/// What could not be read may have been said, and what was refused may have been meant.
#[test]
fn a_mistake_has_no_followers() {
    let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";
    for (text, expected) in [NODES, NAMES, GAPS].concat() {
        let mut parts = text.split("//// ");
        let sandbox = Sandbox::new([("specs/a.kdl", parts.next().unwrap()), ("specs/zz.kdl", base)]);
        for part in parts {
            let (path, text) = part.split_once('\n').unwrap();
            sandbox.write(path, text);
        }
        assert_eq!(places(&sandbox), [format!("specs/a.kdl:{expected}")], "{text}");
    }
}

/// A node with a mistake seems not to say something.
const NODES: &[(&str, &str)] = &[
    (r#"host "a.example.org" autority="corp" gateway="public" to="a:80""#, "1:22 unknown-word"),
    (r#"host "a.example.org" authority="corp" gateway=5 to="a:80""#, "1:47 wrong-value"),
    (
        r#"domain "example.org" autority="corp" gateway="public" { host "a" to="a:80"; host "b" to="b:80"; }"#,
        "1:22 unknown-word",
    ),
    (r#"client "a.example.com" autority="corp""#, "1:24 unknown-word"),
    (r#"host "a.example.com" toto="a:80" { route "/x"; }"#, "1:22 unknown-word"),
    (r#"host "a.example.com" { route "/x" to=5; }"#, "1:38 wrong-value"),
    (r#"host "a.example.com" to=5 rewrite="/x""#, "1:25 wrong-value"),
    (r#"host "a.example.com" to="a:80" { tls mutul { clients "corp"; }; }"#, "1:38 unknown-word"),
    (
        r#"host "a.example.com" { route "/x" { to "a:80" weight=x; to "b:80" weight=50; }; }"#,
        "1:54 wrong-value",
    ),
    (
        r#"service "a" { subset "v1" version=5; }
host "a.example.com" to="a:80" subset="v1""#,
        "1:35 wrong-value",
    ),
    (
        r#"service "a" { subsett "v1" version="v1"; }
host "a.example.com" to="a:80" subset="v1""#,
        "1:15 unknown-word",
    ),
    (r#"gateway "g" port=80 http-port=x"#, "1:31 wrong-value"),
    (
        r#"authority "a" { generation 1 introduced="2026-01-01"; generation 2 signs="2026-01-01" introduced=5; }"#,
        "1:98 wrong-value",
    ),
    (
        r#"authority "short" valid="x"
host "a.example.com" authority="short" to="a:80" valid="20y""#,
        "1:26 wrong-value",
    ),
    // A path that could not be read is not one that takes everything.
    (r#"host "a.example.com" { route "" to="a:80"; route to="b:80"; }"#, "1:30 wrong-value"),
    (r#"host "a.example.com" to="a:80" { route 5 to="b:80"; }"#, "1:40 wrong-value"),
];

/// A name was refused, and others refer to it.
const NAMES: &[(&str, &str)] = &[
    (
        r#"authority "my_ca"
host "a.example.com" authority="my_ca" to="a:80"
client "a.example.com" authority="my_ca""#,
        "1:14 invalid-name",
    ),
    (
        r#"gateway "G"
host "a.example.com" gateway="G" to="a:80""#,
        "1:10 invalid-name",
    ),
    (
        r#"domain "ex_ample.org" authority="corp" gateway="public" { host "a" to="a:80"; }"#,
        "1:11 invalid-host-name",
    ),
    (
        r#"domain "*.example.org" authority="corp" gateway="public" { host "a" to="a:80"; }"#,
        "1:9 invalid-host-name",
    ),
    (r#"host "a_b" to="a:80""#, "1:8 invalid-host-name"),
    // One reference of a domain, read by each of its hosts.
    (
        r#"domain "example.org" authority="crop" gateway="public" { host "a" to="a:80"; host "b" to="b:80"; }"#,
        "1:33 unknown-reference",
    ),
    (
        r#"domain "example.org" authority="corp" gateway="public" namespace="N" { host "a" to="a:80"; host "b" to="b:80"; }"#,
        "1:67 invalid-name",
    ),
];

/// A whole node could not be read, or where a route lives can't be told.
const GAPS: &[(&str, &str)] = &[
    (
        r#"authorty "new"
host "a.example.com" authority="new" to="a:80""#,
        "1:1 unknown-word",
    ),
    (
        r#"hots "a.example.com"
route "/x" host="a.example.com" to="a:80""#,
        "1:1 unknown-word",
    ),
    (
        r#"domian "example.org" authority="corp" gateway="public"
host "a.example.org" to="a:80""#,
        "1:1 unknown-word",
    ),
    (
        r#"authority 5
host "a.example.com" authority="new" to="a:80""#,
        "1:11 wrong-value",
    ),
    (
        "host \"a.example.com\" to=\"a:80\" {\n//// specs/b.kdl\nclient \"a.example.com\" authority=\"new\"",
        "1:32 syntax",
    ),
    (
        r#"host "a.example.com" gateway="x" { route "/x" to="a:80"; route "/x/*" to="b:80" namespace="default"; }"#,
        "1:31 unknown-reference",
    ),
];

/// A node that nobody knows hides what it may have declared, and nothing else of the same run.
#[test]
fn an_unknown_word_hides_no_other_mistake() {
    let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";
    let faults = "host \"a.example.org\"\nhost \"b.example.com\" authority=\"crop\" gateway=\"pubic\" to=\"a:80\"\nclient \"c.example.com\"\nroute \"/x\" host=\"x.example.net\" to=\"a:80\"\nhost \"d.example.com\" to=\"api.partner.example:443\"\n";
    let told = [
        "specs/b.kdl:1:7 missing-gateway",
        "specs/b.kdl:1:7 missing-source",
        "specs/b.kdl:2:33 unknown-reference",
        "specs/b.kdl:2:48 unknown-reference",
        "specs/b.kdl:3:1 missing-source",
        "specs/b.kdl:4:18 unknown-reference",
        "specs/b.kdl:5:26 invalid-destination",
    ];
    for (unknown, hidden) in [
        (r#"hsot "shop.example.com" to="shop:80""#, ""),
        (r#"foo "bar" { baz "qux"; }"#, ""),
        (r#"gatewy "second""#, ""),
        (r#"gatewy "pubic""#, "2:48 unknown-reference"),
        (r#"gw "pubic""#, "2:48 unknown-reference"),
        (r#"Gateway "pubic""#, "2:48 unknown-reference"),
        (r#"authorty "crop""#, "2:33 unknown-reference"),
        (r#"hsot "x.example.net""#, "4:18 unknown-reference"),
        (r#"doman "example.net" { host "x"; }"#, "4:18 unknown-reference"),
        (r#"doman "example.org" authority="corp""#, "1:7 "),
        (r#"servise "api.partner.example""#, "5:26 invalid-destination"),
        (r#"service-enty "partner" { hosts "*.partner.example"; }"#, "5:26 invalid-destination"),
        (r#"service-enty "other" { hosts "api.example"; }"#, ""),
        // What is no KDL at all says as much by its first word.
        (r#"host "shop.example.com" to="a:80" { timeout 10s; }"#, ""),
        (r#"gateway "pubic" http-port=80x"#, "2:48 unknown-reference"),
        (r#"domain "example.net" { host "x" timeout=5s; }"#, "4:18 unknown-reference"),
        // A word out of its place, in a file and in a domain.
        (r#"tls simple"#, ""),
        (r#"domain "example.net" authority="corp" gateway="public" { hsot "x"; }"#, "4:18 unknown-reference"),
    ] {
        let sandbox =
            Sandbox::new([("specs/a.kdl", unknown), ("specs/b.kdl", faults), ("specs/z.kdl", base)]);
        let found = places(&sandbox);
        let (own, others): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|place| place.starts_with("specs/a.kdl"));
        assert_eq!(own.len(), 1, "{unknown}");
        let hides = |place: &&str| hidden.is_empty() || !place.contains(&format!(":{hidden}"));
        assert_eq!(others, told.iter().copied().filter(hides).collect::<Vec<_>>(), "{unknown}");
    }
    // A setting of the project that can't be read declares nothing either.
    let sandbox = Sandbox::new([
        ("gatewright.kdl", "namespac \"x\"\n"),
        ("specs/b.kdl", faults),
        ("specs/z.kdl", base),
    ]);
    assert_eq!(places(&sandbox)[1..], told);
    sandbox.write("gatewright.kdl", "gateway \"pubic\"\n");
    assert_eq!(places(&sandbox).len(), told.len());
}

/// Who may open files is in doubt only where that may stand in what could not be read.
#[test]
fn an_unknown_word_hides_no_missing_recipients() {
    for (unknown, codes) in [
        (r#"hsot "shop.example.com""#, "no-recipients unknown-word"),
        (r#"secrts { recipient "age1x"; }"#, "unknown-word"),
        (r#"recipient "age1x""#, "wrong-place"),
        (r#"domain "example.com" autority="corp""#, "no-recipients unknown-word"),
        (r#"authority "other" { recipent "age1x"; }"#, "unknown-word"),
    ] {
        let sandbox = Sandbox::new([("specs/a.kdl", unknown), ("specs/z.kdl", "authority \"corp\"\n")]);
        sandbox.remove(".sops.yaml");
        let found = refused(&sandbox, "render", 2);
        let mut found: Vec<_> = found.errors().iter().map(|finding| finding.code.clone()).collect();
        found.sort();
        assert_eq!(found.join(" "), codes, "{unknown}");
    }
}

/// Findings of one run stand in the order of their places, whatever found them, and the same in every run.
#[test]
fn the_order_is_stable() {
    let sandbox = Sandbox::new([
        ("specs/b.kdl", "host \"a_b.example.com\"\nclient \"x\"\n"),
        (
            "specs/a.kdl",
            "clien \"a\"\nhost \"c\" authority=\"n\" gateway=\"g\" to=\"a:80\"\nauthority \"A\"\n",
        ),
    ]);
    let first = refused(&sandbox, "check", 2);
    let mut sorted: Vec<_> = first.findings.iter().map(|finding| finding.place.clone()).collect();
    let order = sorted.clone();
    sorted.sort_by_key(|place| {
        let mut parts = place.split(':');
        let path = parts.next().unwrap().to_owned();
        (path, parts.map(|number| number.parse::<u32>().unwrap()).collect::<Vec<_>>())
    });
    assert!(order == sorted && order.len() >= 4, "{order:?}");
    for _ in 0..5 {
        assert_eq!(refused(&sandbox, "check", 2).human, first.human);
    }
}
