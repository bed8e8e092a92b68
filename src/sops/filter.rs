//! Which values of a file are encrypted.

use std::fmt;

use zeroize::Zeroizing;

use super::cipher;
use super::pattern::{Pattern, PatternError};

/// Chooses the values that are encrypted. The test runs over every key of a value's path, so what it says of a mapping
/// or list holds for all below it.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All but what lies below a key with this ending. `_unencrypted` is what sops does unless told otherwise.
    UnencryptedSuffix(String),
    /// Only what lies below a key with this ending.
    EncryptedSuffix(String),
    /// All but what lies below a key that matches.
    UnencryptedRegex(Pattern),
    /// Only what lies below a key that matches.
    EncryptedRegex(Pattern),
    /// All but what lies below a comment that matches.
    UnencryptedCommentRegex(Pattern),
    /// Only what lies below a comment that matches.
    EncryptedCommentRegex(Pattern),
}

/// A filter that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The pattern of a regex filter can't be used.
    #[error("`{key}`: {source}")]
    Pattern {
        /// Which filter, by the name it has in a file.
        key: &'static str,
        /// What is wrong with its pattern.
        source: PatternError,
    },
    /// More than one filter for the same file.
    #[error("`{first}` and `{second}` can't both choose what is encrypted; leave one")]
    Two {
        /// One of them.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
}

impl Filter {
    /// The names of the six filters, as keys of a `sops` block or creation rule.
    pub(super) const KEYS: [&'static str; 6] = [
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
        "unencrypted_comment_regex",
        "encrypted_comment_regex",
    ];

    /// Only what lies below a key that matches this Go regular expression.
    pub fn encrypted_regex(pattern: &str) -> Result<Self, FilterError> {
        Self::pattern("encrypted_regex", pattern).map(Self::EncryptedRegex)
    }

    /// All but what lies below a key that matches this Go regular expression.
    pub fn unencrypted_regex(pattern: &str) -> Result<Self, FilterError> {
        Self::pattern("unencrypted_regex", pattern).map(Self::UnencryptedRegex)
    }

    /// The one filter of a `sops` block or creation rule; an empty text counts as not there, and none at all is
    /// sops' own default.
    pub(super) fn from_keys<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, FilterError> {
        let mut found = Self::KEYS.into_iter().filter_map(|key| {
            let text = get(key).filter(|text| !text.is_empty())?;
            Some((key, text))
        });
        let Some((key, text)) = found.next() else { return Ok(Self::default()) };
        if let Some((second, _)) = found.next() {
            return Err(FilterError::Two { first: key, second });
        }
        match key {
            "unencrypted_suffix" => Ok(Self::UnencryptedSuffix(text.to_owned())),
            "encrypted_suffix" => Ok(Self::EncryptedSuffix(text.to_owned())),
            "unencrypted_regex" => Self::pattern(key, text).map(Self::UnencryptedRegex),
            "encrypted_regex" => Self::pattern(key, text).map(Self::EncryptedRegex),
            "unencrypted_comment_regex" => Self::pattern(key, text).map(Self::UnencryptedCommentRegex),
            _ => Self::pattern(key, text).map(Self::EncryptedCommentRegex),
        }
    }

    fn pattern(key: &'static str, text: &str) -> Result<Pattern, FilterError> {
        Pattern::new(text).map_err(|source| FilterError::Pattern { key, source })
    }

    /// The name it has as a key of a `sops` block or creation rule.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::UnencryptedSuffix(_) => "unencrypted_suffix",
            Self::EncryptedSuffix(_) => "encrypted_suffix",
            Self::UnencryptedRegex(_) => "unencrypted_regex",
            Self::EncryptedRegex(_) => "encrypted_regex",
            Self::UnencryptedCommentRegex(_) => "unencrypted_comment_regex",
            Self::EncryptedCommentRegex(_) => "encrypted_comment_regex",
        }
    }

    /// The ending or pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::UnencryptedSuffix(suffix) | Self::EncryptedSuffix(suffix) => suffix,
            Self::UnencryptedRegex(pattern)
            | Self::EncryptedRegex(pattern)
            | Self::UnencryptedCommentRegex(pattern)
            | Self::EncryptedCommentRegex(pattern) => pattern.as_str(),
        }
    }

    /// Whether a value at this path of keys is encrypted. `None` for a filter that goes by comments.
    #[must_use]
    pub fn covers<S: AsRef<str>>(&self, path: &[S]) -> Option<bool> {
        let any = |test: &dyn Fn(&str) -> bool| path.iter().any(|key| test(key.as_ref()));
        match self {
            Self::UnencryptedSuffix(suffix) => Some(!any(&|key| key.ends_with(suffix))),
            Self::EncryptedSuffix(suffix) => Some(any(&|key| key.ends_with(suffix))),
            Self::UnencryptedRegex(pattern) => Some(!any(&|key| pattern.is_match(key))),
            Self::EncryptedRegex(pattern) => Some(any(&|key| pattern.is_match(key))),
            Self::UnencryptedCommentRegex(_) | Self::EncryptedCommentRegex(_) => None,
        }
    }

    /// The same with the comments that stand over the value and over each of its ancestors.
    pub(super) fn covers_below(&self, path: &[String], comments: &[Vec<Zeroizing<String>>]) -> bool {
        let marked = |pattern: &Pattern| {
            let mut texts = comments.iter().flatten().filter(|text| !cipher::looks_encrypted(text));
            texts.any(|text| pattern.is_match(text))
        };
        match self {
            Self::UnencryptedCommentRegex(pattern) => !marked(pattern),
            Self::EncryptedCommentRegex(pattern) => marked(pattern),
            _ => self.covers(path).unwrap_or(true),
        }
    }

    /// Whether a comment is encrypted: like a value in its place, but one that exempts what follows stays readable.
    pub(super) fn covers_comment(
        &self,
        text: &str,
        path: &[String],
        comments: &[Vec<Zeroizing<String>>],
    ) -> bool {
        match self {
            Self::UnencryptedCommentRegex(pattern)
                if pattern.is_match(text) && !cipher::looks_encrypted(text) =>
            {
                false
            }
            _ => self.covers_below(path, comments),
        }
    }
}

impl Default for Filter {
    /// Everything, except below keys that end in `_unencrypted`.
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_path_counts() {
        let filter = Filter::encrypted_regex("^data$").expect("compiles");
        assert_eq!(filter.covers(&["data", "tls.key"]), Some(true));
        assert_eq!(filter.covers(&["metadata", "name"]), Some(false));
        assert_eq!(Filter::default().covers(&["plain_unencrypted", "deep"]), Some(false));
        assert_eq!(Filter::default().covers::<&str>(&[]), Some(true));
    }

    #[test]
    fn one_filter_or_none() {
        let keys = |pairs: &'static [(&str, &str)]| {
            Filter::from_keys(move |key| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| *v))
        };
        assert_eq!(keys(&[]), Ok(Filter::default()));
        assert_eq!(keys(&[("encrypted_regex", "")]), Ok(Filter::default()));
        assert_eq!(keys(&[("encrypted_suffix", "_x")]), Ok(Filter::EncryptedSuffix("_x".into())));
        assert!(matches!(
            keys(&[("encrypted_suffix", "_x"), ("encrypted_regex", "y")]),
            Err(FilterError::Two { .. })
        ));
        assert!(matches!(keys(&[("encrypted_regex", "^(?!b)")]), Err(FilterError::Pattern { .. })));
    }

    #[test]
    fn comments_reach_what_stands_below_them() {
        let filter = Filter::EncryptedCommentRegex(Pattern::new("mark").expect("compiles"));
        let path = ["a".to_owned()];
        assert!(filter.covers_below(&path, &[vec![" mark".to_owned().into()], vec![]]));
        assert!(!filter.covers_below(&path, &[vec![" other".to_owned().into()]]));
        let filter = Filter::UnencryptedCommentRegex(Pattern::new("mark").expect("compiles"));
        assert!(!filter.covers_comment(" mark", &path, &[]));
        assert!(filter.covers_comment(" other", &path, &[]));
    }
}
