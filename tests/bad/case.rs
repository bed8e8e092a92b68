//! What every refusal has in common: an exit code, a finding with a stable code at its place, a reason, a mend, and a disk
//! that is as it was.

use serde_json::Value;

use crate::cli::sandbox::{NOW, Sandbox};

/// What a case's own file may rely on.
const BASE: &str =
    "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";

/// A finding as a program reads it.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) code: String,
    pub(crate) severity: String,
    /// `path:line:column` of the primary place, `path:line` or `path` outside the spec, or nothing.
    pub(crate) place: String,
    /// Line and column behind the primary place.
    end: (u64, u64),
    /// Message, labels, reasons and mends.
    pub(crate) text: String,
}

/// A call that was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) findings: Vec<Finding>,
    /// What a person reads.
    pub(crate) human: String,
}

/// Runs a call that must be refused with this exit code, for a person and for a program, and sees to it that it changed
/// nothing.
#[track_caller]
pub(crate) fn refused(sandbox: &Sandbox, call: &str, exit: i32) -> Refused {
    refused_at(NOW, sandbox, call, exit)
}

/// As [`refused`], at another moment.
#[track_caller]
pub(crate) fn refused_at(now: &str, sandbox: &Sandbox, call: &str, exit: i32) -> Refused {
    let before = sandbox.everything();
    let arguments: Vec<&str> = call.split(' ').collect();
    let human = sandbox.run_at(now, &arguments).ends_with(exit);
    let mut arguments = arguments;
    arguments.extend(["--format", "json"]);
    let json = sandbox.run_at(now, &arguments).ends_with(exit);
    assert!(sandbox.everything() == before, "`{call}` changed the disk:\n{}", human.stderr);
    let human = format!("{}{}", human.stdout, human.stderr);
    let said = format!("{human}{}{}", json.stdout, json.stderr);
    assert!(!said.contains("panicked") && !said.contains('\u{1b}'), "{said}");
    for name in ['a', 'b', 'c'] {
        assert!(!said.contains(crate::cli::sandbox::identity(name)), "an identity was printed:\n{said}");
    }
    let document = if json.stdout.is_empty() { &json.stderr } else { &json.stdout };
    let document: Value = serde_json::from_str(document).unwrap_or_else(|error| panic!("{error}:\n{said}"));
    let findings = document["findings"].as_array().unwrap().iter().map(finding).collect();
    Refused { findings, human }
}

fn finding(value: &Value) -> Finding {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = |value: &Value| value.as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    let places = value["places"].as_array().unwrap();
    let mut lines = vec![text(&value["message"])];
    lines.extend(places.iter().map(|place| text(&place["text"])));
    lines.extend(all(&value["notes"]));
    lines.extend(all(&value["helps"]));
    let number = |field: &str| places.first().and_then(|place| place[field].as_u64());
    let mut place = places.first().map(|place| text(&place["path"])).unwrap_or_default();
    for part in ["line", "column"] {
        place.extend(number(part).map(|number| format!(":{number}")));
    }
    Finding {
        code: text(&value["code"]),
        severity: text(&value["severity"]),
        place,
        end: (number("endLine").unwrap_or_default(), number("endColumn").unwrap_or_default()),
        text: lines.join("\n"),
    }
}

impl Refused {
    /// The errors.
    pub(crate) fn errors(&self) -> Vec<&Finding> {
        self.findings.iter().filter(|finding| finding.severity == "error").collect()
    }

    /// The only error, which has this code, this primary place and says all of this.
    #[track_caller]
    pub(crate) fn one(&self, code: &str, place: &str, says: &[&str]) -> &Finding {
        let errors = self.errors();
        assert_eq!(errors.len(), 1, "\n{}", self.human);
        self.says(code, place, says)
    }

    /// One of the errors, which has this code, this primary place and says all of this.
    #[track_caller]
    pub(crate) fn says(&self, code: &str, place: &str, says: &[&str]) -> &Finding {
        let found = self.errors().into_iter().find(|finding| finding.code == code && finding.place == place);
        let found = found.unwrap_or_else(|| panic!("no {code} at {place}:\n{}", self.human));
        assert!(self.human.contains(&format!("error[{code}]: ")), "{}", self.human);
        for part in says {
            assert!(found.text.contains(part), "not said: {part}\n{}", self.human);
        }
        found
    }
}

/// A spec with `«»` around the place that must be named; `//// path` starts another file.
pub(crate) struct Marked {
    pub(crate) files: Vec<(String, String)>,
    /// `path:line:column`
    place: String,
    end: (u64, u64),
}

impl Marked {
    #[track_caller]
    pub(crate) fn new(text: &str) -> Self {
        let mut parts = text.split("//// ");
        let first = parts.next().unwrap_or_default().to_owned();
        let mut files = vec![("specs/case.kdl".to_owned(), first)];
        for part in parts {
            let (path, text) = part.split_once('\n').unwrap();
            files.push((path.trim_end().to_owned(), text.to_owned()));
        }
        let mut found = None;
        for (path, text) in &mut files {
            let Some(start) = text.find('«') else { continue };
            *text = text.replacen('«', "", 1);
            let end = text.find('»').unwrap();
            *text = text.replacen('»', "", 1);
            let at = |byte: usize| {
                let before = &text[..byte];
                let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
                (before.matches('\n').count() as u64 + 1, column as u64)
            };
            let (line, column) = at(start);
            found = Some((format!("{path}:{line}:{column}"), at(end)));
        }
        let (place, end) = found.unwrap_or_else(|| panic!("nothing is marked in:\n{text}"));
        Self { files, place, end }
    }

    /// The primary place.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn sandbox(&self) -> Sandbox {
        Sandbox::new(self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }
}

/// A spec beside one that declares authority `corp`, gateway `public` and domain `example.com` with both.
#[track_caller]
pub(crate) fn bad(text: &str, code: &str, says: &[&str]) {
    bad_alone(&format!("{text}\n//// specs/zz-base.kdl\n{BASE}"), code, says);
}

/// A spec with nothing beside it: `render` and `check` refuse it with one finding.
#[track_caller]
pub(crate) fn bad_alone(text: &str, code: &str, says: &[&str]) {
    let marked = Marked::new(text);
    let sandbox = marked.sandbox();
    let found = refused(&sandbox, "render", 2);
    let finding = found.one(code, &marked.place, says);
    assert_eq!(finding.end, marked.end, "the end of the place:\n{}", found.human);
    assert!(found.human.contains(&format!("--> {}\n", marked.place)), "{}", found.human);
    refused(&sandbox, "check", 2).one(code, &marked.place, says);
}
