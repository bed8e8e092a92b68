//! A second key comes and goes beside the first, which stays as it is.

use crate::cli::sandbox::Sandbox;

const ONE: &str = "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" { key ecdsa-p256; }\n";
const FIRST: &str = "out/istio-system/secret-a.example.com-tls.sops.yaml";
const SECOND: &str = "out/istio-system/secret-a.example.com-tls-rsa.sops.yaml";

#[test]
fn a_second_key_touches_no_first() {
    let sandbox = Sandbox::new([("specs/a.kdl", ONE)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let first = sandbox.read(FIRST);
    sandbox.write("specs/a.kdl", &ONE.replace("key ecdsa-p256", "key ecdsa-p256 rsa-2048"));
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
    let second = sandbox.read(SECOND);
    assert_eq!(sandbox.read(FIRST), first);
    // Both are renewed by one call.
    sandbox.run(&["rotate", "host", "a.example.com"]).ends_with(0);
    assert!(sandbox.read(FIRST) != first && sandbox.read(SECOND) != second);
    // Both go along under another name, without an identity.
    sandbox.set("SOPS_AGE_KEY", "");
    sandbox.edit("specs/a.kdl", "key ecdsa-p256 rsa-2048", "key ecdsa-p256 rsa-2048; tls secret=\"b\"");
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
    let kind = |path: &str| sandbox.read(path).contains("gatewright.dev/sha256");
    assert!(kind("out/istio-system/secret-b.sops.yaml") && kind("out/istio-system/secret-b-rsa.sops.yaml"));
    sandbox.edit("specs/a.kdl", "key ecdsa-p256 rsa-2048", "key ecdsa-p256");
    sandbox.run(&["render"]).ends_with(0);
    let gateway = sandbox.read("out/default/gateway-public.yaml");
    assert!(gateway.contains("credentialName: b\n") && !gateway.contains("credentialNames"), "{gateway}");
    assert!(!sandbox.files("out").iter().any(|path| path.contains("secret-b-rsa")));
}
