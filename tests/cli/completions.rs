//! `completions`: the scripts are read by their shells, where those are at hand.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::sandbox::Sandbox;

fn script(shell: &str) -> String {
    Sandbox::bare().run(&["completions", shell]).ends_with(0).stdout
}

#[test]
fn every_shell_has_a_script_with_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = script(shell);
        for word in ["render", "check", "export", "--allow-waiting", "--identity"] {
            let word = if shell == "fish" { word.trim_start_matches("--") } else { word };
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!script.contains("panicked"));
    }
}

/// A shell that is not here is left out; in CI all three must be.
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

/// Tried in bash itself: what it offers behind `gatewright re`.
#[test]
fn bash_completes_commands() {
    let script = script("bash");
    let call = "COMP_WORDS=(gatewright re); COMP_CWORD=1; _gatewright gatewright re gatewright; echo \"${COMPREPLY[*]}\"";
    let output = Command::new("bash").arg("-c").arg(format!("{script}\n{call}")).output();
    let Ok(output) = output else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "render");
}
