//! Framing: windows of bytes to elements, in bounded memory.

mod element;
mod recover;

use std::io::{self, Read};

use heptagon_model::{Limits, ProblemCode, Severity};

use crate::{
    cloudtrail::is_list_name,
    element::{Place, list_envelope},
    encoding::{self, Encoding},
    hint::Hint,
    json::{
        Fault, Scan,
        frame::{Resync, Skipper, Start, has_record},
    },
    kind::{Tally, sniff},
    record::{ContentKind, End, Envelope, RecordProblem, Sink},
};

/// Bytes looked at before content is called unsupported.
const SNIFF_BYTES: usize = 64 << 10;

/// Reads one artifact's content: fed windows of bytes, it hands records and problems to a [`Sink`].
///
/// The caller keeps what [`Parser::feed`] did not consume and gives it again with more bytes behind
/// it. When nothing is consumed the window must grow; it never needs to be larger than
/// `limits.record_bytes_max` plus one more read. [`Parser::read`] does all of this.
#[derive(Debug)]
pub struct Parser {
    limits: Limits,
    hint: Hint,
    encoding: Option<Encoding>,
    /// Transcoded text not yet consumed, for UTF-16.
    pending: String,
    pending_invalid: bool,
    /// Offset in the artifact of what is fed next.
    base: u64,
    state: State,
    tally: Tally,
    unsupported: Option<String>,
    first_key: Option<String>,
    /// Whether the text is at the start of a line, between documents.
    fresh_line: bool,
    truncated: bool,
    /// Whether text before documents was told.
    prefixed: bool,
}

#[derive(Debug, Clone)]
enum State {
    /// Nothing seen yet.
    Start,
    /// Between documents.
    Top,
    /// In a list of records.
    List(List),
    /// Behind a list, among the other members of its object.
    Tail,
    /// In a member behind a list that is passed over.
    Member(Skipper),
    /// In a record that is passed over.
    Skip { skipper: Skipper, back: Option<List>, code: ProblemCode, offset: u64, bytes: u64 },
    /// In text that is no JSON, already reported.
    Garbage(Option<List>),
    /// In a body: counted, not read.
    Body { offset: u64 },
    /// Nothing more is of interest.
    Drain,
}

#[derive(Debug, Clone, Copy)]
struct List {
    envelope: Envelope,
    /// Whether the list is a member of an object that must be closed.
    braced: bool,
    control: bool,
    empty: bool,
}

/// What one step did.
enum Step {
    /// Go on at this position.
    To(usize),
    /// The rest of the text is not enough.
    Wait,
}

/// The text of a window, and what was masked in it.
struct Text<'t> {
    all: &'t str,
    /// Positions of masked bytes.
    bad: &'t [usize],
    /// The bytes as they were.
    bytes: &'t [u8],
    end: End,
}

impl<'t> Text<'t> {
    fn complete(&self) -> bool {
        self.end != End::More
    }

    /// Whether anything between two positions was masked.
    fn masked(&self, at: usize, end: usize) -> bool {
        let next = self.bad.get(self.bad.partition_point(|bad| *bad < at));
        next.is_some_and(|bad| *bad < end)
    }

    /// What one element may take at most from `at` on, and whether that is less than what is there:
    /// what an element turns out to be depends on these bytes alone, never on the window.
    fn view(&self, at: usize, bytes_max: usize) -> (&'t str, bool) {
        let mut end = at.saturating_add(bytes_max).saturating_add(1);
        if end >= self.all.len() {
            return (self.all, false);
        }
        while !self.all.is_char_boundary(end) {
            end -= 1;
        }
        (&self.all[..end], true)
    }
}

impl Parser {
    /// A parser for one artifact.
    pub fn new(limits: &Limits) -> Parser {
        Parser {
            limits: *limits,
            hint: Hint::None,
            encoding: None,
            pending: String::new(),
            pending_invalid: false,
            base: 0,
            state: State::Start,
            tally: Tally::default(),
            unsupported: None,
            first_key: None,
            fresh_line: true,
            truncated: false,
            prefixed: false,
        }
    }

    /// Tells the artifact's name, by which bodies and markers are recognised.
    #[must_use]
    pub fn with_name_hint(mut self, uri: &str) -> Parser {
        self.hint = Hint::of(uri);
        self
    }

    /// What the content is, as far as it was read.
    pub fn kind(&self) -> ContentKind {
        match &self.unsupported {
            Some(reason) if self.tally.cloudtrail + self.tally.invocations == 0 => {
                ContentKind::Unsupported(reason.clone())
            }
            _ => self.tally.kind(),
        }
    }

    /// Records found: those handed over, notices, and lost ones.
    pub fn records(&self) -> u64 {
        self.tally.records
    }

    /// Reads everything `content` yields. Windows grow as records need it, within the limits.
    /// With `cut`, the content is known to be incomplete.
    pub fn read(
        &mut self,
        content: &mut dyn Read,
        cut: bool,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let step = self.limits.window_bytes.max(1);
        let mut window: Vec<u8> = Vec::new();
        let mut grow = step;
        loop {
            let held = window.len();
            content.take(grow as u64).read_to_end(&mut window)?;
            if window.len() - held < grow {
                let end = if cut { End::Truncated } else { End::Eof };
                self.feed(&window, end, sink);
                return Ok(());
            }
            let consumed = self.feed(&window, End::More, sink);
            window.drain(..consumed);
            grow = step.max(window.len());
        }
    }

    /// Consumes as many complete records as `window` holds; returns the bytes consumed, which is all
    /// of them unless more are to come.
    pub fn feed(&mut self, window: &[u8], end: End, sink: &mut dyn Sink) -> usize {
        let mut start = 0;
        if self.encoding.is_none() {
            match self.decide(window, end) {
                Some(skip) => start = skip,
                None => return 0,
            }
        }
        let window = &window[start..];
        let consumed = match (&self.state, self.encoding) {
            (State::Drain | State::Body { .. }, _) => {
                self.base += window.len() as u64;
                window.len()
            }
            (_, Some(Encoding::Utf16 { little })) => self.feed_utf16(window, little, end, sink),
            _ => self.feed_utf8(window, end, sink),
        };
        if end != End::More {
            self.finish(end, sink);
        }
        start + consumed
    }

    /// Chooses encoding and mode by the first bytes; `None` when more are needed.
    fn decide(&mut self, window: &[u8], end: End) -> Option<usize> {
        const HEAD: usize = 4 << 10;
        let enough = if self.hint == Hint::None { 4 } else { HEAD };
        if window.len() < enough && end == End::More {
            return None;
        }
        let (encoding, mark) = encoding::detect(window);
        self.encoding = Some(encoding);
        self.base = mark as u64;
        if self.hint.applies(&window[..window.len().min(HEAD)]) {
            self.state = State::Body { offset: 0 };
        }
        Some(mark)
    }

    fn feed_utf8(&mut self, window: &[u8], end: End, sink: &mut dyn Sink) -> usize {
        let error = match std::str::from_utf8(window) {
            Ok(text) => {
                return self.run(&Text { all: text, bad: &[], bytes: window, end }, sink);
            }
            Err(error) => error,
        };
        if error.error_len().is_none() && end == End::More {
            let valid = &window[..error.valid_up_to()];
            let text = std::str::from_utf8(valid).unwrap_or_default();
            return self.run(&Text { all: text, bad: &[], bytes: valid, end }, sink);
        }
        let (text, bad) = encoding::mask_invalid(window, end != End::More);
        let bytes = &window[..text.len()];
        self.run(&Text { all: &text, bad: &bad, bytes, end }, sink)
    }

    fn feed_utf16(&mut self, window: &[u8], little: bool, end: End, sink: &mut dyn Sink) -> usize {
        let mut pending = std::mem::take(&mut self.pending);
        let last = end != End::More;
        let (taken, invalid) = encoding::transcode(window, little, last, &mut pending);
        self.pending_invalid |= invalid;
        let text = Text { all: &pending, bad: &[], bytes: pending.as_bytes(), end };
        let consumed = self.run(&text, sink);
        pending.drain(..consumed);
        self.pending = pending;
        taken
    }

    /// The artifact's offset of a position in the text.
    fn offset(&self, text: &str, from: usize, origin: u64, at: usize) -> u64 {
        match self.encoding {
            Some(Encoding::Utf16 { .. }) => origin + encoding::utf16_bytes(&text[from..at]),
            _ => origin + (at - from) as u64,
        }
    }

    fn run(&mut self, text: &Text<'_>, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while let Step::To(next) = self.step(text, at, sink) {
            self.base = self.offset(text.all, at, self.base, next);
            at = next;
            if self.tally.truth {
                self.state = State::Drain;
            }
        }
        if text.complete() && at < text.all.len() {
            // Only white space and delimiters are left when nothing more can be done.
            self.base = self.offset(text.all, at, self.base, text.all.len());
            at = text.all.len();
        }
        at
    }

    /// One element, delimiter run or state change; `self.base` is the offset of `at`.
    fn step(&mut self, text: &Text<'_>, at: usize, sink: &mut dyn Sink) -> Step {
        let bytes = text.all.as_bytes();
        match self.state.clone() {
            State::Start => self.start(text, at),
            State::Top => {
                let next = self.blank(text.all, at);
                match bytes.get(next) {
                    _ if next > at => Step::To(next),
                    None => Step::Wait,
                    Some(b'[') => {
                        let list = List {
                            envelope: Envelope::Array,
                            braced: false,
                            control: false,
                            empty: true,
                        };
                        self.tally.list.get_or_insert(list.envelope);
                        self.state = State::List(list);
                        Step::To(at + 1)
                    }
                    Some(_) => self.element(text, at, None, sink),
                }
            }
            State::List(list) => {
                let next = blank(bytes, at);
                match bytes.get(next) {
                    _ if next > at => Step::To(next),
                    None => Step::Wait,
                    Some(b']') => {
                        if list.empty && list.control {
                            self.with_desk(sink, Place { offset: self.base, length: 1 }, |desk| {
                                desk.notice(list.envelope, "a CloudWatch Logs control message");
                            });
                        }
                        self.state = if list.braced { State::Tail } else { State::Top };
                        self.fresh_line = false;
                        Step::To(at + 1)
                    }
                    Some(_) => self.element(text, at, Some(list), sink),
                }
            }
            State::Tail => self.tail(text, at, sink),
            State::Member(mut skipper) => {
                let end = skipper.feed(&bytes[at..]);
                self.state = if end.is_some() { State::Tail } else { State::Member(skipper) };
                Self::advance(bytes, at, end)
            }
            State::Skip { mut skipper, back, code, offset, bytes: skipped } => {
                let end = skipper.feed(&bytes[at..]);
                let skipped = skipped + end.unwrap_or(bytes.len() - at) as u64;
                if end.is_some() || text.complete() {
                    self.skipped(code, offset, skipped, sink);
                    self.state = back.map_or(State::Top, State::List);
                } else {
                    self.state = State::Skip { skipper, back, code, offset, bytes: skipped };
                }
                Self::advance(bytes, at, end)
            }
            State::Garbage(back) => {
                let resync =
                    Resync { first_key: self.first_key.as_deref(), in_list: back.is_some() };
                match resync.json_start(bytes, at) {
                    Start::At(next) => {
                        self.state = back.map_or(State::Top, State::List);
                        Step::To(next)
                    }
                    Start::Perhaps(next) if !text.complete() && next > at => Step::To(next),
                    Start::Perhaps(_) if !text.complete() => Step::Wait,
                    Start::Perhaps(_) | Start::No => Self::advance(bytes, at, None),
                }
            }
            State::Body { .. } | State::Drain => Self::advance(bytes, at, None),
        }
    }

    /// To the end of what was found, else to the end of the text.
    fn advance(bytes: &[u8], at: usize, length: Option<usize>) -> Step {
        match length {
            Some(length) => Step::To(at + length),
            None if at < bytes.len() => Step::To(bytes.len()),
            None => Step::Wait,
        }
    }

    /// Skips what may stand between documents.
    fn blank(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        let mut next = at;
        loop {
            match bytes.get(next) {
                Some(b'\n') => {
                    self.fresh_line = true;
                    next += 1;
                }
                Some(b' ' | b'\t' | b'\r' | 0x1e | b',') => next += 1,
                Some(0xef) if text[next..].starts_with('\u{feff}') => next += 3,
                _ => return next,
            }
        }
    }

    /// Decides by the first characters whether this is JSON at all.
    fn start(&mut self, text: &Text<'_>, at: usize) -> Step {
        let bytes = text.all.as_bytes();
        let next = self.blank(text.all, at);
        if next > at {
            return Step::To(next);
        }
        let Some(first) = bytes.get(at) else { return Step::Wait };
        let second =
            bytes[at + 1..].iter().take(SNIFF_BYTES).find(|byte| !byte.is_ascii_whitespace());
        if second.is_none() && !text.complete() && bytes.len() - at < SNIFF_BYTES {
            return Step::Wait;
        }
        let json = match first {
            b'{' => second.is_none_or(|byte| matches!(byte, b'"' | b'}')),
            b'[' => second.is_none_or(|byte| matches!(byte, b'{' | b'[' | b'"' | b']')),
            // Text with JSON or compressed JSON in it; a CSV header begins with a quote as well.
            b'"' => second.is_none_or(|byte| matches!(byte, b'{' | b'[' | b'H')),
            _ => false,
        };
        if !json {
            if bytes.len() - at < SNIFF_BYTES && !text.complete() {
                return Step::Wait;
            }
            let head = &bytes[at..bytes.len().min(at + SNIFF_BYTES)];
            if !has_record(head) {
                self.unsupported = Some(sniff(&text.bytes[at..]));
                self.state = State::Drain;
                return Step::To(bytes.len());
            }
        }
        self.state = State::Top;
        Step::To(at)
    }

    /// The members behind a list.
    fn tail(&mut self, text: &Text<'_>, at: usize, sink: &mut dyn Sink) -> Step {
        let bytes = text.all.as_bytes();
        let next = blank(bytes, at);
        if next > at {
            return Step::To(next);
        }
        match bytes.get(at) {
            None => Step::Wait,
            Some(b'}') => {
                self.state = State::Top;
                self.fresh_line = false;
                Step::To(at + 1)
            }
            Some(b'"') => {
                let (view, full) = text.view(at, self.limits.record_bytes_max);
                let mut scan = Scan::new(view, at, 2);
                let named = scan.string().and_then(|key| match scan.space()? {
                    b':' => {
                        let mut value = Scan::new(view, scan.at() + 1, 2);
                        let first = value.space()?;
                        Ok((key.text(), value.at(), first))
                    }
                    _ => Err(Fault::Syntax("a colon was expected")),
                });
                match named {
                    Ok((name, value, b'[')) if is_list_name(&name) => {
                        let envelope = list_envelope(&name);
                        self.state = State::List(List {
                            envelope,
                            braced: true,
                            control: false,
                            empty: true,
                        });
                        Step::To(value + 1)
                    }
                    Ok((_, value, _)) => {
                        self.state = State::Member(Skipper::default());
                        Step::To(value)
                    }
                    Err(Fault::End) if !text.complete() && !full => Step::Wait,
                    Err(_) => self.tail_broken(at, sink),
                }
            }
            Some(_) => self.tail_broken(at, sink),
        }
    }

    /// What follows a list is no JSON: no record is lost by it.
    fn tail_broken(&mut self, at: usize, sink: &mut dyn Sink) -> Step {
        sink.problem(RecordProblem {
            ordinal: None,
            offset: self.base,
            severity: Severity::Warning,
            code: ProblemCode::InvalidJson,
            reason: "what follows the list of records is not JSON".into(),
        });
        self.state = State::Garbage(None);
        Step::To(at)
    }
}

/// Skips white space and commas.
fn blank(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    at + rest
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b','))
        .unwrap_or(rest.len())
}
