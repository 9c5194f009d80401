//! The case store: schemas, Parquet writer, DataFusion session, read-only SQL, notes.
