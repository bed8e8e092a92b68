//! Which requests a route takes: a path, and what else it asks of them.

use std::borrow::Cow;

use super::super::path::PathPattern;
use super::Route;
use super::apart::are_apart;
use crate::spec::tree::{Field, Tree, Value};
use crate::spec::{Origin, Traced};

/// Fields of Istio's HTTPMatchRequest that leave no request out.
const ASKING_NOTHING: [&str; 3] = ["name", "statPrefix", "ignoreUriCase"];

/// One way to be taken by a route: a path, by a word of ours or by its matcher's `uri`, and what that matcher asks beside it.
#[derive(Debug, Clone)]
pub struct Condition<'a> {
    /// The path.
    pub path: Cow<'a, PathPattern>,
    /// What decided the path.
    pub origin: &'a Origin,
    /// Whether the path is taken in any case.
    pub any_case: bool,
    /// The item of `match`, if there is one.
    pub matcher: Option<&'a Tree>,
}

impl<'a> Condition<'a> {
    /// A path of a route beside an item of its `match`.
    #[must_use]
    pub fn new(path: &'a Traced<PathPattern>, matcher: Option<&'a Tree>) -> Self {
        let Traced { value: path, origin } = path;
        let any_case = matcher
            .and_then(|matcher| matcher.get("ignoreUriCase"))
            .is_some_and(|said| said.value == Value::Bool(true));
        let own = matcher.filter(|_| *path == PathPattern::Everything).and_then(uri);
        match own {
            Some((path, origin)) => Self { path: Cow::Owned(path), origin, any_case, matcher },
            None => Self { path: Cow::Borrowed(path), origin, any_case, matcher },
        }
    }

    /// What it asks beside the path.
    fn asks(&self) -> impl Iterator<Item = &'a Field> {
        self.matcher.into_iter().flat_map(asking).filter(|field| field.name != "uri")
    }

    /// Whether it asks nothing beside the path.
    #[must_use]
    pub fn asks_nothing(&self) -> bool {
        self.asks().next().is_none()
    }

    /// How much it asks of a request beside the path.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.asks().map(|field| count(&field.tree)).sum()
    }

    /// Whether both take the same paths.
    #[must_use]
    pub fn is_at(&self, other: &Self) -> bool {
        if self.any_case != other.any_case {
            return false;
        }
        if self.any_case { self.path.folded() == other.path.folded() } else { self.path == other.path }
    }

    /// Whether everything that the other asks beside the path is asked by this one too.
    #[must_use]
    pub fn asks_as_much(&self, other: &Self) -> bool {
        other.asks().all(|theirs| {
            self.asks().any(|mine| mine.name == theirs.name && narrows(&mine.tree, &theirs.tree))
        })
    }

    /// Whether both take the same requests.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_at(other) && self.asks_as_much(other) && other.asks_as_much(self)
    }

    /// Whether it takes every request that the other takes.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let everything = *self.path == PathPattern::Everything;
        let paths = match (self.any_case, other.any_case) {
            _ if everything => true,
            (true, _) => self.path.folded().covers(&other.path.folded()),
            (false, false) => self.path.covers(&other.path),
            (false, true) => false,
        };
        paths && other.asks_as_much(self)
    }

    /// Whether no request is of both, whatever its path: they ask for different values of one thing.
    #[must_use]
    pub fn is_apart(&self, other: &Self) -> bool {
        let both = self.matcher.zip(other.matcher);
        both.is_some_and(|(mine, theirs)| are_apart(mine, theirs))
    }

    /// Whether some request is of both, so that it matters which of them is tried first. What takes everything is tried last.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.meets(other) && !self.is_apart(other)
    }

    fn meets(&self, other: &Self) -> bool {
        let anything = |one: &Self| *one.path == PathPattern::Everything;
        match (anything(self), anything(other)) {
            (false, false) if self.any_case || other.any_case => {
                self.path.folded().overlaps(&other.path.folded())
            }
            (false, false) => self.path.overlaps(&other.path),
            (true, true) => !self.asks_nothing() && !other.asks_nothing(),
            (true, false) => !self.asks_nothing(),
            (false, true) => !other.asks_nothing(),
        }
    }
}

impl Route {
    /// All conditions under which it takes a request, path by path.
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition<'_>> {
        let mut found = Vec::with_capacity(self.paths.len());
        for path in &self.paths {
            match self.matchers() {
                [] => found.push(Condition::new(path, None)),
                several => found.extend(several.iter().map(|matcher| Condition::new(path, Some(matcher)))),
            }
        }
        found
    }
}

/// The path that a matcher's `uri` asks for.
fn uri(matcher: &Tree) -> Option<(PathPattern, &Origin)> {
    let said = |how| {
        let said = matcher.at(&["uri", how])?;
        Some((said.as_str()?.to_owned(), &said.origin))
    };
    if let Some((path, origin)) = said("exact") {
        return Some((PathPattern::Exact(path), origin));
    }
    if let Some((stem, origin)) = said("prefix") {
        let path = if stem == "/" { PathPattern::Everything } else { PathPattern::Prefix(stem) };
        return Some((path, origin));
    }
    said("regex").map(|(pattern, origin)| (PathPattern::Regex(pattern), origin))
}

/// The fields of a matcher that leave some request out.
fn asking(matcher: &Tree) -> impl Iterator<Item = &Field> {
    let is_empty = |tree: &Tree| match &tree.value {
        Value::Null => true,
        Value::Map(fields) => fields.iter().all(|field| field.tree.value == Value::Null),
        Value::List(items) => items.is_empty(),
        _ => false,
    };
    matcher
        .fields()
        .iter()
        .filter(move |field| !ASKING_NOTHING.contains(&&*field.name) && !is_empty(&field.tree))
}

/// The number of conditions in a value.
fn count(tree: &Tree) -> usize {
    match &tree.value {
        Value::Null => 0,
        Value::Map(fields) if !fields.is_empty() => fields.iter().map(|field| count(&field.tree)).sum(),
        Value::List(items) if !items.is_empty() => items.iter().map(count).sum(),
        _ => 1,
    }
}

/// Whether a value asks all that another asks: the same, or an object with more fields.
fn narrows(mine: &Tree, theirs: &Tree) -> bool {
    match (&mine.value, &theirs.value) {
        (Value::Map(_), Value::Map(fields)) if !fields.is_empty() => fields
            .iter()
            .filter(|field| field.tree.value != Value::Null)
            .all(|field| mine.get(&field.name).is_some_and(|mine| mine.same(&field.tree))),
        _ => mine.same(theirs),
    }
}

impl PathPattern {
    /// The same in small letters, to compare what is taken in any case.
    fn folded(&self) -> Self {
        match self {
            Self::Exact(path) => Self::Exact(path.to_lowercase()),
            Self::Below(path) => Self::Below(path.to_lowercase()),
            Self::Prefix(stem) => Self::Prefix(stem.to_lowercase()),
            Self::Regex(_) | Self::Everything => self.clone(),
        }
    }
}
