//! What templates see.
//!
//! A template of a resource has these variables:
//!
//! | name | what |
//! |---|---|
//! | `resource` | the whole object, fields in their order |
//! | `apiVersion`, `kind`, `metadata`, `spec` | its fields of these names, where it has them |
//! | `word`, `name` | the node of the spec that the resource comes from, as `gateway` and `bookinfo-gateway` |
//!
//! A template of the user's own below `domain/`, `host/`, `service/` or `gateway/` has the object's facts under the folder's
//! name (`host.name`); one below `once/` has all of them as `project`. What the facts are is for the model to say.
//!
//! Everything is made of ordered lists of pairs; a `HashMap` would give another order each time.

use minijinja::Value as Seen;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind};

use crate::resource::{Tree, Value};
use crate::spec::Origin;

/// The variables of a template for a resource.
pub(super) fn of_resource(tree: &Tree, word: &str, name: &str) -> Seen {
    let own = ["apiVersion", "kind", "metadata", "spec"];
    let fields = own.into_iter().filter_map(|field| tree.get(field).map(|value| (field, seen(value))));
    let more = [("resource", seen(tree)), ("word", Seen::from(word)), ("name", Seen::from(name))];
    Seen::from_pairs(fields.chain(more))
}

/// The variables of a template of the user's own.
pub(super) fn of_facts(word: &'static str, facts: &Tree) -> Seen {
    Seen::from_pairs([(word, seen(facts))])
}

/// A tree as templates see it, without its origins.
fn seen(tree: &Tree) -> Seen {
    match &tree.value {
        Value::Null => Seen::from(()),
        Value::Bool(value) => Seen::from(*value),
        Value::Int(value) => Seen::from(*value),
        Value::Float(value) => Seen::from(*value),
        Value::String(text) => Seen::from(text.as_ref()),
        Value::List(items) => items.iter().map(seen).collect(),
        Value::Map(fields) => {
            Seen::from_pairs(fields.iter().map(|field| (field.name.as_ref(), seen(&field.tree))))
        }
    }
}

/// What a template computed, as a tree again.
pub(super) fn unseen(value: &Seen) -> Result<Tree, Error> {
    let origin = Origin::default_of("template");
    let refuse = |what: String| Err(Error::new(ErrorKind::InvalidOperation, what));
    match value.kind() {
        ValueKind::None => Ok(Tree { value: Value::Null, origin }),
        ValueKind::Bool => Ok(Tree::bool(value.is_true(), &origin)),
        ValueKind::Number if value.is_integer() => match value.as_i64() {
            Some(number) => Ok(Tree::int(number, &origin)),
            None => refuse(format!("{value} is no 64-bit number")),
        },
        ValueKind::Number => Ok(Tree { value: Value::Float(f64::try_from(value.clone())?), origin }),
        ValueKind::String => Ok(Tree::string(value.as_str().unwrap_or_default().to_owned(), &origin)),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter()?.map(|item| unseen(&item)).collect::<Result<_, _>>()?;
            Ok(Tree::list(items, &origin))
        }
        ValueKind::Map => {
            let mut map = Tree::map(&origin);
            for key in value.try_iter()? {
                let Some(name) = key.as_str() else {
                    return refuse(format!("a field's name must be a string, not {key}"));
                };
                map = map.with(name.to_owned(), unseen(&value.get_item(&key)?)?);
            }
            Ok(map)
        }
        ValueKind::Undefined => {
            Err(Error::new(ErrorKind::UndefinedError, "what goes into this filter is undefined"))
        }
        kind => refuse(format!("a value of type {kind} can't stand in YAML")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Field;

    #[test]
    fn what_templates_see_comes_back_in_the_same_order() {
        let o = Origin::default_of("template");
        let tree = Tree::map(&o)
            .with("z", Tree::int(i64::MIN, &o))
            .with(
                "a",
                Tree::list(vec![Tree::bool(true, &o), Tree { value: Value::Null, origin: o.clone() }], &o),
            )
            .with("on", Tree::string("on", &o))
            .with("f", Tree { value: Value::Float(1.0), origin: o.clone() })
            .with("", Tree::map(&o));
        assert_eq!(unseen(&seen(&tree)).unwrap(), tree);
    }

    #[test]
    fn many_fields_keep_their_order() {
        let o = Origin::default_of("template");
        let field = |i: i64| Field { name: format!("{}", (i * 7919) % 1009).into(), tree: Tree::int(i, &o) };
        let tree = Tree { value: Value::Map((0..500).map(field).collect()), origin: o.clone() };
        assert_eq!(unseen(&seen(&tree)).unwrap(), tree);
    }

    #[test]
    fn a_resource_without_spec_has_no_spec() {
        let o = Origin::default_of("test");
        let context = of_resource(&Tree::map(&o).with("kind", Tree::string("X", &o)), "word", "name");
        assert!(context.get_attr("spec").unwrap().is_undefined());
        assert_eq!(context.get_attr("kind").unwrap().as_str(), Some("X"));
        assert_eq!(context.get_attr("name").unwrap().as_str(), Some("name"));
    }
}
