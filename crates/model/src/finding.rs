//! Findings, and what is known of the rules that make them.

use serde::{Deserialize, Serialize};

use crate::{Confidence, Element, EvidenceRef, Timestamp};

/// Sigma's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing, never alarming.
    Informational,
    /// Notable, rarely an incident.
    Low,
    /// Relevant, to be reviewed.
    Medium,
    /// Relevant, to be acted upon.
    High,
    /// An incident in itself.
    Critical,
}

impl Level {
    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }

    /// The level of a name.
    pub fn from_name(name: &str) -> Option<Level> {
        [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical]
            .into_iter()
            .find(|level| level.name() == name)
    }
}

/// Whether a rule looks at one event or at several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// One event.
    Event,
    /// Several events.
    Correlation,
}

/// What is known of a rule besides its logic; `heptagon rules list` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// The rule's `id`.
    pub rule_id: String,
    /// The rule's `title`.
    pub title: String,
    /// The rule's `level`.
    pub level: Level,
    /// One event or several.
    pub kind: RuleKind,
    /// `cloudtrail`, `bedrock_invocation`, or empty for a correlation over both.
    pub service: String,
    /// Elements it speaks to (tags `heptagon.element.<slug>`).
    pub elements: Vec<Element>,
    /// ATT&CK techniques, `T1078.004`.
    pub attack: Vec<String>,
    /// ATLAS techniques, `AML.T0051`.
    pub atlas: Vec<String>,
    /// OWASP entries, `LLM01:2025`, `LLM03:2023`, `ASI02:2026`.
    pub owasp: Vec<String>,
    /// What the rule means.
    pub description: String,
    /// What else could explain a match.
    pub false_positives: Vec<String>,
    /// What to do first.
    pub triage: Vec<String>,
    /// What a match proves: `high` when the event is the thing itself, lower when it hints at it.
    pub confidence: Confidence,
}

/// A rule matched, for one group, once or often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// 16 hex digits of the hash of (rule, group key, scope).
    pub finding_id: String,
    /// The rule's `id`.
    pub rule_id: String,
    /// The rule's `title`.
    pub title: String,
    /// The rule's `level`.
    pub level: Level,
    /// Elements it speaks to.
    pub elements: Vec<Element>,
    /// Earliest event.
    pub first_time: Timestamp,
    /// Latest event.
    pub last_time: Timestamp,
    /// Events behind it.
    pub count: u64,
    /// Principals of the events, sorted.
    pub principals: Vec<String>,
    /// Source addresses of the events, sorted.
    pub source_ips: Vec<String>,
    /// Resources of the events, sorted.
    pub resources: Vec<String>,
    /// The events, at most 1,000.
    pub refs: Vec<EvidenceRef>,
    /// ATT&CK techniques.
    pub attack: Vec<String>,
    /// ATLAS techniques.
    pub atlas: Vec<String>,
    /// OWASP entries.
    pub owasp: Vec<String>,
    /// What the match proves.
    pub confidence: Confidence,
    /// One sentence.
    pub summary: String,
}
