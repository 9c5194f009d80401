//! `heptagon answers`: the seven elements, question by question.

use std::io::Write;

use heptagon_case::text::one_line;
use heptagon_model::{Answer, AnswerSet, Element};
use serde_json::json;

use crate::analyse;
use crate::args::{AnswersArgs, Format};
use crate::commands::summary::verdict_mark;
use crate::failure::{Exit, Failure, Outcome};
use crate::print::{Rows, Talk};
use crate::store::Store;

const COLUMNS: &[&str] = &["element", "question_id", "verdict", "confidence", "summary"];

pub(crate) fn run(args: &AnswersArgs, talk: Talk) -> Outcome {
    let store = Store::open(&args.rows.case.case)?;
    let mut set = analyse::answers(store.case.path())?;
    if let Some(slug) = &args.element {
        let element = Element::from_slug(slug).ok_or_else(|| unknown(slug))?;
        set.elements.retain(|answers| answers.element == element);
    }
    match args.rows.format {
        Format::Json => {
            let mut out = std::io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, &set)?;
            out.write_all(b"\n")?;
        }
        Format::Table => table(&set, talk)?,
        format => {
            let mut rows = Rows::new(format, COLUMNS);
            for answer in set.elements.iter().flat_map(|element| &element.answers) {
                rows.push(answer)?;
            }
            rows.finish()?;
        }
    }
    Ok(Exit::Done)
}

/// The error for a slug that is no element.
pub(crate) fn unknown(slug: &str) -> Failure {
    let known: Vec<&str> = Element::ALL.iter().map(|element| element.slug()).collect();
    Failure::new(
        format!("no element `{}`", one_line(slug, 40)),
        format!("the elements are {}", known.join(", ")),
    )
}

fn table(set: &AnswerSet, talk: Talk) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for element in &set.elements {
        let mark = verdict_mark(element.verdict, talk);
        writeln!(out, "{}  {mark}", talk.paint("1", element.element.title()))?;
        for answer in &element.answers {
            write_answer(&mut out, answer, talk)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Facts and gaps shown of one answer; `--format json` has all.
const SHOWN: usize = 5;

fn write_answer(out: &mut impl Write, answer: &Answer, talk: Talk) -> Result<(), Failure> {
    writeln!(out, "  {}  {}", verdict_mark(answer.verdict, talk), one_line(&answer.question, 200))?;
    writeln!(
        out,
        "      {} ({} confidence, {})",
        one_line(&answer.summary, 300),
        answer.confidence.name(),
        answer.question_id
    )?;
    for fact in answer.facts.iter().take(SHOWN) {
        let refs: Vec<String> =
            fact.refs.iter().take(2).map(|r| format!("{}:{}", r.artifact, r.record)).collect();
        let sign = if fact.adverse { "!" } else { "-" };
        writeln!(out, "      {sign} {} [{}]", one_line(&fact.statement, 300), refs.join(", "))?;
    }
    for gap in answer.gaps.iter().take(SHOWN) {
        writeln!(out, "      ? {}: {}", one_line(&gap.what, 200), one_line(&gap.why, 200))?;
        writeln!(out, "        {}", one_line(&gap.command, 400))?;
    }
    let more = json!({
        "facts": answer.facts.len().saturating_sub(SHOWN),
        "gaps": answer.gaps.len().saturating_sub(SHOWN),
    });
    if more["facts"] != json!(0) || more["gaps"] != json!(0) {
        writeln!(
            out,
            "      … {} more facts and {} more gaps in --format json",
            more["facts"], more["gaps"]
        )?;
    }
    Ok(())
}
