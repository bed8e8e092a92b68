//! Git ignore rules: keys that are never committed are lost with the folder, so it is an error before any is made. Where
//! Git is installed it says which files it ignores, and what is printed to mend it is tried on it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::case::{Refused, refused};
use crate::cli::sandbox::{BOOKINFO, SHOP, Sandbox, rules};

/// What `Sandbox::shop` renders, by path below the project's root.
const WANTED: [&str; 15] = [
    "out/default/gateway-public.yaml",
    "out/default/kustomization.yaml",
    "out/default/virtualservice-shop.example.com.yaml",
    "out/default/virtualservice-wiki.example.com.yaml",
    "out/istio-system/kustomization.yaml",
    "out/istio-system/secret-shop.example.com-tls.sops.yaml",
    "out/istio-system/secret-wiki.example.com-tls.sops.yaml",
    "out/kustomization.yaml",
    "pki/corp/1.crt",
    "pki/corp/1.key.sops.yaml",
    "pki/corp/ca.crt",
    "pki/corp/clients/anna@example.com.crt",
    "pki/corp/clients/anna@example.com.key.sops.yaml",
    "specs/shop.kdl",
    ".sops.yaml",
];

/// The folder of a repository as Git knows it, without Git.
fn repository(folder: &Path) {
    for name in ["objects", "refs"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(folder.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = false\n").unwrap();
}

/// A project at `at` in a repository, with these files beside it.
fn project(at: &str, files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::bare();
    repository(&sandbox.path(".git"));
    sandbox.write(&format!("{at}specs/shop.kdl"), SHOP);
    sandbox.write(&format!("{at}.sops.yaml"), &rules());
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox
}

/// Those of the wanted files below `out/` and `pki/` that Git itself ignores; `None` where there is no Git.
fn ignored_for_git(sandbox: &Sandbox, at: &str) -> Option<Vec<String>> {
    let paths = WANTED.iter().filter(|path| path.starts_with("out/") || path.starts_with("pki/"));
    let paths: Vec<String> = paths.map(|path| format!("{at}{path}")).collect();
    let output = Command::new("git")
        .args(["check-ignore", "--no-index"])
        .args(&paths)
        .current_dir(sandbox.root())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", sandbox.outside("home"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    let output = output.ok()?;
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

/// The files and lines that a refusal tells to add.
fn mends(refused: &Refused) -> Vec<(String, Vec<String>)> {
    let helps = refused.errors();
    let helps =
        helps.iter().flat_map(|finding| finding.text.lines()).filter(|line| line.contains(", or add "));
    let parts = helps.flat_map(|help| help.split_once(", or add ").unwrap().1.split("; and "));
    parts
        .map(|part| {
            let (file, lines) =
                part.strip_prefix("these lines to the end of ").unwrap().split_once(": ").unwrap();
            let lines = lines.split(", ").map(|line| line.trim_matches('`').to_owned()).collect();
            (file.to_owned(), lines)
        })
        .collect()
}

/// What is ignored, where that is said and by which rule; and the mend does what it says, for Gatewright and for Git.
struct Case<'a> {
    /// Where the project lies, empty or with a `/` at its end.
    at: &'a str,
    files: &'a [(&'a str, &'a str)],
    /// The finding's place.
    place: &'a str,
    rule: &'a str,
    /// Some of the lines that mend it.
    lines: &'a [&'a str],
}

#[track_caller]
fn check(case: &Case<'_>) {
    let sandbox = project(case.at, case.files);
    let call = if case.at.is_empty() { "render".to_owned() } else { format!("-C {} render", case.at) };
    let refusal = refused(&sandbox, &call, 2);
    let errors = refusal.errors();
    assert!(errors.iter().all(|finding| finding.code == "ignored-by-git"), "{}", refusal.human);
    let finding = errors.iter().find(|finding| finding.place == case.place);
    let finding = finding.unwrap_or_else(|| panic!("nothing at {}:\n{}", case.place, refusal.human));
    for part in [&format!("the rule `{}` in line", case.rule)[..], "keys are random", "remove the rule"] {
        assert!(finding.text.contains(part), "{part}\n{}", refusal.human);
    }
    if let Some(ignored) = ignored_for_git(&sandbox, case.at) {
        assert!(!ignored.is_empty(), "Git ignores nothing:\n{}", refusal.human);
    }
    let mends = mends(&refusal);
    let said: BTreeSet<_> = mends.iter().flat_map(|(_, lines)| lines).map(String::as_str).collect();
    assert!(case.lines.iter().all(|line| said.contains(line)), "{said:?}\n{}", refusal.human);
    for (file, lines) in mends {
        let path = match file.strip_prefix("[scratch]/") {
            Some(rest) => sandbox.outside(rest),
            None => sandbox.path(case.at).join(file),
        };
        let old = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, format!("{old}{}\n", lines.join("\n"))).unwrap();
    }
    let arguments: Vec<&str> = call.split(' ').collect();
    sandbox.run(&arguments).ends_with(0);
    if let Some(ignored) = ignored_for_git(&sandbox, case.at) {
        assert!(ignored.is_empty(), "after the mend Git ignores {ignored:?}:\n{}", refusal.human);
    }
}

const fn top<'a>(files: &'a [(&'a str, &'a str)], rule: &'a str, lines: &'a [&'a str]) -> Case<'a> {
    Case { at: "", files, place: ".gitignore:1", rule, lines }
}

#[test]
fn rules_at_the_top() {
    for rule in [
        "out/",
        "out",
        "/out",
        "/pki",
        "pki",
        "*.yaml",
        "*.key*",
        "clients/",
        "corp/",
        "corp",
        "*-tls*",
        "out/istio-system/*tls*",
        "*example*",
        "**/clients",
        "pki/*/clients/*",
        "*.crt",
        "*",
        "/*",
        "kustomization.yaml",
        "*@*",
        "[0-9].crt",
        "?.key.sops.yaml",
        "anna*",
    ] {
        check(&top(&[(".gitignore", &format!("{rule}\n"))], rule, &[]));
    }
    check(&top(&[(".gitignore", "clients/\n")], "clients/", &["!/pki/**"]));
    check(&top(&[(".gitignore", "pki/\n")], "pki/", &["!/pki/", "!/pki/**"]));
    // Taken back for one and not for another.
    check(&top(&[(".gitignore", "*.crt\n!ca.crt\n")], "*.crt", &["!/pki/**"]));
    check(&top(&[(".gitignore", "pki/**\r\n!pki/*/ca.crt\r\n")], "pki/**", &["!/pki/**"]));
}

#[test]
fn rules_in_folders_below() {
    for (file, rule) in [
        ("pki/.gitignore", "*"),
        ("out/.gitignore", "*"),
        ("pki/.gitignore", "corp/clients/"),
        ("out/istio-system/.gitignore", "*.sops.yaml"),
        ("out/istio-system/.gitignore", "/secret-*"),
    ] {
        let place = format!("{file}:1");
        let text = format!("{rule}\n");
        check(&Case { at: "", files: &[(file, &text)], place: &place, rule, lines: &["!*"] });
        check(&Case {
            at: "sub/",
            files: &[(&format!("sub/{file}"), &text)],
            place: &place,
            rule,
            lines: &["!*"],
        });
    }
}

#[test]
fn a_project_below_the_top() {
    let outer = "[scratch]/project/.gitignore:1";
    for (rule, lines) in [
        ("**/pki/", &["!/pki/", "!/pki/**"][..]),
        ("pki", &["!/pki/", "!/pki/**"]),
        ("sub/pki", &["!/pki/", "!/pki/**"]),
        ("clients/", &["!/pki/**"]),
        ("*.key.sops.yaml", &["!/pki/**"]),
        // The project's own file is not even read then.
        ("sub/", &["!/sub/", "!/sub/pki/**"]),
        ("*", &["!/sub/", "!/sub/pki/", "!/sub/pki/**"]),
        ("/*", &["!/sub/"]),
    ] {
        let text = format!("{rule}\n");
        check(&Case { at: "sub/", files: &[(".gitignore", &text)], place: outer, rule, lines });
    }
    // Two levels deep, and a folder whose name means something to Git.
    check(&Case {
        at: "a/b/",
        files: &[(".gitignore", "a/*/pki\n")],
        place: outer,
        rule: "a/*/pki",
        lines: &["!/pki/"],
    });
    check(&Case {
        at: "a/b/",
        files: &[("a/.gitignore", "b\n")],
        place: "[scratch]/project/a/.gitignore:1",
        rule: "b",
        lines: &["!/b/", "!/b/pki/**"],
    });
    check(&Case {
        at: "a/[b]/",
        files: &[("a/.gitignore", "*b*\n")],
        place: "[scratch]/project/a/.gitignore:1",
        rule: "*b*",
        lines: &["!/\\[b]/"],
    });
}

#[test]
fn rules_that_are_in_no_commit() {
    let person = "[scratch]/home/.config/git/ignore:1";
    for (file, text, place, rule) in [
        (".git/info/exclude", "# mine\npki/\n", ".git/info/exclude:2", "pki/"),
        ("../home/.config/git/ignore", "*.crt\n", person, "*.crt"),
        ("../home/mine", "*tls*\n", "[scratch]/home/mine:1", "*tls*"),
    ] {
        let config = ("../home/.gitconfig", "[core]\n\tExcludesFile = ~/mine # mine\n");
        let files = if file.ends_with("mine") { vec![(file, text), config] } else { vec![(file, text)] };
        check(&Case { at: "", files: &files, place, rule, lines: &[] });
    }
    // By a file that another one includes, and by the repository itself.
    let files = [
        ("../home/.config/git/config", "[include]\n\tpath = ../other\n"),
        ("../home/.config/other", "[core]\n\texcludesfile = \"~/my rules\"\n"),
        ("../home/my rules", "corp\n"),
    ];
    check(&Case {
        at: "",
        files: &files,
        place: "[scratch]/home/my rules:1",
        rule: "corp",
        lines: &["!/pki/**"],
    });
    let files = [
        ("../home/.gitconfig", "[includeIf \"gitdir:**/project/\"]\n\tpath = other\n"),
        ("../home/other", "[core]\n\texcludesfile = ~/rules\n"),
        ("../home/rules", "corp\n"),
    ];
    check(&Case {
        at: "",
        files: &files,
        place: "[scratch]/home/rules:1",
        rule: "corp",
        lines: &["!/pki/**"],
    });
    let own = "[core]\n\trepositoryformatversion = 0\n\texcludesfile = .rules\n";
    let files = [(".git/config", own), (".rules", "/pki/*\n")];
    check(&Case { at: "", files: &files, place: ".rules:1", rule: "/pki/*", lines: &["!/pki/**"] });
    let any_case = "[core]\n\trepositoryformatversion = 0\n\tignorecase = true\n";
    check(&Case {
        at: "",
        files: &[(".git/config", any_case), (".gitignore", "PKI\n")],
        place: ".gitignore:1",
        rule: "PKI",
        lines: &["!/pki/"],
    });
}

/// There `.git` is a file, and `info/exclude` lies with the main one.
#[test]
fn a_linked_worktree() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP)]);
    let main = sandbox.outside("main/.git");
    repository(&main);
    let own = main.join("worktrees/project");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("HEAD"), "ref: refs/heads/other\n").unwrap();
    fs::write(own.join("commondir"), "../..\n").unwrap();
    fs::write(own.join("gitdir"), format!("{}\n", sandbox.path(".git").display())).unwrap();
    sandbox.write(".git", &format!("gitdir: {}\n", own.display()));
    fs::create_dir(main.join("info")).unwrap();
    fs::write(main.join("info/exclude"), "pki/\n").unwrap();
    let found = refused(&sandbox, "render", 2);
    found.one(
        "ignored-by-git",
        "[scratch]/main/.git/info/exclude:1",
        &["the rule `pki/`", "to the end of .gitignore"],
    );
    assert!(ignored_for_git(&sandbox, "").is_none_or(|ignored| ignored.len() == 5));
}

/// What only looks as if it were ignored.
#[test]
fn rules_that_leave_everything_in() {
    for rules in [
        "/target\n.gatewright/\n*.key\n*.p12\n!*.key.sops.yaml\n",
        "out/*\n!out/*\n",
        "*.crt\n!*.crt\n",
        "pki/\n!pki/\n",
        "/clients\n",
        "# pki/\n\\#pki\n",
        "{out,pki}/\n",
        "other/pki\n",
        "[pki\n",
        "out.yaml/\n",
    ] {
        let sandbox = project("", &[(".gitignore", rules)]);
        assert!(ignored_for_git(&sandbox, "").is_none_or(|ignored| ignored.is_empty()), "{rules}");
        sandbox.run(&["render"]).ends_with(0);
    }
    // The nearer file wins, and the person's own file is the weakest.
    for files in [
        &[(".gitignore", "out/\npki\n"), ("sub/.gitignore", "!out/\n!/pki/\n")][..],
        &[("../home/.config/git/ignore", "*.crt\n"), (".gitignore", "!*.crt\n")],
        &[(".git/info/exclude", "*.crt\n"), ("sub/.gitignore", "!*.crt\n")],
        // Told to read another one, Git leaves this alone.
        &[("../home/.config/git/ignore", "*.crt\n"), ("../home/.gitconfig", "[core]\nexcludesfile=\n")],
        // Nobody's rules: another repository's, and one above the top.
        &[("../.gitignore", "*\n")],
        &[("other/.gitignore", "*\n")],
    ] {
        let sandbox = project("sub/", files);
        assert!(ignored_for_git(&sandbox, "sub/").is_none_or(|ignored| ignored.is_empty()), "{files:?}");
        sandbox.run(&["-C", "sub", "render"]).ends_with(0);
    }
}

/// A key that is there is as lost as one that comes, also if the spec wants it no more.
#[test]
fn keys_that_are_there_already() {
    let sandbox = Sandbox::new([("specs/bookinfo.kdl", BOOKINFO)]);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.edit("specs/bookinfo.kdl", "client \"client.example.com\"", "client \"other.example.com\"");
    sandbox.hold('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write(".gitignore", "client.example.com.key.sops.yaml\n");
    let says = ["Git ignores pki/example-root/clients/client.example.com.key.sops.yaml"];
    refused(&sandbox, "check", 2).one("ignored-by-git", ".gitignore:1", &says);
    sandbox.remove(".gitignore");
    sandbox.write("pki/example-root/.gitignore", "/1.*\n");
    let says = ["Git ignores 2 files below pki/", "pki/example-root/1.crt and 1 more", "`!*`"];
    refused(&sandbox, "check", 2).one("ignored-by-git", "pki/example-root/.gitignore:1", &says);
    sandbox.remove("pki/example-root/.gitignore");
    // What strangers have there may be ignored.
    sandbox.write(".gitignore", "*~\n.DS_Store\n");
    sandbox.write("pki/.DS_Store", "");
    sandbox.write("out/default/a.yaml~", "");
    sandbox.run(&["check"]).ends_with(0);
}

/// `out/` in a repository of its own: that one's rules hold, not those around it.
#[test]
fn an_out_folder_that_is_another_repository() {
    let sandbox = project("", &[(".gitignore", "/out/\n")]);
    repository(&sandbox.path("out/.git"));
    sandbox.run(&["render"]).ends_with(0);
    sandbox.write("out/.gitignore", "*.sops.yaml\n");
    let says = [
        "Git ignores 2 files below out/",
        "remove the rule, or add these lines to the end of out/.gitignore: `!*`",
    ];
    refused(&sandbox, "check", 2).one("ignored-by-git", "out/.gitignore:1", &says);
    // Somewhere else altogether.
    let sandbox = project("", &[(".gitignore", "*.yaml\n")]);
    repository(&sandbox.outside("deploy/.git"));
    let everywhere = rules().replace("^out/.*\\.sops\\.yaml$", "sops");
    sandbox.write(".sops.yaml", &everywhere);
    sandbox.run(&["render", "--out", "../deploy/prod", "--pki", "../deploy/pki"]).ends_with(0);
    fs::write(sandbox.outside("deploy/.gitignore"), "/prod/default\n").unwrap();
    let found =
        sandbox.run(&["check", "--out", "../deploy/prod", "--pki", "../deploy/pki"]).ends_with(2).stderr;
    assert!(
        found.contains("--> [scratch]/deploy/.gitignore:1:1\n") && found.contains("`!/prod/**`"),
        "{found}"
    );
}
