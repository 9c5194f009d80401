//! The one screen that ends an investigation.

use std::io::Write;
use std::path::Path;

use heptagon_answer::Outcome;
use heptagon_case::text::one_line;
use heptagon_model::{Finding, Level, Verdict};

use crate::failure::Failure;
use crate::print::Talk;

/// A verdict as text with a shape, coloured when colours are on.
pub(crate) fn verdict_mark(verdict: Verdict, talk: Talk) -> String {
    let (shape, code) = match verdict {
        Verdict::Confirmed => ("[X] confirmed", "1;31"),
        Verdict::Indicated => ("[!] indicated", "33"),
        Verdict::NotObserved => ("[ ] not observed", "32"),
        Verdict::CannotTell => ("[?] cannot tell", "35"),
        Verdict::NotApplicable => ("[-] not applicable", "2"),
    };
    talk.paint(code, shape)
}

/// What the summary says besides the answers.
pub(crate) struct Numbers<'a> {
    pub(crate) case: &'a Path,
    pub(crate) artifacts: u64,
    pub(crate) records: u64,
    pub(crate) rows: u64,
    pub(crate) duplicates: u64,
    pub(crate) lost: u64,
    pub(crate) unsupported: u64,
    pub(crate) report: Option<&'a Path>,
    pub(crate) secs: f64,
}

/// Actors and keys named.
const NAMED: usize = 3;

/// Prints the summary.
pub(crate) fn print(
    outcome: &Outcome,
    findings: &[Finding],
    numbers: &Numbers<'_>,
    talk: Talk,
) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", talk.paint("1", "The seven elements"))?;
    for element in &outcome.answers.elements {
        let adverse = element
            .answers
            .iter()
            .filter(|a| matches!(a.verdict, Verdict::Confirmed | Verdict::Indicated))
            .count();
        let blind = element.answers.iter().filter(|a| a.verdict == Verdict::CannotTell).count();
        let worst =
            element.answers.iter().filter(|a| a.verdict == element.verdict).find(|a| {
                matches!(a.verdict, Verdict::Confirmed | Verdict::Indicated) || a.required
            });
        writeln!(
            out,
            "  {:<23} {:<18} {} of {} adverse, {} cannot tell{}",
            element.element.title(),
            verdict_mark(element.verdict, talk),
            adverse,
            element.answers.len(),
            blind,
            worst.map_or(String::new(), |a| format!("\n{:26}{}", "", one_line(&a.summary, 110))),
        )?;
    }
    let given = if outcome.window.given { "given" } else { "inferred" };
    writeln!(out, "\nWindow: {} to {} ({given})", outcome.window.from, outcome.window.to)?;
    suspects(&mut out, outcome, talk)?;
    locks(&mut out, outcome, talk)?;
    let count = |level: Level| findings.iter().filter(|f| f.level == level).count();
    writeln!(
        out,
        "\nFindings: {} critical, {} high, {} medium, {} low, {} informational",
        count(Level::Critical),
        count(Level::High),
        count(Level::Medium),
        count(Level::Low),
        count(Level::Informational)
    )?;
    writeln!(
        out,
        "Evidence: {} artifacts, {} records, {} rows, {} duplicates, {} lost; {} artifacts of no known kind",
        numbers.artifacts,
        numbers.records,
        numbers.rows,
        numbers.duplicates,
        numbers.lost,
        numbers.unsupported
    )?;
    let gaps: usize =
        outcome.answers.elements.iter().flat_map(|e| &e.answers).map(|a| a.gaps.len()).sum();
    writeln!(
        out,
        "Gaps: {gaps}; `heptagon answers` names each with the command that would fill it"
    )?;
    if let Some(report) = numbers.report {
        writeln!(out, "Report: {}", report.display())?;
    }
    writeln!(out, "Case: {} ({:.1} s)", numbers.case.display(), numbers.secs)?;
    Ok(())
}

fn suspects(out: &mut impl Write, outcome: &Outcome, talk: Talk) -> Result<(), Failure> {
    writeln!(out, "\n{}", talk.paint("1", "Most suspicious"))?;
    let suspects: Vec<_> = outcome.actors.iter().filter(|actor| actor.suspicion > 0).collect();
    if suspects.is_empty() {
        writeln!(out, "  nobody stands out")?;
    }
    for actor in suspects.iter().take(NAMED) {
        writeln!(
            out,
            "  {:>4}  {} ({}), {} events, {} changes, {} denied, from {}",
            actor.suspicion,
            one_line(&actor.actor, 90),
            actor.kind,
            actor.events,
            actor.writes,
            actor.denied,
            one_line(&short(&actor.source_ips), 60)
        )?;
        for reason in actor.reasons.iter().take(NAMED) {
            writeln!(out, "        {}", one_line(reason, 110))?;
        }
    }
    Ok(())
}

fn short(names: &[String]) -> String {
    match names {
        [] => "an unknown address".to_owned(),
        [a] => a.clone(),
        [a, b] => format!("{a}, {b}"),
        [a, b, rest @ ..] => format!("{a}, {b} and {} more", rest.len()),
    }
}

fn locks(out: &mut impl Write, outcome: &Outcome, talk: Talk) -> Result<(), Failure> {
    if outcome.containment.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", talk.paint("1", "Disable first"))?;
    for hint in outcome.containment.iter().take(NAMED) {
        writeln!(out, "  {}: {}", one_line(&hint.id, 100), one_line(&hint.why, 110))?;
        writeln!(out, "        {}", one_line(&hint.command, 200))?;
    }
    if outcome.containment.len() > NAMED {
        writeln!(out, "  … and {} more in the report", outcome.containment.len() - NAMED)?;
    }
    Ok(())
}
