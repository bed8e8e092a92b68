//! Fields that can't stand together, though the schema does not say so: istiod's webhook does.

use super::{DR, GW, Names, Place, VS, fits};

/// Fields of one object that exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// At most one of them may be there.
    Each(&'static [&'static str]),
    /// The first can't stand beside any of the others.
    From(&'static str, &'static [&'static str]),
}

use Apart::{Each, From};

const APART: &[(Place, Apart)] = &[
    ((VS, &["spec", "http"]), Each(&["route", "redirect", "directResponse", "delegate"])),
    ((VS, &["spec", "http"]), From("redirect", &["fault", "rewrite"])),
    ((VS, &["spec", "http"]), From("directResponse", &["fault", "rewrite"])),
    ((VS, &["spec", "http"]), Each(&["mirror", "mirrors"])),
    ((VS, &["http", "redirect"]), Each(&["uri", "prefixRewrite"])),
    ((VS, &["http", "rewrite"]), Each(&["uri", "uriRegexRewrite"])),
    ((DR, &["trafficPolicy"]), Each(&["tunnel", "proxyProtocol"])),
    ((DR, &["loadBalancer"]), Each(&["localityLbSetting", "zoneAwareLbSetting"])),
    ((DR, &["localityLbSetting"]), Each(&["distribute", "failover"])),
    ((DR, &["consistentHash"]), From("minimumRingSize", &["ringHash", "maglev"])),
    ((DR, &["tls"]), From("credentialName", &["clientCertificate", "privateKey", "caCertificates", "caCrl"])),
    (
        (GW, &["servers", "tls"]),
        Each(&["credentialName", "credentialNames", "tlsCertificates", "serverCertificate"]),
    ),
];

/// What can't stand together in an object; `path` leads to the object.
pub fn apart<'p>(group: &str, kind: &str, path: impl Names<'p>) -> impl Iterator<Item = Apart> {
    let found = APART.iter().filter(move |(place, _)| fits(*place, group, kind, path.clone()));
    found.map(|(_, apart)| *apart)
}
