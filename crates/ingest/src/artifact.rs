//! The accounting of the artifact being read.

use std::collections::BTreeSet;

use heptagon_evidence::{ArtifactDone, ArtifactHeader};
use heptagon_model::{Accounting, ArtifactRow, Limits, Problem, ProblemCode, Severity, Timestamp};
use heptagon_parse::{RecordMeta, RecordProblem};

use crate::configuration::Snapshot;
use crate::journal::FinishedArtifact;

/// What is known of an artifact while its records arrive.
pub(crate) struct Account {
    pub(crate) short: String,
    uri: String,
    accounting: Accounting,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    accounts: BTreeSet<String>,
    regions: BTreeSet<String>,
    problems: Vec<Problem>,
    snapshots: Vec<Snapshot>,
    /// Bytes that the documents of further snapshots may take.
    snapshot_bytes_left: usize,
    unlisted: u64,
    complete_source: bool,
    problems_listed_max: usize,
}

impl Account {
    pub(crate) fn new(header: &ArtifactHeader, limits: &Limits) -> Account {
        Account {
            short: header.id.short(),
            uri: header.uri.clone(),
            accounting: Accounting::default(),
            first: None,
            last: None,
            accounts: BTreeSet::new(),
            regions: BTreeSet::new(),
            problems: Vec::new(),
            snapshots: Vec::new(),
            snapshot_bytes_left: limits.configuration_bytes_max,
            unlisted: 0,
            complete_source: true,
            problems_listed_max: limits.problems_listed_max,
        }
    }

    /// A record that became a row.
    pub(crate) fn row(&mut self, time: Timestamp, account: &str, region: &str, complete: bool) {
        self.accounting.parsed += 1;
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        if !account.is_empty() && !self.accounts.contains(account) {
            self.accounts.insert(account.to_owned());
        }
        if !region.is_empty() && !self.regions.contains(region) {
            self.regions.insert(region.to_owned());
        }
        self.complete_source &= complete;
    }

    /// A record that is no event.
    pub(crate) fn notice(&mut self, record: u64, offset: u64, code: ProblemCode, reason: &str) {
        self.accounting.parsed += 1;
        self.accounting.notices += 1;
        self.list(Some(record), Some(offset), Severity::Notice, code, reason.to_owned());
    }

    /// A configuration snapshot: no event, kept as a document.
    pub(crate) fn configuration(&mut self, meta: &RecordMeta, document: &str) {
        let Some(left) = self.snapshot_bytes_left.checked_sub(document.len()) else {
            let reason = "a configuration snapshot beyond what is kept of one file";
            self.notice(meta.ordinal, meta.offset, ProblemCode::LimitExceeded, reason);
            return;
        };
        self.snapshot_bytes_left = left;
        self.accounting.parsed += 1;
        self.accounting.notices += 1;
        self.snapshots.push(Snapshot { record: meta.ordinal, document: document.to_owned() });
    }

    /// A record lost, or kept with a warning.
    pub(crate) fn problem(&mut self, problem: RecordProblem) {
        match problem.severity {
            Severity::Lost => self.accounting.problems += 1,
            Severity::Warning => self.accounting.warnings += 1,
            Severity::Notice => {}
        }
        let RecordProblem { ordinal, offset, severity, code, reason } = problem;
        self.list(ordinal, Some(offset), severity, code, reason);
    }

    fn list(
        &mut self,
        record: Option<u64>,
        offset: Option<u64>,
        severity: Severity,
        code: ProblemCode,
        reason: String,
    ) {
        if self.problems.len() >= self.problems_listed_max {
            self.unlisted += 1;
            return;
        }
        self.problems.push(Problem {
            artifact: self.short.clone(),
            uri: self.uri.clone(),
            record,
            offset,
            severity,
            code,
            reason,
        });
    }

    /// Records lost so far.
    pub(crate) fn lost(&self) -> u64 {
        self.accounting.problems
    }

    /// Closes the account. `rows` and `duplicates` are settled by the merge.
    pub(crate) fn finish(
        mut self,
        done: &ArtifactDone,
        kind: String,
        reason: Option<String>,
        attempt: u32,
    ) -> FinishedArtifact {
        // Problems of the container are about no record; the parser has counted the record that a
        // cut went through.
        self.problems.extend(done.problems.iter().cloned());
        if self.unlisted > 0 {
            self.problems.push(Problem {
                artifact: self.short.clone(),
                uri: self.uri.clone(),
                record: None,
                offset: None,
                severity: Severity::Notice,
                code: ProblemCode::More,
                reason: format!(
                    "{} more problems of this artifact are counted, not listed",
                    self.unlisted
                ),
            });
        }
        self.accounting.records = self.accounting.parsed + self.accounting.problems;
        let header = &done.header;
        FinishedArtifact {
            attempt,
            complete_source: self.complete_source,
            problems: self.problems,
            snapshots: self.snapshots,
            row: ArtifactRow {
                artifact: self.short,
                uri: self.uri,
                bytes: header.bytes,
                sha256: header.id.hex(),
                content_sha256: heptagon_model::ArtifactId(done.content_sha256).hex(),
                content_bytes: done.content_bytes,
                kind,
                accounting: self.accounting,
                first_event_time: self.first,
                last_event_time: self.last,
                accounts: self.accounts.into_iter().collect(),
                regions: self.regions.into_iter().collect(),
                reason,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heptagon_model::ArtifactId;
    use heptagon_parse::Envelope;

    #[test]
    fn documents_beyond_the_limit_are_counted_and_not_kept() {
        let header = ArtifactHeader {
            id: ArtifactId([1; 32]),
            uri: "a.json".to_owned(),
            bytes: 10,
            encoding: heptagon_evidence::Encoding::Plain,
        };
        let limits =
            Limits { configuration_bytes_max: 10, problems_listed_max: 2, ..Limits::DEFAULT };
        let mut account = Account::new(&header, &limits);
        for ordinal in 0..6 {
            let meta = RecordMeta {
                ordinal,
                offset: 5 * ordinal,
                length: 4,
                envelope: Envelope::None,
                complete_source: true,
            };
            account.configuration(&meta, "{  }");
        }
        assert_eq!((account.snapshots.len(), account.problems.len(), account.unlisted), (2, 2, 2));
        assert_eq!((account.accounting.parsed, account.accounting.notices), (6, 6));
    }
}
