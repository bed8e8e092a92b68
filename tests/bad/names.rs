//! Names: of hosts, Secrets, namespaces and files, each refused at its column.

use super::case::{Marked, bad, bad_alone, refused};
use crate::cli::sandbox::Sandbox;

#[test]
fn host_names_that_no_dns_server_answers() {
    let long = "a".repeat(64);
    let longer = format!("«{}»", vec!["a".repeat(62); 4].join("."));
    for (name, says) in [
        (
            "my«_»shop.example.com",
            vec!["`my_shop.example.com` is no host name", "underscore", "write `my-shop`"],
        ),
        ("shop.«*».example.com", vec!["a wildcard can only be the first label"]),
        ("sh«*»p.example.com", vec!["a wildcard stands for a whole label"]),
        ("«*»*.example.com", vec!["a wildcard stands for a whole label"]),
        ("shop«:8443»", vec!["a port does not belong to a host name", "`port` at the `gateway`"]),
        (
            "«https://»shop.example.com",
            vec!["a URL; only the host name belongs here", "leave the scheme out"],
        ),
        ("shop.example.com«/cart»", vec!["a path does not belong to a host name", "`route`"]),
        ("shop«..»example.com", vec!["an empty label between two dots"]),
        ("«-»shop.example.com", vec!["must start with a letter or digit"]),
        ("shop«-».example.com", vec!["must end with a letter or digit"]),
        ("sh« »op", vec!["holds only `a-z`, `0-9` and `-`"]),
        ("«192.168.0.1»", vec!["an IP address; certificates and routes go by names", "`shop.example.com`"]),
        ("«[::1]»", vec!["an IP address; certificates and routes go by names"]),
        ("«shop.10»", vec!["whose last label is a number"]),
        ("«.»", vec!["an empty host name", "write the name that people type"]),
        ("sh«!»op", vec!["holds only `a-z`, `0-9` and `-`"]),
    ] {
        bad(&format!("host \"{name}\" to=\"a:80\""), "invalid-host-name", &says);
    }
    bad(
        "host «\"a\\u{0}b\"» to=\"a:80\"",
        "invalid-host-name",
        &["holds only `a-z`, `0-9` and `-`", "write letters and digits"],
    );
    let text = format!("host \"shop.«{long}».example.com\" to=\"a:80\"");
    bad(&text, "invalid-host-name", &["64 characters in one label", "DNS allows 63"]);
    bad(
        &format!("host \"{longer}.example.com\" to=\"a:80\"").replace("».example.com", ".example.com»"),
        "invalid-host-name",
        &["263 characters", "DNS allows 253"],
    );
    bad_alone(
        "authority \"corp\"\ngateway \"public\"\nhost \"«shop»\" authority=\"corp\" gateway=\"public\" to=\"a:80\"",
        "invalid-host-name",
        &["at least two labels", "move the host into its `domain`"],
    );
    bad(
        "host \"«@»\" to=\"a:80\"",
        "invalid-host-name",
        &["the domain that a host stands in", "stands in no domain"],
    );
}

/// What starts as punycode does must be what IDNA writes.
#[test]
fn names_in_punycode() {
    for name in ["«xn--zzzzzzzzzzz».example.com", "www.«xn--bcher-kvb9».example", "«xn--a»"] {
        bad(
            &format!("host \"{name}\" to=\"a:80\""),
            "invalid-host-name",
            &["starts as punycode does", "write the name in Unicode"],
        );
    }
    bad("host \"«_»\" to=\"a:80\"", "invalid-host-name", &["underscore", "write letters, digits and `-`"]);
}

/// A name that ends as full ones do is not made longer in silence.
#[test]
fn a_full_name_of_elsewhere_in_a_domain() {
    let domain = |name: &str, host: &str| {
        format!("domain \"{name}\" authority=\"corp\" gateway=\"public\" {{ host \"{host}\" to=\"a:80\"; }}")
    };
    for (name, host) in [
        ("example.org", "«shop.example.net»"),
        ("example.org", "«shop.org»"),
        ("example.de", "«www.other.de»"),
        ("example.dev", "«shop.com»"),
    ] {
        let bare = host.trim_matches(['«', '»']);
        bad(
            &domain(name, host),
            "invalid-host-name",
            &[
                &format!("does not lie below domain `{name}`"),
                "move it out of this domain",
                &format!("if it is meant below the domain: `{bare}.{name}`"),
            ],
        );
    }
    for (name, host) in [
        ("example.org", "shop.de"),
        ("example.org", "shop.net.example.org"),
        ("example.org", "net"),
        ("example.org", "a.b"),
    ] {
        let sandbox = Sandbox::new([(
            "specs/a.kdl",
            format!("authority \"corp\"\ngateway \"public\"\n{}", domain(name, host)).as_str(),
        )]);
        sandbox.run(&["render"]).ends_with(0);
    }
}

#[test]
fn names_of_domains() {
    bad(
        "domain \"«*.example.org»\" authority=\"corp\" gateway=\"public\"",
        "invalid-host-name",
        &["is no domain", "a domain has no wildcard", "host \"*\""],
    );
    bad(
        "domain \"my«_»shop.org\" authority=\"corp\" gateway=\"public\" { host \"a\" to=\"a:80\"; }",
        "invalid-host-name",
        &["is no domain", "underscore"],
    );
    bad(
        "domain \"example.org\" authority=\"corp\" gateway=\"public\" { host \"«shop.example.com»\" to=\"a:80\"; }",
        "invalid-host-name",
        &["does not lie below domain `example.org`", "move it into `domain \"example.com\"`"],
    );
    bad(
        "domain \"example.org\" authority=\"corp\" gateway=\"public\" { host \"«shop.example.net.»\" to=\"a:80\"; }",
        "invalid-host-name",
        &["does not lie below domain `example.org`", "move it out"],
    );
}

/// However a name is written: case, a trailing dot, Unicode, short in its domain, in another file.
#[test]
fn one_host_is_defined_once() {
    for (first, second) in [
        ("host \"shop.example.com\" to=\"a:80\"", "host \"«shop.example.com»\" to=\"b:80\""),
        ("host \"shop.example.com\" to=\"a:80\"", "host \"«Shop.EXAMPLE.com»\" to=\"b:80\""),
        ("host \"shop.example.com\" to=\"a:80\"", "host \"«shop.example.com.»\" to=\"b:80\""),
        ("host \"bücher.example.com\" to=\"a:80\"", "host \"«xn--bcher-kva.example.com»\" to=\"b:80\""),
        ("host \"bücher.example.com\" to=\"a:80\"", "host \"«BÜCHER.example.com»\" to=\"b:80\""),
        ("host \"*.example.com\" to=\"a:80\"", "host \"«*.Example.com»\" to=\"b:80\""),
    ] {
        for between in ["\n", "\n//// specs/other.kdl\n"] {
            bad(
                &format!("{first}{between}{second}"),
                "duplicate-host",
                &["is defined twice", "defined again here", "first defined here", "keep one of them"],
            );
        }
    }
    bad_alone(
        "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\" {\n    host \"shop\" to=\"a:80\"\n}\n//// specs/other.kdl\nhost \"«shop.example.com»\" to=\"b:80\"",
        "duplicate-host",
        &["host `shop.example.com` is defined twice"],
    );
}

#[test]
fn other_things_are_defined_once_too() {
    for text in [
        "authority \"«corp»\"",
        "gateway \"«public»\"",
        "domain \"«Example.com»\"",
        "client \"a.example.com\" authority=\"corp\"\n//// specs/other.kdl\nclient \"«a.example.com»\" authority=\"corp\"",
        "service \"a\" { subset \"v1\" version=\"v1\"; }\nservice \"«a»\" { subset \"v2\" version=\"v2\"; }",
    ] {
        // The base is read last, so its own is the second where a case repeats one of it.
        let marked = Marked::new(&format!("{text}\n"));
        let sandbox = marked.sandbox();
        let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";
        sandbox.write("specs/aa-base.kdl", base);
        refused(&sandbox, "render", 2).one(
            "duplicate-name",
            marked.place(),
            &["is defined twice", "first defined here", "keep one"],
        );
    }
}

#[test]
fn secret_names_that_no_server_may_have() {
    let host =
        |secret: &str| format!("host \"a.example.com\" to=\"a:80\" {{ tls simple secret=\"{secret}\"; }}");
    for (secret, says) in [
        ("my«_»secret", &["the API server takes only `a-z`, `0-9`, `-` and `.`"][..]),
        ("«M»ySecret", &["the API server takes only", "write `mysecret`"]),
        ("shop«-cacert»", &["as trust anchors only", "choose a name without `-cacert` at its end"]),
        ("shop«/»tls", &["the API server takes only"]),
        ("«-»shop", &["must start and end with a letter or digit"]),
        ("shop«..»tls", &["two dots with nothing between them", "write `shop.tls`"]),
        ("trail«.»", &["a dot at the end", "write `trail`"]),
    ] {
        bad(&host(secret), "invalid-secret-name", says);
    }
    bad(&host(&format!("«{}»", "a".repeat(254))), "invalid-secret-name", &["254 characters", "at most 253"]);
    bad(&host(&format!("«{}»", "a".repeat(250))), "invalid-secret-name", &["leaves no room for `-cacert`"]);
    bad(
        "host \"a.example.com\" external=\"their«-cacert»\" to=\"a:80\"",
        "invalid-secret-name",
        &["as trust anchors only"],
    );
}

#[test]
fn one_secret_holds_one_certificate() {
    let host = |name: &str, secret: &str| {
        format!("host \"{name}.example.com\" to=\"a:80\" {{ tls simple secret=\"{secret}\"; }}\n")
    };
    let says = [
        "Secret `istio-system/shop-tls` would hold two certificates",
        "for host `a.example.com`",
        "for host `b.example.com`",
        "a Secret of its own",
    ];
    bad(&(host("a", "shop-tls") + &host("b", "«shop-tls»")), "shared-secret", &says);
    bad(
        &(host("b", "«shop-tls»") + "//// specs/other.kdl\n" + &host("a", "shop-tls")),
        "shared-secret",
        &says,
    );
    bad(
        &("host \"a.example.com\" to=\"a:80\" external=\"shop-tls\"\n".to_owned() + &host("b", "«shop-tls»")),
        "shared-secret",
        &says,
    );
    // The default name of one host, said at another.
    bad(
        &("host \"a.example.com\" to=\"a:80\"\n".to_owned() + &host("b", "«a.example.com-tls»")),
        "shared-secret",
        &["would hold two certificates"],
    );
}

#[test]
fn names_of_other_things() {
    for (text, says) in [
        (
            "authority \"my«_»ca\"",
            &["is no name of an authority", "names a folder below `pki/`", "write `my-ca`"][..],
        ),
        ("authority \"«leaves»\"", &["`pki/leaves/`", "choose another name"]),
        ("gateway \"my«.»gateway\"", &["is no name of a Gateway", "holds only `a-z`, `0-9` and `-`"]),
        ("gateway \"g\" namespace=\"«I»stio\"", &["is no name of a namespace", "write `istio`"]),
        ("host \"a.example.com\" to=\"a:80\" namespace=\"team«_»a\"", &["is no name of a namespace"]),
        ("service \"a\" { subset \"v«_»1\" version=\"v1\"; }", &["is no name of a subset"]),
        (
            "service \"a\" { subset \"v1\" version=\"v«/»1\"; }",
            &["is no value of a Kubernetes label", "letters, digits"],
        ),
        (
            "client \"«Anna Smith»\" authority=\"corp\"",
            &["can't be a SAN", "neither a DNS name", "add one: `san"],
        ),
        (
            "client \"anna.example.com\" authority=\"corp\" san=\"«not a name»\"",
            &["can't be a SAN", "write such as `client.example.com`"],
        ),
        (
            "client \"«Nobody.invalid.»\" authority=\"corp\"",
            &["a client can't have the name `nobody.invalid`", "below a domain of your own"],
        ),
        (
            "client \"anna.example.com\" authority=\"corp\" { san \"anna.example.com\" \"«*.invalid»\"; }",
            &["a client can't have the name `*.invalid`"],
        ),
        (
            "host \"shop.example.com\" to=\"a:80\" san=\"«10.0.0.5:443»\"",
            &["can't be a SAN", "nor an IP address", "`10.0.0.5`"],
        ),
    ] {
        bad(text, "invalid-name", says);
    }
}

/// Names of roles are whatever may stand in a path. Each has a file of its own, on every file system.
#[test]
fn roles_have_names_of_any_characters() {
    const API: &str = "api=\"rbac.authorization.k8s.io/v1\"";
    let role = |name: &str| format!("resource \"ClusterRole\" \"{name}\" {API} {{ (raw-array)rules; }}\n");
    let spec: String = ["system:node", "Foo_bar", "foo_bar", "a b"].into_iter().map(role).collect();
    let bound = format!(
        "resource \"RoleBinding\" \"to:Foo\" {API} {{ (raw)roleRef kind=\"ClusterRole\" name=\"system:node\"; }}\n"
    );
    let sandbox = Sandbox::new([("specs/a.kdl", format!("{spec}{bound}").as_str())]);
    sandbox.run(&["render"]).ends_with(0);
    let list = sandbox.read("out/_cluster/kustomization.yaml");
    for (file, name) in
        [("system%3anode", "system:node"), ("%46oo_bar", "Foo_bar"), ("foo_bar", "foo_bar"), ("a%20b", "a b")]
    {
        let text = sandbox.read(&format!("out/_cluster/clusterrole-{file}.yaml"));
        assert!(text.contains(&format!("  name: {name}\n")), "{text}");
        assert!(list.contains(&format!("- clusterrole-{file}.yaml\n")), "{list}");
    }
    assert!(sandbox.read("out/default/rolebinding-to%3a%46oo.yaml").contains("name: system:node\n"));
    sandbox.run(&["check"]).ends_with(0);
    let again = sandbox.everything();
    sandbox.run(&["render"]).ends_with(0);
    assert!(sandbox.everything() == again);
    for (name, column, says) in [("a/b", 26, "no `/` and no `%`"), ("..", 25, "means a folder")] {
        let sandbox = Sandbox::new([("specs/a.kdl", role(name).as_str())]);
        refused(&sandbox, "render", 2).one("invalid-name", &format!("specs/a.kdl:1:{column}"), &[says]);
    }
    let sandbox =
        Sandbox::new([("specs/a.kdl", "resource \"Pod\" \"a:b\" api=\"v1\" { (raw)spec { a 1; }; }")]);
    refused(&sandbox, "render", 2).one("invalid-name", "specs/a.kdl:1:18", &["only `a-z`"]);
}

/// 253 characters are a name, and with what a file's name has around it they are more than 255.
#[test]
fn names_that_no_file_can_have() {
    let label = |letter: &str, length: usize| letter.repeat(length);
    let host =
        format!("{}.{}.{}.{}.example.com", label("a", 60), label("b", 60), label("c", 60), label("d", 57));
    assert_eq!(host.len(), 252);
    let text = format!("host \"«{host}»\" to=\"a:80\" {{ tls simple secret=\"short\"; }}");
    bad(&text, "invalid-name", &["no file can be called `virtualservice-", "bytes", "a shorter name"]);
    let secret = label("s", 240);
    let text = format!("host \"a.example.com\" to=\"a:80\" {{ tls simple secret=\"«{secret}»\"; }}");
    bad(&text, "invalid-name", &["no file can be called `secret-", "fewer characters"]);
    let text =
        format!("host \"a.example.com\" to=\"a:80\" {{ tls mutual secret=\"«{}»\"; }}", label("s", 237));
    bad(&text, "invalid-name", &["-cacert.yaml"]);
    let service =
        format!("{}.{}.{}.{}.example.net", label("a", 60), label("b", 60), label("c", 60), label("d", 50));
    let text = format!(
        "service \"«{service}»\" {{ subset \"v1\" version=\"v1\"; }}\nhost \"a.example.com\" to=\"a:80\""
    );
    bad(&text, "invalid-name", &["no file can be called `destinationrule-"]);
    let text = format!(
        "host \"«{}.{}.{}.{}.example.com»\" to=\"a:80\"",
        label("a", 60),
        label("b", 60),
        label("c", 60),
        label("d", 54)
    );
    bad(
        &text,
        "invalid-secret-name",
        &["the default name of this host's Secret is too long", "name the Secret"],
    );
    // One that fits to the byte is taken.
    let sandbox = Sandbox::new([("specs/a.kdl", format!("authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" {{ tls simple secret=\"{}\"; }}", label("s", 238)).as_str())]);
    sandbox.run(&["render"]).ends_with(0);
}
