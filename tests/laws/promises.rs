//! The promises that a person relies on, each on a small project.

use crate::support::project::{Files, Holder, Project, differing};

const SPEC: &str = r#"authority "root"
gateway "public"
domain "example.com" authority="root" gateway="public" {
    host "shop" to="shop:80"
    host "admin" { tls mutual; route "/x/*" to="admin:80" }
}
client "anna.example.com" authority="root"
service "shop" { subset "v1" version="v1" }
"#;

const MORE: &str = "host \"wiki.example.com\" to=\"wiki:80\"\n";

fn rendered() -> Project {
    let project = Project::of(SPEC);
    project.render(Holder::Unasked);
    project
}

fn is_list(path: &str) -> bool {
    path.ends_with("kustomization.yaml") || path.ends_with("gateway-public.yaml")
}

#[test]
fn a_second_render_writes_nothing_and_needs_no_identity() {
    let project = rendered();
    project.assert_nothing_to_do();
    let again = project.run(&["render", "--exit-code"]).ends_with(0);
    assert!(again.stderr.contains("nothing to do"), "{}", again.said());
}

#[test]
fn a_host_without_an_identity_waits_and_nothing_listed_is_missing() {
    let project = rendered();
    let before = project.tree();
    project.write("specs/wiki.kdl", MORE);
    let ran = project.run(&["render"]).ends_with(3);
    assert!(ran.stderr.contains("wiki.example.com"), "{}", ran.said());
    let after = project.tree();
    assert!(after.contains_key("out/default/virtualservice-wiki.example.com.yaml"));
    assert!(!after.keys().any(|path| path.contains("secret-wiki")), "a Secret without an issuer");
    for (path, bytes) in after.iter().filter(|(path, _)| path.ends_with("kustomization.yaml")) {
        let folder = path.trim_end_matches("kustomization.yaml");
        let text = String::from_utf8(bytes.clone()).unwrap();
        for name in text.lines().filter_map(|line| line.strip_prefix("  - ")) {
            assert!(project.exists(&format!("{folder}{name}")), "{path} lists {name}");
        }
    }
    assert!(differing(&before, &after).iter().all(|path| is_list(path) || path.contains("wiki")));
    project.run(&["check", "--allow-waiting"]).ends_with(0);
    project.run(&["check"]).ends_with(3);
    project.run_as_operator(&["render"]).ends_with(0);
    let done = differing(&after, &project.tree());
    assert!(done.iter().all(|path| is_list(path) || path.contains("wiki")), "{done:?}");
    project.run(&["check"]).ends_with(0);
}

#[test]
fn labels_gateways_namespaces_and_routes_change_without_an_identity() {
    for (old, new) in [
        ("gateway \"public\"\n", "gateway \"public\" namespace=\"edge\"\n"),
        ("gateway \"public\"\n", "gateway \"public\" workload-namespace=\"ingress\"\n"),
        ("gateway \"public\"\n", "gateway \"public\" { selector app=\"edge\" }\n"),
        ("to=\"shop:80\"", "to=\"shop:80\" namespace=\"team\""),
        ("\"/x/*\"", "\"/y/*\""),
        ("tls mutual", "tls simple"),
        ("tls mutual", "tls mutual secret=\"other\""),
    ] {
        let project = rendered();
        project.edit("specs/a.kdl", old, new);
        let (outcome, _) = project.render(Holder::Nobody);
        assert!(outcome.waiting.is_empty() && outcome.changes.is_empty(), "{new}");
        project.assert_nothing_to_do();
        let check = project.run_as_operator(&["check"]).ends_with(0);
        assert!(!check.stderr.contains("broken-file"), "{new}: {}", check.said());
    }
}

#[test]
fn files_and_their_order_mean_nothing() {
    let whole = |files: &[(&str, &str)]| {
        let project = Project::new(files.iter().copied());
        let manifests =
            project.build(Holder::Unasked).unwrap_or_else(|e| panic!("{}", project.explain(&e))).manifests;
        manifests
            .into_iter()
            .map(|file| (file.path.as_str().to_owned(), file.text.into_bytes()))
            .collect::<Files>()
    };
    let routing =
        |files: Files| -> Files { files.into_iter().filter(|(path, _)| !path.contains("secret-")).collect() };
    let parts: Vec<&str> = SPEC.split_inclusive('\n').collect();
    let (domain, rest) = (parts[2..6].concat(), [&parts[..2], &parts[6..]].concat());
    let names = ["specs/z.kdl", "specs/b/y.kdl", "specs/a.kdl", "specs/c/d/x.kdl", "specs/q.kdl"];
    let mut split: Vec<(&str, &str)> = names.into_iter().zip(rest).collect();
    split.push(("specs/domain.kdl", &domain));
    let one = routing(whole(&[("specs/spec.kdl", SPEC)]));
    assert_eq!(one, routing(whole(&split)));
    split.reverse();
    assert_eq!(one, routing(whole(&split)));
}

#[test]
fn a_file_of_somebody_else_is_never_written_or_removed() {
    let project = rendered();
    let mine = "kind: ConfigMap\n";
    project.write("out/default/mine.yaml", mine);
    project.write("out/default/copy.yaml", project.read("out/default/gateway-public.yaml"));
    let copy = project.read("out/default/copy.yaml");
    project.edit("specs/a.kdl", "gateway \"public\"\n", "gateway \"public\" namespace=\"edge\"\n");
    project.render(Holder::Nobody);
    assert_eq!(project.read("out/default/mine.yaml"), mine);
    assert_eq!(project.read("out/default/copy.yaml"), copy);
    assert!(!project.exists("out/default/gateway-public.yaml"), "ours is pruned");
    project.remove("out/edge/gateway-public.yaml");
    project.write("out/edge/gateway-public.yaml", mine);
    assert_eq!(project.refusal(Holder::Nobody), ["foreign-file"]);
    project.run(&["render"]).ends_with(4);
    assert_eq!(project.read("out/edge/gateway-public.yaml"), mine);
}

#[test]
fn a_tree_is_emptied_only_when_asked() {
    let project = rendered();
    let before = project.tree();
    project.write("specs/a.kdl", "authority \"root\"\n");
    let ran = project.run(&["render"]).ends_with(2);
    assert!(ran.stderr.contains("empty-tree"), "{}", ran.said());
    assert_eq!(project.tree(), before);
    project.run(&["render", "--allow-empty"]).ends_with(0);
    assert!(project.tree().keys().all(|path| !path.starts_with("out/") || path == "out/kustomization.yaml"));
}

#[test]
fn no_private_key_is_anywhere_in_the_clear() {
    let project = rendered();
    let ran = project.run_as_operator(&["rotate", "host", "shop.example.com", "-v"]).ends_with(0);
    let mut all = ran.said();
    for (_, bytes) in project.tree() {
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(!all.contains("PRIVATE KEY") && !all.contains("AGE-SECRET-KEY"));
    // The start of a PKCS#8 key in PEM, at each of the three places it can have in base64.
    for head in ["LS0tLS1CRUdJTiBQUklWQVRF", "tLS0tQkVHSU4gUFJJVkFURS", "0tLS0tQkVHSU4gUFJJVkFUR"] {
        assert!(!all.contains(head));
    }
}
