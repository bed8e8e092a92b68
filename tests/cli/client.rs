//! `client list` and `client export`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use gatewright::pki::{Certificate, Key};

use super::sandbox::{Sandbox, identity};
use super::transcript::Transcript;

fn mode(path: &std::path::Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_client_gets_its_key_pair() {
    let sandbox = Sandbox::bookinfo();
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("client list").ends_with(0);
    transcript.note("without an identity");
    transcript.run("client export client.example.com --to ../handover").ends_with(3);
    assert!(!sandbox.outside("handover").exists());
    transcript.note("with the operator's identity");
    sandbox.hold('a');
    transcript.run("client export client.example.com --to ../handover").ends_with(0);
    let handover = sandbox.outside("handover");
    assert_eq!(mode(&handover), 0o700);
    assert_eq!(mode(&handover.join("client.example.com.key")), 0o600);
    let text = |name: &str| fs::read_to_string(handover.join(name)).unwrap();
    let key = Key::from_pem(&text("client.example.com.key")).unwrap();
    let chain = Certificate::from_pem_chain(&text("client.example.com.crt")).unwrap();
    assert!(key.matches(&chain[0]));
    assert_eq!(text("ca.crt"), sandbox.read("pki/example-root/ca.crt"));
    transcript.note("again, and with a file for browsers");
    transcript.run("client export client.example.com --to ../handover").ends_with(4);
    let run = transcript.run("client export client.example.com --to ../handover --p12 --force").ends_with(0);
    let password = run.stdout.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(password.len() == 20 && password.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{password}");
    transcript.mask(&password, "[password]");
    fs::write(sandbox.outside("password"), "correct horse\n").unwrap();
    transcript
        .run("client export client.example.com --to ../p12 --p12 --password-file ../password")
        .ends_with(0);
    assert_eq!(mode(&sandbox.outside("p12/client.example.com.p12")), 0o600);
    transcript.matches("client-export");
}

#[test]
fn the_browser_file_opens_with_its_password() {
    let sandbox = Sandbox::bookinfo().holding('a');
    fs::write(sandbox.outside("password"), "correct horse\nnot this line\n").unwrap();
    let call = "client export client.example.com --to ../p12 --p12 --password-file ../password";
    let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(0);
    assert!(run.stdout.is_empty() && !run.stderr.contains("horse"));
    let file = fs::read(sandbox.outside("p12/client.example.com.p12")).unwrap();
    let store = |password: &str| {
        p12_keystore::KeyStore::from_pkcs12(&file, password, p12_keystore::Pkcs12ImportPolicy::Strict)
            .map(|store| store.private_key_chain().is_some())
    };
    assert!(store("correct horse").unwrap());
    assert!(store("wrong").is_err());
}

#[test]
fn what_can_not_be_exported() {
    let sandbox = Sandbox::bookinfo().holding('a');
    fs::create_dir_all(sandbox.path(".git")).unwrap();
    fs::create_dir_all(sandbox.outside("repository/.git")).unwrap();
    std::os::unix::fs::symlink(sandbox.root(), sandbox.outside("link")).unwrap();
    fs::write(sandbox.outside("empty"), "\n").unwrap();
    let mut transcript = Transcript::new(&sandbox);
    let before = sandbox.everything();
    transcript.note("into the project, also through a link, or into any repository");
    transcript.run("client export client.example.com --to keys").ends_with(2);
    transcript.run("client export client.example.com --to ../link/keys").ends_with(2);
    transcript.run("client export client.example.com --to ../repository/keys").ends_with(2);
    transcript.note("a client that is not there, and one without a certificate");
    transcript.run("client export anna --to ../handover").ends_with(2);
    sandbox.write("specs/anna.kdl", "client \"anna@example.com\" authority=\"example-root\"\n");
    transcript.run("client list").ends_with(0);
    transcript.run("client export anna@example.com --to ../handover").ends_with(3);
    transcript.note("with an empty or a missing password");
    transcript
        .run("client export client.example.com --to ../handover --p12 --password-file ../empty")
        .ends_with(2);
    transcript
        .run("client export client.example.com --to ../handover --p12 --password-file ../none")
        .ends_with(4);
    transcript.note("with somebody else's identity");
    sandbox.hold('b');
    transcript.run("client export client.example.com --to ../handover").ends_with(3);
    sandbox.remove("specs/anna.kdl");
    assert_eq!(sandbox.everything(), before);
    transcript.matches("client-refused");
}

#[test]
fn no_key_is_ever_printed() {
    let sandbox = Sandbox::bookinfo().holding('a');
    let run = sandbox.run(&["client", "export", "client.example.com", "--to", "../handover", "-v", "--p12"]);
    let said = format!("{}{}", run.stdout, run.stderr);
    let key = fs::read_to_string(sandbox.outside("handover/client.example.com.key")).unwrap();
    assert!(key.lines().skip(1).all(|line| line.starts_with("-----") || !said.contains(line)));
    assert!(!said.contains(identity('a')));
}
