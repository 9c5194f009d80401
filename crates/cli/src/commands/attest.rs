//! `heptagon attest`: an answer only people can give.

use heptagon_case::{CaseDir, Notes};
use heptagon_evidence::Ledger;
use heptagon_model::Attestation;
use serde_json::json;

use crate::analyse::{self, Analysis};
use crate::args::AttestArgs;
use crate::commands::investigate::now;
use crate::content;
use crate::failure::{Exit, Failure, Outcome};
use crate::print::Talk;
use crate::store::Store;

pub(crate) fn run(args: &AttestArgs, talk: Talk) -> Outcome {
    let store = Store::open(&args.case.case)?;
    let questions = content::questions()?;
    let attested: Vec<&str> = questions
        .all
        .iter()
        .filter(|question| question.kind.name() == "attested")
        .map(|question| question.id.as_str())
        .collect();
    if !attested.contains(&args.question.as_str()) {
        return Err(Failure::new(
            format!("`{}` is not a question that people answer", args.question),
            format!("these are: {}", attested.join(", ")),
        ));
    }
    let analysis: Analysis = analyse::read(store.case.path(), analyse::ANALYSIS)?;
    let settings = analysis.settings;
    let (manifest, meta) = (store.manifest, store.case.meta().clone());
    drop(store.case);
    let case = CaseDir::create_or_open(&args.case.case, &meta)?;
    let at = now();
    let attestation = Attestation {
        question_id: args.question.clone(),
        statement: args.answer.clone(),
        by: args.by.clone(),
        at,
    };
    Notes::open(&case)?.attest(&attestation)?;
    let mut ledger = Ledger::open(&case.path().join("ledger.jsonl"), at)?;
    ledger.append(at, "attest", &json!({"question": args.question, "by": args.by}))?;
    let (rules, _, _) = content::rule_set(&settings.rules, !settings.no_default_rules)?;
    analyse::analyse(&case, manifest, &rules, settings)?;
    talk.say(&format!("recorded: {} by {}", args.question, args.by));
    Ok(Exit::Done)
}
