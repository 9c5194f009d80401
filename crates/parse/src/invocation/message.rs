//! What was said in an invocation: one message per text, tool call, tool result, document or image.

use std::collections::BTreeMap;

use heptagon_model::{Limits, ProblemCode};

use super::guardrail::GuardrailEvidence;
use super::secrets;
use super::usage::Usage;

/// Which body a message stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The request.
    Input,
    /// The response.
    Output,
}

impl Direction {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Input => "input",
            Direction::Output => "output",
        }
    }
}

/// Who is said to have spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The application's own instructions.
    System,
    /// The user, or the application in the user's place.
    User,
    /// The model.
    Assistant,
    /// A tool's answer.
    Tool,
}

impl Role {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }

    /// The role as bodies of any family name it; a name that is not known counts as the user's.
    pub(crate) fn read(name: &str) -> Role {
        match name.to_ascii_lowercase().as_str() {
            "system" | "developer" => Role::System,
            "assistant" | "model" | "chatbot" | "ai" | "bot" => Role::Assistant,
            "tool" | "function" | "ipython" => Role::Tool,
            _ => Role::User,
        }
    }
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Text.
    Text,
    /// A call of a tool: `name` is the tool, the text its input as JSON.
    ToolUse,
    /// What a tool returned: `name` is the tool where known, else the id of the call.
    ToolResult,
    /// A document given to the model: its text where it has any, else its form and size.
    Document,
    /// An image: form and size, or where it lies; never its data.
    Image,
    /// A video: form and size, or where it lies.
    Video,
    /// Sound: form and size, or where it lies.
    Audio,
    /// The model's reasoning.
    Reasoning,
    /// Text marked for a guardrail's judgement.
    GuardContent,
    /// A search result given to the model, or cited by it.
    Search,
    /// Text to be embedded.
    EmbeddingInput,
    /// The query of a reranking.
    RerankQuery,
    /// A content block of a type that is not known: its strings.
    Other,
}

impl Part {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Text => "text",
            Part::ToolUse => "tool_use",
            Part::ToolResult => "tool_result",
            Part::Document => "document",
            Part::Image => "image",
            Part::Video => "video",
            Part::Audio => "audio",
            Part::Reasoning => "reasoning",
            Part::GuardContent => "guard_content",
            Part::Search => "search",
            Part::EmbeddingInput => "embedding_input",
            Part::RerankQuery => "rerank_query",
            Part::Other => "other",
        }
    }
}

/// One thing said, shown, called or returned in an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Place in the invocation: request first, in the order of the body.
    pub idx: u32,
    /// Which body it stands in.
    pub direction: Direction,
    /// Who is said to have spoken.
    pub role: Role,
    /// What it is.
    pub part: Part,
    /// The tool, document or field it belongs to.
    pub name: Option<String>,
    /// The text in clear, cut at `Limits::message_bytes_max`; mask it before it is written.
    pub text: String,
    /// Bytes of the whole text, or of the decoded image, video, sound or binary document.
    pub text_bytes: u64,
    /// The text was cut.
    pub truncated: bool,
    /// Kinds of secrets in the whole text, sorted.
    pub secrets: Vec<&'static str>,
}

/// Longest name kept.
const NAME_BYTES_MAX: usize = 256;
/// Tools offered that are named.
const TOOLS_MAX: usize = 512;

/// What the bodies of one invocation yield, as they are read.
#[derive(Debug)]
pub(crate) struct Reading<'l> {
    pub(crate) limits: &'l Limits,
    pub(crate) messages: Vec<Message>,
    /// Messages beyond the limit.
    pub(crate) dropped: u64,
    /// Names of tools by the id of their call.
    tools_by_call: BTreeMap<String, String>,
    /// Names of the tools the request offers.
    pub(crate) tools_offered: Vec<String>,
    /// Counts in the bodies' `usage`.
    pub(crate) usage: Usage,
    /// Counts in `amazon-bedrock-invocationMetrics`.
    pub(crate) metrics: Usage,
    pub(crate) stop_reason: Option<String>,
    pub(crate) guardrail: GuardrailEvidence,
}

impl<'l> Reading<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Reading<'l> {
        Reading {
            limits,
            messages: Vec::new(),
            dropped: 0,
            tools_by_call: BTreeMap::new(),
            tools_offered: Vec::new(),
            usage: Usage::default(),
            metrics: Usage::default(),
            stop_reason: None,
            guardrail: GuardrailEvidence::default(),
        }
    }

    /// Adds a message with text; empty text is kept only where the message says something without it.
    pub(crate) fn push(
        &mut self,
        (direction, role): (Direction, Role),
        part: Part,
        name: Option<&str>,
        text: &str,
    ) {
        if text.is_empty() && !matches!(part, Part::ToolUse | Part::ToolResult) {
            return;
        }
        let spans = secrets::find(text);
        let mut cut = text.floor_char_boundary(self.limits.message_bytes_max);
        if let Some(span) = spans.iter().find(|span| span.start < cut && cut < span.end) {
            cut = span.start;
        }
        let mut kinds: Vec<_> = spans.iter().map(|span| span.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        self.add(Message {
            idx: 0,
            direction,
            role,
            part,
            name: name.map(bounded_name),
            text: text[..cut].to_owned(),
            text_bytes: text.len() as u64,
            truncated: cut < text.len(),
            secrets: kinds,
        });
    }

    /// Adds something that is not text: what it is, and its size.
    pub(crate) fn push_media(
        &mut self,
        (direction, role): (Direction, Role),
        part: Part,
        name: Option<&str>,
        description: &str,
        bytes: u64,
    ) {
        let cut = description.floor_char_boundary(self.limits.message_bytes_max.min(2048));
        self.add(Message {
            idx: 0,
            direction,
            role,
            part,
            name: name.map(bounded_name),
            text: description[..cut].to_owned(),
            text_bytes: bytes,
            truncated: false,
            secrets: Vec::new(),
        });
    }

    fn add(&mut self, mut message: Message) {
        if self.messages.len() >= self.limits.messages_per_invocation_max {
            self.dropped += 1;
            return;
        }
        message.idx = self.messages.len() as u32;
        self.messages.push(message);
    }

    /// Remembers which tool a call id belongs to.
    pub(crate) fn remember_call(&mut self, id: Option<&str>, name: Option<&str>) {
        if let (Some(id), Some(name)) = (id, name)
            && self.tools_by_call.len() < self.limits.messages_per_invocation_max
        {
            self.tools_by_call.insert(bounded_name(id), bounded_name(name));
        }
    }

    /// The tool of a call id, else the id.
    pub(crate) fn tool_of_call(&self, id: Option<&str>) -> Option<String> {
        let id = bounded_name(id?);
        Some(self.tools_by_call.get(&id).cloned().unwrap_or(id))
    }

    pub(crate) fn offer_tool(&mut self, name: &str) {
        if self.tools_offered.len() < TOOLS_MAX {
            self.tools_offered.push(bounded_name(name));
        }
    }

    pub(crate) fn stop(&mut self, reason: Option<&str>) {
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.stop_reason = Some(bounded_name(reason));
        }
    }

    /// What the limits cost.
    pub(crate) fn warnings(&self, warnings: &mut Vec<(ProblemCode, String)>) {
        if self.dropped > 0 {
            warnings.push((
                ProblemCode::LimitExceeded,
                format!(
                    "{} messages beyond messages_per_invocation_max = {} are not in the messages table",
                    self.dropped, self.limits.messages_per_invocation_max
                ),
            ));
        }
    }
}

/// A name from evidence, short enough for a column.
pub(crate) fn bounded_name(name: &str) -> String {
    name[..name.floor_char_boundary(NAME_BYTES_MAX)].to_owned()
}
