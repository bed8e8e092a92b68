//! `revoke client` and `revoke host`.

use super::sandbox::Sandbox;
use super::transcript::Transcript;

const SPEC: &str = r#"authority "corp"
authority "partners"   // those who buy
gateway "public"
host "api.example.com" authority="corp" gateway="public" to="api:80" { tls mutual { clients "partners"; }; }
client "anna.example" authority="partners"
client "bob.example" authority="partners" // gone soon
"#;

#[test]
fn clients_and_hosts() {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    sandbox.run(&["render"]).ends_with(0);
    let mut transcript = Transcript::new(&sandbox);
    // Serial numbers are by chance.
    let serials = || {
        let status = sandbox.run(&["status", "-o", "json"]).ends_with(0);
        let serials = status.stdout.lines().filter_map(|line| line.trim().strip_prefix("\"serial\": \""));
        serials.map(|serial| serial[..40].to_owned()).collect::<Vec<_>>()
    };
    let mut chance = serials();
    transcript.run("revoke client bob.exmple").ends_with(2);
    transcript.run("revoke client bob.example --serial 0a").ends_with(2);
    transcript.run("revoke host api").ends_with(2);
    transcript.run("revoke client bob.example").ends_with(0);
    transcript.run("revoke client bob.example").ends_with(0);
    transcript.run("status").ends_with(0);
    transcript.run("render").ends_with(3);
    transcript.run("check").ends_with(3);
    transcript.run("check --allow-waiting").ends_with(0);
    sandbox.hold('a');
    transcript.note("with the operator's identity");
    transcript.run("render").ends_with(0);
    transcript.run("client list").ends_with(0);
    transcript.run("client export bob.example --to ../bob").ends_with(0);
    transcript.run("revoke client anna.example --all").ends_with(0);
    transcript.run("status").ends_with(0);
    transcript.run("diff --name-only").ends_with(1);
    transcript.run("render").ends_with(0);
    chance.extend(serials());
    transcript.run("revoke host api.example.com").ends_with(0);
    transcript.run("render").ends_with(0);
    transcript.run("render").ends_with(0);
    let before = sandbox.read("specs/a.kdl");
    let spec = before.replace(" revoked=\"2026-11-25\"", "");
    sandbox.write("specs/a.kdl", &spec);
    transcript.note("a line is deleted");
    transcript.run("check").ends_with(2);
    sandbox.write("specs/a.kdl", &before);
    transcript.run("check").ends_with(0);
    sandbox.edit("specs/a.kdl", "client \"anna.example\" authority=\"partners\"\n", "");
    transcript.note("a client is removed that was never revoked");
    transcript.run("check").ends_with(0);
    transcript.run("revoke client anna.example").ends_with(0);
    transcript.run("render").ends_with(0);
    transcript.run("revoke client anna.example").ends_with(0);
    chance.extend(serials());
    chance.iter().for_each(|serial| transcript.mask(serial, "SERIAL"));
    transcript.matches("revoke");
}

/// Whom `render` would go on letting in is not said to be revoked.
#[test]
fn what_render_would_refuse_is_refused_before() {
    let spec = r#"authority "root"
authority "staff" authority="root"
gateway "public"
host "api.example.com" authority="root" gateway="public" to="api:80" { tls mutual { clients "staff"; }; }
client "anna.example" authority="staff"
client "bob.example" authority="staff"
client "dora.example" authority="root"
"#;
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
    sandbox.hold('a');
    sandbox.run(&["render"]).ends_with(0);
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("revoke client bob.example").ends_with(2);
    assert_eq!(sandbox.read("specs/a.kdl"), spec);
    let said = sandbox.run(&["revoke", "client", "bob.example", "--all"]).ends_with(2).stderr;
    assert!(said.contains("other-clients") && sandbox.read("specs/a.kdl") == spec, "{said}");
    transcript.matches("revoke_refused");
    // Nobody under the root is let in: a host's own certificate stands in nobody's way.
    sandbox.edit("specs/a.kdl", "clients \"staff\"", "clients \"staff\" \"root\"");
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["revoke", "client", "bob.example"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
}
