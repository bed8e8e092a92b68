//! What ends since one above it does is signed again, or issued anew, in the very render in which that one comes to hold for
//! longer: after it nothing is due. Where a key is not at hand, what is there goes on.

use gatewright::build::{Outcome, Request, build};
use gatewright::diag::Severity;
use gatewright::issue::{Ambient, Unlock};
use gatewright::pki::{Certificate, SystemKeys, verify_server};
use gatewright::plan::certs::Asked;
use gatewright::sops::Identities;
use gatewright::time::Timestamp;
use gatewright::tree::apply;
use proptest::prelude::*;

use super::any_history::World;
use super::hierarchy::{pem, shown};
use super::history::Event;
use super::revocation::render_at;
use crate::bad::seed::SEED;
use crate::support::project::{CountingEntropy, Holder, NOW, Project, SOPS_CONFIG, identity};

const FILE: &str = "specs/a.kdl";
const SPEC: &str = r#"
authority "root" valid="1y"
authority "issuing" authority="root"
authority "people" authority="issuing" crl-valid="400d"
authority "deep" authority="people"
gateway "public"
host "shop.example.com" authority="issuing" gateway="public" to="shop:1" { tls mutual { clients "people"; }; }
host "low.example.org" authority="people" gateway="public" to="low:1"
host "deep.example.net" authority="deep" gateway="public" to="deep:1"
client "anna.example.com" authority="people"
client "bob.example.com" authority="people" revoked="2026-11-25"
cacerts "c1" authority="root"
"#;
const ROOT: &str = "authority \"root\" valid=\"1y\"";
/// The root of that day ends a year after it was made: on 2027-11-25.
const LATE: &str = "2027-11-14T12:00:00Z";
const SHOWN: [&str; 3] = ["shop.example.com", "low.example.org", "deep.example.net"];

fn project(spec: &str, config: &str) -> Project {
    let mut project = Project::new([(FILE, spec), (".sops.yaml", config)]);
    project.entropy = Box::new(CountingEntropy::default());
    project.render(Holder::Unasked);
    project
}

fn in_stages(signs: &str) -> String {
    format!(
        "{ROOT} {{ generation 1 introduced=\"2026-11-25\" signs=\"2026-11-25\"; generation 2 introduced=\"2027-10-20\"{signs}; }}"
    )
}

/// What a check finds that somebody with all identities makes at that moment, of what has to do with time.
fn due(project: &Project, now: &str) -> Vec<String> {
    let request = Request { asked: Asked { no_renewals: true, ..Asked::default() }, ..Request::default() };
    let outcome = project.build_at(now, Holder::Operator, &request);
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    let codes = ["due-certificate", "expired-certificate", "revocation-list"];
    let found = outcome.report.findings().iter().filter(|one| codes.contains(&one.code.name()));
    let files = outcome.files.writes_in_order().into_iter().map(|file| file.path.to_string());
    found.map(|one| one.message.clone()).chain(files).collect()
}

fn generation(project: &Project, name: &str) -> Certificate {
    pem(&project.read(&format!("pki/{name}/1.crt"))).remove(0)
}

fn keyed(project: &Project, name: &str) -> String {
    generation(project, name).spki_sha256().to_owned()
}

#[track_caller]
fn assert_all_end_after(project: &Project, day: &str, hosts: &[&str]) {
    let day = Timestamp::parse_date(day).unwrap();
    for name in ["issuing", "people", "deep"] {
        assert!(generation(project, name).not_after() > day, "{name}");
    }
    for host in hosts {
        assert!(shown(project, host).iter().all(|one| one.not_after() > day), "{host}");
    }
    assert_eq!(due(project, LATE), [""; 0]);
}

#[test]
fn the_switch_of_a_root_takes_one_render() {
    let project = project(SPEC, SOPS_CONFIG);
    for (day, from, to) in [
        ("2027-10-20T12:00:00Z", ROOT.to_owned(), in_stages("")),
        (LATE, in_stages(""), in_stages(" signs=\"2027-11-14\"")),
    ] {
        render_at(&project, day, Holder::Operator);
        let keys = ["issuing", "people", "deep"].map(|name| keyed(&project, name));
        assert_eq!(due(&project, day), [""; 0]);
        project.edit(FILE, &from, &to);
        render_at(&project, day, Holder::Operator);
        assert_eq!(due(&project, day), [""; 0]);
        assert_eq!(keys, ["issuing", "people", "deep"].map(|name| keyed(&project, name)));
    }
    assert_all_end_after(&project, "2028-01-01", &SHOWN);
}

/// Somebody with both identities.
struct Both;

impl Unlock for Both {
    fn identities(&self) -> Result<Identities, Box<gatewright::diag::Diagnostic>> {
        let mut found = Identities::new();
        ['a', 'b'].into_iter().for_each(|name| found.add("test", &identity(name)));
        Ok(found)
    }
}

fn render_with_both(project: &Project, now: &str) -> Outcome {
    let ambient =
        Ambient { now: Timestamp::parse(now).unwrap(), keys: &*project.keys, entropy: &*project.entropy };
    let outcome = build(&project.input(), &project.layout(), &Both, &ambient, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    apply(&project.layout(), &outcome.files).unwrap();
    outcome
}

/// The one in between is for somebody else: what is below it goes on as it is, and says what it waits for.
#[test]
fn without_the_key_above_it_goes_on() {
    let b = SOPS_CONFIG.rsplit(',').next().unwrap().trim();
    let rule = format!("creation_rules:\n  - path_regex: ^pki/issuing/\n    age: {b}\n");
    let project = project(SPEC, &SOPS_CONFIG.replace("creation_rules:\n", &rule));
    render_with_both(&project, "2027-10-20T12:00:00Z");
    let before = shown(&project, "low.example.org").remove(0);
    assert_eq!(before.not_after().to_string(), "2027-11-25T12:00:00Z");
    let rotated =
        "generation 1 retired=\"2027-11-14\"; generation 2 introduced=\"2027-11-14\" signs=\"2027-11-14\";";
    project.edit(FILE, ROOT, &format!("{ROOT} {{ {rotated} }}"));
    for _ in 0..2 {
        let outcome = render_at(&project, LATE, Holder::Operator);
        let waiting: Vec<_> = outcome.waiting.iter().map(|one| (one.name.as_str(), &*one.why)).collect();
        let why = "it ends on 2027-11-25T12:00:00Z, and one that is signed now ends later";
        assert_eq!(waiting[..2], [("people", why), ("deep", why)], "{waiting:?}");
        assert!(outcome.waiting.iter().all(|one| one.needs.iter().any(|need| need.contains("pki/issuing/"))));
    }
    // It signs what has other reasons.
    assert_eq!(shown(&project, "low.example.org")[0], before);
    project.edit(FILE, "to=\"low:1\"", "to=\"low:1\" key=ecdsa-p384");
    render_at(&project, LATE, Holder::Operator);
    let after = shown(&project, "low.example.org").remove(0);
    assert!(after != before && after.not_after() == before.not_after());
    render_with_both(&project, LATE);
    // What was issued in between is not due yet.
    assert_all_end_after(&project, "2028-01-01", &[SHOWN[0], SHOWN[2]]);
    assert!(render_with_both(&project, LATE).files.is_empty());
}

/// One that is made in this run, and ends soon, is told of in this run.
#[test]
fn an_authority_that_is_made_near_its_end_is_told_of() {
    let spec = "secrets { seed epoch=\"2026-01-01\"; }\nauthority \"corp\" valid=\"400d\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\"\n";
    let project = Project::new([(FILE, spec), ("pki/seed.sops.yaml", SEED)]);
    let told = |now: &str| {
        let outcome =
            project.build_at(now, Holder::Operator, &Request::default()).unwrap_or_else(|_| panic!());
        apply(&project.layout(), &outcome.files).unwrap();
        let findings = outcome.report.findings().iter();
        let mut found: Vec<_> = findings.filter(|one| one.code.name() == "due-authority").cloned().collect();
        assert_eq!(found.len(), 1, "{now}");
        found.remove(0)
    };
    let (first, second) = (told(NOW), told(NOW));
    assert_eq!((first.severity, &first.message), (Severity::Warning, &second.message));
    assert!(first.helps.iter().any(|help| help.contains("a longer `valid`")), "{:?}", first.helps);
    assert!(!second.helps.iter().any(|help| help.contains("a longer `valid`")), "{:?}", second.helps);
}

/// An authority under another with another `valid`: one that is longer is signed, one that is shorter is told of.
#[test]
fn another_life_of_an_authority_under_another() {
    let spec = SPEC.replace("\"root\" valid=\"1y\"", "\"root\"");
    let project = project(&spec, SOPS_CONFIG);
    let issuing = "authority \"issuing\" authority=\"root\"";
    let key = keyed(&project, "issuing");
    project.edit(FILE, issuing, &format!("{issuing} valid=\"8y\""));
    let outcome = render_at(&project, NOW, Holder::Operator);
    // Those below have a life of their own.
    assert_eq!(outcome.changes.iter().map(|one| &*one.name).collect::<Vec<_>>(), ["issuing (generation 1)"]);
    let longer = generation(&project, "issuing");
    assert_eq!((longer.spki_sha256().to_owned(), longer.not_after().date()), (key, "2034-11-23".to_owned()));
    project.assert_nothing_to_do();
    project.edit(FILE, "valid=\"8y\"", "valid=\"7y\"");
    let outcome = render_at(&project, NOW, Holder::Unasked);
    let codes: Vec<_> = outcome.report.findings().iter().map(|one| one.code.name()).collect();
    assert!(codes.contains(&"changed-authority"), "{codes:?}");
    assert_eq!(generation(&project, "issuing"), longer);
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => prop::sample::select(vec![7i64, 31, 31, 60]).prop_map(Event::Clock),
        3 => prop::sample::select(vec![0usize, 0, 1, 2, 3]).prop_map(Event::Stage),
        1 => prop::sample::select(vec![0usize, 1, 2]).prop_map(Event::Outright),
        1 => (0..3usize).prop_map(Event::Revoke),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), max_shrink_iters: 60, ..ProptestConfig::default() })]

    /// Authorities with short lives, each under another: whatever happens, one render is enough.
    #[test]
    fn after_a_render_nothing_is_due(seeded in any::<bool>(), events in prop::collection::vec(event(), 1..14)) {
        let mut world = World::new(seeded, false);
        world.spec.valid = [Some(200), None, Some(150), Some(400)];
        prop_assert_eq!(world.render(Holder::Operator), Ok(0));
        for event in &events {
            let spec = world.spec.clone();
            world.change(event);
            if world.render(Holder::Operator).is_err() {
                world.spec = spec;
                if world.render(Holder::Operator).is_err() {
                    world.change(&Event::Outright(0));
                }
                if world.render(Holder::Operator).is_err() {
                    continue;
                }
            }
            prop_assert_eq!(due(&world.project, &world.now.to_string()), [""; 0], "{:?}\n{}", event, world.spec.text());
        }
    }
}

/// What it issued names it as it was: another name in the spec is told of, and changes nothing.
#[test]
fn what_is_signed_again_keeps_its_name() {
    let spec = "authority \"root\"\nauthority \"issuing\" authority=\"root\"\ngateway \"public\"\nhost \"shop.example.com\" authority=\"issuing\" gateway=\"public\" to=\"shop:1\"\n";
    let is_renamed = (
        "\"issuing\" authority=\"root\"",
        "\"issuing\" authority=\"root\" { subject common-name=\"Other\"; }",
    );
    let more = (
        "host \"shop",
        "host \"new.example.org\" authority=\"issuing\" gateway=\"public\" to=\"new:1\"\nhost \"shop",
    );
    let rotated = (
        "authority \"root\"\nauthority",
        "authority \"root\" { generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"; }\nauthority",
    );
    for (old, new) in [more, rotated] {
        let mut project = project(spec, SOPS_CONFIG);
        project.keys = Box::new(SystemKeys);
        let before = pem(&project.read("pki/issuing/1.crt")).remove(0);
        project.edit(FILE, is_renamed.0, is_renamed.1);
        project.edit(FILE, old, new);
        project.render(Holder::Operator);
        let after = pem(&project.read("pki/issuing/1.crt")).remove(0);
        assert!(after != before && after.subject() == before.subject());
        let chain = shown(&project, "shop.example.com");
        let roots = pem(&project.read("pki/issuing/ca.crt"));
        let now = Timestamp::parse(NOW).unwrap();
        verify_server(&chain[0], &chain[1..], &roots, "shop.example.com", now).unwrap();
        project.assert_nothing_to_do();
    }
}
