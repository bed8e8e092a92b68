//! Paths of a route: what they match, and in which order they are tried.

use std::cmp::{Ordering, Reverse};

use super::name::NameError;

/// A path of a route as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathPattern {
    /// `"/x"`: this path alone.
    Exact(String),
    /// `"/x/*"`: `/x` and what lies below it, by whole segments.
    Below(String),
    /// `"/x*"`: every path that starts with these characters.
    Prefix(String),
    /// No path, or `"/*"`.
    Everything,
}

/// One match as Istio's `StringMatch` on `uri` knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UriMatch {
    /// `uri.exact`
    Exact(String),
    /// `uri.prefix`
    Prefix(String),
    /// No `uri` at all.
    Any,
}

impl PathPattern {
    /// Reads `"/x"`, `"/x/*"` or `"/x*"`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let error = |at: std::ops::Range<usize>, reason: &str, help: Option<String>| NameError {
            at,
            reason: reason.to_owned(),
            help,
        };
        if !text.starts_with('/') {
            let help = format!("write `\"/{text}\"`");
            return Err(error(0..text.len(), "a path starts with `/`", Some(help)));
        }
        let bad =
            text.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#'));
        if let Some((i, c)) = bad {
            let reason =
                "no path of a request holds this: query and fragment are not part of it, blanks are `%20`";
            return Err(error(i..i + c.len_utf8(), reason, None));
        }
        let Some(star) = text.find('*') else { return Ok(Self::Exact(text.to_owned())) };
        if star + 1 != text.len() {
            let reason = "`*` can only stand at the end of a path";
            return Err(error(star..star + 1, reason, None));
        }
        let stem = &text[..star];
        Ok(match stem.strip_suffix('/') {
            Some("") => Self::Everything,
            Some(parent) => Self::Below(parent.to_owned()),
            None => Self::Prefix(stem.to_owned()),
        })
    }

    /// The matches this becomes, in the order in which they are tried.
    #[must_use]
    pub fn matches(&self) -> Vec<UriMatch> {
        match self {
            Self::Exact(path) => vec![UriMatch::Exact(path.clone())],
            Self::Below(path) => vec![UriMatch::Exact(path.clone()), UriMatch::Prefix(format!("{path}/"))],
            Self::Prefix(stem) => vec![UriMatch::Prefix(stem.clone())],
            Self::Everything => vec![UriMatch::Any],
        }
    }

    /// Whether there is a path that both take. One that takes everything overlaps nothing: Istio tries it last.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.matches(), other.matches());
        mine.iter().any(|a| theirs.iter().any(|b| a.overlaps(b)))
    }

    /// Whether every path that `other` takes is taken by this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let mine = self.matches();
        other.matches().iter().all(|theirs| mine.iter().any(|own| own.covers(theirs)))
    }
}

impl UriMatch {
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => false,
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Exact(path), Self::Prefix(stem)) | (Self::Prefix(stem), Self::Exact(path)) => {
                path.starts_with(stem.as_str())
            }
            (Self::Prefix(a), Self::Prefix(b)) => a.starts_with(b.as_str()) || b.starts_with(a.as_str()),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Prefix(stem), _) if stem == "/" => true,
            (_, Self::Any) | (Self::Exact(_), Self::Prefix(_)) => false,
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Prefix(stem), Self::Exact(path) | Self::Prefix(path)) => path.starts_with(stem.as_str()),
        }
    }

    /// The more specific comes first: exact, then longer prefix, then everything. Equal where only writing order tells.
    #[must_use]
    pub fn specificity(&self, other: &Self) -> Ordering {
        let key = |m: &Self| match m {
            Self::Exact(_) => (0, Reverse(0)),
            Self::Prefix(stem) => (1, Reverse(stem.len())),
            Self::Any => (2, Reverse(0)),
        };
        key(self).cmp(&key(other))
    }

    /// What `rewrite` makes of Istio's `rewrite.uri` here: the matched part is replaced, never leaving `//`.
    #[must_use]
    pub fn rewrite(&self, to: &str, below: bool) -> String {
        let slash = || if to.ends_with('/') { to.to_owned() } else { format!("{to}/") };
        match self {
            Self::Exact(_) => to.to_owned(),
            Self::Prefix(_) if !below => to.to_owned(),
            Self::Prefix(_) | Self::Any => slash(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_exact_below_or_a_prefix() {
        assert_eq!(path("/x"), PathPattern::Exact("/x".into()));
        assert_eq!(path("/x/*"), PathPattern::Below("/x".into()));
        assert_eq!(path("/x*"), PathPattern::Prefix("/x".into()));
        assert_eq!(path("/*"), PathPattern::Everything);
        assert_eq!(path("/"), PathPattern::Exact("/".into()));
        assert_eq!(path("/x/*").matches(), [UriMatch::Exact("/x".into()), UriMatch::Prefix("/x/".into())]);
    }

    #[test]
    fn what_is_no_path_is_refused_at_its_column() {
        for (text, at) in
            [("x", 0..1), ("/a b", 2..3), ("/a?b=1", 2..3), ("/*/b", 1..2), ("/a**", 2..3), ("", 0..0)]
        {
            assert_eq!(PathPattern::parse(text).unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn overlap_goes_by_whole_segments() {
        assert!(!path("/x/*").overlaps(&path("/xy")));
        assert!(path("/x/*").overlaps(&path("/x")));
        assert!(path("/x/*").overlaps(&path("/x/y/*")));
        assert!(path("/x*").overlaps(&path("/xy")));
        assert!(!path("/*").overlaps(&path("/x")));
    }

    #[test]
    fn a_covered_path_can_never_be_reached() {
        assert!(path("/x/*").covers(&path("/x")) && path("/x/*").covers(&path("/x/y/*")));
        assert!(!path("/x/*").covers(&path("/xy")) && !path("/x").covers(&path("/x/*")));
        assert!(path("/*").covers(&path("/x")) && path("/x*").covers(&path("/x/*")));
    }

    #[test]
    fn a_rewrite_never_leaves_two_slashes() {
        let [exact, prefix] = path("/x/*").matches().try_into().unwrap();
        assert_eq!((exact.rewrite("/", true), prefix.rewrite("/", true)), ("/".into(), "/".into()));
        assert_eq!(
            (exact.rewrite("/app", true), prefix.rewrite("/app", true)),
            ("/app".into(), "/app/".into())
        );
        assert_eq!(UriMatch::Any.rewrite("/app", false), "/app/");
        assert_eq!(UriMatch::Prefix("/v1".into()).rewrite("/api", false), "/api");
    }
}
