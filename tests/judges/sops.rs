//! The real sops judges what we seal, and we open what it seals. Uses the program named by `GATEWRIGHT_SOPS`, else
//! `sops` on the `PATH`; without one the tests say that they were skipped, and fail where `CI` is set.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that runs another program on files and says when it can't"
)]

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use gatewright::sops::{
    Comment, Entropy, EntropyError, Field, Filter, Identities, Item, Moment, Node, Options, Pattern, Plain,
    Recipient, Sealed, SopsError, encrypt,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Random documents; the library's own tests use the same.
#[path = "../../src/sops/trees.rs"]
mod trees;

const RECIPIENT: &str = "age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu";
/// How sops begins a string of several lines in a list that starts with a blank: with an indentation it does not keep.
const WRONG_BLOCK: &str = "- |4";
const NOW: &str = "2026-11-25T12:00:00Z";

/// Bytes that never repeat within a test.
struct Counter(Cell<u64>);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            self.0.set(self.0.get() + 1);
            chunk.copy_from_slice(&self.0.get().to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The program, if there is one.
pub(crate) fn sops(test: &str) -> Option<OsString> {
    let program = std::env::var_os("GATEWRIGHT_SOPS").unwrap_or_else(|| "sops".into());
    if Command::new(&program).args(["--version", "--disable-version-check"]).output().is_ok() {
        return Some(program);
    }
    assert!(std::env::var_os("CI").is_none(), "{test}: there is no sops; CI must have one");
    eprintln!("SKIPPED {test}: there is no sops on the PATH and GATEWRIGHT_SOPS names none");
    None
}

fn identity_file() -> String {
    format!("{}/tests/sops-golden/identity.txt", env!("CARGO_MANIFEST_DIR"))
}

fn identities() -> Identities {
    let mut identities = Identities::new();
    identities.add("identity.txt", &fs::read_to_string(identity_file()).expect("identity"));
    identities
}

/// Runs sops in a folder; its standard output, or what it complains about.
pub(crate) fn run(program: &OsString, folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .arg("--disable-version-check")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("SOPS_AGE_KEY_FILE", identity_file())
        .output()
        .expect("sops runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn seal(plain: &Plain, filter: &Filter, mac_only_encrypted: bool) -> Result<String, SopsError> {
    let recipients: [Recipient; 1] = [RECIPIENT.parse().expect("recipient")];
    let options = Options { recipients: &recipients, filter, mac_only_encrypted, last_modified: NOW };
    encrypt(plain, &options, &Counter(Cell::new(0)))
}

/// Paths and printed values of all leaves, in order. An integral float and a whole number print alike: sops turns
/// one into the other.
fn leaves(node: &Node, path: &str, out: &mut Vec<(String, String)>) {
    let printed = match node {
        Node::Map(_) => {
            return node.fields().for_each(|(key, value)| leaves(value, &format!("{path}{key}\u{1}"), out));
        }
        Node::List(_) => return node.items().for_each(|item| leaves(item, &format!("{path}-\u{1}"), out)),
        Node::Null => "null".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Int(n) => n.to_string(),
        Node::Float(n) => format!("{n}").trim_start_matches("-0").to_owned(),
        Node::Time(moment) => moment.to_string(),
        Node::Str(text) => format!("{:?}", text.as_bytes()),
        Node::Enc(_) => "ciphertext".to_owned(),
    };
    out.push((path.to_owned(), printed));
}

fn all_leaves(plain: &Plain) -> Vec<(String, String)> {
    let mut out = Vec::new();
    plain.documents.iter().for_each(|document| leaves(document, "", &mut out));
    out
}

/// Sops prints U+2028 and U+2029 as they are, where YAML 1.1 takes them for line breaks.
fn sops_prints_wrongly(documents: &[trees::Shape]) -> bool {
    let printed = format!("{documents:?}");
    printed.contains("\\u{2028}") || printed.contains("\\u{2029}")
}

fn filters() -> Vec<Filter> {
    vec![
        Filter::default(),
        Filter::EncryptedSuffix("_secret".into()),
        Filter::encrypted_regex("^data").expect("compiles"),
        Filter::unencrypted_regex("^[ab]$").expect("compiles"),
        Filter::EncryptedCommentRegex(Pattern::new("^ ").expect("compiles")),
        Filter::UnencryptedCommentRegex(Pattern::new("^ ").expect("compiles")),
    ]
}

#[test]
fn real_sops_opens_what_we_write() {
    let Some(program) = sops("real_sops_opens_what_we_write") else { return };
    let folder = tempfile::tempdir().expect("folder");
    let strategy = (trees::files(), prop::sample::select(filters()), any::<bool>());
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    runner
        .run(&strategy, |(documents, filter, mac_only)| {
            prop_assume!(!sops_prints_wrongly(&documents));
            let plain = trees::plain(&documents);
            let sealed = match seal(&plain, &filter, mac_only) {
                Ok(sealed) => sealed,
                // A filter by comments may find nothing, or something that sops can't read back.
                Err(_) if filter.key().ends_with("comment_regex") => {
                    return Err(TestCaseError::reject("refused"));
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            fs::write(folder.path().join("f.yaml"), &sealed).expect("writes");
            let opened = run(&program, folder.path(), &["decrypt", "f.yaml"]);
            let opened = opened.map_err(|error| TestCaseError::fail(format!("{error}\n{sealed}")))?;
            // Sops opened it, MAC and all. Its YAML printer breaks some strings, which then are not ours to judge.
            if let Ok(theirs) = Plain::from_yaml(&opened)
                && !opened.contains(WRONG_BLOCK)
            {
                prop_assert_eq!(all_leaves(&theirs), all_leaves(&plain), "{}\n{}", sealed, opened);
            }
            let ours = Sealed::parse(&sealed).and_then(|sealed| sealed.decrypt(&identities()));
            let ours = ours.map_err(|e| TestCaseError::fail(format!("{e}\n{sealed}")))?;
            prop_assert_eq!(all_leaves(&ours), all_leaves(&plain), "{}", sealed);
            Ok(())
        })
        .expect("sops agrees");
}

#[test]
fn we_open_what_real_sops_writes() {
    let Some(program) = sops("we_open_what_real_sops_writes") else { return };
    let folder = tempfile::tempdir().expect("folder");
    let strategy = (trees::files(), prop::sample::select(filters()), any::<bool>());
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    runner
        .run(&strategy, |(documents, filter, mac_only)| {
            prop_assume!(!sops_prints_wrongly(&documents));
            let plain = trees::plain(&documents);
            let text = plain.to_yaml().expect("writes");
            fs::write(folder.path().join("f.yaml"), &*text).expect("writes");
            let rule = format!(
                "creation_rules:\n  - age: {RECIPIENT}\n    mac_only_encrypted: {mac_only}\n    {}: {:?}\n",
                filter.key(),
                filter.text()
            );
            fs::write(folder.path().join(".sops.yaml"), rule).expect("writes");
            let sealed = run(&program, folder.path(), &["encrypt", "f.yaml"]);
            let sealed = sealed.map_err(|error| TestCaseError::fail(format!("{error}\n{}", &*text)))?;
            let ours = Sealed::parse(&sealed).and_then(|sealed| sealed.decrypt(&identities()));
            // Some strings of several lines sops prints so that it can't read them itself, or reads them wrongly.
            prop_assume!(!sealed.contains(WRONG_BLOCK));
            fs::write(folder.path().join("f.yaml"), &sealed).expect("writes");
            prop_assume!(ours.is_ok() || run(&program, folder.path(), &["decrypt", "f.yaml"]).is_ok());
            let ours = ours.map_err(|e| TestCaseError::fail(format!("{e}\n{sealed}\n{}", &*text)))?;
            prop_assert_eq!(all_leaves(&ours), all_leaves(&plain), "{}", sealed);
            Ok(())
        })
        .expect("sops agrees");
}

#[test]
fn real_sops_opens_a_file_whose_labels_changed_without_an_identity() {
    let Some(program) = sops("real_sops_opens_a_file_whose_labels_changed_without_an_identity") else {
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let secret = |name: &str, data: Node| {
        Node::map([
            ("apiVersion", Node::str("v1")),
            ("kind", Node::str("Secret")),
            ("metadata", Node::map([("name", Node::str(name))])),
            ("data", data),
        ])
    };
    let data = Node::map([("tls.crt", Node::str("Y2VydA==")), ("tls.key", Node::str("a2V5"))]);
    let filter = Filter::encrypted_regex(r"^(tls\.key)$").expect("compiles");
    let sealed = Sealed::parse(&seal(&Plain::single(secret("old", data)), &filter, true).expect("seals"))
        .expect("parses");
    let data = sealed.document(0).and_then(|document| document.get("data")).expect("data").clone();
    let text = sealed.with_clear(secret("new", data)).expect("keeps its ciphertext");
    fs::write(folder.path().join("f.yaml"), &text).expect("writes");
    let opened = run(&program, folder.path(), &["decrypt", "f.yaml"]).expect("opens");
    let opened = Plain::from_yaml(&opened).expect("YAML");
    assert_eq!(opened.at(&["metadata", "name"]).and_then(Node::as_str), Some("new"));
    assert_eq!(opened.at(&["data", "tls.key"]).and_then(Node::as_str), Some("a2V5"));
}

/// Each case starts the program, so few by default.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}
