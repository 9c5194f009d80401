//! Sorted runs: what a worker knows when its memory is full, ordered and on disk.
//!
//! A run is an Arrow IPC file whose batches are sorted by [`crate::key`] and cut at UTC-day
//! boundaries, so that the merge of a day reads only the batches of that day.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use serde::{Deserialize, Serialize};

use crate::IngestError;
use crate::columns::RunColumns;
use crate::key::sorted;

/// Rows of one batch of a run: what a merge holds in memory per open run.
pub(crate) const RUN_BATCH_ROWS: usize = 1_024;

/// The attempt of runs whose rows are all valid.
pub(crate) const ALWAYS: u32 = u32::MAX;

/// Which table a run's rows are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunTable {
    CloudTrail,
    Invocations,
    Messages,
}

/// The batches of one UTC day inside a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DaySpan {
    pub(crate) day: i64,
    pub(crate) first_batch: usize,
    pub(crate) batches: usize,
}

/// A finished run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunFile {
    pub(crate) path: PathBuf,
    pub(crate) table: RunTable,
    /// The attempt that wrote it: rows of artifacts an attempt did not finish are not valid.
    pub(crate) attempt: u32,
    pub(crate) days: Vec<DaySpan>,
}

/// Sorts `rows` and writes them as a run.
pub(crate) fn write_sorted(
    path: &Path,
    table: RunTable,
    attempt: u32,
    rows: &RunColumns,
) -> Result<RunFile, IngestError> {
    let order = sorted(rows);
    let day = |at: usize| rows.event_time(order[at] as usize).day();
    let mut writer = RunWriter::create(path, table, attempt, &rows.schema())?;
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && end - start < RUN_BATCH_ROWS && day(end) == day(start) {
            end += 1;
        }
        writer.write(day(start), &rows.gather(&order[start..end])?)?;
        start = end;
    }
    writer.finish()
}

/// Writes batches that are sorted already and hold one day each.
pub(crate) struct RunWriter {
    writer: FileWriter<BufWriter<File>>,
    run: RunFile,
    batches: usize,
}

impl RunWriter {
    pub(crate) fn create(
        path: &Path,
        table: RunTable,
        attempt: u32,
        schema: &Schema,
    ) -> Result<RunWriter, IngestError> {
        let file = File::create(path).map_err(|e| IngestError::io("create", path, e))?;
        let writer = FileWriter::try_new(BufWriter::with_capacity(1 << 20, file), schema)?;
        let run = RunFile { path: path.to_owned(), table, attempt, days: Vec::new() };
        Ok(RunWriter { writer, run, batches: 0 })
    }

    pub(crate) fn write(&mut self, day: i64, batch: &RecordBatch) -> Result<(), IngestError> {
        self.writer.write(batch)?;
        match self.run.days.last_mut() {
            Some(span) if span.day == day => span.batches += 1,
            _ => self.run.days.push(DaySpan { day, first_batch: self.batches, batches: 1 }),
        }
        self.batches += 1;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<RunFile, IngestError> {
        self.writer.finish()?;
        let path = self.run.path.clone();
        let mut buffered = self.writer.into_inner()?;
        buffered.flush().map_err(|e| IngestError::io("write", &path, e))?;
        let file =
            buffered.into_inner().map_err(|e| IngestError::io("write", &path, e.into_error()))?;
        file.sync_data().map_err(|e| IngestError::io("sync", &path, e))?;
        Ok(self.run)
    }
}

impl RunFile {
    /// The batches of a day, in order.
    pub(crate) fn day(&self, day: i64) -> Result<Option<RunDay>, IngestError> {
        let Some(span) = self.days.iter().find(|span| span.day == day) else { return Ok(None) };
        let file = File::open(&self.path).map_err(|e| IngestError::io("open", &self.path, e))?;
        let mut reader = FileReader::try_new(BufReader::with_capacity(1 << 16, file), None)?;
        reader.set_index(span.first_batch)?;
        Ok(Some(RunDay { reader, left: span.batches }))
    }
}

/// Reads the batches of one day of a run.
pub(crate) struct RunDay {
    reader: FileReader<BufReader<File>>,
    left: usize,
}

impl Iterator for RunDay {
    type Item = Result<RecordBatch, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.reader.next().map(|batch| batch.map_err(IngestError::from))
    }
}
