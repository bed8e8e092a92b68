//! How a field's name is written in a spec. The way back is looked up in the table, never computed: `is-ca` is `isCA`.

/// The word for a field or kind: kebab case, cut before a capital that follows a lower-case letter or digit, and before the
/// last capital of a run. A run of capitals with a plural's `s` stays whole (`URLs`); nothing is cut before a digit; `_`, `-`
/// and `$` stay, because they tell siblings apart.
#[must_use]
pub fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut word = String::with_capacity(name.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        if c.is_ascii_uppercase() && before.is_some_and(|before| cuts(*before, &chars[i + 1..])) {
            word.push('-');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

/// Whether a capital that stands between `before` and `after` begins a part of its own.
fn cuts(before: char, after: &[char]) -> bool {
    if before.is_ascii_lowercase() || before.is_ascii_digit() {
        return true;
    }
    if !before.is_ascii_uppercase() {
        return false;
    }
    match after {
        // `URLs`, and `IPsBlock`: the `s` belongs to the run.
        ['s'] => false,
        ['s', next, ..] if next.is_ascii_uppercase() => false,
        [next, ..] => next.is_ascii_lowercase(),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_people_read_them() {
        for (name, word) in [
            ("hosts", "hosts"),
            ("httpsRedirect", "https-redirect"),
            ("gatewayHTTPRoute", "gateway-http-route"),
            ("isCA", "is-ca"),
            ("URLs", "urls"),
            ("issuingCertificateURLs", "issuing-certificate-urls"),
            ("consecutive5xxErrors", "consecutive5xx-errors"),
            ("http1MaxPendingRequests", "http1-max-pending-requests"),
            ("h2UpgradePolicy", "h2-upgrade-policy"),
            ("http2KeepAlive", "http2-keep-alive"),
            ("jwks_uri", "jwks_uri"),
            ("jwksUri", "jwks-uri"),
            ("mirror_percent", "mirror_percent"),
            ("wellKnownCACertificates", "well-known-ca-certificates"),
            ("azureDNS", "azure-dns"),
            ("clusterIP", "cluster-ip"),
            ("clusterIPs", "cluster-ips"),
            ("externalIPs", "external-ips"),
            ("$ref", "$ref"),
            ("VirtualService", "virtual-service"),
            ("HTTPRoute", "http-route"),
            ("GRPCRoute", "grpc-route"),
            ("BackendTLSPolicy", "backend-tls-policy"),
            ("WasmPlugin", "wasm-plugin"),
            ("", ""),
        ] {
            assert_eq!(kebab(name), word);
        }
    }
}
