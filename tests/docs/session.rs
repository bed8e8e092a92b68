//! Transcripts: `console` blocks of a page run in order, as one shell session, against the binary.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::markdown::{Block, Page};

/// The present of every transcript.
const NOW: &str = "1795608000"; // 2026-11-25T12:00:00Z

/// How the transcripts call the home folder.
const HOME: &str = "/home/you";

/// One command and what it is to print.
struct Step {
    command: String,
    expected: Vec<String>,
    line: usize,
}

/// Runs all transcripts of a page in a fresh home, and says where they differ.
///
/// A block with `file=PATH` writes that file when its turn comes. Expected lines may hold `…`, which stands for any text;
/// a line that is only `…` stands for any lines.
pub(crate) fn play(page: &Page) -> Vec<String> {
    let scratch = tempfile::tempdir().unwrap();
    let home = scratch.path().canonicalize().unwrap().join("home");
    let files = scratch.path().join("files");
    fs::create_dir(&home).unwrap();
    fs::create_dir(&files).unwrap();
    let (script, steps) = script(page, &files);
    let output = run(&script, &home);
    let output = output.replace(&home.display().to_string(), HOME);
    let mut parts = output.split("\u{1}\n");
    assert_eq!(parts.next(), Some(""), "{output}");
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.len(), steps.len(), "{}: the session broke off:\n{output}", page.path);
    let differs = |(step, printed): (&Step, &str)| {
        let printed: Vec<_> = printed.lines().collect();
        (!matches(&step.expected, &printed)).then(|| {
            let Step { command, line, .. } = step;
            format!("{}:{line}: $ {command}\n{}\n", page.path, printed.join("\n"))
        })
    };
    steps.iter().zip(parts).filter_map(differs).collect()
}

/// The whole session as a shell script that prints a mark before what each command prints.
fn script(page: &Page, files: &Path) -> (String, Vec<Step>) {
    let mut script = String::new();
    let mut steps = Vec::new();
    for (i, block) in page.blocks.iter().enumerate() {
        if let Some(path) = block.mark("file") {
            let copy = files.join(i.to_string());
            fs::write(&copy, &block.text).unwrap();
            script.push_str(&format!("install -D -m 644 {} {path}\n", copy.display()));
        }
        if block.language == "console" {
            for step in steps_of(block) {
                script.push_str(&format!("printf '\\001\\n'\n{}\n", step.command));
                steps.push(step);
            }
        }
    }
    (script, steps)
}

fn steps_of(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (i, line) in block.text.lines().enumerate() {
        let last = steps.last_mut();
        match (line.strip_prefix("$ "), last) {
            (Some(command), _) => steps.push(Step {
                command: command.to_owned(),
                expected: Vec::new(),
                line: block.line + 1 + i,
            }),
            (None, Some(step)) => match line.strip_prefix("> ").filter(|_| step.expected.is_empty()) {
                Some(more) => step.command = format!("{}\n{more}", step.command),
                None => step.expected.push(line.to_owned()),
            },
            (None, None) => panic!("line {}: a transcript begins with a command", block.line),
        }
    }
    steps
}

fn run(script: &str, home: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_gatewright")).parent().unwrap();
    let script = format!("exec 2>&1\n{script}");
    let output = Command::new("/bin/bash")
        .args(["--norc", "-c", &script])
        .env_clear()
        .env("HOME", home)
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display()))
        .env("LC_ALL", "C.UTF-8")
        .env("SOURCE_DATE_EPOCH", NOW)
        .current_dir(home)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether lines are what is expected; blank lines at the end don't count.
fn matches(expected: &[String], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.iter().all(|line| line.is_empty()),
        Some((first, rest)) if first == "…" => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((first, rest)) => match printed.split_first() {
            None => expected.iter().all(|line| line.is_empty()),
            Some((line, more)) => line_matches(first, line) && matches(rest, more),
        },
    }
}

fn line_matches(expected: &str, line: &str) -> bool {
    let (expected, line) = (expected.trim_end(), line.trim_end());
    let Some((start, rest)) = expected.split_once('…') else { return expected == line };
    let Some(mut line) = line.strip_prefix(start) else { return false };
    let mut parts: Vec<_> = rest.split('…').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = line.split_once(part) else { return false };
        line = after;
    }
    line.ends_with(end)
}

#[test]
fn what_differs_is_seen() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let same =
        |expected: &str, printed: &str| matches(&lines(expected), &printed.lines().collect::<Vec<_>>());
    assert!(same("a\nb", "a\nb\n\n"));
    assert!(!same("a\nb", "a") && !same("a", "a\nb") && !same("a\nb", "b\na"));
    assert!(same("a\n…\nd", "a\nb\nc\nd") && same("…", "") && !same("a\n…\nd", "a\nb"));
    assert!(
        same("key age1…, in …/x", "key age1qqq, in /home/x")
            && !same("key age1…, in …/x", "key age1qqq, in /home/y")
    );
}
