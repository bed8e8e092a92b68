//! `init`: a project that renders, wherever it lies and whatever is there already.

use std::fs;

use regex::Regex;

use super::sandbox::{A, B, Run, SHOP, Sandbox, There};

/// The folder of a repository as Git knows it, without Git.
fn repository(sandbox: &Sandbox) {
    for name in ["objects", "refs"] {
        fs::create_dir_all(sandbox.path(".git").join(name)).unwrap();
    }
    sandbox.write(".git/HEAD", "ref: refs/heads/main\n");
}

fn call(sandbox: &Sandbox, line: &str) -> Run {
    let words = line.strip_prefix("gatewright ").unwrap_or(line).split(' ');
    sandbox.run(&words.collect::<Vec<_>>())
}

/// The call that is printed to go on with, which has to work.
#[track_caller]
fn renders(sandbox: &Sandbox, init: &Run) -> String {
    let render = init.stdout.lines().find(|line| line.starts_with("gatewright "));
    let render = render.unwrap_or_else(|| panic!("{}", init.stdout)).to_owned();
    call(sandbox, &render).ends_with(0);
    call(sandbox, &render.replace(" render", " check")).ends_with(0);
    render
}

/// A field of the one hook in a file.
fn hook<'t>(text: &'t str, field: &str) -> &'t str {
    let found = text.lines().find_map(|line| line.trim().strip_prefix(field));
    found.unwrap_or_else(|| panic!("no {field} in\n{text}"))
}

#[test]
fn in_an_empty_folder_and_again() {
    let sandbox = Sandbox::bare();
    let run = call(&sandbox, "init").ends_with(0);
    assert_eq!(renders(&sandbox, &run), "gatewright render");
    assert!(run.stdout.ends_with("\ngit add -A && git commit\n"), "{}", run.stdout);
    let before = sandbox.everything();
    let again = call(&sandbox, "init").ends_with(0);
    assert!(again.stderr.starts_with("everything is there already\n"), "{}", again.stderr);
    assert!(!again.stdout.contains("kubectl"), "{}", again.stdout);
    assert_eq!(sandbox.everything(), before);
}

/// The hook stands where pre-commit looks for it, and calls us where the project is.
#[test]
fn below_the_top_of_a_repository() {
    let sandbox = Sandbox::bare();
    repository(&sandbox);
    fs::create_dir_all(sandbox.path("deploy/a b")).unwrap();
    fs::create_dir_all(sandbox.path("deploy/x.y")).unwrap();
    let run = call(&sandbox, "-C deploy/x.y init").ends_with(0);
    assert!(run.stderr.contains("wrote .pre-commit-config.yaml\n"), "{}", run.stderr);
    assert!(!sandbox.path("deploy/x.y/.pre-commit-config.yaml").exists());
    assert!(!sandbox.path(".gitignore").exists() && sandbox.path("deploy/x.y/.gitignore").exists());
    assert_eq!(renders(&sandbox, &run), "gatewright -C deploy/x.y render");
    assert!(run.stdout.contains("git -C deploy/x.y add -A && git -C deploy/x.y commit"), "{}", run.stdout);
    let text = sandbox.read(".pre-commit-config.yaml");
    let entry = hook(&text, "entry: ");
    assert_eq!(entry, "gatewright -C deploy/x.y check --allow-waiting");
    call(&sandbox, entry).ends_with(0);
    let files = Regex::new(hook(&text, "files: ")).unwrap();
    for path in ["specs/a.kdl", "out/default/a.yaml", "pki/corp/ca.crt", ".sops.yaml", "gatewright.kdl"] {
        assert!(files.is_match(&format!("deploy/x.y/{path}")) && !files.is_match(path), "{path}");
        assert!(!files.is_match(&format!("deploy/xxy/{path}")), "{path}");
    }
    // A second project beside it is told what to add, and what is there stays.
    let run = sandbox.run(&["-C", "deploy/a b", "init"]).ends_with(0);
    for part in [
        ".pre-commit-config.yaml is there already; add this below its `repos:`\n  - repo: local\n",
        "entry: gatewright -C 'deploy/a b' check --allow-waiting\n",
        "files: ^(deploy/a b/specs|",
    ] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert!(run.stdout.contains("gatewright -C 'deploy/a b' render\n"), "{}", run.stdout);
    assert_eq!(sandbox.read(".pre-commit-config.yaml"), text);
    let (_, more) = run.stderr.split_once("`repos:`\n").unwrap();
    sandbox.write(".pre-commit-config.yaml", &format!("{text}{more}"));
    for folder in ["deploy/x.y", "deploy/a b"] {
        let again = sandbox.run(&["-C", folder, "init"]).ends_with(0);
        assert!(again.stderr.starts_with("everything is there already\n"), "{}", again.stderr);
        assert!(!again.stderr.contains("add this"), "{}", again.stderr);
    }
    // One at the top does not count as called by the others.
    let run = call(&sandbox, "init").ends_with(0);
    assert!(run.stderr.contains("entry: gatewright check --allow-waiting\n"), "{}", run.stderr);
}

/// What flags say about folders is in what is written and in what is printed.
#[test]
fn with_folders_of_ones_own() {
    let sandbox = Sandbox::bare();
    repository(&sandbox);
    fs::create_dir_all(sandbox.path("edge")).unwrap();
    let flags = "--specs kdl --out deploy/prod.1 --pki ../ca --templates tpl";
    let run = call(&sandbox, &format!("-C edge {flags} init")).ends_with(0);
    let render = renders(&sandbox, &run);
    assert_eq!(
        render,
        "gatewright -C edge --specs kdl --out deploy/prod.1 --pki ../ca --templates tpl render"
    );
    assert!(sandbox.path("edge/kdl/example.kdl").exists() && sandbox.path("ca").is_dir());
    assert!(!sandbox.path("edge/out").exists() && !sandbox.path("edge/specs").exists());
    let attributes = sandbox.read("edge/.gitattributes");
    assert!(attributes.contains("deploy/prod.1/** text eol=lf\n"), "{attributes}");
    assert!(attributes.contains("deploy/prod.1/**/secret-*.sops.yaml linguist-generated\n"), "{attributes}");
    assert!(!attributes.contains("out/") && !attributes.contains("ca/"), "{attributes}");
    let hooks = sandbox.read(".pre-commit-config.yaml");
    call(&sandbox, hook(&hooks, "entry: ")).ends_with(0);
    let files = Regex::new(hook(&hooks, "files: ")).unwrap();
    for path in
        ["edge/kdl/a.kdl", "edge/deploy/prod.1/default/a.yaml", "edge/tpl/gateway.yaml", "ca/a/ca.crt"]
    {
        assert!(files.is_match(path), "{path}");
    }
    assert!(!files.is_match("edge/out/a.yaml") && !files.is_match("edge/deploy/prod-1/a.yaml"));
    // Where all of it lies below: a rule that names another folder of this machine would hold on this machine only.
    assert!(run.stderr.contains("wrote .sops.yaml\n") && !sandbox.path("edge/.sops.yaml").exists());
    let rules: serde_json::Value = serde_saphyr::from_str(&sandbox.read(".sops.yaml")).unwrap();
    assert_eq!(rules["creation_rules"][0]["path_regex"], "^ca/");
    assert_eq!(rules["creation_rules"][1]["path_regex"], r"^edge/deploy/prod\.1/");
    let again = call(&sandbox, &format!("-C edge {flags} init")).ends_with(0);
    assert!(again.stderr.contains("everything is there already"), "{}", again.stderr);
}

/// Names in which characters mean something to Git, YAML, a shell or a regular expression.
#[test]
fn folders_with_odd_names() {
    for folder in ["a b", "it's", "x#1: y", "[out]", "a+b(c)", "größe"] {
        let sandbox = Sandbox::bare();
        repository(&sandbox);
        let out = format!("{folder}/out");
        sandbox.run(&["--out", &out, "init"]).ends_with(0);
        sandbox.run(&["--out", &out, "render"]).ends_with(0);
        assert!(sandbox.path(&out).is_dir() && !sandbox.path("out").exists());
        let hooks = sandbox.read(".pre-commit-config.yaml");
        let read: serde_json::Value = serde_saphyr::from_str(&hooks).unwrap();
        let hook = &read["repos"][0]["hooks"][0];
        let files = Regex::new(hook["files"].as_str().unwrap()).unwrap();
        assert!(files.is_match(&format!("{out}/default/a.yaml")), "{hooks}");
        let quoted = if folder == "it's" { r"'it'\''s/out'".to_owned() } else { format!("'{out}'") };
        let entry = hook["entry"].as_str().unwrap();
        assert_eq!(entry, format!("gatewright --out {quoted} check --allow-waiting"));
    }
}

/// Rules that are there hold, if they say anything about us; if not, nobody is left without.
#[test]
fn rules_that_are_there() {
    let file = |rules: &str| format!("creation_rules:\n{rules}");
    let all = format!("  - age: {A}\n");
    let pki = format!("  - path_regex: pki/\n    age: {A}\n");
    let others = format!("  - path_regex: ^apps/\n    age: {B}\n");
    let kms = "  - kms: arn:aws:kms:eu-central-1:1:key/a\n".to_owned();
    // Above the project, and good for it.
    let sandbox = Sandbox::bare();
    sandbox.write(".sops.yaml", &file(&all));
    fs::create_dir(sandbox.path("sub")).unwrap();
    let run = call(&sandbox, "-C sub init").ends_with(0);
    assert!(run.stderr.contains("  out/ is sealed by its rule 1, for age1"), "{}", run.stderr);
    assert!(!sandbox.path("sub/.sops.yaml").exists());
    assert_eq!(sandbox.files("../home"), Vec::<String>::new(), "nobody's identity was needed");
    renders(&sandbox, &run.clone());
    // Above the project, and about something else, or for keys that we can't seal for.
    for rules in [&others, &kms] {
        let sandbox = Sandbox::bare();
        sandbox.write(".sops.yaml", &file(rules));
        fs::create_dir(sandbox.path("sub")).unwrap();
        let run = call(&sandbox, "-C sub init").ends_with(0);
        assert!(
            run.stderr.contains("so the project has a .sops.yaml of its own, which holds instead of"),
            "{}",
            run.stderr
        );
        assert_eq!(sandbox.read(".sops.yaml"), file(rules));
        renders(&sandbox, &run);
    }
    // In the project itself, or good for half of it: the rest is printed, ready to be put in.
    for (at, rules, named) in [
        ("", &others, false),
        ("", &pki, false),
        ("", &kms, false),
        ("sub/", &pki, false),
        ("", &others, true),
    ] {
        let sandbox = Sandbox::bare();
        let path = if named { "../sops.yaml" } else { ".sops.yaml" };
        sandbox.write(path, &file(rules));
        if named {
            sandbox.set("SOPS_CONFIG", &sandbox.outside("sops.yaml").display().to_string());
        }
        fs::create_dir_all(sandbox.path(at)).unwrap();
        let line = if at.is_empty() { "init".to_owned() } else { format!("-C {at} init") };
        let run = call(&sandbox, &line).ends_with(0);
        assert_eq!(sandbox.read(path), file(rules));
        assert!(run.stdout.contains("# add the rules above to [scratch]/"), "{}", run.stdout);
        let (_, more) = run.stderr.split_once("put this at the start of the `creation_rules` in ").unwrap();
        let more: Vec<_> = more.lines().skip(1).take_while(|line| line.starts_with("  ")).collect();
        assert_eq!(more.iter().any(|line| line.contains("operators only")), !std::ptr::eq(rules, &pki));
        sandbox.write(path, &file(&format!("{}\n{rules}", more.join("\n"))));
        renders(&sandbox, &run);
    }
}

/// Two projects whose folders have one name are two clusters' business.
#[test]
fn a_cluster_of_its_own_for_each_project() {
    let sandbox = Sandbox::bare();
    let recipients = |folder: &str| {
        let text = sandbox.read(&format!("{folder}/.sops.yaml"));
        let all: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.starts_with("age1"))
            .map(str::to_owned)
            .collect();
        (all[0].clone(), all[2].clone())
    };
    for folder in ["a/shop", "b/shop"] {
        fs::create_dir_all(sandbox.path(folder)).unwrap();
        let run = sandbox.run(&["-C", folder, "init"]).ends_with(0);
        let name = if folder == "a/shop" { "shop.agekey" } else { "shop-2.agekey" };
        assert!(run.stdout.contains(&format!("/home/.config/gatewright/{name}\n")), "{}", run.stdout);
    }
    let (a, b) = (recipients("a/shop"), recipients("b/shop"));
    assert_eq!(a.0, b.0, "one operator");
    assert_ne!(a.1, b.1, "two clusters");
    // A run that was cut off before it wrote its rules finds its own identity again.
    for (folder, before) in [("b/shop", &b), ("a/shop", &a)] {
        sandbox.remove(&format!("{folder}/.sops.yaml"));
        let run = sandbox.run(&["-C", folder, "init"]).ends_with(0);
        assert!(run.stderr.contains("already"), "{}", run.stderr);
        assert_eq!(recipients(folder), *before);
    }
    // Somebody else's file of that name stays what it is.
    fs::create_dir_all(sandbox.path("c/shop")).unwrap();
    fs::write(sandbox.outside("home/.config/gatewright/shop-3.agekey"), "mine\n").unwrap();
    sandbox.run(&["-C", "c/shop", "init"]).ends_with(0);
    let all = sandbox.everything();
    assert_eq!(all["home/.config/gatewright/shop-3.agekey"], There::File(b"mine\n".to_vec()));
    assert!(all.contains_key("home/.config/gatewright/shop-4.agekey"));
}

/// A pipe could be waited for until the end of days.
#[test]
fn a_pipe_in_the_way() {
    for name in [".gitignore", ".gitattributes", ".pre-commit-config.yaml", ".sops.yaml"] {
        let sandbox = Sandbox::new([("specs/shop.kdl", SHOP)]);
        let _ = fs::remove_file(sandbox.path(name));
        sandbox.pipe(name);
        let run = call(&sandbox, "init").ends_with(4);
        assert!(run.stderr.contains(name), "{}", run.stderr);
    }
}
