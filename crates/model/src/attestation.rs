//! Answers only people can give.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// An answer given by a person, kept with name and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// The question's id.
    pub question_id: String,
    /// What was said.
    pub statement: String,
    /// Who said it.
    pub by: String,
    /// When it was said.
    pub at: Timestamp,
}
