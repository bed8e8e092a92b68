//! `gatewright connect`

use std::net::IpAddr;
use std::str::FromStr;

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::Settings;
use super::shell::quoted;
use crate::model::{AuthorityId, CredentialKind, Host, HostName, Project, TlsMode, UriMatch};

/// Arguments of `connect`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The full name of a host.
    host: String,
    /// The address of the ingress gateway; else a variable that the kubectl lines fill.
    #[arg(long, value_name = "IP[:PORT]")]
    ingress: Option<Ingress>,
}

/// An address, and the port where it is not the gateway's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ingress {
    address: IpAddr,
    port: Option<u16>,
}

impl FromStr for Ingress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self { address, port: None });
        }
        let both = text
            .parse::<std::net::SocketAddr>()
            .ok()
            .filter(|both| both.port() > 0)
            .ok_or("write such as 10.0.0.1, 10.0.0.1:8443 or [fd00::1]:443")?;
        Ok(Self { address: both.ip(), port: Some(both.port()) })
    }
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let session = Session::read(settings)?;
    let (project, _, _, _) = session.project()?;
    let wanted = HostName::parse(&args.host)
        .map_err(|error| Failure::Call(format!("`{}` is no host name: {}", args.host, error.reason)))?;
    let exact = project.hosts.iter().find(|host| host.name.value == wanted);
    let host = exact.or_else(|| {
        let covering = project.hosts.iter().filter(|host| host.name.value.certifies(&wanted));
        covering.max_by_key(|host| host.name.value.as_str().len())
    });
    let Some(host) = host else {
        let names = project.hosts.iter().map(|host| host.name.value.as_str());
        return Err(Failure::unknown("host", wanted.as_str(), names));
    };
    printer.out(&text(&project, host, &wanted, args.ingress, settings));
    Ok(Exit::Fine)
}

fn text(
    project: &Project,
    host: &Host,
    name: &HostName,
    ingress: Option<Ingress>,
    settings: &Settings,
) -> String {
    let gateway = project.gateway(host.gateway);
    let name = if name.is_wildcard() { name.as_str().replacen('*', "any", 1) } else { name.to_string() };
    let port = ingress.and_then(|ingress| ingress.port).unwrap_or(gateway.port.value);
    let address = ingress.map_or_else(
        || "$INGRESS".to_owned(),
        |ingress| match ingress.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        },
    );
    let mut text = String::new();
    if ingress.is_none() {
        let selector: Vec<_> =
            gateway.selector.iter().map(|(key, value)| format!("{}={}", key.value, value.value)).collect();
        let find = |path: &str| {
            format!(
                "kubectl get service -n {} -l {} -o jsonpath='{{.items[0].status.loadBalancer.ingress[0].{path}}}'",
                gateway.workload_namespace.value,
                selector.join(",")
            )
        };
        text.push_str("# the ingress address: one of the two, an address or a name to resolve\n");
        text.push_str(&format!("INGRESS=$({})\n{}\n\n", find("ip"), find("hostname")));
    }
    text.push_str("# try it\n");
    text.push_str(&curl(project, host, &name, &address, port, settings));
    text.push_str("\n# /etc/hosts\n");
    text.push_str(&format!("{} {name}\n", address.trim_start_matches('[').trim_end_matches(']')));
    if let Some(bundle) = bundle(project, host, settings) {
        text.push_str(&format!("\n# what a client must trust\n{bundle}\n"));
    } else {
        text.push_str("\n# the certificate is external: whoever makes it says what to trust\n");
    }
    text.push_str(&client_lines(project, host));
    text
}

fn bundle(project: &Project, host: &Host, settings: &Settings) -> Option<String> {
    let CredentialKind::Issued(leaf) = &project.credential(host.credential).kind else { return None };
    let pki = settings.layout.pki.strip_prefix(&settings.directory).unwrap_or(&settings.layout.pki);
    Some(quoted(&format!("{}/{}/ca.crt", pki.display(), project.authority(leaf.authority).name.value)))
}

fn curl(project: &Project, host: &Host, name: &str, address: &str, port: u16, settings: &Settings) -> String {
    let suffix = if port == 443 { String::new() } else { format!(":{port}") };
    let address = if address.starts_with('$') {
        format!("\"{name}:{port}:{address}\"")
    } else {
        format!("{name}:{port}:{address}")
    };
    let mut line = format!("curl --resolve {address}");
    if let Some(bundle) = bundle(project, host, settings) {
        line.push_str(&format!(" --cacert {bundle}"));
    }
    if let Some(client) = client(project, host).filter(|_| matches!(host.tls.value, TlsMode::Mutual(_))) {
        line.push_str(&format!(" --cert DIR/{client}.crt --key DIR/{client}.key"));
    }
    format!("{line} {}\n", quoted(&format!("https://{name}{suffix}{}", path(host))))
}

/// A path that the host serves.
fn path(host: &Host) -> String {
    let first = host.routes.iter().flat_map(|routes| &routes.routes).flat_map(|route| &route.paths).next();
    match first.and_then(|path| path.value.matches().into_iter().next()) {
        Some(UriMatch::Exact(path) | UriMatch::Prefix(path)) => path,
        _ => "/".to_owned(),
    }
}

/// The file name of a client that the host lets in.
fn client(project: &Project, host: &Host) -> Option<String> {
    let trusted: &[AuthorityId] = host.tls.value.client_authorities();
    let found = project.clients.iter().find(|client| trusted.contains(&client.authority));
    found.map(|client| client.file_name.clone())
}

fn client_lines(project: &Project, host: &Host) -> String {
    if host.tls.value == TlsMode::Simple {
        return String::new();
    }
    let trusted = host.tls.value.client_authorities();
    let mut text = "\n# a client's key pair, for curl and, with --p12, for a browser (DIR lies outside the repository)\n".to_owned();
    let clients: Vec<_> =
        project.clients.iter().filter(|client| trusted.contains(&client.authority)).collect();
    if clients.is_empty() {
        let authority = trusted.first().map_or("…", |id| project.authority(*id).name.value.as_str());
        text.push_str(&format!(
            "# no client yet: write `client \"client.example.com\" authority=\"{authority}\"` into the spec\n"
        ));
    }
    for client in clients {
        text.push_str(&format!("gatewright client export {} --to DIR --p12\n", quoted(&client.name.value)));
    }
    text
}
