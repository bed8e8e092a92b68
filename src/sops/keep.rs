//! Another document around the same encrypted values.

use super::cipher;
use super::emit;
use super::error::{Place, SopsError};
use super::node::{Comment, Field, Node};
use super::sealed::{Sealed, bad_value};
use super::walk::{Here, Visitor, walk};

impl Sealed {
    /// The file's text with another document around the same encrypted values: for labels, annotations or a
    /// namespace that change without any identity. The encrypted values of `document` must be exactly this file's
    /// [`Node::Enc`], in their order and below the same keys; the `sops` block stays.
    ///
    /// # Errors
    /// [`SopsError::ClearIsSealed`] unless [`Self::mac_only_encrypted`]; [`SopsError::CiphertextMoved`] if the
    /// encrypted values differ; what [`encrypt`](super::encrypt) refuses in a tree.
    pub fn with_clear(&self, document: Node) -> Result<String, SopsError> {
        let [own] = self.documents.as_slice() else { return Err(SopsError::SeveralDocuments) };
        if !self.metadata.mac_only_encrypted {
            return Err(SopsError::ClearIsSealed);
        }
        let document = emit::settle(document);
        emit::check(&document)?;
        if document.get("sops").is_some() {
            return Err(SopsError::ReservedKey);
        }
        let mut before = Keeper::default();
        walk(own.clone(), &self.metadata.filter, &mut before)?;
        let mut after = Keeper::default();
        let document = walk(document, &self.metadata.filter, &mut after)?;
        before.check_same(&after)?;
        let Node::Map(mut fields) = document else { return Err(SopsError::NotAMapping) };
        fields.push(Field::Value("sops".to_owned(), self.metadata.node.clone()));
        Ok(std::mem::take(&mut *emit::documents([&Node::Map(fields)])))
    }
}

/// Notes the encrypted values of a document and refuses readable ones in their place.
#[derive(Default)]
struct Keeper {
    values: Vec<(String, Place, String)>,
    comments: Vec<(String, Place, String)>,
}

impl Keeper {
    /// Values must be the same in the same order; comments may have been dropped.
    fn check_same(&self, after: &Self) -> Result<(), SopsError> {
        let same = |a: &(String, Place, String), b: &(String, Place, String)| a.0 == b.0 && a.2 == b.2;
        let differs = self.values.iter().zip(&after.values).find(|(a, b)| !same(a, b)).map(|(_, b)| b);
        let left_over = self.values.get(after.values.len()).or_else(|| after.values.get(self.values.len()));
        let foreign =
            after.comments.iter().find(|comment| !self.comments.iter().any(|own| same(own, comment)));
        match differs.or(left_over).or(foreign) {
            Some((_, place, _)) => Err(SopsError::CiphertextMoved { place: place.clone() }),
            None => Ok(()),
        }
    }
}

impl Visitor for Keeper {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        let clear_text = |node: &Node| node.as_str().is_some_and(cipher::looks_encrypted);
        match &node {
            Node::Enc(text) if here.covered => self.values.push((here.aad(), here.place(), text.clone())),
            Node::Enc(_) => return Err(SopsError::EncryptedInClear { place: here.place() }),
            Node::Str(text) if here.covered && text.is_empty() => {}
            _ if here.covered => return bad_value(here, "is not encrypted"),
            node if clear_text(node) => return Err(SopsError::EncryptedInClear { place: here.place() }),
            _ => {}
        }
        Ok(node)
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        match &comment {
            Comment::Enc(text) if here.covered => {
                self.comments.push((here.aad(), here.place(), text.clone()));
            }
            Comment::Enc(_) => return Err(SopsError::EncryptedInClear { place: here.place() }),
            Comment::Clear(_) => {}
        }
        Ok(comment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::golden::{identities, read, sealed_secret, secret};
    use crate::sops::node::{Item, Plain};

    fn sealed() -> Sealed {
        Sealed::parse(&sealed_secret()).expect("parses")
    }

    fn key(sealed: &Sealed) -> Node {
        sealed.document(0).and_then(|document| document.at(&["data", "tls.key"])).expect("key").clone()
    }

    fn refused(document: Node) -> SopsError {
        sealed().with_clear(document).expect_err("refused")
    }

    #[test]
    fn nothing_changed_is_the_same_text() {
        let text = sealed_secret();
        let sealed = Sealed::parse(&text).expect("parses");
        assert_eq!(sealed.with_clear(sealed.documents[0].clone()).ok(), Some(text));
    }

    #[test]
    fn readable_values_change_and_the_file_still_opens() {
        let sealed = sealed();
        let text = sealed.with_clear(secret("other", key(&sealed))).expect("keeps its ciphertext");
        let again = Sealed::parse(&text).expect("parses");
        assert_eq!(again.clear(&["metadata", "name"]), Some("other"));
        let opened: Plain = again.decrypt(&identities("a")).expect("opens");
        assert_eq!(opened.at(&["data", "tls.key"]).and_then(Node::as_str), Some("a2V5"));
    }

    #[test]
    fn encrypted_values_stay_where_they_are() {
        let key = key(&sealed());
        assert!(matches!(refused(secret("shop", Node::str("x"))), SopsError::BadValue { .. }));
        assert!(matches!(refused(secret("shop", Node::str(""))), SopsError::CiphertextMoved { .. }));
        assert!(matches!(refused(Node::map([("tls.key", key.clone())])), SopsError::CiphertextMoved { .. }));
        assert!(matches!(refused(Node::map([("name", key.clone())])), SopsError::EncryptedInClear { .. }));
        let Node::Enc(text) = &key else { panic!("encrypted") };
        assert!(matches!(
            refused(Node::map([("name", Node::str(text.as_str()))])),
            SopsError::EncryptedInClear { .. }
        ));
        let twice = Node::list([secret("a", key.clone()), secret("b", key)]);
        assert!(matches!(refused(Node::map([("items", twice)])), SopsError::CiphertextMoved { .. }));
        assert!(matches!(refused(Node::map([("sops", Node::Null)])), SopsError::ReservedKey));
    }

    #[test]
    fn a_mac_over_readable_values_forbids_it() {
        let sealed = Sealed::parse(&read("k8s-tls-311.enc.yaml")).expect("parses");
        assert!(matches!(sealed.with_clear(sealed.documents[0].clone()), Err(SopsError::ClearIsSealed)));
        let sealed = Sealed::parse(&read("multi-document.enc.yaml")).expect("parses");
        assert!(matches!(
            sealed.with_clear(Node::map([("a", Node::Null)])),
            Err(SopsError::SeveralDocuments)
        ));
    }

    #[test]
    fn files_of_sops_itself_are_kept_too() {
        for name in ["mac-only", "k8s-tls-mac-only", "list-comments-mac-only"] {
            let sealed = Sealed::parse(&read(&format!("{name}.enc.yaml"))).expect("parses");
            let text =
                sealed.with_clear(sealed.documents[0].clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
            let again = Sealed::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let (a, b) = (sealed.decrypt(&identities("a")), again.decrypt(&identities("a")));
            assert!(a.is_ok_and(|a| b.is_ok_and(|b| a == b)), "{name}");
        }
    }

    #[test]
    fn an_encrypted_comment_may_go_but_not_come_from_elsewhere() {
        let sealed = Sealed::parse(&read("list-comments-mac-only.enc.yaml")).expect("parses");
        let without = strip(sealed.documents[0].clone());
        assert!(sealed.with_clear(without).is_ok());
        let Node::Map(mut fields) = sealed.documents[0].clone() else { panic!("a mapping") };
        let foreign = Comment::Enc(match key(&self::sealed()) {
            Node::Enc(text) => text,
            _ => panic!("encrypted"),
        });
        if let Some(Field::Value(_, Node::Map(data))) =
            fields.iter_mut().find(|field| matches!(field, Field::Value(key, _) if key == "data"))
        {
            data.push(Field::Comment(foreign));
        }
        assert!(matches!(sealed.with_clear(Node::Map(fields)), Err(SopsError::CiphertextMoved { .. })));
    }

    fn strip(node: Node) -> Node {
        match node {
            Node::Map(fields) => Node::Map(
                fields
                    .into_iter()
                    .filter_map(|field| match field {
                        Field::Value(key, value) => Some(Field::Value(key, strip(value))),
                        Field::Comment(_) => None,
                    })
                    .collect(),
            ),
            Node::List(items) => Node::list(items.into_iter().filter_map(|item| match item {
                Item::Value(value) => Some(strip(value)),
                Item::Comment(_) => None,
            })),
            node => node,
        }
    }
}
