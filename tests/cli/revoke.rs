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
