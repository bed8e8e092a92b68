//! `service` → Istio `DestinationRule`.

use super::Tree;
use super::{Resource, ResourceId, layer, metadata};
use crate::diag::Report;
use crate::model::{Project, Service, Subset};
use crate::spec::Origin;
use crate::spec::node::Layer;

/// The DestinationRules of all services.
pub(super) fn all(project: &Project, report: &mut Report) -> Vec<Resource> {
    project.services.iter().map(|service| one(service, report)).collect()
}

fn one(service: &Service, report: &mut Report) -> Resource {
    let origin = Origin::spec(service.word);
    let mut spec = Tree::map(&origin).with("host", Tree::traced(&service.host));
    if !service.subsets.is_empty() {
        spec = spec.with(
            "subsets",
            Tree::list(service.subsets.iter().map(|one| subset(one, report)).collect(), &origin),
        );
    }
    laid(&mut spec, &service.layer, report);
    let mut tree = metadata::known(
        "networking.istio.io/v1",
        "DestinationRule",
        Tree::traced(&service.name),
        Tree::traced(&service.namespace),
        &origin,
    )
    .with("spec", spec);
    layer::metadata(&mut tree, &service.metadata, report);
    layer::door(&mut tree, service.door.as_ref(), report);
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

/// Lays schema words over an object with a `trafficPolicy`, whose fields may be said beside it.
fn laid(tree: &mut Tree, said: &Layer, report: &mut Report) {
    layer::fields(tree, &said.fields, report);
    layer::at(tree, "trafficPolicy", &said.through, report);
}

fn subset(subset: &Subset, report: &mut Report) -> Tree {
    let origin = &subset.name.origin;
    let mut labels = Tree::map(origin);
    for (key, value) in &subset.labels {
        labels =
            labels.with(key.value.clone(), Tree::string(value.value.clone(), &key.origin.and(&value.origin)));
    }
    let mut tree = Tree::map(origin).with("name", Tree::traced(&subset.name)).with("labels", labels);
    laid(&mut tree, &subset.layer, report);
    tree
}
