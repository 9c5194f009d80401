//! `heptagon investigate`: evidence in, seven elements answered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use heptagon_case::records::{read_findings, read_problems};
use heptagon_case::{CaseDir, CaseMeta, FORMAT};
use heptagon_content::catalog::Selection;
use heptagon_evidence::Ledger;
use heptagon_ingest::{Counters, Ingest, IngestOptions, Summary};
use heptagon_model::{ArtifactRow, Limits, Problem, Severity, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::analyse::{self, Settings};
use crate::args::{Format, InvestigateArgs};
use crate::commands::summary;
use crate::content::{self, Observed};
use crate::failure::{Exit, Failure, Outcome};
use crate::print::Talk;
use crate::progress::Progress;

/// The report an investigation leaves in the case.
const REPORT: &str = "report.html";

pub(crate) fn run(args: &InvestigateArgs, talk: Talk) -> Outcome {
    let started = Instant::now();
    let (ingested, outcome, case) = build(args, talk)?;
    let report = crate::commands::report::write_html(&args.case.case, REPORT)?;
    let findings = read_findings(&case, &|_| String::new())?;
    if args.format == Format::Table {
        let numbers = numbers(args, &ingested, &report, started);
        summary::print(&outcome, &findings, &numbers, talk)?;
    } else {
        let elements: Vec<_> = outcome
            .answers
            .elements
            .iter()
            .map(|e| json!({"element": e.element, "verdict": e.verdict}))
            .collect();
        let line = json!({
            "case": args.case.case, "elements": elements, "findings": findings.len(),
            "artifacts": ingested.manifest.len(), "report": report,
        });
        println(&line.to_string())?;
    }
    unread(&ingested.manifest, &read_problems(&case)?, talk);
    Ok(Exit::Done)
}

/// Brings the evidence into the case and answers; prints nothing on stdout.
pub(crate) fn build(
    args: &InvestigateArgs,
    talk: Talk,
) -> Result<(Summary, heptagon_answer::Outcome, CaseDir), Failure> {
    let (roots, workload) = roots(args)?;
    let declared = workload
        .as_deref()
        .map(|path| {
            std::fs::read_to_string(path).map_err(|error| {
                Failure::new(
                    format!("cannot read the workload file {}: {error}", path.display()),
                    "`heptagon workload` prints one to start from",
                )
            })
        })
        .transpose()?;
    if let Some(path) = &workload {
        talk.say(&format!("workload declared in {}", path.display()));
    }
    let (rules, faults, rules_hash) = content::rule_set(&args.rules, !args.no_default_rules)?;
    for fault in &faults {
        talk.say(&format!("rule left out: {}: {} {}", fault.path, fault.code, fault.message));
    }
    let questions = content::questions()?;
    let observed = Observed(Selection::new(&content::catalog()?, &questions.all));
    let settings = Settings {
        declared,
        incident: args.incident,
        since: args.since,
        until: args.until,
        rules: args.rules.clone(),
        no_default_rules: args.no_default_rules,
    };

    refuse_inside(&args.case.case, &roots)?;
    let mut case = CaseDir::create_or_open(&args.case.case, &meta(&roots, args)?)?;
    remember_roots(&mut case, &roots, args)?;
    let counters = Arc::new(Counters::default());
    let progress = Progress::start(Arc::clone(&counters), talk);
    let ingest = Ingest { case: &case, rules: &rules, select: &observed, counters: &counters };
    let ingested = ingest.run(&IngestOptions {
        roots: roots.clone(),
        known_roots: case.meta().roots.iter().map(PathBuf::from).collect(),
        since: args.since,
        until: args.until,
        threads: args.threads.unwrap_or_else(threads).max(1),
        limits: Limits::DEFAULT,
        inputs: format!(
            "{}|{}|{rules_hash}",
            env!("CARGO_PKG_VERSION"),
            heptagon_content::embedded::hash()
        ),
    });
    progress.stop();
    let ingested = ingested?;
    if ingested.files == 0 {
        talk.say(
            "no files under the evidence given: every answer that needs records is `cannot tell`",
        );
    }
    let outcome = analyse::analyse(&case, ingested.manifest.clone(), &rules, settings)?;
    write_ledger(&case, &ingested)?;
    Ok((ingested, outcome, case))
}

fn println(line: &str) -> Result<(), Failure> {
    use std::io::Write;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Names of the evidence folder's own parts: a drill or a collection has its evidence in one folder
/// and the workload file beside it.
const EVIDENCE_FOLDER: &str = "evidence";
const WORKLOAD_FILE: &str = "workload.toml";

/// The roots to read and the workload file that goes with them.
fn roots(args: &InvestigateArgs) -> Result<(Vec<PathBuf>, Option<PathBuf>), Failure> {
    let mut roots = Vec::new();
    let mut workload = args.workload.clone();
    for root in &args.evidence {
        if !root.exists() {
            return Err(Failure::new(
                format!("no such file or folder: {}", root.display()),
                "EVIDENCE is a file, a folder or an archive",
            ));
        }
        let inner = root.join(EVIDENCE_FOLDER);
        let beside = root.join(WORKLOAD_FILE);
        if inner.is_dir() && beside.is_file() {
            workload = workload.or(Some(beside));
            roots.push(inner);
        } else {
            let sibling = root.parent().map(|parent| parent.join(WORKLOAD_FILE));
            let named = root.file_name().is_some_and(|name| name == EVIDENCE_FOLDER);
            if named {
                workload = workload.or(sibling.filter(|path| path.is_file()));
            }
            roots.push(root.clone());
        }
    }
    Ok((roots, workload))
}

/// A case inside the evidence would become evidence.
fn refuse_inside(case: &Path, roots: &[PathBuf]) -> Result<(), Failure> {
    let case = std::path::absolute(case)?;
    for root in roots {
        let root = std::fs::canonicalize(root)?;
        if case.starts_with(&root) {
            return Err(Failure::new(
                format!("the case {} would lie inside the evidence", case.display()),
                "name another place with --case DIR",
            ));
        }
    }
    Ok(())
}

/// The clock is read here, and handed on as a value.
pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond())
}

fn absolute(roots: &[PathBuf]) -> Result<Vec<String>, Failure> {
    roots
        .iter()
        .map(|root| Ok(std::fs::canonicalize(root)?.to_string_lossy().into_owned()))
        .collect()
}

fn meta(roots: &[PathBuf], args: &InvestigateArgs) -> Result<CaseMeta, Failure> {
    let roots = absolute(roots)?;
    let created = now();
    let digest = Sha256::digest(format!("{created}{roots:?}{}", args.case.case.display()));
    let id = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(CaseMeta {
        format: FORMAT,
        id,
        created,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        content: heptagon_content::embedded::hash()[..16].to_owned(),
        since: args.since,
        until: args.until,
        roots,
        options: std::collections::BTreeMap::new(),
    })
}

/// A case may be given evidence from several places, one after the other.
fn remember_roots(
    case: &mut CaseDir,
    roots: &[PathBuf],
    args: &InvestigateArgs,
) -> Result<(), Failure> {
    let mut meta = case.meta().clone();
    for root in absolute(roots)? {
        if !meta.roots.contains(&root) {
            meta.roots.push(root);
        }
    }
    env!("CARGO_PKG_VERSION").clone_into(&mut meta.tool);
    heptagon_content::embedded::hash()[..16].clone_into(&mut meta.content);
    meta.since = args.since;
    meta.until = args.until;
    Ok(case.set_meta(meta)?)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

fn write_ledger(case: &CaseDir, ingested: &Summary) -> Result<(), Failure> {
    let manifest = std::fs::read(case.path().join(heptagon_evidence::manifest::MANIFEST))?;
    let hash = Sha256::digest(&manifest);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let at = now();
    let mut ledger = Ledger::open(&case.path().join("ledger.jsonl"), at)?;
    ledger.append(
        at,
        "investigate",
        &json!({
            "artifacts": ingested.manifest.len(),
            "new_artifacts": ingested.new_artifacts,
            "manifest_sha256": hex,
            "tool": env!("CARGO_PKG_VERSION"),
            "content": heptagon_content::embedded::hash(),
            "rebuilt": ingested.rebuilt,
        }),
    )?;
    Ok(())
}

fn numbers<'a>(
    args: &'a InvestigateArgs,
    ingested: &Summary,
    report: &'a Path,
    started: Instant,
) -> summary::Numbers<'a> {
    let sum = |of: fn(&ArtifactRow) -> u64| ingested.manifest.iter().map(of).sum();
    summary::Numbers {
        case: &args.case.case,
        artifacts: ingested.manifest.len() as u64,
        records: sum(|row| row.accounting.records),
        rows: sum(|row| row.accounting.rows),
        duplicates: sum(|row| row.accounting.duplicates),
        lost: sum(|row| row.accounting.problems),
        unsupported: ingested.manifest.iter().filter(|row| row.kind == "unsupported").count()
            as u64,
        report: Some(report),
        secs: started.elapsed().as_secs_f64(),
    }
}

/// Says on stderr what was not read: silence would look like completeness.
fn unread(manifest: &[ArtifactRow], problems: &[Problem], talk: Talk) {
    const NAMED: usize = 5;
    let mut unread: BTreeMap<&str, &str> = manifest
        .iter()
        .filter_map(|row| Some((row.uri.as_str(), row.reason.as_deref()?)))
        .collect();
    // A problem that is about no record is about the whole file, which may have no manifest row.
    for problem in problems {
        if problem.record.is_none() && problem.severity == Severity::Lost {
            unread.entry(&problem.uri).or_insert(&problem.reason);
        }
    }
    for (uri, reason) in unread.iter().take(NAMED) {
        talk.say(&format!(
            "not read: {}: {}",
            heptagon_case::text::one_line(uri, 120),
            heptagon_case::text::one_line(reason, 120)
        ));
    }
    if unread.len() > NAMED {
        talk.say(&format!(
            "not read: {} more; `heptagon sql \"SELECT uri, code, reason FROM problems\"` says why",
            unread.len() - NAMED
        ));
    }
}
