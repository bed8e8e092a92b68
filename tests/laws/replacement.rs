//! What a token of a spec may be replaced by: other texts of its kind. Names are changed together with what refers to them,
//! and tokens that say the same and together decide one value are changed together.

use std::collections::BTreeSet;
use std::ops::Range;

use gatewright::resource::Tree;
use gatewright::spec::{SourceId, Span};

use super::tokens::{Slot, Token, Tokens};
use super::values::{Edit, Edits, overlap};

/// Declarations that nothing refers to, for references to lead elsewhere.
pub(super) const ELSEWHERE: &str = r#"
authority "zz-other" { key rsa-2048; subject common-name="other" organization="Other" }
gateway "zz-other" namespace="zz-edge" workload-namespace="zz-pods" port=1443 http-port=1080
"#;

/// Words that choose one of a few.
const CHOICES: [(&str, &[&str]); 6] = [
    ("http", &["redirect", "open", "off"]),
    ("tls", &["simple", "mutual", "optional-mutual"]),
    ("key", &["ecdsa-p256", "rsa-2048", "ecdsa-p384", "rsa-3072", "rsa-4096"]),
    ("filter", &["key", "rule"]),
    ("ca-in", &["own-secret", "same-secret"]),
    ("flux-substitute", &["off", "keep"]),
];

/// A spec with its tokens and the reasons that its trees have.
pub(super) struct Replacements<'a> {
    tokens: &'a Tokens,
    files: &'a [SourceId],
    /// Spans that together are the reason of one value.
    together: Vec<BTreeSet<Span>>,
    texts: &'a [&'a str],
}

impl<'a> Replacements<'a> {
    pub(super) fn new(
        tokens: &'a Tokens,
        files: &'a [SourceId],
        texts: &'a [&'a str],
        leaves: &[(String, &Tree)],
    ) -> Self {
        let together: BTreeSet<_> = leaves
            .iter()
            .map(|(_, leaf)| leaf.origin.spans().collect::<BTreeSet<_>>())
            .filter(|spans| spans.len() > 1)
            .collect();
        Self { tokens, files, texts, together: together.into_iter().collect() }
    }

    /// All that a token may become, each with what must change beside it. Of alternatives, the first that is valid will do.
    pub(super) fn of(&self, token: &Token) -> Vec<Vec<Edits>> {
        let whole = |edits: Vec<Vec<Edit>>| edits.into_iter().map(|edits| self.whole(edits)).collect();
        let mut found: Vec<Vec<Edits>> = self.alone(token).into_iter().map(whole).collect();
        found.retain(|alternatives| !alternatives.is_empty());
        found.extend(
            self.elsewhere(token)
                .into_iter()
                .map(|text| vec![Edits(vec![self.edit(token, 0..token.text.len(), &text)])]),
        );
        found
    }

    /// Other declarations that a reference may lead to.
    fn elsewhere(&self, token: &Token) -> Vec<String> {
        match self.tokens.name(token) {
            "clients" | "servers" => vec!["zz-other".to_owned()],
            word @ ("authority" | "gateway")
                if !self.tokens.declares(token, word) && !self.is_flag(token) =>
            {
                vec!["zz-other".to_owned()]
            }
            "subset" if !self.tokens.declares(token, "subset") => {
                let others =
                    self.tokens.named("subset").filter(|other| self.tokens.declares(other, "subset"));
                others.map(|other| other.text.clone()).filter(|text| *text != token.text).collect()
            }
            _ => Vec::new(),
        }
    }

    fn alone(&self, token: &Token) -> Vec<Vec<Vec<Edit>>> {
        let as_a_whole = |text: &str| vec![vec![vec![self.edit(token, 0..token.text.len(), text)]]];
        let name = self.tokens.name(token);
        if token.slot == Slot::Key {
            let label = matches!(self.tokens.node(token).word.as_str(), "selector" | "subset");
            return if label && token.text != "subset" {
                self.each(token, &stems(&token.text))
            } else {
                Vec::new()
            };
        }
        if let Some((_, choices)) =
            CHOICES.iter().find(|(word, choices)| *word == name && choices.contains(&token.text.as_str()))
        {
            // Two keys of a host are of two kinds.
            let most = if name == "key" { choices.len() } else { 2 };
            let others = choices.iter().filter(|choice| **choice != token.text).take(most);
            return others.flat_map(|choice| as_a_whole(choice)).collect();
        }
        match name {
            _ if self.is_flag(token) && token.text == "in-order" => Vec::new(),
            _ if self.is_flag(token) => as_a_whole(&format!("{}=#false", token.text)),
            // A date decides nothing; that one is said does.
            name if is_date(token) => vec![vec![vec![self.unsaid(token, name)], vec![self.gone(token)]]],
            "generation" if token.slot == Slot::Argument(0) => {
                let others = self.each(token, &stems(&token.text)).concat();
                vec![others.into_iter().chain([vec![self.gone(token)]]).collect()]
            }
            // What it is a name of has names of its own below it: the domain above is wider.
            "permitted" if token.text.contains('.') && !token.text.contains('/') => {
                vec![vec![vec![self.edit(token, 0..token.text.find('.').unwrap() + 1, "")]]]
            }
            // Only names below the first dot may be permitted.
            "client" if token.text.contains('.') && !token.text.contains(['@', '/', ' ']) => {
                vec![self.all(&[token], token.text.find('.').unwrap() - 1)]
            }
            _ if token.text.contains("${") => {
                [self.each(token, &stems(&token.text)), as_a_whole("/plain")].concat()
            }
            "authority" | "clients" | "servers" => {
                vec![self.renamed(token, &["authority", "clients", "servers"])]
            }
            "gateway" => vec![self.renamed(token, &["gateway"])],
            "domain" => vec![self.suffixed(token)],
            "host" => vec![self.host(token)],
            "subset" => vec![self.subset(token)],
            "to" => self.destination(token),
            "service" => self.service(token),
            "route" if matches!(token.slot, Slot::Argument(_)) => vec![self.path(token)],
            "rewrite" if !token.text.contains(|c: char| c.is_ascii_alphanumeric()) => as_a_whole("/z"),
            "recipient" => as_a_whole("age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9"),
            "country" => as_a_whole("FR"),
            "settle" => as_a_whole("due-certificate"),
            "certificate" if !token.text.contains(|c: char| c.is_ascii_alphanumeric()) => {
                // Hosts that have no other certificate must keep this one.
                vec![["zz", "x"].map(|text| vec![self.edit(token, 0..token.text.len(), text)]).to_vec()]
            }
            // What lies deeper stays below its domain.
            "certificate" if token.text.starts_with("*.") => {
                vec![vec![vec![self.edit(token, 0..2, "*.zz.")]]]
            }
            _ => self.each(token, &stems(&token.text)),
        }
    }

    /// `per-certificate`, `unconstrained`, `files`, `cross-signed` and `in-order` as an argument. The latter orders and groups rules, and is no value's reason.
    fn is_flag(&self, token: &Token) -> bool {
        matches!(token.slot, Slot::Argument(1..))
            && ["per-certificate", "in-order", "unconstrained", "files", "cross-signed"]
                .contains(&&*token.text)
    }

    /// The whole node of a token, taken away.
    fn gone(&self, token: &Token) -> Edit {
        let range = self.tokens.node(token).range.clone();
        Edit { file: self.files[token.file], range, text: String::new() }
    }

    /// A property of a quoted value, with its name, taken away.
    fn unsaid(&self, token: &Token, name: &str) -> Edit {
        let range = token.range.start - name.len() - "=\"".len()..token.range.end + "\"".len();
        Edit { file: self.files[token.file], range, text: String::new() }
    }

    fn edit(&self, token: &Token, part: Range<usize>, text: &str) -> Edit {
        let range = token.range.start + part.start..token.range.start + part.end;
        Edit { file: self.files[token.file], range, text: text.to_owned() }
    }

    /// Another character at one of these places; each place on its own.
    fn each(&self, token: &Token, places: &[usize]) -> Vec<Vec<Vec<Edit>>> {
        places.iter().map(|&at| self.all(&[token], at)).collect()
    }

    /// The name of a declaration and all references to it.
    fn renamed(&self, token: &Token, names: &[&str]) -> Vec<Vec<Edit>> {
        let group: Vec<_> = names
            .iter()
            .flat_map(|name| self.tokens.named(name))
            .filter(|other| other.text == token.text && !self.is_flag(other))
            .collect();
        let at = stems(&token.text)[0];
        self.all(&group, at)
    }

    /// Another character at this place of all these tokens.
    fn all(&self, group: &[&Token], at: usize) -> Vec<Vec<Edit>> {
        let edit = |c: char| group.iter().map(|token| self.edit(token, at..at + 1, &c.to_string())).collect();
        others(group[0].text.as_bytes()[at] as char).map(edit).collect()
    }

    /// A domain's name in every name that ends with it.
    fn suffixed(&self, token: &Token) -> Vec<Vec<Edit>> {
        let normal = |text: &str| text.trim_end_matches('.').to_lowercase();
        let domain = normal(&token.text);
        let bare = |token: &'_ Token| token.text.split(':').next().unwrap().trim_end_matches('.').to_owned();
        let group: Vec<_> = ["domain", "host", "certificate", "permitted"]
            .iter()
            .flat_map(|name| self.tokens.named(name))
            .filter(|other| {
                let name = normal(&bare(other));
                name == domain || name.ends_with(&format!(".{domain}"))
            })
            .collect();
        let from_end = domain.len() - domain.find('.').unwrap_or(domain.len());
        let edit = |token: &&Token, c: char| {
            let at = bare(token).len() - from_end - 1;
            self.edit(token, at..at + 1, &c.to_string())
        };
        ['q', 'k'].iter().map(|c| group.iter().map(|token| edit(token, *c)).collect()).collect()
    }

    /// A host's first label, also where a route names it.
    fn host(&self, token: &Token) -> Vec<Vec<Edit>> {
        if !self.tokens.declares(token, "host") {
            return Vec::new(); // changed with the host that it names
        }
        match token.text.as_str() {
            "*" => return vec![vec![self.edit(token, 0..1, "*.deep")]],
            "@" => return vec![vec![self.edit(token, 0..1, "home")]],
            _ => {}
        }
        let full = self.full_name(token);
        if self.tokens.named("domain").any(|domain| domain.text.to_lowercase() == full) {
            return self.suffixed(token);
        }
        let named = |text: &str| text.trim_end_matches('.').to_lowercase() == full;
        let routes = self.tokens.named("host").filter(|other| !self.tokens.declares(other, "host"));
        let mut group = vec![token];
        group.extend(routes.filter(|other| named(&other.text)));
        let label = token.text.split('.').next().unwrap();
        let at = label.rfind(|c: char| c.is_ascii_alphanumeric()).unwrap();
        self.all(&group, at)
    }

    fn full_name(&self, token: &Token) -> String {
        let name = token.text.trim_end_matches('.').to_lowercase();
        match self.tokens.parent(token).and_then(|domain| domain.argument.as_deref()) {
            Some(domain) if !name.ends_with(&domain.to_lowercase()) => {
                format!("{name}.{}", domain.to_lowercase())
            }
            _ => name,
        }
    }

    fn subset(&self, token: &Token) -> Vec<Vec<Edit>> {
        let same = |other: &&Token| other.text == token.text;
        let refers = |other: &&Token| matches!(other.slot, Slot::Property(_));
        let referred = self.tokens.named("subset").any(|other| same(&other) && refers(&other));
        let group: Vec<_> =
            if referred { self.tokens.named("subset").filter(same).collect() } else { vec![token] };
        self.all(&group, stems(&token.text)[0])
    }

    /// Each label of a service's name; a full name is changed together with the destinations that name it.
    fn service(&self, token: &Token) -> Vec<Vec<Vec<Edit>>> {
        let named = |other: &&Token| other.text.split(':').next() == Some(token.text.as_str());
        let mut group = vec![token];
        if token.text.contains('.') {
            group.extend(self.tokens.named("to").filter(named));
        }
        labels(&token.text).into_iter().map(|at| self.all(&group, at)).collect()
    }

    /// `service:port`: each label of a name that no node declares in full, and the port.
    fn destination(&self, token: &Token) -> Vec<Vec<Vec<Edit>>> {
        let name = token.text.split(':').next().unwrap();
        let service = |other: &Token| name.contains('.') && other.text == name;
        let declared = self.tokens.named("service").any(service);
        let mut places = if declared { Vec::new() } else { labels(name) };
        if name.len() < token.text.len() {
            places.extend(stems(&token.text));
        }
        self.each(token, &places)
    }

    /// A path keeps its length and its star; the exact half of `/x/*` that another route takes goes with it.
    fn path(&self, token: &Token) -> Vec<Vec<Edit>> {
        let bare = |text: &str| text.trim_end_matches("/*").to_owned();
        if let "/" | "/*" = token.text.as_str() {
            return vec![vec![self.edit(token, 0..1, "/z")]];
        }
        let at = bare(&token.text).rfind(|c: char| c.is_ascii_alphanumeric()).unwrap();
        let group: Vec<_> =
            self.tokens.named("route").filter(|other| bare(&other.text) == bare(&token.text)).collect();
        self.all(&group, at).into_iter().filter(|edits| self.keep_order(edits)).collect()
    }

    /// Whether the routes that stand outside their hosts sort as before: files have no order.
    fn keep_order(&self, edits: &[Edit]) -> bool {
        let order = |edits: &[Edit]| {
            let mut paths: Vec<_> = self
                .tokens
                .named("route")
                .filter(|token| self.tokens.parent(token).is_none())
                .enumerate()
                .map(|(i, token)| {
                    let mut text = token.text.clone();
                    for edit in edits.iter().filter(|edit| edit.file == self.files[token.file]) {
                        if overlap(&edit.range, &token.range) {
                            let start = edit.range.start - token.range.start;
                            text.replace_range(start..start + edit.range.len(), &edit.text);
                        }
                    }
                    (text, i)
                })
                .collect();
            paths.sort();
            paths.into_iter().map(|(_, i)| i).collect::<Vec<_>>()
        };
        order(edits) == order(&[])
    }

    /// The edits with the same ones in tokens that say the same and decide one value together with them.
    fn whole(&self, edits: Vec<Edit>) -> Edits {
        let mut found = edits;
        let mut i = 0;
        while i < found.len() {
            let edit = found[i].clone();
            i += 1;
            for spans in &self.together {
                let inside = |span: &&Span| {
                    let range = span.range();
                    span.source == edit.file && range.start <= edit.range.start && edit.range.end <= range.end
                };
                let Some(own) = spans.iter().find(inside) else { continue };
                for other in spans.iter().filter(|other| say_the_same(self.slice(**other), self.slice(*own)))
                {
                    let start = other.range().start + (edit.range.start - own.range().start);
                    let range = start..start + edit.range.len();
                    let twin = Edit { file: other.source, range, text: edit.text.clone() };
                    let there = found
                        .iter()
                        .any(|known| known.file == twin.file && overlap(&known.range, &twin.range));
                    if !there {
                        found.push(twin);
                    }
                }
            }
        }
        found.sort_by_key(|edit| (edit.file, edit.range.start));
        Edits(found)
    }

    fn slice(&self, span: Span) -> &str {
        let file = self.files.iter().position(|file| *file == span.source).unwrap();
        &self.texts[file][span.range()]
    }
}

/// A date of a generation.
fn is_date(token: &Token) -> bool {
    matches!(&token.slot, Slot::Property(name) if ["introduced", "signs", "retired"].contains(&name.as_str()))
}

/// Whether two texts name one thing: a service may be named shortly and in full.
fn say_the_same(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest == ".svc.cluster.local")
}

/// Other characters of the same kind.
fn others(c: char) -> impl Iterator<Item = char> {
    let all: &[char] = if c.is_ascii_digit() { &['3', '8', '1', '0'] } else { &['q', 'k', 'a'] };
    all.iter().copied().filter(move |other| *other != c)
}

/// The last letter or digit of a text; of a length of time, its last digit.
fn stems(text: &str) -> Vec<usize> {
    let digit = |c: char| c.is_ascii_digit();
    let is_time = text.starts_with(digit) && text.ends_with(|c: char| c.is_ascii_alphabetic());
    let last = if is_time { text.rfind(digit) } else { text.rfind(|c: char| c.is_ascii_alphanumeric()) };
    vec![last.unwrap()]
}

/// The last character of the first label and of the second, unless it is a cluster's full name.
fn labels(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut start = 0;
    for label in text.split('.').take(2) {
        start += label.len();
        found.push(start - 1);
        start += 1;
    }
    found
}
