//! What is to be known of an authority that came in files.

use super::authority::Desk;
use super::shell::quoted;
use crate::paths::Place;
use crate::pki::Certificate;
use crate::pki::armor::hex;
use crate::state::KeyFile;

/// What is to be known of an authority that came.
pub(super) fn tell(desk: &Desk<'_>, chain: &[Certificate], has_lost_lists: bool) {
    let name = desk.name();
    if chain.first().is_some_and(|own| !own.signs_lists()) {
        desk.printer.note(&format!(
            "it may sign no revocation list (its key usage lacks `cRLSign`): no client of {name} can be revoked"
        ));
    }
    let identifier = |own: &Certificate| hex(own.key_identifier());
    if let Some((before, own)) = desk.there.map(|file| &file.certificate).zip(chain.first())
        && own.ski().is_some_and(|new| new != before.key_identifier())
    {
        desk.printer.note(&format!(
            "it names its key by another identifier now: {} instead of {}; what it signed is issued anew by the next render that opens its key, and clients are refused until they have their new certificates (`gatewright client export`); a certificate that says the old one changes nothing of what it signed",
            identifier(own),
            identifier(before)
        ));
    }
    let (before, root) = (desk.there.map(KeyFile::root), chain.last());
    if let Some((before, root)) = before.zip(root)
        && before.spki_sha256() != root.spki_sha256()
    {
        let bundle = desk.existing.names.below(Place::Pki, &format!("{name}/ca.crt"));
        desk.printer.note(&format!(
            "its root is another one now: {} instead of {}; whoever trusts {bundle} as it was refuses what {name} signs, so give them the new root before the tree is applied",
            root.called(),
            before.called()
        ));
    }
    if has_lost_lists {
        let lists = desk.existing.names.below(Place::Pki, &format!("{name}/ca.crl"));
        desk.printer.note(&format!(
            "a revocation list that was above it before has left {lists}: where something is revoked, hosts wait for the lists of those that are above it now, which `gatewright authority import {} --crl FILE` takes",
            quoted(name)
        ));
    }
}
