//! A project whose authorities came in files, and what people do to it, for laws about whatever happens to them.

use std::collections::BTreeSet;
use std::fs;

use gatewright::build::read;
use gatewright::issue::open_key;
use gatewright::pki::{Certificate, Issuer, SystemKeys};
use gatewright::sops::{Identities, Sealed};
use gatewright::state::Existing;
use gatewright::time::{Seconds, Timestamp};
use proptest::prelude::*;

use super::elsewhere::{Elsewhere, again, key, root};
use crate::support::binary::{Ran, finish};
use crate::support::project::{CountingEntropy, NOW, Project, differing, identity};

pub(super) const FILE: &str = "specs/a.kdl";

/// Their own one, a root that is adopted, one under a root elsewhere, and one of ours below that.
pub(super) const AUTHORITIES: [&str; 4] = ["corp", "old", "staff", "deep"];

/// Clients, with their authorities. The first of `staff` is always there.
pub(super) const CLIENTS: [(&str, usize); 7] = [
    ("a.staff.example", 2),
    ("b.staff.example", 2),
    ("a.old.example", 1),
    ("b.old.example", 1),
    ("a.deep.example", 3),
    ("b.deep.example", 3),
    ("a.corp.example", 0),
];

/// Mutual hosts, with the authorities whose clients come in: those that they name, and below.
pub(super) const DOORS: [(&str, &[usize], &[usize]); 5] = [
    ("old", &[1], &[1]),
    ("staff", &[2], &[2, 3]),
    ("deep", &[3], &[3]),
    ("both", &[1, 2], &[1, 2, 3]),
    ("named", &[2], &[2, 3]),
];

pub(super) const NAMED: &str = "a.staff.example";

fn spec(shape: Shape) -> String {
    let mut text = String::from(
        "gateway \"public\"\nauthority \"corp\"\nauthority \"old\" files wait=\"10d\"\nauthority \"staff\" files wait=\"10d\"\n",
    );
    text.push_str("host \"web.example.com\" authority=\"staff\" gateway=\"public\" to=\"a:80\"\n");
    if shape.deep {
        text.push_str("authority \"deep\" authority=\"staff\" unconstrained wait=\"10d\"\n");
    }
    for (name, of, _) in DOORS.iter().filter(|(name, ..)| shape.deep || *name != "deep") {
        let clients: Vec<_> = of.iter().map(|i| format!("\"{}\"", AUTHORITIES[*i])).collect();
        let clients = if *name == "named" { format!("\"{NAMED}\"") } else { clients.join(" ") };
        text.push_str(&format!(
            "host \"{name}.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" {{ tls mutual {{ clients {clients}; }} }}\n"
        ));
    }
    for (i, (name, of)) in CLIENTS.iter().enumerate().filter(|(_, (_, of))| shape.deep || *of != 3) {
        if i == 0 || !(shape.deep && *of == 2) {
            text.push_str(&client(name, *of));
        }
    }
    text
}

fn client(name: &str, of: usize) -> String {
    format!("client \"{name}\" authority=\"{}\"\n", AUTHORITIES[of])
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// How many authorities are above `staff`.
    pub(super) levels: usize,
    pub(super) deep: bool,
    /// Whether `staff` asks for its certificate, or has one already.
    pub(super) asks: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    Introduce,
    Switch,
    Retire,
    Outright,
}

#[derive(Debug, Clone)]
pub(super) enum Event {
    Clock(i64),
    Revoke(usize),
    RevokeAll(usize),
    RevokeSerial(usize, usize),
    Client(usize, bool),
    /// The lists of a root elsewhere come, and are good for this long.
    Lists(usize, i64),
    /// Another certificate for the key that is there, from one of the roots elsewhere.
    Renew(usize, usize, i64),
    Stage(usize, Stage),
    /// The key pair of the next generation is adopted.
    Adopt(usize, usize),
    Ask(usize),
    /// What was asked for comes.
    Answer(usize, usize),
    /// A file of the tree is gone.
    Lost(usize),
    /// `files` comes or goes.
    Files(usize),
    Nothing,
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let authority = || prop::sample::select(vec![1usize, 2, 2, 2]);
    let any_authority = prop::sample::select(vec![1usize, 2, 2, 2, 3, 0]);
    let stage = prop::sample::select(vec![
        Stage::Introduce,
        Stage::Introduce,
        Stage::Switch,
        Stage::Switch,
        Stage::Retire,
        Stage::Retire,
        Stage::Outright,
    ]);
    let clients = || 0..CLIENTS.len();
    let days = || prop::sample::select(vec![5i64, 40, 200, 400, 2000]);
    prop_oneof![
        4 => prop::sample::select(vec![1i64, 11, 31, 31, 70, 100, 300]).prop_map(Event::Clock),
        2 => clients().prop_map(Event::Revoke),
        2 => clients().prop_map(Event::RevokeAll),
        1 => (clients(), 0..4usize).prop_map(|(i, n)| Event::RevokeSerial(i, n)),
        2 => (clients(), any::<bool>()).prop_map(|(i, there)| Event::Client(i, there)),
        5 => (0..2usize, days()).prop_map(|(i, days)| Event::Lists(i, days)),
        2 => (authority(), prop::sample::select(vec![0usize, 0, 0, 1]), days())
            .prop_map(|(of, by, days)| Event::Renew(of, by, days)),
        6 => (any_authority, stage).prop_map(|(i, stage)| Event::Stage(i, stage)),
        3 => (authority(), 0..2usize).prop_map(|(of, by)| Event::Adopt(of, by)),
        1 => authority().prop_map(Event::Ask),
        2 => (authority(), 0..2usize).prop_map(|(of, by)| Event::Answer(of, by)),
        3 => (0..1000usize).prop_map(Event::Lost),
        1 => authority().prop_map(Event::Files),
        1 => Just(Event::Nothing),
    ]
}

/// A certificate that a client was given.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) authority: usize,
    /// The generation that signed it.
    pub(super) generation: u32,
    pub(super) name: &'static str,
    pub(super) certificate: Certificate,
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} of generation {}", self.name, self.certificate.serial(), self.generation)
    }
}

pub(super) struct World {
    pub(super) project: Project,
    pub(super) shape: Shape,
    pub(super) now: Timestamp,
    pub(super) elsewhere: [Elsewhere; 2],
    /// Roots whose keys are elsewhere.
    roots: Vec<Issuer>,
    pub(super) held: Vec<Held>,
    /// Authorities that ever were.
    pub(super) known: Vec<Certificate>,
    /// Certificates that a door has turned away since they were revoked.
    pub(super) out: BTreeSet<(String, String)>,
    /// Generations whose files somebody brought, or that the tool was to make.
    pub(super) given: BTreeSet<String>,
    /// Authorities that may be made here.
    pub(super) made_here: BTreeSet<usize>,
    pub(super) serial: u8,
    pub(super) log: Vec<String>,
}

impl World {
    pub(super) fn new(shape: Shape) -> Self {
        let mut project = Project::of(&spec(shape));
        project.keys = Box::new(SystemKeys);
        project.entropy = Box::new(CountingEntropy::default());
        let now = Timestamp::parse(NOW).unwrap();
        let elsewhere = ["one", "two"].map(|name| Elsewhere::new(name, shape.levels, now));
        let known = elsewhere.iter().flat_map(|one| one.certificates().cloned().collect::<Vec<_>>());
        let known = known.chain(elsewhere.iter().map(|one| one.stranger[1].clone())).collect();
        let mut world = Self {
            project,
            shape,
            now,
            elsewhere,
            roots: Vec::new(),
            held: Vec::new(),
            known,
            out: BTreeSet::new(),
            given: BTreeSet::new(),
            made_here: BTreeSet::from([0, 3]),
            serial: 10,
            log: Vec::new(),
        };
        assert!(world.change(&Event::Adopt(1, 0)));
        if shape.asks {
            assert!(world.change(&Event::Ask(2)) && world.change(&Event::Answer(2, 0)));
        } else {
            assert!(world.change(&Event::Adopt(2, 0)));
        }
        world
    }

    /// Calls the program; what is refused changes nothing.
    fn call(&mut self, arguments: &[&str]) -> bool {
        let before = self.project.files();
        let mut command = self.project.command_at(&self.now.to_string(), arguments);
        let ran: Ran = finish(command.env("SOPS_AGE_KEY", identity('a').trim()));
        self.log.push(format!("{arguments:?} -> {:?} {}", ran.code, ran.stderr));
        if ran.code != Some(0) {
            assert_eq!(ran.code, Some(2), "{}", self.told());
            assert_eq!(differing(&before, &self.project.files()), [""; 0], "{}", self.told());
        }
        if ran.code == Some(0) && matches!(arguments[1], "adopt" | "import") {
            let tree = self.project.tree();
            let keys =
                tree.keys().filter_map(|path| path.strip_prefix("pki/")?.strip_suffix(".key.sops.yaml"));
            self.given.extend(keys.map(str::to_owned));
        }
        ran.code == Some(0)
    }

    pub(super) fn told(&self) -> String {
        format!("{:?} at {}\n{}\n{}", self.shape, self.now, self.log.join("\n"), self.project.read(FILE))
    }

    fn file(&self, name: &str, text: &[u8]) -> String {
        fs::write(self.project.home().join(name), text).unwrap();
        format!("../home/{name}")
    }

    fn adopt(&mut self, of: usize, by: usize) -> bool {
        let life = (self.now, 1500);
        let (text, pem) = if of == 1 {
            let own = root("old", life);
            let pair = (own.certificate().to_pem(), own.key().to_pem());
            self.roots.push(own);
            pair
        } else {
            let key = key();
            (self.elsewhere[by].signed(&key, life), key.to_pem())
        };
        let (cert, key) = (self.file("a.crt", text.as_bytes()), self.file("a.key", pem.as_bytes()));
        self.call(&["authority", "adopt", AUTHORITIES[of], "--cert", &cert, "--key", &key])
    }

    fn answer(&mut self, of: usize, by: usize) -> bool {
        let ending = ".request.sops.yaml";
        let folder = format!("pki/{}/", AUTHORITIES[of]);
        let mut files = self.project.tree().into_keys();
        let Some(path) = files.find(|path| path.starts_with(&folder) && path.ends_with(ending)) else {
            return false;
        };
        let mut identities = Identities::new();
        identities.add("test", &identity('a'));
        let sealed = Sealed::parse(self.project.read(&path).split_once('\n').unwrap().1).unwrap();
        let key = open_key(&sealed, &identities).unwrap().unwrap();
        let text = self.elsewhere[by].signed(&key, (self.now, 1500));
        let cert = self.file("a.crt", text.as_bytes());
        self.call(&["authority", "import", AUTHORITIES[of], "--cert", &cert])
    }

    pub(super) fn renew(&mut self, of: usize, by: usize, days: i64) -> bool {
        let Ok((model, ..)) = read(&self.project.input()) else { return false };
        let Some((_, authority)) = model.authority_named(AUTHORITIES[of]) else { return false };
        let key = (AUTHORITIES[of].to_owned(), authority.signing().number);
        let existing = self.existing();
        let Some(there) = existing.generations.get(&key) else { return false };
        self.serial += 1;
        let text = if there.certificate.is_self_signed() {
            let own = |root: &&Issuer| root.key().matches(&there.certificate);
            let Some(root) = self.roots.iter().find(own) else { return false };
            again(root, "old", (self.now, days), self.serial).to_pem()
        } else if of == 2 {
            self.elsewhere[by].signed_again(&there.certificate, (self.now, days))
        } else {
            return false;
        };
        let cert = self.file("a.crt", text.as_bytes());
        self.call(&["authority", "import", AUTHORITIES[of], "--cert", &cert])
    }

    fn stage(&mut self, of: usize, stage: Stage) -> bool {
        let stage = match stage {
            Stage::Introduce => "introduce",
            Stage::Switch => "switch",
            Stage::Retire => "retire",
            Stage::Outright => return self.call(&["rotate", "authority", AUTHORITIES[of]]),
        };
        self.call(&["rotate", "authority", AUTHORITIES[of], "--stage", stage])
    }

    /// Whether the event was possible.
    pub(super) fn change(&mut self, event: &Event) -> bool {
        self.log.push(format!("{} {event:?}", self.now));
        let named = |i: &usize| CLIENTS[*i].0;
        match event {
            Event::Clock(days) => {
                self.now = self.now + Seconds::days(*days);
                true
            }
            Event::Revoke(i) => self.call(&["revoke", "client", named(i)]),
            Event::RevokeAll(i) => self.call(&["revoke", "client", named(i), "--all"]),
            Event::RevokeSerial(i, n) => {
                let own: Vec<_> = self.held.iter().filter(|held| held.name == named(i)).collect();
                let Some(serial) = own.get(n % own.len().max(1)) else { return false };
                let serial = serial.certificate.serial().to_owned();
                self.call(&["revoke", "client", named(i), "--serial", &serial])
            }
            Event::Client(i, there) => self.edit_client(*i, *there),
            Event::Lists(by, days) => {
                let text = self.elsewhere[*by].lists((self.now, *days));
                let file = self.file("a.crl", text.as_bytes());
                self.call(&["authority", "import", "staff", "--crl", &file])
            }
            Event::Renew(of, by, days) => self.renew(*of, *by, *days),
            Event::Stage(of, _) if *of == 3 && !self.shape.deep => false,
            Event::Stage(of, stage) => self.stage(*of, *stage),
            Event::Adopt(of, by) => self.adopt(*of, *by),
            Event::Ask(of) => self.call(&["authority", "csr", AUTHORITIES[*of]]),
            Event::Answer(of, by) => self.answer(*of, *by),
            Event::Lost(i) => {
                let tree = self.project.tree();
                let path = tree.keys().nth(i % tree.len().max(1)).unwrap();
                self.log.push(path.clone());
                self.project.remove(path);
                true
            }
            Event::Files(of) => {
                let name = AUTHORITIES[*of];
                let (with, without) =
                    (format!("authority \"{name}\" files"), format!("authority \"{name}\""));
                let text = self.project.read(FILE);
                let new = if text.contains(&with) {
                    text.replacen(&with, &without, 1)
                } else {
                    text.replacen(&without, &with, 1)
                };
                self.made_here.insert(*of);
                self.project.write(FILE, new);
                true
            }
            Event::Nothing => true,
        }
    }

    fn edit_client(&self, i: usize, there: bool) -> bool {
        let (name, of) = CLIENTS[i];
        let text = self.project.read(FILE);
        let own = format!("client \"{name}\"");
        let is_there = text.contains(&own);
        if i == 0 || is_there == there || of == 3 && !self.shape.deep {
            return false;
        }
        let kept = text.lines().filter(|line| !line.starts_with(&own));
        let mut new: String = kept.map(|line| format!("{line}\n")).collect();
        if there {
            new.push_str(&client(name, of));
        }
        self.project.write(FILE, new);
        true
    }

    pub(super) fn existing(&self) -> Existing {
        let (existing, report) = Existing::read(&self.project.input().snapshot);
        assert!(report.is_empty(), "{report:?}");
        existing
    }
}
