//! Each rule's id with values that keep it and values that break it.

use serde_json::{Value as Json, json};

/// The id of a rule, what keeps it, what breaks it.
type Sample = (u32, Json, Json);

pub(super) fn samples() -> Vec<Sample> {
    [scalars(), keys(), exclusive(), addresses(), policies()].concat()
}

/// Strings and numbers.
fn scalars() -> Vec<Sample> {
    vec![
        (
            0xb285_c881,
            json!(["1ms", "1h30m", "0.001s", "1500us"]),
            json!(["0s", "0", "1us", "-1s", "5", "", "1d"]),
        ),
        (0x6d84_550d, json!(["", "a"]), json!(["*", "a*"])),
        (0xd6ca_ec74, json!([""]), json!(["a"])),
        (0x3bf4_e859, json!([1, 65535]), json!([0, -1, 65536])),
        (0x7451_de17, json!(["*.a", ""]), json!(["*"])),
        (0x40a7_e406, json!(["", "HTTP", "HTTPS"]), json!(["http", "TCP"])),
        (0x9e30_44fa, json!(["unix:///a", "unix://@a", "1.2.3.4"]), json!(["unix://a", "unix://"])),
        (0x0006_38c1, json!(["unix:///a", "a/"]), json!(["unix:///a/", "unix://"])),
        (0xcc42_6255, json!(["https://a/b", "http://a"]), json!(["ftp://a", "a.example", "/a", ""])),
        (0xfb71_5cf0, json!(["oci://a/b:1", "a/b:1", "file:///x", "/x"]), json!(["ftp://a", "a b", "tag:a"])),
        (0x895e_58fc, json!(["oci://a/b:1", "a/b:1", "file:///x", "/x"]), json!(["ftp://a", "a b", "tag:a"])),
    ]
}

/// Keys of maps, and items of lists.
fn keys() -> Vec<Sample> {
    vec![
        (0x2675_8da2, json!([{}, {"a": "*"}]), json!([{"*": "a"}, {"b": "", "a*": ""}])),
        (0x8a1f_9f4d, json!([{}, {"a": ""}]), json!([{"": "a"}])),
        (
            0xc2aa_73ba,
            json!([{}, {"http-1": 1}, {"A": 1}]),
            json!([{"-a": 1}, {"a_b": 1}, {"": 1}, {"a".repeat(63): 1}]),
        ),
        (0xae78_1996, json!([{}, {"1": {}, "65535": {}}]), json!([{"0": {}}, {"65536": {}}, {"a": {}}])),
        (
            0xe33b_2a39,
            json!([[], [{"number": 1}, {"number": 2}]]),
            json!([[{"number": 1}, {"number": 2}, {"number": 1}]]),
        ),
    ]
}

/// Fields that exclude each other.
fn exclusive() -> Vec<Sample> {
    vec![
        (
            0x8964_6882,
            json!([{}, {"selector": {}}, {"targetRef": {}, "selector": null}]),
            json!([{"selector": {}, "targetRefs": []}, {"targetRef": {}, "targetRefs": []}]),
        ),
        (0x9c8b_2fa1, json!([{}, {"targetRefs": []}]), json!([{"selector": {}, "targetRefs": []}])),
        (0xe193_8d85, json!([{}, {"targetRefs": []}]), json!([{"workloadSelector": {}, "targetRefs": []}])),
        (0x95db_d45e, json!([{}, {"endpoints": []}]), json!([{"workloadSelector": {}, "endpoints": []}])),
        (
            0xe533_e1c0,
            json!([{}, {"credentialNames": ["a"]}]),
            json!([{"credentialNames": ["a"], "tlsCertificates": []}]),
        ),
        (
            0xe873_d174,
            json!([{}, {"credentialNames": ["a"]}]),
            json!([{"credentialNames": ["a"], "tlsCertificates": []}]),
        ),
        (
            0xed1c_6e37,
            json!([{}, {"credentialNames": ["a"]}]),
            json!([{"credentialNames": ["a"], "credentialName": "a"}]),
        ),
        (
            0x4cb7_bfad,
            json!([{}, {"jwks": ""}]),
            json!([{"jwks": "", "jwksUri": ""}, {"jwks_uri": "", "jwksUri": ""}]),
        ),
        (0xe296_90d9, json!([{"lua": {}}, {"wasm": {}}]), json!([{}, {"lua": {}, "wasm": {}}])),
        (
            0x3ff6_915a,
            json!([{"address": "a"}, {"network": "a"}, {"address": "a", "network": "a"}]),
            json!([{}]),
        ),
    ]
}

/// Addresses, endpoints and what runs there.
fn addresses() -> Vec<Sample> {
    vec![
        (
            0x7b6f_a208,
            json!([{}, {"address": "a", "ports": {}}, {"address": "unix:///a"}]),
            json!([{"address": "unix:///a", "ports": {}}]),
        ),
        (
            0x1b00_40b1,
            json!([{}, {"value": "a"}, {"valueFrom": "HOST"}, {"valueFrom": "INLINE", "value": "a"}]),
            json!([{"valueFrom": "HOST", "value": ""}]),
        ),
        (
            0xbf8e_dd11,
            json!([{}, {"context": "GATEWAY"}, {"context": "WAYPOINT", "waypoint": {}}]),
            json!([{"waypoint": {}}, {"context": "WAYPOINT"}, {"context": "ANY", "waypoint": {}}]),
        ),
        (
            0xae7c_d287,
            json!([{}, {"addresses": ["1.2.3.0/24"]}, {"addresses": ["1.2.3.4"], "resolution": "DNS"}]),
            json!([{"addresses": ["1.2.3.0/24"], "resolution": "DNS"}]),
        ),
        (
            0x979d_36ca,
            json!([{}, {"endpoints": [], "resolution": "STATIC"}]),
            json!([{"endpoints": []}, {"endpoints": [], "resolution": "NONE"}]),
        ),
        (
            0xf8aa_cd3a,
            json!([{}, {"resolution": "DNS_ROUND_ROBIN", "endpoints": [{}]}, {"endpoints": [{}, {}]}]),
            json!([{"resolution": "DNS_ROUND_ROBIN", "endpoints": [{}, {}]}]),
        ),
    ]
}

/// Policies and their operations.
fn policies() -> Vec<Sample> {
    vec![
        (
            0x4723_bc5e,
            json!([{}, {"serviceAccounts": ["a"]}, {"principals": ["a"], "namespaces": ["a"]}]),
            json!([{"serviceAccounts": ["a"], "principals": ["a"]}, {"notServiceAccounts": ["a"], "notNamespaces": ["a"]}]),
        ),
        (
            0x95e3_836a,
            json!([{}, {"portLevelMtls": {"1": {}}, "selector": {"matchLabels": {"a": "b"}}}]),
            json!([{"portLevelMtls": {}}, {"portLevelMtls": {}, "selector": {}}, {"portLevelMtls": {}, "selector": {"matchLabels": {}}}]),
        ),
        (
            0xd6ce_7f01,
            json!([{}, {"operation": "UPSERT", "value": "a"}, {"operation": "REMOVE"}]),
            json!([{"operation": "UPSERT"}, {"operation": "UPSERT", "value": ""}]),
        ),
        (
            0x5b3c_eead,
            json!([{}, {"operation": "REMOVE"}, {"operation": "UPSERT", "value": "a"}]),
            json!([{"operation": "REMOVE", "value": ""}]),
        ),
    ]
}
