//! Certificates → Kubernetes Secrets, without their private keys: those are added where they are sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use sha2::{Digest as _, Sha256};

use super::Tree;
use super::{Resource, ResourceId, layer, metadata};
use crate::diag::Report;
use crate::model::{AltName, AuthorityId, CertificateFacts, Credential, Host, Leaf, Project};
use crate::pki::Certificate;
use crate::plan::files::{PathError, ProjectPath};
use crate::spec::{Origin, Traced};
use crate::state::{BROUGHT, CHAIN_DIGEST, Statement, chain_digest};

/// The annotation that says whose clients a Secret lets in, by the SHA-256 of its `ca.crt` and `ca.crl`: these may be sealed.
pub const CA_DIGEST: &str = "gatewright.dev/ca-sha256";

/// The path below `out/` of a server's Secret.
///
/// # Errors
/// Where no file can be called so.
pub fn path(credential: &Credential) -> Result<ProjectPath, PathError> {
    ProjectPath::new(format!("{}/secret-{}.sops.yaml", credential.namespace.value, credential.secret.value))
}

/// A server's TLS Secret as a tree with everything but `data.tls.key`. `signer` is the authority's certificate; the
/// chain is those between it and its root, from below; and whether it was brought in files.
#[must_use]
pub fn server(
    project: &Project,
    credential: &Credential,
    leaf: &Leaf,
    (certificate, chain, is_brought): (&Certificate, &[&Certificate], bool),
    signer: Option<&Certificate>,
    trust: Option<(Tree, Option<Tree>)>,
) -> Resource {
    let origin = Origin::spec(leaf.word);
    let reasons = reasons(project, leaf, is_clamped(leaf, certificate, signer));
    let above: String = chain.iter().map(|authority| authority.to_pem()).collect();
    let all = format!("{}{above}", certificate.to_pem());
    let mut data = Tree::map(&origin).with("tls.crt", encoded(&all, &reasons.all.and(&reasons.chain)));
    let mut digest = None;
    if let Some((client_ca, crl)) = trust {
        let pem = |tree: &Tree| tree.as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let all = [pem(&client_ca), crl.as_ref().map(pem).unwrap_or_default()].concat();
        digest = Some(Tree::string(hex(&Sha256::digest(all)), &client_ca.origin));
        data = data.with("ca.crt", client_ca);
        data = crl.into_iter().fold(data, |data, crl| data.with("ca.crl", crl));
    }
    let mut tree = metadata::known(
        "v1",
        "Secret",
        Tree::traced(&credential.secret),
        Tree::traced(&credential.namespace),
        &origin,
    );
    let sealed = Origin::default_of("secrets.label");
    metadata::label(&mut tree, "gatewright.dev/sealed", Tree::string("true", &sealed));
    for statement in Statement::ALL {
        let said = statement.of(certificate);
        if said.is_empty() && matches!(statement, Statement::Names | Statement::OtherNames) {
            continue;
        }
        metadata::annotate(&mut tree, statement.annotation(), Tree::string(said, reasons.of(statement)));
    }
    if !chain.is_empty() {
        let digest = Tree::string(chain_digest(chain), &reasons.chain);
        metadata::annotate(&mut tree, CHAIN_DIGEST, digest);
    }
    if is_brought {
        let source = Tree::string(BROUGHT.1, &leaf.source_origin);
        metadata::annotate(&mut tree, BROUGHT.0, source);
    }
    if let Some(digest) = digest {
        metadata::annotate(&mut tree, CA_DIGEST, digest);
    }
    // A door can't say what is said here already, so that nothing is left to report.
    layer::metadata(&mut tree, &leaf.metadata, &mut Report::default());
    let kind = Origin::default_of("secrets.type");
    tree = tree.with("type", Tree::string("kubernetes.io/tls", &kind)).with("data", data);
    resource((leaf.called, leaf.title()), credential, "", tree)
}

/// The Secrets of all certificates that we issue, with what a spec says of them and nothing that they hold.
#[must_use]
pub fn outlines(project: &Project) -> Vec<Resource> {
    let outline = |credential: &Credential| {
        let leaf = credential.kind.sealed()?;
        let mut tree = metadata::known(
            "v1",
            "Secret",
            Tree::traced(&credential.secret),
            Tree::traced(&credential.namespace),
            &Origin::spec(leaf.word),
        );
        layer::metadata(&mut tree, &leaf.metadata, &mut Report::default());
        Some(resource((leaf.called, leaf.title()), credential, "", tree))
    };
    project.credentials().iter().filter_map(outline).collect()
}

/// The Secret of what whoever shows a credential trusts, `<credential>-cacert`: nothing private.
#[must_use]
pub fn trust(
    credential: &Credential,
    owner: (&'static str, String),
    origin: &Origin,
    (ca, crl): (Tree, Option<Tree>),
) -> Resource {
    let name = format!("{}-cacert", credential.secret.value);
    let kind = Origin::default_of("secrets.type");
    let mut tree = metadata::known(
        "v1",
        "Secret",
        Tree::string(name, &credential.secret.origin),
        Tree::traced(&credential.namespace),
        origin,
    )
    .with("type", Tree::string("Opaque", &kind))
    .with(
        "data",
        crl.into_iter().fold(Tree::map(origin).with("ca.crt", ca), |data, crl| data.with("ca.crl", crl)),
    );
    if let Some(leaf) = credential.kind.leaf() {
        layer::metadata(&mut tree, &leaf.metadata, &mut Report::default());
    }
    resource(owner, credential, "-cacert", tree)
}

/// Why trust anchors of clients are where they are: the host asks for a certificate, and the project says where they go.
#[must_use]
pub fn trust_origin(project: &Project, host: &Host) -> Origin {
    host.tls.origin.and(&project.secrets.ca_in.origin)
}

/// The value of `ca.crt`: all certificates, base64 of PEM.
#[must_use]
pub fn bundle(certificates: &[&Certificate], origin: &Origin) -> Tree {
    let pem: String = certificates.iter().map(|certificate| certificate.to_pem()).collect();
    encoded(&pem, origin)
}

fn resource(
    (word, name): (&'static str, String),
    credential: &Credential,
    suffix: &str,
    tree: Tree,
) -> Resource {
    Resource {
        id: ResourceId {
            namespace: Some(credential.namespace.value.to_string()),
            group: "".into(),
            kind: "Secret".into(),
            name: format!("{}{suffix}", credential.secret.value),
        },
        word: word.into(),
        name,
        tree,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value under `data`.
#[must_use]
pub fn encoded(text: &str, origin: &Origin) -> Tree {
    Tree::string(STANDARD.encode(text), origin)
}

/// What decides each statement about a certificate.
struct Reasons {
    subject: Origin,
    names: Origin,
    other_names: Origin,
    end: Origin,
    issuer: Origin,
    chain: Origin,
    all: Origin,
}

impl Reasons {
    fn of(&self, statement: Statement) -> &Origin {
        match statement {
            Statement::Subject => &self.subject,
            Statement::Names => &self.names,
            Statement::OtherNames => &self.other_names,
            Statement::End => &self.end,
            Statement::Digest => &self.all,
            Statement::Issuer => &self.issuer,
        }
    }
}

/// A root that stands in chains below another one: the generation before it signed it too.
pub(super) fn crossed(project: &Project, root: AuthorityId) -> Option<AuthorityId> {
    project.authority(root).cross_origin().map(|_| root)
}

/// Whether a certificate ends with its authority, before its own time.
fn is_clamped(leaf: &Leaf, certificate: &Certificate, signer: Option<&Certificate>) -> bool {
    let life = certificate.not_after() - certificate.not_before();
    signer.is_some_and(|signer| signer.not_after() == certificate.not_after())
        && life <= leaf.certificate.valid.value
}

fn reasons(project: &Project, leaf: &Leaf, clamped: bool) -> Reasons {
    let fold =
        |first: Origin, rest: &mut dyn Iterator<Item = &Origin>| rest.fold(first, |all, one| all.and(one));
    let is_dns = |san: &&Traced<AltName>| matches!(san.value, AltName::Dns(_));
    let dns = leaf.names.iter().map(|name| &name.origin);
    let dns = dns.chain(leaf.sans.iter().filter(is_dns).map(|san| &san.origin));
    let others = leaf.sans.iter().filter(|san| !is_dns(san)).map(|san| &san.origin);
    let of = |mut origins: Vec<&Origin>| match origins.pop() {
        Some(last) => fold(last.clone(), &mut origins.into_iter()),
        None => Origin::spec(leaf.word),
    };
    let names = of(dns.clone().collect());
    let other_names = of(others.clone().collect());
    let all_names = of(dns.chain(others).collect());
    let subject_of =
        |facts: &CertificateFacts| facts.subject.parts().map(|part| part.origin.clone()).collect::<Vec<_>>();
    let own = subject_of(&leaf.certificate);
    let subject = match own.split_first() {
        Some((first, rest)) => fold(first.clone(), &mut rest.iter()),
        // No common name is longer than 64 characters.
        None if leaf.called == "client" => Origin::default_of("client.subject"),
        None => Origin::default_of("host.subject"),
    };
    let source = leaf.source_origin.clone();
    let valid = &leaf.certificate.valid.origin;
    let Some((id, authority)) = leaf.authority.map(|id| (id, project.authority(id))) else {
        let all = all_names.and(&source);
        let [subject, end, issuer, chain] = [&all; 4].map(Origin::clone);
        return Reasons { subject, names, other_names, end, issuer, chain, all };
    };
    let theirs = subject_of(&authority.certificate);
    let issuer = fold(source.clone(), &mut theirs.iter());
    let between = project.way_up(id).into_iter();
    let between = between.filter(|id| project.authority(*id).parent.is_some());
    let root = project.root_of(id);
    let above = between.chain(crossed(project, root)).map(|id| project.authority_origin(id));
    let chain =
        above.chain(project.authority(root).cross_origin()).fold(source.clone(), |all, one| all.and(&one));
    let end =
        if clamped { valid.and(&authority.certificate.valid.origin).and(&source) } else { valid.clone() };
    let signer = authority.signer_origin();
    let derived = project.seed_origins(&leaf.certificate);
    let all = [&subject, &issuer, &end, &leaf.certificate.key.origin, &signer]
        .into_iter()
        .chain(derived)
        .fold(all_names, |all, one| all.and(one));
    Reasons { subject, names, other_names, end, issuer, chain, all }
}
