//! Gateways and their servers, and the TLS of a server.

use super::look::{Found, Look, shown};
use super::names::{is_address, is_host, is_label, no_host};
use super::text::{self, Protocol, protocol};

/// Ciphers that a server can take.
const CIPHERS: [&str; 15] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
];

/// Versions of TLS, oldest first.
const VERSIONS: [&str; 4] = ["TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"];

/// Fields that say where a server's certificate is.
const CERTIFICATES: [&str; 6] = [
    "serverCertificate",
    "privateKey",
    "caCertificates",
    "tlsCertificates",
    "credentialName",
    "credentialNames",
];

/// A whole Gateway.
pub(super) fn check(found: &mut Found, object: &Look<'_>) {
    if let Some(metadata) = object.field("metadata")
        && let Some(name) = metadata.field("name")
        && !is_label(name.value())
    {
        found
            .at(
                &name,
                format!(
                    "can't be {}: a Gateway's has no dots and at most 63 characters",
                    shown(name.value())
                ),
            )
            .help("write `-` for `.`");
    }
    let Some(spec) = object.field("spec") else { return };
    if spec.count("servers") == 0 {
        found.missing(&spec, "servers", "has no server");
    }
    for (i, server) in spec.items("servers").enumerate() {
        self::server(found, &server);
        let name = port_name(&server);
        let is_there = |other: &Look<'_>| port_name(other) == name;
        if !name.is_empty() && spec.items("servers").take(i).any(|other| is_there(&other)) {
            found.of(
                &server,
                "port",
                format!("has a port with the name `{name}`, which another server's has"),
            );
        }
    }
}

fn port_name<'a>(server: &'a Look<'_>) -> &'a str {
    server.field("port").map(|port| port.text("name")).unwrap_or_default()
}

fn server(found: &mut Found, server: &Look<'_>) {
    if server.count("hosts") == 0 {
        found.missing(server, "hosts", "has no host");
    }
    for host in server.items("hosts") {
        scoped_host(found, &host, true);
    }
    bind(found, server);
    if let Some(tls) = server.field("tls") {
        self::tls(found, &tls);
    }
    let Some(port) = server.field("port") else { return };
    if port.text("name").is_empty() {
        found.missing(&port, "name", "has no `name`");
    }
    if port.int("targetPort").is_some_and(|port| port > 0) {
        found.of(&port, "targetPort", "has a `targetPort`, which a server can't have").help("leave it out");
    }
    text::known_protocol(found, &port);
    let Some(protocol) = protocol(port.text("protocol")) else {
        if port.text("protocol").is_empty() {
            found.missing(&port, "protocol", "has no `protocol`");
        }
        return;
    };
    protocol_and_tls(found, server, &port, protocol);
}

/// TLS belongs to protocols that have it; a plain server may only send to HTTPS.
fn protocol_and_tls(found: &mut Found, server: &Look<'_>, port: &Look<'_>, protocol: Protocol) {
    let name = port.text("protocol");
    let Some(tls) = server.field("tls") else {
        if protocol == Protocol::Tls {
            found.missing(server, "tls", format!("has the protocol {} and no `tls`", shown(name)));
        }
        return;
    };
    let is_pass = ["", "PASSTHROUGH", "AUTO_PASSTHROUGH"].contains(&tls.text("mode"));
    let has_files =
        ["caCertificates", "privateKey", "serverCertificate"].iter().any(|field| !tls.text(field).is_empty());
    match protocol {
        Protocol::Http if !is_pass || has_files => {
            found
                .of(server, "tls", format!("has `tls`, and the protocol {} is in the clear", shown(name)))
                .help("write the protocol HTTPS; beside HTTP, `tls` may only say `httpsRedirect`");
        }
        Protocol::Other => {
            found
                .of(server, "tls", format!("has `tls`, and the protocol {} has none", shown(name)))
                .help("write the protocol TLS or HTTPS");
        }
        Protocol::Tls if tls.is("httpsRedirect") => {
            found
                .of(&tls, "httpsRedirect", "sends to HTTPS, and the server is one of HTTPS")
                .ignored()
                .help("it belongs to the server of port 80");
        }
        _ => {}
    }
}

fn bind(found: &mut Found, server: &Look<'_>) {
    let number = server.field("port").and_then(|port| port.int("number"));
    let address = server.text("bind");
    let path = address.strip_prefix("unix://");
    if let Some(port) = server.field("port")
        && !(path.is_some() && number == Some(0))
    {
        text::port(found, &port, "number");
        if number == Some(0)
            && let Some(wrong) = found.0.last_mut()
        {
            wrong.depends();
        }
    }
    let Some(bind) = server.field("bind").filter(|_| !address.is_empty()) else { return };
    match path {
        Some(path) if !text::is_socket(path) => {
            found.at(&bind, format!("is {}, which is no absolute path of a socket", shown(address)));
        }
        Some(_) if number.is_some_and(|number| number != 0) => {
            found.at(&bind, "is a socket, which has no port").help("write the port's `number` as 0");
        }
        None if !is_address(address) => {
            found.at(&bind, format!("can't be {}, which is no address", shown(address)));
        }
        _ => {}
    }
}

/// `host` or `namespace/host`; a Sidecar wants the namespace, which may be left out there by `~`.
pub(super) fn scoped_host(found: &mut Found, look: &Look<'_>, is_gateway: bool) {
    let text = look.value();
    let (namespace, host) = match text.split_once('/') {
        Some(parts) => parts,
        None if is_gateway => ("*", text),
        None => {
            found
                .at(look, format!("is {}, and a namespace stands before a host here", shown(text)))
                .help(format!("write `*/{text}`; `.` is the Sidecar's own namespace"));
            return;
        }
    };
    let plain = if is_gateway { namespace } else { namespace.strip_prefix('~').unwrap_or(namespace) };
    if namespace.is_empty()
        || !(["*", "."].contains(&plain) || is_label(plain) || (!is_gateway && plain.is_empty()))
    {
        found
            .at(look, format!("is {}, and {} is no namespace", shown(text), shown(namespace)))
            .help("write the name of a namespace, `.` for the object's own, or `*` for all");
    }
    let is_partial = host.contains('*') && host != "*" && !host.starts_with("*.");
    if is_gateway && is_address(host) && host.contains('.') {
        return;
    }
    if !is_host(host) || is_partial {
        no_host(found, look);
    } else if host != "*" && !host.contains('.') {
        found
            .at(look, format!("is {}, and a host here has a dot", shown(text)))
            .help("write the whole name, as `shop.default.svc.cluster.local` or `shop.example.com`");
    }
}

/// What a server does with TLS.
pub(super) fn tls(found: &mut Found, tls: &Look<'_>) {
    versions(found, tls);
    ciphers(found, tls);
    let mode = tls.text("mode");
    let says = |field: &&&str| !tls.text(field).is_empty() || tls.count(field) > 0;
    if mode == "ISTIO_MUTUAL" {
        for field in CERTIFICATES.iter().filter(says) {
            found
                .of(
                    tls,
                    field,
                    format!("has `{field}`, and in the mode `ISTIO_MUTUAL` Istio brings the certificate"),
                )
                .help("leave it out, or write the mode `MUTUAL`");
        }
        return;
    }
    if !["SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"].contains(&mode) {
        if let Some(field) = CERTIFICATES.iter().chain(&["caCrl", "subjectAltNames"]).find(says) {
            found
                .of(tls, field, format!("has `{field}`, and the server does not open TLS"))
                .ignored()
                .help("write the mode `SIMPLE` or `MUTUAL`, or leave it out");
        }
        one_source(found, tls);
        return;
    }
    one_source(found, tls);
    if !tls.text("credentialName").is_empty() || tls.count("credentialNames") > 0 {
        return;
    }
    files(found, tls, mode);
}

/// A certificate comes from one place.
fn one_source(found: &mut Found, tls: &Look<'_>) {
    let has_files = !tls.text("serverCertificate").is_empty() && !tls.text("privateKey").is_empty();
    let sources = [
        ("credentialName", !tls.text("credentialName").is_empty()),
        ("credentialNames", tls.count("credentialNames") > 0),
        ("tlsCertificates", tls.count("tlsCertificates") > 0),
        ("serverCertificate", has_files),
    ];
    let mut there = sources.iter().filter(|(_, is_there)| *is_there);
    if let (Some((first, _)), Some((second, _))) = (there.next(), there.next()) {
        found.both(tls, first, second);
    }
}

/// A server that opens TLS by files has a certificate, its key, and for mutual TLS what clients' certificates are held against.
fn files(found: &mut Found, tls: &Look<'_>, mode: &str) {
    const HELP: &str = "name a Secret in `credentialName`, or files of the gateway's own";
    if mode != "SIMPLE" && tls.text("caCertificates").is_empty() {
        found
            .missing(
                tls,
                "caCertificates",
                format!("has the mode `{mode}` and nothing to hold clients' certificates against"),
            )
            .help(HELP);
    }
    if tls.count("tlsCertificates") == 0 {
        certificate(found, tls, mode, HELP);
    }
    for pair in tls.items("tlsCertificates") {
        certificate(found, &pair, mode, HELP);
    }
    if mode == "SIMPLE" && !tls.text("caCrl").is_empty() {
        found.of(tls, "caCrl", "has a `caCrl`, and in the mode `SIMPLE` no client shows a certificate");
    }
}

fn certificate(found: &mut Found, holder: &Look<'_>, mode: &str, help: &str) {
    let lacks: Vec<&str> = ["serverCertificate", "privateKey"]
        .into_iter()
        .filter(|field| holder.text(field).is_empty())
        .collect();
    let what = match lacks.as_slice() {
        [] => return,
        ["privateKey"] => "no `privateKey`",
        ["serverCertificate"] => "no `serverCertificate`",
        _ => "no certificate",
    };
    found.missing(holder, lacks[0], format!("has {what}, which the mode `{mode}` needs")).help(help);
}

fn versions(found: &mut Found, tls: &Look<'_>) {
    let at = |field: &str| VERSIONS.iter().position(|version| *version == tls.text(field));
    if let (Some(min), Some(max)) = (at("minProtocolVersion"), at("maxProtocolVersion"))
        && min > max
    {
        let message = format!(
            "takes TLS from `{}` up to `{}`, which is no version at all",
            VERSIONS[min], VERSIONS[max]
        );
        found
            .of(tls, "minProtocolVersion", message)
            .help("no client could connect; leave `maxProtocolVersion` out");
    }
    if at("minProtocolVersion").is_some_and(|min| min < 2) && tls.count("cipherSuites") == 0 {
        found
            .of(
                tls,
                "minProtocolVersion",
                "takes TLS below 1.2 and names no ciphers, and none of the usual ones is so old",
            )
            .ignored()
            .help("name ciphers in `cipherSuites`, such as ECDHE-RSA-AES128-SHA; or start at TLSV1_2");
    }
}

fn ciphers(found: &mut Found, tls: &Look<'_>) {
    for (i, cipher) in tls.items("cipherSuites").enumerate() {
        let name = cipher.value();
        // What begins with `+` or `-` is an expression of the TLS library's.
        let is_plain = name.starts_with(|c: char| c.is_alphanumeric()) && name != "ALL";
        if is_plain && !CIPHERS.contains(&name) {
            found
                .at(&cipher, format!("is {}, which Envoy does not know", shown(name)))
                .ignored()
                .help(format!("ciphers are {}; those of TLS 1.3 can't be chosen", CIPHERS.join(", ")));
        } else if tls.items("cipherSuites").take(i).any(|other| other.value() == name) {
            found.at(&cipher, format!("is {} again", shown(name))).ignored();
        }
    }
}
