//! The rules that CRDs write in CEL, by hand: what each asks of a value. Rules are found by the id of their text, so a rule that
//! changes is one that nobody knows; `unchecked.txt` lists those that are not here.

mod asked;
mod gateway_api;
mod keys;
mod object;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod text;
mod url;

pub use asked::Asked;
pub(in crate::schema) use asked::same;
pub(crate) use asked::values;

use std::borrow::Cow;

use super::table::RuleId;
use crate::diag::Code;
use crate::resource::{PathStep, Tree, Value};

/// A rule that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of finding it is.
    pub code: Code,
    /// What is wrong, as the end of a sentence that begins with the value.
    pub message: String,
    /// What to write instead.
    pub help: Option<Cow<'static, str>>,
    /// The places below the value that are concerned, the one to change first; none if it is the value itself.
    pub below: Vec<PathStep>,
    /// Other places that are concerned.
    pub also: Vec<PathStep>,
}

/// What a rule asks; nothing if it holds.
type Check = fn(&Tree) -> Option<Fault>;

/// The rules about fields of which at most one may be there, and whether one must.
#[rustfmt::skip]
const EXCLUSIVE: &[(u32, bool, &[&str])] = &[
    (0x8964_6882, false, &["selector", "targetRef", "targetRefs"]),
    (0x9c8b_2fa1, false, &["selector", "targetRefs"]),
    (0xe193_8d85, false, &["workloadSelector", "targetRefs"]),
    (0x95db_d45e, false, &["workloadSelector", "endpoints"]),
    (0xe533_e1c0, false, &["tlsCertificates", "credentialNames"]),
    (0xe873_d174, false, &["credentialNames", "tlsCertificates"]),
    (0xed1c_6e37, false, &["credentialName", "credentialNames"]),
    (0x4cb7_bfad, false, &["jwksUri", "jwks_uri", "jwks"]),
    (0xe296_90d9, true, &["wasm", "lua"]),
    (0xeb7b_2901, true, &["tpp", "cloud", "ngts"]),
    (0x2179_202e, false, &["percent", "fraction"]),
];

/// The other rules by the ids of their texts.
#[rustfmt::skip]
const PORTED: &[(u32, Check)] = &[
    // lengths of time
    (RuleId::DURATION.0, text::duration_from_a_millisecond),
    // strings and numbers
    (0x7019_0001, text::quantity),
    (0x6d84_550d, text::no_wildcard),
    (0xd6ca_ec74, text::empty_namespace),
    (RuleId::PORT.0, text::port),
    (0x7451_de17, text::not_the_wildcard),
    (0x40a7_e406, text::http_scheme),
    (0x9e30_44fa, text::socket_is_absolute),
    (0x0006_38c1, text::socket_is_no_folder),
    (0xcc42_6255, url::web),
    (0xfb71_5cf0, url::image),
    (0x895e_58fc, url::image),
    // keys
    (0x2675_8da2, keys::no_wildcard),
    (0x8a1f_9f4d, keys::not_empty),
    (0xc2aa_73ba, keys::port_names),
    (0xae78_1996, keys::ports),
    (0xe33b_2a39, keys::port_numbers_once),
    // fields that need each other
    (0x3ff6_915a, |tree| object::one_or_both(tree, &["address", "network"])),
    (0x7b6f_a208, object::socket_without_ports),
    (0x1b00_40b1, object::value_from_host),
    (0xbf8e_dd11, object::waypoint_context),
    (0xae7c_d287, object::ranges_need_addresses),
    (0x979d_36ca, object::no_endpoints_without_resolution),
    (0xf8aa_cd3a, object::one_endpoint_round_robin),
    (0x4723_bc5e, object::service_accounts_alone),
    (0x95e3_836a, object::ports_need_selector),
    (0xd6ce_7f01, object::upsert_needs_value),
    (0x5b3c_eead, object::remove_without_value),
];

/// Whether the rule is among those that are checked.
#[must_use]
pub fn is_ported(rule: RuleId) -> bool {
    exclusive(rule).is_some() || find(rule).is_some()
}

/// The fields of which a rule allows one, and whether one must be there.
#[must_use]
pub fn exclusive(rule: RuleId) -> Option<(&'static [&'static str], bool)> {
    EXCLUSIVE.iter().find(|(id, ..)| *id == rule.0).map(|(_, must, fields)| (*fields, *must))
}

/// What a value breaks of a rule. A rule that nobody knows holds.
#[must_use]
pub fn broken(rule: RuleId, tree: &Tree) -> Option<Fault> {
    match exclusive(rule) {
        Some((fields, true)) => object::exactly_one(tree, fields),
        Some((fields, false)) => object::at_most_one(tree, fields),
        None => find(rule)?(tree),
    }
}

fn find(rule: RuleId) -> Option<Check> {
    [PORTED, gateway_api::PORTED]
        .iter()
        .flat_map(|rules| rules.iter())
        .find(|(id, _)| *id == rule.0)
        .map(|(_, check)| *check)
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Self {
            code: Code::FIELD_VALUE,
            message: message.into(),
            help: None,
            below: Vec::new(),
            also: Vec::new(),
        }
    }

    /// Two fields that exclude each other.
    fn both(first: &str, second: &str) -> Self {
        let message = format!("has both `{first}` and `{second}`, which exclude each other");
        Self { code: Code::CONFLICTING_FIELDS, ..Self::new(message).at(second).and(first) }
    }

    fn help(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self { help: Some(text.into()), ..self }
    }

    fn at(self, field: &str) -> Self {
        Self { below: vec![PathStep::Field(field.to_owned())], ..self }
    }

    fn and(self, field: &str) -> Self {
        Self { also: vec![PathStep::Field(field.to_owned())], ..self }
    }
}

/// A field that is there and not null.
fn has<'t>(tree: &'t Tree, field: &str) -> Option<&'t Tree> {
    tree.get(field).filter(|tree| tree.value != Value::Null)
}

/// The string of a field.
fn text_of<'t>(tree: &'t Tree, field: &str) -> Option<&'t str> {
    has(tree, field).and_then(Tree::as_str)
}

/// The items of a list, none of anything else.
fn items(tree: Option<&Tree>) -> &[Tree] {
    match tree.map(|tree| &tree.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// The keys of an object, none of anything else.
fn keys_of(tree: &Tree) -> impl Iterator<Item = &str> {
    tree.fields().iter().map(|field| &*field.name)
}
