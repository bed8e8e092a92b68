//! KDL → [`Spec`], every complaint at once.

use rayon::prelude::*;

use super::lost::Lost;
use super::node::context::{Context, said_twice};
use super::node::read::Fields;
use super::node::{
    PROJECT_FILE, SPEC_FILE, Secrets, Spec, authority, cacerts, client, covering, domain, gateway, host,
    object, project, route, secrets, service,
};
use super::source::{Source, SourceId, Sources};
use super::syntax::{self, Node};
use crate::diag::Report;
use crate::schema::{Table, built_in};

/// The file of the project's settings; all others hold the spec.
pub const PROJECT_PATH: &str = "gatewright.kdl";

/// Reads all files. Every mistake that the text alone shows is in the report; the spec holds what could be read.
#[must_use]
pub fn parse(sources: &Sources) -> (Spec, Report) {
    parse_with(sources, built_in())
}

/// As [`parse`], for a project that knows more kinds.
#[must_use]
pub fn parse_with(sources: &Sources, table: &Table) -> (Spec, Report) {
    let files: Vec<(SourceId, &Source)> = sources.iter().collect();
    let read: Vec<(Spec, Report)> =
        files.into_par_iter().map(|(id, file)| read(sources, table, id, file)).collect();
    let mut all = Context::new(sources, table);
    let mut spec = Spec::default();
    for (file, report) in read {
        all.report.extend(report);
        join(&mut all, &mut spec, file);
    }
    spec.lost.extend(all.lost);
    spec.damaged.sort_unstable();
    spec.damaged.dedup();
    let mut report = all.report;
    report.sort();
    (spec, report)
}

fn read(sources: &Sources, table: &Table, id: SourceId, file: &Source) -> (Spec, Report) {
    let parsed = syntax::parse(id, file.text());
    let mut cx = Context::new(sources, table);
    let mut spec = Spec::default();
    if file.path() == PROJECT_PATH {
        spec_of_project(&mut cx, &parsed.nodes, &mut spec);
    } else {
        spec_of_file(&mut cx, &parsed.nodes, &mut spec);
    }
    spec.damaged = cx.damaged;
    spec.lost = cx.lost;
    spec.partial = cx.partial;
    spec.decisions = cx.decisions;
    let words: Vec<&str> = SPEC_FILE.items().map(|item| item.name).collect();
    spec.lost.extend(Lost::unread(parsed.unread, file.text(), &words));
    let mut report = parsed.report;
    report.extend(cx.report);
    (spec, report)
}

/// The files with CRDs that the project names, before anything else is read: kinds decide what words mean. Mistakes are
/// reported by [`parse`].
#[must_use]
pub fn crds(sources: &Sources) -> Vec<String> {
    let project = sources.iter().find(|(_, file)| file.path() == PROJECT_PATH);
    let named =
        project.map(|(id, file)| read(sources, built_in(), id, file).0.project.crds).unwrap_or_default();
    named.iter().map(|path| path.as_str().to_owned()).collect()
}

fn spec_of_project(cx: &mut Context<'_>, nodes: &[Node], spec: &mut Spec) {
    let fields = Fields::of_file(cx, nodes, &PROJECT_FILE);
    spec.project = project::read(cx, &fields);
    spec.secrets = one_secrets(cx, &fields);
}

fn spec_of_file(cx: &mut Context<'_>, nodes: &[Node], spec: &mut Spec) {
    let fields = Fields::of_file(cx, nodes, &SPEC_FILE);
    spec.secrets = one_secrets(cx, &fields);
    spec.authorities = all(cx, &fields, "authority", authority::read);
    spec.gateways = all(cx, &fields, "gateway", gateway::read);
    spec.domains = all(cx, &fields, "domain", domain::read);
    spec.hosts = all(cx, &fields, "host", host::read);
    spec.routes = all(cx, &fields, "route", |cx, node| route::read(cx, node, &route::ROUTE_OUTSIDE));
    spec.certificates =
        all(cx, &fields, "certificate", |cx, node| covering::read(cx, node, &covering::CERTIFICATE_OUTSIDE));
    spec.cacerts = all(cx, &fields, "cacerts", cacerts::read);
    spec.clients = all(cx, &fields, "client", client::read);
    spec.groups = all(cx, &fields, "clients", client::read_group);
    spec.services = all(cx, &fields, "service", service::read);
    spec.objects = all(cx, &fields, "resource", object::read_any);
    let objects = fields.objects.iter();
    spec.objects.extend(objects.filter_map(|node| cx.owned(node, |cx| object::read(cx, node))));
}

fn one_secrets(cx: &mut Context<'_>, fields: &Fields<'_>) -> Option<Secrets> {
    fields.nodes("secrets").next().and_then(|node| cx.owned(node, |cx| Some(secrets::read(cx, node))))
}

fn all<T>(
    cx: &mut Context<'_>,
    fields: &Fields<'_>,
    name: &str,
    read: impl Fn(&mut Context<'_>, &Node) -> Option<T>,
) -> Vec<T> {
    fields.nodes(name).filter_map(|node| cx.owned(node, |cx| read(cx, node))).collect()
}

/// Adds what one file says.
fn join(cx: &mut Context<'_>, spec: &mut Spec, file: Spec) {
    spec.project.join(file.project);
    match (&spec.secrets, file.secrets) {
        (Some(first), Some(second)) => said_twice(cx, "secrets", first.word, second.word),
        (None, secrets) => spec.secrets = secrets,
        (Some(_), None) => {}
    }
    spec.authorities.extend(file.authorities);
    spec.gateways.extend(file.gateways);
    spec.domains.extend(file.domains);
    spec.hosts.extend(file.hosts);
    spec.routes.extend(file.routes);
    spec.certificates.extend(file.certificates);
    spec.cacerts.extend(file.cacerts);
    spec.clients.extend(file.clients);
    spec.groups.extend(file.groups);
    spec.services.extend(file.services);
    spec.objects.extend(file.objects);
    spec.damaged.extend(file.damaged);
    spec.lost.extend(file.lost);
    spec.partial.extend(file.partial);
    spec.decisions.extend(file.decisions);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diag::human;
    use crate::spec::node::{HttpMode, KeyKind, Source as CertificateSource, TlsMode};
    use crate::spec::source::{Span, Text};
    use crate::time::{Seconds, Timestamp};

    const BOOKINFO: &str = include_str!("../../tests/spec/ok/bookinfo.kdl");
    const PLATFORM: &str = include_str!("../../tests/spec/ok/platform.kdl");
    const COMMENTS: &str = include_str!("../../tests/spec/ok/comments.kdl");
    const WINDOWS: &str = include_str!("../../tests/spec/ok/windows.kdl");

    fn sources(text: &str) -> Sources {
        Sources::new([("specs/a.kdl".to_owned(), text.to_owned())])
    }

    /// A spec that must read without a finding.
    fn good(text: &str) -> (Sources, Spec) {
        let sources = sources(text);
        let (spec, report) = parse(&sources);
        assert!(report.is_empty(), "{}", human::render(&report, &sources, false));
        (sources, spec)
    }

    /// The messages about a text, and what could be read.
    fn bad(text: &str) -> (Spec, Vec<String>) {
        let (spec, report) = parse(&sources(text));
        (spec, report.findings().iter().map(|finding| finding.message.clone()).collect())
    }

    fn words(texts: &[Text]) -> Vec<&str> {
        texts.iter().map(Text::as_str).collect()
    }

    #[test]
    fn bookinfo_reads_as_written() {
        let (sources, spec) = good(BOOKINFO);
        let authority = &spec.authorities[0];
        assert_eq!(sources.slice(authority.word), "authority");
        let key = authority.certificate.key.as_ref().unwrap().value;
        assert_eq!((authority.name.as_str(), key), ("example-root", KeyKind::Rsa2048));
        assert_eq!(authority.certificate.valid.as_ref().unwrap().value, Seconds::days(365));
        assert_eq!(sources.slice(authority.certificate.valid.as_ref().unwrap().span), "365d");
        let subject = authority.certificate.subject.as_ref().unwrap();
        assert_eq!(subject.organization.as_ref().unwrap().as_str(), "example Inc.");
        assert!(subject.country.is_none());
        assert_eq!(spec.gateways[0].name.as_str(), "bookinfo-gateway");
        assert!(spec.gateways[0].selector.is_none());
        let domain = &spec.domains[0];
        let Some(CertificateSource::Authority(name)) = &domain.serving.certificate.source else { panic!() };
        assert_eq!((name.as_str(), sources.slice(name.span())), ("example-root", "example-root"));
        let host = &domain.hosts[0];
        let tls = host.serving.tls.as_ref().unwrap();
        assert_eq!(tls.mode.as_ref().unwrap().value, TlsMode::Simple);
        assert_eq!(tls.secret.as_ref().unwrap().as_str(), "bookinfo-credential");
        let route = &host.routes[0];
        assert_eq!(
            words(&route.paths),
            ["/productpage", "/static/*", "/login", "/logout", "/api/v1/products/*"]
        );
        assert_eq!(sources.slice(route.paths[1].span_of(1..7)), "static");
        assert_eq!(route.to[0].service.as_str(), "productpage:9080");
        assert_eq!(sources.slice(route.to[0].word), "to");
        assert_eq!(spec.clients[0].certificate.key.as_ref().unwrap().value, KeyKind::Rsa2048);
        let subsets: Vec<_> = spec.services[2].subsets.iter().map(|subset| subset.name.as_str()).collect();
        assert_eq!(subsets, ["v1", "v2", "v2-mysql", "v2-mysql-vm"]);
        let (key, value) = &spec.services[2].subsets[3].labels[0];
        assert_eq!((key.as_str(), value.as_str()), ("version", "v2-mysql-vm"));
    }

    #[test]
    fn every_word_reads_in_every_form() {
        let text = PLATFORM
            .replace("//// gatewright.kdl", "//// specs/first.kdl")
            .replace("namespace \"apps\"\n", "");
        let text: String = text.split("//// specs/team/every-word.kdl\n").nth(1).unwrap().to_owned();
        let (_, spec) = good(&text);
        let authority = &spec.authorities[0];
        assert_eq!(words(&authority.recipients), ["age1qqqq"]);
        let second = &authority.generations[1];
        assert_eq!(second.number.value, 2);
        assert_eq!(second.retired.as_ref().unwrap().value, Timestamp::parse_date("2030-01-01").unwrap());
        let subject = authority.certificate.subject.as_ref().unwrap();
        assert_eq!(subject.common_name.as_ref().unwrap().as_str(), "Größe & Co");
        assert_eq!(subject.locality.as_ref().unwrap().as_str(), "München");
        let gateway = &spec.gateways[0];
        assert_eq!(gateway.port.as_ref().unwrap().value, 8443);
        assert_eq!(gateway.http_port.as_ref().unwrap().value, 8080);
        assert_eq!(gateway.http.as_ref().unwrap().value, HttpMode::Off);
        let selector: Vec<_> = gateway
            .selector
            .as_ref()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(selector, [("istio", "ingressgateway"), ("app.kubernetes.io/name", "gw"), ("empty", "")]);
        assert!(spec.gateways.iter().all(|gateway| gateway.per_certificate.is_some()));
        let domain = &spec.domains[0];
        assert!(
            matches!(&domain.serving.certificate.source, Some(CertificateSource::External(name)) if name.as_str() == "wildcard-tls")
        );
        assert_eq!(words(&domain.serving.tls.as_ref().unwrap().clients), ["corp", "partners"]);
        assert_eq!(domain.hosts.len(), 1);
        assert_eq!(domain.hosts[0].to.as_ref().unwrap().subset.as_ref().unwrap().as_str(), "v1");
        assert_eq!(words(&spec.clients[0].sans), ["a@example.com", "spiffe://cluster.local/ns/a/sa/b"]);
        let host = &spec.hosts[0];
        assert_eq!(words(&host.serving.tls.as_ref().unwrap().clients), ["corp"]);
        let weights: Vec<_> = host.routes[0].to.iter().map(|to| to.weight.as_ref().unwrap().value).collect();
        assert_eq!(weights, [90, 10]);
        assert_eq!(host.routes[1].to[0].subset.as_ref().unwrap().as_str(), "v3");
        assert_eq!(host.routes[1].timeout.as_ref().unwrap().value.as_ref().unwrap().as_str(), "500ms");
    }

    #[test]
    fn comments_and_dropped_parts_say_nothing() {
        let (_, spec) = good(COMMENTS);
        assert_eq!(spec.authorities[0].name.as_str(), "a");
        assert_eq!(spec.authorities[0].certificate.key.as_ref().unwrap().value, KeyKind::EcdsaP256);
        assert!(spec.authorities[0].certificate.valid.is_none());
        assert!(spec.authorities[0].certificate.subject.is_none());
        assert_eq!(spec.clients[0].certificate.key.as_ref().unwrap().value, KeyKind::Rsa3072);
        assert_eq!(spec.hosts[0].routes[0].paths[0].as_str(), "/raw/\"quoted\"/*");
        assert_eq!(spec.hosts[0].routes[1].paths[0].as_str(), "/in/many/lines");
    }

    #[test]
    fn spans_hold_with_a_byte_order_mark_and_windows_line_ends() {
        let (sources, spec) = good(WINDOWS);
        assert_eq!(sources.slice(spec.domains[0].name.span()), "example.com");
        assert_eq!(sources.locate(spec.domains[0].name.span()), "specs/a.kdl:5:21");
        let gateway = spec.domains[0].serving.gateway.as_ref().unwrap();
        assert_eq!(sources.locate(gateway.span()), "specs/a.kdl:6:28");
    }

    #[test]
    fn parts_of_verbatim_text_have_columns_and_others_the_whole_token() {
        let (sources, spec) = good("host \"ä.b\" to=\"\\u{73}hop:80\"\nhost #\"c.d\"#\nhost bare");
        let names: Vec<&str> = spec.hosts.iter().map(|host| sources.slice(host.name.span())).collect();
        assert_eq!(names, ["ä.b", "c.d", "bare"]);
        assert_eq!(sources.slice(spec.hosts[0].name.span_of(0..2)), "ä");
        assert_eq!(sources.slice(spec.hosts[1].name.span_of(2..3)), "d");
        let to = &spec.hosts[0].to.as_ref().unwrap().service;
        assert_eq!((to.as_str(), sources.slice(to.span_of(0..1))), ("shop:80", "\"\\u{73}hop:80\""));
    }

    #[test]
    fn project_settings_stand_in_their_own_file() {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let project = file("gatewright.kdl", "namespace apps\nflux-substitute keep\nsecrets filter=rule");
        let (spec, report) = parse(&Sources::new([project, file("specs/a.kdl", "client c authority=a")]));
        assert!(report.is_empty());
        assert_eq!(spec.project.namespace.unwrap().as_str(), "apps");
        assert!(spec.secrets.is_some());
        assert_eq!(spec.clients.len(), 1);
    }

    #[test]
    fn the_order_of_files_is_that_of_their_paths() {
        let files = [("specs/b.kdl", "client b"), ("specs/a.kdl", "client a")];
        let (spec, _) = parse(&Sources::new(files.map(|(path, text)| (path.to_owned(), text.to_owned()))));
        assert!(spec.clients.iter().map(|client| client.name.as_str()).eq(["a", "b"]));
    }

    #[test]
    fn a_mistake_hides_no_other() {
        let (spec, messages) = bad(
            "client a valid=10s\nclient b valid=10\nclient c\nclien d\ndomain x { host /y; host z port=1 }\n",
        );
        assert_eq!(messages.len(), 4, "{messages:?}");
        let names: Vec<_> = spec.clients.iter().map(|client| client.name.as_str()).collect();
        assert_eq!(names, ["b", "c"]);
        assert_eq!(spec.lost.len(), 3, "{:?}", spec.lost);
    }

    #[test]
    fn a_broken_file_hides_no_other() {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let sources =
            Sources::new([file("specs/a.kdl", "client a {"), file("specs/b.kdl", "client b valid=10")]);
        let (spec, report) = parse(&sources);
        assert_eq!(report.findings().len(), 2);
        assert_eq!(spec.clients.len(), 1);
        assert_eq!(spec.lost, [Lost::file("client a {")]);
    }

    #[test]
    fn a_damaged_node_is_known() {
        let (spec, messages) =
            bad("domain x authority=5 { host y authority=6; host z }\nhost w { tls mutua }\nclient c");
        assert_eq!(messages.len(), 3);
        assert!(spec.lost.is_empty());
        let damaged = |word: Span| spec.is_damaged(word);
        assert!(damaged(spec.domains[0].word));
        assert!(damaged(spec.domains[0].hosts[0].word));
        assert!(!damaged(spec.domains[0].hosts[1].word));
        assert!(damaged(spec.hosts[0].word));
        assert!(!damaged(spec.clients[0].word));
    }

    #[test]
    fn what_could_not_be_read_is_not_missing() {
        for text in [
            "host a { route to=5 }",
            "host a to=5 subset=b",
            "client a { subject common-name=1 }",
            "route host=5 to=b",
            "service a { subset b c=1 }",
            "authority a { generation 1 signs=5 }",
        ] {
            let (_, messages) = bad(text);
            assert_eq!(messages.len(), 1, "{text}: {messages:?}");
        }
    }

    fn shown(text: &str) -> String {
        let sources = sources(text);
        let (_, report) = parse(&sources);
        human::render(&report, &sources, false) + &crate::diag::json::render(&report, &sources)
    }

    /// A good spec with some characters replaced, removed or doubled.
    fn mutated() -> impl Strategy<Value = String> {
        let base = prop::sample::select(vec![BOOKINFO, PLATFORM, COMMENTS, WINDOWS]);
        let change = (
            any::<prop::sample::Index>(),
            0usize..4,
            prop::sample::select(vec![
                '"', '{', '}', '\n', '/', '=', '#', '-', ' ', 'ü', '(', '*', '1', ';', '\\',
            ]),
        );
        (base, prop::collection::vec(change, 1..6)).prop_map(|(base, changes)| {
            let mut characters: Vec<char> = base.chars().collect();
            for (index, kind, with) in changes {
                let at = index.index(characters.len());
                match kind {
                    0 => characters[at] = with,
                    1 => characters.insert(at, with),
                    2 if characters.len() > 1 => drop(characters.remove(at)),
                    _ => characters.truncate(at.max(1)),
                }
            }
            characters.into_iter().collect()
        })
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_complained_about(text in "\\PC{0,60}|[a-c \"{}=;/*#\\n\\\\-]{0,60}") {
            shown(&text);
        }

        #[test]
        fn any_change_of_a_good_spec_is_read_or_complained_about(text in mutated()) {
            shown(&text);
        }
    }
}
