//! Private keys that old tools encrypted: openssl makes them, what is said names the way, and its call mends them.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::openssl::is_there;
use super::requests::later;
use crate::cli::sandbox::{Run, Sandbox};

const SPEC: &str = "gateway \"public\"\nhost \"shop.example.com\" files gateway=\"public\" to=\"shop:80\"\n";
const LEGACY: &str = "-provider legacy -provider default";

fn openssl(folder: &Path, call: &str) {
    let output = Command::new("openssl").args(call.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {call}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A project that waits for a pair, and the pair beside it.
fn waiting() -> Sandbox {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    let folder = sandbox.outside("");
    openssl(&folder, "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root -days 30 -subj /CN=Root");
    openssl(&folder, "req -newkey rsa:2048 -nodes -keyout key -out csr -subj /CN=shop.example.com");
    let extensions = "subjectAltName=DNS:shop.example.com\nextendedKeyUsage=serverAuth\n";
    fs::write(folder.join("ext"), extensions).unwrap();
    openssl(
        &folder,
        "x509 -req -in csr -CA root -CAkey root.key -CAcreateserial -days 20 -extfile ext -out leaf",
    );
    let chain = [fs::read(folder.join("leaf")).unwrap(), fs::read(folder.join("root")).unwrap()].concat();
    fs::write(folder.join("crt"), chain).unwrap();
    sandbox
}

fn bring(sandbox: &Sandbox, files: &str) -> Run {
    let call = format!("bring shop.example.com {files}");
    sandbox.run_at(&later().to_string(), &call.split(' ').collect::<Vec<_>>())
}

/// What is said of a file, and the call in it, which must mend it.
#[track_caller]
fn mended(sandbox: &Sandbox, files: &str, old: &str, says: &str) {
    sandbox.set("GATEWRIGHT_PASSWORD", "geheim");
    let run = bring(sandbox, files).ends_with(2);
    assert!(run.stderr.contains(says) && run.stderr.contains("an old way"), "{old}: {}", run.stderr);
    let call = run.stderr.split('`').map(str::to_owned).find(|part| part.starts_with("openssl ")).unwrap();
    let call = call.trim_start_matches("openssl ").replace("FILE", old).replace("NEW", "new");
    openssl(&sandbox.outside(""), &format!("{call} -passin pass:geheim -passout pass:geheim"));
    bring(sandbox, &files.replace(old, "new")).ends_with(0);
}

#[test]
fn keys() {
    if !is_there("old_keys::keys") {
        return;
    }
    let sandbox = waiting();
    let folder = sandbox.outside("");
    for (way, says) in [
        ("-v1 PBE-MD5-DES", "by PBES1 with MD5 and DES"),
        ("-v1 PBE-SHA1-RC2-64", "by PBES1 with SHA-1 and RC2,"),
        ("-v1 PBE-SHA1-3DES", "by PBES1 with SHA-1 and triple DES,"),
        ("-v1 PBE-SHA1-RC2-40", "by PBES1 with SHA-1 and RC2 of 40 bits"),
        ("-v1 PBE-SHA1-RC4-128", "by PBES1 with SHA-1 and RC4,"),
        ("-v2 des", "by PBES2 with DES"),
        ("-v2 rc2-cbc", "by PBES2 with RC2"),
        ("-v2 aes256 -v2prf hmacWithMD5", "by PBES2 with MD5"),
    ] {
        for form in ["PEM", "DER"] {
            let call =
                format!("pkcs8 -topk8 {way} {LEGACY} -in key -passout pass:geheim -outform {form} -out old");
            openssl(&folder, &call);
            mended(&sandbox, "--cert ../crt --key ../old", "old", says);
        }
    }
    openssl(&folder, "rsa -in key -traditional -des3 -passout pass:geheim -out old");
    mended(&sandbox, "--cert ../crt --key ../old", "old", "`Proc-Type: 4,ENCRYPTED`");
    openssl(&folder, "genrsa -out old 1024");
    openssl(&folder, "rsa -in old -traditional -outform DER -out short");
    for file in ["old", "short"] {
        let said = bring(&sandbox, &format!("--cert ../crt --key ../{file}")).ends_with(2).stderr;
        assert!(said.contains("RSA with 1024 bits, where 2048 is the least"), "{said}");
    }
}

/// What old Windows and macOS write is read; what is older still is told.
#[test]
fn pkcs12() {
    if !is_there("old_keys::pkcs12") {
        return;
    }
    let sandbox = waiting();
    let folder = sandbox.outside("");
    let make = |way: &str| {
        let call = format!(
            "pkcs12 -export {LEGACY} -inkey key -in leaf -certfile root -passout pass:geheim -out old {way}"
        );
        openssl(&folder, &call);
    };
    for way in ["", "-legacy", "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40 -macalg sha1"] {
        make(way);
        sandbox.set("GATEWRIGHT_PASSWORD", "falsch");
        let said = bring(&sandbox, "--cert ../old").ends_with(2).stderr;
        assert!(said.contains("the passphrase is wrong"), "{way}: {said}");
        sandbox.set("GATEWRIGHT_PASSWORD", "geheim");
        bring(&sandbox, "--cert ../old").ends_with(0);
    }
    for (cipher, says) in [
        ("PBE-SHA1-RC4-128", "RC4,"),
        ("PBE-SHA1-RC2-128", "RC2 of 128 bits"),
        ("PBE-MD5-DES", "MD5 and DES"),
    ] {
        make(&format!("-keypbe {cipher} -certpbe {cipher} -macalg sha1"));
        mended(&sandbox, "--cert ../old", "old", says);
    }
}
