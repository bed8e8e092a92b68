//! openssl judges keys, certificates and PKCS#12 files. Without it these tests skip by name; with `CI` set they fail.
//!
//! The names are compared in RFC 2253 form, whose spaces do not depend on openssl's version.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatewright::model::{IpRange, Permitted};
use gatewright::pki::pkcs12::Protection;
use gatewright::pki::{
    Certificate, Issuer, KeyMaker as _, Name, Profile, Purpose, Request, San, SystemKeys, pkcs12, self_sign,
    sign, verify_client, verify_server,
};
use gatewright::spec::node::KeyKind;
use gatewright::time::{Seconds, Timestamp};
use tempfile::TempDir;

use crate::support::workshop;

const HOST: &str = "bookinfo.example.com";

/// What openssl answered: whether it is content, and all that it said.
struct Answer {
    content: bool,
    said: String,
}

/// A folder with the files that openssl wants by name.
struct Court {
    folder: TempDir,
}

/// Whether there is an openssl; says that there is none, and fails where `CI` is set.
pub(super) fn is_there(test: &str) -> bool {
    if Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    #[expect(clippy::disallowed_methods, reason = "CI must not pass without its judges")]
    let in_ci = std::env::var_os("CI").is_some();
    assert!(!in_ci, "openssl is not installed, and CI is set");
    let _ = writeln!(std::io::stderr(), "skipped: {test}: openssl is not installed");
    false
}

impl Court {
    /// `None`, with a word on the error stream, where there is no openssl.
    fn open(test: &str) -> Option<Self> {
        is_there(test).then(|| Self { folder: TempDir::new().unwrap() })
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        #[expect(clippy::disallowed_methods, reason = "a scratch folder of the test's own")]
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Asks `openssl verify` as the other end of a TLS connection would: `at` seconds after [`workshop::start`].
    fn verify(&self, leaf: &Certificate, root: &Certificate, at: Seconds, more: &[&str]) -> Answer {
        let (root, leaf) = (self.file("root.pem", root.to_pem()), self.file("leaf.pem", leaf.to_pem()));
        let time = (workshop::start() + at).unix().to_string();
        let mut arguments = vec!["verify", "-x509_strict", "-check_ss_sig", "-no-CApath", "-no-CAstore"];
        arguments.extend(["-attime", &time, "-CAfile", text(&root)]);
        arguments.extend(more);
        arguments.push(text(&leaf));
        ask(&arguments, "")
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn ask(arguments: &[&str], input: &str) -> Answer {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Answer { content: output.status.success(), said: String::from_utf8_lossy(&said).into_owned() }
}

impl Answer {
    #[track_caller]
    fn content(&self) -> &str {
        assert!(self.content, "{}", self.said);
        &self.said
    }

    #[track_caller]
    fn refused(&self, words: &str) {
        assert!(!self.content && self.said.contains(words), "expected «{words}»: {}", self.said);
    }
}

const DAY: Seconds = Seconds::days(1);
const AS_SERVER: [&str; 2] = ["-purpose", "sslserver"];
const AS_CLIENT: [&str; 2] = ["-purpose", "sslclient"];

#[test]
fn openssl_believes_a_server_under_every_kind_of_root() {
    let Some(court) = Court::open("openssl_believes_a_server_under_every_kind_of_root") else { return };
    for kind in KeyKind::ALL {
        let root = workshop::root(kind, 1);
        let leaf = workshop::server(&root, HOST);
        let named = [AS_SERVER, ["-verify_hostname", HOST]].concat();
        court.verify(&leaf, root.certificate(), DAY, &named).content();
    }
}

#[test]
fn openssl_refuses_what_we_refuse() {
    let Some(court) = Court::open("openssl_refuses_what_we_refuse") else { return };
    let (old, root) = (workshop::root(KeyKind::Rsa2048, 1), workshop::root(KeyKind::Rsa2048, 2));
    let server = workshop::server(&root, HOST);
    let client = workshop::client(&root, San::Dns("client.example.com".into()));
    let trusted = root.certificate();

    court.verify(&server, trusted, DAY, &AS_SERVER).content();
    court
        .verify(&server, old.certificate(), DAY, &AS_SERVER)
        .refused("unable to get local issuer certificate");
    court.verify(&server, trusted, Seconds::days(91), &AS_SERVER).refused("certificate has expired");
    court.verify(&server, trusted, Seconds(-1), &AS_SERVER).refused("not yet valid");
    court.verify(&server, trusted, DAY, &AS_CLIENT).refused("unsuitable certificate purpose");
    court.verify(&server, trusted, DAY, &["-verify_hostname", "example.com"]).refused("hostname mismatch");
    court.verify(&client, trusted, DAY, &AS_CLIENT).content();
    court.verify(&client, trusted, DAY, &AS_SERVER).refused("unsuitable certificate purpose");
}

/// Chains of three authorities, and what constraints and path lengths keep out: openssl and we say the same.
#[test]
fn openssl_follows_chains_and_holds_constraints() {
    let Some(court) = Court::open("openssl_follows_chains_and_holds_constraints") else { return };
    let mut permitted = Permitted::default();
    permitted.add_domain("example.com");
    permitted.add_range(IpRange::parse("10.0.0.0/8").unwrap());
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    let middle = workshop::under(&root, "middle", 1, Some(&permitted));
    let low = workshop::under(&middle, "low", 0, None);
    let deepest = workshop::under(&low, "deepest", 0, None);
    let roots = [root.certificate().clone()];
    let sign_for = |issuer: &Issuer, sans: &[San]| {
        let nobody = Name::default();
        let request = workshop::request(Profile::Server, &nobody, sans);
        sign(&request, &workshop::leaf_key(KeyKind::EcdsaP256), issuer).unwrap()
    };
    let judge = |leaf: &Certificate, between: &[&Issuer]| {
        let between: Vec<_> = between.iter().map(|issuer| issuer.certificate().clone()).collect();
        let pem: String = between.iter().map(Certificate::to_pem).collect();
        let file = court.file("between.pem", pem);
        let theirs = court.verify(leaf, root.certificate(), DAY, &["-untrusted", text(&file)]);
        let host =
            leaf.sans().iter().find(|san| matches!(san, San::Dns(_) | San::Ip(_))).unwrap().to_string();
        let host = host.replacen('*', "any", 1);
        let ours = verify_server(leaf, &between, &roots, &host, workshop::start() + DAY);
        assert_eq!(ours.is_ok(), theirs.content, "{host}: {ours:?}, {}", theirs.said);
        theirs
    };
    let dns = |name: &str| San::Dns(name.to_owned());
    let good = [
        dns(HOST),
        dns("*.apps.example.com"),
        San::Ip([10, 1, 2, 3].into()),
        San::Uri("spiffe://x/y".into()),
    ];
    judge(&sign_for(&low, &good), &[&low, &middle]).content();
    for bad in [
        dns("example.org"),
        dns("badexample.com"),
        San::Ip([11, 0, 0, 1].into()),
        San::Ip("::1".parse().unwrap()),
    ] {
        judge(&sign_for(&low, &[bad]), &[&low, &middle]).refused("permitted subtree violation");
    }
    judge(&sign_for(&low, &good), &[&middle]).refused("unable to get local issuer certificate");
    judge(&sign_for(&deepest, &good), &[&deepest, &low, &middle]).refused("path length constraint exceeded");
    // Without a range no address is permitted at all.
    let mut names = Permitted::default();
    names.add_domain("example.com");
    let bound = workshop::under(&root, "bound", 0, Some(&names));
    judge(&sign_for(&bound, &[dns(HOST)]), &[&bound]).content();
    let address = sign_for(&bound, &[San::Ip([10, 0, 0, 1].into())]);
    judge(&address, &[&bound]).refused("excluded subtree violation");
}

/// An authority for people: no DNS name and no address is permitted, e-mail addresses and URIs are not constrained.
#[test]
fn openssl_takes_people_under_an_authority_that_permits_no_host() {
    let Some(court) = Court::open("openssl_takes_people_under_an_authority_that_permits_no_host") else {
        return;
    };
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    let staff = workshop::under(&root, "staff", 0, Some(&Permitted::default()));
    let between = court.file("between.pem", staff.certificate().to_pem());
    let judge = |san: &San, anchor: &Issuer, more: &[&str]| {
        let client = workshop::client(&staff, san.clone());
        let between: Vec<_> = [staff.certificate().clone()].into();
        let ours = verify_client(&client, &between, &[anchor.certificate().clone()], workshop::start() + DAY);
        let theirs = court.verify(&client, anchor.certificate(), DAY, &[&AS_CLIENT, more].concat());
        assert_eq!(ours.is_ok(), theirs.content, "{san}: {ours:?}, {}", theirs.said);
        theirs
    };
    // By the root, and by the authority alone, as a gateway trusts it.
    for (anchor, more) in [(&root, ["-untrusted", text(&between)].as_slice()), (&staff, &["-partial_chain"])]
    {
        for san in [San::Email("anna@example.com".into()), San::Uri("spiffe://example.com/anna".into())] {
            judge(&san, anchor, more).content();
        }
        for san in [
            San::Dns("anna.example.com".into()),
            San::Ip([10, 0, 0, 1].into()),
            San::Ip("::1".parse().unwrap()),
        ] {
            judge(&san, anchor, more).refused("excluded subtree violation");
        }
    }
}

#[test]
fn openssl_finds_the_end_where_we_put_it() {
    if Court::open("openssl_finds_the_end_where_we_put_it").is_none() {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "`openssl x509 -checkend` has no other clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = Timestamp::from_unix(i64::try_from(now).unwrap());
    let subject = workshop::name("example Inc.", "example.com");
    let request = Request {
        not_before: now,
        not_after: now + Seconds(7200),
        ..workshop::request(Profile::Root, &subject, &[])
    };
    let root = self_sign(&request, &workshop::root_key(KeyKind::EcdsaP256, 1)).unwrap();
    ask(&["x509", "-noout", "-checkend", "3600"], &root.to_pem()).content();
    ask(&["x509", "-noout", "-checkend", "10800"], &root.to_pem()).refused("will expire");
}

/// The extensions as openssl prints them, a line each.
fn extensions(certificate: &Certificate) -> Vec<String> {
    let arguments = ["x509", "-noout", "-text", "-certopt", "ext_error,no_header,no_pubkey,no_sigdump"];
    let answer = ask(&arguments, &certificate.to_pem());
    let (_, extensions) = answer.content().split_once("X509v3 extensions:").unwrap();
    let mut lines: Vec<String> = Vec::new();
    for line in extensions.lines().filter(|line| !line.trim().is_empty()) {
        match line.trim() {
            head if head.starts_with("X509v3") => lines.push(head.trim_end().to_owned()),
            value => lines.last_mut().unwrap().push_str(&format!(" {value}")),
        }
    }
    lines.retain(|line| !line.contains("Key Identifier"));
    lines
}

#[test]
fn openssl_reads_the_extensions_of_each_profile() {
    if Court::open("openssl_reads_the_extensions_of_each_profile").is_none() {
        return;
    }
    let root = workshop::root(KeyKind::Rsa2048, 1);
    assert_eq!(
        extensions(root.certificate()),
        [
            "X509v3 Key Usage: critical Certificate Sign, CRL Sign",
            "X509v3 Basic Constraints: critical CA:TRUE"
        ]
    );
    assert_eq!(
        extensions(&workshop::server(&root, HOST)),
        [
            "X509v3 Subject Alternative Name: DNS:bookinfo.example.com",
            "X509v3 Key Usage: critical Digital Signature",
            "X509v3 Extended Key Usage: TLS Web Server Authentication",
            "X509v3 Basic Constraints: critical CA:FALSE"
        ]
    );
    let sans = [San::Email("alice@example.com".into()), San::Uri("spiffe://x/y".into())];
    let nobody = Name::default();
    let request = workshop::request(Profile::Client, &nobody, &sans);
    let client = sign(&request, &workshop::leaf_key(KeyKind::Rsa2048), &root).unwrap();
    assert_eq!(
        extensions(&client),
        [
            "X509v3 Subject Alternative Name: critical email:alice@example.com, URI:spiffe://x/y",
            "X509v3 Key Usage: critical Digital Signature",
            "X509v3 Extended Key Usage: TLS Web Client Authentication",
            "X509v3 Basic Constraints: critical CA:FALSE"
        ]
    );
}

#[test]
fn openssl_sees_our_fingerprint_serial_and_subject() {
    if Court::open("openssl_sees_our_fingerprint_serial_and_subject").is_none() {
        return;
    }
    let root = workshop::root(KeyKind::EcdsaP384, 1);
    let arguments =
        ["x509", "-noout", "-fingerprint", "-sha256", "-serial", "-subject", "-nameopt", "RFC2253"];
    let answer = ask(&arguments, &root.certificate().to_pem());
    let said = answer.content().to_lowercase().replace(':', "");
    assert!(said.contains(&format!("fingerprint={}", root.certificate().sha256())), "{said}");
    assert!(said.contains(&format!("serial={}", root.certificate().serial())), "{said}");
    assert!(said.contains("subject=cn=example.com,o=example inc."), "{said}");
}

#[test]
fn openssl_takes_the_keys_that_we_make() {
    if Court::open("openssl_takes_the_keys_that_we_make").is_none() {
        return;
    }
    // RSA-3072 and -4096 are made in the same way and take seconds.
    for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::Rsa2048] {
        let key = SystemKeys.make(kind, &Purpose::Authority { name: "root", generation: 1 }).unwrap();
        ask(&["pkey", "-check", "-noout"], &key.to_pem()).content();
        let subject = workshop::name("example Inc.", "example.com");
        let root = self_sign(&workshop::request(Profile::Root, &subject, &[]), &key).unwrap();
        let of_key = ask(&["pkey", "-pubout"], &key.to_pem());
        let of_certificate = ask(&["x509", "-noout", "-pubkey"], &root.to_pem());
        assert_eq!(of_key.content(), of_certificate.content());
    }
}

#[test]
fn openssl_opens_our_pkcs12() {
    let Some(court) = Court::open("openssl_opens_our_pkcs12") else { return };
    let root = workshop::root(KeyKind::Rsa2048, 1);
    let client = workshop::client(&root, San::Dns("client.example.com".into()));
    let key = workshop::leaf_key(KeyKind::EcdsaP256);
    let chain = [root.certificate().clone()];
    for (protection, more, info) in [
        (
            Protection::Modern,
            &[] as &[&str],
            ["MAC: sha256, Iteration", "PBES2, PBKDF2, AES-256-CBC, Iteration"],
        ),
        (
            Protection::Legacy,
            &["-legacy"],
            ["MAC: sha1, Iteration", "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration"],
        ),
    ] {
        let name = "client.example.com (example-root)";
        let bytes = pkcs12::bundle(&key, &client, &chain, name, protection, "gehäuse 7").unwrap();
        let file = court.file("client.p12", bytes);
        let open = |password: &str, wanted: &[&str]| {
            let password = format!("pass:{password}");
            ask(&[&["pkcs12", "-in", text(&file), "-passin", &password], more, wanted].concat(), "")
        };
        let answer = open("gehäuse 7", &["-nodes"]);
        let said = answer.content();
        assert!(said.contains(&format!("friendlyName: {name}")), "{said}");
        for pem in [client.to_pem(), root.certificate().to_pem(), key.to_pem().to_string()] {
            assert!(said.contains(&pem), "{said}");
        }
        let answer = open("gehäuse 7", &["-info", "-noout"]);
        let said = answer.content();
        assert!(said.contains(info[0]), "{said}");
        assert_eq!(said.matches(info[1]).count(), 2, "{said}");
        let prf = if protection == Protection::Modern { 2 } else { 0 };
        assert_eq!(said.matches("PRF hmacWithSHA256").count(), prf, "{said}");
        open("gehause 7", &["-nodes"]).refused("invalid password");
    }
}
