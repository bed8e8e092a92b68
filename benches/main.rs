//! How long the five things take that grow with a project. `docs/ARCHITECTURE.md` says what is measured.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that can't be set up ends")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gatewright::build::{Request, build};
use gatewright::diag::Diagnostic;
use gatewright::issue::{Ambient, Unlock};
use gatewright::model::resolve;
use gatewright::pki::SystemKeys;
use gatewright::resource::Tree;
use gatewright::schema::conform::Conform;
use gatewright::schema::{self, built_in};
use gatewright::sops::{
    Entropy, EntropyError, Filter, Identities, Node, Options, Plain, Recipient, Sealed, encrypt, generate,
};
use gatewright::spec::{Origin, Sources, parse};
use gatewright::state;
use gatewright::time::Timestamp;
use gatewright::tree::{Layout, apply};

const NOW: &str = "2026-11-25T12:00:00Z";

struct System;

impl Entropy for System {
    #[expect(clippy::disallowed_methods, reason = "a benchmark brings its own randomness, as cli does")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|error| EntropyError(error.to_string()))
    }
}

/// Nobody is asked for an identity where nothing is to do.
struct Nobody;

impl Unlock for Nobody {
    fn identities(&self) -> Result<Identities, Box<Diagnostic>> {
        Ok(Identities::new())
    }
}

/// What the routes of a spec say beside our own words.
const PLAIN: &str = "";
const ISTIO: &str =
    " { retries attempts=3 per-try-timeout=\"1s\"; headers { request { set x-team=\"shop\" }; }; }";

/// A platform's spec: one domain, so many hosts with two routes each, of which one says `more`.
fn spec(hosts: usize, more: &str) -> String {
    let mut text = "authority \"corp\"\ngateway \"public\"\n\
                    domain \"example.com\" authority=\"corp\" gateway=\"public\" {\n"
        .to_owned();
    for i in 0..hosts {
        let _ = writeln!(
            text,
            "    host \"shop-{i}\" to=\"shop-{i}:8080\" {{ route \"/api/*\" to=\"api-{i}:80\" timeout=\"3s\"{more}; }}"
        );
    }
    text + "}\n"
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (words, more) in [("our words", PLAIN), ("and Istio's", ISTIO)] {
        for hosts in [10, 1_000, 10_000] {
            let sources = Sources::new([("specs/example.kdl".to_owned(), spec(hosts, more))]);
            assert!(!parse(&sources).1.has_errors());
            group.throughput(Throughput::Elements(hosts as u64)).sample_size(10);
            group.bench_with_input(BenchmarkId::new(words, hosts), &sources, |bencher, sources| {
                bencher.iter(|| parse(black_box(sources)));
            });
        }
    }
    group.finish();
}

fn sealing(criterion: &mut Criterion) {
    let (identity, recipient) = generate();
    let (_, other) = generate();
    let recipients: [Recipient; 2] = [recipient, other];
    let filter = Filter::encrypted_regex(r"^(tls\.key)$").unwrap();
    let options =
        Options { recipients: &recipients, filter: &filter, mac_only_encrypted: true, last_modified: NOW };
    // As long as base64 of PEM of an RSA key of 2048 bits.
    let secret = || {
        let data = [("tls.crt", Node::str("c".repeat(1600))), ("tls.key", Node::str("k".repeat(2272)))];
        Plain::single(Node::map([("kind", Node::str("Secret")), ("data", Node::map(data))]))
    };
    let text = encrypt(&secret(), &options, &System).unwrap();
    let mut identities = Identities::new();
    identities.add("benchmark", &identity);
    let mut group = criterion.benchmark_group("sops");
    group.bench_function("encrypt", |bencher| {
        bencher.iter(|| encrypt(&secret(), &options, &System).unwrap());
    });
    group.bench_function("parse", |bencher| bencher.iter(|| Sealed::parse(black_box(&text)).unwrap()));
    let sealed = Sealed::parse(&text).unwrap();
    group.bench_function("decrypt", |bencher| bencher.iter(|| sealed.decrypt(&identities).unwrap()));
    group.finish();
}

/// As a host's VirtualService: `routes` rules, each with what a careful team writes.
fn virtual_service(name: &str, routes: usize) -> Tree {
    let at = &Origin::default_of("benchmark");
    let text = |text: String| Tree::string(text, at);
    let map = |fields: Vec<(&'static str, Tree)>| {
        fields.into_iter().fold(Tree::map(at), |map, (name, tree)| map.with(name, tree))
    };
    let route = |i: usize| {
        let host = text(format!("{name}.default.svc.cluster.local"));
        let to = map(vec![("host", host), ("port", map(vec![("number", Tree::int(8080, at))]))]);
        let uri = map(vec![("uri", map(vec![("prefix", text(format!("/part-{i}/")))]))]);
        let retries = vec![("attempts", Tree::int(3, at)), ("perTryTimeout", text("1s".to_owned()))];
        map(vec![
            ("match", Tree::list(vec![uri], at)),
            ("route", Tree::list(vec![map(vec![("destination", to), ("weight", Tree::int(100, at))])], at)),
            ("timeout", text("3s".to_owned())),
            ("retries", map(retries)),
        ])
    };
    let spec = vec![
        ("hosts", Tree::list(vec![text(format!("{name}.example.com"))], at)),
        ("gateways", Tree::list(vec![text("default/public".to_owned())], at)),
        ("http", Tree::list((0..routes).map(route).collect(), at)),
    ];
    let metadata =
        vec![("name", text(format!("{name}.example.com"))), ("namespace", text("default".to_owned()))];
    map(vec![
        ("apiVersion", text("networking.istio.io/v1".to_owned())),
        ("kind", text("VirtualService".to_owned())),
        ("metadata", map(metadata)),
        ("spec", map(spec)),
    ])
}

fn conforming(criterion: &mut Criterion) {
    let conform = Conform::new(built_in(), schema::ISTIO[0]);
    let mut group = criterion.benchmark_group("conformity");
    for (hosts, routes) in [(1_000, 2), (10_000, 2), (1, 10_000)] {
        let trees: Vec<Tree> = (0..hosts).map(|i| virtual_service(&format!("shop-{i}"), routes)).collect();
        assert!(trees.iter().all(|tree| conform.check(tree).is_empty()));
        group.throughput(Throughput::Elements((hosts * routes) as u64)).sample_size(10);
        let id = BenchmarkId::from_parameter(format!("{hosts} objects, {routes} routes each"));
        group.bench_with_input(id, &trees, |bencher, trees| {
            bencher.iter(|| trees.iter().map(|tree| conform.check(black_box(tree)).len()).sum::<usize>());
        });
    }
    group.finish();
}

#[expect(clippy::disallowed_methods, reason = "a benchmark writes its own scratch project")]
fn project(root: &Path, spec: &str) -> Layout {
    let (_, recipient) = generate();
    let layout = Layout::below(root);
    std::fs::create_dir(&layout.specs).unwrap();
    std::fs::write(layout.specs.join("example.kdl"), spec).unwrap();
    std::fs::write(root.join(".sops.yaml"), format!("creation_rules:\n  - age: {recipient}\n")).unwrap();
    layout
}

fn building(criterion: &mut Criterion) {
    let scratch = tempfile::tempdir().unwrap();
    let layout = project(scratch.path(), &spec(1_000, PLAIN));
    let now = Timestamp::parse(NOW).unwrap();
    let ambient = Ambient { now, keys: &SystemKeys, entropy: &System };
    let read = || state::read(&layout, &scratch.path().join("templates"), None, &|_| None).unwrap();
    let run = |input: &state::Input| build(input, &layout, &Nobody, &ambient, &Request::default());
    let first = run(&read()).unwrap_or_else(|error| panic!("{error}"));
    apply(&layout, &first.files).unwrap();
    let input = read();
    let again = run(&input).unwrap_or_else(|error| panic!("{error}"));
    assert!(again.files.is_empty(), "nothing is to do");
    let mut group = criterion.benchmark_group("build");
    group.throughput(Throughput::Elements(1_000)).sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("no change, 1000", |bencher| bencher.iter(|| run(black_box(&input)).is_ok()));
    group.finish();
}

/// One host whose routes live in two namespaces, so that each is held against all that share its requests.
fn routing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routes");
    for routes in [200, 2_000] {
        let mut text = "authority \"corp\"\ngateway \"public\"\n\
                        host \"shop.example.com\" authority=\"corp\" gateway=\"public\" {\n"
            .to_owned();
        for i in 0..routes {
            let _ = writeln!(text, "    route \"/part-{i}/*\" to=\"part:80\" namespace=\"team-{}\"", i % 2);
        }
        let sources = Sources::new([("specs/example.kdl".to_owned(), text + "}\n")]);
        let (spec, report) = parse(&sources);
        assert!(!report.has_errors());
        group.throughput(Throughput::Elements(routes)).sample_size(10);
        group.bench_function(BenchmarkId::from_parameter(routes), |bencher| {
            bencher.iter(|| resolve(black_box(&spec)).0.is_ok());
        });
    }
    group.finish();
}

criterion_group!(benches, parsing, sealing, conforming, building, routing);
criterion_main!(benches);
