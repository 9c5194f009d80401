//! From the tables of a case to its answers, and what is kept of them in the case.

use std::path::{Path, PathBuf};

use heptagon_answer::{CaseInputs, Options, Outcome, Workload, answer, load};
use heptagon_case::{CaseDir, Notes, records::coverage_batch};
use heptagon_detect::RuleSet;
use heptagon_model::{AnswerSet, ArtifactRow, Timestamp};
use serde::{Deserialize, Serialize};

use crate::content;
use crate::failure::Failure;

/// Files of a case that hold the latest analysis.
pub(crate) const ANSWERS: &str = "answers.json";
pub(crate) const ACTORS: &str = "actors.json";
pub(crate) const WORKLOAD: &str = "workload.toml";
pub(crate) const ANALYSIS: &str = "analysis.json";

/// What an analysis was made with, so that it can be repeated after an attestation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The declared workload's text.
    pub(crate) declared: Option<String>,
    pub(crate) incident: Option<(Timestamp, Timestamp)>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) rules: Vec<PathBuf>,
    pub(crate) no_default_rules: bool,
}

/// What the summary and the report need beside tables.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Analysis {
    pub(crate) settings: Settings,
    pub(crate) window_from: Timestamp,
    pub(crate) window_to: Timestamp,
    /// Whether the window was given rather than inferred.
    pub(crate) window_given: bool,
    pub(crate) workload_basis: String,
    pub(crate) containment: Vec<Containment>,
}

/// What to lock first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Containment {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) command: String,
    pub(crate) why: String,
}

/// Answers all questions over the case's tables and writes what follows from them.
pub(crate) fn analyse(
    case: &CaseDir,
    manifest: Vec<ArtifactRow>,
    rules: &RuleSet,
    settings: Settings,
) -> Result<Outcome, Failure> {
    let questions = content::questions()?;
    let inputs = load::inputs(case, manifest).map_err(anyhow::Error::from)?;
    let declared = settings
        .declared
        .as_deref()
        .map(Workload::parse)
        .transpose()
        .map_err(|error| Failure::new(error, "`heptagon workload` prints one to start from"))?;
    let attestations = Notes::open(case)?.attestations()?;
    let options =
        Options { incident: settings.incident, since: settings.since, until: settings.until };
    let outcome = answer(
        &inputs,
        &CaseInputs::new(case),
        &questions.all,
        &questions.common,
        rules.rules(),
        declared.as_ref(),
        &attestations,
        &options,
    )
    .map_err(|error| Failure::from(anyhow::anyhow!(error)))?;

    let mut writer = case.writer("coverage")?;
    writer.write(&coverage_batch(&outcome.coverage)?)?;
    let mut tables = case.tables()?;
    tables.set("coverage", writer.finish()?);
    case.commit(&tables)?;
    write_json(case, ACTORS, &outcome.actors)?;
    case.write_atomic(WORKLOAD, outcome.workload.to_toml().as_bytes())?;
    let analysis = Analysis {
        settings,
        window_from: outcome.window.from,
        window_to: outcome.window.to,
        window_given: outcome.window.given,
        workload_basis: outcome.workload.basis(),
        containment: outcome
            .containment
            .iter()
            .map(|hint| Containment {
                kind: hint.kind.clone(),
                id: hint.id.clone(),
                account: hint.account.clone(),
                command: hint.command.clone(),
                why: hint.why.clone(),
            })
            .collect(),
    };
    write_json(case, ANALYSIS, &analysis)?;
    write_json(case, ANSWERS, &outcome.answers)?;
    Ok(outcome)
}

fn write_json(case: &CaseDir, name: &str, value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(case.write_atomic(name, &text)?)
}

/// Reads a file of the latest analysis.
pub(crate) fn read<T: serde::de::DeserializeOwned>(case: &Path, name: &str) -> Result<T, Failure> {
    let path = case.join(name);
    let bytes = std::fs::read(&path).map_err(|error| {
        Failure::new(
            format!("cannot read {}: {error}", path.display()),
            "run `heptagon investigate` on the evidence again: it goes on where it stopped",
        )
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(
            format!("{} is damaged: {error}", path.display()),
            "run `heptagon investigate` on the evidence again",
        )
    })
}

/// The latest answers.
pub(crate) fn answers(case: &Path) -> Result<AnswerSet, Failure> {
    read(case, ANSWERS)
}
