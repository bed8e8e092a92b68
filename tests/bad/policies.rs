//! Policies that let in whom they are to keep out: fields that a cluster drops, values that no request has.

use super::case::refused;
use super::meant::BASE;
use crate::cli::sandbox::Sandbox;

fn policy(rest: &str) -> String {
    format!("authorization-policy \"p\" namespace=\"n\" {{ {rest}; }}\n")
}

/// What is said of a policy that is refused.
#[track_caller]
fn error(rest: &str, code: &str, marked: &str, says: &[&str]) -> String {
    let spec = policy(rest);
    let found = refused(&Sandbox::new([("specs/a.kdl", BASE), ("specs/b.kdl", &*spec)]), "render", 2);
    let place = format!("specs/b.kdl:1:{}", spec.find(marked).unwrap() + 1);
    found.one(code, &place, says).text.clone()
}

/// What is said of a policy that is taken.
#[track_caller]
fn warned(rest: &str) -> String {
    Sandbox::new([("specs/a.kdl", &*policy(rest))]).run(&["render"]).ends_with(0).stderr
}

#[test]
fn a_rule_of_which_nothing_is_left_is_refused() {
    let open = ["asks nothing lets everybody in", "it has `from`, `to`, `when`"];
    error("rules { (raw)condition { key \"source.ip\"; }; }", "unknown-field", "condition", &open);
    error(
        "action DENY; rules { (raw)condition a=1; }",
        "unknown-field",
        "condition",
        &["denies every request"],
    );
}

#[test]
fn a_rule_that_asks_less_without_a_raw_field_says_so() {
    for rest in [
        "rules { from { source { principals \"a\"; }; }; (raw)condition { key \"source.ip\"; }; }",
        "rules { from { source { principals \"a\"; (raw)subnets \"b\"; }; }; }",
    ] {
        let said = warned(rest);
        assert_eq!(said.matches("warning[").count(), 1, "{said}");
        assert!(
            said.contains("warning[raw-field]")
                && said.contains("the rule asks less, and holds for more requests"),
            "{said}"
        );
    }
    assert!(!warned("rules; (raw)subnets \"b\"").contains("asks less"));
}

#[test]
fn no_unknown_word_of_a_policy_is_to_become_a_raw_field() {
    for (rest, marked) in [
        ("rules { condition { key \"source.ip\"; }; }", "condition"),
        ("rules { from { source { subnets \"10.0.0.0/8\"; }; }; }", "subnets"),
    ] {
        let said = error(rest, "unknown-word", marked, &["it has"]);
        assert!(!said.contains("(raw)"), "{said}");
    }
}

#[test]
fn values_that_no_request_has_are_a_warning_that_settles() {
    let rest = "action DENY; rules { to { operation { ports \"80\"; methods \"get\"; paths \"admin\"; hosts \"https://x.com\"; }; }; }";
    let said = warned(rest);
    for part in [
        "`get`, which no request has",
        "write `GET`",
        "write `/admin`",
        "write `x.com`",
        "settle \"ignored-field\"",
    ] {
        assert!(said.contains(part), "not said: {part}\n{said}");
    }
    let settled = warned(&format!("{rest}; settle \"ignored-field\" reason=\"a test\""));
    assert!(!settled.contains("ignored-field"), "{settled}");
}
