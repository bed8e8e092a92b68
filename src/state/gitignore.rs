//! Git ignore rules that would keep `out/` or `pki/` out of Git. Their keys are random: what is not committed is lost.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Ignored, StateError, read};
use crate::paths::Layout;

/// Names that every project of ours has or may have, each a trap for some common rule.
const SAMPLES: [&str; 7] = [
    "kustomization.yaml",
    "default/kustomization.yaml",
    "default/gateway-sample.yaml",
    "istio-system/secret-sample.sops.yaml",
    "sample/ca.crt",
    "sample/1.crt",
    "sample/1.key.sops.yaml",
];

/// The first ignored path of each folder, with the rule that ignores it.
pub(super) fn ignored(layout: &Layout) -> Result<Vec<Ignored>, StateError> {
    let rules = rules(&layout.root)?;
    let mut found = Vec::new();
    for (folder, samples) in [(&layout.out, &SAMPLES[..4]), (&layout.pki, &SAMPLES[4..])] {
        let Ok(below) = folder.strip_prefix(&layout.root) else { continue };
        let hit = samples.iter().find_map(|sample| {
            let path = folder.join(sample);
            // The nearest file that says anything about it decides, also where it says that it is not ignored.
            let hit = rules
                .iter()
                .map(|rules| rules.matched_path_or_any_parents(&path, false))
                .find(|hit| !hit.is_none())?;
            let glob = hit.inner().filter(|_| hit.is_ignore())?;
            let from = glob.from()?;
            let from = from.strip_prefix(&layout.root).unwrap_or(from).display().to_string();
            Some((glob.original().to_owned(), from))
        });
        if let Some((rule, from)) = hit {
            found.push(Ignored { path: below.display().to_string(), rule, from });
        }
    }
    Ok(found)
}

/// The rules that hold at the root, nearest first.
fn rules(root: &Path) -> Result<Vec<Gitignore>, StateError> {
    let mut found = Vec::new();
    for folder in root.ancestors() {
        let is_repository = read::exists(&folder.join(".git"))?;
        let mut files = vec![folder.join(".gitignore")];
        if is_repository {
            files.push(folder.join(".git/info/exclude"));
        }
        let mut builder = GitignoreBuilder::new(folder);
        for file in files {
            if read::exists(&file)? {
                // A rule that Git can't read either ignores nothing.
                let _ = builder.add(&file);
            }
        }
        found.extend(builder.build());
        if is_repository {
            break;
        }
    }
    Ok(found)
}
