//! Loads, validates and embeds the content: rules, questions, catalog.
//!
//! Job: content is data; this crate finds it and gives it to the code that interprets it.
//! Place in the flow: before everything else, once per run. Invariants: content never changes
//! during a run, and its hash goes into every case.

pub mod catalog;
pub mod embedded;
pub mod questions;
pub mod rules;

pub use embedded::{ContentFile, VERSION, files, hash, text};
pub use rules::{fixtures, rules};
