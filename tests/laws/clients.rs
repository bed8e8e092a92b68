//! Groups of clients: whom a host names comes in and nobody else, and a client that comes or goes changes only its own files and
//! those of the hosts that name it.

use crate::support::project::{CountingEntropy, Holder, Project, differing};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "corp"
authority "partners"
gateway "public" per-certificate=#true
host "orders.example" authority="corp" gateway="public" to="a:80" { tls mutual { clients "acme"; }; }
host "desk.example" authority="corp" gateway="public" to="a:80" { tls mutual { clients "anna@b.example" "other"; }; }
host "all.example" authority="corp" gateway="public" to="a:80" { tls mutual { clients "partners"; }; }
client "anna@b.example" authority="partners"
clients "acme" authority="partners" valid="30d" {
    subject organization="Acme"
    client "one.acme"
    client "two.acme" valid="20d" { san "two.acme" "spiffe://acme/two"; }
}
clients "other" authority="partners" {
    client "one.other"
}
"#;

fn project() -> Project {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    project.render(Holder::Unasked);
    project
}

fn gateway(host: &str) -> String {
    format!("out/default/gateway-public-{}.yaml", host.replace('.', "-"))
}

/// The names that a host's clients must have.
fn names(project: &Project, host: &str) -> Vec<String> {
    let text = project.read(&gateway(host));
    let lines = text.lines().map(str::trim).skip_while(|line| *line != "subjectAltNames:").skip(1);
    lines
        .map_while(|line| line.strip_prefix("- ").filter(|name| !name.ends_with(':')))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_host_names_groups_and_clients() {
    let project = project();
    assert_eq!(names(&project, "orders.example"), ["one.acme", "two.acme"]);
    assert_eq!(names(&project, "desk.example"), ["one.other", "anna@b.example"]);
    assert!(names(&project, "all.example").is_empty());
    let certificate = project.read("pki/partners/clients/two.acme.crt");
    let certificate = &gatewright::pki::Certificate::from_pem_chain(&certificate).unwrap()[0];
    assert_eq!(certificate.subject().to_string(), "O=Acme,CN=two.acme");
    assert_eq!((certificate.not_after() - certificate.not_before()).0 / 86_400, 20);
    project.assert_nothing_to_do();
}

#[test]
fn a_client_that_comes_or_goes_changes_its_hosts_and_no_others() {
    let project = project();
    let before = project.tree();
    project.edit(FILE, "    client \"one.acme\"\n", "    client \"one.acme\"\n    client \"three.acme\"\n");
    project.render(Holder::Operator);
    assert_eq!(
        differing(&before, &project.tree()),
        [
            gateway("orders.example").as_str(),
            "pki/partners/clients/three.acme.crt",
            "pki/partners/clients/three.acme.key.sops.yaml"
        ]
    );
    assert_eq!(names(&project, "orders.example"), ["one.acme", "three.acme", "two.acme"]);
    let with = project.tree();
    project.edit(FILE, "    client \"one.acme\"\n", "");
    project.render(Holder::Unasked);
    assert_eq!(differing(&with, &project.tree()), [gateway("orders.example")]);
}

/// Before anybody signs a list, whoever is revoked is named no more; and where nobody is left, nobody comes in.
#[test]
fn the_revoked_are_named_no_more() {
    let project = project();
    project.run(&["revoke", "client", "one.acme"]).ends_with(0);
    assert!(project.read(FILE).contains("    client \"one.acme\" revoked=\"2026-11-25\"\n"));
    project.render(Holder::Nobody);
    assert_eq!(names(&project, "orders.example"), ["two.acme"]);
    project.edit(FILE, "client \"one.other\"", "client \"one.other\" revoked=\"2026-11-25\"");
    project.edit(FILE, "\"anna@b.example\" authority", "\"anna@b.example\" revoked=\"2026-11-25\" authority");
    project.render(Holder::Nobody);
    assert_eq!(names(&project, "desk.example"), ["nobody.invalid"]);
    project.render(Holder::Operator);
    project.assert_nothing_to_do();
}

#[test]
fn what_can_not_be_meant_is_refused() {
    for (old, new, code) in [
        ("clients \"acme\";", "clients \"acne\";", "unknown-reference"),
        ("clients \"acme\";", "clients \"acme\" \"partners\";", "conflict"),
        ("clients \"acme\" auth", "clients \"corp\" auth", "duplicate-name"),
        ("clients \"other\" auth", "clients \"acme\" auth", "duplicate-name"),
        ("    client \"one.other\"\n", "", "missing-word"),
        ("    client \"one.other\"\n", "    client \"one.acme\"\n", "duplicate-name"),
        ("clients \"other\" authority=\"partners\"", "clients \"other\"", "missing-source"),
        ("client \"one.other\"", "client \"one.other\" { san \"x.other\" \"two.acme\"; }", "conflict"),
        ("clients \"acme\";", "clients \"acme\"; subject-alt-names \"x\";", "conflict"),
    ] {
        let project = Project::of(SPEC);
        project.edit(FILE, old, new);
        assert!(
            project.refusal(Holder::Unasked).contains(&code),
            "{new}: {:?}",
            project.refusal(Holder::Unasked)
        );
    }
}

/// The key file knows only the newest certificate, so the others can't be revoked by the client's name.
#[test]
fn a_lost_file_of_certificates_is_told() {
    let project = Project::of(
        "authority \"corp\"\ngateway \"public\"\nclient \"bob.example\" authority=\"corp\"\n\
         host \"shop.example\" authority=\"corp\" gateway=\"public\" to=\"shop:80\" { tls mutual clients=\"corp\"; }\n",
    );
    project.render(Holder::Operator);
    let path = "pki/corp/clients/bob.example.crt";
    let codes = || {
        let outcome =
            project.build(Holder::Operator).unwrap_or_else(|error| panic!("{}", project.explain(&error)));
        outcome.report.findings().iter().map(|finding| finding.code.name()).collect::<Vec<_>>()
    };
    assert_eq!(codes(), [""; 0]);
    project.remove(path);
    assert_eq!(codes(), ["lost-record"]);
    project.run(&["check"]).ends_with(1);
    // Where nothing is left of a client that is revoked, nobody can turn it away.
    project.edit(FILE, "\"bob.example\" authority", "\"bob.example\" revoked=\"2026-11-20\" authority");
    project.remove("pki/corp/clients/bob.example.key.sops.yaml");
    assert_eq!(codes(), ["revokes-nothing"]);
}
