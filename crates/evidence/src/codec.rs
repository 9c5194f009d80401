//! Streaming decoders behind one reader: limits, the cut tail, trailing bytes.

use heptagon_model::ProblemCode;

use crate::flow::{Flow, Input};
use crate::outcome::Fault;

/// What one step of a decoder came to.
pub(crate) struct Step {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
    pub(crate) state: State,
}

/// Where a decoder stands after a step.
pub(crate) enum State {
    /// Wants more input or more room.
    More,
    /// A member ended; another may follow.
    MemberEnd,
    /// Nothing more can be decoded: the input is damaged here.
    Corrupt(String),
    /// What follows the last member is not of this encoding.
    Trailing,
}

/// Decodes a sequence of members, fed with any pieces of input.
pub(crate) trait Decoder {
    /// Decodes from `input` into `output`; an empty `input` means that there is none left.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;
    /// Whether the input may end here.
    fn at_boundary(&self) -> bool;
    /// Faults that did not end the decoding, such as checksums that do not hold.
    fn faults(&mut self) -> Vec<Fault>;
    /// `gzip`, `zstd`.
    fn name(&self) -> &'static str;
}

/// How many bytes an artifact may still decode to, and the limit that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) bytes: u64,
    pub(crate) limit: &'static str,
}

impl Allowance {
    pub(crate) fn fault(&self) -> Fault {
        Fault::lost(
            ProblemCode::LimitExceeded,
            format!(
                "more than {} bytes when decompressed (limit {}): the rest was not read",
                self.bytes, self.limit
            ),
        )
    }
}

/// The decoded side of an input.
pub(crate) struct Decoding<'a> {
    input: Input<'a>,
    decoder: Box<dyn Decoder + 'a>,
    allowance: Allowance,
    produced: u64,
    ended: bool,
    truncated: bool,
    faults: Vec<Fault>,
}

impl<'a> Decoding<'a> {
    pub(crate) fn new(
        input: Input<'a>,
        decoder: Box<dyn Decoder + 'a>,
        allowance: Allowance,
    ) -> Decoding<'a> {
        Decoding {
            input,
            decoder,
            allowance,
            produced: 0,
            ended: false,
            truncated: false,
            faults: Vec::new(),
        }
    }

    fn end(&mut self, truncated: bool, fault: Option<Fault>) {
        self.ended = true;
        self.truncated |= truncated;
        self.faults.extend(fault);
        // Reads the input to its end as well: it may be hashed again on the way.
        self.input.skip_rest();
    }
}

impl Flow for Decoding<'_> {
    fn pull(&mut self, into: &mut [u8]) -> usize {
        while !self.ended {
            let room = self.allowance.bytes - self.produced;
            let mut beyond = [0];
            // At the allowance one byte more is asked for, to tell a full stream from an ended one.
            let output = if room == 0 {
                &mut beyond[..]
            } else {
                let room = usize::try_from(room).unwrap_or(into.len()).min(into.len());
                &mut into[..room]
            };
            if output.is_empty() {
                return 0;
            }
            let at_end = self.input.fill().is_empty();
            let mut step = self.decoder.step(self.input.fill(), output);
            self.input.consume(step.consumed);
            if !at_end
                && step.consumed == 0
                && step.produced == 0
                && matches!(step.state, State::More)
            {
                step.state = State::Corrupt("no progress".into());
            }
            if room == 0 && step.produced > 0 {
                let fault = self.allowance.fault();
                self.end(true, Some(fault));
                return 0;
            }
            self.produced += step.produced as u64;
            let stuck = at_end && step.produced == 0;
            match step.state {
                State::MemberEnd => {}
                State::More if !stuck => {}
                State::More if self.decoder.at_boundary() => self.end(self.input.truncated(), None),
                State::More => {
                    let reason = format!(
                        "the {} data end early: what could be decompressed was read",
                        self.decoder.name()
                    );
                    self.end(true, Some(Fault::warning(ProblemCode::Truncated, reason)));
                }
                State::Corrupt(why) => {
                    let reason = format!(
                        "the {} data are damaged after {} decompressed bytes ({why}): what comes before was read",
                        self.decoder.name(),
                        self.produced
                    );
                    self.end(true, Some(Fault::lost(ProblemCode::CorruptArchive, reason)));
                }
                State::Trailing => {
                    let skipped = self.input.skip_rest();
                    let reason = format!(
                        "{skipped} bytes after the end of the {} data were not read",
                        self.decoder.name()
                    );
                    self.end(false, Some(Fault::warning(ProblemCode::TrailingBytes, reason)));
                }
            }
            if step.produced > 0 {
                return step.produced;
            }
        }
        0
    }

    fn truncated(&self) -> bool {
        self.truncated
    }

    fn settle(&mut self, faults: &mut Vec<Fault>) {
        faults.append(&mut self.decoder.faults());
        faults.append(&mut self.faults);
        self.input.settle(faults);
    }
}
