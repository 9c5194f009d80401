//! The state of one correlation for one group: what is in its window now.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use heptagon_model::Timestamp;
use rsigma_parser::{CorrelationType, WindowMode};

use super::finding::Contribution;
use super::plan::{Condition, Plan};

/// Entries of one group's window; beyond it the oldest are dropped, and the findings say so.
const ENTRIES_MAX: usize = 1 << 18;
/// Events of one group that are kept for a finding they may become part of; older ones are counted.
const FRESH_MAX: usize = 4_096;

/// What arrives: an event that a rule matched, or a correlation below that holds.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) position: usize,
    pub(super) value: Counted,
    /// One event, or those the correlation below has newly found.
    pub(super) contributions: Vec<Contribution>,
}

/// The value that is counted or added up.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Counted {
    /// The correlation counts events.
    Event,
    /// A value to be told apart from others.
    Text(Arc<str>),
    /// A number to be added up.
    Number(f64),
}

#[derive(Debug, Clone)]
struct Entry {
    time: Timestamp,
    position: usize,
    value: Counted,
    n_events: u64,
}

/// A chain of `temporal_ordered`: its first and last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Chain {
    start: Timestamp,
    end: Timestamp,
}

/// One group's window.
#[derive(Debug, Default)]
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// Events that are in the window and in no finding yet, by the time they arrived.
    fresh: VecDeque<(Timestamp, Contribution)>,
    /// Numbers of events like those, beyond the bound.
    unlisted: VecDeque<(Timestamp, u64)>,
    total: u64,
    seen: Vec<u64>,
    distinct: BTreeMap<Arc<str>, u64>,
    /// Per position the chain that starts last, as of the end of the second before `second`.
    settled: Vec<Option<Chain>>,
    /// The same, with the events of `second`.
    chains: Vec<Option<Chain>>,
    second: i64,
    start: Timestamp,
    last: Timestamp,
    /// Entries dropped because of the bound.
    pub(super) n_dropped: u64,
}

/// What a condition that holds has found.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) contributions: Vec<Contribution>,
    pub(super) unlisted: Vec<(Timestamp, u64)>,
}

impl Window {
    pub(super) fn new(plan: &Plan) -> Window {
        Window {
            seen: vec![0; plan.inputs.len()],
            settled: vec![None; plan.inputs.len()],
            chains: vec![None; plan.inputs.len()],
            ..Window::default()
        }
    }

    /// How much it holds, in entries of any kind.
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.fresh.len() + self.unlisted.len()
    }

    pub(super) fn last(&self) -> Timestamp {
        self.last
    }

    /// Lets go of what is no longer in the window at `now`.
    pub(super) fn advance(&mut self, plan: &Plan, now: Timestamp) {
        let is_over = match plan.window {
            WindowMode::Sliding => {
                self.forget_before(Timestamp(now.0 - plan.span_us));
                false
            }
            WindowMode::Tumbling => {
                now.0.div_euclid(plan.span_us) != self.last.0.div_euclid(plan.span_us)
            }
            WindowMode::Session => {
                now.0 - self.last.0 > plan.gap_us || now.0 - self.start.0 > plan.span_us
            }
        };
        if is_over {
            *self = Window { n_dropped: self.n_dropped, ..Window::new(plan) };
        }
    }

    fn forget_before(&mut self, cutoff: Timestamp) {
        while self.entries.front().is_some_and(|entry| entry.time < cutoff) {
            self.drop_oldest();
        }
        while self.fresh.front().is_some_and(|(time, _)| *time < cutoff) {
            self.fresh.pop_front();
        }
        while self.unlisted.front().is_some_and(|(time, _)| *time < cutoff) {
            self.unlisted.pop_front();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.total -= entry.n_events;
        self.seen[entry.position] -= entry.n_events;
        if let Counted::Text(value) = entry.value
            && let Some(count) = self.distinct.get_mut(&value)
        {
            *count -= entry.n_events;
            if *count == 0 {
                self.distinct.remove(&value);
            }
        }
    }

    /// Takes in an arrival at `now`; [`Window::advance`] has been called for it.
    pub(super) fn insert(&mut self, plan: &Plan, now: Timestamp, arrival: Arrival) {
        if self.entries.is_empty() {
            self.start = now;
        }
        self.last = now;
        self.total += 1;
        self.seen[arrival.position] += 1;
        if let Counted::Text(value) = &arrival.value {
            *self.distinct.entry(value.clone()).or_default() += 1;
        }
        if plan.kind == CorrelationType::TemporalOrdered {
            self.extend_chains(now, arrival.position);
        }
        // Entries of one time are few kinds: like ones are one entry.
        let like = self
            .entries
            .iter_mut()
            .rev()
            .take_while(|entry| entry.time == now)
            .take(16)
            .find(|entry| entry.position == arrival.position && entry.value == arrival.value);
        if let Some(entry) = like {
            entry.n_events += 1;
        } else {
            self.entries.push_back(Entry {
                time: now,
                position: arrival.position,
                value: arrival.value,
                n_events: 1,
            });
            if self.entries.len() > ENTRIES_MAX {
                self.n_dropped += self.entries.front().map_or(0, |entry| entry.n_events);
                self.drop_oldest();
            }
        }
        self.fresh.extend(arrival.contributions.into_iter().map(|event| (now, event)));
        while self.fresh.len() > FRESH_MAX {
            let Some((time, _)) = self.fresh.pop_front() else { break };
            match self.unlisted.back_mut() {
                Some((last, count)) if *last == time => *count += 1,
                _ => self.unlisted.push_back((time, 1)),
            }
        }
    }

    /// A chain grows by an event of the next position in a later second.
    fn extend_chains(&mut self, now: Timestamp, position: usize) {
        if now.secs() > self.second {
            self.settled.clone_from(&self.chains);
            self.second = now.secs();
        }
        let start = match position.checked_sub(1) {
            None => Some(now),
            Some(before) => self.settled[before].map(|chain| chain.start),
        };
        if let Some(start) = start {
            let chain = Some(Chain { start, end: now });
            self.chains[position] = self.chains[position].max(chain);
        }
    }

    /// Whether the condition holds at `now` with events that are in no finding yet; they are
    /// handed out.
    pub(super) fn check(&mut self, plan: &Plan, now: Timestamp) -> Option<Held> {
        let mut chain = None;
        let number = match plan.kind {
            CorrelationType::EventCount => self.total as f64,
            CorrelationType::ValueCount => self.distinct.len() as f64,
            CorrelationType::Temporal => self.seen.iter().filter(|n| **n > 0).count() as f64,
            CorrelationType::TemporalOrdered => {
                let earliest = match plan.window {
                    WindowMode::Sliding => Timestamp(now.0 - plan.span_us),
                    WindowMode::Tumbling | WindowMode::Session => self.start,
                };
                let longest = self
                    .chains
                    .iter()
                    .rposition(|chain| chain.is_some_and(|chain| chain.start >= earliest))?;
                chain = self.chains[longest];
                if matches!(plan.condition, Condition::Expression(_))
                    && longest + 1 < plan.inputs.len()
                {
                    return None;
                }
                (longest + 1) as f64
            }
            CorrelationType::ValueSum
            | CorrelationType::ValueAvg
            | CorrelationType::ValuePercentile
            | CorrelationType::ValueMedian => self.aggregate(plan)?,
        };
        let seen: Vec<bool> = self.seen.iter().map(|n| *n > 0).collect();
        if !plan.condition.holds(number, &seen) {
            return None;
        }
        let held = match chain {
            Some(Chain { start, end }) => {
                let within = |time: Timestamp| start <= time && time <= end;
                Held {
                    contributions: take_if(&mut self.fresh, within),
                    unlisted: std::mem::take(&mut self.unlisted)
                        .into_iter()
                        .filter(|(time, _)| within(*time))
                        .collect(),
                }
            }
            None => Held {
                contributions: self.fresh.drain(..).map(|(_, event)| event).collect(),
                unlisted: self.unlisted.drain(..).collect(),
            },
        };
        (!held.contributions.is_empty()).then_some(held)
    }

    /// Sum, mean or percentile over the window, in time order.
    fn aggregate(&self, plan: &Plan) -> Option<f64> {
        let numbers = || {
            self.entries.iter().filter_map(|entry| match entry.value {
                Counted::Number(number) => Some((number, entry.n_events)),
                Counted::Event | Counted::Text(_) => None,
            })
        };
        let sum = || numbers().map(|(number, n)| number * n as f64).sum::<f64>();
        let rank = match plan.kind {
            CorrelationType::ValueSum => return Some(sum()),
            CorrelationType::ValueAvg => {
                return (self.total > 0).then(|| sum() / self.total as f64);
            }
            CorrelationType::ValuePercentile => plan.percentile,
            _ => 50.0,
        };
        let mut sorted: Vec<(f64, u64)> = numbers().collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = |index: u64| {
            let mut passed = 0;
            sorted.iter().find(|(_, n)| {
                passed += n;
                index < passed
            })
        };
        // Linear interpolation between the two nearest ranks.
        let exact = rank / 100.0 * self.total.checked_sub(1)? as f64;
        let (low, high) = (at(exact.floor() as u64)?.0, at(exact.ceil() as u64)?.0);
        Some(low + (high - low) * exact.fract())
    }
}

/// Takes out what a condition is true for, and keeps the order of both.
fn take_if(
    fresh: &mut VecDeque<(Timestamp, Contribution)>,
    within: impl Fn(Timestamp) -> bool,
) -> Vec<Contribution> {
    let (mut taken, mut kept) = (Vec::new(), VecDeque::new());
    for (time, event) in fresh.drain(..) {
        if within(time) {
            taken.push(event);
        } else {
            kept.push_back((time, event));
        }
    }
    *fresh = kept;
    taken
}
