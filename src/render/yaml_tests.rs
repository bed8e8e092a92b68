//! Three readers judge what [`super::yaml`](super) writes.
#![expect(clippy::print_stderr, clippy::disallowed_methods, reason = "a judge that is not here says so")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::spec::Origin;

/// Strings that some reader takes for something else when they stand bare.
#[rustfmt::skip]
const TRICKY: &[&str] = &[
    "", " ", "on", "On", "ON", "off", "yes", "no", "y", "Y", "n", "N", "true", "TRUE", "False", "null",
    "Null", "~", "=", "<", "<<", ".", "..", "...", "---", "--- a", "-", "- a", "-a", "?", "? a", "?a", ":",
    ": a", ":a", "a:", "a: b", "a:b", "a :b", "#", "# a", "a #b", "a#b", ",", "a, b", "[a]", "{a}", "a]",
    "{{ x }}", "&a", "*a", "*.example.com", "!a", "!!str a", "|", ">", "|-", "'a'", "a'b", "\"a\"", "a\"b",
    "%a", "%YAML 1.2", "@a", "`a`", "`/`", "0", "-0", "+1", "1_000", "0x1", "0X1F", "0o7", "017", "08",
    "0b1", "1.0", "1.", ".5", "-.5", "1e3", "1E-3", "1e", "0x", "12e", ".e5", ".1e", "12:30", "12:30:45",
    "190:20:30.15", "1:2", "2024-01-01", "2024-01-01T00:00:00Z", "2001-12-14 21:59:43.10 -5", "inf", ".inf",
    "-.inf", "+.INF", ".nan", "NaN", "infinity", "1.2.3", "10.0.0.1", "::1", "1.2.3.4/8", "10s", "1h30m",
    "365d", "1e3s", "0x1p-2", "v1", "1st", "9080", "productpage:9080", "https://a.example/?x=1&y=2",
    "spiffe://cluster.local/ns/a/sa/b", "outbound|80||a.b", "default/bookinfo-gateway", "/api/v1/products/",
    "/static/", "^(tls\\.key)$", "a\\b", "\\", "${x}", "$x", "$(x)", " a", "a ", "\ta", "a\t", "a\tb",
    "a  b", "a\nb", "a\n", "\na", "\n", "a\r\nb", "a\rb", "\u{0}", "\u{1b}[31m", "\u{7f}", "\u{85}",
    "a\u{85}b", "a\u{a0}b", "\u{feff}", "\u{feff}a", "a\u{2028}b", "a\u{2029}b", "\u{200b}", "a\u{202e}b",
    "\u{fffe}", "\u{fffd}", "\u{e000}", "Grüße", "日本語", "😀", "\u{1f468}\u{200d}\u{1f469}", "\u{10ffff}",
    "é: ü", "- é", "é #ü", "key: |", "a\n b\n", " a\nb\n", "a\n\tb\n", "\ta\nb\n", "a\n\nb\n", "a\n \nb\n",
    "a\nb\n\n", "a\nb", "a\n\n", "# a\nb\n", "a \nb\n", "---\na\n",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "function f()\n  return 1\nend\n",
    "x: y\nz: w\n", "+argocd",
];

fn origin() -> Origin {
    Origin::default_of("test")
}

fn string(text: &str) -> Tree {
    Tree::string(text.to_owned(), &origin())
}

/// A string in every place where one can stand.
fn everywhere(text: &str) -> Tree {
    let o = origin();
    let inner =
        Tree::map(&o).with(text.to_owned(), string(text)).with("list", Tree::list(vec![string(text)], &o));
    let lists = Tree::list(vec![Tree::list(vec![string(text), inner.clone()], &o), inner.clone()], &o);
    Tree::map(&o).with("value", string(text)).with("inner", inner).with("lists", lists)
}

fn json(tree: &Tree) -> serde_json::Value {
    match &tree.value {
        Value::Null => json!(null),
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::String(value) => json!(value),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(fields) => {
            serde_json::Value::Object(fields.iter().map(|f| (f.name.to_string(), json(&f.tree))).collect())
        }
    }
}

fn saphyr(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
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

fn any_string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(TRICKY).prop_map(str::to_owned),
        2 => prop::collection::vec(prop::sample::select(" \n\t:#-,[]{}'\"\\.0123456789eE+_xaZ~\u{85}\u{2028}é".chars().collect::<Vec<_>>()), 0..12)
            .prop_map(|chars| chars.into_iter().collect()),
        1 => prop::collection::vec(any::<char>(), 0..8).prop_map(|chars| chars.into_iter().collect()),
    ];
    prop_oneof![3 => part.clone(), 1 => (part.clone(), part).prop_map(|(a, b)| a + &b)]
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e12..1e12).prop_map(Value::Float),
        any_string().prop_map(|text| Value::String(text.into())),
    ];
    let leaf = leaf.prop_map(|value| Tree { value, origin: origin() });
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| Tree::list(items, &origin())),
            prop::collection::vec((any_string(), inner), 0..5).prop_map(|fields| {
                fields.into_iter().fold(Tree::map(&origin()), |map, (name, tree)| map.with(name, tree))
            }),
        ]
    })
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
