//! Pins of clients' keys and certificates: a client that a renewal would shut out is told of before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::Certificate;

use crate::cli::sandbox::Sandbox;

const FILE: &str = "specs/a.kdl";
const ANNA: &str = "pki/corp/clients/anna.example.org.crt";
const DUE: &str = "2027-01-24T12:00:00Z";

fn spec(pins: &str, client: &str) -> String {
    format!(
        "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" {{ tls mutual {{ {pins} }} }}\nclient \"anna.example.org\" authority=\"corp\" {client}\nclient \"bob.example.org\" authority=\"corp\"\n"
    )
}

fn anna(sandbox: &Sandbox) -> Certificate {
    Certificate::from_pem_chain(&sandbox.read(ANNA)).unwrap().remove(0)
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn by_key(certificate: &Certificate) -> String {
    format!("verify-certificate-spki \"{}\"", STANDARD.encode(bytes(certificate.spki_sha256())))
}

fn by_hash(certificate: &Certificate) -> String {
    let pairs: Vec<_> = bytes(certificate.sha256()).iter().map(|byte| format!("{byte:02X}")).collect();
    format!("verify-certificate-hash \"{}\"", pairs.join(":"))
}

/// What `check` says of pins.
#[track_caller]
fn said(sandbox: &Sandbox, now: &str) -> String {
    let run = sandbox.run_at(now, &["check"]);
    let found: Vec<_> = run.stderr.split("\n\n").filter(|text| text.contains("[pinned-client]")).collect();
    assert!(found.len() < 2, "{run:?}");
    found.concat()
}

#[test]
fn a_key_that_a_renewal_replaces() {
    let sandbox = Sandbox::new([(FILE, spec("", "").as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let before = anna(&sandbox);
    sandbox.write(FILE, &spec(&by_key(&before), ""));
    sandbox.run(&["render"]).ends_with(0);
    let found = said(&sandbox, DUE);
    for text in [
        "warning[pinned-client]: host `a.example.com` knows client `anna.example.org` by its key, and the next renewal",
        "a.kdl:3:",
        "write `renew-key=#false` at the client",
        "`clients \"anna.example.org\"`",
    ] {
        assert!(found.contains(text), "{text}: {found}");
    }
    // As it says: the key stays, and so does the client.
    sandbox.write(FILE, &spec(&by_key(&before), "renew-key=#false"));
    assert_eq!(said(&sandbox, DUE), "");
    sandbox.run_at(DUE, &["render"]).ends_with(0);
    assert_eq!(anna(&sandbox).spki_sha256(), before.spki_sha256());
    assert_eq!(said(&sandbox, DUE), "");
    // A key that it had before.
    sandbox.run_at(DUE, &["rotate", "client", "anna.example.org"]).ends_with(0);
    let found = said(&sandbox, DUE);
    assert!(
        found.contains("by a key that it had before") && found.contains(&by_key(&anna(&sandbox))),
        "{found}"
    );
    // Both are pinned while the new one is handed out.
    let both = format!("{} \"{}\"", by_key(&before), STANDARD.encode(bytes(anna(&sandbox).spki_sha256())));
    sandbox.write(FILE, &spec(&both, "renew-key=#false"));
    assert_eq!(said(&sandbox, DUE), "");
}

#[test]
fn a_certificate_that_every_renewal_replaces() {
    let sandbox = Sandbox::new([(FILE, spec("", "renew-key=#false").as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let before = anna(&sandbox);
    sandbox.write(FILE, &spec(&by_hash(&before), "renew-key=#false"));
    let found = said(&sandbox, DUE);
    assert!(found.contains("by its certificate") && found.contains(&by_key(&before)), "{found}");
    assert!(!found.contains("renew-key=#false` at the client"), "{found}");
    sandbox.write(FILE, &spec(&by_hash(&before), ""));
    assert!(said(&sandbox, DUE).contains("and `renew-key=#false` at the client"));
    sandbox.write(
        FILE,
        &spec(&by_hash(&before), "{ settle \"pinned-client\" reason=\"we write each new one\"; }"),
    );
    assert_eq!(said(&sandbox, DUE), "");
    // Nobody's that is known here.
    let other = "00".repeat(32);
    sandbox.write(FILE, &spec(&format!("verify-certificate-hash \"{other}\""), ""));
    assert_eq!(said(&sandbox, DUE), "");
}

/// A server that a gateway says itself, or a Gateway of the user's own.
#[test]
fn pins_elsewhere() {
    let sandbox = Sandbox::new([(FILE, spec("", "").as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let pin = by_key(&anna(&sandbox));
    let server = format!(
        "servers {{ port number=9443 name=\"x\" protocol=\"TLS\"; hosts \"x.example.org\"; tls mode=MUTUAL credential-name=\"x\" {{ {pin}; }}; }}"
    );
    for (old, new) in [
        ("gateway \"public\"\n", format!("gateway \"public\" {{ {server} }}\n")),
        (
            "client \"bob",
            format!(
                "resource \"Gateway\" \"own\" api=\"networking.istio.io/v1\" namespace=\"default\" {{ {server} }}\nclient \"bob"
            ),
        ),
    ] {
        sandbox.write(FILE, &spec("", "").replacen(old, &new, 1));
        let found = said(&sandbox, DUE);
        assert!(found.contains("ateway `") && found.contains("knows client `anna.example.org`"), "{found}");
    }
}
