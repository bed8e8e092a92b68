//! Authorities and servers whose certificates somebody else signs: openssl is that somebody, and judges what comes of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use gatewright::time::{Seconds, Timestamp};

use super::openssl::is_there;
use crate::cli::sandbox::Sandbox;

/// Runs openssl in the folder beside the project.
pub(super) fn openssl(folder: &Path, call: &str) -> String {
    let output = Command::new("openssl").args(call.split(' ')).current_dir(folder).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "openssl {call}\n{said}");
    said
}

/// What openssl signs begins now, whatever the tests' own clock says.
pub(super) fn later() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "openssl has no other clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_unix(i64::try_from(now).unwrap()) + Seconds(3600)
}

/// Whether a client that trusts this would take what the server shows.
fn verify(folder: &Path, now: Timestamp, files: &str) {
    let at = now.unix();
    openssl(folder, &format!("verify -x509_strict -attime {at} -verify_hostname shop.example.com {files}"));
}

/// An offline root beside the project.
fn root(folder: &Path) {
    openssl(
        folder,
        "req -x509 -newkey rsa:2048 -passout pass:geheim -keyout root.key -out root.crt -days 3650 -subj /DC=com/DC=example/O=Example/CN=Offline -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign",
    );
}

pub(super) fn sign(folder: &Path, csr: &str, extensions: &str) {
    fs::write(folder.join("request.csr"), csr).unwrap();
    fs::write(folder.join("ext"), extensions).unwrap();
    openssl(
        folder,
        "x509 -req -in request.csr -CA root.crt -CAkey root.key -passin pass:geheim -days 365 -extfile ext -out answer.crt",
    );
}

pub(super) const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
const OFFLINE: &str = "authority \"issuing\" files { subject common-name=\"Issuing\" organization=\"Example\"; }\ngateway \"public\"\ndomain \"example.com\" authority=\"issuing\" gateway=\"public\" { host \"shop\" to=\"shop:8080\"; }\n";

/// The certificates that a server shows.
pub(super) fn served(sandbox: &Sandbox, name: &str) -> String {
    let text = sandbox.read(&format!("out/istio-system/secret-{name}-tls.sops.yaml"));
    let value = text.lines().find_map(|line| line.trim().strip_prefix("tls.crt: ")).unwrap();
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value).unwrap()).unwrap()
}

#[test]
fn an_offline_root_signs_an_authority() {
    if !is_there("an_offline_root_signs_an_authority") {
        return;
    }
    let sandbox = Sandbox::new([("specs/a.kdl", OFFLINE)]);
    let (folder, now) = (sandbox.outside(""), later());
    let run = |call: &str| sandbox.run_at(&now.to_string(), &call.split(' ').collect::<Vec<_>>());
    root(&folder);
    let waits = run("render").ends_with(3).stderr;
    assert!(waits.contains("authority csr") && waits.contains("authority `issuing`"), "{waits}");
    let csr = run("authority csr issuing").ends_with(0).stdout;
    assert_eq!(run("authority csr issuing").ends_with(0).stdout, csr);
    assert!(!sandbox.read("pki/issuing/1.request.sops.yaml").contains("PRIVATE KEY"));
    run("render").ends_with(3);
    for (extensions, says) in [
        ("basicConstraints=critical,CA:FALSE\n", "may not sign others"),
        ("basicConstraints=critical,CA:TRUE\n", "the chain is not complete"),
    ] {
        sign(&folder, &csr, extensions);
        let with_root = if says.starts_with("the chain") { "" } else { " --cert ../root.crt" };
        let refused = run(&format!("authority import issuing --cert ../answer.crt{with_root}")).ends_with(2);
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
    sign(&folder, &csr, AUTHORITY);
    let foreign = run("authority import issuing --cert ../root.crt").ends_with(2).stderr;
    assert!(foreign.contains("none of these certificates is for the key"), "{foreign}");
    run("authority import issuing --cert ../answer.crt --cert ../root.crt").ends_with(0);
    assert!(!sandbox.files("pki").iter().any(|path| path.contains("request")));
    // To issue with it takes the key.
    run("render").ends_with(3);
    sandbox.hold('a');
    run("render").ends_with(0);
    run("check").ends_with(0);
    assert_eq!(sandbox.read("pki/issuing/ca.crt"), fs::read_to_string(folder.join("root.crt")).unwrap());
    let chain = served(&sandbox, "shop.example.com");
    assert_eq!(chain.matches("BEGIN").count(), 2);
    fs::write(folder.join("chain.pem"), chain).unwrap();
    fs::write(folder.join("ca.crt"), sandbox.read("pki/issuing/ca.crt")).unwrap();
    verify(&folder, now, "-CAfile ca.crt -untrusted chain.pem chain.pem");
    // Another certificate of the same key: what was issued goes on.
    let again = run("authority csr issuing").ends_with(0).stdout;
    sign(&folder, &again, AUTHORITY);
    run("authority import issuing --cert ../answer.crt --cert ../root.crt").ends_with(0);
    let before = served(&sandbox, "shop.example.com");
    run("render").ends_with(0);
    let after = served(&sandbox, "shop.example.com");
    assert!(before != after && before.split("-----END").next() == after.split("-----END").next());
    run("check").ends_with(0);
}

#[test]
fn a_root_that_is_there_is_adopted() {
    if !is_there("a_root_that_is_there_is_adopted") {
        return;
    }
    let spec = OFFLINE.replace(" { subject common-name=\"Issuing\" organization=\"Example\"; }", "");
    let sandbox = Sandbox::new([("specs/a.kdl", spec.as_str())]).holding('a');
    let (folder, now) = (sandbox.outside(""), later());
    let run = |call: &str| sandbox.run_at(&now.to_string(), &call.split(' ').collect::<Vec<_>>());
    root(&folder);
    let adopt = "authority adopt issuing --cert ../root.crt --key ../root.key";
    openssl(&folder, "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key");
    let before = sandbox.everything();
    let other = adopt.replace("root.key", "other.key");
    for (call, passphrase, says) in [
        (adopt, None, "no passphrase was given"),
        (adopt, Some("wrong"), "the passphrase is wrong"),
        (&other, Some("geheim"), "belongs to none of the 1 certificates"),
    ] {
        passphrase.into_iter().for_each(|text| sandbox.set("GATEWRIGHT_PASSWORD", text));
        let refused = run(call).ends_with(2).stderr;
        assert!(refused.contains(says), "{refused}");
        assert!(sandbox.everything() == before);
    }
    run(adopt).ends_with(0);
    assert!(run(adopt).ends_with(2).stderr.contains("is there already"));
    run("render").ends_with(0);
    run("check").ends_with(0);
    assert_eq!(sandbox.read("pki/issuing/ca.crt"), fs::read_to_string(folder.join("root.crt")).unwrap());
    fs::write(folder.join("leaf.pem"), served(&sandbox, "shop.example.com")).unwrap();
    verify(&folder, now, "-CAfile root.crt leaf.pem");
    // A root of our own follows it, and both are trusted.
    sandbox.write("specs/a.kdl", &spec.replace("\"issuing\" files", "\"issuing\" { settle \"changed-authority\" reason=\"adopted\"; generation 1 introduced=\"2026-11-25\"; generation 2 introduced=\"2026-11-26\"; }"));
    run("render").ends_with(0);
    let bundle = sandbox.read("pki/issuing/ca.crt");
    assert_eq!(bundle.matches("BEGIN").count(), 2);
    fs::write(folder.join("leaf.pem"), served(&sandbox, "shop.example.com")).unwrap();
    verify(&folder, now, "-CAfile root.crt leaf.pem");
    run("check").ends_with(0);
}

#[test]
fn a_public_authority_signs_for_a_host() {
    if !is_there("a_public_authority_signs_for_a_host") {
        return;
    }
    let spec = "gateway \"public\"\nhost \"shop.example.com\" files gateway=\"public\" to=\"shop:8080\" { key rsa-2048; subject organization=\"Shop\"; }\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
    let (folder, now) = (sandbox.outside(""), later());
    let run = |call: &str| sandbox.run_at(&now.to_string(), &call.split(' ').collect::<Vec<_>>());
    root(&folder);
    let csr = run("csr shop.example.com").ends_with(0).stdout;
    fs::write(folder.join("request.csr"), &csr).unwrap();
    let said = openssl(&folder, "req -in request.csr -noout -text -verify");
    assert!(said.contains("DNS:shop.example.com") && said.contains("2048 bit"), "{said}");
    let bring = "bring shop.example.com --cert ../answer.crt --cert ../root.crt";
    // One that has a common name alone is for nobody today.
    sandbox.hold('a');
    sign(&folder, &csr, "extendedKeyUsage=serverAuth\n");
    let said = run(bring).ends_with(2).stderr;
    assert!(
        said.contains("has no subject alternative name, so it is for no host: clients read no common name"),
        "{said}"
    );
    sandbox.set("SOPS_AGE_KEY", "");
    sign(&folder, &csr, "subjectAltName=DNS:shop.example.com\nextendedKeyUsage=serverAuth\n");
    assert!(run(bring).ends_with(3).stderr.contains("request.sops.yaml must be opened"));
    sandbox.hold('a');
    run(bring).ends_with(0);
    assert!(sandbox.files("pki").is_empty(), "{:?}", sandbox.files("pki"));
    run("check").ends_with(0);
}

/// A root that says only what it may not issue for may issue for everything else.
#[test]
fn an_adopted_root_that_excludes_some_names() {
    if !is_there("an_adopted_root_that_excludes_some_names") {
        return;
    }
    let spec = "authority \"old\" files\ngateway \"public\"\ndomain \"example.com\" authority=\"old\" gateway=\"public\" { host \"shop\" to=\"shop:8080\"; }\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    let (folder, now) = (sandbox.outside(""), later());
    let run = |call: &str| sandbox.run_at(&now.to_string(), &call.split(' ').collect::<Vec<_>>());
    openssl(
        &folder,
        "req -x509 -newkey rsa:2048 -passout pass:geheim -keyout root.key -out root.crt -days 3650 -subj /O=Example/CN=Old -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -addext nameConstraints=critical,excluded;DNS:bad.example,excluded;IP:10.0.0.0/255.0.0.0",
    );
    sandbox.set("GATEWRIGHT_PASSWORD", "geheim");
    run("authority adopt old --cert ../root.crt --key ../root.key").ends_with(0);
    run("render").ends_with(0);
    run("check").ends_with(0);
    fs::write(folder.join("leaf.pem"), served(&sandbox, "shop.example.com")).unwrap();
    verify(&folder, now, "-CAfile root.crt leaf.pem");
    for (more, says) in [
        (
            "host \"x.bad.example\" authority=\"old\" gateway=\"public\" to=\"x:80\"\n",
            "`x.bad.example` is none of the names",
        ),
        ("client \"robot\" authority=\"old\" { san \"10.1.2.3\"; }\n", "`10.1.2.3` is none of the names"),
        ("cacerts \"east\" authority=\"old\"\n", "istiod of `east` must issue for any name of its cluster"),
    ] {
        sandbox.write("specs/b.kdl", more);
        let before = sandbox.everything();
        let refused = run("render").ends_with(2).stderr;
        assert!(sandbox.everything() == before);
        assert!(refused.contains("error[name-constraints]") && refused.contains(says), "{refused}");
        assert!(
            refused.contains("any DNS name, 0.0.0.0/0, ::/0, but not bad.example, 10.0.0.0/8"),
            "{refused}"
        );
    }
}

/// What waits for an answer names its request, and the call that takes the answer in.
#[test]
fn what_waits_for_an_answer_says_so_and_takes_it() {
    if !is_there("what_waits_for_an_answer_says_so_and_takes_it") {
        return;
    }
    let spec = format!(
        "{OFFLINE}authority \"below\" authority=\"issuing\"\nhost \"b.example.com\" authority=\"below\" gateway=\"public\" to=\"b:80\"\nhost \"pay.example.com\" files gateway=\"public\" to=\"pay:80\"\n"
    );
    let sandbox = Sandbox::new([("specs/a.kdl", spec.as_str())]);
    let (folder, now) = (sandbox.outside(""), later());
    let run = |call: &str| sandbox.run_at(&now.to_string(), &call.split(' ').collect::<Vec<_>>());
    root(&folder);
    let before = run("render").ends_with(3).stderr;
    assert!(
        before.contains("`gatewright authority adopt issuing") && before.contains("--key FILE"),
        "{before}"
    );
    let authority = run("authority csr issuing").ends_with(0).stdout;
    let server = run("csr pay.example.com").ends_with(0).stdout;
    for call in ["render", "check"] {
        let said = run(call).ends_with(3).stderr;
        for text in [
            "the certificate of authority `issuing` waits for the answer to its request",
            "its key waits in pki/issuing/1.request.sops.yaml; the rest of it is rendered",
            "`gatewright authority import issuing --cert FILE` takes the answer",
            "the certificate of host `pay.example.com` waits for the answer to its request",
            "its key waits in pki/leaves/istio-system/pay.example.com-tls.request.sops.yaml",
            "`gatewright bring pay.example.com --cert FILE` takes the answer",
            "= note: authority `issuing` waits for its files\n",
        ] {
            assert!(said.contains(text), "{call}: {text}\n{said}");
        }
        assert!(said.contains(&format!("it was asked for on {}", now.date())), "{said}");
        assert!(!said.contains("authority adopt") && !said.contains("--key"), "{said}");
    }
    let refused = run("rotate host shop.example.com").ends_with(3).stderr;
    assert!(refused.contains("authority `issuing` waits for its files; `gatewright authority import issuing --cert FILE` takes the answer"), "{refused}");
    assert!(!refused.contains("SOPS_AGE_KEY_FILE"), "{refused}");
    sign(&folder, &authority, &AUTHORITY.replace("pathlen:0", "pathlen:1"));
    run("authority import issuing --cert ../answer.crt --cert ../root.crt").ends_with(0);
    sign(&folder, &server, "subjectAltName=DNS:pay.example.com\nextendedKeyUsage=serverAuth\n");
    sandbox.hold('a');
    run("bring pay.example.com --cert ../answer.crt --cert ../root.crt").ends_with(0);
    run("render").ends_with(0);
}

/// A certificate without a subject is called by a name that it is for, or by its serial number.
#[test]
fn who_has_no_name_is_called_something() {
    if !is_there("who_has_no_name_is_called_something") {
        return;
    }
    let spec = "gateway \"public\"\nhost \"shop.example.com\" files gateway=\"public\" to=\"shop:80\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
    let (folder, now) = (sandbox.outside(""), later());
    let run = |call: &str| sandbox.run_at(&now.to_string(), &call.split(' ').collect::<Vec<_>>());
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(
        &folder,
        &format!(
            "req -x509 {key} -keyout root.key -out root.crt -days 90 -subj / -addext basicConstraints=critical,CA:TRUE"
        ),
    );
    openssl(&folder, &format!("req {key} -keyout leaf.key -out request.csr -subj /"));
    let csr = fs::read_to_string(folder.join("request.csr")).unwrap();
    sign(&folder, &csr, "subjectAltName=DNS:shop.example.com\nextendedKeyUsage=serverAuth\n");
    let bring = "bring shop.example.com --key ../leaf.key --cert ../answer.crt";
    let said = run(bring).ends_with(2).stderr;
    let missing = "the certificate of an issuer without a name, which signed `shop.example.com`, is missing";
    assert!(said.contains(missing), "{said}");
    sign(&folder, &csr, "extendedKeyUsage=serverAuth\n");
    let serial = openssl(&folder, "x509 -in answer.crt -noout -serial").to_lowercase();
    let serial = serial.trim().trim_start_matches("serial=").trim_start_matches('0');
    let said = run(bring).ends_with(2).stderr;
    assert!(said.contains("the certificate of serial number ") && said.contains(serial), "{said}");
    assert!(said.contains("has no subject alternative name") && !said.contains("``"), "{said}");
}

/// Key usages with which no handshake can use a server's key are refused, whatever openssl says of them.
#[test]
fn a_key_that_no_handshake_can_use_is_not_brought() {
    if !is_there("a_key_that_no_handshake_can_use_is_not_brought") {
        return;
    }
    let spec = "gateway \"public\"\ndomain \"example.com\" gateway=\"public\" { host \"shop\" files to=\"shop:8080\"; }\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]).holding('a');
    let (folder, now) = (sandbox.outside(""), later());
    let run = |call: &str| sandbox.run_at(&now.to_string(), &call.split(' ').collect::<Vec<_>>());
    root(&folder);
    let (rsa, ecdsa) = ("rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-256");
    for (key, usage, is_taken) in [
        (rsa, "keyAgreement", false),
        (rsa, "nonRepudiation,dataEncipherment", false),
        (rsa, "keyEncipherment", true),
        (ecdsa, "keyEncipherment", false),
        (ecdsa, "keyAgreement", false),
        (ecdsa, "digitalSignature,keyAgreement", true),
        (ecdsa, "", true),
    ] {
        openssl(
            &folder,
            &format!(
                "req -new -newkey {key} -nodes -keyout leaf.key -out leaf.csr -subj /CN=shop.example.com"
            ),
        );
        let usage = if usage.is_empty() { String::new() } else { format!("keyUsage=critical,{usage}\n") };
        sign(
            &folder,
            &fs::read_to_string(folder.join("leaf.csr")).unwrap(),
            &format!("subjectAltName=DNS:shop.example.com\n{usage}"),
        );
        let brought = run("bring shop.example.com --cert ../answer.crt --cert ../root.crt --key ../leaf.key");
        let said = brought.ends_with(if is_taken { 0 } else { 2 }).stderr;
        assert_eq!(said.contains("its key usage lacks `digitalSignature`"), !is_taken, "{usage}: {said}");
    }
}
