//! `heptagon workload`: the workload as inferred and declared.

use std::io::Write;

use crate::analyse::WORKLOAD;
use crate::args::{Color, InvestigateArgs, WorkloadArgs};
use crate::failure::{Exit, Failure, Outcome};
use crate::print::Talk;
use crate::store::Store;

pub(crate) fn run(args: &WorkloadArgs, talk: Talk) -> Outcome {
    if args.evidence.is_empty() {
        return print(&args.case.case);
    }
    let scratch = std::env::temp_dir().join(format!("heptagon-workload-{}", std::process::id()));
    let investigate = InvestigateArgs {
        evidence: args.evidence.clone(),
        case: crate::args::CaseArgs { case: scratch.clone() },
        workload: None,
        since: None,
        until: None,
        incident: None,
        rules: Vec::new(),
        no_default_rules: false,
        threads: None,
        format: crate::args::Format::Table,
    };
    let quiet = Talk { quiet: true, ..Talk::new(true, Color::Never) };
    let built = crate::commands::investigate::build(&investigate, quiet);
    let printed = built.and_then(|_| print(&scratch));
    if std::fs::remove_dir_all(&scratch).is_err() {
        talk.say(&format!("left behind: {}", scratch.display()));
    }
    printed
}

fn print(case: &std::path::Path) -> Outcome {
    let store = Store::open(case)?;
    let path = store.case.path().join(WORKLOAD);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::new(
            format!("cannot read {}: {error}", path.display()),
            "run `heptagon investigate` on the evidence again",
        )
    })?;
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}
