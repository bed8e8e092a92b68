//! What is said more than once where one value stands: another item is meant, a list within one text, or one of the two goes.

use super::object::{Body, Words};
use crate::schema::{Field, Form};
use crate::spec::node::context::said_again;
use crate::spec::source::Span;
use crate::spec::syntax::{Entry, Node, Scalar, Value as Written};
use crate::spec::tree::Tree;

/// Fields of one text that Envoy reads as a list with commas.
const COMMAS: [&str; 1] = ["retry-on"];

/// Fields of a matcher, of which a second one is mostly another matcher.
const MATCHERS: [&str; 3] = ["exact", "prefix", "regex"];

impl<'t> Words<'t, '_, '_> {
    /// A field's value, from all nodes of its word in an object.
    pub(super) fn of_nodes(&mut self, field: &'t Field, body: &Body<'_>, nodes: &[&Node]) -> Option<Tree> {
        let [first, rest @ ..] = nodes else { return None };
        if matches!(field.shape.form, Form::List(_)) {
            return self.value(&field.shape, &field.word, nodes);
        }
        for again in rest {
            self.said_again(field, body, (first.name.span(), again.name.span()));
            self.broken.push(first.name.span());
        }
        self.value(&field.shape, &field.word, &[*first])
    }

    /// Complains about a field that is said again in one object.
    pub(super) fn said_again(&mut self, field: &Field, body: &Body<'_>, places: (Span, Span)) {
        let named = body.properties.iter().filter(|(key, _)| key.as_str() == &*field.word);
        let mut values: Vec<&Written> = named.map(|(_, value)| *value).collect();
        for child in body.children.iter().filter(|child| child.name.as_str() == &*field.word) {
            if let [Entry { key: None, value }] = child.entries.as_slice() {
                values.push(value);
            }
        }
        let help = self.for_each(&field.word, &values).unwrap_or_else(|| "keep one of the two".to_owned());
        said_again(self.cx, &field.word, places, help);
    }

    /// How several values of a field of one value are said, if that can be what is meant.
    pub(super) fn for_each(&self, word: &str, values: &[&Written]) -> Option<String> {
        let texts: Vec<&str> = values
            .iter()
            .filter_map(|value| match &value.scalar {
                Scalar::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        if COMMAS.contains(&word) && texts.len() == values.len() && !texts.is_empty() {
            return Some(format!("its values stand in one text, with commas: `\"{}\"`", texts.join(",")));
        }
        let is_matcher = MATCHERS.contains(&word);
        if let Some(item) = self.path.item(0) {
            let each = values.iter().map(|value| format!("{item} {word}={}", self.cx.written(value.span)));
            let each: Vec<String> = each.collect();
            return Some(match is_matcher && each.len() > 1 {
                true => format!("write a node for each: `{}`", each.join("; ")),
                false => format!("keep one of the two, or write a `{item}` for each"),
            });
        }
        let item = self.path.item(1).filter(|_| is_matcher)?;
        Some(format!("write a `{item}` for each"))
    }
}
