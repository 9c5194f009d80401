//! The analyst's own data: the only part of a case that is not derived from evidence.

use std::path::{Path, PathBuf};

use heptagon_model::{Attestation, Timestamp};
use rusqlite::{Connection, OpenFlags, params};

use crate::{CaseDir, CaseError};

/// The schema version of `notes.sqlite`, kept in `user_version`.
const VERSION: u32 = 1;

/// `notes.sqlite` of a case.
#[derive(Debug)]
pub struct Notes {
    path: PathBuf,
    connection: Connection,
}

impl Notes {
    /// Opens the notes of a case for reading and writing; makes them when missing. Notes may be
    /// written while a run writes the tables.
    pub fn open(case: &CaseDir) -> Result<Notes, CaseError> {
        Notes::open_file(&case.path().join("notes.sqlite"))
    }

    fn open_file(path: &Path) -> Result<Notes, CaseError> {
        let failed = |source| CaseError::Notes { path: path.to_owned(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection
            .busy_timeout(std::time::Duration::from_secs(5))
            .and_then(|()| connection.pragma_update(None, "trusted_schema", false))
            .map_err(failed)?;
        // Immediate: two programs that make the notes at once must not both see version 0.
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        let found: u32 = transaction
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(failed)?;
        if found > VERSION {
            return Err(CaseError::NewerFormat { found, known: VERSION });
        }
        if found == 0 {
            transaction
                .execute_batch(
                    "CREATE TABLE attestations (
                       id INTEGER PRIMARY KEY,
                       question_id TEXT NOT NULL,
                       statement TEXT NOT NULL,
                       by TEXT NOT NULL,
                       at TEXT NOT NULL
                     ) STRICT;
                     CREATE INDEX attestations_question ON attestations (question_id, id);
                     PRAGMA user_version = 1;",
                )
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(Notes { path: path.to_owned(), connection })
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> CaseError + use<> {
        let path = self.path.clone();
        move |source| CaseError::Notes { path: path.clone(), source }
    }

    /// Keeps an answer; earlier answers to the same question stay in the history.
    pub fn attest(&mut self, attestation: &Attestation) -> Result<(), CaseError> {
        self.connection
            .execute(
                "INSERT INTO attestations (question_id, statement, by, at) VALUES (?1, ?2, ?3, ?4)",
                params![
                    attestation.question_id,
                    attestation.statement,
                    attestation.by,
                    attestation.at.to_string()
                ],
            )
            .map(|_| ())
            .map_err(self.failed())
    }

    /// The latest answer to each question, by question id.
    pub fn attestations(&self) -> Result<Vec<Attestation>, CaseError> {
        self.select(
            "SELECT question_id, statement, by, at FROM attestations
             WHERE id IN (SELECT max(id) FROM attestations GROUP BY question_id)
             ORDER BY question_id",
        )
    }

    /// Every answer ever given, in the order given.
    pub fn attestation_history(&self) -> Result<Vec<Attestation>, CaseError> {
        self.select("SELECT question_id, statement, by, at FROM attestations ORDER BY id")
    }

    fn select(&self, sql: &str) -> Result<Vec<Attestation>, CaseError> {
        let failed = self.failed();
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let rows = statement
            .query_map([], |row| {
                let at: String = row.get(3)?;
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, at))
            })
            .map_err(&failed)?;
        rows.map(|row| {
            let (question_id, statement, by, at) = row.map_err(&failed)?;
            let at = Timestamp::parse(&at).ok_or_else(|| CaseError::Damaged {
                path: self.path.clone(),
                reason: "an attestation has no readable time".into(),
            })?;
            Ok(Attestation { question_id, statement, by, at })
        })
        .collect()
    }
}
