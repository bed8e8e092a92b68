//! `gatewright why`

use std::path::Path;

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::{Settings, normalise};
use crate::build::Request;
use crate::manifest::Manifest;
use crate::plan::files::{Place, ProjectPath};
use crate::render::{locate, lookup, path_text};
use crate::spec::{Cause, Origin, Sources};

/// Arguments of `why`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file below out/, and a line of it from 1.
    #[arg(value_name = "FILE[:LINE]", value_hint = clap::ValueHint::FilePath)]
    place: String,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let (file, line) = split(&args.place);
    let session = Session::read(settings)?;
    let outcome = session.build(&Request::default())?;
    let path = below_out(file, settings)?;
    let Some(manifest) = outcome.manifests.iter().find(|manifest| manifest.path == path) else {
        if path.file_name() == "kustomization.yaml" {
            printer.out("a list of the files and folders beside it\n");
            return Ok(Exit::Fine);
        }
        return Err(Failure::Call(format!("{} is no file that the spec makes", args.place)));
    };
    match line {
        None => printer.out(&whole(manifest, session.sources(), settings)),
        Some(line) => printer.out(&one_line(manifest, line, &session, settings)?),
    }
    Ok(Exit::Fine)
}

fn split(place: &str) -> (&str, Option<usize>) {
    match place.rsplit_once(':') {
        Some((file, line)) if !line.is_empty() => match line.parse() {
            Ok(line) => (file, Some(line)),
            Err(_) => (place, None),
        },
        _ => (place, None),
    }
}

/// The path below `out/`, given from the working directory, from the root, or from `out/` itself.
fn below_out(file: &str, settings: &Settings) -> Result<ProjectPath, Failure> {
    let layout = &settings.layout;
    let candidates = [settings.directory.join(file), layout.root.join(file), layout.out.join(file)];
    let found = candidates.iter().map(|path| normalise(path)).find_map(|path| {
        let below: &Path = path.strip_prefix(&layout.out).ok()?;
        ProjectPath::new(below.to_str()?.to_owned()).ok()
    });
    found.ok_or_else(|| Failure::Call(format!("{file} does not lie below {}", layout.out.display())))
}

fn whole(manifest: &Manifest, sources: &Sources, settings: &Settings) -> String {
    let shown = settings.layout.shown(Place::Out, &manifest.path);
    let mut text = format!("{shown} is made by {} \"{}\"\n", manifest.word, manifest.name);
    if let Some(tree) = &manifest.tree {
        text.push_str(&origin(&tree.origin, sources));
    }
    if let Some((template, _)) = &manifest.parsed {
        text.push_str(&format!("  through {template}\n"));
    }
    text
}

fn one_line(
    manifest: &Manifest,
    line: usize,
    session: &Session<'_>,
    settings: &Settings,
) -> Result<String, Failure> {
    let on_disk = session.input.snapshot.file(Place::Out, &manifest.path);
    let rendered = format!("#\n{}", manifest.text);
    let text = on_disk.map(String::from_utf8_lossy).unwrap_or_else(|| rendered.as_str().into());
    let shown = settings.layout.shown(Place::Out, &manifest.path);
    let Some(content) = text.lines().nth(line.wrapping_sub(1)) else {
        return Err(Failure::Call(format!("{shown} has no line {line}")));
    };
    let mut answer = format!("{shown}:{line}: {}\n", clip(content.trim()));
    let Some(path) = locate(&text, line) else {
        answer.push_str(&whole(manifest, session.sources(), settings));
        return Ok(answer);
    };
    answer.push_str(&format!("{}\n", path_text(&path)));
    if let Some((_, parsed)) = &manifest.parsed
        && let Some(changed) = parsed.decided(&path)
    {
        answer.push_str(&format!("  {}:{}\n", changed.template, changed.line));
        return Ok(answer);
    }
    match manifest.tree.as_ref().and_then(|tree| nearest(tree, &path)) {
        Some(found) => answer.push_str(&origin(found, session.sources())),
        None if content.contains("ENC[")
            || matches!(path.first(), Some(crate::render::PathStep::Field(name)) if name == "sops") =>
        {
            answer.push_str("  sealed by SOPS\n");
        }
        None => answer.push_str(&whole(manifest, session.sources(), settings)),
    }
    Ok(answer)
}

/// The reason of a value, or of the nearest one around it that has one.
fn nearest<'a>(tree: &'a crate::resource::Tree, path: &[crate::render::PathStep]) -> Option<&'a Origin> {
    let found = (1..=path.len()).rev().find_map(|length| lookup(tree, &path[..length]));
    found.map(|tree| &tree.origin)
}

fn clip(text: &str) -> String {
    if text.chars().count() <= 100 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(99).collect::<String>())
    }
}

fn origin(origin: &Origin, sources: &Sources) -> String {
    let mut text = String::new();
    for cause in origin.causes() {
        match cause {
            Cause::Spec(span) => {
                let source = sources.get(span.source);
                let (line, _) = source.line_column(span.start);
                let content = source.text().lines().nth(line - 1).unwrap_or_default().trim();
                text.push_str(&format!("  {}: {}\n", sources.locate(*span), clip(sources.slice(*span))));
                text.push_str(&format!("    {}\n", clip(content)));
            }
            Cause::Default(word) => text.push_str(&format!("  the default of `{word}`\n")),
        }
    }
    text
}
