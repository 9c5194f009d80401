//! The merge of one UTC day: copies found, tables written, everything counted.

pub(crate) mod cloudtrail;
pub(crate) mod existing;
pub(crate) mod group;
pub(crate) mod invocations;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use heptagon_case::{CaseDir, TableFile};

use crate::IngestError;
use crate::aggregate::{Activity, Presence, PresenceKey};
use crate::merge::{Merge, Source};
use crate::run::{ALWAYS, RunFile, RunTable, RunWriter};

/// Runs merged at once; more are merged in two steps, so that memory does not grow with them.
const FAN_IN_MAX: usize = 32;

/// Whether an event belongs to what questions and workload inference look at.
pub trait Select: Sync {
    /// `true` when the event is kept in `observations`.
    fn selects(&self, event: &Candidate<'_>) -> bool;
}

/// An event that may be an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// `bedrock.amazonaws.com`.
    pub event_source: &'a str,
    /// `DeleteGuardrail`.
    pub event_name: &'a str,
    /// An AWS service called, by itself or on somebody's behalf.
    pub by_service: bool,
    /// It did not take effect.
    pub failed: bool,
}

/// What a day's merge leaves.
#[derive(Debug, Default)]
pub(crate) struct DayResult {
    pub(crate) files: Vec<(&'static str, Vec<TableFile>)>,
    pub(crate) presence: BTreeMap<PresenceKey, Presence>,
    pub(crate) activity: BTreeMap<String, Activity>,
    /// Rows per artifact before the merge and after it.
    pub(crate) rows: RowCounts,
}

/// Rows per artifact (16 hex digits) of the merged days.
#[derive(Debug, Default, Clone)]
pub(crate) struct RowCounts {
    pub(crate) before: BTreeMap<String, u64>,
    pub(crate) after: BTreeMap<String, u64>,
}

impl RowCounts {
    /// Adds another day's counts.
    pub(crate) fn add(&mut self, other: RowCounts) {
        for (mine, theirs) in [(&mut self.before, other.before), (&mut self.after, other.after)] {
            for (artifact, n_rows) in theirs {
                *mine.entry(artifact).or_default() += n_rows;
            }
        }
    }
}

/// What a merge needs to know.
pub(crate) struct DayContext<'a> {
    pub(crate) case: &'a CaseDir,
    pub(crate) work: PathBuf,
    pub(crate) runs: &'a [RunFile],
    /// Attempt that finished each artifact; rows of other attempts are not valid.
    pub(crate) attempts: &'a BTreeMap<String, u32>,
    pub(crate) select: &'a dyn Select,
    /// Records of the case that are read again: their rows of now are not valid.
    pub(crate) superseded: &'a Superseded,
}

/// Records, as artifact and number.
pub(crate) type Superseded = BTreeSet<(String, i64)>;

impl DayContext<'_> {
    /// The day's rows in all runs of a table, merged in steps when there are many.
    pub(crate) fn sources(&self, table: RunTable, day: i64) -> Result<Vec<Source>, IngestError> {
        let mut sources = Vec::new();
        for run in self.runs.iter().filter(|run| run.table == table) {
            if let Some(batches) = run.day(day)? {
                let attempt = run.attempt;
                if attempt == ALWAYS {
                    sources.push(Box::new(batches) as Source);
                    continue;
                }
                let attempts = self.attempts.clone();
                sources.push(Box::new(batches.filter_map(move |batch| match batch {
                    Ok(batch) => crate::valid::rows(&batch, &attempts, attempt).transpose(),
                    Err(error) => Some(Err(error)),
                })) as Source);
            }
        }
        let mut step = 0;
        while sources.len() > FAN_IN_MAX {
            let rest = sources.split_off(FAN_IN_MAX);
            let group = std::mem::replace(&mut sources, rest);
            let path = self.work.join(format!("step-{table:?}-{day}-{step}.arrow"));
            step += 1;
            if let Some(run) = merge_to_run(&path, table, day, group)? {
                let batches = run.day(day)?.expect("the run holds this day only");
                sources.push(Box::new(batches));
            }
        }
        Ok(sources)
    }
}

fn merge_to_run(
    path: &std::path::Path,
    table: RunTable,
    day: i64,
    sources: Vec<Source>,
) -> Result<Option<RunFile>, IngestError> {
    let mut merge = Merge::new(sources)?;
    let mut gather = crate::merge::Gather::default();
    let mut writer: Option<RunWriter> = None;
    loop {
        let next = merge.next()?;
        let ended = next.is_none();
        if let Some((keyed, row)) = next {
            gather.push(&keyed, row);
        }
        if (ended && !gather.is_empty()) || gather.len() >= crate::run::RUN_BATCH_ROWS {
            let batch = gather.take()?;
            if writer.is_none() {
                writer = Some(RunWriter::create(path, table, 0, &batch.schema())?);
            }
            if let Some(writer) = &mut writer {
                writer.write(day, &batch)?;
            }
        }
        if ended {
            return writer.map(RunWriter::finish).transpose();
        }
    }
}
