//! What answers are made of: plain values, whatever store they come from.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::{ArtifactRow, EvidenceRef, Finding, Timestamp};

/// An event with its parameters, as it passes by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observation<'a> {
    /// When.
    pub time: Timestamp,
    /// The account it is about.
    pub account: &'a str,
    /// The region that recorded it.
    pub region: &'a str,
    /// Who, without session.
    pub principal: &'a str,
    /// The smallest identity behind it.
    pub actor: &'a str,
    /// `bedrock.amazonaws.com`.
    pub event_source: &'a str,
    /// `DeleteGuardrail`.
    pub event_name: &'a str,
    /// The coverage category.
    pub category: &'a str,
    /// What it was done to.
    pub resource: Option<&'a str>,
    /// `success` or the error code.
    pub outcome: &'a str,
    /// From where.
    pub source_ip: Option<&'a str>,
    /// With what client.
    pub user_agent: Option<&'a str>,
    /// JSON as recorded.
    pub request_parameters: Option<&'a str>,
    /// JSON as recorded.
    pub response_elements: Option<&'a str>,
    /// First 16 hex digits of the artifact's SHA-256.
    pub artifact: &'a str,
    /// The record in it.
    pub record: u64,
}

impl Observation<'_> {
    /// Whether it took effect.
    pub fn succeeded(&self) -> bool {
        self.outcome == "success"
    }

    /// Whether it was refused for lack of rights.
    pub fn denied(&self) -> bool {
        is_denial(self.outcome)
    }
}

/// Whether an outcome is a refusal for lack of rights.
pub fn is_denial(outcome: &str) -> bool {
    ["AccessDenied", "Unauthorized", "NotAuthorized", "Forbidden", "AuthorizationError"]
        .iter()
        .any(|mark| outcome.contains(mark))
}

/// A record, without its file's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ref {
    /// First 16 hex digits of the artifact's SHA-256.
    pub artifact: String,
    /// The record in it.
    pub record: u64,
}

/// Events of a category in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceRow {
    /// `cloudtrail`, `bedrock-invocation`.
    pub source: String,
    /// The coverage category.
    pub category: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The hour's start.
    pub hour: Timestamp,
    /// How many.
    pub events: u64,
    /// The earliest.
    pub first_time: Timestamp,
    /// The latest.
    pub last_time: Timestamp,
    /// False for filtered extracts.
    pub complete_source: bool,
}

/// An actor, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActorRow {
    /// The key.
    pub actor: String,
    /// `access-key`, `session`, `service-credential`, ...
    pub kind: String,
    /// The account.
    pub account: String,
    /// The principal, without session.
    pub principal: String,
    /// Access keys seen.
    pub access_keys: Vec<String>,
    /// Addresses seen.
    pub source_ips: Vec<String>,
    /// Clients seen.
    pub user_agents: Vec<String>,
    /// Regions seen.
    pub regions: Vec<String>,
    /// Earliest event.
    pub first_time: Timestamp,
    /// Latest event.
    pub last_time: Timestamp,
    /// Events.
    pub events: u64,
    /// Changes.
    pub writes: u64,
    /// Refused calls.
    pub denied: u64,
}

/// An actor at one address with one client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The actor.
    pub actor: String,
    /// From where.
    pub source_ip: String,
    /// No later than this it came from there first.
    pub first_time: Timestamp,
    /// No later than this it came from there last.
    pub last_time: Timestamp,
    /// On how many UTC days.
    pub days: u64,
}

/// A finding and who is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// The finding, its refs capped.
    pub finding: Finding,
    /// Actors of its events, with the addresses they came from.
    pub actors: BTreeMap<String, Vec<String>>,
}

/// Model calls of one actor, model, address and hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    /// `cloudtrail` or `bedrock-invocation`.
    pub source: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Who, without session.
    pub principal: String,
    /// The actor; the principal when the invocation log could not be joined.
    pub actor: String,
    /// The model.
    pub model: String,
    /// From where, by CloudTrail.
    pub source_ip: Option<String>,
    /// The hour's start.
    pub hour: Timestamp,
    /// Calls that succeeded.
    pub calls: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Of CloudTrail's successful calls, those whose invocation record is in the evidence.
    pub logged: u64,
    /// Input and output tokens.
    pub tokens: u64,
    /// The earliest record.
    pub first_ref: Ref,
    /// The earliest event.
    pub first_time: Timestamp,
}

/// A principal, model and guardrail that were used together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardrailUse {
    /// Who.
    pub principal: String,
    /// The guardrail.
    pub guardrail: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Calls.
    pub calls: u64,
    /// The earliest record.
    pub first_ref: Ref,
}

/// A service and how much it was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUse {
    /// `sagemaker.amazonaws.com`.
    pub event_source: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Events.
    pub events: u64,
    /// Those that succeeded and changed or invoked something.
    pub uses: u64,
}

/// What data events say about one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSeen {
    /// The data event's type, `AWS::S3::Object`.
    pub data_type: String,
    /// The bucket, or the resource's ARN.
    pub store: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// Earliest event.
    pub first_time: Timestamp,
    /// Latest event.
    pub last_time: Timestamp,
}

/// Messages in the invocation logs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageStats {
    /// Messages by (direction, role, part).
    pub by_kind: BTreeMap<(String, String, String), u64>,
    /// Tools called, with counts and the first record.
    pub tools: BTreeMap<String, (u64, Ref)>,
    /// Invocations whose body lies in an object that is not in the evidence.
    pub missing_bodies: u64,
    /// The first of them.
    pub missing_body_ref: Option<Ref>,
}

/// What an actor did, by event name, address and store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The actor.
    pub actor: String,
    /// Who, without session.
    pub principal: String,
    /// From where.
    pub source_ip: Option<String>,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// `s3.amazonaws.com`.
    pub event_source: String,
    /// `GetObject`.
    pub event_name: String,
    /// The coverage category.
    pub category: String,
    /// The bucket, or the resource.
    pub resource: Option<String>,
    /// How many succeeded.
    pub success: u64,
    /// How many were denied.
    pub denied: u64,
    /// How many failed otherwise.
    pub failed: u64,
    /// Earliest.
    pub first_time: Timestamp,
    /// Latest.
    pub last_time: Timestamp,
    /// The earliest record.
    pub first_ref: Ref,
}

/// A configuration snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// `cloudtrail:GetEventSelectors`.
    pub kind: String,
    /// The account, when it is known.
    pub account: Option<String>,
    /// The region, when it is known.
    pub region: Option<String>,
    /// The answer, JSON as recorded.
    pub document: String,
    /// Where it is.
    pub reference: Ref,
}

/// Everything that is small enough to hold.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The case's id.
    pub case: String,
    /// Files and members.
    pub artifacts: Vec<ArtifactRow>,
    /// Events by hour.
    pub presence: Vec<PresenceRow>,
    /// Actors.
    pub actors: Vec<ActorRow>,
    /// Where actors came from.
    pub origins: Vec<Origin>,
    /// Findings.
    pub findings: Vec<FindingRow>,
    /// Model calls by hour.
    pub model_calls: Vec<ModelCall>,
    /// Guardrails in use.
    pub guardrails: Vec<GuardrailUse>,
    /// Services in use.
    pub services: Vec<ServiceUse>,
    /// Stores in data events.
    pub stores: Vec<StoreSeen>,
    /// Messages.
    pub messages: MessageStats,
    /// Configuration snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Accounts and regions whose invocation records hold text; looked for only where a snapshot
    /// says that they do not.
    pub text_places: BTreeSet<(String, String)>,
}

/// Why records could not be had.
pub type RecordsError = Box<dyn std::error::Error + Send + Sync>;

/// What has to be read from the store while answering.
pub trait Records {
    /// Calls `visit` for every observation, in the order of time; `with_parameters` says whether
    /// request parameters and response elements are needed.
    fn observations(
        &self,
        with_parameters: bool,
        visit: &mut dyn FnMut(&Observation<'_>),
    ) -> Result<(), RecordsError>;

    /// What these actors did, sorted by time: those of `by_address` with their addresses apart.
    fn activity(
        &self,
        by_address: &BTreeSet<String>,
        summed: &BTreeSet<String>,
    ) -> Result<Vec<Activity>, RecordsError>;
}

/// File names by artifact, to complete references.
#[derive(Debug, Clone, Default)]
pub(crate) struct RefBook {
    uris: BTreeMap<String, String>,
}

impl RefBook {
    pub(crate) fn new(artifacts: &[ArtifactRow]) -> RefBook {
        let uris = artifacts.iter().map(|row| (row.artifact.clone(), row.uri.clone())).collect();
        RefBook { uris }
    }

    pub(crate) fn complete(&self, artifact: &str, record: u64) -> EvidenceRef {
        EvidenceRef {
            artifact: artifact.to_owned(),
            uri: self.uris.get(artifact).cloned().unwrap_or_default(),
            record,
        }
    }

    pub(crate) fn of(&self, reference: &Ref) -> EvidenceRef {
        self.complete(&reference.artifact, reference.record)
    }
}
