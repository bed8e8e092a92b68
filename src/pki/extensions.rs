//! The extensions of a certificate that the tool works with.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, NameConstraints, ParsedExtension};
use x509_parser::x509::X509Version;

use crate::model::{IpRange, Permitted};
use crate::pki::{PkiError, San};

/// What we read of a certificate's extensions; the others are for those who verify.
pub(crate) struct Extensions {
    pub(crate) sans: Vec<San>,
    pub(crate) ski: Option<Vec<u8>>,
    pub(crate) aki: Option<Vec<u8>>,
    /// Whether its basic constraints say CA.
    ca: bool,
    /// Whether its key may sign certificates.
    may_sign: bool,
    /// Whether its key may sign in a handshake, and be encrypted to.
    pub(crate) handshakes: (bool, bool),
    /// Whether its key may sign revocation lists.
    pub(crate) signs_lists: bool,
    pub(crate) path_length: Option<u32>,
    /// Whether its purposes, if it says some, name servers and clients. `anyExtendedKeyUsage` names neither to OpenSSL and BoringSSL.
    pub(crate) names: (bool, bool),
    /// For clients, and for no server.
    pub(crate) is_for_clients: bool,
    pub(crate) permitted: Option<Permitted>,
}

impl Extensions {
    pub(crate) fn read(x509: &X509Certificate<'_>) -> Result<Self, PkiError> {
        let sans = x509.subject_alternative_name().map_err(PkiError::broken_certificate)?;
        let constraints = x509.basic_constraints().map_err(PkiError::broken_certificate)?;
        let usage = x509.key_usage().map_err(PkiError::broken_certificate)?;
        let purposes = x509.extended_key_usage().map_err(PkiError::broken_certificate)?;
        let names = x509.name_constraints().map_err(PkiError::broken_certificate)?;
        let path_length = constraints.as_ref().and_then(|extension| extension.value.path_len_constraint);
        let signs_lists = usage.as_ref().is_none_or(|usage| usage.value.crl_sign());
        let handshakes = usage
            .as_ref()
            .map_or((true, true), |usage| (usage.value.digital_signature(), usage.value.key_encipherment()));
        let may_sign = usage.is_none_or(|usage| usage.value.key_cert_sign());
        let mut found = Self {
            sans: sans.map_or_else(Vec::new, |extension| {
                extension.value.general_names.iter().filter_map(San::from_x509).collect()
            }),
            ski: None,
            aki: None,
            path_length,
            handshakes,
            signs_lists,
            names: purposes
                .as_ref()
                .map_or((true, true), |purposes| (purposes.value.server_auth, purposes.value.client_auth)),
            is_for_clients: purposes.is_some_and(|purposes| {
                let purposes = purposes.value;
                purposes.client_auth && !purposes.server_auth && !purposes.any
            }),
            permitted: names.map(|extension| permitted(extension.value)),
            ca: constraints.is_some_and(|extension| extension.value.ca),
            may_sign,
        };
        for extension in x509.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => found.ski = Some(id.0.to_vec()),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    found.aki = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                }
                ParsedExtension::ParseError { .. } => {
                    return Err(PkiError::broken_certificate("an extension is malformed"));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Why the certificate is no authority's, if so.
    pub(crate) fn no_authority(&self, version: X509Version) -> Option<&'static str> {
        if version != X509Version::V3 {
            Some("it is not X.509 version 3, which alone says who may sign others")
        } else if !self.ca {
            Some("its basic constraints do not say CA")
        } else if !self.may_sign {
            Some("its key usage lacks `keyCertSign`")
        } else {
            None
        }
    }
}

/// The DNS names and addresses for which it may issue: all that is not excluded, where nothing of that form is permitted.
/// Other forms of names are for those who verify.
fn permitted(constraints: &NameConstraints<'_>) -> Permitted {
    let mut found = Permitted::default();
    let (mut any_domain, mut any_range) = (true, true);
    for subtree in constraints.permitted_subtrees.iter().flatten() {
        match &subtree.base {
            GeneralName::DNSName(name) => {
                any_domain = false;
                found.add_domain(without_dot(name));
            }
            GeneralName::IPAddress(bytes) => {
                any_range = false;
                range(bytes).into_iter().for_each(|range| found.add_range(range));
            }
            _ => {}
        }
    }
    if any_domain {
        found.add_domain("");
    }
    if any_range {
        let all = [IpAddr::from([0; 4]), IpAddr::from([0; 16])];
        all.into_iter().filter_map(|ip| IpRange::around(ip, 0)).for_each(|range| found.add_range(range));
    }
    for subtree in constraints.excluded_subtrees.iter().flatten() {
        match &subtree.base {
            GeneralName::DNSName(name) => found.exclude_domain(without_dot(name)),
            GeneralName::IPAddress(bytes) => {
                range(bytes).into_iter().for_each(|range| found.exclude_range(range))
            }
            _ => {}
        }
    }
    found
}

/// Some write `.example.com` for all that lies below it.
fn without_dot(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

/// An address and its mask, RFC 5280 §4.2.1.10; `None` for a mask with holes.
fn range(bytes: &[u8]) -> Option<IpRange> {
    let (address, mask) = bytes.split_at_checked(bytes.len() / 2)?;
    let address = match address.len() {
        4 => <[u8; 4]>::try_from(address).ok()?.into(),
        16 => <[u8; 16]>::try_from(address).ok()?.into(),
        _ => return None,
    };
    let ones = |byte: &u8| byte.leading_ones();
    let prefix: u32 = mask.iter().map(ones).sum();
    let whole: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let full = mask.iter().take_while(|byte| **byte == 0xff).count();
    let rest_is_empty = mask.iter().skip(full + 1).all(|byte| *byte == 0);
    if prefix != whole || !rest_is_empty {
        return None;
    }
    IpRange::around(address, u8::try_from(prefix).ok()?)
}
