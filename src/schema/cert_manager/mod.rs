//! What cert-manager's webhook asks beyond its CRDs, by hand. It follows `internal/apis/certmanager/validation` of
//! cert-manager/cert-manager. What hangs on a feature gate is taken.

mod issuer;
mod solver;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use super::Wrong;
use super::duration::nanoseconds;
use super::format::misses;
use super::look::{Found, Look, shown};
use super::table::Kind;
use crate::model::name::{ObjectName, check_label_key, check_label_value};
use crate::resource::Tree;

const MINUTE: i128 = 60_000_000_000;
/// The shortest life of a certificate.
const LEAST_DURATION: i128 = 60 * MINUTE;
/// The latest moment of a renewal, before the end.
const LEAST_RENEWAL: i128 = 5 * MINUTE;
/// A life of 90 days, where none is said.
const DEFAULT_DURATION: i128 = 90 * 24 * 60 * MINUTE;
/// The most characters of a common name (RFC 5280, `ub-common-name`).
const LONGEST_COMMON_NAME: usize = 64;

/// What a certificate may be issued for; one of these must be there.
const NAMES: [&str; 5] = ["dnsNames", "ipAddresses", "uris", "emailAddresses", "otherNames"];

/// Everything that the webhook would refuse about an object; nothing for kinds of others.
#[must_use]
pub fn wrongs(kind: &Kind, tree: &Tree) -> Vec<Wrong> {
    let mut found = Found::default();
    let object = Look::at(tree);
    if &*kind.group == "cert-manager.io"
        && let Some(spec) = object.field("spec")
    {
        match &*kind.name {
            "Certificate" => certificate(&mut found, &spec),
            "CertificateRequest" => asked(&mut found, &spec),
            "Issuer" | "ClusterIssuer" => issuer::check(&mut found, &spec),
            _ => {}
        }
    }
    found.0
}

/// A text that must be there and say something.
fn filled(found: &mut Found, of: &Look<'_>, field: &'static str) {
    match of.field(field) {
        Some(text) if text.value().is_empty() => {
            found.at(&text, "is empty, and must be there");
        }
        Some(_) => {}
        None => {
            found.missing(of, field, format!("has no `{field}`, which must be there"));
        }
    }
}

/// Texts of a list, none of which is empty.
fn filled_items(found: &mut Found, of: &Look<'_>, field: &'static str) {
    for item in of.items(field).filter(|item| item.value().is_empty()) {
        found.at(&item, "is empty").help("leave it out");
    }
}

/// What names a key of a Secret, if it is there: the schema does without the key.
fn secret_key(found: &mut Found, of: &Look<'_>, field: &'static str) {
    if let Some(secret) = of.field(field) {
        filled(found, &secret, "name");
        filled(found, &secret, "key");
    }
}

fn certificate(found: &mut Found, spec: &Look<'_>) {
    asked(found, spec);
    names(found, spec);
    key(found, spec);
    life(found, spec);
    if let Some(secret) = spec.field("secretName")
        && let Err(error) = ObjectName::parse(secret.value())
    {
        let message = format!("can't be {}: {}", shown(secret.value()), error.reason);
        found.at(&secret, message).help(error.help);
    }
    if spec.int("revisionHistoryLimit").is_some_and(|limit| limit < 1) {
        found.of(spec, "revisionHistoryLimit", "keeps no revision at all").help("write 1 or more");
    }
    if let Some(template) = spec.field("secretTemplate") {
        for (key, value) in template.entries("labels") {
            if let Err(error) = check_label_key(key) {
                found.at(&value, format!("has the key {}: {}", shown(key), error.reason)).help(error.help);
            }
            if let Err(error) = check_label_value(value.value()) {
                let message = format!("can't be {}: {}", shown(value.value()), error.reason);
                found.at(&value, message).help(error.help);
            }
        }
        for (key, value) in template.entries("annotations") {
            if key.starts_with("cert-manager.io/") && key != "cert-manager.io/allow-direct-injection" {
                let message = "is an annotation that cert-manager writes itself";
                found.at(&value, message).help("leave it out");
            }
        }
    }
    let mut formats = Vec::new();
    for format in spec.items("additionalOutputFormats") {
        let ty = format.text("type");
        if formats.contains(&ty) {
            found.at(&format, format!("asks for {} a second time", shown(ty))).help("leave one out");
        }
        formats.push(ty);
    }
    keystores(found, spec);
    refused_with_any_gate(found, spec);
    if let Some(renewal) = spec.field("renewal")
        && renewal.text("policy") == "Disabled"
        && renewal.count("windows") > 0
    {
        let message = "has `windows`, and by its `policy` nothing is ever renewed";
        found.of(&renewal, "windows", message).help("leave one of them out");
    }
}

/// Who is to issue.
fn asked(found: &mut Found, spec: &Look<'_>) {
    let Some(issuer) = spec.field("issuerRef") else { return };
    if let Some(name) = issuer.field("name").filter(|name| name.value().is_empty()) {
        found
            .at(&name, "is empty, and an issuer has a name")
            .help("write the name of an Issuer or ClusterIssuer");
    }
    let is_own = matches!(issuer.text("group"), "" | "cert-manager.io");
    if is_own
        && let Some(kind) =
            issuer.field("kind").filter(|kind| !matches!(kind.value(), "" | "Issuer" | "ClusterIssuer"))
    {
        found
            .at(
                &kind,
                format!(
                    "can't be {}: cert-manager has the kinds Issuer and ClusterIssuer",
                    shown(kind.value())
                ),
            )
            .help("an issuer of another project has its `group` said, too");
    }
}

fn names(found: &mut Found, spec: &Look<'_>) {
    let common = spec.text("commonName");
    // What a subject in one text says is not read.
    let is_literal = !spec.text("literalSubject").is_empty();
    if common.is_empty() && !is_literal && NAMES.iter().all(|field| spec.count(field) == 0) {
        let wrong = found.missing(spec, "dnsNames", "names nothing that the certificate is for");
        wrong.help("say its `dnsNames`, or one of `ipAddresses`, `uris`, `emailAddresses` and `commonName`");
    }
    if common.len() > LONGEST_COMMON_NAME {
        let message =
            format!("has {} characters, and a common name at most {LONGEST_COMMON_NAME}", common.len());
        found.of(spec, "commonName", message).help("leave it out: clients look at `dnsNames` alone");
    }
    if is_literal && !common.is_empty() {
        found.both(spec, "literalSubject", "commonName");
    }
    if is_literal && spec.field("subject").is_some_and(|subject| subject_says(&subject)) {
        found.both(spec, "literalSubject", "subject");
    }
    for address in spec.items("ipAddresses").filter(|address| address.value().parse::<IpAddr>().is_err()) {
        found.at(&address, format!("can't be {}, which is no IP address", shown(address.value())));
    }
    for address in spec.items("emailAddresses").filter(|address| !is_mail(address.value())) {
        found
            .at(&address, format!("can't be {}, which is no e-mail address", shown(address.value())))
            .help("write the address alone: `ann@example.com`");
    }
}

fn subject_says(subject: &Look<'_>) -> bool {
    const LISTS: [&str; 7] = [
        "countries",
        "localities",
        "organizationalUnits",
        "organizations",
        "postalCodes",
        "provinces",
        "streetAddresses",
    ];
    !subject.text("serialNumber").is_empty() || LISTS.iter().any(|list| subject.count(list) > 0)
}

/// Whether a text may be an address without a name beside it. Quoted ones are taken as they are.
fn is_mail(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>,;()".contains(c));
    local.starts_with('"') || is_plain(local) && is_plain(domain)
}

fn key(found: &mut Found, spec: &Look<'_>) {
    let key = spec.field("privateKey");
    let algorithm = match key.as_ref().map_or("", |key| key.text("algorithm")) {
        "" => "RSA",
        algorithm => algorithm,
    };
    if let Some(key) = &key
        && let Some(there) = key.field("size")
        && let Some(size) = there.number().filter(|size| *size > 0)
    {
        let (is_one, sizes) = match algorithm {
            "RSA" => ((2048..=8192).contains(&size), "2048 to 8192"),
            "ECDSA" => ([256, 384, 521].contains(&size), "256, 384 or 521"),
            _ => (true, ""),
        };
        if !is_one {
            let message = format!("can't be {size}: {algorithm} keys have {sizes} bits");
            let wrong = found.at(&there, message);
            if algorithm == "RSA" && [256, 384, 521].contains(&size) {
                wrong.help("say `algorithm: ECDSA` beside it");
            }
        }
    }
    let signature = spec.text("signatureAlgorithm");
    let fits = match algorithm {
        "RSA" => signature.ends_with("WithRSA"),
        "ECDSA" => signature.starts_with("ECDSA"),
        "Ed25519" => signature == "PureEd25519",
        _ => true,
    };
    if !signature.is_empty() && !fits {
        let message = format!("has `signatureAlgorithm` {}, and the key is {algorithm}", shown(signature));
        found
            .of(spec, "signatureAlgorithm", message)
            .help("leave it out, or say the `privateKey` that goes with it");
    }
}

fn life(found: &mut Found, spec: &Look<'_>) {
    let length = |field: &str| nanoseconds(spec.text(field));
    let duration = match spec.field("duration") {
        Some(_) => length("duration"),
        None => Some(DEFAULT_DURATION),
    };
    if duration.is_some_and(|duration| duration < LEAST_DURATION) {
        found
            .of(spec, "duration", "has a `duration` below an hour, the shortest that cert-manager takes")
            .help("write `1h` or more");
    }
    let percentage = spec.int("renewBeforePercentage");
    if spec.has("renewBefore") && percentage.is_some() {
        found.both(spec, "renewBefore", "renewBeforePercentage");
    }
    if let Some(before) = length("renewBefore") {
        if before < LEAST_RENEWAL {
            let message = "has a `renewBefore` below five minutes, the shortest that cert-manager takes";
            found.of(spec, "renewBefore", message).help("write `5m` or more");
        }
        if duration.is_some_and(|duration| before >= duration) {
            let lives = match spec.text("duration") {
                "" => "which is the whole life of 90 days where no `duration` is said".to_owned(),
                said => format!("which is not below its `duration` of {said}"),
            };
            let message = format!("has a `renewBefore` of {}, {lives}", spec.text("renewBefore"));
            found
                .of(spec, "renewBefore", message)
                .help("a certificate is renewed that long before its end: say less, or a longer `duration`");
        }
    }
    if let (Some(percentage), Some(duration)) = (percentage, duration) {
        let before = duration * i128::from(100 - percentage) / 100;
        if before < LEAST_RENEWAL || before >= duration {
            let message = format!("can't be renewed after {percentage} % of its life");
            found
                .of(spec, "renewBeforePercentage", message)
                .help("write 1 to 99; five minutes at least must be left");
        }
    }
}

/// Fields that a gate must allow, as they are taken by none.
fn refused_with_any_gate(found: &mut Found, spec: &Look<'_>) {
    for name in spec.items("otherNames") {
        filled(found, &name, "oid");
        filled(found, &name, "utf8Value");
    }
    let Some(constraints) = spec.field("nameConstraints") else { return };
    if !spec.is("isCA") {
        let message = "has `nameConstraints`, which only an authority has, and no `isCA: true`";
        found.of(spec, "nameConstraints", message).help("leave them out, or say `isCA: true`");
    }
    if !constraints.has("permitted") && !constraints.has("excluded") {
        let message = "says neither `permitted` nor `excluded`, one of which must be there";
        found.missing(&constraints, "permitted", message);
    }
    for names in ["permitted", "excluded"].iter().filter_map(|field| constraints.field(field)) {
        for range in names.items("ipRanges") {
            if let Some(what) = misses("cidr", range.value()) {
                found.at(&range, format!("must be {what}"));
            }
        }
    }
}

fn keystores(found: &mut Found, spec: &Look<'_>) {
    let Some(stores) = spec.field("keystores") else { return };
    for store in ["jks", "pkcs12"].iter().filter_map(|name| stores.field(name)) {
        let secret = store.field("passwordSecretRef").is_some_and(|secret| !secret.text("name").is_empty());
        match store.field("password") {
            Some(_) if secret => {
                found.both(&store, "password", "passwordSecretRef");
            }
            Some(password) if password.value().is_empty() => {
                found
                    .at(&password, "is empty, and a keystore has a password")
                    .help("name a Secret in `passwordSecretRef`");
            }
            None if !secret => {
                let message = "has no password, which a keystore must have";
                found
                    .missing(&store, "passwordSecretRef", message)
                    .help("name a Secret and a key of it in `passwordSecretRef`");
            }
            _ => {}
        }
    }
}
