//! One member of an archive on its way to becoming an artifact.

use std::io::{self, Read, Seek, Write};

use heptagon_model::{ArtifactId, ProblemCode};

use crate::EvidenceError;
use crate::codec::Allowance;
use crate::discover::describe;
use crate::hash::{sha256, sha256_of};
use crate::name::MemberName;
use crate::outcome::{Fault, Outcome};
use crate::walk::{Found, GROWTH, Raw, Walk};

/// An archive member before it is read.
pub(super) struct Member {
    pub(super) name: MemberName,
    pub(super) duplicate: bool,
    /// Size as the archive says, if it does; it is not believed.
    pub(super) size: Option<u64>,
    pub(super) depth: u32,
}

impl Walk<'_> {
    /// Reads one member of `archive` as an artifact; a fault given back ends the whole archive.
    pub(super) fn member(
        &mut self,
        archive: &mut Outcome,
        member: Member,
        content: &mut dyn Read,
    ) -> Result<Option<Fault>, EvidenceError> {
        if !self.visitor.wants_member(&member.name.uri) {
            return Ok(None);
        }
        let allowance = self.allowance(u64::MAX, member.depth);
        let max = self.whole_max(allowance);
        let mut room = self.tools.raw.pop().unwrap_or_default();
        room.clear();
        room.reserve(
            usize::try_from(member.size.unwrap_or(0)).unwrap_or(max).min(max).saturating_add(1),
        );
        let cut = content.take(max as u64 + 1).read_to_end(&mut room).err();
        let result = if room.len() > max && max as u64 == allowance.bytes {
            Ok(Some(allowance.fault()))
        } else if room.len() > max {
            self.large_member(archive, member, &room, content, allowance)
        } else {
            let id = ArtifactId(sha256(&room));
            let bytes = room.len() as u64;
            self.member_artifact(archive, member, Raw::Memory(&room), id, bytes, cut).map(|()| None)
        };
        self.tools.raw.push(room);
        result
    }

    fn large_member(
        &mut self,
        archive: &mut Outcome,
        member: Member,
        start: &[u8],
        content: &mut dyn Read,
        allowance: Allowance,
    ) -> Result<Option<Fault>, EvidenceError> {
        let mut spilled = self.spill(&member.name.uri)?;
        let uri = member.name.uri.clone();
        let failed = |source| EvidenceError::Scratch {
            uri: uri.clone(),
            path: self.scratch.to_owned(),
            source,
        };
        spilled.write_all(start).map_err(failed)?;
        let mut bytes = start.len() as u64;
        let mut block = vec![0; GROWTH];
        let cut = loop {
            match content.read(&mut block) {
                Ok(0) => break None,
                Ok(count) => {
                    bytes += count as u64;
                    if bytes > allowance.bytes {
                        return Ok(Some(allowance.fault()));
                    }
                    spilled.write_all(&block[..count]).map_err(failed)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        spilled.rewind().map_err(failed)?;
        let hashed = sha256_of(&mut spilled, bytes);
        if let Some(source) = hashed.stopped {
            return Err(failed(source));
        }
        spilled.rewind().map_err(failed)?;
        let id = ArtifactId(hashed.sha256);
        self.member_artifact(archive, member, Raw::File(&spilled), id, hashed.bytes, cut)?;
        Ok(None)
    }

    fn member_artifact(
        &mut self,
        archive: &mut Outcome,
        member: Member,
        raw: Raw<'_>,
        id: ArtifactId,
        bytes: u64,
        cut: Option<io::Error>,
    ) -> Result<(), EvidenceError> {
        self.charge(bytes, member.depth);
        let mut faults = Vec::new();
        if let Some(what) = member.name.fault {
            let reason =
                format!("member name with {what}: read under an escaped name, never written");
            faults.push(Fault::warning(ProblemCode::UnsafeMember, reason));
        }
        if member.duplicate {
            let reason = "second member of the same name in the archive: both were read";
            faults.push(Fault::warning(ProblemCode::UnsafeMember, reason));
        }
        // Without a size, only damage or the archive's own end can cut a member.
        let truncated = member.size.map_or(cut.is_some(), |size| bytes < size);
        let of_size = member.size.map_or_else(String::new, |size| format!(" of {size}"));
        match cut {
            Some(error) if truncated && error.kind() != io::ErrorKind::UnexpectedEof => {
                let reason =
                    format!("member damaged after {bytes}{of_size} bytes ({})", describe(&error));
                faults.push(Fault::lost(ProblemCode::CorruptArchive, reason));
            }
            Some(_) | None if truncated => {
                let reason = format!("member ends after {bytes}{of_size} bytes: they were read");
                faults.push(Fault::warning(ProblemCode::Truncated, reason));
            }
            Some(error) => {
                let reason = format!("member read in full, but: {}", describe(&error));
                faults.push(Fault::warning(ProblemCode::CorruptArchive, reason));
            }
            None => {}
        }
        archive.truncated |= truncated;
        self.artifact(Found {
            raw,
            id,
            bytes,
            uri: member.name.uri,
            depth: member.depth,
            truncated,
            faults,
        })
    }
}
