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
    assert_eq!(said_of(&yaml), expected, "{fields}");
}

fn said_of(yaml: &str) -> Vec<String> {
    let json: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
    let found = Conform::new(built_in(), OLDEST).check(&Tree::of_json(&json, &Origin::default_of("test")));
    found.into_iter().map(|violation| violation.diagnostic("it").message).collect()
}

/// What is said of an Issuer with this `spec`, at the end of a way within it, and of a ClusterIssuer as well.
#[track_caller]
fn issuer_says(spec: &str, way: &str, expected: &[&str]) {
    for (kind, namespace) in [("Issuer", ", namespace: b"), ("ClusterIssuer", "")] {
        let yaml = format!(
            "apiVersion: cert-manager.io/v1\nkind: {kind}\nmetadata: {{name: a{namespace}}}\nspec: {{{spec}}}"
        );
        let expected: Vec<String> = expected.iter().map(|said| format!("`spec.{way}{said}")).collect();
        assert_eq!(said_of(&yaml), expected, "{spec}");
    }
}

#[track_caller]
fn acme_says(fields: &str, expected: &[&str]) {
    let spec = format!("acme: {{server: 'https://a', privateKeySecretRef: {{name: a}}, {fields}}}");
    issuer_says(&spec, "acme", expected);
}

#[track_caller]
fn solver_says(solver: &str, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|said| format!(".solvers[0]{said}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    acme_says(&format!("solvers: [{{{solver}}}]"), &expected);
}

#[track_caller]
fn provider_says(provider: &str, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|said| format!(".dns01{said}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    solver_says(&format!("dns01: {{{provider}}}"), &expected);
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

#[test]
fn issuers_that_cert_manager_takes_are_taken() {
    const BUNDLE: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=";
    for spec in [
        "selfSigned: {}".to_owned(),
        "ca: {secretName: a, ocspServers: ['http://a']}".to_owned(),
        format!(
            "vault: {{server: a, path: a/sign/b, caBundle: {BUNDLE}, auth: {{tokenSecretRef: {{name: a}}}}}}"
        ),
        "vault: {server: a, path: b, clientCertSecretRef: {name: a}, clientKeySecretRef: {name: a}, \
         auth: {kubernetes: {role: a, serviceAccountRef: {name: a}}}}"
            .to_owned(),
        "vault: {server: a, path: b, auth: {aws: {role: a, serviceAccountRef: {name: a}, iamRoleArn: b}}}"
            .to_owned(),
        "venafi: {zone: a, tpp: {url: 'https://a', credentialsRef: {name: a}, caBundleSecretRef: {name: a}}}"
            .to_owned(),
    ] {
        issuer_says(&spec, "", &[]);
    }
    acme_says("", &[]);
    acme_says(
        "skipTLSVerify: true, externalAccountBinding: {keyID: a, keySecretRef: {name: a, key: b}}",
        &[],
    );
    for solver in [
        "http01: {ingress: {}}",
        "http01: {ingress: {class: azure/application-gateway, serviceType: ClusterIP}}, waitInsteadOfSelfCheck: 1m",
        "http01: {gatewayHTTPRoute: {parentRefs: [{name: a}]}}",
    ] {
        solver_says(solver, &[]);
    }
    for provider in [
        "cloudflare: {apiTokenSecretRef: {name: a, key: b}}",
        "cloudflare: {apiKeySecretRef: {name: a, key: b}, email: ann@example.com}",
        "route53: {}",
        "route53: {accessKeyID: '', accessKeyIDSecretRef: {name: a, key: b}, secretAccessKeySecretRef: {name: a}}",
        "azureDNS: {subscriptionID: a, resourceGroupName: b, managedIdentity: {clientID: a, tenantID: b}}",
        "azureDNS: {subscriptionID: a, resourceGroupName: b, clientID: a, tenantID: b, \
         clientSecretSecretRef: {name: a, key: b}}",
        "cloudDNS: {project: a}",
        "rfc2136: {nameserver: '192.0.2.53:53', tsigAlgorithm: hmacSHA256, tsigKeyName: a, \
         tsigSecretSecretRef: {name: a, key: b}}",
        "webhook: {groupName: '', solverName: a}",
    ] {
        provider_says(provider, &[]);
    }
}

#[test]
fn an_acme_authority_has_a_server_and_an_account() {
    issuer_says(
        "acme: {server: '', privateKeySecretRef: {name: ''}}",
        "acme.",
        &[
            "privateKeySecretRef.name` of it is empty, and must be there",
            "server` of it is empty, and must be there",
        ],
    );
    acme_says(
        "caBundle: AAAA, skipTLSVerify: true, externalAccountBinding: {keyID: '', keySecretRef: {name: a}}",
        &[
            "` of it has both `caBundle` and `skipTLSVerify`, which exclude each other",
            ".caBundle` of it holds no certificate in PEM",
            ".externalAccountBinding.keyID` of it is empty, and must be there",
            ".externalAccountBinding.keySecretRef` of it has no `key`, which must be there",
        ],
    );
}

#[test]
fn a_solver_answers_in_one_way() {
    solver_says("selector: {}", &["` of it says neither `http01` nor `dns01`, and answers no challenge"]);
    solver_says(
        "http01: {ingress: {}}, dns01: {cloudDNS: {project: a}}, waitInsteadOfSelfCheck: soon",
        &[
            ".waitInsteadOfSelfCheck` of it must be a length of time",
            "` of it has both `http01` and `dns01`, which exclude each other",
        ],
    );
    solver_says(
        "http01: {}",
        &[".http01` of it says neither `ingress` nor `gatewayHTTPRoute`, by which the authority would ask"],
    );
    solver_says(
        "http01: {ingress: {class: a, ingressClassName: a/b}, gatewayHTTPRoute: {serviceType: LoadBalancer}}",
        &[
            ".http01` of it has both `ingress` and `gatewayHTTPRoute`, which exclude each other",
            ".http01.ingress` of it has both `ingressClassName` and `class`, which exclude each other",
            ".http01.ingress.ingressClassName` of it can't be `a/b`: the API server takes only `a-z`, `0-9`, `-` and `.` in a name",
            ".http01.gatewayHTTPRoute.serviceType` of it can't be `LoadBalancer`",
        ],
    );
}

#[test]
fn a_provider_of_dns_is_one_and_knows_how_to_log_in() {
    provider_says("cnameStrategy: Follow", &["` of it names no provider of DNS"]);
    provider_says(
        "cloudDNS: {project: a}, route53: {}, acmeDNS: {host: a, accountSecretRef: {name: a, key: b}}",
        &[
            "` of it has both `cloudDNS` and `route53`, which exclude each other",
            "` of it has both `cloudDNS` and `acmeDNS`, and cert-manager asks `cloudDNS` alone",
        ],
    );
    provider_says(
        "cloudflare: {}",
        &[".cloudflare` of it has neither an `apiTokenSecretRef` nor an `apiKeySecretRef`"],
    );
    provider_says(
        "cloudflare: {apiKeySecretRef: {name: a}, apiTokenSecretRef: {name: a, key: b}}",
        &[
            ".cloudflare.apiKeySecretRef` of it has no `key`, which must be there",
            ".cloudflare` of it has both `apiKeySecretRef` and `apiTokenSecretRef`, which exclude each other",
            ".cloudflare` of it has an `apiKeySecretRef` and no `email`, whose account the key is of",
        ],
    );
    provider_says(
        "azureDNS: {subscriptionID: '', resourceGroupName: b, clientID: a, managedIdentity: {}}",
        &[
            ".azureDNS.subscriptionID` of it is empty, and must be there",
            ".azureDNS` of it has a `clientID` and no `clientSecretSecretRef`, which goes with it",
            ".azureDNS` of it has a `clientID` and no `tenantID`, which goes with it",
            ".azureDNS` of it has both `clientID` and `managedIdentity`, which exclude each other",
        ],
    );
    provider_says(
        "azureDNS: {subscriptionID: a, resourceGroupName: b, managedIdentity: {tenantID: a, resourceID: b}}",
        &[
            ".azureDNS.managedIdentity` of it has both `tenantID` and `resourceID`, which exclude each other",
            ".azureDNS.managedIdentity` of it has a `tenantID` and no `clientID`, which goes with it",
        ],
    );
    provider_says(
        "route53: {accessKeyID: a, accessKeyIDSecretRef: {name: a, key: b}}",
        &[".route53` of it has both `accessKeyID` and `accessKeyIDSecretRef`, which exclude each other"],
    );
    provider_says(
        "rfc2136: {nameserver: '2001:db8::53', tsigAlgorithm: SHA256, tsigSecretSecretRef: {name: a, key: b}}",
        &[
            ".rfc2136.nameserver` of it can't be `2001:db8::53`, which is no name or address with a port",
            ".rfc2136.tsigAlgorithm` of it can't be `SHA256`",
            ".rfc2136` of it has a `tsigSecretSecretRef` and no `tsigKeyName`, which goes with it",
        ],
    );
    provider_says(
        "rfc2136: {nameserver: a, tsigKeyName: a}",
        &[".rfc2136` of it has a `tsigKeyName` and no `tsigSecretSecretRef`, which goes with it"],
    );
    provider_says(
        "digitalocean: {tokenSecretRef: {name: a}}",
        &[".digitalocean.tokenSecretRef` of it has no `key`, which must be there"],
    );
}

#[test]
fn an_authority_that_is_asked_is_asked_in_one_way() {
    issuer_says("ca: {secretName: ''}", "ca.", &["secretName` of it is empty, and must be there"]);
    issuer_says(
        "vault: {server: a, path: ../b, clientCertSecretRef: {name: a}, auth: {}}",
        "vault",
        &[
            ".path` of it holds `..`, and a path in Vault does not",
            "` of it has a `clientCertSecretRef` and no `clientKeySecretRef`, which goes with it",
            ".auth` of it does not say how cert-manager logs in to Vault",
        ],
    );
    issuer_says(
        "vault: {server: a, path: b, auth: {kubernetes: {role: a}, tokenSecretRef: {name: a}, \
         aws: {role: a, serviceAccountRef: {name: a}}}}",
        "vault.auth",
        &[
            "` of it has both `tokenSecretRef` and `kubernetes`, and cert-manager logs in by `tokenSecretRef` alone",
            "` of it has both `tokenSecretRef` and `aws`, and cert-manager logs in by `tokenSecretRef` alone",
            ".kubernetes` of it has neither a `serviceAccountRef` nor a `secretRef`, one of which must be there",
            ".aws` of it has a `serviceAccountRef` and no `iamRoleArn`, which goes with it",
        ],
    );
    issuer_says(
        "venafi: {zone: '', tpp: {url: a, credentialsRef: {name: a}, caBundle: AAAA, caBundleSecretRef: {name: a}}}",
        "venafi",
        &[
            ".zone` of it is empty, and must be there",
            ".tpp` of it has both `caBundle` and `caBundleSecretRef`, which exclude each other",
        ],
    );
}

#[test]
fn what_no_gate_allows_is_refused() {
    says(
        "commonName: a, otherNames: [{oid: 1.2.3}], nameConstraints: {}",
        &[
            "`spec.otherNames[0]` of it has no `utf8Value`, which must be there",
            "`spec` of it has `nameConstraints`, which only an authority has, and no `isCA: true`",
            "`spec.nameConstraints` of it says neither `permitted` nor `excluded`, one of which must be there",
        ],
    );
    says(
        "commonName: a, isCA: true, nameConstraints: {permitted: {ipRanges: [10.0.0.0/8, 10.0.0.1]}}",
        &[
            "`spec.nameConstraints.permitted.ipRanges[1]` of it must be a range of addresses such as `10.0.0.0/8`",
        ],
    );
    says(
        "commonName: a, secretTemplate: {labels: {a b: c}}",
        &[
            "`spec.secretTemplate.labels.a b` of it has the key `a b`: a Kubernetes label holds only letters, digits, `-`, `_` and `.`",
        ],
    );
}
