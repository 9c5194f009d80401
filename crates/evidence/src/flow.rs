//! Byte streams that never fail: what goes wrong ends the stream and is kept as a fault.

use std::fs::File;
use std::io::{self, Read};

use heptagon_model::ProblemCode;
use sha2::{Digest, Sha256};

use crate::discover::describe;
use crate::outcome::Fault;
use crate::visit::Stream;

/// Bytes read from a file at once.
const BLOCK: usize = 256 << 10;

/// A byte stream whose end is either the real one or a cut with a reason.
pub(crate) trait Flow {
    /// Fills the front of `into`; 0 is the end, for good.
    fn pull(&mut self, into: &mut [u8]) -> usize;
    /// Whether the stream ended before its real end; known after the end.
    fn truncated(&self) -> bool;
    /// Hands over what went wrong; called once, after the end.
    fn settle(&mut self, faults: &mut Vec<Fault>);
}

/// Pulls until `into` is full or the flow ends.
pub(crate) fn pull_all(flow: &mut dyn Flow, into: &mut [u8]) -> usize {
    let mut filled = 0;
    while filled < into.len() {
        match flow.pull(&mut into[filled..]) {
            0 => break,
            count => filled += count,
        }
    }
    filled
}

/// Reads a flow to its end, for its hash and its faults.
pub(crate) fn drain(flow: &mut dyn Flow) {
    let mut block = vec![0; BLOCK];
    while flow.pull(&mut block) > 0 {}
}

/// A flow with its first bytes already pulled.
pub(crate) struct Prefixed<'a> {
    pub(crate) prefix: &'a [u8],
    pub(crate) rest: &'a mut dyn Flow,
}

impl Flow for Prefixed<'_> {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        if self.prefix.is_empty() {
            return self.rest.pull(into);
        }
        let count = self.prefix.len().min(into.len());
        into[..count].copy_from_slice(&self.prefix[..count]);
        self.prefix = &self.prefix[count..];
        count
    }

    fn truncated(&self) -> bool {
        self.rest.truncated()
    }

    fn settle(&mut self, faults: &mut Vec<Fault>) {
        self.rest.settle(faults);
    }
}

/// A file that was hashed before, hashed again as it is read.
pub(crate) struct FileFlow<'a> {
    file: &'a File,
    left: u64,
    hasher: Sha256,
    expected: [u8; 32],
    truncated: bool,
    faults: Vec<Fault>,
}

impl<'a> FileFlow<'a> {
    /// The file from its position, which is its start, to `bytes`.
    pub(crate) fn new(file: &'a File, bytes: u64, expected: [u8; 32]) -> FileFlow<'a> {
        FileFlow {
            file,
            left: bytes,
            hasher: Sha256::new(),
            expected,
            truncated: false,
            faults: Vec::new(),
        }
    }
}

impl Flow for FileFlow<'_> {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        let want = usize::try_from(self.left).unwrap_or(into.len()).min(into.len());
        if want == 0 {
            return 0;
        }
        loop {
            match self.file.read(&mut into[..want]) {
                Ok(0) => {
                    self.truncated = true;
                    self.left = 0;
                    return 0;
                }
                Ok(count) => {
                    self.left -= count as u64;
                    self.hasher.update(&into[..count]);
                    return count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.truncated = true;
                    self.left = 0;
                    let reason = format!("reading stopped: {}", describe(&error));
                    self.faults.push(Fault::lost(ProblemCode::Unreadable, reason));
                    return 0;
                }
            }
        }
    }

    fn truncated(&self) -> bool {
        self.truncated
    }

    fn settle(&mut self, faults: &mut Vec<Fault>) {
        let hash: [u8; 32] = std::mem::take(&mut self.hasher).finalize().into();
        if hash != self.expected && self.faults.is_empty() {
            self.faults.push(changed());
        }
        faults.append(&mut self.faults);
    }
}

pub(crate) fn changed() -> Fault {
    Fault::lost(
        ProblemCode::ChangedDuringRead,
        "the file changed while it was read: its hash is of one state and records may be of another",
    )
}

/// What a visitor reads: counts and hashes what passes.
pub(crate) struct Tap<'a> {
    flow: &'a mut dyn Flow,
    /// Whether the artifact was cut before it was opened.
    cut: bool,
    hasher: Sha256,
    bytes: u64,
}

impl<'a> Tap<'a> {
    pub(crate) fn new(flow: &'a mut dyn Flow, cut: bool) -> Tap<'a> {
        Tap { flow, cut, hasher: Sha256::new(), bytes: 0 }
    }

    /// Reads what the visitor left; gives hash and size of all of it.
    pub(crate) fn finish(mut self) -> ([u8; 32], u64) {
        drain(&mut self);
        (self.hasher.finalize().into(), self.bytes)
    }
}

impl Flow for Tap<'_> {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        let count = self.flow.pull(into);
        self.hasher.update(&into[..count]);
        self.bytes += count as u64;
        count
    }

    fn truncated(&self) -> bool {
        self.cut || self.flow.truncated()
    }

    fn settle(&mut self, faults: &mut Vec<Fault>) {
        self.flow.settle(faults);
    }
}

impl Read for Tap<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(self.pull(into))
    }
}

impl Stream for Tap<'_> {
    fn truncated(&self) -> bool {
        Flow::truncated(self)
    }
}

/// Where encoded bytes come from: memory, or a flow through a buffer.
pub(crate) enum Input<'a> {
    Memory(&'a [u8]),
    Flow { flow: &'a mut dyn Flow, block: Vec<u8>, at: usize, end: usize },
}

impl<'a> Input<'a> {
    pub(crate) fn flow(flow: &'a mut dyn Flow) -> Input<'a> {
        Input::Flow { flow, block: vec![0; BLOCK], at: 0, end: 0 }
    }

    /// The bytes at hand; at least one unless the input is at its end.
    pub(crate) fn fill(&mut self) -> &[u8] {
        match self {
            Input::Memory(bytes) => bytes,
            Input::Flow { flow, block, at, end } => {
                if at == end {
                    *at = 0;
                    *end = flow.pull(block);
                }
                &block[*at..*end]
            }
        }
    }

    pub(crate) fn consume(&mut self, count: usize) {
        match self {
            Input::Memory(bytes) => *bytes = &bytes[count..],
            Input::Flow { at, .. } => *at += count,
        }
    }

    /// Skips to the end; gives the number of bytes skipped.
    pub(crate) fn skip_rest(&mut self) -> u64 {
        let mut skipped = 0;
        loop {
            let count = self.fill().len();
            if count == 0 {
                return skipped;
            }
            skipped += count as u64;
            self.consume(count);
        }
    }

    pub(crate) fn truncated(&self) -> bool {
        match self {
            Input::Memory(_) => false,
            Input::Flow { flow, .. } => flow.truncated(),
        }
    }

    pub(crate) fn settle(&mut self, faults: &mut Vec<Fault>) {
        if let Input::Flow { flow, .. } = self {
            flow.settle(faults);
        }
    }
}
