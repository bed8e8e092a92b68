//! What a table of the language says about a word: what may stand in it, of which type, with which default, and which
//! field of which resource it becomes. The reader, the suggestions and `explain` all live on these tables.

/// A word that is a node.
#[derive(Debug)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What messages call a node of this word, with an article.
    pub called: &'static str,
    /// What it is, in one line.
    pub doc: &'static str,
    /// What it becomes.
    pub becomes: &'static str,
    /// What stands right behind the word.
    pub argument: Argument,
    /// What it may hold, in groups that several words share.
    pub items: &'static [&'static [Item]],
    /// Whether its properties are labels: names of the user's own, kept as written.
    pub labels: bool,
}

/// The values that stand right behind a word.
#[derive(Debug, Clone, Copy)]
pub enum Argument {
    /// None.
    None,
    /// Exactly one.
    One(Type, &'static str),
    /// One or none.
    Optional(Type, &'static str),
    /// Any number.
    Many(Type, &'static str),
    /// Texts, each of which means something of its own: what they are, and a node that shows them.
    Each(&'static [&'static str], &'static str),
}

impl Argument {
    /// The type of what stands behind the word, if anything does.
    #[must_use]
    pub fn ty(self) -> Option<Type> {
        match self {
            Self::None => None,
            Self::One(ty, _) | Self::Optional(ty, _) | Self::Many(ty, _) => Some(ty),
            Self::Each(..) => Some(Type::Text),
        }
    }

    /// What stands behind the word, in words.
    #[must_use]
    pub fn what(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::One(_, what) | Self::Optional(_, what) | Self::Many(_, what) => Some(what.to_owned()),
            Self::Each(parts, _) => Some(parts.join(", then ")),
        }
    }
}

/// A property or child of a word.
#[derive(Debug)]
pub struct Item {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub form: Form,
    /// What holds when it is not said; empty if nothing does.
    pub default: &'static str,
    /// What it is, in one line.
    pub doc: &'static str,
    /// The field that it becomes, as `Gateway.spec.selector`.
    pub becomes: &'static str,
    /// Whether it must be said.
    pub required: bool,
    /// Several values as they may stand together, where twice the same would be wrong.
    pub several: &'static str,
}

/// How a property or child is written.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// `name=value`, or a child `name value`; once.
    Value(Type),
    /// `name=value`, or a child `name value value…`; once.
    Values(Type),
    /// `name=value`, or children `name value…`, as many as needed.
    Repeated(Type),
    /// A bare child `name`, a bare `name` behind the arguments, or `name=#true`.
    Flag,
    /// A child node; once.
    Node(&'static Word),
    /// Child nodes, as many as needed.
    Nodes(&'static Word),
    /// `name=value`, or child nodes, as many as needed.
    ValueOrNodes(Type, &'static Word),
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text that is not empty.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A TCP port, 1 to 65535.
    Port,
    /// A share beside others, from 0.
    Weight,
    /// A count from 1.
    Number,
    /// A length of time in one unit, such as `"365d"`.
    Validity,
    /// A length of time as Istio writes it, such as `"1m30s"`.
    Duration,
    /// A date such as `"2026-11-25"`.
    Date,
    /// `#true` or `#false`.
    Truth,
}

impl Type {
    /// What a value of this type looks like, for messages and help.
    #[must_use]
    pub fn example(self) -> String {
        match self {
            Self::Text => "\"…\"".to_owned(),
            Self::Choice(words) => written(words.first().copied().unwrap_or_default()),
            Self::Port => "443".to_owned(),
            Self::Weight => "90".to_owned(),
            Self::Number => "2".to_owned(),
            Self::Validity => "\"90d\"".to_owned(),
            Self::Duration => "\"30s\"".to_owned(),
            Self::Date => "\"2026-11-25\"".to_owned(),
            Self::Truth => "#false".to_owned(),
        }
    }
}

/// A word of a choice as a spec writes it: in quotes where it begins like a number.
pub(super) fn written(word: &str) -> String {
    if word.starts_with(|c: char| c.is_ascii_digit()) { format!("\"{word}\"") } else { word.to_owned() }
}

impl Word {
    /// Everything it may hold.
    pub fn items(&self) -> impl Iterator<Item = &'static Item> + use<> {
        self.items.iter().flat_map(|group| group.iter())
    }

    /// The property or child of that name.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&'static Item> {
        self.items().find(|item| item.name == name)
    }
}

impl Item {
    /// A value, written as property or child.
    #[must_use]
    pub const fn value(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self::new(name, Form::Value(ty), doc)
    }

    /// A switch.
    #[must_use]
    pub const fn flag(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, Form::Flag, doc)
    }

    /// A child node that may stand once.
    #[must_use]
    pub const fn node(word: &'static Word) -> Self {
        Self::new(word.name, Form::Node(word), word.doc)
    }

    /// A child node that may stand many times.
    #[must_use]
    pub const fn nodes(word: &'static Word) -> Self {
        Self::new(word.name, Form::Nodes(word), word.doc)
    }

    /// Any other form.
    #[must_use]
    pub const fn new(name: &'static str, form: Form, doc: &'static str) -> Self {
        Self { name, form, default: "", doc, becomes: "", required: false, several: "" }
    }

    /// One that must be said.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// With what holds when it is not said.
    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// With several values as they may stand together.
    #[must_use]
    pub const fn several(mut self, values: &'static str) -> Self {
        self.several = values;
        self
    }

    /// With the field that it becomes.
    #[must_use]
    pub const fn becomes(mut self, field: &'static str) -> Self {
        self.becomes = field;
        self
    }

    /// The word of a child node, if it has one.
    #[must_use]
    pub fn word(&self) -> Option<&'static Word> {
        match self.form {
            Form::Node(word) | Form::Nodes(word) | Form::ValueOrNodes(_, word) => Some(word),
            Form::Value(_) | Form::Values(_) | Form::Repeated(_) | Form::Flag => None,
        }
    }

    /// Whether `name=value` is a way to write it.
    #[must_use]
    pub fn is_property(&self) -> bool {
        !matches!(self.form, Form::Node(_) | Form::Nodes(_))
    }

    /// What its value looks like, for messages and help: the default, where that is a port or a length of time.
    #[must_use]
    pub fn example(&self) -> String {
        let (Form::Value(ty) | Form::Values(ty) | Form::Repeated(ty) | Form::ValueOrNodes(ty, _)) = self.form
        else {
            return String::new();
        };
        let is_prose = self.default.is_empty() || self.default.starts_with("the ");
        match ty {
            Type::Port if !is_prose => self.default.to_owned(),
            Type::Validity | Type::Duration if !is_prose => format!("\"{}\"", self.default),
            _ => ty.example(),
        }
    }

    /// How it is written, for messages: `key rsa-2048`.
    #[must_use]
    pub fn usage(&self) -> String {
        let name = self.name;
        match self.form {
            Form::Value(_) | Form::ValueOrNodes(..) => format!("{name}={}", self.example()),
            Form::Values(_) | Form::Repeated(_) => format!("{name} {}", self.example()),
            Form::Flag => name.to_owned(),
            Form::Node(word) | Form::Nodes(word) => match word.argument {
                Argument::None if word.labels => format!("{name} label=\"…\""),
                Argument::None => format!("{name} …"),
                Argument::Each(_, example) => format!("{name} {example}"),
                Argument::One(ty, _) | Argument::Optional(ty, _) | Argument::Many(ty, _) => {
                    format!("{name} {}", ty.example())
                }
            },
        }
    }
}

/// A closed set of words, each with what it stands for.
pub trait Choice: Copy + Sized + 'static {
    /// The words, in the order in which they are offered.
    const WORDS: &'static [&'static str];
    /// What each stands for, in the same order.
    const VALUES: &'static [Self];

    /// What is to be said of a text that lies beyond them, and what to write.
    #[must_use]
    fn beyond(_written: &str) -> Option<(String, String)> {
        None
    }
}

/// Writes a [`Choice`] from one list of words and values.
macro_rules! choice {
    ($type:ty { $($word:literal => $value:ident),* $(,)? }) => {
        impl $crate::spec::node::word::Choice for $type {
            const WORDS: &'static [&'static str] = &[$($word),*];
            const VALUES: &'static [Self] = &[$(Self::$value),*];
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::node::{PROJECT_FILE, SPEC_FILE};
    use crate::spec::{Sources, parse};

    /// Calls `visit` for every word below a file, with the path of words to it.
    fn walk(path: &mut Vec<&'static Word>, visit: &mut impl FnMut(&[&'static Word])) {
        visit(path);
        let items: Vec<_> = path.last().into_iter().flat_map(|word| word.items()).collect();
        for word in items.into_iter().filter_map(Item::word) {
            path.push(word);
            walk(path, visit);
            path.pop();
        }
    }

    /// A node of this word as it should be, with something more on its line and in its braces.
    fn sample(word: &Word, more: &str, inner: &str) -> String {
        let argument = match word.argument {
            Argument::None => String::new(),
            Argument::Each(..) => "\"Namespace\" \"…\"".to_owned(),
            Argument::One(ty, _) | Argument::Optional(ty, _) | Argument::Many(ty, _) => ty.example(),
        };
        let required: String = word
            .items()
            .filter(|item| {
                item.required && !more.contains(&format!("{}=", item.name)) && !inner.starts_with(item.name)
            })
            .map(|item| format!(" {}", item.usage()))
            .collect();
        format!("{} {argument}{required} {more} {{\n{inner}\n}}", word.name)
    }

    fn findings(path: &str, text: &str) -> Vec<String> {
        let sources = Sources::new([(path.to_owned(), text.to_owned())]);
        let (_, report) = parse(&sources);
        let first = |finding: &crate::diag::Diagnostic| sources.slice(finding.labels[0].span).to_owned();
        report.findings().iter().map(first).collect()
    }

    #[test]
    fn every_word_is_described() {
        let kebab = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        for file in [&SPEC_FILE, &PROJECT_FILE] {
            walk(&mut vec![file], &mut |path| {
                let word = path[path.len() - 1];
                assert!(
                    kebab(word.name) && !word.doc.is_empty() && word.called.contains(word.name),
                    "{word:?}"
                );
                let mut names: Vec<_> = word.items().map(|item| item.name).collect();
                assert!(word.items().all(|item| kebab(item.name) && !item.doc.is_empty()), "{word:?}");
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), word.items().count(), "{word:?}");
            });
        }
    }

    /// A table that names what the reader does not read would let it pass in silence.
    #[test]
    fn every_value_of_the_tables_is_read() {
        let mut read = 0;
        walk(&mut vec![&SPEC_FILE], &mut |path| {
            let [_, outer @ .., word] = path else { return };
            for item in word.items().filter(|item| item.is_property() && !matches!(item.form, Form::Flag)) {
                // `#null` says that there is no timeout.
                let wrong = if matches!(item.form, Form::Value(Type::Duration)) { "#true" } else { "#null" };
                let node = sample(word, &format!("{}={wrong}", item.name), "");
                let text = outer.iter().rev().fold(node, |inner, word| sample(word, "", &inner));
                assert!(findings("specs/a.kdl", &text).contains(&wrong.to_owned()), "{text}");
                read += 1;
            }
        });
        for item in PROJECT_FILE.items().filter(|item| item.word().is_none()) {
            assert_eq!(findings("gatewright.kdl", &format!("{} #null", item.name)), ["#null"]);
            read += 1;
        }
        assert!(read > 50, "{read}");
    }
}
