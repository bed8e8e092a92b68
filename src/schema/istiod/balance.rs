//! How requests are spread over a service's pods.

use super::look::{Found, Look, shown};
use super::text;

/// Labels of where a pod runs.
const PLACES: [&str; 3] =
    ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

/// Envoy's largest table, which is a prime.
const LARGEST_TABLE: i64 = 5_000_011;

/// A `loadBalancer`. `has_outliers` if sick pods are found out beside it.
pub(super) fn check(found: &mut Found, balancer: &Look<'_>, has_outliers: bool) {
    if let Some(hash) = balancer.field("consistentHash") {
        self::hash(found, &hash);
    }
    found.not_both(balancer, "localityLbSetting", "zoneAwareLbSetting");
    if let Some(locality) = balancer.field("localityLbSetting") {
        self::locality(found, &locality);
        failover(found, &locality, has_outliers);
    }
    if let Some(zones) = balancer.field("zoneAwareLbSetting") {
        for label in zones.items("failoverPriority").filter(|label| PLACES.contains(&label.value())) {
            found.at(&label, format!("is {}, which is seen to already", shown(label.value())));
        }
        failover(found, &zones, has_outliers);
    }
    no_warmup(found, balancer);
    let Some(warmup) = balancer.field("warmup") else { return };
    if !warmup.has("duration") {
        found.missing(&warmup, "duration", "has no `duration`");
    }
    text::duration(found, &warmup, "duration");
    if warmup.fraction("minimumPercent").is_some_and(|percent| percent > 100.0) {
        found.of(&warmup, "minimumPercent", "has a `minimumPercent` over 100");
    }
    if warmup.fraction("aggression").is_some_and(|aggression| aggression <= 0.0) {
        found.of(&warmup, "aggression", "has an `aggression` that is not over 0");
    }
}

/// Pods are warmed up by two ways to spread requests, one of which is Istio's own choice.
fn no_warmup(found: &mut Found, balancer: &Look<'_>) {
    let way = match balancer.text("simple") {
        way @ ("RANDOM" | "PASSTHROUGH") => way,
        _ if balancer.has("consistentHash") => "consistentHash",
        _ => return,
    };
    if let Some(field) = ["warmup", "warmupDurationSecs"].into_iter().find(|field| balancer.has(field)) {
        found.of(balancer, field, format!("has `{field}`, which `{way}` does nothing with")).ignored().help(
            "pods are warmed up under ROUND_ROBIN and LEAST_REQUEST only: write one of them, or leave it out",
        );
    }
}

fn hash(found: &mut Found, hash: &Look<'_>) {
    if let Some(cookie) = hash.field("httpCookie") {
        if cookie.text("name").is_empty() {
            found.missing(&cookie, "name", "has no `name`");
        }
        for (i, attribute) in cookie.items("attributes").enumerate() {
            let name = attribute.text("name");
            if name.is_empty() {
                found.missing(&attribute, "name", "has no `name`");
            } else if cookie.items("attributes").take(i).any(|other| other.text("name") == name) {
                found.of(&attribute, "name", format!("has the name {} again", shown(name)));
            }
        }
    }
    if hash.int("minimumRingSize").is_some_and(|size| size != 0) {
        for field in ["ringHash", "maglev"] {
            found.not_both(hash, "minimumRingSize", field);
        }
    }
    if let Some(maglev) = hash.field("maglev") {
        let size = maglev.int("tableSize").unwrap_or(0);
        if size == 0 {
            found.missing(&maglev, "tableSize", "has no `tableSize`").help("write a prime, such as 65537");
        } else if size >= LARGEST_TABLE || !is_prime(size) {
            found
                .of(
                    &maglev,
                    "tableSize",
                    format!("has the `tableSize` `{size}`, and it is a prime below {LARGEST_TABLE}"),
                )
                .help("write a prime, such as 65537");
        }
    }
}

fn is_prime(number: i64) -> bool {
    number > 1 && (2..).take_while(|factor| factor * factor <= number).all(|factor| number % factor != 0)
}

fn locality(found: &mut Found, locality: &Look<'_>) {
    if locality.count("distribute") > 0 && locality.count("failover") > 0 {
        found.both(locality, "distribute", "failover");
    }
    if locality.count("failover") > 0 {
        for label in locality.items("failoverPriority").filter(|label| PLACES.contains(&label.value())) {
            let message = format!("is {}, which `failover` decides already", shown(label.value()));
            found.at(&label, message).help("leave one of them out");
        }
    }
    for from in locality.items("distribute") {
        let mut total = 0_i64;
        let mut is_right = true;
        for (_, share) in from.entries("to") {
            let number = share.number().unwrap_or(0);
            total = total.saturating_add(number);
            if !(1..=100).contains(&number) {
                is_right = false;
                found.at(&share, format!("is `{number}`, and a share is 1 to 100"));
            }
        }
        if is_right && total != 100 {
            found
                .of(&from, "to", format!("has shares that add up to {total}"))
                .help("the shares of one `from` add up to 100");
        }
    }
}

/// Where requests go if a region fails.
fn failover(found: &mut Found, holder: &Look<'_>, has_outliers: bool) {
    let fields = ["failover", "failoverPriority"];
    if let Some(field) = fields.into_iter().find(|field| holder.count(field) > 0).filter(|_| !has_outliers) {
        found
            .of(holder, field, format!("has `{field}`, and nothing finds out which pods fail"))
            .ignored()
            .help("give the same policy an `outlierDetection`");
    }
    for failover in holder.items("failover") {
        let (from, to) = (failover.text("from"), failover.text("to"));
        if from == to {
            found.at(&failover, format!("leads from {} to itself", shown(from)));
        }
        for (field, region) in [("from", from), ("to", to)] {
            if region.contains(['/', '*']) {
                found
                    .of(&failover, field, format!("has the region {}, which is none", shown(region)))
                    .help("write a region alone, as `us-east1`: no zone, and no `*`");
            }
        }
    }
}
