//! The file of a project's seed: what everybody may know of it readable, its bytes sealed for who opens the authorities' keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::request::Refused;
use super::{Audiences, encrypt};
use crate::issue::Ambient;
use crate::paths::mark::Mark;
use crate::pki::{Seed, seed};
use crate::plan::files::{Place, ProjectPath};
use crate::sops::{EntropyError, Node, SopsError};

/// Draws a seed and seals it for this path below `pki/`.
///
/// # Errors
/// [`Refused`].
pub fn draw(
    audiences: &Audiences<'_>,
    ambient: &Ambient<'_>,
    path: &ProjectPath,
) -> Result<Vec<u8>, Refused> {
    let sealing = audiences.sealing(Place::Pki, path, None).map_err(Refused::Finding)?;
    let mut bytes = Zeroizing::new([0; seed::LENGTH]);
    ambient.entropy.fill(bytes.as_mut_slice()).map_err(SopsError::Entropy)?;
    let drawn = Seed::new(&bytes).map_err(|error| SopsError::Entropy(EntropyError(error.to_string())))?;
    let encoded = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
    let data = Node::map([("id", Node::str(drawn.id().to_string())), ("seed", Node::str(encoded.as_str()))]);
    let text = encrypt(Node::map([("data", data)]), &sealing, ambient)?;
    let mark = Mark { word: "seed".to_owned(), name: drawn.id().to_string(), path: path.as_str().to_owned() };
    Ok(format!("{mark}\n{text}").into_bytes())
}
