//! What can go wrong with a case; bad evidence is never among it.

use std::path::{Path, PathBuf};

/// An error of the case store.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The verb: `read`, `write`, ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The case is of a newer format.
    #[error("case was written by a newer heptagon (format {found}, this one knows {known})")]
    NewerFormat {
        /// The case's format.
        found: u32,
        /// The newest format this build knows.
        known: u32,
    },
    /// The folder holds something else.
    #[error("{} is not empty and is no case", .0.display())]
    NotACase(PathBuf),
    /// There is no case there.
    #[error("no case at {}", .0.display())]
    Missing(PathBuf),
    /// Another run writes the case.
    #[error("case {} is being written by another run", .0.display())]
    Busy(PathBuf),
    /// A file of the case is damaged.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The case was opened for reading.
    #[error("case was opened for reading only")]
    ReadOnly,
    /// No such table.
    #[error("no table {0:?}")]
    UnknownTable(String),
    /// No such column.
    #[error("no column {column:?} of that type in {table:?}")]
    UnknownColumn {
        /// The table, or `query`.
        table: String,
        /// The column.
        column: String,
    },
    /// Rows came out of order.
    #[error("rows of {0} are not sorted by time")]
    Unsorted(String),
    /// Arrow refused the data.
    #[error("cannot handle rows of {table}")]
    Arrow {
        /// The table, or `query`.
        table: String,
        /// Why.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// Parquet could not be read or written.
    #[error("cannot handle parquet of {}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The statement is not a question.
    #[error("{0} is not allowed: the case is read-only")]
    NotAQuery(String),
    /// The query is wrong, or failed.
    #[error("{0}")]
    Sql(String),
    /// The notes could not be read or written.
    #[error("cannot use the notes in {}", path.display())]
    Notes {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

impl CaseError {
    /// What the person at the keyboard can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            CaseError::NewerFormat { .. } => {
                Some("use the heptagon that made it, or newer; or investigate into a new --case")
            }
            CaseError::NotACase(_) => Some("name an empty or new folder with --case"),
            CaseError::Missing(_) => Some("run heptagon investigate first, or name it with --case"),
            CaseError::Busy(_) => Some("wait for it to end, or use another --case"),
            CaseError::Damaged { .. } => {
                Some("investigate the evidence again into a new --case; the evidence is untouched")
            }
            CaseError::UnknownTable(_) => Some("heptagon sql --tables lists them"),
            CaseError::NotAQuery(_) => {
                Some("one SELECT, WITH, VALUES, EXPLAIN, SHOW or DESCRIBE at a time")
            }
            CaseError::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => Some("free some space and run it again"),
                std::io::ErrorKind::PermissionDenied => Some("check who owns it"),
                _ => None,
            },
            CaseError::Sql(message) if message.contains("Resources exhausted") => {
                Some("narrow the query: fewer columns, a time range, a LIMIT")
            }
            _ => None,
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> CaseError + use<> {
        let path = path.to_owned();
        move |source| CaseError::Io { action, path, source }
    }

    pub(crate) fn parquet(
        path: &Path,
    ) -> impl FnOnce(parquet::errors::ParquetError) -> CaseError + use<> {
        let path = path.to_owned();
        move |source| match source {
            parquet::errors::ParquetError::External(inner)
                if inner.downcast_ref::<std::io::Error>().is_some() =>
            {
                match inner.downcast::<std::io::Error>() {
                    Ok(source) => CaseError::Io { action: "write", path, source: *source },
                    Err(_) => CaseError::Damaged { path, reason: "parquet".into() },
                }
            }
            source => CaseError::Parquet { path, source },
        }
    }

    pub(crate) fn arrow(table: &str) -> impl FnOnce(arrow::error::ArrowError) -> CaseError + use<> {
        let table = table.to_owned();
        move |source| CaseError::Arrow { table, source }
    }
}
