//! The report's timeline: events per hour, and the events with the worst findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use heptagon_case::read_records;
use heptagon_case::rows::{ints, texts, times};
use heptagon_model::{EventRow, EvidenceRef, Finding, Level, Timestamp};
use heptagon_report::{ActivityHour, Timeline};

use crate::commands::rows::uri;
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
    for batch in read_records(&store.case, "events", Some(&COLUMNS), is_wanted)? {
        let batch = batch?;
        let at = times(&batch, "event_time")?;
        let column = |name: &str| texts(&batch, name);
        let (sources, accounts, regions) =
            (column("source")?, column("account")?, column("region")?);
        let (principals, actions, resources) =
            (column("principal")?, column("action")?, column("resource")?);
        let (outcomes, ips, agents) =
            (column("outcome")?, column("source_ip")?, column("user_agent")?);
        let (artifacts, records) = (column("artifact")?, ints(&batch, "record")?);
        for row in 0..batch.num_rows() {
            let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
            let time = at.get(row).unwrap_or_default();
            let artifact = text(artifacts.get(row));
            let record = records.get(row).unwrap_or_default().cast_unsigned();
            let source = text(sources.get(row));
            entries_total += 1;
            let hour = Timestamp(time.0.div_euclid(HOUR_US) * HOUR_US);
            *by_hour.entry((source.clone(), hour)).or_default() += 1;
            let order = (Reverse(levels[&artifact][&record]), time, artifact, record);
            let is_full = worst.len() == ENTRIES_MAX;
            if is_full && worst.last_key_value().is_some_and(|(last, _)| *last < order) {
                continue;
            }
            let entry = EventRow {
                event_time: time,
                source,
                account: text(accounts.get(row)),
                region: text(regions.get(row)),
                principal: text(principals.get(row)),
                action: text(actions.get(row)),
                resource: resources.get(row).map(str::to_owned),
                outcome: text(outcomes.get(row)),
                source_ip: ips.get(row).map(str::to_owned),
                user_agent: agents.get(row).map(str::to_owned),
                evidence: EvidenceRef {
                    uri: uri(&uris, &order.2),
                    artifact: order.2.clone(),
                    record,
                },
                findings: Vec::new(),
            };
            worst.insert(order, entry);
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

const COLUMNS: [&str; 12] = [
    "event_time",
    "source",
    "account",
    "region",
    "principal",
    "action",
    "resource",
    "outcome",
    "source_ip",
    "user_agent",
    "artifact",
    "record",
];

/// Calls `visit` with finding, artifact and record of every reference.
fn each_ref(store: &Store, mut visit: impl FnMut(&str, &str, u64)) -> Result<(), Failure> {
    let columns = ["finding_id", "artifact", "record"];
    for batch in heptagon_case::read(&store.case, "finding_refs", Some(&columns))? {
        let batch = batch?;
        let (ids, artifacts) = (texts(&batch, "finding_id")?, texts(&batch, "artifact")?);
        let records = ints(&batch, "record")?;
        for row in 0..batch.num_rows() {
            let record = records.get(row).unwrap_or_default().cast_unsigned();
            visit(ids.get(row).unwrap_or_default(), artifacts.get(row).unwrap_or_default(), record);
        }
    }
    Ok(())
}

fn levels(store: &Store, loud: &HashMap<&str, Level>) -> Result<Levels, Failure> {
    let mut levels = Levels::new();
    each_ref(store, |id, artifact, record| {
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
    each_ref(store, |id, artifact, record| {
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
