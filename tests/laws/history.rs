//! A spec of four authorities, hosts, a certificate of many hosts, and clients that changes step by step, for laws about whatever
//! happens to a project.

use proptest::prelude::*;

use crate::support::project::NOW;

/// From the root down; the last one is a root of its own.
pub(super) const AUTHORITIES: [&str; 4] = ["root", "issuing", "deep", "other"];
pub(super) const ABOVE: [Option<usize>; 4] = [None, Some(0), Some(1), None];

/// A generation as the spec says it.
#[derive(Debug, Clone, Default)]
pub(super) struct Generation {
    pub(super) introduced: Option<String>,
    pub(super) signs: Option<String>,
    pub(super) retired: Option<String>,
}

/// Where a host's certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Its authority.
    Own,
    /// Somebody else's Secret.
    External,
    /// An issuer of cert-manager's.
    CertManager,
}

/// A host.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) authority: usize,
    pub(super) source: Source,
    /// Whose clients it lets in.
    pub(super) clients: Option<usize>,
    pub(super) p384: bool,
    /// Part of its name.
    pub(super) renamed: bool,
}

/// What stands in the spec.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) generations: [Vec<Generation>; 4],
    pub(super) cross: [bool; 4],
    pub(super) hosts: [Option<Host>; 3],
    /// Clients of each authority.
    pub(super) clients: [bool; 4],
    /// Whether keys follow from a seed.
    pub(super) seeded: bool,
    /// Since when they are revoked.
    pub(super) revoked: [Option<String>; 4],
    /// The serial numbers that an authority revokes, each with its day.
    pub(super) lines: [Vec<(String, String)>; 4],
    /// The authority of the certificate that two hosts share; without one, each has its own of the first root.
    pub(super) shared: Option<usize>,
    /// Whether authorities under others may issue only for the names that are issued under them.
    pub(super) constrained: bool,
    /// Whether the lowest stands under the root itself.
    pub(super) moved: bool,
    /// For how many days an authority is valid, where that is said.
    pub(super) valid: [Option<u32>; 4],
}

impl Spec {
    pub(super) fn text(&self) -> String {
        let mut text = "gateway \"public\"\nhost \"theirs.example.net\" external=\"theirs\" gateway=\"public\" to=\"t:80\"\n".to_owned();
        if self.seeded {
            text.push_str("secrets { seed epoch=\"2026-01-01\"; }\n");
        }
        let certificate = if self.shared.is_some() { "certificate \"*\";" } else { "" };
        text.push_str(&format!(
            "domain \"apps.example.com\" authority=\"{}\" gateway=\"public\" {{ {certificate} host \"a\" to=\"a:80\"; }}\nhost \"b.apps.example.com\" to=\"b:80\"\n",
            AUTHORITIES[self.shared.unwrap_or_default()]
        ));
        for (i, name) in AUTHORITIES.iter().enumerate() {
            let above =
                self.above(i).map_or(String::new(), |above| format!(" authority=\"{}\"", AUTHORITIES[above]));
            let cross = if self.cross[i] { " cross-signed" } else { "" };
            let free = if ABOVE[i].is_some() && !self.constrained { " unconstrained" } else { "" };
            let valid = self.valid[i].map_or(String::new(), |days| format!(" valid=\"{days}d\""));
            text.push_str(&format!("authority \"{name}\"{above}{free}{cross}{valid} {{\n"));
            for (n, one) in self.generations[i].iter().enumerate() {
                let word = |word: &str, date: &Option<String>| {
                    date.as_ref().map_or(String::new(), |date| format!(" {word}=\"{date}\""))
                };
                text.push_str(&format!(
                    "    generation {}{}{}{}\n",
                    n + 1,
                    word("introduced", &one.introduced),
                    word("signs", &one.signs),
                    word("retired", &one.retired)
                ));
            }
            for (serial, day) in &self.lines[i] {
                text.push_str(&format!("    revoked \"{serial}\" on=\"{day}\"\n"));
            }
            text.push_str("}\n");
            if self.clients[i] {
                let revoked = self.revoked[i].as_ref().map(|day| format!(" revoked=\"{day}\""));
                let revoked = revoked.unwrap_or_default();
                text.push_str(&format!("client \"c.{name}.example\" authority=\"{name}\"{revoked}\n"));
            }
        }
        for (i, host) in self.hosts.iter().enumerate() {
            let Some(host) = host else { continue };
            let tls = host.clients.map_or("tls simple".to_owned(), |of| {
                format!("tls mutual {{ clients \"{}\"; }}", AUTHORITIES[of])
            });
            let key = if host.p384 { " key=ecdsa-p384" } else { "" };
            let source = match host.source {
                Source::Own => format!("authority=\"{}\"{key}", AUTHORITIES[host.authority]),
                Source::External => format!("external=\"{}\"", Self::secret(i, host)),
                Source::CertManager => format!("cert-manager=\"letsencrypt\"{key}"),
            };
            text.push_str(&format!(
                "host \"{}\" {source} gateway=\"public\" to=\"h{i}:80\" {{ {tls}; }}\n",
                Self::host_name(i, host),
            ));
        }
        text
    }

    /// Which authority signs one.
    pub(super) fn above(&self, authority: usize) -> Option<usize> {
        if self.moved && authority == 2 { Some(0) } else { ABOVE[authority] }
    }

    /// Whether an authority is another one or stands below it.
    pub(super) fn is_within(&self, authority: usize, above: usize) -> bool {
        authority == above || self.above(authority).is_some_and(|next| self.is_within(next, above))
    }

    /// Whether a line revokes this serial number.
    pub(super) fn revokes(&self, serial: &str) -> bool {
        self.lines.iter().flatten().any(|(line, _)| line == serial)
    }

    /// The name of a host's Secret.
    pub(super) fn secret(i: usize, host: &Host) -> String {
        let ending = match host.source {
            Source::Own => "tls",
            Source::External => "theirs",
            Source::CertManager => "cert-manager",
        };
        format!("{}-{ending}", Self::host_name(i, host))
    }

    /// The Secrets of ours that servers show: the name that a certificate is for, its Secret, its authority.
    pub(super) fn shown(&self) -> Vec<(String, String, usize)> {
        let hosts = self.hosts.iter().enumerate().filter_map(|(i, host)| Some((i, host.as_ref()?)));
        let own = hosts
            .filter(|(_, host)| host.source == Source::Own)
            .map(|(i, host)| (Self::host_name(i, host), Self::secret(i, host), host.authority));
        let apps = ["a", "b"].map(|label| {
            let name = format!("{label}.apps.example.com");
            let secret = match self.shared {
                Some(_) => "wildcard.apps.example.com-tls".to_owned(),
                None => format!("{name}-tls"),
            };
            (name, secret, self.shared.unwrap_or_default())
        });
        own.chain(apps).collect()
    }

    /// Takes the newest generation back that signs nothing yet.
    pub(super) fn give_up(&mut self, authority: usize, day: &str) {
        let (old, new, signs) = self.stage(authority);
        if old != new && !signs {
            self.generations[authority][new].retired = Some(day.to_owned());
        }
    }

    pub(super) fn host_name(i: usize, host: &Host) -> String {
        format!("h{i}{}.example.com", if host.renamed { "-new" } else { "" })
    }

    pub(super) fn root_of(authority: usize) -> usize {
        if authority == 3 { 3 } else { 0 }
    }

    /// Old and new of what is trusted, and whether the new one signs.
    pub(super) fn stage(&self, authority: usize) -> (usize, usize, bool) {
        let all = &self.generations[authority];
        let trusted: Vec<_> = (0..all.len()).filter(|i| all[*i].retired.is_none()).collect();
        let last = *trusted.last().unwrap();
        (trusted[0], last, all[last].signs.is_some())
    }

    /// The next stage on a day.
    pub(super) fn rotate(&mut self, authority: usize, day: &str) {
        let (old, new, signs) = self.stage(authority);
        let all = &mut self.generations[authority];
        if old == new {
            all.push(Generation { introduced: Some(day.to_owned()), ..Generation::default() });
        } else if !signs {
            all[new].signs = Some(day.to_owned());
        } else {
            all[old].retired = Some(day.to_owned());
        }
    }

    pub(super) fn outright(&mut self, authority: usize, day: &str) {
        let all = &mut self.generations[authority];
        all.iter_mut().filter(|one| one.retired.is_none()).for_each(|one| one.retired = Some(day.to_owned()));
        let day = Some(day.to_owned());
        all.push(Generation { introduced: day.clone(), signs: day, retired: None });
    }
}

/// One thing that happens before a render.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Host(usize, Option<Host>),
    Client(usize, bool),
    Revoke(usize),
    /// All certificates of a client by their serial numbers, so that it gets a new one.
    RevokeAll(usize),
    /// What tells of revocations by an authority is gone, together.
    Forget {
        of: usize,
        list: bool,
        words: bool,
        client: bool,
    },
    /// A list that an authority had before lies below `pki/` again, and its words go or stay.
    OldList(usize, usize, bool),
    Shared(Option<usize>),
    Cross(usize),
    Stage(usize),
    GiveUp(usize),
    Outright(usize),
    /// The lowest authority goes under another one, or back.
    Move,
    /// A file of the tree is gone: the one at this place among them.
    Lost(usize),
    /// Days onward, or back.
    Clock(i64),
    Nothing,
}

/// Mostly about who is revoked, and by a root.
pub(super) fn event_of_revocation() -> impl Strategy<Value = Event> {
    let of = || prop::sample::select(vec![0usize, 0, 0, 1, 2, 3, 3, 3]);
    let often = || prop::bool::weighted(0.7);
    let forget = (of(), often(), often(), any::<bool>())
        .prop_map(|(of, list, words, client)| Event::Forget { of, list, words, client });
    prop_oneof![
        4 => of().prop_map(Event::Revoke),
        4 => of().prop_map(Event::RevokeAll),
        6 => forget,
        3 => (of(), 0..8usize, often()).prop_map(|(i, n, words)| Event::OldList(i, n, words)),
        5 => prop::sample::select(vec![10i64, 31, 31, 70, 100, -1]).prop_map(Event::Clock),
        6 => event(),
    ]
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let source = prop_oneof![
        4 => Just(Source::Own),
        1 => Just(Source::External),
        1 => Just(Source::CertManager),
    ];
    let host = (0..4usize, prop::option::of(0..4usize), any::<bool>(), any::<bool>(), source).prop_map(
        |(authority, clients, p384, renamed, source)| Host { authority, clients, p384, renamed, source },
    );
    prop_oneof![
        3 => (0..3usize, prop::option::weighted(0.8, host)).prop_map(|(i, host)| Event::Host(i, host)),
        1 => (0..4usize, any::<bool>()).prop_map(|(i, there)| Event::Client(i, there)),
        1 => (0..4usize).prop_map(Event::Revoke),
        1 => prop::option::of(0..4usize).prop_map(Event::Shared),
        1 => prop::sample::select(vec![0usize, 3]).prop_map(Event::Cross),
        8 => (0..4usize).prop_map(Event::Stage),
        1 => (0..4usize).prop_map(Event::GiveUp),
        2 => (0..1000usize).prop_map(Event::Lost),
        1 => (0..4usize).prop_map(Event::Outright),
        1 => Just(Event::Move),
        3 => prop::sample::select(vec![1i64, 10, 31, 31, 70, -1, -40]).prop_map(Event::Clock),
        1 => Just(Event::Nothing),
    ]
}

impl Default for Spec {
    fn default() -> Self {
        let day = Some(NOW[..10].to_owned());
        let first = vec![Generation { introduced: day.clone(), signs: day, retired: None }];
        Self {
            generations: [first.clone(), first.clone(), first.clone(), first],
            cross: [false; 4],
            hosts: [
                Some(Host {
                    authority: 1,
                    clients: Some(2),
                    p384: false,
                    renamed: false,
                    source: Source::Own,
                }),
                Some(Host {
                    authority: 0,
                    clients: Some(0),
                    p384: false,
                    renamed: false,
                    source: Source::Own,
                }),
                None,
            ],
            clients: [true, true, true, true],
            seeded: false,
            revoked: Default::default(),
            lines: Default::default(),
            shared: Some(1),
            constrained: false,
            moved: false,
            valid: [None; 4],
        }
    }
}
