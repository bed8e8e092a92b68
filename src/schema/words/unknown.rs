//! What is said about a name that is no field's: what was meant, where it stands, what there is instead.

use super::complain::listed;
use super::labels::{NO_EXPRESSIONS, is_expressions, is_labels, label_name};
use super::object::Words;
use super::{DECISION, decision};
use crate::diag::suggest::{folded, list, meant, slip};
use crate::diag::{Code, Diagnostic};
use crate::schema::{Field, Form, Type, suggest};
use crate::spec::source::Text;
use crate::spec::syntax::Value;

/// Kinds that let in whom they do not mention.
const POLICIES: [&str; 3] = ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"];

impl<'t> Words<'t, '_, '_> {
    /// The field that a word stands for, or a complaint and the field that alone can be meant; `line` whether it stands on the
    /// line of its node.
    pub(super) fn field(
        &mut self,
        ty: &'t Type,
        (written, value): (&Text, Option<&Value>),
        line: bool,
    ) -> Result<&'t Field, Option<&'t Field>> {
        if let Some(found) = ty.by_word(written.as_str()) {
            return Ok(found);
        }
        match ty.twins(written.as_str()).as_slice() {
            [] => {
                self.unknown(ty, (written, value), line);
                Err(certain(ty, written.as_str()))
            }
            twins => {
                self.ambiguous(twins, written);
                Err(None)
            }
        }
    }

    /// Whether a name is no field's, nor a slip of one, and the API server keeps it as it is written.
    pub(super) fn is_kept(&self, ty: &Type, written: &Text) -> bool {
        let name = written.as_str();
        let is_field = || ty.by_word(name).is_some() || !ty.twins(name).is_empty();
        // Of three letters, one that differs makes another word.
        let is_slip = || same(ty, name).is_some() || name.len() > 3 && certain(ty, name).is_some();
        ty.open && name != "-" && !name.ends_with(':') && !is_field() && !is_slip()
    }

    /// Complains about a `settle` that stands too deep, where no field is called so: whether it did.
    pub(super) fn decision(&mut self, ty: &Type, written: &Text, value: Option<&Value>) -> bool {
        let is_known = ty.by_word(written.as_str()).is_some() || !ty.twins(written.as_str()).is_empty();
        if fold(written.as_str()) != DECISION || is_known {
            return false;
        }
        let code = value.map(|value| self.cx.written(value.span).to_owned());
        // Right in the node of a kind it is read before.
        let is_spec = self.ours.is_none() && self.path.last().is_none();
        let spec = if is_spec { "`spec` of " } else { "" };
        let message = format!("`{}` does not stand in {spec}{}", DECISION, self.path);
        self.cx.error(Diagnostic::error(Code::WRONG_PLACE, message).at(written.span(), "not here").help(
            match self.ours {
                Some(ours) => (ours.decision)(self.path.outermost(), code.as_deref()),
                None => in_kind(self.path.outermost(), code.as_deref()),
            },
        ));
        true
    }

    /// A word of two fields, which only a CRD of the user's own can have.
    fn ambiguous(&mut self, twins: &[&Field], written: &Text) {
        let word = written.as_str();
        let names: Vec<String> = twins.iter().map(|field| format!("`{}`", field.name)).collect();
        let ways: Vec<String> = twins.iter().map(|field| format!("`(raw){} …`", field.name)).collect();
        self.cx.error(
            Diagnostic::error(
                Code::UNKNOWN_WORD,
                format!("`{word}` may be {} in {}", list(&names, "or"), self.path),
            )
            .at(written.span(), "which one?")
            .help(format!("name the field exactly, in the braces: {}", list(&ways, "or"))),
        );
    }

    fn unknown(&mut self, ty: &'t Type, (written, value): (&Text, Option<&Value>), line: bool) {
        let name = written.as_str();
        let value = value.map_or_else(|| "…".to_owned(), |value| self.cx.written(value.span).to_owned());
        if ty.fields.is_empty() && self.path.last().is_none() {
            self.untold(written);
            return;
        }
        let finding = Diagnostic::error(Code::UNKNOWN_WORD, format!("{} has no field `{name}`", self.path));
        let words: Vec<&str> = ty.fields.iter().map(|field| &*field.word).collect();
        let (finding, is_meant) = match same(ty, name) {
            Some(field) => (finding.at(written.span(), format!("written `{}` in a spec", field.word)), true),
            None => match self.near(ty, name, &words) {
                Some(near) => (finding.at(written.span(), format!("did you mean `{near}`?")), true),
                None => (finding.at(written.span(), "not known"), false),
            },
        };
        let finding = match self.elsewhere(ty, (name, &value), is_meant) {
            Some(help) => finding.help(help),
            None => finding,
        };
        let on_line = |field: &&Field| self.may_be_property(field);
        let finding = match (words.is_empty(), line) {
            (true, _) => finding.note("no schema knows its fields").help(format!("write `(raw){name} …`")),
            (false, false) => finding.note(format!("it has {}", listed(ty, ty.fields.iter()))),
            (false, true) => {
                let any = ty.fields.iter().any(|field| on_line(&field));
                let finding = match any {
                    true => finding.note(format!(
                        "on its line it takes {}",
                        listed(ty, ty.fields.iter().filter(on_line))
                    )),
                    false => finding,
                };
                match ty.fields.iter().all(|field| on_line(&field)) {
                    true => finding,
                    false => finding.note(format!(
                        "in its braces it takes {}{}",
                        listed(ty, ty.fields.iter().filter(|field| !on_line(field))),
                        if any { " too" } else { "" }
                    )),
                }
            }
        };
        let finding = match ty.open {
            true => {
                finding.help(format!("if its name is `{name}` indeed, say so in braces: `(raw){name} …`"))
            }
            false => finding,
        };
        let told = is_meant || !finding.helps.is_empty();
        // A policy without a field that a cluster drops holds for more than it says.
        let is_policy = POLICIES.iter().any(|kind| self.path.outermost().ends_with(kind));
        let finding = match told || words.is_empty() || is_policy {
            true => finding,
            false => finding.note("`(raw)name …` in braces names a field exactly that no schema knows"),
        };
        self.cx.error(finding);
    }

    /// The word that is nearly what was written. One that only has a part in common with it gives way to a field of just this
    /// name right below, or to a label.
    fn near<'w>(&self, ty: &'t Type, name: &str, words: &[&'w str]) -> Option<&'w str> {
        let is_below = || self.table.below(ty, name).first().is_some_and(|way| way.len() == 2);
        match slip(&folded(name), words) {
            Some(near) => Some(near),
            None if is_below() || self.labels_for(ty, name).is_some() => None,
            None => meant(name, words).or_else(|| akin(name, words)),
        }
    }

    /// Complains about a field of an object that no schema knows.
    fn untold(&mut self, written: &Text) {
        let kind = self.path.outermost();
        if self.table.is_lost(kind.split_once(' ').map_or(kind, |(_, kind)| kind)) {
            return;
        }
        let name = written.as_str();
        let message = format!("no schema knows {}, so its fields are named exactly", self.path);
        let help = match name {
            "labels" | "annotations" => format!("write `(raw)metadata {{ {name} … }}`"),
            "name" => "the name of an object stands behind its node's word, in quotes".to_owned(),
            "namespace" => "it stands on the node's line: `namespace=\"…\"`".to_owned(),
            "spec" | "metadata" | "data" => format!("write `(raw){name} …`"),
            _ => format!(
                "write `(raw)spec {{ {name} … }}`, where most kinds have their fields, or `(raw){name} …` for one beside `spec`"
            ),
        };
        let finding = Diagnostic::error(Code::UNKNOWN_WORD, message)
            .at(written.span(), "as manifests have it")
            .help(help);
        self.cx.error(finding.note("its object is written as manifests have it, `spec` and all"));
    }

    /// The field of a type for labels that the user names, if a name is likely one.
    fn labels_for(&self, ty: &'t Type, name: &str) -> Option<&'t Field> {
        ty.fields.iter().find(|field| is_labels(field)).filter(|_| suggest::is_label(name))
    }

    /// How what was written is said in another place, or in another way.
    fn elsewhere(&self, ty: &'t Type, (name, value): (&str, &str), is_meant: bool) -> Option<String> {
        let plain = self.of_object(name, value).or_else(|| self.dotted(ty, name));
        if plain.is_some() {
            return plain;
        }
        if is_expressions(name) && ty.fields.iter().any(is_labels) {
            return Some(NO_EXPRESSIONS.to_owned());
        }
        if let Some(map) = self.labels_for(ty, name).filter(|_| !is_meant) {
            return Some(format!("a label stands in `{}`: {}", map.word, self.in_map(map, name, value)));
        }
        let ways = self.table.below(ty, name);
        let ways: Vec<_> = ways.iter().map(|way| self.table.words_of(ty, way)).collect();
        match ways.first() {
            Some(_) if is_meant => None,
            Some(first) => Some(format!("`{}` stands in {}", first.last()?, suggest::places(&ways)?)),
            None if name == "-" => {
                let word = self.path.last().unwrap_or("name");
                Some(format!("a `{word}` is one item: write a `{word} {{ … }}` for each"))
            }
            None if is_meant => None,
            None => self.keeper(ty).map(|map| {
                format!("a name of your own stands in `{}`: {}", map.word, self.in_map(map, name, value))
            }),
        }
    }

    /// How a name of the user's own is written in a map, with the word around it.
    fn in_map(&self, map: &Field, name: &str, value: &str) -> String {
        let inner = format!("{} {}={value}", map.word, label_name(name));
        match self.path.last() {
            Some(outer) => format!("`{outer} {{ {inner} }}`"),
            None => format!("`{inner}`"),
        }
    }

    /// Where something that every object has is said, if the reader stands at the node of a whole one.
    fn of_object(&self, name: &str, value: &str) -> Option<String> {
        match name {
            _ if self.path.last().is_some() => None,
            "name" | "namespace" if self.ours.is_some() => {
                self.ours.and_then(|ours| (ours.identity)(self.path.outermost(), name, value))
            }
            "labels" | "annotations" => {
                Some(format!("`{name}` of an object stand in its `metadata`: `metadata {{ {name} … }}`"))
            }
            "name" => Some("the name of an object stands behind its node's word, in quotes".to_owned()),
            "namespace" => Some("it stands on the node's line: `namespace=\"…\"`".to_owned()),
            _ => None,
        }
    }

    /// How a field of a field is written, for a name with dots such as `destination.host`.
    fn dotted(&self, ty: &'t Type, name: &str) -> Option<String> {
        let mut inner = Some(ty);
        let mut words = Vec::new();
        for part in name.split('.') {
            let same = |field: &&Field| *field.name == *part || fold(&field.word) == fold(part);
            let field = inner?.fields.iter().find(same)?;
            words.push(&*field.word);
            inner = self.table.object(field.shape.innermost());
        }
        let (first, below) = words.split_first().filter(|(_, below)| !below.is_empty())?;
        let braces = " }".repeat(below.len());
        Some(format!("a field of a field stands in its braces: `{first} {{ {} …{braces}`", below.join(" { ")))
    }

    /// The only field of a type, if that is for names of the user's own.
    fn keeper(&self, ty: &'t Type) -> Option<&'t Field> {
        match ty.fields.as_slice() {
            [only] if matches!(only.shape.form, Form::Map(_)) => Some(only),
            _ => None,
        }
    }

    /// Whether a field may be written as `name=value`.
    pub(super) fn may_be_property(&self, field: &Field) -> bool {
        let form = self.wrapped(&field.shape).map_or(&field.shape.form, |inner| &inner.shape.form);
        form.is_scalar() || *form == Form::Any
    }
}

/// The field that is called so in another spelling.
fn same<'t>(ty: &'t Type, name: &str) -> Option<&'t Field> {
    ty.fields.iter().find(|field| *field.name == *name || fold(&field.word) == fold(name))
}

/// The field that alone can be meant by a name: the same in another spelling, or with few letters wrong.
fn certain<'t>(ty: &'t Type, name: &str) -> Option<&'t Field> {
    let words: Vec<&str> = ty.fields.iter().map(|field| &*field.word).collect();
    let field = match same(ty, name) {
        Some(field) => field,
        None => ty.by_word(slip(&folded(name), &words)?)?,
    };
    ty.by_word(&field.word)
}

/// Where a decision about an object of a kind is written.
pub(crate) fn in_kind(called: &str, code: Option<&str>) -> String {
    let kind = called.split_once(' ').map_or(called, |(_, kind)| kind);
    format!("it stands right in the node of the {kind}, at its end: `{}`", decision(code))
}

/// The only word that is a part of what was written, or of which that is a part: `labels` of `match-labels`.
fn akin<'w>(written: &str, words: &[&'w str]) -> Option<&'w str> {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.ends_with('-')) && !short.is_empty()
    };
    let mut found = words.iter().filter(|word| ends(word, written) || ends(written, word));
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// A word without case, `-` and `_`.
fn fold(word: &str) -> String {
    folded(word).replace('-', "")
}
