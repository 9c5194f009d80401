//! Artifacts (files and archive members), their accounting, and references into them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// SHA-256 of an artifact as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactId(pub [u8; 32]);

impl ArtifactId {
    /// All 64 hex digits.
    pub fn hex(&self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The 16 hex digits shown where people look, and used as key in tables.
    pub fn short(&self) -> String {
        self.hex()[..16].to_owned()
    }

    /// Reads 64 hex digits.
    pub fn from_hex(text: &str) -> Option<ArtifactId> {
        let bytes = text.as_bytes();
        if bytes.len() != 64 {
            return None;
        }
        let mut id = [0; 32];
        for (slot, pair) in id.iter_mut().zip(bytes.chunks(2)) {
            *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(ArtifactId(id))
    }
}

impl fmt::Display for ArtifactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

/// A record in the evidence: `record` counts from 0 inside the artifact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// First 16 hex digits of the artifact's SHA-256.
    pub artifact: String,
    /// Path relative to the evidence root; members as `archive.zip!member`.
    pub uri: String,
    /// Ordinal of the record.
    pub record: u64,
}

/// Where every record of an artifact went: `records = parsed + problems`,
/// `parsed = rows + duplicates + notices`; `warnings` are rows with something not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Accounting {
    /// Records found, readable or not.
    pub records: u64,
    /// Records understood.
    pub parsed: u64,
    /// Records lost, each with a Problem.
    pub problems: u64,
    /// Records that became rows.
    pub rows: u64,
    /// Records that are in the tables already, from this or another artifact.
    pub duplicates: u64,
    /// Records that are no events (control messages, markers).
    pub notices: u64,
    /// Rows kept although something in them was not understood.
    pub warnings: u64,
}

impl Accounting {
    /// Whether both sums hold.
    pub fn balances(&self) -> bool {
        self.records == self.parsed + self.problems
            && self.parsed == self.rows + self.duplicates + self.notices
    }
}

/// One line of the manifest and one row of `heptagon sources`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRow {
    /// First 16 hex digits of `sha256`.
    pub artifact: String,
    /// Path relative to the evidence root.
    pub uri: String,
    /// Size as found.
    pub bytes: u64,
    /// SHA-256 of the bytes as found.
    pub sha256: String,
    /// SHA-256 of the decompressed content (equal to `sha256` when not compressed).
    pub content_sha256: String,
    /// Size of the decompressed content.
    pub content_bytes: u64,
    /// What it is: `cloudtrail`, `bedrock-invocation`, `zip`, `tar`, `unsupported`, ...
    pub kind: String,
    /// Where every record went.
    #[serde(flatten)]
    pub accounting: Accounting,
    /// Earliest event time among the records.
    pub first_event_time: Option<Timestamp>,
    /// Latest event time among the records.
    pub last_event_time: Option<Timestamp>,
    /// Accounts the records are from, sorted.
    pub accounts: Vec<String>,
    /// Regions the records are from, sorted.
    pub regions: Vec<String>,
    /// Why nothing could be read, when nothing could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
