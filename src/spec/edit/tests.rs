use proptest::prelude::*;

use super::*;
use crate::spec::parse;

const DATE: &str = "2026-11-25";

fn rotated(text: &str) -> Result<String, EditError> {
    let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
    let (spec, report) = parse(&sources);
    assert!(!report.has_errors(), "{}", crate::diag::human::render(&report, &sources, false));
    rotate_outright(text, &spec.authorities[0], DATE)
}

/// Takes the inserted texts out of `edited` again, each at the first place after the one before.
fn inserted(original: &str, edited: &str) -> Vec<String> {
    let diff = similar::TextDiff::from_chars(original, edited);
    let mut runs: Vec<String> = Vec::new();
    let mut running = false;
    for change in diff.iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Insert if running => runs.last_mut().unwrap().push_str(change.value()),
            similar::ChangeTag::Insert => runs.push(change.value().to_owned()),
            similar::ChangeTag::Delete => panic!("{:?} is gone", change.value()),
            similar::ChangeTag::Equal => {}
        }
        running = change.tag() == similar::ChangeTag::Insert;
    }
    runs
}

#[test]
fn a_block_gets_two_lines_before_its_end() {
    let text = "// root\nauthority \"root\" { // ours\n\tsubject organization=\"ü\" // who\n\n\t// the end\n}\nclient \"c\"\n";
    let expected = "// root\nauthority \"root\" { // ours\n\tsubject organization=\"ü\" // who\n\n\t// the end\n\
        \tgeneration 1 retired=\"2026-11-25\"\n\tgeneration 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"\n}\nclient \"c\"\n";
    assert_eq!(rotated(text).unwrap(), expected);
}

#[test]
fn without_a_block_one_is_added() {
    let expected = "authority \"root\" valid=\"1y\" {\n    generation 1 retired=\"2026-11-25\"\n    \
        generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"\n} // ours\n";
    assert_eq!(rotated("authority \"root\" valid=\"1y\" // ours\n").unwrap(), expected);
    assert!(rotated("authority root").unwrap().ends_with("\n}"));
    assert!(rotated("authority \"a\"; client \"c\"").unwrap().ends_with("\n}; client \"c\""));
}

#[test]
fn a_block_of_one_line_stays_one() {
    let two =
        "generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"";
    for (text, expected) in [
        ("authority \"r\" { valid \"1y\" }", format!("authority \"r\" {{ valid \"1y\"; {two} }}")),
        (
            "authority \"r\" { valid \"1y\"; /* a; */ }",
            format!("authority \"r\" {{ valid \"1y\"; {two}; /* a; */ }}"),
        ),
        ("authority \"r\" {}", format!("authority \"r\" {{ {two} }}")),
        ("authority \"r\" { }", format!("authority \"r\" {{ {two} }}")),
        ("authority \"r\" /-{ x } { }", format!("authority \"r\" /-{{ x }} {{ {two} }}")),
    ] {
        assert_eq!(rotated(text).unwrap(), expected);
    }
}

#[test]
fn the_present_generation_is_retired_where_it_stands() {
    let text = "authority \"r\" {\n  generation 1 retired=\"2025-01-01\"\n  generation 2 introduced=\"2025-01-01\" \
        signs=\"2025-01-01\" // now\n  valid \"1y\"\n}\n";
    let expected = "authority \"r\" {\n  generation 1 retired=\"2025-01-01\"\n  generation 2 introduced=\"2025-01-01\" \
        signs=\"2025-01-01\" retired=\"2026-11-25\" // now\n  generation 3 introduced=\"2026-11-25\" \
        signs=\"2026-11-25\"\n  valid \"1y\"\n}\n";
    assert_eq!(rotated(text).unwrap(), expected);
}

#[test]
fn a_retirement_in_the_future_is_brought_forward() {
    let text = "authority \"r\" { generation 4 signs=\"2026-01-01\" retired=\"2027-01-01\" }";
    let expected = "authority \"r\" { generation 4 signs=\"2026-01-01\" retired=\"2026-11-25\"; \
        generation 5 introduced=\"2026-11-25\" signs=\"2026-11-25\" }";
    assert_eq!(rotated(text).unwrap(), expected);
}

#[test]
fn windows_line_ends_stay() {
    let edited = rotated("authority \"r\" {\r\n    valid \"1y\"\r\n}\r\n").unwrap();
    assert!(edited.contains("signs=\"2026-11-25\"\r\n}\r\n"));
    assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count());
}

#[test]
fn what_can_not_be_edited_is_refused() {
    let sources = Sources::new([("specs/a.kdl".to_owned(), "authority \"r\"\n".to_owned())]);
    let (spec, _) = parse(&sources);
    let authority = &spec.authorities[0];
    assert_eq!(
        rotate_outright("authority \"r\"", authority, "soon"),
        Err(EditError::NotADate("soon".to_owned()))
    );
    assert_eq!(
        rotate_outright("// moved\nauthority \"r\"", authority, DATE),
        Err(EditError::NotThere("r".to_owned()))
    );
    let dropped = "authority \"r\" /-valid=\"1y\"";
    assert_eq!(rotate_outright(dropped, authority, DATE), Err(EditError::NotEditable("r".to_owned())));
}

/// Pieces of a spec around and within an authority.
fn spec_text() -> impl Strategy<Value = String> {
    let before = prop::sample::select(vec![
        "",
        "// ü\n",
        "client \"c\"\n",
        "/- authority \"r\" {\n}\n",
        "/* { */ ",
        "\u{feff}",
    ]);
    let head = prop::sample::select(vec![
        "authority \"ro ot\"",
        "authority r",
        "authority r valid=\"1y\"",
        "authority \"r\" \\\n  key=rsa-2048",
    ]);
    let child = prop::sample::select(vec![
        "valid \"2y\"",
        "subject organization=\"{\" // }",
        "recipient \"age1a\" \"age1b\"",
        "// only this",
        "/- key rsa-2048",
        "generation 3 introduced=\"2026-01-01\"",
        "generation 7 { signs \"2026-01-01\" }",
        "generation 2 retired=\"2026-01-01\"",
        "",
        "settle \"syntax\" reason=\"/* */\"",
        "generation 9 signs=\"2025-01-01\" \\\n  introduced=\"2025-01-01\"",
    ]);
    let children = prop::collection::vec(child, 0..5);
    let after = prop::sample::select(vec![
        "",
        "\n",
        " // c",
        "; client \"d\"\n",
        "\nclient \"d\" // {\n",
        "\n/- client \"e\" {}",
    ]);
    (before, head, prop::option::of(children), after, any::<bool>()).prop_map(
        |(before, head, children, after, windows)| {
            let block = children
                .map_or(String::new(), |children| format!(" {{\n    {}\n}}", children.join("\n    ")));
            let text = format!("{before}{head}{block}{after}");
            if windows { text.replace('\n', "\r\n") } else { text }
        },
    )
}

proptest! {
    #[test]
    fn nothing_but_generations_is_written(text in spec_text()) {
        let sources = Sources::new([("specs/a.kdl".to_owned(), text.clone())]);
        let (spec, report) = parse(&sources);
        prop_assume!(!report.has_errors());
        let edited = rotate_outright(&text, &spec.authorities[0], DATE);
        prop_assert!(edited.is_ok(), "{text}\n{edited:?}");
        for run in inserted(&text, &edited.unwrap()) {
            let rest = run
                .replace("generation 1 retired=", "")
                .replace("introduced=", "").replace("retired=", "").replace("signs=", "").replace("generation", "")
                .replace(DATE, "");
            prop_assert!(rest.chars().all(|c| " \r\n\"{};0123456789".contains(c)), "{run}");
        }
    }
}
