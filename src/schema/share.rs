//! Equal types are stored once, and every type gets a name.

use std::collections::{BTreeMap, HashMap};

use super::table::{Field, Form, Kind, List, Map, Shape, Table, Type, TypeId};
use super::text::shape_text;

impl Table {
    /// The same table with equal types once, types in the order in which kinds reach them, and with names. The root of a
    /// kind is shared with nothing, because it gets what every object has.
    #[must_use]
    pub fn shared(&self) -> Self {
        let mut sharing =
            Sharing { table: self, done: BTreeMap::new(), known: HashMap::new(), types: Vec::new() };
        let (mut kinds, mut others) = (self.kinds.clone(), self.others.clone());
        for (i, kind) in kinds.iter_mut().chain(&mut others).enumerate() {
            kind.root = sharing.of(kind.root, Some(&format!("{} {i}", kind.name)));
        }
        let by_name = |a: &Kind, b: &Kind| (&a.group, &a.name).cmp(&(&b.group, &b.name));
        kinds.sort_by(by_name);
        others.sort_by(by_name);
        let mut naming =
            Naming { old: sharing.types, ids: BTreeMap::new(), taken: BTreeMap::new(), new: Vec::new() };
        for kind in kinds.iter_mut().chain(&mut others) {
            kind.root = naming.of(kind.root, &kind.name, &kind.name);
        }
        Self { kinds, others, types: naming.new, asked: self.asked.clone(), ..Self::default() }
    }
}

struct Sharing<'t> {
    table: &'t Table,
    done: BTreeMap<TypeId, TypeId>,
    known: HashMap<String, TypeId>,
    types: Vec<Type>,
}

impl Sharing<'_> {
    fn of(&mut self, id: TypeId, kind: Option<&str>) -> TypeId {
        if let Some(done) = self.done.get(&id) {
            return *done;
        }
        let ty = self.table.ty(id);
        let fields = ty.fields.iter().map(|field| Field { shape: self.shape(&field.shape), ..field.clone() });
        let ty = Type { fields: fields.collect(), name: Box::default(), ..ty.clone() };
        let key = format!("{kind:?} {}", key(&ty));
        let next = TypeId(self.types.len() as u32);
        let shared = *self.known.entry(key).or_insert(next);
        if shared == next {
            self.types.push(ty);
        }
        self.done.insert(id, shared);
        shared
    }

    fn shape(&mut self, shape: &Shape) -> Shape {
        map_types(shape, &mut |id| self.of(id, None))
    }
}

/// All that a type says, its types by their numbers.
fn key(ty: &Type) -> String {
    let mut patterns = BTreeMap::new();
    let name = |id: TypeId| format!("#{}", id.0);
    let fields = ty.fields.iter().map(|field| {
        let shape = shape_text(&field.shape, &name, &mut patterns);
        format!("{} {shape} {} {:?} {:?}", field.name, field.required, field.default, field.since)
    });
    let fields: Vec<String> = fields.collect();
    format!("{:?} {:?} {} {fields:?}", ty.wrap, ty.groups, ty.open)
}

struct Naming {
    old: Vec<Type>,
    ids: BTreeMap<TypeId, TypeId>,
    /// How often a name was given.
    taken: BTreeMap<String, usize>,
    new: Vec<Type>,
}

impl Naming {
    /// The new id of a type, which is called after the field that first led to it.
    fn of(&mut self, id: TypeId, field: &str, kind: &str) -> TypeId {
        if let Some(new) = self.ids.get(&id) {
            return *new;
        }
        let new = TypeId(self.new.len() as u32);
        self.ids.insert(id, new);
        let ty = self.old[id.0 as usize].clone();
        let name = self.name(field, kind);
        self.new.push(Type { name, ..Type::default() });
        let mut fields = Vec::new();
        for field in ty.fields {
            let shape = map_types(&field.shape, &mut |id| self.of(id, &field.name, kind));
            fields.push(Field { shape, ..field });
        }
        let name = std::mem::take(&mut self.new[new.0 as usize].name);
        self.new[new.0 as usize] = Type { name, fields, ..ty };
        new
    }

    fn name(&mut self, field: &str, kind: &str) -> Box<str> {
        let plain: String = field.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut chars = plain.chars();
        let mut name: String =
            chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect();
        if name == "Spec" {
            name = format!("{kind}Spec");
        }
        let count = self.taken.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 { format!("{name}.{count}").into() } else { name.into() }
    }
}

/// The shape with other types in place of its own.
pub(super) fn map_types(shape: &Shape, of: &mut dyn FnMut(TypeId) -> TypeId) -> Shape {
    let form = match &shape.form {
        Form::Object(id) => Form::Object(of(*id)),
        Form::List(list) => {
            Form::List(Box::new(List { item: map_types(&list.item, of), ..(**list).clone() }))
        }
        Form::Map(map) => Form::Map(Box::new(Map { value: map_types(&map.value, of), ..(**map).clone() })),
        other => other.clone(),
    };
    Shape { form, ..shape.clone() }
}
