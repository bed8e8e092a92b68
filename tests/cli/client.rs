//! `client list` and `client export`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use gatewright::pki::{Certificate, Key};

use super::sandbox::{SHOP, Sandbox, identity};
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
    transcript.note("into the project, also through a link, or into any repository");
    transcript.run("client export client.example.com --to keys").ends_with(2);
    transcript.run("client export client.example.com --to ../link/keys").ends_with(2);
    transcript.run("client export client.example.com --to ../repository/keys").ends_with(2);
    transcript.note("also into a bare one, and a linked worktree");
    for folder in
        ["bare.git/objects", "bare.git/refs", "main.git/objects", "main.git/refs", "main.git/worktrees/a"]
    {
        fs::create_dir_all(sandbox.outside(folder)).unwrap();
    }
    for folder in ["bare.git", "main.git", "main.git/worktrees/a"] {
        fs::write(sandbox.outside(folder).join("HEAD"), "ref: refs/heads/main\n").unwrap();
    }
    fs::write(sandbox.outside("main.git/worktrees/a/commondir"), "../..\n").unwrap();
    fs::create_dir(sandbox.outside("worktree")).unwrap();
    fs::write(sandbox.outside("worktree/.git"), "gitdir: ../main.git/worktrees/a\n").unwrap();
    let before = sandbox.everything();
    transcript.run("client export client.example.com --to ../bare.git/keys").ends_with(2);
    transcript.run("client export client.example.com --to ../main.git").ends_with(2);
    transcript.run("client export client.example.com --to ../worktree/keys").ends_with(2);
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

/// Its files have another name than the bundle that lies beside them.
#[test]
fn a_client_called_ca() {
    let spec = format!("{SHOP}client \"ca\" authority=\"corp\" {{ san \"ca.example.com\" }}\n");
    let sandbox = Sandbox::new([("specs/shop.kdl", &spec[..])]);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.hold('a');
    let run = sandbox.run(&["client", "export", "ca", "--to", "../ca", "--p12"]).ends_with(0);
    assert!(run.stdout.starts_with("password of client-ca.p12: "), "{}", run.stdout);
    let text = |name: &str| fs::read_to_string(sandbox.outside("ca").join(name)).unwrap();
    assert_eq!(text("ca.crt"), sandbox.read("pki/corp/ca.crt"));
    let key = Key::from_pem(&text("client-ca.key")).unwrap();
    assert!(key.matches(&Certificate::from_pem_chain(&text("client-ca.crt")).unwrap()[0]));
    // What `connect` prints finds them.
    sandbox.edit("specs/shop.kdl", "client \"anna@example.com\" authority=\"corp\"\n", "");
    sandbox.edit("specs/shop.kdl", "to=\"shop:8080\"", "to=\"shop:8080\" { tls mutual }");
    let run = sandbox.run(&["connect", "shop.example.com", "--ingress", "10.0.0.1"]).ends_with(0);
    assert!(run.stdout.contains("/client-ca.crt"), "{}", run.stdout);
}

/// Two authorities' bundles have one name, and in one folder the second one would replace the first.
#[test]
fn one_folder_for_clients_of_two_authorities() {
    let spec = format!(
        "{SHOP}authority \"partners\"\nclient \"bert.example.com\" authority=\"partners\"\nclient \"carl.example.com\" authority=\"corp\"\n"
    );
    let sandbox = Sandbox::new([("specs/shop.kdl", &spec[..])]);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.hold('a');
    let export = |name: &str| sandbox.run(&["client", "export", name, "--to", "../all"]);
    export("carl.example.com").ends_with(0);
    export("anna@example.com").ends_with(0);
    let run = export("bert.example.com").ends_with(4);
    assert!(run.stderr.contains("/all/ca.crt: it is there already; `--force` replaces it"), "{}", run.stderr);
    assert!(!sandbox.outside("all/bert.example.com.key").exists());
    assert_eq!(fs::read_to_string(sandbox.outside("all/ca.crt")).unwrap(), sandbox.read("pki/corp/ca.crt"));
}

/// It is handed over all the same, and said to be of no use.
#[test]
fn a_certificate_that_no_host_takes() {
    let sandbox = Sandbox::shop().holding('a');
    let mut transcript = Transcript::new(&sandbox);
    let call = "client export anna@example.com --force --to ../handover";
    transcript.note("after its end");
    transcript.run_at("2027-03-01T12:00:00Z", call).ends_with(0);
    assert!(sandbox.outside("handover/anna@example.com.key").exists());
    transcript.note("of an authority that was replaced, before the next render");
    sandbox.run(&["rotate", "authority", "corp"]).ends_with(0);
    let old = sandbox.read("pki/corp/clients/anna@example.com.key.sops.yaml");
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("pki/corp/clients/anna@example.com.key.sops.yaml", &old);
    transcript.run(call).ends_with(0);
    transcript.matches("client-of-no-use");
}

/// What a client is given is what it has, and that is said where the spec wants something else by now.
#[test]
fn a_certificate_that_is_not_what_the_spec_says() {
    let sandbox = Sandbox::shop();
    sandbox.edit(
        "specs/shop.kdl",
        "client \"anna@example.com\" authority=\"corp\"",
        "client \"anna@example.com\" authority=\"corp\" { san \"anna.example.com\"; }",
    );
    sandbox.run(&["render"]).ends_with(3);
    let sandbox = sandbox.holding('a');
    let mut transcript = Transcript::new(&sandbox);
    let call = "client export anna@example.com --force --to ../handover";
    transcript.note("the spec wants other names");
    transcript.run(call).ends_with(0);
    transcript.note("before it starts");
    transcript.run_at("2026-11-20T12:00:00Z", call).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    transcript.note("once it is what the spec says");
    transcript.run(call).ends_with(0);
    transcript.note("when it is due, and before its start with nothing else to say");
    transcript.run_at("2027-02-20T12:00:00Z", call).ends_with(0);
    transcript.run_at("2026-11-20T12:00:00Z", call).ends_with(0);
    transcript.note("when it is revoked, before the next render");
    sandbox.run(&["revoke", "client", "anna@example.com", "--all"]).ends_with(0);
    transcript.run(call).ends_with(0);
    transcript.matches("client-export-other");
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

/// Under another authority a client shows its chain, and trusts the root.
#[test]
fn a_client_of_an_authority_under_another_gets_its_chain() {
    let spec = "authority \"root\"\nauthority \"staff\" authority=\"root\"\nclient \"anna.example.com\" authority=\"staff\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    fs::write(sandbox.outside("password"), "correct horse\n").unwrap();
    let call = "client export anna.example.com --to ../handover --p12 --password-file ../password";
    let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(0);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    let read = |name: &str| fs::read_to_string(sandbox.outside("handover").join(name)).unwrap();
    let chain = Certificate::from_pem_chain(&read("anna.example.com.crt")).unwrap();
    let roots = Certificate::from_pem_chain(&read("ca.crt")).unwrap();
    assert_eq!((chain.len(), roots.len()), (2, 1));
    assert!(chain[0].signed_by(&chain[1]) && chain[1].signed_by(&roots[0]) && roots[0].is_self_signed());
    let file = fs::read(sandbox.outside("handover/anna.example.com.p12")).unwrap();
    let policy = p12_keystore::Pkcs12ImportPolicy::Strict;
    let store = p12_keystore::KeyStore::from_pkcs12(&file, "correct horse", policy).unwrap();
    assert_eq!(store.private_key_chain().unwrap().1.certs().len(), 3);
}
