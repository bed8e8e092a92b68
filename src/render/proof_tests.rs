//! What a user's template may and may not give.

use super::super::samples::{origin, saphyr, string};
use super::super::{Templates, locate, lookup, render, render_own};
use super::*;
use crate::spec::Sources;
use crate::spec::source::Span;

const OURS: &str = "\
apiVersion: {{ apiVersion }}
kind: {{ kind }}
metadata:
  name: {{ metadata.name }}
  namespace: {{ metadata.namespace }}
spec:
  host: {{ spec.host }}
";

fn templates(file: &str, text: &str) -> Templates {
    Templates::new("templates", vec![(file.to_owned(), text.to_owned())])
        .unwrap_or_else(|report| panic!("{report:#?}"))
}

fn rule() -> Tree {
    let o = origin();
    let metadata = Tree::map(&o).with("name", string("a")).with("namespace", string("shop"));
    Tree::map(&o)
        .with("apiVersion", string("networking.istio.io/v1"))
        .with("kind", string("DestinationRule"))
        .with("metadata", metadata)
        .with("spec", Tree::map(&o).with("host", string("on")))
}

fn refused(text: &str) -> Diagnostic {
    render(&rule(), "service", "a", &templates("destinationrule.yaml", text)).unwrap_err()
}

#[test]
fn who_it_is_can_t_be_changed() {
    for (from, to, line, what) in [
        ("{{ metadata.name }}", "b", 4, "`b` for metadata.name, and it must stay `a`"),
        ("  namespace: {{ metadata.namespace }}\n", "", 4, "nothing for metadata.namespace"),
        ("{{ metadata.namespace }}", "1", 5, "no string for metadata.namespace"),
        ("{{ kind }}", "VirtualService", 2, "for kind"),
        ("{{ apiVersion }}", "v1", 1, "for apiVersion"),
    ] {
        let text = OURS.replace(from, to);
        let finding = refused(&text);
        assert_eq!(finding.code, Code::TEMPLATE_IDENTITY, "{finding:#?}");
        assert!(finding.message.contains(what), "{}", finding.message);
        let place = finding.file.unwrap();
        assert_eq!((place.path.as_str(), place.line), ("templates/destinationrule.yaml", Some(line)));
        assert_eq!(place.excerpt.as_deref(), text.lines().nth(line - 1));
    }
}

#[test]
fn what_is_no_object_is_shown_at_the_template() {
    for (text, line, what) in [
        (format!("{OURS}  bad: [1\n"), 7, ""),
        (format!("{OURS}  x: {{{{ spec.host }}}}/svc\n"), 8, ""),
        (format!("{OURS}---\n{OURS}"), 9, "2 YAML documents"),
        (String::new(), 1, "0 YAML documents"),
        ("{# nothing #}\n".to_owned(), 1, "YAML documents"),
        ("- a\n".to_owned(), 1, "no object"),
        ("a\n".to_owned(), 1, "no object"),
        (format!("{OURS}  host: again\n"), 8, "twice"),
        (format!("{OURS}  x: &a 1\n"), 8, "anchor"),
        (format!("{OURS}  x: !!str 1\n"), 8, "tag"),
        (format!("{OURS}  x: yes\n"), 8, "disagree about the bare `yes` at spec.x"),
        (format!("{OURS}  x: 0x1F\n"), 8, "disagree"),
        (format!("{OURS}  x: 012\n"), 8, "disagree"),
        (format!("{OURS}  x: [a, 12:30]\n"), 8, "spec.x[1]"),
        (format!("{OURS}  x: 2024-01-01\n"), 8, "disagree"),
        (format!("{OURS}  x: True\n"), 8, "disagree"),
        (format!("{OURS}  x: 99999999999999999999\n"), 8, "disagree"),
    ] {
        let finding = refused(&text);
        assert_eq!(finding.code, Code::TEMPLATE_OUTPUT, "{text}{finding:#?}");
        assert!(finding.message.contains(what), "{}", finding.message);
        let place = finding.file.unwrap();
        assert!(place.line.unwrap().abs_diff(line) <= 1, "{text}: {place:?}");
    }
}

#[test]
fn bare_scalars_that_all_readers_take_alike() {
    let expected = [
        ("1", Value::Int(1)),
        ("-12", Value::Int(-12)),
        ("0", Value::Int(0)),
        ("1.50", Value::Float(1.5)),
        ("1.0e+3", Value::Float(1000.0)),
        ("true", Value::Bool(true)),
        ("null", Value::Null),
        ("~", Value::Null),
        ("", Value::Null),
        ("10s", Value::String("10s".into())),
        ("-a", Value::String("-a".into())),
        ("a, b (c)", Value::String("a, b (c)".into())),
        ("192.0.2.0/24", Value::String("192.0.2.0/24".into())),
        ("1/2", Value::String("1/2".into())),
        ("192.0.2.1", Value::String("192.0.2.1".into())),
        ("1.2.3", Value::String("1.2.3".into())),
        ("9f86d081884c7d65", Value::String("9f86d081884c7d65".into())),
        ("0b2", Value::String("0b2".into())),
        ("12e3e4", Value::String("12e3e4".into())),
    ];
    for (text, value) in expected {
        assert_eq!(resolve(text), Some(value), "{text:?}");
    }
    for text in [
        "+1",
        "-0",
        "1_0",
        "1e3",
        ".5",
        "0x1",
        "01",
        "1:30",
        "y",
        "No",
        "NULL",
        "=",
        "<<",
        ".inf",
        "-.inf",
        "nan",
        "-",
        "12e34",
        "12E34",
        "0b01",
        "0B1",
        "1.2.",
        "1..2",
        "1.2.3e+4",
        "-1.2.3",
        "1_0.2.3",
        "1-2",
        "12:30:45.5",
    ] {
        assert_eq!(resolve(text), None, "{text:?}");
    }
}

#[test]
fn a_value_that_the_template_decided_has_its_line_and_the_others_their_origin() {
    let sources = Sources::new([("specs/a.kdl".to_owned(), "service \"a\"".to_owned())]);
    let (source, _) = sources.iter().next().unwrap();
    let said = Origin::spec(Span { source, start: 9, end: 10 });
    let tree = rule().with("spec", Tree::map(&said).with("host", Tree::string("on", &said)));
    let text = format!(
        "{{# ours #}}\n{OURS}  export:\n    - \".\"\n  {{% for x in [1, 2] %}}\n  x{{{{ x }}}}: {{{{ name }}}}\n  {{% endfor %}}\n"
    );
    let rendered = render(&tree, "service", "svc", &templates("destinationrule.yaml", &text)).unwrap();
    let parsed = rendered.parsed.unwrap();
    let at = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(|name| PathStep::Field((*name).to_owned())).collect();
        (
            lookup(&parsed.tree, &path).unwrap().origin.clone(),
            parsed.decided(&path).map(|changed| changed.line),
        )
    };
    assert_eq!(at(&["spec", "host"]), (said.clone(), None));
    assert_eq!(at(&["kind"]), (origin(), None));
    assert_eq!(at(&["spec", "export"]), (said.clone(), Some(9)));
    assert_eq!(at(&["spec", "x1"]), (said.clone(), Some(12)));
    assert_eq!(at(&["spec", "x2"]), (said, Some(12)));
    assert_eq!(parsed.changed[0].template, "templates/destinationrule.yaml");

    let line = rendered.text.lines().position(|line| line.contains("- \".\"")).unwrap() + 1;
    let path = locate(&rendered.text, line).unwrap();
    assert_eq!(path_text(&path), "spec.export[0]");
    assert_eq!(parsed.decided(&path).map(|changed| changed.line), Some(10));
    assert_eq!(saphyr(&rendered.text)["spec"]["x2"], "svc");
}

const OWN: &str = "\
{# Monitoring for every host. #}
# for people
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ 'probe-' ~ host.name }}
  namespace: {{ host.namespace }}
data:
  url: {{ 'https://' ~ host.name ~ '/' }}
---
# nothing here
---
apiVersion: v1
kind: Namespace
metadata: {name: {{ host.namespace }}}
";

fn facts() -> Tree {
    Tree::map(&origin()).with("name", string("on.example.com")).with("namespace", string("on"))
}

#[test]
fn templates_of_the_user_s_own_make_resources() {
    let templates = templates("host/probe.yaml", OWN);
    let own = &templates.own()[0];
    let documents = render_own(own, &facts(), &templates).unwrap();
    let who: Vec<_> =
        documents.iter().map(|d| (d.kind.as_str(), d.namespace.as_deref(), d.name.as_str())).collect();
    assert_eq!(who, [("ConfigMap", Some("on"), "probe-on.example.com"), ("Namespace", None, "on")]);
    assert!(documents[0].text.starts_with("# for people\napiVersion: v1\n"));
    assert!(documents[0].text.ends_with("  url: https://on.example.com/\n"));
    assert_eq!(documents[1].text, "apiVersion: v1\nkind: Namespace\nmetadata: {name: \"on\"}\n");
    let name = [PathStep::Field("metadata".into()), PathStep::Field("name".into())];
    assert_eq!(
        documents[0].parsed.decided(&name).map(|c| (c.template.as_str(), c.line)),
        Some(("templates/host/probe.yaml", 6))
    );
    assert_eq!(documents[1].parsed.decided(&name).map(|c| c.line), Some(15));
    assert_eq!(documents[0].parsed.tree.origin, facts().origin);
}

#[test]
fn templates_of_the_user_s_own_make_no_secrets_and_nothing_nameless() {
    for (text, code, line) in [
        ("\nkind: Secret\napiVersion: v1\nmetadata: {name: a}\n", Code::TEMPLATE_SECRET, 2),
        ("kind: List\napiVersion: v1\nitems: []\n", Code::TEMPLATE_OUTPUT, 1),
        ("apiVersion: v1\nkind: A\nmetadata:\n  namespace: b\n", Code::TEMPLATE_OUTPUT, 4),
        ("a: 1\n---\nb: [\n", Code::TEMPLATE_OUTPUT, 1),
        ("apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n- b\n", Code::TEMPLATE_OUTPUT, 5),
        (
            "# +argocd:skip-file-rendering\nkind: A\napiVersion: v1\nmetadata: {name: a}\n",
            Code::SKIP_MARKER,
            1,
        ),
        ("a: {{ host.nothing }}\n", Code::TEMPLATE_ERROR, 1),
    ] {
        let templates = templates("host/x.yaml", text);
        let finding = render_own(&templates.own()[0], &facts(), &templates).unwrap_err();
        let place = finding.file.clone().unwrap();
        assert_eq!(
            (finding.code, place.line, place.path.as_str()),
            (code, Some(line), "templates/host/x.yaml"),
            "{finding:#?}"
        );
    }
    let nothing = templates("once/x.yaml", "{% if false %}x{% endif %}\n");
    assert_eq!(render_own(&nothing.own()[0], &facts(), &nothing).unwrap(), []);
}

#[test]
fn documents_are_parted_where_yaml_parts_them() {
    let text = "a: |\n  ---\n  x\n--- \nb: 1\n--- # c\n--- {c: 1}\n---x: 1\n";
    let shown: Vec<_> = parts(text).into_iter().map(|(_, part)| part).collect();
    assert_eq!(shown, ["a: |\n  ---\n  x\n", "b: 1\n", "--- # c\n", "--- {c: 1}\n---x: 1\n"]);
    assert!(parts(text).iter().all(|(start, part)| text[*start..].starts_with(part)));
}
