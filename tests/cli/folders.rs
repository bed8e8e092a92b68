//! `--specs`, `--out`, `--pki` and `--templates`: folders that are apart, and those that are not.

use std::os::unix::fs::symlink;

use super::sandbox::{SHOP, Sandbox};

/// Whichever two they are, whichever of them holds the other, however they are written.
#[test]
fn folders_that_share_files() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), ("kdl/shop.kdl", SHOP)]);
    symlink(sandbox.root(), sandbox.path("round")).unwrap();
    for folder in ["out/x", "pki"] {
        std::fs::create_dir_all(sandbox.path(folder)).unwrap();
    }
    let before = sandbox.everything();
    let project = "[scratch]/project";
    for (flags, first, second, how) in [
        ("--out pki", "pki (--out)", "pki (--pki)", "are one folder"),
        ("--pki out", "out (--out)", "out (--pki)", "are one folder"),
        ("--out specs", "specs (--specs)", "specs (--out)", "are one folder"),
        ("--out pki/out", "pki/out (--out)", "pki (--pki)", "lie one in the other"),
        ("--pki out/pki", "out (--out)", "out/pki (--pki)", "lie one in the other"),
        ("--templates out/x", "out (--out)", "out/x (--templates)", "lie one in the other"),
        ("--templates pki", "pki (--pki)", "pki (--templates)", "are one folder"),
        ("--specs kdl --out ./kdl/../kdl/a", "kdl (--specs)", "kdl/a (--out)", "lie one in the other"),
        ("--out round/pki", "round/pki (--out)", "pki (--pki)", "are one folder"),
        ("--out ../x --pki ../x/y", "../x (--out)", "../x/y (--pki)", "lie one in the other"),
    ] {
        for command in ["render", "check", "status"] {
            let call = format!("{command} {flags}");
            let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(2);
            let shown = |text: &str| match text.strip_prefix("../") {
                Some(rest) => format!("[scratch]/{rest}"),
                None => format!("{project}/{text}"),
            };
            let says = format!("error: {} and {} {how}: ", shown(first), shown(second));
            assert!(run.stderr.starts_with(&says), "{call}\n{}", run.stderr);
        }
    }
    // The root holds all the others.
    for flags in ["--out .", "--pki .", "--out .."] {
        let call = format!("render {flags}");
        let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(2);
        assert!(
            run.stderr.contains(" lie one in the other: each needs a folder of its own"),
            "{}",
            run.stderr
        );
    }
    for (folder, owner) in [(".git/out", ".git"), (".gatewright", ".gatewright")] {
        let run = sandbox.run(&["render", "--out", folder]).ends_with(2);
        assert!(run.stderr.contains(&format!("lies in `{owner}`")), "{}", run.stderr);
    }
    let run = sandbox.run(&["init", "--out", "pki"]).ends_with(2);
    assert!(run.stderr.contains("are one folder"), "{}", run.stderr);
    assert_eq!(sandbox.everything(), before);
    // Names that only begin alike are apart.
    sandbox.write(".sops.yaml", &crate::cli::sandbox::rules().replace("^pki/", "^out-pki/"));
    sandbox.run(&["render", "--pki", "out-pki"]).ends_with(0);
}

/// A name that was mistyped is no project that wants nothing.
#[test]
fn a_spec_folder_that_is_not_there() {
    let sandbox = Sandbox::shop();
    for name in ["nowhere", "specs/shop.kdl"] {
        let run = sandbox.run(&["render", "--specs", name]).ends_with(2);
        assert_eq!(run.stderr, format!("error: [scratch]/project/{name} is no directory\n"));
    }
}
