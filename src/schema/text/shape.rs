//! One shape in the text of a table, as `list<string 1..253> 0..16 keys=name nullable rules=3fa9c1d2`.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::read::version_error;
use crate::schema::table::{Choice, Form, Limits, List, Map, RuleId, Shape, Text, TypeId, Unique};

/// The limits of `int32`, which are so common that they have a name.
pub(super) const INT32: Limits<i64> = Limits { min: Some(i32::MIN as i64), max: Some(i32::MAX as i64) };

/// What a shape can name.
pub(super) struct Names {
    /// Types of tables read before.
    pub(super) known: BTreeMap<String, TypeId>,
    /// Types of this text.
    pub(super) types: BTreeMap<String, TypeId>,
    /// Patterns by their ids.
    pub(super) patterns: BTreeMap<String, Box<str>>,
}

/// A text taken apart: words, which may hold a quoted part, and the angle brackets that stand right behind one.
pub(super) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next word, or nothing at the end and before `>`.
    pub(super) fn next(&mut self) -> Result<Option<&'a str>, String> {
        self.rest = self.rest.trim_start_matches(' ');
        let end = word_end(self.rest)?;
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok((!word.is_empty()).then_some(word))
    }

    /// The next word where there must be one.
    fn need(&mut self) -> Result<&'a str, String> {
        self.next()?.ok_or_else(|| "something is missing at the end".to_owned())
    }

    fn peek(&self) -> Result<&'a str, String> {
        let rest = self.rest.trim_start_matches(' ');
        Ok(&rest[..word_end(rest)?])
    }

    fn bracket(&mut self, bracket: char) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(bracket).ok_or_else(|| format!("`{bracket}` is missing"))?;
        Ok(())
    }
}

/// The byte behind the first word.
fn word_end(text: &str) -> Result<usize, String> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' | '<' | '>' if !quoted => return Ok(i),
            _ => {}
        }
    }
    if quoted { Err("a quote is not closed".to_owned()) } else { Ok(text.len()) }
}

/// Reads a shape with what belongs to it; the words behind are left.
pub(super) fn shape(words: &mut Words<'_>, names: &Names) -> Result<Shape, String> {
    let mut shape = Shape::of(form(words, names)?);
    loop {
        let word = words.peek()?;
        let taken = match word.split_once('=').unwrap_or((word, "")) {
            ("nullable", "") => {
                shape.nullable = true;
                true
            }
            ("multiple", of) => {
                shape.multiple = Some(of.parse().map_err(|_| format!("`{of}` is no number"))?);
                true
            }
            ("only", values) => {
                shape.only = serde_json::from_str(values).map_err(|_| format!("`{values}` is no list"))?;
                true
            }
            ("rules", ids) => {
                for id in ids.split(',') {
                    let id = u32::from_str_radix(id, 16).map_err(|_| format!("`{id}` is no rule"))?;
                    shape.rules.push(RuleId(id));
                }
                true
            }
            _ => limit(&mut shape.form, word, names)?,
        };
        if !taken {
            return Ok(shape);
        }
        words.next()?;
    }
}

fn form(words: &mut Words<'_>, names: &Names) -> Result<Form, String> {
    Ok(match words.need()? {
        "bool" => Form::Bool,
        "int" => Form::Int(Limits::default()),
        "int32" => Form::Int(INT32),
        "number" => Form::Number(Limits::default()),
        "string" => Form::Text(Text::default()),
        "int-or-string" => Form::IntOrString,
        "object" => Form::AnyObject,
        "any" => Form::Any,
        "enum" => {
            words.bracket('<')?;
            let mut choices = Vec::new();
            while let Some(word) = words.next()? {
                choices.push(choice(word)?);
            }
            words.bracket('>')?;
            Form::Enum(choices)
        }
        "list" => {
            words.bracket('<')?;
            let item = shape(words, names)?;
            words.bracket('>')?;
            Form::List(Box::new(List { item, length: Limits::default(), unique: Unique::No }))
        }
        "map" => {
            words.bracket('<')?;
            let value = shape(words, names)?;
            words.bracket('>')?;
            Form::Map(Box::new(Map { value, length: Limits::default() }))
        }
        name => Form::Object(names.ty(name)?),
    })
}

/// `LEAST_REQUEST`, `LEAST_REQUEST@1.31` or `"digital signature"`.
fn choice(word: &str) -> Result<Choice, String> {
    let (value, since) = match word.rsplit_once('@') {
        Some((value, version)) if !version.contains('"') => {
            (value, Some(version.parse().map_err(version_error)?))
        }
        _ => (word, None),
    };
    let value = if value.starts_with('"') {
        serde_json::from_str::<String>(value).map_err(|_| format!("`{value}` is no quoted text"))?
    } else {
        value.to_owned()
    };
    Ok(Choice { value: value.into(), since })
}

/// Takes a limit that fits the form.
fn limit(form: &mut Form, word: &str, names: &Names) -> Result<bool, String> {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    match (form, key) {
        (Form::Int(limits), _) if is_range(word) => *limits = range(word)?,
        (Form::Number(limits), _) if is_range(word) => *limits = range(word)?,
        (Form::Text(text), "format") => text.format = Some(value.into()),
        (Form::Text(text), "pattern") => {
            let pattern =
                names.patterns.get(value).ok_or_else(|| format!("there is no pattern `{value}`"))?;
            text.pattern = Some(pattern.clone());
        }
        (Form::Text(text), _) if is_range(word) => text.length = range(word)?,
        (Form::List(list), "unique") => list.unique = Unique::Item,
        (Form::List(list), "keys") => {
            list.unique = Unique::Keys(value.split(',').map(Into::into).collect());
        }
        (Form::List(list), _) if is_range(word) => list.length = range(word)?,
        (Form::Map(map), _) if is_range(word) => map.length = range(word)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn is_range(word: &str) -> bool {
    word.contains("..") && !word.contains('=')
}

/// `1..63`, `1..` or `..63`.
fn range<T: FromStr>(word: &str) -> Result<Limits<T>, String> {
    let no_range = || format!("`{word}` is no range");
    let (min, max) = word.split_once("..").ok_or_else(no_range)?;
    let end = |text: &str| {
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| no_range()) }
    };
    Ok(Limits { min: end(min)?, max: end(max)? })
}
