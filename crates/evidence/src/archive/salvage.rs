//! Zip archives without a usable central directory: members are found by their local headers.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use heptagon_model::ProblemCode;

use super::Names;
use super::entry::Member;
use super::member::{DEFLATED, Inflating, LocalHeader, Packed, STORED, Source};
use crate::EvidenceError;
use crate::name;
use crate::outcome::{Fault, Outcome};
use crate::walk::Walk;

/// What the directory gave before it broke.
#[derive(Default)]
pub(super) struct Known {
    /// Offsets of the local headers of members that were read.
    pub(super) read: BTreeSet<u64>,
    pub(super) names: Names,
}

impl Walk<'_> {
    /// Reads what the directory did not lead to; gives a fault that ends the archive.
    pub(super) fn salvage_zip<R: Read + Seek>(
        &mut self,
        archive: &mut Outcome,
        reader: R,
        depth: u32,
        mut known: Known,
        why: &str,
    ) -> Result<(), EvidenceError> {
        let mut found = 0;
        let by_directory = known.read.len();
        if let Ok(mut source) = Source::new(reader) {
            while let Some(local) = source.next_local_header() {
                if known.read.contains(&local.at) {
                    if !local.skip(&mut source) {
                        break;
                    }
                    continue;
                }
                found += 1;
                if let Some(fault) = self.count_member() {
                    archive.fault(fault);
                    break;
                }
                if let Some(fault) =
                    self.salvage_member(archive, &mut source, &local, depth, &mut known.names)?
                {
                    archive.fault(fault);
                    break;
                }
            }
        }
        archive.truncated = true;
        let code = if by_directory + found == 0 {
            ProblemCode::CorruptArchive
        } else {
            ProblemCode::Truncated
        };
        let reason = format!(
            "the zip's directory cannot be read to its end ({why}): {by_directory} members were found by it \
             and {found} by their own headers, others may be missing"
        );
        archive.fault(Fault::lost(code, reason));
        Ok(())
    }

    fn salvage_member<R: Read + Seek>(
        &mut self,
        archive: &mut Outcome,
        source: &mut Source<R>,
        local: &LocalHeader,
        depth: u32,
        names: &mut Names,
    ) -> Result<Option<Fault>, EvidenceError> {
        let name = name::of_member(&archive.header.uri, &local.name);
        let lost = if local.name.ends_with(b"/") {
            local.skip(source);
            return Ok(None);
        } else if local.encrypted {
            Some((ProblemCode::Unreadable, "encrypted zip member, not read"))
        } else if !matches!(local.method, STORED | DEFLATED) {
            Some((
                ProblemCode::Unsupported,
                "zip member with another compression than deflate, not read",
            ))
        } else if local.method == STORED && local.packed.is_none() {
            Some((ProblemCode::CorruptArchive, "zip member of unknown size, not read"))
        } else {
            None
        };
        if let Some((code, reason)) = lost {
            archive.member_fault(name.uri, Fault::lost(code, reason));
            local.skip(source);
            return Ok(None);
        }
        let member = Member {
            duplicate: !names.insert(&name.uri),
            name,
            size: local.size,
            depth: depth + 1,
        };
        let start = source.at;
        let fault = {
            let packed = Packed { source, left: local.packed };
            match local.method {
                STORED => self.member(archive, member, &mut { packed })?,
                _ => self.member(archive, member, &mut Inflating::new(packed, local.crc))?,
            }
        };
        if let Some(packed) = local.packed
            && source.seek_to(start.saturating_add(packed)).is_err()
        {
            return Ok(Some(Fault::lost(ProblemCode::Unreadable, "seeking in the zip failed")));
        }
        Ok(fault)
    }
}
