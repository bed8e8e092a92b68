//! A bundle that lists bring up to the root lets in nobody whom it should not.

use std::process::Command;

use gatewright::diag::Diagnostic;
use gatewright::pki::{Certificate, RevocationList};

use super::revocation::{CACERT, DEEP, FILE, assert_whole, certificates, client, project, trust};
use crate::support::project::{Holder, Project};

/// What a render says.
fn findings(project: &Project) -> Vec<Diagnostic> {
    let outcome =
        project.build(Holder::Operator).unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    outcome.report.findings().to_vec()
}

fn codes(project: &Project) -> Vec<&'static str> {
    findings(project).iter().map(|finding| finding.code.name()).collect()
}

/// The only finding, about a client that is gone.
#[track_caller]
fn told(project: &Project) -> Diagnostic {
    let [finding] = <[_; 1]>::try_from(findings(project)).unwrap();
    assert_eq!(finding.code.name(), "removed-client");
    finding
}

/// The root comes into the bundle with its list, and whom it signs itself would come in.
#[test]
fn nobody_else_comes_in_by_the_root() {
    let project = project(&format!("{DEEP}client \"dora.example\" authority=\"root\"\n"));
    project.edit(
        FILE,
        "\"bob.example\" authority=\"staff\"",
        "\"bob.example\" authority=\"staff\" revoked=\"2026-11-20\"",
    );
    assert_eq!(project.refusal(Holder::Operator), ["other-clients"]);
    // Taking its node away takes no certificate from it.
    project.edit(
        FILE,
        "client \"dora.example\" authority",
        "client \"eva.example\" revoked=\"2026-11-20\" authority",
    );
    assert_eq!(project.refusal(Holder::Operator), ["other-clients", "revokes-nothing"]);
    project.edit(
        FILE,
        "clients \"staff\";",
        "clients \"staff\"; subject-alt-names \"anna.example\" \"bob.example\";",
    );
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example")]);
}

/// Its certificate from the root counts until that is revoked: the finding shows the call.
#[test]
fn a_client_that_moves_away_from_the_root_is_turned_away_there() {
    let project = project(&format!("{DEEP}client \"dora.example\" authority=\"root\"\n"));
    project.edit(
        FILE,
        "\"bob.example\" authority=\"staff\"",
        "\"bob.example\" authority=\"staff\" revoked=\"2026-11-20\"",
    );
    project.edit(FILE, "\"dora.example\" authority=\"root\"", "\"dora.example\" authority=\"other\"");
    let dora = client(&project, "root", "dora.example");
    let serial = dora.serial();
    let said = project.run(&["render"]).ends_with(2).stderr;
    let call = format!("gatewright revoke client dora.example --serial {serial}");
    assert!(said.contains("error[other-clients]") && said.contains(&format!("`{call}`")), "{said}");
    let words: Vec<_> = call.split(' ').skip(1).collect();
    project.run(&words).ends_with(0);
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example"), &dora]);
}

/// A host lets in whoever has the certificate, whatever authority the spec names by now.
#[test]
fn a_client_that_moves_is_told_of_until_its_earlier_certificate_is_revoked() {
    let project = Project::of(
        "authority \"a\"\nauthority \"b\"\ngateway \"public\"\n\
         host \"shop.example\" authority=\"a\" gateway=\"public\" to=\"shop:80\" { tls mutual clients=\"a\"; }\n\
         host \"pinned.example\" authority=\"a\" gateway=\"public\" to=\"shop:80\" { tls mutual clients=\"bob.example\"; }\n\
         client \"anna.example\" authority=\"a\"\nclient \"bob.example\" authority=\"a\"\n",
    );
    project.render(Holder::Operator);
    project.edit(FILE, "\"anna.example\" authority=\"a\"", "\"anna.example\" authority=\"b\"");
    let serial = client(&project, "a", "anna.example").serial().to_owned();
    let finding = told(&project);
    assert!(
        finding.message.contains("is one of authority `b` now, and a host still lets it in"),
        "{finding:?}"
    );
    assert!(
        finding.notes[0].contains(&serial) && finding.helps[0].contains(&format!("--serial {serial}")),
        "{finding:?}"
    );
    let line = format!("`revoked \"{serial}\" on=\"2026-11-25\"`");
    assert!(finding.helps[1].contains(&line), "{finding:?}");
    // Its earlier certificate is known when it has another.
    project.render(Holder::Operator);
    assert!(told(&project).notes[0].contains(&serial));
    project.edit(
        FILE,
        "authority \"a\"",
        &format!("authority \"a\" {{ revoked \"{serial}\" on=\"2026-11-20\"; }}"),
    );
    assert_eq!(codes(&project), [""; 0]);
}

/// A name that a host asks for opens it to a certificate of a client that is called otherwise by now.
#[test]
fn a_renamed_client_is_let_in_by_a_name_that_it_keeps() {
    let spec = "authority \"a\"\ngateway \"public\"\n\
         host \"shop.example\" authority=\"a\" gateway=\"public\" to=\"shop:80\" { tls mutual clients=\"anna\"; }\n\
         client \"anna\" authority=\"a\" { san \"anna.example\"; }\n";
    let project = Project::of(spec);
    project.render(Holder::Operator);
    project.write(FILE, spec.replace("\"anna\"", "\"eva\""));
    assert!(told(&project).message.contains("`anna` is not in the spec any more"));
    project.write(FILE, spec.replace("\"anna\"", "\"eva\"").replace("anna.example", "eva.example"));
    assert_eq!(codes(&project), [""; 0], "the host asks for another name");
}

const CHAIN: &str = "authority \"root\"\nauthority \"issuing\" authority=\"root\"\nauthority \"below\" authority=\"issuing\"\ngateway \"public\"\n\
     host \"api.example.com\" authority=\"root\" gateway=\"public\" to=\"api:80\" { tls mutual { clients \"WHOM\"; }; }\n\
     host \"own.example.com\" authority=\"root\" gateway=\"public\" to=\"api:80\" { tls mutual { clients \"issuing\"; }; }\n\
     client \"anna.example\" authority=\"issuing\"\nclient \"bob.example\" authority=\"issuing\"\nclient \"carl.example\" authority=\"below\"\n";
const BOB: &str = "client \"bob.example\" authority=\"issuing\"";

/// What is revoked above says nothing of clients whom a host lets in, unless it is their authority itself: such a host needs no list.
#[test]
fn who_trusts_an_authority_below_is_not_concerned() {
    let project = project(&CHAIN.replace("WHOM", "below"));
    project.edit(FILE, BOB, &format!("{BOB} revoked=\"2026-11-20\""));
    project.render(Holder::Operator);
    let (anchors, lists) = trust(&project, CACERT);
    assert_eq!((anchors.len(), lists.len()), (1, 0));
    let [anna, bob, carl] =
        [("issuing", "anna.example"), ("issuing", "bob.example"), ("below", "carl.example")]
            .map(|(authority, name)| client(&project, authority, name));
    let chain = certificates(&project.read("pki/issuing/1.crt"));
    for (one, comes_in) in [(&anna, false), (&bob, false), (&carl, true)] {
        assert_eq!(comes_in_by(&project, one, &chain), comes_in, "{one:?}");
    }
}

/// Clients of an authority below come in by the chains that they show: so do they with a list, but for those whom it names.
#[test]
fn who_trusts_an_authority_above_turns_away_whom_one_below_revokes() {
    for whom in ["root", "issuing"] {
        let project = project(
            &CHAIN
                .replace("WHOM", whom)
                .replace("bob.example\" authority=\"issuing", "bob.example\" authority=\"below"),
        );
        let carl = client(&project, "below", "carl.example");
        let bob = client(&project, "below", "bob.example");
        let chain = ["below", "issuing"]
            .map(|name| certificates(&project.read(&format!("pki/{name}/1.crt"))))
            .concat();
        assert!(comes_in_by(&project, &bob, &chain));
        let bob_below = "client \"bob.example\" authority=\"below\"";
        project.edit(FILE, bob_below, &format!("{bob_below} revoked=\"2026-11-20\""));
        project.render(Holder::Operator);
        assert_whole(&project, CACERT, &[&bob]);
        assert!(!comes_in_by(&project, &bob, &chain), "{whom}");
        let anna = client(&project, "issuing", "anna.example");
        assert!(comes_in_by(&project, &carl, &chain) && comes_in_by(&project, &anna, &chain[1..]), "{whom}");
        project.assert_nothing_to_do();
    }
}

/// As Envoy asks: with all lists as soon as there is one.
#[track_caller]
fn comes_in_by(project: &Project, one: &Certificate, chain: &[Certificate]) -> bool {
    let (anchors, lists) = trust(project, CACERT);
    let file = |name: &str, text: String| {
        let path = project.home().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let pem = |all: &[Certificate]| all.iter().map(Certificate::to_pem).collect::<String>();
    let mut call = Command::new("openssl");
    call.args(["verify", "-purpose", "sslclient", "-attime", "1795608000"]);
    call.arg("-CAfile")
        .arg(file("ca.crt", pem(&anchors)))
        .arg("-untrusted")
        .arg(file("chain.crt", pem(chain)));
    if lists.is_empty() {
        // With lists it goes up to the root; openssl would stop at the first certificate of the bundle.
        call.arg("-partial_chain");
    } else {
        let text = lists.iter().map(RevocationList::to_pem).collect();
        call.arg("-crl_check_all").arg("-CRLfile").arg(file("ca.crl", text));
    }
    call.arg(file("one.crt", one.to_pem())).output().unwrap().status.success()
}
