//! `tables.json`: which files make up each table now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use heptagon_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CaseError, FORMAT};

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableFile {
    /// Path in the case, `tables/events/2026-05-07/part-0-0123456789abcdef.parquet`.
    pub file: String,
    /// Rows.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
    /// Earliest `event_time`, for sorted tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_time: Option<Timestamp>,
    /// Latest `event_time`, for sorted tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time: Option<Timestamp>,
}

impl TableFile {
    /// The UTC day the file is of, for sorted tables.
    pub fn day(&self) -> Option<i64> {
        self.min_time.map(Timestamp::day)
    }
}

/// Every table's files; a table that is not listed has no rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tables {
    format: u32,
    tables: BTreeMap<String, Vec<TableFile>>,
}

impl Default for Tables {
    fn default() -> Tables {
        Tables { format: FORMAT, tables: BTreeMap::new() }
    }
}

impl Tables {
    /// The files of a table, in the order of their rows.
    pub fn files(&self, table: &str) -> &[TableFile] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// Rows of a table.
    pub fn rows(&self, table: &str) -> u64 {
        self.files(table).iter().map(|file| file.rows).sum()
    }

    /// The tables that have rows.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Replaces a table wholly.
    pub fn set(&mut self, table: &str, files: Vec<TableFile>) {
        if files.is_empty() {
            self.tables.remove(table);
        } else {
            self.tables.insert(table.to_owned(), files);
        }
    }

    /// Replaces the given UTC days of a sorted table by `files`; other days stay.
    pub fn replace_days(&mut self, table: &str, days: &BTreeSet<i64>, files: Vec<TableFile>) {
        let mut all: Vec<TableFile> = self
            .files(table)
            .iter()
            .filter(|file| file.day().is_none_or(|day| !days.contains(&day)))
            .cloned()
            .chain(files)
            .collect();
        // Stable: files of one day keep the order they were written in.
        all.sort_by_key(TableFile::day);
        self.set(table, all);
    }

    /// Every file listed.
    pub fn paths(&self) -> BTreeSet<String> {
        self.tables.values().flatten().map(|file| file.file.clone()).collect()
    }

    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings and numbers only");
        text.push('\n');
        text
    }

    pub(crate) fn load(path: &Path) -> Result<Tables, CaseError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Tables::default());
            }
            Err(error) => return Err(CaseError::io("read", path)(error)),
        };
        let damaged = |reason: String| CaseError::Damaged { path: path.to_owned(), reason };
        let tables: Tables =
            serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if tables.format > FORMAT {
            return Err(CaseError::NewerFormat { found: tables.format, known: FORMAT });
        }
        for file in tables.tables.values().flatten() {
            // A case may come from somebody else: it must not point outside of itself.
            let inside = file.file.starts_with("tables/")
                && !file.file.contains('\\')
                && file.file.split('/').all(|part| !matches!(part, "" | "." | ".."));
            if !inside {
                return Err(damaged(format!(
                    "it names a file outside of the case: {}",
                    crate::text::one_line(&file.file, 100)
                )));
            }
        }
        Ok(tables)
    }
}
