//! Any bytes as an artifact's content: every ordinal is accounted for, and the same records are
//! found however the content is cut.
#![no_main]

#[path = "../../crates/parse/tests/common/mod.rs"]
mod common;

use heptagon_model::Limits;
use libfuzzer_sys::fuzz_target;

/// Small bounds, so that short inputs reach them.
const LIMITS: Limits = Limits {
    record_bytes_max: 4 << 10,
    json_depth_max: 24,
    problems_listed_max: 50,
    message_bytes_max: 256,
    messages_per_invocation_max: 64,
    ..Limits::DEFAULT
};

// The first byte chooses the size of the pieces, the rest is the content.
fuzz_target!(|input: &[u8]| {
    let Some((size, content)) = input.split_first() else { return };
    let (whole, kind) = common::whole(content, &LIMITS);
    let (cut, cut_kind) = common::pieces(content, &LIMITS, || usize::from(*size) + 1);
    assert_eq!(whole.records, cut.records);
    assert_eq!(whole.notices, cut.notices);
    assert_eq!(kind.slug(), cut_kind.slug());
    for problem in &whole.problems {
        let inert = !problem.reason.chars().any(char::is_control);
        assert!(inert && problem.reason.chars().count() <= 1_000, "{:?}", problem.reason);
    }
});
