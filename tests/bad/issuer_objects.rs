//! Objects that are issuers: what their schema takes and cert-manager's webhook does not.

use super::case::bad_alone;

#[test]
fn an_issuer_that_the_webhook_refuses() {
    let acme = |solver: &str| {
        format!(
            "cluster-issuer \"le\" {{ acme server=\"https://acme.example\" {{ private-key-secret-ref name=\"le\"; \
             solvers {{ {solver}; }}; }}; }}"
        )
    };
    bad_alone(
        &acme("http01 { ingress; }; «dns01» { cloud-dns project=\"a\"; }"),
        "conflicting-fields",
        &["both `http01` and `dns01`", "keep one of them"],
    );
    bad_alone(
        &acme("dns01 { cloud-dns project=\"a\"; «route53» region=\"b\"; }"),
        "conflicting-fields",
        &["both `cloud-dns` and `route53`"],
    );
    bad_alone(
        &acme("dns01 { cloudflare { «api-token-secret-ref» name=\"a\"; }; }"),
        "missing-field",
        &["has no `key`"],
    );
    bad_alone(
        &acme("dns01 { rfc2136 nameserver=\"«2001:db8::53»\"; }"),
        "field-value",
        &["no name or address with a port", "[2001:db8::53]:53"],
    );
    bad_alone(
        "issuer \"v\" namespace=\"a\" { vault server=\"https://v\" path=\"pki\" { «auth»; }; }",
        "missing-field",
        &["how cert-manager logs in to Vault", "`kubernetes`"],
    );
}
