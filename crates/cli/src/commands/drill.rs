//! `heptagon drill`: exercises with hidden truth.

use std::io::Write;
use std::path::Path;

use heptagon_drill::{Folder, Gap, Options, Scenario, Score, Truth, generate, score};
use heptagon_model::{AnswerSet, Element};
use serde::Serialize;
use serde_json::json;

use crate::args::{DrillCommand, Format};
use crate::failure::{Exit, Failure, Outcome};
use crate::print::{Rows, Talk};

pub(crate) fn run(command: DrillCommand, talk: Talk) -> Outcome {
    match command {
        DrillCommand::New { scenario, seed, days, events, gap, without, out } => {
            let mut options = Options::new(find(&scenario)?, seed);
            options.days = days.unwrap_or(options.days);
            options.events = events.unwrap_or(options.events);
            for text in gap.iter().chain(&without) {
                options.gaps.push(Gap::parse(text).ok_or_else(|| {
                    Failure::new(
                        format!("`{text}` is no gap"),
                        "write SOURCE, SOURCE:REGION or SOURCE:REGION:FROM..TO; sources are cloudtrail and invocation-logs",
                    )
                })?);
            }
            new(&options, &out, talk)
        }
        DrillCommand::List { format } => list(format),
        DrillCommand::Score { truth, answers, format } => {
            let truth: Truth = read(&truth, "truth")?;
            let answers: AnswerSet = read(&answers, "answers")?;
            print_score(&score(&truth, &answers), format)
        }
    }
}

fn find(name: &str) -> Result<Scenario, Failure> {
    Scenario::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Scenario::ALL.iter().map(|scenario| scenario.name()).collect();
        Failure::new(
            format!("no scenario `{name}`"),
            format!("the scenarios are {}", known.join(", ")),
        )
    })
}

fn new(options: &Options, out: &Path, talk: Talk) -> Outcome {
    if out.exists() && std::fs::read_dir(out)?.next().is_some() {
        return Err(Failure::new(
            format!("{} is not empty", out.display()),
            "name a folder that does not exist yet with --out",
        ));
    }
    let truth = generate(options, &mut Folder::new(out)).map_err(anyhow::Error::from)?;
    let records: u64 = truth.records.values().sum();
    talk.say(&format!(
        "{records} records in {}; the truth is in {} and is not evidence",
        out.join("evidence").display(),
        out.join("truth.json").display()
    ));
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct ScenarioRow {
    scenario: &'static str,
    title: &'static str,
    elements: Vec<&'static str>,
    incident: bool,
}

fn list(format: Format) -> Outcome {
    let mut rows = Rows::new(format, &["scenario", "title", "elements", "incident"]);
    for scenario in Scenario::ALL {
        rows.push(&ScenarioRow {
            scenario: scenario.name(),
            title: scenario.title(),
            // The one scenario there is goes through all of them.
            elements: Element::ALL.iter().map(|element| element.slug()).collect(),
            incident: scenario.incident(),
        })?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<T, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display()), ""))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(
            format!("{} holds no {what}: {error}", path.display()),
            "--truth takes a drill's truth.json, --answers what `heptagon answers --format json` prints",
        )
    })
}

fn print_score(score: &Score, format: Format) -> Outcome {
    let mut out = std::io::stdout().lock();
    if format == Format::Table {
        writeln!(out, "{} of {} questions right", score.right, score.questions)?;
        for element in &score.elements {
            writeln!(
                out,
                "  {:<24} {:>2} of {:>2}  precision {:.2}  recall {:.2}",
                element.element.slug(),
                element.right,
                element.questions,
                element.precision,
                element.recall
            )?;
        }
        for wrong in &score.wrong {
            let answer = wrong.answer.map_or("no answer", heptagon_model::Verdict::name);
            writeln!(
                out,
                "  wrong: {} is {}, answered {answer}",
                wrong.question,
                wrong.truth.name()
            )?;
        }
    } else {
        serde_json::to_writer_pretty(&mut out, &json!(score))?;
        writeln!(out)?;
    }
    Ok(if score.wrong.is_empty() { Exit::Done } else { Exit::Negative })
}
