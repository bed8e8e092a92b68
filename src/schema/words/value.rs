//! One KDL value → one value of a tree.

use super::object::Words;
use crate::diag::suggest::{LISTED, list, some};
use crate::diag::{Code, Diagnostic};
use crate::schema::table::Choice;
use crate::schema::{Form, Shape, duration, suggest};
use crate::spec::source::Text;
use crate::spec::syntax::{Scalar, Value as Written};
use crate::spec::tree::Value;

impl Words<'_, '_, '_> {
    /// A value that must have a form. `name` is the word that it stands behind.
    pub(super) fn scalar(&mut self, shape: &Shape, name: &str, written: &Written) -> Option<Value> {
        let form = &shape.form;
        if matches!(written.scalar, Scalar::Null) {
            return Some(Value::Null);
        }
        match (form, &written.scalar) {
            (Form::Enum(choices), Scalar::Text(text)) => return self.choice(choices, name, text),
            (Form::Text(_) | Form::IntOrString, Scalar::Text(text)) => {
                return Some(Value::String(text.as_str().to_owned().into()));
            }
            (Form::Int(_) | Form::Number(_) | Form::IntOrString, Scalar::Int(_)) => {
                return self.number(written);
            }
            (Form::Number(_), Scalar::Float(_)) => return self.number(written),
            (Form::Bool, Scalar::Bool(value)) => return Some(Value::Bool(*value)),
            _ => {}
        }
        let token = self.cx.written(written.span).to_owned();
        let is = kind(&written.scalar);
        let finding = Diagnostic::error(
            Code::WRONG_VALUE,
            format!("`{name}` takes {}, and {token} is {is}", self.expects(form)),
        )
        .at(written.span, format!("{is}, not {}", self.expects(form)));
        self.cx.error(match (form, &written.scalar) {
            (Form::Text(_), Scalar::Int(_) | Scalar::Float(_)) if duration::is_one(shape, name) => {
                finding.help(duration::with_unit(&token))
            }
            (Form::Enum(choices), _) if taken(choices, token.trim_start_matches('#')).is_none() => {
                finding.note(one_of(choices))
            }
            (Form::Text(_) | Form::Enum(_), Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_)) => {
                finding.help(format!("quote it: `\"{}\"`", token.trim_start_matches('#')))
            }
            (Form::Bool, Scalar::Text(text)) if matches!(text.as_str(), "true" | "false") => {
                finding.help(format!("write `#{}`", text.as_str()))
            }
            (Form::Int(_) | Form::Number(_), Scalar::Text(text)) if text.as_str().parse::<f64>().is_ok() => {
                finding.help(format!("write it without quotes: `{}`", text.as_str()))
            }
            _ => finding,
        });
        None
    }

    /// A value of which nothing is asked.
    pub(super) fn any_scalar(&mut self, written: &Written) -> Option<Value> {
        match &written.scalar {
            Scalar::Text(text) => Some(Value::String(text.as_str().to_owned().into())),
            Scalar::Bool(value) => Some(Value::Bool(*value)),
            Scalar::Null => Some(Value::Null),
            Scalar::Int(_) | Scalar::Float(_) => self.number(written),
        }
    }

    fn number(&mut self, written: &Written) -> Option<Value> {
        let value = match written.scalar {
            Scalar::Int(value) => i64::try_from(value).ok().map(Value::Int),
            Scalar::Float(value) if value.is_finite() => Some(Value::Float(value)),
            _ => None,
        };
        if let (None, Scalar::Float(_)) = (&value, &written.scalar) {
            let token = self.cx.written(written.span).to_owned();
            self.cx.error(
                Diagnostic::error(
                    Code::WRONG_VALUE,
                    format!("{token} is no number that a manifest can hold"),
                )
                .at(written.span, "no finite number")
                .help("write a number, or leave it out"),
            );
        } else if value.is_none() {
            let token = self.cx.written(written.span).to_owned();
            self.cx.error(
                Diagnostic::error(
                    Code::WRONG_VALUE,
                    format!("{token} is no number that a manifest can hold"),
                )
                .at(written.span, "more than 64 bits")
                .note("a whole number lies between -9223372036854775808 and 9223372036854775807"),
            );
        }
        value
    }

    /// The exact value of an enum, whatever the case and with `-`, `_` or blanks between its parts.
    fn choice(&mut self, choices: &[Choice], name: &str, text: &Text) -> Option<Value> {
        let written = text.as_str();
        if let Some(choice) = taken(choices, written) {
            return Some(Value::String(choice.value.to_string().into()));
        }
        let finding =
            Diagnostic::error(Code::UNKNOWN_WORD, format!("`{name}` in {} can't be `{written}`", self.path));
        let finding = match suggest::choice(written, choices) {
            Some(near) => finding.at(text.span(), format!("did you mean `{}`?", near.value)),
            None => finding.at(text.span(), "not known"),
        };
        self.cx.error(finding.note(one_of(choices)));
        None
    }

    /// What a form takes, for messages.
    pub(super) fn expects(&self, form: &Form) -> String {
        match form {
            Form::Bool => "`#true` or `#false`".to_owned(),
            Form::Int(_) => "a whole number".to_owned(),
            Form::Number(_) => "a number".to_owned(),
            Form::Text(_) => "text".to_owned(),
            Form::Enum(choices) => {
                let some: Vec<String> = choices
                    .iter()
                    .take(3)
                    .map(|choice| format!("`{}`", quote_if_needed(&choice.value)))
                    .collect();
                format!("one of a few words, as {}", list(&some, "or"))
            }
            Form::IntOrString => "a whole number or text".to_owned(),
            Form::List(list) => match self.wrapped(&list.item) {
                Some(_) => "values side by side".to_owned(),
                None if list.item.form.is_scalar() => "values side by side".to_owned(),
                None => "a node for each item".to_owned(),
            },
            Form::Map(_) => "names of your own, each with a value".to_owned(),
            Form::Object(_) => "fields".to_owned(),
            Form::AnyObject => "fields of any name".to_owned(),
            Form::Any => "anything".to_owned(),
        }
    }
}

fn kind(scalar: &Scalar) -> &'static str {
    match scalar {
        Scalar::Text(_) => "text",
        Scalar::Int(_) => "a number",
        Scalar::Float(number) if !number.is_finite() => "no finite number",
        Scalar::Float(_) => "a fraction",
        Scalar::Bool(_) => "a truth value",
        Scalar::Null => "`#null`",
    }
}

/// The value of an enum that a text stands for.
pub(super) fn taken<'c>(choices: &'c [Choice], written: &str) -> Option<&'c Choice> {
    let exact = choices.iter().find(|choice| *choice.value == *written);
    exact.or_else(|| choices.iter().find(|choice| fold_value(&choice.value) == fold_value(written)))
}

/// The values of an enum, for a note.
fn one_of(choices: &[Choice]) -> String {
    let quoted: Vec<_> =
        choices.iter().map(|choice| format!("`{}`", quote_if_needed(&choice.value))).collect();
    format!("it is one of {}", list(&some(&quoted, LISTED), "and"))
}

/// An enum's value without case, `-`, `_` and blanks.
pub(super) fn fold_value(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// An enum's value as a spec writes it.
pub(super) fn quote_if_needed(value: &str) -> String {
    let bare = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !matches!(value, "true" | "false" | "null" | "inf" | "nan");
    if bare { value.to_owned() } else { format!("\"{value}\"") }
}
