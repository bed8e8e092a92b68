//! Things in the way: links, strangers' files, folders that are none.

use std::fs;
use std::os::unix::fs::symlink;

use super::case::refused;
use crate::cli::sandbox::{A, SHOP, Sandbox, rules};

const SECRET: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
const GATEWAY: &str = "out/default/gateway-public.yaml";

fn fresh() -> Sandbox {
    Sandbox::new([("specs/shop.kdl", SHOP)])
}

#[test]
fn a_file_where_a_folder_must_be() {
    for name in ["out", "pki"] {
        let sandbox = fresh();
        sandbox.write(name, "in the way\n");
        let says = [
            "must be a folder, but something else stands there",
            "nothing was written",
            "move it somewhere else",
        ];
        refused(&sandbox, "render", 4).one("foreign-file", &format!("[scratch]/project/{name}"), &says);
    }
    let sandbox = fresh();
    sandbox.write("out/default", "in the way\n");
    refused(&sandbox, "render", 4).one(
        "foreign-file",
        "[scratch]/project/out/default",
        &["must be a folder"],
    );
    let sandbox = fresh();
    fs::create_dir_all(sandbox.path(GATEWAY)).unwrap();
    let place = format!("[scratch]/project/{GATEWAY}");
    refused(&sandbox, "render", 4).one("foreign-file", &place, &["must be a file"]);
}

/// Where even root may not write.
#[test]
fn a_file_system_that_can_not_be_written() {
    if !fs::metadata("/proc/self").is_ok_and(|proc| proc.is_dir()) {
        return;
    }
    let sandbox = fresh();
    sandbox.write(".sops.yaml", &format!("creation_rules:\n  - age: {A}\n"));
    let found = refused(&sandbox, "render --out /proc/gatewright", 4);
    let errors = found.errors();
    assert!(errors.len() == 1 && errors[0].code == "unwritable", "{}", found.human);
    assert!(
        errors[0].place.starts_with("/proc") && errors[0].text.contains("run this again"),
        "{}",
        found.human
    );
}

/// As somebody who is not root: a folder without the right to write.
#[test]
fn a_folder_without_the_right_to_write() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::shop();
    sandbox.edit("specs/shop.kdl", "shop:8080", "shop:8081");
    let folder = sandbox.path("out/default");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write all the same.
    if fs::write(folder.join("probe"), "").is_ok() {
        fs::remove_file(folder.join("probe")).unwrap();
        return;
    }
    let found = refused(&sandbox, "render", 4);
    let says = ["can't be written to", "let this user write there"];
    found.one("unwritable", "[scratch]/project/out/default", &says);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn links_in_the_tree() {
    for (path, target) in [
        ("out/default/link.yaml", "/etc/passwd"),
        ("out/default/link.yaml", "/nowhere/at/all"),
        ("out/default/link.yaml", "gateway-public.yaml"),
        ("out/elsewhere", "/tmp"),
        ("pki/corp/9.crt", "../../specs/shop.kdl"),
        ("pki/link", "/nowhere/at/all"),
    ] {
        let sandbox = Sandbox::shop();
        symlink(target, sandbox.path(path)).unwrap();
        let is_link = format!("{path} is a symbolic link");
        let says = [
            is_link.as_str(),
            "nothing is written or removed through a link",
            "replace it by the file, or remove it",
        ];
        for call in ["render", "check", "rotate host shop.example.com"] {
            refused(&sandbox, call, 4).one("symlink", path, &says);
        }
    }
    // In the place of a file of ours.
    for path in [GATEWAY, SECRET, "pki/corp/1.key.sops.yaml"] {
        let sandbox = Sandbox::shop();
        fs::rename(sandbox.path(path), sandbox.outside("moved")).unwrap();
        symlink(sandbox.outside("moved"), sandbox.path(path)).unwrap();
        refused(&sandbox, "render", 4).says("symlink", path, &["is a symbolic link"]);
    }
}

#[test]
fn a_link_where_a_folder_must_be() {
    for name in ["out", "pki"] {
        let sandbox = fresh();
        fs::create_dir(sandbox.outside("elsewhere")).unwrap();
        symlink(sandbox.outside("elsewhere"), sandbox.path(name)).unwrap();
        let says = [
            "is a symbolic link; nothing is written or removed through one",
            "could lead out of the project",
            "--out",
        ];
        let place = format!("[scratch]/project/{name}");
        refused(&sandbox, "render", 4).one("symlink", &place, &says);
        // Dangling.
        fs::remove_dir(sandbox.outside("elsewhere")).unwrap();
        refused(&sandbox, "render", 4).one("symlink", &place, &says);
    }
    // The root itself may be reached through a link.
    let sandbox = fresh();
    symlink(sandbox.root(), sandbox.outside("link")).unwrap();
    sandbox.run(&["-C", "../link", "render"]).ends_with(0);
}

#[test]
fn strangers_files_in_the_way() {
    for path in [GATEWAY, SECRET, "out/kustomization.yaml", "out/default/kustomization.yaml"] {
        let sandbox = fresh();
        sandbox.write(path, "kind: Mine\n");
        let in_the_way = format!("{path} is in the way: Gatewright did not write it");
        let says = [
            in_the_way.as_str(),
            "starts with a line `# gatewright: …`",
            "move it somewhere else, or remove it",
        ];
        refused(&sandbox, "render", 4).one("foreign-file", path, &says);
        refused(&sandbox, "check", 4).one("foreign-file", path, &says);
        // A file of ours from another place is a stranger's here.
        sandbox
            .write(path, "# gatewright: gateway \"public\" -> default/gateway-other.yaml\nkind: Gateway\n");
        refused(&sandbox, "render", 4).one("foreign-file", path, &says);
    }
    let sandbox = Sandbox::shop();
    sandbox.write("pki/corp/1.crt", "not a certificate\n");
    refused(&sandbox, "render", 4).one("foreign-file", "pki/corp/1.crt", &["is in the way"]);
    sandbox.write("pki/corp/1.crt", "-----BEGIN CERTIFICATE-----\nMIIB");
    refused(&sandbox, "render", 4).one(
        "broken-file",
        "pki/corp/1.crt",
        &["git checkout HEAD -- pki/corp/1.crt"],
    );
    // Files of others beside ours stay.
    let sandbox = fresh();
    sandbox.write("out/default/mine.yaml", "kind: Mine\n");
    sandbox.write("out/README.md", "ours\n");
    sandbox.run(&["render"]).ends_with(0);
    assert_eq!(sandbox.read("out/default/mine.yaml"), "kind: Mine\n");
}

/// A Secret that lost its first line is not taken for missing: it would leave the list, and then the cluster.
#[test]
fn a_secret_that_is_not_known_any_more() {
    let sandbox = Sandbox::shop();
    let whole = sandbox.read(SECRET);
    let restore = format!("`git checkout HEAD -- {SECRET}`");
    for (text, reason) in [
        (whole.split_once('\n').unwrap().1, "its first line is gone"),
        ("", "it is empty"),
        (&whole[..1], "cut off within its first line"),
        (&whole[..20], "cut off within its first line"),
        (whole.lines().next().unwrap(), "it "),
        (&whole[..whole.len() / 3], "can't be used"),
    ] {
        sandbox.write(SECRET, text);
        for call in ["render", "check"] {
            refused(&sandbox, call, 4).one("broken-file", SECRET, &[reason, &restore]);
        }
    }
    // Another's file stays another's, also where it only speaks of us.
    sandbox.write(SECRET, "# gatewright made this once\nkind: Secret\n");
    refused(&sandbox, "render", 4).one("foreign-file", SECRET, &["is in the way"]);
    sandbox.write(SECRET, &whole.replace("type: kubernetes.io/tls", "type: Opaque"));
    refused(&sandbox, "render", 4).one("broken-file", SECRET, &["its `type` is not"]);
}

#[test]
fn a_project_that_can_not_be_read() {
    let sandbox = fresh();
    fs::write(sandbox.path("specs/latin.kdl"), b"host \"b\xfccher\"\n").unwrap();
    let place = "[scratch]/project/specs/latin.kdl";
    refused(&sandbox, "render", 4).one("unreadable", place, &["is not UTF-8 text", "save it as UTF-8"]);
    let sandbox = fresh();
    sandbox.write("templates/host/a.yaml", "");
    fs::write(sandbox.path("templates/host/a.yaml"), [0xff]).unwrap();
    let place = "[scratch]/project/templates/host/a.yaml";
    refused(&sandbox, "render", 4).one("unreadable", place, &["is not UTF-8 text"]);
    let sandbox = fresh();
    symlink("/nowhere/at/all", sandbox.path("specs/link.kdl")).unwrap();
    refused(&sandbox, "render", 4).one("unreadable", "[scratch]/project/specs/link.kdl", &["can't be read"]);
    let sandbox = fresh();
    symlink("..", sandbox.path("specs/loop")).unwrap();
    let says = ["leads back to its own folder"];
    let found = refused(&sandbox, "render", 4);
    assert!(found.errors()[0].place.starts_with("[scratch]/project/specs/loop"), "{}", found.human);
    assert!(found.errors()[0].text.contains(says[0]), "{}", found.human);
}

#[test]
fn two_writers_at_once() {
    let sandbox = Sandbox::shop();
    let folder = fs::File::open(sandbox.root()).unwrap();
    folder.lock().unwrap();
    let says = ["another gatewright is writing to", "try again when it is done"];
    for call in ["render", "rotate host shop.example.com", "rotate authority corp"] {
        refused(&sandbox, call, 4).one("busy", "[scratch]/project", &says);
    }
    // Readers don't mind.
    sandbox.run(&["check"]).ends_with(0);
    assert_eq!(sandbox.read(".sops.yaml"), rules());
}

/// Reading one would wait until somebody writes to it.
#[test]
fn pipes() {
    for path in [
        "out/default/pipe.yaml",
        "out/kustomization.yaml",
        "pki/pipe",
        "pki/corp/1.crt",
        "pki/corp/1.key.sops.yaml",
        "specs/pipe.kdl",
        "gatewright.kdl",
        ".sops.yaml",
        "templates/host/pipe.yaml",
    ] {
        let sandbox = Sandbox::shop();
        let _ = fs::remove_file(sandbox.path(path));
        sandbox.pipe(path);
        let says = ["is a pipe, a socket or a device, and no file", "remove it"];
        for call in ["render", "check", "diff", "status"] {
            let arguments: Vec<&str> = call.split(' ').collect();
            let run = sandbox.run(&arguments).ends_with(4);
            assert!(says.iter().all(|part| run.stderr.contains(part)), "{path}: {}", run.stderr);
            assert!(run.stderr.contains(&format!("--> [scratch]/project/{path}\n")), "{}", run.stderr);
        }
    }
    // A socket, and a device that a link leads to.
    let sandbox = fresh();
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("specs/s.kdl")).unwrap();
    let run = sandbox.run(&["render"]).ends_with(4);
    assert!(run.stderr.contains("specs/s.kdl is a pipe, a socket or a device"), "{}", run.stderr);
    let sandbox = fresh();
    symlink("/dev/zero", sandbox.path("specs/zero.kdl")).unwrap();
    refused(&sandbox, "render", 4).one("unreadable", "[scratch]/project/specs/zero.kdl", &["or a device"]);
    // Those that nobody reads are nobody's business; one that is named is read.
    let sandbox = fresh();
    sandbox.pipe("specs/pipe");
    sandbox.pipe("specs/.hidden.kdl");
    sandbox.pipe("pipe");
    sandbox.run(&["render"]).ends_with(0);
}

/// Hidden files and what editors leave are no part of the project; a name that is nearly one is said to be none.
#[test]
fn files_that_are_not_read() {
    let sandbox = fresh();
    symlink("somebody@host.1234:5678", sandbox.path("specs/.#shop.kdl")).unwrap();
    symlink("somebody@host.1234:5678", sandbox.path("specs/.#new.kdl")).unwrap();
    for name in
        [".shop.kdl.swp", ".old.kdl", "shop.kdl~", "#shop.kdl#", ".cache/a.kdl", "README.md", "a.kdl.orig"]
    {
        sandbox.write(&format!("specs/{name}"), "nonsense {");
    }
    fs::create_dir(sandbox.path("templates")).unwrap();
    for name in [".DS_Store", ".host.yaml.swp", "host.yaml~", ".#gateway.yaml"] {
        fs::write(sandbox.path("templates").join(name), [0xff, 0]).unwrap();
    }
    symlink("/nowhere", sandbox.path("templates/.#lock")).unwrap();
    sandbox.run(&["render"]).ends_with(0);
    for path in ["out/default/.#gateway-public.yaml", "pki/corp/.#ca.crt"] {
        symlink("somebody@host.1234:5678", sandbox.path(path)).unwrap();
    }
    sandbox.pipe("out/.pipe");
    let run = sandbox.run(&["check"]).ends_with(0);
    assert!(!run.stderr.contains("almost-spec"), "{}", run.stderr);
    for name in ["Upper.KDL", "deep/Mixed.Kdl"] {
        sandbox.write(&format!("specs/{name}"), "nonsense {");
    }
    let run = sandbox.run(&["check"]).ends_with(0);
    for path in ["specs/Upper.KDL", "specs/deep/Mixed.Kdl"] {
        let says = format!("notice[almost-spec]: {path} is not read");
        assert!(run.stderr.contains(&says), "{}", run.stderr);
    }
    sandbox.write("gatewright.kdl", "settle \"almost-spec\" reason=\"from another tool\"\n");
    let run = sandbox.run(&["check"]).ends_with(0);
    assert!(!run.stderr.contains("almost-spec"), "{}", run.stderr);
    sandbox.remove("gatewright.kdl");
    // Also where nothing else is there.
    sandbox.remove("specs/shop.kdl");
    let run = sandbox.run(&["check"]);
    assert!(run.stderr.contains("notice[almost-spec]"), "{}", run.stderr);
}

/// What can't be written through a link is not compared through one either.
#[test]
fn a_tree_that_is_reached_through_a_link() {
    for (name, flags) in [("out", ""), ("pki", ""), ("deploy", " --out deploy/prod/out")] {
        let sandbox = fresh();
        let elsewhere = sandbox.outside("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        if !flags.is_empty() {
            sandbox.write(".sops.yaml", &rules().replace("^out/.*", "out/.*"));
            sandbox.run(&["render", "--out", "deploy/prod/out"]).ends_with(0);
            fs::rename(sandbox.path(name), elsewhere.join("moved")).unwrap();
        } else {
            sandbox.run(&["render"]).ends_with(0);
            fs::rename(sandbox.path(name), elsewhere.join("moved")).unwrap();
        }
        symlink(elsewhere.join("moved"), sandbox.path(name)).unwrap();
        for call in ["check", "diff", "render", "rotate host shop.example.com"] {
            let call = format!("{call}{flags}");
            let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(4);
            let says =
                format!("error[symlink]: [scratch]/project/{name} is a symbolic link; nothing is written");
            assert!(run.stderr.contains(&says), "{call}\n{}", run.stderr);
        }
    }
    // Outside the project one may lead wherever it likes.
    let sandbox = fresh();
    sandbox.write(".sops.yaml", &rules().replace("^out/.*", "out/.*"));
    fs::create_dir(sandbox.outside("real")).unwrap();
    symlink(sandbox.outside("real"), sandbox.outside("link")).unwrap();
    for call in ["render", "check", "diff"] {
        sandbox.run(&[call, "--out", "../link/out"]).ends_with(0);
    }
    for call in ["render", "check", "diff"] {
        let run = sandbox.run(&[call, "--out", "../link"]).ends_with(4);
        assert!(run.stderr.contains("error[symlink]"), "{}", run.stderr);
    }
}

/// What says nothing that is not said elsewhere is written again; what holds a key is missed.
#[test]
fn emptied_files() {
    let whole = Sandbox::shop();
    let files = [whole.files("out"), whole.files("pki")].concat();
    for (i, path) in files.iter().enumerate() {
        let sandbox = &whole;
        let before = sandbox.read(path);
        sandbox.write(path, if i % 2 == 0 { "" } else { "\n" });
        if path.ends_with(".sops.yaml") {
            sandbox.run(&["check"]).ends_with(4);
            sandbox.run(&["render"]).ends_with(4);
            sandbox.write(path, &before);
            continue;
        }
        let run = sandbox.run(&["check"]).ends_with(1);
        assert!(run.stderr.contains(&format!("{path} would be written")), "{}", run.stderr);
        sandbox.run(&["render"]).ends_with(0);
        assert_eq!(sandbox.read(path), before, "{path}");
    }
}
