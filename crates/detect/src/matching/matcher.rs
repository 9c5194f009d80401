//! The index over all rules.

use std::cell::RefCell;
use std::sync::Arc;

use heptagon_model::{FieldValue, Fields};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::expr::{Expr, Vocabulary};
use super::gate::{GateIds, Group, Member};
use super::index::{CaseMap, Hashed};
use super::lookup::{FieldId, Lookup, Paths, Truths};
use crate::rules::{Rules, SERVICES};

/// Pairs one rule may be entered under; a rule with more goes by its names alone.
const PAIRS_MAX: usize = 4_096;
/// Bytes of one value kept for a correlation; a longer one is its beginning and its hash.
const VALUE_BYTES_MAX: usize = 1_024;

thread_local! {
    /// Truths about the record at hand; one record is looked at by one matcher at a time.
    static TRUTHS: RefCell<Truths> = RefCell::default();
}

/// Finds the rules that match a record; shared by all threads.
#[derive(Clone)]
pub struct Matcher {
    index: Arc<Index>,
    rules: Arc<Rules>,
}

struct Index {
    paths: Paths,
    services: [Service; 2],
}

/// The rules for one kind of record.
struct Service {
    /// Every rule, for records whose source and name the index cannot speak of.
    all: Vec<Member>,
    pairs: CaseMap<Group>,
    sources: CaseMap<Group>,
    names: CaseMap<Group>,
    rest: Group,
}

impl Matcher {
    pub(crate) fn new(rules: &Arc<Rules>) -> Matcher {
        let mut words = Vocabulary::default();
        let members: Vec<(usize, Member)> = rules
            .events
            .iter()
            .enumerate()
            .map(|(rule, event)| {
                let expr = Expr::of_rule(&event.compiled, &mut words).fold(&[]);
                (event.service, Member { rule: rule as u32, expr })
            })
            .collect();
        let mut paths = words.paths;
        let (source, name) = (paths.id("eventSource"), paths.id("eventName"));
        let operation = paths.id("operation");
        let of = |service: usize| {
            members
                .iter()
                .filter(|(known, _)| *known == service)
                .map(|(_, member)| member.clone())
                .collect::<Vec<_>>()
        };
        let mut ids = GateIds::new();
        let services = [
            Service::new(of(0), Some(source), name, &paths, &mut ids),
            Service::new(of(1), None, operation, &paths, &mut ids),
        ];
        Matcher { index: Arc::new(Index { paths, services }), rules: rules.clone() }
    }

    /// Replaces `out` by the indices of the rules that match, ascending.
    pub fn evaluate<F: Fields + ?Sized>(&self, record: &F, out: &mut Vec<u32>) {
        TRUTHS.with_borrow_mut(|truths| self.evaluate_with(truths, record, out));
    }

    fn evaluate_with<F: Fields + ?Sized>(
        &self,
        truths: &mut Truths,
        record: &F,
        out: &mut Vec<u32>,
    ) {
        out.clear();
        let service = self.service(record);
        let mut lookup = Lookup::new(record, &self.index.paths, truths);
        let (source, name) = record.event_key();
        let (source, name) = (Hashed::new(source), Hashed::new(name));
        let is_indexed = source.is_ascii && name.is_ascii;
        if !is_indexed || source.text.is_empty() || name.text.is_empty() {
            service.run_all(&mut lookup, out);
            return;
        }
        if let Some(group) = service.pairs.get(source, name) {
            group.run(&mut lookup, out);
        }
        if let Some(group) = service.sources.get(source, Hashed::EMPTY) {
            group.run(&mut lookup, out);
        }
        if let Some(group) = service.names.get(name, Hashed::EMPTY) {
            group.run(&mut lookup, out);
        }
        service.rest.run(&mut lookup, out);
        out.sort_unstable();
    }

    /// The same without index and gates: what tests hold [`Matcher::evaluate`] against.
    pub fn evaluate_all<F: Fields + ?Sized>(&self, record: &F, out: &mut Vec<u32>) {
        out.clear();
        let mut truths = Truths::default();
        let mut lookup = Lookup::new(record, &self.index.paths, &mut truths);
        self.service(record).run_all(&mut lookup, out);
    }

    /// The fields that correlations over a rule group or count by, as a JSON object; `None` when
    /// no correlation looks at the rule. Called for records that the rule matched.
    pub fn correlation_fields<F: Fields + ?Sized>(&self, rule: u32, record: &F) -> Option<String> {
        let paths = self.rules.feeds.get(rule as usize)?.as_ref()?;
        let mut fields = Map::new();
        for path in paths {
            if let Some(value) = record.field(path) {
                fields.insert(path.clone(), bounded(value));
            }
        }
        Some(Value::Object(fields).to_string())
    }

    /// How many entries the index has by source and name, and how many rules by neither.
    #[cfg(test)]
    pub(crate) fn spread(&self) -> (usize, usize) {
        let services = &self.index.services;
        let by_pair: std::collections::BTreeSet<u32> = services
            .iter()
            .flat_map(|service| service.pairs.values())
            .flat_map(Group::rules)
            .collect();
        let by_name: std::collections::BTreeSet<u32> = services
            .iter()
            .flat_map(|service| service.names.values())
            .flat_map(Group::rules)
            .collect();
        let rest = services.iter().map(|service| service.rest.rules().count()).sum();
        (by_pair.len() + by_name.len(), rest)
    }

    fn service<F: Fields + ?Sized>(&self, record: &F) -> &Service {
        let source = record.log_source();
        let at = SERVICES.iter().position(|(_, known)| *known == source);
        &self.index.services[at.expect("every log source has its service")]
    }
}

impl Service {
    fn new(
        members: Vec<Member>,
        source: Option<FieldId>,
        name: FieldId,
        paths: &Paths,
        ids: &mut GateIds,
    ) -> Service {
        let mut pairs = CaseMap::<Vec<Member>>::new();
        let mut sources = CaseMap::<Vec<Member>>::new();
        let mut names = CaseMap::<Vec<Member>>::new();
        let mut rest = Vec::new();
        for member in &members {
            let exact = |field: FieldId| {
                let mut values: Vec<String> =
                    member.expr.exact_values(field)?.into_iter().collect();
                // Records without such a key are not looked up.
                values.retain(|value| value.is_ascii() && !value.is_empty());
                Some(values)
            };
            let of_source = source.and_then(exact);
            let of_name = exact(name);
            let folded = |known: &[(FieldId, &str)]| {
                let expr = member.expr.fold(known);
                let is_open = !matches!(expr, Expr::Const(false));
                is_open.then_some(Member { rule: member.rule, expr })
            };
            match (source, of_source, of_name) {
                (Some(source), Some(of_source), Some(of_name))
                    if of_source.len() * of_name.len() <= PAIRS_MAX =>
                {
                    for first in &of_source {
                        for second in &of_name {
                            let member = folded(&[(source, first), (name, second)]);
                            if let Some(member) = member {
                                pairs.entry(first, second).push(member);
                            }
                        }
                    }
                }
                (_, _, Some(of_name)) => {
                    for second in &of_name {
                        names.entry(second, "").extend(folded(&[(name, second)]));
                    }
                }
                (Some(source), Some(of_source), None) => {
                    for first in &of_source {
                        sources.entry(first, "").extend(folded(&[(source, first)]));
                    }
                }
                _ => rest.push(member.clone()),
            }
        }
        let mut group = |members| Group::new(members, paths, ids);
        Service {
            all: members,
            pairs: pairs.map(&mut group),
            sources: sources.map(&mut group),
            names: names.map(&mut group),
            rest: group(rest),
        }
    }

    fn run_all<F: Fields + ?Sized>(&self, record: &mut Lookup<'_, F>, out: &mut Vec<u32>) {
        for member in &self.all {
            if member.expr.holds(record) {
                out.push(member.rule);
            }
        }
    }
}

/// A value as correlations see it: bounded, and different for different values.
fn bounded(value: FieldValue<'_>) -> Value {
    let value = json(value);
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.len() <= VALUE_BYTES_MAX {
        return value;
    }
    let end = text.floor_char_boundary(VALUE_BYTES_MAX / 2);
    let hash = Sha256::digest(text.as_bytes());
    Value::String(format!("{}…{:x}", &text[..end], u64::from_be_bytes(first_8(&hash))))
}

fn first_8(bytes: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    first
}

fn json(value: FieldValue<'_>) -> Value {
    match value {
        FieldValue::Str(text) => Value::String(text.into_owned()),
        FieldValue::Int(number) => number.into(),
        FieldValue::Float(number) => {
            serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)
        }
        FieldValue::Bool(truth) => Value::Bool(truth),
        FieldValue::Null => Value::Null,
        FieldValue::Array(members) => Value::Array(members.into_iter().map(json).collect()),
        FieldValue::Object(members) => Value::Object(
            members.into_iter().map(|(name, member)| (name.into_owned(), json(member))).collect(),
        ),
    }
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("rules", &self.rules.events.len()).finish_non_exhaustive()
    }
}
