//! `heptagon verify`: is the evidence what was read, and the ledger what was written?

use std::io::Write;

use heptagon_case::text::one_line;
use heptagon_evidence::{LedgerState, verify};
use serde_json::json;

use crate::args::{Format, VerifyArgs};
use crate::failure::{Exit, Outcome};
use crate::print::Talk;
use crate::store::Store;

pub(crate) fn run(args: &VerifyArgs, talk: Talk) -> Outcome {
    let store = Store::open(&args.rows.case.case)?;
    let roots = if args.evidence.is_empty() { store.roots() } else { args.evidence.clone() };
    let found = verify(&roots, &store.manifest, &store.case.path().join("ledger.jsonl"));
    let sound = found.is_sound();
    let mut out = std::io::stdout().lock();
    if args.rows.format == Format::Table {
        writeln!(out, "artifacts  {} as they were taken in", found.artifacts.ok)?;
        for uri in &found.artifacts.changed {
            writeln!(out, "{}  {}", talk.paint("1;31", "changed"), one_line(uri, 200))?;
        }
        for uri in &found.artifacts.missing {
            writeln!(out, "{}  {}", talk.paint("1;31", "missing"), one_line(uri, 200))?;
        }
        match &found.ledger {
            LedgerState::Sound { entries, head } => {
                writeln!(out, "ledger     ok, {entries} entries, head {head}")?;
            }
            LedgerState::Broken { at, why } => {
                writeln!(out, "{}     broken at {at}: {why}", talk.paint("1;31", "ledger"))?;
            }
        }
        writeln!(out, "digests    not checked: CloudTrail digest validation is not built yet")?;
    } else {
        let document = json!({
            "artifacts": {
                "ok": found.artifacts.ok,
                "changed": found.artifacts.changed,
                "missing": found.artifacts.missing,
            },
            "ledger": found.ledger.to_string(),
            "digests": {
                "valid": 0,
                "invalid": 0,
                "missing_log_files": [],
                "not_verifiable": digests(&store),
            },
        });
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
    }
    Ok(if sound { Exit::Done } else { Exit::Negative })
}

/// Digest files in the evidence: this version does not check their signatures, and says so.
fn digests(store: &Store) -> Vec<serde_json::Value> {
    store
        .manifest
        .iter()
        .filter(|row| row.kind == "cloudtrail-digest")
        .map(|row| json!({"uri": row.uri, "why": "digest validation is not built yet"}))
        .collect()
}
