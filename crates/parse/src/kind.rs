//! What content is: tallied from its records, or guessed when it has none.

use crate::{
    json::path,
    record::{ContentKind, Envelope, quote},
};

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) records: u64,
    pub(crate) cloudtrail: u64,
    pub(crate) invocations: u64,
    pub(crate) digests: u64,
    pub(crate) configurations: u64,
    pub(crate) bodies: u64,
    pub(crate) control: u64,
    pub(crate) lost: u64,
    /// CloudTrail records that lack what makes an event.
    pub(crate) defective: u64,
    pub(crate) truth: bool,
    /// The envelope of a list that was entered.
    pub(crate) list: Option<Envelope>,
    /// What the first record that is not ours looks like.
    pub(crate) unknown: Option<String>,
}

impl Tally {
    /// The next ordinal.
    pub(crate) fn next(&mut self) -> u64 {
        self.records += 1;
        self.records - 1
    }

    /// The kind of the whole.
    pub(crate) fn kind(&self) -> ContentKind {
        match (self.cloudtrail > 0, self.invocations > 0) {
            _ if self.truth => ContentKind::Truth,
            (true, true) => ContentKind::Mixed,
            (true, false) => ContentKind::CloudTrail,
            (false, true) => ContentKind::BedrockInvocation,
            _ if self.digests > 0 => ContentKind::CloudTrailDigest,
            _ if self.bodies > 0 => ContentKind::BedrockBody,
            _ if self.configurations > 0 => ContentKind::AwsConfiguration,
            _ if self.defective > 0 => ContentKind::CloudTrail,
            // A delivery whose only record is broken is a delivery still.
            _ if self.lost > 0
                && self.unknown.is_none()
                && self.list == Some(Envelope::S3Records) =>
            {
                ContentKind::CloudTrail
            }
            _ if self.lost > 0 => ContentKind::Unsupported(
                self.unknown
                    .clone()
                    .unwrap_or_else(|| "nothing in it could be read as JSON".into()),
            ),
            _ if self.control > 0 => ContentKind::Control,
            _ => match self.list {
                Some(Envelope::S3Records | Envelope::LookupEvents) => ContentKind::CloudTrail,
                _ => ContentKind::Empty,
            },
        }
    }
}

/// Names of members that tell other logs apart, and what those logs are.
const SIGNS: [(&[&str], &str); 20] = [
    (&["s3SchemaVersion"], "an S3 event notification"),
    (&["eventSource", "s3"], "an S3 event notification"),
    (&["EventSource", "Sns"], "an SNS notification"),
    (&["messageId", "receiptHandle"], "an SQS message"),
    (&["eventSource", "dynamodb"], "a DynamoDB stream record"),
    (&["schemaVersion", "service", "severity"], "a GuardDuty finding"),
    (&["SchemaVersion", "Service", "Severity"], "a GuardDuty finding"),
    (&["SchemaVersion", "ProductArn"], "a Security Hub finding"),
    (&["class_uid"], "an OCSF event"),
    (&["webaclId"], "a WAF log entry"),
    (&["query_name", "query_type"], "a Route 53 resolver query log entry"),
    (&["srcaddr", "dstaddr"], "a VPC flow log entry"),
    (&["auditID", "verb"], "a Kubernetes audit event"),
    (&["kind", "apiVersion", "stage"], "a Kubernetes audit event"),
    (&["published", "actor", "legacyEventType"], "an Okta event"),
    (&["anthropic_version"], "a model's request without its log record"),
    (&["messages", "inferenceConfig"], "a model's request without its log record"),
    (&["configurationItems"], "an AWS Config snapshot"),
    (&["bucketowner", "requesturi"], "an S3 access log entry"),
    (&["captureData", "eventMetadata"], "a SageMaker data capture record"),
];

/// What an unknown object looks like, in words.
pub(crate) fn looks_like(raw: &str) -> String {
    let mut names = Vec::new();
    path::for_each_member(raw, |key, _| names.push(key.raw));
    if let Some(source) = path::member(raw, "eventSource").and_then(path::string)
        && source.starts_with("aws:")
    {
        return format!("a notification of `{}`", quote(&source));
    }
    for (signs, what) in SIGNS {
        if signs.iter().all(|sign| names.contains(sign)) {
            return what.to_owned();
        }
    }
    if names.is_empty() {
        return "an empty object".into();
    }
    let shown: Vec<String> = names.iter().take(6).map(|name| quote(name)).collect();
    let more = if names.len() > 6 { ", …" } else { "" };
    format!("an object with the members {}{more}", shown.join(", "))
}

/// What content that is no JSON looks like, from its first bytes.
pub(crate) fn sniff(bytes: &[u8]) -> String {
    const MAGIC: [(&[u8], &str); 14] = [
        (b"\x1f\x8b", "gzip data inside the file"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"PAR1", "a Parquet file"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"%PDF", "a PDF document"),
        (b"\x28\xb5\x2f\xfd", "Zstandard data"),
        (b"BZh", "bzip2 data"),
        (b"\xfd7zXZ", "xz data"),
        (b"\x7fELF", "an ELF binary"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\xd4\xc3\xb2\xa1", "a packet capture"),
        (b"\x0a\x0d\x0d\x0a", "a packet capture"),
        (b"<", "XML or HTML text"),
    ];
    for (magic, what) in MAGIC {
        if bytes.starts_with(magic) {
            return what.to_owned();
        }
    }
    let head = &bytes[..bytes.len().min(4 << 10)];
    let odd = head.iter().filter(|b| **b < 0x20 && !b"\t\n\r\x1b".contains(b)).count();
    if odd * 20 > head.len() || (odd > 0 && head.contains(&0)) {
        return "binary data".into();
    }
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let columns = |line: &str| line.matches(',').count();
    let second = lines.next().unwrap_or_default();
    let shape =
        if columns(first) >= 2 && columns(second) >= columns(first) { "CSV" } else { "text" };
    format!("{shape}, beginning `{}`", quote(&first.chars().take(60).collect::<String>()))
}
