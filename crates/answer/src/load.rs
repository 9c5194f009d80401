//! Inputs from a case's tables, read straight from Parquet in a few passes over few columns.

mod columns;
mod events;
mod groups;
mod snapshots;
mod tables;

use std::collections::{BTreeSet, HashSet};

use heptagon_case::{CaseDir, CaseError, read};
use heptagon_model::{ArtifactRow, Timestamp};

use crate::input::{Activity, Inputs, Observation, Records, RecordsError, Ref};
use columns::Columns;
use groups::{Groups, hash_of};

/// Why a case could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A table could not be read.
    #[error("a table of the case could not be read")]
    Case(#[from] CaseError),
    /// A value is not what its column says.
    #[error("{table}: {reason}")]
    Value {
        /// The table.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// Groups of activity kept: authors, event names and stores are bounded by what AWS has, addresses
/// are not.
const ACTIVITY_MAX: usize = 100_000;

/// Everything small of a case; `artifacts` is the manifest.
pub fn inputs(case: &CaseDir, artifacts: Vec<ArtifactRow>) -> Result<Inputs, LoadError> {
    let mut inputs = Inputs {
        case: case.meta().id.clone(),
        artifacts,
        presence: tables::presence(case)?,
        actors: tables::actors(case)?,
        ..Inputs::default()
    };
    inputs.origins = tables::origins(case)?;
    inputs.findings = tables::findings(case, &inputs.artifacts)?;
    let logged = tables::invocations(case, &mut inputs)?;
    let (missing, first) =
        (inputs.messages.missing_bodies, inputs.messages.missing_body_ref.take());
    inputs.messages = tables::messages(case)?;
    inputs.messages.missing_bodies = missing;
    inputs.messages.missing_body_ref = first;
    inputs.snapshots = snapshots::snapshots(case)?;
    inputs.text_places = snapshots::text_places(case, &inputs.snapshots)?;
    events::summarise(case, &mut inputs, &logged)?;
    Ok(inputs)
}

/// The records of a case, read again when asked.
#[derive(Debug)]
pub struct CaseInputs<'a> {
    case: &'a CaseDir,
}

impl<'a> CaseInputs<'a> {
    /// The records of this case.
    pub fn new(case: &'a CaseDir) -> CaseInputs<'a> {
        CaseInputs { case }
    }
}

const OBSERVATION: [&str; 16] = [
    "event_time",
    "account",
    "region",
    "principal",
    "actor",
    "event_source",
    "event_name",
    "category",
    "resource",
    "outcome",
    "source_ip",
    "user_agent",
    "artifact",
    "record",
    "request_parameters",
    "response_elements",
];

impl Records for CaseInputs<'_> {
    fn observations(
        &self,
        with_parameters: bool,
        visit: &mut dyn FnMut(&Observation<'_>),
    ) -> Result<(), RecordsError> {
        let wanted = if with_parameters { &OBSERVATION[..] } else { &OBSERVATION[..14] };
        for batch in read(self.case, "observations", Some(wanted))? {
            let batch = batch?;
            let columns = Columns::new(&batch);
            for row in 0..batch.num_rows() {
                visit(&Observation {
                    time: columns.time(0, row),
                    account: columns.text(1, row).unwrap_or_default(),
                    region: columns.text(2, row).unwrap_or_default(),
                    principal: columns.text(3, row).unwrap_or_default(),
                    actor: columns.text(4, row).unwrap_or_default(),
                    event_source: columns.text(5, row).unwrap_or_default(),
                    event_name: columns.text(6, row).unwrap_or_default(),
                    category: columns.text(7, row).unwrap_or_default(),
                    resource: columns.text(8, row),
                    outcome: columns.text(9, row).unwrap_or_default(),
                    source_ip: columns.text(10, row),
                    user_agent: columns.text(11, row),
                    artifact: columns.text(12, row).unwrap_or_default(),
                    record: columns.int(13, row).unwrap_or_default().unsigned_abs(),
                    request_parameters: with_parameters.then(|| columns.text(14, row)).flatten(),
                    response_elements: with_parameters.then(|| columns.text(15, row)).flatten(),
                });
            }
        }
        Ok(())
    }

    fn activity(
        &self,
        by_address: &BTreeSet<String>,
        summed: &BTreeSet<String>,
    ) -> Result<Vec<Activity>, RecordsError> {
        if by_address.is_empty() && summed.is_empty() {
            return Ok(Vec::new());
        }
        let mut groups: Groups<Activity> = Groups::new(ACTIVITY_MAX);
        let apart: HashSet<&str> = by_address.iter().map(String::as_str).collect();
        let summed: HashSet<&str> = summed.iter().map(String::as_str).collect();
        let wanted = [
            "event_time",
            "source",
            "account",
            "region",
            "principal",
            "actor",
            "event_source",
            "event_name",
            "category",
            "resource",
            "outcome",
            "source_ip",
            "artifact",
            "record",
        ];
        for batch in read(self.case, "events", Some(&wanted))? {
            let batch = batch?;
            let columns = Columns::new(&batch);
            for row in 0..batch.num_rows() {
                let Some(actor) = columns.text(5, row) else { continue };
                let apart = apart.contains(actor);
                if !(apart || summed.contains(actor)) || columns.text(1, row) != Some("cloudtrail")
                {
                    continue;
                }
                add_activity(&mut groups, &columns, row, actor, apart);
            }
        }
        let mut rows = groups.into_rows();
        rows.sort_by(|a, b| {
            (a.first_time, &a.first_ref, &a.actor).cmp(&(b.first_time, &b.first_ref, &b.actor))
        });
        Ok(rows)
    }
}

fn add_activity(
    groups: &mut Groups<Activity>,
    columns: &Columns<'_>,
    row: usize,
    actor: &str,
    apart: bool,
) {
    let text = |column: usize| columns.text(column, row).unwrap_or_default();
    let time = columns.time(0, row);
    let address = columns.text(11, row).filter(|_| apart);
    let resource = columns.text(9, row).map(store_of);
    let (region, event_source, event_name) = (text(3), text(6), text(7));
    let key = [
        actor,
        address.unwrap_or_default(),
        region,
        event_source,
        event_name,
        resource.unwrap_or_default(),
    ];
    let group = groups.at(
        hash_of(&key, 0),
        |known| {
            known.actor == actor
                && known.event_name == event_name
                && known.event_source == event_source
                && known.region == region
                && known.source_ip.as_deref() == address
                && known.resource.as_deref() == resource
        },
        || Activity {
            actor: actor.to_owned(),
            principal: text(4).to_owned(),
            source_ip: address.map(str::to_owned),
            account: text(2).to_owned(),
            region: region.to_owned(),
            event_source: event_source.to_owned(),
            event_name: event_name.to_owned(),
            category: text(8).to_owned(),
            resource: resource.map(str::to_owned),
            success: 0,
            denied: 0,
            failed: 0,
            first_time: time,
            last_time: time,
            first_ref: reference(columns, 12, 13, row),
        },
    );
    let Some(group) = group else { return };
    group.last_time = group.last_time.max(time);
    let outcome = text(10);
    if outcome == "success" {
        group.success += 1;
    } else if crate::input::is_denial(outcome) {
        group.denied += 1;
    } else {
        group.failed += 1;
    }
}

/// The bucket of an object; everything else by itself.
fn store_of(resource: &str) -> &str {
    match resource.strip_prefix("arn:aws:s3:::") {
        Some(rest) => rest
            .split('/')
            .next()
            .map_or(resource, |bucket| &resource[..resource.len() - rest.len() + bucket.len()]),
        None => resource,
    }
}

fn reference(columns: &Columns<'_>, artifact: usize, record: usize, row: usize) -> Ref {
    Ref {
        artifact: columns.text(artifact, row).unwrap_or_default().to_owned(),
        record: columns.int(record, row).unwrap_or_default().unsigned_abs(),
    }
}

fn hour_of(time: Timestamp) -> Timestamp {
    const HOUR_US: i64 = 3_600_000_000;
    Timestamp(time.0.div_euclid(HOUR_US) * HOUR_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_summed_up_by_bucket() {
        for (resource, store) in [
            ("arn:aws:s3:::b/a/c", "arn:aws:s3:::b"),
            ("arn:aws:s3:::b", "arn:aws:s3:::b"),
            ("arn:aws:iam::1:role/a/b", "arn:aws:iam::1:role/a/b"),
        ] {
            assert_eq!(store_of(resource), store);
        }
    }
}
