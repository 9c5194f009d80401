//! Content that has to be sought in and does not fit into memory goes to the scratch folder.

use std::fs::File;
use std::io::{self, Seek, Write};

use crate::EvidenceError;
use crate::flow::{Flow, Tap};
use crate::walk::{GROWTH, Walk};

impl Walk<'_> {
    /// A file without a name in the scratch folder; it is gone when it is closed.
    pub(crate) fn spill(&self, uri: &str) -> Result<File, EvidenceError> {
        std::fs::create_dir_all(self.scratch)
            .and_then(|()| tempfile::tempfile_in(self.scratch))
            .map_err(|source| self.scratch_error(uri, source))
    }

    pub(crate) fn write_spill(
        &self,
        uri: &str,
        file: &mut File,
        tap: &mut Tap<'_>,
    ) -> Result<(), EvidenceError> {
        let mut block = vec![0; GROWTH];
        loop {
            match tap.pull(&mut block) {
                0 => return file.rewind().map_err(|source| self.scratch_error(uri, source)),
                count => file
                    .write_all(&block[..count])
                    .map_err(|source| self.scratch_error(uri, source))?,
            }
        }
    }

    pub(crate) fn scratch_error(&self, uri: &str, source: io::Error) -> EvidenceError {
        EvidenceError::Scratch { uri: uri.to_owned(), path: self.scratch.to_owned(), source }
    }
}
