//! `gatewright client`
#![expect(clippy::disallowed_methods, reason = "an export is written outside the project, on request")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use clap::ValueHint;
use zeroize::Zeroizing;

use super::bounded;
use super::exit::Exit;
use super::identities::Finder;
use super::outside::outside;
use super::print::Printer;
use super::requests::before_issuing;
use super::session::{Failure, Session};
use super::settings::Settings;
use super::shell::quoted;
use super::status::columns;
use crate::diag::{Code, Diagnostic, Report};
use crate::issue::{NEEDS_HELP, Unlock as _, needs, open_key};
use crate::model::{Client, Project};
use crate::pki::pkcs12::Protection;
use crate::pki::{Certificate, Key, pkcs12, verify_client};
use crate::plan::authority::CLOCK_HELP;
use crate::plan::certs::{Action, Asked, ClientPlan, Reason, certs, wanted};
use crate::plan::files::{Place, ProjectPath};
use crate::sops::Entropy as _;
use crate::state::{Existing, KeyFile};
use crate::time::Timestamp;

/// Arguments of `client`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists all clients.
    List,
    /// Writes NAME.crt, NAME.key (mode 0600) and ca.crt into a folder outside the repository.
    ///
    /// A workload in a cluster gets its key pair as an encrypted Secret instead: `namespace=` and `secret=` at the client in the
    /// spec, and `render` writes it into the tree.
    Export(Export),
}

#[derive(Debug, clap::Args)]
struct Export {
    /// The client's name.
    name: String,
    /// The folder; made if it is missing.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    to: PathBuf,
    /// Writes NAME.p12 too, for browsers and systems.
    #[arg(long)]
    p12: bool,
    /// How NAME.p12 is protected. `legacy` is for the keychain of macOS and for old Windows, which read nothing better.
    #[arg(long, value_enum, default_value_t, value_name = "PROFILE", requires = "p12")]
    p12_profile: Protection,
    /// The password of NAME.p12 is the first line of FILE; else one is made up and printed.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "p12")]
    password_file: Option<PathBuf>,
    /// Replaces files that are there.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let session = Session::read(settings)?;
    let (project, existing, _, _) = session.project()?;
    match &args.what {
        What::List => {
            printer.out(&list(&project, &existing));
            Ok(Exit::Fine)
        }
        What::Export(args) => export(args, &session, &project, &existing, printer),
    }
}

fn list(project: &Project, existing: &Existing) -> String {
    let mut lines = vec![["NAME", "AUTHORITY", "NAMES", "EXPIRES", "SECRET"].map(str::to_owned).to_vec()];
    let mut clients: Vec<_> = project.clients.iter().collect();
    clients.sort_by_key(|client| &client.name.value);
    for client in clients {
        let sans: Vec<_> = client.sans.iter().map(|san| san.value.to_string()).collect();
        let end = key_file(project, existing, client).map(|file| file.certificate.not_after().date());
        // One that is revoked leaves the tree.
        let secret = client.secret.as_ref().filter(|_| client.revoked.is_none());
        let secret = secret.map(|secret| format!("{}/{}", secret.namespace.value, secret.name.value));
        let end = if client.revoked.is_some() { Some("revoked".to_owned()) } else { end };
        lines.push(vec![
            client.name.value.clone(),
            project.authority(client.authority).name.value.to_string(),
            sans.join(","),
            end.unwrap_or_else(|| "missing".to_owned()),
            secret.unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    columns(&lines)
}

fn key_file<'a>(project: &Project, existing: &'a Existing, client: &Client) -> Option<&'a KeyFile> {
    let authority = project.authority(client.authority).name.value.to_string();
    existing.clients.get(&(authority, client.file_name.clone()))
}

fn export(
    args: &Export,
    session: &Session<'_>,
    project: &Project,
    existing: &Existing,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let settings = session.settings;
    let Some(client) = project.clients.iter().find(|client| client.name.value == args.name) else {
        let names = project.clients.iter().map(|client| client.name.value.as_str());
        return Err(Failure::unknown("client", &args.name, names));
    };
    let folder = outside(&settings.directory.join(&args.to), settings)?;
    let Some(file) = key_file(project, existing, client) else {
        let reason = match before_issuing(project, existing, client.authority, settings.now) {
            _ if client.revoked.is_some() => "is revoked, and has no certificate".to_owned(),
            Some(first) => format!("has no certificate yet, and {first}; then run `gatewright render`"),
            None => "has no certificate yet: run `gatewright render`".to_owned(),
        };
        return Err(Failure::Locked(format!("client `{}` {reason}", args.name)));
    };
    let key = open(session, file)?;
    let (bundle, chain) = trusted(session, project, client)?;
    let names = exported(client);
    let at = |ending: &str| folder.join(format!("{names}.{ending}"));
    let trusted = folder.join(BUNDLE);
    let own: &[&str] = if args.p12 { &["crt", "key", "p12"] } else { &["crt", "key"] };
    let in_the_way = own.iter().map(|ending| at(ending)).find(|path| path.symlink_metadata().is_ok());
    // What clients trust is shared by all that are exported to one folder.
    let other = trusted.symlink_metadata().is_ok() && !holds(&trusted, bundle);
    if let Some(there) = in_the_way.or_else(|| other.then(|| trusted.clone())).filter(|_| !args.force) {
        return Err(Failure::File { path: there, error: exists() });
    }
    let between: Vec<_> = existing.chain_of(&file.certificate).into_iter().cloned().collect();
    let p12 = if args.p12 {
        let chain = [between.as_slice(), &chain].concat();
        Some(browser_file(args, &names, &key, &file.certificate, &chain, printer)?)
    } else {
        None
    };
    let awaited = awaited(client, project, existing, settings.now);
    let first = before_issuing(project, existing, client.authority, settings.now);
    let report = usable(client, file, (&between, &chain), (settings.now, awaited), first);
    printer.report(&report, session.sources());
    make_folder(&folder)?;
    let own: String = [&file.certificate].into_iter().chain(&between).map(Certificate::to_pem).collect();
    write(&at("crt"), own.as_bytes(), 0o644, args.force)?;
    write(&trusted, bundle, 0o644, true)?;
    write(&at("key"), key.to_pem().as_bytes(), 0o600, args.force)?;
    let mut names = vec![at("crt"), at("key"), trusted];
    if let Some(p12) = p12 {
        write(&at("p12"), &p12, 0o600, args.force)?;
        names.push(at("p12"));
    }
    for name in names {
        printer.note(&format!("wrote {}", name.display()));
    }
    Ok(Exit::Fine)
}

/// What is trusted by and for the clients of an authority, as the file and as its certificates.
fn trusted<'s>(
    session: &'s Session<'_>,
    project: &Project,
    client: &Client,
) -> Result<(&'s [u8], Vec<Certificate>), Failure> {
    let snapshot = &session.input.snapshot;
    let path = format!("{}/ca.crt", project.authority(client.authority).name.value);
    let shown = snapshot.names().below(Place::Pki, &path);
    let file = ProjectPath::new(path).ok().and_then(|path| snapshot.file(Place::Pki, &path));
    let Some(file) = file else {
        return Err(Failure::Call(format!("{shown} is missing: run `gatewright render`")));
    };
    let chain = Certificate::from_pem_chain(&String::from_utf8_lossy(file)).map_err(|error| {
        Failure::File { path: PathBuf::from(&shown), error: std::io::Error::other(error.to_string()) }
    })?;
    Ok((file, chain))
}

/// What a client must trust, in an export.
const BUNDLE: &str = "ca.crt";

/// The name of a client's files in an export, without their endings: its own, unless that is the bundle's.
pub(super) fn exported(client: &Client) -> String {
    let is_bundle = format!("{}.crt", client.file_name).eq_ignore_ascii_case(BUNDLE);
    if is_bundle { format!("client-{}", client.file_name) } else { client.file_name.clone() }
}

/// Whether a file holds these bytes; a link does not count, nor does what is no file.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let may = path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == bytes.len() as u64);
    may && fs::read(path).is_ok_and(|there| there == bytes)
}

/// Why a client is to have another certificate than the one that is there.
fn awaited(client: &Client, project: &Project, existing: &Existing, now: Timestamp) -> Option<Reason> {
    let (plan, _) = certs(project, existing, &Asked::default(), now);
    let is_own = |plan: &&ClientPlan<'_>| {
        project.clients.get(plan.client).is_some_and(|other| other.name.value == client.name.value)
    };
    match &plan.clients.iter().find(is_own)?.action {
        Action::Issue(reason) => Some(reason.clone()),
        Action::Keep | Action::Take | Action::Bring(_) => None,
    }
}

/// What is to be known of a certificate that no server takes now, or that another one is to follow.
fn usable(
    client: &Client,
    file: &KeyFile,
    (between, trusted): (&[Certificate], &[Certificate]),
    (now, awaited): (Timestamp, Option<Reason>),
    first: Option<String>,
) -> Report {
    const AS_IT_IS: &str = "it is exported as it is, and every host that asks for it refuses it";
    let again = "run `gatewright render` with an identity, which issues it anew; then export it again";
    let again = first.map_or_else(|| again.to_owned(), |first| format!("{first}; then {again}"));
    let (name, certificate) = (&client.name.value, &file.certificate);
    let (start, end) = (certificate.not_before(), certificate.not_after());
    let warn =
        |code, message: String| Diagnostic::warning(code, message).in_file(file.shown.clone()).note(AS_IT_IS);
    let mut report = Report::default();
    if let Some(since) = &client.revoked {
        let message = format!("client `{name}` is revoked since {}", since.value.date());
        report.push(warn(Code::REVOKED, message));
    } else if end <= now {
        let message = format!("the certificate of client `{name}` ended on {}", end.date());
        report.push(warn(Code::EXPIRED_CERTIFICATE, message).help(again));
    } else if start > now {
        let message = format!("the certificate of client `{name}` starts on {start}, and it is {now} now");
        report.push(warn(Code::CLOCK, message).help(CLOCK_HELP).help(format!(
            "or it was made by a clock that ran ahead: `gatewright rotate client {}` makes another one",
            quoted(name)
        )));
    } else if let Err(reason) = verify_client(certificate, between, trusted, now) {
        let message = format!("no host takes the certificate of client `{name}`: {reason}");
        report.push(warn(Code::FOREIGN_CERTIFICATE, message).help(again));
    } else if awaited == Some(Reason::Revoked) {
        let message = format!("the certificate of client `{name}` is revoked, and another one is to follow");
        report.push(warn(Code::REVOKED, message).help(again));
    } else if let Some(Reason::Changed(parts)) = awaited {
        let message = format!("client `{name}` is to have another certificate: {}", wanted(&parts));
        let finding = Diagnostic::notice(Code::WAITING, message).in_file(file.shown.clone());
        report.push(finding.note("the one that it has is exported").help(again));
    }
    report
}

fn open(session: &Session<'_>, file: &KeyFile) -> Result<Key, Failure> {
    let path = &file.shown;
    let identities = Finder::new(session.settings).identities().map_err(|finding| {
        let mut report = Report::default();
        report.push(*finding);
        Failure::Refused(report, session.sources().clone())
    })?;
    let broken = |reason: &str| Failure::File {
        path: PathBuf::from(path),
        error: std::io::Error::other(reason.to_owned()),
    };
    let key = open_key(&file.sealed, &identities).map_err(|reason| broken(&reason))?;
    let Some(key) = key else {
        let needs = needs(path, &file.sealed, &identities).join("; ");
        return Err(Failure::Locked(format!("{needs}; {NEEDS_HELP}")));
    };
    if !key.matches(&file.certificate) {
        return Err(broken("its key and its certificate do not belong together"));
    }
    Ok(key)
}

fn browser_file(
    args: &Export,
    names: &str,
    key: &Key,
    certificate: &Certificate,
    chain: &[Certificate],
    printer: &Printer,
) -> Result<Vec<u8>, Failure> {
    let bad = |error: crate::pki::PkiError| Failure::Call(format!("no PKCS#12 file can be made: {error}"));
    let password = match &args.password_file {
        Some(path) => {
            bounded::first_line(path).map_err(|error| Failure::File { path: path.clone(), error })?
        }
        None => {
            let password = password()?;
            printer.out(&format!("password of {names}.p12: {}\n", password.as_str()));
            password
        }
    };
    if password.is_empty() {
        return Err(Failure::Call("the password for the PKCS#12 file is empty".to_owned()));
    }
    pkcs12::bundle(key, certificate, chain, &args.name, args.p12_profile, &password).map_err(bad)
}

/// A password of 20 letters and digits that are hard to mistake: 99 bits.
fn password() -> Result<Zeroizing<String>, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = Zeroizing::new([0_u8; 20]);
    super::session::SystemEntropy
        .fill(&mut *bytes)
        .map_err(|error| Failure::Call(format!("no password can be made: {error}")))?;
    Ok(Zeroizing::new(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()))
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Failure::File { path: folder.to_owned(), error })
}

fn exists() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::AlreadyExists, "it is there already; `--force` replaces it")
}

/// Writes a new file; one that is there is replaced only if asked, and never followed through a link.
fn write(path: &Path, bytes: &[u8], mode: u32, replace: bool) -> Result<(), Failure> {
    let failed = |error| Failure::File { path: path.to_owned(), error };
    if replace && path.symlink_metadata().is_ok() {
        fs::remove_file(path).map_err(failed)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|error| {
            failed(if error.kind() == std::io::ErrorKind::AlreadyExists { exists() } else { error })
        })?;
    file.write_all(bytes).map_err(failed)
}
