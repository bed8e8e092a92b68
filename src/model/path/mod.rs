//! Paths of a route: what they match, and in which order they are tried.

mod normal;

use std::cmp::{Ordering, Reverse};

use normal::Flaw;

use super::name::NameError;

/// A path that stands for something without a slash at its start.
fn without_slash(text: &str) -> NameError {
    let error = |at, reason: &str, path: &str| {
        let help = match PathPattern::parse(path) {
            Ok(_) => format!("write `\"{path}\"`"),
            Err(_) => mend(path),
        };
        NameError { at, reason: reason.to_owned(), help }
    };
    if let Some((scheme, rest)) = text.split_once("://") {
        let path = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/");
        return error(0..scheme.len() + 3, "a URL; only its path belongs here", path);
    }
    error(0..text.len(), "a path starts with `/`", &format!("/{text}"))
}

/// What to write instead of a path that Envoy would never see, if that is a path at all.
fn mend(text: &str) -> String {
    let (stem, star) = match text.strip_suffix('*') {
        Some(stem) if !stem.contains(['*', '?', '#']) => (stem, "*"),
        _ => (text, ""),
    };
    let path = format!("{}{star}", normal::normal(stem, !star.is_empty() && !stem.ends_with('/')));
    if path != text && PathPattern::parse(&path).is_ok() {
        format!("write `\"{path}\"`")
    } else {
        "write a path as requests have it, such as `\"/cart\"` or `\"/cart/*\"`".to_owned()
    }
}

/// A path of a route as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathPattern {
    /// `"/x"`: this path alone.
    Exact(String),
    /// `"/x/*"`: `/x` and what lies below it, by whole segments.
    Below(String),
    /// `"/x*"`: every path that starts with these characters.
    Prefix(String),
    /// A regular expression; no route says one, a matcher's `uri` may.
    Regex(String),
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
    /// `uri.regex`
    Regex(String),
    /// No `uri` at all.
    Any,
}

impl PathPattern {
    /// Reads `"/x"`, `"/x/*"` or `"/x*"`, in the form in which Envoy sees the paths of requests.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if !text.starts_with('/') {
            return Err(without_slash(text));
        }
        let (stem, star) = match text.find('*') {
            Some(star) => (&text[..star], Some(star)),
            None => (text, None),
        };
        // What is wrong before the star comes first.
        let open = star.is_some() && !stem.ends_with('/');
        if let Some(Flaw { at, reason }) = normal::flaw(stem, open) {
            return Err(NameError { at, reason, help: mend(text) });
        }
        let Some(star) = star else { return Ok(Self::Exact(text.to_owned())) };
        if star + 1 != text.len() {
            let reason = "`*` can only stand at the end of a path".to_owned();
            let help = "the character itself is `%2A`".to_owned();
            return Err(NameError { at: star..star + 1, reason, help });
        }
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
            Self::Regex(pattern) => vec![UriMatch::Regex(pattern.clone())],
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
            // What two expressions have in common is not told from their text.
            (Self::Regex(_), _) | (_, Self::Regex(_)) => true,
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
            (Self::Regex(a), Self::Regex(b)) => a == b,
            (_, Self::Any | Self::Regex(_)) | (Self::Regex(_), _) | (Self::Exact(_), Self::Prefix(_)) => {
                false
            }
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Prefix(stem), Self::Exact(path) | Self::Prefix(path)) => path.starts_with(stem.as_str()),
        }
    }

    /// The more specific comes first: exact, then longer prefix, then expressions, then everything. Equal where only writing
    /// order tells.
    #[must_use]
    pub fn specificity(&self, other: &Self) -> Ordering {
        let key = |m: &Self| match m {
            Self::Exact(_) => (0, Reverse(0)),
            Self::Prefix(stem) => (1, Reverse(stem.len())),
            Self::Regex(_) => (2, Reverse(0)),
            Self::Any => (3, Reverse(0)),
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
            Self::Prefix(_) | Self::Regex(_) | Self::Any => slash(),
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

    /// Tried on Envoy: none of these matched any request, or none of a mesh that merges slashes.
    #[test]
    fn what_is_no_path_is_refused_at_its_column_with_the_form_that_is_one() {
        for (text, at, mend) in [
            ("x", 0..1, "/x"),
            ("", 0..0, "/"),
            ("x y", 0..3, "/x%20y"),
            ("https://a.example/x/*", 0..8, "/x/*"),
            ("https://a.example", 0..8, "/"),
            ("/a b", 2..3, "/a%20b"),
            ("/a?b=1", 2..3, "/a"),
            ("/a#b*", 2..3, "/a"),
            ("/é", 1..3, "/%C3%A9"),
            ("/é/*", 1..3, "/%C3%A9/*"),
            ("/%c3%A9", 1..4, "/%C3%A9"),
            ("/%61pi", 1..4, "/api"),
            ("/%2e%2e/x", 1..4, "/x"),
            ("/%7Euser", 1..4, "/~user"),
            ("/%zz", 1..2, "/%25zz"),
            ("/50%", 3..4, "/50%25"),
            ("/50%*", 3..4, "/50%25*"),
            ("/x%00", 2..5, ""),
            ("/../x", 1..3, "/x"),
            ("/y/../z/*", 3..5, "/z/*"),
            ("/x/..", 3..5, "/"),
            ("/x/.", 3..4, "/x/"),
            ("/x/./*", 3..4, "/x/*"),
            ("/./*", 1..2, "/*"),
            ("/.//*", 1..2, "/*"),
            ("//", 0..2, "/"),
            ("//*", 0..2, "/*"),
            ("/a//b", 2..4, "/a/b"),
            ("/a//b*", 2..4, "/a/b*"),
            ("/back\\slash", 5..6, "/back/slash"),
            ("/x\u{200b}y", 2..5, "/xy"),
            ("/x\u{feff}", 2..5, "/x"),
            ("/users/{id}", 7..8, "/users/%7Bid%7D"),
            ("/a|b", 2..3, "/a%7Cb"),
            ("/a^b", 2..3, "/a%5Eb"),
            ("/\"a\"", 1..2, "/%22a%22"),
            ("/${", 2..3, "/$%7B"),
            ("/\t", 1..2, "/%09"),
        ] {
            let error = PathPattern::parse(text).unwrap_err();
            let help = match mend {
                "" => "write a path as requests have it, such as `\"/cart\"` or `\"/cart/*\"`".to_owned(),
                mend => format!("write `\"{mend}\"`"),
            };
            assert_eq!((error.at, error.help), (at, help), "{text}");
            assert!(mend.is_empty() || PathPattern::parse(mend).is_ok(), "{mend}");
        }
        for (text, at) in [("/*/b", 1..2), ("/a**", 2..3)] {
            let error = PathPattern::parse(text).unwrap_err();
            assert_eq!((error.at, error.help.as_str()), (at, "the character itself is `%2A`"), "{text}");
        }
    }

    #[test]
    fn what_requests_have_is_taken_as_it_is() {
        for text in [
            "/.well-known/acme-challenge/*",
            "/..x",
            "/...",
            "/.*",
            "/a/..*",
            "/a.b/~c/d-e_f",
            "/com,ma;semi=eq@at:co!ex$do&am(pa)st+pl'[x]",
            "/%C3%A9",
            "/a%2Fb%20c%25d%2A",
            "/x/",
            "/${VERSION}/*",
            "/v${MAJOR}.${MINOR}*",
        ] {
            assert!(PathPattern::parse(text).is_ok(), "{text}");
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
