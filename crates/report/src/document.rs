//! What a report says, before it has a form.

use heptagon_model::{
    AnswerSet, ArtifactRow, CoverageRow, EventRow, EvidenceRef, Finding, Problem, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Everything a report says; every format shows the same document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Which case, and by what it was investigated.
    pub case: CaseMeta,
    /// The seven elements answered.
    pub answers: AnswerSet,
    /// Credentials to disable before anything else, most urgent first.
    pub disable_first: Vec<DisableFirst>,
    /// Actors, most suspicious first.
    pub actors: Vec<ActorLine>,
    /// Findings with their references, uris filled.
    pub findings: Vec<Finding>,
    /// What happened when.
    pub timeline: Timeline,
    /// What could have been seen.
    pub coverage: Vec<CoverageRow>,
    /// The Gen-AI workload the answers are about.
    pub workload: WorkloadText,
    /// Every artifact with its accounting.
    pub artifacts: Vec<ArtifactRow>,
    /// What could not be read as expected.
    pub problems: Vec<Problem>,
    /// What the evidence can be checked against.
    pub custody: Custody,
    /// The records facts and findings link to, sorted by reference.
    pub records: Vec<RecordText>,
}

/// Which case, and by what it was investigated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseMeta {
    /// The case's id.
    pub id: String,
    /// The version of the tool.
    pub tool_version: String,
    /// The hash of rules, questions and catalogs.
    pub content_hash: String,
    /// When the case was created; the report itself knows no clock.
    pub created: Timestamp,
    /// The window the verdicts speak about; none when no record has a time.
    pub scope: Option<Scope>,
    /// Where the evidence was found.
    pub evidence_roots: Vec<String>,
}

/// The window the verdicts speak about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// Who says so.
    pub basis: ScopeBasis,
}

/// Where the window comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeBasis {
    /// The responder gave it.
    Given,
    /// It follows from the records.
    Inferred,
}

/// A credential to disable before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisableFirst {
    /// `access-key`, `role-sessions`, ...
    pub kind: String,
    /// The key's id, or the role's or user's ARN.
    pub id: String,
    /// The account.
    pub account: String,
    /// Why, one sentence.
    pub why: String,
    /// The AWS CLI line that does it; empty when there is none.
    pub command: String,
}

/// The smallest identity an intruder can hold, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorLine {
    /// Its key: an access key's id, a session's ARN, ...
    pub actor: String,
    /// `access-key`, `session`, `service-credential`, ...
    pub kind: String,
    /// The account.
    pub account: String,
    /// The principal it acts as.
    pub principal: String,
    /// Access keys seen, sorted.
    pub access_keys: Vec<String>,
    /// Source addresses, sorted.
    pub source_ips: Vec<String>,
    /// User agents, sorted.
    pub user_agents: Vec<String>,
    /// Regions, sorted.
    pub regions: Vec<String>,
    /// First event.
    pub first_time: Timestamp,
    /// Last event.
    pub last_time: Timestamp,
    /// Events.
    pub events: u64,
    /// Events that change something.
    pub writes: u64,
    /// Events that were refused.
    pub denied: u64,
    /// Ids of its findings.
    pub findings: Vec<String>,
    /// A ranking score, not a probability.
    pub suspicion: u32,
    /// Whether the answers treat it as a suspect.
    pub suspect: bool,
    /// Why it is suspicious.
    pub reasons: Vec<String>,
}

/// What happened when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Events with findings or adverse facts, in order of time. When there are too many, those of
    /// the worst findings are kept: a page of routine must not hide the intruder.
    pub entries: Vec<EventRow>,
    /// How many such events there are in the case.
    pub entries_total: u64,
    /// Events per source and hour.
    pub activity: Vec<ActivityHour>,
}

/// Events of one source in one hour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActivityHour {
    /// The source's slug.
    pub source: String,
    /// The hour's start.
    pub hour: Timestamp,
    /// Events.
    pub events: u64,
    /// Events that belong to a finding worth a mark, level medium or above.
    pub findings: u64,
}

/// The workload as `workload.toml` would have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadText {
    /// The TOML.
    pub toml: String,
    /// `declared`, `inferred` or both.
    pub basis: String,
}

/// What the evidence can be checked against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// The hash of the ledger's last entry.
    pub ledger_head: String,
    /// Entries of the ledger.
    pub ledger_entries: u64,
    /// SHA-256 of the manifest.
    pub manifest_sha256: String,
}

/// A record as it stands in the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordText {
    /// Which record.
    #[serde(rename = "ref")]
    pub evidence: EvidenceRef,
    /// Its text, pretty-printed, perhaps cut.
    pub text: String,
    /// Its length in the evidence, in bytes.
    pub bytes: u64,
}
