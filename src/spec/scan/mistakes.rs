//! What the scanner says: one method a mistake.

use std::ops::Range;

use super::characters::{is_blank, is_newline};
use super::{Last, Scanner};
use crate::diag::{Code, Diagnostic};
use crate::spec::annotation::Annotation;

impl Scanner<'_> {
    fn mistake(
        &mut self,
        range: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        let finding = Diagnostic::error(Code::SYNTAX, message).at(self.span(range), label).help(help);
        self.push(finding);
    }

    fn slice(&self, range: Range<usize>) -> String {
        self.text.get(range).unwrap_or_default().to_owned()
    }

    /// The value that follows, as far as it helps to show it.
    fn next_value(&self, from: usize) -> String {
        let rest = self.text.get(from..).unwrap_or_default().trim_start_matches(is_blank);
        let end =
            rest.find(|c| is_blank(c) || is_newline(c) || matches!(c, '{' | '}' | ';')).unwrap_or(rest.len());
        match rest.get(..end).unwrap_or_default() {
            "" => "\"…\"".to_owned(),
            value if value.starts_with('"') && !value[1..].ends_with('"') => "\"…\"".to_owned(),
            value => value.to_owned(),
        }
    }

    pub(super) fn no_value(&mut self, equals: usize) {
        self.mistake(
            equals..equals + 1,
            "nothing stands behind `=`",
            "a value belongs here",
            "write `name=\"value\"`, or leave out the name and the `=`",
        );
    }

    pub(super) fn stray_equals(&mut self, at: usize) {
        let before = self.text.get(..at).unwrap_or_default();
        let word = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |last| last + 1);
        // In an object with names of one's own a number may be one, as the port in `port-level-mtls`.
        let number = before
            .split_at_checked(word)
            .filter(|(blank, number)| !number.is_empty() && blank.ends_with(is_blank));
        let help = match number {
            Some((_, number)) => format!(
                "a number that is a name of your own is quoted: `\"{number}\"={}`",
                self.next_value(at + 1)
            ),
            None => "write `name=\"value\"`; a value that holds `=` is quoted".to_owned(),
        };
        self.mistake(
            at..at + 1,
            "no property name stands before this `=`",
            "before `=` belongs a name",
            help,
        );
    }

    pub(super) fn node_as_property(&mut self, name: Range<usize>, equals: usize) {
        let word = self.slice(name.clone());
        let value = self.next_value(equals + 1);
        self.mistake(
            name.start..equals + 1,
            format!("`{word}` starts a line here, so no `=` belongs behind it"),
            "a node: its value follows without `=`",
            format!("write `{word} {value}`; `name=value` stands only behind a node's name, on its line"),
        );
    }

    pub(super) fn value_as_name(&mut self, range: Range<usize>) {
        let value = self.slice(range.clone());
        // In an object with names of one's own a number may be one, as the port in `port-level-mtls`.
        let help = match self.open.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
            true => {
                "a line starts with a word such as `host`, or the line before goes on with a `\\` at its end"
                    .to_owned()
            }
            false => format!(
                "if it is a name of your own, quote it: `\"{value}\"`; otherwise a line starts with a word such as `host`"
            ),
        };
        self.mistake(
            range,
            format!("`{value}` stands where a node's name belongs"),
            "a name belongs here",
            help,
        );
    }

    pub(super) fn nameless_block(&mut self, open: usize) {
        self.mistake(
            open..open + 1,
            "this `{` belongs to no node",
            "nothing stands before it on its line",
            "put `{` at the end of the node's own line: `host \"shop\" {`",
        );
    }

    pub(super) fn after_block(&mut self, range: Range<usize>) {
        self.mistake(
            range,
            "a node ends with its `}`",
            "can't follow on the same line",
            "put it before the `{` if it belongs to that node, or start a new line",
        );
    }

    pub(super) fn stray_brace(&mut self, close: usize) {
        self.scan.balanced = false;
        if self.lost {
            return;
        }
        self.mistake(
            close..close + 1,
            "this `}` closes nothing",
            "no `{` is open here",
            "remove it, or look for a `{` that is missing or was closed too early above",
        );
    }

    pub(super) fn unclosed_block(&mut self, innermost: usize) {
        let open = self.suspect.filter(|at| *at <= innermost || self.open.len() == 1).unwrap_or(innermost);
        let message = "a `{` is never closed";
        if open == innermost {
            self.mistake(
                open..open + 1,
                message,
                "this one is still open at the end of the file",
                "add the `}`",
            );
            return;
        }
        let finding = Diagnostic::error(Code::SYNTAX, message)
            .at(self.span(open..open + 1), "by the indentation, it is this one whose `}` is missing")
            .at(self.span(innermost..innermost + 1), "this one is still open at the end of the file")
            .help("add the `}`");
        self.push(finding);
    }

    pub(super) fn unclosed_comment(&mut self, start: usize) {
        self.mistake(
            start..start + 2,
            "a comment `/*` is never closed",
            "starts here",
            "close it with `*/`; if it was meant as a path, quote it: `\"/*\"`",
        );
    }

    pub(super) fn unclosed_string(&mut self, start: usize) {
        self.lost = true;
        let rest = self.text.get(start..).unwrap_or_default();
        let end = start + rest.find(is_newline).unwrap_or(rest.len());
        self.mistake(
            start..end,
            "a string is never closed",
            "starts here, and its line has no closing quote",
            "add the `\"`; text of many lines stands between `\"\"\"` lines, and a quote within text is `\\\"`",
        );
    }

    pub(super) fn unclosed_long_string(&mut self, start: usize, closing: &str) {
        self.mistake(
            start..start + closing.len(),
            "text of many lines is never closed",
            "starts here",
            format!("add a line with `{closing}` behind the text"),
        );
    }

    pub(super) fn text_behind_long_quotes(&mut self, start: usize) {
        self.mistake(
            start..self.at,
            "text of many lines starts on the line below its `\"\"\"`",
            "a new line belongs behind this",
            "write the text below, or use a single `\"` for text of one line",
        );
    }

    pub(super) fn bad_escape(&mut self, range: Range<usize>) {
        let escape = self.slice(range.clone());
        self.mistake(
            range,
            format!("`{escape}` is no escape"),
            "not known",
            format!("write `\\{escape}` for a backslash, or a raw string: `#\"…\"#`"),
        );
    }

    pub(super) fn forbidden(&mut self, at: usize, c: char) {
        self.mistake(
            at..at + c.len_utf8(),
            format!("an invisible character (U+{:04X}) stands here", c as u32),
            "not allowed in a spec",
            "remove it; within text it can be written as `\\u{…}`",
        );
    }

    pub(super) fn shell_comment(&mut self, start: usize) {
        self.mistake(
            start..start + 1,
            "`#` starts no comment",
            "not allowed here",
            "comments start with `//`",
        );
    }

    pub(super) fn unknown_keyword(&mut self, range: Range<usize>, word: &str) {
        let lower = word.to_lowercase();
        let help = match lower.as_str() {
            "true" | "yes" | "on" => "write `#true`".to_owned(),
            "false" | "no" | "off" => "write `#false`".to_owned(),
            _ => format!(
                "behind `#` stand only `true`, `false` and `null`; text is quoted: `\"#{word}\"`; comments start with `//`"
            ),
        };
        let shown = self.slice(range.clone());
        self.mistake(range, format!("`{shown}` is no value"), "not known", help);
    }

    pub(super) fn bare_keyword(&mut self, range: Range<usize>, word: &str) {
        self.mistake(
            range,
            format!("a bare `{word}` is not allowed"),
            "neither a truth value nor text",
            format!("write `#{word}` for the value, or `\"{word}\"` for the text"),
        );
    }

    pub(super) fn unquoted(&mut self, range: Range<usize>, word: &str, is_key: bool) {
        let (what, why) = if word.contains('/') {
            ("holds a `/`", "a `/` needs quotes around it")
        } else {
            ("starts with a digit but is no number", "not a number, so it needs quotes")
        };
        let mend = if is_key { format!("\"{word}\"=") } else { format!("\"{word}\"") };
        let is_top = self.last == Last::Nothing && self.open.is_empty();
        let help = match word
            .rsplit_once('/')
            .filter(|(group, kind)| is_top && !group.is_empty() && !kind.is_empty())
        {
            // No node of a file is called so, in quotes neither.
            Some((group, _)) => {
                let group = group.split('/').next().unwrap_or_default();
                format!(
                    "write `resource \"Kind\" \"name\" api=\"{group}/…\"`, as `gatewright explain {word}` shows it if the kind is known"
                )
            }
            None => format!("write `{mend}`"),
        };
        self.mistake(range, format!("`{word}` {what}"), why, help);
    }

    pub(super) fn wrong_quotes(&mut self, range: Range<usize>, quote: char) {
        let word = self.slice(range.clone());
        let inner = word.trim_matches(|c| matches!(c, '\'' | '“' | '”' | '„' | '‘' | '’' | '`'));
        self.mistake(
            range,
            format!("`{quote}` quotes nothing in a spec"),
            "would be part of the text",
            format!("write `\"{inner}\"`"),
        );
    }

    pub(super) fn annotated(&mut self, range: Range<usize>) {
        let written = self.slice(range.clone());
        let words: Vec<_> = Annotation::words().map(|word| format!("`({word})`")).collect();
        let finding = Diagnostic::error(Code::SYNTAX, "a spec has no type annotations")
            .at(self.span(range), "a type in parentheses")
            .note(format!("only a node below Istio's own words takes one: {}", words.join(", ")))
            .help(format!("remove it; text that holds parentheses is quoted: `\"{written}\"`"));
        let finding = match words.contains(&format!("`{written}`")) {
            true => finding.help(format!("or write it right before the name of a node: `{written}name …`")),
            false => finding,
        };
        self.push(finding);
    }

    pub(super) fn misplaced_annotation(&mut self, range: Range<usize>) {
        let written = self.slice(range.clone());
        self.mistake(
            range,
            format!("`{written}` says how a node is read, and no node follows"),
            "stands before nothing",
            format!("write the node's name behind it, on its line: `{written}name \"value\"`"),
        );
    }

    pub(super) fn stray_semicolon(&mut self, at: usize) {
        self.mistake(at..at + 1, "this `;` ends nothing", "no node stands before it", "remove it");
    }

    pub(super) fn unaligned_quotes(&mut self, start: usize, closing: &str) {
        self.mistake(
            start..start + closing.len(),
            format!("the closing `{closing}` of text of many lines stands alone on its line"),
            "only blanks may stand before it",
            "start a new line before it",
        );
    }

    pub(super) fn stray_character(&mut self, at: usize, c: char) {
        let help = match c {
            '[' | ']' => "a list has no brackets: its values stand side by side, as in `clients \"a\" \"b\"`",
            _ => "text that holds parentheses is quoted",
        };
        self.mistake(at..at + 1, format!("`{c}` has no meaning here"), "not allowed outside quotes", help);
    }

    pub(super) fn stray_backslash(&mut self, at: usize) {
        self.mistake(
            at..at + 1,
            "`\\` has no meaning here",
            "only at the end of a line",
            "at the end of a line it joins the next one; text that holds it is quoted: `#\"…\"#`",
        );
    }

    pub(super) fn misplaced_slashdash(&mut self, range: Range<usize>) {
        self.mistake(
            range,
            "`/-` drops what follows it, and nothing it could drop follows",
            "stands before nothing",
            "put it before a node, a value, a property or a `{`; text that holds it is quoted",
        );
    }

    /// Something stands right behind a value.
    pub(super) fn glued(&mut self, start: usize, range: Range<usize>) {
        let rest = self.slice(range.clone());
        if rest.starts_with(',') {
            self.mistake(
                range.start..range.start + 1,
                "values are not separated by commas",
                "remove it",
                "write `\"a\" \"b\"`",
            );
            return;
        }
        let value = self.slice(start..range.start);
        let first = if value.len() <= 40 { format!("`{value}`") } else { "the value".to_owned() };
        let help = match value.contains('"') || rest.contains('"') || value.starts_with('#') {
            true => "put a blank between the two; a quote within text is `\\\"`".to_owned(),
            false => format!("quote it: `\"{value}{rest}\"`; or put a blank between two values"),
        };
        self.mistake(
            range,
            format!("a blank is missing behind {first}"),
            "stands right behind a value",
            help,
        );
    }
}
