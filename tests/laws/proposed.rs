//! What messages propose can be done in the state in which they propose it, and helps; what they say of that state is so.

use super::revocation::{SPEC, project, revoke_bob};
use crate::cli::sandbox::{Run, Sandbox};

/// The first call of this command that a text proposes, as the words of a shell, with these files in the place of `FILE`.
fn proposed(text: &str, command: &str) -> Vec<String> {
    let start = format!("`gatewright {command}");
    let call = text.split(&start).nth(1).and_then(|rest| rest.split('`').next());
    let call = call.unwrap_or_else(|| panic!("no `{command}` is proposed: {text}"));
    let whole = format!("{command}{call}");
    let quotes = whole.split('\'').enumerate();
    let words = quotes.flat_map(|(i, part)| match i % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn follow(sandbox: &Sandbox, now: &str, text: &str, command: &str) -> Run {
    let call = proposed(text, command);
    sandbox.run_at(now, &call.iter().map(String::as_str).collect::<Vec<_>>())
}

const NOW: &str = "2026-11-25T12:00:00Z";

/// What is said of the time until a list is signed is what that time is like.
#[test]
fn what_holds_while_a_list_waits_is_told() {
    const THEY_DO: &str = "until then, hosts let in whom they do now";
    let all = project(SPEC);
    revoke_bob(&all);
    let said = all.run(&["render"]).ends_with(3).stderr;
    assert!(said.contains(&format!("{THEY_DO}\n")), "{said}");
    // A host that names its clients takes one out at once.
    let named = "clients \"anna.example\" \"bob.example\"";
    let names = project(&SPEC.replace("clients \"partners\"", named));
    let gateway = "out/default/gateway-public.yaml";
    assert!(names.read(gateway).contains("bob.example"));
    revoke_bob(&names);
    let said = names.run(&["render"]).ends_with(3).stderr;
    assert!(!names.read(gateway).contains("bob.example"));
    let but = format!("{THEY_DO}, but for those whom one names and who are `revoked`\n");
    assert!(said.contains(&but), "{said}");
    // A server's certificate is no host's business.
    let server = project(SPEC);
    server.run(&["revoke", "host", "api.example.com"]).ends_with(0);
    let said = server.run(&["render"]).ends_with(3).stderr;
    assert!(said.contains("; no host here goes by it\n") && !said.contains(THEY_DO), "{said}");
}

/// A name may hold what a shell takes apart.
#[test]
fn names_in_calls_are_words_of_a_shell() {
    let spec = r#"
authority "corp"
authority "other"
gateway "public"
host "a.example.com" authority="corp" gateway="public" to="a:80" { tls mutual; }
client "Anna Smith" authority="corp" { san "anna@example.com"; }
"#;
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.edit("specs/a.kdl", "\"Anna Smith\" authority=\"corp\"", "\"Anna Smith\" authority=\"other\"");
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(said.contains("`gatewright revoke client 'Anna Smith' --serial "), "{said}");
    follow(&sandbox, NOW, &said, "revoke client").ends_with(0);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("removed-client"), "{said}");
}

/// A generation whose life is over before it is made is followed by another.
#[test]
fn an_authority_that_ended_with_its_epoch_is_rotated() {
    let spec = r#"
secrets { seed epoch="2020-01-01"; }
authority "corp" valid="400d"
gateway "public"
host "a.example.com" authority="corp" gateway="public" to="a:80"
"#;
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    sandbox.run(&["secrets", "seed"]).ends_with(0);
    let said = sandbox.run(&["render"]).ends_with(2).stderr;
    follow(&sandbox, NOW, &said, "rotate authority").ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
}

/// What waits for files is not made by a render, whoever asks.
#[test]
fn what_waits_for_files_is_proposed_no_render() {
    let spec = r#"
authority "corp" files
gateway "public"
host "a.example.com" authority="corp" gateway="public" to="a:80"
host "b.example.com" files gateway="public" to="b:80"
client "anna@example.com" authority="corp"
"#;
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    sandbox.run(&["render"]).ends_with(3);
    let to = sandbox.outside("given").display().to_string();
    for (call, code) in [
        (&["rotate", "authority", "corp"][..], 2),
        (&["rotate", "authority", "corp", "--stage", "introduce"], 2),
        (&["client", "export", "anna@example.com", "--to", &to], 3),
        (&["connect", "a.example.com"], 0),
        (&["rotate", "host", "a.example.com"], 3),
        (&["rotate", "client", "anna@example.com"], 3),
    ] {
        let said = sandbox.run(call).ends_with(code).stderr;
        assert!(
            said.contains("`gatewright authority adopt corp --cert FILE --key FILE`"),
            "{call:?}: {said}"
        );
        assert!(!said.contains("run `gatewright render` first"), "{call:?}: {said}");
        // From then on there is an answer to take in.
        let asked = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
        follow(&asked, NOW, &said, "authority csr").ends_with(0);
        let said = asked.run(call).ends_with(code).stderr;
        assert!(
            said.contains("`gatewright authority import corp --cert FILE` takes the answer"),
            "{call:?}: {said}"
        );
        assert!(said.contains("pki/corp/1.request.sops.yaml") && !said.contains("adopt"), "{call:?}: {said}");
    }
    let said = sandbox.run(&["connect", "b.example.com"]).ends_with(0).stderr;
    follow(&sandbox, NOW, &said, "csr").ends_with(0);
    let said = sandbox.run(&["connect", "b.example.com"]).ends_with(0).stderr;
    assert!(said.contains("`gatewright bring b.example.com --cert FILE` takes the answer"), "{said}");
}

/// An authority that ended in the midst of a rotation is followed by the generation that is there.
#[test]
fn a_generation_that_is_there_takes_the_place_of_one_that_ended() {
    let spec = r#"
authority "corp" valid="100d"
gateway "public"
host "a.example.com" authority="corp" gateway="public" to="a:80" { tls mutual; }
client "anna@example.com" authority="corp"
"#;
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let (then, late) = ("2027-02-01T00:00:00Z", "2027-03-20T00:00:00Z");
    sandbox.run_at(then, &["rotate", "authority", "corp", "--stage", "introduce"]).ends_with(0);
    sandbox.run_at(then, &["render"]).ends_with(0);
    let to = sandbox.outside("given").display().to_string();
    let export = ["client", "export", "anna@example.com", "--to", &to];
    let exported = sandbox.run_at(late, &export).ends_with(0).stderr;
    let status = sandbox.run_at(late, &["status"]).ends_with(1).stderr;
    let render = sandbox.run_at(late, &["render"]).ends_with(1).stderr;
    for said in [&exported, &status, &render] {
        let call = proposed(said, "rotate authority").join(" ");
        assert_eq!(call, "rotate authority corp --stage switch", "{said}");
    }
    follow(&sandbox, late, &render, "rotate authority").ends_with(0);
    let said = sandbox.run_at(late, &["render"]).ends_with(0).stderr;
    assert!(said.contains("reissued client anna@example.com"), "{said}");
}
