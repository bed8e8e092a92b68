//! What stands above a certificate, out of those that came with it.

use crate::pki::Certificate;
use crate::pki::pair::PairError;

/// A chain from below, its root, and what belongs to neither.
pub type Above = (Vec<Certificate>, Option<Certificate>, Vec<Certificate>);

/// The chain above a certificate, its root, and what is left over.
///
/// # Errors
/// [`PairError::Incomplete`], where not even the certificate's own issuer is there, or where the chain ends below a root
/// that is; [`PairError::Unfit`], where it ends below a certificate that has the issuer's name and is another one;
/// [`PairError::NoRoot`], where the certificate says that it signed itself and does not count.
pub fn above(certificate: &Certificate, mut others: Vec<Certificate>) -> Result<Above, PairError> {
    let mut chain: Vec<Certificate> = Vec::new();
    let mut root = None;
    others.retain(|other| other != certificate);
    while !chain.last().unwrap_or(certificate).is_self_signed() && root.is_none() {
        let last = chain.last().unwrap_or(certificate);
        let Some(i) = others.iter().position(|other| last.signed_by(other)) else { break };
        let next = others.remove(i);
        if next.is_self_signed() { root = Some(next) } else { chain.push(next) }
    }
    others.retain(|other| !chain.contains(other));
    if root.is_none() && !certificate.is_self_signed() {
        // A cross-signed certificate leads on, and the root of the same key that is there is trusted too.
        let signs =
            |root: &Certificate| [certificate].into_iter().chain(&chain).any(|signed| signed.signed_by(root));
        let i = others.iter().position(|other| other.is_self_signed() && signs(other));
        root = i.map(|i| others.remove(i));
    }
    let last = chain.last().unwrap_or(certificate);
    if root.is_none()
        && !last.is_self_signed()
        && let Some(other) = others.iter().find(|other| other.subject() == last.issuer())
    {
        return Err(unfit(last, other));
    }
    let misses_root = root.is_none() && others.iter().any(Certificate::is_self_signed);
    if let Some(why) = certificate.no_root().filter(|_| root.is_none()) {
        return Err(PairError::NoRoot { subject: certificate.called(), why });
    }
    if root.is_none() && !last.is_self_signed() && (chain.is_empty() || misses_root) {
        return Err(PairError::Incomplete { subject: last.called(), issuer: last.issuer_called() });
    }
    Ok((chain, root, others))
}

/// Why a certificate of the right name is not the one that signed another.
fn unfit(signed: &Certificate, other: &Certificate) -> PairError {
    let is_named = signed.aki().is_some() && signed.aki() == other.ski();
    let why = if !other.is_ca() {
        "it may not sign others"
    } else if is_named {
        signed.not_read()
    } else {
        "its key is another one"
    };
    PairError::Unfit { subject: signed.called(), issuer: signed.issuer_called(), why }
}

/// The first of a chain that lets fewer authorities follow below it than do, with the number that does. `chain` is from below;
/// `below` follow its first one. One that its own name issued, as at a root's rotation, does not count.
pub fn too_short<'c>(
    chain: impl IntoIterator<Item = &'c Certificate>,
    mut below: u32,
) -> Option<(&'c Certificate, u32)> {
    for authority in chain {
        if authority.path_length().is_some_and(|length| length < below) {
            return Some((authority, below));
        }
        below += u32::from(authority.subject() != authority.issuer());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{Profile, Request, sign_again, workshop};
    use crate::spec::node::KeyKind;

    /// A root, two authorities below it, and a server's certificate, from above.
    fn chain() -> [Certificate; 4] {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let middle = workshop::under(&root, "middle", 1, None);
        let issuing = workshop::under(&middle, "issuing", 0, None);
        let leaf = workshop::server(&issuing, "shop.example.com");
        [root.certificate().clone(), middle.certificate().clone(), issuing.certificate().clone(), leaf]
    }

    #[test]
    fn a_link_that_is_missing_is_named_where_it_can_be_known() {
        let [root, middle, issuing, leaf] = chain();
        let whole = above(&leaf, vec![root.clone(), issuing.clone(), middle.clone()]).unwrap();
        assert_eq!(whole, (vec![issuing.clone(), middle.clone()], Some(root.clone()), vec![]));
        let open = above(&leaf, vec![issuing.clone()]).unwrap();
        assert_eq!(open, (vec![issuing.clone()], None, vec![]));
        let broken = above(&leaf, vec![issuing.clone(), root]).unwrap_err().to_string();
        assert!(broken.contains("CN=middle`, which signed `") && broken.contains("CN=issuing`"), "{broken}");
        let broken = above(&leaf, vec![middle]).unwrap_err().to_string();
        assert!(broken.contains("CN=issuing`, which signed `"), "{broken}");
    }

    #[test]
    fn one_of_the_right_name_is_told_from_one_that_is_missing() {
        let [root, middle, issuing, leaf] = chain();
        let no_authority = {
            let subject = workshop::name("example Inc.", "issuing");
            let key = workshop::leaf_key(KeyKind::EcdsaP256);
            let request = workshop::request(Profile::Server, &subject, leaf.sans());
            crate::pki::sign(&request, &key, &workshop::root(KeyKind::EcdsaP256, 1)).unwrap()
        };
        let said = |others: Vec<Certificate>| above(&leaf, others).unwrap_err().to_string();
        let found = said(vec![no_authority]);
        assert!(
            found.contains("CN=issuing` that is there did not sign `")
                && found.ends_with("may not sign others")
        );
        let found = said(vec![
            issuing.clone(),
            root.clone(),
            workshop::root(KeyKind::EcdsaP384, 1).certificate().clone(),
        ]);
        assert!(found.ends_with("is missing"), "{found}");
        let old = workshop::root(KeyKind::EcdsaP256, 2).certificate().clone();
        let found = said(vec![issuing, middle, old]);
        assert!(found.contains("did not sign") && found.ends_with("its key is another one"), "{found}");
    }

    #[test]
    fn a_chain_that_is_longer_than_one_of_it_allows() {
        let [root, middle, issuing, _] = chain();
        assert_eq!(too_short([&issuing, &middle, &root], 0), None);
        assert_eq!(too_short([&issuing, &middle, &root], 1), Some((&issuing, 1)));
        let narrow = workshop::under(&workshop::root(KeyKind::EcdsaP256, 1), "middle", 0, None);
        let narrow = narrow.certificate().clone();
        assert_eq!(too_short([&issuing, &narrow], 0), Some((&narrow, 1)));
        // One that its own name issued does not count.
        assert_eq!(too_short([&root, &narrow], 0), None);
    }

    /// Where the chain leads on to an older root, the root of the same key is reached all the same.
    #[test]
    fn a_cross_signed_root_is_reached() {
        let [old, new] = [1, 2].map(|generation| workshop::root(KeyKind::EcdsaP256, generation));
        let subject = workshop::name("example Inc.", "example.com");
        let request =
            Request { path_length: Some(1), ..workshop::request(Profile::Intermediate, &subject, &[]) };
        let cross = sign_again(&request, new.certificate(), &old).unwrap();
        let issuing = workshop::under(&new, "issuing", 0, None);
        let leaf = workshop::server(&issuing, "shop.example.com");
        let others = vec![issuing.certificate().clone(), cross.clone(), new.certificate().clone()];
        let (chain, root, unused) = above(&leaf, others).unwrap();
        assert_eq!(chain, [issuing.certificate().clone(), cross]);
        assert_eq!((root.as_ref(), unused.as_slice()), (Some(new.certificate()), [].as_slice()));
    }
}
