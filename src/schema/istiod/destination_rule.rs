//! DestinationRules: subsets, and policies of traffic.

use super::balance;
use super::look::{Found, Look, shown};
use super::names::{self, is_host, is_label, no_host};
use super::text;

/// A whole DestinationRule.
pub(super) fn check(found: &mut Found, object: &Look<'_>, namespace: &str) {
    let Some(spec) = object.field("spec") else { return };
    if let Some(host) = spec.field("host").filter(|host| !is_host(host.value())) {
        no_host(found, &host);
    }
    policy_of(found, &spec, namespace);
    for (i, subset) in spec.items("subsets").enumerate() {
        let name = subset.text("name");
        if !is_label(name) {
            found
                .of(&subset, "name", format!("has the name {}, which no subset can have", shown(name)))
                .help("letters, digits and `-`, at most 63, with a letter or digit at both ends");
        }
        if let Some(first) = spec.items("subsets").take(i).find(|other| other.text("name") == name) {
            found.of(&subset, "name", format!("has the name {} again", shown(name))).also(&first);
        }
        names::labels(found, &subset, "labels");
        policy_of(found, &subset, namespace);
    }
    names::export_to(found, &spec, namespace, false);
    let chooses = spec.field("workloadSelector");
    let elsewhere = spec.items("exportTo").any(|name| ![".", namespace].contains(&name.value()));
    if chooses.is_some() && elsewhere {
        found
            .both(&spec, "workloadSelector", "exportTo")
            .help("a rule for some workloads is seen in its own namespace only: leave `exportTo` out");
    }
    if let Some(selector) = chooses {
        super::policy::match_labels(found, &selector);
    }
}

fn policy_of(found: &mut Found, holder: &Look<'_>, namespace: &str) {
    let Some(policy) = holder.field("trafficPolicy") else { return };
    const FIELDS: [&str; 8] = [
        "outlierDetection",
        "connectionPool",
        "loadBalancer",
        "tls",
        "portLevelSettings",
        "tunnel",
        "proxyProtocol",
        "retryBudget",
    ];
    // An empty list is no list.
    let is_empty =
        |field: &str| field == "portLevelSettings" && policy.has(field) && policy.count(field) == 0;
    let says = |field: &str| policy.says(field) && !is_empty(field);
    if !FIELDS.into_iter().any(says) {
        found.at(&policy, "says nothing").help("leave it out, or give it a field");
        return;
    }
    if policy.has("tunnel") && policy.has("proxyProtocol") {
        found.both(&policy, "tunnel", "proxyProtocol");
    }
    settings(found, &policy, namespace);
    for (i, port) in policy.items("portLevelSettings").enumerate() {
        if !port.has("port") {
            found.missing(&port, "port", "has no `port`");
        }
        let number = port_number(&port);
        let mut before = policy.items("portLevelSettings").take(i);
        if let Some(first) = before.find(|other| number.is_some() && port_number(other) == number) {
            found
                .at(&port, "is for the port of another, and Istio takes the first one alone")
                .ignored()
                .also(&first)
                .help("put what is said of a port into one");
        }
        if !FIELDS.iter().take(4).any(|field| port.says(field)) {
            found.at(&port, "says nothing of its port").help("leave it out, or give it a field");
        }
        settings(found, &port, namespace);
    }
    if let Some(tunnel) = policy.field("tunnel") {
        self::tunnel(found, &tunnel);
    }
}

fn port_number(settings: &Look<'_>) -> Option<i64> {
    settings.field("port")?.int("number")
}

/// What holds for all ports, or for one.
fn settings(found: &mut Found, policy: &Look<'_>, namespace: &str) {
    let outlier = policy.field("outlierDetection");
    if let Some(outlier) = &outlier {
        outliers(found, outlier);
    }
    if let Some(pool) = policy.field("connectionPool") {
        self::pool(found, &pool);
    }
    if let Some(balancer) = policy.field("loadBalancer") {
        balance::check(found, &balancer, outlier.is_some());
    }
    if let Some(tls) = policy.field("tls") {
        self::tls(found, &tls, namespace);
    }
}

fn tunnel(found: &mut Found, tunnel: &Look<'_>) {
    if let Some(protocol) =
        tunnel.field("protocol").filter(|protocol| !["", "CONNECT", "POST"].contains(&protocol.value()))
    {
        found.at(&protocol, format!("is {}, and it is `CONNECT` or `POST`", shown(protocol.value())));
    }
    if let Some(host) = tunnel.field("targetHost")
        && !names::is_full_name(host.value())
        && !names::is_address(host.value())
    {
        found.at(&host, format!("can't be {}, which is no host name and no address", shown(host.value())));
    }
    text::port(found, tunnel, "targetPort");
}

fn outliers(found: &mut Found, outlier: &Look<'_>) {
    text::duration(found, outlier, "baseEjectionTime");
    text::duration(found, outlier, "interval");
    for field in ["maxEjectionPercent", "minHealthPercent"] {
        if let Some(place) = outlier.field(field)
            && let Some(number) = place.number().filter(|number| !(0..=100).contains(number))
        {
            found.at(&place, format!("is `{number}`, and a share is 0 to 100"));
        }
    }
    let local = "consecutiveLocalOriginFailures";
    if outlier.int(local).is_some_and(|failures| failures > 0)
        && !outlier.is("splitExternalLocalOriginErrors")
    {
        found
            .of(outlier, local, format!("has `{local}`, which counts only where failures are told apart"))
            .help("say `splitExternalLocalOriginErrors` too, as true");
    }
}

/// Limits of connections.
pub(super) fn pool(found: &mut Found, pool: &Look<'_>) {
    let (http, tcp) = (pool.field("http"), pool.field("tcp"));
    if !pool.says("http") && !pool.says("tcp") {
        found.at(pool, "says nothing").help("give it `http` or `tcp`");
    }
    if let Some(http) = &http {
        let counts = [
            "http1MaxPendingRequests",
            "http2MaxRequests",
            "maxRequestsPerConnection",
            "maxRetries",
            "maxConcurrentStreams",
        ];
        not_negative(found, http, &counts);
        text::duration(found, http, "idleTimeout");
        if http.text("h2UpgradePolicy") == "UPGRADE" && http.is("useClientProtocol") {
            found.both(http, "h2UpgradePolicy", "useClientProtocol");
        }
        if let Some(alive) = http.field("http2KeepAlive") {
            for field in ["interval", "timeout"] {
                if !alive.has(field) {
                    found.missing(&alive, field, format!("has no `{field}`"));
                }
                text::duration(found, &alive, field);
            }
        }
    }
    if let Some(tcp) = &tcp {
        not_negative(found, tcp, &["maxConnections"]);
        for field in ["connectTimeout", "maxConnectionDuration", "idleTimeout"] {
            text::duration(found, tcp, field);
        }
        if let Some(alive) = tcp.field("tcpKeepalive") {
            text::duration(found, &alive, "time");
            text::duration(found, &alive, "interval");
        }
    }
}

/// Counts that may not be below 0.
pub(super) fn not_negative(found: &mut Found, holder: &Look<'_>, fields: &[&'static str]) {
    for field in fields {
        if let Some(place) = holder.field(field)
            && let Some(number) = place.number().filter(|number| *number < 0)
        {
            found.at(&place, format!("is `{number}`, and must not be negative"));
        }
    }
}

/// TLS to a service.
pub(super) fn tls(found: &mut Found, tls: &Look<'_>, namespace: &str) {
    let mode = tls.text("mode");
    let says = |field: &&str| !tls.text(field).is_empty();
    let name = tls.text("credentialName");
    if let Some(of) = name.strip_prefix("configmap://")
        && of.split_once('/').is_none_or(|(of, _)| of != namespace)
    {
        found
            .of(
                tls,
                "credentialName",
                format!("has the `credentialName` {}, which is not of its namespace", shown(name)),
            )
            .help(format!("write `configmap://{namespace}/name`"));
    }
    if tls.is("insecureSkipVerify") {
        let excluded: &[&str] = match mode {
            "SIMPLE" => &["caCertificates", "credentialName"],
            "MUTUAL" => &["caCertificates"],
            _ => &[],
        };
        let names = (!excluded.is_empty() && tls.count("subjectAltNames") > 0).then_some("subjectAltNames");
        if let Some(field) = excluded.iter().copied().find(says).or(names) {
            found
                .both(tls, "insecureSkipVerify", field)
                .help("what is not verified needs nothing to verify it by");
        }
    }
    if !["SIMPLE", "MUTUAL"].contains(&mode) {
        unused(found, tls);
        return;
    }
    if !name.is_empty() {
        let files = ["clientCertificate", "caCertificates", "privateKey", "caCrl"];
        if let Some(field) = files.into_iter().find(says) {
            found.both(tls, "credentialName", field).help("the Secret brings all of them");
        }
        return;
    }
    if mode == "SIMPLE" {
        unused(found, tls);
    } else {
        for field in ["clientCertificate", "privateKey"] {
            if tls.text(field).is_empty() {
                found
                    .missing(tls, field, format!("has no `{field}`, which the mode `MUTUAL` needs"))
                    .help("name a Secret in `credentialName`, or files of the proxy's own");
            }
        }
    }
}

/// What the mode of a client's TLS does nothing with. Without a mode it is `DISABLE`, and requests go in plain text.
fn unused(found: &mut Found, tls: &Look<'_>) {
    const OWN: [&str; 2] = ["clientCertificate", "privateKey"];
    const SAID: [&str; 7] = [
        "credentialName",
        "clientCertificate",
        "privateKey",
        "caCertificates",
        "caCrl",
        "caCertCredentialName",
        "sni",
    ];
    let mode = tls.text("mode");
    let fields: &[&str] = match mode {
        "SIMPLE" => &OWN,
        "ISTIO_MUTUAL" => &SAID[..5],
        "" | "DISABLE" => &SAID,
        _ => return,
    };
    let mut said = fields.iter().copied().filter(|field| !tls.text(field).is_empty());
    let beside = || {
        let names = (tls.count("subjectAltNames") > 0).then_some("subjectAltNames");
        let skips = tls.is("insecureSkipVerify").then_some("insecureSkipVerify");
        names.or(skips).filter(|_| ["", "DISABLE"].contains(&mode))
    };
    let Some(field) = said.next().or_else(beside) else { return };
    let fitting = if OWN.iter().any(|own| !tls.text(own).is_empty()) { "MUTUAL" } else { "SIMPLE" };
    let (why, help) = match mode {
        "SIMPLE" => (
            "the mode `SIMPLE` shows no certificate".to_owned(),
            "write the mode `MUTUAL`, or leave it out".to_owned(),
        ),
        "ISTIO_MUTUAL" => (
            "in the mode `ISTIO_MUTUAL` Istio brings all certificates".to_owned(),
            "leave it out, or write the mode `SIMPLE` or `MUTUAL`".to_owned(),
        ),
        "" => (
            "nothing is encrypted: without `mode` it is `DISABLE`".to_owned(),
            format!("write the mode `{fitting}`"),
        ),
        _ => (
            "the mode `DISABLE` encrypts nothing".to_owned(),
            format!("write the mode `{fitting}`, or leave all but the mode out"),
        ),
    };
    found.of(tls, field, format!("has `{field}`, and {why}")).ignored().help(help);
}
