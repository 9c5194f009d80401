//! Tables read straight from Parquet: no engine, one file open at a time.

use std::collections::VecDeque;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Int64Type, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::schema::types::SchemaDescriptor;

use crate::{CaseDir, CaseError, TableFile, table};

/// Rows read at once.
const BATCH_ROWS: usize = 4096;
/// Rows of `messages` read at once; one may be 64 KiB.
const LONG_BATCH_ROWS: usize = 512;

/// Which records are wanted, by artifact and number.
type Wanted = Arc<dyn Fn(&str, u64) -> bool + Send + Sync>;

/// The batches of a table, in order.
pub struct TableReader {
    table: &'static str,
    schema: SchemaRef,
    /// Positions of the columns wanted, in the order wanted; `None` for all.
    columns: Option<Vec<usize>>,
    wanted: Option<Wanted>,
    files: VecDeque<PathBuf>,
    current: Option<(PathBuf, ParquetRecordBatchReader)>,
}

impl std::fmt::Debug for TableReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableReader").field("table", &self.table).finish_non_exhaustive()
    }
}

/// Reads a table as it is listed now; `columns` selects and orders columns.
pub fn read(
    case: &CaseDir,
    name: &str,
    columns: Option<&[&str]>,
) -> Result<TableReader, CaseError> {
    read_files(case, name, case.tables()?.files(name), columns)
}

/// Reads some files of a table, in the given order.
pub fn read_files(
    case: &CaseDir,
    name: &str,
    files: &[TableFile],
    columns: Option<&[&str]>,
) -> Result<TableReader, CaseError> {
    let table = table(name)?;
    let positions = columns
        .map(|names| {
            names
                .iter()
                .map(|column| {
                    table.columns.iter().position(|c| c.name == *column).ok_or_else(|| {
                        CaseError::UnknownColumn {
                            table: name.to_owned(),
                            column: (*column).to_owned(),
                        }
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        })
        .transpose()?;
    let full = table.schema();
    let schema = match &positions {
        Some(positions) => Arc::new(full.project(positions).map_err(CaseError::arrow(table.name))?),
        None => full,
    };
    Ok(TableReader {
        table: table.name,
        schema,
        columns: positions,
        wanted: None,
        files: files.iter().map(|file| case.path().join(&file.file)).collect(),
        current: None,
    })
}

/// Reads the rows of some records of a table that has `artifact` and `record`. The other columns of
/// rows that are not wanted are not decoded.
pub fn read_records(
    case: &CaseDir,
    name: &str,
    columns: Option<&[&str]>,
    wanted: impl Fn(&str, u64) -> bool + Send + Sync + 'static,
) -> Result<TableReader, CaseError> {
    let mut reader = read(case, name, columns)?;
    reader.wanted = Some(Arc::new(wanted));
    Ok(reader)
}

/// Looks at artifact and record of every row before the rest of it is read.
fn row_filter(parquet_schema: &SchemaDescriptor, wanted: Wanted) -> RowFilter {
    let mask = ProjectionMask::columns(parquet_schema, ["artifact", "record"]);
    let test = move |batch: RecordBatch| {
        let artifacts = batch.column(0).as_string::<i32>();
        let records = batch.column(1).as_primitive::<Int64Type>();
        let is_wanted = |row| wanted(artifacts.value(row), records.value(row).cast_unsigned());
        Ok(BooleanArray::from((0..batch.num_rows()).map(is_wanted).collect::<Vec<bool>>()))
    };
    RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, test))])
}

impl TableReader {
    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn open(&self, path: PathBuf) -> Result<(PathBuf, ParquetRecordBatchReader), CaseError> {
        let file = File::open(&path).map_err(CaseError::io("read", &path))?;
        let mut builder = ParquetRecordBatchReaderBuilder::try_new(file)
            .map_err(CaseError::parquet(&path))?
            .with_batch_size(if self.table == "messages" { LONG_BATCH_ROWS } else { BATCH_ROWS });
        let full = crate::schema(self.table);
        if builder.schema().fields() != full.fields() {
            return Err(CaseError::Damaged {
                path,
                reason: format!("its columns are not those of {}", self.table),
            });
        }
        if let Some(columns) = &self.columns {
            let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
            builder = builder.with_projection(mask);
        }
        if let Some(wanted) = &self.wanted {
            let filter = row_filter(builder.parquet_schema(), Arc::clone(wanted));
            builder = builder.with_row_filter(filter);
        }
        let reader = builder.build().map_err(CaseError::parquet(&path))?;
        Ok((path, reader))
    }

    /// Puts the file's order of columns into the order wanted.
    fn arrange(&self, batch: &RecordBatch) -> Result<RecordBatch, CaseError> {
        let positions: Vec<usize> = match &self.columns {
            None => return Ok(batch.clone()),
            Some(columns) => columns
                .iter()
                .map(|column| {
                    let mut smaller: Vec<usize> =
                        columns.iter().copied().filter(|other| other < column).collect();
                    smaller.sort_unstable();
                    smaller.dedup();
                    smaller.len()
                })
                .collect(),
        };
        batch.project(&positions).map_err(CaseError::arrow(self.table))
    }
}

impl Iterator for TableReader {
    type Item = Result<RecordBatch, CaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, reader)) = &mut self.current {
                match reader.next() {
                    Some(Ok(batch)) => return Some(self.arrange(&batch)),
                    Some(Err(error)) => {
                        let reason = crate::text::one_line(&error.to_string(), 200);
                        let path = path.clone();
                        self.current = None;
                        self.files.clear();
                        return Some(Err(CaseError::Damaged { path, reason }));
                    }
                    None => self.current = None,
                }
            }
            let path = self.files.pop_front()?;
            match self.open(path) {
                Ok(opened) => self.current = Some(opened),
                Err(error) => {
                    self.files.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}
