//! How a project's files are named and where they lie: the words for them that every later step shares.

pub mod aside;
pub mod mark;

use std::fmt;
use std::path::{Path, PathBuf};

/// A path below one of a project's folders: relative, parts joined by `/`, none of them empty, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectPath(String);

/// Why a text is no [`ProjectPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing between two `/`, before the first or after the last.
    #[error("has an empty part: it must be relative, without a `/` at an end or twice in a row")]
    EmptyPart,
    /// `.` or `..`.
    #[error("has a part `.` or `..`")]
    Dots,
    /// A control character, a backslash or a NUL.
    #[error("holds a control character or a backslash")]
    Character,
    /// No file system takes a name of more than 255 bytes.
    #[error("has a part of more than 255 bytes, which no file system takes")]
    TooLong,
}

impl ProjectPath {
    /// The longest part that common file systems take, in bytes.
    pub const MAX_PART: usize = 255;

    /// Takes a path such as `default/gateway-shop.yaml`.
    ///
    /// # Errors
    /// The rule that it breaks; nothing is normalised in silence.
    pub fn new(path: impl Into<String>) -> Result<Self, PathError> {
        let path = path.into();
        if path.contains(|c: char| c == '\\' || c.is_control()) {
            return Err(PathError::Character);
        }
        for part in path.split('/') {
            match part {
                "" => return Err(PathError::EmptyPart),
                "." | ".." => return Err(PathError::Dots),
                _ if part.len() > Self::MAX_PART => return Err(PathError::TooLong),
                _ => {}
            }
        }
        Ok(Self(path))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts; at least one.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder it lies in, unless it lies at the top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which of a project's folders a path is below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The project's root: `.sops.yaml`, `.gitignore`, `gatewright.kdl`.
    Root,
    /// What the user writes.
    Spec,
    /// Authorities and clients.
    Pki,
    /// What the cluster gets.
    Out,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Root, Self::Spec, Self::Pki, Self::Out];
}

/// Where a project's folders lie. All paths are absolute and without `.` and `..`; `specs`, `out` and `pki` may lie outside
/// `root`, also on other file systems, and need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The project's root.
    pub root: PathBuf,
    /// What the user writes.
    pub specs: PathBuf,
    /// What the cluster gets.
    pub out: PathBuf,
    /// Authorities and clients.
    pub pki: PathBuf,
}

impl Layout {
    /// The usual one: `specs/`, `out/` and `pki/` below `root`.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            specs: root.join("specs"),
            out: root.join("out"),
            pki: root.join("pki"),
        }
    }

    /// The folder of a place.
    #[must_use]
    pub fn folder(&self, place: Place) -> &Path {
        match place {
            Place::Root => &self.root,
            Place::Spec => &self.specs,
            Place::Pki => &self.pki,
            Place::Out => &self.out,
        }
    }

    /// The file of a place's path.
    #[must_use]
    pub fn path(&self, place: Place, path: &ProjectPath) -> PathBuf {
        self.folder(place).join(path.as_str())
    }

    /// How a user reads the paths of its folders.
    #[must_use]
    pub fn names(&self) -> Names {
        let shown = |folder: &Path| folder.strip_prefix(&self.root).unwrap_or(folder).display().to_string();
        Names { specs: shown(&self.specs), out: shown(&self.out), pki: shown(&self.pki) }
    }

    /// As a user wants to read it: relative to the root where it lies below it, with `/`.
    #[must_use]
    pub fn shown(&self, place: Place, path: &ProjectPath) -> String {
        self.names().path(place, path)
    }
}

/// How a user reads the paths of a project's folders: relative to the root where they lie below it. Every message takes
/// them from here, since `--specs`, `--out` and `--pki` may name others than the usual ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    specs: String,
    out: String,
    pki: String,
}

impl Names {
    /// The folder of a place, without a `/` at its end; empty for the root.
    #[must_use]
    pub fn folder(&self, place: Place) -> &str {
        match place {
            Place::Root => "",
            Place::Spec => &self.specs,
            Place::Pki => &self.pki,
            Place::Out => &self.out,
        }
    }

    /// A file or folder below a place's folder.
    #[must_use]
    pub fn path(&self, place: Place, path: &ProjectPath) -> String {
        self.below(place, path.as_str())
    }

    /// As [`Names::path`], for a path that is a text already.
    #[must_use]
    pub fn below(&self, place: Place, path: &str) -> String {
        match self.folder(place) {
            "" => path.to_owned(),
            folder => format!("{}/{path}", folder.trim_end_matches('/')),
        }
    }
}

impl Default for Names {
    /// Those of [`Layout::below`].
    fn default() -> Self {
        Self { specs: "specs".to_owned(), out: "out".to_owned(), pki: "pki".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ProjectPath {
        ProjectPath::new(text).unwrap()
    }

    #[test]
    fn a_path_is_relative_and_whole() {
        for (text, why) in [
            ("", PathError::EmptyPart),
            ("/etc/passwd", PathError::EmptyPart),
            ("a//b", PathError::EmptyPart),
            ("a/", PathError::EmptyPart),
            (".", PathError::Dots),
            ("../a", PathError::Dots),
            ("a/../b", PathError::Dots),
            ("a/./b", PathError::Dots),
            ("a\\b", PathError::Character),
            ("a\nb", PathError::Character),
            ("a\0b", PathError::Character),
        ] {
            assert_eq!(ProjectPath::new(text), Err(why), "{text:?}");
        }
        assert_eq!(ProjectPath::new("n".repeat(256)), Err(PathError::TooLong));
        assert!(ProjectPath::new("n".repeat(255)).is_ok());
        let deep = path("team-shop/secret-shop.example.com-tls.sops.yaml");
        assert_eq!(deep.file_name(), "secret-shop.example.com-tls.sops.yaml");
        assert_eq!(deep.parent(), Some(path("team-shop")));
        assert_eq!(path("a").parent(), None);
        assert_eq!(path("..a/b..").parts().collect::<Vec<_>>(), ["..a", "b.."]);
    }

    #[test]
    fn a_path_is_shown_as_it_is_found_from_the_root() {
        let root = Path::new("/project");
        assert_eq!(Layout::below(root).names(), Names::default());
        let layout = Layout {
            specs: root.join("deep/er"),
            out: PathBuf::from("/elsewhere/out"),
            pki: PathBuf::from("/project-2"),
            ..Layout::below(root)
        };
        let shown = |place| layout.shown(place, &path("a/b.yaml"));
        assert_eq!(
            Place::ALL.map(shown),
            ["a/b.yaml", "deep/er/a/b.yaml", "/project-2/a/b.yaml", "/elsewhere/out/a/b.yaml"]
        );
    }
}
