//! Strings, numbers, truth values; and values that are of another type altogether.

use serde_json::Value as Json;

use super::Walk;
use super::object::after;
use crate::diag::suggest::{LISTED, list, some};
use crate::diag::{Code, Severity};
use crate::resource::{Tree, Value};
use crate::schema::cel::{self, same};
use crate::schema::duration::{self, nanoseconds};
use crate::schema::format::misses;
use crate::schema::overlay::{self, Role};
use crate::schema::table::{Choice, Form, Limits, Shape, Text};
use crate::schema::word::kebab;
use crate::schema::{LABEL_VALUE, suggest};

impl Walk<'_> {
    /// A value against a form that is neither list nor object, or that the value does not fit.
    pub(super) fn scalar(&mut self, shape: &Shape, tree: &Tree) {
        match (&shape.form, &tree.value) {
            (Form::Bool, Value::Bool(_)) | (Form::IntOrString, Value::Int(_) | Value::String(_)) => {}
            (Form::Int(limits), Value::Int(number)) => self.limits(limits, number, tree),
            #[expect(clippy::cast_precision_loss, reason = "limits of such numbers are small")]
            (Form::Number(limits), Value::Int(number)) => self.limits(limits, &(*number as f64), tree),
            (Form::Number(limits), Value::Float(number)) => self.limits(limits, number, tree),
            (Form::Text(limits), Value::String(text)) => self.text(limits, text, tree),
            (Form::Enum(choices), Value::String(text)) => self.choice(choices, text, tree),
            _ => self.wrong_type(shape, tree),
        }
    }

    fn wrong_type(&mut self, shape: &Shape, tree: &Tree) {
        let form = &shape.form;
        let text = if matches!(tree.value, Value::String(_)) { "the text " } else { "" };
        let message = format!("must be {}, and is {text}{}", wanted(form), self.shown(tree));
        let word = self.names().next_back().map(kebab).unwrap_or_default();
        let help = match (form, &tree.value) {
            (_, Value::Int(number)) if duration::is_one(shape, &word) => {
                Some(duration::with_unit(&number.to_string()))
            }
            (_, Value::Float(number)) if duration::is_one(shape, &word) => {
                Some(duration::with_unit(&number.to_string()))
            }
            (Form::Text(_) | Form::Enum(_), Value::Int(_) | Value::Float(_) | Value::Bool(_)) => {
                Some("put it in quotes".to_owned())
            }
            (Form::Int(_) | Form::Number(_), Value::String(text)) if text.parse::<f64>().is_ok() => {
                Some("write it without quotes".to_owned())
            }
            (Form::Bool, Value::String(text)) if ["true", "false"].contains(&&**text) => {
                Some("write it without quotes; in a spec `#true` or `#false`".to_owned())
            }
            _ => None,
        };
        let violation = self.refuse(tree, message);
        violation.mark(format!("not {}", wanted(form)));
        violation.helps.extend(help);
    }

    fn limits<T: PartialOrd + std::fmt::Display>(&mut self, limits: &Limits<T>, number: &T, tree: &Tree) {
        if limits.hold(number) {
            return;
        }
        let allowed = match (&limits.min, &limits.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => return,
        };
        let shown = self.shown(tree);
        let label =
            if limits.max.as_ref().is_some_and(|max| number > max) { "too large" } else { "too small" };
        self.refuse(tree, format!("must be {allowed}, and is {shown}")).mark(label);
    }

    /// A number against what it must be a multiple of, as closely as the API server looks.
    pub(super) fn multiple(&mut self, multiple: Option<f64>, tree: &Tree) {
        let Some(multiple) = multiple else { return };
        let parts = match tree.value {
            #[expect(clippy::cast_precision_loss, reason = "the API server divides such numbers too")]
            Value::Int(number) => number as f64 / multiple,
            Value::Float(number) => number / multiple,
            _ => return,
        };
        if (parts - parts.round()).abs() > 1e-9 {
            let shown = self.shown(tree);
            let violation = self.refuse(tree, format!("must be a multiple of {multiple}, and is {shown}"));
            violation.mark(format!("no multiple of {multiple}"));
        }
    }

    /// A value against the only ones that there are.
    pub(super) fn only(&mut self, values: &[Json], tree: &Tree) {
        if values.is_empty() || values.iter().any(|value| same(value, tree)) {
            return;
        }
        let message = format!("can't be {}", self.shown(tree));
        let known = list(&cel::values(values), "and");
        self.refuse(tree, message).mark("not one of its values").note(format!("it is one of {known}"));
    }

    fn text(&mut self, limits: &Text, text: &str, tree: &Tree) {
        let count = text.chars().count();
        if count == 0 && limits.length.min.is_some() {
            self.refuse(tree, "must not be empty").mark("nothing stands here");
            return;
        }
        self.length(&limits.length, count, tree, "characters");
        if let Some(pattern) = &limits.pattern
            && !self.conform.matches(pattern, text)
        {
            let message = match self.is_secret() {
                true => "has a value that it can't have".to_owned(),
                false => format!("can't be {}", self.shown(tree)),
            };
            let is_label = self.is_of_labels();
            let violation = self.refuse(tree, message).mark("not in the right form");
            match is_label {
                true => violation.help(LABEL_VALUE),
                false => violation.note(format!("it must match `{pattern}`")),
            };
            if duration::is_pattern(pattern) {
                violation.help(duration::help(text));
            }
        }
        // The core reads an empty text as no bytes; a CRD's schema wants some.
        let bytes = !text.is_empty() || !self.kind.group.is_empty();
        if let Some(what) = limits
            .format
            .as_deref()
            .filter(|format| bytes || *format != "byte")
            .and_then(|format| misses(format, text))
        {
            self.refuse(tree, format!("must be {what}"));
        }
        let duration = overlay::role(&self.kind.group, &self.kind.name, self.names()) == Some(Role::Duration);
        if duration && nanoseconds(text).is_none_or(|length| length < 0) {
            self.refuse(tree, "must be a length of time").help(duration::help(text));
        }
    }

    fn choice(&mut self, choices: &[Choice], text: &str, tree: &Tree) {
        let Some(choice) = choices.iter().find(|choice| *choice.value == *text) else {
            let message = format!("can't be {}", self.shown(tree));
            let known: Vec<String> = choices.iter().map(|choice| format!("`{}`", choice.value)).collect();
            let known = list(&some(&known, LISTED), "and");
            let label = match suggest::choice(text, choices) {
                Some(meant) => format!("did you mean `{}`?", meant.value),
                None => "not known".to_owned(),
            };
            self.refuse(tree, message).label(label).note(format!("it is one of {known}"));
            return;
        };
        if !self.kind.releases.is_empty() && choice.since.is_some_and(|since| since > self.conform.istio) {
            self.newer(tree, choice.since, &format!("`{text}`"));
            return;
        }
        let old = overlay::deprecated_value(&self.kind.group, &self.kind.name, self.names(), text);
        if let Some(old) = old {
            let violation =
                self.refuse_as(Code::DEPRECATED_FIELD, tree, format!("is `{text}`, which is deprecated"));
            violation.severity = Severity::Warning;
            violation.help(format!("write `{}` instead{}", old.successor, after(old.note)));
        }
    }
}

/// What a value of a form is, with an article.
fn wanted(form: &Form) -> &'static str {
    match form {
        Form::Bool => "true or false",
        Form::Int(_) => "a whole number",
        Form::Number(_) => "a number",
        Form::Text(_) => "a string",
        Form::Enum(_) => "one of its words",
        Form::IntOrString => "a whole number or a string",
        Form::List(_) => "a list",
        Form::Map(_) | Form::Object(_) | Form::AnyObject => "an object",
        Form::Any => "a value",
    }
}
