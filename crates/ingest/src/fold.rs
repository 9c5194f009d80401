//! Small tables that speak of the whole case: presence, activity, actors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, ListBuilder, RecordBatch,
    StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::TimestampMicrosecondType;
use heptagon_case::{CaseDir, TableFile, Tables, read_files};
use heptagon_model::Timestamp;

use crate::IngestError;
use crate::aggregate::{Activity, Presence, PresenceKey};
use crate::day::cloudtrail::integers;
use crate::project::{text, value};

/// Activity by (day, source, actor).
pub(crate) type ActivityKey = (i64, String, String);

fn times(values: impl IntoIterator<Item = Timestamp>) -> ArrayRef {
    let values: Vec<i64> = values.into_iter().map(|time| time.0).collect();
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

fn strings<'a>(values: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn lists<'a>(sets: impl IntoIterator<Item = &'a BTreeSet<String>>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for set in sets {
        set.iter().for_each(|member| builder.values().append_value(member));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn time_at(batch: &RecordBatch, name: &str, row: usize) -> Timestamp {
    let column = batch.column_by_name(name).expect("a column of the table");
    Timestamp(column.as_primitive::<TimestampMicrosecondType>().value(row))
}

fn set_at(batch: &RecordBatch, name: &str, row: usize) -> BTreeSet<String> {
    let column: &ListArray = batch.column_by_name(name).expect("a column of the table").as_list();
    if column.is_null(row) {
        return BTreeSet::new();
    }
    let members = column.value(row);
    members.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}

/// The presence cells of days that are not merged again.
pub(crate) fn read_presence(
    case: &CaseDir,
    tables: &Tables,
    without: &BTreeSet<i64>,
) -> Result<BTreeMap<PresenceKey, Presence>, IngestError> {
    let mut cells = BTreeMap::new();
    for batch in read_files(case, "presence", tables.files("presence"), None)? {
        let batch = batch?;
        let owned = |name: &str, row| value(text(&batch, name), row).unwrap_or("").to_owned();
        let complete = batch.column_by_name("complete_source").expect("a column").as_boolean();
        for row in 0..batch.num_rows() {
            let hour = time_at(&batch, "hour", row);
            if without.contains(&hour.day()) {
                continue;
            }
            let key = (
                owned("source", row),
                owned("category", row),
                owned("account", row),
                owned("region", row),
                hour,
            );
            let cell = Presence {
                events: integers(&batch, "events").value(row),
                first: time_at(&batch, "first_time", row),
                last: time_at(&batch, "last_time", row),
                complete: complete.value(row),
            };
            cells.insert(key, cell);
        }
    }
    Ok(cells)
}

/// Writes all presence cells.
pub(crate) fn write_presence(
    case: &CaseDir,
    cells: &BTreeMap<PresenceKey, Presence>,
) -> Result<Vec<TableFile>, IngestError> {
    let columns: Vec<ArrayRef> = vec![
        strings(cells.keys().map(|key| key.0.as_str())),
        strings(cells.keys().map(|key| key.1.as_str())),
        strings(cells.keys().map(|key| key.2.as_str())),
        strings(cells.keys().map(|key| key.3.as_str())),
        times(cells.keys().map(|key| key.4)),
        Arc::new(Int64Array::from_iter_values(cells.values().map(|cell| cell.events))),
        times(cells.values().map(|cell| cell.first)),
        times(cells.values().map(|cell| cell.last)),
        Arc::new(cells.values().map(|cell| Some(cell.complete)).collect::<BooleanArray>()),
    ];
    write(case, "presence", columns)
}

fn write(
    case: &CaseDir,
    table: &str,
    columns: Vec<ArrayRef>,
) -> Result<Vec<TableFile>, IngestError> {
    let mut writer = case.writer(table)?;
    writer.write(&RecordBatch::try_new(heptagon_case::schema(table), columns)?)?;
    Ok(writer.finish()?)
}

/// The activity of days that are not merged again.
pub(crate) fn read_activity(
    case: &CaseDir,
    tables: &Tables,
    without: &BTreeSet<i64>,
) -> Result<BTreeMap<ActivityKey, Activity>, IngestError> {
    let mut all = BTreeMap::new();
    for batch in read_files(case, "activity", tables.files("activity"), None)? {
        let batch = batch?;
        let owned = |name: &str, row| value(text(&batch, name), row).unwrap_or("").to_owned();
        for row in 0..batch.num_rows() {
            let day = time_at(&batch, "day", row).day();
            if without.contains(&day) {
                continue;
            }
            let number = |name: &str| integers(&batch, name).value(row);
            let activity = Activity {
                kind: owned("kind", row),
                account: owned("account", row),
                principal: owned("principal", row),
                access_keys: set_at(&batch, "access_keys", row),
                source_ips: set_at(&batch, "source_ips", row),
                user_agents: set_at(&batch, "user_agents", row),
                regions: set_at(&batch, "regions", row),
                first: time_at(&batch, "first_time", row),
                last: time_at(&batch, "last_time", row),
                events: number("events"),
                writes: number("writes"),
                denied: number("denied"),
            };
            all.insert((day, owned("source", row), owned("actor", row)), activity);
        }
    }
    Ok(all)
}

fn activity_columns<'a>(rows: &[&'a Activity]) -> Vec<ArrayRef> {
    let all = || rows.iter().copied();
    let numbers = |of: fn(&Activity) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(all().map(of)))
    };
    vec![
        lists(all().map(|activity: &'a Activity| &activity.access_keys)),
        lists(all().map(|activity: &'a Activity| &activity.source_ips)),
        lists(all().map(|activity: &'a Activity| &activity.user_agents)),
        lists(all().map(|activity: &'a Activity| &activity.regions)),
        times(all().map(|activity| activity.first)),
        times(all().map(|activity| activity.last)),
        numbers(|activity| activity.events),
        numbers(|activity| activity.writes),
        numbers(|activity| activity.denied),
    ]
}

/// Writes the activity per day, and what it adds up to per actor.
pub(crate) fn write_activity(
    case: &CaseDir,
    all: &BTreeMap<ActivityKey, Activity>,
) -> Result<[(&'static str, Vec<TableFile>); 2], IngestError> {
    let rows: Vec<&Activity> = all.values().collect();
    let mut columns: Vec<ArrayRef> = vec![
        times(all.keys().map(|key| Timestamp(key.0 * Timestamp::DAY_US))),
        strings(all.keys().map(|key| key.1.as_str())),
        strings(all.keys().map(|key| key.2.as_str())),
        strings(rows.iter().map(|activity| activity.kind.as_str())),
        strings(rows.iter().map(|activity| activity.account.as_str())),
        strings(rows.iter().map(|activity| activity.principal.as_str())),
    ];
    columns.extend(activity_columns(&rows));
    let activity = write(case, "activity", columns)?;

    let mut actors: BTreeMap<&str, Activity> = BTreeMap::new();
    for ((_, _, actor), activity) in all {
        match actors.get_mut(actor.as_str()) {
            Some(sum) => sum.merge(activity),
            None => {
                actors.insert(actor, activity.clone());
            }
        }
    }
    let rows: Vec<&Activity> = actors.values().collect();
    let mut columns: Vec<ArrayRef> = vec![
        strings(actors.keys().copied()),
        strings(rows.iter().map(|activity| activity.kind.as_str())),
        strings(rows.iter().map(|activity| activity.account.as_str())),
        strings(rows.iter().map(|activity| activity.principal.as_str())),
    ];
    columns.extend(activity_columns(&rows));
    Ok([("activity", activity), ("actors", write(case, "actors", columns)?)])
}
