//! How templates print: values become YAML scalars by themselves, and four filters print what has parts.

use minijinja::value::{Rest, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Seen};

use super::context::unseen;
use super::yaml::{after_key, block, float, scalar};
use crate::resource::{Tree, Value};

/// An environment that knows the filters, is strict, and holds no template yet.
pub(super) fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let mut syntax = environment.syntax().to_builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Debug mode puts all variables into errors.
    environment.set_debug(false);
    environment.remove_global("debug");
    // Any kind but none: what a macro or a filter of ours has printed is then marked as printed, and not quoted again.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("yaml".into()));
    environment.set_formatter(print);
    environment.add_filter("yaml", yaml);
    environment.add_filter("fields", fields);
    environment.add_filter("item", item);
    environment.add_filter("without", without);
    Ok(environment)
}

/// Prints `{{ value }}`.
fn print(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Seen) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => Ok(()),
        ValueKind::None => Ok(out.write_str("null")?),
        ValueKind::Bool => Ok(out.write_str(if value.is_true() { "true" } else { "false" })?),
        ValueKind::Number if value.is_integer() => Ok(write!(out, "{value}")?),
        ValueKind::Number => Ok(out.write_str(&float(f64::try_from(value.clone())?))?),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            let text = if value.is_safe() { text.into() } else { scalar(text) };
            Ok(out.write_str(&text)?)
        }
        kind => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a value of type {kind} has parts: print it as `key: {{{{- value | yaml(INDENT) }}}}`"),
        )),
    }
}

/// `key: {{- value | yaml(4) }}`: what follows a key, lines indented by so many spaces.
fn yaml(value: &Seen, indent: usize) -> Result<Seen, Error> {
    Ok(Seen::from_safe_string(after_key(&unseen(value)?, indent)))
}

/// `{{- value | fields(4) }}`: a line break and the fields of an object, or nothing if it has none.
fn fields(value: &Seen, indent: usize) -> Result<Seen, Error> {
    let object = object(value, "fields")?;
    let text = if is_empty(&object) { String::new() } else { after_key(&object, indent) };
    Ok(Seen::from_safe_string(text))
}

/// `- {{ value | item(4) }}`: the fields of an object beside a dash, the second and later ones indented by so many spaces.
fn item(value: &Seen, indent: usize) -> Result<Seen, Error> {
    let text = block(&object(value, "item")?, indent);
    // Blanks at the end are a text's own.
    Ok(Seen::from_safe_string(text.trim_start_matches(' ').trim_end_matches('\n').to_owned()))
}

/// `value | without("a", "b")`: an object without these fields, of which it need not have any.
fn without(value: &Seen, names: Rest<String>) -> Result<Seen, Error> {
    if value.kind() != ValueKind::Map {
        return Err(not_an_object("without", value));
    }
    let mut kept = Vec::new();
    for key in value.try_iter()? {
        if !names.iter().any(|name| key.as_str() == Some(name)) {
            let item = value.get_item(&key)?;
            kept.push((key, item));
        }
    }
    Ok(Seen::from_pairs(kept))
}

fn object(value: &Seen, filter: &str) -> Result<Tree, Error> {
    match value.kind() {
        ValueKind::Map => unseen(value),
        _ => Err(not_an_object(filter, value)),
    }
}

fn not_an_object(filter: &str, value: &Seen) -> Error {
    let what = format!("`{filter}` is for objects, and this is of type {}", value.kind());
    Error::new(ErrorKind::InvalidOperation, what)
}

fn is_empty(tree: &Tree) -> bool {
    matches!(&tree.value, Value::Map(fields) if fields.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(template: &str) -> Result<String, Error> {
        environment().unwrap().render_str(template, ())
    }

    #[test]
    fn scalars_print_as_yaml() {
        for (template, text) in [
            (
                "{{ true }} {{ false }} {{ none }} {{ 1 }} {{ 1.0 }} {{ 1e300 }}",
                "true false null 1 1.0 1.0e+300",
            ),
            ("{{ 'on' }} {{ 'shop' }} {{ 'a: b' }} {{ '' }} {{ '1' }}", "\"on\" shop \"a: b\" \"\" \"1\""),
            ("{{ 'o' ~ 'n' }} {{ 'on' | upper }} {{ ['a', 'b'] | join(', ') }}", "\"on\" \"ON\" \"a, b\""),
            ("{{ 'on' | safe }}", "on"),
            ("{{ 'x' if false }}", ""),
            ("a\n", "a\n"),
            ("{% if true %}\n  a\n  {% endif %}\nb\n", "  a\nb\n"),
        ] {
            assert_eq!(print(template).unwrap(), text, "{template}");
        }
    }

    #[test]
    fn what_a_macro_printed_is_not_quoted_again() {
        let template = "{% macro label(name) %}name: {{ name }}{% endmacro %}{{ label('on') }}";
        assert_eq!(print(template).unwrap(), "name: \"on\"");
    }

    #[test]
    fn things_with_parts_go_through_filters() {
        let set = "{% set x = {'b': ['on', {'c': {}, 'd': 1}], 'a': 'e\nf\n'} %}";
        for (template, text) in [
            (
                "k: {{- x | yaml(2) }}\n",
                "k:\n  b:\n    - \"on\"\n    - c: {}\n      d: 1\n  a: |\n    e\n    f\n",
            ),
            ("k: {{- x.b | yaml(2) }}\n", "k:\n  - \"on\"\n  - c: {}\n    d: 1\n"),
            ("k: {{- 'on' | yaml(2) }}\n", "k: \"on\"\n"),
            ("k: {{- [] | yaml(2) }}\n", "k: []\n"),
            (
                "k: 1 {{- x | without('a', 'z') | fields(0) }}\n",
                "k: 1\nb:\n  - \"on\"\n  - c: {}\n    d: 1\n",
            ),
            ("k: 1\n  {{- x | without('a', 'b') | fields(2) }}\n", "k: 1\n"),
            ("- {{ x.b[1] | item(2) }}\n", "- c: {}\n  d: 1\n"),
            ("- {{ {} | item(2) }}\n", "- {}\n"),
        ] {
            assert_eq!(print(&format!("{set}{template}")).unwrap(), text, "{template}");
        }
    }

    #[test]
    fn what_can_t_be_printed_is_an_error() {
        for template in [
            "{{ nothing }}",
            "{{ {}.nothing }}",
            "{{ [] }}",
            "{{ {} }}",
            "{{ nothing | yaml(2) }}",
            "{{ 'a' | fields(2) }}",
            "{{ [1] | item(2) }}",
            "{{ 'a' | without('b') }}",
            "k: {{- {1: 2} | yaml(2) }}",
            "{{ debug() }}",
            "{{ 1 | nosuch }}",
            "k: {{- {'a': nothing} | yaml(2) }}",
            "k: {{- 170141183460469231731687303715884105727 | yaml(2) }}",
        ] {
            assert!(print(template).is_err(), "{template}");
        }
    }
}
