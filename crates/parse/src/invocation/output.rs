//! Response bodies of calls that did not stream.

use super::json::Node;
use super::message::{Direction, Part, Reading, Role};
use super::usage;

const ASSISTANT: (Direction, Role) = (Direction::Output, Role::Assistant);

impl Reading<'_> {
    /// Reads a response; `false` when nothing in it is known.
    pub(crate) fn response(&mut self, body: &Node<'_>) -> bool {
        usage::read_counts(body, &mut self.usage, &mut self.metrics);
        self.guardrail.read_response(body);
        self.stop(usage::stop_reason(body));
        let mut known = body.has("amazon-bedrock-guardrailAction") || body.has("stopReason");
        if let Some(message) = body.at(&["output", "message"]) {
            known = true;
            self.message(ASSISTANT, message);
        }
        match body.get("content") {
            Some(content) if content.is_array() || content.text().is_some() => {
                known = true;
                self.content(ASSISTANT, content, 0);
            }
            _ => {}
        }
        match body.get("message") {
            Some(message) if message.is_object() => {
                known = true;
                self.message(ASSISTANT, message);
            }
            Some(Node::Text(text)) => {
                known = true;
                self.push(ASSISTANT, Part::Text, Some("message"), text);
            }
            _ => {}
        }
        known |= self.completions(body);
        known |= self.choices(body);
        known |= self.produced(body);
        known
    }

    /// Text completions under the names of every family.
    fn completions(&mut self, body: &Node<'_>) -> bool {
        let mut known = false;
        for key in ["completion", "generation", "outputText", "text", "generated_text"] {
            if let Some(text) = body.text_of(key) {
                known = true;
                self.push(ASSISTANT, Part::Text, None, text);
            }
        }
        if let Some(text) = body.get("message").is_none().then(|| body.text_of("output")).flatten()
        {
            known = true;
            self.push(ASSISTANT, Part::Text, None, text);
        }
        for call in body.get("tool_calls").map(Node::items).unwrap_or_default() {
            known = true;
            self.tool_call(ASSISTANT, call);
        }
        for list in ["results", "outputs", "generations", "completions"] {
            for item in body.get(list).map(Node::items).unwrap_or_default() {
                let text = ["outputText", "text", "generated_text"]
                    .iter()
                    .find_map(|key| item.text_of(key))
                    .or_else(|| item.at(&["data", "text"])?.text());
                if let Some(text) = text {
                    known = true;
                    self.push(ASSISTANT, Part::Text, None, text);
                }
                // Scores of a reranking: numbers about the request's documents.
                known |= item.has("relevance_score") || item.has("relevanceScore");
            }
        }
        known
    }

    fn choices(&mut self, body: &Node<'_>) -> bool {
        let Some(Node::Array(choices)) = body.get("choices") else { return false };
        for choice in choices {
            if let Some(message) = choice.get("message") {
                self.message(ASSISTANT, message);
            } else if let Some(text) = choice.text_of("text") {
                self.push(ASSISTANT, Part::Text, None, text);
            }
        }
        true
    }

    /// Vectors, images and video.
    fn produced(&mut self, body: &Node<'_>) -> bool {
        let mut known = false;
        for (key, value) in body.members() {
            match key.as_ref() {
                "embedding" | "embeddings" | "embeddingsByType" => known = true,
                "images" | "artifacts" => {
                    known = true;
                    for image in value.items() {
                        self.media(ASSISTANT, Part::Image, image);
                    }
                }
                "maskImage" | "image" if *value != Node::Null => {
                    known = true;
                    self.named_media(ASSISTANT, Part::Image, Some(key), value);
                }
                "video" if *value != Node::Null => {
                    known = true;
                    self.named_media(ASSISTANT, Part::Video, Some(key), value);
                }
                "error" if *value != Node::Null => {
                    known = true;
                    self.strings(ASSISTANT, Part::Text, Some("error"), value);
                }
                _ => {}
            }
        }
        // OpenAI's Responses form: `output` is a list of items.
        for item in body.get("output").map(Node::items).unwrap_or_default() {
            known = true;
            self.message(ASSISTANT, item);
        }
        known || body.data_of_embeddings()
    }
}

impl Node<'_> {
    /// `{"object": "list", "data": [{"embedding": [..]}]}` and video models' list of embeddings.
    fn data_of_embeddings(&self) -> bool {
        self.get("data").is_some_and(|data| data.items().iter().any(|item| item.has("embedding")))
    }
}
