//! What happens to a request on its way: redirects, rewrites, faults, retries, and what browsers may do.

use super::look::{Found, Look, shown};
use super::text;

/// What Envoy may retry on, beside numbers of answers.
const RETRY_ON: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "envoy-ratelimited",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

/// The least share that is not 0, in percent.
const LEAST_SHARE: f64 = 0.0001;

const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"];

/// gRPC's own statuses.
const GRPC: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A redirect of a route.
pub(super) fn redirect(found: &mut Found, http: &Look<'_>, redirect: &Look<'_>) {
    let says = |field: &str| !redirect.text(field).is_empty();
    if says("uri") && says("prefixRewrite") {
        found.both(redirect, "uri", "prefixRewrite");
    }
    if says("prefixRewrite") {
        for matched in http.items("match") {
            let uri = matched.field("uri").filter(|uri| !uri.has("prefix"));
            if let Some(uri) = uri {
                found
                    .at(&uri, "is no `prefix`, and the redirect's `prefixRewrite` replaces one")
                    .also(redirect);
            }
        }
    }
    let has_port = redirect.has("port") || redirect.has("derivePort");
    if !["uri", "prefixRewrite", "authority", "scheme"].into_iter().any(says) && !has_port {
        found
            .at(redirect, "leads nowhere else")
            .help("give it one of `uri`, `authority`, `scheme` and `port`");
    }
    if let Some(code) = redirect.field("redirectCode")
        && let Some(number) = code.number().filter(|code| *code != 0 && !(300..=399).contains(code))
    {
        found
            .at(&code, format!("is `{number}`, and a redirect is 300 to 399"))
            .help("write 301, 302, 303, 307 or 308");
    }
    if let Some(scheme) = redirect.field("scheme")
        && !["", "http", "https"].contains(&scheme.value())
    {
        found
            .at(&scheme, format!("is {}, and a redirect's is `http` or `https`", shown(scheme.value())))
            .help("write `https`, in small letters");
    }
    if redirect.int("port") != Some(0) {
        text::port(found, redirect, "port");
    }
}

/// The status of an answer, which Istio takes from 200 to 600.
pub(super) fn status(found: &mut Found, holder: &Look<'_>, field: &'static str) {
    if let Some(place) = holder.field(field)
        && let Some(number) = place.number().filter(|status| !(200..=600).contains(status))
    {
        found.at(&place, format!("is `{number}`, and a status is 200 to 599"));
    }
}

/// A share of requests in percent: 0, or at least `least`.
pub(super) fn share(found: &mut Found, look: &Look<'_>, least: f64) {
    let Some(value) = look.fraction("value") else { return };
    if !(0.0..=100.0).contains(&value) || (value > 0.0 && value < least) {
        let from = if least > 0.0 { format!("0, or {least} to 100") } else { "0 to 100".to_owned() };
        found.of(look, "value", format!("is `{value}`, and a share is {from}"));
    }
}

/// Another path or host for a request.
pub(super) fn rewrite(found: &mut Found, rewrite: &Look<'_>) {
    let says = |field: &str| !rewrite.text(field).is_empty();
    if says("uri") && rewrite.has("uriRegexRewrite") {
        found.both(rewrite, "uri", "uriRegexRewrite");
    }
    if !says("uri") && !says("authority") && !rewrite.has("uriRegexRewrite") {
        found.at(rewrite, "changes nothing").help("give it one of `uri`, `uriRegexRewrite` and `authority`");
    }
    let Some(by_regex) = rewrite.field("uriRegexRewrite") else { return };
    for field in ["match", "rewrite"] {
        if by_regex.text(field).is_empty() {
            found.missing(&by_regex, field, format!("has no `{field}`"));
        }
    }
    if !by_regex.text("match").is_empty() {
        text::regex(found, &by_regex, "match");
    }
}

/// Faults that are put in.
pub(super) fn fault(found: &mut Found, fault: &Look<'_>) {
    if !fault.has("abort") && !fault.has("delay") {
        found.at(fault, "does nothing").help("give it an `abort` or a `delay`");
    }
    if let Some(abort) = fault.field("abort") {
        if let Some(share) = abort.field("percentage") {
            self::share(found, &share, LEAST_SHARE);
        }
        if !["httpStatus", "grpcStatus", "http2Error"].iter().any(|status| abort.has(status)) {
            found
                .missing(&abort, "httpStatus", "has no status, so nothing is aborted")
                .ignored()
                .help("give it an `httpStatus`, such as 503, or a `grpcStatus`");
        }
        status(found, &abort, "httpStatus");
        if let Some(status) = abort.field("grpcStatus").filter(|status| !GRPC.contains(&status.value())) {
            found
                .at(&status, format!("is {}, which is no status of gRPC's", shown(status.value())))
                .help("write one such as `UNAVAILABLE` or `NOT_FOUND`");
        }
        if abort.has("http2Error") {
            found.of(&abort, "http2Error", "has an `http2Error`, which Istio does not do yet");
        }
    }
    if let Some(delay) = fault.field("delay") {
        if let Some(share) = delay.field("percentage") {
            self::share(found, &share, LEAST_SHARE);
        }
        text::duration(found, &delay, "fixedDelay");
        if delay.has("exponentialDelay") {
            found.of(&delay, "exponentialDelay", "has an `exponentialDelay`, which Istio does not do yet");
        } else if !delay.has("fixedDelay") {
            found
                .missing(&delay, "fixedDelay", "has no time, so nothing is delayed")
                .ignored()
                .help("give it a `fixedDelay`, such as `5s`");
        }
    }
}

/// Attempts at a request.
pub(super) fn retries(found: &mut Found, retries: &Look<'_>) {
    let attempts = retries.int("attempts").unwrap_or(0);
    if let Some(place) = retries.field("attempts").filter(|_| attempts < 0) {
        found.at(&place, format!("is `{attempts}`, and no number of attempts is negative"));
    }
    let set = ["perTryTimeout", "retryOn", "retryRemoteLocalities"].into_iter();
    let set =
        set.filter(|field| retries.has(field) && (*field != "retryOn" || !retries.text(field).is_empty()));
    if attempts == 0
        && let Some(field) = set.into_iter().next()
    {
        found
            .of(retries, field, format!("has `{field}` and no attempts: 0 switches retries off"))
            .help("say how many `attempts`, such as 3");
    }
    text::duration(found, retries, "perTryTimeout");
    text::duration(found, retries, "backoff");
    let Some(place) = retries.field("retryOn").filter(|place| !place.value().is_empty()) else { return };
    let unknown = place.value().split(',').find(|on| {
        let is_status = on.parse::<i64>().is_ok_and(is_status);
        // Go reads what is no number as 0, which has no text.
        !is_status && !RETRY_ON.contains(on)
    });
    if let Some(on) = unknown {
        let known: Vec<String> = RETRY_ON.iter().map(|on| format!("`{on}`")).collect();
        found.at(&place, format!("has {}, which is no reason to retry", shown(on))).help(format!(
            "reasons stand side by side with `,` and no blank between them: {}, or a status such as 503",
            known.join(", ")
        ));
    }
}

/// Whether HTTP has a status of that number.
fn is_status(status: i64) -> bool {
    matches!(
        status,
        100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=418 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511
    )
}

/// What pages of other sites may do.
pub(super) fn cors(found: &mut Found, policy: &Look<'_>) {
    for origin in policy.items("allowOrigins") {
        if ["exact", "prefix", "regex"].iter().all(|by| origin.text(by).is_empty()) {
            found.at(&origin, "says no origin").help("give it one of `exact`, `prefix` and `regex`");
        } else {
            text::regex(found, &origin, "regex");
        }
    }
    for method in policy.items("allowMethods") {
        if !METHODS.contains(&method.value()) {
            let message = format!("is {}, which is no method", shown(method.value()));
            found.at(&method, message).help("methods are written in capitals, as `GET`; `*` is all of them");
        }
    }
    for field in ["allowHeaders", "exposeHeaders"] {
        for header in policy.items(field) {
            if header.value() != "*" && !text::is_header(header.value()) {
                let message = format!("is {}, which is no name of a header", shown(header.value()));
                found.at(&header, message);
            }
        }
    }
    if let Some(age) = policy.field("maxAge") {
        let length = crate::schema::duration::nanoseconds(age.value()).unwrap_or(0);
        if length % 1_000_000_000 != 0 {
            found.at(&age, format!("is {}, and browsers count in whole seconds", shown(age.value())));
        }
    }
}
