//! What is said about words that the table does not take.

use super::object::Words;
use super::value::fold_value;
use crate::diag::suggest::{folded, list, meant};
use crate::diag::{Code, Diagnostic};
use crate::schema::{Field, Form, Type};
use crate::spec::annotation::Form as As;
use crate::spec::source::Text;
use crate::spec::syntax::{Node, Scalar, Value as Written};

/// How many fields a message lists.
const LISTED: usize = 16;

impl<'t> Words<'t, '_, '_> {
    /// The field that a word stands for, or a complaint.
    pub(super) fn field(&mut self, ty: &'t Type, written: &Text) -> Option<&'t Field> {
        let found = ty.by_word(written.as_str());
        if found.is_none() {
            self.unknown(ty, written);
        }
        found
    }

    fn unknown(&mut self, ty: &'t Type, written: &Text) {
        let name = written.as_str();
        let finding = Diagnostic::error(Code::UNKNOWN_WORD, format!("{} has no field `{name}`", self.path));
        let words: Vec<&str> = ty.fields.iter().map(|field| &*field.word).collect();
        let same = |field: &&Field| *field.name == *name || fold(&field.word) == fold(name);
        let finding = match ty.fields.iter().find(same) {
            Some(field) => finding.at(written.span(), format!("written `{}` in a spec", field.word)),
            None => match meant(name, &words) {
                Some(near) => finding.at(written.span(), format!("did you mean `{near}`?")),
                None => finding.at(written.span(), "not known"),
            },
        };
        let mut fields: Vec<String> = words.iter().take(LISTED).map(|word| format!("`{word}`")).collect();
        if words.len() > LISTED {
            fields.push(format!("{} more", words.len() - LISTED));
        }
        let finding = match fields.as_slice() {
            [] => finding.note("no schema knows its fields").help(format!("write `(raw){name} …`")),
            fields => finding
                .note(format!("it has {}", list(fields, "and")))
                .note("`(raw)name …` names a field exactly that no schema knows"),
        };
        self.cx.error(finding);
    }

    /// A notice about a field named exactly that the schema has.
    pub(super) fn known_by_now(&mut self, ty: &'t Type, node: &Node) {
        let Some(field) = ty.field(node.name.as_str()) else { return };
        let at = node.annotation.as_ref().map_or(node.name.span(), |annotation| annotation.span);
        self.cx.report.push(
            Diagnostic::notice(Code::RAW_FIELD, format!("{} has a field `{}` by now", self.path, field.name))
                .at(at, "read beside the schema")
                .help(format!("write `{}` without it: then it is checked", field.word)),
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
                .help(format!(
                    "if `{}` belongs to the node around it, put it on that node's line",
                    key.as_str()
                )),
            );
            return false;
        }
        if let Some(child) = node.children.first() {
            self.cx.error(
                Diagnostic::error(Code::UNKNOWN_WORD, format!("`{word}` in {} holds no nodes", self.path))
                    .at(child.name.span(), "not known here")
                    .help(format!("its values stand on its line: `{word} \"…\"`")),
            );
            return false;
        }
        true
    }

    /// Complains about a value without a name where only fields may stand; of those of `ty`, one may be what is meant.
    pub(crate) fn takes_no_values(&mut self, ty: Option<&Type>, node: &Node) -> bool {
        let Some(value) = node.entries.iter().find(|entry| entry.key.is_none()).map(|entry| &entry.value)
        else {
            return true;
        };
        let token = self.cx.written(value.span).to_owned();
        let word = node.name.as_str();
        let bare = matches!(value.scalar, Scalar::Text(_)) && !token.contains(['"', '#']);
        let is_field = |ty: &Type| ty.by_word(&token).is_some();
        let help = match (ty, ty.and_then(|ty| field_for(ty, &value.scalar))) {
            (Some(ty), _) if bare && is_field(ty) => {
                format!("`{token}` is a field: give it a value; one that is true is `{token}=#true`")
            }
            (_, Some(field)) => format!("name the field: `{word} {}={token}`", field.word),
            (None, None) if bare => {
                format!("name the field: `{word} name={token}`; one that is true is `{token}=#true`")
            }
            (None, None) => format!("name the field: `{word} name={token}`"),
            (Some(_), None) => format!("write the fields of `{word}` by their names, or in braces"),
        };
        self.cx.error(
            Diagnostic::error(
                Code::UNKNOWN_WORD,
                format!("{} takes fields, and {token} has no name", self.path),
            )
            .at(value.span, "a value without a name")
            .help(help),
        );
        false
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
            Diagnostic::error(Code::WRONG_PLACE, format!("{} is no list", self.path))
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
            Form::List(_) => format!("write `{name} {token}` in the braces"),
            Form::Map(_) => format!("write `{name} name={token}` in the braces"),
            _ => format!("write `{name} {{ … }}` in the braces"),
        }));
    }
}

/// The field that a value without a name was likely meant for: one that has it among its words, one that such values mostly
/// are for, or the first that takes it.
fn field_for<'t>(ty: &'t Type, value: &Scalar) -> Option<&'t Field> {
    let takes = |field: &&Field| match (&field.shape.form, value) {
        (Form::Enum(choices), Scalar::Text(text)) => {
            choices.iter().any(|choice| fold_value(&choice.value) == fold_value(text.as_str()))
        }
        (Form::Text(_), Scalar::Text(_))
        | (Form::Int(_) | Form::Number(_), Scalar::Int(_))
        | (Form::Number(_), Scalar::Float(_))
        | (Form::IntOrString, Scalar::Int(_) | Scalar::Text(_)) => true,
        _ => false,
    };
    let named = |name: &str| ty.field(name).filter(takes);
    let by_word = ty.fields.iter().filter(|field| matches!(field.shape.form, Form::Enum(_))).find(takes);
    let usual = || ["host", "exact", "name", "value"].into_iter().find_map(named);
    let field = by_word.or_else(usual).or_else(|| ty.fields.iter().find(takes))?;
    ty.by_word(&field.word)
}

/// A word without case, `-` and `_`.
fn fold(word: &str) -> String {
    folded(word).replace('-', "")
}
