//! What Git leaves in files where two branches say different things.

use super::case::refused;
use crate::cli::sandbox::Sandbox;

const SECRET: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
const MARKED: &str = "it holds a conflict of a merge that is not resolved";
const WHOLE: &str = "`git restore --source=MERGE_HEAD --staged --worktree out pki`";

/// Puts two sides in the place of all lines of a file but its first ones.
fn divide(sandbox: &Sandbox, path: &str, kept: usize) {
    let text = sandbox.read(path);
    let cut = text.match_indices('\n').nth(kept.wrapping_sub(1)).map_or(0, |(end, _)| end + 1);
    let (before, side) = text.split_at(cut);
    sandbox.write(path, &format!("{before}<<<<<<< HEAD\n{side}=======\n{side}>>>>>>> main\n"));
}

#[test]
fn a_conflict_in_a_file_of_ours_is_named() {
    for path in [
        SECRET,
        "pki/corp/1.key.sops.yaml",
        "pki/corp/1.crt",
        "pki/corp/clients/anna@example.com.key.sops.yaml",
        "pki/corp/clients/anna@example.com.crt",
        "pki/corp/ca.crt",
    ] {
        for kept in [0, 1] {
            let sandbox = Sandbox::shop();
            divide(&sandbox, path, kept);
            for call in ["render", "check"] {
                let found = refused(&sandbox, call, 4);
                let finding = found.one("broken-file", path, &[MARKED, WHOLE, "`--source=HEAD` in a rebase"]);
                assert!(!finding.text.contains("git checkout"), "{}", found.human);
            }
        }
    }
    let sandbox = Sandbox::shop().holding('a');
    sandbox.run(&["revoke", "client", "anna@example.com"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    divide(&sandbox, "pki/corp/ca.crl", 0);
    refused(&sandbox, "render", 4).one("broken-file", "pki/corp/ca.crl", &[MARKED, WHOLE]);
}

/// What is derived is written anew, with whatever in it.
#[test]
fn a_conflict_in_a_manifest_is_written_over() {
    for (path, kept) in [("out/default/gateway-public.yaml", 1), ("out/default/kustomization.yaml", 2)] {
        let sandbox = Sandbox::shop();
        let whole = sandbox.read(path);
        divide(&sandbox, path, kept);
        sandbox.run(&["render"]).ends_with(0);
        assert_eq!(sandbox.read(path), whole);
        divide(&sandbox, path, 0);
        refused(&sandbox, "render", 4).one("broken-file", path, &[MARKED]);
    }
}

#[test]
fn a_conflict_in_what_the_user_writes_is_one_finding() {
    for path in ["specs/shop.kdl", "gatewright.kdl"] {
        let sandbox = Sandbox::shop();
        sandbox.write("gatewright.kdl", "namespace \"shop\"\n");
        let text = sandbox.read(path);
        sandbox.write(path, &format!("// ours\n<<<<<<< HEAD\n{text}=======\n{text}{{\n>>>>>>> main\n"));
        let says = ["holds a conflict of a merge that is not resolved", "`>>>>>>>`"];
        for call in ["render", "check", "rotate host shop.example.com"] {
            refused(&sandbox, call, 2).one("merge-conflict", &format!("{path}:2:1"), &says);
        }
    }
    let sandbox = Sandbox::shop();
    divide(&sandbox, ".sops.yaml", 0);
    let found = refused(&sandbox, "render", 2);
    found.one("creation-rules", ".sops.yaml", &["holds a conflict of a merge"]);
}
