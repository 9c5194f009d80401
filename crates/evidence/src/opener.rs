//! Opens files one after the other, keeping buffers and decompressor state.

use std::fs::{File, Metadata};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use heptagon_model::{ArtifactId, Limits, Problem, ProblemCode, Severity};

use crate::discover::describe;
use crate::hash::{sha256, sha256_of};
use crate::outcome::Fault;
use crate::visit::Visitor;
use crate::walk::{Found, Raw, Tools, Walk};
use crate::{EvidenceError, FoundFile};

/// Reads evidence files; one per thread, reused from file to file.
pub struct Opener {
    limits: Limits,
    scratch: PathBuf,
    tools: Tools,
}

impl Opener {
    /// An opener with its bounds, and the folder for archive members that do not fit into memory
    /// (made when the first one comes; what is in it has no name and vanishes with the process).
    pub fn new(limits: &Limits, scratch: &Path) -> Opener {
        Opener { limits: *limits, scratch: scratch.to_owned(), tools: Tools::default() }
    }

    /// Reads one file and everything in it; an error is only ever about the scratch folder, and
    /// then the artifact is not `done` and can be read again.
    pub fn visit(
        &mut self,
        file: &FoundFile,
        visitor: &mut dyn Visitor,
    ) -> Result<(), EvidenceError> {
        let opened = File::open(&file.path).and_then(|opened| {
            let metadata = opened.metadata()?;
            Ok((opened, metadata))
        });
        let (mut opened, before) = match opened {
            Ok((_, metadata)) if !metadata.is_file() => {
                visitor.problem(unreadable(file, "no longer a regular file"));
                return Ok(());
            }
            Ok(opened) => opened,
            Err(error) => {
                visitor.problem(unreadable(file, &describe(&error)));
                return Ok(());
            }
        };
        let mut room = self.tools.raw.pop().unwrap_or_default();
        room.clear();
        let whole_max = self.limits.whole_bytes_max as u64;
        let mut in_memory = before.len() <= whole_max;
        let mut stopped = None;
        if in_memory {
            room.reserve(before.len() as usize + 1);
            stopped = Read::take(&mut opened, whole_max + 1).read_to_end(&mut room).err();
            in_memory = room.len() as u64 <= whole_max;
        }
        let (hash, bytes) = if in_memory {
            (sha256(&room), room.len() as u64)
        } else {
            let start = opened.rewind();
            let hashed = sha256_of(&mut opened, u64::MAX);
            stopped = start.and_then(|()| opened.rewind()).err().or(hashed.stopped);
            (hashed.sha256, hashed.bytes)
        };
        let truncated = stopped.is_some();
        let mut faults = Vec::new();
        if let Some(error) = stopped {
            let why = describe(&error);
            if bytes == 0 {
                visitor.problem(unreadable(file, &why));
                self.tools.raw.push(room);
                return Ok(());
            }
            let reason = format!("reading stopped after {bytes} bytes: {why}");
            faults.push(Fault::lost(ProblemCode::Unreadable, reason));
        }
        if !truncated && opened.metadata().is_ok_and(|after| has_changed(&before, &after, bytes)) {
            faults.push(Fault::warning(
                ProblemCode::ChangedDuringRead,
                "the file changed while it was read: its hash and records are of what was read",
            ));
        }
        let raw = if in_memory { Raw::Memory(&room) } else { Raw::File(&opened) };
        let mut walk = Walk {
            limits: &self.limits,
            scratch: &self.scratch,
            tools: &mut self.tools,
            visitor,
            file_bytes: bytes,
            members: 0,
            unpacked: 0,
        };
        let id = ArtifactId(hash);
        let uri = file.uri.clone();
        let result = walk.artifact(Found { raw, id, bytes, uri, depth: 0, truncated, faults });
        self.tools.raw.push(room);
        result
    }
}

fn has_changed(before: &Metadata, after: &Metadata, read: u64) -> bool {
    before.len() != read || after.len() != read || before.modified().ok() != after.modified().ok()
}

fn unreadable(file: &FoundFile, why: &str) -> Problem {
    Problem {
        artifact: String::new(),
        uri: file.uri.clone(),
        record: None,
        offset: None,
        severity: Severity::Lost,
        code: ProblemCode::Unreadable,
        reason: format!("cannot be read: {why}"),
    }
}
