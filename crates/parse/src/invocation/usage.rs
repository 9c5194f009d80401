//! Token counts and the reason a model stopped, under the names of every body family.

use super::json::Node;

/// Token counts as one place states them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) input: Option<i64>,
    pub(crate) output: Option<i64>,
    pub(crate) cache_read: Option<i64>,
    pub(crate) cache_write: Option<i64>,
}

impl Usage {
    /// Takes over the counts an object states; a later statement replaces an earlier one.
    pub(crate) fn read(&mut self, counts: &Node<'_>) {
        for (key, value) in counts.members() {
            let place = match key.as_ref() {
                "input_tokens"
                | "inputTokens"
                | "prompt_tokens"
                | "promptTokens"
                | "inputTokenCount"
                | "prompt_token_count"
                | "inputTextTokenCount" => &mut self.input,
                "output_tokens"
                | "outputTokens"
                | "completion_tokens"
                | "completionTokens"
                | "outputTokenCount"
                | "generation_token_count"
                | "totalOutputTextTokenCount" => &mut self.output,
                "cache_read_input_tokens"
                | "cacheReadInputTokens"
                | "cacheReadInputTokensCount"
                | "cacheReadInputTokenCount" => &mut self.cache_read,
                "cache_creation_input_tokens"
                | "cacheWriteInputTokens"
                | "cacheWriteInputTokensCount"
                | "cacheWriteInputTokenCount" => &mut self.cache_write,
                "prompt_tokens_details" | "input_tokens_details" => {
                    if let Some(cached) = value.get("cached_tokens").and_then(count) {
                        self.cache_read = Some(cached);
                    }
                    continue;
                }
                _ => continue,
            };
            if let Some(tokens) = count(value) {
                *place = Some(tokens);
            }
        }
    }

    /// These counts, and the other's where these say nothing.
    pub(crate) fn or(self, other: Usage) -> Usage {
        Usage {
            input: self.input.or(other.input),
            output: self.output.or(other.output),
            cache_read: self.cache_read.or(other.cache_read),
            cache_write: self.cache_write.or(other.cache_write),
        }
    }
}

fn count(value: &Node<'_>) -> Option<i64> {
    value.int().filter(|tokens| *tokens >= 0)
}

/// Reads the counts of one response or one chunk of a stream.
pub(crate) fn read_counts(body: &Node<'_>, usage: &mut Usage, metrics: &mut Usage) {
    usage.read(body);
    for path in [
        &["usage"][..],
        &["message", "usage"],
        &["metadata", "usage"],
        &["meta", "tokens"],
        &["meta", "billed_units"],
        &["response", "meta", "billed_units"],
        &["response", "usage"],
        &["delta", "usage"],
        &["delta", "usage", "tokens"],
    ] {
        if let Some(counts) = body.at(path) {
            usage.read(counts);
        }
    }
    if let Some(results) = body.get("results").filter(|_| body.has("inputTextTokenCount")) {
        let counts = results.items().iter().filter_map(|result| result.get("tokenCount")?.int());
        let total = counts.fold(0_i64, i64::saturating_add);
        usage.output = Some(total);
    }
    if let Some(counts) = body.get("amazon-bedrock-invocationMetrics") {
        metrics.read(counts);
    }
}

/// Why the model stopped, as the body says it.
pub(crate) fn stop_reason<'n>(body: &'n Node<'_>) -> Option<&'n str> {
    const NAMES: [&str; 6] = [
        "stopReason",
        "stop_reason",
        "finish_reason",
        "finishReason",
        "completionReason",
        "completion_reason",
    ];
    let direct = |node: &'n Node<'_>| {
        NAMES.iter().find_map(|name| {
            let value = node.get(name)?;
            value.text().or_else(|| value.text_of("reason"))
        })
    };
    let lists = ["results", "choices", "outputs", "generations", "completions", "artifacts"];
    direct(body)
        .or_else(|| {
            ["delta", "messageStop", "message", "response"]
                .iter()
                .find_map(|key| direct(body.get(key)?))
        })
        .or_else(|| {
            lists.iter().find_map(|list| body.get(list)?.items().iter().rev().find_map(direct))
        })
        .or_else(|| body.get("finish_reasons")?.items().iter().find_map(Node::text))
}
