//! `connect`: what a person needs to reach a host.

use super::sandbox::Sandbox;
use super::transcript::Transcript;

const SPEC: &str = r#"
authority "corp"
authority "partners"
gateway "public" port=8443 workload-namespace="ingress" { selector app="edge" istio="public" }
domain "example.com" authority="corp" gateway="public" {
    host "shop" to="shop:8080"
    host "*" to="apps:80"
    host "admin" to="admin:80" { tls mutual }
    host "api" to="api:80" {
        tls mutual { clients "partners" }
        route "/v1/*" to="api-v1:80"
    }
    host "lists" { tls optional-mutual; route "/lists" to="lists:80" }
    host "elsewhere" external="their-cert" to="x:80"
    host "empty" { settle "host-without-route" reason="later" }
}
client "anna@example.com" authority="corp"
client "bert.example.com" authority="corp"
"#;

#[test]
fn every_kind_of_host() {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("connect shop.example.com").ends_with(0);
    transcript.run("connect Shop.Example.COM. --ingress 10.0.0.1").ends_with(0);
    transcript.run("connect shop.example.com --ingress 10.0.0.1:443").ends_with(0);
    transcript.run("connect shop.example.com --ingress [fd00::1]:8443").ends_with(0);
    transcript.run("connect shop.example.com --ingress fd00::1").ends_with(0);
    transcript.note("a wildcard, and a name that only it serves");
    transcript.run("connect *.example.com --ingress 10.0.0.1").ends_with(0);
    transcript.run("connect wiki.example.com --ingress 10.0.0.1").ends_with(0);
    transcript.note("clients show a certificate");
    transcript.run("connect admin.example.com --ingress 10.0.0.1").ends_with(0);
    transcript.run("connect api.example.com --ingress 10.0.0.1").ends_with(0);
    transcript.run("connect lists.example.com --ingress 10.0.0.1").ends_with(0);
    transcript.note("made elsewhere, and without a route");
    transcript.run("connect elsewhere.example.com --ingress 10.0.0.1").ends_with(0);
    transcript.run("connect empty.example.com --ingress 10.0.0.1").ends_with(0);
    transcript.matches("connect");
}

#[test]
fn the_walkthrough() {
    let sandbox = Sandbox::bookinfo();
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("connect bookinfo.example.com").ends_with(0);
    sandbox.edit("specs/bookinfo.kdl", "tls simple", "tls mutual");
    transcript.run("connect bookinfo.example.com --ingress 127.0.0.1").ends_with(0);
    transcript.run("-C specs connect bookinfo.example.com --ingress 127.0.0.1").ends_with(0);
    transcript.matches("connect-bookinfo");
}

#[test]
fn what_nobody_can_reach() {
    let sandbox = Sandbox::new([("specs/a.kdl", SPEC)]);
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("connect shop.example.org").ends_with(2);
    transcript.run("connect https://shop.example.com").ends_with(2);
    transcript.run("connect shop").ends_with(2);
    transcript.run("connect sho").ends_with(2);
    transcript.run("connect admni").ends_with(2);
    transcript.run("connect nothing").ends_with(2);
    transcript.run("connect shop.example.com --ingress edge.example.com:443").ends_with(2);
    transcript.run("connect a.b.example.com").ends_with(2);
    transcript.run("connect shop.example.com --ingress edge.example.com").ends_with(2);
    transcript.run("connect shop.example.com --ingress 10.0.0.1:0").ends_with(2);
    transcript.matches("connect-refused");
}
