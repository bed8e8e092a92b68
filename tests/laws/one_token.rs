//! Changing one token of a spec changes exactly the values whose reason is that token.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use gatewright::build::{BuildError, Request, build};
use gatewright::issue::Ambient;
use gatewright::manifest::Manifest;
use gatewright::pki::{Key, KeyMaker, PkiError, Purpose};
use gatewright::resource::Tree;
use gatewright::spec::node::KeyKind;
use gatewright::spec::{SourceId, Sources, Span};
use gatewright::state::{Input, Snapshot};
use gatewright::time::Timestamp;
use rayon::prelude::*;

use super::replacement::{ELSEWHERE, Replacements};
use super::schema_words;
use super::tokens::{Slot, Token, Tokens};
use super::values::{Change, Edits, compare, ends, leaves, overlap, walk};
use crate::golden;
use crate::support::keys::FixtureKeys;
use crate::support::project::{FixtureEntropy, Holder, NOW, Project};

/// Authorities' keys follow from their names; all servers have one key, whose place says nothing about it.
struct LawKeys;

impl KeyMaker for LawKeys {
    fn make(&self, kind: KeyKind, purpose: &Purpose<'_>) -> Result<Key, PkiError> {
        match purpose {
            Purpose::Leaf { .. } => FixtureKeys.make(kind, &Purpose::Leaf { namespace: "n", secret: "s" }),
            other => FixtureKeys.make(kind, other),
        }
    }
}

/// A scenario, held in memory.
struct Scenario {
    files: Vec<(String, String)>,
    input: Input,
    project: Project,
}

impl Scenario {
    fn new(name: &str) -> Self {
        let mut files = golden::written(name);
        files.push(("specs/zz-elsewhere.kdl".to_owned(), ELSEWHERE.to_owned()));
        let project = golden::project(name);
        let input = Input { snapshot: Snapshot::default(), ..project.input() };
        files.retain(|(path, _)| path.ends_with(".kdl"));
        files.sort();
        Self { files, input, project }
    }

    /// A fresh render of the spec with some edits; `None` where they make no valid spec.
    fn render(&self, edits: &Edits) -> Result<Vec<Manifest>, BuildError> {
        let ids = self.ids();
        let files = self.files.iter().zip(ids).map(|((path, text), id)| {
            let mut text = text.clone();
            let mut own: Vec<_> = edits.0.iter().filter(|edit| edit.file == id).collect();
            own.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
            for edit in own {
                text.replace_range(edit.range.clone(), &edit.text);
            }
            (path.clone(), text)
        });
        let input = Input { sources: Sources::new(files), ..self.input.clone() };
        let now = Timestamp::parse(NOW).unwrap();
        let ambient = Ambient { now, keys: &LawKeys, entropy: &FixtureEntropy };
        let request = Request::default();
        build(&input, &self.project.layout(), &Holder::Unasked, &ambient, &request).map(|o| o.manifests)
    }

    fn ids(&self) -> Vec<SourceId> {
        Sources::new(self.files.clone()).iter().map(|(id, _)| id).collect()
    }
}

/// Values with a reason that no other text in its place can change, and why that is right.
fn is_excepted(path: &str, text: &str) -> bool {
    // A `rewrite` without a path needs one to replace: `/`. What says so is that no path is written.
    path.ends_with(".uri.prefix") && (text.ends_with("`route`") || text.ends_with("`to`"))
        // A value of several texts holds `${`; which of them is not known.
        || path.ends_with(".kustomize.toolkit.fluxcd.io/substitute") && !text.contains("${")
        // Of two keys, one is ECDSA and one is RSA.
        || path.ends_with(".privateKey.algorithm") && text.contains("`ecdsa-p256`")
        || (path.ends_with(".privateKey.algorithm") || path.ends_with(".usages[1]")) && text.contains("`rsa-2048`")
        // `clients` would be an error where the mode is simple.
        || (path.ends_with(".data.ca.crt") || path.ends_with("/ca-sha256")) && (text.ends_with("`mutual`") || text.ends_with("`optional-mutual`"))
}

/// Whether the reason of what changed holds what was edited: before, or, where a limit ceases to hold or a server to stand
/// apart, after.
fn is_known(change: &Change<'_>, edits: &Edits) -> bool {
    // What holds others comes and goes with them.
    change.old.is_some_and(|tree| {
        edits.touch_old(&tree.origin) || ends(tree).iter().all(|end| edits.touch_old(&end.origin))
    }) || change.new.is_some_and(|tree| is_default(tree) && edits.0.iter().all(|edit| edit.text.is_empty()))
        || change.new.is_some_and(|tree| edits.touch_new(&tree.origin))
}

/// Whether nothing in the spec decided it: a default that comes where what was said in its place goes.
fn is_default(tree: &Tree) -> bool {
    ends(tree).iter().all(|end| end.origin.span().is_none())
}

/// Whether a change only follows another: what a Gateway resource held that went or came moves to or from another, with the
/// reference of its VirtualServices. Why they are two is a reason of the one that is apart.
fn follows(change: &Change<'_>, all: &[Change<'_>], edits: &Edits) -> bool {
    let is_gateway = |change: &Change<'_>| {
        let tree = change.old.or(change.new).unwrap();
        tree.get("kind").and_then(Tree::as_str) == Some("Gateway")
    };
    let moves = all.iter().any(|other| is_gateway(other) && is_known(other, edits));
    let place = [".spec.servers[", ".spec.gateways["].iter().any(|part| change.path.contains(part));
    moves && (place || is_gateway(change))
}

/// Whether a change only brings what hosts need that no certificate of many is for any longer: a Secret and a place in a
/// Gateway resource of their own. That nothing else covers them has no place in a spec.
fn comes_apart(change: &Change<'_>, token: &Token, tokens: &Tokens) -> bool {
    let place = change.path.contains(".spec.servers[");
    let kind = change.new.and_then(|tree| tree.get("kind")).and_then(Tree::as_str);
    let secret = matches!(kind, Some("Secret" | "Certificate"));
    // What waits for an authority's files is not there yet.
    let files = |other: &Token| other.text == "files" && tokens.node(other).word == "authority";
    let of_it = tokens.name(token) == "authority" || files(token);
    let came = of_it && tokens.all.iter().any(files);
    change.old.is_none() && (tokens.declares(token, "certificate") && (place || secret) || came && secret)
}

/// Tokens that nothing can stand in the place of, or that change with another one.
fn is_fixed(token: &Token, tokens: &Tokens) -> bool {
    let label = ["selector", "subset"].contains(&tokens.node(token).word.as_str());
    match tokens.name(token) {
        _ if tokens.is_schema(token) => false,
        _ if token.slot == Slot::Key => !label || token.text == "subset",
        // Orders and groups rules, and is no value's reason.
        _ if token.text == "in-order" => true,
        // A route's host is changed with the host.
        "host" => !tokens.declares(token, "host"),
        _ => false,
    }
}

/// One scenario before the court.
struct Trial<'a> {
    scenario: &'a Scenario,
    ids: &'a [SourceId],
    texts: &'a [&'a str],
    base: &'a [Manifest],
    /// The edits that changed a value, by its path.
    moved: BTreeMap<String, Vec<Edits>>,
    /// Names of a schema's fields that must be there, and of its kinds: nothing else can stand in their place.
    needed: BTreeSet<Span>,
    /// What breaks the law.
    found: BTreeSet<String>,
}

impl Trial<'_> {
    fn place(&self, span: Span) -> String {
        let file = self.ids.iter().position(|id| *id == span.source).unwrap();
        let line = self.texts[file][..span.start as usize].matches('\n').count() + 1;
        format!("{}:{line} `{}`", self.scenario.files[file].0, &self.texts[file][span.range()])
    }

    /// Renders with the first of these edits that make a valid spec: what changes must have them as its reason.
    fn try_one(&mut self, span: Span, apart: &dyn Fn(&Change<'_>) -> bool, alternatives: Vec<Edits>) -> bool {
        let mut all = alternatives.into_iter();
        let Some((new, edits)) = all.find_map(|edits| Some((self.scenario.render(&edits).ok()?, edits)))
        else {
            return false;
        };
        let text: Vec<_> = edits.0.iter().map(|edit| edit.text.as_str()).collect();
        let changes = compare(self.base, &new, &edits);
        for change in &changes {
            if !is_known(change, &edits) && !follows(change, &changes, &edits) && !apart(change) {
                let how = match (change.old, change.new) {
                    (Some(_), Some(_)) => "changes",
                    (Some(_), None) => "takes away",
                    _ => "brings",
                };
                let place = self.place(span);
                self.found
                    .insert(format!("{place} -> {text:?} {how} {}, which has another reason", change.path));
            }
            let mut below = Vec::new();
            change.old.iter().for_each(|old| walk(&change.path, old, &mut below));
            for (path, _) in below {
                self.moved.entry(path).or_default().push(edits.clone());
            }
        }
        true
    }

    /// Each reason of each value must have changed it at least once.
    fn all_have_moved(&mut self, leaves: &[(String, &Tree)]) {
        for (path, leaf) in leaves {
            for span in leaf.origin.spans().filter(|span| !self.needed.contains(span)) {
                let edited = |edits: &Edits| {
                    edits.0.iter().any(|edit| edit.file == span.source && overlap(&edit.range, &span.range()))
                };
                let changes = self.moved.get(path).is_some_and(|all| all.iter().any(edited));
                let place = self.place(span);
                if !changes && !is_excepted(path, &place) {
                    self.found.insert(format!("{place} is a reason of {path} and does not change it"));
                }
            }
        }
    }
}

/// What breaks the law in one scenario.
fn violations(name: &str) -> Vec<String> {
    let scenario = Scenario::new(name);
    let ids = scenario.ids();
    let texts: Vec<&str> = scenario.files.iter().map(|(_, text)| text.as_str()).collect();
    let tokens = Tokens::of(texts.iter().copied());
    let base =
        scenario.render(&Edits::default()).unwrap_or_else(|e| panic!("{}", scenario.project.explain(&e)));
    let leaves = leaves(&base);
    let replacements = Replacements::new(&tokens, &ids, &texts, &leaves);
    let mut trial = Trial {
        scenario: &scenario,
        ids: &ids,
        texts: &texts,
        base: &base,
        moved: BTreeMap::new(),
        needed: BTreeSet::new(),
        found: BTreeSet::new(),
    };
    let mut seen = HashSet::new();
    for token in tokens.all.iter().filter(|token| texts[token.file] != ELSEWHERE) {
        let (start, end) = (token.range.start as u32, token.range.end as u32);
        let span = Span { source: ids[token.file], start, end };
        let mut tried = is_fixed(token, &tokens);
        let schema = tokens.is_schema(token);
        let all = if schema {
            vec![schema_words::of(&tokens, token, ids[token.file], texts[token.file])]
        } else {
            replacements.of(token)
        };
        let needs_none = schema && (token.slot == Slot::Key || tokens.declares(token, "resource"));
        for alternatives in all {
            tried |= !seen.insert(alternatives[0].clone())
                || trial.try_one(span, &|change| comes_apart(change, token, &tokens), alternatives);
        }
        if !tried && needs_none {
            trial.needed.insert(span);
        } else if !tried {
            trial.found.insert(format!("nothing was tried in place of {}", trial.place(span)));
        }
    }
    for (name, file, gone) in schema_words::nodes(&tokens, &ids) {
        let span = Span { source: ids[file], start: name.start as u32, end: name.end as u32 };
        if !trial.try_one(span, &|_| false, vec![gone]) {
            trial.needed.insert(span);
        }
    }
    trial.all_have_moved(&leaves);
    trial.found.into_iter().map(|what| format!("{name}: {what}")).collect()
}

#[test]
fn a_token_changes_exactly_the_values_whose_reason_it_is() {
    // Everything follows from everything where a seed is: the serial number from all that a certificate says.
    let scenarios: Vec<_> = golden::scenarios().into_iter().filter(|name| name != "seed").collect();
    let found: Vec<_> = scenarios.par_iter().flat_map_iter(|name| violations(name)).collect();
    assert!(found.is_empty(), "{} violations\n{}", found.len(), found.join("\n"));
}
