//! Policies that let in whom they are to keep out: fields that a cluster drops, values that no request has.

use super::case::refused;
use super::meant::BASE;
use super::reached::{silent, warned as warned_once};
use crate::cli::sandbox::Sandbox;

fn policy(rest: &str) -> String {
    format!("authorization-policy \"p\" namespace=\"n\" {{ {rest}; }}\n")
}

/// What is said of a policy that is refused.
#[track_caller]
fn error(rest: &str, code: &str, marked: &str, says: &[&str]) -> String {
    let spec = policy(rest);
    let found = refused(&Sandbox::new([("specs/a.kdl", BASE), ("specs/b.kdl", &*spec)]), "render", 2);
    let place = format!("specs/b.kdl:1:{}", spec.find(marked).unwrap() + 1);
    found.one(code, &place, says).text.clone()
}

/// What is said of a policy that is taken.
#[track_caller]
fn warned(rest: &str) -> String {
    Sandbox::new([("specs/a.kdl", &*policy(rest))]).run(&["render"]).ends_with(0).stderr
}

#[test]
fn a_rule_of_which_nothing_is_left_is_refused() {
    let open = ["asks nothing lets everybody in", "it has `from`, `to`, `when`"];
    error("rules { (raw)condition { key \"source.ip\"; }; }", "unknown-field", "condition", &open);
    error(
        "action DENY; rules { (raw)condition a=1; }",
        "unknown-field",
        "condition",
        &["denies every request"],
    );
}

#[test]
fn a_rule_that_asks_less_without_a_raw_field_says_so() {
    for rest in [
        "rules { from { source { principals \"a\"; }; }; (raw)condition { key \"source.ip\"; }; }",
        "rules { from { source { principals \"a\"; (raw)subnets \"b\"; }; }; }",
    ] {
        let said = warned(rest);
        assert_eq!(said.matches("warning[").count(), 1, "{said}");
        assert!(
            said.contains("warning[raw-field]")
                && said.contains("the rule asks less, and holds for more requests"),
            "{said}"
        );
    }
    assert!(!warned("rules; (raw)subnets \"b\"").contains("asks less"));
}

#[test]
fn no_unknown_word_of_a_policy_is_to_become_a_raw_field() {
    for (rest, marked) in [
        ("rules { condition { key \"source.ip\"; }; }", "condition"),
        ("rules { from { source { subnets \"10.0.0.0/8\"; }; }; }", "subnets"),
    ] {
        let said = error(rest, "unknown-word", marked, &["it has"]);
        assert!(!said.contains("(raw)"), "{said}");
    }
}

#[test]
fn values_that_no_request_has_are_a_warning_that_settles() {
    let rest = "action DENY; rules { to { operation { ports \"80\"; methods \"get\"; paths \"admin\"; hosts \"https://x.com\"; }; }; }";
    let said = warned(rest);
    for part in [
        "`get`, which no request has",
        "write `GET`",
        "write `/admin`",
        "write `x.com`",
        "settle \"ignored-field\"",
    ] {
        assert!(said.contains(part), "not said: {part}\n{said}");
    }
    let settled = warned(&format!("{rest}; settle \"ignored-field\" reason=\"a test\""));
    assert!(!settled.contains("ignored-field"), "{settled}");
}

fn for_pods(labels: &str, rest: &str) -> String {
    format!(
        "authorization-policy \"p\" namespace=\"n\" {{ selector {{ match-labels {labels}; }}; {rest}; «» }}"
    )
}

fn ports(list: &str) -> String {
    format!("action DENY; rules {{ to {{ operation {{ {list}; paths \"/admin*\"; }}; }}; }}")
}

/// Envoy knows the port on which it listens, and not that of the Service.
#[test]
fn a_port_of_a_service_whose_pods_listen_on_another() {
    let service = |rest: &str| {
        format!(
            "resource \"Service\" \"shop\" namespace=\"n\" {{ selector app=\"shop\"; ports name=\"http\" port=80 {rest} }}"
        )
    };
    let led = service("target-port=8080");
    let says = [
        "`n/p` asks for port 80 of Service `n/shop`, whose pods listen on 8080",
        "leads port 80 to 8080",
        "write `8080`",
    ];
    let when = |field: &str| format!("rules {{ when key=\"destination.port\" {{ {field} \"80\"; }}; }}");
    for (rest, effect) in [
        (ports("ports \"80\""), "denies nothing"),
        (ports("ports \"80\" \"9090\""), "denies nothing"),
        (ports("not-ports \"80\""), "leaves nothing out"),
        (ports("ports \"80\"").replace("action DENY; ", ""), "lets nothing in"),
        (when("values"), "lets nothing in"),
        (when("not-values"), "leaves nothing out"),
    ] {
        for labels in ["app=\"shop\"", "app=\"shop\" tier=\"a\""] {
            let policy = for_pods(labels, &rest);
            warned_once(&[&led, &policy], "service-port", &[&says[..], &[effect]].concat());
        }
    }
    let peer = "peer-authentication \"p\" namespace=\"n\" { selector { match-labels app=\"shop\"; }; port-level-mtls { \"80\" mode=STRICT; }; «» }";
    warned_once(&[&led, peer], "service-port", &[&says[..], &["holds for nothing"]].concat());
    silent(&[&led, &peer.replace("\"80\"", "\"8080\"").replace("«»", "")], "service-port");

    let here = |rest: &str| for_pods("app=\"shop\"", rest).replace("«»", "");
    let plain = here(&ports("ports \"80\""));
    for service in [
        service(""),
        service("target-port=80"),
        service("target-port=\"http\""),
        service("target-port=8080; ports name=\"other\" port=81 target-port=80"),
        service("target-port=8080; ports name=\"own\" port=8080 target-port=80"),
        led.replace("namespace=\"n\"", "namespace=\"m\""),
        led.replace("app=\"shop\"", "app=\"shop\" tier=\"a\""),
        led.replace("selector app=\"shop\";", ""),
    ] {
        silent(&[&service, &plain], "service-port");
    }
    for rest in [
        ports("ports \"8080\""),
        ports("ports \"80\" \"8080\""),
        ports("ports \"9090\""),
        when("values").replace("destination.port", "source.ip"),
    ] {
        let rest = rest.replace("source.ip\" { values \"80\"", "source.ip\" { values \"10.0.0.80\"");
        silent(&[&led, &here(&rest)], "service-port");
    }
    silent(&[&led, &policy(&ports("ports \"80\""))], "service-port");
}

/// What nothing here tells is said as what may be.
#[test]
fn a_port_of_a_gateway_whose_service_is_made_elsewhere() {
    let gateway = |selector: &str| {
        format!(
            "gateway \"public\" workload-namespace=\"n\" {{ {selector} servers {{ port number=443 name=\"t\" protocol=\"TLS\"; hosts \"a.example.com\"; tls mode=PASSTHROUGH; }}; }}"
        )
    };
    let usual = gateway("");
    for labels in ["istio=\"ingressgateway\"", "app=\"istio-ingressgateway\""] {
        let policy = for_pods(labels, &ports("ports \"443\""));
        warned_once(
            &[&usual, &policy],
            "service-port",
            &[
                "`n/p` asks for port 443 of a gateway, whose pods may listen on 8443 instead",
                "where they do, it denies nothing",
                "that of Helm's `gateway` chart leads it to 443",
                "write `8443`, or both",
                "or, where the pods listen on 443 itself: `settle",
            ],
        );
    }
    let here = |rest: &str| for_pods("istio=\"ingressgateway\"", rest).replace("«»", "");
    for rest in [
        ports("ports \"8443\""),
        ports("ports \"443\" \"8443\""),
        ports("ports \"80\""),
        ports("ports \"9443\""),
    ] {
        silent(&[&usual, &here(&rest)], "service-port");
    }
    let plain = here(&ports("ports \"443\""));
    silent(&[&plain], "service-port");
    silent(&[&gateway("selector istio=\"other\";"), &plain], "service-port");
    silent(&[&usual.replace("workload-namespace=\"n\"", ""), &plain], "service-port");
    let service = |target: u16| {
        format!(
            "resource \"Service\" \"edge\" namespace=\"n\" {{ selector istio=\"ingressgateway\"; ports name=\"t\" port=443 target-port={target} }}"
        )
    };
    silent(&[&usual, &service(443), &plain], "service-port");
    let told = for_pods("istio=\"ingressgateway\"", &ports("ports \"443\""));
    warned_once(&[&usual, &service(9443), &told], "service-port", &["whose pods listen on 9443"]);
}
