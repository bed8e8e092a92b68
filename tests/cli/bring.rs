//! `bring`: key pairs from files.

use std::fs;

use gatewright::pki::pkcs12::{self, Protection};
use gatewright::pki::{Certificate, Issuer, Key, Profile, Request, San, sign};
use gatewright::spec::node::KeyKind;
use gatewright::time::Seconds;

use super::sandbox::Sandbox;
use super::transcript::Transcript;
use crate::support::workshop;

const SPEC: &str = r#"authority "corp"
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    host "shop" files to="shop:8080"
    host "wiki" to="wiki:80"
}
"#;
const SECRET: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";

/// What somebody else issued: the key, the leaf, what is above it.
pub(super) fn pair(names: &[&str]) -> (Key, Certificate, Issuer, Issuer) {
    let root = workshop::root(KeyKind::EcdsaP384, 1);
    let under = workshop::under(&root, "public issuing", 0, None);
    let subject = workshop::name("somebody", "");
    let subject = gatewright::pki::Name { common_name: None, ..subject };
    let sans: Vec<_> = names.iter().map(|name| San::Dns((*name).to_owned())).collect();
    let key = workshop::leaf_key(KeyKind::Rsa2048);
    let leaf = sign(&workshop::request(Profile::Server, &subject, &sans), &key, &under).unwrap();
    (key, leaf, under, root)
}

pub(super) fn put(sandbox: &Sandbox, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(sandbox.outside(name), bytes).unwrap();
}

pub(super) fn full(leaf: &Certificate, under: &Issuer) -> String {
    format!("{}{}", leaf.to_pem(), under.certificate().to_pem())
}

#[test]
fn a_key_pair_waits_comes_stays_and_ends() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]);
    let (key, leaf, under, _) = pair(&["shop.example.com", "www.shop.example.com"]);
    put(&sandbox, "shop.key", key.to_pem().as_bytes());
    put(&sandbox, "shop.crt", full(&leaf, &under));
    let mut transcript = Transcript::new(&sandbox);
    transcript.note("before it is there");
    transcript.run("render").ends_with(3);
    transcript.note("without any identity");
    transcript.run("bring shop.example.com --cert ../shop.crt --key ../shop.key").ends_with(0);
    let sealed = sandbox.read(SECRET);
    assert!(!sealed.contains("PRIVATE KEY") && sealed.contains("gatewright.dev/source: files"), "{sealed}");
    transcript.run("render").ends_with(0);
    transcript.run("check").ends_with(0);
    assert_eq!(sandbox.read(SECRET), sealed);
    transcript.note("the files may be gone; the Secret may get another name");
    fs::remove_file(sandbox.outside("shop.key")).unwrap();
    sandbox.edit(
        "specs/shop.kdl",
        "host \"shop\" files to=\"shop:8080\"",
        "host \"shop\" files to=\"shop:8080\" { tls secret=\"pay\"; }",
    );
    transcript.run("render").ends_with(0);
    transcript.run("check").ends_with(0);
    transcript.note("nobody here renews it");
    assert!(
        sandbox.run(&["rotate", "host", "shop.example.com"]).ends_with(2).stderr.contains("gatewright bring")
    );
    let due = sandbox.run_at("2027-02-10T00:00:00Z", &["check", "--allow-waiting"]).stderr;
    assert!(due.contains("warning[due-certificate]") && due.contains("nobody here can renew it"), "{due}");
    let over = sandbox.run_at("2027-03-10T00:00:00Z", &["render"]).ends_with(1).stderr;
    assert!(over.contains("error[expired-certificate]") && over.contains("gatewright bring"), "{over}");
    for (now, exit, how) in [("2027-02-10T00:00:00Z", 0, "is due"), ("2027-03-10T00:00:00Z", 1, "has ended")]
    {
        let said = sandbox.run_at(now, &["status"]).ends_with(exit).stderr;
        let mend = format!(
            "the key pair of host shop.example.com {how}, and comes in files: `gatewright bring shop.example.com --cert FILE --key FILE` takes the next one, `gatewright csr shop.example.com` asks for one"
        );
        assert!(said.contains(&mend) && !said.contains("2 certificates have ended"), "{said}");
    }
    transcript.matches("bring");
}

/// Where the one that is there has ended, the next one takes its place, and nothing is said of the old one.
#[test]
fn the_next_pair_takes_the_place_of_one_that_has_ended() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]).holding('a');
    let (key, leaf, under, _) = pair(&["shop.example.com"]);
    put(&sandbox, "shop.key", key.to_pem().as_bytes());
    put(&sandbox, "shop.crt", full(&leaf, &under));
    let bring = ["bring", "shop.example.com", "--cert", "../shop.crt", "--key", "../shop.key"];
    sandbox.run(&bring).ends_with(0);
    let over = "2027-03-10T00:00:00Z";
    assert!(sandbox.run_at(over, &["render"]).ends_with(1).stderr.contains("error[expired-certificate]"));
    let sans = [San::Dns("shop.example.com".to_owned())];
    let subject = gatewright::pki::Name::default();
    let request = workshop::request(Profile::Server, &subject, &sans);
    let (not_before, not_after) =
        (workshop::start() + Seconds::days(80), workshop::start() + Seconds::days(170));
    let next = sign(&Request { not_before, not_after, ..request }, &key, &under).unwrap();
    put(&sandbox, "shop.crt", full(&next, &under));
    let said = sandbox.run_at(over, &bring).ends_with(0).stderr;
    assert!(said.contains("sealed the key pair") && !said.contains("expired-certificate"), "{said}");
    sandbox.run_at(over, &["render"]).ends_with(0);
}

/// What does not fit is refused, says why, and changes nothing.
#[test]
fn files_that_do_not_fit() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]);
    sandbox.run(&["render"]).ends_with(3);
    let (key, leaf, under, root) = pair(&["shop.example.com"]);
    let (_, other, _, _) = pair(&["other.example.com"]);
    put(&sandbox, "key", key.to_pem().as_bytes());
    put(&sandbox, "foreign.key", workshop::leaf_key(KeyKind::EcdsaP256).to_pem().as_bytes());
    put(&sandbox, "full", full(&leaf, &under));
    put(&sandbox, "leaf", leaf.to_pem());
    put(&sandbox, "other", full(&other, &under));
    put(&sandbox, "other-leaf", other.to_pem());
    put(&sandbox, "root", root.certificate().to_pem());
    put(&sandbox, "root.key", root.key().to_pem().as_bytes());
    put(&sandbox, "encrypted", include_str!("../fixtures/keys/foreign/encrypted-des3.pem"));
    put(&sandbox, "garbage", "hello");
    sandbox.write("inside.key", &key.to_pem());
    let client = workshop::client(&under, San::Dns("shop.example.com".to_owned()));
    put(&sandbox, "client", full(&client, &under));
    let before = sandbox.everything();
    for (name, arguments, says) in [
        ("shop.example.com", "--cert ../full --key ../foreign.key", "belongs to none of the 2 certificates"),
        ("shop.example.com", "--cert ../full", "0 private keys are there"),
        ("shop.example.com", "--cert ../leaf --key ../key", "chain is not complete"),
        (
            "shop.example.com",
            "--cert ../other --key ../key",
            "is not for `shop.example.com`, but for `other.example.com`",
        ),
        ("shop.example.com", "--cert ../other-leaf --key ../key", "but for `other.example.com`"),
        ("shop.example.com", "--cert ../root --key ../root.key", "is an authority's own"),
        ("shop.example.com", "--cert ../client --key ../foreign.key", "it is not a server's"),
        ("shop.example.com", "--cert ../full --key inside.key", "inside a repository"),
        ("shop.example.com", "--cert ../full --key ../encrypted", "no passphrase was given"),
        ("shop.example.com", "--cert ../garbage --key ../key", "neither PEM, nor PKCS#12"),
        ("wiki.example.com", "--cert ../full --key ../key", "write `files`"),
        ("shpo.example.com", "--cert ../full --key ../key", "did you mean `shop.example.com`?"),
    ] {
        let call: Vec<_> = ["bring", name].into_iter().chain(arguments.split(' ')).collect();
        let run = sandbox.run(&call).ends_with(2);
        assert!(run.stderr.contains(says), "{arguments}: {}", run.stderr);
        assert!(sandbox.everything() == before, "{arguments}");
    }
    sandbox.set("GATEWRIGHT_PASSWORD", "wrong");
    let call = ["bring", "shop.example.com", "--cert", "../full", "--key", "../encrypted"];
    assert!(sandbox.run(&call).ends_with(2).stderr.contains("the passphrase is wrong"));
    assert!(sandbox.everything() == before);
    let late = sandbox.run_at(
        "2027-03-10T00:00:00Z",
        &["bring", "shop.example.com", "--cert", "../full", "--key", "../key"],
    );
    assert!(late.ends_with(2).stderr.contains("ended on"));
}

#[test]
fn a_file_of_windows() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]);
    let (key, leaf, under, root) = pair(&["*.example.com"]);
    let chain = [under.certificate().clone(), root.certificate().clone()];
    let file = pkcs12::bundle(&key, &leaf, &chain, "shop", Protection::Legacy, "geheim").unwrap();
    put(&sandbox, "shop.pfx", file);
    put(&sandbox, "password", "geheim\n");
    let call = ["bring", "shop.example.com", "--cert", "../shop.pfx", "--password-file", "../password"];
    sandbox.run(&call).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
}

/// A host goes from an authority of ours to files and back: both Secrets are ours, and one stays until the next is there.
#[test]
fn from_our_authority_to_files_and_back() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC.replace(" files", "").as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let own = sandbox.read(SECRET);
    sandbox.write("specs/shop.kdl", SPEC);
    let waits = sandbox.run(&["render"]).ends_with(3).stderr;
    assert!(waits.contains("waits for its files") && waits.contains("the old one stays"), "{waits}");
    assert_eq!(sandbox.read(SECRET), own);
    let (key, leaf, under, _) = pair(&["shop.example.com"]);
    put(&sandbox, "key", key.to_pem().as_bytes());
    put(&sandbox, "full", full(&leaf, &under));
    sandbox.run(&["bring", "shop.example.com", "--cert", "../full", "--key", "../key"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
    sandbox.write("specs/shop.kdl", &SPEC.replace(" files", ""));
    let reissued = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(reissued.contains("reissued host shop.example.com"), "{reissued}");
    assert!(reissued.contains("notice[brought-key]"), "{reissued}");
    // Whoever trusted the one that it was brought from must be told.
    assert!(reissued.contains("warning[other-root]: host `shop.example.com`: from "), "{reissued}");
    assert!(!sandbox.read(SECRET).contains("gatewright.dev/source"));
    sandbox.run(&["check"]).ends_with(0);
}

/// A chain that ends below its root: with the root, a link that is missing is seen; without it, the user is told where it ends.
#[test]
fn a_chain_without_its_upper_authority() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]);
    let root = workshop::root(KeyKind::EcdsaP384, 1);
    let middle = workshop::under(&root, "middle", 1, None);
    let issuing = workshop::under(&middle, "issuing", 0, None);
    let leaf = workshop::server(&issuing, "shop.example.com");
    put(&sandbox, "key", workshop::leaf_key(KeyKind::EcdsaP256).to_pem().as_bytes());
    put(&sandbox, "leaf", full(&leaf, &issuing));
    put(&sandbox, "middle", middle.certificate().to_pem());
    put(&sandbox, "root", root.certificate().to_pem());
    let bring = |more: &str| {
        let call = format!("bring shop.example.com --key ../key --cert ../leaf{more}");
        sandbox.run(&call.split(' ').collect::<Vec<_>>())
    };
    let refused = bring(" --cert ../root").ends_with(2).stderr;
    let missing = "the chain is not complete: the certificate of `O=example Inc.,CN=middle`, which signed `O=example Inc.,CN=issuing`, is missing";
    assert!(refused.contains(missing), "{refused}");
    assert!(sandbox.files("out").is_empty());
    let told = bring("").ends_with(0).stderr;
    let ends = "the chain ends with `O=example Inc.,CN=issuing`, which `O=example Inc.,CN=middle` signed: clients must trust that one itself";
    assert!(told.contains(ends), "{told}");
    let whole = bring(" --cert ../middle --cert ../root").ends_with(0).stderr;
    assert!(!whole.contains("the chain ends"), "{whole}");
}

/// Nobody here can make a brought key again: a host that gets another name keeps it until the next is brought, and one that
/// is removed takes it along with a word.
#[test]
fn a_brought_key_never_goes_in_silence() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]).holding('a');
    let (key, leaf, under, _) = pair(&["shop.example.com"]);
    put(&sandbox, "key", key.to_pem().as_bytes());
    put(&sandbox, "full", full(&leaf, &under));
    sandbox.run(&["render"]).ends_with(3);
    sandbox.run(&["bring", "shop.example.com", "--cert", "../full", "--key", "../key"]).ends_with(0);
    let sealed = sandbox.read(SECRET);

    sandbox.write("specs/shop.kdl", &SPEC.replace("\"shop\"", "\"store\""));
    let said = sandbox.run(&["render"]).ends_with(3).stderr;
    assert!(said.contains("notice[brought-key]") && said.contains("host `store.example.com`"), "{said}");
    assert_eq!(sandbox.read(SECRET), sealed);
    sandbox.run(&["check", "--allow-waiting"]).ends_with(0);
    let (key, leaf, under, _) = pair(&["store.example.com"]);
    put(&sandbox, "key", key.to_pem().as_bytes());
    put(&sandbox, "full", full(&leaf, &under));
    let said = sandbox
        .run(&["bring", "store.example.com", "--cert", "../full", "--key", "../key"])
        .ends_with(0)
        .stderr;
    assert!(said.contains(&format!("{SECRET} goes")), "{said}");
    assert!(!sandbox.path(SECRET).exists());

    sandbox.write("specs/shop.kdl", &SPEC.replace("    host \"shop\" files to=\"shop:8080\"\n", ""));
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(said.contains("secret-store.example.com-tls.sops.yaml goes, and with it a key pair"), "{said}");
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("brought-key"), "{said}");
}

/// A key pair that was brought says nothing about an authority that was never made.
#[test]
fn from_files_to_an_authority_that_is_new() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]).holding('a');
    let (key, leaf, under, _) = pair(&["shop.example.com"]);
    put(&sandbox, "key", key.to_pem().as_bytes());
    put(&sandbox, "full", full(&leaf, &under));
    sandbox.run(&["bring", "shop.example.com", "--cert", "../full", "--key", "../key"]).ends_with(0);
    let own = SPEC.replace(" files", " authority=\"new\"") + "authority \"new\"\n";
    sandbox.write("specs/shop.kdl", &own);
    let issued = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(issued.contains("issued authority new") && issued.contains("notice[brought-key]"), "{issued}");
}

/// What an authority above waits for is no identity, so none is asked for.
#[test]
fn what_lies_below_an_authority_of_files_waits_for_them() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        "authority \"top\" files\nauthority \"mid\" authority=\"top\"\ngateway \"public\"\n\
         host \"a.example.com\" authority=\"mid\" gateway=\"public\" to=\"a:80\"\n\
         host \"b.example.com\" files gateway=\"public\" to=\"b:80\"\n",
    )])
    .holding('a');
    let said = sandbox.run(&["render"]).ends_with(3).stderr;
    for text in [
        "the certificate of host `b.example.com` waits for its files",
        "`gatewright bring b.example.com",
        "the certificate of authority `top` waits for its files",
        "`gatewright authority adopt top",
        "2 certificates wait for the files of an authority above",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(!said.contains("SOPS_AGE_KEY_FILE"), "{said}");
}

/// The word for it stands behind any number of names as it does behind one; in quotes it is a name.
#[test]
fn files_stands_behind_the_names_of_a_certificate() {
    for certificate in [
        "certificate \"db.example.com\" \"10.0.0.5\" files",
        "certificate \"db.example.com\" files secret=\"db\"",
        "domain \"example.com\" gateway=\"public\" { certificate \"db\" files; }",
    ] {
        let text = format!("gateway \"public\"\n{certificate}\n");
        let sandbox = Sandbox::new([("specs/a.kdl", text.as_str())]);
        let said = sandbox.run(&["render"]).ends_with(3).stderr;
        assert!(said.contains("certificate `db.example.com` waits for its files"), "{certificate}: {said}");
    }
    let quoted = "certificate \"db.example.com\" \"files\"\n";
    let said = Sandbox::new([("specs/a.kdl", quoted)]).run(&["render"]).ends_with(2).stderr;
    assert!(said.contains("`files` can't be a SAN"), "{said}");
}

/// What is wrong with a chain is said of the certificate that is wrong.
#[test]
fn a_chain_that_no_client_takes() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]);
    let root = workshop::root(KeyKind::EcdsaP384, 1);
    let narrow = workshop::under(&root, "narrow", 0, None);
    let issuing = workshop::under(&narrow, "issuing", 0, None);
    let leaf = workshop::server(&issuing, "shop.example.com");
    let key = workshop::leaf_key(KeyKind::EcdsaP256);
    put(&sandbox, "key", key.to_pem().as_bytes());
    put(&sandbox, "leaf", full(&leaf, &issuing));
    put(&sandbox, "narrow", narrow.certificate().to_pem());
    put(&sandbox, "root", root.certificate().to_pem());
    put(&sandbox, "alone", leaf.to_pem());
    let subject = workshop::name("example Inc.", "issuing");
    let no_authority = sign(&workshop::request(Profile::Server, &subject, leaf.sans()), &key, &root).unwrap();
    put(&sandbox, "no-authority", no_authority.to_pem());
    put(&sandbox, "old-root", workshop::root(KeyKind::EcdsaP384, 2).certificate().to_pem());
    let before = sandbox.everything();
    let longer = "`O=example Inc.,CN=narrow` lets 0 authorities follow below it, and there is 1";
    for (files, says) in [
        ("--cert ../leaf --cert ../narrow", longer),
        ("--cert ../leaf --cert ../narrow --cert ../root", longer),
        (
            "--cert ../alone --cert ../no-authority",
            "the certificate of `O=example Inc.,CN=issuing` that is there did not sign `O=bookinfo organization,CN=shop.example.com`: it may not sign others; add the file",
        ),
        ("--cert ../leaf --cert ../narrow --cert ../old-root", "its key is another one"),
    ] {
        let call = format!("bring shop.example.com --key ../key {files}");
        let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(2);
        assert!(run.stderr.contains(says), "{files}: {}", run.stderr);
        assert!(sandbox.everything() == before, "{files}");
    }
    // The same of an authority that comes in files.
    sandbox.write("specs/shop.kdl", &SPEC.replace("authority \"corp\"\n", "authority \"corp\" files\n"));
    let subject = workshop::name("example Inc.", "corp");
    let authority = workshop::root_key(KeyKind::EcdsaP256, 3);
    put(&sandbox, "authority.key", authority.to_pem().as_bytes());
    let request = Request { path_length: Some(0), ..workshop::request(Profile::Intermediate, &subject, &[]) };
    put(&sandbox, "authority", sign(&request, &authority, &narrow).unwrap().to_pem());
    let before = sandbox.everything();
    let call =
        "authority adopt corp --cert ../authority --key ../authority.key --cert ../narrow --cert ../root";
    let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(2);
    let says = "`O=example Inc.,CN=narrow` lets 0 authorities follow below it, and 1 would";
    assert!(run.stderr.contains(says), "{}", run.stderr);
    assert!(sandbox.everything() == before);
}
