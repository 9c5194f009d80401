//! The pipeline: artifacts to records to matches to sorted runs to tables.
//!
//! Job: bring evidence into a case. Place in the flow: between `evidence`, `parse` and `detect` on
//! one side and `case` on the other. Workers read artifacts side by side and write sorted runs; the
//! runs of a UTC day are merged, copies of an event are found, and the tables of the day written.
//!
//! Invariants:
//! * The same evidence, content and version give the same tables, whatever the order of the files,
//!   the number of threads or of runs, and however often a run was killed.
//! * Every record of every artifact is accounted for in the manifest.
//! * Memory is bounded by the workers' buffers and the fan-in of the merge, not by the evidence.
//! * Nothing is visible in the case before the one swap of `tables.json`.

mod aggregate;
mod artifact;
mod bodies;
mod columns;
mod commit;
mod configuration;
mod counters;
mod day;
mod error;
mod findings;
mod fold;
mod journal;
mod key;
mod late;
mod manifest;
mod matches;
mod merge;
mod pipeline;
mod place;
mod project;
mod resolve;
mod rows;
mod run;
mod tables;
mod valid;
mod worker;

pub use counters::{Counters, Reading};
pub use day::{Candidate, Select};
pub use error::IngestError;
pub use matches::CONFLICT_RULE;
pub use pipeline::{Ingest, IngestOptions, Summary};
