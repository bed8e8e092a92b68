//! `--help` and `-h` of the program and of every command, and calls that mean nothing.

use super::sandbox::Sandbox;
use super::transcript::Transcript;

#[test]
fn of_the_program() {
    let sandbox = Sandbox::bare();
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("--help").ends_with(0);
    transcript.run("-h").ends_with(0);
    transcript.run("--version").ends_with(0);
    transcript.mask(env!("CARGO_PKG_VERSION"), "[version]");
    transcript.matches("help");
}

#[test]
fn of_every_command() {
    let sandbox = Sandbox::bare();
    let mut transcript = Transcript::new(&sandbox);
    for command in [
        "init",
        "render",
        "check",
        "diff",
        "status",
        "rotate",
        "rotate host",
        "rotate authority",
        "secrets",
        "secrets update-keys",
        "client",
        "client list",
        "client export",
        "connect",
        "why",
        "explain",
        "completions",
    ] {
        let run = transcript.run(&format!("{command} --help")).ends_with(0);
        assert!(run.stderr.is_empty() && run.stdout.contains("Usage:"), "{command}");
    }
    transcript.matches("help-commands");
}

/// A command that is added must be in the list above.
#[test]
fn every_command_is_known_here() {
    let help = Sandbox::bare().run(&["-h"]).ends_with(0).stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<_> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let known = "init render check diff status rotate revoke authority csr bring secrets client connect why explain completions help";
    assert_eq!(names.join(" "), known);
}

#[test]
fn calls_that_mean_nothing() {
    let sandbox = Sandbox::bare();
    let mut transcript = Transcript::new(&sandbox);
    for call in [
        "",
        "redner",
        "render --alow-empty",
        "render extra",
        "rotate host",
        "client export anna",
        "client export anna --to x --password-file y",
        "connect",
        "status -o tabel",
        "render --format yaml",
        "explain hots",
        "explain host -o yaml",
        "completions tcsh",
        "render",
        "-C nowhere render",
    ] {
        transcript.run(call).ends_with(2);
    }
    transcript.run_at("yesterday", "-C nowhere render").ends_with(2);
    std::fs::create_dir(sandbox.path("specs")).unwrap();
    transcript.run_at("yesterday", "render").ends_with(2);
    transcript.matches("help-wrong-calls");
}
