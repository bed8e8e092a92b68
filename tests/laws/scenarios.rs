//! What happens to the commonest scenarios later, where a golden tree shows only how they begin.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::build::Request;
use gatewright::pki::{Certificate, RevocationList, verify_server};
use gatewright::time::{Seconds, Timestamp};
use gatewright::tree::apply;

use crate::golden;
use crate::support::project::{CountingEntropy, Holder, NOW, Project, SOPS_CONFIG, differing};

fn render_at(project: &Project, now: &str, holder: Holder) {
    let outcome = project.build_at(now, holder, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    assert!(outcome.waiting.is_empty(), "{:?}", outcome.waiting);
    apply(&project.layout(), &outcome.files).unwrap();
}

fn pem(text: &str) -> Vec<Certificate> {
    Certificate::from_pem_chain(text).unwrap()
}

/// A readable value of a Secret's `data`.
fn data(project: &Project, path: &str, key: &str) -> String {
    let text = project.read(path);
    let value = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{key}: "))).unwrap();
    String::from_utf8(STANDARD.decode(value.trim_matches('"')).unwrap()).unwrap()
}

const LEAVING: &str = "specs/gateway.kdl";
const SECRETS: [(&str, &str); 3] =
    [("shop", "secret-shop-tls"), ("api", "secret-api-tls"), ("wiki", "secret-wiki-tls")];

/// Every host is believed by who trusts this, and its Secret has the name and type that cert-manager gave it.
#[track_caller]
fn believed(project: &Project, now: &str, roots: &[Certificate], hosts: usize) {
    let now = Timestamp::parse(now).unwrap() + Seconds::days(1);
    for (host, secret) in SECRETS.into_iter().take(hosts) {
        let path = format!("out/istio-system/{secret}.sops.yaml");
        assert!(project.read(&path).contains("type: kubernetes.io/tls"), "{path}");
        let chain = pem(&data(project, &path, "tls.crt"));
        let host = format!("{host}.example.com");
        verify_server(&chain[0], &chain[1..], roots, &host, now).unwrap();
    }
}

/// To leave cert-manager: adopt its authority, take host by host, then rotate. Who trusts the old root is served until it is
/// retired, and who has been given the new one from then on.
#[test]
fn cert_manager_is_left_without_a_gap() {
    let project = golden::project("leave-cert-manager");
    render_at(&project, NOW, Holder::Operator);
    let old = pem(&project.read("pki/lab-ca/ca.crt"));
    believed(&project, NOW, &old, 2);
    assert!(!project.exists("out/istio-system/secret-wiki-tls.sops.yaml"));
    let gateway = project.read("out/default/gateway-public.yaml");
    // The last host, and a root of our own.
    let later = golden::written("leave-cert-manager-rotated");
    let (_, spec) = later.iter().find(|(path, _)| path == LEAVING).unwrap();
    let stage = |signs: &str, retired: &str| {
        let first = "generation 1 introduced=\"2026-11-25\"";
        let second = "generation 2 introduced=\"2026-12-01\"";
        spec.replace(first, &format!("{first}{retired}")).replace(second, &format!("{second}{signs}"))
    };
    project.write(LEAVING, stage("", ""));
    let now = "2026-12-01T12:00:00Z";
    render_at(&project, now, Holder::Operator);
    let both = pem(&project.read("pki/lab-ca/ca.crt"));
    assert!(both.len() == 2 && both.contains(&old[0]));
    believed(&project, now, &old, 3);
    assert_eq!(project.read("out/default/gateway-public.yaml"), gateway);
    let now = "2026-12-08T12:00:00Z";
    project.write(LEAVING, stage(" signs=\"2026-12-08\"", ""));
    render_at(&project, now, Holder::Operator);
    believed(&project, now, &both, 3);
    let now = "2027-01-08T12:00:00Z";
    project.write(LEAVING, stage(" signs=\"2026-12-08\"", " signs=\"2026-11-25\" retired=\"2027-01-08\""));
    render_at(&project, now, Holder::Unasked);
    let new = pem(&project.read("pki/lab-ca/ca.crt"));
    assert!(new.len() == 1 && !new.contains(&old[0]));
    believed(&project, now, &new, 3);
    assert_eq!(project.read("out/default/gateway-public.yaml"), gateway);
}

/// A partner comes and two go, with the identity for the clients' authority alone: the server's key is for somebody else.
#[test]
fn partners_come_and_go_with_the_identity_of_their_authority() {
    const OTHER: &str = "age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9";
    let rule = format!("creation_rules:\n  - path_regex: ^(pki/servers/|out/)\n    age: {OTHER}\n");
    let mut files = golden::written("partner-api");
    files.retain(|(path, _)| path.starts_with("specs/"));
    let spec = files[0].1.clone();
    files[0].1 = spec.lines().map(|line| line.split(" revoked=").next().unwrap().to_owned() + "\n").collect();
    files.push((".sops.yaml".to_owned(), SOPS_CONFIG.replace("creation_rules:\n", &rule)));
    let mut project = golden::with_files("partner-api", &files);
    project.entropy = Box::new(CountingEntropy::default());
    render_at(&project, NOW, Holder::Unasked);
    let before = project.tree();
    project.write("specs/api.kdl", &spec);
    let revoked = ["juliet", "lima"].map(|name| {
        pem(&project.read(&format!("pki/partners/clients/{name}.partner.example.crt"))).remove(0)
    });
    project.write("specs/more.kdl", "client \"mike.partner.example\" authority=\"partners\"\n");
    render_at(&project, NOW, Holder::Operator);
    let secret = "out/istio-system/secret-api.example.com-tls-cacert.yaml";
    assert_eq!(
        differing(&before, &project.tree()),
        [
            secret,
            "pki/partners/ca.crl",
            "pki/partners/clients/mike.partner.example.crt",
            "pki/partners/clients/mike.partner.example.key.sops.yaml"
        ]
    );
    let lists = RevocationList::from_pem(&data(&project, secret, "ca.crl")).unwrap();
    assert!(lists.len() == 1 && lists[0].revoked().len() == 2);
    assert!(revoked.iter().all(|one| lists[0].revoked().contains_key(one.serial())));
    project.assert_nothing_to_do();
}
