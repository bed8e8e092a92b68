//! What is said about values, properties and children where the table takes none of them.

use super::object::Words;
use super::value::fold_value;
use crate::diag::suggest::{list, some};
use crate::diag::{Code, Diagnostic};
use crate::schema::{Field, Form, Type};
use crate::spec::annotation::Form as As;
use crate::spec::source::Text;
use crate::spec::syntax::{Node, Scalar, Value as Written};

/// How many fields a message lists.
const LISTED: usize = 16;

impl<'t> Words<'t, '_, '_> {
    /// A notice about a field named exactly that the schema has.
    pub(super) fn known_by_now(&mut self, ty: &'t Type, node: &Node) {
        let found = ty.field(node.name.as_str());
        // One that shares its word, or that not every release has, can be said in no other way.
        // Right below a kind's node `settle` is ours, so a field of that name is said so too.
        let other_way = |field: &&Field| {
            field.since.is_none() && ty.by_word(&field.word).is_some() && &*field.word != "settle"
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
                    .help(match values_of(node) {
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
        let opened = ty.and_then(|ty| self.opened_on_line(ty, node));
        let help = match (ty, ty.and_then(|ty| field_for(ty, &value.scalar))) {
            _ if opened.is_some_and(|field| *field.word == *token) => {
                format!(
                    "`{token}` opens braces of its own within those of `{word}`: `{word} {{ {token} {{ … }} }}`"
                )
            }
            (Some(ty), _) if bare && is_field(ty) => {
                format!("`{token}` is a field: give it a value; one that is true is `{token}=#true`")
            }
            (_, Some(field)) => format!("name the field: `{word} {}={token}`", field.word),
            (None, None) if bare && written_pair(node).is_none() => {
                format!("name the field: `{word} name={token}`; one that is true is `{token}=#true`")
            }
            (None, None) => match written_pair(node) {
                Some((key, value)) => format!("its names are your own: `{word} {key}={value}`"),
                None => format!("its names are your own, and stand before the values: `{word} name={token}`"),
            },
            (Some(ty), None) => {
                let names = listed(ty, ty.fields.iter());
                match token.starts_with("\"/").then(|| self.path_in(ty)).flatten() {
                    Some(field) => format!(
                        "a path stands in `{0}`: `{word} {{ {0} exact={token} }}`; it has {names}",
                        field.word
                    ),
                    None => format!("write its fields by their names: it has {names}"),
                }
            }
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

    /// The field that is named last on the line of its node, as if the braces behind it were the field's.
    pub(super) fn opened_on_line(&self, ty: &'t Type, node: &Node) -> Option<&'t Field> {
        let last = node.entries.last().filter(|entry| entry.key.is_none() && !node.children.is_empty())?;
        let Scalar::Text(text) = &last.value.scalar else { return None };
        let field = ty.by_word(text.as_str())?;
        (!self.may_be_property(field)).then_some(field)
    }

    /// The field of a matcher that a path is held against.
    fn path_in<'f>(&self, ty: &'f Type) -> Option<&'f Field> {
        let is_matched = |field: &&Field| {
            self.table.object(&field.shape).is_some_and(|inner| inner.field("exact").is_some())
        };
        ty.field("uri").filter(is_matched)
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
    // Many objects have a name that none of their users gives: only one that must be there is meant.
    let name = || named("name").filter(|field| field.required);
    let usual = || {
        let before = ["host", "exact"].into_iter().find_map(named);
        before.or_else(name).or_else(|| ["value", "number", "address"].into_iter().find_map(named))
    };
    let required = || ty.fields.iter().filter(|field| field.required).find(takes);
    let only = || {
        let mut all = ty.fields.iter().filter(takes);
        all.next().filter(|_| all.next().is_none())
    };
    // Where lists take such values too, one of them may be meant.
    let lists = |field: &Field| matches!(&field.shape.form, Form::List(list) if list.item.form.is_scalar());
    let only = || only().filter(|_| !ty.fields.iter().any(lists));
    let field = by_word.or_else(usual).or_else(required).or_else(only)?;
    ty.by_word(&field.word)
}

/// What stands in braces in place of values: bare words, or items as of an untyped list.
fn values_of(node: &Node) -> Option<String> {
    let value = |child: &Node| match (child.name.as_str(), child.entries.as_slice()) {
        ("-", [only]) => match &only.value.scalar {
            Scalar::Text(text) => Some(format!("\"{}\"", text.as_str())),
            Scalar::Int(number) => Some(number.to_string()),
            _ => None,
        },
        (name, []) if child.children.is_empty() => Some(format!("\"{name}\"")),
        _ => None,
    };
    let values: Option<Vec<String>> = node.children.iter().map(value).collect();
    values.map(|values| values.join(" "))
}

/// `name "key" "value"` or `name "key=value"`, as a key and a value of a spec.
fn written_pair(node: &Node) -> Option<(String, String)> {
    let texts: Vec<&str> = node
        .entries
        .iter()
        .filter_map(|entry| match &entry.value.scalar {
            Scalar::Text(text) if entry.key.is_none() => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let (key, value) = match texts.as_slice() {
        [both] => both.split_once('=').or_else(|| both.split_once(": "))?,
        [key, value] => (*key, *value),
        _ => return None,
    };
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let plain = plain && key.starts_with(|c: char| c.is_ascii_alphabetic());
    let key = if plain { key.to_owned() } else { format!("\"{key}\"") };
    Some((key, format!("\"{value}\"")))
}
