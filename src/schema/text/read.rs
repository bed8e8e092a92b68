//! Text → table.

use std::collections::BTreeMap;

use super::TableError;
use super::shape::{Names, Words, shape};
use crate::schema::table::{Field, Kind, Table, Type, TypeId};
use crate::schema::version::Version;
use crate::schema::word::kebab;

/// Adds what a text holds to a table. Types that the table has already can be named in the text.
///
/// # Errors
/// The first line that makes no sense.
pub fn read(table: &mut Table, text: &str) -> Result<(), TableError> {
    let mut reader = Reader { names: Names::new(table.types()), releases: Vec::new(), table };
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    for (number, line) in lines.clone() {
        reader.declare(line).map_err(|message| TableError { line: number, message })?;
    }
    let mut current = None;
    for (number, line) in lines {
        reader.line(line, &mut current).map_err(|message| TableError { line: number, message })?;
    }
    Ok(())
}

struct Reader<'t> {
    table: &'t mut Table,
    names: Names,
    releases: Vec<Version>,
}

impl Reader<'_> {
    /// First round: what lines can name before it stands.
    fn declare(&mut self, line: &str) -> Result<(), String> {
        if let Some(rest) = line.strip_prefix("type ") {
            let name = rest.split(' ').next().unwrap_or_default();
            let id = TypeId(u32::try_from(self.table.types.len()).map_err(|_| "too many types")?);
            self.table.types.push(Type { name: name.into(), ..Type::default() });
            return self.names.add_type(name, id);
        }
        if let Some(rest) = line.strip_prefix("pattern ") {
            let (id, pattern) = rest.split_once(' ').ok_or("a pattern needs an id and a text")?;
            self.names.patterns.insert(id.to_owned(), pattern.into());
        }
        Ok(())
    }

    /// Second round.
    fn line(&mut self, line: &str, current: &mut Option<TypeId>) -> Result<(), String> {
        if let Some(rest) = line.strip_prefix("  ") {
            let id = current.ok_or("a field outside a type")?;
            let field = self.field(rest)?;
            let ty = &mut self.table.types[id.0 as usize];
            if ty.field(&field.name).is_some() {
                return Err(format!("the field `{}` is there twice", field.name));
            }
            ty.fields.push(field);
            return Ok(());
        }
        *current = None;
        match line.split_once(' ').unwrap_or((line, "")) {
            ("releases", rest) => {
                let versions = rest.split(' ').map(|text| text.parse().map_err(version_error));
                self.releases = versions.collect::<Result<_, String>>()?;
            }
            ("kind", rest) => {
                let kind = self.kind(rest)?;
                self.table.push(kind);
            }
            ("type", rest) => *current = Some(self.begin(rest)?),
            ("pattern", _) => {}
            (word, _) => return Err(format!("no line begins with `{word}`")),
        }
        Ok(())
    }

    fn kind(&self, rest: &str) -> Result<Kind, String> {
        let parts: Vec<&str> = rest.split(' ').collect();
        let [name, versions, scope, root] = parts.as_slice() else {
            return Err("a kind has a name, versions, a scope and a type".to_owned());
        };
        let (group, name) = name.split_once('/').unwrap_or(("", name));
        let namespaced = match *scope {
            "namespaced" => true,
            "cluster" => false,
            other => return Err(format!("`{other}` is no scope")),
        };
        Ok(Kind {
            group: group.into(),
            name: name.into(),
            word: kebab(name).into(),
            versions: versions.split(',').map(Into::into).collect(),
            namespaced,
            root: self.names.ty(root)?,
            releases: self.releases.clone(),
        })
    }

    fn begin(&mut self, rest: &str) -> Result<TypeId, String> {
        let mut parts = rest.split(' ');
        let id = self.names.ty(parts.next().unwrap_or_default())?;
        let ty = &mut self.table.types[id.0 as usize];
        for part in parts {
            match part.split_once('=').unwrap_or((part, "")) {
                ("wrap", field) => ty.wrap = Some(field.into()),
                ("one-of", fields) => ty.groups.push(fields.split(',').map(Into::into).collect()),
                ("open", "") => ty.open = true,
                _ => return Err(format!("a type can't be `{part}`")),
            }
        }
        Ok(id)
    }

    fn field(&self, text: &str) -> Result<Field, String> {
        let (name, rest) = text.split_once("  ").ok_or("a field has a name, two blanks and a shape")?;
        let mut words = Words::new(rest);
        let mut field = Field {
            name: name.into(),
            word: kebab(name).into(),
            shape: shape(&mut words, &self.names)?,
            required: false,
            default: None,
            since: None,
        };
        while let Some(word) = words.next()? {
            match word.split_once('=').unwrap_or((word, "")) {
                ("required", "") => field.required = true,
                ("default", json) => field.default = Some(json.into()),
                ("since", version) => field.since = Some(version.parse().map_err(version_error)?),
                _ => return Err(format!("a field can't be `{word}`")),
            }
        }
        Ok(field)
    }
}

/// The sentence of a version that is none.
pub(super) fn version_error(error: crate::schema::version::VersionError) -> String {
    error.to_string()
}

impl Names {
    fn new(known: &[Type]) -> Self {
        let known = known.iter().zip(0..).map(|(ty, id)| (ty.name.to_string(), TypeId(id))).collect();
        Self { known, types: BTreeMap::new(), patterns: BTreeMap::new() }
    }

    fn add_type(&mut self, name: &str, id: TypeId) -> Result<(), String> {
        match self.types.insert(name.to_owned(), id) {
            None => Ok(()),
            Some(_) => Err(format!("the type `{name}` is there twice")),
        }
    }

    /// The type of a name.
    pub(super) fn ty(&self, name: &str) -> Result<TypeId, String> {
        let found = self.types.get(name).or_else(|| self.known.get(name));
        found.copied().ok_or_else(|| format!("there is no type `{name}`"))
    }
}
