//! The nouns of an incident, in the words analysts use.
//!
//! Job: the types every other crate speaks. Place in the flow: under everything; it knows no file
//! system, no clock and no serialization format but serde's derives on what leaves the tool.
//! Invariants: times are UTC microseconds; a reference into evidence always names artifact and
//! record; enums, not strings, where the set is ours.

pub mod answer;
pub mod artifact;
pub mod attestation;
pub mod coverage;
pub mod element;
pub mod event;
pub mod fields;
pub mod finding;
pub mod limits;
pub mod principal;
pub mod problem;
pub mod time;

pub use answer::{Answer, AnswerSet, Confidence, ElementAnswers, Fact, Gap, Observed, Verdict};
pub use artifact::{Accounting, ArtifactId, ArtifactRow, EvidenceRef};
pub use attestation::Attestation;
pub use coverage::{Basis, CoverageRow, CoverageState};
pub use element::Element;
pub use event::{EventRow, Outcome, SourceKind};
pub use fields::{FieldValue, Fields, LogSource};
pub use finding::{Finding, Level, RuleInfo, RuleKind};
pub use limits::Limits;
pub use principal::{ActorKind, actor_key, canonical_principal};
pub use problem::{Problem, ProblemCode, Severity};
pub use time::Timestamp;
