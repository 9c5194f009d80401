//! What one element of a container is, and the records inside it.

use std::{borrow::Cow, io::Read};

use base64::Engine;
use heptagon_model::{Limits, ProblemCode, Severity};

use crate::{
    cloudtrail::{CloudTrailRecord, Defect, Draft, is_list_name, read},
    configuration::{self, Configuration},
    invocation,
    json::{Fault, Scan, path},
    kind::{Tally, looks_like},
    rebuild,
    record::{Envelope, Record, RecordMeta, RecordProblem, Sink, quote},
};

/// Envelopes inside envelopes that are looked into.
const NESTING: u32 = 6;

/// Members of unknown objects that may hold a record.
const WRAPPERS: [&str; 17] = [
    "log", "_source", "event", "record", "data", "Data", "message", "Message", "body", "detail",
    "@message", "_raw", "result", "raw", "json", "original", "hits",
];

/// Where the element being read stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) length: usize,
}

/// Why an element holds no record.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: ProblemCode,
    reason: String,
}

impl Refusal {
    fn unknown(reason: String) -> Refusal {
        Refusal { code: ProblemCode::UnknownRecord, reason }
    }
}

/// Everything needed to hand over what an element holds.
pub(crate) struct Desk<'s> {
    pub(crate) limits: &'s Limits,
    pub(crate) sink: &'s mut dyn Sink,
    pub(crate) tally: &'s mut Tally,
    pub(crate) place: Place,
    /// The text was not valid in its encoding and has replacement characters.
    pub(crate) lossy: bool,
    /// The container said that its messages are control messages.
    pub(crate) control: bool,
}

impl Desk<'_> {
    /// Hands over what the object behind `draft` holds; when nothing, a problem.
    pub(crate) fn settle_object(&mut self, draft: Draft<'_>, raw: &str, envelope: Envelope) {
        if self.control {
            self.notice(envelope, "a CloudWatch Logs control message");
            return;
        }
        if let Err(refusal) = self.object(draft, raw, envelope, 0) {
            self.refuse(refusal);
        }
    }

    /// Hands over what a value that is no object holds; when nothing, a problem.
    pub(crate) fn settle_value(&mut self, raw: &str, envelope: Envelope) {
        if let Err(refusal) = self.value(raw, envelope, 0) {
            self.refuse(refusal);
        }
    }

    /// A lost record.
    pub(crate) fn lost(&mut self, code: ProblemCode, reason: String) {
        let ordinal = self.tally.next();
        self.tally.lost += 1;
        let offset = self.place.offset;
        self.sink.problem(RecordProblem {
            ordinal: Some(ordinal),
            offset,
            severity: Severity::Lost,
            code,
            reason,
        });
    }

    fn refuse(&mut self, refusal: Refusal) {
        if self.tally.unknown.is_none() && refusal.code == ProblemCode::UnknownRecord {
            self.tally.unknown = Some(refusal.reason.clone());
        }
        self.lost(refusal.code, refusal.reason);
    }

    pub(crate) fn notice(&mut self, envelope: Envelope, reason: &str) {
        let meta = self.meta(envelope);
        self.tally.control += 1;
        self.sink.notice(&meta, reason);
    }

    fn warn(&mut self, ordinal: u64, code: ProblemCode, reason: String) {
        let offset = self.place.offset;
        self.sink.problem(RecordProblem {
            ordinal: Some(ordinal),
            offset,
            severity: Severity::Warning,
            code,
            reason,
        });
    }

    fn meta(&mut self, envelope: Envelope) -> RecordMeta {
        RecordMeta {
            ordinal: self.tally.next(),
            offset: self.place.offset,
            length: u32::try_from(self.place.length).unwrap_or(u32::MAX),
            envelope,
            complete_source: envelope.complete_source(),
        }
    }

    fn cloudtrail(&mut self, record: CloudTrailRecord<'_>, envelope: Envelope) -> u64 {
        let meta = self.meta(envelope);
        self.tally.cloudtrail += 1;
        let newer = record.event_version.as_deref().is_some_and(|version| {
            version.split('.').next().and_then(|major| major.parse::<u32>().ok()) != Some(1)
        });
        let version = if newer { record.event_version.as_deref().map(quote) } else { None };
        self.sink.record(&meta, &Record::CloudTrail(record));
        if let Some(version) = version {
            self.warn(
                meta.ordinal,
                ProblemCode::UnknownVersion,
                format!(
                    "event version `{version}` is not one of 1.x; fields may have changed meaning"
                ),
            );
        }
        self.warn_lossy(meta.ordinal);
        meta.ordinal
    }

    fn warn_lossy(&mut self, ordinal: u64) {
        if self.lossy {
            self.warn(
                ordinal,
                ProblemCode::InvalidText,
                "the record has bytes that are no valid text; they were replaced by U+FFFD".into(),
            );
        }
    }

    fn object(
        &mut self,
        draft: Draft<'_>,
        raw: &str,
        envelope: Envelope,
        nesting: u32,
    ) -> Result<(), Refusal> {
        let (defect, draft) = match draft.judge() {
            Ok(record) => {
                self.cloudtrail(record, envelope);
                return Ok(());
            }
            Err(refused) => refused,
        };
        match defect {
            Defect::NotCloudTrail => {}
            Defect::Missing(what) => {
                self.tally.defective += 1;
                return Err(Refusal {
                    code: ProblemCode::MissingField,
                    reason: format!("a CloudTrail record without {what}"),
                });
            }
            Defect::Time => {
                let missing = draft.event_time.is_none();
                if let (true, Some((name, time))) = (missing, draft.shipper_time()) {
                    let ordinal = self.cloudtrail(draft.with_time(time), envelope);
                    self.warn(
                        ordinal,
                        ProblemCode::InvalidTime,
                        format!("eventTime is missing; `{name}`, written by whatever shipped the record, was taken"),
                    );
                    return Ok(());
                }
                self.tally.defective += 1;
                return Err(Refusal {
                    code: ProblemCode::InvalidTime,
                    reason: match &draft.event_time {
                        Some(time) => format!("eventTime `{}` is no time", quote(time)),
                        None => "a CloudTrail record without eventTime".into(),
                    },
                });
            }
        }
        self.other(&draft, raw, envelope, nesting)
    }

    /// An object that is no CloudTrail record itself.
    fn other(
        &mut self,
        draft: &Draft<'_>,
        raw: &str,
        envelope: Envelope,
        nesting: u32,
    ) -> Result<(), Refusal> {
        let others = &draft.others;
        let get = |name: &str| others.iter().rev().find(|(key, _)| key == name).map(|(_, v)| *v);
        if get("heptagon_truth").is_some() {
            self.tally.truth = true;
            return Ok(());
        }
        if nesting == 0 && self.configuration(draft, raw, envelope) {
            return Ok(());
        }
        let described = |name: &str| get(name).and_then(path::string);
        if described("schemaType").as_deref() == Some("ModelInvocationLog")
            || (get("modelId").is_some()
                && get("requestId").is_some()
                && ["operation", "input", "output"].iter().any(|name| get(name).is_some()))
        {
            return self.invocation(raw, envelope);
        }
        if nesting >= NESTING {
            return Err(Refusal::unknown("envelopes nested too deep".into()));
        }
        if let Some(detail) = get("detail").filter(|_| get("detail-type").is_some()) {
            return self.value(detail, Envelope::EventBridge, nesting + 1).map_err(|refusal| {
                let kind = described("detail-type").unwrap_or_default();
                match refusal.code {
                    ProblemCode::UnknownRecord => {
                        Refusal::unknown(format!("an EventBridge event of type `{}`", quote(&kind)))
                    }
                    _ => refusal,
                }
            });
        }
        if let Some(event) = get("CloudTrailEvent") {
            return self.value(event, Envelope::LookupEvents, nesting + 1);
        }
        if get("digestStartTime").is_some()
            && (get("logFiles").is_some() || get("digestS3Object").is_some())
        {
            let meta = self.meta(envelope);
            self.tally.digests += 1;
            self.sink.notice(&meta, "a CloudTrail digest");
            return Ok(());
        }
        if let Some(kind) = described("messageType") {
            if kind == "CONTROL_MESSAGE" {
                self.notice(Envelope::CwlSubscription, "a CloudWatch Logs control message");
                return Ok(());
            }
            if let Some(events) = get("logEvents") {
                self.list(events, Envelope::CwlSubscription, nesting + 1);
                return Ok(());
            }
        }
        for carrier in ["awslogs", "kinesis"] {
            if let Some(data) = get(carrier).and_then(|value| path::member(value, "data")) {
                return self.value(data, Envelope::CwlSubscription, nesting + 1);
            }
        }
        if let Some((name, events)) =
            others.iter().find(|(name, value)| is_list_name(name) && value.starts_with('['))
        {
            self.list(events, list_envelope(name), nesting + 1);
            return Ok(());
        }
        self.wrapped(draft, envelope, nesting).unwrap_or_else(|inner| {
            if get("EventName").is_some()
                && get("EventSource").is_some()
                && get("EventTime").is_some()
            {
                return self.rebuilt(&rebuild::lookup_event(raw), Envelope::LookupEvents, nesting);
            }
            Err(Refusal::unknown(match inner {
                Some(inner) => inner,
                None => looks_like(raw),
            }))
        })
    }

    /// An answer of the AWS CLI that stands by itself.
    fn configuration(&mut self, draft: &Draft<'_>, raw: &str, envelope: Envelope) -> bool {
        if !matches!(envelope, Envelope::None | Envelope::Firehose) {
            return false;
        }
        let signed =
            draft.others.iter().any(|(name, _)| configuration::SIGNS.contains(&name.as_ref()));
        // Among events an empty object is a broken one.
        let alone = self.tally.cloudtrail + self.tally.invocations == 0;
        if !(signed || alone && configuration::is_empty_object(raw)) {
            return false;
        }
        let Some(found) = Configuration::read(raw) else { return false };
        let meta = self.meta(envelope);
        self.tally.configurations += 1;
        self.sink.configuration(&meta, &found);
        true
    }

    /// A record in a member of an unknown object. The outer error says what the inner value looks like.
    fn wrapped(
        &mut self,
        draft: &Draft<'_>,
        envelope: Envelope,
        nesting: u32,
    ) -> Result<Result<(), Refusal>, Option<String>> {
        let mut described = None;
        let has = |name: &str| draft.others.iter().any(|(key, _)| key == name);
        for wrapper in WRAPPERS {
            let Some((_, value)) = draft.others.iter().rev().find(|(name, _)| name == wrapper)
            else {
                continue;
            };
            let inner = match (wrapper, envelope) {
                ("message", Envelope::CwlSubscription | Envelope::FilterLogEvents) => envelope,
                ("message", _) if has("ingestionTime") || has("logStreamName") => {
                    Envelope::FilterLogEvents
                }
                ("@message", _) => Envelope::InsightsResults,
                (_, Envelope::LookupEvents | Envelope::InsightsResults) => envelope,
                _ => Envelope::Other,
            };
            if !value.starts_with(['{', '"', '[']) {
                continue;
            }
            match self.value(value, inner, nesting + 1) {
                Ok(()) => return Ok(Ok(())),
                Err(refusal) if refusal.code == ProblemCode::UnknownRecord => {
                    described.get_or_insert_with(|| format!("{} in `{wrapper}`", refusal.reason));
                }
                // It is a record, only a defective one.
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Err(described)
    }

    fn invocation(&mut self, raw: &str, envelope: Envelope) -> Result<(), Refusal> {
        match invocation::parse(raw, self.limits) {
            Ok(invocation) => {
                let meta = self.meta(envelope);
                self.tally.invocations += 1;
                let warnings = invocation.warnings.clone();
                self.sink.record(&meta, &Record::Invocation(Box::new(invocation)));
                for (code, reason) in warnings {
                    self.warn(meta.ordinal, code, reason);
                }
                self.warn_lossy(meta.ordinal);
                Ok(())
            }
            Err((code, reason)) => Err(Refusal { code, reason }),
        }
    }

    /// Any JSON value, or a string that holds JSON, or base64 of compressed JSON.
    fn value(&mut self, raw: &str, envelope: Envelope, nesting: u32) -> Result<(), Refusal> {
        if nesting > NESTING {
            return Err(Refusal::unknown("envelopes nested too deep".into()));
        }
        match raw.as_bytes().first() {
            Some(b'{') => self.document(raw, envelope, nesting),
            Some(b'[') => self.row_or_list(raw, envelope, nesting),
            Some(b'"') => match path::string(raw) {
                Some(text) => self.text(&text, envelope, nesting),
                None => Err(Refusal::unknown("a string that is cut off".into())),
            },
            _ => Err(Refusal::unknown(format!("the bare value `{}`", quote(raw)))),
        }
    }

    /// The text of a string.
    fn text(&mut self, text: &str, envelope: Envelope, nesting: u32) -> Result<(), Refusal> {
        let trimmed = text.trim().trim_start_matches('\u{feff}');
        if trimmed.starts_with("CWL CONTROL MESSAGE") {
            self.notice(envelope, "a CloudWatch Logs control message");
            return Ok(());
        }
        match trimmed.as_bytes().first() {
            Some(b'{') => self.document(trimmed, envelope, nesting),
            Some(b'[') => self.row_or_list(trimmed, envelope, nesting),
            Some(_) => match decode(trimmed, self.limits) {
                Some(decoded) => {
                    let envelope = match envelope {
                        Envelope::Other | Envelope::S3Records => Envelope::CwlSubscription,
                        other => other,
                    };
                    self.documents(&decoded, envelope, nesting + 1)
                }
                None => Err(Refusal::unknown(format!("the text `{}`", quote(trimmed)))),
            },
            None => Err(Refusal::unknown("an empty string".into())),
        }
    }

    /// One object that is a whole text.
    fn document(&mut self, text: &str, envelope: Envelope, nesting: u32) -> Result<(), Refusal> {
        let mut draft = Draft::default();
        let mut scan = Scan::new(text, 0, self.limits.json_depth_max);
        match read(&mut scan, false, &mut draft) {
            Ok(()) => {
                let raw = scan.since(0);
                self.object(draft, raw, envelope, nesting)
            }
            Err(fault) => Err(fault_refusal(fault)),
        }
    }

    /// Concatenated objects.
    fn documents(&mut self, text: &str, envelope: Envelope, nesting: u32) -> Result<(), Refusal> {
        let mut at = 0;
        let mut any = false;
        loop {
            let mut scan = Scan::new(text, at, self.limits.json_depth_max);
            match scan.space() {
                Err(_) if any => return Ok(()),
                Err(_) => return Err(Refusal::unknown("an empty string".into())),
                Ok(_) => {}
            }
            match scan.value() {
                Ok(value) => {
                    at = scan.at();
                    match self.value(value, envelope, nesting + 1) {
                        Ok(()) => {}
                        Err(refusal) if any => self.refuse(refusal),
                        Err(refusal) => return Err(refusal),
                    }
                    any = true;
                }
                Err(fault) if any => {
                    self.refuse(fault_refusal(fault));
                    return Ok(());
                }
                Err(fault) => return Err(fault_refusal(fault)),
            }
        }
    }

    /// Every item of an array, each a record or a problem.
    fn list(&mut self, raw: &str, envelope: Envelope, nesting: u32) {
        path::for_each_item(raw, |item| {
            if let Err(refusal) = self.value(item, envelope, nesting) {
                self.refuse(refusal);
            }
        });
    }

    /// A row of Insights results, or a list of records.
    fn row_or_list(&mut self, raw: &str, envelope: Envelope, nesting: u32) -> Result<(), Refusal> {
        let mut scan = Scan::new(raw, 0, self.limits.json_depth_max);
        if let Err(fault) = scan.value() {
            return Err(fault_refusal(fault));
        }
        if let Some(row) = rebuild::InsightsRow::read(raw) {
            return match row.message() {
                Some(message) => self.text(&message, Envelope::InsightsResults, nesting + 1),
                None => self.rebuilt(&row.record(), Envelope::InsightsResults, nesting),
            };
        }
        let mut objects = 0;
        path::for_each_item(raw, |item| objects += usize::from(item.starts_with(['{', '"'])));
        if objects == 0 {
            return Err(Refusal::unknown("a list without objects".into()));
        }
        self.list(raw, envelope, nesting + 1);
        Ok(())
    }

    /// A record put together from columns.
    fn rebuilt(&mut self, json: &str, envelope: Envelope, nesting: u32) -> Result<(), Refusal> {
        let before = self.tally.records;
        self.document(json, envelope, nesting + 1).map_err(|refusal| match refusal.code {
            ProblemCode::UnknownRecord => Refusal {
                code: ProblemCode::MissingField,
                reason: "a query's row with neither @message nor the columns eventName, eventSource and eventTime".into(),
            },
            _ => refusal,
        })?;
        if self.tally.records > before {
            self.warn(
                before,
                ProblemCode::MissingField,
                "put together from a query's columns; fields that were not selected are missing"
                    .into(),
            );
        }
        Ok(())
    }
}

fn fault_refusal(fault: Fault) -> Refusal {
    let (code, reason) = match fault {
        Fault::End => (ProblemCode::Truncated, "an embedded record is cut off".to_owned()),
        Fault::Syntax(what) => {
            (ProblemCode::InvalidJson, format!("an embedded record is not JSON: {what}"))
        }
        Fault::Deep => {
            (ProblemCode::RecordTooDeep, "an embedded record is nested too deep".to_owned())
        }
    };
    Refusal { code, reason }
}

/// The envelope of a list by its member's name.
pub(crate) fn list_envelope(name: &str) -> Envelope {
    match name {
        "Records" | "records" => Envelope::S3Records,
        "Events" => Envelope::LookupEvents,
        "events" => Envelope::FilterLogEvents,
        "results" => Envelope::InsightsResults,
        "logEvents" => Envelope::CwlSubscription,
        _ => Envelope::Array,
    }
}

/// Text from base64, decompressed when it is gzip; bounded like a record.
fn decode(text: &str, limits: &Limits) -> Option<String> {
    if text.len() < 8 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=\n\r".contains(&b))
    {
        return None;
    }
    let compact: Cow<'_, str> = if text.contains(['\n', '\r']) {
        Cow::Owned(text.replace(['\n', '\r'], ""))
    } else {
        Cow::Borrowed(text)
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact.as_bytes()).ok()?;
    let plain = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .take(limits.record_bytes_max as u64)
            .read_to_end(&mut plain)
            .ok()?;
        plain
    } else {
        bytes
    };
    let text = String::from_utf8(plain).ok()?;
    text.trim_start().starts_with(['{', '[']).then_some(text)
}
