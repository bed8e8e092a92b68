//! One node of an OpenAPI schema → shape.

use serde_json::{Map as Json, Value};

use super::{Crds, Wrong};
use crate::schema::table::{
    Choice, Field, Form, Limits, List, Map, RuleId, Shape, Text, Type, TypeId, Unique,
};
use crate::schema::text::short_hash;
use crate::schema::word::kebab;

/// Deeper schemas are refused; the deepest known stays below 30.
const DEEPEST: usize = 64;

/// Fields that every object has, or that the cluster writes.
const EVERY_OBJECT: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

pub(super) struct Reader<'c> {
    crds: &'c mut Crds,
    /// The way to the node at hand, by exact names.
    path: Vec<String>,
}

impl<'c> Reader<'c> {
    pub(super) fn new(crds: &'c mut Crds, kind: &str) -> Self {
        Self { crds, path: vec![kind.to_owned()] }
    }

    /// The type of a whole object, without what every object has.
    pub(super) fn root(&mut self, schema: &Value) -> Result<TypeId, Wrong> {
        let Some(schema) = schema.as_object() else {
            return Err(Wrong::new("a version has no schema", &[]));
        };
        self.object(schema, true)
    }

    fn shape(&mut self, node: &Value) -> Result<Shape, Wrong> {
        let Some(node) = node.as_object() else { return Err(self.wrong("the schema is no object")) };
        if self.path.len() > DEEPEST {
            return Err(self.wrong("the schema is too deep"));
        }
        let form = self.form(node)?;
        let mut shape = Shape::of(form);
        shape.nullable = flag(node, "nullable");
        let is_number = matches!(shape.form, Form::Int(_) | Form::Number(_));
        shape.multiple = float(node, "multipleOf").filter(|multiple| is_number && *multiple > 0.0);
        if !matches!(shape.form, Form::Enum(_)) {
            shape.only = node.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        }
        shape.rules = self.rules(node, &shape.form);
        Ok(shape)
    }

    fn form(&mut self, node: &Json<String, Value>) -> Result<Form, Wrong> {
        if flag(node, "x-kubernetes-int-or-string") {
            return Ok(Form::IntOrString);
        }
        Ok(match node.get("type").and_then(Value::as_str) {
            Some("boolean") => Form::Bool,
            Some("integer") => Form::Int(int_limits(node)),
            Some("number") => {
                Form::Number(Limits { min: float(node, "minimum"), max: float(node, "maximum") })
            }
            Some("string") => match node.get("enum").and_then(Value::as_array) {
                Some(values) => Form::Enum(
                    values
                        .iter()
                        .filter_map(Value::as_str)
                        .map(|value| Choice { value: value.into(), since: None })
                        .collect(),
                ),
                None => Form::Text(Text {
                    length: counts(node, "minLength", "maxLength"),
                    pattern: text(node, "pattern"),
                    format: text(node, "format"),
                }),
            },
            Some("array") => self.list(node)?,
            Some("object") => self.object_form(node)?,
            Some(other) => return Err(self.wrong(&format!("`{other}` is no type"))),
            None => Form::Any,
        })
    }

    fn list(&mut self, node: &Json<String, Value>) -> Result<Form, Wrong> {
        let items = node.get("items").ok_or_else(|| self.wrong("a list without `items`"))?;
        let item = self.below("[]", items)?;
        let unique = match text(node, "x-kubernetes-list-type").as_deref() {
            Some("set") => Unique::Item,
            Some("map") => Unique::Keys(names(node.get("x-kubernetes-list-map-keys"))),
            _ => Unique::No,
        };
        Ok(Form::List(Box::new(List { item, length: counts(node, "minItems", "maxItems"), unique })))
    }

    fn object_form(&mut self, node: &Json<String, Value>) -> Result<Form, Wrong> {
        let known =
            node.get("properties").and_then(Value::as_object).is_some_and(|fields| !fields.is_empty());
        if known {
            return Ok(Form::Object(self.object(node, false)?));
        }
        let value = match node.get("additionalProperties") {
            Some(value @ Value::Object(_)) => self.below("{}", value)?,
            Some(Value::Bool(true)) => Shape::of(Form::Any),
            _ if opens(node) => return Ok(Form::AnyObject),
            _ => return Ok(Form::Object(self.object(node, false)?)),
        };
        let length = counts(node, "minProperties", "maxProperties");
        Ok(Form::Map(Box::new(Map { value, length })))
    }

    /// An object with known fields, none of them for `useSourceIp {}`.
    fn object(&mut self, node: &Json<String, Value>, root: bool) -> Result<TypeId, Wrong> {
        let required = names(node.get("required"));
        let mut ty = Type { groups: groups(node).unwrap_or_default(), open: opens(node), ..Type::default() };
        let fields = node.get("properties").and_then(Value::as_object);
        for (name, node) in fields.into_iter().flatten() {
            if root && EVERY_OBJECT.contains(&name.as_str()) {
                continue;
            }
            ty.fields.push(Field {
                name: name.as_str().into(),
                word: kebab(name).into(),
                shape: self.below(name, node)?,
                required: required.iter().any(|required| **required == **name),
                default: node.get("default").map(|default| default.to_string().into()),
                since: None,
            });
        }
        if let [only] = ty.fields.as_slice()
            && only.shape.form.is_scalar()
            && !root
            && !ty.open
        {
            ty.wrap = Some(only.name.clone());
        }
        let id = u32::try_from(self.crds.table.types.len()).map_err(|_| self.wrong("too many types"))?;
        self.crds.table.types.push(ty);
        Ok(TypeId(id))
    }

    fn below(&mut self, name: &str, node: &Value) -> Result<Shape, Wrong> {
        self.path.push(name.to_owned());
        let shape = self.shape(node);
        self.path.pop();
        shape
    }

    /// A mistake at the node at hand, with the way there from the schema of the whole object.
    fn wrong(&self, message: &str) -> Wrong {
        let steps = self.path.iter().skip(1).flat_map(|name| match name.as_str() {
            "[]" => vec!["items".to_owned()],
            "{}" => vec!["additionalProperties".to_owned()],
            name => vec!["properties".to_owned(), name.to_owned()],
        });
        let names =
            self.path.get(1..).unwrap_or_default().join(".").replace(".[]", "[]").replace(".{}", "{}");
        let place = if names.is_empty() { "the schema".to_owned() } else { format!("`{names}`") };
        Wrong { message: format!("{place}: {message}"), way: steps.collect() }
    }

    /// What a node asks beyond form and limits. What this reader has no form for becomes a rule that nobody checks.
    fn rules(&mut self, node: &Json<String, Value>, form: &Form) -> Vec<RuleId> {
        let mut texts = Vec::new();
        let cel = node.get("x-kubernetes-validations").and_then(Value::as_array);
        for rule in cel.into_iter().flatten().filter_map(|rule| rule["rule"].as_str()) {
            texts.push(rule.to_owned());
        }
        let object = matches!(form, Form::Object(_));
        for (key, value) in node {
            let opaque = match key.as_str() {
                "oneOf" | "allOf" => !object || groups(node).is_none(),
                "anyOf" => *form != Form::IntOrString,
                "not" | "uniqueItems" => true,
                "multipleOf" => !matches!(form, Form::Int(_) | Form::Number(_)),
                "exclusiveMinimum" | "exclusiveMaximum" => *value == true && !matches!(form, Form::Int(_)),
                "pattern" => *form == Form::IntOrString,
                "minProperties" | "maxProperties" => object,
                _ => false,
            };
            // What it excludes stands beside it.
            let said = match key.as_str() {
                "exclusiveMinimum" => node.get("minimum"),
                "exclusiveMaximum" => node.get("maximum"),
                _ => Some(value),
            };
            if let Some(said) = said.filter(|_| opaque) {
                texts.push(format!("{key}: {said}"));
            }
        }
        let mut ids: Vec<RuleId> = Vec::new();
        for text in texts {
            let id = RuleId(short_hash(&text));
            if !ids.contains(&id) {
                ids.push(id);
            }
            self.crds.rules.insert(id, text);
        }
        ids
    }
}

fn flag(node: &Json<String, Value>, key: &str) -> bool {
    node.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn opens(node: &Json<String, Value>) -> bool {
    flag(node, "x-kubernetes-preserve-unknown-fields") || flag(node, "x-kubernetes-embedded-resource")
}

fn text(node: &Json<String, Value>, key: &str) -> Option<Box<str>> {
    node.get(key).and_then(Value::as_str).map(Into::into)
}

fn names(value: Option<&Value>) -> Vec<Box<str>> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(Into::into).collect()
}

fn counts(node: &Json<String, Value>, min: &str, max: &str) -> Limits<u64> {
    let count = |key| node.get(key).and_then(Value::as_u64);
    // A least count of nothing is no limit.
    Limits { min: count(min).filter(|min| *min > 0), max: count(max) }
}

fn float(node: &Json<String, Value>, key: &str) -> Option<f64> {
    node.get(key).and_then(Value::as_f64)
}

/// The limits of a whole number, with those of its format. A limit beyond 64 bits with a sign is none.
fn int_limits(node: &Json<String, Value>) -> Limits<i64> {
    let limit = |key: &str| {
        let value = node.get(key)?;
        #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked right before")]
        let whole = |value: f64| (value.abs() < 9e18).then_some(value as i64);
        value.as_i64().or_else(|| value.as_f64().and_then(whole))
    };
    let (mut min, mut max) = (limit("minimum"), limit("maximum"));
    if flag(node, "exclusiveMinimum") {
        min = min.map(|min| min.saturating_add(1));
    }
    if flag(node, "exclusiveMaximum") {
        max = max.map(|max| max.saturating_sub(1));
    }
    if node.get("format").and_then(Value::as_str) == Some("int32") {
        min = Some(min.unwrap_or(i64::MIN).max(i64::from(i32::MIN)));
        max = Some(max.unwrap_or(i64::MAX).min(i64::from(i32::MAX)));
    }
    Limits { min, max }
}

/// The groups of which at most one field may be there, if that is all that `oneOf` and `allOf` say. Protobuf's `oneof` comes
/// as "none of them, or exactly one".
fn groups(node: &Json<String, Value>) -> Option<Vec<Vec<Box<str>>>> {
    let mut found = Vec::new();
    if let Some(one_of) = node.get("oneOf") {
        found.push(group(one_of)?);
    }
    for part in node.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        let part = part.as_object().filter(|part| part.len() == 1)?;
        found.push(group(part.get("oneOf")?)?);
    }
    found.retain(|group| group.len() > 1);
    Some(found)
}

fn group(one_of: &Value) -> Option<Vec<Box<str>>> {
    let (none, each) = one_of.as_array()?.split_first()?;
    let one = |value: &Value| {
        let fields = names(value.get("required"));
        (fields.len() == 1 && value.as_object().is_some_and(|object| object.len() == 1)).then_some(fields)
    };
    let all = |values: &[Value]| values.iter().map(one).collect::<Option<Vec<_>>>().map(|all| all.concat());
    let fields = all(each)?;
    let listed = all(none.get("not")?.get("anyOf")?.as_array()?)?;
    (fields == listed).then_some(fields)
}
