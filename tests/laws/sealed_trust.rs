//! Trust in clients that is sealed in the server's own Secret, while a revocation list is missing: it stays what it is, whatever
//! else the Secret needs. Without it nobody would come in.

use gatewright::build::{Outcome, Request};
use gatewright::sops::{Identities, Sealed};
use gatewright::tree::apply;

use crate::support::project::{CountingEntropy, Holder, Project, identity};

const SECRET: &str = "out/istio-system/secret-api.example.com-tls.sops.yaml";
const A: &str = "age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu";
const B: &str = "age1yweuf6te7tj9asnwmmgsydjn3faaxzevy4kqy7z47csa6afjwy3q83ufus";
const SPEC: &str = r#"
secrets filter=rule ca-in=same-secret
authority "corp"
authority "partners" { revoked "0a1b" on="2026-11-20"; settle "unknown-serial" reason="x"; }
authority "more"
gateway "public"
host "api.example.com" authority="corp" gateway="public" to="api:80" { tls mutual { clients "partners"; } }
client "bob.example" authority="partners"
"#;

/// The operator opens all but the key of `more`, and the Secrets if `out` names him.
fn project(out: &str) -> Project {
    let rules = format!(
        "creation_rules:\n  - path_regex: ^pki/more/\n    age: {B}\n  - path_regex: ^pki/\n    age: {A}\n  - path_regex: ^out/\n    encrypted_regex: ^(data|stringData)$\n    age: {out}\n"
    );
    let mut project = Project::new([(".sops.yaml", rules.as_str()), ("specs/a.kdl", SPEC)]);
    project.entropy = Box::new(CountingEntropy::default());
    project.render(Holder::Operator);
    project.edit("specs/a.kdl", "clients \"partners\";", "clients \"partners\" \"more\";");
    project
}

fn at(project: &Project, now: &str) -> Outcome {
    let outcome = project.build_at(now, Holder::Operator, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    apply(&project.layout(), &outcome.files).unwrap();
    outcome
}

/// `ca.crt` and `ca.crl`, opened by the cluster.
fn trust(project: &Project) -> [Option<String>; 2] {
    let text = project.read(SECRET);
    let (_, text) = text.split_once('\n').unwrap();
    let mut identities = Identities::new();
    identities.add("cluster", &identity('b'));
    let plain = Sealed::parse(text).unwrap().decrypt(&identities).unwrap();
    ["ca.crt", "ca.crl"].map(|key| plain.at(&["data", key]).and_then(|node| node.as_str()).map(str::to_owned))
}

#[test]
fn it_comes_along_with_a_new_certificate() {
    let project = project(&format!("{A},{B}"));
    let (before, old) = (trust(&project), project.read(SECRET));
    assert!(before.iter().all(Option::is_some));
    assert!(old.contains("ca.crl: ENC["), "{old}");
    let outcome = at(&project, "2026-11-25T12:00:00Z");
    assert!(outcome.waiting.iter().any(|wait| wait.word == "revocation list" && wait.name == "more"));
    assert_eq!(trust(&project), before);
    // A new certificate, and other metadata, which are sealed anew.
    at(&project, "2027-02-01T00:00:00Z");
    assert_ne!(project.read(SECRET), old);
    assert_eq!(trust(&project), before);
    project.edit("specs/a.kdl", "tls mutual", "secret { metadata { labels { team \"x\"; }; }; }; tls mutual");
    at(&project, "2027-02-01T00:00:00Z");
    assert!(project.read(SECRET).contains("team: x"));
    assert_eq!(trust(&project), before);
}

/// Whoever can't read it leaves the Secret alone.
#[test]
fn what_can_not_be_read_stays() {
    let project = project(B);
    let (before, old) = (trust(&project), project.read(SECRET));
    let outcome = at(&project, "2027-02-01T00:00:00Z");
    assert_eq!(project.read(SECRET), old);
    assert!(outcome.report.findings().iter().any(|finding| finding.code.name() == "frozen"));
    assert_eq!(trust(&project), before);
    assert!(
        project
            .build_at("2027-02-01T00:00:00Z", Holder::Operator, &Request::default())
            .unwrap()
            .files
            .is_empty()
    );
}
