//! Nodes → KDL text: up to six values on a node's line, a lone short child beside it, four blanks a level.

use std::fmt::Write;

use crate::spec::annotation::{Annotation, Field as By};
use crate::spec::tree::Value;

/// How wide a line may be, in characters.
const WIDTH: usize = 110;
/// How many properties stand on a node's line.
const PROPERTIES: usize = 6;
const INDENT: &str = "    ";

/// A node to be written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Node {
    /// `(raw)` …
    pub(crate) annotation: Option<Annotation>,
    /// Its name, not yet quoted.
    pub(crate) name: String,
    /// Arguments, as written.
    pub(crate) arguments: Vec<String>,
    /// Properties that must stand on its line: names not yet quoted, values as written.
    pub(crate) fixed: Vec<(String, String)>,
    /// Properties that may be children too.
    pub(crate) properties: Vec<(String, String)>,
    /// The nodes in its braces.
    pub(crate) children: Vec<Self>,
}

impl Node {
    /// A bare node.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// What stands in its braces when all its properties do.
    pub(crate) fn into_children(self) -> Vec<Self> {
        let properties = self.properties.into_iter();
        let properties = properties.map(|(name, value)| Self { arguments: vec![value], ..Self::new(&name) });
        properties.chain(self.children).collect()
    }

    /// Makes a field beside the schema one beside `spec`.
    pub(crate) fn lift(&mut self) {
        if let Some(annotation) = &mut self.annotation
            && annotation.field == By::Raw
        {
            annotation.field = By::Top;
        }
    }

    /// The node's text, with a line break at its end.
    pub(crate) fn print(&self) -> String {
        let mut text = String::new();
        self.lines(0, &mut text);
        text
    }

    fn lines(&self, depth: usize, text: &mut String) {
        let indent = INDENT.repeat(depth);
        if let Some(line) = self.line(WIDTH.saturating_sub(indent.len())) {
            let _ = writeln!(text, "{indent}{line}");
            return;
        }
        let on_line = self.properties_fit(indent.len());
        let head = self.broken(on_line, indent.len());
        let mut inner: Vec<Self> = Vec::new();
        if !on_line {
            let child =
                |(name, value): &(String, String)| Self { arguments: vec![value.clone()], ..Self::new(name) };
            inner.extend(self.properties.iter().map(child));
        }
        inner.extend(self.children.iter().cloned());
        if inner.is_empty() {
            let _ = writeln!(text, "{}", indented(&head, &indent));
            return;
        }
        let _ = writeln!(text, "{} {{", indented(&head, &indent));
        for child in inner {
            child.lines(depth + 1, text);
        }
        let _ = writeln!(text, "{indent}}}");
    }

    /// The whole node on one line, if it is short and has at most one child.
    fn line(&self, width: usize) -> Option<String> {
        if self.properties.len() > PROPERTIES {
            return None;
        }
        let line = match self.children.as_slice() {
            [] => self.head(true),
            [only] => format!("{} {{ {} }}", self.head(true), only.line(width)?),
            _ => return None,
        };
        (line.chars().count() <= width && !line.contains('\n')).then_some(line)
    }

    fn properties_fit(&self, indent: usize) -> bool {
        let head = self.head(true);
        self.properties.len() <= PROPERTIES
            && indent + head.chars().count() + 2 <= WIDTH
            && !head.contains('\n')
    }

    /// Everything before the braces.
    fn head(&self, with_properties: bool) -> String {
        self.parts(with_properties).join(" ")
    }

    /// The name, the arguments and the properties before the braces.
    fn parts(&self, with_properties: bool) -> Vec<String> {
        let word = self.annotation.and_then(Annotation::word);
        let word = word.map(|word| format!("({word})")).unwrap_or_default();
        let mut parts = vec![format!("{word}{}", identifier(&self.name))];
        parts.extend(self.arguments.iter().cloned());
        let loose = if with_properties { self.properties.as_slice() } else { &[] };
        let properties = self.fixed.iter().chain(loose);
        parts.extend(properties.map(|(name, value)| format!("{}={value}", identifier(name))));
        parts
    }

    /// The head, on several lines where one would be too long.
    fn broken(&self, with_properties: bool, indent: usize) -> String {
        let head = self.head(with_properties);
        if indent + head.chars().count() <= WIDTH || head.contains('\n') {
            return head;
        }
        let mut text = String::new();
        let mut column = indent;
        for part in self.parts(with_properties) {
            let length = part.chars().count() + 1;
            // Room for the backslash that joins a line with the next.
            if !text.is_empty() && column + length + 2 > WIDTH {
                let _ = write!(text, " \\\n{INDENT}");
                column = indent + INDENT.len();
            } else if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&part);
            column += length;
        }
        text
    }
}

/// A name of a node or property, quoted where it must be.
pub(crate) fn identifier(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '$' | ':' | '@');
    let starts =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$' | '@')) || name == "-";
    // A colon at its end is YAML's to who reads it.
    let is_plain = !name.ends_with(':');
    if starts
        && is_plain
        && name.chars().all(bare)
        && !matches!(name, "true" | "false" | "null" | "inf" | "nan")
    {
        return name.to_owned();
    }
    string(name)
}

/// A value as KDL writes it; none for lists and objects.
pub(crate) fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("#null".to_owned()),
        Value::Bool(value) => Some(format!("#{value}")),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(format!("{value:?}")),
        Value::String(text) => Some(many_lines(text).unwrap_or_else(|| string(text))),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// The lines of a node's head at their depth. Those of a text begin as its last one does.
fn indented(head: &str, indent: &str) -> String {
    let lines =
        head.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}

/// Text of several lines as it is, where nothing in it needs an escape and no line looks like an indent.
fn many_lines(text: &str) -> Option<String> {
    let plain = |c: char| c == '\n' || !(c.is_control() || crate::spec::scan::must_escape(c));
    let blank = |line: &str| !line.is_empty() && line.trim().is_empty();
    let fits = text.contains('\n')
        && text.chars().all(plain)
        && !text.contains("\"\"\"")
        && !text.split('\n').any(blank);
    fits.then(|| format!("#\"\"\"\n{text}\n\"\"\"#"))
}

/// Text in quotes, with escapes where needed.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || crate::spec::scan::must_escape(c) => {
                let _ = write!(quoted, "\\u{{{:x}}}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
