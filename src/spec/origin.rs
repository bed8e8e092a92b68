//! Why a value is what it is.

use std::sync::Arc;

use super::source::{Span, Text};

/// One thing that decided a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A token of the spec.
    Spec(Span),
    /// Nobody said anything: the default of a word, as `gateway.selector`.
    Default(&'static str),
}

/// All that decided a value: never empty, sorted, each once. Most values have one cause; a host's full name has two,
/// its own and its domain's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(Arc<[Cause]>);

impl Origin {
    /// A token of the spec.
    #[must_use]
    pub fn spec(span: Span) -> Self {
        Self(Arc::new([Cause::Spec(span)]))
    }

    /// The default of `word`.
    #[must_use]
    pub fn default_of(word: &'static str) -> Self {
        Self(Arc::new([Cause::Default(word)]))
    }

    /// What decided either.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        let mut causes: Vec<Cause> = self.0.iter().chain(other.0.iter()).copied().collect();
        causes.sort_unstable();
        causes.dedup();
        Self(causes.into())
    }

    /// The causes, sorted.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.0
    }

    /// The first place in the spec among the causes.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.spans().next()
    }

    /// All places in the spec among the causes.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        self.0.iter().filter_map(|cause| match cause {
            Cause::Spec(span) => Some(*span),
            Cause::Default(_) => None,
        })
    }
}

/// A value of the model with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced<T> {
    /// The value.
    pub value: T,
    /// What decided it.
    pub origin: Origin,
}

impl<T> Traced<T> {
    /// A value with its reason.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The default of `word`.
    pub fn default_of(value: T, word: &'static str) -> Self {
        Self { value, origin: Origin::default_of(word) }
    }

    /// A value that a text of the spec decided.
    pub fn said(value: T, text: &Text) -> Self {
        Self { value, origin: Origin::spec(text.span()) }
    }

    /// Changes the value and keeps the reason.
    pub fn map<U>(&self, f: impl FnOnce(&T) -> U) -> Traced<U> {
        Traced { value: f(&self.value), origin: self.origin.clone() }
    }
}
