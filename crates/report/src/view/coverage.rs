//! Coverage rows drawn together into lanes.

use std::collections::BTreeMap;

use heptagon_model::{CoverageRow, CoverageState, Timestamp};

/// A piece of a lane.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interval<'a> {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// Whether it was recorded.
    pub state: CoverageState,
    /// Why.
    pub why: &'a str,
}

/// Regions of one source, category and account that were covered alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CoverageGroup<'a> {
    /// The source.
    pub source: &'a str,
    /// The category.
    pub category: &'a str,
    /// The account.
    pub account: &'a str,
    /// The regions, sorted.
    pub regions: Vec<&'a str>,
    /// Their intervals, in order of time.
    pub intervals: Vec<Interval<'a>>,
}

impl CoverageGroup<'_> {
    /// Whether everything was recorded.
    pub(crate) fn whole(&self) -> bool {
        self.intervals.iter().all(|interval| interval.state == CoverageState::Recorded)
    }

    /// `eu-west-1, us-east-1`, or the first and how many more.
    pub(crate) fn regions_named(&self) -> String {
        match self.regions.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [one, two] => format!("{one}, {two}"),
            [one, rest @ ..] => format!("{one} and {} more regions", rest.len()),
        }
    }
}

/// Lanes by source, category and account; regions that were covered alike share one.
pub(crate) fn coverage_groups(rows: &[CoverageRow]) -> Vec<CoverageGroup<'_>> {
    let mut lanes: BTreeMap<(&str, &str, &str), BTreeMap<&str, Vec<Interval<'_>>>> =
        BTreeMap::new();
    for row in rows {
        lanes
            .entry((&row.source, &row.category, &row.account))
            .or_default()
            .entry(&row.region)
            .or_default()
            .push(interval(row));
    }
    let mut groups = Vec::new();
    for ((source, category, account), regions) in lanes {
        let mut alike: BTreeMap<Vec<(i64, i64, CoverageState)>, CoverageGroup<'_>> =
            BTreeMap::new();
        for (region, mut intervals) in regions {
            intervals.sort();
            let intervals = joined(intervals);
            let pattern = intervals.iter().map(|i| (i.from.0, i.to.0, i.state)).collect();
            alike
                .entry(pattern)
                .or_insert_with(|| CoverageGroup {
                    source,
                    category,
                    account,
                    regions: Vec::new(),
                    intervals,
                })
                .regions
                .push(region);
        }
        let mut alike: Vec<CoverageGroup<'_>> = alike.into_values().collect();
        alike.sort_by(|a, b| a.regions.cmp(&b.regions));
        groups.extend(alike);
    }
    groups
}

fn interval(row: &CoverageRow) -> Interval<'_> {
    Interval { from: row.from, to: row.to, state: row.state, why: &row.why }
}

/// Joins neighbours of the same state, so that a lane has as few pieces as it needs.
fn joined(intervals: Vec<Interval<'_>>) -> Vec<Interval<'_>> {
    let mut out: Vec<Interval<'_>> = Vec::new();
    for next in intervals {
        match out.last_mut() {
            Some(last) if last.state == next.state && next.from <= last.to => {
                last.to = last.to.max(next.to);
            }
            _ => out.push(next),
        }
    }
    out
}
