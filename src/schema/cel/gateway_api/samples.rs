//! Each rule's id with values that keep it and values that break it.

use serde_json::{Value as Json, json};

/// The id of a rule, what keeps it, what breaks it.
type Sample = (u32, Json, Json);

/// All of them.
pub(in super::super) fn all() -> Vec<Sample> {
    [paths(), filters(), held(), rules(), references(), listeners(), addresses(), policies()].concat()
}

fn paths() -> Vec<Sample> {
    let path = |value: &str| json!({"type": "Exact", "value": value});
    let free = || json!({"type": "RegularExpression", "value": "x//#%2f%2F/./../.."});
    let of = |id, broken: &[&str]| {
        let broken: Vec<Json> =
            broken.iter().flat_map(|value| [path(value), json!({ "value": value })]).collect();
        (id, json!([{}, path("/a/b%20c"), {"value": "/"}, free()]), Json::Array(broken))
    };
    vec![
        of(0xd1b1_dcc5, &["a", ""]),
        of(0x2a73_0cba, &["/a//b"]),
        of(0x8c3f_86ff, &["/a/./b"]),
        of(0xced0_ffea, &["/a/../b"]),
        of(0x16ad_d9e2, &["/a%2fb"]),
        of(0x5f51_0e91, &["/a%2Fb"]),
        of(0x2098_9435, &["/a#b"]),
        of(0x0c44_1c9d, &["/a/.."]),
        of(0xc364_05e2, &["/a/."]),
        of(0x6773_6b8f, &["/a b", "/ä", "/%2", "/%zz", ""]),
        (
            0x1267_f055,
            json!([{}, {"type": "Exact"}, {"type": "RegularExpression"}]),
            json!([{"type": "Prefix"}]),
        ),
    ]
}

fn filters() -> Vec<Sample> {
    let mut found = Vec::new();
    for (other, its, field, ty) in [
        (0x1b5e_24ab, 0x5331_5200, "cors", "CORS"),
        (0x7b8c_f868, 0xeb30_32de, "requestHeaderModifier", "RequestHeaderModifier"),
        (0xc083_8ca9, 0xa900_d763, "responseHeaderModifier", "ResponseHeaderModifier"),
        (0xc2c4_ceb3, 0x479c_d4bf, "requestMirror", "RequestMirror"),
        (0xbec6_7f21, 0x96f7_2312, "requestRedirect", "RequestRedirect"),
        (0xbc36_c2fa, 0x769c_afeb, "urlRewrite", "URLRewrite"),
        (0x28f6_8457, 0x32fc_ae1c, "extensionRef", "ExtensionRef"),
        (0xc04f_03f4, 0x8571_6a2b, "replaceFullPath", "ReplaceFullPath"),
        (0x02cf_2852, 0x4dba_3b1d, "replacePrefixMatch", "ReplacePrefixMatch"),
    ] {
        found.push((
            other,
            json!([{"type": ty, field: {}}, {"type": "X"}]),
            json!([{"type": "X", field: {}}]),
        ));
        found.push((
            its,
            json!([{"type": ty, field: {}}, {"type": "X"}]),
            json!([{"type": ty}, {"type": ty, field: null}]),
        ));
    }
    for (id, ty) in [
        (0x501e_61ba, "RequestHeaderModifier"),
        (0x226c_c5e3, "ResponseHeaderModifier"),
        (0xc1f6_cb74, "RequestRedirect"),
        (0x61ed_15b8, "URLRewrite"),
        (0xee6a_308c, "CORS"),
    ] {
        let one = || json!({"type": ty});
        found.push((
            id,
            json!([[], [one(), {"type": "X"}, {"type": "X"}]]),
            json!([[one(), {"type": "X"}, one()]]),
        ));
    }
    found
}

fn held() -> Vec<Sample> {
    let (redirect, rewrite) = (json!({"type": "RequestRedirect"}), json!({"type": "URLRewrite"}));
    vec![
        (0x24c3_fdad, json!([[], [redirect], [rewrite]]), json!([[redirect, rewrite], [rewrite, redirect]])),
        (
            0x2179_202e,
            json!([{}, {"percent": 1}, {"fraction": {}}]),
            json!([{"percent": 1, "fraction": {"numerator": 1}}]),
        ),
        (
            0xc7c8_b7bb,
            json!([{"numerator": 100}, {"numerator": 5, "denominator": 5}]),
            json!([{"numerator": 101}, {"numerator": 6, "denominator": 5}]),
        ),
        (0xe261_0261, json!([[], ["*"], ["a", "b"]]), json!([["*", "a"], ["a", "*"]])),
        (
            0x3f02_004f,
            json!([{}, {"request": "5s"}, {"request": "0s", "backendRequest": "9s"}, {"request": "5s", "backendRequest": "5s"}]),
            json!([{"request": "5s", "backendRequest": "5001ms"}]),
        ),
        (
            0x6cb8_1017,
            json!([{"service": "a"}, {"method": "a"}, {"type": "Exact", "service": "a", "method": "b"}]),
            json!([{}, {"type": "Exact"}]),
        ),
        (
            0x7797_fc31,
            json!([{}, {"method": "Get_1"}, {"type": "RegularExpression", "method": "a.*"}]),
            json!([{"method": "1a"}, {"method": ""}, {"type": "Exact", "method": "a.b"}]),
        ),
        (
            0xfb86_15af,
            json!([{}, {"service": ".a.B_1"}, {"type": "RegularExpression", "service": "a*"}]),
            json!([{"service": "a..b"}, {"service": "a-b"}, {"service": ""}, {"type": "Exact", "service": "a."}]),
        ),
    ]
}

fn rules() -> Vec<Sample> {
    let mut found = Vec::new();
    for (outer, inner, field) in
        [(0x14c1_7d52, 0x06e1_4dab, "requestRedirect"), (0x0fa5_a331, 0xbf9f_d433, "urlRewrite")]
    {
        let filters = json!([{field: {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}}}]);
        let exact = json!([{"path": {"type": "Exact", "value": "/a"}}]);
        let two = json!([{}, {}]);
        let prefix = json!([{"path": {"value": "/a"}}]);
        for id in [outer, inner] {
            let rule = |matches: &Json| {
                let mut rule = match id == outer {
                    true => json!({ "filters": filters }),
                    false => json!({"backendRefs": [{ "filters": filters }]}),
                };
                rule["matches"] = matches.clone();
                rule
            };
            found.push((
                id,
                json!([{"matches": exact}, rule(&prefix), rule(&Json::Null), rule(&json!([{}]))]),
                json!([rule(&exact), rule(&two), rule(&json!([]))]),
            ));
        }
    }
    let many = |count: usize| json!({"matches": vec![json!({}); count]});
    found.extend([
        (
            0x80d5_779a,
            json!([{}, {"backendRefs": [{}]}, {"filters": [{"requestRedirect": {}}]}, {"filters": [{"requestRedirect": {}}], "backendRefs": []}]),
            json!([{"filters": [{"requestRedirect": {}}], "backendRefs": [{}]}]),
        ),
        (
            0x5d34_3ad9,
            json!([[], [{}, {}], [{"name": "a"}, {"name": "b"}]]),
            json!([[{"name": "a"}, {}, {"name": "a"}]]),
        ),
        (
            0xdfef_9215,
            json!([[many(64), many(64)], [many(127), {}]]),
            json!([[many(64), many(64), {}], [many(64), many(65)]]),
        ),
        (0x837b_88f5, json!([[many(64), many(64), {}]]), json!([[many(64), many(65)]])),
    ]);
    found
}

fn references() -> Vec<Sample> {
    let parent = |section: &str| json!({"name": "a", "sectionName": section});
    let kept = json!([
        [],
        [{"name": "a"}],
        [{"name": "a"}, {"name": "b"}],
        [{"name": "a"}, {"name": "a", "namespace": "b"}],
        [parent("x"), parent("y")]
    ]);
    let mut found = vec![(
        0x089e_d26a,
        json!([{"port": 80}, {"kind": "Hostname", "group": "networking.istio.io"}, {"group": "", "kind": "Service", "port": 1}]),
        json!([{"name": "a"}, {"group": "", "kind": "Service"}]),
    )];
    for (said, once) in [(0xc931_cd54, 0xe906_342c), (0x04db_2332, 0xae7c_04b5)] {
        found.push((said, kept.clone(), json!([[{"name": "a"}, parent("x")]])));
        found.push((once, kept.clone(), json!([[{"name": "a"}, {"name": "a"}], [parent("x"), parent("x")]])));
    }
    found[1].2 = json!([[{"name": "a"}, parent("x")], [{"name": "a", "kind": "Gateway"}, parent("x")]]);
    found
}

fn listeners() -> Vec<Sample> {
    let of = |protocol: &str, more: Json| {
        let mut listener = json!({"name": "a", "port": 1, "protocol": protocol});
        listener.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([listener])
    };
    let tls = |mode: &str| json!({"tls": {"mode": mode}});
    let pair = |a: Json, b: Json| json!([a, b]);
    let at = |port: u16, host: Json| json!({"port": port, "protocol": "HTTP", "hostname": host});
    let mut found = vec![
        (
            0x78a7_7239,
            json!([[], of("HTTP", json!({})), of("HTTPS", tls("Terminate"))]),
            json!([of("HTTP", tls("Terminate")), of("TCP", tls("Terminate")), of("UDP", tls("Terminate"))]),
        ),
        (
            0xaec2_bd59,
            json!([of("HTTPS", json!({})), of("HTTPS", json!({"tls": {}})), of("TLS", tls("Passthrough"))]),
            json!([of("HTTPS", tls("Passthrough"))]),
        ),
        (
            0x79a4_8446,
            json!([of("TLS", json!({"tls": {}})), of("TLS", tls("Passthrough")), of("HTTP", json!({}))]),
            json!([of("TLS", json!({}))]),
        ),
        (
            0x08d2_3c40,
            json!([
                of("TCP", json!({})),
                of("TCP", json!({"hostname": ""})),
                of("HTTP", json!({"hostname": "a"}))
            ]),
            json!([of("TCP", json!({"hostname": "a"})), of("UDP", json!({"hostname": "a"}))]),
        ),
        (
            0xb3c6_6e24,
            json!([pair(json!({"name": "a"}), json!({"name": "b"}))]),
            json!([pair(json!({"name": "a"}), json!({"name": "a"}))]),
        ),
        (
            0xf161_b726,
            json!([{"mode": "Passthrough"}, {"certificateRefs": [{}]}, {"options": {"a": "b"}}]),
            json!([{}, {"mode": "Terminate"}, {"certificateRefs": [], "options": {}}]),
        ),
        (0x4193_0737, json!([[], [{"port": 1}, {"port": 2}]]), json!([[{"port": 1}, {"port": 1}]])),
    ];
    for id in [0xd319_59b5, 0xe3e6_2c2a] {
        found.push((
            id,
            json!([
                pair(at(1, json!("a")), at(1, json!("b"))),
                pair(at(1, json!("a")), at(1, Json::Null)),
                pair(at(1, Json::Null), at(2, Json::Null))
            ]),
            json!([pair(at(1, json!("a")), at(1, json!("a"))), pair(at(1, Json::Null), at(1, Json::Null))]),
        ));
    }
    found
}

fn addresses() -> Vec<Sample> {
    let ip = |value: &str| json!({ "value": value });
    let host = |value: &str| json!({"type": "Hostname", "value": value});
    vec![
        (
            0x1ff4_5617,
            json!([[ip("1.2.3.4"), ip("1.2.3.5")], [host("a"), host("a")], [{}, {}]]),
            json!([[ip("1.2.3.4"), {"type": "IPAddress", "value": "1.2.3.4"}]]),
        ),
        (0xf109_da0c, json!([[host("a"), host("b")], [ip("a"), ip("a")]]), json!([[host("a"), host("a")]])),
        (
            0x2086_79bb,
            json!([{}, ip("1.2.3.4"), ip("::1"), host("a")]),
            json!([ip("a"), ip("1.2.3"), ip("")]),
        ),
        (
            0xdac2_850f,
            json!([{}, host("a.b"), host("*.a"), ip("A")]),
            json!([host("A"), host("a_b"), host("a.*")]),
        ),
        (
            0x9d83_58ec,
            json!([{}, {"a": "", "a.example/b_C.d": ""}]),
            json!([{"-a": ""}, {"A/b": ""}, {"a/b/c": ""}, {"a/": ""}, {"a".repeat(64): ""}]),
        ),
        (0x4b97_66f7, json!([{"a/b": ""}]), json!([{format!("{}/b", "a".repeat(253)): ""}])),
    ]
}

fn policies() -> Vec<Sample> {
    let mut found = vec![
        (0x0843_be6f, json!([[], ["a.b"]]), json!([["1.2.3.4"], ["a", "::1"]])),
        (0x2012_3a06, json!([["a.b", "*.a"]]), json!([["A"], ["a_b"], ["a."]])),
        (0xb31a_373d, json!([["a.b", "*.a"]]), json!([["a.*"], ["*"], ["*.A"], ["*a.b"]])),
        (
            0x65c1_b111,
            json!([{}, {"caCertificateRefs": [{}]}, {"caCertificateRefs": [], "wellKnownCACertificates": "System"}]),
            json!([{"caCertificateRefs": [{}], "wellKnownCACertificates": "System"}]),
        ),
        (
            0xb34e_39db,
            json!([{"caCertificateRefs": [{}]}, {"wellKnownCACertificates": "System"}]),
            json!([{}, {"caCertificateRefs": [], "wellKnownCACertificates": ""}]),
        ),
    ];
    for (its, other, field, ty) in
        [(0x9f2f_8a20, 0xb8b9_b475, "hostname", "Hostname"), (0x6f0b_b440, 0x3aad_ac42, "uri", "URI")]
    {
        found.push((
            its,
            json!([{"type": ty, field: "a"}, {"type": "X"}]),
            json!([{"type": ty}, {"type": ty, field: ""}]),
        ));
        found.push((
            other,
            json!([{"type": ty, field: "a"}, {"type": "X", field: ""}]),
            json!([{"type": "X", field: "a"}]),
        ));
    }
    found
}
