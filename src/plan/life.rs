//! How long authorities' certificates count once a run has done its work; and those that count for less than they could, since
//! one above ended early when they were signed: their keys are signed again.

use super::authority::GenerationPlan;
use super::certs::BACKDATE;
use super::grid::Life;
use super::seed;
use crate::model::{AuthorityId, Project};
use crate::pki::Certificate;
use crate::state::Existing;
use crate::time::Timestamp;

/// What differs where nothing but the time does.
pub(super) const LIFE: &str = "life";

impl GenerationPlan<'_> {
    /// The life of a certificate that is signed now, within that of the one that signs it. When the one above was made or signed
    /// again changes nothing of what follows from a seed.
    #[must_use]
    pub fn life_within(&self, above: Option<Life>, now: Timestamp) -> Life {
        let (from, to) = above.unwrap_or((Timestamp::MIN, Timestamp::MAX));
        let from = if self.start.is_some() { Timestamp::MIN } else { from };
        let start = self.start.unwrap_or(now);
        ((start - BACKDATE).max(from), (start + self.shape.valid).min(to))
    }

    /// Whether its key is to be signed again so that it counts for longer, and for nothing else: then what is there goes on until
    /// somebody can, as long as it counts.
    #[must_use]
    pub fn is_extended(&self, now: Timestamp) -> bool {
        self.resign.as_deref() == Some(&[LIFE]) && self.end > now
    }
}

/// Finds the life of each after this run, from the roots downward.
pub(super) fn settle(
    project: &Project,
    existing: &Existing,
    now: Timestamp,
    plans: &mut [GenerationPlan<'_>],
) {
    let mut order: Vec<_> = plans.iter().map(|plan| plan.authority).enumerate().collect();
    order.sort_by_key(|(_, id)| project.way_up(*id).len());
    for (i, id) in order {
        let above = project.authority(id).parent.as_ref().and_then(|above| of(plans, above.value));
        let Some(plan) = plans.get_mut(i) else { continue };
        let signed_now = plan.life_within(above, now);
        let Some(there) = plan.there.map(|file| &file.certificate) else {
            plan.life = project.authority(id).files.is_none().then_some(signed_now);
            continue;
        };
        let is_below = project.authority(id).parent.is_some() && !plan.generation.retired;
        if is_below && differs(project, existing, plan, (there, signed_now), now) {
            plan.resign.get_or_insert_default().push(LIFE);
        }
        let end = above.map_or(plan.end, |(_, end)| there.not_after().min(end));
        plan.life = Some(if plan.resign.is_some() { signed_now } else { (there.not_before(), end) });
    }
}

/// That of the generation of an authority that signs.
pub(super) fn of(plans: &[GenerationPlan<'_>], authority: AuthorityId) -> Option<Life> {
    plans.iter().find(|plan| plan.signs && plan.authority == authority)?.life
}

/// Whether one that is signed now would end later, and not only since it is signed later. What follows from a seed ends exactly
/// when one would that is made now.
fn differs(
    project: &Project,
    existing: &Existing,
    plan: &GenerationPlan<'_>,
    (there, signed_now): (&Certificate, Life),
    now: Timestamp,
) -> bool {
    let (start, end) = (there.not_before(), there.not_after());
    let is_exact =
        seed::of(project, existing).is_some_and(|seed| seed.id.made(there)) && plan.start.is_some();
    signed_now.1 > now
        && if is_exact { signed_now.1 != end } else { end - start < plan.shape.valid && signed_now.1 > end }
}
