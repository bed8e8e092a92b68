//! `authorization-policy "deny" namespace="shop" { … }`: a whole object, in the words of its own schema. `resource "Kind" "name"`
//! says any kind by its exact name.

use super::api::{find, not_for_known, served, several};
use super::context::Context;
use super::word::{Argument, Item, Type, Word};
use super::{identity, settle, value};
use crate::diag::suggest::meant;
use crate::diag::{Code, Diagnostic};
use crate::schema::kinds::is_namespaced;
use crate::schema::words::{Body, Content, Words, in_kind};
use crate::schema::{Kind, Table};
use crate::spec::part::Part;
use crate::spec::source::{Span, Text};
use crate::spec::syntax::{Entry, Node, Scalar, Value};
use crate::spec::{Origin, Traced};

/// `resource`
pub static RESOURCE: Word = Word {
    name: "resource",
    called: "a `resource`",
    doc: "an object of any kind, by the kind's exact name",
    becomes: "an object of that kind",
    argument: Argument::Each(&["the kind", "the object's name"], "\"Deployment\" \"shop\" api=\"apps/v1\""),
    items: &[&[
        Item::value("namespace", Type::Text, "of the object")
            .default("the project's")
            .becomes("metadata.namespace"),
        Item::value("api", Type::Text, "group and version, as \"apps/v1\"")
            .default("the one of the only kind of this name")
            .becomes("apiVersion"),
        Item::flag(
            "cluster-scoped",
            "an object of a kind that Gatewright does not know lives in no namespace",
        ),
        Item::nodes(&settle::SETTLE),
    ]],
    labels: false,
};

/// A whole object: as written, or with a name and a namespace that hold.
#[derive(Debug, Clone)]
pub struct Object<N = Text, S = Text> {
    /// The word itself.
    pub word: Span,
    /// What it is called in a spec: the kind's word, or `resource`.
    pub called: String,
    /// `networking.istio.io/v1`
    pub api_version: Traced<String>,
    /// `AuthorizationPolicy`
    pub kind: Traced<String>,
    /// Whether it lives in a namespace.
    pub namespaced: bool,
    /// Its name.
    pub name: N,
    /// `namespace="ns"`; once it holds, none where its kind lives in none.
    pub namespace: Option<S>,
    /// What it holds.
    pub content: Content,
}

impl<N, S> Object<N, S> {
    /// Its API group, empty for the core.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.value.split_once('/').map_or("", |(group, _)| group)
    }

    /// The same with another name and namespace.
    #[must_use]
    pub fn named<M, T>(&self, name: M, namespace: Option<T>) -> Object<M, T> {
        Object {
            word: self.word,
            called: self.called.clone(),
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            namespaced: self.namespaced,
            name,
            namespace,
            content: self.content.clone(),
        }
    }
}

/// What stands on the line of an object's node.
#[derive(Default)]
struct Line<'n> {
    arguments: Vec<&'n Value>,
    namespace: Option<&'n Value>,
    api: Option<&'n Value>,
    cluster_scoped: Option<Span>,
    rest: Vec<(&'n Text, &'n Value)>,
}

/// Reads an object by its kind's word.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Object> {
    let word = node.name.as_str();
    let table = cx.table;
    let line = line(cx, node);
    let kinds: Vec<&Kind> = table.kinds_by_word(word).collect();
    let kind = match kinds.as_slice() {
        [only] => *only,
        kinds => {
            several(cx, node.name.span(), word, kinds);
            return None;
        }
    };
    if identity::refuse(cx, node.name.span(), &kind.api_version(), &kind.name) {
        return None;
    }
    let name = only_name(cx, node, &line.arguments, kind);
    let origin = Origin::spec(node.name.span());
    let (kind, api) = match line.api {
        Some(api) => served(cx, table, kind, api)?,
        None => (kind, Some(Traced::new(kind.api_version(), origin.clone()))),
    };
    if let Some(at) = line.cluster_scoped {
        not_for_known(cx, at, &kind.name, kind.namespaced);
    }
    let said = Said {
        kind: Traced::new(kind.name.to_string(), origin),
        known: Some(kind),
        namespaced: kind.namespaced,
        line,
    };
    finish(cx, node, said, name, api)
}

/// Reads a `resource` node.
pub(crate) fn read_any(cx: &mut Context<'_>, node: &Node) -> Option<Object> {
    let table = cx.table;
    let line = line(cx, node);
    let [kind, name] = line.arguments.as_slice() else {
        let help = match line.arguments.as_slice() {
            [_, _, word, rest @ ..] => without_equals(cx, None, word, rest),
            _ => None,
        };
        let help = help.unwrap_or_else(|| "write `resource \"Deployment\" \"shop\" api=\"apps/v1\"`".into());
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, "`resource` takes two values, the kind and the name")
                .at(node.head(), format!("has {}", line.arguments.len()))
                .help(help),
        );
        return None;
    };
    let kind = value::text(cx, "the kind of a `resource`", kind);
    let name = value::text(cx, "the name of a `resource`", name);
    let api = match line.api {
        Some(api) => Some(value::text(cx, "`api`", api)?),
        None => None,
    };
    let kind = kind?;
    let is_well_formed = identity::check(cx, &kind, api.as_ref());
    if identity::refuse(cx, kind.span(), api.as_ref().map_or("", Text::as_str), kind.as_str())
        || !is_well_formed
    {
        return None;
    }
    let (known, api) = find(cx, table, &kind, api.as_ref())?;
    let namespaced = known.map(|known| known.namespaced).or_else(|| is_namespaced(&api.value, kind.as_str()));
    if let (Some(namespaced), Some(at)) = (namespaced, line.cluster_scoped)
        && (namespaced || known.is_some())
    {
        not_for_known(cx, at, kind.as_str(), namespaced);
    }
    let namespaced = namespaced.unwrap_or(line.cluster_scoped.is_none());
    let said = Said { kind: Traced::said(kind.as_str().to_owned(), &kind), known, namespaced, line };
    finish(cx, node, said, name, Some(api))
}

struct Said<'n, 't> {
    kind: Traced<String>,
    known: Option<&'t Kind>,
    namespaced: bool,
    line: Line<'n>,
}

fn finish(
    cx: &mut Context<'_>,
    node: &Node,
    said: Said<'_, '_>,
    name: Option<Text>,
    api: Option<Traced<String>>,
) -> Option<Object> {
    let Said { kind, known, namespaced, line } = said;
    let namespace = line.namespace.and_then(|value| value::text(cx, "`namespace`", value));
    if let (false, Some(namespace)) = (namespaced, &namespace) {
        cx.error(
            Diagnostic::error(
                Code::WRONG_PLACE,
                format!("{} lives in no namespace", with_article(&kind.value)),
            )
            .at_text(namespace, "can't be said here")
            .help("remove `namespace`"),
        );
    }
    let table = cx.table;
    let settled = known.and_then(|kind| field_settle(table, kind));
    let line = Line { rest: known_here(cx, line.rest, known, settled.as_deref(), &kind.value), ..line };
    let body = Body { properties: line.rest, children: settle::apart(cx, node, settled.as_deref()) };
    let mut words = Words::new(table, cx, with_article(&kind.value));
    let content = words.content(known, &Origin::spec(node.name.span()), &body);
    let broken = words.broken;
    let (Some(api_version), Some(name), true) = (api, name, broken.is_empty()) else {
        if let Some(known) = known {
            let said = (&content.metadata[..], &content.fields[..]);
            let part = Part::of_object((&known.group, &known.name), said, &with_article(&kind.value));
            let version = known.versions.first().map(ToString::to_string).unwrap_or_default();
            cx.partial.push(Part { version, broken, ..part });
        }
        return None;
    };
    Some(Object {
        word: node.name.span(),
        called: node.name.as_str().to_owned(),
        api_version,
        kind,
        namespaced,
        name,
        namespace,
        content,
    })
}

/// How a field is written that is called as our `settle`, which only a kind of the user's own can have.
fn field_settle(table: &Table, kind: &Kind) -> Option<String> {
    let name = settle::SETTLE.name;
    if table.ty(kind.root).by_word(name).is_some() {
        return Some(match table.spec_of(kind) {
            Some(_) => format!("`(top){name} …`"),
            None => format!("`(raw){name} …`"),
        });
    }
    table.spec_of(kind)?.by_word(name).map(|_| format!("`spec {{ {name} … }}`"))
}

/// Takes out properties that are nearly one of ours and no field of the kind, with a word about each; `settled` is how a field
/// called `settle` is written.
fn known_here<'n>(
    cx: &mut Context<'_>,
    said: Vec<(&'n Text, &'n Value)>,
    known: Option<&Kind>,
    settled: Option<&str>,
    kind: &str,
) -> Vec<(&'n Text, &'n Value)> {
    let table = cx.table;
    let is_field = |name: &str| {
        let spec = known.and_then(|kind| table.spec_of(kind).or_else(|| Some(table.ty(kind.root))));
        spec.is_some_and(|ty| ty.by_word(name).is_some())
    };
    let mut rest = Vec::with_capacity(said.len());
    for (key, value) in said {
        if key.as_str() == settle::SETTLE.name {
            let code = cx.written(value.span).to_owned();
            let finding =
                Diagnostic::error(Code::WRONG_PLACE, "`settle` is a node of its own, not a property")
                    .at(key.span(), "can't stand on this line");
            let finding = settled.map_or(finding.clone(), |field| {
                finding.help(format!("the field of that name is written {field}"))
            });
            cx.error(finding.help(in_kind(&with_article(kind), Some(&code))));
            continue;
        }
        let near = match key.as_str() {
            "ns" => Some("namespace"),
            written => meant(written, &["namespace", "api", "cluster-scoped"]),
        };
        let Some(near) = near.filter(|_| !is_field(key.as_str())) else {
            rest.push((key, value));
            continue;
        };
        if near == key.as_str() {
            cx.error(
                Diagnostic::error(Code::WRONG_VALUE, format!("`{near}` is true or not"))
                    .at(value.span, "neither `#true` nor `#false`")
                    .help(format!("write `{near}=#true`, or leave it out")),
            );
            continue;
        }
        cx.error(
            Diagnostic::error(
                Code::UNKNOWN_WORD,
                format!("the node of an object has no property `{}`", key.as_str()),
            )
            .at(key.span(), format!("did you mean `{near}`?")),
        );
    }
    rest
}

fn line<'n>(cx: &mut Context<'_>, node: &'n Node) -> Line<'n> {
    let mut line = Line::default();
    let mut places: Vec<&Text> = Vec::new();
    for Entry { key, value } in &node.entries {
        let Some(key) = key else {
            line.arguments.push(value);
            continue;
        };
        let slot = match key.as_str() {
            "namespace" => &mut line.namespace,
            "api" => &mut line.api,
            "cluster-scoped" if matches!(value.scalar, Scalar::Bool(_)) => {
                let is_on = matches!(value.scalar, Scalar::Bool(true));
                line.cluster_scoped = is_on.then_some(key.span()).or(line.cluster_scoped);
                continue;
            }
            _ => {
                line.rest.push((key, value));
                continue;
            }
        };
        match places.iter().find(|earlier| earlier.as_str() == key.as_str()) {
            Some(earlier) => super::context::said_twice(cx, key.as_str(), earlier.span(), key.span()),
            None => *slot = Some(value),
        }
        places.push(key);
    }
    let flag =
        |value: &&Value| matches!(&value.scalar, Scalar::Text(text) if text.as_str() == "cluster-scoped");
    if let [_, _, more] = line.arguments.as_slice()
        && flag(more)
    {
        line.cluster_scoped = Some(more.span);
        line.arguments.truncate(2);
    }
    line
}

fn only_name(cx: &mut Context<'_>, node: &Node, arguments: &[&Value], kind: &Kind) -> Option<Text> {
    let word = &kind.word;
    match arguments {
        [only] => value::text(cx, &format!("the name of {}", with_article(&kind.name)), only),
        [] => {
            cx.error(
                Diagnostic::error(Code::MISSING_WORD, format!("`{word}` needs a name"))
                    .at(node.name.span(), "nothing stands behind it")
                    .help(format!("write `{word} \"name\"`")),
            );
            None
        }
        [_, second, rest @ ..] => {
            let written = cx.written(second.span).to_owned();
            let help = without_equals(cx, Some(kind), second, rest);
            let help =
                help.unwrap_or_else(|| "a field of the object has a name: `name=value`, or a child".into());
            cx.error(
                Diagnostic::error(Code::UNKNOWN_WORD, format!("`{word}` takes one value, its name"))
                    .at(second.span, format!("{written} is too many"))
                    .help(help),
            );
            None
        }
    }
}

/// How a bare word on an object's line, with what stands behind it, is written as a property or field.
fn without_equals(
    cx: &mut Context<'_>,
    kind: Option<&Kind>,
    word: &Value,
    behind: &[&Value],
) -> Option<String> {
    let Scalar::Text(text) = &word.scalar else { return None };
    let token = cx.written(word.span);
    let value = cx.written(behind.first()?.span);
    match text.as_str() {
        _ if token.starts_with(['"', '#']) => None,
        "namespace" | "api" => Some(format!("a property has its value behind a `=`: `{token}={value}`")),
        name => {
            let table = cx.table;
            let kind = kind?;
            let ty = table.spec_of(kind).unwrap_or_else(|| table.ty(kind.root));
            let field = ty.by_word(name)?;
            Some(match Words::new(table, cx, "").usage(field, behind) {
                (usage, true) => format!("a field has its value behind a `=`: `{usage}`"),
                (usage, false) => format!("write it in the braces: `{usage}`"),
            })
        }
    }
}

/// `an AuthorizationPolicy`
pub(crate) fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['A', 'E', 'I', 'O']) || kind.starts_with("HTTP") { "an" } else { "a" };
    format!("{article} {kind}")
}
