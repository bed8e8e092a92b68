//! The kind that an object's node means, and its `api`: which are known, served, or of another group.

use super::context::Context;
use super::object::with_article;
use super::{SPEC_FILE, value};
use crate::diag::suggest::{list, meant};
use crate::diag::{Code, Diagnostic};
use crate::schema::served::{self, EXPERIMENTAL, Unserved};
use crate::schema::{Kind, Table};
use crate::spec::Traced;
use crate::spec::source::{Span, Text};
use crate::spec::syntax::{Node, Value};

pub(super) fn several(cx: &mut Context<'_>, at: Span, word: &str, kinds: &[&Kind]) {
    let ways: Vec<String> = kinds
        .iter()
        .map(|kind| format!("`resource \"{}\" \"name\" api=\"{}\"`", kind.name, kind.api_version()))
        .collect();
    cx.error(
        Diagnostic::error(Code::UNKNOWN_WORD, format!("`{word}` is a kind of {} groups", kinds.len()))
            .at(at, "which one?")
            .help(format!("write {}", list(&ways, "or"))),
    );
}

/// What is said of a kind that is named with its group, as `explain` names one: how its node is written.
pub(super) fn with_group(cx: &Context<'_>, node: &Node) -> Option<Diagnostic> {
    let written = node.name.as_str();
    let (api, word) = written.rsplit_once('/')?;
    let group = api.split('/').next().unwrap_or_default();
    let called = |kind: &&Kind| *kind.word == *word || kind.name.eq_ignore_ascii_case(word);
    let kind = cx.table.kinds().iter().filter(|kind| *kind.group == *group).find(called)?;
    let name = node.entries.first().map_or("\"name\"", |entry| cx.written(entry.value.span));
    let is_free = cx.table.kinds_by_word(&kind.word).count() == 1 && SPEC_FILE.item(&kind.word).is_none();
    let node_text = match is_free {
        true => format!("{} {name}", kind.word),
        false => format!("resource \"{}\" {name} api=\"{}\"", kind.name, kind.api_version()),
    };
    Some(
        Diagnostic::error(Code::UNKNOWN_WORD, format!("{} has no word `{written}`", SPEC_FILE.called))
            .at(node.name.span(), "a kind with its group")
            .help(format!("write `{node_text} {{ … }}`")),
    )
}

/// The kind in the version that `api="networking.istio.io/v1beta1"` says, which must be one of its; none where nothing is
/// known of that version.
pub(super) fn served<'t>(
    cx: &mut Context<'_>,
    table: &'t Table,
    kind: &'t Kind,
    value: &Value,
) -> Option<(&'t Kind, Option<Traced<String>>)> {
    let Some(text) = value::text(cx, "`api`", value) else { return Some((kind, None)) };
    match table.schemas(kind).find(|known| known.api_versions().any(|api| api == text.as_str())) {
        Some(known) => Some((known, Some(Traced::said(text.as_str().to_owned(), &text)))),
        None => {
            not_served(cx, table, kind, &text, ", or leave it out");
            // A version of which nothing is known may have other fields.
            (!is_experimental(kind, &text)).then_some((kind, None))
        }
    }
}

fn not_served(cx: &mut Context<'_>, table: &Table, kind: &Kind, api: &Text, or_else: &str) {
    let versions: Vec<String> = table.api_versions(kind).iter().map(|api| format!("`{api}`")).collect();
    let message = format!("{} has no `api` `{}`", with_article(&kind.name), api.as_str());
    let finding = Diagnostic::error(Code::UNKNOWN_WORD, message)
        .at_text(api, "not served")
        .help(format!("write {}{or_else}", list(&versions, "or")));
    cx.error(match is_experimental(kind, api) {
        true => finding.help(
            "if the cluster serves it, commit its CRD and name the file in gatewright.kdl: `crds \"…\"`",
        ),
        false => finding,
    });
}

/// Whether some cluster may serve a version that the table lacks: an older one, or of the experimental channel.
fn is_experimental(kind: &Kind, api: &Text) -> bool {
    &*kind.group == EXPERIMENTAL && api.as_str().starts_with(EXPERIMENTAL)
}

/// The kind of a `resource`, as far as it is known, and its `apiVersion`.
pub(super) fn find<'t>(
    cx: &mut Context<'_>,
    table: &'t Table,
    kind: &Text,
    api: Option<&Text>,
) -> Option<(Option<&'t Kind>, Traced<String>)> {
    let named: Vec<&Kind> = table.kinds().iter().filter(|known| *known.name == *kind.as_str()).collect();
    let Some(api) = api else {
        match named.as_slice() {
            [only] => return Some((Some(only), Traced::said(only.api_version(), kind))),
            [] => unknown_kind(cx, table, kind),
            several => self::several(cx, kind.span(), kind.as_str(), several),
        }
        return None;
    };
    let (group, version) = api.as_str().split_once('/').unwrap_or(("", api.as_str()));
    let found = named.iter().copied().find(|known| *known.group == *group);
    match found {
        None if !named.is_empty() && table.is_whole(group) => {
            let apis: Vec<String> = named.iter().map(|known| format!("`{}`", known.api_version())).collect();
            cx.error(
                Diagnostic::error(Code::UNKNOWN_WORD, format!("`{group}` has no kind `{}`", kind.as_str()))
                    .at_text(api, "the group of others")
                    .help(format!("write {}, or leave `api` out", list(&apis, "or"))),
            );
            None
        }
        Some(known) => match table.kind(group, version, kind.as_str()) {
            None => {
                not_served(cx, table, known, api, "");
                None
            }
            found => Some((found, Traced::said(api.as_str().to_owned(), api))),
        },
        None => match table.unserved(api.as_str(), kind.as_str()) {
            Some(unserved) => {
                no_kind(cx, kind, api, &unserved);
                None
            }
            None => Some((None, Traced::said(api.as_str().to_owned(), api))),
        },
    }
}

/// Complains about a kind that its group does not have.
fn no_kind(cx: &mut Context<'_>, kind: &Text, api: &Text, unserved: &Unserved<'_>) {
    let group = api.as_str().split_once('/').map_or("", |(group, _)| group);
    let error = |message: String| Diagnostic::error(Code::UNKNOWN_KIND, message);
    let has_no = || error(format!("{} has no kind `{}`", served::called(group), kind.as_str()));
    let by_api = |meant: &str| format!("did you mean `api=\"{meant}\"`?");
    cx.error(match unserved {
        Unserved::Kind { api: Some(meant), .. } => has_no().at_text(api, by_api(meant)),
        Unserved::Kind { meant, all, api: None } => {
            let finding = has_no().at_text(
                kind,
                match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "not known".to_owned(),
                },
            );
            let names: Vec<String> = all.iter().map(|kind| format!("`{kind}`")).collect();
            match names.is_empty() {
                true => finding,
                false => finding.note(format!("it has {}", list(&names, "and"))),
            }
        }
        Unserved::Group { meant } => {
            let finding = error(format!("there is no group `{group}`"));
            match meant {
                Some(meant) => finding.at_text(api, by_api(meant)),
                None => finding.at_text(api, "not known").help(served::GROUPS),
            }
        }
        Unserved::Core { meant } => {
            let finding = error(format!("the core has no version `{}`", api.as_str()));
            match meant {
                Some(meant) => finding.at_text(api, by_api(meant)),
                None => finding
                    .at_text(api, "no group before it")
                    .help("write the group before the version, as `apps/v1`; the core's is `v1`"),
            }
        }
        Unserved::Version { api: served } => {
            error(format!("{} has no `api` `{}`", with_article(kind.as_str()), api.as_str()))
                .at_text(api, "not served")
                .help(format!("write `{served}`"))
        }
    });
}

fn unknown_kind(cx: &mut Context<'_>, table: &Table, kind: &Text) {
    let finding =
        Diagnostic::error(Code::MISSING_WORD, format!("no schema knows a kind `{}`", kind.as_str()));
    let lower: Vec<String> = table.kinds().iter().map(|known| known.name.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let near = meant(&kind.as_str().to_lowercase(), &lower)
        .and_then(|near| table.kinds().iter().find(|known| known.name.to_lowercase() == near));
    let finding = match near {
        Some(near) => finding.at(kind.span(), format!("did you mean `{}`?", near.name)),
        None => finding.at(kind.span(), "not known"),
    };
    cx.error(match table.api_of(kind.as_str()) {
        Some(api) => finding.help(format!("say its API: `api=\"{api}\"`")),
        None => finding.help("for a kind of your own say its API: `api=\"group/version\"`"),
    });
}

pub(super) fn not_for_known(cx: &mut Context<'_>, at: Span, kind: &str, namespaced: bool) {
    let lives = if namespaced { "in a namespace" } else { "in no namespace anyway" };
    cx.error(
        Diagnostic::error(Code::WRONG_PLACE, format!("{} lives {lives}", with_article(kind)))
            .at(at, "not for this kind")
            .help("remove it: `cluster-scoped` is for kinds that Gatewright does not know"),
    );
}
