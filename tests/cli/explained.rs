//! Every example of a door that `explain` shows stands where its page says, in a project that is taken without a warning.

use gatewright::diag::human;
use gatewright::explain::{Entry, explain};
use gatewright::schema::built_in;
use gatewright::spec::node::{Item, SPEC_FILE, Word};

use crate::support::project::{Holder, Project};

/// Every word of ours by the shortest way to it, with the words' names behind dots.
fn ways() -> Vec<String> {
    let (mut seen, mut open, mut found) =
        (Vec::<&Word>::new(), vec![(&SPEC_FILE, String::new())], Vec::new());
    while !open.is_empty() {
        let mut next = Vec::new();
        for (outer, way) in &open {
            for word in outer.items().filter_map(Item::word) {
                if !seen.iter().any(|known| std::ptr::eq(*known, word)) {
                    seen.push(word);
                    let dot = if way.is_empty() { "" } else { "." };
                    next.push((word, format!("{way}{dot}{}", word.name)));
                }
            }
        }
        found.extend(next.iter().map(|(_, way)| way.clone()));
        open = next;
    }
    found
}

fn page(name: &str) -> Option<Entry> {
    explain(built_in(), name).ok()?.into_iter().find(|entry| entry.name == name)
}

fn fact<'e>(entry: &'e Entry, key: &str) -> Option<&'e str> {
    entry.facts.iter().find(|fact| fact.key == key).map(|fact| &*fact.text)
}

/// The pages of the fields of a page.
fn fields(entry: &Entry) -> Vec<Entry> {
    let groups = entry.groups.iter().filter(|group| group.title.contains("fields"));
    let lines = groups.flat_map(|group| &group.lines);
    lines.filter_map(|line| page(&format!("{}.{}", entry.name, line.word))).collect()
}

/// What may be found against an example: it names what another node makes, or is told of on its page.
const MAY_BE: [&str; 4] = ["unknown-secret", "unknown-subset", "unknown-virtual-service", "deprecated-field"];

#[test]
fn every_example_of_a_door_is_taken() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for way in ways() {
        let Some(word) = page(&way) else { continue };
        let mut all = fields(&word);
        let deeper: Vec<Entry> = all.iter().flat_map(fields).collect();
        all.extend(deeper);
        for entry in &all {
            let Some(written) = fact(entry, "written").filter(|_| fact(entry, "refused").is_none()) else {
                continue;
            };
            count += 1;
            let spec = whole(&way, &entry.name, written);
            let project = Project::new([("gatewright.kdl", "istio \"1.32\"\n"), ("specs/a.kdl", &spec)]);
            let found = match project.build(Holder::Operator) {
                Ok(outcome) => human::render(&outcome.report, &project.input().sources, false),
                Err(error) => project.explain(&error),
            };
            let is_mistake = |line: &&str| {
                let mut codes = MAY_BE.iter().filter(|_| line.starts_with("warning["));
                let is_finding = line.starts_with("error[") || line.starts_with("warning[");
                // A field that is taken and does nothing has an example all the same.
                let is_read = !entry.name.ends_with("tls-certificates.ca-certificates");
                is_finding && is_read && !codes.any(|code| line.contains(&format!("[{code}]")))
            };
            if let Some(mistake) = found.lines().find(is_mistake) {
                wrong.push(format!("{}: {mistake}\n{written}", entry.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 250, "{count}");
}

/// A project in which an example stands in the words around its own.
fn whole(way: &str, name: &str, written: &str) -> String {
    let mut text = written.replace("host=\"…\"", "host=\"h.example\"").replace("route \"…\"", "route \"/x\"");
    let mut digits = ["4", "8"].into_iter().cycle();
    for i in 1.. {
        let any = match digits.next() {
            _ if !text.contains('…') => break,
            Some(digit) if name.ends_with("certificate-spki") => digit.repeat(43) + "=",
            Some(digit) if name.ends_with("certificate-hash") => digit.repeat(64),
            _ => format!("x{i}"),
        };
        text = text.replacen('…', &any, 1);
    }
    let is_ordered = way.ends_with("cert-manager") || name.contains("cert-manager.");
    let source = if is_ordered { "" } else { "authority=\"corp\"" };
    let to = if name.contains("virtual-service.http") { "" } else { "to=\"a:80\"" };
    let mut outer: Vec<&str> = way.split('.').collect();
    let own = outer.pop().unwrap();
    // What a word of ours says already is shown in an object of the kind.
    if !text.starts_with(own) {
        outer.clear();
    }
    for word in outer.iter().rev() {
        text = match *word {
            "domain" => format!(
                "domain \"d.example\" {source} gateway=\"public\" {{\n{text}\nhost \"a\" to=\"a:80\"\n}}"
            ),
            // What the door says of requests takes the place of `to`.
            "host" => format!("host \"shop.example.com\" {source} gateway=\"public\" {to} {{\n{text}\n}}"),
            "route" => format!("route \"/x\" host=\"h.example\" {{\n{text}\n}}"),
            "certificate" => {
                format!("certificate \"c\" {source} namespace=\"n\" {{\nsan \"c.example\"\n{text}\n}}")
            }
            "clients" => format!("clients \"corp\" {{\n{text}\n}}"),
            "client" => format!("client \"anna\" authority=\"corp\" namespace=\"n\" {{\n{text}\n}}"),
            word => format!("{word} \"{word}\" {{\n{text}\n}}"),
        };
    }
    format!(
        "authority \"corp\"\ngateway \"public\"\nhost \"h.example\" authority=\"corp\" gateway=\"public\" to=\"a:80\"\n{text}\n"
    )
}
