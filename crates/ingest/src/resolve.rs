//! Invocation records whose bodies are objects of their own, once all artifacts have been read.

use std::collections::BTreeMap;

use heptagon_parse::invocation::attach_bodies;
use heptagon_parse::{Envelope, RecordMeta, invocation};

use crate::IngestError;
use crate::bodies::Waiting;
use crate::late::Earlier;
use crate::run::{ALWAYS, RunFile};
use crate::worker::{BUFFER_BYTES, Rows, Shared};

/// Turns waiting records into rows; `attempts` says which attempt finished an artifact, `again` are
/// records of the case whose body this run brought, `earlier` knows the bodies of the case.
pub(crate) fn resolve(
    shared: &Shared<'_>,
    attempts: &BTreeMap<String, u32>,
    again: &[Waiting],
    earlier: &mut Earlier<'_>,
) -> Result<Vec<RunFile>, IngestError> {
    let mut rows = Rows::new(shared);
    let mut runs = Vec::new();
    let mut add = |waiting: &Waiting| -> Result<(), IngestError> {
        let Ok(mut record) = invocation::parse(&waiting.raw, &shared.limits) else { return Ok(()) };
        let mut body = |path: Option<&str>| shared.bodies.find(path).or_else(|| earlier.body(path));
        let input = body(record.input_body_path.as_deref());
        let output = body(record.output_body_path.as_deref());
        attach_bodies(&mut record, input.as_deref(), output.as_deref(), &shared.limits);
        let meta = RecordMeta {
            ordinal: waiting.record,
            offset: waiting.offset,
            length: waiting.length,
            envelope: Envelope::None,
            complete_source: waiting.complete_source,
        };
        rows.add_invocation(&meta, &record, &waiting.artifact);
        if rows.bytes() >= BUFFER_BYTES {
            runs.extend(rows.flush_as(ALWAYS)?);
        }
        Ok(())
    };
    again.iter().try_for_each(&mut add)?;
    shared.bodies.waiting(|waiting| {
        if attempts.get(&waiting.artifact) == Some(&waiting.attempt) {
            add(&waiting)
        } else {
            Ok(())
        }
    })?;
    runs.extend(rows.flush_as(ALWAYS)?);
    Ok(runs)
}
