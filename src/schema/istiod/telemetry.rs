//! Telemetry, ProxyConfigs, and what is loaded into proxies.

use super::look::{Found, Look, shown};
use super::policy;

/// A whole Telemetry.
pub(super) fn check(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    policy::target(found, &spec);
    for field in ["metrics", "tracing", "accessLogging"] {
        for part in spec.items(field) {
            for provider in part.items("providers").filter(|provider| provider.text("name").is_empty()) {
                found.missing(&provider, "name", "has no `name`");
            }
        }
    }
    for tracing in spec.items("tracing") {
        for second in tracing.items("providers").skip(1).take(1) {
            found
                .at(&second, "is the second of the `providers`, and Istio traces with the first alone")
                .ignored()
                .help("leave it out");
        }
        if let Some(share) =
            tracing.fraction("randomSamplingPercentage").filter(|share| !(0.0..=100.0).contains(share))
        {
            found.of(
                &tracing,
                "randomSamplingPercentage",
                format!("has the share `{share}`, and a share is 0 to 100"),
            );
        }
        for (name, tag) in tracing.entries("customTags") {
            if name.is_empty() {
                found.at(&tag, "is a tag without a name");
            }
            for (sort, field) in [("literal", "value"), ("header", "name"), ("environment", "name")] {
                if let Some(sort) = tag.field(sort).filter(|sort| sort.text(field).is_empty()) {
                    found.missing(&sort, field, format!("has no `{field}`"));
                }
            }
        }
    }
    for metrics in spec.items("metrics") {
        for over in metrics.items("overrides") {
            for (_, tag) in over.entries("tagOverrides") {
                if ["", "UPSERT"].contains(&tag.text("operation")) && tag.text("value").is_empty() {
                    found.missing(&tag, "value", "has no `value`, which the operation `UPSERT` needs");
                }
            }
            if let Some(asked) = over.field("match")
                && let Some(metric) = asked.field("customMetric").filter(|metric| metric.value().is_empty())
            {
                found.at(&metric, "must not be empty");
            }
        }
    }
}

/// A whole ProxyConfig.
pub(super) fn proxy(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    if let Some(selector) = spec.field("selector") {
        policy::match_labels(found, &selector);
    }
    super::destination_rule::not_negative(found, &spec, &["concurrency"]);
}

/// A whole WasmPlugin or TrafficExtension.
pub(super) fn extension(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    policy::target(found, &spec);
    if let Some(wasm) = spec.field("wasm") {
        plugin(found, &wasm);
    } else {
        plugin(found, &spec);
    }
    if let Some(lua) = spec.field("lua")
        && lua.text("inlineCode").is_empty()
    {
        found.missing(&lua, "inlineCode", "has no code");
    }
}

fn plugin(found: &mut Found, plugin: &Look<'_>) {
    let sum = plugin.text("sha256");
    let is_sum = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !sum.is_empty() && !is_sum {
        found
            .of(plugin, "sha256", format!("has the `sha256` {}, which is none", shown(sum)))
            .help("64 digits of base 16, in small letters");
    }
    let Some(vm) = plugin.field("vmConfig") else { return };
    for (i, variable) in vm.items("env").enumerate() {
        let name = variable.text("name");
        if !name.is_empty() && vm.items("env").take(i).any(|other| other.text("name") == name) {
            found.of(&variable, "name", format!("has the name {} again", shown(name)));
        }
    }
}
