//! Fields of one object that can't stand together, whoever asks it: the schema, one of its rules, or istiod.

use crate::diag::suggest::list;
use crate::schema::{Field, Kind, Type, cel, overlay};

/// What can't stand together in an object.
pub(super) struct Apart<'t> {
    /// Groups of which at most one may be there.
    each: Vec<Vec<&'t str>>,
    /// Fields that can't stand beside any of some others.
    from: Vec<(&'t str, &'t [&'t str])>,
}

impl<'t> Apart<'t> {
    /// What is known of the object at the end of a way.
    pub(super) fn of(kind: &Kind, way: &[&'t Field], ty: &'t Type) -> Self {
        let mut found = Self { each: Vec::new(), from: Vec::new() };
        found.each.extend(ty.groups.iter().map(|group| group.iter().map(|name| &**name).collect()));
        let rules = way.last().map(|field| field.shape.innermost().rules.as_slice()).unwrap_or_default();
        let by_rule = rules.iter().filter_map(|rule| cel::exclusive(*rule));
        found.each.extend(by_rule.map(|(fields, _)| fields.to_vec()));
        let names = way.iter().map(|field| &*field.name);
        found.each.extend(overlay::one_of(&kind.group, &kind.name, names.clone()).map(<[_]>::to_vec));
        for apart in overlay::apart(&kind.group, &kind.name, names) {
            match apart {
                overlay::Apart::Each(fields) => found.each.push(fields.to_vec()),
                overlay::Apart::From(one, others) => found.from.push((one, others)),
            }
        }
        found
    }

    /// The fields that can't stand beside one.
    pub(super) fn beside(&self, name: &str) -> Vec<&'t str> {
        let mut found: Vec<&str> = Vec::new();
        let each = self.each.iter().filter(|group| group.contains(&name)).flatten().copied();
        let from = self.from.iter().flat_map(|(one, others)| {
            let after: &[&str] = if *one == name { others } else { &[] };
            let before = others.contains(&name).then_some(*one);
            after.iter().copied().chain(before)
        });
        for other in each.chain(from).filter(|other| *other != name) {
            if !found.contains(&other) {
                found.push(other);
            }
        }
        found
    }

    /// A sentence for each group, in a spec's words.
    pub(super) fn notes(&self, ty: &Type) -> Vec<String> {
        let words = |names: &[&str]| -> Vec<String> {
            let fields = names.iter().filter_map(|name| ty.field(name));
            fields.map(|field| format!("`{}`", field.word)).collect()
        };
        let each = self.each.iter().map(|group| format!("At most one of {}.", list(&words(group), "and")));
        let from = self.from.iter().map(|(one, others)| {
            format!("{} can't stand beside {}.", words(&[one]).concat(), list(&words(others), "or"))
        });
        each.chain(from).collect()
    }
}
