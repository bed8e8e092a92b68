//! From a line of a rendered file to the value that stands there, and from there to its tree.

use super::read::{Node, Shape, read};
use crate::resource::PathStep;

/// The path of the value on a line (from 1) of a rendered YAML file: the field whose key stands there, or the item. Where
/// several start on a line, as in `[a, b]`, it is what holds them. `None` for comments, blank lines, and text that is not YAML.
#[must_use]
pub fn locate(text: &str, line: usize) -> Option<Vec<PathStep>> {
    let documents = read(text).ok()?;
    documents.iter().find_map(|document| {
        let mut path = Vec::new();
        within(document, line, &mut path).then_some(path)
    })
}

/// The children of a node: the step to each, and the line of its key or dash.
fn children(node: &Node) -> Vec<(PathStep, usize, &Node)> {
    match &node.shape {
        Shape::Scalar { .. } => Vec::new(),
        Shape::List { items, .. } => {
            items.iter().enumerate().map(|(i, item)| (PathStep::Index(i), item.line, item)).collect()
        }
        Shape::Map { entries, .. } => entries
            .iter()
            .map(|entry| (PathStep::Field(entry.key.clone()), entry.line, &entry.node))
            .collect(),
    }
}

/// Adds the steps from a node to what stands on the line; whether there is anything of it on that line.
fn within(node: &Node, line: usize, path: &mut Vec<PathStep>) -> bool {
    let children = children(node);
    let mut here = children.iter().filter(|(_, at, _)| *at == line);
    if let Some((step, _, child)) = here.next() {
        if here.next().is_none() {
            path.push(step.clone());
            within(child, line, path);
        }
        return true;
    }
    let before = children.iter().rev().find(|(_, at, child)| *at < line && line <= child.last);
    if let Some((step, _, child)) = before {
        path.push(step.clone());
        if within(child, line, path) {
            return true;
        }
        path.pop();
    }
    match node.shape {
        Shape::Scalar { .. } | Shape::List { flow: true, .. } | Shape::Map { flow: true, .. } => {
            node.line <= line && line <= node.last
        }
        Shape::List { flow: false, .. } | Shape::Map { flow: false, .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::path_text;

    const TEXT: &str = "\
# gatewright: gateway \"a\" -> a.yaml
metadata:
  labels:
    app.kubernetes.io/name: x
spec:
  servers:
    - port:
        number: 443
      hosts: [a, b]

      # a comment
      tls: {mode: SIMPLE}
    -
      hosts:
        - c
        - - d
      text: |
        one

        three
      more: [
        e
      ]
";

    #[test]
    fn each_line_answers_with_the_value_on_it() {
        let expected = [
            (1, None),
            (2, Some("metadata")),
            (3, Some("metadata.labels")),
            (4, Some("metadata.labels[\"app.kubernetes.io/name\"]")),
            (5, Some("spec")),
            (6, Some("spec.servers")),
            (7, Some("spec.servers[0].port")),
            (8, Some("spec.servers[0].port.number")),
            (9, Some("spec.servers[0].hosts")),
            (10, None),
            (11, None),
            (12, Some("spec.servers[0].tls.mode")),
            (14, Some("spec.servers[1].hosts")),
            (15, Some("spec.servers[1].hosts[0]")),
            (16, Some("spec.servers[1].hosts[1][0]")),
            (17, Some("spec.servers[1].text")),
            (18, Some("spec.servers[1].text")),
            (19, Some("spec.servers[1].text")),
            (20, Some("spec.servers[1].text")),
            (21, Some("spec.servers[1].more")),
            (22, Some("spec.servers[1].more[0]")),
            (23, Some("spec.servers[1].more")),
            (24, None),
            (99, None),
        ];
        for (line, path) in expected {
            assert_eq!(locate(TEXT, line).map(|path| path_text(&path)).as_deref(), path, "line {line}");
        }
        assert_eq!(locate("a: [", 1), None);
        assert_eq!(locate("a: 1\n---\nb: 2\n", 3), Some(vec![PathStep::Field("b".to_owned())]));
    }
}
