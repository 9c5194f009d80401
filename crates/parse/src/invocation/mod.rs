//! Bedrock model invocation logs: one record to an [`Invocation`] with its messages.
//!
//! The record is read once into a borrowed tree; bodies of every family are recognised by their
//! shape, so that a model id that says nothing (an application inference profile) costs nothing.
//! Invariants: nothing in a body can lose the record; text is bounded by `Limits`; what the caller
//! wrote (`requestMetadata`, roles, tool names) is data, never trusted.

mod content;
mod family;
mod fields;
mod guardrail;
mod input;
mod json;
mod media;
mod message;
mod output;
mod secrets;
mod stream;
#[cfg(test)]
mod tests;
mod usage;

use std::borrow::Cow;
use std::collections::BTreeSet;

use heptagon_model::{Limits, ProblemCode, Timestamp};

pub use family::BodyFamily;
pub use guardrail::GuardrailAction;
pub use message::{Direction, Message, Part, Role};
pub use secrets::{mask_secrets, secret_kinds};

use family::Signs;
use fields::Derived;
use json::Node;
use message::Reading;
use usage::Usage;

/// Where a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BodyState {
    /// In the record.
    Inline,
    /// In an S3 object that has not been looked for yet.
    S3,
    /// In an S3 object that is in the evidence.
    Resolved,
    /// In an S3 object that is not in the evidence.
    Missing,
    /// Nowhere: the call has none, or its delivery was off.
    None,
}

impl BodyState {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            BodyState::Inline => "inline",
            BodyState::S3 => "s3",
            BodyState::Resolved => "resolved",
            BodyState::Missing => "missing",
            BodyState::None => "none",
        }
    }
}

/// One model invocation as logged.
#[derive(Debug, Clone)]
pub struct Invocation<'a> {
    /// When it was made.
    pub event_time: Timestamp,
    /// The account; empty when the record does not say.
    pub account_id: Cow<'a, str>,
    /// The Region called; empty when the record does not say.
    pub region: Cow<'a, str>,
    /// The id shared with CloudTrail; empty when the record does not say.
    pub request_id: Cow<'a, str>,
    /// `InvokeModel`, `Converse`, their streaming forms; empty when the record does not say.
    pub operation: Cow<'a, str>,
    /// A model id, inference profile id or ARN; empty when the record does not say.
    pub model_id: Cow<'a, str>,
    /// The caller; empty when the record does not say.
    pub identity_arn: Cow<'a, str>,
    /// The Region that served a cross-region inference.
    pub inference_region: Option<Cow<'a, str>>,
    /// Tokens read: the record's count, else the body's.
    pub input_tokens: Option<i64>,
    /// Tokens written: the record's count, else the body's.
    pub output_tokens: Option<i64>,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: Option<i64>,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: Option<i64>,
    /// Why the call failed.
    pub error_code: Option<Cow<'a, str>>,
    /// The caller's own labels, as compact JSON; not to be trusted.
    pub request_metadata: Option<Cow<'a, str>>,
    /// Why the model stopped, in the family's own word.
    pub stop_reason: Option<String>,
    /// What a guardrail did, when one is in sight.
    pub guardrail_action: Option<GuardrailAction>,
    /// The guardrail's id or ARN.
    pub guardrail_id: Option<String>,
    /// The guardrail's version.
    pub guardrail_version: Option<String>,
    /// Policies that fired: `input:content:PROMPT_ATTACK:HIGH:BLOCKED`.
    pub guardrail_reasons: Vec<String>,
    /// The format of the bodies.
    pub body_family: BodyFamily,
    /// Where the request body lies, when not in the record.
    pub input_body_path: Option<Cow<'a, str>>,
    /// Where the response body lies, when not in the record.
    pub output_body_path: Option<Cow<'a, str>>,
    /// Where the request body is.
    pub input_body_state: BodyState,
    /// Where the response body is.
    pub output_body_state: BodyState,
    /// Everything said, request first.
    pub messages: Vec<Message>,
    /// Names of the tools the request offers.
    pub tools_offered: Vec<String>,
    /// What was kept but not understood.
    pub warnings: Vec<(ProblemCode, String)>,
    /// The record's text.
    pub raw: &'a str,
    /// The record without its bodies.
    envelope: Node<'a>,
    input_body: Node<'a>,
    output_body: Node<'a>,
    /// Warnings about the record itself, which stay when bodies are attached.
    record_warnings: usize,
    /// Some text or message is beyond the limits.
    cut: bool,
    derived: Derived,
}

/// Whether a JSON object is a model invocation log record: `schemaType` says so, or it has
/// `modelId`, `operation` and an `input` or `output` at its top level.
pub fn looks_like(raw: &str) -> bool {
    let (mut named, mut model, mut operation, mut body) = (false, false, false, false);
    json::members(raw, &mut |key, value| {
        match key {
            "schemaType" => named = value == "\"ModelInvocationLog\"",
            "modelId" => model = value.starts_with('"'),
            "operation" => operation = value.starts_with('"'),
            "input" | "output" => body |= value.starts_with('{'),
            _ => {}
        }
        !(named || (model && operation && body))
    });
    named || (model && operation && body)
}

/// Reads one invocation log record.
///
/// Only a record that is no JSON object or has no readable time is refused; everything else that
/// is odd becomes a warning.
pub fn parse<'a>(raw: &'a str, limits: &Limits) -> Result<Invocation<'a>, (ProblemCode, String)> {
    if raw.len() > limits.record_bytes_max {
        return Err((
            ProblemCode::RecordTooLong,
            format!(
                "{} bytes, more than record_bytes_max = {}",
                raw.len(),
                limits.record_bytes_max
            ),
        ));
    }
    let tree = json::parse(raw, limits.json_depth_max).map_err(|fault| {
        (ProblemCode::InvalidJson, format!("not JSON at byte {} of the record", fault.at))
    })?;
    let mut envelope = tree.node;
    if !envelope.is_object() {
        return Err((ProblemCode::UnknownRecord, "not a JSON object".to_owned()));
    }
    let mut warnings = Vec::new();
    if tree.unread {
        warnings.push((
            ProblemCode::RecordTooDeep,
            format!(
                "parts nested deeper than json_depth_max = {}, or too many, are kept as text",
                limits.json_depth_max
            ),
        ));
    }
    let event_time = read_time(&envelope)?;
    let mut take_body = |side: &str, name: &str| -> (Node<'a>, BodyState, Option<Cow<'a, str>>) {
        let Some(part) = member_mut(&mut envelope, side) else {
            return (Node::Null, BodyState::None, None);
        };
        let path = part
            .get(&format!("{name}S3Path"))
            .and_then(|path| if let Node::Text(path) = path { Some(path.clone()) } else { None })
            .filter(|path| !path.is_empty());
        let key = format!("{name}Json");
        let is_blank = match part.get(&key) {
            Some(Node::Text(text)) => text.trim().is_empty(),
            Some(body) => *body == Node::Null,
            None => true,
        };
        let body = if is_blank { None } else { part.take(&key) }.unwrap_or(Node::Null);
        let (body, unread) = unwrap_body(body, limits);
        if unread {
            warnings.push((
                ProblemCode::UnknownBody,
                format!("{name}Json is no JSON object, list or text of one: kept as text"),
            ));
        }
        let state = match (&body, &path) {
            (Node::Null, Some(_)) => BodyState::S3,
            (Node::Null, None) => BodyState::None,
            _ => BodyState::Inline,
        };
        (body, state, path)
    };
    let (input_body, input_body_state, input_body_path) = take_body("input", "inputBody");
    let (output_body, output_body_state, output_body_path) = take_body("output", "outputBody");
    let text = |key: &str| -> Option<Cow<'a, str>> {
        match envelope.get(key)? {
            Node::Text(text) => Some(text.clone()),
            Node::Number(number) => Some(number.clone()),
            _ => None,
        }
    };
    let account_id = text("accountId");
    let region = text("region");
    let request_id = text("requestId");
    let operation = text("operation");
    let model_id = text("modelId");
    let inference_region = text("inferenceRegion");
    let error_code = text("errorCode");
    let identity_arn = match envelope.get("identity") {
        Some(Node::Text(arn)) => Some(arn.clone()),
        Some(identity) => match identity.get("arn") {
            Some(Node::Text(arn)) => Some(arn.clone()),
            _ => None,
        },
        None => None,
    };
    let absent: Vec<&str> = [
        ("requestId", request_id.is_none()),
        ("operation", operation.is_none()),
        ("modelId", model_id.is_none()),
        ("identity.arn", identity_arn.is_none()),
    ]
    .iter()
    .filter_map(|(name, absent)| absent.then_some(*name))
    .collect();
    if !absent.is_empty() {
        warnings.push((ProblemCode::MissingField, format!("no {}", absent.join(", "))));
    }
    let mut invocation = Invocation {
        event_time,
        account_id: account_id.unwrap_or_default(),
        region: region.unwrap_or_default(),
        request_id: request_id.unwrap_or_default(),
        operation: operation.unwrap_or_default(),
        model_id: model_id.unwrap_or_default(),
        identity_arn: identity_arn.unwrap_or_default(),
        inference_region,
        input_tokens: None,
        output_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        error_code,
        request_metadata: envelope
            .get("requestMetadata")
            .filter(|labels| **labels != Node::Null)
            .map(|labels| Cow::Owned(labels.to_compact())),
        stop_reason: None,
        guardrail_action: None,
        guardrail_id: None,
        guardrail_version: None,
        guardrail_reasons: Vec::new(),
        body_family: BodyFamily::None,
        input_body_path,
        output_body_path,
        input_body_state,
        output_body_state,
        messages: Vec::new(),
        tools_offered: Vec::new(),
        record_warnings: warnings.len(),
        warnings,
        raw,
        envelope,
        input_body,
        output_body,
        cut: false,
        derived: Derived::default(),
    };
    invocation.read_bodies(limits);
    Ok(invocation)
}

/// Gives an invocation the bodies its record only points to: the text of the `data/` objects.
///
/// A side given as `None` stays as it is; a body in the record itself is not replaced.
pub fn attach_bodies(
    invocation: &mut Invocation<'_>,
    input: Option<&str>,
    output: Option<&str>,
    limits: &Limits,
) {
    let mut attached = false;
    for (text, body, state) in [
        (input, &mut invocation.input_body, &mut invocation.input_body_state),
        (output, &mut invocation.output_body, &mut invocation.output_body_state),
    ] {
        let Some(text) = text else { continue };
        if *state == BodyState::Inline {
            continue;
        }
        *body = match json::parse_sequence(text, limits.json_depth_max) {
            Ok(tree) => tree.node.into_owned(),
            Err(_) => Node::Text(Cow::Owned(text.to_owned())),
        };
        *state = BodyState::Resolved;
        attached = true;
    }
    if attached {
        invocation.warnings.truncate(invocation.record_warnings);
        invocation.read_bodies(limits);
    }
}

impl Invocation<'_> {
    /// Names of the tools the model called in its response, in order.
    pub fn tool_calls(&self) -> Vec<&str> {
        self.messages
            .iter()
            .filter(|m| m.direction == Direction::Output && m.part == Part::ToolUse)
            .filter_map(|m| m.name.as_deref())
            .collect()
    }

    /// Whether another Region than the one called served it.
    pub fn is_cross_region(&self) -> bool {
        self.inference_region.as_ref().is_some_and(|region| *region != self.region)
    }

    /// Whether a guardrail is in sight: named by the request or seen in the response.
    pub fn has_guardrail(&self) -> bool {
        self.guardrail_action.is_some() || self.guardrail_id.is_some()
    }

    /// Kinds of secrets in the messages, sorted.
    pub fn secret_kinds(&self) -> Vec<&'static str> {
        let kinds = self.messages.iter().flat_map(|message| message.secrets.iter().copied());
        kinds.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Reads the bodies at hand: everything in them, their family, and the sides not understood.
    fn reading<'l>(&self, limits: &'l Limits) -> (Reading<'l>, BodyFamily, Vec<Direction>) {
        let mut reading = Reading::new(limits);
        let signs = Signs {
            input: &self.input_body,
            output: &self.output_body,
            operation: &self.operation,
            model_id: &self.model_id,
        };
        let mut understood = 0;
        let mut unknown = Vec::new();
        for direction in [Direction::Input, Direction::Output] {
            let (body, role) = match direction {
                Direction::Input => (&self.input_body, Role::User),
                Direction::Output => (&self.output_body, Role::Assistant),
            };
            let known = match (direction, body) {
                (_, Node::Null) => continue,
                (_, body) if is_empty(body) => true,
                (Direction::Input, body) => reading.request(body, signs.embeds()),
                (Direction::Output, Node::Array(chunks)) => reading.stream(chunks),
                (Direction::Output, body) => reading.response(body),
            };
            if known {
                understood += 1;
            } else {
                reading.strings((direction, role), Part::Text, None, body);
                unknown.push(direction);
            }
        }
        let family = match (understood, unknown.len()) {
            (0, 0) => BodyFamily::None,
            (0, _) => BodyFamily::Unknown,
            _ => signs.family(),
        };
        (reading, family, unknown)
    }

    /// Reads messages, counts and guardrail from the bodies at hand.
    fn read_bodies(&mut self, limits: &Limits) {
        let (mut reading, family, unknown) = self.reading(limits);
        for side in unknown {
            self.warnings.push((
                ProblemCode::UnknownBody,
                format!(
                    "the {} body format of model {} is not known: its strings are kept as text",
                    side.as_str(),
                    quoted(&self.model_id)
                ),
            ));
        }
        reading.warnings(&mut self.warnings);
        self.cut = reading.dropped > 0 || reading.messages.iter().any(|m| m.truncated);
        let mut record = Usage::default();
        for side in ["input", "output"] {
            if let Some(counts) = self.envelope.get(side) {
                record.read(counts);
            }
        }
        let usage = record.or(reading.usage).or(reading.metrics);
        reading.guardrail.conclude(reading.stop_reason.as_deref());
        self.input_tokens = usage.input;
        self.output_tokens = usage.output;
        self.cache_read_tokens = usage.cache_read;
        self.cache_write_tokens = usage.cache_write;
        self.stop_reason = reading.stop_reason;
        self.guardrail_action = reading.guardrail.action;
        self.guardrail_id = reading.guardrail.id;
        self.guardrail_version = reading.guardrail.version;
        self.guardrail_reasons = reading.guardrail.reasons;
        self.messages = reading.messages;
        self.tools_offered = reading.tools_offered;
        self.body_family = family;
        self.derived = Derived::default();
    }
}

fn is_empty(body: &Node<'_>) -> bool {
    match body {
        Node::Object(members) => members.is_empty(),
        Node::Array(items) => items.is_empty(),
        Node::Text(text) => text.is_empty(),
        _ => false,
    }
}

fn member_mut<'n, 'a>(node: &'n mut Node<'a>, key: &str) -> Option<&'n mut Node<'a>> {
    let Node::Object(members) = node else { return None };
    members.iter_mut().rev().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// A body as an object or array; text of JSON is read, other text stays text. Also tells whether
/// it is something else altogether.
fn unwrap_body<'a>(body: Node<'a>, limits: &Limits) -> (Node<'a>, bool) {
    match body {
        Node::Text(text) => {
            if !text.trim_start().starts_with(['{', '[']) {
                return (Node::Text(text), false);
            }
            let read = json::parse_sequence(&text, limits.json_depth_max);
            let owned = read.ok().map(|tree| tree.node.into_owned());
            match owned {
                Some(node) => (node, false),
                None => (Node::Text(text), true),
            }
        }
        Node::Unread(_) | Node::Number(_) | Node::Bool(_) => (body, true),
        body => (body, false),
    }
}

fn read_time(envelope: &Node<'_>) -> Result<Timestamp, (ProblemCode, String)> {
    match envelope.get("timestamp") {
        Some(Node::Text(text) | Node::Number(text)) => Timestamp::parse(text).ok_or_else(|| {
            (ProblemCode::InvalidTime, format!("timestamp {} is no time", quoted(text)))
        }),
        Some(Node::Null) | None => Err((ProblemCode::MissingField, "no timestamp".to_owned())),
        Some(_) => Err((ProblemCode::InvalidTime, "timestamp is no text".to_owned())),
    }
}

/// Text from evidence for a message: quoted, control characters escaped, at most 200 characters.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if out.len() > 190 {
            out.push('…');
            break;
        }
        out.extend(c.escape_debug());
    }
    out.push('"');
    out
}
