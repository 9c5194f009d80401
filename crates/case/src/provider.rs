//! A table of the case as DataFusion sees it: exactly the files that `tables.json` lists.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result, ScalarValue, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use crate::TableFile;
use crate::schema::Table;

/// The store under which the case folder, and nothing else, is reachable.
pub(crate) fn store_url() -> ObjectStoreUrl {
    ObjectStoreUrl::parse("case://local").expect("a valid URL")
}

#[derive(Debug)]
pub(crate) struct CaseTable {
    table: &'static Table,
    schema: SchemaRef,
    files: Vec<PartitionedFile>,
    statistics: Statistics,
}

impl CaseTable {
    pub(crate) fn new(table: &'static Table, files: &[TableFile]) -> CaseTable {
        let schema = view_schema(&table.schema());
        let totals = statistics(table, &schema, files);
        let files: Vec<PartitionedFile> = files
            .iter()
            .map(|file| {
                let statistics = statistics(table, &schema, std::slice::from_ref(file));
                PartitionedFile::new(file.file.clone(), file.bytes)
                    .with_statistics(Arc::new(statistics))
            })
            .collect();
        CaseTable { table, schema, files, statistics: totals }
    }
}

/// Text as views, which DataFusion compares and groups faster.
fn view_schema(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 => {
            Arc::new(Field::new(field.name(), DataType::Utf8View, field.is_nullable()))
        }
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// What `tables.json` knows: rows, and the bounds of `event_time`.
fn statistics(table: &Table, schema: &Schema, files: &[TableFile]) -> Statistics {
    let mut statistics = Statistics::new_unknown(schema);
    statistics.num_rows = Precision::Exact(files.iter().map(|file| file.rows as usize).sum());
    let bounds = files
        .iter()
        .filter_map(|f| f.min_time)
        .min()
        .zip(files.iter().filter_map(|f| f.max_time).max());
    if let (Some(position), Some((min, max))) = (table.time_column(), bounds) {
        let time = |time: heptagon_model::Timestamp| {
            Precision::Exact(ScalarValue::TimestampMicrosecond(Some(time.0), Some("UTC".into())))
        };
        statistics.column_statistics[position] = ColumnStatistics {
            null_count: Precision::Exact(0),
            min_value: time(min),
            max_value: time(max),
            ..ColumnStatistics::new_unknown()
        };
    }
    statistics
}

#[async_trait]
impl TableProvider for CaseTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics.clone())
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema.project(columns)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let runtime = state.runtime_env();
        let reader = CachedParquetFileReaderFactory::new(
            runtime.object_store(store_url())?,
            runtime.cache_manager.get_file_metadata_cache(),
        );
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(reader));
        let partitions = state.config().target_partitions().clamp(1, self.files.len());
        // Runs of neighbours, so that each group is in order of time.
        let groups = self.files.chunks(self.files.len().div_ceil(partitions));
        let config = FileScanConfigBuilder::new(store_url(), Arc::new(source))
            .with_file_groups(groups.map(|files| FileGroup::new(files.to_vec())).collect())
            .with_statistics(self.statistics.clone())
            .with_projection_indices(projection.cloned())?
            .with_output_ordering(self.ordering())
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

impl CaseTable {
    fn ordering(&self) -> Vec<LexOrdering> {
        let column = self.table.time_column().map(|position| {
            PhysicalSortExpr::new_default(Arc::new(Column::new("event_time", position))).asc()
        });
        LexOrdering::new(column).into_iter().collect()
    }
}
