//! What cert-manager's webhook asks of an Issuer and a ClusterIssuer. That they are of one type alone is asked with the
//! schema (`overlay/`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{filled, filled_items, secret_key, solver};
use crate::schema::look::{Found, Look};

/// How a certificate begins in PEM.
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How an issuer logs in to Vault, the way that is taken first.
const LOGINS: [&str; 5] = ["tokenSecretRef", "appRole", "clientCertificate", "kubernetes", "aws"];

pub(super) fn check(found: &mut Found, spec: &Look<'_>) {
    if let Some(acme) = spec.field("acme") {
        check_acme(found, &acme);
    }
    if let Some(ca) = spec.field("ca") {
        filled(found, &ca, "secretName");
        filled_items(found, &ca, "ocspServers");
        filled_items(found, &ca, "issuingCertificateURLs");
    }
    if let Some(vault) = spec.field("vault") {
        check_vault(found, &vault);
    }
    if let Some(venafi) = spec.field("venafi") {
        check_venafi(found, &venafi);
    }
}

fn check_acme(found: &mut Found, acme: &Look<'_>) {
    if !acme.text("caBundle").is_empty() && acme.is("skipTLSVerify") {
        found.both(acme, "caBundle", "skipTLSVerify");
    }
    bundle(found, acme);
    if let Some(key) = acme.field("privateKeySecretRef") {
        filled(found, &key, "name");
    }
    filled(found, acme, "server");
    if let Some(account) = acme.field("externalAccountBinding") {
        filled(found, &account, "keyID");
        secret_key(found, &account, "keySecretRef");
    }
    for solver in acme.items("solvers") {
        solver::check(found, &solver);
    }
}

/// What an authority is trusted by, beside the certificates of the machine.
fn bundle(found: &mut Found, issuer: &Look<'_>) {
    if let Some(bundle) = issuer.field("caBundle")
        && let Ok(text) = STANDARD.decode(bundle.value())
        && !text.is_empty()
        && !text.windows(PEM.len()).any(|part| part == PEM)
    {
        let message = "holds no certificate in PEM";
        found.at(&bundle, message).help("write the whole PEM file in base64, its lines with `-----` too");
    }
}

fn check_vault(found: &mut Found, vault: &Look<'_>) {
    filled(found, vault, "server");
    filled(found, vault, "path");
    no_way_up(found, vault, "path");
    bundle(found, vault);
    if !vault.text("caBundle").is_empty() {
        found.not_both(vault, "caBundle", "caBundleSecretRef");
    }
    for (one, other) in
        [("clientCertSecretRef", "clientKeySecretRef"), ("clientKeySecretRef", "clientCertSecretRef")]
    {
        if vault.has(one) && !vault.has(other) {
            let message = format!("has a `{one}` and no `{other}`, which goes with it");
            found.missing(vault, other, message);
        }
    }
    if let Some(auth) = vault.field("auth") {
        check_login(found, &auth);
    }
}

fn check_login(found: &mut Found, auth: &Look<'_>) {
    let there: Vec<&str> = LOGINS.into_iter().filter(|login| auth.has(login)).collect();
    if there.is_empty() {
        let message = "does not say how cert-manager logs in to Vault";
        let help = "say one of `kubernetes`, `appRole`, `tokenSecretRef`, `clientCertificate` and `aws`";
        found.missing(auth, "kubernetes", message).help(help);
    }
    if let [taken, others @ ..] = there.as_slice() {
        for other in others {
            let message =
                format!("has both `{taken}` and `{other}`, and cert-manager logs in by `{taken}` alone");
            found.of(auth, other, message).ignored().help("leave one of them out");
        }
    }
    if let Some(role) = auth.field("appRole") {
        filled(found, &role, "roleId");
        if let Some(secret) = role.field("secretRef") {
            filled(found, &secret, "name");
        }
        no_way_up(found, &role, "path");
    }
    if let Some(certificate) = auth.field("clientCertificate") {
        no_way_up(found, &certificate, "mountPath");
    }
    if let Some(kubernetes) = auth.field("kubernetes") {
        check_kubernetes(found, &kubernetes);
    }
    if let Some(aws) = auth.field("aws") {
        no_way_up(found, &aws, "mountPath");
        if let Some(account) = aws.field("serviceAccountRef") {
            filled(found, &account, "name");
            if aws.text("iamRoleArn").is_empty() {
                let message = "has a `serviceAccountRef` and no `iamRoleArn`, which goes with it";
                found.missing(&aws, "iamRoleArn", message);
            }
        }
    }
}

fn check_kubernetes(found: &mut Found, kubernetes: &Look<'_>) {
    filled(found, kubernetes, "role");
    no_way_up(found, kubernetes, "mountPath");
    let is_secret = kubernetes.field("secretRef").is_some_and(|secret| !secret.text("name").is_empty());
    let account = kubernetes.field("serviceAccountRef");
    match &account {
        Some(_) if is_secret => {
            found.both(kubernetes, "secretRef", "serviceAccountRef");
        }
        None if !is_secret => {
            let message = "has neither a `serviceAccountRef` nor a `secretRef`, one of which must be there";
            found.missing(kubernetes, "serviceAccountRef", message);
        }
        _ => {}
    }
    if let Some(account) = account {
        filled(found, &account, "name");
    }
}

/// No part of a path in Vault leads out of the one before.
fn no_way_up(found: &mut Found, of: &Look<'_>, field: &'static str) {
    if let Some(path) = of.field(field)
        && path.value().split('/').any(|part| part == "..")
    {
        found.at(&path, "holds `..`, and a path in Vault does not").help("write the whole path");
    }
}

fn check_venafi(found: &mut Found, venafi: &Look<'_>) {
    filled(found, venafi, "zone");
    if let Some(tpp) = venafi.field("tpp") {
        filled(found, &tpp, "url");
        if !tpp.text("caBundle").is_empty() {
            found.not_both(&tpp, "caBundle", "caBundleSecretRef");
        }
    }
    if let Some(ngts) = venafi.field("ngts") {
        filled(found, &ngts, "tsgID");
        if let Some(credentials) = ngts.field("credentialsRef") {
            filled(found, &credentials, "name");
        }
    }
}
