//! Trees that the table allows, and any JSON at all, go to KDL and back.

use proptest::prelude::*;

use super::{Content, Words, written};
use crate::diag::human;
use crate::schema::table::{Limits, Text};
use crate::schema::{Form, Kind, Shape, Table, built_in};
use crate::spec::node::context::Context;
use crate::spec::tree::{Field, Tree, Value};
use crate::spec::{Origin, Sources, syntax};

fn o() -> Origin {
    Origin::default_of("test")
}

fn tree(value: Value) -> Tree {
    Tree { value, origin: o() }
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned().into())
}

/// Reads one node of a kind back into an object.
fn read(table: &Table, kind: Option<&Kind>, printed: &str) -> Result<Content, String> {
    let sources = Sources::new([("specs/a.kdl".to_owned(), printed.to_owned())]);
    let (id, source) = sources.iter().next().unwrap();
    let parsed = syntax::parse(id, source.text());
    let fail = |report: &crate::diag::Report| human::render(report, &sources, false);
    if parsed.report.has_errors() {
        return Err(fail(&parsed.report));
    }
    let [node] = parsed.nodes.as_slice() else { return Err(format!("{} nodes", parsed.nodes.len())) };
    let mut cx = Context::new(&sources, table);
    let mut body = super::Body::of(node);
    body.properties.retain(|(key, _)| !matches!(key.as_str(), "namespace" | "api"));
    let mut words = Words::new(table, &mut cx, "the object");
    let content = words.content(kind, &o(), &body);
    if words.broken.is_empty() { Ok(content) } else { Err(fail(&cx.report)) }
}

/// A value without origins and without an order of fields.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::String(text) => text.to_string().into(),
        Value::List(items) => items.iter().map(|item| json(&item.value)).collect(),
        Value::Map(fields) => {
            fields.iter().map(|field| (field.name.to_string(), json(&field.tree.value))).collect()
        }
    }
}

fn is_ours(word: &str) -> bool {
    crate::spec::node::SPEC_FILE.item(word).is_some()
}

/// Writes an object and reads it again.
fn round(table: &Table, kind: Option<&Kind>, object: &Tree) -> Result<(), String> {
    let printed = written(table, object, &is_ours).ok_or("not written")?;
    let content = read(table, kind, &printed).map_err(|error| format!("{printed}\n{error}"))?;
    let Value::Map(fields) = &object.value else { return Err("no object".to_owned()) };
    let rest = fields.iter().filter(|field| !matches!(&*field.name, "apiVersion" | "kind" | "metadata"));
    let expected = json(&Value::Map(rest.cloned().collect()));
    let found = json(&Value::Map(content.fields));
    if expected != found {
        return Err(format!("{printed}\n{expected:#}\n{found:#}"));
    }
    let Some(Value::Map(metadata)) = object.get("metadata").map(|tree| &tree.value) else { return Ok(()) };
    let rest = metadata.iter().filter(|field| !matches!(&*field.name, "name" | "namespace"));
    let (expected, found) = (json(&Value::Map(rest.cloned().collect())), json(&Value::Map(content.metadata)));
    if expected == found { Ok(()) } else { Err(format!("{printed}\n{expected:#}\n{found:#}")) }
}

fn object(kind: &Kind, mut fields: Vec<Field>) -> Tree {
    let metadata = Tree::map(&o()).with("name", tree(text("a")));
    let mut metadata = if kind.namespaced { metadata.with("namespace", tree(text("ns"))) } else { metadata };
    if let Some(at) = fields.iter().position(|field| field.name == "metadata")
        && let Value::Map(more) = fields.remove(at).tree.value
    {
        let more = more.into_iter().filter(|field| !matches!(&*field.name, "name" | "namespace"));
        metadata = more.fold(metadata, |metadata, field| metadata.with(field.name, field.tree));
    }
    let base = Tree::map(&o())
        .with("apiVersion", tree(text(&kind.api_version())))
        .with("kind", tree(text(&kind.name)))
        .with("metadata", metadata);
    fields.into_iter().fold(base, |object, field| object.with(field.name, field.tree))
}

fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[A-Za-z0-9/*._:-]{0,12}",
        "\\PC{0,6}",
        Just("true".to_owned()),
        Just("-".to_owned()),
        Just(String::new()),
        "[a-z./]{0,6}",
        Just("a\nb\r\n \u{2028}\u{202e}\u{feff}\0\"#\\".to_owned()),
    ]
    .boxed()
}

/// Any JSON; floats with few digits, as people write them.
fn any_json(depth: u32) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1000i32..1000, 0u8..3)
            .prop_map(|(n, digits)| Value::Float(f64::from(n) / 10f64.powi(digits.into()))),
        any_text().prop_map(|value| text(&value)),
    ];
    leaf.prop_recursive(depth, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| Value::List(items.into_iter().map(tree).collect())),
            prop::collection::btree_map(any_text(), inner, 0..4).prop_map(|fields| {
                let field = |(name, value): (String, Value)| Field { name: name.into(), tree: tree(value) };
                Value::Map(fields.into_iter().map(field).collect())
            }),
        ]
    })
    .boxed()
}

/// A value that a shape allows as far as its form goes; sometimes, if `wild`, anything.
fn of_shape(table: &'static Table, shape: &'static Shape, depth: u32, wild: bool) -> BoxedStrategy<Value> {
    let fits = match &shape.form {
        Form::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Form::Int(limits) => {
            let Limits { min, max } = limits;
            (min.unwrap_or(-5)..=max.unwrap_or(70_000)).prop_map(Value::Int).boxed()
        }
        Form::Number(_) => (0i32..1000).prop_map(|n| Value::Float(f64::from(n) / 10.0)).boxed(),
        Form::Text(Text { .. }) => any_text().prop_map(|value| text(&value)).boxed(),
        Form::Enum(choices) => {
            prop::sample::select(choices.iter().map(|c| c.value.to_string()).collect::<Vec<_>>())
                .prop_map(|value| text(&value))
                .boxed()
        }
        Form::IntOrString => {
            prop_oneof![(0i64..70_000).prop_map(Value::Int), any_text().prop_map(|value| text(&value))]
                .boxed()
        }
        Form::List(list) if depth > 0 => {
            prop::collection::vec(of_shape(table, &list.item, depth - 1, wild), 0..3)
                .prop_map(|items| Value::List(items.into_iter().map(tree).collect()))
                .boxed()
        }
        Form::List(_) => Just(Value::List(Vec::new())).boxed(),
        Form::Map(map) if depth > 0 => {
            prop::collection::btree_map(any_text(), of_shape(table, &map.value, depth - 1, wild), 0..3)
                .prop_map(|entries| {
                    let field =
                        |(name, value): (String, Value)| Field { name: name.into(), tree: tree(value) };
                    Value::Map(entries.into_iter().map(field).collect())
                })
                .boxed()
        }
        Form::Object(id) if depth > 0 => {
            fields_of(table, table.ty(*id), depth - 1, wild).prop_map(Value::Map).boxed()
        }
        Form::Map(_) | Form::Object(_) => Just(Value::Map(Vec::new())).boxed(),
        Form::Any => any_json(2),
        Form::AnyObject => any_json(2)
            .prop_map(|value| match value {
                Value::Map(_) => value,
                other => Value::Map(vec![Field { name: "a".into(), tree: tree(other) }]),
            })
            .boxed(),
    };
    if !wild {
        return fits;
    }
    prop_oneof![9 => fits, 1 => any_json(2)].boxed()
}

/// Up to four fields of a type, in any order.
fn fields_of(
    table: &'static Table,
    ty: &'static crate::schema::Type,
    depth: u32,
    wild: bool,
) -> BoxedStrategy<Vec<Field>> {
    if ty.fields.is_empty() {
        return Just(Vec::new()).boxed();
    }
    let all: Vec<_> = ty.fields.iter().collect();
    let most = all.len().min(4);
    let extra = if wild {
        prop::option::weighted(0.2, (any_text(), any_json(1))).boxed()
    } else {
        Just(None).boxed()
    };
    (prop::sample::subsequence(all, 0..=most), extra)
        .prop_flat_map(move |(fields, extra)| {
            let values: Vec<_> = fields
                .into_iter()
                .map(|field| {
                    of_shape(table, &field.shape, depth, wild)
                        .prop_map(|value| Field { name: field.name.to_string().into(), tree: tree(value) })
                })
                .collect();
            (values, Just(extra)).prop_map(|(mut fields, extra)| {
                if let Some((name, value)) = extra
                    && !fields.iter().any(|field| field.name == name)
                {
                    fields.push(Field { name: name.into(), tree: tree(value) });
                }
                fields
            })
        })
        .boxed()
}

fn of_kind(kind: &'static Kind, wild: bool) -> BoxedStrategy<Tree> {
    let table = built_in();
    let own =
        |field: &crate::schema::Field| matches!(&*field.name, "apiVersion" | "kind" | "metadata" | "status");
    fields_of(table, table.ty(kind.root), 7, wild)
        .prop_map(move |mut fields| {
            fields.retain(|field| !matches!(&*field.name, "apiVersion" | "kind"));
            object(kind, fields)
        })
        .prop_filter("has something", move |_| table.ty(kind.root).fields.iter().any(|f| !own(f)))
        .boxed()
}

fn any_object(wild: bool) -> BoxedStrategy<(&'static Kind, Tree)> {
    let kinds: Vec<&'static Kind> = built_in().kinds().iter().collect();
    prop::sample::select(kinds)
        .prop_flat_map(move |kind| of_kind(kind, wild).prop_map(move |tree| (kind, tree)))
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_the_table_allows_goes_to_kdl_and_back((kind, object) in any_object(false)) {
        prop_assert_eq!(round(built_in(), Some(kind), &object), Ok(()));
    }

    #[test]
    fn so_does_what_it_does_not_allow((kind, object) in any_object(true)) {
        prop_assert_eq!(round(built_in(), Some(kind), &object), Ok(()));
    }

    #[test]
    fn any_json_goes_through_raw_and_back(value in any_json(5)) {
        let object = Tree::map(&o())
            .with("apiVersion", tree(text("example.com/v1")))
            .with("kind", tree(text("Thing")))
            .with("metadata", Tree::map(&o()).with("name", tree(text("a"))))
            .with("spec", tree(value));
        prop_assert_eq!(round(built_in(), None, &object), Ok(()));
    }
}

/// Ends of numbers, odd keys and deep nesting, wherever a schema takes them and where none is.
#[test]
fn extremes_go_to_kdl_and_back() {
    let keys = [
        "",
        "-",
        ".",
        "a.b/c",
        "true",
        "1",
        "#x",
        "a=b",
        "a b",
        "ü\u{202e}",
        "\0\u{7f}",
        "{",
        "(raw)x",
        "\"\\",
    ];
    let mut values = vec![
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        Value::Float(-0.0),
        Value::Float(f64::MAX),
        Value::Float(f64::MIN_POSITIVE),
        Value::Float(5e-324),
        Value::Float(1e21),
    ];
    let deep = |value: Value, i: usize| match i % 2 {
        0 => Value::List(vec![tree(value)]),
        _ => Value::Map(vec![Field { name: "-".into(), tree: tree(value) }]),
    };
    values.push((0..40).fold(Value::Null, deep));
    values
        .extend(keys.map(|key| Value::Map(vec![Field { name: key.into(), tree: tree(Value::Bool(true)) }])));
    for value in &values {
        let thing = |spec: Tree| {
            Tree::map(&o())
                .with("apiVersion", tree(text("example.com/v1")))
                .with("kind", tree(text("Thing")))
                .with("metadata", Tree::map(&o()).with("name", tree(text("a"))))
                .with("spec", spec)
        };
        assert_eq!(round(built_in(), None, &thing(tree(value.clone()))), Ok(()), "{value:?}");
        let config = Tree::map(&o()).with("a", tree(value.clone()));
        let kind = built_in().kind("extensions.istio.io", "", "WasmPlugin").unwrap();
        let spec = Field { name: "spec".into(), tree: Tree::map(&o()).with("pluginConfig", config) };
        assert_eq!(round(built_in(), Some(kind), &object(kind, vec![spec])), Ok(()), "{value:?}");
    }
    let kind = built_in().kind_of("v1", "ConfigMap").unwrap();
    for key in keys {
        let data = Tree::map(&o()).with(key, tree(text(key)));
        let labels = Tree::map(&o()).with("annotations", data.clone());
        let fields = [("data", data), ("metadata", labels)];
        let fields = fields.map(|(name, tree)| Field { name: name.into(), tree });
        assert_eq!(round(built_in(), Some(kind), &object(kind, fields.to_vec())), Ok(()), "{key:?}");
    }
    assert_eq!(super::print::literal(&Value::Float(-0.0)).as_deref(), Some("-0.0"));
}

#[test]
fn texts_of_many_lines_are_written_as_they_are() {
    let config = |data: &str| {
        Tree::map(&o())
            .with("apiVersion", Tree::string("v1", &o()))
            .with("kind", Tree::string("ConfigMap", &o()))
            .with("metadata", Tree::map(&o()).with("name", Tree::string("a", &o())))
            .with("data", Tree::map(&o()).with("a.json", Tree::string(data.to_owned(), &o())))
    };
    let kind = built_in().kind_of("v1", "ConfigMap");
    let printed = written(built_in(), &config("{\n  \"x\": 1\n\n}\n"), &is_ours).unwrap();
    let wanted = "config-map \"a\" {\n    data {\n        a.json #\"\"\"\n        {\n          \"x\": 1\n\n        }\n\n        \"\"\"#\n    }\n}\n";
    assert_eq!(printed, wanted);
    for text in [
        "\n",
        "\n\n",
        "a\n",
        "\na",
        "a\n ",
        "a\n\tb",
        "a\r\nb",
        " a\n  b",
        "a\n\"\"\"#\nb",
        "a\\\nb",
        "ä\n\u{a0}b",
        "a\u{2028}\nb",
    ] {
        assert_eq!(round(built_in(), kind, &config(text)), Ok(()), "{text:?}");
    }
}

#[test]
fn a_long_list_takes_several_lines() {
    let table = built_in();
    let kind = table.kind("security.istio.io", "", "AuthorizationPolicy").unwrap();
    let paths = serde_json::json!((0..40).map(|i| format!("/a/path/of/some/length/{i}")).collect::<Vec<_>>());
    let spec = serde_json::json!({"rules": [{"to": [{"operation": {"paths": paths}}]}]});
    let object = object(kind, vec![Field { name: "spec".into(), tree: Tree::of_json(&spec, &o()) }]);
    round(table, Some(kind), &object).unwrap();
    let printed = written(table, &object, &is_ours).unwrap();
    assert!(printed.lines().count() > 10, "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 110), "{printed}");
}
