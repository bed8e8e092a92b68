//! Certificates of cert-manager's that `out/` holds: which Secrets they make.

use crate::paths::{ProjectPath, mark};

/// Namespace and name of the Secret that a Certificate of ours makes, if this file is one.
pub(super) fn secret(path: &ProjectPath, bytes: &[u8]) -> Option<(String, String)> {
    let (namespace, file) = path.as_str().split_once('/')?;
    let is_one = file.starts_with("certificate-") || file.starts_with("certificate.cert-manager.io-");
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_one)?;
    if !mark::is_ours(text, path.as_str()) || !text.contains("apiVersion: cert-manager.io/") {
        return None;
    }
    let secret = text.lines().find_map(|line| line.strip_prefix("  secretName:"))?;
    Some((namespace.to_owned(), secret.trim().trim_matches(['"', '\'']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_ours_names_its_secret() {
        let path = ProjectPath::new("istio-system/certificate-a-tls.yaml").unwrap();
        let text = |mark: &str| {
            format!("{mark}\napiVersion: cert-manager.io/v1\nkind: Certificate\nspec:\n  secretName: a-tls\n")
        };
        let ours = text("# gatewright: host \"a\" -> istio-system/certificate-a-tls.yaml");
        let found = secret(&path, ours.as_bytes());
        assert_eq!(found, Some(("istio-system".to_owned(), "a-tls".to_owned())));
        assert_eq!(secret(&path, text("# mine").as_bytes()), None);
    }
}
