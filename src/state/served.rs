//! What the Gateways of ours that `out/` holds serve: the Secrets that each shows for which hosts. Read only where one
//! of them waits.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Entry, Snapshot};
use crate::model::HostName;
use crate::paths::mark::Mark;
use crate::paths::{Place, ProjectPath};

/// What is served now.
pub struct Served {
    servers: Vec<Server>,
    /// The hosts that have routes.
    routed: BTreeSet<String>,
}

/// A TLS server.
struct Server {
    /// The name of the `gateway` that made it.
    gateway: String,
    hosts: Vec<HostName>,
    /// The Secrets that it names: one, or two with keys of both sorts.
    secrets: Vec<String>,
}

impl Served {
    /// Reads them.
    #[must_use]
    pub fn read(snapshot: &Snapshot) -> Self {
        let mut found = Self { servers: Vec::new(), routed: BTreeSet::new() };
        for (path, entry) in snapshot.folder(Place::Out) {
            let Entry::File(bytes) = entry else { continue };
            let is_a = |kind: &str| path.file_name().starts_with(kind);
            let (gateway, routes) = (is_a("gateway-"), is_a("virtualservice-"));
            if !gateway && !routes {
                continue;
            }
            let Some((mark, text)) = ours(path, bytes) else { continue };
            if routes && mark.word == "host" {
                found.routed.insert(mark.name);
            } else if gateway && mark.word == "gateway" {
                found.servers.extend(servers(&mark.name, text));
            }
        }
        found
    }

    /// The Secrets that a gateway shows for a host: of a server that lists it, or of one with a wildcard above it, if it has
    /// routes.
    #[must_use]
    pub fn secrets(&self, gateway: &str, host: &HostName) -> Option<&[String]> {
        let is_routed = self.routed.contains(host.as_str());
        let serves = |name: &&HostName| name.serves(host) && (*name == host || is_routed);
        let own = self.servers.iter().filter(|server| server.gateway == gateway);
        let nearest = own.filter_map(|server| {
            let length = server.hosts.iter().filter(serves).map(|name| name.as_str().len()).max()?;
            Some((length, server))
        });
        nearest.max_by_key(|(length, _)| *length).map(|(_, server)| server.secrets.as_slice())
    }
}

fn ours<'t>(path: &ProjectPath, bytes: &'t [u8]) -> Option<(Mark, &'t str)> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some((Mark::of(text).filter(|mark| mark.path == path.as_str())?, text))
}

/// The servers of a Gateway that show Secrets.
fn servers(gateway: &str, text: &str) -> Vec<Server> {
    let Ok(object) = serde_saphyr::from_str::<Value>(text) else { return Vec::new() };
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let server = |server: &Value| {
        let tls = server.get("tls")?;
        let one = tls.get("credentialName").and_then(Value::as_str).map(str::to_owned);
        let several = tls.get("credentialNames").map(texts).unwrap_or_default();
        let secrets: Vec<_> = one.into_iter().chain(several).collect();
        let names = texts(server.get("hosts")?);
        // A server's words can put a namespace before a name.
        let names = names.iter().map(|name| name.rsplit('/').next().unwrap_or(name));
        let hosts = names.filter_map(|name| HostName::parse(name).ok()).collect();
        (!secrets.is_empty()).then(|| Server { gateway: gateway.to_owned(), hosts, secrets })
    };
    let all = object.get("spec").and_then(|spec| spec.get("servers")).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_server_of_the_gateway_tells() {
        let gateway = |name: &str, servers: &str| {
            let path = format!("default/gateway-{name}.yaml");
            let text = format!(
                "# gatewright: gateway \"{name}\" -> {path}\nkind: Gateway\nspec:\n  servers:\n{servers}"
            );
            (path, text)
        };
        let server = |host: &str, tls: &str| format!("    - hosts: [{host}]\n      tls: {{{tls}}}\n");
        let wildcard = server("'*.example.com'", "credentialName: w");
        let exact = server("./a.example.com", "credentialNames: [a, a-rsa]");
        let plain = server("b.example.com", "httpsRedirect: true");
        let route = "default/virtualservice-b.example.com.yaml";
        let files = [
            gateway("public", &format!("{wildcard}{exact}{plain}")),
            gateway("inner", &server("a.example.com", "credentialName: inner")),
            (route.to_owned(), format!("# gatewright: host \"b.example.com\" -> {route}\n")),
            ("default/gateway-mine.yaml".to_owned(), server("a.example.com", "credentialName: mine")),
        ];
        let files = files.map(|(path, text)| (ProjectPath::new(path).unwrap(), text.into_bytes()));
        let served = Served::read(&Snapshot::with_out(files));
        let secrets = |gateway: &str, host: &str| {
            served.secrets(gateway, &HostName::parse(host).unwrap()).map(<[String]>::to_vec)
        };
        let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(secrets("public", "a.example.com"), some(&["a", "a-rsa"]));
        assert_eq!(secrets("inner", "a.example.com"), some(&["inner"]));
        assert_eq!(secrets("public", "b.example.com"), some(&["w"]));
        assert_eq!(secrets("public", "*.example.com"), some(&["w"]));
        assert_eq!(secrets("public", "c.example.com"), None, "it has no routes, so it was not served");
        assert_eq!(secrets("other", "a.example.com"), None);
    }
}
