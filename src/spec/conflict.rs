//! What Git leaves in a file where two branches say different things.

use std::ops::Range;

/// How many times a marker repeats its character.
const LENGTH: usize = 7;

/// A line by which Git divides the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Its first character.
    kind: u8,
    /// Where it stands, without the end of the line.
    pub(crate) place: Range<usize>,
}

/// All lines that look like a marker.
pub(crate) fn markers(text: &str) -> impl Iterator<Item = Marker> {
    let mut end = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let own = line.trim_start_matches('\u{feff}');
        let start = end + line.len() - own.len();
        end += line.len();
        let own = own.trim_end_matches(['\n', '\r']);
        let kind = *own.as_bytes().first().filter(|first| b"<=>|".contains(first))?;
        let length = own.bytes().take_while(|byte| *byte == kind).count();
        let ends = own.as_bytes().get(length).is_none_or(|byte| *byte == b' ');
        (length == LENGTH && ends).then(|| Marker { kind, place: start..start + own.len() })
    })
}

/// The marker that begins the first conflict that is there from its first marker to its last. One marker alone may be a line
/// of a text.
pub(crate) fn unresolved(text: &str) -> Option<Marker> {
    let mut first = None;
    let mut divided = false;
    for marker in markers(text) {
        match marker.kind {
            b'<' => (first, divided) = (Some(marker), false),
            b'=' => divided = true,
            b'>' if divided && first.is_some() => return first,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_known_by_its_lines() {
        for text in [
            "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main\n",
            "\u{feff}<<<<<<< HEAD\r\na\r\n=======\r\nb\r\n>>>>>>> main",
            "x\n<<<<<<<\n||||||| 1234\n=======\n>>>>>>>\n",
            "=======\n<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>> b\n",
        ] {
            let found = unresolved(text).unwrap();
            assert!(text[found.place].starts_with("<<<<<<<"), "{text:?}");
        }
        for text in [
            "",
            "Heading\n=======\n",
            " <<<<<<< HEAD\n=======\n>>>>>>> main\n",
            "<<<<<<<< HEAD\n=======\n>>>>>>> main\n",
            "<<<<<<<x\n=======\n>>>>>>> main\n",
            ">>>>>>> main\n=======\n<<<<<<< HEAD\n",
            "<<<<<<< HEAD\n>>>>>>> main\n=======\n",
        ] {
            assert_eq!(unresolved(text), None, "{text:?}");
        }
    }
}
