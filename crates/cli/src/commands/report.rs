//! `heptagon report`: the whole case as one document.

mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use heptagon_case::records::{read_coverage, read_findings, read_problems};
use heptagon_evidence::{LedgerState, ledger, manifest};
use heptagon_model::EvidenceRef;
use heptagon_parse::invocation::mask_secrets;
use heptagon_report::{
    ActorLine, CaseMeta, Custody, DisableFirst, Document, Format, RecordText, Scope, ScopeBasis,
    WorkloadText, render,
};
use sha2::{Digest, Sha256};

use crate::analyse::{self, Analysis};
use crate::args::{ReportArgs, ReportFormat};
use crate::commands::rows::uri;
use crate::failure::{Exit, Failure, Outcome};
use crate::print::Talk;
use crate::store::{Read, Store};

/// Records whose text is in the document.
const RECORDS_MAX: usize = 400;
/// Artifacts that are opened again for them: the report must not cost a second reading of it all.
const ARTIFACTS_MAX: usize = 48;
/// Bytes of a record's text.
const RECORD_TEXT_MAX: usize = 8 << 10;

pub(crate) fn run(args: &ReportArgs, talk: Talk) -> Outcome {
    let document = document(&args.case.case)?;
    let format = match args.format {
        ReportFormat::Md => Format::Markdown,
        ReportFormat::Html => Format::Html,
        ReportFormat::Json => Format::Json,
    };
    let text = render(&document, format);
    match &args.out {
        Some(path) => {
            write_whole(path, text.as_bytes())?;
            talk.say(&format!("written: {}", path.display()));
        }
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(Exit::Done)
}

/// Writes the report that an investigation leaves in the case.
pub(crate) fn write_html(case: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = case.join(name);
    write_whole(&path, render(&document(case)?, Format::Html).as_bytes())?;
    Ok(path)
}

/// The file appears whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path)).map_err(
        |error| {
            Failure::new(
                format!("cannot write {}: {error}", path.display()),
                "check the folder's permissions and free space",
            )
        },
    )
}

fn document(path: &Path) -> Result<Document, Failure> {
    let store = Store::open(path)?;
    let uris = store.uris();
    let name = |artifact: &str| uri(&uris, artifact);
    let analysis: Analysis = analyse::read(path, analyse::ANALYSIS)?;
    let answers = analyse::answers(path)?;
    let findings = read_findings(&store.case, &name)?;
    let timeline = timeline::read(&store, &findings)?;
    let refs = answers
        .elements
        .iter()
        .flat_map(|element| &element.answers)
        .flat_map(|answer| &answer.facts)
        .flat_map(|fact| fact.refs.iter().take(5))
        .chain(findings.iter().flat_map(|finding| finding.refs.iter().take(3)));
    let records = texts_of(&store, refs);
    let meta = store.case.meta();
    let (ledger_head, ledger_entries) = match ledger::check(&path.join("ledger.jsonl")) {
        LedgerState::Sound { entries, head } => (head, entries),
        LedgerState::Broken { at, why } => (format!("broken at {at}: {why}"), at),
    };
    let manifest_bytes = std::fs::read(path.join(manifest::MANIFEST))?;
    let toml = std::fs::read_to_string(path.join(analyse::WORKLOAD))?;
    Ok(Document {
        case: CaseMeta {
            id: meta.id.clone(),
            tool_version: meta.tool.clone(),
            content_hash: meta.content.clone(),
            created: meta.created,
            scope: (analysis.window_from < analysis.window_to).then_some(Scope {
                from: analysis.window_from,
                to: analysis.window_to,
                basis: if analysis.window_given { ScopeBasis::Given } else { ScopeBasis::Inferred },
            }),
            evidence_roots: meta.roots.clone(),
        },
        answers,
        disable_first: analysis
            .containment
            .into_iter()
            .map(|hint| DisableFirst {
                kind: hint.kind,
                id: hint.id,
                account: hint.account,
                why: hint.why,
                command: hint.command,
            })
            .collect(),
        actors: analyse::read::<Vec<ActorLine>>(path, analyse::ACTORS)?
            .into_iter()
            .take(50)
            .collect(),
        findings,
        timeline,
        coverage: read_coverage(&store.case, &name)?,
        workload: WorkloadText { toml, basis: analysis.workload_basis },
        artifacts: store.manifest.clone(),
        problems: read_problems(&store.case)?,
        custody: Custody {
            ledger_head,
            ledger_entries,
            manifest_sha256: Sha256::digest(&manifest_bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        },
        records,
    })
}

/// The texts of the first records that facts and findings name.
fn texts_of<'a>(store: &Store, refs: impl Iterator<Item = &'a EvidenceRef>) -> Vec<RecordText> {
    let mut wanted: Vec<EvidenceRef> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut artifacts = BTreeSet::new();
    for reference in refs {
        if wanted.len() == RECORDS_MAX {
            break;
        }
        let artifact_known = artifacts.contains(&reference.artifact);
        if !artifact_known && artifacts.len() == ARTIFACTS_MAX {
            continue;
        }
        if seen.insert(reference) {
            artifacts.insert(reference.artifact.clone());
            wanted.push(reference.clone());
        }
    }
    wanted.sort();
    let records = store.records();
    let mut by_artifact: BTreeMap<&str, BTreeMap<u64, &EvidenceRef>> = BTreeMap::new();
    for reference in &wanted {
        let of_artifact = by_artifact.entry(&reference.artifact).or_default();
        of_artifact.insert(reference.record, reference);
    }
    let mut found = Vec::new();
    for (artifact, refs) in by_artifact {
        // Evidence that has gone away since leaves the reference without its text.
        let Ok(read) = records.read(artifact, &refs.keys().copied().collect()) else { continue };
        for (record, read) in read {
            let Read::Record(text) = read else { continue };
            let reference = refs[&record];
            let bytes = text.len() as u64;
            let pretty = serde_json::from_str::<serde_json::Value>(&text)
                .and_then(|value| serde_json::to_string_pretty(&value))
                .unwrap_or(text);
            let mut shown = mask_secrets(&pretty).into_owned();
            if shown.len() > RECORD_TEXT_MAX {
                let end = (0..=RECORD_TEXT_MAX).rev().find(|at| shown.is_char_boundary(*at));
                shown.truncate(end.unwrap_or(0));
            }
            found.push(RecordText { evidence: reference.clone(), text: shown, bytes });
        }
    }
    found.sort_by(|a, b| a.evidence.cmp(&b.evidence));
    found
}
