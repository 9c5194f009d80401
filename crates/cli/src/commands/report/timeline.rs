//! The report's timeline: events per hour, and the events with the worst findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use heptagon_case::read_records;
use heptagon_case::rows::{Events, ints, texts, times};
use heptagon_model::{EventRow, Finding, Level, Timestamp};
use heptagon_report::{ActivityHour, Timeline};

use crate::commands::rows::uri;
use crate::commands::timeline::each_finding_ref;
use crate::failure::Failure;
use crate::store::Store;

/// Events of the timeline.
const ENTRIES_MAX: usize = 1_000;
const HOUR_US: i64 = 3_600 * 1_000_000;

/// The worst level of the findings of each event, by artifact and record.
type Levels = HashMap<String, HashMap<u64, Level>>;

/// Worst first, then by time, artifact and record.
type Order = (Reverse<Level>, Timestamp, String, u64);

/// Events with findings of level low and above, and events per hour.
pub(crate) fn read(store: &Store, findings: &[Finding]) -> Result<Timeline, Failure> {
    let loud: HashMap<&str, Level> = findings
        .iter()
        .filter(|finding| finding.level > Level::Informational)
        .map(|finding| (finding.finding_id.as_str(), finding.level))
        .collect();
    let levels = Arc::new(levels(store, &loud)?);
    let mut by_hour: BTreeMap<(String, Timestamp), u64> = BTreeMap::new();
    let mut entries_total = 0;
    let mut worst: BTreeMap<Order, EventRow> = BTreeMap::new();
    let uris = store.uris();
    let wanted = Arc::clone(&levels);
    let is_wanted = move |artifact: &str, record: u64| {
        wanted.get(artifact).is_some_and(|records| records.contains_key(&record))
    };
    for batch in read_records(&store.case, "events", Some(&Events::COLUMNS), is_wanted)? {
        let events = Events::of(&batch?)?;
        for row in 0..events.n_rows() {
            let time = events.time(row);
            let (artifact, record) = events.key(row);
            entries_total += 1;
            let hour = Timestamp(time.0.div_euclid(HOUR_US) * HOUR_US);
            *by_hour.entry((events.source(row).to_owned(), hour)).or_default() += 1;
            let level = levels[artifact][&record];
            let order = (Reverse(level), time, artifact.to_owned(), record);
            let is_full = worst.len() == ENTRIES_MAX;
            if is_full && worst.last_key_value().is_some_and(|(last, _)| *last < order) {
                continue;
            }
            worst.insert(order, events.row(row, |artifact| uri(&uris, artifact)));
            if is_full {
                worst.pop_last();
            }
        }
    }
    let mut entries: Vec<EventRow> = worst.into_values().collect();
    entries.sort_by(|a, b| (a.event_time, &a.evidence).cmp(&(b.event_time, &b.evidence)));
    name_findings(store, &loud, &mut entries)?;
    Ok(Timeline { entries, entries_total, activity: activity(store, &by_hour)? })
}

fn levels(store: &Store, loud: &HashMap<&str, Level>) -> Result<Levels, Failure> {
    let mut levels = Levels::new();
    each_finding_ref(store, |id, artifact, record| {
        let Some(level) = loud.get(id) else { return };
        if !levels.contains_key(artifact) {
            levels.insert(artifact.to_owned(), HashMap::new());
        }
        if let Some(records) = levels.get_mut(artifact) {
            let worst = records.entry(record).or_insert(*level);
            *worst = (*worst).max(*level);
        }
    })?;
    Ok(levels)
}

fn name_findings(
    store: &Store,
    loud: &HashMap<&str, Level>,
    entries: &mut [EventRow],
) -> Result<(), Failure> {
    let places: HashMap<(String, u64), usize> = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| ((entry.evidence.artifact.clone(), entry.evidence.record), at))
        .collect();
    each_finding_ref(store, |id, artifact, record| {
        if loud.contains_key(id)
            && let Some(at) = places.get(&(artifact.to_owned(), record))
        {
            entries[*at].findings.push(id.to_owned());
        }
    })?;
    for entry in entries {
        entry.findings.sort();
        entry.findings.dedup();
    }
    Ok(())
}

fn activity(
    store: &Store,
    by_hour: &BTreeMap<(String, Timestamp), u64>,
) -> Result<Vec<ActivityHour>, Failure> {
    let mut counted: BTreeMap<(String, Timestamp), u64> = BTreeMap::new();
    for batch in heptagon_case::read(&store.case, "presence", None)? {
        let batch = batch?;
        let (sources, hours) = (texts(&batch, "source")?, times(&batch, "hour")?);
        let events = ints(&batch, "events")?;
        for row in 0..batch.num_rows() {
            let key = (
                sources.get(row).unwrap_or_default().to_owned(),
                hours.get(row).unwrap_or_default(),
            );
            *counted.entry(key).or_default() += events.get(row).unwrap_or_default().cast_unsigned();
        }
    }
    let hour = |((source, hour), events): ((String, Timestamp), u64)| ActivityHour {
        findings: by_hour.get(&(source.clone(), hour)).copied().unwrap_or(0),
        source,
        hour,
        events,
    };
    Ok(counted.into_iter().map(hour).collect())
}
