//! Authorities whose certificates somebody else made, of every form that is met: openssl makes them, and judges what comes of it.

use std::fs;
use std::path::Path;

use gatewright::time::Timestamp;

use super::openssl::is_there;
use super::requests::{AUTHORITY, later, openssl, served, sign};
use crate::cli::sandbox::{Run, Sandbox};

const SPEC: &str = r#"authority "legacy" files
gateway "public"
host "s.example.com" authority="legacy" gateway="public" to="s:80" { tls mutual; }
client "anna.example.com" authority="legacy"
client "bob.example.com" authority="legacy"
"#;

/// A project of this spec, whose runs are at a moment that openssl's certificates reach.
struct Scene {
    sandbox: Sandbox,
    now: Timestamp,
}

impl Scene {
    fn of(spec: &str) -> Self {
        Self { sandbox: Sandbox::new([("specs/a.kdl", spec)]).holding('a'), now: later() }
    }

    fn folder(&self) -> std::path::PathBuf {
        self.sandbox.outside("")
    }

    fn run(&self, call: &str) -> Run {
        self.sandbox.run_at(&self.now.to_string(), &call.split(' ').collect::<Vec<_>>())
    }

    /// A self-signed certificate and its key beside the project, with these extensions alone.
    fn root(&self, key: &str, extensions: &[&str]) {
        let folder = self.folder();
        fs::write(folder.join("min.cnf"), "[req]\ndistinguished_name=d\n[d]\n").unwrap();
        let more: String = extensions.iter().map(|extension| format!(" -addext {extension}")).collect();
        openssl(
            &folder,
            &format!(
                "req -x509 {key} -nodes -keyout ca.key -out ca.crt -days 3000 -subj /CN=Legacy -config min.cnf{more}"
            ),
        );
    }

    /// What openssl says of a certificate that is held against these files.
    fn verify(&self, purpose: &str, files: &str) -> String {
        let call = format!("verify -purpose {purpose} -attime {} {files}", self.now.unix());
        let mut command = std::process::Command::new("openssl");
        let output = command.args(call.split(' ')).current_dir(self.folder()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    /// Writes what the server shows beside the project.
    fn put(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }
}

const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
const CA: &str = "basicConstraints=critical,CA:TRUE";
const ADOPT: &str = "authority adopt legacy --cert ../ca.crt --key ../ca.key";

fn client(scene: &Scene, name: &str) -> String {
    scene.sandbox.read(&format!("pki/legacy/clients/{name}.example.com.crt"))
}

/// An adopted authority whose certificate does not name its key, and one of its clients revoked.
fn revoked_without_identifier() -> Scene {
    let scene = Scene::of(SPEC);
    scene.root(EC, &[CA, "subjectKeyIdentifier=none", "authorityKeyIdentifier=none"]);
    scene.run(ADOPT).ends_with(0);
    scene.run("render").ends_with(0);
    scene.run("revoke client bob.example.com").ends_with(0);
    scene.run("render").ends_with(0);
    scene
}

#[test]
fn an_authority_without_a_key_identifier_revokes() {
    if !is_there("an_authority_without_a_key_identifier_revokes") {
        return;
    }
    let scene = revoked_without_identifier();
    scene.run("check").ends_with(0);
    scene.put("ca.crl", &scene.sandbox.read("pki/legacy/ca.crl"));
    for (name, says) in [("anna", "anna: OK"), ("bob", "certificate revoked")] {
        scene.put(name, &client(&scene, name));
        let said = scene.verify("sslclient", &format!("-crl_check -CAfile ca.crt -CRLfile ca.crl {name}"));
        assert!(said.contains(says), "{said}");
    }
    // It goes below a root of the project's, with what it signed.
    let spec = scene.sandbox.read("specs/a.kdl");
    let below = "authority \"legacy\" authority=\"top\" { settle \"changed-authority\" \"other-root\" reason=\"adopted\"; }\nauthority \"top\"";
    scene.sandbox.write("specs/a.kdl", &spec.replace("authority \"legacy\" files", below));
    let said = scene.run("render");
    assert!(!said.stderr.contains("can't be made"), "{}", said.stderr);
}

#[test]
fn an_authority_is_refused_for_what_its_purposes_exclude() {
    if !is_there("an_authority_is_refused_for_what_its_purposes_exclude") {
        return;
    }
    for (usage, lacks, at) in [
        ("clientAuth", "serverAuth", "host `s.example.com`"),
        ("anyExtendedKeyUsage", "serverAuth", "host `s.example.com`"),
        ("serverAuth,codeSigning", "clientAuth", "client `anna.example.com`"),
    ] {
        let scene = Scene::of(SPEC);
        scene.root(EC, &[CA, &format!("extendedKeyUsage={usage}")]);
        let before = scene.sandbox.everything();
        let said = scene.run(ADOPT).ends_with(2).stderr;
        assert!(said.contains("error[wrong-purpose]"), "{usage}: {said}");
        assert!(said.contains(&format!("lacks `{lacks}`")) && said.contains(at), "{usage}: {said}");
        assert!(scene.sandbox.everything() == before);
    }
    // What is left of the spec is what it may issue; what is added later is refused then.
    let host = "host \"s.example.com\" authority=\"legacy\" gateway=\"public\" to=\"s:80\" { tls mutual; }\n";
    let scene = Scene::of(&SPEC.replace(host, ""));
    scene.root(EC, &[CA, "extendedKeyUsage=clientAuth"]);
    scene.run(ADOPT).ends_with(0);
    scene.run("render").ends_with(0);
    scene.sandbox.write("specs/b.kdl", host);
    for call in ["check", "render"] {
        assert!(scene.run(call).ends_with(2).stderr.contains("error[wrong-purpose]"), "{call}");
    }
}

/// One above it counts too.
#[test]
fn an_authority_is_refused_for_what_its_root_excludes() {
    if !is_there("an_authority_is_refused_for_what_its_root_excludes") {
        return;
    }
    for (of_root, of_own) in
        [("extendedKeyUsage=clientAuth", ""), ("", "extendedKeyUsage=clientAuth,emailProtection\n")]
    {
        let scene = Scene::of(SPEC);
        let extensions: Vec<_> = [CA, of_root].into_iter().filter(|one| !one.is_empty()).collect();
        scene.root(EC, &extensions);
        let csr = scene.run("authority csr legacy").ends_with(0).stdout;
        answer(&scene.folder(), &csr, &format!("{AUTHORITY}{of_own}"));
        let said =
            scene.run("authority import legacy --cert ../answer.crt --cert ../root.crt").ends_with(2).stderr;
        assert!(said.contains("error[wrong-purpose]") && said.contains("lacks `serverAuth`"), "{said}");
    }
}

/// As its purposes, the names that a root allows bind what is below it.
#[test]
fn an_authority_is_refused_for_the_names_that_its_root_excludes() {
    if !is_there("an_authority_is_refused_for_the_names_that_its_root_excludes") {
        return;
    }
    let scene = Scene::of(SPEC);
    scene.root(EC, &[CA, "nameConstraints=critical,permitted;DNS:other.example"]);
    let csr = scene.run("authority csr legacy").ends_with(0).stdout;
    answer(&scene.folder(), &csr, AUTHORITY);
    let said =
        scene.run("authority import legacy --cert ../answer.crt --cert ../root.crt").ends_with(2).stderr;
    assert!(said.contains("error[name-constraints]") && said.contains("`s.example.com` is none"), "{said}");
    assert!(said.contains("the certificate of `CN=Legacy` says"), "{said}");
}

/// Signs a request with the root that [`Scene::root`] made.
fn answer(folder: &Path, csr: &str, extensions: &str) {
    fs::copy(folder.join("ca.crt"), folder.join("root.crt")).unwrap();
    fs::copy(folder.join("ca.key"), folder.join("root.key")).unwrap();
    sign(folder, csr, extensions);
}

/// Another certificate of the same key may name that key in another way. Who checks holds what was issued to be somebody else's.
#[test]
fn another_identifier_of_the_same_key_has_all_issued_anew() {
    if !is_there("another_identifier_of_the_same_key_has_all_issued_anew") {
        return;
    }
    let scene = Scene::of(SPEC);
    scene.root(EC, &[CA, "keyUsage=critical,keyCertSign,cRLSign"]);
    let csr = scene.run("authority csr legacy").ends_with(0).stdout;
    answer(&scene.folder(), &csr, AUTHORITY);
    let import = "authority import legacy --cert ../answer.crt --cert ../root.crt";
    scene.run(import).ends_with(0);
    scene.run("render").ends_with(0);
    let old = served(&scene.sandbox, "s.example.com");
    let again = scene.run("authority csr legacy").ends_with(0).stdout;
    let other = AUTHORITY.replace("hash", "00112233445566778899aabbccddeeff00112233");
    answer(&scene.folder(), &again, &other);
    let said = scene.run(import).ends_with(0).stderr;
    assert!(said.contains("by another identifier now: 00112233"), "{said}");
    // Nobody is at hand who could issue: what is there goes on, and nobody is blamed.
    scene.sandbox.set("SOPS_AGE_KEY", "");
    let waits = scene.run("render").ends_with(3).stderr;
    assert!(
        waits.contains("another key identifier of its authority") && !waits.contains("by hand"),
        "{waits}"
    );
    let check = |chain: &str| {
        scene.put("chain", chain);
        let said = scene.verify("sslserver", "-x509_strict -CAfile root.crt -untrusted chain chain");
        assert!(said.contains("chain: OK"), "{said}");
    };
    assert_eq!(served(&scene.sandbox, "s.example.com"), old);
    check(&old);
    scene.sandbox.hold('a');
    let said = scene.run("render").ends_with(0).stderr;
    assert!(said.contains("reissued host s.example.com") && said.contains("reissued client anna"), "{said}");
    check(&served(&scene.sandbox, "s.example.com"));
    scene.run("check").ends_with(0);
    assert!(scene.run("render").ends_with(0).stderr.contains("nothing to do"));
}

/// A request for another certificate asks for the identifier that what the key signed names: who signs it can hold to that.
#[test]
fn a_request_of_the_same_key_asks_for_its_identifier() {
    if !is_there("a_request_of_the_same_key_asks_for_its_identifier") {
        return;
    }
    let scene = Scene::of(SPEC);
    scene.root(EC, &[CA, "keyUsage=critical,keyCertSign,cRLSign"]);
    let csr = scene.run("authority csr legacy").ends_with(0).stdout;
    let identifier = "00112233445566778899aabbccddeeff00112233";
    answer(&scene.folder(), &csr, &AUTHORITY.replace("hash", identifier));
    let import = "authority import legacy --cert ../answer.crt --cert ../root.crt";
    scene.run(import).ends_with(0);
    scene.run("render").ends_with(0);
    let old = served(&scene.sandbox, "s.example.com");
    scene.put("request.csr", &scene.run("authority csr legacy").ends_with(0).stdout);
    let asked = openssl(&scene.folder(), "req -in request.csr -noout -text");
    assert!(asked.replace(':', "").to_lowercase().contains(identifier), "{asked}");
    openssl(
        &scene.folder(),
        "x509 -req -in request.csr -CA root.crt -CAkey root.key -passin pass:geheim -days 365 -copy_extensions copy -out answer.crt",
    );
    let said = scene.run(import).ends_with(0).stderr;
    assert!(!said.contains("by another identifier"), "{said}");
    scene.run("render").ends_with(0);
    let leaf = |chain: &str| chain.split("-----END").next().map(str::to_owned);
    assert_eq!(leaf(&served(&scene.sandbox, "s.example.com")), leaf(&old));
}

/// A list names the key too, and what it revoked stays revoked.
#[test]
fn another_identifier_of_the_same_key_has_its_list_signed_anew() {
    if !is_there("another_identifier_of_the_same_key_has_its_list_signed_anew") {
        return;
    }
    let scene = revoked_without_identifier();
    openssl(
        &scene.folder(),
        &format!(
            "req -x509 -key ca.key -out ca2.crt -days 3000 -subj /CN=Legacy -config min.cnf -addext {CA}"
        ),
    );
    scene.run("authority import legacy --cert ../ca2.crt").ends_with(0);
    scene.sandbox.set("SOPS_AGE_KEY", "");
    let waits = scene.run("render").ends_with(3).stderr;
    assert!(waits.contains("it names the authority's key by another identifier"), "{waits}");
    scene.sandbox.hold('a');
    scene.run("render").ends_with(0);
    scene.run("check").ends_with(0);
    scene.put("ca.crl", &scene.sandbox.read("pki/legacy/ca.crl"));
    scene.put("anna", &client(&scene, "anna"));
    let said = scene.verify("sslclient", "-crl_check -CAfile ca2.crt -CRLfile ca.crl anna");
    assert!(said.contains("anna: OK"), "{said}");
    let serial = |name: &str| {
        scene.put("one", &client(&scene, name));
        openssl(&scene.folder(), "x509 -in one -noout -serial").trim().replace("serial=", "")
    };
    let list = openssl(&scene.folder(), "crl -in ca.crl -noout -text");
    assert!(list.contains(&serial("bob")) && !list.contains(&serial("anna")), "{list}");
}

#[test]
fn a_certificate_that_is_no_root_says_why() {
    if !is_there("a_certificate_that_is_no_root_says_why") {
        return;
    }
    let no_cert_sign = [CA, "keyUsage=critical,digitalSignature"];
    for (key, extensions, says) in [
        (EC, &["basicConstraints=critical,CA:FALSE"][..], "its basic constraints do not say CA"),
        (EC, &no_cert_sign, "its key usage lacks `keyCertSign`"),
        ("-newkey rsa:2048 -sha1", &[CA], "it is signed with SHA-1"),
        (EC, &[], "it is not X.509 version 3"),
    ] {
        let scene = Scene::of(SPEC);
        scene.root(key, extensions);
        let before = scene.sandbox.everything();
        let said = scene.run(ADOPT).ends_with(2).stderr;
        assert!(said.contains(says) && said.contains("`CN=Legacy` says that it signed itself"), "{said}");
        assert!(!said.contains("is missing") && !said.contains("another `--cert`"), "{said}");
        assert!(scene.sandbox.everything() == before);
    }
    // The same of a root above one that is imported.
    let scene = Scene::of(SPEC);
    scene.root("-newkey rsa:2048 -sha1", &[CA]);
    let csr = scene.run("authority csr legacy").ends_with(0).stdout;
    answer(&scene.folder(), &csr, AUTHORITY);
    let said =
        scene.run("authority import legacy --cert ../answer.crt --cert ../root.crt").ends_with(2).stderr;
    assert!(said.contains("it is signed with SHA-1") && !said.contains("is missing"), "{said}");
}

/// What an authority signs repeats its name byte by byte, whatever that is.
#[test]
fn a_name_of_any_form_is_repeated() {
    if !is_there("a_name_of_any_form_is_repeated") {
        return;
    }
    let call = |subject: &str, more: &str| {
        format!(
            "req -x509 -key ca.key -out ca.crt -days 3000 -subj {subject} -config min.cnf -addext {CA}{more}"
        )
    };
    for (subject, more) in [
        ("/OU=One/OU=Two/CN=Legacy", ""),
        ("/DC=com/DC=example", ""),
        ("/CN=Legacy+serialNumber=12", " -multivalue-rdn"),
        ("/emailAddress=pki@example.com/CN=Legacy", ""),
    ] {
        let scene = Scene::of(SPEC);
        scene.root(EC, &[CA]);
        openssl(&scene.folder(), &call(subject, more));
        scene.run(ADOPT).ends_with(0);
        scene.run("render").ends_with(0);
        scene.run("revoke client bob.example.com").ends_with(0);
        scene.run("render").ends_with(0);
        scene.run("check").ends_with(0);
        scene.put("ca.crl", &scene.sandbox.read("pki/legacy/ca.crl"));
        scene.put("leaf", &served(&scene.sandbox, "s.example.com"));
        let said = scene.verify("sslserver", "-CAfile ca.crt leaf");
        assert!(said.contains("leaf: OK"), "{said}");
        for (name, says) in [("anna", "anna: OK"), ("bob", "certificate revoked")] {
            scene.put(name, &client(&scene, name));
            let said =
                scene.verify("sslclient", &format!("-crl_check -CAfile ca.crt -CRLfile ca.crl {name}"));
            assert!(said.contains(says), "{said}");
        }
    }
    let scene = Scene::of(SPEC);
    scene.root(EC, &[CA]);
    openssl(&scene.folder(), &call("/", ""));
    let said = scene.run(ADOPT).ends_with(2).stderr;
    assert!(said.contains("it has no name"), "{said}");
}
