//! Zip archives, read by their central directory.

use std::io::{Read, Seek};

use heptagon_model::ProblemCode;
use zip::read::{Config, ZipReadOptions};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::Names;
use crate::EvidenceError;
use crate::name;
use crate::outcome::{Fault, Outcome};
use crate::walk::{Member, Walk};

const MODE_TYPE: u32 = 0o170_000;
const MODE_LINK: u32 = 0o120_000;
const MODE_FILE: u32 = 0o100_000;
const MODE_FOLDER: u32 = 0o040_000;

impl Walk<'_> {
    /// Reads the members of a zip.
    pub(crate) fn zip<R: Read + Seek>(
        &mut self,
        archive: &mut Outcome,
        mut reader: R,
        depth: u32,
    ) -> Result<(), EvidenceError> {
        archive.container = Some("zip");
        if let Some(fault) = self.too_deep(depth) {
            archive.fault(fault);
            return Ok(());
        }
        let mut directory = match ZipIterable::try_new(&mut reader, Config::default()) {
            Ok(directory) => directory,
            Err(error) => {
                let why = describe(&error);
                return self.salvage_zip(archive, reader, depth, &why);
            }
        };
        let declared = directory.len();
        let mut names = Names::default();
        let mut read = 0;
        let entries = match directory.files() {
            Ok(entries) => entries,
            Err(error) => {
                archive.fault(listing_broke(&error, read, declared));
                return Ok(());
            }
        };
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    archive.fault(listing_broke(&error, read, declared));
                    return Ok(());
                }
            };
            read += 1;
            if let Some(fault) = self.count_member() {
                archive.fault(fault);
                return Ok(());
            }
            let mode = entry.unix_mode().unwrap_or(0) & MODE_TYPE;
            if entry.is_dir() || mode == MODE_FOLDER {
                continue;
            }
            let member_name = name::of_member(&archive.header.uri, entry.name_raw());
            if let Some(fault) = passed_over(mode, entry.encrypted()) {
                archive.member_fault(member_name.uri, fault);
                continue;
            }
            let member = Member {
                duplicate: !names.insert(&member_name.uri),
                name: member_name,
                size: entry.size(),
                depth: depth + 1,
            };
            match entry.with_reader(entries.reader_mut(), ZipReadOptions::new()) {
                Ok(mut content) => {
                    if let Some(fault) = self.member(archive, member, &mut content)? {
                        archive.fault(fault);
                        return Ok(());
                    }
                }
                Err(error) => {
                    let code = match error {
                        ZipError::UnsupportedArchive(_)
                        | ZipError::CompressionMethodNotSupported(_) => ProblemCode::Unsupported,
                        _ => ProblemCode::CorruptArchive,
                    };
                    let reason = format!("zip member not read: {}", describe(&error));
                    archive.member_fault(member.name.uri, Fault::lost(code, reason));
                }
            }
        }
        Ok(())
    }
}

fn passed_over(mode: u32, encrypted: bool) -> Option<Fault> {
    if mode == MODE_LINK {
        Some(Fault::lost(ProblemCode::UnsafeMember, "symbolic link, not followed"))
    } else if mode != 0 && mode != MODE_FILE {
        Some(Fault::lost(ProblemCode::UnsafeMember, "device, pipe or socket, not read"))
    } else if encrypted {
        Some(Fault::lost(
            ProblemCode::Unreadable,
            "encrypted zip member, not read: unpack it with its password and add it as evidence",
        ))
    } else {
        None
    }
}

fn listing_broke(error: &ZipError, read: usize, declared: usize) -> Fault {
    Fault::lost(
        ProblemCode::CorruptArchive,
        format!(
            "the zip's directory is damaged ({}): {read} of {declared} members were read",
            describe(error)
        ),
    )
}

fn describe(error: &ZipError) -> String {
    name::show(error.to_string().as_bytes()).trim_matches('"').to_owned()
}
