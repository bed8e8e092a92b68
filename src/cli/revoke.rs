//! `gatewright revoke`

use std::collections::BTreeMap;

use super::edits;
use super::exit::Exit;
use super::key_generations::{edited, of_client, of_server};
use super::print::Printer;
use super::rotate::credential_of;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::model::{CredentialKind, Leaf, Project};
use crate::pki::Certificate;
use crate::plan::certs::{Asked, certs};
use crate::plan::key_numbers::Next;
use crate::plan::revocable::revokes;
use crate::plan::stand_in;
use crate::spec::key_generation::Counted;
use crate::spec::serial::serial_of;
use crate::spec::{SourceId, revoke};
use crate::state::Existing;
use crate::tree::Lock;

/// Arguments of `revoke`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Turns a client away: none of its certificates counts any more, and it gets no new one.
    ///
    /// Writes `revoked=` with today's date onto the client in the spec; `render` then signs the revocation list.
    Client {
        /// Its name.
        name: String,
        /// Revokes only the certificate with this serial number, in hex; if it is the client's newest, a new one is issued.
        #[arg(long, value_name = "HEX", conflicts_with = "all")]
        serial: Vec<String>,
        /// Revokes every certificate that the client has had and that is still valid, and lets it have a new one.
        #[arg(long)]
        all: bool,
    },
    /// Revokes the certificate of a host; `render` then issues a new one.
    Host {
        /// Its full name, or a name of a `certificate`.
        name: String,
    },
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, existing, _, _) = session.project()?;
    let spec = Editor { session: &session, printer, date: edits::today(&session, &existing)? };
    match &args.what {
        What::Host { name } => {
            let (certificate, leaf) = of_host(name, &project, &existing, &session)?;
            if let Some(since) = leaf.revoked.as_ref().filter(|_| revokes(leaf, certificate)) {
                printer.note(&format!("host {name} is revoked since {}", since.value.date()));
                return Ok(Exit::Fine);
            }
            let id = credential_of(&project, name);
            let number = Next::new(&project, &existing);
            let next = id.and_then(|id| of_server(project.credential(id), &number));
            let earlier = id.map_or(&[][..], |id| existing.beside(project.credential(id), None));
            let valid: Vec<_> = earlier.iter().filter(|one| one.not_after() > settings.now).collect();
            let chosen = spec.with_their_key(vec![certificate], &valid, &project);
            spec.serials(&project, &existing, &chosen, next)
        }
        What::Client { name, serial, all } => {
            let Some(client) = project.clients.iter().find(|client| client.name.value == *name) else {
                if existing.certificates_of(name).next().is_none() {
                    let names = project.clients.iter().map(|client| client.name.value.as_str());
                    return Err(Failure::unknown("client", name, names));
                }
                // One whose node is gone: no line of its own can say so.
                let all = valid_of((name, name), &existing, &session)?;
                let chosen = spec.with_their_key(chosen(name, serial, &all)?, &all, &project);
                return spec.serials(&project, &existing, &chosen, None);
            };
            if *all || !serial.is_empty() {
                let all = valid_of((name, &client.file_name), &existing, &session)?;
                let chosen = spec.with_their_key(chosen(name, serial, &all)?, &all, &project);
                let next = of_client(client, &Next::new(&project, &existing));
                return spec.serials(&project, &existing, &chosen, Some(next));
            }
            if let Some(since) = &client.revoked {
                printer.note(&format!("client {name} is revoked since {}", since.value.date()));
                return Ok(Exit::Fine);
            }
            let text = session.sources().get(client.word.source).text();
            let edited =
                revoke::client(text, name, &spec.date).map_err(|error| Failure::Call(error.to_string()))?;
            spec.write((&project, &existing), BTreeMap::from([(client.word.source, edited)]))?;
            printer.note(&format!("client {name} is revoked since {}", spec.date));
            if let Some(secret) = &client.secret {
                let (namespace, name) = (&secret.namespace.value, &secret.name.value);
                printer.note(&format!("the next render takes its Secret {namespace}/{name} out of the tree"));
            }
            if existing.certificates_of(&client.file_name).all(|one| one.not_after() <= settings.now) {
                printer.note("no certificate of it is known here that is still valid: it gets none any more, and a revocation list has nothing to name");
                return Ok(Exit::Fine);
            }
            spec.next()
        }
    }
}

/// The certificate that a host shows.
fn of_host<'e>(
    name: &str,
    project: &'e Project,
    existing: &'e Existing,
    session: &Session<'_>,
) -> Result<(&'e Certificate, &'e Leaf), Failure> {
    let Some(credential) = credential_of(project, name) else {
        let names = project.hosts.iter().map(|host| host.name.value.as_str());
        return Err(Failure::unknown("host", name, names));
    };
    if matches!(project.credential(credential).kind, CredentialKind::External) {
        return Err(Failure::Call(format!(
            "the certificate of `{name}` is external: it is revoked where it is made"
        )));
    }
    let (plan, _) = certs(project, existing, &Asked::default(), session.settings.now);
    let own = plan.leaves.iter().find(|leaf| leaf.credential == credential);
    let there = own.and_then(|own| Some((own.there?, own.leaf)));
    there.map(|(there, leaf)| (&there.certificate, leaf)).ok_or_else(|| {
        Failure::Call(format!("host `{name}` has no certificate yet, so there is nothing to revoke"))
    })
}

/// The certificates of a client that are still valid, newest first.
fn valid_of<'e>(
    (name, file_name): (&str, &str),
    existing: &'e Existing,
    session: &Session<'_>,
) -> Result<Vec<&'e Certificate>, Failure> {
    let mut all: Vec<_> = existing
        .certificates_of(file_name)
        .filter(|certificate| certificate.not_after() > session.settings.now)
        .collect();
    all.sort_by(|a, b| b.not_before().cmp(&a.not_before()).then_with(|| a.serial().cmp(b.serial())));
    all.dedup();
    if all.is_empty() {
        return Err(Failure::Call(format!("client `{name}` has no certificate that is still valid")));
    }
    Ok(all)
}

/// Those of a client that are meant: all, or those of these serial numbers.
fn chosen<'e>(
    name: &str,
    serials: &[String],
    all: &[&'e Certificate],
) -> Result<Vec<&'e Certificate>, Failure> {
    if serials.is_empty() {
        return Ok(all.to_vec());
    }
    let find = |written: &String| {
        let Some(serial) = serial_of(written) else {
            return Err(Failure::Call(format!(
                "`{written}` is no serial number, which has 1 to 40 hex digits, as `openssl x509 -noout -serial` prints it"
            )));
        };
        let found = all.iter().find(|certificate| certificate.serial() == serial);
        found.copied().ok_or_else(|| {
            let known: Vec<_> = all
                .iter()
                .map(|certificate| format!("{} (since {})", certificate.serial(), certificate.not_before().date()))
                .collect();
            Failure::Call(format!(
                "client `{name}` has no certificate with the serial number `{written}`; those that are still valid: {}",
                known.join(", ")
            ))
        })
    };
    serials.iter().map(find).collect()
}

/// Writes revocations into the spec.
struct Editor<'a> {
    session: &'a Session<'a>,
    printer: &'a Printer,
    date: String,
}

impl Editor<'_> {
    /// With the others of the same key: whoever has it could show one of these. Where keys follow from a seed, all have it.
    fn with_their_key<'e>(
        &self,
        mut chosen: Vec<&'e Certificate>,
        all: &[&'e Certificate],
        project: &Project,
    ) -> Vec<&'e Certificate> {
        let is_new = |other: &&&Certificate| {
            let same = |one: &&Certificate| one.spki_sha256() == other.spki_sha256();
            chosen.iter().any(same) && chosen.iter().all(|one| one.serial() != other.serial())
        };
        let others: Vec<_> = if project.secrets.seed.is_some() {
            Vec::new()
        } else {
            all.iter().filter(is_new).copied().collect()
        };
        for other in &others {
            self.printer.note(&format!("{} has the same key, and goes with it", other.serial()));
        }
        chosen.extend(others);
        chosen
    }

    /// Each at the authority that issued it.
    fn serials(
        &self,
        project: &Project,
        existing: &Existing,
        certificates: &[&Certificate],
        next: Option<Counted>,
    ) -> Result<Exit, Failure> {
        let mut by_authority: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut out = Vec::new();
        for certificate in certificates {
            let signer = existing.signer_of(certificate);
            let signer = signer.and_then(|(name, number)| Some((project.authority_named(name)?, number)));
            let Some(((id, authority), number)) = signer else {
                return Err(Failure::Call(format!(
                    "no authority of the project issued certificate {}",
                    certificate.serial()
                )));
            };
            let is_out = authority.generations.iter().any(|one| one.number == number && one.retired)
                && !stand_in::standing(project, existing, id, self.session.settings.now).contains(&number);
            if is_out {
                out.push(format!(
                    "{}: generation {number} of authority {} signed it, and is retired: no host lets it in, and no list needs to name it",
                    certificate.serial(),
                    authority.name.value
                ));
            }
            if let Some(since) = authority.revoked.get(certificate.serial()) {
                self.printer.note(&format!(
                    "{} is revoked since {}",
                    certificate.serial(),
                    since.value.date()
                ));
                continue;
            }
            by_authority
                .entry(authority.name.value.as_str())
                .or_default()
                .push(certificate.serial().to_owned());
        }
        // What follows from a seed comes again as it was, unless its key is another one.
        let seeded = project.secrets.seed.is_some() && !by_authority.is_empty();
        let next: Vec<_> = next.filter(|_| seeded).into_iter().collect();
        let mut texts: BTreeMap<SourceId, String> = edited(self.session, &next)?;
        for (name, serials) in &by_authority {
            let Some((_, authority)) = project.authority_named(name) else { continue };
            let source = authority.word.source;
            let there = || self.session.sources().get(source).text().to_owned();
            let text = texts.entry(source).or_insert_with(there);
            *text = revoke::serials(text, name, serials, &self.date)
                .map_err(|error| Failure::Call(error.to_string()))?;
        }
        if texts.is_empty() {
            return Ok(Exit::Fine);
        }
        self.write((project, existing), texts)?;
        for (name, serials) in &by_authority {
            for serial in serials {
                self.printer.note(&format!("authority {name} revokes {serial} since {}", self.date));
            }
        }
        for Counted { called: (word, name), number, .. } in &next {
            self.printer.note(&format!("{word} {name} is to have its key number {number}"));
        }
        out.iter().for_each(|line| self.printer.note(line));
        if out.len() == certificates.len() { Ok(Exit::Fine) } else { self.next() }
    }

    /// Writes it, unless `render` would refuse what it did not refuse before: then nothing would be revoked, and nobody would be
    /// told.
    fn write(&self, there: (&Project, &Existing), texts: BTreeMap<SourceId, String>) -> Result<(), Failure> {
        let anew = edits::new_errors(self.session, there, &texts)?;
        let note = "`render` would refuse it, so nothing was written and nobody is revoked";
        edits::refuse(anew, note, edits::input(self.session, &texts).sources)?;
        edits::write(self.session, texts)
    }

    fn next(&self) -> Result<Exit, Failure> {
        self.printer.note("run `gatewright render` with an identity that opens the authority's key: it signs the revocation list");
        Ok(Exit::Fine)
    }
}
