//! What could not be read: which names it may have declared, and which it surely did not.

use crate::spec::source::{Sources, Span};
use crate::spec::syntax::{Node, Scalar, Unread};

/// A node, or a whole file, that could not be read. Another node may rely on what it was meant to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The word that it has or seems to mean; nothing where it may be any.
    word: Option<String>,
    /// The name that it has; nothing where it may be any.
    name: Option<String>,
    /// All of its text, if that is known.
    text: Option<String>,
    /// Where its word stands, if it has one.
    place: Option<Span>,
}

impl Lost {
    /// A node that was taken apart and refused. `word` is what it seems to mean.
    pub(crate) fn node(sources: &Sources, node: &Node, word: Option<&str>) -> Self {
        let head = node.head();
        let whole = Span { end: node.block.map_or(head.end, |block| block.end.max(head.end)), ..head };
        let name = node.entries.iter().find(|entry| entry.key.is_none()).map(|first| &first.value);
        let name = name.and_then(|value| match &value.scalar {
            Scalar::Text(text) => Some(text.as_str().trim().to_owned()),
            _ => None,
        });
        Self {
            word: word.map(str::to_owned),
            name: name.filter(|name| !name.is_empty()),
            text: Some(sources.slice(whole).to_owned()),
            place: Some(node.name.span()),
        }
    }

    /// What may stand in what is no KDL. `words` are those that a file may hold.
    pub(crate) fn unread(unread: Unread, text: &str, words: &[&str]) -> Vec<Self> {
        match unread {
            Unread::All => vec![Self::file(text)],
            Unread::Nodes(nodes) => {
                nodes.into_iter().filter_map(|node| Some(Self::unreadable(text.get(node)?, words))).collect()
            }
        }
    }

    /// A node that is no KDL: its first word tells what it is, if that is one of ours.
    fn unreadable(text: &str, words: &[&str]) -> Self {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let word = words.contains(&word).then_some(word);
        let rest = rest.trim_start_matches([' ', '\t']);
        let name = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').map(|(name, _)| name),
            None => rest.split([' ', '\t', '\r', '\n', '{', ';']).next(),
        };
        // A name with marks in it is where the mistake may be.
        let plain = |name: &&str| {
            !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '*' | '@'))
        };
        Self {
            word: word.map(str::to_owned),
            name: word.and(name).filter(plain).map(str::to_owned),
            text: Some(text.to_owned()),
            place: None,
        }
    }

    /// A whole file.
    pub(crate) fn file(text: &str) -> Self {
        Self { word: None, name: None, text: Some(text.to_owned()), place: None }
    }

    /// A setting of the project, or one of two `secrets`.
    pub(crate) fn setting() -> Self {
        Self { word: Some(String::new()), name: None, text: None, place: None }
    }

    /// Where its word stands; none for a route, which may be a part of its host.
    pub(crate) fn place(&self) -> Option<Span> {
        self.place.filter(|_| self.word.as_deref() != Some("route"))
    }

    fn may_be(&self, word: &str) -> bool {
        self.word.as_deref().is_none_or(|own| own == word)
    }

    fn may_name(&self, fits: impl FnOnce(&str) -> bool) -> bool {
        self.name.as_deref().is_none_or(fits)
    }

    /// Whether it may declare an authority, a gateway or the like of this name.
    pub(crate) fn may_declare(&self, word: &str, name: &str) -> bool {
        self.may_be(word) && self.may_name(|own| own == name)
    }

    /// Whether it may be a domain at or above a full name, longer than `than`.
    pub(crate) fn may_be_domain_of(&self, name: &str, than: usize) -> bool {
        let above = |own: &str| own.len() > than && is_above(&normal(own), name);
        self.may_be("domain") && self.may_name(above)
    }

    /// Whether it may be a host of this full name, or the domain in which that stands.
    pub(crate) fn may_serve(&self, name: &str) -> bool {
        let name = normal(name);
        let begins = |own: &str| own == "@" || begins(&normal(own), &name);
        (self.may_be("host") && self.may_name(begins)) || self.may_be_domain_of(&name, 0)
    }

    /// Whether it may declare the service of this full name.
    pub(crate) fn may_be_service(&self, name: &str) -> bool {
        self.is_setting() || (self.may_be("service") && self.may_name(|own| begins(own, name)))
    }

    /// Whether it may make a name outside the cluster known, as a service or as a ServiceEntry.
    pub(crate) fn may_be_entry(&self, name: &str) -> bool {
        let entry = self.may_be("service-entry") || self.may_be("resource");
        let mentions = |text: &str| {
            let mut dots = name.match_indices('.').filter_map(|(dot, _)| name.get(dot..));
            text.contains(name) || dots.any(|below| text.contains(&format!("*{below}")))
        };
        (entry && self.text.as_deref().is_none_or(mentions)) || self.may_be_service(name)
    }

    /// Whether it may say who can open sealed files.
    pub(crate) fn may_say_recipients(&self) -> bool {
        let says = |text: &str| text.contains("age1") || text.contains("recipient");
        self.text.as_deref().is_none_or(says)
    }

    fn is_setting(&self) -> bool {
        self.word.as_deref() == Some("")
    }
}

fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

/// Whether a name is this one or goes on behind it.
fn begins(start: &str, name: &str) -> bool {
    name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a name is this one or lies below it.
fn is_above(domain: &str, name: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
