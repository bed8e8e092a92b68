//! What cert-manager's webhook asks of one way to answer the challenges of an ACME authority.

use super::{filled, secret_key};
use crate::model::name::ObjectName;
use crate::schema::look::{Found, Look, shown};

/// The providers of DNS, in the order in which the webhook looks for a second one.
const PROVIDERS: [&str; 9] = [
    "akamai",
    "azureDNS",
    "cloudDNS",
    "cloudflare",
    "route53",
    "acmeDNS",
    "digitalocean",
    "rfc2136",
    "webhook",
];

/// How a request to change a zone may be signed, in any case.
const SIGNATURES: [&str; 4] = ["HMACMD5", "HMACSHA1", "HMACSHA256", "HMACSHA512"];

pub(super) fn check(found: &mut Found, solver: &Look<'_>) {
    found.not_both(solver, "http01", "dns01");
    if !solver.has("http01") && !solver.has("dns01") {
        let message = "says neither `http01` nor `dns01`, and answers no challenge";
        found.missing(solver, "http01", message).help("say one of them, or leave the solver out");
    }
    if let Some(http) = solver.field("http01") {
        check_http(found, &http);
    }
    if let Some(dns) = solver.field("dns01") {
        check_dns(found, &dns);
    }
}

fn check_http(found: &mut Found, http: &Look<'_>) {
    found.not_both(http, "ingress", "gatewayHTTPRoute");
    if !http.has("ingress") && !http.has("gatewayHTTPRoute") {
        let message = "says neither `ingress` nor `gatewayHTTPRoute`, by which the authority would ask";
        found.missing(http, "ingress", message).help("say one of them, be it without fields");
    }
    if let Some(ingress) = http.field("ingress") {
        check_ingress(found, &ingress);
    }
    for way in ["ingress", "gatewayHTTPRoute"].iter().filter_map(|way| http.field(way)) {
        if let Some(ty) =
            way.field("serviceType").filter(|ty| !matches!(ty.value(), "" | "ClusterIP" | "NodePort"))
        {
            found
                .at(&ty, format!("can't be {}", shown(ty.value())))
                .help("write `ClusterIP` or `NodePort`, or leave it out, which is `NodePort`");
        }
    }
}

fn check_ingress(found: &mut Found, ingress: &Look<'_>) {
    let is_there = |field: &&str| match *field {
        "name" => !ingress.text(field).is_empty(),
        _ => ingress.has(field),
    };
    let there: Vec<&str> = ["ingressClassName", "class", "name"].into_iter().filter(is_there).collect();
    if let [first, second, ..] = there.as_slice() {
        found.both(ingress, first, second);
    }
    if let Some(class) = ingress.field("ingressClassName")
        && let Err(error) = ObjectName::parse(class.value())
    {
        let wrong = found.at(&class, format!("can't be {}: {}", shown(class.value()), error.reason));
        wrong.help("an Ingress has a class of any form in `class`");
    }
}

fn check_dns(found: &mut Found, dns: &Look<'_>) {
    let there: Vec<&str> = PROVIDERS.into_iter().filter(|name| dns.has(name)).collect();
    match there.as_slice() {
        [] => {
            let message = "names no provider of DNS";
            found.missing(dns, "webhook", message).help(format!("say one of `{}`", PROVIDERS.join("`, `")));
        }
        [first, others @ ..] => {
            for other in others {
                if *other == "acmeDNS" {
                    let message =
                        format!("has both `{first}` and `acmeDNS`, and cert-manager asks `{first}` alone");
                    found.of(dns, other, message).ignored().help("leave one of them out");
                } else {
                    found.both(dns, first, other);
                }
            }
        }
    }
    for name in PROVIDERS {
        if let Some(provider) = dns.field(name) {
            check_provider(found, name, &provider);
        }
    }
}

fn check_provider(found: &mut Found, name: &str, provider: &Look<'_>) {
    let (texts, secrets): (&[&'static str], &[&'static str]) = match name {
        "acmeDNS" => (&["host"], &["accountSecretRef"]),
        "akamai" => (
            &["serviceConsumerDomain"],
            &["accessTokenSecretRef", "clientSecretSecretRef", "clientTokenSecretRef"],
        ),
        "azureDNS" => (&["subscriptionID", "resourceGroupName"], &["clientSecretSecretRef"]),
        "cloudDNS" => (&["project"], &["serviceAccountSecretRef"]),
        "cloudflare" => (&[], &["apiKeySecretRef", "apiTokenSecretRef"]),
        "digitalocean" => (&[], &["tokenSecretRef"]),
        "rfc2136" => (&["nameserver"], &[]),
        "route53" => (&[], &["accessKeyIDSecretRef"]),
        "webhook" => (&["solverName"], &[]),
        _ => (&[], &[]),
    };
    for field in texts {
        filled(found, provider, field);
    }
    for field in secrets {
        secret_key(found, provider, field);
    }
    match name {
        "azureDNS" => check_azure(found, provider),
        "cloudflare" => check_cloudflare(found, provider),
        "rfc2136" => check_update(found, provider),
        "route53" if !provider.text("accessKeyID").is_empty() => {
            found.not_both(provider, "accessKeyID", "accessKeyIDSecretRef");
        }
        _ => {}
    }
}

fn check_azure(found: &mut Found, azure: &Look<'_>) {
    let has = |field: &str| match field {
        "clientSecretSecretRef" => azure.has(field),
        _ => !azure.text(field).is_empty(),
    };
    let own = ["clientID", "clientSecretSecretRef", "tenantID"];
    let identity = azure.field("managedIdentity");
    if let Some(said) = own.into_iter().find(|field| has(field)) {
        for field in own.into_iter().filter(|field| !has(field)) {
            let message = format!("has a `{said}` and no `{field}`, which goes with it");
            found.missing(azure, field, message);
        }
        if identity.is_some() {
            found.both(azure, said, "managedIdentity");
        }
        return;
    }
    let Some(identity) = identity else { return };
    let says = |field: &str| !identity.text(field).is_empty();
    for other in ["clientID", "tenantID"].into_iter().filter(|other| says(other) && says("resourceID")) {
        found.both(&identity, other, "resourceID");
    }
    if says("tenantID") && !says("clientID") {
        let message = "has a `tenantID` and no `clientID`, which goes with it";
        found.missing(&identity, "clientID", message);
    }
}

fn check_cloudflare(found: &mut Found, cloudflare: &Look<'_>) {
    found.not_both(cloudflare, "apiKeySecretRef", "apiTokenSecretRef");
    if !cloudflare.has("apiKeySecretRef") && !cloudflare.has("apiTokenSecretRef") {
        let message = "has neither an `apiTokenSecretRef` nor an `apiKeySecretRef`";
        let wrong = found.missing(cloudflare, "apiTokenSecretRef", message);
        wrong.help("name a Secret and its key that holds the token");
    }
    if cloudflare.has("apiKeySecretRef") && cloudflare.text("email").is_empty() {
        let message = "has an `apiKeySecretRef` and no `email`, whose account the key is of";
        found.missing(cloudflare, "email", message);
    }
}

fn check_update(found: &mut Found, update: &Look<'_>) {
    if let Some(server) = update.field("nameserver")
        && !server.value().is_empty()
        && !is_server(server.value().trim())
    {
        let message = format!("can't be {}, which is no name or address with a port", shown(server.value()));
        found.at(&server, message).help("write it as `192.0.2.53:53` or `[2001:db8::53]:53`");
    }
    if let Some(algorithm) = update.field("tsigAlgorithm") {
        let is_known = SIGNATURES.iter().any(|known| known.eq_ignore_ascii_case(algorithm.value()));
        if !algorithm.value().is_empty() && !is_known {
            let message = format!("can't be {}", shown(algorithm.value()));
            found.at(&algorithm, message).help(format!("write one of `{}`", SIGNATURES.join("`, `")));
        }
    }
    let secret = update.field("tsigSecretSecretRef");
    let is_whole = secret
        .as_ref()
        .is_some_and(|secret| !secret.text("name").is_empty() && !secret.text("key").is_empty());
    let is_named = !update.text("tsigKeyName").is_empty();
    if is_named && secret.is_none() {
        let message = "has a `tsigKeyName` and no `tsigSecretSecretRef`, which goes with it";
        found.missing(update, "tsigSecretSecretRef", message);
    }
    if is_named {
        secret_key(found, update, "tsigSecretSecretRef");
    } else if is_whole {
        let message = "has a `tsigSecretSecretRef` and no `tsigKeyName`, which goes with it";
        found.missing(update, "tsigKeyName", message);
    }
}

/// Whether a text names a host, with a port or without: an IPv6 address stands in `[]`. What Flux puts in for a variable is
/// not known.
fn is_server(text: &str) -> bool {
    const BRACKETS: [char; 2] = ['[', ']'];
    if text.contains("${") {
        return true;
    }
    let Some((before, _)) = text.rsplit_once(':') else {
        return !text.trim_matches(BRACKETS).is_empty();
    };
    let Some(rest) = text.strip_prefix('[') else {
        return !before.is_empty() && !before.contains(':') && !text.contains(BRACKETS);
    };
    let Some((host, after)) = rest.split_once(']') else { return false };
    // What follows an address and is no port is read as a part of it.
    let Some(port) = after.strip_prefix(':') else { return true };
    !host.is_empty() && !host.contains('[') && !port.contains(BRACKETS) && !port.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_by_its_host_and_port() {
        for text in [
            "192.0.2.53",
            "192.0.2.53:53",
            "ns.example.com:",
            "[2001:db8::53]",
            "[2001:db8::53]:53",
            "${NS:-a}:53",
        ] {
            assert!(is_server(text), "{text}");
        }
        for text in [":53", "[]", "2001:db8::53", "[2001:db8::53", "a:53:53", "[a]:5:3", "[]:53", "a]:53"] {
            assert!(!is_server(text), "{text}");
        }
    }
}
