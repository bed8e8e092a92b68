//! Certificates with what is said of each.

use crate::resource::Tree;
use crate::schema::conform::Conform;
use crate::schema::{OLDEST, built_in};
use crate::spec::Origin;

/// What is said of a Certificate with these fields beside its Secret and its issuer.
#[track_caller]
fn says(fields: &str, expected: &[&str]) {
    let issuer = if fields.contains("issuerRef") { "" } else { "issuerRef: {name: a}, " };
    let yaml = format!(
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {{name: a, namespace: b}}\n\
         spec: {{secretName: a, {issuer}{fields}}}"
    );
    let json: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
    let found = Conform::new(built_in(), OLDEST).check(&Tree::of_json(&json, &Origin::default_of("test")));
    let said: Vec<_> = found.into_iter().map(|violation| violation.diagnostic("it").message).collect();
    assert_eq!(said, expected, "{fields}");
}

#[test]
fn what_cert_manager_takes_is_taken() {
    for fields in [
        "dnsNames: [a.example.com]",
        "commonName: a",
        "ipAddresses: ['::1', 10.0.0.1], emailAddresses: [ann@example.com], duration: 1h, renewBefore: 5m",
        "uris: ['spiffe://a/b'], privateKey: {algorithm: ECDSA, size: 521}, signatureAlgorithm: ECDSAWithSHA256",
        "literalSubject: 'CN=a', subject: {}, renewBeforePercentage: 60",
        "dnsNames: [a.b], privateKey: {size: 2048}, signatureAlgorithm: SHA256WithRSA, renewal: {policy: Disabled}",
        "dnsNames: [a.b], keystores: {jks: {create: true, passwordSecretRef: {name: a}}, pkcs12: {create: true, password: x}}",
        "dnsNames: [a.b], secretTemplate: {annotations: {cert-manager.io/allow-direct-injection: 'true', a: b}}",
    ] {
        says(fields, &[]);
    }
}

#[test]
fn a_certificate_is_for_something() {
    says("isCA: false", &["`spec` of it names nothing that the certificate is for"]);
    says(
        "commonName: a, literalSubject: 'CN=a'",
        &["`spec` of it has both `literalSubject` and `commonName`, which exclude each other"],
    );
    says(
        "literalSubject: 'CN=a', subject: {organizations: [a]}",
        &["`spec` of it has both `literalSubject` and `subject`, which exclude each other"],
    );
    let long = "a".repeat(65);
    says(&format!("commonName: {long}"), &["`spec` of it has 65 characters, and a common name at most 64"]);
    says(
        "ipAddresses: [1.2.3, 1.2.3.4]",
        &["`spec.ipAddresses[0]` of it can't be `1.2.3`, which is no IP address"],
    );
    says(
        "emailAddresses: ['Ann <ann@example.com>']",
        &["`spec.emailAddresses[0]` of it can't be `Ann <ann@example.com>`, which is no e-mail address"],
    );
}

#[test]
fn a_life_is_long_enough_for_its_renewal() {
    let shortest = "`spec` of it has a `duration` below an hour, the shortest that cert-manager takes";
    says("commonName: a, duration: 59m59s", &[shortest]);
    says(
        "commonName: a, renewBefore: 4m",
        &["`spec` of it has a `renewBefore` below five minutes, the shortest that cert-manager takes"],
    );
    says(
        "commonName: a, duration: 24h, renewBefore: 24h",
        &["`spec` of it has a `renewBefore` of 24h, which is not below its `duration` of 24h"],
    );
    says(
        "commonName: a, renewBefore: 2160h",
        &[
            "`spec` of it has a `renewBefore` of 2160h, which is the whole life of 90 days where no `duration` is said",
        ],
    );
    for percentage in ["0", "100"] {
        says(
            &format!("commonName: a, renewBeforePercentage: {percentage}"),
            &[&format!("`spec` of it can't be renewed after {percentage} % of its life")],
        );
    }
    says(
        "commonName: a, renewBefore: 5m, renewBeforePercentage: 5",
        &["`spec` of it has both `renewBefore` and `renewBeforePercentage`, which exclude each other"],
    );
}

#[test]
fn a_key_goes_with_its_size_and_signature() {
    says(
        "commonName: a, privateKey: {size: 256}",
        &["`spec.privateKey.size` of it can't be 256: RSA keys have 2048 to 8192 bits"],
    );
    says(
        "commonName: a, privateKey: {algorithm: ECDSA, size: 2048}",
        &["`spec.privateKey.size` of it can't be 2048: ECDSA keys have 256, 384 or 521 bits"],
    );
    says(
        "commonName: a, signatureAlgorithm: PureEd25519",
        &["`spec` of it has `signatureAlgorithm` `PureEd25519`, and the key is RSA"],
    );
}

#[test]
fn the_rest_of_a_certificate() {
    says("commonName: a, revisionHistoryLimit: 0", &["`spec` of it keeps no revision at all"]);
    says(
        "commonName: a, additionalOutputFormats: [{type: DER}, {type: DER}]",
        &["`spec.additionalOutputFormats[1]` of it asks for `DER` a second time"],
    );
    says(
        "commonName: a, keystores: {jks: {create: true}}",
        &["`spec.keystores.jks` of it has no password, which a keystore must have"],
    );
    says(
        "commonName: a, keystores: {pkcs12: {create: true, password: ''}}",
        &["`spec.keystores.pkcs12.password` of it is empty, and a keystore has a password"],
    );
    says(
        "commonName: a, secretTemplate: {annotations: {cert-manager.io/x: z}}",
        &[
            "`spec.secretTemplate.annotations[\"cert-manager.io/x\"]` of it is an annotation that cert-manager writes itself",
        ],
    );
    says(
        "commonName: a, renewal: {policy: Disabled, windows: [{cron: '* * * * *', windowDuration: 1h}]}",
        &["`spec.renewal` of it has `windows`, and by its `policy` nothing is ever renewed"],
    );
    says(
        "commonName: a, issuerRef: {name: a, kind: AWSPCAIssuer}",
        &[
            "`spec.issuerRef.kind` of it can't be `AWSPCAIssuer`: cert-manager has the kinds Issuer and ClusterIssuer",
        ],
    );
}
