//! Examples are read, and nothing in them excludes anything else.

use std::collections::BTreeSet;

use super::*;
use crate::diag::Code;
use crate::schema::conform::Conform;
use crate::schema::conform::part::{certain, each_without};
use crate::schema::{ISTIO, TypeId, Wrong, built_in};
use crate::spec::{Sources, Spec, parse};

/// Every value of the table of prose is one that some field of its takes.
#[test]
fn every_value_is_taken() {
    let table = built_in();
    for kind in table.kinds() {
        let mut seen = BTreeSet::new();
        table.each_way(kind.root, &mut |way| {
            let is_new = is_new(&mut seen, way);
            let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
            let Some(example) = prose::example(kind, &names) else { return is_new };
            let sampler = Sampler { table, kind, word: None, origin: Origin::default_of("test") };
            let last = way.last().unwrap();
            let json = format!("{:?}", sampler.value(&last.shape, &mut way.to_vec(), DEEP).value);
            let parts = example.split([' ', '=']).all(|part| json.contains(part));
            assert!(json.contains(example) || parts, "{} {names:?} {example}: {json}", kind.name);
            is_new
        });
    }
}

/// Whether what is below a field has not been seen yet.
fn is_new(seen: &mut BTreeSet<TypeId>, way: &[&Field]) -> bool {
    match way[way.len() - 1].shape.innermost().form {
        Form::Object(id) => seen.insert(id),
        _ => false,
    }
}

/// What the reader makes of an example, which has nothing against it.
fn read(text: &str) -> Spec {
    let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
    let (spec, report) = parse(&sources);
    assert!(!report.has_errors(), "{text}\n{}", crate::diag::human::render(&report, &sources, false));
    spec
}

/// Ways to fields that nothing takes, by kind, with what refuses each; their pages say so.
const REFUSED: [(&str, &str, &str); 8] = [
    ("Gateway", "spec.servers.port.targetPort", "which a server can't have"),
    ("Sidecar", "port.targetPort", "which a Sidecar can't have"),
    ("Sidecar", "spec.ingress.tls.credentialName", "which a Sidecar does not take"),
    ("Sidecar", "spec.ingress.tls.credentialNames", "which a Sidecar does not take"),
    ("Sidecar", "spec.ingress.tls.subjectAltNames", "which a Sidecar does not take"),
    ("Sidecar", "spec.ingress.tls.tlsCertificates", "which a Sidecar does not take"),
    ("VirtualService", "spec.http.fault.abort.http2Error", "which Istio does not do yet"),
    ("VirtualService", "spec.http.fault.delay.exponentialDelay", "which Istio does not do yet"),
];

/// Every example is one that the reader takes and that nothing is found against, with any word in the place of `…`: of each
/// field that has a page, wherever its type stands. What is refused there no other example could save.
#[test]
fn nothing_is_found_in_an_example() {
    let table = built_in();
    let conform = Conform::new(table, ISTIO[ISTIO.len() - 1]);
    let mut count = 0;
    let mut wrong = Vec::new();
    let mut refused = BTreeSet::new();
    for kind in table.kinds() {
        let mut check = |way: &[&Field]| {
            let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
            let is_identity =
                matches!(names.as_slice(), ["apiVersion" | "kind"] | ["metadata", "name" | "namespace"]);
            let Some(text) = written(table, kind, way).filter(|_| !is_identity) else { return };
            count += 1;
            let joined = names.join(".");
            let exception = REFUSED.iter().find(|(of, way, _)| {
                *of == &*kind.name && (joined.ends_with(way) || joined.contains(&format!("{way}.")))
            });
            let why = super::refused(&conform, kind, way);
            match (exception, why, found(&conform, kind, way).first()) {
                (Some(exception), Some(why), _) if why.contains(exception.2) => {
                    refused.insert(exception);
                }
                (None, None, None) => {}
                (_, why, found) => {
                    let found = found.map(|found| &found.message);
                    wrong.push(format!("{joined} {text}\n{why:?} {found:?}\n"));
                }
            }
        };
        check(&[]);
        table.each_way(kind.root, &mut |way| {
            check(way);
            true
        });
    }
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 2900, "{count}");
    assert_eq!(refused.len(), REFUSED.len(), "of these alone something is refused: {refused:?}");
}

/// Every example is one that the reader takes: of each field of each type in each kind.
#[test]
fn every_example_is_read() {
    let table = built_in();
    let mut count = 0;
    for kind in table.kinds() {
        let mut seen = BTreeSet::new();
        let mut check = |way: &[&Field]| {
            let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
            let is_identity =
                matches!(names.as_slice(), ["apiVersion" | "kind"] | ["metadata", "name" | "namespace"]);
            let Some(text) = written(table, kind, way).filter(|_| !is_identity) else { return };
            let spec = read(&text.replace(ANY, "x"));
            assert_eq!(spec.objects.len(), 1, "{text}");
            count += 1;
        };
        check(&[]);
        table.each_way(kind.root, &mut |way| {
            check(way);
            is_new(&mut seen, way)
        });
    }
    assert!(count > 2000, "{count}");
}

/// What is refused whatever else an object says is refused nowhere for want of something: in no example that misses a field
/// of what is right with it.
#[test]
fn nothing_is_certain_for_what_is_missing() {
    let table = built_in();
    let mut count = 0;
    let mut wrong = BTreeSet::new();
    for kind in table.kinds() {
        let mut seen = BTreeSet::new();
        table.each_way(kind.root, &mut |way| {
            if let Some(mut object) = object(table, kind, way) {
                fill(&mut object, &mut 0);
                let known = certain(kind, &object);
                each_without(&object, &mut |less| {
                    count += 1;
                    let new = |found: &Wrong| known.iter().all(|known| known.message != found.message);
                    wrong.extend(
                        certain(kind, less).into_iter().filter(new).map(|found| {
                            format!("{} {} {}", kind.name, path_text(&found.path), found.message)
                        }),
                    );
                });
            }
            is_new(&mut seen, way)
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 10_000, "{count}");
}

/// What a page says can't stand together is refused beside at least one other; and each pair of a rule from one field.
#[test]
fn what_cannot_stand_together_is_refused() {
    let table = built_in();
    let conform = Conform::new(table, ISTIO[ISTIO.len() - 1]);
    let mut count = 0;
    for kind in table.kinds().iter().filter(|kind| kind.group.ends_with(".istio.io")) {
        let sampler = Sampler { table, kind, word: None, origin: Origin::default_of("test") };
        table.each_way(kind.root, &mut |way| {
            let field = way[way.len() - 1];
            let Some(ty) = table.object(field.shape.innermost()) else { return true };
            let apart = Apart::of(kind, way, ty);
            for first in ty.fields.iter().filter(|field| !apart.beside(&field.name).is_empty()) {
                let refused = apart.beside(&first.name).into_iter().any(|second| {
                    let second = ty.field(second).unwrap();
                    let mut object = Tree::map(&sampler.origin);
                    // What some rules look at.
                    let more = [("mode", "MUTUAL", "mode"), ("privateKey", "/key", "serverCertificate")];
                    for (name, value, _) in more.iter().filter(|(.., beside)| ty.field(beside).is_some()) {
                        object = object.with(*name, sampler.text(value));
                    }
                    for field in [first, second] {
                        let mut way: Vec<&Field> = way.to_vec();
                        way.push(field);
                        object =
                            object.with(field.name.to_string(), sampler.value(&field.shape, &mut way, DEEP));
                    }
                    let (last, outer) = way.split_last().unwrap();
                    let tree = sampler.around(way, &last.shape, object);
                    let (name, tree) = sampler.within(&[], outer, &last.name, tree);
                    // Without hosts a VirtualService is a part of another, which hands nothing over.
                    let tree = match &*kind.name {
                        "VirtualService" => {
                            let hosts = vec![sampler.text("shop.example.com")];
                            tree.with("hosts", Tree::list(hosts, &sampler.origin))
                        }
                        _ => tree,
                    };
                    let whole = sampler.head().with(name.to_owned(), tree);
                    conform.check(&whole).iter().any(|found| found.code == Code::CONFLICTING_FIELDS)
                });
                let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
                assert!(refused, "{} {names:?} {}", kind.name, first.name);
                count += 1;
            }
            true
        });
    }
    assert!(count > 50, "{count}");
}

/// What a schema of the user's own asks of an object holds in its examples.
#[test]
fn an_example_keeps_what_a_users_own_schema_asks() {
    let crd = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                one:
                  type: object
                  properties: {a: {type: string}, b: {type: string}}
                  oneOf: [{required: [a]}, {required: [b]}]
                pair:
                  type: object
                  properties: {c: {type: string}, d: {type: string}, e: {type: string}}
                  not: {required: [c, d]}
";
    let (table, broken) = crate::schema::with_own(&[("widgets.yaml", Some(crd))]);
    assert!(broken.is_empty(), "{broken:?}");
    let kind = table.kind("example.com", "", "Widget").unwrap();
    let example = |path: &[&str]| {
        let mut ty = table.ty(kind.root);
        let way: Vec<&Field> = path
            .iter()
            .map(|name| {
                let field = ty.field(name).unwrap();
                ty = table.object(&field.shape).unwrap_or(ty);
                field
            })
            .collect();
        written(&table, kind, &way).unwrap()
    };
    assert_eq!(example(&["spec", "one"]), "widget \"…\" { one b=\"…\" }");
    assert_eq!(example(&["spec", "one", "a"]), "widget \"…\" { one a=\"…\" }");
    assert_eq!(example(&["spec", "pair"]), "widget \"…\" { pair d=\"…\" e=\"…\" }");
    assert_eq!(example(&["spec", "pair", "c"]), "widget \"…\" { pair c=\"…\" }");
    let whole = written(&table, kind, &[]).unwrap();
    assert!(whole.contains("one b=\"…\"") && !whole.contains("c="), "{whole}");
}
