//! Values without a name where only fields may stand: the field that is meant, and how it is written.

use super::complain::listed;
use super::labels::is_labels;
use super::object::Words;
use super::print::identifier;
use super::value::fold_value;
use crate::diag::{Code, Diagnostic};
use crate::schema::{Field, Form, Type};
use crate::spec::syntax::{Node, Scalar, Value as Written};

impl<'t> Words<'t, '_, '_> {
    /// Complains about a value without a name where only fields may stand; of those of `ty`, one may be what is meant.
    pub(crate) fn takes_no_values(&mut self, ty: Option<&Type>, node: &Node) -> bool {
        let Some(value) = node.entries.iter().find(|entry| entry.key.is_none()).map(|entry| &entry.value)
        else {
            return true;
        };
        let token = self.cx.written(value.span).to_owned();
        let word = node.name.as_str();
        let bare = matches!(value.scalar, Scalar::Text(_)) && !token.contains(['"', '#']);
        let is_field = |ty: &Type| ty.by_word(&token).is_some();
        let opened = ty.and_then(|ty| self.opened_on_line(ty, node));
        let pair = ty.and_then(|ty| label_pair(ty, node));
        let help = match (ty, ty.and_then(|ty| field_for(ty, &value.scalar))) {
            _ if opened.is_some_and(|field| *field.word == *token) => {
                format!(
                    "`{token}` opens braces of its own within those of `{word}`: `{word} {{ {token} {{ … }} }}`"
                )
            }
            (Some(ty), _) if bare && is_field(ty) => self.with_value(ty, node, value),
            (Some(ty), Some(field)) => self
                .in_turn(ty, node)
                .filter(|_| node.entries.iter().filter(|entry| entry.key.is_none()).count() > 1)
                .unwrap_or_else(|| format!("name the field: `{word} {}={token}`", field.word)),
            (None, _) if bare && written_pair(node).is_none() => {
                format!("name the field: `{word} name={token}`; one that is true is `{token}=#true`")
            }
            (None, _) => match written_pair(node) {
                Some((key, value)) => format!("its names are your own: `{word} {key}={value}`"),
                None => format!("its names are your own, and stand before the values: `{word} name={token}`"),
            },
            (Some(_), None) if pair.is_some() => pair.unwrap_or_default(),
            (Some(ty), None) => {
                let names = listed(ty, ty.fields.iter());
                match token.starts_with("\"/").then(|| self.path_in(ty)).flatten() {
                    Some(field) => format!(
                        "a path stands in `{0}`: `{word} {{ {0} exact={token} }}`; it has {names}",
                        field.word
                    ),
                    None => format!("write its fields by their names: it has {names}"),
                }
            }
        };
        self.cx.error(
            Diagnostic::error(
                Code::UNKNOWN_WORD,
                format!("{} takes fields, and {token} has no name", self.path),
            )
            .at(value.span, "a value without a name")
            .help(help),
        );
        false
    }

    /// How a field is written whose bare word stands on the line of its node, with what stands behind it there.
    fn with_value(&self, ty: &Type, node: &Node, word: &Written) -> String {
        let Scalar::Text(text) = &word.scalar else { return String::new() };
        let Some(field) = ty.by_word(text.as_str()) else { return String::new() };
        let behind = node.entries.iter().skip_while(|entry| entry.value.span != word.span).skip(1);
        let values: Vec<&Written> =
            behind.take_while(|entry| entry.key.is_none()).map(|entry| &entry.value).collect();
        match (values.as_slice(), &field.shape.form) {
            ([], Form::Bool) => {
                format!("`{0}` is a field: give it a value; one that is true is `{0}=#true`", field.word)
            }
            ([], _) if self.may_be_property(field) => {
                format!("`{0}` is a field: give it a value, as `{0}={1}`", field.word, self.value_like(field))
            }
            ([], _) => format!("`{}` is a field: write it in the braces, with what it holds", field.word),
            (values, _) => match self.usage(field, values) {
                (usage, true) => {
                    format!("a field has its value behind a `=`: `{} {usage}`", node.name.as_str())
                }
                (usage, false) => {
                    format!("write it in the braces: `{} {{ {usage} }}`", node.name.as_str())
                }
            },
        }
    }

    /// How a field is written with values, and whether it may stand so on the line of its object.
    pub(crate) fn usage(&self, field: &Field, values: &[&Written]) -> (String, bool) {
        let word = &field.word;
        let tokens: Vec<&str> = values.iter().map(|value| self.cx.written(value.span)).collect();
        let first = tokens.first().copied().unwrap_or("…");
        if self.may_be_property(field) {
            return (format!("{word}={first}"), true);
        }
        let usage = match (&field.shape.form, values, tokens.as_slice()) {
            (Form::Map(_), [Written { scalar: Scalar::Text(key), .. }, _, ..], [_, value, ..]) => {
                format!("{word} {}={value}", identifier(key.as_str()))
            }
            (Form::Map(_), ..) => format!("{word} name={first}"),
            (Form::Object(id), [value], _) => match field_for(self.table.ty(*id), &value.scalar) {
                Some(inner) => format!("{word} {}={first}", inner.word),
                None => format!("{word} {{ … }}"),
            },
            (Form::Object(id), [Written { scalar: Scalar::Text(inner), .. }, value, ..], _) => {
                match self.table.ty(*id).by_word(inner.as_str()) {
                    Some(inner) => match self.usage(inner, &[*value]) {
                        (usage, true) => format!("{word} {usage}"),
                        (usage, false) => format!("{word} {{ {usage} }}"),
                    },
                    None => format!("{word} {{ … }}"),
                }
            }
            (Form::Object(_), ..) => format!("{word} {{ … }}"),
            _ => format!("{word} {}", tokens.join(" ")),
        };
        (usage, false)
    }

    /// A value of a field, for an example.
    fn value_like(&self, field: &Field) -> &'static str {
        let form = self.wrapped_form(field);
        match form {
            Form::Int(_) | Form::Number(_) | Form::IntOrString => "5",
            Form::Bool => "#true",
            _ => "\"…\"",
        }
    }

    fn wrapped_form<'f>(&self, field: &'f Field) -> &'f Form
    where
        't: 'f,
    {
        self.table
            .object(&field.shape)
            .and_then(Type::wrapped)
            .map_or(&field.shape.form, |inner| &inner.shape.form)
    }

    /// The field that is named last on the line of its node, as if the braces behind it were the field's.
    pub(super) fn opened_on_line(&self, ty: &'t Type, node: &Node) -> Option<&'t Field> {
        let last = node.entries.last().filter(|entry| entry.key.is_none() && !node.children.is_empty())?;
        let Scalar::Text(text) = &last.value.scalar else { return None };
        let field = ty.by_word(text.as_str())?;
        (!self.may_be_property(field)).then_some(field)
    }

    /// The field of a matcher that a path is held against.
    fn path_in<'f>(&self, ty: &'f Type) -> Option<&'f Field> {
        let is_matched = |field: &&Field| {
            self.table.object(&field.shape).is_some_and(|inner| inner.field("exact").is_some())
        };
        ty.field("uri").filter(is_matched)
    }
}

/// The field that a value without a name was likely meant for: one that has it among its words, one that such values mostly
/// are for, or the first that takes it.
pub(super) fn field_for<'t>(ty: &'t Type, value: &Scalar) -> Option<&'t Field> {
    let takes = |field: &&Field| match (&field.shape.form, value) {
        (Form::Enum(choices), Scalar::Text(text)) => {
            choices.iter().any(|choice| fold_value(&choice.value) == fold_value(text.as_str()))
        }
        (Form::Text(_), Scalar::Text(_))
        | (Form::Int(_) | Form::Number(_), Scalar::Int(_))
        | (Form::Number(_), Scalar::Float(_))
        | (Form::IntOrString, Scalar::Int(_) | Scalar::Text(_)) => true,
        _ => false,
    };
    let named = |name: &str| ty.field(name).filter(takes);
    let by_word = ty.fields.iter().filter(|field| matches!(field.shape.form, Form::Enum(_))).find(takes);
    // Many objects have a name that none of their users gives: only one that must be there is meant.
    let name = || named("name").filter(|field| field.required);
    let usual = || {
        let before = ["host", "exact"].into_iter().find_map(named);
        before.or_else(name).or_else(|| ["value", "number", "address"].into_iter().find_map(named))
    };
    let required = || ty.fields.iter().filter(|field| field.required).find(takes);
    let only = || {
        let mut all = ty.fields.iter().filter(takes);
        all.next().filter(|_| all.next().is_none())
    };
    // Where lists take such values too, one of them may be meant.
    let lists = |field: &Field| matches!(&field.shape.form, Form::List(list) if list.item.form.is_scalar());
    let only = || only().filter(|_| !ty.fields.iter().any(lists));
    let field = by_word.or_else(usual).or_else(required).or_else(only)?;
    ty.by_word(&field.word)
}

/// How a label is written that stands right behind a selector's word.
fn label_pair(ty: &Type, node: &Node) -> Option<String> {
    let map = &ty.fields.iter().find(|field| is_labels(field))?.word;
    let (key, value) = written_pair(node)?;
    Some(format!("a label stands in `{map}`: `{} {{ {map} {key}={value} }}`", node.name.as_str()))
}

/// `name "key" "value"` or `name "key=value"`, as a key and a value of a spec.
fn written_pair(node: &Node) -> Option<(String, String)> {
    let texts: Vec<&str> = node
        .entries
        .iter()
        .filter_map(|entry| match &entry.value.scalar {
            Scalar::Text(text) if entry.key.is_none() => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let (key, value) = match texts.as_slice() {
        [both] => both.split_once('=').or_else(|| both.split_once(": "))?,
        [key, value] => (*key, *value),
        _ => return None,
    };
    let key = key.strip_suffix(':').filter(|rest| !rest.is_empty()).unwrap_or(key);
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let plain = plain && key.starts_with(|c: char| c.is_ascii_alphabetic());
    let key = if plain { key.to_owned() } else { format!("\"{key}\"") };
    Some((key, format!("\"{value}\"")))
}
