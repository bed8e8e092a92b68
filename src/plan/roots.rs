//! Roots that change: a host whose clients must trust another one at once, and an authority that takes the place of one
//! which the spec does not name any more.

use std::collections::{BTreeMap, BTreeSet};

use super::authority::{GenerationPlan, trusted_at};
use super::certs::{Action, LeafPlan};
use super::hold::is_same;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Owner, Project};
use crate::paths::Place;
use crate::pki::Certificate;
use crate::spec::Span;
use crate::state::{Existing, KeyFile};

/// Says which roots give way to others, except by a rotation, which the spec declares.
pub(super) fn check(
    project: &Project,
    existing: &Existing,
    generations: &[GenerationPlan<'_>],
    leaves: &[LeafPlan<'_>],
    report: &mut Report,
) {
    let roots = Roots { project, existing };
    let successions = roots.successions(generations, leaves);
    for (id, old) in &successions {
        report.push(roots.renamed(*id, old));
    }
    for plan in generations.iter().filter(|plan| plan.signs) {
        report.extend(roots.replaced(plan));
    }
    let mut moves: BTreeMap<(String, AuthorityId), Moved> = BTreeMap::new();
    for plan in generations {
        let authority = project.authority(plan.authority);
        let Some((there, parent)) = plan.there.filter(|_| plan.signs).zip(authority.parent.as_ref()) else {
            continue;
        };
        let name = authority.name.value.as_str();
        // Who trusts a root goes on trusting it when another one signs it.
        let old = roots.of(&there.certificate).filter(|_| !there.certificate.is_self_signed());
        let settled = project.is_settled(Code::OTHER_ROOT.name(), &authority.settled);
        if let Some(old) = old.filter(|_| plan.resign.is_some() && !settled) {
            roots.note_move((old, plan.authority), ("authority", name, parent.origin.span()), &mut moves);
        }
    }
    for leaf in leaves {
        let (Action::Issue(_), Some(there), Some(authority)) =
            (&leaf.action, leaf.there, leaf.leaf.authority)
        else {
            continue;
        };
        // The chain of one that was brought may lead to an authority that is known here.
        let last = there.chain.last().filter(|_| there.is_brought()).unwrap_or(&there.certificate);
        let signer = roots.signer(last);
        // What its own authority signed follows it, and that was looked at.
        let stays = signer.is_some_and(|(name, _)| name == project.authority(authority).name.value.as_str());
        if stays || project.is_settled_at(Code::OTHER_ROOT.name(), leaf.credential) {
            continue;
        }
        let owner = project.owner(leaf.credential);
        match roots.of(last) {
            Some(old) => {
                roots.note_move((old, authority), (owner.word, &owner.name, owner.place), &mut moves)
            }
            None if there.is_brought() => report.push(roots.left(last, authority, &owner)),
            None => {}
        }
    }
    for ((old, new), moved) in moves {
        if !successions.contains(&(new, old.clone())) {
            report.push(roots.moved(&old, new, moved));
        }
    }
}

/// What goes from one root to another.
struct Moved {
    what: Vec<String>,
    place: Option<Span>,
}

struct Roots<'a> {
    project: &'a Project,
    existing: &'a Existing,
}

impl<'a> Roots<'a> {
    /// The authority that signed a certificate, of those that are there.
    fn signer(&self, certificate: &Certificate) -> Option<(&'a str, &'a KeyFile)> {
        let mut all = self.existing.generations.iter();
        let ((name, _), file) = all.find(|(_, file)| certificate.made_by(&file.certificate))?;
        Some((name.as_str(), file))
    }

    /// The authority below `pki/` whose `ca.crt` is to be trusted by those who check a certificate.
    fn of(&self, certificate: &Certificate) -> Option<&'a str> {
        let (mut name, mut file) = self.signer(certificate)?;
        // A chain is never longer than there are authorities.
        for _ in 0..self.existing.generations.len() {
            if file.certificate.is_self_signed() {
                break;
            }
            let Some(above) = self.signer(&file.certificate) else { break };
            (name, file) = above;
        }
        Some(name)
    }

    fn is_named(&self, name: &str) -> bool {
        self.project.authorities().iter().any(|authority| authority.name.value.as_str() == name)
    }

    /// Authorities that are not made yet, each with one whose place it takes and which the spec does not name: what it is
    /// to issue is there, and that one issued it.
    fn successions(
        &self,
        generations: &[GenerationPlan<'_>],
        leaves: &[LeafPlan<'_>],
    ) -> BTreeSet<(AuthorityId, String)> {
        let is_new = |id: AuthorityId| {
            let name = self.project.authority(id).name.value.as_str();
            let made = self.existing.generations.keys().any(|(of, _)| of == name);
            !made && generations.iter().any(|plan| plan.authority == id && !plan.lost)
        };
        let mut found = BTreeSet::new();
        for leaf in leaves {
            let (Some(there), Some(authority)) = (leaf.there, leaf.leaf.authority) else { continue };
            let new = self.project.root_of(authority);
            if let Some(old) = self.of(&there.certificate).filter(|old| !self.is_named(old) && is_new(new)) {
                found.insert((new, old.to_owned()));
            }
        }
        for bundle in &self.existing.bundles {
            let trusted = bundle.certificates.iter().flatten();
            let gone = trusted.filter_map(|trusted| {
                let mut all = self.existing.generations.iter();
                all.find(|((name, _), file)| is_same(&file.certificate, trusted) && !self.is_named(name))
            });
            let gone: BTreeSet<_> = gone.map(|((name, _), _)| name.as_str()).collect();
            let to_be = trusted_at(self.project, bundle).into_iter().filter(|id| is_new(*id));
            // Where there are several, nobody can tell which takes the place of which.
            if let (1, [new]) = (gone.len(), to_be.collect::<Vec<_>>().as_slice()) {
                found.extend(gone.iter().map(|old| (*new, (*old).to_owned())));
            }
        }
        found
    }

    fn note_move(
        &self,
        (old, new): (&str, AuthorityId),
        (word, name, place): (&str, &str, Option<Span>),
        moves: &mut BTreeMap<(String, AuthorityId), Moved>,
    ) {
        let new = self.project.root_of(new);
        if self.project.authority(new).name.value.as_str() == old {
            return;
        }
        let moved = moves.entry((old.to_owned(), new)).or_insert(Moved { what: Vec::new(), place });
        moved.what.push(format!("{word} `{name}`"));
    }

    /// An authority in files above which another root stands than its `ca.crt` holds. A generation that took the place of
    /// another one was declared.
    fn replaced(&self, plan: &GenerationPlan<'_>) -> Report {
        let mut report = Report::default();
        let authority = self.project.authority(plan.authority);
        let name = authority.name.value.as_str();
        let is_settled = self.project.is_settled(Code::OTHER_ROOT.name(), &authority.settled);
        let trusted = self.existing.trusted.get(name).map(Vec::as_slice).unwrap_or_default();
        let Some(root) = plan.there.filter(|_| authority.files.is_some()).map(KeyFile::root) else {
            return report;
        };
        let retired = authority.generations.iter().filter(|one| one.retired);
        let mut retired =
            retired.filter_map(|one| self.existing.generations.get(&(name.to_owned(), one.number)));
        let Some(before) =
            trusted.first().filter(|_| !is_settled && !trusted.iter().any(|own| is_same(own, root)))
        else {
            return report;
        };
        if retired.any(|file| trusted.iter().any(|own| is_same(own, file.root()))) {
            return report;
        }
        let bundle = self.bundle(name);
        let message =
            format!("authority `{name}`: from the root {} to {} at once", before.called(), root.called());
        report.push(
            Diagnostic::warning(Code::OTHER_ROOT, message)
                .at(
                    authority.name.origin.span().unwrap_or(authority.word),
                    "its certificate came in files, with another root",
                )
                .note(format!("whoever trusts {bundle} as it was refuses what it signs"))
                .help("give clients the new root as well before the tree is applied"),
        );
        report
    }

    fn renamed(&self, new: AuthorityId, old: &str) -> Diagnostic {
        let authority = self.project.authority(new);
        let name = &authority.name.value;
        let below = |name: &str| self.existing.names.below(Place::Pki, name);
        Diagnostic::error(
            Code::RENAMED_AUTHORITY,
            format!("authority `{name}` would be made anew in the place of `{old}`"),
        )
        .at(authority.word, format!("the spec does not name `{old}` any more, and what it issued or who trusts it is still there"))
        .note("its clients would be refused at once, or refuse its hosts")
        .help(format!("if `{old}` has another name now: `git mv {} {}`", below(old), below(name.as_str())))
        .help(format!("if another one is to take its place: leave `authority \"{old}\"` in the spec until nothing in the tree needs it any more"))
    }

    /// A host that leaves the authority which nobody here knows but by its name.
    fn left(&self, last: &Certificate, new: AuthorityId, owner: &Owner<'_>) -> Diagnostic {
        let (new, old) = (self.project.root_of(new), last.issuer_called());
        let what = format!("{} `{}`: from {old} to the root", owner.word, owner.name);
        self.at_once(&what, &old, new, owner.place)
    }

    fn moved(&self, old: &str, new: AuthorityId, mut moved: Moved) -> Diagnostic {
        moved.what.sort();
        moved.what.dedup();
        let what = format!("{}: from the root `{old}` to", moved.what.join(", "));
        self.at_once(&what, &self.bundle(old), new, moved.place)
    }

    /// Something that goes to a root of ours: its message up to that, and what those trust who refuse it then.
    fn at_once(&self, what: &str, trusted: &str, new: AuthorityId, place: Option<Span>) -> Diagnostic {
        let new = &self.project.authority(new).name.value;
        let finding = Diagnostic::warning(Code::OTHER_ROOT, format!("{what} `{new}` at once"));
        let finding = match place {
            Some(place) => finding.at(place, "clients must trust another root for this"),
            None => finding,
        };
        finding
            .note(format!("whoever trusts {trusted} alone refuses the new certificates"))
            .help(format!("give clients {} as well before the tree is applied", self.bundle(new.as_str())))
    }

    /// What clients of an authority trust, as a user reads its path.
    fn bundle(&self, name: &str) -> String {
        self.existing.names.below(Place::Pki, &format!("{name}/ca.crt"))
    }
}
