//! Correlations over sorted matches, and findings.
//!
//! `rsigma` has a correlation engine, and we parse its rule form, but do not use the engine here:
//! it keeps at most a few references to contributing events and none for chains, lets events of
//! the same second count as ordered, evaluates per arrival (so that the order of equal times
//! shows), and evicts state beyond a bound with no more than a log line. Findings of an incident
//! need every contributing event, independence of arrival, and a word when something was dropped.
//!
//! Semantics:
//! * Matches of the same time are one step: conditions are looked at once after all of them.
//! * A sliding window at time `t` holds the events of `[t - timespan, t]`. `tumbling` windows are
//!   aligned to the epoch; a `session` ends after `gap` without an event, or after `timespan`.
//! * `temporal` without a condition, or with `gte: 1`, wants all of its rules in one window.
//! * `temporal_ordered` wants an event of each rule in strictly later seconds: CloudTrail's clock
//!   is one second, and within it the order is unknown.
//! * An event without a group-by field belongs to the group of those without it; one without the
//!   counted field is not counted.
//! * When a condition holds, every event of the window contributes to the finding of the group; a
//!   group has one finding, however often its condition holds. A correlation over a correlation
//!   sees a match each time the condition holds with something new.

mod correlator;
mod finding;
mod plan;
mod window;

pub use correlator::{Correlator, Match};
pub use finding::{FindingDraft, Findings, MatchRef, Overflow, RefRow};
pub(crate) use plan::{Plan, Referent};
