//! A server's Secret: sealed anew where its key is new or its file can't take a change, else kept with its ciphertext.

use zeroize::Zeroizing;

use super::trust::Trust;
use super::{Context, SecretFile, encoded_key, encrypt, known, node, own_secret, taken};
use crate::diag::{Code, Diagnostic, Report};
use crate::issue::{Issued, NEEDS_HELP, Opened, Outcome, Waiting};
use crate::model::Credential;
use crate::paths::mark::Mark;
use crate::pki::Certificate;
use crate::plan::certs::LeafPlan;
use crate::plan::decide::Desired;
use crate::plan::files::{Place, ProjectPath};
use crate::resource::{Resource, Tree, guard_flux, secret as secrets};
use crate::sops::{Node, Sealed, SopsError};
use crate::spec::Origin;
use crate::spec::node::Filter;
use crate::state::{CHAIN_DIGEST, ExistingLeaf, Snapshot, beside, broken};

/// Where a Secret says whose clients it lets in, and which of them not.
const TRUST: [&[&str]; 2] = [&["data", "ca.crt"], &["data", "ca.crl"]];
/// Where it says so by a digest.
const TRUST_DIGEST: &[&str] = &["metadata", "annotations", secrets::CA_DIGEST];

/// All files of a server's Secret.
pub(super) fn server(
    context: &Context<'_>,
    snapshot: &Snapshot,
    plan: &LeafPlan<'_>,
    outcome: &Outcome,
    report: &mut Report,
) -> Result<Vec<SecretFile>, SopsError> {
    let project = context.project;
    let credential = project.credential(plan.credential);
    let new = match outcome {
        Outcome::New(issued) | Outcome::Moved(issued) => Some(&**issued),
        Outcome::Kept | Outcome::Waits | Outcome::Stays => None,
    };
    let there = plan.there;
    let certificate = new.map(|issued| &issued.certificate).or_else(|| there.map(|there| &there.certificate));
    let Some(certificate) = certificate else { return Ok(Vec::new()) };
    let (mut resource, trust_stays) = resource(context, plan, credential, certificate);
    guard_flux(&mut resource, project, report);
    let Some(path) = taken(resource.path(".sops.yaml"), report) else { return Ok(Vec::new()) };
    if let (Outcome::Stays, Some(there)) = (outcome, there)
        && let Some(copy) = &there.parked
    {
        return Ok(unlisted(&resource, there, copy));
    }
    let text = match (new, there) {
        (Some(issued), there) => {
            let stays = there.filter(|_| trust_stays);
            seal_new(context, &resource, issued, &path, stays, report)?
        }
        (None, Some(there)) => keep(context, plan, &resource, there, (&path, trust_stays), report)?,
        (None, None) => return Ok(Vec::new()),
    };
    let mark =
        Mark { word: resource.word.to_string(), name: resource.name.clone(), path: path.as_str().to_owned() };
    let contents = text.contents.map(|text| format!("{mark}\n{text}").into_bytes());
    let file = Desired { place: Place::Out, path, contents };
    let mut found = vec![SecretFile { resource, file, waits: text.waits, trust_is_old: text.trust_is_old }];
    // One whose Secret stays as it is did not come.
    let stays = there.filter(|_| new.is_some() && found[0].file.contents.is_none());
    let certificate = stays.map_or(certificate, |there| &there.certificate);
    if let Some(file) =
        known::beside_secret(context, snapshot, (plan, certificate), text.hides_certificate, report)
    {
        let resource = found[0].resource.clone();
        found.push(SecretFile { resource, file, waits: None, trust_is_old: false });
    }
    Ok(found)
}

/// The object, without its key; and whether its trust in clients must stay what it is, since a revocation list is missing.
fn resource(
    context: &Context<'_>,
    plan: &LeafPlan<'_>,
    credential: &Credential,
    certificate: &Certificate,
) -> (Resource, bool) {
    let project = context.project;
    let same_secret = !own_secret(project, credential);
    let trust = project.hosts_of(plan.credential).filter(|_| same_secret).find_map(|host| {
        let mut trust = context.client_trust(host)?;
        trust.ca.origin = trust.ca.origin.and(&secrets::trust_origin(project, host));
        Some(trust)
    });
    let is_usable = |trust: &Trust| if plan.there.is_some() { trust.is_whole } else { trust.is_current };
    let stays = trust.as_ref().is_some_and(|trust| !is_usable(trust));
    let trust = trust.filter(is_usable).map(|trust| (trust.ca, trust.crl));
    let of_servers = || context.server_trust(credential).filter(|_| same_secret).map(|(ca, _)| (ca, None));
    let trust = trust.or_else(of_servers);
    let signer = plan.leaf.authority.and_then(|id| context.signer(id));
    // One that was brought has its chain with it.
    let brought = context.fulfilled.chains.get(&plan.credential);
    let there = plan.there.filter(|there| there.certificate == *certificate);
    let with_it = brought.or_else(|| there.filter(|there| there.is_brought()).map(|there| &there.chain));
    let chain = match with_it {
        Some(chain) => chain.iter().collect(),
        None => context.chain(certificate, there.map_or(&[], |there| &there.chain)),
    };
    let is_brought = with_it.is_some();
    (secrets::server(project, credential, plan.leaf, (certificate, &chain, is_brought), signer, trust), stays)
}

/// Whether what it says of whose clients it lets in is sealed.
fn hides_trust(document: &Node) -> bool {
    TRUST.iter().any(|path| matches!(document.at(path), Some(Node::Enc(_))))
}

/// A new certificate that can't come yet: the trust in clients beside it is sealed, and must come along.
fn frozen_trust(context: &Context<'_>, there: &ExistingLeaf) -> Diagnostic {
    let message = format!("{} stays as it is: its trust in clients is sealed with its key", there.shown);
    let finding = Diagnostic::notice(Code::FROZEN, message).note(
        "a revocation list is missing, so what it says of clients must stay, and nobody here can read it",
    );
    let needs = match context.keyring.open(&there.shown, &there.sealed) {
        Opened::Locked(needs) => needs,
        Opened::Key(_) | Opened::Broken(_) => Vec::new(),
    };
    needs.iter().fold(finding, Diagnostic::note).help(NEEDS_HELP)
}

/// Puts the trust in clients of a Secret that is there into its successor.
fn take_trust(old: Option<&Node>, new: &mut Node) {
    for path in TRUST.into_iter().chain([TRUST_DIGEST]) {
        match old.and_then(|old| old.at(path)) {
            Some(there) => node::insert(new, path, there.clone()),
            None => node::remove(new, path),
        }
    }
}

/// What is left of a Secret that changed places in a run that was cut off: it stays where nothing lists it.
fn unlisted(resource: &Resource, there: &ExistingLeaf, copy: &ProjectPath) -> Vec<SecretFile> {
    let certificate =
        there.hides_certificate().then(|| ProjectPath::new(beside(&there.namespace, &there.secret)));
    let paths = certificate.into_iter().filter_map(Result::ok).chain([copy.clone()]);
    let file = |path| Desired { place: Place::Pki, path, contents: None };
    paths
        .map(|path| SecretFile {
            resource: resource.clone(),
            file: file(path),
            waits: None,
            trust_is_old: false,
        })
        .collect()
}

/// The text of a Secret's file.
struct Text {
    /// `None` where what is there is right, or must do.
    contents: Option<String>,
    hides_certificate: bool,
    waits: Option<Waiting>,
    trust_is_old: bool,
}

fn seal_new(
    context: &Context<'_>,
    resource: &Resource,
    issued: &Issued,
    path: &ProjectPath,
    trust_of: Option<&ExistingLeaf>,
    report: &mut Report,
) -> Result<Text, SopsError> {
    let sealing = match context.audiences.sealing(Place::Out, path, None) {
        Ok(sealing) => sealing,
        Err(finding) => {
            report.push(*finding);
            return Ok(Text { contents: None, hides_certificate: false, waits: None, trust_is_old: false });
        }
    };
    report.extend(sealing.notices.clone());
    let key = Zeroizing::new(encoded_key(&issued.key));
    let origin = Origin::default_of("secrets.key");
    let mut tree = resource.tree.clone();
    let data = tree.get("data").cloned().unwrap_or_else(|| Tree::map(&origin));
    tree = tree.with("data", data);
    let mut document = node::from_tree(&tree);
    if let Some(there) = trust_of {
        // Its trust is carried on, be it sealed: without `ca.crt` nobody would come in, and without `ca.crl` too many.
        let hidden = there.sealed.document(0).is_some_and(hides_trust);
        let opened = if hidden { context.keyring.plain(&there.sealed) } else { None };
        match &opened {
            Some(plain) => take_trust(plain.documents.first(), &mut document),
            None if hidden => {
                report.push(frozen_trust(context, there));
                let hides_certificate = there.hides_certificate();
                return Ok(Text { contents: None, hides_certificate, waits: None, trust_is_old: false });
            }
            None => take_trust(there.sealed.document(0), &mut document),
        }
    }
    node::insert(&mut document, &["data", "tls.key"], Node::str(key.as_str()));
    if context.project.secrets.filter.value == Filter::Rule {
        node::sort(&mut document);
    }
    let contents = Some(encrypt(document, &sealing, context.ambient)?);
    let hides_certificate = sealing.filter.covers(&["data", "tls.crt"]).unwrap_or(true);
    Ok(Text { contents, hides_certificate, waits: None, trust_is_old: false })
}

/// What a file needs to be as it should be.
enum Change {
    None,
    /// Its readable part is another one.
    Clear(Node),
    /// It must be opened: what differs is sealed with the key.
    Sealed {
        /// Whether the host fails, or lets others in, until then.
        urgent: bool,
        /// What can be done without a key: all but the chain and the trust in clients.
        meanwhile: Option<Node>,
    },
}

/// The file that is there, with everything but its key as it should be.
fn keep(
    context: &Context<'_>,
    plan: &LeafPlan<'_>,
    resource: &Resource,
    there: &ExistingLeaf,
    (path, trust_stays): (&ProjectPath, bool),
    report: &mut Report,
) -> Result<Text, SopsError> {
    let hides_certificate = there.hides_certificate();
    let kept = |contents| Text { contents, hides_certificate, waits: None, trust_is_old: false };
    let moved = there.path != *path || there.parked.is_some();
    let mut wanted = node::from_tree(&resource.tree);
    if trust_stays {
        take_trust(there.sealed.document(0), &mut wanted);
    }
    let (urgent, meanwhile) = match change(&there.sealed, wanted, moved) {
        Change::None => return Ok(kept(None)),
        Change::Clear(document) => return there.sealed.with_clear(document).map(|text| kept(Some(text))),
        Change::Sealed { urgent, meanwhile } => (urgent, meanwhile),
    };
    let needs = match context.keyring.open(&there.shown, &there.sealed) {
        Opened::Key(key) if key.matches(&there.certificate) => {
            let issued = Issued { certificate: there.certificate.clone(), key: *key };
            let stays = Some(there).filter(|_| trust_stays);
            return seal_new(context, resource, &issued, path, stays, report);
        }
        Opened::Key(_) => {
            let reason = "its private key and its certificate do not belong together";
            report.push(broken(&there.shown, reason));
            return Ok(kept(None));
        }
        Opened::Broken(finding) => {
            report.push(*finding);
            return Ok(kept(None));
        }
        Opened::Locked(needs) => needs,
    };
    let owner = context.project.owner(plan.credential);
    if !context.project.is_settled_at(Code::FROZEN.name(), plan.credential) {
        let rotated = if owner.word == "client" { "client" } else { "host" };
        let what = if urgent { "chain or trust" } else { "metadata" };
        let message = format!("{} stays as it is: its {what} is sealed with its key", there.shown);
        let finding = needs.iter().fold(Diagnostic::notice(Code::FROZEN, message), Diagnostic::note);
        report.push(finding.help(format!(
            "a render with an identity that opens it writes it anew; so does `gatewright rotate {rotated} {}`",
            resource.name
        )));
    }
    let known = |wait: &Waiting| wait.word == owner.word && wait.name == resource.name;
    let waits = (urgent && !context.fulfilled.waiting.iter().any(known)).then(|| Waiting {
        word: owner.word,
        name: resource.name.clone(),
        place: owner.place,
        missing: false,
        why: match owner.word {
            "client" => "its Secret must hold another chain or trust other servers",
            _ => "its Secret must hold another chain or let other clients in",
        }
        .to_owned(),
        needs,
    });
    let contents = meanwhile.map(|document| there.sealed.with_clear(document)).transpose()?;
    Ok(Text { waits, trust_is_old: urgent, ..kept(contents) })
}

/// What a file needs to say what `wanted` does.
fn change(sealed: &Sealed, wanted: Node, moved: bool) -> Change {
    let Some(old) = sealed.document(0) else { return Change::None };
    let is_hidden = hides_trust(old);
    let digest = |node: &Node| node.at(TRUST_DIGEST).and_then(Node::as_str).map(str::to_owned);
    let differs = |path: &[&str]| match (old.at(path), wanted.at(path)) {
        (None, None) => false,
        (Some(Node::Enc(_)), Some(_)) => digest(old) != digest(&wanted),
        (old, new) => old != new,
    };
    let other_trust = TRUST.into_iter().any(differs);
    let chain = |node: &Node| {
        node.at(&["metadata", "annotations", CHAIN_DIGEST]).and_then(Node::as_str).map(str::to_owned)
    };
    let mut sealed_away: Vec<&[&str]> = Vec::new();
    if matches!(old.at(&["data", "tls.crt"]), Some(Node::Enc(_))) && chain(old) != chain(&wanted) {
        sealed_away.push(&["metadata", "annotations", CHAIN_DIGEST]);
    }
    let covered = TRUST.iter().any(|path| sealed.filter().covers(path).unwrap_or(true));
    if other_trust && (is_hidden || covered || !sealed.mac_only_encrypted()) {
        sealed_away.extend(TRUST.into_iter().chain([TRUST_DIGEST]));
    }
    if !sealed_away.is_empty() {
        let mut as_it_was = wanted;
        for path in sealed_away {
            match old.at(path) {
                Some(there) => node::insert(&mut as_it_was, path, there.clone()),
                None => node::remove(&mut as_it_was, path),
            }
        }
        let meanwhile = match change(sealed, as_it_was, moved) {
            Change::Clear(document) => Some(document),
            Change::None | Change::Sealed { .. } => None,
        };
        return Change::Sealed { urgent: true, meanwhile };
    }
    let mut new = wanted;
    node::carry_sealed(old, &mut new);
    node::arrange(old, &mut new);
    if node::same(old, &new) && !moved {
        Change::None
    } else if sealed.mac_only_encrypted() {
        Change::Clear(new)
    } else {
        Change::Sealed { urgent: false, meanwhile: None }
    }
}
