//! Evidence made to break the reader: it costs a problem, never the run.
#![allow(clippy::unwrap_used)]

mod common;

use common::{named, whole};
use heptagon_model::{Limits, ProblemCode};
use heptagon_parse::ContentKind;

const GOOD: &str = r#"{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets"}"#;

fn codes(found: &common::Found) -> Vec<ProblemCode> {
    found.problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn nesting_deeper_than_any_stack_is_one_lost_record() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"eventVersion\":", "}")] {
        let levels = 3_000_000 / open.len();
        let deep = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        let text = format!("{{\"Records\":[{GOOD},{{\"x\":{deep}}},{GOOD}]}}");
        let (found, _) = whole(text.as_bytes(), &Limits::DEFAULT);
        assert_eq!((found.records.len(), codes(&found)), (2, vec![ProblemCode::RecordTooDeep]));
        // Never closed.
        let (found, _) =
            whole(format!("{GOOD}\n{}", open.repeat(levels)).as_bytes(), &Limits::DEFAULT);
        assert_eq!(found.records.len(), 1);
        assert_eq!(codes(&found)[0], ProblemCode::RecordTooDeep);
    }
    // Inside an embedded string.
    let inner =
        serde_json::to_string(&format!("{{\"eventName\":{}", "[".repeat(1_000_000))).unwrap();
    let (found, _) = whole(format!("{{\"CloudTrailEvent\":{inner}}}").as_bytes(), &Limits::DEFAULT);
    assert_eq!(codes(&found), [ProblemCode::RecordTooDeep]);
}

#[test]
fn a_record_longer_than_allowed_is_skipped() {
    let limits = Limits { record_bytes_max: 10_000, ..Limits::DEFAULT };
    let long = GOOD.replace("ListBuckets", &"x".repeat(20_000));
    for text in
        [format!("{GOOD}\n{long}\n{GOOD}"), format!("{{\"Records\":[{GOOD},{long},{GOOD}]}}")]
    {
        let (found, _) = whole(text.as_bytes(), &limits);
        assert_eq!((found.records.len(), codes(&found)), (2, vec![ProblemCode::RecordTooLong]));
        assert!(found.problems[0].reason.contains("longer than 10000 bytes"));
    }
}

#[test]
fn envelopes_in_envelopes_end_somewhere() {
    let mut text = GOOD.to_owned();
    for _ in 0..12 {
        text = format!("{{\"message\":{text}}}");
    }
    let (found, _) = whole(text.as_bytes(), &Limits::DEFAULT);
    assert_eq!(codes(&found), [ProblemCode::UnknownRecord]);
    assert!(found.problems[0].reason.len() < 400, "{}", found.problems[0].reason);
}

#[test]
fn broken_text_costs_time_in_proportion() {
    // Each of these is quadratic for a reader that searches to the end after every fault.
    for unit in [
        "{\"eventVersion\":x,",
        "{a},",
        "{\"a\" ",
        "\"",
        "{\"eventVersion\":\"1\",\"x\":[",
        "[{]",
        "\\u",
        "{\n",
    ] {
        let text = format!("{{\"Records\":[{}", unit.repeat(1_000_000 / unit.len()));
        whole(text.as_bytes(), &Limits::DEFAULT);
        whole(unit.repeat(1_000_000 / unit.len()).as_bytes(), &Limits::DEFAULT);
        // The same with bytes that are no text.
        whole(&[b"\xff\n", text.as_bytes(), b"\xff"].concat(), &Limits::DEFAULT);
    }
}

#[test]
fn what_people_read_holds_no_control_characters() {
    let text = "{\"a\u{7f}\\u001b[31m\":1,\"b\\n\":2}\n\u{1b}]0;title\u{7}\n{\"eventTime\":\"\\u001b[2J\",\"eventName\":\"a\",\"eventSource\":\"b\"}\n";
    let (found, kind) = whole(text.as_bytes(), &Limits::DEFAULT);
    assert!(found.problems.len() >= 2);
    for problem in &found.problems {
        assert!(!problem.reason.contains(|c: char| c.is_control()), "{:?}", problem.reason);
    }
    assert!(!format!("{:?}", kind.reason()).contains('\u{1b}'));
}

#[test]
fn names_tell_bodies_and_markers() {
    let body = br#"{"anthropic_version":"bedrock-2023-05-31","messages":[{"role":"user","content":"\"eventVersion\""}]}"#;
    let uri = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/03/01/09/data/0b1c_input.json.gz";
    let (found, kind) = named(body, uri, &Limits::DEFAULT);
    assert_eq!((found.notices.len(), found.problems.len(), kind), (1, 0, ContentKind::BedrockBody));
    assert_eq!(found.notices[0].0.length as usize, body.len());
    // A body of any shape, even none that is text.
    let (found, kind) = named(&[0xff, 0xd8, 0xff, 0x00], uri, &Limits::DEFAULT);
    assert_eq!((found.notices.len(), kind), (1, ContentKind::BedrockBody));
    // The name alone never hides records.
    let (found, kind) = named(GOOD.as_bytes(), uri, &Limits::DEFAULT);
    assert_eq!((found.records.len(), kind), (1, ContentKind::CloudTrail));
    let marker =
        "AWSLogs/111122223333/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check";
    for content in [&b""[..], b"Permission check"] {
        let (found, kind) = named(content, marker, &Limits::DEFAULT);
        assert_eq!((found.notices.len(), kind), (1, ContentKind::Control));
    }
    let (found, kind) = named(body, "somewhere/else.json", &Limits::DEFAULT);
    assert_eq!(codes(&found), [ProblemCode::UnknownRecord]);
    assert_eq!(kind.reason(), Some("a model's request without its log record"));
}
