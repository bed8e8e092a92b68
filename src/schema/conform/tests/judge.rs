//! Objects for the API server to judge: `tests/rig/judge` reads them with what is said of them here, and compares.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::*;
use crate::schema::TypeId;
use crate::schema::table::{Limits, Text};

/// What strings are made of: good ones first, then those that some field does not take.
const TEXTS: [&str; 25] = [
    "a",
    "1s",
    "https://a.example/x",
    "10.0.0.0/8",
    "1.2.3.4",
    "*",
    "*.example.com",
    "a.example",
    "80",
    "-",
    "",
    "0s",
    "5ms",
    "HTTP",
    "HOST",
    "x/y",
    "a b",
    "unix:///a",
    "AAAA",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "2026-11-25T12:00:00Z",
    "oci://a/b:1",
    "443",
    "a_b",
    "A",
];

/// What a field of a name mostly holds, so that istiod takes it.
const LIKELY: &[(&str, &[&str])] = &[
    ("kind", &["Service"]),
    ("group", &[""]),
    ("protocol", &["HTTPS", "HTTP", "TLS", "CONNECT"]),
    ("hosts", &["x/a.example", "*/*", "a.example", "*.example.com"]),
    ("key", &["source.namespace", "connection.sni"]),
    ("grpcStatus", &["NOT_FOUND"]),
    ("value", &["/", "/a/b", "/a//b", "/a/../b", "/a/.", "/a%2fb", "/a#b", "a", "1.2.3.4"]),
    ("credentialName", &["", "a"]),
    ("clusterIP", &["", "None"]),
    ("clusterIPs", &["None"]),
    ("externalName", &["a.example", "a.example.", "A"]),
    ("trafficDistribution", &["PreferClose", "PreferSameZone", "x"]),
    ("externalIPs", &["1.2.3.4", "127.0.0.1", "a"]),
    ("loadBalancerSourceRanges", &["10.0.0.0/8", "10.0.0.0"]),
];

/// What a number of a name mostly is.
const LIKELY_NUMBERS: &[(&str, i64)] =
    &[("status", 503), ("httpStatus", 503), ("tableSize", 65_537), ("to", 100), ("number", 443)];

/// Fields that istiod never takes.
const NEVER: &[&str] = &[
    "VirtualService Abort.http2Error",
    "VirtualService Delay.exponentialDelay",
    "Sidecar Tls.2.credentialNames",
    "Sidecar Tls.2.tlsCertificates",
    "Sidecar TlsCertificates.caCertificates",
    "Sidecar TlsCertificates.privateKey",
    "Sidecar TlsCertificates.serverCertificate",
];

/// Throws that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    /// One of so many.
    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn value(&mut self, shape: &Shape, name: &str, depth: usize) -> Json {
        if self.one_in(150) {
            return json!([null, 1, "x", [], {}, true])[self.roll(6)].clone();
        }
        if !shape.only.is_empty() && !self.one_in(8) {
            return shape.only[self.roll(shape.only.len())].clone();
        }
        match &shape.form {
            Form::Bool => json!(self.one_in(2)),
            Form::Int(limits) => match LIKELY_NUMBERS.iter().find(|(known, _)| *known == name) {
                Some((_, likely)) if !self.one_in(4) => json!(likely),
                _ => json!(self.int(limits)),
            },
            Form::Number(_) => json!(1.5),
            Form::Text(text) => match LIKELY.iter().find(|(known, _)| *known == name) {
                Some((_, likely)) if !self.one_in(4) => json!(likely[self.roll(likely.len())]),
                _ => json!(self.text(text)),
            },
            Form::Enum(_) if self.one_in(25) => json!("x"),
            Form::Enum(choices) => json!(&*choices[self.roll(choices.len())].value),
            Form::IntOrString if self.one_in(2) => json!(8080),
            Form::IntOrString => json!(["http", "a--b", "8080", 0, 70_000])[self.roll(5)].clone(),
            Form::List(list) => {
                let least = usize::try_from(list.length.min.unwrap_or(0)).unwrap();
                let most =
                    list.length.max.filter(|most| *most < 300).map(|most| usize::try_from(most).unwrap());
                let count = match most {
                    Some(most) if self.one_in(30) => most + 1,
                    _ => least.max(self.roll(3)),
                };
                (0..count).map(|_| self.value(&list.item, name, depth.saturating_sub(1))).collect()
            }
            Form::Map(map) => {
                let entry = |dice: &mut Self| {
                    let key = if dice.one_in(2) { "a_b" } else { TEXTS[dice.roll(TEXTS.len())] };
                    (key.to_owned(), dice.value(&map.value, name, depth.saturating_sub(1)))
                };
                Json::Object((0..self.roll(3)).map(|_| entry(self)).collect())
            }
            Form::AnyObject | Form::Any => json!({"a": [1]}),
            Form::Object(id) => Json::Object(self.fields(*id, depth)),
        }
    }

    fn int(&mut self, limits: &Limits<i64>) -> i64 {
        match self.roll(5) {
            0 => limits.min.unwrap_or(-1),
            1 => limits.max.unwrap_or(100),
            2 => limits.max.map_or(0, |most| most.saturating_add(1)),
            _ => limits.min.unwrap_or(0).max(1),
        }
    }

    fn text(&mut self, text: &Text) -> String {
        match text.length.max {
            Some(most) if self.one_in(12) => "a".repeat(usize::try_from(most).unwrap() + self.roll(2)),
            _ if text.format.as_deref() == Some("byte") && !self.one_in(5) => "AAAA".to_owned(),
            _ if self.one_in(2) => TEXTS[self.roll(TEXTS.len())].to_owned(),
            _ => TEXTS[self.roll(3)].to_owned(),
        }
    }

    /// Some fields of a type, mostly those that can stand together.
    fn fields(&mut self, id: TypeId, depth: usize) -> Map<String, Json> {
        let ty = built_in().ty(id);
        let mut found = Map::new();
        for field in &ty.fields {
            let groups = ty.groups.iter().filter(|group| group.contains(&field.name));
            let excluded = groups.flatten().any(|other| found.contains_key(&**other));
            let likely = if ty.fields.len() > 8 { 5 } else { 2 };
            let wanted = depth > 0 && self.one_in(likely) && (!excluded || self.one_in(20));
            if wanted || field.required && !self.one_in(40) {
                found.insert(
                    field.name.to_string(),
                    self.value(&field.shape, &field.name, depth.saturating_sub(1)),
                );
            }
        }
        if self.one_in(200) {
            found.insert("banana".to_owned(), json!(1));
        }
        found
    }
}

fn object(dice: &mut Dice, kind: &Kind) -> Json {
    let mut object = dice.fields(kind.root, 9);
    let names = ["a", "a", "a", "a.b", "1a", "a-"];
    let name = if kind.group.is_empty() { names[dice.roll(names.len())] } else { "a" };
    let metadata =
        if kind.namespaced { json!({"name": name, "namespace": "default"}) } else { json!({"name": name}) };
    object.insert("metadata".to_owned(), metadata);
    object.insert("kind".to_owned(), json!(&*kind.name));
    object.insert("apiVersion".to_owned(), json!(kind.api_version()));
    Json::Object(object)
}

/// A field of a type.
type Place = (TypeId, String);

/// All fields below a shape.
fn reach(shape: &Shape, found: &mut BTreeSet<Place>) {
    let Form::Object(id) = shape.innermost().form else { return };
    for field in &built_in().ty(id).fields {
        if found.insert((id, field.name.to_string())) {
            reach(&field.shape, found);
        }
    }
}

/// Takes the fields out that an object uses.
fn used(shape: &Shape, json: &Json, left: &mut BTreeSet<Place>) {
    match (&shape.form, json) {
        (Form::Object(id), Json::Object(fields)) => {
            for field in built_in().ty(*id).fields.iter().filter(|field| fields.contains_key(&*field.name)) {
                left.remove(&(*id, field.name.to_string()));
                used(&field.shape, &fields[&*field.name], left);
            }
        }
        (Form::List(list), Json::Array(items)) => items.iter().for_each(|item| used(&list.item, item, left)),
        (Form::Map(map), Json::Object(fields)) => {
            fields.values().for_each(|value| used(&map.value, value, left));
        }
        _ => {}
    }
}

/// What is refused about an object: where, and what is said.
fn refused(conform: &Conform<'_>, object: &Json) -> Vec<(Vec<PathStep>, String)> {
    let found = conform.check(&Tree::of_json(object, &Origin::default_of("test")));
    let errors = found.into_iter().filter(|violation| violation.severity == Severity::Error);
    errors.map(|violation| (violation.at.clone(), violation.diagnostic("it").message)).collect()
}

/// The object without what is refused; without the whole that lacks something.
fn mended(conform: &Conform<'_>, mut object: Json) -> Option<Json> {
    for _ in 0..200 {
        let Some((path, _)) = refused(conform, &object).into_iter().next() else { return Some(object) };
        if !remove(&mut object, &path) && !remove(&mut object, path.get(..path.len() - 1)?) {
            return None;
        }
    }
    None
}

fn remove(json: &mut Json, path: &[PathStep]) -> bool {
    match path {
        [PathStep::Field(name)] => json.as_object_mut().is_some_and(|fields| fields.remove(name).is_some()),
        [PathStep::Index(i)] => match json.as_array_mut() {
            Some(items) if *i < items.len() => {
                items.remove(*i);
                true
            }
            _ => false,
        },
        [PathStep::Field(name), rest @ ..] => json.get_mut(name).is_some_and(|json| remove(json, rest)),
        [PathStep::Index(i), rest @ ..] => json.get_mut(*i).is_some_and(|json| remove(json, rest)),
        [PathStep::Item, ..] | [] => false,
    }
}

/// Every field of Istio's is in an object that is taken. With `GATEWRIGHT_JUDGE` the objects are written there, a line each.
#[test]
#[expect(clippy::disallowed_methods, reason = "for tests/rig/judge it writes a file")]
fn every_field_of_istio_stands_in_an_object_that_is_taken() {
    let conform = Conform::new(built_in(), Version::new(1, 32));
    let mut dice = Dice(7);
    let mut lines = String::new();
    // No spec holds a Secret.
    let kinds = built_in().kinds().iter().filter(|kind| &*kind.name != "Secret");
    let (core, others): (Vec<_>, Vec<_>) = kinds.partition(|kind| kind.group.is_empty());
    for kind in others.into_iter().chain(core) {
        let spec = built_in().ty(kind.root).field("spec");
        let root = Shape::of(spec.map_or(Form::Any, |spec| spec.shape.form.clone()));
        let mut left = BTreeSet::new();
        reach(&root, &mut left);
        let name = |(id, field): &Place| format!("{} {}.{field}", kind.name, built_in().ty(*id).name);
        left.retain(|place| !NEVER.contains(&name(place).as_str()));
        let is_istio = !kind.releases.is_empty();
        // Rules of Gateway API tie many fields together, and mending such objects takes long: here a few of them are enough,
        // and the full run, with what an API server says of each, is `tests/rig/judge`, which CI calls.
        let is_judged = std::env::var_os("GATEWRIGHT_JUDGE").is_some();
        let least = match *kind.group == *served::EXPERIMENTAL {
            true if is_judged => 600,
            true => 20,
            false => 200,
        };
        for n in 0..20_000 {
            if n >= least && (!is_istio || left.is_empty()) {
                break;
            }
            let first = object(&mut dice, kind);
            for object in mended(&conform, first.clone()).into_iter().chain([first]) {
                let messages: Vec<_> =
                    refused(&conform, &object).into_iter().map(|(_, message)| message).collect();
                let before = left.len();
                if messages.is_empty() {
                    used(&root, &object["spec"], &mut left);
                }
                if n >= least && left.len() == before {
                    continue;
                }
                writeln!(lines, "{}", json!({"object": object, "refused": messages})).unwrap();
            }
        }
        let left: Vec<_> = left.iter().map(name).collect();
        assert!(!is_istio || left.is_empty(), "{left:?}");
    }
    if let Some(path) = std::env::var_os("GATEWRIGHT_JUDGE") {
        std::fs::write(path, lines).unwrap();
    }
}
