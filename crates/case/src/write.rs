//! Parquet written so that equal rows give equal bytes, however they were batched.
//!
//! Rows are re-cut to fixed chunks before they reach the encoder, files have a fixed number of rows,
//! and file names carry the hash of their content: a rewritten day never overwrites a file that a
//! reader may have open, and the same rows get the same name in any run.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use heptagon_model::{ArtifactId, Timestamp};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use crate::layout::make_private_dir;
use crate::schema::{Kind, Table};
use crate::{CaseDir, CaseError, TableFile, table};

/// Rows of a row group.
pub const ROW_GROUP_ROWS: usize = 64 * 1024;
/// Rows of a file.
pub const FILE_ROWS: u64 = 16 * ROW_GROUP_ROWS as u64;
/// Encoded bytes after which a row group ends early, so that long texts do not pile up in memory.
const ROW_GROUP_BYTES: usize = 16 << 20;
/// Bytes of a page: every column of every open table holds one.
const PAGE_BYTES: usize = 512 << 10;
/// Rows handed to the encoder at once.
const CHUNK_ROWS: usize = 4096;
/// The same for `messages`, whose rows may be 64 KiB each.
const LONG_CHUNK_ROWS: usize = 512;

static NEXT_SERIAL: AtomicU64 = AtomicU64::new(0);

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Earliest `event_time`, for sorted tables.
    pub min_time: Option<Timestamp>,
    /// Latest `event_time`, for sorted tables.
    pub max_time: Option<Timestamp>,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// One Parquet file of a table.
pub struct TableWriter {
    table: &'static Table,
    schema: SchemaRef,
    path: PathBuf,
    writer: ArrowWriter<HashingFile>,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    rows: u64,
    times: Option<(i64, i64)>,
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl TableWriter {
    /// Starts the file at `path`.
    pub fn new(name: &str, path: &Path) -> Result<TableWriter, CaseError> {
        let table = table(name)?;
        let schema = table.schema();
        let file = File::create(path).map_err(CaseError::io("write", path))?;
        let sink = HashingFile {
            file: BufWriter::with_capacity(256 << 10, file),
            hash: Sha256::new(),
            bytes: 0,
        };
        let writer = ArrowWriter::try_new(sink, Arc::clone(&schema), Some(properties(table)))
            .map_err(CaseError::parquet(path))?;
        Ok(TableWriter {
            table,
            schema,
            path: path.to_owned(),
            writer,
            pending: Vec::new(),
            pending_rows: 0,
            rows: 0,
            times: None,
        })
    }

    /// Adds rows; those of a sorted table must not go back in time.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), CaseError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = &conform(self.table, &self.schema, batch)?;
        if let Some(times) = times(self.table, batch)? {
            let last = check_order(self.table, times, self.times.map(|(_, last)| last))?;
            self.times = Some((self.times.map_or(times[0], |(first, _)| first), last));
        }
        self.rows += batch.num_rows() as u64;
        let chunk = chunk_rows(self.table);
        let mut start = 0;
        while start < batch.num_rows() {
            let take = (batch.num_rows() - start).min(chunk - self.pending_rows);
            self.pending.push(batch.slice(start, take));
            self.pending_rows += take;
            start += take;
            if self.pending_rows == chunk {
                self.encode_pending()?;
            }
        }
        Ok(())
    }

    fn encode_pending(&mut self) -> Result<(), CaseError> {
        let chunk = match self.pending.as_slice() {
            [] => return Ok(()),
            [one] => one.clone(),
            many => {
                concat_batches(&self.schema, many).map_err(CaseError::arrow(self.table.name))?
            }
        };
        self.pending.clear();
        self.pending_rows = 0;
        self.writer.write(&chunk).map_err(CaseError::parquet(&self.path))
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<Written, CaseError> {
        self.encode_pending()?;
        self.writer.finish().map_err(CaseError::parquet(&self.path))?;
        let sink = self.writer.inner_mut();
        sink.flush().map_err(CaseError::io("write", &self.path))?;
        Ok(Written {
            rows: self.rows,
            bytes: sink.bytes,
            min_time: self.times.map(|(first, _)| Timestamp(first)),
            max_time: self.times.map(|(_, last)| Timestamp(last)),
            sha256: sink.hash.clone().finalize().into(),
        })
    }
}

/// The files of a table: per UTC day for sorted tables, all in one folder for the others, each file
/// with a fixed number of rows. Nothing is visible before [`CaseDir::commit`].
#[derive(Debug)]
pub struct DayWriter {
    table: &'static Table,
    case: PathBuf,
    parts: PathBuf,
    /// Tells the unfinished files of several writers of one table apart.
    serial: u64,
    open: Option<(Option<i64>, u64, TableWriter)>,
    last: Option<i64>,
    files: Vec<TableFile>,
}

impl DayWriter {
    pub(crate) fn new(case: &CaseDir, name: &str) -> Result<DayWriter, CaseError> {
        Ok(DayWriter {
            table: table(name)?,
            case: case.path().to_owned(),
            parts: case.work_dir("parts")?,
            serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
            open: None,
            last: None,
            files: Vec::new(),
        })
    }

    /// Adds rows; those of a sorted table must come in order of time.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), CaseError> {
        let Some(times) = times(self.table, batch)? else {
            return self.write_part(None, batch);
        };
        if times.is_empty() {
            return Ok(());
        }
        self.last = Some(check_order(self.table, times, self.last)?);
        let mut start = 0;
        while start < times.len() {
            let day = Timestamp(times[start]).day();
            let end = start + times[start..].partition_point(|time| Timestamp(*time).day() == day);
            self.write_part(Some(day), &batch.slice(start, end - start))?;
            start = end;
        }
        Ok(())
    }

    fn write_part(&mut self, day: Option<i64>, batch: &RecordBatch) -> Result<(), CaseError> {
        let mut start = 0;
        while start < batch.num_rows() {
            let (number, mut writer) = match self.open.take() {
                Some((open_day, number, writer)) if open_day == day => {
                    if writer.rows() == FILE_ROWS {
                        self.close(open_day, number, writer)?;
                        (number + 1, self.start(number + 1)?)
                    } else {
                        (number, writer)
                    }
                }
                Some((open_day, number, writer)) => {
                    self.close(open_day, number, writer)?;
                    (0, self.start(0)?)
                }
                None => (0, self.start(0)?),
            };
            let room = (FILE_ROWS - writer.rows()) as usize;
            let take = room.min(batch.num_rows() - start);
            writer.write(&batch.slice(start, take))?;
            start += take;
            self.open = Some((day, number, writer));
        }
        Ok(())
    }

    fn start(&self, number: u64) -> Result<TableWriter, CaseError> {
        TableWriter::new(
            self.table.name,
            &self.parts.join(format!("{}-{}-{number}.parquet", self.table.name, self.serial)),
        )
    }

    fn close(
        &mut self,
        day: Option<i64>,
        number: u64,
        writer: TableWriter,
    ) -> Result<(), CaseError> {
        let temp = writer.path.clone();
        let written = writer.finish()?;
        let folder = match day {
            Some(day) => {
                format!("tables/{}/{}", self.table.name, Timestamp(day * Timestamp::DAY_US).date())
            }
            None => format!("tables/{}", self.table.name),
        };
        make_private_dir(&self.case.join(&folder))?;
        let hash = ArtifactId(written.sha256).short();
        let file = format!("{folder}/part-{number}-{hash}.parquet");
        let target = self.case.join(&file);
        fs::rename(&temp, &target).map_err(CaseError::io("write", &target))?;
        self.files.push(TableFile {
            file,
            rows: written.rows,
            bytes: written.bytes,
            min_time: written.min_time,
            max_time: written.max_time,
        });
        Ok(())
    }

    /// Ends the last file; gives the files for [`crate::Tables`].
    pub fn finish(mut self) -> Result<Vec<TableFile>, CaseError> {
        if let Some((day, number, writer)) = self.open.take() {
            self.close(day, number, writer)?;
        }
        Ok(self.files)
    }
}

/// The batch with the table's schema; names and types must be the table's already.
fn conform(
    table: &Table,
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<RecordBatch, CaseError> {
    if Arc::ptr_eq(&batch.schema(), schema) {
        return Ok(batch.clone());
    }
    for (position, column) in table.columns.iter().enumerate() {
        if batch.schema().fields().get(position).is_none_or(|field| field.name() != column.name) {
            return Err(CaseError::UnknownColumn {
                table: table.name.to_owned(),
                column: column.name.to_owned(),
            });
        }
    }
    RecordBatch::try_new(Arc::clone(schema), batch.columns().to_vec())
        .map_err(CaseError::arrow(table.name))
}

fn chunk_rows(table: &Table) -> usize {
    if table.name == "messages" { LONG_CHUNK_ROWS } else { CHUNK_ROWS }
}

/// The values of the column the table is sorted by.
fn times<'a>(table: &Table, batch: &'a RecordBatch) -> Result<Option<&'a [i64]>, CaseError> {
    let Some(position) = table.time_column() else { return Ok(None) };
    batch
        .columns()
        .get(position)
        .and_then(|array| array.as_any().downcast_ref::<TimestampMicrosecondArray>())
        .map(|array| Some(array.values().as_ref()))
        .ok_or_else(|| CaseError::UnknownColumn {
            table: table.name.to_owned(),
            column: "event_time".to_owned(),
        })
}

/// Returns the last time.
fn check_order(table: &Table, times: &[i64], before: Option<i64>) -> Result<i64, CaseError> {
    let sorted = times.is_sorted() && before.is_none_or(|before| before <= times[0]);
    if sorted {
        Ok(times[times.len() - 1])
    } else {
        Err(CaseError::Unsorted(table.name.to_owned()))
    }
}

/// Fixed, so that equal rows give equal bytes in every build of a version; tuned for writing speed.
///
/// Measured on a quarter of a million CloudTrail records: bounds of text columns cost a tenth of the
/// writing and prune nothing in rows sorted by time; Bloom filters cost 7 % and save milliseconds;
/// ids and documents only fill dictionaries; zstd above level 1 costs half as much again for nothing.
fn properties(table: &Table) -> WriterProperties {
    let level = ZstdLevel::try_new(1).expect("level 1 exists");
    let mut builder = WriterProperties::builder()
        .set_created_by("heptagon".to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(PAGE_BYTES)
        .set_statistics_enabled(EnabledStatistics::None);
    for column in table.columns {
        let path = ColumnPath::from(column.name);
        match column.kind {
            Kind::Time | Kind::Int | Kind::Int32 => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_statistics_enabled(path.clone(), EnabledStatistics::Chunk)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
            Kind::Id | Kind::Long => {
                builder = builder.set_column_dictionary_enabled(path, false);
            }
            Kind::Bool => {
                builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
            }
            Kind::Text | Kind::List => {}
        }
    }
    builder.build()
}

/// A file that hashes what goes into it.
struct HashingFile {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for HashingFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write_all(buffer)?;
        self.hash.update(buffer);
        self.bytes += buffer.len() as u64;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
