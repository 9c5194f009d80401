//! Zip archives, read by their central directory.

use std::io::{Read, Seek, SeekFrom};

use heptagon_model::ProblemCode;
use zip::CompressionMethod;
use zip::read::{Config, ZipReadOptions};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::entry::Member;
use super::member::{Inflating, Packed, Source};
use super::salvage::Known;
use crate::EvidenceError;
use crate::name;
use crate::outcome::{Fault, Outcome};
use crate::walk::Walk;

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
                return self.salvage_zip(archive, reader, depth, Known::default(), &why);
            }
        };
        let mut known = Known::default();
        let mut last = None;
        let entries = match directory.files() {
            Ok(entries) => entries,
            Err(error) => {
                let why = describe(&error);
                return self.salvage_zip(archive, reader, depth, known, &why);
            }
        };
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let why = describe(&error);
                    return self.salvage_zip(archive, reader, depth, known, &why);
                }
            };
            known.read.insert(entry.header_start());
            last = Some(entry.central_header_start());
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
                duplicate: !known.names.insert(&member_name.uri),
                name: member_name,
                size: Some(entry.size()),
                depth: depth + 1,
            };
            let read = if entry.compression() == CompressionMethod::Deflated {
                let (start, packed) = (entry.header_start(), entry.compressed_size());
                let crc = entry.crc32();
                match Source::at_data(entries.reader_mut(), start) {
                    Ok(mut source) => {
                        let packed = Packed { source: &mut source, left: Some(packed) };
                        Ok(self.member(archive, member, &mut Inflating::new(packed, Some(crc)))?)
                    }
                    Err(error) => Err((member, ZipError::Io(error))),
                }
            } else {
                match entry.with_reader(entries.reader_mut(), ZipReadOptions::new()) {
                    Ok(mut content) => Ok(self.member(archive, member, &mut content)?),
                    Err(error) => Err((member, error)),
                }
            };
            match read {
                Ok(None) => {}
                Ok(Some(fault)) => {
                    archive.fault(fault);
                    return Ok(());
                }
                Err((member, error)) => {
                    archive.member_fault(member.name.uri, not_read(&error));
                }
            }
        }
        if lists_more(&mut reader, last).unwrap_or(false) {
            let why = "it lists more members than it declares";
            return self.salvage_zip(archive, reader, depth, known, why);
        }
        Ok(())
    }
}

/// Whether there are members behind the declared ones: old writers count them modulo 65,536.
fn lists_more<R: Read + Seek>(reader: &mut R, last: Option<u64>) -> std::io::Result<bool> {
    const HEADER: usize = 46;
    let mut signature = [0; 4];
    let Some(last) = last else {
        reader.rewind()?;
        reader.read_exact(&mut signature)?;
        return Ok(signature == *b"PK\x03\x04");
    };
    let mut header = [0; HEADER];
    reader.seek(SeekFrom::Start(last))?;
    reader.read_exact(&mut header)?;
    let lengths =
        [28, 30, 32].map(|at| i64::from(u16::from_le_bytes([header[at], header[at + 1]])));
    reader.seek(SeekFrom::Current(lengths.iter().sum()))?;
    reader.read_exact(&mut signature)?;
    Ok(signature == *b"PK\x01\x02")
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

fn not_read(error: &ZipError) -> Fault {
    let code = match error {
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            ProblemCode::Unsupported
        }
        _ => ProblemCode::CorruptArchive,
    };
    Fault::lost(code, format!("zip member not read: {}", describe(error)))
}

fn describe(error: &ZipError) -> String {
    name::show(error.to_string().as_bytes()).trim_matches('"').to_owned()
}
