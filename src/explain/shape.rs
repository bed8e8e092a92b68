//! What a value may be, in a reader's words.

use serde_json::Value;

use crate::diag::suggest::list;
use crate::schema::duration::is_pattern;
use crate::schema::overlay::{Role, role};
use crate::schema::table::{Choice, Limits, RuleId, Unique};
use crate::schema::{Form, Kind, Shape, Table, Type};

/// The limits of a port.
const PORTS: Limits<i64> = Limits { min: Some(1), max: Some(65535) };

/// How many words a line lists, and how many characters they may be, before it only counts them.
const LISTED: (usize, usize) = (4, 32);
/// The limits of `int32`.
const INT32: Limits<i64> = Limits { min: Some(i32::MIN as i64), max: Some(i32::MAX as i64) };

/// A shape at a place, described by what is known there.
#[derive(Clone, Copy)]
pub(super) struct At<'t, 'w> {
    /// What is known.
    pub(super) table: &'t Table,
    /// The kind it is in.
    pub(super) kind: &'t Kind,
    /// The exact names that lead to it.
    pub(super) way: &'w [&'t str],
    /// Whether the words of an enum are listed; else they are said elsewhere.
    pub(super) lists_words: bool,
}

impl<'t> At<'t, '_> {
    /// What a string or number is here beyond being one.
    pub(super) fn role(&self, shape: &Shape) -> Option<Role> {
        let known = role(&self.kind.group, &self.kind.name, self.way.iter().copied());
        let has = |rule: RuleId| shape.innermost().rules.contains(&rule);
        let is_length = || pattern(shape).is_some_and(is_pattern);
        known
            .or_else(|| (has(RuleId::DURATION) || is_length()).then_some(Role::Duration))
            .or_else(|| has(RuleId::PORT).then_some(Role::Port))
    }

    /// What it may be, in a few words: `list of text`.
    pub(super) fn short(&self, shape: &'t Shape) -> String {
        match &shape.form {
            Form::List(list) => format!("list of {}", self.items(&list.item)),
            Form::Map(map) => format!("map of {}", self.items(&map.value)),
            _ => match self.table.object(shape).and_then(Type::wrapped) {
                Some(inner) => self.short(&inner.shape),
                None => self.one(shape),
            },
        }
    }

    fn items(&self, shape: &'t Shape) -> String {
        match &shape.form {
            Form::Object(_) if self.table.object(shape).and_then(Type::wrapped).is_none() => {
                "objects".to_owned()
            }
            Form::List(list) => format!("lists of {}", self.items(&list.item)),
            Form::Map(map) => format!("maps of {}", self.items(&map.value)),
            Form::AnyObject => "objects".to_owned(),
            Form::Enum(_) if !self.lists_words => "words".to_owned(),
            _ if self.lists_words && !shape.only.is_empty() => self.short(shape),
            Form::Int(_) => "whole numbers".to_owned(),
            Form::Number(_) => "numbers".to_owned(),
            _ => self.short(shape),
        }
    }

    fn one(&self, shape: &Shape) -> String {
        if self.lists_words && !shape.only.is_empty() {
            return short_list(shape.only.iter().map(plain).collect(), "values");
        }
        match &shape.form {
            Form::Bool => "true or false".to_owned(),
            Form::Int(_) => "whole number".to_owned(),
            Form::Number(_) => "number".to_owned(),
            Form::Text(text) => match (text.format.as_deref(), self.role(shape)) {
                (Some("byte"), _) => "base64".to_owned(),
                (Some("date-time"), _) => "moment".to_owned(),
                (_, Some(Role::Duration)) => "length of time".to_owned(),
                _ => "text".to_owned(),
            },
            Form::Enum(_) if !self.lists_words => "word".to_owned(),
            Form::Enum(choices) => {
                let written = |choice: &Choice| match &*choice.value {
                    "" => "\"\"".to_owned(),
                    word => word.to_owned(),
                };
                short_list(choices.iter().map(written).collect(), "words")
            }
            Form::IntOrString => "whole number or text".to_owned(),
            Form::AnyObject => "object of any fields".to_owned(),
            Form::Any => "anything".to_owned(),
            Form::Object(_) | Form::List(_) | Form::Map(_) => "object".to_owned(),
        }
    }

    /// What it may be, with every limit: `list of text, 1 to 16 items, each of 1 to 253 characters`.
    pub(super) fn long(&self, shape: &'t Shape) -> String {
        let mut text = self.short(shape);
        if matches!(shape.form, Form::Map(_)) {
            text.push_str(" with keys of your own");
        }
        let wrapped = self.table.object(shape.innermost()).and_then(Type::wrapped);
        let mut way = self.way.to_vec();
        way.extend(wrapped.map(|inner| &*inner.name).filter(|name| self.way.last() != Some(name)));
        let value = At { way: &way, ..*self };
        let mut limits = value.limits(match &shape.form {
            Form::Object(_) => wrapped.map_or(shape, |inner| &inner.shape),
            _ => shape,
        });
        match &shape.form {
            Form::List(list) => limits.extend(value.each(&list.item)),
            Form::Map(map) => limits.extend(value.each(&map.value)),
            _ => {}
        }
        for limit in limits {
            text.push_str(", ");
            text.push_str(&limit);
        }
        if let Some(inner) = wrapped {
            text.push_str(&format!("; stands for an object with the field `{}`", inner.name));
        }
        text
    }

    /// The limits of each item, or of each value of a map.
    fn each(&self, item: &'t Shape) -> Vec<String> {
        let inner = self.table.object(item).and_then(Type::wrapped).map_or(item, |inner| &inner.shape);
        self.limits(inner).into_iter().map(|limit| format!("each {limit}")).collect()
    }

    /// The limits of a value itself.
    fn limits(&self, shape: &Shape) -> Vec<String> {
        let found = match &shape.form {
            Form::Int(_) if self.role(shape) == Some(Role::Port) => [range(&PORTS), String::new()],
            Form::Int(INT32) => ["32 bits".to_owned(), String::new()],
            Form::Int(limits) => [range(limits), String::new()],
            Form::Number(limits) => [range(limits), String::new()],
            Form::Text(_) if self.role(shape) == Some(Role::Duration) => {
                ["such as \"5s\" or \"1m30s\"".to_owned(), String::new()]
            }
            Form::Text(text) => [counted(&text.length, "character", "characters"), String::new()],
            Form::List(list) => {
                let unique = match &list.unique {
                    Unique::No => String::new(),
                    Unique::Item => "no item twice".to_owned(),
                    Unique::Keys(keys) => {
                        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                        format!("no two with the same {}", self::list(&keys, "and"))
                    }
                };
                [counted(&list.length, "item", "items"), unique]
            }
            Form::Map(map) => [counted(&map.length, "entry", "entries"), String::new()],
            _ => Default::default(),
        };
        found.into_iter().filter(|limit| !limit.is_empty()).collect()
    }
}

/// A few words, or how many there are.
fn short_list(words: Vec<String>, called: &str) -> String {
    let listed = list(&words, "or");
    if words.len() <= LISTED.0 && listed.len() <= LISTED.1 {
        return listed;
    }
    format!("one of {} {called}", words.len())
}

/// A value as a person reads it.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn range<T: std::fmt::Display>(limits: &Limits<T>) -> String {
    match (&limits.min, &limits.max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("from {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => String::new(),
    }
}

fn counted(limits: &Limits<u64>, one: &str, many: &str) -> String {
    match (limits.min.filter(|min| *min > 0), limits.max) {
        (Some(1), None) => "not empty".to_owned(),
        (Some(min), Some(max)) if min == max => format!("{min} {}", if max == 1 { one } else { many }),
        (Some(min), Some(max)) => format!("{min} to {max} {many}"),
        (Some(min), None) => format!("at least {min} {many}"),
        (None, Some(max)) => format!("at most {max} {}", if max == 1 { one } else { many }),
        (None, None) => String::new(),
    }
}

/// The words of an enum, within a list or map too.
pub(super) fn choices(shape: &Shape) -> &[Choice] {
    match &shape.innermost().form {
        Form::Enum(choices) => choices,
        _ => &[],
    }
}

/// The only values that there are, within a list or map too.
pub(super) fn only(shape: &Shape) -> &[Value] {
    &shape.innermost().only
}

/// The pattern of a string, within a list or map too.
pub(super) fn pattern(shape: &Shape) -> Option<&str> {
    match &shape.innermost().form {
        Form::Text(text) => text.pattern.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Field, built_in};

    /// Groups and kinds, fields, and their types, short and long.
    const TYPES: &str = "\
networking.istio.io/VirtualService spec.http | list of objects | list of objects
networking.istio.io/VirtualService spec.http.timeout | length of time | length of time, such as \"5s\" or \"1m30s\"
networking.istio.io/Sidecar spec.inboundConnectionPool.tcp.idleTimeout | length of time | length of time, such as \"5s\" or \"1m30s\"
networking.istio.io/VirtualService spec.http.retries.attempts | whole number | whole number, 32 bits
networking.istio.io/ServiceEntry spec.hosts | list of text | list of text, 1 to 256 items
networking.istio.io/ServiceEntry spec.ports | list of objects | list of objects, at most 256 items, no two with the same `name`
networking.istio.io/EnvoyFilter spec.workloadSelector.labels | map of text | map of text with keys of your own, at most 256 entries, each at most 63 characters
networking.istio.io/EnvoyFilter spec.configPatches.patch.value | object of any fields | object of any fields
networking.istio.io/VirtualService spec.http.route.destination.port | whole number | whole number, 1 to 65535; stands for an object with the field `number`
security.istio.io/PeerAuthentication spec.mtls | one of 4 words | word; stands for an object with the field `mode`
security.istio.io/AuthorizationPolicy spec.action | ALLOW, DENY, AUDIT or CUSTOM | word
telemetry.istio.io/Telemetry spec.tracing.providers | list of text | list of text, each not empty; stands for an object with the field `name`
networking.istio.io/ServiceEntry spec.endpoints.ports | map of whole numbers | map of whole numbers with keys of your own, at most 128 entries, each 1 to 65535
/Service spec.ipFamilies | list of IPv4 or IPv6 | list of words, at most 2 items
/Service spec.ports.targetPort | whole number or text | whole number or text
gateway.networking.k8s.io/HTTPRoute spec.rules.filters.requestRedirect.statusCode | one of 5 values | whole number
/Secret data | map of base64 | map of base64 with keys of your own
";

    /// The type of a field, short and long.
    fn said(kind: &str, way: &str) -> [String; 2] {
        let table = built_in();
        let (group, name) = kind.split_once('/').unwrap();
        let kind = table.kind(group, "", name).unwrap();
        let mut ty = Some(table.ty(kind.root));
        let mut fields: Vec<&Field> = Vec::new();
        for name in way.split('.') {
            let field = ty.unwrap().field(name).unwrap();
            ty = table.object(field.shape.innermost());
            fields.push(field);
        }
        let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
        let shape = &fields.last().unwrap().shape;
        let at = At { table, kind, way: &names, lists_words: true };
        [at.short(shape), At { lists_words: false, ..at }.long(shape)]
    }

    #[test]
    fn types_are_said_with_their_limits() {
        for line in TYPES.lines() {
            let parts: Vec<&str> = line.split(" | ").collect();
            let (kind, way) = parts[0].split_once(' ').unwrap();
            assert_eq!(said(kind, way), [parts[1], parts[2]], "{line}");
        }
    }
}
