//! Rotations in stages that were written by hand, and wrongly.

use super::case::{bad_alone, refused, refused_at};
use crate::cli::sandbox::{SHOP, Sandbox};

const FILE: &str = "specs/shop.kdl";

/// A rendered project whose authority has these generations.
fn shop(generations: &str) -> Sandbox {
    let sandbox = Sandbox::new([(FILE, SHOP)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    write(&sandbox, generations);
    sandbox
}

fn write(sandbox: &Sandbox, generations: &str) {
    let spec = SHOP.replace("authority \"corp\"\n", &format!("authority \"corp\" {{\n{generations}\n}}\n"));
    sandbox.write(FILE, &spec);
}

const INTRODUCED: &str = "generation 1 signs=\"2026-11-25\"\ngeneration 2 introduced=\"2026-11-25\"";
const SWITCHED: &str =
    "generation 1 signs=\"2026-11-25\"\ngeneration 2 introduced=\"2026-11-25\" signs=\"2026-12-01\"";
const RETIRED: &str = "generation 1 signs=\"2026-11-25\" retired=\"2026-12-31\"\ngeneration 2 introduced=\"2026-11-25\" signs=\"2026-12-01\"";

#[test]
fn dates_in_another_order() {
    let says = &["of generation 2 is earlier than its", "write the day on which it happened"];
    for generation in [
        "generation 2 introduced=\"2026-11-25\" signs=\"«2026-11-24»\"",
        "generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\" retired=\"«2026-11-24»\"; generation 3 introduced=\"2026-11-25\" signs=\"2026-11-25\"",
        "generation 2 introduced=\"2026-11-25\" retired=\"«2026-11-24»\"",
    ] {
        bad_alone(
            &format!("authority \"a\" {{ generation 1 signs=\"2026-01-01\"; {generation} }}"),
            "wrong-generation",
            says,
        );
    }
}

#[test]
fn forced_and_not_retired() {
    let says = &["generation 1 is not retired, so nothing is `forced`", "take `forced` out"];
    bad_alone("authority \"a\" { generation 1 signs=\"2026-01-01\" «forced» }", "wrong-generation", says);
    bad_alone("authority \"a\" { generation 1 «forced» }", "wrong-generation", says);
}

#[test]
fn cross_signed_below_a_root() {
    let says = &["only a root is `cross-signed`", "it may stand at the root"];
    bad_alone(
        "authority \"a\"\nauthority \"b\" authority=\"a\" unconstrained «cross-signed»",
        "conflict",
        says,
    );
}

#[test]
fn a_wait_that_is_none() {
    bad_alone("authority \"a\" wait=\"«soon»\"", "wrong-value", &["`wait`", "such as `\"30d\"`"]);
    bad_alone(
        "authority \"a\"\n//// gatewright.kdl\nwait «30»\n",
        "wrong-value",
        &["`wait`", "such as `\"30d\"`"],
    );
}

/// The first that clients would hear of the new root is a certificate that it signed.
#[test]
fn a_switch_without_an_introduction() {
    let sandbox = shop(SWITCHED);
    for call in ["render", "check"] {
        let says = [
            "generation 2 of authority `corp` signs before anybody could learn of it",
            "generation 1 is still trusted",
            "take `signs` out",
            "or write `retired=\"2026-11-25\"` at generation 1, which replaces it at once",
        ];
        refused(&sandbox, call, 2).one("wrong-generation", "specs/shop.kdl:3:12", &says);
    }
    // As it says.
    write(&sandbox, INTRODUCED);
    sandbox.run(&["render"]).ends_with(0);
    write(&sandbox, SWITCHED);
    sandbox.run(&["render"]).ends_with(0);
    // Or the other way.
    let sandbox = shop(
        "generation 1 retired=\"2026-11-25\"\ngeneration 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"",
    );
    sandbox.run(&["render"]).ends_with(0);
}

#[test]
fn retired_too_early() {
    let sandbox = shop(INTRODUCED);
    sandbox.run(&["render"]).ends_with(0);
    write(&sandbox, SWITCHED);
    let switched = "2026-12-01T12:00:00Z";
    sandbox.run_at(switched, &["render"]).ends_with(0);
    write(&sandbox, RETIRED);
    let place = "specs/shop.kdl:2:12";
    let says = [
        "generation 1 of authority `corp` can't be retired yet",
        "generation 2 signs since 2026-12-01, and until 2026-12-31",
        "(`wait` is 30d)",
        "take `retired` out at generation 1",
        "or write `forced` behind it",
    ];
    // What is written is carried out now, so that a later date does not help.
    for call in ["render", "check"] {
        refused_at("2026-12-30T23:59:59Z", &sandbox, call, 2).one("retired-too-early", place, &says);
    }
    // Nor does the day on which it is rendered.
    write(&sandbox, &RETIRED.replace("2026-12-31", "2026-12-20"));
    refused_at("2027-02-01T00:00:00Z", &sandbox, "render", 2).one("retired-too-early", place, &says);
    write(&sandbox, &RETIRED.replace("2026-12-31\"", "2026-12-20\" forced"));
    sandbox.run_at("2026-12-20T00:00:00Z", &["render"]).ends_with(0);
    // What is done is done: neither a longer wait nor a clock that was set back undoes it.
    write(&sandbox, &format!("{}\nwait \"2y\"", RETIRED.replace("2026-12-31", "2026-12-20")));
    sandbox.run_at("2026-12-10T00:00:00Z", &["render"]).ends_with(0);
    sandbox.run_at("2026-12-10T00:00:00Z", &["check"]).ends_with(0);
}

/// No date that is written makes clients have heard of a generation before it was made.
#[test]
fn a_wait_from_before_the_generation_was_made() {
    let sandbox = shop(INTRODUCED);
    sandbox.run(&["render"]).ends_with(0);
    write(&sandbox, &SWITCHED.replace("2026-11-25", "2026-01-01").replace("2026-12-01", "2026-01-02"));
    sandbox.run_at("2026-12-01T12:00:00Z", &["render"]).ends_with(0);
    let call = ["rotate", "authority", "corp", "--stage", "retire"];
    let refused = sandbox.run_at("2026-12-24T23:59:59Z", &call).ends_with(2);
    let said = "generation 2 signs since 2026-11-25, and until 2026-12-25";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    sandbox.run_at("2026-12-25T00:00:00Z", &call).ends_with(0);
}

/// A clock that was never set writes no date.
#[test]
fn a_day_before_everything_was_issued() {
    let sandbox = Sandbox::shop();
    sandbox.run(&["render"]).ends_with(0);
    let before = sandbox.everything();
    for call in [
        &["rotate", "authority", "corp"][..],
        &["rotate", "authority", "corp", "--stage", "introduce"],
        &["revoke", "host", "shop.example.com"],
    ] {
        let refused = sandbox.run_at("1970-01-02T00:00:00Z", call).ends_with(2);
        let says =
            ["authority corp starts on 2026-11-25", "so no date was written; set this machine's clock"];
        assert!(says.iter().all(|text| refused.stderr.contains(text)), "{call:?}: {}", refused.stderr);
        assert_eq!(sandbox.everything(), before, "{call:?}");
    }
}

/// A Secret and a client that the new generation did not get to: nobody who could sign has rendered since.
#[test]
fn retired_while_something_follows_from_it() {
    let sandbox = shop(INTRODUCED);
    sandbox.run(&["render"]).ends_with(0);
    write(&sandbox, RETIRED);
    let late = "2026-12-31T12:00:00Z";
    for call in ["render", "check"] {
        let says = [
            "what it signed is still in use by host shop.example.com, host wiki.example.com, client anna@example.com",
        ];
        refused_at(late, &sandbox, call, 2).one("retired-too-early", "specs/shop.kdl:2:12", &says);
    }
    write(&sandbox, SWITCHED);
    sandbox.run_at(late, &["render"]).ends_with(0);
    write(&sandbox, RETIRED);
    sandbox.run_at(late, &["render"]).ends_with(0);
    assert_eq!(sandbox.read("pki/corp/ca.crt").matches("BEGIN").count(), 1);
}

/// A rotation that nobody goes on with is told of, once its next stage was possible for as long as `wait`.
#[test]
fn a_rotation_that_stands_still() {
    let said = |sandbox: &Sandbox, at: &str| {
        let said = sandbox.run_at(at, &["check"]).ends_with(0).stderr;
        let has =
            said.contains("notice[standing-rotation]: the rotation of authority `corp` stands still since ");
        assert!(!has || said.contains("--stage "), "{said}");
        has
    };
    let sandbox = shop(INTRODUCED);
    sandbox.run(&["render"]).ends_with(0);
    assert!(!said(&sandbox, "2026-12-24T23:59:59Z"));
    assert!(said(&sandbox, "2026-12-25T00:00:00Z"));
    write(&sandbox, SWITCHED);
    sandbox.run_at("2026-12-01T12:00:00Z", &["render"]).ends_with(0);
    assert!(!said(&sandbox, "2027-01-29T23:59:59Z"));
    assert!(said(&sandbox, "2027-01-30T00:00:00Z"));
    write(&sandbox, &format!("{SWITCHED}\nsettle \"standing-rotation\" reason=\"the old one ends soon\""));
    assert!(!said(&sandbox, "2027-01-30T00:00:00Z"));
}
