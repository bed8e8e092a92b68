//! Tests of what is said about refused names and values: each has a reason and a mend.

use super::resolve;
use crate::diag::{Code, Diagnostic};
use crate::spec::{Sources, parse};

/// All findings about a spec beside one that declares authority `corp`, gateway `public` and domain `example.com`.
fn findings(text: &str) -> (Vec<Diagnostic>, Sources) {
    let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let sources = Sources::new([file("specs/a.kdl", text), file("specs/b.kdl", base)]);
    let (spec, mut report) = parse(&sources);
    report.extend(resolve(&spec).1);
    (report.findings().to_vec(), sources)
}

/// Values that each place of a kind refuses: the place, with `%` for the value, and the values.
const REFUSED: &[(Code, &[&str], &[&str])] = &[
    (
        Code::INVALID_HOST_NAME,
        &[
            "host \"%\" to=\"a:80\"",
            "domain \"%\" authority=\"corp\" gateway=\"public\"",
            "route \"/x\" host=\"%\" to=\"a:80\"",
        ],
        &[
            ".",
            "-a.example.com",
            "a-.example.com",
            "h..x",
            "h..",
            ".x.example.com",
            "xn--zzzz-.example.com",
            "xn--zzzz.example.com",
            "10.0.0.1",
            "[::1]",
            "::1",
            "[::1]:443",
            "a_b.example.com",
            "a b.example.com",
            "sh*p.example.com",
            "a.*.example.com",
            "https://a.example.com",
            "a.example.com:443",
            "a.example.com/x",
            "a\\u{0}b.example.com",
            "ß_.example.com",
            "x.10",
            "*.*.example.com",
            "-",
            "--.example.com",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com",
            "LONG.example.com",
        ],
    ),
    (
        Code::INVALID_NAME,
        &[
            "gateway \"%\"",
            "authority \"%\"",
            "service \"%\"",
            "service \"a\" { subset \"%\" version=\"v1\"; }",
            "service \"a\" namespace=\"%\"",
            "host \"a.example.com\" to=\"a:80\" namespace=\"%\"",
            "domain \"example.org\" namespace=\"%\"",
            "host \"a.example.com\" { route \"/x\" to=\"a:80\" namespace=\"%\"; }",
        ],
        &["A", "a_b", "a b", "-a", "a-", "-", "a\\u{0}b", "ä", "!", "a..", ".a", "a.", ".", "a..b", "LONG"],
    ),
    (
        Code::INVALID_NAME,
        &["gateway \"g\" { selector app=\"%\"; }", "service \"a\" { subset \"v1\" version=\"%\"; }"],
        &["-v", "v-", "v 1", "-", "v\\u{0}", "LONG"],
    ),
    (Code::INVALID_NAME, &["client \"%\" authority=\"corp\""], &["a_b", "@", "x://", "a@", "a@b@c"]),
    (
        Code::INVALID_SECRET_NAME,
        &[
            "host \"a.example.com\" to=\"a:80\" { tls secret=\"%\"; }",
            "host \"a.example.com\" external=\"%\" to=\"a:80\"",
        ],
        &["trail.", ".lead", "a..b", ".", "-a", "a-", "A", "a_b", "a-cacert", "a\\u{0}", "LONG", "ROOM"],
    ),
    (
        Code::INVALID_PATH,
        &[
            "host \"a.example.com\" { route \"%\" to=\"a:80\"; }",
            "host \"a.example.com\" rewrite=\"%\" to=\"a:80\"",
        ],
        &[
            "x",
            "https://a/x",
            "/a b",
            "/a?b",
            "/é",
            "/%zz",
            "/../x",
            "//",
            "/x\\u{0}",
            "/%00",
            "/*/b",
            "/**",
            "?",
            "*",
        ],
    ),
    (
        Code::INVALID_DESTINATION,
        &["host \"a.example.com\" to=\"%\"", "host \"a.example.com\" { route \"/x\" { to \"%\"; }; }"],
        &[
            ":80",
            "e:",
            "c:080",
            "c:00",
            "c:0",
            "c:99999",
            "c:x",
            "c:80:81",
            ":",
            "::",
            "c.:80",
            ".c:80",
            "c..d:80",
            "C:80",
            "c_d:80",
            "-c:80",
            "c-:80",
            "10.0.0.1:80",
            "[::1]:80",
            "http://c:80",
            "c.d.svc:80",
            "c\\u{0}:80",
            "c.example.net:80",
            "LONG:80",
        ],
    ),
    (
        Code::WRONG_VALUE,
        &["host \"%\"", "gateway \"%\"", "gateway \"g\" namespace=\"%\"", "host \"a.example.com\" to=\"%\""],
        &["", " "],
    ),
    (
        Code::WRONG_VALUE,
        &["host \"a.example.com\" to=\"a:80\" timeout=\"%\""],
        &["", "0s", "10", "1d", "-1s", "9999999h", "1 s", "x"],
    ),
    (
        Code::WRONG_VALUE,
        &["authority \"a\" valid=\"%\""],
        &["", "0d", "10", "-1d", "1.5d", "101y", "1mo", "x"],
    ),
];

/// Whatever is refused says why at its place, and what to write instead.
#[test]
fn every_refused_value_has_a_reason_and_a_mend() {
    let long = "a".repeat(254);
    let room = "a".repeat(250);
    for (code, places, values) in REFUSED {
        for (place, value) in places.iter().flat_map(|place| values.iter().map(move |value| (place, value))) {
            let value = value.replace("LONG", &long).replace("ROOM", &room);
            let text = place.replace('%', &value);
            let (found, sources) = findings(&text);
            let right = found.iter().filter(|finding| finding.code == *code).count();
            // A dot belongs to some names and not to others.
            assert!(
                right > 0 || place.starts_with("authority") || place.starts_with("service"),
                "{text}: {found:?}"
            );
            for finding in &found {
                assert!(!finding.helps.is_empty(), "{text}: {finding:?}");
                let label = &finding.labels[0];
                assert!(
                    !label.text.is_empty() && !label.text.contains("did you mean"),
                    "{text}: {finding:?}"
                );
                if value.contains('\\') && finding.code == *code {
                    assert!(sources.slice(label.span).contains(&*value), "{text}: {finding:?}");
                }
            }
        }
    }
    for text in [
        "gateway \"g\" port=99999",
        "gateway \"g\" port=0",
        "gateway \"g\" port=1.5",
        "gateway \"g\" port=\"x\"",
        "authority \"a\" key=\"rsa-1024\"",
        "authority \"a\" key=1024",
        "host \"a.example.com\" to=\"a:80\" http=no",
    ] {
        let (found, _) = findings(text);
        assert!(found.len() == 1 && !found[0].helps.is_empty(), "{text}: {found:?}");
    }
}

/// What the mends of names tell to write is taken.
#[test]
fn a_mend_mends() {
    for (value, mend) in [
        ("-a.example.com", "write `a`"),
        ("h..example.com", "write `h.example.com`"),
        ("a_b.example.com", "write `a-b`"),
        ("c:080", "write `c:80`"),
        (":80", "write the service before it, such as `shop:80`"),
        ("trail.", "write `trail`"),
    ] {
        let text = match value {
            value if value.contains(':') => format!("host \"a.example.com\" to=\"{value}\""),
            "trail." => "host \"a.example.com\" external=\"trail.\" to=\"a:80\"".to_owned(),
            value => format!("host \"{value}\" to=\"a:80\""),
        };
        let (found, _) = findings(&text);
        assert_eq!(found.iter().map(|f| f.helps.join(" ")).collect::<Vec<_>>(), [mend], "{text}");
    }
}
