//! An invocation as rules see it: the log's own paths, and what is derived under `heptagon.`,
//! built only when a rule asks.
//!
//! Derived: `prompt_text`, `system_text`, `output_text`, `document_text`, `tool_result_text`,
//! `tool_input_text`, `tool_names`, `tools_offered`, `secrets`, `guardrail_action`, `guardrail_id`,
//! `guardrail_reasons`, `stop_reason`, `body_family`, `input_body_state`, `output_body_state`,
//! `input_tokens`, `output_tokens`, `cache_read_tokens`, `cache_write_tokens`, `messages`,
//! `cross_region`, `has_guardrail`. Texts and lists that would be empty are absent.

use std::borrow::Cow;
use std::sync::OnceLock;

use heptagon_model::{FieldValue, Fields, Limits, LogSource};

use super::Invocation;
use super::json::Node;
use super::message::{Direction, Message, Part, Role};

/// Texts derived once, when first asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Derived {
    texts: OnceLock<Texts>,
}

#[derive(Debug, Clone, Default)]
struct Texts {
    prompt: String,
    system: String,
    output: String,
    tool_result: String,
    tool_input: String,
    document: String,
    tool_names: Vec<String>,
}

impl Texts {
    fn take(&mut self, message: &Message) {
        let place = match (message.direction, message.role, message.part) {
            (_, _, Part::ToolUse) => {
                let name = message.name.as_deref().unwrap_or_default();
                if !name.is_empty() && !self.tool_names.iter().any(|known| known == name) {
                    self.tool_names.push(name.to_owned());
                }
                &mut self.tool_input
            }
            (_, _, Part::ToolResult) | (_, Role::Tool, Part::Text | Part::Search | Part::Other) => {
                &mut self.tool_result
            }
            (Direction::Input, _, Part::Document | Part::Search) => &mut self.document,
            (Direction::Input, Role::System, Part::Text | Part::GuardContent) => &mut self.system,
            (
                Direction::Input,
                Role::User,
                Part::Text
                | Part::GuardContent
                | Part::EmbeddingInput
                | Part::RerankQuery
                | Part::Other,
            ) => &mut self.prompt,
            (Direction::Output, _, Part::Text | Part::Other) => &mut self.output,
            _ => return,
        };
        if !place.is_empty() && !message.text.is_empty() {
            place.push('\n');
        }
        place.push_str(&message.text);
    }
}

impl Invocation<'_> {
    fn texts(&self) -> &Texts {
        self.derived.texts.get_or_init(|| {
            let mut texts = Texts::default();
            if self.cut {
                // Rules see everything: padding must not hide what follows it.
                let whole = Limits {
                    message_bytes_max: usize::MAX,
                    messages_per_invocation_max: usize::MAX,
                    ..Limits::DEFAULT
                };
                self.reading(&whole).0.messages.iter().for_each(|message| texts.take(message));
            } else {
                self.messages.iter().for_each(|message| texts.take(message));
            }
            texts
        })
    }

    /// All input text of the user, joined by newlines.
    pub fn prompt_text(&self) -> &str {
        &self.texts().prompt
    }

    /// The system prompt.
    pub fn system_text(&self) -> &str {
        &self.texts().system
    }

    /// All text of the response.
    pub fn output_text(&self) -> &str {
        &self.texts().output
    }

    fn derived_field(&self, name: &str) -> Option<FieldValue<'_>> {
        Some(match name {
            "prompt_text" => text(&self.texts().prompt)?,
            "system_text" => text(&self.texts().system)?,
            "output_text" => text(&self.texts().output)?,
            "tool_result_text" => text(&self.texts().tool_result)?,
            "tool_input_text" => text(&self.texts().tool_input)?,
            "document_text" => text(&self.texts().document)?,
            "tool_names" => list(&self.texts().tool_names)?,
            "tools_offered" => list(&self.tools_offered)?,
            "guardrail_reasons" => list(&self.guardrail_reasons)?,
            "secrets" => {
                let kinds = self.secret_kinds();
                let items = kinds.iter().map(|kind| FieldValue::Str(Cow::Borrowed(*kind)));
                (!kinds.is_empty()).then(|| FieldValue::Array(items.collect()))?
            }
            "guardrail_action" => text(self.guardrail_action?.as_str())?,
            "guardrail_id" => text(self.guardrail_id.as_deref()?)?,
            "stop_reason" => text(self.stop_reason.as_deref()?)?,
            "body_family" => text(self.body_family.as_str())?,
            "input_body_state" => text(self.input_body_state.as_str())?,
            "output_body_state" => text(self.output_body_state.as_str())?,
            "input_tokens" => FieldValue::Int(self.input_tokens?),
            "output_tokens" => FieldValue::Int(self.output_tokens?),
            "cache_read_tokens" => FieldValue::Int(self.cache_read_tokens?),
            "cache_write_tokens" => FieldValue::Int(self.cache_write_tokens?),
            "messages" => FieldValue::Int(self.messages.len() as i64),
            "cross_region" => FieldValue::Bool(self.is_cross_region()),
            "has_guardrail" => FieldValue::Bool(self.has_guardrail()),
            _ => return None,
        })
    }

    /// The member of the record, with the bodies in their places.
    fn root(&self, path: &str) -> Option<FieldValue<'_>> {
        for (prefix, body) in [
            ("input.inputBodyJson", &self.input_body),
            ("output.outputBodyJson", &self.output_body),
        ] {
            if let Some(rest) = path.strip_prefix(prefix) {
                if *body == Node::Null {
                    break;
                }
                if rest.is_empty() {
                    return Some(value(body));
                }
                if let Some(rest) = rest.strip_prefix('.') {
                    return walk(body, rest);
                }
            }
        }
        walk(&self.envelope, path)
    }
}

/// Text, absent when empty.
fn text(text: &str) -> Option<FieldValue<'_>> {
    (!text.is_empty()).then_some(FieldValue::Str(Cow::Borrowed(text)))
}

/// Texts, absent when there are none.
fn list(texts: &[String]) -> Option<FieldValue<'_>> {
    let items = texts.iter().map(|text| FieldValue::Str(Cow::Borrowed(text)));
    (!texts.is_empty()).then(|| FieldValue::Array(items.collect()))
}

/// The value under a path of keys; a path through a list yields what its items have there.
fn walk<'n>(node: &'n Node<'_>, path: &str) -> Option<FieldValue<'n>> {
    match node {
        Node::Object(_) => {
            // A key may itself have dots: the shortest that exists and leads on is taken.
            let mut ends = path.match_indices('.').map(|(at, _)| at).take(16);
            loop {
                let end = ends.next();
                let key = end.map_or(path, |at| &path[..at]);
                if let Some(member) = node.get(key) {
                    match end {
                        None => return Some(value(member)),
                        Some(at) => {
                            if let Some(found) = walk(member, &path[at + 1..]) {
                                return Some(found);
                            }
                        }
                    }
                }
                end?;
            }
        }
        Node::Array(items) => {
            let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
            if let Ok(at) = first.parse::<usize>() {
                let item = items.get(at)?;
                return rest.map_or_else(|| Some(value(item)), |rest| walk(item, rest));
            }
            let mut found = Vec::new();
            for item in items {
                match walk(item, path) {
                    Some(FieldValue::Array(more)) => found.extend(more),
                    Some(one) => found.push(one),
                    None => {}
                }
            }
            (!found.is_empty()).then_some(FieldValue::Array(found))
        }
        _ => None,
    }
}

fn value<'n>(node: &'n Node<'_>) -> FieldValue<'n> {
    match node {
        Node::Null => FieldValue::Null,
        Node::Bool(truth) => FieldValue::Bool(*truth),
        Node::Number(text) => number(text),
        Node::Text(text) | Node::Unread(text) => FieldValue::Str(Cow::Borrowed(text)),
        Node::Numbers(text, _) => FieldValue::Array(
            text.trim_matches(['[', ']']).split(',').map(|text| number(text.trim())).collect(),
        ),
        Node::Array(items) => FieldValue::Array(items.iter().map(value).collect()),
        Node::Object(members) => FieldValue::Object(
            members.iter().map(|(key, member)| (Cow::Borrowed(&**key), value(member))).collect(),
        ),
    }
}

fn number(text: &str) -> FieldValue<'_> {
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => FieldValue::Int(whole),
        (_, Ok(fraction)) => FieldValue::Float(fraction),
        _ => FieldValue::Str(Cow::Borrowed(text)),
    }
}

fn strings(node: &Node<'_>, visit: &mut dyn FnMut(&str)) {
    match node {
        Node::Text(text) | Node::Unread(text) => visit(text),
        Node::Array(items) => items.iter().for_each(|item| strings(item, visit)),
        Node::Object(members) => members.iter().for_each(|(_, member)| strings(member, visit)),
        _ => {}
    }
}

impl Fields for Invocation<'_> {
    fn log_source(&self) -> LogSource {
        LogSource::BedrockInvocation
    }

    fn event_key(&self) -> (&str, &str) {
        ("bedrock.amazonaws.com", &self.operation)
    }

    fn field(&self, path: &str) -> Option<FieldValue<'_>> {
        match path.strip_prefix("heptagon.") {
            Some(name) => self.derived_field(name),
            None => self.root(path),
        }
    }

    fn visit_strings(&self, visit: &mut dyn FnMut(&str)) {
        strings(&self.envelope, visit);
        strings(&self.input_body, visit);
        strings(&self.output_body, visit);
    }

    fn to_json(&self) -> serde_json::Value {
        let mut record = self.envelope.to_json();
        for (side, name, body) in [
            ("input", "inputBodyJson", &self.input_body),
            ("output", "outputBodyJson", &self.output_body),
        ] {
            if *body == Node::Null {
                continue;
            }
            if let Some(part) = record.get_mut(side).and_then(serde_json::Value::as_object_mut) {
                part.insert(name.to_owned(), body.to_json());
            }
        }
        record
    }
}
