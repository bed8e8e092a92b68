//! What a test prints, held against the file that says what it should. `UPDATE=1` writes the files anew.

use std::fs;
use std::path::Path;

/// How the text of a file differs from what was found, if it does; nothing found is a difference too.
pub(crate) fn difference(case: &Path, found: &str) -> Option<String> {
    let expected_path = case.with_extension("diag");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected_path, found).unwrap();
    }
    let expected = fs::read_to_string(&expected_path).unwrap_or_default();
    (expected != found || found.is_empty())
        .then(|| format!("{}\n--- expected\n{expected}\n--- found\n{found}", case.display()))
}
