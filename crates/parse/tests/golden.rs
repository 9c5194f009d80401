//! Golden cases: `cases/cloudtrail/NAME.in` to `NAME.events.jsonl` (records and notices, in order)
//! and `NAME.problems.jsonl` (the kind, then the problems). `UPDATE_GOLDEN=1` rewrites them.
#![allow(clippy::unwrap_used)]

mod common;

use std::{env, fs, path::Path};

use heptagon_model::{Fields, Limits};
use heptagon_parse::{Parser, Record, RecordMeta, RecordProblem, Sink};
use serde_json::{Value, json};

#[derive(Default)]
struct Lines {
    events: Vec<Value>,
    problems: Vec<Value>,
}

impl Sink for Lines {
    fn record(&mut self, meta: &RecordMeta, record: &Record<'_>) {
        let mut line = json!({
            "record": meta.ordinal,
            "at": [meta.offset, meta.length],
            "envelope": meta.envelope.slug(),
            "complete_source": meta.complete_source,
            "key": [record.event_key().0, record.event_key().1],
        });
        match record {
            Record::CloudTrail(event) => {
                line["time"] = event.event_time.to_string().into();
                line["version"] = event.event_version.as_deref().into();
                line["principal"] = event.principal().into();
                line["actor"] = format!("{:?}", event.actor_kind()).into();
                line["account"] = event.account().into();
                line["category"] = event.category().slug().into();
                line["resource"] = event.resource().into();
                line["outcome"] = event.outcome().into();
                line["network"] = event.network().into();
                line["read_only"] = event.read_only.into();
                line["management"] = event.management_event.into();
                line["id"] = event.event_id.as_deref().into();
                line["agent"] = event.user_agent.as_deref().into();
                line["bearer"] = event.call_with_bearer_token().into();
            }
            Record::Invocation(invocation) => {
                line["time"] = invocation.event_time.to_string().into();
                line["messages"] = invocation.messages.len().into();
            }
        }
        self.events.push(line);
    }

    fn notice(&mut self, meta: &RecordMeta, reason: &str) {
        self.events.push(json!({"record": meta.ordinal, "at": [meta.offset, meta.length], "envelope": meta.envelope.slug(), "notice": reason}));
    }

    fn problem(&mut self, problem: RecordProblem) {
        self.problems.push(json!({
            "record": problem.ordinal,
            "offset": problem.offset,
            "severity": problem.severity,
            "code": problem.code,
            "reason": problem.reason,
        }));
    }
}

#[test]
fn golden_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/cloudtrail");
    let update = env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut names: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for input in names.iter().filter(|path| path.extension().is_some_and(|ext| ext == "in")) {
        count += 1;
        let bytes = fs::read(input).unwrap();
        let mut lines = Lines::default();
        let mut parser = Parser::new(&Limits::DEFAULT);
        parser.feed(&bytes, heptagon_parse::End::Eof, &mut lines);
        let kind = parser.kind();
        let mut problems = vec![
            json!({"kind": kind.slug(), "reason": kind.reason(), "records": parser.records()}),
        ];
        problems.append(&mut lines.problems);
        // Whatever the golden says, the sums hold.
        common::whole(&bytes, &Limits::DEFAULT);
        for (extension, values) in [("events.jsonl", &lines.events), ("problems.jsonl", &problems)]
        {
            let path = input.with_extension(extension);
            let lines: Vec<String> = values.iter().map(Value::to_string).collect();
            let text = if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" };
            if update {
                fs::write(&path, &text).unwrap();
            } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                wrong.push(format!("{}:\n{text}", path.display()));
            }
        }
    }
    assert!(count > 50, "the cases are missing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
