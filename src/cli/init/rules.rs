//! Creation rules: those that are there are read, else two are written.

use std::path::Path;

use super::super::session::Failure;
use super::super::settings::Settings;
use crate::sops::{Recipient, Rules};
use crate::state;

/// What is there.
pub(super) enum Found {
    /// No `.sops.yaml`, here or above.
    Nothing,
    /// One, with what is to be said about it.
    There(Vec<String>),
}

impl Found {
    pub(super) fn notes(self) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::There(notes) => notes,
        }
    }
}

/// Files of the kinds that will be sealed, to try rules on.
const SAMPLES: [(&str, &str); 2] =
    [("pki", "example-root/1.key.sops.yaml"), ("out", "istio-system/secret-shop.example.com-tls.sops.yaml")];

pub(super) fn look(settings: &Settings) -> Result<Found, Failure> {
    let Some(config) = state::sops_config(&settings.layout.root, settings.sops_config.as_deref())? else {
        return Ok(Found::Nothing);
    };
    let shown = config.path.display();
    let rules = Rules::parse(&config.text).map_err(|error| Failure::Call(format!("{shown}: {error}")))?;
    let folder = config.path.parent().unwrap_or(Path::new("/"));
    let mut notes = vec![format!("{shown} is there already and stays as it is")];
    for (name, sample) in SAMPLES {
        let base = if name == "pki" { &settings.layout.pki } else { &settings.layout.out };
        let whole = base.join(sample);
        let path = whole.strip_prefix(folder).unwrap_or(&whole).display().to_string();
        match rules
            .for_path(&path)
            .and_then(|rule| rule.recipients().map(|recipients| (rule.number, recipients)))
        {
            Ok((number, recipients)) => {
                let names: Vec<_> = recipients.iter().map(ToString::to_string).collect();
                notes.push(format!("  {name}/ is sealed by its rule {number}, for {}", names.join(", ")));
            }
            Err(error) => {
                notes.push(format!("  {name}/ can't be sealed: {error}"));
                let example = path.trim_end_matches(sample);
                notes.push(format!(
                    "  add a rule for it: path_regex: ^{} with age: recipients",
                    escaped(example)
                ));
            }
        }
    }
    Ok(Found::There(notes))
}

/// Two rules: operators alone open `pki/`; operators and the cluster open `out/`.
pub(super) fn text(settings: &Settings, operator: &Recipient, cluster: &Recipient) -> String {
    let below = |path: &Path| {
        let path = path.strip_prefix(&settings.layout.root).unwrap_or(path);
        escaped(&format!("{}/", path.display()))
    };
    format!(
        "# Who may open what. The first rule that matches a file holds for it.\n\
         creation_rules:\n  \
         # authorities and clients: operators only\n  \
         - path_regex: ^{}\n    \
           age: {operator}\n  \
         # what the cluster gets: operators and the cluster\n  \
         - path_regex: ^{}\n    \
           age: >-\n      {operator},\n      {cluster}\n",
        below(&settings.layout.pki),
        below(&settings.layout.out)
    )
}

fn escaped(path: &str) -> String {
    path.replace('.', r"\.")
}
