//! Any text as a model invocation record, with any texts as the bodies it points to.
#![no_main]

use heptagon_model::{Fields, Limits};
use heptagon_parse::invocation::{attach_bodies, parse};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    json_depth_max: 24,
    message_bytes_max: 256,
    messages_per_invocation_max: 64,
    ..Limits::DEFAULT
};

// The record, and after NUL bytes the input and output bodies.
fuzz_target!(|input: &str| {
    let mut parts = input.split('\0');
    let Ok(mut invocation) = parse(parts.next().unwrap_or(""), &LIMITS) else { return };
    check(&invocation);
    attach_bodies(&mut invocation, parts.next(), parts.next(), &LIMITS);
    check(&invocation);
});

fn check(invocation: &heptagon_parse::Invocation<'_>) {
    assert!(invocation.messages.len() <= LIMITS.messages_per_invocation_max);
    for message in &invocation.messages {
        assert!(message.text.len() <= LIMITS.message_bytes_max, "{message:?}");
        assert!(!message.truncated || message.text_bytes > message.text.len() as u64);
    }
    for path in ["modelId", "input.inputBodyJson.messages.content.text", "identity.arn", "..", ""] {
        let _ = invocation.field(path);
    }
    invocation.visit_strings(&mut |_| {});
    let _ = invocation.tool_calls();
}
