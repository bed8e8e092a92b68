//! One file of `pki/` is gone, in the midst of a rotation: what hosts show is trusted by those who know the old root alone and by
//! those who know the new one alone, revoked clients stay out, and nothing is issued anew in silence.

use gatewright::build::{BuildError, Request};
use gatewright::pki::verify_server;
use gatewright::time::Timestamp;
use gatewright::tree::apply;

use super::any_history::World;
use super::hierarchy::{pem, shown};
use super::history::Event;
use crate::support::project::{CountingEntropy, Holder, Project, differing};

const SPEC: &str = r#"
authority "corp" cross-signed { GENERATIONS; }
authority "issuing" authority="corp"
gateway "public"
host "shop.example.com" authority="issuing" gateway="public" to="a:80"
host "desk.example.com" authority="issuing" gateway="public" to="a:80" { tls mutual clients="issuing"; }
client "anna.example.com" authority="issuing"
client "bob.example.com" authority="issuing"REVOKED
cacerts "west" authority="corp"
"#;

/// The stages of the rotation, and when each is rendered.
const STAGES: [(&str, &str, &str); 3] = [
    ("2026-11-01T12:00:00Z", "generation 1 introduced=\"2026-11-01\" signs=\"2026-11-01\"", ""),
    (
        "2026-11-02T12:00:00Z",
        "generation 1 introduced=\"2026-11-01\" signs=\"2026-11-01\"; generation 2 introduced=\"2026-11-02\"",
        " revoked=\"2026-11-02\"",
    ),
    (
        "2026-11-10T12:00:00Z",
        "generation 1 introduced=\"2026-11-01\" signs=\"2026-11-01\"; generation 2 introduced=\"2026-11-02\" signs=\"2026-11-10\"",
        " revoked=\"2026-11-02\"",
    ),
];

const NOW: &str = "2026-11-11T12:00:00Z";

fn switched() -> Project {
    let mut project = Project::of("");
    project.entropy = Box::new(CountingEntropy::default());
    for (now, generations, revoked) in STAGES {
        project.write("specs/a.kdl", SPEC.replace("GENERATIONS", generations).replace("REVOKED", revoked));
        render(&project, now, Holder::Operator).unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    }
    project
}

/// What was issued and what waits.
fn render(project: &Project, now: &str, holder: Holder) -> Result<(Vec<String>, Vec<String>), BuildError> {
    let outcome = project.build_at(now, holder, &Request::default())?;
    apply(&project.layout(), &outcome.files).unwrap();
    let made = outcome.changes.iter().map(|change| format!("{change:?}")).collect();
    Ok((made, outcome.waiting.iter().map(|waiting| waiting.name.clone()).collect()))
}

#[test]
fn whoever_trusts_either_root_goes_on() {
    let project = switched();
    let base = project.files();
    let roots: Vec<_> = ["pki/corp/1.crt", "pki/corp/2.crt"].map(|path| pem(&project.read(path))).into();
    let now = Timestamp::parse(NOW).unwrap();
    let lost: Vec<_> = base.keys().filter(|path| path.starts_with("pki/")).cloned().collect();
    for (lost, holder) in lost.iter().flat_map(|lost| [(lost, Holder::Nobody), (lost, Holder::Operator)]) {
        for (path, bytes) in &base {
            project.write(path, bytes);
        }
        project.remove(lost);
        let before = project.tree();
        let done = render(&project, NOW, holder);
        let changed = differing(&before, &project.tree());
        let is_key = lost.ends_with(".key.sops.yaml");
        match (is_key, lost.contains("/clients/"), done) {
            // Everything else is a copy, or stands in what servers show.
            (false, _, Ok((made, waiting))) => {
                assert_eq!((made, waiting.len()), (Vec::new(), 0), "{lost} {holder:?}");
                assert_eq!(changed, [lost.as_str()], "{holder:?}");
            }
            (true, false, Err(BuildError::Refused(report))) => {
                assert_eq!(report.findings()[0].code.name(), "lost-authority", "{lost} {holder:?}");
                assert_eq!(changed, [""; 0], "{lost} {holder:?}");
            }
            // A client that is let in gets another key, and one that is revoked none.
            (true, true, Ok((made, waiting))) => {
                let wanted = usize::from(lost.contains("anna"));
                assert_eq!(made.len() + waiting.len(), wanted, "{lost} {holder:?}");
                assert_eq!(made.is_empty(), wanted == 0 || holder == Holder::Nobody, "{lost}");
            }
            (_, _, done) => panic!("{lost} {holder:?}: {:?}", done.map_err(|error| project.explain(&error))),
        }
        for host in ["shop.example.com", "desk.example.com"] {
            let chain = shown(&project, host);
            for root in &roots {
                verify_server(&chain[0], &chain[1..], root, host, now)
                    .unwrap_or_else(|error| panic!("{lost} {holder:?}: {host}: {error:?}"));
            }
        }
    }
}

/// While the key of a generation that follows from a seed is gone, its certificate stays in trust, whoever renders.
#[test]
fn a_generation_of_a_seed_is_trusted_while_its_key_is_gone() {
    for lost in [&["pki/other/1.key.sops.yaml"][..], &["pki/other/1.key.sops.yaml", "pki/other/1.crt"]] {
        let mut world = World::new(true, false);
        world.step(&Event::Nothing, Holder::Operator);
        world.step(&Event::Stage(3), Holder::Operator);
        lost.iter().for_each(|path| world.project.remove(path));
        for holder in [Holder::Nobody, Holder::Nobody, Holder::Operator] {
            world.step(&Event::Nothing, holder);
            let trusted = world.existing().trusted["other"].len();
            assert_eq!(trusted, 2, "{lost:?} {holder:?}");
        }
        world.assert_another_machine_makes_the_same();
    }
}
