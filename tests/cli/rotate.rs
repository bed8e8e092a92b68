//! `rotate host` and `rotate authority`.

use super::sandbox::{BOOKINFO, Sandbox};
use super::transcript::Transcript;

const SECRET: &str = "out/istio-system/secret-bookinfo-credential.sops.yaml";

#[test]
fn a_host() {
    let sandbox = Sandbox::bookinfo();
    let before = sandbox.everything();
    let old = sandbox.read(SECRET);
    let mut transcript = Transcript::new(&sandbox);
    transcript.note("without an identity nothing is written");
    transcript.run("rotate host bookinfo.example.com").ends_with(3);
    assert_eq!(sandbox.everything(), before);
    transcript.run("rotate host bookinfo.example.org").ends_with(2);
    transcript.run("rotate host book_info.example.com").ends_with(2);
    transcript.run("rotate host bookinf").ends_with(2);
    sandbox.hold('a');
    transcript.note("with the operator's");
    transcript.run("rotate host bookinfo.example.com").ends_with(0);
    assert_ne!(sandbox.read(SECRET), old);
    transcript.run("render").ends_with(0);
    let made = sandbox.files("out");
    assert_eq!(made.iter().filter(|path| path.contains("secret-")).count(), 1);
    transcript.matches("rotate-host");
}

#[test]
fn a_host_whose_certificate_is_made_elsewhere() {
    let spec = "gateway \"g\"\nhost \"a.example.com\" gateway=\"g\" external=\"theirs\" to=\"a:80\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("rotate host a.example.com").ends_with(2);
    transcript.matches("rotate-external");
}

/// A second rotation before a render would retire a generation that was never made.
#[test]
fn an_authority_twice() {
    let sandbox = Sandbox::new([("specs/bookinfo.kdl", BOOKINFO)]);
    let mut transcript = Transcript::new(&sandbox);
    transcript.note("nothing is made yet");
    transcript.run("rotate authority example-root").ends_with(2);
    sandbox.run(&["render"]).ends_with(0);
    transcript.note("rendered");
    transcript.run("rotate authority example-root").ends_with(0);
    let once = sandbox.everything();
    transcript.run("rotate authority example-root").ends_with(2);
    assert_eq!(sandbox.everything(), once);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["rotate", "authority", "example-root"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    // A generation whose key is lost was made: the next one is the mend.
    for file in ["3.crt", "3.key.sops.yaml"] {
        sandbox.remove(&format!("pki/example-root/{file}"));
    }
    transcript.note("generation 3 is lost");
    transcript.run("status").ends_with(1);
    transcript.run("rotate authority example-root").ends_with(0);
    transcript.run("render").ends_with(0);
    transcript.run("status").ends_with(0);
    transcript.matches("rotate-twice");
}

/// Each rotation of a host is a new key at once, and says so.
#[test]
fn a_host_twice() {
    let sandbox = Sandbox::bookinfo().holding('a');
    let rotate = || sandbox.run(&["rotate", "host", "bookinfo.example.com", "bookinfo.example.com."]);
    let mut secrets = vec![sandbox.read(SECRET)];
    for _ in 0..2 {
        let run = rotate().ends_with(0);
        assert_eq!(run.stderr.matches("reissued host bookinfo.example.com").count(), 1, "{}", run.stderr);
        secrets.push(sandbox.read(SECRET));
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 3);
}

#[test]
fn an_authority() {
    let sandbox = Sandbox::bookinfo();
    let ca = sandbox.read("pki/example-root/ca.crt");
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("rotate authority exmple-root").ends_with(2);
    transcript.run("rotate authority example-root").ends_with(0);
    transcript.run("status").ends_with(0);
    transcript.run("check").ends_with(1);
    transcript.run("diff --name-only").ends_with(1);
    transcript.note("a new root needs no identity: its key has just been made");
    transcript.run("render").ends_with(0);
    assert_ne!(sandbox.read("pki/example-root/ca.crt"), ca);
    assert!(sandbox.path("pki/example-root/1.key.sops.yaml").exists());
    transcript.run("render").ends_with(0);
    transcript.run("rotate authority example-root").ends_with(0);
    transcript.run("render").ends_with(0);
    transcript.matches("rotate-authority");
    let spec = sandbox.read("specs/bookinfo.kdl");
    let added: Vec<_> = spec.lines().filter(|line| !BOOKINFO.lines().any(|old| old == *line)).collect();
    assert_eq!(
        added,
        [
            "    generation 1 retired=\"2026-11-25\"",
            "    generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\" retired=\"2026-11-25\"",
            "    generation 3 introduced=\"2026-11-25\" signs=\"2026-11-25\"",
        ]
    );
}

const CLIENTS: &str = "\
authority \"corp\"
gateway \"public\"
host \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" { tls mutual }
client \"orders.example.com\" authority=\"corp\" namespace=\"shop\"
client \"billing robot\" authority=\"corp\" { san \"robot.example.com\"; }
client \"bob.example.com\" authority=\"corp\" revoked=\"2026-11-25\"
";

#[test]
fn a_client() {
    let sandbox = Sandbox::new([("specs/a.kdl", CLIENTS)]);
    sandbox.run(&["render"]).ends_with(0);
    let files = [
        "pki/corp/clients/orders.example.com.key.sops.yaml",
        "out/shop/secret-orders.example.com-tls.sops.yaml",
    ];
    let read = || files.map(|path| sandbox.read(path));
    let (before, old) = (sandbox.everything(), read());
    let mut transcript = Transcript::new(&sandbox);
    transcript.note("without an identity nothing is written");
    transcript.run("rotate client orders.example.com").ends_with(3);
    transcript.run("rotate client oders.example.com").ends_with(2);
    transcript.run("rotate client bob.example.com").ends_with(2);
    assert_eq!(sandbox.everything(), before);
    sandbox.hold('a');
    transcript.note("with the operator's");
    let serials = |text: &str| -> Vec<String> {
        let words: Vec<_> = text.split([' ', '`']).collect();
        let found = words.windows(2).filter(|pair| pair[0] == "--serial").map(|pair| pair[1].to_owned());
        found.collect()
    };
    let first = transcript.run("rotate client orders.example.com orders.example.com").ends_with(0);
    let [first] = serials(&first.stderr).try_into().unwrap();
    let new = read();
    assert!(new[0] != old[0] && new[1] != old[1]);
    let second = transcript.run("rotate client orders.example.com").ends_with(0);
    let second = serials(&second.stderr);
    assert!(second.len() == 2 && second.contains(&first), "{second:?}");
    transcript.run("render").ends_with(0);
    transcript.run("client list").ends_with(0);
    transcript.note("the first key is lost");
    transcript.run(&format!("revoke client orders.example.com --serial {first}")).ends_with(0);
    let current = read();
    transcript.run("render").ends_with(0);
    assert_eq!(read(), current, "the one that it has goes on");
    transcript.run("revoke client orders.example.com").ends_with(0);
    transcript.run("render").ends_with(0);
    assert!(!sandbox.path(files[1]).exists());
    for (i, serial) in second.iter().filter(|serial| **serial != first).chain([&first]).enumerate() {
        transcript.mask(serial, &format!("[serial {}]", 2 - i));
    }
    // In the order of the numbers, which chance decides.
    transcript.mask("--serial [serial 2] --serial [serial 1]", "--serial [serial 1] --serial [serial 2]");
    transcript.matches("rotate-client");
}

/// Names that a shell would take apart.
#[test]
fn a_client_of_two_words() {
    let sandbox = Sandbox::new([("specs/a.kdl", CLIENTS)]).holding('a');
    let run = sandbox.run(&["rotate", "client", "billing robot"]).ends_with(0);
    assert!(
        run.stderr.contains("issued client billing robot") && !run.stderr.contains("before"),
        "{}",
        run.stderr
    );
    let run = sandbox.run(&["rotate", "client", "billing robot"]).ends_with(0);
    assert!(run.stderr.contains("`gatewright revoke client 'billing robot' --serial"), "{}", run.stderr);
}
