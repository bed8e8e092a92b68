//! What the scan finds, against the parser.

use proptest::prelude::*;

use super::*;
use crate::spec::source::Sources;

/// Every complaint as `line:column text: message`, for a text of one file.
fn mistakes(text: &str) -> Vec<String> {
    let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
    let (id, _) = sources.iter().next().unwrap();
    scan(id, text)
        .report
        .findings()
        .iter()
        .map(|finding| {
            let span = finding.labels[0].span;
            let (line, column) = sources.get(id).line_column(span.start);
            format!("{line}:{column} {}: {}", sources.slice(span), finding.message)
        })
        .collect()
}

/// The text with `fill` in place of what the parser shall not see.
fn readable(text: &str, fill: u8) -> String {
    let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
    let scan = scan(sources.iter().next().unwrap().0, text);
    let mut left = text.as_bytes().to_vec();
    for ignored in scan.ignored {
        left[ignored].fill(fill);
    }
    String::from_utf8(left).unwrap()
}

#[test]
fn what_is_kdl_passes() {
    for text in [
        "",
        "\u{feff}a",
        "a b \"c\" d=1 \"e\" = 2.5e+3 {\n  f -1 0xff 0o17 0b1 1_000 +.x -- ..\n}; g",
        "a #true #false #null #inf #-inf #nan",
        "a #\"raw \\ \" # \"# ##\"# \"# \"##",
        "a \"\" \"\\\"\" \"\\u{1F600}\\s\\\\\" \"\\   \n  b\"",
        "a \"\"\"\n  \"b\" { \n  \"\"\" #\"\"\"\n \"\"\" \n\"\"\"#",
        "/* /* } */ { */ a /* \" */ b // } \"\nc",
        "a \\\n b \\ // comment\n c",
        "a \\",
        "/- a { b }\n/-\na { b }\nc /-d /-e=1 /- { f } { g }",
        "a{b}",
        "a { b; c }; d {}",
        "\"a\" \"b\"=\"c\"",
        "größe \"ü\"=ö",
    ] {
        assert_eq!(mistakes(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_slashdash_drops_is_not_parsed() {
    for (text, left) in [
        ("a /-b c", "a ___ c"),
        ("a /-b=1 c", "a _____ c"),
        ("a /- b = \"x\" c", "a __________ c"),
        ("a /-b /-c=2 d", "a ___ _____ d"),
        ("a /-{ b } { c }", "a _______ { c }"),
        ("a { b }\n/-c d {\n  e\n}\nf", "a { b }\n_____________\nf"),
        ("a; /-b c; d", "a; ______ d"),
        ("a { /-b { c } }", "a { _________ }"),
        ("a { b; /-c; }", "a { b; ____ }"),
        ("/-\n a\nb", "_____\nb"),
        ("a /* b */ c", "a _______ c"),
        ("/-a { /-b { c; } }\nd", "__________________\nd"),
        ("a \"/-b\" // /-c", "a \"/-b\" // /-c"),
    ] {
        assert_eq!(readable(text, b'_'), left, "{text}");
    }
}

#[test]
fn braces_within_text_and_comments_do_not_count() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(DEPTH + 1), close.repeat(DEPTH + 1));
    for text in [
        format!("a \"{}\"", deep("{", "")),
        format!("a #\"{}\"#", deep("\"{", "")),
        format!("a \"\"\"\n{}\n\"\"\"", deep("{\n", "")),
        format!("// {}\na", deep("{", "")),
        format!("/* {} */a", deep("{", "")),
        format!("a{}", deep(" /-b", "")),
        format!("a{}", deep(" /* x */", "")),
        format!("/*{}*/a", "* / ".repeat(100_000)),
    ] {
        assert_eq!(mistakes(&text), Vec::<String>::new());
    }
    for text in [deep("a {", "}"), deep("/-a {", "}"), deep("a /-{", "}")] {
        assert!(mistakes(&text)[0].ends_with("more than 100 levels of nested `{`"), "{text}");
    }
    assert!(mistakes(&deep("/*", "*/"))[0].ends_with("more than 100 levels of comments within comments"));
}

#[test]
fn a_message_stands_at_its_column() {
    for (text, expected) in [
        ("ü \"ö\" true", "1:7 true: a bare `true` is not allowed"),
        ("a -inf", "1:3 -inf: a bare `-inf` is not allowed"),
        ("null", "1:1 null: a bare `null` is not allowed"),
        ("a 1.2.3", "1:3 1.2.3: `1.2.3` starts with a digit but is no number"),
        ("a 10.0.0.0/8", "1:3 10.0.0.0/8: `10.0.0.0/8` holds a `/`"),
        ("a /x/*", "1:3 /x/*: `/x/*` holds a `/`"),
        ("a x/-y", "1:3 x/-y: `x/-y` holds a `/`"),
        ("a { /x }", "1:5 /x: `/x` holds a `/`"),
        ("a b=/x{}", "1:5 /x: `/x` holds a `/`"),
        ("a https://b/c?d=e", "1:3 https://b/c?d: `https://b/c?d` holds a `/`"),
        ("a\n b = \"c\"", "2:2 b =: `b` starts a line here, so no `=` belongs behind it"),
        ("a =b", "1:1 a =: `a` starts a line here, so no `=` belongs behind it"),
        ("a b==c", "1:5 =: no property name stands before this `=`"),
        ("a 1=2", "1:4 =: no property name stands before this `=`"),
        ("a b= // c", "1:4 =: nothing stands behind `=`"),
        ("a \"b\nc", "1:3 \"b: a string is never closed"),
        ("a #\"b\nc", "1:3 #\"b: a string is never closed"),
        ("a \"\"\"b\nc\n\"\"\"", "1:3 \"\"\": text of many lines starts on the line below its `\"\"\"`"),
        ("a \"\\x\"", "1:4 \\x: `\\x` is no escape"),
        ("a \"\\u{110000}\"", "1:4 \\u: `\\u` is no escape"),
        ("a \"b\"\"c\"", "1:6 \"c\": a blank is missing behind `\"b\"`"),
        ("a \"b\u{202e}\"", "1:5 \u{202e}: an invisible character (U+202E) stands here"),
        ("a \u{0}", "1:3 \u{0}: an invisible character (U+0000) stands here"),
        ("a }", "1:3 }: this `}` closes nothing"),
        ("a { b }}", "1:8 }: this `}` closes nothing"),
        ("a {\n b {\n", "2:4 {: a `{` is never closed"),
        ("a {\n  b {\n    c\n  }\n  d { e\n}\n", "5:5 {: a `{` is never closed"),
        ("a {\n  b { c }\n", "1:3 {: a `{` is never closed"),
        ("a { /- }", "1:5 /-: `/-` drops what follows it, and nothing it could drop follows"),
        ("a /- /- b", "1:6 /-: `/-` drops what follows it, and nothing it could drop follows"),
        ("a b=/-c", "1:5 /-: `/-` drops what follows it, and nothing it could drop follows"),
        ("a \\ b", "1:3 \\: `\\` has no meaning here"),
        ("a {} {}", "1:6 {: a node ends with its `}`"),
        ("a (b)\"c\"", "1:3 (b): a spec has no type annotations"),
        ("a;;", "1:3 ;: this `;` ends nothing"),
        (
            "a \"\"\"\n b\"\"\"",
            "2:3 \"\"\": the closing `\"\"\"` of text of many lines stands alone on its line",
        ),
        ("a (b", "1:3 (: `(` has no meaning here"),
        ("a `b`", "1:3 `b`: ``` quotes nothing in a spec"),
        ("a {} b=1", "1:6 b: a node ends with its `}`"),
    ] {
        assert_eq!(mistakes(text).first().map(String::as_str), Some(expected), "{text}");
    }
}

#[test]
fn what_follows_a_block_is_one_mistake() {
    for text in ["a {} b {}", "a {} b=1 c", "a { d; } b { c; }", "a {} b {}; c"] {
        assert_eq!(mistakes(text).len(), 1, "{text}");
    }
    assert_eq!(mistakes("a {} b {} c").len(), 2, "two nodes");
}

#[test]
fn one_mistake_is_reported_once() {
    for text in ["a /x /y", "a true false", "a { b {}} }\n} c", "a \"b\nc { }\n}", "a = 1\nb = 2"] {
        let all = mistakes(text);
        let expected = if text.starts_with("a \"b") { 1 } else { 2 };
        assert_eq!(all.len(), expected, "{text}: {all:?}");
    }
}

/// Texts of pieces that matter to KDL, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b ", " ", "\n", ";", "{", "}", "{ ", " }", "=", " = ", "\"x\"", "\"", "\"\"\"", "\"\"\"\n",
        "#\"r\"#", "#", "##", "/-", "/*", "*/", "//", "/", "\\", "\\\n", "(t)", "(", ")", "[", "1", "1.5",
        "0x1", "-", "+", ".", "1s", "true", "#true", "#null", "ü", "\u{7f}", "\u{feff}", "\r\n", "\t", ",",
        "'", "\\n", "\\u{41}", "_", "e", "\u{2028}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// What the parser makes of a text, without its layout.
fn parsed(text: &str) -> Option<String> {
    let mut document = kdl::KdlDocument::parse_v2(text).ok()?;
    document.clear_format_recursive();
    Some(document.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The scan lets nothing pass that the parser refuses, except texts of many lines, whose indentation it does not check.
    #[test]
    fn what_passes_is_kdl(text in pieces()) {
        if mistakes(&text).is_empty() {
            let readable = readable(&text, b' ');
            prop_assert!(parsed(&readable).is_some() || text.contains("\"\"\""), "{readable:?}");
        }
    }

    #[test]
    fn what_is_ignored_changes_nothing(text in pieces()) {
        if let Some(original) = parsed(&text).filter(|_| mistakes(&text).is_empty()) {
            prop_assert_eq!(parsed(&readable(&text, b' ')), Some(original));
        }
    }
}
