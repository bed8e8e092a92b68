//! Findings about what a spec says, in the spec's words: a mend that names `applyTo` would be the next mistake there.

use super::{Violation, usual};
use crate::diag::{Code, Severity};
use crate::resource::{PathStep, Tree, lookup};
use crate::schema::Table;

impl Violation {
    /// Whether it is a `spec` that is missing.
    pub fn lacks_spec(&self) -> bool {
        self.code == Code::MISSING_FIELD
            && self.path.is_empty()
            && matches!(self.at.as_slice(), [PathStep::Field(name)] if name == "spec")
    }

    /// Names fields as a spec does, wherever they stand in backquotes. What `tree` itself holds at the place stays as it is.
    pub fn in_words(&mut self, table: &Table, tree: Option<&Tree>) {
        if self.label.is_empty() && self.mark.is_empty() && self.severity == Severity::Error {
            self.mark = usual(self.code, &self.at);
        }
        let held = [&self.at, &self.path].map(|path| tree.and_then(|tree| lookup(tree, path)?.as_str()));
        let worded =
            |text: &str| worded(text, &|name| word(table, name).filter(|_| !held.contains(&Some(name))));
        for text in [&mut self.message, &mut self.label, &mut self.mark] {
            *text = worded(text);
        }
        for text in self.notes.iter_mut().chain(&mut self.helps) {
            *text = worded(text);
        }
    }
}

/// The word of a field of that exact name.
fn word<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    let field = table
        .types()
        .iter()
        .find_map(|ty| ty.field(name).filter(|field| ty.by_word(&field.word).is_some()))?;
    Some(&field.word)
}

/// A text in which names in backquotes are put into words: alone, in a way with dots, or before a value.
fn worded<'t>(text: &str, word: &dyn Fn(&str) -> Option<&'t str>) -> String {
    let mut parts = text.split('`');
    let mut spoken = parts.next().unwrap_or_default().to_owned();
    for (i, part) in parts.enumerate() {
        spoken.push('`');
        match i % 2 {
            0 => spoken.push_str(&one(part, word)),
            _ => spoken.push_str(part),
        }
    }
    spoken
}

fn one<'t>(quoted: &str, word: &dyn Fn(&str) -> Option<&'t str>) -> String {
    if let Some((name, value)) = quoted.split_once(": ") {
        return word(name).map_or_else(|| quoted.to_owned(), |word| format!("{word} {value}"));
    }
    let steps: Vec<&str> = quoted.split('.').map(|name| word(name).unwrap_or(name)).collect();
    steps.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;

    #[test]
    fn names_become_words_in_backquotes_only() {
        let said = |text: &str| worded(text, &|name| word(built_in(), name));
        assert_eq!(said("write `applyTo`, not applyTo"), "write `apply-to`, not applyTo");
        assert_eq!(
            said("`trafficPolicy.tls.credentialName` of `noFieldAtAll`"),
            "`traffic-policy.tls.credential-name` of `noFieldAtAll`"
        );
        assert_eq!(said("for `sessionAffinity: ClientIP` alone"), "for `session-affinity ClientIP` alone");
        assert_eq!(said("say `type: NodePort`"), "say `type NodePort`");
        assert_eq!(said("is `PreferClose` or `STRICT`"), "is `PreferClose` or `STRICT`");
        assert_eq!(said("an odd ` and `isCA"), "an odd ` and `isCA");
    }
}
