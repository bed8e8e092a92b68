//! What is done to this repository by hand.
//!
//! `cargo xtask schema` writes `src/schema/*.table` from the CRDs of published Go modules; with `--check` it writes nothing
//! and fails if a table is not what it would write.
#![expect(clippy::print_stdout, reason = "it talks to whoever runs it")]
#![expect(clippy::disallowed_methods, reason = "it writes into the repository")]

mod modules;
mod schema;

use std::path::Path;
use std::process::ExitCode;

use modules::ModuleError;

const USAGE: &str = "cargo xtask schema [--check]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["schema"] => false,
        ["schema", "--check"] => true,
        _ => {
            println!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/schema");
    let result = schema::tables().and_then(|tables| {
        let mut same = true;
        for (name, text) in tables {
            same &= compare(&folder.join(name), &text, check)?;
        }
        Ok(same || !check)
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!("run `cargo xtask schema` and look at the difference");
            ExitCode::FAILURE
        }
        // Who works offline can't check, and loses nothing: the check runs where changes are gathered.
        Err(error @ schema::Error::Module(ModuleError::Download(..)))
            if check && std::env::var_os("CI").is_none() =>
        {
            println!("SKIPPED: {error}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the file is as it should be; writes it if it is not and `check` is not asked for.
fn compare(path: &Path, text: &str, check: bool) -> Result<bool, schema::Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if std::fs::read_to_string(path).is_ok_and(|there| there == text) {
        println!("{name}: as it was");
        return Ok(true);
    }
    if check {
        println!("{name}: not what the published schemas give");
    } else {
        std::fs::write(path, text).map_err(|error| schema::Error::Write(name.to_string(), error))?;
        println!("{name}: written");
    }
    Ok(false)
}
