//! Copies of Secrets that change places. Files are replaced one by one, so a key whose place another one takes lies here
//! until its own new place has it: a run that is cut off in between loses none.

use super::ProjectPath;

const FOLDER: &str = "leaves/aside/";

/// Where the copy of a Secret lies below `pki/`. The digest of its certificate tells it from what lay at that place before.
#[must_use]
pub fn copy(secret: &ProjectPath, sha256: &str) -> Option<ProjectPath> {
    let digest: String = sha256.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    ProjectPath::new(format!("{FOLDER}{digest}/{}", secret.as_str())).ok()
}

/// The Secret below `out/` that a file below `pki/` is a copy of.
#[must_use]
pub fn original(path: &ProjectPath) -> Option<ProjectPath> {
    let (_, secret) = path.as_str().strip_prefix(FOLDER)?.split_once('/')?;
    if secret.ends_with(".sops.yaml") { ProjectPath::new(secret).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_knows_its_original() {
        let path = |text: &str| ProjectPath::new(text).unwrap();
        let secret = path("istio-system/secret-a.sops.yaml");
        let copy = copy(&secret, "AB:CD:0123456789abcdef").unwrap();
        assert_eq!(copy.as_str(), "leaves/aside/ABCD0123456789ab/istio-system/secret-a.sops.yaml");
        assert_eq!(original(&copy), Some(secret));
        for other in ["leaves/istio-system/a.crt", "leaves/aside/a.crt", "corp/1.key.sops.yaml"] {
            assert_eq!(original(&path(other)), None);
        }
    }
}
