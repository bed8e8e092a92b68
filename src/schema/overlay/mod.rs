//! What the published schemas leave out, by hand and small: which strings are lengths of time or names of something, which
//! numbers are ports, and what has a successor. What can't stand together is in `apart`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::word::kebab;

mod apart;

pub use apart::{Apart, apart};

/// What a string or number is, beyond being one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A length of time whose rule the schema does not state; `0s` switches the thing off.
    Duration,
    /// A service: a short name, `name.namespace`, or a full name.
    Service,
    /// A host name that clients ask for; may begin with `*.`.
    Host,
    /// A Gateway, as `namespace/name`; or `mesh`.
    Gateway,
    /// A subset that a DestinationRule declares.
    Subset,
    /// A Secret in the namespace of the pods that use it.
    Secret,
    /// A port, 1 to 65535.
    Port,
}

/// A field or value that still works and should not be written any more.
#[derive(Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// The exact name of what to write instead; empty where nothing takes its place.
    pub successor: &'static str,
    /// What is to be known about the change, as a sentence without its stop.
    pub note: &'static str,
}

/// Exact names, from the object's own field on, without the places in lists.
pub trait Names<'p>: DoubleEndedIterator<Item = &'p str> + Clone {}

impl<'p, T: DoubleEndedIterator<Item = &'p str> + Clone> Names<'p> for T {}

/// Some kinds, and a way that ends at a field of theirs.
type Place = (&'static [&'static str], &'static [&'static str]);

const VS: &[&str] = &["VirtualService"];
const DR: &[&str] = &["DestinationRule"];
const GW: &[&str] = &["Gateway"];
const SE: &[&str] = &["ServiceEntry"];
/// The kinds with Envoy's connection pools.
const POOLS: &[&str] = &["DestinationRule", "Sidecar"];
/// The kinds with objects that hold a port by its number.
const PORTS: &[&str] = &["VirtualService", "DestinationRule", "Gateway", "Sidecar"];
/// The kinds with servers that terminate TLS.
const SERVERS: &[&str] = &["Gateway", "Sidecar"];

const ROLES: &[(Role, Place)] = &[
    (Role::Duration, (POOLS, &["tcp", "idleTimeout"])),
    (Role::Duration, (DR, &["httpCookie", "ttl"])),
    (Role::Duration, (DR, &["retryBudget", "budgetInterval"])),
    (Role::Duration, (DR, &["backendUtilization", "weightUpdatePeriod"])),
    (Role::Duration, (DR, &["backendUtilization", "weightExpirationPeriod"])),
    (Role::Duration, (DR, &["backendUtilization", "weightStabilizationPeriod"])),
    (Role::Duration, (&["Certificate", "CertificateRequest", "Order"], &["spec", "duration"])),
    (Role::Duration, (&["Certificate"], &["spec", "renewBefore"])),
    (Role::Duration, (&["Issuer", "ClusterIssuer"], &["solvers", "waitInsteadOfSelfCheck"])),
    (Role::Duration, (&["Challenge"], &["solver", "waitInsteadOfSelfCheck"])),
    (Role::Service, (VS, &["destination", "host"])),
    (Role::Service, (VS, &["mirror", "host"])),
    (Role::Service, (DR, &["spec", "host"])),
    (Role::Host, (VS, &["spec", "hosts"])),
    (Role::Host, (VS, &["sniHosts"])),
    (Role::Host, (SE, &["spec", "hosts"])),
    (Role::Host, (GW, &["servers", "hosts"])),
    (Role::Gateway, (VS, &["gateways"])),
    (Role::Subset, (VS, &["destination", "subset"])),
    (Role::Subset, (VS, &["mirror", "subset"])),
    (Role::Secret, (SERVERS, &["tls", "credentialName"])),
    (Role::Secret, (SERVERS, &["tls", "credentialNames"])),
    (Role::Secret, (SERVERS, &["tls", "caCertCredentialName"])),
    (Role::Secret, (DR, &["tls", "credentialName"])),
    (Role::Secret, (DR, &["tls", "caCertCredentialName"])),
    (Role::Secret, (&["WasmPlugin", "TrafficExtension"], &["imagePullSecret"])),
    (Role::Secret, (&["Certificate"], &["spec", "secretName"])),
    (Role::Port, (PORTS, &["port", "number"])),
    (Role::Port, (VS, &["match", "port"])),
    (Role::Port, (VS, &["redirect", "port"])),
    (Role::Port, (DR, &["tunnel", "targetPort"])),
    (Role::Port, (SERVERS, &["port", "targetPort"])),
    (Role::Port, (&["EnvoyFilter"], &["portNumber"])),
    (Role::Port, (&["EnvoyFilter"], &["destinationPort"])),
];

const DEPRECATED: &[(Place, Deprecation)] = &[
    ((VS, &["http", "mirror_percent"]), instead("mirrorPercentage", "")),
    ((VS, &["http", "mirrorPercent"]), instead("mirrorPercentage", "")),
    (
        (VS, &["corsPolicy", "allowOrigin"]),
        instead("allowOrigins", "each item says `exact`, `prefix` or `regex`"),
    ),
    ((VS, &["delay", "percent"]), instead("percentage", "")),
    ((DR, &["outlierDetection", "consecutiveErrors"]), instead("consecutive5xxErrors", "")),
    ((DR, &["loadBalancer", "warmupDurationSecs"]), instead("warmup", "its `duration` holds the time")),
    (
        (DR, &["consistentHash", "minimumRingSize"]),
        instead("ringHash", "its own `minimumRingSize` holds the number"),
    ),
    ((SERVERS, &["port", "targetPort"]), instead("", "Istio refuses it or does nothing with it")),
    ((&["RequestAuthentication"], &["jwtRules", "jwks_uri"]), instead("jwksUri", "")),
];

const DEPRECATED_VALUES: &[(Place, &str, Deprecation)] =
    &[((DR, &["loadBalancer", "simple"]), "LEAST_CONN", instead("LEAST_REQUEST", ""))];

/// Fields of which exactly one must be there, though the schema does not say so: cert-manager's own webhook does.
const ONE_OF: &[(Place, &[&str])] =
    &[((&["Issuer", "ClusterIssuer"], &["spec"]), &["acme", "ca", "vault", "selfSigned", "venafi"])];

/// Fields of the object at the end of `path` of which exactly one must be there.
#[must_use]
pub fn one_of<'p>(group: &str, kind: &str, path: impl Names<'p>) -> Option<&'static [&'static str]> {
    // A whole `spec`, and no field of that name below it.
    let is_top = path.clone().count() == 1;
    let found = ONE_OF.iter().find(|(place, _)| is_top && fits(*place, group, kind, path.clone()));
    found.map(|(_, fields)| *fields)
}

const fn instead(successor: &'static str, note: &'static str) -> Deprecation {
    Deprecation { successor, note }
}

/// What a string or number of a kind is; `path` leads to it.
#[must_use]
pub fn role<'p>(group: &str, kind: &str, path: impl Names<'p>) -> Option<Role> {
    static BY_NAME: LazyLock<ByName<Role>> =
        LazyLock::new(|| by_name(ROLES.iter().map(|(role, place)| (*place, role))));
    find(&BY_NAME, group, kind, path).copied()
}

/// Whether some field that a spec writes so is a length of time by its role.
#[must_use]
pub fn is_called_a_duration(word: &str) -> bool {
    let mut last =
        ROLES.iter().filter(|(role, _)| *role == Role::Duration).filter_map(|(_, (_, way))| way.last());
    last.any(|name| kebab(name) == word)
}

/// What takes the place of a field.
#[must_use]
pub fn deprecation<'p>(group: &str, kind: &str, path: impl Names<'p>) -> Option<&'static Deprecation> {
    static BY_NAME: LazyLock<ByName<Deprecation>> =
        LazyLock::new(|| by_name(DEPRECATED.iter().map(|(place, deprecation)| (*place, deprecation))));
    find(&BY_NAME, group, kind, path)
}

/// What takes the place of a value.
#[must_use]
pub fn deprecated_value<'p>(
    group: &str,
    kind: &str,
    path: impl Names<'p>,
    value: &str,
) -> Option<&'static Deprecation> {
    let found = DEPRECATED_VALUES
        .iter()
        .find(|(place, old, _)| *old == value && fits(*place, group, kind, path.clone()));
    found.map(|(_, _, deprecation)| deprecation)
}

/// Entries by the last name of their way.
type ByName<T> = HashMap<&'static str, Vec<(Place, &'static T)>>;

fn by_name<T>(entries: impl Iterator<Item = (Place, &'static T)>) -> ByName<T> {
    let mut found: ByName<T> = HashMap::new();
    for (place, entry) in entries {
        if let Some(last) = place.1.last() {
            found.entry(last).or_default().push((place, entry));
        }
    }
    found
}

fn find<'p, T>(entries: &ByName<T>, group: &str, kind: &str, path: impl Names<'p>) -> Option<&'static T> {
    let entries = entries.get(path.clone().next_back()?)?;
    entries.iter().find(|(place, _)| fits(*place, group, kind, path.clone())).map(|(_, entry)| *entry)
}

/// All kinds named here are Istio's or cert-manager's; other groups have a `Gateway` too.
fn fits<'p>(place: Place, group: &str, kind: &str, path: impl Names<'p>) -> bool {
    let (kinds, end) = place;
    let ours = group.ends_with(".istio.io") || group.ends_with("cert-manager.io");
    let mut path = path.rev();
    ours && kinds.contains(&kind) && end.iter().rev().all(|name| path.next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;
    use crate::schema::table::{Form, Shape};

    /// Every way to a field of a kind, with the field's shape.
    fn all(kind: &str) -> Vec<(Vec<String>, Shape)> {
        let table = built_in();
        let kind = table.kinds().iter().find(|other| {
            *other.name == *kind
                && (other.group.ends_with(".istio.io") || other.group.ends_with("cert-manager.io"))
        });
        let mut found = Vec::new();
        table.each_way(kind.unwrap().root, &mut |way| {
            let names = way.iter().map(|field| field.name.to_string()).collect();
            found.push((names, way.last().unwrap().shape.clone()));
            true
        });
        found
    }

    fn at(place: Place) -> Vec<(&'static str, Vec<String>, Shape)> {
        let (kinds, end) = place;
        let mut found = Vec::new();
        for kind in kinds {
            let before = found.len();
            let ways = all(kind)
                .into_iter()
                .filter(|(way, _)| way.ends_with(&end.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()));
            found.extend(ways.map(|(way, shape)| (*kind, way, shape)));
            assert!(found.len() > before, "{kind} has no {end:?}");
        }
        found
    }

    #[test]
    fn every_role_is_of_a_string_or_number_that_is_there() {
        for (role, place) in ROLES {
            for (kind, way, shape) in at(*place) {
                let fits = match shape.innermost().form {
                    Form::Text(_) => *role != Role::Port,
                    Form::Int(_) => *role == Role::Port,
                    _ => false,
                };
                assert!(fits, "{role:?} {kind} {way:?}");
            }
        }
    }

    /// A number that is called a port has the limits of one, by its schema, by a rule, or by its role.
    #[test]
    fn every_port_is_known_as_one() {
        for kind in built_in().kinds().iter().filter(|kind| kind.group.ends_with(".istio.io")) {
            built_in().each_way(kind.root, &mut |way| {
                let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
                let shape = way[way.len() - 1].shape.innermost();
                let is_port = |name: &&str| name.to_lowercase().ends_with("port") || *name == "portNumber";
                let called = match names.as_slice() {
                    [.., outer, "number"] => is_port(outer),
                    [.., last] => is_port(last),
                    [] => false,
                };
                if let (true, Form::Int(limits)) = (called, &shape.form) {
                    let known = limits.max == Some(65535)
                        || shape.rules.contains(&crate::schema::table::RuleId::PORT)
                        || role(&kind.group, &kind.name, names.iter().copied()) == Some(Role::Port);
                    assert!(known, "{} {names:?}", kind.name);
                }
                true
            });
        }
    }

    #[test]
    fn every_deprecated_field_is_there_and_its_successor_beside_it() {
        for (place, deprecation) in DEPRECATED {
            for (kind, way, _) in at(*place) {
                let mut beside = way.clone();
                *beside.last_mut().unwrap() = deprecation.successor.to_owned();
                let there = all(kind).iter().any(|(way, _)| *way == beside);
                assert!(
                    there || deprecation.successor.is_empty(),
                    "{kind} {way:?}: {}",
                    deprecation.successor
                );
            }
        }
        for (place, value, deprecation) in DEPRECATED_VALUES {
            for (_, way, shape) in at(*place) {
                let Form::Enum(choices) = &shape.form else { panic!("{way:?}") };
                for value in [*value, deprecation.successor] {
                    assert!(choices.iter().any(|choice| &*choice.value == value), "{way:?} {value}");
                }
            }
        }
    }

    #[test]
    fn places_are_told_apart_by_kind_group_and_way() {
        let istio = "networking.istio.io";
        let way = |text: &'static str| text.split('.');
        let role_at = |group, kind, text| role(group, kind, way(text).collect::<Vec<_>>().into_iter());
        let idle = "spec.trafficPolicy.connectionPool.tcp.idleTimeout";
        assert_eq!(role_at(istio, "DestinationRule", idle), Some(Role::Duration));
        assert_eq!(role_at(istio, "Gateway", idle), None);
        assert_eq!(role_at("example.com", "DestinationRule", idle), None);
        assert_eq!(role_at(istio, "DestinationRule", "spec.host"), Some(Role::Service));
        assert_eq!(role_at(istio, "DestinationRule", "host"), None);
        assert_eq!(role(istio, "DestinationRule", [].into_iter()), None);
        let old = deprecation(istio, "VirtualService", way("spec.http.mirror_percent")).unwrap();
        assert_eq!(kebab(old.successor), "mirror-percentage");
        let other = "gateway.networking.k8s.io";
        assert_eq!(deprecation(other, "Gateway", way("spec.servers.port.targetPort")), None);
        let path = way("spec.subsets.trafficPolicy.loadBalancer.simple");
        assert!(deprecated_value(istio, "DestinationRule", path.clone(), "LEAST_CONN").is_some());
        assert!(deprecated_value(istio, "DestinationRule", path, "ROUND_ROBIN").is_none());
    }
}
