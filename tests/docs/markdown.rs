//! Pages as far as the tests need them: code blocks, code spans, headings, links, tables.

use std::fs;
use std::path::{Path, PathBuf};

/// A page of the documentation.
pub(crate) struct Page {
    /// Its path below the repository's root.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Its fenced code blocks.
    pub(crate) blocks: Vec<Block>,
}

/// A fenced code block.
pub(crate) struct Block {
    /// The first word behind the fence.
    pub(crate) language: String,
    /// The words after it, as `file=specs/bookinfo.kdl`.
    pub(crate) marks: Vec<String>,
    /// What stands in it, with its last line break.
    pub(crate) text: String,
    /// The fence's line, from 1.
    pub(crate) line: usize,
}

impl Block {
    /// The value of a mark `name=value`.
    pub(crate) fn mark(&self, name: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether a bare mark stands there.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.marks.iter().any(|mark| mark == name)
    }
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages: those at the root, those in `docs/`, and the READMEs of the tests.
pub(crate) fn pages() -> Vec<Page> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["", "docs", "tests/rig", "tests/fixtures/keys"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        paths.extend(
            entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|ending| ending == "md")),
        );
    }
    paths.sort();
    assert!(paths.len() > 8, "{paths:?}");
    paths.iter().map(|path| page(path.strip_prefix(root()).unwrap())).collect()
}

/// One page, by its path below the repository's root.
pub(crate) fn page(path: impl AsRef<Path>) -> Page {
    let text = fs::read_to_string(root().join(&path)).unwrap();
    let blocks = blocks(&text);
    Page { path: path.as_ref().display().to_string(), text, blocks }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let mut words = info.split_whitespace().map(str::to_owned);
                let language = words.next().unwrap_or_default();
                open =
                    Some(Block { language, marks: words.collect(), text: String::new(), line: number + 1 });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

impl Page {
    /// The page without its code blocks.
    pub(crate) fn prose(&self) -> impl Iterator<Item = &str> {
        let mut inside = false;
        self.text.lines().filter(move |line| {
            let fence = line.starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
    }

    /// Its headings, without the signs in front.
    pub(crate) fn headings(&self) -> impl Iterator<Item = &str> {
        self.prose().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim())
    }

    /// What stands in single backticks.
    pub(crate) fn spans(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split('`').skip(1).step_by(2))
    }

    /// Where links lead.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next())
    }

    /// The text below a heading, up to the next one of any level.
    pub(crate) fn section(&self, heading: &str) -> Option<Vec<&str>> {
        let mut lines = self
            .prose()
            .skip_while(|line| !line.starts_with('#') || line.trim_start_matches('#').trim() != heading);
        lines.next()?;
        Some(lines.take_while(|line| !line.starts_with('#')).collect())
    }

    /// The blocks below a heading, up to the next one of any level.
    pub(crate) fn blocks_of(&self, heading: &str) -> Vec<&Block> {
        let lines: Vec<_> = self.text.lines().collect();
        let is_heading = |i: usize| {
            lines[i].starts_with('#')
                && !self
                    .blocks
                    .iter()
                    .any(|block| (block.line..block.line + block.text.lines().count() + 1).contains(&(i + 1)))
        };
        let start = (0..lines.len())
            .find(|i| is_heading(*i) && lines[*i].trim_start_matches('#').trim() == heading)
            .unwrap_or(lines.len());
        let end = (start + 1..lines.len()).find(|i| is_heading(*i)).unwrap_or(lines.len());
        self.blocks.iter().filter(|block| (start + 1..=end).contains(&block.line)).collect()
    }
}

/// What a link to a heading is called: lower case, blanks as `-`, other signs left out.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The cells of a table's row, without its outer bars; a `\|` is a bar within a cell.
pub(crate) fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{1}");
    inner.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}
