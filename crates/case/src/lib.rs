//! The case store: what ingest writes, what answers and analysts read.
//!
//! Job: schemas of the tables, the case folder and its atomic table list, the Parquet writer, direct
//! Parquet reading, read-only SQL through DataFusion, rows as JSON, CSV and terminal-safe text, and
//! the analyst's notes. Place in the flow: after `ingest`, under `answer`, `report` and `cli`.
//!
//! Invariants: the same rows give the same bytes, however they were batched; a reader sees a table
//! list whole or not at all; SQL reads the case's own tables and nothing else; text from evidence
//! leaves inert in every output form; memory is bounded by configuration.

pub mod configuration;
mod error;
pub mod layout;
pub mod notes;
mod provider;
mod raw;
pub mod read;
pub mod records;
pub mod rows;
pub mod schema;
pub mod sql;
mod statement;
pub mod tables;
pub mod text;
pub mod write;

pub use error::CaseError;
pub use layout::{CaseDir, CaseMeta, FORMAT};
pub use notes::Notes;
pub use raw::RawSource;
pub use read::{TableReader, read, read_files, read_records};
pub use schema::{Column, Kind, TABLES, Table, schema, table};
pub use sql::{QueryOutput, RowStream, Session, SessionOptions};
pub use tables::{TableFile, Tables};
pub use write::{DayWriter, TableWriter, Written};
