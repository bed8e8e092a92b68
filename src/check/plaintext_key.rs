//! A private key in the clear, in any file that this tool reads, or that lies beside one.

use super::Facts;
use crate::diag::Report;
use crate::plan::files::Place;
use crate::state::{Entry, plaintext_key};

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    for (_, source) in facts.input.sources.iter() {
        look(source.path(), source.text(), report);
    }
    for (path, text) in &facts.input.templates {
        look(&format!("{}/{path}", facts.input.templates_folder), text, report);
    }
    if let (Some(config), Some(shown)) = (&facts.input.sops_config, facts.audiences.config()) {
        look(shown, &config.text, report);
    }
    facts.input.loose_keys.iter().for_each(|finding| report.push(finding.clone()));
    let snapshot = &facts.input.snapshot;
    for place in [Place::Out, Place::Pki] {
        for (path, entry) in snapshot.folder(place) {
            let Entry::File(bytes) = entry else { continue };
            look(&snapshot.names().path(place, path), &String::from_utf8_lossy(bytes), report);
        }
    }
}

fn look(path: &str, text: &str, report: &mut Report) {
    plaintext_key(path, text).into_iter().for_each(|finding| report.push(finding));
}
