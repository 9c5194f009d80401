//! Tar archives, read as a stream.

use std::cell::Cell;
use std::io::{self, Read};

use heptagon_model::ProblemCode;

use super::Names;
use super::entry::Member;
use crate::EvidenceError;
use crate::name;
use crate::outcome::{Fault, Outcome};
use crate::walk::Walk;

/// Bytes of headers (long names, extensions) that one member may have.
const HEADERS_MAX: u64 = 1 << 20;
/// Padding after a member's data.
const BLOCK: u64 = 512;

impl Walk<'_> {
    /// Reads the members of a tar; gives what ended the reading before the end, if anything did.
    pub(crate) fn tar(
        &mut self,
        archive: &mut Outcome,
        reader: &mut dyn Read,
        depth: u32,
    ) -> Result<Option<Fault>, EvidenceError> {
        archive.container = Some("tar");
        if let Some(fault) = self.too_deep(depth) {
            return Ok(Some(fault));
        }
        let (allowed, passed) = (Cell::new(HEADERS_MAX), Cell::new(0));
        let mut names = Names::default();
        let mut tar = tar::Archive::new(Gate { inner: reader, allowed: &allowed, passed: &passed });
        // Concatenated archives have blocks of zeros between them.
        tar.set_ignore_zeros(true);
        let entries = match tar.entries() {
            Ok(entries) => entries,
            Err(error) => return Ok(Some(broken(&error))),
        };
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => return Ok(Some(broken(&error))),
            };
            allowed.set(u64::MAX);
            let data_start = passed.get();
            // A sparse member is larger than what is stored of it.
            let stored = if entry.header().entry_type().is_gnu_sparse() {
                entry.header().entry_size().unwrap_or(0)
            } else {
                entry.size()
            };
            if let Some(fault) = self.count_member() {
                return Ok(Some(fault));
            }
            let member_name = name::of_member(&archive.header.uri, &entry.path_bytes());
            let kind = entry.header().entry_type();
            if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
                let member = Member {
                    duplicate: !names.insert(&member_name.uri),
                    name: member_name,
                    size: Some(entry.size()),
                    depth: depth + 1,
                };
                if let Some(fault) = self.member(archive, member, &mut entry)? {
                    return Ok(Some(fault));
                }
            } else if let Some(fault) = passed_over(kind, entry.link_name_bytes().as_deref()) {
                archive.member_fault(member_name.uri, fault);
            }
            let left = stored.saturating_sub(passed.get() - data_start);
            allowed.set(left.saturating_add(BLOCK + HEADERS_MAX));
        }
        Ok(None)
    }
}

fn passed_over(kind: tar::EntryType, link: Option<&[u8]>) -> Option<Fault> {
    let target = name::show(link.unwrap_or_default());
    let unsafe_member = |reason| Some(Fault::lost(ProblemCode::UnsafeMember, reason));
    if kind.is_dir() || kind.is_pax_global_extensions() {
        None
    } else if kind.is_hard_link() {
        Some(Fault::warning(
            ProblemCode::UnsafeMember,
            format!("hard link to {target}, not followed"),
        ))
    } else if kind.is_symlink() {
        unsafe_member(format!("symbolic link to {target}, not followed"))
    } else if kind.is_character_special() || kind.is_block_special() {
        unsafe_member("device, not read".into())
    } else if kind.is_fifo() {
        unsafe_member("named pipe, not read".into())
    } else {
        let reason = format!("tar member of unknown type {:#04x}, not read", kind.as_byte());
        Some(Fault::lost(ProblemCode::Unsupported, reason))
    }
}

fn broken(error: &io::Error) -> Fault {
    let text = error.to_string();
    if error.kind() == io::ErrorKind::UnexpectedEof
        || text.contains("unexpected EOF")
        || text.contains("failed to read entire block")
        || text.contains("no future member")
    {
        return Fault::warning(
            ProblemCode::Truncated,
            "the tar ends early: every member before the cut was read",
        );
    }
    let why = name::show(text.as_bytes());
    Fault::lost(
        ProblemCode::CorruptArchive,
        format!("the tar is damaged ({why}): members after the damage were not read"),
    )
}

/// Lets only so many bytes of headers through: the library reads long names into memory.
struct Gate<'a> {
    inner: &'a mut dyn Read,
    allowed: &'a Cell<u64>,
    passed: &'a Cell<u64>,
}

impl Read for Gate<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let allowed = self.allowed.get();
        if allowed == 0 {
            return Err(io::Error::other("member header too long"));
        }
        let want = usize::try_from(allowed).unwrap_or(into.len()).min(into.len());
        let count = self.inner.read(&mut into[..want])?;
        if allowed != u64::MAX {
            self.allowed.set(allowed - count as u64);
        }
        self.passed.set(self.passed.get() + count as u64);
        Ok(count)
    }
}
