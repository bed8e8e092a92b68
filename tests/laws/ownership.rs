//! Only what Gatewright wrote, where it wrote it, is replaced or removed; and never all of it unasked.

use std::os::unix::fs::symlink;

use crate::support::project::{Holder, Project, differing};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "corp"
gateway "public"
host "shop.example.com" authority="corp" gateway="public" to="shop:80"
host "wiki.example.com" authority="corp" gateway="public" to="wiki:80"
service "shop" { subset "v1" version="v1" }
"#;

const WIKI: &str = "out/default/virtualservice-wiki.example.com.yaml";

fn rendered() -> Project {
    let project = Project::of(SPEC);
    project.render(Holder::Operator);
    project
}

fn drop_wiki(project: &Project) {
    project.edit(
        FILE,
        "host \"wiki.example.com\" authority=\"corp\" gateway=\"public\" to=\"wiki:80\"\n",
        "",
    );
}

#[test]
fn a_file_of_somebody_else_is_never_overwritten() {
    for (path, text) in [
        (WIKI, "apiVersion: v1\n"),
        (WIKI, "# gatewright: host \"wiki.example.com\" -> default/virtualservice-other.yaml\nkind: X\n"),
        ("out/default/kustomization.yaml", "resources: []\n"),
        ("out/kustomization.yaml", "# mine\n"),
    ] {
        let project = Project::of(SPEC);
        project.write(path, text);
        assert_eq!(project.refusal(Holder::Operator), ["foreign-file"], "{path}");
        project.run(&["render"]).ends_with(4);
        assert_eq!(project.read(path), text);
        assert_eq!(project.tree().len(), 1, "nothing else was written");
    }
    let project = Project::of(SPEC);
    project.write("pki/corp/1.crt", "my own notes\n");
    project.run(&["render"]).ends_with(4);
    assert_eq!(project.read("pki/corp/1.crt"), "my own notes\n");
}

#[test]
fn what_is_not_wanted_any_more_goes_and_nothing_else() {
    let project = rendered();
    let mine = [
        ("out/default/notes.yaml", "# my own\n".to_owned()),
        ("out/default/kept/virtualservice-wiki.example.com.yaml", project.read(WIKI)),
        ("out/copy.yaml", project.read(WIKI)),
        ("out/default/virtualservice-wiki.example.com.yaml.orig", project.read(WIKI)),
        ("out/mine/gateway-x.yaml", "kind: Gateway\n".to_owned()),
        ("pki/corp/notes.txt", "where the backup is\n".to_owned()),
        ("pki/mine/root.key.sops.yaml.bak", "x\n".to_owned()),
    ];
    for (path, text) in &mine {
        project.write(path, text);
    }
    drop_wiki(&project);
    let before = project.tree();
    project.render(Holder::Unasked);
    assert_eq!(
        differing(&before, &project.tree()),
        [
            "out/default/gateway-public.yaml",
            "out/default/kustomization.yaml",
            WIKI,
            "out/istio-system/kustomization.yaml",
            "out/istio-system/secret-wiki.example.com-tls.sops.yaml",
        ]
    );
    for (path, text) in &mine {
        assert_eq!(project.read(path), *text);
    }
}

#[test]
fn a_file_whose_mark_was_taken_off_is_the_users_own() {
    let project = rendered();
    let text = project.read(WIKI);
    project.write(WIKI, text.split_once('\n').unwrap().1);
    drop_wiki(&project);
    project.render(Holder::Unasked);
    assert!(project.exists(WIKI));
}

#[test]
fn a_namespace_that_empties_goes_with_its_list() {
    let project = Project::of(&SPEC.replace("to=\"wiki:80\"", "to=\"wiki:80\" namespace=\"team-wiki\""));
    project.render(Holder::Operator);
    assert!(project.exists("out/team-wiki/kustomization.yaml"));
    let text = project.read(FILE).replace(" namespace=\"team-wiki\"", "");
    project.write(FILE, text);
    project.render(Holder::Unasked);
    assert!(!project.exists("out/team-wiki"));
    assert!(!project.read("out/kustomization.yaml").contains("team-wiki"));
}

#[test]
fn a_tree_is_never_emptied_unasked() {
    for emptied in ["", "authority \"corp\"\n", "authority \"corp\"\ngateway \"public\"\n"] {
        let project = rendered();
        let before = project.tree();
        project.write(FILE, emptied);
        assert_eq!(project.refusal(Holder::Unasked), ["empty-tree"], "{emptied:?}");
        project.run(&["render"]).ends_with(2);
        project.run(&["check"]).ends_with(2);
        assert!(differing(&before, &project.tree()).is_empty());
        project.run(&["render", "--allow-empty"]).ends_with(0);
        let left: Vec<_> = project.tree().into_keys().collect();
        assert!(
            left.iter().all(|path| path.starts_with("pki/") || path.ends_with("kustomization.yaml")),
            "{left:?}"
        );
        assert!(left.contains(&"pki/corp/1.key.sops.yaml".to_owned()), "authorities are never removed");
    }
}

#[test]
fn nothing_is_read_or_written_through_a_link() {
    let project = rendered();
    let outside = project.home().join("elsewhere.yaml");
    std::fs::write(&outside, "mine\n").unwrap();
    project.remove(WIKI);
    symlink(&outside, project.root().join(WIKI)).unwrap();
    project.run(&["render"]).ends_with(4);
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "mine\n");
}

#[test]
fn what_was_changed_by_hand_is_written_again() {
    let project = rendered();
    let before = project.tree();
    let changed = project.read(WIKI).replace("wiki:80", "evil:80").replace("wiki.default", "evil.default");
    project.write(WIKI, changed);
    project.remove("out/default/kustomization.yaml");
    project.run(&["check"]).ends_with(1);
    project.run(&["render"]).ends_with(0);
    assert!(differing(&before, &project.tree()).is_empty());
}
