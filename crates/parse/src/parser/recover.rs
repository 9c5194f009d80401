//! What cannot be read: waited for, skipped, or gone on behind; and the last words.

use heptagon_model::{ProblemCode, Severity};

use super::{List, Parser, State, Step, Text};
use crate::{
    element::Place,
    hint::Hint,
    json::{
        Fault,
        frame::{Resync, Skipper, Start},
    },
    record::{End, Envelope, RecordMeta, RecordProblem, Sink, quote},
};

/// Bytes behind a resumption point that must be known before it is trusted.
const MARGIN: usize = 256;

impl Parser {
    /// An element that cannot be read to its end: waits, skips it, or goes on behind it.
    pub(super) fn broken(
        &mut self,
        text: &Text<'_>,
        at: usize,
        list: Option<List>,
        fault: Fault,
        sink: &mut dyn Sink,
    ) -> Step {
        let (view, full) = text.view(at, self.limits.record_bytes_max);
        let bytes = view.as_bytes();
        let complete = text.complete() && !full;
        // Whether more bytes could change what is found here.
        let open = !text.complete() && !full;
        if open && fault == Fault::End {
            return Step::Wait;
        }
        let resync = Resync { first_key: self.first_key.as_deref(), in_list: list.is_some() };
        match fault {
            Fault::End => {
                // Complete records inside what looks like one endless record are kept.
                if let Some(next) = resync.record_start(bytes, at + 1) {
                    let reason = "the record is not closed";
                    return self.lose(bytes, at, next, ProblemCode::InvalidJson, reason, sink);
                }
                if complete {
                    self.truncated = true;
                    let reason = "the content ends inside a record";
                    return self.lose(bytes, at, bytes.len(), ProblemCode::Truncated, reason, sink);
                }
                self.skip(list, ProblemCode::RecordTooLong);
                Step::To(at)
            }
            Fault::Deep => {
                self.skip(list, ProblemCode::RecordTooDeep);
                Step::To(at)
            }
            Fault::Syntax(what) => {
                let next = if matches!(bytes[at], b'{' | b'[' | b'"') {
                    resync.find(bytes, at)
                } else {
                    match resync.json_start(bytes, at + 1) {
                        Start::At(next) => Some(next),
                        Start::Perhaps(_) if open => return Step::Wait,
                        Start::Perhaps(_) | Start::No => None,
                    }
                };
                let reason = format!("not JSON: {what}");
                match next {
                    Some(next) if list.is_none() && is_prefix(bytes, at, next) => {
                        self.prefix(bytes, at, next, sink)
                    }
                    Some(next) if open && bytes.len() - next < MARGIN => Step::Wait,
                    Some(next) => {
                        self.lose(bytes, at, next, ProblemCode::InvalidJson, &reason, sink)
                    }
                    None if open => Step::Wait,
                    None => {
                        self.state = State::Garbage(list);
                        self.lose(bytes, at, bytes.len(), ProblemCode::InvalidJson, &reason, sink)
                    }
                }
            }
        }
    }

    /// Text before a document on its line, as loggers write it: told once, no record is lost by it.
    fn prefix(&mut self, bytes: &[u8], at: usize, next: usize, sink: &mut dyn Sink) -> Step {
        if !std::mem::replace(&mut self.prefixed, true) {
            let text = quote(&String::from_utf8_lossy(&bytes[at..next]));
            sink.problem(RecordProblem {
                ordinal: None,
                offset: self.base,
                severity: Severity::Warning,
                code: ProblemCode::InvalidJson,
                reason: format!("text before records, like `{text}`, is passed over"),
            });
        }
        Step::To(next)
    }

    fn skip(&mut self, back: Option<List>, code: ProblemCode) {
        let (offset, skipper) = (self.base, Skipper::default());
        self.state = State::Skip { skipper, back, code, offset, bytes: 0 };
    }

    /// One record lost between `at` and `next`.
    pub(super) fn lose(
        &mut self,
        bytes: &[u8],
        at: usize,
        next: usize,
        code: ProblemCode,
        reason: &str,
        sink: &mut dyn Sink,
    ) -> Step {
        debug_assert!(next > at && next <= bytes.len());
        self.fresh_line = true;
        if let State::List(list) = &mut self.state {
            list.empty = false;
        }
        let place = Place { offset: self.base, length: next - at };
        let tail = format!("{reason} ({} bytes)", next - at);
        self.with_desk(sink, place, |desk| desk.lost(code, tail));
        Step::To(next)
    }

    pub(super) fn skipped(
        &mut self,
        code: ProblemCode,
        offset: u64,
        bytes: u64,
        sink: &mut dyn Sink,
    ) {
        self.fresh_line = false;
        let reason = match code {
            ProblemCode::RecordTooDeep => format!(
                "the record of {bytes} bytes is nested deeper than {} levels",
                self.limits.json_depth_max
            ),
            _ => format!(
                "the record of {bytes} bytes is longer than {} bytes",
                self.limits.record_bytes_max
            ),
        };
        let place = Place { offset, length: 0 };
        self.with_desk(sink, place, |desk| desk.lost(code, reason));
    }

    /// The last words when nothing more is to come.
    pub(super) fn finish(&mut self, end: End, sink: &mut dyn Sink) {
        let open = match std::mem::replace(&mut self.state, State::Drain) {
            State::Body { offset } => {
                let meta = RecordMeta {
                    ordinal: self.tally.next(),
                    offset,
                    length: u32::try_from(self.base).unwrap_or(u32::MAX),
                    envelope: Envelope::None,
                    complete_source: true,
                };
                if self.hint == Hint::Marker {
                    self.tally.control += 1;
                    sink.notice(
                        &meta,
                        "the marker by which Bedrock checks its permission to write",
                    );
                } else {
                    self.tally.bodies += 1;
                    sink.notice(&meta, "a body that an invocation log entry refers to");
                }
                false
            }
            State::List(_) | State::Tail | State::Member(_) => true,
            _ => false,
        };
        if open && !self.truncated {
            self.truncated = true;
            sink.problem(RecordProblem {
                ordinal: None,
                offset: self.base,
                severity: Severity::Warning,
                code: ProblemCode::Truncated,
                reason: match end {
                    End::Truncated => "the content is cut off between two records".into(),
                    _ => {
                        "the list of records is not closed: records behind it may be missing".into()
                    }
                },
            });
        }
        if std::mem::take(&mut self.pending_invalid) {
            sink.problem(RecordProblem {
                ordinal: None,
                offset: 0,
                severity: Severity::Warning,
                code: ProblemCode::InvalidText,
                reason: "the content is UTF-16 with invalid units; they were replaced by U+FFFD"
                    .into(),
            });
        }
    }
}

/// Whether what stands between `at` and the document at `next` is a line's beginning.
fn is_prefix(bytes: &[u8], at: usize, next: usize) -> bool {
    const PREFIX_BYTES: usize = 1_024;
    let text = &bytes[at..next];
    bytes[at].is_ascii_graphic()
        && !matches!(bytes[at], b'{' | b'[' | b'"' | b'}' | b']')
        && text.len() <= PREFIX_BYTES
        && !text.contains(&b'\n')
}
