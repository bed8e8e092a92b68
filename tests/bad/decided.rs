//! What Istio decides by age, and what the team decides by `settle` in the node of a kind, a `resource` or a `service`.

use crate::cli::sandbox::Sandbox;
use crate::support::widgets::WIDGETS;

/// What a render says of specs that are right, each in a file of its own.
fn said(specs: &[&str]) -> String {
    let names: Vec<String> = (0..specs.len()).map(|i| format!("specs/{i}.kdl")).collect();
    let files = names.iter().map(String::as_str).zip(specs.iter().copied());
    Sandbox::new(files).run(&["render"]).ends_with(0).stderr
}

#[test]
fn of_two_objects_for_the_same_workloads_istio_takes_the_older_one() {
    let peer = |name: &str, rest: &str| format!("peer-authentication \"{name}\" {rest}");
    let strict = peer("a", "{ mtls STRICT; }");
    let chosen = |app: &str| format!("{{ mtls DISABLE; selector {{ match-labels app=\"{app}\"; }}; }}");
    let sidecar =
        |name: &str, hosts: &str| format!("sidecar \"{name}\" {{ egress {{ hosts \"{hosts}\"; }}; }}");
    let tags = |name: &str, share: u8| {
        format!("telemetry \"{name}\" {{ tracing random-sampling-percentage={share}; }}")
    };
    let proxy = |name: &str, rest: &str| format!("proxy-config \"{name}\" {{ {rest}; }}");
    let app =
        |count: u8, app: &str| format!("concurrency {count}; selector {{ match-labels app=\"{app}\"; }}");
    for (one, other, what) in [
        (strict.clone(), peer("b", "{ mtls DISABLE; }"), "the whole of namespace `default`"),
        (strict.clone(), peer("b", "{ mtls DISABLE; selector; }"), "the whole of namespace `default`"),
        (peer("a", &chosen("x").replace("DISABLE", "STRICT")), peer("b", &chosen("x")), "the same workloads"),
        (sidecar("a", "./*"), sidecar("b", "*/*"), "the whole of namespace `default`"),
        (tags("a", 1), tags("b", 2), "the whole of namespace `default`"),
        (proxy("a", "concurrency 1"), proxy("b", "concurrency 2"), "the whole of namespace `default`"),
        (proxy("a", &app(1, "x")), proxy("b", &app(2, "x")), "the same workloads"),
    ] {
        let said = said(&[&one, &other]);
        assert_eq!(said.matches("[oldest-wins]").count(), 1, "{one} {other} {said}");
        let expected = [what, "`a` and `b`", "specs/0.kdl", "specs/1.kdl", "settle \"oldest-wins\""];
        assert_eq!(expected.iter().find(|part| !said.contains(**part)), None, "{said}");
    }
    for (one, other) in [
        (strict.clone(), peer("b", &chosen("x"))),
        (peer("a", &chosen("x")), peer("b", &chosen("y"))),
        (strict.clone(), peer("b", "namespace=\"other\" { mtls DISABLE; }")),
        (strict.clone(), strict.replace("\"a\"", "\"b\"")),
        (proxy("a", "concurrency 1"), proxy("b", &app(2, "x"))),
        (proxy("a", &app(1, "x")), proxy("b", &app(2, "y"))),
        (proxy("a", "concurrency 1"), proxy("b", "concurrency 2; selector")),
        (
            "authorization-policy \"a\" { action DENY; rules; }".to_owned(),
            "authorization-policy \"b\" { rules; }".to_owned(),
        ),
        (
            "request-authentication \"a\" { jwt-rules issuer=\"https://a.example\"; }".to_owned(),
            "request-authentication \"b\" { jwt-rules issuer=\"https://b.example\"; }".to_owned(),
        ),
    ] {
        assert!(!said(&[&one, &other]).contains("oldest-wins"), "{one} {other}");
    }
}

/// Those of chosen workloads and of targets are put together, the oldest first.
#[test]
fn of_two_telemetries_for_the_same_workloads_the_younger_one_decides() {
    let telemetry = |name: &str, rest: &str| format!("telemetry \"{name}\" {{ {rest}; }}");
    let chosen = "selector { match-labels app=\"x\"; }";
    let target = "target-refs kind=\"Gateway\" group=\"gateway.networking.k8s.io\" name=\"g\"";
    let count = |rest: &str| format!("metrics {{ overrides {{ match metric=REQUEST_COUNT; {rest}; }}; }}");
    let tag = |name: &str, value: &str| count(&format!("tag-overrides {{ {name} value=\"{value}\"; }}"));
    for (whom, what) in [(chosen, "the same workloads"), (target, "the same targets")] {
        for (one, other, field) in [
            ("tracing random-sampling-percentage=1", "tracing random-sampling-percentage=2", "tracing"),
            (
                "access-logging { providers name=\"a\"; }",
                "access-logging { providers name=\"b\"; }",
                "accessLogging",
            ),
            (&count("disabled #true"), &count("disabled #false"), "metrics"),
            (&tag("a", "'x'"), &tag("a", "'y'"), "metrics"),
        ] {
            let said = said(&[
                &telemetry("a", &format!("{whom}; {one}")),
                &telemetry("b", &format!("{whom}; {other}")),
            ]);
            assert_eq!(said.matches("[oldest-wins]").count(), 1, "{one} {other} {said}");
            let expected = [
                what,
                &format!("of what both say of `{field}` Istio takes the younger one")[..],
                "specs/1.kdl",
            ];
            assert_eq!(expected.iter().find(|part| !said.contains(**part)), None, "{said}");
        }
        for (one, other) in [
            ("tracing random-sampling-percentage=1", "access-logging { providers name=\"b\"; }"),
            ("tracing random-sampling-percentage=1", "tracing disable-span-reporting=#true"),
            (
                "tracing { match mode=CLIENT; disable-span-reporting #true; }",
                "tracing { match mode=SERVER; disable-span-reporting #false; }",
            ),
            (&tag("a", "'x'"), &tag("b", "'y'")),
        ] {
            let two =
                [telemetry("a", &format!("{whom}; {one}")), telemetry("b", &format!("{whom}; {other}"))];
            assert!(!said(&[&two[0], &two[1]]).contains("oldest-wins"), "{two:?}");
        }
    }
    let apart = |app: &str, share: u8| {
        telemetry(
            app,
            &format!(
                "selector {{ match-labels app=\"{app}\"; }}; tracing random-sampling-percentage={share}"
            ),
        )
    };
    assert!(!said(&[&apart("a", 1), &apart("b", 2)]).contains("oldest-wins"));
}

/// Where a template decided what is said, its line is told.
#[test]
fn an_object_of_a_template_is_told_with_its_line() {
    let template = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: b\n  namespace: default\nspec:\n  mtls:\n    mode: DISABLE\n";
    let files = [
        ("specs/a.kdl", "peer-authentication \"a\" { mtls STRICT; }"),
        ("templates/once/peer.yaml", template),
    ];
    let said = Sandbox::new(files).run(&["render"]).ends_with(0).stderr;
    let expected =
        ["[oldest-wins]", "`a` and `b`", "templates/once/peer.yaml:4", "name: b", "specs/a.kdl:1:22"];
    assert_eq!(expected.iter().find(|part| !said.contains(**part)), None, "{said}");
}

#[test]
fn what_two_destination_rules_of_a_service_say_the_older_one_decides() {
    let rule = |rest: &str| format!("destination-rule \"more\" {{ {rest}; }}");
    let host = "host \"shop.default.svc.cluster.local\"";
    let service = "service \"shop\" { load-balancer simple=RANDOM; subset \"v1\" version=\"v1\"; }";
    for (rest, what) in [
        (format!("{host}; traffic-policy {{ tls mode=SIMPLE; }}"), "a `trafficPolicy`"),
        ("host \"shop\"; subsets name=\"v1\" { labels version=\"v2\"; }".to_owned(), "a subset `v1`"),
    ] {
        let said = said(&[service, &rule(&rest)]);
        assert_eq!(said.matches("[oldest-wins]").count(), 1, "{said}");
        let expected = [what, "shop.default.svc.cluster.local", "specs/0.kdl", "specs/1.kdl"];
        assert_eq!(expected.iter().find(|part| !said.contains(**part)), None, "{said}");
    }
    for rest in [
        "host \"shop\"; subsets name=\"v2\" { labels version=\"v2\"; }".to_owned(),
        "host \"shop\"; subsets name=\"v1\" { labels version=\"v1\"; }".to_owned(),
        "host \"shop\"; traffic-policy { load-balancer simple=RANDOM; }".to_owned(),
        "host \"shop.other.svc.cluster.local\"; traffic-policy { tls mode=SIMPLE; }".to_owned(),
        format!(
            "{host}; workload-selector {{ match-labels app=\"x\"; }}; traffic-policy {{ tls mode=SIMPLE; }}"
        ),
        format!("{host}; export-to \".\"; traffic-policy {{ tls mode=SIMPLE; }}"),
    ] {
        assert!(!said(&[service, &rule(&rest)]).contains("oldest-wins"), "{rest}");
    }
}

#[test]
fn a_warning_is_settled_in_the_node_of_a_kind_a_resource_or_a_service() {
    let settle = |code: &str| format!("settle \"{code}\" reason=\"x\"");
    let http = "http { route { destination host=\"a\"; }; }";
    for (spec, code) in [
        (format!("virtual-service \"a\" {{ hosts \"a.example\"; gateways \"x/y\"; {http}; «» }}"), "unknown-gateway"),
        (
            "resource \"HTTPRoute\" \"a\" api=\"gateway.networking.k8s.io/v1\" { parent-refs name=\"x\"; «» }"
                .to_owned(),
            "unknown-gateway",
        ),
        ("destination-rule \"a\" { host \"a\"; (raw)newField 1; «» }".to_owned(), "raw-field"),
        ("destination-rule \"a\" { (raw)host \"a\"; «» }".to_owned(), "raw-field"),
        ("service \"a\" { load-balancer simple=LEAST_CONN; «» }".to_owned(), "deprecated-field"),
        ("service \"a\" { destination-rule { (raw)newField 1; }; «» }".to_owned(), "raw-field"),
        (
            "service \"a\" { destination-rule { workload-selector { match-labels a=\"b\"; }; }; tls mode=MUTUAL credential-name=\"x\"; «» }"
                .to_owned(),
            "unknown-secret",
        ),
    ] {
        let open = said(&[&spec.replace("«»", "")]);
        assert!(open.contains(&format!("[{code}]")), "{spec} {open}");
        assert!(open.contains(&format!("settle \"{code}\"")), "{open}");
        let settled = said(&[&spec.replace("«»", &settle(code))]);
        assert!(!settled.contains(&format!("[{code}]")), "{spec} {settled}");
        let other = said(&[&spec.replace("«»", &settle("clamped")), &format!("service \"z\" {{ {}; }}", settle(code))]);
        assert!(other.contains(&format!("[{code}]")), "{spec} {other}");
    }
    let host = "authority \"corp\"; gateway \"public\"\nhost \"a.example\" authority=\"corp\" gateway=\"public\" to=\"a:80\"";
    let route = "route \"/x\" host=\"a.example\" to=\"a:80\" { (raw)newField 1; }";
    assert!(said(&[host, route]).contains("[raw-field]"));
    let settled = format!("{host} {{ {}; }}", settle("raw-field"));
    assert!(!said(&[&settled, route]).contains("[raw-field]"));
    let two = ["peer-authentication \"a\" { mtls STRICT; }", "peer-authentication \"b\" { mtls DISABLE; }"];
    for i in [0, 1] {
        let mut both = two.map(str::to_owned);
        both[i] = both[i].replace("; }", &format!("; {}; }}", settle("oldest-wins")));
        assert!(!said(&[&both[0], &both[1]]).contains("oldest-wins"), "{both:?}");
    }
}

/// Also beside an error, where the run stops early.
#[test]
fn what_is_settled_is_not_shown_beside_an_error() {
    let spec = "destination-rule \"a\" { (raw)host \"a\"; settle \"raw-field\" reason=\"x\"; }";
    let sandbox =
        Sandbox::new([("specs/a.kdl", spec), ("specs/b.kdl", "destination-rule \"b\" { host \"\"; }")]);
    let said = sandbox.run(&["render"]).ends_with(2).stderr;
    assert!(said.contains("specs/b.kdl") && !said.contains("raw-field"), "{said}");
}

#[test]
fn a_field_settle_of_ones_own_kind_is_said_raw() {
    let colour = "                colour:";
    let crd = WIDGETS.replace(colour, &format!("                settle: {{type: string}}\n{colour}"));
    assert_ne!(crd, WIDGETS);
    let spec = "widget \"a\" { (raw)settle \"yes\"; settle \"clamped\" reason=\"x\"; }";
    let files =
        [("gatewright.kdl", "crds \"crds/w.yaml\"\n"), ("crds/w.yaml", &crd[..]), ("specs/a.kdl", spec)];
    let sandbox = Sandbox::new(files);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("raw-field"), "{said}");
    assert!(sandbox.read("out/default/widget-a.yaml").contains("settle: \"yes\""));
}
