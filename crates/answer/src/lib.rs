//! The workload, coverage and the seven elements answered.
//!
//! Job: from what a case holds to verdicts. Place in the flow: after `case`, before `report`.
//! [`load`] turns tables into [`input::Inputs`]; everything else works on those plain values, so
//! that every verdict can be tested on a few lines of YAML.
//!
//! Invariants: "no" is only said where it could have been seen, in the whole scope; leaving evidence
//! out never creates a "no" out of anything it showed; nothing here reads a clock, and the same
//! inputs give the same answers; work and memory follow distinct actors, hours and observations,
//! never all events.

pub mod actors;
pub mod coverage;
pub mod engine;
#[cfg(test)]
mod fixtures;
pub mod input;
pub mod load;
mod network;
mod scope;
mod settings;
mod text;
pub mod workload;

pub use actors::{Actor, Containment};
pub use engine::{Options, Outcome, answer};
pub use input::{Inputs, Observation, Records};
pub use load::{CaseInputs, LoadError};
pub use workload::Workload;
