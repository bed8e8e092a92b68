//! `gatewright rotate`

use std::collections::{BTreeMap, BTreeSet};

use super::edits;
use super::exit::Exit;
use super::key_generations;
use super::print::Printer;
use super::render;
use super::requests::{Requested, comes};
use super::rotation::{self, Stage};
use super::session::{Failure, Session};
use super::settings::Settings;
use super::shell::quoted;
use super::waiting;
use crate::build::{Outcome, Request, written};
use crate::issue::{NEEDS_HELP, Waiting};
use crate::model::{self, Client, CredentialId, CredentialKind, HostName, Project};
use crate::plan::authority::{GenerationPlan, is_unmade};
use crate::plan::certs::{Asked, certs};
use crate::plan::files::Place;
use crate::plan::key_numbers::Next;
use crate::spec::edit;
use crate::spec::node::cacerts::CACERTS;
use crate::spec::node::client::CLIENT;
use crate::spec::node::{Authority, Source, Spec};
use crate::state::Existing;
use crate::time::Timestamp;
use crate::tree::{Lock, apply};

/// Arguments of `rotate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Issues a new key and certificate for each host, under the same authority.
    ///
    /// Hosts that share a certificate get the new one together. In a project with a seed, this writes the next `generation=` of
    /// the key into the spec, and `render` makes it.
    Host {
        /// Full names, or names of a `certificate`.
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Issues a new key and certificate for each client, under the same authority.
    ///
    /// Certificates that it has go on being let in until they end; `revoke client` turns them away. In a project with a seed,
    /// this writes the next `generation=` of the key into the spec, and `render` makes it.
    Client {
        /// Names of clients.
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Issues a new key and certificate for the istiod of each cluster, under the same authority.
    ///
    /// Workloads go on believing each other, since the root stays; they believe the one before too, until it ends. In a project
    /// with a seed, this writes the next `generation=` of the key into the spec, and `render` makes it.
    Cacerts {
        /// Names of clusters.
        #[arg(required = true)]
        clusters: Vec<String>,
    },
    /// Declares the next generation of an authority in the spec; `render` then makes it.
    ///
    /// The old one leaves the trust bundles at once. Of a root, clients must get the new ca.crt when the tree is applied; an
    /// authority under another keeps its root. With `--stage` both are trusted for a while, and nobody is shut out.
    Authority {
        /// Its name.
        name: String,
        /// The next of three stages, each a commit of its own.
        #[arg(long, value_enum)]
        stage: Option<Stage>,
        /// Retires a generation though something may still rely on it.
        #[arg(long, requires = "stage")]
        force: bool,
    },
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    match &args.what {
        What::Host { names } => hosts(names, settings, printer),
        What::Client { names } => clients(names, settings, printer),
        What::Cacerts { clusters } => cacerts(clusters, settings, printer),
        What::Authority { name, stage, force } => authority(name, (*stage, *force), settings, printer),
    }
}

/// All or nothing: without the authority's key nothing is written.
fn hosts(names: &[String], settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    // Where the spec can't be read, the build says why.
    if let Ok((project, existing, ..)) = session.project()
        && project.secrets.seed.is_some()
    {
        let next = key_generations::of_hosts(names, &project, &Next::new(&project, &existing))?;
        return key_generations::rotate(&next, &session, printer);
    }
    let mut asked = Asked::default();
    for name in names {
        match HostName::parse(name) {
            Ok(host) => asked.hosts.insert(host.to_string()),
            Err(error) => {
                let (project, _, _, _) = session.project()?;
                let names = project.hosts.iter().map(|host| host.name.value.as_str());
                return Err(Failure::no_host(name, &error, names));
            }
        };
    }
    let request = Request { asked, ..Request::default() };
    let outcome = session.build(&request)?;
    let own = issued_here(request.asked.hosts.iter().map(String::as_str), &outcome.project)?;
    let owners: BTreeSet<_> = own.into_iter().map(|id| outcome.project.owner(id).name).collect();
    let is_asked = |wait: &&Waiting| wait.word != CLIENT.name && owners.contains(&wait.name);
    carry_out(&outcome, is_asked, &session, printer)
}

/// As [`hosts`]. What was handed out before stays valid, so that is said too.
fn clients(names: &[String], settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, existing, ..) = session.project()?;
    let mut chosen: Vec<&Client> = Vec::new();
    for name in names {
        let Some(client) = project.clients.iter().find(|client| client.name.value == *name) else {
            let known = project.clients.iter().map(|client| client.name.value.as_str());
            return Err(Failure::unknown("client", name, known));
        };
        if let Some(since) = &client.revoked {
            let since = since.value.date();
            return Err(Failure::Call(format!(
                "client `{name}` is revoked since {since} and gets no certificate: take `revoked` off it first"
            )));
        }
        if !chosen.iter().any(|there| there.name.value == client.name.value) {
            chosen.push(client);
        }
    }
    let exit = if project.secrets.seed.is_some() {
        let number = Next::new(&project, &existing);
        let next: Vec<_> = chosen.iter().map(|client| key_generations::of_client(client, &number)).collect();
        key_generations::rotate(&next, &session, printer)?
    } else {
        let asked = Asked { clients: names.iter().cloned().collect(), ..Asked::default() };
        let outcome = session.build(&Request { asked, ..Request::default() })?;
        let is_asked = |wait: &&Waiting| wait.word == CLIENT.name && names.contains(&wait.name);
        carry_out(&outcome, is_asked, &session, printer)?
    };
    for client in chosen {
        before(client, &existing, settings).iter().for_each(|line| printer.note(line));
    }
    Ok(exit)
}

/// As [`hosts`].
fn cacerts(clusters: &[String], settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, existing, ..) = session.project()?;
    let number = Next::new(&project, &existing);
    let mut next = Vec::new();
    for name in clusters {
        let Some(own) = project.cacerts.iter().find(|own| own.name.value.as_str() == name) else {
            let known = project.cacerts.iter().map(|own| own.name.value.as_str());
            return Err(Failure::unknown("cacerts", name, known));
        };
        next.push(key_generations::of_cacerts(own, &number));
    }
    if project.secrets.seed.is_some() {
        return key_generations::rotate(&next, &session, printer);
    }
    let asked = Asked { clusters: clusters.iter().cloned().collect(), ..Asked::default() };
    let outcome = session.build(&Request { asked, ..Request::default() })?;
    let is_asked = |wait: &&Waiting| wait.word == CACERTS.name && clusters.contains(&wait.name);
    carry_out(&outcome, is_asked, &session, printer)
}

/// What is said of the certificates that a client had before it got another one, and still could show.
fn before(client: &Client, existing: &Existing, settings: &Settings) -> Vec<String> {
    let alive = existing.certificates_of(&client.file_name).filter(|one| one.not_after() > settings.now);
    let alive: BTreeMap<&str, Timestamp> = alive.map(|one| (one.serial(), one.not_after())).collect();
    let Some(last) = alive.values().max() else { return Vec::new() };
    let name = &client.name.value;
    let serials: String = alive.keys().map(|serial| format!(" --serial {serial}")).collect();
    vec![
        format!("what client {name} had before stays valid until {}", last.date()),
        format!(
            "if that key is lost: `gatewright revoke client {}{serials}` turns it away, and `--all` the new one too",
            quoted(name)
        ),
    ]
}

/// Writes what was built, unless something of it waits that was asked for.
fn carry_out(
    outcome: &Outcome,
    is_asked: impl Fn(&&Waiting) -> bool,
    session: &Session<'_>,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let locked: Vec<_> = outcome.waiting.iter().filter(is_asked).collect();
    if let Some(first) = locked.first() {
        let names: Vec<_> = locked.iter().map(|wait| wait.name.as_str()).collect();
        let mend = match waiting::above(first, &outcome.waiting) {
            Some(above) => comes(&above.name, waiting::asked(above, outcome).as_ref()),
            None => NEEDS_HELP.to_owned(),
        };
        return Err(Failure::Locked(format!(
            "nothing was written: {} can't be reissued: {}; {mend}",
            names.join(", "),
            first.needs.join("; ")
        )));
    }
    let applied = apply(&session.settings.layout, &outcome.files)?;
    let mut report = outcome.report.clone();
    report.extend(waiting::findings(outcome));
    printer.report(&report, session.sources());
    for change in &outcome.changes {
        printer.note(&render::issued(change));
    }
    printer.note(&format!("{} written", render::count(applied.written)));
    Ok(Exit::after(outcome))
}

/// Why a certificate can't be issued anew here.
fn not_ours(name: &str, kind: &CredentialKind) -> Option<String> {
    let (is, then) = match kind {
        CredentialKind::Issued(_) => return None,
        CredentialKind::Presented { .. } => {
            ("a client's", "`gatewright rotate client NAME` issues it anew".to_owned())
        }
        CredentialKind::Brought(_) => (
            "brought in files",
            format!("`gatewright bring {name} --cert FILE --key FILE` takes the next one"),
        ),
        CredentialKind::Ordered(_) => {
            ("got by cert-manager", "`cmctl renew` asks for the next one".to_owned())
        }
        CredentialKind::External => ("external", "it is renewed where it is made".to_owned()),
    };
    Some(format!("the certificate of `{name}` is {is}: {then}"))
}

/// The key pairs of these hosts, if all are issued here. Those that are not are named together, so that the call can be made
/// again without them.
pub(super) fn issued_here<'n>(
    names: impl Iterator<Item = &'n str>,
    project: &Project,
) -> Result<Vec<CredentialId>, Failure> {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    let mut refusals = String::new();
    for name in names {
        let Some(id) = credential_of(project, name) else {
            let known = project.hosts.iter().map(|host| host.name.value.as_str());
            return Err(Failure::unknown("host", name, known));
        };
        match not_ours(name, &project.credential(id).kind) {
            Some(refusal) if !others.contains(&name) => {
                refusals.push_str(&format!("{refusal}; "));
                others.push(name);
            }
            Some(_) => {}
            None => own.push(id),
        }
    }
    if others.is_empty() {
        return Ok(own);
    }
    let rest = if own.is_empty() { String::new() } else { format!(": leave {} out", others.join(", ")) };
    Err(Failure::Call(format!("{refusals}nothing was written{rest}")))
}

/// The key pair of a host, or of a certificate that is for this name.
pub(super) fn credential_of(project: &Project, name: &str) -> Option<CredentialId> {
    let host = project.hosts.iter().find(|host| host.name.value.as_str() == name);
    host.map(|host| host.credential).or_else(|| {
        let mut all = project.credentials_with_ids();
        let is_for = |kind: &CredentialKind| {
            kind.leaf().is_some_and(|leaf| leaf.names.iter().any(|own| own.value.as_str() == name))
        };
        all.find(|(_, credential)| is_for(&credential.kind)).map(|(id, _)| id)
    })
}

fn authority(
    name: &str,
    (stage, force): (Option<Stage>, bool),
    settings: &Settings,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    if force && stage != Some(Stage::Retire) {
        return Err(Failure::Call("`--force` goes with `--stage retire` alone".to_owned()));
    }
    if let Some(stage) = stage {
        rotation::run(name, (stage, force), settings, printer)?;
        return Ok(Exit::Fine);
    }
    let session = Session::read(settings)?;
    let (spec, report) = written(&session.input);
    if report.has_errors() {
        return Err(Failure::Refused(report, session.sources().clone()));
    }
    let Some(node) = spec.authorities.iter().find(|authority| authority.name.as_str() == name) else {
        let names = spec.authorities.iter().map(|authority| authority.name.as_str());
        return Err(Failure::unknown("authority", name, names));
    };
    let (existing, _) = Existing::read(&session.input.snapshot);
    made(&spec, name, &existing, settings.now)?;
    let today = edits::today(&session, &existing)?;
    let path = edits::authority(&session, name, |text, node| edit::rotate_outright(text, node, &today))?;
    printer.note(&format!("{path} now declares the next generation of authority {name}"));
    let bundle = settings.layout.names().below(Place::Pki, &format!("{name}/ca.crt"));
    replaced_outright(name, node, &bundle).iter().for_each(|line| printer.note(line));
    Ok(Exit::Fine)
}

/// How the next generation comes, and who trusts it.
fn replaced_outright(name: &str, node: &Authority, bundle: &str) -> [String; 2] {
    let (made, bundle_only) = (
        "run `gatewright render` to make it: every certificate that it signed is issued anew".to_owned(),
        format!("once it is applied, only {bundle} of that render is trusted"),
    );
    match &node.certificate.source {
        None => [made, bundle_only],
        Some(Source::Files(_)) => [
            format!(
                "{}; then `gatewright render` issues every certificate that it signed anew",
                comes(name, None)
            ),
            format!("{bundle_only}: the same as now, if the same root stands above it"),
        ],
        Some(_) => [
            made,
            format!(
                "whoever trusts {bundle} goes on trusting it; hosts let in only clients of the new generation"
            ),
        ],
    }
}

/// A generation that was never made can't be followed by another: nothing would ever be signed with it.
fn made(spec: &Spec, name: &str, existing: &Existing, now: Timestamp) -> Result<(), Failure> {
    // In a spec with mistakes, the render that comes next says what is wrong.
    let (Ok(project), _) = model::resolve(spec) else { return Ok(()) };
    let mut authorities = project.authorities_with_ids();
    let Some((id, authority)) = authorities.find(|(_, own)| own.name.value.as_str() == name) else {
        return Ok(());
    };
    if !is_unmade(&project, existing, id) {
        return Ok(());
    }
    let (plan, _) = certs(&project, existing, &Asked::default(), now);
    // One that would have ended before it is made never is.
    let ended = |plan: &GenerationPlan<'_>| plan.start.is_some_and(|start| start + plan.shape.valid <= now);
    if plan.generations.iter().any(|plan| plan.authority == id && plan.signs && ended(plan)) {
        return Ok(());
    }
    let number = authority.signing().number;
    let how = match authority.files {
        Some(_) => comes(name, Requested::of_authority(existing, authority, number).as_ref()),
        None => "run `gatewright render` first".to_owned(),
    };
    let undo = match authority.signing().origin.span() {
        Some(_) => format!(", or take `generation {number}` out of the spec"),
        None => String::new(),
    };
    Err(Failure::Call(format!(
        "generation {number} of authority {name} is declared and not made yet, so there is nothing to rotate: {how}{undo}"
    )))
}
