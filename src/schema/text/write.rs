//! Table → text.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use sha2::{Digest as _, Sha256};

use super::shape::INT32;
use crate::schema::table::{Field, Form, Kind, Limits, Shape, Table, Type, Unique};
use crate::schema::version::Version;

/// The text of a table. What every object has (`apiVersion`, `kind`, `metadata`) must not be in it yet.
#[must_use]
pub fn write(table: &Table) -> String {
    let mut out = String::new();
    let releases = table.kinds.first().map(|kind| kind.releases.as_slice()).unwrap_or_default();
    if !releases.is_empty() {
        line(&mut out, &format!("releases {}", join(releases, " ")));
    }
    let mut patterns = BTreeMap::new();
    let mut types = String::new();
    for ty in &table.types {
        line(&mut types, &head(ty));
        for field in &ty.fields {
            line(&mut types, &field_line(table, field, &mut patterns));
        }
    }
    for (id, pattern) in patterns {
        line(&mut out, &format!("pattern {id} {pattern}"));
    }
    for kind in table.kinds.iter().chain(&table.others) {
        line(&mut out, &kind_line(table, kind));
    }
    out + &types
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn join<T: Display>(items: &[T], separator: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}

fn kind_line(table: &Table, kind: &Kind) -> String {
    let name =
        if kind.group.is_empty() { kind.name.to_string() } else { format!("{}/{}", kind.group, kind.name) };
    let scope = if kind.namespaced { "namespaced" } else { "cluster" };
    format!("kind {name} {} {scope} {}", join(&kind.versions, ","), table.ty(kind.root).name)
}

fn head(ty: &Type) -> String {
    let mut text = format!("type {}", ty.name);
    if let Some(wrap) = &ty.wrap {
        text.push_str(" wrap=");
        text.push_str(wrap);
    }
    for group in &ty.groups {
        text.push_str(" one-of=");
        text.push_str(&join(group, ","));
    }
    if ty.open {
        text.push_str(" open");
    }
    text
}

fn field_line(table: &Table, field: &Field, patterns: &mut BTreeMap<String, Box<str>>) -> String {
    let name = |id| table.ty(id).name.to_string();
    let mut text = format!("  {}  {}", field.name, shape_text(&field.shape, &name, patterns));
    if field.required {
        text.push_str(" required");
    }
    if let Some(default) = &field.default {
        text.push_str(" default=");
        text.push_str(default);
    }
    since(&mut text, " since=", field.since);
    text
}

fn since(text: &mut String, before: &str, version: Option<Version>) {
    if let Some(version) = version {
        let _ = write!(text, "{before}{version}");
    }
}

/// The text of a shape; `name` says what a type is called, `patterns` gathers the patterns by their ids.
pub(crate) fn shape_text(
    shape: &Shape,
    name: &dyn Fn(crate::schema::table::TypeId) -> String,
    patterns: &mut BTreeMap<String, Box<str>>,
) -> String {
    let mut text = match &shape.form {
        Form::Bool => "bool".to_owned(),
        Form::Int(INT32) => "int32".to_owned(),
        Form::Int(limits) => format!("int{}", range(limits)),
        Form::Number(limits) => format!("number{}", range(limits)),
        Form::Text(limits) => {
            let mut text = format!("string{}", range(&limits.length));
            if let Some(pattern) = &limits.pattern {
                let id = short_hash(pattern);
                let _ = write!(text, " pattern={id:08x}");
                patterns.insert(format!("{id:08x}"), pattern.clone());
            }
            if let Some(format) = &limits.format {
                let _ = write!(text, " format={format}");
            }
            text
        }
        Form::Enum(choices) => {
            let choices = choices.iter().map(|choice| {
                let mut text = quoted(&choice.value);
                since(&mut text, "@", choice.since);
                text
            });
            format!("enum<{}>", choices.collect::<Vec<_>>().join(" "))
        }
        Form::IntOrString => "int-or-string".to_owned(),
        Form::List(list) => {
            let unique = match &list.unique {
                Unique::No => String::new(),
                Unique::Item => " unique".to_owned(),
                Unique::Keys(keys) => format!(" keys={}", join(keys, ",")),
            };
            format!("list<{}>{}{unique}", shape_text(&list.item, name, patterns), range(&list.length))
        }
        Form::Map(map) => format!("map<{}>{}", shape_text(&map.value, name, patterns), range(&map.length)),
        Form::Object(id) => name(*id),
        Form::AnyObject => "object".to_owned(),
        Form::Any => "any".to_owned(),
    };
    if shape.nullable {
        text.push_str(" nullable");
    }
    if let Some(multiple) = shape.multiple {
        let _ = write!(text, " multiple={multiple}");
    }
    if !shape.only.is_empty() {
        let _ = write!(text, " only={}", serde_json::Value::from(shape.only.as_slice()));
    }
    if !shape.rules.is_empty() {
        let ids: Vec<_> = shape.rules.iter().map(|rule| format!("{:08x}", rule.0)).collect();
        let _ = write!(text, " rules={}", ids.join(","));
    }
    text
}

/// The first 8 hex digits of a text's SHA-256, as a number.
pub(crate) fn short_hash(text: &str) -> u32 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(4).fold(0, |hash, byte| hash << 8 | u32::from(*byte))
}

/// An enum's value: bare where it can't be mistaken for anything else.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    serde_json::Value::from(value).to_string()
}

fn range<T: Display>(limits: &Limits<T>) -> String {
    match (&limits.min, &limits.max) {
        (None, None) => String::new(),
        (Some(min), None) => format!(" {min}.."),
        (None, Some(max)) => format!(" ..{max}"),
        (Some(min), Some(max)) => format!(" {min}..{max}"),
    }
}
