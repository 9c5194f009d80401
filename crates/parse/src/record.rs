//! What the parser hands over: records, where they stood, problems, and what the content was.

use heptagon_model::{FieldValue, Fields, LogSource, ProblemCode, Severity};

use crate::{cloudtrail::CloudTrailRecord, configuration::Configuration, invocation::Invocation};

/// What a record was wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Envelope {
    /// Nothing: a document of its own, a line, or concatenated objects.
    None,
    /// `{"Records":[…]}`, as CloudTrail delivers to S3.
    S3Records,
    /// A bare array.
    Array,
    /// `aws cloudtrail lookup-events`, or one of its events alone.
    LookupEvents,
    /// An EventBridge event.
    EventBridge,
    /// A CloudWatch Logs subscription's message.
    CwlSubscription,
    /// `aws logs filter-log-events` or `get-log-events`.
    FilterLogEvents,
    /// CloudWatch Logs Insights results.
    InsightsResults,
    /// Documents concatenated without a line break, as Firehose delivers them.
    Firehose,
    /// A member of an unknown object.
    Other,
}

impl Envelope {
    /// The slug used where people look.
    pub fn slug(self) -> &'static str {
        match self {
            Envelope::None => "none",
            Envelope::S3Records => "s3-records",
            Envelope::Array => "array",
            Envelope::LookupEvents => "lookup-events",
            Envelope::EventBridge => "eventbridge",
            Envelope::CwlSubscription => "cwl-subscription",
            Envelope::FilterLogEvents => "filter-log-events",
            Envelope::InsightsResults => "insights-results",
            Envelope::Firehose => "firehose",
            Envelope::Other => "other",
        }
    }

    /// Whether what arrives in this envelope is everything its source recorded, as far as the
    /// envelope tells. Query results and pattern-selected events are not.
    pub fn complete_source(self) -> bool {
        !matches!(
            self,
            Envelope::LookupEvents
                | Envelope::FilterLogEvents
                | Envelope::InsightsResults
                | Envelope::EventBridge
        )
    }
}

/// Where a record stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordMeta {
    /// Counts from 0 inside the artifact; lost records have ordinals too.
    pub ordinal: u64,
    /// Byte offset in the decompressed artifact of the outermost element that holds the record.
    pub offset: u64,
    /// Bytes of that element.
    pub length: u32,
    /// What the record was wrapped in.
    pub envelope: Envelope,
    /// False when the envelope is a query's result: it supports facts, never an absence.
    pub complete_source: bool,
}

/// One record, borrowed from the window it was read from.
#[derive(Debug)]
// Nearly every record is the large one, and it is never moved after it was read.
#[allow(clippy::large_enum_variant)]
pub enum Record<'a> {
    /// A CloudTrail event.
    CloudTrail(CloudTrailRecord<'a>),
    /// A Bedrock model invocation log entry.
    Invocation(Box<Invocation<'a>>),
}

impl Record<'_> {
    /// The record as rules see it.
    pub fn fields(&self) -> &dyn Fields {
        match self {
            Record::CloudTrail(record) => record,
            Record::Invocation(invocation) => invocation.as_ref(),
        }
    }
}

impl Fields for Record<'_> {
    fn log_source(&self) -> LogSource {
        self.fields().log_source()
    }

    fn event_key(&self) -> (&str, &str) {
        self.fields().event_key()
    }

    fn field(&self, path: &str) -> Option<FieldValue<'_>> {
        self.fields().field(path)
    }

    fn visit_strings(&self, visit: &mut dyn FnMut(&str)) {
        self.fields().visit_strings(visit);
    }

    fn to_json(&self) -> serde_json::Value {
        self.fields().to_json()
    }
}

/// Receives what the parser finds, in the order of the bytes.
///
/// Every ordinal is given exactly once: to a record, to a notice, or to a problem with severity
/// `Lost`. Problems with severity `Warning` name the ordinal of a record that was handed over.
/// Problems without an ordinal are about the artifact and count as no record.
pub trait Sink {
    /// A record.
    fn record(&mut self, meta: &RecordMeta, record: &Record<'_>);
    /// A record that is no event: a control message, a marker, a digest, a body.
    fn notice(&mut self, meta: &RecordMeta, reason: &str);
    /// A configuration snapshot: a notice, for those who do not keep its document.
    fn configuration(&mut self, meta: &RecordMeta, configuration: &Configuration<'_>) {
        self.notice(meta, &configuration.describe());
    }
    /// Something lost or not understood.
    fn problem(&mut self, problem: RecordProblem);
}

/// Something that could not be read as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProblem {
    /// The record's ordinal; `None` when the problem is about the artifact.
    pub ordinal: Option<u64>,
    /// Byte offset in the decompressed artifact.
    pub offset: u64,
    /// `Lost` or `Warning`.
    pub severity: Severity,
    /// The stable code.
    pub code: ProblemCode,
    /// One sentence; text from evidence in it is bounded and escaped.
    pub reason: String,
}

/// What the content turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentKind {
    /// CloudTrail records (also a delivery with an empty list).
    CloudTrail,
    /// Bedrock model invocation logs.
    BedrockInvocation,
    /// Both.
    Mixed,
    /// A CloudTrail digest file.
    CloudTrailDigest,
    /// A model's input or output that the invocation log stored as an object of its own.
    BedrockBody,
    /// Answers of the AWS CLI that say how logging is set up.
    AwsConfiguration,
    /// Only markers and control messages.
    Control,
    /// A drill's truth: never read.
    Truth,
    /// No bytes, or only white space.
    Empty,
    /// Nothing that is known, and what it looks like.
    Unsupported(String),
}

impl ContentKind {
    /// The slug used in tables.
    pub fn slug(&self) -> &'static str {
        match self {
            ContentKind::CloudTrail => "cloudtrail",
            ContentKind::BedrockInvocation => "bedrock-invocation",
            ContentKind::Mixed => "mixed",
            ContentKind::CloudTrailDigest => "cloudtrail-digest",
            ContentKind::BedrockBody => "bedrock-body",
            ContentKind::AwsConfiguration => "aws-configuration",
            ContentKind::Control => "control",
            ContentKind::Truth => "truth",
            ContentKind::Empty => "empty",
            ContentKind::Unsupported(_) => "unsupported",
        }
    }

    /// Why nothing could be read, when nothing could.
    pub fn reason(&self) -> Option<&str> {
        match self {
            ContentKind::Unsupported(reason) => Some(reason),
            ContentKind::Empty => Some("the file has no content"),
            ContentKind::Truth => Some("a drill's truth file is never read as evidence"),
            _ => None,
        }
    }
}

/// What follows the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// More bytes.
    More,
    /// Nothing: the content is complete.
    Eof,
    /// Nothing: the content was cut off.
    Truncated,
}

/// Text from evidence made fit for a message: bounded, control characters escaped.
pub(crate) fn quote(text: &str) -> String {
    const BYTES: usize = 160;
    let mut safe = String::new();
    for character in text.chars() {
        if safe.len() > BYTES {
            safe.push('…');
            break;
        }
        match character {
            '"' | '\'' => safe.push(character),
            other => safe.extend(other.escape_debug()),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn messages_hold_no_control_characters_and_stay_short() {
        assert_eq!(quote("a\"b\n\u{1b}[31m\u{202e}"), "a\"b\\n\\u{1b}[31m\\u{202e}");
        assert!(quote(&"é".repeat(10_000)).len() < 180);
    }
}
