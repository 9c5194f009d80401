//! One file, all the way down: layers are peeled, archives opened, leaves handed to the visitor.

use std::fs::File;
use std::io::{BufReader, Cursor, Seek};
use std::path::Path;

use heptagon_model::{ArtifactId, Limits, ProblemCode};

use crate::EvidenceError;
use crate::codec::{Decoder, Decoding};
use crate::flow::{FileFlow, Flow, Input, Prefixed, Tap, changed, drain, pull_all};
use crate::gzip::{self, GzipDecoder};
use crate::hash::{sha256, sha256_of};
use crate::outcome::{Fault, Outcome};
use crate::recognise::{Form, PREFIX, is_truth, recognise};
use crate::visit::{ArtifactHeader, Content, Encoding, Visitor};
use crate::zstandard::ZstdDecoder;

/// Growth step of a buffer that is filled from a stream of unknown length.
pub(crate) const GROWTH: usize = 256 << 10;

/// What is kept from file to file: decompressor state and buffers.
#[derive(Default)]
pub(crate) struct Tools {
    pub(crate) inflate: libdeflater::Decompressor,
    /// Buffers whose length is what they held last.
    pub(crate) raw: Vec<Vec<u8>>,
    /// Buffers whose whole length is initialised room.
    plain: Vec<Vec<u8>>,
}

/// The bytes of an artifact as found.
pub(crate) enum Raw<'a> {
    Memory(&'a [u8]),
    File(&'a File),
}

/// An artifact that is ready to be read.
pub(crate) struct Found<'a> {
    pub(crate) raw: Raw<'a>,
    pub(crate) id: ArtifactId,
    pub(crate) bytes: u64,
    pub(crate) uri: String,
    /// Archives around it.
    pub(crate) depth: u32,
    /// Whether it was cut when it was found.
    pub(crate) truncated: bool,
    pub(crate) faults: Vec<Fault>,
}

/// The reading of one file.
pub(crate) struct Walk<'w> {
    pub(crate) limits: &'w Limits,
    pub(crate) scratch: &'w Path,
    pub(crate) tools: &'w mut Tools,
    pub(crate) visitor: &'w mut dyn Visitor,
    /// Size of the file that all of this comes from.
    pub(crate) file_bytes: u64,
    /// Members seen in it so far, in all its archives.
    pub(crate) members: u64,
    /// Bytes unpacked from it so far, in all its archives.
    pub(crate) unpacked: u64,
}

impl Walk<'_> {
    /// Reads one artifact and everything in it.
    pub(crate) fn artifact(&mut self, found: Found<'_>) -> Result<(), EvidenceError> {
        let mut prefix = [0; PREFIX];
        let prefix = match found.raw {
            Raw::Memory(bytes) => &bytes[..bytes.len().min(PREFIX)],
            Raw::File(file) => {
                let count = read_start(file, &mut prefix);
                &prefix[..count]
            }
        };
        let form = recognise(prefix);
        let header = ArtifactHeader {
            id: found.id,
            uri: found.uri,
            bytes: found.bytes,
            encoding: match form {
                Form::Gzip => Encoding::Gzip,
                Form::Zstd => Encoding::Zstd,
                _ => Encoding::Plain,
            },
        };
        if !self.visitor.wants(&header) {
            return Ok(());
        }
        let mut outcome = Outcome::new(header, self.limits.problems_listed_max);
        outcome.truncated = found.truncated;
        for fault in found.faults {
            outcome.fault(fault);
        }
        match found.raw {
            Raw::Memory(bytes) => self.slice(&mut outcome, bytes, 0, found.depth)?,
            Raw::File(mut file) if form == Form::Zip => {
                self.zip(&mut outcome, BufReader::new(file), found.depth)?;
                // Members were read here and there, so the file is hashed once more as a whole.
                let hash = file.rewind().map(|()| sha256_of(&mut file, found.bytes).sha256);
                if hash.is_ok_and(|hash| hash != found.id.0) {
                    outcome.fault(changed());
                }
            }
            Raw::File(file) => {
                let mut flow = FileFlow::new(file, found.bytes, found.id.0);
                self.flow(&mut outcome, &mut flow, 0, found.depth)?;
            }
        }
        if outcome.refused {
            for problem in outcome.finish().problems {
                self.visitor.problem(problem);
            }
        } else {
            self.visitor.done(&outcome.finish());
        }
        Ok(())
    }

    /// Content that is in memory as a whole, below `layers` layers of compression.
    fn slice(
        &mut self,
        outcome: &mut Outcome,
        bytes: &[u8],
        layers: u32,
        depth: u32,
    ) -> Result<(), EvidenceError> {
        let form = recognise(bytes);
        if layers > 0 && !matches!(form, Form::Gzip | Form::Zstd) {
            outcome.content(sha256(bytes), bytes.len() as u64);
        }
        match form {
            Form::Gzip | Form::Zstd => {
                if let Some(fault) = self.too_many_layers(layers, depth) {
                    outcome.container = Some(layer_name(form));
                    outcome.content(sha256(bytes), bytes.len() as u64);
                    outcome.fault(fault);
                    return Ok(());
                }
                let allowance = self.allowance(outcome.header.bytes, depth);
                let max = self.whole_max(allowance);
                let mut room = self.tools.plain.pop().unwrap_or_default();
                let whole = match form {
                    Form::Gzip => gzip::whole(&mut self.tools.inflate, bytes, &mut room, max),
                    _ => None,
                };
                let result = if let Some(size) = whole {
                    self.charge(size as u64, depth);
                    self.slice(outcome, &room[..size], layers + 1, depth)
                } else {
                    let mut decoding =
                        Decoding::new(Input::Memory(bytes), decoder(form), allowance);
                    self.decoded(outcome, &mut decoding, &mut room, max, layers, depth)
                };
                self.tools.plain.push(room);
                result
            }
            Form::Zip => self.zip(outcome, Cursor::new(bytes), depth),
            Form::Tar => {
                let fault = self.tar(outcome, &mut &*bytes, depth)?;
                report_tar(outcome, fault);
                Ok(())
            }
            Form::Foreign(kind) => {
                not_opened(outcome, kind);
                Ok(())
            }
            Form::Plain if is_truth(bytes) => {
                refuse(outcome);
                Ok(())
            }
            Form::Plain => {
                let content = Content::Whole { bytes, truncated: outcome.truncated };
                self.visitor.artifact(&outcome.header, content);
                Ok(())
            }
        }
    }

    /// What a decoder gives: in memory if it fits into `max` bytes, else as a stream.
    fn decoded(
        &mut self,
        outcome: &mut Outcome,
        decoding: &mut Decoding<'_>,
        room: &mut Vec<u8>,
        max: usize,
        layers: u32,
        depth: u32,
    ) -> Result<(), EvidenceError> {
        let filled = fill(decoding, room, max.saturating_add(1));
        if filled <= max {
            settle(outcome, decoding);
            self.charge(filled as u64, depth);
            return self.slice(outcome, &room[..filled], layers + 1, depth);
        }
        let mut whole = Prefixed { prefix: &room[..filled], rest: decoding };
        self.flow(outcome, &mut whole, layers + 1, depth)
    }

    /// Content that is too large for memory, below `layers` layers of compression.
    fn flow(
        &mut self,
        outcome: &mut Outcome,
        flow: &mut dyn Flow,
        layers: u32,
        depth: u32,
    ) -> Result<(), EvidenceError> {
        let mut prefix = [0; PREFIX];
        let count = pull_all(flow, &mut prefix);
        let prefix = &prefix[..count];
        let form = recognise(prefix);
        let mut flow = Prefixed { prefix, rest: flow };
        if matches!(form, Form::Gzip | Form::Zstd) && self.too_many_layers(layers, depth).is_none()
        {
            let allowance = self.allowance(outcome.header.bytes, depth);
            let max = self.whole_max(allowance);
            let mut room = self.tools.plain.pop().unwrap_or_default();
            let mut decoding = Decoding::new(Input::flow(&mut flow), decoder(form), allowance);
            let result = self.decoded(outcome, &mut decoding, &mut room, max, layers, depth);
            self.tools.plain.push(room);
            return result;
        }
        let mut tap = Tap::new(&mut flow, outcome.truncated);
        let mut tar_fault = None;
        match form {
            Form::Gzip | Form::Zstd => {
                outcome.container = Some(layer_name(form));
                if let Some(fault) = self.too_many_layers(layers, depth) {
                    outcome.fault(fault);
                }
            }
            Form::Zip => {
                let mut spilled = self.spill(&outcome.header.uri)?;
                self.write_spill(&outcome.header.uri, &mut spilled, &mut tap)?;
                self.zip(outcome, BufReader::new(spilled), depth)?;
            }
            Form::Tar => {
                let mut reader = BufReader::with_capacity(GROWTH, &mut tap);
                tar_fault = self.tar(outcome, &mut reader, depth)?;
            }
            Form::Foreign(kind) => not_opened(outcome, kind),
            Form::Plain if is_truth(prefix) => refuse(outcome),
            Form::Plain => self.visitor.artifact(&outcome.header, Content::Stream(&mut tap)),
        }
        let (sha256, bytes) = tap.finish();
        outcome.content(sha256, bytes);
        self.charge(bytes, depth);
        settle(outcome, &mut flow);
        report_tar(outcome, tar_fault);
        Ok(())
    }
}

fn decoder(form: Form) -> Box<dyn Decoder> {
    match form {
        Form::Zstd => Box::new(ZstdDecoder::new()),
        _ => Box::new(GzipDecoder::new()),
    }
}

fn layer_name(form: Form) -> &'static str {
    if form == Form::Zstd { "zstd" } else { "gzip" }
}

/// Pulls at most `max` bytes into `room`, which grows as needed.
fn fill(flow: &mut dyn Flow, room: &mut Vec<u8>, max: usize) -> usize {
    let mut filled = 0;
    while filled < max {
        if filled == room.len() {
            let length = room.len().saturating_mul(2).max(GROWTH).min(max);
            room.resize(length, 0);
        }
        let end = room.len().min(max);
        match flow.pull(&mut room[filled..end]) {
            0 => break,
            count => filled += count,
        }
    }
    filled
}

fn settle(outcome: &mut Outcome, flow: &mut dyn Flow) {
    drain(flow);
    let mut faults = Vec::new();
    flow.settle(&mut faults);
    outcome.truncated |= flow.truncated();
    for fault in faults {
        outcome.fault(fault);
    }
}

/// A tar that ends early because the data around it do is reported once.
fn report_tar(outcome: &mut Outcome, fault: Option<Fault>) {
    if let Some(fault) = fault {
        let known = fault.code == ProblemCode::Truncated && outcome.truncated;
        outcome.truncated = true;
        if !known {
            outcome.fault(fault);
        }
    }
}

fn refuse(outcome: &mut Outcome) {
    outcome.refused = true;
    outcome.fault(Fault::lost(
        ProblemCode::TruthFile,
        "the truth file of a drill holds the answers: it is never read as evidence",
    ));
}

fn not_opened(outcome: &mut Outcome, kind: &'static str) {
    outcome.container = Some(kind);
    outcome.fault(Fault::lost(
        ProblemCode::Unsupported,
        format!("{kind} data are not opened: decompress the file and add the result as evidence"),
    ));
}

#[cfg(unix)]
fn read_start(file: &File, into: &mut [u8]) -> usize {
    use std::os::unix::fs::FileExt;
    let mut filled = 0;
    while filled < into.len() {
        match file.read_at(&mut into[filled..], filled as u64) {
            Ok(0) | Err(_) => break,
            Ok(count) => filled += count,
        }
    }
    filled
}

#[cfg(not(unix))]
fn read_start(mut file: &File, into: &mut [u8]) -> usize {
    use std::io::Read;
    let mut filled = 0;
    while filled < into.len() {
        match file.read(&mut into[filled..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => filled += count,
        }
    }
    let _ = file.rewind();
    filled
}
