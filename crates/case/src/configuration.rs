//! Configuration snapshots as rows of `config_state`, there and back.

use arrow::array::RecordBatch;

use crate::records::{batch, int, text};
use crate::rows::{ints, texts};
use crate::{CaseDir, CaseError, read};

/// A row of `config_state`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ConfigurationRow {
    /// What was asked, `cloudtrail:GetEventSelectors`.
    pub kind: String,
    /// The account, when it is known.
    pub account: Option<String>,
    /// The region, when it is known.
    pub region: Option<String>,
    /// The trail's ARN, when it is about one trail.
    pub resource: Option<String>,
    /// The answer, JSON as recorded.
    pub document: String,
    /// First 16 hex digits of the artifact's SHA-256.
    pub artifact: String,
    /// The record in it.
    pub record: u64,
}

/// Rows of `config_state`.
pub fn configuration_batch(rows: &[ConfigurationRow]) -> Result<RecordBatch, CaseError> {
    batch(
        "config_state",
        vec![
            text(rows.iter().map(|r| Some(&r.kind))),
            text(rows.iter().map(|r| r.account.as_ref())),
            text(rows.iter().map(|r| r.region.as_ref())),
            text(rows.iter().map(|r| r.resource.as_ref())),
            text(rows.iter().map(|r| Some(&r.document))),
            text(rows.iter().map(|r| Some(&r.artifact))),
            int(rows.iter().map(|r| Some(r.record))),
        ],
    )
}

/// The configuration snapshots of a case, in the order they are stored.
pub fn read_configuration(case: &CaseDir) -> Result<Vec<ConfigurationRow>, CaseError> {
    let mut rows = Vec::new();
    for batch in read(case, "config_state", None)? {
        let batch = batch?;
        let text = |column| texts(&batch, column);
        let (kinds, accounts, regions) = (text("kind")?, text("account")?, text("region")?);
        let (resources, documents) = (text("resource")?, text("document")?);
        let (artifacts, records) = (text("artifact")?, ints(&batch, "record")?);
        for row in 0..batch.num_rows() {
            let optional = |value: Option<&str>| value.map(str::to_owned);
            rows.push(ConfigurationRow {
                kind: kinds.get(row).unwrap_or_default().to_owned(),
                account: optional(accounts.get(row)),
                region: optional(regions.get(row)),
                resource: optional(resources.get(row)),
                document: documents.get(row).unwrap_or_default().to_owned(),
                artifact: artifacts.get(row).unwrap_or_default().to_owned(),
                record: records.get(row).unwrap_or_default().unsigned_abs(),
            });
        }
    }
    Ok(rows)
}
