//! The second pass: observations sorted by question and author.

use std::collections::{BTreeMap, HashMap};

use heptagon_content::questions::Question;
use heptagon_model::{EvidenceRef, Timestamp, canonical_principal};

use crate::actors::{Standing, Suspects};
use crate::input::{Observation, RefBook};
use crate::workload::Workload;

/// References kept per fact, as the answer's form has it.
pub(crate) const REFS_MAX: usize = 100;
/// References of facts that are not adverse.
const REFS_PLAIN_MAX: usize = 10;
/// Groups kept per question; authors and names beyond are counted together.
const GROUPS_MAX: usize = 400;
/// Resources named per group.
const RESOURCES_MAX: usize = 5;

/// Events of one author and name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) success: u64,
    pub(crate) failed: u64,
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    pub(crate) resources: Vec<String>,
    pub(crate) refs: Vec<EvidenceRef>,
}

/// How authors are told apart in facts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Author {
    Suspect,
    Expected(String),
    Announced(String),
    Service,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    pub(crate) author: Author,
    /// The actor of suspects, the principal of others.
    pub(crate) who: String,
    pub(crate) event_source: String,
    pub(crate) event_name: String,
}

/// What was seen of a question's events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) groups: BTreeMap<GroupKey, Group>,
    /// Events beyond the groups kept.
    pub(crate) others: u64,
}

/// Tallies by question.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) tallies: Vec<Tally>,
    /// Questions by lower-case name; services are compared after.
    by_name: HashMap<String, Vec<(u32, u32)>>,
    sources: Vec<(String, Option<String>)>,
}

impl Fold {
    pub(crate) fn new(questions: &[Question]) -> Fold {
        let mut fold = Fold {
            tallies: vec![Tally::default(); questions.len()],
            by_name: HashMap::new(),
            sources: Vec::new(),
        };
        for (at, question) in questions.iter().enumerate() {
            for events in &question.selects {
                let source = fold.sources.len() as u32;
                fold.sources.push((events.source.clone(), events.within.clone()));
                for name in &events.names {
                    let entry = fold.by_name.entry(name.to_ascii_lowercase()).or_default();
                    entry.push((at as u32, source));
                }
            }
        }
        fold
    }

    pub(crate) fn observe(
        &mut self,
        event: &Observation<'_>,
        suspects: &Suspects,
        workload: &Workload,
        refs: &RefBook,
    ) {
        let mut name = [0u8; 64];
        let Some(lower) = lower_case(event.event_name, &mut name) else { return };
        let Some(asking) = self.by_name.get(lower) else { return };
        let mut author: Option<Author> = None;
        for (question, source) in asking {
            let (source, within) = &self.sources[*source as usize];
            if !source.eq_ignore_ascii_case(event.event_source) {
                continue;
            }
            if let Some(class) = within
                && !inside(workload, class, event.resource)
            {
                continue;
            }
            let author = author.get_or_insert_with(|| author_of(event, suspects, workload));
            let who = if *author == Author::Suspect {
                event.actor.to_owned()
            } else {
                canonical_principal(event.principal)
            };
            let tally = &mut self.tallies[*question as usize];
            let key = GroupKey {
                author: author.clone(),
                who,
                event_source: event.event_source.to_owned(),
                event_name: event.event_name.to_owned(),
            };
            if !tally.groups.contains_key(&key) && tally.groups.len() >= GROUPS_MAX {
                tally.others += 1;
                continue;
            }
            tally.groups.entry(key).or_default().add(event, *author == Author::Suspect, refs);
        }
    }
}

impl Group {
    fn add(&mut self, event: &Observation<'_>, suspect: bool, refs: &RefBook) {
        if event.succeeded() {
            self.success += 1;
        } else {
            self.failed += 1;
        }
        self.first = Some(self.first.map_or(event.time, |known| known.min(event.time)));
        self.last = Some(self.last.map_or(event.time, |known| known.max(event.time)));
        if let Some(resource) = event.resource
            && self.resources.len() < RESOURCES_MAX
            && !self.resources.iter().any(|known| known == resource)
        {
            self.resources.push(resource.to_owned());
        }
        if self.refs.len() < if suspect { REFS_MAX } else { REFS_PLAIN_MAX } {
            self.refs.push(refs.complete(event.artifact, event.record));
        }
    }
}

/// Whether a resource lies in a store of a class; without any known store, everything may.
pub(crate) fn inside(workload: &Workload, class: &str, resource: Option<&str>) -> bool {
    let mut known = false;
    for store in workload.stores_of(class) {
        known = true;
        if resource.is_some_and(|resource| store.holds(resource)) {
            return true;
        }
    }
    !known && class == "data-store"
}

fn author_of(event: &Observation<'_>, suspects: &Suspects, workload: &Workload) -> Author {
    match suspects.standing(workload, event.actor, event.principal, event.source_ip, event.time) {
        Standing::Suspect { .. } => Author::Suspect,
        Standing::KnownGood(purpose) | Standing::Expected(purpose) => {
            Author::Expected(purpose.name().to_owned())
        }
        Standing::Announced(what) => Author::Announced(what.to_owned()),
        Standing::Service => Author::Service,
        Standing::Other => Author::Other,
    }
}

fn lower_case<'b>(name: &str, buffer: &'b mut [u8; 64]) -> Option<&'b str> {
    let bytes = name.as_bytes();
    let out = buffer.get_mut(..bytes.len())?;
    out.copy_from_slice(bytes);
    out.make_ascii_lowercase();
    std::str::from_utf8(out).ok()
}
