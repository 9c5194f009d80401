//! A group of rules behind gates: one look at a field tells which of them are worth evaluating.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use heptagon_model::Fields;
use ipnet::IpNet;
use rsigma_eval::EventValue;

use super::expr::Expr;
use super::index::{CaseMap, Hashed};
use super::lookup::{FieldId, Lookup, Paths};
use super::memo::remembered;
use super::needs::{Need, NeedKind};

/// Up to this many rules are evaluated one by one.
const SMALL: usize = 2;

/// A rule's expression, as far as it is open in its group.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) rule: u32,
    pub(super) expr: Expr,
}

/// Numbers the gates of an index.
pub(super) struct GateIds {
    owner: u64,
    last: u32,
}

impl GateIds {
    pub(super) fn new() -> GateIds {
        static OWNERS: AtomicU64 = AtomicU64::new(1);
        GateIds { owner: OWNERS.fetch_add(1, Ordering::Relaxed), last: 0 }
    }
}

/// Rules that are looked at together.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: Vec<Member>,
    /// Positions in `members` of rules without a gate.
    direct: Vec<u32>,
    gates: Vec<Gate>,
}

/// Beginnings or ends of texts.
#[derive(Debug, Default)]
struct Affixes {
    lengths: Vec<usize>,
    texts: CaseMap<Vec<u32>>,
}

impl Affixes {
    fn insert(&mut self, text: &str, members: Vec<u32>) {
        if let Err(at) = self.lengths.binary_search(&text.len()) {
            self.lengths.insert(at, text.len());
        }
        *self.texts.entry(text, "") = members;
    }

    /// Adds what is found for the piece of each length that occurs.
    fn run<'t>(&self, out: &mut Vec<u32>, piece: impl Fn(usize) -> Option<&'t str>) {
        for length in &self.lengths {
            let Some(piece) = piece(*length) else { break };
            if let Some(members) = self.texts.get(Hashed::new(piece), Hashed::EMPTY) {
                out.extend_from_slice(members);
            }
        }
    }
}

/// What is to be looked for in one field.
#[derive(Debug)]
struct Gate {
    /// The index it is part of, and its number there: under these, searches are remembered.
    owner: u64,
    id: u32,
    /// The field; `None` is every text of the record.
    field: Option<FieldId>,
    exact: CaseMap<Vec<u32>>,
    /// Bit `n` is set when some exact text has length `n` modulo 64.
    exact_lengths: u64,
    networks: Vec<(IpNet, Vec<u32>)>,
    starts: Affixes,
    ends: Affixes,
    needles: Option<AhoCorasick>,
    of_needle: Vec<Vec<u32>>,
    present: Vec<u32>,
    all: Vec<u32>,
    /// Whether looking up an earlier search is cheaper than searching.
    is_remembered: bool,
}

impl Group {
    pub(super) fn new(members: Vec<Member>, paths: &Paths, ids: &mut GateIds) -> Group {
        let mut direct = Vec::new();
        let mut by_field: BTreeMap<Option<FieldId>, BTreeMap<NeedKind, Vec<u32>>> = BTreeMap::new();
        let is_small = members.len() <= SMALL;
        for (at, member) in members.iter().enumerate() {
            let at = at as u32;
            match member.expr.needs(paths) {
                Some(needs) if !is_small => {
                    for Need { field, kind } in needs {
                        by_field.entry(field).or_default().entry(kind).or_default().push(at);
                    }
                }
                _ => direct.push(at),
            }
        }
        let gates =
            by_field.into_iter().map(|(field, needs)| Gate::new(field, needs, ids)).collect();
        Group { members, direct, gates }
    }

    /// The rules it holds.
    #[cfg(test)]
    pub(super) fn rules(&self) -> impl Iterator<Item = u32> + '_ {
        self.members.iter().map(|member| member.rule)
    }

    /// Adds the rules that match to `out`.
    pub(super) fn run<F: Fields + ?Sized>(&self, record: &mut Lookup<'_, F>, out: &mut Vec<u32>) {
        for at in &self.direct {
            let member = &self.members[*at as usize];
            if member.expr.holds(record) {
                out.push(member.rule);
            }
        }
        if self.gates.is_empty() {
            return;
        }
        // Candidates stand at the end of `out` until they are rules that match.
        let start = out.len();
        for gate in &self.gates {
            gate.run(record, out);
        }
        if out.len() == start {
            return;
        }
        out[start..].sort_unstable();
        let mut kept = start;
        let mut before = None;
        for at in start..out.len() {
            let candidate = out[at];
            if before == Some(candidate) {
                continue;
            }
            before = Some(candidate);
            let member = &self.members[candidate as usize];
            if member.expr.holds(record) {
                out[kept] = member.rule;
                kept += 1;
            }
        }
        out.truncate(kept);
    }
}

impl Gate {
    fn new(field: Option<FieldId>, needs: BTreeMap<NeedKind, Vec<u32>>, ids: &mut GateIds) -> Gate {
        let mut all: Vec<u32> = needs.values().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        ids.last += 1;
        let mut gate = Gate {
            owner: ids.owner,
            id: ids.last,
            field,
            exact: CaseMap::new(),
            exact_lengths: 0,
            networks: Vec::new(),
            starts: Affixes::default(),
            ends: Affixes::default(),
            needles: None,
            of_needle: Vec::new(),
            present: Vec::new(),
            all,
            is_remembered: false,
        };
        let mut needles = Vec::new();
        for (kind, members) in needs {
            match kind {
                NeedKind::Network(network) => gate.networks.push((network, members)),
                NeedKind::Exact(text) => {
                    gate.exact_lengths |= 1 << (text.len() % 64);
                    *gate.exact.entry(&text, "") = members;
                }
                NeedKind::StartsWith(start) => gate.starts.insert(&start, members),
                NeedKind::EndsWith(end) => gate.ends.insert(&end, members),
                NeedKind::Contains(needle) => {
                    needles.push(needle);
                    gate.of_needle.push(members);
                }
                NeedKind::Present => gate.present = members,
            }
        }
        if !needles.is_empty() {
            gate.needles = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind((needles.len() <= 512).then_some(AhoCorasickKind::DFA))
                .build(&needles)
                .ok();
            if gate.needles.is_none() {
                // Too many to search for at once: every one of them is evaluated.
                gate.present.clone_from(&gate.all);
            }
        }
        // Texts of a whole record are too many and too different to remember.
        gate.is_remembered = field.is_some()
            && (gate.needles.is_some()
                || !gate.networks.is_empty()
                || gate.starts.lengths.len() + gate.ends.lengths.len() > 1);
        gate
    }

    fn run<F: Fields + ?Sized>(&self, record: &mut Lookup<'_, F>, out: &mut Vec<u32>) {
        let Some(field) = self.field else {
            record.visit_strings(&mut |text| self.text(text, out));
            return;
        };
        let Some(value) = record.get(field).0 else { return };
        out.extend_from_slice(&self.present);
        if self.present.len() < self.all.len() {
            self.value(value, out);
        }
    }

    fn value(&self, value: &EventValue<'_>, out: &mut Vec<u32>) {
        match value {
            EventValue::Str(text) => self.text(text, out),
            EventValue::Bool(truth) => self.text(if *truth { "true" } else { "false" }, out),
            EventValue::Int(number) => self.text(&number.to_string(), out),
            EventValue::Float(number) => self.text(&number.to_string(), out),
            EventValue::Array(members) => {
                for member in members {
                    self.value(member, out);
                }
            }
            EventValue::Null | EventValue::Map(_) => {}
        }
    }

    fn text(&self, text: &str, out: &mut Vec<u32>) {
        if self.is_remembered {
            remembered(self.owner, self.id, text, out, |out| self.search(text, out));
        } else {
            self.search(text, out);
        }
    }

    fn search(&self, text: &str, out: &mut Vec<u32>) {
        // Beyond ASCII, what is the same letter differs between the ways of matching.
        if !text.is_ascii() {
            out.extend_from_slice(&self.all);
            return;
        }
        if (self.exact_lengths >> (text.len() % 64)) & 1 == 1
            && let Some(members) = self.exact.get(Hashed::new(text), Hashed::EMPTY)
        {
            out.extend_from_slice(members);
        }
        if !self.networks.is_empty()
            && let Ok(address) = text.parse::<IpAddr>()
        {
            for (network, members) in &self.networks {
                if network.contains(&address) {
                    out.extend_from_slice(members);
                }
            }
        }
        self.starts.run(out, |length| text.get(..length));
        self.ends.run(out, |length| text.get(text.len().checked_sub(length)?..));
        if let Some(needles) = &self.needles
            && needles.is_match(text)
        {
            for found in needles.find_overlapping_iter(text) {
                out.extend_from_slice(&self.of_needle[found.pattern().as_usize()]);
            }
        }
    }
}
