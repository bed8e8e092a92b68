//! Pins of clients' certificates. One in a wrong form makes Envoy refuse the whole listener.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diag::Code;
use crate::schema::look::{Found, Look, shown};

/// The fields of a server that pin clients' certificates.
const PINS: [&str; 2] = ["verifyCertificateSpki", "verifyCertificateHash"];
/// The longest hash that Envoy reads: two digits a byte, with colons between.
const LONGEST_HASH: usize = 95;
/// What is said of pins of a Sidecar's server.
const NEVER_HELD: (&str, &str) = ("in a Sidecar Istio holds nobody's certificate against it", "leave it out");

/// Pins of the servers of a Gateway, or of a Sidecar.
pub(super) fn check(found: &mut Found, spec: &Look<'_>, servers: &'static str) {
    for server in spec.items(servers) {
        if let Some(tls) = server.field("tls") {
            pins(found, &tls, servers == "ingress");
        }
    }
}

fn pins(found: &mut Found, tls: &Look<'_>, is_sidecar: bool) {
    let lacks = if is_sidecar { Some(NEVER_HELD) } else { unheld(tls) };
    for field in PINS.into_iter().filter(|field| tls.count(field) > 0) {
        if let Some((lacks, help)) = &lacks {
            found.of(tls, field, format!("has `{field}`, and {lacks}")).ignored().help(*help);
            continue;
        }
        for pin in tls.items(field) {
            let text = pin.value();
            // What Flux puts in for a variable is not known.
            if text.contains("${") {
                continue;
            }
            let (is_one, what, help) = match field {
                "verifyCertificateSpki" => (
                    is_spki(text),
                    "the SHA-256 of a public key in base64, 44 characters",
                    "`openssl x509 -in client.crt -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` prints it",
                ),
                _ => (
                    is_hash(text),
                    "the SHA-256 of a certificate in 64 hexadecimal digits, which may have colons between the bytes",
                    "`openssl x509 -in client.crt -noout -fingerprint -sha256` prints it behind `=`",
                ),
            };
            if !is_one {
                let wrong = found.at(
                    &pin,
                    format!(
                        "can't be {}, for which Envoy refuses the whole listener: it is {what}",
                        shown(text)
                    ),
                );
                wrong.code = Code::INVALID_PIN;
                wrong.help(help);
            }
        }
    }
}

/// Why Istio hands a server's pins to nobody, if so, and what to do.
fn unheld(tls: &Look<'_>) -> Option<(&'static str, &'static str)> {
    if !["MUTUAL", "OPTIONAL_MUTUAL"].contains(&tls.text("mode")) {
        return Some((
            "in this mode no client's certificate is held against it",
            "write the mode `MUTUAL` or `OPTIONAL_MUTUAL`, or leave it out",
        ));
    }
    let is_named = !tls.text("credentialName").is_empty() || tls.count("credentialNames") > 0;
    (!is_named).then_some((
        "Istio holds it only where the server's certificate comes from a Secret",
        "name a Secret in `credentialName`, or leave it out",
    ))
}

fn is_spki(text: &str) -> bool {
    STANDARD.decode(text).is_ok_and(|digest| digest.len() == 32)
}

/// Envoy takes colons out, wherever they stand.
fn is_hash(text: &str) -> bool {
    let digits = || text.chars().filter(|c| *c != ':');
    text.len() <= LONGEST_HASH && digits().count() == 64 && digits().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_of_a_sidecar_hold_nobody() {
        let table = crate::schema::built_in();
        let kind = table.kind("networking.istio.io", "v1", "Sidecar").unwrap();
        let tls = serde_json::json!({"mode": "MUTUAL", "verifyCertificateHash": ["x"]});
        let object = serde_json::json!({"spec": {"ingress": [{"tls": tls}]}});
        let tree = crate::resource::Tree::of_json(&object, &crate::spec::Origin::default_of("test"));
        let found = crate::schema::envoy::wrongs(kind, &tree);
        assert_eq!(found.iter().map(|wrong| wrong.code).collect::<Vec<_>>(), [Code::IGNORED_FIELD]);
    }

    /// As `envoy --mode validate` judged them.
    #[test]
    fn pins_are_what_envoy_takes() {
        let spki = "RmrpVruAnLzP/52tRTGIr7eat+dQTf0eJ3JctfUCj4A=";
        assert!(is_spki(spki));
        let refused = [
            "",
            "nope",
            spki.trim_end_matches('='),
            "-mrpVruAnLzP_52tRTGIr7eat-dQTf0eJ3JctfUCj4A=",
            "vWk2UpaxyYJw0WDEhvqxDPIpGlWA2Qxv4WL8lot6Vw==",
            " RmrpVruAnLzP/52tRTGIr7eat+dQTf0eJ3JctfUCj4A=",
            "RmrpVruAnLzP/52tRTGIr7eat+dQTf0eJ3JctfUCj4B=",
        ];
        assert_eq!(refused.into_iter().find(|text| is_spki(text)), None);

        let hash = "e4429d96592dd9d6de6b00b2ef426775b71186c952fb63992d9025c884a3d816";
        let pairs: Vec<&str> = hash.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect();
        assert!([hash, &hash.to_uppercase(), &pairs.join(":")].into_iter().all(is_hash));
        let refused = [
            String::new(),
            hash[2..].to_owned(),
            format!("{}z", &hash[1..]),
            format!("sha256:{hash}"),
            pairs.join(" "),
            format!("{}:", pairs.join(":")),
            pairs.join(":")[..94].to_owned(),
        ];
        assert_eq!(refused.into_iter().find(|text| is_hash(text)), None);
    }
}
