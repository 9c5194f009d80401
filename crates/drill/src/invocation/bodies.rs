//! What models answer, in each family's form, whole and streamed.

use super::Reply;
use crate::json::{Json, obj};
use crate::rng::Rng;
use crate::text::pieces;

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

pub(super) fn converse_message(reply: &Reply, usage: Json, metrics: Json) -> Json {
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

pub(super) fn converse_events(reply: &Reply, usage: Json, metrics: Json, rng: &mut Rng) -> Json {
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

pub(super) fn claude_message(
    model: &'static str,
    text: &str,
    input: i64,
    output: i64,
    rng: &mut Rng,
) -> Json {
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

pub(super) fn claude_events(
    model: &'static str,
    text: &str,
    input: i64,
    output: i64,
    rng: &mut Rng,
) -> Json {
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
