//! `(raw)`, `(array)` …: a word in parentheses before a node's name, which says how schema words below it are read.

/// How a node of schema words is read where its text alone does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotation {
    /// Whose field it is.
    pub field: Field,
    /// What its value is.
    pub form: Form,
}

/// How the field of a node is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// By its word, in the schema.
    Word,
    /// By its exact name, beside the schema.
    Raw,
    /// By its exact name, beside the schema, and outside `spec`.
    Top,
}

/// What the value of a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What its text looks like.
    Seen,
    /// A list, whatever its length.
    Array,
    /// An object, also one with a field `-`.
    Object,
}

/// All annotations with the words that stand for them.
const WORDS: [(&str, Annotation); 8] = [
    ("array", Annotation { field: Field::Word, form: Form::Array }),
    ("object", Annotation { field: Field::Word, form: Form::Object }),
    ("raw", Annotation { field: Field::Raw, form: Form::Seen }),
    ("raw-array", Annotation { field: Field::Raw, form: Form::Array }),
    ("raw-object", Annotation { field: Field::Raw, form: Form::Object }),
    ("top", Annotation { field: Field::Top, form: Form::Seen }),
    ("top-array", Annotation { field: Field::Top, form: Form::Array }),
    ("top-object", Annotation { field: Field::Top, form: Form::Object }),
];

impl Annotation {
    /// What holds where nothing is said.
    pub const PLAIN: Self = Self { field: Field::Word, form: Form::Seen };

    /// The annotation that a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, annotation)| *annotation)
    }

    /// Its word; none for [`Annotation::PLAIN`].
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        WORDS.iter().find(|(_, known)| *known == self).map(|(word, _)| *word)
    }

    /// All words, for messages.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(word, _)| *word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_annotation_but_the_plain_one_has_a_word() {
        for word in Annotation::words() {
            assert_eq!(Annotation::parse(word).and_then(Annotation::word), Some(word));
        }
        assert_eq!(Annotation::PLAIN.word(), None);
        assert_eq!(Annotation::parse("u8"), None);
    }
}
