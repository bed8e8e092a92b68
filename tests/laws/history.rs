//! A spec of four authorities, hosts and clients that changes step by step, for laws about whatever happens to a project.

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

/// A host.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) authority: usize,
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
}

impl Spec {
    pub(super) fn text(&self) -> String {
        let mut text = "gateway \"public\"\nhost \"theirs.example.net\" external=\"theirs\" gateway=\"public\" to=\"t:80\"\n".to_owned();
        if self.seeded {
            text.push_str("secrets { seed epoch=\"2026-01-01\"; }\n");
        }
        for (i, name) in AUTHORITIES.iter().enumerate() {
            let above =
                ABOVE[i].map_or(String::new(), |above| format!(" authority=\"{}\"", AUTHORITIES[above]));
            let cross = if self.cross[i] { " cross-signed" } else { "" };
            let free = if ABOVE[i].is_some() { " unconstrained" } else { "" };
            text.push_str(&format!("authority \"{name}\"{above}{free}{cross} {{\n"));
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
            text.push_str("}\n");
            if self.clients[i] {
                text.push_str(&format!("client \"c.{name}.example\" authority=\"{name}\"\n"));
            }
        }
        for (i, host) in self.hosts.iter().enumerate() {
            let Some(host) = host else { continue };
            let tls = host.clients.map_or("tls simple".to_owned(), |of| {
                format!("tls mutual {{ clients \"{}\"; }}", AUTHORITIES[of])
            });
            let key = if host.p384 { " key=ecdsa-p384" } else { "" };
            text.push_str(&format!(
                "host \"{}\" authority=\"{}\" gateway=\"public\" to=\"h{i}:80\"{key} {{ {tls}; }}\n",
                Self::host_name(i, host),
                AUTHORITIES[host.authority]
            ));
        }
        text
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
    Cross(usize),
    Stage(usize),
    Outright(usize),
    /// Days onward, or back.
    Clock(i64),
    Nothing,
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let host = (0..4usize, prop::option::of(0..4usize), any::<bool>(), any::<bool>())
        .prop_map(|(authority, clients, p384, renamed)| Host { authority, clients, p384, renamed });
    prop_oneof![
        3 => (0..3usize, prop::option::weighted(0.8, host)).prop_map(|(i, host)| Event::Host(i, host)),
        1 => (0..4usize, any::<bool>()).prop_map(|(i, there)| Event::Client(i, there)),
        1 => prop::sample::select(vec![0usize, 3]).prop_map(Event::Cross),
        8 => (0..4usize).prop_map(Event::Stage),
        1 => (0..4usize).prop_map(Event::Outright),
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
                Some(Host { authority: 1, clients: Some(2), p384: false, renamed: false }),
                Some(Host { authority: 0, clients: Some(0), p384: false, renamed: false }),
                None,
            ],
            clients: [true, true, true, true],
            seeded: false,
        }
    }
}
