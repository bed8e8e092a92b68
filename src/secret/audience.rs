//! Who may open which file: recipients from the spec or from `.sops.yaml`; never another rule's, never none.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, Project};
use crate::paths::Layout;
use crate::plan::files::{Place, ProjectPath};
use crate::resource::{cacerts, secret};
use crate::sops::{self, ConfigError, Filter, FilterError, Recipient, Rule, RuleKey};
use crate::spec::{Traced, conflict, node};
use crate::state::{SEED, Snapshot, SopsConfigFile, is_cacerts};

/// The filter of a server's Secret and of every key file: the private key alone.
const KEY: &str = r"^(tls\.key)$";
/// The filter of the project's seed.
const SEED_ALONE: &str = "^(seed)$";
/// The filter of an istiod's Secret.
const CA_KEY: &str = r"^(ca-key\.pem)$";
/// What a rule's filter becomes that would hide what a cluster must read.
const DATA: &str = "^(data|stringData)$";
/// Fields that must stay readable in a Secret.
const READABLE: [&str; 4] = ["apiVersion", "kind", "metadata", "type"];

/// Who may open which file of a project.
pub struct Audiences<'a> {
    project: &'a Project,
    layout: &'a Layout,
    rules: Option<Rules>,
}

/// The creation rules of a project's `.sops.yaml`.
pub struct Rules {
    path: PathBuf,
    /// As a user wants to read it.
    shown: String,
    rules: sops::Rules,
}

impl Rules {
    /// Reads them; a finding where the file can't be used at all.
    #[must_use]
    pub fn read(layout: &Layout, config: Option<&SopsConfigFile>) -> (Option<Self>, Option<Diagnostic>) {
        let Some(file) = config else { return (None, None) };
        let shown = file.path.strip_prefix(&layout.root).unwrap_or(&file.path).display().to_string();
        match sops::Rules::parse(&file.text) {
            Ok(rules) => (Some(Self { path: file.path.clone(), shown, rules }), None),
            Err(_) if conflict::unresolved(&file.text).is_some() => (None, Some(unmerged(&shown))),
            Err(error) => (None, Some(rules_finding(&shown, &error))),
        }
    }
}

/// How one file is sealed.
pub struct Sealing {
    /// Who can open it.
    pub recipients: Vec<Recipient>,
    /// What is encrypted.
    pub filter: Filter,
    /// Whether readable values are left out of the MAC.
    pub mac_only_encrypted: bool,
    /// What is worth knowing about it.
    pub notices: Report,
}

type Refused = Box<Diagnostic>;

impl<'a> Audiences<'a> {
    /// Of a project with these creation rules.
    #[must_use]
    pub fn new(project: &'a Project, layout: &'a Layout, rules: Option<Rules>) -> Self {
        Self { project, layout, rules }
    }

    /// How a new file is sealed. `authority` is whose folder below `pki/` it lies in.
    ///
    /// # Errors
    /// A finding, where nobody says who may open it, or what is said can't be used.
    pub fn sealing(
        &self,
        place: Place,
        path: &ProjectPath,
        authority: Option<&'a Authority>,
    ) -> Result<Sealing, Refused> {
        let said = self.said(authority);
        let is_cacerts = place == Place::Out && is_cacerts(path);
        let is_seed = place == Place::Pki && path.as_str() == SEED;
        let plainly = |recipients| {
            let own = if is_seed { SEED_ALONE } else { KEY };
            plainly(recipients, if is_cacerts { CA_KEY } else { own })
        };
        let by_rule =
            place == Place::Out && !is_cacerts && self.project.secrets.filter.value == node::Filter::Rule;
        let rule = self.rule(place, path);
        if !said.is_empty() {
            if let Some((config, Ok(rule))) = &rule {
                return Err(Box::new(two_sources(self.layout.names().folder(place), said, config, rule)));
            }
            if by_rule {
                return Err(Box::new(no_rule_to_follow(
                    self.project,
                    self.layout.names().folder(Place::Out),
                )));
            }
            return plainly(said.iter().map(|said| said.value.clone()).collect());
        }
        match rule {
            None => Err(Box::new(nobody(self.project))),
            Some((config, Err(error))) => Err(Box::new(rules_finding(config, &error))),
            Some((config, Ok(rule))) => {
                let recipients = rule.recipients().map_err(|error| rules_finding(config, &error))?;
                if by_rule { followed(&rule, recipients, config) } else { plainly(recipients) }
            }
        }
    }

    /// The recipients that the spec names.
    fn said(&self, authority: Option<&'a Authority>) -> &'a [Traced<Recipient>] {
        let own = authority.map(|authority| authority.recipients.as_slice()).filter(|own| !own.is_empty());
        own.unwrap_or(&self.project.secrets.recipients)
    }

    /// Whom a file that is there is to be for, and how it would be sealed if it were new: not at all where a rule names
    /// keys that can't be encrypted for, or splits them into groups.
    ///
    /// # Errors
    /// As [`Self::sealing`], but not for such rules.
    pub fn wanted(
        &self,
        place: Place,
        path: &ProjectPath,
        authority: Option<&'a Authority>,
    ) -> Result<(Vec<RuleKey>, Option<Sealing>), Refused> {
        let finding = match self.sealing(place, path, authority) {
            Ok(sealing) => {
                return Ok((sealing.recipients.iter().cloned().map(RuleKey::Age).collect(), Some(sealing)));
            }
            Err(finding) => finding,
        };
        match self.rule(place, path) {
            Some((_, Ok(rule)))
                if self.said(authority).is_empty()
                    && matches!(
                        rule.recipients(),
                        Err(ConfigError::ForeignKeys { .. } | ConfigError::SeveralGroups { .. })
                    ) =>
            {
                Ok((rule.keys, None))
            }
            _ => Err(finding),
        }
    }

    /// What is wrong with who may open the keys of authorities and clients and the hosts' Secrets, those that are there and
    /// those that are not there yet. Where somebody may have said who, `in_doubt`, nobody is missed.
    #[must_use]
    pub fn findings(&self, snapshot: &Snapshot, in_doubt: bool) -> Report {
        let authorities = self.project.authorities().iter().map(|authority| {
            let number = authority.generations.last().map_or(1, |generation| generation.number);
            let path = ProjectPath::new(format!("{}/{number}.key.sops.yaml", authority.name.value));
            (Place::Pki, path, Some(authority))
        });
        let clients = self.project.clients.iter().map(|client| {
            let authority = self.project.authority(client.authority);
            let path = format!("{}/clients/{}.key.sops.yaml", authority.name.value, client.file_name);
            (Place::Pki, ProjectPath::new(path), Some(authority))
        });
        let sealed = self.project.credentials().iter().filter(|c| c.kind.sealed().is_some());
        let cacerts = self.project.cacerts.iter().map(|cacerts| (Place::Out, cacerts::path(cacerts), None));
        let secrets = sealed.map(|credential| (Place::Out, secret::path(credential), None));
        let mut report = Report::default();
        for (place, path, authority) in authorities.chain(clients).chain(secrets).chain(cacerts) {
            let Ok(path) = path else { continue };
            let wrong = if snapshot.folder(place).contains_key(&path) {
                self.wanted(place, &path, authority).err()
            } else {
                self.sealing(place, &path, authority).err()
            };
            if let Some(finding) = wrong
                && !report.findings().contains(&finding)
                && !(in_doubt && finding.code == Code::NO_RECIPIENTS)
            {
                report.push(*finding);
            }
        }
        report
    }

    /// The `.sops.yaml`, as a user wants to read its path.
    #[must_use]
    pub fn config(&self) -> Option<&str> {
        self.rules.as_ref().map(|rules| rules.shown.as_str())
    }

    fn rule(&self, place: Place, path: &ProjectPath) -> Option<(&str, Result<Rule, ConfigError>)> {
        let config = self.rules.as_ref()?;
        let whole = self.layout.path(place, path);
        let folder = config.path.parent().unwrap_or(Path::new("/"));
        let shown = whole.strip_prefix(folder).unwrap_or(&whole);
        Some((&config.shown, config.rules.for_path(&slashed(shown))))
    }

    /// The recipients of `out/` and of `pki/`, if every one of the former also opens the latter.
    #[must_use]
    pub fn overlap(&self) -> Option<(Vec<String>, Vec<String>)> {
        let mut out = BTreeSet::new();
        for credential in self.project.credentials() {
            if credential.kind.sealed().is_some() {
                out.extend(self.names(Place::Out, secret::path(credential).ok()?, None)?);
            }
        }
        let mut pki = BTreeSet::new();
        for authority in self.project.authorities() {
            let path = ProjectPath::new(format!("{}/1.key.sops.yaml", authority.name.value)).ok()?;
            pki.extend(self.names(Place::Pki, path, Some(authority))?);
        }
        let all = !out.is_empty() && out.is_subset(&pki);
        all.then(|| (out.into_iter().collect(), pki.into_iter().collect()))
    }

    fn names(
        &self,
        place: Place,
        path: ProjectPath,
        authority: Option<&'a Authority>,
    ) -> Option<Vec<String>> {
        let sealing = self.sealing(place, &path, authority).ok()?;
        Some(sealing.recipients.iter().map(ToString::to_string).collect())
    }
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .filter(|part| !matches!(part, Component::RootDir))
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    let root = if path.has_root() { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

fn filter(pattern: &str) -> Result<Filter, Refused> {
    Filter::encrypted_regex(pattern).map_err(|error: FilterError| {
        Box::new(Diagnostic::error(Code::FILTER, format!("the filter can't be used: {error}")))
    })
}

fn plainly(recipients: Vec<Recipient>, pattern: &str) -> Result<Sealing, Refused> {
    let notices = Report::default();
    Ok(Sealing { recipients, filter: filter(pattern)?, mac_only_encrypted: true, notices })
}

/// `filter=rule`: what the rule encrypts, as long as a cluster can still read the Secret and the key is sealed.
fn followed(rule: &Rule, recipients: Vec<Recipient>, config: &str) -> Result<Sealing, Refused> {
    let mut sealing = Sealing {
        recipients,
        filter: rule.filter.clone(),
        mac_only_encrypted: rule.mac_only_encrypted,
        notices: Report::default(),
    };
    let covers = |path: &[&str]| sealing.filter.covers(path).unwrap_or(false);
    if READABLE.iter().any(|field| covers(&[field])) || covers(&["metadata", "name"]) {
        sealing.notices.push(
            Diagnostic::notice(
                Code::FILTER,
                format!(
                    "creation rule {} would hide what a cluster must read; `{DATA}` is used instead",
                    rule.number
                ),
            )
            .in_file(config)
            .help(format!("write `encrypted_regex: {DATA}` into the rule")),
        );
        sealing.filter = filter(DATA)?;
    } else if !covers(&["data", "tls.key"]) {
        return Err(Box::new(
            Diagnostic::error(
                Code::FILTER,
                format!("creation rule {} would leave private keys in the clear", rule.number),
            )
            .in_file(config)
            .note(format!("its filter is `{}`", rule.filter))
            .help(format!("write `encrypted_regex: {DATA}` into the rule, or drop `filter=rule`")),
        ));
    }
    Ok(sealing)
}

fn two_sources(folder: &str, said: &[Traced<Recipient>], config: &str, rule: &Rule) -> Diagnostic {
    let mut finding = Diagnostic::error(
        Code::CREATION_RULES,
        format!("two places say who may open the keys below {folder}/"),
    )
    .in_file(config)
    .note(format!("creation rule {} matches them too", rule.number))
    .help("drop `recipient` here, or let no creation rule match them");
    if let Some(span) = said.first().and_then(|said| said.origin.span()) {
        finding = finding.at(span, "here");
    }
    finding
}

fn no_rule_to_follow(project: &Project, out: &str) -> Diagnostic {
    let finding = Diagnostic::error(
        Code::CREATION_RULES,
        format!("`filter=rule` needs a creation rule for the Secrets below {out}/"),
    );
    match project.secrets.filter.origin.span() {
        Some(span) => finding
            .at(span, "no creation rule matches")
            .help("write one into .sops.yaml, or drop `filter=rule`"),
        None => finding,
    }
}

/// The same for every file, so that it is said once.
fn nobody(project: &Project) -> Diagnostic {
    let own = project.authorities().iter().find_map(|authority| authority.recipients.first());
    let finding = match own.and_then(|own| own.origin.span()) {
        Some(span) => {
            let message = "nobody says who may open some of the keys that are to be sealed";
            Diagnostic::error(Code::NO_RECIPIENTS, message).at(span, "opens the keys of this authority only")
        }
        None => {
            Diagnostic::error(Code::NO_RECIPIENTS, "nobody says who may open the keys that are to be sealed")
        }
    };
    finding
        .note("neither a .sops.yaml here or above, nor a `recipient` in `secrets`")
        .help("`gatewright init` writes a .sops.yaml with identities for it")
        .help("or write `secrets { recipient \"age1…\" }`")
}

fn unmerged(config: &str) -> Diagnostic {
    Diagnostic::error(Code::CREATION_RULES, format!("{config} holds a conflict of a merge that is not resolved"))
        .in_file(config)
        .note("so nobody can say who may open the files that are to be sealed")
        .help("write what both sides mean, and take out the lines that begin with `<<<<<<<`, `|||||||`, `=======` and `>>>>>>>`")
}

fn rules_finding(config: &str, error: &ConfigError) -> Diagnostic {
    let code = match error {
        ConfigError::NoRuleMatches { .. } | ConfigError::NoRules | ConfigError::NoKeys { .. } => {
            Code::NO_RECIPIENTS
        }
        ConfigError::Filter { .. } => Code::FILTER,
        ConfigError::Recipient { .. } => Code::INVALID_RECIPIENT,
        _ => Code::CREATION_RULES,
    };
    let finding = Diagnostic::error(code, error.to_string()).in_file(config);
    match error {
        ConfigError::NoRuleMatches { .. } => finding
            .note("another rule's recipients are never taken instead")
            .help("add a creation rule whose `path_regex` matches it, with `age:` recipients"),
        ConfigError::NoRules => finding
            .note("so nobody says who may open the files that are to be sealed")
            .help("add `creation_rules:` with a rule that has `age:` recipients"),
        ConfigError::NoKeys { rule } => finding
            .note("another rule's recipients are never taken instead")
            .help(format!("add `age:` recipients to creation rule {rule}")),
        ConfigError::Recipient { .. } => finding.help(
            "a recipient is what `age-keygen` prints as `public key`: `age1` and 58 more letters and digits",
        ),
        ConfigError::Filter { source: FilterError::Two { .. }, .. } => finding
            .help("keep the one that says what you mean; no other than these files' private keys is needed"),
        ConfigError::Filter { .. } | ConfigError::PathRegex { .. } => finding.help(
            "write it as a regular expression of Go (RE2): it has no look-around and no back-references",
        ),
        ConfigError::ForeignKeys { .. } => finding
            .note("whoever holds such a key expects to open the file, so none of them is left out in silence")
            .help("name age recipients only in the rule that matches these files"),
        ConfigError::SeveralGroups { .. } => {
            finding.help("put all recipients into one key group, or into `age:`")
        }
        ConfigError::WrongType { .. } | ConfigError::Yaml(_) => {
            finding.note("sops would read nothing of this file")
        }
    }
}
