//! Sigma rules over records, correlations over sorted matches, rule tests.
//!
//! Job: load rules (our own and other packs'), match them against records, correlate the matches,
//! and turn both into findings. Place in the flow: a [`Matcher`] runs inside ingest on every record
//! as it is parsed; a [`Correlator`] runs once, over the sorted and deduplicated matches.
//!
//! Invariants:
//! * A bad rule is a [`RuleFault`] with a code and a hint; it never stops the others.
//! * The index over `(eventSource, eventName)` and the gates only ever leave out rules that cannot
//!   match: with them or without them, the matches are the same (tests hold both against each
//!   other, and against `rsigma`'s own engine).
//! * Findings depend on the matches alone, not on the order in which matches of the same time come.
//! * State is bounded; when a bound is hit, the findings say so.
//! * This crate knows records through [`heptagon_model::Fields`] only: no parsing, no files, no clock.
//!
//! Meaning of rules, where Sigma leaves it open:
//! * A rule speaks of records when its log source is `product: aws` with `service: cloudtrail` or
//!   `service: bedrock_invocation`; every other rule is not applicable, which is a note, not a fault.
//! * A rule that a correlation refers to makes findings by itself only if a correlation that refers
//!   to it says `generate: true`, or the rule itself says `heptagon: {observe: true}`.
//! * Without a `level` a rule is `medium`.

mod correlate;
mod matching;
mod rules;
#[cfg(test)]
mod tests;
mod text;

pub mod fixtures;
pub mod lint;
pub mod session;

pub use correlate::{Correlator, FindingDraft, Findings, Match, MatchRef, Overflow, RefRow};
pub use matching::Matcher;
pub use rules::{NotApplicable, RuleFault, RuleFile, RuleSet};
