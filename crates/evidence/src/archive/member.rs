//! Zip members below the directory: local headers, packed data, inflation.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::{Crc, Decompress, FlushDecompress, Status};

const LOCAL_HEADER: u32 = 0x0403_4b50;
const DIRECTORY_HEADER: u32 = 0x0201_4b50;
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// A member's own header, in front of its data.
pub(super) struct LocalHeader {
    /// Where the header starts.
    pub(super) at: u64,
    pub(super) name: Vec<u8>,
    pub(super) method: u16,
    pub(super) encrypted: bool,
    /// Size as stored; unknown, like the next two, when it follows the data.
    pub(super) packed: Option<u64>,
    /// Size as unpacked.
    pub(super) size: Option<u64>,
    pub(super) crc: Option<u32>,
}

impl LocalHeader {
    /// Passes over the data, if their size is known; otherwise the next header is searched for.
    pub(super) fn skip<R: Read + Seek>(&self, source: &mut Source<R>) -> bool {
        self.packed.is_none_or(|packed| {
            let end = source.at.saturating_add(packed);
            source.seek_to(end).is_ok()
        })
    }
}

/// The archive from front to back.
pub(super) struct Source<R> {
    inner: BufReader<R>,
    pub(super) at: u64,
}

impl<R: Read + Seek> Source<R> {
    /// A source at the start of the archive.
    pub(super) fn new(reader: R) -> io::Result<Source<R>> {
        let mut source = Source { inner: BufReader::new(reader), at: 0 };
        source.seek_to(0)?;
        Ok(source)
    }

    /// A source at the data of the member whose local header starts at `header`.
    pub(super) fn at_data(reader: R, header: u64) -> io::Result<Source<R>> {
        let mut source = Source { inner: BufReader::new(reader), at: 0 };
        source.seek_to(header)?;
        let mut signature = [0; 4];
        source.read_exact(&mut signature)?;
        if u32::from_le_bytes(signature) != LOCAL_HEADER || source.local_header().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no local header"));
        }
        Ok(source)
    }

    pub(super) fn seek_to(&mut self, at: u64) -> io::Result<()> {
        self.inner.seek(SeekFrom::Start(at))?;
        self.at = at;
        Ok(())
    }
}

impl<R: Read> Source<R> {
    /// The next local header at or after this place; `None` at the directory or the end.
    pub(super) fn next_local_header(&mut self) -> Option<LocalHeader> {
        let mut last = 0u32;
        loop {
            let window = self.inner.fill_buf().ok()?;
            if window.is_empty() {
                return None;
            }
            let mut passed = 0;
            let mut found = false;
            for byte in window {
                passed += 1;
                last = last >> 8 | u32::from(*byte) << 24;
                if matches!(last, LOCAL_HEADER | DIRECTORY_HEADER) {
                    found = true;
                    break;
                }
            }
            self.consume(passed);
            if found && last == DIRECTORY_HEADER {
                return None;
            }
            if found && let Some(local) = self.local_header() {
                return Some(local);
            }
        }
    }

    /// Reads the header whose signature was just passed.
    fn local_header(&mut self) -> Option<LocalHeader> {
        let at = self.at - 4;
        let mut fixed = [0; 26];
        self.read_exact(&mut fixed).ok()?;
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let long = |at: usize| {
            u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
        };
        let mut name = vec![0; usize::from(short(22))];
        let mut extra = vec![0; usize::from(short(24))];
        self.read_exact(&mut name).ok()?;
        self.read_exact(&mut extra).ok()?;
        let flags = short(2);
        let (mut packed, mut size) = (u64::from(long(14)), u64::from(long(18)));
        if packed == u64::from(u32::MAX) || size == u64::from(u32::MAX) {
            (size, packed) = zip64_sizes(&extra)?;
        }
        let sizes_follow = flags & 8 != 0 && packed == 0;
        Some(LocalHeader {
            at,
            crc: (!sizes_follow).then(|| long(10)),
            name,
            method: short(4),
            encrypted: flags & 1 != 0,
            packed: (!sizes_follow).then_some(packed),
            size: (!sizes_follow).then_some(size),
        })
    }
}

/// Unpacked and packed size from the extra field of a large member.
fn zip64_sizes(mut extra: &[u8]) -> Option<(u64, u64)> {
    loop {
        let (id, rest) = extra.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        let field = rest.get(..length)?;
        if *id == [1, 0] {
            let size = field.get(..8)?.try_into().ok()?;
            let packed = field.get(8..16)?.try_into().ok()?;
            return Some((u64::from_le_bytes(size), u64::from_le_bytes(packed)));
        }
        extra = &rest[length..];
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.at += count as u64;
    }
}

/// A member's packed bytes: so many, or up to where the compressed data end.
pub(super) struct Packed<'a, R> {
    pub(super) source: &'a mut Source<R>,
    pub(super) left: Option<u64>,
}

impl<R: Read> Read for Packed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.len().min(into.len());
        into[..count].copy_from_slice(&self.fill_buf()?[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Packed<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let window = self.source.fill_buf()?;
        let left = self.left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
        Ok(&window[..window.len().min(left)])
    }

    fn consume(&mut self, count: usize) {
        self.source.consume(count);
        if let Some(left) = &mut self.left {
            *left -= count as u64;
        }
    }
}

/// Unpacked bytes: all that can be had, then the error that ends them.
pub(super) struct Inflating<'a, R> {
    packed: Packed<'a, R>,
    inflate: Decompress,
    crc: Crc,
    expected: Option<u32>,
    ended: bool,
    failed: Option<io::Error>,
}

impl<'a, R: Read> Inflating<'a, R> {
    pub(super) fn new(packed: Packed<'a, R>, expected: Option<u32>) -> Inflating<'a, R> {
        Inflating {
            packed,
            inflate: Decompress::new(false),
            crc: Crc::new(),
            expected,
            ended: false,
            failed: None,
        }
    }

    /// One step; whether it came to the end of the data.
    fn step(&mut self, into: &mut [u8]) -> io::Result<(usize, bool)> {
        let window = self.packed.fill_buf()?;
        let at_end = window.is_empty();
        let (total_in, total_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(window, into, FlushDecompress::None);
        let produced = (self.inflate.total_out() - total_out) as usize;
        self.packed.consume((self.inflate.total_in() - total_in) as usize);
        self.crc.update(&into[..produced]);
        match status {
            Ok(Status::StreamEnd) => return Ok((produced, true)),
            Ok(_) if at_end && produced == 0 => {
                self.failed = Some(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(_) => {}
            Err(error) => {
                let why = error.message().unwrap_or("bad data").to_owned();
                self.failed = Some(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        Ok((produced, false))
    }
}

impl<R: Read> Read for Inflating<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !into.is_empty() {
            if let Some(error) = self.failed.take() {
                self.ended = true;
                return Err(error);
            }
            if self.ended {
                return Ok(0);
            }
            let (produced, at_end) = self.step(into)?;
            if at_end {
                self.ended = true;
                if self.expected.is_some_and(|expected| expected != self.crc.sum()) {
                    let why = "its checksum does not hold";
                    self.failed = Some(io::Error::new(io::ErrorKind::InvalidData, why));
                }
            }
            if produced > 0 {
                return Ok(produced);
            }
        }
        Ok(0)
    }
}
