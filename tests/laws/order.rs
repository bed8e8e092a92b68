//! Files have no order and their names mean nothing: however the nodes of a spec are spread, the tree is the same.

use crate::golden;
use crate::support::mask::masked;
use crate::support::project::{Files, Holder, differing};

/// The top-level nodes of a spec, each with the comments before it.
fn nodes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut node = String::new();
    let mut depth = 0_i32;
    for line in text.lines() {
        node.push_str(line);
        node.push('\n');
        let code = line.trim_start().split("// ").next().unwrap_or_default();
        depth += code.matches('{').count() as i32 - code.matches('}').count() as i32;
        if depth == 0 && !code.trim().is_empty() {
            found.push(std::mem::take(&mut node));
        }
    }
    assert_eq!(depth, 0);
    found
}

fn tree(scenario: &str, files: &[(String, String)]) -> Files {
    let project = golden::with_files(scenario, files);
    project.render(Holder::Operator);
    let text = |bytes: Vec<u8>| masked(&String::from_utf8(bytes).unwrap()).into_bytes();
    project.tree().into_iter().map(|(path, bytes)| (path, text(bytes))).collect()
}

/// Deals nodes to so many files, turned and reversed so that both the order in a file and that of files differ.
fn deal(nodes: &[String], files: usize, turn: usize) -> Vec<(String, String)> {
    let mut dealt = vec![String::new(); files];
    for i in 0..nodes.len() {
        let node = &nodes[(nodes.len() - 1 - i + turn) % nodes.len()];
        dealt[(i * 7 + turn) % files].push_str(node);
    }
    let name = |i: usize| format!("specs/{}/{}.kdl", ["z", "a/b", "m"][(i + turn) % 3], files - i);
    dealt.into_iter().enumerate().map(|(i, text)| (name(i), text)).collect()
}

#[test]
fn the_order_and_the_names_of_files_mean_nothing() {
    for scenario in golden::scenarios() {
        let written = golden::written(&scenario);
        let (specs, others): (Vec<_>, Vec<_>) =
            written.into_iter().partition(|(path, _)| path.starts_with("specs/"));
        let all: Vec<String> = specs.iter().flat_map(|(_, text)| nodes(text)).collect();
        let expected = tree(&scenario, &[specs, others.clone()].concat());
        for (files, turn) in [(2, 0), (all.len(), 2)] {
            let mut files = deal(&all, files, turn);
            files.extend(others.iter().cloned());
            let found = tree(&scenario, &files);
            assert_eq!(differing(&expected, &found), [""; 0], "{scenario}: {files:#?}");
        }
    }
}

#[test]
fn nodes_are_split_with_their_blocks() {
    let text = "// about a\na \"x\" {\n  b\n}\n\nc { d }\n";
    assert_eq!(nodes(text), ["// about a\na \"x\" {\n  b\n}\n", "\nc { d }\n"]);
}
