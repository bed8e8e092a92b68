//! What a Gateway's server asks of clients' certificates. istiod hands some of it on where nobody is asked, and leaves some of
//! it unread without a word.

use crate::schema::look::{Found, Look, shown};

/// The end of a Secret's name by which istiod knows that it holds authorities, and no key pair.
const AUTHORITIES: &str = "-cacert";
const SANS: &str = "subjectAltNames";
const CA_NAME: &str = "caCertCredentialName";

/// The servers of a Gateway.
pub(super) fn check(found: &mut Found, spec: &Look<'_>) {
    for server in spec.items("servers") {
        let Some(tls) = server.field("tls") else { continue };
        let is_named = !tls.text("credentialName").is_empty() || tls.count("credentialNames") > 0;
        for pair in tls.items("tlsCertificates").filter(|pair| !pair.text("caCertificates").is_empty()) {
            let message = "has `caCertificates`, which nobody reads of one of several certificates";
            let wrong = found.of(&pair, "caCertificates", message).ignored();
            wrong.help("write it into `tls`, beside `tlsCertificates`");
        }
        match tls.text("mode") {
            "SIMPLE" => simple(found, &tls, is_named),
            "MUTUAL" | "OPTIONAL_MUTUAL" if is_named => by_secret(found, &tls),
            "MUTUAL" | "OPTIONAL_MUTUAL" if !tls.text(CA_NAME).is_empty() => {
                let message = format!(
                    "has `{CA_NAME}`, and the server's certificate comes from files: then what clients' certificates are held against does too"
                );
                let wrong = found.of(&tls, CA_NAME, message).ignored();
                wrong.help("name the server's certificate in `credentialName`, or leave it out");
            }
            _ => {}
        }
    }
}

/// A server that asks no client for a certificate.
fn simple(found: &mut Found, tls: &Look<'_>, is_named: bool) {
    const HELP: &str = "leave it out, or write the mode `MUTUAL`";
    if tls.count(SANS) > 0 {
        let message =
            format!("has `{SANS}`, and in the mode `SIMPLE` no client's certificate is held against");
        if is_named {
            let message =
                format!("{message} an authority: Envoy refuses the whole listener for names without one");
            found.of(tls, SANS, message).help(HELP);
        } else {
            found.of(tls, SANS, format!("{message} it")).ignored().help(HELP);
        }
    }
    for field in [CA_NAME, "caCertificates", "caCrl"] {
        // A list beside files istiod refuses by itself.
        if tls.text(field).is_empty() || (field == "caCrl" && !is_named) {
            continue;
        }
        let message = format!("has `{field}`, and in the mode `SIMPLE` no client is asked for a certificate");
        found.of(tls, field, message).ignored().help(HELP);
    }
}

/// A server that asks for one, and has its own from a Secret.
fn by_secret(found: &mut Found, tls: &Look<'_>) {
    for (field, key) in [("caCertificates", "ca.crt"), ("caCrl", "ca.crl")] {
        if !tls.text(field).is_empty() {
            let message = format!(
                "has `{field}`, a file, and where the server's certificate comes from a Secret, `{key}` there is read in its place"
            );
            found
                .of(tls, field, message)
                .ignored()
                .help(format!("put it into the Secret as `{key}`, and leave it out here"));
        }
    }
    let Some(named) = tls.field(CA_NAME) else { return };
    let name = named.value();
    // An address of another kind, and what Flux puts in for a variable.
    let is_other = name.is_empty() || name.contains([':', '/']) || name.contains("${");
    if !is_other && !name.ends_with(AUTHORITIES) {
        let message = format!(
            "is {}: Istio takes authorities alone from a Secret whose name ends in `{AUTHORITIES}`, and a key pair from any other, so no client comes in",
            shown(name)
        );
        found.at(&named, message).help(format!(
            "write `{name}{AUTHORITIES}`: Istio takes `ca.crt` of the Secret of that name, and where there is none, of `{name}`"
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diag::Code;
    use crate::resource::Tree;
    use crate::spec::Origin;

    fn codes(tls: &Json) -> Vec<Code> {
        let kind = crate::schema::built_in().kind("networking.istio.io", "v1", "Gateway").unwrap();
        let object = json!({"spec": {"servers": [{"tls": tls}]}});
        let tree = Tree::of_json(&object, &Origin::default_of("test"));
        crate::schema::envoy::wrongs(kind, &tree).iter().map(|wrong| wrong.code).collect()
    }

    #[test]
    fn what_is_asked_of_clients_is_read_somewhere() {
        let cases = [
            (
                json!({"mode": "SIMPLE", "credentialName": "a", "subjectAltNames": ["b"]}),
                Some(Code::FIELD_VALUE),
            ),
            (
                json!({"mode": "SIMPLE", "credentialNames": ["a"], "subjectAltNames": ["b"]}),
                Some(Code::FIELD_VALUE),
            ),
            (
                json!({"mode": "SIMPLE", "serverCertificate": "a", "subjectAltNames": ["b"]}),
                Some(Code::IGNORED_FIELD),
            ),
            (json!({"mode": "SIMPLE", "credentialName": "a", "subjectAltNames": []}), None),
            (
                json!({"mode": "SIMPLE", "credentialName": "a", "caCertCredentialName": "b"}),
                Some(Code::IGNORED_FIELD),
            ),
            (json!({"mode": "SIMPLE", "credentialName": "a", "caCrl": "b"}), Some(Code::IGNORED_FIELD)),
            (json!({"mode": "SIMPLE", "serverCertificate": "a", "caCrl": "b"}), None),
            (
                json!({"mode": "SIMPLE", "serverCertificate": "a", "caCertificates": "b"}),
                Some(Code::IGNORED_FIELD),
            ),
            (json!({"mode": "MUTUAL", "credentialName": "a", "subjectAltNames": ["b"]}), None),
            (
                json!({"mode": "MUTUAL", "credentialName": "a", "caCertificates": "b"}),
                Some(Code::IGNORED_FIELD),
            ),
            (
                json!({"mode": "OPTIONAL_MUTUAL", "credentialNames": ["a"], "caCrl": "b"}),
                Some(Code::IGNORED_FIELD),
            ),
            (json!({"mode": "MUTUAL", "serverCertificate": "a", "caCertificates": "b", "caCrl": "c"}), None),
            (
                json!({"mode": "MUTUAL", "serverCertificate": "a", "caCertCredentialName": "b"}),
                Some(Code::IGNORED_FIELD),
            ),
            (
                json!({"mode": "MUTUAL", "credentialName": "a", "caCertCredentialName": "b"}),
                Some(Code::FIELD_VALUE),
            ),
            (json!({"mode": "MUTUAL", "credentialName": "a", "caCertCredentialName": "b-cacert"}), None),
            (
                json!({"mode": "MUTUAL", "credentialName": "a", "caCertCredentialName": "configmap://b/c"}),
                None,
            ),
            (json!({"mode": "MUTUAL", "credentialName": "a", "caCertCredentialName": "${B}"}), None),
            (
                json!({"mode": "MUTUAL", "caCertificates": "a", "tlsCertificates": [{"serverCertificate": "a", "privateKey": "b", "caCertificates": "c"}]}),
                Some(Code::IGNORED_FIELD),
            ),
        ];
        for (tls, wanted) in cases {
            assert_eq!(codes(&tls), Vec::from_iter(wanted), "{tls}");
        }
    }
}
