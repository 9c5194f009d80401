//! The unified timeline's row.

use serde::{Deserialize, Serialize};

use crate::{EvidenceRef, Timestamp};

/// The sources of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// AWS CloudTrail.
    #[serde(rename = "cloudtrail")]
    CloudTrail,
    /// Bedrock model invocation logs.
    BedrockInvocation,
}

impl SourceKind {
    /// The slug used in tables and JSON.
    pub fn slug(self) -> &'static str {
        match self {
            SourceKind::CloudTrail => "cloudtrail",
            SourceKind::BedrockInvocation => "bedrock-invocation",
        }
    }
}

/// `success`, or the error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No error.
    Success,
    /// The source's error code.
    Error(String),
}

/// A row of `heptagon timeline`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// When it happened.
    pub event_time: Timestamp,
    /// Which source recorded it (slug).
    pub source: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Who did it: ARN, service, or what else the record has.
    pub principal: String,
    /// `bedrock:InvokeModel`.
    pub action: String,
    /// What it was done to, when the record says.
    pub resource: Option<String>,
    /// `success` or the error code.
    pub outcome: String,
    /// From where.
    pub source_ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// The record.
    #[serde(rename = "ref")]
    pub evidence: EvidenceRef,
    /// Findings it belongs to.
    pub findings: Vec<String>,
}
