//! Values of each type, read from what was written.

use super::context::{Context, said_twice};
use super::duration;
use super::read::Fields;
use super::route::IstioDuration;
use super::unknown;
use super::word::{Choice, Item};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Spanned, Text};
use crate::spec::syntax::{Scalar, Value};
use crate::time::{Seconds, Timestamp};

impl Fields<'_> {
    /// The text of a property or child.
    pub(crate) fn text(&self, cx: &mut Context<'_>, name: &str) -> Option<Text> {
        text(cx, &quoted(name), self.values(name).next()?)
    }

    /// All texts of a property or child, each once.
    pub(crate) fn texts(&self, cx: &mut Context<'_>, name: &str) -> Vec<Text> {
        distinct(cx, &quoted(name), self.values(name))
    }

    /// One of a closed set of words.
    pub(crate) fn choice<T: Choice>(&self, cx: &mut Context<'_>, name: &str) -> Option<Spanned<T>> {
        choice(cx, &quoted(name), self.values(name).next()?)
    }

    /// A TCP port.
    pub(crate) fn port(&self, cx: &mut Context<'_>, name: &str) -> Option<Spanned<u16>> {
        let number = number(cx, &quoted(name), self.values(name).next()?, 1..=65535)?;
        Some(number.map(|port| port as u16))
    }

    /// A share beside others, as Istio's 32 bits with a sign hold it.
    pub(crate) fn weight(&self, cx: &mut Context<'_>, name: &str) -> Option<Spanned<u32>> {
        number(cx, &quoted(name), self.values(name).next()?, 0..=i32::MAX.unsigned_abs())
    }

    /// What a value of this property looks like.
    fn example(&self, name: &str) -> String {
        self.word().item(name).map(Item::example).unwrap_or_default()
    }

    /// A certificate's life.
    pub(crate) fn validity(&self, cx: &mut Context<'_>, name: &str) -> Option<Spanned<Seconds>> {
        length(cx, &quoted(name), self.values(name).next()?, &self.example(name), duration::validity)
    }

    /// A length of time as Istio writes it; `#null` is none, whatever would be inherited.
    pub(crate) fn timeout(&self, cx: &mut Context<'_>, name: &str) -> Option<Spanned<Option<IstioDuration>>> {
        let value = self.values(name).next()?;
        if matches!(value.scalar, Scalar::Null) {
            return Some(Spanned { value: None, span: value.span });
        }
        let said = length(cx, &quoted(name), value, &self.example(name), IstioDuration::parse)?;
        Some(Spanned { value: Some(said.value), span: said.span })
    }

    /// A date.
    pub(crate) fn date(&self, cx: &mut Context<'_>, name: &str) -> Option<Spanned<Timestamp>> {
        let value = self.values(name).next()?;
        if !matches!(value.scalar, Scalar::Text(_)) {
            let written = cx.written(value.span).to_owned();
            cx.error(
                Diagnostic::error(Code::WRONG_VALUE, format!("`{name}` is no date: `{written}`"))
                    .at(value.span, kind(&value.scalar))
                    .help("write a date as `\"2026-11-25\"`"),
            );
            return None;
        }
        let text = text(cx, &quoted(name), value)?;
        match Timestamp::parse_date(text.as_str()) {
            Ok(date) => Some(Spanned::new(date, text.span())),
            Err(_) => {
                cx.error(
                    Diagnostic::error(Code::WRONG_VALUE, format!("`{name}` is no date: `{}`", text.as_str()))
                        .at_text(&text, "not year-month-day")
                        .help("write a date as `\"2026-11-25\"`"),
                );
                None
            }
        }
    }

    /// `#true` or `#false`.
    pub(crate) fn truth(&self, cx: &mut Context<'_>, name: &str) -> Option<Spanned<bool>> {
        let value = self.values(name).next()?;
        if let Scalar::Bool(said) = value.scalar {
            return Some(Spanned::new(said, value.span));
        }
        let is = kind(&value.scalar);
        let finding =
            Diagnostic::error(Code::WRONG_VALUE, format!("`{name}` takes `#true` or `#false`, not {is}"));
        let finding = finding.at(value.span, is);
        cx.error(match &value.scalar {
            Scalar::Text(text) if matches!(text.as_str(), "true" | "false") => {
                finding.help(format!("write `{name}=#{}`", text.as_str()))
            }
            _ => finding.help(format!("write `{name}=#true` or `{name}=#false`")),
        });
        None
    }

    /// The one text right behind the word.
    pub(crate) fn name(&self, cx: &mut Context<'_>, what: &str) -> Option<Text> {
        text(cx, what, self.arguments.first()?)
    }

    /// Labels as written.
    pub(crate) fn label_pairs(&self, cx: &mut Context<'_>) -> Vec<(Text, Text)> {
        let mut pairs = Vec::new();
        for (key, value) in &self.labels {
            let what = format!("the label `{}`", key.as_str());
            if let Some(text) = any_text(cx, &what, value) {
                pairs.push(((*key).clone(), text));
            }
        }
        pairs
    }
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

/// Texts, each once.
pub(crate) fn distinct<'n>(
    cx: &mut Context<'_>,
    what: &str,
    values: impl Iterator<Item = &'n Value>,
) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    for value in values {
        let Some(text) = text(cx, what, value) else { continue };
        match texts.iter().find(|earlier| earlier.as_str() == text.as_str()) {
            Some(earlier) => said_twice(cx, text.as_str(), earlier.span(), text.span()),
            None => texts.push(text),
        }
    }
    texts
}

/// Text that is not empty.
pub(crate) fn text(cx: &mut Context<'_>, what: &str, value: &Value) -> Option<Text> {
    let text = any_text(cx, what, value)?;
    if text.as_str().trim().is_empty() {
        cx.error(
            Diagnostic::error(Code::WRONG_VALUE, format!("{what} is empty"))
                .at(value.span, "nothing in it")
                .help("write what is meant between the quotes, or leave all of it out"),
        );
        return None;
    }
    Some(text)
}

/// Text, maybe empty.
fn any_text(cx: &mut Context<'_>, what: &str, value: &Value) -> Option<Text> {
    if let Scalar::Text(text) = &value.scalar {
        return Some(text.clone());
    }
    let written = cx.written(value.span).to_owned();
    let finding =
        Diagnostic::error(Code::WRONG_VALUE, format!("{what} takes text, not {}", kind(&value.scalar)))
            .at(value.span, kind(&value.scalar));
    cx.error(match value.scalar {
        Scalar::Null => finding.help("leave it out if there is nothing to say"),
        _ => finding.help(format!("put it in quotes: `\"{}\"`", written.trim_start_matches('#'))),
    });
    None
}

/// One of a closed set of words.
pub(crate) fn choice<T: Choice>(cx: &mut Context<'_>, what: &str, value: &Value) -> Option<Spanned<T>> {
    let Scalar::Text(text) = &value.scalar else {
        let written = cx.written(value.span).to_owned();
        if T::WORDS.contains(&written.as_str()) {
            let is = kind(&value.scalar);
            let message = format!("{what} takes text, not {is}");
            let finding = Diagnostic::error(Code::WRONG_VALUE, message).at(value.span, is);
            cx.error(finding.help(format!("put it in quotes: `\"{written}\"`")));
        } else {
            unknown::value::<T>(cx, what, value.span, &written);
        }
        return None;
    };
    let found = T::WORDS.iter().zip(T::VALUES).find(|(word, _)| **word == text.as_str());
    match found {
        Some((_, value)) => Some(Spanned::new(*value, text.span())),
        None => {
            unknown::value::<T>(cx, what, text.span(), text.as_str());
            None
        }
    }
}

/// A whole number within limits.
pub(crate) fn number(
    cx: &mut Context<'_>,
    what: &str,
    value: &Value,
    limits: std::ops::RangeInclusive<u32>,
) -> Option<Spanned<u32>> {
    let (least, most) = (limits.start(), limits.end());
    let finding = match &value.scalar {
        Scalar::Int(number) => match u32::try_from(*number).ok().filter(|number| limits.contains(number)) {
            Some(number) => return Some(Spanned::new(number, value.span)),
            None => Diagnostic::error(Code::WRONG_VALUE, format!("{what} can't be {number}"))
                .at(value.span, format!("not between {least} and {most}"))
                .help(format!("write a whole number from {least} to {most}")),
        },
        Scalar::Text(text) if text.as_str().parse::<u32>().is_ok() => {
            Diagnostic::error(Code::WRONG_VALUE, format!("{what} takes a number, not text"))
                .at(value.span, "text, because of the quotes")
                .help(format!("write `{}` without quotes", text.as_str()))
        }
        other => {
            let is = if matches!(other, Scalar::Float(_)) { "a fraction" } else { kind(other) };
            let message = format!("{what} takes a whole number from {least} to {most}, not {is}");
            Diagnostic::error(Code::WRONG_VALUE, message)
                .at(value.span, is)
                .help(format!("write a whole number from {least} to {most}"))
        }
    };
    cx.error(finding);
    None
}

/// A length of time, read by `parse`.
fn length<T>(
    cx: &mut Context<'_>,
    what: &str,
    value: &Value,
    example: &str,
    parse: impl FnOnce(&str, &str) -> Result<T, duration::Wrong>,
) -> Option<Spanned<T>> {
    let (why, label) = match value.scalar {
        Scalar::Text(_) => ("", ""),
        Scalar::Int(_) | Scalar::Float(_) => ("needs a unit", "a number without a unit"),
        Scalar::Bool(_) | Scalar::Null => ("takes a length of time", "not a length of time"),
    };
    if !why.is_empty() {
        let finding = Diagnostic::error(Code::WRONG_VALUE, format!("{what} {why}")).at(value.span, label);
        let number = cx.written(value.span).to_owned();
        // The number that stands there, if it is one with the unit of the example.
        let unit = example.trim_matches('"').trim_start_matches(|c: char| c.is_ascii_digit());
        let meant = format!("{number}{unit}");
        cx.error(match parse(&meant, example) {
            Ok(_) => finding.help(format!("write `\"{meant}\"`, or a length of time such as `{example}`")),
            Err(_) => finding.help(format!("write a length of time such as `{example}`")),
        });
        return None;
    }
    let text = text(cx, what, value)?;
    match parse(text.as_str(), example) {
        Ok(length) => Some(Spanned::new(length, text.span())),
        Err(wrong) => {
            cx.error(
                Diagnostic::error(
                    Code::WRONG_VALUE,
                    format!("{what} is no length of time: `{}`", text.as_str()),
                )
                .at(text.span_of(wrong.part), wrong.why)
                .help(wrong.mend),
            );
            None
        }
    }
}

/// What a value is, for messages.
fn kind(scalar: &Scalar) -> &'static str {
    match scalar {
        Scalar::Text(_) => "text",
        Scalar::Int(_) | Scalar::Float(_) => "a number",
        Scalar::Bool(_) => "a truth value",
        Scalar::Null => "`#null`",
    }
}
