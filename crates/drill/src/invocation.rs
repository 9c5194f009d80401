//! Model invocations, in CloudTrail's and in the invocation log's form.

mod bodies;

use crate::clock::iso;
use crate::cloudtrail::Call;
use crate::identity::Caller;
use crate::json::{Json, obj};
use crate::place::{Account, Region};
use crate::rng::Rng;
use crate::text::tokens;

use bodies::{claude_events, claude_message, converse_events, converse_message};

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
