//! Findings for a program: JSON, version 1. Fields may be added within a version, and none changes its meaning.

use serde::Serialize;

use super::{Diagnostic, Report, Severity, mask};
use crate::spec::source::{Sources, Span};

/// The version of the format.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    places: Vec<Place<'a>>,
    notes: &'a [String],
    helps: &'a [String],
}

/// Lines and columns from 1, columns in characters; the end is the first column that no longer belongs to it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
}

/// All findings as `{"version": 1, "findings": […]}`, indented, with a line end. The first place of a finding is the
/// one that must change.
#[must_use]
pub fn render(report: &Report, sources: &Sources) -> String {
    let findings = report.findings().iter().map(|finding| convert(finding, sources)).collect();
    let document = Document { version: VERSION, findings };
    // Strings and numbers only: there is nothing that could not be written.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    mask(text)
}

fn convert<'a>(finding: &'a Diagnostic, sources: &'a Sources) -> Finding<'a> {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    };
    let in_spec = finding.labels.iter().map(|label| place(label.span, &label.text, sources));
    let in_file = finding.file.iter().map(|file| Place {
        path: &file.path,
        line: file.line,
        column: None,
        end_line: None,
        end_column: None,
        text: file.excerpt.as_deref().unwrap_or_default(),
    });
    Finding {
        code: finding.code.name(),
        severity,
        message: &finding.message,
        places: in_spec.chain(in_file).collect(),
        notes: &finding.notes,
        helps: &finding.helps,
    }
}

fn place<'a>(span: Span, text: &'a str, sources: &'a Sources) -> Place<'a> {
    let file = sources.get(span.source);
    let (line, column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end);
    Place {
        path: file.path(),
        line: Some(line),
        column: Some(column),
        end_line: Some(end_line),
        end_column: Some(end_column),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn a_finding_has_code_severity_and_places() {
        let sources = Sources::new([("specs/a.kdl".to_owned(), "größe \"x\"\n".to_owned())]);
        let (id, _) = sources.iter().next().unwrap();
        let mut report = Report::default();
        let span = Span { source: id, start: 8, end: 11 };
        report.push(Diagnostic::error(Code::SYNTAX, "wrong \"here\"").at(span, "this").help("mend"));
        report.push(Diagnostic::notice(Code::SYNTAX, "there").in_file("out/a.yaml"));
        let expected = r#"{
  "version": 1,
  "findings": [
    {
      "code": "syntax",
      "severity": "error",
      "message": "wrong \"here\"",
      "places": [
        {
          "path": "specs/a.kdl",
          "line": 1,
          "column": 7,
          "endLine": 1,
          "endColumn": 10,
          "text": "this"
        }
      ],
      "notes": [],
      "helps": [
        "mend"
      ]
    },
    {
      "code": "syntax",
      "severity": "notice",
      "message": "there",
      "places": [
        {
          "path": "out/a.yaml"
        }
      ],
      "notes": [],
      "helps": []
    }
  ]
}
"#;
        assert_eq!(render(&report, &sources), expected);
    }

    #[test]
    fn no_finding_is_an_empty_list() {
        assert_eq!(
            render(&Report::default(), &Sources::default()),
            "{\n  \"version\": 1,\n  \"findings\": []\n}\n"
        );
    }
}
