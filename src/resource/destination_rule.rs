//! `service` → Istio `DestinationRule`.

use super::Tree;
use super::{Resource, ResourceId, metadata};
use crate::model::{Project, Service, Subset};
use crate::spec::Origin;

/// The DestinationRules of all services.
pub(super) fn all(project: &Project) -> Vec<Resource> {
    project.services.iter().map(one).collect()
}

fn one(service: &Service) -> Resource {
    let origin = Origin::spec(service.word);
    let mut spec = Tree::map(&origin).with("host", Tree::traced(&service.host));
    if !service.subsets.is_empty() {
        spec = spec.with("subsets", Tree::list(service.subsets.iter().map(subset).collect(), &origin));
    }
    let tree = metadata::known(
        "networking.istio.io/v1",
        "DestinationRule",
        Tree::traced(&service.name),
        Tree::traced(&service.namespace),
        &origin,
    )
    .with("spec", spec);
    Resource {
        id: ResourceId {
            namespace: Some(service.namespace.value.to_string()),
            group: "networking.istio.io".into(),
            kind: "DestinationRule".into(),
            name: service.name.value.to_string(),
        },
        word: "service".into(),
        name: service.name.value.to_string(),
        tree,
    }
}

fn subset(subset: &Subset) -> Tree {
    let origin = &subset.name.origin;
    let mut labels = Tree::map(origin);
    for (key, value) in &subset.labels {
        labels =
            labels.with(key.value.clone(), Tree::string(value.value.clone(), &key.origin.and(&value.origin)));
    }
    Tree::map(origin).with("name", Tree::traced(&subset.name)).with("labels", labels)
}
