//! Secrets of clients for workloads, as commands see them; and what can't be meant by one, or was made by a stranger.

use super::presented::{CLIENT, FILE, SECRET, SPEC, WORDS, pair, with};
use crate::support::project::{CountingEntropy, Holder, Project};

#[test]
fn what_can_not_be_meant_is_refused() {
    for (words, code) in [
        (" namespace=\"Shop\"", "invalid-name"),
        (" secret=\"orders_tls\"", "invalid-secret-name"),
        (" secret=\"orders-cacert\"", "invalid-secret-name"),
        (" { servers \"corp\"; }", "wrong-place"),
        (" { metadata { labels team=\"a\"; }; }", "wrong-place"),
        (" namespace=\"shop\" { servers \"copr\"; }", "unknown-reference"),
        (" namespace=\"istio-system\" secret=\"api.example.com-tls\"", "shared-secret"),
        (" namespace=\"shop\" { metadata { labels \"gatewright.dev/sealed\"=\"no\"; }; }", "conflict"),
    ] {
        let project = Project::of(&SPEC.replace(CLIENT, &format!("{CLIENT}{words}")));
        let found = project.refusal(Holder::Unasked);
        assert!(found.contains(&code), "{words}: {found:?}");
    }
    let nameless = "client \"anna@example.com\" authority=\"partners\"";
    let project = Project::of(&SPEC.replace(nameless, &format!("{nameless} namespace=\"shop\"")));
    assert_eq!(project.refusal(Holder::Unasked), ["missing-word"]);
}

/// Every command knows the Secret as it knows servers'.
#[test]
fn all_commands_know_it() {
    let project = with("", "", &format!("{WORDS} {{ servers \"corp\"; }}"));
    let says = |arguments: &[&str], code: i32, parts: &[&str]| {
        let run = project.run_as_operator(arguments).ends_with(code);
        for part in parts {
            assert!(run.said().contains(part), "{arguments:?} does not say {part:?}: {run:#?}");
        }
    };
    says(&["check"], 0, &[]);
    says(&["status"], 0, &["shop/orders-client-tls", "pki/partners/clients/orders.example.com.crt"]);
    let text = project.read(SECRET);
    let line = |of: &str| text.lines().position(|line| line.trim().starts_with(of)).unwrap() + 1;
    let why = |of: &str| format!("{SECRET}:{}", line(of));
    says(&["why", SECRET], 0, &["client \"orders.example.com\"", "specs/a.kdl:8"]);
    says(&["why", &why("tls.crt")], 0, &["authority=\"partners\""]);
    says(&["why", &why("namespace")], 0, &["namespace=\"shop\""]);
    says(&["why", &why("tls.key")], 0, &["specs/a.kdl:8"]);
    says(&["why", &why("gatewright.dev/subject")], 0, &["orders.example.com"]);
    says(&["why", "out/shop/secret-orders-client-tls-cacert.yaml"], 0, &["client \"orders.example.com\""]);
    project.edit(FILE, WORDS, " namespace=\"stores\"");
    says(&["diff", "--name-only"], 1, &["out/stores/secret-orders.example.com-tls.sops.yaml", SECRET]);
    project.edit(FILE, " namespace=\"stores\"", WORDS);
    let config = project.read(".sops.yaml");
    let cluster = config.lines().find(|line| line.contains(',')).unwrap().rsplit(',').next().unwrap();
    project.write(".sops.yaml", config.replace(&format!(",{cluster}"), ""));
    says(&["check"], 0, &["other-recipients", SECRET]);
    says(&["secrets", "update-keys"], 0, &[SECRET]);
    assert!(pair(&project, SECRET, 'b').is_none() && pair(&project, SECRET, 'a').is_some());
    says(&["render"], 0, &["nothing to do"]);
}

/// A certificate that nobody here issued is refused, as a server's is.
#[test]
fn a_strangers_certificate_is_refused() {
    let project = with("", "", WORDS);
    let spec = SPEC.replace(CLIENT, &format!("{CLIENT}{WORDS}")).replace("partners", "others");
    let mut other = Project::of(&spec);
    other.entropy = Box::new(CountingEntropy::default());
    other.render(Holder::Operator);
    project.write(SECRET, other.read(SECRET));
    assert_eq!(project.refusal(Holder::Operator), ["foreign-certificate"]);
}
