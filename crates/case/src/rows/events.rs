//! Rows of `events` as the timeline has them.

use arrow::array::RecordBatch;
use heptagon_model::{EventRow, EvidenceRef, Timestamp};

use super::{Ints, Texts, Times, ints, texts, times};
use crate::CaseError;

/// The columns an [`EventRow`] is made of.
#[derive(Debug, Clone)]
pub struct Events {
    event_time: Times,
    source: Texts,
    account: Texts,
    region: Texts,
    principal: Texts,
    action: Texts,
    resource: Texts,
    outcome: Texts,
    source_ip: Texts,
    user_agent: Texts,
    artifact: Texts,
    record: Ints,
    n_rows: usize,
}

impl Events {
    /// The names of the columns.
    pub const COLUMNS: [&str; 12] = [
        "event_time",
        "source",
        "account",
        "region",
        "principal",
        "action",
        "resource",
        "outcome",
        "source_ip",
        "user_agent",
        "artifact",
        "record",
    ];

    /// The columns of a batch, which may have others beside them.
    pub fn of(batch: &RecordBatch) -> Result<Events, CaseError> {
        Ok(Events {
            event_time: times(batch, "event_time")?,
            source: texts(batch, "source")?,
            account: texts(batch, "account")?,
            region: texts(batch, "region")?,
            principal: texts(batch, "principal")?,
            action: texts(batch, "action")?,
            resource: texts(batch, "resource")?,
            outcome: texts(batch, "outcome")?,
            source_ip: texts(batch, "source_ip")?,
            user_agent: texts(batch, "user_agent")?,
            artifact: texts(batch, "artifact")?,
            record: ints(batch, "record")?,
            n_rows: batch.num_rows(),
        })
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// When a row's event happened.
    pub fn time(&self, row: usize) -> Timestamp {
        self.event_time.get(row).unwrap_or_default()
    }

    /// Which source recorded a row's event.
    pub fn source(&self, row: usize) -> &str {
        self.source.get(row).unwrap_or_default()
    }

    /// A row's artifact and record.
    pub fn key(&self, row: usize) -> (&str, u64) {
        let record = self.record.get(row).unwrap_or_default().cast_unsigned();
        (self.artifact.get(row).unwrap_or_default(), record)
    }

    /// A row, without its findings; `uri` knows where an artifact is.
    pub fn row(&self, row: usize, uri: impl Fn(&str) -> String) -> EventRow {
        let text = |column: &Texts| column.get(row).unwrap_or_default().to_owned();
        let optional = |column: &Texts| column.get(row).map(str::to_owned);
        let (artifact, record) = self.key(row);
        EventRow {
            event_time: self.time(row),
            source: text(&self.source),
            account: text(&self.account),
            region: text(&self.region),
            principal: text(&self.principal),
            action: text(&self.action),
            resource: optional(&self.resource),
            outcome: text(&self.outcome),
            source_ip: optional(&self.source_ip),
            user_agent: optional(&self.user_agent),
            evidence: EvidenceRef { artifact: artifact.to_owned(), uri: uri(artifact), record },
            findings: Vec::new(),
        }
    }
}
