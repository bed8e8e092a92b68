//! Every field that a kind has, with the way to it.

use super::table::{Field, Form, Table, TypeId};

/// How deep fields are looked for.
const DEEPEST: usize = 8;

impl Table {
    /// Shows every way of fields from a type on, each field before those below it, no type within itself. What stands below a
    /// field is looked at only if `see` says so.
    pub(crate) fn each_way<'t>(&'t self, root: TypeId, see: &mut dyn FnMut(&[&'t Field]) -> bool) {
        self.ways(root, &mut Vec::new(), &mut vec![root], see);
    }

    fn ways<'t>(
        &'t self,
        id: TypeId,
        way: &mut Vec<&'t Field>,
        open: &mut Vec<TypeId>,
        see: &mut dyn FnMut(&[&'t Field]) -> bool,
    ) {
        for field in &self.ty(id).fields {
            way.push(field);
            if see(way)
                && let Form::Object(inner) = field.shape.innermost().form
                && !open.contains(&inner)
                && way.len() < DEEPEST
            {
                open.push(inner);
                self.ways(inner, way, open, see);
                open.pop();
            }
            way.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::built_in;

    #[test]
    fn fields_come_before_what_is_below_them() {
        let table = built_in();
        let kind = table.kind("networking.istio.io", "", "VirtualService").unwrap();
        let ways = |depth: usize| {
            let mut found = Vec::new();
            table.each_way(kind.root, &mut |way| {
                found.push(way.iter().map(|field| &*field.name).collect::<Vec<_>>().join("."));
                way.len() < depth
            });
            found
        };
        assert_eq!(ways(1), ["apiVersion", "kind", "metadata", "spec"]);
        let deep = ways(usize::MAX);
        let at = |way: &str| deep.iter().position(|found| found == way);
        assert!(at("spec.http") < at("spec.http.retries") && at("spec.http.retries.attempts").is_some());
        assert!(ways(2).iter().all(|way| deep.contains(way)));
    }
}
