//! Messages and their content blocks, in the forms of every family: blocks with a `type`
//! (Anthropic, OpenAI) and blocks named by their key (Converse, Nova) are told apart by shape.

use super::json::Node;
use super::media::{Media, looks_like_data};
use super::message::{Direction, Part, Reading, Role};

/// Content inside content (tool results, documents) is read this deep.
const NESTING_MAX: u32 = 6;
/// Strings kept of a part whose form is not known.
const STRINGS_MAX: usize = 256;

type Speaker = (Direction, Role);

impl Reading<'_> {
    /// A message object, or bare text.
    pub(crate) fn message(&mut self, speaker: Speaker, message: &Node<'_>) {
        let (direction, default_role) = speaker;
        let role = message.text_of("role").map_or(default_role, Role::read);
        let speaker = (direction, role);
        if !message.is_object() {
            self.content(speaker, message, 0);
            return;
        }
        for key in ["reasoning_content", "reasoning", "tool_plan"] {
            if let Some(text) = message.text_of(key) {
                self.push(speaker, Part::Reasoning, None, text);
            }
        }
        let call = message.text_of("tool_call_id").or_else(|| message.text_of("name"));
        if let Some(content) = message.get("content") {
            if role == Role::Tool && (call.is_some() || content.text().is_some()) {
                let name = self.tool_of_call(call);
                self.tool_result(speaker, name.as_deref(), content, 0);
            } else {
                self.content(speaker, content, 0);
            }
        }
        for key in ["message", "refusal"] {
            if let Some(text) = message.text_of(key) {
                self.push(speaker, Part::Text, None, text);
            }
        }
        for call in message.get("tool_calls").map(Node::items).unwrap_or_default() {
            self.tool_call(speaker, call);
        }
        if let Some(call) = message.get("function_call").filter(|call| call.is_object()) {
            self.tool_call(speaker, call);
        }
        if let Some(results) = message.get("tool_results") {
            self.cohere_results(direction, results);
        }
        let typed = message.text_of("type").is_some_and(|kind| kind != "message");
        if typed && !message.has("content") && !message.has("role") {
            self.block(speaker, message, 0);
        }
    }

    /// Text, one block, or a list of blocks.
    pub(crate) fn content(&mut self, speaker: Speaker, content: &Node<'_>, depth: u32) {
        match content {
            Node::Text(text) => self.push(speaker, Part::Text, None, text),
            Node::Array(blocks) => {
                for block in blocks {
                    self.block(speaker, block, depth);
                }
            }
            Node::Object(_) => self.block(speaker, content, depth),
            Node::Unread(text) => self.push(speaker, Part::Other, Some("unread"), text),
            _ => {}
        }
    }

    /// One content block.
    pub(crate) fn block(&mut self, speaker: Speaker, block: &Node<'_>, depth: u32) {
        if depth > NESTING_MAX {
            self.push(speaker, Part::Other, Some("nested"), &block.to_compact());
            return;
        }
        if !block.is_object() {
            if !matches!(block, Node::Array(_)) {
                self.content(speaker, block, depth);
            }
            return;
        }
        let read = match block.text_of("type") {
            Some(kind) => self.typed_block(speaker, kind, block, depth),
            None => false,
        };
        if !read && !self.keyed_block(speaker, block, depth) {
            let name = block.text_of("type").or_else(|| Some(block.members().first()?.0.as_ref()));
            self.strings(speaker, Part::Other, name, block);
        }
    }

    /// A block that names its kind in `type`; `false` when the kind is not known.
    fn typed_block(&mut self, speaker: Speaker, kind: &str, block: &Node<'_>, depth: u32) -> bool {
        match kind {
            "text" | "input_text" | "output_text" | "refusal" => {
                let text = block.text_of("text").or_else(|| block.text_of("refusal"));
                self.push(speaker, Part::Text, None, text.unwrap_or_default());
                for citation in block.get("citations").map(Node::items).unwrap_or_default() {
                    let text = citation.text_of("cited_text").unwrap_or_default();
                    let name = citation
                        .text_of("document_title")
                        .or_else(|| citation.text_of("title"))
                        .or_else(|| citation.text_of("url"));
                    self.push(speaker, Part::Search, name, text);
                }
            }
            "image" | "image_url" | "input_image" => self.media(speaker, Part::Image, block),
            "document" | "file" | "input_file" | "container_upload" => {
                self.document(speaker, block, depth);
            }
            "audio" | "input_audio" => self.media(speaker, Part::Audio, block),
            "video" | "video_url" | "input_video" => self.media(speaker, Part::Video, block),
            "thinking" => {
                let text = block.text_of("thinking").unwrap_or_default();
                self.push(speaker, Part::Reasoning, None, text);
            }
            "redacted_thinking" => {
                let bytes = block.text_of("data").map_or(0, str::len);
                self.redacted(speaker, bytes);
            }
            "reasoning" => {
                for key in ["summary", "content", "text"] {
                    if let Some(part) = block.get(key) {
                        self.strings(speaker, Part::Reasoning, None, part);
                    }
                }
            }
            "function_call" => self.tool_call((speaker.0, Role::Assistant), block),
            "function_call_output" => {
                let name = self.tool_of_call(block.text_of("call_id"));
                let output = block.get("output").unwrap_or(&Node::Null);
                self.tool_result((speaker.0, Role::Tool), name.as_deref(), output, depth + 1);
            }
            "search_result" => self.search(speaker, block),
            "message" => self.message(speaker, block),
            kind if kind.ends_with("tool_use") => {
                let (id, name) = (block.text_of("id"), block.text_of("name"));
                self.remember_call(id, name);
                self.tool_use(speaker, name.or(id), block.get("input"));
            }
            kind if kind.ends_with("tool_result") => {
                let name = self.tool_of_call(block.text_of("tool_use_id"));
                let content = block.get("content").unwrap_or(&Node::Null);
                self.tool_result((speaker.0, Role::Tool), name.as_deref(), content, depth + 1);
            }
            _ => return false,
        }
        true
    }

    /// A block named by its keys; `false` when none is known.
    fn keyed_block(&mut self, speaker: Speaker, block: &Node<'_>, depth: u32) -> bool {
        let mut known = false;
        for (key, value) in block.members() {
            match key.as_ref() {
                "text" => match value {
                    Node::Text(text) => self.push(speaker, Part::Text, None, text),
                    other => self.strings(speaker, Part::Text, None, other),
                },
                "image" => self.media(speaker, Part::Image, value),
                "video" => self.media(speaker, Part::Video, value),
                "audio" => self.media(speaker, Part::Audio, value),
                "document" => self.document(speaker, value, depth),
                "toolUse" => {
                    let (id, name) = (value.text_of("toolUseId"), value.text_of("name"));
                    self.remember_call(id, name);
                    self.tool_use(speaker, name.or(id), value.get("input"));
                }
                "toolResult" => {
                    let name = self.tool_of_call(value.text_of("toolUseId"));
                    let content = value.get("content").unwrap_or(&Node::Null);
                    self.tool_result((speaker.0, Role::Tool), name.as_deref(), content, depth + 1);
                }
                "guardContent" => {
                    if let Some(image) = value.get("image") {
                        self.media(speaker, Part::Image, image);
                    }
                    if let Some(text) = value.get("text") {
                        let text = text.text().or_else(|| text.text_of("text"));
                        let text = text.unwrap_or_default();
                        self.push(speaker, Part::GuardContent, None, text);
                    }
                }
                "reasoningContent" => self.reasoning(speaker, value),
                "searchResult" => self.search(speaker, value),
                "citationsContent" => {
                    if let Some(content) = value.get("content") {
                        self.content(speaker, content, depth + 1);
                    }
                    for citation in value.get("citations").map(Node::items).unwrap_or_default() {
                        let name = citation.text_of("title").or_else(|| citation.text_of("source"));
                        if let Some(source) = citation.get("sourceContent") {
                            self.strings(speaker, Part::Search, name, source);
                        }
                    }
                }
                "json" => {
                    self.push(speaker, Part::Text, Some("json"), &value.to_compact());
                }
                "cachePoint" | "cache_control" | "cachePointBlock" => {}
                _ => continue,
            }
            known = true;
        }
        known
    }

    fn reasoning(&mut self, speaker: Speaker, value: &Node<'_>) {
        if let Some(text) = value.at(&["reasoningText", "text"]).or_else(|| value.get("text")) {
            self.push(speaker, Part::Reasoning, None, text.text().unwrap_or_default());
        }
        if let Some(data) = value.text_of("redactedContent") {
            self.redacted(speaker, data.len());
        }
    }

    pub(crate) fn redacted(&mut self, speaker: Speaker, bytes: usize) {
        let text = format!("redacted by the model's provider, {bytes} bytes");
        self.push_media(speaker, Part::Reasoning, Some("redacted"), &text, bytes as u64);
    }

    /// A tool call in the form of OpenAI, Mistral or Cohere.
    pub(crate) fn tool_call(&mut self, speaker: Speaker, call: &Node<'_>) {
        let function = call.get("function").filter(|f| f.is_object()).unwrap_or(call);
        let name = function.text_of("name");
        let id = call.text_of("id").or_else(|| call.text_of("call_id"));
        self.remember_call(id, name);
        let input = function.get("arguments").or_else(|| function.get("parameters"));
        self.tool_use(speaker, name.or(id), input);
    }

    pub(crate) fn tool_use(
        &mut self,
        speaker: Speaker,
        name: Option<&str>,
        input: Option<&Node<'_>>,
    ) {
        match input {
            Some(Node::Text(text)) => self.push(speaker, Part::ToolUse, name, text),
            Some(Node::Null) | None => self.push(speaker, Part::ToolUse, name, ""),
            Some(input) => self.push(speaker, Part::ToolUse, name, &input.to_compact()),
        }
    }

    /// A tool's answer: its text as one message, its images and documents beside it.
    pub(crate) fn tool_result(
        &mut self,
        speaker: Speaker,
        name: Option<&str>,
        content: &Node<'_>,
        depth: u32,
    ) {
        let mut text = String::new();
        let mut rest = Vec::new();
        collect_result(content, &mut text, &mut rest, 0);
        self.push(speaker, Part::ToolResult, name, &text);
        for block in rest {
            self.block(speaker, block, depth + 1);
        }
    }

    /// Cohere's tool results: `[{call: {name, parameters}, outputs: [..]}]`.
    pub(crate) fn cohere_results(&mut self, direction: Direction, results: &Node<'_>) {
        for result in results.items() {
            let name = result.at(&["call", "name"]).and_then(Node::text);
            let outputs = result.get("outputs").unwrap_or(result).to_compact();
            self.push((direction, Role::Tool), Part::ToolResult, name, &outputs);
        }
    }

    fn search(&mut self, speaker: Speaker, result: &Node<'_>) {
        let name = result.text_of("title").or_else(|| result.text_of("source"));
        if let Some(content) = result.get("content") {
            self.strings(speaker, Part::Search, name, content);
        }
    }

    /// A document: text of any form, else what it is and its size.
    pub(crate) fn document(&mut self, speaker: Speaker, document: &Node<'_>, depth: u32) {
        let name = ["name", "title", "filename", "id"].iter().find_map(|key| document.text_of(key));
        let file = document.get("file");
        let name = name.or_else(|| file?.text_of("filename"));
        if let Some(context) = document.text_of("context") {
            self.push(speaker, Part::Document, name, context);
        }
        let source = document.get("source");
        let plain = source.and_then(|source| {
            source.text_of("text").or_else(|| {
                source.text_of("data").filter(|_| source.text_of("type") == Some("text"))
            })
        });
        let content = source.and_then(|source| source.get("content"));
        if let Some(text) = plain {
            self.push(speaker, Part::Document, name, text);
        } else if let Some(content) = content {
            match content {
                Node::Text(text) => self.push(speaker, Part::Document, name, text),
                content => {
                    for block in content.items() {
                        match block.text_of("text") {
                            Some(text) => self.push(speaker, Part::Document, name, text),
                            None => self.block(speaker, block, depth + 1),
                        }
                    }
                }
            }
        } else if let Some(text) = document.text_of("text") {
            self.push(speaker, Part::Document, name, text);
        } else {
            let media = Media::read(document);
            if let Some(text) = media.text() {
                self.push(speaker, Part::Document, name, &text);
            } else {
                let description = media.description();
                self.push_media(speaker, Part::Document, name, &description, media.bytes);
            }
        }
    }

    /// An image, video or sound.
    pub(crate) fn media(&mut self, speaker: Speaker, part: Part, value: &Node<'_>) {
        self.named_media(speaker, part, None, value);
    }

    pub(crate) fn named_media(
        &mut self,
        speaker: Speaker,
        part: Part,
        name: Option<&str>,
        value: &Node<'_>,
    ) {
        let media = Media::read(value);
        self.push_media(speaker, part, name, &media.description(), media.bytes);
    }

    /// Every string people could have written, each as a message.
    pub(crate) fn strings(
        &mut self,
        speaker: Speaker,
        part: Part,
        name: Option<&str>,
        node: &Node<'_>,
    ) {
        let mut left = STRINGS_MAX;
        self.strings_in(speaker, part, name, node, &mut left);
    }

    fn strings_in(
        &mut self,
        speaker: Speaker,
        part: Part,
        name: Option<&str>,
        node: &Node<'_>,
        left: &mut usize,
    ) {
        if *left == 0 {
            return;
        }
        match node {
            Node::Text(text) if !looks_like_data(text) => {
                *left -= 1;
                self.push(speaker, part, name, text);
            }
            Node::Text(data) => {
                *left -= 1;
                let media = format!("data, {} bytes as text", data.len());
                self.push_media(speaker, part, name, &media, data.len() as u64);
            }
            Node::Unread(text) => {
                *left -= 1;
                self.push(speaker, part, name, text);
            }
            Node::Array(items) => {
                for item in items {
                    self.strings_in(speaker, part, name, item, left);
                }
            }
            Node::Object(members) => {
                for (key, value) in members {
                    // The kind of a block is not something said.
                    if key == "type" && value.text().is_some() {
                        continue;
                    }
                    self.strings_in(speaker, part, name.or(Some(key)), value, left);
                }
            }
            _ => {}
        }
    }
}

/// Joins the text of a tool's answer and keeps apart what is not text.
fn collect_result<'n, 'a>(
    content: &'n Node<'a>,
    text: &mut String,
    rest: &mut Vec<&'n Node<'a>>,
    depth: u32,
) {
    let mut line = |more: &str| {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    };
    match content {
        Node::Null => {}
        Node::Text(more) => line(more),
        Node::Array(blocks) => {
            for block in blocks {
                collect_result(block, text, rest, depth + 1);
            }
        }
        Node::Object(_) => {
            if let Some(more) = content.text_of("text") {
                line(more);
            } else if let Some(json) = content.get("json") {
                line(&json.to_compact());
            } else if ["image", "document", "video", "audio", "source", "image_url", "searchResult"]
                .iter()
                .any(|key| content.has(key))
                && depth < 8
                || content.text_of("type") == Some("search_result")
            {
                rest.push(content);
            } else {
                line(&content.to_compact());
            }
        }
        other => line(&other.to_compact()),
    }
}
