//! One route of HTTP: what it is matched by, where it goes, what happens on the way.

use super::look::{Found, Look, shown};
use super::names::{self, is_label};
use super::{action, asked, text, virtual_service};

/// A route. `is_part` if its VirtualService is one that others take in.
pub(super) fn check(found: &mut Found, http: &Look<'_>, is_part: bool) {
    actions(found, http, is_part);
    for matched in http.items("match") {
        self::matched(found, &matched);
    }
    if let Some(headers) = http.field("headers") {
        self::headers(found, &headers);
    }
    virtual_service::weights(found, http);
    for to in http.items("route") {
        if let Some(headers) = to.field("headers") {
            self::headers(found, &headers);
        }
        if let Some(destination) = to.field("destination") {
            virtual_service::destination(found, &destination);
        }
    }
    mirrors(found, http, is_part);
    if let Some(redirect) = http.field("redirect") {
        action::redirect(found, http, &redirect);
    }
    if let Some(response) = http.field("directResponse") {
        action::status(found, &response, "status");
    }
    if let Some(rewrite) = http.field("rewrite") {
        action::rewrite(found, &rewrite);
    }
    authority_once(found, http);
    if let Some(fault) = http.field("fault") {
        action::fault(found, &fault);
    }
    if let Some(retries) = http.field("retries") {
        action::retries(found, &retries);
    }
    if let Some(policy) = http.field("corsPolicy") {
        action::cors(found, &policy);
    }
    text::duration(found, http, "timeout");
}

/// A route does one thing: it goes somewhere, redirects, answers, or hands over.
fn actions(found: &mut Found, http: &Look<'_>, is_part: bool) {
    if http.has("delegate") && is_part {
        found
            .of(http, "delegate", "has `delegate`, and its VirtualService is one that is taken in")
            .help("a VirtualService without `hosts` is a part of another, and hands nothing over itself");
    }
    if http.has("delegate") && !is_part {
        for field in ["redirect", "route"] {
            if http.has(field) && (field != "route" || http.count("route") > 0) {
                found.both(http, "delegate", field);
            }
        }
        return;
    }
    let Some(action) = ["redirect", "directResponse"].into_iter().find(|action| http.has(action)) else {
        if http.count("route") == 0 {
            found
                .missing(http, "route", "goes nowhere")
                .help("give it one of `route`, `redirect` and `directResponse`");
        }
        both_mirrors(found, http);
        return;
    };
    if http.count("route") > 0 {
        found.both(http, "route", action);
    }
    for field in ["fault", "rewrite"] {
        found.not_both(http, action, field);
    }
    if action == "redirect" {
        found.not_both(http, action, "directResponse");
    }
    both_mirrors(found, http);
}

fn both_mirrors(found: &mut Found, http: &Look<'_>) {
    if http.has("mirror") && http.count("mirrors") > 0 {
        found.both(http, "mirror", "mirrors").help("put it into `mirrors`, with its share beside it");
    }
}

fn matched(found: &mut Found, matched: &Look<'_>) {
    for field in ["headers", "withoutHeaders"] {
        for (name, header) in matched.entries(field) {
            if !text::is_asked_header(name) {
                found.at(&header, format!("is about {}, which is no name of a header", shown(name)));
            }
            // A `*` here is no expression: it asks whether the header is there at all.
            if field == "headers" || header.text("regex") != "*" {
                text::matcher(found, &header);
            }
        }
    }
    if let Some(uri) = matched.field("uri") {
        text::regex(found, &uri, "regex");
    }
    for field in ["scheme", "method", "authority"] {
        if let Some(asked) = matched.field(field) {
            text::matcher(found, &asked);
        }
    }
    for (_, asked) in matched.entries("queryParams") {
        text::matcher(found, &asked);
    }
    asked::check(found, matched);
    virtual_service::matched_port(found, matched);
    names::labels(found, matched, "sourceLabels");
    virtual_service::gateways(found, matched);
    if let Some(namespace) = matched.field("sourceNamespace").filter(|place| !place.value().is_empty())
        && !is_label(namespace.value())
    {
        found.at(&namespace, format!("can't be {}, which is no namespace", shown(namespace.value())));
    }
}

/// Headers that are set, added and removed.
fn headers(found: &mut Found, headers: &Look<'_>) {
    for way in ["request", "response"] {
        let Some(side) = headers.field(way) else { continue };
        for field in ["add", "set"] {
            for (name, value) in side.entries(field) {
                header_name(found, &value, name, way == "request");
                if let Some(problem) = text::no_header_value(value.value()) {
                    found.at(&value, format!("is {}, which {problem}", shown(value.value())));
                }
            }
        }
        for name in side.items("remove") {
            header_name(found, &name, name.value(), false);
        }
    }
}

fn header_name(found: &mut Found, place: &Look<'_>, name: &str, may_be_authority: bool) {
    let is_authority = is_authority(name);
    if name.is_empty() {
        found.at(place, "is about a header without a name");
    } else if (name.starts_with(':') || is_authority) && !(may_be_authority && is_authority) {
        found
            .at(place, format!("is about `{name}`, which can't be changed here"))
            .help("the host of a request is set with `rewrite`, or with `set` of a request's headers");
    }
}

fn is_authority(name: &str) -> bool {
    [":authority", "host"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The host of a request is set in one place.
fn authority_once(found: &mut Found, http: &Look<'_>) {
    let mut said = http.field("rewrite").is_some_and(|rewrite| !rewrite.text("authority").is_empty());
    let Some(headers) = http.field("headers") else { return };
    let Some(request) = headers.field("request") else { return };
    for field in ["set", "add"] {
        for (_, value) in request.entries(field).filter(|(name, _)| is_authority(name)) {
            if said {
                found
                    .at(&value, "sets the host of the request, which is set elsewhere already")
                    .help("set it once: by `rewrite` with `authority`, or by one header");
                return;
            }
            said = !value.value().is_empty();
        }
    }
}

/// Copies of requests.
fn mirrors(found: &mut Found, http: &Look<'_>, is_part: bool) {
    if let Some(mirror) = http.field("mirror") {
        virtual_service::destination(found, &mirror);
    }
    for share in ["mirrorPercent", "mirror_percent"] {
        if let Some(place) = http.field(share)
            && let Some(number) = place.number().filter(|number| *number > 100)
        {
            found.at(&place, format!("is `{number}`, and a share is 0 to 100"));
        }
    }
    if let Some(share) = http.field("mirrorPercentage") {
        action::share(found, &share, 0.0);
    }
    no_mirror(found, http, is_part);
    for mirror in http.items("mirrors") {
        if let Some(destination) = mirror.field("destination") {
            virtual_service::destination(found, &destination);
        }
        if let Some(share) = mirror.field("percentage") {
            action::share(found, &share, 0.0);
        }
    }
}

/// A share of copies without a `mirror`, which a route that hands over and the one that takes over have from each other.
fn no_mirror(found: &mut Found, http: &Look<'_>, is_part: bool) {
    if is_part || http.has("delegate") || http.has("mirror") {
        return;
    }
    for field in ["mirrorPercentage", "mirrorPercent", "mirror_percent"] {
        if http.has(field) {
            let has_list = http.count("mirrors") > 0;
            let message = format!("has `{field}` and no `mirror`, so it is a share of nothing");
            found.of(http, field, message).ignored().help(if has_list {
                "each of `mirrors` has its own share, in `percentage`"
            } else {
                "say in `mirror` where the copies go, or leave the share out"
            });
        }
    }
}
