//! Hours drawn together into bars.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::Timestamp;

use super::sane;
use crate::Document;

const HOUR_US: i64 = 3_600_000_000;
/// Bars a chart may have before hours are drawn together.
const BARS_MAX: i64 = 168;
/// Hours one bar may stand for, so that bars begin where people expect them to.
const STEPS: [i64; 9] = [1, 2, 3, 6, 12, 24, 48, 168, 672];
/// Hours a chart may span at most: what lies beyond is a wrong clock, not an incident.
const HOURS_MAX: i64 = 24 * 366 * 20;

/// Events over time, per source.
pub(crate) struct Histogram<'a> {
    /// The first bar's start.
    pub from: Timestamp,
    /// The last bar's end.
    pub to: Timestamp,
    /// Hours per bar.
    pub hours: i64,
    /// Sources, in the order of the stacks.
    pub sources: Vec<&'a str>,
    /// Bars with events, by start: events per source, in the order of `sources`, and how many of
    /// them belong to a finding.
    pub bars: BTreeMap<i64, (Vec<u64>, u64)>,
}

impl Histogram<'_> {
    /// The tallest bar.
    pub(crate) fn events_max(&self) -> u64 {
        self.bars.values().map(|(events, _)| events.iter().sum()).max().unwrap_or(0)
    }
}

/// The chart's bars; none when nothing has a time.
pub(crate) fn histogram(document: &Document) -> Option<Histogram<'_>> {
    let activity = &document.timeline.activity;
    let mut from = activity.iter().map(|hour| sane(hour.hour).0).min()?;
    let mut to = activity.iter().map(|hour| sane(hour.hour).0).max()? + HOUR_US;
    if let Some(scope) = document.case.scope {
        from = from.min(sane(scope.from).0);
        to = to.max(sane(scope.to).0);
    }
    from = from.max(to - HOURS_MAX * HOUR_US);
    let span_hours = (to - from) / HOUR_US + 1;
    let hours = STEPS
        .into_iter()
        .find(|step| span_hours / step <= BARS_MAX)
        .unwrap_or(span_hours / BARS_MAX + 1);
    let width = hours * HOUR_US;
    let start = |time: i64| time.div_euclid(width) * width;
    let sources: BTreeSet<&str> = activity.iter().map(|hour| hour.source.as_str()).collect();
    let mut sources: Vec<&str> = sources.into_iter().collect();
    // The oldest source keeps the first colour, whichever others there are.
    sources.sort_by_key(|source| (*source != "cloudtrail", *source != "bedrock-invocation"));
    let mut bars: BTreeMap<i64, (Vec<u64>, u64)> = BTreeMap::new();
    for hour in activity.iter().filter(|hour| sane(hour.hour).0 >= from) {
        let (events, findings) =
            bars.entry(start(sane(hour.hour).0)).or_insert_with(|| (vec![0; sources.len()], 0));
        let at = sources.iter().position(|source| *source == hour.source).unwrap_or(0);
        events[at] = events[at].saturating_add(hour.events);
        *findings = findings.saturating_add(hour.findings);
    }
    let (from, last) = (start(from), start(to - 1));
    Some(Histogram { from: Timestamp(from), to: Timestamp(last + width), hours, sources, bars })
}
