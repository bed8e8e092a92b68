//! Random documents for tests, here and where the real sops judges. As shapes that can be printed when a test fails,
//! which the tree itself must not be.

use proptest::prelude::*;

use super::{Comment, Field, Item, Moment, Node, Plain};

/// A [`Node`] that prints.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Time(&'static str),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<(Vec<String>, Shape)>, Vec<String>),
    Map(Vec<(Vec<String>, String, Shape)>, Vec<String>),
}

impl Shape {
    pub(crate) fn node(&self) -> Node {
        match self {
            Self::Null => Node::Null,
            Self::Bool(value) => Node::Bool(*value),
            Self::Int(n) => Node::Int(*n),
            Self::Float(n) => Node::Float(*n),
            Self::Time(text) => Node::Time(Moment::parse(text).expect("a time")),
            Self::Str(text) => Node::str(text.as_str()),
            Self::Bytes(bytes) => Node::str(bytes.clone()),
            Self::List(members, tail) => {
                let mut items = Vec::new();
                for (comments, value) in members {
                    items.extend(comments.iter().map(|text| Item::Comment(Comment::new(text.as_str()))));
                    items.push(Item::Value(value.node()));
                }
                items.extend(tail.iter().map(|text| Item::Comment(Comment::new(text.as_str()))));
                Node::List(items)
            }
            Self::Map(members, tail) => {
                let mut fields = Vec::new();
                for (comments, key, value) in members {
                    fields.extend(comments.iter().map(|text| Field::Comment(Comment::new(text.as_str()))));
                    fields.push(Field::Value(key.clone(), value.node()));
                }
                fields.extend(tail.iter().map(|text| Field::Comment(Comment::new(text.as_str()))));
                Node::Map(fields)
            }
        }
    }
}

/// Strings that are known to trip YAML readers.
const TRAPS: [&str; 44] = [
    "",
    "yes",
    "null",
    "~",
    "1",
    "017",
    "0o7",
    "1.0",
    "1e3",
    ".inf",
    "2020-01-02",
    "12:30:45",
    "<<",
    "=",
    "true",
    "- a",
    "a: b",
    "a #b",
    "'",
    "\"",
    "line\nline\n",
    "  lead\nx",
    "\n",
    "x\n\n",
    "trail \nx",
    "🔐",
    "\u{85}",
    "\u{2028}",
    "\u{feff}x",
    "\0",
    "%",
    "@",
    "`",
    "{{ x }}",
    "${X}",
    "|",
    ">",
    "&a",
    "*a",
    "!x",
    "?",
    "a\r\nb",
    "-----BEGIN X-----\nQQ==\n-----END X-----\n",
    "a\n\tb\n",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => prop::sample::select(&TRAPS[..]).prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
        1 => "[a-z \n#:'\"-]{0,8}",
        // A string of several lines that begins with a tab is lost when sops prints it.
        1 => "\\PC{0,8}",
    ]
}

/// None of them empty: sops turns those into values where a list is encrypted.
fn comments() -> impl Strategy<Value = Vec<String>> {
    let comment = "[ a-z:#'\"é-]{1,6}";
    prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(comment, 1..3)]
}

fn key() -> impl Strategy<Value = String> {
    let odd =
        ["data", "x_unencrypted", "tls.key", "yes", "1", "a:b", "", "k k", "two\nlines", "#", "-", "?", "<<"];
    prop_oneof![
        4 => "[a-d]",
        2 => prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{1,4}",
        1 => Just("long-".repeat(40)),
    ]
}

fn scalar() -> impl Strategy<Value = Shape> {
    prop_oneof![
        1 => Just(Shape::Null),
        1 => any::<bool>().prop_map(Shape::Bool),
        1 => any::<i64>().prop_map(Shape::Int),
        // Sops itself loses the sign of a zero.
        1 => any::<f64>().prop_filter("comparable", |n| *n != 0.0 && !n.is_nan()).prop_map(Shape::Float),
        1 => prop::sample::select(vec![1.0, -3.0, 1e21, 1e-7, f64::INFINITY]).prop_map(Shape::Float),
        1 => Just(Shape::Time("2020-01-02T03:04:05.5+02:00")),
        1 => Just(Shape::Bytes(vec![0xff, 0, 0x80])),
        8 => text().prop_map(Shape::Str),
    ]
}

fn map_of(value: impl Strategy<Value = Shape>) -> impl Strategy<Value = Shape> {
    (prop::collection::vec((comments(), key(), value), 0..5), comments()).prop_map(|(mut members, tail)| {
        let mut seen = std::collections::HashSet::new();
        members.retain(|(_, key, _)| key != "sops" && seen.insert(key.clone()));
        Shape::Map(members, tail)
    })
}

fn document() -> impl Strategy<Value = Shape> {
    let value = scalar().prop_recursive(3, 20, 4, |inner| {
        let list = (prop::collection::vec((comments(), inner.clone()), 0..4), comments());
        prop_oneof![list.prop_map(|(members, tail)| Shape::List(members, tail)), map_of(inner)]
    });
    map_of(value)
}

/// One or two documents, with a value that is encrypted under every filter that covers `data_secret`.
pub(crate) fn files() -> impl Strategy<Value = Vec<Shape>> {
    prop::collection::vec(document(), 1..3).prop_map(|mut documents| {
        if let Some(Shape::Map(members, _)) = documents.first_mut() {
            members.push((Vec::new(), "data_secret".to_owned(), Shape::Str("always encrypted".to_owned())));
        }
        documents
    })
}

pub(crate) fn plain(documents: &[Shape]) -> Plain {
    Plain { documents: documents.iter().map(Shape::node).collect() }
}
