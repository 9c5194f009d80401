//! Intake: opens, unpacks within limits, recognises and hashes artifacts; manifest and custody ledger.
//!
//! Job: the only crate that reads evidence. [`discover`] lists the files under the roots,
//! [`Opener`] hands every artifact (file, then members of archives) to a [`Visitor`], [`manifest`]
//! writes down what was taken in, [`Ledger`] what was done, [`verify`] holds the evidence against
//! both, and [`fetch`](Opener::fetch) goes back from a reference to the bytes.
//!
//! Place in the flow: first; `ingest` drives it and passes the bytes on to `parse`.
//!
//! Invariants: evidence is opened for reading only; nothing is ever written under a name that came
//! from evidence; what cannot be read becomes a `Problem` and never an error or a panic (an error
//! is ours: a missing root, a full scratch disk); every bound is a field of `Limits` and is named
//! when it is hit; the same bytes give the same calls in the same order.

mod archive;
mod budget;
mod codec;
mod discover;
mod error;
mod fetch;
mod flow;
mod gzip;
mod hash;
pub mod ledger;
pub mod manifest;
pub mod name;
mod opener;
mod outcome;
mod recognise;
mod spill;
mod verify;
mod visit;
mod walk;
mod zstandard;

#[cfg(test)]
mod tests;

pub use discover::{Discovery, FoundFile, discover};
pub use error::EvidenceError;
pub use fetch::Range;
pub use ledger::{Ledger, LedgerState};
pub use opener::Opener;
pub use recognise::is_truth;
pub use verify::{ArtifactCheck, Verification, verify};
pub use visit::{ArtifactDone, ArtifactHeader, Content, Encoding, Stream, Visitor};
