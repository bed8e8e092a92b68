//! What somebody meant who wrote a name that is not there.

use crate::diag::suggest::list;

use super::table::{Choice, Field, Form, Table, Type};

/// How many steps are looked down, and among how many places, for a field that stands deeper.
const DEEPEST: usize = 4;
const WIDEST: usize = 400;

/// How many places of a field a message names.
const SHOWN: usize = 3;

/// Fields that hold what is mostly meant, where others beside them have fields of the same names.
const USUAL: [&str; 4] = ["destination", "match", "route", "uri"];

/// Labels that pods are mostly told apart by.
const LABELS: [&str; 8] = ["app", "component", "env", "name", "release", "tier", "track", "version"];

/// Whether a name is likely a label of pods, though some schema may have a field that is called so.
#[must_use]
pub fn is_label(name: &str) -> bool {
    LABELS.contains(&name)
}

impl Type {
    /// The field that was likely meant: the same name in another spelling, or one with few letters wrong.
    #[must_use]
    pub fn meant(&self, written: &str) -> Option<&Field> {
        likely(written, &self.fields, |field| &field.name)
    }
}

impl Table {
    /// The ways from a type to fields of that name, in any spelling, not far below it, as exact names: the likeliest first, and
    /// only those that are about as likely.
    #[must_use]
    pub fn below(&self, ty: &Type, written: &str) -> Vec<Vec<String>> {
        self.likely_below(ty, written).into_iter().map(|(_, way)| way).collect()
    }

    /// The same, each with how unlikely it is: the number of its steps, of which those to usual fields count half.
    pub(crate) fn likely_below(&self, ty: &Type, written: &str) -> Vec<(usize, Vec<String>)> {
        let wanted = folded(written);
        let mut level: Vec<(usize, Vec<String>, &Type)> = vec![(0, Vec::new(), ty)];
        let mut found: Vec<(usize, Vec<String>)> = Vec::new();
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for (cost, way, ty) in level {
                for outer in &ty.fields {
                    let Form::Object(id) = outer.shape.innermost().form else { continue };
                    let is_map = matches!(outer.shape.form, Form::Map(_));
                    let cost = cost + if USUAL.contains(&&*outer.name) { 1 } else { 2 } + usize::from(is_map);
                    let way = [&way[..], &[outer.name.to_string()]].concat();
                    let inner = self.ty(id).fields.iter().filter(|inner| folded(&inner.name) == wanted);
                    found.extend(inner.map(|inner| (cost, [&way[..], &[inner.name.to_string()]].concat())));
                    next.push((cost, way, self.ty(id)));
                }
            }
            let least = found.iter().map(|(cost, _)| *cost).min();
            if next.len() > WIDEST || least.is_some_and(|least| next.iter().all(|(cost, ..)| *cost >= least))
            {
                break;
            }
            level = next;
        }
        keep_likely(&mut found);
        found
    }

    /// How a spec writes names, each below the one before.
    #[must_use]
    pub fn words_of(&self, ty: &Type, way: &[String]) -> Vec<String> {
        let mut at = Some(ty);
        let mut words = Vec::with_capacity(way.len());
        for name in way {
            let field = at.and_then(|ty| ty.field(name));
            words.push(field.map_or_else(|| name.clone(), |field| field.word.to_string()));
            at = field.and_then(|field| self.object(field.shape.innermost()));
        }
        words
    }
}

/// Sorts ways by how unlikely they are, and leaves those that are about as likely as the first.
pub(crate) fn keep_likely(found: &mut Vec<(usize, Vec<String>)>) {
    let is_usual = |way: &[String]| way.first().is_some_and(|first| USUAL.contains(&first.as_str()));
    found.sort_by_key(|(cost, way)| (*cost, !is_usual(way)));
    let Some((least, steps)) = found.first().map(|(cost, way)| (*cost, way.len())) else { return };
    found.retain(|(cost, way)| *cost == least || (*cost == least + 1 && way.len() == steps));
}

/// The objects in which ways end, each once, as `a.b`, the first of them by name; none where there are no ways.
#[must_use]
pub fn places(ways: &[Vec<String>]) -> Option<String> {
    let mut places: Vec<String> = Vec::new();
    for (_, outer) in ways.iter().filter_map(|way| way.split_last()) {
        let place = format!("`{}`", outer.join("."));
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let more = places.len() > SHOWN;
    places.truncate(SHOWN);
    let listed = list(&places, "or");
    (!places.is_empty()).then(|| if more { format!("{listed}, among others") } else { listed })
}

/// The value of an enum that was likely meant.
#[must_use]
pub fn choice<'c>(written: &str, choices: &'c [Choice]) -> Option<&'c Choice> {
    let wanted = folded(written);
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut found = choices.iter().filter(|choice| fits(&folded(&choice.value)));
        found.next().filter(|_| found.next().is_none())
    };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number = digits(&wanted);
    // What was done is called by what does it: `denied` is `DENY`.
    let done = || {
        let stem = wanted.strip_suffix("ied").map(|stem| format!("{stem}y"));
        let stem = stem.or_else(|| wanted.strip_suffix("ed").map(str::to_owned))?;
        only(&|value| value == stem || value.strip_suffix('e') == Some(&*stem))
    };
    let has_part = || only(&|value| wanted.len() > 2 && value.contains(&wanted));
    let has_number = || only(&|value| !number.is_empty() && digits(value) == number);
    has_part().or_else(done).or_else(|| likely(written, choices, |choice| &choice.value)).or_else(has_number)
}

/// The kind that was likely meant.
#[must_use]
pub fn kind<'k>(written: &str, kinds: &[&'k str]) -> Option<&'k str> {
    likely(written, kinds, |kind| kind).copied()
}

/// The kind of which a name is another spelling, one or many, or that with one letter wrong. Groups of which not all kinds are known
/// may well have one that is less like it.
#[must_use]
pub fn same_kind<'k>(written: &str, kinds: &[&'k str]) -> Option<&'k str> {
    let wanted = one(&folded(written));
    let distance = |kind: &str| strsim::damerau_levenshtein(&one(&folded(kind)), &wanted);
    kinds.iter().copied().find(|kind| distance(kind) <= usize::from(wanted.len() > 4))
}

/// A folded kind as one: `gatewayclasses` as `gatewayclass`.
pub(super) fn one(name: &str) -> String {
    match name.strip_suffix("sses").or_else(|| name.strip_suffix("ss")) {
        Some(stem) => format!("{stem}ss"),
        None => singular(name),
    }
}

/// Names without what people spell differently: capitals, `-`, `_` and blanks.
#[must_use]
pub fn folded(name: &str) -> String {
    name.chars().filter(|c| !['-', '_', ' '].contains(c)).flat_map(char::to_lowercase).collect()
}

/// A folded name as one of its things would be called: `retries` as `retry`.
fn singular(name: &str) -> String {
    match (name.strip_suffix("ies"), name.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) => stem.to_owned(),
        (None, None) => name.to_owned(),
    }
}

fn likely<'a, T>(written: &str, all: &'a [T], name: impl Fn(&T) -> &str) -> Option<&'a T> {
    let wanted = folded(written);
    if wanted.is_empty() || wanted.chars().count() > 64 {
        return None;
    }
    let fold = |item: &T| folded(name(item));
    let same = all.iter().find(|item| fold(item) == wanted);
    if let Some(same) = same.or_else(|| all.iter().find(|item| singular(&fold(item)) == singular(&wanted))) {
        return Some(same);
    }
    let distance = |item: &T| strsim::damerau_levenshtein(&fold(item), &wanted);
    let near = all.iter().map(|item| (distance(item), item));
    let near = near.filter(|(distance, item)| {
        let letters = fold(item).len().max(wanted.len());
        *distance <= letters.div_ceil(4).min(3) && *distance < letters
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, item)| item)
}

#[cfg(test)]
mod tests {
    use crate::schema::built_in;

    #[test]
    fn names_are_found_in_any_spelling_and_with_a_slip() {
        let table = built_in();
        let kind = table.kind("networking.istio.io", "", "VirtualService").unwrap();
        let spec = table.spec_of(kind).unwrap();
        let http = table.object(table.at(spec, &["http"]).unwrap().innermost()).unwrap();
        let meant = |written| http.meant(written).map(|field| &*field.name);
        assert_eq!(meant("cors-policy"), Some("corsPolicy"));
        assert_eq!(meant("cors_policy"), Some("corsPolicy"));
        assert_eq!(meant("CorsPolicy"), Some("corsPolicy"));
        assert_eq!(meant("retry"), Some("retries"));
        assert_eq!(meant("timout"), Some("timeout"));
        assert_eq!(meant("banana"), None);
        assert_eq!(meant(""), None);
        assert_eq!(table.below(http, "attempts"), [["retries", "attempts"]]);
        assert_eq!(table.below(http, "per-try-timeout"), [["retries", "perTryTimeout"]]);
        assert!(table.below(http, "timeout").is_empty());
    }
}
