//! The text that a user wrote, and places in it.

use std::ops::Range;

/// Index of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes in one source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The range as `usize`, for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether another place lies within this one.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Changes the value and keeps the place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

/// A string as written: knows the column of each of its parts.
///
/// `span` covers the characters between the quotes where the text stands there as it is; a string with escapes or on
/// many lines has the span of the whole token, and so do all its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    value: String,
    span: Span,
    verbatim: bool,
}

impl Text {
    /// A string whose characters stand at `span` exactly as they are in `value` if `verbatim`.
    #[must_use]
    pub fn new(value: String, span: Span, verbatim: bool) -> Self {
        Self { value, span, verbatim }
    }

    /// The string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Where it stands, without quotes where possible.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where the bytes `part` of the string stand.
    #[must_use]
    pub fn span_of(&self, part: Range<usize>) -> Span {
        if !self.verbatim || part.end > self.value.len() {
            return self.span;
        }
        Span {
            source: self.span.source,
            start: self.span.start + part.start as u32,
            end: self.span.start + part.end as u32,
        }
    }

    /// The bytes `part` as a text of their own.
    #[must_use]
    pub fn part(&self, part: Range<usize>) -> Self {
        let value = self.value.get(part.clone()).unwrap_or_default().to_owned();
        Self { value, span: self.span_of(part), verbatim: self.verbatim }
    }
}

/// One file of the spec.
#[derive(Debug, Clone)]
pub struct Source {
    path: String,
    text: String,
    /// The byte after each line end.
    starts: Vec<usize>,
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let starts = text.match_indices('\n').map(|(i, _)| i + 1).collect();
        Self { path, text, starts }
    }

    /// The path below the project's root, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column (both from 1, the column in characters, a byte order mark not counted) of a byte.
    #[must_use]
    pub fn line_column(&self, byte: u32) -> (usize, usize) {
        let upto = self.text.get(..byte as usize).unwrap_or(&self.text);
        let line = self.starts.partition_point(|start| *start <= upto.len());
        let before = upto.get(self.line_start(line)..).unwrap_or_default();
        (line + 1, before.chars().filter(|c| *c != '\u{feff}').count() + 1)
    }

    /// The byte at which a line, counted from 0, starts; the end of the text for one that is not there.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        match line.checked_sub(1) {
            None => 0,
            Some(before) => self.starts.get(before).copied().unwrap_or(self.text.len()),
        }
    }
}

/// All files of a spec, in path order whatever order they were given in.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes `(path, text)` pairs; paths are relative to the project's root.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files: Vec<_> = files.into_iter().map(|(path, text)| Source::new(path, text)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// The files with their ids, in path order.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.files.iter().enumerate().map(|(i, file)| (SourceId(i as u32), file))
    }

    /// The file of an id that this set gave out.
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.range()).unwrap_or_default()
    }

    /// `path:line:column` of a span's start.
    #[must_use]
    pub fn locate(&self, span: Span) -> String {
        let file = self.get(span.source);
        let (line, column) = file.line_column(span.start);
        format!("{}:{line}:{column}", file.path)
    }

    /// Whether there is no file at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
