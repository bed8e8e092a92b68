//! The pre-commit hook. It belongs to the top of the repository, wherever in it the project lies.

use std::path::{Path, PathBuf};

use super::super::session::Failure;
use super::super::settings::Settings;
use super::super::shell::{from, gatewright};
use super::{pattern, read};
use crate::paths::Layout;
use crate::render::yaml::scalar;
use crate::state::git::{real, top};

/// The file that pre-commit reads.
const NAME: &str = ".pre-commit-config.yaml";

/// What is to be done about the hook.
pub(super) enum Hook {
    /// It is there.
    There,
    /// It is to be written to this file.
    New(PathBuf, String),
    /// Whoever owns the file has to add it.
    Note(String),
}

pub(super) fn look(settings: &Settings, sops_config: &Path) -> Result<Hook, Failure> {
    let root = real(&settings.layout.root);
    let top = top(&root).unwrap_or_else(|| root.clone());
    let call = gatewright(settings, &top);
    let path = top.join(NAME);
    let entry = entry(settings, &top, &call, sops_config);
    Ok(match read(&path)? {
        None => Hook::New(path, format!("repos:\n{entry}")),
        Some(text) if has(&text, &call) => Hook::There,
        Some(_) => {
            let shown = from(settings.environment.directory(), &path);
            Hook::Note(format!(
                "{} is there already; add this below its `repos:`\n{}",
                shown.display(),
                entry.trim_end()
            ))
        }
    })
}

/// Whether a configuration calls us for this project already, whatever else its call says.
fn has(text: &str, call: &str) -> bool {
    let within = |line: &str| match call.contains(" -C ") {
        true => line.contains(call),
        false => line.contains("gatewright ") && !line.contains(" -C "),
    };
    text.lines().filter(|line| line.contains("entry:")).any(within)
}

fn entry(settings: &Settings, top: &Path, call: &str, sops_config: &Path) -> String {
    let below = |path: &Path| real(path).strip_prefix(top).ok().map(Path::to_owned);
    let alternatives = |paths: Vec<PathBuf>| {
        let paths: Vec<_> = paths.iter().map(|path| pattern(&path.display().to_string())).collect();
        paths.join("|")
    };
    let Layout { specs, out, pki, root } = &settings.layout;
    let folders = [specs, &settings.templates, out, pki];
    let folders = alternatives(folders.into_iter().filter_map(|path| below(path)).collect());
    let files = [root.join("gatewright.kdl"), sops_config.to_owned()];
    let files = alternatives(files.iter().filter_map(|path| below(path)).collect());
    format!(
        "  - repo: local
    hooks:
      - id: gatewright
        name: gatewright check
        entry: {}
        language: system
        pass_filenames: false
        require_serial: true
        files: {}
",
        plain(&format!("{call} check --allow-waiting")),
        plain(&format!("^({folders})/|^({files})$"))
    )
}

/// As it is where YAML takes it so, else quoted.
fn plain(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '"' | '#') || !c.is_ascii();
    if text.contains(odd) || text.contains(": ") { scalar(text).into_owned() } else { text.to_owned() }
}
