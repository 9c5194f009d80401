//! Messages of invocations to rows.

use std::fmt::Write;

use heptagon_parse::RecordMeta;
use heptagon_parse::invocation::{Invocation, Message};
use sha2::{Digest, Sha256};

use crate::columns::{RowKey, RunColumns, columns};
use crate::rows::invocation::filled;

columns!(Text {
    region,
    principal,
    request_id,
    model_id,
    direction,
    role,
    kind,
    name,
    text,
    text_sha256,
});

columns!(Integer { idx, text_bytes });

columns!(Boolean { truncated });

/// Builders of message runs.
pub(crate) fn builders() -> RunColumns {
    RunColumns::new(Text::NAMES, Integer::NAMES, Boolean::NAMES)
}

/// Appends every message of a record; secrets are masked here and everywhere after.
pub(crate) fn append(
    rows: &mut RunColumns,
    meta: &RecordMeta,
    record: &Invocation<'_>,
    key_id: &str,
    artifact: &str,
) {
    let mut hash = String::with_capacity(16);
    for message in &record.messages {
        rows.key(&RowKey {
            event_time: record.event_time,
            account: &record.account_id,
            key_id,
            rank: 0,
            artifact,
            record: meta.ordinal.cast_signed(),
            part: i32::try_from(message.idx).unwrap_or(i32::MAX),
        });
        hash.clear();
        for byte in &Sha256::digest(message.text.as_bytes())[..8] {
            let _ = write!(hash, "{byte:02x}");
        }
        append_message(rows, record, message, &hash);
    }
}

fn append_message(rows: &mut RunColumns, record: &Invocation<'_>, message: &Message, hash: &str) {
    let mut text = |column: Text, value: Option<&str>| rows.text(column as usize, value);
    text(Text::region, Some(&record.region));
    text(Text::principal, filled(&record.identity_arn));
    text(Text::request_id, filled(&record.request_id));
    text(Text::model_id, filled(&record.model_id));
    text(Text::direction, Some(message.direction.as_str()));
    text(Text::role, Some(message.role.as_str()));
    text(Text::kind, Some(message.part.as_str()));
    text(Text::name, message.name.as_deref());
    text(Text::text, Some(&heptagon_parse::invocation::mask_secrets(&message.text)));
    text(Text::text_sha256, Some(hash));
    rows.integer(Integer::idx as usize, Some(i64::from(message.idx)));
    rows.integer(Integer::text_bytes as usize, i64::try_from(message.text_bytes).ok());
    rows.boolean(Boolean::truncated as usize, Some(message.truncated));
}
