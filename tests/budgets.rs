//! What people do most often can be said in few lines. Each of these scenarios is a golden tree, and has a budget: a spec that
//! grows out of it fails here, with its own message.
//!
//! A line is one that is neither empty nor a comment, as a formatter leaves it: at most [`WIDTH`] columns, one node a line but for
//! what stands in short braces. A longer one counts once more for each further [`WIDTH`] columns.

use std::collections::BTreeSet;

use gatewright::pki::{Certificate, RevocationList};

use crate::golden;
use crate::support::project::{Files, Holder};

const WIDTH: usize = 120;

/// The lines that a user wrote in files of a scenario.
fn lines(scenario: &str, counts: impl Fn(&str) -> bool) -> Vec<String> {
    let files = golden::written(scenario);
    let specs = files.iter().filter(|(path, _)| path.ends_with(".kdl") && counts(path));
    specs.flat_map(|(_, text)| text.lines()).filter(|line| is_code(line)).map(str::to_owned).collect()
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

fn cost(line: &str) -> usize {
    // A comment behind a line is no part of what it says.
    let code = line.split(" // ").next().unwrap_or(line).trim_end();
    code.chars().count().div_ceil(WIDTH)
}

#[track_caller]
fn assert_within(budget: usize, scenario: &str, lines: &[String]) {
    let spent: usize = lines.iter().map(|line| cost(line)).sum();
    assert!(
        spent <= budget,
        "tests/golden/{scenario} says in {spent} lines what must be sayable in {budget}:\n{}",
        lines.join("\n")
    );
}

fn tree(scenario: &str) -> Files {
    let project = golden::project(scenario);
    project.render(Holder::Operator);
    project.tree()
}

/// The text of every Gateway of a tree.
fn gateways(tree: &Files) -> String {
    let gateways = tree.iter().filter(|(path, _)| path.contains("/gateway-"));
    gateways.map(|(_, text)| String::from_utf8(text.clone()).unwrap()).collect()
}

fn holds(tree: &Files, path: &str) {
    assert!(tree.contains_key(path), "{path} is not among {:#?}", tree.keys().collect::<Vec<_>>());
}

/// One wildcard, thirty teams: a line an application, in a file of the team's own, and one TLS server for all.
#[test]
fn thirty_teams_say_a_line_each() {
    let scenario = "thirty-teams";
    let teams = |path: &str| path.starts_with("specs/teams/");
    let files: Vec<_> = golden::written(scenario).into_iter().filter(|(path, _)| teams(path)).collect();
    assert_eq!(files.len(), 30);
    for (path, _) in &files {
        let own = lines(scenario, |other| other == path);
        assert_eq!(own.len(), 1, "{path} needs more than a line: {own:#?}");
        assert_within(1, scenario, &own);
    }
    // What is shared names no team.
    let shared = lines(scenario, |path| !teams(path)).join("\n");
    for (path, _) in &files {
        let team = path.trim_start_matches("specs/teams/").trim_end_matches(".kdl");
        let names = [format!("\"{team}\""), format!("{team}.apps"), format!("team-{team}")];
        assert!(
            !names.iter().any(|name| shared.contains(name)),
            "{team} stands in a file that all share:\n{shared}"
        );
    }
    let tree = tree(scenario);
    assert_eq!(gateways(&tree).matches("protocol: HTTPS").count(), 1, "one TLS server:\n{}", gateways(&tree));
    let namespaces: BTreeSet<_> = tree
        .keys()
        .filter(|path| path.contains("/virtualservice-"))
        .map(|path| path.split('/').nth(1).unwrap())
        .collect();
    assert_eq!(namespaces.len(), 30, "each route in its own namespace: {namespaces:?}");
}

/// A partner API: twelve clients of an authority that is not the server's, of whom two may ask for one path, and two are revoked.
#[test]
fn a_partner_api_is_said_in_twenty_lines() {
    let scenario = "partner-api";
    assert_within(20, scenario, &lines(scenario, |_| true));
    let tree = tree(scenario);
    let clients =
        tree.keys().filter(|path| path.starts_with("pki/partners/clients/") && path.ends_with(".crt"));
    assert_eq!(clients.count(), 12);
    holds(&tree, "out/istio-system/secret-api.example.com-tls-cacert.yaml");
    holds(&tree, "out/istio-system/authorizationpolicy-orders.yaml");
    let text = |path: &str| String::from_utf8(tree[path].clone()).unwrap();
    let lists = RevocationList::from_pem(&text("pki/partners/ca.crl")).unwrap();
    let revoked = ["juliet", "lima"].map(|name| {
        let chain =
            Certificate::from_pem_chain(&text(&format!("pki/partners/clients/{name}.partner.example.crt")));
        chain.unwrap()[0].serial().to_owned()
    });
    assert!(lists.len() == 1 && lists[0].revoked().keys().eq(BTreeSet::from(revoked).iter()));
}

/// Servers that speak TLS themselves, beside an ordinary host: who needs the authority and the host anyway pays for the ports and
/// for a certificate each, which lies where its server runs.
#[test]
fn two_servers_behind_passthrough_are_said_in_six_lines() {
    let scenario = "passthrough";
    let anyway = |line: &String| line.starts_with("authority ") || line.starts_with("host ");
    let all: Vec<_> = lines(scenario, |_| true).into_iter().filter(|line| !anyway(line)).collect();
    assert_within(6, scenario, &all);
    let tree = tree(scenario);
    for name in ["secret-db-tls.sops", "secret-es-tls.sops", "virtualservice-tls"] {
        holds(&tree, &format!("out/data/{name}.yaml"));
    }
    assert_eq!(gateways(&tree).matches("mode: PASSTHROUGH").count(), 2);
}

/// Two clusters of one mesh, with gateways between them.
#[test]
fn a_mesh_of_two_clusters_is_said_in_twelve_lines() {
    let scenario = "cacerts";
    assert_within(12, scenario, &lines(scenario, |_| true));
    let tree = tree(scenario);
    for cluster in ["cluster-1", "cluster-2"] {
        holds(&tree, &format!("out/_cacerts/{cluster}/secret-cacerts.sops.yaml"));
    }
    assert!(gateways(&tree).contains("AUTO_PASSTHROUGH"));
}

/// To leave cert-manager costs a line a host, and so does to have left it; a rotation costs one a generation.
#[test]
fn to_leave_cert_manager_takes_a_line_a_host() {
    for (scenario, around) in [("leave-cert-manager", 4), ("leave-cert-manager-rotated", 8)] {
        let all = lines(scenario, |_| true);
        let hosts = all.iter().filter(|line| line.trim().starts_with("host ")).count();
        assert_eq!(hosts, 3);
        assert_within(hosts + around, scenario, &all);
    }
}

/// A homelab: a line a dashboard, and few more for the authority, people, a public blog and who opens what.
#[test]
fn a_homelab_takes_a_line_a_dashboard() {
    let scenario = "homelab";
    let all = lines(scenario, |_| true);
    let dashboards =
        all.iter().filter(|line| line.trim().starts_with("host \"") && line.starts_with(' ')).count();
    assert_eq!(dashboards, 25);
    assert_within(dashboards + 10, scenario, &all);
    let tree = tree(scenario);
    assert_eq!(gateways(&tree).matches("protocol: HTTPS").count(), 2, "{}", gateways(&tree));
}

#[test]
fn a_line_is_what_is_written_in_its_width() {
    assert!(!is_code("  // why") && !is_code("") && is_code("}"));
    assert_eq!(
        (cost("host \"a\" // why"), cost(&"x".repeat(WIDTH)), cost(&"x".repeat(WIDTH + 1))),
        (1, 1, 2)
    );
}
