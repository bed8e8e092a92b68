//! `gatewright status`

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Serialize;

use super::exit::Exit;
use super::print::Printer;
use super::requests::{Requested, before_issuing, pair_comes};
use super::rotate::credential_of;
use super::rotation;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::diag::Report;
use crate::model::{AuthorityId, Project};
use crate::paths::Place;
use crate::plan::certs::{Asked, CertPlan, certs};
use crate::plan::decide;
use crate::plan::rotation::{Progress, progress};
use crate::plan::signing::{another, stopped_by};
use crate::plan::survey::{CRL, Row, Standing, survey};
use crate::resource::secret;
use crate::state::Existing;
use crate::time::Timestamp;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How the list is printed.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    output: Form,
}

/// How the list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    Table,
    /// A JSON array.
    Json,
    /// Prometheus' text format.
    Metrics,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let session = Session::read(settings)?;
    let (project, existing, _, _) = session.project()?;
    // What stops a render is shown as the standing it leads to.
    let (plan, _) = certs(&project, &existing, &Asked::default(), settings.now);
    let rotations = progress(&project, &existing, &plan, settings.now);
    let rows = survey(&project, &plan, &existing.names, settings.now);
    printer.out(&match args.output {
        Form::Table => table(&rows, settings.now),
        Form::Json => json(&rows, |row| Rotation::of(row, &project, &rotations)),
        Form::Metrics => metrics(&rows),
    });
    for rotation in &rotations {
        printer.note(&rotation::line(&project, &existing, rotation, settings.now));
    }
    let expired: Vec<_> = rows.iter().filter(|row| row.standing == Standing::Expired).collect();
    let scene = Scene { project: &project, existing: &existing, now: settings.now };
    scene.ended(&rows, &expired).iter().for_each(|line| printer.note(line));
    let lost: Vec<_> = rows.iter().filter(|row| row.standing == Standing::Lost).collect();
    for (name, number) in lost.iter().filter_map(|row| generation(row)) {
        printer.note(&format!(
            "generation {number} of authority {name} is gone, and others rely on it: `gatewright check` says what to do"
        ));
    }
    let unreadable = in_the_way(&project, &plan, &session);
    if unreadable.has_errors() {
        printer.report(&unreadable, session.sources());
        return Ok(Exit::of(&unreadable));
    }
    let is_fine = expired.is_empty() && lost.is_empty();
    Ok(if is_fine { Exit::Fine } else { Exit::Difference })
}

/// Files that stand where a missing Secret goes and are none: what is left of one, or somebody else's.
fn in_the_way(project: &Project, plan: &CertPlan<'_>, session: &Session<'_>) -> Report {
    let mut report = Report::default();
    for leaf in plan.leaves.iter().filter(|leaf| leaf.there.is_none()) {
        let path = secret::path(project.credential(leaf.credential)).ok();
        let finding = path.and_then(|path| decide::in_the_way(Place::Out, &path, &session.input.snapshot));
        finding.into_iter().for_each(|finding| report.push(finding));
    }
    report
}

/// What tells how one that has ended is followed by another.
struct Scene<'a> {
    project: &'a Project,
    existing: &'a Existing,
    now: Timestamp,
}

impl Scene<'_> {
    /// What to do about certificates that have ended.
    fn ended(&self, rows: &[Row<'_>], expired: &[&Row<'_>]) -> Vec<String> {
        let of = |word: &'static str| expired.iter().filter(move |row| row.word == word);
        let mut lines: Vec<_> = of("authority").filter_map(|row| self.authority(row)).collect();
        lines.extend(of(CRL).map(|row| {
            format!(
                "the revocation list of {} has ended, and whoever holds it refuses every client: `gatewright check` says what to do",
                row.name
            )
        }));
        lines.extend(self.brought(rows));
        let mut by_stop: BTreeMap<Option<AuthorityId>, usize> = BTreeMap::new();
        for row in expired.iter().filter(|row| !["authority", CRL].contains(&row.word) && !row.brought) {
            let stop = row.by.and_then(|by| stopped_by(self.project, self.existing, by, self.now));
            *by_stop.entry(stop).or_default() += 1;
        }
        lines.extend(by_stop.into_iter().map(|(stop, count)| self.leaves(stop, count)));
        lines
    }

    /// A generation that has ended.
    fn authority(&self, row: &Row<'_>) -> Option<String> {
        let (name, number) = generation(row)?;
        let (id, authority) = self.project.authority_named(&name)?;
        if authority.signing().number.to_string() != number {
            return Some(format!(
                "generation {number} of authority {name} has ended: `retired=` at it takes it off the list"
            ));
        }
        Some(match stopped_by(self.project, self.existing, id, self.now) {
            None => format!(
                "authority {name} has ended: `gatewright render` has the one above sign it again, if it finds an identity that opens its key"
            ),
            Some(stop) if stop == id => {
                format!("authority {name} has ended: {}", another(self.existing, authority))
            }
            Some(stop) => format!(
                "authority {name} has ended, and so has authority {} above it: that one first",
                self.project.authority(stop).name.value
            ),
        })
    }

    /// Certificates that are issued here, by what keeps them from that.
    fn leaves(&self, stop: Option<AuthorityId>, count: usize) -> String {
        let (have, them) = if count == 1 { ("certificate has", "it") } else { ("certificates have", "them") };
        let Some(id) = stop else {
            return format!(
                "{count} {have} ended: `gatewright render` issues {them} anew, if it finds your identity"
            );
        };
        let stop = self.project.authority(id);
        let (name, number) = (stop.name.value.as_str(), stop.signing().number);
        if self.existing.generations.contains_key(&(name.to_owned(), number)) {
            return format!(
                "{count} {have} ended, and so has authority {name}: with another one, `gatewright render` issues {them} anew"
            );
        }
        let first = before_issuing(self.project, self.existing, id, self.now).unwrap_or_default();
        format!("{count} {have} ended, and {first}; then `gatewright render` issues {them} anew")
    }

    /// What to do about key pairs that nobody here can make anew.
    fn brought(&self, rows: &[Row<'_>]) -> Vec<String> {
        let own = rows.iter().filter(|row| row.brought && row.word != "authority");
        let told = own.filter_map(|row| {
            let how = match row.standing {
                Standing::Expired => "has ended",
                Standing::Due => "is due",
                _ => return None,
            };
            let id = credential_of(self.project, &row.name);
            let asked = id.and_then(|id| Requested::of_server(self.existing, self.project.credential(id)));
            let next = pair_comes(&row.name, asked.as_ref());
            Some(format!("the key pair of {} {} {how}, and comes in files: {next}", row.word, row.name))
        });
        told.collect()
    }
}

/// Name and number of an authority's generation.
fn generation(row: &Row<'_>) -> Option<(String, String)> {
    row.name.rsplit_once(" #").map(|(name, number)| (name.to_owned(), number.to_owned()))
}

fn table(rows: &[Row<'_>], now: Timestamp) -> String {
    let head =
        ["KIND", "NAME", "STATUS", "EXPIRES", "RENEWAL", "ISSUER", "NAMES", "PLACE"].map(str::to_owned);
    let mut lines = vec![head.to_vec()];
    for row in rows {
        let certificate = row.certificate;
        let dash = || "-".to_owned();
        lines.push(vec![
            row.word.to_owned(),
            row.name.clone(),
            row.standing.word().to_owned(),
            row.end.map_or_else(dash, |end| format!("{} ({})", end.date(), days(end, now))),
            row.renewal.map_or_else(dash, Timestamp::date),
            certificate.map(|c| c.issuer().to_string()).filter(|name| !name.is_empty()).unwrap_or_else(dash),
            certificate.map(|c| names(c).join(",")).filter(|names| !names.is_empty()).unwrap_or_else(dash),
            row.place.clone(),
        ]);
    }
    columns(&lines)
}

/// Text in columns that are as wide as their widest cell.
pub(super) fn columns(lines: &[Vec<String>]) -> String {
    let count = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |i: usize| lines.iter().filter_map(|line| line.get(i)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..count).map(|i| width(i).unwrap_or_default()).collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<_> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn days(end: Timestamp, now: Timestamp) -> String {
    let left = (end - now).0.div_euclid(86_400);
    let unit = if left.abs() == 1 { "day" } else { "days" };
    if left < 0 { format!("{} {unit} ago", -left) } else { format!("{left} {unit}") }
}

fn names(certificate: &crate::pki::Certificate) -> Vec<String> {
    let mut names: Vec<_> = certificate.sans().iter().map(ToString::to_string).collect();
    names.sort();
    names
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    kind: &'a str,
    name: &'a str,
    status: &'a str,
    place: &'a str,
    subject: Option<String>,
    issuer: Option<String>,
    names: Vec<String>,
    serial: Option<&'a str>,
    not_before: Option<String>,
    not_after: Option<String>,
    renewal: Option<String>,
    key: Option<String>,
    sha256: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<Rotation>,
}

/// Where the rotation of an authority stands, at its newest generation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rotation {
    stage: &'static str,
    since: Option<String>,
    next: &'static str,
    from: Option<String>,
    in_use_by: Vec<String>,
}

impl Rotation {
    fn of(row: &Row<'_>, project: &Project, all: &[Progress]) -> Option<Self> {
        let named = |one: &&Progress| {
            row.word == "authority"
                && row.name == format!("{} #{}", project.authority(one.authority).name.value, one.new)
        };
        let one = all.iter().find(named)?;
        let (stage, next) = if one.switched { ("switched", "retire") } else { ("introduced", "switch") };
        Some(Self {
            stage,
            since: one.since.map(|time| time.to_string()),
            next,
            from: one.hold.as_ref().map(|hold| hold.until).max(one.ahead).map(|from| from.to_string()),
            in_use_by: one.hold.as_ref().map(|hold| hold.relying.clone()).unwrap_or_default(),
        })
    }
}

fn json(rows: &[Row<'_>], rotation: impl Fn(&Row<'_>) -> Option<Rotation>) -> String {
    let entries: Vec<_> = rows
        .iter()
        .map(|row| Entry {
            kind: row.word,
            name: &row.name,
            status: row.standing.word(),
            place: &row.place,
            subject: row.certificate.map(|c| c.subject().to_string()),
            issuer: row.certificate.map(|c| c.issuer().to_string()),
            names: row.certificate.map(names).unwrap_or_default(),
            serial: row.certificate.map(crate::pki::Certificate::serial),
            not_before: row.certificate.map(|c| c.not_before().to_string()),
            not_after: row.end.map(|end| end.to_string()),
            renewal: row.renewal.map(|time| time.to_string()),
            key: row.certificate.and_then(|c| c.key_kind()).map(|kind| kind.to_string()),
            sha256: row.certificate.map(crate::pki::Certificate::sha256),
            rotation: rotation(row),
        })
        .collect();
    let text = serde_json::to_string_pretty(&entries).unwrap_or_default();
    format!("{text}\n")
}

fn metrics(rows: &[Row<'_>]) -> String {
    let mut text = String::new();
    let head = |name: &str, help: &str| format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    let escape = |label: &str| label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let labels = |row: &Row<'_>| {
        format!("{{kind=\"{}\",name=\"{}\",place=\"{}\"}}", row.word, escape(&row.name), escape(&row.place))
    };
    let mut series = |name: &str, help: &str, of: &dyn Fn(&Row<'_>) -> Option<Timestamp>| {
        text.push_str(&head(name, help));
        for (row, time) in rows.iter().filter_map(|row| Some((row, of(row)?.unix()))) {
            text.push_str(&format!("{name}{} {time}\n", labels(row)));
        }
    };
    let is_list = |row: &Row<'_>| row.word == CRL;
    series(
        "gatewright_certificate_not_after_seconds",
        "End of the certificate, or of one above it that ends earlier, seconds since 1970.",
        &|row| row.end.filter(|_| !is_list(row)),
    );
    series("gatewright_certificate_renewal_seconds", "When it becomes due, seconds since 1970.", &|row| {
        row.renewal.filter(|_| !is_list(row))
    });
    if rows.iter().any(is_list) {
        series(
            "gatewright_crl_next_update_seconds",
            "End of the revocation list, seconds since 1970.",
            &|row| row.end.filter(|_| is_list(row)),
        );
    }
    text
}
