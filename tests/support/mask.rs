//! What nobody can read, made readable: ciphertext, which differs from run to run, and certificates that an ECDSA key signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::Certificate;
use sha2::{Digest as _, Sha256};

/// The signature algorithms ecdsa-with-SHA2 (RFC 5758, 1.2.840.10045.4.3) as they stand in a certificate.
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];

/// The text of a file of a tree with what its ciphertext and such certificates say in their place.
pub(crate) fn masked(text: &str) -> String {
    let mut found = String::new();
    let mut inside = None;
    let mut block = String::new();
    let told = told_digests(text);
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        match inside {
            None if bare == "-----BEGIN AGE ENCRYPTED FILE-----" => {
                found.push_str(&line.replace(bare, "<age>"));
                inside = Some("-----END AGE ENCRYPTED FILE-----");
            }
            None if bare == "-----BEGIN CERTIFICATE-----" => {
                block = line.to_owned();
                inside = Some("-----END CERTIFICATE-----");
            }
            None => found.push_str(&one_line(line, &told)),
            Some(end) => {
                block.push_str(line);
                if bare == end {
                    inside = None;
                    if end.contains("CERTIFICATE") {
                        let chain = Certificate::from_pem_chain(&block).unwrap();
                        found.push_str(&described(&chain).map_or(block.clone(), |text| format!("{text}\n")));
                    }
                }
            }
        }
    }
    found
}

fn one_line(line: &str, told: &[String]) -> String {
    let mut line = line.to_owned();
    while let Some(start) = line.find("ENC[AES256_GCM,") {
        let end = start + line[start..].find(']').unwrap();
        line.replace_range(start..=end, "<sealed>");
    }
    for digest in told {
        // Quoted where it might be read as a number.
        line = line.replace(&format!("\"{digest}\""), digest).replace(digest.as_str(), "<digest>");
    }
    match certificates(&line).and_then(|(encoded, chain)| Some((encoded, described(&chain)?))) {
        Some((encoded, text)) => line.replace(&encoded, &text),
        None => line,
    }
}

/// The certificates that a line holds as base64 of PEM, with that base64.
pub(crate) fn certificates(line: &str) -> Option<(String, Vec<Certificate>)> {
    let (_, value) = line.trim_end().split_once(": ")?;
    let value = value.trim_matches('"');
    let pem = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let chain = Certificate::from_pem_chain(&pem).ok().filter(|chain| !chain.is_empty())?;
    Some((value.to_owned(), chain))
}

/// The digests that a Secret notes, of what is made readable: of its certificate, and of all that it trusts.
fn told_digests(text: &str) -> Vec<String> {
    let told = |field: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(field))?;
        certificates(line).filter(|(_, chain)| described(chain).is_some())
    };
    let own = told("tls.crt: ").and_then(|(_, chain)| Some(chain.first()?.sha256().to_owned()));
    let behind = told("tls.crt: ").map(|(_, chain)| {
        let pem: String = chain.iter().skip(1).map(Certificate::to_pem).collect();
        Sha256::digest(pem).iter().map(|byte| format!("{byte:02x}")).collect()
    });
    let trusted = told("ca.crt: ").map(|(encoded, _)| {
        let digest = Sha256::digest(STANDARD.decode(encoded).unwrap());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    });
    own.into_iter().chain(behind).chain(trusted).collect()
}

/// What certificates say, if an ECDSA key signed one of them; those of RSA keys stand whole.
fn described(chain: &[Certificate]) -> Option<String> {
    let ecdsa = |certificate: &Certificate| certificate.der().windows(ECDSA.len()).any(|part| part == ECDSA);
    if !chain.iter().any(ecdsa) {
        return None;
    }
    let lines: Vec<_> = chain
        .iter()
        .map(|certificate| {
            let names: Vec<_> = certificate.sans().iter().map(ToString::to_string).collect();
            let permitted = certificate.permitted().map(|names| format!("; permitted {names}"));
            let below = certificate.path_length().map(|length| format!("; {length} below"));
            format!(
                "<certificate: {}; names {}; by {}; {} to {}; {}{}{}>",
                certificate.subject(),
                names.join(" "),
                certificate.issuer(),
                certificate.not_before(),
                certificate.not_after(),
                certificate.key_kind().unwrap(),
                below.unwrap_or_default(),
                permitted.unwrap_or_default()
            )
        })
        .collect();
    Some(lines.join(" "))
}
