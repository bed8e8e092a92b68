//! Which of a host's conditions may have anything to do with one, without looking at all of them.

use std::collections::BTreeMap;

use super::super::path::PathPattern;
use super::super::project::Condition;

/// Conditions by their paths, by the numbers under which they were put in.
#[derive(Default)]
pub(crate) struct Near {
    /// Whether paths that merely share requests count, not only equal ones.
    wide: bool,
    /// Paths and stems in small letters, since some are taken in any case.
    by_text: BTreeMap<String, Vec<usize>>,
    /// Expressions.
    expressions: Vec<usize>,
    /// Those that take every path.
    everything: Vec<usize>,
}

/// How a condition is looked up.
enum Key {
    Text(String),
    Expression,
    Everything,
}

impl Key {
    fn of(condition: &Condition<'_>) -> Self {
        match &*condition.path {
            PathPattern::Exact(text) | PathPattern::Below(text) | PathPattern::Prefix(text) => {
                // Letter by letter, so that what begins alike is found alike; a sigma ends a word in another form.
                let small = text.chars().flat_map(char::to_lowercase);
                Self::Text(small.map(|c| if c == 'ς' { 'σ' } else { c }).collect())
            }
            PathPattern::Regex(_) => Self::Expression,
            PathPattern::Everything => Self::Everything,
        }
    }
}

impl Near {
    /// Nothing yet. `wide` if paths that merely share requests count.
    pub(crate) fn new(wide: bool) -> Self {
        Self { wide, ..Self::default() }
    }

    /// Puts a condition in; numbers only grow.
    pub(crate) fn put(&mut self, number: usize, condition: &Condition<'_>) {
        match Key::of(condition) {
            Key::Text(text) => self.by_text.entry(text).or_default().push(number),
            Key::Expression => self.expressions.push(number),
            Key::Everything => self.everything.push(number),
        }
    }

    /// The numbers of all that may take a request that this one takes, or that are at the same path; in their order.
    pub(crate) fn to(&self, condition: &Condition<'_>) -> Vec<usize> {
        let key = Key::of(condition);
        let mut found: Vec<usize> = match (&key, self.wide) {
            (Key::Text(text), false) => self.by_text.get(text).cloned().unwrap_or_default(),
            (Key::Expression, false) => self.expressions.clone(),
            (Key::Everything, false) => self.everything.clone(),
            (Key::Text(text), true) => {
                let outer = text.char_indices().filter_map(|(end, _)| self.by_text.get(text.get(..end)?));
                let inner = self.by_text.range(text.clone()..);
                let inner =
                    inner.take_while(|(other, _)| other.starts_with(text)).map(|(_, numbers)| numbers);
                outer
                    .chain(inner)
                    .flatten()
                    .chain(&self.expressions)
                    .chain(&self.everything)
                    .copied()
                    .collect()
            }
            (Key::Expression | Key::Everything, true) => {
                let texts = self.by_text.values().flatten();
                texts.chain(&self.expressions).chain(&self.everything).copied().collect()
            }
        };
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Tree, Value};
    use crate::spec::{Origin, Traced};

    fn patterns() -> Vec<Traced<PathPattern>> {
        let written = ["/a", "/A", "/a/*", "/a*", "/ab", "/a/b", "/a/b/*", "/a/bc*", "/b", "/b/a", "/*"];
        let mut found: Vec<_> = written.iter().map(|text| PathPattern::parse(text).unwrap()).collect();
        found.push(PathPattern::Regex("/a.*".to_owned()));
        found.extend(["/ΑΣ", "/ας", "/ΑΣΑ"].map(|text| PathPattern::Prefix(text.to_owned())));
        found.into_iter().map(|path| Traced::new(path, Origin::default_of("test"))).collect()
    }

    /// Whatever one has to do with another, it is found.
    #[test]
    fn nothing_that_matters_is_left_out() {
        let at = &Origin::default_of("test");
        let folding = Tree::map(at)
            .with("ignoreUriCase", Tree::bool(true, at))
            .with("method", Tree { value: Value::String("GET".into()), origin: at.clone() });
        let patterns = patterns();
        let conditions: Vec<_> = patterns
            .iter()
            .flat_map(|path| [Condition::new(path, None), Condition::new(path, Some(&folding))])
            .collect();
        for wide in [false, true] {
            let mut near = Near::new(wide);
            for (i, condition) in conditions.iter().enumerate() {
                near.put(i, condition);
            }
            for one in &conditions {
                let found = near.to(one);
                assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
                for (i, other) in conditions.iter().enumerate() {
                    let expressions =
                        [one, other].iter().all(|one| matches!(&*one.path, PathPattern::Regex(_)));
                    let shares = one.overlaps(other) || one.covers(other) || other.covers(one);
                    let matters = one.is_at(other) || expressions || wide && shares;
                    assert!(!matters || found.contains(&i), "{:?} {:?}", one.path, other.path);
                }
            }
        }
    }

    /// Ten times the routes are ten times the work.
    #[test]
    fn the_work_grows_with_the_routes() {
        for wide in [false, true] {
            let work = |count: usize| {
                let path = |i| PathPattern::parse(&format!("/part-{i:05}/*")).unwrap();
                let paths: Vec<_> =
                    (0..count).map(|i| Traced::new(path(i), Origin::default_of("test"))).collect();
                let mut near = Near::new(wide);
                paths.iter().enumerate().fold(0, |work, (i, path)| {
                    let condition = Condition::new(path, None);
                    let found = near.to(&condition).len();
                    near.put(i, &condition);
                    work + found + 1
                })
            };
            assert_eq!(work(20_000), 10 * work(2_000));
        }
    }
}
