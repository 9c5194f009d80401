//! Coverage, artifacts, problems and records of the invented incident.

use heptagon_model::{
    Accounting, ArtifactRow, Basis, CoverageRow, CoverageState, Problem, ProblemCode, Severity,
};
use heptagon_report::RecordText;

use super::{ACCOUNT, MODEL_LOG, TRAIL, at, reference};

const REGIONS: [&str; 6] =
    ["ap-southeast-2", "eu-central-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-2"];

/// What was recorded where.
pub(crate) fn coverage() -> Vec<CoverageRow> {
    let mut rows = Vec::new();
    for region in REGIONS {
        for category in ["management-read", "management-write"] {
            rows.push(row(
                "cloudtrail",
                category,
                region,
                ("2026-11-03T00:00:00Z", "2026-11-09T23:45:00Z"),
                CoverageState::Recorded,
                "the trail is of all regions and its files are there",
            ));
            rows.push(row(
                "cloudtrail",
                category,
                region,
                ("2026-11-09T23:45:00Z", "2026-11-10T00:00:00Z"),
                CoverageState::Unknown,
                "a delivery may be 15 minutes late",
            ));
        }
        rows.push(row(
            "cloudtrail",
            "data:AWS::S3::Object:*",
            region,
            ("2026-11-03T00:00:00Z", "2026-11-10T00:00:00Z"),
            CoverageState::NotSelected,
            "no selector asks for it",
        ));
    }
    rows.push(row(
        "bedrock-invocation",
        "invocation",
        "us-east-1",
        ("2026-11-03T00:00:00Z", "2026-11-07T12:04:10Z"),
        CoverageState::Recorded,
        "records of every busy hour are there",
    ));
    rows.push(row(
        "bedrock-invocation",
        "invocation",
        "us-east-1",
        ("2026-11-07T12:04:10Z", "2026-11-10T00:00:00Z"),
        CoverageState::Off,
        "DeleteModelInvocationLoggingConfiguration",
    ));
    rows.push(row(
        "bedrock-invocation",
        "invocation",
        "eu-west-1",
        ("2026-11-03T00:00:00Z", "2026-11-10T00:00:00Z"),
        CoverageState::Declined,
        "declined by the owner: no model is called there",
    ));
    rows.push(row(
        "bedrock-invocation",
        "invocation-text",
        "us-east-1",
        ("2026-11-03T00:00:00Z", "2026-11-05T06:00:00Z"),
        CoverageState::Masked,
        "a data protection policy masks the log group",
    ));
    rows.sort();
    rows
}

fn row(
    source: &str,
    category: &str,
    region: &str,
    (from, to): (&str, &str),
    state: CoverageState,
    why: &str,
) -> CoverageRow {
    let off = state == CoverageState::Off;
    CoverageRow {
        source: source.into(),
        category: category.into(),
        account: ACCOUNT.into(),
        region: region.into(),
        from: at(from),
        to: at(to),
        state,
        basis: if off { Basis::Configured } else { Basis::Inferred },
        trail: (source == "cloudtrail").then(|| "org-trail".into()),
        why: why.into(),
        evidence: off.then(|| reference(TRAIL, 8)),
    }
}

/// The artifacts, each accounted for.
pub(crate) fn artifacts() -> Vec<ArtifactRow> {
    let mut rows = vec![
        artifact(TRAIL, &reference(TRAIL, 0).uri, "cloudtrail", 812, 0, 3),
        artifact(MODEL_LOG, &reference(MODEL_LOG, 0).uri, "bedrock-invocation", 240, 1, 0),
    ];
    for n in 0..14 {
        let uri = format!(
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/0{}/111122223333_CloudTrail_us-east-1_2026110{}T1005Z_q{n}.json.gz",
            3 + n % 7,
            3 + n % 7
        );
        rows.push(artifact(
            &format!("{:016x}", 0x0a11_0000_0000_0000_u64 + n),
            &uri,
            "cloudtrail",
            1_100 + n * 13,
            0,
            0,
        ));
    }
    let mut notes = artifact("00aa00aa00aa00aa", "notes/readme.pdf", "unsupported", 0, 0, 0);
    notes.reason = Some("no parser knows this content".into());
    notes.first_event_time = None;
    notes.last_event_time = None;
    rows.push(notes);
    rows.sort_by(|a, b| a.uri.cmp(&b.uri));
    rows
}

fn artifact(
    id: &str,
    uri: &str,
    kind: &str,
    records: u64,
    problems: u64,
    duplicates: u64,
) -> ArtifactRow {
    let parsed = records - problems;
    ArtifactRow {
        artifact: id.into(),
        uri: uri.into(),
        bytes: 41_300 + records * 11,
        sha256: format!("{id}{id}{id}{id}"),
        content_sha256: format!("{id}{id}{id}{id}"),
        content_bytes: 390_000 + records * 90,
        kind: kind.into(),
        accounting: Accounting {
            records,
            parsed,
            problems,
            rows: parsed - duplicates,
            duplicates,
            notices: 0,
            warnings: 1,
        },
        first_event_time: Some(at("2026-11-03T00:00:12Z")),
        last_event_time: Some(at("2026-11-09T23:58:40Z")),
        accounts: vec![ACCOUNT.into()],
        regions: vec!["us-east-1".into()],
        reason: None,
    }
}

/// What could not be read.
pub(crate) fn problems() -> Vec<Problem> {
    let problem = |artifact: &str, record, severity, code, reason: &str| Problem {
        artifact: artifact.into(),
        uri: reference(artifact, 0).uri,
        record,
        offset: record.map(|n: u64| n * 1_207),
        severity,
        code,
        reason: reason.into(),
    };
    vec![
        problem(
            MODEL_LOG,
            Some(239),
            Severity::Lost,
            ProblemCode::Truncated,
            "the file ends in the middle of record 239",
        ),
        problem(
            TRAIL,
            Some(11),
            Severity::Warning,
            ProblemCode::UnknownVersion,
            "event version 1.12 is newer than any known",
        ),
        problem(
            TRAIL,
            None,
            Severity::Warning,
            ProblemCode::TrailingBytes,
            "12 bytes follow the end of the compressed data",
        ),
    ]
}

/// Records that facts and findings link to.
pub(crate) fn records() -> Vec<RecordText> {
    let mut records: Vec<RecordText> = (0..14).map(|n| record(TRAIL, n)).collect();
    records.extend((5..10).map(|n| record(MODEL_LOG, n)));
    records.sort_by(|a, b| a.evidence.cmp(&b.evidence));
    records
}

fn record(artifact: &str, n: u64) -> RecordText {
    let text = format!(
        "{{\n  \"eventVersion\": \"1.11\",\n  \"eventTime\": \"2026-11-07T03:15:{:02}Z\",\n  \"eventSource\": \"bedrock.amazonaws.com\",\n  \"eventName\": \"DeleteGuardrail\",\n  \"userAgent\": \"aws-cli/2.15.1 <img src=x onerror=alert({n})>\",\n  \"requestParameters\": {{\n    \"guardrailIdentifier\": \"gr1support\"\n  }}\n}}",
        20 + n
    );
    RecordText { evidence: reference(artifact, n), bytes: text.len() as u64, text }
}
