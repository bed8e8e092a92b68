//! The stable names of findings. A name never changes its meaning; `docs/errors.md` lists them all.

use std::fmt;

/// A finding's stable name, in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code {
    name: &'static str,
    summary: &'static str,
}

impl Code {
    /// The name, as `duplicate-host`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What it is about, in one line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.summary
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $summary:literal;)*) => {
        impl Code {
            $(#[doc = $summary] pub const $constant: Self = Self { name: $name, summary: $summary };)*
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

codes! {
    SYNTAX = "syntax", "The text is not KDL.";
    TOO_DEEP = "too-deep", "Nesting deeper than 100 levels.";
    UNKNOWN_WORD = "unknown-word", "A node, property or value that has no meaning where it stands.";
    SAID_TWICE = "said-twice", "A property or node that may stand once is there twice.";
    MISSING_WORD = "missing-word", "Something that must be said is not.";
    WRONG_VALUE = "wrong-value", "A value of the wrong type or form.";
    UNKNOWN_TEMPLATE = "unknown-template", "A file below templates/ that nothing would ever read.";
    TEMPLATE_ERROR = "template-error", "A template that can't be compiled or filled in.";
    TEMPLATE_OUTPUT = "template-output", "A template whose output is not the YAML of Kubernetes objects that every reader takes alike.";
    TEMPLATE_IDENTITY = "template-identity", "A template that changes which object it describes.";
    TEMPLATE_SECRET = "template-secret", "A Secret that goes through a template, or comes from one.";
    SKIP_MARKER = "skip-marker", "Text that makes Argo CD drop the resource without a word.";
}
