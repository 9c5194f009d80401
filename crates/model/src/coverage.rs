//! What could have been seen: per source, category, account, region and interval.

use serde::{Deserialize, Serialize};

use crate::{EvidenceRef, Timestamp};

/// Whether a cell of the coverage was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageState {
    /// Events of this category were recorded and are in the evidence.
    Recorded,
    /// Logging was off.
    Off,
    /// Logging was on, this category not selected.
    NotSelected,
    /// Recorded, with content masked.
    Masked,
    /// Off by a declared decision.
    Declined,
    /// The evidence does not tell.
    Unknown,
}

/// What the state rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Digest files prove the delivery.
    DigestProven,
    /// A configuration says so.
    Configured,
    /// The records present imply it.
    Inferred,
}

/// One interval of one cell; `heptagon coverage` prints it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CoverageRow {
    /// `cloudtrail`, `bedrock-invocation`, ...
    pub source: String,
    /// `management-read`, `management-write`, `data:<type>:<pattern>`, `network-activity`, `insight`, or the source's own.
    pub category: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// Whether it was recorded.
    pub state: CoverageState,
    /// What that rests on.
    pub basis: Basis,
    /// The trail, when known.
    pub trail: Option<String>,
    /// One sentence.
    pub why: String,
    /// The record that proves it, when there is one.
    #[serde(rename = "ref")]
    pub evidence: Option<EvidenceRef>,
}
