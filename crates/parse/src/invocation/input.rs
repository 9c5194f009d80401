//! Request bodies: every place any family puts text, tools, documents or images.

use super::json::Node;
use super::message::{Direction, Part, Reading, Role};

const USER: (Direction, Role) = (Direction::Input, Role::User);
const SYSTEM: (Direction, Role) = (Direction::Input, Role::System);
const ASSISTANT: (Direction, Role) = (Direction::Input, Role::Assistant);

impl Reading<'_> {
    /// Reads a request; `false` when nothing in it is known. A body with the marks of several
    /// families is read as all of them: nothing said hides behind something else said.
    pub(crate) fn request(&mut self, body: &Node<'_>, embeds: bool) -> bool {
        self.guardrail.read_request(body);
        self.tools(body);
        let mut known = false;
        if let Some(system) = body.get("system") {
            known = true;
            self.content(SYSTEM, system, 0);
        }
        for key in ["preamble", "preamble_override", "instructions", "system_prompt"] {
            if let Some(text) = body.text_of(key) {
                known = true;
                self.push(SYSTEM, Part::Text, None, text);
            }
        }
        for turn in list(body, "chat_history", &mut known) {
            self.message(USER, turn);
        }
        if let Some(messages) = body.get("messages") {
            known = true;
            match messages {
                Node::Array(messages) => {
                    for message in messages {
                        self.message(USER, message);
                    }
                }
                other => self.message(USER, other),
            }
        }
        known |= self.request_text(body, embeds);
        known |= self.request_vectors(body);
        known |= self.request_media(body);
        // An asynchronous invocation's own envelope.
        if let Some(inner) = body.get("modelInput").filter(|inner| inner.is_object()) {
            known |= self.request(inner, embeds);
        }
        known
    }

    /// Prompts, and what is given beside them.
    fn request_text(&mut self, body: &Node<'_>, embeds: bool) -> bool {
        let mut known = false;
        for key in ["prompt", "inputPrompt", "instruction", "inputs", "input", "message"] {
            match body.get(key) {
                Some(Node::Text(text)) => {
                    known = true;
                    let part = if embeds { Part::EmbeddingInput } else { Part::Text };
                    self.push(USER, part, None, text);
                }
                Some(Node::Array(items)) => {
                    known = true;
                    for item in items {
                        self.prompt_item(item, embeds);
                    }
                }
                Some(object) if object.is_object() && key != "inputs" => {
                    known = true;
                    self.message(USER, object);
                }
                _ => {}
            }
        }
        if let Some(text) = body.text_of("inputText") {
            known = true;
            let part = if embeds { Part::EmbeddingInput } else { Part::Text };
            self.push(USER, part, None, text);
        }
        for prompt in list(body, "text_prompts", &mut known) {
            self.push(USER, Part::Text, None, prompt.text_of("text").unwrap_or_default());
        }
        for key in ["negative_prompt", "negativeText", "suffix"] {
            if let Some(text) = body.text_of(key) {
                self.push(USER, Part::Text, Some(key), text);
            }
        }
        if let Some(variables) = body.get("promptVariables") {
            known = true;
            for (name, value) in variables.members() {
                let text = value.text().or_else(|| value.text_of("text")).unwrap_or_default();
                self.push(USER, Part::Text, Some(name), text);
            }
        }
        if let Some(results) = body.get("tool_results") {
            known = true;
            self.cohere_results(Direction::Input, results);
        }
        if let Some(prefill) = body.text_of("response_prefix") {
            self.push(ASSISTANT, Part::Text, None, prefill);
        }
        known
    }

    /// An item of a list of prompts: text, a message, or a block.
    fn prompt_item(&mut self, item: &Node<'_>, embeds: bool) {
        match item {
            Node::Text(text) if embeds => self.push(USER, Part::EmbeddingInput, None, text),
            item if item.has("role") || (item.has("content") && !item.has("type")) => {
                self.message(USER, item);
            }
            item => self.message(USER, item),
        }
    }

    /// Embeddings and reranking.
    fn request_vectors(&mut self, body: &Node<'_>) -> bool {
        let mut known = false;
        for text in list(body, "texts", &mut known) {
            self.push(USER, Part::EmbeddingInput, None, text.text().unwrap_or_default());
        }
        for (key, params) in body.members() {
            if key.ends_with("EmbeddingParams") {
                known = true;
                self.parameters(Part::EmbeddingInput, params, 0);
            }
        }
        if let Some(query) = body.text_of("query") {
            known = true;
            self.push(USER, Part::RerankQuery, None, query);
        }
        for query in list(body, "queries", &mut known) {
            let text = query.at(&["textQuery", "text"]).unwrap_or(query);
            self.push(USER, Part::RerankQuery, None, text.text().unwrap_or_default());
        }
        for document in list(body, "documents", &mut known) {
            match document {
                Node::Text(text) => self.push(USER, Part::Document, None, text),
                document if document.has("text") || document.has("source") => {
                    self.document(USER, document, 0);
                }
                document => {
                    let name = document.text_of("title").or_else(|| document.text_of("id"));
                    self.push(USER, Part::Document, name, &document.to_compact());
                }
            }
        }
        for source in list(body, "sources", &mut known) {
            self.strings(USER, Part::Document, None, source);
        }
        known
    }

    /// Images and video to be made, changed or looked at.
    fn request_media(&mut self, body: &Node<'_>) -> bool {
        let mut known = false;
        for (key, value) in body.members() {
            match key.as_ref() {
                "images" => {
                    known = true;
                    for image in value.items() {
                        self.media(USER, Part::Image, image);
                    }
                }
                "image" | "inputImage" | "init_image" | "mask" | "mask_image" | "style_image"
                    if *value != Node::Null =>
                {
                    known = true;
                    self.named_media(USER, Part::Image, Some(key), value);
                }
                "mediaSource" | "video" => {
                    known = true;
                    self.named_media(USER, Part::Video, Some(key), value);
                }
                "keyframes" => {
                    known = true;
                    for (name, frame) in value.members() {
                        self.named_media(USER, Part::Image, Some(name), frame);
                    }
                }
                "taskType" => known = true,
                key if key.ends_with("Params") && !key.ends_with("EmbeddingParams") => {
                    known |= value.is_object();
                    self.parameters(Part::Text, value, 0);
                }
                _ => {}
            }
        }
        known
    }

    /// The parameters of a task: text, and images by their keys.
    fn parameters(&mut self, part: Part, params: &Node<'_>, depth: u32) {
        for (key, value) in params.members() {
            let lower = key.to_ascii_lowercase();
            let media = if lower.contains("image") {
                Some(Part::Image)
            } else if lower.contains("video") {
                Some(Part::Video)
            } else if lower.contains("audio") {
                Some(Part::Audio)
            } else {
                None
            };
            match (media, value) {
                (Some(media), Node::Text(_)) => self.named_media(USER, media, Some(key), value),
                (Some(media), Node::Object(_)) if value.has("source") || value.has("bytes") => {
                    self.named_media(USER, media, Some(key), value);
                }
                (Some(media), Node::Array(items)) => {
                    for item in items {
                        self.named_media(USER, media, Some(key), item);
                    }
                }
                (None, Node::Text(text)) if is_prompt_key(&lower) => {
                    let name = (lower != "text").then_some(key.as_ref());
                    self.push(USER, part, name, text);
                }
                (_, Node::Object(_)) if depth < 4 => self.parameters(part, value, depth + 1),
                (None, Node::Array(items)) if depth < 4 => {
                    for item in items {
                        self.parameters(part, item, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    /// Names of the tools a request offers.
    fn tools(&mut self, body: &Node<'_>) {
        let tools = body.at(&["toolConfig", "tools"]).or_else(|| body.get("tools"));
        for tool in tools.map(Node::items).unwrap_or_default() {
            let name = [
                &["toolSpec", "name"][..],
                &["function", "name"],
                &["systemTool", "name"],
                &["name"],
            ]
            .iter()
            .find_map(|path| tool.at(path)?.text());
            if let Some(name) = name {
                self.offer_tool(name);
            }
        }
    }
}

fn is_prompt_key(lower: &str) -> bool {
    lower.contains("text") || lower.contains("prompt") || lower == "value"
}

/// The items of a list under a key; notes that the key is there.
fn list<'n, 'a>(body: &'n Node<'a>, key: &str, known: &mut bool) -> &'n [Node<'a>] {
    match body.get(key) {
        Some(Node::Array(items)) => {
            *known = true;
            items
        }
        _ => &[],
    }
}
