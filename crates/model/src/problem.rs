//! What could not be read, as data: a Problem never stops the reading of the rest.

use serde::{Deserialize, Serialize};

/// What became of the record the problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The record (or the artifact) was lost.
    Lost,
    /// The record is no event.
    Notice,
    /// The record was kept, with something not understood.
    Warning,
}

/// Stable codes of problems; `H` and four digits in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// The file could not be opened or read.
    Unreadable,
    /// No parser knows this content.
    Unsupported,
    /// The file has no records.
    Empty,
    /// The stream ends in the middle of a record or of the compressed data.
    Truncated,
    /// Compressed data are damaged.
    CorruptArchive,
    /// Bytes follow the end of the compressed data.
    TrailingBytes,
    /// More bytes, members, or a higher ratio than the limits allow.
    LimitExceeded,
    /// An archive inside an archive inside an archive.
    NestingTooDeep,
    /// An archive member whose name or type is not allowed (link, device).
    UnsafeMember,
    /// Not JSON.
    InvalidJson,
    /// Longer than a record may be.
    RecordTooLong,
    /// Nested deeper than a record may be.
    RecordTooDeep,
    /// JSON of no kind that is known.
    UnknownRecord,
    /// A field without which there is no event is missing or unreadable.
    MissingField,
    /// The time is missing or unreadable.
    InvalidTime,
    /// Text that is not valid in its encoding.
    InvalidText,
    /// An event version newer than any known.
    UnknownVersion,
    /// A model's body format that is not known.
    UnknownBody,
    /// A control message or marker: no event.
    ControlMessage,
    /// A body stored as an S3 object that is not in the evidence.
    MissingBody,
    /// The same event id with different content.
    Conflict,
    /// The file changed while it was read.
    ChangedDuringRead,
    /// The record lies outside the scope asked for.
    OutOfScope,
    /// The truth file of a drill: never read.
    TruthFile,
    /// More problems than are listed one by one.
    More,
}

/// Something about evidence that could not be read as expected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// First 16 hex digits of the artifact's SHA-256; empty when it could not be hashed.
    pub artifact: String,
    /// Path relative to the evidence root.
    pub uri: String,
    /// Ordinal of the record, when it is about one.
    pub record: Option<u64>,
    /// Byte offset in the decompressed artifact, when known.
    pub offset: Option<u64>,
    /// What became of the record.
    pub severity: Severity,
    /// The stable code.
    pub code: ProblemCode,
    /// One sentence for people; text from evidence in it is bounded and escaped.
    pub reason: String,
}
