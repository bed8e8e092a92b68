//! What may stand in the place of tokens of a schema's words, and of whole nodes of theirs.

use std::ops::Range;

use gatewright::spec::SourceId;

use super::tokens::{Slot, Token, Tokens};
use super::values::{Edit, Edits};

/// Words of closed sets; of each the first that is valid will do.
const SETS: [&[&str]; 17] = [
    &["PASSTHROUGH", "AUTO_PASSTHROUGH"],
    &["TLS", "HTTPS"],
    &["ALLOW", "DENY", "AUDIT"],
    &["DNS", "STATIC", "NONE"],
    &["MESH_EXTERNAL", "MESH_INTERNAL"],
    &["SIMPLE", "MUTUAL", "DISABLE", "ISTIO_MUTUAL"],
    &["STRICT", "PERMISSIVE", "DISABLE"],
    &["TLSV1_2", "TLSV1_3"],
    &["HTTP", "TCP", "GRPC"],
    &["CLUSTER", "LISTENER", "ROUTE_CONFIGURATION"],
    &["MERGE", "ADD"],
    &["GET", "POST", "HEAD"],
    &["Issuer", "ClusterIssuer"],
    &["#true", "#false"],
    &["#null", "\"x\""],
    &["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"],
    &["apps/v1", "example.com/v1"],
];

/// All that a token may become.
pub(super) fn of(tokens: &Tokens, token: &Token, file: SourceId, text: &str) -> Vec<Edits> {
    let one = |range: Range<usize>, text: &str| Edits(vec![Edit { file, range, text: text.to_owned() }]);
    if token.slot == Slot::Key {
        let at = tokens.all.iter().position(|other| other.range == token.range && other.file == token.file);
        let value = &tokens.all[at.unwrap() + 1];
        return vec![one(quoted(text, token.range.start..value.range.end), "")];
    }
    let set = SETS.iter().find(|set| set.contains(&token.text.as_str()));
    if let Some(set) = set {
        let others = set.iter().filter(|other| **other != token.text);
        return others.map(|other| one(token.range.clone(), other)).collect();
    }
    let Some(at) = token.text.rfind(|c: char| c.is_ascii_alphanumeric()) else {
        return ["*", ".", "~"].iter().map(|other| one(token.range.clone(), other)).collect();
    };
    let is_time = token.text.starts_with(|c: char| c.is_ascii_digit());
    let digit = token.text.rfind(|c: char| c.is_ascii_digit()).filter(|_| is_time);
    let at = token.range.start + digit.unwrap_or(at);
    let mut found: Vec<_> = ["3", "4", "2", "q", "k"].iter().map(|c| one(at..at + 1, c)).collect();
    if token.text == "100" {
        found.push(one(token.range.clone(), "99"));
    }
    found
}

/// Every node of a schema's words, gone.
pub(super) fn nodes(tokens: &Tokens, files: &[SourceId]) -> Vec<(Range<usize>, usize, Edits)> {
    let schema = tokens.nodes.iter().filter(|node| node.ours.is_none());
    let gone = schema.map(|node| {
        let edit = Edit { file: files[node.file], range: node.range.clone(), text: String::new() };
        (node.name.clone(), node.file, Edits(vec![edit]))
    });
    gone.collect()
}

/// A range with the quotes around it.
fn quoted(text: &str, range: Range<usize>) -> Range<usize> {
    let start = if text[..range.start].ends_with('"') { range.start - 1 } else { range.start };
    let end = if text[range.end..].starts_with('"') { range.end + 1 } else { range.end };
    start..end
}
