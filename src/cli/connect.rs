//! `gatewright connect`

use std::net::IpAddr;
use std::str::FromStr;

use super::client::exported;
use super::exit::Exit;
use super::print::Printer;
use super::requests::{Requested, before_issuing, pair_comes};
use super::session::{Failure, Session};
use super::settings::Settings;
use super::shell::{from, gatewright, quoted};
use crate::model::{Client, CredentialKind, Gateway, Host, HostName, Project, Route, TlsMode, UriMatch};
use crate::plan::certs::{Asked, certs};

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
        let name = text.split(':').next().unwrap_or_default();
        let both = text.parse::<std::net::SocketAddr>().ok().filter(|both| both.port() > 0);
        let both = both.ok_or_else(|| match HostName::parse(name) {
            Ok(name) => {
                format!("a name, not an address: resolve it first, as `getent hosts {name}` does, and write what it answers")
            }
            Err(_) => "write such as 10.0.0.1, 10.0.0.1:8443 or [fd00::1]:443".to_owned(),
        })?;
        Ok(Self { address: both.ip(), port: Some(both.port()) })
    }
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let session = Session::read(settings)?;
    let (project, existing, _, _) = session.project()?;
    let names = || project.hosts.iter().map(|host| host.name.value.as_str());
    let wanted =
        HostName::parse(&args.host).map_err(|error| Failure::no_host(&args.host, &error, names()))?;
    let exact = project.hosts.iter().find(|host| host.name.value == wanted);
    let host = exact.or_else(|| {
        let covering = project.hosts.iter().filter(|host| host.name.value.certifies(&wanted));
        covering.max_by_key(|host| host.name.value.as_str().len())
    });
    let Some(host) = host else {
        return Err(Failure::unknown("host", wanted.as_str(), names()));
    };
    printer.out(&text(&project, host, &wanted, args.ingress, settings));
    let (plan, _) = certs(&project, &existing, &Asked::default(), settings.now);
    let mut own = plan.leaves.iter().filter(|leaf| leaf.credential == host.credential);
    if let Some(missing) = own.find(|leaf| leaf.there.is_none()) {
        let (name, by) = (&host.name.value, missing.leaf.authority);
        let credential = project.credential(host.credential);
        let issues = "`gatewright render` issues it, if it finds your identity";
        let how = if matches!(credential.kind, CredentialKind::Brought(_)) {
            let asked = Requested::of_server(&existing, credential);
            format!("is not here yet: {}", pair_comes(&missing.leaf.title(), asked.as_ref()))
        } else {
            match by.and_then(|by| before_issuing(&project, &existing, by, settings.now)) {
                Some(first) => format!("is not made yet, and {first}; then {issues}"),
                None => format!("is not made yet: {issues}"),
            }
        };
        printer.note(&format!("the certificate of `{name}` {how}"));
    }
    Ok(Exit::Fine)
}

/// What is printed about one host.
struct Page<'a> {
    project: &'a Project,
    host: &'a Host,
    /// The name to ask for; below a wildcard any.
    name: String,
    /// Where the gateway listens; a variable where nobody said.
    address: String,
    port: u16,
    settings: &'a Settings,
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
    let address = ingress.map_or_else(|| "$INGRESS".to_owned(), |ingress| ingress.address.to_string());
    let page = Page { project, host, name, address, port, settings };
    let mut text = if ingress.is_none() { find(gateway) } else { String::new() };
    text.push_str(&page.clients());
    text.push_str(&format!("# try it\n{}\n", page.curl()));
    text.push_str(&page.hosts_file());
    text.push_str(&match page.bundle() {
        Some(bundle) => format!("\n# what a client must trust\n{bundle}\n"),
        None => page.foreign().to_owned(),
    });
    text
}

/// The lines that find the address.
fn find(gateway: &Gateway) -> String {
    let selector: Vec<_> =
        gateway.selector.iter().map(|(key, value)| format!("{}={}", key.value, value.value)).collect();
    let find = |path: &str| {
        format!(
            "kubectl get service -n {} -l {} -o jsonpath='{{.items[0].status.loadBalancer.ingress[0].{path}}}'",
            gateway.workload_namespace.value,
            selector.join(",")
        )
    };
    format!(
        "# the ingress address: one of the two, an address or a name to resolve\nINGRESS=$({})\n{}\n\n",
        find("ip"),
        find("hostname")
    )
}

impl Page<'_> {
    /// What is said of a certificate that no authority of the project signs.
    fn foreign(&self) -> &'static str {
        match self.project.credential(self.host.credential).kind {
            CredentialKind::Ordered(_) => {
                "\n# cert-manager gets the certificate: of a public issuer's, clients trust it already\n"
            }
            CredentialKind::Brought(_) => {
                "\n# the certificate was brought in files: whoever issued it says what to trust\n"
            }
            CredentialKind::Issued(_) | CredentialKind::Presented { .. } | CredentialKind::External => {
                "\n# the certificate is external: whoever makes it says what to trust\n"
            }
        }
    }

    fn bundle(&self) -> Option<String> {
        let leaf = self.project.credential(self.host.credential).kind.leaf()?;
        let authority = &self.project.authority(leaf.authority?).name.value;
        let path = self.settings.layout.pki.join(format!("{authority}/ca.crt"));
        Some(quoted(&from(self.settings.environment.directory(), &path).display().to_string()))
    }

    fn curl(&self) -> String {
        let Self { name, port, address, .. } = self;
        let suffix = if *port == 443 { String::new() } else { format!(":{port}") };
        let resolve = match address.as_str() {
            variable if variable.starts_with('$') => format!("\"{name}:{port}:{variable}\""),
            v6 if v6.contains(':') => quoted(&format!("{name}:{port}:[{v6}]")),
            v4 => format!("{name}:{port}:{v4}"),
        };
        let mut line = format!("curl --resolve {resolve}");
        if let Some(bundle) = self.bundle() {
            line.push_str(&format!(" --cacert {bundle}"));
        }
        if let (TlsMode::Mutual(_), Some(client)) = (&self.host.tls.value, self.trusted().first()) {
            let client = exported(client);
            line.push_str(&format!(" --cert \"$DIR/{client}.crt\" --key \"$DIR/{client}.key\""));
        }
        format!("{line} {}\n", quoted(&format!("https://{name}{suffix}{}", path(self.host))))
    }

    /// A line for the file, or where the address is in a variable a command that adds it.
    fn hosts_file(&self) -> String {
        let Self { name, address, .. } = self;
        if address.starts_with('$') {
            format!("# into /etc/hosts\necho \"{address} {name}\" | sudo tee -a /etc/hosts\n")
        } else {
            format!("# /etc/hosts\n{address} {name}\n")
        }
    }

    /// The clients that the host lets in.
    fn trusted(&self) -> Vec<&Client> {
        let trusted = self.host.tls.value.client_authorities();
        self.project.clients.iter().filter(|client| trusted.contains(&client.authority)).collect()
    }

    fn clients(&self) -> String {
        if self.host.tls.value == TlsMode::Simple {
            return String::new();
        }
        let clients = self.trusted();
        let Some((first, others)) = clients.split_first() else {
            let trusted = self.host.tls.value.client_authorities();
            let authority =
                trusted.first().map_or("…", |id| self.project.authority(*id).name.value.as_str());
            return format!(
                "# no client yet: write `client \"client.example.com\" authority=\"{authority}\"` into the spec\n\n"
            );
        };
        let mut text =
            "# a client's key pair; with --p12 also for a browser. DIR lies outside the repository\n"
                .to_owned();
        text.push_str(&format!("DIR=~/gatewright-client\n{}\n", self.export(first)));
        if !others.is_empty() {
            let others: Vec<_> = others.iter().map(|client| client.name.value.as_str()).collect();
            text.push_str(&format!("# it lets in too: {}\n", others.join(", ")));
        }
        text.push('\n');
        text
    }

    fn export(&self, client: &Client) -> String {
        let gatewright = gatewright(self.settings, self.settings.environment.directory());
        format!("{gatewright} client export {} --to \"$DIR\" --p12", quoted(&client.name.value))
    }
}

/// A path that the host serves, to any request if there is one.
fn path(host: &Host) -> String {
    let routes = host.routes.iter().flat_map(|routes| &routes.routes);
    let all: Vec<_> = routes.flat_map(Route::conditions).collect();
    let first = all.iter().find(|condition| condition.asks_nothing()).or(all.first());
    match first.and_then(|condition| condition.path.matches().into_iter().next()) {
        Some(UriMatch::Exact(path) | UriMatch::Prefix(path)) => path,
        _ => "/".to_owned(),
    }
}
