//! What is wrong with objects of a spec of which something else is refused: all mistakes are told in one run.

use std::collections::BTreeSet;

use crate::diag::{Report, Severity};
use crate::manifest;
use crate::model::{Host, Project, Route};
use crate::render::Templates;
use crate::resource::{self, Resource, Tree, Value};
use crate::schema::Table;
use crate::schema::conform::Conform;
use crate::spec::lost::Lost;
use crate::spec::{Span, Spec};

use super::conformity::with_parts;

/// What is wrong with objects that could be read whole, and with what is said in schema words of all others. `said` is what
/// the spec is refused for; `templates` whether the user has templates, which may change what objects say to each other.
#[must_use]
pub fn unfinished(spec: &Spec, project: &Project, table: &Table, said: &Report, templates: bool) -> Report {
    let (resources, mut report) = resource::unfinished(project);
    let nodes = Nodes::of(spec, said);
    let is_lost = |host: &&Host| host.routes.iter().flat_map(|routes| &routes.routes).any(Route::is_lost);
    let lost: BTreeSet<&str> =
        project.hosts.iter().filter(is_lost).map(|host| host.name.value.as_str()).collect();
    let leads = |resource: &Resource| resource.word != "host" || !lost.contains(resource.name.as_str());
    let resources = resources.into_iter().filter(leads);
    let whole = resources.filter_map(|resource| nodes.whole(resource));
    let manifests = manifest::unrendered(whole, &mut report);
    if !templates {
        // What seems to be missing may be among what is refused.
        let between = manifest::findings_between(project, &manifests, None);
        let sure = between.findings().iter().filter(|finding| finding.severity == Severity::Error);
        sure.for_each(|finding| report.push(finding.clone()));
    }
    if let Ok(templates) = Templates::new("templates", Vec::new()) {
        let conform = Conform::new(table, project.istio.value);
        report.extend(with_parts(&conform, &manifests, &templates, &spec.parts()));
    }
    report
}

/// The nodes of a spec: where each begins, and whether something in it is refused.
struct Nodes(Vec<(Span, bool)>);

impl Nodes {
    fn of(spec: &Spec, said: &Report) -> Self {
        let inside = spec.domains.iter().flat_map(|domain| &domain.hosts);
        let mut words: Vec<Span> = spec.gateways.iter().map(|node| node.word).collect();
        words.extend(spec.authorities.iter().map(|node| node.word));
        words.extend(spec.domains.iter().map(|node| node.word));
        words.extend(spec.hosts.iter().chain(inside).map(|node| node.word));
        words.extend(spec.routes.iter().map(|node| node.word));
        words.extend(spec.certificates.iter().map(|node| node.word));
        words.extend(spec.clients.iter().map(|node| node.word));
        words.extend(spec.services.iter().map(|node| node.word));
        words.extend(spec.objects.iter().map(|node| node.word));
        let lost = spec.lost.iter().filter_map(Lost::place);
        let read = words.into_iter().map(|word| (word, spec.is_damaged(word)));
        let mut nodes = Self(read.chain(lost.map(|word| (word, true))).collect());
        nodes.0.sort_unstable();
        let errors = said.findings().iter().filter(|finding| finding.severity == Severity::Error);
        for label in errors.flat_map(|finding| &finding.labels) {
            if let Some((_, refused)) = nodes.at(label.span).and_then(|i| nodes.0.get_mut(i)) {
                *refused = true;
            }
        }
        nodes
    }

    /// The node in which a place lies.
    fn at(&self, place: Span) -> Option<usize> {
        let begins = |word: &Span| (word.source, word.start) <= (place.source, place.start);
        let i = self.0.partition_point(|(word, _)| begins(word)).checked_sub(1)?;
        self.0.get(i).is_some_and(|(word, _)| word.source == place.source).then_some(i)
    }

    /// An object if nothing is refused in all nodes that made it; of a Gateway, which many hosts share, the servers of which
    /// that is true.
    fn whole(&self, mut resource: Resource) -> Option<Resource> {
        if self.all_hold(&resource.tree) {
            return Some(resource);
        }
        let own = resource.word == "gateway";
        let Value::List(servers) = &mut resource.tree.at_mut(&["spec", "servers"])?.value else {
            return None;
        };
        servers.retain(|server| self.all_hold(server));
        (own && !servers.is_empty()).then_some(resource)
    }

    fn all_hold(&self, tree: &Tree) -> bool {
        let is_refused =
            |span| self.at(span).and_then(|i| self.0.get(i)).is_some_and(|(_, refused)| *refused);
        !tree.origin.spans().any(is_refused)
            && match &tree.value {
                Value::List(items) => items.iter().all(|item| self.all_hold(item)),
                Value::Map(fields) => fields.iter().all(|field| self.all_hold(&field.tree)),
                _ => true,
            }
    }
}
