//! `rotate authority --stage`: the three stages as a team takes them, and each that is not the next one.

use super::sandbox::{SHOP, Sandbox};
use super::transcript::Transcript;

const FILE: &str = "specs/shop.kdl";
/// A day, and the last of the 30 that follow.
const SWITCHED: &str = "2026-12-08T12:00:00Z";
const TOO_EARLY: &str = "2027-01-06T23:59:59Z";
const AFTER: &str = "2027-01-07T00:00:00Z";

fn stage(stage: &str) -> String {
    format!("rotate authority corp --stage {stage}")
}

/// The stages in their order, with a refusal of every other one at each.
#[test]
fn in_their_order() {
    let sandbox = Sandbox::new([(FILE, SHOP)]);
    let mut transcript = Transcript::new(&sandbox);
    transcript.note("nothing is made yet");
    transcript.run(&stage("introduce")).ends_with(2);
    sandbox.run(&["render"]).ends_with(0);
    transcript.note("rendered");
    transcript.run(&stage("switch")).ends_with(2);
    transcript.run(&stage("retire")).ends_with(2);
    transcript.run("rotate authority crop --stage introduce").ends_with(2);
    transcript.run(&stage("introduce --force")).ends_with(2);
    transcript.run(&stage("introduce")).ends_with(0);
    transcript.note("introduced, and not rendered");
    transcript.run(&stage("introduce")).ends_with(2);
    transcript.run(&stage("switch")).ends_with(2);
    transcript.run("status").ends_with(0);
    transcript.note("nobody needs an identity");
    transcript.run("render").ends_with(0);
    transcript.run("status").ends_with(0);
    transcript.run(&stage("retire")).ends_with(2);
    transcript.run_at(SWITCHED, &stage("switch")).ends_with(0);
    transcript.run_at(SWITCHED, &stage("switch")).ends_with(2);
    transcript.run_at(SWITCHED, &stage("introduce")).ends_with(2);
    transcript.note("who has no identity: the old ones stay");
    transcript.run_at(SWITCHED, "render").ends_with(3);
    transcript.run_at(AFTER, &stage("retire")).ends_with(2);
    transcript.run_at(AFTER, "status").ends_with(0);
    sandbox.hold('a');
    transcript.note("who has one");
    transcript.run_at(SWITCHED, "render").ends_with(0);
    transcript.run_at(TOO_EARLY, "status").ends_with(0);
    transcript.run_at(TOO_EARLY, &stage("retire")).ends_with(2);
    transcript.run_at(AFTER, &stage("retire")).ends_with(0);
    transcript.run_at(AFTER, "render").ends_with(0);
    transcript.run_at(AFTER, "status").ends_with(0);
    transcript.run_at(AFTER, &stage("retire")).ends_with(2);
    let json = sandbox.run_at(AFTER, &["status", "-o", "json"]).ends_with(0).stdout;
    assert!(!json.contains("\"rotation\""), "{json}");
    transcript.matches("stages");
    let spec = sandbox.read(FILE);
    let added: Vec<_> = spec.lines().filter(|line| !SHOP.lines().any(|old| old == *line)).collect();
    assert_eq!(
        added,
        [
            "authority \"corp\" {",
            "    generation 1 introduced=\"2026-11-25\" signs=\"2026-11-25\" retired=\"2027-01-07\"",
            "    generation 2 introduced=\"2026-11-25\" signs=\"2026-12-08\"",
        ]
    );
    // The next rotation begins where this one ended.
    sandbox.run_at(AFTER, &["rotate", "authority", "corp", "--stage", "introduce"]).ends_with(0);
    assert!(sandbox.read(FILE).contains("\n    generation 3 introduced=\"2027-01-07\"\n"));
}

/// `--force` is for those who know whom they shut out; it says so in the spec only where it was needed.
#[test]
fn by_force() {
    for (at, word) in [(SWITCHED, " forced"), (AFTER, "")] {
        let sandbox = Sandbox::shop().holding('a');
        for next in ["introduce", "switch"] {
            sandbox.run_at(SWITCHED, &["rotate", "authority", "corp", "--stage", next]).ends_with(0);
            sandbox.run_at(SWITCHED, &["render"]).ends_with(0);
        }
        sandbox.run_at(at, &["rotate", "authority", "corp", "--stage", "retire", "--force"]).ends_with(0);
        let retired = format!("retired=\"{}\"{word}\n", &at[..10]);
        assert!(sandbox.read(FILE).contains(&retired), "{}", sandbox.read(FILE));
        sandbox.run_at(at, &["render"]).ends_with(0);
        assert_eq!(sandbox.read("pki/corp/ca.crt").matches("BEGIN").count(), 1);
        sandbox.run_at(at, &["check"]).ends_with(0);
    }
}

/// How long it takes is said by the authority, else by the project.
#[test]
fn the_wait_is_said() {
    for (project, authority, from) in [
        ("", "", "2026-12-25"),
        ("wait \"10d\"\n", "", "2026-12-05"),
        ("wait \"10d\"\n", " wait=\"2d\"", "2026-11-27"),
    ] {
        let spec = SHOP.replace("authority \"corp\"\n", &format!("authority \"corp\"{authority}\n"));
        let sandbox = Sandbox::new([(FILE, spec.as_str()), ("gatewright.kdl", project)]).holding('a');
        sandbox.run(&["render"]).ends_with(0);
        sandbox.run(&["rotate", "authority", "corp", "--stage", "introduce"]).ends_with(0);
        sandbox.run(&["render"]).ends_with(0);
        let said = sandbox.run(&["rotate", "authority", "corp", "--stage", "switch"]).ends_with(0).stderr;
        assert!(said.ends_with(&format!("--stage retire` is possible from {from}\n")), "{said}");
        sandbox.run(&["render"]).ends_with(0);
        let json = sandbox.run(&["status", "-o", "json"]).ends_with(0).stdout;
        let entries: serde_json::Value = serde_json::from_str(&json).unwrap();
        let rotation = &entries[1]["rotation"];
        assert_eq!(rotation["stage"], "switched", "{json}");
        assert_eq!(
            (&rotation["next"], &rotation["from"]),
            (&"retire".into(), &format!("{from}T00:00:00Z").into())
        );
    }
}

/// An authority under another one; its hosts' clients notice nothing, and its own clients nothing until the end.
#[test]
fn of_an_authority_under_another() {
    let spec = "authority \"top\"\nauthority \"corp\" authority=\"top\"\ngateway \"public\"\nhost \"shop.example.com\" authority=\"corp\" gateway=\"public\" to=\"s:80\" { tls mutual; }\nclient \"anna.example.com\" authority=\"corp\"\n";
    let sandbox = Sandbox::new([(FILE, spec)]);
    sandbox.run(&["render"]).ends_with(0);
    let root = sandbox.read("pki/corp/ca.crt");
    let mut transcript = Transcript::new(&sandbox);
    transcript.run(&stage("introduce")).ends_with(0);
    transcript.note("the root's key signs it");
    transcript.run("render").ends_with(3);
    transcript.run(&stage("switch")).ends_with(2);
    sandbox.hold('a');
    transcript.run("render").ends_with(0);
    transcript.run_at(SWITCHED, &stage("switch")).ends_with(0);
    transcript.run_at(SWITCHED, "render").ends_with(0);
    transcript.run_at(AFTER, &stage("retire")).ends_with(0);
    transcript.run_at(AFTER, "render").ends_with(0);
    transcript.run_at(AFTER, "check").ends_with(0);
    transcript.matches("stages-below");
    assert_eq!(sandbox.read("pki/corp/ca.crt"), root);
}

/// Generations that no stage left.
#[test]
fn after_generations_by_hand() {
    let spec = SHOP.replace(
        "authority \"corp\"\n",
        "authority \"corp\" {\n    generation 1 introduced=\"2026-01-01\"\n    generation 4 introduced=\"2026-11-01\" signs=\"2026-11-20\"\n    generation 7 introduced=\"2026-11-25\"\n}\n",
    );
    let sandbox = Sandbox::new([(FILE, spec.as_str())]);
    sandbox.run(&["render"]).ends_with(0);
    let mut transcript = Transcript::new(&sandbox);
    for name in ["introduce", "switch", "retire"] {
        transcript.run(&stage(name)).ends_with(2);
    }
    transcript.matches("stages-by-hand");
}

/// Introduced by a clock that ran ahead: nothing is broken, and it can't sign. That is told, and there is a way out.
#[test]
fn introduced_by_a_fast_clock() {
    let sandbox = Sandbox::shop().holding('a');
    let ahead = "2027-01-20T12:00:00Z";
    sandbox.run_at(ahead, &["rotate", "authority", "corp", "--stage", "introduce"]).ends_with(0);
    sandbox.run_at(ahead, &["render"]).ends_with(0);
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("check").ends_with(0);
    sandbox.run(&["check", "--strict"]).ends_with(1);
    transcript.run("status").ends_with(0);
    transcript.run(&stage("switch")).ends_with(2);
    let json = sandbox.run(&["status", "-o", "json"]).ends_with(0).stdout;
    assert!(json.contains("\"from\": \"2027-01-20T11:55:00Z\""), "{json}");
    transcript.note("somebody is revoked all the same");
    transcript.run("revoke client anna@example.com").ends_with(0);
    transcript.note("it is given up");
    let day = "\"2026-11-25\"";
    sandbox.edit(FILE, "introduced=\"2027-01-20\"", &format!("introduced={day} retired={day}"));
    transcript.run("render").ends_with(0);
    transcript.run("check --strict").ends_with(0);
    assert_eq!(sandbox.read("pki/corp/ca.crt").matches("BEGIN").count(), 1);
    transcript.run(&stage("introduce")).ends_with(0);
    transcript.run("render").ends_with(0);
    transcript.matches("stages-fast-clock");
}

/// It stands still since the old generation could have gone, be it that `wait` is over or that it has ended.
#[test]
fn a_rotation_stands_still_since_the_next_stage_was_possible() {
    // Generation 1 ends on 2027-06-13; `wait` is over on 2027-06-19, or on 2027-05-31.
    for (switched, stands, since) in [
        ("2027-05-20", "2027-07-13T12:00:00Z", "2027-06-13"),
        ("2027-05-01", "2027-06-30T00:00:00Z", "2027-05-31"),
    ] {
        let spec = SHOP.replace("authority \"corp\"", "authority \"corp\" valid=\"200d\"");
        let sandbox = Sandbox::new([(FILE, spec.as_str())]).holding('a');
        sandbox.run(&["render"]).ends_with(0);
        for (at, next) in [("2027-05-01", "introduce"), (switched, "switch")] {
            let at = format!("{at}T12:00:00Z");
            sandbox.run_at(&at, &["rotate", "authority", "corp", "--stage", next]).ends_with(0);
            sandbox.run_at(&at, &["render"]).ends_with(0);
        }
        let told = |at: &str| {
            sandbox.run_at(at, &["render"]).ends_with(0);
            let said = sandbox.run_at(at, &["check"]).ends_with(0).stderr;
            said.lines().find(|line| line.contains("standing-rotation")).map(str::to_owned)
        };
        let before = gatewright::time::Timestamp::parse(stands).unwrap() - gatewright::time::Seconds(1);
        assert_eq!(told(&before.to_string()), None, "{switched}");
        assert!(
            told(stands).is_some_and(|line| line.ends_with(&format!("stands still since {since}"))),
            "{switched}"
        );
    }
}
