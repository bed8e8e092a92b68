//! istiod's authority → the Secret `cacerts` that it reads, without its private key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::secret::crossed;
use super::{Resource, ResourceId, Tree, metadata};
use crate::model::{Cacerts, Project};
use crate::pki::Certificate;
use crate::plan::files::{PathError, ProjectPath};
use crate::spec::Origin;
use crate::state::Statement;

/// The name that istiod looks for.
pub const NAME: &str = "cacerts";
/// Where its private key stands.
pub const KEY: &str = "ca-key.pem";

/// The path below `out/` of its Secret.
///
/// # Errors
/// Where no file can be called so.
pub fn path(cacerts: &Cacerts) -> Result<ProjectPath, PathError> {
    ProjectPath::new(format!("{}/secret-{NAME}.sops.yaml", cacerts.folder()))
}

/// The Secret with everything but its key. The chain is the authorities between istiod's and the root, from below; the
/// roots are all that workloads trust.
#[must_use]
pub fn secret(
    project: &Project,
    cacerts: &Cacerts,
    certificate: &Certificate,
    (chain, roots): (&[&Certificate], &[&Certificate]),
) -> Resource {
    let origin = Origin::spec(cacerts.word);
    let authority = project.authority(cacerts.authority);
    let fold = |first: Origin, rest: &[&Origin]| rest.iter().fold(first, |all, one| all.and(one));
    let theirs: Vec<_> = authority.certificate.subject.parts().map(|part| &part.origin).collect();
    let issuer = fold(cacerts.authority_origin.clone(), &theirs);
    let own: Vec<_> = cacerts.certificate.subject.parts().map(|part| &part.origin).collect();
    let subject = fold(Origin::default_of("cacerts.subject"), &own);
    // It ends with those above it.
    let above =
        project.way_up(cacerts.authority).into_iter().map(|id| &project.authority(id).certificate.valid);
    let valid = &cacerts.certificate.valid;
    let clamps: Vec<_> = above.filter(|one| one.value <= valid.value).map(|one| &one.origin).collect();
    let end = fold(valid.origin.clone(), &clamps);
    let signer = authority.signer_origin();
    let all = fold(
        issuer.clone(),
        &[&subject, &end, &cacerts.name.origin, &cacerts.certificate.key.origin, &signer],
    );
    let all = project.seed_origins(&cacerts.certificate).fold(all, |all, one| all.and(one));
    let between = project.way_up(cacerts.authority).into_iter();
    let between = between.filter(|id| project.authority(*id).parent.is_some());
    let root = project.root_of(cacerts.authority);
    let above = between.chain(crossed(project, root)).map(|id| project.authority_origin(id));
    let above = above.chain(project.authority(root).cross_origin());
    let whole_chain = above.fold(all.clone(), |all, one| all.and(&one));
    let trust = cacerts.authority_origin.and(&project.trust_origin(root));
    let pem = |certificates: &[&Certificate], origin: &Origin| {
        let text: String = certificates.iter().map(|certificate| certificate.to_pem()).collect();
        Tree::string(STANDARD.encode(text), origin)
    };
    let whole: Vec<_> = [certificate].into_iter().chain(chain.iter().copied()).collect();
    let data = Tree::map(&origin)
        .with("ca-cert.pem", pem(&[certificate], &all))
        .with("cert-chain.pem", pem(&whole, &whole_chain))
        .with("root-cert.pem", pem(roots, &trust));
    let fixed = Origin::default_of("cacerts.secret");
    let mut tree = metadata::known(
        "v1",
        "Secret",
        Tree::string(NAME, &fixed),
        Tree::traced(&cacerts.namespace),
        &origin,
    );
    let sealed = Origin::default_of("secrets.label");
    metadata::label(&mut tree, "gatewright.dev/sealed", Tree::string("true", &sealed));
    for (statement, why) in [
        (Statement::Subject, &subject),
        (Statement::End, &end),
        (Statement::Digest, &all),
        (Statement::Issuer, &issuer),
    ] {
        metadata::annotate(&mut tree, statement.annotation(), Tree::string(statement.of(certificate), why));
    }
    Resource {
        id: id(cacerts),
        word: NAME.into(),
        name: cacerts.name.value.to_string(),
        tree: tree.with("type", Tree::string("Opaque", &fixed)).with("data", data),
    }
}

fn id(cacerts: &Cacerts) -> ResourceId {
    ResourceId {
        namespace: Some(cacerts.namespace.value.to_string()),
        group: "".into(),
        kind: "Secret".into(),
        name: NAME.to_owned(),
    }
}
