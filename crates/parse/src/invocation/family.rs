//! Which family of models a pair of bodies belongs to: by shape first, by the model's name where
//! several families share one.

use super::json::Node;

/// The family of an invocation's body format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BodyFamily {
    /// Anthropic's Messages.
    AnthropicMessages,
    /// Anthropic's text completions.
    AnthropicText,
    /// The Converse API, any model.
    Converse,
    /// Amazon Nova through InvokeModel.
    Nova,
    /// Amazon Titan Text.
    TitanText,
    /// Embeddings of any model.
    Embedding,
    /// Reranking.
    Rerank,
    /// Titan and Nova images.
    Image,
    /// Video made or looked at.
    Video,
    /// Stability's images.
    Stability,
    /// Meta Llama.
    Llama,
    /// Mistral.
    Mistral,
    /// Cohere Command and Command R.
    Cohere,
    /// AI21 Jurassic and Jamba.
    Ai21,
    /// Chat completions in OpenAI's form, and whoever shares it.
    OpenAi,
    /// A bare prompt, whose family neither body nor model id tells.
    Prompt,
    /// A format that is not known: its strings are kept.
    Unknown,
    /// No body in the record.
    None,
}

impl BodyFamily {
    /// The name in tables and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            BodyFamily::AnthropicMessages => "anthropic_messages",
            BodyFamily::AnthropicText => "anthropic_text",
            BodyFamily::Converse => "converse",
            BodyFamily::Nova => "nova",
            BodyFamily::TitanText => "titan_text",
            BodyFamily::Embedding => "embedding",
            BodyFamily::Rerank => "rerank",
            BodyFamily::Image => "image",
            BodyFamily::Video => "video",
            BodyFamily::Stability => "stability",
            BodyFamily::Llama => "llama",
            BodyFamily::Mistral => "mistral",
            BodyFamily::Cohere => "cohere",
            BodyFamily::Ai21 => "ai21",
            BodyFamily::OpenAi => "openai",
            BodyFamily::Prompt => "prompt",
            BodyFamily::Unknown => "unknown",
            BodyFamily::None => "none",
        }
    }
}

/// The bodies and names that tell a family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs<'n> {
    pub(crate) input: &'n Node<'n>,
    pub(crate) output: &'n Node<'n>,
    pub(crate) operation: &'n str,
    pub(crate) model_id: &'n str,
}

impl Signs<'_> {
    fn asks(&self, key: &str) -> bool {
        self.input.has(key)
    }

    /// Whether the response, or one of its first chunks, has the key.
    fn answers(&self, key: &str) -> bool {
        self.output.has(key) || self.output.items().iter().take(8).any(|chunk| chunk.has(key))
    }

    fn named(&self, names: &[&str]) -> bool {
        let contains = |text: &str, name: &str| {
            text.as_bytes()
                .windows(name.len())
                .any(|part| part.eq_ignore_ascii_case(name.as_bytes()))
        };
        names.iter().any(|name| contains(self.model_id, name))
    }

    /// Whether the request's text is to be embedded, not answered.
    pub(crate) fn embeds(&self) -> bool {
        self.asks("texts")
            || self.answers("embedding")
            || self.answers("embeddings")
            || self.answers("embeddingsByType")
            || self.answers("data") && self.named(&["twelvelabs", "marengo"])
            || self.asks("embeddingTypes")
            || self.asks("embeddingConfig")
            || self.asks("embedding_types")
            || self.input.members().iter().any(|(key, _)| key.ends_with("EmbeddingParams"))
            || self.named(&["embed"]) && !self.asks("textGenerationConfig")
    }

    /// The family, given that something in the bodies was known.
    pub(crate) fn family(&self) -> BodyFamily {
        if self.operation.starts_with("Converse") {
            return BodyFamily::Converse;
        }
        if let Some(family) = self.own_shape() {
            return family;
        }
        if self.named(&["anthropic.", "claude"]) && self.asks("messages") {
            return BodyFamily::AnthropicMessages;
        }
        if self.nova() {
            return BodyFamily::Nova;
        }
        for (names, family) in [
            (&["cohere."][..], BodyFamily::Cohere),
            (&["ai21", "jamba"], BodyFamily::Ai21),
            (&["mistral", "mixtral"], BodyFamily::Mistral),
        ] {
            if self.named(names) {
                return family;
            }
        }
        let responses = self.asks("input")
            || self.asks("instructions")
            || self.output.get("output").is_some_and(Node::is_array);
        if responses || self.answers("choices") || self.asks("messages") || self.answers("message")
        {
            BodyFamily::OpenAi
        } else if self.named(&["llama", "meta."]) {
            BodyFamily::Llama
        } else if self.named(&["anthropic.", "claude"]) {
            if self.output.has("content") || self.output.is_array() {
                BodyFamily::AnthropicMessages
            } else {
                BodyFamily::AnthropicText
            }
        } else if self.named(&["titan-text", "titan-tg1"]) {
            BodyFamily::TitanText
        } else {
            BodyFamily::Prompt
        }
    }

    /// The family whose shape no other shares; the order settles bodies with marks of several.
    fn own_shape(&self) -> Option<BodyFamily> {
        let family =
            if self.asks("anthropic_version") && self.asks("messages") || self.anthropic_output() {
                BodyFamily::AnthropicMessages
            } else if self.asks("max_tokens_to_sample") || self.answers("completion") {
                BodyFamily::AnthropicText
            } else if self.asks("query") && self.asks("documents") && !self.asks("message") {
                BodyFamily::Rerank
            } else if self.embeds() {
                BodyFamily::Embedding
            } else if self.video() {
                BodyFamily::Video
            } else if self.asks("text_prompts")
                || self.answers("artifacts")
                || self.named(&["stability."])
            {
                BodyFamily::Stability
            } else if self.image() {
                BodyFamily::Image
            } else if self.asks("inputText") || self.answers("outputText") {
                BodyFamily::TitanText
            } else if self.asks("max_gen_len") || self.answers("generation") {
                BodyFamily::Llama
            } else if self.answers("outputs") {
                BodyFamily::Mistral
            } else if self.input.text_of("message").is_some()
                || self.answers("generations")
                || self.answers("event_type")
            {
                BodyFamily::Cohere
            } else if self.answers("completions") {
                BodyFamily::Ai21
            } else {
                return None;
            };
        Some(family)
    }

    fn anthropic_output(&self) -> bool {
        let kind = |node: &Node<'_>| {
            node.text_of("type").is_some_and(|kind| {
                matches!(kind, "message" | "message_start" | "message_delta" | "message_stop")
                    || kind.starts_with("content_block_")
            })
        };
        !self.output.has("choices")
            && (kind(self.output) || self.output.items().iter().take(8).any(kind))
    }

    fn video(&self) -> bool {
        self.named(&["luma.", "reel", "pegasus", "twelvelabs"])
            || self.asks("mediaSource")
            || self.asks("keyframes")
            || self.asks("textToVideoParams")
            || self.input.text_of("taskType").is_some_and(|task| task.contains("VIDEO"))
    }

    fn image(&self) -> bool {
        self.asks("taskType")
            || self.asks("imageGenerationConfig")
            || (self.answers("images") && !self.asks("messages"))
            || self.named(&["titan-image", "nova-canvas"])
    }

    /// Converse's form of messages through InvokeModel.
    fn nova(&self) -> bool {
        let untyped = || {
            self.input.get("messages").is_some_and(|messages| {
                messages.items().iter().any(|message| {
                    message.get("content").is_some_and(|content| {
                        content.items().iter().any(|block| block.is_object() && !block.has("type"))
                    })
                })
            })
        };
        self.asks("inferenceConfig")
            || self.output.at(&["output", "message"]).is_some()
            || self.answers("contentBlockDelta")
            || self.answers("messageStart")
            || self.named(&["amazon.nova"])
            || untyped()
    }
}
