//! `heptagon show`: one record as it came.

use std::collections::BTreeSet;
use std::io::Write;

use heptagon_case::text::safe;
use heptagon_evidence::Ledger;
use heptagon_parse::invocation::mask_secrets;
use serde_json::json;

use crate::args::ShowArgs;
use crate::commands::investigate::now;
use crate::failure::{Exit, Failure, Outcome};
use crate::store::{Read, Store};

pub(crate) fn run(args: &ShowArgs) -> Outcome {
    let store = Store::open(&args.case.case)?;
    let (artifact, record) = args
        .reference
        .rsplit_once(':')
        .and_then(|(artifact, record)| Some((artifact.to_owned(), record.parse::<u64>().ok()?)))
        .ok_or_else(|| {
            Failure::new(
                format!("`{}` is no reference", safe(&args.reference)),
                "write artifact:record, as in 0123456789abcdef:42",
            )
        })?;
    let found = store.records().read(&artifact, &BTreeSet::from([record]))?;
    let text = match found.into_values().next() {
        Some(Read::Record(text)) => text,
        Some(Read::Other(reason)) => {
            return Err(Failure::new(
                format!("{artifact}:{record} is no event: {}", safe(&reason)),
                "`heptagon sql \"SELECT * FROM problems\"` lists what could not be read",
            ));
        }
        None => {
            return Err(Failure::new(
                format!("artifact {artifact} has no record {record}"),
                "records are counted from 0; `heptagon sources` says how many an artifact has",
            ));
        }
    };
    let pretty = serde_json::from_str::<serde_json::Value>(&text)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or(text);
    let shown = if args.reveal {
        let at = now();
        let mut ledger = Ledger::open(&store.case.path().join("ledger.jsonl"), at)?;
        ledger.append(at, "reveal", &json!({"ref": args.reference}))?;
        pretty
    } else {
        mask_secrets(&pretty).into_owned()
    };
    let mut out = std::io::stdout().lock();
    for line in shown.lines() {
        writeln!(out, "{}", safe(line))?;
    }
    Ok(Exit::Done)
}
