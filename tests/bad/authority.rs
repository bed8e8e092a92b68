//! Authorities that are gone, have ended or have not begun.

use super::case::{refused, refused_at};
use crate::cli::sandbox::{SHOP, Sandbox};

const SPEC: &str = "specs/shop.kdl:1:1";

/// Gone while certificates or trust in it are there: never a new root in its place.
#[test]
fn an_authority_that_is_gone() {
    let gone: [(&str, &[&str]); 6] = [
        ("its key alone", &["pki/corp/1.key.sops.yaml"]),
        ("its key and its certificate", &["pki/corp/1.key.sops.yaml", "pki/corp/1.crt"]),
        ("all but its clients", &["pki/corp/1.key.sops.yaml", "pki/corp/1.crt", "pki/corp/ca.crt"]),
        ("all but its trust", &["pki/corp/1.key.sops.yaml", "pki/corp/1.crt", "pki/corp/clients"]),
        ("its folder", &["pki/corp"]),
        ("all of pki/", &["pki"]),
    ];
    for (what, paths) in gone {
        let sandbox = Sandbox::shop().holding('a');
        for path in paths {
            sandbox.remove(path);
        }
        for call in ["render", "check", "rotate host shop.example.com"] {
            let found = refused(&sandbox, call, 4);
            let says = [
                "generation 1 of authority `corp` is gone",
                "pki/corp/1.key.sops.yaml is missing",
                "trusted by nobody",
                "git log --all",
                "remove pki/corp/ and the Secrets",
            ];
            found.one("lost-authority", SPEC, &says);
        }
        assert!(sandbox.run(&["status"]).ends_with(1).stdout.contains(" lost "), "{what}");
        // What it says is what helps.
        if sandbox.path("pki").exists() {
            sandbox.remove("pki");
        }
        for path in sandbox.files("out").iter().filter(|path| path.contains("/secret-")) {
            sandbox.remove(path);
        }
        sandbox.run(&["render"]).ends_with(0);
        sandbox.run(&["check"]).ends_with(0);
    }
}

/// A generation that was declared is made, and one that was made and is gone is not made again.
#[test]
fn a_later_generation_that_is_gone() {
    let sandbox = Sandbox::shop().holding('a');
    sandbox.run(&["rotate", "authority", "corp"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.remove("pki/corp/2.key.sops.yaml");
    let says =
        ["generation 2 of authority `corp` is gone", "`gatewright rotate authority corp` declares the next"];
    refused(&sandbox, "render", 4).one("lost-authority", "specs/shop.kdl:3:16", &says);
    // Without its certificate it looks as if it had never been there, but what it signed is, and trust in it.
    sandbox.remove("pki/corp/2.crt");
    refused(&sandbox, "render", 4).one("lost-authority", "specs/shop.kdl:3:16", &says);
    for path in sandbox.files("out").iter().filter(|path| path.contains("/secret-")) {
        sandbox.remove(path);
    }
    refused(&sandbox, "render", 4).one("lost-authority", "specs/shop.kdl:3:16", &says);
    sandbox.run(&["rotate", "authority", "corp"]).ends_with(0);
    assert_eq!(sandbox.read("specs/shop.kdl").matches("generation 3").count(), 1);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
}

/// Nothing is left but trust in its clients: a new root would shut them all out.
#[test]
fn an_authority_of_which_only_trust_is_left() {
    let own = "authority \"corp\"\nauthority \"partners\"\ngateway \"public\"\nhost \"api.example.com\" authority=\"corp\" gateway=\"public\" to=\"api:80\" { tls mutual { clients \"partners\"; }; }\n";
    let same = format!("{own}secrets ca-in=same-secret\n");
    for (spec, file) in [
        (own, "out/istio-system/secret-api.example.com-tls-cacert.yaml"),
        (&same, "out/istio-system/secret-api.example.com-tls.sops.yaml"),
    ] {
        let sandbox = Sandbox::new([("specs/shop.kdl", spec)]).holding('a');
        sandbox.run(&["render"]).ends_with(0);
        sandbox.remove("pki/partners");
        for call in ["render", "check"] {
            let found = refused(&sandbox, call, 4);
            let says = ["generation 1 of authority `partners` is gone", "trust in it are still there"];
            found.one("lost-authority", "specs/shop.kdl:2:1", &says);
        }
        // What it says is what helps.
        sandbox.remove(file);
        sandbox.run(&["render"]).ends_with(0);
        sandbox.run(&["check"]).ends_with(0);
    }
}

/// What follows from the key file is made again.
#[test]
fn what_is_derived_comes_back() {
    let sandbox = Sandbox::shop();
    for path in ["pki/corp/1.crt", "pki/corp/ca.crt", "pki/corp/clients/anna@example.com.crt"] {
        let before = sandbox.read(path);
        sandbox.remove(path);
        sandbox.run(&["check"]).ends_with(1);
        sandbox.run(&["render"]).ends_with(0);
        assert_eq!(sandbox.read(path), before, "{path}");
    }
}

#[test]
fn an_older_generation_that_is_gone() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP)]).holding('a');
    let generations = "authority \"corp\" {\n    generation 1 introduced=\"2026-01-01\"\n    generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"\n}\n";
    sandbox.edit("specs/shop.kdl", "authority \"corp\"\n", generations);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.remove("pki/corp/1.key.sops.yaml");
    let found = refused(&sandbox, "render", 4);
    found.one(
        "lost-authority",
        "specs/shop.kdl:2:16",
        &["generation 1 of authority `corp` is gone", "write `generation 1 retired=\"2026-11-25\" forced`"],
    );
    sandbox.edit("specs/shop.kdl", "introduced=\"2026-01-01\"", "retired=\"2026-11-25\" forced");
    sandbox.run(&["render"]).ends_with(0);
}

#[test]
fn an_authority_that_has_ended() {
    let spec = SHOP.replace("authority \"corp\"\n", "authority \"corp\" valid=\"30d\"\n");
    let sandbox = Sandbox::new([("specs/shop.kdl", spec.as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let says =
        ["authority `corp` expired on 2026-12-25T12:00:00Z", "nobody trusts it", "rotate authority corp"];
    for call in ["render", "check"] {
        refused_at("2026-12-25T12:00:00Z", &sandbox, call, 1).says("expired-authority", SPEC, &says);
    }
    sandbox.run_at("2026-12-25T11:59:59Z", &["check"]).ends_with(0);
    sandbox.run_at("2026-12-26T00:00:00Z", &["rotate", "authority", "corp"]).ends_with(0);
    sandbox.run_at("2026-12-26T00:00:00Z", &["render"]).ends_with(0);
}

#[test]
fn a_clock_that_stands_before_the_start() {
    let sandbox = Sandbox::shop().holding('a');
    let says = [
        "authority `corp` starts on 2026-11-25T11:55:00Z, and it is 2026-11-25T11:54:59Z now",
        "set this machine's clock",
        "SOURCE_DATE_EPOCH",
    ];
    for call in ["render", "check"] {
        refused_at("2026-11-25T11:54:59Z", &sandbox, call, 2).one("clock", SPEC, &says);
    }
    sandbox.run_at("2026-11-25T11:55:00Z", &["check"]).ends_with(0);
}

/// A certificate that is younger than its authority: who has a slow clock must learn why nobody takes it.
#[test]
fn a_clock_that_stands_before_a_leaf_s_start() {
    let sandbox = Sandbox::shop().holding('a');
    sandbox.write("specs/more.kdl", "host \"new.example.com\" to=\"new:80\"\nclient \"bob\" authority=\"corp\" { san \"bob.example.com\"; }\n");
    sandbox.run_at("2026-12-01T12:00:00Z", &["render"]).ends_with(0);
    for call in ["render", "check"] {
        let found = refused(&sandbox, call, 2);
        for (name, place) in
            [("host `new.example.com`", "specs/more.kdl:1:7"), ("client `bob`", "specs/more.kdl:2:9")]
        {
            let starts = format!(
                "the certificate of {name} starts on 2026-12-01T11:55:00Z, and it is 2026-11-25T12:00:00Z now"
            );
            let says = [
                &*starts,
                "4 of the 6 certificates here have started",
                "most likely it was made by a clock that ran ahead",
                "set this machine's clock",
            ];
            found.says("clock", place, &says);
        }
        assert_eq!(found.errors().len(), 2, "{}", found.human);
    }
    sandbox.run_at("2026-12-01T11:55:00Z", &["check"]).ends_with(0);
}

/// A night in which a machine's clock ran ahead must not keep all others from working.
#[test]
fn certificates_that_a_fast_clock_made() {
    let (fast, right) = ("2027-02-01T12:00:00Z", "2026-12-01T12:00:00Z");
    let sandbox = Sandbox::shop().holding('a');
    sandbox.run_at(fast, &["render"]).ends_with(0);
    let found = refused_at(right, &sandbox, "render", 2);
    let mends = [
        ("specs/shop.kdl:4:11", "`gatewright rotate host shop.example.com` makes another one"),
        ("specs/shop.kdl:5:11", "`gatewright rotate host wiki.example.com` makes another one"),
        ("specs/shop.kdl:7:9", "`gatewright rotate client anna@example.com` makes another one"),
    ];
    for (place, mend) in mends {
        let said = found.says("clock", place, &["1 of the 4 certificates here have started", mend]);
        assert!(said.text.find("set this machine's clock") < said.text.find("rotate"), "{}", found.human);
    }
    assert_eq!(found.errors().len(), 3, "{}", found.human);
    // What is not among them is no way around.
    sandbox.write("specs/more.kdl", "client \"bob@example.com\" authority=\"corp\"\n");
    refused_at(right, &sandbox, "rotate client bob@example.com", 2);
    sandbox.run_at(right, &["rotate", "client", "anna@example.com"]).ends_with(0);
    let found = refused_at(right, &sandbox, "check", 2);
    assert_eq!(found.errors().len(), 2, "{}", found.human);
    sandbox.run_at(right, &["rotate", "host", "wiki.example.com", "shop.example.com"]).ends_with(0);
    sandbox.run_at(right, &["check"]).ends_with(0);
    // No way around a clock that stands before an authority.
    refused_at("2026-11-25T11:54:59Z", &sandbox, "rotate host shop.example.com wiki.example.com", 2).says(
        "clock",
        SPEC,
        &["authority `corp` starts on"],
    );
}

#[test]
fn a_leaf_that_has_ended_and_can_not_be_renewed() {
    let sandbox = Sandbox::shop();
    let at = "2027-02-23T12:00:00Z";
    for call in ["render", "check"] {
        let found = refused_at(at, &sandbox, call, 1);
        for (name, place) in [
            ("host `shop.example.com`", "specs/shop.kdl:4:11"),
            ("host `wiki.example.com`", "specs/shop.kdl:5:11"),
            ("client `anna@example.com`", "specs/shop.kdl:7:9"),
        ] {
            let expired = format!("the certificate of {name} ended on 2027-02-23T12:00:00Z");
            let says = [expired.as_str(), "no identity was found", "SOPS_AGE_KEY_FILE"];
            found.says("expired-certificate", place, &says);
        }
        assert_eq!(found.errors().len(), 3, "{}", found.human);
    }
    sandbox.hold('a');
    sandbox.run_at(at, &["render"]).ends_with(0);
}

/// From its end on nobody is let in; who can't sign the next list is told so, and nothing changes.
#[test]
fn a_revocation_list_that_has_ended() {
    let spec = "authority \"corp\" crl-valid=\"30d\"\ngateway \"public\"\nhost \"shop.example.com\" authority=\"corp\" gateway=\"public\" to=\"shop:80\" { tls mutual; }\nclient \"anna@example.com\" authority=\"corp\"\n";
    let sandbox = Sandbox::new([("specs/shop.kdl", spec)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["revoke", "client", "anna@example.com"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    let late = "2026-12-25T12:00:00Z";
    sandbox.set("SOPS_AGE_KEY", "");
    let says = [
        "the revocation list of authority `corp` ended on 2026-12-25T12:00:00Z",
        "every host that it is for refuses every client",
        "pki/corp/1.key.sops.yaml",
    ];
    for call in ["render", "check"] {
        refused_at(late, &sandbox, call, 2).one("revocation-list", "specs/shop.kdl:1:12", &says);
    }
    sandbox.hold('a');
    sandbox.run_at(late, &["render"]).ends_with(0);
    sandbox.run_at(late, &["check"]).ends_with(0);
}
