//! Paths and rewrites in a form that no request ever has: refused, with the form that one has.

use super::case::bad;

/// Each with the part that is wrong, and what to write instead.
const PATHS: &[(&str, &str)] = &[
    ("/caf«é»/*", "/caf%C3%A9/*"),
    ("/a/«..»/b", "/b"),
    ("/a/«.»/b", "/a/b"),
    ("/a«//»b", "/a/b"),
    ("«//»*", "/*"),
    ("/a«\\»b", "/a/b"),
    ("/a«\u{200b}»b", "/ab"),
    ("/a«%»zz", "/a%25zz"),
    ("/a«%2f»b", "/a%2Fb"),
    ("/«%41»b", "/Ab"),
    ("/a« »b", "/a%20b"),
    ("/a«?»b=1", "/a"),
    ("/users/«{»id}", "/users/%7Bid%7D"),
    ("«https://»shop.example/x", "/x"),
    ("«x»", "/x"),
];

#[test]
fn paths_are_written_as_requests_have_them() {
    for (path, mend) in PATHS {
        let mend = format!("write `\"{mend}\"`");
        let says = ["is no path", &mend];
        bad(&format!("host \"a.example.com\" {{ route #\"{path}\"# to=\"a:80\"; }}"), "invalid-path", &says);
        if !path.ends_with('*') {
            bad(
                &format!("host \"a.example.com\" {{ route \"/x/*\" to=\"a:80\" rewrite=#\"{path}\"#; }}"),
                "invalid-path",
                &says,
            );
            bad(&format!("host \"a.example.com\" to=\"a:80\" rewrite=#\"{path}\"#"), "invalid-path", &says);
        }
    }
    for path in ["/«*»/b", "/a«*»*"] {
        let text = format!("host \"a.example.com\" {{ route \"{path}\" to=\"a:80\"; }}");
        bad(&text, "invalid-path", &["`*` can only stand at the end of a path", "`%2A`"]);
    }
    bad(
        "host \"a.example.com\" { route \"/a«%00»\" to=\"a:80\"; }",
        "invalid-path",
        &["Envoy answers a zero byte with 400"],
    );
}
