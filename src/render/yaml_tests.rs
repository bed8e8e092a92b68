//! Three readers judge what [`super::yaml`](super) writes.
#![expect(clippy::print_stderr, clippy::disallowed_methods, reason = "a judge that is not here says so")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::json;

use super::super::samples::{TRICKY, any_string, any_tree, json, origin, saphyr, string};
use super::*;

/// A string in every place where one can stand.
fn everywhere(text: &str) -> Tree {
    let o = origin();
    let inner =
        Tree::map(&o).with(text.to_owned(), string(text)).with("list", Tree::list(vec![string(text)], &o));
    let lists = Tree::list(vec![Tree::list(vec![string(text), inner.clone()], &o), inner.clone()], &o);
    Tree::map(&o).with("value", string(text)).with("inner", inner).with("lists", lists)
}

fn tricky() -> impl Iterator<Item = String> {
    let own = TRICKY.iter().map(ToString::to_string);
    let base64 = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t".repeat(60) + "==";
    let letters = (0..=0x2ff).chain([0x1680, 0x3000, 0xfeff, 0xfffd, 0xffff, 0x1_0000, 0xe_0001]);
    let letters = letters.filter_map(char::from_u32).flat_map(|c| {
        [
            format!("{c}"),
            format!("{c}a"),
            format!("a{c}"),
            format!("a{c}b"),
            format!("a {c} b"),
            format!("1{c}1"),
        ]
    });
    own.chain([base64, "k".repeat(1500), "long word ".repeat(200) + "."]).chain(letters)
}

#[test]
fn bare_where_a_person_expects_it() {
    for text in [
        "bookinfo.example.com",
        "/api/v1/products/",
        "default/bookinfo-gateway",
        "https-bookinfo.example.com",
        "v1",
        "a b",
        "10s",
        "1h30m",
        "networking.istio.io/v1",
        "a'b",
        "productpage:9080",
        "Grüße",
        "1.example.com",
    ] {
        assert_eq!(scalar(text), text);
        assert!(matches!(scalar(text), Cow::Borrowed(_)));
    }
}

#[test]
fn quoted_where_a_reader_differs() {
    for text in [
        "on",
        "y",
        "12:30",
        "1_000",
        "0x1",
        "2024-01-01",
        "=",
        "<<",
        "null",
        "~",
        "1e3",
        "*.a",
        "a: b",
        "`/` #",
        "365d",
    ] {
        assert_eq!(scalar(text), format!("\"{text}\""));
    }
    assert_eq!(scalar("a\u{85}\u{2028}\u{feff}\u{1b}\\\"\n"), "\"a\\u0085\\u2028\\ufeff\\u001b\\\\\\\"\\n\"");
}

#[test]
fn base64_stays_on_one_line() {
    let long = "QUJD".repeat(3000) + "QQ==";
    assert_eq!(block(&Tree::map(&origin()).with("tls.crt", string(&long)), 0), format!("tls.crt: {long}\n"));
}

#[test]
fn the_style_of_a_manifest() {
    let o = origin();
    let port = Tree::map(&o).with("number", Tree::int(443, &o)).with("name", string("https"));
    let server = Tree::map(&o)
        .with("port", port)
        .with("hosts", Tree::list(vec![string("*.example.com")], &o))
        .with("nothing", Tree::map(&o))
        .with("none", Tree::list(vec![], &o));
    let lists = Tree::list(vec![Tree::list(vec![string("a"), string("b")], &o), Tree::list(vec![], &o)], &o);
    let tree = Tree::map(&o)
        .with("servers", Tree::list(vec![server], &o))
        .with("lists", lists)
        .with("on", Tree::bool(true, &o))
        .with("text", string("one\n\n  two"))
        .with("number", Tree { value: Value::Float(1e300), origin: o.clone() });
    let expected = "  servers:\n    - port:\n        number: 443\n        name: https\n      hosts:\n        - \"*.example.com\"\n      \
                    nothing: {}\n      none: []\n  lists:\n    - - a\n      - b\n    - []\n  \"on\": true\n  text: |-\n    one\n\n      two\n  \
                    number: 1.0e+300\n";
    assert_eq!(block(&tree, 2), expected);
    assert_eq!(after_key(&tree, 2), format!("\n{}", expected.trim_end()));
    assert_eq!(after_key(&string("on"), 2), " \"on\"");
    assert_eq!(block(&Tree::map(&o), 2), "  {}\n");
}

#[test]
fn serde_saphyr_reads_tricky_strings_back() {
    for text in tricky() {
        let tree = everywhere(&text);
        assert_eq!(saphyr(&block(&tree, 0)), json(&tree), "{text:?}");
        if text.len() < LONGEST_KEY {
            let flow = saphyr(&format!("[{0}, {{{0}: {0}}}]", scalar(&text)));
            assert_eq!(flow, json!([text, { text.clone(): text }]));
        }
    }
}

/// PyYAML on all tricky strings, in block and flow; every deviation is printed.
#[test]
fn pyyaml_reads_tricky_strings_back() {
    const JUDGE: &str = r#"
import json, sys
try:
    import yaml
except ImportError:
    sys.exit(77)
wrong = 0
for text, expected in json.load(sys.stdin):
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        found = error
    same = lambda value: json.dumps(value, sort_keys=True, default=repr)
    if same(found) != same(expected):
        wrong += 1
        if wrong < 20:
            print(repr(text)[:200], repr(found)[:200], repr(expected)[:200], file=sys.stderr)
sys.exit(1 if wrong else 0)
"#;
    let absent = |why: &str| {
        assert!(std::env::var_os("CI").is_none(), "pyyaml: {why}");
        eprintln!("skipped: pyyaml ({why})");
    };
    let mut cases = Vec::new();
    for text in tricky() {
        let tree = everywhere(&text);
        cases.push(json!([block(&tree, 0), json(&tree)]));
        if text.len() < LONGEST_KEY {
            cases
                .push(json!([format!("[{0}, {{{0}: {0}}}]", scalar(&text)), [text, { text.clone(): text }]]));
        }
    }
    for number in [0.0, 1.0, -2.5, 1e300, 1e-7, 1.5e16, f64::MAX, f64::MIN_POSITIVE] {
        cases.push(json!([float(number), number]));
    }
    let started =
        Command::new("python3").args(["-c", JUDGE]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut judge) = started else { return absent("no python3") };
    judge.stdin.take().unwrap().write_all(&serde_json::to_vec(&cases).unwrap()).unwrap();
    let verdict = judge.wait_with_output().unwrap();
    match verdict.status.code() {
        Some(77) => absent("python3 has no PyYAML"),
        code => assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&verdict.stderr)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_comes_back(tree in any_tree(), indent in 0usize..4) {
        let text = block(&tree, indent);
        prop_assert_eq!(saphyr(&text), json(&tree), "{}", text);
    }

    #[test]
    fn any_string_comes_back(text in any_string()) {
        let tree = everywhere(&text);
        prop_assert_eq!(saphyr(&block(&tree, 0)), json(&tree));
        prop_assert!(!scalar(&text).contains(['\n', '\r']));
    }
}
