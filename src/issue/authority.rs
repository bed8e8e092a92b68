//! Authorities' own certificates: new generations, and those that their parents sign again; and who can sign with them.

use std::collections::BTreeMap;

use super::chance::{Chance, no_serial};
use super::{Ambient, Issued, Keyring, Opened, Waiting, awaits_files};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Project};
use crate::pki::{Certificate, Issuer, Key, PkiError, Profile, Request, Slot, self_sign, sign, sign_again};
use crate::plan::authority::GenerationPlan;
use crate::plan::certs::CertPlan;
use crate::plan::grid::Life;
use crate::plan::seed;
use crate::state::broken;

/// Who can sign.
pub(super) enum Signer {
    /// An authority with its key.
    Issuer(Box<Issuer>),
    /// It takes an identity: what for.
    Locked(Vec<String>),
    /// It has ended, or its file is damaged; that is said.
    Broken,
}

/// All authorities, from the roots downward.
pub(super) struct Signers<'a, 'p> {
    project: &'a Project,
    plan: &'a CertPlan<'p>,
    keyring: &'a Keyring<'a>,
    ambient: &'a Ambient<'a>,
    chance: &'a Chance<'a>,
    /// New generations, by the index in the plan.
    pub(super) made: BTreeMap<usize, Issued>,
    /// New certificates for keys that are there, by the index in the plan.
    pub(super) resigned: BTreeMap<usize, Certificate>,
    /// New cross-signed certificates, by the index in the plan.
    pub(super) crosses: BTreeMap<usize, Certificate>,
    /// What it takes to cross-sign those that wait, by the index in the plan.
    uncrossed: BTreeMap<usize, Vec<String>>,
    found: BTreeMap<AuthorityId, Signer>,
    /// What it takes to sign those again that could count for longer and sign in the meantime.
    late: BTreeMap<AuthorityId, Vec<String>>,
    broken: Vec<Diagnostic>,
    /// What is worth knowing of those that were made.
    told: Vec<Diagnostic>,
}

impl<'a, 'p> Signers<'a, 'p> {
    pub(super) fn new(
        project: &'a Project,
        plan: &'a CertPlan<'p>,
        keyring: &'a Keyring<'a>,
        (ambient, chance): (&'a Ambient<'a>, &'a Chance<'a>),
    ) -> Self {
        Self {
            project,
            plan,
            keyring,
            ambient,
            chance,
            made: BTreeMap::new(),
            resigned: BTreeMap::new(),
            crosses: BTreeMap::new(),
            uncrossed: BTreeMap::new(),
            found: BTreeMap::new(),
            late: BTreeMap::new(),
            broken: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Makes what is missing and signs again what must be, parents first; says what waits.
    pub(super) fn prepare(&mut self) -> Result<Vec<Waiting>, PkiError> {
        let plan = self.plan;
        let mut order: Vec<_> = plan.generations.iter().enumerate().collect();
        order.sort_by_key(|(_, generation)| self.project.way_up(generation.authority).len());
        let mut waiting = Vec::new();
        for (i, generation) in order {
            if generation.there.is_none() && self.project.authority(generation.authority).files.is_some() {
                waiting.push(self.waits(generation, Vec::new()));
                continue;
            }
            let needs = match generation.there {
                None => self.make(i, generation)?,
                Some(file) if generation.resign.is_some() => {
                    self.sign_again(i, generation, &file.certificate)?
                }
                Some(_) => None,
            };
            if let Some(needs) = needs {
                if generation.signs && generation.is_extended(self.ambient.now) {
                    self.late.insert(generation.authority, needs.clone());
                }
                waiting.push(self.waits(generation, needs));
            }
            if let Some(needs) = self.cross(i, generation)? {
                waiting.push(self.waits_for_cross(generation, needs.clone()));
                self.uncrossed.insert(i, needs);
            }
        }
        Ok(waiting)
    }

    /// The signing generation of an authority: just made, or opened.
    pub(super) fn find(&mut self, id: AuthorityId) -> Result<&Signer, PkiError> {
        if !self.found.contains_key(&id) {
            let plan = self.plan;
            let mut generations = plan.generations.iter().enumerate();
            let signing = generations.find(|(_, plan)| plan.authority == id && plan.signs);
            let mut found = match self.chance.needs() {
                Some(needs) => Signer::Locked(needs.to_vec()),
                None => self.look(id, signing)?,
            };
            // A run was cut off before anything else of it was written, and nobody at hand opens its key.
            if let (Signer::Locked(_), Some((i, generation))) = (&found, signing)
                && generation.unused
                && self.project.authority(generation.authority).files.is_none()
                && self.make(i, generation)?.is_none()
            {
                found = self.look(id, signing)?;
            }
            // Clients that know only the generation before would not believe what it signs.
            if let (Signer::Issuer(_), Some((i, _))) = (&found, signing)
                && let Some(needs) = self.uncrossed.get(&i)
            {
                found = Signer::Locked(needs.clone());
            }
            self.found.insert(id, found);
        }
        Ok(self.found.get(&id).unwrap_or(&Signer::Broken))
    }

    /// A generation of the plan, whether it is the one that signs or not: just made, or opened.
    pub(super) fn of_generation(&mut self, i: usize) -> Result<Signer, PkiError> {
        let plan = self.plan;
        match plan.generations.get(i) {
            Some(generation) => self.look(generation.authority, Some((i, generation))),
            None => Ok(Signer::Broken),
        }
    }

    /// What is known by now.
    pub(super) fn get(&self, id: AuthorityId) -> Option<&Signer> {
        self.found.get(&id)
    }

    /// What it takes to sign an authority again that could count for longer, where that waits.
    pub(super) fn late(&self, id: AuthorityId) -> Option<&[String]> {
        self.late.get(&id).map(Vec::as_slice)
    }

    /// What was found broken, each once, and what is worth knowing.
    pub(super) fn report(&mut self, report: &mut Report) {
        let told = std::mem::take(&mut self.told);
        std::mem::take(&mut self.broken).into_iter().chain(told).for_each(|finding| report.push(finding));
    }

    fn look(
        &mut self,
        id: AuthorityId,
        signing: Option<(usize, &GenerationPlan<'_>)>,
    ) -> Result<Signer, PkiError> {
        let name = &self.project.authority(id).name.value;
        let Some((i, plan)) = signing else {
            return Ok(Signer::Locked(vec![format!("authority `{name}` has no generation that signs")]));
        };
        if let Some(new) = self.made.get(&i) {
            let key = Key::from_pkcs8(new.key.pkcs8_der())?;
            return Ok(Signer::Issuer(Box::new(Issuer::new(new.certificate.clone(), key)?)));
        }
        let above = self.project.authority(id).parent.as_ref().map(|parent| parent.value);
        let Some(file) = plan.there else {
            let reason = match self.project.authority(id).files {
                Some(_) => awaits_files(name.as_str()),
                None => format!("authority `{name}` has no key"),
            };
            return self.locked_above(above, || reason.clone());
        };
        let certificate = match self.resigned.get(&i) {
            Some(new) => new.clone(),
            None if plan.resign.is_some() && !plan.is_extended(self.ambient.now) => {
                return self.locked_above(above, || format!("authority `{name}` has no certificate"));
            }
            None => file.certificate.clone(),
        };
        let end = if self.resigned.contains_key(&i) { certificate.not_after() } else { plan.end };
        if end <= self.ambient.now {
            return Ok(Signer::Broken);
        }
        Ok(match self.keyring.open(&file.shown, &file.sealed) {
            Opened::Key(key) => match Issuer::new(certificate, *key) {
                Ok(issuer) => Signer::Issuer(Box::new(issuer.until(end))),
                Err(error) => {
                    self.broken.push(broken(&file.shown, &error.to_string()));
                    Signer::Broken
                }
            },
            Opened::Locked(needs) => Signer::Locked(needs),
            Opened::Broken(finding) => {
                if !self.broken.contains(&finding) {
                    self.broken.push(*finding);
                }
                Signer::Broken
            }
        })
    }

    /// It waits for the one above it, which takes this.
    fn locked_above(
        &mut self,
        above: Option<AuthorityId>,
        otherwise: impl Fn() -> String,
    ) -> Result<Signer, PkiError> {
        let Some(above) = above else { return Ok(Signer::Locked(vec![otherwise()])) };
        Ok(match self.find(above)? {
            Signer::Locked(needs) => Signer::Locked(needs.clone()),
            Signer::Issuer(_) => Signer::Locked(vec![otherwise()]),
            Signer::Broken => Signer::Broken,
        })
    }

    /// Makes a generation, unless that waits.
    fn make(&mut self, i: usize, plan: &GenerationPlan<'_>) -> Result<Option<Vec<String>>, PkiError> {
        let project = self.project;
        if let Some(needs) = self.chance.needs() {
            return Ok(Some(needs.to_vec()));
        }
        let authority = project.authority(plan.authority);
        let (ambient, chance) = (self.ambient, self.chance);
        let slot = seed::of_generation(authority, plan.generation.number);
        let Some(parent) = &authority.parent else {
            let key = chance.key(plan.shape.key, &slot)?;
            let request = request(plan, Profile::Root, ambient, None);
            let request = chance.with_serial(request, Some(&slot), (&key.spki_sha256(), None))?;
            self.made.insert(i, Issued { certificate: self_sign(&request, &key)?, key });
            return Ok(None);
        };
        let issued = match self.find(parent.value)? {
            Signer::Issuer(issuer) => {
                let key = chance.key(plan.shape.key, &slot)?;
                let request = request(plan, Profile::Intermediate, ambient, Some(issuer.life()));
                let public = key.spki_sha256();
                let request = chance.with_serial(request, Some(&slot), (&public, Some(issuer)))?;
                Issued { certificate: sign(&request, &key, issuer)?, key }
            }
            Signer::Locked(needs) => return Ok(Some(needs.clone())),
            Signer::Broken => return Ok(None),
        };
        self.look_at_end(plan, &issued.certificate);
        self.made.insert(i, issued);
        self.resigned.remove(&i);
        Ok(None)
    }

    /// Says where a new one ends earlier than its `valid` says.
    fn look_at_end(&mut self, plan: &GenerationPlan<'_>, made: &Certificate) {
        let authority = self.project.authority(plan.authority);
        let (_, wanted) = plan.life_within(None, self.ambient.now);
        if made.not_after() < wanted && !self.project.is_settled(Code::CLAMPED.name(), &authority.settled) {
            let message = format!(
                "generation {} of authority `{}` ends on {}, with what is above it, not on {wanted}",
                plan.generation.number,
                authority.name.value,
                made.not_after()
            );
            let place = plan.generation.origin.span().unwrap_or(authority.word);
            self.told.push(
                Diagnostic::notice(Code::CLAMPED, message).at(place, "ends earlier than its `valid` says"),
            );
        }
    }

    /// Has the parent sign a key that is there, unless that waits.
    fn sign_again(
        &mut self,
        i: usize,
        plan: &GenerationPlan<'_>,
        there: &Certificate,
    ) -> Result<Option<Vec<String>>, PkiError> {
        let Some(parent) = &self.project.authority(plan.authority).parent else { return Ok(None) };
        let (ambient, chance) = (self.ambient, self.chance);
        let slot = self.slot(plan);
        let late = self.late.get(&parent.value).cloned();
        let certificate = match self.find(parent.value)? {
            Signer::Issuer(issuer) => {
                let request = request(plan, Profile::Intermediate, ambient, Some(issuer.life()));
                let gains = request.not_after > there.not_after() || !plan.is_extended(ambient.now);
                if let Some(needs) = late.filter(|_| !gains) {
                    return Ok(Some(needs));
                }
                let keys = (there.spki_sha256(), Some(&**issuer));
                let request = chance.with_serial(request, slot.as_ref(), keys)?;
                sign_again(&request, there, issuer)?
            }
            Signer::Locked(needs) => return Ok(Some(needs.clone())),
            Signer::Broken => return Ok(None),
        };
        self.resigned.insert(i, certificate);
        Ok(None)
    }

    /// Has the generation before this one sign it too, unless that waits.
    fn cross(&mut self, i: usize, plan: &GenerationPlan<'_>) -> Result<Option<Vec<String>>, PkiError> {
        let Some(cross) = plan.cross.filter(|cross| cross.there.is_none()) else { return Ok(None) };
        let made = self.made.get(&i).map(|issued| &issued.certificate);
        let Some(own) = made.or_else(|| plan.there.map(|file| &file.certificate)).cloned() else {
            return Ok(None);
        };
        let all = self.plan;
        let mut generations = all.generations.iter().enumerate();
        let by =
            generations.find(|(_, by)| by.authority == plan.authority && by.generation.number == cross.by);
        let issuer = match self.look(plan.authority, by)? {
            Signer::Issuer(issuer) => issuer,
            Signer::Locked(needs) => return Ok(Some(needs)),
            Signer::Broken => return Ok(None),
        };
        if let Some(needs) = self.chance.needs() {
            return Ok(Some(needs.to_vec()));
        }
        let request = request(plan, Profile::Intermediate, self.ambient, Some(issuer.life()));
        if *own.subject() != plan.shape.subject.distinguished() || request.not_after <= request.not_before {
            return Ok(None);
        }
        let request = Request { not_after: request.not_after.min(own.not_after()), ..request };
        let (slot, keys) = (self.slot(plan), (own.spki_sha256(), Some(&*issuer)));
        let request = self.chance.with_serial(request, slot.as_ref(), keys)?;
        self.crosses.insert(i, sign_again(&request, &own, &issuer)?);
        Ok(None)
    }

    /// What a generation's key is for, if it follows from a seed.
    fn slot(&self, plan: &GenerationPlan<'_>) -> Option<Slot<'a>> {
        let authority = self.project.authority(plan.authority);
        plan.start.map(|_| seed::of_generation(authority, plan.generation.number))
    }

    fn waits_for_cross(&self, plan: &GenerationPlan<'_>, needs: Vec<String>) -> Waiting {
        let by = plan.cross.map_or(0, |cross| cross.by);
        let why = format!("generation {by} is to sign generation {} too", plan.generation.number);
        Waiting { why, missing: false, ..self.waits(plan, needs) }
    }

    fn waits(&self, plan: &GenerationPlan<'_>, needs: Vec<String>) -> Waiting {
        let authority = self.project.authority(plan.authority);
        let why = match &plan.resign {
            Some(_) if plan.is_extended(self.ambient.now) => {
                format!("it ends on {}, and one that is signed now ends later", plan.end)
            }
            Some(parts) => format!("another {} is wanted", parts.join(" and ")),
            None if authority.files.is_some() => "none was adopted or imported yet".to_owned(),
            None => "there is none yet".to_owned(),
        };
        Waiting {
            word: "authority",
            name: authority.name.value.to_string(),
            place: plan.generation.origin.span().or(Some(authority.word)),
            missing: plan.there.is_none(),
            why,
            needs,
        }
    }
}

/// What a generation's certificate is to say, within the life of the one that signs it.
fn request<'a>(
    plan: &'a GenerationPlan<'_>,
    profile: Profile,
    ambient: &Ambient<'_>,
    life: Option<Life>,
) -> Request<'a> {
    let (not_before, not_after) = plan.life_within(life, ambient.now);
    Request {
        profile,
        subject: &plan.shape.subject,
        sans: &[],
        path_length: plan.path_length,
        permitted: plan.permitted,
        not_before,
        not_after,
        serial: no_serial(),
    }
}
