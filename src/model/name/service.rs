//! Names of services, as routes and `service` nodes write them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::NameError;
use super::label::{check_label, one_dot};

/// How a service is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceName {
    /// `shop`: a service of the namespace in which it is named.
    Short,
    /// A service of a cluster that says its namespace.
    Cluster {
        /// The bytes of the namespace.
        namespace: Range<usize>,
        /// Whether the rest stands there too, as in `shop.team.svc.cluster.local`; else it is `shop.team`.
        full: bool,
    },
    /// Any other full name, as `api.partner.example`: a mesh knows it by a ServiceEntry only.
    Foreign,
}

impl ServiceName {
    /// Reads the name of a service.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let whole = 0..text.len();
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<Ipv6Addr>().is_ok() || text.parse::<Ipv4Addr>().is_ok() {
            let help = "write the service that answers there, as `service.namespace:port`";
            return Err(NameError::new(whole, "an IP address; Istio's routes lead to names", help));
        }
        if let Some(rooted) = text.strip_suffix('.').filter(|rooted| !rooted.is_empty()) {
            let help = one_dot(rooted, "write a service such as `shop` or `shop.team`");
            return Err(NameError::new(rooted.len()..text.len(), "a dot at the end", help));
        }
        let mut labels = Vec::new();
        let mut start = 0_usize;
        for label in text.split('.') {
            if label.is_empty() && !text.is_empty() {
                let at = start.saturating_sub(1)..(start + 1).min(text.len());
                let help = one_dot(text, "write a service such as `shop` or `shop.team`");
                return Err(NameError::new(at, "nothing stands beside this dot", help));
            }
            check_label(label, start)?;
            labels.push(start..start + label.len());
            start += label.len() + 1;
        }
        let is_service = labels.get(2).is_some_and(|third| text.get(third.clone()) == Some("svc"));
        match labels.as_slice() {
            [_] => Ok(Self::Short),
            [_, namespace] => Ok(Self::Cluster { namespace: namespace.clone(), full: false }),
            [_, namespace, svc] if is_service => {
                let short = text.get(..namespace.end).unwrap_or_default();
                let help = format!("write `{short}`, or `{text}.cluster.local`");
                Err(NameError::new(svc.clone(), "a cluster's full name does not end here", help))
            }
            [_, namespace, ..] if is_service => {
                Ok(Self::Cluster { namespace: namespace.clone(), full: true })
            }
            _ => Ok(Self::Foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_where_its_service_lives() {
        let cluster = |namespace, full| Ok(ServiceName::Cluster { namespace, full });
        assert_eq!(ServiceName::parse("shop"), Ok(ServiceName::Short));
        assert_eq!(ServiceName::parse("shop.team"), cluster(5..9, false));
        assert_eq!(ServiceName::parse("shop.team.svc.cluster.local"), cluster(5..9, true));
        assert_eq!(ServiceName::parse("shop.team.svc.corp.internal"), cluster(5..9, true));
        assert_eq!(ServiceName::parse("api.partner.example"), Ok(ServiceName::Foreign));
        assert_eq!(ServiceName::parse("svc.partner.example"), Ok(ServiceName::Foreign));
    }

    #[test]
    fn what_names_no_service_is_refused_at_its_column() {
        for (text, at) in [
            ("shop.team.svc", 10..13),
            ("shop.", 4..5),
            ("shop..team", 4..6),
            ("sh_op.team", 2..3),
            ("Shop", 0..1),
            ("shop.-team", 5..6),
            ("10.0.0.1", 0..8),
            ("[::1]", 0..5),
            ("", 0..0),
            (".", 0..1),
        ] {
            assert_eq!(ServiceName::parse(text).unwrap_err().at, at, "{text}");
        }
        let long = "a".repeat(64);
        assert_eq!(ServiceName::parse(&format!("x.{long}")).unwrap_err().at, 2..66);
    }
}
