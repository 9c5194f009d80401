//! Findings: matches added up per rule and group.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use heptagon_model::{EvidenceRef, Finding, RuleInfo, Timestamp};
use sha2::{Digest, Sha256};

use crate::text::inert;

/// References a finding carries itself; [`RefRow`]s have all.
const REFS_MAX: usize = 1_000;
/// Principals, addresses, resources, ... a finding names.
const NAMES_MAX: usize = 100;
/// Findings of one case.
const FINDINGS_MAX: usize = 100_000;

/// A reference to a matched event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchRef {
    /// When it happened.
    pub time: Timestamp,
    /// First 8 bytes of the artifact's SHA-256.
    pub artifact: [u8; 8],
    /// Ordinal of the record.
    pub record: u64,
}

impl MatchRef {
    /// The artifact's 16 hex digits.
    pub fn artifact_hex(&self) -> String {
        hex(&self.artifact)
    }
}

/// A row of `finding_refs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefRow {
    /// The finding's id, as bytes; [`RefRow::finding_hex`] is the text.
    pub finding_id: [u8; 8],
    /// The event.
    pub event: MatchRef,
}

impl RefRow {
    /// The finding's 16 hex digits.
    pub fn finding_hex(&self) -> String {
        hex(&self.finding_id)
    }
}

/// A bound was hit: what a rule says from here on may be less than what happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overflow {
    /// The rule's index.
    pub rule: u32,
    /// One sentence, to be shown as a problem.
    pub message: String,
    /// Events it is about.
    pub events: u64,
}

/// A rule matched for one group; [`FindingDraft::finding`] makes it a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingDraft {
    /// 16 hex digits of the hash of (rule id, account, group key).
    pub finding_id: String,
    /// The rule's index.
    pub rule: u32,
    /// The account, for event rules; correlations may span several.
    pub account: String,
    /// What the events have in common: the actor, or the group-by fields.
    pub group: Vec<(String, String)>,
    /// Earliest event.
    pub first_time: Timestamp,
    /// Latest event.
    pub last_time: Timestamp,
    /// Events behind it.
    pub count: u64,
    /// Principals of the events, sorted, at most 100.
    pub principals: Vec<String>,
    /// Actors of the events, sorted, at most 100.
    pub actors: Vec<String>,
    /// Source addresses of the events, sorted, at most 100.
    pub source_ips: Vec<String>,
    /// Resources of the events, sorted, at most 100.
    pub resources: Vec<String>,
    /// Accounts of the events, sorted, at most 100.
    pub accounts: Vec<String>,
    /// Regions of the events, sorted, at most 100.
    pub regions: Vec<String>,
    /// What was done, sorted, at most 100.
    pub event_names: Vec<String>,
    /// The earliest events, at most 1,000, in (time, artifact, record) order.
    pub refs: Vec<MatchRef>,
    /// One sentence.
    pub summary: String,
}

impl FindingDraft {
    /// The finding as it is shown; `uri` knows where an artifact (16 hex digits) is.
    pub fn finding(&self, info: &RuleInfo, uri: &dyn Fn(&str) -> String) -> Finding {
        let reference = |event: &MatchRef| {
            let artifact = event.artifact_hex();
            EvidenceRef { uri: uri(&artifact), artifact, record: event.record }
        };
        Finding {
            finding_id: self.finding_id.clone(),
            rule_id: info.rule_id.clone(),
            title: info.title.clone(),
            level: info.level,
            elements: info.elements.clone(),
            first_time: self.first_time,
            last_time: self.last_time,
            count: self.count,
            principals: self.principals.clone(),
            source_ips: self.source_ips.clone(),
            resources: self.resources.clone(),
            refs: self.refs.iter().map(reference).collect(),
            attack: info.attack.clone(),
            atlas: info.atlas.clone(),
            owasp: info.owasp.clone(),
            confidence: info.confidence,
            summary: self.summary.clone(),
        }
    }
}

/// Everything correlation found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Sorted by first time, then rule, then id.
    pub findings: Vec<FindingDraft>,
    /// Every event of every finding that [`super::Correlator::drain_refs`] has not handed out yet.
    pub refs: Vec<RefRow>,
    /// Bounds that were hit.
    pub overflows: Vec<Overflow>,
}

/// Who did it from where to what: what findings name of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Who {
    pub(super) principal: String,
    pub(super) actor: String,
    pub(super) source_ip: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) event_name: String,
}

/// An event that contributes to a finding.
#[derive(Debug, Clone)]
pub(super) struct Contribution {
    pub(super) event: MatchRef,
    pub(super) who: Arc<Who>,
}

/// What a finding is about: rule, account, group key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) rule: usize,
    pub(super) account: String,
    pub(super) key: Vec<Option<String>>,
}

#[derive(Default)]
struct Sum {
    first_time: Option<Timestamp>,
    last_time: Timestamp,
    count: u64,
    names: [BTreeSet<String>; 7],
    /// The first to come, sorted; an event that comes twice (through two correlations) counts once.
    refs: Vec<MatchRef>,
    id: [u8; 8],
}

/// A description that is shared: the same when it is the same one in memory. Equal ones that are
/// not are only slower.
struct Shared(Arc<Who>);

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Shared {}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).addr().hash(state);
    }
}

/// Adds up findings.
#[derive(Default)]
pub(super) struct Ledger {
    sums: Vec<(Subject, Sum)>,
    places: HashMap<Subject, u32>,
    /// The place of the finding of a rule about somebody, by rule.
    of_match: HashMap<(u32, Shared), u32>,
    /// Whose names a finding has already, by place.
    named: HashSet<(u32, Shared)>,
    rows: Vec<RefRow>,
    refused: BTreeMap<usize, u64>,
}

impl Ledger {
    /// Adds an event that a rule matched to the finding of its account and actor.
    pub(super) fn add_match(&mut self, rule: usize, rule_id: &str, contribution: &Contribution) {
        let key = (rule as u32, Shared(contribution.who.clone()));
        let place = if let Some(place) = self.of_match.get(&key) {
            *place
        } else {
            let who = &contribution.who;
            let subject =
                Subject { rule, account: who.account.clone(), key: vec![Some(who.actor.clone())] };
            let Some(place) = self.place(&subject, rule_id) else { return };
            self.of_match.insert(key, place);
            place
        };
        self.add_at(place, contribution);
    }

    /// Adds an event to a finding.
    pub(super) fn add(&mut self, subject: &Subject, rule_id: &str, contribution: &Contribution) {
        if let Some(place) = self.place(subject, rule_id) {
            self.add_at(place, contribution);
        }
    }

    fn add_at(&mut self, place: u32, contribution: &Contribution) {
        let sum = &mut self.sums[place as usize].1;
        if let Some(row) = sum.add(contribution.event) {
            self.rows.push(row);
            if self.named.insert((place, Shared(contribution.who.clone()))) {
                sum.name(&contribution.who);
            }
        }
    }

    /// Forgets what is only kept to be fast.
    pub(super) fn forget(&mut self) {
        self.of_match.clear();
        self.named.clear();
    }

    /// Adds events that are no longer known one by one.
    pub(super) fn add_unlisted(
        &mut self,
        subject: &Subject,
        rule_id: &str,
        time: Timestamp,
        n: u64,
    ) {
        if let Some(place) = self.place(subject, rule_id) {
            let sum = &mut self.sums[place as usize].1;
            sum.count += n;
            sum.first_time = Some(sum.first_time.map_or(time, |first| first.min(time)));
            sum.last_time = sum.last_time.max(time);
        }
    }

    /// The place of a finding, made when there is none and room is left.
    fn place(&mut self, subject: &Subject, rule_id: &str) -> Option<u32> {
        if let Some(place) = self.places.get(subject) {
            return Some(*place);
        }
        if self.sums.len() >= FINDINGS_MAX {
            *self.refused.entry(subject.rule).or_default() += 1;
            return None;
        }
        let place = self.sums.len() as u32;
        let id = finding_id(rule_id, &subject.account, &subject.key);
        self.sums.push((subject.clone(), Sum { id, ..Sum::default() }));
        self.places.insert(subject.clone(), place);
        Some(place)
    }

    pub(super) fn drain_rows(&mut self) -> Vec<RefRow> {
        std::mem::take(&mut self.rows)
    }

    pub(super) fn finish(
        mut self,
        infos: &[RuleInfo],
        group_names: &dyn Fn(usize) -> Vec<String>,
    ) -> Findings {
        let mut findings: Vec<FindingDraft> = std::mem::take(&mut self.sums)
            .into_iter()
            .map(|(subject, sum)| sum.draft(subject, infos, group_names))
            .collect();
        findings.sort_by(|a, b| {
            (a.first_time, a.rule, &a.finding_id).cmp(&(b.first_time, b.rule, &b.finding_id))
        });
        self.rows.sort_unstable();
        let overflows = self
            .refused
            .iter()
            .map(|(rule, events)| Overflow {
                rule: *rule as u32,
                message: format!(
                    "more than {FINDINGS_MAX} findings: {events} events of rule {} are in none",
                    infos[*rule].rule_id
                ),
                events: *events,
            })
            .collect();
        Findings { findings, refs: self.rows, overflows }
    }
}

impl Sum {
    /// Adds an event; `None` when it was added before.
    fn add(&mut self, event: MatchRef) -> Option<RefRow> {
        let at = match self.refs.last() {
            Some(last) if *last >= event => self.refs.binary_search(&event).err()?,
            _ => self.refs.len(),
        };
        if self.refs.len() < REFS_MAX {
            self.refs.insert(at, event);
        }
        self.first_time = Some(self.first_time.map_or(event.time, |first| first.min(event.time)));
        self.last_time = self.last_time.max(event.time);
        self.count += 1;
        Some(RefRow { finding_id: self.id, event })
    }

    /// Adds the names of an event; names added before change nothing.
    fn name(&mut self, who: &Who) {
        let texts = [
            Some(&who.principal),
            Some(&who.actor),
            who.source_ip.as_ref(),
            who.resource.as_ref(),
            Some(&who.account),
            Some(&who.region),
            Some(&who.event_name),
        ];
        for (names, text) in self.names.iter_mut().zip(texts) {
            if let Some(text) = text
                && !text.is_empty()
                && names.len() < NAMES_MAX
                && !names.contains(text)
            {
                names.insert(text.clone());
            }
        }
    }

    fn draft(
        self,
        subject: Subject,
        infos: &[RuleInfo],
        group_names: &dyn Fn(usize) -> Vec<String>,
    ) -> FindingDraft {
        let summary = self.summary(&infos[subject.rule].title);
        let [principals, actors, source_ips, resources, accounts, regions, event_names] =
            self.names.map(|names| names.into_iter().collect::<Vec<_>>());
        FindingDraft {
            finding_id: hex(&self.id),
            rule: subject.rule as u32,
            account: subject.account,
            group: group_names(subject.rule)
                .into_iter()
                .zip(subject.key)
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            first_time: self.first_time.unwrap_or_default(),
            last_time: self.last_time,
            count: self.count,
            principals,
            actors,
            source_ips,
            resources,
            accounts,
            regions,
            event_names,
            refs: self.refs,
            summary,
        }
    }

    /// `title: N events by PRINCIPAL from IP between A and B`.
    fn summary(&self, title: &str) -> String {
        let plural = if self.count == 1 { "event" } else { "events" };
        let mut summary = format!("{}: {} {plural}", inert(title), self.count);
        let [principals, _, source_ips, ..] = &self.names;
        for (word, names) in [("by", principals), ("from", source_ips)] {
            if let Some(first) = names.first() {
                let _ = write!(summary, " {word} {}", inert(first));
                match names.len() - 1 {
                    0 => {}
                    1 => summary.push_str(" and 1 other"),
                    others if names.len() == NAMES_MAX => {
                        let _ = write!(summary, " and at least {others} others");
                    }
                    others => {
                        let _ = write!(summary, " and {others} others");
                    }
                }
            }
        }
        let first = self.first_time.unwrap_or_default();
        let _ = if first == self.last_time {
            write!(summary, " at {first}")
        } else {
            write!(summary, " between {first} and {}", self.last_time)
        };
        summary
    }
}

/// The hash of (rule id, account, group key): it does not change when late evidence adds events.
fn finding_id(rule_id: &str, account: &str, key: &[Option<String>]) -> [u8; 8] {
    let mut hasher = Sha256::new();
    hasher.update(rule_id.as_bytes());
    hasher.update([0]);
    hasher.update(account.as_bytes());
    for value in key {
        // An absent value and an empty one are different groups.
        hasher.update(if value.is_some() { [0] } else { [1] });
        hasher.update(value.as_deref().unwrap_or_default().as_bytes());
    }
    let digest = hasher.finalize();
    let mut id = [0; 8];
    id.copy_from_slice(&digest[..8]);
    id
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
