//! All matches of the case, in order of time, to findings.

use std::collections::BTreeMap;
use std::iter::Peekable;

use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;
use heptagon_case::records::{FindingRef, finding_refs_batch, findings_batch};
use heptagon_case::{CaseDir, TableFile, Tables, read_files};
use heptagon_detect::{Correlator, Match, RefRow, RuleSet};
use heptagon_model::{
    Confidence, Element, Finding, Level, Problem, ProblemCode, Severity, Timestamp,
};
use sha2::{Digest, Sha256};

use crate::IngestError;
use crate::day::cloudtrail::integers;
use crate::day::existing::of_day;
use crate::matches::CONFLICT_RULE;
use crate::project::{text, value};

/// What correlation leaves.
pub(crate) struct Correlated {
    pub(crate) files: [(&'static str, Vec<TableFile>); 2],
    pub(crate) n_findings: u64,
    /// Bounds that correlations hit.
    pub(crate) problems: Vec<Problem>,
}

/// References are written out whenever this many have gathered.
const REFS_STEP: usize = 1 << 15;

/// Reads `matches` and writes `findings` and `finding_refs`.
pub(crate) fn correlate(
    case: &CaseDir,
    tables: &Tables,
    rules: &RuleSet,
) -> Result<Correlated, IngestError> {
    let mut correlator = Correlator::new(rules);
    let mut refs = case.writer("finding_refs")?;
    let mut conflicts = Conflicts::default();
    let days: std::collections::BTreeSet<i64> =
        tables.files("matches").iter().filter_map(TableFile::day).collect();
    let mut pending: Vec<RefRow> = Vec::new();
    for day in days {
        let mut sources = Vec::new();
        for file in of_day(tables, "matches", day) {
            sources.push(rows(case, &file)?.peekable());
        }
        while let Some(row) = next(&mut sources)? {
            match rules.index_of(&row.rule_id) {
                Some(rule) => correlator.push(Match { rule: rule as u32, ..row.matched }),
                None if row.rule_id == CONFLICT_RULE => conflicts.add(&row.matched),
                // A rule that was given with --rules before and is not now.
                None => {}
            }
            pending.extend(correlator.drain_refs());
            if pending.len() >= REFS_STEP {
                refs.write(&ref_rows(&pending)?)?;
                pending.clear();
            }
        }
    }
    let found = correlator.finish();
    pending.extend(found.refs);
    refs.write(&ref_rows(&pending)?)?;
    let mut findings: Vec<Finding> = found
        .findings
        .iter()
        .map(|draft| draft.finding(&rules.rules()[draft.rule as usize], &|_| String::new()))
        .collect();
    let (conflict_findings, conflict_refs) = conflicts.finish();
    findings.extend(conflict_findings);
    refs.write(&finding_refs_batch(&conflict_refs)?)?;
    findings.sort_by(|a, b| {
        (a.first_time, &a.rule_id, &a.finding_id).cmp(&(b.first_time, &b.rule_id, &b.finding_id))
    });
    let mut writer = case.writer("findings")?;
    writer.write(&findings_batch(&findings)?)?;
    let problems = found
        .overflows
        .into_iter()
        .map(|overflow| Problem {
            artifact: String::new(),
            uri: rules.path(overflow.rule as usize).to_owned(),
            record: None,
            offset: None,
            severity: Severity::Warning,
            code: ProblemCode::LimitExceeded,
            reason: overflow.message,
        })
        .collect();
    Ok(Correlated {
        files: [("findings", writer.finish()?), ("finding_refs", refs.finish()?)],
        n_findings: findings.len() as u64,
        problems,
    })
}

fn ref_rows(rows: &[RefRow]) -> Result<RecordBatch, IngestError> {
    let rows: Vec<FindingRef> = rows
        .iter()
        .map(|row| FindingRef {
            finding_id: row.finding_hex(),
            event_time: row.event.time,
            artifact: row.event.artifact_hex(),
            record: row.event.record,
        })
        .collect();
    Ok(finding_refs_batch(&rows)?)
}

struct Row {
    rule_id: String,
    matched: Match,
}

impl Row {
    fn key(&self) -> (Timestamp, [u8; 8], u64, &str) {
        let matched = &self.matched;
        (matched.time, matched.artifact, matched.record, &self.rule_id)
    }
}

type Rows = Peekable<Box<dyn Iterator<Item = Result<Row, IngestError>>>>;

/// The next row of all sources by (time, artifact, record, rule).
fn next(sources: &mut [Rows]) -> Result<Option<Row>, IngestError> {
    let mut least: Option<usize> = None;
    for at in 0..sources.len() {
        if matches!(sources[at].peek(), Some(Err(_))) {
            sources[at].next().transpose()?;
        }
        if sources[at].peek().is_none() {
            continue;
        }
        let smaller = match least {
            None => true,
            Some(known) => {
                let (head, tail) = sources.split_at_mut(at);
                match (tail[0].peek(), head[known].peek()) {
                    (Some(Ok(row)), Some(Ok(other))) => row.key() < other.key(),
                    _ => false,
                }
            }
        };
        if smaller {
            least = Some(at);
        }
    }
    least.and_then(|at| sources[at].next()).transpose()
}

fn rows(
    case: &CaseDir,
    file: &TableFile,
) -> Result<Box<dyn Iterator<Item = Result<Row, IngestError>>>, IngestError> {
    let batches = read_files(case, "matches", std::slice::from_ref(file), None)?;
    Ok(Box::new(batches.flat_map(|batch| match batch {
        Ok(batch) => {
            let columns = Columns::new(&batch);
            (0..batch.num_rows()).map(|row| Ok(columns.row(row))).collect::<Vec<_>>()
        }
        Err(error) => vec![Err(error.into())],
    })))
}

/// The columns of `matches` in a batch.
struct Columns<'b> {
    times: &'b TimestampMicrosecondArray,
    rule_id: &'b StringArray,
    account: &'b StringArray,
    region: &'b StringArray,
    principal: &'b StringArray,
    actor: &'b StringArray,
    source_ip: &'b StringArray,
    resource: &'b StringArray,
    event_name: &'b StringArray,
    correlation: &'b StringArray,
    artifact: &'b StringArray,
    record: &'b Int64Array,
}

impl<'b> Columns<'b> {
    fn new(batch: &'b RecordBatch) -> Columns<'b> {
        let times = batch.column_by_name("event_time").expect("a column of matches");
        Columns {
            times: times.as_primitive::<TimestampMicrosecondType>(),
            rule_id: text(batch, "rule_id"),
            account: text(batch, "account"),
            region: text(batch, "region"),
            principal: text(batch, "principal"),
            actor: text(batch, "actor"),
            source_ip: text(batch, "source_ip"),
            resource: text(batch, "resource"),
            event_name: text(batch, "event_name"),
            correlation: text(batch, "correlation"),
            artifact: text(batch, "artifact"),
            record: integers(batch, "record"),
        }
    }

    fn row(&self, row: usize) -> Row {
        let owned = |column: &StringArray| value(column, row).unwrap_or("").to_owned();
        let optional = |column: &StringArray| value(column, row).map(str::to_owned);
        let mut artifact = [0; 8];
        let hex = self.artifact.value(row);
        for (at, byte) in artifact.iter_mut().enumerate() {
            let pair = hex.get(2 * at..2 * at + 2);
            *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
        }
        Row {
            rule_id: owned(self.rule_id),
            matched: Match {
                rule: u32::MAX,
                time: Timestamp(self.times.value(row)),
                account: owned(self.account),
                region: owned(self.region),
                principal: owned(self.principal),
                actor: owned(self.actor),
                source_ip: optional(self.source_ip),
                resource: optional(self.resource),
                event_name: owned(self.event_name),
                artifact,
                record: self.record.value(row).cast_unsigned(),
                correlation_fields: optional(self.correlation),
            },
        }
    }
}

/// Copies of one event that differ: evidence that somebody changed, or a defect of the collection.
#[derive(Default)]
struct Conflicts {
    by_account: BTreeMap<String, Vec<(Timestamp, String, u64, String)>>,
}

impl Conflicts {
    fn add(&mut self, matched: &Match) {
        let artifact: String = matched.artifact.iter().map(|byte| format!("{byte:02x}")).collect();
        self.by_account.entry(matched.account.clone()).or_default().push((
            matched.time,
            artifact,
            matched.record,
            matched.principal.clone(),
        ));
    }

    fn finish(self) -> (Vec<Finding>, Vec<FindingRef>) {
        let mut refs = Vec::new();
        let mut findings = Vec::new();
        for (account, mut events) in self.by_account {
            events.sort();
            let digest = Sha256::digest(format!("{CONFLICT_RULE}\0{account}\0").as_bytes());
            let finding_id: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            let (Some(first), Some(last)) = (events.first(), events.last()) else { continue };
            let mut principals: Vec<String> =
                events.iter().map(|event| event.3.clone()).filter(|p| !p.is_empty()).collect();
            principals.sort();
            principals.dedup();
            principals.truncate(100);
            findings.push(Finding {
                finding_id: finding_id.clone(),
                rule_id: CONFLICT_RULE.to_owned(),
                title: "Copies of one event differ".to_owned(),
                level: Level::Medium,
                elements: vec![Element::InfrastructureChanges],
                first_time: first.0,
                last_time: last.0,
                count: events.len() as u64,
                principals,
                source_ips: Vec::new(),
                resources: Vec::new(),
                refs: Vec::new(),
                attack: vec!["T1565.001".to_owned()],
                atlas: Vec::new(),
                owasp: Vec::new(),
                confidence: Confidence::Low,
                summary: format!(
                    "{} events of account {account} are in the evidence in copies that disagree in \
                     source, name, caller, address or outcome",
                    events.len()
                ),
            });
            refs.extend(events.into_iter().map(|(event_time, artifact, record, _)| FindingRef {
                finding_id: finding_id.clone(),
                event_time,
                artifact,
                record,
            }));
        }
        (findings, refs)
    }
}
