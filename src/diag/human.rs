//! Findings for a person: the line, the reason, the mend.

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str as clean,
};

use super::{Diagnostic, FilePlace, Label, Report, Severity, mask};
use crate::spec::source::{Source, SourceId, Sources};

/// Labels of one file that are further apart than this many lines are shown apart.
const NEAR: usize = 12;

/// All findings in their order and a last line that counts them; nothing for an empty report.
#[must_use]
pub fn render(report: &Report, sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in report.findings() {
        text.push_str(&one(&renderer, finding, sources));
        text.push_str("\n\n");
    }
    if !report.is_empty() {
        text.push_str(&summary(report));
        text.push('\n');
    }
    mask(text)
}

/// `3 errors, 1 warning`
#[must_use]
pub fn summary(report: &Report) -> String {
    let counts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Notice, "notice")]
        .into_iter()
        .filter_map(|(severity, name)| match report.count(severity) {
            0 => None,
            1 => Some(format!("1 {name}")),
            count => Some(format!("{count} {name}s")),
        });
    counts.collect::<Vec<_>>().join(", ")
}

fn one(renderer: &Renderer, finding: &Diagnostic, sources: &Sources) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Notice => Level::NOTE.with_name("notice"),
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.code.name());
    let mut group = Group::with_title(title);
    // A line of another file is what must change; a file alone is only where the rest is.
    let first = finding.file.as_ref().filter(|file| file.line.is_some());
    if let Some(file) = first {
        group = in_file(group, file);
    }
    for window in windows(&finding.labels, sources) {
        group = group.element(window.snippet());
    }
    if let Some(file) = finding.file.as_ref().filter(|_| first.is_none()) {
        group = in_file(group, file);
    }
    let notes = finding.notes.iter().map(|note| Level::NOTE.message(clean(note)));
    let helps = finding.helps.iter().map(|help| Level::HELP.message(clean(help)));
    group = group.elements(notes.chain(helps));
    renderer.render(&[group])
}

fn in_file<'a>(group: Group<'a>, file: &'a FilePlace) -> Group<'a> {
    match (&file.excerpt, file.line) {
        (Some(excerpt), line) => {
            let text = excerpt.trim_end();
            let start = text.len() - text.trim_start().len();
            let mark = AnnotationKind::Primary.span(start..text.len());
            let snippet =
                Snippet::source(text).path(file.path.as_str()).line_start(line.unwrap_or(1)).annotation(mark);
            group.element(snippet)
        }
        (None, Some(line)) => group.element(Origin::path(file.path.as_str()).line(line)),
        (None, None) => group.element(Origin::path(file.path.as_str())),
    }
}

/// Some lines of a file with the labels in them. The renderer scans all text that it gets, so it gets no more.
struct Window<'a> {
    id: SourceId,
    file: &'a Source,
    /// Lines from 0.
    first: usize,
    last: usize,
    labels: Vec<(&'a Label, AnnotationKind)>,
}

/// The windows that show all labels, the first label's first.
fn windows<'a>(labels: &'a [Label], sources: &'a Sources) -> Vec<Window<'a>> {
    let mut windows: Vec<Window<'a>> = Vec::new();
    for (i, label) in labels.iter().enumerate() {
        let kind = if i == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let id = label.span.source;
        let file = sources.get(id);
        let line = file.line_column(label.span.start).0 - 1;
        let near = windows
            .iter_mut()
            .find(|window| window.id == id && line + NEAR >= window.first && line <= window.last + NEAR);
        match near {
            Some(window) => {
                window.first = window.first.min(line);
                window.last = window.last.max(line);
                window.labels.push((label, kind));
            }
            None => windows.push(Window { id, file, first: line, last: line, labels: vec![(label, kind)] }),
        }
    }
    windows
}

impl<'a> Window<'a> {
    fn snippet(self) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let text = self.file.text();
        let start = line_start(self.file, self.first);
        let end = line_end(text, line_start(self.file, self.last));
        let window = text.get(start..end).unwrap_or_default();
        let annotations = self.labels.into_iter().map(|(label, kind)| {
            let label_start = label.span.range().start.clamp(start, end);
            let label_end =
                label.span.range().end.clamp(label_start, line_end(text, label_start).max(label_start));
            let annotation = kind.span(label_start - start..label_end.min(end) - start);
            if label.text.is_empty() { annotation } else { annotation.label(clean(&label.text)) }
        });
        Snippet::source(window).path(self.file.path()).line_start(self.first + 1).annotations(annotations)
    }
}

/// Where a line, counted from 0, starts; in the first behind the byte order mark.
fn line_start(file: &Source, line: usize) -> usize {
    let text = file.text();
    if line == 0 { text.len() - text.trim_start_matches('\u{feff}').len() } else { file.line_start(line) }
}

/// Where the line of a byte ends, without its line end.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find('\n').map_or(text.len(), |i| at + i);
    if text.get(at..end).is_some_and(|line| line.ends_with('\r')) { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::spec::source::Span;

    fn sources(files: &[(&str, &str)]) -> Sources {
        Sources::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
    }

    /// The span of the first occurrence of `part` in a file.
    fn span(sources: &Sources, file: usize, part: &str) -> Span {
        let (id, source) = sources.iter().nth(file).unwrap();
        let start = source.text().find(part).unwrap();
        Span { source: id, start: start as u32, end: (start + part.len()) as u32 }
    }

    fn shown(finding: Diagnostic, sources: &Sources) -> String {
        let mut report = Report::default();
        report.push(finding);
        render(&report, sources, false)
    }

    #[test]
    fn a_finding_shows_its_line_and_column() {
        let sources = sources(&[("specs/a.kdl", "// ü\nhost \"größe\" port=1\n")]);
        let finding = Diagnostic::error(Code::WRONG_VALUE, "`port` can't be 1")
            .at(span(&sources, 0, "port"), "not here")
            .note("a reason")
            .help("a mend");
        let expected = "\
error[wrong-value]: `port` can't be 1
 --> specs/a.kdl:2:14
  |
2 | host \"größe\" port=1
  |              ^^^^ not here
  |
  = note: a reason
  = help: a mend

1 error
";
        assert_eq!(shown(finding, &sources), expected);
    }

    #[test]
    fn places_far_apart_and_in_other_files_are_shown_apart() {
        let far = format!("first\n{}second\n", "\n".repeat(200));
        let sources = sources(&[("specs/a.kdl", far.as_str()), ("specs/b.kdl", "third\n")]);
        let finding = Diagnostic::warning(Code::SAID_TWICE, "three times")
            .at(span(&sources, 0, "second"), "here again")
            .at(span(&sources, 0, "first"), "first here")
            .at(span(&sources, 1, "third"), "");
        let expected = "\
warning[said-twice]: three times
   --> specs/a.kdl:202:1
    |
202 | second
    | ^^^^^^ here again
    |
   ::: specs/a.kdl:1:1
    |
  1 | first
    | ----- first here
    |
   ::: specs/b.kdl:1:1
    |
  1 | third
    | -----

1 warning
";
        assert_eq!(shown(finding, &sources), expected);
    }

    #[test]
    fn a_place_in_another_file_has_its_excerpt() {
        let mut finding = Diagnostic::notice(Code::SYNTAX, "a template").in_file("templates/gateway.yaml");
        if let Some(file) = &mut finding.file {
            file.line = Some(7);
            file.excerpt = Some("  {{ nothing }}\n".to_owned());
        }
        let expected = "\
notice[syntax]: a template
 --> templates/gateway.yaml:7:3
  |
7 |   {{ nothing }}
  |   ^^^^^^^^^^^^^

1 notice
";
        assert_eq!(shown(finding, &Sources::default()), expected);
        let bare = Diagnostic::error(Code::SYNTAX, "a file").in_file("out/x.yaml");
        assert_eq!(shown(bare, &Sources::default()), "error[syntax]: a file\n--> out/x.yaml\n\n1 error\n");
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_take_no_column() {
        let sources = sources(&[("specs/a.kdl", "\u{feff}first\r\nsecond third\r\n")]);
        let finding = Diagnostic::error(Code::SYNTAX, "twice")
            .at(span(&sources, 0, "first"), "here")
            .at(span(&sources, 0, "third\r\n"), "there");
        let expected = "\
error[syntax]: twice
 --> specs/a.kdl:1:1
  |
1 | first
  | ^^^^^ here
2 | second third
  |        ----- there

1 error
";
        assert_eq!(shown(finding, &sources), expected);
    }

    #[test]
    fn what_a_file_says_never_drives_the_terminal() {
        let sources = sources(&[("specs/a.kdl", "a \u{1b}[31m \u{202e}\n")]);
        let finding = Diagnostic::error(Code::SYNTAX, "\u{1b}[31m")
            .at(span(&sources, 0, "\u{1b}"), "\u{1b}[31m")
            .note("\u{1b}[31m \u{202e}")
            .help("\u{1b}[31m");
        let shown = shown(finding, &sources);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    }

    #[test]
    fn the_last_line_counts() {
        let mut report = Report::default();
        assert_eq!(render(&report, &Sources::default(), false), "");
        for finding in [
            Diagnostic::error(Code::SYNTAX, "a"),
            Diagnostic::error(Code::SYNTAX, "b"),
            Diagnostic::warning(Code::SYNTAX, "c"),
        ] {
            report.push(finding);
        }
        assert_eq!(summary(&report), "2 errors, 1 warning");
    }

    #[test]
    fn only_a_terminal_gets_colours() {
        let mut report = Report::default();
        report.push(Diagnostic::error(Code::SYNTAX, "a"));
        assert!(!render(&report, &Sources::default(), false).contains('\u{1b}'));
        assert!(render(&report, &Sources::default(), true).contains('\u{1b}'));
    }
}
