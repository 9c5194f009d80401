//! `heptagon timeline`: every event in order of time.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_case::rows::{Events, ints, lists, texts};
use heptagon_case::text::sql_literal;
use heptagon_case::{Session, SessionOptions, read};
use heptagon_model::{Element, EventRow, Timestamp};

use crate::args::{Format, TimelineArgs};
use crate::commands::answers::unknown;
use crate::commands::rows::uri;
use crate::content;
use crate::failure::{Exit, Failure, Outcome};
use crate::print::Rows;
use crate::store::Store;

const COLUMNS: &[&str] = &[
    "event_time",
    "source",
    "principal",
    "action",
    "resource",
    "outcome",
    "source_ip",
    "region",
    "account",
    "user_agent",
    "findings",
    "ref",
];

/// Rows a table shows unless told.
const TABLE_ROWS: usize = 200;
/// Memory of the sort; more is spilled.
const SORT_BYTES: usize = 256 << 20;

pub(crate) fn run(args: &TimelineArgs) -> Outcome {
    let store = Store::open(&args.rows.case.case)?;
    let limit = match (args.limit, args.rows.format) {
        (Some(limit), _) => limit,
        (None, Format::Table) => TABLE_ROWS,
        (None, _) => usize::MAX,
    };
    let mut rows = Rows::new(args.rows.format, COLUMNS);
    let mut n_rows = 0;
    let mut more = false;
    events(&store, args, &mut |row| {
        if n_rows == limit {
            more = true;
            return Ok(false);
        }
        n_rows += 1;
        rows.push(&row)?;
        Ok(true)
    })?;
    rows.finish()?;
    if more && args.rows.format == Format::Table {
        use std::io::Write;
        writeln!(std::io::stdout(), "more rows follow; --limit N or --format jsonl prints them")?;
    }
    Ok(Exit::Done)
}

/// Calls `visit` for the rows asked for, in order, until it says `false`.
fn events(
    store: &Store,
    args: &TimelineArgs,
    visit: &mut dyn FnMut(EventRow) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let element = args
        .element
        .as_deref()
        .map(|slug| Element::from_slug(slug).ok_or_else(|| unknown(slug)))
        .transpose()?;
    let catalog = content::catalog()?;
    let findings = Findings::read(store, args.finding.as_deref())?;
    let uris = store.uris();
    let mut options = SessionOptions::new(SORT_BYTES);
    options.target_partitions = 1;
    let session = Session::open_with(&store.case, &options)?;
    for batch in session.stream(&query(args))? {
        let batch = batch?;
        let events = Events::of(&batch)?;
        let (event_sources, event_names) =
            (texts(&batch, "event_source")?, texts(&batch, "event_name")?);
        for row in 0..events.n_rows() {
            let (artifact, record) = events.key(row);
            let ids = findings.of(artifact, record);
            if args.finding.is_some() && ids.is_empty() {
                continue;
            }
            if let Some(element) = element {
                let by_catalog = catalog
                    .lookup(
                        event_sources.get(row).unwrap_or_default(),
                        event_names.get(row).unwrap_or_default(),
                    )
                    .is_some_and(|action| action.elements.contains(&element));
                if !by_catalog && !findings.speak_to(&ids, element) {
                    continue;
                }
            }
            let event = events.row(row, |artifact| uri(&uris, artifact));
            let go_on = visit(EventRow { findings: ids, ..event })?;
            if !go_on {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn query(args: &TimelineArgs) -> String {
    let mut conditions = Vec::new();
    let instant = |time: Timestamp| format!("to_timestamp_micros({})", time.0);
    if let Some(since) = args.since {
        conditions.push(format!("event_time >= {}", instant(since)));
    }
    if let Some(until) = args.until {
        conditions.push(format!("event_time < {}", instant(until)));
    }
    if let Some(source) = &args.source {
        conditions.push(format!("source = {}", sql_literal(source)));
    }
    if let Some(who) = &args.actor {
        let who = sql_literal(who);
        conditions.push(format!(
            "(actor = {who} OR principal = {who} OR access_key = {who} OR source_ip = {who})"
        ));
    }
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", conditions.join(" AND "))
    };
    format!(
        "SELECT event_time, source, account, region, principal, action, event_source, event_name, \
         resource, outcome, source_ip, user_agent, artifact, record FROM events {filter} \
         ORDER BY event_time, artifact, record"
    )
}

/// Calls `visit` with finding, artifact and record of every reference.
pub(crate) fn each_finding_ref(
    store: &Store,
    mut visit: impl FnMut(&str, &str, u64),
) -> Result<(), Failure> {
    let columns = ["finding_id", "artifact", "record"];
    for batch in read(&store.case, "finding_refs", Some(&columns))? {
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

/// Which events belong to which findings, and which elements those speak to.
struct Findings {
    by_event: BTreeMap<(String, u64), Vec<String>>,
    elements: BTreeMap<String, BTreeSet<Element>>,
}

impl Findings {
    fn read(store: &Store, only: Option<&str>) -> Result<Findings, Failure> {
        let mut elements: BTreeMap<String, BTreeSet<Element>> = BTreeMap::new();
        for batch in read(&store.case, "findings", None)? {
            let batch = batch?;
            let (ids, slugs) = (texts(&batch, "finding_id")?, lists(&batch, "elements")?);
            for row in 0..batch.num_rows() {
                let of =
                    slugs.get(row).iter().filter_map(|slug| Element::from_slug(slug)).collect();
                elements.insert(ids.get(row).unwrap_or_default().to_owned(), of);
            }
        }
        if let Some(id) = only
            && !elements.contains_key(id)
        {
            return Err(Failure::new(
                format!("no finding `{}`", heptagon_case::text::one_line(id, 40)),
                "`heptagon findings` lists them",
            ));
        }
        let mut by_event: BTreeMap<(String, u64), Vec<String>> = BTreeMap::new();
        each_finding_ref(store, |id, artifact, record| {
            by_event.entry((artifact.to_owned(), record)).or_default().push(id.to_owned());
        })?;
        for ids in by_event.values_mut() {
            ids.sort();
            ids.dedup();
        }
        // An event of the finding asked for names its other findings as well.
        if let Some(only) = only {
            by_event.retain(|_, ids| ids.iter().any(|id| id == only));
        }
        Ok(Findings { by_event, elements })
    }

    fn of(&self, artifact: &str, record: u64) -> Vec<String> {
        self.by_event.get(&(artifact.to_owned(), record)).cloned().unwrap_or_default()
    }

    fn speak_to(&self, ids: &[String], element: Element) -> bool {
        ids.iter().any(|id| self.elements.get(id).is_some_and(|of| of.contains(&element)))
    }
}
