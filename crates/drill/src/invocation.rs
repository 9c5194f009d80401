//! Model invocations, in CloudTrail's and in the invocation log's form.

use crate::clock::iso;
use crate::cloudtrail::Call;
use crate::identity::Caller;
use crate::json::{Json, obj};
use crate::place::{Account, Region};
use crate::rng::Rng;
use crate::text::{pieces, tokens};

/// The operations of bedrock-runtime that the invocation log knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Converse,
    ConverseStream,
    InvokeModel,
    InvokeModelWithResponseStream,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Converse => "Converse",
            Operation::ConverseStream => "ConverseStream",
            Operation::InvokeModel => "InvokeModel",
            Operation::InvokeModelWithResponseStream => "InvokeModelWithResponseStream",
        }
    }
}

/// What a model answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) text: String,
    /// A tool the model wants called: its name, the call's id, the arguments.
    pub(crate) tool: Option<(&'static str, String, Json)>,
    pub(crate) stop: &'static str,
    /// The guardrail's trace, when it has one.
    pub(crate) guardrail: Option<Json>,
}

impl Reply {
    /// A plain answer.
    pub(crate) fn text(text: impl Into<String>) -> Reply {
        Reply { text: text.into(), tool: None, stop: "end_turn", guardrail: None }
    }
}

/// One invocation.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) operation: Operation,
    pub(crate) model: &'static str,
    pub(crate) input: Json,
    pub(crate) output: Option<Json>,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    pub(crate) cache_read: i64,
    pub(crate) inference_region: Option<&'static str>,
    pub(crate) error: Option<(&'static str, String)>,
    pub(crate) metadata: Option<Json>,
}

impl Invocation {
    /// A Converse or ConverseStream call; `input` lacks only what the log never has.
    pub(crate) fn converse(
        operation: Operation,
        model: &'static str,
        input: Json,
        input_tokens: i64,
        reply: &Reply,
        rng: &mut Rng,
    ) -> Invocation {
        let tool_text = reply.tool.as_ref().map_or(0, |(_, _, input)| tokens(&input.line()) + 20);
        let output_tokens = tokens(&reply.text) + tool_text;
        let usage = obj! {
            "inputTokens" => input_tokens,
            "outputTokens" => output_tokens,
            "totalTokens" => input_tokens + output_tokens,
        };
        let metrics = obj! { "latencyMs" => 300 + output_tokens * rng.between(9, 16) };
        let output = if operation == Operation::ConverseStream {
            converse_events(reply, usage, metrics, rng)
        } else {
            converse_message(reply, usage, metrics)
        };
        Invocation {
            operation,
            model,
            input,
            output: Some(output),
            input_tokens,
            output_tokens,
            cache_read: 0,
            inference_region: rerouted(model, rng),
            error: None,
            metadata: None,
        }
    }

    /// An InvokeModel call of a Claude model, streamed or not.
    pub(crate) fn claude(
        operation: Operation,
        model: &'static str,
        input: Json,
        input_tokens: i64,
        text: &str,
        rng: &mut Rng,
    ) -> Invocation {
        let output_tokens = tokens(text);
        let output = if operation == Operation::InvokeModelWithResponseStream {
            claude_events(model, text, input_tokens, output_tokens, rng)
        } else {
            claude_message(model, text, input_tokens, output_tokens, rng)
        };
        Invocation {
            operation,
            model,
            input,
            output: Some(output),
            input_tokens,
            output_tokens,
            cache_read: 0,
            inference_region: rerouted(model, rng),
            error: None,
            metadata: None,
        }
    }

    /// An embedding by Titan; the vector itself is not delivered to the log.
    pub(crate) fn embedding(text: &str) -> Invocation {
        Invocation {
            operation: Operation::InvokeModel,
            model: "amazon.titan-embed-text-v2:0",
            input: obj! { "inputText" => text.to_owned(), "dimensions" => 1024, "normalize" => true },
            output: None,
            input_tokens: tokens(text),
            output_tokens: 0,
            cache_read: 0,
            inference_region: None,
            error: None,
            metadata: None,
        }
    }

    /// The same call, refused.
    pub(crate) fn refused(mut self, code: &'static str, message: impl Into<String>) -> Invocation {
        self.error = Some((code, message.into()));
        self.output = None;
        self.output_tokens = 0;
        self.inference_region = None;
        self
    }

    /// Labels that the caller gave the request.
    pub(crate) fn labelled(mut self, metadata: Json) -> Invocation {
        self.metadata = Some(metadata);
        self
    }

    /// Calls that were not allowed never reach the invocation log.
    pub(crate) fn is_logged(&self) -> bool {
        self.error.as_ref().is_none_or(|(code, _)| !code.starts_with("AccessDenied"))
    }

    /// CloudTrail's form.
    pub(crate) fn call(&self, request_id: &str) -> Call {
        let mut call = Call::read("bedrock", self.operation.name())
            .host("bedrock-runtime")
            .request(obj! { "modelId" => self.model })
            .request_id(request_id);
        if let Some(region) = self.inference_region {
            call = call.additional(obj! { "inferenceRegion" => region });
        }
        if let Some((code, message)) = &self.error {
            call = call.error(code, message.clone());
        }
        call
    }

    /// The invocation log's form.
    pub(crate) fn record(
        self,
        secs: i64,
        account: Account,
        region: Region,
        caller: &Caller,
        request_id: &str,
        input_path: Option<String>,
    ) -> Json {
        let mut record = obj! {
            "timestamp" => iso(secs),
            "accountId" => account.id(),
            "identity" => obj! { "arn" => &caller.arn },
            "region" => region.name(),
            "requestId" => request_id.to_owned(),
            "operation" => self.operation.name(),
            "modelId" => self.model,
        };
        let failed = self.error.is_some();
        if let Some((code, _)) = self.error {
            record.push("errorCode", code);
        }
        if let Some(metadata) = self.metadata {
            record.push("requestMetadata", metadata);
        }
        let mut input = obj! { "inputContentType" => "application/json" };
        match input_path {
            Some(path) => input.push("inputBodyS3Path", path),
            None => input.push("inputBodyJson", self.input),
        }
        input.push("inputTokenCount", self.input_tokens);
        input.push("cacheReadInputTokenCount", self.cache_read);
        input.push("cacheWriteInputTokenCount", 0);
        record.push("input", input);
        if !failed {
            let mut output = obj! { "outputContentType" => "application/json" };
            if let Some(body) = self.output {
                output.push("outputBodyJson", body);
            }
            output.push("outputTokenCount", self.output_tokens);
            record.push("output", output);
        }
        if let Some(region) = self.inference_region {
            record.push("inferenceRegion", region);
        }
        record.push("schemaType", "ModelInvocationLog");
        record.push("schemaVersion", "1.0");
        record
    }
}

/// Cross-region profiles send some requests to another region of the geography.
fn rerouted(model: &str, rng: &mut Rng) -> Option<&'static str> {
    let away = model.starts_with("us.") && rng.chance(35);
    away.then(|| *rng.pick(&["us-east-2", "us-east-2", "us-west-2"]))
}

fn blocks(reply: &Reply) -> Vec<Json> {
    let mut blocks = Vec::new();
    if !reply.text.is_empty() {
        blocks.push(obj! { "text" => &reply.text });
    }
    if let Some((name, id, input)) = &reply.tool {
        blocks.push(obj! { "toolUse" => obj! {
            "toolUseId" => id, "name" => *name, "input" => input.clone(),
        }});
    }
    blocks
}

fn converse_message(reply: &Reply, usage: Json, metrics: Json) -> Json {
    let message = obj! { "role" => "assistant", "content" => blocks(reply) };
    let mut body = obj! {
        "output" => obj! { "message" => message },
        "stopReason" => reply.stop,
        "usage" => usage,
        "metrics" => metrics,
    };
    if let Some(trace) = &reply.guardrail {
        body.push("trace", obj! { "guardrail" => trace.clone() });
    }
    body
}

fn converse_events(reply: &Reply, usage: Json, metrics: Json, rng: &mut Rng) -> Json {
    let mut events = vec![obj! { "messageStart" => obj! { "role" => "assistant" } }];
    let mut index = 0;
    if !reply.text.is_empty() {
        for piece in pieces(rng, &reply.text) {
            events.push(obj! { "contentBlockDelta" => obj! {
                "delta" => obj! { "text" => piece }, "contentBlockIndex" => index,
            }});
        }
        events.push(obj! { "contentBlockStop" => obj! { "contentBlockIndex" => index } });
        index += 1;
    }
    if let Some((name, id, input)) = &reply.tool {
        let start = obj! { "toolUse" => obj! { "toolUseId" => id, "name" => *name } };
        events.push(obj! { "contentBlockStart" => obj! {
            "start" => start, "contentBlockIndex" => index,
        }});
        let delta = obj! { "toolUse" => obj! { "input" => input.line() } };
        events.push(obj! { "contentBlockDelta" => obj! {
            "delta" => delta, "contentBlockIndex" => index,
        }});
        events.push(obj! { "contentBlockStop" => obj! { "contentBlockIndex" => index } });
    }
    events.push(obj! { "messageStop" => obj! { "stopReason" => reply.stop } });
    let mut metadata = obj! { "usage" => usage, "metrics" => metrics };
    if let Some(trace) = &reply.guardrail {
        metadata.push("trace", obj! { "guardrail" => trace.clone() });
    }
    events.push(obj! { "metadata" => metadata });
    Json::List(events)
}

fn claude_usage(input: i64, output: i64) -> Json {
    obj! {
        "input_tokens" => input,
        "cache_creation_input_tokens" => 0,
        "cache_read_input_tokens" => 0,
        "output_tokens" => output,
    }
}

/// `us.anthropic.claude-opus-4-7` is `claude-opus-4-7` in the model's own answers.
fn own_name(model: &'static str) -> &'static str {
    let name = model.rsplit("anthropic.").next().unwrap_or(model);
    name.split("-v1:").next().unwrap_or(name)
}

fn claude_message(model: &'static str, text: &str, input: i64, output: i64, rng: &mut Rng) -> Json {
    obj! {
        "model" => own_name(model),
        "id" => format!("msg_bdrk_{}", rng.hex(24)),
        "type" => "message",
        "role" => "assistant",
        "content" => vec![obj! { "type" => "text", "text" => text.to_owned() }],
        "stop_reason" => "end_turn",
        "stop_sequence" => Json::Null,
        "usage" => claude_usage(input, output),
    }
}

fn claude_events(model: &'static str, text: &str, input: i64, output: i64, rng: &mut Rng) -> Json {
    let message = obj! {
        "model" => own_name(model),
        "id" => format!("msg_bdrk_{}", rng.hex(24)),
        "type" => "message",
        "role" => "assistant",
        "content" => Vec::new(),
        "stop_reason" => Json::Null,
        "stop_sequence" => Json::Null,
        "usage" => claude_usage(input, 1),
    };
    let mut events = vec![
        obj! { "type" => "message_start", "message" => message },
        obj! { "type" => "content_block_start", "index" => 0,
        "content_block" => obj! { "type" => "text", "text" => "" } },
    ];
    for piece in pieces(rng, text) {
        events.push(obj! { "type" => "content_block_delta", "index" => 0,
        "delta" => obj! { "type" => "text_delta", "text" => piece } });
    }
    events.push(obj! { "type" => "content_block_stop", "index" => 0 });
    events.push(obj! { "type" => "message_delta",
    "delta" => obj! { "stop_reason" => "end_turn", "stop_sequence" => Json::Null },
    "usage" => obj! { "output_tokens" => output } });
    events.push(obj! { "type" => "message_stop", "amazon-bedrock-invocationMetrics" => obj! {
        "inputTokenCount" => input,
        "outputTokenCount" => output,
        "invocationLatency" => 400 + output * rng.between(9, 16),
        "firstByteLatency" => rng.between(280, 900),
    }});
    Json::List(events)
}
