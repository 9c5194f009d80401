//! Numbers a progress display may read while the ingest runs.

use std::sync::atomic::{AtomicU64, Ordering};

/// What has been done so far; readable from another thread at any time.
#[derive(Debug, Default)]
pub struct Counters {
    files_total: AtomicU64,
    bytes_total: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
    records: AtomicU64,
    matches: AtomicU64,
    problems: AtomicU64,
    days_total: AtomicU64,
    days: AtomicU64,
}

/// A reading of [`Counters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Files found.
    pub files_total: u64,
    /// Bytes of the files found.
    pub bytes_total: u64,
    /// Files read.
    pub files: u64,
    /// Bytes of the files read.
    pub bytes: u64,
    /// Records read.
    pub records: u64,
    /// Rule matches.
    pub matches: u64,
    /// Records lost.
    pub problems: u64,
    /// UTC days to be merged.
    pub days_total: u64,
    /// UTC days merged.
    pub days: u64,
}

impl Counters {
    /// All numbers now.
    pub fn read(&self) -> Reading {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Reading {
            files_total: get(&self.files_total),
            bytes_total: get(&self.bytes_total),
            files: get(&self.files),
            bytes: get(&self.bytes),
            records: get(&self.records),
            matches: get(&self.matches),
            problems: get(&self.problems),
            days_total: get(&self.days_total),
            days: get(&self.days),
        }
    }

    pub(crate) fn found(&self, files: u64, bytes: u64) {
        self.files_total.store(files, Ordering::Relaxed);
        self.bytes_total.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn file(&self, bytes: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add_records(&self, records: u64, matches: u64, problems: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.matches.fetch_add(matches, Ordering::Relaxed);
        self.problems.fetch_add(problems, Ordering::Relaxed);
    }

    pub(crate) fn found_days(&self, days: u64) {
        self.days_total.store(days, Ordering::Relaxed);
    }

    pub(crate) fn day(&self) {
        self.days.fetch_add(1, Ordering::Relaxed);
    }
}
