//! What the schemas of the user's own kinds ask beyond form and limits: `not`, `anyOf` and their like are checked by what they
//! say, rules in CEL are only told.

use serde_json::{Map, Value as Json};

use super::Fault;
use crate::diag::suggest::{self, LISTED, some};
use crate::resource::{Tree, Value};
use crate::schema::format;
use crate::sops::Pattern;

/// Something that a schema asks of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// A rule in CEL, which the API server alone checks.
    Cel(String),
    /// A word of a schema with its value.
    Schema(String, Json),
}

/// Words of a schema that are checked here.
const WORDS: [&str; 10] = [
    "oneOf",
    "allOf",
    "anyOf",
    "not",
    "uniqueItems",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "pattern",
    "minProperties",
    "maxProperties",
];

/// How much of a schema a message shows, in characters.
const LONGEST: usize = 200;

impl Asked {
    /// From the text under which a rule is known: `word: value`, or CEL.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let schema = text.split_once(": ").filter(|(word, _)| WORDS.contains(word));
        match schema.and_then(|(word, value)| Some((word.to_owned(), serde_json::from_str(value).ok()?))) {
            Some((word, value)) => Self::Schema(word, value),
            None => Self::Cel(text.to_owned()),
        }
    }

    /// What a value breaks of it. What can't be told here holds.
    #[must_use]
    pub fn broken(&self, tree: &Tree) -> Option<Fault> {
        let Self::Schema(word, value) = self else { return None };
        let holds = one(word, value, &Map::new(), tree);
        (holds == Some(false)).then(|| Fault::new(message(word, value)))
    }

    /// How a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Cel(text) => format!("`{text}`, which only the API server checks"),
            Self::Schema(word, value) => message(word, value),
        }
    }
}

/// What is asked, as the end of a sentence that begins with the value.
fn message(word: &str, value: &Json) -> String {
    let needs = |schema: &Json| -> Option<Vec<String>> {
        let words = schema.as_object().filter(|words| words.len() == 1)?;
        let names = words.get("required")?.as_array()?.iter();
        names.map(|name| Some(format!("`{}`", name.as_str()?))).collect()
    };
    let each = || -> Option<Vec<String>> {
        let needed = value.as_array()?.iter().map(needs);
        needed.map(|names| Some(names?.join(" with "))).collect()
    };
    match word {
        "anyOf" | "oneOf" if each().is_some() => {
            let how = if word == "oneOf" { "exactly one" } else { "at least one" };
            format!("must have {how} of {}", each().unwrap_or_default().join(", "))
        }
        "not" if needs(value).is_some() => {
            format!("can't have {}", needs(value).unwrap_or_default().join(" together with "))
        }
        "anyOf" | "oneOf" if phrases(value).is_some() => {
            format!("must be {}", suggest::list(&phrases(value).unwrap_or_default(), "or"))
        }
        "not" if phrase(value).is_some() => format!("can't be {}", phrase(value).unwrap_or_default()),
        "uniqueItems" => "can't have an item twice".to_owned(),
        "exclusiveMinimum" => format!("must be more than {value}"),
        "exclusiveMaximum" => format!("must be less than {value}"),
        "minProperties" => format!("must have at least {value} fields"),
        "maxProperties" => format!("must have at most {value} fields"),
        "pattern" => format!("must match `{}`", value.as_str().unwrap_or_default()),
        word => {
            let text = value.to_string();
            let more = if text.chars().count() > LONGEST { "…" } else { "" };
            let text: String = text.chars().take(LONGEST).collect();
            format!("must keep `{word}: {text}{more}` of its schema")
        }
    }
}

/// What each of some schemas asks, if all can be said shortly.
fn phrases(schemas: &Json) -> Option<Vec<String>> {
    schemas.as_array().filter(|schemas| !schemas.is_empty())?.iter().map(phrase).collect()
}

/// What a schema of one word asks a value to be, if that can be said shortly.
fn phrase(schema: &Json) -> Option<String> {
    let words = schema.as_object().filter(|words| words.len() == 1)?;
    let (word, said) = words.iter().next()?;
    match word.as_str() {
        "enum" => Some(suggest::list(&values(said.as_array()?), "or")),
        "format" => Some(format!("of the format `{}`", said.as_str()?)),
        "pattern" => Some(format!("text that matches `{}`", said.as_str()?)),
        "type" => match said.as_str()? {
            "string" => Some("text".to_owned()),
            "integer" => Some("a whole number".to_owned()),
            "number" => Some("a number".to_owned()),
            "boolean" => Some("true or false".to_owned()),
            "array" => Some("a list".to_owned()),
            "object" => Some("an object".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// Values as a schema writes them, each in ticks; of very many the first ones and their number.
pub(crate) fn values(values: &[Json]) -> Vec<String> {
    let all: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    some(&all, LISTED)
}

/// Whether a value keeps a schema; nothing where that can't be told.
fn holds(schema: &Json, tree: &Tree) -> Option<bool> {
    let Json::Object(words) = schema else { return schema.as_bool() };
    all(words.iter().map(|(word, value)| one(word, value, words, tree)))
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut found = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => found = None,
        }
    }
    found
}

/// Whether a value keeps one word of a schema; `beside` are the words around it.
fn one(word: &str, said: &Json, beside: &Map<String, Json>, tree: &Tree) -> Option<bool> {
    let schemas = || said.as_array().map(Vec::as_slice).unwrap_or_default();
    match word {
        "allOf" => all(schemas().iter().map(|schema| holds(schema, tree))),
        "anyOf" => {
            let none = all(schemas().iter().map(|schema| holds(schema, tree).map(|holds| !holds)));
            none.map(|none| !none)
        }
        "oneOf" => {
            let kept: Vec<_> = schemas().iter().map(|schema| holds(schema, tree)).collect();
            let sure = kept.iter().filter(|kept| **kept == Some(true)).count();
            if sure > 1 {
                return Some(false);
            }
            (!kept.contains(&None)).then_some(sure == 1)
        }
        "not" => holds(said, tree).map(|holds| !holds),
        "enum" => Some(schemas().iter().any(|value| same(value, tree))),
        "title" | "description" => Some(true),
        _ => match &tree.value {
            Value::Map(_) => object(word, said, tree),
            Value::List(items) => list(word, said, items),
            Value::String(text) => string(word, said, text),
            #[expect(clippy::cast_precision_loss, reason = "the API server compares such numbers too")]
            Value::Int(value) => number(word, said, beside, *value as f64, true),
            Value::Float(value) => number(word, said, beside, *value, value.fract() == 0.0),
            Value::Bool(_) => other(word, said, "boolean"),
            Value::Null => None,
        },
    }
}

/// Words about values of other types hold.
fn other(word: &str, said: &Json, ty: &str) -> Option<bool> {
    const KNOWN: [&str; 20] = [
        "required",
        "properties",
        "additionalProperties",
        "minProperties",
        "maxProperties",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "nullable",
        "default",
    ];
    match word {
        "type" => said.as_str().map(|said| said == ty),
        word => KNOWN.contains(&word).then_some(true),
    }
}

fn object(word: &str, said: &Json, tree: &Tree) -> Option<bool> {
    let field = |name: &str| tree.get(name).filter(|tree| tree.value != Value::Null);
    let Value::Map(fields) = &tree.value else { return None };
    match word {
        "required" => {
            let names = said.as_array()?.iter().filter_map(Json::as_str);
            Some(names.into_iter().all(|name| field(name).is_some()))
        }
        "properties" => {
            let there = said.as_object()?.iter().filter_map(|(name, schema)| Some((schema, field(name)?)));
            all(there.map(|(schema, tree)| holds(schema, tree)))
        }
        "minProperties" => Some(fields.len() as u64 >= said.as_u64()?),
        "maxProperties" => Some(fields.len() as u64 <= said.as_u64()?),
        "additionalProperties" => None,
        _ => other(word, said, "object"),
    }
}

fn list(word: &str, said: &Json, items: &[Tree]) -> Option<bool> {
    match word {
        "items" => all(items.iter().map(|item| holds(said, item))),
        "minItems" => Some(items.len() as u64 >= said.as_u64()?),
        "maxItems" => Some(items.len() as u64 <= said.as_u64()?),
        "uniqueItems" => {
            let twice = |(i, item): (usize, &Tree)| items.iter().take(i).any(|other| other.same(item));
            Some(*said != true || !items.iter().enumerate().any(twice))
        }
        _ => other(word, said, "array"),
    }
}

fn string(word: &str, said: &Json, text: &str) -> Option<bool> {
    match word {
        "minLength" => Some(text.chars().count() as u64 >= said.as_u64()?),
        "maxLength" => Some(text.chars().count() as u64 <= said.as_u64()?),
        "pattern" => Some(Pattern::new(said.as_str()?).ok()?.is_match(text)),
        "format" => Some(format::misses(said.as_str()?, text).is_none()),
        _ => other(word, said, "string"),
    }
}

fn number(word: &str, said: &Json, beside: &Map<String, Json>, value: f64, whole: bool) -> Option<bool> {
    let open = |word: &str| beside.get(word) == Some(&Json::Bool(true));
    match word {
        "minimum" if open("exclusiveMinimum") => Some(value > said.as_f64()?),
        "maximum" if open("exclusiveMaximum") => Some(value < said.as_f64()?),
        "minimum" => Some(value >= said.as_f64()?),
        "maximum" => Some(value <= said.as_f64()?),
        "exclusiveMinimum" | "exclusiveMaximum" if said.is_boolean() => Some(true),
        "exclusiveMinimum" => Some(value > said.as_f64()?),
        "exclusiveMaximum" => Some(value < said.as_f64()?),
        "multipleOf" => {
            let parts = value / said.as_f64().filter(|of| *of > 0.0)?;
            Some((parts - parts.round()).abs() < 1e-9)
        }
        "type" => said.as_str().map(|said| said == "number" || said == "integer" && whole),
        _ => other(word, said, "number"),
    }
}

/// Whether a value is the one that a schema writes.
pub(in crate::schema) fn same(written: &Json, tree: &Tree) -> bool {
    match (written, &tree.value) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        #[expect(clippy::cast_precision_loss, reason = "only numbers with a point are compared so")]
        (Json::Number(a), Value::Int(b)) => a.as_i64().map_or(a.as_f64() == Some(*b as f64), |a| a == *b),
        (Json::Number(a), Value::Float(b)) => a.as_f64() == Some(*b),
        (Json::String(a), Value::String(b)) => **a == **b,
        (Json::Array(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Value::Map(b)) => {
            let has = |(name, a): (&String, &Json)| tree.get(name).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(has)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::Origin;

    #[test]
    fn words_of_schemas_hold_and_break() {
        for (asked, kept, broken, says) in [
            (
                "anyOf: [{\"required\":[\"a\"]},{\"required\":[\"b\"]}]",
                json!([{"a": 1}, {"a": 1, "b": 1}]),
                json!([{}, {"c": 1}, {"a": null}]),
                "must have at least one of `a`, `b`",
            ),
            (
                "oneOf: [{\"required\":[\"a\"]},{\"required\":[\"b\",\"c\"]}]",
                json!([{"a": 1}, {"b": 1, "c": 1}, {"a": 1, "b": 1}]),
                json!([{}, {"b": 1}, {"a": 1, "b": 1, "c": 1}]),
                "must have exactly one of `a`, `b` with `c`",
            ),
            (
                "not: {\"required\":[\"a\",\"b\"]}",
                json!([{}, {"a": 1}]),
                json!([{"a": 1, "b": 1}]),
                "can't have `a` together with `b`",
            ),
            (
                "allOf: [{\"properties\":{\"a\":{\"minimum\":1}}},{\"properties\":{\"a\":{\"maximum\":3,\"exclusiveMaximum\":true}}}]",
                json!([{}, {"a": 1}, {"a": 2.9}]),
                json!([{"a": 0}, {"a": 3}]),
                "must keep `allOf: ",
            ),
            ("not: {\"enum\":[\"x\",1]}", json!(["y", 2, "1"]), json!(["x", 1]), "can't be `\"x\"` or `1`"),
            (
                "not: {\"format\":\"email\"}",
                json!(["a"]),
                json!(["a@b.example"]),
                "can't be of the format `email`",
            ),
            (
                "anyOf: [{\"format\":\"ipv4\"},{\"format\":\"hostname\"},{\"type\":\"integer\"}]",
                json!(["1.2.3.4", "a.example", 5]),
                json!(["a b"]),
                "must be of the format `ipv4`, of the format `hostname` or a whole number",
            ),
            ("exclusiveMinimum: 0.5", json!([0.6, 1]), json!([0.5, 0]), "must be more than 0.5"),
            ("exclusiveMaximum: 1.5", json!([1.4]), json!([1.5, 2]), "must be less than 1.5"),
            ("minProperties: 2", json!([{"a": 1, "b": 1}]), json!([{"a": 1}]), "at least 2 fields"),
            ("maxProperties: 1", json!([{}, {"a": 1}]), json!([{"a": 1, "b": 1}]), "at most 1 fields"),
            ("uniqueItems: true", json!([[], [1, 2]]), json!([[1, 2, 1]]), "an item twice"),
            (
                "anyOf: [{\"pattern\":\"^a\"},{\"maxLength\":2},{\"type\":\"integer\"}]",
                json!(["abcd", "xy", 5]),
                json!(["xyz"]),
                "must keep `anyOf: ",
            ),
        ] {
            let found = Asked::of(asked);
            let at = Origin::default_of("test");
            for value in kept.as_array().unwrap() {
                assert_eq!(found.broken(&Tree::of_json(value, &at)), None, "{asked} {value}");
            }
            for value in broken.as_array().unwrap() {
                let fault = found.broken(&Tree::of_json(value, &at));
                assert!(fault.is_some_and(|fault| fault.message.contains(says)), "{asked} {value}");
            }
        }
    }

    /// What is not known here is the API server's to refuse.
    #[test]
    fn what_cannot_be_told_holds() {
        let at = Origin::default_of("test");
        for asked in ["self.a > 1", "not: {\"x-new\":1}", "anyOf: [{\"x-new\":1},{\"maxLength\":1}]"] {
            assert_eq!(Asked::of(asked).broken(&Tree::of_json(&json!("abc"), &at)), None, "{asked}");
        }
        assert!(matches!(Asked::of("oneOf: x"), Asked::Cel(_)));
    }
}
