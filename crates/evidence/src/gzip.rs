//! Gzip: whole members with libdeflate, anything else (several members, damage, size) as a stream.

use flate2::{Crc, Decompress, FlushDecompress, Status};
use heptagon_model::ProblemCode;

use crate::codec::{Decoder, State, Step};
use crate::outcome::Fault;

const TRAILER: usize = 8;
/// A header's fields and an empty body with its trailer.
const SHORTEST: usize = 18;
/// Header bytes (name, comment, extra field) that a member may have.
const HEADER_MAX: usize = 128 << 10;

/// Decompresses a file that is exactly one sound member of at most `max` bytes; `None` when it is
/// anything else, for the stream to tell what.
pub(crate) fn whole(
    decompressor: &mut libdeflater::Decompressor,
    raw: &[u8],
    out: &mut Vec<u8>,
    max: usize,
) -> Option<usize> {
    if raw.len() < SHORTEST {
        return None;
    }
    let trailer = &raw[raw.len() - TRAILER..];
    let size = u32::from_le_bytes(trailer[4..].try_into().expect("four bytes of eight"));
    let size_hint = usize::try_from(size).ok().filter(|size| *size <= max)?;
    if out.len() < size_hint {
        out.resize(size_hint, 0);
    }
    let size = decompressor.gzip_decompress(raw, &mut out[..size_hint]).ok()?;
    // The library stops at the end of the first member and does not say where that is. It is the
    // end of the file if the file ends with this member's trailer and has it nowhere before.
    let sound = size == size_hint
        && trailer[..4] == libdeflater::crc32(&out[..size]).to_le_bytes()
        && memchr::memmem::find(raw, trailer) == Some(raw.len() - TRAILER);
    sound.then_some(size)
}

enum Part {
    Header(Vec<u8>),
    Body,
    Trailer(Vec<u8>),
}

/// A decoder of any sequence of members.
pub(crate) struct GzipDecoder {
    part: Part,
    inflate: Decompress,
    crc: Crc,
    members: u64,
    checksum_faults: u64,
}

impl GzipDecoder {
    pub(crate) fn new() -> GzipDecoder {
        GzipDecoder {
            part: Part::Header(Vec::new()),
            inflate: Decompress::new(false),
            crc: Crc::new(),
            members: 0,
            checksum_faults: 0,
        }
    }

    fn header(&mut self, input: &[u8]) -> Step {
        let Part::Header(header) = &mut self.part else { unreachable!("the part is the header") };
        let before = header.len();
        // Collected in pieces of growing size, so that a header is looked at few times.
        let take = input.len().min(before.max(512));
        header.extend_from_slice(&input[..take]);
        let (consumed, state) = match header_length(header) {
            Ok(Some(length)) => {
                self.part = Part::Body;
                self.inflate.reset(false);
                self.crc.reset();
                (length - before, State::More)
            }
            Ok(None) if before + take <= HEADER_MAX => (take, State::More),
            Ok(None) => (take, State::Corrupt("header too long".into())),
            Err(NotGzip) if self.members > 0 => (0, State::Trailing),
            Err(NotGzip) => (take, State::Corrupt("bad header".into())),
        };
        Step { consumed, produced: 0, state }
    }

    fn body(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let (total_in, total_out) = (self.inflate.total_in(), self.inflate.total_out());
        let result = self.inflate.decompress(input, output, FlushDecompress::None);
        let consumed = (self.inflate.total_in() - total_in) as usize;
        let produced = (self.inflate.total_out() - total_out) as usize;
        self.crc.update(&output[..produced]);
        let state = match result {
            Ok(Status::StreamEnd) => {
                self.part = Part::Trailer(Vec::with_capacity(TRAILER));
                State::More
            }
            Ok(Status::Ok | Status::BufError) => State::More,
            Err(error) => State::Corrupt(error.message().unwrap_or("bad data").to_owned()),
        };
        Step { consumed, produced, state }
    }

    fn trailer(&mut self, input: &[u8]) -> Step {
        let Part::Trailer(trailer) = &mut self.part else {
            unreachable!("the part is the trailer")
        };
        let consumed = input.len().min(TRAILER - trailer.len());
        trailer.extend_from_slice(&input[..consumed]);
        if trailer.len() < TRAILER {
            return Step { consumed, produced: 0, state: State::More };
        }
        let sound = trailer[..4] == self.crc.sum().to_le_bytes()
            && trailer[4..] == self.crc.amount().to_le_bytes();
        self.checksum_faults += u64::from(!sound);
        self.members += 1;
        self.part = Part::Header(Vec::new());
        Step { consumed, produced: 0, state: State::MemberEnd }
    }
}

impl Decoder for GzipDecoder {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self.part {
            Part::Header(_) if input.is_empty() => {
                Step { consumed: 0, produced: 0, state: State::More }
            }
            Part::Header(_) => self.header(input),
            Part::Body => self.body(input, output),
            Part::Trailer(_) => self.trailer(input),
        }
    }

    fn at_boundary(&self) -> bool {
        self.members > 0 && matches!(&self.part, Part::Header(header) if header.is_empty())
    }

    fn faults(&mut self) -> Vec<Fault> {
        match self.checksum_faults {
            0 => Vec::new(),
            count => vec![Fault::warning(
                ProblemCode::CorruptArchive,
                format!(
                    "the checksum of {count} of {} gzip members does not hold: the content was read as it is",
                    self.members
                ),
            )],
        }
    }

    fn name(&self) -> &'static str {
        "gzip"
    }
}

struct NotGzip;

/// The length of the member header that `bytes` start with; `None` when it goes on.
fn header_length(bytes: &[u8]) -> Result<Option<usize>, NotGzip> {
    const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
    let known = bytes.len().min(MAGIC.len());
    if bytes[..known] != MAGIC[..known] || bytes.get(3).is_some_and(|flags| flags & 0xe0 != 0) {
        return Err(NotGzip);
    }
    Ok(complete_header(bytes))
}

fn complete_header(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let length = bytes.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (bytes.len() >= at).then_some(at)
}
