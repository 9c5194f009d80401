//! Bytes to records and problems, one module per source and container.
//!
//! Job: take an artifact's decompressed content in windows and hand over every record in it, typed
//! and borrowed, with everything that could not be read as a problem. Place in the flow: between
//! `evidence`, which opens artifacts, and `detect` and `ingest`, which use the records; it opens no
//! file. Invariants: every ordinal goes to exactly one record, notice or lost-record problem, so
//! `records = handed over + notices + lost`; memory is bounded by the limits whatever the content;
//! how the content is cut into windows never changes what is found; nothing in evidence is an error
//! or a panic.

pub mod cloudtrail;
pub mod configuration;
mod element;
mod encoding;
mod hint;
pub mod invocation;
mod json;
mod kind;
mod parser;
mod rebuild;
mod record;
#[cfg(test)]
mod testing;

use heptagon_model::Limits;

pub use cloudtrail::{Category, CloudTrailRecord, UserIdentity};
pub use configuration::{Configuration, ConfigurationKind};
pub use invocation::Invocation;
pub use parser::Parser;
pub use record::{ContentKind, End, Envelope, Record, RecordMeta, RecordProblem, Sink};

/// Reads content that is in memory as a whole.
pub fn parse_all(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> ContentKind {
    let mut parser = Parser::new(limits);
    parser.feed(bytes, End::Eof, sink);
    parser.kind()
}
