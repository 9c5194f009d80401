//! Invocation records to rows.

use heptagon_parse::RecordMeta;
use heptagon_parse::invocation::{BodyState, GuardrailAction, Invocation};

use crate::columns::{RowKey, RunColumns, columns};
use crate::key::rank;
use crate::rows::cloudtrail::{Context, content_key};

columns!(Text {
    region,
    request_id,
    operation,
    model_id,
    principal,
    inference_region,
    stop_reason,
    error_code,
    guardrail_action,
    guardrail_id,
    guardrail_reasons,
    body_family,
    input_body_state,
    output_body_state,
    input_body_path,
    output_body_path,
    request_metadata,
    tool_calls,
    secrets,
    rules,
    correlation,
    other_refs,
});

columns!(Integer {
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    messages,
    offset,
    length,
});

columns!(Boolean { complete_source });

/// Separates the members of a list inside one text column of a run.
pub(crate) const LIST_SEPARATOR: char = '\u{1f}';

/// Builders of invocation runs.
pub(crate) fn builders() -> RunColumns {
    RunColumns::new(Text::NAMES, Integer::NAMES, Boolean::NAMES)
}

/// Appends a record.
pub(crate) fn append(
    rows: &mut RunColumns,
    meta: &RecordMeta,
    record: &Invocation<'_>,
    context: &Context<'_>,
) {
    let mut hashed = String::new();
    let request_id = record.request_id.as_ref();
    let key_id = if request_id.is_empty() {
        content_key(&mut hashed, record.raw);
        &hashed
    } else {
        request_id
    };
    rows.key(&RowKey {
        event_time: record.event_time,
        account: &record.account_id,
        key_id,
        rank: rank(
            u64::from(meta.length),
            meta.complete_source,
            resolved(record.input_body_state) + resolved(record.output_body_state),
        ),
        artifact: context.artifact,
        record: meta.ordinal.cast_signed(),
        part: 0,
    });
    let tools = record.tool_calls();
    let mut secrets: Vec<&str> =
        record.messages.iter().flat_map(|m| m.secrets.iter().copied()).collect();
    secrets.sort_unstable();
    secrets.dedup();
    let mut text = |column: Text, value: Option<&str>| rows.text(column as usize, value);
    text(Text::region, Some(&record.region));
    text(Text::request_id, filled(&record.request_id));
    text(Text::operation, filled(&record.operation));
    text(Text::model_id, filled(&record.model_id));
    text(Text::principal, filled(&record.identity_arn));
    text(Text::inference_region, record.inference_region.as_deref());
    text(Text::stop_reason, record.stop_reason.as_deref());
    text(Text::error_code, record.error_code.as_deref());
    text(Text::guardrail_action, record.guardrail_action.map(GuardrailAction::as_str));
    text(Text::guardrail_id, record.guardrail_id.as_deref());
    text(
        Text::guardrail_reasons,
        join(record.guardrail_reasons.iter().map(String::as_str)).as_deref(),
    );
    text(Text::body_family, Some(record.body_family.as_str()));
    text(Text::input_body_state, Some(body_state(record.input_body_state)));
    text(Text::output_body_state, Some(body_state(record.output_body_state)));
    text(Text::input_body_path, record.input_body_path.as_deref());
    text(Text::output_body_path, record.output_body_path.as_deref());
    text(Text::request_metadata, record.request_metadata.as_deref());
    text(Text::tool_calls, join(tools.into_iter()).as_deref());
    text(Text::secrets, join(secrets.into_iter()).as_deref());
    text(Text::rules, context.rules);
    text(Text::correlation, context.correlation);
    text(Text::other_refs, None);
    for (column, value) in [
        (Integer::input_tokens, record.input_tokens),
        (Integer::output_tokens, record.output_tokens),
        (Integer::cache_read_tokens, record.cache_read_tokens),
        (Integer::cache_write_tokens, record.cache_write_tokens),
        (Integer::messages, i64::try_from(record.messages.len()).ok()),
        (Integer::offset, Some(meta.offset.cast_signed())),
        (Integer::length, Some(i64::from(meta.length))),
    ] {
        rows.integer(column as usize, value);
    }
    rows.boolean(Boolean::complete_source as usize, Some(meta.complete_source));
}

fn resolved(state: BodyState) -> i32 {
    i32::from(state == BodyState::Resolved)
}

/// A body that is still elsewhere when the row is written is missing from the evidence.
fn body_state(state: BodyState) -> &'static str {
    match state {
        BodyState::S3 => BodyState::Missing.as_str(),
        known => known.as_str(),
    }
}

/// Absent fields are empty in the record, and null in the table.
pub(crate) fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A list as one text, or nothing when it is empty.
pub(crate) fn join<'a>(members: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut text = String::new();
    for member in members {
        if !text.is_empty() {
            text.push(LIST_SEPARATOR);
        }
        text.push_str(member);
    }
    (!text.is_empty()).then_some(text)
}
