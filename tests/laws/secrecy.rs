//! No private key is ever in the clear: not in a file, not on a stream, not in an error, whatever is asked for and whatever
//! goes wrong.

use std::collections::HashSet;
use std::fs;

use gatewright::issue;
use gatewright::pki::Key;
use gatewright::sops::{Identities, Sealed};

use crate::support::binary::{Ran, finish};
use crate::support::needle::Needles;
use crate::support::project::{NOW, Project, files_below, identity};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "corp" { key rsa-2048 }
authority "partners"
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    host "shop" to="shop:80" { tls mutual }
    host "wiki" key="ecdsa-p384" to="wiki:80"
    host "old" authority="partners" key="rsa-2048" to="old:80"
}
client "anna@example.com" authority="corp" namespace="shop" secret="anna-tls"
"#;

/// Every key that the project's files hold, opened.
fn keys(project: &Project) -> Vec<Key> {
    let mut identities = Identities::new();
    identities.add("operator", &identity('a'));
    let sealed = project.tree().into_iter().filter(|(path, _)| path.ends_with(".sops.yaml"));
    sealed
        .filter_map(|(_, bytes)| Sealed::parse(&String::from_utf8(bytes).unwrap()).ok())
        .filter_map(|sealed| issue::open_key(&sealed, &identities).ok().flatten())
        .collect()
}

/// All that was said and left, looked through at the end.
#[derive(Default)]
struct Heard {
    texts: Vec<(String, String)>,
    keys: Vec<Key>,
}

impl Heard {
    /// Runs the program at its most talkative, with and without an identity.
    fn runs(&mut self, project: &Project, arguments: &[&str], code: i32) -> Ran {
        let run = self.run(project, arguments, true, NOW);
        assert_eq!(run.code, Some(code), "{arguments:?} {run:#?}");
        run
    }

    fn run(&mut self, project: &Project, arguments: &[&str], operator: bool, now: &str) -> Ran {
        let mut command = project.command_at(now, arguments);
        command.arg("-v").env("RUST_BACKTRACE", "1").env("RUST_LOG", "trace");
        if operator {
            command.env("SOPS_AGE_KEY", identity('a').trim());
        }
        let run = finish(&mut command);
        assert!(!run.stderr.contains("panicked"), "{arguments:?} {run:#?}");
        self.texts.push((format!("gatewright {}", arguments.join(" ")), run.said()));
        self.keys.extend(keys(project));
        run
    }

    fn assert_nothing_private(&self, project: &Project, asked_for: &[&str]) {
        let mut needles = Needles::default();
        let mut seen = HashSet::new();
        self.keys.iter().filter(|key| seen.insert(key.spki_der())).for_each(|key| needles.add(key));
        ['a', 'b'].iter().for_each(|name| needles.add_identity(&identity(*name)));
        assert!(seen.len() > 5);
        let mut places: Vec<(String, Vec<u8>)> =
            self.texts.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect();
        for folder in [project.root(), project.home()] {
            places.extend(files_below(&folder, "."));
        }
        assert!(places.len() > 20);
        for (place, bytes) in places {
            assert!(
                !needles.are_in(&bytes) || asked_for.contains(&place.as_str()),
                "{place} holds a private key"
            );
        }
    }
}

#[test]
fn no_private_key_is_shown_or_left_by_anything_that_goes_well() {
    let project = Project::of(SPEC);
    let mut heard = Heard::default();
    heard.runs(&project, &["diff"], 1);
    heard.runs(&project, &["render"], 0);
    heard.runs(&project, &["status"], 0);
    heard.runs(&project, &["status", "--format", "json"], 0);
    heard.runs(&project, &["check"], 0);
    heard.runs(&project, &["connect", "shop.example.com"], 0);
    heard.runs(&project, &["why", "out/istio-system/secret-shop.example.com-tls.sops.yaml"], 0);
    let secret = project.read("out/istio-system/secret-shop.example.com-tls.sops.yaml");
    let line = secret.lines().position(|line| line.contains("tls.key")).unwrap() + 1;
    let place = format!("out/istio-system/secret-shop.example.com-tls.sops.yaml:{line}");
    heard.runs(&project, &["why", &place], 0);
    heard.runs(&project, &["client", "list"], 0);
    heard.runs(&project, &["rotate", "host", "shop.example.com"], 0);
    heard.runs(&project, &["rotate", "authority", "corp"], 0);
    heard.runs(&project, &["diff"], 1);
    heard.runs(&project, &["render"], 0);
    project.edit(FILE, "    host \"wiki\" key=\"ecdsa-p384\" to=\"wiki:80\"\n", "");
    heard.runs(&project, &["diff"], 1);
    heard.runs(&project, &["render"], 0);
    heard.run(&project, &["render"], true, "2027-02-01T00:00:00Z");
    let to = project.home().join("export");
    heard.runs(&project, &["client", "export", "anna@example.com", "--to", to.to_str().unwrap()], 0);
    heard.assert_nothing_private(&project, &["export/anna@example.com.key"]);
}

#[test]
fn no_private_key_is_shown_by_anything_that_goes_wrong() {
    let project = Project::of(SPEC);
    let mut heard = Heard::default();
    heard.runs(&project, &["render"], 0);
    let whole = project.tree();
    let put_back = || whole.iter().for_each(|(path, bytes)| project.write(path, bytes));
    let sealed: Vec<_> = whole.keys().filter(|path| path.ends_with(".sops.yaml")).collect();
    let commands: [&[&str]; 5] = [
        &["render"],
        &["check"],
        &["diff"],
        &["rotate", "host", "shop.example.com"],
        &["client", "export", "anna@example.com", "--to", "../home/export"],
    ];
    for path in &sealed {
        let text = project.read(path);
        let at = text.find("data:").unwrap_or(0).max(text.find("tls.key").unwrap());
        let damages = [
            text[..text.len() / 2].to_owned(),
            text.replacen("ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:AAAA", 1),
            text.replace("tag:", "tag:A"),
            text.replace("mac: ENC[AES256_GCM,data:", "mac: ENC[AES256_GCM,data:BBBB"),
            text.replace("tls.crt: LS0t", "tls.crt: LS0u"),
            format!("{}\u{0}{}", &text[..at], &text[at..]),
        ];
        for damaged in damages {
            project.write(path, damaged);
            for arguments in &commands[..if path.contains("corp/1") { 5 } else { 1 }] {
                heard.run(&project, arguments, true, NOW);
            }
            heard.run(&project, &["render"], false, NOW);
            put_back();
        }
    }
    project.edit(FILE, "host \"shop\"", "host \"sh op\"");
    heard.runs(&project, &["render"], 2);
    project.edit(FILE, "host \"sh op\"", "host \"mall\"");
    project.write("templates/gateway.yaml", "{{ nothing.here }}\n{{ debug() }}\n");
    heard.runs(&project, &["render"], 2);
    project.write("templates/gateway.yaml", "{{ resource }} {{ project }}\n");
    heard.runs(&project, &["render"], 2);
    fs::remove_dir_all(project.root().join("templates")).unwrap();
    project.write("identity", identity('b'));
    heard.run(&project, &["render", "--identity", "identity"], false, NOW);
    project.remove("identity");
    heard.run(&project, &["render", "--identity", "specs/a.kdl"], false, NOW);
    heard.run(&project, &["render"], true, "2036-11-25T00:00:00Z");
    heard.assert_nothing_private(&project, &["export/anna@example.com.key"]);
}
