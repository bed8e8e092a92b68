//! Whole objects of the spec → the same, with a name, a namespace and our label.

use super::{Resource, ResourceId, Tree, layer, metadata};
use crate::diag::Report;
use crate::model::{Object, Project};
use crate::spec::Origin;

/// All objects that the spec says field by field.
pub(super) fn all(project: &Project, report: &mut Report) -> Vec<Resource> {
    project.objects.iter().map(|object| one(object, report)).collect()
}

fn one(object: &Object, report: &mut Report) -> Resource {
    let origin = Origin::spec(object.word).and(&object.kind.origin);
    let mut tree = metadata::object(
        Tree::traced(&object.api_version),
        Tree::traced(&object.kind),
        Tree::traced(&object.name),
        object.namespace.as_ref().map(Tree::traced),
        &origin,
    );
    layer::metadata(&mut tree, &object.content.metadata, report);
    for field in &object.content.fields {
        tree = tree.with(field.name.clone(), field.tree.clone());
    }
    Resource {
        id: ResourceId {
            namespace: object.namespace.as_ref().map(|namespace| namespace.value.to_string()),
            group: object.group().to_owned().into(),
            kind: object.kind.value.clone().into(),
            name: object.name.value.to_string(),
        },
        word: object.called.clone().into(),
        name: object.name.value.to_string(),
        tree,
    }
}
