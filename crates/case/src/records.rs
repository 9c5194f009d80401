//! Findings, problems and coverage as rows, there and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use heptagon_model::{CoverageRow, Element, EvidenceRef, Finding, Problem, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::rows::{ints, lists, texts, times};
use crate::{CaseDir, CaseError, read, schema};

/// References kept with a finding; the table `finding_refs` has all.
pub const REFS_MAX: usize = 1_000;

/// A row of `finding_refs`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingRef {
    /// The finding.
    pub finding_id: String,
    /// When the event happened.
    pub event_time: Timestamp,
    /// The artifact.
    pub artifact: String,
    /// The record in it.
    pub record: u64,
}

/// Rows of `findings`; their references go to `finding_refs`.
pub fn findings_batch(findings: &[Finding]) -> Result<RecordBatch, CaseError> {
    batch(
        "findings",
        vec![
            text(findings.iter().map(|f| Some(&f.finding_id))),
            text(findings.iter().map(|f| Some(&f.rule_id))),
            text(findings.iter().map(|f| Some(&f.title))),
            text(findings.iter().map(|f| Some(name(&f.level)))),
            list(findings.iter().map(|f| f.elements.iter().map(|e| e.slug()).collect())),
            time(findings.iter().map(|f| Some(f.first_time))),
            time(findings.iter().map(|f| Some(f.last_time))),
            int(findings.iter().map(|f| Some(f.count))),
            list(findings.iter().map(|f| strs(&f.principals))),
            list(findings.iter().map(|f| strs(&f.source_ips))),
            list(findings.iter().map(|f| strs(&f.resources))),
            list(findings.iter().map(|f| strs(&f.attack))),
            list(findings.iter().map(|f| strs(&f.atlas))),
            list(findings.iter().map(|f| strs(&f.owasp))),
            text(findings.iter().map(|f| Some(name(&f.confidence)))),
            text(findings.iter().map(|f| Some(&f.summary))),
        ],
    )
}

/// Rows of `finding_refs`.
pub fn finding_refs_batch(refs: &[FindingRef]) -> Result<RecordBatch, CaseError> {
    batch(
        "finding_refs",
        vec![
            text(refs.iter().map(|r| Some(&r.finding_id))),
            time(refs.iter().map(|r| Some(r.event_time))),
            text(refs.iter().map(|r| Some(&r.artifact))),
            int(refs.iter().map(|r| Some(r.record))),
        ],
    )
}

/// Rows of `problems`.
pub fn problems_batch(problems: &[Problem]) -> Result<RecordBatch, CaseError> {
    batch(
        "problems",
        vec![
            text(problems.iter().map(|p| Some(&p.artifact))),
            text(problems.iter().map(|p| Some(&p.uri))),
            int(problems.iter().map(|p| p.record)),
            int(problems.iter().map(|p| p.offset)),
            text(problems.iter().map(|p| Some(name(&p.severity)))),
            text(problems.iter().map(|p| Some(name(&p.code)))),
            text(problems.iter().map(|p| Some(&p.reason))),
        ],
    )
}

/// Rows of `coverage`.
pub fn coverage_batch(rows: &[CoverageRow]) -> Result<RecordBatch, CaseError> {
    batch(
        "coverage",
        vec![
            text(rows.iter().map(|r| Some(&r.source))),
            text(rows.iter().map(|r| Some(&r.category))),
            text(rows.iter().map(|r| Some(&r.account))),
            text(rows.iter().map(|r| Some(&r.region))),
            time(rows.iter().map(|r| Some(r.from))),
            time(rows.iter().map(|r| Some(r.to))),
            text(rows.iter().map(|r| Some(name(&r.state)))),
            text(rows.iter().map(|r| Some(name(&r.basis)))),
            text(rows.iter().map(|r| r.trail.as_ref())),
            text(rows.iter().map(|r| Some(&r.why))),
            text(rows.iter().map(|r| r.evidence.as_ref().map(|e| &e.artifact))),
            int(rows.iter().map(|r| r.evidence.as_ref().map(|e| e.record))),
        ],
    )
}

/// The findings of a case, each with at most [`REFS_MAX`] references; `uri` gives an artifact's path.
pub fn read_findings(
    case: &CaseDir,
    uri: &dyn Fn(&str) -> String,
) -> Result<Vec<Finding>, CaseError> {
    let mut refs: BTreeMap<String, Vec<EvidenceRef>> = BTreeMap::new();
    for batch in read(case, "finding_refs", None)? {
        let batch = batch?;
        let (ids, artifacts) = (texts(&batch, "finding_id")?, texts(&batch, "artifact")?);
        let records = ints(&batch, "record")?;
        for row in 0..batch.num_rows() {
            let id = ids.get(row).unwrap_or_default();
            if !refs.contains_key(id) {
                refs.insert(id.to_owned(), Vec::new());
            }
            let Some(list) = refs.get_mut(id).filter(|list| list.len() < REFS_MAX) else {
                continue;
            };
            let artifact = artifacts.get(row).unwrap_or_default().to_owned();
            let record = records.get(row).unwrap_or_default() as u64;
            list.push(EvidenceRef { uri: uri(&artifact), artifact, record });
        }
    }
    let mut findings = Vec::new();
    for batch in read(case, "findings", None)? {
        let batch = batch?;
        let text = |column| texts(&batch, column);
        let list = |column| lists(&batch, column);
        let (ids, rules, titles, levels) =
            (text("finding_id")?, text("rule_id")?, text("title")?, text("level")?);
        let (confidences, summaries) = (text("confidence")?, text("summary")?);
        let (firsts, lasts) = (times(&batch, "first_time")?, times(&batch, "last_time")?);
        let counts = ints(&batch, "count")?;
        let (elements, principals, ips, resources) =
            (list("elements")?, list("principals")?, list("source_ips")?, list("resources")?);
        let (attack, atlas, owasp) = (list("attack")?, list("atlas")?, list("owasp")?);
        for row in 0..batch.num_rows() {
            let id = ids.get(row).unwrap_or_default().to_owned();
            findings.push(Finding {
                refs: refs.remove(&id).unwrap_or_default(),
                finding_id: id,
                rule_id: rules.get(row).unwrap_or_default().to_owned(),
                title: titles.get(row).unwrap_or_default().to_owned(),
                level: parse_name(case, "findings", levels.get(row))?,
                elements: elements
                    .get(row)
                    .iter()
                    .filter_map(|slug| Element::from_slug(slug))
                    .collect(),
                first_time: firsts.get(row).unwrap_or_default(),
                last_time: lasts.get(row).unwrap_or_default(),
                count: counts.get(row).unwrap_or_default() as u64,
                principals: principals.get(row),
                source_ips: ips.get(row),
                resources: resources.get(row),
                attack: attack.get(row),
                atlas: atlas.get(row),
                owasp: owasp.get(row),
                confidence: parse_name(case, "findings", confidences.get(row))?,
                summary: summaries.get(row).unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(findings)
}

/// The problems of a case.
pub fn read_problems(case: &CaseDir) -> Result<Vec<Problem>, CaseError> {
    let mut problems = Vec::new();
    for batch in read(case, "problems", None)? {
        let batch = batch?;
        let text = |column| texts(&batch, column);
        let (artifacts, uris, reasons) = (text("artifact")?, text("uri")?, text("reason")?);
        let (severities, codes) = (text("severity")?, text("code")?);
        let (records, offsets) = (ints(&batch, "record")?, ints(&batch, "offset")?);
        for row in 0..batch.num_rows() {
            problems.push(Problem {
                artifact: artifacts.get(row).unwrap_or_default().to_owned(),
                uri: uris.get(row).unwrap_or_default().to_owned(),
                record: records.get(row).map(|number| number as u64),
                offset: offsets.get(row).map(|number| number as u64),
                severity: parse_name(case, "problems", severities.get(row))?,
                code: parse_name(case, "problems", codes.get(row))?,
                reason: reasons.get(row).unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(problems)
}

/// The coverage of a case; `uri` gives an artifact's path.
pub fn read_coverage(
    case: &CaseDir,
    uri: &dyn Fn(&str) -> String,
) -> Result<Vec<CoverageRow>, CaseError> {
    let mut rows = Vec::new();
    for batch in read(case, "coverage", None)? {
        let batch = batch?;
        let text = |column| texts(&batch, column);
        let (sources, categories) = (text("source")?, text("category")?);
        let (accounts, regions) = (text("account")?, text("region")?);
        let (states, bases) = (text("state")?, text("basis")?);
        let (trails, whys, artifacts) = (text("trail")?, text("why")?, text("artifact")?);
        let (froms, tos) = (times(&batch, "from_time")?, times(&batch, "to_time")?);
        let records = ints(&batch, "record")?;
        for row in 0..batch.num_rows() {
            let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
            rows.push(CoverageRow {
                source: owned(sources.get(row)),
                category: owned(categories.get(row)),
                account: owned(accounts.get(row)),
                region: owned(regions.get(row)),
                from: froms.get(row).unwrap_or_default(),
                to: tos.get(row).unwrap_or_default(),
                state: parse_name(case, "coverage", states.get(row))?,
                basis: parse_name(case, "coverage", bases.get(row))?,
                trail: trails.get(row).map(str::to_owned),
                why: owned(whys.get(row)),
                evidence: artifacts.get(row).zip(records.get(row)).map(|(artifact, record)| {
                    EvidenceRef {
                        artifact: artifact.to_owned(),
                        uri: uri(artifact),
                        record: record as u64,
                    }
                }),
            });
        }
    }
    Ok(rows)
}

/// The name serde gives to an enum without fields.
fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

fn parse_name<T: DeserializeOwned>(
    case: &CaseDir,
    table: &str,
    name: Option<&str>,
) -> Result<T, CaseError> {
    let name = name.unwrap_or_default();
    serde_json::from_value(Value::String(name.to_owned())).map_err(|_| CaseError::Damaged {
        path: case.path().join("tables").join(table),
        reason: format!("it holds an unknown word: {}", crate::text::one_line(name, 60)),
    })
}

pub(crate) fn batch(table: &str, columns: Vec<ArrayRef>) -> Result<RecordBatch, CaseError> {
    RecordBatch::try_new(schema(table), columns).map_err(CaseError::arrow(table))
}

pub(crate) fn text<S: AsRef<str>>(values: impl Iterator<Item = Option<S>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(crate) fn int(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(|number| number as i64)).collect::<Int64Array>())
}

fn time(values: impl Iterator<Item = Option<Timestamp>>) -> ArrayRef {
    let array: TimestampMicrosecondArray = values.map(|time| time.map(|time| time.0)).collect();
    Arc::new(array.with_timezone("UTC"))
}

fn list<'a>(values: impl Iterator<Item = Vec<&'a str>>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for texts in values {
        for text in texts {
            builder.values().append_value(text);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}
