//! Authorities under authorities that can't be, names that none of them may issue for, and authorities that are gone.

use super::case::{bad, bad_alone, refused};
use crate::cli::sandbox::Sandbox;

#[test]
fn who_is_above_whom() {
    bad(
        "authority \"a\" authority=\"«crop»\" unconstrained",
        "unknown-reference",
        &["no authority `crop`", "did you mean `corp`?"],
    );
    bad_alone(
        "authority \"a\" authority=\"«a»\" unconstrained",
        "conflict",
        &[
            "authority `a` would issue its own certificate through others",
            "leads back to itself",
            "leave `authority` out",
        ],
    );
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        "authority \"a\" authority=\"b\" unconstrained\nauthority \"b\" authority=\"c\" unconstrained\nauthority \"c\" authority=\"a\" unconstrained\n",
    )]);
    refused(&sandbox, "render", 2).one("conflict", "specs/a.kdl:1:26", &["through others"]);
    bad(
        "«authority» \"a\" authority=\"corp\" unconstrained { subject common-name=\"corp\"; }",
        "conflict",
        &["authority `a` has the same subject as `corp` above it", "another `subject`"],
    );
    bad(
        "authority \"a\" authority=\"corp\" unconstrained valid=\"«11y»\"",
        "valid-too-long",
        &["can't be valid longer than its authority `corp`"],
    );
}

#[test]
fn names_that_an_authority_may_not_issue_for() {
    for (text, name) in [
        ("host \"«shop.other.example»\" authority=\"a\" gateway=\"public\"", "shop.other.example"),
        ("host \"x.a.example\" authority=\"a\" gateway=\"public\" { san \"«10.0.0.5»\"; }", "10.0.0.5"),
        ("client \"«anna.other.example»\" authority=\"a\"", "anna.other.example"),
        (
            "client \"«deep.other.example»\" authority=\"b\"\nauthority \"b\" authority=\"a\"",
            "deep.other.example",
        ),
        ("client \"«bob.other.example»\" authority=\"a\" { san \"bob@a.example\"; }", "bob.other.example"),
        ("client \"r@a.example\" authority=\"a\" { subject common-name=\"«10.7.7.7»\"; }", "10.7.7.7"),
        (
            "certificate \"192.0.2.1\" authority=\"a\" namespace=\"db\" secret=\"db\" { subject common-name=\"«192.0.2.1»\"; }",
            "192.0.2.1",
        ),
    ] {
        let text = format!(
            "{text}\nauthority \"a\" authority=\"corp\" {{ permitted \"a.example\" \"192.0.2.0/24\"; }}\n"
        );
        let says = format!("`{name}` is none of the names that authority `a` may issue for");
        bad(&text, "name-constraints", &[&says, "permitted are these", "permit it there too"]);
    }
}

#[test]
fn what_permits_nothing_or_is_none() {
    bad(
        "«authority» \"a\" authority=\"corp\"",
        "missing-word",
        &["issues nothing yet", "`permitted \"example.com\"`, or `unconstrained`"],
    );
    bad(
        "authority \"a\" { permitted \"«10.0.0.0/33»\"; }",
        "wrong-value",
        &["no range of IP addresses", "`10.0.0.0/8`"],
    );
    bad(
        "authority \"a\" { permitted \"«*.example.com»\"; }",
        "invalid-name",
        &["no wildcard", "write `example.com`"],
    );
    bad("authority \"a\" { permitted \"exa«_»mple.com\"; }", "invalid-name", &["is no domain"]);
    bad("authority \"a\" { permitted \"«a b»\"; }", "invalid-name", &["neither a domain nor a range"]);
    bad(
        "authority \"a\" «unconstrained» { permitted \"example.com\"; }",
        "conflict",
        &["is not `unconstrained`", "keep one"],
    );
}

const SPEC: &str = "authority \"root\"\nauthority \"issuing\" authority=\"root\"\ngateway \"public\"\nhost \"shop.example.com\" authority=\"issuing\" gateway=\"public\" to=\"shop:80\"\n";

fn rendered() -> Sandbox {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox
}

/// Neither a root nor an authority below it is made anew while something relies on it, whatever is left of it.
#[test]
fn an_authority_of_a_chain_that_is_gone() {
    for (name, place) in [("root", "specs/a.kdl:1:1"), ("issuing", "specs/a.kdl:2:1")] {
        for files in
            [&["1.key.sops.yaml"][..], &["1.key.sops.yaml", "1.crt"], &["1.key.sops.yaml", "1.crt", "ca.crt"]]
        {
            let sandbox = rendered();
            files.iter().for_each(|file| sandbox.remove(&format!("pki/{name}/{file}")));
            for call in ["render", "check", "rotate host shop.example.com"] {
                let says = format!("generation 1 of authority `{name}` is gone");
                refused(&sandbox, call, 4).one("lost-authority", place, &[&says, "git log --all"]);
            }
        }
    }
}

#[test]
fn an_authority_that_is_to_be_a_root_by_its_old_certificate() {
    let sandbox = rendered();
    sandbox.edit("specs/a.kdl", "\"issuing\" authority=\"root\"\ngateway", "\"issuing\"\ngateway");
    let says = [
        "generation 1 of authority `issuing` was issued by another authority",
        "`gatewright rotate authority issuing`",
    ];
    refused(&sandbox, "render", 2).one("wrong-generation", "specs/a.kdl:2:1", &says);
    // What it says is what helps.
    sandbox.run(&["rotate", "authority", "issuing"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
}

/// The names of a root stand in its certificate, which nobody signs again.
#[test]
fn a_root_whose_certificate_permits_less_than_the_spec() {
    let spec = SPEC.replacen("\"root\"\n", "\"root\" { permitted \"example.com\"; }\n", 1);
    let sandbox = Sandbox::new([("specs/a.kdl", spec.as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.edit("specs/a.kdl", "permitted \"example.com\"", "permitted \"example.com\" \"b.example\"");
    sandbox.write("specs/b.kdl", "host \"b.example\" authority=\"issuing\" gateway=\"public\" to=\"b:80\"\n");
    let says = [
        "`b.example` is none of the names that authority `root` may issue for",
        "may issue for example.com",
        "`gatewright rotate authority root`",
    ];
    refused(&sandbox, "render", 2).one("name-constraints", "specs/b.kdl:1:7", &says);
    sandbox.run(&["rotate", "authority", "root"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
}
