//! Roots that change without a rotation: nothing takes the place of one in silence.

use crate::support::project::{Holder, Project};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "corp"
authority "people"
authority "spare"
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    host "shop" to="shop:80"
    host "desk" to="desk:80" { tls mutual { clients "people" } }
}
client "anna@example.com" authority="people"
"#;

fn rendered() -> Project {
    let project = Project::of(SPEC);
    project.render(Holder::Unasked);
    project
}

fn codes(project: &Project, holder: Holder) -> Vec<&'static str> {
    let outcome = project.build(holder).unwrap();
    outcome.report.findings().iter().map(|finding| finding.code.name()).collect()
}

/// Whoever holds identities or none: a new name is no new root.
#[test]
fn a_renamed_authority_is_never_made_anew() {
    for name in ["corp", "people"] {
        let project = rendered();
        let (old, new) = (format!("\"{name}\""), format!("\"{name}-2\""));
        project.write(FILE, SPEC.replace(&old, &new));
        let before = project.tree();
        for holder in [Holder::Operator, Holder::Nobody] {
            assert_eq!(project.refusal(holder), ["renamed-authority"], "{name}");
        }
        assert_eq!(project.tree(), before);
        // The mend that the finding has.
        let [from, to] = [name, &format!("{name}-2")].map(|name| project.root().join("pki").join(name));
        std::fs::rename(from, to).unwrap();
        let (outcome, _) = project.render(Holder::Nobody);
        assert!(outcome.changes.is_empty() && outcome.waiting.is_empty(), "{name}");
        project.assert_nothing_to_do();
    }
}

/// The other mend: the old one stays in the spec until nothing needs it, and then goes.
#[test]
fn an_authority_takes_the_place_of_another_on_purpose() {
    let project = rendered();
    let both = SPEC.replace("\"corp\"", "\"new\"") + "authority \"corp\"\n";
    project.write(FILE, &both);
    let warned = codes(&project, Holder::Operator);
    assert!(warned.contains(&"other-root"), "{warned:?}");
    project.render(Holder::Operator);
    assert!(!codes(&project, Holder::Unasked).contains(&"other-root"));
    project.write(FILE, both.replace("authority \"corp\"\n", ""));
    project.render(Holder::Unasked);
    project.assert_nothing_to_do();
}

#[test]
fn hosts_that_get_another_root_are_told_once_and_by_name() {
    let project = rendered();
    project.write(FILE, SPEC.replace("authority=\"corp\"", "authority=\"spare\""));
    let outcome = project.build(Holder::Nobody).unwrap();
    let said: Vec<_> =
        outcome.report.findings().iter().filter(|finding| finding.code.name() == "other-root").collect();
    assert_eq!(said.len(), 1);
    assert_eq!(
        said[0].message,
        "host `desk.example.com`, host `shop.example.com`: from the root `corp` to `spare` at once"
    );
    project.write("gatewright.kdl", "settle \"other-root\" reason=\"all have both\"\n");
    assert!(!codes(&project, Holder::Nobody).contains(&"other-root"));
}

/// The key stays, and yet nobody who trusts the old root alone believes it.
#[test]
fn an_authority_that_goes_below_another_root_is_told() {
    let below =
        SPEC.replace("authority \"corp\"\n", "authority \"corp\" authority=\"top\"\nauthority \"top\"\n");
    let project = Project::of(&below);
    project.render(Holder::Unasked);
    project.write(FILE, below.replace("authority=\"top\"", "authority=\"spare\""));
    assert_eq!(codes(&project, Holder::Operator), ["other-root"]);
    project.render(Holder::Operator);
    project.assert_nothing_to_do();
}

/// Rotations are declared, and a root that another one signs is still trusted.
#[test]
fn rotations_and_roots_that_are_signed_are_no_change_of_roots() {
    for authority in [
        "authority \"corp\" { generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"; }",
        "authority \"corp\" authority=\"spare\"",
    ] {
        let project = rendered();
        project.write(FILE, SPEC.replace("authority \"corp\"", authority));
        let told = codes(&project, Holder::Operator);
        assert!(!told.contains(&"other-root"), "{told:?}");
    }
}

/// Whoever trusts the old root alone believes the hosts by the cross-signed certificate, and by nothing else.
#[test]
fn a_cross_signed_certificate_that_is_not_shown_any_more() {
    const ONE: &str = "generation 1 introduced=\"2026-01-01\"";
    const TWO: &str = "generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"";
    let corp = |words: &str| SPEC.replace("authority \"corp\"\n", &format!("authority \"corp\" {words}\n"));
    let both = format!("{{ {ONE}; {TWO}; }}");
    for secrets in ["", "secrets filter=rule\n"] {
        let corp = |words: &str| format!("{secrets}{}", corp(words));
        let project = Project::of(&corp(""));
        if !secrets.is_empty() {
            let rules = project.read(".sops.yaml");
            project.write(".sops.yaml", rules.replace("    age:", "    encrypted_regex: ^data$\n    age:"));
        }
        project.render(Holder::Operator);
        for generations in [both.replace(" signs=\"2026-11-25\"", ""), both.clone()] {
            project.write(FILE, corp(&format!("cross-signed {generations}")));
            project.render(Holder::Operator);
        }
        assert!(!codes(&project, Holder::Operator).contains(&"other-root"));
        // With the old root, nobody misses it.
        let retired = both.replace(ONE, &format!("{ONE} retired=\"2026-11-25\" forced"));
        project.write(FILE, corp(&retired));
        assert!(!codes(&project, Holder::Operator).contains(&"other-root"));
        project.write(FILE, corp(&both));
        let outcome = project.build(Holder::Operator).unwrap();
        let found: Vec<_> =
            outcome.report.findings().iter().filter(|one| one.code.name() == "other-root").collect();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "host `desk.example.com`, host `shop.example.com`: the cross-signed certificate of authority `corp` is not shown any more"
        );
        project.render(Holder::Operator);
        assert!(!codes(&project, Holder::Operator).contains(&"other-root"));
    }
}
