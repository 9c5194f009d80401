//! Equal rows give equal bytes, and come back as they went in.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use heptagon_case::{CaseError, TABLES, TableWriter, Tables, read, schema};
use proptest::prelude::*;

use super::support::{at, case, put, rows, tree};

fn cut(batch: &RecordBatch, sizes: &[usize]) -> Vec<RecordBatch> {
    let mut start = 0;
    let mut batches = Vec::new();
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let take = size.min(batch.num_rows() - start);
        batches.push(batch.slice(start, take));
        start += take;
    }
    batches
}

#[test]
fn every_table_comes_back_as_it_went_in() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let mut tables = Tables::default();
    for table in TABLES {
        let batch = rows(table.name, at("2026-05-07T22:00:00Z"), 1_000_000, 0..9_001);
        put(&case, &mut tables, table.name, &cut(&batch, &[1, 5_000, 0, 17]));
        let back: Vec<_> =
            read(&case, table.name, None).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(concat_batches(&schema(table.name), &back).unwrap(), batch, "{}", table.name);
        assert_eq!(tables.rows(table.name), 9_001);
    }
}

#[test]
fn columns_are_selected_and_ordered() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let batch = rows("events", at("2026-05-07"), 1, 0..100);
    put(&case, &mut Tables::default(), "events", std::slice::from_ref(&batch));
    let names = ["record", "event_time", "outcome"];
    let mut reader = read(&case, "events", Some(&names)).unwrap();
    let read_schema = reader.schema().clone();
    let back = reader.next().unwrap().unwrap();
    assert_eq!(back.schema(), read_schema);
    for (position, name) in names.iter().enumerate() {
        assert_eq!(back.column(position), batch.column_by_name(name).unwrap());
    }
    assert!(matches!(read(&case, "events", Some(&["nope"])), Err(CaseError::UnknownColumn { .. })));
    assert!(matches!(read(&case, "nope", None), Err(CaseError::UnknownTable(_))));
}

#[test]
fn rows_out_of_order_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let (early, late) = (at("2026-05-07"), at("2026-05-08"));
    let mut writer = case.writer("events").unwrap();
    writer.write(&rows("events", late, 1, 0..2)).unwrap();
    let error = writer.write(&rows("events", early, 1, 0..2)).unwrap_err();
    assert!(matches!(error, CaseError::Unsorted(_)), "{error}");
    let mut writer = case.writer("events").unwrap();
    assert!(writer.write(&rows("events", late, -1, 0..2)).is_err());
    let mut writer = TableWriter::new("events", &root.path().join("x")).unwrap();
    assert!(writer.write(&rows("events", late, -1, 0..2)).is_err());
    // Tables without an order take rows as they come.
    let mut writer = case.writer("actors").unwrap();
    writer.write(&rows("actors", late, -1, 0..2)).unwrap();
    let mut writer = case.writer("actors").unwrap();
    assert!(writer.write(&rows("events", late, 1, 0..2)).is_err(), "another table's rows");
}

#[test]
fn long_texts_end_a_row_group_before_they_pile_up() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("messages.parquet");
    let batch = rows("messages", at("2026-05-07"), 1, 0..1);
    let position = schema("messages").index_of("text").unwrap();
    let mut state = 1_u64;
    let mut writer = TableWriter::new("messages", &path).unwrap();
    for _ in 0..1_200 {
        // Text that does not compress, 60 KiB a row.
        let text: String = (0..61_440)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b' ' + ((state >> 40) % 95) as u8)
            })
            .collect();
        let mut columns = batch.columns().to_vec();
        columns[position] = std::sync::Arc::new(arrow::array::StringArray::from(vec![text]));
        writer.write(&RecordBatch::try_new(batch.schema(), columns).unwrap()).unwrap();
    }
    assert_eq!(writer.finish().unwrap().rows, 1_200);
    let file = std::fs::File::open(&path).unwrap();
    let metadata =
        parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    assert!(metadata.num_row_groups() >= 2, "{}", metadata.num_row_groups());
    for group in metadata.row_groups() {
        assert!(group.compressed_size() < 40 << 20, "{}", group.compressed_size());
    }
    let created = metadata.file_metadata().created_by().unwrap();
    assert_eq!(created, "heptagon", "no version and no clock in the bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn bytes_do_not_depend_on_batches(sizes in proptest::collection::vec(0usize..6_000, 0..12), seconds in 1i64..40) {
        let root = tempfile::tempdir().unwrap();
        let batch = rows("cloudtrail", at("2026-05-07T20:00:00Z"), seconds * 1_000_000, 0..10_000);
        let one = case(&root.path().join("one"));
        let other = case(&root.path().join("other"));
        put(&one, &mut Tables::default(), "cloudtrail", std::slice::from_ref(&batch));
        put(&other, &mut Tables::default(), "cloudtrail", &cut(&batch, &sizes));
        prop_assert_eq!(tree(&one.path().join("tables")), tree(&other.path().join("tables")));
        prop_assert_eq!(one.tables().unwrap(), other.tables().unwrap());
    }
}
