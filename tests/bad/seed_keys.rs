//! Keys that follow from a seed come again with their number: those that must not are refused, at every step of the grid.

use super::case::refused_at;
use super::seed::SEED;
use crate::cli::sandbox::{NOW, Sandbox};

const FILE: &str = "specs/seed.kdl";
const SPEC: &str = "secrets { seed epoch=\"2026-01-01\" }
authority \"corp\"
gateway \"public\"
host \"shop.example.com\" authority=\"corp\" gateway=\"public\" to=\"shop:80\"
certificate \"db.example.com\" authority=\"corp\"
client \"anna@example.com\" authority=\"corp\"
cacerts \"east\" authority=\"corp\"
";
/// Each of whom has a key: how its line begins, how messages call it, and the column of its name.
const ALL: [(&str, &str, usize); 4] = [
    ("host \"shop", "host `shop.example.com`", 7),
    ("certificate \"db", "certificate `db.example.com`", 14),
    ("client \"anna", "client `anna@example.com`", 9),
    ("cacerts \"east", "cacerts `east`", 10),
];
/// The day itself, the next step of the grid, and one at which every certificate of that day has ended.
const DAYS: [&str; 3] = [NOW, "2026-12-31T12:00:00Z", "2027-12-01T12:00:00Z"];

fn rendered() -> Sandbox {
    let sandbox = Sandbox::new([(FILE, SPEC), ("pki/seed.sops.yaml", SEED)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox
}

/// Gives everybody the second key.
fn rotate(sandbox: &Sandbox) {
    for call in [
        "rotate host shop.example.com db.example.com",
        "rotate client anna@example.com",
        "rotate cacerts east",
    ] {
        sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(0);
    }
}

/// The serial number that `status` shows in the row of this name.
fn serial(sandbox: &Sandbox, name: &str) -> String {
    let run = sandbox.run(&["status", "-o", "json"]).ends_with(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let row = document.as_array().unwrap().iter().find(|row| row["name"] == name);
    row.and_then(|row| row["serial"].as_str()).unwrap_or_else(|| panic!("{}", run.stdout)).to_owned()
}

/// The spec where this line has another text in the place of the second key's number.
fn with(spec: &str, begins: &str, number: &str) -> String {
    let change = |line: &str| {
        if line.starts_with(begins) { line.replace(" generation=2", number) } else { line.to_owned() }
    };
    let changed = spec.lines().map(change).collect::<Vec<_>>().join("\n") + "\n";
    assert_ne!(changed, spec);
    changed
}

/// Render and check refuse this spec at every step, with the same words.
#[track_caller]
fn refused(sandbox: &Sandbox, spec: &str, begins: &str, column: usize, says: &[impl AsRef<str>]) {
    let says: Vec<_> = says.iter().map(AsRef::as_ref).collect();
    sandbox.write(FILE, spec);
    let line = 1 + spec.lines().position(|line| line.starts_with(begins)).unwrap();
    for day in DAYS {
        for call in ["check", "render"] {
            let found = refused_at(day, sandbox, call, 2);
            found.says("seed", &format!("{FILE}:{line}:{column}"), &says);
        }
    }
}

/// Whoever has the key would come in again, by a certificate that no list names.
#[test]
fn a_key_of_which_a_certificate_is_revoked() {
    let sandbox = rendered();
    let east = serial(&sandbox, "east");
    for call in
        ["revoke host shop.example.com", "revoke host db.example.com", "revoke client anna@example.com --all"]
    {
        sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(0);
    }
    sandbox.run(&["rotate", "cacerts", "east"]).ends_with(0);
    let line = format!("    revoked \"{east}\" on=\"2026-11-25\"\n");
    sandbox.edit(FILE, "authority \"corp\" {\n", &format!("authority \"corp\" {{\n{line}"));
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
    let spec = sandbox.read(FILE);
    assert_eq!((spec.matches(" generation=2").count(), spec.matches("    revoked \"").count()), (4, 4));
    for (begins, called, column) in ALL {
        let says = [
            format!("{called} would have a key again of which a certificate is revoked"),
            format!("write `generation=2` at {called}"),
        ];
        refused(&sandbox, &with(&spec, begins, ""), begins, column, &says);
    }
    // Nor where nothing is left but the line.
    let (begins, called, column) = ALL[2];
    let lost = Sandbox::new([("pki/seed.sops.yaml", SEED)]).holding('a');
    let says = [called, "would have a key again", "write `generation=2` at"];
    refused(&lost, &with(&spec, begins, ""), begins, column, &says);
    // The one that is there goes on, at each step.
    sandbox.write(FILE, &spec);
    for day in DAYS {
        sandbox.run_at(day, &["render"]).ends_with(0);
    }
}

/// One that was replaced may be known to somebody: that is why it was.
#[test]
fn a_number_that_is_counted_back() {
    let sandbox = rendered();
    rotate(&sandbox);
    sandbox.run(&["render"]).ends_with(0);
    let spec = sandbox.read(FILE);
    for (begins, called, column) in ALL {
        let says = [
            format!("{called} has its key number 2 already, and is to have number 1 again"),
            format!("write `generation=2` at {called}: it keeps the key that it has"),
            "or `generation=3`".to_owned(),
        ];
        refused(&sandbox, &with(&spec, begins, ""), begins, column, &says);
    }
    // Its number stands where it is said, and the newest that is known counts.
    let (begins, _, column) = ALL[2];
    let text = with(&spec, begins, " generation=1");
    let place = text.lines().find_map(|line| line.find("generation=1")).unwrap() + "generation=".len() + 1;
    refused(&sandbox, &text, begins, place, &["number 2 already"]);
    sandbox.remove("pki/corp/clients/anna@example.com.key.sops.yaml");
    refused(&sandbox, &with(&spec, begins, ""), begins, column, &["number 2 already"]);
    // Upwards any number will do.
    sandbox.write(FILE, &with(&spec, begins, " generation=17"));
    sandbox.run(&["render"]).ends_with(0);
    refused(
        &sandbox,
        &with(&spec, begins, " generation=3"),
        begins,
        place,
        &["number 17 already", "number 3"],
    );
    // What is counted up then goes on from the newest too.
    sandbox.write(FILE, &with(&spec, begins, " generation=3"));
    sandbox.run(&["rotate", "client", "anna@example.com"]).ends_with(0);
    assert_eq!(sandbox.read(FILE), with(&spec, begins, " generation=18"));
    let (begins, ..) = ALL[0];
    sandbox.write(FILE, &with(&spec, begins, ""));
    sandbox.run(&["revoke", "host", "shop.example.com"]).ends_with(0);
    let line = sandbox.read(FILE).lines().find(|line| line.starts_with(begins)).unwrap().to_owned();
    assert!(line.ends_with(" generation=3"), "{line}");
}
