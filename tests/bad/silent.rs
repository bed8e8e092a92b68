//! What would otherwise change or be promised in silence is told, as it is.

use crate::cli::sandbox::{SHOP, Sandbox};

const MUTUAL: &str =
    "host \"m.example.com\" authority=\"corp\" gateway=\"public\" to=\"m:80\" { tls mutual; }\n";

#[test]
fn a_client_whose_key_is_gone_is_told_that_its_certificate_counts() {
    let sandbox = Sandbox::shop().holding('a');
    sandbox.remove("pki/corp/clients/anna@example.com.key.sops.yaml");
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(said.contains("notice[lost-key]") && said.contains("counts until 2027-02-23"), "{said}");
    assert!(said.contains("`gatewright revoke client anna@example.com --serial "), "{said}");
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("lost-key"), "{said}");
}

#[test]
fn a_generation_that_its_root_cuts_is_told() {
    let root = "authority \"root\" { valid \"100d\"; }\nclient \"anna.example\" authority=\"root\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", root)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("specs/b.kdl", "authority \"sub\" authority=\"root\" { valid \"80d\"; }\nclient \"bob.example\" authority=\"sub\" { valid \"9d\"; }\n");
    let said = sandbox.run_at("2027-01-04T12:00:00Z", &["render"]).ends_with(0).stderr;
    assert!(said.contains("generation 1 of authority `sub` ends on 2027-03-05"), "{said}");
    assert!(said.contains("not on 2027-03-25"), "{said}");
    let said = sandbox.run_at("2027-01-04T12:00:00Z", &["render"]).ends_with(0).stderr;
    assert!(!said.contains("clamped"), "{said}");
}

#[test]
fn a_day_that_is_to_come_is_none_since_which_anything_holds() {
    let sandbox = Sandbox::shop().holding('a');
    sandbox.run(&["rotate", "authority", "corp", "--stage", "introduce"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    let spec = sandbox.read("specs/shop.kdl");
    let line = spec.lines().find(|line| line.contains("generation 2")).unwrap();
    sandbox.write("specs/shop.kdl", &spec.replace(line, &format!("{line} signs=\"2027-01-25\"")));
    sandbox.run(&["render"]).ends_with(0);
    let said = sandbox.run(&["status"]);
    let all = format!("{}{}", said.stdout, said.stderr);
    assert!(!all.contains("since 2027-01-25"), "{all}");
    assert!(
        all.contains("generation 2 signs already, though its day in the spec, 2027-01-25, is to come"),
        "{all}"
    );
}

#[test]
fn a_request_follows_what_the_spec_asks_for() {
    let spec = "gateway \"public\"\nhost \"pay.example.com\" files gateway=\"public\" to=\"pay:80\"\nauthority \"issuing\" files\nclient \"anna.example\" authority=\"issuing\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
    for (call, old, new) in [
        (&["csr", "pay.example.com"][..], "to=\"pay:80\"", "to=\"pay:80\" { san \"shop.example.com\"; }"),
        (
            &["authority", "csr", "issuing"],
            "authority \"issuing\" files\n",
            "authority \"issuing\" files\nauthority \"below\" authority=\"issuing\"\nclient \"bob.example\" authority=\"below\"\n",
        ),
    ] {
        let first = sandbox.run(call).ends_with(0).stdout;
        assert_eq!(sandbox.run(call).ends_with(0).stdout, first);
        sandbox.edit("specs/a.kdl", old, new);
        let next = sandbox.run(call).ends_with(0);
        assert_ne!(next.stdout, first);
        assert!(next.stderr.contains("this one takes its place"), "{}", next.stderr);
        let again = sandbox.run(call).ends_with(0);
        assert!(again.stdout == next.stdout && again.stderr.contains("was made before"), "{}", again.stderr);
    }
}

#[test]
fn nobody_is_promised_a_list_with_nothing_to_name() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP)]);
    let said = sandbox.run(&["revoke", "client", "anna@example.com"]).ends_with(0).stderr;
    assert!(said.contains("is revoked since") && said.contains("it gets none any more"), "{said}");
    assert!(!said.contains("signs the revocation list"), "{said}");
}

/// HEAD has it as it is: Git's history helps, and not that call.
#[test]
fn a_list_of_another_run_is_told_from_a_broken_one() {
    let made = |name: char| {
        let sandbox = Sandbox::new([("specs/a.kdl", SHOP), ("specs/b.kdl", MUTUAL)]).holding(name);
        sandbox.run(&["render"]).ends_with(0);
        sandbox.run(&["revoke", "client", "anna@example.com"]).ends_with(0);
        sandbox.run(&["render"]).ends_with(0);
        sandbox
    };
    let (one, other) = (made('a'), made('a'));
    one.write("pki/corp/ca.crl", &other.read("pki/corp/ca.crl"));
    let said = one.run(&["render"]).ends_with(4).stderr;
    assert!(said.contains("error[broken-file]: pki/corp/ca.crl can't be used"), "{said}");
    assert!(
        said.contains("from two runs that knew nothing of each other") && !said.contains("HEAD"),
        "{said}"
    );
    one.remove("pki/corp/ca.crl");
    one.run(&["render"]).ends_with(0);
    one.run(&["check"]).ends_with(0);
}
