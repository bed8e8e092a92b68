//! `status` in each of its forms.

use super::sandbox::Sandbox;
use super::transcript::Transcript;

const SPEC: &str = r#"
authority "corp" valid="2y"
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    host "shop" to="shop:8080"
    host "short" to="short:80" valid="10d"
    host "long" to="long:80" valid="365d"
    host "changed" to="changed:80"
    host "elsewhere" external="their-cert" to="x:80"
    host "elsewhere-too" external="their-cert" to="x:80"
}
client "anna@example.com" authority="corp" { san "anna@example.com" "spiffe://example.com/anna" }
"#;

/// Every standing that a certificate can have.
#[test]
fn every_standing_in_every_form() {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    let mut transcript = Transcript::new(&sandbox);
    transcript.note("nothing is made yet");
    transcript.run("status").ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["rotate", "authority", "corp"]).ends_with(0);
    transcript.note("a rotation is declared");
    transcript.run("status").ends_with(0);
    sandbox.write("specs/a.kdl", SPEC);
    sandbox.edit(
        "specs/a.kdl",
        "host \"changed\"",
        "host \"changed\" { subject organization=\"New\" }\n    host \"changed2\"",
    );
    transcript.note("a host changed, a host is new, certificates are due and have ended");
    let at = "2027-02-10T00:00:00Z";
    transcript.run_at(at, "status").ends_with(1);
    let run = transcript.run_at(at, "status --output json").ends_with(1);
    let entries: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    for entry in entries.as_array().unwrap() {
        for field in ["serial", "sha256"] {
            if let Some(text) = entry[field].as_str() {
                assert!(text.len() >= 30, "{text}");
                transcript.mask(text, &format!("[{field}]"));
            }
        }
    }
    let run = transcript.run_at(at, "status -o metrics").ends_with(1);
    let is_sample =
        |line: &str| line.rsplit_once("} ").is_some_and(|(_, value)| value.parse::<i64>().is_ok());
    assert!(run.stdout.lines().all(|line| line.starts_with('#') || is_sample(line)));
    transcript.matches("status");
}

/// What to do is said beside the list, and not to those who asked for quiet.
#[test]
fn what_has_ended_can_be_mended() {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    sandbox.run(&["render"]).ends_with(0);
    let late = "2029-01-01T00:00:00Z";
    let run = sandbox.run_at(late, &["status"]).ends_with(1);
    let says = "authority corp has ended: `gatewright rotate authority corp` declares the next generation; `gatewright render` then makes it\n5 certificates have ended, and so has authority corp: with another one, `gatewright render` issues them anew\n";
    assert_eq!(run.stderr, says);
    assert_eq!(sandbox.run_at(late, &["status", "-q"]).ends_with(1).stderr, "");
    // As it says.
    sandbox.run_at(late, &["rotate", "authority", "corp"]).ends_with(0);
    sandbox.hold('a');
    sandbox.run_at(late, &["render"]).ends_with(0);
    sandbox.run_at(late, &["status"]).ends_with(0);
}

/// What ended with an authority above it is mended there, and with it all below.
#[test]
fn what_ended_with_an_authority_above_is_mended_there() {
    let spec = r#"
authority "root" valid="100d"
authority "issuing" authority="root" valid="80d"
authority "people" authority="issuing" valid="60d"
gateway "public"
host "shop.example.com" authority="issuing" gateway="public" to="shop:80" valid="30d"
host "desk.example.com" authority="issuing" gateway="public" to="shop:80" valid="30d" { tls mutual clients="people"; }
client "anna.example.com" authority="people" valid="30d"
"#;
    // From the top down, what has ended by then, and whose mend it is.
    for (late, stop) in [
        ("2027-01-25T00:00:00Z", "people"),
        ("2027-02-15T00:00:00Z", "issuing"),
        ("2027-03-10T00:00:00Z", "root"),
    ] {
        let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
        sandbox.run(&["render"]).ends_with(0);
        let said = sandbox.run_at(late, &["status"]).ends_with(1).stderr;
        let mend = format!(
            "authority {stop} has ended: `gatewright rotate authority {stop}` declares the next generation"
        );
        assert!(said.contains(&mend), "{late}: {said}");
        assert_eq!(said.matches("gatewright rotate").count(), 1, "{late}: {said}");
        assert!(said.contains(&format!("ended, and so has authority {stop}: ")), "{late}: {said}");
        let checked = sandbox.run_at(late, &["check"]).ends_with(1).stderr;
        assert_eq!(
            checked.matches(&format!("`gatewright rotate authority {stop}`")).count(),
            checked.matches("error[expired-authority]").count(),
            "{late}: {checked}"
        );
        // As it says, until there is nothing to say.
        let mut said = said;
        for _ in 0..3 {
            let Some(call) = said.split("`gatewright rotate ").nth(1).and_then(|rest| rest.split('`').next())
            else {
                break;
            };
            let call: Vec<_> = ["rotate"].into_iter().chain(call.split(' ')).collect();
            sandbox.run_at(late, &call).ends_with(0);
            sandbox.run_at(late, &["render"]);
            said = sandbox.run_at(late, &["status"]).stderr;
        }
        assert_eq!(said, "", "{late}");
        sandbox.run_at(late, &["render"]).ends_with(0);
    }
}

#[test]
fn the_walkthrough() {
    let sandbox = Sandbox::bookinfo();
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("status").ends_with(0);
    transcript.matches("status-bookinfo");
}

#[test]
fn what_is_left_of_a_secret_is_not_only_missing() {
    let sandbox = Sandbox::shop();
    let path = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
    let whole = sandbox.read(path);
    for left in ["", &whole[..20]] {
        sandbox.write(path, left);
        let run = sandbox.run(&["status"]).ends_with(4);
        assert!(run.stdout.contains("missing") && run.stderr.contains("broken-file"), "{run:?}");
    }
}
