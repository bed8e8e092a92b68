//! Certificates that cert-manager gets → its `Certificate`.

use super::{Resource, ResourceId, Tree, Value, layer, metadata};
use crate::diag::Report;
use crate::model::{AltName, CertificateFacts, Credential, CredentialKind, Order, Project, SubjectFacts};
use crate::spec::node::KeyKind;
use crate::spec::{Origin, Traced};
use crate::time::Seconds;

/// All of them, each beside the Secret that it makes and with its name.
pub(super) fn all(project: &Project, report: &mut Report) -> Vec<Resource> {
    let credentials = project.credentials().iter();
    let ordered = credentials.filter_map(|credential| match &credential.kind {
        CredentialKind::Ordered(order) => Some((credential, order)),
        _ => None,
    });
    ordered.map(|(credential, order)| one(credential, order, report)).collect()
}

fn one(credential: &Credential, order: &Order, report: &mut Report) -> Resource {
    let leaf = &order.leaf;
    let origin = Origin::spec(leaf.word).and(&leaf.source_origin);
    let mut spec = spec(credential, order, &origin);
    layer::fields(&mut spec, &order.layer, report);
    let tree = metadata::known(
        "cert-manager.io/v1",
        "Certificate",
        Tree::traced(&credential.secret),
        Tree::traced(&credential.namespace),
        &origin,
    );
    Resource {
        id: ResourceId {
            namespace: Some(credential.namespace.value.to_string()),
            group: "cert-manager.io".into(),
            kind: "Certificate".into(),
            name: credential.secret.value.to_string(),
        },
        word: leaf.called.into(),
        name: leaf.title(),
        tree: tree.with("spec", spec),
    }
}

/// What is asked for, in the order in which people read it.
fn spec(credential: &Credential, order: &Order, origin: &Origin) -> Tree {
    let leaf = &order.leaf;
    let facts = &leaf.certificate;
    let issuer = Tree::map(origin)
        .with("name", Tree::traced(&order.issuer))
        .with("kind", Tree::traced(&order.kind))
        .with("group", Tree::traced(&order.group));
    let mut spec =
        Tree::map(origin).with("secretName", Tree::traced(&credential.secret)).with("issuerRef", issuer);
    let hosts = leaf.names.iter().map(|name| name.map(AltName::of_host));
    let mut names: Vec<Traced<AltName>> = Vec::new();
    for name in hosts.chain(leaf.sans.iter().cloned()) {
        if !names.iter().any(|there| there.value == name.value) {
            names.push(name);
        }
    }
    for field in ["dnsNames", "ipAddresses", "uris"] {
        let of_it: Vec<_> =
            names.iter().filter(|name| field_of(&name.value) == Some(field)).map(Tree::traced).collect();
        if !of_it.is_empty() {
            spec = spec.with(field, Tree::list(of_it, origin));
        }
    }
    if let Some(name) = &facts.subject.common_name {
        spec = spec.with("commonName", Tree::traced(name));
    }
    if let Some(subject) = subject(&facts.subject, origin) {
        spec = spec.with("subject", subject);
    }
    spec = spec.with("duration", length(&facts.valid));
    if let Some(before) = &facts.renew_before {
        spec = spec.with("renewBefore", length(before));
    }
    spec = spec.with("privateKey", key(facts)).with("usages", usages(&facts.key));
    match template(order, origin) {
        Some(template) => spec.with("secretTemplate", template),
        None => spec,
    }
}

fn field_of(name: &AltName) -> Option<&'static str> {
    match name {
        AltName::Dns(_) => Some("dnsNames"),
        AltName::Ip(_) => Some("ipAddresses"),
        AltName::Uri(_) => Some("uris"),
        // No server has one.
        AltName::Email(_) => None,
    }
}

/// A length of time as Go writes it, in its greatest unit.
fn length(said: &Traced<Seconds>) -> Tree {
    let seconds = said.value.0;
    let text = match (seconds % 3600, seconds % 60) {
        (0, _) => format!("{}h", seconds / 3600),
        (_, 0) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    };
    Tree::string(text, &said.origin)
}

/// Every attribute is a list there.
fn subject(said: &SubjectFacts, origin: &Origin) -> Option<Tree> {
    let attributes = [
        ("organizations", &said.organization),
        ("organizationalUnits", &said.organizational_unit),
        ("countries", &said.country),
        ("provinces", &said.state),
        ("localities", &said.locality),
    ];
    let mut subject = Tree::map(origin);
    for (field, value) in attributes {
        if let Some(value) = value {
            subject = subject.with(field, Tree::list(vec![Tree::traced(value)], &value.origin));
        }
    }
    matches!(&subject.value, Value::Map(fields) if !fields.is_empty()).then_some(subject)
}

/// A renewal makes a new key, as here, unless the spec says that the key stays.
fn key(facts: &CertificateFacts) -> Tree {
    let said = &facts.key;
    let (algorithm, size) = match said.value {
        KeyKind::Rsa2048 => ("RSA", 2048),
        KeyKind::Rsa3072 => ("RSA", 3072),
        KeyKind::Rsa4096 => ("RSA", 4096),
        KeyKind::EcdsaP256 => ("ECDSA", 256),
        KeyKind::EcdsaP384 => ("ECDSA", 384),
    };
    let renews = match &facts.renew_key {
        Some(renew) => renew.origin.clone(),
        None => Origin::default_of("cert-manager.key"),
    };
    let policy = if facts.keeps_key() { "Never" } else { "Always" };
    Tree::map(&said.origin)
        .with("algorithm", Tree::string(algorithm, &said.origin))
        .with("size", Tree::int(size, &said.origin))
        .with("rotationPolicy", Tree::string(policy, &renews))
}

/// What a server's certificate is for; RSA key exchange of TLS 1.2 encrypts to the server's key.
fn usages(said: &Traced<KeyKind>) -> Tree {
    let fixed = Origin::default_of("cert-manager.usages");
    let rsa = matches!(said.value, KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096);
    let all = ["digital signature", "key encipherment", "server auth"];
    let wanted = all.into_iter().filter(|usage| rsa || *usage != "key encipherment");
    let why = |usage: &str| if usage == "key encipherment" { fixed.and(&said.origin) } else { fixed.clone() };
    Tree::list(wanted.map(|usage| Tree::string(usage, &why(usage))).collect(), &fixed)
}

/// Labels and annotations of the Secret, where the node says some.
fn template(order: &Order, origin: &Origin) -> Option<Tree> {
    let said = order.leaf.metadata.iter().filter(|field| field.tree.value != Value::Null);
    let mut template = Tree::map(origin);
    for field in said {
        template = template.with(field.name.clone(), field.tree.clone());
    }
    matches!(&template.value, Value::Map(fields) if !fields.is_empty()).then_some(template)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use crate::spec::{Sources, parse};

    fn made(text: &str) -> Tree {
        let base = "gateway \"g\"\n";
        let sources = Sources::new([("specs/a.kdl".to_owned(), format!("{base}{text}"))]);
        let (spec, report) = parse(&sources);
        assert!(report.is_empty(), "{report:?}");
        let (project, report) = model::resolve(&spec);
        assert!(report.is_empty(), "{report:?}");
        let mut report = Report::default();
        let mut all = all(&project.ok().unwrap(), &mut report);
        assert!(report.is_empty() && all.len() == 1, "{report:?}");
        all.remove(0).tree
    }

    fn json(tree: &Tree) -> serde_json::Value {
        serde_saphyr::from_str(&crate::render::yaml::block(tree, 0)).unwrap()
    }

    #[test]
    fn a_host_in_one_word() {
        let tree = made("host \"a.example.com\" gateway=\"g\" cert-manager=\"le\"");
        assert_eq!(
            json(&tree),
            serde_json::json!({
                "apiVersion": "cert-manager.io/v1",
                "kind": "Certificate",
                "metadata": {
                    "name": "a.example.com-cert-manager",
                    "namespace": "istio-system",
                    "labels": { "app.kubernetes.io/managed-by": "gatewright" },
                },
                "spec": {
                    "secretName": "a.example.com-cert-manager",
                    "issuerRef": { "name": "le", "kind": "ClusterIssuer", "group": "cert-manager.io" },
                    "dnsNames": ["a.example.com"],
                    "duration": "2160h",
                    "privateKey": { "algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always" },
                    "usages": ["digital signature", "server auth"],
                },
            })
        );
    }

    #[test]
    fn everything_that_can_be_said() {
        let tree = made(
            "certificate \"db.example.com\" \"10.0.0.5\" \"spiffe://a/b\" namespace=\"data\" secret=\"db\" {
                cert-manager \"vault\" kind=Issuer group=\"x.example\" {
                    private-key rotation-policy=Never encoding=PKCS8
                    revision-history-limit 3
                }
                subject common-name=\"db\" organization=\"O\" organizational-unit=\"U\" country=\"DE\" state=\"S\" locality=\"L\"
                key rsa-3072
                valid \"90m\"
                renew-before \"330s\"
                metadata { labels team=\"data\"; }
            }",
        );
        assert_eq!(
            json(&tree)["spec"],
            serde_json::json!({
                "secretName": "db",
                "issuerRef": { "name": "vault", "kind": "Issuer", "group": "x.example" },
                "dnsNames": ["db.example.com"],
                "ipAddresses": ["10.0.0.5"],
                "uris": ["spiffe://a/b"],
                "commonName": "db",
                "subject": {
                    "organizations": ["O"], "organizationalUnits": ["U"], "countries": ["DE"],
                    "provinces": ["S"], "localities": ["L"],
                },
                "duration": "90m",
                "renewBefore": "330s",
                "privateKey": {
                    "algorithm": "RSA", "size": 3072, "rotationPolicy": "Never", "encoding": "PKCS8",
                },
                "usages": ["digital signature", "key encipherment", "server auth"],
                "secretTemplate": { "labels": { "team": "data" } },
                "revisionHistoryLimit": 3,
            })
        );
    }

    #[test]
    fn a_key_that_stays() {
        for (word, policy) in [("", "Always"), ("renew-key=#true", "Always"), ("renew-key=#false", "Never")] {
            let tree = made(&format!("host \"a.example.com\" gateway=\"g\" cert-manager=\"le\" {word}"));
            assert_eq!(json(&tree)["spec"]["privateKey"]["rotationPolicy"], policy, "{word}");
        }
    }
}
