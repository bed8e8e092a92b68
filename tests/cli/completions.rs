//! `completions`: the scripts are read by their shells, where those are at hand.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::sandbox::Sandbox;
use crate::support::widgets::WIDGETS;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "elvish", "powershell"];

fn script(shell: &str) -> String {
    Sandbox::bare().run(&["completions", shell]).ends_with(0).stdout
}

/// In a project, a script knows the kinds of its CRDs too; also in one that is broken.
#[test]
fn a_projects_own_kinds_are_completed() {
    let sandbox = Sandbox::new([
        ("gatewright.kdl", "crds \"crds/widget.yaml\"\n"),
        ("crds/widget.yaml", WIDGETS),
        ("specs/broken.kdl", "host {"),
    ]);
    for shell in SHELLS {
        let own = sandbox.run(&["completions", shell]).ends_with(0).stdout;
        assert!(own.contains("widget") && own.contains("virtual-service"), "{shell}");
        assert!(!script(shell).contains("widget"), "{shell}");
    }
    let own = sandbox.run(&["completions", "bash"]).ends_with(0).stdout;
    if let Some(offered) = bash_offers(&own, &["gatewright", "explain", "wid"]) {
        assert_eq!(offered, ["widget"]);
    }
}

#[test]
fn every_shell_has_a_script_with_every_command() {
    for shell in SHELLS {
        let script = script(shell);
        for word in ["render", "check", "export", "--allow-waiting", "--identity"] {
            let word = if shell == "fish" { word.trim_start_matches("--") } else { word };
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!script.contains("panicked"));
    }
}

/// The lines behind one, up to the end of its braces.
fn list<'s>(script: &'s str, begin: &str) -> &'s str {
    let (_, rest) = script.split_once(&format!("        {begin}\n")).unwrap();
    rest.split_once("\n        }").unwrap().0
}

/// All words that `explain` lists, of kinds that share a word with their groups, and no others' behind other commands.
#[test]
fn what_may_stand_behind_a_command_is_completed_by_every_shell() {
    let all = ["authorization-policy", "host", "gateway", "networking.istio.io/gateway"];
    for shell in SHELLS {
        let script = script(shell);
        let of = |command: &str| match shell {
            "elvish" => list(&script, &format!("&'gatewright;{command}'= {{")),
            "powershell" => list(&script, &format!("'gatewright;{command}' {{")),
            _ => script.as_str(),
        };
        let offers = |command: &str, word: &str| match shell {
            "elvish" => of(command).contains(&format!("cand {word} ")),
            "powershell" => of(command).contains(&format!("::new('{word}', '{word}', ")),
            _ => script.contains(word),
        };
        assert_eq!(all.iter().find(|word| !offers("explain", word)), None, "{shell}");
        assert!(offers("completions", "zsh"), "{shell}");
        assert!(["elvish", "powershell"].iter().all(|own| shell != *own || !offers("render", "host")));
    }
}

/// A shell that is not here is left out.
#[test]
#[expect(clippy::print_stderr, reason = "a test that can't run here says so")]
fn shells_can_read_them() {
    for (shell, flag) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let mut command = Command::new(shell);
        command.arg(flag).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            eprintln!("skipped: {shell} is not here");
            continue;
        };
        child.stdin.take().unwrap().write_all(script(shell).as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What bash itself offers behind a line; nothing where bash is not here.
fn bash_offers(script: &str, words: &[&str]) -> Option<Vec<String>> {
    let (command, last) = (words.join(" "), words.len() - 1);
    let (word, before) = (words[last], words[last - 1]);
    let call = format!(
        "COMP_WORDS=({command}); COMP_CWORD={last}; _gatewright gatewright '{word}' '{before}'; echo \"${{COMPREPLY[*]}}\""
    );
    let output = Command::new("bash").arg("-c").arg(format!("{script}\n{call}")).output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_and_what_they_take() {
    let script = script("bash");
    let Some(offered) = bash_offers(&script, &["gatewright", "re"]) else { return };
    assert_eq!(offered, ["render", "revoke"]);
    let offers = |words: &[&str]| bash_offers(&script, words).unwrap().join(" ");
    assert_eq!(offers(&["gatewright", "explain", "virt"]), "virtual-service");
    assert_eq!(offers(&["gatewright", "explain", "hos"]), "host");
    assert_eq!(offers(&["gatewright", "explain", "authori"]), "authority authorization-policy");
    assert_eq!(offers(&["gatewright", "explain", "--output", ""]), "text json");
    assert_eq!(offers(&["gatewright", "status", "-o", "m"]), "metrics");
    assert_eq!(offers(&["gatewright", "--format", "j"]), "json");
    assert_eq!(offers(&["gatewright", "render", "--color", "n"]), "never");
    assert_eq!(offers(&["gatewright", "completions", "z"]), "zsh");
    assert_eq!(offers(&["gatewright", "rotate", "a"]), "authority");
}
