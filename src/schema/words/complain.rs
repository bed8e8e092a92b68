//! What is said about values, properties and children where the table takes none of them.

use super::DECISION;
use super::nameless::field_for;
use super::object::Words;
use crate::diag::suggest::{list, some};
use crate::diag::{Code, Diagnostic};
use crate::schema::{Field, Form, Type};
use crate::spec::annotation::Form as As;
use crate::spec::node::context::Context;
use crate::spec::source::Text;
use crate::spec::syntax::{Entry, Node, Scalar, Value as Written};

/// How many fields a message lists.
const LISTED: usize = 16;

impl<'t> Words<'t, '_, '_> {
    /// A notice about a field named exactly that the schema has.
    pub(super) fn known_by_now(&mut self, ty: &'t Type, node: &Node) {
        let found = ty.field(node.name.as_str());
        // One that shares its word, or that not every release has, can be said in no other way.
        // Right below a kind's node `settle` is ours, so a field of that name is said so too.
        let other_way = |field: &&Field| {
            field.since.is_none() && ty.by_word(&field.word).is_some() && &*field.word != DECISION
        };
        let Some(field) = found.filter(other_way) else { return };
        let at = node.annotation.as_ref().map_or(node.name.span(), |annotation| annotation.span);
        self.cx.report.push(
            Diagnostic::notice(Code::RAW_FIELD, format!("{} has a field `{}` by now", self.path, field.name))
                .at(at, "read beside the schema")
                .help(format!("write `{}` without it: then it is checked", field.word))
                .help(format!(
                    "or, if it is meant so: `settle \"{}\" reason=\"…\"` in gatewright.kdl or at the node",
                    Code::RAW_FIELD
                )),
        );
    }

    /// Complains about a word in `(raw)` or `(top)`, which would be written as a field that no schema has: whether it did.
    pub(super) fn known_as_word(&mut self, ty: &Type, node: &Node) -> bool {
        let name = node.name.as_str();
        if ty.field(name).is_some() || ty.by_word(name).is_none() {
            return false;
        }
        self.only_word(node, name);
        true
    }

    /// Complains about `(raw)` or `(top)` before what is known without it.
    pub(crate) fn only_word(&mut self, node: &Node, word: &str) {
        let at = node.annotation.as_ref().map_or(node.name.span(), |annotation| annotation.span);
        let annotation = self.cx.written(at);
        let message = format!("`{}` of {} needs no `({annotation})`", node.name.as_str(), self.path);
        self.cx.error(
            Diagnostic::error(Code::WRONG_PLACE, message)
                .at(at, "would be written as a field that no schema has")
                .help(format!("write `{word} …` without it")),
        );
    }

    /// Complains about properties and children where only values may stand.
    pub(super) fn takes_values_only(&mut self, word: &str, node: &Node) -> bool {
        if let Some(key) = node.entries.iter().find_map(|entry| entry.key.as_ref()) {
            self.cx.error(
                Diagnostic::error(
                    Code::UNKNOWN_WORD,
                    format!("`{word}` in {} takes no properties", self.path),
                )
                .at(key.span(), "not known here")
                .help(match self.named_values(node) {
                    Some(values) => format!("its values stand behind it without names: `{word} {values}`"),
                    None => format!(
                        "if `{}` belongs to the node around it, put it on that node's line",
                        key.as_str()
                    ),
                }),
            );
            return false;
        }
        if let Some(child) = node.children.first() {
            self.cx.error(
                Diagnostic::error(Code::UNKNOWN_WORD, format!("`{word}` in {} holds no nodes", self.path))
                    .at(child.name.span(), "not known here")
                    .help(match values_of(node, |_| None) {
                        Some(values) => format!("its values stand on its line: `{word} {values}`"),
                        None => {
                            format!("only values stand behind it; a field of {} stands beside it", self.path)
                        }
                    }),
            );
            return false;
        }
        true
    }

    /// What properties behind a word that takes values alone mean. In policies a `*` says where a text may go on.
    fn named_values(&self, node: &Node) -> Option<String> {
        let values = named_values(self.cx, node)?;
        let is_policy = self.path.outermost().ends_with("AuthorizationPolicy");
        match node.entries.as_slice() {
            [only] if is_policy => {
                let text = match &only.value.scalar {
                    Scalar::Text(text) => text.as_str(),
                    _ => return Some(values),
                };
                Some(match only.key.as_ref().map(Text::as_str) {
                    Some("prefix") => format!("\"{text}*\""),
                    Some("suffix") => format!("\"*{text}\""),
                    _ => values,
                })
            }
            _ => Some(values),
        }
    }

    /// Complains about fields behind the word of a list of plain values whose plural, beside it, has them: `allow-origin exact=`
    /// for `allow-origins`.
    pub(super) fn plural_meant(&mut self, ty: &'t Type, field: &Field, nodes: &[&Node]) -> bool {
        let plural = ty.field(&format!("{}s", field.name));
        let Some((plural, inner)) =
            plural.and_then(|plural| Some((plural, self.table.object(plural.shape.innermost())?)))
        else {
            return false;
        };
        let keys = nodes.iter().flat_map(|node| {
            let properties = node.entries.iter().filter_map(|entry| entry.key.as_ref());
            properties.chain(node.children.iter().map(|child| &child.name))
        });
        let Some(key) = keys.into_iter().find(|key| inner.by_word(key.as_str()).is_some()) else {
            return false;
        };
        let message = format!("`{}` in {} takes values alone", field.word, self.path);
        self.cx.error(
            Diagnostic::error(Code::UNKNOWN_WORD, message)
                .at(key.span(), format!("a field of `{}`", plural.word))
                .help(format!("write `{} {} …`", plural.word, key.as_str())),
        );
        true
    }

    /// Complains about `(array)` or `(object)` where the table says what a node is.
    pub(super) fn is_plain(&mut self, node: &Node) -> bool {
        let Some(annotation) =
            node.annotation.as_ref().filter(|annotation| annotation.value.form != As::Seen)
        else {
            return true;
        };
        let written = self.cx.written(annotation.span).to_owned();
        self.cx.error(
            Diagnostic::error(Code::WRONG_PLACE, format!("`{}` is no list", node.name.as_str()))
                .at(annotation.span, format!("`{written}` does not fit"))
                .help("remove it"),
        );
        false
    }

    pub(super) fn misplaced_top(&mut self, node: &Node) {
        let at = node.annotation.as_ref().map_or(node.name.span(), |annotation| annotation.span);
        self.cx.error(
            Diagnostic::error(Code::WRONG_PLACE, "`(top)` names a field beside `spec`")
                .at(at, "stands too deep for that")
                .help("write it right below the node of the kind; deeper a field takes `(raw)`"),
        );
    }

    pub(super) fn not_a_value(&mut self, form: &Form, key: &Text, written: &Written) {
        let name = key.as_str();
        let token = self.cx.written(written.span).to_owned();
        let finding = Diagnostic::error(
            Code::WRONG_PLACE,
            format!("`{name}` in {} is no single value; it takes {}", self.path, self.expects(form)),
        );
        self.cx.error(finding.at(key.span(), "can't be a property").help(match form {
            Form::List(list) if self.wrapped(&list.item).is_some() || list.item.form.is_scalar() => {
                format!("write `{name} {token}` in the braces")
            }
            Form::List(list) if matches!(list.item.form, Form::List(_)) => {
                format!("write `{name} {{ - {token}; }}` in the braces")
            }
            Form::Map(_) => format!("write `{name} name={token}` in the braces"),
            Form::Object(id) => match field_for(self.table.ty(*id), &written.scalar) {
                Some(field) => format!("write `{name} {}={token}` in the braces", field.word),
                None => {
                    let ty = self.table.ty(*id);
                    let has = listed(ty, ty.fields.iter());
                    format!("write `{name} {{ … }}` in the braces; it has {has}")
                }
            },
            _ => format!("write `{name} {{ … }}` in the braces"),
        }));
    }
}

/// The words of fields, the first of them by name.
pub(super) fn listed<'f>(ty: &Type, fields: impl Iterator<Item = &'f Field>) -> String {
    let called = |field: &Field| match ty.by_word(&field.word) {
        Some(_) => format!("`{}`", field.word),
        None => format!("`(raw){}`", field.name),
    };
    // What an object is stands on its node's line.
    let is_whole = ty.field("apiVersion").is_some() && ty.field("metadata").is_some();
    let said = |field: &&Field| !(is_whole && matches!(&*field.name, "apiVersion" | "kind"));
    let words: Vec<String> = fields.filter(said).map(called).collect();
    list(&some(&words, LISTED), "and")
}

/// Names whose value is not what is meant beside them, but they themselves.
const GIVEN_AWAY: [&str; 2] = ["exclude", "remove"];

/// The values that are meant by properties, where nothing but properties stands behind a word that takes values.
pub(crate) fn named_values(cx: &Context<'_>, node: &Node) -> Option<String> {
    let one = |entry: &Entry| {
        let key = entry.key.as_ref()?;
        let is_key = matches!(entry.value.scalar, Scalar::Bool(_) | Scalar::Null)
            || GIVEN_AWAY.contains(&node.name.as_str());
        Some(if is_key { format!("\"{}\"", key.as_str()) } else { cx.written(entry.value.span).to_owned() })
    };
    let values: Option<Vec<String>> = node.entries.iter().map(one).collect();
    values.map(|values| values.join(" ")).filter(|values| !values.is_empty())
}

/// What stands in braces in place of values: bare words, items as of an untyped list, or what `of_name` makes of the value of a
/// name.
pub(crate) fn values_of(node: &Node, of_name: impl Fn(&Written) -> Option<String>) -> Option<String> {
    let value = |child: &Node| match (child.name.as_str(), child.entries.as_slice()) {
        ("-", [only]) => match &only.value.scalar {
            Scalar::Text(text) => Some(format!("\"{}\"", text.as_str())),
            Scalar::Int(number) => Some(number.to_string()),
            _ => None,
        },
        (name, []) if child.children.is_empty() => Some(format!("\"{name}\"")),
        (_, [only]) if child.children.is_empty() && only.key.is_none() => of_name(&only.value),
        _ => None,
    };
    let values: Option<Vec<String>> = node.children.iter().map(value).collect();
    values.map(|values| values.join(" "))
}
