//! Zstandard: any sequence of frames, skippable ones among them.

use zstd::stream::raw::{InBuffer, Operation, OutBuffer};

use crate::codec::{Decoder, State, Step};
use crate::outcome::Fault;

/// Log2 of the largest window that is decoded: what `zstd` itself accepts by default.
const WINDOW_LOG_MAX: u32 = 27;

pub(crate) struct ZstdDecoder {
    raw: Result<zstd::stream::raw::Decoder<'static>, String>,
    /// Bytes of a magic number seen so far, between frames.
    magic: Vec<u8>,
    in_frame: bool,
    frames: u64,
}

impl ZstdDecoder {
    pub(crate) fn new() -> ZstdDecoder {
        let raw = zstd::stream::raw::Decoder::new().and_then(|mut decoder| {
            decoder.set_parameter(zstd::zstd_safe::DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
            Ok(decoder)
        });
        ZstdDecoder {
            raw: raw.map_err(|error| error.to_string()),
            magic: Vec::new(),
            in_frame: false,
            frames: 0,
        }
    }

    /// Gathers the four bytes that tell a frame from trailing bytes, then feeds them.
    fn between(&mut self, input: &[u8]) -> Step {
        let consumed = input.len().min(4 - self.magic.len());
        let fits = match self.magic.as_slice() {
            [] => matches!(input, [0x28 | 0x50..=0x5f, ..]),
            _ => true,
        };
        self.magic.extend_from_slice(&input[..consumed]);
        let whole = self.magic.len() == 4;
        let is_magic =
            matches!(self.magic[..], [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18]);
        if fits && !whole {
            return Step { consumed, produced: 0, state: State::More };
        }
        if !fits || !is_magic {
            let state = if self.frames > 0 {
                State::Trailing
            } else {
                State::Corrupt("bad magic number".into())
            };
            // The magic may have come in pieces; what was consumed before is not counted as trailing.
            return Step { consumed: 0, produced: 0, state };
        }
        self.in_frame = true;
        let magic = std::mem::take(&mut self.magic);
        let mut step = self.run(&magic, &mut []);
        step.consumed = consumed;
        step
    }

    fn run(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let decoder = match &mut self.raw {
            Ok(decoder) => decoder,
            Err(why) => {
                return Step { consumed: 0, produced: 0, state: State::Corrupt(why.clone()) };
            }
        };
        let mut source = InBuffer::around(input);
        let mut target = OutBuffer::around(output);
        let result = decoder.run(&mut source, &mut target);
        let (consumed, produced) = (source.pos(), target.pos());
        let state = match result {
            Ok(0) => {
                self.in_frame = false;
                self.frames += 1;
                State::MemberEnd
            }
            Ok(_) => State::More,
            Err(error) => State::Corrupt(error.to_string()),
        };
        Step { consumed, produced, state }
    }
}

impl Decoder for ZstdDecoder {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        if self.in_frame {
            self.run(input, output)
        } else if input.is_empty() {
            Step { consumed: 0, produced: 0, state: State::More }
        } else {
            self.between(input)
        }
    }

    fn at_boundary(&self) -> bool {
        self.frames > 0 && !self.in_frame && self.magic.is_empty()
    }

    fn faults(&mut self) -> Vec<Fault> {
        Vec::new()
    }

    fn name(&self) -> &'static str {
        "zstd"
    }
}
