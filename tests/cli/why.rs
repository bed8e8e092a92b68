//! `why`: the reason of a file, a line, a part that is sealed, a part that a template decided.

use super::sandbox::{BOOKINFO, Sandbox};
use super::transcript::Transcript;

/// The number of the line that holds a text, from 1.
#[track_caller]
fn line(sandbox: &Sandbox, path: &str, text: &str) -> usize {
    let found = sandbox.read(path).lines().position(|line| line.contains(text));
    found.unwrap_or_else(|| panic!("{text:?} in {path}")) + 1
}

const GATEWAY: &str = "out/default/gateway-bookinfo-gateway.yaml";
const ROUTES: &str = "out/default/virtualservice-bookinfo.example.com.yaml";
const SECRET: &str = "out/istio-system/secret-bookinfo-credential.sops.yaml";

#[test]
fn files_and_lines() {
    let sandbox = Sandbox::bookinfo();
    let mut transcript = Transcript::new(&sandbox);
    for path in [
        GATEWAY,
        "default/gateway-bookinfo-gateway.yaml",
        ROUTES,
        "out/kustomization.yaml",
        "out/default/kustomization.yaml",
    ] {
        transcript.run(&format!("why {path}")).ends_with(0);
    }
    for (path, text) in [
        (GATEWAY, "# gatewright"),
        (GATEWAY, "istio: ingressgateway"),
        (GATEWAY, "credentialName"),
        (GATEWAY, "number: 443"),
        (GATEWAY, "httpsRedirect"),
        (GATEWAY, "managed-by"),
        (ROUTES, "exact: /login"),
        (ROUTES, "prefix: /static/"),
        (ROUTES, "host: productpage"),
        (ROUTES, "hosts:"),
        (SECRET, "gatewright.dev/issuer"),
        (SECRET, "gatewright.dev/not-after"),
        (SECRET, "type:"),
        (SECRET, "tls.key:"),
        (SECRET, "lastmodified:"),
        (SECRET, "recipient:"),
        ("out/default/destinationrule-ratings.yaml", "version: v2-mysql-vm"),
    ] {
        let line = line(&sandbox, path, text);
        transcript.run(&format!("why {path}:{line}")).ends_with(0);
        if text == "lastmodified:" {
            // It stands below an age block, whose length is drawn.
            transcript.mask(&format!("{path}:{line}"), &format!("{path}:[line]"));
        }
    }
    // The ciphertext of the line is cut off in the answer, and differs from run to run.
    let key = sandbox.read(SECRET).lines().find(|line| line.contains("tls.key:")).unwrap().trim().to_owned();
    let shown: String = key.chars().take(99).collect();
    transcript.mask(&shown, "tls.key: [ciphertext]");
    // How many lines stand above it differs too: age adds a random stanza.
    let modified = line(&sandbox, SECRET, "lastmodified:");
    transcript.mask(&format!("{SECRET}:{modified}"), &format!("{SECRET}:[line]"));
    transcript.matches("why");
}

#[test]
fn a_template_of_the_users_own_decides() {
    let sandbox = Sandbox::new([("specs/bookinfo.kdl", BOOKINFO)]);
    let template = include_str!("../../templates/virtualservice.yaml");
    let changed = template.replacen("metadata:\n", "metadata:\n  # ours\n", 1);
    let changed = format!("{}{}", changed, "");
    sandbox.write(
        "templates/virtualservice.yaml",
        &changed.replacen("spec:\n", "spec:\n  exportTo:\n    - \".\"\n", 1),
    );
    sandbox.write("templates/host/peer.yaml", "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: {{ host.name }}\n  namespace: default\nspec:\n  mtls:\n    mode: STRICT\n");
    sandbox.run(&["render"]).ends_with(0);
    let mut transcript = Transcript::new(&sandbox);
    transcript.run(&format!("why {ROUTES}")).ends_with(0);
    for text in ["exportTo", "- \".\"", "exact: /login", "# ours"] {
        let line = line(&sandbox, ROUTES, text);
        transcript.run(&format!("why {ROUTES}:{line}")).ends_with(0);
    }
    let own = "out/default/peerauthentication-bookinfo.example.com.yaml";
    transcript.run(&format!("why {own}")).ends_with(0);
    for text in ["name:", "STRICT"] {
        let line = line(&sandbox, own, text);
        transcript.run(&format!("why {own}:{line}")).ends_with(0);
    }
    transcript.matches("why-templates");
}

#[test]
fn what_nothing_made() {
    let sandbox = Sandbox::bookinfo();
    sandbox.write("out/default/mine.yaml", "kind: X\n");
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("why out/default/nothing.yaml").ends_with(2);
    transcript.run("why out/default/mine.yaml").ends_with(2);
    transcript.run(&format!("why {GATEWAY}:999")).ends_with(2);
    transcript.run(&format!("why {GATEWAY}:0")).ends_with(2);
    transcript.run("why specs/bookinfo.kdl").ends_with(2);
    transcript.run("why ../elsewhere").ends_with(2);
    transcript.run("why pki/example-root/ca.crt").ends_with(2);
    transcript.matches("why-refused");
}
