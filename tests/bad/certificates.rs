//! `certificate` nodes that can't be: in a domain, where hosts join them, and alone.

use super::case::bad;

fn in_domain(text: &str, code: &str, says: &[&str]) {
    bad(
        &format!("domain \"apps.example.com\" authority=\"corp\" gateway=\"public\" {{\n    {text}\n}}"),
        code,
        says,
    );
}

#[test]
fn certificates_of_a_domain() {
    in_domain(
        "«certificate»",
        "missing-word",
        &["`certificate` needs a name", "`certificate \"*.apps.example.com\"`"],
    );
    in_domain(
        "certificate \"*\"; certificate \"@\" \"«*.apps.example.com»\"",
        "duplicate-name",
        &["two certificates of domain `apps.example.com` are for `*.apps.example.com`", "first here"],
    );
    in_domain(
        "certificate \"«shop.other.com»\"",
        "invalid-host-name",
        &["does not lie below domain `apps.example.com`"],
    );
    in_domain(
        "certificate \"*\" «namespace»=\"x\"",
        "wrong-place",
        &["does not stand in the `certificate` of a `domain`"],
    );
    in_domain(
        "certificate \"*\" external=\"w\" key=«rsa-2048»",
        "unknown-word",
        &["`key` has no meaning for an external certificate"],
    );
    in_domain(
        "certificate \"*\" secret=\"a«-cacert»\"",
        "invalid-secret-name",
        &["name of a server's Secret"],
    );
    in_domain(
        "certificate \"*\" { metadata { labels \"«gatewright.dev/sealed»\"=\"no\"; }; }",
        "conflict",
        &["of a Secret is Gatewright's"],
    );
}

#[test]
fn a_certificate_that_nobody_issues_or_shows() {
    bad(
        "domain \"a.example\" authority=\"corp\" { certificate \"«*»\"; }",
        "missing-gateway",
        &["certificate `*.a.example` has no gateway", "nothing listens for it"],
    );
    bad(
        "domain \"a.example\" gateway=\"public\" { certificate \"«*»\"; }",
        "missing-source",
        &["nobody issues certificate `*.a.example`", "`authority=\"corp\"`"],
    );
}

#[test]
fn what_a_host_that_joins_can_not_say() {
    in_domain(
        "certificate \"*\"; host \"a\" to=\"a:80\" { server { «bind» \"10.0.0.1\"; }; }",
        "wrong-place",
        &["`server` of `a.apps.example.com` is that of the certificate that it joins", "`tls simple`"],
    );
    in_domain(
        "certificate \"*\"; host \"a\" to=\"a:80\" http=«open»",
        "conflict",
        &["share a certificate, and port 80 can't do different things", "a wildcard above it"],
    );
}

#[test]
fn certificates_that_stand_alone() {
    bad(
        "«certificate» \"db.example.com\"",
        "missing-source",
        &["has no authority", "`authority=\"corp\"`", "put it into the `domain`"],
    );
    bad(
        "certificate \"db.example.com\" authority=\"«crop»\"",
        "unknown-reference",
        &["did you mean `corp`?"],
    );
    bad(
        "«certificate» \"10.0.0.5\" authority=\"corp\"",
        "missing-word",
        &["needs a name for its Secret", "`secret=\"…\"`"],
    );
    bad(
        "certificate \"«a@example.com»\" authority=\"corp\" secret=\"a\"",
        "invalid-name",
        &["can't be a name of a server", "an e-mail address is for a `client`"],
    );
    bad(
        "host \"shop.example.com\" to=\"a:80\" { san \"10.0.0.5\" \"«a@example.com»\"; }",
        "invalid-name",
        &["can't be a name of a server", "an e-mail address is for a `client`"],
    );
    bad(
        "certificate \"db.example.com\" authority=\"corp\" { «san» \"10.0.0.5\"; }",
        "wrong-place",
        &["its names stand behind it: `certificate \"…\" \"…\"`"],
    );
    bad(
        "certificate \"«a b»\" authority=\"corp\" secret=\"a\"",
        "invalid-name",
        &["can't be a SAN", "`db.example.com`"],
    );
    bad(
        "certificate \"db.example.com\" authority=\"corp\" namespace=\"«N»s\"",
        "invalid-name",
        &["is no name of a namespace"],
    );
    bad(
        "certificate \"a.example.com\" authority=\"corp\" secret=\"x\"\ncertificate \"b.example.com\" authority=\"corp\" secret=\"«x»\"",
        "shared-secret",
        &[
            "Secret `default/x` would hold two certificates",
            "for certificate `b.example.com`",
            "for certificate `a.example.com`",
        ],
    );
    bad(
        "certificate \"db.example.com\" authority=\"corp\" valid=\"«11y»\"",
        "valid-too-long",
        &["longer than its authority"],
    );
}

#[test]
fn what_says_nothing_of_a_certificate_that_is_brought() {
    let host = |words: &str| format!("host \"shop.example.com\" to=\"a:80\" files {{ {words}; }}");
    let alone = |words: &str| format!("certificate \"db.example.com\" {{ files; {words}; }}");
    let domain = |words: &str| {
        format!(
            "domain \"apps.example.com\" gateway=\"public\" {{ certificate \"*\" {{ files; {words}; }}; }}"
        )
    };
    for around in [&host as &dyn Fn(&str) -> String, &alone, &domain] {
        for word in ["valid", "renew-key"] {
            let value = if word == "valid" { "\"«9d»\"" } else { "«#false»" };
            let says = format!("`{word}` has no meaning for a certificate that is brought in files");
            bad(&around(&format!("{word} {value}")), "unknown-word", &[&says]);
        }
        let says = &["has one key pair", "name an `authority`, which can issue two"];
        bad(&around("key ecdsa-p256 «rsa-2048»"), "conflict", says);
    }
    bad(
        "host \"shop.example.com\" to=\"a:80\" external=\"x\" renew-key=«#true»",
        "unknown-word",
        &["`renew-key` has no meaning for an external certificate"],
    );
    for (written, mend) in
        [("\"false\"", "`renew-key=#false`"), ("1", "`renew-key=#true` or `renew-key=#false`")]
    {
        let text = format!("host \"shop.example.com\" to=\"a:80\" renew-key=«{written}»");
        bad(&text, "wrong-value", &["takes `#true` or `#false`", mend]);
    }
}

#[test]
fn a_certificate_that_would_always_be_due() {
    for text in [
        "host \"shop.example.com\" to=\"a:80\" valid=\"30d\" renew-before=\"«30d»\"",
        "client \"anna.example.com\" authority=\"corp\" renew-before=\"«91d»\"",
        "authority \"a\" renew-before=\"«11y»\"",
        "certificate \"db.example.com\" authority=\"corp\" valid=\"1d\" renew-before=\"«24h»\"",
    ] {
        bad(
            text,
            "wrong-value",
            &["can't be due as soon as it is issued", "as long as it is valid, or longer"],
        );
    }
    bad(
        "host \"shop.example.com\" to=\"a:80\" external=\"x\" renew-before=\"«1d»\"",
        "unknown-word",
        &["`renew-before` has no meaning for an external certificate"],
    );
}
