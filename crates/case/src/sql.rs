//! Read-only SQL over a case.
//!
//! Three walls: the parsed statement must be on the allow list, the logical plan must hold no write,
//! and the engine reaches no file but the case's own: its only object store is the case folder, and
//! it knows no file formats, table factories or URL tables.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder};
use datafusion::logical_expr::ScalarUDF;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use tokio::runtime::{Builder, Runtime};

use crate::provider::{CaseTable, store_url};
use crate::raw::{RawFunction, RawSource};
use crate::statement::{message, parse};
use crate::{CaseDir, CaseError, TABLES};

/// How a session runs.
#[derive(Clone)]
pub struct SessionOptions {
    /// Bytes the engine may hold; beyond it sorts, joins and groupings spill to disk.
    pub memory_bytes: usize,
    /// Streams a query is cut into.
    pub target_partitions: usize,
    /// Bytes that may be spilled.
    pub spill_bytes_max: u64,
    /// Where `raw()` gets records from; without it `raw()` is an error.
    pub raw: Option<Arc<dyn RawSource>>,
}

impl SessionOptions {
    /// One stream, 64 GiB of spill, no raw records.
    pub fn new(memory_bytes: usize) -> SessionOptions {
        SessionOptions { memory_bytes, target_partitions: 1, spill_bytes_max: 64 << 30, raw: None }
    }
}

impl std::fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionOptions")
            .field("memory_bytes", &self.memory_bytes)
            .field("target_partitions", &self.target_partitions)
            .finish_non_exhaustive()
    }
}

/// A case open for questions; it sees the tables as they were listed when it was opened.
pub struct Session {
    runtime: Runtime,
    context: SessionContext,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

/// A query's result.
#[derive(Debug, Clone)]
pub struct QueryOutput {
    /// The columns; text is always `Utf8`.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Whether rows were left out because of the cap.
    pub truncated: bool,
}

impl QueryOutput {
    /// Rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

impl Session {
    /// Opens a case with [`SessionOptions::new`].
    pub fn open(case: &CaseDir, memory_bytes: usize) -> Result<Session, CaseError> {
        Session::open_with(case, &SessionOptions::new(memory_bytes))
    }

    /// Opens a case.
    pub fn open_with(case: &CaseDir, options: &SessionOptions) -> Result<Session, CaseError> {
        let engine = |error| CaseError::Sql(message(&error));
        let runtime = Builder::new_current_thread()
            .build()
            .map_err(CaseError::io("start the engine for", case.path()))?;
        let environment = environment(case, options).map_err(engine)?;
        let mut config = SessionConfig::new()
            .with_target_partitions(options.target_partitions.max(1))
            .with_batch_size(4096)
            .with_information_schema(true)
            .with_default_catalog_and_schema("heptagon", "public");
        config.options_mut().execution.time_zone = Some("UTC".into());
        config.options_mut().execution.parquet.pushdown_filters = true;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::new(environment))
            .with_default_features()
            .with_file_formats(Vec::new())
            .with_table_factories(HashMap::new())
            .build();
        let context = SessionContext::new_with_state(state);
        context.register_udf(ScalarUDF::from(RawFunction::new(options.raw.clone())));
        let tables = case.tables()?;
        for table in TABLES {
            let provider = CaseTable::new(table, tables.files(table.name));
            context.register_table(table.name, Arc::new(provider)).map_err(engine)?;
        }
        Ok(Session { runtime, context })
    }

    /// Asks one question and keeps the whole answer.
    pub fn query(&self, sql: &str) -> Result<QueryOutput, CaseError> {
        self.query_capped(sql, usize::MAX)
    }

    /// Asks one question and keeps at most `rows_max` rows of the answer.
    pub fn query_capped(&self, sql: &str, rows_max: usize) -> Result<QueryOutput, CaseError> {
        let mut stream = self.stream(sql)?;
        let schema = Arc::clone(stream.schema());
        let (mut batches, mut rows, mut truncated) = (Vec::new(), 0, false);
        for batch in &mut stream {
            let batch = batch?;
            let room = rows_max - rows;
            if batch.num_rows() > room {
                truncated = true;
                if room > 0 {
                    batches.push(batch.slice(0, room));
                }
                break;
            }
            rows += batch.num_rows();
            batches.push(batch);
        }
        Ok(QueryOutput { schema, batches, truncated })
    }

    /// Asks one question and gives the answer batch by batch.
    pub fn stream(&self, sql: &str) -> Result<RowStream<'_>, CaseError> {
        let engine = |error| CaseError::Sql(message(&error));
        let statement = parse(sql)?;
        let stream = self.runtime.block_on(async {
            let plan = self.context.state().statement_to_plan(statement).await.map_err(engine)?;
            SQLOptions::new()
                .with_allow_ddl(false)
                .with_allow_dml(false)
                .with_allow_statements(false)
                .verify_plan(&plan)
                .map_err(|_| CaseError::NotAQuery("this statement".into()))?;
            // Never `execute_logical_plan`, which carries out definitions.
            DataFrame::new(self.context.state(), plan).execute_stream().await.map_err(engine)
        })?;
        let schema = plain_schema(&stream.schema());
        Ok(RowStream { runtime: &self.runtime, schema, stream })
    }

    /// Names of the functions a query may call in FROM; none of them reads files.
    pub fn table_functions(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.context.state().table_functions().keys().cloned().collect();
        names.sort();
        names
    }
}

/// An answer that comes batch by batch.
pub struct RowStream<'a> {
    runtime: &'a Runtime,
    schema: SchemaRef,
    stream: SendableRecordBatchStream,
}

impl std::fmt::Debug for RowStream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowStream")
    }
}

impl RowStream<'_> {
    /// The columns; text is always `Utf8`.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for RowStream<'_> {
    type Item = Result<RecordBatch, CaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = self.runtime.block_on(self.stream.next())?;
            return Some(match batch {
                Ok(batch) if batch.num_rows() == 0 => continue,
                Ok(batch) => plain(&batch, &self.schema),
                Err(error) => Err(CaseError::Sql(message(&error))),
            });
        }
    }
}

fn environment(case: &CaseDir, options: &SessionOptions) -> datafusion::error::Result<RuntimeEnv> {
    // A case on read-only media spills where the system keeps temporary files.
    let mode = match case.work_dir("sql") {
        Ok(path) => DiskManagerMode::Directories(vec![path]),
        Err(_) => DiskManagerMode::OsTmpDirectory,
    };
    let environment = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(options.memory_bytes)))
        .with_disk_manager_builder(
            DiskManagerBuilder::default()
                .with_mode(mode)
                .with_max_temp_directory_size(options.spill_bytes_max),
        )
        .build()?;
    let root: PathBuf = std::path::absolute(case.path())?;
    let store = LocalFileSystem::new_with_prefix(root)?;
    environment.register_object_store(store_url().as_ref(), Arc::new(store));
    environment.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
    Ok(environment)
}

/// Text in one form, whatever form the engine chose.
fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::Dictionary(_, value) => plain_type(value),
        DataType::List(field) | DataType::LargeList(field) => DataType::List(Arc::new(Field::new(
            field.name(),
            plain_type(field.data_type()),
            field.is_nullable(),
        ))),
        other => other.clone(),
    }
}

fn plain_schema(schema: &Schema) -> SchemaRef {
    let fields = schema
        .fields()
        .iter()
        .map(|field| Field::new(field.name(), plain_type(field.data_type()), field.is_nullable()));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, CaseError> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(array, field)| {
            if array.data_type() == field.data_type() {
                Ok(Arc::clone(array))
            } else {
                cast(array, field.data_type())
            }
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(CaseError::arrow("query"))?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(CaseError::arrow("query"))
}
