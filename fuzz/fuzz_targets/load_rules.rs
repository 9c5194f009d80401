//! Any text as a rule file: faults, never a panic; and what loads matches alike with and without
//! the index.
#![no_main]

use heptagon_detect::{RuleFile, RuleSet};
use heptagon_model::Limits;
use heptagon_parse::{Record, RecordMeta, RecordProblem, Sink, parse_all};
use libfuzzer_sys::fuzz_target;

/// A record that many rules could match.
const RECORD: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser",
"arn":"arn:aws:iam::111122223333:user/a","accountId":"111122223333","userName":"a",
"accessKeyId":"AKIAIOSFODNN7EXAMPLE"},"eventTime":"2026-10-07T08:00:00Z",
"eventSource":"bedrock.amazonaws.com","eventName":"DeleteGuardrail","awsRegion":"us-east-1",
"sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.17.9","requestParameters":
{"guardrailIdentifier":"g","list":[1,null,{"x":"y"}]},"responseElements":null,
"requestID":"r","eventID":"e","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,
"recipientAccountId":"111122223333","eventCategory":"Management"}"#;

struct Compare<'a>(&'a RuleSet);

impl Sink for Compare<'_> {
    fn record(&mut self, _: &RecordMeta, record: &Record<'_>) {
        let matcher = self.0.matcher();
        let (mut indexed, mut all) = (Vec::new(), Vec::new());
        matcher.evaluate(record, &mut indexed);
        matcher.evaluate_all(record, &mut all);
        indexed.sort_unstable();
        all.sort_unstable();
        assert_eq!(indexed, all);
        for rule in indexed {
            let _ = matcher.correlation_fields(rule, record);
        }
    }

    fn notice(&mut self, _: &RecordMeta, _: &str) {}

    fn problem(&mut self, problem: RecordProblem) {
        unreachable!("the record is good: {problem:?}");
    }
}

fuzz_target!(|input: &str| {
    let file = RuleFile { path: "rule.yml".to_owned(), text: input.to_owned() };
    let (rules, faults) = RuleSet::load(&[file]);
    for fault in &faults {
        assert!(!fault.code.is_empty());
    }
    parse_all(RECORD.as_bytes(), &Limits::DEFAULT, &mut Compare(&rules));
});
