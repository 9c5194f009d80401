//! Framing: windows of bytes to elements, in bounded memory.

use std::io::{self, Read};

use heptagon_model::{Limits, ProblemCode, Severity};

use crate::{
    cloudtrail::{Draft, is_list_name, read},
    element::{Desk, Place, list_envelope},
    encoding::{self, Encoding},
    hint::Hint,
    json::{
        Fault, Scan,
        frame::{Resync, Skipper, Start},
        path,
    },
    kind::{Tally, sniff},
    record::{ContentKind, End, Envelope, RecordMeta, RecordProblem, Sink, quote},
};

/// Bytes looked at before content is called unsupported.
const SNIFF_BYTES: usize = 64 << 10;

/// Bytes behind a resumption point that must be known before it is trusted.
const MARGIN: usize = 256;

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
    text: &'t str,
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

    /// What one element may take at most from `at` on, and whether that is less than what is there:
    /// what an element turns out to be depends on these bytes alone, never on the window.
    fn view(&self, at: usize, bytes_max: usize) -> (&'t str, bool) {
        let mut end = at.saturating_add(bytes_max).saturating_add(1);
        if end >= self.text.len() {
            return (self.text, false);
        }
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        (&self.text[..end], true)
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
                return self.run(&Text { text, bad: &[], bytes: window, end }, sink);
            }
            Err(error) => error,
        };
        if error.error_len().is_none() && end == End::More {
            let valid = &window[..error.valid_up_to()];
            let text = std::str::from_utf8(valid).unwrap_or_default();
            return self.run(&Text { text, bad: &[], bytes: valid, end }, sink);
        }
        let (text, bad) = encoding::mask_invalid(window, end != End::More);
        let bytes = &window[..text.len()];
        self.run(&Text { text: &text, bad: &bad, bytes, end }, sink)
    }

    fn feed_utf16(&mut self, window: &[u8], little: bool, end: End, sink: &mut dyn Sink) -> usize {
        let mut pending = std::mem::take(&mut self.pending);
        let last = end != End::More;
        let (taken, invalid) = encoding::transcode(window, little, last, &mut pending);
        self.pending_invalid |= invalid;
        let text = Text { text: &pending, bad: &[], bytes: pending.as_bytes(), end };
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
            self.base = self.offset(text.text, at, self.base, next);
            at = next;
            if self.tally.truth {
                self.state = State::Drain;
            }
        }
        if text.complete() && at < text.text.len() {
            // Only white space and delimiters are left when nothing more can be done.
            self.base = self.offset(text.text, at, self.base, text.text.len());
            at = text.text.len();
        }
        at
    }

    /// One element, delimiter run or state change; `self.base` is the offset of `at`.
    fn step(&mut self, text: &Text<'_>, at: usize, sink: &mut dyn Sink) -> Step {
        let bytes = text.text.as_bytes();
        match self.state.clone() {
            State::Start => self.start(text, at),
            State::Top => {
                let next = self.blank(text.text, at);
                match bytes.get(next) {
                    None if next > at => Step::To(next),
                    None => Step::Wait,
                    Some(_) if next > at => Step::To(next),
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
        let bytes = text.text.as_bytes();
        let next = self.blank(text.text, at);
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
            let resync = Resync { first_key: None, in_list: false };
            let head = &bytes[at..bytes.len().min(at + SNIFF_BYTES)];
            if resync.record_inside(head).is_none() {
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
        let bytes = text.text.as_bytes();
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

    /// One element at `at`, in a list or between documents.
    fn element(
        &mut self,
        text: &Text<'_>,
        at: usize,
        list: Option<List>,
        sink: &mut dyn Sink,
    ) -> Step {
        let bytes = text.text.as_bytes();
        if !text.bad.is_empty() {
            return self.element_of_masked(text, at, list, sink);
        }
        match bytes[at] {
            b'{' => {}
            b'[' | b'"' => return self.value(text, at, list, sink),
            _ if list.is_some() => return self.value(text, at, list, sink),
            _ => return self.broken(text, at, list, Fault::Syntax("plain text"), sink),
        }
        let (view, _) = text.view(at, self.limits.record_bytes_max);
        let mut scan = Scan::new(view, at, self.limits.json_depth_max);
        let mut draft = Draft::default();
        if let Err(fault) = read(&mut scan, list.is_none(), &mut draft) {
            return self.broken(text, at, list, fault, sink);
        }
        if let Some(name) = draft.entered.take() {
            let message_type = draft.others.iter().find(|(key, _)| key == "messageType");
            let control = message_type.is_some_and(|(_, value)| value.contains("CONTROL_MESSAGE"));
            let envelope = match list_envelope(&name) {
                Envelope::CwlSubscription if message_type.is_none() => Envelope::FilterLogEvents,
                envelope => envelope,
            };
            if draft.others.iter().any(|(key, _)| key == "heptagon_truth") {
                self.tally.truth = true;
            }
            self.tally.list.get_or_insert(envelope);
            self.state = State::List(List { envelope, braced: true, control, empty: true });
            return Step::To(scan.at() + 1);
        }
        let end = scan.at();
        self.settle(text.text, at, end, list, false, Some(draft), sink);
        Step::To(end)
    }

    /// An element that is no object.
    fn value(
        &mut self,
        text: &Text<'_>,
        at: usize,
        list: Option<List>,
        sink: &mut dyn Sink,
    ) -> Step {
        let (view, _) = text.view(at, self.limits.record_bytes_max);
        let mut scan = Scan::new(view, at, self.limits.json_depth_max);
        match scan.value() {
            Ok(_) => {
                let end = scan.at();
                self.settle(text.text, at, end, list, false, None, sink);
                Step::To(end)
            }
            Err(fault) => self.broken(text, at, list, fault, sink),
        }
    }

    /// An element in a window with bytes that are no valid UTF-8: its end is found first, then its
    /// own bytes are read with U+FFFD for what is invalid.
    fn element_of_masked(
        &mut self,
        text: &Text<'_>,
        at: usize,
        list: Option<List>,
        sink: &mut dyn Sink,
    ) -> Step {
        let rest = &text.bad[text.bad.partition_point(|bad| *bad < at)..];
        let clean = Text { text: text.text, bad: &[], bytes: text.bytes, end: text.end };
        let (view, _) = text.view(at, self.limits.record_bytes_max);
        let end = Skipper::default().feed(&view.as_bytes()[at..]).map(|length| at + length);
        let lossy = match end {
            Some(end) => rest.first().is_some_and(|bad| *bad < end),
            None => false,
        };
        let (Some(end), true) = (end, lossy) else {
            return self.element(&clean, at, list, sink);
        };
        // A container's own members may be invalid without its records being so.
        let mut scan = Scan::new(text.text, at, self.limits.json_depth_max);
        let mut draft = Draft::default();
        if list.is_none()
            && text.text.as_bytes()[at] == b'{'
            && (read(&mut scan, true, &mut draft).is_err() || draft.entered.is_some())
        {
            return self.element(&clean, at, list, sink);
        }
        let whole = String::from_utf8_lossy(&text.bytes[at..end]).into_owned();
        let mut scan = Scan::new(&whole, 0, self.limits.json_depth_max);
        let mut draft = Draft::default();
        let is_object = whole.starts_with('{');
        let outcome =
            if is_object { read(&mut scan, false, &mut draft) } else { scan.value().map(|_| ()) };
        if let Err(fault) = outcome {
            return self.broken(&clean, at, list, fault, sink);
        }
        let draft = is_object.then_some(draft);
        self.settle_place(&whole, 0, scan.at(), end - at, list, true, draft, sink);
        Step::To(end)
    }

    fn with_desk<T>(
        &mut self,
        sink: &mut dyn Sink,
        place: Place,
        work: impl FnOnce(&mut Desk<'_>) -> T,
    ) -> T {
        let mut desk = Desk {
            limits: &self.limits,
            sink,
            tally: &mut self.tally,
            place,
            lossy: false,
            control: false,
        };
        work(&mut desk)
    }

    #[allow(clippy::too_many_arguments)]
    fn settle(
        &mut self,
        text: &str,
        at: usize,
        end: usize,
        list: Option<List>,
        lossy: bool,
        draft: Option<Draft<'_>>,
        sink: &mut dyn Sink,
    ) {
        let length = match self.encoding {
            Some(Encoding::Utf16 { .. }) => encoding::utf16_bytes(&text[at..end]) as usize,
            _ => end - at,
        };
        self.settle_place(text, at, end, length, list, lossy, draft, sink);
    }

    /// Hands over a complete element.
    #[allow(clippy::too_many_arguments)]
    fn settle_place(
        &mut self,
        text: &str,
        at: usize,
        end: usize,
        length: usize,
        list: Option<List>,
        lossy: bool,
        draft: Option<Draft<'_>>,
        sink: &mut dyn Sink,
    ) {
        let envelope = match list {
            Some(list) => list.envelope,
            None if self.fresh_line => Envelope::None,
            None => Envelope::Firehose,
        };
        self.fresh_line = false;
        if let State::List(list) = &mut self.state {
            list.empty = false;
        }
        let place = Place { offset: self.base, length };
        let raw = &text[at..end];
        if end - at > self.limits.record_bytes_max {
            self.skipped(ProblemCode::RecordTooLong, self.base, (end - at) as u64, sink);
            return;
        }
        let known = self.tally.cloudtrail + self.tally.invocations;
        let mut desk = Desk {
            limits: &self.limits,
            sink,
            tally: &mut self.tally,
            place,
            lossy,
            control: list.is_some_and(|list| list.control),
        };
        match draft {
            Some(draft) => desk.settle_object(draft, raw, envelope),
            None => desk.settle_value(raw, envelope),
        }
        if self.first_key.is_none() && self.tally.cloudtrail + self.tally.invocations > known {
            let mut first = None;
            path::for_each_member(raw, |key, _| {
                first.get_or_insert(key.raw);
            });
            self.first_key = first.filter(|key| key.len() <= 64).map(str::to_owned);
        }
    }

    /// An element that cannot be read to its end: waits, skips it, or goes on behind it.
    fn broken(
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
                    let reason = "the record is not closed".into();
                    return self.lose(bytes, at, next, ProblemCode::InvalidJson, reason, sink);
                }
                if complete {
                    self.truncated = true;
                    let reason = "the content ends inside a record".into();
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
                        self.lose(bytes, at, next, ProblemCode::InvalidJson, reason, sink)
                    }
                    None if open => Step::Wait,
                    None => {
                        self.state = State::Garbage(list);
                        self.lose(bytes, at, bytes.len(), ProblemCode::InvalidJson, reason, sink)
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
    fn lose(
        &mut self,
        bytes: &[u8],
        at: usize,
        next: usize,
        code: ProblemCode,
        reason: String,
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

    fn skipped(&mut self, code: ProblemCode, offset: u64, bytes: u64, sink: &mut dyn Sink) {
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
    fn finish(&mut self, end: End, sink: &mut dyn Sink) {
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

/// Skips white space and commas.
fn blank(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    at + rest
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b','))
        .unwrap_or(rest.len())
}
