//! When a certificate is due: a third of its life is left, or less than the spec says.

use crate::cli::sandbox::Sandbox;

const SPEC: &str = r#"
authority "corp"
gateway "public"
domain "example.com" authority="corp" gateway="public" renew-before="80d" {
    host "early" to="a:80"
    host "late" to="b:80" renew-before="1d"
}
host "third.example.org" authority="corp" gateway="public" to="c:80"
client "anna@example.com" authority="corp" valid="10d" renew-before="9d"
"#;

fn rendered() -> Sandbox {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    sandbox.hold('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox
}

/// What a render at a moment renews.
fn renewed(at: &str) -> Vec<String> {
    let said = rendered().run_at(at, &["render"]).ends_with(0).stderr;
    let mut names: Vec<_> = said
        .lines()
        .filter_map(|line| line.strip_prefix("reissued "))
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn each_is_renewed_when_its_spec_says() {
    let early = "host early.example.com";
    let (late, third, anna) = ("host late.example.com", "host third.example.org", "client anna@example.com");
    assert!(renewed("2026-11-26T11:59:59Z").is_empty());
    assert_eq!(renewed("2026-11-26T12:00:00Z"), [anna]);
    assert_eq!(renewed("2026-12-05T11:59:59Z"), [anna]);
    assert_eq!(renewed("2026-12-05T12:00:00Z"), [anna, early]);
    assert_eq!(renewed("2027-01-24T12:00:00Z"), [anna, early, third]);
    assert_eq!(renewed("2027-02-22T12:00:00Z"), [anna, early, late, third]);
}

/// Due but valid is a notice, and what has ended an error, for whoever has no identity.
#[test]
fn without_an_identity_due_is_told_and_ended_is_refused() {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    sandbox.run(&["render"]).ends_with(0);
    for call in ["render", "check"] {
        let run = sandbox.run_at("2026-12-05T11:00:00Z", &[call]).ends_with(0);
        assert!(
            run.stderr.contains("warning[due-certificate]: the certificate of client `anna@example.com`"),
            "{}",
            run.stderr
        );
        let run = sandbox.run_at("2026-12-05T12:00:00Z", &[call]).ends_with(1);
        assert!(
            run.stderr.contains("error[expired-certificate]: the certificate of client `anna@example.com`"),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr.contains("warning[due-certificate]: the certificate of host `early.example.com`"),
            "{}",
            run.stderr
        );
    }
}

/// The next renewal follows from the same rule.
#[test]
fn status_shows_when_each_is_due() {
    let sandbox = rendered();
    let shown = sandbox.run(&["status"]).ends_with(0).stdout;
    for (name, date) in [
        ("early.example.com", "2026-12-05"),
        ("late.example.com", "2027-02-22"),
        ("third.example.org", "2027-01-24"),
    ] {
        let line = shown.lines().find(|line| line.contains(name)).unwrap();
        assert!(line.contains(date), "{line}");
    }
    let metrics = sandbox.run(&["status", "-o", "metrics"]).ends_with(0).stdout;
    let line = metrics
        .lines()
        .find(|line| line.contains("renewal_seconds{") && line.contains("early.example.com"))
        .unwrap();
    assert!(line.ends_with(" 1796472000"), "{line}");
}

/// Those of a kind by name, whatever their certificates come from; days as people count them.
#[test]
fn status_is_sorted_and_counts_days() {
    let more = "authority \"bank\"\nhost \"another.example.org\" external=\"x\" gateway=\"public\" to=\"a:80\"\nhost \"best.example.org\" authority=\"corp\" gateway=\"public\" to=\"a:80\" { tls secret=\"zz\"; }\nclient \"zoe.example.org\" authority=\"bank\"\nclient \"abe.example.org\" authority=\"corp\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC), ("specs/b.kdl", more)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    for call in [&["status"][..], &["client", "list"][..]] {
        let shown = sandbox.run(call).ends_with(0).stdout;
        let names = |kind: &str| -> Vec<String> {
            let column = usize::from(kind == "host" || call == ["status"]);
            let lines = shown.lines().skip(1).filter(|line| call != ["status"] || line.starts_with(kind));
            lines.map(|line| line.split_whitespace().nth(column).unwrap().to_owned()).collect()
        };
        for kind in ["host", "client"].into_iter().filter(|kind| call == ["status"] || *kind == "client") {
            let names = names(kind);
            assert!(names.len() > 2 && names.is_sorted(), "{shown}");
        }
    }
    for (at, days) in [
        ("2026-12-03T12:00:00Z", "(2 days)"),
        ("2026-12-04T12:00:00Z", "(1 day)"),
        ("2026-12-06T10:00:00Z", "(1 day ago)"),
        ("2026-12-07T12:00:00Z", "(2 days ago)"),
    ] {
        let shown = sandbox.run_at(at, &["status"]).stdout;
        let line = shown.lines().find(|line| line.contains("anna@example.com")).unwrap();
        assert!(line.contains(days), "{line}");
    }
}

/// What can't be renewed keeps nothing else from it.
#[test]
fn one_that_has_ended_keeps_no_other_from_renewal() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        r#"
authority "corp"
authority "tiny" valid="30d"
gateway "public"
host "a.example.com" authority="corp" gateway="public" to="a:80"
host "b.example.com" authority="tiny" gateway="public" to="b:80"
client "c.example.com" authority="tiny"
"#,
    )]);
    sandbox.hold('a');
    sandbox.run(&["render"]).ends_with(0);
    let over = "2027-02-20T12:00:00Z";
    let said = sandbox.run_at(over, &["render"]).ends_with(1).stderr;
    assert!(said.contains("error[expired-authority]: authority `tiny` expired"), "{said}");
    assert!(said.contains("reissued host a.example.com") && !said.contains("host b.example.com,"), "{said}");
    assert!(sandbox.run_at(over, &["render"]).ends_with(1).stderr.contains("nothing to do"));
    sandbox.run_at(over, &["rotate", "authority", "tiny"]).ends_with(0);
    sandbox.run_at(over, &["render"]).ends_with(0);
    sandbox.run_at(over, &["check"]).ends_with(0);
}
