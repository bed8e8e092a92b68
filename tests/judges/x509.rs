//! zlint and pkilint judge each profile by the RFCs. Rules of public CAs (CRL addresses, policies, 200 days at most) are
//! not a private authority's. Where one of them is missing, its tests say so and skip; with `CI` set they fail.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright::model::{IpRange, Permitted};
use gatewright::pki::{Certificate, Issuer, Name, Profile, San, sign, sign_again};
use gatewright::spec::node::KeyKind;
use tempfile::TempDir;

use crate::support::workshop;

/// Whether a program is there; says that it is not, and fails where `CI` is set.
pub(super) fn is_there(program: &str, ask: &[&str]) -> bool {
    if Command::new(program).args(ask).output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    #[expect(clippy::disallowed_methods, reason = "CI must not pass without its judges")]
    let in_ci = std::env::var_os("CI").is_some();
    assert!(!in_ci, "{program} is not installed, and CI is set");
    let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed; tests/tools installs it");
    false
}

/// A certificate of each profile, with every kind of key and of name.
fn certificates() -> Vec<(String, Certificate)> {
    let mut found = Vec::new();
    let subject = Name { country: Some("DE".into()), ..workshop::name("example Inc.", "example.com") };
    for kind in KeyKind::ALL {
        let root = workshop::root(kind, 1);
        let sign = |profile, subject: &Name, sans: &[San]| {
            sign(&workshop::request(profile, subject, sans), &workshop::leaf_key(kind), &root).unwrap()
        };
        let server = [
            San::Dns("bookinfo.example.com".into()),
            San::Dns("*.apps.example.com".into()),
            San::Ip([10, 0, 0, 5].into()),
            San::Ip("2001:db8::1".parse().unwrap()),
            San::Uri("spiffe://example.com/ns/shop/sa/api".into()),
        ];
        let client = [San::Email("anna@example.com".into()), San::Uri("spiffe://example.com/anna".into())];
        found.push((format!("server-{kind}"), sign(Profile::Server, &subject, &server)));
        found.push((format!("client-{kind}"), sign(Profile::Client, &subject, &client)));
        found.push((format!("nobody-{kind}"), sign(Profile::Client, &Name::default(), &client)));
        let mut permitted = Permitted::default();
        let people = workshop::under(&root, "people", 0, Some(&permitted));
        found.push((format!("people-{kind}"), people.certificate().clone()));
        permitted.add_domain("example.com");
        let names = workshop::under(&root, "names", 0, Some(&permitted));
        permitted.add_range(IpRange::parse("10.0.0.0/8").unwrap());
        let all = workshop::under(&root, "all", 1, Some(&permitted));
        found.push((format!("names-{kind}"), names.certificate().clone()));
        found.push((format!("all-{kind}"), all.certificate().clone()));
        found.push((format!("root-{kind}"), root.certificate().clone()));
        found.push((format!("cross-{kind}"), crossed(kind, &root)));
    }
    found
}

/// The next generation's name and key, signed by the one before: issuer and subject are one name, the keys are two.
fn crossed(kind: KeyKind, root: &Issuer) -> Certificate {
    let subject = workshop::name("example Inc.", "example.com");
    let request = workshop::request(Profile::Intermediate, &subject, &[]);
    sign_again(&request, workshop::root(kind, 2).certificate(), root).unwrap()
}

/// The rules of the RFCs, and those that everybody keeps.
const SOURCES: &str = "RFC3279,RFC5280,RFC5480,RFC5891,RFC8813,Community";

/// What zlint objects to in a file, with how many of its rules said that all is well.
pub(super) fn zlint(path: &Path) -> (Vec<String>, usize) {
    let output = Command::new("zlint").args(["-includeSources", SOURCES]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verdicts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdicts = verdicts.as_object().unwrap();
    let of = |results: &'static [&str]| {
        verdicts.iter().filter(|(_, verdict)| results.contains(&verdict["result"].as_str().unwrap()))
    };
    let bad = of(&["warn", "error", "fatal"]).map(|(lint, verdict)| format!("{lint}: {verdict}")).collect();
    (bad, of(&["pass"]).count())
}

fn written(folder: &Path) -> Vec<PathBuf> {
    let write = |(name, certificate): (String, Certificate)| {
        let path = folder.join(format!("{name}.pem"));
        #[expect(clippy::disallowed_methods, reason = "a scratch folder of the test's own")]
        std::fs::write(&path, certificate.to_pem()).unwrap();
        path
    };
    certificates().into_iter().map(write).collect()
}

#[test]
fn zlint_finds_no_error() {
    if !is_there("zlint", &["-version"]) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut found = 0;
    for path in written(folder.path()) {
        let (bad, passed) = zlint(&path);
        assert!(bad.is_empty(), "{}: {bad:#?}", path.display());
        found += passed;
    }
    assert!(found > 500, "only {found} lints said that all is well");
}

/// What pkilint's rules of PKIX alone do not know: wildcards are RFC 6125's, and SPIFFE's URIs are read by their scheme.
const KNOWN: [&str; 3] = [
    "pkix.invalid_domain_name_syntax (ERROR): Invalid domain name syntax: \"*.apps.example.com\"",
    "pkix.invalid_uri_syntax (ERROR): Invalid URI syntax: \"spiffe://example.com/ns/shop/sa/api\"",
    "pkix.invalid_uri_syntax (ERROR): Invalid URI syntax: \"spiffe://example.com/anna\"",
];

#[test]
fn pkilint_finds_no_error() {
    if !is_there("lint_pkix_cert", &["--help"]) {
        return;
    }
    let folder = TempDir::new().unwrap();
    // It takes a second each: the kinds of keys that differ most.
    let kinds = [KeyKind::EcdsaP384, KeyKind::Rsa2048].map(|kind| format!("-{kind}.pem"));
    for path in written(folder.path()) {
        if !kinds.iter().any(|kind| path.to_string_lossy().ends_with(kind)) {
            continue;
        }
        let output =
            Command::new("lint_pkix_cert").args(["lint", "-s", "WARNING"]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let findings = said.lines().filter(|line| line.starts_with(' ') || line.contains("Traceback"));
        let new: Vec<_> = findings.filter(|line| !KNOWN.contains(&line.trim())).collect();
        assert!(new.is_empty(), "{}: {said}", path.display());
    }
}
