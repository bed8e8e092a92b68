//! Certificates from cert-manager that can't be, and Secrets that two would make.

use super::case::{bad, bad_alone, refused};
use crate::cli::sandbox::Sandbox;

#[test]
fn a_certificate_comes_from_one_place() {
    for (words, keep) in [
        ("authority=\"corp\" «cert-manager»=\"le\"", "keep `authority` or `cert-manager`"),
        ("cert-manager=\"le\" «external»=\"x\"", "keep `cert-manager` or `external`"),
        ("«files» authority=\"corp\"", "keep `authority` or `files`"),
    ] {
        bad(
            &format!("host \"a.example.com\" {words} gateway=\"public\" to=\"a:80\""),
            "conflict",
            &["comes from one place", keep],
        );
    }
}

#[test]
fn what_an_issuer_is_not_asked_for() {
    let host = |inner: &str| format!("host \"a.example.com\" gateway=\"public\" to=\"a:80\" {{ {inner}; }}");
    bad(&host("cert-manager \"«L»e\""), "invalid-name", &["is no name of an issuer"]);
    bad(&host("cert-manager \"a\"; «cert-manager» \"b\""), "said-twice", &["cert-manager"]);
    bad(&host("cert-manager \"a\" challenge=«tls-alpn-01»"), "unknown-word", &["can't be `tls-alpn-01`"]);
    bad(
        &host("cert-manager \"a\" { «dns-names» \"b.example.com\"; }"),
        "wrong-place",
        &["decided by a word of its own", "the names are those of the node around it"],
    );
    bad(
        &host("cert-manager \"a\" { private-key «size»=4096; }; key rsa-2048"),
        "conflict",
        &["`privateKey.size` has two sources"],
    );
    bad(&host("cert-manager \"a\"; valid \"«59m»\""), "wrong-value", &["no `valid` as short as this"]);
    bad(
        &host("cert-manager \"a\"; renew-before \"«4m»\""),
        "wrong-value",
        &["no `renew-before` as short as this"],
    );
    bad(
        &host("cert-manager \"a\"; valid \"1d\"; renew-before \"«1d»\""),
        "wrong-value",
        &["can't be due as soon as it is issued"],
    );
}

/// The authority that let its clients in issues no more: whom the issuer's own lets in was nobody's decision.
#[test]
fn a_mutual_host_says_whose_clients_it_lets_in() {
    for (source, why) in [("cert-manager=\"le\"", "its issuer's own"), ("files", "no authority for clients")]
    {
        let host = |tls: &str| {
            format!("host \"a.example.com\" {source} gateway=\"public\" to=\"a:80\" {{ tls {tls}; }}")
        };
        for mode in ["mutual", "optional-mutual"] {
            let says = &[
                "nothing here says whose clients",
                "`clients \"…\"`",
                "`ca-cert-credential-name \"…-cacert\"`",
                why,
            ];
            bad(&host(&format!("«{mode}»")), "external-clients", says);
        }
    }
    let spec = "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" cert-manager=\"le\" gateway=\"public\" to=\"a:80\" { tls mutual; }\n";
    for (words, own) in
        [("mutual { clients \"corp\"; }", true), ("mutual { ca-cert-credential-name \"x-cacert\"; }", false)]
    {
        let text = spec.replace("mutual;", &format!("{words};"));
        let sandbox = Sandbox::new([("specs/a.kdl", text.as_str())]);
        sandbox.run(&["render"]).ends_with(0);
        let trust = sandbox.path("out/istio-system/secret-a.example.com-cert-manager-cacert.yaml");
        assert_eq!(trust.exists(), own, "{words}");
    }
}

#[test]
fn authorities_of_istiods() {
    bad("«cacerts» \"one\"", "missing-word", &["needs `authority`"]);
    bad("cacerts \"one\" authority=\"«crop»\"", "unknown-reference", &["did you mean `corp`?"]);
    bad("cacerts \"«O»ne\" authority=\"corp\"", "invalid-name", &["is no name of a cluster"]);
    bad(
        "cacerts \"one\" authority=\"corp\"\ncacerts \"«one»\" authority=\"corp\"",
        "duplicate-name",
        &["cacerts `one` is defined twice"],
    );
    bad(
        "cacerts \"one\" authority=\"corp\" valid=\"«11y»\"",
        "valid-too-long",
        &["longer than its authority"],
    );
    bad(
        "authority \"under\" authority=\"corp\" { permitted \"example.com\"; }\ncacerts \"one\" authority=\"«under»\"",
        "name-constraints",
        &["istiod of `one` must issue for any name", "`unconstrained` at authority `under`"],
    );
}

#[test]
fn two_keys_are_one_of_each_sort() {
    let host = |key: &str| format!("host \"a.example.com\" to=\"a:80\" {{ key {key}; }}");
    bad(&host("rsa-2048 «rsa-3072»"), "conflict", &["one RSA and one ECDSA"]);
    bad(&host("rsa-2048 ecdsa-p256 «ecdsa-p384»"), "conflict", &["two key pairs at most"]);
    bad(&host("rsa-2048 «dsa»"), "unknown-word", &["`key` can't be `dsa`"]);
    bad(&host("rsa-2048 «rsa-2048»"), "conflict", &["one RSA and one ECDSA"]);
    bad(
        "client \"a@example.com\" authority=\"corp\" { key rsa-2048 «ecdsa-p256»; }",
        "unknown-word",
        &["takes one value"],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { key ecdsa-p256 rsa-2048; tls secret=\"x\"; }\nhost \"b.example.com\" to=\"b:80\" { tls secret=\"«x-rsa»\"; }",
        "shared-secret",
        &["Secret `istio-system/x-rsa` would hold two certificates"],
    );
}

#[test]
fn a_wildcard_is_not_proved_on_port_80() {
    bad(
        "host \"«*.example.com»\" gateway=\"public\" to=\"a:80\" { cert-manager \"le\" challenge=http-01; }",
        "acme-challenge",
        &["no ACME issuer proves the wildcard `*.example.com` on port 80", "DNS-01"],
    );
    bad_alone(
        "gateway \"public\"\ndomain \"«example.com»\" gateway=\"public\" { certificate \"@\" \"*\" { cert-manager \"le\" challenge=http-01; }; }",
        "acme-challenge",
        &["no ACME issuer proves the wildcard"],
    );
}

#[test]
fn two_that_would_write_one_secret() {
    bad(
        "resource \"Certificate\" \"x\" api=\"cert-manager.io/v1\" namespace=\"istio-system\" { «secret-name» \"a.example.com-tls\"; dns-names \"a.example.com\"; issuer-ref name=\"le\"; }\nhost \"a.example.com\" to=\"a:80\"",
        "contested-secret",
        &[
            "Secret `istio-system/a.example.com-tls` would be written twice",
            "host `a.example.com`, whose Secret is sealed here",
        ],
    );
    bad(
        "host \"a.example.com\" cert-manager=\"le\" to=\"a:80\" { tls secret=\"x\"; }\nhost \"b.example.com\" cert-manager=\"le\" to=\"b:80\" { tls secret=\"«x»\"; }",
        "shared-secret",
        &["would hold two certificates"],
    );
}

const OURS: &str = "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" gateway=\"public\" to=\"a:80\" authority=\"corp\" { tls secret=\"a-tls\"; }\n";

/// A Secret goes from one to another under another name only, both ways.
#[test]
fn a_secret_does_not_change_hands_under_its_name() {
    let sandbox = Sandbox::new([("specs/a.kdl", OURS)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    for (source, place) in [
        ("cert-manager=\"le\" { tls secret=\"a-tls\"; }", "specs/a.kdl:3:81"),
        ("external=\"a-tls\"", "specs/a.kdl:3:59"),
    ] {
        let text = OURS.replace("authority=\"corp\" { tls secret=\"a-tls\"; }", source);
        sandbox.write("specs/a.kdl", &text);
        for call in ["render", "check"] {
            let says = ["can't change hands under its name", "once it leaves the tree"];
            refused(&sandbox, call, 2).one("contested-secret", place, &says);
        }
    }
    sandbox.write(
        "specs/a.kdl",
        &OURS.replace("authority=\"corp\" { tls secret=\"a-tls\"; }", "cert-manager=\"le\""),
    );
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
    let back = OURS.replace("a-tls", "a.example.com-cert-manager");
    sandbox.write("specs/a.kdl", &back);
    let says = ["can't change hands under its name", "would take turns"];
    refused(&sandbox, "render", 2).one("contested-secret", "specs/a.kdl:3:80", &says);
    sandbox.write("specs/a.kdl", OURS);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
}

/// What serves a host goes on only if the Secret that comes after is there: cert-manager must have made it.
#[test]
fn a_host_waits_for_what_cert_manager_makes() {
    let sandbox = Sandbox::new([("specs/a.kdl", OURS)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let over = OURS.replace("authority=\"corp\" { tls secret=\"a-tls\"; }", "cert-manager=\"le\"");
    sandbox.write("specs/a.kdl", &over);
    let run = sandbox.run(&["check"]);
    let says = run.stderr.split("write `").nth(1).and_then(|rest| rest.split('`').next()).unwrap_or_default();
    assert!(run.stderr.contains("warning[awaited-secret]: host `a.example.com` goes over"), "{run:?}");
    let settled = over
        .replace("cert-manager=\"le\"", "cert-manager=\"le\" { settle \"awaited-secret\" reason=\"x\"; }");
    sandbox.write("specs/a.kdl", &settled);
    assert!(!sandbox.run(&["check"]).stderr.contains("awaited-secret"));

    // As the help says.
    sandbox.write("specs/a.kdl", &format!("{OURS}{says}\n"));
    sandbox.run(&["render"]).ends_with(0);
    let certificate = "out/istio-system/certificate-a.example.com-cert-manager.yaml";
    let body = |text: String| text.split_once('\n').unwrap().1.to_owned();
    let before = body(sandbox.read(certificate));
    assert!(sandbox.read("out/default/gateway-public.yaml").contains("credentialName: a-tls"));
    sandbox.write("specs/a.kdl", &over);
    let run = sandbox.run(&["render"]).ends_with(0);
    assert!(!run.stderr.contains("awaited-secret"), "{run:?}");
    assert_eq!(body(sandbox.read(certificate)), before, "the Certificate is the same");

    // Another name is another Secret; and two keys are two.
    for words in
        ["cert-manager=\"le\" { tls secret=\"b-tls\"; }", "cert-manager=\"le\" { key ecdsa-p256 rsa-2048; }"]
    {
        sandbox.write("specs/a.kdl", &over.replace("cert-manager=\"le\"", words));
        assert!(sandbox.run(&["check"]).stderr.contains("[awaited-secret]"), "{words}");
    }
    // A host that was not served before has nothing to lose, and on the way back the Secret comes with the Gateway.
    let new = over.replace("host \"a.", "host \"new.").lines().last().unwrap().to_owned();
    sandbox.write("specs/a.kdl", &format!("{over}{new}\n"));
    assert!(!sandbox.run(&["check"]).stderr.contains("awaited-secret"));
    sandbox.write("specs/a.kdl", OURS);
    assert!(!sandbox.run(&["check"]).stderr.contains("awaited-secret"));
}

/// A Secret that somebody else's Certificate has made serves on; one in another namespace is another one.
#[test]
fn a_secret_that_is_there_is_not_awaited() {
    let host = |source: &str| OURS.replace("authority=\"corp\" { tls secret=\"a-tls\"; }", source);
    let sandbox = Sandbox::new([("specs/a.kdl", host("external=\"a-tls\"").as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let taken = host("cert-manager=\"le\" { tls secret=\"a-tls\"; }");
    sandbox.write("specs/a.kdl", &taken);
    let run = sandbox.run(&["render"]).ends_with(0);
    assert!(!run.stderr.contains("awaited-secret"), "{run:?}");
    let away = taken.replace("gateway \"public\"\n", "gateway \"public\" workload-namespace=\"infra\"\n");
    sandbox.write("specs/a.kdl", &away);
    let run = sandbox.run(&["check"]);
    assert!(run.stderr.contains("[awaited-secret]"), "{run:?}");
}

/// All that one word moves is told at once.
#[test]
fn a_domain_that_goes_over_is_told_once() {
    let spec = |source: &str| {
        let hosts: String = (1..6).map(|n| format!("    host \"h{n}\" to=\"a:80\"\n")).collect();
        format!(
            "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" gateway=\"public\" {source} {{\n    certificate \"*.apps\"\n    host \"x.apps\" to=\"a:80\"\n{hosts}}}\n"
        )
    };
    let sandbox = Sandbox::new([("specs/a.kdl", spec("authority=\"corp\"").as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("specs/a.kdl", &spec("cert-manager=\"le\""));
    let run = sandbox.run(&["check"]);
    assert_eq!(run.stderr.matches("[awaited-secret]").count(), 1, "{run:?}");
    assert!(run.stderr.contains("7 hosts, `*.apps.example.com`, `h1.example.com`"), "{run:?}");
}

/// The lines of a finding that are to be written beside the hosts.
fn lines(stderr: &str) -> String {
    let text = stderr.split("and write `").nth(1).and_then(|rest| rest.split("` beside").next());
    let text = text.unwrap_or_else(|| panic!("{stderr}")).lines().map(str::trim_start);
    text.collect::<Vec<_>>().join("\n")
}

/// Follows the help to the letter: the Certificates of both commits are the same.
#[track_caller]
fn in_two_commits(before: &str, after: &str, certificates: &[&str]) {
    let sandbox = Sandbox::new([("specs/a.kdl", before)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("specs/a.kdl", after);
    let run = sandbox.run(&["check"]);
    let beside = lines(&run.stderr);
    sandbox.write("specs/a.kdl", &format!("{before}{beside}\n"));
    let first = sandbox.run(&["render"]).ends_with(0);
    assert!(!first.stderr.contains("error"), "{first:?}");
    let body = |path: &&str| {
        let text = sandbox.read(&format!("out/{path}"));
        text.split_once('\n').unwrap().1.to_owned()
    };
    let made: Vec<String> = certificates.iter().map(body).collect();
    sandbox.write("specs/a.kdl", after);
    let second = sandbox.run(&["render"]).ends_with(0);
    assert!(!second.stderr.contains("awaited-secret"), "{second:?}");
    assert_eq!(certificates.iter().map(body).collect::<Vec<_>>(), made, "{beside}");
}

#[test]
fn the_lines_beside_a_host_give_the_same_certificate() {
    let own = "authority=\"corp\" { tls secret=\"a-tls\"; }";
    let one = "istio-system/certificate-a.example.com-cert-manager.yaml";
    let two = "istio-system/certificate-a.example.com-cert-manager-rsa.yaml";
    for (source, certificates) in [
        ("cert-manager=\"le\"", &[one][..]),
        ("{ cert-manager \"vault\" kind=Issuer; key rsa-2048; }", &[one]),
        ("cert-manager=\"le\" key=rsa-3072 valid=\"60d\" renew-before=\"36h\" renew-key=#false", &[one]),
        ("cert-manager=\"le\" { key ecdsa-p384 rsa-2048; }", &[one, two]),
        (
            "{
                cert-manager \"vault\" kind=AWSPCAIssuer group=\"awspca.cert-manager.io\" challenge=dns-01 {
                    private-key encoding=PKCS8
                    revision-history-limit 3
                    keystores { pkcs12 create=#true { password-secret-ref name=\"p\" key=\"k\"; }; }
                }
                subject common-name=\"a.example.com\" organization=\"O \\\"&\\\" Co\" organizational-unit=\"U\" country=\"DE\" state=\"S\" locality=\"L\"
                san \"b.example.com\" \"10.0.0.5\" \"spiffe://a/b\"
                valid \"90m\"
                renew-before \"330s\"
                secret { metadata { labels team=\"x\"; annotations \"a/b\"=\"c d\"; }; }
            }",
            &[one],
        ),
    ] {
        in_two_commits(OURS, &OURS.replace(own, source), certificates);
    }
    // The second key alone is new.
    let ordered = OURS.replace(own, "cert-manager=\"le\"");
    in_two_commits(
        &ordered,
        &OURS.replace(own, "cert-manager=\"le\" { key ecdsa-p256 rsa-2048; }"),
        &[one, two],
    );
    // The pods of a gateway move, and what they read with them.
    let away = ordered.replace("gateway \"public\"\n", "gateway \"public\" workload-namespace=\"infra\"\n");
    in_two_commits(&ordered, &away, &["infra/certificate-a.example.com-cert-manager.yaml"]);
    let sandbox = Sandbox::new([("specs/a.kdl", ordered.as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("specs/a.kdl", &away);
    let run = sandbox.run(&["check"]);
    assert!(run.stderr.contains("until one of that name is made in namespace `infra`"), "{run:?}");
}

#[test]
fn the_lines_beside_a_domain_give_the_same_certificates() {
    let spec = |source: &str, key: &str| {
        format!(
            "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" gateway=\"public\" {source} {{\n    {key}\n    certificate \"*.apps\"\n    host \"x.apps\" to=\"a:80\"\n    host \"h\" to=\"a:80\"\n    host \"i\" to=\"a:80\" {{ subject organization=\"I\"; }}\n}}\n"
        )
    };
    in_two_commits(
        &spec("authority=\"corp\"", ""),
        &spec("cert-manager=\"le\"", "valid \"60d\""),
        &[
            "istio-system/certificate-wildcard.apps.example.com-cert-manager.yaml",
            "istio-system/certificate-h.example.com-cert-manager.yaml",
            "istio-system/certificate-i.example.com-cert-manager.yaml",
        ],
    );
}

/// A Secret that something else made gets no second maker in silence.
#[test]
fn a_secret_that_something_else_may_still_make() {
    let external = OURS.replace("authority=\"corp\" { tls secret=\"a-tls\"; }", "external=\"a-tls\"");
    let sandbox = Sandbox::new([("specs/a.kdl", external.as_str())]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("specs/a.kdl", OURS);
    let says = "notice[contested-secret]: the Gateway shows Secret `a-tls` for host `a.example.com` already";
    let run = sandbox.run(&["check"]);
    assert!(run.stderr.contains(says) && run.stderr.contains("would take turns"), "{run:?}");
    assert!(run.stderr.contains("specs/a.kdl:3:80"), "{run:?}");
    sandbox.write("specs/a.kdl", &OURS.replace("a-tls", "b-tls"));
    assert!(!sandbox.run(&["check"]).stderr.contains("contested-secret"));
    let settled =
        OURS.replace("{ tls", "{ settle \"contested-secret\" reason=\"nobody else makes it now\"; tls");
    sandbox.write("specs/a.kdl", &settled);
    assert!(!sandbox.run(&["check"]).stderr.contains("contested-secret"));
    sandbox.write("specs/a.kdl", OURS);
    let run = sandbox.run(&["render"]).ends_with(0);
    assert!(run.stderr.contains(says), "{run:?}");
    // Ours by now, and where it is lost.
    assert!(!sandbox.run(&["check"]).stderr.contains("contested-secret"));
    sandbox.remove("out/istio-system/secret-a-tls.sops.yaml");
    assert!(!sandbox.run(&["check"]).stderr.contains("contested-secret"));
    // A name that nobody wrote is nobody else's, whatever waited.
    let plain = OURS.replace(" { tls secret=\"a-tls\"; }", "");
    let sandbox = Sandbox::new([("specs/a.kdl", "authority \"corp\"\n")]);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("specs/a.kdl", &plain);
    sandbox.run(&["render"]).ends_with(3);
    assert!(!sandbox.run(&["check"]).stderr.contains("contested-secret"));
}
