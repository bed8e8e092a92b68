//! Hosts that led old clients to the root they trust by a cross-signed certificate, and that show it no more though that root
//! is still trusted.

use std::collections::BTreeSet;

use super::certs::LeafPlan;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, Project};
use crate::paths::Place;
use crate::pki::Certificate;
use crate::state::{Existing, ExistingLeaf};
use crate::time::Timestamp;

/// How many hosts a finding names.
const NAMED: usize = 3;

/// Reports the roots of which that is so, by what the hosts show until now.
pub(super) fn check(
    project: &Project,
    existing: &Existing,
    leaves: &[LeafPlan<'_>],
    now: Timestamp,
    report: &mut Report,
) {
    for (id, authority) in project.authorities_with_ids() {
        let signing = authority.signing();
        let code = Code::OTHER_ROOT.name();
        if authority.parent.is_some()
            || authority.crossed_by(signing).is_some()
            || project.is_settled(code, &authority.settled)
        {
            continue;
        }
        let made = |number| {
            let key = (authority.name.value.to_string(), number);
            existing.generations.get(&key).map(|file| file.root())
        };
        let Some(own) = made(signing.number) else { continue };
        let earlier =
            authority.generations.iter().filter(|one| one.number < signing.number && one.is_trusted());
        for old in earlier {
            let Some(root) = made(old.number).filter(|root| root.not_after() > now) else { continue };
            let led = leaves.iter().filter(|leaf| {
                let below = leaf.leaf.authority.is_some_and(|own| project.way_up(own).contains(&id));
                below && leaf.there.is_some_and(|there| leads(existing, there, (own, root), now))
            });
            let names: BTreeSet<String> = led
                .map(|leaf| project.owner(leaf.credential))
                .map(|owner| format!("{} `{}`", owner.word, owner.name))
                .collect();
            if !names.is_empty() {
                report.push(finding(existing, authority, old.number, &names));
            }
        }
    }
}

/// Whether a Secret shows a certificate for the key of a new root that the old one signed.
fn leads(
    existing: &Existing,
    there: &ExistingLeaf,
    (own, old): (&Certificate, &Certificate),
    now: Timestamp,
) -> bool {
    let is_cross = |one: &&Certificate| {
        one.spki_sha256() == own.spki_sha256() && one.signed_by(old) && one.not_after() > now
    };
    let crossed = existing.crossed_chain_of(&there.certificate);
    let hidden = there.hides_certificate()
        && there.hides_other_chain(&existing.chain_of(&there.certificate))
        && !there.hides_other_chain(&crossed);
    there.chain.iter().any(|one| is_cross(&one)) || hidden && crossed.iter().any(is_cross)
}

fn finding(existing: &Existing, authority: &Authority, old: u32, names: &BTreeSet<String>) -> Diagnostic {
    let name = &authority.name.value;
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let bundle = existing.names.below(Place::Pki, &format!("{name}/ca.crt"));
    Diagnostic::warning(
        Code::OTHER_ROOT,
        format!("{shown}{more}: the cross-signed certificate of authority `{name}` is not shown any more"),
    )
    .at(authority.word, "does not say `cross-signed` now")
    .note(format!("whoever trusts its generation {old} alone refuses them once this is applied"))
    .help(format!("leave `cross-signed` there until generation {old} is retired"))
    .help(format!("or give clients {bundle} before, which holds both generations"))
}
