//! `heptagon show`: one record as it came.

use std::io::Write;

use heptagon_case::text::safe;
use heptagon_evidence::Ledger;
use heptagon_parse::invocation::mask_secrets;
use serde_json::json;

use crate::args::ShowArgs;
use crate::commands::investigate::now;
use crate::failure::{Exit, Failure, Outcome};
use crate::store::Store;

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
    let records = store.records();
    let key = (artifact, record);
    let places = records.places(std::slice::from_ref(&key))?;
    let range = places.get(&key).ok_or_else(|| {
        Failure::new(
            format!("no event {}:{} in this case", key.0, key.1),
            "a copy of an event is listed in `other_refs` of its canonical row",
        )
    })?;
    let text = records.fetch(&key.0, &[*range])?.pop().unwrap_or_default();
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
