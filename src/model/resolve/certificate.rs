//! Subject, key and validity: said, inherited or default.

use super::super::project::{CertificateFacts, SubjectFacts};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{CertificateWords, KeyKind, Subject};
use crate::spec::{Origin, Text, Traced};
use crate::time::Seconds;

/// RFC 5280's upper bounds (ub-common-name and so on), in characters.
const BOUNDS: [(&str, usize); 6] = [
    ("common-name", 64),
    ("organization", 64),
    ("organizational-unit", 64),
    ("country", 2),
    ("state", 128),
    ("locality", 128),
];

/// The defaults of one kind of certificate, with the words that they belong to.
pub(super) struct Defaults {
    pub(super) key: &'static str,
    pub(super) valid: (&'static str, Seconds),
}

/// The facts of a certificate: the nearest of `nodes` that says a thing wins.
pub(super) fn facts(
    nodes: &[&CertificateWords],
    common_name: Option<Traced<String>>,
    defaults: &Defaults,
    report: &mut Report,
) -> CertificateFacts {
    let key = nodes.iter().find_map(|node| node.key.as_ref());
    let valid = nodes.iter().find_map(|node| node.valid.as_ref());
    CertificateFacts {
        subject: subject(nodes, common_name, report),
        key: match key {
            Some(said) => Traced::new(said.value, Origin::spec(said.span)),
            None => Traced::default_of(KeyKind::EcdsaP256, defaults.key),
        },
        valid: match valid {
            Some(said) => Traced::new(said.value, Origin::spec(said.span)),
            None => Traced::default_of(defaults.valid.1, defaults.valid.0),
        },
        valid_said: valid.is_some(),
    }
}

fn subject(
    nodes: &[&CertificateWords],
    common_name: Option<Traced<String>>,
    report: &mut Report,
) -> SubjectFacts {
    let said = |attribute: fn(&Subject) -> &Option<Text>| {
        nodes
            .iter()
            .filter_map(|node| node.subject.as_ref())
            .find_map(|subject| attribute(subject).as_ref())
            .map(|text| Traced::said(text.as_str().to_owned(), text))
    };
    for node in nodes.first().into_iter().filter_map(|node| node.subject.as_ref()) {
        check_bounds(node, report);
    }
    SubjectFacts {
        common_name: said(|s| &s.common_name).or(common_name),
        organization: said(|s| &s.organization),
        organizational_unit: said(|s| &s.organizational_unit),
        country: said(|s| &s.country),
        state: said(|s| &s.state),
        locality: said(|s| &s.locality),
    }
}

/// Reports attributes that X.509 has no room for.
pub(super) fn check_bounds(subject: &Subject, report: &mut Report) {
    let attributes = [
        &subject.common_name,
        &subject.organization,
        &subject.organizational_unit,
        &subject.country,
        &subject.state,
        &subject.locality,
    ];
    for ((word, most), text) in BOUNDS.iter().zip(attributes) {
        let Some(text) = text else { continue };
        let length = text.as_str().chars().count();
        let country =
            *word == "country" && !(length == 2 && text.as_str().bytes().all(|b| b.is_ascii_uppercase()));
        let reason = if length == 0 {
            "an empty attribute".to_owned()
        } else if country {
            "two capital letters of ISO 3166, such as `DE`".to_owned()
        } else if length > *most {
            format!("{length} characters; X.509 allows {most} (RFC 5280)")
        } else if text.as_str().chars().any(char::is_control) {
            "a control character".to_owned()
        } else {
            continue;
        };
        let code = if *word == "common-name" && length > *most {
            Code::COMMON_NAME_TOO_LONG
        } else {
            Code::WRONG_VALUE
        };
        let mut finding = Diagnostic::error(code, format!("`{word}` can't be used")).at_text(text, reason);
        if code == Code::COMMON_NAME_TOO_LONG {
            finding = finding
                .help("leave `common-name` out: clients read the names in the SAN, which has room for 253");
        }
        report.push(finding);
    }
}
