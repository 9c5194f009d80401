//! From runs to the tables of the days they touch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use heptagon_case::{CaseDir, TableFile, Tables};

use crate::IngestError;
use crate::aggregate::{Activity, Presence, PresenceKey};
use crate::counters::Counters;
use crate::day::{DayContext, DayResult, RowCounts, cloudtrail, existing, invocations};
use crate::fold::{self, ActivityKey};
use crate::rows;
use crate::run::{RunFile, RunTable};

/// The tables as they will be, and what the manifest needs.
pub(crate) struct Merged {
    pub(crate) tables: Tables,
    /// Rows per artifact of the days that were merged.
    pub(crate) rows: RowCounts,
    pub(crate) days: u64,
}

/// The days to be merged: those with new rows, and their neighbours where a call at midnight may
/// belong to an invocation of the other day.
fn touched(runs: &[RunFile], existing: &Tables) -> BTreeSet<i64> {
    let days_of = |table: RunTable| -> BTreeSet<i64> {
        runs.iter()
            .filter(|run| run.table == table)
            .flat_map(|run| run.days.iter().map(|span| span.day))
            .collect()
    };
    let cloudtrail = days_of(RunTable::CloudTrail);
    let mut touched: BTreeSet<i64> =
        cloudtrail.union(&days_of(RunTable::Invocations)).copied().collect();
    let with_invocations: BTreeSet<i64> =
        existing.files("invocations").iter().filter_map(TableFile::day).collect();
    for day in cloudtrail {
        touched
            .extend([day - 1, day + 1].into_iter().filter(|near| with_invocations.contains(near)));
    }
    touched
}

/// Runs `work` for every day on `threads` threads; results come in the order of days.
fn for_days<F>(
    days: &BTreeSet<i64>,
    threads: usize,
    work: F,
) -> Result<Vec<(i64, DayResult)>, IngestError>
where
    F: Fn(i64) -> Result<DayResult, IngestError> + Sync,
{
    let days: Vec<i64> = days.iter().copied().collect();
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(i64, Result<DayResult, IngestError>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(days.len()) {
            scope.spawn(|| {
                while let Some(&day) = days.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(day);
                    results.lock().expect("no panics under lock").push((day, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no panics under lock");
    results.sort_by_key(|(day, _)| *day);
    results.into_iter().map(|(day, result)| Ok((day, result?))).collect()
}

/// Merges all touched days and folds what is counted over the whole case.
pub(crate) fn merge(
    case: &CaseDir,
    existing: &Tables,
    context: &DayContext<'_>,
    threads: usize,
    counters: &Counters,
) -> Result<Merged, IngestError> {
    let days = touched(context.runs, existing);
    counters.found_days(2 * days.len() as u64);
    let mut presence = fold::read_presence(case, existing, &days)?;
    let mut activity = fold::read_activity(case, existing, &days)?;
    let mut rows_changed = RowCounts::default();
    let mut tables = existing.clone();

    let schema = rows::cloudtrail::builders().schema();
    let calls = for_days(&days, threads, |day| {
        let known = existing::rows(
            case,
            existing,
            "cloudtrail",
            "cloudtrail",
            day,
            schema.clone(),
            context.superseded,
        )?;
        let result = cloudtrail::merge(context, day, known)?;
        counters.day();
        Ok(result)
    })?;
    let mut files = collect(calls, "cloudtrail", &mut presence, &mut activity, &mut rows_changed);
    // Calls are read from the events of CloudTrail as they will be.
    for table in ["cloudtrail", "observations", "events"] {
        tables.replace_days(table, &days, files.get(table).cloned().unwrap_or_default());
    }

    let schema = rows::invocation::builders().schema();
    let said = for_days(&days, threads, |day| {
        let slug = "bedrock-invocation";
        let known = existing::rows(
            case,
            existing,
            "invocations",
            slug,
            day,
            schema.clone(),
            context.superseded,
        )?;
        let result = invocations::merge(context, &tables, day, known)?;
        counters.day();
        Ok(result)
    })?;
    for (table, more) in
        collect(said, "bedrock-invocation", &mut presence, &mut activity, &mut rows_changed)
    {
        files.entry(table).or_default().extend(more);
    }
    for table in ["events", "invocations", "messages", "matches"] {
        tables.replace_days(table, &days, files.remove(table).unwrap_or_default());
    }
    tables.set("presence", fold::write_presence(case, &presence)?);
    for (table, files) in fold::write_activity(case, &activity)? {
        tables.set(table, files);
    }
    Ok(Merged { tables, rows: rows_changed, days: days.len() as u64 })
}

fn collect(
    results: Vec<(i64, DayResult)>,
    source: &str,
    presence: &mut BTreeMap<PresenceKey, Presence>,
    activity: &mut BTreeMap<ActivityKey, Activity>,
    rows: &mut RowCounts,
) -> BTreeMap<&'static str, Vec<TableFile>> {
    let mut files: BTreeMap<&'static str, Vec<TableFile>> = BTreeMap::new();
    for (day, result) in results {
        for (table, more) in result.files {
            files.entry(table).or_default().extend(more);
        }
        presence.extend(result.presence);
        activity.extend(
            result.activity.into_iter().map(|(actor, sum)| ((day, source.to_owned(), actor), sum)),
        );
        rows.add(result.rows);
    }
    files
}
