//! Rows of runs that count: those of artifacts that the run's attempt finished.

use std::collections::BTreeMap;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use crate::IngestError;

/// The batch without rows of artifacts that were not finished by `attempt`; `None` when none is left.
pub(crate) fn rows(
    batch: &RecordBatch,
    attempts: &BTreeMap<String, u32>,
    attempt: u32,
) -> Result<Option<RecordBatch>, IngestError> {
    let artifacts = batch.column(4).as_string::<i32>();
    let mut last = ("", false);
    let keep: BooleanArray = artifacts
        .iter()
        .map(|artifact| {
            let artifact = artifact.unwrap_or("");
            if artifact != last.0 {
                last = (artifact, attempts.get(artifact) == Some(&attempt));
            }
            Some(last.1)
        })
        .collect();
    match keep.true_count() {
        0 => Ok(None),
        all if all == batch.num_rows() => Ok(Some(batch.clone())),
        _ => Ok(Some(filter_record_batch(batch, &keep)?)),
    }
}
