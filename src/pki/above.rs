//! What stands above a certificate, out of those that came with it.

use crate::pki::Certificate;
use crate::pki::pair::PairError;

/// A chain from below, its root, and what belongs to neither.
pub type Above = (Vec<Certificate>, Option<Certificate>, Vec<Certificate>);

/// The chain above a certificate, its root, and what is left over.
///
/// # Errors
/// [`PairError::Incomplete`], where not even the certificate's own issuer is there, or where the chain ends below a root
/// that is.
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
    let misses_root = root.is_none() && others.iter().any(Certificate::is_self_signed);
    if root.is_none() && !last.is_self_signed() && (chain.is_empty() || misses_root) {
        return Err(PairError::Incomplete {
            subject: last.subject().to_string(),
            issuer: last.issuer().to_string(),
        });
    }
    Ok((chain, root, others))
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
