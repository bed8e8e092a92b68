//! The line of a place in a YAML text. Only needed once something is wrong with it, so the text is read a second time.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Options, Spanned};

/// The line, from 1, of the last step of a way that is there. The first step is the number of the document; numbers stand
/// for items of lists.
pub(super) fn line(text: &str, options: Options, way: &[String]) -> Option<usize> {
    let documents: Vec<Node> = serde_saphyr::from_multiple_with_options(text, options).ok()?;
    let (document, way) = way.split_first()?;
    let mut node = documents.get(document.parse::<usize>().ok()?)?;
    let mut found = node.line;
    for step in way {
        let below = match &node.inner {
            Inner::Map(fields) => fields.iter().find(|(key, ..)| key == step),
            Inner::List(items) => step.parse::<usize>().ok().and_then(|i| items.get(i)),
            Inner::Scalar => None,
        };
        let Some((_, line, next)) = below else { break };
        (found, node) = (*line, next);
    }
    usize::try_from(found).ok().filter(|line| *line > 0)
}

/// A value and where it is defined.
struct Node {
    line: u64,
    inner: Inner,
}

/// Keys or items with the lines where they stand.
enum Inner {
    Map(Vec<(String, u64, Node)>),
    List(Vec<(String, u64, Node)>),
    Scalar,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, defined, .. } = Spanned::<Inner>::deserialize(deserializer)?;
        Ok(Self { line: Location::line(&defined), inner: value })
    }
}

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Inner;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Inner, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Node>()? {
            fields.push((key.value, key.defined.line(), value));
        }
        Ok(Inner::Map(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Inner, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Node>()? {
            items.push((String::new(), item.line, item));
        }
        Ok(Inner::List(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Inner, E> {
        Ok(Inner::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Inner, E> {
        Ok(Inner::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Inner, E> {
        Ok(Inner::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Inner, E> {
        Ok(Inner::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Inner, E> {
        Ok(Inner::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Inner, E> {
        Ok(Inner::Scalar)
    }

    fn visit_none<E>(self) -> Result<Inner, E> {
        Ok(Inner::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Inner, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Inner, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, data: A) -> Result<Inner, A::Error> {
        data.variant::<IgnoredAny>().map(|_| Inner::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_line_also_behind_an_alias() {
        let text = "a: 1\n---\nb:\n- c: &x\n    d: {e: true}\n- c: *x\n- 'q'\n";
        let at = |way: &str| {
            let way: Vec<_> = way.split('.').map(str::to_owned).collect();
            line(text, Options::default(), &way)
        };
        assert_eq!(at("0"), Some(1));
        assert_eq!(at("1.b"), Some(3));
        assert_eq!(at("1.b.0.c"), Some(4));
        assert_eq!(at("1.b.0.c.d.e"), Some(5));
        assert_eq!(at("1.b.1.c.d.e"), Some(5));
        assert_eq!(at("1.b.2"), Some(7));
        assert_eq!(at("1.b.2.nothing.here"), Some(7));
        assert_eq!(at("2"), None);
    }
}
