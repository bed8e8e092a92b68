//! Nothing counts for longer than what is above it: what is issued ends with the first of them that ends, and that is told in time.

use std::fs;

use gatewright::build::{BuildError, Request as Build};
use gatewright::diag::Severity;
use gatewright::pki::{Certificate, Issuer, Profile, Request, San, sign};
use gatewright::spec::node::KeyKind;
use gatewright::time::Seconds;

use super::revocation::render_at;
use crate::support::binary::finish;
use crate::support::project::{Holder, Project};
use crate::support::workshop;

const SPEC: &str = r#"
authority "staff" files
authority "corp"
gateway "public"
host "a.example.com" authority="staff" gateway="public" to="a:80"
host "b.example.com" authority="corp" gateway="public" to="b:80"
"#;
const A: &str = "out/istio-system/secret-a.example.com-tls.sops.yaml";

/// An authority under another one with two certificates of one key: one to sign with, and one that ends after these days.
fn short(days: i64) -> (Issuer, Certificate, Issuer) {
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    let long = workshop::under(&root, "short", 1, None);
    let subject = workshop::name("example Inc.", "short");
    let request = Request {
        not_after: workshop::start() + Seconds::days(days),
        path_length: Some(1),
        ..workshop::request(Profile::Intermediate, &subject, &[])
    };
    let certificate = sign(&request, long.key(), &root).unwrap();
    (long, certificate, root)
}

fn put(project: &Project, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(project.home().join(name), bytes).unwrap();
}

/// What is found at a moment, but for what others than these are about.
fn found(project: &Project, now: &str, codes: &[&str]) -> Vec<(&'static str, Severity, String)> {
    let report = match project.build_at(now, Holder::Operator, &Build::default()) {
        Ok(outcome) => outcome.report,
        Err(BuildError::Refused(report)) => report,
        Err(error) => panic!("{error}"),
    };
    let findings = report.findings().iter().filter(|finding| codes.contains(&finding.code.name()));
    findings
        .map(|finding| {
            let helps = finding.helps.join("; ");
            (finding.code.name(), finding.severity, format!("{}; {helps}", finding.message))
        })
        .collect()
}

fn leaf(project: &Project) -> Certificate {
    let text = project.read(A);
    let line = text.lines().find_map(|line| line.trim().strip_prefix("tls.crt: ")).unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, line.trim_matches('"'));
    Certificate::from_pem_chain(&String::from_utf8(bytes.unwrap()).unwrap()).unwrap().remove(0)
}

#[test]
fn an_authority_signs_for_no_longer_than_what_is_above_it() {
    let project = Project::of(SPEC);
    let (long, above, root) = short(30);
    let staff = workshop::under(&long, "staff", 0, None);
    let all = [staff.certificate(), &above, root.certificate()].map(Certificate::to_pem);
    put(&project, "staff.crt", all.concat());
    put(&project, "staff.key", staff.key().to_pem().as_bytes());
    let adopt = ["authority", "adopt", "staff", "--cert", "../home/staff.crt", "--key", "../home/staff.key"];
    project.run(&adopt).ends_with(0);
    project.render(Holder::Operator);
    assert_eq!(leaf(&project).not_after(), above.not_after());
    let codes = ["due-authority", "expired-authority"];
    let due = found(&project, "2026-12-20T00:00:00Z", &codes);
    assert_eq!((due[0].0, due[0].1), ("due-authority", Severity::Warning));
    assert!(
        due[0].2.starts_with("one above authority `staff` ends on 2026-12-25T12:00:00Z, in 5d"),
        "{due:?}"
    );
    let later = "2026-12-26T00:00:00Z";
    let ended = found(&project, later, &codes);
    assert_eq!((ended[0].0, ended[0].1), ("expired-authority", Severity::Error));
    let before = leaf(&project);
    render_at(&project, later, Holder::Operator);
    assert_eq!(leaf(&project), before);
    let status = finish(&mut project.command_at(later, &["status"])).ends_with(1).stdout;
    assert_eq!(status.matches("expired").count(), 2, "{status}");
}

#[test]
fn a_chain_that_was_brought_is_watched() {
    let project =
        Project::of(&SPEC.replace("\"a.example.com\" authority=\"staff\"", "\"a.example.com\" files"));
    let (long, above, _) = short(30);
    let sans = [San::Dns("a.example.com".to_owned())];
    let subject = workshop::name("somebody", "a.example.com");
    let key = workshop::leaf_key(KeyKind::EcdsaP256);
    let leaf = sign(&workshop::request(Profile::Server, &subject, &sans), &key, &long).unwrap();
    put(&project, "a.crt", format!("{}{}", leaf.to_pem(), above.to_pem()));
    put(&project, "a.key", key.to_pem().as_bytes());
    let bring = ["bring", "a.example.com", "--cert", "../home/a.crt", "--key", "../home/a.key"];
    project.run(&bring).ends_with(3);
    let codes = ["due-certificate", "expired-certificate"];
    assert_eq!(found(&project, "2026-12-10T00:00:00Z", &codes), []);
    let due = found(&project, "2026-12-20T00:00:00Z", &codes);
    assert_eq!((due[0].0, due[0].1), ("due-certificate", Severity::Warning));
    assert!(
        due[0].2.contains("`O=example Inc.,CN=short` above the certificate of host `a.example.com`"),
        "{due:?}"
    );
    let ended = found(&project, "2026-12-26T00:00:00Z", &codes);
    assert_eq!((ended[0].0, ended[0].1), ("expired-certificate", Severity::Error));
    let status = finish(&mut project.command_at("2026-12-26T00:00:00Z", &["status"])).ends_with(1).stdout;
    assert!(status.contains("expired  2026-12-25"), "{status}");
}

/// A third of ten years is a long time: what is told then is no warning yet.
#[test]
fn an_authority_is_told_of_in_time() {
    let spec = SPEC.replace("\"staff\" files", "\"staff\" valid=\"1200d\"");
    let project = Project::of(&spec);
    let codes = ["due-authority"];
    project.render(Holder::Operator);
    let at = |days: i64| {
        let now = (workshop::start() + Seconds::days(days)).to_string();
        found(&project, &now, &codes).into_iter().find(|(_, _, text)| text.contains("`staff`"))
    };
    assert_eq!(at(790), None);
    let (_, severity, text) = at(850).unwrap();
    assert_eq!(severity, Severity::Notice, "{text}");
    assert!(text.contains("a third of its life is left") && text.contains("--stage introduce"), "{text}");
    let (_, severity, text) = at(1150).unwrap();
    assert_eq!(severity, Severity::Warning, "{text}");
    assert!(text.contains(", in 50d") && text.contains("--stage introduce"), "{text}");
    let now = (workshop::start() + Seconds::days(1150)).to_string();
    finish(&mut project.command_at(&now, &["check", "--strict"])).ends_with(1);
}

/// What ended with an authority in files says so, and its next certificate is taken all the same.
#[test]
fn an_authority_in_files_that_ended_is_mended_first() {
    let project = Project::of(
        &SPEC.replace("authority \"corp\"\n", "authority \"corp\" authority=\"staff\" valid=\"200d\"\n"),
    );
    let (long, short, root) = short(30);
    put(&project, "staff.crt", [short.to_pem(), root.certificate().to_pem()].concat());
    put(&project, "staff.key", long.key().to_pem().as_bytes());
    let adopt = ["authority", "adopt", "staff", "--cert", "../home/staff.crt", "--key", "../home/staff.key"];
    project.run(&adopt).ends_with(0);
    project.render(Holder::Operator);
    let later = "2026-12-26T00:00:00Z";
    let told = found(&project, later, &["expired-authority"]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|(_, _, text)| text.contains("`gatewright authority csr staff`")), "{told:?}");
    let status = finish(&mut project.command_at(later, &["status"])).ends_with(1).stderr;
    assert!(status.contains("authority corp has ended, and so has authority staff above it"), "{status}");
    put(&project, "staff.crt", [long.certificate().to_pem(), root.certificate().to_pem()].concat());
    let import = ["authority", "import", "staff", "--cert", "../home/staff.crt"];
    finish(&mut project.command_at(later, &import)).ends_with(0);
    let left = found(&project, later, &["expired-authority"]);
    assert!(left.iter().all(|(_, _, text)| !text.contains("csr")), "{left:?}");
}
