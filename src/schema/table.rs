//! What Kubernetes accepts, as data: kinds, types, fields. Names in here are exact (`httpsRedirect`); `word` is how a spec
//! writes them (`https-redirect`).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::share::map_types;
use super::version::Version;
use super::word::kebab;

/// The core's name for `metadata`.
const OBJECT_META: &str = "ObjectMeta";

/// Kinds and the types below them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    pub(super) kinds: Vec<Kind>,
    /// The same kinds in versions of another schema, which a spec says with `api`.
    pub(super) others: Vec<Kind>,
    pub(super) types: Vec<Type>,
    /// Kinds of the user's own whose definitions can't be read: nothing is told of what is said of them.
    pub(super) lost: Vec<Box<str>>,
    /// The texts of rules of the user's own kinds; those that are built in are known by their ids.
    pub(super) asked: BTreeMap<RuleId, String>,
}

/// A kind of object in a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// The API group, empty for the core.
    pub group: Box<str>,
    /// The kind, as `VirtualService`.
    pub name: Box<str>,
    /// How a spec writes it, as `virtual-service`.
    pub word: Box<str>,
    /// Its served versions that have this schema, the one to write first.
    pub versions: Vec<Box<str>>,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// The whole object with `apiVersion`, `kind`, `metadata`; without `status`.
    pub root: TypeId,
    /// The releases that the schema knows, oldest first, if the product has releases that a project can hold to.
    pub releases: Vec<Version>,
}

/// A type of one [`Table`]; of no use with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(super) u32);

/// An object with known fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Type {
    /// A name for people who read the table; it means nothing.
    pub name: Box<str>,
    /// Its fields, by exact name.
    pub fields: Vec<Field>,
    /// The field that the object stands for where a spec writes a value in its place: `port=9080` is `port {number: 9080}`.
    /// It is the only field that the type had when it came into the table, and no list or object.
    pub wrap: Option<Box<str>>,
    /// Fields of which at most one may be there, a group each.
    pub groups: Vec<Vec<Box<str>>>,
    /// Whether fields that the type does not list are kept by the API server.
    pub open: bool,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The exact name, as `httpsRedirect`.
    pub name: Box<str>,
    /// How a spec writes it, as `https-redirect`.
    pub word: Box<str>,
    /// What it holds.
    pub shape: Shape,
    /// Whether the API server refuses an object without it.
    pub required: bool,
    /// What the API server puts in its place when it is missing, as JSON.
    pub default: Option<Box<str>>,
    /// The release that brought it, if that is not the oldest that the table knows.
    pub since: Option<Version>,
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Its form with limits.
    pub form: Form,
    /// Whether `null` may stand for it.
    pub nullable: bool,
    /// What a number must be a multiple of.
    pub multiple: Option<f64>,
    /// The only values that there are, where the form is none of words; empty if there are no such limits.
    pub only: Vec<Json>,
    /// What else is asked of it, by the ids that [`super::cel`] knows.
    pub rules: Vec<RuleId>,
}

/// The form of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// `true` or `false`
    Bool,
    /// A whole number.
    Int(Limits<i64>),
    /// Any number.
    Number(Limits<f64>),
    /// A string.
    Text(Text),
    /// One of these strings.
    Enum(Vec<Choice>),
    /// A whole number or a string, as a port's `targetPort`.
    IntOrString,
    /// A list.
    List(Box<List>),
    /// An object whose keys the user names.
    Map(Box<Map>),
    /// An object with known fields.
    Object(TypeId),
    /// An object of which nothing is known, as an EnvoyFilter's `value`.
    AnyObject,
    /// Any JSON.
    Any,
}

/// From and to, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits<T> {
    /// The least.
    pub min: Option<T>,
    /// The most.
    pub max: Option<T>,
}

/// Limits of a string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// How many characters.
    pub length: Limits<u64>,
    /// A regular expression that matches somewhere in it.
    pub pattern: Option<Box<str>>,
    /// A format that the API server checks, as `date-time` or `byte`.
    pub format: Option<Box<str>>,
}

/// One value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The exact value.
    pub value: Box<str>,
    /// The release that brought it, if that is not the oldest that the table knows.
    pub since: Option<Version>,
}

/// Limits of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// What each item may be.
    pub item: Shape,
    /// How many items.
    pub length: Limits<u64>,
    /// What no two items may have in common.
    pub unique: Unique,
}

/// What no two items of a list may have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unique {
    /// Nothing: equal items are fine.
    No,
    /// The whole value.
    Item,
    /// These fields, together.
    Keys(Vec<Box<str>>),
}

/// Limits of an object whose keys the user names.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// What each value may be.
    pub value: Shape,
    /// How many entries.
    pub length: Limits<u64>,
}

/// A rule beyond form and limits: the first 8 hex digits of the SHA-256 of its text, so that a rule that changes is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

impl RuleId {
    /// The rule of a length of time: `duration(self) >= duration('1ms')`.
    pub const DURATION: Self = Self(0xb285_c881);
    /// The rule of a port: `0 < self && self <= 65535`.
    pub const PORT: Self = Self(0x3bf4_e859);
}

impl Table {
    /// All kinds, by group and name, in the version to write.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// All types.
    #[must_use]
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The type of an id that this table gave out.
    #[must_use]
    pub fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// The text of a rule of a kind of the user's own: `word: value` for a word of a schema, or CEL.
    #[must_use]
    pub fn asked(&self, rule: RuleId) -> Option<&str> {
        self.asked.get(&rule).map(String::as_str)
    }

    /// A kind by its exact names. `version` may be empty for the one to write.
    #[must_use]
    pub fn kind(&self, group: &str, version: &str, name: &str) -> Option<&Kind> {
        self.kinds.iter().chain(&self.others).find(|kind| {
            *kind.name == *name
                && *kind.group == *group
                && (version.is_empty() || kind.versions.iter().any(|served| **served == *version))
        })
    }

    /// The kind that an object says it is, from its `apiVersion` and `kind`.
    #[must_use]
    pub fn kind_of(&self, api_version: &str, name: &str) -> Option<&Kind> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.kind(group, version, name)
    }

    /// The kinds that a spec writes so; more than one where two groups have it, as `gateway`.
    pub fn kinds_by_word<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a Kind> {
        self.kinds.iter().filter(move |kind| *kind.word == *word)
    }

    /// The type of a kind's `spec`, if it has one with known fields.
    #[must_use]
    pub fn spec_of(&self, kind: &Kind) -> Option<&Type> {
        self.ty(kind.root).field("spec").and_then(|spec| self.object(&spec.shape))
    }

    /// The type of a shape that is an object with known fields.
    #[must_use]
    pub fn object(&self, shape: &Shape) -> Option<&Type> {
        match shape.form {
            Form::Object(id) => Some(self.ty(id)),
            _ => None,
        }
    }

    /// The shape below a type at a path of exact names; a list or map on the way stands for its items.
    #[must_use]
    pub fn at<'t>(&'t self, from: &'t Type, path: &[&str]) -> Option<&'t Shape> {
        let (first, rest) = path.split_first()?;
        let shape = &from.field(first)?.shape;
        if rest.is_empty() {
            return Some(shape);
        }
        self.at(self.object(shape.innermost())?, rest)
    }
}

impl Table {
    /// Gives every kind what all objects have: `apiVersion`, `kind`, and `metadata` of the core's type. Kinds that have it
    /// stay as they are.
    pub(super) fn complete(&mut self) {
        let meta = self.types.iter().position(|ty| *ty.name == *OBJECT_META);
        let meta = meta.map_or(Form::AnyObject, |at| Form::Object(TypeId(at as u32)));
        let text = || Form::Text(Text { length: Limits { min: Some(1), max: None }, ..Text::default() });
        for kind in self.kinds.iter().chain(&self.others) {
            let ty = &mut self.types[kind.root.0 as usize];
            if ty.field("apiVersion").is_none() {
                let common = [("apiVersion", text()), ("kind", text()), ("metadata", meta.clone())];
                ty.fields.splice(0..0, common.map(|(name, form)| Field::required(name, form)));
            }
        }
    }

    /// Takes the kinds of another table in; its types stay apart.
    pub fn append(&mut self, other: Self) {
        let offset = self.types.len() as u32;
        let mut moved = |id: TypeId| TypeId(id.0 + offset);
        for ty in other.types {
            let fields = ty.fields.into_iter();
            let fields =
                fields.map(|field| Field { shape: map_types(&field.shape, &mut moved), ..field }).collect();
            self.types.push(Type { fields, ..ty });
        }
        self.asked.extend(other.asked);
        for kind in other.kinds.into_iter().chain(other.others) {
            self.push(Kind { root: moved(kind.root), ..kind });
        }
    }
}

impl Type {
    /// The field of that exact name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| *field.name == *name)
    }

    /// The field that a spec writes so. No two siblings share a word; where they would (in a CRD of the user's own), neither
    /// is found by it.
    #[must_use]
    pub fn by_word(&self, word: &str) -> Option<&Field> {
        let mut found = self.fields.iter().filter(|field| *field.word == *word);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The fields that share a word, where more than one has it.
    #[must_use]
    pub fn twins(&self, word: &str) -> Vec<&Field> {
        let found: Vec<&Field> = self.fields.iter().filter(|field| *field.word == *word).collect();
        if found.len() > 1 { found } else { Vec::new() }
    }

    /// The field that the type wraps, if it does.
    #[must_use]
    pub fn wrapped(&self) -> Option<&Field> {
        self.wrap.as_ref().and_then(|name| self.field(name))
    }
}

impl Field {
    fn required(name: &str, form: Form) -> Self {
        Self {
            name: name.into(),
            word: kebab(name).into(),
            shape: Shape::of(form),
            required: true,
            default: None,
            since: None,
        }
    }
}

impl Shape {
    /// A shape of that form and nothing more.
    #[must_use]
    pub fn of(form: Form) -> Self {
        Self { form, nullable: false, multiple: None, only: Vec::new(), rules: Vec::new() }
    }

    /// What lies within lists and maps.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        match &self.form {
            Form::List(list) => list.item.innermost(),
            Form::Map(map) => map.value.innermost(),
            _ => self,
        }
    }
}

impl Form {
    /// Whether a value of this form is one KDL value: no list, no object, nothing untyped.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Bool | Self::Int(_) | Self::Number(_) | Self::Text(_) | Self::Enum(_) | Self::IntOrString
        )
    }
}

impl<T: PartialOrd> Limits<T> {
    /// Whether a value lies within.
    pub fn hold(&self, value: &T) -> bool {
        self.min.as_ref().is_none_or(|min| value >= min) && self.max.as_ref().is_none_or(|max| value <= max)
    }
}
