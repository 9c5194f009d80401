//! One element: read, its place taken, handed to the desk.

use heptagon_model::ProblemCode;

use super::{List, Parser, State, Step, Text};
use crate::{
    cloudtrail::{Draft, read},
    element::{Desk, Place, list_envelope},
    encoding::{self, Encoding},
    json::{Fault, Scan, path},
    record::{Envelope, Sink},
};

impl Parser {
    /// One element at `at`, in a list or between documents.
    pub(super) fn element(
        &mut self,
        text: &Text<'_>,
        at: usize,
        list: Option<List>,
        sink: &mut dyn Sink,
    ) -> Step {
        match text.all.as_bytes()[at] {
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
            self.enter(&name, &draft);
            return Step::To(scan.at() + 1);
        }
        self.settle(text, at, scan.at(), list, Some(draft), sink)
    }

    /// Goes into the list `name` of the object whose members before it are in `draft`.
    fn enter(&mut self, name: &str, draft: &Draft<'_>) {
        let message_type = draft.others.iter().find(|(key, _)| key == "messageType");
        let control = message_type.is_some_and(|(_, value)| value.contains("CONTROL_MESSAGE"));
        let envelope = match list_envelope(name) {
            Envelope::CwlSubscription if message_type.is_none() => Envelope::FilterLogEvents,
            envelope => envelope,
        };
        self.tally.truth |= draft.others.iter().any(|(key, _)| key == "heptagon_truth");
        self.tally.list.get_or_insert(envelope);
        self.state = State::List(List { envelope, braced: true, control, empty: true });
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
            Ok(_) => self.settle(text, at, scan.at(), list, None, sink),
            Err(fault) => self.broken(text, at, list, fault, sink),
        }
    }

    /// Hands over the complete element from `at` to `end`; `draft` when it is an object.
    fn settle(
        &mut self,
        text: &Text<'_>,
        at: usize,
        end: usize,
        list: Option<List>,
        draft: Option<Draft<'_>>,
        sink: &mut dyn Sink,
    ) -> Step {
        let length = match self.encoding {
            Some(Encoding::Utf16 { .. }) => encoding::utf16_bytes(&text.all[at..end]) as usize,
            _ => end - at,
        };
        if end - at > self.limits.record_bytes_max {
            self.skipped(ProblemCode::RecordTooLong, self.base, (end - at) as u64, sink);
            return Step::To(end);
        }
        let known = self.tally.cloudtrail + self.tally.invocations;
        let raw = &text.all[at..end];
        if text.masked(at, end) {
            // The masked text found the element's end; its own bytes are read with U+FFFD.
            let whole = String::from_utf8_lossy(&text.bytes[at..end]);
            let mut scan = Scan::new(&whole, 0, self.limits.json_depth_max);
            let mut again = Draft::default();
            let is_object = draft.is_some() && read(&mut scan, false, &mut again).is_ok();
            self.hand_over(&whole, length, list, true, is_object.then_some(again), sink);
        } else {
            self.hand_over(raw, length, list, false, draft, sink);
        }
        if self.first_key.is_none() && self.tally.cloudtrail + self.tally.invocations > known {
            let mut first = None;
            path::for_each_member(raw, |key, _| {
                first.get_or_insert(key.raw);
            });
            self.first_key = first.filter(|key| key.len() <= 64).map(str::to_owned);
        }
        Step::To(end)
    }

    fn hand_over(
        &mut self,
        raw: &str,
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
        let mut desk = Desk {
            limits: &self.limits,
            sink,
            tally: &mut self.tally,
            place: Place { offset: self.base, length },
            lossy,
            control: list.is_some_and(|list| list.control),
        };
        match draft {
            Some(draft) => desk.settle_object(draft, raw, envelope),
            None => desk.settle_value(raw, envelope),
        }
    }

    pub(super) fn with_desk<T>(
        &mut self,
        sink: &mut dyn Sink,
        place: Place,
        work: impl FnOnce(&mut Desk<'_>) -> T,
    ) -> T {
        work(&mut Desk {
            limits: &self.limits,
            sink,
            tally: &mut self.tally,
            place,
            lossy: false,
            control: false,
        })
    }
}
