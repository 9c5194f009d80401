//! Which silences a cell's own rhythm explains.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::Timestamp;

use super::Hour;

/// A silence is blindness when the rhythm makes a silence like it, anywhere in the cell, less
/// probable than this.
const IMPROBABLE: f64 = 0.05;
/// Weight of the cell's overall activity beside that of the hour of day, in days.
const PRIOR_DAYS: f64 = 0.5;
/// No hour is ever more certain to be active than this.
const CERTAIN: f64 = 0.9999;
/// Files needed before their spacing means anything.
const FILES_MIN: usize = 20;
/// A gap between files is out of line when it is so much longer than nineteen of twenty others.
const FILE_GAP_FACTOR: i64 = 4;
/// Delivery is irregular below this.
const FILE_GAP_MIN_US: i64 = 10 * 60 * 1_000_000;

/// A silence that the rhythm does not explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Silence {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) why: String,
}

/// Unexplained silences between the present hours.
pub(crate) fn silences(hours: &BTreeMap<i64, Hour>) -> Vec<Silence> {
    let present: Vec<(i64, Hour)> = hours.iter().map(|(hour, row)| (*hour, *row)).collect();
    let gaps: Vec<(i64, i64, Timestamp, Timestamp)> = present
        .windows(2)
        .filter(|pair| pair[1].0 - pair[0].0 > 1)
        .map(|pair| (pair[0].0 + 1, pair[1].0, pair[0].1.last, pair[1].1.first))
        .collect();
    let runs = gaps.len().max(1) as f64;
    let rhythm = Rhythm::new(hours);
    gaps.iter()
        .filter(|(from, to, _, _)| rhythm.silence(*from, *to) * runs < IMPROBABLE)
        .map(|(from, to, last, first)| Silence {
            from: Timestamp(last.0 + 1),
            to: *first,
            why: format!(
                "silent for {} where this cell is active in {} of 100 such hours",
                crate::text::count((to - from) as u64, "whole hour"),
                (rhythm.mean(*from, *to) * 100.0) as u64
            ),
        })
        .collect()
}

/// Whether the silence before the first or after the last event is no longer than the longest that
/// the cell's rhythm explains between two of its events.
pub(crate) fn edge_is_natural(hours: &BTreeMap<i64, Hour>, from: Timestamp, to: Timestamp) -> bool {
    let unexplained = silences(hours);
    let rows: Vec<&Hour> = hours.values().collect();
    let longest = rows
        .windows(2)
        .filter(|pair| !unexplained.iter().any(|silence| silence.to == pair[1].first))
        .map(|pair| pair[1].first.0 - pair[0].last.0)
        .max();
    longest.is_some_and(|longest| to.0 - from.0 <= longest)
}

/// How often a cell is active, by day class and hour of day.
struct Rhythm {
    active: BTreeMap<(bool, i64), f64>,
    hours: BTreeMap<(bool, i64), f64>,
    active_all: f64,
    hours_all: f64,
    present: BTreeSet<i64>,
}

impl Rhythm {
    fn new(hours: &BTreeMap<i64, Hour>) -> Rhythm {
        let mut rhythm = Rhythm {
            active: BTreeMap::new(),
            hours: BTreeMap::new(),
            active_all: hours.len() as f64,
            hours_all: 0.0,
            present: hours.keys().copied().collect(),
        };
        let (Some(first), Some(last)) = (hours.keys().next(), hours.keys().next_back()) else {
            return rhythm;
        };
        // A year of hours is enough to know a rhythm.
        for hour in (*first).max(*last - 24 * 366)..=*last {
            *rhythm.hours.entry(class(hour)).or_default() += 1.0;
            rhythm.hours_all += 1.0;
            if rhythm.present.contains(&hour) {
                *rhythm.active.entry(class(hour)).or_default() += 1.0;
            }
        }
        rhythm
    }

    /// The probability that hour is active, were the silence from..to not known.
    fn active(&self, hour: i64, from: i64, to: i64) -> f64 {
        let class = class(hour);
        let inside = |hour: &i64| (from..to).contains(hour);
        let excluded = (from..to).filter(|other| self::class(*other) == class).count() as f64;
        let first = self.present.first().copied().unwrap_or(hour);
        let last = self.present.last().copied().unwrap_or(hour);
        let known = inside(&first.max(from)) && from >= first && to <= last + 1;
        let excluded = if known { excluded } else { 0.0 };
        let excluded_all = if known { (to - from) as f64 } else { 0.0 };
        let overall = self.active_all / (self.hours_all - excluded_all).max(1.0);
        let active = self.active.get(&class).copied().unwrap_or(0.0);
        let hours = self.hours.get(&class).copied().unwrap_or(0.0) - excluded;
        ((active + PRIOR_DAYS * overall) / (hours.max(0.0) + PRIOR_DAYS)).clamp(0.0, CERTAIN)
    }

    /// The probability of a silence of all hours in from..to.
    fn silence(&self, from: i64, to: i64) -> f64 {
        // Beyond a fortnight nothing gets less probable.
        (from..to.min(from + 24 * 14)).map(|hour| 1.0 - self.active(hour, from, to)).product()
    }

    fn mean(&self, from: i64, to: i64) -> f64 {
        let to = to.min(from + 24 * 14);
        (from..to).map(|hour| self.active(hour, from, to)).sum::<f64>() / (to - from).max(1) as f64
    }
}

/// Weekends are apart from other days.
fn class(hour: i64) -> (bool, i64) {
    // 1970-01-01 was a Thursday.
    let weekday = (hour.div_euclid(24) + 3).rem_euclid(7);
    (weekday >= 5, hour.rem_euclid(24))
}

/// Gaps between consecutive files that are out of line with all others, and with those around.
pub(crate) fn file_gaps(spans: &[(Timestamp, Timestamp)]) -> Vec<(Timestamp, Timestamp)> {
    if spans.len() < FILES_MIN {
        return Vec::new();
    }
    let mut gaps: Vec<(i64, Timestamp, Timestamp)> = Vec::with_capacity(spans.len());
    let mut until = spans[0].1;
    for (from, to) in &spans[1..] {
        gaps.push(((from.0 - until.0).max(0), until, *from));
        until = until.max(*to);
    }
    let usual = |gaps: &mut Vec<i64>| {
        gaps.sort_unstable();
        gaps[(gaps.len() * 19 / 20).min(gaps.len() - 1)]
    };
    let limit = usual(&mut gaps.iter().map(|gap| gap.0).collect()) * FILE_GAP_FACTOR;
    gaps.iter()
        .enumerate()
        .filter(|(at, gap)| {
            if gap.0 <= limit.max(FILE_GAP_MIN_US) {
                return false;
            }
            let around = gaps[at.saturating_sub(24)..(at + 25).min(gaps.len())].iter();
            let mut around: Vec<i64> =
                around.filter(|other| other.1 != gap.1).map(|other| other.0).collect();
            !around.is_empty() && gap.0 > usual(&mut around) * FILE_GAP_FACTOR
        })
        .map(|(_, gap)| (Timestamp(gap.1.0 + 1), gap.2))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::HOUR_US;

    fn cell(hours: impl IntoIterator<Item = i64>) -> BTreeMap<i64, Hour> {
        hours
            .into_iter()
            .map(|hour| {
                let start = hour * HOUR_US;
                let row = Hour {
                    first: Timestamp(start + 1),
                    last: Timestamp(start + HOUR_US - 1),
                    events: 9,
                };
                (hour, row)
            })
            .collect()
    }

    #[test]
    fn one_lost_hour_of_a_busy_cell_is_blindness() {
        let hours = cell((0..24 * 10).filter(|hour| *hour != 100));
        let silences = silences(&hours);
        assert_eq!(silences.len(), 1);
        assert_eq!(silences[0].from.0.div_euclid(HOUR_US), 100);
        assert!(silences[0].why.contains("1 whole hour"), "{}", silences[0].why);
    }

    #[test]
    fn nights_without_events_are_no_blindness_and_a_lost_day_is() {
        let office = |hour: &i64| (8..18).contains(&hour.rem_euclid(24)) && !class(*hour).0;
        let usual = cell((0..24 * 21).filter(office));
        assert_eq!(silences(&usual), []);
        let lost = cell((0..24 * 21).filter(office).filter(|hour| hour.div_euclid(24) != 11));
        assert_eq!(silences(&lost).len(), 1);
    }

    #[test]
    fn rare_cells_are_quiet_for_long() {
        let daily = cell((0..30).map(|day| day * 24 + 3));
        assert_eq!(silences(&daily), []);
        let lost = cell((0..30).filter(|day| ![11, 12].contains(day)).map(|day| day * 24 + 3));
        assert_eq!(silences(&lost).len(), 1);
    }

    #[test]
    fn a_missing_file_among_regular_ones_shows() {
        let minute = 60_000_000;
        let span =
            |n: i64| (Timestamp(n * 5 * minute + 1), Timestamp((n * 5 + 5) * minute - minute / 2));
        let whole: Vec<_> = (0..100).map(span).collect();
        assert_eq!(file_gaps(&whole), []);
        let lost: Vec<_> = (0..100).filter(|n| ![40, 41].contains(n)).map(span).collect();
        assert_eq!(file_gaps(&lost).len(), 1);
    }
}
