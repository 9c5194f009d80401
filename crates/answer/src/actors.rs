//! Who is suspect, who is not, and why.
//!
//! A suspect is an actor with a finding of level high, or with two different rules of level medium;
//! with one such rule, when it also acts outside the networks declared for it; or that holds
//! credentials which a suspect made or obtained. Responders, scanners and announced activity are
//! named, not accused. A credential that is shared by its owner and an intruder is split by
//! address: what it does from where its owner always worked is not held against anyone.

mod ranking;
mod taint;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use heptagon_content::questions::Common;
use heptagon_model::{Level, Timestamp, canonical_principal};
use serde::{Deserialize, Serialize};

use crate::input::{ActorRow, FindingRow, Inputs, Origin};
use crate::network;
use crate::workload::{Purpose, Role, Workload};

pub(crate) use ranking::{containment, quote, rank};
pub(crate) use taint::Taint;

/// An address is usual when it was used on so many days ...
const USUAL_DAYS_MIN: u64 = 2;
/// ... the first of them so long before the first accusing event.
const USUAL_LEAD_US: i64 = Timestamp::DAY_US;

/// An actor with the reasons to look at it; `heptagon actors` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The smallest identity an intruder can hold.
    pub actor: String,
    /// What it is.
    pub kind: String,
    /// The account.
    pub account: String,
    /// Who, without session.
    pub principal: String,
    /// Access keys seen.
    pub access_keys: Vec<String>,
    /// How many sets of temporary credentials were seen.
    pub sessions: u64,
    /// Addresses seen.
    pub source_ips: Vec<String>,
    /// Clients seen.
    pub user_agents: Vec<String>,
    /// Regions seen.
    pub regions: Vec<String>,
    /// Earliest event.
    pub first_time: Timestamp,
    /// Latest event.
    pub last_time: Timestamp,
    /// Events.
    pub events: u64,
    /// Changes.
    pub writes: u64,
    /// Refused calls.
    pub denied: u64,
    /// Ids of its findings.
    pub findings: Vec<String>,
    /// A ranking score, not a probability.
    pub suspicion: u32,
    /// Whether answers count what it did as adverse.
    pub suspect: bool,
    /// Why the score is what it is.
    pub reasons: Vec<String>,
}

/// What to lock first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Containment {
    /// `access-key`, `session`, `root`, `api-key`, `user`.
    pub kind: String,
    /// The key, or the principal.
    pub id: String,
    /// The account.
    pub account: String,
    /// The AWS CLI line, to be reviewed by a human.
    pub command: String,
    /// Why.
    pub why: String,
}

/// How an event's author is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing<'a> {
    /// A suspect; `strong` when a rule of level high or a suspect's own making says so.
    Suspect { strong: bool },
    /// A responder or scanner, declared.
    KnownGood(Purpose),
    /// Announced activity.
    Announced(&'a str),
    /// A declared or inferred role where it belongs.
    Expected(Purpose),
    /// An AWS service by itself.
    Service,
    /// Anybody else.
    Other,
}

impl Standing<'_> {
    pub(crate) fn is_suspect(self) -> bool {
        matches!(self, Standing::Suspect { .. })
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    /// The highest level and the ids of findings that accuse.
    pub(crate) high: BTreeSet<String>,
    pub(crate) medium: BTreeSet<String>,
    /// Addresses accusing events came from.
    pub(crate) addresses: BTreeSet<String>,
    /// When the first accusing event was.
    pub(crate) since: Option<Timestamp>,
    /// Why beyond findings: made by a suspect, quarantined by AWS.
    pub(crate) tainted: Vec<String>,
    /// Excused, and why.
    pub(crate) excused: Option<String>,
    /// Whether it acts outside the networks declared for it.
    pub(crate) outside: bool,
    /// From which addresses.
    outsiders: BTreeSet<String>,
}

impl Case {
    pub(crate) fn strong(&self) -> bool {
        !self.high.is_empty() || !self.tainted.is_empty()
    }

    pub(crate) fn suspect(&self) -> bool {
        self.strong() || self.medium.len() >= 2 || (self.outside && !self.medium.is_empty())
    }
}

/// Who is suspect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Suspects {
    pub(crate) cases: BTreeMap<String, Case>,
    kinds: HashMap<String, String>,
    /// Actors of each principal: an invocation record that CloudTrail does not explain has no more.
    by_principal: HashMap<String, Vec<String>>,
    /// Usual addresses of actors that have a case.
    usual: BTreeSet<(String, String)>,
    /// Standings found before, by actor and address.
    found: RefCell<HashMap<String, Found>>,
}

/// A standing without its borrows, and the announcements that may stand over it.
#[derive(Debug, Clone)]
struct Found {
    standing: Standing<'static>,
    announced: Vec<usize>,
}

impl Suspects {
    /// Weighs findings; `taint` adds what follows from them.
    pub(crate) fn weigh(inputs: &Inputs, workload: &Workload, common: &Common) -> Suspects {
        let mut suspects = Suspects::default();
        let rows: BTreeMap<&str, &ActorRow> =
            inputs.actors.iter().map(|row| (row.actor.as_str(), row)).collect();
        for row in &inputs.actors {
            suspects.kinds.insert(row.actor.clone(), row.kind.clone());
            if !unexplained(&row.kind) {
                let actors = suspects.by_principal.entry(row.principal.clone()).or_default();
                actors.push(row.actor.clone());
            }
        }
        let origins: Origins<'_> = inputs
            .origins
            .iter()
            .map(|origin| ((origin.actor.as_str(), origin.source_ip.as_str()), origin))
            .collect();
        for finding in &inputs.findings {
            // Findings of our own making speak of the evidence, not of somebody.
            if finding.finding.rule_id.starts_with("heptagon-")
                || common.not_accusing_ids.contains(&finding.finding.rule_id)
            {
                continue;
            }
            for (actor, addresses) in &finding.actors {
                let principal = rows.get(actor.as_str()).map_or(actor.as_str(), |r| &r.principal);
                suspects.accuse(finding, actor, principal, addresses, workload, &origins);
            }
        }
        suspects.settle(&inputs.origins, workload, &rows);
        suspects
    }

    fn accuse(
        &mut self,
        row: &FindingRow,
        actor: &str,
        principal: &str,
        addresses: &[String],
        workload: &Workload,
        origins: &Origins<'_>,
    ) {
        let finding = &row.finding;
        if finding.level < Level::Medium || self.kind(actor) == "aws-service" {
            return;
        }
        let case = self.cases.entry(actor.to_owned()).or_default();
        let role = workload.role(principal);
        let fits = |address: Option<&str>| role.is_none_or(|role| role.fits(address, None));
        let all_fit = addresses.iter().all(|address| fits(Some(address)));
        if let Some(role) = role.filter(|_| all_fit) {
            if matches!(role.purpose, Purpose::Responder | Purpose::Scanner) {
                case.excused = Some(format!("a declared {}", role.purpose.name()));
                return;
            }
            let announced = workload.announced(principal, finding.first_time);
            if let Some(announced) = announced.filter(|announced| finding.last_time <= announced.to)
            {
                case.excused = Some(format!("announced: {}", crate::text::inert(&announced.what)));
                return;
            }
            if finding.level == Level::Medium && !role.networks.is_empty() {
                // Where it belongs, doing what such roles do: not yet a reason to accuse.
                return;
            }
        } else if let Some(announced) = workload
            .announced(principal, finding.first_time)
            .filter(|announced| role.is_none() && finding.last_time <= announced.to)
        {
            case.excused = Some(format!("announced: {}", crate::text::inert(&announced.what)));
            return;
        }
        // An application's role in its own network is not the intruder; what it was made to do is
        // judged by the questions about agency.
        if role.is_some_and(|role| {
            role.purpose == Purpose::Application
                && all_fit
                && (!role.networks.is_empty()
                    || addresses.iter().all(|address| {
                        network::by_aws(address)
                            || origins
                                .get(&(actor, address.as_str()))
                                .is_some_and(|origin| established(origin, finding.first_time))
                    }))
        }) {
            return;
        }
        let ids = if finding.level >= Level::High { &mut case.high } else { &mut case.medium };
        ids.insert(finding.rule_id.clone());
        case.addresses.extend(addresses.iter().cloned());
        case.since = Some(case.since.map_or(finding.first_time, |s| s.min(finding.first_time)));
    }

    fn settle(
        &mut self,
        origins: &[Origin],
        workload: &Workload,
        rows: &BTreeMap<&str, &ActorRow>,
    ) {
        for origin in origins {
            let Some(case) = self.cases.get_mut(&origin.actor) else { continue };
            let principal =
                rows.get(origin.actor.as_str()).map_or(origin.actor.as_str(), |r| &r.principal);
            if workload
                .role(principal)
                .is_some_and(|role| !role.fits(Some(&origin.source_ip), None))
            {
                case.outside = true;
                case.outsiders.insert(origin.source_ip.clone());
            }
        }
        self.learn_usual(origins);
    }

    /// Learns the usual addresses of actors that have a case, after taint has added cases.
    pub(crate) fn learn_usual(&mut self, origins: &[Origin]) {
        for origin in origins {
            let Some(case) = self.cases.get(&origin.actor) else { continue };
            let Some(since) = case.since else { continue };
            if established(origin, since) {
                self.usual.insert((origin.actor.clone(), origin.source_ip.clone()));
            }
        }
        // A finding over several addresses names the owner's too. Only when every address that it
        // names is the owner's is the owner meant.
        for (actor, case) in &self.cases {
            let key = |address: &String| (actor.clone(), address.clone());
            if case.addresses.iter().all(|address| self.usual.contains(&key(address))) {
                for address in &case.addresses {
                    self.usual.remove(&key(address));
                }
            }
        }
    }

    /// Adds a suspect for another reason than a finding of its own.
    pub(crate) fn taint(&mut self, actor: &str, since: Timestamp, reason: String) {
        let case = self.cases.entry(actor.to_owned()).or_default();
        if !case.tainted.contains(&reason) {
            case.tainted.push(reason);
        }
        case.since = Some(case.since.map_or(since, |known| known.min(since)));
        self.forget();
    }

    pub(crate) fn kind(&self, actor: &str) -> &str {
        self.kinds.get(actor).map_or("other", String::as_str)
    }

    /// The suspects, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let suspects = self.cases.iter().filter(|(_, case)| case.suspect());
        suspects.map(|(actor, _)| actor.clone()).collect()
    }

    /// Actors with a finding of level high, whatever excuses them.
    pub(crate) fn accused(&self) -> BTreeSet<String> {
        self.cases.iter().filter(|(_, case)| case.strong()).map(|(a, _)| a.clone()).collect()
    }

    /// How the author of an event is to be taken. Every call has to give the same workload, until
    /// [`Suspects::forget`].
    pub(crate) fn standing<'w>(
        &self,
        workload: &'w Workload,
        actor: &str,
        principal: &str,
        source_ip: Option<&str>,
        time: Timestamp,
    ) -> Standing<'w> {
        let mut key = String::with_capacity(actor.len() + 40);
        key.push_str(actor);
        key.push('\0');
        key.push_str(source_ip.unwrap_or_default());
        let mut found = self.found.borrow_mut();
        let found = found
            .entry(key)
            .or_insert_with(|| self.find_standing(workload, actor, principal, source_ip));
        let announced = found.announced.iter().map(|at| &workload.announced[*at]);
        for announced in announced {
            if announced.from <= time && time <= announced.to {
                return Standing::Announced(&announced.what);
            }
        }
        found.standing
    }

    /// Forgets what was found, after suspects or the workload changed.
    pub(crate) fn forget(&mut self) {
        self.found.get_mut().clear();
    }

    fn find_standing(
        &self,
        workload: &Workload,
        actor: &str,
        principal: &str,
        source_ip: Option<&str>,
    ) -> Found {
        let plain = |standing| Found { standing, announced: Vec::new() };
        if self.kind(actor) == "aws-service" {
            return plain(Standing::Service);
        }
        let role = workload.role(principal);
        let fits = role.is_none_or(|role| role.fits(source_ip, None));
        let announced = if fits { workload.announcements(principal) } else { Vec::new() };
        let standing = if self.suspect_here(actor, source_ip, role.map(|role| (fits, role))) {
            let strong = self.cases.get(actor).is_some_and(Case::strong);
            Standing::Suspect { strong }
        } else if source_ip.is_none()
            && unexplained(self.kind(actor))
            && self.all_suspect(principal)
        {
            Standing::Suspect { strong: true }
        } else {
            match role.filter(|_| fits) {
                Some(role) if matches!(role.purpose, Purpose::Responder | Purpose::Scanner) => {
                    Standing::KnownGood(role.purpose)
                }
                Some(role) => Standing::Expected(role.purpose),
                None => Standing::Other,
            }
        };
        Found { standing, announced }
    }

    /// Whether an actor is suspect at an address.
    fn suspect_here(
        &self,
        actor: &str,
        source_ip: Option<&str>,
        role: Option<(bool, &Role)>,
    ) -> bool {
        self.cases.get(actor).is_some_and(Case::suspect)
            && !self.usual_for(
                actor,
                source_ip,
                role.map(|(fits, role)| (fits, !role.networks.is_empty())),
            )
    }

    /// Whether everything a principal acts with is suspect.
    fn all_suspect(&self, principal: &str) -> bool {
        self.by_principal.get(principal).is_some_and(|actors| {
            let suspect = |actor: &String| self.cases.get(actor).is_some_and(Case::suspect);
            !actors.is_empty() && actors.iter().all(suspect)
        })
    }

    /// Whether a suspect's credential is where its owner always used it.
    fn usual_for(&self, actor: &str, source_ip: Option<&str>, role: Option<(bool, bool)>) -> bool {
        let Some(address) = source_ip else { return false };
        if let Some((fits, has_networks)) = role
            && has_networks
        {
            let case = self.cases.get(actor);
            // The owner is meant when nothing comes from outside the declared networks.
            return fits && case.is_some_and(|case| !case.outsiders.is_empty());
        }
        self.usual.contains(&(actor.to_owned(), address.to_owned()))
    }
}

type Origins<'a> = HashMap<(&'a str, &'a str), &'a Origin>;

/// Whether an actor came from an address for days before a time.
fn established(origin: &Origin, time: Timestamp) -> bool {
    origin.days >= USUAL_DAYS_MIN && origin.first_time.0 <= time.0 - USUAL_LEAD_US
}

/// Whether this is the kind of an actor that only invocation records know, without CloudTrail.
fn unexplained(kind: &str) -> bool {
    matches!(kind, "" | "other")
}

/// The name of a principal that is a user.
pub(crate) fn user_name(principal: &str) -> Option<String> {
    let principal = canonical_principal(principal);
    let (_, path) = principal.split_once(":user/")?;
    path.rsplit('/').next().map(str::to_owned)
}
