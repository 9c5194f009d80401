//! Streamed responses: an array of chunks put together again into content blocks.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::{self, Node};
use super::message::{Direction, Part, Reading, Role};
use super::usage;

const ASSISTANT: (Direction, Role) = (Direction::Output, Role::Assistant);

/// Which block a piece belongs to: the choice, then reasoning, content, tool calls, then the index.
type BlockKey = (i64, u8, i64);

const REASONING: u8 = 0;
const CONTENT: u8 = 1;
const TOOLS: u8 = 2;

#[derive(Debug)]
struct Block<'n> {
    part: Part,
    id: Option<&'n str>,
    name: Option<&'n str>,
    text: String,
    /// A block that came whole.
    whole: Option<&'n Node<'n>>,
}

impl Default for Block<'_> {
    fn default() -> Self {
        Block { part: Part::Text, id: None, name: None, text: String::new(), whole: None }
    }
}

/// The blocks of one stream.
#[derive(Debug, Default)]
struct Stream<'n> {
    blocks: BTreeMap<BlockKey, Block<'n>>,
    known: bool,
    /// Chunks that are no part of a stream: perhaps whole responses.
    others: Vec<&'n Node<'n>>,
}

impl Reading<'_> {
    /// Reads the chunks of a stream; `false` when none is known.
    pub(crate) fn stream(&mut self, chunks: &[Node<'_>]) -> bool {
        let unpacked: Vec<Option<Node<'_>>> =
            chunks.iter().map(|chunk| unpack(chunk, self.limits.json_depth_max)).collect();
        let chunks: Vec<&Node<'_>> = chunks
            .iter()
            .zip(&unpacked)
            .map(|(raw, inner)| inner.as_ref().unwrap_or(raw))
            .collect();
        let mut stream = Stream::default();
        for chunk in chunks {
            if !is_bare_delta(chunk) {
                usage::read_counts(chunk, &mut self.usage, &mut self.metrics);
                self.guardrail.read_response(chunk);
                if let Some(stop) = chunk.get("messageStop") {
                    self.guardrail.read_response(stop);
                }
                self.stop(usage::stop_reason(chunk));
            }
            if stream.chunk(chunk) {
                stream.known = true;
            } else {
                stream.others.push(chunk);
            }
        }
        let mut known = stream.known;
        for block in stream.blocks.into_values() {
            if let Some(whole) = block.whole {
                self.block(ASSISTANT, whole, 0);
            } else if block.part == Part::ToolUse {
                self.remember_call(block.id, block.name);
                self.push(ASSISTANT, Part::ToolUse, block.name.or(block.id), &block.text);
            } else {
                self.push(ASSISTANT, block.part, block.name, &block.text);
            }
        }
        for other in stream.others {
            known |= self.response(other);
        }
        known
    }
}

/// Whether a chunk is a piece of content and nothing else: most chunks are.
fn is_bare_delta(chunk: &Node<'_>) -> bool {
    chunk.members().iter().all(|(key, value)| match key.as_ref() {
        "type" => value.text() == Some("content_block_delta"),
        "delta" => !value.has("stop_reason"),
        "contentBlockDelta" | "contentBlockIndex" | "index" | "p" => true,
        _ => false,
    })
}

/// `{"chunk": {"bytes": base64}}`, `{"bytes": base64}` and chunks that are JSON inside a string.
fn unpack<'n>(chunk: &Node<'_>, depth_max: usize) -> Option<Node<'n>> {
    if let Some(text) = chunk.text() {
        let inner = text.trim_start().strip_prefix("data:").unwrap_or(text);
        let tree = json::parse(inner.trim(), depth_max).ok()?;
        return tree.node.is_object().then(|| tree.node.into_owned());
    }
    let bytes = chunk.at(&["chunk", "bytes"]).or_else(|| chunk.get("bytes"))?.text()?;
    let text = match STANDARD.decode(bytes) {
        Ok(decoded) => String::from_utf8(decoded).ok()?,
        Err(_) => bytes.to_owned(),
    };
    json::parse(&text, depth_max).ok().map(|tree| tree.node.into_owned())
}

impl<'n> Stream<'n> {
    /// Takes one chunk; `false` when it is not one of a stream.
    fn chunk(&mut self, chunk: &'n Node<'n>) -> bool {
        match chunk {
            Node::Text(text) => {
                self.add(0, CONTENT, 0, text);
                true
            }
            Node::Object(_) => {
                chunk.text_of("type").is_some_and(|kind| self.typed(kind, chunk))
                    || self.converse(chunk)
                    || self.choices(chunk)
                    || self.plain(chunk)
            }
            _ => false,
        }
    }

    fn block(&mut self, choice: i64, rank: u8, index: i64) -> &mut Block<'n> {
        self.blocks.entry((choice, rank, index)).or_default()
    }

    fn add(&mut self, choice: i64, rank: u8, index: i64, text: &str) {
        let block = self.block(choice, rank, index);
        if rank == REASONING {
            block.part = Part::Reasoning;
        }
        block.text.push_str(text);
    }

    /// Events that name their kind: Anthropic's, and Cohere's second form.
    fn typed(&mut self, kind: &str, chunk: &'n Node<'n>) -> bool {
        let index = index_of(chunk, "index");
        match kind {
            "content_block_start" => {
                let Some(start) = chunk.get("content_block") else { return true };
                let block = self.block(0, CONTENT, index);
                match start.text_of("type").unwrap_or("text") {
                    "text" => block.text.push_str(start.text_of("text").unwrap_or_default()),
                    "thinking" => {
                        block.part = Part::Reasoning;
                        block.text.push_str(start.text_of("thinking").unwrap_or_default());
                    }
                    kind if kind.ends_with("tool_use") => {
                        block.part = Part::ToolUse;
                        block.id = start.text_of("id");
                        block.name = start.text_of("name");
                        let input = start.get("input").filter(|input| !input.members().is_empty());
                        if let Some(input) = input {
                            block.text = input.to_compact();
                        }
                    }
                    _ => block.whole = Some(start),
                }
            }
            "content_block_delta" => {
                if let Some(delta) = chunk.get("delta") {
                    self.delta(index, delta);
                }
            }
            "content-delta" => {
                let text = chunk.at(&["delta", "message", "content", "text"]);
                let text = text.and_then(Node::text);
                self.add(0, CONTENT, index, text.unwrap_or_default());
            }
            "tool-plan-delta" => {
                let text = chunk.at(&["delta", "message", "tool_plan"]).and_then(Node::text);
                self.add(0, REASONING, 0, text.unwrap_or_default());
            }
            "tool-call-start" | "tool-call-delta" => {
                if let Some(call) = chunk.at(&["delta", "message", "tool_calls"]) {
                    self.tool_piece(0, index, call);
                }
            }
            "message_start" => {
                let content = chunk.at(&["message", "content"]).map(Node::items);
                for (at, part) in content.unwrap_or_default().iter().enumerate() {
                    self.block(0, CONTENT, at as i64).whole = Some(part);
                }
            }
            "error" => {
                let error = chunk.get("error").unwrap_or(chunk);
                let text = error.text_of("message").map_or_else(|| error.to_compact(), Into::into);
                let block = self.block(i64::MAX, TOOLS, 0);
                block.name = Some("error");
                block.text.push_str(&text);
            }
            "message_delta" | "message_stop" | "content_block_stop" | "ping" | "message-start"
            | "message-end" | "content-start" | "content-end" | "tool-call-end"
            | "citation-start" | "citation-end" => {}
            _ => return false,
        }
        true
    }

    /// Anthropic's delta, or Converse's: told apart by their keys.
    fn delta(&mut self, index: i64, delta: &'n Node<'n>) {
        for (key, value) in delta.members() {
            match (key.as_ref(), value) {
                ("text", Node::Text(text)) => self.add(0, CONTENT, index, text),
                ("partial_json", Node::Text(text)) => {
                    let block = self.block(0, CONTENT, index);
                    block.part = Part::ToolUse;
                    block.text.push_str(text);
                }
                ("thinking", Node::Text(text)) => {
                    let block = self.block(0, CONTENT, index);
                    block.part = Part::Reasoning;
                    block.text.push_str(text);
                }
                ("toolUse", tool) => {
                    let block = self.block(0, CONTENT, index);
                    block.part = Part::ToolUse;
                    match tool.get("input") {
                        Some(Node::Text(text)) => block.text.push_str(text),
                        Some(input) => block.text.push_str(&input.to_compact()),
                        None => {}
                    }
                }
                ("toolResult", result) => {
                    let block = self.block(0, CONTENT, index);
                    block.part = Part::ToolResult;
                    for piece in result.items() {
                        block.text.push_str(piece.text_of("text").unwrap_or_default());
                    }
                }
                ("reasoningContent", reasoning) => {
                    let block = self.block(0, CONTENT, index);
                    block.part = Part::Reasoning;
                    block.text.push_str(reasoning.text_of("text").unwrap_or_default());
                }
                _ => {}
            }
        }
    }

    /// ConverseStream's events, with or without the key that names them.
    fn converse(&mut self, chunk: &'n Node<'n>) -> bool {
        let mut known = false;
        for (key, event) in chunk.members() {
            let index = index_of(event, "contentBlockIndex");
            match key.as_ref() {
                "messageStart" | "contentBlockStop" | "messageStop" | "metadata" => {}
                "contentBlockStart" => self.start(index, event),
                "contentBlockDelta" => {
                    if let Some(delta) = event.get("delta") {
                        self.delta(index, delta);
                    }
                }
                key if key.ends_with("Exception") => {
                    let block = self.block(i64::MAX, TOOLS, 0);
                    block.name = Some("error");
                    block.text.push_str(event.text_of("message").unwrap_or_default());
                }
                _ => continue,
            }
            known = true;
        }
        if known {
            return true;
        }
        if chunk.has("contentBlockIndex") {
            let index = index_of(chunk, "contentBlockIndex");
            self.start(index, chunk);
            if let Some(delta) = chunk.get("delta") {
                self.delta(index, delta);
            }
            return true;
        }
        let flattened = ["role", "stopReason", "usage", "metrics"];
        !chunk.members().is_empty()
            && chunk.members().iter().all(|(key, _)| {
                flattened.contains(&key.as_ref())
                    || matches!(key.as_ref(), "p" | "additionalModelResponseFields" | "trace")
                    || key.starts_with("amazon-bedrock-")
            })
    }

    fn start(&mut self, index: i64, event: &'n Node<'n>) {
        if let Some(tool) = event.at(&["start", "toolUse"]) {
            let block = self.block(0, CONTENT, index);
            block.part = Part::ToolUse;
            block.id = tool.text_of("toolUseId");
            block.name = tool.text_of("name");
        }
        if let Some(result) = event.at(&["start", "toolResult"]) {
            let block = self.block(0, CONTENT, index);
            block.part = Part::ToolResult;
            block.name = result.text_of("toolUseId");
        }
    }

    /// OpenAI's chunks, and Mistral's and Jamba's in that form.
    fn choices(&mut self, chunk: &'n Node<'n>) -> bool {
        let Some(Node::Array(choices)) = chunk.get("choices") else { return false };
        for choice in choices {
            let number = index_of(choice, "index");
            if let Some(text) = choice.text_of("text") {
                self.add(number, CONTENT, 0, text);
            }
            let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) else {
                continue;
            };
            for key in ["reasoning_content", "reasoning"] {
                if let Some(text) = delta.text_of(key) {
                    self.add(number, REASONING, 0, text);
                }
            }
            for key in ["content", "refusal"] {
                if let Some(text) = delta.text_of(key) {
                    self.add(number, CONTENT, 0, text);
                }
            }
            for (at, piece) in
                delta.get("content").map(Node::items).unwrap_or_default().iter().enumerate()
            {
                self.add(number, CONTENT, at as i64, piece.text_of("text").unwrap_or_default());
            }
            let calls = delta.get("tool_calls").map(Node::items).unwrap_or_default();
            for (at, call) in calls.iter().enumerate() {
                let index = call.get("index").and_then(Node::int).unwrap_or(at as i64);
                self.tool_piece(number, index, call);
            }
        }
        true
    }

    fn tool_piece(&mut self, choice: i64, index: i64, call: &'n Node<'n>) {
        let block = self.block(choice, TOOLS, index);
        block.part = Part::ToolUse;
        let function = call.get("function").unwrap_or(call);
        block.id = block.id.or(call.text_of("id"));
        block.name = block.name.or(function.text_of("name"));
        match function.get("arguments").or_else(|| function.get("parameters")) {
            Some(Node::Text(text)) => block.text.push_str(text),
            Some(Node::Null) | None => {}
            Some(input) => block.text.push_str(&input.to_compact()),
        }
    }

    /// Chunks of text models: Titan, Llama, Mistral, Cohere, Anthropic's completions.
    fn plain(&mut self, chunk: &'n Node<'n>) -> bool {
        let index = index_of(chunk, "index");
        for key in ["outputText", "generation", "completion"] {
            if let Some(text) = chunk.text_of(key) {
                self.add(0, CONTENT, index, text);
                return true;
            }
        }
        let event = chunk.text_of("event_type");
        for call in chunk.get("tool_calls").map(Node::items).unwrap_or_default() {
            let at = self.blocks.len() as i64;
            self.tool_piece(0, at, call);
        }
        if event == Some("stream-end")
            || chunk.has("is_finished") && chunk.text_of("text").is_none()
        {
            let written = self.blocks.contains_key(&(0, CONTENT, 0));
            if let Some(text) = chunk.at(&["response", "text"]).and_then(Node::text)
                && !written
            {
                self.add(0, CONTENT, 0, text);
            }
            return true;
        }
        if let Some(text) = chunk.text_of("text") {
            self.add(0, CONTENT, index, text);
            return true;
        }
        let mut known = event.is_some();
        for list in ["outputs", "generations", "results"] {
            for (at, item) in
                chunk.get(list).map(Node::items).unwrap_or_default().iter().enumerate()
            {
                if let Some(text) = item.text_of("text").or_else(|| item.text_of("outputText")) {
                    self.add(at as i64, CONTENT, 0, text);
                    known = true;
                }
            }
        }
        known
            || chunk.has("amazon-bedrock-invocationMetrics")
            || chunk.has("amazon-bedrock-guardrailAction")
            || chunk.has("amazon-bedrock-trace")
            || chunk.text_of("type") == Some("message_stop")
    }
}

fn index_of(node: &Node<'_>, key: &str) -> i64 {
    node.get(key).and_then(Node::int).unwrap_or(0)
}
