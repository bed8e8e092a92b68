//! Strings and trees to test with.

use proptest::prelude::*;
use serde_json::json;

use crate::resource::{Tree, Value};
use crate::spec::Origin;

/// Strings that some reader takes for something else when they stand bare.
#[rustfmt::skip]
pub(super) const TRICKY: &[&str] = &[
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

pub(super) fn origin() -> Origin {
    Origin::default_of("test")
}

pub(super) fn string(text: &str) -> Tree {
    Tree::string(text.to_owned(), &origin())
}

pub(super) fn json(tree: &Tree) -> serde_json::Value {
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

pub(super) fn saphyr(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(super) fn any_string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(TRICKY).prop_map(str::to_owned),
        2 => prop::collection::vec(prop::sample::select(" \n\t:#-,[]{}'\"\\.0123456789eE+_xaZ~\u{85}\u{2028}é".chars().collect::<Vec<_>>()), 0..12)
            .prop_map(|chars| chars.into_iter().collect()),
        1 => prop::collection::vec(any::<char>(), 0..8).prop_map(|chars| chars.into_iter().collect()),
    ];
    prop_oneof![3 => part.clone(), 1 => (part.clone(), part).prop_map(|(a, b)| a + &b)]
}

pub(super) fn any_tree() -> impl Strategy<Value = Tree> {
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
