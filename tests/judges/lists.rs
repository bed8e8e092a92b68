//! Revocation lists as a render writes them. openssl judges that each reads, is signed by its authority, and says who is out;
//! zlint and pkilint judge its form by the RFCs.

use std::process::Command;

use gatewright::pki::Certificate;
use gatewright::time::Seconds;

use super::x509;
use crate::cli::sandbox::Sandbox;
use crate::support::project::{CountingEntropy, Holder, NOW, Project};

const SPEC: &str = r#"
authority "root" { key rsa-2048; }
authority "staff" authority="root" { key ecdsa-p384; generation 1 introduced="2026-11-25"; generation 2 introduced="2026-11-25"; }
authority "partners"
client "anna.example" authority="staff"
client "bob.example" authority="staff"
client "carl.example" authority="partners"
client "dora.example" authority="partners"
"#;

/// What openssl says, and whether it is content; `None`, with a word on the error stream, where there is none.
fn openssl(project: &Project, arguments: &[&str]) -> Option<(bool, String)> {
    let output = Command::new("openssl").args(arguments).current_dir(project.root()).output();
    let Ok(output) = output else {
        #[expect(clippy::disallowed_methods, reason = "CI must not pass without its judges")]
        let in_ci = std::env::var_os("CI").is_some();
        assert!(!in_ci, "openssl is not installed, and CI is set");
        return None;
    };
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Some((output.status.success(), said))
}

/// A project in which one client of each of two authorities is revoked, rendered.
fn revoked() -> Project {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    project.render(Holder::Unasked);
    for name in ["bob.example", "dora.example"] {
        let line = project.read("specs/a.kdl").lines().find(|line| line.contains(name)).unwrap().to_owned();
        project.edit("specs/a.kdl", &line, &format!("{line} revoked=\"2026-11-25\""));
    }
    project.render(Holder::Operator);
    project
}

/// The lists of an authority, newest generation first.
fn lists(project: &Project, authority: &str) -> Vec<String> {
    let text = project.read(&format!("pki/{authority}/ca.crl"));
    text.split_inclusive("-----END X509 CRL-----\n").map(str::to_owned).collect()
}

/// Lists of roots and of an authority under one, empty ones and others, of RSA and ECDSA keys.
#[test]
fn linters_find_no_error_in_a_list() {
    let zlint = x509::is_there("zlint", &["-version"]);
    let pkilint = x509::is_there("lint_crl", &["--help"]);
    let project = revoked();
    for authority in ["root", "staff", "partners"] {
        for list in lists(&project, authority) {
            project.write("one.crl", &list);
            let path = project.root().join("one.crl");
            if zlint {
                let (bad, passed) = x509::zlint(&path);
                assert!(bad.is_empty() && passed > 5, "{authority}: {passed} passed, {bad:#?}");
            }
            if pkilint {
                let arguments = ["lint", "-t", "CRL", "-p", "PKIX", "-s", "WARNING"];
                let output = Command::new("lint_crl").args(arguments).arg(&path).output().unwrap();
                let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
                assert!(output.status.success() && said.trim().is_empty(), "{authority}: {said}");
            }
        }
    }
}

#[test]
fn openssl_reads_every_list_and_holds_it_against_the_clients() {
    let project = revoked();
    let mut all = String::new();
    for (authority, count) in [("root", 1), ("staff", 2), ("partners", 1)] {
        let lists = lists(&project, authority);
        all.push_str(&lists.concat());
        assert_eq!(lists.len(), count);
        for (list, generation) in lists.iter().zip((1..=count).rev()) {
            project.write("one.crl", list);
            let signer = format!("pki/{authority}/{generation}.crt");
            let arguments = ["crl", "-in", "one.crl", "-noout", "-text", "-CAfile", &signer];
            let Some((content, said)) = openssl(&project, &arguments) else { return };
            assert!(content && said.contains("verify OK"), "{said}");
            for part in ["Version 2", "X509v3 Authority Key Identifier", "X509v3 CRL Number", "Next Update"] {
                assert!(said.contains(part), "{part}: {said}");
            }
        }
    }
    project.write("all.crl", &all);
    let time = gatewright::time::Timestamp::parse(NOW).unwrap().unix().to_string();
    for (authority, client, is_in) in [
        ("staff", "anna.example", true),
        ("staff", "bob.example", false),
        ("partners", "carl.example", true),
        ("partners", "dora.example", false),
    ] {
        let (bundle, leaf) =
            (format!("pki/{authority}/ca.crt"), format!("pki/{authority}/clients/{client}.crt"));
        let between = format!("pki/{authority}/1.crt");
        let arguments = [
            "verify",
            "-crl_check_all",
            "-x509_strict",
            "-purpose",
            "sslclient",
            "-attime",
            &time,
            "-CAfile",
            &bundle,
            "-untrusted",
            &between,
            "-CRLfile",
            "all.crl",
            &leaf,
        ];
        let Some((content, said)) = openssl(&project, &arguments) else { return };
        assert_eq!(content, is_in, "{client}: {said}");
        assert!(is_in || said.contains("certificate revoked"), "{said}");
    }
}

/// One that may sign certificates alone, as some tools make them, signs no list in silence that everybody refuses.
#[test]
fn an_authority_that_may_sign_no_list_is_told() {
    let project = Project::of("");
    let made = openssl(
        &project,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
            "-subj",
            "/CN=legacy",
            "-days",
            "3650",
            "-addext",
            "keyUsage=critical,keyCertSign",
        ],
    );
    let Some((true, _)) = made else { return };
    let spec = "authority \"legacy\" files\ngateway \"public\"\nhost \"a.example.com\" authority=\"legacy\" gateway=\"public\" to=\"a:80\" { tls mutual; }\nclient \"bob.example\" authority=\"legacy\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    let at = |name: &str| project.root().join(name).to_string_lossy().into_owned();
    let start = Certificate::from_pem_chain(&project.read("ca.crt")).unwrap()[0].not_before();
    let now = (start + Seconds::days(1)).to_string();
    let adopt = ["authority", "adopt", "legacy", "--cert", &at("ca.crt"), "--key", &at("ca.key")];
    sandbox.run_at(&now, &adopt).ends_with(0);
    sandbox.run_at(&now, &["render"]).ends_with(0);
    let refused = sandbox.run_at(&now, &["revoke", "client", "bob.example"]).ends_with(2).stderr;
    assert!(refused.contains("lacks `cRLSign`"), "{refused}");
    assert_eq!(sandbox.read("specs/a.kdl"), spec);
}
