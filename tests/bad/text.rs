//! Text that is no KDL, and words that mean nothing where they stand.

use super::case::{Marked, bad, bad_alone, refused};
use crate::cli::sandbox::Sandbox;

#[test]
fn syntax_has_a_hint_for_the_usual_mistakes() {
    for (text, says) in [
        ("gateway \"g\" per-certificate=«true»", ["a bare `true`", "write `#true`"]),
        ("gateway \"g\" per-certificate=«false»", ["a bare `false`", "write `#false`"]),
        ("host \"a\" timeout=«10s» to=\"a:80\"", ["starts with a digit", "write `\"10s\"`"]),
        ("client \"a\" valid=«365d»", ["starts with a digit", "write `\"365d\"`"]),
        ("route «/x» host=\"a.example.com\" to=\"a:80\"", ["holds a `/`", "write `\"/x\"`"]),
        (
            "service \"a\" { subset \"v1\" «app.kubernetes.io/name»=\"a\"; }",
            ["holds a `/`", "write `\"app.kubernetes.io/name\"=`"],
        ),
        ("client «'a'»", ["quotes nothing", "write `\"a\"`"]),
        ("client «“a”»", ["quotes nothing", "write `\"a\"`"]),
        ("«#» a comment\nclient \"a\"", ["starts no comment", "comments start with `//`"]),
        ("host «\"a»\nclient \"b\"", ["never closed", "add the `\"`"]),
        ("host \"a\" «{»\n  route \"/x\" to=\"a:80\"\n", ["never closed", "add the `}`"]),
        ("host \"a\" to=\"a:80\"\n«}»\n", ["closes nothing", "remove it"]),
        ("«/*» never ends\n", ["never closed", "close it with `*/`"]),
        ("host \"a\" to«=» \n", ["nothing stands behind `=`", "write `name=\"value\"`"]),
        ("client \"a\"«,» \"b\"", ["not separated by commas", "write `\"a\" \"b\"`"]),
        ("host \"a\"\n«{»\n}\n", ["belongs to no node", "put `{` at the end"]),
        ("client \"a«\\d»\" ", ["is no escape", "raw string"]),
        ("client «(text)»\"a\"", ["no type annotations", "remove it"]),
        ("host \"a\" { clients «[»\"a\"] }", ["has no meaning here", "side by side"]),
        ("«host =» \"a\"", ["no `=` belongs behind it", "write `host \"a\"`"]),
    ] {
        let marked = Marked::new(text);
        refused(&marked.sandbox(), "render", 2).says("syntax", marked.place(), &says);
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for (text, code) in [
        (format!("host \"a\" {}", "{ route ".repeat(100_000)), "too-deep"),
        ("/*".repeat(100_000), "too-deep"),
        ("{".repeat(100_000), "syntax"),
        ("/-".repeat(100_000), "syntax"),
        ("((".repeat(100_000), "syntax"),
    ] {
        let sandbox = Sandbox::new([("specs/a.kdl", text.as_str())]);
        let found = refused(&sandbox, "render", 2);
        assert!(found.errors().iter().any(|finding| finding.code == code), "{}", found.human);
        assert!(found.errors().len() <= 101);
    }
}

#[test]
fn unknown_words_have_a_suggestion() {
    for (text, code, says) in [
        ("«hots» \"shop\" to=\"shop:80\"", "unknown-word", ["no word `hots`", "did you mean `host`?"]),
        ("«zoo» \"shop\"", "unknown-word", ["no word `zoo`", "takes `secrets`, `authority`"]),
        (
            "«ingress» \"shop\"",
            "unknown-word",
            ["no word `ingress`", "write `resource \"Ingress\" \"shop\" api=\"networking.k8s.io/v1\" { … }`"],
        ),
        (
            "host \"shop.example.com\" «tO»=\"shop:80\"",
            "unknown-word",
            ["no property `tO`", "written `to` in a spec"],
        ),
        (
            "host \"shop.example.com\" to=\"shop:80\" { «ruote» \"/x\" to=\"x:80\"; }",
            "unknown-word",
            ["no word `ruote`", "did you mean `route`?"],
        ),
        (
            "host \"shop.example.com\" to=\"shop:80\" «timeot»=\"3s\"",
            "unknown-word",
            ["no property `timeot`", "did you mean `timeout`?"],
        ),
        (
            "host \"shop.example.com\" to=\"shop:80\" { tls «mutal»; }",
            "unknown-word",
            ["the mode of `tls` can't be `mutal`", "did you mean `mutual`?"],
        ),
        (
            "client \"a.example.com\" authority=\"corp\" key=«rsa-1024»",
            "unknown-word",
            ["can't be `rsa-1024`", "write `ecdsa-p256`, `ecdsa-p384`, `rsa-2048`, `rsa-3072` or `rsa-4096`"],
        ),
        ("gateway \"g\" http=«redirct»", "unknown-word", ["can't be `redirct`", "did you mean `redirect`?"]),
        (
            "host \"shop.example.com\" to=\"shop:80\" { settle \"«shared-cert»\" reason=\"x\"; }",
            "unknown-word",
            ["no finding is called `shared-cert`", "did you mean `shared-certificate`?"],
        ),
        (
            "authority \"a\" { «secret» \"x\"; }",
            "wrong-place",
            ["does not stand in an `authority`", "in the `tls` of a `host`"],
        ),
        (
            "host \"shop.example.com\" to=\"shop:80\" «port»=443",
            "wrong-place",
            ["does not stand in a `host`", "in a `gateway`"],
        ),
        (
            "host \"shop.example.com\" to=\"shop:80\" «tls»=mutual",
            "wrong-place",
            ["a node of its own", "write `tls mutual`"],
        ),
        ("authority \"a\" «\"b\"»", "unknown-word", ["takes one value", "one too many"]),
    ] {
        bad(text, code, &says);
    }
}

#[test]
fn what_is_said_twice_shows_both_places() {
    for text in [
        "client \"a.example.com\" authority=\"corp\" «authority»=\"corp\"",
        "client \"a.example.com\" authority=\"corp\" { key rsa-2048; «key» rsa-3072; }",
        "client \"a.example.com\" authority=\"corp\" key=rsa-2048 { «key» rsa-3072; }",
        "host \"a.example.com\" to=\"a:80\" { tls mutual; «tls» simple; }",
        "host \"a.example.com\" { route \"/x\" \"«/x»\" to=\"a:80\"; }",
        "service \"a\" { subset \"v1\" version=\"v1\" «version»=\"v2\"; }",
        "service \"a\" { subset \"v1\" version=\"v1\"; subset \"«v1»\" version=\"v2\"; }",
        "secrets filter=key\n«secrets» filter=key",
        "secrets one-audience\n//// specs/other.kdl\n«secrets» one-audience",
    ] {
        bad(text, "said-twice", &["is said twice", "here again", "first here", "keep one of the two"]);
    }
}

#[test]
fn values_of_the_wrong_form() {
    for (text, says) in [
        ("gateway \"g\" port=«0»", &["`port` can't be 0", "between 1 and 65535"][..]),
        ("gateway \"g\" port=«70000»", &["`port` can't be 70000", "between 1 and 65535"]),
        ("gateway \"g\" port=«\"443\"»", &["takes a number, not text", "write `443` without quotes"]),
        ("gateway \"g\" port=«443.5»", &["whole number", "a fraction"]),
        ("host \"a.example.com\" to=\"a:80\" timeout=«5»", &["needs a unit", "\"30s\""]),
        ("host \"a.example.com\" to=\"a:80\" timeout=\"5«x»\"", &["no length of time", "write"]),
        ("host \"a.example.com\" to=\"a:80\" valid=«90»", &["needs a unit", "\"90d\""]),
        ("host \"a.example.com\" to=\"a:80\" valid=\"90«x»\"", &["no length of time", "write"]),
        ("authority \"a\" valid=\"«1000y»\"", &["longer than 100 years", "100y"]),
        ("authority \"a\" valid=\"«0d»\"", &["no length of time"]),
        ("authority \"a\" { generation 2 introduced=\"«2026-13-01»\"; }", &["is no date", "2026-11-25"]),
        ("client \"a.example.com\" authority=«5»", &["takes text, not a number", "put it in quotes"]),
        ("client \"a.example.com\" authority=«#null»", &["takes text", "leave it out"]),
        (
            "host \"a.example.com\" to=\"a:80\" { subject country=\"«Germany»\"; }",
            &["`country` can't be", "ISO 3166"],
        ),
        (
            "host \"a.example.com\" { route \"/x\" { to \"a:80\" weight=«-1»; }; }",
            &["can't be -1", "between 0 and 2147483647"],
        ),
    ] {
        bad(text, "wrong-value", says);
    }
}

#[test]
fn what_must_be_said() {
    bad(
        "«secrets» { /- recipient \"age1x\"; }",
        "missing-word",
        &["`secrets` says nothing", "secrets { recipient", "or leave it out"],
    );
    bad("«authority»", "missing-word", &["`authority` needs a name", "write `authority \"…\"`"]);
    bad("«route» \"/x\" to=\"a:80\"", "missing-word", &["needs `host`", "add `host="]);
    bad(
        "host \"a.example.com\" «rewrite»=\"/y\" { route \"/x\" to=\"a:80\"; }",
        "missing-word",
        &["says something about `to`", "add `to="],
    );
    bad(
        "host \"a.example.com\" { «route» \"/x\"; }",
        "missing-word",
        &["leads nowhere", "neither it nor its host has a `to`", "write `to=\"service:port\"`"],
    );
    bad(
        "service \"a\" { «subset» \"v1\"; }",
        "missing-word",
        &["has no labels", "would hold every pod", "write the labels"],
    );
    bad_alone(
        "secrets one-audience\n«settle» \"clamped\" reason=\"x\"",
        "wrong-place",
        &["does not stand in a file below `specs/`", "gatewright.kdl"],
    );
}
