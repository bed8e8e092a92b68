//! Rules of HTTPRoute and GRPCRoute, and of what other routes share with them.

use super::{at_item, has, is_object, items, number_of, text_of, text_or};
use crate::resource::{PathStep, Tree};
use crate::schema::cel::Fault;
use crate::schema::duration::nanoseconds;

/// Group and kind of a parent that says neither.
pub(super) const PARENT: (&str, &str) = ("gateway.networking.k8s.io", "Gateway");

/// The most matches of all rules of a route together.
const MATCHES: usize = 128;

/// A path that is no expression.
pub(super) fn path(tree: &Tree, holds: impl Fn(&str) -> bool, message: &str) -> Option<Fault> {
    let literal = is_object(tree) && ["Exact", "PathPrefix"].contains(&text_or(tree, "type", "PathPrefix"));
    let path = text_or(tree, "value", "/");
    (literal && !holds(path)).then(|| Fault::new(format!("has a `value` that {message}")).at("value"))
}

/// Whether every character is one that a path has.
pub(super) fn is_of_path_characters(path: &str) -> bool {
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let holds = match byte {
            b'%' => [rest.next(), rest.next()].iter().all(|b| b.is_some_and(|b| b.is_ascii_hexdigit())),
            byte => byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(&byte),
        };
        if !holds {
            return false;
        }
    }
    !path.is_empty()
}

/// `self.type in ['Exact','PathPrefix'] || self.type == 'RegularExpression'`
pub(super) fn path_type(tree: &Tree) -> Option<Fault> {
    let known = ["Exact", "PathPrefix", "RegularExpression"];
    (!known.contains(&text_of(tree, "type")?)).then(|| {
        Fault::new("has a `type` that is none of `Exact`, `PathPrefix` and `RegularExpression`").at("type")
    })
}

/// A field that belongs to another type.
pub(super) fn of_another_type(tree: &Tree, field: &str, ty: &str) -> Option<Fault> {
    let said = text_of(tree, "type")?;
    (has(tree, field).is_some() && said != ty).then(|| {
        Fault::new(format!("has `{field}`, which belongs to the type `{ty}`, and is of type `{said}`"))
            .at("type")
            .and(field)
    })
}

/// A type without its field.
pub(super) fn of_its_type(tree: &Tree, field: &str, ty: &str) -> Option<Fault> {
    (text_of(tree, "type")? == ty && has(tree, field).is_none())
        .then(|| Fault::new(format!("is of type `{ty}` and has no `{field}`")).at("type"))
}

/// A type that filters may have once.
pub(super) fn once(tree: &Tree, ty: &str) -> Option<Fault> {
    let filters = items(Some(tree)).iter().enumerate();
    let mut same = filters.filter(|(_, filter)| text_of(filter, "type") == Some(ty)).map(|(i, _)| i);
    let (first, second) = (same.next()?, same.next()?);
    let also = vec![PathStep::Index(first), PathStep::Field("type".to_owned())];
    Some(Fault { also, ..at_item(format!("has a filter of type `{ty}` twice"), second, "type") })
}

/// A redirect or another path, not both.
pub(super) fn redirect_or_rewrite(tree: &Tree) -> Option<Fault> {
    let find = |ty: &str| items(Some(tree)).iter().position(|filter| text_of(filter, "type") == Some(ty));
    let (redirect, rewrite) = (find("RequestRedirect")?, find("URLRewrite")?);
    let also = vec![PathStep::Index(redirect), PathStep::Field("type".to_owned())];
    let message = "has filters of the types `RequestRedirect` and `URLRewrite`, which exclude each other";
    Some(Fault { also, ..at_item(message, rewrite, "type") })
}

/// `self.numerator <= self.denominator`
pub(super) fn fraction(tree: &Tree) -> Option<Fault> {
    let (part, whole) = (number_of(tree, "numerator")?, number_of(tree, "denominator").unwrap_or(100));
    (part > whole).then(|| {
        Fault::new(format!("has a `numerator` over its `denominator`, which is {whole}")).at("numerator")
    })
}

/// `!('*' in self && self.size() > 1)`
pub(super) fn wildcard_alone(tree: &Tree) -> Option<Fault> {
    let items = items(Some(tree));
    let wildcard = items.iter().position(|item| item.as_str() == Some("*"))?;
    let fault = Fault {
        below: vec![PathStep::Index(wildcard)],
        ..Fault::new("has `*`, which means all, beside others")
    };
    (items.len() > 1).then_some(fault)
}

/// A rule that redirects leads nowhere.
pub(super) fn redirect_without_backends(tree: &Tree) -> Option<Fault> {
    let redirects = items(has(tree, "filters")).iter().any(|filter| has(filter, "requestRedirect").is_some());
    (redirects && !items(has(tree, "backendRefs")).is_empty()).then(|| {
        Fault::new("has `backendRefs`, and a filter that redirects every request")
            .at("backendRefs")
            .and("filters")
    })
}

/// Whether one filter of a list replaces the prefix of paths.
fn replaces_prefix(filters: &[Tree], field: &str) -> bool {
    let replaces = |filter: &&Tree| {
        let path = has(filter, field).and_then(|filter| has(filter, "path"));
        path.is_some_and(|path| {
            text_of(path, "type") == Some("ReplacePrefixMatch") && has(path, "replacePrefixMatch").is_some()
        })
    };
    filters.iter().filter(replaces).count() == 1
}

/// What replaces a prefix needs one, so exactly one match by a prefix; `inner` where the filter is a backend's.
pub(super) fn prefix(tree: &Tree, field: &str, inner: bool) -> Option<Fault> {
    let replaces = if inner {
        let backends = items(has(tree, "backendRefs")).iter();
        backends.filter(|backend| replaces_prefix(items(has(backend, "filters")), field)).count() == 1
    } else {
        replaces_prefix(items(has(tree, "filters")), field)
    };
    let is_prefix = match has(tree, "matches") {
        // The API server puts in a match of `/`.
        None => true,
        matches => match items(matches) {
            [only] => {
                has(only, "path").is_none_or(|path| text_or(path, "type", "PathPrefix") == "PathPrefix")
            }
            _ => false,
        },
    };
    (replaces && !is_prefix).then(|| {
        let fault = Fault::new(format!(
            "has a `{field}` that replaces a prefix, which needs exactly one match, by a `PathPrefix`"
        ));
        fault.at("matches")
    })
}

/// The matches of all rules together; `usual` is how many a rule has that says none.
pub(super) fn matches(tree: &Tree, usual: usize) -> Option<Fault> {
    let count = |rule: &Tree| has(rule, "matches").map_or(usual, |matches| items(Some(matches)).len());
    let all: usize = items(Some(tree)).iter().map(count).sum();
    (all > MATCHES).then(|| Fault::new(format!("has {all} matches in all its rules, and may have {MATCHES}")))
}

/// The timeout of a try is no longer than that of the request.
pub(super) fn timeouts(tree: &Tree) -> Option<Fault> {
    let length = |field: &str| nanoseconds(text_of(tree, field)?);
    let (request, each) = (length("request")?, length("backendRequest")?);
    (request != 0 && each > request).then(|| {
        Fault::new("has a `backendRequest` that is longer than its `request`")
            .at("backendRequest")
            .and("request")
    })
}

/// A Service is reached by a port.
pub(super) fn service_port(tree: &Tree) -> Option<Fault> {
    let service = is_object(tree)
        && text_or(tree, "group", "").is_empty()
        && text_or(tree, "kind", "Service") == "Service";
    (service && has(tree, "port").is_none()).then(|| {
        Fault::new("names a Service and no `port` of it").at("name").help("say the `port` beside the name")
    })
}

/// What a reference names, without its section.
fn target(tree: &Tree, (group, kind): (&str, &str)) -> Option<[String; 4]> {
    let part = |field: &str, default: &str| text_or(tree, field, default).to_owned();
    let name = text_of(tree, "name")?.to_owned();
    Some([part("group", group), part("kind", kind), part("namespace", ""), name])
}

/// Of several references to one thing, each names a section or none does.
pub(super) fn sections_said(tree: &Tree, usual: (&str, &str), what: &str) -> Option<Fault> {
    let all = items(Some(tree));
    let whole = |tree: &Tree| text_or(tree, "sectionName", "").is_empty();
    all.iter().enumerate().find_map(|(i, one)| {
        let named = target(one, usual)?;
        let differs =
            |other: &Tree| target(other, usual).as_ref() == Some(&named) && whole(other) != whole(one);
        let message = format!("names one {what} several times, as a whole and by a `sectionName`");
        all.iter().take(i).any(differs).then(|| at_item(message, i, "name"))
    })
}

/// No section is named twice.
pub(super) fn sections_once(tree: &Tree, usual: (&str, &str), what: &str) -> Option<Fault> {
    let key = |tree: &Tree| {
        let target = target(tree, usual)?;
        Some(format!("{target:?} {}", text_or(tree, "sectionName", "")))
    };
    super::once(tree, key, "name", &format!("names one {what} twice"))
}

/// A method, a service, or both.
pub(super) fn method_or_service(tree: &Tree) -> Option<Fault> {
    (is_object(tree) && has(tree, "service").is_none() && has(tree, "method").is_none())
        .then(|| Fault::new("must have one or both of `service` and `method`"))
}

/// The name of a method or service that is no expression.
pub(super) fn grpc_name(tree: &Tree, field: &str) -> Option<Fault> {
    let name = text_of(tree, field).filter(|_| text_or(tree, "type", "Exact") == "Exact")?;
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let holds = match field {
        "service" => name.strip_prefix('.').unwrap_or(name).split('.').all(is_word),
        _ => is_word(name),
    };
    (!holds).then(|| Fault::new(format!("has a `{field}` that is no name of one in gRPC")).at(field))
}
