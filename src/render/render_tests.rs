//! Built-in templates give the tree; the user's are held to it.

use proptest::prelude::*;

use super::samples::{any_tree, json, origin, saphyr, string};
use super::*;
use crate::diag::Severity;
use crate::resource::Value;

fn templates(files: &[(&str, &str)]) -> Templates {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Templates::new("templates", files).unwrap_or_else(|report| panic!("{report:#?}"))
}

fn refused(files: &[(&str, &str)]) -> Vec<Diagnostic> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Templates::new("templates", files).err().unwrap().findings().to_vec()
}

fn list(items: Vec<Tree>) -> Tree {
    Tree::list(items, &origin())
}

fn map(fields: &[(&str, Tree)]) -> Tree {
    fields.iter().fold(Tree::map(&origin()), |map, (name, tree)| map.with((*name).to_owned(), tree.clone()))
}

fn object(kind: &str, spec: Tree) -> Tree {
    let labels = map(&[("app.kubernetes.io/managed-by", string("gatewright"))]);
    map(&[
        ("apiVersion", string("networking.istio.io/v1")),
        ("kind", string(kind)),
        ("metadata", map(&[("name", string("a")), ("namespace", string("default")), ("labels", labels)])),
        ("spec", spec),
    ])
}

fn gateway() -> Tree {
    let number = |n: i64| Tree::int(n, &origin());
    let hosts = || list(vec![string("bookinfo.example.com")]);
    let https = map(&[
        ("port", map(&[("number", number(443)), ("name", string("https-a")), ("protocol", string("HTTPS"))])),
        ("hosts", hosts()),
        ("tls", map(&[("mode", string("SIMPLE")), ("credentialName", string("bookinfo-credential"))])),
    ]);
    let http = map(&[
        ("port", map(&[("number", number(80)), ("name", string("http")), ("protocol", string("HTTP"))])),
        ("hosts", hosts()),
        ("tls", map(&[("httpsRedirect", Tree::bool(true, &origin()))])),
    ]);
    let selector = map(&[("istio", string("ingressgateway"))]);
    object("Gateway", map(&[("selector", selector), ("servers", list(vec![https, http]))]))
}

fn virtual_service() -> Tree {
    let exact = |path: &str| map(&[("uri", map(&[("exact", string(path))]))]);
    let to = map(&[("destination", map(&[("host", string("productpage.default.svc.cluster.local"))]))]);
    let matched = map(&[
        ("match", list(vec![exact("/productpage"), exact("/login")])),
        ("route", list(vec![to.clone()])),
    ]);
    let rest = map(&[("route", list(vec![to])), ("timeout", string("5s"))]);
    let spec = map(&[
        ("hosts", list(vec![string("*.example.com")])),
        ("gateways", list(vec![string("default/bookinfo-gateway")])),
        ("http", list(vec![matched, rest])),
    ]);
    object("VirtualService", spec)
}

fn destination_rule() -> Tree {
    let subset = |name: &str| map(&[("name", string(name)), ("labels", map(&[("version", string(name))]))]);
    let host = string("reviews.default.svc.cluster.local");
    object("DestinationRule", map(&[("host", host), ("subsets", list(vec![subset("v1"), subset("v2")]))]))
}

#[test]
fn the_gateway_of_the_walkthrough_to_the_letter() {
    let text = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: a
  namespace: default
  labels:
    app.kubernetes.io/managed-by: gatewright
spec:
  selector:
    istio: ingressgateway
  servers:
    - port:
        number: 443
        name: https-a
        protocol: HTTPS
      hosts:
        - bookinfo.example.com
      tls:
        mode: SIMPLE
        credentialName: bookinfo-credential
    - port:
        number: 80
        name: http
        protocol: HTTP
      hosts:
        - bookinfo.example.com
      tls:
        httpsRedirect: true
";
    let rendered = render(&gateway(), "gateway", "a", &templates(&[])).unwrap();
    assert_eq!(rendered.text, text);
    assert_eq!(rendered.parsed, None);
}

#[test]
fn built_in_templates_print_as_the_emitter_does() {
    let policy = object("PeerAuthentication", map(&[("mtls", map(&[("mode", string("STRICT"))]))]));
    let cluster_scoped = map(&[
        ("apiVersion", string("v1")),
        ("kind", string("Namespace")),
        ("metadata", map(&[("name", string("on"))])),
    ]);
    for tree in [gateway(), virtual_service(), destination_rule(), policy, cluster_scoped] {
        let rendered = render(&tree, "word", "name", &templates(&[])).unwrap();
        assert_eq!(rendered.text, yaml::block(&tree, 0));
        assert!(!rendered.overridden());
    }
}

#[test]
fn a_gateway_of_the_gateway_api_has_no_servers_and_needs_none() {
    let tree = object("Gateway", map(&[("gatewayClassName", string("istio"))]));
    let tree = tree.with("apiVersion", string("gateway.networking.k8s.io/v1"));
    let text = render(&tree, "word", "name", &templates(&[("gateway.yaml", "{{ nothing }}")])).unwrap().text;
    assert_eq!(saphyr(&text), json(&tree));
}

#[test]
fn the_same_text_is_no_override_and_another_is_one() {
    let same = BUILT_INS.map(|built_in| (built_in.file, built_in.text));
    assert!(!render(&gateway(), "gateway", "a", &templates(&same)).unwrap().overridden());
    let windows = BUILT_INS[0].text.replace('\n', "\r\n");
    let windows = templates(&[("gateway.yaml", &windows)]);
    assert!(!render(&gateway(), "gateway", "a", &windows).unwrap().overridden());

    let changed = BUILT_INS[0].text.replace("spec:\n", "  # ours\nspec:\n");
    let rendered = render(&gateway(), "gateway", "a", &templates(&[("gateway.yaml", &changed)])).unwrap();
    assert_eq!(rendered.template.as_deref(), Some("templates/gateway.yaml"));
    assert!(rendered.text.contains("# ours"));
    let parsed = rendered.parsed.unwrap();
    assert_eq!(parsed.tree, gateway(), "and all origins came through");
    assert_eq!(parsed.changed, []);
}

#[test]
fn no_secret_goes_through_a_template() {
    let tree = object("Secret", map(&[])).with("apiVersion", string("v1"));
    let finding = render(&tree, "host", "a", &templates(&[])).unwrap_err();
    assert_eq!(finding.code, Code::TEMPLATE_SECRET);
}

#[test]
fn a_marker_that_hides_a_resource_is_refused() {
    let tree = destination_rule()
        .with("spec", map(&[("host", string("a")), ("x", string("+argocd:skip-file-rendering"))]));
    assert_eq!(render(&tree, "service", "a", &templates(&[])).unwrap_err().code, Code::SKIP_MARKER);
}

#[test]
fn many_keep_their_order_and_one_mistake_is_one_finding() {
    let named = |i: usize| {
        destination_rule()
            .with("metadata", map(&[("name", string(&format!("n{i}"))), ("namespace", string("x"))]))
    };
    let trees: Vec<_> = (0..500).map(named).collect();
    let items: Vec<_> = trees.iter().map(|tree| Item { tree, word: "service", name: "s" }).collect();
    let rendered = all(&items, &templates(&[])).unwrap();
    for (i, one) in rendered.iter().enumerate() {
        assert!(one.text.contains(&format!("name: n{i}\n")), "{i}");
    }
    let broken = templates(&[("destinationrule.yaml", "a: 1\nb: {{ spec.nothing }}\n")]);
    assert_eq!(all(&items, &broken).unwrap_err().findings().len(), 1);
}

#[test]
fn a_mistake_in_a_template_shows_its_file_line_and_text() {
    for (text, line, what) in [
        ("a: 1\nb: {{ spec.nothing }}\n", 2, "undefined"),
        ("a: 1\nb: {{ nothing }}\n", 2, "undefined"),
        ("a: 1\n{# x\n#}\nb: {{ spec | nosuch }}\n", 4, "nosuch"),
        ("a: {{ spec }}\n", 1, "yaml(INDENT)"),
        ("a:\n{% include 'nosuch.yaml' %}\n", 2, "nosuch.yaml"),
        ("{% set a = 1 %}\nb: {{ a.b.c }}\n", 2, "undefined"),
    ] {
        let finding =
            render(&destination_rule(), "service", "a", &templates(&[("destinationrule.yaml", text)]))
                .unwrap_err();
        let place = finding.file.clone().unwrap();
        assert_eq!(
            (place.path.as_str(), place.line),
            ("templates/destinationrule.yaml", Some(line)),
            "{finding:#?}"
        );
        assert_eq!(place.excerpt.as_deref(), text.lines().nth(line - 1));
        assert!(finding.message.contains(what), "{}", finding.message);
        assert_eq!(finding.code, Code::TEMPLATE_ERROR);
    }
}

#[test]
fn mistakes_in_syntax_are_found_at_once_and_all_of_them() {
    let findings = refused(&[
        ("gateway.yaml", "a: 1\nb: {{ a\n"),
        ("resource.yaml", "{% if a %}\n"),
        ("once/x.yaml", "{% endif %}"),
        ("_part.yaml", "ok: {{ a }}"),
        ("gatway.yaml", ""),
        ("hosts/b.yaml", ""),
        ("once/README.md", ""),
        ("once/deep/x.yaml", ""),
        ("notes.txt", ""),
        (".gitkeep", "{{"),
    ]);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Error));
    let shown: Vec<_> = findings
        .iter()
        .map(|f| {
            (
                f.code.name(),
                f.file.as_ref().unwrap().path.as_str(),
                f.helps.first().map_or("", String::as_str),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("template-error", "templates/gateway.yaml", ""),
            ("template-error", "templates/resource.yaml", ""),
            ("template-error", "templates/once/x.yaml", ""),
            ("unknown-template", "templates/gatway.yaml", "did you mean templates/gateway.yaml?"),
            ("unknown-template", "templates/hosts/b.yaml", "did you mean templates/host/b.yaml?"),
            ("unknown-template", "templates/once/README.md", ""),
            ("unknown-template", "templates/once/deep/x.yaml", ""),
            ("unknown-template", "templates/notes.txt", ""),
        ]
    );
    assert_eq!(findings[0].file.as_ref().unwrap().line, Some(2));
}

#[test]
fn an_error_in_an_included_part_is_shown_there() {
    let files = [
        ("destinationrule.yaml", "a: 1\n{% include '_labels.yaml' %}\n"),
        ("_labels.yaml", "\n\nx: {{ nothing }}\n"),
    ];
    let finding = render(&destination_rule(), "service", "a", &templates(&files)).unwrap_err();
    let place = finding.file.unwrap();
    assert_eq!((place.path.as_str(), place.line), ("templates/_labels.yaml", Some(3)));
    assert_eq!(place.excerpt.as_deref(), Some("x: {{ nothing }}"));
}

#[test]
fn a_template_that_runs_away_is_an_error_and_no_crash() {
    let files = [("destinationrule.yaml", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}")];
    assert_eq!(
        render(&destination_rule(), "s", "a", &templates(&files)).unwrap_err().code,
        Code::TEMPLATE_ERROR
    );
    let files = [("destinationrule.yaml", "{% include 'destinationrule.yaml' %}")];
    assert_eq!(
        render(&destination_rule(), "s", "a", &templates(&files)).unwrap_err().code,
        Code::TEMPLATE_ERROR
    );
}

/// The last text of an item keeps the blank at its end.
#[test]
fn a_users_copy_keeps_blanks_at_the_end_of_a_text() {
    let route = Tree::map(&origin()).with("", string("a\nb "));
    let rules = Tree::list(vec![Tree::map(&origin()).with("route", route)], &origin());
    let spec = Tree::map(&origin()).with("hosts", string("x")).with("http", rules);
    let tree = object("VirtualService", spec);
    let files = BUILT_INS.map(|built_in| (built_in.file, format!("# ours\n{}", built_in.text)));
    let files = files.iter().map(|(file, text)| (*file, text.as_str())).collect::<Vec<_>>();
    let rendered = render(&tree, "word", "name", &templates(&files)).unwrap();
    assert_eq!(saphyr(&rendered.text), json(&tree), "{}", rendered.text);
}

fn spec_of(list: &'static str, fields: &'static [&'static str]) -> impl Strategy<Value = Tree> {
    let items = prop::collection::vec((any_tree(), prop::collection::vec(any_tree(), fields.len())), 0..4);
    (any_tree(), prop::option::of(items)).prop_map(move |(base, items)| {
        let base = if matches!(base.value, Value::Map(_)) { base } else { Tree::map(&origin()) };
        let item = |(rest, values): (Tree, Vec<Tree>)| {
            let rest = if matches!(rest.value, Value::Map(_)) { rest } else { Tree::map(&origin()) };
            fields.iter().zip(values).fold(rest, |map, (name, value)| map.with(*name, value))
        };
        match items {
            Some(items) => base.with(list, Tree::list(items.into_iter().map(item).collect(), &origin())),
            None => base,
        }
    })
}

fn any_object() -> impl Strategy<Value = Tree> {
    prop_oneof![
        spec_of("servers", &["port", "hosts"]).prop_map(|spec| object("Gateway", spec)),
        (spec_of("http", &["match"]), any_tree())
            .prop_map(|(spec, hosts)| object("VirtualService", spec.with("hosts", hosts))),
        spec_of("http", &["route"])
            .prop_map(|spec| object("VirtualService", spec.with("hosts", string("x")))),
        spec_of("subsets", &["name"])
            .prop_map(|spec| object("DestinationRule", spec.with("host", string("x")))),
        any_tree().prop_map(|spec| object("Gateway", spec)),
        any_tree().prop_map(|spec| object("VirtualService", spec.with("http", Tree::bool(true, &origin())))),
        any_tree().prop_map(|spec| object("Telemetry", spec).with("status", string("on"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a resource comes out of the built-in templates, also where nobody expected it.
    #[test]
    fn built_in_templates_give_the_tree(tree in any_object()) {
        let text = render(&tree, "word", "name", &templates(&[])).unwrap().text;
        prop_assert_eq!(saphyr(&text), json(&tree), "{}", text);
    }

    /// What the emitter writes, the proof reads back as the same tree.
    #[test]
    fn a_comment_changes_nothing(tree in any_object()) {
        let files = BUILT_INS.map(|built_in| (built_in.file, format!("# ours\n{}", built_in.text)));
        let files = files.iter().map(|(file, text)| (*file, text.as_str())).collect::<Vec<_>>();
        // A user's copy is used whatever the shape; then only what it can spell out must come through.
        let empty = tree.get("spec").is_some_and(|spec| spec.value == Value::Map(Vec::new()));
        if let Ok(rendered) = render(&tree, "word", "name", &templates(&files)) && !empty {
            let parsed = rendered.parsed.unwrap();
            prop_assert_eq!(json(&parsed.tree), json(&tree));
            prop_assert_eq!(parsed.changed, vec![]);
        }
    }
}
