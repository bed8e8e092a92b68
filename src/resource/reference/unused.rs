//! Rules of VirtualServices that no server of their gateway uses: a server that speaks HTTP takes `http` alone, one that passes
//! TLS on `tls`, any other `tcp`. Istio drops the others without a word.

use super::listed::full;
use super::{Known, place};
use crate::diag::suggest::list;
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::{full_gateway, is_rule_for, items, redirects};
use crate::resource::{Finished, Tree, Value};

/// Which rules a server uses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// HTTP, or HTTPS that ends at the gateway.
    Http,
    /// A redirect to HTTPS: it has `http`, and uses it only for what came by HTTPS up to a load balancer.
    Redirect,
    /// TLS that is passed on.
    Tls,
    /// TCP, or TLS that ends at the gateway.
    Tcp,
    /// What Istio makes itself, or nobody knows.
    Any,
}

impl Takes {
    /// That of a server, as istiod decides it.
    fn of(server: &Tree) -> Self {
        let tls = server.get("tls").filter(|tls| tls.value != Value::Null);
        let protocol = server.at(&["port", "protocol"]).and_then(Tree::as_str).unwrap_or_default();
        let mode = tls.map(|tls| tls.get("mode").and_then(Tree::as_str).unwrap_or("PASSTHROUGH"));
        match (protocol.to_ascii_uppercase().as_str(), mode) {
            ("HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" | "HTTP_PROXY", _) if redirects(server) => Self::Redirect,
            ("HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" | "HTTP_PROXY", _) => Self::Http,
            ("TCP" | "TLS" | "MONGO" | "REDIS" | "MYSQL", None) => Self::Tcp,
            ("TCP" | "TLS" | "MONGO" | "REDIS" | "MYSQL" | "HTTPS", Some("PASSTHROUGH")) => Self::Tls,
            (protocol, Some("SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL" | "ISTIO_MUTUAL")) => match protocol {
                "HTTPS" => Self::Http,
                "TCP" | "TLS" | "MONGO" | "REDIS" | "MYSQL" => Self::Tcp,
                _ => Self::Any,
            },
            _ => Self::Any,
        }
    }

    /// The rules that it uses.
    fn rules(self) -> &'static str {
        match self {
            Self::Http | Self::Redirect => "http",
            Self::Tls => "tls",
            Self::Tcp => "tcp",
            Self::Any => "",
        }
    }

    /// What it does, and what becomes of everything else.
    fn shown(self) -> &'static str {
        match self {
            Self::Http => "speaks HTTP: it uses `http` alone, and answers 404 to all else",
            Self::Redirect => "speaks HTTP, and leads all that comes to HTTPS",
            Self::Tls => "passes TLS on: it uses `tls` alone, and closes all other connections",
            Self::Tcp => "passes TCP on: it uses `tcp` alone, and closes all other connections",
            Self::Any => "",
        }
    }
}

impl Known<'_> {
    /// Holds the kinds of a VirtualService's rules against what the servers of each gateway speak.
    pub(super) fn unused_rules(&self, object: &Finished<'_>, report: &mut Report) {
        let own = object.namespace();
        let hosts = items(object.tree, &["spec", "hosts"]).iter().filter_map(Tree::as_str);
        let hosts: Vec<String> = hosts.map(|host| full(host, object)).collect();
        for gateway in items(object.tree, &["spec", "gateways"]).iter().filter_map(Tree::as_str) {
            let gateway = full_gateway(gateway, own);
            let Some(lists) = self.lists.get(&gateway) else { continue };
            let said: Vec<(&str, &Tree)> = ["http", "tls", "tcp"]
                .into_iter()
                .filter_map(|kind| {
                    let rules = items(object.tree, &["spec", kind]);
                    Some((kind, rules.iter().find(|rule| is_rule_for(rule, &gateway, own))?))
                })
                .collect();
            let servers: Vec<(Takes, &Tree)> = hosts
                .iter()
                .flat_map(|host| lists.servers(host, own))
                .map(|server| (Takes::of(server), server))
                .collect();
            // What redirects is of no use to rules where another server is for the same hosts.
            let main = servers.iter().filter(|(takes, _)| *takes != Takes::Redirect);
            let main: Vec<&(Takes, &Tree)> = main.collect();
            let servers = if main.is_empty() { servers.iter().collect() } else { main };
            let is_used = |(takes, _): &&(Takes, &Tree)| {
                *takes == Takes::Any || said.iter().any(|(kind, _)| *kind == takes.rules())
            };
            if let (Some((takes, server)), false) = (servers.first(), servers.iter().any(is_used))
                && !said.is_empty()
            {
                report.push(finding(object, &gateway, &said, (*takes, server)));
            }
        }
    }
}

fn finding(
    object: &Finished<'_>,
    gateway: &str,
    said: &[(&str, &Tree)],
    (takes, server): (Takes, &Tree),
) -> Diagnostic {
    let kinds: Vec<String> = said.iter().map(|(kind, _)| format!("`{kind}`")).collect();
    let (kinds, name) = (list(&kinds, "and"), object.id.called());
    let message =
        format!("no server of gateway `{gateway}` uses the {kinds} rules of VirtualService `{name}`");
    let mut finding = Diagnostic::warning(Code::UNUSED_RULES, message);
    if let Some((_, rule)) = said.first() {
        finding = place(finding, rule, object, "nothing comes here");
    }
    let speaks = [server.at(&["port", "protocol"]), server.at(&["tls", "mode"]), Some(server)];
    if let Some(span) = speaks.into_iter().flatten().find_map(|tree| tree.origin.span()) {
        finding = finding.at(span, takes.shown());
    }
    finding = if object.word == "host" {
        finding.note("the server of a `host` ends TLS and speaks HTTP").help(
            "say where its requests go: `to=\"service:port\"`, a `route`, or `http` in `virtual-service`",
        )
    } else {
        finding.help(format!("say in `{}` where its requests go", takes.rules()))
    };
    for (kind, _) in said {
        finding = finding.help(wanted(kind, object.word == "host"));
    }
    finding.help(object.settle("or, if it is meant so", Code::UNUSED_RULES))
}

/// The server that would use a kind of rules.
fn wanted(kind: &str, is_host: bool) -> String {
    let server = match kind {
        "http" => "`protocol=\"HTTP\"`, or `protocol=\"HTTPS\"` with `tls mode=SIMPLE` or `MUTUAL`",
        "tls" => "`protocol=\"TLS\"` with `tls mode=PASSTHROUGH`",
        _ => "`protocol=\"TCP\"`, or `protocol=\"TLS\"` with `tls mode=SIMPLE` or `MUTUAL`",
    };
    match (kind, is_host) {
        // Two servers of one port can't both be for a host.
        ("tls", true) => format!(
            "or say it without `host`: `servers` in the `gateway` with {server}, and a `virtual-service` of its own with the `tls`"
        ),
        (_, true) => {
            format!("or give the `gateway` a server for `{kind}` on another port: `servers` with {server}")
        }
        (_, false) => format!("or have a server for `{kind}`: {server}"),
    }
}
